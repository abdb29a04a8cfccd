package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/profilegraph/profilegraph/vault/kms/local"
)

// dark expects an account to be answered KEY_UNAVAILABLE whatever needs a key, with no value.
func dark(t *testing.T, c *client, id string) {
	t.Helper()
	for _, query := range []string{
		`query($id: ID!) { profile(id: $id) { email firstName } }`,
		`query($id: ID!) { profile(id: $id, unmask: {reason: "customer asked by phone"}) { email } }`,
		`query($id: ID!) { profiles { nodes { email } } profile(id: $id) { email } }`,
		`query($id: ID!) { profile(by: {email: "john.doe@example.com"}) { id } profile2: profile(id: $id) { email } }`,
		`query($id: ID!) { profileVersions(id: $id) { nodes { email } } }`,
		`mutation($id: ID!) { updateProfile(id: $id, patch: {firstName: "Jim"}) { firstName } }`,
		`mutation($id: ID!) { createAddress(profileId: $id, input: {route: "Main"}) { route } }`,
		`mutation { createProfile(input: {email: "new@example.com"}) { id } }`,
	} {
		v := vars{}
		if strings.Contains(query, "$id") {
			v["id"] = id
		}
		r := c.ask(query, v)
		if r.code() != "KEY_UNAVAILABLE" || strings.Contains(r.Text, "john") || strings.Contains(r.Text, "***") {
			t.Errorf("without keys %s is answered %d %s", query, r.Status, r.Text)
		}
	}
}

const lit = `query($id: ID!) { profile(id: $id) { email } profileVersions(id: $id) { nodes { email } } byKey: profile(by: {email: "john.doe@example.com"}) { id } }`

// bright expects an account to be served as ever.
func bright(t *testing.T, c *client, id string) {
	t.Helper()
	if r := c.ask(lit, vars{"id": id}); len(r.Errors) > 0 || r.str("profile.email") != "j***.d**@e******.c**" || r.str("byKey.id") != id {
		t.Errorf("with keys, answered %s", r.Text)
	}
	if r := c.ask(`query($id: ID!) { profile(id: $id, unmask: {reason: "customer asked by phone"}) { email } }`, vars{"id": id}); r.str("profile.email") != "john.doe@example.com" {
		t.Errorf("with keys, a disclosure is answered %s", r.Text)
	}
}

// An account whose KEK is withdrawn goes dark within a minute, alone, and lights up when it is back.
func TestWithdrawnKey(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		one, two := in.account(t, "one"), in.account(t, "two")
		mine, theirs := one.profile("john.doe@example.com"), two.profile("john.doe@example.com")
		kms, err := local.Open(filepath.Join(c.Data, "kek.key"))
		if err != nil {
			t.Fatal(err)
		}
		bright(t, one, mine)
		if err := kms.Withdraw("profilegraph-one"); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			in.clock.move(61 * time.Second)
			dark(t, one, mine)
			bright(t, two, theirs)
		}
		if r := in.send("GET", "/readyz", nil); r.Status != 200 {
			t.Errorf("because of one account /readyz answers %d", r.Status)
		}
		if r := one.managed(`{ viewer { actor } schemas { entity } }`); len(r.Errors) > 0 {
			t.Errorf("the control plane of a dark account: %s", r.Text)
		}
		if err := kms.Restore("profilegraph-one"); err != nil {
			t.Fatal(err)
		}
		in.clock.move(61 * time.Second)
		bright(t, one, mine)
		bright(t, two, theirs)
		one.verified()
	})
}

// No account hangs its key on a KEK of another one's, or of the installation's.
func TestKEKsOfOthers(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	one := in.account(t, "one")
	in.account(t, "two").profile("john.doe@example.com")
	one.profile("john.doe@example.com")
	mark := one.mark()
	const rotate = `mutation($kek: String) { rotateKeys(step: KEK, kek: $kek) { kek } }`
	for _, kek := range []string{"profilegraph-two", "profilegraph-TWO", "Profilegraph-two", "profilegraph--system", "profilegraph-nobody"} {
		if r := one.manage(rotate, vars{"kek": kek}); r.code() != "BAD_USER_INPUT" || !strings.Contains(r.Text, "other accounts") {
			t.Errorf("%s: %s", kek, r.Text)
		}
	}
	if all := one.recorded(mark); len(all) > 0 {
		t.Errorf("the record has %+v", all)
	}
	one.managed(rotate, vars{"kek": "own-key"})
	one.managed(rotate, vars{"kek": "profilegraph-one"}) // back again
}

// The webhooks of an account that is dark cannot be signed, and wait. Those of others do not wait with them.
func TestWebhooksOfOthersInTheDark(t *testing.T) {
	t.Parallel()
	c := private(t)
	in := boot(t, c)
	one, two := in.account(t, "one"), in.account(t, "two")
	away := newReceiver(t, func(n int, w http.ResponseWriter) {
		if n == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	one.webhook(away.URL)
	slow := newReceiver(t, func(int, http.ResponseWriter) { time.Sleep(200 * time.Millisecond) })
	two.webhook(slow.URL)
	one.publish("Seat", seats)
	away.wait(t, in, 1)
	kms, err := local.Open(filepath.Join(c.Data, "kek.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := kms.Withdraw("profilegraph-one"); err != nil {
		t.Fatal(err)
	}
	in.clock.move(2 * time.Minute) // the next attempt is due, and cannot be made
	two.publish("Seat", seats)
	slow.wait(t, in, 1)
	settled := func() *reply { return two.managed(`{ webhooks { lastSuccess lastFailure failure } }`) }
	for begin := time.Now(); settled().at("webhooks.0.lastSuccess") == nil && time.Since(begin) < 5*time.Second; {
		time.Sleep(10 * time.Millisecond)
	}
	if r := settled(); r.at("webhooks.0.lastSuccess") == nil || r.at("webhooks.0.lastFailure") != nil {
		t.Errorf("beside a dark account's: %s", r.Text)
	}
	if err := kms.Restore("profilegraph-one"); err != nil {
		t.Fatal(err)
	}
	away.later(t, in, 2, time.Minute)
}

// Without its keys the server starts, says so, refuses personal data with a code, and serves it
// again when they are back.
func TestSealedStart(t *testing.T) {
	t.Parallel()
	for name, hide := range map[string]func(t *testing.T, path string) error{
		"missing":       func(_ *testing.T, path string) error { return os.Remove(path) },
		"open to all":   func(_ *testing.T, path string) error { return os.Chmod(path, 0o644) },
		"open to group": func(_ *testing.T, path string) error { return os.Chmod(path, 0o640) },
		"of another installation": func(t *testing.T, path string) error {
			other := filepath.Join(t.TempDir(), "other.key")
			if _, err := local.Create(other); err != nil {
				return err
			}
			return os.Rename(other, path)
		},
		"damaged": func(_ *testing.T, path string) error {
			return os.WriteFile(path, []byte("profilegraph key file 1\nroot 00000000 AAAA\n"), 0o600)
		},
		"empty":    func(_ *testing.T, path string) error { return os.WriteFile(path, nil, 0o600) },
		"a folder": func(_ *testing.T, path string) error { _ = os.Remove(path); return os.Mkdir(path, 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := defaults(t)
			in := boot(t, c)
			id := in.profile("john.doe@example.com")
			in.stop()
			path := filepath.Join(c.Data, "kek.key")
			good, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := hide(t, path); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(path)

			sealed := boot(t, c)
			sealed.key = in.key
			for range 2 {
				if r := sealed.send("GET", "/readyz", nil); r.Status != 503 || !strings.Contains(r.Text, "keys") {
					t.Errorf("/readyz answers %d %s", r.Status, r.Text)
				}
				dark(t, sealed.client, id)
				sealed.clock.move(2 * time.Second)
			}
			if r := sealed.send("GET", "/healthz", nil); r.Status != 200 {
				t.Errorf("/healthz answers %d", r.Status)
			}
			sealed.managed(`{ viewer { actor } account { id } schemas { entity } audit { entries { action } } }`)
			sealed.newKey([]string{"reader"}, "")
			if !strings.Contains(sealed.logs.String(), "key") || strings.Contains(sealed.logs.String(), "john") {
				t.Errorf("the log says\n%s", sealed.logs.String())
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("the key file was touched")
			}

			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, good, 0o600); err != nil {
				t.Fatal(err)
			}
			sealed.clock.move(61 * time.Second)
			bright(t, sealed.client, id)
			if r := sealed.send("GET", "/readyz", nil); r.Status != 200 {
				t.Errorf("with its keys /readyz answers %d %s", r.Status, r.Text)
			}
		})
	}
}

// Wrapped keys that are lost are not replaced by new ones, which could open nothing.
func TestLostKeyStore(t *testing.T) {
	t.Parallel()
	c := defaults(t)
	in := boot(t, c)
	id := in.profile("john.doe@example.com")
	in.stop()
	path, aside := filepath.Join(c.Data, "keys.db"), filepath.Join(t.TempDir(), "keys.db")
	if err := os.Rename(path, aside); err != nil {
		t.Fatal(err)
	}
	sealed := boot(t, c)
	sealed.key = in.key
	dark(t, sealed.client, id)
	if r := sealed.send("GET", "/readyz", nil); r.Status != 503 {
		t.Errorf("/readyz answers %d %s", r.Status, r.Text)
	}
	sealed.stop()
	if err := os.Rename(aside, path); err != nil {
		t.Fatal(err)
	}
	again := boot(t, c)
	again.key = in.key
	bright(t, again.client, id)
}

// An account that names a KEK which cannot be used keeps the one it has, and may name another.
func TestMistakenKEK(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		one := in.account(t, "one")
		id := one.profile("john.doe@example.com")
		kms, err := local.Open(filepath.Join(c.Data, "kek.key"))
		if err != nil {
			t.Fatal(err)
		}
		if err := kms.Withdraw("mistake"); err != nil {
			t.Fatal(err)
		}
		const rotate = `mutation($kek: String) { rotateKeys(step: KEK, kek: $kek) { kek } }`
		for _, name := range []string{"mis take", "-mistake", "../mistake", strings.Repeat("m", 129)} {
			if r := one.manage(rotate, vars{"kek": name}); r.code() != "BAD_USER_INPUT" || !strings.Contains(r.Text, "letters") {
				t.Errorf("a KEK called %q: %s", name, r.Text)
			}
		}
		if under := one.managed(`{ keyStatus { rotations { step } } }`).at("keyStatus.rotations"); len(under.([]any)) != 0 {
			t.Errorf("under way is %v", under)
		}

		one.managed(rotate, vars{"kek": "mistake"})
		_ = in.docs.AdvanceRotations(t.Context(), in.currentSet) // fails for the mistaken one
		in.clock.move(61 * time.Second)
		bright(t, one, id)
		one.managed(rotate, vars{"kek": "right"})
		for begin := time.Now(); ; time.Sleep(5 * time.Millisecond) {
			status := one.managed(`{ keyStatus { kek rotations { step } } }`)
			if status.str("keyStatus.kek") == "right" && len(status.at("keyStatus.rotations").([]any)) == 0 {
				break
			}
			if time.Since(begin) > 10*time.Second {
				t.Fatalf("the other KEK is not taken: %s", status.Text)
			}
			_ = in.docs.AdvanceRotations(t.Context(), in.currentSet)
		}
		in.clock.move(61 * time.Second)
		bright(t, one, id)
		if r := one.managed(`{ audit(filter: {action: "RotateKeys"}) { entries { details } } }`); !strings.Contains(r.Text, `"mistake"`) || !strings.Contains(r.Text, `"right"`) {
			t.Errorf("the record does not name the KEKs: %s", r.Text)
		}
	})
}

// Who hangs up while keys are waited for raises no alarm.
func TestHungUpBeforeKeys(t *testing.T) {
	t.Parallel()
	var slow atomic.Bool
	asked, answer := make(chan struct{}), make(chan struct{})
	engine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // wraps nothing
		if slow.Load() && strings.Contains(r.URL.Path, "/decrypt/") {
			asked <- struct{}{}
			<-answer
		}
		var body struct{ Plaintext, Ciphertext string }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		text := map[string]string{"ciphertext": "vault:v1:" + body.Plaintext, "plaintext": strings.TrimPrefix(body.Ciphertext, "vault:v1:")}
		if err := json.NewEncoder(w).Encode(map[string]any{"data": text}); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(engine.Close)
	c := defaults(t)
	c.Transit, c.TransitMount, c.TransitToken = engine.URL, "transit", filepath.Join(t.TempDir(), "token")
	writeToken(t, c, "token")
	in := boot(t, c)
	one := in.account(t, "one")
	id := one.profile("john.doe@example.com")

	in.clock.move(61 * time.Second)
	slow.Store(true)
	ctx, hangUp := context.WithCancel(t.Context())
	body := fmt.Sprintf(`{"query": "{ profile(id: \"%s\") { email } }"}`, id)
	request := httptest.NewRequestWithContext(ctx, "POST", "/graphql", strings.NewReader(body))
	request.Header.Set("Authorization", "Bearer "+one.key)
	request.Header.Set("Content-Type", "application/json")
	handled := make(chan struct{})
	go func() {
		defer close(handled)
		in.handler().ServeHTTP(httptest.NewRecorder(), request)
	}()
	<-asked
	hangUp()
	<-handled
	slow.Store(false)
	close(answer)
	if strings.Contains(in.logs.String(), "ERROR") {
		t.Errorf("logged: %s", in.logs.String())
	}
	bright(t, one, id)
}

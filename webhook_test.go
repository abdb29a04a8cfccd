package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
)

// received is a request that a receiver got.
type received struct {
	id     string
	body   []byte
	header http.Header
}

// receiver is a system that is told of events.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []received
	answer func(n int, w http.ResponseWriter) // to the nth request, from 1; nil: 204
}

func newReceiver(t testing.TB, answer func(n int, w http.ResponseWriter)) *receiver {
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		r.got = append(r.got, received{q.Header.Get("webhook-id"), body, q.Header})
		n := len(r.got)
		answer := r.answer
		r.mu.Unlock()
		if answer == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		answer(n, w)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// wait returns the requests when there are n.
func (r *receiver) wait(t testing.TB, in *instance, n int) []received {
	t.Helper()
	for begin := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if got := r.all(); len(got) >= n {
			return got
		}
		if time.Since(begin) > 20*time.Second {
			t.Fatalf("%d of %d requests", len(r.all()), n)
		}
		in.events.Wake()
	}
}

// later moves the clock until there are n requests. A move may come before what it is to pass was set.
func (r *receiver) later(t testing.TB, in *instance, n int, step time.Duration) []received {
	t.Helper()
	for range 20 {
		in.clock.move(step)
		for range 20 {
			if got := r.all(); len(got) >= n {
				return got
			}
			in.events.Wake()
			time.Sleep(5 * time.Millisecond)
		}
	}
	t.Fatalf("%d of %d requests", len(r.all()), n)
	return nil
}

// idle waits until nothing is on its way that is due.
func (in *instance) idle(t testing.TB) {
	t.Helper()
	for range 3 {
		if err := in.events.Relay(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// webhook adds a webhook and returns its id and secret.
func (c *client) webhook(address string) (id, secret string) {
	c.t.Helper()
	r := c.managed(`mutation($u: String!) { createWebhook(url: $u, description: "a test") { secret webhook { id url description createdBy } } }`, vars{"u": address})
	return r.str("createWebhook.webhook.id"), r.str("createWebhook.secret")
}

func private(t testing.TB) Config {
	c := defaults(t)
	c.WebhookPrivate = true
	return c
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		c.WebhookPrivate = true
		in := boot(t, c)
		to, other := newReceiver(t, nil), newReceiver(t, nil)
		id, secret := in.webhook(to.URL)
		in.account(t, "other").webhook(other.URL)
		in.profile("john.doe@example.com")
		in.publish("Seat", seats)
		in.publish("Profile", `{"properties": {"shoeSize": {"type": "integer"}}}`)
		got := to.wait(t, in, 2)
		verifier, err := standardwebhooks.NewWebhook(secret)
		if err != nil || !strings.HasPrefix(secret, "whsec_") {
			t.Fatal(secret, err)
		}
		for i, entity := range []string{"Seat", "Profile"} {
			if err := verifier.Verify(got[i].body, got[i].header); err != nil {
				t.Error(err)
			}
			var body struct {
				Type      string
				Timestamp time.Time
				Data      struct {
					Account, Entity, SDLHash string
					Version                  int
				}
			}
			if err := json.Unmarshal(got[i].body, &body); err != nil {
				t.Fatal(err)
			}
			if body.Type != "schema.published" || body.Data.Account != "main" || body.Data.Entity != entity || body.Data.Version != 1 || time.Since(body.Timestamp) > time.Minute {
				t.Errorf("event %s", got[i].body)
			}
			if i == 1 && `"`+body.Data.SDLHash+`"` != in.send("GET", "/sdl?variant=federation", nil).Header.Get("ETag") {
				t.Errorf("hash %s", body.Data.SDLHash)
			}
			if h := got[i].header; h.Get("Content-Type") != "application/json" || h.Get("Authorization") != "" || h.Get("Cookie") != "" {
				t.Errorf("headers %v", h)
			}
		}
		in.idle(t)
		if len(to.all()) != 2 || len(other.all()) != 0 {
			t.Errorf("%d and %d requests", len(to.all()), len(other.all()))
		}
		in.publish("Profile", `{"properties": {"shoeSize": {"type": "integer"}}}`) // nothing new
		if r := in.managed(`mutation($id: ID!) { testWebhook(id: $id) { delivered failure } }`, vars{"id": id}); r.at("testWebhook.delivered") != true {
			t.Error(r.Text)
		}
		got = to.wait(t, in, 3)
		if err := verifier.Verify(got[2].body, got[2].header); err != nil || !strings.Contains(string(got[2].body), `"webhook.test"`) {
			t.Errorf("%v %s", err, got[2].body)
		}
		list := in.managed(`{ webhooks { id url description createdBy lastSuccess lastFailure failure } }`)
		if len(list.at("webhooks").([]any)) != 1 || list.str("webhooks.0.url") != to.URL || list.at("webhooks.0.lastSuccess") == nil || list.at("webhooks.0.failure") != nil || strings.Contains(list.Text, secret) {
			t.Error(list.Text)
		}
		// The secret outlives a rotation of the key that seals it.
		if _, err := in.vault.RotateAccountKey(t.Context(), firstAccount, nil); err != nil {
			t.Fatal(err)
		}
		in.clock.move(2 * vault.Grace)
		if _, err := in.vault.RotateAccountKey(t.Context(), firstAccount, nil); err != nil {
			t.Fatal(err)
		}
		in.managed(`mutation($id: ID!) { testWebhook(id: $id) { delivered } }`, vars{"id": id})
		if got = to.wait(t, in, 4); got[3].header.Get("webhook-signature") == "" {
			t.Error("not signed")
		}
		// Once deleted it is told nothing.
		in.managed(`mutation($id: ID!) { deleteWebhook(id: $id) }`, vars{"id": id})
		in.publish("Profile", `{"properties": {"hatSize": {"type": "integer"}}}`)
		in.idle(t)
		if len(to.all()) != 4 {
			t.Errorf("%d requests", len(to.all()))
		}
	})
}

// What fails is tried again, later and later and not for ever, as the same event.
func TestWebhookRetries(t *testing.T) {
	t.Parallel()
	in := boot(t, private(t))
	down := true
	var mu sync.Mutex
	to := newReceiver(t, func(n int, w http.ResponseWriter) {
		mu.Lock()
		defer mu.Unlock()
		if down {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	in.webhook(to.URL)
	fast := newReceiver(t, nil)
	in.webhook(fast.URL)
	in.publish("Seat", seats)
	fast.wait(t, in, 1) // does not wait for the other
	to.wait(t, in, 1)
	in.publish("Profile", `{"properties": {"shoeSize": {"type": "integer"}}}`)
	in.idle(t)
	if n := len(to.all()); n != 1 {
		t.Errorf("%d requests before it is time", n)
	}
	to.later(t, in, 2, 6*time.Second)
	r := in.managed(`{ webhooks { url lastSuccess lastFailure failure } }`)
	i := 0
	if r.str("webhooks.0.url") != to.URL {
		i = 1
	}
	if r.str(fmt.Sprintf("webhooks.%d.failure", i)) != "the receiver answered with status 500" {
		t.Error(r.Text)
	}
	got := to.later(t, in, 3, 2*time.Minute)
	if got[0].id == "" || got[0].id != got[1].id || got[0].id != got[2].id || !bytes.Equal(got[0].body, got[2].body) {
		t.Errorf("other events: %v %v %v", got[0].id, got[1].id, got[2].id)
	}
	mu.Lock()
	down = false
	mu.Unlock()
	got = to.later(t, in, 5, 6*time.Minute) // and now the event behind it
	if got[3].id != got[0].id || got[4].id == got[0].id || !strings.Contains(string(got[4].body), "Profile") {
		t.Errorf("%s %s", got[3].body, got[4].body)
	}
	mu.Lock()
	down = true
	mu.Unlock()
	in.publish("Profile", `{"properties": {"hatSize": {"type": "integer"}}}`)
	for range 60 { // five days
		in.idle(t)
		in.clock.move(2 * time.Hour)
	}
	if n := len(to.all()); n != 5+9 {
		t.Errorf("%d attempts", n-5)
	}
	if !strings.Contains(in.logs.String(), "webhook given up") {
		t.Error("nothing in the logs")
	}
	metrics := in.send("GET", "/metrics", nil).Text
	// The clock jumps while requests are under way, so some are made twice.
	for _, line := range []string{`{outcome="ok"} [5-9]`, `{outcome="failed"} 1[1-9]`, `{outcome="given_up"} 1`} {
		if !regexp.MustCompile("profilegraph_webhook_deliveries_total" + line + "\n").MatchString(metrics) {
			t.Errorf("no %s among the metrics", line)
		}
	}
}

// Webhooks lead nowhere but to public addresses, and what is there stays unseen.
func TestWebhookAddresses(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	inside := newReceiver(t, nil)
	secure := httptest.NewTLSServer(inside.Config.Handler)
	defer secure.Close()
	port := secure.URL[strings.LastIndexByte(secure.URL, ':'):]
	for _, address := range []string{inside.URL, "ftp://example.com", "https://", "https:///x", "example.com", "", "https://user:password@example.com/", "https://example.com/#x", "https://example.com/" + strings.Repeat("x", 2048), "https://[::1", "file:///etc/passwd"} {
		if r := in.manage(`mutation($u: String!) { createWebhook(url: $u) { secret } }`, vars{"u": address}); r.code() != "BAD_USER_INPUT" {
			t.Errorf("%.40s: %s", address, r.Text)
		}
	}
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "[fd00::1]", "[fe80::1]", "224.0.0.1", "[64:ff9b::7f00:1]", "2130706433", "0x7f.1"} {
		address := "https://" + host + port + "/"
		r := in.manage(`mutation($u: String!) { createWebhook(url: $u) { webhook { id } } }`, vars{"u": address})
		if r.code() != "" {
			t.Fatal(r.Text)
		}
		id := r.str("createWebhook.webhook.id")
		begin := time.Now()
		r = in.managed(`mutation($id: ID!) { testWebhook(id: $id) { delivered failure } }`, vars{"id": id})
		why := r.str("testWebhook.failure")
		if r.at("testWebhook.delivered") != false || !strings.Contains(why, "private network") && !strings.Contains(why, "looked up") && why != "the connection failed" || time.Since(begin) > 3*time.Second {
			t.Errorf("%s: %s", host, r.Text)
		}
		in.managed(`mutation($id: ID!) { deleteWebhook(id: $id) }`, vars{"id": id})
	}
	if n := len(inside.all()); n > 0 {
		t.Errorf("%d requests came through", n)
	}

	// Allowed to go there, it follows no redirect and tells nothing of the answer.
	in = boot(t, private(t))
	away := newReceiver(t, func(_ int, w http.ResponseWriter) {
		w.Header().Set("Location", inside.URL)
		w.WriteHeader(http.StatusFound)
		w.Write([]byte("canary-of-the-inside"))
	})
	id, _ := in.webhook(away.URL)
	r := in.managed(`mutation($id: ID!) { testWebhook(id: $id) { failure } }`, vars{"id": id})
	if r.str("testWebhook.failure") != "the receiver answered with status 302" || len(inside.all()) > 0 || strings.Contains(r.Text, "canary") {
		t.Error(r.Text)
	}
	id, _ = in.webhook(secure.URL) // whose certificate nobody knows
	if r := in.managed(`mutation($id: ID!) { testWebhook(id: $id) { failure } }`, vars{"id": id}); !strings.Contains(r.Text, "certificate") {
		t.Error(r.Text)
	}
	for range 18 {
		in.webhook("https://example.com/")
	}
	if r := in.manage(`mutation { createWebhook(url: "https://example.com/") { secret } }`); r.code() != "BAD_USER_INPUT" {
		t.Error(r.Text)
	}
}

// An event is told if, and only if, it happened, whenever the server dies.
func TestWebhooksSurviveCrashes(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		c.WebhookPrivate = true
		in := boot(t, c)
		to := newReceiver(t, func(_ int, w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) })
		id, secret := in.webhook(to.URL)
		in.publish("Seat", seats)
		to.wait(t, in, 1)
		// One that never happened: the process died before.
		if err := in.events.Add(t.Context(), firstAccount, "schema.published", "Seat/00000002-nothing", vars{"entity": "Ghost"}); err != nil {
			t.Fatal(err)
		}
		key := in.key
		in.stop()
		to.mu.Lock()
		to.answer = nil
		to.mu.Unlock()
		in = boot(t, c)
		in.key = key
		got := to.later(t, in, 2, time.Minute)
		if got[1].id != got[0].id {
			t.Errorf("another event: %s", got[1].body)
		}
		in.publish("Profile", `{"properties": {"shoeSize": {"type": "integer"}}}`) // does not wait for the ghost
		to.wait(t, in, 3)
		for range 3 {
			in.clock.move(4 * time.Minute)
			in.idle(t)
		}
		for _, one := range to.all() {
			if strings.Contains(string(one.body), "Ghost") {
				t.Errorf("what never happened was told: %s", one.body)
			}
		}
		// A suspended account's events wait.
		if _, err := in.tenants.Update(context.Background(), firstAccount, suspended(true)); err != nil {
			t.Fatal(err)
		}
		if err := in.events.Add(t.Context(), firstAccount, "schema.published", reference(t, in), vars{}); err != nil {
			t.Fatal(err)
		}
		in.idle(t)
		told := map[string]bool{} // an event may come twice
		for _, one := range to.all() {
			told[one.id] = true
		}
		n := len(to.all())
		if _, err := in.tenants.Update(context.Background(), firstAccount, suspended(false)); err != nil {
			t.Fatal(err)
		}
		to.wait(t, in, n+1)
		if len(told) != 2 {
			t.Errorf("%d events, the account being suspended", len(told))
		}
		in.stop()
		// The secret is in no file.
		raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			t.Fatal(err)
		}
		err = filepath.WalkDir(c.Data, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if bytes.Contains(text, []byte(secret[6:])) || bytes.Contains(text, raw) {
				t.Errorf("%s holds the secret of the webhook %s", path, id)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestWebhookCommands(t *testing.T) {
	t.Parallel()
	in := boot(t, private(t))
	to := newReceiver(t, nil)
	exit, secret, errs := in.cli("webhook", "create", to.URL, "--description=Gateway")
	if exit != 0 || !strings.HasPrefix(secret, "whsec_") {
		t.Fatal(exit, secret, errs)
	}
	_, list, _ := in.cli("webhook", "list")
	fields := strings.Fields(strings.Split(list, "\n")[1])
	if len(fields) != 6 || fields[1] != to.URL || fields[2] != "Gateway" {
		t.Errorf("list %q", list)
	}
	if exit, out, errs := in.cli("webhook", "test", fields[0]); exit != 0 || out != "delivered\n" {
		t.Error(exit, out, errs)
	}
	to.Close()
	if exit, out, errs := in.cli("webhook", "test", fields[0]); exit != 1 || errs != "error: not delivered: the connection failed\n" {
		t.Error(exit, out, errs)
	}
	if exit, out, errs := in.cli("webhook", "delete", fields[0]); exit != 0 || out != "deleted "+fields[0]+"\n" {
		t.Error(exit, out, errs)
	}
	for _, gone := range []string{fields[0], "None"} {
		if exit, _, errs := in.cli("webhook", "delete", gone); exit != 1 || errs != "error: The account has no such webhook. (NOT_FOUND)\n" {
			t.Error(exit, errs)
		}
	}
}

func suspended(yes bool) tenant.Changes { return tenant.Changes{Suspended: &yes} }

// reference returns that of a publication that has happened.
func reference(t testing.TB, in *instance) string {
	t.Helper()
	list, err := in.store.Scan(t.Context(), storage.Space{Account: firstAccount, Collection: storage.Schemas, Part: "Seat"}, storage.Page{Limit: 1})
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	return "Seat/" + list[0].ID
}

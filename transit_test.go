package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/profilegraph/profilegraph/vault"
	"github.com/profilegraph/profilegraph/vault/kms/transit/transittest"
)

// onTransit starts a server with a Transit engine and gives the configuration for it, with the
// policy that docs/operators.md tells to give.
func onTransit(t *testing.T) (s *transittest.Server, c Config, rules string) {
	t.Helper()
	s = transittest.Start(t)
	operators, err := os.ReadFile("docs/operators.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := regexp.MustCompile("(?s) +```hcl\n(.*?)```").FindSubmatch(operators)
	if documented == nil {
		t.Fatal("docs/operators.md has no policy")
	}
	rules = string(documented[1])
	s.Policy("profilegraph", rules)
	c = defaults(t)
	c.Transit, c.TransitMount, c.TransitToken = s.URL, "transit", filepath.Join(t.TempDir(), "token")
	writeToken(t, c, s.Token("profilegraph"))
	return s, c, rules
}

func writeToken(t *testing.T, c Config, token string) {
	t.Helper()
	if err := os.WriteFile(c.TransitToken, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// With keys in a Transit engine, too, one account goes dark alone when its KEK is withdrawn, and all
// of them when the engine is, for as long as it is so.
func TestTransitWithdrawn(t *testing.T) {
	t.Parallel()
	s, c, rules := onTransit(t)
	in := boot(t, c)
	one, two := in.account(t, "one"), in.account(t, "two")
	mine, theirs := one.profile("john.doe@example.com"), two.profile("john.doe@example.com")
	bright(t, one, mine)

	s.Policy("profilegraph", rules+`path "transit/decrypt/profilegraph-one" { capabilities = ["deny"] }`)
	for range 2 {
		in.clock.move(61 * time.Second)
		dark(t, one, mine)
		bright(t, two, theirs)
	}
	if r := in.send("GET", "/readyz", nil); r.Status != 200 {
		t.Errorf("because of one account /readyz answers %d", r.Status)
	}
	s.Policy("profilegraph", rules)
	in.clock.move(61 * time.Second)
	bright(t, one, mine)

	token := s.Token("profilegraph")
	writeToken(t, c, token)
	for name, way := range map[string]struct{ take, give func() }{
		"revoked": {func() { s.Revoke(token) }, func() { writeToken(t, c, s.Token("profilegraph")) }},
		"sealed":  {s.Seal, s.Unseal},
		"stopped": {s.Stop, func() { s.Resume(); s.Unseal() }},
	} {
		way.take()
		bright(t, one, mine) // by the keys in memory, for what is left of their minute
		in.clock.move(61 * time.Second)
		dark(t, one, mine)
		dark(t, two, theirs)
		if r := in.send("GET", "/readyz", nil); r.Status != 503 || !strings.Contains(r.Text, "keys") {
			t.Errorf("%s: /readyz answers %d %s", name, r.Status, r.Text)
		}
		way.give()
		in.clock.move(61 * time.Second)
		bright(t, one, mine)
		bright(t, two, theirs)
		if r := in.send("GET", "/readyz", nil); r.Status != 200 {
			t.Errorf("%s and back: /readyz answers %d %s", name, r.Status, r.Text)
		}
	}
	if strings.Contains(in.logs.String(), token) {
		t.Error("the log tells the token")
	}
	one.verified()
}

// While the engine is sealed or away the server starts sealed, and goes on by itself.
func TestTransitSealedStart(t *testing.T) {
	t.Parallel()
	s, c, _ := onTransit(t)
	in := boot(t, c)
	id := in.profile("john.doe@example.com")
	in.stop()
	for _, take := range []func(){s.Seal, func() { s.Stop(); s.Resume() }, s.Stop} {
		take()
		sealed := boot(t, c)
		sealed.key = in.key
		if r := sealed.send("GET", "/readyz", nil); r.Status != 503 || !strings.Contains(r.Text, "keys") {
			t.Errorf("/readyz answers %d %s", r.Status, r.Text)
		}
		dark(t, sealed.client, id)
		if s.Stopped() {
			s.Resume()
		}
		s.Unseal()
		sealed.clock.move(2 * time.Second)
		bright(t, sealed.client, id)
		if r := sealed.send("GET", "/readyz", nil); r.Status != 200 {
			t.Errorf("with its keys /readyz answers %d %s", r.Status, r.Text)
		}
		sealed.stop()
	}
}

// A new version of the KEK takes over by rotateKeys, and so does a KEK that the account brings.
func TestTransitRotation(t *testing.T) {
	t.Parallel()
	s, c, rules := onTransit(t)
	in := boot(t, c)
	one := in.account(t, "one")
	id := one.profile("john.doe@example.com")
	version := func() string {
		return one.managed(`{ keyStatus { kek accountKeys { kekVersion } } }`).str("keyStatus.accountKeys.0.kekVersion")
	}
	rotate := func(kek any) {
		t.Helper()
		one.managed(`mutation($kek: String) { rotateKeys(step: KEK, kek: $kek) { kek } }`, vars{"kek": kek})
	}
	advance := func() error { return in.docs.AdvanceRotations(t.Context(), in.currentSet) }
	if v := version(); v != "v1" {
		t.Errorf("at first the KEK has version %q", v)
	}
	s.Write("transit/keys/profilegraph-one/rotate", nil)
	rotate(nil)
	if err := advance(); err != nil {
		t.Fatal(err)
	}
	if v := version(); v != "v2" {
		t.Errorf("after the rotation the KEK has version %q", v)
	}
	// What the old version wrapped is not needed any more.
	s.Write("transit/keys/profilegraph-one/config", map[string]int{"min_decryption_version": 2})
	in.clock.move(61 * time.Second)
	bright(t, one, id)

	rotate("own-key")
	if err := advance(); !errors.Is(err, vault.ErrKeyUnavailable) {
		t.Errorf("to a KEK that the policy does not have: %v", err)
	}
	in.clock.move(61 * time.Second)
	bright(t, one, id) // by the old one
	s.Write("transit/keys/own-key", map[string]string{"type": "chacha20-poly1305"})
	s.Policy("profilegraph", rules+`
		path "transit/encrypt/own-key" { capabilities = ["update"] }
		path "transit/decrypt/own-key" { capabilities = ["update"] }`)
	if err := advance(); err != nil {
		t.Fatal(err)
	}
	if r := one.managed(`{ keyStatus { kek } }`); r.str("keyStatus.kek") != "own-key" {
		t.Errorf("after bringing its own the account's KEK is %s", r.Text)
	}
	s.Write("transit/keys/profilegraph-one/config", map[string]bool{"deletion_allowed": true})
	s.Delete("transit/keys/profilegraph-one")
	in.clock.move(61 * time.Second)
	bright(t, one, id)
	s.Policy("profilegraph", rules)
	in.clock.move(61 * time.Second)
	dark(t, one, id)
}

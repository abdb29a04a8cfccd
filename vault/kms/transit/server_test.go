package transit_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/profilegraph/profilegraph/vault"
	"github.com/profilegraph/profilegraph/vault/kms/transit"
	"github.com/profilegraph/profilegraph/vault/kms/transit/transittest"
)

const rules = `
	path "transit/encrypt/acme" { capabilities = ["create", "update"] }
	path "transit/decrypt/acme" { capabilities = ["update"] }
	path "transit/encrypt/other" { capabilities = ["update"] }
	path "transit/decrypt/*" { capabilities = ["update"] }`

// connect returns the driver of a server of the test's own, and how its token is changed.
func connect(t *testing.T) (*transittest.Server, *transit.KMS, func(token string)) {
	t.Helper()
	s := transittest.Start(t)
	s.Policy("profilegraph", rules)
	file := filepath.Join(t.TempDir(), "token")
	write := func(token string) {
		if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(s.Token("profilegraph"))
	k, err := transit.New(transit.Config{Address: s.URL, TokenFile: file})
	if err != nil {
		t.Fatal(err)
	}
	return s, k, write
}

// TestServerWrap holds a server to what the driver takes for granted.
func TestServerWrap(t *testing.T) {
	t.Parallel()
	s, k, _ := connect(t)
	for _, kind := range []string{"aes256-gcm96", "chacha20-poly1305"} {
		s.Write("transit/keys/other", map[string]string{"type": kind})
		wrapped, err := k.Wrap(t.Context(), "acme", []byte("key"), []byte("aad")) // makes the key
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := k.Wrap(t.Context(), "other", []byte("key"), []byte("aad"))
		if err != nil {
			t.Fatal(err)
		}
		s.Write("transit/keys/acme/rotate", nil)
		newer, err := k.Wrap(t.Context(), "acme", []byte("key"), []byte("aad"))
		if err != nil {
			t.Fatal(err)
		}
		if k.KeyVersion(wrapped) == k.KeyVersion(newer) || k.KeyVersion(theirs) != "v1" {
			t.Errorf("versions %s, %s, %s", k.KeyVersion(wrapped), k.KeyVersion(newer), k.KeyVersion(theirs))
		}
		flipped := []byte(strings.Clone(string(wrapped)))
		if at := len(flipped) - 8; flipped[at] == 'A' {
			flipped[at] = 'B'
		} else {
			flipped[at] = 'A'
		}
		for _, c := range []struct {
			name, kek, wrapped, aad string
			want                    error
		}{
			{"as it was wrapped", "acme", string(wrapped), "aad", nil},
			{"the newer one", "acme", string(newer), "aad", nil},
			{"the other one", "other", string(theirs), "aad", nil},
			{"another KEK", "other", string(wrapped), "aad", vault.ErrCorrupt},
			{"other data", "acme", string(wrapped), "add", vault.ErrCorrupt},
			{"other data, " + kind, "other", string(theirs), "add", vault.ErrCorrupt},
			{"no data", "acme", string(wrapped), "", vault.ErrCorrupt},
			{"a bit", "acme", string(flipped), "aad", vault.ErrCorrupt},
			{"version 0", "acme", strings.Replace(string(wrapped), ":v", ":v0", 1), "aad", nil},
			{"a version to come", "acme", strings.Replace(string(wrapped), ":v", ":v9", 1), "aad", vault.ErrCorrupt},
			{"no version", "acme", strings.Replace(string(wrapped), ":v", ":x", 1), "aad", vault.ErrCorrupt},
			{"the beginning of it", "acme", string(wrapped[:5]), "aad", vault.ErrCorrupt},
			{"no ciphertext", "acme", "vault:v1:", "aad", vault.ErrCorrupt},
			{"some bytes", "acme", "vault:v1:AAAA", "aad", vault.ErrCorrupt},
			{"no base64", "acme", "vault:v1:%", "aad", vault.ErrCorrupt},
			{"nothing", "acme", "", "aad", vault.ErrCorrupt},
			{"a KEK that is not there", "gone", string(wrapped), "aad", vault.ErrKeyUnavailable},
			{"a name with a slash", "acme/../other", string(wrapped), "aad", vault.ErrKeyUnavailable},
			{"a name of dots", "..", string(wrapped), "aad", vault.ErrKeyUnavailable},
		} {
			got, err := k.Unwrap(t.Context(), c.kek, []byte(c.wrapped), []byte(c.aad))
			if !errors.Is(err, c.want) || err == nil && string(got) != "key" {
				t.Errorf("%s: %v", c.name, err)
			}
			if err != nil && got != nil {
				t.Errorf("%s: something came out", c.name)
			}
		}
		s.Write("transit/keys/other/config", map[string]bool{"deletion_allowed": true})
		s.Delete("transit/keys/other")
	}
	if _, err := k.Wrap(t.Context(), "mine", []byte("key"), nil); !errors.Is(err, vault.ErrKeyUnavailable) {
		t.Errorf("a key that the policy does not have made: %v", err)
	}
}

// TestServerWithdrawn takes the key away in every way there is, and gives it back.
func TestServerWithdrawn(t *testing.T) {
	t.Parallel()
	s, k, write := connect(t)
	wrapped, err := k.Wrap(t.Context(), "acme", []byte("key"), []byte("aad"))
	if err != nil {
		t.Fatal(err)
	}
	s.Write("transit/keys/acme/rotate", nil)
	token := s.Token("profilegraph")
	write(token)
	oldest := func(version int) func() {
		return func() { s.Write("transit/keys/acme/config", map[string]int{"min_decryption_version": version}) }
	}
	for _, c := range []struct {
		name       string
		take, give func()
	}{
		{"sealed", s.Seal, s.Unseal},
		{"stopped", s.Stop, func() { s.Resume(); s.Unseal() }},
		{"stopped, sealed", func() { s.Stop(); s.Resume() }, s.Unseal},
		{"the version is too old", oldest(2), oldest(1)},
		{"not in the policy", func() { s.Delete("sys/policies/acl/profilegraph") }, func() { s.Policy("profilegraph", rules) }},
		{"the token is revoked", func() { s.Revoke(token) }, func() { write(s.Token("profilegraph")) }},
	} {
		c.take()
		if got, err := k.Unwrap(t.Context(), "acme", wrapped, []byte("aad")); !errors.Is(err, vault.ErrKeyUnavailable) || got != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if strings.Contains(err.Error(), token) {
			t.Errorf("%s: the error tells the token", c.name)
		}
		c.give()
		if got, err := k.Unwrap(t.Context(), "acme", wrapped, []byte("aad")); err != nil || string(got) != "key" {
			t.Errorf("%s: given back: %v", c.name, err)
		}
	}
}

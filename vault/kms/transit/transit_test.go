package transit_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/profilegraph/profilegraph/vault"
	"github.com/profilegraph/profilegraph/vault/kms/transit"
)

// engine behaves as the Transit secrets engine does at the two paths that the driver uses, with
// keys of type aes256-gcm96: https://developer.hashicorp.com/vault/api-docs/secret/transit
type engine struct {
	token string

	mu      sync.Mutex
	keys    map[string][]cipher.AEAD // by name; the last version is the newest
	minimum map[string]int           // min_decryption_version
	sealed  bool
}

func (e *engine) rotate(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	key := make([]byte, 32)
	rand.Read(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	e.keys[name] = append(e.keys[name], aead)
}

func (e *engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fail := func(status int, message string) {
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(map[string]any{"errors": []string{message}})
	}
	name := r.PathValue("name")
	e.mu.Lock()
	defer e.mu.Unlock()
	var body struct {
		Plaintext  string `json:"plaintext"`
		Ciphertext string `json:"ciphertext"`
		AAD        string `json:"associated_data"`
	}
	switch err := json.NewDecoder(r.Body).Decode(&body); {
	case e.sealed:
		fail(503, "Vault is sealed")
		return
	case r.Header.Get("X-Vault-Token") != e.token, r.Header.Get("X-Vault-Request") != "true":
		fail(403, "permission denied")
		return
	case err != nil:
		fail(400, "failed to parse JSON input")
		return
	}
	aad, err := base64.StdEncoding.DecodeString(body.AAD)
	if err != nil {
		fail(400, "failed to base64-decode associated_data")
		return
	}
	data := map[string]any{}
	if r.PathValue("operation") == "encrypt" {
		plain, err := base64.StdEncoding.DecodeString(body.Plaintext)
		if err != nil || len(e.keys[name]) == 0 {
			fail(400, "encryption key not found")
			return
		}
		n := len(e.keys[name])
		sealed := e.keys[name][n-1].Seal(nil, nil, plain, aad)
		data["ciphertext"] = fmt.Sprintf("vault:v%d:%s", n, base64.StdEncoding.EncodeToString(sealed))
		data["key_version"] = n
	} else {
		var version int
		var encoded string
		if _, err := fmt.Sscanf(body.Ciphertext, "vault:v%d:%s", &version, &encoded); err != nil {
			fail(400, "invalid ciphertext: no prefix")
			return
		}
		switch {
		case len(e.keys[name]) == 0:
			fail(400, "encryption key not found")
			return
		case version < e.minimum[name]:
			fail(400, "ciphertext or signature version is disallowed by policy (too old)")
			return
		case version < 1 || version > len(e.keys[name]):
			fail(400, "invalid ciphertext: version is too new")
			return
		}
		sealed, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			fail(400, "invalid ciphertext: could not decode base64")
			return
		}
		plain, err := e.keys[name][version-1].Open(nil, nil, sealed, aad)
		if err != nil {
			fail(400, "cipher: message authentication failed")
			return
		}
		data["plaintext"] = base64.StdEncoding.EncodeToString(plain)
	}
	json.NewEncoder(w).Encode(map[string]any{"request_id": "1", "data": data})
}

func start(t *testing.T) (*engine, *transit.KMS, *httptest.Server, string) {
	t.Helper()
	e := &engine{token: "s.token", keys: map[string][]cipher.AEAD{}, minimum: map[string]int{}}
	e.rotate("acme")
	e.rotate("other")
	mux := http.NewServeMux()
	mux.Handle("POST /v1/team/transit/{operation}/{name}", e)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("s.token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := transit.New(transit.Config{Address: server.URL, Mount: "team/transit", TokenFile: token})
	if err != nil {
		t.Fatal(err)
	}
	return e, k, server, token
}

func TestWrap(t *testing.T) {
	e, k, _, _ := start(t)
	ctx := t.Context()
	wrapped, err := k.Wrap(ctx, "acme", []byte("key"), []byte("aad"))
	if err != nil {
		t.Fatal(err)
	}
	e.rotate("acme")
	newer, err := k.Wrap(ctx, "acme", []byte("key"), []byte("aad"))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := k.KeyVersion(wrapped), k.KeyVersion(newer); a != "v1" || b != "v2" {
		t.Errorf("versions %s, %s", a, b)
	}
	for _, c := range []struct {
		name, kek, wrapped, aad string
		want                    error
	}{
		{"as it was wrapped", "acme", string(wrapped), "aad", nil},
		{"the newer one", "acme", string(newer), "aad", nil},
		{"another KEK", "other", string(wrapped), "aad", vault.ErrCorrupt},
		{"other data", "acme", string(wrapped), "", vault.ErrCorrupt},
		{"damaged", "acme", string(wrapped[:20]) + "AAAA" + string(wrapped[24:]), "aad", vault.ErrCorrupt},
		{"cut short", "acme", string(wrapped[:5]), "aad", vault.ErrCorrupt},
		{"a KEK that is not there", "gone", string(wrapped), "aad", vault.ErrKeyUnavailable},
		{"a name with a slash", "acme/../other", string(wrapped), "aad", vault.ErrKeyUnavailable},
	} {
		got, err := k.Unwrap(ctx, c.kek, []byte(c.wrapped), []byte(c.aad))
		if !errors.Is(err, c.want) || err == nil && string(got) != "key" {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil && got != nil {
			t.Errorf("%s: something came out", c.name)
		}
	}
}

// TestWithdrawn takes the key away in every way there is, and gives it back.
func TestWithdrawn(t *testing.T) {
	e, k, server, token := start(t)
	wrapped, err := k.Wrap(t.Context(), "acme", []byte("key"), []byte("aad"))
	if err != nil {
		t.Fatal(err)
	}
	e.rotate("acme")
	write := func(text string) {
		if err := os.WriteFile(token, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set := func(change func()) func() {
		return func() {
			e.mu.Lock()
			defer e.mu.Unlock()
			change()
		}
	}
	keys := e.keys["acme"]
	for _, c := range []struct {
		name       string
		take, give func()
	}{
		{"sealed", set(func() { e.sealed = true }), set(func() { e.sealed = false })},
		{"the key is deleted", set(func() { delete(e.keys, "acme") }), set(func() { e.keys["acme"] = keys })},
		{"the version is too old", set(func() { e.minimum["acme"] = 2 }), set(func() { e.minimum["acme"] = 0 })},
		{"the token is revoked", set(func() { e.token = "s.new" }), func() { write("s.new") }},
		{"no token", func() { os.Remove(token) }, func() { write("s.new") }},
	} {
		c.take()
		if _, err := k.Unwrap(t.Context(), "acme", wrapped, []byte("aad")); !errors.Is(err, vault.ErrKeyUnavailable) {
			t.Errorf("%s: %v", c.name, err)
		} else if strings.Contains(err.Error(), "s.") && strings.Contains(err.Error(), "token s.") {
			t.Errorf("%s: the error tells the token", c.name)
		}
		c.give()
		if got, err := k.Unwrap(t.Context(), "acme", wrapped, []byte("aad")); err != nil || string(got) != "key" {
			t.Errorf("%s: given back: %v", c.name, err)
		}
	}
	server.Close()
	if _, err := k.Unwrap(t.Context(), "acme", wrapped, []byte("aad")); !errors.Is(err, vault.ErrKeyUnavailable) {
		t.Errorf("no server: %v", err)
	}
}

// TestStrangeServers talks to servers that are no Transit engine.
func TestStrangeServers(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("s.token"), 0o600); err != nil {
		t.Fatal(err)
	}
	var leaked string
	thief := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		leaked = r.Header.Get("X-Vault-Token")
	}))
	defer thief.Close()
	for name, handler := range map[string]http.HandlerFunc{
		"a page":          func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html>") },
		"nothing":         func(w http.ResponseWriter, r *http.Request) {},
		"an empty answer": func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"data":{}}`) },
		"no base64":       func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"data":{"plaintext":"%"}}`) },
		"an error":        func(w http.ResponseWriter, r *http.Request) { http.Error(w, `{"errors":["x"]}`, 500) },
		"a huge answer":   func(w http.ResponseWriter, r *http.Request) { w.Write(bytes.Repeat([]byte(" "), 1<<20)) },
		"another's address": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, thief.URL, http.StatusTemporaryRedirect)
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(handler)
			defer server.Close()
			k, err := transit.New(transit.Config{Address: server.URL, TokenFile: token})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := k.Unwrap(t.Context(), "acme", []byte("vault:v1:AAAA"), nil); !errors.Is(err, vault.ErrKeyUnavailable) || got != nil {
				t.Errorf("unwrap: %v", err)
			}
			if got, err := k.Wrap(t.Context(), "acme", []byte("key"), nil); !errors.Is(err, vault.ErrKeyUnavailable) || got != nil {
				t.Errorf("wrap: %v", err)
			}
		})
	}
	if leaked != "" {
		t.Error("the token went to another server")
	}
	t.Run("one that hangs", func(t *testing.T) {
		hang := make(chan struct{})
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-hang }))
		defer server.Close()
		defer close(hang)
		k, err := transit.New(transit.Config{Address: server.URL, TokenFile: token, Client: &http.Client{Timeout: 50 * time.Millisecond}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Unwrap(t.Context(), "acme", []byte("vault:v1:AAAA"), nil); !errors.Is(err, vault.ErrKeyUnavailable) {
			t.Errorf("unwrap: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := k.Unwrap(ctx, "acme", []byte("vault:v1:AAAA"), nil); !errors.Is(err, context.Canceled) {
			t.Errorf("unwrap after the end: %v", err)
		}
	})
}

func TestNew(t *testing.T) {
	for address, want := range map[string]bool{
		"https://vault.example.com:8200": true,
		"https://vault.example.com/base": true,
		"http://127.0.0.1:8200":          true,
		"http://localhost:8200":          true,
		"http://[::1]:8200":              true,
		"http://vault.example.com:8200":  false,
		"http://127.0.0.1.example.com":   false,
		"vault.example.com":              false,
		"":                               false,
		"ftp://vault.example.com":        false,
		"https://user:pw@example.com":    false,
		"https://example.com?x=1":        false,
	} {
		_, err := transit.New(transit.Config{Address: address, TokenFile: "token"})
		if (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
		if err != nil && strings.Contains(err.Error(), "pw") {
			t.Errorf("the error tells a password: %v", err)
		}
	}
	if _, err := transit.New(transit.Config{Address: "https://example.com"}); err == nil {
		t.Error("made without a token file")
	}
}

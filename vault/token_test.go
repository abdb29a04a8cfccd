package vault_test

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/profilegraph/profilegraph/vault"
)

// tokensOf makes a consumer and returns its tokens.
func tokensOf(t testing.TB, v *vault.Vault, consumer string) *vault.Tokens {
	t.Helper()
	if err := v.CreateTokens(context.Background(), "shop", consumer); err != nil {
		t.Fatal(err)
	}
	tokens, err := v.Tokens(context.Background(), "shop", consumer)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

var tokenIDs = []string{
	"01a2142c-829e-7c5b-ab34-a9a931d5b31d", "01a2142c-829e-7c5b-ab34-a9a931d5b31d~12-3e4s5cjpr6ke", "12-3e4s5cjpr6ke", "x", "A_b-9",
	"01A2142C-829E-7C5B-AB34-A9A931D5B31D", "{01a2142c-829e-7c5b-ab34-a9a931d5b31d}", strings.Repeat("a", 64), "",
}

func TestTokens(t *testing.T) {
	v := newWorld(t).vault()
	orders, mail := tokensOf(t, v, "orders"), tokensOf(t, v, "mail")
	seen := map[string]bool{}
	for _, id := range tokenIDs {
		token := orders.Token(id)
		if token != orders.Token(id) {
			t.Errorf("%q has two tokens", id)
		}
		if len(id) > 4 && strings.Contains(token, id) {
			t.Errorf("the token shows the id: %s", token)
		}
		if got, ok := orders.ID(token); !ok || got != id {
			t.Errorf("%q came back as %q, %v", id, got, ok)
		}
		if _, ok := mail.ID(token); ok {
			t.Errorf("%q: another consumer knows the token", id)
		}
		for _, one := range []string{token, mail.Token(id)} {
			if seen[one] {
				t.Errorf("%q: a token for two", id)
			}
			seen[one] = true
		}
	}
	if token := orders.Token(tokenIDs[0]); len(token) != 44 {
		t.Errorf("the token of a document's id has %d characters: %s", len(token), token)
	}
	if _, err := v.Tokens(t.Context(), "other", "orders"); !errors.Is(err, vault.ErrNoTokens) {
		t.Errorf("of another account: %v", err)
	}
	if _, err := v.Tokens(t.Context(), "shop", "nobody"); !errors.Is(err, vault.ErrNoTokens) {
		t.Errorf("of nobody: %v", err)
	}
}

// TestForgedTokens changes every bit of a token, and cuts it.
func TestForgedTokens(t *testing.T) {
	tokens := tokensOf(t, newWorld(t).vault(), "orders")
	good, err := base64.RawURLEncoding.DecodeString(tokens.Token(tokenIDs[0]))
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what, token string) {
		if id, ok := tokens.ID(token); ok {
			t.Errorf("%s is taken for %q", what, id)
		}
	}
	for i := range len(good) * 8 {
		bad := slices.Clone(good)
		bad[i/8] ^= 1 << (i % 8)
		refused("a changed token", base64.RawURLEncoding.EncodeToString(bad))
	}
	for i := range good {
		refused("a cut token", base64.RawURLEncoding.EncodeToString(good[:i]))
	}
	text := tokens.Token(tokenIDs[0])
	for _, bad := range []string{text + "A", text + "=", " " + text, text + "\n", strings.Repeat("A", 1<<20), tokenIDs[0], "!"} {
		refused("what is none", bad)
	}
}

// TestDestroyedTokens stand for nothing, and nothing of the key is left.
func TestDestroyedTokens(t *testing.T) {
	v := newWorld(t).vault()
	tokensOf(t, v, "orders")
	mail := tokensOf(t, v, "mail")
	for range 2 {
		if err := v.DestroyTokens(t.Context(), "shop", "orders"); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.CreateTokens(t.Context(), "shop", "orders"); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Tokens(t.Context(), "shop", "orders"); !errors.Is(err, vault.ErrNoTokens) {
		t.Errorf("destroyed, and made again: %v", err)
	}
	if again, err := v.Tokens(t.Context(), "shop", "mail"); err != nil || again.Token("x") != mail.Token("x") {
		t.Errorf("another consumer's tokens changed: %v", err)
	}
}

func FuzzToken(f *testing.F) {
	tokens := tokensOf(f, newWorld(f).vault(), "orders")
	for _, id := range tokenIDs {
		f.Add(id)
		f.Add(tokens.Token(id))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if id, ok := tokens.ID(text); ok && tokens.Token(id) != text {
			t.Errorf("%q is a second token of %q", text, id)
		}
		token := tokens.Token(text)
		if id, ok := tokens.ID(token); len(token) <= 512 && (!ok || id != text) {
			t.Errorf("%q came back as %q, %v", text, id, ok)
		}
	})
}

// TestTokensOutliveRotation: a new key of the account changes no token, and other processes see a
// destroyed one end.
func TestTokensOutliveRotation(t *testing.T) {
	w := newWorld(t)
	a, b := w.vault(), w.vault()
	before := tokensOf(t, a, "orders").Token("x")
	for done := false; !done; w.wait(vault.Grace) {
		var err error
		if done, err = a.RotateAccountKey(t.Context(), "shop", nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range []*vault.Vault{a, b, w.vault()} {
		if again, err := v.Tokens(t.Context(), "shop", "orders"); err != nil || again.Token("x") != before {
			t.Fatalf("after a rotation: %v", err)
		}
	}
	status, err := a.Status(t.Context(), "shop")
	if err != nil || status.Subjects+status.Destroyed != 0 || len(status.Account) != 1 || status.Account[0].Wraps != 1 {
		t.Errorf("status %+v, %v", status, err)
	}
	if err := a.DestroyTokens(t.Context(), "shop", "orders"); err != nil {
		t.Fatal(err)
	}
	w.wait(vault.Staleness)
	if _, err := b.Tokens(t.Context(), "shop", "orders"); !errors.Is(err, vault.ErrNoTokens) {
		t.Errorf("destroyed elsewhere: %v", err)
	}
}

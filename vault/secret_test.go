package vault_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
)

// A secret opens under its own name only, whole, and after its key was wrapped anew.
func TestSecret(t *testing.T) {
	w := newWorld(t)
	v := w.vault()
	ctx := t.Context()
	sealed, err := v.SealSecret(ctx, "shop", "webhook", "one", []byte("zqsecret"))
	if err != nil || bytes.Contains(sealed, []byte("zqsecret")) {
		t.Fatal(sealed, err)
	}
	again, err := v.SealSecret(ctx, "shop", "webhook", "one", []byte("zqsecret"))
	if err != nil || bytes.Equal(sealed, again) {
		t.Error("sealed alike", err)
	}
	if got, err := v.OpenSecret(ctx, "shop", "webhook", "one", sealed); err != nil || string(got) != "zqsecret" {
		t.Errorf("%q %v", got, err)
	}
	if _, err := v.SealSecret(ctx, "other", "webhook", "one", []byte("x")); err != nil {
		t.Fatal(err)
	}
	for _, at := range []struct {
		account    tenant.ID
		what, name string
	}{{"shop", "webhook", "two"}, {"other", "webhook", "one"}} {
		if _, err := v.OpenSecret(ctx, at.account, at.what, at.name, sealed); !errors.Is(err, vault.ErrCorrupt) {
			t.Errorf("%v: %v", at, err)
		}
	}
	if _, err := v.OpenSecret(ctx, "shop", "unheard of", "one", sealed); !errors.Is(err, vault.ErrKeyUnavailable) {
		t.Error(err)
	}
	for i := range sealed {
		damaged := bytes.Clone(sealed)
		damaged[i] ^= 1
		if _, err := v.OpenSecret(ctx, "shop", "webhook", "one", damaged); !errors.Is(err, vault.ErrCorrupt) {
			t.Errorf("byte %d: %v", i, err)
		}
		if _, err := v.OpenSecret(ctx, "shop", "webhook", "one", sealed[:i]); !errors.Is(err, vault.ErrCorrupt) {
			t.Errorf("cut at %d: %v", i, err)
		}
	}
	status, err := v.Status(ctx, "shop")
	if err != nil || status.Subjects != 0 || len(status.Indexes) != 0 || status.Account[0].Wraps != 1 {
		t.Errorf("%+v %v", status, err)
	}
	for range 2 {
		if _, err := v.RotateAccountKey(ctx, "shop", nil); err != nil {
			t.Fatal(err)
		}
		w.wait(2 * vault.Grace)
	}
	for _, v := range []*vault.Vault{v, w.vault()} {
		if got, err := v.OpenSecret(ctx, "shop", "webhook", "one", sealed); err != nil || string(got) != "zqsecret" {
			t.Errorf("after a rotation: %q %v", got, err)
		}
	}
	if status, err := v.Status(ctx, "shop"); err != nil || len(status.Account) != 1 || status.Account[0].Number != 2 {
		t.Errorf("%+v %v", status, err)
	}
}

// A text is readable after its subject's documents got a new key, and not after the subject was erased.
func TestText(t *testing.T) {
	w := newWorld(t)
	v := w.vault()
	ctx := t.Context()
	sealed, err := v.SealText(ctx, "shop", "ada", "zqreason")
	if err != nil || bytes.Contains(sealed, []byte("zqreason")) {
		t.Fatal(sealed, err)
	}
	longer, err := v.SealText(ctx, "shop", "ada", "zqreason, longer")
	if err != nil || len(longer) != len(sealed) {
		t.Errorf("the length shows: %d and %d bytes, %v", len(sealed), len(longer), err)
	}
	for _, text := range []string{"", "x", string(make([]byte, 5_000))} {
		s, err := v.SealText(ctx, "shop", "ada", text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := v.OpenText(ctx, "shop", "ada", s); err != nil || got != text {
			t.Errorf("%d bytes: %d, %v", len(text), len(got), err)
		}
	}
	if _, err := v.SealText(ctx, "shop", "bob", "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := v.OpenText(ctx, "shop", "bob", sealed); !errors.Is(err, vault.ErrCorrupt) {
		t.Error(err)
	}
	if err := v.RotateDEKs(ctx, "shop", w.Now().Add(1), nil); err != nil {
		t.Fatal(err)
	}
	w.wait(2 * vault.Grace)
	if err := v.RetireDEKs(ctx, "shop", w.Now(), nil); err != nil {
		t.Fatal(err)
	}
	if got, err := w.vault().OpenText(ctx, "shop", "ada", sealed); err != nil || got != "zqreason" {
		t.Errorf("after a rotation: %q %v", got, err)
	}
	if err := v.Destroy(ctx, "shop", "ada"); err != nil {
		t.Fatal(err)
	}
	for _, v := range []*vault.Vault{v, w.vault()} {
		if _, err := v.OpenText(ctx, "shop", "ada", sealed); !errors.Is(err, vault.ErrShredded) {
			t.Errorf("after an erasure: %v", err)
		}
		if _, err := v.SealText(ctx, "shop", "ada", "x"); !errors.Is(err, vault.ErrShredded) {
			t.Errorf("a new key after an erasure: %v", err)
		}
	}
	if got, err := v.OpenText(ctx, "shop", "bob", sealed); err == nil {
		t.Errorf("%q", got)
	}
	if status, err := v.Status(ctx, "shop"); err != nil || status.Destroyed != 1 {
		t.Errorf("%+v %v", status, err)
	}
}

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

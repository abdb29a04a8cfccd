package local_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/profilegraph/profilegraph/vault"
	"github.com/profilegraph/profilegraph/vault/kms/local"
)

func create(t testing.TB) (k *local.KMS, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "key")
	if _, err := local.Create(path); err != nil {
		t.Fatal(err)
	}
	k, err := local.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return k, path
}

func wrap(t testing.TB, k *local.KMS, kek, plain, aad string) []byte {
	t.Helper()
	wrapped, err := k.Wrap(t.Context(), kek, []byte(plain), []byte(aad))
	if err != nil {
		t.Fatal(err)
	}
	return wrapped
}

func TestCreate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	notice, err := local.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{path, "LOST", "copy"} {
		if !strings.Contains(notice, word) {
			t.Errorf("the notice does not say %q", word)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := local.Create(path); !errors.Is(err, os.ErrExist) {
		t.Errorf("over another: %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Error("the file was changed")
	}
	if _, err := local.Create(filepath.Join(path, "below")); err == nil {
		t.Error("created where nothing can be")
	}
}

func TestWrap(t *testing.T) {
	k, path := create(t)
	wrapped := wrap(t, k, "acme", "key", "aad")
	for _, c := range []struct {
		name, kek, aad string
		wrapped        []byte
		want           error
	}{
		{"as it was wrapped", "acme", "aad", wrapped, nil},
		{"another KEK", "other", "aad", wrapped, vault.ErrCorrupt},
		{"other data", "acme", "aae", wrapped, vault.ErrCorrupt},
		{"cut short", "acme", "aad", wrapped[:len(wrapped)-1], vault.ErrCorrupt},
		{"a header only", "acme", "aad", wrapped[:5], vault.ErrCorrupt},
		{"nothing", "acme", "aad", nil, vault.ErrCorrupt},
		{"another format", "acme", "aad", append([]byte{2}, wrapped[1:]...), vault.ErrCorrupt},
		{"an unknown root key", "acme", "aad", append([]byte{1, 0, 0, 0, 0}, wrapped[5:]...), vault.ErrKeyUnavailable},
	} {
		got, err := k.Unwrap(t.Context(), c.kek, c.wrapped, []byte(c.aad))
		if !errors.Is(err, c.want) || err == nil && string(got) != "key" {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil && got != nil {
			t.Errorf("%s: something came out", c.name)
		}
	}
	if string(wrapped) == string(wrap(t, k, "acme", "key", "aad")) {
		t.Error("wrapped twice, and equal")
	}
	if file, err := os.ReadFile(path); err != nil || bytes.Contains(file, wrapped[5:]) {
		t.Error("the file holds wrapped keys")
	}
}

// TestCopyOfTheFirstFile loses the file and restores the copy made when it was new.
func TestCopyOfTheFirstFile(t *testing.T) {
	k, path := create(t)
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wrapped := wrap(t, k, "an account that came later", "key", "aad")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Unwrap(t.Context(), "an account that came later", wrapped, []byte("aad")); !errors.Is(err, vault.ErrKeyUnavailable) {
		t.Errorf("without the file: %v", err)
	}
	if err := os.WriteFile(path, first, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := k.Unwrap(t.Context(), "an account that came later", wrapped, []byte("aad")); err != nil || string(got) != "key" {
		t.Errorf("with the copy: %v", err)
	}
}

func TestRotate(t *testing.T) {
	k, path := create(t)
	before := wrap(t, k, "acme", "key", "aad")
	other, err := local.Open(path) // another process
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Rotate(); err != nil {
		t.Fatal(err)
	}
	after := wrap(t, k, "acme", "key", "aad")
	if a, b := k.KeyVersion(before), k.KeyVersion(after); a == b || a == "" {
		t.Errorf("versions %q and %q", a, b)
	}
	for _, w := range [][]byte{before, after} {
		if got, err := k.Unwrap(t.Context(), "acme", w, []byte("aad")); err != nil || string(got) != "key" {
			t.Errorf("unwrap: %v", err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("files left: %v", entries)
	}
}

func TestWithdraw(t *testing.T) {
	k, _ := create(t)
	wrapped := wrap(t, k, "acme", "key", "aad")
	if err := k.Withdraw("acme"); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Unwrap(t.Context(), "acme", wrapped, []byte("aad")); !errors.Is(err, vault.ErrKeyUnavailable) {
		t.Errorf("unwrap: %v", err)
	}
	if _, err := k.Wrap(t.Context(), "acme", []byte("key"), nil); !errors.Is(err, vault.ErrKeyUnavailable) {
		t.Errorf("wrap: %v", err)
	}
	wrap(t, k, "other", "key", "aad")
	if err := k.Restore("acme"); err != nil {
		t.Fatal(err)
	}
	if got, err := k.Unwrap(t.Context(), "acme", wrapped, []byte("aad")); err != nil || string(got) != "key" {
		t.Errorf("given back: %v", err)
	}
	if err := k.Withdraw("a\nroot x"); err == nil {
		t.Error("a name of two lines is taken")
	}
}

func TestRefusedFiles(t *testing.T) {
	_, path := create(t)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(good)
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
	}{
		"readable by the group": {text, 0o640},
		"readable by others":    {text, 0o604},
		"writable by the group": {text, 0o620},
		"empty":                 {"", 0o600},
		"another file":          {"-----BEGIN PRIVATE KEY-----\n", 0o600},
		"a newer format":        {strings.Replace(text, "file 1", "file 2", 1), 0o600},
		"no root key":           {strings.Split(text, "root")[0], 0o600},
		"a letter changed":      {flip(text), 0o600},
		"a short key":           {strings.TrimSpace(text)[:len(text)-6] + "\n", 0o600},
		"an unknown item":       {text + "stem 1\n", 0o600},
		"an unfinished item":    {text + "withdrawn\n", 0o600},
		"very large":            {text + strings.Repeat("#\n", 1<<20), 0o600},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "key")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
			k, err := local.Open(path)
			if err == nil {
				t.Error("opened")
			} else if strings.Contains(err.Error(), text[len(text)-20:len(text)-1]) {
				t.Error("the error tells the key")
			}
			if _, err := k.Wrap(t.Context(), "acme", []byte("key"), nil); !errors.Is(err, vault.ErrKeyUnavailable) {
				t.Errorf("wrap: %v", err)
			}
			if err := k.Rotate(); err == nil {
				t.Error("rotated")
			}
			if err := os.WriteFile(path, good, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, 0o600); err != nil {
				t.Fatal(err)
			}
			wrap(t, k, "acme", "key", "aad") // mended
		})
	}
	if _, err := local.Open(t.TempDir()); err == nil {
		t.Error("a directory was opened")
	}
}

// flip changes one letter of the root key.
func flip(text string) string {
	b := []byte(text)
	at := len(b) - 20
	if b[at]++; b[at] == ':' || b[at] == '[' || b[at] == '{' || b[at] == '0' || b[at] == ',' {
		b[at] = 'A'
	}
	return string(b)
}

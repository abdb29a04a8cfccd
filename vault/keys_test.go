package vault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/storage/bolt"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
	"github.com/profilegraph/profilegraph/vault/keydb"
)

// record reads a record of the key store.
func (w *world) record(account tenant.ID, name string) bson.Raw {
	w.t.Helper()
	return must(w.keys.Get(w.t.Context(), account, name))(w.t)
}

// wrapped returns the wrapped keys of a record.
func wrapped(t testing.TB, record bson.Raw) [][]byte {
	t.Helper()
	var r struct {
		Versions []struct {
			Wrapped []byte `bson:"wrapped"`
		} `bson:"versions"`
	}
	if err := bson.Unmarshal(record, &r); err != nil {
		t.Fatal(err)
	}
	var list [][]byte
	for _, v := range r.Versions {
		list = append(list, v.Wrapped)
	}
	return list
}

// TestFirstKey makes the first keys of an account and of a subject from many sides at once: all end
// with the same ones.
func TestFirstKey(t *testing.T) {
	w, e := newWorld(t), parse(t, "Person", personSchema)
	doc := encode(t, e, ada)
	vaults := []*vault.Vault{w.vault(), w.vault(), w.vault()}
	sealed := make([]bson.Raw, 48)
	entries := make([]string, len(sealed))
	errs := make([]error, 2*len(sealed))
	var wg sync.WaitGroup
	for i := range sealed {
		wg.Go(func() {
			v := vaults[i%len(vaults)]
			sealed[i], errs[2*i] = v.Seal(t.Context(), person, e, doc)
			var list []string
			if list, errs[2*i+1] = v.Entries(t.Context(), "acme", "Person", field(t, e, "email"), "a@b.c"); len(list) == 1 {
				entries[i] = list[0]
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	last := w.vault()
	for i, s := range sealed {
		if got, err := last.Open(t.Context(), person, s); err != nil || !bytes.Equal(got, doc) {
			t.Fatalf("%d: %v", i, err)
		}
		if entries[i] == "" || entries[i] != entries[0] {
			t.Fatalf("%d: entry %q, the first has %q", i, entries[i], entries[0])
		}
	}
}

// TestWithdrawnKEK takes away one account's KEK and gives it back.
func TestWithdrawnKEK(t *testing.T) {
	w, e := newWorld(t), parse(t, "Person", personSchema)
	v := w.vault()
	email := field(t, e, "email")
	other := vault.Place{Account: "other", Subject: "p1", Entity: "Person", ID: "p1"}
	docs := map[vault.Place]bson.Raw{}
	for _, at := range []vault.Place{person, other} {
		docs[at] = must(v.Seal(t.Context(), at, e, encode(t, e, ada)))(t)
	}
	// use tries everything that needs a key.
	use := func(at vault.Place) []error {
		_, sealErr := v.Seal(t.Context(), at, e, encode(t, e, ada))
		_, openErr := v.Open(t.Context(), at, docs[at])
		_, _, maskErr := v.Mask(t.Context(), at, e, docs[at], all(e))
		_, _, revealErr := v.Reveal(t.Context(), covers{at.Account, []string{"*"}}, at, e, docs[at], all(e))
		_, indexErr := v.Entries(t.Context(), at.Account, "Person", email, "a@b.c")
		return []error{sealErr, openErr, maskErr, revealErr, indexErr}
	}
	light := func(at vault.Place) {
		t.Helper()
		for i, err := range use(at) {
			if err != nil {
				t.Errorf("%s %d: %v", at.Account, i, err)
			}
		}
	}
	dark := func(at vault.Place) {
		t.Helper()
		for i, err := range use(at) {
			if !errors.Is(err, vault.ErrKeyUnavailable) {
				t.Errorf("%s %d: %v", at.Account, i, err)
			}
		}
	}

	w.wait(vault.Staleness) // keys are asked for anew, and the subjects' half a minute later again
	light(person)
	w.wait(vault.Staleness / 2)
	if err := w.kms.Withdraw("profilegraph-acme"); err != nil {
		t.Fatal(err)
	}
	fresh := person
	fresh.Subject = "p9" // the first use of a subject's key does not prolong the account's
	if _, err := v.Seal(t.Context(), fresh, e, encode(t, e, ada)); err != nil {
		t.Errorf("the account's key is still held: %v", err)
	}
	w.wait(vault.Staleness / 2)
	dark(person)
	if _, err := v.Seal(t.Context(), fresh, e, encode(t, e, ada)); !errors.Is(err, vault.ErrKeyUnavailable) {
		t.Errorf("a key of the dark account is held: %v", err)
	}
	light(other)

	before := w.asked.Load()
	dark(person)
	if n := w.asked.Load() - before; n != 0 {
		t.Errorf("the KMS was asked %d times for a dark account within a second", n)
	}
	if err := w.kms.Restore("profilegraph-acme"); err != nil {
		t.Fatal(err)
	}
	w.wait(time.Second)
	light(person)
	light(other)
}

// TestKMSIsAskedOnceAMinute reads documents of many subjects.
func TestKMSIsAskedOnceAMinute(t *testing.T) {
	w, e := newWorld(t), parse(t, "Person", personSchema)
	v := w.vault()
	for minute := range 3 {
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				at := vault.Place{Account: "acme", Subject: fmt.Sprint(i), Entity: "Person", ID: fmt.Sprint(i)}
				if _, err := v.Seal(t.Context(), at, e, encode(t, e, ada)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := w.asked.Load(); n != int64(minute+1) {
			t.Errorf("minute %d: the KMS was asked %d times", minute, n)
		}
		w.wait(vault.Staleness)
	}
}

// TestSealedStart uses vaults that have no keys: nothing hangs, nothing comes out.
func TestSealedStart(t *testing.T) {
	w, e := newWorld(t), parse(t, "Person", personSchema)
	sealed := must(w.vault().Seal(t.Context(), person, e, encode(t, e, ada)))(t)
	if err := w.vault().Ready(t.Context()); err != nil {
		t.Errorf("ready: %v", err)
	}
	for name, v := range map[string]*vault.Vault{
		"no KMS":            vault.New(vault.Config{Keys: w.keys}),
		"no key store":      vault.New(vault.Config{KMS: w.kms}),
		"neither":           vault.New(vault.Config{}),
		"another key store": vault.New(vault.Config{KMS: w.kms, Keys: newWorld(t).keys}),
		"another key file":  vault.New(vault.Config{KMS: newWorld(t).kms, Keys: w.keys}),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := v.Open(t.Context(), person, sealed); !errors.Is(err, vault.ErrKeyUnavailable) {
				t.Errorf("open: %v", err)
			}
			if out, _, err := v.Mask(t.Context(), person, e, sealed, all(e)); !errors.Is(err, vault.ErrKeyUnavailable) || out != nil {
				t.Errorf("mask: %v", err)
			}
			if name == "another key store" {
				return // in which new keys may be made
			}
			if err := v.Ready(t.Context()); !errors.Is(err, vault.ErrKeyUnavailable) {
				t.Errorf("ready: %v", err)
			}
			if out, err := v.Seal(t.Context(), person, e, encode(t, e, ada)); !errors.Is(err, vault.ErrKeyUnavailable) || out != nil {
				t.Errorf("seal: %v", err)
			}
		})
	}
}

func TestDestroy(t *testing.T) {
	w, e := newWorld(t), parse(t, "Person", personSchema)
	v, elsewhere := w.vault(), w.vault()
	clear := encode(t, e, ada)
	neighbour := vault.Place{Account: "acme", Subject: "p2", Entity: "Person", ID: "p2"}
	sealed := must(v.Seal(t.Context(), person, e, clear))(t)
	kept := must(v.Seal(t.Context(), neighbour, e, clear))(t)
	must(elsewhere.Open(t.Context(), person, sealed))(t)
	// Earlier forms of the key must go too.
	if err := v.RotateDEKs(t.Context(), "acme", w.Now().Add(1), nil); err != nil {
		t.Fatal(err)
	}
	must(v.RotateAccountKey(t.Context(), "acme", nil))(t)
	keys := wrapped(t, w.record("acme", "subject/p1"))
	if len(keys) != 2 {
		t.Fatalf("%d versions", len(keys))
	}
	if before := w.files(); !bytes.Contains(before, keys[0]) || !bytes.Contains(before, keys[1]) {
		t.Fatal("the search finds no key that is there")
	}

	if err := v.Destroy(t.Context(), "acme", "p1"); err != nil {
		t.Fatal(err)
	}
	after := w.files()
	for i, key := range keys {
		for n := 0; n+16 <= len(key); n += 4 {
			if bytes.Contains(after, key[n:n+16]) {
				t.Fatalf("bytes %d.. of wrapped key %d are still in a file", n, i)
			}
		}
	}
	shredded := func(v *vault.Vault) {
		t.Helper()
		_, openErr := v.Open(t.Context(), person, sealed)
		_, _, maskErr := v.Mask(t.Context(), person, e, sealed, all(e))
		_, sealErr := v.Seal(t.Context(), person, e, clear)
		for i, err := range []error{openErr, maskErr, sealErr} {
			if !errors.Is(err, vault.ErrShredded) {
				t.Errorf("%d: %v", i, err)
			}
		}
	}
	shredded(v)
	w.wait(vault.Staleness) // another process may hold the key that long
	shredded(elsewhere)
	must(v.Open(t.Context(), neighbour, kept))(t)
	if err := v.Destroy(t.Context(), "acme", "p1"); err != nil {
		t.Errorf("twice: %v", err)
	}
	never := vault.Place{Account: "acme", Subject: "p3", Entity: "Person", ID: "p3"}
	if err := v.Destroy(t.Context(), "acme", "p3"); err != nil {
		t.Errorf("one who never was: %v", err)
	}
	if _, err := v.Seal(t.Context(), never, e, clear); !errors.Is(err, vault.ErrShredded) {
		t.Errorf("a key was made after it was destroyed: %v", err)
	}
}

// TestDestroyAgainstReaders destroys keys that are being asked for: afterwards nobody has one.
func TestDestroyAgainstReaders(t *testing.T) {
	w, e := newWorld(t), parse(t, "Person", personSchema)
	v := w.vault()
	for i := range 20 {
		at := vault.Place{Account: "acme", Subject: fmt.Sprint(i), Entity: "Person", ID: "x"}
		sealed := must(v.Seal(t.Context(), at, e, encode(t, e, ada)))(t)
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 4 {
			reader := w.vault()
			wg.Go(func() {
				for ctx.Err() == nil {
					if _, err := reader.Open(t.Context(), at, sealed); errors.Is(err, vault.ErrShredded) {
						return
					} else if err != nil {
						t.Error(err)
						return
					}
					if _, err := v.Open(t.Context(), at, sealed); err != nil && !errors.Is(err, vault.ErrShredded) {
						t.Error(err)
					}
				}
			})
		}
		if err := v.Destroy(t.Context(), "acme", at.Subject); err != nil {
			t.Error(err)
		}
		if _, err := v.Open(t.Context(), at, sealed); !errors.Is(err, vault.ErrShredded) {
			t.Errorf("%d: %v", i, err)
		}
		stop()
		wg.Wait()
	}
}

// held is a key store whose first answer about one record waits.
type held struct {
	*keydb.DB
	name          string
	read, proceed chan struct{}
	was           atomic.Bool
}

func (h *held) Get(ctx context.Context, account tenant.ID, name string) (bson.Raw, error) {
	body, err := h.DB.Get(ctx, account, name)
	if name == h.name && h.was.CompareAndSwap(false, true) {
		close(h.read)
		<-h.proceed
	}
	return body, err
}

// TestDestroyWhileTheKeyIsLoaded destroys a key between the moment when it is read and the moment
// when it is remembered.
func TestDestroyWhileTheKeyIsLoaded(t *testing.T) {
	w, e := newWorld(t), parse(t, "Person", personSchema)
	sealed := must(w.vault().Seal(t.Context(), person, e, encode(t, e, ada)))(t)
	keys := &held{DB: w.keys, name: "subject/p1", read: make(chan struct{}), proceed: make(chan struct{})}
	v := vault.New(vault.Config{KMS: w.kms, Keys: keys, Now: w.Now})
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := v.Open(t.Context(), person, sealed); err != nil { // it began before
			t.Error(err)
		}
	})
	<-keys.read
	if err := v.Destroy(t.Context(), "acme", "p1"); err != nil {
		t.Error(err)
	}
	if _, err := v.Open(t.Context(), person, sealed); !errors.Is(err, vault.ErrShredded) {
		t.Errorf("while the key is loaded: %v", err)
	}
	close(keys.proceed)
	wg.Wait()
	if _, err := v.Open(t.Context(), person, sealed); !errors.Is(err, vault.ErrShredded) {
		t.Errorf("afterwards: %v", err)
	}
}

// TestErrorsTellOnlyIDs looks at the text of errors.
func TestErrorsTellOnlyIDs(t *testing.T) {
	w, e := newWorld(t), parse(t, "Person", personSchema)
	v := w.vault()
	sealed := must(v.Seal(t.Context(), person, e, encode(t, e, ada)))(t)
	at := person
	at.ID = "p7"
	_, err := v.Open(t.Context(), at, sealed)
	if want := "vault: open acme/Person/p7: vault: corrupt: a sealed value does not open"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	_, err = v.Entries(t.Context(), "acme", "Person", &schema.Field{Property: "x", Normalize: "digits"}, []any{"zqsecret"})
	if !errors.Is(err, vault.ErrValue) || strings.Contains(err.Error(), "zq") {
		t.Errorf("entries: %v", err)
	}
}

// TestKeysOverStorage keeps keys in a storage driver.
func TestKeysOverStorage(t *testing.T) {
	w, e := newWorld(t), parse(t, "Person", personSchema)
	store, err := bolt.Open(bolt.Options{Path: filepath.Join(t.TempDir(), "store")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	open := func() *vault.Vault {
		return vault.New(vault.Config{KMS: w.kms, Keys: vault.StoreKeys(store), Now: w.Now})
	}
	v := open()
	clear := encode(t, e, ada)
	sealed := must(v.Seal(t.Context(), person, e, clear))(t)
	entries := must(v.Entries(t.Context(), "acme", "Person", field(t, e, "email"), "a@b.c"))(t)
	for range 2 {
		must(v.RotateAccountKey(t.Context(), "acme", nil))(t)
		w.wait(vault.Grace)
	}
	v = open()
	if got := must(v.Open(t.Context(), person, sealed))(t); !bytes.Equal(got, clear) {
		t.Error("opened something else")
	}
	if again := must(v.Entries(t.Context(), "acme", "Person", field(t, e, "email"), "a@b.c"))(t); len(again) != 1 || again[0] != entries[0] {
		t.Errorf("entries %v, then %v", entries, again)
	}
	if s := must(v.Status(t.Context(), "acme"))(t); len(s.Account) != 1 || s.Subjects != 1 || len(s.Indexes) != 1 {
		t.Errorf("status %+v", s)
	}
	if err := v.Destroy(t.Context(), "acme", "p1"); err != nil {
		t.Fatal(err)
	}
	if _, err := open().Open(t.Context(), person, sealed); !errors.Is(err, vault.ErrShredded) {
		t.Errorf("open: %v", err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := open().Open(t.Context(), person, sealed); !errors.Is(err, vault.ErrKeyUnavailable) || !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("with the store closed: %v", err)
	}
}

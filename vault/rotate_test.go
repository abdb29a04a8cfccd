package vault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/vault"
)

// population is a number of data subjects with a stored document each.
type population struct {
	e     *schema.Entity
	clear bson.Raw

	mu   sync.Mutex
	docs map[vault.Place]bson.Raw
}

func populate(t *testing.T, v *vault.Vault, n int) *population {
	t.Helper()
	e := parse(t, "Person", personSchema)
	p := &population{e: e, clear: encode(t, e, ada), docs: map[vault.Place]bson.Raw{}}
	for i := range n {
		at := vault.Place{Account: "acme", Subject: fmt.Sprint("s", i), Entity: "Person", ID: fmt.Sprint("s", i)}
		p.docs[at] = must(v.Seal(t.Context(), at, e, p.clear))(t)
	}
	return p
}

func (p *population) places() []vault.Place {
	var list []vault.Place
	for at := range p.docs {
		list = append(list, at)
	}
	return list
}

func (p *population) doc(at vault.Place) bson.Raw {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.docs[at]
}

// reseal passes over all documents and returns how many changed.
func (p *population) reseal(t *testing.T, v *vault.Vault) (changed int) {
	t.Helper()
	for _, at := range p.places() {
		doc, did, err := v.Reseal(t.Context(), at, p.e, p.doc(at))
		if err != nil {
			t.Fatal(err)
		}
		if did {
			changed++
		}
		p.mu.Lock()
		p.docs[at] = doc
		p.mu.Unlock()
	}
	return changed
}

// opens checks that every document opens.
func (p *population) opens(t *testing.T, v *vault.Vault) {
	t.Helper()
	for _, at := range p.places() {
		if got, err := v.Open(t.Context(), at, p.doc(at)); err != nil || !bytes.Equal(got, p.clear) {
			t.Fatalf("%s: %v", at.ID, err)
		}
	}
}

// TestRotationUnderLoad changes every key there is while two processes read and write: no request
// fails, and in the end nothing is left of the old keys.
func TestRotationUnderLoad(t *testing.T) {
	w := newWorld(t)
	v, elsewhere := w.vault(), w.vault()
	p := populate(t, v, 20)
	email := field(t, p.e, "email")
	entry := must(v.Entries(t.Context(), "acme", "Person", email, "a@b.c"))(t)
	old := [][]byte{}
	for _, name := range []string{"account", "subject/s0", "subject/s1"} {
		old = append(old, wrapped(t, w.record("acme", name))...)
	}

	ctx, stop := context.WithCancel(t.Context())
	var load sync.WaitGroup
	// Grace is longer than any operation takes, so none is under way all through it.
	var underWay sync.RWMutex
	grace := func() {
		underWay.Lock()
		defer underWay.Unlock()
		w.wait(vault.Grace)
	}
	for worker, v := range []*vault.Vault{v, elsewhere} {
		load.Go(func() {
			places := p.places()
			for i := 0; ctx.Err() == nil; i++ {
				underWay.RLock()
				at := places[i%len(places)]
				if got, err := v.Open(t.Context(), at, p.doc(at)); err != nil || !bytes.Equal(got, p.clear) {
					t.Errorf("open: %v", err)
				}
				newcomer := vault.Place{Account: "acme", Subject: fmt.Sprintf("n%d-%d", worker, i%50), Entity: "Person", ID: "n"}
				if sealed, err := v.Seal(t.Context(), newcomer, p.e, p.clear); err != nil {
					t.Errorf("seal: %v", err)
				} else if _, err := v.Open(t.Context(), newcomer, sealed); err != nil {
					t.Errorf("open what was sealed: %v", err)
				}
				found, err := v.Entries(t.Context(), "acme", "Person", email, "a@b.c")
				if err != nil || !slices.Contains(found, entry[0]) {
					t.Errorf("entries: %v", err)
				}
				underWay.RUnlock()
			}
		})
	}

	if err := w.kms.Rotate(); err != nil {
		t.Fatal(err)
	}
	if err := v.RewrapKEK(t.Context(), "acme", ""); err != nil {
		t.Error(err)
	}
	if done := must(v.RotateAccountKey(t.Context(), "acme", nil))(t); done {
		t.Error("the old account key was dropped at once")
	}
	grace()
	if done := must(v.RotateAccountKey(t.Context(), "acme", nil))(t); !done {
		t.Error("the account key is still being rotated")
	}
	before := w.Now()
	w.wait(time.Second)
	if err := v.RotateDEKs(t.Context(), "acme", before, nil); err != nil {
		t.Error(err)
	}
	if err := v.RotateIndexKey(t.Context(), "acme", "Person", "email"); err != nil {
		t.Error(err)
	}
	grace()
	began := w.Now()
	if n := p.reseal(t, v); n != 20 {
		t.Errorf("%d documents resealed", n)
	}
	if n := p.reseal(t, elsewhere); n != 0 {
		t.Errorf("%d documents resealed twice", n)
	}
	if err := v.RetireDEKs(t.Context(), "acme", began, nil); err != nil {
		t.Error(err)
	}
	stop()
	load.Wait()
	if done := must(v.RetireIndexKey(t.Context(), "acme", "Person", "email", began))(t); !done {
		t.Error("the index key is still being rotated")
	}

	p.opens(t, v)
	p.opens(t, elsewhere)
	p.opens(t, w.vault())
	files := w.files()
	for i, key := range old {
		if bytes.Contains(files, key) {
			t.Errorf("old key %d is still in a file", i)
		}
	}
	s := must(v.Status(t.Context(), "acme"))(t)
	// The account's key wraps two for each subject, of documents and of texts, and one of a look-up field.
	if len(s.Account) != 1 || s.Account[0].Number != 2 || s.Account[0].Wraps != 2*s.Subjects+1 || s.Rotating != 0 || len(s.Indexes) != 1 || s.Indexes[0].Versions != 1 {
		t.Errorf("status %+v", s)
	}
	w.wait(vault.Staleness)
	for _, v := range []*vault.Vault{v, elsewhere} {
		found := must(v.Entries(t.Context(), "acme", "Person", email, "a@b.c"))(t)
		if len(found) != 1 || found[0] == entry[0] {
			t.Errorf("entries %v, before %v", found, entry)
		}
	}
}

// TestNewKeysAreLearnt reads in one process what another has just sealed under new keys, while the
// first still holds the old ones.
func TestNewKeysAreLearnt(t *testing.T) {
	w := newWorld(t)
	v, elsewhere := w.vault(), w.vault()
	p := populate(t, v, 3)
	p.opens(t, elsewhere)
	w.wait(time.Second)
	if err := v.RotateDEKs(t.Context(), "acme", w.Now(), nil); err != nil {
		t.Fatal(err)
	}
	if n := p.reseal(t, v); n != 3 {
		t.Errorf("%d documents resealed", n)
	}
	p.opens(t, elsewhere)
	must(v.RotateAccountKey(t.Context(), "acme", nil))(t)
	newcomer := vault.Place{Account: "acme", Subject: "new", Entity: "Person", ID: "new"}
	sealed := must(v.Seal(t.Context(), newcomer, p.e, p.clear))(t)
	must(elsewhere.Open(t.Context(), newcomer, sealed))(t)
	if n := p.reseal(t, elsewhere); n != 0 {
		t.Errorf("%d documents resealed under the same keys", n)
	}
}

// TestRotationIsResumed cuts rotations short after a few keys.
func TestRotationIsResumed(t *testing.T) {
	w := newWorld(t)
	v := w.vault()
	p := populate(t, v, 30)
	cutShort := func(rotate func(ctx context.Context, report func(vault.Progress)) error) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		err := rotate(ctx, func(at vault.Progress) {
			if at.Visited == 7 {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("cut short: %v", err)
		}
	}
	last := vault.Progress{}
	report := func(at vault.Progress) { last = at }
	before := w.Now().Add(time.Second)
	w.wait(time.Second)
	deks := func(ctx context.Context, report func(vault.Progress)) error {
		return v.RotateDEKs(ctx, "acme", before, report)
	}
	cutShort(deks)
	if err := deks(t.Context(), report); err != nil || last != (vault.Progress{Visited: 30, Changed: 23}) {
		t.Errorf("subject keys: %+v, %v", last, err)
	}
	account := func(ctx context.Context, report func(vault.Progress)) error {
		_, err := v.RotateAccountKey(ctx, "acme", report)
		return err
	}
	cutShort(account)
	if s := must(v.Status(t.Context(), "acme"))(t); len(s.Account) != 2 || s.Account[1].Wraps != 14 || s.Account[0].Wraps != 76 {
		t.Errorf("status %+v", s.Account)
	}
	w.wait(vault.Grace)
	if done := must(v.RotateAccountKey(t.Context(), "acme", report))(t); !done || last != (vault.Progress{Visited: 60, Changed: 53}) {
		t.Errorf("account key: %v %+v", done, last)
	}
	p.opens(t, w.vault())
}

// TestRotationGoesOnBehindDamage damages the records of two subjects: the others are rotated, the
// error names the two, and no key that they may need is dropped.
func TestRotationGoesOnBehindDamage(t *testing.T) {
	w := newWorld(t)
	v := w.vault()
	populate(t, v, 10)
	record := w.record("acme", "subject/s3")
	damaged := bytes.Clone(record)
	damaged[bytes.Index(damaged, wrapped(t, record)[0])+20] ^= 1
	unreadable, err := bson.Marshal(bson.D{{Key: "versions", Value: "none"}})
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(w.keys.Put(t.Context(), "acme", "subject/s3", damaged, record),
		w.keys.Put(t.Context(), "acme", "subject/s5", unreadable, w.record("acme", "subject/s5")))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		done, err := v.RotateAccountKey(t.Context(), "acme", nil)
		if done || !errors.Is(err, vault.ErrCorrupt) || !strings.Contains(err.Error(), "subject/s3") || !strings.Contains(err.Error(), "subject/s5") {
			t.Errorf("done %v, %v", done, err)
		}
		w.wait(vault.Grace)
	}
	s, err := v.Status(t.Context(), "acme")
	if !errors.Is(err, vault.ErrCorrupt) || len(s.Account) != 2 || s.Account[0].Wraps != 1 || s.Account[1].Wraps != 18 {
		t.Errorf("status %+v, %v", s, err)
	}
}

// TestRetireKeepsWhatIsNeeded asks too early for old keys to be dropped.
func TestRetireKeepsWhatIsNeeded(t *testing.T) {
	w := newWorld(t)
	v := w.vault()
	p := populate(t, v, 3)
	email := field(t, p.e, "email")
	must(v.Entries(t.Context(), "acme", "Person", email, "a@b.c"))(t)
	w.wait(time.Second)
	if err := errors.Join(v.RotateDEKs(t.Context(), "acme", w.Now(), nil), v.RotateIndexKey(t.Context(), "acme", "Person", "email")); err != nil {
		t.Fatal(err)
	}
	w.wait(vault.Grace - time.Second)
	if err := v.RetireDEKs(t.Context(), "acme", w.Now(), nil); err != nil {
		t.Fatal(err)
	}
	if done := must(v.RetireIndexKey(t.Context(), "acme", "Person", "email", w.Now()))(t); done {
		t.Error("the index key was dropped")
	}
	p.opens(t, w.vault())
	if n := len(must(v.Entries(t.Context(), "acme", "Person", email, "a@b.c"))(t)); n != 2 {
		t.Errorf("%d entries", n)
	}
	if err := v.RotateIndexKey(t.Context(), "acme", "Person", "email"); err != nil {
		t.Fatal(err)
	}
	if n := len(must(v.Entries(t.Context(), "acme", "Person", email, "a@b.c"))(t)); n != 2 {
		t.Errorf("%d entries after a second start", n)
	}
}

// TestOwnKEK lets an account bring its own key, before its first document and later.
func TestOwnKEK(t *testing.T) {
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprint("late ", late), func(t *testing.T) {
			w := newWorld(t)
			v := w.vault()
			var p *population
			if late {
				p = populate(t, v, 2)
			}
			if err := v.RewrapKEK(t.Context(), "acme", "acme-own"); err != nil {
				t.Fatal(err)
			}
			if !late {
				p = populate(t, v, 2)
			}
			if s := must(v.Status(t.Context(), "acme"))(t); s.KEK != "acme-own" {
				t.Errorf("status %+v", s)
			}
			if err := w.kms.Withdraw("profilegraph-acme"); err != nil {
				t.Fatal(err)
			}
			p.opens(t, w.vault())
			if err := w.kms.Withdraw("acme-own"); err != nil {
				t.Fatal(err)
			}
			at := p.places()[0]
			if _, err := w.vault().Open(t.Context(), at, p.doc(at)); !errors.Is(err, vault.ErrKeyUnavailable) {
				t.Errorf("open: %v", err)
			}
			for _, name := range []string{"../x", "a/b", ".", "-x", "a b"} {
				if err := v.RewrapKEK(t.Context(), "acme", name); err == nil {
					t.Errorf("%q is taken as a name", name)
				}
			}
		})
	}
}

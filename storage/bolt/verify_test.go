package bolt_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/storage/bolt"
)

// A record that was damaged is found without its content, among others that are as they were; it can be removed, and
// leaves nothing behind. What lists records wrongly is told.
func TestDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	s, err := bolt.Open(bolt.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	body, err := bson.Marshal(bson.D{{Key: "a", Value: "b"}})
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{"five", "four", "one", "three", "two"}
	for _, id := range ids {
		r := storage.Record{ID: id, Rev: "r", Owner: "o", Keys: []string{"k", "k" + id}, Expires: time.Now().Add(time.Hour), Body: body}
		if err := s.Insert(t.Context(), profiles, r); err != nil {
			t.Fatal(err)
		}
	}
	problems := func() (list []string) {
		t.Helper()
		err := s.Verify(t.Context(), func(in storage.Located, problem string) {
			list = append(list, fmt.Sprint(in.Space.Account, "/", in.Space.Part, "/", in.ID, " ", problem))
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(list)
		return list
	}
	if list := problems(); list != nil {
		t.Errorf("of a sound store it tells %q", list)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	key := func(value, id string) []byte { return []byte("acme\x00profile\x00" + value + "\x00" + id) }
	err = db.Update(func(tx *bbolt.Tx) error {
		all := tx.Bucket([]byte("documents"))
		for id, damage := range map[string]func([]byte) []byte{
			"two":  func(b []byte) []byte { b[0] = 99; return b },
			"four": func(b []byte) []byte { b[10] = 0x7f; return b }, // the length of its first text
			"five": func(b []byte) []byte { return b[:9] },
		} {
			at := []byte("acme\x00profile\x00" + id)
			if err := all.Put(at, damage(bytes.Clone(all.Get(at)))); err != nil {
				return err
			}
		}
		keys := tx.Bucket([]byte("documents.keys"))
		if err := keys.Delete(key("kone", "one")); err != nil {
			return err
		}
		if err := keys.Put(key("kone", "three"), nil); err != nil {
			return err
		}
		return tx.Bucket([]byte("documents.owners")).Put(key("o", "gone"), nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, bolt.Options{Path: path})

	all, err := s.Scan(t.Context(), profiles, storage.Page{Limit: 10})
	if err != nil || len(all) != len(ids) {
		t.Fatalf("%d records: %v", len(all), err)
	}
	for i, r := range all {
		sound := r.ID == "one" || r.ID == "three"
		if r.ID != ids[i] || sound != (r.Rev == "r" && bytes.Equal(r.Body, body)) || !sound && r.Body != nil {
			t.Errorf("there is %+v", r)
		}
	}
	if r, err := s.Get(t.Context(), profiles, "two"); err != nil || r.ID != "two" || r.Body != nil {
		t.Errorf("%+v %v", r, err)
	}
	if owned, err := s.Owned(t.Context(), profiles, []string{"o"}, storage.Page{Limit: 10}); err != nil || len(owned[0]) != len(ids) {
		t.Errorf("%+v %v", owned, err)
	}
	want := []string{
		"acme/profile/five what is stored of it cannot be read", "acme/profile/four what is stored of it cannot be read",
		"acme/profile/gone the list of owners leads to it, but it is not there", "acme/profile/one it is missing from the look-up",
		"acme/profile/three the look-up leads to it by what it does not have", "acme/profile/two what is stored of it cannot be read",
	}
	if got := problems(); !slices.Equal(got, want) {
		t.Errorf("%q\nis told, not\n%q", got, want)
	}

	for _, id := range []string{"two", "four", "five"} {
		if err := s.Insert(t.Context(), profiles, storage.Record{ID: id, Rev: "s", Body: body}); err == nil {
			t.Errorf("%s can be inserted again", id)
		}
		if err := s.Delete(t.Context(), profiles, id, ""); err != nil {
			t.Error(err)
		}
		if err := s.Insert(t.Context(), profiles, storage.Record{ID: id, Rev: "s", Body: body}); err != nil {
			t.Error(err)
		}
	}
	if got := problems(); len(got) != 3 {
		t.Errorf("what was deleted left something: %q", got)
	}
}

// A page that is none ends no process: what lies there cannot be had, and the rest goes on.
func TestDamagedPage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	s, err := bolt.Open(bolt.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	body, err := bson.Marshal(bson.D{{Key: "a", Value: make([]byte, 1000)}})
	if err != nil {
		t.Fatal(err)
	}
	other := storage.Space{Account: "acme", Collection: storage.Claims, Part: "profile"}
	for i := range 100 {
		for _, in := range []storage.Space{profiles, other} {
			if err := s.Insert(t.Context(), in, storage.Record{ID: fmt.Sprintf("%s-%03d", in.Collection, i), Rev: "r", Body: body}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for page := range slices.Chunk(text, os.Getpagesize()) {
		const kind, leaf = 8, 2
		if page[kind] == leaf && bytes.Contains(page, []byte("documents-050")) {
			page[kind] ^= 0x10
		}
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, bolt.Options{Path: path})
	failed := 0
	for _, in := range []storage.Space{profiles, other} {
		_, err := s.Scan(t.Context(), in, storage.Page{Limit: 200})
		if err != nil && !errors.Is(err, storage.ErrDamaged) {
			t.Error(err)
		}
		err = errors.Join(err, s.Insert(t.Context(), in, storage.Record{ID: string(in.Collection) + "-050x", Rev: "r", Body: body}))
		if err != nil {
			failed++
		}
		if _, err := s.Get(t.Context(), in, string(in.Collection)+"-001"); err != nil {
			t.Error(err)
		}
	}
	if failed != 1 {
		t.Errorf("%d of two collections are damaged", failed)
	}
	told := false
	if err := s.Verify(t.Context(), func(_ storage.Located, problem string) {
		told = told || strings.Contains(problem, "the file is damaged")
	}); err != nil || !told {
		t.Errorf("told: %t %v", told, err)
	}
}

package keydb_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/vault"
	"github.com/profilegraph/profilegraph/vault/keydb"
)

func open(t testing.TB, path string) *keydb.DB {
	t.Helper()
	d, err := keydb.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func temp(t testing.TB) string { return filepath.Join(t.TempDir(), "keys.db") }

// body returns a record with 60 bytes that occur nowhere else.
func body(t testing.TB) (record bson.Raw, secret []byte) {
	t.Helper()
	secret = make([]byte, 60)
	rand.Read(secret)
	record, err := bson.Marshal(bson.D{{Key: "wrapped", Value: secret}})
	if err != nil {
		t.Fatal(err)
	}
	return record, secret
}

func put(t testing.TB, d *keydb.DB, name string, body, prev bson.Raw) {
	t.Helper()
	if err := d.Put(t.Context(), "acme", name, body, prev); err != nil {
		t.Fatal(err)
	}
}

// Keys that are written to a file which was removed, or that another took the place of, would be lost, and the other one
// is not ours to overwrite.
func TestFileRemoved(t *testing.T) {
	path := temp(t)
	d := open(t, path)
	one, _ := body(t)
	two, _ := body(t)
	put(t, d, "before", one, nil)
	put(t, d, "before", two, one) // leaves something to scrub
	unusable := func(name string) {
		t.Helper()
		for _, err := range []error{d.Put(t.Context(), "acme", name, one, nil), d.Scrub(t.Context())} {
			if !errors.Is(err, storage.ErrUnavailable) {
				t.Errorf("without its file: %v", err)
			}
		}
		if got, err := d.Get(t.Context(), "acme", "before"); err != nil || !bytes.Equal(got, two) {
			t.Errorf("reads go on, but: %v", err)
		}
	}
	aside := path + ".aside"
	if err := os.Rename(path, aside); err != nil {
		t.Fatal(err)
	}
	unusable("removed")
	backup := []byte("a backup that somebody put here")
	if err := os.WriteFile(path, backup, 0o600); err != nil {
		t.Fatal(err)
	}
	unusable("replaced")
	if kept, err := os.ReadFile(path); err != nil || !bytes.Equal(kept, backup) {
		t.Errorf("%v: the other file is %q", err, kept)
	}
	if err := os.Rename(aside, path); err != nil {
		t.Fatal(err)
	}
	for range 2 { // also of the copy that a scrub makes
		if err := d.Scrub(t.Context()); err != nil {
			t.Error(err)
		}
		put(t, d, fmt.Sprint("after ", time.Now().UnixNano()), one, nil)
		put(t, d, "before", one, two)
		one, two = two, one
	}
}

// content returns all bytes of all files beside a path, and their names.
func content(t testing.TB, path string) []byte {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(filepath.Dir(path), e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all = append(append(all, e.Name()...), b...)
	}
	return all
}

// holds reports whether any 16 bytes of a secret are in b.
func holds(b, secret []byte) bool {
	for i := 0; i+16 <= len(secret); i += 4 {
		if bytes.Contains(b, secret[i:i+16]) {
			return true
		}
	}
	return false
}

func TestPut(t *testing.T) {
	path := temp(t)
	d := open(t, path)
	ctx := t.Context()
	one, _ := body(t)
	two, _ := body(t)
	if _, err := d.Get(ctx, "acme", "k"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("get: %v", err)
	}
	for _, c := range []struct {
		name       string
		body, prev bson.Raw
		want       error
	}{
		{"replace what is not there", one, two, storage.ErrNotFound},
		{"insert", one, nil, nil},
		{"insert again", two, nil, storage.ErrExists},
		{"replace another", two, two, storage.ErrConflict},
		{"replace", two, one, nil},
		{"replace again", one, one, storage.ErrConflict},
		{"nothing", nil, two, storage.ErrInvalid},
	} {
		if err := d.Put(ctx, "acme", "k", c.body, c.prev); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if got, err := d.Get(ctx, "acme", "k"); err != nil || !bytes.Equal(got, two) {
		t.Errorf("get: %v", err)
	}
	if _, err := d.Get(ctx, "other", "k"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("get of another account: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	over, cancel := context.WithCancel(ctx)
	cancel()
	if err := d.Put(over, "acme", "x", one, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("put after the end: %v", err)
	}
}

func TestCreate(t *testing.T) {
	d := open(t, temp(t))
	there, _ := body(t)
	other, _ := body(t)
	put(t, d, "b", there, nil)
	if err := d.Create(t.Context(), "acme", []vault.StoredKey{{Name: "a", Body: other}, {Name: "b", Body: other}, {Name: "c", Body: other}}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bson.Raw{"a": other, "b": there, "c": other} {
		if got, err := d.Get(t.Context(), "acme", name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, or another record than what was there first", name, err)
		}
	}
	if err := d.Create(t.Context(), "acme", []vault.StoredKey{{Name: "d", Body: other}, {Name: "", Body: other}}); !errors.Is(err, storage.ErrInvalid) {
		t.Errorf("create without a name: %v", err)
	}
	if _, err := d.Get(t.Context(), "acme", "d"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a refused call left a record: %v", err)
	}
}

func TestList(t *testing.T) {
	d := open(t, temp(t))
	record, _ := body(t)
	for _, name := range []string{"account", "index/a", "subject/1", "subject/2", "subject/3", "subject0"} {
		put(t, d, name, record, nil)
	}
	if err := d.Put(t.Context(), "acm", "subject/9", record, nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		prefix, after string
		limit         int
		want          string
	}{
		{"", "", 10, "account index/a subject/1 subject/2 subject/3 subject0"},
		{"subject/", "", 10, "subject/1 subject/2 subject/3"},
		{"subject/", "subject/1", 1, "subject/2"},
		{"subject/", "subject/3", 10, ""},
		{"subject/", "a", 2, "subject/1 subject/2"},
		{"z", "", 10, ""},
	} {
		list, err := d.List(t.Context(), "acme", c.prefix, c.after, c.limit)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, k := range list {
			names = append(names, k.Name)
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// TestScrub replaces records and searches the files for what they held.
func TestScrub(t *testing.T) {
	path := temp(t)
	d := open(t, path)
	tombstone, _ := body(t)
	kept, keptSecret := body(t)
	put(t, d, "kept", kept, nil)
	var secrets [][]byte
	records := make([]bson.Raw, 200)
	for i := range records {
		var secret []byte
		records[i], secret = body(t)
		put(t, d, fmt.Sprint("k", i), records[i], nil)
		if i%10 == 0 {
			secrets = append(secrets, secret)
		}
	}
	for i := 0; i < len(records); i += 10 {
		put(t, d, fmt.Sprint("k", i), tombstone, records[i])
	}
	left := 0
	before := content(t, path)
	for _, s := range secrets {
		if holds(before, s) {
			left++
		}
	}
	if left == 0 {
		t.Fatal("the search finds nothing before")
	}
	if err := d.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := content(t, path)
	for i, s := range secrets {
		if holds(after, s) {
			t.Errorf("secret %d is still there", i)
		}
	}
	if !holds(after, keptSecret) {
		t.Error("a record that stays is gone")
	}
	for _, suffix := range []string{".new", ".old"} {
		if _, err := os.Stat(path + suffix); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", suffix, err)
		}
	}
	if list, err := d.List(t.Context(), "acme", "", "", 1000); err != nil || len(list) != 201 {
		t.Errorf("%d records, %v", len(list), err)
	}
	if _, err := keydb.Open(path); !errors.Is(err, storage.ErrInUse) {
		t.Errorf("the new file is not locked: %v", err)
	}
	record, _ := body(t)
	put(t, d, "later", record, nil)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := open(t, path).Get(t.Context(), "acme", "later"); err != nil || !bytes.Equal(got, record) {
		t.Errorf("after reopening: %v", err)
	}
}

// TestScrubOverwritesTheOldFile keeps hold of the old file and looks into it.
func TestScrubOverwritesTheOldFile(t *testing.T) {
	path := temp(t)
	d := open(t, path)
	record, secret := body(t)
	tombstone, _ := body(t)
	put(t, d, "k", record, nil)
	put(t, d, "k", tombstone, record)
	old, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if err := d.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	info, err := old.Stat()
	if err != nil {
		t.Fatal(err)
	}
	was := make([]byte, info.Size())
	if _, err := old.ReadAt(was, 0); err != nil {
		t.Fatal(err)
	}
	if holds(was, secret) || len(bytes.Trim(was, "\x00")) > 0 {
		t.Error("the old file was not overwritten")
	}
}

// TestScrubBesideUse scrubs while others read, write, copy and scrub.
func TestScrubBesideUse(t *testing.T) {
	path := temp(t)
	d := open(t, path)
	ctx, stop := context.WithCancel(t.Context())
	fixed, _ := body(t)
	put(t, d, "fixed", fixed, nil)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for ctx.Err() == nil {
				if got, err := d.Get(t.Context(), "acme", "fixed"); err != nil || !bytes.Equal(got, fixed) {
					t.Errorf("get: %v", err)
				}
				if _, err := d.List(t.Context(), "acme", "", "", 10); err != nil {
					t.Errorf("list: %v", err)
				}
			}
		})
	}
	wg.Go(func() {
		for ctx.Err() == nil {
			if err := d.Backup(t.Context(), &bytes.Buffer{}); err != nil {
				t.Errorf("backup: %v", err)
			}
		}
	})
	written := [4]map[string]bson.Raw{}
	var writers sync.WaitGroup
	for i := range written {
		written[i] = map[string]bson.Raw{}
		writers.Go(func() {
			for n := range 25 {
				name := fmt.Sprintf("%d-%d", i, n)
				one, _ := body(t)
				two, _ := body(t)
				if err := errors.Join(d.Put(t.Context(), "acme", name, one, nil), d.Put(t.Context(), "acme", name, two, one)); err != nil {
					t.Errorf("put: %v", err)
				}
				written[i][name] = two
				if n%5 == 0 {
					if err := d.Scrub(t.Context()); err != nil {
						t.Errorf("scrub: %v", err)
					}
				}
			}
		})
	}
	writers.Wait()
	stop()
	wg.Wait()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = open(t, path)
	for _, records := range written {
		for name, want := range records {
			if got, err := d.Get(t.Context(), "acme", name); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestConcurrentPut has many insert one record: one of them does.
func TestConcurrentPut(t *testing.T) {
	d := open(t, temp(t))
	for round := range 20 {
		var won sync.Map
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				record, _ := body(t)
				err := d.Put(t.Context(), "acme", fmt.Sprint(round), record, nil)
				if err == nil {
					won.Store(string(record), true)
				} else if !errors.Is(err, storage.ErrExists) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		got, err := d.Get(t.Context(), "acme", fmt.Sprint(round))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		won.Range(func(k, _ any) bool {
			n++
			return k == string(got)
		})
		if n != 1 {
			t.Errorf("round %d: %d winners", round, n)
		}
	}
}

// TestOpenFinishesAScrub leaves behind what a process may that dies in the middle of one.
func TestOpenFinishesAScrub(t *testing.T) {
	prepare := func(t *testing.T) (path string, secret []byte) {
		path = temp(t)
		d := open(t, path)
		record, secret := body(t)
		tombstone, _ := body(t)
		put(t, d, "k", record, nil)
		put(t, d, "k", tombstone, record)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		return path, secret
	}
	copyFile := func(t *testing.T, from, to string) {
		b, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(to, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, leave := range map[string]func(t *testing.T, path string){
		"before the copy":        func(*testing.T, string) {},
		"in the copy":            func(t *testing.T, path string) { copyFile(t, path, path+".new") },
		"with a broken copy":     func(t *testing.T, path string) { copyFile(t, path, path+".new"); os.Truncate(path+".new", 5000) },
		"before the exchange":    func(t *testing.T, path string) { copyFile(t, path, path+".new"); os.Link(path, path+".old") },
		"before the overwriting": func(t *testing.T, path string) { copyFile(t, path, path+".old") },
	} {
		t.Run(name, func(t *testing.T) {
			path, secret := prepare(t)
			leave(t, path)
			if !holds(content(t, path), secret) {
				t.Fatal("the search finds nothing before")
			}
			d := open(t, path)
			if holds(content(t, path), secret) {
				t.Error("the secret is still there")
			}
			if _, err := d.Get(t.Context(), "acme", "k"); err != nil {
				t.Error(err)
			}
			if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
				t.Errorf("files left: %v %v", entries, err)
			}
		})
	}
}

// TestKilled kills a process that replaces and scrubs, and looks whether the file is whole, holds
// what was acknowledged, and nothing of what was scrubbed.
func TestKilled(t *testing.T) {
	if path := os.Getenv("KEYDB_CHILD"); path != "" {
		child(t, path)
	}
	path := temp(t)
	log := path + ".log"
	for round := range 8 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), "KEYDB_CHILD="+path)
		out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stdout = out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		deadline := time.Now().Add(20 * time.Second)
		for { // until it has acknowledged something in this round
			b, err := os.ReadFile(log)
			if err != nil || time.Now().After(deadline) {
				t.Fatal("the child does nothing", err)
			}
			if bytes.Count(b, []byte("\n")) > 6*(round+1) {
				break
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(round*3) * time.Millisecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		out.Close()
	}
	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(log); err != nil {
		t.Fatal(err)
	}
	d := open(t, path)
	files := content(t, path)
	scrubbed := 0
	for line := range strings.Lines(string(b)) {
		var name, secret string
		if n, _ := fmt.Sscanf(line, "scrubbed %s %s.\n", &name, &secret); n < 2 || !strings.HasSuffix(line, ".\n") {
			continue
		}
		scrubbed++
		if _, err := d.Get(t.Context(), "acme", name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if bytes.Contains(files, []byte(strings.TrimSuffix(secret, "."))) {
			t.Errorf("%s is still in a file", name)
		}
	}
	if scrubbed == 0 {
		t.Error("nothing was scrubbed")
	}
}

func child(t *testing.T, path string) {
	d, err := keydb.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for {
		name, secret := rand.Text(), rand.Text()
		record, err := bson.Marshal(bson.D{{Key: "wrapped", Value: secret}})
		if err != nil {
			t.Fatal(err)
		}
		tombstone, err := bson.Marshal(bson.D{{Key: "destroyed", Value: rand.Text()}})
		if err != nil {
			t.Fatal(err)
		}
		put(t, d, name, record, nil)
		put(t, d, name, tombstone, record)
		if err := d.Scrub(t.Context()); err != nil {
			t.Fatal(err)
		}
		fmt.Printf("scrubbed %s %s.\n", name, secret)
	}
}

func TestBackup(t *testing.T) {
	d := open(t, temp(t))
	record, _ := body(t)
	put(t, d, "k", record, nil)
	copied := temp(t)
	f, err := os.Create(copied)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Backup(t.Context(), f), f.Close()); err != nil {
		t.Fatal(err)
	}
	if got, err := open(t, copied).Get(t.Context(), "acme", "k"); err != nil || !bytes.Equal(got, record) {
		t.Errorf("get: %v", err)
	}
}

func TestOpen(t *testing.T) {
	edit := func(t *testing.T, path string, change func(*bbolt.Tx) error) {
		t.Helper()
		db, err := bbolt.Open(path, 0o600, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(db.Update(change), db.Close()); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("newer", func(t *testing.T) {
		path := temp(t)
		edit(t, path, func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucket([]byte("meta"))
			if err != nil {
				return err
			}
			return b.Put([]byte("format"), []byte{2})
		})
		if _, err := keydb.Open(path); !errors.Is(err, storage.ErrNewer) {
			t.Error(err)
		}
	})
	t.Run("another program's", func(t *testing.T) {
		path := temp(t)
		edit(t, path, func(tx *bbolt.Tx) error {
			_, err := tx.CreateBucket([]byte("other"))
			return err
		})
		if _, err := keydb.Open(path); err == nil {
			t.Error("opened")
		}
	})
	t.Run("no directory", func(t *testing.T) {
		if _, err := keydb.Open(filepath.Join(t.TempDir(), "absent", "keys.db")); !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
	})
	t.Run("closed", func(t *testing.T) {
		path := temp(t)
		d, err := keydb.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		record, _ := body(t)
		if err := d.Put(t.Context(), "acme", "k", record, nil); !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("put: %v", err)
		}
		if _, err := d.Get(t.Context(), "acme", "k"); !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("get: %v", err)
		}
	})
}

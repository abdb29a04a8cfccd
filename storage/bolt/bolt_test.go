package bolt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/storage/bolt"
	"github.com/profilegraph/profilegraph/storage/storagetest"
)

var profiles = storage.Space{Account: "acme", Collection: storage.Documents, Part: "profile"}

func open(t testing.TB, o bolt.Options) *bolt.Store {
	t.Helper()
	if o.Path == "" {
		o.Path = filepath.Join(t.TempDir(), "store")
	}
	s, err := bolt.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func record(t testing.TB, id string, size int) storage.Record {
	t.Helper()
	body, err := bson.Marshal(bson.D{{Key: "blob", Value: bytes.Repeat([]byte{1}, size)}})
	if err != nil {
		t.Fatal(err)
	}
	return storage.Record{ID: id, Rev: "r1", Owner: "owner", Keys: []string{"key-" + id}, Body: body}
}

// fill inserts n records with many writers.
func fill(t testing.TB, s storage.Store, n int, make func(i int) storage.Record) {
	t.Helper()
	const writers = 64
	errs := [writers]error{}
	var wg sync.WaitGroup
	for worker := range writers {
		wg.Go(func() {
			for i := worker; i < n && errs[worker] == nil; i += writers {
				errs[worker] = s.Insert(t.Context(), profiles, make(i))
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
}

func TestContract(t *testing.T) {
	storagetest.Run(t, func(t *testing.T, now func() time.Time) storage.Store {
		return open(t, bolt.Options{Now: now})
	})
}

func TestCrash(t *testing.T) {
	storagetest.Crash(t, func(t *testing.T, dir string) storage.Store {
		return open(t, bolt.Options{Path: filepath.Join(dir, "store")})
	})
}

func TestOpen(t *testing.T) {
	t.Run("the file is private", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "store")
		open(t, bolt.Options{Path: path})
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != 0o600 {
			t.Errorf("mode %v", info.Mode())
		}
	})
	t.Run("in use", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "store")
		open(t, bolt.Options{Path: path})
		if _, err := bolt.Open(bolt.Options{Path: path}); !errors.Is(err, storage.ErrInUse) {
			t.Errorf("second open: %v", err)
		}
	})
	t.Run("newer", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "store")
		edit(t, path, func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucket([]byte("meta"))
			if err != nil {
				return err
			}
			return b.Put([]byte("format"), []byte{2})
		})
		if _, err := bolt.Open(bolt.Options{Path: path}); !errors.Is(err, storage.ErrNewer) {
			t.Errorf("open: %v", err)
		}
		edit(t, path, func(*bbolt.Tx) error { return nil }) // fails if the lock was kept
	})
	t.Run("another program's", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "store")
		edit(t, path, func(tx *bbolt.Tx) error {
			_, err := tx.CreateBucket([]byte("other"))
			return err
		})
		if _, err := bolt.Open(bolt.Options{Path: path}); err == nil {
			t.Error("opened")
		}
	})
	t.Run("no database", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "store")
		if err := os.WriteFile(path, bytes.Repeat([]byte("text "), 10_000), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := bolt.Open(bolt.Options{Path: path}); err == nil {
			t.Error("opened")
		}
	})
	t.Run("no directory", func(t *testing.T) {
		_, err := bolt.Open(bolt.Options{Path: filepath.Join(t.TempDir(), "absent", "store")})
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("open: %v", err)
		}
	})
}

func edit(t *testing.T, path string, f func(*bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(f), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	want := record(t, "one", 10)
	s := open(t, bolt.Options{Path: path})
	if err := s.Insert(t.Context(), profiles, want); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := open(t, bolt.Options{Path: path}).Get(t.Context(), profiles, "one")
	if err != nil || !bytes.Equal(got.Body, want.Body) {
		t.Errorf("get: %v", err)
	}
}

// TestBackup copies a store that is being written to.
func TestBackup(t *testing.T) {
	s := open(t, bolt.Options{})
	fill(t, s, 200, func(i int) storage.Record { return record(t, fmt.Sprint("before-", i), 1000) })

	path := filepath.Join(t.TempDir(), "copy")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	writing := make(chan struct{})
	go func() {
		defer close(writing)
		fill(t, s, 200, func(i int) storage.Record { return record(t, fmt.Sprint("during-", i), 1000) })
	}()
	if err := errors.Join(s.Backup(t.Context(), file), file.Close()); err != nil {
		t.Fatal(err)
	}
	<-writing
	got, err := open(t, bolt.Options{Path: path}).Scan(t.Context(), profiles, storage.Page{Prefix: "before-", Limit: 1000})
	if err != nil || len(got) != 200 {
		t.Errorf("%d records in the copy, %v", len(got), err)
	}
}

// TestGrowth makes the database map its file anew, many times over, beside readers.
func TestGrowth(t *testing.T) {
	s := open(t, bolt.Options{})
	if err := s.Insert(t.Context(), profiles, record(t, "first", 10)); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for ctx.Err() == nil {
				if _, err := s.Get(t.Context(), profiles, "first"); err != nil {
					t.Error(err)
					return
				}
				if _, err := s.Scan(t.Context(), profiles, storage.Page{Limit: 20}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	fill(t, s, 400, func(i int) storage.Record { return record(t, fmt.Sprint(i), 100_000) })
	stop()
	readers.Wait()
}

// TestReadsSeeAcknowledgedWrites has a writer that reads what it wrote, beside other readers.
func TestReadsSeeAcknowledgedWrites(t *testing.T) {
	s := open(t, bolt.Options{})
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 100 {
				r := record(t, fmt.Sprintf("%d-%d", worker, i), 10)
				if err := s.Insert(t.Context(), profiles, r); err != nil {
					t.Error(err)
				}
				if _, err := s.Get(t.Context(), profiles, r.ID); err != nil {
					t.Error(err)
				}
				if err := s.Delete(t.Context(), profiles, r.ID, r.Rev); err != nil {
					t.Error(err)
				}
				if _, err := s.Get(t.Context(), profiles, r.ID); !errors.Is(err, storage.ErrNotFound) {
					t.Errorf("get after delete: %v", err)
				}
			}
		})
	}
	wg.Wait()
}

// TestCloseUnderWrites closes a store while it is written to: what was acknowledged is there.
func TestCloseUnderWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	s := open(t, bolt.Options{Path: path})
	acknowledged := [16]int{}
	var wg sync.WaitGroup
	var started sync.WaitGroup
	started.Add(len(acknowledged))
	for worker := range acknowledged {
		wg.Go(func() {
			for i := 0; ; i++ {
				err := s.Insert(t.Context(), profiles, record(t, fmt.Sprintf("%02d-%d", worker, i), 10))
				if i == 0 {
					started.Done()
				}
				if err != nil {
					if !errors.Is(err, storage.ErrUnavailable) {
						t.Error(err)
					}
					return
				}
				acknowledged[worker]++
			}
		})
	}
	started.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	s = open(t, bolt.Options{Path: path})
	for worker, want := range acknowledged {
		got, err := s.Scan(t.Context(), profiles, storage.Page{Prefix: fmt.Sprintf("%02d-", worker), Limit: 10_000})
		if err != nil || len(got) != want {
			t.Errorf("writer %d: %d records, %d acknowledged, %v", worker, len(got), want, err)
		}
	}
}

// TestReadsExamineOnlyWhatTheyReturn counts how often a read asks for the time, which is once for
// each record that it looks at if all of them expire: as often beside 10,000 others as beside none.
func TestReadsExamineOnlyWhatTheyReturn(t *testing.T) {
	var asked atomic.Int64
	s := open(t, bolt.Options{Now: func() time.Time {
		asked.Add(1)
		return time.UnixMilli(0)
	}})
	const siblings = 10_000
	id := func(i int) string { return fmt.Sprintf("id-%05d", i) }
	fill(t, s, siblings, func(i int) storage.Record {
		r := record(t, id(i), 10)
		r.Expires = time.UnixMilli(1)
		return r
	})
	var fifty, keys []string
	for i := range 50 {
		fifty = append(fifty, id(i*siblings/50))
		keys = append(keys, "key-"+fifty[i])
	}
	reads := []struct {
		name string
		want int64
		read func() (any, error)
	}{
		{"get", 1, func() (any, error) { return s.Get(t.Context(), profiles, id(siblings-1)) }},
		{"get many", 50, func() (any, error) { return s.GetMany(t.Context(), profiles, fifty, nil) }},
		{"find", 50, func() (any, error) { return s.Find(t.Context(), profiles, keys, 10) }},
		{"newest", 1, func() (any, error) { return s.Scan(t.Context(), profiles, storage.Page{Desc: true, Limit: 1}) }},
		{"page", 10, func() (any, error) {
			return s.Scan(t.Context(), profiles, storage.Page{After: id(5000), Limit: 10})
		}},
		{"owned", 10, func() (any, error) {
			return s.Owned(t.Context(), profiles, []string{"owner"}, storage.Page{After: id(5000), Limit: 10})
		}},
	}
	for _, read := range reads {
		asked.Store(0)
		if _, err := read.read(); err != nil {
			t.Errorf("%s: %v", read.name, err)
		}
		if got := asked.Load(); got != read.want {
			t.Errorf("%s looked at %d records, want %d", read.name, got, read.want)
		}
	}
}

// TestUnknownOutcome abandons writes: the caller is told so at once, and the store goes on.
func TestUnknownOutcome(t *testing.T) {
	s := open(t, bolt.Options{})
	for i := range 100 {
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		err := s.Insert(ctx, profiles, record(t, fmt.Sprint(i), 10))
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		cancel()
		if err != nil {
			continue
		}
		if _, err := s.Get(t.Context(), profiles, fmt.Sprint(i)); err != nil {
			t.Errorf("acknowledged, but: %v", err)
		}
	}
	if err := s.Insert(t.Context(), profiles, record(t, "last", 10)); err != nil {
		t.Error(err)
	}
}

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

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/storage/bolt"
)

// TestScrub replaces and deletes records while others read and write, and looks for their bytes in the
// file.
func TestScrub(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	s := open(t, bolt.Options{Path: path})
	kept := func(i int, text string) storage.Record {
		body, err := bson.Marshal(bson.D{{Key: "text", Value: text + string(bytes.Repeat([]byte{'.'}, 40*i))}})
		if err != nil {
			t.Fatal(err)
		}
		return storage.Record{ID: fmt.Sprintf("r%03d", i), Rev: text, Body: body}
	}
	const n = 300 // the largest take several pages
	fill(t, s, n, func(i int) storage.Record { return kept(i, "before-the-scrub") })
	for i := range n {
		var err error
		if i%3 == 0 {
			err = s.Delete(t.Context(), profiles, kept(i, "").ID, "before-the-scrub")
		} else {
			err = s.Replace(t.Context(), profiles, kept(i, "kept"), "before-the-scrub")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Contains(content(t, path), []byte("before-the-scrub")) {
		t.Fatal("nothing is left to scrub, so the test shows nothing")
	}

	var stop atomic.Bool
	var others sync.WaitGroup
	for worker := range 8 {
		others.Go(func() {
			for i := 0; !stop.Load(); i++ {
				r, err := s.Get(t.Context(), profiles, kept(1+3*(i%90), "").ID)
				if err != nil || r.Rev != "kept" {
					t.Errorf("a read beside it gave %q, %v", r.Rev, err)
					return
				}
				if err := s.Insert(t.Context(), profiles, record(t, fmt.Sprintf("w%d-%d", worker, i), 300)); err != nil {
					t.Errorf("a write beside it: %v", err)
					return
				}
			}
		})
	}
	err := s.Scrub(t.Context())
	stop.Store(true)
	others.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(content(t, path), []byte("before-the-scrub")) {
		t.Error("the file still holds what was replaced or deleted before it was scrubbed")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, bolt.Options{Path: path})
	for i := range n {
		r, err := s.Get(t.Context(), profiles, kept(i, "").ID)
		if i%3 == 0 && !errors.Is(err, storage.ErrNotFound) || i%3 != 0 && (err != nil || !bytes.Equal(r.Body, kept(i, "kept").Body)) {
			t.Fatalf("record %d is %q, %v", i, r.Rev, err)
		}
	}
}

func content(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// blocked is a writer that waits, and so keeps a backup going.
type blocked struct{ begun, end chan struct{} }

func (b blocked) Write(p []byte) (int, error) {
	select {
	case b.begun <- struct{}{}:
	default:
	}
	<-b.end
	return len(p), nil
}

func TestScrubBesideBackup(t *testing.T) {
	s := open(t, bolt.Options{})
	fill(t, s, 10, func(i int) storage.Record { return record(t, fmt.Sprint(i), 100) })
	b := blocked{make(chan struct{}, 1), make(chan struct{})}
	done := make(chan error)
	go func() { done <- s.Backup(context.Background(), b) }()
	<-b.begun
	if err := s.Scrub(t.Context()); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("beside a backup: %v", err)
	}
	if _, err := s.Get(t.Context(), profiles, "1"); err != nil {
		t.Errorf("a read after it: %v", err)
	}
	close(b.end)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := s.Scrub(t.Context()); err != nil {
		t.Errorf("after the backup: %v", err)
	}
}

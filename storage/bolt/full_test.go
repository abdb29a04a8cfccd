//go:build unix

package bolt_test

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/storage/bolt"
)

// TestDiskFull lets no file of this process grow any more, as a full disk does.
func TestDiskFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	s := open(t, bolt.Options{Path: path})
	if err := s.Insert(t.Context(), profiles, record(t, "before", 10)); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}

	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	limited := before
	limited.Cur = uint64(info.Size()) + 1<<20
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limited); err != nil {
		t.Fatal(err)
	}
	var full error
	for i := 0; i < 1000 && full == nil; i++ {
		full = s.Insert(t.Context(), profiles, record(t, fmt.Sprint("during-", i), 50_000))
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}

	if !errors.Is(full, storage.ErrUnavailable) {
		t.Fatalf("insert on a full disk: %v", full)
	}
	if err := s.Insert(t.Context(), profiles, record(t, "after", 1<<20)); err != nil {
		t.Errorf("insert when there is room again: %v", err)
	}
	for _, id := range []string{"before", "during-0", "after"} {
		if _, err := s.Get(t.Context(), profiles, id); err != nil {
			t.Errorf("get %s: %v", id, err)
		}
	}
}

// What is written to a file that was removed, or that another took the place of, would be lost.
func TestFileRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	s := open(t, bolt.Options{Path: path})
	if err := s.Insert(t.Context(), profiles, record(t, "before", 10)); err != nil {
		t.Fatal(err)
	}
	unusable := func(id string) {
		t.Helper()
		for _, err := range []error{s.Ping(t.Context()), s.Insert(t.Context(), profiles, record(t, id, 10))} {
			if !errors.Is(err, storage.ErrUnavailable) {
				t.Errorf("without its file: %v", err)
			}
		}
		if _, err := s.Get(t.Context(), profiles, "before"); err != nil {
			t.Errorf("reads go on, but: %v", err)
		}
	}
	aside := path + ".aside"
	if err := os.Rename(path, aside); err != nil {
		t.Fatal(err)
	}
	unusable("removed")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	unusable("replaced")
	if err := os.Rename(aside, path); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{s.Ping(t.Context()), s.Insert(t.Context(), profiles, record(t, "after", 10))} {
		if err != nil {
			t.Errorf("with its file again: %v", err)
		}
	}
}

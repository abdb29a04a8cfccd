//go:build linux || darwin

package audit_test

import (
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/profilegraph/profilegraph/audit"
)

// TestDiskFull lets no file of this process grow beyond a limit, as a full disk does. The limit lies
// within an entry, so that a part of it is written.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, kinds[0], dir, audit.Options{})
	one(t, l, "acme", 3)
	path := filepath.Join(dir, "audit", "acme", "00000000000000000000.log")
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
	limited.Cur = uint64(info.Size()) + 1000
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limited); err != nil {
		t.Fatal(err)
	}
	restored := false
	restore := func() {
		if !restored {
			restored = true
			if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
				t.Fatal(err)
			}
		}
	}
	defer restore()

	acknowledged := 3
	failures := 0
	for failures < 7 && acknowledged < 10_000 { // the file has room for some
		_, err := l.Append(t.Context(), disclosure("acme", "profile-1"))
		switch {
		case err == nil:
			acknowledged++
		case !errors.Is(err, audit.ErrUnavailable):
			t.Fatalf("a full disk: %v", err)
		default:
			failures++
		}
	}
	if failures < 7 {
		t.Fatalf("%d failures, %d entries", failures, acknowledged)
	}
	if got := len(all(t, l, "acme")); got != acknowledged {
		t.Errorf("%d entries while the disk is full, %d were acknowledged", got, acknowledged)
	}
	restore()
	one(t, l, "acme", 2)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = openLog(t, kinds[0], dir, audit.Options{})
	if report := verified(t, l, "acme"); report.Entries != int64(acknowledged+2) {
		t.Errorf("%d entries, %d were acknowledged", report.Entries, acknowledged+2)
	}
}

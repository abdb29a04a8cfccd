package audit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

// TestFolderGone has a file where the account's folder has to be, and then no more.
func TestFolderGone(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, kinds[0], dir, audit.Options{})
	path := filepath.Join(dir, "audit", "acme")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(t.Context(), disclosure("acme", "x")); !errors.Is(err, audit.ErrUnavailable) {
		t.Errorf("without a folder: %v", err)
	}
	one(t, l, "other", 1)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if r := one(t, l, "acme", 1); r[0].Index != 0 {
		t.Errorf("index %d", r[0].Index)
	}
	verified(t, l, "acme")
}

// TestTornTail cuts and spoils the end of a log as a crash does, before the hashes were written.
func TestTornTail(t *testing.T) {
	whole := t.TempDir()
	l := openLog(t, kinds[0], whole, audit.Options{})
	one(t, l, "acme", 20)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	segment := filepath.Join("audit", "acme", "00000000000000000000.log")
	data, err := os.ReadFile(filepath.Join(whole, segment))
	if err != nil {
		t.Fatal(err)
	}
	last := len(data) - len(frames(t, data)[19])
	unreached := slices.Clone(data)
	copy(unreached[last+100:], make([]byte, len(data)))
	beginning := slices.Clone(data)
	clear(beginning[last : last+100])
	zeros := make([]byte, 9000) // as there are behind the end of a log that was not closed
	for name, tail := range map[string][]byte{
		"half a length":   data[:last+2],
		"half a frame":    data[:last+100],
		"half unreached":  unreached,
		"all unreached":   append(slices.Clone(data[:last]), make([]byte, 300)...),
		"half, and zeros": append(slices.Clone(data[:last+100]), zeros...),
		"no beginning":    append(beginning, zeros...),
		"one byte short":  data[:len(data)-1],
		"nothing of it":   data[:last],
		"hashes lost too": data[:last+100],
	} {
		t.Run(name, func(t *testing.T) {
			dir := copyLog(t, whole)
			if err := os.WriteFile(filepath.Join(dir, segment), tail, 0o600); err != nil {
				t.Fatal(err)
			}
			size := int64(19+9+4+2+1) * 32 // the hashes of a tree of 19
			if name == "hashes lost too" {
				size = 5
			}
			if err := os.Truncate(filepath.Join(dir, "audit", "acme", "hashes"), size); err != nil {
				t.Fatal(err)
			}
			l := openLog(t, kinds[0], dir, audit.Options{Logger: slog.New(slog.DiscardHandler)})
			if r := one(t, l, "acme", 1); r[0].Index != 19 {
				t.Errorf("the next index is %d", r[0].Index)
			}
			if report := verified(t, l, "acme"); report.Entries != 20 {
				t.Errorf("%d entries", report.Entries)
			}
		})
	}
}

// flaky is a store whose inserts fail at times: before they happen, or after.
type flaky struct {
	storage.Store
	broken atomic.Bool
	calls  atomic.Int64
}

func (f *flaky) Insert(ctx context.Context, in storage.Space, r storage.Record) error {
	if !f.broken.Load() {
		return f.Store.Insert(ctx, in, r)
	}
	if f.calls.Add(1)%2 == 0 {
		if err := f.Store.Insert(ctx, in, r); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: connection lost", storage.ErrUnavailable)
}

func TestStoreFails(t *testing.T) {
	dir := t.TempDir()
	s := &flaky{Store: openStore(t, dir)}
	l := openLog(t, kind{put: func(_ testing.TB, _ string, o *audit.Options) { o.Store = s }}, dir, audit.Options{})
	acknowledged := map[string]bool{}
	var mu sync.Mutex
	for phase := range 3 {
		s.broken.Store(phase == 1)
		var failed atomic.Int64
		share(t, 64, 128, func(i int) error {
			id := fmt.Sprintf("%d-%d", phase, i)
			_, err := l.Append(t.Context(), disclosure("acme", id))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				acknowledged[id] = true
			case errors.Is(err, audit.ErrUnavailable) && errors.Is(err, storage.ErrUnavailable):
				failed.Add(1)
			default:
				return err
			}
			return nil
		})
		if phase == 1 && failed.Load() != 128 || phase != 1 && failed.Load() != 0 {
			t.Errorf("phase %d: %d failed", phase, failed.Load())
		}
	}
	found := map[string]int{}
	for _, e := range all(t, l, "acme") {
		found[e.ID]++
	}
	for id := range acknowledged {
		if found[id] != 1 {
			t.Errorf("%s is on the record %d times", id, found[id])
		}
	}
	verified(t, l, "acme")
}

// blocked is a store whose inserts wait.
type blocked struct {
	storage.Store
	gate chan struct{}
}

func (b *blocked) Insert(ctx context.Context, in storage.Space, r storage.Record) error {
	select {
	case <-b.gate:
		return b.Store.Insert(ctx, in, r)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestImpatientCaller gives up while its entry waits, and while it is written.
func TestImpatientCaller(t *testing.T) {
	dir := t.TempDir()
	s := &blocked{Store: openStore(t, dir), gate: make(chan struct{})}
	l := openLog(t, kind{put: func(_ testing.TB, _ string, o *audit.Options) { o.Store = s }}, dir, audit.Options{})
	for _, want := range []error{audit.ErrUnavailable, context.DeadlineExceeded} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if _, err := l.Append(ctx, disclosure("acme", want.Error())); !errors.Is(err, want) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, not %v", err, want)
		}
	}
	close(s.gate)
	one(t, l, "acme", 1)
	// The first was under way and nobody knew; the second had not begun and never will.
	if list := all(t, l, "acme"); len(list) != 2 || list[0].ID != audit.ErrUnavailable.Error() {
		t.Errorf("%d entries: %+v", len(list), list)
	}
}

// TestBusyLogIsNotIdle opens many logs while one is being written for a caller who has left: nobody may
// have to wait until that can be closed.
func TestBusyLogIsNotIdle(t *testing.T) {
	s := &blocked{Store: openStore(t, t.TempDir()), gate: make(chan struct{})}
	l := openLog(t, kind{put: func(_ testing.TB, _ string, o *audit.Options) { o.Store = s }}, t.TempDir(), audit.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := l.Append(ctx, disclosure("acme", "x")); !errors.Is(err, audit.ErrUnavailable) {
		t.Fatal(err)
	}
	opened := make(chan error, 1)
	go func() {
		var err error
		for i := range 300 { // more than are held open
			_, e := l.Checkpoint(t.Context(), tenant.ID(fmt.Sprintf("account%d", i)))
			err = errors.Join(err, e)
		}
		opened <- err
	}()
	select {
	case err := <-opened:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second): // before the write gives up
		t.Error("the other logs wait for the one that is being written")
	}
	close(s.gate)
	one(t, l, "acme", 1)
	if list := all(t, l, "acme"); len(list) != 2 {
		t.Errorf("%d entries: %+v", len(list), list)
	}
}

// sink remembers what it got, unless it is broken.
type sink struct {
	broken  atomic.Bool
	mu      sync.Mutex
	entries []string
	closed  bool
}

func (s *sink) Write(_ context.Context, account tenant.ID, entries [][]byte) error {
	if s.broken.Load() {
		return errors.New("no paper")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range entries {
		s.entries = append(s.entries, string(account)+" "+string(e))
	}
	return nil
}

func (s *sink) Close() error { s.closed = true; return nil }

func TestSinks(t *testing.T) {
	for _, every := range []bool{false, true} {
		t.Run(fmt.Sprint("all=", every), func(t *testing.T) {
			var text, told bytes.Buffer
			dir := t.TempDir()
			path := filepath.Join(dir, "second.ndjson")
			file, err := audit.NewFileSink(path)
			if err != nil {
				t.Fatal(err)
			}
			s := &sink{}
			l := openLog(t, kinds[0], dir, audit.Options{
				Sinks: []audit.Sink{s, audit.NewWriterSink(&text), file}, AllSinks: every,
				Logger: slog.New(slog.NewTextHandler(&told, nil)),
			})
			one(t, l, "acme", 2)
			s.broken.Store(true)
			for range 3 {
				_, err := l.Append(t.Context(), disclosure("acme", "x"), disclosure("acme", "y"))
				if every != errors.Is(err, audit.ErrUnavailable) || every != (err != nil) {
					t.Errorf("with a broken sink: %v", err)
				}
			}
			if !strings.Contains(told.String(), "no paper") {
				t.Error("nobody was told")
			}
			s.broken.Store(false)
			one(t, l, "acme", 1)
			one(t, l, "other", 1)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			written, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if string(written) != text.String() || !s.closed {
				t.Error("the sinks differ, or are not closed")
			}
			lines := strings.Split(strings.TrimSpace(text.String()), "\n")
			if len(lines) != 10 || len(s.entries) != 10 {
				t.Fatalf("%d and %d entries", len(lines), len(s.entries))
			}
			for i, e := range s.entries {
				account, entry, _ := strings.Cut(e, " ")
				if entry != lines[i] || !strings.HasPrefix(entry, fmt.Sprintf(`{"index":%d,`, i%9)) || (account == "other") != (i == 9) {
					t.Errorf("entry %d: %s", i, e)
				}
			}
		})
	}
}

// stuck is a sink that takes entries only while somebody reads them.
type stuck struct {
	sink
	reader chan struct{}
}

func (s *stuck) Write(ctx context.Context, account tenant.ID, entries [][]byte) error {
	<-s.reader
	return s.sink.Write(ctx, account, entries)
}

// A sink that does not return delays one write; after that it holds up nobody, of no account, and it misses
// nothing once it goes on.
func TestSinkHangs(t *testing.T) {
	for _, every := range []bool{false, true} {
		t.Run(fmt.Sprint("all=", every), func(t *testing.T) {
			t.Parallel()
			s := &stuck{reader: make(chan struct{})}
			l := openLog(t, kinds[0], t.TempDir(), audit.Options{Sinks: []audit.Sink{s}, AllSinks: every, Logger: slog.New(slog.DiscardHandler)})
			for i, account := range []tenant.ID{"acme", "acme", "other"} {
				begin := time.Now()
				_, err := l.Append(t.Context(), disclosure(account, "x"))
				if every != errors.Is(err, audit.ErrUnavailable) || every != (err != nil) {
					t.Errorf("append %d: %v", i, err)
				}
				if took := time.Since(begin); took > 8*time.Second || i > 0 && took > time.Second {
					t.Errorf("append %d took %v", i, took)
				}
			}
			close(s.reader)
			for _, account := range []tenant.ID{"acme", "other"} {
				for begin := time.Now(); ; time.Sleep(time.Millisecond) {
					if _, err := l.Append(t.Context(), disclosure(account, "y")); err == nil || time.Since(begin) > 10*time.Second {
						break
					}
				}
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			next := map[string]int{}
			for _, e := range s.entries {
				account, entry, _ := strings.Cut(e, " ")
				if !strings.HasPrefix(entry, fmt.Sprintf(`{"index":%d,`, next[account])) {
					t.Errorf("out of order: %s", e)
				}
				next[account]++
			}
			if next["acme"] < 3 || next["other"] < 2 {
				t.Errorf("the sink has %v", next)
			}
		})
	}
}

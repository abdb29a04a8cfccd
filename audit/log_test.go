package audit_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

func TestEntryComesBackAsItWas(t *testing.T) {
	eachKind(t, func(t *testing.T, k kind) {
		dir := t.TempDir()
		l := openLog(t, k, dir, audit.Options{Now: clock()})
		want := []audit.Entry{
			disclosure("acme", "profile-1"),
			{Account: "acme", Action: "PutSchema", Outcome: audit.Done, ID: `<"quotes"> & ümlauts`},
			{Account: "acme", Action: "Bare"},
		}
		receipts, err := l.Append(t.Context(), want...)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			want[i].Index = int64(i)
			want[i].Time = time.Date(2026, 1, 2, 3, 4, 6, 6000, time.UTC)
			if r := receipts[i]; r.Index != int64(i) || r.Account != "acme" {
				t.Errorf("receipt %d: %+v", i, r)
			}
		}
		if diff := cmp.Diff(want, all(t, l, "acme")); diff != "" {
			t.Error(diff)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		l = openLog(t, k, dir, audit.Options{})
		if diff := cmp.Diff(want, all(t, l, "acme")); diff != "" {
			t.Errorf("after reopening: %s", diff)
		}
		if got := one(t, l, "acme", 1); got[0].Index != 3 {
			t.Errorf("after reopening the next index is %d", got[0].Index)
		}
		if report := verified(t, l, "acme", receipts[0].Checkpoint); report.Entries != 4 || report.Newest.Size != 4 {
			t.Errorf("%+v", report)
		}
	})
}

func TestFilter(t *testing.T) {
	at := func(seconds int) time.Time { return time.Date(2026, 1, 2, 3, 4, 5+seconds, 6000, time.UTC) }
	tests := []struct {
		name   string
		filter audit.Filter
		want   []int64
		more   bool
	}{
		{"all", audit.Filter{}, []int64{0, 1, 2, 3, 4, 5}, false},
		{"newest", audit.Filter{Newest: true}, []int64{5, 4, 3, 2, 1, 0}, false},
		{"page", audit.Filter{Limit: 2}, []int64{0, 1}, true},
		{"next page", audit.Filter{Limit: 2, After: new(int64(1))}, []int64{2, 3}, true},
		{"last page", audit.Filter{Limit: 2, After: new(int64(3))}, []int64{4, 5}, false},
		{"behind the end", audit.Filter{After: new(int64(5))}, nil, false},
		{"newest page", audit.Filter{Limit: 2, Newest: true}, []int64{5, 4}, true},
		{"next newest page", audit.Filter{Limit: 4, Newest: true, After: new(int64(4))}, []int64{3, 2, 1, 0}, false},
		{"from", audit.Filter{From: at(3)}, []int64{2, 3, 4, 5}, false},
		{"to", audit.Filter{To: at(3)}, []int64{0, 1}, false},
		{"from and to", audit.Filter{From: at(2), To: at(4)}, []int64{1, 2}, false},
		{"action", audit.Filter{Action: "PutSchema"}, []int64{1, 4}, false},
		{"outcome", audit.Filter{Outcome: audit.Denied}, []int64{3}, false},
		{"actor", audit.Filter{Actor: "a"}, []int64{0, 2}, false},
		{"on behalf of", audit.Filter{OnBehalfOf: "agent"}, []int64{2}, false},
		{"subject", audit.Filter{Subject: "s1"}, []int64{0, 3}, false},
		{"entity", audit.Filter{Entity: "address"}, []int64{3}, false},
		{"id", audit.Filter{ID: "s1"}, []int64{2}, false},
		{"field", audit.Filter{Field: "email"}, []int64{0, 3}, false},
		{"request", audit.Filter{RequestID: "r5"}, []int64{5}, false},
		{"two at once", audit.Filter{Subject: "s1", Outcome: audit.Denied}, []int64{3}, false},
		{"none", audit.Filter{Actor: "nobody"}, nil, false},
	}
	eachKind(t, func(t *testing.T, k kind) {
		l := openLog(t, k, t.TempDir(), audit.Options{Now: clock()})
		for _, e := range []audit.Entry{
			{Action: "GetProfileUnmasked", Actor: "a", Subject: "s1", Fields: []string{"email", "phone"}},
			{Action: "PutSchema", Actor: "b", Details: map[string]string{"actor": "a"}},
			{Action: "GetProfileUnmasked", Actor: "a", ID: "s1", OnBehalfOf: "agent"},
			{Action: "GetAddressUnmasked", Actor: "c", Subject: "s1", Entity: "address", Outcome: audit.Denied, Fields: []string{"email"}},
			{Action: "PutSchema", Actor: "b"},
			{Action: "Other", RequestID: "r5"},
		} {
			e.Account = "acme"
			if _, err := l.Append(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				entries, more, err := l.Query(t.Context(), "acme", test.filter)
				if err != nil {
					t.Fatal(err)
				}
				var got []int64
				for _, e := range entries {
					got = append(got, e.Index)
				}
				if diff := cmp.Diff(test.want, got); diff != "" || more != test.more {
					t.Errorf("more %v, %s", more, diff)
				}
			})
		}
		if entries, _, err := l.Query(t.Context(), "other", audit.Filter{}); err != nil || len(entries) != 0 {
			t.Errorf("another account: %d entries, %v", len(entries), err)
		}
	})
}

// TestConcurrentAppends has 64 appenders, and readers beside them.
func TestConcurrentAppends(t *testing.T) {
	eachKind(t, func(t *testing.T, k kind) {
		l := openLog(t, k, t.TempDir(), audit.Options{})
		const n = 640
		receipts := appendMany(t, 64, n, l)
		checkDense(t, l, receipts, n)
		if _, err := l.Check(t.Context(), "acme"); err != nil {
			t.Error(err)
		}
	})
}

// TestProcessesShareAStore has two logs over one store, as two servers have.
func TestProcessesShareAStore(t *testing.T) {
	for _, k := range []kind{kinds[1], server} {
		t.Run(k.name, func(t *testing.T) {
			dir := t.TempDir()
			a := openLog(t, k, dir, audit.Options{})
			b := openLog(t, k, dir, audit.Options{})
			const n = 400
			receipts := appendMany(t, 32, n, a, b)
			checkDense(t, a, receipts, n)
			checkDense(t, b, receipts, n)
		})
	}
}

// TestForeignProcess has a process with a key that this one does not trust append to the same log.
func TestForeignProcess(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, kinds[1], dir, audit.Options{})
	one(t, l, "acme", 3)
	foreign := openLog(t, kinds[1], dir, audit.Options{KeyFile: filepath.Join(dir, "other.key"), EarlierKeys: []string{l.PublicKey()}})
	one(t, foreign, "acme", 1)
	for range 2 {
		if _, err := l.Append(t.Context(), disclosure("acme", "x")); !errors.Is(err, audit.ErrTampered) || !strings.Contains(err.Error(), "entry 3:") {
			t.Errorf("behind a foreign entry: %v", err)
		}
	}
}

// appendMany appends n entries, by so many workers, to the logs in turn.
func appendMany(t *testing.T, workers, n int, logs ...*audit.Log) map[string]audit.Receipt {
	t.Helper()
	var mu sync.Mutex
	receipts := map[string]audit.Receipt{}
	share(t, workers, n, func(i int) error {
		l := logs[i%len(logs)]
		id := fmt.Sprint("profile-", i)
		r, err := l.Append(t.Context(), disclosure("acme", id))
		if err != nil {
			return err
		}
		if i%10 == 0 {
			if _, _, err := l.Query(t.Context(), "acme", audit.Filter{Newest: true, Limit: 3}); err != nil {
				return err
			}
		}
		mu.Lock()
		defer mu.Unlock()
		receipts[id] = r[0]
		return nil
	})
	return receipts
}

// checkDense checks that the log holds the entries of the receipts and nothing else, that every
// receipt's checkpoint covers its entry, and that all checkpoints are of one history.
func checkDense(t *testing.T, l *audit.Log, receipts map[string]audit.Receipt, n int) {
	t.Helper()
	entries := all(t, l, "acme")
	if len(entries) != n || len(receipts) != n {
		t.Fatalf("%d entries and %d receipts of %d appends", len(entries), len(receipts), n)
	}
	known := map[string]bool{}
	for i, e := range entries {
		r := receipts[e.ID]
		if e.Index != int64(i) || r.Index != e.Index {
			t.Fatalf("entry %d has index %d and receipt %d", i, e.Index, r.Index)
		}
		known[r.Checkpoint] = true
		if i%7 != 0 {
			continue
		}
		c, err := audit.OpenCheckpoint(r.Checkpoint, l.PublicKey())
		if err != nil {
			t.Fatal(err)
		}
		proof, err := l.Inclusion(t.Context(), "acme", e.Index, c.Size)
		if err != nil {
			t.Fatal(err)
		}
		if err := audit.VerifyInclusion(l.PublicKey(), r.Checkpoint, e, proof); err != nil {
			t.Error(err)
		}
		e.Actor = "someone-else"
		if err := audit.VerifyInclusion(l.PublicKey(), r.Checkpoint, e, proof); !errors.Is(err, audit.ErrTampered) {
			t.Errorf("a changed entry: %v", err)
		}
	}
	verified(t, l, "acme", slices.Collect(maps.Keys(known))...)
}

func TestConsistency(t *testing.T) {
	eachKind(t, func(t *testing.T, k kind) {
		l := openLog(t, k, t.TempDir(), audit.Options{})
		var notes []string
		empty, err := l.Checkpoint(t.Context(), "acme")
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range one(t, l, "acme", 37) {
			notes = append(notes, r.Checkpoint)
		}
		newest, err := l.Checkpoint(t.Context(), "acme")
		if err != nil || newest != notes[36] {
			t.Fatalf("checkpoint %q, %v; the last receipt has %q", newest, err, notes[36])
		}
		for old := 1; old <= 37; old += 3 {
			for size := old; size <= 37; size += 5 {
				proof, err := l.Consistency(t.Context(), "acme", int64(old), int64(size))
				if err != nil {
					t.Fatal(err)
				}
				if err := audit.VerifyConsistency(l.PublicKey(), notes[old-1], notes[size-1], proof); err != nil {
					t.Errorf("%d to %d: %v", old, size, err)
				}
				if size > old {
					if err := audit.VerifyConsistency(l.PublicKey(), notes[old], notes[size-1], proof); !errors.Is(err, audit.ErrTampered) {
						t.Errorf("%d to %d with a proof for %d: %v", old+1, size, old, err)
					}
				}
			}
		}
		if err := audit.VerifyConsistency(l.PublicKey(), empty, newest, nil); err != nil {
			t.Error(err)
		}
		for _, bad := range [][2]int64{{0, 38}, {37, 37}, {-1, 5}, {5, 5}} {
			if _, err := l.Inclusion(t.Context(), "acme", bad[0], bad[1]); !errors.Is(err, audit.ErrInvalid) {
				t.Errorf("proof of entry %d in size %d: %v", bad[0], bad[1], err)
			}
		}
	})
}

func TestPrune(t *testing.T) {
	eachKind(t, func(t *testing.T, k kind) {
		dir := t.TempDir()
		l := openLog(t, k, dir, audit.Options{Now: clock()})
		receipts := one(t, l, "acme", 40)
		cut := all(t, l, "acme")[25]
		for range 2 { // the second time there is nothing to do
			gone, err := l.Prune(t.Context(), "acme", cut.Time, "officer")
			if err != nil || gone != 25 {
				t.Fatalf("%d gone, %v", gone, err)
			}
		}
		left := all(t, l, "acme")
		if first, last := left[0], left[len(left)-1]; first.Index != 25 || last.Index != 40 || last.Action != audit.Pruned || last.Actor != "officer" {
			t.Errorf("left: %+v to %+v", first, last)
		}
		if strings.Contains(export(t, l, "acme"), `"profile-24"`) {
			t.Error("a pruned entry is in the export")
		}
		files, err := filepath.Glob(filepath.Join(dir, "audit", "acme", "*.log"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if data, err := os.ReadFile(file); err != nil || strings.Contains(string(data), `"profile-24"`) {
				t.Errorf("a pruned entry is in the file (%v)", err)
			}
		}
		check := func() {
			t.Helper()
			report := verified(t, l, "acme", receipts[3].Checkpoint, receipts[24].Checkpoint, receipts[39].Checkpoint)
			if report.Pruned != 25 || report.Entries < 16 {
				t.Errorf("%+v", report)
			}
			if _, err := l.Inclusion(t.Context(), "acme", 3, 40); err != nil {
				t.Error(err)
			}
		}
		check()
		one(t, l, "acme", 3)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		// The hashes can be made again from what is left.
		if err := os.Remove(filepath.Join(dir, "audit", "acme", "hashes")); (err == nil) != (k.name == "files") {
			t.Fatal(err)
		}
		l = openLog(t, k, dir, audit.Options{})
		one(t, l, "acme", 3)
		check()
	})
}

// TestSegments fills a log so far that it has several files, and prunes and rebuilds across them.
func TestSegments(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, kinds[0], dir, audit.Options{Now: clock()})
	e := disclosure("acme", "profile-1")
	e.Reason = make([]byte, 30_000)
	for range 200 {
		if _, err := l.Append(t.Context(), e, e, e); err != nil {
			t.Fatal(err)
		}
	}
	check := func() {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(dir, "audit", "acme", "*.log"))
		if err != nil || len(files) < 3 {
			t.Fatalf("%d segments, %v", len(files), err)
		}
		if report := verified(t, l, "acme"); report.Entries+report.Pruned != report.Newest.Size {
			t.Errorf("%+v", report)
		}
	}
	check()
	middle, _, err := l.Query(t.Context(), "acme", audit.Filter{After: new(int64(449)), Limit: 1})
	if err != nil || middle[0].Index != 450 {
		t.Fatal(middle, err)
	}
	if gone, err := l.Prune(t.Context(), "acme", middle[0].Time, "officer"); err != nil || gone != 450 {
		t.Fatalf("%d gone, %v", gone, err)
	}
	check()
	newest, _, err := l.Query(t.Context(), "acme", audit.Filter{Newest: true, Limit: 1000})
	if err != nil || len(newest) != 151 || newest[150].Index != 450 {
		t.Fatalf("%d entries, %v", len(newest), err)
	}
	if err := errors.Join(l.Close(), os.Remove(filepath.Join(dir, "audit", "acme", "hashes"))); err != nil {
		t.Fatal(err)
	}
	l = openLog(t, kinds[0], dir, audit.Options{Now: clock()})
	check()
}

// TestManyAccounts uses more accounts than are held open.
func TestManyAccounts(t *testing.T) {
	l := openLog(t, kinds[0], t.TempDir(), audit.Options{})
	account := func(i int) tenant.ID { return tenant.ID(fmt.Sprint("account-", i%300)) }
	share(t, 8, 900, func(i int) error {
		_, err := l.Append(t.Context(), disclosure(account(i), "profile-1"))
		return err
	})
	for i := range 300 {
		if got := len(all(t, l, account(i))); got != 3 {
			t.Fatalf("account %d has %d entries", i, got)
		}
	}
	if list, err := os.ReadDir("/proc/self/fd"); err == nil && len(list) > 2*128+50 {
		t.Errorf("%d open files", len(list))
	}
}

func TestInvalid(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, kinds[0], dir, audit.Options{})
	big := disclosure("acme", "x")
	big.Reason = make([]byte, audit.MaxEntry)
	half := disclosure("acme", "x")
	half.Reason = make([]byte, 30<<10)
	tests := map[string][]audit.Entry{
		"no account":       {{Action: "A"}},
		"path as account":  {{Account: "../acme", Action: "A"}},
		"no action":        {{Account: "acme"}},
		"two accounts":     {disclosure("acme", "x"), disclosure("other", "x")},
		"too large":        {big},
		"too many":         slices.Repeat([]audit.Entry{disclosure("acme", "x")}, audit.MaxEntries+1),
		"too much at once": slices.Repeat([]audit.Entry{half}, 30),
	}
	for name, entries := range tests {
		if _, err := l.Append(t.Context(), entries...); !errors.Is(err, audit.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if r, err := l.Append(t.Context()); r != nil || err != nil {
		t.Errorf("nothing: %v, %v", r, err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Append(canceled, disclosure("acme", "x")); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	if got := len(all(t, l, "acme")); got != 0 {
		t.Errorf("%d entries got in", got)
	}
	if _, err := audit.Open(audit.Options{Dir: filepath.Join(dir, "audit"), KeyFile: filepath.Join(dir, "audit.key")}); !errors.Is(err, storage.ErrInUse) {
		t.Errorf("opened twice: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(t.Context(), disclosure("acme", "x")); !errors.Is(err, audit.ErrClosed) || !errors.Is(err, audit.ErrUnavailable) {
		t.Errorf("closed: %v", err)
	}
}

func TestKeyFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "keys", "audit.key")
	l := openLog(t, kinds[0], dir, audit.Options{KeyFile: path})
	old := one(t, l, "acme", 20)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info.Mode(), err)
	}
	oldKey := l.PublicKey()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	other := filepath.Join(dir, "other.key")
	l = openLog(t, kinds[0], dir, audit.Options{KeyFile: other})
	if _, err := l.Append(t.Context(), disclosure("acme", "x")); !errors.Is(err, audit.ErrTampered) || !errors.Is(err, audit.ErrUnavailable) {
		t.Errorf("with another key: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = openLog(t, kinds[0], dir, audit.Options{KeyFile: other, EarlierKeys: []string{oldKey}})
	one(t, l, "acme", 20)
	text := export(t, l, "acme")
	if _, err := audit.Verify(strings.NewReader(text), l.PublicKey()+"\n"+oldKey, old[19].Checkpoint); err != nil {
		t.Error(err)
	}
	if _, err := audit.Verify(strings.NewReader(text), l.PublicKey()); !errors.Is(err, audit.ErrTampered) {
		t.Errorf("without the earlier key: %v", err)
	}

	for name, spoil := range map[string]func() error{
		"mode":    func() error { return os.Chmod(path, 0o644) },
		"content": func() error { return os.WriteFile(path, []byte("nonsense"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			if err := spoil(); err != nil {
				t.Fatal(err)
			}
			defer os.Chmod(path, 0o600)
			if _, err := audit.Open(audit.Options{Dir: t.TempDir(), KeyFile: path}); !errors.Is(err, audit.ErrInvalid) {
				t.Error(err)
			}
		})
	}
}

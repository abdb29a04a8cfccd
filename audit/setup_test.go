package audit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/storage/bolt"
	"github.com/profilegraph/profilegraph/storage/mongo"
	"github.com/profilegraph/profilegraph/tenant"
)

// kind is a way to keep a log.
type kind struct {
	name string
	put  func(t testing.TB, dir string, o *audit.Options) // says where
}

// serverEnv names a MongoDB-compatible server, on which the suite runs too.
const serverEnv = "PROFILEGRAPH_TEST_MONGODB_URI"

var kinds = []kind{
	{"files", func(_ testing.TB, dir string, o *audit.Options) { o.Dir = filepath.Join(dir, "audit") }},
	{"store", func(t testing.TB, dir string, o *audit.Options) { o.Store = openStore(t, dir) }},
}

// server keeps the log in a database of the test's own, which ends with it.
var server = kind{"server", func(t testing.TB, dir string, o *audit.Options) {
	uri := os.Getenv(serverEnv)
	if uri == "" {
		t.Skipf("%s names no MongoDB-compatible server", serverEnv)
	}
	if s, ok := stores.Load(dir); ok {
		o.Store = s.(storage.Store)
		return
	}
	client, err := driver.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	db := client.Database(fmt.Sprintf("profilegraph_test_%08x", rand.Uint32()))
	s, err := mongo.Open(t.Context(), mongo.Options{URI: uri, Database: db.Name()})
	if err != nil {
		t.Fatal(err)
	}
	stores.Store(dir, s)
	t.Cleanup(func() {
		stores.Delete(dir)
		if err := errors.Join(s.Close(), db.Drop(context.Background()), client.Disconnect(context.Background())); err != nil {
			t.Error(err)
		}
	})
	o.Store = s
}}

// eachKind runs a test for each way.
func eachKind(t *testing.T, test func(t *testing.T, k kind)) {
	for _, k := range append(slices.Clone(kinds), server) {
		t.Run(k.name, func(t *testing.T) { test(t, k) })
	}
}

var stores sync.Map // of open stores, by folder: a store can be open once only

func openStore(t testing.TB, dir string) storage.Store {
	t.Helper()
	if s, ok := stores.Load(dir); ok {
		return s.(storage.Store)
	}
	s, err := bolt.Open(bolt.Options{Path: filepath.Join(dir, "store")})
	if err != nil {
		t.Fatal(err)
	}
	stores.Store(dir, s)
	t.Cleanup(func() {
		stores.Delete(dir)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// openLog opens the log that is kept in dir, with the key that lies beside it.
func openLog(t testing.TB, k kind, dir string, o audit.Options) *audit.Log {
	t.Helper()
	k.put(t, dir, &o)
	if o.KeyFile == "" {
		o.KeyFile = filepath.Join(dir, "audit.key")
	}
	l, err := audit.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// copyLog copies the folder of a closed log, with its key.
func copyLog(t testing.TB, from string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "audit.key"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// clock goes on by a second at every look.
func clock() func() time.Time {
	var seconds atomic.Int64
	return func() time.Time {
		return time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC).Add(time.Duration(seconds.Add(1)) * time.Second)
	}
}

func disclosure(account tenant.ID, id string) audit.Entry {
	return audit.Entry{
		Account: account, Action: "GetProfileUnmasked", Outcome: audit.Allowed,
		Actor: "key-7", OnBehalfOf: "agent-3", Entity: "profile", ID: id, Subject: id, Version: "v1",
		Fields: []string{"email", "document"}, Purpose: "support", Reason: []byte{0, 1, 2, 250, 255},
		RequestID: "0197f7a2", Details: map[string]string{"rule": "support-desk"},
	}
}

// fill appends n entries, for the subjects profile-0, profile-1 ...
func fill(t testing.TB, l *audit.Log, account tenant.ID, n int) {
	t.Helper()
	for from := 0; from < n; from += 500 {
		var entries []audit.Entry
		for i := from; i < min(from+500, n); i++ {
			entries = append(entries, disclosure(account, fmt.Sprint("profile-", i)))
		}
		if _, err := l.Append(t.Context(), entries...); err != nil {
			t.Fatal(err)
		}
	}
}

// one appends n entries, a durable write each.
func one(t testing.TB, l *audit.Log, account tenant.ID, n int) []audit.Receipt {
	t.Helper()
	var receipts []audit.Receipt
	for i := range n {
		r, err := l.Append(t.Context(), disclosure(account, fmt.Sprint("profile-", i)))
		if err != nil {
			t.Fatal(err)
		}
		receipts = append(receipts, r...)
	}
	return receipts
}

// share does n things with so many workers at once.
func share(t testing.TB, workers, n int, do func(i int) error) {
	t.Helper()
	var next atomic.Int64
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := do(i); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
}

func export(t testing.TB, l *audit.Log, account tenant.ID) string {
	t.Helper()
	var out bytes.Buffer
	if err := l.Export(t.Context(), account, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// all returns every entry of an account, page by page.
func all(t testing.TB, l *audit.Log, account tenant.ID) []audit.Entry {
	t.Helper()
	var list []audit.Entry
	f := audit.Filter{Limit: 1000}
	for {
		page, more, err := l.Query(t.Context(), account, f)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, page...)
		if !more {
			return list
		}
		f.After = new(page[len(page)-1].Index)
	}
}

// verified checks an export, and returns what was found.
func verified(t testing.TB, l *audit.Log, account tenant.ID, known ...string) audit.Report {
	t.Helper()
	report, err := audit.Verify(strings.NewReader(export(t, l, account)), l.PublicKey(), known...)
	if err != nil {
		t.Fatalf("%v; all problems: %v", err, report.Problems)
	}
	return report
}

// Package storagetest is the contract of package storage in executable form. Every driver's tests
// call [Run] and [Crash].
package storagetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/storage"
)

// Run tests a driver. open returns an empty store whose records expire by now, and sees to it that
// the store is closed and removed when the test ends; it is called more than once.
func Run(t *testing.T, open func(t *testing.T, now func() time.Time) storage.Store) {
	c := &clock{now: time.Now().Truncate(time.Millisecond)}
	s := &suite{Store: open(t, c.Now), clock: c}
	tests := []struct {
		name string
		run  func(*testing.T, *suite)
	}{
		{"isolation", testIsolation},
		{"insert", testInsert},
		{"insert race", testInsertRace},
		{"replace", testReplace},
		{"replace moves index entries", testReplaceIndex},
		{"compare and set", testCompareAndSet},
		{"delete", testDelete},
		{"delete race", testDeleteRace},
		{"get many", testGetMany},
		{"scan", testScan},
		{"scan under writes", testScanUnderWrites},
		{"find", testFind},
		{"owned", testOwned},
		{"owned by one of many and others of few", testOwnedUneven},
		{"memory that is lent", testMemory},
		{"expiry", testExpiry},
		{"insert over expired", testInsertOverExpired},
		{"expired", testExpired},
		{"body", testBody},
		{"no aliases", testNoAliases},
		{"limits", testLimits},
		{"strange ids", testStrangeIDs},
		{"cancelled", testCancelled},
		{"ping", testPing},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(t, s) })
	}
	t.Run("closed", func(t *testing.T) { testClosed(t, open(t, c.Now)) })
}

// suite is the store under test. Each test works in accounts of its own.
type suite struct {
	storage.Store
	clock    *clock
	accounts atomic.Int64
}

// space returns a space in an account that no other test uses.
func (s *suite) space() storage.Space {
	account := storage.Account(fmt.Sprintf("account%d", s.accounts.Add(1)))
	return storage.Space{Account: account, Collection: storage.Documents, Part: "profile"}
}

// clock only moves forward, since a server may remove by its own clock what has expired.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// record returns a small record whose content depends on all arguments.
func record(id, rev string, keys ...string) storage.Record {
	return storage.Record{ID: id, Rev: rev, Keys: keys, Body: marshal(bson.D{{Key: "id", Value: id}, {Key: "rev", Value: rev}})}
}

func owned(id, owner string) storage.Record {
	r := record(id, "r1")
	r.Owner = owner
	return r
}

func marshal(d bson.D) bson.Raw {
	b, err := bson.Marshal(d)
	if err != nil {
		panic(err) // only a mistake in a test can cause it
	}
	return b
}

func (s *suite) mustInsert(t *testing.T, in storage.Space, records ...storage.Record) {
	t.Helper()
	for _, r := range records {
		if err := s.Insert(t.Context(), in, r); err != nil {
			t.Fatalf("insert %s: %v", r.ID, err)
		}
	}
}

// fill inserts n records with many writers.
func (s *suite) fill(t *testing.T, in storage.Space, n int, make func(i int) storage.Record) {
	t.Helper()
	parallel(t, 16, func(worker int) error {
		for i := worker; i < n; i += 16 {
			if err := s.Insert(t.Context(), in, make(i)); err != nil {
				return err
			}
		}
		return nil
	})
}

// parallel runs f in n goroutines and waits for them.
func parallel(t *testing.T, n int, f func(worker int) error) {
	t.Helper()
	errs := make([]error, n)
	var wg sync.WaitGroup
	for worker := range n {
		wg.Go(func() { errs[worker] = f(worker) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want %v", what, err, want)
	}
}

// equal fails the test unless got, the result of a call, is want. Nil and empty lists are the same.
func equal[T any](t *testing.T, what string, got T, err error, want T) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

func idsOf(records []storage.Record) []string {
	ids := make([]string, len(records))
	for i, r := range records {
		ids[i] = r.ID
	}
	return ids
}

func idsOfEach(lists [][]storage.Record) [][]string {
	ids := make([][]string, len(lists))
	for i, list := range lists {
		ids[i] = idsOf(list)
	}
	return ids
}

// every calls each method of the store in turn with arguments that would succeed.
func every(ctx context.Context, s storage.Store, in storage.Space, call func(name string, err error)) {
	page := storage.Page{Limit: 10}
	_, err := s.Get(ctx, in, "present")
	call("get", err)
	_, err = s.GetMany(ctx, in, []string{"present"}, nil)
	call("get many", err)
	_, err = s.Scan(ctx, in, page)
	call("scan", err)
	_, err = s.Find(ctx, in, []string{"key"}, 10)
	call("find", err)
	_, err = s.Owned(ctx, in, []string{"owner"}, page)
	call("owned", err)
	_, err = s.Expired(ctx, in.Collection, 10)
	call("expired", err)
	call("replace", s.Replace(ctx, in, record("present", "r2"), "r1"))
	call("delete", s.Delete(ctx, in, "present", ""))
	call("insert", s.Insert(ctx, in, record("new", "r1")))
	call("ping", s.Ping(ctx))
	if err := s.Backup(ctx, io.Discard); !errors.Is(err, errors.ErrUnsupported) {
		call("backup", err)
	}
}

func testPing(t *testing.T, s *suite) {
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func testCancelled(t *testing.T, s *suite) {
	in := s.space()
	s.mustInsert(t, in, record("present", "r1"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	every(ctx, s, in, func(name string, err error) { wantError(t, name, err, context.Canceled) })
	got, err := s.Get(t.Context(), in, "present")
	equal(t, "get afterwards", got, err, record("present", "r1"))
}

func testClosed(t *testing.T, store storage.Store) {
	in := storage.Space{Account: "closed", Collection: storage.Documents}
	if err := store.Insert(t.Context(), in, record("present", "r1")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := store.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
		every(t.Context(), store, in, func(name string, err error) { wantError(t, name, err, storage.ErrUnavailable) })
	}
}

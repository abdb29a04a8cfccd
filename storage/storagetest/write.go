package storagetest

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/storage"
)

func testInsert(t *testing.T, s *suite) {
	in := s.space()
	want := record("one", "r1", "key-b", "key-a")
	want.Owner = "owner"
	s.mustInsert(t, in, want)
	got, err := s.Get(t.Context(), in, "one")
	equal(t, "get", got, err, want)
	wantError(t, "same record again", s.Insert(t.Context(), in, want), storage.ErrExists)
	wantError(t, "same id again", s.Insert(t.Context(), in, record("one", "r2")), storage.ErrExists)
	got, err = s.Get(t.Context(), in, "one")
	equal(t, "get after a refused insert", got, err, want)
	_, err = s.Get(t.Context(), in, "two")
	wantError(t, "absent", err, storage.ErrNotFound)
}

func testInsertRace(t *testing.T, s *suite) {
	in := s.space()
	for round := range 50 {
		id := fmt.Sprintf("round-%d", round)
		var winner atomic.Int64
		winner.Store(-1)
		parallel(t, 16, func(worker int) error {
			err := s.Insert(t.Context(), in, record(id, strconv.Itoa(worker)))
			if err == nil && !winner.CompareAndSwap(-1, int64(worker)) {
				return fmt.Errorf("%s: two inserts succeeded", id)
			}
			if err != nil && !errors.Is(err, storage.ErrExists) {
				return err
			}
			return nil
		})
		got, err := s.Get(t.Context(), in, id)
		equal(t, "the winner's record", got, err, record(id, strconv.FormatInt(winner.Load(), 10)))
	}
}

func testReplace(t *testing.T, s *suite) {
	in := s.space()
	ctx := t.Context()
	wantError(t, "absent", s.Replace(ctx, in, record("one", "r2"), "r1"), storage.ErrNotFound)
	s.mustInsert(t, in, record("one", "r1"))
	wantError(t, "other revision", s.Replace(ctx, in, record("one", "r2"), "r0"), storage.ErrConflict)
	wantError(t, "no revision", s.Replace(ctx, in, record("one", "r2"), ""), storage.ErrConflict)
	if err := s.Replace(ctx, in, record("one", "r2", "key"), "r1"); err != nil {
		t.Fatal(err)
	}
	wantError(t, "old revision", s.Replace(ctx, in, record("one", "r3"), "r1"), storage.ErrConflict)
	got, err := s.Get(ctx, in, "one")
	equal(t, "get", got, err, record("one", "r2", "key"))
}

func testReplaceIndex(t *testing.T, s *suite) {
	in := s.space()
	ctx := t.Context()
	before, after := record("one", "r1", "stays", "goes"), record("one", "r2", "comes", "stays")
	before.Owner, after.Owner = "old", "new"
	s.mustInsert(t, in, before)
	if err := s.Replace(ctx, in, after, "r1"); err != nil {
		t.Fatal(err)
	}
	found, err := s.Find(ctx, in, []string{"stays", "goes", "comes"}, 10)
	equal(t, "find", found, err, [][]storage.Record{{after}, nil, {after}})
	lists, err := s.Owned(ctx, in, []string{"old", "new"}, storage.Page{Limit: 10})
	equal(t, "owned", lists, err, [][]storage.Record{nil, {after}})

	if err := s.Delete(ctx, in, "one", "r2"); err != nil {
		t.Fatal(err)
	}
	found, err = s.Find(ctx, in, []string{"stays", "goes", "comes"}, 10)
	equal(t, "find after delete", found, err, [][]storage.Record{nil, nil, nil})
	lists, err = s.Owned(ctx, in, []string{"old", "new"}, storage.Page{Limit: 10})
	equal(t, "owned after delete", lists, err, [][]storage.Record{nil, nil})
}

// testCompareAndSet counts with many writers: an update that were lost would be missing at the end.
func testCompareAndSet(t *testing.T, s *suite) {
	const writers, steps = 8, 20
	in := s.space()
	counter := func(n int) storage.Record { return record("counter", strconv.Itoa(n)) }
	s.mustInsert(t, in, counter(0))
	parallel(t, writers, func(int) error {
		for done := 0; done < steps; {
			current, err := s.Get(t.Context(), in, "counter")
			if err != nil {
				return err
			}
			n, err := strconv.Atoi(current.Rev)
			if err != nil {
				return err
			}
			switch err := s.Replace(t.Context(), in, counter(n+1), current.Rev); {
			case err == nil:
				done++
			case !errors.Is(err, storage.ErrConflict):
				return err
			}
		}
		return nil
	})
	got, err := s.Get(t.Context(), in, "counter")
	equal(t, "get", got, err, counter(writers*steps))
}

func testDelete(t *testing.T, s *suite) {
	in := s.space()
	ctx := t.Context()
	wantError(t, "absent", s.Delete(ctx, in, "one", "r1"), storage.ErrNotFound)
	wantError(t, "absent, any revision", s.Delete(ctx, in, "one", ""), storage.ErrNotFound)
	s.mustInsert(t, in, record("one", "r1"), record("two", "r1"), record("on", "r1"))
	wantError(t, "other revision", s.Delete(ctx, in, "one", "r2"), storage.ErrConflict)
	for id, rev := range map[string]string{"one": "r1", "two": ""} {
		if err := s.Delete(ctx, in, id, rev); err != nil {
			t.Errorf("delete %s: %v", id, err)
		}
		wantError(t, "again", s.Delete(ctx, in, id, rev), storage.ErrNotFound)
	}
	got, err := s.Scan(ctx, in, storage.Page{Limit: 10})
	equal(t, "scan", idsOf(got), err, []string{"on"})
	s.mustInsert(t, in, record("one", "r3"))
}

func testDeleteRace(t *testing.T, s *suite) {
	in := s.space()
	for round := range 10 {
		id := strconv.Itoa(round)
		s.mustInsert(t, in, record(id, "r1"))
		var deleted, replaced atomic.Int64
		parallel(t, 16, func(worker int) error {
			var err error
			won := &deleted
			if worker%2 == 0 {
				err = s.Delete(t.Context(), in, id, "r1")
			} else {
				won = &replaced
				err = s.Replace(t.Context(), in, record(id, "r2-"+strconv.Itoa(worker)), "r1")
			}
			switch {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, storage.ErrNotFound) && !errors.Is(err, storage.ErrConflict):
				return err
			}
			return nil
		})
		if n := deleted.Load() + replaced.Load(); n != 1 {
			t.Fatalf("%d writers won", n)
		}
		_, err := s.Get(t.Context(), in, id)
		if gone := errors.Is(err, storage.ErrNotFound); gone != (deleted.Load() == 1) {
			t.Fatalf("get after %d deletes: %v", deleted.Load(), err)
		}
	}
}

func testBody(t *testing.T, s *suite) {
	in := s.space()
	every := bson.D{
		{Key: "z", Value: "first"},
		{Key: "a", Value: bson.D{{Key: "y", Value: int32(1)}, {Key: "x", Value: bson.A{int64(1) << 40, 2.5, nil, bson.D{}}}}},
		{Key: "binary", Value: bson.Binary{Subtype: 0x80, Data: []byte{0, 1, 255}}},
		{Key: "date", Value: bson.DateTime(-1)},
		{Key: "decimal", Value: bson.NewDecimal128(0x3040000000000000, 12345)},
		{Key: "object id", Value: bson.ObjectID{1, 2, 3}},
		{Key: "true", Value: true},
		{Key: "text", Value: "é 😀 \x00 \" \\"},
		{Key: "", Value: "a nameless element"},
		{Key: "_id", Value: "not the record's"},
		{Key: "a.b", Value: "a dot"},
		{Key: "$ref", Value: "a dollar"},
	}
	bodies := map[string]bson.Raw{
		"empty":       marshal(bson.D{}),
		"every type":  marshal(every),
		"one element": marshal(bson.D{{Key: "f", Value: strings.Repeat("x", 100)}}),
		"a megabyte":  marshal(bson.D{{Key: "blob", Value: bson.Binary{Data: bytes.Repeat([]byte("0123456789abcdef"), 1<<16)}}}),
		"the largest": largest(0),
	}
	for id, body := range bodies {
		r := storage.Record{ID: id, Rev: "r1", Body: body}
		if err := s.Insert(t.Context(), in, r); err != nil {
			t.Errorf("insert %s: %v", id, err)
			continue
		}
		got, err := s.Get(t.Context(), in, id)
		if err != nil || !bytes.Equal(got.Body, body) {
			t.Errorf("%s: the body came back changed (%d bytes of %d): %v", id, len(got.Body), len(body), err)
		}
	}
	err := s.Insert(t.Context(), in, storage.Record{ID: "too large", Rev: "r1", Body: largest(1)})
	wantError(t, "insert", err, storage.ErrTooLarge)
	err = s.Replace(t.Context(), in, storage.Record{ID: "empty", Rev: "r2", Body: largest(1)}, "r1")
	wantError(t, "replace", err, storage.ErrTooLarge)
}

// largest returns a body of storage.MaxBody and some more bytes.
func largest(more int) bson.Raw {
	frame := len(marshal(bson.D{{Key: "blob", Value: bson.Binary{}}}))
	return marshal(bson.D{{Key: "blob", Value: bson.Binary{Data: make([]byte, storage.MaxBody-frame+more)}}})
}

func testNoAliases(t *testing.T, s *suite) {
	in := s.space()
	want := record("one", "r1", "key")
	given := record("one", "r1", "key")
	s.mustInsert(t, in, given)
	scribble(given)
	for range 2 {
		got, err := s.Get(t.Context(), in, "one")
		equal(t, "get", got, err, want)
		scribble(got)
		many, err := s.GetMany(t.Context(), in, []string{"one", "one"}, nil)
		equal(t, "get many", many, err, []storage.Record{want, want})
		scribble(many[0])
		equal(t, "the other copy", many[1], nil, want)
		lists, err := s.Find(t.Context(), in, []string{"key", "key"}, 1)
		equal(t, "find", lists, err, [][]storage.Record{{want}, {want}})
		scribble(lists[0][0])
		equal(t, "the other copy", lists[1][0], nil, want)
		if body := append(lists[1][0].Body, "more"...); len(body) == 0 {
			t.Fatal("append")
		}
	}
	found, err := s.Find(t.Context(), in, []string{"key"}, 1)
	equal(t, "find", found, err, [][]storage.Record{{want}})
}

func scribble(r storage.Record) {
	for i := range r.Body {
		r.Body[i] = 0xff
	}
	for i := range r.Keys {
		r.Keys[i] = "scribble"
	}
}

func testLimits(t *testing.T, s *suite) {
	in := s.space()
	ctx := t.Context()
	long := strings.Repeat("x", 257)
	var many []string
	for i := range 64 {
		many = append(many, fmt.Sprintf("%0256d", i))
	}
	widest := record(strings.Repeat("~", 256), strings.Repeat("r", 256), many...)
	widest.Owner = strings.Repeat(" ", 256)
	s.mustInsert(t, in, widest)
	got, err := s.Get(ctx, in, widest.ID)
	equal(t, "get the widest record", got, err, widest)

	records := map[string]func(*storage.Record){
		"no id":             func(r *storage.Record) { r.ID = "" },
		"long id":           func(r *storage.Record) { r.ID = long },
		"id with a NUL":     func(r *storage.Record) { r.ID = "a\x00b" },
		"id not ASCII":      func(r *storage.Record) { r.ID = "é" },
		"no revision":       func(r *storage.Record) { r.Rev = "" },
		"long revision":     func(r *storage.Record) { r.Rev = long },
		"long owner":        func(r *storage.Record) { r.Owner = long },
		"owner with a NUL":  func(r *storage.Record) { r.Owner = "a\x00b" },
		"too many keys":     func(r *storage.Record) { r.Keys = append(many, "one more") },
		"long key":          func(r *storage.Record) { r.Keys = []string{long} },
		"key with a NUL":    func(r *storage.Record) { r.Keys = []string{"a\x00b"} },
		"no body":           func(r *storage.Record) { r.Body = nil },
		"broken body":       func(r *storage.Record) { r.Body = r.Body[:len(r.Body)-1] },
		"body and a remain": func(r *storage.Record) { r.Body = append(r.Body, 0) },
		"body of zeros":     func(r *storage.Record) { r.Body = make(bson.Raw, len(r.Body)) },
	}
	for name, spoil := range records {
		r := record("one", "r1", "key")
		spoil(&r)
		wantError(t, "insert: "+name, s.Insert(ctx, in, r), storage.ErrInvalid)
		wantError(t, "replace: "+name, s.Replace(ctx, in, r, "r1"), storage.ErrInvalid)
	}

	spaces := map[string]func(*storage.Space){
		"no account":             func(in *storage.Space) { in.Account = "" },
		"long account":           func(in *storage.Space) { in.Account = storage.Account(long[:64]) },
		"account with a NUL":     func(in *storage.Space) { in.Account += "\x00" },
		"account with a slash":   func(in *storage.Space) { in.Account += "/" },
		"account in capitals":    func(in *storage.Space) { in.Account = "A" },
		"no collection":          func(in *storage.Space) { in.Collection = "" },
		"unknown collection":     func(in *storage.Space) { in.Collection += ".keys" },
		"part with a NUL":        func(in *storage.Space) { in.Part = "a\x00b" },
		"part with a slash":      func(in *storage.Space) { in.Part = "a/b" },
		"part longer than an id": func(in *storage.Space) { in.Part = long },
	}
	for name, spoil := range spaces {
		in := in
		spoil(&in)
		every(ctx, s, in, func(call string, err error) {
			switch call {
			case "ping", "backup":
			case "expired":
				if in.Collection == storage.Documents {
					return
				}
				fallthrough
			default:
				wantError(t, call+": "+name, err, storage.ErrInvalid)
			}
		})
	}

	pages := map[string]storage.Page{
		"no limit":         {},
		"negative limit":   {Limit: -1},
		"too great limit":  {Limit: 10_001},
		"after not ASCII":  {Limit: 1, After: "\xff"},
		"prefix not ASCII": {Limit: 1, Prefix: "é"},
	}
	for name, page := range pages {
		_, err := s.Scan(ctx, in, page)
		wantError(t, "scan: "+name, err, storage.ErrInvalid)
		_, err = s.Owned(ctx, in, []string{"owner"}, page)
		wantError(t, "owned: "+name, err, storage.ErrInvalid)
	}
	_, err = s.Owned(ctx, in, []string{"owner"}, storage.Page{Limit: 1, Prefix: "p"})
	wantError(t, "owned: a prefix", err, storage.ErrInvalid)
	_, err = s.GetMany(ctx, in, make([]string, 10_001), nil)
	wantError(t, "get many: too many", err, storage.ErrInvalid)
	_, err = s.Find(ctx, in, make([]string, 1_001), 1)
	wantError(t, "find: too many", err, storage.ErrInvalid)
	_, err = s.Find(ctx, in, []string{"key"}, 0)
	wantError(t, "find: no limit", err, storage.ErrInvalid)
	_, err = s.Expired(ctx, in.Collection, 0)
	wantError(t, "expired: no limit", err, storage.ErrInvalid)
	if ids, err := s.GetMany(ctx, in, make([]string, 10_000), nil); err != nil || len(ids) != 10_000 {
		t.Errorf("get 10,000: %d records, %v", len(ids), err)
	}
}

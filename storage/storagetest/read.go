package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/storage"
)

// testIsolation puts records whose names are prefixes and look-alikes of one another into spaces
// whose names are too, and expects every read to see its own only.
func testIsolation(t *testing.T, s *suite) {
	ctx := t.Context()
	base := s.space().Account
	var spaces []storage.Space
	for _, account := range []storage.Account{base, base + "-b", base + "b", "-" + base} {
		for _, collection := range []storage.Collection{storage.Documents, storage.Versions} {
			for _, part := range []string{"", "p", "pq", "p-q"} {
				spaces = append(spaces, storage.Space{Account: account, Collection: collection, Part: part})
			}
		}
	}
	ids := []string{"1", "1-1", "1/1", "11", "p", "pq"}
	make := func(i int, id string) storage.Record {
		r := record(id, fmt.Sprintf("space-%d", i), "k", "k"+id, "q1")
		r.Owner = "o"
		return r
	}
	parallel(t, len(spaces), func(i int) error {
		for _, id := range ids {
			if err := s.Insert(ctx, spaces[i], make(i, id)); err != nil {
				return err
			}
		}
		return nil
	})
	look := func(i int, in storage.Space, ids []string) {
		t.Helper()
		var want []storage.Record
		for _, id := range ids {
			want = append(want, make(i, id))
		}
		got, err := s.Scan(ctx, in, storage.Page{Limit: 100})
		equal(t, "scan", got, err, want)
		got, err = s.Scan(ctx, in, storage.Page{Limit: 100, Desc: true})
		slices.Reverse(got)
		equal(t, "scan backwards", got, err, want)
		got, err = s.GetMany(ctx, in, ids, nil)
		equal(t, "get many", got, err, want)
		lists, err := s.Find(ctx, in, []string{"k"}, 100)
		equal(t, "find", lists, err, [][]storage.Record{want})
		lists, err = s.Owned(ctx, in, []string{"o"}, storage.Page{Limit: 100})
		equal(t, "owned", lists, err, [][]storage.Record{want})
		lists, err = s.Owned(ctx, in, []string{"o"}, storage.Page{Limit: 100, Desc: true})
		slices.Reverse(lists[0])
		equal(t, "owned backwards", lists, err, [][]storage.Record{want})
	}
	for i, in := range spaces {
		look(i, in, ids)
	}
	for _, id := range ids {
		if err := s.Delete(ctx, spaces[0], id, ""); err != nil {
			t.Fatal(err)
		}
	}
	look(0, spaces[0], nil)
	for i, in := range spaces[1:] {
		look(i+1, in, ids)
	}
}

func testGetMany(t *testing.T, s *suite) {
	in := s.space()
	a, b, c := record("a", "r1"), record("b", "r1"), record("c", "r1")
	s.mustInsert(t, in, b, a, c)
	var none storage.Record
	tests := []struct {
		ids  []string
		want []storage.Record
	}{
		{nil, nil},
		{[]string{"c", "a", "b"}, []storage.Record{c, a, b}},
		{[]string{"x", "c", "y", "c", "x"}, []storage.Record{none, c, none, c, none}},
		{[]string{"", "a", "a\x00", "\xff", strings.Repeat("a", 300)}, []storage.Record{none, a, none, none, none}},
	}
	for _, test := range tests {
		got, err := s.GetMany(t.Context(), in, test.ids, nil)
		equal(t, fmt.Sprintf("get many %q", test.ids), got, err, test.want)
	}
}

// testStrangeIDs reads with ids that no record can have.
func testStrangeIDs(t *testing.T, s *suite) {
	in := s.space()
	strange := []string{"", "\x00", "a\x00b", "\xff\xfe", "é", strings.Repeat("x", 100_000)}
	for _, id := range strange {
		_, err := s.Get(t.Context(), in, id)
		wantError(t, "get", err, storage.ErrNotFound)
		wantError(t, "delete", s.Delete(t.Context(), in, id, ""), storage.ErrNotFound)
	}
	want := make([][]storage.Record, len(strange))
	lists, err := s.Find(t.Context(), in, strange, 1)
	equal(t, "find", lists, err, want)
	lists, err = s.Owned(t.Context(), in, strange, storage.Page{Limit: 1})
	equal(t, "owned", lists, err, want)
}

// testScan compares every page with what sorting and filtering a list gives.
func testScan(t *testing.T, s *suite) {
	in := s.space()
	ids := []string{" ", "!", "1", "10", "2", "A", "B", "a", "a-", "a-1", "a/b", "a0", "aa", "ab", "b", "~", "~~"}
	for _, i := range []int{5, 0, 16, 3, 9, 1, 12, 7, 2, 15, 4, 6, 8, 10, 11, 13, 14} {
		s.mustInsert(t, in, record(ids[i], "r1"))
	}
	bounds := []string{"", " ", "1", "15", "A", "Z", "a", "a-", "a.", "ab", "z", "~~~"}
	for _, prefix := range bounds {
		for _, after := range bounds {
			for _, desc := range []bool{false, true} {
				var want []string
				for _, id := range ids {
					beyond := id > after
					if desc {
						beyond = id < after
					}
					if strings.HasPrefix(id, prefix) && (after == "" || beyond) {
						want = append(want, id)
					}
				}
				if desc {
					slices.Reverse(want)
				}
				for _, limit := range []int{1, 3, 100} {
					page := storage.Page{Prefix: prefix, After: after, Desc: desc, Limit: limit}
					got, err := s.Scan(t.Context(), in, page)
					equal(t, fmt.Sprintf("scan %+v", page), idsOf(got), err, want[:min(limit, len(want))])
				}
			}
		}
	}
	for _, desc := range []bool{false, true} {
		for _, limit := range []int{1, 2, 5} {
			got := scanAll(t, s, in, storage.Page{Limit: limit, Desc: desc})
			if desc {
				slices.Reverse(got)
			}
			equal(t, "pages", got, nil, ids)
		}
	}
}

// scanAll pages through a space.
func scanAll(t *testing.T, s *suite, in storage.Space, page storage.Page) (ids []string) {
	t.Helper()
	for {
		got, err := s.Scan(t.Context(), in, page)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, idsOf(got)...)
		if len(got) < page.Limit {
			return ids
		}
		page.After = got[len(got)-1].ID
	}
}

func testScanUnderWrites(t *testing.T, s *suite) {
	in := s.space()
	var want []string
	for i := range 100 {
		want = append(want, fmt.Sprintf("%03d", i))
	}
	s.fill(t, in, len(want), func(i int) storage.Record { return record(want[i], "r1") })

	stop, stopped := make(chan struct{}), make(chan error, 1)
	go func() {
		stopped <- func() error {
			for i := 0; ; i = (i + 37) % 100 {
				select {
				case <-stop:
					return nil
				default:
				}
				id := want[i] + "-passing"
				if err := s.Insert(t.Context(), in, record(id, "r1")); err != nil {
					return err
				}
				if err := s.Delete(t.Context(), in, id, "r1"); err != nil {
					return err
				}
			}
		}()
	}()
	for _, desc := range []bool{false, true, false, true} {
		got := slices.DeleteFunc(scanAll(t, s, in, storage.Page{Limit: 7, Desc: desc}), func(id string) bool {
			return strings.HasSuffix(id, "-passing")
		})
		if desc {
			slices.Reverse(got)
		}
		equal(t, "records that stay", got, nil, want)
	}
	close(stop)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func testFind(t *testing.T, s *suite) {
	in := s.space()
	s.mustInsert(t, in,
		record("4", "r1", "rare", "common"),
		record("1", "r1", "common", "common"),
		record("3", "r1", "common", "com", "common1"),
		record("2", "r1", "common"),
		record("5", "r1"),
	)
	tests := []struct {
		keys  []string
		limit int
		want  [][]string
	}{
		{nil, 1, nil},
		{[]string{"common"}, 10, [][]string{{"1", "2", "3", "4"}}},
		{[]string{"common"}, 4, [][]string{{"1", "2", "3", "4"}}},
		{[]string{"common"}, 2, [][]string{{"1", "2"}}},
		{[]string{"rare", "absent", "common", "rare", "com", "comm"}, 3, [][]string{{"4"}, nil, {"1", "2", "3"}, {"4"}, {"3"}, nil}},
		{[]string{"common", "rare", "common1"}, 1, [][]string{{"1"}, {"4"}, {"3"}}},
	}
	for _, test := range tests {
		got, err := s.Find(t.Context(), in, test.keys, test.limit)
		equal(t, fmt.Sprintf("find %q, limit %d", test.keys, test.limit), idsOfEach(got), err, test.want)
	}
}

func testOwned(t *testing.T, s *suite) {
	in := s.space()
	s.mustInsert(t, in,
		owned("4", "ann"), owned("1", "ann"), owned("3", "ann"), owned("2", "bob"), owned("5", "bob"),
		owned("6", "an"), record("7", "r1"))
	tests := []struct {
		owners []string
		page   storage.Page
		want   [][]string
	}{
		{nil, storage.Page{Limit: 1}, nil},
		{[]string{"ann", "nobody", "bob", "ann"}, storage.Page{Limit: 10}, [][]string{{"1", "3", "4"}, nil, {"2", "5"}, {"1", "3", "4"}}},
		{[]string{"ann", "bob"}, storage.Page{Limit: 1}, [][]string{{"1"}, {"2"}}},
		{[]string{"ann", "bob", "an"}, storage.Page{Limit: 2, After: "1"}, [][]string{{"3", "4"}, {"2", "5"}, {"6"}}},
		{[]string{"ann", "bob"}, storage.Page{Limit: 2, Desc: true}, [][]string{{"4", "3"}, {"5", "2"}}},
		{[]string{"ann", "bob"}, storage.Page{Limit: 2, Desc: true, After: "4"}, [][]string{{"3", "1"}, {"2"}}},
		{[]string{"ann", "bob"}, storage.Page{Limit: 2, After: "~"}, [][]string{nil, nil}},
	}
	for _, test := range tests {
		got, err := s.Owned(t.Context(), in, test.owners, test.page)
		equal(t, fmt.Sprintf("owned by %q, page %+v", test.owners, test.page), idsOfEach(got), err, test.want)
	}
}

// testOwnedUneven has owners of many records before, between and behind owners of few.
func testOwnedUneven(t *testing.T, s *suite) {
	in := s.space()
	owners := []string{"small-a", "big-a", "small-b", "big-b", "small-c"}
	const n = 600
	want := map[string][]string{}
	owner := func(i int) string {
		switch {
		case i == 0:
			return owners[0]
		case i == n/2:
			return owners[2]
		case i >= n-2:
			return owners[4]
		}
		return owners[1+i%2*2]
	}
	for i := range n {
		want[owner(i)] = append(want[owner(i)], fmt.Sprintf("%04d", i))
	}
	s.fill(t, in, n, func(i int) storage.Record {
		r := owned(fmt.Sprintf("%04d", i), owner(i))
		r.Keys = []string{"key-" + owner(i)}
		return r
	})
	for _, desc := range []bool{false, true} {
		for _, limit := range []int{1, 2, 7, 1000} {
			var expected [][]string
			var keys []string
			for _, o := range owners {
				all := slices.Clone(want[o])
				if desc {
					slices.Reverse(all)
				}
				expected = append(expected, all[:min(limit, len(all))])
				keys = append(keys, "key-"+o)
			}
			got, err := s.Owned(t.Context(), in, owners, storage.Page{Limit: limit, Desc: desc})
			equal(t, "owned", idsOfEach(got), err, expected)
			if !desc {
				got, err = s.Find(t.Context(), in, keys, limit)
				equal(t, "find", idsOfEach(got), err, expected)
			}
		}
	}
}

// expiring returns a record that every kind of read can find.
// testMemory lends one memory to reads of different sizes, and expects each to find what it finds
// without.
func testMemory(t *testing.T, s *suite) {
	in := s.space()
	for i := range 60 {
		r := owned(fmt.Sprintf("%02d", i), []string{"ann", "bob"}[i%2])
		r.Body = marshal(bson.D{{Key: "id", Value: r.ID}, {Key: "blob", Value: strings.Repeat(r.ID, 20*i)}})
		s.mustInsert(t, in, r)
	}
	memory := &storage.Memory{}
	for _, limit := range []int{1, 60, 3, 30, 60} {
		page := storage.Page{Limit: limit}
		want, err := s.Scan(t.Context(), in, page)
		if err != nil {
			t.Fatal(err)
		}
		wantOwned, err := s.Owned(t.Context(), in, []string{"bob", "ann"}, page)
		if err != nil {
			t.Fatal(err)
		}
		ids := make([]string, limit)
		for i := range ids {
			ids[i] = fmt.Sprintf("%02d", (i*7)%61) // of which one is absent
		}
		wantMany, err := s.GetMany(t.Context(), in, ids, nil)
		if err != nil {
			t.Fatal(err)
		}
		gotMany, err := s.GetMany(t.Context(), in, ids, memory)
		equal(t, fmt.Sprintf("%d by id", limit), gotMany, err, wantMany)
		page.Memory = memory
		got, err := s.Scan(t.Context(), in, page)
		equal(t, fmt.Sprintf("scan %d", limit), got, err, want)
		gotOwned, err := s.Owned(t.Context(), in, []string{"bob", "ann"}, page)
		equal(t, fmt.Sprintf("owned, %d each", limit), gotOwned, err, wantOwned)
	}
}

func expiring(id string, at time.Time) storage.Record {
	r := owned(id, "owner")
	r.Keys = []string{"key"}
	r.Expires = at
	return r
}

func testExpiry(t *testing.T, s *suite) {
	in := s.space()
	ctx := t.Context()
	at := s.clock.Now().Add(time.Hour)
	s.mustInsert(t, in, expiring("goes", at), expiring("stays", time.Time{}), expiring("later", at.Add(time.Hour)))
	look := func(ids ...string) {
		t.Helper()
		got, err := s.Scan(ctx, in, storage.Page{Limit: 10})
		equal(t, "scan", idsOf(got), err, ids)
		many, err := s.GetMany(ctx, in, ids, nil)
		equal(t, "get many", many, err, got)
		lists, err := s.Find(ctx, in, []string{"key"}, 10)
		equal(t, "find", lists, err, [][]storage.Record{got})
		lists, err = s.Owned(ctx, in, []string{"owner"}, storage.Page{Limit: 10})
		equal(t, "owned", lists, err, [][]storage.Record{got})
		one, err := s.Find(ctx, in, []string{"key"}, 1)
		equal(t, "find one", one, err, [][]storage.Record{got[:1]})
		for _, id := range ids {
			if _, err := s.Get(ctx, in, id); err != nil {
				t.Errorf("get %s: %v", id, err)
			}
		}
	}
	look("goes", "later", "stays")
	s.clock.advance(time.Hour - time.Millisecond)
	look("goes", "later", "stays")
	got, err := s.Get(ctx, in, "goes")
	equal(t, "get", got, err, expiring("goes", at))
	s.clock.advance(time.Millisecond)
	look("later", "stays")
	_, err = s.Get(ctx, in, "goes")
	wantError(t, "get", err, storage.ErrNotFound)
	many, err := s.GetMany(ctx, in, []string{"goes"}, nil)
	equal(t, "get many", many, err, []storage.Record{{}})
	wantError(t, "replace", s.Replace(ctx, in, expiring("goes", time.Time{}), "r1"), storage.ErrNotFound)

	// A replace can lengthen a life, and end it.
	revived := expiring("later", time.Time{})
	revived.Rev = "r2"
	ended := expiring("stays", s.clock.Now())
	ended.Rev = "r2"
	for _, r := range []storage.Record{revived, ended} {
		if err := s.Replace(ctx, in, r, "r1"); err != nil {
			t.Fatal(err)
		}
	}
	s.clock.advance(2 * time.Hour)
	look("later")

	// Fractions of a millisecond are not kept.
	fine := expiring("fine", s.clock.Now().Add(time.Minute+123*time.Microsecond))
	s.mustInsert(t, in, fine)
	fine.Expires = fine.Expires.Truncate(time.Millisecond)
	got, err = s.Get(ctx, in, "fine")
	equal(t, "get", got, err, fine)
}

func testInsertOverExpired(t *testing.T, s *suite) {
	in := s.space()
	ctx := t.Context()
	old := expiring("one", s.clock.Now().Add(time.Hour))
	old.Keys, old.Owner = []string{"old"}, "old"
	s.mustInsert(t, in, old)
	wantError(t, "insert over a living record", s.Insert(ctx, in, expiring("one", time.Time{})), storage.ErrExists)
	s.clock.advance(time.Hour)

	winners := make([]bool, 16)
	parallel(t, len(winners), func(worker int) error {
		r := expiring("one", time.Time{})
		r.Rev = fmt.Sprint("r", worker)
		err := s.Insert(ctx, in, r)
		winners[worker] = err == nil
		if err != nil && !errors.Is(err, storage.ErrExists) {
			return err
		}
		return nil
	})
	winner := slices.Index(winners, true)
	if winner < 0 || slices.Contains(winners[winner+1:], true) {
		t.Fatalf("the inserts that succeeded: %v", winners)
	}
	want := expiring("one", time.Time{})
	want.Rev = fmt.Sprint("r", winner)
	found, err := s.Find(ctx, in, []string{"old", "key"}, 10)
	equal(t, "find", found, err, [][]storage.Record{nil, {want}})
	lists, err := s.Owned(ctx, in, []string{"old", "owner"}, storage.Page{Limit: 10})
	equal(t, "owned", lists, err, [][]storage.Record{nil, {want}})
	for _, l := range expiredIn(t, s, in) {
		t.Errorf("still listed as expired: %+v", l)
	}
}

func testExpired(t *testing.T, s *suite) {
	in, other := s.space(), s.space()
	other.Part = ""
	ctx := t.Context()
	start := s.clock.Now()
	for i := range 5 {
		s.mustInsert(t, in, expiring(fmt.Sprint("id-", i), start.Add(time.Duration(i+1)*time.Hour)))
	}
	s.mustInsert(t, in, expiring("never", time.Time{}))
	s.mustInsert(t, other, expiring("a/b", start.Add(time.Hour)))
	if got := expiredIn(t, s, in); len(got) > 0 {
		t.Errorf("expired too early: %v", got)
	}
	s.clock.advance(3 * time.Hour)
	equal(t, "expired", expiredIn(t, s, other), nil, []storage.Located{{Space: other, ID: "a/b", Rev: "r1"}})
	want := []storage.Located{{Space: in, ID: "id-0", Rev: "r1"}, {Space: in, ID: "id-1", Rev: "r1"}, {Space: in, ID: "id-2", Rev: "r1"}}
	equal(t, "expired", expiredIn(t, s, in), nil, want)
	for limit := range 3 {
		if got, err := s.Expired(ctx, in.Collection, limit+1); err != nil || len(got) != limit+1 {
			t.Errorf("expired, limit %d: %d records, %v", limit+1, len(got), err)
		}
	}
	elsewhere, err := s.Expired(ctx, storage.Claims, 10)
	equal(t, "expired in another collection", elsewhere, err, nil)

	// A sweep deletes what it was shown, unless it has been written since.
	wantError(t, "delete", s.Delete(ctx, in, "id-0", "r0"), storage.ErrConflict)
	renewed := expiring("id-1", time.Time{})
	renewed.Rev = "r2"
	s.mustInsert(t, in, renewed)
	for _, l := range want {
		if err := s.Delete(ctx, l.Space, l.ID, l.Rev); err != nil && l.ID != "id-1" {
			t.Errorf("delete %s: %v", l.ID, err)
		}
	}
	if got := expiredIn(t, s, in); len(got) > 0 {
		t.Errorf("left after the sweep: %v", got)
	}
	got, err := s.Scan(ctx, in, storage.Page{Limit: 10})
	equal(t, "scan", idsOf(got), err, []string{"id-1", "id-3", "id-4", "never"})
}

// expiredIn returns what has expired in one account, in order of id.
func expiredIn(t *testing.T, s *suite, in storage.Space) []storage.Located {
	t.Helper()
	all, err := s.Expired(t.Context(), in.Collection, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	all = slices.DeleteFunc(all, func(l storage.Located) bool { return l.Space.Account != in.Account })
	slices.SortFunc(all, func(a, b storage.Located) int { return strings.Compare(a.ID, b.ID) })
	return all
}

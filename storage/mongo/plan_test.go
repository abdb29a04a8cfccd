package mongo_test

import (
	"fmt"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/profilegraph/profilegraph/storage"
)

// TestPlans watches the queries that reads send beside 10,000 other records: each read is one
// query, and the server answers it by the right index.
func TestPlans(t *testing.T) {
	s, p, db := behindProxy(t)
	const siblings = 10_000
	id := func(i int) string { return fmt.Sprintf("id-%05d", i) }
	var documents []any
	for i := range siblings {
		documents = append(documents, bson.D{
			{Key: "_id", Value: "acme/profile/" + id(i)},
			{Key: "rev", Value: "r1"},
			{Key: "owner", Value: fmt.Sprint("acme/profile/owner-", i/10)},
			{Key: "keys", Value: bson.A{"acme/profile/key-" + id(i)}},
			{Key: "body", Value: bson.D{}},
		})
	}
	if _, err := db.Collection("documents").InsertMany(t.Context(), documents); err != nil {
		t.Fatal(err)
	}
	var fifty, keys, owners []string
	for i := range 50 {
		fifty = append(fifty, id(i*siblings/50))
		keys = append(keys, "key-"+fifty[i])
		owners = append(owners, fmt.Sprint("owner-", i*siblings/500))
	}
	reads := []struct {
		name, index string
		examined    int64 // documents, at most
		read        func() (int, error)
		want        int
	}{
		{"get", "_id_", 1, func() (int, error) {
			_, err := s.Get(t.Context(), profiles, id(siblings-1))
			return 1, err
		}, 1},
		{"get many", "_id_", 50, func() (int, error) {
			got, err := s.GetMany(t.Context(), profiles, fifty, nil)
			return len(got), err
		}, 50},
		{"newest", "_id_", 1, func() (int, error) {
			got, err := s.Scan(t.Context(), profiles, storage.Page{Desc: true, Limit: 1})
			return len(got), err
		}, 1},
		{"page", "_id_", 10, func() (int, error) {
			got, err := s.Scan(t.Context(), profiles, storage.Page{After: id(5000), Limit: 10})
			return len(got), err
		}, 10},
		{"find", "keys", 50, func() (int, error) {
			got, err := s.Find(t.Context(), profiles, keys, 10)
			return total(got), err
		}, 50},
		{"owned", "owner", 500, func() (int, error) {
			got, err := s.Owned(t.Context(), profiles, owners, storage.Page{Limit: 101})
			return total(got), err
		}, 500},
	}
	for _, read := range reads {
		t.Run(read.name, func(t *testing.T) {
			finds := p.during(func() {
				if got, err := read.read(); err != nil || got != read.want {
					t.Errorf("%d records, want %d: %v", got, read.want, err)
				}
			})
			if len(finds) != 1 {
				t.Fatalf("%d queries, want 1", len(finds))
			}
			checkPlan(t, db, finds[0], read.index, read.examined)
		})
	}
}

func total(lists [][]storage.Record) (n int) {
	for _, list := range lists {
		n += len(list)
	}
	return n
}

// checkPlan asks the server how it answers a query. MongoDB counts the documents it examined; a
// server that does not has to name the index.
func checkPlan(t *testing.T, db *driver.Database, find bson.Raw, index string, examined int64) {
	t.Helper()
	var query bson.D
	for _, field := range []string{"find", "filter", "sort", "limit"} {
		if value, err := find.LookupErr(field); err == nil {
			query = append(query, bson.E{Key: field, Value: value})
		}
	}
	command := bson.D{{Key: "explain", Value: query}, {Key: "verbosity", Value: "executionStats"}}
	plan, err := db.RunCommand(t.Context(), command).Raw()
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := plan.Lookup("executionStats", "totalDocsExamined").AsInt64OK(); ok {
		if got > examined {
			t.Errorf("%d documents examined, want at most %d", got, examined)
		}
		return
	}
	text := plan.Lookup("queryPlanner").String()
	if !strings.Contains(text, fmt.Sprintf("%q: %q", "Index Name", index)) || strings.Contains(text, "Seq Scan") {
		t.Errorf("the plan does not use index %s: %s", index, text)
	}
}

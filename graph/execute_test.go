package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/graph"
	"github.com/profilegraph/profilegraph/graph/transport"
)

// shop returns a source with a few documents of every kind.
func shop(t testing.TB) *memory {
	t.Helper()
	m := newMemory(loadSet(t, "shop"))
	r := m.add(t, "Profile", "p1", "", `{
		"email": "a***@e***.c**", "first-name": "Ada \"the\" 1st\n\u0001é🙂", "kind": "shopper", "tier": "silver-plus", "level": 2.5,
		"age": 36, "loyalty": 9007199254740993, "score": 1e-7, "balance": 12.50, "limit": "0.10", "active": false,
		"birthday": null, "seen": "2026-01-02T03:04:05Z", "tags": ["a", "b"], "marks": [1, null, 3], "matrix": [[1, 2.5], []],
		"home": {"city": "London", "geo": {"lat": 51.5, "lon": 0}, "left over": true},
		"payment": {"method": "card", "last4": "4242"},
		"payments": [{"method": "cash", "amount": 5, "note": "n"}, {"method": "card", "last4": "1"}],
		"tree": {"label": "root", "children": [{"label": "leaf"}, null]},
		"settings": {"z": [1, "x", null], "a": {"b": true}},
		"undeclared": {"n": 1.5}, "also": "this"}`)
	r.masked = []string{"email", "birthday"}
	m.add(t, "Profile", "p2", "", `{"email": "b@b.example", "kind": "shopper", "tier": "true", "level": true, "loyalty": 2}`)
	m.add(t, "Profile", "p3", "", `{"email": "c@c.example", "kind": "shopper", "tier": "gold"}`)
	m.records["Profile"][1].versions = append(m.records["Profile"][1].versions, encode(t, bson.D{{Key: "first-name", Value: "Second"}, {Key: "tier", Value: "gold"}}))
	for i := range 3 {
		m.add(t, "Address", fmt.Sprint("a", i+1), []string{"p1", "p1", "p2"}[i], fmt.Sprintf(`{"street": "Street %d", "postalCode": "%d"}`, i+1, 100+i))
	}
	m.add(t, "PurchaseInfo", "u1", "p1", `{"count": 3}`)
	m.add(t, "Prospect", "s1", "", `{"email": "s@s.example"}`)
	m.add(t, "Ticket", "t1", "", `{"subject": "Help", "priority": 1}`)

	// Documents as no present schema would have them.
	m.insert(m.set.Entity("Profile"), "odd", "", encode(t, bson.D{
		{Key: "home", Value: "a string"}, {Key: "email", Value: 5}, {Key: "age", Value: 1e10}, {Key: "score", Value: int32(3)},
		{Key: "loyalty", Value: 4.0}, {Key: "tier", Value: "platinum"}, {Key: "active", Value: "yes"}, {Key: "tags", Value: bson.A{"x", 1}},
		{Key: "marks", Value: bson.A{int64(1), "two", 3.0}}, {Key: "matrix", Value: bson.A{bson.A{1.0, nil}}}, {Key: "limit", Value: int64(7)},
		{Key: "payment", Value: bson.D{{Key: "method", Value: "iou"}}}, {Key: "seen", Value: bson.NewDateTimeFromTime(epoch)},
		{Key: "tree", Value: bson.D{{Key: "label", Value: true}, {Key: "children", Value: bson.A{bson.D{{Key: "label", Value: 1}}}}}},
	}))
	m.fail["broken"] = errors.New("secret: the disk is on fire")
	m.fail["denied"] = &graph.Error{Code: "DENIED", Message: "You may not.", Extensions: map[string]any{"permission": "read", "code": "x"}}
	return m
}

func encode(t testing.TB, d bson.D) bson.Raw {
	t.Helper()
	raw, err := bson.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestExecute runs the cases in testdata/execute, each against the same shop. A case is a query,
// variables and what is expected: the response, then what the source was asked.
func TestExecute(t *testing.T) {
	files, err := filepath.Glob("testdata/execute/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for _, c := range strings.Split(string(text), "=== ")[1:] {
				name, rest, _ := strings.Cut(c, "\n")
				input, _, _ := strings.Cut(rest, "--- response\n")
				query, variables, _ := strings.Cut(input, "--- variables\n")
				fmt.Fprintf(&got, "=== %s\n%s--- response\n%s\n", name, input, answerCase(t, query, variables))
			}
			golden(t, filepath.Join("execute", filepath.Base(file)), got.String())
		})
	}
}

func answerCase(t *testing.T, query, variables string) string {
	src := shop(t)
	e := compile(t, src.set, graph.Options{})
	ctx := transport.WithRequestID(context.Background(), "req-1")
	request := transport.Request{Query: query}
	if variables != "" {
		request.Variables = json.RawMessage(variables)
	}
	first := e.Execute(ctx, request, src)
	var out bytes.Buffer
	if err := json.Indent(&out, first.Body, "", "  "); err != nil {
		t.Fatalf("%v: %s", err, first.Body)
	}
	for _, w := range src.writes {
		w.Entity = nil
		b, err := json.Marshal(struct {
			Kind      graph.WriteKind
			ID, Owner string `json:",omitempty"`
			Input     map[string]any
			IfVersion string `json:",omitempty"`
			TTLDays   *int   `json:",omitempty"`
		}{w.Kind, w.ID, w.Owner, w.Input, w.IfVersion, w.TTLDays})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "\nwrite %s", b)
	}
	if len(src.batches) > 0 {
		fmt.Fprintf(&out, "\nreads %v", src.batches)
	}
	if len(src.writes) == 0 {
		if again := e.Execute(ctx, request, shop(t)); !bytes.Equal(again.Body, first.Body) {
			t.Errorf("the second answer differs:\n%s\n%s", first.Body, again.Body)
		}
	}
	out.WriteString("\n")
	return out.String()
}

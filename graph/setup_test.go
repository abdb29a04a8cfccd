package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/graph"
	"github.com/profilegraph/profilegraph/graph/generated"
	"github.com/profilegraph/profilegraph/graph/transport"
	"github.com/profilegraph/profilegraph/schema"
)

// loadSet reads the JSON Schemas in a folder of testdata.
func loadSet(t testing.TB, name string) *schema.Set {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", name, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no schemas in %s: %v", name, err)
	}
	var entities []*schema.Entity
	for _, file := range files {
		doc, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		e, _, err := schema.Parse(strings.TrimSuffix(filepath.Base(file), ".json"), doc, schema.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		e.Version = 1
		entities = append(entities, e)
	}
	return newSet(t, entities...)
}

func newSet(t testing.TB, entities ...*schema.Entity) *schema.Set {
	t.Helper()
	set, err := schema.NewSet(entities)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func introspect(s *ast.Schema) graphql.ExecutableSchema {
	return generated.NewExecutableSchema(generated.Config{Schema: s})
}

func compile(t testing.TB, set *schema.Set, o graph.Options) *graph.Engine {
	t.Helper()
	o.Introspect = introspect
	e, err := graph.Compile(set, o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// run executes a query and returns the response.
func run(t testing.TB, e *graph.Engine, src graph.Source, query, variables string) string {
	t.Helper()
	r := e.Execute(context.Background(), transport.Request{Query: query, Variables: json.RawMessage(variables)}, src)
	if !json.Valid(r.Body) {
		t.Fatalf("not JSON: %s", r.Body)
	}
	return string(r.Body)
}

// memory is a source that keeps documents in memory, in their stored form. It does what the
// interface promises and no more: it masks nothing and validates nothing.
type memory struct {
	mu      sync.Mutex
	set     *schema.Set
	records map[string][]*record // by entity, in order of id
	batches []int                // reads in each call of Read
	asked   []graph.Read
	writes  []graph.Write
	fail    map[string]error // by id or owner
	change  []graph.Change   // the answer to every diff
}

type record struct {
	entity   *schema.Entity
	id       string
	owner    string
	versions []bson.Raw // newest last
	masked   []string
}

func newMemory(set *schema.Set) *memory {
	return &memory{set: set, records: make(map[string][]*record), fail: make(map[string]error), change: []graph.Change{
		{Path: "firstName", Kind: "CHANGED", From: "A", To: json.Number("1.50")},
		{Path: "home.city", Kind: "ADDED", To: map[string]any{"a": []any{true, nil}}},
	}}
}

func (m *memory) add(t testing.TB, entity, id, owner, doc string) *record {
	t.Helper()
	e := m.set.Entity(entity)
	body, err := e.Encode(decodeObject(t, doc))
	if err != nil {
		t.Fatal(err)
	}
	return m.insert(e, id, owner, body)
}

func (m *memory) insert(e *schema.Entity, id, owner string, body bson.Raw) *record {
	r := &record{entity: e, id: id, owner: owner, versions: []bson.Raw{body}}
	m.records[e.Name] = append(m.records[e.Name], r)
	slices.SortFunc(m.records[e.Name], func(a, b *record) int { return strings.Compare(a.id, b.id) })
	return r
}

func decodeObject(t testing.TB, doc string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(doc))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func (m *memory) find(e *schema.Entity, id string) *record {
	for _, r := range m.records[e.Name] {
		if r.id == id {
			return r
		}
	}
	return nil
}

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC)

func (r *record) node(version int) graph.Node {
	return graph.Node{
		ID: r.id, Owner: r.owner, Cursor: r.id, Body: r.versions[version-1],
		Meta: graph.Meta{
			Version: fmt.Sprint("v", version), Pin: fmt.Sprint(r.id, "~v", version), Author: "tester", Created: epoch,
			Updated: epoch.Add(time.Duration(version) * time.Hour), Masked: r.masked,
		},
	}
}

func (r *record) newest() graph.Node { return r.node(len(r.versions)) }

func (m *memory) Read(_ context.Context, reads []graph.Read) []graph.Result {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.batches = append(m.batches, len(reads))
	m.asked = append(m.asked, reads...)
	out := make([]graph.Result, len(reads))
	for i, r := range reads {
		out[i] = m.read(r)
	}
	return out
}

func (m *memory) read(r graph.Read) graph.Result {
	if err := m.fail[r.ID+r.Owner]; err != nil {
		return graph.Result{Err: err}
	}
	switch r.Kind {
	case graph.ByID:
		if rec := m.find(r.Entity, r.ID); rec != nil {
			return graph.Result{Nodes: []graph.Node{rec.newest()}}
		}
	case graph.ByKey:
		for _, rec := range m.records[r.Entity.Name] {
			doc, err := r.Entity.Decode(rec.versions[len(rec.versions)-1])
			if err == nil && doc[r.Key.Property] == r.Value {
				return graph.Result{Nodes: []graph.Node{rec.newest()}}
			}
		}
	case graph.List, graph.Owned:
		var nodes []graph.Node
		for _, rec := range m.records[r.Entity.Name] {
			if r.Kind == graph.List || rec.owner == r.Owner {
				nodes = append(nodes, rec.newest())
			}
		}
		return cut(nodes, r)
	case graph.Versions:
		if rec := m.find(r.Entity, r.ID); rec != nil {
			var nodes []graph.Node
			for v := len(rec.versions); v > 0; v-- {
				n := rec.node(v)
				n.Cursor = n.Meta.Version
				nodes = append(nodes, n)
			}
			return cut(nodes, r)
		}
	case graph.ByVersion:
		if rec := m.find(r.Entity, r.ID); rec != nil {
			for v := range rec.versions {
				if fmt.Sprint("v", v+1) == r.Version {
					return graph.Result{Nodes: []graph.Node{rec.node(v + 1)}}
				}
			}
		}
	case graph.Diff:
		return graph.Result{Changes: m.change}
	}
	return graph.Result{}
}

func cut(nodes []graph.Node, r graph.Read) graph.Result {
	var out graph.Result
	if r.After != "" {
		i := slices.IndexFunc(nodes, func(n graph.Node) bool { return n.Cursor == r.After })
		nodes = nodes[i+1:]
		out.HasPrevious = i >= 0
	}
	out.HasNext = len(nodes) > r.First
	out.Nodes = nodes[:min(len(nodes), r.First)]
	return out
}

func (m *memory) Write(_ context.Context, w graph.Write) graph.Result {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.writes = append(m.writes, w)
	if err := m.fail[w.ID+w.Owner]; err != nil {
		return graph.Result{Err: err}
	}
	if w.Kind == graph.Create {
		body, err := w.Entity.Encode(mergePatch(nil, nil, w.Input))
		if err != nil {
			return graph.Result{Err: err}
		}
		r := m.insert(w.Entity, fmt.Sprint("new", len(m.writes)), w.Owner, body)
		return graph.Result{Nodes: []graph.Node{r.newest()}}
	}
	rec := m.find(w.Entity, w.ID)
	if rec == nil {
		return graph.Result{Err: &graph.Error{Code: "NOT_FOUND", Message: "There is no such document."}}
	}
	switch w.Kind {
	case graph.Update:
		old, err := w.Entity.Decode(rec.versions[len(rec.versions)-1])
		if err != nil {
			return graph.Result{Err: err}
		}
		body, err := w.Entity.Encode(mergePatch(w.Entity.Type, old, w.Input))
		if err != nil {
			return graph.Result{Err: err}
		}
		rec.versions = append(rec.versions, body)
		return graph.Result{Nodes: []graph.Node{rec.newest()}}
	case graph.Promote:
		to := m.set.Entity("Profile")
		body, err := to.Encode(mergePatch(nil, nil, w.Input))
		if err != nil {
			return graph.Result{Err: err}
		}
		return graph.Result{Nodes: []graph.Node{m.insert(to, w.ID, "", body).newest()}}
	default:
		m.records[w.Entity.Name] = slices.DeleteFunc(m.records[w.Entity.Name], func(r *record) bool { return r == rec })
		return graph.Result{}
	}
}

// mergePatch is RFC 7396, but that a union is replaced whole.
func mergePatch(t *schema.Type, target, patch map[string]any) map[string]any {
	out := make(map[string]any, len(target)+len(patch))
	for k, v := range target {
		out[k] = v
	}
	for k, v := range patch {
		of := new(schema.Type)
		if t != nil {
			if i := slices.IndexFunc(t.Fields, func(f *schema.Field) bool { return f.Property == k }); i >= 0 {
				of = t.Fields[i].Type
			}
		}
		inner, isObject := v.(map[string]any)
		switch {
		case v == nil:
			delete(out, k)
		case isObject && of.Kind != schema.Union:
			old, _ := out[k].(map[string]any)
			out[k] = mergePatch(of, old, inner)
		default:
			out[k] = v
		}
	}
	return out
}

package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/graph"
	"github.com/profilegraph/profilegraph/graph/transport"
	"github.com/profilegraph/profilegraph/schema"
)

// custom returns an account whose Profile has n fields of its own, all else being built in.
func custom(t testing.TB, n int) *schema.Set {
	t.Helper()
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"custom%02d": {"type": ["string", "null"], "description": "Custom field number %d.", "sensitive": %t}`, i, i, i%5 == 0)
	}
	doc := `{"type": "object", "required": ["email"], "v-indexed": ["email"], "v-unique": ["email"],
		"properties": {"email": {"type": "string", "format": "email", "sensitive": true, "pii": true}` + b.String() + `}}`
	e, _, err := schema.Parse("Profile", []byte(doc), schema.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	e.Version = 1
	entities := schema.Defaults()
	for i := range entities {
		if entities[i].Name == "Profile" {
			entities[i] = e
		}
	}
	return newSet(t, entities...)
}

// retained returns the bytes of heap that the values made by create hold on to, each.
func retained(n int, create func() any) int {
	keep := make([]any, n)
	var before, after runtime.MemStats
	for range 3 { // pools outlive two collections
		runtime.GC()
	}
	runtime.ReadMemStats(&before)
	for i := range keep {
		keep[i] = create()
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(keep)
	return int(int64(after.HeapAlloc)-int64(before.HeapAlloc)) / n
}

// TestRetained holds the promise that an account of 50 fields takes no more than 64 KiB.
func TestRetained(t *testing.T) {
	set := custom(t, 50)
	cache := graph.NewCache(0)
	compile(t, set, graph.Options{Cache: cache}) // what is shared
	got := retained(50, func() any { return compile(t, set, graph.Options{Cache: cache}) })
	t.Logf("%d bytes", got)
	if got > 64<<10 {
		t.Errorf("an engine retains %d bytes, more than 64 KiB", got)
	}
}

// TestCacheEstimate holds the cache's bookkeeping against the heap.
func TestCacheEstimate(t *testing.T) {
	src := shop(t)
	cache := graph.NewCache(0)
	e := compile(t, src.set, graph.Options{Cache: cache})
	const n = 500
	query := func(i int) string {
		return fmt.Sprintf(`query Q%d($id: ID!, $more: Boolean = true) { profile(id: $id) { id email tier home { city } ...F @include(if: $more) } } fragment F on Profile { addresses(first: 5) { nodes { id street } } meta { version } }`, i)
	}
	for i := range n {
		run(t, e, src, query(i), `{"id": "p1"}`) // so that all pools and buffers are there
	}
	cache = graph.NewCache(0)
	e = compile(t, src.set, graph.Options{Cache: cache})
	src.asked, src.batches = nil, nil
	i := 0
	actual := retained(n, func() any {
		i++
		src.asked, src.batches = nil, nil
		run(t, e, src, query(i), `{"id": "p1"}`)
		return nil
	})
	estimate := cache.Size() / n
	t.Logf("estimate %d bytes, actual %d", estimate, actual)
	if estimate < actual/2 || estimate > actual*3 {
		t.Errorf("the cache believes an operation to hold %d bytes; it holds %d", estimate, actual)
	}
}

func TestCacheIsBounded(t *testing.T) {
	src := shop(t)
	cache := graph.NewCache(200_000)
	for round := range 3 {
		e := compile(t, src.set, graph.Options{Cache: cache})
		for i := range 300 {
			want := fmt.Sprintf(`{"data":{"a%d":{"id":"p1"}}}`, i)
			if got := run(t, e, src, fmt.Sprintf(`{ a%d: profile(id: "p1") { id } }`, i), ""); got != want {
				t.Fatalf("round %d: %s, want %s", round, got, want)
			}
			if cache.Size() > 200_000 {
				t.Fatalf("the cache holds %d bytes", cache.Size())
			}
		}
	}
}

// fixed is a source that always has the same nodes, and does nothing else.
type fixed struct {
	results []graph.Result
}

func (f fixed) Read(context.Context, []graph.Read) []graph.Result { return f.results }

func (f fixed) Write(context.Context, graph.Write) graph.Result { return f.results[0] }

func benchmarkExecute(b *testing.B, query, variables string, nodes int) {
	src := shop(b)
	e := compile(b, src.set, graph.Options{})
	var body bson.Raw
	for _, r := range src.records["Profile"] {
		if r.id == "p1" {
			body = r.versions[0]
		}
	}
	// What the source would provide for the fields asked for.
	doc, err := src.set.Entity("Profile").Decode(body)
	if err != nil {
		b.Fatal(err)
	}
	for name := range doc {
		if !strings.Contains("email first-name tier age loyalty score active seen", name) {
			delete(doc, name)
		}
	}
	if body, err = src.set.Entity("Profile").Encode(doc); err != nil {
		b.Fatal(err)
	}
	result := graph.Result{}
	for i := range nodes {
		result.Nodes = append(result.Nodes, graph.Node{ID: fmt.Sprint("p", i), Cursor: fmt.Sprint("p", i), Body: body})
	}
	trivial := fixed{[]graph.Result{result}}
	request := transport.Request{Query: query, Variables: json.RawMessage(variables)}
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if r := e.Execute(ctx, request, trivial); r.RequestError {
			b.Fatal(string(r.Body))
		}
	}
}

func BenchmarkExecuteByID(b *testing.B) {
	benchmarkExecute(b, `query P($id: ID!) { profile(id: $id) { email first_name tier age loyalty score active seen } }`, `{"id":"p1"}`, 1)
}

func BenchmarkExecuteList50(b *testing.B) {
	benchmarkExecute(b, `query L($n: Int) { profiles(first: $n) { nodes { id email first_name tier age loyalty score active } pageInfo { endCursor } } }`, `{"n":50}`, 50)
}

func BenchmarkCompile50(b *testing.B) {
	set := custom(b, 50)
	cache := graph.NewCache(0)
	compile(b, set, graph.Options{Cache: cache})
	b.ReportAllocs()
	for b.Loop() {
		compile(b, set, graph.Options{Cache: cache})
	}
}

func BenchmarkCompileAndFirstQuery50(b *testing.B) {
	set := custom(b, 50)
	cache := graph.NewCache(0)
	src := newMemory(set)
	b.ReportAllocs()
	for b.Loop() {
		e := compile(b, set, graph.Options{Cache: cache})
		run(b, e, src, `{ profile(id: "1") { id email custom00 custom49 addresses { nodes { street: route } } } }`, "")
	}
}

func BenchmarkCheck50(b *testing.B) {
	e := compile(b, custom(b, 50), graph.Options{})
	b.ReportAllocs()
	for b.Loop() {
		if err := e.Check(); err != nil {
			b.Fatal(err)
		}
	}
}

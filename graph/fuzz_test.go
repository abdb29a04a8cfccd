package graph_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/graph"
	"github.com/profilegraph/profilegraph/graph/transport"
)

// FuzzExecute sends any text and any variables: the engine must not fail itself, and must answer
// in JSON.
func FuzzExecute(f *testing.F) {
	files, err := filepath.Glob("testdata/execute/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, c := range strings.Split(string(text), "=== ")[1:] {
			_, rest, _ := strings.Cut(c, "\n")
			input, _, _ := strings.Cut(rest, "--- response\n")
			query, variables, _ := strings.Cut(input, "--- variables\n")
			f.Add(query, variables)
		}
	}
	src := shop(f)
	source := unchanging{src}
	e, err := graph.Compile(src.set, graph.Options{Introspect: introspect, Report: func(_ context.Context, err error) {
		if strings.Contains(err.Error(), "panic") {
			panic(err)
		}
	}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, query, variables string) {
		if !json.Valid([]byte(variables)) {
			variables = "{}"
		}
		r := e.Execute(context.Background(), transport.Request{Query: query, Variables: json.RawMessage(variables)}, source)
		if !json.Valid(r.Body) {
			t.Errorf("not JSON: %s", r.Body)
		}
	})
}

// unchanging is a source whose documents stay as they are, whatever is written.
type unchanging struct{ *memory }

func (u unchanging) Read(_ context.Context, reads []graph.Read) []graph.Result {
	out := make([]graph.Result, len(reads))
	for i, r := range reads {
		out[i] = u.read(r)
	}
	return out
}

func (u unchanging) Write(_ context.Context, w graph.Write) graph.Result {
	body, err := w.Entity.Encode(mergePatch(nil, nil, w.Input))
	if err != nil {
		return graph.Result{Err: err}
	}
	return graph.Result{Nodes: []graph.Node{{ID: "new", Body: body}}}
}

// FuzzBody lets the source return any bytes as a stored document.
func FuzzBody(f *testing.F) {
	src := shop(f)
	for _, r := range src.records["Profile"] {
		f.Add([]byte(r.versions[0]))
	}
	f.Add([]byte{})
	e, err := graph.Compile(src.set, graph.Options{Report: func(_ context.Context, err error) {
		if strings.Contains(err.Error(), "panic") {
			panic(err)
		}
	}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		source := fixed{[]graph.Result{{Nodes: []graph.Node{{ID: "x", Body: bson.Raw(body)}}}}}
		r := e.Execute(context.Background(), transport.Request{Query: `{ profile(id: "x") {
			email kind tier level age loyalty score balance limit active seen tags marks matrix home { city geo { lat } additionalProperties }
			payment { ... on ProfileCard { last4 } } payments { ... on ProfileCash { amount } } tree { label children { label } } settings additionalProperties } }`}, source)
		if !json.Valid(r.Body) {
			t.Errorf("not JSON: %s", r.Body)
		}
	})
}

// TestConcurrent runs one engine from many goroutines, for the race detector.
func TestConcurrent(t *testing.T) {
	src := shop(t)
	cache := graph.NewCache(50_000) // small, so that entries come and go
	e := compile(t, src.set, graph.Options{Cache: cache})
	queries := []string{
		`query($v: Boolean!) { profile(id: "p1") { id email @include(if: $v) addresses { nodes { street } } } }`,
		`query($v: Boolean!) { profiles(first: 3) { nodes { id tier @skip(if: $v) } } }`,
		`query($v: Boolean!) { __type(name: "Profile") { name kind @skip(if: $v) fields { name } } }`,
	}
	want := make(map[string]string)
	for _, q := range queries {
		for _, v := range []string{`{"v":true}`, `{"v":false}`} {
			want[q+v] = run(t, e, src, q, v)
		}
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 30 {
				for _, q := range queries {
					for _, v := range []string{`{"v":true}`, `{"v":false}`} {
						r := e.Execute(context.Background(), transport.Request{Query: q, Variables: json.RawMessage(v)}, src)
						if string(r.Body) != want[q+v] {
							t.Errorf("%s\ngot %s\nwant %s", q, r.Body, want[q+v])
						}
					}
				}
			}
		})
	}
	wg.Wait()
}

// panics is a source that fails in the worst way.
type panics struct{}

func (panics) Read(context.Context, []graph.Read) []graph.Result { panic("secret") }

func (panics) Write(context.Context, graph.Write) graph.Result { panic("secret") }

func TestFaults(t *testing.T) {
	src := shop(t)
	var reported []error
	e := compile(t, src.set, graph.Options{Report: func(_ context.Context, err error) { reported = append(reported, err) }})
	got := run(t, e, panics{}, `{ profile(id: "p1") { id } }`, "")
	if !strings.Contains(got, `"INTERNAL"`) || strings.Contains(got, "secret") || len(reported) != 1 {
		t.Errorf("%s, reported %v", got, reported)
	}
	got = run(t, e, src, `{ profile(id: "broken") { id } }`, "")
	if strings.Contains(got, "secret") || len(reported) != 2 || !strings.Contains(reported[1].Error(), "disk") {
		t.Errorf("%s, reported %v", got, reported)
	}
	got = run(t, e, fixed{[]graph.Result{{Nodes: []graph.Node{{ID: "1", Body: bson.Raw{9, 9, 9}}}}}}, `{ profile(id: "1") { id age } }`, "")
	if !strings.HasPrefix(got, `{"data":{"profile":{"id":"1","age":null}},"errors":[{"message":"internal error"`) || len(reported) != 3 {
		t.Errorf("a damaged document: %s, reported %v", got, reported)
	}
	got = run(t, e, fixed{[]graph.Result{{Err: context.DeadlineExceeded}}}, `{ profile(id: "1") { id } }`, "")
	if !strings.Contains(got, `"REQUEST_TIMEOUT"`) {
		t.Error(got)
	}
	got = run(t, e, fixed{[]graph.Result{{Err: errors.Join(&graph.Error{Code: "A", Message: "m"})}}}, `{ profile(id: "1") { id } }`, "")
	if !strings.Contains(got, `"code":"A"`) {
		t.Error(got)
	}
}

func TestMutationByGet(t *testing.T) {
	src := shop(t)
	e := compile(t, src.set, graph.Options{})
	r := e.Execute(context.Background(), transport.Request{Query: `mutation { deleteProfile(id: "p1") }`, ReadOnly: true}, src)
	if r.Status != 405 || len(src.writes) != 0 {
		t.Errorf("status %d, %d writes", r.Status, len(src.writes))
	}
}

// greedy is a source that keeps and changes whatever it is given.
type greedy struct{ seen []string }

func (g *greedy) Read(context.Context, []graph.Read) []graph.Result { return nil }

func (g *greedy) Write(_ context.Context, w graph.Write) graph.Result {
	b, err := json.Marshal(w.Input)
	g.seen = append(g.seen, string(b))
	var spoil func(v any)
	spoil = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, item := range v {
				spoil(item)
				v[k] = "spoilt"
			}
		case []any:
			for i, item := range v {
				spoil(item)
				v[i] = "spoilt"
			}
		}
	}
	spoil(w.Input)
	return graph.Result{Err: err}
}

// TestInputBelongsToSource sends the same input several times, in one request and in the next.
func TestInputBelongsToSource(t *testing.T) {
	src := shop(t)
	e := compile(t, src.set, graph.Options{})
	for _, query := range []string{
		`mutation($i: ProfileInput!) { a: createProfile(input: $i) { id } b: createProfile(input: $i) { id } }`,
		`mutation($s: JSON) { a: createProfile(input: {email: "a@b.example", tags: ["x"], settings: $s}) { id } b: createProfile(input: {email: "a@b.example", tags: ["x"], settings: $s}) { id } }`,
		`mutation($i: ProfileInput! = {email: "a@b.example", settings: {a: [1]}, tags: ["x"]}) { a: createProfile(input: $i) { id } b: createProfile(input: $i) { id } }`,
	} {
		g := &greedy{}
		variables := `{"i": {"email": "a@b.example", "settings": {"a": [1]}, "tags": ["x"]}, "s": {"a": [1]}}`
		if strings.Contains(query, "= {") {
			variables = ""
		}
		for range 2 {
			run(t, e, g, query, variables)
		}
		want := `{"active":true,"email":"a@b.example","kind":"shopper","settings":{"a":[1]},"tags":["x"],"tier":"bronze"}`
		for _, got := range g.seen {
			if got != want {
				t.Errorf("%s\ngot  %s\nwant %s", query, got, want)
			}
		}
		if len(g.seen) != 4 {
			t.Errorf("%d writes", len(g.seen))
		}
	}
}

type observer struct{ seen []graph.Observed }

func (o *observer) Operation(_ context.Context, s graph.Observed) { o.seen = append(o.seen, s) }

func TestObserver(t *testing.T) {
	src := shop(t)
	o := &observer{}
	e := compile(t, src.set, graph.Options{Observer: o})
	run(t, e, src, `query Named { profiles(first: 2) { nodes { id addresses { nodes { id } } tier } } p: profile(id: "broken") { id } }`, "")
	run(t, e, src, `mutation { deleteProfile(id: "p1") }`, "")
	run(t, e, src, `{ nonsense }`, "") // not executed, so not observed
	want := []graph.Observed{
		{Name: "Named", Type: "query", Fields: 2, Batches: 2, Reads: 4, Documents: 4, Errors: 2},
		{Type: "mutation", Fields: 1, Writes: 1},
	}
	if len(o.seen) != 2 || o.seen[0] != want[0] || o.seen[1] != want[1] {
		t.Errorf("got  %+v\nwant %+v", o.seen, want)
	}
}

// TestFields holds what the source is asked for against what the query needs.
func TestFields(t *testing.T) {
	src := shop(t)
	e := compile(t, src.set, graph.Options{})
	run(t, e, src, `{ profiles(first: 1) { edges { node { id email } } nodes { ...F meta { author } } } } fragment F on Profile { t: tier additionalProperties }`, "")
	if len(src.asked) != 1 {
		t.Fatal(src.asked)
	}
	var got []string
	for _, f := range src.set.Entity("Profile").Type.Fields {
		if src.asked[0].Fields.Has(f.Slot) {
			got = append(got, f.Name)
		}
	}
	if strings.Join(got, " ") != "email tier additionalProperties" {
		t.Error(got)
	}
}

func TestCost(t *testing.T) {
	src := shop(t)
	e := compile(t, src.set, graph.Options{})
	tests := []struct {
		query, variables string
		refused          bool
	}{
		{`{ profiles(first: 100) { nodes { addresses(first: 98) { nodes { id } } } } }`, "", false},
		{`{ profiles(first: 100) { nodes { addresses(first: 100) { nodes { id } } } } }`, "", true},
		{`query($n: Int!) { profiles(first: $n) { nodes { addresses(first: $n) { nodes { id } } } } }`, `{"n": 100}`, true},
		{`query($n: Int!) { profiles(first: $n) { nodes { addresses(first: $n) { nodes { id } } } } }`, `{"n": 50}`, false},
		{`query($no: Boolean!) { profiles(first: 100) { nodes { addresses(first: 100) @include(if: $no) { nodes { id } } } } }`, `{"no": false}`, false},
	}
	for _, test := range tests {
		if got := run(t, e, src, test.query, test.variables); strings.Contains(got, "QUERY_TOO_COMPLEX") != test.refused {
			t.Errorf("%s %s: %s", test.query, test.variables, got)
		}
	}
}

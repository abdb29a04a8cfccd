package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/profilegraph/profilegraph/graph"
	"github.com/profilegraph/profilegraph/graph/transport"
	"github.com/profilegraph/profilegraph/schema"
)

// federated are the sets of entities whose subgraphs are looked at.
func federated(t *testing.T) map[string]*schema.Set {
	return map[string]*schema.Set{"shop": loadSet(t, "shop"), "products": loadSet(t, "products"), "hidden": loadSet(t, "hidden"), "unseen": loadSet(t, "unseen"), "defaults": newSet(t, schema.Defaults()...)}
}

// TestFederationSDL compares what composers read with golden files, which .ci/federation composes.
func TestFederationSDL(t *testing.T) {
	for name, set := range federated(t) {
		for _, variant := range []graph.Variant{graph.Federation, graph.Public} {
			t.Run(name+" "+string(variant), func(t *testing.T) {
				e := compile(t, set, graph.Options{})
				sdl := e.SDL(variant)
				golden(t, name+"."+string(variant)+".graphql", sdl)
				if _, err := parser.ParseSchema(&ast.Source{Input: sdl}); err != nil {
					t.Errorf("the SDL cannot be parsed: %v", err)
				}
				cache := graph.NewCache(0)
				for range 3 {
					if again := compile(t, set, graph.Options{Cache: cache}).SDL(variant); again != sdl {
						t.Error("compiled again it differs")
					}
				}
			})
		}
	}
}

// TestPublicSDL holds that the public variant names no sensitive field, anywhere.
func TestPublicSDL(t *testing.T) {
	for name, set := range federated(t) {
		doc, err := parser.ParseSchema(&ast.Source{Input: compile(t, set, graph.Options{}).SDL(graph.Public)})
		if err != nil {
			t.Fatal(err)
		}
		shown := 0
		for _, e := range set.Entities {
			for _, f := range e.Type.Fields {
				for _, suffix := range []string{"", "Input", "Patch", "By"} {
					def := doc.Definitions.ForName(e.Name + suffix)
					switch {
					case def == nil || def.Fields.ForName(f.Name) == nil:
					case f.Sensitive:
						t.Errorf("%s: %s has %s", name, def.Name, f.Name)
					default:
						shown++
					}
				}
			}
		}
		if shown == 0 {
			t.Errorf("%s: no field is left", name)
		}
		for _, def := range doc.Definitions {
			for _, f := range def.Fields {
				if doc.Definitions.ForName(f.Type.Name()) == nil && !slices.Contains([]string{"ID", "String", "Int", "Float", "Boolean"}, f.Type.Name()) {
					t.Errorf("%s: %s.%s is of the type %s, which is not there", name, def.Name, f.Name, f.Type.Name())
				}
				if f.Arguments.ForName("unmask") != nil {
					t.Errorf("%s: %s.%s can be unmasked", name, def.Name, f.Name)
				}
			}
		}
	}
}

// TestInaccessible holds what composers insist on: nothing that is accessible leads to a type that is not, and
// no type is accessible without a part that is.
func TestInaccessible(t *testing.T) {
	hidden := func(list ast.DirectiveList) bool { return list.ForName("inaccessible") != nil }
	for name, set := range federated(t) {
		for _, variant := range []graph.Variant{graph.Federation, graph.Public} {
			doc, err := parser.ParseSchema(&ast.Source{Input: compile(t, set, graph.Options{}).SDL(variant)})
			if err != nil {
				t.Fatal(err)
			}
			leads := func(from string, to *ast.Type) {
				if def := doc.Definitions.ForName(to.Name()); def != nil && hidden(def.Directives) {
					t.Errorf("%s %s: %s leads to %s", name, variant, from, def.Name)
				}
			}
			count := 0
			for _, def := range doc.Definitions {
				if hidden(def.Directives) {
					count++
					continue
				}
				shown := len(def.Fields) == 0
				for _, f := range def.Fields {
					if !hidden(f.Directives) {
						shown = true
						leads(def.Name+"."+f.Name, f.Type)
						for _, a := range f.Arguments {
							leads(def.Name+"."+f.Name, a.Type)
						}
					}
				}
				if !shown {
					t.Errorf("%s %s: nothing in %s is accessible", name, variant, def.Name)
				}
			}
			if (count > 0) != (name == "hidden" || name == "unseen") {
				t.Errorf("%s %s: %d types are inaccessible", name, variant, count)
			}
		}
	}
}

func TestServiceSDL(t *testing.T) {
	e := compile(t, loadSet(t, "shop"), graph.Options{})
	want, err := json.Marshal(map[string]any{"data": map[string]any{"x": map[string]any{"__typename": "_Service", "sdl": e.SDL(graph.Federation)}}})
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	got := run(t, e, newMemory(loadSet(t, "shop")), `{ x: _service { __typename sdl } }`, "")
	if json.Unmarshal([]byte(got), &a) != nil || json.Unmarshal(want, &b) != nil || fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("got %s", got)
	}
}

// ask sends representations.
func ask(e *graph.Engine, src graph.Source, query string, representations ...any) string {
	variables, err := json.Marshal(map[string]any{"r": representations})
	if err != nil {
		panic(err)
	}
	return string(e.Execute(context.Background(), transport.Request{Query: query, Variables: variables}, src).Body)
}

// TestRepresentationLimits: their number is bounded, and so is what is asked for below each.
func TestRepresentationLimits(t *testing.T) {
	src := shop(t)
	e := compile(t, src.set, graph.Options{})
	many := slices.Repeat([]any{map[string]any{"__typename": "Profile", "id": "p1"}}, 1_001)
	flat := `query($r: [_Any!]!) { _entities(representations: $r) { ... on Profile { id } } }`
	deep := `query($r: [_Any!]!) { _entities(representations: $r) { ... on Profile { addresses(first: 100) { nodes { id } } } } }`
	for _, test := range []struct {
		query string
		count int
		want  string // in the answer
	}{
		{flat, 1_000, `{"data":{"_entities":[{"id":"p1"},`},
		{flat, 1_001, `{"data":null,"errors":[{"message":"Argument representations has more than 1000 items."`},
		{deep, 99, `{"data":{"_entities":[{"addresses":`},
		{deep, 100, `"code":"QUERY_TOO_COMPLEX"`},
	} {
		if got := ask(e, src, test.query, many[:test.count]...); !strings.Contains(got, test.want) {
			t.Errorf("%d: got %.300s, want %s", test.count, got, test.want)
		}
	}
}

// TestRepresentationsAreOneLevel: however many there are, the source is asked once for each level.
func TestRepresentationsAreOneLevel(t *testing.T) {
	src := shop(t)
	e := compile(t, src.set, graph.Options{})
	var list []any
	for i := range 50 {
		list = append(list, map[string]any{"__typename": "Profile", "id": fmt.Sprint("p", i%3+1)})
	}
	list = append(list, map[string]any{"__typename": "Ticket", "id": "t1"}, map[string]any{"__typename": "Profile", "email": "c@c.example"})
	ask(e, src, `query($r: [_Any!]!) { _entities(representations: $r) { ... on Profile { email addresses(first: 2) { nodes { id } } purchaseInfo { count } } } }`, list...)
	if want := []int{52, 102}; !slices.Equal(src.batches, want) {
		t.Errorf("batches of %v reads, want %v", src.batches, want)
	}
}

// TestUnmaskBelowRepresentations: a field's own argument says why it is to be seen in clear.
func TestUnmaskBelowRepresentations(t *testing.T) {
	src := shop(t)
	e := compile(t, src.set, graph.Options{})
	variables := `{"r": [{"__typename": "Profile", "id": "p1"}, {"__typename": "Profile", "id": "p2"}], "why": {"reason": "the parcel came back"}}`
	run(t, e, src, `query($r: [_Any!]!, $why: Unmask) { _entities(representations: $r) { ... on Profile { email document(unmask: $why) } } }`, variables)
	if len(src.asked) != 2 {
		t.Fatalf("%d reads", len(src.asked))
	}
	for _, r := range src.asked {
		if len(r.Unmask) != 1 || !slices.Equal(r.Unmask[0].Fields, []string{"document"}) || r.Unmask[0].Reason != "the parcel came back" {
			t.Errorf("%s: %+v", r.ID, r.Unmask)
		}
	}
}

// FuzzRepresentations: representations that need no JSON decoder are read as the decoder would read
// them. A further member makes the engine use it.
func FuzzRepresentations(f *testing.F) {
	src := shop(f)
	e := compile(f, src.set, graph.Options{})
	for _, list := range []string{
		`[]`, `[ ]`, `[{}]`, `[{"__typename":"Profile","id":"p1"}]`, ` [ { "__typename" : "Profile" , "id" : "p1" } , {"__typename":"Ticket","id":"t1"} ] `,
		`[{"__typename":"Profile","id":"p\u0031"}]`, `[{"__typename":"Profile","id":"none","id":"p1"}]`, `[{"__typename":"Profile","id":7}]`, `[{"__typename":"Profile","id":"p1","x":{}}]`,
		`[null]`, `["p1"]`, `[[]]`, `{"__typename":"Profile","id":"p1"}`,
	} {
		f.Add(list)
	}
	f.Fuzz(func(t *testing.T, list string) {
		if !utf8.ValidString(list) || !json.Valid([]byte(`{"r":`+list+`}`)) || strings.Contains(list, `"r"`) {
			t.Skip("the transport refuses it, or it names the variable again")
		}
		query := `query($r: [_Any!]!) { _entities(representations: $r) { __typename ... on Profile { id } } }`
		ask := func(variables string) string {
			return string(e.Execute(context.Background(), transport.Request{Query: query, Variables: json.RawMessage(variables)}, unchanging{src}).Body)
		}
		if plain, decoded := ask(`{"r":`+list+`}`), ask(`{"r":`+list+`,"other":null}`); plain != decoded {
			t.Errorf("%s\nis answered %s\ndecoded      %s", list, plain, decoded)
		}
	})
}

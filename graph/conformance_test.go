package graph_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/profilegraph/profilegraph/graph"
)

// products is the subgraph of that name in Apollo's suite for subgraph libraries, as far as our types can
// express it, with the suite's data.
func products(t *testing.T) *memory {
	m := newMemory(loadSet(t, "products"))
	m.add(t, "Product", "apollo-federation", "", `{"sku": "federation", "package": "@apollo/federation", "variation": {"id": "OSS"},
		"dimensions": {"size": "small", "weight": 1, "unit": "kg"}, "research": [{"study": {"caseNumber": "1234", "description": "Federation Study"}}]}`)
	m.add(t, "Product", "apollo-studio", "", `{"sku": "studio", "package": "", "variation": {"id": "platform"},
		"dimensions": {"size": "small", "weight": 1, "unit": "kg"}, "research": [{"study": {"caseNumber": "1235", "description": "Studio Study"}}]}`)
	m.add(t, "User", "u1", "", `{"email": "support@apollographql.com", "name": "Jane Smith"}`)
	return m
}

// TestConformance runs what the suite asks of a subgraph. The table in the document lists all that it
// asks, and says of what does not apply why.
func TestConformance(t *testing.T) {
	src := products(t)
	e := compile(t, src.set, graph.Options{})
	sdl := e.SDL(graph.Federation)
	answers := func(query, want string, representations ...any) func(*testing.T) {
		return func(t *testing.T) {
			if got := ask(e, src, query, representations...); got != want {
				t.Errorf("%s\nanswered %s\nwant     %s", query, got, want)
			}
		}
	}
	says := func(lines ...string) func(*testing.T) {
		return func(t *testing.T) {
			for _, line := range lines {
				if !strings.Contains(sdl, line) {
					t.Errorf("the SDL lacks %s", line)
				}
			}
		}
	}
	product := func(key, value string) any { return map[string]any{"__typename": "Product", key: value} }
	const byKey = `query($r: [_Any!]!) { _entities(representations: $r) { ... on Product { id sku } } }`
	applies := map[string]func(*testing.T){
		"`_service`": func(t *testing.T) {
			var got struct {
				Data struct {
					Service struct{ SDL string } `json:"_service"`
				}
			}
			if err := json.Unmarshal([]byte(run(t, e, src, `{ _service { sdl } }`, "")), &got); err != nil || got.Data.Service.SDL != sdl {
				t.Errorf("%v: %.200s", err, got.Data.Service.SDL)
			}
		},
		"`@key` (single)": answers(byKey, `{"data":{"_entities":[{"id":"apollo-federation","sku":"federation"}]}}`, product("id", "apollo-federation")),
		"repeatable `@key`": answers(byKey, `{"data":{"_entities":[{"id":"apollo-studio","sku":"studio"},{"id":"apollo-federation","sku":"federation"}]}}`,
			product("sku", "studio"), product("id", "apollo-federation")),
		"federated tracing": func(t *testing.T) {
			if got, _ := traceOf(t, e, src, `{ product(id: "apollo-federation") { sku } }`, ""); len(got.Root.Child) != 1 || len(got.Root.Child[0].Child) != 1 {
				t.Errorf("the trace is %v", got)
			}
		},
		"`@link`":         says(`extend schema @link(url: "https://specs.apollo.dev/federation/v2.`),
		"`@shareable`":    says(`weight: Float @shareable`, `type PageInfo @shareable {`),
		"`@tag`":          says(`notes: String @tag(name: "internal")`),
		"`@override`":     says(`name: String @override(from: "users"`),
		"`@inaccessible`": says(`unit: String @inaccessible @shareable`),
	}
	var passed []string
	for name, test := range applies {
		if t.Run(name, test) {
			passed = append(passed, name)
		}
	}
	doc, err := os.ReadFile("../docs/federation.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for line := range strings.Lines(string(doc)) {
		if cells := strings.Split(strings.TrimSpace(line), " | "); len(cells) == 3 && cells[1] == "passes" {
			documented = append(documented, strings.TrimPrefix(cells[0], "| "))
		}
	}
	slices.Sort(passed)
	slices.Sort(documented)
	if diff := cmp.Diff(passed, documented); diff != "" {
		t.Errorf("what passes (-test +document):\n%s", diff)
	}
}

// TestSuiteQueries answers queries of the suite that touch all of a product.
func TestSuiteQueries(t *testing.T) {
	src := products(t)
	e := compile(t, src.set, graph.Options{})
	got := run(t, e, src, `{ product(id: "apollo-federation") { id sku package variation { id } dimensions { size weight unit } research { study { caseNumber description } outcome } } }`, "")
	want := `{"data":{"product":{"id":"apollo-federation","sku":"federation","package":"@apollo/federation","variation":{"id":"OSS"},` +
		`"dimensions":{"size":"small","weight":1,"unit":"kg"},"research":[{"study":{"caseNumber":"1234","description":"Federation Study"},"outcome":null}]}}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

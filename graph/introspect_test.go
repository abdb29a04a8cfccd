package graph_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql/introspection"

	"github.com/profilegraph/profilegraph/graph"
)

func TestIntrospection(t *testing.T) {
	src := shop(t)
	e := compile(t, src.set, graph.Options{})
	tests := []struct{ name, query, variables, want string }{
		{"kinds without a list have null", `{ __type(name: "Int") { kind fields { name } interfaces { name } possibleTypes { name } e: enumValues { name } inputFields { name } } }`, "",
			`{"data":{"__type":{"kind":"SCALAR","fields":null,"interfaces":null,"possibleTypes":null,"e":null,"inputFields":null}}}`},
		{"an object without interfaces has an empty list", `{ __type(name: "PageInfo") { i_j: interfaces { name } possibleTypes { name } } }`, "",
			`{"data":{"__type":{"i_j":[],"possibleTypes":null}}}`},
		{"wrappers", `{ __type(name: "ProfileConnection") { fields { name type { kind name ofType { kind name fields { name } ofType { ofType { name } } } } } } }`, "",
			`{"data":{"__type":{"fields":[` +
				`{"name":"edges","type":{"kind":"NON_NULL","name":null,"ofType":{"kind":"LIST","name":null,"fields":null,"ofType":{"ofType":{"name":"ProfileEdge"}}}}},` +
				`{"name":"nodes","type":{"kind":"NON_NULL","name":null,"ofType":{"kind":"LIST","name":null,"fields":null,"ofType":{"ofType":{"name":"Profile"}}}}},` +
				`{"name":"pageInfo","type":{"kind":"NON_NULL","name":null,"ofType":{"kind":"OBJECT","name":"PageInfo","fields":[{"name":"hasNextPage"},{"name":"hasPreviousPage"},{"name":"startCursor"},{"name":"endCursor"}],"ofType":null}}}]}}}`},
		{"one of", `{ by: __type(name: "ProfileBy") { isOneOf } input: __type(name: "ProfileInput") { isOneOf } int: __type(name: "Int") { isOneOf } }`, "",
			`{"data":{"by":{"isOneOf":true},"input":{"isOneOf":false},"int":{"isOneOf":null}}}`},
		{"specified by", `{ __type(name: "DateTime") { specifiedByURL } }`, "",
			`{"data":{"__type":{"specifiedByURL":"https://www.rfc-editor.org/rfc/rfc3339#section-5.6"}}}`},
		{"unknown type", `query($n: String!) { __type(name: $n) { name } }`, `{"n": "Nobody"}`, `{"data":{"__type":null}}`},
		{"possible types", `{ d: __type(name: "Document") { possibleTypes { name } } u: __type(name: "ProfilePayment") { possibleTypes { name } } }`, "",
			`{"data":{"d":{"possibleTypes":[{"name":"Address"},{"name":"Profile"},{"name":"Prospect"},{"name":"PurchaseInfo"},{"name":"Ticket"}]},"u":{"possibleTypes":[{"name":"ProfileCard"},{"name":"ProfileCash"}]}}}`},
		{"default values", `{ __type(name: "ProfileInput") { inputFields { name defaultValue } } }`, "", `{"name":"tier","defaultValue":"bronze"}`},
		{"beside data, in order", `query($no: Boolean!) { a: ticket(id: "t1") { id } t: __type(name: "Ticket") { ...T } __typename __schema { queryType { name @skip(if: $no) kind } } b: ticket(id: "t1") { subject } } fragment T on __Type { name ...U } fragment U on __Type { kind __typename }`, `{"no": true}`,
			`{"data":{"a":{"id":"t1"},"t":{"name":"Ticket","kind":"OBJECT","__typename":"__Type"},"__typename":"Query","__schema":{"queryType":{"kind":"OBJECT"}},"b":{"subject":"Help"}}}`},
		{"directives", `{ __schema { directives { name } subscriptionType { name } mutationType { name } } }`, "",
			`{"data":{"__schema":{"directives":[{"name":"deprecated"},{"name":"include"},{"name":"oneOf"},{"name":"sensitive"},{"name":"skip"},{"name":"specifiedBy"}],"subscriptionType":null,"mutationType":{"name":"Mutation"}}}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for range 2 {
				if got := run(t, e, src, test.query, test.variables); !strings.Contains(got, test.want) {
					t.Errorf("got  %s\nwant %s", got, test.want)
				}
			}
		})
	}
}

func TestIntrospectionOfDeprecated(t *testing.T) {
	src := shop(t)
	e := compile(t, src.set, graph.Options{})
	tests := []struct {
		query string
		want  bool
	}{
		{`{ __type(name: "Profile") { fields { name isDeprecated deprecationReason } } }`, false},
		{`{ __type(name: "Profile") { fields(includeDeprecated: true) { name isDeprecated deprecationReason } } }`, true},
		{`{ __type(name: "ProfileInput") { inputFields { name } } }`, false},
		{`{ __type(name: "ProfileInput") { inputFields(includeDeprecated: true) { name isDeprecated deprecationReason } } }`, true},
	}
	for _, test := range tests {
		if got := run(t, e, src, test.query, ""); strings.Contains(got, "oldName") != test.want {
			t.Errorf("%s\n%s", test.query, got)
		}
	}
}

// TestIntrospectionQuery runs the standard query of the tools, and holds the answer against the
// schema.
func TestIntrospectionQuery(t *testing.T) {
	src := shop(t)
	e := compile(t, src.set, graph.Options{})
	var answer struct {
		Data struct {
			Schema struct {
				Types []struct {
					Name   string
					Kind   string
					Fields []struct{ Name string }
				}
			} `json:"__schema"`
		}
		Errors []any
	}
	if err := json.Unmarshal([]byte(run(t, e, src, introspection.Query, "")), &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Errors) > 0 || len(answer.Data.Schema.Types) != len(e.Schema().Types) {
		t.Fatalf("%d types, want %d; errors: %v", len(answer.Data.Schema.Types), len(e.Schema().Types), answer.Errors)
	}
	for _, typ := range answer.Data.Schema.Types {
		def := e.Schema().Types[typ.Name]
		if def == nil || string(def.Kind) != typ.Kind {
			t.Errorf("type %s is %s, in the schema %v", typ.Name, typ.Kind, def)
		}
	}
}

func TestIntrospectionDisabled(t *testing.T) {
	src := shop(t)
	e, err := graph.Compile(src.set, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := run(t, e, src, `{ ticket(id: "t1") { id } __type(name: "Int") { name } }`, "")
	if !strings.HasPrefix(got, `{"data":{"ticket":{"id":"t1"},"__type":null},`) || !strings.Contains(got, `"code":"INTROSPECTION_DISABLED"`) {
		t.Error(got)
	}
	if got := run(t, e, src, `{ ticket(id: "t1") { id } __schema { __typename } }`, ""); !strings.HasPrefix(got, `{"data":null,`) {
		t.Errorf("__schema cannot be null, but: %s", got)
	}
}

package schema_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/profilegraph/profilegraph/schema"
)

func TestFederation(t *testing.T) {
	e := parse(t, "Thing", `{"type": "object", "additionalProperties": false, "v-unique": ["a", "b"],
		"x-federation": {"tags": ["x", "y/z-1"], "shareable": true, "authenticated": true, "listSize": true,
			"sensitive": {"requiresScopes": [["a", "b:c"], ["d"]]}, "pii": {"authenticated": true, "policy": [["p q"]]}},
		"properties": {
			"a": {"type": "string", "x-federation": {"key": false, "inaccessible": true, "cost": 0}},
			"b": {"$ref": "#/$defs/b"},
			"c": {"type": "string", "x-federation": {"key": true, "override": {"from": "other-1"}}},
			"d": {"type": "string"}
		},
		"$defs": {"b": {"type": "string", "x-federation": {"override": {"from": "other", "label": "percent(2.5)"}}}}}`)
	zero := 0
	want := []*schema.Federation{
		{Tags: []string{"x", "y/z-1"}, Shareable: true, Access: schema.Access{Authenticated: true}, ListSize: true,
			SensitiveAccess: schema.Access{Scopes: [][]string{{"a", "b:c"}, {"d"}}}, PIIAccess: schema.Access{Authenticated: true, Policies: [][]string{{"p q"}}}},
		{NoKey: true, Inaccessible: true, Cost: &zero},
		{From: "other", Label: "percent(2.5)"},
		{From: "other-1"},
		nil,
	}
	got := []*schema.Federation{e.Federation}
	for _, f := range e.Type.Fields {
		got = append(got, f.Federation)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestFederationIsChecked(t *testing.T) {
	for _, test := range []struct {
		top  bool
		said string
		at   string // of the one problem, below x-federation
	}{
		{false, `7`, ""},
		{false, `[]`, ""},
		{false, `{"tag": ["a"]}`, "/tag"},
		{false, `{"a/b~c": 1}`, "/a~1b~0c"},
		{false, `{"tags": "a"}`, "/tags"},
		{false, `{"tags": ["a b"]}`, "/tags"},
		{false, `{"tags": [""]}`, "/tags"},
		{false, `{"inaccessible": "true"}`, "/inaccessible"},
		{false, `{"shareable": 1}`, "/shareable"},
		{false, `{"key": "no"}`, "/key"},
		{false, `{"override": "users"}`, "/override"},
		{false, `{"override": {}}`, "/override"},
		{false, `{"override": {"from": "users\"){"}}`, "/override"},
		{false, `{"override": {"from": "users", "label": "percent(101)"}}`, "/override"},
		{false, `{"override": {"from": "users", "to": "us"}}`, "/override"},
		{false, `{"requiresScopes": ["a"]}`, "/requiresScopes"},
		{false, `{"requiresScopes": []}`, "/requiresScopes"},
		{false, `{"requiresScopes": [[]]}`, "/requiresScopes"},
		{false, `{"policy": [["a"], []]}`, "/policy"},
		{true, `{"pii": {"requiresScopes": [[]]}}`, "/pii/requiresScopes"},
		{false, `{"policy": [["a", 1]]}`, "/policy"},
		{false, `{"policy": [["a\n"]]}`, "/policy"},
		{false, `{"cost": -1}`, "/cost"},
		{false, `{"cost": 1.5}`, "/cost"},
		{false, `{"sensitive": {"authenticated": true}}`, "/sensitive"},
		{false, `{"listSize": true}`, "/listSize"},
		{true, `{"key": false}`, "/key"},
		{true, `{"override": {"from": "users"}}`, "/override"},
		{true, `{"sensitive": true}`, "/sensitive"},
		{true, `{"pii": {"tags": ["a"]}}`, "/pii/tags"},
		{true, `{"pii": {"authenticated": 1}}`, "/pii/authenticated"},
		{true, `{"listSize": 20}`, "/listSize"},
	} {
		doc := `{"type": "object", "properties": {"a": {"type": "string", "x-federation": %s}}}`
		at := "/properties/a/x-federation" + test.at
		if test.top {
			doc, at = `{"type": "object", "properties": {"a": {"type": "string"}}, "x-federation": %s}`, "/x-federation"+test.at
		}
		if got, want := problems(t, fmt.Sprintf(doc, test.said), schema.Limits{}), []string{at + " x-federation"}; !slices.Equal(got, want) {
			t.Errorf("%s: problems %v, want %v", test.said, got, want)
		}
	}
}

func TestFederationChanges(t *testing.T) {
	thing := func(top, property string) *schema.Entity {
		return parse(t, "Thing", `{"type": "object", "additionalProperties": false, "x-federation": {`+top+`}, "properties": {"a": {"type": "string", "x-federation": {`+property+`}}}}`)
	}
	plain := thing("", "")
	for _, test := range []struct {
		to   *schema.Entity
		want []schema.Change
	}{
		{thing("", ""), nil},
		{thing(`"tags": ["x"]`, ""), []schema.Change{{Kind: schema.FederationChanged}}},
		{thing("", `"cost": 3`), []schema.Change{{Kind: schema.FederationChanged, Path: "a"}}},
	} {
		got := schema.Diff(plain, test.to)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if findings := schema.Check(got); len(findings) > 0 {
			t.Errorf("%v", findings)
		}
	}
}

package schema_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/profilegraph/profilegraph/schema"
)

func TestNewSet(t *testing.T) {
	entity := func(name, rest string) *schema.Entity {
		return parse(t, name, `{"properties": {"a": {"type": "string"}`+rest+`}`)
	}
	for _, c := range []struct {
		name     string
		entities []*schema.Entity
		want     string // in a problem's message; empty: accepted
	}{
		{"the built-in ones and one more", append(schema.Defaults(), entity("Loyalty", `}, "x-entity": {"owner": "Profile"}`)), ""},
		{"owner is missing", []*schema.Entity{entity("Pet", `}, "x-entity": {"owner": "Person"}`)}, "does not exist"},
		{"owner is owned", append(schema.Defaults(), entity("Pet", `}, "x-entity": {"owner": "Address"}`)), "itself owned"},
		{"owner has the field", []*schema.Entity{entity("Person", `, "pets": {"type": "string"}}`), entity("Pet", `}, "x-entity": {"owner": "Person"}`)}, "has a property pets"},
		{"owner has the field of one", []*schema.Entity{entity("Person", `, "pet": {"type": "string"}}`), entity("Pet", `}, "x-entity": {"owner": "Person", "cardinality": "one"}`)}, "has a property pet"},
		{"twice", []*schema.Entity{entity("Pet", `}`), entity("Pet", `}`)}, "as the type Pet is"},
		{"nested type", []*schema.Entity{entity("Pet", `, "tag": {"enum": ["x"]}}`), entity("PetTag", `}`)}, "PetTag"},
		{"derived type", []*schema.Entity{entity("Pet", `}`), entity("PetInput", `}`)}, "PetInput"},
		{"plural", []*schema.Entity{entity("Pet", `}`), entity("Pets", `}`)}, "the field pets"},
		{"plural is singular", []*schema.Entity{entity("Pet", `}, "x-entity": {"plural": "pet"}`)}, "the field pet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			set, err := schema.NewSet(c.entities)
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				for i := 1; i < len(set.Entities); i++ {
					if set.Entities[i-1].Name >= set.Entities[i].Name {
						t.Error("not in order of name")
					}
				}
				return
			}
			var invalid *schema.Invalid
			if !errors.As(err, &invalid) {
				t.Fatalf("accepted: %v", err)
			}
			if !slices.ContainsFunc(invalid.Problems, func(p schema.Problem) bool { return strings.Contains(p.Message, c.want) }) {
				t.Error(invalid.Problems)
			}
		})
	}
}

func TestMerge(t *testing.T) {
	base := `{"type": "object", "title": "old", "properties": {"b": {"type": "string"}, "a": {"type": "string"}}, "required": ["b"], "v-indexed": ["b"], "$defs": {"X": {"type": "string"}}}`
	upload := `{"title": "new", "properties": {"c": {"type": "integer"}, "a": {"type": "integer"}}, "required": ["c", "b"], "v-unique": ["c"], "$defs": {"Y": {}}, "documentTTL": 3}`
	want := `{"type":"object","title":"new","properties":{"b":{"type":"string"},"a":{"type":"integer"},"c":{"type":"integer"}},"required":["b","c"],"v-indexed":["b"],"$defs":{"X":{"type":"string"},"Y":{}},"v-unique":["c"],"documentTTL":3}`
	got, err := schema.Merge([]byte(base), []byte(upload))
	if err != nil || string(got) != want {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
	again, err := schema.Merge(got, []byte(upload))
	if err != nil || string(again) != want {
		t.Errorf("merging twice: %v\n%s", err, again)
	}
	bundle := `[{"properties": {"d": {"$ref": "d.json"}}}, {"$id": "d.json", "type": "string", "pii": true}]`
	got, err = schema.Merge([]byte(base), []byte(bundle))
	if err != nil {
		t.Fatal(err)
	}
	e := parse(t, "Thing", string(got))
	if f := e.Type.Fields[2]; f.Name != "d" || !f.PII || f.Type.Name != schema.String {
		t.Errorf("%+v", f)
	}
	for _, bad := range []string{`{"properties": `, `5`, `[5]`, `{"properties": 5, "required": {}}`} {
		merged, err := schema.Merge([]byte(base), []byte(bad))
		if err == nil {
			_, _, err = schema.Parse("Thing", merged, schema.Limits{})
		}
		var invalid *schema.Invalid
		if !errors.As(err, &invalid) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	for _, e := range schema.Defaults() {
		if got, err := schema.Merge(e.Source, e.Source); err != nil || string(got) != string(e.Source) {
			t.Errorf("%s changes when it is merged into itself: %v", e.Name, err)
		}
	}
}

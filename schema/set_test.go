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

// With says where in the document that comes to the others it clashes with them.
func TestWith(t *testing.T) {
	set, err := schema.NewSet(append(schema.Defaults(),
		parse(t, "Person", `{"properties": {"tag": {"enum": ["x"]}, "home": {"type": "object", "properties": {"a": {"type": "string"}}}}}`),
		parse(t, "Order", `{"properties": {"lineTag": {"enum": ["x"]}, "lineItem": {"type": "object", "properties": {"a": {"type": "string"}}}}}`),
		parse(t, "Pet", `{"properties": {"a": {"type": "string"}}, "x-entity": {"owner": "Person"}}`)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		entity, doc string
		want        []string // "pointer keyword" of each problem
	}{
		{"Toy", `{"properties": {"a": {"type": "string"}}, "x-entity": {"owner": "Person", "plural": "toys"}}`, nil},
		{"Toy", `{"properties": {"a": {"type": "string"}}, "x-entity": {"owner": "Nobody"}}`, []string{"/x-entity/owner x-entity"}},
		{"Toy", `{"properties": {"a": {"type": "string"}}, "x-entity": {"owner": "Pet"}}`, []string{"/x-entity/owner x-entity"}},
		{"Toy", `{"properties": {"a": {"type": "string"}}, "x-entity": {"owner": "Person", "plural": "pets"}}`, []string{"/x-entity/plural x-entity", "/x-entity/plural x-entity"}},
		{"Toy", `{"properties": {"a": {"type": "string"}}, "x-entity": {"owner": "Person", "plural": "tag"}}`, []string{"/x-entity/plural x-entity"}},
		{"Tag", `{"properties": {"a": {"type": "string"}}, "x-entity": {"owner": "Person", "cardinality": "one"}}`, []string{"/x-entity x-entity"}},
		{"Toy", `{"properties": {"a": {"type": "string"}}, "x-entity": {"plural": "meta"}}`, []string{"/x-entity/plural x-entity"}},
		{"Meta", `{"properties": {"a": {"type": "string"}}}`, []string{" x-entity"}},
		{"Pets", `{"properties": {"a": {"type": "string"}}}`, []string{" x-entity"}},
		{"PersonHome", `{"properties": {"a": {"type": "string"}}}`, []string{" x-entity", " x-entity", " x-entity"}},
		{"Pet", `{"properties": {"edge": {"type": "object", "properties": {"a": {"type": "string"}}}}}`, []string{"/properties/edge properties"}},
		{"OrderLine", `{"properties": {"a": {"$ref": "#/$defs/item~1"}}, "$defs": {"item/": {"type": "object", "properties": {"a": {"type": "string"}}}}}`,
			[]string{"/$defs/item~1 $defs", "/$defs/item~1 $defs", "/$defs/item~1 $defs"}},
		{"OrderLine", `[{"properties": {"a": {"$ref": "b.json"}}}, {"$id": "b.json", "definitions": {"Tag": {"enum": ["y"]}}, "type": "array", "items": {"$ref": "#/definitions/Tag"}}]`,
			[]string{"/1/definitions/Tag definitions"}},
		{"Toy", `[{"properties": {"a": {"type": "string"}}, "x-entity": {"owner": "Nobody"}}]`, []string{"/0/x-entity/owner x-entity"}},
		{"Person", `{"allOf": [{"properties": {"pets": {"type": "string"}}}], "properties": {"b": {"type": "string"}}}`, []string{"/allOf/0/properties/pets properties"}},
		{"Person", `{"properties": {"a": {"type": "string"}}, "x-entity": {"owner": "Profile"}}`, []string{"/x-entity/owner x-entity"}},
	} {
		with, err := set.With(parse(t, c.entity, c.doc))
		var list []string
		if invalid := (*schema.Invalid)(nil); errors.As(err, &invalid) {
			for _, p := range invalid.Problems {
				list = append(list, p.Pointer+" "+p.Keyword)
				if p.Fix == "" || p.Message == "" {
					t.Errorf("nothing to go by in %+v", p)
				}
			}
		} else if err != nil || with.Entity(c.entity) == nil {
			t.Errorf("%s %s: %v", c.entity, c.doc, err)
		}
		if !slices.Equal(list, c.want) {
			t.Errorf("%s %s: %q, want %q: %v", c.entity, c.doc, list, c.want, err)
		}
	}
	if set.Entity("Toy") != nil {
		t.Error("the set has changed")
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

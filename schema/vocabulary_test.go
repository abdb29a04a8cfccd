package schema_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/profilegraph/profilegraph/schema"
)

// What editors are told agrees with what uploads are held against.
func TestVocabulary(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema.Vocabulary()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("https://schema.test/vocabulary", doc); err != nil {
		t.Fatal(err)
	}
	vocabulary, err := c.Compile("https://schema.test/vocabulary") // also held against the meta-schema of draft-07
	if err != nil {
		t.Fatal(err)
	}
	accepts := func(text []byte) error {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return vocabulary.Validate(v)
	}
	var good [][]byte
	for _, e := range schema.Defaults() {
		good = append(good, e.Source)
	}
	files, err := filepath.Glob("testdata/*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := filepath.Glob("testdata/rules/*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, rules...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := schema.Parse("Thing", text, schema.Limits{}); err == nil {
			good = append(good, text)
		}
	}
	if len(good) < 30 {
		t.Errorf("%d schemas tried", len(good))
	}
	good = append(good, []byte(`[{"properties": {"a": {"$ref": "x"}}}, {"$id": "x", "type": "string"}]`))
	for _, draft := range []string{"http://json-schema.org/draft-04/schema#", "https://json-schema.org/draft-06/schema", "http://json-schema.org/draft-07/schema", "https://json-schema.org/draft/2019-09/schema", "http://json-schema.org/schema#"} {
		good = append(good, []byte(`{"$schema": "`+draft+`", "properties": {"a": {"type": "string"}}}`))
	}
	for _, text := range good {
		if err := accepts(text); err != nil {
			t.Errorf("refused: %v\n%.300s", err, text)
		}
	}
	for _, text := range []string{`7`, `"x"`, `[7]`, in(`{"sensitive": "true"}`), in(`{"pii": 1}`), in(`{"x-mask": "stars"}`), in(`{"x-normalize": "soundex"}`), in(`{"x-graphql": "String"}`),
		in(`{"deprecated": 1}`), in(`{"title": 5}`), in(`{"v-indexed": ["b"]}`), in(`{"documentTTL": 1}`), in(`{"type": "text"}`), in(`{"items": {"minLength": "3"}}`), in(`{"oneOf": [{"pii": "yes"}]}`),
		`{"documentTTL": 0}`, `{"documentTTL": 36501}`, `{"documentTTL": 1.5}`, `{"v-unique": ["a", "a"]}`, `{"v-indexed": "a"}`, `{"x-entity": {"owner": "profile"}}`, `{"x-entity": {"plural": "a b"}}`,
		`{"x-entity": {"plural": "__a"}}`, `{"x-entity": {"cardinality": "two"}}`, `{"x-entity": {"x": "y"}}`,
		`{"$schema": "http://json-schema.org/draft-03/schema#"}`, `{"$schema": "https://example.com/our-dialect"}`} {
		if accepts([]byte(text)) == nil {
			t.Errorf("accepted: %s", text)
		}
		if _, _, err := schema.Parse("Thing", []byte(text), schema.Limits{}); err == nil {
			t.Errorf("Parse takes %s", text)
		}
	}
	var parts struct {
		Definitions map[string]struct {
			Properties map[string]struct {
				Enum        []string
				Description string
			}
		}
	}
	if err := json.Unmarshal(schema.Vocabulary(), &parts); err != nil {
		t.Fatal(err)
	}
	for name, part := range parts.Definitions {
		for keyword, p := range part.Properties {
			if p.Description == "" {
				t.Errorf("%s: %s has no description", name, keyword)
			}
		}
	}
	properties := parts.Definitions["keywords"].Properties
	if masks := properties["x-mask"].Enum; !slices.Equal(masks, schema.Masks()) {
		t.Errorf("masks %v", masks)
	}
	for _, kind := range properties["x-normalize"].Enum {
		if _, err := schema.Normalize(kind, "a@example.com 123"); err != nil {
			t.Errorf("x-normalize %s: %v", kind, err)
		}
	}
}

func TestFields(t *testing.T) {
	e, _, err := schema.Parse("Thing", []byte(`{"type": "object", "additionalProperties": true, "required": ["name"], "properties": {
		"name": {"type": "string", "pii": true},
		"home-town": {"type": "object", "properties": {"geo": {"type": "array", "items": {"type": "object", "properties": {"lat": {"type": "number"}}}}}},
		"tree": {"$ref": "#/$defs/node"},
		"pay": {"type": "array", "items": {"oneOf": [{"$ref": "#/$defs/card"}, {"$ref": "#/$defs/cash"}]}}},
		"$defs": {"node": {"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/node"}}}},
		"card": {"type": "object", "required": ["by"], "properties": {"by": {"const": "card"}, "number": {"type": "string"}}},
		"cash": {"type": "object", "required": ["by"], "properties": {"by": {"const": "cash"}}}}}`), schema.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for path, f := range e.Fields() {
		got = append(got, path+" "+f.Name+" "+f.Type.String())
	}
	want := []string{"name name String", "home-town home_town ThingHomeTown", "home-town.geo geo [ThingHomeTownGeo!]", "home-town.geo[].lat lat Float",
		"tree tree ThingNode", "tree.kids kids [ThingNode!]", "pay pay [ThingPay!]", "pay[].by by String", "pay[].number number String", "additionalProperties additionalProperties JSON"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

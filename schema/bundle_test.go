package schema_test

import (
	"testing"

	"github.com/profilegraph/profilegraph/schema"
)

// TestMixedBundle: each document of a bundle is read by its own draft.
func TestMixedBundle(t *testing.T) {
	e := parse(t, "Thing", `[
		{"$id": "https://example.com/a.json", "properties": {"seven": {"$ref": "seven.json"}, "four": {"$ref": "four.json"}, "plain": {"$ref": "plain.json#/$defs/n"}}},
		{"$schema": "http://json-schema.org/draft-07/schema#", "$id": "https://example.com/seven.json", "type": "array", "items": [{"type": "string"}, {"type": "integer"}], "additionalItems": false},
		{"$schema": "http://json-schema.org/draft-04/schema#", "id": "https://example.com/four.json", "type": "integer", "maximum": 5, "exclusiveMaximum": true},
		{"$id": "plain.json", "$defs": {"n": {"type": "string", "const": "x"}}}
	]`)
	for doc, want := range map[string]int{
		`{"seven": ["a", 1], "four": 4, "plain": "x"}`: 0,
		`{"seven": [1], "four": 5, "plain": "y"}`:      3,
		`{"seven": ["a", 1, 2]}`:                       1,
	} {
		if v := e.Validate(decode(t, doc)); len(v) != want {
			t.Errorf("%s: %v", doc, v)
		}
	}
	if again := parse(t, "Thing", string(e.Source)); len(schema.Diff(e, again)) > 0 {
		t.Error("Source differs")
	}
}

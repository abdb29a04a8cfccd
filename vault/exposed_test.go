package vault_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/profilegraph/profilegraph/vault"
)

// What was sealed under one schema is read under any other. Where protection was not lowered nothing that
// was sealed is shown, and where nothing is exposed that makes no difference.
func TestExposed(t *testing.T) {
	v := newWorld(t).vault()
	lowered := person
	lowered.Lowered = true
	const clear = `"sensitive": false, "pii": false`
	shapes := []string{
		`{"type": "string", "pii": true}`, `{"type": "string"}`, `{"type": "integer"}`,
		`{"type": "array", "items": {"type": "string"}, "pii": true}`, `{"type": "array", "items": {"type": "string"}}`,
		`{"type": "object", "properties": {"a": {"type": "string", "pii": true}, "b": {"type": "string"}}}`,
		`{"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string", "pii": true}}}`,
		`{"type": "object", "properties": {"b": {"type": "string"}}, "additionalProperties": true}`,
		`{"type": "object", "properties": {"b": {"type": "string"}}, "additionalProperties": {` + clear + `}}`,
		`{"type": "object", "properties": {"b": {"type": "string"}}, "additionalProperties": false}`,
		`{"type": "object", "pii": true, "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}`,
		`{"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string", "pii": true}, "b": {"type": "string"}}}}`,
		`{"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}}`,
		`{"type": "array", "items": {"x-graphql": "JSON", ` + clear + `}}`,
		`{"x-graphql": "JSON", ` + clear + `}`, `{"x-graphql": "JSON"}`,
		`{"type": "object", "additionalProperties": {"type": "string"}, ` + clear + `}`,
		`{"oneOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}]}`, `{"oneOf": [{"$ref": "#/$defs/C"}, {"$ref": "#/$defs/D"}]}`,
		`{"type": "array", "items": {"oneOf": [{"$ref": "#/$defs/C"}, {"$ref": "#/$defs/B"}]}}`,
	}
	values := []string{`"zq1"`, `["zq1", "zq2"]`, `{"a": "zq1", "b": "zq2"}`, `{"m": "one", "a": "zq1", "b": "zq2"}`, `{"m": "two", "a": "zq1"}`,
		`[{"a": "zq1"}, {"b": "zq2", "c": {"a": "zq3"}}]`, `[{"m": "one", "a": "zq1"}, {"m": "two", "a": "zq2"}, null]`, `{"c": ["zq1"]}`}
	schemaOf := func(shape string) string {
		return `{"properties": {"v": ` + shape + `}, "$defs": {
			"A": {"type": "object", "required": ["m"], "properties": {"m": {"const": "one"}, "a": {"type": "string", "pii": true}}},
			"B": {"type": "object", "required": ["m"], "properties": {"m": {"const": "two"}, "a": {"type": "string"}}},
			"C": {"type": "object", "required": ["m"], "properties": {"m": {"const": "one"}, "a": {"type": "string"}}},
			"D": {"type": "object", "required": ["m"], "properties": {"m": {"const": "two"}, "a": {"type": "string", "pii": true}}}}}`
	}
	found, none := 0, 0
	for _, before := range shapes {
		for _, after := range shapes {
			old, now := parse(t, "Person", schemaOf(before)), parse(t, "Person", schemaOf(after))
			for _, value := range values {
				sealed := must(v.Seal(t.Context(), person, old, encode(t, old, `{"v": `+value+`}`)))(t)
				exposed := false
				vault.Exposed(now, sealed, func(property, path, place string) {
					exposed = true
					if property != "v" || !strings.HasPrefix(path, "v") || !strings.HasPrefix(place, "v") || strings.HasSuffix(path, ".") {
						t.Errorf("%s as %s: at %q, %q, %q", before, after, property, path, place)
					}
				})
				shown, _, err := v.Mask(t.Context(), lowered, now, sealed, all(now))
				if err != nil {
					t.Fatal(err)
				}
				kept, masked, err := v.Mask(t.Context(), person, now, sealed, all(now))
				if err != nil {
					t.Fatal(err)
				}
				if exposed {
					found++
				} else if none++; !bytes.Equal(shown, kept) {
					t.Errorf("%s as %s: nothing is exposed of %s, and lowered it shows %s instead of %s", before, after, value, show(t, shown), show(t, kept))
				}
				if exposed && len(masked) == 0 {
					t.Errorf("%s as %s: %s shows %s, and nothing is said to be masked", before, after, value, show(t, kept))
				}
				for _, secret := range []string{"zq1", "zq2", "zq3"} {
					if strings.Contains(show(t, kept), secret) && !bytes.Contains(sealed, []byte(secret)) {
						t.Errorf("%s as %s: %s shows %s", before, after, value, show(t, kept))
					}
				}
			}
		}
	}
	if found < 500 || none < 500 {
		t.Errorf("%d are exposed, %d are not", found, none)
	}
}

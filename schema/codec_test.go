package schema_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/profilegraph/profilegraph/schema"
)

func decode(t testing.TB, text string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var doc map[string]any
	if err := d.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func parse(t testing.TB, name, doc string) *schema.Entity {
	t.Helper()
	e, _, err := schema.Parse(name, []byte(doc), schema.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestCodecRoundTrip(t *testing.T) {
	e := parse(t, "Thing", `{"properties": {
		"b": {"type": "integer"}, "a": {"type": "number"}, "l": {"type": "integer", "format": "int64"},
		"d": {"type": "number", "format": "decimal"}, "s": {"type": "string", "format": "decimal"},
		"o": {"type": "object", "properties": {"x": {"type": ["integer", "null"]}}, "additionalProperties": true},
		"list": {"type": "array", "items": {"type": "number"}}
	}, "additionalProperties": true}`)
	doc := decode(t, `{"z3": 1, "z2": 1, "z1": 1, "zz": {"$a.b": 1, "": [1.5, null, true, 123456789012345678901234]}, "a": 0.1, "b": -7, "l": 9007199254740993,
		"d": 12345678901234567890.123456789, "s": "1.50", "o": {"x": null, "y": "z"}, "list": [1, 2.5, 1e300]}`)
	if v := e.Validate(doc); len(v) > 0 {
		t.Fatal(v)
	}
	raw, err := e.Encode(doc)
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Validate(); err != nil {
		t.Fatal(err)
	}
	elements, _ := raw.Elements()
	var keys []string
	for _, el := range elements {
		keys = append(keys, el.Key())
	}
	if diff := cmp.Diff([]string{"b", "a", "l", "d", "s", "o", "list", "z1", "z2", "z3", "zz"}, keys); diff != "" {
		t.Error(diff)
	}
	if _, err := e.Decode(raw[:len(raw)-3]); err == nil {
		t.Error("a truncated document was decoded")
	}
	back, err := e.Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(doc, back, sameNumber); diff != "" {
		t.Error(diff)
	}
}

func TestEncodeRefuses(t *testing.T) {
	e := parse(t, "Thing", `{"properties": {"a": {}, "n": {"type": "number"}}, "additionalProperties": true}`)
	for name, doc := range map[string]m{
		"digits": {"n": json.Number("1234567890123456789012345678901234567.5")},
		"kind":   {"a": struct{}{}},
		"NUL":    {"a\x00b": true},
		"inside": {"a": []any{m{"x": make(chan int)}}},
	} {
		if _, err := e.Encode(doc); err == nil {
			t.Errorf("%s: encoded", name)
		}
		if v := e.Validate(doc); len(v) == 0 {
			t.Errorf("%s: valid", name)
		}
	}
}

// sameNumber compares numbers by value.
var sameNumber = cmp.Comparer(func(a, b json.Number) bool {
	x, errX := schema.Normalize("exact", a)
	y, errY := schema.Normalize("exact", b)
	return errX == nil && errY == nil && x == y
})

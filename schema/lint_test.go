package schema

import (
	"slices"
	"testing"
)

func TestPersonalNames(t *testing.T) {
	_, warnings, err := Parse("Guest", []byte(`{"type": "object", "additionalProperties": false, "properties": {
		"birthDate": {"type": "string"},
		"HOME-PHONE": {"type": "string"},
		"email": {"type": "string", "sensitive": true},
		"cpf": {"type": "string", "sensitive": false},
		"visits": {"type": "array", "items": {"type": "object", "additionalProperties": false, "properties": {"full_name": {"type": "string"}, "when": {"type": "string"}}}}
	}}`), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range warnings {
		if w.Keyword == "sensitive" {
			got = append(got, w.Pointer)
		}
	}
	want := []string{"/properties/birthDate", "/properties/HOME-PHONE", "/properties/visits/items/properties/full_name"}
	if !slices.Equal(got, want) {
		t.Errorf("warned of %q, want %q", got, want)
	}
}

func TestDefaultsDeclarePersonalNames(t *testing.T) {
	for _, e := range Defaults() {
		for _, w := range lint(e) {
			t.Errorf("%s: %s %s", e.Name, w.Pointer, w.Message)
		}
	}
}

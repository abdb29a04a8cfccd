package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// What looks like personal data in fields that are not sensitive is warned of, or refused: in texts, numbers,
// lists, JSON, and in names that no schema declares. Neither says what it was.
func TestMisplaced(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	in.publish("Note", `{"type": "object", "x-entity": {"owner": "Profile"}, "properties": {
		"text": {"type": ["string", "null"]}, "secret": {"type": ["string", "null"], "sensitive": true}, "kind": {"enum": ["+1 415 555 2671", "b"]},
		"count": {"type": ["integer", "null"], "format": "int64"}, "size": {"type": ["number", "null"]}, "mail": {"type": ["string", "null"], "format": "email"},
		"inner": {"type": "object", "properties": {"list": {"type": "array", "items": {"type": "string"}}}, "additionalProperties": false},
		"json": {"type": ["object", "null"], "x-graphql": "JSON", "sensitive": false, "pii": false, "additionalProperties": true},
		"map": {"type": "object", "sensitive": false, "pii": false, "additionalProperties": {"type": "string", "sensitive": false, "pii": false}}
		}, "additionalProperties": {"sensitive": false, "pii": false}}`)
	id := in.profile("ana@example.com")
	create := `mutation($id: ID!, $input: NoteInput!) { createNote(profileId: $id, input: $input) { id } }`
	cases := []struct {
		input vars
		want  string // path and kind of each
	}{
		{vars{"text": "for canary@example.com"}, "text EMAIL"},
		{vars{"secret": "canary@example.com", "kind": "plus1_415_555_2671"}, ""},
		{vars{"count": 4111111111111111}, "count CARD"},
		{vars{"count": 1732184130000}, ""},
		{vars{"size": 4111111111111111.0}, "size CARD"},
		{vars{"size": 42.5}, ""},
		{vars{"mail": "canary@example.com"}, "mail EMAIL"},
		{vars{"inner": vars{"list": []string{"a", "529.982.247-25", "b"}}}, "inner.list.1 CPF"},
		{vars{"json": vars{"card": 4111111111111111}}, "json.* CARD"},
		{vars{"json": vars{"CANARY Jane canary@example.com": vars{"a": []any{"X-1234567-L"}}}}, "json.* EMAIL, json.*.*.0 DNI"},
		{vars{"map": vars{"canary@example.com": "x", "other@example.com": "y", "a": "(11) 99999-0001"}}, "map.* EMAIL, map.* PHONE"},
		{vars{"additionalProperties": vars{"canary@example.com": 4111111111111111}}, "* CARD, * EMAIL"},
	}
	// found lists what list says of paths, and checks that nothing is repeated.
	found := func(r *reply, list string, kind func(map[string]any) any) string {
		var got []string
		var whole map[string]any
		if err := json.Unmarshal([]byte(r.Text), &whole); err != nil {
			t.Fatal(err)
		}
		all, _ := at(whole, list).([]any)
		for _, one := range all {
			w := one.(map[string]any)
			got = append(got, fmt.Sprint(w["path"], " ", kind(w)))
		}
		if strings.Contains(strings.ToLower(r.Text), "canary") {
			t.Errorf("a value or a name is repeated: %s", r.Text)
		}
		return strings.Join(got, ", ")
	}
	for _, test := range cases {
		r := in.do(create, vars{"id": id, "input": test.input})
		if got := found(r, "extensions.warnings", func(w map[string]any) any { return w["kind"] }); got != test.want {
			t.Errorf("%v: warned of %q, want %q", test.input, got, test.want)
		}
	}
	in.managed(`mutation { putPolicy(purposes: [], refuseMisplaced: true) { refuseMisplaced } }`)
	kind := regexp.MustCompile(`\((\w+)\)`)
	for _, test := range cases {
		r := in.ask(create, vars{"id": id, "input": test.input})
		got := found(r, "errors.0.extensions.violations", func(v map[string]any) any { return kind.FindStringSubmatch(v["message"].(string))[1] })
		if got != test.want || (test.want == "") != (r.code() == "") {
			t.Errorf("%v: refused for %q, want %q: %s", test.input, got, test.want, r.Text)
		}
	}
}

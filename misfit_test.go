package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/profilegraph/profilegraph/schema"
)

// A value that a document got under an older schema and that does not fit the type it has now is null,
// with an error at its place, whoever reads it.
func TestValuesThatDoNotFit(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	union := `{"oneOf": [{"type": "object", "required": ["k"], "properties": {"k": {"const": "a"}, "in": {"type": "string"}}},
		{"type": "object", "required": ["k"], "properties": {"k": {"const": "b"}, "hid": {"type": "string", "pii": true}}}]}`
	kinds := map[string]struct{ schema, input, selection string }{
		"text":    {`{"type": "string"}`, `"t"`, ``},
		"integer": {`{"type": "integer"}`, `5`, ``},
		"enum":    {`{"enum": ["e", "f"]}`, `e`, ``},
		"object":  {`{"type": "object", "properties": {"in": {"type": "string"}, "hid": {"type": "string", "pii": true}}}`, `{in: "i", hid: "h"}`, `{ in hid }`},
		"texts":   {`{"type": "array", "items": {"type": "string"}}`, `["t"]`, ``},
		"objects": {`{"type": "array", "items": {"type": "object", "properties": {"in": {"type": "string"}, "hid": {"type": "string", "sensitive": true}}}}`, `[{in: "i", hid: "h"}]`, `{ in hid }`},
		"union":   {union, `{HEREA: {in: "i"}}`, `{ ... on HEREA { k } ... on HEREB { hid } }`},
		"unions":  {`{"type": "array", "items": ` + union + `}`, `[{HEREA: {in: "i"}}]`, `{ ... on HEREA { k } ... on HEREB { hid } }`},
		"perhaps": {`{"type": "array", "items": {"anyOf": [` + union + `, {"type": "null"}]}}`, `[null, {HEREA: {in: "i"}}]`, `{ ... on HEREA { k } ... on HEREB { hid } }`},
	}
	// What fits after all, and what does but for one of its items. All else does not.
	fits := map[string]bool{"enum text": true, "union object": true, "unions objects": true, "unions perhaps": true}
	butFor := map[string]string{"objects texts": "0", "texts objects": "0", "texts unions": "0", "objects unions": "0", "unions texts": "0",
		"perhaps texts": "0", "perhaps objects": "0", "perhaps unions": "0", "texts perhaps": "0", "objects perhaps": "0"}
	allow := "?mode=replace"
	for _, rule := range schema.Rules() {
		allow += "&allow=" + rule.ID
	}
	names := slices.Sorted(maps.Keys(kinds))
	for n, was := range names {
		entity := fmt.Sprint("X", n)
		var before, after, input, selection []string
		for _, is := range names {
			before = append(before, `"`+is+`": `+kinds[was].schema)
			after = append(after, `"`+is+`": `+kinds[is].schema)
			here := func(s, entity string) string {
				return strings.ReplaceAll(s, "HERE", entity+strings.ToUpper(is[:1])+is[1:])
			}
			input = append(input, is+": "+here(kinds[was].input, strings.ToLower(entity)))
			selection = append(selection, is+" "+here(kinds[is].selection, entity))
		}
		whole := func(properties []string) string {
			return `{"type": "object", "additionalProperties": false, "properties": {` + strings.Join(properties, ", ") + `}}`
		}
		in.publish(entity, whole(before))
		id := in.do(`mutation { create` + entity + `(input: {` + strings.Join(input, ", ") + `}) { id } }`).str("create" + entity + ".id")
		in.publish(entity, whole(after), allow)
		for _, why := range []any{nil, vars{"reason": "what is there now"}} {
			r := in.ask(fmt.Sprintf(`query($id: ID!, $why: Unmask) { at: x%d(id: $id, unmask: $why) { %s } }`, n, strings.Join(selection, " ")), vars{"id": id, "why": why})
			found := map[string]bool{}
			for _, e := range r.Errors {
				if e.Extensions["code"] != "STORED_VALUE_MISMATCH" || found[fmt.Sprint(e.Path)] {
					t.Errorf("%s, for %v: %+v", was, why, e)
				}
				found[fmt.Sprint(e.Path)] = true
			}
			want := 0
			for _, is := range names {
				pair := was + " " + is
				if was == is || fits[pair] {
					if r.at("at."+is) == nil {
						t.Errorf("%s, for %v, is null: %s", pair, why, r.Text)
					}
					continue
				}
				want++
				path := strings.TrimSpace("at " + is + " " + butFor[pair])
				if !found["["+path+"]"] || is != "perhaps" && r.at("at."+is) != nil {
					t.Errorf("%s, for %v, has no error at %s: %s", pair, why, path, r.Text)
				}
			}
			if len(r.Errors) != want {
				t.Errorf("%s, for %v: %d errors, want %d: %s", was, why, len(r.Errors), want, r.Text)
			}
		}
		r := in.do(fmt.Sprintf(`query($id: ID!) { list: x%dVersions(id: $id) { nodes { meta { version } } } }`, n), vars{"id": id})
		v := r.str("list.nodes.0.meta.version")
		in.do(fmt.Sprintf(`query($id: ID!, $v: ID!) { x%dVersionDiff(id: $id, from: $v, to: $v) { path } }`, n), vars{"id": id, "v": v})
	}
}

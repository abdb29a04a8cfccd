package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/profilegraph/profilegraph/schema"
)

// What a schema protected cannot be uncovered by giving it another shape.
func TestMasksOutliveTypes(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	admin := in.newKey([]string{"schema-admin"}, "")
	before := map[string]string{
		"text":   `{"type": "string", "sensitive": true}`,
		"object": `{"type": "object", "properties": {"in": {"type": "string", "sensitive": true}, "clear": {"type": "string"}}}`,
		"list":   `{"type": "array", "items": {"type": "object", "properties": {"in": {"type": "string", "sensitive": true}}}}`,
		"map":    `{"type": "object", "additionalProperties": true}`,
	}
	value := map[string]any{"text": "canary-value", "object": vars{"in": "canary-value", "clear": "c"}, "list": []any{vars{"in": "canary-value"}}, "map": vars{"x": "canary-value"}}
	after := []string{
		`{"type": "string"}`, `{"x-graphql": "JSON", "sensitive": false, "pii": false}`, `{"type": "array", "items": {"type": "string"}}`,
		`{"type": "array", "items": {"x-graphql": "JSON", "sensitive": false, "pii": false}}`,
		`{"type": "object", "properties": {"in": {"type": "string"}}}`, `{"type": "object", "properties": {"in": {"x-graphql": "JSON", "sensitive": false, "pii": false}}}`,
		`{"type": "object", "additionalProperties": true, "sensitive": false, "pii": false}`, `{"type": "object", "additionalProperties": {"type": "string", "sensitive": false, "pii": false}}`,
		`{"type": "array", "items": {"type": "object", "properties": {"in": {"type": "string"}}}}`, `{"type": "integer"}`,
	}
	allow := ""
	for _, rule := range schema.Rules() {
		allow += "&allow=" + rule.ID
	}
	n := 0
	for _, kind := range slices.Sorted(maps.Keys(before)) {
		for _, next := range after {
			n++
			entity := fmt.Sprintf("Shape%d", n)
			in.publish(entity, `{"type": "object", "properties": {"v": `+before[kind]+`}}`)
			id := in.do(fmt.Sprintf(`mutation($i: %[1]sInput!) { create%[1]s(input: $i) { id } }`, entity), vars{"i": vars{"v": value[kind]}}).str("create" + entity + ".id")
			if r := admin.upload(entity, `{"type": "object", "properties": {"v": `+next+`}}`, "?mode=replace"+allow); r.Status != 200 {
				continue // refused, with all but the permission for it
			}
			selection := "v"
			if strings.Contains(next, `"properties"`) {
				selection = "v { in }"
			}
			lower := strings.ToLower(entity[:1]) + entity[1:]
			for _, query := range []string{fmt.Sprintf(`query($id: ID!) { %s(id: $id) { %s } %[1]sVersions(id: $id) { nodes { %[2]s } } }`, lower, selection)} {
				r := in.ask(query, vars{"id": id})
				if strings.Contains(r.Text, "canary") {
					t.Errorf("%s, which was %s, shows as %s: %s", kind, before[kind], next, r.Text)
				}
			}
		}
	}
}

// Nor by being removed and declared anew.
func TestMasksOutliveRemoval(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	admin := in.newKey([]string{"schema-admin"}, "")
	const with, without = `{"type": "object", "properties": {"a": {"type": "string"}, "v": {"type": ["string", "null"], "sensitive": true%s}}}`, `{"type": "object", "properties": {"a": {"type": "string"}}}`
	const clear = `{"type": "object", "properties": {"a": {"type": "string"}, "v": {"type": ["string", "null"]}}}`
	for _, pii := range []string{``, `, "pii": true`} {
		for _, updated := range []bool{false, true} {
			entity := fmt.Sprintf("Gone%d%t", len(pii), updated)
			lower := strings.ToLower(entity[:1]) + entity[1:]
			in.publish(entity, fmt.Sprintf(with, pii))
			id := in.do(fmt.Sprintf(`mutation { create%s(input: {v: "canary-value"}) { id } }`, entity)).str("create" + entity + ".id")
			admin.publish(entity, without, "?mode=replace&allow=FIELD_NO_DELETE&allow=CONSTRAINT_NO_NARROW")
			if updated { // then only the old version has the value
				in.do(fmt.Sprintf(`mutation($id: ID!) { update%s(id: $id, patch: {a: "x"}) { id } }`, entity), vars{"id": id})
			}
			if r := admin.upload(entity, clear, "?mode=replace&allow=CONSTRAINT_NO_NARROW&allow=EXTRA_NO_DISCLOSE"); r.Status != 200 {
				continue
			}
			r := in.ask(fmt.Sprintf(`query($id: ID!) { %[1]s(id: $id) { v } %[1]sVersions(id: $id) { nodes { v } } }`, lower), vars{"id": id})
			if strings.Contains(r.Text, "canary") {
				t.Errorf("pii %t, updated %t: %s", pii != "", updated, r.Text)
			}
		}
	}
}

// Nor by giving a member of a union another name.
func TestMasksOutliveUnions(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	admin := in.newKey([]string{"schema-admin"}, "")
	union := `{"type": "object", "properties": {"v": {"oneOf": [
		{"title": "%s", "type": "object", "required": ["m"], "properties": {"m": {"const": "card"}, "n": {"type": "string"%s}}},
		{"title": "Cash", "type": "object", "required": ["m"], "properties": {"m": {"const": "cash"}}}]}}}`
	in.publish("Paid", fmt.Sprintf(union, "Card", `, "sensitive": true`))
	r := in.do(`{ __type(name: "PaidVInput") { inputFields { name } } all: __schema { types { name } } }`)
	member := r.str("__type.inputFields.0.name")
	if member == "" {
		t.Fatal(r.Text)
	}
	id := in.do(`mutation { createPaid(input: {v: {` + member + `: {n: "canary-value"}}}) { id } }`).str("createPaid.id")
	if r := admin.upload("Paid", fmt.Sprintf(union, "Plastic", ``), "?mode=replace&allow=FIELD_SAME_TYPE&allow=CONSTRAINT_NO_NARROW&allow=FIELD_NO_DELETE"); r.Status != 200 {
		t.Logf("refused: %s", r.Text)
		return
	}
	got := in.ask(`query($id: ID!) { paid(id: $id) { v { ... on PaidPlastic { n } } } }`, vars{"id": id})
	if strings.Contains(got.Text, "canary") {
		t.Error(got.Text)
	}
}

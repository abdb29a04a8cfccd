package main

import (
	"fmt"
	"testing"
)

// A schema that no document satisfies is refused where it contradicts itself, and not published to be found out.
func TestContradictions(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	for i, test := range []struct{ property, keyword string }{ // and the keyword at fault; without one it is satisfied
		{`{"allOf": [{"const": "a"}, {"const": "b"}]}`, "const"},
		{`{"allOf": [{"enum": ["a", "b"]}, {"enum": ["c"]}]}`, "enum"},
		{`{"const": "a", "enum": ["b"]}`, "const"},
		{`{"const": "a", "pattern": "^b"}`, "const"},
		{`{"const": 1, "type": "integer", "minimum": 2}`, "const"},
		{`{"enum": ["aa", "b"], "type": "string", "minLength": 3}`, "enum"},
		{`{"enum": ["2026-02-30"], "type": "string", "format": "date"}`, "enum"},
		{`{"type": "string", "minLength": 5, "maxLength": 4}`, "minLength"},
		{`{"allOf": [{"allOf": [{"type": "integer", "minimum": 5}]}, {"maximum": 3}]}`, "minimum"},
		{`{"type": "number", "minimum": 5, "exclusiveMaximum": 5}`, "minimum"},
		{`{"type": "number", "exclusiveMinimum": 5, "maximum": 5}`, "exclusiveMinimum"},
		{`{"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 2}`, "exclusiveMinimum"},
		{`{"type": "integer", "minimum": -1.5, "maximum": -1.1}`, "minimum"},
		{`{"type": "array", "items": {"type": "string"}, "minItems": 3, "maxItems": 2}`, "minItems"},
		{`{"type": "array", "items": {"const": "a", "maxLength": 0}}`, "const"},
		{`{"type": "object", "properties": {"x": {"type": "string"}}, "minProperties": 2}`, "minProperties"},
		{`{"type": "object", "properties": {"x": false, "y": {"type": "string"}}, "required": ["x"]}`, "required"},
		{`{"type": "object", "properties": {"x": {"type": "string", "readOnly": true}}, "required": ["x"]}`, "readOnly"},
		{`{"const": 3000000000}`, "const"},
		{`{"type": "integer", "format": "int64", "const": 9223372036854775808}`, "const"},
		{`{"type": "integer", "default": 3000000000}`, "default"},
		{`{"enum": [12345678901234567890]}`, "enum"},
		{`{"enum": [0.12345678901234567891, 1]}`, "enum"},

		{`{"type": "integer", "format": "int64", "const": 3000000000, "default": 3000000000}`, ""},
		{`{"enum": [3000000000, 1e22, 0.1], "default": 1e22}`, ""},
		{`{"allOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}], "default": "b"}`, ""},
		{`{"enum": ["aa", "b"], "type": "string", "minLength": 2, "default": "aa"}`, ""},
		{`{"const": "a", "nullable": true, "pattern": "^a", "default": "a"}`, ""},
		{`{"type": "string", "minLength": 4, "maxLength": 4, "default": "abcd"}`, ""},
		{`{"type": ["string", "null"], "minLength": 5, "maxLength": 4}`, ""},
		{`{"type": "number", "minimum": 5, "maximum": 5, "default": 5}`, ""},
		{`{"type": "number", "exclusiveMinimum": 1, "exclusiveMaximum": 2, "default": 1.5}`, ""},
		{`{"type": "integer", "minimum": -1.5, "maximum": -0.5, "default": -1}`, ""},
		{`{"type": "object", "properties": {"x": {"type": "string"}, "y": {"type": "string"}}, "minProperties": 2, "default": {"x": "1", "y": "2"}}`, ""},
		{`{"type": "object", "properties": {"x": {"type": "string"}}, "minProperties": 2, "additionalProperties": true, "default": {"x": "1", "z": "2"}}`, ""},
		{`{"type": "object", "properties": {"x": {"const": "1", "readOnly": true}}, "required": ["x"], "default": {"x": "1"}}`, ""},
	} {
		entity := fmt.Sprintf("Thing%d", i)
		r := in.upload(entity, `{"type": "object", "properties": {"a": `+test.property+`, "b": {"type": "string"}}}`)
		if test.keyword == "" {
			if r.Status != 200 {
				t.Errorf("%s: %s", test.property, r.Text)
				continue
			}
			in.do(fmt.Sprintf(`mutation { create%s(input: {b: "x"}) { id } }`, entity))
			continue
		}
		if len(r.Errors) == 0 || r.code() != "SCHEMA_INVALID" || at(r.Errors[0].Extensions, "problems.0.keyword") != test.keyword || at(r.Errors[0].Extensions, "problems.1") != nil {
			t.Errorf("%s: %s", test.property, r.Text)
		}
	}
	if r := in.upload("Whole", `{"type": "object", "properties": {"a": {"type": "string"}}, "minProperties": 2}`); r.code() != "SCHEMA_INVALID" || at(r.Errors[0].Extensions, "problems.0.pointer") != "" {
		t.Error(r.Text)
	}
}

// Violations have the place of what is to be mended, and numbers as people write them.
func TestViolationsSayWhat(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	in.publish("Price", `{"type": "object", "dependentRequired": {"from": ["to"]}, "properties": {"from": {"type": "string"}, "to": {"type": "string"},
		"net": {"type": "number", "multipleOf": 0.01, "minimum": 0.5}, "tiny": {"type": "number", "exclusiveMaximum": 1e-9}}}`)
	for input, want := range map[string]string{
		`{from: "a"}`:  "to is required beside from.",
		`{net: 1.005}`: "net must be a multiple of 0.01.",
		`{net: 0.49}`:  "net must be at least 0.5.",
		`{tiny: 1}`:    "tiny must be less than 0.000000001.",
	} {
		r := in.refused("VALIDATION_FAILED", `mutation { createPrice(input: `+input+`) { id } }`)
		if got := r.Errors[0].Message; got != "The document does not satisfy its schema: "+want {
			t.Errorf("%s: %s", input, got)
		}
	}
	in.do(`mutation { createPrice(input: {from: "a", to: "b", net: 19.99, tiny: 1e-10}) { id } }`)
}

// Null that satisfies two alternatives of a oneOf is none of them.
func TestNullOfAlternatives(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	const alternatives = `{"oneOf": [{"type": ["string", "null"], "minLength": 1}, {"type": ["string", "null"], "maxLength": 0}]`
	in.publish("Thing", `{"type": "object", "required": ["a", "b"], "properties": {"a": `+alternatives+`}, "b": `+alternatives+`, "nullable": true}}}`)
	in.do(`mutation { createThing(input: {a: "x", b: null}) { id } }`)
	for input, code := range map[string]string{`{a: null, b: "x"}`: "GRAPHQL_VALIDATION_FAILED", `{b: "x"}`: "GRAPHQL_VALIDATION_FAILED", `{a: "x"}`: "VALIDATION_FAILED"} {
		in.refused(code, `mutation { createThing(input: `+input+`) { id } }`)
	}
}

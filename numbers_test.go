package main

import (
	"strings"
	"testing"
)

// Numbers are what they are written as, however long, and where they cannot be, the error says which.
func TestLongNumbers(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	in.publish("Sum", `{"type": "object", "properties": {"money": {"type": "number", "format": "decimal"}, "share": {"type": "number"}, "count": {"type": "integer", "format": "int64"},
		"shares": {"type": "array", "items": {"type": "number"}}, "any": {"x-graphql": "JSON", "sensitive": false, "pii": false}}}`)
	r := in.do(`mutation { createSum(input: {money: 123456789012345678901.25, share: 18446744073709551616, shares: [18446744073709551616], any: {n: 18446744073709551616}}) { money share shares any } }`)
	wantJSON(t, r.at("createSum"), `{"money": "123456789012345678901.25", "share": 18446744073709551616, "shares": [18446744073709551616], "any": {"n": 18446744073709551616}}`)
	if !strings.Contains(r.Text, `"any":{"n":18446744073709551616}`) {
		t.Error(r.Text)
	}
	r = in.refused("BAD_USER_INPUT", `mutation { createSum(input: {count: 9223372036854775808}) { count } }`)
	if want := "Argument input.count must be a whole number of 64 bits."; len(r.Errors) != 1 || r.Errors[0].Message != want {
		t.Error(r.Text)
	}
	if r := in.do(`{ profile(id: 18446744073709551616) { id } }`); r.at("profile") != nil {
		t.Error(r.Text)
	}
	// In the control plane literals are read by others. A schema in a variable, or as text, has any number.
	const schema = `{type: "object", properties: {a: {type: "number", maximum: 18446744073709551616}}}`
	for _, query := range []string{`mutation { publishSchema(entity: "Limit", schema: ` + schema + `) { version } }`, `{ checkSchema(entity: "Limit", schema: ` + schema + `) { ok } }`,
		`query($s: JSON! = ` + schema + `) { checkSchema(entity: "Limit", schema: $s) { ok } }`} {
		if r := in.manage(query); r.code() != "BAD_USER_INPUT" || !strings.Contains(r.Text, "send it in a variable") {
			t.Error(r.Text)
		}
	}
	in.managed(`mutation($s: JSON!) { publishSchema(entity: "Limit", schema: $s) { version } }`, vars{"s": `{"type": "object", "properties": {"a": {"type": "number", "maximum": 18446744073709551616}}}`})
	r = in.refused("VALIDATION_FAILED", `mutation { createLimit(input: {a: 18446744073709551617}) { a } }`)
	if !strings.Contains(r.Text, "a must be at most 18446744073709551616.") {
		t.Error(r.Text)
	}
}

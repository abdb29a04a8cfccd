package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Every kind of value, as everybody sees it.
func TestMasks(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		for i, test := range []struct{ schema, value, want string }{
			{`"type": "string"`, `"John"`, `"J***"`},
			{`"type": "string"`, `"Doe"`, `"D**"`},
			{`"type": "string"`, `"12345678911"`, `"1**********"`},
			{`"type": "string"`, `"J"`, `"*"`},
			{`"type": "string"`, `""`, `""`},
			{`"type": "string"`, `"Ωμέγα"`, `"Ω****"`},
			{`"type": ["string", "null"]`, `null`, `null`},
			{`"type": "string", "format": "email"`, `"john.doe@example.com"`, `"j***.d**@e******.c**"`},
			{`"type": "string", "format": "email"`, `"a@b.co"`, `"*@*.c*"`},
			{`"type": "string", "format": "phone"`, `"+5511999998888"`, `"+*************"`},
			{`"type": "string", "format": "date"`, `"1990-05-17"`, `null`},
			{`"type": "string", "format": "date-time"`, `"1990-05-17T10:15:30Z"`, `null`},
			{`"type": "string", "format": "uri"`, `"https://example.com/ann"`, `null`},
			{`"type": "string", "format": "uuid"`, `"7d444840-9dc0-11d1-b245-5ffdce74fad2"`, `null`},
			{`"type": "string", "format": "country-code"`, `"BR"`, `null`},
			{`"type": "string", "format": "decimal"`, `"12.50"`, `null`},
			{`"type": "string", "format": "date", "x-mask": "year"`, `"1990-05-17"`, `"1990-01-01"`},
			{`"type": "string", "format": "date-time", "x-mask": "year"`, `"1990-05-17T10:15:30Z"`, `"1990-01-01T00:00:00Z"`},
			{`"type": "string", "x-mask": "last4"`, `"4111111111111234"`, `"************1234"`},
			{`"type": "string", "x-mask": "last4"`, `"1234567"`, `"*******"`},
			{`"type": "string", "x-mask": "fixed"`, `"anything"`, `"*****"`},
			{`"type": "string", "x-mask": "null"`, `"anything"`, `null`},
			{`"type": "string", "x-mask": "email"`, `"ann@example.com"`, `"a**@e******.c**"`},
			{`"type": "integer"`, `42`, `null`},
			{`"type": "number"`, `4.25`, `null`},
			{`"type": "boolean"`, `true`, `null`},
			{`"enum": ["RED", "BLUE"]`, `"RED"`, `null`},
			{`"type": "array", "items": {"type": "string"}`, `["a", "b"]`, `null`},
			{`"type": "object", "properties": {"a": {"type": "string"}}`, `{"a": "b"}`, `null`},
			{`"type": "object", "additionalProperties": true`, `{"a": "b"}`, `null`},
		} {
			entity := fmt.Sprintf("Kind%d", i)
			in.publish(entity, fmt.Sprintf(`{"type": "object", "properties": {"v": {"sensitive": true, %s}}}`, test.schema))
			value := any(nil)
			if err := json.Unmarshal([]byte(test.value), &value); err != nil {
				t.Fatal(err)
			}
			selection := "v"
			if strings.Contains(test.schema, `"properties"`) {
				selection = "v { a }"
			}
			r := in.ask(fmt.Sprintf(`mutation($i: %[1]sInput!) { create%[1]s(input: $i) { %[2]s meta { masked } } }`, entity, selection), vars{"i": vars{"v": value}})
			masked := `["v"]`
			if test.value == "null" {
				masked = `[]`
			}
			if len(r.Errors) > 0 {
				t.Errorf("%s %s: %s", test.schema, test.value, r.Text)
				continue
			}
			wantJSON(t, r.at("create"+entity), fmt.Sprintf(`{"v": %s, "meta": {"masked": %s}}`, test.want, masked))
		}
	})
}

// Sensitive fields within objects, lists and unions, and what no schema declares.
func TestMasksWithin(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	in.publish("Deep", `{"type": "object", "additionalProperties": true, "properties": {
		"home": {"type": "object", "properties": {"street": {"type": "string", "sensitive": true}, "city": {"type": "string"},
			"geo": {"type": "object", "properties": {"lat": {"type": "number", "sensitive": true}, "zone": {"type": "string"}}}}},
		"people": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string", "sensitive": true}, "age": {"type": "integer", "sensitive": true}, "role": {"type": "string"}}}},
		"payments": {"type": "array", "items": {"$ref": "#/$defs/payment"}},
		"open": {"type": "object", "additionalProperties": true, "pii": false, "sensitive": false},
		"half": {"type": "object", "additionalProperties": true, "properties": {"known": {"type": "string"}}},
		"tree": {"$ref": "#/$defs/node"}},
		"$defs": {"payment": {"oneOf": [{"$ref": "#/$defs/card"}, {"$ref": "#/$defs/cash"}]},
			"card": {"type": "object", "required": ["method"], "properties": {"method": {"const": "card"}, "number": {"type": "string", "sensitive": true}, "brand": {"type": "string"}}},
			"cash": {"type": "object", "required": ["method"], "properties": {"method": {"const": "cash"}, "amount": {"type": "integer", "sensitive": true}}},
			"node": {"type": "object", "properties": {"label": {"type": "string", "sensitive": true}, "children": {"type": "array", "items": {"$ref": "#/$defs/node"}}}}}}`)
	id := in.do(`mutation($i: DeepInput!) { createDeep(input: $i) { id } }`, vars{"i": object(t, `{
		"home": {"street": "Main", "city": "Rio", "geo": {"lat": 1.5, "zone": "z"}},
		"people": [{"name": "Ann", "age": 30, "role": "a"}, {"name": "Bob", "role": "b"}],
		"payments": [{"deepCard": {"number": "4111", "brand": "Visa"}}, {"deepCash": {"amount": 5}}],
		"open": {"shown": 1}, "half": {"known": "k", "additionalProperties": {"hidden": "h"}},
		"tree": {"label": "top", "children": [{"label": "leaf"}]}, "additionalProperties": {"undeclared": "u"}}`)}).str("createDeep.id")
	r := in.do(`query($id: ID!) { deep(id: $id) { home { street city geo { lat zone } } people { name age role }
		payments { __typename ... on DeepCard { number brand } ... on DeepCash { amount } } open half { known additionalProperties }
		tree { label children { label } } additionalProperties meta { masked } } }`, vars{"id": id})
	masked := r.at("deep.meta.masked").([]any)
	slices.SortFunc(masked, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	wantJSON(t, r.at("deep"), `{"home": {"street": "M***", "city": "Rio", "geo": {"lat": null, "zone": "z"}},
		"people": [{"name": "A**", "age": null, "role": "a"}, {"name": "B**", "age": null, "role": "b"}],
		"payments": [{"__typename": "DeepCard", "number": "4***", "brand": "Visa"}, {"__typename": "DeepCash", "amount": null}],
		"open": {"shown": 1}, "half": {"known": "k", "additionalProperties": null}, "tree": {"label": "t**", "children": [{"label": "l***"}]}, "additionalProperties": null,
		"meta": {"masked": ["additionalProperties", "half.additionalProperties", "home.geo.lat", "home.street", "payments.amount", "payments.number", "people.age", "people.name", "tree.children.label", "tree.label"]}}`)
}

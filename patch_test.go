package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a patch brings into being is as if the document had been created with it: at any depth, with the
// schema's defaults, and without those that the client says no to.
func TestPatchesGiveDefaultsAsCreationsDo(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	in.publish("Account", `{"type": "object", "properties": {
		"name": {"type": ["string", "null"]},
		"plan": {"type": ["object", "null"], "properties": {
			"level": {"type": ["string", "null"], "default": "basic"}, "seats": {"type": "integer", "default": 1}, "note": {"type": ["string", "null"]},
			"billing": {"type": "object", "properties": {"currency": {"type": "string", "default": "BRL"}, "day": {"type": "integer"}}},
			"limits": {"type": "object", "default": {"calls": 5}, "properties": {"calls": {"type": "integer"}, "hard": {"type": "boolean", "default": true}}}}},
		"contacts": {"type": ["array", "null"], "items": {"type": "object", "properties": {"kind": {"type": "string", "default": "mail"}, "to": {"type": "string"}}}},
		"pay": {"anyOf": [
			{"type": "object", "title": "Card", "properties": {"by": {"const": "card"}, "network": {"type": "string", "default": "visa"}, "last": {"type": "string"}}, "required": ["by"]},
			{"type": "object", "title": "Cash", "properties": {"by": {"const": "cash"}, "unit": {"type": "string", "default": "BRL"}}, "required": ["by"]}, {"type": "null"}]}
	}, "x-entity": {}, "additionalProperties": false}`)
	const fields = `plan { level seats note billing { currency day } limits { calls hard } } contacts { kind to } pay { ... on AccountPayCard { network last } ... on AccountPayCash { unit } }`
	for name, v := range map[string]string{
		"empty":                `{"plan": {}}`,
		"deep":                 `{"plan": {"billing": {"day": 3}}}`,
		"with some":            `{"plan": {"level": "plus", "limits": {"calls": 9}}}`,
		"with null":            `{"plan": {"level": null, "note": null}}`,
		"null that may not be": `{"plan": {"seats": null, "limits": {"hard": null}, "billing": {"currency": null, "day": 3}}}`,
		"a list":               `{"contacts": [{"to": "x"}, {"kind": "phone"}]}`,
		"a union":              `{"pay": {"accountPayCard": {"last": "1234"}}}`,
		"another union":        `{"pay": {"accountPayCash": {}}}`,
		"nothing":              `{"plan": null, "contacts": null, "pay": null}`,
	} {
		created := in.do(`mutation($v: AccountInput!) { made: createAccount(input: $v) { `+fields+` } }`, vars{"v": object(t, v)})
		id := in.do(`mutation { createAccount(input: {name: "x"}) { id } }`).str("createAccount.id")
		patched := in.do(`mutation($id: ID!, $v: AccountPatch!) { made: updateAccount(id: $id, patch: $v) { `+fields+` } }`, vars{"id": id, "v": object(t, v)})
		if diff := cmp.Diff(created.Data, patched.Data); diff != "" {
			t.Errorf("%s: (-created +patched)\n%s", name, diff)
		}
	}

	// What is there already stays as it is: a default that was removed does not come back.
	id := in.do(`mutation { createAccount(input: {plan: {level: "plus"}}) { id } }`).str("createAccount.id")
	r := in.do(`mutation($id: ID!) { a: updateAccount(id: $id, patch: {plan: {level: null}}) { id } b: updateAccount(id: $id, patch: {name: "y", plan: {note: "z"}}) { plan { level seats note billing { currency } } } }`, vars{"id": id})
	wantJSON(t, r.at("b"), `{"plan": {"level": null, "seats": 1, "note": "z", "billing": null}}`)
}

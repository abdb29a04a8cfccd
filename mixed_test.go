package main

import (
	"fmt"
	"strings"
	"testing"
)

// TestMaskedAndInClear: where one answer has a field with a reason and without, each place shows what was
// asked for there, by every way to read and in the answers of mutations. A gateway asks so when another
// subgraph requires a field that its client wants in clear.
func TestMaskedAndInClear(t *testing.T) {
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		id := in.do(`mutation { createProfile(input: {email: "ana@example.com", firstName: "Ana", lastName: "Dias"}) { id } }`).str("createProfile.id")
		bo := in.do(`mutation { createProfile(input: {email: "bo@example.com", firstName: "Bo"}) { id } }`).str("createProfile.id")
		const fields = `a: firstName b: firstName(unmask: $why) c: firstName lastName`
		const want = `{"a": "A**", "b": "Ana", "c": "A**", "lastName": "D***"}`
		const other = `{"a": "B*", "b": "Bo", "c": "B*", "lastName": null}`
		why := vars{"reason": "Ticket 4711: the parcel came back"}
		for _, test := range []struct{ query, at, want string }{
			{`profile(id: $id) { ` + fields + ` }`, "profile", want},
			{`profile(by: {email: "ana@example.com"}) { ` + fields + ` }`, "profile", want},
			{`_entities(representations: [{__typename: "Profile", id: $id}, {__typename: "Profile", email: "bo@example.com"}]) { ... on Profile { ` + fields + ` } }`, "_entities", `[` + want + `, ` + other + `]`},
			{`profiles { nodes { ` + fields + ` } }`, "profiles.nodes", `[` + want + `, ` + other + `]`},
			{`profileVersions(id: $id) { nodes { ` + fields + ` } }`, "profileVersions.nodes", `[` + want + `]`},
			// In several places of one page, and with an argument that covers all but one.
			{`profiles(first: 1) { edges { node { firstName } } nodes { firstName(unmask: $why) } }`, "profiles", `{"edges": [{"node": {"firstName": "A**"}}], "nodes": [{"firstName": "Ana"}]}`},
			{`profiles(first: 1, unmask: $why) { nodes { firstName a: firstName(unmask: null) lastName } }`, "profiles.nodes", `[{"firstName": "Ana", "a": "A**", "lastName": "Dias"}]`},
			// For two reasons each, and what is masked somewhere is said to be masked.
			{`profile(id: $id) { a: firstName(unmask: $why) b: firstName(unmask: {reason: "another good reason"}) lastName(unmask: $why) email meta { masked } }`, "profile",
				`{"a": "Ana", "b": "Ana", "lastName": "Dias", "email": "a**@e******.c**", "meta": {"masked": ["email"]}}`},
			{`profile(id: $id) { firstName b: firstName(unmask: $why) lastName(unmask: $why) meta { masked } }`, "profile",
				`{"firstName": "A**", "b": "Ana", "lastName": "Dias", "meta": {"masked": ["firstName"]}}`},
		} {
			r := in.do(`query($id: ID!, $why: Unmask) { x: profile(id: $id) { id } `+test.query+` }`, vars{"id": id, "why": why})
			t.Run(test.query, func(t *testing.T) { wantJSON(t, r.at(test.at), test.want) })
		}

		// Nothing is asked for when the variable holds no reason.
		r := in.do(`query($id: ID!, $why: Unmask) { profile(id: $id) { `+fields+` } }`, vars{"id": id})
		wantJSON(t, r.at("profile"), `{"a": "A**", "b": "A**", "c": "A**", "lastName": "D***"}`)

		// A refusal is told once, and all stays masked.
		r = in.newKey([]string{"reader"}, "").ask(`query($id: ID!, $why: Unmask) { profile(id: $id) { `+fields+` } }`, vars{"id": id, "why": why})
		wantJSON(t, r.at("profile"), `{"a": "A**", "b": "A**", "c": "A**", "lastName": "D***"}`)
		if len(r.Errors) != 1 || r.code() != "FORBIDDEN" || fmt.Sprint(r.Errors[0].Path) != "[profile]" {
			t.Error(r.Text)
		}
		// A shopper sees the own data, with a reason and without.
		r = in.newKey([]string{"shopper"}, id).do(`query($id: ID!, $why: Unmask) { profile(id: $id) { `+fields+` } }`, vars{"id": id, "why": why})
		wantJSON(t, r.at("profile"), `{"a": "Ana", "b": "Ana", "c": "Ana", "lastName": "Dias"}`)

		r = in.do(`mutation($id: ID!, $why: Unmask) { updateProfile(id: $id, patch: {firstName: "Bob"}) { a: firstName b: firstName(unmask: $why) meta { masked } }
			createProfile(input: {email: "cy@example.com", firstName: "Cy"}) { a: firstName b: firstName(unmask: $why) } }`, vars{"id": bo, "why": why})
		wantJSON(t, r.Data, `{"updateProfile": {"a": "B**", "b": "Bob", "meta": {"masked": ["firstName"]}}, "createProfile": {"a": "C*", "b": "Cy"}}`)

		// On the record is what was asked for with a reason, and no more.
		in.do(`query($id: ID!, $why: Unmask) { profile(id: $id) { `+fields+` } }`, vars{"id": id, "why": why})
		wantJSON(t, in.managed(`{ audit(first: 1) { entries { action id fields } } }`).at("audit.entries"), fmt.Sprintf(`[{"action": "GetProfileUnmasked", "id": %q, "fields": ["firstName"]}]`, id))
	})
}

// TestTornObjects: within one object a field can be shown in one way only; it stays masked then.
func TestTornObjects(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	in.publish("House", `{"type": "object", "additionalProperties": false, "properties": {
		"door": {"type": "object", "additionalProperties": false, "properties": {"code": {"type": "string", "sensitive": true}, "colour": {"type": "string"}}},
		"safe": {"type": "object", "sensitive": true, "additionalProperties": false, "properties": {"pin": {"type": "string", "sensitive": true}, "size": {"type": "string"}}}}}`)
	id := in.do(`mutation { createHouse(input: {door: {code: "1234", colour: "red"}, safe: {pin: "9", size: "XL"}}) { id } }`).str("createHouse.id")
	v := vars{"id": id, "why": vars{"reason": "Ticket 4711: locked out again"}}
	r := in.ask(`query($id: ID!, $why: Unmask) { house(id: $id) { door { colour a: code b: code(unmask: $why) } } }`, v)
	wantJSON(t, r.at("house"), `{"door": {"colour": "red", "a": "1***", "b": "1***"}}`)
	if len(r.Errors) != 1 || r.code() != "BAD_USER_INPUT" || fmt.Sprint(r.Errors[0].Path) != "[house door]" {
		t.Error(r.Text)
	}
	r = in.do(`query($id: ID!, $why: Unmask) { house(id: $id) { a: door { colour code } b: door { code(unmask: $why) } } }`, v)
	wantJSON(t, r.at("house"), `{"a": {"colour": "red", "code": "1***"}, "b": {"code": "1234"}}`)
	// What is sensitive as a whole is shown as a whole, wherever the reason is given.
	r = in.do(`query($id: ID!, $why: Unmask) { house(id: $id) { a: safe { pin size } b: safe(unmask: $why) { pin size } c: safe { pin(unmask: $why) size } } }`, v)
	wantJSON(t, r.at("house"), `{"a": null, "b": {"pin": "9", "size": "XL"}, "c": {"pin": "9", "size": "XL"}}`)
}

// TestNearestReasonInObjects: of an object that is sensitive as a whole, what was asked for there counts for
// all within, also for what is sensitive by itself. The reason around it does not.
func TestNearestReasonInObjects(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	in.publish("Profile", `{"properties": {"card": {"type": ["object", "null"], "pii": true,
		"properties": {"brand": {"type": "string"}, "holder": {"type": "string", "pii": true}}}}}`)
	in.do(`mutation { createProfile(input: {email: "ana@example.com", firstName: "Ana", card: {brand: "Visa", holder: "Ana Dias"}}) { id } }`)
	why, bad := vars{"reason": "Ticket 4711: the parcel came back"}, vars{"reason": "short"}
	const open, shut = `{"brand": "Visa", "holder": "Ana Dias"}`, `null`
	for _, test := range []struct {
		outer, inner any
		want         string
		recorded     string // the fields of the entries that are added, with their outcomes
	}{
		{why, nil, shut, "[ALLOWED firstName]"},
		{why, bad, shut, "[ALLOWED firstName] [DENIED card]"},
		{bad, why, open, "[DENIED firstName] [ALLOWED card]"},
		{nil, why, open, "[ALLOWED card]"},
	} {
		mark := in.mark()
		r := in.ask(`query($o: Unmask, $i: Unmask) { profiles(unmask: $o) { nodes { firstName card(unmask: $i) { brand holder } } } }`, vars{"o": test.outer, "i": test.inner})
		wantJSON(t, r.at("profiles.nodes.0.card"), test.want)
		got := ""
		for _, e := range in.recorded(mark) {
			got += " [" + e.Outcome + " " + strings.Join(e.Fields, " ") + "]"
		}
		if got[min(1, len(got)):] != test.recorded {
			t.Errorf("outside %v, inside %v: the record has%s", test.outer, test.inner, got)
		}
	}
}

package main

import (
	"strings"
	"testing"
)

// What can have one value only nobody has to write, and nobody can change.
func TestConstants(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		in.publish("Thing", `{"type": "object", "required": ["kind", "size", "part", "hidden", "maybe"], "additionalProperties": false, "properties": {
			"kind": {"const": "thing"}, "size": {"const": 4.5}, "name": {"type": "string"}, "free": {"const": "free"}, "maybe": {"const": "maybe", "nullable": true},
			"hidden": {"const": "canary", "sensitive": true}, "parts": {"type": "array", "items": {"$ref": "#/$defs/part"}}, "part": {"$ref": "#/$defs/part"}},
			"$defs": {"part": {"type": "object", "required": ["kind"], "additionalProperties": false, "properties": {"kind": {"const": "part"}, "n": {"type": "integer"}}}}}`)
		const all = `{ kind size free maybe hidden parts { kind n } part { kind n } }`
		id := in.do(`mutation { createThing(input: {name: "a", maybe: null, part: {}, parts: [{n: 1}, {}]}) { id } }`).str("createThing.id")
		read := `query($id: ID!) { thing(id: $id, unmask: {reason: "to see the constant"}) ` + all + ` }`
		wantJSON(t, in.do(read, vars{"id": id}).at("thing"), `{"kind": "thing", "size": 4.5, "free": null, "maybe": null, "hidden": "canary", "parts": [{"kind": "part", "n": 1}, {"kind": "part", "n": null}], "part": {"kind": "part", "n": null}}`)
		r := in.do(`mutation($id: ID!) { updateThing(id: $id, patch: {free: "free", maybe: "maybe", part: {n: 2}, parts: [{n: 3}]}) `+all+` }`, vars{"id": id})
		wantJSON(t, r.at("updateThing"), `{"kind": "thing", "size": 4.5, "free": "free", "maybe": "maybe", "hidden": "c*****", "parts": [{"kind": "part", "n": 3}], "part": {"kind": "part", "n": 2}}`)
		for _, patch := range []string{`{kind: "other"}`, `{kind: "thing"}`, `{kind: null}`, `{part: {kind: "other"}}`} {
			in.refused("GRAPHQL_VALIDATION_FAILED", `mutation($id: ID!) { updateThing(id: $id, patch: `+patch+`) { id } }`, vars{"id": id})
		}
		in.refused("BAD_USER_INPUT", `mutation($id: ID!, $p: ThingPatch!) { updateThing(id: $id, patch: $p) { id } }`, vars{"id": id, "p": vars{"kind": "other"}})
		in.refused("VALIDATION_FAILED", `mutation($id: ID!) { updateThing(id: $id, patch: {free: "dear"}) { id } }`, vars{"id": id})

		// Those who write find it said.
		sdl := in.send("GET", "/sdl", nil).Text
		for _, said := range []string{"\"\"\"Always `\"thing\"`: it is filled in.\"\"\"\n  kind: String", "\"\"\"Always `4.5`: it is filled in.\"\"\"\n  size: Float", `"""Always the same: it is filled in."""` + "\n  hidden(",
			`Filled in, since it is always the same: kind, size, hidden."""` + "\ninput ThingInput {"} {
			if !strings.Contains(sdl, said) {
				t.Errorf("not in the SDL: %s", said)
			}
		}
		if strings.Contains(sdl, "canary") {
			t.Error("the SDL tells a sensitive constant")
		}

		// A document from before there was a constant, or when it was another, gets it with its next update.
		in.publish("Old", `{"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}`)
		old := in.do(`mutation { createOld(input: {a: "x"}) { id } }`).str("createOld.id")
		in.publish("Old", `{"type": "object", "required": ["a", "b"], "properties": {"a": {"const": "y"}, "b": {"const": "z"}, "c": {"type": "string"}}}`, "?allow=REQUIRED_NO_ADD&allow=CONSTRAINT_NO_NARROW")
		wantJSON(t, in.do(`mutation($id: ID!) { updateOld(id: $id, patch: {c: "new"}) { a b c } }`, vars{"id": old}).at("updateOld"), `{"a": "y", "b": "z", "c": "new"}`)

		// So it gets the default of what nobody can write.
		in.publish("Old", `{"properties": {"tier": {"type": "string", "readOnly": true, "default": "basic"}}, "required": ["tier"]}`, "?allow=REQUIRED_NO_ADD")
		wantJSON(t, in.do(`mutation($id: ID!) { updateOld(id: $id, patch: {c: "newer"}) { c tier } }`, vars{"id": old}).at("updateOld"), `{"c": "newer", "tier": "basic"}`)

		// So does what becomes of a prospect.
		in.publish("Prospect", `{"properties": {"stage": {"type": ["string", "null"], "sensitive": false, "pii": false}}}`)
		in.publish("Profile", `{"properties": {"stage": {"const": "customer", "sensitive": false, "pii": false}}, "required": ["stage"]}`)
		in.publish("Address", `{"properties": {"origin": {"const": "web"}}, "required": ["origin"]}`)
		prospect := in.do(`mutation { createProspect(input: {email: "a@example.com", stage: "visitor", availableAddresses: [{postalCode: "1"}]}) { id } }`).str("createProspect.id")
		r = in.do(`mutation($id: ID!) { promoteProspect(id: $id) { stage addresses { nodes { origin } } } }`, vars{"id": prospect})
		wantJSON(t, r.at("promoteProspect"), `{"stage": "customer", "addresses": {"nodes": [{"origin": "web"}]}}`)
	})
}

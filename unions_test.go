package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// A card or a wire transfer, as objects that say all there may be in them.
const cardOrWire = `{"oneOf": [
	{"type": "object", "required": ["kind"], "additionalProperties": false, "properties": {"kind": {"const": "card"}, "num": {"type": "string"}, "x": {"type": ["string", "null"]}}},
	{"type": "object", "required": ["kind"], "additionalProperties": false, "properties": {"kind": {"const": "wire"}, "acc": {"type": "string"}, "x": {"type": ["string", "null"]}}}]}`

// doc returns the schema of an entity with these properties and no others.
func doc(properties string) string {
	return `{"type": "object", "additionalProperties": false, "properties": {"note": {"type": ["string", "null"]}, ` + properties + `}}`
}

// createDoc creates a document of the entity Doc and returns its id.
func (c *client) createDoc(input string) string {
	c.t.Helper()
	return c.do(`mutation { createDoc(input: ` + input + `) { id } }`).str("createDoc.id")
}

// updateDoc updates a document of the entity Doc.
func (c *client) updateDoc(id, patch string) *reply {
	c.t.Helper()
	return c.ask(`mutation($id: ID!) { updateDoc(id: $id, patch: `+patch+`) { id } }`, vars{"id": id})
}

var unionTests = map[string]struct {
	schema string
	fields string // to be selected; unmasked
	create string
	steps  []struct{ patch, want string } // want is the document, or the code of a refusal
}{
	"a field": {
		schema: doc(`"un": ` + cardOrWire),
		fields: `un { __typename ... on DocUnCard { kind num x } ... on DocUnWire { kind acc x } }`,
		create: `{note: "n"}`,
		steps: []struct{ patch, want string }{
			{`{un: {docUnCard: {num: "5"}}}`, `{"un": {"__typename": "DocUnCard", "kind": "card", "num": "5", "x": null}}`},
			{`{un: {docUnCard: {num: "6", x: "y"}}}`, `{"un": {"__typename": "DocUnCard", "kind": "card", "num": "6", "x": "y"}}`},
			{`{un: {docUnCard: {x: null}}}`, `{"un": {"__typename": "DocUnCard", "kind": "card", "num": null, "x": null}}`},
			{`{note: "m"}`, `{"un": {"__typename": "DocUnCard", "kind": "card", "num": null, "x": null}}`},
			{`{un: {docUnWire: {acc: "7"}}}`, `{"un": {"__typename": "DocUnWire", "kind": "wire", "acc": "7", "x": null}}`},
			{`{un: {docUnCard: {}}}`, `{"un": {"__typename": "DocUnCard", "kind": "card", "num": null, "x": null}}`},
			{`{un: null}`, `{"un": null}`},
			{`{un: null}`, `{"un": null}`},
			{`{un: {docUnWire: {}}}`, `{"un": {"__typename": "DocUnWire", "kind": "wire", "acc": null, "x": null}}`},
			{`{un: {}}`, `GRAPHQL_VALIDATION_FAILED`},
			{`{un: {docUnCard: {}, docUnWire: {}}}`, `GRAPHQL_VALIDATION_FAILED`},
			{`{un: {docUnCard: null}}`, `GRAPHQL_VALIDATION_FAILED`},
			{`{un: {docUnCard: {acc: "1"}}}`, `GRAPHQL_VALIDATION_FAILED`},
			{`{un: {docUnCard: {num: 5}}}`, `GRAPHQL_VALIDATION_FAILED`},
			{`{un: "card"}`, `GRAPHQL_VALIDATION_FAILED`},
			{`{note: "still"}`, `{"un": {"__typename": "DocUnWire", "kind": "wire", "acc": null, "x": null}}`},
		},
	},
	"set at creation": {
		schema: doc(`"un": ` + cardOrWire),
		fields: `un { ... on DocUnCard { num } ... on DocUnWire { acc } }`,
		create: `{un: {docUnCard: {num: "5", x: "y"}}}`,
		steps: []struct{ patch, want string }{
			{`{un: {docUnCard: {num: "6"}}}`, `{"un": {"num": "6"}}`},
			{`{un: {docUnWire: {acc: "7"}}}`, `{"un": {"acc": "7"}}`},
		},
	},
	"within objects": {
		schema: doc(`"in": {"type": "object", "additionalProperties": false, "properties": {"a": {"type": ["string", "null"]},
			"deep": {"type": "object", "additionalProperties": false, "properties": {"b": {"type": ["string", "null"]}, "un": ` + cardOrWire + `}}}}`),
		fields: `in { a deep { b un { ... on DocInDeepUnCard { num } ... on DocInDeepUnWire { acc } } } }`,
		create: `{in: {a: "1", deep: {b: "2", un: {docInDeepUnCard: {num: "5"}}}}}`,
		steps: []struct{ patch, want string }{
			{`{in: {deep: {un: {docInDeepUnCard: {num: "6"}}}}}`, `{"in": {"a": "1", "deep": {"b": "2", "un": {"num": "6"}}}}`},
			{`{in: {deep: {un: {docInDeepUnWire: {acc: "7"}}}}}`, `{"in": {"a": "1", "deep": {"b": "2", "un": {"acc": "7"}}}}`},
			{`{in: {deep: {b: null}}}`, `{"in": {"a": "1", "deep": {"b": null, "un": {"acc": "7"}}}}`},
			{`{in: null}`, `{"in": null}`},
			{`{in: {deep: {un: {docInDeepUnWire: {acc: "8"}}}}}`, `{"in": {"a": null, "deep": {"b": null, "un": {"acc": "8"}}}}`},
		},
	},
	"in a list": {
		schema: doc(`"list": {"type": "array", "items": ` + cardOrWire + `}`),
		fields: `list { ... on DocListCard { num } ... on DocListWire { acc } }`,
		create: `{list: [{docListCard: {num: "1"}}, {docListWire: {acc: "2"}}]}`,
		steps: []struct{ patch, want string }{
			{`{list: [{docListWire: {acc: "3"}}, {docListCard: {num: "4"}}, {docListCard: {}}]}`, `{"list": [{"acc": "3"}, {"num": "4"}, {"num": null}]}`},
			{`{list: []}`, `{"list": []}`},
			{`{list: {docListCard: {num: "5"}}}`, `{"list": [{"num": "5"}]}`},
			{`{list: null}`, `{"list": null}`},
			{`{list: [{docListCard: {}, docListWire: {}}]}`, `GRAPHQL_VALIDATION_FAILED`},
			{`{list: [null]}`, `GRAPHQL_VALIDATION_FAILED`},
		},
	},
	"what a member requires": {
		schema: doc(`"un": {"oneOf": [
			{"type": "object", "required": ["kind", "must", "made", "nil"], "additionalProperties": false, "properties": {"kind": {"const": "a"}, "must": {"type": "string", "minLength": 2},
				"made": {"type": "object", "default": {"by": "default"}, "properties": {"by": {"type": "string"}}}, "nil": {"type": ["string", "null"]}}},
			{"type": "object", "required": ["kind"], "additionalProperties": false, "properties": {"kind": {"const": "b"}, "size": {"type": "integer", "default": 3}}}]}`),
		fields: `un { ... on DocUnA { must made { by } nil } ... on DocUnB { size } }`,
		create: `{un: {docUnB: {}}}`,
		steps: []struct{ patch, want string }{
			{`{un: {docUnA: {}}}`, `GRAPHQL_VALIDATION_FAILED`},
			{`{un: {docUnA: {must: null}}}`, `GRAPHQL_VALIDATION_FAILED`},
			{`{un: {docUnA: {must: "x", nil: null}}}`, `VALIDATION_FAILED`},
			{`{note: "n"}`, `{"un": {"size": 3}}`},
			{`{un: {docUnA: {must: "xy", nil: null}}}`, `{"un": {"must": "xy", "made": {"by": "default"}, "nil": null}}`},
			{`{un: {docUnA: {must: "xz", made: {by: "hand"}, nil: "n"}}}`, `{"un": {"must": "xz", "made": {"by": "hand"}, "nil": "n"}}`},
			{`{un: {docUnA: {must: "xz"}}}`, `VALIDATION_FAILED`}, // nil must be there, if only as null
			{`{un: {docUnB: {}}}`, `{"un": {"size": 3}}`},
			{`{un: {docUnB: {size: 4}}}`, `{"un": {"size": 4}}`},
		},
	},
	"required": {
		schema: `{"type": "object", "required": ["un"], "additionalProperties": false, "properties": {"note": {"type": ["string", "null"]}, "un": ` + cardOrWire + `}}`,
		fields: `un { ... on DocUnCard { num } ... on DocUnWire { acc } }`,
		create: `{un: {docUnCard: {num: "5"}}}`,
		steps: []struct{ patch, want string }{
			{`{un: null}`, `VALIDATION_FAILED`},
			{`{un: {docUnWire: {acc: "7"}}}`, `{"un": {"acc": "7"}}`},
		},
	},
	"sensitive members": {
		schema: doc(`"un": {"oneOf": [
			{"type": "object", "required": ["kind"], "additionalProperties": false, "properties": {"kind": {"const": "card"}, "num": {"type": "string", "pii": true, "x-mask": "last4"}}},
			{"type": "object", "required": ["kind"], "additionalProperties": false, "properties": {"kind": {"const": "wire"}, "acc": {"type": "string", "sensitive": true}}}]}`),
		fields: `un { ... on DocUnCard { num } ... on DocUnWire { acc } }`,
		create: `{un: {docUnCard: {num: "1234567890"}}}`,
		steps: []struct{ patch, want string }{
			{`{note: "n"}`, `{"un": {"num": "1234567890"}}`},
			{`{un: {docUnCard: {num: "2234567890"}}}`, `{"un": {"num": "2234567890"}}`},
			{`{un: {docUnWire: {acc: "77"}}}`, `{"un": {"acc": "77"}}`},
			{`{un: {docUnCard: {}}}`, `{"un": {"num": null}}`},
		},
	},
	"open members": {
		schema: doc(`"un": {"oneOf": [
			{"type": "object", "required": ["kind"], "additionalProperties": true, "properties": {"kind": {"const": "card"}, "num": {"type": "string"}}},
			{"type": "object", "required": ["kind"], "additionalProperties": true, "properties": {"kind": {"const": "wire"}, "acc": {"type": "string"}}}]}`),
		fields: `un { ... on DocUnCard { num additionalProperties } ... on DocUnWire { acc additionalProperties } }`,
		create: `{un: {docUnCard: {num: "5", additionalProperties: {own: 1}}}}`,
		steps: []struct{ patch, want string }{
			{`{un: {docUnCard: {num: "6", additionalProperties: {other: {a: 2}}}}}`, `{"un": {"num": "6", "additionalProperties": {"other": {"a": 2}}}}`},
			{`{un: {docUnWire: {acc: "7"}}}`, `{"un": {"acc": "7", "additionalProperties": null}}`},
			{`{un: {docUnCard: {}}}`, `{"un": {"num": null, "additionalProperties": null}}`},
			{`{un: {docUnCard: {additionalProperties: {num: "smuggled"}}}}`, `BAD_USER_INPUT`},
			{`{un: {docUnCard: {additionalProperties: {kind: "wire"}}}}`, `BAD_USER_INPUT`},
		},
	},
	"as documented": {
		schema: `{"type": "object", "properties": {"payment": {"oneOf": [
			{"type": "object", "required": ["kind"], "additionalProperties": false,
			 "properties": {"kind": {"const": "card"}, "number": {"type": "string", "pii": true, "x-mask": "last4"}}},
			{"type": "object", "required": ["kind"], "additionalProperties": false,
			 "properties": {"kind": {"const": "transfer"}, "account": {"type": "string", "pii": true}}}]},
			"labels": {"type": "object", "additionalProperties": {"type": "boolean"}, "sensitive": false, "pii": false}},
			"additionalProperties": false}`,
		fields: `payment { ... on DocPaymentCard { number } ... on DocPaymentTransfer { account } } labels`,
		create: `{payment: {docPaymentCard: {number: "4111111111111111"}}, labels: {a: true}}`,
		steps: []struct{ patch, want string }{
			{`{payment: {docPaymentCard: {number: "4222222222222222"}}}`, `{"payment": {"number": "4222222222222222"}, "labels": {"a": true}}`},
			{`{payment: {docPaymentTransfer: {account: "DE00"}}, labels: {b: false}}`, `{"payment": {"account": "DE00"}, "labels": {"a": true, "b": false}}`},
		},
	},
}

// A union is one value: what is given of it takes the place of what was there.
func TestUnions(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	for name, test := range unionTests {
		t.Run(name, func(t *testing.T) {
			c := in.account(t, string(accountOf(t)))
			c.publish("Doc", test.schema)
			id := c.createDoc(test.create)
			read := `query($id: ID!, $why: Unmask) { doc(id: $id, unmask: $why) { ` + test.fields + ` } }`
			why := vars{"id": id, "why": vars{"reason": "what is there now"}}
			for _, step := range test.steps {
				before := c.do(read, why).at("doc")
				r := c.updateDoc(id, step.patch)
				got := c.do(read, why).at("doc")
				if strings.HasPrefix(step.want, "{") {
					if r.code() != "" {
						t.Errorf("%s: %s", step.patch, r.Text)
					}
					wantJSON(t, got, step.want)
				} else if r.code() != step.want || fmt.Sprint(got) != fmt.Sprint(before) {
					t.Errorf("%s has code %q, want %q: %s", step.patch, r.code(), step.want, r.Text)
				}
			}
			// What an update makes of a document without a union, a creation does too.
			for _, step := range test.steps {
				if test.create == `{note: "n"}` && strings.HasPrefix(step.patch, `{un: {`) && strings.HasPrefix(step.want, `{`) {
					wantJSON(t, c.do(read, vars{"id": c.createDoc(step.patch), "why": why["why"]}).at("doc"), step.want)
				}
			}
		})
	}
}

// A union may have more members, as an enum may have more values; it keeps those that it has.
func TestUnionsGrow(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	member := func(kind, property string) string {
		return `{"type": "object", "required": ["kind"], "additionalProperties": false, "properties": {"kind": {"const": "` + kind + `"}, "` + property + `": {"type": "string", "pii": true}}}`
	}
	of := func(keyword string, members ...string) string {
		return doc(`"un": {"` + keyword + `": [` + strings.Join(members, ", ") + `]}, "list": {"type": "array", "items": {"` + keyword + `": [` + strings.Join(members, ", ") + `]}}`)
	}
	card, wire, cash := member("card", "number"), member("wire", "account"), member("cash", "till")
	const all = `{ un { ... on DocUnCard { number } ... on DocUnWire { account } ... on DocUnCash { till } } list { __typename } }`
	for _, keyword := range []string{"oneOf", "anyOf"} {
		t.Run(keyword, func(t *testing.T) {
			c := in.account(t, strings.ToLower(keyword))
			c.publish("Doc", of(keyword, card, wire))
			id := c.createDoc(`{un: {docUnCard: {number: "4111"}}, list: [{docListWire: {account: "1"}}, {docListCard: {number: "2"}}]}`)
			// Whoever may not see the values is no less sure that all of them stay valid.
			admin := c.newKey([]string{"schema-admin"}, "")
			r := admin.publish("Doc", of(keyword, cash, card, wire), "?mode=replace")
			var published struct{ Changes []map[string]any }
			if err := json.Unmarshal([]byte(r.Text), &published); err != nil {
				t.Fatal(err)
			}
			wantJSON(t, fmt.Sprint(published.Changes), `"[map[kind:MEMBER_ADDED path:list[] to:DocListCash] map[kind:MEMBER_ADDED path:un to:DocUnCash]]"`)
			read := `query($id: ID!, $why: Unmask) { doc(id: $id, unmask: $why) ` + all + ` }`
			wantJSON(t, c.do(read, vars{"id": id}).at("doc"), `{"un": {"number": "4***"}, "list": [{"__typename": "DocListWire"}, {"__typename": "DocListCard"}]}`)
			c.do(`mutation($id: ID!) { updateDoc(id: $id, patch: {note: "n"}) { id } }`, vars{"id": id})
			c.do(`mutation($id: ID!) { updateDoc(id: $id, patch: {un: {docUnCash: {till: "7"}}, list: [{docListCash: {}}]}) { id } }`, vars{"id": id})
			wantJSON(t, c.do(read, vars{"id": id, "why": vars{"reason": "what is there now"}}).at("doc"), `{"un": {"till": "7"}, "list": [{"__typename": "DocListCash"}]}`)
			if r := c.upload("Doc", of(keyword, card, wire), "?mode=replace"); r.code() != "SCHEMA_BREAKING" || !strings.Contains(r.rules(), "FIELD_SAME_TYPE") {
				t.Errorf("a member is removed: %s", r.Text)
			}
			// A member that takes what another had is no other one.
			if r := c.upload("Doc", of(keyword, cash, card, wire, `{"type": "object", "properties": {"kind": {"type": "string"}}}`), "?mode=replace"); r.code() != "SCHEMA_INVALID" {
				t.Error(r.Text)
			}
		})
	}
	// Told apart by name alone, a new member may accept what is stored of another: then documents decide.
	named := func(more string) string {
		return `{"type": "object", "properties": {"un": {"oneOf": [{"$ref": "#/$defs/Card"}, {"$ref": "#/$defs/Wire"}` + more + `], "discriminator": {"propertyName": "kind"}}},
			"$defs": {"Card": ` + card + `, "Wire": ` + wire + `, "Any": {"type": "object", "additionalProperties": true, "properties": {"kind": {"type": "string"}}}}}`
	}
	in.publish("Doc", named(""))
	in.createDoc(`{un: {docCard: {number: "4111"}}}`)
	if r := in.upload("Doc", named(`, {"$ref": "#/$defs/Any"}`), "?mode=replace"); r.code() != "SCHEMA_BREAKING" || r.rules() != "CONSTRAINT_NO_NARROW" {
		t.Error(r.Text)
	}
}

// With variables, what GraphQL cannot check beforehand is checked then.
func TestUnionVariables(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	in.publish("Doc", doc(`"un": `+cardOrWire))
	id := in.createDoc(`{un: {docUnCard: {num: "5"}}}`)
	const update = `mutation($id: ID!, $p: DocPatch!) { updateDoc(id: $id, patch: $p) { un { ... on DocUnCard { num } ... on DocUnWire { acc } } } }`
	for _, wrong := range []string{`{"un": {}}`, `{"un": {"docUnCard": null}}`, `{"un": {"docUnCard": {}, "docUnWire": {}}}`, `{"un": {"docUnCard": {"acc": "1"}}}`,
		`{"un": {"docUnCard": {"kind": "wire"}}}`, `{"un": {"other": {}}}`, `{"un": [{"docUnCard": {}}]}`, `{"un": {"docUnCard": {"num": 5}}}`, `{"un": "card"}`} {
		in.refused("BAD_USER_INPUT", update, vars{"id": id, "p": json.RawMessage(wrong)})
	}
	in.refused("GRAPHQL_VALIDATION_FAILED", `mutation($id: ID!, $c: DocUnCardInput) { updateDoc(id: $id, patch: {un: {docUnCard: $c}}) { id } }`, vars{"id": id, "c": nil})
	for _, step := range []struct{ patch, want string }{
		{`{"un": {"docUnCard": {"num": "6"}}}`, `{"un": {"num": "6"}}`},
		{`{"un": {"docUnWire": {"acc": "7"}}}`, `{"un": {"acc": "7"}}`},
		{`{}`, `{"un": {"acc": "7"}}`},
		{`{"un": null}`, `{"un": null}`},
	} {
		wantJSON(t, in.do(update, vars{"id": id, "p": json.RawMessage(step.patch)}).at("updateDoc"), step.want)
	}
}

// What a schema no longer declares goes with the next update, wherever it stands; the old version keeps it.
func TestRemovedProperties(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	object := func(properties string) string {
		return `{"type": "object", "additionalProperties": false, "properties": {"x": {"type": "string"}` + properties + `}}`
	}
	member := func(properties string) string {
		return `{"oneOf": [{"type": "object", "required": ["k"], "additionalProperties": false, "properties": {"k": {"const": "a"}, "x": {"type": "string"}` + properties + `}},
			{"type": "object", "required": ["k"], "additionalProperties": false, "properties": {"k": {"const": "b"}, "z": {"type": "string"}}}]}`
	}
	const y = `, "y": {"type": "string"}`
	for name, test := range map[string]struct {
		place         func(properties string) string
		input, fields string
		want          string // what is there in the end
	}{
		"object": {object, `{x: "1", y: "2"}`, `at { x }`, `{"x": "1"}`},
		"list": {func(p string) string { return `{"type": "array", "items": ` + object(p) + `}` },
			`[{x: "1", y: "2"}, {x: "3"}, {y: "4"}]`, `at { x }`, `[{"x": "1"}, {"x": "3"}, {"x": null}]`},
		"list of lists": {func(p string) string {
			return `{"type": "array", "items": {"type": "array", "items": ` + object(p) + `}}`
		},
			`[[{x: "1", y: "2"}]]`, `at { x }`, `[[{"x": "1"}]]`},
		"union": {member, `{ENTITYAtA: {x: "1", y: "2"}}`, `at { ... on ENTITYAtA { x } }`, `{"x": "1"}`},
		"list of unions": {func(p string) string { return `{"type": "array", "items": ` + member(p) + `}` },
			`[{ENTITYAtA: {x: "1", y: "2"}}, {ENTITYAtB: {z: "3"}}]`, `at { ... on ENTITYAtA { x } ... on ENTITYAtB { z } }`, `[{"x": "1"}, {"z": "3"}]`},
		"map": {func(p string) string {
			return `{"type": "object", "additionalProperties": ` + object(p) + `, "sensitive": false, "pii": false}`
		}, `{m: {x: "1", y: "2"}, n: {y: "3"}}`, `at`, `{"m": {"x": "1"}, "n": {}}`},
		"map of lists": {func(p string) string {
			return `{"type": "object", "additionalProperties": {"type": "array", "items": ` + object(p) + `}, "sensitive": false, "pii": false}`
		}, `{m: [{x: "1", y: "2"}]}`, `at`, `{"m": [{"x": "1"}]}`},
		"tuple": {func(p string) string {
			return `{"type": "array", "prefixItems": [{"type": "string"}, ` + object(p) + `], "sensitive": false, "pii": false}`
		}, `["s", {x: "1", y: "2"}]`, `at`, `["s", {"x": "1"}]`},
		"deep": {func(p string) string {
			return `{"type": "object", "properties": {"in": {"type": "array", "items": {"type": "object", "properties": {"un": ` + member(p) + `}}}}}`
		}, `{in: [{un: {ENTITYAtInUnA: {x: "1", y: "2"}}}]}`, `at { in { un { ... on ENTITYAtInUnA { x } } } }`, `{"in": [{"un": {"x": "1"}}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			c := in.account(t, string(accountOf(t)))
			c.publish("Doc", doc(`"at": `+test.place(y)))
			input := strings.ReplaceAll(test.input, "ENTITY", "doc")
			id := c.createDoc(`{at: ` + input + `}`)
			if r := c.upload("Doc", doc(`"at": `+test.place("")), "?mode=replace"); r.code() != "SCHEMA_BREAKING" { // as it takes something away
				t.Errorf("nobody has to allow it: %s", r.Text)
			}
			c.publish("Doc", doc(`"at": `+test.place("")), "?mode=replace&allow=FIELD_NO_DELETE&allow=CONSTRAINT_NO_NARROW")
			if r := c.updateDoc(id, `{note: "n"}`); r.code() != "" {
				t.Fatal(r.Text)
			}
			fields := strings.ReplaceAll(test.fields, "ENTITY", "Doc")
			read := `query($id: ID!) { doc(id: $id) { ` + fields + ` } }`
			wantJSON(t, c.do(read, vars{"id": id}).at("doc.at"), test.want)
			// The old version has it still: under the old schema it is shown again.
			c.publish("Doc", doc(`"at": `+test.place(y)), "?mode=replace&allow=EXTRA_NO_DISCLOSE&allow=CONSTRAINT_NO_NARROW")
			r := c.do(`query($id: ID!) { docVersions(id: $id) { nodes { `+strings.ReplaceAll(fields, "{ x", "{ x y")+` } } }`, vars{"id": id})
			if n := strings.Count(r.Text, `"2"`); n != 1 {
				t.Errorf("the versions have it %d times: %s", n, r.Text)
			}
		})
	}
}

// A recursion that nothing ends is refused by whatever takes a schema, and says where.
func TestEndlessRecursion(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	for _, test := range []struct{ entity, schema, pointer string }{
		{"Rr", `{"type":"object","properties":{"n":{"$ref":"#"}},"required":["n"],"additionalProperties":false}`, "/required"},
		{"Rr", `{"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {
			"A": {"type": "object", "properties": {"b": {"$ref": "#/$defs/B"}}, "required": ["b"]}, "B": {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "required": ["a"]}}}`, "/$defs/A/required"},
		{"Profile", `{"properties": {"tree": {"$ref": "#/$defs/Tree"}}, "$defs": {"Tree": {"type": "object", "properties": {"n": {"$ref": "#/$defs/Tree"}}, "required": ["n"]}}}`, "/$defs/Tree/required"},
	} {
		v := vars{"e": test.entity, "s": json.RawMessage(test.schema)}
		var problems []any
		r := in.upload(test.entity, test.schema)
		if r.Status != 422 || r.code() != "SCHEMA_INVALID" {
			t.Errorf("PUT %s: %d %s", test.schema, r.Status, r.Text)
		} else {
			problems = append(problems, at(r.Errors[0].Extensions, "problems.0"))
		}
		r = in.manage(`mutation($e: String!, $s: JSON!) { publishSchema(entity: $e, schema: $s) { version } }`, v)
		if r.code() != "SCHEMA_INVALID" {
			t.Errorf("publish %s: %s", test.schema, r.Text)
		} else {
			problems = append(problems, at(r.Errors[0].Extensions, "problems.0"))
		}
		problems = append(problems, in.managed(`query($e: String!, $s: JSON!) { checkSchema(entity: $e, schema: $s) { ok problems { pointer keyword message fix } } }`, v).at("checkSchema.problems.0"))
		for _, p := range problems {
			if at(p, "pointer") != test.pointer || at(p, "keyword") != "required" || at(p, "fix") == "" {
				t.Errorf("%s: %v", test.schema, p)
			}
		}
	}
}

// Any other recursion has documents, to any depth.
func TestRecursion(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	for name, test := range map[string]struct{ n, fields, input, want, patch, then string }{
		"optional": {`{"$ref": "#/$defs/N"}`, `in { s n { s n { s } } }`, `{s: "1", n: {s: "2"}}`, `{"s": "1", "n": {"s": "2", "n": null}}`,
			`{n: {n: {s: "3"}}}`, `{"s": "1", "n": {"s": "2", "n": {"s": "3"}}}`},
		"nullable": {`{"anyOf": [{"$ref": "#/$defs/N"}, {"type": "null"}]}`, `in { s n { s n { s } } }`, `{s: "1", n: {s: "2", n: null}}`, `{"s": "1", "n": {"s": "2", "n": null}}`,
			`{n: null}`, `{"s": "1", "n": null}`},
		"list": {`{"type": "array", "items": {"$ref": "#/$defs/N"}}`, `in { s n { s n { s } } }`, `{s: "1", n: [{s: "2", n: []}]}`, `{"s": "1", "n": [{"s": "2", "n": []}]}`,
			`{n: [{s: "3", n: [{s: "4", n: []}]}]}`, `{"s": "1", "n": [{"s": "3", "n": [{"s": "4"}]}]}`},
		"alternatives": {`{"oneOf": [{"type": "object", "required": ["k"], "properties": {"k": {"const": "end"}}},
			{"type": "object", "required": ["k", "on"], "properties": {"k": {"const": "more"}, "on": {"$ref": "#/$defs/N"}}}]}`,
			`in { s n { __typename ... on EMore { on { s } } } }`, `{s: "1", n: {eMore: {on: {s: "2", n: {eEnd: {}}}}}}`, `{"s": "1", "n": {"__typename": "EMore", "on": {"s": "2"}}}`,
			`{n: {eEnd: {}}}`, `{"s": "1", "n": {"__typename": "EEnd"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			c := in.account(t, string(accountOf(t)))
			required := `"s"`
			if name != "optional" {
				required += `, "n"`
			}
			c.publish("Doc", `{"type": "object", "properties": {"in": {"$ref": "#/$defs/N"}}, "$defs": {"N": {"type": "object", "required": [`+required+`],
				"properties": {"s": {"type": "string"}, "n": `+test.n+`}}}}`)
			unprefix := strings.NewReplacer("eMore", "docNNMore", "eEnd", "docNNEnd", "EMore", "DocNNMore", "EEnd", "DocNNEnd").Replace
			r := c.do(unprefix(`mutation { createDoc(input: {in: ` + test.input + `}) { id ` + test.fields + ` } }`))
			wantJSON(t, r.at("createDoc.in"), unprefix(test.want))
			r = c.do(unprefix(`mutation($id: ID!) { updateDoc(id: $id, patch: {in: `+test.patch+`}) { `+test.fields+` } }`), vars{"id": r.str("createDoc.id")})
			if got, want := fmt.Sprint(r.at("updateDoc.in")), unprefix(test.then); name != "list" {
				wantJSON(t, r.at("updateDoc.in"), want)
			} else if !strings.Contains(got, "4") {
				t.Error(got)
			}
		})
	}
}

// What an upload is not together with the account's other entities is told by places in the upload.
func TestClashesHavePlaces(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	in.publish("Pet", `{"type": "object", "x-entity": {"owner": "Profile"}, "properties": {"tag": {"enum": ["x"]}}}`)
	const owned = `{"type": "object", "x-entity": {"owner": %q, "plural": %q}, "properties": {"a": {"type": "string"}}}`
	for _, test := range []struct{ entity, schema, pointer, keyword string }{
		{"Toy", fmt.Sprintf(owned, "Nobody", "toys"), "/x-entity/owner", "x-entity"},
		{"Toy", fmt.Sprintf(owned, "Pet", "toys"), "/x-entity/owner", "x-entity"},
		{"Toy", fmt.Sprintf(owned, "Profile", "pets"), "/x-entity/plural", "x-entity"},
		{"Toy", fmt.Sprintf(owned, "Profile", "tags"), "/x-entity/plural", "x-entity"},
		{"Toy", `[` + fmt.Sprintf(owned, "Profile", "pets") + `]`, "/0/x-entity/plural", "x-entity"},
		{"PetTag", `{"type": "object", "properties": {"a": {"type": "string"}}}`, "", "x-entity"},
		{"Pet", `{"properties": {"edge": {"type": "object", "properties": {"a": {"type": "string"}}}}}`, "/properties/edge", "properties"},
		{"Profile", `{"properties": {"pets": {"type": "string"}}}`, "/properties/pets", "properties"},
	} {
		r := in.upload(test.entity, test.schema)
		if r.code() != "SCHEMA_INVALID" {
			t.Errorf("%s %s: %s", test.entity, test.schema, r.Text)
			continue
		}
		checked := in.managed(`query($e: String!, $s: JSON!) { checkSchema(entity: $e, schema: $s) { problems { pointer keyword fix } } }`, vars{"e": test.entity, "s": json.RawMessage(test.schema)})
		for _, p := range []any{at(r.Errors[0].Extensions, "problems.0"), checked.at("checkSchema.problems.0")} {
			if pointer, _ := at(p, "pointer").(string); pointer != test.pointer || at(p, "keyword") != test.keyword || at(p, "fix") == nil {
				t.Errorf("%s %s: %v", test.entity, test.schema, p)
			}
		}
	}
}

// Nor does what a prospect's schema no longer declares stand in the way of a promotion.
func TestRemovedPropertiesOfProspects(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	pets := func(properties string) string {
		return `{"properties": {"pets": {"type": "array", "items": {"type": "object", "additionalProperties": false, "properties": {"name": {"type": "string"}` + properties + `}}}}}`
	}
	in.publish("Profile", pets(""))
	in.publish("Prospect", pets(`, "chip": {"type": "string"}`))
	id := in.do(`mutation { createProspect(input: {email: "p@example.com", pets: [{name: "Rex", chip: "1"}]}) { id } }`).str("createProspect.id")
	in.publish("Prospect", pets(""), "?allow=FIELD_NO_DELETE&allow=CONSTRAINT_NO_NARROW")
	r := in.do(`mutation($id: ID!) { promoteProspect(id: $id) { pets { name } } }`, vars{"id": id})
	wantJSON(t, r.at("promoteProspect.pets"), `[{"name": "Rex"}]`)
}

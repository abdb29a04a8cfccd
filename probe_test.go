package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// A schema that is checked against documents would tell, constraint by constraint, what their values
// are. Whoever may not see values learns from it only where there are some.
func TestSchemasTellNoValues(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		in.publish("Profile", `{"properties": {
			"tier": {"type": ["string", "null"]},
			"secrets": {"type": ["array", "null"], "items": {"type": "object", "additionalProperties": true, "properties": {"pin": {"type": "string", "sensitive": true}, "label": {"type": "string"}}}},
			"cards": {"type": ["array", "null"], "items": {"type": "object", "additionalProperties": false, "properties": {"pin": {"type": "string", "sensitive": true, "pattern": "^[0-9]{4}$"}, "of": {"type": "object", "properties": {"bank": {"type": "string"}}, "sensitive": true}}}},
			"vault": {"type": ["object", "null"], "additionalProperties": false, "sensitive": true, "properties": {"pin": {"type": "string"}, "code": {"type": "string"}}}
		}}`)
		in.do(`mutation($in: ProfileInput!) { createProfile(input: $in) { id } }`, vars{"in": vars{"email": "ana@example.com", "firstName": "Ana", "tier": "gold",
			"secrets": []any{vars{"pin": "1234", "label": "door"}}, "cards": []any{vars{"pin": "1234", "of": vars{}}}, "vault": vars{"pin": "1234"}, "additionalProperties": vars{"hobby": "chess"}}})
		admin := in.newKey([]string{"schema-admin"}, "")

		const vault = `"type": ["object", "null"], "additionalProperties": false, "sensitive": true, "properties": {"pin": {"type": "string"}, "code": {"type": "string"}}`
		cards := func(pin, more string) string {
			return `{"properties": {"cards": {"type": ["array", "null"], "items": {"type": "object", "additionalProperties": false, "properties": {"pin": {"type": "string", "sensitive": true, ` + pin +
				`}, "of": {"type": "object", "properties": {"bank": {"type": "string"}}, "sensitive": true}}` + more + `}}}}`
		}
		// Each pair would tell true from false.
		for what, pair := range map[string][2]string{
			"a pattern":          {`{"properties": {"firstName": {"type": ["string", "null"], "sensitive": true, "pii": true, "pattern": "^A"}}}`, `{"properties": {"firstName": {"type": ["string", "null"], "sensitive": true, "pii": true, "pattern": "^B"}}}`},
			"a constant":         {`{"allOf": [{"properties": {"firstName": {"const": "Ana"}}}]}`, `{"allOf": [{"properties": {"firstName": {"const": "Bob"}}}]}`},
			"a condition":        {`{"if": {"properties": {"firstName": {"pattern": "^A"}}}, "then": {"properties": {"tier": {"const": "gold"}}}}`, `{"if": {"properties": {"firstName": {"pattern": "^A"}}}, "then": {"properties": {"tier": {"const": "silver"}}}}`},
			"a required one":     {`{"if": {"properties": {"firstName": {"pattern": "^A"}}}, "then": {"required": ["tier"]}}`, `{"if": {"properties": {"firstName": {"pattern": "^A"}}}, "then": {"required": ["shoeSize"]}}`},
			"a dependency":       {`{"dependentSchemas": {"tier": {"properties": {"email": {"pattern": "^a"}}}}}`, `{"dependentSchemas": {"tier": {"properties": {"email": {"pattern": "^b"}}}}}`},
			"what is undeclared": {`{"properties": {"hobby": {"type": "string", "pattern": "^c", "sensitive": true}}}`, `{"properties": {"hobby": {"type": "string", "pattern": "^d", "sensitive": true}}}`},
			"what is in a list": {
				`{"properties": {"secrets": {"type": ["array", "null"], "items": {"type": "object", "additionalProperties": true, "properties": {"pin": {"type": "string", "sensitive": true, "pattern": "^1"}, "label": {"type": "string"}}}}}}`,
				`{"properties": {"secrets": {"type": ["array", "null"], "items": {"type": "object", "additionalProperties": true, "properties": {"pin": {"type": "string", "sensitive": true, "pattern": "^2"}, "label": {"type": "string"}}}}}}`},
			"what is in a list and has a pattern": {cards(`"pattern": "^1[0-9]{3}$"`, ""), cards(`"pattern": "^2[0-9]{3}$"`, "")},
			"what an object has":                  {`{"properties": {"vault": {` + vault + `, "required": ["pin"]}}}`, `{"properties": {"vault": {` + vault + `, "required": ["code"]}}}`},
		} {
			var answers [2]string
			for i, schema := range pair {
				v := vars{"s": json.RawMessage(schema)}
				page := admin.manage(`query($s: JSON!) { checkDocuments(entity: "Profile", schema: $s) { checked failing } }`, v)
				check := admin.manage(`query($s: JSON!) { checkSchema(entity: "Profile", schema: $s) { ok documentsChecked documentsFailing problems { message } } }`, v)
				publish := admin.manage(`mutation($s: JSON!) { publishSchema(entity: "Profile", schema: $s) { version } }`, v)
				if publish.code() != "SCHEMA_BREAKING" {
					t.Errorf("%s: published without leave: %s", what, publish.Text)
				}
				answers[i] = fmt.Sprint(page.Data, page.code(), check.Data, check.code(), publish.code())
				if page.at("checkDocuments.checked") != 1.0 {
					t.Errorf("%s: %s %s", what, page.Text, check.Text)
				}
			}
			if answers[0] != answers[1] {
				t.Errorf("%s tells values:\n%s\n%s", what, answers[0], answers[1])
			}
		}

		// What is in clear, and whether there is a value, is no secret.
		for schema, failing := range map[string]float64{
			`{"properties": {"tier": {"type": ["string", "null"], "pattern": "^g"}}}`:                                     0,
			`{"properties": {"tier": {"type": ["string", "null"], "pattern": "^s"}}}`:                                     1,
			`{"properties": {"lastName": {"type": ["string", "null"], "sensitive": true, "pii": true, "pattern": "^L"}}}`: 0,
			`{"properties": {"fresh": {"type": ["string", "null"], "sensitive": true, "pattern": "^L"}}}`:                 0,
			`{"required": ["firstName"]}`:                             0,
			`{"required": ["lastName"]}`:                              1,
			cards(`"pattern": "^[0-9]{4}$"`, `, "required": ["of"]`):  0,
			cards(`"pattern": "^[0-9]{4}$"`, `, "required": ["pin"]`): 0,
			`{"properties": {"firstName": {"type": ["string", "null"], "sensitive": true, "pii": true, "description": "As said."}}}`: -1,
		} {
			r := admin.managed(`query($s: JSON!) { checkDocuments(entity: "Profile", schema: $s) { checked failing } }`, vars{"s": json.RawMessage(schema)})
			if got := r.at("checkDocuments.failing").(float64); failing >= 0 && got != failing {
				t.Errorf("%s: %s", schema, r.Text)
			}
		}
		// Whoever may see values may have a check and a publish look at them, on the record.
		pattern := func(p string) string {
			return `{"properties": {"firstName": {"type": ["string", "null"], "sensitive": true, "pii": true, "pattern": "` + p + `"}}}`
		}
		mark := in.mark()
		for like, failing := range map[string]float64{"^A": 0, "^B": 1} {
			v := vars{"s": json.RawMessage(pattern(like))}
			if r := in.managed(`query($s: JSON!) { checkDocuments(entity: "Profile", schema: $s) { failing } checkSchema(entity: "Profile", schema: $s) { documentsFailing } }`, v); r.at("checkDocuments.failing") != failing || r.at("checkSchema.documentsFailing") != failing {
				t.Errorf("%s: %s", like, r.Text)
			}
		}
		if r := in.upload("Profile", pattern("^B")); r.code() != "SCHEMA_BREAKING" {
			t.Errorf("published: %s", r.Text)
		}
		in.publish("Profile", pattern("^A"))
		var outcomes []string
		for _, e := range in.recorded(mark) {
			outcomes = append(outcomes, e.Action+" "+e.Outcome)
		}
		if want := strings.Repeat("CheckSchema ALLOWED, ", 4) + "PutSchema DENIED, PutSchema ALLOWED"; strings.Join(outcomes, ", ") != want {
			t.Errorf("the record has %v, not %s", outcomes, want)
		}
		// A publish decides as a check did.
		for required, failing := range map[string]float64{"pin": 0, "code": 1} {
			schema := `{"properties": {"vault": {` + vault + `, "required": ["` + required + `"]}}}`
			r := in.managed(`query($s: JSON!) { checkSchema(entity: "Profile", schema: $s) { ok documentsFailing } }`, vars{"s": json.RawMessage(schema)})
			if r.at("checkSchema.documentsFailing") != failing || r.at("checkSchema.ok") != (failing == 0) {
				t.Errorf("%s: %s", required, r.Text)
			}
			if published := in.upload("Profile", schema).code(); (published == "") != (failing == 0) {
				t.Errorf("%s: %q", required, published)
			}
		}
	})
}

// A shopper who tries values of a unique field is no faster than with look-ups.
func TestUniqueValuesAreGuesses(t *testing.T) {
	t.Parallel()
	c := defaults(t)
	c.LookupMisses = 1
	in := boot(t, c)
	in.clock.stop()
	for i := range 20 {
		in.profile(fmt.Sprintf("taken%d@example.com", i))
	}
	own := in.profile("own@example.com")
	shopper := in.newKey([]string{"shopper"}, own)
	try := func(email string) string {
		return shopper.ask(`mutation($id: ID!, $e: EmailAddress!) { updateProfile(id: $id, patch: {email: $e}) { id } }`, vars{"id": own, "e": email}).code()
	}
	for i := range 10 {
		want, email := "NOT_UNIQUE", fmt.Sprintf("taken%d@example.com", i)
		if i%2 == 1 {
			want, email = "", fmt.Sprintf("free%d@example.com", i)
		}
		if code := try(email); code != want {
			t.Errorf("%s: %q", email, code)
		}
	}
	for _, email := range []string{"taken11@example.com", "free11@example.com"} {
		if code := try(email); code != "RATE_LIMITED" {
			t.Errorf("%s: %q", email, code)
		}
	}
	in.clock.move(time.Second)
	if code := try("taken12@example.com"); code != "NOT_UNIQUE" {
		t.Errorf("a second later: %q", code)
	}
}

// Comparing an old version with what one has written oneself is a guess, and no faster than a look-up.
func TestComparisonsAreGuesses(t *testing.T) {
	t.Parallel()
	c := defaults(t)
	c.LookupMisses = 1
	in := boot(t, c)
	in.clock.stop()
	r := in.do(`mutation { createProfile(input: {email: "ana@example.com", firstName: "Ana"}) { id meta { version } } }`)
	id, first := r.str("createProfile.id"), r.str("createProfile.meta.version")
	editor := in.newKey([]string{"editor"}, "")
	guess := func(patch vars) *reply {
		t.Helper()
		r := editor.do(`mutation($id: ID!, $p: ProfilePatch!) { updateProfile(id: $id, patch: $p) { meta { version } } }`, vars{"id": id, "p": patch})
		return editor.ask(`query($id: ID!, $a: ID!, $b: ID!) { profileVersionDiff(id: $id, from: $a, to: $b) { path kind from to } }`,
			vars{"id": id, "a": first, "b": r.str("updateProfile.meta.version")})
	}
	for range 20 { // what is in clear is no guess, nor is what is the same
		if r := guess(vars{"firstName": "Ana", "tags": []string{rand.Text()}}); len(r.Errors) > 0 {
			t.Fatal(r.Text)
		}
	}
	tried := 0
	for ; tried < 20; tried++ {
		r := guess(vars{"firstName": fmt.Sprint("Ann", tried)})
		if r.code() == "RATE_LIMITED" {
			break
		}
		if r.str("profileVersionDiff.0.kind") != "CHANGED" {
			t.Fatal(r.Text)
		}
	}
	if tried != 10 {
		t.Errorf("%d guesses at once", tried)
	}
	if r := editor.ask(`{ profile(by: {email: "nobody@example.com"}) { id } }`); r.code() != "RATE_LIMITED" {
		t.Errorf("then a look-up is answered %s", r.Text)
	}
	in.clock.move(time.Second)
	if r := guess(vars{"firstName": "Ana"}); len(r.Errors) > 0 {
		t.Errorf("a second later: %s", r.Text)
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/profilegraph/profilegraph/schema"
)

// What the control plane offers to those who write schemas.

func TestSchemaText(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	in.publish("Ledger", `{"type":"object","properties":{"points":{"type":"integer","maximum":9007199254740993}}}`)
	const want = "{\n  \"type\": \"object\",\n  \"properties\": {\n    \"points\": {\n      \"type\": \"integer\",\n      \"maximum\": 9007199254740993\n    }\n  }\n}"
	if r := in.managed(`{ schema(entity: "Ledger") { text } }`); r.str("schema.text") != want {
		t.Error(r.Text)
	}
}

func TestSchemaFields(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	in.publish("Profile", `{"properties": {"club": {"type": "object", "properties": {"code": {"type": "string", "sensitive": true, "x-mask": "last4", "examples": ["A-1"]},
		"old": {"type": "integer", "deprecated": "Use code.", "title": "Old code"}}}}}`)
	r := in.managed(`{ schema(entity: "Profile") { fields { path name type sensitive pii mask indexed unique required readOnly deprecated title description examples } } }`)
	fields := map[string]map[string]any{}
	for _, f := range r.at("schema.fields").([]any) {
		one := f.(map[string]any)
		delete(one, "description")
		fields[one["path"].(string)] = one
	}
	for path, want := range map[string]string{
		"email":     `{"path": "email", "name": "email", "type": "EmailAddress", "sensitive": true, "pii": true, "mask": "email", "indexed": true, "unique": true, "required": true, "readOnly": false, "deprecated": null, "title": null, "examples": []}`,
		"tags":      `{"path": "tags", "name": "tags", "type": "[String!]", "sensitive": false, "pii": false, "mask": null, "indexed": false, "unique": false, "required": false, "readOnly": false, "deprecated": null, "title": null, "examples": []}`,
		"birthdate": `{"path": "birthdate", "name": "birthdate", "type": "Date", "sensitive": true, "pii": true, "mask": "null", "indexed": false, "unique": false, "required": false, "readOnly": false, "deprecated": null, "title": null, "examples": []}`,
		"club.code": `{"path": "club.code", "name": "code", "type": "String", "sensitive": true, "pii": false, "mask": "last4", "indexed": false, "unique": false, "required": false, "readOnly": false, "deprecated": null, "title": null, "examples": ["A-1"]}`,
		"club.old":  `{"path": "club.old", "name": "old", "type": "Int", "sensitive": false, "pii": false, "mask": null, "indexed": false, "unique": false, "required": false, "readOnly": false, "deprecated": "Use code.", "title": "Old code", "examples": []}`,
	} {
		wantJSON(t, any(fields[path]), want)
	}
	// The types are those of the account's API.
	api := in.do(`{ __type(name: "Profile") { fields { name type { name kind ofType { kind name ofType { name } } } } } }`)
	for _, f := range api.at("__type.fields").([]any) {
		name, kind := at(f, "name").(string), at(f, "type.kind")
		if shown := fields[name]; shown != nil && kind != "LIST" && shown["type"] != at(f, "type.name") {
			t.Errorf("%s is %v, the API has %v", name, shown["type"], at(f, "type.name"))
		}
	}
	var vocabulary, served any
	if err := json.Unmarshal(schema.Vocabulary(), &vocabulary); err != nil {
		t.Fatal(err)
	}
	served = in.managed(`{ schemaVocabulary }`).at("schemaVocabulary")
	if fmt.Sprint(vocabulary) != fmt.Sprint(served) {
		t.Error("another vocabulary is served")
	}
}

func TestPreviewMask(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	preview := `mutation($p: JSON!, $v: [String!]!) { previewMask(property: $p, values: $v) }`
	for property, want := range map[string]string{
		`{"type": "string", "pii": true}`:                                                `["J***", "*", ""]`,
		`{"type": "string", "pii": true, "x-mask": "fixed"}`:                             `["*****", "*****", "*****"]`,
		`{"type": "string", "pii": true, "x-mask": "null"}`:                              `[null, null, null]`,
		`{"type": ["string", "null"], "pii": true, "format": "email"}`:                   `["J***", "*", ""]`,
		`{"type": "string", "pii": true, "format": "date", "x-mask": "year"}`:            `[null, null, null]`,
		`{"type": "integer", "sensitive": true}`:                                         `[null, null, null]`,
		`{"type": "object", "sensitive": true, "properties": {"a": {"type": "string"}}}`: `[null, null, null]`,
	} {
		r := in.managed(preview, vars{"p": json.RawMessage(property), "v": []string{"John", "J", ""}})
		wantJSON(t, r.at("previewMask"), want)
	}
	wantJSON(t, in.managed(`mutation { previewMask(property: "{\"type\": \"string\", \"x-mask\": \"last4\", \"pii\": true}", values: ["4111111111111111"]) }`).Data, `{"previewMask": ["************1111"]}`)
	for property, code := range map[string]string{`{"type": "string", "x-mask": "stars"}`: "SCHEMA_INVALID", `{"type": "integer", "pii": true, "x-mask": "email"}`: "SCHEMA_INVALID", `7`: "SCHEMA_INVALID",
		`"{}, \"other\": {}"`: "BAD_USER_INPUT", `{"$ref": "#/$defs/x"}`: "SCHEMA_INVALID"} {
		if r := in.manage(preview, vars{"p": json.RawMessage(property), "v": []string{"canary-of-a-sample"}}); r.code() != code || strings.Contains(r.Text, "canary") {
			t.Errorf("%s: %s", property, r.Text)
		}
	}
	for _, v := range [][]string{make([]string, 101), {strings.Repeat("x", 1_001)}} {
		if r := in.manage(preview, vars{"p": vars{"type": "string"}, "v": v}); r.code() != "BAD_USER_INPUT" {
			t.Error(r.Text)
		}
	}
	query := `mutation { previewMask(property: {type: "string"}, values: ["canary-of-a-sample"]) }`
	if r := in.send("GET", "/control/graphql?query="+url.QueryEscape(query), nil); r.Status != 405 {
		t.Errorf("by GET: %d %s", r.Status, r.Text)
	}
	if strings.Contains(in.logs.String(), "canary") {
		t.Error("a sample is in the logs")
	}
}

func TestCheckDocuments(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		in.publish("Seat", `{"type": "object", "additionalProperties": true, "properties": {"code": {"type": "string"}}}`)
		for i := range 7 {
			in.do(`mutation($c: String, $x: JSON) { createSeat(input: {code: $c, additionalProperties: $x}) { id } }`, vars{"c": strings.Repeat("x", i+1), "x": vars{"row": fmt.Sprint("r", i)}})
		}
		first := in.do(`{ seats { nodes { id } } }`).str("seats.nodes.0.id")
		in.do(`mutation($id: ID!) { updateSeat(id: $id, patch: {additionalProperties: {row: null}}) { id } }`, vars{"id": first})
		pages := func(schema string, limit int) (counts [][2]int, total any) {
			t.Helper()
			var after any
			for {
				r := in.managed(`query($s: JSON!, $a: ID, $l: Int!) { checkDocuments(entity: "Seat", schema: $s, after: $a, limit: $l) { checked failing next total } }`,
					vars{"s": json.RawMessage(schema), "a": after, "l": limit})
				page := r.at("checkDocuments").(map[string]any)
				if after == nil {
					total = page["total"]
				} else if page["total"] != nil {
					t.Errorf("counted again: %s", r.Text)
				}
				counts = append(counts, [2]int{int(page["checked"].(float64)), int(page["failing"].(float64))})
				if after = page["next"]; after == nil {
					return counts, total
				}
			}
		}
		for _, test := range []struct {
			schema string
			limit  int
			want   [][2]int
			total  any
		}{
			{`{"properties": {"code": {"type": "string", "maxLength": 4}}}`, 3, [][2]int{{3, 0}, {3, 2}, {1, 1}}, 7.0},
			{`{"properties": {"code": {"type": "string", "maxLength": 4}}}`, 500, [][2]int{{7, 3}}, 7.0},
			{`{"properties": {"code": {"type": "string", "maxLength": 4}}}`, 7, [][2]int{{7, 3}, {0, 0}}, 7.0},
			{`{"properties": {"fresh": {"type": "string", "sensitive": false, "pii": false}}}`, 500, [][2]int{{7, 0}}, 7.0},
			{`{"properties": {"row": {"type": "string", "sensitive": false, "pii": false}}}`, 2, [][2]int{{2, 2}, {2, 2}, {2, 2}, {1, 1}}, 7.0}, // old versions count
			{`{"description": "Seats."}`, 500, [][2]int{{0, 0}}, 0.0},
		} {
			got, total := pages(test.schema, test.limit)
			if !slices.Equal(got, test.want) || total != test.total {
				t.Errorf("%s by %d: %v of %v", test.schema, test.limit, got, total)
			}
		}
		whole := in.managed(`{ checkSchema(entity: "Seat", schema: {properties: {code: {type: "string", maxLength: 4}}}) { ok documentsChecked documentsFailing findings { rule } } }`)
		wantJSON(t, whole.at("checkSchema"), `{"ok": false, "documentsChecked": 7, "documentsFailing": 3, "findings": [{"rule": "CONSTRAINT_NO_NARROW"}]}`)
		fast := in.managed(`{ checkSchema(documents: false, entity: "Seat", schema: {properties: {code: {type: "string", maxLength: 100}}}) { ok documentsChecked findings { rule } } }`)
		wantJSON(t, fast.at("checkSchema"), `{"ok": false, "documentsChecked": 0, "findings": [{"rule": "CONSTRAINT_NO_NARROW"}]}`)
		for query, code := range map[string]string{
			`{ checkDocuments(entity: "Seat", schema: {}, limit: 0) { checked } }`:                                       "BAD_USER_INPUT",
			`{ checkDocuments(entity: "Seat", schema: {}, limit: 1001) { checked } }`:                                    "BAD_USER_INPUT",
			`{ checkDocuments(entity: "Seat", schema: {}, after: "é") { checked } }`:                                     "BAD_USER_INPUT",
			`{ checkDocuments(entity: "Seat", schema: {properties: {code: {type: "strng"}}}) { checked } }`:              "SCHEMA_INVALID",
			`{ checkDocuments(entity: "Thing", schema: {properties: {code: {type: "string"}}}) { checked next total } }`: "",
		} {
			if r := in.manage(query); r.code() != code {
				t.Errorf("%s: %s", query, r.Text)
			}
		}
	})
}

func TestAuditVerification(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		id := in.profile("john.doe@example.com")
		for range 3 {
			in.do(`query($id: ID!) { profile(id: $id, unmask: {reason: "customer asked by phone"}) { email } }`, vars{"id": id})
		}
		entries := in.mark()
		r := in.managed(`{ auditVerification { ok entries pruned problem checkpoint publicKey } key: auditCheckpoint { publicKey } }`)
		if r.at("auditVerification.ok") != true || r.at("auditVerification.entries") != float64(entries) || r.at("auditVerification.problem") != nil || r.at("auditVerification.publicKey") != r.at("key.publicKey") {
			t.Error(r.Text)
		}
		in.verified(r.str("auditVerification.checkpoint"))
		if r := in.managed(`{ auditVerification(partial: true) { ok entries next } }`); r.at("auditVerification.entries") != float64(entries+1) || r.at("auditVerification.next") != nil { // it was exported
			t.Error(r.Text)
		}
		for _, wrong := range []string{`after: "x"`, `partial: true, limit: -1`, `limit: 1`} {
			if r := in.manage(`{ auditVerification(` + wrong + `) { ok } }`); r.code() != "BAD_USER_INPUT" {
				t.Errorf("%s: %s", wrong, r.Text)
			}
		}
		for range 40 { // a part ends at a checkpoint, which is every 16 entries or so
			in.do(`query($id: ID!) { profile(id: $id, unmask: {reason: "customer asked by phone"}) { email } }`, vars{"id": id})
		}
		var done []float64
		for v := (vars{"after": nil}); ; {
			r := in.managed(`query($after: String) { auditVerification(partial: true, after: $after, limit: 10) { ok entries size next checkpoint } }`, v)
			size := r.at("auditVerification.size").(float64)
			done = append(done, r.at("auditVerification.entries").(float64))
			if r.at("auditVerification.ok") != true || size < 40 || done[len(done)-1] > size {
				t.Fatal(r.Text)
			}
			if v["after"] = r.at("auditVerification.next"); v["after"] == nil {
				if done[len(done)-1] != size || len(done) < 3 || !slices.IsSorted(done) {
					t.Errorf("parts %v of %v", done, size)
				}
				in.verified(r.str("auditVerification.checkpoint"))
				break
			}
		}
	})
}

func TestApprovalAndSessionCommands(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	id := in.profile("john.doe@example.com")
	in.managed(`mutation { putPolicy(purposes: [{code: "emergency", legalBasis: "vital interests", fields: ["*"], roles: ["support"], approval: true}]) { purposes { code } } }`)
	support := &instance{client: in.newKey([]string{"support"}, "")}
	run := func(by *instance, want int, match string, args ...string) string {
		t.Helper()
		exit, out, errs := by.cli(args...)
		if exit != want || !regexp.MustCompile(`^(?s:`+match+`)$`).MatchString(out+errs) {
			t.Errorf("%q: exit %d\n%s%s", args, exit, out, errs)
		}
		return strings.TrimSpace(out)
	}
	first := run(support, 0, `\w{20,}\n`, "approval", "request", "emergency", id, "customer lies unconscious")
	second := run(support, 0, `\w{20,}\n`, "approval", "request", "emergency", id, "customer lies unconscious")
	run(support, 1, `error: .+\(BAD_USER_INPUT\)\n`, "approval", "request", "emergency", id, "short")
	run(in, 0, `ID +REQUESTER +PURPOSE .+\n`+first+` +key:\w+ +emergency +`+id+` +- +\S+ +customer lies unconscious\n.+|ID.+`+second+`.+\n`+first+`.+`, "approval", "list")
	run(support, 1, `error: .+PRIVACY. \(FORBIDDEN\)\n`, "approval", "approve", first)
	run(in, 0, `key:\w+ may see `+id+` for emergency until \S+\n`, "approval", "approve", first)
	run(in, 0, `declined `+second+`\n`, "approval", "decline", second)
	run(in, 1, `error: .+\(NOT_FOUND\)\n`, "approval", "approve", second)

	session, _, _ := strings.Cut(support.signedIn().cookie.Value, ".")
	run(in, 0, `ID +ACTOR .+\n`+session+` +key:\w+ +support +API key +\S+ +\S+ +\S+\n`, "session", "list")
	run(support, 1, `error: .+ACCOUNT. \(FORBIDDEN\)\n`, "session", "list")
	run(in, 0, `ended `+session+`\n`, "session", "end", session)
	run(in, 1, `error: .+\(NOT_FOUND\)\n`, "session", "end", session)
}

// Strict clients build their idea of a schema from introspection, and know no more than the released specification.
func TestIntrospectionIsReleased(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	query := `{ __schema { directives { name locations } } __type(name: "__DirectiveLocation") { enumValues { name } } }`
	for plane, r := range map[string]*reply{"data": in.do(query), "control": in.managed(query)} {
		for _, draft := range []string{"DIRECTIVE_DEFINITION", `"defer"`} {
			if strings.Contains(r.Text, draft) {
				t.Errorf("%s: %s is in no release of the specification", plane, draft)
			}
		}
		if !strings.Contains(r.Text, `{"name":"deprecated","locations":["FIELD_DEFINITION"`) {
			t.Errorf("%s: %s", plane, r.Text)
		}
	}
}

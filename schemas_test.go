package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const publishSchema = `mutation($entity: String!, $schema: JSON!, $mode: SchemaMode! = MERGE, $expected: Int, $allow: [String!], $note: String) {
	publishSchema(entity: $entity, schema: $schema, mode: $mode, expectedVersion: $expected, allow: $allow, note: $note) {
		version current author note creationDate changes { kind path from to } } }`

const checkSchema = `query($entity: String!, $schema: JSON!, $mode: SchemaMode! = MERGE) { checkSchema(entity: $entity, schema: $schema, mode: $mode) {
	ok problems { pointer keyword message fix } changes { kind path } findings { rule path breaking fix message } documentsChecked documentsFailing currentVersion schema sdl } }`

// fieldNames returns the names of a type's fields, in order.
func (c *client) fieldNames(typeName string) []string {
	c.t.Helper()
	var names []string
	fields, _ := c.do(`query($n: String!) { __type(name: $n) { fields { name } } }`, vars{"n": typeName}).at("__type.fields").([]any)
	for _, f := range fields {
		names = append(names, f.(map[string]any)["name"].(string))
	}
	return names
}

// rules returns the rules that an answer's error names, sorted.
func (r *reply) rules() string {
	var list []string
	if len(r.Errors) > 0 {
		findings, _ := r.Errors[0].Extensions["findings"].([]any)
		for _, f := range findings {
			list = append(list, at(f, "rule").(string))
		}
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), " ")
}

var schemaTests = map[string]func(t *testing.T, in *instance, c *client){
	"built in": func(t *testing.T, in *instance, c *client) {
		r := c.managed(`{ schemas { entity version current author } schema(entity: "Profile") { version schema } none: schema(entity: "Nothing") { version }
			old: schema(entity: "Profile", version: 7) { version } schemaHistory(entity: "Address") { version current } }`)
		var names []string
		for _, s := range r.at("schemas").([]any) {
			names = append(names, at(s, "entity").(string))
			if at(s, "version") != 0.0 || at(s, "current") != true || at(s, "author") != nil {
				t.Errorf("%v", s)
			}
		}
		if got, want := strings.Join(names, " "), "Address Contact InvoiceSubject PickupInfo Profile Prospect PurchaseInfo"; got != want {
			t.Errorf("entities %s", got)
		}
		if r.at("none") != nil || r.at("old") != nil || at(r.at("schema.schema"), "properties.email.sensitive") != true {
			t.Error(r.Text)
		}
		wantJSON(t, r.at("schemaHistory"), `[{"version": 0, "current": true}]`)
	},
	"life of a schema": func(t *testing.T, in *instance, c *client) {
		first := c.managed(publishSchema, vars{"entity": "Profile", "schema": vars{"properties": vars{"shoeSize": vars{"type": "integer"}}}, "expected": 0, "note": "shoes"})
		if got := first.str("publishSchema.author"); !strings.HasPrefix(got, "key:") || first.at("publishSchema.creationDate") == nil {
			t.Errorf("author %q: %s", got, first.Text)
		}
		wantJSON(t, first.at("publishSchema.changes"), `[{"kind": "CONSTRAINT_NARROWED", "path": "shoeSize", "from": null, "to": "type"}, {"kind": "FIELD_ADDED", "path": "shoeSize", "from": null, "to": "Int"},
			{"kind": "UNDECLARED_SHOWN", "path": "shoeSize", "from": null, "to": null}]`)
		c.managed(publishSchema, vars{"entity": "Profile", "schema": vars{"properties": vars{"hatSize": vars{"type": "integer"}}}, "expected": 1})
		same := c.managed(publishSchema, vars{"entity": "Profile", "schema": vars{"properties": vars{"hatSize": vars{"type": "integer"}}}})
		if same.at("publishSchema.version") != 2.0 {
			t.Errorf("publishing the same makes version %v", same.at("publishSchema.version"))
		}

		conflict := c.manage(publishSchema, vars{"entity": "Profile", "schema": vars{"properties": vars{"late": vars{"type": "integer"}}}, "expected": 1})
		if conflict.code() != "VERSION_CONFLICT" || conflict.Errors[0].Extensions["currentVersion"] != 2.0 || at(conflict.Errors[0].Extensions, "changes.0.path") != "hatSize" {
			t.Error(conflict.Text)
		}
		rollback := `mutation($to: Int!, $allow: [String!], $expected: Int) { rollbackSchema(entity: "Profile", to: $to, allow: $allow, expectedVersion: $expected) { version } }`
		if r := c.manage(rollback, vars{"to": 1}); r.code() != "SCHEMA_BREAKING" || r.rules() != "FIELD_NO_DELETE" {
			t.Error(r.Text)
		}
		if r := c.manage(rollback, vars{"to": 9}); r.code() != "NOT_FOUND" {
			t.Error(r.Text)
		}
		if r := c.manage(rollback, vars{"to": 1, "allow": []string{"FIELD_NO_DELETE"}, "expected": 1}); r.code() != "VERSION_CONFLICT" {
			t.Error(r.Text)
		}
		if r := c.managed(rollback, vars{"to": 1, "allow": []string{"FIELD_NO_DELETE"}, "expected": 2}); r.at("rollbackSchema.version") != 3.0 {
			t.Error(r.Text)
		}
		if names := c.fieldNames("Profile"); !slices.Contains(names, "shoeSize") || slices.Contains(names, "hatSize") {
			t.Errorf("fields %v", names)
		}
		c.managed(rollback, vars{"to": 0, "allow": []string{"FIELD_NO_DELETE"}})
		if slices.Contains(c.fieldNames("Profile"), "shoeSize") {
			t.Error("the built-in schema is not in force again")
		}
		r := c.managed(`{ all: schemaHistory(entity: "Profile") { version current note } some: schemaHistory(entity: "Profile", first: 2, before: 3) { version }
			diff: schemaDiff(entity: "Profile", from: 1, to: 2) { kind path } same: schemaDiff(entity: "Profile", from: 1, to: 3) { kind }
			now: schemaDiff(entity: "Profile", from: 0) { kind } schema(entity: "Profile", version: 2) { version current schema } }`)
		wantJSON(t, r.at("all"), `[{"version": 4, "current": true, "note": null}, {"version": 3, "current": false, "note": null}, {"version": 2, "current": false, "note": null},
			{"version": 1, "current": false, "note": "shoes"}, {"version": 0, "current": false, "note": null}]`)
		wantJSON(t, r.at("some"), `[{"version": 2}, {"version": 1}]`)
		wantJSON(t, r.at("diff"), `[{"kind": "CONSTRAINT_NARROWED", "path": "hatSize"}, {"kind": "FIELD_ADDED", "path": "hatSize"}, {"kind": "UNDECLARED_SHOWN", "path": "hatSize"}]`)
		if len(r.at("same").([]any))+len(r.at("now").([]any)) != 0 || at(r.at("schema.schema"), "properties.hatSize") == nil || r.at("schema.current") != false {
			t.Error(r.Text)
		}
		if r := c.manage(`{ schemaDiff(entity: "Profile", from: 1, to: 77) { kind } }`); r.code() != "NOT_FOUND" {
			t.Error(r.Text)
		}
		if r := c.manage(`{ schemaHistory(entity: "Nothing") { version } }`); r.code() != "NOT_FOUND" {
			t.Error(r.Text)
		}
	},
	"check changes nothing": func(t *testing.T, in *instance, c *client) {
		r := c.managed(checkSchema, vars{"entity": "Profile", "schema": vars{"properties": vars{"a": vars{"type": "integer"}, "email": vars{"type": "integer"}}}})
		if r.at("checkSchema.ok") != false || r.at("checkSchema.currentVersion") != 0.0 || !strings.Contains(r.Text, "FIELD_SAME_TYPE") || r.at("checkSchema.findings.0.fix") == "" {
			t.Error(r.Text)
		}
		r = c.managed(checkSchema, vars{"entity": "Profile", "schema": vars{"properties": vars{"a": vars{"type": "integer"}}}})
		if r.at("checkSchema.ok") != true || !strings.Contains(r.str("checkSchema.sdl"), "\n  a: Int\n") || at(r.at("checkSchema.schema"), "properties.a.type") != "integer" {
			t.Error(r.Text)
		}
		r = c.managed(checkSchema, vars{"entity": "Profile", "schema": vars{"properties": vars{"a": vars{"type": "string", "sensitive": "true"}}}})
		if r.at("checkSchema.ok") != false || r.at("checkSchema.sdl") != nil {
			t.Error(r.Text)
		}
		problem := r.at("checkSchema.problems.0")
		if at(problem, "pointer") != "/properties/a/sensitive" || at(problem, "keyword") != "sensitive" || at(problem, "message") == "" {
			t.Errorf("problem %v", problem)
		}
		if slices.Contains(c.fieldNames("Profile"), "a") || c.managed(`{ schema(entity: "Profile") { version } }`).at("schema.version") != 0.0 {
			t.Error("a check has published")
		}
	},
	"refused": func(t *testing.T, in *instance, c *client) {
		for name, test := range map[string]struct{ entity, schema, pointer string }{
			"no JSON":       {"Profile", `{"properties": `, ""},
			"not an object": {"Profile", `3`, ""},
			"misspelt":      {"Profile", `{"properties": {"a": {"type": "string", "sensetive": true}}}`, "/properties/a/sensetive"},
			"remote":        {"Profile", `{"properties": {"a": {"$ref": "http://example.com/x.json"}}}`, "/properties/a/$ref"},
			"file":          {"Profile", `{"properties": {"a": {"$ref": "file:///etc/passwd"}}}`, "/properties/a/$ref"},
			"cycle":         {"Profile", `{"$ref": "#"}`, ""},
			"reserved name": {"Profile", `{"properties": {"meta": {"type": "string"}}}`, "/properties/meta"},
			"bad pattern":   {"Profile", `{"properties": {"a": {"type": "string", "pattern": "(?=x)"}}}`, "/properties/a/pattern"},
			"bad index":     {"Thing", `{"type": "object", "properties": {"a": {"type": "string"}}, "v-indexed": ["nothing"]}`, "/v-indexed/0"},
			"bad entity":    {"no-name", `{"type": "object"}`, ""},
			"taken name":    {"Query", `{"type": "object"}`, ""},
			"no owner":      {"Thing", `{"type": "object", "x-entity": {"owner": "Nobody"}, "properties": {"a": {"type": "string"}}}`, "/x-entity/owner"},
			"name clash":    {"ProfileConnection", `{"type": "object", "properties": {"a": {"type": "string"}}}`, ""},
		} {
			r := c.upload(test.entity, test.schema)
			if r.Status != 422 || r.code() != "SCHEMA_INVALID" {
				t.Errorf("%s: %d %s", name, r.Status, r.Text)
				continue
			}
			if got := at(r.Errors[0].Extensions, "problems.0.pointer"); test.pointer != "" && got != test.pointer {
				t.Errorf("%s: pointer %v: %s", name, got, r.Text)
			}
		}
		if n := len(c.managed(`{ schemas { version } }`).at("schemas").([]any)); n != 7 {
			t.Errorf("%d entities", n)
		}
	},
	"merge and replace": func(t *testing.T, in *instance, c *client) {
		c.publish("Thing", `{"type": "object", "required": ["a"], "v-indexed": ["a"], "properties": {"a": {"type": "string"}, "b": {"type": ["string", "null"]}}}`)
		c.publish("Thing", `{"required": ["c"], "v-indexed": ["b"], "properties": {"c": {"type": "string"}}}`)
		r := c.managed(`{ schema(entity: "Thing") { schema } }`)
		wantJSON(t, at(r.at("schema.schema"), "required"), `["a", "c"]`)
		wantJSON(t, at(r.at("schema.schema"), "v-indexed"), `["a", "b"]`)
		replacement := `{"type": "object", "properties": {"a": {"type": ["string", "null"]}}}`
		if r := c.upload("Thing", replacement, "?mode=replace"); r.Status != 409 || r.code() != "SCHEMA_BREAKING" || r.rules() != "FIELD_NO_DELETE INDEX_NO_DROP" {
			t.Errorf("%d %s: %s", r.Status, r.rules(), r.Text)
		}
		if r := c.upload("Thing", replacement, "?mode=replace&allow=FIELD_NO_DELETE"); r.code() != "SCHEMA_BREAKING" || r.rules() != "INDEX_NO_DROP" {
			t.Errorf("%s: %s", r.rules(), r.Text)
		}
		c.publish("Thing", replacement, "?mode=replace&allow=FIELD_NO_DELETE&allow=INDEX_NO_DROP")
		if got := strings.Join(c.fieldNames("Thing"), " "); got != "id a meta" {
			t.Errorf("fields %s", got)
		}
	},
	"sensitivity needs a permission": func(t *testing.T, in *instance, c *client) {
		editor := c.newKey([]string{"schema-admin"}, "")
		lower := `{"properties": {"firstName": {"type": ["string", "null"], "sensitive": false, "pii": false}}}`
		if r := editor.upload("Profile", lower); r.code() != "SCHEMA_BREAKING" || !strings.Contains(r.rules(), "SENSITIVITY_NO_LOWER") {
			t.Errorf("%s: %s", r.code(), r.Text)
		}
		if r := editor.upload("Profile", lower, "?allow=SENSITIVITY_NO_LOWER"); r.Status != 403 || r.code() != "FORBIDDEN" {
			t.Errorf("%d %s", r.Status, r.Text)
		}
		if r := c.upload("Profile", lower); r.code() != "SCHEMA_BREAKING" {
			t.Errorf("%s: %s", r.code(), r.Text)
		}
		id := c.do(`mutation { createProfile(input: {email: "a@example.com", firstName: "Ann", additionalProperties: {hobby: "chess"}}) { id } }`).str("createProfile.id")
		// A document stands in the way of a new property only with what it holds of that name.
		typed := `{"properties": {"%s": {"type": "integer", "sensitive": true, "pii": true}}}`
		if r := editor.upload("Profile", fmt.Sprintf(typed, "hobby")); r.code() != "SCHEMA_BREAKING" || r.rules() != "CONSTRAINT_NO_NARROW" {
			t.Errorf("%s: %s", r.code(), r.Text)
		}
		editor.publish("Profile", fmt.Sprintf(typed, "shoeSize"))
		// Declaring in clear what was stored undeclared discloses it too.
		disclose := `{"properties": {"hobby": {"type": "string"}}}`
		if r := editor.upload("Profile", disclose); r.code() != "SCHEMA_BREAKING" || r.rules() != "EXTRA_NO_DISCLOSE" {
			t.Errorf("%s: %s", r.code(), r.Text)
		}
		if r := editor.upload("Profile", disclose, "?allow=EXTRA_NO_DISCLOSE"); r.code() != "FORBIDDEN" {
			t.Errorf("%s: %s", r.code(), r.Text)
		}
		editor.publish("Profile", `{"properties": {"hobby": {"type": "string", "sensitive": true, "pii": true}, "pet": {"type": "string"}}}`)
		wantJSON(t, c.do(`query($id: ID!) { profile(id: $id) { firstName hobby } }`, vars{"id": id}).at("profile"), `{"firstName": "A**", "hobby": "c****"}`)
		c.publish("Profile", lower, "?allow=SENSITIVITY_NO_LOWER")
		wantJSON(t, c.do(`query($id: ID!) { profile(id: $id) { firstName hobby } }`, vars{"id": id}).at("profile"), `{"firstName": "Ann", "hobby": "c****"}`)
	},
	"what was undeclared stays hidden": func(t *testing.T, in *instance, c *client) {
		admin := c.newKey([]string{"schema-admin"}, "")
		c.publish("Thing", `{"type": "object", "additionalProperties": true, "properties": {
			"inner": {"type": "object", "additionalProperties": true, "properties": {"known": {"type": "string"}}},
			"list": {"type": "array", "items": {"type": "array", "items": {"type": "object", "additionalProperties": true, "properties": {"known": {"type": "string"}}}}}}}`)
		id := c.do(`mutation { createThing(input: {additionalProperties: {top: 1, old: 2, dot: {ted: 3}, null: null}, inner: {additionalProperties: {deep: 4}},
			list: [[], [{known: "k"}, {additionalProperties: {item: 5}}]]}) { id } }`).str("createThing.id")
		c.do(`mutation { createThing(input: {additionalProperties: {dotted: 6}}) { id } }`)
		c.do(`mutation($i: ThingInput!) { createThing(input: $i) { id } }`, vars{"i": vars{"additionalProperties": vars{"a.b": 7}}})
		c.do(`mutation($id: ID!) { updateThing(id: $id, patch: {additionalProperties: {old: null}}) { id } }`, vars{"id": id}) // an old version keeps it
		clear := `{"type": "integer"}`
		inner := `{"type": "object", "additionalProperties": true, "properties": {"known": {"type": "string"}, %s}}`
		for name, test := range map[string]struct {
			properties string
			refused    bool
		}{
			"stored":                {`"top": ` + clear, true},
			"in an old version":     {`"old": ` + clear, true},
			"in an object":          {`"inner": ` + fmt.Sprintf(inner, `"deep": `+clear), true},
			"in a list of lists":    {`"list": {"type": "array", "items": {"type": "array", "items": ` + fmt.Sprintf(inner, `"item": `+clear) + `}}`, true},
			"with a dot":            {`"a.b": ` + clear, true},
			"an object":             {`"dot": {"type": "object", "properties": {"ted": ` + clear + `}}`, true},
			"nowhere":               {`"unheard": ` + clear, false},
			"only null":             {`"null": {"type": ["integer", "null"]}`, false},
			"nowhere in an object":  {`"inner": ` + fmt.Sprintf(inner, `"top": `+clear), false},
			"nowhere in the lists":  {`"list": {"type": "array", "items": {"type": "array", "items": ` + fmt.Sprintf(inner, `"deep": `+clear) + `}}`, false},
			"stored, but protected": {`"top": {"type": "integer", "sensitive": true, "pii": true}`, false},
		} {
			upload := `{"properties": {` + test.properties + `}}`
			r := c.managed(checkSchema, vars{"entity": "Thing", "schema": object(t, upload)})
			if refused := strings.Contains(fmt.Sprint(r.at("checkSchema.findings")), "EXTRA_NO_DISCLOSE"); refused != test.refused || len(r.at("checkSchema.problems").([]any)) > 0 {
				t.Errorf("%s: %v %v, %v of %v", name, r.at("checkSchema.findings"), r.at("checkSchema.problems"), r.at("checkSchema.documentsFailing"), r.at("checkSchema.documentsChecked"))
			}
			if test.refused {
				if r := admin.upload("Thing", upload, "?allow=EXTRA_NO_DISCLOSE&allow=CONSTRAINT_NO_NARROW"); r.code() != "FORBIDDEN" {
					t.Errorf("%s: %d %s", name, r.Status, r.Text)
				}
			}
		}
	},
	"entities of one's own": func(t *testing.T, in *instance, c *client) {
		c.publish("Store", `{"type": "object", "description": "A shop.", "properties": {"city": {"type": "string"}}}`)
		c.publish("Visit", `{"type": "object", "x-entity": {"owner": "Store", "cardinality": "many"}, "properties": {"note": {"type": "string"}}}`)
		c.publish("Sizes", `{"type": "object", "x-entity": {"owner": "Profile", "cardinality": "one", "plural": "allSizes"}, "properties": {"shoe": {"type": "integer"}}}`)
		store := c.do(`mutation { createStore(input: {city: "Rio"}) { id } }`).str("createStore.id")
		profile := c.profile("a@example.com")
		for range 2 {
			c.do(`mutation($s: ID!) { createVisit(storeId: $s, input: {note: "n"}) { id } }`, vars{"s": store})
		}
		c.do(`mutation($p: ID!) { createSizes(profileId: $p, input: {shoe: 42}) { id } }`, vars{"p": profile})
		c.refused("ALREADY_EXISTS", `mutation($p: ID!) { createSizes(profileId: $p, input: {shoe: 43}) { id } }`, vars{"p": profile})
		r := c.do(`query($s: ID!, $p: ID!) { store(id: $s) { city visits { nodes { note storeId store { city } } } } profile(id: $p) { sizes { shoe profileId } } allSizes { nodes { shoe } } }`,
			vars{"s": store, "p": profile})
		wantJSON(t, r.Data, fmt.Sprintf(`{"store": {"city": "Rio", "visits": {"nodes": [{"note": "n", "storeId": %q, "store": {"city": "Rio"}}, {"note": "n", "storeId": %[1]q, "store": {"city": "Rio"}}]}},
			"profile": {"sizes": {"shoe": 42, "profileId": %q}}, "allSizes": {"nodes": [{"shoe": 42}]}}`, store, profile))
		c.do(`mutation($s: ID!) { deleteStore(id: $s) }`, vars{"s": store})
		wantJSON(t, c.do(`{ visits { nodes { id } } }`).Data, `{"visits": {"nodes": []}}`)
	},
	"ownership": func(t *testing.T, in *instance, c *client) {
		pet := func(x string) string {
			return `{"type": "object", ` + x + `"properties": {"name": {"type": "string"}}, "additionalProperties": false}`
		}
		many, one, root := `"x-entity": {"owner": "Profile"}, `, `"x-entity": {"owner": "Profile", "cardinality": "one"}, `, ``
		all := "?mode=replace"
		for _, r := range c.managed(`{ schemaRules { name } }`).at("schemaRules").([]any) {
			all += "&allow=" + at(r, "name").(string)
		}
		c.publish("Pet", pet(many))
		profile := c.profile("a@example.com")
		id := c.do(`mutation($p: ID!) { createPet(profileId: $p, input: {name: "Rex"}) { id } }`, vars{"p": profile}).str("createPet.id")
		for _, x := range []string{one, root} {
			r := c.upload("Pet", pet(x), all)
			if r.Status != 409 || r.code() != "DOCUMENTS_EXIST" || !strings.Contains(r.rules(), "OWNERSHIP_NO_ORPHAN") || !strings.Contains(r.Text, "Delete them first, or define a new entity") {
				t.Errorf("%d %s", r.Status, r.Text)
			}
			checked := c.managed(`query($s: JSON!) { checkSchema(entity: "Pet", schema: $s, mode: REPLACE) { findings { rule } documentsFailing } }`, vars{"s": pet(x)})
			if !strings.Contains(checked.Text, "OWNERSHIP_NO_ORPHAN") || checked.at("checkSchema.documentsFailing") != 1.0 {
				t.Error(checked.Text)
			}
		}
		wantJSON(t, c.do(`query($p: ID!) { profile(id: $p) { pets { nodes { name } } } }`, vars{"p": profile}).at("profile.pets"), `{"nodes": [{"name": "Rex"}]}`)
		c.do(`mutation($id: ID!) { deletePet(id: $id) }`, vars{"id": id})
		// Clients still have a say: what they read goes.
		if r := c.upload("Pet", pet(root), "?mode=replace"); r.code() != "SCHEMA_BREAKING" || r.rules() != "ENTITY_SAME_OWNERSHIP" {
			t.Error(r.Text)
		}
		c.publish("Pet", pet(root), all)
		c.do(`mutation { createPet(input: {name: "Tom"}) { id } }`)
		wantJSON(t, c.do(`{ pets { nodes { name } } }`).Data, `{"pets": {"nodes": [{"name": "Tom"}]}}`)
		if r := c.manage(`mutation { rollbackSchema(entity: "Pet", to: 1, allow: ["ENTITY_SAME_OWNERSHIP"]) { version } }`); r.code() != "DOCUMENTS_EXIST" {
			t.Error(r.Text)
		}
	},
	"PUT and GET": func(t *testing.T, in *instance, c *client) {
		first := c.publish("Thing", `{"type": "object", "properties": {"a": {"type": "string"}}}`)
		if first.Header.Get("ETag") != `"1"` {
			t.Errorf("ETag %s", first.Header.Get("ETag"))
		}
		put := func(body string, header ...string) *reply {
			return c.send("PUT", "/schemas/Thing", strings.NewReader(body), header...)
		}
		if r := put(`{"properties": {"b": {"type": "string"}}}`, "If-Match", `"1"`); r.Status != 200 || r.Header.Get("ETag") != `"2"` {
			t.Errorf("%d %s", r.Status, r.Text)
		}
		if r := put(`{"properties": {"c": {"type": "string"}}}`, "If-Match", `"1"`); r.Status != 412 || r.code() != "VERSION_CONFLICT" || r.Errors[0].Extensions["currentVersion"] != 2.0 ||
			at(r.Errors[0].Extensions, "changes.0.path") != "b" {
			t.Errorf("%d %s", r.Status, r.Text)
		}
		// What does not fit the schema that is in force was made for another.
		if r := put(`{"properties": {"c": {"type": "string"}}, "v-indexed": ["gone"]}`, "If-Match", `"1"`); r.Status != 412 || r.code() != "VERSION_CONFLICT" {
			t.Errorf("%d %s", r.Status, r.Text)
		}
		if r := put(`{"properties": {"c": {"type": "string"}}}`, "If-Match", `"x"`); r.Status != 400 || r.code() != "BAD_USER_INPUT" {
			t.Errorf("%d %s", r.Status, r.Text)
		}
		for query, want := range map[string]string{
			"?mod=replace":                "A query parameter is unknown. There are: mode, allow, note.",
			"?mode=other":                 "`mode` is merge or replace.",
			"?mode=":                      "`mode` is merge or replace.",
			"?mode=merge&mode=replace":    "`mode` is given more than once.",
			"?mode=replace;allow=NOTHING": "The query string is malformed.",
			"?allow=NOTHING":              "`allow` names a rule that does not exist; `schemaRules` lists them.",
		} {
			if r := c.upload("Thing", `{"type": "object", "properties": {"z": {"type": "string"}}}`, query); r.Status != 400 || r.code() != "BAD_USER_INPUT" || r.Errors[0].Message != want {
				t.Errorf("%s: %d %s", query, r.Status, r.Text)
			}
		}
		for path, want := range map[string]string{
			"/schemas/Thing?version=1": "There are no query parameters here.",
			"/audit/export?from=5":     "There are no query parameters here.",
			"/sdl?variants=federation": "A query parameter is unknown. There are: variant.",
			"/sdl?variant=":            "`variant` is client, federation or public.",
		} {
			if r := c.send("GET", path, nil); r.Status != 400 || r.code() != "BAD_USER_INPUT" || r.Errors[0].Message != want {
				t.Errorf("%s: %d %s", path, r.Status, r.Text)
			}
		}
		r := c.send("GET", "/schemas/Thing", nil)
		if r.Status != 200 || r.Header.Get("ETag") != `"2"` || !strings.Contains(r.Text, `"b"`) {
			t.Errorf("%d %s", r.Status, r.Text)
		}
		if r := c.send("GET", "/schemas/Nothing", nil); r.Status != 404 || r.code() != "NOT_FOUND" {
			t.Errorf("%d %s", r.Status, r.Text)
		}
		if r := c.send("PUT", "/schemas/Thing", strings.NewReader(strings.Repeat(" ", 5<<20))); r.Status != 413 {
			t.Errorf("%d %s", r.Status, r.Text)
		}
		r = c.upload("Old", `{"$schema": "http://json-schema.org/draft-03/schema#", "type": "object", "properties": {"a": {"type": "string", "required": true}}}`)
		if r.Status != 422 || r.code() != "SCHEMA_INVALID" || at(r.Errors[0].Extensions, "problems.0.pointer") != "/$schema" || !strings.Contains(r.Text, "draft-03") || !strings.Contains(r.Text, "draft-04, draft-06, draft-07, 2019-09 or 2020-12") {
			t.Errorf("%d %s", r.Status, r.Text)
		}
	},
	"bundles": func(t *testing.T, in *instance, c *client) {
		bundle := `[{"$id": "https://example.com/thing", "type": "object", "properties": {"place": {"$ref": "https://example.com/place"}}},
			{"$id": "https://example.com/place", "title": "Place", "type": "object", "properties": {"city": {"type": "string", "sensitive": true}}}]`
		c.publish("Thing", bundle)
		r := c.do(`mutation { createThing(input: {place: {city: "Natal"}}) { place { city } } }`)
		wantJSON(t, r.Data, `{"createThing": {"place": {"city": "N****"}}}`)
		c.managed(publishSchema, vars{"entity": "Other", "schema": []any{vars{"$id": "https://example.com/other", "type": "object", "properties": vars{"p": vars{"$ref": "https://example.com/p"}}},
			vars{"$id": "https://example.com/p", "type": "object", "properties": vars{"x": vars{"type": "integer"}}}}})
		c.do(`mutation { createOther(input: {p: {x: 1}}) { p { x } } }`)
		if r := c.upload("Third", `[{"type": "object", "properties": {"p": {"$ref": "https://example.com/missing"}}}]`); r.code() != "SCHEMA_INVALID" || at(r.Errors[0].Extensions, "problems.0.pointer") != "/0/properties/p/$ref" {
			t.Error(r.Text)
		}
	},
	"properties keep their order": func(t *testing.T, in *instance, c *client) {
		const want = "id zeta alpha mid beta meta"
		text := `{"type": "object", "properties": {"zeta": {"type": "string"}, "alpha": {"type": "string"}, "mid": {"type": "string"}, "beta": {"type": "string"}}}`
		c.publish("ByPut", text)
		raw := fmt.Sprintf(`{"query": "mutation($s: JSON!) { publishSchema(entity: \"ByVariable\", schema: $s) { version } }", "variables": {"s": %s}}`, text)
		if r := c.send("POST", "/control/graphql", strings.NewReader(raw), "Content-Type", "application/json"); r.code() != "" || r.Status != 200 {
			t.Fatal(r.Text)
		}
		c.managed(`mutation($s: JSON!) { publishSchema(entity: "ByText", schema: $s) { version } }`, vars{"s": text})
		c.managed(`mutation { publishSchema(entity: "ByLiteral", schema: {type: "object", properties: {zeta: {type: "string"}, alpha: {type: "string"}, mid: {type: "string"}, beta: {type: "string"}}}) { version } }`)
		for _, entity := range []string{"ByPut", "ByVariable", "ByText", "ByLiteral"} {
			if got := strings.Join(c.fieldNames(entity), " "); got != want {
				t.Errorf("%s has the fields %s", entity, got)
			}
		}
	},
	"rules look at stored documents": func(t *testing.T, in *instance, c *client) {
		thing := func(more string) string {
			return `{"type": "object", "properties": {"a": {"type": ["string", "null"]}, "n": {"type": ["integer", "null"]}}` + more + `}`
		}
		c.publish("Thing", thing(``))
		create := `mutation($a: String, $n: Int) { createThing(input: {a: $a, n: $n}) { id } }`
		var ids []string
		for n, a := range []string{"x", "y", "x"} {
			ids = append(ids, c.do(create, vars{"a": a, "n": n}).str("createThing.id"))
		}
		ids = append(ids, c.do(create, vars{"n": 3}).str("createThing.id"))
		for name, test := range map[string]struct{ schema, rule string }{
			"required": {thing(`, "required": ["a"]`), "REQUIRED_NO_ADD"},
			"unique":   {thing(`, "v-indexed": ["a"], "v-unique": ["a"]`), "UNIQUE_NO_ADD"},
			"narrower": {strings.Replace(thing(``), `"n": {`, `"n": {"maximum": 2, `, 1), "CONSTRAINT_NO_NARROW"},
		} {
			if r := c.upload("Thing", test.schema); r.code() != "SCHEMA_BREAKING" || r.rules() != test.rule {
				t.Errorf("%s: %s %s", name, r.code(), r.Text)
			}
			var schema any = object(t, test.schema)
			r := c.managed(checkSchema, vars{"entity": "Thing", "schema": schema})
			if r.at("checkSchema.documentsChecked") != 4.0 || r.at("checkSchema.documentsFailing") == 0.0 {
				t.Errorf("%s: %.300s", name, r.Text)
			}
		}
		// What is added and required at once, every document lacks that could have it.
		for name, test := range map[string]struct {
			schema string
			rules  []string
		}{
			"property":          {`{"properties": {"new": {"type": "string"}}, "required": ["new"]}`, []string{"REQUIRED_NO_ADD"}},
			"with a default":    {`{"properties": {"new": {"type": "string", "default": "x"}}, "required": ["new"]}`, []string{"REQUIRED_NO_ADD"}},
			"object":            {`{"properties": {"new": {"type": "object", "properties": {"b": {"type": "string"}}, "required": ["b"]}}, "required": ["new"]}`, []string{"REQUIRED_NO_ADD"}},
			"within a new one":  {`{"properties": {"new": {"type": "object", "properties": {"b": {"type": "string"}}, "required": ["b"]}}}`, nil},
			"allOf":             {`{"properties": {"new": {"type": "string"}}, "allOf": [{"required": ["new"]}]}`, []string{"REQUIRED_NO_ADD"}},
			"if":                {`{"if": {"required": ["n"]}, "then": {"required": ["a"]}}`, []string{"CONSTRAINT_NO_NARROW"}},
			"dependent":         {`{"dependentSchemas": {"n": {"required": ["a"]}}}`, []string{"CONSTRAINT_NO_NARROW"}},
			"dependentRequired": {`{"dependentRequired": {"n": ["a"]}}`, []string{"CONSTRAINT_NO_NARROW"}},
			"anyOf":             {`{"anyOf": [{"required": ["a"]}]}`, []string{"REQUIRED_NO_ADD", "CONSTRAINT_NO_NARROW"}},
		} {
			r := c.managed(`query($s: JSON!) { checkSchema(entity: "Thing", schema: $s) { ok findings { rule } documentsFailing } }`, vars{"s": object(t, test.schema)})
			if found := fmt.Sprint(r.at("checkSchema.findings")); r.at("checkSchema.ok") != (test.rules == nil) || len(test.rules) > 0 && !slices.ContainsFunc(test.rules, func(rule string) bool { return strings.Contains(found, rule) }) {
				t.Errorf("%s: %s", name, r.Text)
			}
			if up := c.upload("Thing", test.schema); (up.Status == 200) != (test.rules == nil) {
				t.Errorf("%s: %d %s", name, up.Status, up.Text)
			}
		}
		c.publish("Thing", thing(``), "?mode=replace&allow=FIELD_NO_DELETE")
		// The index alone is welcome, and finds what was there before.
		c.publish("Thing", thing(`, "v-indexed": ["n"]`))
		if got := c.do(`{ thing(by: {n: 1}) { a } }`).at("thing.a"); got != "y" {
			t.Errorf("an old document is found as %v", got)
		}
		c.do(`mutation($id: ID!) { deleteThing(id: $id) }`, vars{"id": ids[2]})
		c.do(`mutation($id: ID!) { updateThing(id: $id, patch: {a: "z", n: 2}) { id } }`, vars{"id": ids[3]})
		c.publish("Thing", thing(`, "required": ["a"], "v-indexed": ["n", "a"], "v-unique": ["a"]`))
		c.refused("NOT_UNIQUE", create, vars{"a": "y"})
		if got := c.do(`{ thing(by: {a: "z"}) { n } }`).at("thing.n"); got != 2.0 {
			t.Errorf("an old document is found as %v", got)
		}
		c.publish("Thing", strings.Replace(thing(``), `"n": {`, `"n": {"maximum": 2, `, 1))
	},
}

// Whatever a schema is refused for, what else is odd in it is told as well.
func TestRefusalsWarn(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	for name, test := range map[string]struct{ schema, code string }{
		"by itself":           {`"properties": {"a": {"type": "string", "sensitive": "yes"}}`, "SCHEMA_INVALID"},
		"among other schemas": {`"properties": {"a": {"type": "string"}}, "x-entity": {"owner": "Nobody"}`, "SCHEMA_INVALID"},
		"after another":       {`"properties": {"email": {"type": "string", "sensitive": false}}`, "SCHEMA_BREAKING"},
	} {
		up := in.upload("Profile", `{"requried": ["a"], `+test.schema+`}`)
		if up.code() != test.code || !strings.Contains(up.Text, `"warnings":[{`) || !strings.Contains(up.Text, `"pointer":"/requried"`) {
			t.Errorf("%s: %s", name, up.Text)
		}
	}
}

func TestSchemas(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		for name, test := range schemaTests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, in, in.account(t, string(accountOf(t))))
			})
		}
	})
}

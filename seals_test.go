package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
)

// What is stored sealed was protected when it was written. No way of schemas leads from there to its
// being shown in clear, unless somebody who may lower protection says so: not by removing what
// protected it, version by version, and letting its place come back in clear in another shape.
func TestSealsOutliveSchemas(t *testing.T) {
	t.Parallel()
	const (
		a      = `"k": {"type": "string"}`
		shut   = `"additionalProperties": false`
		opened = `"additionalProperties": {"sensitive": false, "pii": false}`
		pii    = `"a": {"type": "string", "pii": true}`
		clear  = `"sensitive": false, "pii": false`
	)
	obj := func(parts ...string) string {
		text := `{"type": "object", "properties": {`
		if len(parts) == 1 {
			return text + parts[0] + `}}`
		}
		return text + parts[0] + `}, ` + strings.Join(parts[1:], ", ") + `}`
	}
	in := func(place string) string { return obj(a + `, "v": ` + place) }
	list := func(items string) string { return `{"type": "array", "items": ` + items + `}` }
	union := func(members ...string) string {
		names := []string{"One", "Two", "Three"}
		var refs, defs []string
		for i, m := range members {
			if m != "" {
				refs = append(refs, `{"$ref": "#/$defs/`+names[i]+`"}`)
				defs = append(defs, `"`+names[i]+`": {"type": "object", "required": ["m"], "properties": {`+m+`}}`)
			}
		}
		return obj(a+`, "v": {"oneOf": [`+strings.Join(refs, ", ")+`]}`, `"$defs": {`+strings.Join(defs, ", ")+`}`)
	}
	const (
		card     = `"m": {"const": "card"}`
		transfer = `"m": {"const": "transfer"}, "n": {"type": "string"}`
		third    = `"m": {"const": "cash"}`
		secret   = `, "n": {"type": "string", "pii": true}`
		shown    = `, "n": {"type": "string"}`
	)
	tests := []struct {
		name  string
		first string   // the schema that the value is written under
		value string   // the input, as JSON; $ is the entity's name with a small letter
		next  []string // the schemas that come after
		query string
	}{
		{name: "undeclared at the top", first: obj(a+", "+pii, shut), value: `{"a": "canary"}`,
			next: []string{obj(a, shut), obj(a, opened)}, query: `additionalProperties`},
		{name: "undeclared in an object", first: in(obj(a+", "+pii, shut)), value: `{"v": {"a": "canary"}}`,
			next: []string{in(obj(a, shut)), in(obj(a, opened))}, query: `v { additionalProperties }`},
		{name: "undeclared in a list", first: in(list(obj(a+", "+pii, shut))), value: `{"v": [{"k": "k"}, {"a": "canary"}]}`,
			next: []string{in(list(obj(a, shut))), in(list(obj(a, opened)))}, query: `v { additionalProperties }`},
		{name: "patterns", first: obj(a+", "+pii, shut), value: `{"a": "canary"}`,
			next: []string{obj(a, shut), obj(a, shut, `"patternProperties": {"^[a-z]$": {"type": "string", `+clear+`}}`)}, query: `additionalProperties`},
		{name: "an object as JSON", first: in(obj(a+", "+pii, shut)), value: `{"v": {"a": "canary"}}`,
			next: []string{in(obj(a, shut)), in(`{"type": "object", "x-graphql": "JSON", ` + clear + `}`)}, query: `v`},
		{name: "an object with properties as JSON", first: in(obj(a+", "+pii, shut)), value: `{"v": {"a": "canary"}}`,
			next: []string{in(obj(a, shut)), in(obj(a, `"x-graphql": "JSON", `+clear))}, query: `v`},
		{name: "an object as a map", first: in(obj(a+", "+pii, shut)), value: `{"v": {"a": "canary"}}`,
			next: []string{in(obj(a, shut)), in(`{"type": "object", "additionalProperties": {"type": "string"}, ` + clear + `}`)}, query: `v`},
		{name: "a list as one of JSON", first: in(list(obj(a+", "+pii, shut))), value: `{"v": [{"a": "canary"}]}`,
			next: []string{in(list(obj(a, shut))), in(list(`{"x-graphql": "JSON", ` + clear + `}`))}, query: `v`},
		{name: "a list as one of maps", first: in(list(obj(a+", "+pii, shut))), value: `{"v": [{"a": "canary"}]}`,
			next: []string{in(list(obj(a, shut))), in(list(`{"type": "object", "additionalProperties": {"type": "string"}, ` + clear + `}`))}, query: `v`},
		{name: "undeclared, closed and opened", first: obj(a, `"additionalProperties": true`), value: `{"additionalProperties": {"a": "canary"}}`,
			next: []string{obj(a, shut), obj(a, opened)}, query: `additionalProperties`},
		{name: "undeclared and declared within", first: obj(a, `"additionalProperties": true`), value: `{"additionalProperties": {"a": {"b": "canary"}}}`,
			next: []string{obj(a, shut), obj(a + `, "a": {"type": "object", "properties": {"b": {"type": "string"}}}`)}, query: `a { b }`},
		{name: "a whole object and one member", first: in(`{"type": "object", "pii": true, "properties": {` + a + `}}`), value: `{"v": {"k": "canary"}}`,
			next: []string{obj(a, shut), in(obj(a + ", " + pii))}, query: `v { k }`},
		{name: "undeclared in a member of a union", first: union(card+", "+pii, third), value: `{"v": {"$One": {"a": "canary"}}}`,
			next: []string{union(card, third), union(card+`}, `+strings.TrimSuffix(opened, "}"), third)}, query: `v { ... on %sOne { additionalProperties } }`},
		{name: "a union as JSON", first: union(card+secret, third), value: `{"v": {"$One": {"n": "canary"}}}`,
			next: []string{union(card, third), in(`{"x-graphql": "JSON", ` + clear + `}`)}, query: `v`},
		{name: "a member of a union that went and came", first: union(card+secret, transfer), value: `{"v": {"$One": {"n": "canary"}}}`,
			next: []string{union("", transfer, third), union(card+shown, transfer)}, query: `v { ... on %sOne { n } }`},
		{name: "a tag that went from member to member", first: union(`"m": {"enum": ["card", "gift"]}`+secret, transfer), value: `{"v": {"$One": {"m": "card", "n": "canary"}}}`,
			next:  []string{union(`"m": {"enum": ["gift"]}`+secret, transfer), union(`"m": {"enum": ["gift"]}`+secret, `"m": {"enum": ["transfer", "card"]}`+shown)},
			query: `v { ... on %sTwo { n } }`},
	}
	server := boot(t, defaults(t))
	admin, reader := server.newKey([]string{"schema-admin"}, ""), server.newKey([]string{"reader"}, "")
	everythingBut := func(rule string) string {
		query := "?mode=replace"
		for _, r := range schema.Rules() {
			if r.ID != rule {
				query += "&allow=" + r.ID
			}
		}
		return query
	}
	for i, test := range tests {
		for _, old := range []bool{false, true} { // whether the value is in an old version only
			entity := fmt.Sprintf("Kept%d%t", i, old)
			lower := strings.ToLower(entity[:1]) + entity[1:]
			t.Run(fmt.Sprintf("%s, old %t", test.name, old), func(t *testing.T) {
				server.publish(entity, test.first)
				id := server.do(fmt.Sprintf(`mutation($i: %[1]sInput!) { create%[1]s(input: $i) { id } }`, entity),
					vars{"i": object(t, strings.ReplaceAll(test.value, "$", lower))}).str("create" + entity + ".id")
				for _, next := range test.next[:len(test.next)-1] {
					admin.publish(entity, next, everythingBut("EXTRA_NO_DISCLOSE"))
					if old {
						patch := `{k: "new"}`
						if strings.Contains(next, `"v"`) {
							patch = `{k: "new", v: null}`
						}
						server.do(fmt.Sprintf(`mutation($id: ID!) { update%s(id: $id, patch: %s) { id } }`, entity, patch), vars{"id": id})
					}
				}
				last := test.next[len(test.next)-1]
				r := admin.upload(entity, last, everythingBut("EXTRA_NO_DISCLOSE"))
				if r.Status != 422 && r.Status != 409 || r.code() != "SCHEMA_BREAKING" || !strings.Contains(r.Text, "EXTRA_NO_DISCLOSE") || strings.Contains(r.Text, "canary") {
					t.Fatalf("not refused: %d %s", r.Status, r.Text)
				}
				if r := admin.upload(entity, last, everythingBut("")); r.code() != "FORBIDDEN" {
					t.Fatalf("allowed without SENSITIVITY: %d %s", r.Status, r.Text)
				}
				mark := server.mark()
				server.publish(entity, last, everythingBut(""))
				if all := server.recorded(mark); len(all) != 1 || all[0].Action != "PutSchema" || !strings.Contains(all[0].Details["allow"], "EXTRA_NO_DISCLOSE") {
					t.Errorf("the record has %+v", all)
				}
				selection := test.query
				if strings.Contains(selection, "%s") {
					selection = fmt.Sprintf(selection, entity)
				}
				got := reader.do(fmt.Sprintf(`query($id: ID!) { %[1]s(id: $id) { %[2]s meta { masked } } %[1]sVersions(id: $id) { nodes { %[2]s } } }`, lower, selection), vars{"id": id})
				if !strings.Contains(got.Text, "canary") {
					t.Errorf("lowered, and not shown: %s", got.Text)
				}
			})
		}
	}
}

// Changes that show nothing of what documents hold sealed are not refused.
func TestSealsAllowChanges(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	admin := in.newKey([]string{"schema-admin"}, "")
	const first = `{"type": "object", "additionalProperties": true, "properties": {
		"a": {"type": "string", "pii": true}, "k": {"type": "string", "maxLength": 20},
		"v": {"type": "object", "properties": {"a": {"type": "string", "pii": true}, "k": {"type": "string"}}},
		"u": {"oneOf": [{"$ref": "#/$defs/Card"}, {"$ref": "#/$defs/Cash"}]}},
		"$defs": {
			"Card": {"type": "object", "required": ["m"], "properties": {"m": {"const": "card"}, "n": {"type": "string", "pii": true}}},
			"Cash": {"type": "object", "required": ["m"], "properties": {"m": {"const": "cash"}, "n": {"type": "string"}}}}}`
	in.publish("Mild", first)
	in.do(`mutation($i: MildInput!) { createMild(input: $i) { id } }`, vars{"i": object(t, `{"a": "a", "k": "k", "v": {"a": "a", "k": "k"},
		"u": {"mildCard": {"n": "n"}}, "additionalProperties": {"z": "z"}}`)})
	in.do(`mutation($i: MildInput!) { createMild(input: $i) { id } }`, vars{"i": object(t, `{"u": {"mildCash": {"n": "n"}}}`)})
	steps := []struct{ what, from, to string }{
		{"a new property in clear that nobody has", `"k": {"type": "string", "maxLength": 20}`, `"k": {"type": "string", "maxLength": 20}, "l": {"type": ["string", "null"], "sensitive": false}`},
		{"one within an object", `"k": {"type": "string"}}`, `"k": {"type": "string"}, "l": {"type": "string"}}`},
		{"one in a member of a union", `"n": {"type": "string", "pii": true}}`, `"n": {"type": "string", "pii": true}, "l": {"type": "string"}}`},
		{"a map in clear", `"u": {`, `"o": {"type": "object", "additionalProperties": {"type": "string"}, "sensitive": false, "pii": false}, "u": {`},
		{"a wider constraint", `"maxLength": 20`, `"maxLength": 30`},
		{"a name that comes to be protected", `"v": {`, `"z": {"type": "string", "pii": true}, "v": {`},
		{"more protection", `"maxLength": 30`, `"maxLength": 30, "sensitive": true`},
		{"documentation", `"type": "object", "additionalProperties": true`, `"type": "object", "description": "Mild.", "additionalProperties": true`},
	}
	text := first
	for _, step := range steps {
		next := strings.Replace(text, step.from, step.to, 1)
		if next == text {
			t.Fatalf("%s changes nothing", step.what)
		}
		text = next
		if r := admin.upload("Mild", text, "?mode=replace&allow=CONSTRAINT_NO_NARROW"); r.Status != 200 {
			t.Errorf("%s: %d %s", step.what, r.Status, r.Text)
		}
	}
}

// A mask that shows more lowers the protection, too, however it comes about.
func TestMasksWeakenByPermission(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	admin := in.newKey([]string{"schema-admin"}, "")
	with := func(v string) string {
		return `{"type": "object", "properties": {"k": {"type": "string"}` + v + `}}`
	}
	const initial = `, "v": {"type": ["string", "null"], "pii": true}`
	const cash = `, "v": {"oneOf": [{"title": "Cash", "type": "object", "required": ["m"], "properties": {"m": {"const": "cash"}}},
		{"title": "Coin", "type": "object", "required": ["m"], "properties": {"m": {"const": "coin"}}}]}`
	member := func(mask string) string {
		return `, "v": {"oneOf": [{"title": "Card", "type": "object", "required": ["m"], "properties": {"m": {"const": "card"}, "n": {"type": "string", "pii": true` + mask + `}}},
			{"title": "Cash", "type": "object", "required": ["m"], "properties": {"m": {"const": "cash"}}}]}`
	}
	tests := []struct {
		name, first string
		next        []string
		rule, shown string
	}{
		{"by x-mask", initial, []string{`, "v": {"type": ["string", "null"], "pii": true, "x-mask": "last4"}`}, "MASK_NO_WEAKEN", "******6789"},
		{"by the type", `, "v": {"type": ["string", "null"], "pii": true, "format": "date"}`, []string{initial}, "MASK_NO_WEAKEN", "1*********"},
		{"by a member of a union that went and came", member(``), []string{cash, member(`, "x-mask": "last4"`)}, "EXTRA_NO_DISCLOSE", "******6789"},
		{"by a union that becomes an object", member(``), []string{cash, `, "v": {"type": "object", "properties": {"m": {"type": "string"}, "n": {"type": "string", "pii": true, "x-mask": "last4"}}}`}, "EXTRA_NO_DISCLOSE", "******6789"},
		{"by removal", initial, []string{``, `, "v": {"type": ["string", "null"], "pii": true, "x-mask": "last4"}`}, "EXTRA_NO_DISCLOSE", "******6789"},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			entity := fmt.Sprintf("Weak%d", i)
			in.publish(entity, with(test.first))
			value := "0123456789"
			if strings.Contains(test.first, "date") {
				value = "1990-12-31"
			}
			lower, query := strings.ToLower(entity[:1])+entity[1:], "v"
			value = fmt.Sprintf("%q", value)
			if strings.Contains(test.first, "oneOf") {
				value, query = fmt.Sprintf("{%sVCard: {n: %s}}", lower, value), fmt.Sprintf("v { ... on %sVCard { n } }", entity)
			}
			if strings.Contains(test.next[len(test.next)-1], `"m": {"type"`) {
				query = "v { n }"
			}
			id := in.do(fmt.Sprintf(`mutation { create%s(input: {v: %s}) { id } }`, entity, value)).str("create" + entity + ".id")
			const but = "?mode=replace&allow=FIELD_NO_DELETE&allow=FIELD_SAME_TYPE&allow=CONSTRAINT_NO_NARROW"
			last := len(test.next) - 1
			for _, next := range test.next[:last] {
				admin.publish(entity, with(next), but)
			}
			if r := admin.upload(entity, with(test.next[last]), but); r.code() != "SCHEMA_BREAKING" || !strings.Contains(r.Text, test.rule) {
				t.Errorf("not refused: %s", r.Text)
			}
			if r := admin.upload(entity, with(test.next[last]), but+"&allow="+test.rule); r.code() != "FORBIDDEN" {
				t.Errorf("allowed without SENSITIVITY: %s", r.Text)
			}
			in.publish(entity, with(test.next[last]), but+"&allow="+test.rule)
			if r := in.do(fmt.Sprintf(`query($id: ID!) { %s(id: $id) { %s } }`, lower, query), vars{"id": id}); !strings.Contains(r.Text, `"`+test.shown+`"`) {
				t.Errorf("it shows %s", r.Text)
			}
		})
	}
	// Who protects what was in clear may choose the mask; so may who adds what nobody has.
	in.publish("Strong", with(`, "v": {"type": "string"}`))
	in.do(`mutation { createStrong(input: {v: "0123456789"}) { id } }`)
	for _, next := range []string{`, "v": {"type": "string", "pii": true, "x-mask": "last4"}`,
		`, "v": {"type": "string", "pii": true, "x-mask": "last4"}, "w": {"type": "string", "pii": true, "x-mask": "last4"}`,
		`, "v": {"type": "string", "pii": true}, "w": {"type": "string", "pii": true, "x-mask": "initial"}`} {
		if r := admin.upload("Strong", with(next), "?mode=replace"); r.Status != 200 {
			t.Errorf("%s: %s", next, r.Text)
		}
	}
}

// A document that is written under the schema before, by a process that has not seen the new one, stays
// sealed where nobody had leave to show it: for every reader, in a sweep and in an update. Whoever has
// leave finds it at the next publish.
func TestSealsOutliveRaces(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		admin := in.newKey([]string{"schema-admin"}, "")
		with := func(more, rest string) string {
			return `{"type": "object", "properties": {"k": {"type": "string"}` + more + `}` + rest + `}`
		}
		const z, list = `, "z": {"type": "string", "sensitive": false}`, `, "l": {"type": "array", "items": {"type": "object", "properties": {"in": {"type": "string"}}}}`
		in.publish("Late", with("", `, "additionalProperties": true`))
		id := in.do(`mutation { createLate(input: {additionalProperties: {z: "canary", l: [{in: "canary"}]}}) { id } }`).str("createLate.id")
		in.do(`mutation($id: ID!) { updateLate(id: $id, patch: {k: "new"}) { id } }`, vars{"id": id})
		// What the other process writes comes behind the publish.
		type late struct {
			space  storage.Space
			record storage.Record
		}
		var written []late
		for _, collection := range []storage.Collection{storage.Documents, storage.Versions} {
			space := storage.Space{Account: firstAccount, Collection: collection, Part: "Late"}
			records, err := in.store.Scan(t.Context(), space, storage.Page{Limit: 10})
			if err != nil || len(records) != 1 {
				t.Fatal(records, err)
			}
			written = append(written, late{space, records[0]})
			if err := in.store.Delete(t.Context(), space, records[0].ID, records[0].Rev); err != nil {
				t.Fatal(err)
			}
		}
		admin.publish("Late", with(z+list, ""), "?mode=replace&allow=EXTRA_NO_CLOSE")
		for _, l := range written {
			if err := in.store.Insert(t.Context(), l.space, l.record); err != nil {
				t.Fatal(err)
			}
		}
		query := `query($id: ID!) { late(id: $id) { k z l { in } meta { masked } } lateVersions(id: $id) { nodes { z l { in } } } }`
		// No key is made for a Late, since it is no shopper, but a token might name one.
		_, confined, err := in.keys.Bootstrap(t.Context(), firstAccount, "test", auth.NewKey{Name: "own", Roles: []string{auth.Shopper}, Subject: id})
		if err != nil {
			t.Fatal(err)
		}
		sealed := func(when string) {
			t.Helper()
			for _, who := range []*client{in.client, in.newKey([]string{"reader"}, ""), in.as(t, confined)} {
				if r := who.do(query, vars{"id": id}); strings.Contains(r.Text, "canary") || fmt.Sprint(r.at("late.meta.masked")) != "[l z]" && fmt.Sprint(r.at("late.meta.masked")) != "[z l]" {
					t.Errorf("%s: %s", when, r.Text)
				}
			}
		}
		sealed("written late")
		set, err := in.currentSet(t.Context(), firstAccount)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.docs.Mend(t.Context(), firstAccount, set); err != nil {
			t.Fatal(err)
		}
		sealed("swept")
		in.do(`mutation($id: ID!) { updateLate(id: $id, patch: {k: "newer"}) { id } }`, vars{"id": id})
		sealed("updated")
		more := with(z+list+`, "m": {"type": "string"}`, "")
		if r := admin.upload("Late", more, "?mode=replace"); r.code() != "SCHEMA_BREAKING" || !strings.Contains(r.Text, `"path":"z"`) || !strings.Contains(r.Text, `"path":"l"`) {
			t.Errorf("the next schema: %s", r.Text)
		}
		in.publish("Late", more, "?mode=replace&allow=EXTRA_NO_DISCLOSE")
		if r := in.do(query, vars{"id": id}); strings.Count(r.Text, "canary") != 8 || len(r.at("late.meta.masked").([]any)) > 0 {
			t.Errorf("lowered: %s", r.Text)
		}
		if r := in.do(`mutation($id: ID!) { updateLate(id: $id, patch: {k: "newest"}) { z meta { masked } } }`, vars{"id": id}); r.str("updateLate.z") != "canary" {
			t.Errorf("updated when lowered: %s", r.Text)
		}
	})
}

// Whoever lowers the protection of a property in so many words allows one rule, wherever its values are.
func TestLoweringIsOneRule(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	place := func(marks string) string {
		return `{"type": "object", "properties": {"k": {"type": "string"}, "home": {"$ref": "#/$defs/Place"}, "away": {"$ref": "#/$defs/Place"}, "all": {"type": "array", "items": {"$ref": "#/$defs/Place"}}},
			"$defs": {"Place": {"type": "object", "properties": {"street": {"type": "string"` + marks + `}}}}}`
	}
	one := func(v string) string {
		return `{"type": "object", "properties": {"k": {"type": "string"}, "v": ` + v + `}}`
	}
	extra := func(marks string) string {
		return `{"type": "object", "properties": {"k": {"type": "string"}}, "additionalProperties": {` + marks + `}}`
	}
	const clear = `"sensitive": false, "pii": false`
	for i, test := range []struct{ name, before, after, value, query string }{
		{"a type that stands in several places", place(`, "pii": true`), place(``), `{"home": {"street": "canary"}, "away": {"street": "canary"}, "all": [{"street": "canary"}]}`, `home { street } away { street } all { street }`},
		{"an object as a whole", one(`{"type": "object", "pii": true, "properties": {"in": {"type": "string"}}}`), one(`{"type": "object", "properties": {"in": {"type": "string"}}}`), `{"v": {"in": "canary"}}`, `v { in }`},
		{"an object that becomes JSON", one(`{"type": "object", "properties": {"in": {"type": "string", "pii": true}}}`), one(`{"x-graphql": "JSON", ` + clear + `}`), `{"v": {"in": "canary"}}`, `v`},
		{"what is not declared", extra(``), extra(clear), `{"additionalProperties": {"z": "canary"}}`, `additionalProperties`},
	} {
		t.Run(test.name, func(t *testing.T) {
			entity := fmt.Sprintf("Plain%d", i)
			lower := strings.ToLower(entity[:1]) + entity[1:]
			in.publish(entity, test.before)
			id := in.do(fmt.Sprintf(`mutation($i: %[1]sInput!) { create%[1]s(input: $i) { id } }`, entity), vars{"i": object(t, test.value)}).str("create" + entity + ".id")
			in.do(fmt.Sprintf(`mutation($id: ID!) { update%s(id: $id, patch: {k: "new"}) { id } }`, entity), vars{"id": id})
			in.publish(entity, test.after, "?mode=replace&allow=SENSITIVITY_NO_LOWER&allow=FIELD_SAME_TYPE")
			r := in.do(fmt.Sprintf(`query($id: ID!) { %[1]s(id: $id) { %[2]s meta { masked } } %[1]sVersions(id: $id) { nodes { %[2]s } } }`, lower, test.query), vars{"id": id})
			if want := 3 * strings.Count(test.value, "canary"); strings.Count(r.Text, "canary") != want || !strings.Contains(r.Text, `"masked":[]`) {
				t.Errorf("lowered: %s", r.Text)
			}
		})
	}
}

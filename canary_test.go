package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/profilegraph/profilegraph/schema"
)

// canaries makes documents in which every sensitive value is one of a kind.
type canaries struct {
	planted map[string]string // value -> where it was planted
	n       int
}

func (c *canaries) plant(value, where string) string {
	c.planted[value] = where
	return value
}

// document returns an input of a type with a value in every field.
func (c *canaries) document(t *schema.Type, secret bool, where string) vars {
	input := vars{}
	for _, f := range t.Fields {
		if f.ReadOnly || f.Const != nil {
			continue
		}
		input[f.Name] = c.value(f.Type, f, secret || f.Sensitive, where+"."+f.Name)
	}
	return input
}

func (c *canaries) value(t *schema.Type, f *schema.Field, secret bool, where string) any {
	c.n++
	text := func(s string) string {
		if secret {
			return c.plant(s, where)
		}
		return s
	}
	switch t.Kind {
	case schema.Object:
		return c.document(t, secret, where)
	case schema.List:
		list := []any{c.value(t.Elem, f, secret, where), c.value(t.Elem, f, secret, where)}
		return list
	case schema.Union:
		m := t.Members[len(t.Members)-1]
		return vars{strings.ToLower(m.Name[:1]) + m.Name[1:]: c.document(m, secret, where)}
	case schema.Enum:
		return t.Values[0].Name
	}
	switch t.Name {
	case schema.EmailAddress:
		return text(fmt.Sprintf("canary%da@nest%da.example", c.n, c.n))
	case schema.Int:
		return json.Number(text(fmt.Sprint(73_950_000 + c.n)))
	case schema.Float:
		return json.Number(text(fmt.Sprintf("7.3918%04d", c.n)))
	case schema.Boolean:
		return true
	case schema.Long:
		return json.Number(text(fmt.Sprint(7395000000000 + c.n)))
	case schema.Decimal:
		return text(fmt.Sprintf("73918264.%04d", c.n))
	case schema.Date:
		return text(fmt.Sprintf("1931-0%d-%d", 1+c.n%9, 10+c.n/9%18))
	case schema.DateTime:
		return text(fmt.Sprintf("1931-01-02T03:04:05.%03d7Z", c.n))
	case schema.PhoneNumber:
		return text(fmt.Sprintf("+5573918%05d", c.n))
	case schema.CountryCode:
		return "BR"
	case schema.URL:
		return text(fmt.Sprintf("https://canary%d.example/", c.n))
	case schema.UUID:
		return text(fmt.Sprintf("73918264-0000-4000-8000-%012d", c.n))
	case schema.JSON:
		return vars{fmt.Sprintf("note%d", c.n): text(fmt.Sprintf("canary-%d-in-a-map", c.n)), "more": []any{vars{"deep": text(fmt.Sprintf("canary-%d-in-a-list", c.n))}}}
	}
	switch { // strings with a pattern
	case f.Property == "cardNumber":
		return text(fmt.Sprintf("********************%04d", c.n))
	case f.Property == "bin":
		return text(fmt.Sprintf("739%05d", c.n))
	}
	return text(fmt.Sprintf("canary-%d-value", c.n))
}

// selection asks for everything that a type has.
func selection(t *schema.Type) string {
	var b strings.Builder
	b.WriteString("{ __typename ")
	for _, f := range t.Fields {
		b.WriteString(f.Name + " ")
		inner := f.Type
		for inner.Kind == schema.List {
			inner = inner.Elem
		}
		switch inner.Kind {
		case schema.Object:
			b.WriteString(selection(inner))
		case schema.Union:
			b.WriteString("{ __typename ")
			for _, m := range inner.Members {
				b.WriteString("... on " + m.Name + " " + selection(m))
			}
			b.WriteString("} ")
		}
	}
	return b.String() + "} "
}

const everything = `{"type": "object", "additionalProperties": true, "v-indexed": ["code", "mail", "number"], "v-unique": ["code", "mail"], "properties": {
	"code": {"type": "string", "sensitive": true}, "mail": {"type": "string", "format": "email", "sensitive": true, "pii": true},
	"number": {"type": "integer", "sensitive": true}, "long": {"type": "integer", "format": "int64", "sensitive": true}, "float": {"type": "number", "sensitive": true},
	"money": {"type": "string", "format": "decimal", "sensitive": true}, "yes": {"type": "boolean", "sensitive": true}, "day": {"type": "string", "format": "date", "sensitive": true, "x-mask": "year"},
	"moment": {"type": "string", "format": "date-time", "sensitive": true}, "phone": {"type": "string", "format": "phone", "sensitive": true}, "site": {"type": "string", "format": "uri", "sensitive": true},
	"key": {"type": "string", "format": "uuid", "sensitive": true}, "country": {"type": "string", "format": "country-code", "sensitive": true}, "fixed": {"type": "string", "sensitive": true, "x-mask": "fixed"},
	"tail": {"type": "string", "sensitive": true, "x-mask": "last4"}, "colour": {"enum": ["RED", "BLUE"], "sensitive": true}, "list": {"type": "array", "items": {"type": "string"}, "sensitive": true},
	"short": {"type": "string", "maxLength": 30},
	"object": {"type": "object", "properties": {"secret": {"type": "string", "sensitive": true}, "deep": {"type": "array", "items": {"type": "object", "properties": {"secret": {"type": "string", "sensitive": true}}}}}},
	"all": {"type": "object", "sensitive": true, "properties": {"a": {"type": "string"}, "b": {"type": "object", "properties": {"c": {"type": "integer"}}}}},
	"map": {"type": "object", "additionalProperties": true},
	"either": {"oneOf": [{"title": "One", "type": "object", "required": ["is"], "properties": {"is": {"const": "one"}}},
		{"title": "Two", "type": "object", "required": ["is"], "properties": {"is": {"const": "two"}, "secret": {"type": "string", "sensitive": true}}}]}}}`

// Whatever is done with documents, rightly or wrongly, no sensitive value of theirs, and nothing
// that a request held where it should not, is in an answer, a log or a metric.
func TestNothingSensitiveComesOut(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		in.publish("Everything", everything)
		set, err := in.currentSet(t.Context(), firstAccount)
		if err != nil {
			t.Fatal(err)
		}
		birds := &canaries{planted: map[string]string{}}
		var answers []string
		note := func(what string, r *reply) *reply {
			answers = append(answers, what+"\n"+fmt.Sprint(r.Header)+"\n"+r.Text)
			return r
		}
		profile := ""
		type document struct {
			e      *schema.Entity
			id     string
			inputs []vars
		}
		var docs []document
		order := slices.Clone(set.Entities)
		slices.SortStableFunc(order, func(a, b *schema.Entity) int { return len(a.Owner) - len(b.Owner) })
		for _, e := range order {
			lower := strings.ToLower(e.Name[:1]) + e.Name[1:]
			all := strings.TrimSuffix(strings.TrimSpace(selection(e.Type)), "}") + " id meta { version author masked } }"
			input := birds.document(e.Type, false, e.Name)
			owner, argument := "", ""
			if e.Owner != "" {
				owner, argument = "$owner: ID!, ", "profileId: $owner, "
			}
			v := func(more vars) vars {
				if e.Owner != "" {
					more["owner"] = profile
				}
				return more
			}
			create := fmt.Sprintf(`mutation(%s$input: %sInput!) { create%[2]s(%sinput: $input) %s }`, owner, e.Name, argument, all)
			made := note("create "+e.Name, in.do(create, v(vars{"input": input})))
			id, first := made.str("create"+e.Name+".id"), made.str("create"+e.Name+".meta.version")
			if e.Name == "Profile" {
				profile = id
			}
			docs = append(docs, document{e, id, []vars{input}})
			note("again", in.ask(create, v(vars{"input": input}))) // a unique conflict, or a second document

			patch := birds.document(e.Type, false, e.Name+"'")
			updated := note("update", in.do(fmt.Sprintf(`mutation($id: ID!, $p: %sPatch!) { update%[1]s(id: $id, patch: $p) %s }`, e.Name, all), vars{"id": id, "p": patch}))
			second := updated.str("update" + e.Name + ".meta.version")
			note("conflict", in.ask(fmt.Sprintf(`mutation($id: ID!, $p: %sPatch!, $v: ID) { update%[1]s(id: $id, patch: $p, ifVersion: $v) { id } }`, e.Name), vars{"id": id, "p": patch, "v": first}))
			note("read", in.do(fmt.Sprintf(`query($id: ID!, $v: ID!, $w: ID!) { %[1]s(id: $id) %[2]s %[3]s %[4]s %[1]sVersions(id: $id) { nodes %[2]s edges { node { id } } }
				%[1]sVersion(id: $id, version: $v) %[2]s %[1]sVersionDiff(id: $id, from: $v, to: $w) { path kind from to } }`, lower, all, e.Plural, "{ nodes "+all+" }"), vars{"id": id, "v": first, "w": second}))
			for _, key := range e.Keys {
				found := note("look-up", in.do(fmt.Sprintf(`query($by: %sBy!) { %s(by: $by) %s }`, e.Name, lower, all), vars{"by": vars{key.Field.Name: patch[key.Field.Name]}}))
				if found.at(lower+".id") != id {
					t.Errorf("%s is not found by %s", e.Name, key.Field.Name)
				}
			}

			// What is wrong with each field of an input is said without its value.
			for _, name := range slices.Sorted(maps.Keys(input)) {
				for i, wrong := range []any{vars{"x": birds.plant(fmt.Sprintf("wrong-%s-%s-object", e.Name, name), "a wrong object")}, birds.plant(fmt.Sprintf("wrong-%s-%s-text", e.Name, name), "a wrong text"),
					[]any{birds.plant(fmt.Sprintf("wrong-%s-%s-list", e.Name, name), "a wrong list"), nil, 3.5e7}} {
					if fmt.Sprint(input[name]) == fmt.Sprint(wrong) || i == 0 && strings.Contains(fmt.Sprintf("%T", input[name]), "map") && e.Type.Extra != nil && name == e.Type.Extra.Name {
						continue
					}
					bad := maps.Clone(input)
					bad[name] = wrong
					r := note("wrong "+name, in.ask(fmt.Sprintf(`mutation(%s$input: %sInput!) { create%[2]s(%sinput: $input) { id } }`, owner, e.Name, argument), v(vars{"input": bad})))
					if r.code() == "INTERNAL" {
						t.Errorf("%s.%s: %s", e.Name, name, r.Text)
					}
				}
			}
		}

		// A shopper sees its own data, but the log does not; a prospect that is promoted shows no more.
		shopper := in.newKey([]string{"shopper"}, profile)
		for _, d := range docs {
			lower := strings.ToLower(d.e.Name[:1]) + d.e.Name[1:]
			if r := shopper.ask(fmt.Sprintf(`query($id: ID!) { %s(id: $id) %s }`, lower, selection(d.e.Type)), vars{"id": d.id}); (d.e.Owner == "Profile" || d.e.Name == "Profile") == strings.Contains(r.Text, "null}") {
				t.Errorf("the shopper is shown %.300s", r.Text)
			}
			if d.e.Name == "Prospect" {
				note("promote", in.ask(fmt.Sprintf(`mutation($id: ID!) { promoteProspect(id: $id) %s }`, selection(set.Entity("Profile").Type)), vars{"id": d.id}))
			}
		}

		// Requests that are wrong in themselves.
		n := 0
		secret := func() string {
			n++
			return birds.plant(fmt.Sprintf("misplaced-%d-canary", n), "a malformed request")
		}
		post := func(path, contentType, body string) {
			note("raw "+body, in.send("POST", path, strings.NewReader(body), "Content-Type", contentType))
			answers[len(answers)-1] = strings.Replace(answers[len(answers)-1], "raw "+body, "raw", 1)
		}
		for _, path := range []string{"/graphql", "/control/graphql"} {
			for _, body := range []string{
				`{"query": "{ profiles { nodes { id } } }", "variables": {"a": "%s"`, `{"query": "%s`, `"%s"`, `%s`, `["%s"]`, `[{"query": "%s"}]`, `{"query": 3, "variables": "%s"}`, `{"variables": {"a": "%s"}}`,
				`{"query": "{ profiles(after: \"%s\") { nodes { id } } }"}`, `{"query": "{ profile(id: \"%s\") { nothing } }"}`, `{"query": "{ profile(by: {email: \"%s\"}) { id } }"}`,
				`{"query": "{ profile(by: \"%s\") { id } }"}`, `{"query": "{ profiles(first: \"%s\") { nodes { id } } }"}`, `{"query": "mutation { createProfile(input: {email: \"%s\"}) { id } }"}`,
				`{"query": "mutation { createProfile(input: \"%s\") { id } }"}`, `{"query": "{ profile(id: \"\"\"%s\"\"\" \"%[1]s\") { id } }"}`, `{"query": "{ profile(id: \"%s) { id } }"}`,
				`{"query": "query($a: Int = \"%s\") { profiles(first: $a) { nodes { id } } }"}`, `{"query": "query($a: Int) { profiles(first: $a) { nodes { id } } }", "variables": {"a": "%s"}}`,
				`{"query": "query($a: EmailAddress!) { profile(by: {email: $a}) { id } }", "variables": {"a": {"x": "%s"}}}`, `{"query": "{ a }", "operationName": {"x": "%s"}}`,
				`{"query": "{ profiles @include(if: \"%s\") { nodes { id } } }"}`, `{"query": "# %s\n{ profile(", "variables": null}`,
				`{"query": "{ checkSchema(entity: \"Profile\", schema: \"%s\") { problems { message } } }"}`, `{"query": "{ checkSchema(entity: \"Profile\", schema: {default: \"%s\", type: 3}) { problems { message } } }"}`,
				`{"query": "{ checkSchema(entity: \"Profile\", schema: {properties: {a: {enum: [\"%s\", {}]}}}) { problems { message fix } } }"}`,
				`{"query": "{ checkSchema(entity: \"Profile\", schema: {properties: {a: {type: \"integer\", default: \"%s\"}}}) { problems { message fix } } }"}`,
				`{"query": "mutation { createApiKey(name: \"x\", roles: [\"%s\"]) { secret } }"}`, `{"query": "mutation { createApiKey(name: \"x\", roles: [\"reader\"], expiresAt: \"%s\") { secret } }"}`,
				`{"query": "mutation { revokeApiKey(id: \"%s\") { id } }"}`, `{"query": "mutation { createAccount(id: \"%s!\") { account { id } } }"}`, `{"query": "mutation { publishSchema(entity: \"%s\", schema: {}) { version } }"}`,
			} {
				post(path, "application/json", fmt.Sprintf(body, secret()))
			}
			post(path, "text/plain", secret())
			post(path, "application/x-www-form-urlencoded", "query="+secret())
			post(path, "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n"+secret()+"\r\n--x--")
			post(path, "application/json; charset="+secret(), `{}`)
			for _, query := range []string{`{ profile(id: "%s") { nothing } }`, `mutation { createProfile(input: {email: "%s"}) { id } }`, `{ profile(id: "%s`, `%s`} {
				note("GET", in.send("GET", path+"?query="+url.QueryEscape(fmt.Sprintf(query, secret())), nil))
			}
			note("GET", in.send("GET", path+"?query="+url.QueryEscape(`query($a: Int) { profiles(first: $a) { nodes { id } } }`)+"&variables="+url.QueryEscape(`{"a": "`+secret()+`"}`), nil))
			note("GET", in.send("GET", path+"?query={a}&variables="+url.QueryEscape(`{"a": `+secret()), nil))
			note("GET", in.send("GET", path+"?query=%zz"+secret(), nil))
		}
		for _, body := range []string{`{"properties": {"a": {"type": "%s"}}}`, `{"properties": {"a": {"default": "%s", "type": "integer"}}}`, `{"default": "%s"`, `%s`, `{"properties": {"a": {"const": {"x": "%s"}, "type": "string"}}}`,
			`{"properties": {"a": {"type": "integer", "examples": ["%s"], "enum": ["%[1]s"]}}}`, `[{"$id": "https://example.com/a", "default": "%s"}, 3]`} {
			note("PUT", in.upload("Profile", fmt.Sprintf(body, secret())))
		}
		note("PUT", in.upload("Profile", `{}`, "?mode="+secret()))
		note("PUT", in.send("PUT", "/schemas/Profile", strings.NewReader(`{}`), "If-Match", secret()))
		note("key", in.as(t, secret()).send("GET", "/sdl", nil))
		note("path", in.send("GET", "/"+secret(), nil))
		note("method", in.send("QUERY", "/graphql?x="+secret(), nil))
		note("negotiation", in.send("POST", "/graphql", strings.NewReader(`{}`), "Content-Type", "application/json", "Accept", "text/"+secret()))
		for _, d := range docs {
			note("delete", in.ask(fmt.Sprintf(`mutation($id: ID!) { delete%s(id: $id) }`, d.e.Name), vars{"id": d.id}))
		}

		answers = append(answers, "the log\n"+in.logs.String(), "the metrics\n"+in.send("GET", "/metrics", nil).Text)
		if len(answers) < 200 || len(birds.planted) < 250 {
			t.Errorf("only %d answers, %d canaries", len(answers), len(birds.planted))
		}
		for value, where := range birds.planted {
			for _, answer := range answers {
				if at := strings.Index(answer, value); at >= 0 {
					what, _, _ := strings.Cut(answer, "\n")
					t.Errorf("%s (%s) is in %s: ...%s...", value, where, what, answer[max(0, at-120):min(len(answer), at+80)])
				}
			}
		}
	})
}

package main

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is no Unicode text is refused wherever it can come in, with its place and without a word of it: decoders
// would put another character there, and keep that.
func TestHalvesOfCharactersAreRefused(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	send := func(path, body string) *reply {
		return in.send("POST", path, strings.NewReader(body), "Content-Type", "application/json")
	}
	variables := func(value string) *reply {
		return send("/graphql", `{"query": "mutation($v: ProfileInput!) { createProfile(input: $v) { id tags } }", "variables": {"v": {"email": "a@example.com", "tags": ["`+value+`"]}}}`)
	}
	literal := func(value string) *reply { // within the JSON string of the query
		return send("/graphql", `{"query": "mutation { createProfile(input: {email: \"a@example.com\", tags: [\"`+value+`\"]}) { id tags } }"}`)
	}
	get := func(value string) *reply {
		return in.send("GET", "/graphql?query="+url.QueryEscape(`query($id: ID) { profile(id: $id) { id } }`)+"&variables="+url.QueryEscape(`{"id": "`+value+`"}`), nil)
	}
	put := func(property, value string) *reply {
		return in.upload("Thing", `{"type": "object", "description": "a ✓", "properties": {"`+property+`": {"type": "string", "description": "`+value+`"}}}`)
	}
	check := func(value string) *reply { // the schema as a JSON text, and as a literal
		return send("/control/graphql", `{"query": "query($s: JSON!) { checkSchema(entity: \"Thing\", schema: $s) { ok problems { pointer message } } }", "variables": {"s": "{\"description\": \"`+value+`\"}"}}`)
	}
	written := func(value string) *reply {
		return send("/control/graphql", `{"query": "{ checkSchema(entity: \"Thing\", schema: {description: \"`+value+`\"}) { ok } }"}`)
	}
	for _, half := range []string{`secret\ud800`, `secret\uDFFF!`, `secret\udc00\ud800`, `secret\ud83dA`, `secret\ud83d\n`, `secret\\\ud83d`, `secret\ud83d\u0041`, `secret\ud83d\ud83d\ude00`} {
		twice := strings.ReplaceAll(half, `\`, `\\`) // an escape of what is in a text within a text
		for name, test := range map[string]struct {
			answer      *reply
			status      int
			code, place string
		}{
			"a variable":             {variables(half), 400, "BAD_REQUEST", "byte "},
			"a literal":              {literal(twice), 200, "GRAPHQL_PARSE_FAILED", "locations"},
			"a query":                {literal(half), 400, "BAD_REQUEST", "byte "},
			"an address":             {get(half), 400, "BAD_REQUEST", "byte "},
			"a schema":               {put("a", half), 422, "SCHEMA_INVALID", "/properties/a/description"},
			"a name in a schema":     {put(half, "b"), 422, "SCHEMA_INVALID", "/properties"},
			"a schema in a variable": {check(twice), 200, "", `"pointer":"/description"`},
			"a schema in a query":    {written(twice), 200, "GRAPHQL_PARSE_FAILED", "locations"},
		} {
			r := test.answer
			if r.Status != test.status || r.code() != test.code || !strings.Contains(r.Text, test.place) || strings.Contains(r.Text, "secret") ||
				test.code == "" && !strings.Contains(r.Text, `"ok":false`) {
				t.Errorf("%s %s: %d %s", name, half, r.Status, r.Text)
			}
		}
	}
	r := send("/graphql", `{"variables": {"a": "\ud800"}, "query": "{ __typename }"}`)
	if want := "At byte 21 an escape stands for half of a character (an unpaired surrogate)."; len(r.Errors) != 1 || r.Errors[0].Message != want {
		t.Errorf("the place is told so: %s", r.Text)
	}
	r = send("/graphql", "{\"query\": \"{\\n  profile(id: \\\"é\\\", by: {email: \\\"\\\\ud800\\\"}) { id }\\n}\"}")
	if !strings.Contains(r.Text, `"locations":[{"line":2,"column":33}]`) {
		t.Errorf("the place is told so: %s", r.Text)
	}

	// Whole characters come in by any way of writing them, and so does what only looks like half of one.
	for _, whole := range []struct{ escaped, want string }{
		{`\ud83d\ude00`, "😀"}, {`\uD83D\uDE00!`, "😀!"}, {`😀`, "😀"}, {`\ufffd`, "\ufffd"}, {`\\ud800`, `\ud800`}, {`\\\\ud800\\`, `\\ud800\`}, {`\u00e9\u0041`, "éA"},
	} {
		for _, way := range []func() *reply{
			func() *reply { return variables(whole.escaped) },
			func() *reply { return literal(strings.ReplaceAll(whole.escaped, `\`, `\\`)) },
		} {
			got := way()
			if got.str("createProfile.tags.0") != whole.want {
				t.Errorf("%s: %s", whole.escaped, got.Text)
			}
			in.do(`mutation($id: ID!) { deleteProfile(id: $id) }`, vars{"id": got.str("createProfile.id")})
		}
		if r := put("a", whole.escaped); r.Status != 200 {
			t.Errorf("%s in a schema: %s", whole.escaped, r.Text)
		}
	}
	if r := in.ask(`{ profile(id: """\ud800""") { id } }`); r.code() != "" { // no escape in a block string
		t.Error(r.Text)
	}

	// Nor are bytes that are no UTF-8.
	for name, r := range map[string]*reply{
		"a variable": send("/graphql", "{\"query\": \"query($i: ID) { profile(id: $i) { id } }\", \"variables\": {\"i\": \"secret\xff\"}}"),
		"an address": in.send("GET", "/graphql?query={__typename}&variables=%7B%22a%22%3A%22secret%FF%22%7D", nil),
		"a schema":   in.upload("Thing", "{\"description\": \"secret\xc3\"}"),
	} {
		if code := r.code(); code != "BAD_REQUEST" && code != "SCHEMA_INVALID" || strings.Contains(r.Text, "secret") {
			t.Errorf("%s that is no UTF-8: %s", name, r.Text)
		}
	}

	// On the command line it ends before anything is sent.
	dir := t.TempDir()
	file := func(text string) string {
		name := filepath.Join(dir, fmt.Sprint(len(text), ".json"))
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	in.send("PUT", "/schemas/Thing", strings.NewReader(`{}`))
	for _, test := range []struct {
		words []string
		exit  int
		says  string
	}{
		{[]string{"schema", "publish", "Thing", file("{\"description\": \"\xff\"}")}, 1, "not valid UTF-8"},
		{[]string{"schema", "publish", "Thing", file(`{"description": "secret\ud800"}`)}, 1, "SCHEMA_INVALID"},
		{[]string{"schema", "publish", "Thing", file(`{"description": "fine"}`), "--note", "secret\xff"}, 2, "argument 6 is not valid UTF-8"},
		{[]string{"subgraph", "add", "a", "http://a.example.com", file("type A { a: Int } # \xff")}, 1, "not valid UTF-8"},
		{[]string{"policy", "apply", file(`{"purposes": [{"code": "a", "description": "secret\ud800"}]}`)}, 1, "half of a character"},
		{[]string{"policy", "apply", file("{\"purposes\": [{\"code\": \"\xff\"}]}")}, 1, "not valid UTF-8"},
	} {
		var out, errs bytes.Buffer
		exit := command(append(test.words, "--url="+in.url, "--key="+in.key), nil, &out, &errs)
		if exit != test.exit || !strings.Contains(errs.String(), test.says) || strings.Contains(errs.String(), "secret") {
			t.Errorf("%q: exit %d\n%s", test.words[:2], exit, errs.String())
		}
	}
}

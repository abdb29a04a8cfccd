package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// composing returns a configuration with a composer that is a shell script: it has the subgraphs in $in.
func composing(t testing.TB, c Config, script string) Config {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no shell to write a composer in: ", err)
	}
	file := filepath.Join(t.TempDir(), "compose.sh")
	if err := os.WriteFile(file, []byte("in=$(cat)\n"+script+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Composer = []string{"sh", file}
	return c
}

// picky composes unless a schema has a field called forbidden, and without orders not at all.
const picky = `case "$in" in
	*forbidden:*) echo '{"errors": [{"message": "forbidden is not shareable", "code": "X"}, {"message": "and more"}]}' ;;
	*) echo '{"errors": []}' ;;
esac`

const putSubgraph = `mutation($n: String!, $s: String!, $c: Boolean! = true) { putSubgraph(name: $n, url: "https://orders.example.com/graphql", sdl: $s, check: $c) { name url sdl author lastUpdate } }`

const forbidden = `{"properties": {"forbidden": {"type": "string", "sensitive": true}}}`

// What does not compose is not published, whichever way it comes, and leaves nothing behind.
func TestComposition(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, composing(t, c, picky))
		in.publish("Seat", `{"properties": {"forbidden": {"type": "string"}}}`) // nobody else is there
		in.managed(`mutation { rollbackSchema(entity: "Seat", to: 1) { version } }`)
		in.publish("Seat", `{"properties": {"a": {"type": "string"}}}`, "?mode=replace&allow=FIELD_NO_DELETE&allow=EXTRA_NO_CLOSE&allow=CONSTRAINT_NO_NARROW")
		mark := in.mark()
		r := in.managed(putSubgraph, vars{"n": "orders", "s": "type Query { order: ID }"})
		if r.str("putSubgraph.name") != "orders" || r.str("putSubgraph.sdl") != "type Query { order: ID }" || !strings.HasPrefix(r.str("putSubgraph.author"), "key:") {
			t.Error(r.Text)
		}
		in.account(t, "other").publish("Profile", forbidden) // another account's graph is its own

		for name, r := range map[string]*reply{
			"PUT":     in.upload("Profile", forbidden),
			"control": in.manage(`mutation { publishSchema(entity: "Profile", schema: {properties: {forbidden: {type: "string"}}}) { version } }`),
			"back":    in.manage(`mutation { rollbackSchema(entity: "Seat", to: 1, allow: ["FIELD_NO_DELETE", "CONSTRAINT_NO_NARROW", "FIELD_SAME_TYPE"]) { version } }`),
		} {
			if r.code() != "COMPOSITION_FAILED" || !strings.Contains(r.Errors[0].Message, "forbidden is not shareable") || name == "PUT" && r.Status != 409 {
				t.Errorf("%s: %d %s", name, r.Status, r.Text)
				continue
			}
			wantJSON(t, r.Errors[0].Extensions["composition"], `["forbidden is not shareable", "and more"]`)
		}
		if r := in.managed(`{ schema(entity: "Profile") { version } }`); r.at("schema.version") != 0.0 {
			t.Error(r.Text)
		}
		check := in.managed(`{ checkSchema(entity: "Profile", schema: {properties: {forbidden: {type: "string", sensitive: true}}}) { ok composition } fine: checkSchema(entity: "Profile", schema: {properties: {x: {type: "string"}}}) { composition } }`)
		wantJSON(t, check.Data, `{"checkSchema": {"ok": false, "composition": ["forbidden is not shareable", "and more"]}, "fine": {"composition": []}}`)
		in.publish("Profile", `{"properties": {"shoeSize": {"type": "integer"}}}`)

		// Another team's schema is held to it too, unless said otherwise.
		if r := in.manage(putSubgraph, vars{"n": "orders", "s": "type Query { forbidden: ID }"}); r.code() != "COMPOSITION_FAILED" {
			t.Error(r.Text)
		}
		in.managed(putSubgraph, vars{"n": "stock", "s": "type Query { forbidden: ID }", "c": false})
		if r := in.upload("Profile", `{"properties": {"hatSize": {"type": "integer"}}}`); r.code() != "COMPOSITION_FAILED" {
			t.Error(r.Text)
		}
		in.managed(`mutation { removeSubgraph(name: "stock") }`)
		in.publish("Profile", `{"properties": {"hatSize": {"type": "integer"}}}`)
		wantJSON(t, in.managed(`{ subgraphs { name url } }`).Data, `{"subgraphs": [{"name": "orders", "url": "https://orders.example.com/graphql"}]}`)

		var seen []string
		for _, e := range in.recorded(mark) {
			if strings.HasSuffix(e.Action, "Subgraph") || e.Action == "PutSchema" {
				seen = append(seen, e.Action+" "+e.Details["subgraph"]+e.Entity)
			}
		}
		if got := strings.Join(seen, ", "); got != "PutSubgraph orders, PutSchema Profile, PutSubgraph stock, RemoveSubgraph stock, PutSchema Profile" {
			t.Errorf("recorded %s", got)
		}
		for query, code := range map[string]string{
			`mutation { putSubgraph(name: "profilegraph", url: "https://x.example", sdl: "x") { name } }`: "BAD_USER_INPUT",
			`mutation { putSubgraph(name: "Orders", url: "https://x.example", sdl: "x") { name } }`:       "BAD_USER_INPUT",
			`mutation { putSubgraph(name: "a/b", url: "https://x.example", sdl: "x") { name } }`:          "BAD_USER_INPUT",
			`mutation { putSubgraph(name: "ok", url: "x", sdl: "x") { name } }`:                           "BAD_USER_INPUT",
			`mutation { putSubgraph(name: "ok", url: "https://x.example", sdl: " ") { name } }`:           "BAD_USER_INPUT",
			`mutation { removeSubgraph(name: "none") }`:                                                   "NOT_FOUND",
			`mutation { removeSubgraph(name: "../x") }`:                                                   "NOT_FOUND",
		} {
			if r := in.manage(query); r.code() != code {
				t.Errorf("%s: %s", query, r.Text)
			}
		}
	})
}

// A composer that cannot be relied on lets nothing through, and takes nothing down.
func TestComposerThatFails(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"exit code":     `echo '{"errors": []}'; exit 1`,
		"no JSON":       `echo hello`,
		"no errors":     `echo '{}'`,
		"null":          `echo null`,
		"nothing":       ``,
		"hangs":         `sleep 600`,
		"hangs on":      `sleep 600 & exit 0`,
		"never ends":    `while :; do echo 0123456789012345678901234567890123456789012345678901234567890123456789; done`,
		"says too much": `head -c 100000 /dev/zero | tr '\0' x >&2; exit 3`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := composing(t, defaults(t), script)
			c.RequestTimeout = 3 * time.Second
			in := boot(t, c)
			begin := time.Now()
			in.managed(putSubgraph, vars{"n": "orders", "s": "type Query { order: ID }", "c": false})
			r := in.upload("Profile", `{"properties": {"shoeSize": {"type": "integer"}}}`)
			if r.code() != "COMPOSER_UNAVAILABLE" && r.code() != "REQUEST_TIMEOUT" || r.Status < 500 || time.Since(begin) > 15*time.Second {
				t.Errorf("%d %s after %v", r.Status, r.Text, time.Since(begin))
			}
			if strings.Contains(r.Text, "0123456") || len(in.logs.String()) > 1<<20 {
				t.Error("what it says is passed on")
			}
			in.do(`{ profiles { nodes { id } } }`)
			in.managed(`mutation { removeSubgraph(name: "orders") }`)
			in.publish("Profile", `{"properties": {"shoeSize": {"type": "integer"}}}`)
		})
	}
}

// What comes into force while a subgraph is being composed is composed with it too, before it stays.
func TestCompositionAtOnce(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		dir := t.TempDir()
		asked, open := filepath.Join(dir, "asked"), filepath.Join(dir, "open")
		// slow and other compose with everything but forbidden and each other; slow takes its time.
		in := boot(t, composing(t, c, `case "$in" in *slow:*) touch `+asked+`; until [ -e `+open+` ]; do sleep 0.02; done ;; esac
			case "$in" in *slow:*forbidden:*|*forbidden:*slow:*|*slow:*other:*|*other:*slow:*) echo '{"errors": [{"message": "not with slow"}]}' ;; *) echo '{"errors": []}' ;; esac`))
		meanwhile := func(name string, f func()) *reply {
			t.Helper()
			for _, file := range []string{asked, open} {
				if err := os.RemoveAll(file); err != nil {
					t.Fatal(err)
				}
			}
			answer := make(chan *reply, 1)
			go func() { answer <- in.manage(putSubgraph, vars{"n": name, "s": "type Query { slow: ID }"}) }()
			for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
				if _, err := os.Stat(asked); err == nil {
					break
				} else if time.Now().After(end) {
					t.Fatal("the composer was not asked: ", err)
				}
			}
			f()
			if err := os.WriteFile(open, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			return <-answer
		}
		registered := func(want string) {
			t.Helper()
			wantJSON(t, in.managed(`{ subgraphs { name sdl } }`).at("subgraphs"), want)
		}
		mark := in.mark()

		if r := meanwhile("orders", func() { in.publish("Seat", `{"properties": {"forbidden": {"type": "string"}}}`) }); r.code() != "COMPOSITION_FAILED" || !strings.Contains(r.Text, "not with slow") {
			t.Error(r.Text)
		}
		registered(`[]`)
		in.publish("Seat", `{"properties": {"a": {"type": "string"}}}`, "?mode=replace&allow=FIELD_NO_DELETE&allow=EXTRA_NO_CLOSE&allow=CONSTRAINT_NO_NARROW")

		in.managed(putSubgraph, vars{"n": "orders", "s": "type Query { order: ID }"})
		if r := meanwhile("orders", func() { in.managed(putSubgraph, vars{"n": "stock", "s": "type Query { other: ID }"}) }); r.code() != "COMPOSITION_FAILED" {
			t.Error(r.Text)
		}
		registered(`[{"name": "orders", "sdl": "type Query { order: ID }"}, {"name": "stock", "sdl": "type Query { other: ID }"}]`)
		in.managed(`mutation { removeSubgraph(name: "stock") }`)

		if r := meanwhile("orders", func() { in.publish("Seat", `{"properties": {"b": {"type": "string"}}}`) }); len(r.Errors) > 0 {
			t.Error(r.Text)
		}
		registered(`[{"name": "orders", "sdl": "type Query { slow: ID }"}]`)
		if r := in.upload("Seat", `{"properties": {"forbidden": {"type": "string"}}}`); r.code() != "COMPOSITION_FAILED" {
			t.Error(r.Text)
		}

		var seen []string
		for _, e := range in.recorded(mark) {
			if strings.HasSuffix(e.Action, "Subgraph") {
				seen = append(seen, e.Action+" "+e.Details["subgraph"])
			}
		}
		if got, want := strings.Join(seen, ", "), "PutSubgraph orders, RemoveSubgraph orders, PutSubgraph orders, PutSubgraph stock, PutSubgraph orders, PutSubgraph orders, RemoveSubgraph stock, PutSubgraph orders"; got != want {
			t.Errorf("on the record: %s", got)
		}
	})
}

func TestComposerGetsNoSecrets(t *testing.T) {
	t.Setenv("PROFILEGRAPH_KEY", "pg_secret")
	in := boot(t, composing(t, defaults(t), `echo "{\"errors\": [{\"message\": \"$PROFILEGRAPH_KEY-$(env | wc -l)-$0\"}]}"`))
	r := in.manage(putSubgraph, vars{"n": "orders", "s": "type Query { order: ID }"})
	if r.code() != "COMPOSITION_FAILED" || strings.Contains(r.Text, "pg_secret") {
		t.Error(r.Text)
	}
	long := boot(t, composing(t, defaults(t), `printf '{"errors": ['; for i in $(seq 200); do printf '{"message": "%02000d\\n"},' 1; done; printf '{"message": "x"}]}'`))
	r = long.manage(putSubgraph, vars{"n": "orders", "s": "type Query { order: ID }"})
	if list, _ := r.Errors[0].Extensions["composition"].([]any); len(list) != 50 || len(list[0].(string)) > 1_010 {
		t.Errorf("%d messages: %.200s", len(list), r.Text)
	}
}

// Without a composer nothing is registered, and what was registered before is not taken as composing.
func TestNoComposer(t *testing.T) {
	t.Parallel()
	c := defaults(t)
	in := boot(t, composing(t, c, picky))
	in.managed(putSubgraph, vars{"n": "orders", "s": "type Query { order: ID }"})
	key := in.key
	in.stop()
	in = boot(t, c)
	in.key = key
	for _, r := range []*reply{in.manage(putSubgraph, vars{"n": "stock", "s": "type Query { x: ID }"}), in.manage(putSubgraph, vars{"n": "stock", "s": "type Query { x: ID }", "c": false}), in.upload("Profile", `{"properties": {"shoeSize": {"type": "integer"}}}`)} {
		if r.code() != "COMPOSER_UNAVAILABLE" || !strings.Contains(r.Text, "--composer") {
			t.Error(r.Text)
		}
	}
	in.managed(`mutation { removeSubgraph(name: "orders") }`)
	in.publish("Profile", `{"properties": {"shoeSize": {"type": "integer"}}}`)
	in.stop()
	c.Composer = []string{"/nowhere/composer"}
	if err := <-run(c).ended; err == nil || !strings.Contains(err.Error(), "composer") {
		t.Errorf("ended with %v", err)
	}
}

func TestSubgraphCommands(t *testing.T) {
	t.Parallel()
	in := boot(t, composing(t, defaults(t), picky))
	file := filepath.Join(t.TempDir(), "orders.graphql")
	if err := os.WriteFile(file, []byte("type Query { order: ID }"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "broken.graphql")
	if err := os.WriteFile(broken, []byte("type Query { forbidden: ID }"), 0o600); err != nil {
		t.Fatal(err)
	}
	schema := filepath.Join(t.TempDir(), "schema.json")
	if err := os.WriteFile(schema, []byte(forbidden), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args      []string
		exit      int
		out, errs string
	}{
		{[]string{"subgraph", "add", "orders", "https://orders.example.com/graphql", file}, 0, "registered orders\n", ""},
		{[]string{"subgraph", "add", "orders", "https://orders.example.com/graphql", broken}, 1, "", "forbidden is not shareable (COMPOSITION_FAILED)\n  and more\n"},
		{[]string{"subgraph", "add", "stock", "https://stock.example.com/graphql", broken, "--unchecked"}, 0, "registered stock\n", ""},
		{[]string{"subgraph", "remove", "stock"}, 0, "removed stock\n", ""},
		{[]string{"subgraph", "remove", "stock"}, 1, "", "error: The account has no such subgraph. (NOT_FOUND)\n"},
		{[]string{"subgraph", "list"}, 0, "orders  https://orders.example.com/graphql  key:", ""},
		{[]string{"schema", "check", "Profile", schema}, 1, "does not compose: forbidden is not shareable\n", "error: the schema would be refused\n"},
		{[]string{"schema", "publish", "Profile", schema}, 1, "", "(COMPOSITION_FAILED)\n  and more\n"},
	} {
		exit, out, errs := in.cli(test.args...)
		if exit != test.exit || !strings.Contains(out, test.out) || !strings.Contains(errs, test.errs) {
			t.Errorf("%q: exit %d\n%s%s", test.args, exit, out, errs)
		}
	}
}

// The composer in examples does with real subgraphs what it is for. It needs Node and its packages; with
// PROFILEGRAPH_TEST_COMPOSER set, as in CI, they must be there.
func TestExampleComposer(t *testing.T) {
	t.Parallel()
	_, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat("examples/composer/node_modules/@theguild/federation-composition")
	}
	if err != nil && os.Getenv("PROFILEGRAPH_TEST_COMPOSER") == "" {
		t.Skip("not run: run npm ci in examples/composer first: ", err)
	}
	c := defaults(t)
	c.Composer = []string{"node", "examples/composer/compose.mjs"}
	in := boot(t, c)
	orders := `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@external", "@requires", "@shareable"])
		type Query { order(id: ID!): Order }
		type Order @key(fields: "id") { id: ID! buyer: Profile }
		type Profile @key(fields: "id") { id: ID! firstName(unmask: Unmask): String @external greeting: String @requires(fields: "firstName") loyaltyLevel: Int }
		input Unmask { reason: String! purpose: String onBehalfOf: String }`
	in.managed(putSubgraph, vars{"n": "orders", "s": orders})
	in.publish("Profile", `{"properties": {"shoeSize": {"type": "integer"}}}`)
	for _, broken := range []string{strings.ReplaceAll(orders, "firstName", "nickname"), "type Query {"} {
		if r := in.manage(putSubgraph, vars{"n": "orders", "s": broken}); r.code() != "COMPOSITION_FAILED" {
			t.Errorf("%.60s: %s", broken, r.Text)
		}
	}
	// A field of the same name in both, of which neither says that it may be shared.
	r := in.upload("Profile", `{"properties": {"loyaltyLevel": {"type": "integer"}}}`)
	if r.code() != "COMPOSITION_FAILED" || !strings.Contains(fmt.Sprint(r.Errors[0].Extensions["composition"]), "loyaltyLevel") {
		t.Errorf("%d %s", r.Status, r.Text)
	}
	in.publish("Profile", `{"properties": {"club": {"type": "string"}}}`)
	// An entity that is in no API composes, beside what the others need.
	in.publish("Rating", `{"x-entity": {"owner": "Profile"}, "x-federation": {"inaccessible": true}, "properties": {"points": {"type": "integer"}}}`)
}

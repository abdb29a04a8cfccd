package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/profilegraph/profilegraph/graph"
	"github.com/profilegraph/profilegraph/graph/guard"
	"github.com/profilegraph/profilegraph/graph/transport"
	"github.com/profilegraph/profilegraph/schema"
)

// TestDifferential runs random queries on this engine and on graphql-js, over the same schema and
// the same documents, and wants the same answers. It needs Node.js, and in GRAPHQL_JS the path of a
// folder in which the npm package graphql (version 16) is installed.
func TestDifferential(t *testing.T) {
	folder := os.Getenv("GRAPHQL_JS")
	if folder == "" {
		t.Skip("GRAPHQL_JS is not set")
	}
	src := comparableShop(t)
	e := compile(t, src.set, graph.Options{Limits: guard.Limits{
		QueryBytes: 1 << 20, Tokens: 1 << 20, Depth: 100, Fields: 1 << 20, Aliases: 1 << 20, Directives: 1 << 20, RootFields: 1 << 20, Cost: 1 << 30,
	}})
	seed := rand.Uint64()
	// What clients see: the engine's own schema has what gateways ask for besides.
	seen, err := gqlparser.LoadSchema(&ast.Source{Input: e.SDL(graph.Client)})
	if err != nil {
		t.Fatal(err)
	}
	g := &generator{rand: rand.New(rand.NewPCG(seed, 1)), schema: seen}
	cases := make([]differentialCase, 5000)
	for i := range cases {
		cases[i] = g.operation()
	}
	theirs := peer(t, folder, map[string]any{"sdl": e.SDL(graph.Client), "entities": exported(t, src), "cases": cases})

	executed, different := 0, 0
	for i, c := range cases {
		variables, err := json.Marshal(c.Variables)
		if err != nil {
			t.Fatal(err)
		}
		ours := e.Execute(context.Background(), transport.Request{Query: c.Query, Variables: variables}, src).Body
		if bytes.Contains(ours, []byte(`"code":"QUERY_TOO_`)) {
			continue // introspection has limits that graphql-js has not
		}
		a, b := outcome(t, ours), outcome(t, theirs[i])
		if strings.HasPrefix(a, "data") {
			executed++
		}
		if a != b {
			if different++; different <= 5 {
				t.Errorf("seed %d, case %d\n%s\n%s\nours   %s\ntheirs %s\n\n%s\n%s", seed, i, c.Query, variables, a, b, ours, theirs[i])
			}
		}
	}
	t.Logf("%d queries, %d executed, %d different", len(cases), executed, different)
	if executed < len(cases)/4 {
		t.Errorf("only %d of %d queries were executed: the generator is of little use", executed, len(cases))
	}
}

// outcome is what has to agree of a response: data with the order of its members, and where the
// errors are. Of a request that was not executed it is only that.
func outcome(t *testing.T, body []byte) string {
	var r struct {
		Data   *json.RawMessage
		Errors []struct {
			Path []any
		}
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(&r); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if r.Data == nil && !bytes.Contains(body, []byte(`"data"`)) {
		return "refused"
	}
	data := []byte("null")
	if r.Data != nil {
		data = *r.Data
	}
	var paths []string
	for _, e := range r.Errors {
		paths = append(paths, fmt.Sprint(e.Path))
	}
	slices.Sort(paths)
	var compact bytes.Buffer
	if err := json.Compact(&compact, data); err != nil {
		t.Fatal(err)
	}
	return "data " + compact.String() + strings.Join(paths, " ")
}

func peer(t *testing.T, folder string, input any) []json.RawMessage {
	t.Helper()
	in, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "testdata/differential/peer.mjs", folder)
	cmd.Stdin = bytes.NewReader(in)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v", err)
	}
	var answers []json.RawMessage
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}
	return answers
}

// comparableShop is the shop without the documents that only this engine is expected to understand.
func comparableShop(t *testing.T) *memory {
	src := shop(t)
	src.fail = nil
	src.change = []graph.Change{{Path: "a.b", Kind: "ADDED", To: map[string]any{"n": []any{1, true, nil}}}}
	src.records["Profile"] = slices.DeleteFunc(src.records["Profile"], func(r *record) bool {
		r.masked = nil
		return r.id == "odd"
	})
	for _, r := range src.records["Profile"] {
		for i := range r.versions {
			doc, err := r.entity.Decode(r.versions[i])
			if err != nil {
				t.Fatal(err)
			}
			delete(doc, "loyalty") // JavaScript has no such numbers
			if r.versions[i], err = r.entity.Encode(doc); err != nil {
				t.Fatal(err)
			}
		}
	}
	return src
}

// exported is the source's content in GraphQL's terms.
func exported(t *testing.T, m *memory) any {
	var list []map[string]any
	for _, e := range m.set.Entities {
		records := []map[string]any{}
		for _, r := range m.records[e.Name] {
			var versions, updated []any
			for v := range r.versions {
				doc, err := e.Decode(r.versions[v])
				if err != nil {
					t.Fatal(err)
				}
				versions = append(versions, inGraphQL(e.Type, doc))
				updated = append(updated, r.node(v+1).Meta.Updated.Format("2006-01-02T15:04:05.000Z"))
			}
			records = append(records, map[string]any{
				"id": r.id, "owner": r.owner, "versions": versions, "updated": updated,
				"created": epoch.Format("2006-01-02T15:04:05.000Z"),
			})
		}
		list = append(list, map[string]any{
			"name": e.Name, "camel": strings.ToLower(e.Name[:1]) + e.Name[1:], "plural": e.Plural,
			"owner": e.Owner, "many": e.Many, "records": records,
		})
	}
	return list
}

// inGraphQL turns a JSON value into what a resolver in JavaScript would return.
func inGraphQL(t *schema.Type, v any) any {
	if v == nil {
		return nil
	}
	switch t.Kind {
	case schema.List:
		var out []any
		for _, item := range v.([]any) {
			out = append(out, inGraphQL(t.Elem, item))
		}
		if out == nil {
			out = []any{}
		}
		return out
	case schema.Enum:
		for _, x := range t.Values {
			if fmt.Sprint(x.Value) == fmt.Sprint(v) {
				return x.Name
			}
		}
	case schema.Union:
		m := v.(map[string]any)
		for _, member := range t.Members {
			if slices.Contains(member.Tags, m[t.Discriminator].(string)) {
				out := inGraphQL(member, v).(map[string]any)
				out["__typename"] = member.Name
				return out
			}
		}
	case schema.Object:
		out := map[string]any{}
		rest := map[string]any{}
		for name, value := range v.(map[string]any) {
			i := slices.IndexFunc(t.Fields, func(f *schema.Field) bool { return f.Property == name })
			if i < 0 {
				rest[name] = value
			} else {
				out[t.Fields[i].Name] = inGraphQL(t.Fields[i].Type, value)
			}
		}
		if t.Extra != nil && len(rest) > 0 {
			out[t.Extra.Name] = rest
		}
		return out
	case schema.Scalar:
		if n, ok := v.(json.Number); ok && t.Name == schema.Decimal {
			return string(n)
		}
	}
	return v
}

type differentialCase struct {
	Query     string         `json:"query"`
	Variables map[string]any `json:"variables"`
}

// generator makes random operations, most of them valid.
type generator struct {
	rand      *rand.Rand
	schema    *ast.Schema
	variables map[string]string // declarations by name
	values    map[string]any
	fragments []string
	aliases   int
}

func (g *generator) one(in int) bool { return g.rand.IntN(in) == 0 }

func pickOne[T any](g *generator, list ...T) T { return list[g.rand.IntN(len(list))] }

func (g *generator) operation() differentialCase {
	g.variables, g.values, g.fragments = map[string]string{}, map[string]any{}, nil
	body := g.selection(g.schema.Query, 4)
	var declared []string
	for name, typ := range g.variables {
		declared = append(declared, "$"+name+": "+typ)
	}
	slices.Sort(declared)
	query := "query"
	if len(declared) > 0 {
		query += " Q(" + strings.Join(declared, ", ") + ")"
	}
	return differentialCase{query + " " + body + strings.Join(g.fragments, ""), g.values}
}

func (g *generator) selection(def *ast.Definition, depth int) string {
	var b strings.Builder
	b.WriteString("{")
	for range 1 + g.rand.IntN(4) {
		b.WriteString(" ")
		switch {
		case g.one(12):
			b.WriteString(g.alias("__typename", false) + g.directives())
		case g.one(5) && depth > 0:
			on := g.condition(def)
			b.WriteString("... ")
			if on != def || g.one(2) {
				b.WriteString("on " + on.Name)
			}
			b.WriteString(g.directives() + " " + g.selection(on, depth-1))
		case g.one(8) && depth > 0:
			on := g.condition(def)
			body := g.selection(on, depth-1)
			name := fmt.Sprint("F", len(g.fragments))
			g.fragments = append(g.fragments, fmt.Sprintf("\nfragment %s on %s %s", name, on.Name, body))
			b.WriteString("..." + name + g.directives())
			if g.one(3) {
				b.WriteString(" ..." + name)
			}
		default:
			b.WriteString(g.field(def, depth))
		}
	}
	b.WriteString(" }")
	return b.String()
}

// condition is a type on which a fragment within def makes sense, as a rule.
func (g *generator) condition(def *ast.Definition) *ast.Definition {
	candidates := []*ast.Definition{def, def}
	candidates = append(candidates, g.schema.Implements[def.Name]...)
	if def.IsAbstractType() {
		candidates = append(candidates, g.schema.PossibleTypes[def.Name]...)
	}
	if g.one(200) {
		candidates = []*ast.Definition{g.schema.Types["Ticket"]}
	}
	return pickOne(g, candidates...)
}

func (g *generator) field(def *ast.Definition, depth int) string {
	for range 20 {
		if len(def.Fields) == 0 {
			break
		}
		f := pickOne(g, def.Fields...)
		of := g.schema.Types[f.Type.Name()]
		switch {
		case of.IsCompositeType() && depth == 0,
			def.Name == "__Schema" && f.Type.Elem != nil, // the order of types is free
			f.Type.NonNull && f.Type.Elem != nil && strings.HasPrefix(def.Name, "__"),
			f.Name == "possibleTypes",
			f.Name == "description" && def.Name == "__Type": // of built-in scalars they differ
			continue
		}
		arguments := g.arguments(f)
		text := g.alias(f.Name, arguments != "") + arguments + g.directives()
		if of.IsCompositeType() {
			text += " " + g.selection(of, depth-1)
		}
		return text
	}
	return "__typename"
}

// alias makes conflicts between fields rare: what has arguments is named apart.
func (g *generator) alias(name string, arguments bool) string {
	switch {
	case g.one(150) && name != "__typename":
		return pickOne(g, "a", "b", "id", "tier") + ": " + name
	case arguments:
		g.aliases++
		return fmt.Sprintf("%s%d: %s", name, g.aliases, name)
	case g.one(6):
		return "x_" + name + ": " + name
	}
	return name
}

func (g *generator) directives() string {
	if !g.one(8) {
		return ""
	}
	value := pickOne(g, "true", "false")
	if g.one(2) {
		value = g.variable("Boolean!", pickOne[any](g, true, false))
	}
	return " @" + pickOne(g, "skip", "include") + "(if: " + value + ")"
}

// variable declares a variable and returns its use. Now and then it has no value, or a wrong one.
func (g *generator) variable(typ string, value any) string {
	name := fmt.Sprint("v", len(g.variables))
	if g.one(60) {
		typ = strings.TrimSuffix(typ, "!")
	}
	if typ == "Int" && g.one(4) {
		typ += " = 3"
	}
	g.variables[name] = typ
	custom := strings.HasPrefix(typ, "EmailAddress") || strings.HasPrefix(typ, "Long") // unchecked by graphql-js
	switch {
	case g.one(80) && !custom:
		g.values[name] = pickOne[any](g, nil, 1, 1.5, "x", true, []any{1}, map[string]any{"a": 1})
	case !g.one(60):
		g.values[name] = value
	}
	return "$" + name
}

func (g *generator) arguments(f *ast.FieldDefinition) string {
	var list []string
	for _, a := range f.Arguments {
		if !a.Type.NonNull && g.one(2) {
			continue
		}
		if a.Name == "unmask" && !g.one(60) { // differing arguments keep fields from merging
			continue
		}
		if g.one(300) {
			continue
		}
		list = append(list, a.Name+": "+g.argument(a))
	}
	if len(list) == 0 {
		return ""
	}
	return "(" + strings.Join(list, ", ") + ")"
}

func (g *generator) argument(a *ast.ArgumentDefinition) string {
	var value any
	switch {
	case a.Name == "first":
		value = pickOne[any](g, 1, 2, 3, 100)
		if g.one(6) {
			value = pickOne[any](g, 0, -1, 101, 2.0, nil)
		}
	case a.Name == "after":
		value = pickOne[any](g, "YzE6cDE", "YzE6cDI", "YzE6YTE", "nonsense", "", nil)
	case a.Name == "name":
		value = pickOne[any](g, "Profile", "ProfileBy", "Int", "ProfilePayment", "Document", "ProfileTier", "ProfileInput", "Nobody")
	case strings.HasSuffix(a.Type.Name(), "By"):
		return g.by(a)
	case a.Type.Name() == "Boolean":
		return pickOne(g, "true", "false")
	case a.Name == "version", a.Name == "from", a.Name == "to":
		value = pickOne[any](g, "v1", "v2", "v9")
	default:
		value = pickOne[any](g, "p1", "p1", "p2", "p3", "a1", "a3", "u1", "t1", "s1", "none", 7)
	}
	if g.one(3) {
		return g.variable(a.Type.String(), value)
	}
	if value == nil && a.Type.NonNull && !g.one(10) {
		value = "p1"
	}
	b, err := json.Marshal(value)
	if err != nil {
		return "null"
	}
	return string(b)
}

func (g *generator) by(a *ast.ArgumentDefinition) string {
	def := g.schema.Types[a.Type.Name()]
	f := pickOne(g, def.Fields...)
	value := pickOne[any](g, "c@c.example", "b@b.example", nil)
	switch f.Type.Name() {
	case "Long":
		value = 2
	case "String":
		value = "101"
	}
	if g.one(3) {
		given := map[string]any{f.Name: value}
		if g.one(6) {
			given["email"] = "c@c.example"
		}
		return g.variable(a.Type.String(), given)
	}
	if g.one(3) {
		return "{" + f.Name + ": " + g.variable(f.Type.Name()+"!", value) + "}"
	}
	b, err := json.Marshal(value)
	if err != nil {
		return "null"
	}
	return "{" + f.Name + ": " + string(b) + "}"
}

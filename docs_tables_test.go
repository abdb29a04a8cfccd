package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/graph"
	"github.com/profilegraph/profilegraph/graph/guard"
	"github.com/profilegraph/profilegraph/schema"
)

// documentedTable returns the rows of the table whose heading has the given cells, without the backticks
// around a cell.
func documentedTable(t *testing.T, file string, heading ...string) [][]string {
	t.Helper()
	lines := strings.Split(read(t, file), "\n")
	at := slices.Index(lines, "| "+strings.Join(heading, " | ")+" |")
	if at < 0 {
		t.Fatalf("%s has no table %v", file, heading)
	}
	var rows [][]string
	for _, line := range lines[at+2:] {
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i, cell := range cells {
			cell = strings.TrimSpace(cell)
			if inner := strings.TrimSuffix(strings.TrimPrefix(cell, "`"), "`"); len(inner) == len(cell)-2 && !strings.Contains(inner, "`") {
				cell = inner
			}
			cells[i] = cell
		}
		rows = append(rows, cells)
	}
	return rows
}

func TestDocumentedFlags(t *testing.T) {
	parser, err := kong.New(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	flags := func(command ...string) [][]string {
		node := parser.Model.Node
		for _, name := range command {
			node = node.Children[slices.IndexFunc(node.Children, func(n *kong.Node) bool { return n.Name == name })]
		}
		var list [][]string
		for _, f := range node.Flags {
			if f.Name != "help" {
				list = append(list, []string{"--" + f.Name, strings.Join(f.Envs, " "), f.Default})
			}
		}
		return list
	}
	heading := []string{"flag", "variable", "default", "meaning"}
	shown := documentedTable(t, "docs/operators.md", heading...)
	for i := range shown {
		shown[i] = shown[i][:3]
	}
	if diff := cmp.Diff(flags("serve"), shown); diff != "" {
		t.Errorf("flags of serve (-program +document):\n%s", diff)
	}
	text := read(t, "docs/operators.md")
	for _, f := range flags("schema", "history") {
		if row := fmt.Sprintf("| `%s` | `%s` |", f[0], f[1]); !strings.Contains(text, row) {
			t.Errorf("docs/operators.md lacks %s", row)
		}
	}
}

func TestDocumentedRoles(t *testing.T) {
	var want [][]string
	for _, r := range auth.Roles {
		var names []string
		for _, p := range auth.Permissions {
			if r.Permissions&p != 0 {
				names = append(names, p.String())
			}
		}
		want = append(want, []string{r.Name, strings.Join(names, "` `"), r.Description})
	}
	shown := documentedTable(t, "docs/operators.md", "role", "permissions", "meaning")
	for i := range shown {
		shown[i][1] = strings.Trim(shown[i][1], "`")
	}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Errorf("roles (-program +document):\n%s", diff)
	}
}

func TestDocumentedRules(t *testing.T) {
	var want [][]string
	for _, r := range schema.Rules() {
		byDocuments := "no"
		if r.NeedsData {
			byDocuments = "yes"
		}
		want = append(want, []string{r.ID, r.Purpose, byDocuments})
	}
	if diff := cmp.Diff(want, documentedTable(t, "docs/schema-admins.md", "rule", "purpose", "by documents")); diff != "" {
		t.Errorf("rules (-program +document):\n%s", diff)
	}
}

// TestDocumentedErrorCodes holds the table against the codes in the sources.
func TestDocumentedErrorCodes(t *testing.T) {
	sources := []string{"http.go", "graph/errors.go", "graph/guard/errors.go", "graph/transport/transport.go", "resolvers/errors.go", "auth/policy.go"}
	// Words in capitals that are no codes, the code of what this server never turns off, and a
	// refusal that clients are told as FORBIDDEN.
	others := []string{"INTROSPECTION_DISABLED", "GET", "POST", "PUT", "NO_PERMISSION"}
	code := regexp.MustCompile(`"([A-Z]{2,}(?:_[A-Z]+)*)"`)
	known := map[string]bool{}
	for _, file := range sources {
		for _, found := range code.FindAllStringSubmatch(read(t, file), -1) {
			if !slices.Contains(others, found[1]) {
				known[found[1]] = true
			}
		}
	}
	shown := map[string]bool{}
	for _, row := range documentedTable(t, "docs/front-end.md", "code", "meaning") {
		shown[row[0]] = true
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(known)), slices.Sorted(maps.Keys(shown))); diff != "" {
		t.Errorf("codes (-program +document):\n%s", diff)
	}
	named := []string{"MONGODB_URI", "KEYS_URI", "SSL_CERT_FILE", "MISPLACED_PERSONAL_DATA"} // variables, and the code of a warning
	all := strings.Join([]string{read(t, "docs/operators.md"), read(t, "docs/schema-admins.md"), read(t, "docs/privacy.md")}, "")
	for _, found := range regexp.MustCompile("`([A-Z]+_[A-Z_]+)`").FindAllStringSubmatch(all, -1) {
		if rule := slices.ContainsFunc(schema.Rules(), func(r schema.Rule) bool { return r.ID == found[1] }); !rule && !known[found[1]] && !strings.HasPrefix(found[1], "PROFILEGRAPH_") && !slices.Contains(named, found[1]) {
			t.Errorf("there is no %s", found[1])
		}
	}
}

// TestDocumentedActions holds the table of what is on the record against the actions in the sources.
func TestDocumentedActions(t *testing.T) {
	known := map[string]bool{}
	named := regexp.MustCompile(`(?:Action: |Action += |\b[nN]ote\([^"\n]*)"([A-Z][A-Za-z]+)"( \+)?`)
	for _, pattern := range []string{"auth/*.go", "schemastore/*.go", "profile/*.go", "event/*.go", "supergraph/*.go", "privacy/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			for _, found := range named.FindAllStringSubmatch(read(t, file), -1) {
				if found[2] == "" {
					known[found[1]] = true
				} else {
					known[found[1]+"Profile"] = true // one for each entity
				}
			}
		}
	}
	shown := map[string]bool{}
	for _, row := range documentedTable(t, "docs/privacy.md", "on the record", "action") {
		for _, found := range regexp.MustCompile("`?([A-Z][A-Za-z]+)`?").FindAllStringSubmatch(row[1], -1) {
			if !strings.HasPrefix(found[1], "Get") && found[1] != "DeleteAddress" {
				shown[found[1]] = true
			}
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(known)), slices.Sorted(maps.Keys(shown))); diff != "" {
		t.Errorf("actions (-program +document):\n%s", diff)
	}
}

// TestDocumentedQueryLimits goes beyond each limit; the errors name them.
func TestDocumentedQueryLimits(t *testing.T) {
	s, err := gqlparser.LoadSchema(&ast.Source{Input: `type Query { a(x: Int): Query  b: Int }`})
	if err != nil {
		t.Fatal(err)
	}
	beyond := map[string]string{
		"bytes of a query": "{ b }" + strings.Repeat(" ", 1<<20),
		"tokens":           "{ a(x: [" + strings.Repeat(" 1", 5_000) + "]) { b } }",
		"depth":            strings.Repeat("{ a ", 100) + "{ b }" + strings.Repeat("}", 100),
		"fields":           "{ a {" + strings.Repeat(" b", 900) + " } }",
		"aliases":          "{ a {" + strings.Repeat(" c: b", 150) + " } }",
		"directives":       "{ a { b" + strings.Repeat(" @skip(if: true)", 60) + " } }",
		"root fields":      "{" + strings.Repeat(" b", 30) + " }",
		"cost":             "{ b }",
	}
	rows := documentedTable(t, "docs/operators.md", "limit", "value", "code of the error")
	if len(rows) != len(beyond) || len(rows) != reflect.TypeFor[guard.Limits]().NumField() {
		t.Errorf("%d rows, %d limits", len(rows), reflect.TypeFor[guard.Limits]().NumField())
	}
	for _, row := range rows {
		op, errs := guard.Parse(s, beyond[row[0]], "", guard.Limits{})
		if len(errs) == 0 {
			_, errs = op.Cost(func(*ast.Field, func(string) (int, bool)) (int, int) { return 1 << 20, 1 }, func(string) any { return nil })
		}
		if len(errs) == 0 || errs[0].Extensions["code"] != row[2] || !slices.Contains(strings.FieldsFunc(errs[0].Message, notDigit), row[1]) {
			t.Errorf("%s: the document says %s and %s, the error is %v", row[0], row[1], row[2], errs)
		}
	}
}

func notDigit(r rune) bool { return r < '0' || r > '9' }

// TestDocumentedSchemaLimits goes beyond each limit; the problems name them.
func TestDocumentedSchemaLimits(t *testing.T) {
	list := func(n int, one func(i int) string) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = one(i)
		}
		return strings.Join(parts, ",")
	}
	property := func(i int) string { return fmt.Sprintf(`"p%d":{"type":"string"}`, i) }
	pattern := func(text string) string {
		return `{"type":"object","properties":{"p":{"type":"string","pattern":"` + text + `"}}}`
	}
	beyond := map[string]string{
		"bytes of an upload":                               `{"description":"` + strings.Repeat("x", 2<<20) + `"}`,
		"levels of schemas within schemas":                 strings.Repeat(`{"type":"object","properties":{"p":`, 40) + `{}` + strings.Repeat("}}", 40),
		"properties of an entity":                          `{"type":"object","properties":{` + list(2_500, property) + `}}`,
		"values of an enum":                                `{"type":"object","properties":{"p":{"enum":[` + list(1_500, strconv.Itoa) + `]}}}`,
		"bytes of a regular expression":                    pattern(strings.Repeat("x", 600)),
		"instructions of a regular expression":             pattern("(abc){1000}"),
		"instructions of all regular expressions together": `{"type":"object","properties":{` + list(100, func(i int) string { return fmt.Sprintf(`"p%d":{"type":"string","pattern":"(ab){700}"}`, i) }) + `}}`,
		"schemas in an upload":                             `{"type":"object","properties":{"p":{"type":"string"}},"$defs":{` + list(12_000, property) + `}}`,
		"schemas that may apply to one value, references expanded": `{"type":"object","properties":{"p":{"$ref":"#/$defs/d0"}},"$defs":{` +
			list(20, func(i int) string {
				return fmt.Sprintf(`"d%d":{"allOf":[{"$ref":"#/$defs/d%d"},{"$ref":"#/$defs/d%d"}]}`, i, i+1, i+1)
			}) + `,"d20":{"type":"string"}}}`,
		"look-up keys of an entity": `{"type":"object","properties":{` + list(40, property) + `},"v-indexed":[` + list(40, func(i int) string { return fmt.Sprintf(`"p%d"`, i) }) + `]}`,
	}
	rows := documentedTable(t, "docs/schema-admins.md", "limit", "value")
	if len(rows) != len(beyond) {
		t.Errorf("%d rows, %d limits tried", len(rows), len(beyond))
	}
	for _, row := range rows {
		_, _, err := schema.Parse("Thing", []byte(beyond[row[0]]), schema.Limits{})
		if err == nil || !slices.Contains(strings.FieldsFunc(err.Error(), notDigit), row[1]) {
			t.Errorf("%s: the document says %s, the error is %v", row[0], row[1], err)
		}
	}
}

// only returns the one field of a schema with one property.
func only(t *testing.T, name, property string) *schema.Field {
	t.Helper()
	e, _, err := schema.Parse("Thing", fmt.Appendf(nil, `{"type":"object","additionalProperties":false,"properties":{%q:%s}}`, name, property), schema.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", property, err)
	}
	return e.Type.Fields[0]
}

func TestDocumentedFormats(t *testing.T) {
	for _, row := range documentedTable(t, "docs/schema-admins.md", "format", "of", "scalar") {
		f := only(t, "p", fmt.Sprintf(`{"type":%q,"format":%q}`, row[1], row[0]))
		if f.Type.Name != row[2] {
			t.Errorf("%s of %s is %s, the document says %s", row[0], row[1], f.Type.Name, row[2])
		}
	}
}

func TestDocumentedKeywords(t *testing.T) {
	for _, row := range documentedTable(t, "docs/schema-admins.md", "keyword", "where", "value", "meaning") {
		for _, keyword := range regexp.MustCompile(`[\w-]+`).FindAllString(row[0], -1) {
			var invalid *schema.Invalid
			_, _, err := schema.Parse("Thing", fmt.Appendf(nil, `{"type":"object","properties":{"p":{"type":"string"}},%q:17}`, keyword), schema.Limits{})
			if keyword == "documentTTL" {
				_, _, err = schema.Parse("Thing", []byte(`{"type":"object","properties":{"p":{"type":"string"}},"documentTTL":36501}`), schema.Limits{})
			}
			if !errors.As(err, &invalid) || invalid.Problems[0].Keyword != keyword {
				t.Errorf("%s is no keyword of ours: %v", keyword, err)
			}
		}
	}
}

// TestDocumentedMasks reads each value back through the API.
func TestDocumentedMasks(t *testing.T) {
	rows := documentedTable(t, "docs/schema-admins.md", "mask", "fits", "a value", "what is shown")
	var named, properties []string
	input, want := vars{}, vars{}
	for _, row := range rows {
		mask, format := row[0], ""
		if mask == schema.MaskYear {
			format = `"format":"date",`
		}
		named = append(named, mask)
		properties = append(properties, fmt.Sprintf(`"%s_":{"type":"string",%s"pii":true,"x-mask":%q}`, mask, format, mask))
		input[mask+"_"], want[mask+"_"] = row[2], any(row[3])
		if row[3] == "null" {
			want[mask+"_"] = nil
		}
	}
	if diff := cmp.Diff(schema.Masks(), named, cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Errorf("masks (-program +document):\n%s", diff)
	}
	in := boot(t, defaults(t))
	in.publish("Thing", `{"type":"object","additionalProperties":false,"properties":{`+strings.Join(properties, ",")+`}}`)
	r := in.do(`mutation($in: ThingInput!) { createThing(input: $in) { `+strings.Join(slices.Sorted(maps.Keys(input)), " ")+` } }`, vars{"in": input})
	if diff := cmp.Diff(any(want), r.at("createThing")); diff != "" {
		t.Errorf("what masks show (-document +program):\n%s", diff)
	}
}

func TestDocumentedNormalForms(t *testing.T) {
	for _, row := range documentedTable(t, "docs/schema-admins.md", "x-normalize", "a value", "is compared as") {
		if got, err := schema.Normalize(row[0], row[1]); err != nil || got != row[2] {
			t.Errorf("%s of %q is %q (%v), the document says %q", row[0], row[1], got, err, row[2])
		}
	}
}

func TestDocumentedNames(t *testing.T) {
	for _, row := range documentedTable(t, "docs/schema-admins.md", "property", "GraphQL name") {
		if f := only(t, row[0], `{"type":"string"}`); f.Name != row[1] {
			t.Errorf("%s is %s, the document says %s", row[0], f.Name, row[1])
		}
	}
}

func TestDocumentedMetrics(t *testing.T) {
	watch, err := newTelemetry(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	data := watch.plane("data")
	data.request(200, 0)
	watch.Operation(t.Context(), graph.Observed{Type: "query"})
	watch.suspected("EMAIL")
	watch.delivered("ok")
	families, err := watch.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var want [][]string
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "profilegraph_") {
			continue
		}
		var labels []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		want = append(want, []string{f.GetName(), strings.Join(labels, "` `")})
	}
	shown := documentedTable(t, "docs/operators.md", "metric", "labels", "meaning")
	for i := range shown {
		shown[i] = []string{shown[i][0], strings.Trim(shown[i][1], "`")}
	}
	if diff := cmp.Diff(want, shown, cmpopts.SortSlices(func(a, b []string) bool { return a[0] < b[0] })); diff != "" {
		t.Errorf("metrics (-program +document):\n%s", diff)
	}
}

// TestDocumentedMaskedFields compares what the privacy officer is told with the built-in schemas.
func TestDocumentedMaskedFields(t *testing.T) {
	var want [][]string
	for _, e := range schema.Defaults() {
		var masked, plain []string
		for _, f := range e.Type.Fields {
			switch {
			case f == e.Type.Extra:
			case f.Sensitive:
				masked = append(masked, f.Name)
			default:
				plain = append(plain, f.Name)
			}
		}
		want = append(want, []string{e.Name, strings.Join(masked, ", "), strings.Join(plain, ", ")})
	}
	if diff := cmp.Diff(want, documentedTable(t, "docs/privacy.md", "entity", "masked", "in clear")); diff != "" {
		t.Errorf("fields (-program +document):\n%s", diff)
	}
}

var jsonBlock = regexp.MustCompile("(?s)```json\n(.*?)```")

// TestDocumentedJSON reads the schemas and the configuration in the documents as the server does.
func TestDocumentedJSON(t *testing.T) {
	blocks := jsonBlock.FindAllStringSubmatch(read(t, "docs/schema-admins.md"), -1)
	if len(blocks) == 0 {
		t.Error("no schemas")
	}
	for _, b := range blocks {
		e, warnings, err := schema.Parse("Thing", []byte(b[1]), schema.Limits{})
		if err != nil || len(warnings) > 0 {
			t.Errorf("%v %v\n%s", err, warnings, b[1])
			continue
		}
		if _, err := schema.NewSet(append(schema.Defaults(), e)); err != nil {
			t.Errorf("%v\n%s", err, b[1])
		}
	}
	blocks = jsonBlock.FindAllStringSubmatch(read(t, "docs/operators.md"), -1)
	if len(blocks) != 1 {
		t.Fatalf("%d configurations", len(blocks))
	}
	providers, err := auth.ParseProviders(strings.NewReader(blocks[0][1]))
	if err != nil || len(providers) != 2 {
		t.Errorf("%d identity providers: %v", len(providers), err)
	}
	var want, shown []string
	for f := range reflect.TypeFor[auth.Provider]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		want = append(want, name)
	}
	for _, row := range documentedTable(t, "docs/operators.md", "member", "meaning") {
		shown = append(shown, row[0])
	}
	if diff := cmp.Diff(want, shown, cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Errorf("members of a provider (-program +document):\n%s", diff)
	}
}

// TestDocumentedLayout holds the list of folders against the folders.
func TestDocumentedLayout(t *testing.T) {
	shown := map[string]bool{}
	for _, row := range documentedTable(t, "README.md", "folder", "what it is") {
		shown[row[0]] = true
		if _, err := os.Stat(row[0]); err != nil {
			t.Error(err)
		}
	}
	files, err := filepath.Glob("*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if folder := filepath.Dir(file); !shown[folder] {
			t.Errorf("README.md does not list the folder %s", folder)
			shown[folder] = true
		}
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

// TestDocumentedLinks follows the links between the documents.
func TestDocumentedLinks(t *testing.T) {
	for _, name := range append(documents(t), "CHANGELOG.md") {
		for _, found := range link.FindAllStringSubmatch(read(t, name), -1) {
			to, anchor, _ := strings.Cut(found[1], "#")
			if strings.Contains(to, "://") {
				continue
			}
			file := name
			if to != "" {
				file = filepath.Join(filepath.Dir(name), to)
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if anchor != "" && !slices.Contains(anchors(read(t, file)), anchor) {
				t.Errorf("%s: %s has no heading #%s", name, file, anchor)
			}
		}
	}
}

// anchors are the names under which a text's headings are linked to.
func anchors(text string) []string {
	var list []string
	for _, found := range heading.FindAllStringSubmatch(text, -1) {
		name := strings.ToLower(strings.ReplaceAll(found[1], " ", "-"))
		list = append(list, regexp.MustCompile(`[^\w-]`).ReplaceAllString(name, ""))
	}
	return list
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

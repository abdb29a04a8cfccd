package guard_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/profilegraph/profilegraph/graph/guard"
)

const sdl = `
directive @note(text: String, level: Int) repeatable on FIELD | QUERY | FRAGMENT_SPREAD
scalar JSON
enum Color { RED GREEN BLUE }
interface Node { id: ID! }
input Point { x: Int! y: Int = 0 label: String tags: [String!] next: Point }
input By @oneOf { id: ID email: String }
type Address implements Node { id: ID! street: String owner: Profile }
type Profile implements Node {
  id: ID!
  name(short: Boolean, limit: Int): String
  age: Int
  color: Color
  friends(first: Int = 10, after: String, by: By, near: Point, color: Color, tags: [String], any: JSON): [Profile!]!
  address: Address
}
union Thing = Profile | Address
type Query { me: Profile node(id: ID!): Node thing: Thing profile(by: By): Profile friends(first: Int = 10): [Profile!]! n: Int }
type Mutation { rename(id: ID!, name: String!): Profile }
`

func schema(t testing.TB) *ast.Schema {
	t.Helper()
	s, err := gqlparser.LoadSchema(&ast.Source{Input: sdl})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func code(err *gqlerror.Error) string {
	c, _ := err.Extensions["code"].(string)
	return c
}

func nested(n int) string {
	return "{me" + strings.Repeat("{friends", n) + "{id}" + strings.Repeat("}", n) + "}"
}

// doubling is a chain of n fragments, each of which spreads the next one twice.
func doubling(n int) string {
	var b strings.Builder
	b.WriteString("{me{...F0}}")
	for i := range n {
		b.WriteString(" fragment F" + letters(i) + " on Profile{friends{...F" + letters(i+1) + "} b:friends{...F" + letters(i+1) + "}}")
	}
	b.WriteString(" fragment F" + letters(n) + " on Profile{id}")
	return strings.Replace(b.String(), "F0", "F"+letters(0), 1)
}

func letters(i int) string { return string(rune('A'+i/26)) + string(rune('A'+i%26)) }

func TestHostile(t *testing.T) {
	s := schema(t)
	wide := guard.Limits{QueryBytes: 64 << 20, Tokens: 1 << 30} // what size alone would stop must stop elsewhere too
	many := func(n int, f func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(f(i))
		}
		return b.String()
	}
	same := func(text string) func(int) string { return func(int) string { return text } }
	for _, test := range []struct {
		name, query string
		limits      guard.Limits
		want        string
	}{
		{"empty", "", guard.Limits{}, guard.ParseFailed},
		{"blank", " \n,, # nothing\n", guard.Limits{}, guard.ParseFailed},
		{"NUL", "{me\x00{id}}", guard.Limits{}, guard.ParseFailed},
		{"NUL in a string", "{node(id:\"\x00\"){id}}", guard.Limits{}, guard.ParseFailed},
		{"invalid UTF-8", "{node(id:\"\xff\xfe\"){id}}", guard.Limits{}, guard.ParseFailed},
		{"unfinished string", `{node(id:"a`, guard.Limits{}, guard.ParseFailed},
		{"unfinished block string", `{node(id:"""a`, guard.Limits{}, guard.ParseFailed},
		{"bad escape", `{node(id:"\q"){id}}`, guard.Limits{}, guard.ParseFailed},
		{"type system", "type A{b:Int}", guard.Limits{}, guard.ParseFailed},
		{"fragment with variables", "{me{...F}} fragment F($a:Int) on Profile{id}", guard.Limits{}, guard.ParseFailed},
		{"fragment only", "fragment F on Profile{id}", guard.Limits{}, guard.NotFound},
		{"long text", "{me{id}}" + strings.Repeat(" ", 64<<10), guard.Limits{}, guard.TooLarge},
		{"long comment", "#" + strings.Repeat("x", 1<<20) + "\n{me{id}}", guard.Limits{}, guard.TooLarge},
		{"comments", strings.Repeat("#\n", 2_000) + "{me{id}}", guard.Limits{}, guard.TooLarge},
		{"long string", `{node(id:"` + strings.Repeat("x", 1<<20) + `"){id}}`, guard.Limits{}, guard.TooLarge},
		{"long number", `{me{name(limit:` + strings.Repeat("9", 30<<10) + `)}}`, guard.Limits{}, guard.ValidationFailed},
		{"long block string", `{me{name(limit:"""` + strings.Repeat("\n x", 10_000) + `""")}}`, guard.Limits{}, guard.ValidationFailed},
		{"long name", `{` + strings.Repeat("x", 30<<10) + `}`, guard.Limits{}, guard.ValidationFailed},
		{"many tokens", "{me{" + strings.Repeat("id ", 2_000) + "}}", guard.Limits{}, guard.TooLarge},
		{"short cycle", "{__schema{types{...A}}} fragment A on __Type{ofType{...A ofType{...A}}}", guard.Limits{}, guard.ValidationFailed},
		{"cycle to itself", "{me{...A}} fragment A on Profile{...A}", guard.Limits{}, guard.ValidationFailed},
		{"cycle of three", "{me{...A}} fragment A on Profile{...B} fragment B on Profile{friends{...C}} fragment C on Profile{...{...A}}", guard.Limits{}, guard.ValidationFailed},
		{"cycle nobody uses", "{me{id}} fragment A on Profile{...A}", guard.Limits{}, guard.ValidationFailed},
		{"cycle behind a doubled name", "{me{...A}} fragment A on Profile{id} fragment A on Profile{...A}", guard.Limits{}, guard.ValidationFailed},
		{"deep selections", nested(100), guard.Limits{}, guard.TooDeep},
		{"very deep selections", strings.Repeat("{a", 1_000_000), wide, guard.ParseFailed},
		{"deep inline fragments", "{" + strings.Repeat("...{", 1_000_000), wide, guard.ParseFailed},
		{"deep list", "{me{friends(tags:" + strings.Repeat("[", 1_000_000), wide, guard.ParseFailed},
		{"deep object", "{me{friends(near:" + strings.Repeat("{next:", 1_000_000), wide, guard.ParseFailed},
		{"deep type", "query($v:" + strings.Repeat("[", 1_000_000), wide, guard.ParseFailed},
		{"deep default", "query($v:Int=" + strings.Repeat("[", 1_000_000), wide, guard.ParseFailed},
		{"one field 5,000 times", "{me{" + strings.Repeat("id ", 5_000) + "}}", wide, guard.TooComplex},
		{"one field 5,000 times in a fragment nobody uses", "{n} fragment F on Profile{" + strings.Repeat("id ", 5_000) + "}", wide, guard.TooComplex},
		{"doubling fragments", doubling(12), guard.Limits{}, guard.TooComplex},
		{"doubling fragments past any number", doubling(200), wide, guard.TooDeep},
		{"many operations on one fragment", many(100, func(i int) string { return "query Q" + letters(i) + "{...F}" }) +
			" fragment F on Query{me{" + strings.Repeat("id ", 100) + "}}", guard.Limits{}, guard.NotFound},
		{"many operations, one of them named", many(100, func(i int) string { return "query Q" + letters(i) + "{...F}" }) +
			" query{n} fragment F on Query{me{" + strings.Repeat("id ", 100) + "}}", guard.Limits{}, guard.NotFound},
		{"directives", "{me{id" + strings.Repeat("@note", 60) + "}}", guard.Limits{}, guard.TooComplex},
		{"directives in a repeated fragment", "{me{" + strings.Repeat("...F ", 20) + "}} fragment F on Profile{id @note @note @note}", guard.Limits{}, guard.TooComplex},
		{"unknown directives", "{me{id" + strings.Repeat("@x", 49) + "}}", guard.Limits{}, guard.ValidationFailed},
		{"aliases", "{me{" + many(120, func(i int) string { return letters(i) + ":id " }) + "}}", guard.Limits{}, guard.TooComplex},
		{"root fields", "{" + strings.Repeat("n ", 21) + "}", guard.Limits{}, guard.TooComplex},
		{"root fields by fragments", "{" + strings.Repeat("...F ", 11) + "} fragment F on Query{n me{id}}", guard.Limits{}, guard.TooComplex},
		{"conflicting aliases", "{me{" + many(60, func(int) string { return "a:id a:name " }) + "}}", guard.Limits{Aliases: 500}, guard.ValidationFailed},
		{"variables", "query(" + many(190, func(i int) string { return "$" + letters(i) + ":Int " }) + "){n}", guard.Limits{}, guard.ValidationFailed},
		{"subscription", "subscription{" + strings.Repeat("n ", 10) + "}", guard.Limits{}, guard.ValidationFailed},
		{"defer", "{me{...@defer{id}}}", guard.Limits{}, guard.ValidationFailed},
		{"introspection in circles", "{__schema{types{fields{type{fields{name}}}}}}", guard.Limits{}, guard.TooDeep},
		{"introspection by possible types", "{__type(name:\"Node\"){possibleTypes{interfaces{possibleTypes{name}}}}}", guard.Limits{}, guard.TooDeep},
		{"introspection in circles by a fragment", "{__schema{types{...F}}} fragment F on __Type{fields{type{...G}}} fragment G on __Type{fields{name}}", guard.Limits{}, guard.TooDeep},
		{"introspection under aliases", "{__schema{types{fields{" + many(11, func(i int) string { return letters(i) + ":name " }) + "}}}}", guard.Limits{}, guard.TooComplex},
		{"introspection many times", "{" + many(11, func(i int) string { return letters(i) + ":__schema{types{name}} " }) + "}", guard.Limits{}, guard.TooComplex},
		{"introspection deep down", "{__schema{queryType{" + strings.Repeat("ofType{", 30) + "name" + strings.Repeat("}", 32) + "}", guard.Limits{}, guard.TooDeep},
		{"introspection of one field very often", "{__schema{types{" + strings.Repeat("name ", 700) + "}}}", guard.Limits{}, guard.TooComplex},
		{"inline fragments around one field", "{me{" + strings.Repeat("...{", 160) + strings.Repeat("id ", 490) + strings.Repeat("}", 162), guard.Limits{}, guard.TooComplex},
		{"inline fragments around spreads", "{me{" + strings.Repeat("...{", 130) + strings.Repeat("...F ", 200) + strings.Repeat("}", 132) + "fragment F on Profile{id}", guard.Limits{}, guard.TooComplex},
		{"chain of fragments to one field", "{me{...AA}}" + many(80, func(i int) string { return "fragment " + letters(i) + " on Profile{..." + letters(i+1) + "}" }) +
			"fragment " + letters(80) + " on Profile{...{" + strings.Repeat("id ", 200) + "}}", guard.Limits{}, guard.TooComplex},
		{"doubling fragments without a field", "{me{...AA}}" + many(60, func(i int) string {
			return "fragment " + letters(i) + " on Profile{..." + letters(i+1) + " ..." + letters(i+1) + "}"
		}), guard.Limits{}, guard.ValidationFailed},
		{"empty selection", "{me{}}", guard.Limits{}, guard.ParseFailed},
		{"stray tokens", same("}")(0), guard.Limits{}, guard.ParseFailed},
	} {
		t.Run(test.name, func(t *testing.T) {
			op, errs := guard.Parse(s, test.query, "", test.limits)
			if op != nil || len(errs) == 0 {
				t.Fatal("accepted")
			}
			if got := code(errs[0]); got != test.want {
				t.Errorf("code %s, want %s: %v", got, test.want, errs)
			}
			if len(errs) > 10 {
				t.Errorf("%d errors", len(errs))
			}
			if body, err := json.Marshal(errs); err != nil || len(body) > 4_000 {
				t.Errorf("errors of %d bytes, %v", len(body), err)
			}
		})
	}
}

func TestAccepted(t *testing.T) {
	s := schema(t)
	for name, query := range map[string]string{
		"byte order mark":         "\ufeff{me{id}}",
		"unicode":                 "{node(id:\"\\u00e9 😀 é\"){id}} # é",
		"nested to the limit":     nested(13),
		"object in a list":        `{me{friends(any:[{a:[[[{b:1}]]]}]){id}}}`,
		"fields repeated":         "{me{" + strings.Repeat("id ", 400) + "}}",
		"components' fragments":   components(),
		"block string":            "{node(id:\"\"\"\n a\n\"\"\"){id}}",
		"skipped":                 "query($a:Boolean!){me{id @skip(if:$a)}}",
		"inline fragments":        "{thing{__typename ...on Profile{id}...on Address{street}}}",
		"fragment spread twice":   "{me{...F friends{...F}}} fragment F on Profile{id name}",
		"type name":               "{__typename}",
		"mutation":                `mutation{rename(id:1,name:"a"){id}}`,
		"doubling, but not far":   doubling(5),
		"standard introspection":  fixture(t, "standard.graphql"),
		"all of introspection":    fixture(t, "all-options.graphql"),
		"documentation of a type": fixture(t, "type-page.graphql"),
	} {
		t.Run(name, func(t *testing.T) {
			op, errs := guard.Parse(s, query, "", guard.Limits{})
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			if op.Doc == nil || op.Def == nil {
				t.Error("no operation")
			}
		})
	}
}

// components is what a client makes of a page whose thirty parts each name the fields they need.
func components() string {
	var b strings.Builder
	b.WriteString("{me{friends(first:3){address{owner{")
	for i := range 30 {
		b.WriteString("..." + letters(i) + " ")
	}
	b.WriteString("}}}}}")
	for i := range 30 {
		b.WriteString(" fragment " + letters(i) + " on Profile{id name age address{id street}}")
	}
	return b.String()
}

func fixture(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "introspection", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestOperationName(t *testing.T) {
	s := schema(t)
	const two = "query A{n} mutation B{rename(id:1,name:\"\"){id}}"
	for _, test := range []struct{ query, name, want string }{
		{"{n}", "", ""},
		{"query A{n}", "", "A"},
		{"query A{n}", "A", "A"},
		{two, "B", "B"},
		{two, "", guard.NotFound},
		{two, "C", guard.NotFound},
		{"{n}", "A", guard.NotFound},
	} {
		op, errs := guard.Parse(s, test.query, test.name, guard.Limits{})
		got := ""
		if len(errs) > 0 {
			got = code(errs[0])
		} else {
			got = op.Def.Name
		}
		if got != test.want {
			t.Errorf("%s, %q: %q, want %q", test.query, test.name, got, test.want)
		}
	}
}

// TestNoLiterals breaks each rule with a document that holds a secret as a string, a number, an
// enum value, a comment, and looks for it in the errors.
func TestNoLiterals(t *testing.T) {
	s := schema(t)
	const secret, number = "jane.doe@example.com", "12345678911"
	for _, test := range []struct{ rule, query, want string }{
		{"FieldsOnCorrectType", `{me{nam(a:"jane.doe@example.com")}}`, `Cannot query field "nam" on type "Profile". Did you mean "name"?`},
		{"FragmentsOnCompositeTypes", `{me{...on Int{id(a:"jane.doe@example.com")}}}`, ""},
		{"KnownArgumentNames", `{me{name(shot:"jane.doe@example.com")}}`, `Unknown argument "shot" on field "Profile.name". Did you mean "short"?`},
		{"KnownArgumentNames", `{n @include(iff:"jane.doe@example.com",if:true)}`, ""},
		{"KnownDirectives", `{n @nope(a:"jane.doe@example.com")}`, ""},
		{"", `{me{...Nope friends(after:"jane.doe@example.com"){id}}}`, ""},
		{"KnownTypeNames", `query($a:Poin="jane.doe@example.com"){n}`, `Unknown type "Poin". Did you mean "Point"?`},
		{"LoneAnonymousOperation", `query A{n} {node(id:"jane.doe@example.com"){id}}`, ""},
		{"NoUndefinedVariables", `{node(id:$a){id}}`, ""},
		{"NoUnusedFragments", `{n} fragment F on Query{node(id:"jane.doe@example.com"){id}}`, ""},
		{"NoUnusedVariables", `query($a:String="jane.doe@example.com"){n}`, ""},
		{"OverlappingFieldsCanBeMerged", `{me{a:name(limit:12345678911) a:friends(after:"jane.doe@example.com"){id}}}`, ""},
		{"OverlappingFieldsCanBeMerged", `{a:node(id:"jane.doe@example.com"){id} a:node(id:12345678911){id}}`, ""},
		{"PossibleFragmentSpreads", `{me{...on Address{street}}node(id:"jane.doe@example.com"){id}}`, ""},
		{"ProvidedRequiredArguments", `mutation{rename(name:"jane.doe@example.com"){id}}`, ""},
		{"ScalarLeafs", `{node(id:"jane.doe@example.com")}`, ""},
		{"ScalarLeafs", `{n{a(b:"jane.doe@example.com")}}`, ""},
		{"UniqueArgumentNames", `{node(id:"jane.doe@example.com",id:"x"){id}}`, ""},
		{"UniqueDirectivesPerLocation", `{n @include(if:true) @include(if:true)}`, ""},
		{"UniqueFragmentNames", `{...F} fragment F on Query{n} fragment F on Query{node(id:"jane.doe@example.com"){id}}`, ""},
		{"UniqueInputFieldNames", `{profile(by:{email:"jane.doe@example.com",email:"jane.doe@example.com"}){id}}`, ""},
		{"UniqueOperationNames", `query A{n} query A{node(id:"jane.doe@example.com"){id}}`, ""},
		{"UniqueVariableNames", `query($a:ID="jane.doe@example.com",$a:ID){node(id:$a){id}}`, ""},
		{"ValuesOfCorrectType", `{me{name(limit:"jane.doe@example.com")}}`, `Expected a value of type "Int".`},
		{"IntRange", `{me{name(limit:12345678911)}}`, `Expected a value of type "Int", which has 32 bits.`},
		{"IntRange", `query($a:[Point]=[{x:12345678911}]){me{name(limit:$a)}}`, `Expected a value of type "Int", which has 32 bits.`},
		{"ValuesOfCorrectType", `{me{name(short:12345678911)}}`, `Expected a value of type "Boolean".`},
		{"ValuesOfCorrectType", `{me{friends(after:12345678911){id}}}`, `Expected a value of type "String".`},
		{"ValuesOfCorrectType", `{me{friends(after:{email:"jane.doe@example.com"}){id}}}`, ""},
		{"ValuesOfCorrectType", `{me{friends(color:"jane.doe@example.com"){id}}}`, `Expected a value of type "Color".`},
		{"ValuesOfCorrectType", `{me{friends(color:n12345678911){id}}}`, `Expected a value of type "Color".`},
		{"ValuesOfCorrectType", `{me{friends(color:12345678911){id}}}`, `Expected a value of type "Color".`},
		{"ValuesOfCorrectType", `{me{friends(tags:[["jane.doe@example.com"]]){id}}}`, ""},
		{"ValuesOfCorrectType", `{me{friends(tags:[n12345678911]){id}}}`, ""},
		{"ValuesOfCorrectType", `{me{friends(near:{label:"jane.doe@example.com"}){id}}}`, `Field "Point.x" of required type "Int!" was not provided.`},
		{"ValuesOfCorrectType", `{me{friends(near:{x:1,lable:"jane.doe@example.com"}){id}}}`, `Field "lable" is not defined by type "Point". Did you mean "label"?`},
		{"ValuesOfCorrectType", `{me{friends(near:"Expected value of type \"jane.doe@example.com\", found"){id}}}`, ""},
		{"ValuesOfCorrectType", `{me{friends(near:12345678911){id}}}`, ""},
		{"ValuesOfCorrectType", `{profile(by:{id:null,email:"jane.doe@example.com"}){id}}`, `OneOf Input Object "By" must specify exactly one key.`},
		{"ValuesOfCorrectType", `{node(id:null){id}}`, `Expected a value of type "ID!".`},
		{"ValuesOfCorrectType", `query($a:Int="jane.doe@example.com"){me{name(limit:$a)}}`, `Expected a value of type "Int".`},
		{"VariablesAreInputTypes", `query($a:Profile="jane.doe@example.com"){n @note(text:$a)}`, ""},
		{"VariablesInAllowedPosition", `query($a:String="jane.doe@example.com"){me{name(limit:$a)}}`, ""},
		{"NoIncrementalDelivery", `{...@defer(label:"jane.doe@example.com"){n}}`, `Directive "@defer" is not supported.`},
		{"", `{node(id:"jane.doe@example.com" "`, ""},
		{"", `{node(id:"jane.doe@example.com" 12345678911){id}}`, "Syntax error: expected Name, found Int."},
		{"", `{node(id "jane.doe@example.com"){id}}`, "Syntax error: expected :, found String."},
		{"", `"jane.doe@example.com"`, ""},
		{"", `{"jane.doe@example.com"}`, ""},
		{"", `12345678911`, "Syntax error: unexpected Int."},
		{"", `{node(id: 12345678911x)}`, ""},
		{"", `{node(id: 012345678911)}`, ""},
		{"", `{node(id: "\u12345678911 jane.doe@example.com")}`, ""},
		{"", `{n # jane.doe@example.com` + "\n", ""},
		{"", `{node(id:'jane.doe@example.com')}`, ""},
		{"", `jane.doe@example.com`, "Syntax error: unexpected Name."},
	} {
		_, errs := guard.Parse(s, test.query, operationName(test.query), guard.Limits{})
		if len(errs) == 0 {
			t.Errorf("%s: accepted", test.query)
			continue
		}
		found := test.rule == ""
		for _, err := range errs {
			found = found || err.Rule == test.rule
			body, _ := json.Marshal(err)
			if strings.Contains(string(body), secret) || strings.Contains(string(body), number) {
				t.Errorf("%s: %s", test.query, body)
			}
			if strings.HasPrefix(err.Message, "The query breaks the rule") {
				t.Errorf("%s: no text of its own: %s", test.query, err.Message)
			}
			if len(err.Locations) == 0 {
				t.Errorf("%s: %q has no location", test.query, err.Message)
			}
		}
		if !found {
			t.Errorf("%s: want rule %s: %v", test.query, test.rule, errs)
		}
		if test.want != "" && errs[0].Message != test.want {
			t.Errorf("%s: %s\nwant %s", test.query, errs[0].Message, test.want)
		}
	}
}

// operationName picks the first operation where there are two.
func operationName(query string) string {
	if strings.HasPrefix(query, "query A") {
		return "A"
	}
	return ""
}

// A schema that the validator cannot cope with must not take the process along.
func TestPanic(t *testing.T) {
	broken := schema(t)
	broken.Types["Profile"].Fields.ForName("name").Type = nil
	_, errs := guard.Parse(broken, "{me{name}}", "", guard.Limits{})
	if len(errs) != 1 || code(errs[0]) != guard.ValidationFailed {
		t.Errorf("got %v", errs)
	}
}

func TestLimitsAreExact(t *testing.T) {
	s := schema(t)
	for _, test := range []struct {
		name, query string
		limits      func(n int) guard.Limits
		uses        int
	}{
		{"bytes", "{me{id}}", func(n int) guard.Limits { return guard.Limits{QueryBytes: n} }, 8},
		{"tokens", "{me{id}}", func(n int) guard.Limits { return guard.Limits{Tokens: n} }, 6},
		{"depth", "{me{...F}} fragment F on Profile{friends{id}}", func(n int) guard.Limits { return guard.Limits{Depth: n} }, 3},
		{"fields", "{me{...F ...F}} fragment F on Profile{friends{id}}", func(n int) guard.Limits { return guard.Limits{Fields: n} }, 5},
		{"fields of other operations", "query A{n n} query B{n n n}", func(n int) guard.Limits { return guard.Limits{Fields: n} }, 5},
		{"aliases", "{me{...F ...F}} fragment F on Profile{a:id id:id}", func(n int) guard.Limits { return guard.Limits{Aliases: n} }, 2},
		{"directives", "query A @note {me @note {...F @note ...F}} fragment F on Profile{id @note}", func(n int) guard.Limits { return guard.Limits{Directives: n} }, 5},
		{"root fields", "{n ...F} fragment F on Query{a:n b:n}", func(n int) guard.Limits { return guard.Limits{RootFields: n} }, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, errs := guard.Parse(s, test.query, operationName(test.query), test.limits(test.uses)); len(errs) > 0 {
				t.Errorf("limit %d: %v", test.uses, errs)
			}
			if _, errs := guard.Parse(s, test.query, operationName(test.query), test.limits(test.uses-1)); len(errs) == 0 {
				t.Errorf("limit %d: accepted", test.uses-1)
			}
		})
	}
}

func TestCost(t *testing.T) {
	s := schema(t)
	price := func(f *ast.Field, arg func(string) (int, bool)) (own, times int) {
		if f.Definition.Type.Elem == nil {
			return 1, 1
		}
		first, ok := arg("first")
		if !ok {
			first = 100
		}
		return 2, first
	}
	for _, test := range []struct {
		query     string
		variables map[string]any
		want      int
	}{
		{"{n}", nil, 1},
		{"{me{id name}}", nil, 3},
		{"{friends{id name}}", nil, 2 + 10*2},
		{"{friends(first:3){id friends(first:4){id}}}", nil, 2 + 3*(1+2+4)},
		{"{friends(first:null){id}}", nil, 2 + 100},
		{"query($n:Int){friends(first:$n){id}}", map[string]any{"n": 7}, 2 + 7},
		{"query($n:Int){friends(first:$n){id}}", map[string]any{"n": int64(7)}, 2 + 7},
		{"query($n:Int){friends(first:$n){id}}", map[string]any{"n": 7.0}, 2 + 7},
		{"query($n:Int){friends(first:$n){id}}", map[string]any{"n": json.Number("7")}, 2 + 7},
		{"query($n:Int=5){friends(first:$n){id}}", nil, 2 + 5},
		{"query($n:Int){friends(first:$n){id}}", nil, 2 + 100},
		{"query($a:Boolean!){n friends @include(if:$a){id}}", map[string]any{"a": false}, 1},
		{"query($a:Boolean!){n friends @skip(if:$a){id}}", map[string]any{"a": false}, 1 + 2 + 10},
		{"{n ...@skip(if:true){friends{id}}}", nil, 1},
		{"{friends{...F} me{...F}} fragment F on Profile{id name}", nil, 2 + 10*2 + 1 + 2},
		{"{n __schema{types{name fields{name}}}}", nil, 1},
		{"{friends(first:-5){id}}", nil, 2},
	} {
		op, errs := guard.Parse(s, test.query, "", guard.Limits{})
		if errs != nil {
			t.Fatal(test.query, errs)
		}
		got, errs := op.Cost(price, func(name string) any { return test.variables[name] })
		if got != test.want || errs != nil {
			t.Errorf("%s: %d %v, want %d", test.query, got, errs, test.want)
		}
	}

	op, errs := guard.Parse(s, "{friends(first:2000000000){friends(first:2000000000){friends(first:2000000000){id}}}}", "", guard.Limits{})
	if errs != nil {
		t.Fatal(errs)
	}
	if cost, errs := op.Cost(price, func(string) any { return nil }); len(errs) != 1 || code(errs[0]) != guard.TooComplex || cost < 10_000 {
		t.Errorf("cost %d, %v", cost, errs)
	}
}

// The same operation may be run by many requests at once while others are parsed.
func TestConcurrent(t *testing.T) {
	s := schema(t)
	op, errs := guard.Parse(s, doubling(5), "", guard.Limits{})
	if errs != nil {
		t.Fatal(errs)
	}
	done := make(chan bool)
	for range 4 {
		go func() {
			defer func() { done <- true }()
			for range 20 {
				op.Cost(func(*ast.Field, func(string) (int, bool)) (int, int) { return 1, 1 }, func(string) any { return nil })
				if _, errs := guard.Parse(s, "{me{id} friends{name(limit:1)}}", "", guard.Limits{}); errs != nil {
					t.Error(errs)
				}
			}
		}()
	}
	for range 4 {
		<-done
	}
}

func FuzzParse(f *testing.F) {
	s := schema(f)
	for _, seed := range []string{
		nested(3), doubling(4), "{me{id @skip(if:true)}}", "query A($a:[Int!]!=[1]){friends(first:1){...F}} fragment F on Profile{name(limit:2)}",
		"{__schema{types{name}}}", `mutation{rename(id:"a",name:"""b"""){id}}`, "\ufeff{a:n}", "{profile(by:{id:$x}){id}}", "{thing{...on Node{id}}}",
		`subscription S @note(text:"x"){n}`, "{me{friends(near:{x:1,next:{x:$a}}){id}}}",
	} {
		f.Add(seed, "")
	}
	f.Fuzz(func(t *testing.T, query, name string) {
		op, errs := guard.Parse(s, query, name, guard.Limits{})
		if (op == nil) != (len(errs) > 0) {
			t.Fatalf("%v and %v", op, errs)
		}
		for _, err := range errs {
			if code(err) == "" || err.Message == "" || len(err.Message) > 1_000 {
				t.Errorf("%q", err.Message)
			}
		}
		if op != nil {
			op.Cost(func(*ast.Field, func(string) (int, bool)) (int, int) { return 1, 2 }, func(string) any { return nil })
		}
	})
}

// BenchmarkWorst parses queries that come as close as one can to all limits at once.
func BenchmarkWorst(b *testing.B) {
	s := schema(b)
	for name, query := range worst() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				guard.Parse(s, query, "", guard.Limits{})
			}
		})
	}
}

func worst() map[string]string {
	return map[string]string{
		"typical":          "query P($id:ID!){node(id:$id){id ...on Profile{name age color address{id street}}}}",
		"one field":        "{me{" + strings.Repeat("id ", 440) + "}}",
		"nested":           "{me{" + strings.Repeat("friends{friends{id id id id id id id}} ", 45) + "}}",
		"tall":             "{me" + strings.Repeat("{friends", 11) + "{" + strings.Repeat("id ", 440) + strings.Repeat("}", 13),
		"components":       components(),
		"conflicts":        "{me{" + strings.Repeat("a:id a:name ", 50) + "}}",
		"unknown fields":   "{me{" + strings.Repeat("nope ", 400) + "}}",
		"inline fragments": "{me{" + strings.Repeat("...{id ...{id}} ", 110) + "}}",
		"inline, nested":   "{me{" + strings.Repeat("...{", 200) + strings.Repeat("id ", 30) + strings.Repeat("}", 202),
		"refused":          "{me{" + strings.Repeat("...{", 160) + strings.Repeat("id ", 490) + strings.Repeat("}", 162),
	}
}

package schema_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/profilegraph/profilegraph/schema"
)

// problems parses a document that has to be refused and returns "pointer keyword" of each problem.
func problems(t *testing.T, doc string, l schema.Limits) []string {
	t.Helper()
	_, _, err := schema.Parse("Thing", []byte(doc), l)
	var invalid *schema.Invalid
	if !errors.As(err, &invalid) {
		t.Fatalf("not refused: %v", err)
	}
	var list []string
	for _, p := range invalid.Problems {
		list = append(list, strings.TrimSpace(p.Pointer+" "+p.Keyword))
		if p.Message == "" || p.Fix == "" {
			t.Errorf("nothing to go by in %+v", p)
		}
		if strings.Contains(p.String(), "SECRET") {
			t.Errorf("a value leaks: %s", p)
		}
	}
	if !slices.IsSorted(list) && len(list) < 2 {
		t.Errorf("not sorted: %q", list)
	}
	return list
}

// in wraps a property's schema into a document.
func in(property string) string {
	return `{"type": "object", "additionalProperties": false, "properties": {"a": ` + property + `}}`
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name, doc string
		want      []string
	}{
		{"sensitive in quotes", in(`{"type": "string", "sensitive": "true"}`), []string{"/properties/a/sensitive sensitive"}},
		{"misspelt", in(`{"type": "string", "sensitve": true}`), []string{"/properties/a/sensitve sensitve"}},
		{"other case", in(`{"type": "string", "Sensitive": true}`), []string{"/properties/a/Sensitive Sensitive"}},
		{"vendor prefix", in(`{"type": "string", "x-sensitive": true, "x-pii": true, "x_mask": "null"}`),
			[]string{"/properties/a/x-pii x-pii", "/properties/a/x-sensitive x-sensitive", "/properties/a/x_mask x_mask"}},
		{"near x-mask", in(`{"type": "string", "x-masks": "null"}`), []string{"/properties/a/x-masks x-masks"}},
		{"near top level", `{"properties": {"a": {"type": "string"}}, "v-index": ["a"], "documentTtl": 3, "V-Unique": []}`,
			[]string{"/V-Unique V-Unique", "/documentTtl documentTtl", "/v-index v-index"}},
		{"all at once", in(`{"type": "string", "pii": 1, "x-mask": "stars", "title": 5, "deprecated": 1, "x-normalize": "soundex", "x-graphql": "String"}`),
			[]string{"/properties/a/deprecated deprecated", "/properties/a/pii pii", "/properties/a/title title", "/properties/a/x-graphql x-graphql", "/properties/a/x-mask x-mask", "/properties/a/x-normalize x-normalize"}},
		{"top level only", in(`{"type": "object", "v-indexed": ["b"], "documentTTL": 1, "x-entity": {}}`),
			[]string{"/properties/a/documentTTL documentTTL", "/properties/a/v-indexed v-indexed", "/properties/a/x-entity x-entity"}},
		{"keys", `{"properties": {"a": {"type": "object", "properties": {"b": {"type": "string"}}}, "j": {}}, "v-indexed": ["a", "nope", "j"], "v-unique": "a", "documentTTL": 0}`,
			[]string{"/documentTTL documentTTL", "/v-indexed/0 v-indexed", "/v-indexed/1 v-indexed", "/v-indexed/2 v-indexed", "/v-unique v-unique"}},
		{"x-entity", `{"properties": {"a": {"type": "string"}}, "x-entity": {"owner": "Profile", "cardinality": "few"}}`, []string{"/x-entity x-entity"}},
		{"cardinality of a root", `{"properties": {"a": {"type": "string"}}, "x-entity": {"cardinality": "one"}}`, []string{"/x-entity x-entity"}},
		{"mask does not fit", in(`{"type": "integer", "x-mask": "initial", "sensitive": true}`), []string{"/properties/a x-mask"}},
		{"mask of a phone", in(`{"type": "string", "format": "phone", "x-mask": "last4", "sensitive": true}`), []string{"/properties/a x-mask"}},
		{"normalization does not fit", in(`{"type": "boolean", "x-normalize": "phone"}`), []string{"/properties/a x-normalize"}},
		{"default", in(`{"type": "integer", "default": "SECRET"}`), []string{"/properties/a/default default"}},
		{"default with what is undeclared", in(`{"type": "object", "properties": {"b": {"type": "string"}}, "default": {"SECRET": 1}}`), []string{"/properties/a/default default"}},
		{"meta-schema", in(`{"type": "strnig", "minLength": -1, "enum": "SECRET"}`), []string{"/properties/a/enum enum", "/properties/a/minLength minLength", "/properties/a/type type"}},
		{"draft 03 required", `{"$schema": "http://json-schema.org/draft-04/schema#", "properties": {"a": {"type": "string", "required": true}}}`, []string{"/properties/a/required required"}},
		{"draft 03", `{"$schema": "http://json-schema.org/draft-03/schema#", "properties": {"a": {"type": "string"}}}`, []string{"/$schema $schema"}},
		{"unknown dialect", `{"$schema": "https://example.com/our-dialect", "properties": {"a": {"type": "string"}}}`, []string{"/$schema $schema"}},
		{"dialect is 5", `{"$schema": 5, "properties": {"a": {"type": "string"}}}`, []string{"/$schema $schema"}},
		{"dialect within", in(`{"$schema": "https://json-schema.org/draft/next/schema", "type": "string"}`), []string{"/properties/a/$schema $schema"}},
		{"dialect in a bundle", `[{"properties": {"a": {"$ref": "b.json"}}}, {"$id": "b.json", "$schema": "http://json-schema.org/draft-03/schema#", "type": "string"}]`, []string{"/1/$schema $schema"}},
		{"reserved names", `{"properties": {"id": {"type": "string"}, "meta": {}, "profile": {"type": "string"}, "profileId": {"type": "string"}}, "x-entity": {"owner": "Profile"}}`,
			[]string{"/properties/id properties", "/properties/meta properties", "/properties/profile properties", "/properties/profileId properties"}},
		{"collision", `{"properties": {"a-b": {"type": "string"}, "a_b": {"type": "string"}}}`, []string{"/properties/a_b properties"}},
		{"extra collides", `{"properties": {"additionalProperties": {"type": "string"}}, "additionalProperties": true}`, []string{"/properties/additionalProperties properties"}},
		{"type names collide", `{"properties": {"a": {"type": "object", "properties": {"b": {"enum": ["x"]}}}, "aB": {"enum": ["y"]}}}`, []string{"/properties/aB properties"}},
		{"enum names collide", in(`{"enum": ["a b", "a-b"]}`), []string{"/properties/a/enum enum"}},
		{"conflict", in(`{"allOf": [{"type": "string"}, {"type": "integer"}]}`), []string{"/properties/a allOf"}},
		{"kinds differ", in(`{"anyOf": [{"type": "string"}, {"type": "object", "properties": {"b": {"type": "string"}}}]}`), []string{"/properties/a/anyOf anyOf"}},
		{"no discriminator", in(`{"oneOf": [{"type": "object", "properties": {"b": {"type": "string"}}}, {"type": "object", "properties": {"c": {"type": "string"}}}]}`), []string{"/properties/a/oneOf oneOf"}},
		{"sensitive discriminator", in(`{"type": "array", "items": {"oneOf": [{"type": "object", "properties": {"b": {"const": "x", "sensitive": true}}}, {"type": "object", "properties": {"b": {"const": "y", "pii": true}}}]}}`),
			[]string{"/properties/a/items/oneOf/0/properties/b sensitive", "/properties/a/items/oneOf/1/properties/b pii"}},
		{"union at the top", `{"oneOf": [{"properties": {"a": {"const": "x"}}}, {"properties": {"a": {"const": "y"}}}]}`, []string{"properties", "/oneOf oneOf"}},
		{"not an object", `{"type": "string"}`, []string{"type"}},
		{"required but not declared", `{"properties": {"a": {"type": "string"}}, "required": ["b"]}`, []string{"/required required"}},
		{"requires itself", `{"type": "object", "properties": {"n": {"$ref": "#"}}, "required": ["n"], "additionalProperties": false}`, []string{"/required required"}},
		{"requires itself by allOf", `{"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"allOf": [{"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}}, {"required": ["a"]}]}}}`,
			[]string{"/$defs/A/allOf/1/required required"}},
		{"two require each other", `{"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {
			"A": {"type": "object", "required": ["s", "b"], "properties": {"s": {"type": "string"}, "b": {"$ref": "#/$defs/B"}}}, "B": {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/$defs/A"}}}}}`,
			[]string{"/$defs/A/required required", "/$defs/B/required required"}},
		{"only those in the circle", `{"required": ["a"], "properties": {"a": {"type": "object", "required": ["n"], "properties": {"n": {"$ref": "#/properties/a"}}}}}`, []string{"/properties/a/required required"}},
		{"all alternatives require another", `{"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"oneOf": [
			{"type": "object", "required": ["k", "a"], "properties": {"k": {"const": "x"}, "a": {"$ref": "#/$defs/A"}}}, {"type": "object", "required": ["k", "b"], "properties": {"k": {"const": "y"}, "b": {"$ref": "#/$defs/A"}}}]}}}`,
			[]string{"/$defs/A/oneOf/0/required required", "/$defs/A/oneOf/1/required required"}},
		{"read-only", `{"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/$defs/A", "readOnly": true}}}}}`, []string{"/$defs/A/properties/a readOnly", "/$defs/A/required required"}},
		{"in a bundle", `[{"properties": {"a": {"$ref": "b.json"}}}, {"$id": "b.json", "type": "object", "required": ["a"], "properties": {"a": {"$ref": "b.json"}}}]`, []string{"/1/required required"}},
		{"remote", in(`{"$ref": "https://example.com/other.json"}`), []string{"/properties/a/$ref $ref"}},
		{"file", in(`{"$ref": "file:///etc/passwd"}`), []string{"/properties/a/$ref $ref"}},
		{"relative file", in(`{"$ref": "other.json#/a"}`), []string{"/properties/a/$ref $ref"}},
		{"meta-schema by reference", in(`{"$ref": "http://json-schema.org/draft-07/schema#"}`), []string{"/properties/a/$ref $ref"}},
		{"dangling", in(`{"$ref": "#/$defs/nope"}`), []string{"/properties/a/$ref $ref"}},
		{"dangling anchor", in(`{"$ref": "#nope"}`), []string{"/properties/a/$ref $ref"}},
		{"reference into data", in(`{"$ref": "#/required", "x-a": 1}`), []string{"/properties/a/$ref $ref"}},
		{"dynamic", in(`{"$dynamicRef": "#a"}`), []string{"/properties/a/$dynamicRef $dynamicRef"}},
		{"bundle", `[{"properties": {"a": {"$ref": "b.json"}}}, {"$id": "b.json", "type": "string", "pii": 1}]`, []string{"/1/pii pii"}},
		{"bundle reference", `[{"properties": {"a": {"$ref": "c.json"}}}, {"$id": "b.json", "type": "string"}]`, []string{"/0/properties/a/$ref $ref"}},
		{"bundle without id", `[{"properties": {}}, {"type": "string"}]`, []string{"/1 $id"}},
		{"empty bundle", `[]`, []string{""}},
		{"claims the meta-schema", `{"$id": "http://json-schema.org/draft-07/schema", "properties": {"a": {"type": "string"}}}`, []string{"/$id $id"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, problems(t, c.doc, schema.Limits{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEntityNames(t *testing.T) {
	for _, name := range []string{"", "thing", "1Thing", "Thing_", "Thïng", strings.Repeat("T", 64), "Query", "JSON", "PageInfo"} {
		if _, _, err := schema.Parse(name, []byte(in(`{"type": "string"}`)), schema.Limits{}); err == nil {
			t.Errorf("%q was accepted", name)
		}
	}
}

// bomb is a schema whose references double at each of n levels.
func bomb(n int, step string) string {
	var b strings.Builder
	b.WriteString(`{"properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": {`)
	for i := range n {
		fmt.Fprintf(&b, `"d%d": %s, `, i, strings.ReplaceAll(step, "NEXT", fmt.Sprintf(`{"$ref": "#/$defs/d%d"}`, i+1)))
	}
	fmt.Fprintf(&b, `"d%d": {"type": "string"}}}`, n)
	return b.String()
}

// hostile are uploads that hang, crash or exhaust a server that does not guard itself.
var hostile = map[string]string{
	"references itself":     `{"$ref": "#"}`,
	"property loop":         in(`{"$ref": "#/properties/a"}`),
	"loop of two":           `{"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"$ref": "#/$defs/c"}, "c": {"$ref": "#/$defs/b"}}}`,
	"loop through allOf":    `{"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"allOf": [{"$ref": "#/$defs/b"}]}}}`,
	"loop through not":      `{"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"not": {"$ref": "#/$defs/b"}}}}`,
	"loop through if":       `{"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"if": {"type": "string"}, "then": {"$ref": "#/$defs/b"}}}}`,
	"bomb of allOf":         bomb(24, `{"allOf": [NEXT, NEXT]}`),
	"bomb of anyOf":         bomb(24, `{"anyOf": [NEXT, NEXT]}`),
	"bomb of properties":    bomb(24, `{"allOf": [{"properties": {"p": NEXT}}, {"properties": {"p": NEXT}}]}`),
	"bomb of items":         bomb(24, `{"allOf": [{"items": NEXT}, {"contains": NEXT}]}`),
	"recursive doubling":    `{"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"allOf": [{"properties": {"p": {"$ref": "#/$defs/b"}}}, {"patternProperties": {".": {"$ref": "#/$defs/b"}}}]}}}`,
	"deep nesting":          strings.Repeat(`{"properties":{"a":`, 5000) + `{}` + strings.Repeat(`}}`, 5000),
	"deep allOf":            in(strings.Repeat(`{"allOf":[`, 40) + `{}` + strings.Repeat(`]}`, 40)),
	"deep brackets":         strings.Repeat(`[`, 500000),
	"number of 10^6 digits": in(`{"type": "number", "maximum": ` + strings.Repeat("9", 1000000-100) + `}`),
	"huge exponent":         in(`{"type": "number", "maximum": 1e10000000}`),
	"huge exponent down":    in(`{"type": "number", "multipleOf": 1e-10000000}`),
	"exponent overflows":    in(`{"type": "number", "maximum": 1e99999999999999999999}`),
	"huge default":          in(`{"type": "number", "default": 1e10000000}`),
	"huge pattern":          in(`{"type": "string", "pattern": "` + strings.Repeat("a", 501) + `"}`),
	"nested repeats":        in(`{"type": "string", "pattern": "((a{0,100}){0,100}){0,100}"}`),
	"many repeats":          in(`{"type": "string", "pattern": "(x{0,900}y{0,900}z{0,900}[ab]{0,900}.{0,900}){0,9}"}`),
	"look-ahead":            in(`{"type": "string", "pattern": "^(?=a)b"}`),
	"back-reference":        in(`{"type": "string", "pattern": "(a)\\1"}`),
	"bad property pattern":  in(`{"type": "object", "patternProperties": {"(": {}}}`),
	"duplicate keys":        `{"properties": {"a": {"type": "string", "pii": true, "pii": false}}}`,
	"invalid UTF-8":         "{\"properties\": {\"a\xff\": {\"type\": \"string\"}}}",
	"byte order mark":       "\xef\xbb\xbf" + in(`{"type": "string"}`),
	"empty":                 ``,
	"not an object":         `5`,
	"null":                  `null`,
	"true":                  `true`,
	"two values":            in(`{}`) + in(`{}`),
	"broken":                `{"properties": {"a": {"type": "str`,
	"NUL in a name":         `{"properties": {"a\u0000b": {"type": "string"}}}`,
	"too large":             `{"properties": {"a": {"description": "` + strings.Repeat("x", 1<<20) + `"}}}`,
	"many properties":       `{"properties": {` + many(2001, `"p%d": {"type": "string"}`) + `}}`,
	"many schemas":          in(`{"anyOf": [` + many(10001, `{"minLength": %d}`) + `]}`),
	"many enum values":      in(`{"enum": [` + many(1001, `"v%d"`) + `]}`),
	"fields by reference": `{"properties": {` + many(30, `"p%d": {"allOf": [{"$ref": "#/$defs/b"}, {"properties": {"q%[1]d": {}}}]}`) +
		`}, "$defs": {"b": {"properties": {` + many(100, `"x%d": {"type": "string"}`) + `}}}}`,
	"bad id":      `{"$id": "http://[::1", "properties": {"a": {"type": "string"}}}`,
	"odd id":      `{"$id": "urn:x:y", "properties": {"a": {"$ref": "z"}}}`,
	"id is 5":     `{"$id": 5, "properties": {"a": {"type": "string"}}}`,
	"$ref is 5":   in(`{"$ref": 5}`),
	"schema is 5": in(`5`),
}

func many(n int, format string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func TestHostileUploads(t *testing.T) {
	for name, doc := range hostile {
		t.Run(name, func(t *testing.T) { problems(t, doc, schema.Limits{}) })
	}
}

func TestLimitsCanBeSet(t *testing.T) {
	doc := `{"properties": {"a": {"enum": ["x", "y"]}, "b": {"type": "string"}}}`
	parse(t, "Thing", doc)
	for _, l := range []schema.Limits{{Size: 10}, {Fields: 1}, {Enum: 1}, {Schemas: 2}} {
		problems(t, doc, l)
	}
}

func TestProblemsAreCapped(t *testing.T) {
	list := problems(t, `{"properties": {`+many(500, `"p%d": {"type": "string", "sensitive": 1}`)+`}}`, schema.Limits{})
	if len(list) != 100 {
		t.Errorf("%d problems", len(list))
	}
}

// Common mistakes are told with what is wrong and how to mend it, not by the name of a specification.
func TestRefusalsSayHowToMend(t *testing.T) {
	for doc, want := range map[string]string{
		"":                       "the document is empty (write a JSON Schema into it)",
		" \n":                    "the document is empty (write a JSON Schema into it)",
		"type: object\n":         "broken JSON in line 1, column 1 (check it with a JSON formatter; YAML and comments are not read)",
		"{\r\n  \"a\": 'x'\r\n}": "/a: broken JSON in line 2, column 8 (check it with a JSON formatter; YAML and comments are not read)",
		"{\n\"é\": [1 2]}":       "/é/1: broken JSON in line 2, column 9 (check it with a JSON formatter; YAML and comments are not read)",
		`{"properties": {`:       "/properties: broken JSON in its last line: it ends too early (check it with a JSON formatter; YAML and comments are not read)",
		`{"properties": {"a": {"type": "string"},}}`:   "/properties: broken JSON in line 1, column 41 (check it with a JSON formatter; YAML and comments are not read)",
		in(`{"type": "text"}`):                         "/properties/a/type: is malformed (write array, boolean, integer, null, number, object or string, or a list of them)",
		in(`{"type": ["string", "nil"]}`):              "/properties/a/type: is malformed (write array, boolean, integer, null, number, object or string, or a list of them)",
		in(`{"type": "string", "required": true}`):     "/properties/a/required: is malformed (write a list of names into the object that has the properties, as in \"required\": [\"name\"])",
		in(`{"type": "string", "pattern": "^[A-Z"}`):   "/properties/a/pattern: is no regular expression: missing closing ] (correct it)",
		in(`{"type": "string", "pattern": "(?<=a)b"}`): "/properties/a/pattern: is not a regular expression that runs in linear time (RE2) (write it without look-around and back-references, and shorter)",
		in(`{"type": "string", "pattern": "(a)\\1"}`):  "/properties/a/pattern: is not a regular expression that runs in linear time (RE2) (write it without look-around and back-references, and shorter)",
	} {
		_, _, err := schema.Parse("Thing", []byte(doc), schema.Limits{})
		var invalid *schema.Invalid
		if !errors.As(err, &invalid) || len(invalid.Problems) != 1 {
			t.Errorf("%s: %v", doc, err)
			continue
		}
		p := invalid.Problems[0]
		got := fmt.Sprintf("%s (%s)", p.Message, p.Fix)
		if p.Pointer != "" {
			got = p.Pointer + ": " + got
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", doc, got, want)
		}
	}
}

package schema_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const person = `{
	"type": "object", "required": ["email"], "minProperties": 1,
	"properties": {
		"email": {"type": "string", "format": "email", "maxLength": 30},
		"age": {"type": ["integer", "null"], "minimum": 0, "maximum": 150},
		"count": {"type": "integer"}, "long": {"type": "integer", "format": "int64"}, "score": {"type": "number", "multipleOf": 0.5},
		"money": {"type": "number", "format": "decimal"}, "level": {"enum": ["gold", "tin"]}, "kind": {"const": "x"},
		"code": {"type": "string", "pattern": "^[A-Z]+$", "minLength": 2}, "flag": {"type": "boolean"}, "untyped": {"minLength": 2},
		"home": {"type": "object", "properties": {"street": {"type": "string"}, "zip": {"type": "string"}}, "required": ["street"]},
		"open": {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "integer"}},
		"tags": {"type": "array", "items": {"type": "string", "maxLength": 3}, "uniqueItems": true, "minItems": 1, "maxItems": 2, "contains": {"const": "a"}},
		"free": {"type": "object", "propertyNames": {"maxLength": 3}},
		"pay": {"oneOf": [
			{"type": "object", "properties": {"by": {"const": "card"}, "number": {"type": "string", "maxLength": 4}}, "required": ["by", "number"]},
			{"type": "object", "properties": {"by": {"const": "pix"}, "key": {"type": "string"}}, "required": ["by"]}]},
		"either": {"type": "string", "anyOf": [{"minLength": 3}, {"pattern": "^x"}], "not": {"const": "xyz"}},
		"tree": {"$ref": "#/$defs/Tree"}, "from": {"type": "string"}, "to": {"type": "string"}
	},
	"dependentRequired": {"from": ["to"]},
	"$defs": {"Tree": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Tree"}, "v": {"type": "integer"}}}}
}`

func TestValidate(t *testing.T) {
	e := parse(t, "Person", person)
	for _, c := range []struct {
		name, doc string // with "email" added
		want      []string
	}{
		{"valid", `"age": null, "count": 1.0, "score": 1.5, "home": {"street": "x"}, "open": {"a": "x", "b": 1}, "tags": ["a", "b"], "pay": {"by": "pix"}, "tree": {"next": {"v": 1}}`, nil},
		{"format", `"email": "SECRET"`, []string{"email format"}},
		{"bounds", `"age": 151, "score": 0.3, "code": "S"`, []string{"age maximum", "code minLength", "score multipleOf"}},
		{"types", `"age": "SECRET", "flag": "SECRET", "tags": {}, "home": [], "level": 1, "email": 5`, []string{"age type", "email type", "flag type", "home type", "level enum", "tags type"}},
		{"null", `"email": null, "flag": null, "home": null`, []string{"email type", "flag type", "home type"}},
		{"choices", `"level": "SECRET", "kind": "SECRET"`, []string{"kind const", "level enum"}},
		{"pattern", `"code": "secret"`, []string{"code pattern"}},
		{"32 bit", `"count": 2147483648, "long": 2147483648`, []string{"count type"}},
		{"64 bit", `"long": 9223372036854775808`, []string{"long type"}},
		{"numbers", `"score": 1e400, "money": 1e1001, "age": 1` + strings.Repeat("0", 64), []string{"age number", "money number"}},
		{"float", `"score": 1e400`, []string{"score type"}},
		{"decimal", `"money": "1.5"`, []string{"money type"}},
		{"untyped", `"untyped": 5`, []string{"untyped type"}},
		{"undeclared", `"SECRET 1": 1, "other": 2, "home": {"street": "x", "city": "y"}`, []string{"* additionalProperties", "home.city additionalProperties", "other additionalProperties"}},
		{"names", `"free": {"long name": 1}`, []string{"free propertyNames"}},
		{"required", `"home": {}`, []string{"home.street required"}},
		{"extra", `"open": {"b": "SECRET", "SECRET@x": "y"}`, []string{"open.* type", "open.b type"}},
		{"items", `"tags": ["abcd", "b", "b"]`, []string{"tags contains", "tags maxItems", "tags uniqueItems", "tags.0 maxLength"}},
		{"union", `"pay": {"by": "card", "number": "SECRET", "x": 1}`, []string{"pay.number maxLength", "pay.x additionalProperties"}},
		{"union without tag", `"pay": {"number": "1"}`, []string{"pay oneOf", "pay.by discriminator"}},
		{"union of nothing", `"pay": 5`, []string{"pay oneOf", "pay type"}},
		{"alternatives", `"either": "ab"`, []string{"either anyOf"}},
		{"not", `"either": "xyz"`, []string{"either not"}},
		{"recursion", `"tree": {"next": {"next": {"v": "SECRET", "w": 1}}}`, []string{"tree.next.next.v type", "tree.next.next.w additionalProperties"}},
		{"goes with another", `"from": "SECRET"`, []string{"to dependentRequired"}},
		{"NUL", `"free": {"a\u0000": 1}`, []string{"free propertyNames"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc := decode(t, `{"email": "a@example.com"}`)
			for k, v := range decode(t, "{"+c.doc+"}") {
				doc[k] = v
			}
			var got []string
			for _, v := range e.Validate(doc) {
				got = append(got, v.Path+" "+v.Rule)
				if strings.Contains(v.Message, "SECRET") || strings.Contains(v.Path, "SECRET") || v.Message == "" {
					t.Errorf("%+v", v)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if v := e.Validate(m{}); len(v) != 2 {
		t.Error(v)
	}
	if v := e.Validate(m{"email": "a\xff@b.c"}); len(v) != 1 {
		t.Error(v)
	}
	if v := e.Validate(m{"email": 5}); len(v) != 1 {
		t.Error(v)
	}
}

func TestNullable(t *testing.T) {
	for _, property := range []string{
		`{"type": "string", "nullable": true}`,
		`{"type": ["string", "null"], "nullable": true}`,
		`{"enum": ["x", "y"], "nullable": true}`,
		`{"type": "string", "enum": ["x"], "nullable": true}`,
		`{"const": "x", "nullable": true}`,
		`{"$ref": "#/definitions/S", "nullable": true}`,
		`{"allOf": [{"$ref": "#/definitions/S"}], "nullable": true}`,
		`{"anyOf": [{"type": "string", "minLength": 1}, {"type": "string", "pattern": "x"}], "nullable": true}`,
		`{"oneOf": [{"$ref": "#/definitions/S"}, {"type": "null"}]}`,
		`{"anyOf": [{"$ref": "#/definitions/S"}, {"type": "null"}], "nullable": true}`,
		`{"oneOf": [{"$ref": "#/definitions/S"}, {"type": "null"}], "nullable": true}`,
		`{"oneOf": [{"type": ["string", "null"], "minLength": 1}, {"type": ["integer", "null"]}], "nullable": true}`,
	} {
		for _, draft := range []string{"http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"} {
			e := parse(t, "Thing", fmt.Sprintf(`{"$schema": %q, "properties": {"a": %s}, "definitions": {"S": {"type": "string"}}}`, draft, property))
			if !e.Type.Fields[0].Nullable {
				t.Errorf("%s is not nullable", property)
			}
			for value, want := range map[any]int{nil: 0, "x": 0, true: 1} {
				if v := e.Validate(m{"a": value}); min(len(v), 1) != want {
					t.Errorf("%s of %s in %s: %v", property, text(t, value), draft, v)
				}
			}
		}
	}
}

func BenchmarkValidate(b *testing.B) {
	e := parse(b, "Person", person)
	doc := decode(b, `{"email": "a@example.com", "age": 3, "count": 1, "score": 1.5, "level": "gold", "code": "AB", "flag": true, "home": {"street": "x"}, "tags": ["a", "b"], "pay": {"by": "pix"}}`)
	b.ReportAllocs()
	for b.Loop() {
		if v := e.Validate(doc); len(v) > 0 {
			b.Fatal(v)
		}
	}
}

func TestFormats(t *testing.T) {
	for format, values := range map[string]struct{ valid, invalid []string }{
		"email": {[]string{"a@b.c", "john.doe+x@example.com", "o'neil@localhost"}, []string{"a", "a@", "@b", "a b@c.d", "a@b c", "a..b@c.d", "", "a@-b.c", "a@b..c", ".a@b.c", "a@b.c "}},
		"date":  {[]string{"2024-02-29"}, []string{"2023-02-29", "2024-2-9", "2024-13-01", "20240229", "2024-02-29T00:00:00Z"}},
		"time": {[]string{"10:00:00Z", "10:00:00.5+02:00", "23:59:60Z", "01:29:60+01:30", "15:59:60.5-08:00", "10:00:00z", "00:00:00-00:00"},
			[]string{"10:00", "25:00:00Z", "10:00:00", "24:00:00Z", "10:60:00Z", "10:00:61Z", "23:58:60Z", "23:59:60+01:00", "10:00:00,5Z", "10:00:00.Z", "1:00:00Z", "10:+1:00Z", "10:00:00+24:00", "10:00:00+01", "10:00:00+0100", "१०:00:00Z", "10:00:00Z "}},
		"date-time": {[]string{"2024-02-29T10:00:00Z", "2024-02-29T10:00:00.123-03:00", "1963-06-19t08:30:06.283185z", "1998-12-31T23:59:60Z", "1990-12-31t15:59:60.123456789-08:00", "0000-01-01T00:00:00Z"},
			[]string{"2024-02-29", "2024-02-29 10:00:00Z", "2023-02-29T10:00:00Z", "2024-02-29T10:00:00", "1998-12-31T23:59:61Z", "1998-12-31T22:59:60Z", "2024-02-29T10:00:00Z+01:00", "2024-060T10:00:00Z", "12024-01-01T00:00:00Z", "2024-02-29T1:00:00Z"}},
		"uri":          {[]string{"https://example.com/a?b#c", "urn:x:y", "mailto:a@b.c"}, []string{"/a", "example.com", "http://a b", "", "http://[::1"}},
		"uuid":         {[]string{"123e4567-e89b-12d3-a456-426614174000"}, []string{"123e4567e89b12d3a456426614174000", "x"}},
		"phone":        {[]string{"+5511999998888", "+4930123456"}, []string{"5511999998888", "+0123456789", "+12", "+1234567890123456", "+55 11 99999-8888"}},
		"country-code": {[]string{"BR", "DE", "US"}, []string{"br", "XX", "BRA", "", "A ", "UK"}},
		"decimal":      {[]string{"1", "-1.50", "12345678901234567890.12", "1e3"}, []string{"", ".5", "1,5", "0x10", "NaN", "1e5000", "1 "}},
		"duration":     {[]string{"P1D", "PT1H30M", "P2W"}, []string{"1D", "P", "PT"}},
		"ipv4":         {[]string{"127.0.0.1"}, []string{"127.0.0.256", "::1"}},
		"ipv6":         {[]string{"::1"}, []string{"127.0.0.1", ":::1"}},
		"hostname":     {[]string{"example.com"}, []string{"-a.b", "a b"}},

		"uri-reference": {[]string{"/a?b", "../x", "", "https://example.com"}, []string{"a b", "/<x>", "a^b"}},
		"iri":           {[]string{"https://example.com/é", "urn:x:y"}, []string{"/é", "https://example.com/a b"}},
		"iri-reference": {[]string{"/é"}, []string{"/é b"}},
	} {
		for _, draft := range []string{"http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2019-09/schema", "https://json-schema.org/draft/2020-12/schema"} {
			e := parse(t, "Thing", fmt.Sprintf(`{"$schema": %q, "properties": {"a": {"type": "string", "format": %q}}}`, draft, format))
			for _, v := range values.valid {
				if got := e.Validate(m{"a": v}); len(got) > 0 {
					t.Errorf("%s %q in %s: %v", format, v, draft, got)
				}
			}
			for _, v := range values.invalid {
				if got := e.Validate(m{"a": v}); len(got) != 1 || got[0].Rule != "format" {
					t.Errorf("%s %q in %s: %v", format, v, draft, got)
				}
			}
		}
	}
}

func TestNumericFormats(t *testing.T) {
	for format, values := range map[string]struct{ valid, invalid []json.Number }{
		"uint32": {[]json.Number{"0", "4294967295", "4.294967295e9"}, []json.Number{"-1", "4294967296"}},
		"uint64": {[]json.Number{"0", "9223372036854775807"}, []json.Number{"-1", "-9223372036854775808"}},
	} {
		for _, property := range []string{`{"type": "integer", "format": %q}`, `{"type": ["integer", "string"], "format": %q}`} {
			e := parse(t, "Thing", fmt.Sprintf(`{"properties": {"a": `+property+`}}`, format))
			for _, v := range values.valid {
				if got := e.Validate(m{"a": v}); len(got) > 0 {
					t.Errorf("%s %s: %v", format, v, got)
				}
			}
			for _, v := range values.invalid {
				if got := e.Validate(m{"a": v}); len(got) != 1 || got[0].Rule != "format" {
					t.Errorf("%s %s: %v", format, v, got)
				}
			}
		}
	}
	e := parse(t, "Thing", `{"properties": {"a": {"type": ["integer", "string"], "format": "uint64"}}}`)
	for v, faults := range map[json.Number]int{"18446744073709551615": 0, "18446744073709551616": 1} {
		if got := e.Validate(m{"a": v}); len(got) != faults {
			t.Errorf("%s: %v", v, got)
		}
	}
}

// TestHostileDocuments: validation ends soon, whatever the document.
func TestHostileDocuments(t *testing.T) {
	e := parse(t, "Thing", `{"properties": {
		"free": {}, "list": {"type": "array", "uniqueItems": true},
		"text": {"type": "string", "pattern": "^(([a-z]{0,20}){0,20}[^a]{0,20})*$"},
		"tree": {"$ref": "#/$defs/Tree"}},
		"$defs": {"Tree": {"type": "object", "properties": {"n": {"$ref": "#/$defs/Tree"}}}}}`)
	wide := parse(t, "Thing", `{"properties": {"many": {"type": "array", "items": {"anyOf": [`+many(900, `{"minLength": %d}`)+`], "type": "string"}}}}`)
	deep := any("x")
	for range 100_000 {
		deep = m{"n": deep}
	}
	var list, many, equal []any
	for i := range 100_000 {
		list = append(list, json.Number(fmt.Sprint(i)))
		many = append(many, "x")
		equal = append(equal, []any{})
	}
	if v := wide.Validate(m{"many": many}); len(v) != 1 || v[0].Rule != "size" {
		t.Errorf("alternatives: %v", v)
	}
	if v := wide.Validate(m{"many": many[:1000]}); len(v) != 0 {
		t.Errorf("alternatives: %v", v)
	}
	for name, c := range map[string]struct {
		doc  m
		rule string
	}{
		"deep and free": {m{"free": deep}, "depth"},
		"deep tree":     {m{"tree": deep}, "depth"},
		"long list":     {m{"list": list}, ""},
		"equal items":   {m{"list": equal}, "uniqueItems"},
		"long text":     {m{"text": strings.Repeat("a", 1<<20)}, "size"},
		"number":        {m{"free": json.Number(strings.Repeat("9", 1<<20))}, "number"},
		"exponent":      {m{"free": json.Number("1e10000000")}, "number"},
		"no number":     {m{"free": json.Number("NaN")}, "number"},
	} {
		got := ""
		if v := e.Validate(c.doc); len(v) > 0 {
			got = v[0].Rule
		}
		if got != c.rule {
			t.Errorf("%s: %q, want %q", name, got, c.rule)
		}
	}
}

func TestDefaultsAreFilledIn(t *testing.T) {
	e := parse(t, "Thing", `{"properties": {
		"a": {"type": "integer", "default": 3}, "b": {"type": ["string", "null"], "default": "x"},
		"o": {"type": "object", "properties": {"c": {"type": "array", "items": {"type": "string"}, "default": ["y"]}}},
		"l": {"type": "array", "items": {"type": "object", "properties": {"d": {"type": "boolean", "default": true}}}},
		"u": {"oneOf": [{"type": "object", "properties": {"t": {"const": "p"}, "e": {"type": "string", "default": "z"}}, "required": ["t"]},
			{"type": "object", "properties": {"t": {"const": "q"}}, "required": ["t"]}]}}}`)
	for doc, want := range map[string]string{
		`{}`:                               `{"a":3,"b":"x"}`,
		`{"a":1,"b":null,"o":{},"l":[{}]}`: `{"a":1,"b":null,"l":[{"d":true}],"o":{"c":["y"]}}`,
		`{"a":1,"b":"b","u":{"t":"p"}}`:    `{"a":1,"b":"b","u":{"e":"z","t":"p"}}`,
		`{"a":1,"b":"b","u":{"t":"q"}}`:    `{"a":1,"b":"b","u":{"t":"q"}}`,
	} {
		d := decode(t, doc)
		e.Defaults(d)
		if got := text(t, d); got != want {
			t.Errorf("%s became %s", doc, got)
		}
		if o, ok := d["o"].(m); ok { // what was filled in is the document's own
			o["c"].([]any)[0] = "changed"
		}
	}
}

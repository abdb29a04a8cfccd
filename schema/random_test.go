package schema_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/xeipuuv/gojsonschema"

	"github.com/profilegraph/profilegraph/schema"
)

// generator makes random schemas, within what every draft from 4 on has, and documents that are
// often valid for them.
type generator struct {
	*rand.Rand
	draft int
}

type m = map[string]any

var propertyNames = []string{"a", "b", "c", "long-name", "e"}

func pick[T any](g *generator, list ...T) T { return list[g.IntN(len(list))] }

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func (g *generator) root() m {
	s := g.object(3)
	s["definitions"] = m{"D": g.object(1), "S": g.scalar()}
	s["$schema"] = map[int]string{4: "http://json-schema.org/draft-04/schema#", 6: "http://json-schema.org/draft-06/schema#", 7: "http://json-schema.org/draft-07/schema#"}[g.draft]
	if s["$schema"] == "" {
		delete(s, "$schema")
	}
	return s
}

// member is one of several objects told apart by "t".
func (g *generator) member(tag string) m {
	return m{"type": "object", "required": []any{"t"}, "additionalProperties": g.chance(50),
		"properties": m{"t": m{"enum": []any{tag}}, "a": g.scalar(), tag: g.scalar()}}
}

func (g *generator) schema(depth int) m {
	var s m
	switch {
	case depth <= 0 || g.chance(55):
		s = g.scalar()
	case g.chance(35):
		s = g.array(depth)
	case g.chance(60):
		s = g.object(depth - 1)
	case g.chance(30):
		return m{"oneOf": []any{g.member("p"), g.member("q")}}
	case g.chance(50):
		return m{"$ref": pick(g, "#/definitions/D", "#/definitions/S")}
	default:
		s = m{"allOf": []any{m{"$ref": "#/definitions/S"}, m{"minLength": 1}}}
		return s
	}
	if t, ok := s["type"].(string); ok && g.chance(25) {
		s["type"] = []any{t, "null"}
	}
	if g.chance(10) {
		s["not"] = m{"enum": []any{pick[any](g, "x", 1, nil, true)}}
	}
	if g.chance(8) && s["enum"] == nil {
		s = m{"anyOf": []any{s, m{"type": "null"}}}
	}
	if g.draft >= 7 && g.chance(8) {
		s["if"] = m{"type": pick(g, "string", "number")}
		s["then"] = m{pick(g, "minLength", "maximum"): g.IntN(4)}
		s["else"] = m{"minProperties": g.IntN(2)}
	}
	return s
}

func (g *generator) scalar() m {
	switch g.IntN(6) {
	case 0:
		s := m{"type": "integer"}
		g.maybe(s, "minimum", g.IntN(5)-2)
		g.maybe(s, "maximum", g.IntN(5)+3)
		g.maybe(s, "multipleOf", g.IntN(3)+1)
		if g.draft >= 6 {
			g.maybe(s, "exclusiveMaximum", g.IntN(6)+4)
		} else if s["maximum"] != nil {
			g.maybe(s, "exclusiveMaximum", true)
		}
		return s
	case 1:
		s := m{"type": "number"}
		g.maybe(s, "minimum", float64(g.IntN(5))/2)
		g.maybe(s, "multipleOf", 0.5)
		return s
	case 2:
		return m{"type": "boolean"}
	case 3:
		return m{"enum": []any{"x", "y", "zzz", 1}[:1+g.IntN(4)]}
	case 4:
		if g.draft >= 6 && g.chance(30) {
			return m{"const": pick[any](g, "x", 1, true)}
		}
	}
	s := m{"type": "string"}
	g.maybe(s, "minLength", g.IntN(3))
	g.maybe(s, "maxLength", g.IntN(4)+2)
	g.maybe(s, "pattern", pick(g, "^[a-z]*$", "x", "^.{1,3}$"))
	return s
}

func (g *generator) maybe(s m, keyword string, v any) {
	if g.chance(30) {
		s[keyword] = v
	}
}

func (g *generator) array(depth int) m {
	s := m{"type": "array", "items": g.schema(depth - 1)}
	if g.chance(10) {
		delete(s, "items")
	}
	g.maybe(s, "minItems", g.IntN(2))
	g.maybe(s, "maxItems", g.IntN(3)+1)
	g.maybe(s, "uniqueItems", g.chance(50))
	if g.draft >= 6 {
		g.maybe(s, "contains", m{"type": pick(g, "string", "integer")})
	}
	return s
}

func (g *generator) object(depth int) m {
	props := m{}
	for _, name := range propertyNames {
		if g.chance(50) {
			props[name] = g.schema(depth)
		}
	}
	props[pick(g, propertyNames...)] = g.schema(depth)
	s := m{"type": "object", "properties": props}
	switch g.IntN(4) {
	case 0:
		s["additionalProperties"] = false
	case 1:
		s["additionalProperties"] = g.scalar()
	default:
		if g.draft != 2020 || g.chance(50) { // the second opinion has no 2020, nor our deviation
			s["additionalProperties"] = true
		}
	}
	if g.chance(15) {
		s["patternProperties"] = m{"^x": g.scalar()}
	}
	var required []any
	for name := range props {
		if g.chance(25) {
			required = append(required, name)
		}
	}
	if len(required) > 0 {
		slices.SortFunc(required, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
		s["required"] = required
	}
	g.maybe(s, "minProperties", g.IntN(2))
	g.maybe(s, "maxProperties", g.IntN(4)+3)
	if g.chance(10) {
		s["dependencies"] = m{"a": []any{"b"}}
	}
	return s
}

// value makes a value that may be valid for s.
func (g *generator) value(s, root m, depth int) any {
	if depth > 8 || g.chance(7) {
		return pick[any](g, "x", "", "abcd", 1, 2.5, -1, true, nil, []any{}, m{}, m{"a": 1})
	}
	if ref, ok := s["$ref"].(string); ok {
		return g.value(root["definitions"].(m)[strings.TrimPrefix(ref, "#/definitions/")].(m), root, depth+1)
	}
	if c, ok := s["const"]; ok {
		return c
	}
	if list, ok := s["enum"].([]any); ok && len(list) > 0 {
		return pick(g, list...)
	}
	for _, k := range []string{"anyOf", "allOf", "oneOf"} {
		if list, ok := s[k].([]any); ok {
			option := list[0]
			if k == "oneOf" {
				option = pick(g, list...)
			}
			return g.value(option.(m), root, depth+1)
		}
	}
	t, _ := s["type"].(string)
	if list, ok := s["type"].([]any); ok {
		t, _ = pick(g, list...).(string)
	}
	switch t {
	case "string":
		return pick(g, "x", "y", "xyz", "xx", "", "abcdef")
	case "integer":
		return g.IntN(9) - 3
	case "number":
		return float64(g.IntN(12)-3) / 2
	case "boolean":
		return g.chance(50)
	case "array":
		list := []any{}
		items, _ := s["items"].(m)
		for range g.IntN(4) {
			list = append(list, g.value(items, root, depth+1))
		}
		return list
	case "object":
		return g.document(s, root, depth)
	}
	return nil
}

func (g *generator) document(s, root m, depth int) m {
	doc := m{}
	required, _ := s["required"].([]any)
	for name, p := range s["properties"].(m) {
		if p, ok := p.(m); ok && (g.chance(50) || slices.Contains(required, any(name)) && g.chance(95)) {
			doc[name] = g.value(p, root, depth+1)
		}
	}
	if g.chance(15) {
		doc[pick(g, "a", "b", "xx", "other")] = pick[any](g, "x", 1, nil)
	}
	return doc
}

// mutate changes one thing somewhere in a schema.
func (g *generator) mutate(s m) {
	type site struct {
		in  m
		key string
	}
	var sites []site
	var visit func(s m)
	visit = func(s m) {
		for k, v := range s {
			if k == "$schema" || k == "definitions" && g.chance(0) {
				continue
			}
			sites = append(sites, site{s, k})
			switch v := v.(type) {
			case m:
				visit(v)
			case []any:
				for _, e := range v {
					if e, ok := e.(m); ok {
						visit(e)
					}
				}
			}
		}
	}
	visit(s)
	slices.SortFunc(sites, func(a, b site) int { return strings.Compare(a.key, b.key) })
	at := sites[g.IntN(len(sites))]
	switch v := at.in[at.key].(type) {
	case json.Number:
		at.in[at.key] = g.IntN(6)
	case bool:
		at.in[at.key] = !v
	case []any:
		if at.key == "oneOf" && g.chance(50) {
			more := g.member("r")
			if g.chance(30) { // one that takes what another took
				more["properties"].(m)["t"] = m{"enum": []any{"r", "p"}}
			}
			at.in[at.key] = append([]any{more}, v...)
		} else if len(v) > 1 && g.chance(50) {
			at.in[at.key] = v[:len(v)-1]
		} else {
			delete(at.in, at.key)
		}
	case m:
		if at.key == "properties" && g.chance(70) {
			v[pick(g, append(propertyNames, "xx", "other")...)] = g.schema(1)
			return
		}
		if v["type"] != nil || v["enum"] != nil || v["$ref"] != nil {
			at.in[at.key] = g.schema(1)
			return
		}
		for k, e := range g.scalar() {
			if k != "type" {
				v[k] = e
			}
		}
	case string:
		if at.key == "type" {
			at.in[at.key] = []any{v, "null"}
		} else if at.key == "pattern" {
			at.in[at.key] = "y"
		}
	}
}

func text(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestSecondOpinion holds our validation against an independent validator on schemas that are
// within what we map and say what they mean by undeclared properties.
func TestSecondOpinion(t *testing.T) {
	valid, invalid := 0, 0
	for seed := range uint64(300) {
		g := &generator{rand.New(rand.NewPCG(seed, 1)), []int{4, 6, 7}[seed%3]}
		root := g.root()
		doc := text(t, root)
		e, _, err := schema.Parse("Thing", []byte(doc), schema.Limits{})
		if err != nil {
			continue
		}
		other, err := gojsonschema.NewSchema(gojsonschema.NewStringLoader(doc))
		if err != nil {
			t.Fatalf("seed %d: accepted what the other validator refuses: %v\n%s", seed, err, doc)
		}
		for range 30 {
			instance := text(t, g.document(root, root, 0))
			result, err := other.Validate(gojsonschema.NewStringLoader(instance))
			if err != nil {
				t.Fatal(err)
			}
			violations := e.Validate(decode(t, instance))
			if result.Valid() {
				valid++
			} else {
				invalid++
			}
			if result.Valid() != (len(violations) == 0) {
				t.Fatalf("seed %d: ours %v, the other's %v\n%s\n%s", seed, violations, result.Errors(), doc, instance)
			}
		}
	}
	if valid < 500 || invalid < 500 {
		t.Errorf("the test has lost its teeth: %d valid, %d invalid", valid, invalid)
	}
}

// TestNarrowingIsFound checks the promise of Diff: whoever refuses a document that was accepted
// before has a finding.
func TestNarrowingIsFound(t *testing.T) {
	refused, silent := 0, 0
	for seed := range uint64(400) {
		g := &generator{rand.New(rand.NewPCG(seed, 2)), []int{4, 6, 7, 2020}[seed%4]}
		root := g.root()
		if g.draft == 2020 {
			delete(root, "dependencies")
		}
		from, _, err := schema.Parse("Thing", []byte(text(t, root)), schema.Limits{})
		if err != nil {
			continue
		}
		changed := decode(t, text(t, root))
		for range 1 + g.IntN(2) {
			g.mutate(changed)
		}
		to, _, err := schema.Parse("Thing", []byte(text(t, changed)), schema.Limits{})
		if err != nil {
			continue
		}
		findings := schema.Check(schema.Diff(from, to))
		if len(findings) == 0 {
			silent++
		}
		for range 40 {
			instance := text(t, g.document(root, root, 0))
			if len(from.Validate(decode(t, instance))) > 0 {
				continue
			}
			if v := to.Validate(decode(t, instance)); len(v) > 0 {
				refused++
				if len(findings) == 0 {
					t.Fatalf("seed %d: nothing found, yet %v\n%s\n%s\n%s", seed, v, text(t, root), text(t, changed), instance)
				}
			}
		}
		if again := schema.Diff(from, from); len(again) > 0 {
			t.Fatalf("seed %d: a schema differs from itself: %v", seed, again)
		}
	}
	if refused < 50 || silent < 20 {
		t.Errorf("the test has lost its teeth: %d documents refused, %d pairs without a finding", refused, silent)
	}
}

// TestStoredFormIsFaithful sends random valid documents through the stored form and back.
func TestStoredFormIsFaithful(t *testing.T) {
	for seed := range uint64(300) {
		g := &generator{rand.New(rand.NewPCG(seed, 3)), 7}
		root := g.root()
		e, _, err := schema.Parse("Thing", []byte(text(t, root)), schema.Limits{})
		if err != nil {
			continue
		}
		for range 10 {
			instance := text(t, g.document(root, root, 0))
			doc := decode(t, instance)
			raw, err := e.Encode(doc)
			if err != nil {
				t.Fatal(err)
			}
			back, err := e.Decode(raw)
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(canonical(back)); got != fmt.Sprint(canonical(doc)) {
				t.Fatalf("seed %d: %s came back as %s", seed, instance, got)
			}
		}
	}
}

// canonical gives numbers one spelling.
func canonical(v any) any {
	switch v := v.(type) {
	case m:
		c := m{}
		for k, e := range v {
			c[k] = canonical(e)
		}
		return c
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = canonical(e)
		}
		return list
	case json.Number:
		s, err := schema.Normalize("exact", v)
		if err != nil {
			return err
		}
		return s
	}
	return v
}

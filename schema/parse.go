package schema

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Parse reads the schema of the entity with the given name: a JSON Schema document, or a bundle,
// which is an array of documents of which the first is the entity's schema and the others are
// reached by $ref through their $id. It returns what its author should know of besides.
//
// The error is an *Invalid with all the problems found. Parse is bounded in time and memory by the
// limits, whatever the document.
func Parse(entity string, doc []byte, l Limits) (_ *Entity, _ []Warning, err error) {
	defer func() {
		// The validator and net/url are other people's code, run on hostile input.
		if r := recover(); r != nil {
			err = &Invalid{Problems: []Problem{{Message: "the document cannot be processed", Fix: "simplify it"}}}
		}
	}()
	l = l.withDefaults()
	if !entityName.MatchString(entity) {
		return nil, nil, refuse(Problem{Message: "the entity's name is not an upper-case letter followed by at most 62 letters and digits", Fix: "rename the entity"})
	}
	root, members, problem := readUpload(doc, l)
	if problem != nil {
		return nil, nil, refuse(*problem)
	}
	p := &parser{report: &report{members: members}, limits: l}
	e := p.entity(entity, root)
	if err := p.invalid(); err != nil {
		return nil, nil, err
	}
	return e, append(p.sortedWarnings(), lint(e)...), nil
}

func refuse(p Problem) error { return &Invalid{Problems: []Problem{p}} }

// readUpload decodes a document or a bundle. A bundle becomes one document that carries the others
// as definitions under their ids; members are these ids in order of the bundle.
func readUpload(doc []byte, l Limits) (root *object, members []string, _ *Problem) {
	v, problem := decodeJSON(doc, l)
	if problem != nil {
		return nil, nil, problem
	}
	switch v := v.(type) {
	case *object:
		return v, nil, nil
	case []any:
		return compound(v)
	}
	return nil, nil, &Problem{Message: "the document is not a JSON object", Fix: "send a JSON Schema, or an array of them"}
}

func compound(list []any) (*object, []string, *Problem) {
	if len(list) == 0 {
		return nil, nil, &Problem{Message: "the bundle is empty", Fix: "put the entity's schema first"}
	}
	first, ok := list[0].(*object)
	if !ok {
		return nil, nil, &Problem{Pointer: "/0", Message: "the entity's schema is not a JSON object", Fix: "put the entity's schema first"}
	}
	draft, known := draftOf(first.str("$schema"))
	if !known {
		draft = 2020
	}
	keyword := "$defs"
	if draft < 2019 {
		keyword = "definitions"
	}
	first = first.clone()
	defs := first.object(keyword)
	if defs == nil {
		defs = newObject()
	}
	defs = defs.clone()
	members := []string{""}
	for i, v := range list[1:] {
		at := "/" + strconv.Itoa(i+1)
		member, ok := v.(*object)
		if !ok {
			return nil, nil, &Problem{Pointer: at, Message: "a document of the bundle is not a JSON object", Fix: "send JSON Schemas"}
		}
		own := draft
		if d, ok := draftOf(member.str("$schema")); ok {
			own = d
		}
		id := strings.TrimSuffix(member.str(idKeyword(own)), "#")
		if id == "" {
			return nil, nil, &Problem{Pointer: at, Keyword: idKeyword(own), Message: "a document of the bundle has no id by which it could be referred to", Fix: "give it one"}
		}
		if defs.has(id) {
			return nil, nil, &Problem{Pointer: at, Keyword: idKeyword(own), Message: "another document or definition has the same id", Fix: "give each its own"}
		}
		defs.set(id, member)
		members = append(members, id)
	}
	if len(members) > 1 {
		first.set(keyword, defs)
	}
	return first, members, nil
}

// parser turns one document into an entity.
type parser struct {
	*report
	limits Limits
}

func (p *parser) entity(name string, root *object) *Entity {
	t := newTree(root, p.limits, p.report)
	if len(p.problems) > 0 && t.root == nil {
		return nil
	}
	if t.structureBroken() {
		return nil
	}
	work := t.checkCost()
	if t.structureBroken() {
		return nil
	}
	compiled, ok := compile(t)
	if !ok {
		return nil
	}
	check := &validator{work: work, program: t.largest}
	check.compiled.Store(compiled)
	defer check.compiled.Store(nil) // most schemas are looked at more often than written by
	b := newBuilder(t, name)
	e := &Entity{Name: name, Plural: defaultPlural(name), Many: true, Type: b.buildEntity(), Source: appendJSON(nil, root), check: check, members: p.members}
	if e.Type == nil {
		return nil
	}
	e.Description = e.Type.Description
	p.top(e, root)
	p.reserved(e, b)
	p.checkEndless(e, b)
	p.checkDefaults(e, b)
	p.checkDiscriminators(e.Type, b, map[*Type]bool{})
	p.deviation(b)
	return e
}

// structureBroken tells whether there are problems that make it useless, or dangerous, to go on.
func (t *tree) structureBroken() bool {
	return slices.ContainsFunc(t.problems, func(p Problem) bool {
		return isStandard(p.Keyword) || p.Keyword == ""
	})
}

// top reads the keywords that stand only at the top.
func (p *parser) top(e *Entity, root *object) {
	if n, ok := root.vals["documentTTL"].(json.Number); ok {
		days, _ := integral(n) // what is none is a problem already
		e.TTLDays = int(days)
	}
	if x := root.object("x-entity"); x != nil {
		e.Owner = x.str("owner")
		e.Many = x.str("cardinality") != "one"
		e.Plural = cmp.Or(x.str("plural"), e.Plural)
		if e.Owner == "" && x.has("cardinality") {
			p.problem("/x-entity", "x-entity", "name the owner, or drop cardinality", "cardinality is said of owned entities only")
		}
		if e.Owner == e.Name {
			p.problem("/x-entity", "x-entity", "name another owner", "an entity cannot own itself")
		}
	}
	if o := root.object("x-federation"); o != nil {
		e.Federation = readFederation(o, true, func(string, string) {}) // problems are told where it stands
	}
	keys := make(map[string]*Key)
	for _, keyword := range []string{"v-indexed", "v-unique"} {
		for i, v := range root.array(keyword) {
			name, _ := v.(string)
			at := "/" + keyword + "/" + strconv.Itoa(i)
			f := e.Type.property(name)
			switch {
			case f == nil:
				p.problem(at, keyword, "name a declared property", "names %q, which is no property at the top level", name)
			case f.Type.Kind != Enum && (f.Type.Kind != Scalar || f.Type.Name == JSON):
				p.problem(at, keyword, "name a string, a number, a boolean or an enum", "names %q, which is not a scalar", name)
			default:
				keys[name] = &Key{Field: f, Unique: keyword == "v-unique"}
			}
		}
	}
	for _, f := range e.Type.Fields {
		if k := keys[f.Property]; k != nil && f.Property != "" {
			e.Keys = append(e.Keys, *k)
		}
	}
	for _, f := range e.Type.Fields {
		if k := keys[f.Property]; f.Federation != nil && f.Federation.NoKey && (k == nil || !k.Unique) {
			p.warn("/properties/"+escapeToken(f.Property)+"/x-federation/key", "x-federation", "has no effect, since the property is not unique")
		}
	}
	if len(e.Keys) > maxKeys {
		p.problem("/v-indexed", "v-indexed", "index fewer", "more than %d properties are keys", maxKeys)
	}
}

// maxKeys is half of what a storage record can carry, so that key rotation has room.
const maxKeys = 32

// reserved refuses the names that the API gives to fields of its own.
func (p *parser) reserved(e *Entity, b *builder) {
	names := []string{"id", "meta"}
	if e.Owner != "" {
		names = append(names, lowerFirst(e.Owner), lowerFirst(e.Owner)+"Id")
	}
	for _, f := range e.Type.Fields {
		if slices.Contains(names, f.Name) {
			p.problem(b.origins[f], "properties", "rename the property", "the name %s is taken: the API gives a field of that name to every %s", f.Name, e.Name)
		}
	}
}

// deviation warns, once, of the one point in which we are stricter than JSON Schema.
func (p *parser) deviation(b *builder) {
	for _, n := range b.order {
		if n.obj == nil || !n.obj.has("properties") || n.obj.has("additionalProperties") || n.obj.has("unevaluatedProperties") || n.obj.has("patternProperties") {
			continue
		}
		if n == b.root || n.obj.str("type") == "object" {
			p.warn(n.ptr, "additionalProperties", "is absent: properties that are not declared are refused, here and in other objects like it; say true to accept them (they count as personal data)")
			return
		}
	}
}

func (t *Type) property(name string) *Field { return t.byProperty[name] }

// index prepares look-ups by property.
func (t *Type) index() {
	t.byProperty = make(map[string]*Field, len(t.Fields))
	for _, f := range t.Fields {
		if f != t.Extra {
			t.byProperty[f.Property] = f
		}
	}
}

// member returns the member of a union that a document's discriminator selects.
func (t *Type) member(doc map[string]any) *Type {
	tag, _ := doc[t.Discriminator].(string)
	return t.byTag[tag]
}

// checkDefaults refuses default values with which a document would be refused, and constants that their types cannot
// carry.
func (p *parser) checkDefaults(e *Entity, b *builder) {
	const fix, message = "correct it, or drop it", "the default does not satisfy its own schema"
	told := make(map[string]bool)
	for _, n := range b.order {
		if n.obj == nil {
			continue
		}
		d, ok := n.obj.get("default")
		if !ok || d == nil {
			continue
		}
		sub, err := b.compiler.Compile(b.root.base + "#" + encodeFragment(n.ptr))
		if err != nil || sub.Validate(plain(d)) != nil {
			p.problem(n.ptr+"/default", "default", fix, message)
			told[n.ptr] = true
		}
	}
	fault := func(t *Type, value any) string {
		v := validation{}
		if v.value(t, value, nil); value == nil || len(v.found) == 0 {
			return ""
		}
		if v.found[0].Path != "" { // which may hold what is in the value
			return "does not fit its type"
		}
		return v.found[0].Message
	}
	e.eachType(func(t *Type) {
		for _, f := range t.Fields {
			at := b.origins[f]
			if what := fault(f.Type, f.Default); what != "" && !told[at] {
				p.problem(at+"/default", "default", fix, "the default %s", what)
			}
			if what := fault(f.Type, f.Const); what != "" {
				p.problem(at, "const", "choose another value, or a type that can have it", "the constant %s", what)
			}
		}
	})
}

// checkDiscriminators refuses unions of which a masked document could not show the member. Within what is
// sensitive as a whole nothing is shown.
func (p *parser) checkDiscriminators(t *Type, b *builder, seen map[*Type]bool) {
	if seen[t] {
		return
	}
	seen[t] = true
	if t.Kind == List {
		p.checkDiscriminators(t.Elem, b, seen)
	}
	for _, m := range t.Members {
		if f := m.property(t.Discriminator); f != nil && f.Sensitive {
			keyword := "sensitive"
			if f.PII {
				keyword = "pii"
			}
			p.problem(b.origins[f], keyword, `drop the keyword here; if nobody is to see which alternative it is, say "sensitive": true of the property that holds them`,
				"the property that tells the alternatives apart cannot be a secret, since the name of the type tells it")
		}
		p.checkDiscriminators(m, b, seen)
	}
	for _, f := range t.Fields {
		if !f.Sensitive {
			p.checkDiscriminators(f.Type, b, seen)
		}
	}
}

func encodeFragment(ptr string) string {
	var b strings.Builder
	for i := range len(ptr) {
		c := ptr[i]
		if c == '/' || c == '~' || c == '-' || c == '.' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

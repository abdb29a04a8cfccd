package schema

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
)

// builder maps the schemas of a document onto types.
type builder struct {
	*tree
	shapes
	entity  string
	types   map[string]*Type  // by key: what is the same schema is the same type
	names   map[string]string // type name -> pointer to where it comes from
	scalars map[string]*Type
	origins map[*Field]string // where each field was declared
	demands map[*Field]string // where each required field is required
	fields  int
	tried   int // listed values that were tried on their schemas
}

func newBuilder(t *tree, entity string) *builder {
	return &builder{tree: t, shapes: shapes{byNode: map[*node]*shape{}}, entity: entity, types: map[string]*Type{}, names: map[string]string{},
		scalars: map[string]*Type{}, origins: map[*Field]string{}, demands: map[*Field]string{}}
}

// origins builds an accepted schema's type anew, with what tells where all in it comes from: only refusals
// need that.
func (e *Entity) origins() (*builder, *Type) {
	b := newBuilder(sourceTree(e), e.Name)
	return b, b.buildEntity()
}

// place is where a value stands: in a field of a type.
type place struct {
	parent string // the type's name
	field  string // the field's name, or a part of a name to be appended to the type's
	ptr    string
	depth  int
}

func (p place) typeName() string { return p.parent + pascal(p.field) }

// value is what a schema maps onto, with what the schema says of it beyond its type.
type value struct {
	typ       *Type
	nullable  bool
	sensitive bool // it, or a part of it that is no field, is declared so
	pii       bool
	open      bool // it can hold properties that nobody declared
}

const graphqlFix = `restructure it, or say "x-graphql": "JSON" beside it to have it as a JSON scalar`

func (b *builder) scalar(name string) *Type {
	t := b.scalars[name]
	if t == nil {
		t = &Type{Kind: Scalar, Name: name}
		b.scalars[name] = t
	}
	return t
}

// buildEntity maps the root.
func (b *builder) buildEntity() *Type {
	s := b.of(b.root)
	if s.allowed&objectKind == 0 {
		b.problem("", "type", `say "type": "object"`, "an entity is an object")
		return nil
	}
	props := s.properties()
	if len(props) == 0 {
		b.problem("", "properties", "declare its properties under `properties`", "an entity declares at least one property")
	}
	for _, g := range s.groups {
		if !b.onlyValidates(s, g) {
			b.problem(g.at.ptr+"/"+g.keyword, g.keyword, "declare all properties at the top, or make each alternative an entity", "an entity is one object, not one of several")
		}
	}
	b.contradict(s, "")
	t := &Type{Kind: Object, Name: b.entity, Description: b.description(s)}
	b.claim(b.entity, "")
	b.fillObject(t, s, props, place{parent: b.entity, ptr: ""})
	sensitive, _ := s.flag("sensitive")
	pii, _ := s.flag("pii")
	for _, f := range t.Fields {
		f.Sensitive = f.Sensitive || sensitive || pii
		f.PII = f.PII || pii
	}
	return t
}

func (b *builder) description(s *shape) string {
	if d := s.noteString("description"); d != "" {
		return d
	}
	return s.noteString("title")
}

// claim takes a name for a type.
func (b *builder) claim(name, ptr string) {
	if builtinTypes[name] && ptr == "" {
		b.problem(ptr, "x-entity", "rename the entity", "the API itself uses the name %s", name)
		return
	}
	if builtinTypes[name] {
		b.problem(ptr, keywordAt(ptr), "rename the property or the definition", "the type would be called %s, which the API itself uses", name)
		return
	}
	if other, taken := b.names[name]; taken {
		b.problem(ptr, keywordAt(ptr), "rename one of the two", "the type would be called %s, as the one from %q is", name, b.uploaded(other))
		return
	}
	b.names[name] = ptr
}

// named returns the type of a shape, made by make if it is met for the first time.
func (b *builder) namedType(kind Kind, s *shape, p place, fill func(t *Type)) *Type {
	key := string(rune('0'+kind)) + s.key()
	if t := b.types[key]; t != nil {
		return t
	}
	name, at := p.typeName(), p.ptr
	if d := s.definition(); d != nil {
		if n := b.definedName(d); n != "" {
			name, at = n, d.ptr
		}
	}
	t := &Type{Kind: kind, Name: name}
	b.types[key] = t
	b.claim(name, at)
	if d := s.definition(); d != nil && d.obj != nil {
		t.Description = d.obj.str("description")
	}
	fill(t)
	return t
}

// definedName is the type name of a definition, or "" if the node is none.
func (b *builder) definedName(n *node) string {
	if n == b.root {
		return b.entity + "Value"
	}
	tokens := strings.Split(n.ptr, "/")
	if len(tokens) < 3 {
		return ""
	}
	switch tokens[len(tokens)-2] {
	case "$defs", "definitions":
		return b.entity + definitionName(unescapeToken(tokens[len(tokens)-1]))
	}
	return ""
}

// value maps a shape that stands in a place.
func (b *builder) value(s *shape, p place) value {
	v := value{nullable: s.nullable()}
	v.sensitive, _ = s.flag("sensitive")
	v.pii, _ = s.flag("pii")
	b.conditional(s, func(n *node) {
		v.sensitive = v.sensitive || isTrue(n, "sensitive")
		v.pii = v.pii || isTrue(n, "pii")
	})
	if s.impossible() {
		keyword := "type"
		if len(s.asserting()) > 1 {
			keyword = "allOf"
		}
		b.problem(p.ptr, keyword, "let the schemas agree on a type", "no value satisfies all the schemas that apply here")
		v.typ = b.scalar(JSON)
		return v
	}
	if b.contradict(s, p.ptr) {
		v.typ = b.scalar(JSON)
		return v
	}
	if p.depth > b.limits.Depth {
		b.problem(p.ptr, "", "flatten it", "objects are nested deeper than %d levels", b.limits.Depth)
		v.typ = b.scalar(JSON)
		return v
	}
	if s.noteString("x-graphql") == JSON {
		return b.json(s, v)
	}
	for _, g := range s.groups {
		if b.onlyValidates(s, g) {
			continue
		}
		return b.alternatives(s, g, v, p)
	}
	return b.single(s, v, p)
}

// json maps a shape onto a JSON scalar. Whatever in it may be sensitive makes all of it so.
func (b *builder) json(s *shape, v value) value {
	v.typ = b.scalar(JSON)
	seen := make(map[*node]bool)
	var scan func(n *node)
	scan = func(n *node) {
		if seen[n] || n.obj == nil {
			return
		}
		seen[n] = true
		v.pii = v.pii || isTrue(n, "pii")
		v.sensitive = v.sensitive || isTrue(n, "sensitive")
		if n.ref != nil {
			scan(n.ref)
		}
		for key, k := range n.kids {
			if keyword, _, _ := strings.Cut(key, "/"); !neverApplied[keyword] {
				scan(k)
			}
		}
	}
	for _, c := range s.all {
		scan(c.node)
	}
	v.open = s.allowed&(objectKind|arrayKind) != 0
	return v
}

// single maps a shape without alternatives.
func (b *builder) single(s *shape, v value, p place) value {
	if values, at := b.enumeration(s); values != nil {
		if t := b.enum(s, values, at, p); t != nil {
			v.typ = t
			return v
		}
		return b.json(s, v)
	}
	switch s.allowed &^ nullKind {
	case stringKind:
		v.typ = b.scalar(b.stringScalar(s))
	case boolKind:
		v.typ = b.scalar(Boolean)
	case intKind:
		v.typ = b.scalar(integerScalar(s))
	case numberKind, fracKind:
		v.typ = b.numberType(s)
	case arrayKind:
		return b.array(s, v, p)
	case objectKind:
		props := s.properties()
		if len(props) == 0 {
			return b.json(s, v)
		}
		v.typ = b.namedType(Object, s, p, func(t *Type) { b.fillObject(t, s, props, p) })
	default:
		return b.json(s, v)
	}
	return v
}

func (b *builder) stringScalar(s *shape) string {
	format, at := b.format(s)
	if format == "" {
		return String
	}
	f, ok := formats[format]
	if !ok {
		b.warn(at.ptr+"/format", "format", "is not a format that this server knows; it is not checked")
		return String
	}
	if f.numeric {
		return String
	}
	return f.scalar
}

func (b *builder) format(s *shape) (string, *node) {
	for _, n := range s.asserting() {
		if f := n.obj.str("format"); f != "" {
			return f, n
		}
	}
	return "", nil
}

// numberType is Float, or Decimal where the format asks for it.
func (b *builder) numberType(s *shape) *Type {
	format, at := b.format(s)
	switch format {
	case "decimal":
		t := b.scalars["decimal number"]
		if t == nil {
			t = &Type{Kind: Scalar, Name: Decimal, Numeric: true}
			b.scalars["decimal number"] = t
		}
		return t
	case "", "float", "double":
	default:
		b.warn(at.ptr+"/format", "format", "is not a format of numbers; it is not checked")
	}
	return b.scalar(Float)
}

func integerScalar(s *shape) string {
	for _, n := range s.asserting() {
		switch n.obj.str("format") {
		case "int64", "long", "uint32", "uint64":
			return Long
		case "int32":
			return Int
		}
	}
	for _, n := range s.asserting() {
		for _, k := range []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"} {
			if bound, ok := n.obj.vals[k].(json.Number); ok {
				if f, err := bound.Float64(); err != nil || f > math.MaxInt32+1 || f < math.MinInt32-1 {
					return Long
				}
				if i, ok := integral(bound); ok && (k == "minimum" || k == "maximum") && (i > math.MaxInt32 || i < math.MinInt32) {
					return Long
				}
			}
		}
	}
	return Int
}

func (b *builder) array(s *shape, v value, p place) value {
	var items []*node
	tuple := false
	for _, n := range s.asserting() {
		if n.obj.has("prefixItems") && n.draft >= 2020 || n.obj.array("items") != nil {
			tuple = true
		}
		if k := n.kid("items"); k != nil {
			items = append(items, k)
		}
	}
	elem := value{typ: b.scalar(JSON), nullable: true, open: true}
	switch {
	case tuple:
		whole := b.json(s, value{})
		elem.sensitive, elem.pii = whole.sensitive, whole.pii
		elem.open = b.openTuple(s)
	case len(items) > 0:
		p.depth++
		p.ptr = items[0].ptr
		elem = b.value(b.of(items...), p)
	}
	v.typ = &Type{Kind: List, Elem: elem.typ, ElemNullable: elem.nullable}
	v.sensitive = v.sensitive || elem.sensitive
	v.pii = v.pii || elem.pii
	v.open = elem.open
	return v
}

// openTuple tells whether a tuple may hold objects, in places declared or not.
func (b *builder) openTuple(s *shape) bool {
	for _, n := range s.asserting() {
		rest := n.kid("items")
		if n.draft < 2020 {
			rest = n.kid("additionalItems")
		}
		if rest == nil {
			return true
		}
		for _, k := range append(append(n.list("prefixItems"), n.list("items")...), rest) {
			if b.of(k).allowed&(objectKind|arrayKind) != 0 {
				return true
			}
		}
	}
	return false
}

// fillObject adds the fields of an object's properties.
func (b *builder) fillObject(t *Type, s *shape, props []property, p place) {
	required := s.required()
	byName := make(map[string]string)
	declared := make(map[string]bool)
	for _, prop := range props {
		declared[prop.name] = true
		at := prop.nodes[0].ptr
		fieldShape := b.of(prop.nodes...)
		if slices.ContainsFunc(prop.nodes, func(n *node) bool { return n.never }) {
			continue // must not be there, so it is no field
		}
		if b.fields++; b.fields == b.limits.Fields+1 {
			b.problem(at, "properties", "split the document into entities of their own", "the types have more than %d fields", b.limits.Fields)
		}
		if b.fields > b.limits.Fields {
			return
		}
		f := b.field(prop.name, fieldShape, place{parent: t.Name, field: prop.name, ptr: at, depth: p.depth + 1})
		f.Required = required[prop.name] != nil
		if f.Required && f.ReadOnly && f.Default == nil && !f.Fixed() {
			b.problem(at, "readOnly", "give it a default, or drop readOnly or required", "is required, but no client can provide it")
		}
		if strings.ContainsRune(prop.name, 0) {
			b.problem(at, "properties", "rename it", "the name of a property contains NUL")
		}
		if other, taken := byName[f.Name]; taken {
			b.problem(at, "properties", "rename one of the two", "maps onto the GraphQL name %s, as %q does", f.Name, b.uploaded(other))
			continue
		}
		byName[f.Name] = at
		b.origins[f] = at
		if f.Required {
			b.demands[f] = required[prop.name].ptr + "/required"
		}
		b.overlay(s, prop.name, f)
		f.Slot = len(t.Fields)
		t.Fields = append(t.Fields, f)
	}
	for name, n := range required {
		if !declared[name] {
			if open, _ := s.open(); !open {
				b.problem(n.ptr+"/required", "required", "declare it under properties", "requires %q, which is not declared", name)
			}
		}
	}
	b.warnUndeclared(s, declared)
	b.extra(t, s, byName)
	t.index()
}

// overlay makes a field as sensitive as any schema applied to the same object says, even one that
// applies only under a condition.
func (b *builder) overlay(s *shape, name string, f *Field) {
	b.conditional(s, func(n *node) {
		k := n.kids["properties/"+name]
		if k == nil {
			return
		}
		for _, c := range b.of(k).all {
			if c.obj != nil {
				f.PII = f.PII || isTrue(c.node, "pii")
				f.Sensitive = f.Sensitive || isTrue(c.node, "sensitive") || f.PII
			}
		}
	})
}

func (b *builder) warnUndeclared(s *shape, declared map[string]bool) {
	open, _ := s.open()
	b.conditional(s, func(n *node) {
		for _, prop := range n.named("properties") {
			if !declared[prop.name] && !prop.node.never && !open {
				b.warn(prop.node.ptr, "properties", "is declared under a condition only, so it is refused in documents; declare it among the object's own properties, too")
			}
		}
	})
}

// conditional yields the schemas that apply to the same value as s, but not always.
func (b *builder) conditional(s *shape, yield func(n *node)) {
	seen := make(map[*node]bool)
	for _, c := range s.all {
		seen[c.node] = true
	}
	for _, r := range s.rivals {
		for _, c := range r.all {
			seen[c.node] = true
		}
	}
	var visit func(n *node)
	visit = func(n *node) {
		if seen[n] || n.obj == nil {
			return
		}
		seen[n] = true
		yield(n)
		n.same(visit)
	}
	for _, c := range s.all {
		if c.obj != nil {
			c.same(visit)
		}
	}
}

// extra adds the field that carries undeclared properties, where they are allowed.
func (b *builder) extra(t *Type, s *shape, byName map[string]string) {
	open, schemas := s.open()
	if !open {
		return
	}
	const name = "additionalProperties"
	if other, taken := byName[name]; taken {
		b.problem(other, "properties", `rename it, or say "additionalProperties": false`, "collides with the field that carries undeclared properties")
		return
	}
	f := &Field{Name: name, Type: b.scalar(JSON), Nullable: true, Slot: len(t.Fields),
		Description: "Properties that the schema does not declare, by name."}
	f.Sensitive, f.PII = b.undeclaredFlags(schemas)
	t.Extra = f
	t.Fields = append(t.Fields, f)
}

// undeclaredFlags classifies undeclared properties: personal data, unless each of the schemas that
// let them in says otherwise.
func (b *builder) undeclaredFlags(schemas []*node) (sensitive, pii bool) {
	for _, n := range schemas {
		s := b.of(n)
		v := b.json(s, value{})
		_, notPII := s.flag("pii")
		_, notSensitive := s.flag("sensitive")
		pii = pii || v.pii || !notPII
		sensitive = sensitive || v.sensitive || !notSensitive
	}
	return sensitive || pii, pii
}

// field maps one property.
func (b *builder) field(name string, s *shape, p place) *Field {
	v := b.value(s, p)
	f := &Field{
		Name: graphqlName(name), Property: name, Type: v.typ, Nullable: v.nullable,
		Sensitive: v.sensitive || v.pii, PII: v.pii,
		Mask: s.noteString("x-mask"), Title: s.noteString("title"), Description: s.noteString("description"),
	}
	f.ReadOnly, _ = s.flag("readOnly")
	if said, _ := s.note("x-federation"); said != nil {
		if o, ok := said.(*object); ok {
			f.Federation = readFederation(o, false, func(string, string) {}) // problems are told where it stands
		}
	}
	f.Format, _ = b.format(s)
	if v.open {
		// Nobody declared what is inside, so it counts as personal data unless the schema says no.
		maps := slices.Clone(s.all)
		if _, schemas := s.open(); len(s.properties()) == 0 {
			for _, n := range schemas {
				maps = append(maps, conjunct{node: n})
			}
		}
		if elem := b.elements(s); elem != nil {
			maps = append(maps, elem.all...)
		}
		declared := &shape{all: maps}
		_, notPII := declared.flag("pii")
		_, notSensitive := declared.flag("sensitive")
		f.PII = f.PII || !notPII
		f.Sensitive = f.Sensitive || f.PII || !notSensitive
	}
	for _, n := range s.asserting() {
		if c, ok := n.obj.get("const"); ok && c != nil && n.draft >= 6 {
			f.Const = plain(c)
			break
		}
	}
	if d, at := s.note("default"); at != nil && d != nil {
		f.Default = plain(d)
	}
	if list, ok := plainNote(s, "examples").([]any); ok {
		f.Examples = list
	}
	switch d, _ := s.note("deprecated"); d := d.(type) {
	case string:
		f.Deprecated = d
	case bool:
		if d {
			f.Deprecated = "No longer supported"
		}
	}
	if f.Mask != "" {
		if !maskFits(f.Mask, f.Type) {
			b.problem(p.ptr, "x-mask", "choose another, or null", "%s does not fit the type", f.Mask)
		} else if !f.Sensitive {
			b.warn(p.ptr, "x-mask", "has no effect, since the property is not sensitive")
		}
	}
	f.Normalize = b.normalization(s, f, p)
	return f
}

func plainNote(s *shape, keyword string) any {
	v, _ := s.note(keyword)
	return plain(v)
}

func (b *builder) elements(s *shape) *shape {
	var items []*node
	for _, n := range s.asserting() {
		if k := n.kid("items"); k != nil {
			items = append(items, k)
		}
	}
	if len(items) == 0 || s.allowed&^nullKind != arrayKind {
		return nil
	}
	return b.of(items...)
}

func (b *builder) normalization(s *shape, f *Field, p place) string {
	kind := s.noteString("x-normalize")
	simple := f.Type.Kind == Enum || f.Type.Kind == Scalar && f.Type.Name != JSON
	if kind != "" {
		if !simple || kind != "exact" && (f.Type.Kind == Enum || f.Type.Name == Boolean || f.Type.Name == Float) {
			b.problem(p.ptr, "x-normalize", "drop it", "%s does not fit the type", kind)
		}
		return kind
	}
	switch {
	case !simple:
		return ""
	case f.Type.Name == EmailAddress:
		return "email"
	case f.Type.Name == PhoneNumber:
		return "phone"
	}
	return "exact"
}

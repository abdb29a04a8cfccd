package schema

import (
	"encoding/json"
	"math"
	"strings"
)

// onlyValidates tells whether the alternatives of a group say nothing about the type that the
// schemas beside them do not say already, so that they matter to validation alone.
func (b *builder) onlyValidates(s *shape, g group) bool {
	base := &shape{allowed: anyKind}
	for _, n := range s.asserting() {
		base.all = append(base.all, conjunct{node: n})
		if v, ok := n.obj.get("type"); ok {
			base.restrict(typeSet(v))
		}
	}
	declared := make(map[string]bool)
	for _, p := range base.properties() {
		declared[p.name] = true
	}
	if len(declared) > 0 && base.allowed&objectKind != 0 {
		base.allowed = objectKind
	}
	kind := base.allowed &^ nullKind
	if kind == anyKind&^nullKind || kind&(kind-1) != 0 && kind != numberKind {
		return false
	}
	if values, _ := b.enumeration(base); kind&(objectKind|arrayKind) == 0 && values == nil {
		enums := true
		for _, o := range g.options {
			values, _ := b.listed(o)
			enums = enums && values != nil
		}
		if enums {
			return false // together they are an enum
		}
	}
	for _, o := range g.options {
		if !b.addsNothing(o, kind, declared) {
			return false
		}
	}
	return true
}

func (b *builder) addsNothing(o *shape, kind kinds, declared map[string]bool) bool {
	if kind == arrayKind {
		for _, n := range o.asserting() {
			if n.obj.has("items") || n.obj.has("prefixItems") {
				return false
			}
		}
	}
	for _, p := range o.properties() {
		if !declared[p.name] {
			return false
		}
	}
	if open, _ := o.open(); open {
		return false
	}
	for _, g := range o.groups {
		for _, inner := range g.options {
			if !b.addsNothing(inner, kind, declared) {
				return false
			}
		}
	}
	return true
}

func typeSet(v any) kinds {
	var set kinds
	switch v := v.(type) {
	case string:
		set = kindNames[v]
	case []any:
		for _, e := range v {
			name, _ := e.(string)
			set |= kindNames[name]
		}
	}
	return set
}

// alternatives maps an anyOf or oneOf that decides about the type.
func (b *builder) alternatives(s *shape, g group, v value, p place) value {
	at := g.at.ptr + "/" + g.keyword
	// What stands beside the group applies to each alternative, and so do other groups.
	options := make([]*shape, len(g.options))
	var all kinds
	for i, o := range g.options {
		options[i] = b.beside(s, g, o)
		all |= options[i].allowed &^ nullKind
		yes, _ := o.flag("sensitive")
		pii, _ := o.flag("pii")
		v.sensitive, v.pii = v.sensitive || yes, v.pii || pii
	}
	for _, o := range options {
		if len(o.groups) > 0 && !b.allValidate(o) && all&(objectKind|arrayKind) != 0 {
			b.problem(at, g.keyword, graphqlFix, "alternatives within alternatives cannot be mapped onto a type")
			v.typ = b.scalar(JSON)
			return v
		}
	}
	switch {
	case all == objectKind:
		return b.union(s, g, options, v, p)
	case all&(objectKind|arrayKind) == 0:
		return b.commonScalar(s, options, v, p)
	}
	b.problem(at, g.keyword, graphqlFix, "the alternatives are of different kinds and cannot be mapped onto one type")
	v.typ = b.scalar(JSON)
	return v
}

func (b *builder) allValidate(s *shape) bool {
	for _, g := range s.groups {
		if !b.onlyValidates(s, g) {
			return false
		}
	}
	return true
}

// beside merges one alternative with what stands beside its group.
func (b *builder) beside(s *shape, g group, o *shape) *shape {
	m := &shape{start: o.start, allowed: s.allowed & o.allowed, explicit: s.explicit || o.explicit, rivals: g.options}
	seen := make(map[*node]bool)
	for _, list := range [][]conjunct{o.all, s.all} {
		for _, c := range list {
			if !seen[c.node] && !(c.node == g.at && c.onlySays(g.keyword)) {
				seen[c.node] = true
				m.all = append(m.all, c)
			}
		}
	}
	m.groups = append(m.groups, o.groups...)
	for _, other := range s.groups {
		if other.at != g.at || other.keyword != g.keyword {
			m.groups = append(m.groups, other)
		}
	}
	return m
}

// commonScalar finds the one scalar or enum that holds the values of all the alternatives.
func (b *builder) commonScalar(s *shape, options []*shape, v value, p place) value {
	var union []any
	var ats []*node
	enums := true
	names := make(map[string]*Type)
	for _, o := range options {
		values, at := b.listed(o)
		if values == nil {
			enums = false
			inner := b.value(o, p)
			v.sensitive, v.pii = v.sensitive || inner.sensitive, v.pii || inner.pii
			key := inner.typ.Name
			if inner.typ.Numeric {
				key += " number"
			}
			names[key] = inner.typ
			continue
		}
		for _, e := range values {
			union, ats = append(union, e), append(ats, at)
		}
	}
	if enums {
		if t := b.enumAt(s, union, ats, p); t != nil {
			v.typ = t
			return v
		}
		return b.json(s, v)
	}
	for _, e := range union {
		switch kindOf(e) {
		case stringKind:
			names[String] = b.scalar(String)
		case intKind:
			names[integerName(e.(json.Number))] = b.scalar(integerName(e.(json.Number)))
		case fracKind:
			names[Float] = b.scalar(Float)
		case boolKind:
			names[Boolean] = b.scalar(Boolean)
		}
	}
	v.typ = b.widest(names)
	return v
}

func integerName(n json.Number) string {
	if i, ok := integral(n); ok && i >= math.MinInt32 && i <= math.MaxInt32 {
		return Int
	}
	return Long
}

// widest is the scalar that can stand for all of the named ones.
func (b *builder) widest(types map[string]*Type) *Type {
	if len(types) == 1 {
		for _, t := range types {
			return t
		}
	}
	text, number := 0, 0
	for key, t := range types {
		switch {
		case t.Kind == Enum || key == JSON || key == Boolean:
		case key == Int || key == Long || key == Float:
			number++
		case !t.Numeric:
			text++
		}
	}
	switch {
	case text == len(types):
		return b.scalar(String)
	case number == len(types) && types[Float] != nil:
		return b.scalar(Float)
	case number == len(types):
		return b.scalar(Long)
	}
	return b.scalar(JSON)
}

// union maps alternatives that are objects, told apart by a property.
func (b *builder) union(s *shape, g group, options []*shape, v value, p place) value {
	at := g.at.ptr + "/" + g.keyword
	property, tags := discriminator(g, options)
	if property == "" {
		b.problem(at, g.keyword, `give each alternative one required property with a "const" of its own, or say "x-graphql": "JSON" beside it`,
			"the alternatives are objects, and no property tells them apart")
		v.typ = b.scalar(JSON)
		return v
	}
	v.typ = b.namedType(Union, s, p, func(t *Type) {
		t.Discriminator = property
		t.byTag = make(map[string]*Type)
		for i, o := range options {
			at := place{parent: t.Name, field: tags[i][0], ptr: g.options[i].start[0].ptr, depth: p.depth + 1}
			m := b.namedType(Object, o, at, func(m *Type) { b.fillObject(m, o, o.properties(), at) })
			if m.Tags == nil {
				m.Tags = tags[i]
			}
			for _, tag := range tags[i] {
				t.byTag[tag] = m
			}
			t.Members = append(t.Members, m)
		}
	})
	return v
}

// discriminator finds the property by which objects are told apart, and the values that select
// each.
func discriminator(g group, options []*shape) (string, [][]string) {
	var names []string
	mapping := (*object)(nil)
	if d := g.at.obj.object("discriminator"); d != nil {
		names = append(names, d.str("propertyName"))
		mapping = d.object("mapping")
	}
	for _, p := range options[0].properties() {
		names = append(names, p.name)
	}
next:
	for i, name := range names {
		tags := make([][]string, len(options))
		seen := make(map[string]bool)
		for j, o := range options {
			tags[j] = o.tags(name)
			if tags[j] == nil && i == 0 && g.at.obj.object("discriminator") != nil && o.declares(name) {
				tags[j] = mapped(mapping, g.options[j])
			}
			if len(tags[j]) == 0 {
				continue next
			}
			for _, tag := range tags[j] {
				if seen[tag] {
					continue next
				}
				seen[tag] = true
			}
		}
		return name, tags
	}
	return "", nil
}

func (s *shape) declares(name string) bool {
	for _, p := range s.properties() {
		if p.name == name {
			return true
		}
	}
	return false
}

// tags are the strings that a property of the shape is limited to.
func (s *shape) tags(name string) []string {
	var tags []string
	for _, p := range s.properties() {
		if p.name != name {
			continue
		}
		for _, n := range p.nodes {
			for n.ref != nil && n.obj != nil && !n.obj.has("const") && !n.obj.has("enum") {
				n = n.ref
			}
			if n.obj == nil {
				continue
			}
			list := n.obj.array("enum")
			if c, ok := n.obj.get("const"); ok && n.draft >= 6 {
				list = []any{c}
			}
			var found []string
			for _, e := range list {
				text, ok := e.(string)
				if !ok {
					found = nil
					break
				}
				found = append(found, text)
			}
			if tags == nil || len(found) > 0 && len(found) < len(tags) {
				tags = found
			}
		}
	}
	return tags
}

// mapped are the tags that OpenAPI's discriminator gives an alternative: those of its mapping, or
// else the definition's name.
func mapped(mapping *object, option *shape) []string {
	start := option.start[0]
	if start.obj == nil {
		return nil
	}
	ref := start.obj.str("$ref")
	var tags []string
	if mapping != nil {
		for _, k := range mapping.keys {
			if to := mapping.str(k); to != "" && to == ref {
				tags = append(tags, k)
			}
		}
	}
	if len(tags) == 0 && ref != "" {
		tags = []string{unescapeToken(ref[strings.LastIndex(ref, "/")+1:])}
	}
	return tags
}

// enumeration is the list of values that the shape is limited to by enum, null left out; nil if
// it is not.
func (b *builder) enumeration(s *shape) ([]any, *node) {
	var values []any
	var at *node
	for _, n := range s.asserting() {
		list, ok := n.obj.vals["enum"].([]any)
		if c, isConst := n.obj.get("const"); isConst && n.draft >= 6 && at != nil {
			list, ok = []any{c}, true
		}
		if !ok {
			continue
		}
		if at == nil {
			at = n
			values = []any{}
			seen := make(map[string]bool)
			for _, e := range list {
				if key := valueKey(e); e != nil && s.allowed&kindOf(e) != 0 && !seen[key] {
					seen[key] = true
					values = append(values, e)
				}
			}
			continue
		}
		other := make(map[string]bool)
		for _, e := range list {
			other[valueKey(e)] = true
		}
		both := values[:0]
		for _, e := range values {
			if other[valueKey(e)] {
				both = append(both, e)
			}
		}
		values = both
	}
	return values, at
}

// listed is the enumeration of an alternative. There a const counts, too: several of them are the
// way to write an enum whose values have descriptions. A const by itself is no enum.
func (b *builder) listed(s *shape) ([]any, *node) {
	if values, at := b.enumeration(s); values != nil {
		return values, at
	}
	for _, n := range s.asserting() {
		if c, ok := n.obj.get("const"); ok && n.draft >= 6 && c != nil {
			return []any{c}, n
		}
	}
	return nil, nil
}

func (b *builder) enum(s *shape, values []any, at *node, p place) *Type {
	ats := make([]*node, len(values))
	for i := range ats {
		ats[i] = at
	}
	return b.enumAt(s, values, ats, p)
}

// enumAt makes an enum of values, each declared at a node; nil if they are not all scalars.
func (b *builder) enumAt(s *shape, values []any, ats []*node, p place) *Type {
	if len(values) == 0 {
		return nil
	}
	for _, v := range values {
		if kindOf(v)&(arrayKind|objectKind) != 0 {
			return nil
		}
	}
	return b.namedType(Enum, s, p, func(t *Type) {
		byName := make(map[string]bool)
		seen := make(map[string]bool)
		for i, v := range values {
			if key := valueKey(v); seen[key] {
				continue
			} else {
				seen[key] = true
			}
			e := EnumValue{Name: enumName(scalarText(v)), Value: v}
			if n, ok := v.(json.Number); ok {
				if whole, ok := integral(n); ok {
					e.Value = whole
				} else if f, ok := exactFloat(n); ok {
					e.Value = f
				} else {
					b.problem(ats[i].ptr+"/enum", "enum", "write it as a string", "a number has more digits than 64 bits of floating point hold")
					continue
				}
			}
			if ats[i].obj.has("const") {
				e.Description = ats[i].obj.str("description")
				if e.Description == "" {
					e.Description = ats[i].obj.str("title")
				}
				switch d := ats[i].obj.vals["deprecated"].(type) {
				case string:
					e.Deprecated = d
				case bool:
					if d {
						e.Deprecated = "No longer supported"
					}
				}
			}
			if byName[e.Name] {
				b.problem(ats[i].ptr+"/enum", "enum", "rename one of them, or use a string with a pattern", "two values map onto the GraphQL name of one")
				continue
			}
			byName[e.Name] = true
			t.Values = append(t.Values, e)
		}
	})
}

// scalarText is the text of a scalar JSON value.
func scalarText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		if v {
			return "true"
		}
		return "false"
	case json.Number:
		return canonicalNumber(string(v))
	}
	return ""
}

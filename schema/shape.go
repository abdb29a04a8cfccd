package schema

import (
	"encoding/json"
	"slices"
	"strings"
)

// kinds is a set of kinds of JSON values.
type kinds uint8

const (
	nullKind kinds = 1 << iota
	boolKind
	intKind // whole numbers
	fracKind
	stringKind
	arrayKind
	objectKind

	numberKind = intKind | fracKind
	anyKind    = nullKind | boolKind | numberKind | stringKind | arrayKind | objectKind
)

var kindNames = map[string]kinds{"null": nullKind, "boolean": boolKind, "integer": intKind, "number": numberKind,
	"string": stringKind, "array": arrayKind, "object": objectKind}

func kindOf(v any) kinds {
	switch v := v.(type) {
	case nil:
		return nullKind
	case bool:
		return boolKind
	case string:
		return stringKind
	case json.Number:
		if _, digits, exp := decompose(string(v)); digits == "" || exp >= 0 {
			return intKind
		}
		return fracKind
	case []any:
		return arrayKind
	}
	return objectKind
}

// conjunct is one of the schemas that all apply to a value. Of one that is noteOnly only the
// annotations and our own vocabulary count: the draft ignores the rest beside $ref.
type conjunct struct {
	*node
	noteOnly bool
}

// shape is what several schemas, applied together, say about a value: allOf and $ref are merged,
// and alternatives of which only one is not null are decided.
type shape struct {
	start    []*node
	all      []conjunct // outermost first
	groups   []group    // alternatives that are left
	allowed  kinds
	explicit bool     // some keyword says which kinds are allowed; otherwise they are inferred
	rivals   []*shape // of an alternative: all alternatives of its group
}

// group is an anyOf or oneOf with at least two alternatives besides null.
type group struct {
	at      *node
	keyword string
	options []*shape
}

type shapes struct {
	byNode map[*node]*shape
}

// of merges schemas that all apply. References do not loop, see checkCost.
func (c *shapes) of(nodes ...*node) *shape {
	if len(nodes) == 1 {
		if s := c.byNode[nodes[0]]; s != nil {
			return s
		}
	}
	s := &shape{start: nodes, allowed: anyKind}
	seen := make(map[*node]bool)
	for _, n := range nodes {
		c.add(s, n, seen)
	}
	if !s.explicit {
		s.infer()
	}
	if len(nodes) == 1 {
		c.byNode[nodes[0]] = s
	}
	return s
}

func (c *shapes) add(s *shape, n *node, seen map[*node]bool) {
	if seen[n] {
		return
	}
	seen[n] = true
	s.all = append(s.all, conjunct{n, n.refOnly()})
	if n.obj == nil {
		if n.never {
			s.restrict(0)
		}
		return
	}
	if n.ref != nil {
		if isTrue(n, "nullable") { // the rewriting for the validator lets null past the reference
			inner := c.of(n.ref)
			s.merge(inner, seen)
			if inner.explicit {
				s.restrict(inner.allowed | nullKind)
			}
		} else {
			c.add(s, n.ref, seen)
		}
	}
	if n.refOnly() {
		return
	}
	nullable := kinds(0)
	if isTrue(n, "nullable") {
		nullable = nullKind
	}
	if v, ok := n.obj.get("type"); ok {
		set := typeSet(v)
		s.restrict(set | nullable)
	}
	if list, ok := n.obj.vals["enum"].([]any); ok {
		var set kinds
		for _, e := range list {
			set |= kindOf(e)
		}
		s.restrict(set | nullable)
	}
	if v, ok := n.obj.get("const"); ok && n.draft >= 6 {
		s.restrict(kindOf(v) | nullable)
	}
	if nullable != 0 && len(n.obj.array("allOf")) > 0 {
		inner := c.of(n.list("allOf")...)
		s.merge(inner, seen)
		if inner.explicit {
			s.restrict(inner.allowed | nullKind)
		}
	} else {
		for _, k := range n.list("allOf") {
			c.add(s, k, seen)
		}
	}
	for _, keyword := range []string{"anyOf", "oneOf"} {
		if options := n.list(keyword); len(options) > 0 {
			c.addGroup(s, n, keyword, options, nullable, seen)
		}
	}
}

// merge takes over what another shape found, but for the kinds allowed.
func (s *shape) merge(o *shape, seen map[*node]bool) {
	for _, k := range o.all {
		if !seen[k.node] {
			seen[k.node] = true
			s.all = append(s.all, k)
		}
	}
	s.groups = append(s.groups, o.groups...)
}

func (c *shapes) addGroup(s *shape, n *node, keyword string, options []*node, nullable kinds, seen map[*node]bool) {
	var left []*shape
	set, explicit, nulls := kinds(0), true, 0
	for _, o := range options {
		option := c.of(o)
		explicit = explicit && option.explicit
		set |= option.allowed
		if option.allowed&nullKind != 0 {
			nulls++
		}
		if option.explicit && option.allowed&^nullKind == 0 {
			continue // null alone, or nothing at all
		}
		left = append(left, option)
	}
	if keyword == "oneOf" && nulls > 1 {
		set &^= nullKind // it satisfies more than one
	}
	if explicit {
		s.restrict(set | nullable)
	}
	if len(left) == 1 {
		s.merge(left[0], seen)
	} else if len(left) > 1 {
		s.groups = append(s.groups, group{at: n, keyword: keyword, options: left})
	}
}

func (s *shape) restrict(set kinds) {
	s.allowed &= set
	s.explicit = true
}

// infer guesses the kind from the keywords used, where none says it.
func (s *shape) infer() {
	var found kinds
	for _, n := range s.asserting() {
		for _, k := range n.obj.keys {
			switch k {
			case "properties", "additionalProperties", "patternProperties", "required", "minProperties", "maxProperties":
				found |= objectKind
			case "items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains":
				found |= arrayKind
			case "pattern", "minLength", "maxLength":
				found |= stringKind
			case "minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum":
				found |= numberKind
			case "format":
				if f, ok := formats[n.obj.str(k)]; ok && f.scalar != Int && f.scalar != Long && f.scalar != Decimal && f.scalar != Float {
					found |= stringKind
				}
			}
		}
	}
	if found != 0 && len(s.groups) == 0 {
		s.allowed = found
	}
}

// asserting are the conjuncts whose keywords restrict the value.
func (s *shape) asserting() []*node {
	var list []*node
	for _, c := range s.all {
		if !c.noteOnly && c.obj != nil {
			list = append(list, c.node)
		}
	}
	return list
}

// impossible tells whether no value at all satisfies the schemas.
func (s *shape) impossible() bool { return s.allowed == 0 }

func (s *shape) nullable() bool {
	return s.allowed&nullKind != 0 && (s.explicit || s.allowed == anyKind)
}

// note returns the value of an annotation, the outermost's first.
func (s *shape) note(keyword string) (any, *node) {
	for _, c := range s.all {
		if c.obj != nil {
			if v, ok := c.obj.get(keyword); ok {
				return v, c.node
			}
		}
	}
	return nil, nil
}

func (s *shape) noteString(keyword string) string {
	v, _ := s.note(keyword)
	text, _ := v.(string)
	return text
}

// flag tells whether any of the schemas says true, and whether any says false.
func (s *shape) flag(keyword string) (yes, no bool) {
	for _, c := range s.all {
		if c.obj != nil {
			if v, ok := c.obj.vals[keyword].(bool); ok {
				yes, no = yes || v, no || !v
			}
		}
	}
	return yes, no
}

// property is a name with all the schemas that apply to its value.
type property struct {
	name  string
	nodes []*node
}

func (s *shape) properties() []property {
	var list []property
	index := make(map[string]int)
	for _, n := range s.asserting() {
		for _, p := range n.named("properties") {
			i, ok := index[p.name]
			if !ok {
				i = len(list)
				index[p.name] = i
				list = append(list, property{name: p.name})
			}
			list[i].nodes = append(list[i].nodes, p.node)
		}
	}
	return list
}

func (s *shape) required() map[string]*node {
	m := make(map[string]*node)
	for _, n := range s.asserting() {
		for _, v := range n.obj.array("required") {
			if name, ok := v.(string); ok && m[name] == nil {
				m[name] = n
			}
		}
	}
	return m
}

// open are the schemas of properties that are not declared by name. A schema that says nothing of
// them leaves them closed: what nobody declared, nobody classified.
func (s *shape) open() (open bool, schemas []*node) {
	for _, n := range s.asserting() {
		patterns := n.named("patternProperties")
		for _, p := range patterns {
			if !p.node.never {
				open, schemas = true, append(schemas, p.node)
			}
		}
		k := n.kid("additionalProperties")
		if k == nil {
			k = n.kid("unevaluatedProperties")
		}
		switch {
		case k == nil:
		case !k.never:
			open, schemas = true, append(schemas, k)
		case len(patterns) == 0:
			return false, nil
		}
	}
	return open, schemas
}

// structural tells whether the node says more than annotations and where to find the rest.
func (n *node) structural() bool {
	if n.obj == nil {
		return true
	}
	return !n.onlySays()
}

// onlySays tells whether, annotations aside, a node says nothing but the given keywords.
func (n *node) onlySays(keywords ...string) bool {
	for _, k := range n.obj.keys {
		if isStandard(k) && !framing[k] && !slices.Contains(keywords, k) {
			return false
		}
	}
	return true
}

var framing = words("$schema $id id $ref $anchor $defs definitions $comment $vocabulary $dynamicAnchor $recursiveAnchor default examples example writeOnly allOf discriminator xml externalDocs")

// key identifies a shape: shapes made of the same schemas are the same type.
func (s *shape) key() string {
	var b strings.Builder
	for _, n := range s.asserting() {
		if n.structural() && n.onlyOption() == nil {
			b.WriteString(n.ptr + "\n")
		}
	}
	return b.String()
}

// definition is the schema that the shape is another name for, if it is one.
func (s *shape) definition() *node {
	if len(s.start) != 1 {
		return nil
	}
	n := s.start[0]
	for steps := 0; n.obj != nil && steps < 100; steps++ {
		switch {
		case n.ref != nil && (n.refOnly() || !n.structural()):
			n = n.ref
		case !n.structural() && len(n.list("allOf")) == 1:
			n = n.list("allOf")[0]
		default:
			if next := n.onlyOption(); next != nil {
				n = next
				continue
			}
			return n
		}
	}
	return n
}

// onlyOption is the one alternative besides null of a node that says nothing else.
func (n *node) onlyOption() *node {
	if !n.onlySays("anyOf", "oneOf") {
		return nil
	}
	options := append(n.list("anyOf"), n.list("oneOf")...)
	if len(options) != 2 {
		return nil
	}
	for i, o := range options {
		if o.obj != nil && o.obj.str("type") == "null" {
			return options[1-i]
		}
	}
	return nil
}

func isTrue(n *node, keyword string) bool {
	v, _ := n.obj.vals[keyword].(bool)
	return v
}

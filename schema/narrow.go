package schema

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// Whether a schema refuses what another accepted is undecidable in practice, so it is decided
// conservatively: every constraint of the new schema must follow from one constraint of the old
// one, keyword by keyword. What does not follow visibly counts as narrowed.

// narrowing compares the constraints of two documents.
type narrowing struct {
	*differ
	seen  map[string]bool
	steps int
	quiet bool // only whether there is a finding matters
	hit   bool
}

const maxSteps = 200_000

func (d *differ) constraints(from, to *Entity) {
	if string(from.Source) == string(to.Source) {
		return
	}
	old, now := sourceTree(from).root, sourceTree(to).root
	d.found = append(d.found, narrowings(old, now, from.Type)...)
	for _, c := range narrowings(now, old, to.Type) { // what the old one is narrower in, the new one is wider in
		switch c.Kind {
		case RequiredAdded:
			d.add(RequiredDropped, c.Path, "", "")
		case ConstraintNarrowed:
			if !slices.Contains(d.found, c) {
				d.add(ConstraintWidened, c.Path, c.To, "")
			}
		}
	}
}

// narrowings lists what documents accepted so far may fail by; typ is the type they had.
func narrowings(old, now *node, typ *Type) []Change {
	c := &narrowing{differ: &differ{}, seen: map[string]bool{}}
	c.compare([]*node{old}, []*node{now}, typ, "")
	if c.steps > maxSteps {
		c.add(ConstraintNarrowed, "", "", "its size")
	}
	return c.found
}

func (c *narrowing) narrowed(path, keyword string) {
	c.hit = true
	if !c.quiet {
		c.add(ConstraintNarrowed, path, "", keyword)
	}
}

// conjunction lists the schemas that all apply where nodes do, and whether one of them lets null
// past others.
func conjunction(nodes []*node) (list []*node, wrapped bool) {
	seen := make(map[*node]bool)
	var visit func(n *node)
	visit = func(n *node) {
		if seen[n] {
			return
		}
		seen[n] = true
		if n.obj != nil && isTrue(n, "nullable") && (n.ref != nil || n.obj.has("allOf")) {
			wrapped = true
		}
		if n.obj == nil || !n.refOnly() {
			list = append(list, n)
		}
		if n.ref != nil {
			visit(n.ref)
		}
		if n.obj != nil && !n.refOnly() {
			for _, k := range n.list("allOf") {
				visit(k)
			}
		}
	}
	for _, n := range nodes {
		visit(n)
	}
	return list, wrapped
}

func pairKey(old, now []*node, typ *Type) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%p\n", typ)
	for _, n := range old {
		b.WriteString(n.ptr + "\n")
	}
	b.WriteString("\x00")
	for _, n := range now {
		b.WriteString(n.ptr + "\n")
	}
	return b.String()
}

// compare finds what the schemas now refuse that the old ones accepted. typ is the type of the old
// ones where it is known: there, what is not declared was refused.
func (c *narrowing) compare(old, now []*node, typ *Type, path string) {
	if c.steps++; c.steps > maxSteps || (c.quiet && c.hit) {
		return
	}
	if key := pairKey(old, now, typ); c.seen[key] {
		return
	} else {
		c.seen[key] = true
	}
	was, wasWrapped := conjunction(old)
	is, isWrapped := conjunction(now)
	if wasWrapped && !isWrapped {
		c.narrowed(path, "nullable")
	}
	before := strictest(was)
	for _, n := range is {
		if n.obj == nil {
			if n.never && !slices.ContainsFunc(was, func(o *node) bool { return o.never }) {
				c.narrowed(path, "false")
			}
			continue
		}
		c.own(before, was, n, path)
		c.opaque(was, old, n, typ, path)
	}
	c.items(was, is, typ, path)
	c.properties(was, is, typ, path)
}

// bounds is what several schemas together say by simple keywords.
type bounds struct {
	kinds    kinds
	values   []any // nil: not limited
	limited  bool
	numbers  map[string][]*big.Rat
	strings  map[string]map[string]bool // pattern, format ...
	unique   bool
	required map[string]bool
}

var lowerBounds = words("minimum exclusiveMinimum minLength minItems minProperties")
var upperBounds = words("maximum exclusiveMaximum maxLength maxItems maxProperties")
var textual = words("pattern format contentEncoding contentMediaType")

// number reads the value of a numeric keyword; draft 4 spells exclusive bounds as booleans.
func (n *node) number(keyword string) *big.Rat {
	v := n.obj.vals[keyword]
	switch keyword {
	case "exclusiveMinimum", "exclusiveMaximum":
		if v == true {
			v = n.obj.vals[map[string]string{"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}[keyword]]
		}
	case "minimum":
		if n.obj.vals["exclusiveMinimum"] == true {
			return nil
		}
	case "maximum":
		if n.obj.vals["exclusiveMaximum"] == true {
			return nil
		}
	}
	number, ok := v.(json.Number)
	if !ok {
		return nil
	}
	r, ok := new(big.Rat).SetString(string(number))
	if !ok {
		return nil
	}
	return r
}

// kinds are those that type, enum and const of the node allow.
func (n *node) kinds() kinds {
	set := anyKind
	null := kinds(0)
	if isTrue(n, "nullable") {
		null = nullKind
	}
	if v, ok := n.obj.get("type"); ok {
		set &= typeSet(v) | null
	}
	if values, ok := n.values(); ok {
		var of kinds
		for _, v := range values {
			of |= kindOf(v)
		}
		set &= of
	}
	return set
}

// values are those that enum or const of the node list.
func (n *node) values() ([]any, bool) {
	list, ok := n.obj.vals["enum"].([]any)
	if v, isConst := n.obj.get("const"); isConst && n.draft >= 6 && !ok {
		list, ok = []any{v}, true
	}
	if ok && isTrue(n, "nullable") {
		list = append(list[:len(list):len(list)], nil)
	}
	return list, ok
}

func strictest(nodes []*node) *bounds {
	b := &bounds{kinds: anyKind, numbers: map[string][]*big.Rat{}, strings: map[string]map[string]bool{}, required: map[string]bool{}}
	for _, n := range nodes {
		if n.obj == nil {
			continue
		}
		b.kinds &= n.kinds()
		if values, ok := n.values(); ok && (!b.limited || len(values) < len(b.values)) {
			b.values, b.limited = values, true
		}
		for k := range n.obj.vals {
			switch {
			case lowerBounds[k] || upperBounds[k] || k == "multipleOf":
				if r := n.number(k); r != nil {
					b.numbers[k] = append(b.numbers[k], r)
				}
			case textual[k]:
				if b.strings[k] == nil {
					b.strings[k] = map[string]bool{}
				}
				b.strings[k][n.obj.str(k)] = true
			}
		}
		b.unique = b.unique || isTrue(n, "uniqueItems")
		for _, v := range n.obj.array("required") {
			if name, ok := v.(string); ok {
				b.required[name] = true
			}
		}
	}
	return b
}

// own compares the simple keywords of one new schema with what the old ones said.
func (c *narrowing) own(before *bounds, was []*node, n *node, path string) {
	if before.kinds&^n.kinds() != 0 {
		c.narrowed(path, "type")
	}
	if values, ok := n.values(); ok && !within(before, values) {
		c.narrowed(path, "enum")
	}
	for _, k := range n.obj.keys {
		switch {
		case lowerBounds[k] || upperBounds[k] || k == "multipleOf":
			if r := n.number(k); r != nil && !before.implies(k, r) {
				c.narrowed(path, k)
			}
		case textual[k]:
			if k == "format" && !formats[n.obj.str(k)].enforced() || strings.HasPrefix(k, "content") {
				continue // annotations
			}
			if !before.strings[k][n.obj.str(k)] {
				c.narrowed(path, k)
			}
		case k == "uniqueItems":
			if isTrue(n, k) && !before.unique {
				c.narrowed(path, k)
			}
		case k == "required":
			for _, v := range n.obj.array(k) {
				if name, ok := v.(string); ok && !before.required[name] {
					c.hit = true
					if !c.quiet {
						c.add(RequiredAdded, join(path, name), "", "")
					}
				}
			}
		}
	}
}

func within(before *bounds, values []any) bool {
	if !before.limited {
		return false
	}
	allowed := make(map[string]bool)
	for _, v := range values {
		allowed[valueKey(v)] = true
	}
	for _, v := range before.values {
		if !allowed[valueKey(v)] && before.kinds&kindOf(v) != 0 {
			return false
		}
	}
	return true
}

// implies tells whether a numeric bound follows from the old ones.
func (b *bounds) implies(keyword string, bound *big.Rat) bool {
	some := func(keyword string, holds func(old *big.Rat) bool) bool {
		return slices.ContainsFunc(b.numbers[keyword], holds)
	}
	atMost := func(old *big.Rat) bool { return old.Cmp(bound) <= 0 }
	atLeast := func(old *big.Rat) bool { return old.Cmp(bound) >= 0 }
	switch {
	case keyword == "multipleOf":
		return bound.Sign() != 0 && some(keyword, func(old *big.Rat) bool { return new(big.Rat).Quo(old, bound).IsInt() })
	case keyword == "exclusiveMaximum":
		return some(keyword, atMost) || some("maximum", func(old *big.Rat) bool { return old.Cmp(bound) < 0 })
	case keyword == "exclusiveMinimum":
		return some(keyword, atLeast) || some("minimum", func(old *big.Rat) bool { return old.Cmp(bound) > 0 })
	case keyword == "maximum":
		return some(keyword, atMost) || some("exclusiveMaximum", atMost)
	case keyword == "minimum":
		return some(keyword, atLeast) || some("exclusiveMinimum", atLeast)
	case upperBounds[keyword]:
		return some(keyword, atMost)
	case bound.Sign() <= 0:
		return true // nothing has less than none
	}
	return some(keyword, atLeast)
}

// opaqueKeywords are compared as wholes, with the draft from which on they have an effect and the
// keywords that belong to them.
var opaqueKeywords = []struct {
	keyword string
	since   int
	with    []string
}{
	{"anyOf", 4, nil}, {"oneOf", 4, nil}, {"not", 4, nil}, {"dependencies", 4, nil},
	{"contains", 6, []string{"minContains", "maxContains"}}, {"propertyNames", 6, nil},
	{"if", 7, []string{"then", "else"}},
	{"dependentSchemas", 2019, nil}, {"dependentRequired", 2019, nil},
	{"unevaluatedItems", 2019, nil}, {"unevaluatedProperties", 2019, nil},
}

func (c *narrowing) opaque(was, old []*node, n *node, typ *Type, path string) {
	for _, k := range opaqueKeywords {
		if !n.obj.has(k.keyword) || n.draft < k.since {
			continue
		}
		if slices.ContainsFunc(was, func(o *node) bool {
			if o.obj == nil || !o.obj.has(k.keyword) || o.draft < k.since || isTrue(o, "nullable") != isTrue(n, "nullable") {
				return false
			}
			if strings.HasPrefix(k.keyword, "unevaluated") && !same(o, n, nil) {
				return false // its effect depends on all that stands beside it
			}
			for _, w := range append(k.with, k.keyword) {
				if !sameKeyword(o, n, w, map[[2]*node]bool{}) {
					return false
				}
			}
			return true
		}) {
			continue
		}
		more := func(o *node) bool { return o.obj != nil && o.draft >= k.since && moreOptions(o, n, k.keyword, typ) }
		if !slices.ContainsFunc(was, more) && !c.someOptionHolds(old, n, k.keyword, typ) {
			c.narrowed(path, k.keyword)
		}
	}
}

// moreOptions tells whether a new schema has the alternatives of an old one, and others besides of which no value
// that the old one accepted can be. Of a oneOf such a value would satisfy two.
func moreOptions(old, now *node, keyword string, typ *Type) bool {
	if keyword != "anyOf" && keyword != "oneOf" || isTrue(old, "nullable") != isTrue(now, "nullable") {
		return false
	}
	more := now.list(keyword)
	for _, o := range old.list(keyword) {
		i := slices.IndexFunc(more, func(n *node) bool { return same(o, n, nil) })
		if i < 0 {
			return false
		}
		more = slices.Delete(more, i, i+1)
	}
	return old.obj.has(keyword) && (keyword == "anyOf" || !slices.ContainsFunc(more, func(n *node) bool { return !apart(now, n, typ) }))
}

// apart tells whether an alternative of a schema accepts none of the objects that a union has, because it limits
// their discriminator to other values.
func apart(of, option *node, union *Type) bool {
	if union == nil || union.Kind != Union || union.byTag[""] != nil { // "" is also what an object without it has
		return false
	}
	list, _ := conjunction([]*node{option})
	if strictest(list).kinds&of.kinds() != objectKind {
		return false
	}
	list, _ = conjunction(applicable(list, union.Discriminator))
	tags := strictest(list)
	return tags.limited && !slices.ContainsFunc(tags.values, func(v any) bool {
		tag, ok := v.(string)
		return ok && union.byTag[tag] != nil
	})
}

// someOptionHolds tells whether one alternative of the new schema accepts all that the old ones
// did. Of a oneOf that says something only if nothing but null is accepted by the others.
func (c *narrowing) someOptionHolds(old []*node, n *node, keyword string, typ *Type) bool {
	if keyword != "anyOf" && keyword != "oneOf" || c.quiet {
		return false
	}
	options := n.list(keyword)
	for i, o := range options {
		if keyword == "oneOf" && !onlyNullBeside(options, i) {
			continue
		}
		trial := &narrowing{differ: c.differ, seen: map[string]bool{}, quiet: true}
		trial.compare(old, []*node{o}, typ, "")
		c.steps += trial.steps
		if !trial.hit && trial.steps <= maxSteps && !(keyword == "oneOf" && acceptsNull(o)) {
			return true
		}
	}
	return false
}

func onlyNullBeside(options []*node, i int) bool {
	for j, o := range options {
		if j != i && (o.obj == nil || o.obj.str("type") != "null") {
			return false
		}
	}
	return true
}

func acceptsNull(n *node) bool {
	list, wrapped := conjunction([]*node{n})
	return wrapped || strictest(list).kinds&nullKind != 0
}

// items compares what is said of the elements of a list.
func (c *narrowing) items(was, is []*node, typ *Type, path string) {
	tuple := func(n *node) bool {
		return n.obj != nil && (n.draft >= 2020 && n.obj.has("prefixItems") || n.draft < 2020 && n.obj.array("items") != nil)
	}
	if slices.ContainsFunc(is, tuple) || slices.ContainsFunc(was, tuple) {
		for _, n := range is {
			if n.obj == nil || !tuple(n) && n.kid("items") == nil {
				continue
			}
			if !slices.ContainsFunc(was, func(o *node) bool {
				return o.obj != nil && (o.draft < 2020) == (n.draft < 2020) && sameKeyword(o, n, "items", map[[2]*node]bool{}) &&
					sameKeyword(o, n, "prefixItems", map[[2]*node]bool{}) && sameKeyword(o, n, "additionalItems", map[[2]*node]bool{})
			}) {
				c.narrowed(path, "items")
			}
		}
		return
	}
	collect := func(nodes []*node) (list []*node) {
		for _, n := range nodes {
			if n.obj != nil && n.kid("items") != nil {
				list = append(list, n.kid("items"))
			}
		}
		return list
	}
	if now := collect(is); len(now) > 0 {
		var elem *Type
		if typ != nil && typ.Kind == List {
			elem = typ.Elem
		}
		c.compare(collect(was), now, elem, path+"[]")
	}
}

// properties compares what is said of each property, and of those that are not named.
func (c *narrowing) properties(was, is []*node, typ *Type, path string) {
	var names []string
	seen := make(map[string]bool)
	for _, list := range [][]*node{is, was} {
		for _, n := range list {
			if n.obj == nil {
				continue
			}
			for _, p := range n.named("properties") {
				if !seen[p.name] {
					seen[p.name] = true
					names = append(names, p.name)
				}
			}
		}
	}
	object := typ
	if typ == nil || typ.Kind != Object {
		object = nil
	}
	for _, name := range names {
		now := applicable(is, name)
		if len(now) == 0 {
			continue
		}
		var of *Type
		if object != nil {
			f := object.byProperty[name]
			if f == nil && object.Extra == nil {
				continue // was refused before
			}
			if f != nil {
				of = f.Type
			}
		}
		c.compare(applicable(was, name), now, of, join(path, name))
	}
	c.undeclared(was, is, object, path)
}

// applicable are the schemas of the property of that name.
func applicable(nodes []*node, name string) []*node {
	var list []*node
	for _, n := range nodes {
		if n.obj == nil {
			continue
		}
		declared := false
		if k := n.kids["properties/"+name]; k != nil {
			list, declared = append(list, k), true
		}
		for _, p := range n.named("patternProperties") {
			if re, err := regexp.Compile(translatePattern(p.name)); err == nil && re.MatchString(name) {
				list, declared = append(list, p.node), true
			}
		}
		if k := n.kid("additionalProperties"); k != nil && !declared {
			list = append(list, k)
		}
	}
	return list
}

func (c *narrowing) undeclared(was, is []*node, object *Type, path string) {
	if object != nil && object.Extra == nil {
		return // were refused before
	}
	patterns := func(nodes []*node) (keys []string) {
		for _, n := range nodes {
			if n.obj != nil {
				for _, p := range n.named("patternProperties") {
					keys = append(keys, p.name)
				}
			}
		}
		slices.Sort(keys)
		return slices.Compact(keys)
	}
	old := func(pattern string) (list []*node) {
		for _, n := range was {
			if n.obj == nil {
				continue
			}
			if k := n.kids["patternProperties/"+pattern]; k != nil && pattern != "" {
				list = append(list, k)
			} else if k := n.kid("additionalProperties"); k != nil && len(n.named("patternProperties")) == 0 {
				list = append(list, k)
			}
		}
		return list
	}
	samePatterns := slices.Equal(patterns(was), patterns(is))
	for _, n := range is {
		if n.obj == nil {
			continue
		}
		for _, p := range n.named("patternProperties") {
			c.compare(old(p.name), []*node{p.node}, nil, join(path, "*"))
		}
		k := n.kid("additionalProperties")
		if k == nil {
			continue
		}
		if samePatterns {
			var others []*node
			for _, o := range was {
				if o.obj != nil && o.kid("additionalProperties") != nil {
					others = append(others, o.kid("additionalProperties"))
				}
			}
			c.compare(others, []*node{k}, nil, join(path, "*"))
		} else {
			c.compare(nil, []*node{k}, nil, join(path, "*"))
		}
	}
}

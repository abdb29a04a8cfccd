package schema

import (
	"math/big"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Whether any value satisfies a schema is undecidable in practice. What is found here are the contradictions that
// people write: bounds that cross, lists of values that something beside them refuses, properties that have to be
// there and must not. A schema with one could be published, and no document written.

// maxTried bounds the listed values that are tried on their schemas, over a whole document.
const maxTried = 10_000

const contradictionFix = "loosen it, or what contradicts it"

// contradict reports a shape that no value satisfies.
func (b *builder) contradict(s *shape, ptr string) bool {
	keyword := b.contradiction(s)
	if keyword != "" {
		b.problem(ptr, keyword, contradictionFix, "no value satisfies %s and all else that applies here", keyword)
	}
	return keyword != ""
}

// contradiction returns a keyword that cannot be satisfied together with the others, or "".
func (b *builder) contradiction(s *shape) string {
	nodes := s.asserting()
	if values, keyword := valuesOf(nodes); keyword != "" {
		if b.noneFits(s, values) {
			return keyword
		}
		return ""
	}
	keyword := ""
	for kind := nullKind; kind <= objectKind; kind <<= 1 {
		if s.allowed&kind == 0 {
			continue
		}
		crossed := ""
		switch kind {
		case intKind, fracKind:
			crossed = crossing(nodes, kind == intKind && s.allowed&fracKind == 0)
		case stringKind:
			crossed = inverted(nodes, "minLength", "maxLength", nil)
		case arrayKind:
			crossed = inverted(nodes, "minItems", "maxItems", nil)
		case objectKind:
			crossed = b.unfillable(s, nodes)
		}
		if crossed == "" {
			return ""
		}
		keyword = crossed
	}
	return keyword
}

// valuesOf are the values that all lists of enum and const have in common, and the keyword of one of them; without
// a list the keyword is empty.
func valuesOf(nodes []*node) (values []any, keyword string) {
	narrow := func(list []any, by string) {
		if keyword == "" {
			values, keyword = list, by
			return
		}
		among := make(map[string]bool)
		for _, v := range list {
			among[valueKey(v)] = true
		}
		var both []any
		for _, v := range values {
			if among[valueKey(v)] {
				both = append(both, v)
			}
		}
		values, keyword = both, by
	}
	for _, n := range nodes {
		null := []any{}
		if isTrue(n, "nullable") {
			null = []any{nil}
		}
		if list, ok := n.obj.vals["enum"].([]any); ok {
			narrow(append(null, list...), "enum")
		}
		if v, ok := n.obj.get("const"); ok && n.draft >= 6 {
			narrow(append(null, v), "const")
		}
	}
	return values, keyword
}

// noneFits reports whether none of the values satisfies the schemas of a shape.
func (b *builder) noneFits(s *shape, values []any) bool {
	if b.compiler == nil { // the schema was accepted before
		return false
	}
	var schemas []*jsonschema.Schema
	for _, n := range s.start {
		compiled, err := b.compiler.Compile(b.root.base + "#" + encodeFragment(n.ptr))
		if err != nil {
			return false
		}
		schemas = append(schemas, compiled)
	}
next:
	for _, v := range values {
		if s.allowed&kindOf(v) == 0 {
			continue
		}
		if b.tried++; b.tried > maxTried {
			return false
		}
		for _, one := range schemas {
			if one.Validate(plain(v)) != nil {
				continue next
			}
		}
		return false
	}
	return true
}

// tightest is the greatest of the lower bounds, or the least of the upper ones, that the nodes set by a keyword; or nil.
func tightest(nodes []*node, keyword string) *big.Rat {
	var bound *big.Rat
	for _, n := range nodes {
		r := n.number(keyword)
		if r != nil && (bound == nil || lowerBounds[keyword] == (r.Cmp(bound) > 0)) {
			bound = r
		}
	}
	return bound
}

// inverted returns the lower of two keywords where it asks for more than the upper one, or the given most, allows.
func inverted(nodes []*node, lower, upper string, most *big.Rat) string {
	low, high := tightest(nodes, lower), tightest(nodes, upper)
	if high == nil || most != nil && most.Cmp(high) < 0 {
		high = most
	}
	if low != nil && high != nil && low.Cmp(high) > 0 {
		return lower
	}
	return ""
}

// crossing returns the lower bound of numbers where it excludes all that the upper bound admits.
func crossing(nodes []*node, whole bool) string {
	low, high, keyword := tightest(nodes, "minimum"), tightest(nodes, "maximum"), "minimum"
	above, below := tightest(nodes, "exclusiveMinimum"), tightest(nodes, "exclusiveMaximum")
	lowOpen := above != nil && (low == nil || above.Cmp(low) >= 0)
	highOpen := below != nil && (high == nil || below.Cmp(high) <= 0)
	if lowOpen {
		low, keyword = above, "exclusiveMinimum"
	}
	if highOpen {
		high = below
	}
	if low == nil || high == nil {
		return ""
	}
	if whole {
		first, last := floor(low), floor(high)
		if lowOpen || !low.IsInt() {
			first.Add(first, big.NewInt(1))
		}
		if highOpen && high.IsInt() {
			last.Sub(last, big.NewInt(1))
		}
		low, high, lowOpen, highOpen = new(big.Rat).SetInt(first), new(big.Rat).SetInt(last), false, false
	}
	if c := low.Cmp(high); c > 0 || c == 0 && (lowOpen || highOpen) {
		return keyword
	}
	return ""
}

func floor(r *big.Rat) *big.Int {
	return new(big.Int).Div(r.Num(), r.Denom()) // Euclidean: rounds down, since denominators are positive
}

// unfillable returns a keyword by which an object has to have what it must not, or more than it may.
func (b *builder) unfillable(s *shape, nodes []*node) string {
	required := s.required()
	var declared int64
	for _, p := range s.properties() {
		never := false
		for _, n := range p.nodes {
			never = never || n.never
		}
		if !never {
			declared++
		} else if required[p.name] != nil {
			return "required"
		}
	}
	var most *big.Rat
	if open, _ := s.open(); !open && declared > 0 {
		most = big.NewRat(declared, 1)
	}
	return inverted(nodes, "minProperties", "maxProperties", most)
}

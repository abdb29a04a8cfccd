package schema

import "strings"

// A schema of 2 KB can apply 2^24 schemas to one value, and one of 14 bytes can apply itself for
// ever. The validator would do so; so what a document can cost is bounded here, from the schema
// alone, before the validator sees it.
//
// In a schema, some sub-schemas apply to the same value (allOf, $ref ...) and some to a part of it
// (properties, items ...). The work of a schema is the greatest number of schemas that may apply
// to one value, over all the paths that a document may take.

// inPlace are the keywords whose sub-schemas apply to the same value.
var inPlace = words("not if then else allOf anyOf oneOf dependentSchemas dependencies")

// neverApplied are the keywords whose sub-schemas apply only where a $ref names them.
var neverApplied = words("$defs definitions contentSchema")

type costs struct {
	*tree
	state    map[*node]int // 1 under way, 2 done
	closures map[*node]map[*node]int
	scc      map[*node]int
	members  map[int][]*node
	works    map[int]int
	entries  int // of all closures
	failed   bool
}

// checkCost reports references that loop and expansions that explode. It returns the work of the
// whole schema.
func (t *tree) checkCost() int {
	c := &costs{tree: t, state: map[*node]int{}, closures: map[*node]map[*node]int{}}
	for _, n := range t.order {
		c.findLoop(n)
	}
	if c.failed {
		return 0
	}
	c.components()
	c.works = map[int]int{}
	worst := 0
	for _, n := range t.order {
		worst = max(worst, c.work(n))
		if c.failed {
			return 0
		}
	}
	return worst
}

// same yields the schemas that apply to the value n applies to because n does.
func (n *node) same(yield func(*node)) {
	if n.ref != nil {
		yield(n.ref)
	}
	if n.refOnly() {
		return
	}
	for key, k := range n.kids {
		if keyword, _, _ := strings.Cut(key, "/"); inPlace[keyword] {
			yield(k)
		}
	}
}

// Labels of parts that are not one property, which is labelled "." and its name.
const (
	anyName    = "*"  // any property
	otherName  = "+"  // any property that the schema itself does not declare
	item       = "[]" // any item
	nameItself = "name"
)

// parts yields the schemas that apply to parts of the value, with a label for the part: two
// schemas may meet in one part only if their labels are equal or one of them is a wildcard.
func (n *node) parts(yield func(label string, k *node)) {
	if n.refOnly() {
		return
	}
	for key, k := range n.kids {
		keyword, name, _ := strings.Cut(key, "/")
		switch {
		case inPlace[keyword] || neverApplied[keyword]:
		case keyword == "properties":
			yield("."+name, k)
		case keyword == "patternProperties":
			yield(anyName, k)
		case keyword == "additionalProperties", keyword == "unevaluatedProperties":
			yield(otherName, k)
		case keyword == "propertyNames":
			yield(nameItself, k)
		default:
			yield(item, k)
		}
	}
}

func (c *costs) findLoop(n *node) {
	if c.state[n] != 0 {
		return
	}
	c.state[n] = 1
	n.same(func(k *node) {
		if c.state[k] == 1 {
			c.failed = true
			c.problem(n.ptr, "$ref", "let the reference pass through a property or an item", "the references loop without ever reaching a part of the value")
			return
		}
		c.findLoop(k)
	})
	c.state[n] = 2
}

// closure counts how often each schema applies to a value that n applies to, by the ways that lead
// to it.
func (c *costs) closure(n *node) map[*node]int {
	if m, ok := c.closures[n]; ok {
		return m
	}
	m := map[*node]int{n: 1}
	n.same(func(k *node) {
		for s, count := range c.closure(k) {
			m[s] = min(m[s]+count, 1<<30)
		}
	})
	c.entries += len(m)
	if !c.failed && (len(m) > c.limits.Work || c.entries > 100*c.limits.Schemas) {
		c.tooCostly(n)
	}
	if c.failed {
		m = nil // what was found suffices to refuse the schema
	}
	c.closures[n] = m
	return m
}

func (c *costs) tooCostly(n *node) {
	c.failed = true
	c.problem(n.ptr, "$ref", "use fewer alternatives and references", "more than %d schemas would apply to one value", c.limits.Work)
}

// components finds the strongly connected components: sets of schemas that contain each other.
func (c *costs) components() {
	c.scc, c.members = map[*node]int{}, map[int][]*node{}
	index, low, onStack := map[*node]int{}, map[*node]int{}, map[*node]bool{}
	var stack []*node
	var visit func(n *node)
	visit = func(n *node) {
		index[n] = len(index) + 1
		low[n] = index[n]
		stack = append(stack, n)
		onStack[n] = true
		edge := func(k *node) {
			if index[k] == 0 {
				visit(k)
				low[n] = min(low[n], low[k])
			} else if onStack[k] {
				low[n] = min(low[n], index[k])
			}
		}
		n.same(edge)
		n.parts(func(_ string, k *node) { edge(k) })
		if low[n] != index[n] {
			return
		}
		id := len(c.members)
		for {
			m := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			onStack[m] = false
			c.scc[m] = id
			c.members[id] = append(c.members[id], m)
			if m == n {
				return
			}
		}
	}
	for _, n := range c.order {
		if index[n] == 0 {
			visit(n)
		}
	}
}

// work is the greatest number of schemas that apply to one value at or below n. Components are
// finished before those that lead to them.
func (c *costs) work(n *node) int {
	id := c.scc[n]
	if w, ok := c.works[id]; ok {
		return w
	}
	c.works[id] = 0
	worst := 0
	for _, m := range c.members[id] {
		own := 0
		recursive, below := newParts(), newParts()
		for s, count := range c.closure(m) {
			own += count * s.weight()
			s.parts(func(label string, k *node) {
				if c.scc[k] == id {
					recursive.add(s, label, count)
				} else {
					below.add(s, label, count*c.work(k))
				}
			})
		}
		if c.failed {
			return 0
		}
		if recursive.worst() > 1 {
			c.failed = true
			c.problem(m.ptr, "$ref", "let one way alone lead back to it", "the schema contains itself in several ways at once, so its cost doubles with each level")
			return 0
		}
		deepest := below.worst()
		if recursive.worst() > 0 {
			own += deepest
		}
		worst = max(worst, own, deepest)
		if worst > c.limits.Work {
			c.tooCostly(m)
			return 0
		}
	}
	c.works[id] = worst
	return worst
}

// parts sums up what meets in each part of a value.
type parts struct {
	byLabel map[string]int
	others  map[*node]int // under otherName, by the schema that says so
}

func newParts() *parts { return &parts{map[string]int{}, map[*node]int{}} }

func (p *parts) add(s *node, label string, n int) {
	if label == otherName {
		p.others[s] = min(p.others[s]+n, 1<<30)
	} else {
		p.byLabel[label] = min(p.byLabel[label]+n, 1<<30)
	}
}

// worst is the greatest sum that meets in one part.
func (p *parts) worst() int {
	worst := 0
	for label, n := range p.byLabel {
		if name, ok := strings.CutPrefix(label, "."); ok {
			n += p.byLabel[anyName] + p.other(name)
		}
		worst = max(worst, n)
	}
	return max(worst, p.byLabel[anyName]+p.other(""))
}

// other sums up what applies to a property that the schemas concerned do not declare.
func (p *parts) other(name string) int {
	sum := 0
	for s, n := range p.others {
		if name == "" || s.kids["properties/"+name] == nil {
			sum += n
		}
	}
	return sum
}

// weight is the cost of applying the node alone, in schemas of ordinary size.
func (n *node) weight() int {
	if n.obj == nil {
		return 1
	}
	return 1 + len(n.obj.array("enum"))/100
}

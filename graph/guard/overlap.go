package guard

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// maxComparisons bounds the work of the rule that fields of one response name must agree. Its pairs
// grow with the square of what is repeated, and are compared anew in each selection around them;
// queries that people and tools write repeat little.
const maxComparisons = 100_000

// overlap counts the comparisons that the validator would make between fields of one response name
// and between fragments. It follows the validator's walk: from every operation and every fragment
// it visits all selections it can reach, each fragment once. Counts may be too high where fragments
// are spread twice or types exclude each other, never too low.
type overlap struct {
	fragments map[string]*ast.FragmentDefinition
	counted   map[*ast.Selection]int // by the first element of a selection
	total     int
}

// compare refuses a document, all of whose spreads are known to be sound, that would take too many
// comparisons.
func compare(doc *ast.QueryDocument) *gqlerror.Error {
	o := overlap{fragments: byName(doc.Fragments), counted: make(map[*ast.Selection]int)}
	for _, op := range doc.Operations {
		o.walk(op.SelectionSet, make(map[string]bool))
	}
	for _, f := range doc.Fragments {
		o.walk(f.SelectionSet, make(map[string]bool))
	}
	if o.total > maxComparisons {
		return fail(TooComplex, nil, "The query repeats too many fields or fragments.")
	}
	return nil
}

func (o *overlap) walk(set ast.SelectionSet, visited map[string]bool) {
	if len(set) == 0 || o.total > maxComparisons {
		return
	}
	count, ok := o.counted[&set[0]]
	if !ok {
		fields, spreads := o.collect(nil, set)
		count = sum(spreads*spreads/2, o.pairs(fields, maxComparisons))
		o.counted[&set[0]] = count
	}
	o.total = sum(o.total, count)
	for _, selection := range set {
		switch sel := selection.(type) {
		case *ast.Field:
			o.walk(sel.SelectionSet, visited)
		case *ast.InlineFragment:
			o.walk(sel.SelectionSet, visited)
		case *ast.FragmentSpread:
			if !visited[sel.Name] {
				visited[sel.Name] = true
				o.walk(o.fragments[sel.Name].SelectionSet, visited)
			}
		}
	}
}

// collect appends the fields at the top of a selection, its fragments expanded, and counts the
// spreads in the selection itself. The limit on fields bounds the expansion.
func (o *overlap) collect(fields []*ast.Field, set ast.SelectionSet) (_ []*ast.Field, spreads int) {
	for _, selection := range set {
		switch sel := selection.(type) {
		case *ast.Field:
			fields = append(fields, sel)
		case *ast.InlineFragment:
			var inner int
			fields, inner = o.collect(fields, sel.SelectionSet)
			spreads += inner
		case *ast.FragmentSpread:
			fields, _ = o.collect(fields, o.fragments[sel.Name].SelectionSet)
			spreads++
		}
	}
	return fields, spreads
}

// pairs counts the pairs of fields of one response name, and of those below them, up to a bit more
// than enough.
func (o *overlap) pairs(fields []*ast.Field, enough int) int {
	if len(fields) < 2 {
		return 0
	}
	total := 0
	groups := make(map[string][]*ast.Field, len(fields))
	for _, f := range fields {
		groups[f.Alias] = append(groups[f.Alias], f)
	}
	for _, group := range groups {
		if len(group) < 2 || total > enough {
			continue
		}
		total = sum(total, len(group)*(len(group)-1)/2)
		var below []*ast.Field
		for _, f := range group {
			below, _ = o.collect(below, f.SelectionSet)
		}
		total = sum(total, o.pairs(below, enough))
	}
	return total
}

package guard

import (
	"math"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// extent is how far a selection reaches, its fragments expanded.
type extent struct {
	fields, aliases int
	depth           int // fields inside each other
	lists           int // lists of the introspection schema inside each other
}

func (e *extent) add(o extent) {
	e.fields = sum(e.fields, o.fields)
	e.aliases = sum(e.aliases, o.aliases)
	e.depth = max(e.depth, o.depth)
	e.lists = max(e.lists, o.lists)
}

// size is the measure of a selection, with what asks for introspection apart from the rest.
type size struct {
	data, introspection extent
	roots, directives   int
}

func (s *size) add(o size) {
	s.data.add(o.data)
	s.introspection.add(o.introspection)
	s.roots = sum(s.roots, o.roots)
	s.directives = sum(s.directives, o.directives)
}

// sum adds counts; sums past all limits stay there instead of wrapping around.
func sum(a, b int) int {
	return min(a+b, math.MaxInt32)
}

// measurer measures each fragment once, so the work is that of reading the document once, however
// often fragments repeat each other.
type measurer struct {
	fragments map[string]*ast.FragmentDefinition
	measured  map[*ast.FragmentDefinition]size
}

// measure reports the first limit that a document with sound spreads exceeds.
func measure(doc *ast.QueryDocument, l Limits) *gqlerror.Error {
	m := measurer{
		fragments: byName(doc.Fragments),
		measured:  make(map[*ast.FragmentDefinition]size, len(doc.Fragments)),
	}
	var total size
	for _, op := range doc.Operations {
		s := m.selection(op.SelectionSet)
		if s.roots > l.RootFields {
			return fail(TooComplex, op.Position, "The query has more than %d root fields.", l.RootFields)
		}
		total.add(s)
		total.directives = sum(total.directives, len(op.Directives))
		for _, v := range op.VariableDefinitions {
			total.directives = sum(total.directives, len(v.Directives))
		}
	}
	for _, f := range doc.Fragments {
		if _, used := m.measured[f]; !used {
			total.add(m.fragment(f))
		}
	}
	for _, limit := range []struct {
		count, max int
		code, text string
	}{
		{total.data.depth, l.Depth, TooDeep, "The query is deeper than %d fields."},
		{total.data.fields, l.Fields, TooComplex, "The query has more than %d fields, counted wherever a fragment repeats them."},
		{total.data.aliases, l.Aliases, TooComplex, "The query has more than %d aliases, counted wherever a fragment repeats them."},
		{total.directives, l.Directives, TooComplex, "The query has more than %d directives, counted wherever a fragment repeats them."},
		{total.introspection.depth, introspectionDepth, TooDeep, "The introspection is deeper than %d fields."},
		{total.introspection.lists, introspectionLists, TooDeep, "The introspection nests more than %d lists of types and fields."},
		{total.introspection.fields, introspectionFields, TooComplex, "The introspection has more than %d fields."},
		{total.introspection.aliases, introspectionAliases, TooComplex, "The introspection has more than %d aliases."},
	} {
		if limit.count > limit.max {
			return fail(limit.code, nil, limit.text, limit.max)
		}
	}
	return nil
}

func (m *measurer) selection(set ast.SelectionSet) size {
	var total size
	for _, selection := range set {
		switch sel := selection.(type) {
		case *ast.Field:
			total.add(m.field(sel))
			total.directives = sum(total.directives, len(sel.Directives))
		case *ast.InlineFragment:
			total.add(m.selection(sel.SelectionSet))
			total.directives = sum(total.directives, len(sel.Directives))
		case *ast.FragmentSpread:
			total.add(m.fragment(m.fragments[sel.Name]))
			total.directives = sum(total.directives, len(sel.Directives))
		}
	}
	return total
}

func (m *measurer) field(f *ast.Field) size {
	total := m.selection(f.SelectionSet)
	total.roots = 1
	e := &total.data
	if introspects(f) {
		total.introspection.add(total.data)
		total.data = extent{}
		e = &total.introspection
	}
	e.fields = sum(e.fields, 1)
	e.depth++
	if f.Alias != f.Name {
		e.aliases = sum(e.aliases, 1)
	}
	switch f.Name {
	case "types", "fields", "inputFields", "interfaces", "possibleTypes":
		e.lists++
	}
	return total
}

func (m *measurer) fragment(f *ast.FragmentDefinition) size {
	total, ok := m.measured[f]
	if !ok {
		total = m.selection(f.SelectionSet)
		total.directives = sum(total.directives, len(f.Directives))
		m.measured[f] = total
	}
	return total
}

// introspects tells the fields below which a query describes the schema.
func introspects(f *ast.Field) bool {
	return f.Name == "__schema" || f.Name == "__type"
}

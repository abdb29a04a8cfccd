package schema

import "slices"

// checkEndless refuses what requires, in the end, an object like itself. No document could satisfy that,
// and GraphQL has no input for it. What ends a recursion is a property that need not be there or may be
// null, a list, or an alternative.
func (p *parser) checkEndless(e *Entity, b *builder) {
	x := endless{}
	e.eachType(func(t *Type) {
		if t.Kind != Enum {
			x[t] = true
		}
	})
	for found := true; found; { // until no more is known to end
		found = false
		for t := range x {
			if x.ends(t) {
				delete(x, t)
				found = true
			}
		}
	}
	for t := range x {
		for _, f := range t.Fields {
			if demanded(f) && x.leads(f.Type, t, map[*Type]bool{}) {
				p.problem(b.demands[f], "required", "let one property on the way be optional or nullable, a list, or one of several alternatives",
					"%q is an object that requires, in the end, another like the one around it, and so without end: no document satisfies that", f.Property)
			}
		}
	}
}

// endless are objects and unions of which no value is known to be possible.
type endless map[*Type]bool

// ends reports whether a type has values, if those do that are not in x.
func (x endless) ends(t *Type) bool {
	if t.Kind == Union {
		return slices.ContainsFunc(t.Members, func(m *Type) bool { return !x[m] })
	}
	return !slices.ContainsFunc(t.Fields, func(f *Field) bool { return demanded(f) && x[f.Type] })
}

// leads reports whether a value of a type in x takes one of another.
func (x endless) leads(from, to *Type, seen map[*Type]bool) bool {
	if !x[from] || seen[from] {
		return false
	}
	seen[from] = true
	leads := func(t *Type) bool { return t == to || x.leads(t, to, seen) }
	return from == to || slices.ContainsFunc(from.Members, leads) ||
		slices.ContainsFunc(from.Fields, func(f *Field) bool { return demanded(f) && leads(f.Type) })
}

// demanded reports whether a property must be there, and not as null.
func demanded(f *Field) bool { return f.Required && !f.Nullable }

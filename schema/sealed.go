package schema

import "slices"

// CheckSealed finds whether a new schema may show in clear what documents hold sealed. Of the schema
// before it only those values are known that it protected: others have been sealed under schemas
// that are no more, and what has happened since tells nothing of them. So the documents decide, and the
// finding has no path until they have, see [Settle].
func CheckSealed(from, to *Entity) []Finding {
	if !showsMore(from.Type, to.Type, map[[2]*Type]bool{}) {
		return nil
	}
	r := rules[slices.IndexFunc(rules, func(r Rule) bool { return r.ID == "EXTRA_NO_DISCLOSE" })]
	return []Finding{{Rule: r.ID, Kind: UndeclaredShown, Message: r.message(Change{}), Fix: r.fix, Breaking: true, NeedsData: true}}
}

// showsMore reports whether something may be shown in clear of a value of type to that is not shown of
// one of type from. What is the same in both shows the same.
func showsMore(from, to *Type, seen map[[2]*Type]bool) bool {
	if seen[[2]*Type{from, to}] {
		return false // unless a difference is found elsewhere
	}
	seen[[2]*Type{from, to}] = true
	if from.Kind != to.Kind {
		return true
	}
	switch to.Kind {
	case List:
		return showsMore(from.Elem, to.Elem, seen)
	case Object:
		return showsMoreOf(from, to, seen)
	case Union:
		return from.Discriminator != to.Discriminator || !slices.EqualFunc(from.Members, to.Members, func(m, n *Type) bool {
			return m.Name == n.Name && slices.Equal(m.Tags, n.Tags) && !showsMore(m, n, seen)
		})
	}
	return from.Name != to.Name
}

// showsMoreOf is showsMore of objects.
func showsMoreOf(from, to *Type, seen map[[2]*Type]bool) bool {
	for _, f := range to.Fields {
		if f.Sensitive {
			continue
		}
		was := from.Extra
		if f != to.Extra {
			was = from.byProperty[f.Property]
		}
		if was == nil || was.Sensitive || showsMore(was.Type, f.Type, seen) {
			return true
		}
	}
	if to.Extra == nil || to.Extra.Sensitive {
		return false
	}
	return slices.ContainsFunc(from.Fields, func(f *Field) bool { // is undeclared now
		return f != from.Extra && to.byProperty[f.Property] == nil
	})
}

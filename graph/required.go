package graph

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/profilegraph/profilegraph/schema"
)

// What another subgraph requires of an object, a gateway takes from our answer and hands on, by the names that
// stand there. So under such a name a value stays masked, although the caller could see it: the other
// subgraph has said no reason. Under any other name (an alias) the caller sees it. Whoever asks for it in
// clear under the very name is refused, and whoever sees it without asking, a shopper, sees the mask.
//
// Gateways ask for the __typename of what they make a representation of, unless they have it from a
// representation before. Where neither is so, nothing is handed on, and nothing is withheld.

// withheld is a value that is asked for in clear under a name that another subgraph requires.
type withheld struct {
	unmask *argument
	field  string // type and name in the answer
	at     location
}

// unasked stands for the reason of a caller who sees a field in clear without giving any, where the field
// is withheld in another place of the selection.
var unasked = new(argument)

// handed returns what a gateway may hand on of an object whose fields are being planned: selections, and if it
// stands where another subgraph requires a scalar, which is handed on as it is, what was required there.
func (p *planner) handed(typeName string, fields []collected) (sets []ast.SelectionSet, whole []*ast.Field) {
	if len(p.options.Required) == 0 {
		return nil, nil
	}
	for _, f := range p.required { // of an object around it
		if sets = append(sets, f.SelectionSet); len(f.SelectionSet) == 0 && f.Name != "" {
			whole = append(whole, f)
		}
	}
	if slices.ContainsFunc(fields, func(c collected) bool { return c.name() == "__typename" }) {
		sets = append(sets, p.options.Required[typeName], p.options.Required[""])
	}
	return sets, whole
}

// named returns the fields that selections have under a name. On which type they are is left open.
func named(sets []ast.SelectionSet, name string) (found []*ast.Field) {
	for _, set := range sets {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				if s.Alias == name || s.Name == name {
					found = append(found, s)
				}
			case *ast.InlineFragment:
				found = append(found, named([]ast.SelectionSet{s.SelectionSet}, name)...)
			}
		}
	}
	return found
}

// withhold notes that a sensitive field of t, selected in f, stays masked.
func (p *planner) withhold(f *fetch, t *schema.Type, path string, c collected) {
	f.uses = append(f.uses, use{path: path, withheld: true})
	if p.unmask != nil {
		p.withheld = append(p.withheld, withheld{p.unmask, t.Name + "." + c.key, c.at()})
		p.size += 64
	}
}

// check refuses an operation that asks for a withheld value in clear.
func (pl *plan) check(vars []any) *gqlerror.Error {
	for _, w := range pl.withheld {
		if why, err := w.unmask.eval(vars); err != nil || !given(why) {
			continue // it is masked
		}
		err := badInput(w.at, "Another subgraph requires "+w.field+", and would be given the value in clear. Give unmask to the field itself under another name (an alias), or ask for the value in a query of its own, without __typename.")
		err.Extensions["code"] = codeAlias
		return err
	}
	return nil
}

// part takes what is withheld from what a caller without a reason may see in clear. Where that is selected
// under another name too, there it is read by itself.
func (f *fetch) part() {
	var kept []string
	for _, u := range f.uses {
		if u.withheld {
			kept = append(kept, u.path)
		}
	}
	if len(kept) == 0 {
		return
	}
	f.sensitive = slices.DeleteFunc(f.sensitive, func(path string) bool { return slices.Contains(kept, path) })
	var elsewhere []string
	mark := func(list []use) {
		for i := range list {
			if u := &list[i]; u.arg == nil && !u.withheld && slices.Contains(kept, u.path) {
				u.arg = unasked
				if !slices.Contains(elsewhere, u.path) {
					elsewhere = append(elsewhere, u.path)
				}
			}
		}
	}
	mark(f.uses)
	for _, list := range f.members {
		mark(list)
	}
	if len(elsewhere) > 0 {
		f.unmask = append(f.unmask, unmasking{arg: unasked, paths: elsewhere})
	}
}

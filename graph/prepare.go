package graph

import (
	"encoding/json"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/profilegraph/profilegraph/graph/guard"
)

// prepared is an operation that has been parsed and validated against the engine's schema. It is
// immutable.
type prepared struct {
	name      string
	kind      ast.Operation
	variables []variable
	guarded   *guard.Operation // nil once it is of no more use
	// switches are the variables that @skip and @include look at. For each choice of their values
	// there is a plan; without any there is just one.
	switches []int
	only     *plan
	// costly says that the cost depends on variables, and so must be found for each request.
	costly bool
}

// prepare returns the operation in a query's text, from the cache if it is there.
func (e *Engine) prepare(query, operation string) (*prepared, gqlerror.List) {
	key := cacheKey{engine: e.id, query: query, operation: operation}
	if p, ok := e.options.Cache.get(key).(*prepared); ok {
		return p, nil
	}
	// The request's memory may be used again; the cache's must not be.
	key.query, key.operation = strings.Clone(query), strings.Clone(operation)
	guarded, errs := guard.Parse(e.schema, key.query, key.operation, e.options.Limits)
	if errs != nil {
		return nil, errs
	}
	if errs := e.checkLiterals(guarded.Doc); errs != nil {
		return nil, errs
	}
	p := &prepared{
		name:      guarded.Def.Name,
		kind:      guarded.Def.Operation,
		variables: e.variables(guarded.Def.VariableDefinitions),
		guarded:   guarded,
	}
	uses := findUses(guarded)
	for i, v := range p.variables {
		if uses.switches[v.name] {
			p.switches = append(p.switches, i)
		}
	}
	p.costly = uses.first
	size := 2048 + 40*len(query) + 128*len(p.variables)
	if len(p.switches) == 0 {
		if !p.costly {
			if _, errs := p.cost(nil); errs != nil {
				return nil, errs
			}
		}
		p.only = e.plan(p, nil, key)
		size += p.only.size
		if !p.costly {
			p.guarded = nil // the plan has all that is still needed
			size -= 30 * len(query)
		}
	}
	e.options.Cache.put(key, p, size)
	return p, nil
}

// planFor returns the plan for the values of variables.
func (e *Engine) planFor(p *prepared, query string, vars []any) (*plan, gqlerror.List) {
	for _, i := range p.switches {
		if v := &p.variables[i]; vars[i] == nil || vars[i] == any(unset{}) {
			return nil, gqlerror.List{badInput(v.at, "Variable $"+v.name+" must not be null.")}
		}
	}
	if p.costly || len(p.switches) > 0 {
		if _, errs := p.cost(vars); errs != nil {
			return nil, errs
		}
	}
	if p.only != nil {
		return p.only, nil
	}
	choice := make([]byte, len(p.switches))
	for i, v := range p.switches {
		choice[i] = '0'
		if vars[v] == true {
			choice[i] = '1'
		}
	}
	key := cacheKey{engine: e.id, query: query, operation: p.name, derived: "plan " + string(choice)}
	if pl, ok := e.options.Cache.get(key).(*plan); ok {
		return pl, nil
	}
	key.query = strings.Clone(query)
	pl := e.plan(p, vars, key)
	e.options.Cache.put(key, pl, pl.size+len(query))
	return pl, nil
}

// plan makes the plan for the values of the variables that @skip and @include look at. It will be
// kept under key.
func (e *Engine) plan(p *prepared, vars []any, key cacheKey) *plan {
	pl := planner{Engine: e, key: key, op: p.guarded.Def, doc: p.guarded.Doc}
	pl.include = func(list ast.DirectiveList) bool {
		for _, d := range list {
			if d.Name != "skip" && d.Name != "include" {
				continue
			}
			on := false
			switch v := d.Arguments.ForName("if").Value; v.Kind {
			case ast.BooleanValue:
				on = v.Raw == "true"
			case ast.Variable:
				on = vars[pl.variable(v.Raw)] == true
			}
			if on == (d.Name == "skip") {
				return false
			}
		}
		return true
	}
	return pl.plan()
}

// cost finds out whether the operation asks for more than its limit.
func (p *prepared) cost(vars []any) (int, gqlerror.List) {
	return p.guarded.Cost(price, func(name string) any {
		for i, v := range p.variables {
			if v.name == name && i < len(vars) {
				if n, ok := vars[i].(json.Number); ok {
					return n
				}
				if b, ok := vars[i].(bool); ok {
					return b
				}
				if list, ok := vars[i].([]any); ok {
					return len(list)
				}
			}
		}
		return nil
	})
}

// The prices, in documents read.
const (
	priceOfWrite = 10
	priceOfDiff  = 2
)

// price is the price list of a query's fields. A page costs as if it were full.
func price(f *ast.Field, arg func(string) (int, bool)) (own, times int) {
	name := f.Definition.Type.Name()
	switch {
	case f.ObjectDefinition.Name == "Mutation":
		return priceOfWrite, 1
	case f.Name == entitiesField:
		count, _ := arg(representations)
		return count, count
	case strings.HasSuffix(name, "Connection") && f.Definition.Arguments.ForName("first") != nil:
		first, ok := arg("first")
		if !ok {
			first = defaultFirst
		}
		first = min(max(first, 1), maxFirst) // what is beyond is an error of the field
		return first, first
	case name == "FieldChange":
		return priceOfDiff, 1
	case f.Definition.Type.Elem == nil && f.Name != "node" && documents(f):
		return 1, 1
	}
	return 0, 1
}

// documents reports whether a field returns a document that takes a read.
func documents(f *ast.Field) bool {
	return len(f.SelectionSet) > 0 && (f.ObjectDefinition.Name == "Query" || linksTo(f))
}

// linksTo reports whether a field leads from one document to another.
func linksTo(f *ast.Field) bool {
	for _, i := range f.ObjectDefinition.Interfaces {
		if i == documentType {
			return f.Name != "meta"
		}
	}
	return false
}

// uses tells for what an operation uses its variables.
type uses struct {
	switches map[string]bool // names of those that @skip and @include look at
	first    bool            // one of them is the size of a page, or the list of what is asked for
}

func findUses(o *guard.Operation) uses {
	u := uses{switches: make(map[string]bool)}
	visited := make(map[string]bool)
	directives := func(list ast.DirectiveList) {
		for _, d := range list {
			if a := d.Arguments.ForName("if"); a != nil && a.Value.Kind == ast.Variable {
				u.switches[a.Value.Raw] = true
			}
		}
	}
	var visit func(ast.SelectionSet)
	visit = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				directives(s.Directives)
				for _, name := range []string{"first", representations} {
					if a := s.Arguments.ForName(name); a != nil && a.Value.Kind == ast.Variable {
						u.first = true
					}
				}
				visit(s.SelectionSet)
			case *ast.InlineFragment:
				directives(s.Directives)
				visit(s.SelectionSet)
			case *ast.FragmentSpread:
				directives(s.Directives)
				if f := o.Doc.Fragments.ForName(s.Name); f != nil && !visited[s.Name] {
					visited[s.Name] = true
					visit(f.SelectionSet)
				}
			}
		}
	}
	visit(o.Def.SelectionSet)
	return u
}

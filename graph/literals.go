package graph

import (
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// checkLiterals finds values written in a document that cannot be coerced, whatever the variables: the
// validator knows GraphQL's own scalars only. Found when a field is carried out, it would be too late for
// those before it.
func (e *Engine) checkLiterals(doc *ast.QueryDocument) (errs gqlerror.List) {
	check := func(what string, t *ast.Type, v *ast.Value) {
		if v == nil || v.Kind == ast.Variable {
			return
		}
		var c coercion
		c.value(e.inputType(t), literal(v, func(string) any { return unknown{} }))
		if c.problem != "" {
			errs = append(errs, badInput(at(within(v, c.at).Position), c.message(what)))
		}
	}
	var fields func(ast.SelectionSet)
	fields = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				for _, a := range s.Arguments {
					check("Argument "+a.Name, s.Definition.Arguments.ForName(a.Name).Type, a.Value)
				}
				fields(s.SelectionSet)
			case *ast.InlineFragment:
				fields(s.SelectionSet)
			}
		}
	}
	for _, o := range doc.Operations {
		for _, d := range o.VariableDefinitions {
			check("Variable $"+d.Variable, d.Type, d.DefaultValue)
		}
		fields(o.SelectionSet)
	}
	for _, f := range doc.Fragments {
		fields(f.SelectionSet)
	}
	return errs
}

// within returns the literal at a path of another, or the last one on the way to it.
func within(v *ast.Value, path []string) *ast.Value {
	for _, step := range path {
		switch v.Kind {
		case ast.ObjectValue:
			c := v.Children.ForName(step)
			if c == nil { // it is missing
				return v
			}
			v = c
		case ast.ListValue:
			if i, err := strconv.Atoi(step); err == nil && i < len(v.Children) {
				v = v.Children[i].Value
			}
		}
	}
	return v
}

package guard

import (
	"encoding/json"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Price says what a field costs: own is the price of the field itself, times is how often what is
// selected below it may be repeated (1 unless it is a list). arg returns the value that an integer
// argument has in this request, and of a list how many items it has; ok is false when it has none. The field's definitions are set.
type Price func(f *ast.Field, arg func(name string) (value int, ok bool)) (own, times int)

// Cost returns what the operation costs by the price list, or an error with code [TooComplex] when
// that is more than the limit. Introspection, which has limits of its own, is free, and so is what
// @skip and @include leave out. variable returns the value of a variable as decoded from JSON or
// as coerced, nil when it has none; defaults declared by the operation are applied here.
//
// It takes time in proportion to the document, however often fragments repeat each other.
func (o *Operation) Cost(price Price, variable func(name string) any) (int, gqlerror.List) {
	c := coster{price: price, op: o.Def, variable: variable}
	cost := c.selection(o.Def.SelectionSet)
	if cost > o.maxCost {
		return cost, gqlerror.List{fail(TooComplex, o.Def.Position,
			"The query costs more than %d: ask for fewer items or fields.", o.maxCost)}
	}
	return cost, nil
}

type coster struct {
	price     Price
	op        *ast.OperationDefinition
	variable  func(string) any
	fragments map[*ast.FragmentDefinition]int
}

func (c *coster) selection(set ast.SelectionSet) int {
	total := 0
	for _, selection := range set {
		switch sel := selection.(type) {
		case *ast.Field:
			if c.included(sel.Directives) && !introspects(sel) {
				own, times := c.price(sel, func(name string) (int, bool) { return c.integer(sel, name) })
				total = sum(total, sum(max(own, 0), product(max(times, 0), c.selection(sel.SelectionSet))))
			}
		case *ast.InlineFragment:
			if c.included(sel.Directives) {
				total = sum(total, c.selection(sel.SelectionSet))
			}
		case *ast.FragmentSpread:
			if c.included(sel.Directives) {
				total = sum(total, c.fragment(sel.Definition))
			}
		}
	}
	return total
}

func (c *coster) fragment(f *ast.FragmentDefinition) int {
	cost, ok := c.fragments[f]
	if !ok {
		cost = c.selection(f.SelectionSet)
		if c.fragments == nil {
			c.fragments = make(map[*ast.FragmentDefinition]int)
		}
		c.fragments[f] = cost
	}
	return cost
}

// included evaluates @skip and @include. What cannot be evaluated counts as included.
func (c *coster) included(directives ast.DirectiveList) bool {
	for _, d := range directives {
		if d.Name != "skip" && d.Name != "include" {
			continue
		}
		arg := d.Arguments.ForName("if")
		if arg == nil {
			continue
		}
		value, ok := c.value(arg.Value).(bool)
		if ok && value == (d.Name == "skip") {
			return false
		}
	}
	return true
}

func (c *coster) integer(f *ast.Field, name string) (int, bool) {
	var value any
	if arg := f.Arguments.ForName(name); arg != nil {
		value = c.value(arg.Value)
	} else if f.Definition != nil {
		if def := f.Definition.Arguments.ForName(name); def != nil && def.DefaultValue != nil {
			value = c.value(def.DefaultValue)
		}
	}
	switch n := value.(type) {
	case []any:
		return len(n), true
	case int:
		return n, true
	case int32:
		return int(n), true
	case int64:
		return int(n), true
	case float64:
		return int(min(max(n, -1<<31), 1<<31)), true
	case json.Number:
		i, err := strconv.Atoi(n.String())
		return i, err == nil
	}
	return 0, false
}

// value evaluates an integer, a boolean or the length of a list, given as a literal or by a variable;
// nil for others.
func (c *coster) value(v *ast.Value) any {
	switch v.Kind {
	case ast.Variable:
		if value := c.variable(v.Raw); value != nil {
			return value
		}
		def := c.op.VariableDefinitions.ForName(v.Raw)
		if def == nil || def.DefaultValue == nil || def.DefaultValue.Kind == ast.Variable {
			return nil
		}
		return c.value(def.DefaultValue)
	case ast.IntValue:
		return json.Number(v.Raw)
	case ast.ListValue:
		return len(v.Children)
	case ast.BooleanValue:
		return v.Raw == "true"
	}
	return nil
}

// product multiplies counts; products past all limits stay there instead of wrapping around.
func product(a, b int) int {
	const most = 1<<31 - 1
	if a > 0 && b > most/a {
		return most
	}
	return a * b
}

package graph

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/profilegraph/profilegraph/schema"
)

// Input values are coerced in one pass from what the client sent into what a Source takes: JSON
// properties in place of GraphQL names, JSON values in place of enum names. Before coercion a
// value is what encoding/json makes of it with UseNumber; within a query there are also enumLiteral
// and reference.

// enumLiteral is an enum value written in a query.
type enumLiteral string

// reference is the use of a variable within a literal, by the variable's index.
type reference int

// unset is the value of a variable that was not given and has no default.
type unset struct{}

// unknown stands for the use of a variable while nothing is known of its value. It fits everywhere.
type unknown struct{}

// literal turns a literal of a query into a value to be coerced, in which a variable is what variable
// makes of its name.
func literal(v *ast.Value, variable func(name string) any) any {
	switch v.Kind {
	case ast.Variable:
		return variable(v.Raw)
	case ast.IntValue, ast.FloatValue:
		return json.Number(v.Raw)
	case ast.StringValue, ast.BlockValue:
		return v.Raw
	case ast.BooleanValue:
		return v.Raw == "true"
	case ast.EnumValue:
		return enumLiteral(v.Raw)
	case ast.ListValue:
		list := make([]any, len(v.Children))
		for i, c := range v.Children {
			list[i] = literal(c.Value, variable)
		}
		return list
	case ast.ObjectValue:
		m := make(map[string]any, len(v.Children))
		for _, c := range v.Children {
			m[c.Name] = literal(c.Value, variable)
		}
		return m
	}
	return nil
}

// inputType is the type of an argument or a variable.
type inputType struct {
	nonNull bool
	elem    *inputType   // of a list
	shape   *schema.Type // of all others but
	keys    *entity      // the input that holds one of an entity's keys
	patch   bool         // the shape is to be merged into another value
	whole   bool         // the shape is that of a document
}

func (e *Engine) inputType(t *ast.Type) *inputType {
	if t.Elem != nil {
		return &inputType{nonNull: t.NonNull, elem: e.inputType(t.Elem)}
	}
	in := &inputType{nonNull: t.NonNull}
	name := t.NamedType
	switch def := e.schema.Types[name]; def.Kind {
	case ast.Scalar:
		in.shape = &schema.Type{Kind: schema.Scalar, Name: name}
	case ast.InputObject:
		if base, ok := strings.CutSuffix(name, "Patch"); ok && e.shapes[base] != nil {
			in.shape, in.patch, in.whole = e.shapes[base], true, e.entity(base) != nil
		} else if base, ok := strings.CutSuffix(name, "By"); ok && e.entity(base) != nil {
			in.keys = e.entity(base)
		} else {
			in.shape = e.shapes[strings.TrimSuffix(name, "Input")]
		}
	case ast.Enum:
		if in.shape = e.shapes[name]; in.shape == nil {
			in.shape = staticEnum(def)
		}
	}
	return in
}

// staticEnum is the shape of an enum that every account has.
func staticEnum(def *ast.Definition) *schema.Type {
	t := &schema.Type{Kind: schema.Enum, Name: def.Name}
	for _, v := range def.EnumValues {
		t.Values = append(t.Values, schema.EnumValue{Name: v.Name, Value: v.Name})
	}
	return t
}

// key is a coerced value of an entity's keys.
type key struct {
	field *schema.Field
	value any
}

// coercion coerces one value. After the first problem it returns nonsense, which nobody uses.
type coercion struct {
	vars    []any    // coerced
	path    []string // from the argument or variable down, GraphQL names
	problem string
	at      []string // path at the problem
}

func (c *coercion) fail(problem string) any {
	if c.problem == "" {
		c.problem, c.at = problem, slices.Clone(c.path)
	}
	return nil
}

// message says what is wrong with the value of a variable or argument.
func (c *coercion) message(name string) string {
	return strings.Join(append([]string{name}, c.at...), ".") + " " + c.problem + "."
}

// within coerces below a field of that name.
func (c *coercion) within(name string, f func() any) any {
	c.path = append(c.path, name)
	v := f()
	c.path = c.path[:len(c.path)-1]
	return v
}

func (c *coercion) value(t *inputType, v any) any {
	if r, ok := v.(reference); ok {
		// The validator has seen to it that the variable's type fits here.
		v = c.vars[r]
		if _, ok := v.(unset); ok {
			v = nil
		}
		if v == nil && t.nonNull {
			return c.fail("must not be null")
		}
		return own(v)
	}
	switch {
	case v == nil && t.nonNull:
		return c.fail("must not be null")
	case v == nil, v == any(unknown{}):
		return nil
	case t.elem != nil:
		items, ok := v.([]any)
		if !ok {
			return []any{c.value(t.elem, v)}
		}
		if t.represents() && c.vars == nil && !slices.Contains(items, nil) {
			return items // the representations in a variable, which are only read
		}
		list := make([]any, len(items))
		for i, item := range items {
			list[i] = c.within(strconv.Itoa(i), func() any { return c.value(t.elem, item) })
		}
		return list
	case t.keys != nil:
		return c.key(t.keys, v)
	}
	v = c.shape(t.shape, t.patch, v)
	if out, ok := v.(map[string]any); ok && t.patch && t.whole {
		// The document has its constants already.
		for _, f := range t.shape.Fields {
			if _, ok := fixed(t.shape, f); ok {
				delete(out, f.Property)
			}
		}
	}
	return v
}

// shape coerces a value that is not null.
func (c *coercion) shape(t *schema.Type, patch bool, v any) any {
	if r, ok := v.(reference); ok {
		if v = c.vars[r]; v == nil || v == any(unset{}) {
			return c.fail("must not be null")
		}
		if t.Name != schema.Decimal {
			return own(v)
		}
		// The variable's type does not tell which JSON type stands behind this Decimal.
	}
	if v == any(unknown{}) {
		return nil
	}
	switch t.Kind {
	case schema.List:
		items, ok := v.([]any)
		if !ok {
			items = []any{v}
		}
		list := make([]any, len(items))
		for i, item := range items {
			list[i] = c.within(strconv.Itoa(i), func() any {
				if c.absent(item) || item == nil {
					if !t.ElemNullable {
						return c.fail("must not be null")
					}
					return nil
				}
				return c.nullable(t.Elem, t.ElemNullable, item)
			})
		}
		return list
	case schema.Enum:
		if v, ok := enumInput(t, v); ok {
			return v
		}
		return c.fail("is not a value of " + t.Name)
	case schema.Object:
		return c.object(t, patch, v)
	case schema.Union:
		return c.union(t, v)
	default:
		if t.Name == schema.JSON || t.Name == anyType {
			return c.json(v)
		}
		v, problem := scalarInput(t, v)
		if problem != "" {
			return c.fail(problem)
		}
		return v
	}
}

// nullable coerces a value that may be a variable holding null.
func (c *coercion) nullable(t *schema.Type, null bool, v any) any {
	if r, ok := v.(reference); ok && null && c.vars[r] == nil {
		return nil
	}
	return c.shape(t, false, v)
}

// absent reports whether v is a variable without a value.
func (c *coercion) absent(v any) bool {
	r, ok := v.(reference)
	return ok && c.vars[r] == any(unset{})
}

// null reports whether v is null, as a literal or by a variable.
func (c *coercion) null(v any) bool {
	if r, ok := v.(reference); ok {
		return c.vars[r] == nil
	}
	return v == nil
}

func (c *coercion) object(t *schema.Type, patch bool, v any) any {
	given, ok := v.(map[string]any)
	if !ok {
		return c.fail("must be an object")
	}
	out := make(map[string]any, len(given)+1)
	seen := 0
	for _, f := range t.Fields {
		if value, ok := fixed(t, f); ok {
			out[f.Property] = own(value)
			continue
		}
		if f.ReadOnly {
			continue
		}
		v, ok := given[f.Name]
		if ok {
			seen++
			ok = !c.absent(v)
		}
		c.path = append(c.path, f.Name)
		switch {
		case f == t.Extra:
			if ok && !c.null(v) {
				c.extra(t, v, out)
			}
		case !ok && patch:
		case !ok && f.Default != nil:
			out[f.Property] = own(f.Default)
		case !ok && mandatory(f):
			c.fail("is required")
		case !ok:
		case !c.null(v):
			out[f.Property] = c.shape(f.Type, patch, v)
		case patch, f.Nullable:
			out[f.Property] = nil
		case mandatory(f):
			c.fail("must not be null")
		}
		c.path = c.path[:len(c.path)-1]
	}
	if seen < len(given) {
		c.unknown(t, given)
	}
	return out
}

// unknown complains about the members of given that t does not have.
func (c *coercion) unknown(t *schema.Type, given map[string]any) {
	known := make(map[string]bool, len(t.Fields)+1)
	for _, f := range t.Fields {
		if writable(t, f) {
			known[f.Name] = true
		}
	}
	known["_"] = len(known) == 0 // see definer.input
	for name := range given {
		if !known[name] {
			c.unknownField(name)
			return
		}
	}
}

// unknownField names the field if it looks like a name: anything else may be somebody's data.
func (c *coercion) unknownField(name string) {
	if len(name) > 64 || strings.IndexFunc(name, notInName) >= 0 {
		c.fail("has an unknown field")
		return
	}
	c.fail("has an unknown field " + strconv.Quote(name))
}

func notInName(r rune) bool {
	return !(r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
}

// extra merges undeclared properties into the object around them.
func (c *coercion) extra(t *schema.Type, v any, out map[string]any) {
	if v == any(unknown{}) {
		return
	}
	given, ok := c.json(v).(map[string]any)
	if !ok {
		c.fail("must be an object")
		return
	}
	for name, v := range given {
		for _, f := range t.Fields {
			if f != t.Extra && f.Property == name {
				c.fail("holds a property that has a field of its own")
				return
			}
		}
		out[name] = v
	}
}

// union coerces the input of a union: an object with the chosen member as its only field. In a
// patch, too, it is a whole value.
func (c *coercion) union(t *schema.Type, v any) any {
	given, ok := v.(map[string]any)
	if !ok {
		return c.fail("must be an object")
	}
	if len(given) != 1 {
		return c.fail("must have exactly one field")
	}
	for _, m := range t.Members {
		name := memberName(m)
		v, ok := given[name]
		if !ok {
			continue
		}
		return c.within(name, func() any {
			if c.absent(v) || c.null(v) {
				return c.fail("must not be null")
			}
			return c.shape(m, false, v)
		})
	}
	for name := range given {
		c.unknownField(name)
	}
	return nil
}

// key coerces the input that holds exactly one of an entity's keys.
func (c *coercion) key(e *entity, v any) any {
	given, ok := v.(map[string]any)
	if !ok {
		return c.fail("must be an object")
	}
	if len(given) != 1 {
		return c.fail("must have exactly one field")
	}
	for _, k := range e.Keys {
		v, ok := given[k.Field.Name]
		if !ok {
			continue
		}
		value := c.within(k.Field.Name, func() any {
			if c.absent(v) || c.null(v) {
				return c.fail("must not be null")
			}
			return c.shape(k.Field.Type, false, v)
		})
		return key{k.Field, value}
	}
	for name := range given {
		c.unknownField(name)
	}
	return nil
}

// json takes any value, filling in variables.
func (c *coercion) json(v any) any {
	switch v := v.(type) {
	case reference:
		switch value := c.vars[v].(type) {
		case unset:
			return nil
		case key:
			return map[string]any{value.field.Name: value.value}
		default:
			return own(value)
		}
	case enumLiteral:
		return c.fail("must be JSON, which has no enum values")
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = c.json(item)
		}
		return list
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, item := range v {
			if !c.absent(item) {
				m[k] = c.json(item)
			}
		}
		return m
	default:
		return v
	}
}

// own copies a coerced value. A variable may be used in several places, and what a source is given
// belongs to the source.
func own(v any) any {
	var c coercion
	return c.json(v)
}

// fixed returns the value of a field that can have only one: a required constant, or the
// discriminator of a union's member. Clients do not give it, it is filled in.
func fixed(t *schema.Type, f *schema.Field) (any, bool) {
	if f.Const == nil {
		return nil, false
	}
	return f.Const, f.Fixed() || len(t.Tags) == 1 && f.Const == any(t.Tags[0])
}

// enumInput returns the JSON value that an enum's name stands for.
func enumInput(t *schema.Type, v any) (any, bool) {
	var name string
	switch v := v.(type) {
	case enumLiteral:
		name = string(v)
	case string:
		name = v
	default:
		return nil, false
	}
	for i := range t.Values {
		if t.Values[i].Name == name {
			if n, ok := number(t.Values[i].Value); ok {
				return n, true
			}
			return t.Values[i].Value, true
		}
	}
	return nil, false
}

// enumName returns the name that stands for a JSON value.
func enumName(t *schema.Type, v any) (string, bool) {
	n, isNumber := number(v)
	for i := range t.Values {
		if t.Values[i].Value == v {
			return t.Values[i].Name, true
		}
		if isNumber {
			if m, ok := number(t.Values[i].Value); ok && sameNumber(m, n) {
				return t.Values[i].Name, true
			}
		}
	}
	return "", false
}

func sameNumber(a, b json.Number) bool {
	x, errX := a.Float64()
	y, errY := b.Float64()
	return errX == nil && errY == nil && x == y
}

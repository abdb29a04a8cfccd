package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Introspection is answered by code that gqlgen has generated: it knows every field of the
// introspection schema, and takes the schema to look at as a value. Three of its habits differ from
// the specification, and are mended on the way: it has an empty list, or false, where a kind of type has
// no such field at all and null is due, it takes no notice of includeDeprecated on inputFields and args,
// and it returns fields in one answer only for an operation of its own.
//
// To mend them the query that gqlgen sees asks for more than the client did, under names that tell
// afterwards what to do. See mender.

// introspection is one of the root fields __schema and __type.
type introspection struct {
	key   string
	at    location
	field *ast.Field
	doc   *ast.QueryDocument
	// variables are those that the operation declares.
	variables ast.VariableDefinitionList
	// fixed says that the answer does not depend on variables, so that it can be kept under cache.
	fixed bool
	cache cacheKey
}

func (p *planner) introspection(c collected) *introspection {
	field := *c.fields[0]
	field.SelectionSet, field.Directives = nil, nil
	for _, f := range c.fields {
		field.SelectionSet = append(field.SelectionSet, f.SelectionSet...)
	}
	m := mender{doc: p.doc, fragments: make(map[string]*ast.FragmentDefinition)}
	field.SelectionSet = m.selection(field.SelectionSet)
	doc := &ast.QueryDocument{}
	for _, f := range m.fragments {
		doc.Fragments = append(doc.Fragments, f)
	}
	p.size += 4096
	cache := p.key
	cache.derived += " answer " + c.key
	return &introspection{
		key: c.key, at: c.at(), field: &field, doc: doc, variables: p.op.VariableDefinitions, cache: cache,
		fixed: !m.variable && !slices.ContainsFunc(field.Arguments, func(a *ast.Argument) bool { return hasVariable(a.Value) }),
	}
}

// introspect writes the answer to an introspection field. It returns false for null where the field
// must not be null.
func (r *run) introspect(in *introspection, p *prepared) bool {
	e := r.engine
	if e.options.Introspect == nil {
		r.fail(&Error{Code: codeIntrospection, Message: "Introspection is not available."}, in.at, in.key)
		r.null()
		return in.field.Name != "__schema"
	}
	if in.fixed {
		if answer, ok := e.options.Cache.get(in.cache).([]byte); ok {
			r.out = append(r.out, answer...)
			return true
		}
	}
	answer, err := e.introspect(r.ctx, in, p, r.vars)
	if err != nil {
		r.fail(e.visible(r.ctx, err), in.at, in.key)
		r.null()
		return in.field.Name != "__schema"
	}
	if in.fixed {
		e.options.Cache.put(in.cache, answer, len(answer))
	}
	r.out = append(r.out, answer...)
	return true
}

// introspect runs an introspection field as an operation of its own.
func (e *Engine) introspect(ctx context.Context, in *introspection, p *prepared, vars []any) ([]byte, error) {
	values := make(map[string]any)
	for i, v := range p.variables {
		switch value := vars[i].(type) {
		case string, bool, nil: // the only types that these fields and their directives take
			values[v.name] = value
		}
	}
	recovered := func(_ context.Context, p any) error { return fmt.Errorf("graph: introspection: panic: %v", p) }
	operation := &graphql.OperationContext{
		RawQuery:  "introspection",
		Variables: values,
		Doc:       in.doc,
		Operation: &ast.OperationDefinition{
			Operation: ast.Query, SelectionSet: ast.SelectionSet{in.field},
			VariableDefinitions: in.variables,
		},
		RecoverFunc:            recovered,
		ResolverMiddleware:     func(ctx context.Context, next graphql.Resolver) (any, error) { return next(ctx) },
		RootResolverMiddleware: func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler { return next(ctx) },
	}
	present := func(_ context.Context, err error) *gqlerror.Error { return gqlerror.WrapIfUnwrapped(err) }
	ctx = graphql.WithResponseContext(graphql.WithOperationContext(ctx, operation), present, recovered)
	response := e.options.Introspect(e.Schema()).Exec(ctx)(ctx)
	if errs := graphql.GetErrors(ctx); len(errs) > 0 {
		return nil, fmt.Errorf("graph: introspection: %w", errs)
	}
	return mend(response.Data)
}

// The names under which a mender asks for more. Clients may use names with two underscores at the
// front as aliases, but hardly these.
const (
	mendNull = "__kind_of_" // + field + "_" + response key: the kind of the type
	mendDrop = "__drop"     // the item is deprecated, and was not asked for
)

// mender rewrites selections of the introspection schema. Beside each field of a type that only
// some kinds of types have, it asks for the kind; within input values that are to be listed
// without the deprecated ones, it asks whether they are.
type mender struct {
	doc       *ast.QueryDocument
	fragments map[string]*ast.FragmentDefinition
	variable  bool // a variable is used
}

// kindsWith are the fields of __Type that are null for other kinds.
var kindsWith = map[string][]string{
	"fields":        {"OBJECT", "INTERFACE"},
	"interfaces":    {"OBJECT", "INTERFACE"},
	"possibleTypes": {"INTERFACE", "UNION"},
	"enumValues":    {"ENUM"},
	"inputFields":   {"INPUT_OBJECT"},
	"isOneOf":       {"INPUT_OBJECT"},
}

func (m *mender) selection(set ast.SelectionSet) ast.SelectionSet {
	out := make(ast.SelectionSet, 0, len(set))
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			out = append(out, m.field(s)...)
		case *ast.InlineFragment:
			m.directives(s.Directives)
			c := *s
			c.SelectionSet = m.selection(s.SelectionSet)
			out = append(out, &c)
		case *ast.FragmentSpread:
			m.directives(s.Directives)
			m.fragment(s.Name)
			out = append(out, s)
		}
	}
	return out
}

func (m *mender) fragment(name string) {
	f := m.doc.Fragments.ForName(name)
	if f == nil || m.fragments[name] != nil {
		return
	}
	c := *f
	m.fragments[name] = &c
	c.SelectionSet = m.selection(f.SelectionSet)
}

func (m *mender) field(f *ast.Field) ast.SelectionSet {
	m.directives(f.Directives)
	c := *f
	c.SelectionSet = m.selection(f.SelectionSet)
	out := ast.SelectionSet{&c}
	for _, a := range f.Arguments {
		m.variable = m.variable || hasVariable(a.Value)
	}
	if f.ObjectDefinition == nil {
		return out
	}
	if _, ok := kindsWith[f.Name]; ok && f.ObjectDefinition.Name == "__Type" {
		kind := f.ObjectDefinition.Fields.ForName("kind")
		out = append(out, &ast.Field{
			Name: "kind", Alias: mendNull + f.Name + "_" + f.Alias, Directives: f.Directives,
			Definition: kind, ObjectDefinition: f.ObjectDefinition, Position: f.Position,
		})
	}
	if f.Definition.Type.Name() == "__InputValue" && !includesDeprecated(f) {
		c.SelectionSet = append(c.SelectionSet, &ast.Field{
			Name: "isDeprecated", Alias: mendDrop, Position: f.Position,
			Definition:       &ast.FieldDefinition{Name: "isDeprecated", Type: ast.NonNullNamedType("Boolean", nil)},
			ObjectDefinition: &ast.Definition{Kind: ast.Object, Name: "__InputValue"},
		})
	}
	return out
}

// includesDeprecated reports whether a list is to hold deprecated items too. A variable counts as
// yes: gqlgen's answer then stands.
func includesDeprecated(f *ast.Field) bool {
	a := f.Arguments.ForName("includeDeprecated")
	return a != nil && (a.Value.Kind == ast.Variable || a.Value.Raw == "true")
}

func (m *mender) directives(list ast.DirectiveList) {
	for _, d := range list {
		for _, a := range d.Arguments {
			m.variable = m.variable || hasVariable(a.Value)
		}
	}
}

// mend takes the only member out of a data object, and does in it what the mender's names say.
func mend(data []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := decodeOrdered(d)
	if err != nil {
		return nil, fmt.Errorf("graph: introspection: %w", err)
	}
	root, ok := v.(*ordered)
	if !ok || len(root.values) != 1 {
		return nil, fmt.Errorf("graph: introspection: the answer is no object")
	}
	return appendOrdered(nil, root.values[0]), nil
}

// ordered is a JSON object that keeps the order of its members.
type ordered struct {
	keys   []string
	values []any
}

// decodeOrdered decodes a JSON value, objects as *ordered.
func decodeOrdered(d *json.Decoder) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		o := &ordered{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			value, err := decodeOrdered(d)
			if err != nil {
				return nil, err
			}
			o.keys = append(o.keys, key.(string))
			o.values = append(o.values, value)
		}
		_, err := d.Token()
		o.mend()
		return o, err
	case json.Delim('['):
		list := []any{}
		for d.More() {
			value, err := decodeOrdered(d)
			if err != nil {
				return nil, err
			}
			if o, ok := value.(*ordered); ok && o.take(mendDrop) == true {
				continue
			}
			list = append(list, value)
		}
		_, err := d.Token()
		return list, err
	}
	return t, nil
}

// mend makes the fields null that the object's kind does not have.
func (o *ordered) mend() {
	for i := 0; i < len(o.keys); {
		rest, ok := strings.CutPrefix(o.keys[i], mendNull)
		if !ok {
			i++
			continue
		}
		field, key, _ := strings.Cut(rest, "_")
		kind, _ := o.take(o.keys[i]).(string)
		if at := slices.Index(o.keys, key); at >= 0 && !slices.Contains(kindsWith[field], kind) {
			o.values[at] = nil
		}
	}
}

// take removes a member and returns its value.
func (o *ordered) take(key string) any {
	i := slices.Index(o.keys, key)
	if i < 0 {
		return nil
	}
	v := o.values[i]
	o.keys = slices.Delete(o.keys, i, i+1)
	o.values = slices.Delete(o.values, i, i+1)
	return v
}

func appendOrdered(b []byte, v any) []byte {
	switch v := v.(type) {
	case *ordered:
		b = append(b, '{')
		for i, key := range v.keys {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendString(b, key), ':')
			b = appendOrdered(b, v.values[i])
		}
		return append(b, '}')
	case []any:
		b = append(b, '[')
		for i, item := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendOrdered(b, item)
		}
		return append(b, ']')
	case string:
		return appendString(b, v)
	case bool:
		if v {
			return append(b, "true"...)
		}
		return append(b, "false"...)
	case json.Number:
		return append(b, v...)
	}
	return append(b, "null"...)
}

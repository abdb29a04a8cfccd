package graph

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/profilegraph/profilegraph/schema"
)

// Variant says for whom a schema is printed.
type Variant string

// The variants of a schema.
const (
	// Client is what clients send queries to.
	Client Variant = "client"
	// Federation is what composers of a federated graph read: the schema with the directives of
	// Apollo Federation, as _service has it too.
	Federation Variant = "federation"
	// Public is Federation without any field that is sensitive, for graphs that are to show no
	// personal data, not even masked.
	Public Variant = "public"
)

// Variants lists the variants there are.
var Variants = []Variant{Client, Federation, Public}

// SDL prints the schema: types in order of name, fields in the order of the account's JSON Schema.
// Like the engine it depends on the set of entities alone.
func (e *Engine) SDL(v Variant) string {
	if v == Client {
		var p printer
		p.schema(e.Schema())
		return p.String()
	}
	key := cacheKey{engine: e.id, derived: "sdl " + string(v)}
	if sdl, ok := e.options.Cache.get(key).(string); ok {
		return sdl
	}
	s := subgraph{Engine: e, public: v == Public, owners: make(map[*schema.Field]*entity), imports: make(map[string]bool)}
	for _, x := range e.entities {
		s.own(x, x.Type)
	}
	sdl := s.print()
	e.options.Cache.put(key, sdl, len(sdl))
	return sdl
}

// subgraph makes of an engine's schema what a composer reads. It works on copies of the definitions,
// which engines share.
type subgraph struct {
	*Engine
	public  bool
	owners  map[*schema.Field]*entity // of all fields within an entity
	imports map[string]bool           // of the specification of Federation
	minor   int                       // the lowest version of it, 2.minor, that has all of them
	hidden  map[string]bool           // types that are not in the supergraph's API
}

// own notes that the fields of a type and of those within it are an entity's.
func (s *subgraph) own(e *entity, t *schema.Type) {
	if t.Elem != nil {
		s.own(e, t.Elem)
	}
	for _, m := range t.Members {
		s.own(e, m)
	}
	for _, f := range t.Fields {
		if s.owners[f] == nil {
			s.owners[f] = e
			s.own(e, f.Type)
		}
	}
}

// since says with which version of Federation 2 a directive came. Before 2.3 nothing is of interest.
var since = map[string]int{
	"key": 3, "shareable": 3, "tag": 3, "inaccessible": 3, "override": 3,
	"authenticated": 5, "requiresScopes": 5, "policy": 6, "cost": 9, "listSize": 9,
}

// labelled is the version that @override has labels since.
const labelled = 7

// use returns a directive of Federation, and notes that it is used.
func (s *subgraph) use(name string, args ...*ast.Argument) *ast.Directive {
	s.imports["@"+name] = true
	s.minor = max(s.minor, since[name])
	return &ast.Directive{Name: name, Arguments: args}
}

func text(name, value string) *ast.Argument {
	return &ast.Argument{Name: name, Value: &ast.Value{Kind: ast.StringValue, Raw: value}}
}

func (s *subgraph) print() string {
	shown := s.Schema()
	shown.Directives = nil // what @sensitive says, tags say
	if s.public {
		s.withoutSecrets(shown.Types)
	}
	s.withoutUnused(shown.Types)
	s.hide(shown.Types)
	s.withoutHiddenRoots(shown.Types)
	for name, def := range shown.Types {
		if !def.BuiltIn {
			shown.Types[name] = s.definition(def)
		}
	}
	var p printer
	p.link(s.minor, slices.Sorted(maps.Keys(s.imports)))
	p.schema(shown)
	return p.String()
}

// definition returns what composers are to know of a type.
func (s *subgraph) definition(shared *ast.Definition) *ast.Definition {
	def := *shared
	e := s.entity(def.Name)
	switch def.Kind {
	case ast.Object:
		def.Directives = slices.Concat(def.Directives, s.typeDirectives(&def, e))
	case ast.InputObject:
		// Apollo's composition does not know @oneOf. The description says it too.
		def.Directives = slices.DeleteFunc(slices.Clone(def.Directives), func(d *ast.Directive) bool { return d.Name == "oneOf" })
	}
	if s.hidden[def.Name] {
		def.Directives = s.inaccessible(def.Directives)
	}
	shape := s.shapes[def.Name]
	def.Fields = make(ast.FieldList, len(shared.Fields))
	for i, f := range shared.Fields {
		def.Fields[i] = s.sized(f)
		if def.Kind != ast.Object || shape == nil {
			continue
		}
		if at := slices.IndexFunc(shape.Fields, func(of *schema.Field) bool { return of.Name == f.Name }); at >= 0 {
			def.Fields[i] = s.field(f, shape.Fields[at], e)
		}
	}
	for i, f := range def.Fields {
		if !s.hidden[def.Name] && s.leads(&def, f) {
			f := *f
			f.Directives = s.inaccessible(f.Directives)
			def.Fields[i] = &f
		}
	}
	return &def
}

// inaccessible adds the directive, which may stand once.
func (s *subgraph) inaccessible(list ast.DirectiveList) ast.DirectiveList {
	if list.ForName("inaccessible") != nil {
		return list
	}
	return append(slices.Clip(list), s.use("inaccessible"))
}

// hide notes the types that are not in the supergraph's API: all those of an entity of which x-federation
// says so, and those within others that are left without fields, or without a field that leads to them.
func (s *subgraph) hide(types map[string]*ast.Definition) {
	s.hidden = make(map[string]bool)
	library := &s.options.Cache.library
	for _, e := range s.entities {
		if e.Federation != nil && e.Federation.Inaccessible {
			for _, def := range library.definitions(library.static, e).types {
				s.hidden[def.Name] = true
			}
		}
	}
	for before := -1; before != len(s.hidden); {
		before = len(s.hidden)
		led, shows := make(map[string]bool), make(map[string]bool)
		for name, def := range types {
			if s.hidden[name] {
				continue
			}
			for _, f := range def.Fields {
				if !s.leads(def, f) && !s.saysInaccessible(name, f.Name) {
					led[f.Type.Name()], shows[name] = true, true
				}
			}
			for _, member := range def.Types {
				if !s.hidden[member] {
					led[member], shows[name] = true, true
				}
			}
		}
		for name := range s.shapes {
			if def := types[name]; def != nil && (def.Kind == ast.Object || def.Kind == ast.Union) && !(led[name] && shows[name]) {
				s.hidden[name] = true
			}
		}
	}
}

// saysInaccessible reports whether x-federation says so of a property.
func (s *subgraph) saysInaccessible(typeName, field string) bool {
	shape := s.shapes[typeName]
	return shape != nil && slices.ContainsFunc(shape.Fields, func(f *schema.Field) bool {
		return f.Name == field && f.Federation != nil && f.Federation.Inaccessible
	})
}

// leads reports whether a field is of use only for what is hidden. Composition wants such a field to be
// hidden too.
func (s *subgraph) leads(def *ast.Definition, f *ast.FieldDefinition) bool {
	var of operation
	switch def.Name {
	case "Query":
		of = s.queries[f.Name]
	case "Mutation":
		of = s.mutations[f.Name]
	}
	return s.hidden[f.Type.Name()] || of.entity != nil && s.hidden[of.entity.Name]
}

// typeDirectives are those of an object type that Federation knows. e is the entity that it is, or nil.
func (s *subgraph) typeDirectives(def *ast.Definition, e *entity) (list ast.DirectiveList) {
	if e == nil {
		if s.static(def.Name) {
			list = append(list, s.use("shareable"))
		}
		return list
	}
	for _, key := range s.keys(e) {
		list = append(list, s.use("key", text("fields", key)))
	}
	if said := e.Federation; said != nil {
		list = append(list, s.said(said, said.Access)...)
	}
	return list
}

// said are the directives that x-federation asks for.
func (s *subgraph) said(f *schema.Federation, access schema.Access) (list ast.DirectiveList) {
	for _, tag := range f.Tags {
		list = append(list, s.use("tag", text("name", tag)))
	}
	if f.Inaccessible {
		list = append(list, s.use("inaccessible"))
	}
	if f.Shareable {
		list = append(list, s.use("shareable"))
	}
	if f.From != "" {
		args := []*ast.Argument{text("from", f.From)}
		if f.Label != "" {
			args = append(args, text("label", f.Label))
			s.minor = max(s.minor, labelled)
		}
		list = append(list, s.use("override", args...))
	}
	if access.Authenticated {
		list = append(list, s.use("authenticated"))
	}
	if len(access.Scopes) > 0 {
		list = append(list, s.use("requiresScopes", texts("scopes", access.Scopes)))
	}
	if len(access.Policies) > 0 {
		list = append(list, s.use("policy", texts("policies", access.Policies)))
	}
	if f.Cost != nil {
		list = append(list, s.use("cost", &ast.Argument{Name: "weight", Value: &ast.Value{Kind: ast.IntValue, Raw: strconv.Itoa(*f.Cost)}}))
	}
	return list
}

// access is what a gateway is to ask of whoever wants a field: what the field says, else what its entity
// says of all that is pii, else of all that is sensitive.
func access(e *entity, f *schema.Field) (a schema.Access) {
	levels := make([]schema.Access, 0, 3)
	if f.Federation != nil {
		levels = append(levels, f.Federation.Access)
	}
	if e != nil && e.Federation != nil && f.PII {
		levels = append(levels, e.Federation.PIIAccess)
	}
	if e != nil && e.Federation != nil && f.Sensitive {
		levels = append(levels, e.Federation.SensitiveAccess)
	}
	for _, l := range levels {
		a.Authenticated = a.Authenticated || l.Authenticated
		if a.Scopes == nil {
			a.Scopes = l.Scopes
		}
		if a.Policies == nil {
			a.Policies = l.Policies
		}
	}
	return a
}

// texts is an argument that is a list of lists of strings.
func texts(name string, lists [][]string) *ast.Argument {
	outer := &ast.Value{Kind: ast.ListValue}
	for _, list := range lists {
		inner := &ast.Value{Kind: ast.ListValue}
		for _, one := range list {
			inner.Children = append(inner.Children, &ast.ChildValue{Value: text("", one).Value})
		}
		outer.Children = append(outer.Children, &ast.ChildValue{Value: inner})
	}
	return &ast.Argument{Name: name, Value: outer}
}

// keys names the fields by which other subgraphs refer to documents of e.
func (s *subgraph) keys(e *entity) []string {
	return slices.DeleteFunc(e.federatedKeys(), func(name string) bool { return s.public && e.sensitive(name) })
}

// static reports whether every account has an object type of that name, so that several subgraphs of
// one graph may.
func (s *subgraph) static(name string) bool {
	return slices.ContainsFunc(s.options.Cache.library.static.types, func(d *ast.Definition) bool { return d.Name == name })
}

// sized says of a field that is a list of documents how long it may be, where their schema wants it.
func (s *subgraph) sized(shared *ast.FieldDefinition) *ast.FieldDefinition {
	name, isList := strings.CutSuffix(shared.Type.NamedType, "Connection")
	e := s.entity(name)
	if !isList || e == nil || e.Federation == nil || !e.Federation.ListSize || shared.Arguments.ForName("first") == nil {
		return shared
	}
	list := func(name string, values ...string) *ast.Argument {
		return &ast.Argument{Name: name, Value: texts("", [][]string{values}).Value.Children[0].Value}
	}
	f := *shared
	f.Directives = append(slices.Clone(f.Directives), s.use("listSize",
		&ast.Argument{Name: "assumedSize", Value: &ast.Value{Kind: ast.IntValue, Raw: strconv.Itoa(defaultFirst)}},
		list("slicingArguments", "first"), list("sizedFields", "edges", "nodes"),
		&ast.Argument{Name: "requireOneSlicingArgument", Value: &ast.Value{Kind: ast.BooleanValue, Raw: "false"}}))
	return &f
}

// field returns what composers are to know of a field that shape describes. e is the entity that it
// is a field of, or nil.
func (s *subgraph) field(shared *ast.FieldDefinition, shape *schema.Field, e *entity) *ast.FieldDefinition {
	f := *shared
	f.Directives = slices.DeleteFunc(slices.Clone(f.Directives), func(d *ast.Directive) bool { return d.Name == "sensitive" })
	if e != nil && slices.Contains(s.keys(e), f.Name) {
		// Federation allows no arguments in keys.
		f.Arguments = nil
	}
	if shape.PII {
		f.Directives = append(f.Directives, s.use("tag", text("name", "pii")))
	}
	if shape.Sensitive {
		f.Directives = append(f.Directives, s.use("tag", text("name", "sensitive")))
	}
	said := shape.Federation
	if said == nil {
		said = &schema.Federation{}
	}
	f.Directives = append(f.Directives, s.said(said, access(s.owners[shape], shape))...)
	return &f
}

// sensitive reports whether a top-level field of the entity is.
func (e *entity) sensitive(name string) bool {
	return slices.ContainsFunc(e.Type.Fields, func(f *schema.Field) bool { return f.Name == name && f.Sensitive })
}

// withoutSecrets takes out of a schema whatever is sensitive, and what is of no use without it: there is
// nothing to unmask, what differs between versions may be sensitive, and an input that lacks a field
// that must be given cannot be used.
func (s *subgraph) withoutSecrets(types map[string]*ast.Definition) {
	gone := map[string]bool{unmaskShape.Name: true, "FieldChange": true}
	for name, def := range types {
		base := name
		if def.Kind == ast.InputObject {
			base = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "Input"), "Patch"), "By")
		}
		shape := s.shapes[base]
		if shape == nil {
			continue
		}
		types[name] = without(def, gone, func(field *ast.FieldDefinition) bool {
			return slices.ContainsFunc(shape.Fields, func(f *schema.Field) bool { return f.Name == field.Name && f.Sensitive })
		})
	}
	for before := -1; before != len(gone); {
		before = len(gone)
		for name, def := range types {
			if !def.BuiltIn {
				types[name] = without(def, gone, func(f *ast.FieldDefinition) bool { return gone[f.Type.Name()] })
			}
		}
	}
	for name := range gone {
		delete(types, name)
	}
}

// without returns a type without some of its fields, and without arguments and members whose types are
// gone. A type of which nothing is left, or an input without which a field must do that has to be given,
// joins the types that are gone.
func without(shared *ast.Definition, gone map[string]bool, drop func(*ast.FieldDefinition) bool) *ast.Definition {
	def := *shared
	def.Fields = nil
	for _, f := range shared.Fields {
		lacking := false
		args := slices.DeleteFunc(slices.Clone(f.Arguments), func(a *ast.ArgumentDefinition) bool {
			lacking = lacking || gone[a.Type.Name()] && a.Type.NonNull
			return gone[a.Type.Name()]
		})
		if lacking || drop(f) {
			if def.Kind == ast.InputObject && f.Type.NonNull && f.DefaultValue == nil {
				gone[def.Name] = true
			}
			continue
		}
		if len(args) < len(f.Arguments) {
			copied := *f
			copied.Arguments = args
			f = &copied
		}
		def.Fields = append(def.Fields, f)
	}
	def.Types = slices.DeleteFunc(slices.Clone(shared.Types), func(name string) bool { return gone[name] })
	if len(shared.Fields)+len(shared.Types) > 0 && len(def.Fields)+len(def.Types) == 0 {
		gone[def.Name] = true
	}
	return &def
}

// withoutHiddenRoots takes out Query and Mutation where all their fields lead to what is hidden: composition wants
// a type to have an accessible field, and a gateway needs none of them to read documents by their keys.
func (s *subgraph) withoutHiddenRoots(types map[string]*ast.Definition) {
	for _, name := range []string{"Query", "Mutation"} {
		def := types[name]
		if def != nil && !slices.ContainsFunc(def.Fields, func(f *ast.FieldDefinition) bool {
			return !strings.HasPrefix(f.Name, "__") && !s.leads(def, f) // introspection is in every schema
		}) {
			delete(types, name)
		}
	}
	s.withoutUnused(types)
}

// withoutUnused takes out the types to which neither clients nor gateways get. Every account knows all scalars; a
// federated graph need not.
func (s *subgraph) withoutUnused(types map[string]*ast.Definition) {
	used := make(map[string]bool)
	var visit func(name string)
	visit = func(name string) {
		def := types[name]
		if used[name] || def == nil {
			return
		}
		used[name] = true
		for _, f := range def.Fields {
			visit(f.Type.Name())
			for _, a := range f.Arguments {
				visit(a.Type.Name())
			}
		}
		for _, other := range slices.Concat(def.Types, def.Interfaces) {
			visit(other)
		}
	}
	visit("Query")
	visit("Mutation")
	for _, e := range s.entities {
		visit(e.Name)
	}
	maps.DeleteFunc(types, func(name string, def *ast.Definition) bool { return !def.BuiltIn && !used[name] })
}

package graph

import (
	"cmp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/profilegraph/profilegraph/schema"
)

// plan is an operation made ready to run: which reads it takes, and how its answer is written.
// It is immutable, holds no part of the query's syntax tree, and knows the values of all @skip and
// @include.
type plan struct {
	fields   []root
	withheld []withheld // values that are asked for in clear and must not be
	size     int        // bytes, roughly
}

// root is a field of the operation itself. Exactly one of the others is set beside prefix.
type root struct {
	prefix   string // what stands before the value: bracket or comma, key, colon
	def      *ast.FieldDefinition
	text     string // the value of __typename
	fetch    *fetch
	intro    *introspection
	entities *entities
	service  *object
}

// fetch is a field whose value takes a read or a write: a root field, or a link between documents.
type fetch struct {
	kind   operationKind
	entity *entity
	key    string
	at     location
	args   arguments
	fields schema.FieldSet // of the documents, what the answer needs

	pins bool // of the documents, they are needed too

	sensitive []string    // paths of the sensitive fields among them
	unmask    []unmasking // which of them are asked for in clear
	mixed     *mixed      // in place of unmask, where one of them is asked for in several ways

	uses    []use             // until it is sorted
	members map[*member][]use // likewise: what is sensitive in the members of documents

	views  []*object // how a document is written: one view, or one for each place in a page
	page   *object   // a page of documents; nil for a single one
	change *object   // how a change is written, for readDiff
}

// The kinds of links. The other kinds are those of root fields.
const (
	linkOne   operationKind = iota + 100 // the one document that is owned
	linkMany                             // a page of documents that are owned
	linkOwner                            // the owner
)

// unmasking is an argument that asks for sensitive fields in clear.
type unmasking struct {
	arg       *argument
	paths     []string
	sensitive []string // of a mixed fetch: as in fetch, and these paths
}

// arguments are the arguments of a fetch; nil where the field has none of the name.
type arguments struct {
	id, by, version, from, to, first, after, owner, input, ifVersion, ttlDays *argument
}

// location is a place in the query's text.
type location struct{ line, column int }

func at(p *ast.Position) location {
	if p == nil {
		return location{1, 1}
	}
	return location{p.Line, p.Column}
}

// object is how a JSON object is written.
type object struct {
	name    string // of its type
	members []member
	// For what is read from a stored document:
	shape *schema.Type
	props []string // properties wanted, in stored order as far as known
	links []*fetch
	// number tells views of documents apart, in all plans there ever were.
	number uint64
}

// member is one member of an object.
type member struct {
	op     op
	prefix string // what stands before the value; for constants the value too
	key    string
	def    *ast.FieldDefinition
	at     location
	index  int     // of the property, the link or the view
	value  *value  // of a property
	reason int     // by which of the reasons of a mixed fetch it is shown, from 1; 0 for none
	torn   bool    // that cannot be decided
	sub    *object // of meta, edges and pageInfo
}

// op says where the value of a member comes from.
type op int

const (
	_ op = iota // a constant, which the prefix holds

	opProp // of a stored object
	opExtra

	opID // of a document
	opOwnerID
	opMeta
	opLink

	opVersion // of meta
	opPin
	opAuthor
	opCreated
	opUpdated
	opExpires
	opMasked

	opEdges // of a connection, an edge, a page info
	opNodes
	opPageInfo
	opNode
	opCursor
	opHasNext
	opHasPrevious
	opStart
	opEnd

	opPath // of a change
	opKind
	opFrom
	opTo

	opSDL // of _service
)

// value is how a stored value is written.
type value struct {
	shape   *schema.Type
	object  *object
	members []*object // of a union, as in shape.Members
	elem    *value    // of a list
}

// planner builds one plan.
type planner struct {
	*Engine
	key     cacheKey // of the plan
	op      *ast.OperationDefinition
	doc     *ast.QueryDocument
	include func(ast.DirectiveList) bool // evaluates @skip and @include
	size    int

	unmask   *argument // the unmask argument that covers what is being planned, or nil
	reasons  map[reference]*argument
	required []*ast.Field // what other subgraphs require under the name of what is being planned
	withheld []withheld
}

func (p *planner) plan() *plan {
	rootType, index := "Query", p.queries
	if p.op.Operation == ast.Mutation {
		rootType, index = "Mutation", p.mutations
	}
	out := &plan{}
	for i, f := range p.collect(rootType, p.op.SelectionSet) {
		r := root{prefix: prefix(i, f.key), def: f.fields[0].Definition}
		switch f.name() {
		case "__typename":
			r.text = quoted(rootType)
		case "__schema", "__type":
			r.intro = p.introspection(f)
		case entitiesField:
			r.entities = p.represented(f)
		case serviceField:
			r.service = p.fixedMembers(serviceType, f, map[string]op{"sdl": opSDL})
		default:
			o := index[f.name()]
			r.fetch = p.fetch(f, o.kind, o.entity)
		}
		out.fields = append(out.fields, r)
	}
	out.withheld, out.size = p.withheld, p.size+256
	return out
}

// collected are the fields of one selection that share a response key, in order.
type collected struct {
	key    string
	fields []*ast.Field
}

func (c collected) name() string { return c.fields[0].Name }

func (c collected) at() location { return at(c.fields[0].Position) }

// collect is CollectFields of the specification for an object type.
func (p *planner) collect(typeName string, sets ...ast.SelectionSet) []collected {
	var out []collected
	index := make(map[string]int)
	visited := make(map[string]bool)
	var visit func(ast.SelectionSet)
	visit = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				if !p.include(s.Directives) {
					continue
				}
				i, ok := index[s.Alias]
				if !ok {
					i = len(out)
					index[s.Alias] = i
					out = append(out, collected{key: s.Alias})
				}
				out[i].fields = append(out[i].fields, s)
			case *ast.InlineFragment:
				if p.include(s.Directives) && p.applies(s.TypeCondition, typeName) {
					visit(s.SelectionSet)
				}
			case *ast.FragmentSpread:
				if visited[s.Name] || !p.include(s.Directives) {
					continue
				}
				visited[s.Name] = true
				if f := p.doc.Fragments.ForName(s.Name); f != nil && p.applies(f.TypeCondition, typeName) {
					visit(f.SelectionSet)
				}
			}
		}
	}
	for _, set := range sets {
		visit(set)
	}
	return out
}

// applies reports whether a fragment on a type condition holds for an object type.
func (p *planner) applies(condition, typeName string) bool {
	if condition == "" || condition == typeName {
		return true
	}
	return slices.Contains(p.schema.PossibleTypes[condition], p.schema.Types[typeName])
}

// below collects what is selected below a field.
func (p *planner) below(typeName string, c collected) []collected {
	sets := make([]ast.SelectionSet, len(c.fields))
	for i, f := range c.fields {
		sets[i] = f.SelectionSet
	}
	return p.collect(typeName, sets...)
}

// prefix is what stands before the value of an object's i-th member.
func prefix(i int, key string) string {
	return string("{,"[min(i, 1)]) + quoted(key) + ":"
}

func quoted(s string) string { return string(appendString(nil, s)) }

// object plans an object of a type whose members choose says how to write; __typename is the same
// everywhere.
func (p *planner) object(typeName string, c collected, choose func(m *member, f collected)) *object {
	return p.members(typeName, p.below(typeName, c), choose)
}

func (p *planner) members(typeName string, fields []collected, choose func(m *member, f collected)) *object {
	o := &object{name: typeName, members: make([]member, len(fields))}
	defer func(outer []*ast.Field) { p.required = outer }(p.required)
	handed, whole := p.handed(typeName, fields)
	for i, f := range fields {
		p.required = append(named(handed, f.key), whole...)
		m := &o.members[i]
		*m = member{prefix: prefix(i, f.key), key: f.key, def: f.fields[0].Definition, at: f.at()}
		if f.name() == "__typename" {
			m.prefix += quoted(typeName)
		} else {
			choose(m, f)
		}
		p.size += 128 + 2*len(f.key)
	}
	return o
}

// fixedMembers plans the objects of static types.
func (p *planner) fixedMembers(typeName string, c collected, ops map[string]op) *object {
	return p.object(typeName, c, func(m *member, f collected) { m.op = ops[f.name()] })
}

// The fields of static types.
var (
	metaOps = map[string]op{
		"version": opVersion, "pin": opPin, "author": opAuthor, "creationDate": opCreated,
		"lastUpdate": opUpdated, "expirationDate": opExpires, "masked": opMasked,
	}
	pageInfoOps = map[string]op{
		"hasNextPage": opHasNext, "hasPreviousPage": opHasPrevious, "startCursor": opStart, "endCursor": opEnd,
	}
	changeOps = map[string]op{"path": opPath, "kind": opKind, "from": opFrom, "to": opTo}
)

// fetch plans a field that takes a read or a write of an entity.
func (p *planner) fetch(c collected, kind operationKind, e *entity) *fetch {
	f := &fetch{kind: kind, entity: e, key: c.key, at: c.at()}
	p.size += 256
	p.arguments(f, c.fields[0])
	defer func(outer *argument) { p.unmask = outer }(p.unmask)
	p.covered(c.fields[0])
	switch kind {
	case readDiff:
		f.change = p.fixedMembers("FieldChange", c, changeOps)
		for _, field := range e.Type.Fields {
			f.fields.Add(field.Slot)
		}
	case writeDelete:
	case readList, readVersions, linkMany:
		p.page(f, c)
	default:
		if kind == writePromote {
			e = e.promotes
		}
		f.views = []*object{p.document(f, e, c)}
	}
	p.sort(f)
	return f
}

// covered makes a field's own unmask argument the one that covers what is below it.
func (p *planner) covered(field *ast.Field) {
	if given := field.Arguments.ForName("unmask"); given != nil {
		p.unmask = p.canonical(p.argument(field.Definition.Arguments.ForName("unmask"), given))
	}
}

// arguments prepares the arguments of a field.
func (p *planner) arguments(f *fetch, field *ast.Field) {
	for _, def := range field.Definition.Arguments {
		if def.Name == "unmask" {
			continue // see covered
		}
		a := p.argument(def, field.Arguments.ForName(def.Name))
		switch def.Name {
		case "id":
			f.args.id = a
		case "by":
			f.args.by = a
		case "version":
			f.args.version = a
		case "from":
			f.args.from = a
		case "to":
			f.args.to = a
		case "first":
			f.args.first = a
		case "after":
			f.args.after = a
		case "input", "patch":
			f.args.input = a
		case "ifVersion":
			f.args.ifVersion = a
		case "ttlDays":
			f.args.ttlDays = a
		default: // the owner's id
			f.args.owner = a
		}
	}
}

// page plans a connection. Each place in it where documents appear is a view of its own.
func (p *planner) page(f *fetch, c collected) {
	e := f.entity
	view := func(m *member, c collected) {
		m.index = len(f.views)
		f.views = append(f.views, p.document(f, e, c))
	}
	f.page = p.object(e.Name+"Connection", c, func(m *member, c collected) {
		switch c.name() {
		case "edges":
			m.op = opEdges
			m.sub = p.object(e.Name+"Edge", c, func(m *member, c collected) {
				switch c.name() {
				case "node":
					m.op = opNode
					view(m, c)
				case "cursor":
					m.op = opCursor
				}
			})
		case "nodes":
			m.op = opNodes
			view(m, c)
		case "pageInfo":
			m.op = opPageInfo
			m.sub = p.fixedMembers("PageInfo", c, pageInfoOps)
		}
	})
}

// document plans a document of entity e, and adds the fields it needs to those that f reads.
func (p *planner) document(f *fetch, e *entity, c collected) *object {
	var links []*fetch
	link := func(m *member, c collected, kind operationKind, to *entity) {
		m.op, m.index = opLink, len(links)
		links = append(links, p.fetch(c, kind, to))
	}
	o := p.stored(f, e.Type, place{}, p.below(e.Name, c), func(m *member, c collected) bool {
		switch name := c.name(); {
		case name == "id":
			m.op = opID
		case name == "meta":
			m.op = opMeta
			m.sub = p.fixedMembers("DocumentMeta", c, metaOps)
			f.pins = f.pins || slices.ContainsFunc(m.sub.members, func(m member) bool { return m.op == opPin })
		case e.owner != nil && name == e.owner.camel+"Id":
			m.op = opOwnerID
		case e.owner != nil && name == e.owner.camel:
			link(m, c, linkOwner, e.owner)
		default:
			i := slices.IndexFunc(e.owned, func(o *entity) bool { return o.OwnedField() == name })
			if i < 0 {
				return false
			}
			if e.owned[i].Many {
				link(m, c, linkMany, e.owned[i])
			} else {
				link(m, c, linkOne, e.owned[i])
			}
		}
		return true
	})
	o.links, o.number = links, p.options.Cache.views.Add(1)
	for _, m := range o.members {
		switch m.op {
		case opProp:
			f.fields.Add(m.index)
		case opExtra:
			f.fields.Add(e.Type.Extra.Slot)
		}
	}
	o.arrange()
	return o
}

// place is where in a document something is.
type place struct {
	path  string // GraphQL names joined by '.'
	whole string // path of the sensitive field around it, which is masked or clear as one; or empty
}

// stored plans an object that is stored in a document of f. The index of its properties is their
// slot until arrange has run.
func (p *planner) stored(f *fetch, t *schema.Type, in place, fields []collected, special func(m *member, c collected) bool) *object {
	o := p.members(t.Name, fields, func(m *member, c collected) {
		if special != nil && special(m, c) {
			return
		}
		name := c.name()
		i := slices.IndexFunc(t.Fields, func(f *schema.Field) bool { return f.Name == name })
		if i < 0 {
			return // the validator knows no such field
		}
		field := t.Fields[i]
		here := place{join(in.path, name), in.whole}
		first := len(f.uses)
		outer := p.unmask
		if field.Sensitive {
			here.whole = cmp.Or(here.whole, here.path)
			p.covered(c.fields[0])
			p.sensitive(f, t, here.whole, in.whole == "" || p.unmask != outer, c)
		}
		if field == t.Extra {
			m.op = opExtra
		} else {
			m.op, m.index = opProp, field.Slot
			m.value = p.value(f, field.Type, here, c)
		}
		p.unmask = outer
		if field.Sensitive && in.whole == "" && f.uses[first].arg == nil && !f.uses[first].withheld && len(f.uses) > first+1 {
			f.uses = slices.Delete(f.uses, first, first+1) // what is within gives the reason
		}
		if in.path == "" && len(f.uses) > first {
			if f.members == nil {
				f.members = make(map[*member][]use)
			}
			f.members[m] = slices.Clone(f.uses[first:])
		}
	})
	o.shape = t
	return o
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// sensitive notes that a sensitive field of t is selected, and by which argument it is asked for in clear. Path is
// that of what is masked or clear with it as a whole. Asks says that it is asked for otherwise than what is around it.
func (p *planner) sensitive(f *fetch, t *schema.Type, path string, asks bool, c collected) {
	if !slices.Contains(f.sensitive, path) {
		f.sensitive = append(f.sensitive, path)
		p.size += 32 + len(path)
	}
	if len(p.required) > 0 {
		p.withhold(f, t, path, c)
		return
	}
	if asks {
		f.uses = append(f.uses, use{path: path, arg: p.unmask})
	}
	if p.unmask == nil {
		return
	}
	i := slices.IndexFunc(f.unmask, func(u unmasking) bool { return u.arg == p.unmask })
	if i < 0 {
		i = len(f.unmask)
		f.unmask = append(f.unmask, unmasking{arg: p.unmask})
	}
	if !slices.Contains(f.unmask[i].paths, path) {
		f.unmask[i].paths = append(f.unmask[i].paths, path)
	}
}

// arrange collects the properties that an object wants, in the order of the schema, which is that
// of the document, and makes members point into them.
func (o *object) arrange() {
	var slots []int
	for _, m := range o.members {
		if m.op == opProp {
			slots = append(slots, m.index)
		}
	}
	slices.Sort(slots)
	slots = slices.Compact(slots)
	for _, slot := range slots {
		i := slices.IndexFunc(o.shape.Fields, func(f *schema.Field) bool { return f.Slot == slot })
		o.props = append(o.props, o.shape.Fields[i].Property)
	}
	for i := range o.members {
		if m := &o.members[i]; m.op == opProp {
			m.index, _ = slices.BinarySearch(slots, m.index)
		}
	}
}

// value plans a stored value of a document of f.
func (p *planner) value(f *fetch, t *schema.Type, in place, c collected) *value {
	v := &value{shape: t}
	p.size += 64
	switch t.Kind {
	case schema.List:
		v.elem = p.value(f, t.Elem, in, c)
	case schema.Object:
		v.object = p.nested(f, t, in, c)
	case schema.Union:
		for _, m := range t.Members {
			v.members = append(v.members, p.nested(f, m, in, c))
		}
	}
	return v
}

func (p *planner) nested(f *fetch, t *schema.Type, in place, c collected) *object {
	o := p.stored(f, t, in, p.below(t.Name, c), nil)
	o.arrange()
	return o
}

// argument is an argument of a field, ready to be evaluated.
type argument struct {
	name  string
	typ   *inputType
	state argumentState
	value any // what it is; or what is to be coerced on each request; or the variable's index
	def   any // stands in for an unset variable; unset{} if there is no default
}

type argumentState int

const (
	argAbsent   argumentState = iota
	argConst                  // value has been coerced, and holds nothing that a source could change
	argTemplate               // value is to be coerced on each request
	argVariable               // value is a reference
)

func (p *planner) argument(def *ast.ArgumentDefinition, given *ast.Argument) *argument {
	a := &argument{name: def.Name, typ: p.inputType(def.Type), def: unset{}}
	p.size += 160
	if def.DefaultValue != nil {
		var c coercion
		a.def = c.value(a.typ, literal(def.DefaultValue, nil))
	}
	if given == nil {
		if a.def != any(unset{}) {
			a.state, a.value = argConst, a.def
		}
		return a
	}
	a.state, a.value = argTemplate, literal(given.Value, func(name string) any { return reference(p.variable(name)) })
	p.size += 32 * strings.Count(given.Value.String(), "")
	if _, ok := a.value.(reference); ok {
		a.state = argVariable
	} else if _, ok := a.value.(string); ok || given.Value.Kind == ast.IntValue {
		var c coercion
		if v := c.value(a.typ, a.value); c.problem == "" {
			a.state, a.value = argConst, v
		}
	}
	return a
}

// variable is the index of a variable of the operation.
func (p *planner) variable(name string) int {
	return slices.IndexFunc(p.op.VariableDefinitions, func(v *ast.VariableDefinition) bool { return v.Variable == name })
}

func hasVariable(v *ast.Value) bool {
	return v.Kind == ast.Variable || slices.ContainsFunc(v.Children, func(c *ast.ChildValue) bool { return hasVariable(c.Value) })
}

// eval returns the argument's value in this request, unset{} if it has none.
func (a *argument) eval(vars []any) (any, *Error) {
	switch a.state {
	case argConst:
		return a.value, nil
	case argVariable:
		v := vars[a.value.(reference)]
		if v == any(unset{}) {
			v = a.def
		}
		if a.typ.nonNull && (v == nil || v == any(unset{})) {
			return unset{}, badArgument(a.name, "must not be null")
		}
		return own(v), nil
	case argTemplate:
		c := coercion{vars: vars}
		v := c.value(a.typ, a.value)
		if c.problem != "" {
			return unset{}, &Error{Code: codeBadInput, Message: c.message("Argument " + a.name)}
		}
		return v, nil
	}
	return unset{}, nil
}

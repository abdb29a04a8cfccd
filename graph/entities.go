package graph

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/profilegraph/profilegraph/schema"
)

// A gateway asks for documents by what it knows of them: by representations, each of which names a
// type and holds a key. All of one _entities field are reads of one level, like the documents of a
// page are, so the source can batch them. A representation that is none, or that stands for nothing,
// is an item of the answer and leaves the others alone.

const (
	entitiesField = "_entities"
	entityType    = "_Entity"
	serviceField  = "_service"
	serviceType   = "_Service"
	anyType       = "_Any"

	representations = "representations"
	// maxRepresentations bounds one _entities field. A gateway asks for what one of its own answers
	// holds, mostly a page.
	maxRepresentations = 1_000
)

// internal reports whether a type or root field is there for gateways, and not shown to clients.
func internal(name string) bool {
	switch name {
	case entitiesField, entityType, serviceField, serviceType, anyType:
		return true
	}
	return false
}

// entities is the field _entities.
type entities struct {
	key             string
	at              location
	representations *argument
	byType          map[string]*fetch // how a document of each entity is read and written
	none            *fetch            // where to report what is no representation
}

// represented plans the field _entities: for each entity, what of the selection applies to it.
func (p *planner) represented(c collected) *entities {
	field := c.fields[0]
	out := &entities{key: c.key, at: c.at(), none: &fetch{at: c.at()}, byType: make(map[string]*fetch, len(p.Engine.entities)),
		representations: p.argument(field.Definition.Arguments.ForName(representations), field.Arguments.ForName(representations))}
	defer func() { p.required = nil }()
	for _, e := range p.Engine.entities {
		f := &fetch{kind: readOne, entity: e, key: c.key, at: c.at()}
		p.required = []*ast.Field{{SelectionSet: p.options.Required[e.Name]}, {SelectionSet: p.options.Required[""]}}
		f.views = []*object{p.document(f, e, c)}
		p.sort(f)
		out.byType[e.Name] = f
		p.size += 256
	}
	return out
}

// represented are the items of one _entities field, or why there are none.
type represented struct {
	items []representative
	err   *Error
}

type representative struct {
	fetch *fetch
	answer
}

// represent puts the reads of an _entities field among those of the next level.
func (r *run) represent(f *entities) {
	if r.gateway == nil {
		r.gateway = make(map[*entities]represented)
	}
	items, err := r.askAll(f)
	r.gateway[f] = represented{items, err}
}

func (r *run) askAll(f *entities) ([]representative, *Error) {
	in := evaluation{vars: r.vars}
	var given []any
	if a := f.representations; a.state == argVariable {
		given, _ = r.vars[a.value.(reference)].([]any) // it is only read
	} else {
		given, _ = in.value(a).([]any)
	}
	if in.err != nil {
		return nil, in.err
	}
	if len(given) > maxRepresentations {
		return nil, badArgument(representations, fmt.Sprintf("has more than %d items", maxRepresentations))
	}
	list := make([]representative, len(given))
	wishes := make(map[*fetch][]Unmask) // the same for all documents of an entity
	for i, one := range given {
		item := &list[i]
		read, err := r.represented(f, one, item)
		if err == nil {
			wish, ok := wishes[item.fetch]
			if !ok {
				wish = r.wishes(&in, item.fetch.unmask)
				wishes[item.fetch] = wish
			}
			read.Unmask, err = wish, in.err
		}
		if err != nil {
			item.result.Err = err
			continue
		}
		r.reads = append(r.reads, read)
		r.waiting = append(r.waiting, waiting{item.fetch, &item.answer})
		r.askMore(item.fetch, &item.answer, &read)
	}
	return list, nil
}

// represented returns the read that a representation asks for, and notes in item how it is answered.
func (r *run) represented(f *entities, given any, item *representative) (Read, *Error) {
	item.fetch = f.none // until it is known better
	switch given.(type) {
	case map[string]any, plainObject:
	default:
		return Read{}, badRepresentation("A representation is an object.")
	}
	name, ok := memberOf(given, "__typename").(string)
	if !ok {
		return Read{}, badRepresentation("A representation needs a __typename.")
	}
	how := f.byType[name]
	if how == nil {
		return Read{}, badRepresentation("The account has no entity of the representation's __typename.")
	}
	item.fetch = how
	e := how.entity
	read := Read{Kind: ByID, Entity: e.Entity, Fields: item.fetch.fields, Sensitive: item.fetch.sensitive, First: 1, Pins: item.fetch.pins}
	if id := memberOf(given, "id"); id != nil {
		id, problem := scalarInput(idShape, id)
		if problem != "" {
			return Read{}, badRepresentation("A representation's id " + problem + ".")
		}
		read.ID = id.(string)
		return read, nil
	}
	for _, k := range e.Keys {
		value := memberOf(given, k.Field.Name)
		if !federated(k) || value == nil {
			continue
		}
		var c coercion
		read.Kind, read.Key, read.Value = ByKey, k.Field, c.shape(k.Field.Type, false, value)
		if c.problem != "" {
			return Read{}, badRepresentation("A representation's " + k.Field.Name + " " + c.problem + ".")
		}
		if r.exposed(&read) {
			return Read{}, badRepresentation("A representation's " + k.Field.Name + " holds personal data, and is for requests by POST only.")
		}
		return read, nil
	}
	return Read{}, badRepresentation("A representation of " + e.Name + " needs one of its keys: " + strings.Join(e.federatedKeys(), ", ") + ".")
}

var idShape = &schema.Type{Kind: schema.Scalar, Name: schema.ID}

func badRepresentation(message string) *Error {
	return &Error{Code: codeRepresentation, Message: message}
}

// federated reports whether other subgraphs can refer to documents by a key: one that no two documents
// have, unless the schema says that they cannot.
func federated(k schema.Key) bool {
	return k.Unique && (k.Field.Federation == nil || !k.Field.Federation.NoKey)
}

// federatedKeys names the fields by which other subgraphs refer to documents of e.
func (e *entity) federatedKeys() []string {
	names := []string{"id"}
	for _, k := range e.Keys {
		if federated(k) {
			names = append(names, k.Field.Name)
		}
	}
	return names
}

// entities writes the answer to an _entities field. It returns false for null, which the field must
// not be.
func (r *run) entities(f *entities) bool {
	answered := r.gateway[f]
	if answered.err != nil {
		r.fail(answered.err, f.at, f.key)
		return false
	}
	r.enter(f.key)
	defer r.leave()
	r.out = append(r.out, '[')
	for i := range answered.items {
		if i > 0 {
			r.out = append(r.out, ',')
		}
		item := &answered.items[i]
		r.enterItem(i)
		r.fetched(item.fetch, &item.answer, "")
		r.leave()
	}
	r.out = append(r.out, ']')
	return true
}

// service writes the answer to the field _service.
func (r *run) service(o *object) {
	for i := range o.members {
		m := &o.members[i]
		r.out = append(r.out, m.prefix...)
		if m.op == opSDL {
			r.out = appendString(r.out, r.engine.SDL(Federation))
		}
	}
	r.close(o)
}

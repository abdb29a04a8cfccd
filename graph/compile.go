package graph

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/profilegraph/profilegraph/graph/guard"
	"github.com/profilegraph/profilegraph/schema"
)

// Options are what an engine needs besides the schema. The zero value is ready for use.
type Options struct {
	// Cache is shared by the engines of a process. Without one the engine makes its own.
	Cache *Cache
	// Introspect makes the executable that answers __schema and __type over a schema: code that
	// gqlgen has generated for any schema can. Without it these fields are errors.
	Introspect func(*ast.Schema) graphql.ExecutableSchema
	// Limits bound what one request may ask for.
	Limits guard.Limits
	// Required is what other subgraphs of the account's graph are given of an object, by its type;
	// under the empty name, of any.
	Required map[string]ast.SelectionSet
	// Observer is told of every operation, if it is not nil.
	Observer Observer
	// Report is told of every error that the client sees as an internal error only.
	Report func(ctx context.Context, err error)
}

// Engine is the GraphQL API of one account at one version of its schema. It is immutable and safe
// for concurrent use.
type Engine struct {
	id        uint64 // in the cache
	options   Options
	schema    *ast.Schema // that requests are validated against
	entities  []*entity
	shapes    map[string]*schema.Type // types of output, by GraphQL name
	queries   map[string]operation
	mutations map[string]operation
}

// operation is what a root field does.
type operation struct {
	kind   operationKind
	entity *entity
}

type operationKind int

const (
	readOne operationKind = iota + 1
	readList
	readVersions
	readVersion
	readDiff
	writeCreate
	writeUpdate
	writeDelete
	writePromote
)

// Compile turns a set of entities into an engine. It depends on the set alone: two engines of
// equal sets have the same SDL, byte for byte. It fails if names collide, or if the set is empty.
func Compile(set *schema.Set, o Options) (*Engine, error) {
	if o.Cache == nil {
		o.Cache = NewCache(0)
	}
	base, err := o.Cache.library.base()
	if err != nil {
		return nil, err
	}
	c := &compiler{base: base, engine: &Engine{id: o.Cache.engines.Add(1), options: o}}
	if err := c.neighbourhood(set); err != nil {
		return nil, fmt.Errorf("graph: compile: %w", err)
	}
	if err := c.assemble(); err != nil {
		return nil, fmt.Errorf("graph: compile: %w", err)
	}
	return c.engine, nil
}

// Schema returns the schema as clients see it: without what is there for gateways. Its definitions must
// not be changed. It is made anew each time, since it is not asked for often and would be held for as
// long as the engine.
func (e *Engine) Schema() *ast.Schema {
	s := *e.schema
	s.Types, s.PossibleTypes = maps.Clone(s.Types), maps.Clone(s.PossibleTypes)
	for name := range s.Types {
		if internal(name) {
			delete(s.Types, name)
			delete(s.PossibleTypes, name)
		}
	}
	query := *s.Query
	query.Fields = slices.DeleteFunc(slices.Clone(query.Fields), func(f *ast.FieldDefinition) bool { return internal(f.Name) })
	s.Query, s.Types[query.Name] = &query, &query
	s.PossibleTypes[query.Name] = []*ast.Definition{&query}
	return &s
}

// Check loads the printed schema into gqlparser, which knows all rules of the GraphQL
// specification. An engine that is going to be published must pass it.
func (e *Engine) Check() error {
	if _, err := validator.LoadSchema(validator.Prelude, &ast.Source{Name: "account.graphqls", Input: e.SDL(Client)}); err != nil {
		return fmt.Errorf("graph: check: %w", err)
	}
	return nil
}

func (e *Engine) entity(name string) *entity {
	for _, x := range e.entities {
		if x.Name == name {
			return x
		}
	}
	return nil
}

type compiler struct {
	base   *static
	engine *Engine
}

// neighbourhood finds out who owns whom.
func (c *compiler) neighbourhood(set *schema.Set) error {
	if len(set.Entities) == 0 {
		return fmt.Errorf("there are no entities")
	}
	e := c.engine
	for _, x := range set.Entities {
		e.entities = append(e.entities, &entity{Entity: x, camel: lowerFirst(x.Name)})
	}
	slices.SortFunc(e.entities, func(a, b *entity) int { return cmp.Compare(a.Name, b.Name) })
	for _, x := range e.entities {
		if x.Owner == "" {
			continue
		}
		owner := e.entity(x.Owner)
		if owner == nil {
			return fmt.Errorf("%s belongs to %s, which does not exist", x.Name, x.Owner)
		}
		x.owner = owner
		owner.owned = append(owner.owned, x)
	}
	from, to := e.entity("Prospect"), e.entity("Profile")
	if from != nil && to != nil && from.owner == nil && to.owner == nil {
		from.promotes = to
	}
	return nil
}

// assemble puts the definitions of all entities together.
func (c *compiler) assemble() error {
	e := c.engine
	e.shapes = map[string]*schema.Type{unmaskShape.Name: unmaskShape}
	e.queries = make(map[string]operation)
	e.mutations = make(map[string]operation)
	query := &ast.Definition{Kind: ast.Object, Name: "Query", Description: "What can be asked. The fields are resolved together."}
	mutation := &ast.Definition{Kind: ast.Object, Name: "Mutation", Description: "What can be changed. The fields are carried out one after the other."}
	types := slices.Concat(c.base.types, []*ast.Definition{query, mutation})
	for _, x := range e.entities {
		d := e.options.Cache.library.definitions(c.base, x)
		types = append(types, d.types...)
		for name, t := range d.shapes {
			e.shapes[name] = t
		}
		if err := operations(query, e.queries, d.queries, x, []operationKind{readOne, readList, readVersions, readVersion, readDiff}); err != nil {
			return err
		}
		if err := operations(mutation, e.mutations, d.mutations, x, []operationKind{writeCreate, writeUpdate, writeDelete, writePromote}); err != nil {
			return err
		}
	}
	entity := &ast.Definition{Kind: ast.Union, Name: entityType, Description: "What other subgraphs can refer to."}
	for _, x := range e.entities {
		entity.Types = append(entity.Types, x.Name)
	}
	types = append(types, entity)
	query.Fields = slices.Concat(query.Fields, c.base.gateway, c.base.introspection)
	return c.index(types, query, mutation)
}

// operations adds an entity's root fields to a root type.
func operations(root *ast.Definition, index map[string]operation, fields ast.FieldList, x *entity, kinds []operationKind) error {
	for i, f := range fields {
		if other, ok := index[f.Name]; ok {
			return fmt.Errorf("%s and %s both need the name %s in %s", other.entity.Name, x.Name, f.Name, root.Name)
		}
		index[f.Name] = operation{kinds[i], x}
	}
	root.Fields = append(root.Fields, fields...)
	return nil
}

// index builds the schema that gqlparser validates queries against.
func (c *compiler) index(types []*ast.Definition, query, mutation *ast.Definition) error {
	s := &ast.Schema{
		Query: query, Mutation: mutation,
		Types:         make(map[string]*ast.Definition, len(types)),
		Directives:    c.base.directives,
		PossibleTypes: make(map[string][]*ast.Definition, len(types)/2),
		Implements:    make(map[string][]*ast.Definition),
	}
	for _, def := range types {
		if s.Types[def.Name] != nil {
			return fmt.Errorf("the type name %s is needed twice", def.Name)
		}
		s.Types[def.Name] = def
		if err := distinct(def); err != nil {
			return err
		}
	}
	for i, def := range types {
		switch def.Kind {
		case ast.Object:
			s.PossibleTypes[def.Name] = types[i : i+1 : i+1]
			for _, name := range def.Interfaces {
				s.AddPossibleType(name, def)
				s.AddImplements(def.Name, s.Types[name])
			}
		case ast.Union:
			for _, member := range def.Types {
				s.AddPossibleType(def.Name, s.Types[member])
				s.AddImplements(member, def)
			}
		}
	}
	c.engine.schema = s
	return nil
}

// distinct reports a field name that a type has twice, such as a property that is named like the
// way to what an entity owns.
func distinct(def *ast.Definition) error {
	seen := make(map[string]struct{}, len(def.Fields))
	for _, f := range def.Fields {
		if _, ok := seen[f.Name]; ok {
			return fmt.Errorf("the field name %s.%s is needed twice", def.Name, f.Name)
		}
		seen[f.Name] = struct{}{}
	}
	return nil
}

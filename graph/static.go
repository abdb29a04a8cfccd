package graph

import (
	_ "embed"
	"fmt"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/profilegraph/profilegraph/schema"
)

// The definitions in federation.graphqls are there for gateways, and not shown to clients.
var (
	//go:embed static.graphqls
	staticSDL string
	//go:embed federation.graphqls
	federationSDL string
)

// static holds the definitions that do not depend on an account's schema. They are parsed once and
// never changed afterwards, so every engine points at the same ones.
type static struct {
	types      []*ast.Definition
	directives map[string]*ast.DirectiveDefinition
	document   *ast.Definition
	named      map[string]*ast.Type // nullable references to the scalars

	page          ast.ArgumentDefinitionList // of lists of documents
	unmask        ast.ArgumentDefinitionList // of single documents and sensitive fields
	introspection ast.FieldList              // __schema and __type
	gateway       ast.FieldList              // _service and _entities
}

func newStatic() (*static, error) {
	doc, err := parser.ParseSchemas(&ast.Source{Name: "static.graphqls", Input: staticSDL},
		&ast.Source{Name: "federation.graphqls", Input: federationSDL})
	if err != nil {
		return nil, fmt.Errorf("graph: static definitions: %w", err)
	}
	prelude := validator.PreludeDocument()
	s := &static{
		types:         append(prelude.Definitions, doc.Definitions...),
		directives:    make(map[string]*ast.DirectiveDefinition),
		named:         make(map[string]*ast.Type),
		introspection: validator.QueryIntrospectionFields(),
		gateway:       doc.Extensions.ForName("Query").Fields,
	}
	for _, d := range append(prelude.Directives, doc.Directives...) {
		s.directives[d.Name] = releasedDirective(d)
	}
	delete(s.directives, deferred)
	for i, d := range s.types {
		if d.Name == locations {
			s.types[i] = releasedType(d)
		}
		if d.Kind == ast.Scalar {
			s.named[d.Name] = ast.NamedType(d.Name, nil)
		}
		if d.Name == documentType {
			s.document = d
		}
	}
	s.page = ast.ArgumentDefinitionList{
		{
			Name: "first", Type: s.named[schema.Int],
			Description:  fmt.Sprintf("How many at most, 1 to %d.", maxFirst),
			DefaultValue: &ast.Value{Kind: ast.IntValue, Raw: fmt.Sprint(defaultFirst)},
		},
		{Name: "after", Type: s.named[schema.String], Description: "The cursor to start behind."},
	}
	s.unmask = ast.ArgumentDefinitionList{
		{Name: "unmask", Type: ast.NamedType(unmaskShape.Name, nil)},
	}
	s.page = append(s.page, s.unmask...)
	return s, nil
}

// unmaskShape is the input type Unmask.
var unmaskShape = func() *schema.Type {
	text := &schema.Type{Kind: schema.Scalar, Name: schema.String}
	t := &schema.Type{Kind: schema.Object, Name: "Unmask"}
	for i, name := range []string{"reason", "purpose", "onBehalfOf"} {
		t.Fields = append(t.Fields, &schema.Field{Name: name, Property: name, Type: text, Required: i == 0, Nullable: i > 0, Slot: i})
	}
	return t
}()

const (
	documentType = "Document"
	defaultFirst = 20
	maxFirst     = 100
)

// library keeps what engines have in common: the static definitions, and the definitions of the
// built-in entities, which most accounts leave as they are.
type library struct {
	once   sync.Once
	static *static
	err    error

	mu       sync.Mutex
	entities map[shape]*definitions
}

// shape is what the definitions of an entity follow from: the entity and, by name, its neighbours.
type shape struct {
	entity     *schema.Entity
	neighbours string
}

// maxShared bounds the memory of a library: accounts choose the neighbours.
const maxShared = 256

func (l *library) base() (*static, error) {
	l.once.Do(func() { l.static, l.err = newStatic() })
	return l.static, l.err
}

// definitions returns the definitions of e, shared if it is a built-in entity.
func (l *library) definitions(s *static, e *entity) *definitions {
	if e.Version != 0 {
		return define(s, e)
	}
	key := shape{e.Entity, e.neighbours()}
	l.mu.Lock()
	defer l.mu.Unlock()
	d, ok := l.entities[key]
	if !ok {
		d = define(s, e)
		if len(l.entities) < maxShared {
			if l.entities == nil {
				l.entities = make(map[shape]*definitions)
			}
			l.entities[key] = d
		}
	}
	return d
}

package schema

import (
	"errors"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// Prune removes from a document, at any depth, what the schema neither declares nor admits: properties
// that were written under an older schema. All else stays, valid or not.
func (e *Entity) Prune(doc map[string]any) {
	if e.Type.prune(doc) {
		e.pruneOpaque(doc)
	}
}

// Prune is Entity.Prune for what is a field of its own. Within a JSON scalar all stays, whatever its schema
// says: that a property is removed there is a constraint on a value, and not on fields.
func (t *Type) Prune(doc map[string]any) { t.prune(doc) }

// prune also reports whether there are values with an inside that the types say nothing of.
func (t *Type) prune(doc map[string]any) (opaque bool) {
	var p pruning
	p.object(t, doc)
	return p.opaque
}

type pruning struct{ opaque bool }

func (p *pruning) object(t *Type, doc map[string]any) {
	for name, value := range doc {
		switch f := t.byProperty[name]; {
		case f != nil:
			p.value(f.Type, value)
		case t.Extra != nil:
			p.value(t.Extra.Type, value)
		default:
			delete(doc, name)
		}
	}
}

func (p *pruning) value(t *Type, value any) {
	switch value := value.(type) {
	case map[string]any:
		switch t.Kind {
		case Object:
			p.object(t, value)
		case Union:
			if m := t.member(value); m != nil {
				p.object(m, value)
			}
		case Scalar:
			p.opaque = p.opaque || t.Name == JSON
		}
	case []any:
		if t.Kind != List {
			p.opaque = p.opaque || t.Kind == Scalar && t.Name == JSON
			return
		}
		for _, item := range value {
			p.value(t.Elem, item)
		}
	}
}

// pruneOpaque removes what the validator has against properties that are there: it knows the schemas of
// what is one JSON scalar to the types, such as the values of a map.
func (e *Entity) pruneOpaque(doc map[string]any) {
	v := &validation{entity: e, doc: doc}
	if !v.affordable() {
		return
	}
	failed, ok := errors.AsType[*jsonschema.ValidationError](e.compiled().Validate(doc))
	if !ok {
		return
	}
	for _, leaf := range leaves(failed, nil) {
		if k, ok := leaf.ErrorKind.(*kind.AdditionalProperties); ok {
			if object, ok := valueAt(doc, leaf.InstanceLocation).(map[string]any); ok {
				for _, name := range k.Properties {
					delete(object, name)
				}
			}
		}
	}
}

// valueAt returns the value at a place of a document, or nil.
func valueAt(value any, location []string) any {
	for _, token := range location {
		switch v := value.(type) {
		case map[string]any:
			value = v[token]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

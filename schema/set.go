package schema

import (
	"cmp"
	"embed"
	"fmt"
	"slices"
	"sync"
)

// NewSet puts entities together and checks what concerns them jointly: owners exist and are roots,
// and no two things in the account's API have one name. Problems come as an *Invalid whose pointers
// begin with the entity's name.
func NewSet(entities []*Entity) (*Set, error) {
	s := &Set{Entities: slices.Clone(entities)}
	slices.SortStableFunc(s.Entities, func(a, b *Entity) int { return cmp.Compare(a.Name, b.Name) })
	r := &report{}
	for _, e := range s.Entities {
		s.checkOwner(e, r)
	}
	s.checkTypeNames(r)
	s.checkFieldNames(r)
	if err := r.invalid(); err != nil {
		return nil, err
	}
	return s, nil
}

// OwnedField is the name of the field by which an owner reaches the documents of e.
func (e *Entity) OwnedField() string {
	if e.Many {
		return e.Plural
	}
	return lowerFirst(e.Name)
}

// reservedFields are names of fields that the API has where entities are reached.
var reservedFields = words("id meta node nodes additionalProperties _service _entities")

func (s *Set) checkOwner(e *Entity, r *report) {
	if e.Owner == "" {
		return
	}
	at := "/" + e.Name + "/x-entity"
	owner := s.Entity(e.Owner)
	if owner == nil {
		r.problem(at, "x-entity", "name an entity of the account", "the owner %s does not exist", e.Owner)
		return
	}
	if owner.Owner != "" {
		r.problem(at, "x-entity", "name a root entity as the owner", "the owner %s is itself owned", e.Owner)
	}
	name := e.OwnedField()
	for _, f := range owner.Type.Fields {
		if f.Name == name {
			r.problem(at, "x-entity", "choose another plural, or rename the owner's property", "%s has a property %s, the name of the field that leads to the owned documents", e.Owner, name)
		}
	}
}

// checkTypeNames holds all types, and those that the API derives from them, against each other.
func (s *Set) checkTypeNames(r *report) {
	taken := make(map[string]string)
	claim := func(name, by, at string) {
		if builtinTypes[name] {
			r.problem(at, "", "rename it", "%s would be called %s, which the API itself uses", by, name)
		} else if other, ok := taken[name]; ok {
			r.problem(at, "", "rename one of the two", "%s would be called %s, as %s is", by, name, other)
		} else {
			taken[name] = by
		}
	}
	for _, e := range s.Entities {
		at := "/" + e.Name
		e.eachType(func(t *Type) {
			claim(t.Name, "the type "+t.Name, at)
			suffixes := derivedSuffixes[:2]
			switch {
			case t == e.Type:
				suffixes = derivedSuffixes
			case t.Kind == Enum:
				suffixes = nil
			}
			for _, suffix := range suffixes {
				claim(t.Name+suffix, fmt.Sprintf("a type that goes with %s", t.Name), at)
			}
		})
	}
}

// eachType yields every named type of the entity but scalars, once, in order of appearance.
func (e *Entity) eachType(yield func(t *Type)) {
	seen := make(map[*Type]bool)
	var visit func(t *Type)
	visit = func(t *Type) {
		for t.Kind == List {
			t = t.Elem
		}
		if seen[t] || t.Kind == Scalar {
			return
		}
		seen[t] = true
		yield(t)
		for _, f := range t.Fields {
			visit(f.Type)
		}
		for _, m := range t.Members {
			visit(m)
		}
	}
	visit(e.Type)
}

// checkFieldNames holds the fields of Query and Mutation, and the owned fields of each owner,
// against each other.
func (s *Set) checkFieldNames(r *report) {
	query := make(map[string]string)
	owned := make(map[string]string)
	for _, e := range s.Entities {
		at := "/" + e.Name
		one := lowerFirst(e.Name)
		if reservedFields[one] || reservedFields[e.Plural] {
			r.problem(at, "x-entity", "choose another plural or another name", "the API itself has a field of that name")
		}
		for _, name := range []string{one, e.Plural, one + "Version", one + "Versions", one + "VersionDiff"} {
			if other, ok := query[name]; ok {
				r.problem(at, "x-entity", "choose another plural or another name", "the field %s is that of %s already", name, other)
			}
			query[name] = e.Name
		}
		if e.Owner == "" {
			continue
		}
		name := e.Owner + "." + e.OwnedField()
		if other, ok := owned[name]; ok {
			r.problem(at, "x-entity", "choose another plural or another name", "the field %s is that of %s already", name, other)
		}
		owned[name] = e.Name
	}
}

//go:embed default/*.json
var defaultFiles embed.FS

// builtinEntities are the entities that every account has from the start.
var builtinEntities = []string{"Profile", "Prospect", "Address", "PurchaseInfo", "Contact", "InvoiceSubject", "PickupInfo"}

// Defaults returns the built-in entities with their default schemas, each of Version 0. The
// entities are shared by all callers and immutable; the slice is the caller's.
func Defaults() []*Entity { return slices.Clone(parseDefaults()) }

var parseDefaults = sync.OnceValue(func() []*Entity {
	var list []*Entity
	for _, name := range builtinEntities {
		doc, err := defaultFiles.ReadFile("default/" + name + ".json")
		if err != nil {
			panic(fmt.Sprintf("schema: %s is not built in: %v", name, err)) // a fault of the build, not of input
		}
		e, _, err := Parse(name, doc, Limits{})
		if err != nil {
			panic(fmt.Sprintf("schema: the default of %s: %v", name, err))
		}
		list = append(list, e)
	}
	return list
})

package schema

import (
	"cmp"
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// NewSet puts entities together and checks what concerns them jointly: owners exist and are roots,
// and no two things in the account's API have one name. Problems come as an *Invalid whose pointers
// begin with the entity's name.
func NewSet(entities []*Entity) (*Set, error) { return newSet(entities, nil) }

// With returns the set with an entity in it, in the place of the one of its name. What the entity is not
// together with the others comes as an *Invalid, with pointers into what it was parsed from.
func (s *Set) With(e *Entity) (*Set, error) {
	others := slices.DeleteFunc(slices.Clone(s.Entities), func(o *Entity) bool { return o.Name == e.Name })
	return newSet(append(others, e), e)
}

func newSet(entities []*Entity, latest *Entity) (*Set, error) {
	s := &Set{Entities: slices.Clone(entities)}
	slices.SortStableFunc(s.Entities, func(a, b *Entity) int { return cmp.Compare(a.Name, b.Name) })
	j := &joint{Set: s, report: &report{}, latest: latest, order: s.Entities}
	if latest != nil {
		j.members = latest.members
		j.order = entities // so that of two that clash the latest is the second
	}
	for _, e := range s.Entities {
		j.checkOwner(e)
	}
	j.checkTypeNames()
	j.checkFieldNames()
	if err := j.invalid(); err != nil {
		return nil, err
	}
	return s, nil
}

// joint is what is checked of entities jointly.
type joint struct {
	*Set
	*report
	order  []*Entity
	latest *Entity // whose document pointers are into; nil: they begin with the entity's name
}

// problem is one of e, at a place of its schema, or where that would be.
func (j *joint) problem(e *Entity, at, keyword, fix, format string, args ...any) {
	var known strings.Builder
	if e != j.latest {
		known.WriteString("/" + e.Name)
	}
	var here any
	if root, _, unreadable := readUpload(e.Source, unlimited); unreadable == nil {
		here = root
	}
	for token := range strings.SplitSeq(strings.TrimPrefix(at, "/"), "/") {
		switch v := here.(type) {
		case *object:
			here = v.vals[unescapeToken(token)]
		case []any:
			i, err := strconv.Atoi(token)
			if here = nil; err == nil && i >= 0 && i < len(v) {
				here = v[i]
			}
		default:
			here = nil
		}
		if here == nil {
			break
		}
		known.WriteString("/" + token)
	}
	j.report.problem(known.String(), keyword, fix, format, args...)
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

func (j *joint) checkOwner(e *Entity) {
	if e.Owner == "" {
		return
	}
	owner := j.Entity(e.Owner)
	if owner == nil {
		j.problem(e, "/x-entity/owner", "x-entity", "name an entity of the account", "the owner %s does not exist", e.Owner)
		return
	}
	if owner.Owner != "" && owner == j.latest {
		j.problem(owner, "/x-entity/owner", "x-entity", "drop it", "%s belongs to this entity, and an owner is itself not owned", e.Name)
	} else if owner.Owner != "" {
		j.problem(e, "/x-entity/owner", "x-entity", "name a root entity as the owner", "the owner %s is itself owned", e.Owner)
	}
	name := e.OwnedField()
	for _, f := range owner.Type.Fields {
		switch {
		case f.Name != name:
		case owner == j.latest:
			b, t := owner.origins()
			j.problem(owner, b.origins[t.property(f.Property)], "properties", "rename the property", "the name %s is taken: the API gives a field of that name to %s, which leads to its documents of type %s", name, e.Owner, e.Name)
		default:
			j.problem(e, "/x-entity/plural", "x-entity", "choose another plural, or rename the owner's property", "%s has a property %s, the name of the field that leads to the owned documents", e.Owner, name)
		}
	}
}

// checkTypeNames holds all types, and those that the API derives from them, against each other.
func (j *joint) checkTypeNames() {
	taken := make(map[string]string)
	claim := func(e *Entity, t *Type, name, by string) {
		other, ok := taken[name]
		if !ok && !builtinTypes[name] {
			taken[name] = by
			return
		}
		at, keyword := "", "x-entity"
		if t != e.Type {
			b, _ := e.origins()
			at = b.names[t.Name]
			keyword = keywordAt(at)
		}
		if builtinTypes[name] {
			j.problem(e, at, keyword, "rename it", "%s would be called %s, which the API itself uses", by, name)
		} else {
			j.problem(e, at, keyword, "rename one of the two", "%s would be called %s, as %s is", by, name, other)
		}
	}
	for _, e := range j.order {
		e.eachType(func(t *Type) {
			claim(e, t, t.Name, "the type "+t.Name)
			suffixes := derivedSuffixes[:2]
			switch {
			case t == e.Type:
				suffixes = derivedSuffixes
			case t.Kind == Enum:
				suffixes = nil
			}
			for _, suffix := range suffixes {
				claim(e, t, t.Name+suffix, "a type that goes with "+t.Name)
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
func (j *joint) checkFieldNames() {
	query := make(map[string]string)
	owned := make(map[string]string)
	for _, e := range j.order {
		problem := func(name, format string, args ...any) {
			at := "/x-entity"
			if name == e.Plural {
				at = "/x-entity/plural"
			}
			j.problem(e, at, "x-entity", "choose another plural or another name", format, args...)
		}
		one := lowerFirst(e.Name)
		for _, name := range []string{one, e.Plural, one + "Version", one + "Versions", one + "VersionDiff"} {
			if reservedFields[name] {
				problem(name, "the API itself has a field %s", name)
			}
			if other, ok := query[name]; ok {
				problem(name, "the field %s is that of %s already", name, other)
			}
			query[name] = e.Name
		}
		if e.Owner == "" {
			continue
		}
		name := e.Owner + "." + e.OwnedField()
		if other, ok := owned[name]; ok {
			problem(e.OwnedField(), "the field %s is that of %s already", name, other)
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

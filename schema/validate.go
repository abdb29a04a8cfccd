package schema

import (
	"cmp"
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// Violation is one way in which a document does not satisfy its schema. It never holds a value of
// the document; a property name that the schema does not declare appears only if it looks like one.
type Violation struct {
	Path    string // JSON property names and list indexes joined by '.'; empty for the document itself
	Rule    string // the keyword that was violated
	Message string
}

// Same reports whether another violation is of the same rule at the same place.
func (v Violation) Same(other Violation) bool { return v.Path == other.Path && v.Rule == other.Rule }

const (
	maxDocumentDepth = 64
	maxWork          = 50_000_000  // schemas applied to values
	maxMatching      = 200_000_000 // bytes times instructions of a pattern
	maxViolations    = 100
)

// validator is what it takes to validate documents of an entity.
type validator struct {
	work    int // schemas that may apply to one value
	program int // instructions of patterns that one string may have to pass
	// compiled takes as much memory as all the rest of an entity, so it is made when it is needed.
	compiled atomic.Pointer[jsonschema.Schema]
}

// compiled returns the entity's schema as the validator takes it.
func (e *Entity) compiled() *jsonschema.Schema {
	if s := e.check.compiled.Load(); s != nil {
		return s
	}
	s, ok := compile(sourceTree(e))
	if !ok {
		panic("schema: impossible: what was compiled before cannot be compiled")
	}
	e.check.compiled.Store(s)
	return s
}

// Validate holds a document against the schema. The document is what encoding/json decodes with
// UseNumber. Beyond JSON Schema it refuses, at any depth, properties that are not declared where
// additionalProperties is absent, and numbers that their GraphQL type cannot carry.
//
// The result is empty if the document is valid; it has at most 100 elements, in order of Path.
func (e *Entity) Validate(doc map[string]any) []Violation {
	v := &validation{entity: e, doc: doc}
	if !v.affordable() {
		return v.result()
	}
	v.object(e.Type, doc, nil)
	if err := e.compiled().Validate(doc); err != nil {
		if failed, ok := err.(*jsonschema.ValidationError); ok {
			v.failed(e.Type, failed)
		} else {
			v.add(nil, "schema", "does not satisfy the schema")
		}
	}
	return v.result()
}

type validation struct {
	entity *Entity
	doc    map[string]any
	found  []Violation
}

func (v *validation) add(path []string, rule, message string) {
	if len(v.found) < 10*maxViolations {
		v.found = append(v.found, Violation{Path: strings.Join(path, "."), Rule: rule, Message: message})
	}
}

func (v *validation) result() []Violation {
	slices.SortStableFunc(v.found, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Rule, b.Rule))
	})
	list := slices.CompactFunc(v.found, func(a, b Violation) bool { return a.Path == b.Path && a.Rule == b.Rule })
	return list[:min(len(list), maxViolations)]
}

// affordable reports whether the validator may see the document, and adds what stands against it.
func (v *validation) affordable() bool {
	values, text := v.guard(v.doc, nil)
	check := v.entity.check
	if len(v.found) == 0 && (values*max(check.work, 1) > maxWork || text*check.program > maxMatching) {
		v.add(nil, "size", "the document is too large to be checked against its schema")
	}
	return len(v.found) == 0
}

// guard refuses what would be costly or could not be stored, and counts values and bytes of text.
func (v *validation) guard(value any, path []string) (values, text int) {
	fault := func(rule, message string) { v.add(safePath(v.entity.Type, path), rule, message) }
	values = 1
	if len(path) > maxDocumentDepth {
		path = path[:1]
		fault("depth", "is nested too deeply")
		return values, 0
	}
	switch x := value.(type) {
	case string:
		if !utf8.ValidString(x) {
			fault("type", "is not valid UTF-8")
		}
		return values, len(x)
	case json.Number:
		if !isJSONNumber(string(x)) || checkNumber(string(x)) != "" || !storable(x) {
			fault("number", "is a number with more digits than can be stored")
		}
	case []any:
		for i, e := range x {
			n, t := v.guard(e, append(path, strconv.Itoa(i)))
			values, text = values+n, text+t
		}
	case map[string]any:
		for k, e := range x {
			if strings.IndexByte(k, 0) >= 0 || !utf8.ValidString(k) {
				fault("propertyNames", "has a property whose name cannot be stored")
				continue
			}
			n, t := v.guard(e, append(path, k))
			values, text = values+n, text+t+len(k)
		}
	case nil, bool:
	default:
		fault("type", "is not a JSON value")
	}
	return values, text
}

// object checks what the types demand beyond JSON Schema.
func (v *validation) object(t *Type, doc map[string]any, path []string) {
	for name, value := range doc {
		f := t.byProperty[name]
		switch {
		case f != nil:
			if value != nil {
				v.value(f.Type, value, append(path, name))
			} else if !f.Nullable {
				v.add(append(path, name), "type", "must not be null")
			}
		case t.Extra == nil:
			v.add(append(path, safeName(name)), "additionalProperties", "is not declared by the schema")
		}
	}
}

func (v *validation) value(t *Type, value any, path []string) {
	switch t.Kind {
	case Object:
		if doc, ok := value.(map[string]any); ok {
			v.object(t, doc, path)
		} else {
			v.add(path, "type", "must be object")
		}
	case Union:
		doc, ok := value.(map[string]any)
		if !ok {
			v.add(path, "type", "must be object")
		} else if m := t.member(doc); m != nil {
			v.object(m, doc, path)
		} else {
			v.add(append(path, t.Discriminator), "discriminator", "must be one of the values that tell the alternatives apart")
		}
	case List:
		list, ok := value.([]any)
		if !ok {
			v.add(path, "type", "must be array")
			return
		}
		for i, e := range list {
			at := append(path, strconv.Itoa(i))
			if e != nil {
				v.value(t.Elem, e, at)
			} else if !t.ElemNullable {
				v.add(at, "type", "must not be null")
			}
		}
	case Scalar:
		if rule, message := scalarFault(t, value); rule != "" {
			v.add(path, rule, message)
		}
	}
}

func scalarFault(t *Type, value any) (rule, message string) {
	number, isNumber := value.(json.Number)
	switch t.Name {
	case JSON:
		return "", ""
	case Boolean:
		if !isBool(value) {
			return "type", "must be boolean"
		}
	case Int, Long:
		i, whole := integral(number)
		switch {
		case !isNumber:
			return "type", "must be integer"
		case !whole:
			return "type", "must be an integer of at most 64 bits"
		case t.Name == Int && (i > math.MaxInt32 || i < math.MinInt32):
			return "type", "must be an integer of at most 32 bits; the format int64 allows for larger ones"
		}
	case Float:
		if !isNumber {
			return "type", "must be number"
		}
		if f, err := number.Float64(); err != nil || math.IsInf(f, 0) {
			return "type", "is a number beyond the range of 64 bit floating point"
		}
	default:
		if t.Numeric != isNumber || !t.Numeric && !isString(value) {
			if t.Numeric {
				return "type", "must be number"
			}
			return "type", "must be string"
		}
	}
	return "", ""
}

// failed takes over what the validator found.
func (v *validation) failed(t *Type, e *jsonschema.ValidationError) {
	list := leaves(e, nil)
	located := v.locateNames(list)
	for _, leaf := range list {
		rule, message := explain(leaf.ErrorKind)
		path := safePath(t, leaf.InstanceLocation)
		switch k := leaf.ErrorKind.(type) {
		case *kind.PropertyNames:
			v.add(safePath(t, located[nameAt{len(leaf.InstanceLocation), k.Property}]), rule, message)
		case *kind.Required:
			v.lacks(path, k.Missing, rule, message)
		case *kind.DependentRequired:
			v.lacks(path, k.Missing, rule, message)
		case *kind.Dependency:
			v.lacks(path, k.Missing, rule, message)
		case *kind.AdditionalProperties:
			for _, name := range k.Properties {
				v.add(append(path, safeName(name)), rule, message)
			}
		default:
			v.add(path, rule, message)
		}
	}
}

// lacks adds that an object lacks properties.
func (v *validation) lacks(path, names []string, rule, message string) {
	for _, name := range names {
		v.add(append(path, name), rule, message)
	}
}

// nameAt is a property name at a depth of the document.
type nameAt struct {
	depth int
	name  string
}

// locateNames finds the objects whose property names were refused. For this one kind of error the
// validator reuses the memory of the location, so that all one can rely on is the depth. A name
// that stands at one depth in several objects is left without a place.
func (v *validation) locateNames(list []*jsonschema.ValidationError) map[nameAt][]string {
	found := make(map[nameAt][]string)
	deepest := -1
	for _, leaf := range list {
		if k, ok := leaf.ErrorKind.(*kind.PropertyNames); ok {
			found[nameAt{len(leaf.InstanceLocation), k.Property}] = nil
			deepest = max(deepest, len(leaf.InstanceLocation))
		}
	}
	count := make(map[nameAt]int)
	var visit func(value any, path []string)
	visit = func(value any, path []string) {
		if len(path) > deepest {
			return
		}
		switch value := value.(type) {
		case []any:
			for i, e := range value {
				visit(e, append(path, strconv.Itoa(i)))
			}
		case map[string]any:
			for name, e := range value {
				key := nameAt{len(path), name}
				if _, wanted := found[key]; wanted {
					found[key] = slices.Clone(path)
					if count[key]++; count[key] > 1 {
						found[key] = nil
					}
				}
				visit(e, append(path, name))
			}
		}
	}
	visit(v.doc, nil)
	return found
}

// safePath is a path in which names that are not declared are shown only if they look like names.
func safePath(t *Type, location []string) []string {
	path := make([]string, 0, len(location)+1)
	for _, token := range location {
		name := safeName(token)
		switch {
		case t == nil:
		case t.Kind == List:
			name, t = token, t.Elem
		case t.Kind == Object && t.byProperty[token] != nil:
			name, t = token, t.byProperty[token].Type
		case t.Kind == Union:
			var next *Type
			for _, m := range t.Members {
				if f := m.byProperty[token]; f != nil {
					name, next = token, f.Type
				}
			}
			t = next
		default:
			t = nil
		}
		path = append(path, name)
	}
	return path
}

// A name of a property is the client's text, too: an e-mail address or a number used as a key must
// not come out in an error.
var nameLike = regexp.MustCompile(`^[A-Za-z_$@][A-Za-z0-9_:-]{0,39}$|^[0-9]{1,6}$`)

func safeName(s string) string {
	if nameLike.MatchString(s) {
		return s
	}
	return "*"
}

// Defaults adds the schema's default values to a document, at any depth, where the property is
// absent. Containers that are absent stay so unless they have a default of their own.
func (e *Entity) Defaults(doc map[string]any) { fill(e.Type, doc, absentDefault) }

// Filled returns a copy of a value of type t, which may be nil, with defaults as Defaults adds them.
func (t *Type) Filled(value any) any {
	value = copyValue(value)
	if value != nil {
		fillWithin(t, value, absentDefault)
	}
	return value
}

func absentDefault(f *Field, present bool) any {
	if present {
		return nil
	}
	return f.Default
}

// Complete puts into a document, at any depth, the properties that have to be there and that nobody can write:
// those that can have one value only, whatever stands there, and the defaults of absent ones that are read-only.
func (e *Entity) Complete(doc map[string]any) {
	fill(e.Type, doc, func(f *Field, present bool) any {
		switch {
		case f.Fixed():
			return f.Const
		case f.Required && f.ReadOnly && !present:
			return f.Default
		}
		return nil
	})
}

// Fixed reports whether a field has to be there and can have one value only, its Const.
func (f *Field) Fixed() bool { return f.Const != nil && f.Required && !f.Nullable }

// fill puts into an object the values that of returns, unless nil, for its fields.
func fill(t *Type, doc map[string]any, of func(f *Field, present bool) any) {
	for _, f := range t.Fields {
		if f == t.Extra {
			continue
		}
		value, present := doc[f.Property]
		if v := of(f, present); v != nil {
			doc[f.Property] = copyValue(v)
		} else if value != nil {
			fillWithin(f.Type, value, of)
		}
	}
}

func fillWithin(t *Type, value any, of func(f *Field, present bool) any) {
	switch t.Kind {
	case Object:
		if doc, ok := value.(map[string]any); ok {
			fill(t, doc, of)
		}
	case Union:
		if doc, ok := value.(map[string]any); ok {
			if m := t.member(doc); m != nil {
				fill(m, doc, of)
			}
		}
	case List:
		list, _ := value.([]any)
		for _, e := range list {
			fillWithin(t.Elem, e, of)
		}
	}
}

package schema

import (
	"errors"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// refuseLoader is how the validator gets at documents that it was not given: not at all.
type refuseLoader struct{}

func (refuseLoader) Load(string) (any, error) {
	return nil, errors.New("remote and file references are never followed")
}

// compile hands the document to the validator, which also holds it against its meta-schema.
func compile(t *tree) (*jsonschema.Schema, bool) {
	c := jsonschema.NewCompiler()
	c.UseLoader(refuseLoader{})
	c.AssertFormat()
	c.DefaultDraft(draftsByYear[t.root.draft])
	c.UseRegexpEngine(func(p string) (jsonschema.Regexp, error) {
		re, err := regexp.Compile(translatePattern(p))
		if err != nil {
			return nil, err
		}
		return re, nil
	})
	registerFormats(c)
	t.compiler = c
	if err := c.AddResource(t.root.base, t.rewrite(t.root)); err != nil {
		t.problem("/"+idKeyword(t.root.draft), idKeyword(t.root.draft), "use a URI of your own", "cannot be the base of references")
		return nil, false
	}
	s, err := c.Compile(t.root.base)
	if err != nil {
		t.compileError(err)
		return nil, false
	}
	return s, true
}

var draftsByYear = map[int]*jsonschema.Draft{4: jsonschema.Draft4, 6: jsonschema.Draft6, 7: jsonschema.Draft7,
	2019: jsonschema.Draft2019, 2020: jsonschema.Draft2020}

// compileError reports what the validator has against a schema. Its own texts quote values.
func (t *tree) compileError(err error) {
	var invalid *jsonschema.SchemaValidationError
	var failed *jsonschema.ValidationError
	if !errors.As(err, &invalid) || !errors.As(invalid.Err, &failed) {
		t.problem("", "", "simplify the document", "the validator cannot compile the document")
		return
	}
	for _, leaf := range leaves(failed, nil) {
		path := leaf.InstanceLocation
		keyword := ""
		if len(path) > 0 {
			keyword = path[len(path)-1]
			if _, err := strconv.Atoi(keyword); err == nil && len(path) > 1 {
				keyword = path[len(path)-2]
			}
		}
		_, message := explain(leaf.ErrorKind)
		if fix, ok := mending[keyword]; ok {
			t.problem(pointer(path), keyword, fix, "is malformed")
			continue
		}
		t.problem(pointer(path), keyword, "see the specification of the keyword", "is malformed: %s", message)
	}
}

// mending tells how keywords are written whose meta-schema says it in a roundabout way, or that had another form once.
var mending = map[string]string{
	"type":     "write array, boolean, integer, null, number, object or string, or a list of them",
	"required": "write a list of names into the object that has the properties, as in \"required\": [\"name\"]",
}

// leaves are the errors that say something by themselves.
func leaves(e *jsonschema.ValidationError, list []*jsonschema.ValidationError) []*jsonschema.ValidationError {
	switch e.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf:
		if chosen := likeliest(e); chosen != nil {
			return leaves(chosen, list)
		}
		return append(list, e)
	case *kind.PropertyNames, *kind.Contains, *kind.MinContains:
		return append(list, e)
	}
	if len(e.Causes) == 0 {
		return append(list, e)
	}
	for _, c := range e.Causes {
		list = leaves(c, list)
	}
	return list
}

// likeliest is the one alternative that a value seems to have been meant for: the only one that
// does not already fail by its kind or its tag.
func likeliest(e *jsonschema.ValidationError) *jsonschema.ValidationError {
	var chosen *jsonschema.ValidationError
	for _, c := range e.Causes {
		if failsByKind(c, len(e.InstanceLocation)) {
			continue
		}
		if chosen != nil {
			return nil
		}
		chosen = c
	}
	return chosen
}

func failsByKind(e *jsonschema.ValidationError, depth int) bool {
	switch e.ErrorKind.(type) {
	case *kind.Type, *kind.FalseSchema:
		return len(e.InstanceLocation) == depth
	case *kind.Const, *kind.Enum:
		return len(e.InstanceLocation) <= depth+1
	case *kind.AllOf, *kind.Group, *kind.Reference, *kind.Schema:
		for _, c := range e.Causes {
			if failsByKind(c, depth) {
				return true
			}
		}
	}
	return false
}

// notes are keywords without influence on validation. They are kept from the validator, whose
// meta-schemas know some of them by a narrower definition.
var notes = words(`title description default examples example readOnly writeOnly deprecated nullable sensitive pii
	x-mask x-normalize x-graphql x-entity x-federation v-indexed v-unique documentTTL discriminator xml externalDocs $comment`)

// rewrite copies a schema into what the validator is given: without annotations, and with
// nullable spelt in JSON Schema.
func (t *tree) rewrite(n *node) any {
	if n.obj == nil {
		return !n.never
	}
	m := make(map[string]any, len(n.obj.keys))
	for _, k := range n.obj.keys {
		v := n.obj.vals[k]
		switch {
		case notes[k]:
		case k == "$schema":
			if d, ok := draftOf(n.obj.str(k)); ok && d == n.draft {
				m[k] = draftsByYear[d].String()
			}
		default:
			m[k] = t.rewriteMember(n, k, v)
		}
	}
	if isTrue(n, "nullable") {
		makeNullable(m, n)
	}
	return m
}

func (t *tree) rewriteMember(n *node, keyword string, v any) any {
	if k := n.kids[keyword]; k != nil {
		return t.rewrite(k)
	}
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			if k := n.kids[keyword+"/"+strconv.Itoa(i)]; k != nil {
				list[i] = t.rewrite(k)
			} else {
				list[i] = plain(e)
			}
		}
		return list
	case *object:
		m := make(map[string]any, len(v.keys))
		for _, name := range v.keys {
			if k := n.kids[keyword+"/"+name]; k != nil {
				m[name] = t.rewrite(k)
			} else {
				m[name] = plain(v.vals[name])
			}
		}
		return m
	}
	return v
}

// makeNullable lets null past the keywords that would refuse it.
func makeNullable(m map[string]any, n *node) {
	null := map[string]any{"type": "null"}
	switch v := m["type"].(type) {
	case string:
		m["type"] = []any{v, "null"}
		if v == "null" {
			m["type"] = v
		}
	case []any:
		if !slices.Contains(v, any("null")) {
			m["type"] = append(v, "null")
		}
	}
	if list, ok := m["enum"].([]any); ok && !slices.Contains(list, nil) {
		m["enum"] = append(list, nil)
	}
	if c, ok := m["const"]; ok && c != nil {
		delete(m, "const")
		if _, ok := m["enum"]; ok {
			m["allOf"] = append(asList(m["allOf"]), map[string]any{"enum": []any{c, nil}})
		} else {
			m["enum"] = []any{c, nil}
		}
	}
	if list, ok := m["anyOf"].([]any); ok && !admitsNull(n.list("anyOf")) {
		m["anyOf"] = append(list, null)
	}
	var wrapped []any
	for _, k := range []string{"$ref", "allOf", "oneOf"} {
		if v, ok := m[k]; ok {
			delete(m, k)
			wrapped = append(wrapped, map[string]any{"anyOf": []any{map[string]any{k: v}, null}})
		}
	}
	switch {
	case len(wrapped) == 0:
	case n.refOnly():
		clear(m) // the draft ignores what stood beside $ref
		m["allOf"] = wrapped[:1]
	default:
		m["allOf"] = wrapped
	}
}

func asList(v any) []any { list, _ := v.([]any); return list }

func admitsNull(options []*node) bool {
	for _, o := range options {
		if o.obj != nil && o.obj.str("type") == "null" {
			return true
		}
	}
	return false
}

// decimal writes a number of a schema, all of which have an end.
func decimal(r *big.Rat) string {
	digits, _ := r.FloatPrec()
	return canonicalNumber(r.FloatString(digits))
}

// explain words an error of the validator: the keyword that failed, and a message that quotes the
// schema's own bounds but never a value.
func explain(k jsonschema.ErrorKind) (rule, message string) {
	num := strconv.Itoa
	switch k := k.(type) {
	case *kind.Type:
		return "type", "must be " + strings.Join(k.Want, " or ")
	case *kind.Enum:
		return "enum", "must be one of the values that the schema lists"
	case *kind.Const:
		return "const", "must be the one value that the schema names"
	case *kind.Format:
		return "format", "must have the format " + k.Want
	case *kind.Required:
		return "required", "is required"
	case *kind.AdditionalProperties:
		return "additionalProperties", "is not declared by the schema"
	case *kind.FalseSchema:
		return "false", "must not be there"
	case *kind.MinLength:
		return "minLength", "must have at least " + num(k.Want) + " characters"
	case *kind.MaxLength:
		return "maxLength", "must have at most " + num(k.Want) + " characters"
	case *kind.Pattern:
		return "pattern", "must match the pattern of the schema"
	case *kind.Minimum:
		return "minimum", "must be at least " + decimal(k.Want)
	case *kind.Maximum:
		return "maximum", "must be at most " + decimal(k.Want)
	case *kind.ExclusiveMinimum:
		return "exclusiveMinimum", "must be greater than " + decimal(k.Want)
	case *kind.ExclusiveMaximum:
		return "exclusiveMaximum", "must be less than " + decimal(k.Want)
	case *kind.MultipleOf:
		return "multipleOf", "must be a multiple of " + decimal(k.Want)
	case *kind.MinItems:
		return "minItems", "must have at least " + num(k.Want) + " items"
	case *kind.MaxItems:
		return "maxItems", "must have at most " + num(k.Want) + " items"
	case *kind.UniqueItems:
		return "uniqueItems", "items " + num(k.Duplicates[0]) + " and " + num(k.Duplicates[1]) + " are equal"
	case *kind.AdditionalItems:
		return "additionalItems", "has more items than the schema allows"
	case *kind.MinProperties:
		return "minProperties", "must have at least " + num(k.Want) + " properties"
	case *kind.MaxProperties:
		return "maxProperties", "must have at most " + num(k.Want) + " properties"
	case *kind.PropertyNames:
		return "propertyNames", "has a property whose name the schema does not allow"
	case *kind.Dependency:
		return "dependencies", "is required beside " + safeName(k.Prop)
	case *kind.DependentRequired:
		return "dependentRequired", "is required beside " + safeName(k.Prop)
	case *kind.Contains:
		return "contains", "has no item of the kind that must be there"
	case *kind.MinContains:
		return "minContains", "has too few items of the kind that must be there"
	case *kind.MaxContains:
		return "maxContains", "has too many items of the kind that is limited"
	case *kind.Not:
		return "not", "must not match the schema that is excluded"
	case *kind.AnyOf:
		return "anyOf", "matches none of the alternatives"
	case *kind.OneOf:
		if len(k.Subschemas) > 0 {
			return "oneOf", "matches more than one of the alternatives"
		}
		return "oneOf", "matches none of the alternatives"
	case *kind.RefCycle:
		return "$ref", "the schema refers to itself without end"
	}
	if path := k.KeywordPath(); len(path) > 0 {
		return path[0], "does not satisfy " + path[0]
	}
	return "schema", "does not satisfy the schema"
}

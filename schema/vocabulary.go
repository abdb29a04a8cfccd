package schema

import (
	"encoding/json"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// The strategies that x-mask may name.
const (
	MaskInitial = "initial" // the first letter of each word, stars for the rest
	MaskEmail   = "email"   // the first letter of each part of an address
	MaskLast4   = "last4"   // the last four characters
	MaskFixed   = "fixed"   // always the same stars: hides the length
	MaskYear    = "year"    // of a date or date-time, its first of January
	MaskNull    = "null"    // null, whatever the type
)

// Masks lists the strategies of x-mask.
func Masks() []string {
	return []string{MaskInitial, MaskEmail, MaskLast4, MaskFixed, MaskYear, MaskNull}
}

// maskFits tells whether a value masked so is still valid for its type.
func maskFits(mask string, t *Type) bool {
	for t.Kind == List {
		t = t.Elem
	}
	if mask == MaskNull {
		return true
	}
	if t.Kind != Scalar {
		return false
	}
	switch mask {
	case MaskYear:
		return t.Name == Date || t.Name == DateTime
	case MaskEmail:
		return t.Name == String || t.Name == EmailAddress
	}
	return t.Name == String
}

// The ways of x-normalize, see Normalize.
var normalizeKinds = []string{"email", "name", "phone", "digits", "exact"}

// vocabulary has, for each keyword that means something to this server beyond validation, what its
// value must be and where it may stand.
var vocabulary = map[string]struct {
	valid   func(v any) bool
	must    string
	topOnly bool
}{
	"title":        {isString, "must be a string", false},
	"description":  {isString, "must be a string", false},
	"readOnly":     {isBool, "must be true or false", false},
	"nullable":     {isBool, "must be true or false", false},
	"sensitive":    {isBool, "must be true or false, without quotes", false},
	"pii":          {isBool, "must be true or false, without quotes", false},
	"deprecated":   {func(v any) bool { return isBool(v) || isString(v) }, "must be true, false or the reason as a string", false},
	"x-mask":       {oneOf(Masks()), "must be one of " + strings.Join(Masks(), ", "), false},
	"x-normalize":  {oneOf(normalizeKinds), "must be one of " + strings.Join(normalizeKinds, ", "), false},
	"x-graphql":    {oneOf([]string{JSON}), "must be JSON", false},
	"v-indexed":    {isNames, "must be an array of different property names", true},
	"v-unique":     {isNames, "must be an array of different property names", true},
	"documentTTL":  {isDays, "must be a whole number of days, at least 1", true},
	"x-federation": {isObject, "must be an object", false},
	"x-entity":     {isEntity, "must be an object with any of owner (string), cardinality (one or many) and plural (a GraphQL name)", true},
}

// standard are the keywords of JSON Schema itself, of any draft, and of OpenAPI.
var standard = words(`$schema $id id $ref $anchor $defs definitions $comment $vocabulary
	$dynamicAnchor $dynamicRef $recursiveAnchor $recursiveRef
	type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern
	items prefixItems additionalItems unevaluatedItems maxItems minItems uniqueItems contains minContains maxContains
	properties patternProperties additionalProperties unevaluatedProperties propertyNames required maxProperties minProperties
	dependencies dependentRequired dependentSchemas allOf anyOf oneOf not if then else
	format contentEncoding contentMediaType contentSchema default examples example writeOnly discriminator xml externalDocs`)

func words(s string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(s) {
		m[w] = true
	}
	return m
}

func isObject(v any) bool { _, ok := v.(*object); return ok }
func isString(v any) bool { _, ok := v.(string); return ok }
func isBool(v any) bool   { _, ok := v.(bool); return ok }

func oneOf(list []string) func(any) bool {
	return func(v any) bool { s, ok := v.(string); return ok && slices.Contains(list, s) }
}

func isNames(v any) bool {
	list, ok := v.([]any)
	seen := make(map[string]bool)
	for _, e := range list {
		s, isString := e.(string)
		if !isString || seen[s] {
			return false
		}
		seen[s] = true
	}
	return ok
}

func isDays(v any) bool {
	n, ok := v.(json.Number)
	if !ok {
		return false
	}
	days, whole := integral(n)
	return whole && days >= 1 && days <= 36500
}

func isEntity(v any) bool {
	o, ok := v.(*object)
	if !ok {
		return false
	}
	for _, k := range o.keys {
		s, isString := o.vals[k].(string)
		if !isString {
			return false
		}
		switch k {
		case "owner":
			if !entityName.MatchString(s) {
				return false
			}
		case "cardinality":
			if s != "one" && s != "many" {
				return false
			}
		case "plural":
			if s == "" || s != graphqlName(s) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// checkVocabulary holds a node's keywords against the vocabulary.
func (t *tree) checkVocabulary(n *node) {
	for _, k := range n.obj.keys {
		at := n.ptr + "/" + escapeToken(k)
		if rule, ok := vocabulary[k]; ok {
			switch {
			case rule.topOnly && n.ptr != "":
				t.problem(at, k, "move it to the top of the document", "stands only at the top level of an entity's schema")
			case !rule.valid(n.obj.vals[k]):
				t.problem(at, k, "write it so", "%s", rule.must)
			case k == "x-federation":
				t.checkFederation(at, n.obj.object(k), n.ptr == "")
			}
			continue
		}
		if standard[k] {
			continue
		}
		if meant := nearest(k); meant != "" {
			t.problem(at, k, "write "+meant, "is no keyword; %s looks meant", meant)
			continue
		}
		if meant := nearestStandard(k); meant != "" {
			t.warn(at, k, "is no keyword and has no effect; %s looks meant", meant)
		} else if !strings.HasPrefix(k, "x-") && !strings.ContainsAny(k, ":./") && !t.warned[k] {
			t.warned[k] = true
			t.warn(at, k, "is no keyword and has no effect")
		}
	}
	for _, k := range []string{"$dynamicRef", "$recursiveRef"} {
		if n.obj.has(k) {
			t.problem(n.ptr+"/"+k, k, "use $ref", "references whose target depends on the path to them are not supported")
		}
	}
	if s, ok := n.obj.vals["pattern"].(string); ok {
		t.largest = max(t.largest, t.checkPattern(n.ptr+"/pattern", "pattern", s))
	}
	sum := 0 // each name is held against all of them
	for _, p := range n.named("patternProperties") {
		sum += t.checkPattern(p.node.ptr, "patternProperties", p.name)
	}
	t.largest = max(t.largest, sum)
	if list := n.obj.array("enum"); len(list) > t.limits.Enum {
		t.problem(n.ptr+"/enum", "enum", "use a string with a pattern", "has more than %d values", t.limits.Enum)
	}
}

// fold drops what people vary when they spell a keyword.
func fold(s string) string {
	s = strings.ToLower(strings.NewReplacer("-", "", "_", "", ":", "").Replace(s))
	for _, prefix := range []string{"x", "v"} {
		if rest := strings.TrimPrefix(s, prefix); len(rest) > 2 {
			s = rest
		}
	}
	return s
}

// ours are the keywords whose misspelling would go unnoticed and do harm.
var ours = []string{"sensitive", "pii", "deprecated", "nullable", "x-mask", "x-normalize", "x-graphql", "x-entity", "x-federation", "v-indexed", "v-unique", "documentTTL"}

// nearest returns the keyword of ours that k looks like, or "".
func nearest(k string) string {
	if len(k) > 40 {
		return ""
	}
	for _, o := range ours {
		allowed := 2
		if len(o) < 5 {
			allowed = 1
		}
		if fold(k) == fold(o) || levenshtein.ComputeDistance(strings.ToLower(k), strings.ToLower(o)) <= allowed {
			return o
		}
	}
	return ""
}

func nearestStandard(k string) string {
	if len(k) < 4 || len(k) > 40 || strings.HasPrefix(k, "x-") {
		return ""
	}
	best := ""
	for s := range standard {
		allowed := 1
		if len(s) > 7 {
			allowed = 2
		}
		if len(s) > 3 && levenshtein.ComputeDistance(strings.ToLower(k), strings.ToLower(s)) <= allowed && (best == "" || s < best) {
			best = s
		}
	}
	return best
}

const patternFix = "write it without look-around and back-references, and shorter"

// checkPattern refuses expressions that RE2 cannot run in linear time, or only at a great cost. It
// returns the number of instructions.
func (t *tree) checkPattern(at, keyword, pattern string) int {
	if len(pattern) > t.limits.Pattern {
		t.problem(at, keyword, patternFix, "the regular expression is longer than %d bytes", t.limits.Pattern)
		return 0
	}
	re, err := syntax.Parse(translatePattern(pattern), syntax.Perl)
	if err != nil {
		t.problem(at, keyword, patternFix, "is not a regular expression that runs in linear time (RE2)")
		return 0
	}
	size := programSize(re)
	if size > t.limits.Program {
		t.problem(at, keyword, "lower the repeat counts", "the regular expression compiles to more than %d instructions", t.limits.Program)
		return 0
	}
	before := t.programs
	t.programs += size
	if before <= t.limits.Programs && t.programs > t.limits.Programs {
		t.problem(at, keyword, "lower the repeat counts", "the regular expressions of the document compile to more than %d instructions", t.limits.Programs)
	}
	return size
}

// programSize estimates the number of instructions without compiling.
func programSize(re *syntax.Regexp) int {
	const huge = 1 << 30
	size := 1
	for _, sub := range re.Sub {
		size += programSize(sub)
	}
	switch re.Op {
	case syntax.OpLiteral:
		size += len(re.Rune)
	case syntax.OpRepeat:
		times := max(re.Min, re.Max, 1)
		if size > huge/times {
			return huge
		}
		size *= times
	}
	return min(size, huge)
}

// translatePattern writes \uXXXX, which ECMA-262 has and RE2 has not, the way RE2 has it.
func translatePattern(p string) string {
	if !strings.Contains(p, `\u`) {
		return p
	}
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		if p[i] != '\\' || i+1 == len(p) {
			b.WriteByte(p[i])
			continue
		}
		if p[i+1] == 'u' && i+6 <= len(p) && isHex(p[i+2:i+6]) {
			b.WriteString(`\x{` + p[i+2:i+6] + `}`)
			i += 5
			continue
		}
		b.WriteString(p[i : i+2])
		i++
	}
	return b.String()
}

func isHex(s string) bool {
	return strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

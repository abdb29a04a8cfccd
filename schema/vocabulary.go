package schema

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"

	"github.com/agnivade/levenshtein"
	"github.com/santhosh-tekuri/jsonschema/v6"
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

// Strategy returns how the field is masked where it is sensitive: as x-mask says, else by its type.
func (f *Field) Strategy() string {
	if f.Mask != "" {
		return f.Mask
	}
	if f.Type.Kind == Scalar {
		switch f.Type.Name {
		case EmailAddress:
			return MaskEmail
		case String, PhoneNumber:
			return MaskInitial
		}
	}
	return MaskNull
}

// exposure ranks how a field is masked by how much of a value shines through.
func exposure(f *Field) int {
	return slices.Index([]string{MaskNull, MaskFixed, MaskYear, MaskInitial, MaskEmail, MaskLast4}, f.Strategy())
}

// bare reports whether a field is masked such that more shines through than its type would have it.
func bare(f *Field) bool {
	byType := *f
	byType.Mask = ""
	return f.Sensitive && exposure(f) > exposure(&byType)
}

// vocabularySource says what may be uploaded: a JSON Schema that editors take, and the one place where the
// keywords are listed. Those that have an errorMessage mean something to this server beyond
// validation, and are held against it; the others are those of JSON Schema itself, of any draft, and of
// OpenAPI, which the validator holds against the draft's own meta-schema.
//
//go:embed vocabulary.json
var vocabularySource []byte

// Vocabulary returns a JSON Schema (draft-07) of what Parse takes, with descriptions, for editors that
// complete and validate. What it accepts Parse may still refuse, since not all rules are ones of form.
func Vocabulary() []byte { return slices.Clone(vocabularySource) }

// keyword is what the vocabulary says of a keyword of ours.
type keyword struct {
	value   *jsonschema.Schema // what its value must be
	must    string             // the same in words
	topOnly bool
}

type keywords struct {
	ours     map[string]keyword
	standard map[string]bool
}

// vocabulary reads the vocabulary, once.
var vocabulary = sync.OnceValue(func() keywords {
	k, err := readVocabulary()
	if err != nil {
		panic("schema: vocabulary.json: " + err.Error()) // it is part of the program
	}
	return k
})

func readVocabulary() (keywords, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(vocabularySource))
	if err != nil {
		return keywords{}, err
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(refuseLoader{})
	if err := c.AddResource(rootURI, doc); err != nil {
		return keywords{}, err
	}
	var parts struct {
		Definitions map[string]struct {
			Properties map[string]struct{ ErrorMessage string }
		}
	}
	if err := json.Unmarshal(vocabularySource, &parts); err != nil {
		return keywords{}, err
	}
	k := keywords{map[string]keyword{}, map[string]bool{}}
	for _, part := range []string{"keywords", "top"} {
		for name, p := range parts.Definitions[part].Properties {
			if p.ErrorMessage == "" {
				k.standard[name] = true
				continue
			}
			value, err := c.Compile(rootURI + "#/definitions/" + part + "/properties/" + name)
			if err != nil {
				return keywords{}, err
			}
			k.ours[name] = keyword{value, p.ErrorMessage, part == "top"}
		}
	}
	return k, nil
}

// isStandard reports whether a name is that of a keyword of JSON Schema or OpenAPI.
func isStandard(name string) bool { return vocabulary().standard[name] }

func isString(v any) bool { _, ok := v.(string); return ok }
func isBool(v any) bool   { _, ok := v.(bool); return ok }

func words(s string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(s) {
		m[w] = true
	}
	return m
}

// checkVocabulary holds a node's keywords against the vocabulary.
func (t *tree) checkVocabulary(n *node) {
	for _, k := range n.obj.keys {
		at := n.ptr + "/" + escapeToken(k)
		if rule, ok := vocabulary().ours[k]; ok {
			switch {
			case rule.topOnly && n.ptr != "":
				t.problem(at, k, "move it to the top of the document", "stands only at the top level of an entity's schema")
			case rule.value.Validate(plain(n.obj.vals[k])) != nil:
				t.problem(at, k, "write it so", "%s", rule.must)
			case k == "x-federation":
				t.checkFederation(at, n.obj.object(k), n.ptr == "")
			}
			continue
		}
		if isStandard(k) {
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
		if fold(k) == fold(o) || alike(k, o, allowed) {
			return o
		}
	}
	return ""
}

// alike tells whether so many letters make the difference, or two neighbours that changed places.
func alike(a, b string, allowed int) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	if levenshtein.ComputeDistance(a, b) <= allowed {
		return true
	}
	for i := 0; len(a) == len(b) && i+1 < len(a); i++ {
		if a[i] != b[i] {
			return a[:i]+a[i+1:i+2]+a[i:i+1]+a[i+2:] == b
		}
	}
	return false
}

func nearestStandard(k string) string {
	if len(k) < 4 || len(k) > 40 || strings.HasPrefix(k, "x-") {
		return ""
	}
	best := ""
	for s := range vocabulary().standard {
		allowed := 1
		if len(s) > 7 {
			allowed = 2
		}
		if len(s) > 3 && alike(k, s, allowed) && (best == "" || s < best) {
			best = s
		}
	}
	return best
}

// mistakes are what is wrong in every dialect of regular expressions.
var mistakes = []syntax.ErrorCode{syntax.ErrMissingBracket, syntax.ErrMissingParen, syntax.ErrUnexpectedParen,
	syntax.ErrTrailingBackslash, syntax.ErrMissingRepeatArgument, syntax.ErrInvalidCharRange}

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
		if wrong := (*syntax.Error)(nil); errors.As(err, &wrong) && slices.Contains(mistakes, wrong.Code) {
			t.problem(at, keyword, "correct it", "is no regular expression: %s", wrong.Code)
			return 0
		}
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

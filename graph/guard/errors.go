package guard

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// The codes, under "code" in the extensions of an error.
const (
	ParseFailed      = "GRAPHQL_PARSE_FAILED"      // the text is no GraphQL document
	ValidationFailed = "GRAPHQL_VALIDATION_FAILED" // the document does not fit the schema
	NotFound         = "OPERATION_NOT_FOUND"       // the document lacks the operation named
	TooLarge         = "QUERY_TOO_LARGE"           // the text is too long
	TooDeep          = "QUERY_TOO_DEEP"            // the selections are nested too deep
	TooComplex       = "QUERY_TOO_COMPLEX"         // the query asks for too much
)

// syntaxError says what kind of token the parser stumbled upon. The parser's own text may hold
// the token itself.
func syntaxError(err error, tokens int) *gqlerror.Error {
	var at *ast.Position
	message := "unexpected character or string"
	if e, ok := errors.AsType[*gqlerror.Error](err); ok {
		if strings.HasPrefix(e.Message, "exceeded token limit") {
			return fail(TooLarge, nil, "The query has more than %d tokens.", tokens)
		}
		if len(e.Locations) > 0 {
			at = &ast.Position{Line: e.Locations[0].Line, Column: e.Locations[0].Column}
		}
		message = describe(e.Message)
	}
	return fail(ParseFailed, at, "Syntax error: %s.", message)
}

// describe keeps of a parser's message what can only be its own words.
func describe(message string) string {
	if rest, ok := strings.CutPrefix(message, "Expected "); ok {
		expected, found, _ := strings.Cut(rest, ", found ")
		if e, f := kind(expected), kind(found); e != "" && f != "" {
			return "expected " + e + ", found " + f
		}
		if f := kind(found); f != "" {
			return "unexpected " + f
		}
	}
	if rest, ok := strings.CutPrefix(message, "Unexpected "); ok {
		if k := kind(rest); k != "" {
			return "unexpected " + k
		}
	}
	if rest, ok := strings.CutPrefix(message, "expected at least one definition, found "); ok {
		if k := kind(rest); k != "" {
			return "unexpected " + k
		}
	}
	if strings.HasPrefix(message, "exceeded maximum nesting depth") {
		return "nested too deep"
	}
	return "unexpected character or string"
}

// kind returns the kind of token that a description of one begins with.
func kind(description string) string {
	word, _, _ := strings.Cut(description, " ")
	for t := lexer.EOF; t <= lexer.Comment; t++ {
		if word == t.String() {
			if t == lexer.EOF {
				return "end of the text"
			}
			return word
		}
	}
	return ""
}

// maxErrors bounds how many errors a response repeats, and with them the work behind each.
const maxErrors = 10

// enough ends a validation that has found as many errors as anyone reads.
type enough struct{}

// validate runs the validator's rules over a document that has been measured. A panic in the
// validator counts as an invalid document.
func validate(s *ast.Schema, doc *ast.QueryDocument) (errs gqlerror.List) {
	defer func() {
		switch recover().(type) {
		case nil, enough:
		default:
			errs = gqlerror.List{fail(ValidationFailed, nil, "The query could not be validated.")}
		}
	}()
	if err := supported(s, doc); err != nil {
		return gqlerror.List{err}
	}
	var observers core.Events
	checks := validationRules()
	for _, name := range slices.Sorted(maps.Keys(checks)) {
		rule := strings.TrimSuffix(name, "WithoutSuggestions")
		checks[name](&observers, func(options ...core.ErrorOption) {
			var found gqlerror.Error
			for _, option := range options {
				option(&found)
			}
			if beyond.MatchString(found.Message) {
				return
			}
			errs = append(errs, &gqlerror.Error{
				Message:    explain(s, rule, found.Message),
				Locations:  found.Locations,
				Rule:       rule,
				Extensions: map[string]any{"code": ValidationFailed},
			})
			if len(errs) == maxErrors {
				panic(enough{})
			}
		})
	}
	core.Walk(s, doc, &observers)
	return errs
}

// supported refuses kinds of operation that the schema has no root type for, before any rule sees
// their fields.
func supported(s *ast.Schema, doc *ast.QueryDocument) *gqlerror.Error {
	for _, op := range doc.Operations {
		root := s.Query
		switch op.Operation {
		case ast.Mutation:
			root = s.Mutation
		case ast.Subscription:
			root = s.Subscription
		}
		if root == nil {
			return fail(ValidationFailed, op.Position, "The schema has no %s.", op.Operation)
		}
	}
	return nil
}

// validationRules are the validator's own, with these exceptions: suggestions are left to explain,
// which bounds the work they take; what connected and measure have seen to is left out; an answer is
// never delivered in parts, though the validator's prelude has a directive for it; and a literal of
// type Int has 32 bits.
func validationRules() map[string]core.RuleFunc {
	r := rules.NewDefaultRules()
	for _, plain := range []core.Rule{
		rules.FieldsOnCorrectTypeRuleWithoutSuggestions,
		rules.KnownArgumentNamesRuleWithoutSuggestions,
		rules.KnownTypeNamesRuleWithoutSuggestions,
		rules.ScalarLeafsRuleWithoutSuggestions,
		rules.ValuesOfCorrectTypeRuleWithoutSuggestions,
	} {
		r.RemoveRule(strings.TrimSuffix(plain.Name, "WithoutSuggestions"))
		r.AddRule(plain.Name, plain.RuleFunc)
	}
	for _, done := range []core.Rule{rules.MaxIntrospectionDepth, rules.NoFragmentCyclesRule, rules.KnownFragmentNamesRule} {
		r.RemoveRule(done.Name)
	}
	r.AddRule(noIncrementalDelivery, func(observers *core.Events, addError core.AddErrFunc) {
		observers.OnDirective(func(_ *core.Walker, d *ast.Directive) {
			if d.Name == "defer" || d.Name == "stream" {
				addError(core.Message(`Directive "@%s" is not supported.`, d.Name), core.At(d.Position))
			}
		})
	})
	r.AddRule(intRange, func(observers *core.Events, addError core.AddErrFunc) {
		observers.OnValue(func(_ *core.Walker, v *ast.Value) {
			if v.Kind != ast.IntValue || v.Definition == nil || v.Definition.Name != "Int" {
				return
			}
			if _, err := strconv.ParseInt(v.Raw, 10, 32); err != nil {
				addError(core.Message(`Expected a value of type "Int", which has 32 bits.`), core.At(v.Position))
			}
		})
	})
	return r.GetInner()
}

// The rules that the validator lacks.
const (
	intRange              = "IntRange"
	noIncrementalDelivery = "NoIncrementalDelivery"
)

// Shapes of the validator's messages. A name is a GraphQL name, a type may be wrapped.
var (
	quoted       = regexp.MustCompile(`"[^"]*"`)
	unknownField = regexp.MustCompile(`^Cannot query field "(\w+)" on type "(\w+)"\.$`)
	unknownArg   = regexp.MustCompile(`^Unknown argument "(\w+)" on field "(\w+)\.(\w+)"\.$`)
	unknownType  = regexp.MustCompile(`^Unknown type "(\w+)"\.$`)
	unknownInput = regexp.MustCompile(`^Field "(\w+)" is not defined by type "(\w+)"\.$`)

	missingInput = regexp.MustCompile(`^Field "\w+\.\w+" (of required type "[\w\[\]!]+" was not provided|must be non-null)\.$`)
	oneOfInput   = regexp.MustCompile(`^OneOf Input Object "\w+" must specify exactly one key\.$`)
	wrongValue   = regexp.MustCompile(`^(?:Expected value of type|Enum) "([\w\[\]!]+)"`)
	wrongEnum    = regexp.MustCompile(` does not exist in "([\w\[\]!]+)" enum\.$`)
	wrongScalar  = regexp.MustCompile(`^(Int|Float|String|Boolean|ID) cannot represent `)

	conflict = regexp.MustCompile(`^Fields "(\w+)" conflict`)

	// The validator takes whole numbers of more than 64 bits for wrong values, and objects and lists that have one
	// in them. But GraphQL bounds neither Float nor ID, nor other scalars, and what is within is looked at by itself.
	beyond = regexp.MustCompile(`^(?:Expected value of type "(?:\w+!?", found \{|\[.*", found \[)|(?:Float cannot represent non numeric|ID cannot represent a non-string and non-integer) value: -?[0-9]+$)`)
)

// explain turns a rule's message into ours. Where the rule's text can hold a literal, nothing but
// names in known places is taken over; a rule that is not known here is named, not quoted.
func explain(s *ast.Schema, rule, message string) string {
	switch rule {
	case "ValuesOfCorrectType":
		return explainValue(s, message)
	case "OverlappingFieldsCanBeMerged":
		if m := conflict.FindStringSubmatch(message); m != nil {
			return "Fields " + quote(m[1]) + " conflict: they are different fields, or differ in type or arguments. Use different aliases to fetch both."
		}
	case "FieldsOnCorrectType":
		if m := unknownField.FindStringSubmatch(message); m != nil {
			return abridge(message) + suggest(m[1], fieldNames(s.Types[m[2]]))
		}
	case "KnownArgumentNames":
		if m := unknownArg.FindStringSubmatch(message); m != nil {
			return abridge(message) + suggest(m[1], argumentNames(s.Types[m[2]], m[3]))
		}
		return abridge(message)
	case "KnownTypeNames":
		if m := unknownType.FindStringSubmatch(message); m != nil {
			return abridge(message) + suggest(m[1], typeNames(s))
		}
	case "FragmentsOnCompositeTypes", intRange, "KnownDirectives", "KnownRootType",
		"LoneAnonymousOperation", noIncrementalDelivery, "NoUndefinedVariables", "NoUnusedFragments",
		"NoUnusedVariables", "PossibleFragmentSpreads", "ProvidedRequiredArguments", "ScalarLeafs",
		"SingleFieldSubscriptions", "UniqueArgumentNames", "UniqueDirectivesPerLocation",
		"UniqueFragmentNames", "UniqueInputFieldNames", "UniqueOperationNames",
		"UniqueVariableNames", "VariablesAreInputTypes", "VariablesInAllowedPosition":
		return abridge(message) // they speak of names only
	}
	return "The query breaks the rule " + rule + "."
}

func explainValue(s *ast.Schema, message string) string {
	if m := unknownInput.FindStringSubmatch(message); m != nil {
		return abridge(message) + suggest(m[1], fieldNames(s.Types[m[2]]))
	}
	if missingInput.MatchString(message) || oneOfInput.MatchString(message) {
		return message
	}
	for _, shape := range []*regexp.Regexp{wrongValue, wrongEnum, wrongScalar} {
		if m := shape.FindStringSubmatch(message); m != nil {
			return `Expected a value of type "` + m[1] + `".`
		}
	}
	return "A value does not fit its type."
}

// abridge shortens the names in a message that consists of names and the validator's own words.
func abridge(message string) string {
	return quoted.ReplaceAllStringFunc(message, func(name string) string {
		return quote(strings.Trim(name, `"`))
	})
}

// suggest names what the client may have meant. Long names are not worth the comparison.
func suggest(name string, options []string) string {
	if len(name) > longestName {
		return ""
	}
	close := core.SuggestionList(name, options)
	if len(close) == 0 {
		return ""
	}
	return " Did you mean " + core.QuotedOrList(close...) + "?"
}

func fieldNames(def *ast.Definition) []string {
	if def == nil {
		return nil
	}
	var names []string
	for _, f := range def.Fields {
		if !strings.HasPrefix(f.Name, "__") {
			names = append(names, f.Name)
		}
	}
	return names
}

func argumentNames(def *ast.Definition, field string) []string {
	if def == nil {
		return nil
	}
	f := def.Fields.ForName(field)
	if f == nil {
		return nil
	}
	var names []string
	for _, a := range f.Arguments {
		names = append(names, a.Name)
	}
	return names
}

func typeNames(s *ast.Schema) []string {
	return slices.Sorted(maps.Keys(s.Types))
}

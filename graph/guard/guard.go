// Package guard decides whether the text of a GraphQL request may be planned. It parses, measures
// and validates the text, in an order and within limits that keep the work small whatever the
// client sends, and its errors hold nothing of the literals in it.
//
// [Parse] does all that depends on the text alone, so its result can be cached with the text.
// [Operation.Cost] does what depends on the variables, on every request.
package guard

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/profilegraph/profilegraph/schema"
)

// Limits bound what one request may ask for. A field that is zero or less stands for the default
// named beside it.
//
// Except for QueryBytes and Tokens they count after the expansion of fragments: a fragment counts
// wherever it is spread. They hold for all operations of a document together, because all of
// them are validated, whichever is run.
type Limits struct {
	QueryBytes int // 32 KiB: the standard introspection query has 2
	Tokens     int // 1,000: bounds the parser, and with it the recursion of everything behind it
	Depth      int // 15 fields inside each other
	Fields     int // 500: bounds the comparison of fields, whose work grows with their square
	Aliases    int // 100: an alias is what makes one field be answered many times
	Directives int // 50
	RootFields int // 20 in one operation: each is a read, or a write, of its own
	Cost       int // 10,000, in the units of the schema's [Price]
}

func (l Limits) withDefaults() Limits {
	set := func(n *int, standard int) {
		if *n <= 0 {
			*n = standard
		}
	}
	set(&l.QueryBytes, 32<<10)
	set(&l.Tokens, 1_000)
	set(&l.Depth, 15)
	set(&l.Fields, 500)
	set(&l.Aliases, 100)
	set(&l.Directives, 50)
	set(&l.RootFields, 20)
	set(&l.Cost, 10_000)
	return l
}

// Introspection has limits of its own. The standard query of the tools has 230 fields, 15 deep; it
// selects all that a schema holds, but once: its lists nest no further than types and their fields,
// and nothing is asked for twice. Without these bounds a few hundred bytes select every field of the
// schema again for every other one.
const (
	introspectionDepth   = 20
	introspectionFields  = 500
	introspectionAliases = 10
	introspectionLists   = 2
)

// Operation is an operation that may be planned. It is immutable.
type Operation struct {
	// Doc is the whole document, its definitions resolved against the schema by the validator.
	Doc *ast.QueryDocument
	// Def is the operation to run.
	Def *ast.OperationDefinition

	maxCost int
}

// Parse turns the text of a request into the operation named (the only one, when the name is
// empty) or says what is wrong with it. It needs the text and the schema only; the result may be
// kept for as long as both stay the same. The schema is not changed.
//
// The errors are fit for clients: each has a location where there is one, a code (see
// [ParseFailed] and those after it) in its extensions, and a message that repeats names at most,
// never a literal.
func Parse(s *ast.Schema, query, operation string, l Limits) (*Operation, gqlerror.List) {
	l = l.withDefaults()
	doc, err := parse(query, l)
	if err != nil {
		return nil, gqlerror.List{err}
	}
	def, err := pick(doc, operation)
	if err != nil {
		return nil, gqlerror.List{err}
	}
	if err := connected(doc); err != nil {
		return nil, gqlerror.List{err}
	}
	if err := measure(doc, l); err != nil {
		return nil, gqlerror.List{err}
	}
	if err := compare(doc); err != nil {
		return nil, gqlerror.List{err}
	}
	if errs := validate(s, doc); len(errs) > 0 {
		return nil, errs
	}
	return &Operation{Doc: doc, Def: def, maxCost: l.Cost}, nil
}

func parse(query string, l Limits) (doc *ast.QueryDocument, failure *gqlerror.Error) {
	if len(query) > l.QueryBytes {
		return nil, fail(TooLarge, nil, "The query is longer than %d bytes.", l.QueryBytes)
	}
	if !utf8.ValidString(query) {
		return nil, fail(ParseFailed, nil, "The query is not valid UTF-8.")
	}
	defer func() {
		if recover() != nil {
			doc, failure = nil, fail(ParseFailed, nil, "The query could not be parsed.")
		}
	}()
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: query}, l.Tokens)
	if err != nil {
		return nil, syntaxError(err, l.Tokens)
	}
	if at := halfCharacter(query); at != nil {
		return nil, fail(ParseFailed, at, "Syntax error: an escape in the string stands for half of a character (an unpaired surrogate).")
	}
	if len(doc.Operations) == 0 && len(doc.Fragments) == 0 {
		return nil, fail(ParseFailed, nil, "Syntax error: the query is empty.")
	}
	for _, f := range doc.Fragments {
		if len(f.VariableDefinition) > 0 {
			return nil, fail(ParseFailed, f.Position, "Syntax error: a fragment declares no variables.")
		}
	}
	return doc, nil
}

// halfCharacter returns the place of a string in which an escape stands for half of a character, which the
// parser takes for another character.
func halfCharacter(query string) *ast.Position {
	if !strings.Contains(query, `\u`) {
		return nil
	}
	characters := []rune(query) // positions count them
	for tokens := lexer.New(&ast.Source{Input: query}); ; {
		t, err := tokens.ReadToken()
		if err != nil || t.Kind == lexer.EOF {
			return nil
		}
		if t.Kind == lexer.String && schema.UnpairedSurrogate([]byte(string(characters[t.Pos.Start:t.Pos.End]))) >= 0 {
			return &t.Pos
		}
	}
}

func pick(doc *ast.QueryDocument, name string) (*ast.OperationDefinition, *gqlerror.Error) {
	if name == "" && len(doc.Operations) > 1 {
		return nil, fail(NotFound, nil, "The query holds several operations: name the one to run.")
	}
	if name == "" && len(doc.Operations) == 1 {
		return doc.Operations[0], nil
	}
	for _, op := range doc.Operations {
		if op.Name == name {
			return op, nil
		}
	}
	return nil, fail(NotFound, nil, "The query holds no operation of that name.")
}

// connected reports a spread of a fragment that is missing or that spreads itself. Everything behind
// it relies on there being none.
func connected(doc *ast.QueryDocument) *gqlerror.Error {
	const (
		entered = iota + 1
		left
	)
	fragments := byName(doc.Fragments)
	state := make(map[*ast.FragmentDefinition]int, len(doc.Fragments))
	var visit func(ast.SelectionSet) *gqlerror.Error
	visit = func(set ast.SelectionSet) *gqlerror.Error {
		for _, selection := range set {
			var err *gqlerror.Error
			switch sel := selection.(type) {
			case *ast.Field:
				err = visit(sel.SelectionSet)
			case *ast.InlineFragment:
				err = visit(sel.SelectionSet)
			case *ast.FragmentSpread:
				f := fragments[sel.Name]
				switch {
				case f == nil:
					return fail(ValidationFailed, sel.Position, "Unknown fragment %s.", quote(sel.Name))
				case state[f] == entered:
					return fail(ValidationFailed, sel.Position, "Fragment %s spreads itself.", quote(sel.Name))
				case state[f] == 0:
					state[f] = entered
					err = visit(f.SelectionSet)
					state[f] = left
				}
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	for _, op := range doc.Operations {
		if err := visit(op.SelectionSet); err != nil {
			return err
		}
	}
	for _, f := range doc.Fragments {
		if state[f] == left {
			continue
		}
		state[f] = entered
		if err := visit(f.SelectionSet); err != nil {
			return err
		}
		state[f] = left
	}
	return nil
}

// byName indexes fragments. Of several with one name the first counts, as for the validator, which
// refuses the document for it.
func byName(list ast.FragmentDefinitionList) map[string]*ast.FragmentDefinition {
	fragments := make(map[string]*ast.FragmentDefinition, len(list))
	for _, f := range list {
		if fragments[f.Name] == nil {
			fragments[f.Name] = f
		}
	}
	return fragments
}

// quote shows a name that the client wrote, or the beginning of it.
func quote(name string) string {
	if len(name) > longestName {
		name = name[:longestName] + "..."
	}
	return `"` + name + `"`
}

const longestName = 64

func fail(code string, at *ast.Position, format string, args ...any) *gqlerror.Error {
	err := &gqlerror.Error{
		Message:    fmt.Sprintf(format, args...),
		Extensions: map[string]any{"code": code},
	}
	if at != nil {
		err.Locations = []gqlerror.Location{{Line: cmp.Or(at.Line, 1), Column: cmp.Or(at.Column, 1)}}
	}
	return err
}

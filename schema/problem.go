package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Limits bound what an upload may cost. A zero field means its default.
type Limits struct {
	Size     int // bytes of the whole upload; 1 MiB
	Depth    int // levels of schemas within schemas, and of objects within objects; 32
	Fields   int // properties over all types of an entity; 2,000
	Enum     int // values of one enum; 1,000
	Pattern  int // bytes of one regular expression; 500
	Program  int // instructions of one compiled regular expression; 5,000
	Programs int // instructions of all of them together; 200,000
	Schemas  int // schemas and sub-schemas; 10,000
	Work     int // schemas that may apply to one value of a document, references expanded; 2,000
}

// unlimited is for what was accepted before.
var unlimited = Limits{Size: 1 << 30, Depth: 1 << 10, Fields: 1 << 30, Enum: 1 << 30, Pattern: 1 << 30, Program: 1 << 30, Programs: 1 << 30, Schemas: 1 << 30, Work: 1 << 30}

func (l Limits) withDefaults() Limits {
	return Limits{
		Size:     cmp.Or(l.Size, 1<<20),
		Depth:    cmp.Or(l.Depth, 32),
		Fields:   cmp.Or(l.Fields, 2000),
		Enum:     cmp.Or(l.Enum, 1000),
		Pattern:  cmp.Or(l.Pattern, 500),
		Program:  cmp.Or(l.Program, 5000),
		Programs: cmp.Or(l.Programs, 200_000),
		Schemas:  cmp.Or(l.Schemas, 10_000),
		Work:     cmp.Or(l.Work, 2000),
	}
}

// Problem is one reason why a schema is refused. Its text names keywords and property names, never
// a default, an example or another value.
type Problem struct {
	Pointer string // JSON pointer into the uploaded document; of a bundle, its first token is the index
	Keyword string // the keyword at fault, or empty
	Message string
	Fix     string // how to mend it, or empty
}

func (p Problem) String() string {
	s := p.Pointer
	if p.Keyword != "" {
		s += " " + p.Keyword
	}
	s = strings.TrimSpace(s + ": " + p.Message)
	if p.Fix != "" {
		s += " (" + p.Fix + ")"
	}
	return s
}

// Warning is something in a schema that its author may not have meant, and that is no reason to refuse it.
type Warning struct {
	Pointer string
	Keyword string
	Message string
}

// Invalid is the error of a schema, or of a set of schemas, that is refused.
type Invalid struct {
	Problems []Problem // at least one, at most 100, in order of Pointer
	Warnings []Warning // what else is odd in it: often why
}

func (e *Invalid) Error() string {
	if len(e.Problems) == 1 {
		return "schema: " + e.Problems[0].String()
	}
	return fmt.Sprintf("schema: %s (and %d more)", e.Problems[0], len(e.Problems)-1)
}

const maxProblems = 100

// report collects what is found while a schema is read.
type report struct {
	problems []Problem
	warnings []Warning
	members  []string // of a bundle: the ids of its documents, in order
}

// uploaded turns a pointer into the compound document of a bundle into one into the bundle.
func (r *report) uploaded(ptr string) string {
	if r.members == nil {
		return ptr
	}
	for i, id := range r.members {
		for _, keyword := range []string{"/$defs/", "/definitions/"} {
			rest, ok := strings.CutPrefix(ptr, keyword+escapeToken(id))
			if ok && i > 0 && (rest == "" || rest[0] == '/') {
				return "/" + strconv.Itoa(i) + rest
			}
		}
	}
	return "/0" + ptr
}

// keywordAt is the keyword that a pointer leads to, or to something of.
func keywordAt(ptr string) string {
	tokens := strings.Split(ptr, "/")
	last := len(tokens) - 1
	if last > 0 && (slices.Contains(mapKeywords, tokens[last-1]) || slices.Contains(listKeywords, tokens[last-1])) {
		return tokens[last-1]
	}
	return tokens[last]
}

func (r *report) problem(at, keyword, fix, format string, args ...any) {
	if len(r.problems) < 10*maxProblems {
		r.problems = append(r.problems, Problem{Pointer: at, Keyword: keyword, Message: fmt.Sprintf(format, args...), Fix: fix})
	}
}

func (r *report) warn(at, keyword, format string, args ...any) {
	if len(r.warnings) < 10*maxProblems {
		r.warnings = append(r.warnings, Warning{Pointer: at, Keyword: keyword, Message: fmt.Sprintf(format, args...)})
	}
}

// invalid returns the problems found as an *Invalid, or nil.
func (r *report) invalid() error {
	if len(r.problems) == 0 {
		return nil
	}
	for i := range r.problems {
		r.problems[i].Pointer = r.uploaded(r.problems[i].Pointer)
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Keyword, b.Keyword), cmp.Compare(a.Message, b.Message))
	})
	list := slices.Compact(r.problems)
	return &Invalid{Problems: list[:min(len(list), maxProblems)], Warnings: r.sortedWarnings()}
}

func (r *report) sortedWarnings() []Warning {
	for i := range r.warnings {
		r.warnings[i].Pointer = r.uploaded(r.warnings[i].Pointer)
	}
	slices.SortStableFunc(r.warnings, func(a, b Warning) int {
		return cmp.Or(cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Keyword, b.Keyword))
	})
	list := slices.Compact(r.warnings)
	return list[:min(len(list), maxProblems)]
}

package supergraph

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/profilegraph/profilegraph/tenant"
)

// maxSelections bounds what one subgraph may select, in bytes.
const maxSelections = 64 << 10

// Required returns what gateways hand on to the other subgraphs of an account's graph, by the type that it is
// selected of: what they ask for by @requires, @key and, under the empty name, @fromContext.
func (g *Graphs) Required(ctx context.Context, id tenant.ID) (map[string]ast.SelectionSet, error) {
	others, err := g.list(ctx, id)
	if err != nil || len(others) == 0 {
		return nil, err
	}
	all := make(map[string]ast.SelectionSet)
	for _, s := range others {
		for name, list := range s.required {
			for _, text := range list {
				set, _ := selection(text) // it was read when the subgraph was registered
				all[name] = append(all[name], set...)
			}
		}
	}
	return all, nil
}

// required returns what a subgraph's schema selects of each type, as it is written there. It fails where the
// subgraph asks for values in clear, and where nobody can tell: what is not understood here may be elsewhere.
func required(sdl string) (map[string][]string, error) {
	doc, err := parser.ParseSchema(&ast.Source{Input: sdl})
	if err != nil {
		line := 1
		if e, ok := errors.AsType[*gqlerror.Error](err); ok && len(e.Locations) > 0 {
			line = e.Locations[0].Line
		}
		return nil, fmt.Errorf("sdl is no GraphQL schema: see line %d", line)
	}
	all := make(map[string][]string)
	size := 0
	take := func(where, name string, texts []string) {
		for _, text := range texts {
			if size += len(text); size > maxSelections && err == nil {
				err = fmt.Errorf("sdl selects too much by its directives: at most %d KiB", maxSelections>>10)
			}
			if err != nil {
				return
			}
			switch set, ok := selection(text); {
			case !ok:
				err = fmt.Errorf("%s selects by a directive what cannot be read: write fields and inline fragments only", where)
			case unmasks(set):
				err = fmt.Errorf("%s selects values in clear, in the subgraph's own name: leave the argument unmask out", where)
			}
			all[name] = append(all[name], text)
		}
	}
	for _, def := range slices.Concat(doc.Definitions, doc.Extensions) {
		// Directives are known by their argument, since a schema may give each another name (@link).
		// So what @provides names counts too, which costs an alias too many at worst.
		take(def.Name, def.Name, given(def.Directives, "fields"))
		for _, f := range def.Fields {
			take(def.Name+"."+f.Name, def.Name, given(f.Directives, "fields"))
			for _, a := range f.Arguments {
				take(def.Name+"."+f.Name, "", given(a.Directives, "field"))
			}
		}
	}
	return all, err
}

// given returns the texts that directives have in an argument.
func given(list ast.DirectiveList, argument string) (texts []string) {
	for _, d := range list {
		if a := d.Arguments.ForName(argument); a != nil {
			texts = append(texts, a.Value.Raw)
			for _, item := range a.Value.Children {
				texts = append(texts, item.Value.Raw)
			}
		}
	}
	return slices.DeleteFunc(texts, func(text string) bool { return text == "" })
}

var contextName = regexp.MustCompile(`^\s*\$\w+`) // before what @fromContext selects

// selection parses what a directive selects, and reports whether it is a selection.
func selection(text string) (ast.SelectionSet, bool) {
	if text = contextName.ReplaceAllString(text, ""); !strings.HasPrefix(strings.TrimSpace(text), "{") {
		text = "{" + text + "\n}" // it may end with a comment
	}
	doc, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil || len(doc.Operations) != 1 || len(doc.Fragments) > 0 || spreads(doc.Operations[0].SelectionSet) {
		return nil, false
	}
	return doc.Operations[0].SelectionSet, true
}

// spreads reports whether a selection has fragments that stand elsewhere.
func spreads(set ast.SelectionSet) bool {
	return slices.ContainsFunc(set, func(s ast.Selection) bool {
		switch s := s.(type) {
		case *ast.Field:
			return spreads(s.SelectionSet)
		case *ast.InlineFragment:
			return spreads(s.SelectionSet)
		}
		return true
	})
}

// unmasks reports whether one of the fields selected is asked for in clear.
func unmasks(set ast.SelectionSet) bool {
	return slices.ContainsFunc(set, func(s ast.Selection) bool {
		switch s := s.(type) {
		case *ast.Field:
			return s.Arguments.ForName("unmask") != nil || unmasks(s.SelectionSet)
		case *ast.InlineFragment:
			return unmasks(s.SelectionSet)
		}
		return false
	})
}

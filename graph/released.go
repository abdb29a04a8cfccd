package graph

import (
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// gqlparser declares in every schema what is in no release of GraphQL's specification: @defer, which
// nothing here delivers, and a place for directives that strict clients refuse to read about.
const (
	deferred      = "defer"
	draftLocation = "DIRECTIVE_DEFINITION"
	locations     = "__DirectiveLocation"
)

// Released returns a schema without what gqlparser adds to it from drafts of the specification. The given one
// stays as it is.
func Released(s *ast.Schema) *ast.Schema {
	released := *s
	released.Directives = make(map[string]*ast.DirectiveDefinition, len(s.Directives))
	for name, d := range s.Directives {
		if name != deferred {
			released.Directives[name] = releasedDirective(d)
		}
	}
	released.Types = maps.Clone(s.Types)
	released.Types[locations] = releasedType(s.Types[locations])
	return &released
}

func releasedDirective(d *ast.DirectiveDefinition) *ast.DirectiveDefinition {
	released := *d
	released.Locations = slices.DeleteFunc(slices.Clone(d.Locations), func(l ast.DirectiveLocation) bool { return l == draftLocation })
	return &released
}

func releasedType(d *ast.Definition) *ast.Definition {
	released := *d
	released.EnumValues = slices.DeleteFunc(slices.Clone(d.EnumValues), func(v *ast.EnumValueDefinition) bool { return v.Name == draftLocation })
	return &released
}

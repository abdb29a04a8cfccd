package static

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// misfit says which variable does not fit its type, and where in it. The validator's own text may
// hold the value.
func misfit(def *ast.OperationDefinition, err error) *gqlerror.Error {
	e, ok := errors.AsType[*gqlerror.Error](err)
	if !ok || len(e.Path) < 2 { // the path begins with "variable" and the variable's name
		return public(BadInput, "A variable does not fit its type.")
	}
	reason := "does not fit its type"
	switch e.Message {
	case "must be defined":
		reason = "is required"
	case "cannot be null":
		reason = "must not be null"
	case "unknown field":
		reason = "is not a field of its type"
	}
	name, _ := e.Path[1].(ast.PathName)
	shown := public(BadInput, fmt.Sprintf("Variable %s %s.", place(e.Path[1:]), reason))
	if v := def.VariableDefinitions.ForName(string(name)); v != nil && v.Position != nil {
		shown.Locations = []gqlerror.Location{{Line: v.Position.Line, Column: v.Position.Column}}
	}
	return shown
}

// fieldName is what a key may look like to be repeated in an error.
var fieldName = regexp.MustCompile(`^[_A-Za-z][_0-9A-Za-z]{0,63}$`)

// place writes a path as $name.field[0]. A key that is no name is a client's mistake, or worse, a
// value in the wrong place, and is not repeated.
func place(path ast.Path) string {
	var b strings.Builder
	b.WriteByte('$')
	for i, element := range path {
		switch element := element.(type) {
		case ast.PathIndex:
			fmt.Fprintf(&b, "[%d]", int(element))
		case ast.PathName:
			if i > 0 {
				b.WriteByte('.')
			}
			if fieldName.MatchString(string(element)) {
				b.WriteString(string(element))
			} else {
				b.WriteByte('?')
			}
		}
	}
	return b.String()
}

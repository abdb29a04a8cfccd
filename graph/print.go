package graph

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// printer prints a schema in the layout that GraphQL tools have in common. Built-in definitions
// are left out.
type printer struct {
	strings.Builder
}

func (p *printer) schema(s *ast.Schema) {
	for _, name := range slices.Sorted(maps.Keys(s.Directives)) {
		if d := s.Directives[name]; d.Position == nil || !d.Position.Src.BuiltIn {
			p.separate()
			p.directiveDefinition(d)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Types)) {
		if def := s.Types[name]; !def.BuiltIn {
			p.separate()
			p.definition(def)
		}
	}
}

// link says which version of Federation the schema is written in, and what it takes from there.
func (p *printer) link(minor int, imports []string) {
	p.WriteString("extend schema @link(url: \"https://specs.apollo.dev/federation/v2." + strconv.Itoa(minor) + "\", import: [")
	for i, name := range imports {
		p.WriteString([]string{"", ", "}[min(i, 1)] + strconv.Quote(name))
	}
	p.WriteString("])\n")
}

// separate puts an empty line between definitions.
func (p *printer) separate() {
	if p.Len() > 0 {
		p.WriteByte('\n')
	}
}

func (p *printer) directiveDefinition(d *ast.DirectiveDefinition) {
	p.description(d.Description, "")
	p.WriteString("directive @" + d.Name)
	p.arguments(d.Arguments, "")
	locations := make([]string, len(d.Locations))
	for i, l := range d.Locations {
		locations[i] = string(l)
	}
	p.WriteString(" on " + strings.Join(locations, " | ") + "\n")
}

func (p *printer) definition(def *ast.Definition) {
	p.description(def.Description, "")
	keyword := map[ast.DefinitionKind]string{
		ast.Scalar: "scalar ", ast.Object: "type ", ast.Interface: "interface ",
		ast.Union: "union ", ast.Enum: "enum ", ast.InputObject: "input ",
	}[def.Kind]
	p.WriteString(keyword + def.Name)
	if len(def.Interfaces) > 0 {
		p.WriteString(" implements " + strings.Join(def.Interfaces, " & "))
	}
	p.directives(def.Directives)
	if len(def.Types) > 0 {
		p.WriteString(" = " + strings.Join(def.Types, " | "))
	}
	if len(def.Fields)+len(def.EnumValues) == 0 {
		p.WriteByte('\n')
		return
	}
	p.WriteString(" {\n")
	for _, f := range def.Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		p.description(f.Description, "  ")
		p.WriteString("  " + f.Name)
		p.arguments(f.Arguments, "  ")
		p.typed(f.Type, f.DefaultValue, f.Directives)
		p.WriteByte('\n')
	}
	for _, v := range def.EnumValues {
		p.description(v.Description, "  ")
		p.WriteString("  " + v.Name)
		p.directives(v.Directives)
		p.WriteByte('\n')
	}
	p.WriteString("}\n")
}

// arguments prints arguments on one line, or each on its own if one of them has a description.
func (p *printer) arguments(list ast.ArgumentDefinitionList, indent string) {
	if len(list) == 0 {
		return
	}
	described := slices.ContainsFunc(list, func(a *ast.ArgumentDefinition) bool { return a.Description != "" })
	p.WriteByte('(')
	for i, a := range list {
		switch {
		case described:
			p.WriteByte('\n')
			p.description(a.Description, indent+"  ")
			p.WriteString(indent + "  ")
		case i > 0:
			p.WriteString(", ")
		}
		p.WriteString(a.Name)
		p.typed(a.Type, a.DefaultValue, a.Directives)
	}
	if described {
		p.WriteString("\n" + indent)
	}
	p.WriteByte(')')
}

func (p *printer) typed(t *ast.Type, value *ast.Value, directives ast.DirectiveList) {
	p.WriteString(": " + t.String())
	if value != nil {
		p.WriteString(" = " + value.String())
	}
	p.directives(directives)
}

func (p *printer) directives(list ast.DirectiveList) {
	for _, d := range list {
		p.WriteString(" @" + d.Name)
		for i, a := range d.Arguments {
			p.WriteString([]string{"(", ", "}[min(i, 1)] + a.Name + ": " + a.Value.String())
		}
		if len(d.Arguments) > 0 {
			p.WriteByte(')')
		}
	}
}

// description prints a block string. Quotes and backslashes mean themselves in one, but for three
// quotes in a row; at its end they would run into the closing ones.
func (p *printer) description(s, indent string) {
	if s == "" {
		return
	}
	s = strings.ReplaceAll(s, `"""`, `\"""`)
	p.WriteString(indent + `"""`)
	if strings.Contains(s, "\n") || strings.HasSuffix(s, `"`) || strings.HasSuffix(s, `\`) {
		p.WriteByte('\n')
		for line := range strings.SplitSeq(s, "\n") {
			if line != "" {
				p.WriteString(indent + line)
			}
			p.WriteByte('\n')
		}
		p.WriteString(indent)
	} else {
		p.WriteString(s)
	}
	p.WriteString("\"\"\"\n")
}

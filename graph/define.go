package graph

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/profilegraph/profilegraph/schema"
)

// entity is an entity among its neighbours.
type entity struct {
	*schema.Entity
	camel    string // "purchaseInfo"
	owner    *entity
	owned    []*entity // in order of name
	promotes *entity   // what a document of this entity can become
}

// neighbours names what the definitions of e mention besides e itself.
func (e *entity) neighbours() string {
	var b strings.Builder
	if e.owner != nil {
		b.WriteString(e.owner.Name)
	}
	for _, o := range e.owned {
		fmt.Fprintf(&b, " %s/%s/%t", o.Name, o.Plural, o.Many)
	}
	if e.promotes != nil {
		b.WriteString(">" + e.promotes.Name)
	}
	return b.String()
}

// definitions are what one entity adds to the schema of an account.
type definitions struct {
	types     []*ast.Definition
	shapes    map[string]*schema.Type // the entity's own types and those within it, by GraphQL name
	queries   ast.FieldList
	mutations ast.FieldList
}

func define(s *static, e *entity) *definitions {
	d := &definer{
		static:    s,
		e:         e,
		types:     make(map[typeRef]*ast.Type),
		sensitive: make(map[sensitivity]ast.DirectiveList),
		inputs:    make(map[string]bool),
		out:       &definitions{shapes: make(map[string]*schema.Type)},
	}
	d.document()
	d.lists()
	d.operations()
	for _, f := range e.Type.Fields {
		d.nested(f.Type)
	}
	slices.SortFunc(d.out.types, func(a, b *ast.Definition) int { return cmp.Compare(a.Name, b.Name) })
	return d.out
}

type definer struct {
	*static
	e         *entity
	types     map[typeRef]*ast.Type // one reference of a kind serves all who mention it
	sensitive map[sensitivity]ast.DirectiveList
	inputs    map[string]bool // names of the input types there are already
	out       *definitions
}

type typeRef struct {
	name    string
	nonNull bool
}

type sensitivity struct {
	pii  bool
	mask string
}

func (d *definer) add(def *ast.Definition) { d.out.types = append(d.out.types, def) }

func (d *definer) ref(name string) *ast.Type {
	if t, ok := d.named[name]; ok {
		return t
	}
	return d.intern(typeRef{name, false})
}

func (d *definer) must(name string) *ast.Type { return d.intern(typeRef{name, true}) }

func (d *definer) intern(k typeRef) *ast.Type {
	t, ok := d.types[k]
	if !ok {
		t = &ast.Type{NamedType: k.name, NonNull: k.nonNull}
		d.types[k] = t
	}
	return t
}

// document defines the entity's object type and its inputs.
func (d *definer) document() {
	e := d.e
	fields := ast.FieldList{d.common("id")}
	if e.owner != nil {
		fields = append(fields,
			&ast.FieldDefinition{Name: e.owner.camel + "Id", Type: d.must(schema.ID), Description: "The id of the " + e.owner.Name + " that it belongs to."},
			&ast.FieldDefinition{Name: e.owner.camel, Type: d.ref(e.owner.Name), Arguments: d.unmask, Description: "The " + e.owner.Name + " that it belongs to."})
	}
	fields = append(fields, d.outputs(e.Type)...)
	for _, o := range e.owned {
		if o.Many {
			fields = append(fields, &ast.FieldDefinition{Name: o.Plural, Type: d.ref(o.Name + "Connection"), Arguments: d.page, Description: "What it owns of type " + o.Name + ", in order of id."})
		} else {
			fields = append(fields, &ast.FieldDefinition{Name: o.camel, Type: d.ref(o.Name), Arguments: d.unmask, Description: "The " + o.Name + " that it owns."})
		}
	}
	fields = append(fields, d.common("meta"))
	d.add(&ast.Definition{
		Kind: ast.Object, Name: e.Name, Interfaces: []string{documentType}, Fields: fields,
		Description: clean(cmp.Or(e.Description, e.Type.Description, "A document of type "+e.Name+".")),
	})
	d.out.shapes[e.Name] = e.Type
	d.input(e.Type, false)
	d.input(e.Type, true)
}

// common is a field of all documents, as their interface declares it.
func (d *definer) common(name string) *ast.FieldDefinition {
	return d.static.document.Fields.ForName(name)
}

// lists defines the entity's connection.
func (d *definer) lists() {
	name := d.e.Name
	d.add(&ast.Definition{
		Kind: ast.Object, Name: name + "Connection", Description: "A page of a list of " + name + ".",
		Fields: ast.FieldList{
			{Name: "edges", Type: ast.NonNullListType(d.must(name+"Edge"), nil)},
			{Name: "nodes", Type: ast.NonNullListType(d.must(name), nil), Description: "The nodes of the edges."},
			{Name: "pageInfo", Type: d.must("PageInfo")},
		},
	})
	d.add(&ast.Definition{
		Kind: ast.Object, Name: name + "Edge", Description: "One document in a list of " + name + ".",
		Fields: ast.FieldList{
			{Name: "node", Type: d.must(name)},
			{Name: "cursor", Type: d.must(schema.String), Description: "Where the node stands in the list."},
		},
	})
	if len(d.e.Keys) == 0 {
		return
	}
	by := &ast.Definition{
		Kind: ast.InputObject, Name: name + "By", Description: "A key by which " + article(name) + " is looked up. Exactly one is given.",
		Directives: ast.DirectiveList{{Name: "oneOf"}},
	}
	for _, k := range d.e.Keys {
		text := "Exact match after normalisation."
		if !k.Unique {
			text += " If several match, the one with the lowest id is found."
		}
		by.Fields = append(by.Fields, &ast.FieldDefinition{Name: k.Field.Name, Type: d.ref(k.Field.Type.Name), Description: text})
	}
	d.add(by)
}

// operations defines the root fields. Their order and names are those that the planner looks for:
// see operation.
func (d *definer) operations() {
	e, id := d.e, d.must(schema.ID)
	arg := func(name string, t *ast.Type, text string) *ast.ArgumentDefinition {
		return &ast.ArgumentDefinition{Name: name, Type: t, Description: text}
	}
	one := ast.ArgumentDefinitionList{arg("id", d.ref(schema.ID), "")}
	oneText := "The " + e.Name + " with an id."
	if len(e.Keys) > 0 {
		one = append(one, arg("by", d.ref(e.Name+"By"), ""))
		oneText = "The " + e.Name + " with an id or a key; exactly one of the two is given."
	}
	one = append(one, d.unmask...)
	d.out.queries = ast.FieldList{
		{Name: e.camel, Type: d.ref(e.Name), Arguments: one, Description: oneText},
		{Name: e.Plural, Type: d.ref(e.Name + "Connection"), Arguments: d.page, Description: "All of " + e.Name + ", in order of id."},
		{Name: e.camel + "Versions", Type: d.ref(e.Name + "Connection"), Arguments: append(ast.ArgumentDefinitionList{arg("id", id, "")}, d.page...), Description: "The versions of " + article(e.Name) + ", newest first."},
		{Name: e.camel + "Version", Type: d.ref(e.Name), Arguments: ast.ArgumentDefinitionList{arg("id", id, ""), arg("version", id, ""), d.unmask[0]}, Description: "One version of " + article(e.Name) + "."},
		{Name: e.camel + "VersionDiff", Type: ast.ListType(d.must("FieldChange"), nil), Arguments: ast.ArgumentDefinitionList{arg("id", id, ""), arg("from", id, ""), arg("to", id, "")}, Description: "What differs between two versions of " + article(e.Name) + "."},
	}
	ttl := arg("ttlDays", d.ref(schema.Int), "How many days the document lives, in place of the schema's default.")
	ifVersion := arg("ifVersion", d.ref(schema.ID), "Do it only if this is the current version.")
	var create ast.ArgumentDefinitionList
	if e.owner != nil {
		create = append(create, arg(e.owner.camel+"Id", id, "The "+e.owner.Name+" that it will belong to."))
	}
	create = append(create, arg("input", d.must(e.Name+"Input"), ""), ttl, d.unmask[0])
	d.out.mutations = ast.FieldList{
		{Name: "create" + e.Name, Type: d.ref(e.Name), Arguments: create, Description: "Create " + article(e.Name) + "."},
		{Name: "update" + e.Name, Type: d.ref(e.Name), Arguments: ast.ArgumentDefinitionList{arg("id", id, ""), arg("patch", d.must(e.Name+"Patch"), ""), ifVersion, ttl, d.unmask[0]}, Description: "Change " + article(e.Name) + ": null removes a field, an absent field stays as it is."},
		{Name: "delete" + e.Name, Type: d.ref(schema.ID), Arguments: ast.ArgumentDefinitionList{arg("id", id, ""), ifVersion}, Description: "Delete " + article(e.Name) + "; the answer is its id."},
	}
	if to := e.promotes; to != nil {
		d.out.mutations = append(d.out.mutations, &ast.FieldDefinition{
			Name: "promote" + e.Name, Type: d.ref(to.Name),
			Arguments:   ast.ArgumentDefinitionList{arg("id", id, ""), arg("input", d.ref(to.Name+"Patch"), "Fields to set in place of what the "+e.Name+" held."), d.unmask[0]},
			Description: "Turn " + article(e.Name) + " into " + article(to.Name) + " with the same id.",
		})
	}
}

// outputs defines the fields of an object type.
func (d *definer) outputs(t *schema.Type) ast.FieldList {
	// One block for all of them: an account holds thousands.
	block := make([]ast.FieldDefinition, len(t.Fields))
	list := make(ast.FieldList, len(t.Fields))
	for i, f := range t.Fields {
		block[i] = ast.FieldDefinition{Name: f.Name, Description: describe(f), Type: d.output(f.Type), Directives: d.directives(f)}
		if value, ok := fixed(t, f); ok {
			block[i].Description = strings.TrimPrefix(block[i].Description+"\n\n"+always(f, value), "\n\n")
		}
		if f.Sensitive {
			block[i].Arguments = d.unmask
		}
		list[i] = &block[i]
	}
	return list
}

// always says of a field that is in no input what it holds. What is sensitive is not told here either.
func always(f *schema.Field, value any) string {
	if b, err := json.Marshal(value); err == nil && !f.Sensitive && len(b) <= 100 {
		return clean("Always `" + string(b) + "`: it is filled in.")
	}
	return "Always the same: it is filled in."
}

// output is the type of an output field. All are nullable, since documents outlive schemas: one
// old document must not void a whole list.
func (d *definer) output(t *schema.Type) *ast.Type {
	if t.Kind != schema.List {
		return d.ref(t.Name)
	}
	return ast.ListType(d.element(t, d.output), nil)
}

func (d *definer) element(t *schema.Type, of func(*schema.Type) *ast.Type) *ast.Type {
	elem := of(t.Elem)
	switch {
	case t.ElemNullable:
		return elem
	case elem.NamedType != "":
		return d.must(elem.NamedType)
	default:
		return ast.NonNullListType(elem.Elem, nil)
	}
}

func (d *definer) directives(f *schema.Field) ast.DirectiveList {
	var list ast.DirectiveList
	if f.Sensitive {
		k := sensitivity{f.PII, f.Mask}
		if list = d.sensitive[k]; list == nil {
			s := &ast.Directive{Name: "sensitive", Arguments: ast.ArgumentList{
				{Name: "pii", Value: &ast.Value{Kind: ast.BooleanValue, Raw: strconv.FormatBool(f.PII)}}}}
			if f.Mask != "" {
				s.Arguments = append(s.Arguments, &ast.Argument{Name: "mask", Value: &ast.Value{Kind: ast.StringValue, Raw: f.Mask}})
			}
			list = ast.DirectiveList{s}
			d.sensitive[k] = list
		}
	}
	if f.Deprecated != "" {
		list = append(slices.Clip(list), deprecated(f.Deprecated))
	}
	return list
}

func deprecated(reason string) *ast.Directive {
	return &ast.Directive{Name: "deprecated", Arguments: ast.ArgumentList{
		{Name: "reason", Value: &ast.Value{Kind: ast.StringValue, Raw: clean(reason)}}}}
}

// input returns the input type of an object, to create it or to patch it, and defines it if it was
// not needed before.
func (d *definer) input(t *schema.Type, patch bool) *ast.Type {
	name, text := t.Name+"Input", "What "+article(t.Name)+" is made of."
	if patch {
		name, text = t.Name+"Patch", "Changes to "+article(t.Name)+": null removes a field, an absent field stays as it is."
	}
	if d.inputs[name] {
		return d.ref(name)
	}
	d.inputs[name] = true
	block := make([]ast.FieldDefinition, 0, len(t.Fields))
	var filled []string
	for _, f := range t.Fields {
		if !writable(t, f) {
			if _, ok := fixed(t, f); ok {
				filled = append(filled, f.Name)
			}
			continue
		}
		in := ast.FieldDefinition{Name: f.Name, Description: describe(f), Type: d.inputType(f.Type, patch)}
		if !patch {
			in.DefaultValue = literalOf(f.Type, f.Default)
			if mandatory(f) {
				in.Type = d.must(in.Type.NamedType)
				if f.Type.Kind == schema.List {
					in.Type = ast.NonNullListType(d.element(f.Type, d.createType), nil)
				}
			}
		}
		if f.Deprecated != "" && !in.Type.NonNull {
			in.Directives = ast.DirectiveList{deprecated(f.Deprecated)}
		}
		block = append(block, in)
	}
	if len(block) == 0 {
		// GraphQL knows no empty input type.
		block = append(block, ast.FieldDefinition{Name: "_", Type: d.ref(schema.Boolean), Description: "There is nothing to give here."})
	}
	if len(filled) > 0 {
		text += " Filled in, since it is always the same: " + strings.Join(filled, ", ") + "."
	}
	def := &ast.Definition{Kind: ast.InputObject, Name: name, Description: text, Fields: make(ast.FieldList, len(block))}
	for i := range block {
		def.Fields[i] = &block[i]
	}
	d.add(def)
	return d.ref(name)
}

// choice returns the input type of a union, which is to name one member.
func (d *definer) choice(t *schema.Type) *ast.Type {
	name := t.Name + "Input"
	if d.inputs[name] {
		return d.ref(name)
	}
	d.inputs[name] = true
	def := &ast.Definition{
		Kind: ast.InputObject, Name: name, Directives: ast.DirectiveList{{Name: "oneOf"}},
		Description: "What " + article(t.Name) + " is made of. Exactly one field is given.",
	}
	for _, m := range t.Members {
		def.Fields = append(def.Fields, &ast.FieldDefinition{Name: memberName(m), Type: d.input(m, false)})
	}
	d.add(def)
	return d.ref(name)
}

func (d *definer) createType(t *schema.Type) *ast.Type { return d.inputType(t, false) }

// inputType is the nullable input type of t. Lists and unions are replaced whole, in patches too.
func (d *definer) inputType(t *schema.Type, patch bool) *ast.Type {
	switch {
	case t.Kind == schema.List:
		return ast.ListType(d.element(t, d.createType), nil)
	case t.Kind == schema.Object:
		return d.input(t, patch)
	case t.Kind == schema.Union:
		return d.choice(t)
	default:
		return d.ref(t.Name)
	}
}

// mandatory reports whether a field must be given when its object is made.
func mandatory(f *schema.Field) bool { return f.Required && !f.Nullable && f.Default == nil }

// writable reports whether a field of t is in its inputs. A value that can be only one is filled
// in instead: see fixed.
func writable(t *schema.Type, f *schema.Field) bool {
	_, isFixed := fixed(t, f)
	return !f.ReadOnly && !isFixed
}

// nested defines the types within an entity, each once.
func (d *definer) nested(t *schema.Type) {
	if t.Kind == schema.List {
		d.nested(t.Elem)
		return
	}
	if t.Kind == schema.Scalar || d.out.shapes[t.Name] != nil {
		return
	}
	d.out.shapes[t.Name] = t
	def := &ast.Definition{Name: t.Name, Description: clean(t.Description)}
	switch t.Kind {
	case schema.Enum:
		def.Kind = ast.Enum
		block := make([]ast.EnumValueDefinition, len(t.Values))
		def.EnumValues = make(ast.EnumValueList, len(t.Values))
		for i, v := range t.Values {
			block[i] = ast.EnumValueDefinition{Name: v.Name, Description: clean(v.Description)}
			if v.Deprecated != "" {
				block[i].Directives = ast.DirectiveList{deprecated(v.Deprecated)}
			}
			def.EnumValues[i] = &block[i]
		}
	case schema.Object:
		def.Kind = ast.Object
		def.Fields = d.outputs(t)
		for _, f := range t.Fields {
			d.nested(f.Type)
		}
	case schema.Union:
		def.Kind = ast.Union
		for _, m := range t.Members {
			def.Types = append(def.Types, m.Name)
			d.nested(m)
		}
	}
	d.add(def)
}

// memberName is the field of a union's input that stands for one of its members.
func memberName(m *schema.Type) string { return lowerFirst(m.Name) }

// article puts the indefinite article before a name.
func article(name string) string {
	if strings.ContainsRune("AEIOU", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// describe is a field's documentation. Examples of sensitive fields may be somebody's data, so
// they are left out.
func describe(f *schema.Field) string {
	text := f.Title
	if f.Description != "" && f.Description != f.Title {
		if text != "" {
			text += "\n\n"
		}
		text += f.Description
	}
	if f.Sensitive {
		return clean(text)
	}
	for i, x := range f.Examples {
		b, err := json.Marshal(x)
		if err != nil {
			continue
		}
		switch {
		case i > 0:
			text += ", "
		case text != "":
			text += "\n\nExamples: "
		default:
			text += "Examples: "
		}
		text += "`" + string(b) + "`"
	}
	return clean(text)
}

// clean drops what GraphQL text cannot hold.
func clean(s string) string {
	if strings.IndexFunc(s, unprintable) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unprintable(r) {
			return -1
		}
		return r
	}, s)
}

func unprintable(r rune) bool {
	return r != '\n' && r != '\t' && unicode.IsControl(r) || r == '\uFEFF'
}

// literalOf writes a JSON default as a GraphQL literal of type t, or is nil if it cannot.
func literalOf(t *schema.Type, v any) *ast.Value {
	if v == nil {
		return nil
	}
	switch t.Kind {
	case schema.Enum:
		if name, ok := enumName(t, v); ok {
			return &ast.Value{Kind: ast.EnumValue, Raw: name}
		}
		return nil
	case schema.List:
		items, ok := v.([]any)
		if !ok {
			return nil
		}
		list := &ast.Value{Kind: ast.ListValue}
		for _, item := range items {
			l := literalOf(t.Elem, item)
			if l == nil {
				return nil
			}
			list.Children = append(list.Children, &ast.ChildValue{Value: l})
		}
		return list
	case schema.Scalar:
		if _, err := scalarInput(t, v); err != "" {
			return nil
		}
		switch v := v.(type) {
		case bool:
			return &ast.Value{Kind: ast.BooleanValue, Raw: strconv.FormatBool(v)}
		case string:
			return &ast.Value{Kind: ast.StringValue, Raw: v}
		}
		if n, ok := number(v); ok {
			if t.Name == schema.Decimal {
				return &ast.Value{Kind: ast.StringValue, Raw: string(n)}
			}
			if strings.ContainsAny(string(n), ".eE") {
				return &ast.Value{Kind: ast.FloatValue, Raw: string(n)}
			}
			return &ast.Value{Kind: ast.IntValue, Raw: string(n)}
		}
	}
	return nil // of objects the schema fills the defaults in
}

package schema

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// ChangeKind says what changed between two schemas.
type ChangeKind string

// The kinds of changes.
const (
	FieldAdded         ChangeKind = "FIELD_ADDED"
	FieldRemoved       ChangeKind = "FIELD_REMOVED"
	TypeChanged        ChangeKind = "TYPE_CHANGED"
	NullNarrowed       ChangeKind = "NULL_NARROWED"
	NullWidened        ChangeKind = "NULL_WIDENED"
	EnumValueAdded     ChangeKind = "ENUM_VALUE_ADDED"
	EnumValueRemoved   ChangeKind = "ENUM_VALUE_REMOVED"
	MemberAdded        ChangeKind = "MEMBER_ADDED" // to a union
	RequiredAdded      ChangeKind = "REQUIRED_ADDED"
	RequiredDropped    ChangeKind = "REQUIRED_DROPPED"
	ConstraintWidened  ChangeKind = "CONSTRAINT_WIDENED" // or said differently; no document can fail because of it
	ConstraintNarrowed ChangeKind = "CONSTRAINT_NARROWED"
	ReadOnlyAdded      ChangeKind = "READ_ONLY_ADDED"
	ReadOnlyRemoved    ChangeKind = "READ_ONLY_REMOVED"
	SensitivityRaised  ChangeKind = "SENSITIVITY_RAISED"
	SensitivityLowered ChangeKind = "SENSITIVITY_LOWERED"
	UndeclaredShown    ChangeKind = "UNDECLARED_SHOWN" // declared less sensitive than undeclared properties were, or with a mask that shows more
	MaskWeakened       ChangeKind = "MASK_WEAKENED"
	MaskChanged        ChangeKind = "MASK_CHANGED"
	ExtraOpened        ChangeKind = "EXTRA_OPENED"
	ExtraClosed        ChangeKind = "EXTRA_CLOSED"
	IndexAdded         ChangeKind = "INDEX_ADDED"
	IndexDropped       ChangeKind = "INDEX_DROPPED"
	UniqueAdded        ChangeKind = "UNIQUE_ADDED"
	UniqueDropped      ChangeKind = "UNIQUE_DROPPED"
	NormalizeChanged   ChangeKind = "NORMALIZE_CHANGED" // of a key
	TTLShortened       ChangeKind = "TTL_SHORTENED"
	TTLLengthened      ChangeKind = "TTL_LENGTHENED"
	OwnershipChanged   ChangeKind = "OWNERSHIP_CHANGED"
	PluralChanged      ChangeKind = "PLURAL_CHANGED"
	DefaultChanged     ChangeKind = "DEFAULT_CHANGED"
	FederationChanged  ChangeKind = "FEDERATION_CHANGED"
	DocsChanged        ChangeKind = "DOCS_CHANGED" // title, description, examples, deprecation
)

// Change is one difference between two schemas of an entity.
type Change struct {
	Kind ChangeKind
	// Path is where: JSON property names joined by '.', "[]" for the elements of a list; empty for
	// the entity itself.
	Path string
	// From and To say what it was and is, where that can be said in a word: a type, a keyword, an
	// enum value's GraphQL name. Never a default or an example.
	From, To string
}

// Diff lists what differs between two schemas of one entity, in order of Path. A schema and itself
// do not differ.
//
// If some document is valid for from and not for to, at least one of the changes is one for which
// Check has a finding.
func Diff(from, to *Entity) []Change {
	d := &differ{seen: map[[2]*Type]bool{}}
	d.entity(from, to)
	d.types(from.Type, to.Type, "")
	d.keys(from, to)
	d.constraints(from, to)
	d.dropEchoes()
	slices.SortStableFunc(d.found, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	d.condense()
	return slices.Compact(d.found)
}

// condense leaves one narrowed constraint for each property that is new where undeclared ones were
// accepted: that what documents hold under its name may not fit is all that there is to say.
func (d *differ) condense() {
	added := addedPaths(d.found)
	told := make(map[string]bool)
	d.found = slices.DeleteFunc(d.found, func(c Change) bool {
		of := around(added, c.Path)
		if c.Kind != ConstraintNarrowed || of == "" {
			return false
		}
		again := told[of]
		told[of] = true
		return again
	})
}

// addedPaths returns the paths of the properties that are new.
func addedPaths(changes []Change) (paths []string) {
	for _, c := range changes {
		if c.Kind == FieldAdded {
			paths = append(paths, c.Path)
		}
	}
	return paths
}

// around returns the first of the paths at or within which another path is, or "".
func around(paths []string, within string) string {
	for _, path := range paths {
		if rest, ok := strings.CutPrefix(within, path); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return path
		}
	}
	return ""
}

// dropEchoes removes narrowed constraints that say again what another change says better.
func (d *differ) dropEchoes() {
	type place struct {
		kind ChangeKind
		path string
	}
	there := make(map[place]bool)
	for _, c := range d.found {
		there[place{c.Kind, c.Path}] = true
	}
	d.found = slices.DeleteFunc(d.found, func(c Change) bool {
		keyword, null, value, field, extra := c.To, NullNarrowed, EnumValueRemoved, FieldRemoved, ExtraClosed
		switch c.Kind {
		case ConstraintWidened:
			keyword, null, value, field, extra = c.From, NullWidened, EnumValueAdded, FieldAdded, ExtraOpened
		case ConstraintNarrowed:
		default:
			return false
		}
		switch keyword {
		case "type":
			return there[place{TypeChanged, c.Path}] || there[place{null, c.Path}]
		case "enum":
			return there[place{TypeChanged, c.Path}] || there[place{value, c.Path}]
		case "format":
			return there[place{TypeChanged, c.Path}]
		case "anyOf", "oneOf":
			return c.Kind == ConstraintWidened && there[place{MemberAdded, c.Path}]
		case "false":
			of, isExtra := strings.CutSuffix(c.Path, "*")
			return there[place{field, c.Path}] || isExtra && there[place{extra, strings.TrimSuffix(of, ".")}]
		}
		return false
	})
}

type differ struct {
	found []Change
	seen  map[[2]*Type]bool
}

func (d *differ) add(kind ChangeKind, path, from, to string) {
	d.found = append(d.found, Change{Kind: kind, Path: path, From: from, To: to})
}

// either adds one of two kinds, by which way it went.
func (d *differ) either(from, to bool, added, removed ChangeKind, path string) {
	if to && !from {
		d.add(added, path, "", "")
	} else if from && !to {
		d.add(removed, path, "", "")
	}
}

func (d *differ) entity(from, to *Entity) {
	if from.Owner != to.Owner || from.Many != to.Many {
		d.add(OwnershipChanged, "", ownership(from), ownership(to))
	}
	if from.Plural != to.Plural {
		d.add(PluralChanged, "", from.Plural, to.Plural)
	}
	if from.Description != to.Description {
		d.add(DocsChanged, "", "", "")
	}
	if !reflect.DeepEqual(from.Federation, to.Federation) {
		d.add(FederationChanged, "", "", "")
	}
	if from.TTLDays != to.TTLDays {
		kind := TTLLengthened
		if to.TTLDays != 0 && (from.TTLDays == 0 || to.TTLDays < from.TTLDays) {
			kind = TTLShortened
		}
		d.add(kind, "", days(from.TTLDays), days(to.TTLDays))
	}
}

func ownership(e *Entity) string {
	switch {
	case e.Owner == "":
		return "a root"
	case e.Many:
		return "many of " + e.Owner
	}
	return "one of " + e.Owner
}

func days(n int) string {
	switch n {
	case 0:
		return "for ever"
	case 1:
		return "1 day"
	}
	return strconv.Itoa(n) + " days"
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// typeName is the name by which a client knows a type.
func typeName(t *Type) string {
	switch {
	case t.Kind == List && t.ElemNullable:
		return "[" + typeName(t.Elem) + "]"
	case t.Kind == List:
		return "[" + typeName(t.Elem) + "!]"
	case t.Numeric:
		return t.Name + " (number)"
	}
	return t.Name
}

// sameKind tells whether two types, lists of them aside, are the same to a client.
func sameKind(a, b *Type) bool {
	for a.Kind == List && b.Kind == List {
		a, b = a.Elem, b.Elem
	}
	return a.Kind == b.Kind && a.Name == b.Name && a.Numeric == b.Numeric
}

// types compares two types that stand in one place.
func (d *differ) types(from, to *Type, path string) {
	for from.Kind == List && to.Kind == List {
		path += "[]"
		if from.ElemNullable != to.ElemNullable {
			d.either(from.ElemNullable, to.ElemNullable, NullWidened, NullNarrowed, path)
		}
		from, to = from.Elem, to.Elem
	}
	if from.Kind != to.Kind {
		d.bare(to, path, map[*Type]bool{})
		return
	}
	if d.seen[[2]*Type{from, to}] {
		return
	}
	d.seen[[2]*Type{from, to}] = true
	switch from.Kind {
	case Enum:
		d.enum(from, to, path)
	case Union:
		d.union(from, to, path)
	case Object:
		d.object(from, to, path)
	}
}

func (d *differ) enum(from, to *Type, path string) {
	values := func(t *Type) map[string]EnumValue {
		m := make(map[string]EnumValue, len(t.Values))
		for _, v := range t.Values {
			m[v.Name] = v
		}
		return m
	}
	old, now := values(from), values(to)
	for _, v := range from.Values {
		n, ok := now[v.Name]
		switch {
		case !ok:
			d.add(EnumValueRemoved, path, v.Name, "")
		case n.Value != v.Value:
			d.add(EnumValueRemoved, path, v.Name, v.Name)
		case n.Description != v.Description || n.Deprecated != v.Deprecated:
			d.add(DocsChanged, path, "", "")
		}
	}
	for _, v := range to.Values {
		if _, ok := old[v.Name]; !ok {
			d.add(EnumValueAdded, path, "", v.Name)
		}
	}
}

func (d *differ) union(from, to *Type, path string) {
	members := func(t *Type) (map[string]*Type, string) {
		m := make(map[string]*Type)
		var names []string
		for _, o := range t.Members {
			m[o.Name] = o
			names = append(names, o.Name)
		}
		slices.Sort(names)
		return m, strings.Join(names, " | ")
	}
	old, oldNames := members(from)
	now, nowNames := members(to)
	removed := slices.ContainsFunc(from.Members, func(m *Type) bool { return now[m.Name] == nil })
	if removed || from.Discriminator != to.Discriminator {
		d.add(TypeChanged, path, oldNames, nowNames)
	} else {
		for _, n := range to.Members {
			if old[n.Name] == nil {
				d.add(MemberAdded, path, "", n.Name)
			}
		}
	}
	for name, n := range now {
		if m := old[name]; m == nil || slices.ContainsFunc(n.Tags, func(tag string) bool { return !slices.Contains(m.Tags, tag) }) {
			d.bare(n, path, map[*Type]bool{})
		}
	}
	for name, m := range old {
		if n := now[name]; n != nil {
			d.types(m, n, path)
		}
		for _, n := range to.Members { // what was stored as one is read as the other
			if n.Name != name && slices.ContainsFunc(n.Tags, func(tag string) bool { return slices.Contains(m.Tags, tag) }) {
				d.types(m, n, path)
			}
		}
	}
}

// bare tells of properties with masks that show more than those of their types, where documents may hold
// something under their names that was protected better.
func (d *differ) bare(t *Type, path string, under map[*Type]bool) {
	for t.Kind == List {
		t, path = t.Elem, path+"[]"
	}
	if under[t] {
		return
	}
	under[t] = true
	for _, m := range t.Members {
		d.bare(m, path, under)
	}
	for _, f := range t.Fields {
		switch at := join(path, f.Property); {
		case f == t.Extra:
		case bare(f):
			d.add(UndeclaredShown, at, "", "")
		case !f.Sensitive:
			d.bare(f.Type, at, under)
		}
	}
}

func (d *differ) object(from, to *Type, path string) {
	if from.Description != to.Description && path != "" {
		d.add(DocsChanged, path, "", "")
	}
	d.either(from.Extra != nil, to.Extra != nil, ExtraOpened, ExtraClosed, path)
	if from.Extra != nil && to.Extra != nil {
		d.sensitivity(from.Extra, to.Extra, join(path, to.Extra.Name))
	}
	for _, f := range from.Fields {
		if f == from.Extra {
			continue
		}
		at := join(path, f.Property)
		n := to.byProperty[f.Property]
		if n == nil {
			d.add(FieldRemoved, at, typeName(f.Type), "")
			if to.Extra != nil {
				d.sensitivity(f, to.Extra, at)
				d.uncovered(f, to.Extra, at)
			}
			continue
		}
		d.field(f, n, at)
	}
	for _, n := range to.Fields {
		if n == to.Extra || from.byProperty[n.Property] != nil {
			continue
		}
		at := join(path, n.Property)
		d.add(FieldAdded, at, "", typeName(n.Type))
		// Where undeclared properties are refused, documents may hold some that were declared once.
		if x := from.Extra; protection(n) < pii && (x == nil || protection(x) > protection(n)) || bare(n) && (x == nil || x.Sensitive) {
			d.add(UndeclaredShown, at, "", "")
		}
	}
}

// loosened tells whether elements of a list may be null now. Who reads it counts on it that they are not; a field may
// be null in every answer.
func loosened(from, to *Type) bool {
	for from.Kind == List && to.Kind == List {
		if to.ElemNullable && !from.ElemNullable {
			return true
		}
		from, to = from.Elem, to.Elem
	}
	return false
}

func (d *differ) field(from, to *Field, path string) {
	if !sameKind(from.Type, to.Type) || strings.Count(typeName(from.Type), "[") != strings.Count(typeName(to.Type), "[") || loosened(from.Type, to.Type) {
		d.add(TypeChanged, path, typeName(from.Type), typeName(to.Type))
	}
	d.either(from.Nullable, to.Nullable, NullWidened, NullNarrowed, path)
	d.either(from.ReadOnly, to.ReadOnly, ReadOnlyAdded, ReadOnlyRemoved, path)
	d.sensitivity(from, to, path)
	if reshaped(from.Type, to.Type) {
		d.uncovered(from, to, path)
	}
	if from.Sensitive && to.Sensitive && exposure(to) > exposure(from) {
		d.add(MaskWeakened, path, from.Strategy(), to.Strategy())
	} else if from.Mask != to.Mask {
		d.add(MaskChanged, path, cmp.Or(from.Mask, "default"), cmp.Or(to.Mask, "default"))
	}
	if valueKey(ordered(from.Default)) != valueKey(ordered(to.Default)) {
		d.add(DefaultChanged, path, "", "")
	}
	if from.Title != to.Title || from.Description != to.Description || from.Deprecated != to.Deprecated ||
		valueKey(ordered(from.Examples)) != valueKey(ordered(to.Examples)) {
		d.add(DocsChanged, path, "", "")
	}
	if !reflect.DeepEqual(from.Federation, to.Federation) {
		d.add(FederationChanged, path, "", "")
	}
	d.types(from.Type, to.Type, path)
}

// ordered turns maps into objects, so that values can be compared by valueKey.
func ordered(v any) any {
	switch v := v.(type) {
	case map[string]any:
		o := newObject()
		for k, e := range v {
			o.set(k, ordered(e))
		}
		return o
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = ordered(e)
		}
		return list
	}
	return v
}

// The levels of protection.
const (
	open = iota
	sensitive
	pii
)

var levels = []string{open: "not sensitive", sensitive: "sensitive", pii: "pii"}

func protection(f *Field) int {
	switch {
	case f.PII:
		return pii
	case f.Sensitive:
		return sensitive
	}
	return open
}

func (d *differ) sensitivity(from, to *Field, path string) {
	a, b := protection(from), protection(to)
	if a < b {
		d.add(SensitivityRaised, path, levels[a], levels[b])
	} else if a > b {
		d.add(SensitivityLowered, path, levels[a], levels[b])
	}
}

// uncovered compares what is protected within from with to as a whole, where the two have no
// properties in common.
func (d *differ) uncovered(from, to *Field, path string) {
	a, b := highest(from.Type, map[*Type]bool{}), protection(to)
	if a > b && protection(from) <= b {
		d.add(SensitivityLowered, path, levels[a], levels[b])
	}
}

// highest returns the highest protection of anything inside a type.
func highest(t *Type, seen map[*Type]bool) int {
	for t.Kind == List {
		t = t.Elem
	}
	if seen[t] {
		return open
	}
	seen[t] = true
	most := open
	for _, f := range t.Fields {
		most = max(most, protection(f), highest(f.Type, seen))
	}
	for _, m := range t.Members {
		most = max(most, highest(m, seen))
	}
	return most
}

// reshaped tells whether the properties of two types cannot be compared.
func reshaped(from, to *Type) bool {
	for from.Kind == List && to.Kind == List {
		from, to = from.Elem, to.Elem
	}
	return from.Kind != to.Kind
}

func (d *differ) keys(from, to *Entity) {
	find := func(e *Entity, property string) *Key {
		for i := range e.Keys {
			if e.Keys[i].Field.Property == property {
				return &e.Keys[i]
			}
		}
		return nil
	}
	for _, k := range from.Keys {
		p := k.Field.Property
		n := find(to, p)
		if n == nil {
			d.add(IndexDropped, p, "", "")
			continue
		}
		d.either(k.Unique, n.Unique, UniqueAdded, UniqueDropped, p)
		if k.Field.Normalize != n.Field.Normalize {
			d.add(NormalizeChanged, p, k.Field.Normalize, n.Field.Normalize)
		}
	}
	for _, k := range to.Keys {
		if p := k.Field.Property; find(from, p) == nil {
			d.add(IndexAdded, p, "", "")
			if k.Unique {
				d.add(UniqueAdded, p, "", "")
			}
		}
	}
}

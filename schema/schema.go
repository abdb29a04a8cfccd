// Package schema is the language in which an account says what its documents hold: JSON Schema
// (drafts 04 to 2020-12) with the vocabulary that marks sensitive fields, look-up keys and time to
// live. It parses what admins upload into the types that the GraphQL engine compiles, validates
// documents against it, and judges how one schema may follow another.
//
// Beside the keywords of JSON Schema it understands these:
//
//	sensitive, pii   property   masked unless disclosed; pii is sealed at rest, too, and implies sensitive
//	x-mask           property   how it is masked, see Masks
//	x-normalize      property   how a look-up key is compared, see Normalize
//	deprecated       property   true, or the reason
//	x-graphql        property   "JSON": a JSON scalar, whatever the schema says
//	nullable         property   as in OpenAPI 3.0
//	x-federation     property   how it stands in a federated graph, see Federation; of the entity at the top
//	v-indexed        top level  names of properties that are look-up keys
//	v-unique         top level  names of those that are unique, too
//	documentTTL      top level  days that a document lives
//	x-entity         top level  {"owner": "Profile", "cardinality": "one" or "many", "plural": "pets"}
//
// What is marked anywhere (beside a $ref, in its target, in a branch of allOf or under a condition)
// is marked: a mark is never taken back by another part of the schema saying false. In one point it
// is stricter than JSON Schema: properties that are not declared are refused where
// additionalProperties is absent. Where it lets them in, they count as pii unless its schema says
// that they are not.
//
// The package knows neither storage nor GraphQL execution; it is pure and does no I/O. All methods
// of its types are safe for concurrent use.
package schema

import "iter"

// Kind says what a Type is.
type Kind int

// The kinds there are.
const (
	Scalar Kind = iota + 1
	Enum
	Object
	Union // of objects, told apart by a discriminator property
	List
)

// The GraphQL scalars that a Scalar type may have as its name. JSON stands for any value.
const (
	String       = "String"
	Int          = "Int" // 32 bit
	Float        = "Float"
	Boolean      = "Boolean"
	ID           = "ID"
	Long         = "Long"         // 64 bit integer; JSON number in and out
	Decimal      = "Decimal"      // arbitrary precision; string in and out
	Date         = "Date"         // RFC 3339 full-date
	Time         = "Time"         // RFC 3339 full-time
	DateTime     = "DateTime"     // RFC 3339 date-time
	Duration     = "Duration"     // ISO 8601
	EmailAddress = "EmailAddress" // RFC 5321
	PhoneNumber  = "PhoneNumber"  // E.164
	CountryCode  = "CountryCode"  // ISO 3166-1 alpha-2
	URL          = "URL"
	UUID         = "UUID"
	JSON         = "JSON"
)

// Set is everything that one account's data plane is compiled from. It is immutable.
type Set struct {
	// Entities in order of name; no two have a GraphQL name in common.
	Entities []*Entity
}

// Entity is one kind of document.
type Entity struct {
	Name        string // GraphQL type and URL name, "PurchaseInfo"
	Plural      string // field and argument form of many, "purchaseInfos"
	Owner       string // name of the entity that owns documents of this one; empty for a root
	Many        bool   // an owner may have many; false: at most one
	Description string
	// Version of the schema, counted from 1 for each entity; 0 is the built-in default.
	Version int
	// Lowered is the newest version, this or one before, that was published with leave to show what was
	// protected: what documents written under older ones hold sealed may be opened where the schema shows
	// it in clear, and nothing else may. 0: there is none.
	Lowered int
	Type    *Type // an Object, its Name is the entity's
	// Keys are the fields by which documents can be looked up, in order of the schema.
	Keys       []Key
	Federation *Federation // nil: nothing is said
	// TTLDays is the default time to live; 0 means for ever.
	TTLDays int
	// Source is the effective JSON Schema: canonical JSON, keywords and properties in uploaded order.
	Source []byte

	check   *validator
	members []string // of the bundle that it was parsed from: see report
}

// Key is a look-up key: an exact match on one top-level scalar field, after Normalize.
type Key struct {
	Field  *Field
	Unique bool
}

// Type is the shape of a value.
type Type struct {
	Kind        Kind
	Name        string // GraphQL name; empty for List
	Description string
	Fields      []*Field    // Object: in order of the schema
	Values      []EnumValue // Enum
	Members     []*Type     // Union: objects
	// Discriminator is the property that tells a union's members apart. Each member has it as a
	// field of its own, and lists in Tags the values that select it.
	Discriminator string
	Tags          []string // Object that is a member of a union
	Elem          *Type    // List
	ElemNullable  bool     // List: elements may be null
	Numeric       bool     // Decimal: the JSON value is a number, not a string
	// Extra is the field that carries what an Object's schema does not declare
	// (additionalProperties, patternProperties), a JSON scalar holding an object; nil where
	// undeclared properties are refused. It is the last of Fields.
	Extra *Field

	byProperty map[string]*Field // of an Object
	byTag      map[string]*Type  // of a Union
}

// EnumValue maps a JSON value (string, number, boolean) onto a GraphQL enum name.
type EnumValue struct {
	Name        string
	Value       any // string, int64, float64 or bool
	Description string
	Deprecated  string
}

// Field is one property.
type Field struct {
	Name        string // GraphQL name
	Property    string // JSON property name; empty for a Type's Extra
	Type        *Type
	Required    bool   // must be present when a document is created
	Nullable    bool   // may be null
	ReadOnly    bool   // in no input
	Const       any    // the only value there is, or nil; JSON as encoding/json decodes it with UseNumber
	Default     any    // filled in at creation when absent, or nil; likewise
	Sensitive   bool   // masked unless disclosed
	PII         bool   // sensitive, and sealed at rest
	Mask        string // the strategy of x-mask, or empty for the default by type and format
	Format      string // JSON Schema format, or empty
	Normalize   string // how a value is normalised before it is looked up: "", "email", "name", "phone", "digits", "exact"
	Deprecated  string // reason, or empty
	Title       string
	Description string
	Examples    []any
	Federation  *Federation // nil: nothing is said
	// Slot numbers the fields of an Object from 0, in order of Fields.
	Slot int
}

// Entity returns the entity of that name, or nil.
func (s *Set) Entity(name string) *Entity {
	for _, e := range s.Entities {
		if e.Name == name {
			return e
		}
	}
	return nil
}

// Fields are all fields of the entity, at every depth, in the order of the schema, by their paths (see
// Change). A type within itself is not gone into again. Of fields that members of a union
// have in common there is one.
func (e *Entity) Fields() iter.Seq2[string, *Field] {
	return func(yield func(string, *Field) bool) {
		seen := map[string]bool{}
		under := map[*Type]bool{}
		var walk func(t *Type, path string) bool
		walk = func(t *Type, path string) bool {
			for t.Kind == List {
				t, path = t.Elem, path+"[]"
			}
			if under[t] {
				return true
			}
			under[t] = true
			defer delete(under, t)
			for _, member := range t.Members {
				if !walk(member, path) {
					return false
				}
			}
			for _, f := range t.Fields {
				at := join(path, f.Property)
				if f == t.Extra {
					at = join(path, f.Name)
				}
				if !seen[at] {
					seen[at] = true
					if !yield(at, f) {
						return false
					}
				}
				if !walk(f.Type, at) {
					return false
				}
			}
			return true
		}
		walk(e.Type, "")
	}
}

// String returns the type as GraphQL writes it.
func (t *Type) String() string {
	switch {
	case t.Kind == List && t.ElemNullable:
		return "[" + t.Elem.String() + "]"
	case t.Kind == List:
		return "[" + t.Elem.String() + "!]"
	}
	return t.Name
}

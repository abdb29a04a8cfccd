package vault

import (
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/profilegraph/profilegraph/schema"
)

// Exposed visits the values that a stored document holds sealed where e would show them in clear. That
// one is sealed tells that it was protected when it was written, whatever schemas have come and gone
// since. Nothing is opened. A document that cannot be read may hold anything.
//
// Property is the top-level property that the value is or is in. Its path is that of a [schema.Change];
// place is the same, but has the name of the schema's field for undeclared properties where path has what
// a document calls one.
func Exposed(e *schema.Entity, doc bson.Raw, visit func(property, path, place string)) {
	x := exposure{visit: visit}
	x.object(doc, e.Type, "", "", 0)
}

type exposure struct {
	visit    func(property, path, place string)
	property string
}

func (x *exposure) object(doc []byte, t *schema.Type, path, place string, depth int) {
	into := ""
	if path != "" {
		into = "."
	}
	members, next := over(doc, depth), 0
	for members.next() {
		f := find(t.Fields, members.key, &next)
		if f == nil {
			f = t.Extra
		}
		if f == nil || f.Sensitive {
			continue
		}
		if !mayHoldSealed(members.value.Type) {
			continue // before a path is made: most values are such
		}
		if depth == 0 {
			x.property = string(members.key)
		}
		name := f.Property
		if f == t.Extra {
			name = f.Name
		}
		x.value(members.value, f.Type, path+into+string(members.key), place+into+name, depth+1)
	}
	if members.err != nil {
		x.visit(x.property, path, place)
	}
}

// value looks at a value that is not sensitive itself, and has type t.
func (x *exposure) value(v bsoncore.Value, t *schema.Type, path, place string, depth int) {
	if flat(t) || isSealed(v) {
		if holdsSealed(v, depth) {
			x.visit(x.property, path, place)
		}
		return
	}
	switch v.Type {
	case bsoncore.TypeEmbeddedDocument:
		if t.Kind == schema.Union {
			t = selected(t, v.Data)
		}
		if t != nil && t.Kind == schema.Object {
			x.object(v.Data, t, path, place, depth)
		}
	case bsoncore.TypeArray:
		if t.Kind != schema.List {
			break // nobody is shown what does not fit its type
		}
		elements := over(v.Data, depth)
		for elements.next() {
			x.value(elements.value, t.Elem, path+"[]", place+"[]", depth+1)
		}
		if elements.err != nil {
			x.visit(x.property, path, place)
		}
	}
}

func mayHoldSealed(t bsoncore.Type) bool {
	return t == bsoncore.TypeBinary || t == bsoncore.TypeEmbeddedDocument || t == bsoncore.TypeArray
}

package vault

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/profilegraph/profilegraph/schema"
)

// Seal returns the form in which a document is stored at a place: each value of a sensitive or pii
// field is sealed as a whole, and so is each value that the schema does not declare, at any depth.
// Nulls stay nulls, and property names are not hidden. What is sealed already, for the same place,
// stays as it is while its key is the current one. The data subject's first document makes its key.
func (v *Vault) Seal(ctx context.Context, at Place, e *schema.Entity, doc bson.Raw) (bson.Raw, error) {
	sealed, _, err := v.seal(ctx, at, e, doc, nil)
	return sealed, at.explain("seal", err)
}

// SealAfter is Seal for a document that follows a stored one. What is [Exposed] in that stays sealed, with
// all of its top-level property, unless its protection was lowered.
func (v *Vault) SealAfter(ctx context.Context, at Place, e *schema.Entity, before, doc bson.Raw) (bson.Raw, error) {
	var stay map[string]bool
	if !at.Lowered {
		Exposed(e, before, func(property, _, _ string) {
			if stay == nil {
				stay = map[string]bool{}
			}
			stay[property] = true
		})
	}
	sealed, _, err := v.seal(ctx, at, e, doc, stay)
	return sealed, at.explain("seal", err)
}

// Reseal brings a stored document up to date: what is sealed under an older key is sealed under
// the current one, what should be sealed is, and what need not be any more is not, if its protection was
// lowered. It reports whether anything changed.
func (v *Vault) Reseal(ctx context.Context, at Place, e *schema.Entity, doc bson.Raw) (bson.Raw, bool, error) {
	sealed, changed, err := v.seal(ctx, at, e, doc, nil)
	return sealed, changed, at.explain("reseal", err)
}

func (v *Vault) seal(ctx context.Context, at Place, e *schema.Entity, doc bson.Raw, stay map[string]bool) (bson.Raw, bool, error) {
	s := sealer{walk: v.walk(ctx, at), stay: stay}
	defer s.done()
	out, err := s.object(make([]byte, 0, 2*len(doc)+256), doc, e.Type)
	return out, s.changed, err
}

// sealer writes the sealed form of a document.
type sealer struct {
	walk
	stay    map[string]bool // top-level properties that are sealed whatever the schema says
	changed bool
}

func (s *sealer) object(out, doc []byte, t *schema.Type) (_ []byte, err error) {
	start, out := bsoncore.ReserveLength(out)
	members, next := s.over(doc), 0
	for members.next() {
		f := find(t.Fields, members.key, &next)
		if f == nil {
			f = t.Extra
		}
		mark := s.member(members.key)
		switch {
		case members.value.Type == bsoncore.TypeNull:
			out = appendHeader(out, bsoncore.TypeNull, members.key)
		case f == nil || f.Sensitive || f.PII || s.depth == 1 && s.stay[string(members.key)]:
			out, err = s.seal(out, members.key, members.value)
		default:
			out, err = s.value(out, members.key, members.value, f.Type)
		}
		if err != nil {
			return nil, err
		}
		s.leave(mark)
	}
	return end(out, start), members.err
}

func (s *sealer) list(out, list []byte, elem *schema.Type) (_ []byte, err error) {
	start, out := bsoncore.ReserveLength(out)
	elements := s.over(list)
	for index := 0; elements.next(); index++ {
		mark := s.element(index)
		if out, err = s.value(out, elements.key, elements.value, elem); err != nil {
			return nil, err
		}
		s.leave(mark)
	}
	return end(out, start), elements.err
}

// value writes a value that is not secret itself but may hold what is.
func (s *sealer) value(out, key []byte, v bsoncore.Value, t *schema.Type) (_ []byte, err error) {
	stored, changed := v, s.changed
	if isSealed(v) || flat(t) && s.holdsSealed(v) { // it was secret under an older schema
		if !s.at.Lowered {
			return s.seal(out, key, v)
		}
		s.changed = true
		if v, err = s.cleared(v); err != nil {
			return nil, err
		}
	}
	switch {
	case flat(t), v.Type == bsoncore.TypeNull:
		return append(appendHeader(out, v.Type, key), v.Data...), nil
	case v.Type == bsoncore.TypeEmbeddedDocument:
		if t.Kind == schema.Union {
			t = selected(t, v.Data)
		}
		if t != nil && t.Kind == schema.Object {
			return s.object(appendHeader(out, v.Type, key), v.Data, t)
		}
	case v.Type == bsoncore.TypeArray && t.Kind == schema.List:
		return s.list(appendHeader(out, v.Type, key), v.Data, t.Elem)
	}
	// It does not fit its type, so nobody knows what it is.
	s.changed = changed
	return s.seal(out, key, stored)
}

// cleared returns a copy of a value with everything sealed in it opened.
func (s *sealer) cleared(v bsoncore.Value) (bsoncore.Value, error) {
	clear, err := s.appendClear(nil, nil, v)
	if err != nil {
		return v, err
	}
	return bsoncore.Value{Type: bsoncore.Type(clear[0]), Data: clear[2:]}, nil
}

// seal writes a sealed value.
func (s *sealer) seal(out, key []byte, v bsoncore.Value) ([]byte, error) {
	keys, err := s.keys(true)
	if err != nil {
		return nil, err
	}
	current := keys.primary()
	if isSealed(v) {
		number, _, err := parseSealed(v)
		if err != nil {
			return nil, err
		}
		if number == current.number {
			return append(appendHeader(out, v.Type, key), v.Data...), nil
		}
	}
	if s.holdsSealed(v) {
		if v, err = s.cleared(v); err != nil {
			return nil, err
		}
	}
	s.changed = true
	size := bucket(1 + len(v.Data))
	plain := append(append(s.plain[:0], byte(v.Type)), v.Data...)
	for len(plain) < size {
		plain = append(plain, 0)
	}
	s.plain = plain

	out = appendHeader(out, bsoncore.TypeBinary, key)
	start := len(out)
	out = append(out, 0, 0, 0, 0, sealedSubtype)
	out = append(out, s.header(current.number)...)
	out = current.key.Seal(out, nil, plain, s.place)
	return bsoncore.UpdateLength(out, int32(start), int32(len(out)-start-5)), nil
}

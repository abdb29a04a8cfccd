package vault

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/profilegraph/profilegraph/schema"
)

// Mask returns the wanted top-level fields of a stored document, each sensitive value replaced by
// its mask, and the paths of the fields that hold one: GraphQL names joined by '.', list indexes
// left out. A null stays null and is not masked. What the schema does not declare is left out
// unless the schema admits it, and then it is masked unless the schema says otherwise.
func (v *Vault) Mask(e *schema.Entity, doc bson.Raw, want schema.FieldSet) (bson.Raw, []string, error) {
	m := masker{out: make([]byte, 0, len(doc)+64)}
	if err := m.object(doc, e.Type, &want, ""); err != nil {
		return nil, nil, fmt.Errorf("vault: mask: %w", err)
	}
	return m.out, m.paths, nil
}

// MaskValue returns what everybody may see of one value of a field in its stored form, and whether
// that is a mask.
func (v *Vault) MaskValue(f *schema.Field, value bson.RawValue) (bson.RawValue, bool, error) {
	m := masker{}
	start := len(bsoncore.AppendHeader(nil, bsoncore.Type(value.Type), "v"))
	if err := m.field(bsoncore.Value{Type: bsoncore.Type(value.Type), Data: value.Value}, "v", f, ""); err != nil {
		return bson.RawValue{}, false, fmt.Errorf("vault: mask: %w", err)
	}
	return bson.RawValue{Type: bson.Type(m.out[0]), Value: m.out[start:]}, len(m.paths) > 0, nil
}

// masker writes a masked copy of a document.
type masker struct {
	out   []byte
	paths []string
}

// object writes the members of a document that has type t; want limits them at the top level.
func (m *masker) object(doc []byte, t *schema.Type, want *schema.FieldSet, path string) error {
	at, out := bsoncore.AppendDocumentStart(m.out)
	m.out = out
	_, rest, ok := bsoncore.ReadLength(doc)
	if !ok {
		return errBroken
	}
	next := 0 // members stand in the order of the schema, so the search goes on where the last ended
	for len(rest) > 1 {
		var el bsoncore.Element
		if el, rest, ok = bsoncore.ReadElement(rest); !ok {
			return errBroken
		}
		key := el.KeyBytes()
		f := find(t.Fields, key, &next)
		if f == nil {
			f = t.Extra
		}
		if f == nil || want != nil && !want.Has(f.Slot) {
			continue
		}
		value, err := el.ValueErr()
		if err != nil {
			return errBroken
		}
		if f == t.Extra && f.Sensitive {
			m.masked(path, f)
			continue
		}
		if err := m.field(value, string(key), f, path); err != nil {
			return err
		}
	}
	var err error
	m.out, err = bsoncore.AppendDocumentEnd(m.out, at)
	return err
}

// find returns the declared field with a property name, looking from *next on first.
func find(fields []*schema.Field, key []byte, next *int) *schema.Field {
	for i := range fields {
		at := *next + i
		if at >= len(fields) {
			at -= len(fields)
		}
		if f := fields[at]; f.Property == string(key) && f.Property != "" {
			*next = at + 1
			return f
		}
	}
	return nil
}

// field writes one member.
func (m *masker) field(value bsoncore.Value, key string, f *schema.Field, path string) error {
	switch {
	case value.Type == bsoncore.TypeNull:
		m.out = bsoncore.AppendNullElement(m.out, key)
		return nil
	case f.Sensitive:
		m.masked(path, f)
		if text, ok := value.StringValueOK(); ok {
			if mask, ok := maskText(strategy(f), text); ok {
				m.out = bsoncore.AppendStringElement(m.out, key, mask)
				return nil
			}
		}
		m.out = bsoncore.AppendNullElement(m.out, key)
		return nil
	}
	return m.value(value, key, f.Type, join(path, f))
}

// value writes a member that is not sensitive itself but may hold what is.
func (m *masker) value(value bsoncore.Value, key string, t *schema.Type, path string) error {
	if t.Kind == schema.Scalar || t.Kind == schema.Enum || t.Kind == schema.List && flat(t.Elem) {
		m.out = bsoncore.AppendValueElement(m.out, key, value)
		return nil
	}
	switch value.Type {
	case bsoncore.TypeEmbeddedDocument:
		if t.Kind == schema.Union {
			t = member(t, value.Data)
		}
		if t != nil && t.Kind == schema.Object {
			m.out = bsoncore.AppendHeader(m.out, bsoncore.TypeEmbeddedDocument, key)
			return m.object(value.Data, t, nil, path)
		}
	case bsoncore.TypeArray:
		if t.Kind == schema.List {
			return m.list(value.Data, key, t.Elem, path)
		}
	}
	// The value does not fit its type: it was written under an older schema, which may have called
	// it sensitive.
	m.out = bsoncore.AppendNullElement(m.out, key)
	return nil
}

func (m *masker) list(array []byte, key string, elem *schema.Type, path string) error {
	at, out := bsoncore.AppendArrayElementStart(m.out, key)
	m.out = out
	_, rest, ok := bsoncore.ReadLength(array)
	if !ok {
		return errBroken
	}
	for len(rest) > 1 {
		var el bsoncore.Element
		if el, rest, ok = bsoncore.ReadElement(rest); !ok {
			return errBroken
		}
		value, err := el.ValueErr()
		if err != nil {
			return errBroken
		}
		if err := m.value(value, el.Key(), elem, path); err != nil {
			return err
		}
	}
	var err error
	m.out, err = bsoncore.AppendArrayEnd(m.out, at)
	return err
}

// masked notes the path of a masked field, once for all elements of a list.
func (m *masker) masked(path string, f *schema.Field) {
	p := join(path, f)
	if n := len(m.paths); n > 0 && m.paths[n-1] == p {
		return
	}
	if path != "" { // within a list other fields may stand between
		for _, known := range m.paths {
			if known == p {
				return
			}
		}
	}
	m.paths = append(m.paths, p)
}

func join(path string, f *schema.Field) string {
	if path == "" {
		return f.Name
	}
	return path + "." + f.Name
}

// flat reports whether values of a type hold no fields that could be sensitive.
func flat(t *schema.Type) bool {
	for t.Kind == schema.List {
		t = t.Elem
	}
	return t.Kind == schema.Scalar || t.Kind == schema.Enum
}

// member returns the member of a union that a document's discriminator selects, or nil.
func member(union *schema.Type, doc []byte) *schema.Type {
	tag, ok := bsoncore.Document(doc).Lookup(union.Discriminator).StringValueOK()
	if !ok {
		return nil
	}
	for _, t := range union.Members {
		for _, known := range t.Tags {
			if known == tag {
				return t
			}
		}
	}
	return nil
}

// strategy returns how a field is masked: as the schema says, else by its type.
func strategy(f *schema.Field) string {
	if f.Mask != "" {
		return f.Mask
	}
	if f.Type.Kind == schema.Scalar {
		switch f.Type.Name {
		case schema.EmailAddress:
			return schema.MaskEmail
		case schema.String, schema.PhoneNumber:
			return schema.MaskInitial
		}
	}
	return schema.MaskNull
}

// maskText masks a string; ok is false where the mask is null.
func maskText(strategy, s string) (mask string, ok bool) {
	switch strategy {
	case schema.MaskInitial:
		return initial(s), true
	case schema.MaskEmail:
		return eachPart(s), true
	case schema.MaskLast4:
		return last4(s), true
	case schema.MaskFixed:
		return "*****", true
	case schema.MaskYear:
		return year(s)
	}
	return "", false
}

// initial keeps the first character: "John" is "J***". A single character is hidden too.
func initial(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	if size == len(s) {
		size = 0
	}
	return s[:size] + strings.Repeat("*", utf8.RuneCountInString(s[size:]))
}

// eachPart keeps the first character of each part of an e-mail address:
// "john.doe@example.com" is "j***.d**@e******.c**".
func eachPart(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		end := strings.IndexAny(s, ".@")
		if end < 0 {
			end = len(s)
		}
		b.WriteString(initial(s[:end]))
		if end < len(s) {
			b.WriteByte(s[end])
			end++
		}
		s = s[end:]
	}
	return b.String()
}

// last4 keeps the last four characters of eight or more.
func last4(s string) string {
	runes := []rune(s)
	keep := 0
	if len(runes) >= 8 {
		keep = 4
	}
	return strings.Repeat("*", len(runes)-keep) + string(runes[len(runes)-keep:])
}

// year keeps the year of a date or date-time: 1990-05-17 is 1990-01-01.
func year(s string) (string, bool) {
	if len(s) < 10 || s[4] != '-' {
		return "", false
	}
	if len(s) == 10 {
		return s[:4] + "-01-01", true
	}
	return s[:4] + "-01-01T00:00:00Z", true
}

var errBroken = fmt.Errorf("stored document is not valid BSON")

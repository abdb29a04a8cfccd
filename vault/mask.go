package vault

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/profilegraph/profilegraph/schema"
)

// Mask returns the wanted top-level fields of a stored document, each sensitive value
// replaced by its mask, and the paths of the fields that hold one: GraphQL names joined by '.',
// list indexes left out. A null stays null and is not masked. What the schema does not declare is
// left out unless the schema admits it, and then it is masked unless the schema says otherwise. In the
// place of a value that may hold sensitive ones and does not fit its type there is BSON's MinKey.
//
// Values may be sealed or, written before they were secret, not. One that is sealed though the schema shows
// it in clear is masked as null, unless its protection was lowered, see [Place]. A key is needed only where
// a mask follows from the value, or for that.
func (v *Vault) Mask(ctx context.Context, at Place, e *schema.Entity, doc bson.Raw, want schema.FieldSet) (bson.Raw, []string, error) {
	return v.Reveal(ctx, nil, at, e, doc, want)
}

// Reveal is Mask, but fields that the grant covers are in clear. A field that is covered is
// shown with all that is in it. What the grant does not cover is not decrypted for it.
func (v *Vault) Reveal(ctx context.Context, g Grant, at Place, e *schema.Entity, doc bson.Raw, want schema.FieldSet) (bson.Raw, []string, error) {
	m := v.Masker(ctx, g, e, want)
	defer m.Close()
	shown, masked, err := m.Mask(at, doc)
	if err = cmp.Or(err, m.fault); err != nil {
		return nil, nil, err
	}
	return shown, masked, nil
}

// Open returns a document with everything in it in clear. It is for the server's own work (to
// apply a patch, to compare, to index) and never for an answer, a log or a message.
func (v *Vault) Open(ctx context.Context, at Place, doc bson.Raw) (bson.Raw, error) {
	w := v.walk(ctx, at)
	defer w.done()
	out, err := w.appendObject(make([]byte, 0, len(doc)), doc)
	return out, at.explain("open", err)
}

// Masker returns what masks documents of an entity one after another, for less than [Vault.Mask] and
// [Vault.Reveal] would. A nil grant covers nothing.
func (v *Vault) Masker(ctx context.Context, g Grant, e *schema.Entity, want schema.FieldSet) *Masker {
	return &Masker{walk: walk{ctx: ctx, v: v}, grant: g, entity: e, want: want}
}

// Masker writes masked copies of documents. It is for one goroutine, and to be closed.
type Masker struct {
	walk
	grant  Grant // nil covers nothing
	entity *schema.Entity
	want   schema.FieldSet

	out   []byte   // the copies, one behind the other
	paths []string // of the present document
	shown []string // of the document before
	lease Lease
	fault error
}

// Mask returns what [Vault.Mask] returns of a document, or [Vault.Reveal] where there is a grant; but a
// value that does not open spoils no other: see Fault. Documents may share the memory of their paths,
// and both are to be left as they are.
//
// An error says that the account's keys cannot be had, so that there is no use in going on.
func (m *Masker) Mask(at Place, doc bson.Raw) (bson.Raw, []string, error) {
	m.turn(at)
	m.enter()
	m.lease, m.fault = Lease{}, nil
	m.room(len(doc) + 64)
	m.paths = m.paths[:0]
	start := len(m.out)
	if err := m.object(doc, m.entity.Type, &m.want, ""); err != nil {
		m.out = m.out[:start]
		if !m.excuse(err) {
			return nil, nil, m.explain(err)
		}
		return nil, nil, nil
	}
	if !slices.Equal(m.paths, m.shown) { // in a list they nearly always are
		m.shown = slices.Clone(m.paths)
	}
	switch {
	case m.grant != nil || m.fault != nil:
	case m.opened:
		m.lease.key = m.ring.hold
	default:
		m.lease.keyless = true
	}
	return m.out[start:len(m.out):len(m.out)], m.shown, nil
}

// Lease says for how long what Mask returned last may be shown again instead of another call: as long
// as the key that it took is held. Whoever may not use the key any more does not see the mask either.
// There is no lease on what a grant covers, nor on a document with a fault.
func (m *Masker) Lease() Lease { return m.lease }

// Fault returns why values of the document that Mask returned last do not open, the first such reason, or
// nil. They stand as undefined in it. A document that cannot be read at all is nil.
func (m *Masker) Fault() error { return m.fault }

// excuse takes an error for a fault, if it is about one document rather than about all of the account.
func (m *Masker) excuse(err error) bool {
	own := errors.Is(err, ErrCorrupt) || errors.Is(err, ErrShredded) || errors.Is(err, ErrKeyLost)
	if !own || errors.Is(err, errAccount) {
		return false
	}
	if m.fault == nil {
		m.fault = m.explain(err)
	}
	return true
}

// spare writes undefined in the place of a member that did not open, unless the error is no fault. The
// lengths are those of the copy and of its paths before the member.
func (m *Masker) spare(err error, key []byte, written, paths int) bool {
	if !m.excuse(err) {
		return false
	}
	m.out, m.paths = appendHeader(m.out[:written], bsoncore.TypeUndefined, key), m.paths[:paths]
	return true
}

func (m *Masker) explain(err error) error {
	if m.grant != nil {
		return m.at.explain("reveal", err)
	}
	return m.at.explain("mask", err)
}

// Lease is leave to show a mask again. The zero Lease gives none.
type Lease struct {
	key     *hold
	keyless bool // the mask took no key
}

// Holds reports whether the leave lasts.
func (l Lease) Holds(now time.Time) bool {
	return l.keyless || l.key != nil && now.Before(l.key.until) && !l.key.ended.Load()
}

// Close wipes what was opened on the way to the masks.
func (m *Masker) Close() { m.done() }

// room sees to it that n bytes can be written. Where there was a second document, more will follow.
func (m *Masker) room(n int) {
	if cap(m.out)-len(m.out) >= n {
		return
	}
	if m.out != nil {
		n = max(n, 8<<10)
	}
	m.out = make([]byte, 0, n)
}

// covers reports whether the grant covers a field.
func (m *Masker) covers(path string, f *schema.Field) bool {
	return m.grant != nil && m.grant.Covers(m.at.Account, m.at.Entity, m.at.ID, join(path, f))
}

// object writes the members of a document that has type t; want limits them at the top level.
func (m *Masker) object(doc []byte, t *schema.Type, want *schema.FieldSet, path string) error {
	start, out := bsoncore.ReserveLength(m.out)
	m.out = out
	next := 0 // members stand in the order of the schema, so the search goes on where the last ended
	members := m.over(doc)
	for members.next() {
		f := find(t.Fields, members.key, &next)
		if f == nil {
			f = t.Extra
		}
		if f == nil || want != nil && !want.Has(f.Slot) {
			continue
		}
		if f == t.Extra && f.Sensitive && !m.covers(path, f) {
			m.masked(path, f)
			continue
		}
		written, paths := len(m.out), len(m.paths)
		mark := m.member(members.key)
		err := m.field(members.value, members.key, f, path)
		m.leave(mark)
		if err != nil && !m.spare(err, members.key, written, paths) {
			return err
		}
	}
	m.out = end(m.out, start)
	return members.err
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
func (m *Masker) field(value bsoncore.Value, key []byte, f *schema.Field, path string) error {
	switch {
	case value.Type == bsoncore.TypeNull:
		m.out = appendHeader(m.out, value.Type, key)
		return nil
	case !f.Sensitive:
		return m.value(value, key, f.Type, path, f)
	case m.covers(path, f):
		return m.clear(value, key)
	}
	m.masked(path, f)
	return m.mask(value, key, f)
}

// mask writes the mask of a member. It opens a sealed value only if the mask depends on it.
func (m *Masker) mask(value bsoncore.Value, key []byte, f *schema.Field) (err error) {
	var text []byte
	how := f.Strategy()
	switch {
	case how == schema.MaskNull:
		m.out = appendHeader(m.out, bsoncore.TypeNull, key)
		return nil
	case how != schema.MaskFixed:
		if isSealed(value) {
			if value, err = m.open(value); err != nil {
				return err
			}
		}
		if value.Type != bsoncore.TypeString || len(value.Data) < 5 {
			m.out = appendHeader(m.out, bsoncore.TypeNull, key)
			return nil
		}
		text = value.Data[4 : len(value.Data)-1]
	}
	start, out := bsoncore.ReserveLength(appendHeader(m.out, bsoncore.TypeString, key))
	out, ok := appendMask(out, how, text)
	if !ok {
		m.out = appendHeader(m.out, bsoncore.TypeNull, key)
		return nil
	}
	out = append(out, 0)
	m.out = bsoncore.UpdateLength(out, start, int32(len(out))-start-4)
	return nil
}

// clear writes a member with everything in it in clear.
func (m *Masker) clear(value bsoncore.Value, key []byte) error {
	out, err := m.appendClear(m.out, key, value)
	if err != nil {
		return err
	}
	m.out = out
	return nil
}

// value writes a member that is not sensitive itself but may hold what is. It is the value of the
// field f in the object at path, or within it.
func (m *Masker) value(value bsoncore.Value, key []byte, t *schema.Type, path string, f *schema.Field) (err error) {
	if !m.at.Lowered && (isSealed(value) || flat(t) && m.holdsSealed(value)) {
		m.masked(path, f)
		m.out = appendHeader(m.out, bsoncore.TypeNull, key)
		return nil
	}
	if isSealed(value) { // it was sensitive under an older schema
		if value, err = m.open(value); err != nil {
			return err
		}
	}
	if flat(t) || value.Type == bsoncore.TypeNull {
		return m.clear(value, key)
	}
	switch value.Type {
	case bsoncore.TypeEmbeddedDocument:
		if t.Kind == schema.Union {
			t = selected(t, value.Data)
		}
		if t != nil && t.Kind == schema.Object {
			m.out = appendHeader(m.out, value.Type, key)
			return m.object(value.Data, t, nil, join(path, f))
		}
	case bsoncore.TypeArray:
		if t.Kind == schema.List {
			return m.list(value.Data, key, t.Elem, path, f)
		}
	}
	// The value does not fit its type: it was written under an older schema, which may have called
	// it sensitive.
	m.out = appendHeader(m.out, bsoncore.TypeMinKey, key)
	return nil
}

func (m *Masker) list(array, key []byte, elem *schema.Type, path string, f *schema.Field) error {
	start, out := bsoncore.ReserveLength(appendHeader(m.out, bsoncore.TypeArray, key))
	m.out = out
	elements := m.over(array)
	for index := 0; elements.next(); index++ {
		written, paths := len(m.out), len(m.paths)
		mark := m.element(index)
		err := m.value(elements.value, elements.key, elem, path, f)
		m.leave(mark)
		if err != nil && !m.spare(err, elements.key, written, paths) {
			return err
		}
	}
	m.out = end(m.out, start)
	return elements.err
}

// masked notes the path of a masked field, once for all elements of a list.
func (m *Masker) masked(path string, f *schema.Field) {
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

// selected returns the member of a union that a document's discriminator names, or nil.
func selected(union *schema.Type, doc []byte) *schema.Type {
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

// Preview returns what is shown of a text that is the value of a sensitive field; ok is false where
// that is null.
func Preview(f *schema.Field, text string) (mask string, ok bool) {
	b, ok := appendMask(nil, f.Strategy(), []byte(text))
	return string(b), ok
}

// appendMask appends the mask of a text; ok is false where the mask is null.
func appendMask(b []byte, strategy string, s []byte) (mask []byte, ok bool) {
	switch strategy {
	case schema.MaskInitial:
		return appendInitial(b, s), true
	case schema.MaskEmail:
		return appendParts(b, s), true
	case schema.MaskLast4:
		return appendLast4(b, s), true
	case schema.MaskFixed:
		return append(b, "*****"...), true
	case schema.MaskYear:
		return appendYear(b, s)
	}
	return b, false
}

// appendInitial keeps the first character: "John" is "J***". A single character is hidden too.
func appendInitial(b, s []byte) []byte {
	_, size := utf8.DecodeRune(s)
	if size == len(s) {
		size = 0
	}
	return appendStars(append(b, s[:size]...), utf8.RuneCount(s[size:]))
}

func appendStars(b []byte, n int) []byte {
	const stars = "********************************"
	for ; n > len(stars); n -= len(stars) {
		b = append(b, stars...)
	}
	return append(b, stars[:n]...)
}

// appendParts keeps the first character of each part of an e-mail address:
// "john.doe@example.com" is "j***.d**@e******.c**".
func appendParts(b, s []byte) []byte {
	begin := 0
	for i, c := range s {
		if c == '.' || c == '@' {
			b = append(appendInitial(b, s[begin:i]), c)
			begin = i + 1
		}
	}
	return appendInitial(b, s[begin:])
}

// appendLast4 keeps the last four characters of eight or more.
func appendLast4(b, s []byte) []byte {
	n, from := utf8.RuneCount(s), len(s)
	if n >= 8 {
		for range 4 {
			_, size := utf8.DecodeLastRune(s[:from])
			from -= size
		}
		n -= 4
	}
	return append(appendStars(b, n), s[from:]...)
}

// appendYear keeps the year of a date or date-time: 1990-05-17 is 1990-01-01.
func appendYear(b, s []byte) ([]byte, bool) {
	if len(s) < 10 || s[4] != '-' {
		return b, false
	}
	b = append(append(b, s[:4]...), "-01-01"...)
	if len(s) > 10 {
		b = append(b, "T00:00:00Z"...)
	}
	return b, true
}

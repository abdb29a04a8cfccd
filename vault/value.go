package vault

import (
	"bytes"
	"context"
	"crypto/cipher"
	"encoding/binary"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// A sealed value is BSON binary data of subtype 0x80:
//
//	format, 1 byte | version of the DEK, 4 bytes | nonce, 12 | ciphertext | tag, 16
//
// AES-256-GCM under the DEK of the data subject. The plaintext is the type byte of the BSON value,
// the value, and zeros up to the next bucket. The additional data is the header, then account,
// entity and document id, each after its length, then the path to the value: for a member 1 and
// its property name after its length, for an element of a list 2 and its index.
const (
	sealedSubtype = 0x80
	sealedFormat  = 1
	headerSize    = 5
	nonceSize     = 12
	tagSize       = 16

	// smallestBucket holds a type, a length and 26 bytes of text: names, phone numbers and national
	// ids are all of one length.
	smallestBucket = 32
	// largestStep is where buckets stop to double: longer values are padded to a multiple of it.
	largestStep = 64 << 10

	pathName  = 1
	pathIndex = 2

	// maxDepth is what encoding/json takes.
	maxDepth = 10_000
)

// bucket returns the length to which a plaintext is padded.
func bucket(n int) int {
	size := smallestBucket
	for size < n && size < largestStep {
		size *= 2
	}
	if size >= n {
		return size
	}
	return (n + largestStep - 1) / largestStep * largestStep
}

// isSealed reports whether a value is a sealed one. Documents that clients write are JSON, of
// which no value is stored as binary data.
func isSealed(v bsoncore.Value) bool {
	return v.Type == bsoncore.TypeBinary && len(v.Data) > 4 && v.Data[4] == sealedSubtype
}

// parseSealed takes a sealed value apart. The box is nonce, ciphertext and tag.
func parseSealed(v bsoncore.Value) (number uint32, box []byte, err error) {
	_, data, rest, ok := bsoncore.ReadBinary(v.Data)
	if !ok || len(rest) > 0 || len(data) < headerSize || data[0] != sealedFormat {
		return 0, nil, errSealed
	}
	box = data[headerSize:]
	if n := len(box) - nonceSize - tagSize; n < smallestBucket || n != bucket(n) {
		return 0, nil, errSealed
	}
	return binary.BigEndian.Uint32(data[1:]), box, nil
}

// errSealed is the same whatever is wrong, so that nobody learns from it what to try next.
var errSealed = fmt.Errorf("%w: a sealed value does not open", ErrCorrupt)

// errBroken says that a document is not one.
var errBroken = fmt.Errorf("%w: not valid BSON", ErrCorrupt)

// opened takes a plaintext apart. The value aliases it.
func opened(plain []byte) (bsoncore.Value, error) {
	t := bsoncore.Type(plain[0])
	v, padding, ok := bsoncore.ReadValue(plain[1:], t)
	if !ok || len(plain) != bucket(len(plain)-len(padding)) {
		return bsoncore.Value{}, errSealed
	}
	if n := len(padding); n > 0 && (padding[0] != 0 || !bytes.Equal(padding[1:], padding[:n-1])) {
		return bsoncore.Value{}, errSealed
	}
	return v, nil
}

// walk is one pass over a document, or over one after another. It knows the place of the value it
// has come to, and has the subject's key once it was needed.
type walk struct {
	ctx  context.Context
	v    *Vault
	at   Place
	ring *ring[cipher.AEAD]
	lost error // why there is no ring
	// reloaded says that ring is no older than the walk, opened that it opened something of the document.
	reloaded, opened bool

	// place is the additional data of the present value, depth how many steps lead there.
	place []byte
	depth int
	// plain is where values are opened and padded. What was opened is good until the next value.
	plain []byte
}

func (v *Vault) walk(ctx context.Context, at Place) walk {
	w := walk{ctx: ctx, v: v, at: at}
	w.enter()
	return w
}

// turn makes a document the next one of the walk.
func (w *walk) turn(at Place) {
	if at.Subject != w.at.Subject || at.Account != w.at.Account {
		w.ring, w.lost, w.reloaded = nil, nil, false
	}
	w.at, w.opened = at, false
}

// enter begins the pass over the document.
func (w *walk) enter() {
	if w.place == nil {
		w.place = make([]byte, headerSize, 160)
	}
	w.depth = 0
	w.place = appendPart(w.place[:headerSize], w.at.Account)
	w.place = appendPart(w.place, w.at.Entity)
	w.place = appendPart(w.place, w.at.ID)
}

// done wipes what was opened.
func (w *walk) done() { clear(w.plain[:cap(w.plain)]) }

// member steps into a member of an object, element into one of a list. The mark is for leave.
func (w *walk) member(name []byte) (mark int) {
	mark = len(w.place)
	w.depth++
	w.place = appendPart(append(w.place, pathName), name)
	return mark
}

func (w *walk) element(index int) (mark int) {
	mark = len(w.place)
	w.depth++
	w.place = binary.AppendUvarint(append(w.place, pathIndex), uint64(index))
	return mark
}

func (w *walk) leave(mark int) {
	w.place = w.place[:mark]
	w.depth--
}

// keys returns the subject's key, one look-up for the whole document.
func (w *walk) keys(create bool) (*ring[cipher.AEAD], error) {
	if w.ring == nil && w.lost == nil {
		w.ring, w.lost = w.v.keys.subject(w.ctx, w.at.Account, w.at.Subject, create)
	}
	return w.ring, w.lost
}

// reload asks for the subject's key anew, once for the whole document.
func (w *walk) reload(number uint32) (key cipher.AEAD, ok bool, err error) {
	if w.reloaded {
		return nil, false, nil
	}
	w.ring, w.reloaded = nil, true
	w.v.keys.subjects.drop(keyName{account: w.at.Account, kind: subjectKey, id: w.at.Subject})
	keys, err := w.keys(false)
	if err != nil {
		return nil, false, err
	}
	key, ok = keys.find(number)
	return key, ok, nil
}

func (w *walk) header(number uint32) []byte {
	w.place[0] = sealedFormat
	binary.BigEndian.PutUint32(w.place[1:], number)
	return w.place[:headerSize]
}

// open opens a sealed value.
func (w *walk) open(v bsoncore.Value) (bsoncore.Value, error) {
	number, box, err := parseSealed(v)
	if err != nil {
		return v, err
	}
	keys, err := w.keys(false)
	if err != nil {
		return v, err
	}
	key, ok := keys.find(number)
	if !ok { // another process may have rotated the subject's key
		if key, ok, err = w.reload(number); err != nil {
			return v, err
		} else if !ok {
			return v, errSealed
		}
	}
	w.header(number)
	plain, err := key.Open(w.plain[:0], nil, box, w.place)
	if err != nil {
		return v, errSealed
	}
	w.plain, w.opened = plain, true
	return opened(plain)
}

// appendClear appends a member with everything sealed in it opened.
func (w *walk) appendClear(out, key []byte, v bsoncore.Value) (_ []byte, err error) {
	if isSealed(v) {
		if v, err = w.open(v); err != nil {
			return nil, err
		}
		return append(appendHeader(out, v.Type, key), v.Data...), nil
	}
	out = appendHeader(out, v.Type, key)
	switch v.Type {
	case bsoncore.TypeEmbeddedDocument:
		return w.appendObject(out, v.Data)
	case bsoncore.TypeArray:
		return w.appendList(out, v.Data)
	}
	return append(out, v.Data...), nil
}

func (w *walk) appendObject(out, doc []byte) (_ []byte, err error) {
	start, out := bsoncore.ReserveLength(out)
	members := w.over(doc)
	for members.next() {
		mark := w.member(members.key)
		out, err = w.appendClear(out, members.key, members.value)
		w.leave(mark)
		if err != nil {
			return nil, err
		}
	}
	return end(out, start), members.err
}

func (w *walk) appendList(out, list []byte) (_ []byte, err error) {
	start, out := bsoncore.ReserveLength(out)
	elements := w.over(list)
	for index := 0; elements.next(); index++ {
		mark := w.element(index)
		out, err = w.appendClear(out, elements.key, elements.value)
		w.leave(mark)
		if err != nil {
			return nil, err
		}
	}
	return end(out, start), elements.err
}

// cursor visits the members of a document or list.
type cursor struct {
	key   []byte
	value bsoncore.Value
	rest  []byte
	err   error
}

// over begins a visit of what is at present. Nothing that came in as JSON nests deeper than
// maxDepth; a stored document that does would exhaust the stack.
func (w *walk) over(doc []byte) cursor { return over(doc, w.depth) }

func over(doc []byte, depth int) cursor {
	length, rest, ok := bsoncore.ReadLength(doc)
	if !ok || int(length) != len(doc) || depth > maxDepth {
		return cursor{err: errBroken}
	}
	return cursor{rest: rest}
}

// next steps to the next member. It returns false at the end, or with err.
func (c *cursor) next() bool {
	if len(c.rest) == 1 && c.rest[0] == 0 || c.err != nil {
		return false
	}
	if name := bytes.IndexByte(c.rest, 0); name > 0 {
		var ok bool
		c.key = c.rest[1:name]
		if c.value, c.rest, ok = bsoncore.ReadValue(c.rest[name+1:], bsoncore.Type(c.rest[0])); ok {
			return true
		}
	}
	c.err = errBroken
	return false
}

// end ends a document or list whose length stands at start.
func end(out []byte, start int32) []byte {
	out = append(out, 0)
	return bsoncore.UpdateLength(out, start, int32(len(out))-start)
}

// appendHeader appends what a member begins with.
func appendHeader(out []byte, t bsoncore.Type, key []byte) []byte {
	out = append(append(out, byte(t)), key...)
	return append(out, 0)
}

// holdsSealed reports whether anything in a value is sealed, or it cannot be read.
func (w *walk) holdsSealed(v bsoncore.Value) bool { return holdsSealed(v, w.depth) }

func holdsSealed(v bsoncore.Value, depth int) bool {
	if v.Type != bsoncore.TypeEmbeddedDocument && v.Type != bsoncore.TypeArray {
		return isSealed(v)
	}
	members := over(v.Data, depth)
	for members.next() {
		if holdsSealed(members.value, depth+1) {
			return true
		}
	}
	return members.err != nil
}

package vault

import (
	"bytes"
	"crypto/cipher"
	"hash/maphash"
	"sync/atomic"
	"weak"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/schema"
)

// memo remembers how documents were masked, so that one that is read again and again is opened once.
// It holds what everybody may see, and only for as long as the data subject's key is held: whoever
// may not use the key any more does not find the mask either. It keeps neither a key nor a schema in
// memory. A place has one slot, which the last document to come there has.
type memo struct {
	seed  maphash.Seed
	slots [8192]atomic.Pointer[remembered]
}

// remembered is the mask of one document. It is immutable.
type remembered struct {
	at     Place
	entity weak.Pointer[schema.Entity]
	want   schema.FieldSet
	keys   weak.Pointer[ring[cipher.AEAD]]
	doc    []byte // as it was stored: any other version, however alike, is another document
	body   bson.Raw
	paths  []string
}

// largestRemembered bounds the memory of a slot.
const largestRemembered = 4 << 10

func newMemo() *memo { return &memo{seed: maphash.MakeSeed()} }

func (m *memo) slot(id string) *atomic.Pointer[remembered] {
	return &m.slots[maphash.String(m.seed, id)%uint64(len(m.slots))]
}

// find returns the mask of a document, or nil.
func (m *memo) find(keys *ring[cipher.AEAD], at Place, e *schema.Entity, want schema.FieldSet, doc []byte) *remembered {
	r := m.slot(at.ID).Load()
	if r == nil || r.at != at || !bytes.Equal(r.doc, doc) || !r.want.Equal(want) || r.keys.Value() != keys || r.entity.Value() != e {
		return nil
	}
	return r
}

// add remembers the mask of a document that was made with keys.
func (m *memo) add(keys *ring[cipher.AEAD], at Place, e *schema.Entity, want schema.FieldSet, doc, body []byte, paths []string) {
	size := len(doc) + len(body)
	if size > largestRemembered {
		return
	}
	both := append(append(make([]byte, 0, size), doc...), body...) // not what they are parts of
	m.slot(at.ID).Store(&remembered{at: at, entity: weak.Make(e), want: want, keys: weak.Make(keys),
		doc: both[:len(doc):len(doc)], body: both[len(doc):], paths: paths})
}

package profile

import (
	"bytes"
	"hash/maphash"
	"slices"
	"sync/atomic"
	"time"
	"weak"

	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
)

// memo remembers documents as everybody may see them, so that one that is read again and again is
// decoded and opened once. It shows one only for the very record that it was made of, and only as
// long as the vault's lease on it holds: whoever may not use the key any more does not find the mask
// either. It keeps neither a key nor a schema in memory.
type memo struct {
	seed maphash.Seed
	sets [2048]set
}

// set is where documents have a place whose ids share a part of their hash.
type set struct {
	tags [4]atomic.Uint32 // the other part, so that what is of other documents need not be touched
	ways [4]atomic.Pointer[remembered]
	last atomic.Uint32 // the way used last; the next one is the first to be given up
}

// remembered is a document as it was shown. It is immutable.
type remembered struct {
	account tenant.ID
	entity  weak.Pointer[schema.Entity]
	want    schema.FieldSet
	record  []byte // its body as stored: any other version, however alike, is another document
	lease   vault.Lease
	shown   Document
}

// largestRemembered bounds the memory of a place.
const largestRemembered = 4 << 10

func newMemo() *memo { return &memo{seed: maphash.MakeSeed()} }

func (m *memo) set(document string) (s *set, tag uint32) {
	hash := maphash.String(m.seed, document)
	return &m.sets[hash%uint64(len(m.sets))], uint32(hash >> 32)
}

// of tells whether what is remembered is that view of the document that r is a version of.
func (k *remembered) of(id tenant.ID, e *schema.Entity, r *storage.Record, want schema.FieldSet) bool {
	return k != nil && k.shown.ID == r.ID && k.account == id && k.entity.Value() == e && k.want.Equal(want)
}

// find returns how a record is shown, or nil.
func (m *memo) find(id tenant.ID, e *schema.Entity, r *storage.Record, want schema.FieldSet, now time.Time) *Document {
	s, tag := m.set(r.ID)
	for way := range s.ways {
		if s.tags[way].Load() != tag {
			continue
		}
		k := s.ways[way].Load()
		if !k.of(id, e, r, want) || k.shown.Owner != r.Owner || !k.shown.Expires.Equal(r.Expires) || !bytes.Equal(k.record, r.Body) || !k.lease.Holds(now) {
			continue
		}
		if s.last.Load() != uint32(way) {
			s.last.Store(uint32(way))
		}
		return &k.shown
	}
	return nil
}

// add remembers how a record is shown, in the place of an older version if there is one, and lets others keep
// what they make of it.
func (m *memo) add(id tenant.ID, e *schema.Entity, r *storage.Record, want schema.FieldSet, lease vault.Lease, d *Document) {
	if len(r.Body)+len(d.Body) > largestRemembered {
		return
	}
	d.Kept = new(atomic.Value)
	shown := *d
	// Not what they are parts of: a page's records and masks share memory.
	shown.Body = bytes.Clone(d.Body)
	shown.Masked = slices.Clone(d.Masked)
	s, tag := m.set(r.ID)
	way := (s.last.Load() + 1) % uint32(len(s.ways))
	for i := range s.ways {
		if s.ways[i].Load().of(id, e, r, want) {
			way = uint32(i)
		}
	}
	s.tags[way].Store(tag)
	s.ways[way].Store(&remembered{account: id, entity: weak.Make(e), want: want, record: bytes.Clone(r.Body), lease: lease, shown: shown})
	s.last.Store(way)
}

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
//
// A document's place is a set of two, of which a newcomer takes the one that was not used last.
type memo struct {
	seed maphash.Seed
	sets [4096]struct {
		ways [2]atomic.Pointer[remembered]
		last atomic.Uint32 // the way used last
	}
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

// find returns how a record is shown, or nil.
func (m *memo) find(id tenant.ID, e *schema.Entity, r *storage.Record, want schema.FieldSet, now time.Time) *Document {
	set := &m.sets[maphash.String(m.seed, r.ID)%uint64(len(m.sets))]
	for way := range set.ways {
		k := set.ways[way].Load()
		if k == nil || k.shown.ID != r.ID || k.account != id || k.entity.Value() != e || k.shown.Owner != r.Owner ||
			!k.shown.Expires.Equal(r.Expires) || !k.want.Equal(want) || !bytes.Equal(k.record, r.Body) || !k.lease.Holds(now) {
			continue
		}
		if set.last.Load() != uint32(way) {
			set.last.Store(uint32(way))
		}
		return &k.shown
	}
	return nil
}

// add remembers how a record is shown, and lets others keep what they make of it.
func (m *memo) add(id tenant.ID, e *schema.Entity, r *storage.Record, want schema.FieldSet, lease vault.Lease, d *Document) {
	if len(r.Body)+len(d.Body) > largestRemembered {
		return
	}
	d.Kept = new(atomic.Value)
	shown := *d
	// Not what they are parts of: a page's records and masks share memory.
	shown.Body = bytes.Clone(d.Body)
	shown.Masked = slices.Clone(d.Masked)
	set := &m.sets[maphash.String(m.seed, r.ID)%uint64(len(m.sets))]
	way := 1 - set.last.Load()
	set.ways[way].Store(&remembered{account: id, entity: weak.Make(e), want: want, record: bytes.Clone(r.Body), lease: lease, shown: shown})
	set.last.Store(way)
}

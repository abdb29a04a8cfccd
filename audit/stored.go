package audit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

// stored keeps logs over the storage port. A record is a batch; its id is the index of its first
// entry. Since a record is written only if there is none in its place, and only by a process that
// has seen the log end there, processes that append at once make neither a gap nor a fork: one
// wins, the others look again. Records are never deleted, so a place is never free again.
type stored struct{ store storage.Store }

func (s stored) open(account tenant.ID) (ledger, error) {
	return records{store: s.store, space: storage.Space{Account: account, Collection: storage.Audit}}, nil
}

func (s stored) close() error { return nil } // the store is its owner's

type records struct {
	store storage.Store
	space storage.Space
}

// scanPage is how many records one scan asks for.
const scanPage = 64

// recordID is the id of the batch that begins with an entry; ids are in order of it.
func recordID(first int64) string { return fmt.Sprintf("%020d", first) }

type recordBody struct {
	Batch []byte `bson:"batch"`
}

func encodeRecord(b *batch) (storage.Record, error) {
	body, err := bson.Marshal(recordBody{Batch: b.appendTo(nil)})
	if err != nil {
		return storage.Record{}, fmt.Errorf("encode batch: %w", err)
	}
	return storage.Record{ID: recordID(b.first), Rev: rand.Text(), Body: body}, nil
}

func decodeRecord(rec storage.Record) (*batch, error) {
	first, err := strconv.ParseInt(rec.ID, 10, 64)
	if err != nil || recordID(first) != rec.ID {
		return nil, fmt.Errorf("%w: there is a record in the log that it did not write", ErrTampered)
	}
	var body recordBody
	err = bson.Unmarshal(rec.Body, &body)
	b := new(batch)
	if err == nil {
		b, err = decodeBatch(body.Batch)
	}
	if err != nil || b.first != first {
		return nil, tampered(first, "it cannot be read, or what is stored in its place is another")
	}
	return b, nil
}

func (r records) append(ctx context.Context, b *batch) error {
	rec, err := encodeRecord(b)
	if err != nil {
		return err
	}
	err = r.store.Insert(ctx, r.space, rec)
	if errors.Is(err, storage.ErrExists) {
		return errBehind
	}
	return err
}

func (r records) ascend(ctx context.Context, index int64, fn func(*batch) (bool, error)) error {
	next, after := index, ""
	if index > 0 {
		// The batch that holds the entry may begin before it.
		b, err := r.containing(ctx, index)
		if err != nil {
			return err
		}
		if b == nil {
			return nil
		}
		next, after = b.first, recordID(b.first-1)
		if b.first == 0 {
			after = ""
		}
	}
	return r.scan(ctx, storage.Page{After: after, Limit: scanPage}, func(_ storage.Record, b *batch) (bool, error) {
		if b.first != next {
			return false, tampered(next, "missing; the next stored is %d", b.first)
		}
		next = b.end()
		return fn(b)
	})
}

func (r records) descend(ctx context.Context, index int64, fn func(*batch) (bool, error)) error {
	end := int64(-1)
	err := r.scan(ctx, storage.Page{After: recordID(index), Desc: true, Limit: scanPage}, func(_ storage.Record, b *batch) (bool, error) {
		if end >= 0 && b.end() != end {
			return false, tampered(b.end(), "missing; the next stored is %d", end)
		}
		end = b.first
		return fn(b)
	})
	return err
}

func (r records) scan(ctx context.Context, page storage.Page, fn func(storage.Record, *batch) (bool, error)) error {
	for {
		recs, err := r.store.Scan(ctx, r.space, page)
		if err != nil {
			return err
		}
		for _, rec := range recs {
			b, err := decodeRecord(rec)
			if err != nil {
				return err
			}
			if more, err := fn(rec, b); err != nil || !more {
				return err
			}
			page.After = rec.ID
		}
		if len(recs) < page.Limit {
			return nil
		}
	}
}

// containing returns the batch that holds an entry, or nil if the log is shorter.
func (r records) containing(ctx context.Context, index int64) (*batch, error) {
	recs, err := r.store.Scan(ctx, r.space, storage.Page{After: recordID(index + 1), Desc: true, Limit: 1})
	if err != nil || len(recs) == 0 {
		return nil, err
	}
	b, err := decodeRecord(recs[0])
	if err != nil || b.end() <= index {
		return nil, err
	}
	return b, nil
}

func (r records) hashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	var b *batch
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		// A hash is stored with the entry that completes its subtree.
		entry := (n+1)<<level - 1
		if b == nil || entry < b.first || entry >= b.end() {
			var err error
			if b, err = r.containing(ctx, entry); err != nil {
				return nil, err
			}
			if b == nil {
				return nil, tampered(entry, "missing")
			}
		}
		hashes[i] = b.hashes[index-tlog.StoredHashIndex(0, b.first)]
	}
	return hashes, nil
}

func (r records) prune(ctx context.Context, size int64) error {
	return r.scan(ctx, storage.Page{Limit: scanPage}, func(rec storage.Record, b *batch) (bool, error) {
		if b.end() > size || b.pruned() {
			return b.end() < size, nil
		}
		b.strip()
		stripped, err := encodeRecord(b)
		if err != nil {
			return false, err
		}
		err = r.store.Replace(ctx, r.space, stripped, rec.Rev)
		if errors.Is(err, storage.ErrConflict) {
			err = nil // another process prunes too, and a record changes in no other way
		}
		return true, err
	})
}

func (r records) close() error { return nil }

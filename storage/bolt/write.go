package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/profilegraph/profilegraph/storage"
)

// maxBatch bounds the writes of one transaction, and maxBatchBytes their sizes, so that none waits
// long and the transaction's pages fit in memory.
const (
	maxBatch      = 256
	maxBatchBytes = 32 << 20
)

// write is one operation on its way into a transaction.
type write struct {
	ctx   context.Context
	space storage.Space
	id    string
	next  []byte                      // the encoded record to write; nil deletes
	admit func(current *stored) error // judges the record in place, which may be nil
	scrub bool                        // it is none of these: scrub the file

	result error         // the operation's own result
	done   chan struct{} // closed when result is final and, if nil, durable
}

// Insert implements storage.Store.
func (s *Store) Insert(ctx context.Context, in storage.Space, r storage.Record) error {
	return s.put(ctx, "insert", in, r, func(current *stored) error {
		if current != nil && !current.expired(s.now) {
			return storage.ErrExists
		}
		return nil
	})
}

// Replace implements storage.Store.
func (s *Store) Replace(ctx context.Context, in storage.Space, r storage.Record, prev string) error {
	return s.put(ctx, "replace", in, r, func(current *stored) error {
		switch {
		case current == nil || current.expired(s.now):
			return storage.ErrNotFound
		case string(current.rev()) != prev:
			return storage.ErrConflict
		}
		return nil
	})
}

// Delete implements storage.Store.
func (s *Store) Delete(ctx context.Context, in storage.Space, id, prev string) error {
	if err := in.Check(); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	return s.submit("delete", &write{ctx: ctx, space: in, id: id, admit: func(current *stored) error {
		switch {
		case current == nil:
			return storage.ErrNotFound
		case prev != "" && string(current.rev()) != prev:
			return storage.ErrConflict
		}
		return nil
	}})
}

func (s *Store) put(ctx context.Context, op string, in storage.Space, r storage.Record, admit func(*stored) error) error {
	if err := in.Check(); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if err := r.Check(); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return s.submit(op, &write{ctx: ctx, space: in, id: r.ID, next: encode(r), admit: admit})
}

// submit hands a write over to commit and waits for its result, or for the end of its context.
func (s *Store) submit(op string, w *write) error {
	w.done = make(chan struct{})
	if err := s.enqueue(w); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	select {
	case <-w.done:
		if w.result != nil {
			return fmt.Errorf("%s: %w", op, w.result)
		}
		return nil
	case <-w.ctx.Done():
		return fmt.Errorf("%s, outcome unknown: %w", op, w.ctx.Err())
	}
}

func (s *Store) enqueue(w *write) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	s.closing.RLock()
	defer s.closing.RUnlock()
	if s.closed {
		return fmt.Errorf("%w: the store is closed", storage.ErrUnavailable)
	}
	select {
	case s.writes <- w:
		return nil
	case <-w.ctx.Done():
		return w.ctx.Err()
	}
}

// commit applies the writes that wait, all in one transaction, until the store closes.
func (s *Store) commit() {
	defer close(s.done)
	for first := range s.writes {
		var batch []*write
		size, w := 0, first
		for w != nil && !w.scrub {
			batch, size = append(batch, w), size+len(w.next)
			if w = nil; len(batch) < maxBatch && size < maxBatchBytes {
				w = s.waiting()
			}
		}
		if len(batch) > 0 {
			s.apply(batch)
		}
		if w != nil {
			w.result = s.scrub(w.ctx)
			close(w.done)
		}
	}
}

// waiting returns a write that waits already, or nil.
func (s *Store) waiting() *write {
	select {
	case w := <-s.writes: // nil if the store is closing
		return w
	default:
		return nil
	}
}

// apply makes one transaction of a batch. A write that is not admitted changes nothing and does
// not disturb the others; a failure of the database is everybody's.
func (s *Store) apply(batch []*write) {
	s.readers.pause()
	err := sound(func() error {
		if err := s.inPlace(); err != nil {
			return err
		}
		return s.db.Update(func(tx *bbolt.Tx) error {
			for _, w := range batch {
				if w.result = w.ctx.Err(); w.result != nil {
					continue // nobody waits for it
				}
				if err := w.apply(tx); err != nil {
					return err
				}
			}
			return nil
		})
	})
	s.readers.resume()
	for _, w := range batch {
		if errors.Is(err, storage.ErrDamaged) {
			w.result = err
		} else if err != nil {
			w.result = unavailable(err)
		}
		close(w.done)
	}
}

// apply does one write within a transaction. Its error is the database's, and undoes the whole; what
// is wrong with this write alone is in w.result, and nothing has changed then.
func (w *write) apply(tx *bbolt.Tx) error {
	bucket := tx.Bucket(bucketName(w.space.Collection, records))
	key := append(appendSpace(nil, w.space), w.id...)
	old := bucket.Get(key)

	var current *stored
	if old != nil {
		found := open(old)
		current = &found
	}
	if w.result = w.admit(current); w.result != nil {
		return nil
	}
	err := w.index(tx, old, (*bbolt.Bucket).Delete)
	if errors.Is(err, errCorrupt) { // nobody knows any more under what it is listed
		err = w.unlist(tx, key)
	}
	if err != nil {
		return err
	}
	if err := w.index(tx, w.next, func(b *bbolt.Bucket, entry []byte) error { return b.Put(entry, nil) }); err != nil {
		return err
	}
	if w.next == nil {
		return bucket.Delete(key)
	}
	return bucket.Put(key, w.next)
}

// index calls change with each index entry of an encoded record of w's id, which may be nil. It
// fails with errCorrupt before the first change.
func (w *write) index(tx *bbolt.Tx, encoded []byte, change func(b *bbolt.Bucket, entry []byte) error) error {
	if encoded == nil {
		return nil
	}
	list, err := listings(w.space, w.id, open(encoded))
	if err != nil {
		return err
	}
	for _, l := range list {
		if err := change(tx.Bucket(bucketName(w.space.Collection, l.in)), l.entry); err != nil {
			return err
		}
	}
	return nil
}

// listing is an index entry.
type listing struct {
	in    kind
	entry []byte
}

// listings returns the index entries of a record, or errCorrupt.
func listings(in storage.Space, id string, s stored) ([]listing, error) {
	_, owner, values, err := indexed(string(s.head), nil)
	if err != nil {
		return nil, err
	}
	list := make([]listing, 0, len(values)+2)
	for _, value := range values {
		list = append(list, listing{keys, append(appendEntry(nil, in, value), id...)})
	}
	if owner != "" {
		list = append(list, listing{owners, append(appendEntry(nil, in, owner), id...)})
	}
	if s.expires != never {
		list = append(list, listing{expiry, append(appendSpace(appendExpiry(nil, s.expires), in), id...)})
	}
	return list, nil
}

// unlist removes all index entries of the record with a key, by looking at every entry there is.
func (w *write) unlist(tx *bbolt.Tx, key []byte) error {
	for _, in := range []kind{keys, owners, expiry} {
		bucket := tx.Bucket(bucketName(w.space.Collection, in))
		var found [][]byte
		err := bucket.ForEach(func(entry, _ []byte) error {
			if bytes.Equal(listed(in, entry), key) {
				found = append(found, bytes.Clone(entry))
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, entry := range found {
			if err := bucket.Delete(entry); err != nil {
				return err
			}
		}
	}
	return nil
}

// listed returns the key of the record that an index entry leads to, or nil.
func listed(in kind, entry []byte) []byte {
	if in == expiry {
		return entry[min(8, len(entry)):]
	}
	parts := bytes.SplitN(entry, []byte{0}, 4) // account, part, value, id
	if len(parts) != 4 {
		return nil
	}
	return bytes.Join([][]byte{parts[0], parts[1], parts[3]}, []byte{0})
}

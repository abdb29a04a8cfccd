package bolt

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/profilegraph/profilegraph/storage"
)

// reader is a read transaction with its cursors. One goroutine uses it at a time.
type reader struct {
	tx         *bbolt.Tx
	generation uint64
	cursors    map[cursorKey]*bbolt.Cursor
	scratch    []byte
}

type cursorKey struct {
	collection storage.Collection
	kind       kind
}

// readers keeps idle readers, since to begin a transaction and to find its buckets costs as much
// as the read itself. An idle reader is good until the next commit. It must be given back before
// the commit too: the database waits for all readers when it has to map a grown file anew.
type readers struct {
	db *bbolt.DB

	mu         sync.Mutex
	idle       []*reader
	generation uint64 // of the newest commit
	paused     bool
	stopped    chan struct{} // closed when reads may begin again; nil: they may
}

// maxIdle is enough for every goroutine that can run at a time on a large machine.
const maxIdle = 64

func (p *readers) get() (*reader, error) {
	p.mu.Lock()
	for p.stopped != nil {
		stopped := p.stopped
		p.mu.Unlock()
		<-stopped
		p.mu.Lock()
	}
	if n := len(p.idle); n > 0 {
		r := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return r, nil
	}
	generation := p.generation
	p.mu.Unlock()

	tx, err := p.db.Begin(false)
	if err != nil {
		return nil, unavailable(err)
	}
	return &reader{tx: tx, generation: generation, cursors: map[cursorKey]*bbolt.Cursor{}}, nil
}

func (p *readers) put(r *reader) error {
	p.mu.Lock()
	if !p.paused && r.generation == p.generation && len(p.idle) < maxIdle {
		p.idle = append(p.idle, r)
		p.mu.Unlock()
		return nil
	}
	p.mu.Unlock()
	return r.tx.Rollback()
}

// pause ends the idle readers and keeps none until resume.
func (p *readers) pause() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.paused = nil, true
	p.mu.Unlock()
	for _, r := range idle {
		// The one error there is says that the transaction has ended already.
		_ = r.tx.Rollback()
	}
}

// resume follows a commit: a reader that began before it is not kept.
func (p *readers) resume() {
	p.mu.Lock()
	p.generation++
	p.paused = false
	p.mu.Unlock()
}

// stop ends the idle readers, and lets nobody read until start.
func (p *readers) stop() {
	p.mu.Lock()
	p.stopped = make(chan struct{})
	p.mu.Unlock()
	p.pause()
}

func (p *readers) start() {
	p.mu.Lock()
	close(p.stopped)
	p.stopped = nil
	p.mu.Unlock()
	p.resume()
}

func (s *Store) read(ctx context.Context, op string, f func(*reader) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	r, err := s.readers.get()
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if err = r.run(f); errors.Is(err, storage.ErrDamaged) {
		err = errors.Join(err, r.tx.Rollback()) // its cursors stand anywhere
	} else if e := s.readers.put(r); err == nil && e != nil {
		err = unavailable(e)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

func (r *reader) run(f func(*reader) error) (err error) {
	defer damaged(&err)
	return f(r)
}

// sound is what f returns, or ErrDamaged.
func sound(f func() error) (err error) {
	defer damaged(&err)
	return f()
}

// damaged makes ErrDamaged of a panic of the database, which it is in for a page that is none.
func damaged(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %v", storage.ErrDamaged, p)
	}
}

func (r *reader) cursor(c storage.Collection, k kind) *bbolt.Cursor {
	key := cursorKey{c, k}
	cursor := r.cursors[key]
	if cursor == nil {
		cursor = r.tx.Bucket(bucketName(c, k)).Cursor()
		r.cursors[key] = cursor
	}
	return cursor
}

// get copies the record of an id unless it is absent or has expired.
func (r *reader) get(record *storage.Record, in storage.Space, id string, now func() time.Time, c *copies) bool {
	key := append(appendSpace(r.scratch[:0], in), id...)
	r.scratch = key
	k, v := r.cursor(in.Collection, records).Seek(key)
	if !bytes.Equal(k, key) {
		return false
	}
	found := open(v)
	if found.expired(now) {
		return false
	}
	c.record(record, id, found)
	return true
}

func (s stored) expired(now func() time.Time) bool {
	return s.expires != never && s.expires <= now().UnixMilli()
}

// walk calls visit, in the order of the page, with the rest of each key that begins with base and
// is in the page, until visit returns false.
func walk(c *bbolt.Cursor, base []byte, p storage.Page, visit func(id, value []byte) (bool, error)) error {
	prefix, after := base, base
	if p.Prefix != "" {
		prefix = slices.Concat(base, []byte(p.Prefix))
	}
	if p.After != "" {
		after = slices.Concat(base, []byte(p.After))
	}
	var k, v []byte
	step := c.Next
	if p.Desc {
		step = c.Prev
		from := successor(slices.Clone(prefix))
		if p.After != "" && bytes.Compare(after, from) < 0 {
			from = after
		}
		// The cursor stands at from or behind it, hence one step back; or behind everything.
		if k, _ = c.Seek(from); k == nil {
			k, v = c.Last()
		} else {
			k, v = c.Prev()
		}
	} else {
		from := prefix
		if p.After != "" && bytes.Compare(after, prefix) >= 0 {
			from = append(after, 0)
		}
		k, v = c.Seek(from)
	}
	for ; bytes.HasPrefix(k, prefix); k, v = step() {
		if more, err := visit(k[len(base):], v); err != nil || !more {
			return err
		}
	}
	return nil
}

// entries returns the records that an index lists under one value.
func (r *reader) entries(in storage.Space, index kind, value string, p storage.Page, now func() time.Time, c *copies) ([]storage.Record, error) {
	var out []storage.Record
	base := appendEntry(make([]byte, 0, 128), in, value)
	err := walk(r.cursor(in.Collection, index), base, p, func(id, _ []byte) (bool, error) {
		var record storage.Record
		if r.get(&record, in, c.string(id), now, c) {
			out = append(out, record)
		}
		return len(out) < p.Limit, nil
	})
	return out, err
}

// Get implements storage.Store.
func (s *Store) Get(ctx context.Context, in storage.Space, id string) (record storage.Record, err error) {
	if err := in.Check(); err != nil {
		return storage.Record{}, fmt.Errorf("get: %w", err)
	}
	found := false
	err = s.read(ctx, "get", func(r *reader) error {
		found = r.get(&record, in, id, s.now, new(copies))
		return nil
	})
	if err == nil && !found {
		err = storage.ErrNotFound
	}
	return record, err
}

// GetMany implements storage.Store.
func (s *Store) GetMany(ctx context.Context, space storage.Space, ids []string, m *storage.Memory) ([]storage.Record, error) {
	if err := cmp.Or(space.Check(), storage.AtMost(len(ids), storage.MaxRecords)); err != nil {
		return nil, fmt.Errorf("get many: %w", err)
	}
	out := make([]storage.Record, len(ids))
	err := s.read(ctx, "get many", func(r *reader) error {
		c := in(m)
		defer c.giveBack(m)
		for i, id := range ids {
			r.get(&out[i], space, id, s.now, c)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Scan implements storage.Store.
func (s *Store) Scan(ctx context.Context, space storage.Space, p storage.Page) ([]storage.Record, error) {
	if err := cmp.Or(space.Check(), p.Check()); err != nil {
		return nil, fmt.Errorf("scan: %w", err)
	}
	var out []storage.Record
	err := s.read(ctx, "scan", func(r *reader) error {
		c := in(p.Memory)
		defer c.giveBack(p.Memory)
		out = make([]storage.Record, 0, min(p.Limit, 64))
		return walk(r.cursor(space.Collection, records), appendSpace(nil, space), p, func(id, v []byte) (bool, error) {
			if found := open(v); !found.expired(s.now) {
				out = append(out, storage.Record{})
				c.record(&out[len(out)-1], c.string(id), found)
			}
			return len(out) < p.Limit, nil
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Find implements storage.Store.
func (s *Store) Find(ctx context.Context, in storage.Space, values []string, limit int) ([][]storage.Record, error) {
	p := storage.Page{Limit: limit}
	if err := cmp.Or(in.Check(), p.Check(), storage.AtMost(len(values), storage.MaxFindKeys)); err != nil {
		return nil, fmt.Errorf("find: %w", err)
	}
	return s.listed(ctx, "find", in, keys, values, p)
}

// Owned implements storage.Store.
func (s *Store) Owned(ctx context.Context, in storage.Space, ids []string, p storage.Page) ([][]storage.Record, error) {
	noPrefix := storage.AtMost(len(p.Prefix), 0)
	if err := cmp.Or(in.Check(), p.Check(), noPrefix, storage.AtMost(len(ids), storage.MaxRecords)); err != nil {
		return nil, fmt.Errorf("owned: %w", err)
	}
	return s.listed(ctx, "owned", in, owners, ids, p)
}

// listed returns what an index lists under each of the values.
func (s *Store) listed(ctx context.Context, op string, space storage.Space, index kind, values []string, p storage.Page) ([][]storage.Record, error) {
	out := make([][]storage.Record, len(values))
	err := s.read(ctx, op, func(r *reader) error {
		c := in(p.Memory)
		defer c.giveBack(p.Memory)
		for i, value := range values {
			if !storage.ValidID(value) {
				continue // nothing is listed under it, and a NUL in it would reach other entries
			}
			var err error
			if out[i], err = r.entries(space, index, value, p, s.now, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Expired implements storage.Store.
func (s *Store) Expired(ctx context.Context, c storage.Collection, limit int) ([]storage.Located, error) {
	if err := cmp.Or(c.Check(), storage.Page{Limit: limit}.Check()); err != nil {
		return nil, fmt.Errorf("expired: %w", err)
	}
	now := s.now().UnixMilli()
	var out []storage.Located
	err := s.read(ctx, "expired", func(r *reader) error {
		cursor := r.cursor(c, expiry)
		for k, _ := cursor.First(); k != nil && len(out) < limit; k, _ = cursor.Next() {
			when, in, id, err := splitExpiry(k, c)
			if err != nil {
				continue // Verify tells of it
			}
			if when > now {
				return nil
			}
			record, v := r.cursor(c, records).Seek(k[8:])
			if !bytes.Equal(record, k[8:]) {
				continue
			}
			out = append(out, storage.Located{Space: in, ID: id, Rev: string(open(v).rev())})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

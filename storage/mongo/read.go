package mongo

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/profilegraph/profilegraph/storage"
)

// Get implements storage.Store.
func (s *Store) Get(ctx context.Context, in storage.Space, id string) (storage.Record, error) {
	if err := in.Check(); err != nil {
		return storage.Record{}, fmt.Errorf("get: %w", err)
	}
	if !storage.ValidID(id) {
		return storage.Record{}, fmt.Errorf("get: %w", storage.ErrNotFound)
	}
	var d document
	err := s.call(ctx, "get", func(ctx context.Context, _ bool) (err error) {
		d, err = s.current(ctx, in, prefix(in)+id)
		if err == nil && d.expired(s.now()) {
			err = storage.ErrNotFound
		}
		return err
	})
	if err != nil {
		return storage.Record{}, err
	}
	return d.record(prefix(in)), nil
}

// GetMany implements storage.Store.
func (s *Store) GetMany(ctx context.Context, in storage.Space, ids []string, _ *storage.Memory) ([]storage.Record, error) {
	if err := cmp.Or(in.Check(), storage.AtMost(len(ids), storage.MaxRecords)); err != nil {
		return nil, fmt.Errorf("get many: %w", err)
	}
	if len(ids) == 1 {
		r, err := s.Get(ctx, in, ids[0])
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return nil, err
		}
		return []storage.Record{r}, nil
	}
	base := prefix(in)
	found := map[string]storage.Record{}
	if wanted := qualified(base, ids); len(wanted) > 0 {
		docs, err := s.find(ctx, "get many", in.Collection, bson.D{{Key: fieldID, Value: among(wanted)}}, options.Find())
		if err != nil {
			return nil, err
		}
		now := s.now()
		for _, d := range docs {
			if !d.expired(now) {
				r := d.record(base)
				found[r.ID] = r
			}
		}
	}
	out := make([]storage.Record, len(ids))
	taken := make(map[string]bool, len(found))
	for i, id := range ids {
		if out[i] = found[id]; taken[id] {
			out[i] = clone(out[i])
		}
		taken[id] = true
	}
	return out, nil
}

// Scan implements storage.Store.
func (s *Store) Scan(ctx context.Context, in storage.Space, p storage.Page) ([]storage.Record, error) {
	if err := cmp.Or(in.Check(), p.Check()); err != nil {
		return nil, fmt.Errorf("scan: %w", err)
	}
	all := lists{base: prefix(in), limit: p.Limit, of: map[string][]storage.Record{"": nil}}
	if err := s.gather(ctx, "scan", in, p, &all); err != nil {
		return nil, err
	}
	return all.of[""], nil
}

// Find implements storage.Store.
func (s *Store) Find(ctx context.Context, in storage.Space, keys []string, limit int) ([][]storage.Record, error) {
	p := storage.Page{Limit: limit}
	if err := cmp.Or(in.Check(), p.Check(), storage.AtMost(len(keys), storage.MaxFindKeys)); err != nil {
		return nil, fmt.Errorf("find: %w", err)
	}
	return s.listed(ctx, "find", in, fieldKeys, keys, p)
}

// Owned implements storage.Store.
func (s *Store) Owned(ctx context.Context, in storage.Space, owners []string, p storage.Page) ([][]storage.Record, error) {
	noPrefix := storage.AtMost(len(p.Prefix), 0)
	if err := cmp.Or(in.Check(), p.Check(), noPrefix, storage.AtMost(len(owners), storage.MaxRecords)); err != nil {
		return nil, fmt.Errorf("owned: %w", err)
	}
	return s.listed(ctx, "owned", in, fieldOwner, owners, p)
}

// Expired implements storage.Store. Some time after a record has expired the server may remove it
// by itself; it is not listed then.
func (s *Store) Expired(ctx context.Context, c storage.Collection, limit int) ([]storage.Located, error) {
	if err := cmp.Or(c.Check(), storage.Page{Limit: limit}.Check()); err != nil {
		return nil, fmt.Errorf("expired: %w", err)
	}
	docs, err := s.find(ctx, "expired", c, bson.D{{Key: fieldExpires, Value: upTo(s.now())}}, options.Find().
		SetProjection(bson.D{{Key: fieldRev, Value: 1}}).
		SetSort(bson.D{{Key: fieldExpires, Value: 1}}).
		SetLimit(int64(limit)))
	if err != nil {
		return nil, err
	}
	out := make([]storage.Located, len(docs))
	for i, d := range docs {
		in, id, err := split(d.ID, c)
		if err != nil {
			return nil, fmt.Errorf("expired: %w", err)
		}
		out[i] = storage.Located{Space: in, ID: id, Rev: d.Rev}
	}
	return out, nil
}

// listed returns the records that carry each of the values in a field.
func (s *Store) listed(ctx context.Context, op string, in storage.Space, field string, values []string, p storage.Page) ([][]storage.Record, error) {
	found := lists{base: prefix(in), field: field, limit: p.Limit, of: map[string][]storage.Record{}}
	for _, value := range values {
		if storage.ValidID(value) {
			found.of[value] = nil
		}
	}
	if err := s.gather(ctx, op, in, p, &found); err != nil {
		return nil, err
	}
	out := make([][]storage.Record, len(values))
	taken := make(map[string]bool, len(values))
	for i, value := range values {
		if out[i] = found.of[value]; taken[value] {
			out[i] = make([]storage.Record, len(found.of[value]))
			for j, r := range found.of[value] {
				out[i][j] = clone(r)
			}
		}
		taken[value] = true
	}
	return out, nil
}

// lists collects records by the values they carry in a field: keys or owner. Without a field, all
// records belong to the value "".
type lists struct {
	base  string
	field string
	limit int
	of    map[string][]storage.Record
}

// open returns the values whose lists are not full, as documents have them.
func (l *lists) open() []string {
	values := make([]string, 0, len(l.of))
	for value, list := range l.of {
		if len(list) < l.limit {
			values = append(values, l.base+value)
		}
	}
	slices.Sort(values)
	return values
}

func (l *lists) add(r storage.Record) {
	values := []string{""}
	switch l.field {
	case fieldKeys:
		values = r.Keys
	case fieldOwner:
		values = []string{r.Owner}
	}
	taken := false
	for i, value := range values {
		list, wanted := l.of[value]
		if !wanted || len(list) >= l.limit || slices.Contains(values[:i], value) {
			continue
		}
		if taken {
			r = clone(r)
		}
		l.of[value] = append(list, r)
		taken = true
	}
}

// gather fills lists with the page's stretch of each, by one query as a rule. It asks for all
// values at once, in order of id, and for as many records as could be needed. When they do not
// suffice, then one value has more than its share: its list is full, and the next query asks, from
// where the last one ended, for the values that are still open.
func (s *Store) gather(ctx context.Context, op string, in storage.Space, p storage.Page, l *lists) error {
	if l.field == fieldKeys {
		if all, err := s.gatherAll(ctx, op, in, l); err != nil || all {
			return err
		}
	}
	for open := l.open(); len(open) > 0; open = l.open() {
		var filter bson.D
		if l.field != "" {
			filter = bson.D{{Key: l.field, Value: among(open)}}
		}
		if l.field == "" || p.After != "" { // values say which space they belong to
			filter = append(filter, bson.E{Key: fieldID, Value: stretch(l.base, p)})
		}
		order := 1
		if p.Desc {
			order = -1
		}
		n := min(len(open)*p.Limit, storage.MaxRecords)
		docs, err := s.find(ctx, op, in.Collection, filter, options.Find().
			SetSort(bson.D{{Key: fieldID, Value: order}}).
			SetLimit(int64(n)))
		if err != nil {
			return err
		}
		now := s.now()
		for _, d := range docs {
			expired := d.expired(now)
			r := d.record(l.base)
			p.After = r.ID
			if !expired {
				l.add(r)
			}
		}
		if len(docs) < n {
			return nil
		}
	}
	return nil
}

// gatherAll fills lists of which each may be all that there is, as most keys have one record: the server
// need not put them in order then. It reports whether it did.
func (s *Store) gatherAll(ctx context.Context, op string, in storage.Space, l *lists) (bool, error) {
	open := l.open()
	docs, err := s.find(ctx, op, in.Collection, bson.D{{Key: l.field, Value: among(open)}},
		options.Find().SetLimit(int64(len(open)+1)))
	if err != nil || len(docs) > len(open) {
		return false, err
	}
	slices.SortFunc(docs, func(a, b document) int { return strings.Compare(a.ID, b.ID) })
	now := s.now()
	for _, d := range docs {
		if !d.expired(now) {
			l.add(d.record(l.base))
		}
	}
	return true, nil
}

// find runs one query to its end.
func (s *Store) find(ctx context.Context, op string, c storage.Collection, filter bson.D, opts *options.FindOptionsBuilder) (docs []document, err error) {
	err = s.call(ctx, op, func(ctx context.Context, _ bool) error {
		docs = nil
		cursor, err := s.database.Collection(string(c)).Find(ctx, filter, opts)
		if err != nil {
			return err
		}
		for cursor.Next(ctx) {
			d, err := decode(cursor.Current)
			if err != nil {
				return errors.Join(err, cursor.Close(ctx))
			}
			docs = append(docs, d)
		}
		return errors.Join(cursor.Err(), cursor.Close(ctx))
	})
	return docs, err
}

// stretch is the condition on _id of a page of the space that begins with base.
func stretch(base string, p storage.Page) bson.D {
	low, from := "$gte", base+p.Prefix
	below := successor(base + p.Prefix)
	if after := base + p.After; p.After != "" {
		if p.Desc {
			below = min(below, after)
		} else if after >= from {
			low, from = "$gt", after
		}
	}
	return bson.D{{Key: low, Value: from}, {Key: "$lt", Value: below}}
}

// successor is the smallest string behind all that begin with prefix, whose last byte is ASCII.
func successor(prefix string) string {
	last := len(prefix) - 1
	return prefix[:last] + string(rune(prefix[last]+1))
}

func among(values []string) bson.D {
	return bson.D{{Key: "$in", Value: values}}
}

// qualified puts base before each value that a record can have, once.
func qualified(base string, values []string) []string {
	seen := make(map[string]bool, len(values))
	out := make([]string, 0, len(values))
	for _, value := range values {
		if storage.ValidID(value) && !seen[value] {
			seen[value] = true
			out = append(out, base+value)
		}
	}
	return out
}

func clone(r storage.Record) storage.Record {
	r.Keys = slices.Clone(r.Keys)
	r.Body = bytes.Clone(r.Body)
	return r
}

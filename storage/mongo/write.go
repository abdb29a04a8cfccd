package mongo

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/profilegraph/profilegraph/storage"
)

// Insert implements storage.Store.
func (s *Store) Insert(ctx context.Context, in storage.Space, r storage.Record) error {
	if err := cmp.Or(in.Check(), r.Check()); err != nil {
		return fmt.Errorf("insert: %w", err)
	}
	d := encode(in, r)
	return s.call(ctx, "insert", func(ctx context.Context, uncertain bool) error {
		_, err := s.collection(in).InsertOne(ctx, d)
		if !mongo.IsDuplicateKeyError(err) {
			return err
		}
		now := s.now()
		current, err := s.current(ctx, in, d.ID)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			return errAgain // deleted meanwhile, or not yet with a majority
		case err != nil:
			return err
		case uncertain && current.Rev == d.Rev:
			return nil
		case current.expired(now):
			replaced, err := s.swap(ctx, in, d, current.Rev, bson.E{Key: fieldExpires, Value: upTo(now)})
			if err != nil || replaced {
				return err
			}
			return errAgain
		case uncertain:
			return unknown()
		}
		return storage.ErrExists
	})
}

// Replace implements storage.Store.
func (s *Store) Replace(ctx context.Context, in storage.Space, r storage.Record, prev string) error {
	if err := cmp.Or(in.Check(), r.Check()); err != nil {
		return fmt.Errorf("replace: %w", err)
	}
	d := encode(in, r)
	return s.call(ctx, "replace", func(ctx context.Context, uncertain bool) error {
		now := s.now()
		replaced, err := s.swap(ctx, in, d, prev, unexpired(now))
		if err != nil || replaced {
			return err
		}
		current, err := s.current(ctx, in, d.ID)
		switch {
		case err == nil && uncertain && current.Rev == d.Rev:
			return nil
		case err == nil && current.Rev == prev && !current.expired(now):
			return errAgain // what stood in the way is not yet with a majority
		case err != nil && !errors.Is(err, storage.ErrNotFound):
			return err
		case uncertain:
			return unknown()
		case err != nil || current.expired(now):
			return storage.ErrNotFound
		}
		return storage.ErrConflict
	})
}

// Delete implements storage.Store.
func (s *Store) Delete(ctx context.Context, in storage.Space, id, prev string) error {
	if err := in.Check(); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	if !storage.ValidID(id) {
		return fmt.Errorf("delete: %w", storage.ErrNotFound)
	}
	filter := byID(prefix(in) + id)
	if prev != "" {
		filter = append(filter, bson.E{Key: fieldRev, Value: prev})
	}
	return s.call(ctx, "delete", func(ctx context.Context, uncertain bool) error {
		result, err := s.collection(in).DeleteOne(ctx, filter)
		if err != nil || result.DeletedCount == 1 {
			return err
		}
		current, err := s.current(ctx, in, prefix(in)+id)
		switch {
		case errors.Is(err, storage.ErrNotFound) && uncertain:
			return nil
		case err != nil:
			return err
		case prev == "" || current.Rev == prev:
			return errAgain
		case uncertain:
			return unknown()
		}
		return storage.ErrConflict
	})
}

// unknown is the honest answer of a write that lost its connection and finds another's record: it
// may have been first.
func unknown() error {
	return fmt.Errorf("%w: outcome unknown: %w", storage.ErrUnavailable, errUnknown)
}

func (s *Store) collection(in storage.Space) *mongo.Collection {
	return s.database.Collection(string(in.Collection))
}

// current returns the document of an _id, expired or not.
func (s *Store) current(ctx context.Context, in storage.Space, id string) (d document, err error) {
	raw, err := s.collection(in).FindOne(ctx, byID(id)).Raw()
	if errors.Is(err, mongo.ErrNoDocuments) {
		err = storage.ErrNotFound
	}
	if err != nil {
		return d, err
	}
	return decode(raw)
}

// swap replaces the document of a revision and reports whether it was there.
func (s *Store) swap(ctx context.Context, in storage.Space, d document, prev string, condition bson.E) (bool, error) {
	filter := append(byID(d.ID), bson.E{Key: fieldRev, Value: prev}, condition)
	result, err := s.collection(in).ReplaceOne(ctx, filter, d)
	if err != nil {
		return false, err
	}
	return result.MatchedCount == 1, nil
}

package profile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

// A document does not outlive its owner. So that no read has to ask for the owner, the record of a document expires
// at the earlier of its own end and its owner's, and its content keeps the own one if that is another. Whoever moves
// the owner's end moves the others: first, if it is put off, and then, if it is brought forward. A crash
// in between leaves something too long, never too short, and Mend sees to it.

// end sets when a document ends: by itself at own, and with its owner. Zero is never.
func (c *content) end(r *storage.Record, own, owners time.Time) {
	c.Bound, c.Ends, r.Expires = false, time.Time{}, own
	if sooner(owners, own) {
		c.Bound, c.Ends, r.Expires = true, own, owners
	}
}

// own is when a document would end if it had no owner.
func (c *content) own(r *storage.Record) time.Time {
	if c.Bound {
		return c.Ends
	}
	return r.Expires
}

// sooner reports whether one end comes before another. Zero is never.
func sooner(a, b time.Time) bool { return !a.IsZero() && (b.IsZero() || a.Before(b)) }

// ownersEnd returns when the owner of a document ends, or ErrNotFound if it has: then the document has, too.
func (s *Service) ownersEnd(ctx context.Context, id tenant.ID, set *schema.Set, e *schema.Entity, owner string) (time.Time, error) {
	if e.Owner == "" {
		return time.Time{}, nil
	}
	found, err := s.records(ctx, id, set.Entity(e.Owner), []string{owner}, nil)
	if err != nil {
		return time.Time{}, err
	}
	if found[0].ID == "" {
		return time.Time{}, ErrNotFound
	}
	return found[0].Expires, nil
}

// catchUp makes a document that was just created end with its owner as that stands now, if it is not gone.
func (s *Service) catchUp(ctx context.Context, id tenant.ID, set *schema.Set, e *schema.Entity, document string, owners time.Time, gone bool) error {
	r, err := s.store.Get(ctx, documents(id, e), document)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("profile: created: %w", err)
	}
	if !gone {
		return s.endWith(ctx, id, set, e, r, owners)
	}
	r.Rev = "" // nobody can save it by a change
	if err := s.remove(ctx, id, set, e, r); !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	return nil
}

// endOwned makes what a document owns end with it.
func (s *Service) endOwned(ctx context.Context, id tenant.ID, set *schema.Set, e *schema.Entity, owner storage.Record) error {
	return s.eachOwned(ctx, id, set, e, owner.ID, func(owned *schema.Entity, r storage.Record) error {
		return s.endWith(ctx, id, set, owned, r, owner.Expires)
	})
}

// endWith makes a document, and what it owns in turn, end with its owner.
func (s *Service) endWith(ctx context.Context, id tenant.ID, set *schema.Set, e *schema.Entity, r storage.Record, owners time.Time) error {
	for {
		var c content
		if c.decode(r.Body) != nil {
			return nil // it is damaged, and shows nothing
		}
		next, rev := r, r.Rev
		was := c
		c.end(&next, c.own(&r), owners)
		if next.Expires.Equal(r.Expires) && c.Bound == was.Bound && c.Ends.Equal(was.Ends) {
			return nil
		}
		next.Rev, next.Body = newVersion(0), c.encode()
		if sooner(r.Expires, next.Expires) {
			if err := s.endOwned(ctx, id, set, e, next); err != nil {
				return err
			}
		}
		switch err := s.store.Replace(ctx, documents(id, e), next, rev); {
		case err == nil:
			return s.endOwned(ctx, id, set, e, next)
		case errors.Is(err, storage.ErrNotFound):
			return nil
		case !errors.Is(err, storage.ErrConflict):
			return fmt.Errorf("profile: end with the owner: %w", err)
		}
		var err error
		if r, err = s.store.Get(ctx, documents(id, e), r.ID); errors.Is(err, storage.ErrNotFound) {
			return nil
		} else if err != nil {
			return fmt.Errorf("profile: end with the owner: %w", err)
		}
	}
}

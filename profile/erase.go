package profile

import (
	"context"
	"errors"
	"fmt"

	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

// ErrHeld says that a document must not be deleted: its data subject is on legal hold.
var ErrHeld = errors.New("profile: on legal hold")

// Holdings are what an account has stored of one data subject.
type Holdings struct {
	Documents int
	Versions  int // of all documents, their newest ones included
}

// Holdings counts what an account has stored of a data subject: the document with its id, and what that owns.
func (s *Service) Holdings(ctx context.Context, id tenant.ID, set *schema.Set, subject string) (Holdings, error) {
	var n Holdings
	for _, e := range set.Entities {
		if e.Owner != "" {
			continue
		}
		switch _, err := s.store.Get(ctx, documents(id, e), subject); {
		case errors.Is(err, storage.ErrNotFound):
			continue
		case err != nil:
			return n, fmt.Errorf("profile: holdings: %w", err)
		}
		if err := s.count(ctx, id, set, e, subject, &n); err != nil {
			return n, fmt.Errorf("profile: holdings: %w", err)
		}
	}
	return n, nil
}

// count counts a document with its versions, and what it owns.
func (s *Service) count(ctx context.Context, id tenant.ID, set *schema.Set, e *schema.Entity, document string, n *Holdings) error {
	n.Documents++
	n.Versions++
	for page := (storage.Page{Prefix: document + "/", Limit: batch}); ; {
		old, err := s.store.Scan(ctx, versions(id, e), page)
		if err != nil {
			return err
		}
		n.Versions += len(old)
		if len(old) < batch {
			break
		}
		page.After = old[len(old)-1].ID
	}
	return s.eachOwned(ctx, id, set, e, document, func(owned *schema.Entity, r storage.Record) error {
		return s.count(ctx, id, set, owned, r.ID, n)
	})
}

// eachOwned visits the documents that a document owns.
func (s *Service) eachOwned(ctx context.Context, id tenant.ID, set *schema.Set, e *schema.Entity, owner string, visit func(*schema.Entity, storage.Record) error) error {
	for _, owned := range set.Entities {
		if owned.Owner != e.Name {
			continue
		}
		for page := (storage.Page{Limit: batch}); ; {
			found, err := s.store.Owned(ctx, documents(id, owned), []string{owner}, page)
			if err != nil {
				return fmt.Errorf("profile: owned: %w", err)
			}
			for _, r := range found[0] {
				if err := visit(owned, r); err != nil {
					return err
				}
				page.After = r.ID
			}
			if len(found[0]) < batch {
				break
			}
		}
	}
	return nil
}

// Erase removes all that an account has stored of a data subject, and what an earlier call that failed has left of
// it. When it returns nil nothing is left, in free pages of the embedded store neither. The subject's key should be
// destroyed before: then nothing new can come.
func (s *Service) Erase(ctx context.Context, id tenant.ID, set *schema.Set, subject string) error {
	for _, e := range set.Entities {
		if e.Owner != "" {
			continue
		}
		r, err := s.store.Get(ctx, documents(id, e), subject)
		if err == nil {
			err = s.store.Delete(ctx, documents(id, e), subject, "")
		}
		if err == nil || errors.Is(err, storage.ErrNotFound) {
			err = s.purge(ctx, id, set, e, storage.Record{ID: subject, Keys: r.Keys})
		}
		if err != nil {
			return fmt.Errorf("profile: erase: %w", err)
		}
	}
	if store, ok := s.store.(storage.Scrubber); ok {
		if err := store.Scrub(ctx); err != nil {
			return fmt.Errorf("profile: erase: %w", err)
		}
	}
	return nil
}

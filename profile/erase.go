package profile

import (
	"context"
	"errors"
	"fmt"

	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
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

// Present returns those data subjects of whom an account has the document with their id.
func (s *Service) Present(ctx context.Context, id tenant.ID, set *schema.Set, subjects []string) (list []string, err error) {
	for _, e := range set.Entities {
		if e.Owner != "" {
			continue
		}
		found, err := s.store.GetMany(ctx, documents(id, e), subjects, nil)
		if err != nil {
			return nil, fmt.Errorf("profile: present: %w", err)
		}
		for _, r := range found {
			if r.ID != "" {
				list = append(list, r.ID)
			}
		}
	}
	return list, nil
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
		if err == nil || errors.Is(err, storage.ErrNotFound) {
			r.ID = subject
			err = s.giveUpAll(ctx, id, set, e, r)
		}
		if err == nil {
			err = s.store.Delete(ctx, documents(id, e), subject, "") // also one that has ended, which only this call sees
		}
		if err == nil || errors.Is(err, storage.ErrNotFound) {
			err = s.purge(ctx, id, set, e, storage.Record{ID: subject, Keys: r.Keys}) // without a body: all versions
		}
		if err == nil {
			err = s.dropOwnedVersions(ctx, id, set, e, subject)
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

// giveUpAll gives up the unique values of a document that is to be erased, and of what it owns: before, as nothing
// tells of whom they were once an interruption has left them alone.
func (s *Service) giveUpAll(ctx context.Context, id tenant.ID, set *schema.Set, e *schema.Entity, r storage.Record) error {
	for _, key := range r.Keys {
		claim, c, err := s.readClaim(ctx, id, e, key)
		if err == nil && c.Document == r.ID || errors.Is(err, vault.ErrCorrupt) { // whoever else has the value claims it anew
			err = s.store.Delete(ctx, claims(id, e), key, claim.Rev)
		}
		if err != nil && !errors.Is(err, storage.ErrNotFound) && !errors.Is(err, storage.ErrConflict) {
			return err
		}
	}
	return s.eachOwned(ctx, id, set, e, r.ID, func(owned *schema.Entity, one storage.Record) error {
		return s.giveUpAll(ctx, id, set, owned, one)
	})
}

// eraseAgain removes what came of a data subject while it was erased. It reports whether it was.
func (s *Service) eraseAgain(ctx context.Context, id tenant.ID, set *schema.Set, subject string) (gone bool, err error) {
	if _, gone, err = s.vault.Known(ctx, id, subject); err != nil || !gone {
		return false, err
	}
	return true, s.Erase(ctx, id, set, subject)
}

// dropOwnedVersions removes old versions of what a document owned that is gone itself: of some a crash leaves them.
func (s *Service) dropOwnedVersions(ctx context.Context, id tenant.ID, set *schema.Set, e *schema.Entity, owner string) error {
	for _, owned := range set.Entities {
		if owned.Owner != e.Name {
			continue
		}
		for {
			found, err := s.store.Owned(ctx, versions(id, owned), []string{owner}, storage.Page{Limit: batch})
			if err != nil {
				return err
			}
			for _, r := range found[0] {
				if err := s.store.Delete(ctx, versions(id, owned), r.ID, ""); err != nil && !errors.Is(err, storage.ErrNotFound) {
					return err
				}
			}
			if len(found[0]) < batch {
				break
			}
		}
	}
	return nil
}

// Touch gives every document of a data subject another revision, and lets promotions under way end. Whoever has read
// one to delete it has to read it again, and so finds a legal hold that was there before the call.
func (s *Service) Touch(ctx context.Context, id tenant.ID, set *schema.Set, subject string) error {
	for _, e := range set.Entities {
		if e.Owner != "" {
			continue
		}
		r, err := s.store.Get(ctx, documents(id, e), subject)
		if err == nil {
			err = s.touch(ctx, id, e, r)
		}
		if err == nil || errors.Is(err, storage.ErrNotFound) {
			err = s.eachOwned(ctx, id, set, e, subject, func(owned *schema.Entity, r storage.Record) error {
				return s.touch(ctx, id, owned, r)
			})
		}
		if err != nil {
			return fmt.Errorf("profile: touch: %w", err)
		}
	}
	return nil
}

func (s *Service) touch(ctx context.Context, id tenant.ID, e *schema.Entity, r storage.Record) error {
	for looks := 0; ; looks++ {
		var c content
		var err error
		switch broken := c.decode(r.Body) != nil; {
		case broken && r.Body == nil:
			return nil // what the store cannot read it cannot write
		case !broken && s.reserved(c) && looks < promotionLooks:
			err = wait(ctx, promotionPause)
		default:
			next := r
			next.Rev = newVersion(0)
			err = s.store.Replace(ctx, documents(id, e), next, r.Rev)
			if err == nil || errors.Is(err, storage.ErrNotFound) {
				return nil
			}
		}
		if err != nil && !errors.Is(err, storage.ErrConflict) {
			return err
		}
		if r, err = s.store.Get(ctx, documents(id, e), r.ID); errors.Is(err, storage.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

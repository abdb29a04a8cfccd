package profile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
)

// batch is how many records a pass over stored data reads at once.
const batch = 500

// each visits the records of a space in order of id.
func (s *Service) each(ctx context.Context, in storage.Space, visit func([]storage.Record) error) error {
	return s.eachFrom(ctx, in, "", visit)
}

// eachFrom visits the records of a space behind an id, in order of id.
func (s *Service) eachFrom(ctx context.Context, in storage.Space, after string, visit func([]storage.Record) error) error {
	for {
		list, err := s.store.Scan(ctx, in, storage.Page{After: after, Limit: batch})
		if err != nil {
			return fmt.Errorf("profile: scan: %w", err)
		}
		if len(list) > 0 {
			if err := visit(list); err != nil {
				return err
			}
			after = list[len(list)-1].ID
		}
		if len(list) < batch {
			return nil
		}
	}
}

// open returns the content of a document's record as JSON.
func (s *Service) open(ctx context.Context, id tenant.ID, e *schema.Entity, r storage.Record) (map[string]any, error) {
	var c content
	if err := c.decode(r.Body); err != nil {
		return nil, err
	}
	return s.clear(ctx, id, e, r, c.Doc)
}

// Reindex makes every stored document of an entity findable by the keys of next, and claims what
// next wants unique. It does nothing when current has those keys already.
func (s *Service) Reindex(ctx context.Context, id tenant.ID, current, next *schema.Entity) error {
	if sameKeys(current, next) {
		return nil
	}
	return s.reindex(ctx, id, next, untold)
}

func sameKeys(a, b *schema.Entity) bool {
	return slices.EqualFunc(a.Keys, b.Keys, func(x, y schema.Key) bool {
		return x.Unique == y.Unique && x.Field.Property == y.Field.Property && x.Field.Normalize == y.Field.Normalize
	})
}

func (s *Service) reindex(ctx context.Context, id tenant.ID, e *schema.Entity, through func(records int)) error {
	if len(e.Keys) == 0 {
		return nil
	}
	begin := newID()
	return s.each(ctx, documents(id, e), func(list []storage.Record) error {
		work, ctx := errgroup.WithContext(ctx)
		work.SetLimit(atOnce)
		for _, r := range list {
			if newer(r.ID, begin) {
				continue // else a pass would never end where documents are created faster than indexed
			}
			work.Go(func() error { return s.reindexOne(ctx, id, e, r) })
		}
		if err := work.Wait(); err != nil {
			return err
		}
		through(len(list))
		return nil
	})
}

// atOnce is how many documents a pass writes at the same time: stores write many almost as fast as one.
const atOnce = 32

func (s *Service) reindexOne(ctx context.Context, id tenant.ID, e *schema.Entity, r storage.Record) error {
	for {
		doc, err := s.open(ctx, id, e, r)
		if unreadable(err) {
			s.log.WarnContext(ctx, "a damaged document keeps the index entries that it has", "account", id, "entity", e.Name, "id", r.ID, "error", err)
			return nil
		}
		if err != nil {
			return err
		}
		keys, err := s.keys(ctx, id, e, doc)
		if invalid := (*InvalidError)(nil); errors.As(err, &invalid) {
			return nil // the value was written before it was a key, and cannot be looked up
		}
		if err != nil {
			return err
		}
		current := len(keys.entries) == len(r.Keys) && !slices.ContainsFunc(keys.entries, func(k string) bool { return !slices.Contains(r.Keys, k) })
		unclaimed, err := s.unclaimed(ctx, id, e, keys.unique)
		if err != nil {
			return err
		}
		if _, err := s.claim(ctx, id, e, r.ID, unclaimed); err != nil {
			if twice := (*NotUniqueError)(nil); !errors.As(err, &twice) {
				return err
			}
			// Documents that repeat a value were allowed to: they stay as they are.
		}
		if current {
			return nil
		}
		rev := r.Rev
		r.Rev, r.Keys = newVersion(0), keys.entries
		switch err := s.store.Replace(ctx, documents(id, e), r, rev); {
		case errors.Is(err, storage.ErrNotFound):
			return nil
		case errors.Is(err, storage.ErrConflict):
			found, err := s.records(ctx, id, e, []string{r.ID}, nil)
			if err != nil {
				return err
			}
			if r = found[0]; r.ID == "" {
				return nil
			}
		case err != nil:
			return fmt.Errorf("profile: index: %w", err)
		default:
			return nil
		}
	}
}

// Reseal brings the sealing of every stored document of an entity up to date, old versions included:
// what e calls sensitive is sealed, under the current key of its data subject. It goes on behind
// damaged documents, and fails in the end if there are any: their old keys must not be dropped.
func (s *Service) Reseal(ctx context.Context, id tenant.ID, e *schema.Entity) error {
	return s.reseal(ctx, id, e, untold)
}

// untold is for passes of which nobody is told how far they are.
func untold(int) {}

func (s *Service) reseal(ctx context.Context, id tenant.ID, e *schema.Entity, through func(records int)) error {
	damaged, changed := 0, false
	for _, in := range []storage.Space{documents(id, e), versions(id, e)} {
		err := s.each(ctx, in, func(list []storage.Record) error {
			for _, r := range list {
				at := vault.Place{Account: id, Entity: e.Name, Subject: r.Owner}
				at.ID, _, _ = strings.Cut(r.ID, "/")
				if e.Owner == "" {
					at.Subject = at.ID
				}
				sealed, err := s.resealOne(ctx, in, e, r, at)
				changed = changed || sealed
				if unreadable(err) {
					damaged++
					s.log.WarnContext(ctx, "a damaged document stays as it is", "account", id, "entity", e.Name, "id", r.ID, "error", err)
				} else if err != nil {
					return err
				}
			}
			through(len(list))
			return nil
		})
		if err != nil {
			return err
		}
	}
	// What was replaced may have held in clear what is sealed now.
	if store, ok := s.store.(storage.Scrubber); ok && changed {
		if err := store.Scrub(ctx); err != nil {
			return fmt.Errorf("profile: reseal: %w", err)
		}
	}
	if damaged > 0 {
		return fmt.Errorf("profile: reseal %s: %d documents or versions are damaged; profilegraph check names them", e.Name, damaged)
	}
	return nil
}

// unreadable reports whether an error is about one document, rather than about all.
func unreadable(err error) bool {
	return errors.Is(err, vault.ErrCorrupt) || errors.Is(err, vault.ErrShredded)
}

// resealOne reports whether anything changed.
func (s *Service) resealOne(ctx context.Context, in storage.Space, e *schema.Entity, r storage.Record, at vault.Place) (bool, error) {
	for {
		var c content
		if err := c.decode(r.Body); err != nil {
			return false, err
		}
		at.Lowered = c.lowered(e)
		doc, changed, err := s.vault.Reseal(ctx, at, e, c.Doc)
		if err != nil || !changed {
			return false, err
		}
		c.Doc = doc
		next, rev := r, r.Rev
		next.Rev, next.Body = newVersion(0), c.encode()
		switch err := s.store.Replace(ctx, in, next, rev); {
		case err == nil, errors.Is(err, storage.ErrNotFound):
			return true, nil
		case !errors.Is(err, storage.ErrConflict):
			return false, fmt.Errorf("profile: reseal: %w", err)
		}
		if r, err = s.store.Get(ctx, in, r.ID); errors.Is(err, storage.ErrNotFound) {
			return true, nil
		} else if err != nil {
			return false, fmt.Errorf("profile: reseal: %w", err)
		}
	}
}

// unclaimed returns those values that nobody has claimed.
func (s *Service) unclaimed(ctx context.Context, id tenant.ID, e *schema.Entity, values []claimed) ([]claimed, error) {
	if len(values) == 0 {
		return nil, nil
	}
	ids := make([]string, len(values))
	for i, v := range values {
		ids[i] = v.entry
	}
	found, err := s.store.GetMany(ctx, claims(id, e), ids, nil)
	if err != nil {
		return nil, fmt.Errorf("profile: read claims: %w", err)
	}
	var free []claimed
	for i, r := range found {
		if r.ID == "" {
			free = append(free, values[i])
		}
	}
	return free, nil
}

// Expire removes documents whose time to live is over, with their versions and what they own, and
// returns how many. Set gives the schemas of an account.
func (s *Service) Expire(ctx context.Context, set func(context.Context, tenant.ID) (*schema.Set, error)) (int, error) {
	removed := 0
	for {
		list, err := s.store.Expired(ctx, storage.Documents, batch)
		if err != nil {
			return removed, fmt.Errorf("profile: expired: %w", err)
		}
		for _, one := range list {
			schemas, err := set(ctx, one.Space.Account)
			if err != nil {
				return removed, err
			}
			e := schemas.Entity(one.Space.Part)
			if e == nil {
				e = &schema.Entity{Name: one.Space.Part}
			}
			err = s.remove(ctx, one.Space.Account, schemas, e, storage.Record{ID: one.ID, Rev: one.Rev})
			if errors.Is(err, storage.ErrNotFound) || errors.Is(err, storage.ErrConflict) {
				continue
			}
			if err != nil {
				return removed, fmt.Errorf("profile: expire: %w", err)
			}
			removed++
		}
		if len(list) < batch {
			return removed, nil
		}
	}
}

// Mend clears away what crashes and interrupted changes left of an account: documents whose owner
// is gone or ends before them, old versions whose document is gone, claims that nothing stands behind; and it indexes
// and seals documents that a change of their schema passed over. It returns how many records it removed.
func (s *Service) Mend(ctx context.Context, id tenant.ID, set *schema.Set) (int, error) {
	removed := 0
	for _, e := range set.Entities {
		for _, step := range []func(context.Context, tenant.ID, *schema.Set, *schema.Entity) (int, error){
			s.mendDocuments, s.mendVersions, s.mendClaims} {
			n, err := step(ctx, id, set, e)
			removed += n
			if err != nil {
				return removed, err
			}
		}
		if err := errors.Join(s.reindex(ctx, id, e, untold), s.Reseal(ctx, id, e)); err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// mendDocuments removes documents whose owner is gone, and makes the others end with theirs.
func (s *Service) mendDocuments(ctx context.Context, id tenant.ID, set *schema.Set, e *schema.Entity) (removed int, err error) {
	if e.Owner == "" {
		return 0, nil
	}
	owner := set.Entity(e.Owner)
	err = s.each(ctx, documents(id, e), func(list []storage.Record) error {
		owners := make([]string, len(list))
		for i, r := range list {
			owners[i] = r.Owner
		}
		found, err := s.store.GetMany(ctx, documents(id, owner), owners, nil)
		if err != nil {
			return fmt.Errorf("profile: mend: %w", err)
		}
		for i, r := range list {
			if r.Body == nil {
				continue // of what is damaged nobody knows the owner
			}
			if found[i].ID != "" {
				if err := s.endWith(ctx, id, set, e, r, found[i].Expires); err != nil {
					return err
				}
				continue
			}
			err := s.remove(ctx, id, set, e, r)
			if errors.Is(err, storage.ErrNotFound) || errors.Is(err, storage.ErrConflict) {
				continue
			}
			if err != nil {
				return fmt.Errorf("profile: mend: %w", err)
			}
			removed++
		}
		return nil
	})
	return removed, err
}

// mendVersions removes old versions whose document is gone, or has made way for one of the same id.
func (s *Service) mendVersions(ctx context.Context, id tenant.ID, _ *schema.Set, e *schema.Entity) (removed int, err error) {
	err = s.each(ctx, versions(id, e), func(list []storage.Record) error {
		ids := make([]string, len(list))
		for i, r := range list {
			ids[i], _, _ = strings.Cut(r.ID, "/")
		}
		found, err := s.store.GetMany(ctx, documents(id, e), ids, nil)
		if err != nil {
			return fmt.Errorf("profile: mend: %w", err)
		}
		for i, r := range list {
			if found[i].ID != "" {
				var c content
				err := c.decode(found[i].Body)
				if err != nil || strings.HasPrefix(r.ID, oldPrefix(ids[i], c.Created)) {
					continue // those of a damaged document may be all that is left of it
				}
			}
			err := s.store.Delete(ctx, versions(id, e), r.ID, r.Rev)
			if err != nil && !errors.Is(err, storage.ErrNotFound) && !errors.Is(err, storage.ErrConflict) {
				return fmt.Errorf("profile: mend: %w", err)
			}
			removed++
		}
		return nil
	})
	return removed, err
}

// mendClaims removes claims that are void.
func (s *Service) mendClaims(ctx context.Context, id tenant.ID, _ *schema.Set, e *schema.Entity) (removed int, err error) {
	err = s.each(ctx, claims(id, e), func(list []storage.Record) error {
		for _, r := range list {
			var c claimRecord
			if c.decode(r.Body) == nil { // else whoever has the value claims it anew
				valid, err := s.valid(ctx, id, e, r.ID, c)
				if err != nil {
					return err
				}
				if valid {
					continue
				}
			}
			err := s.store.Delete(ctx, claims(id, e), r.ID, r.Rev)
			if err != nil && !errors.Is(err, storage.ErrNotFound) && !errors.Is(err, storage.ErrConflict) {
				return fmt.Errorf("profile: mend: %w", err)
			}
			removed++
		}
		return nil
	})
	return removed, err
}

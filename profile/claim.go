package profile

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
)

// A claim says that a document holds a unique value.
type claimRecord struct {
	Document string    `bson:"document"`
	Taken    time.Time `bson:"taken"`
}

func (c *claimRecord) decode(body bson.Raw) error {
	if err := bson.Unmarshal(body, c); err != nil {
		return err
	}
	if c.Document == "" {
		return errContent
	}
	return nil
}

// claimFor is claim for a principal. A shopper learns from it who else has a value, as from a look-up, so each
// value counts like a look-up that found nothing.
func (s *Service) claimFor(ctx context.Context, p *auth.Principal, e *schema.Entity, document string, values []claimed) ([]storage.Record, error) {
	if p.Confined() && len(values) > 0 {
		if !s.misses.allow(p.Actor, s.now()) {
			return nil, ErrTooMany
		}
		s.misses.missed(p.Actor, s.now(), len(values))
	}
	return s.claim(ctx, p.Account, e, document, values)
}

// claim takes unique values for a document, or fails with a *NotUniqueError. It returns the claims
// that it made, for release if the document cannot be written after all; on error there are none.
func (s *Service) claim(ctx context.Context, id tenant.ID, e *schema.Entity, document string, values []claimed) ([]storage.Record, error) {
	var made []storage.Record
	for _, v := range values {
		r, isNew, err := s.claimOne(ctx, id, e, document, v)
		if err != nil {
			s.release(ctx, id, e, made)
			return nil, err
		}
		if isNew {
			made = append(made, r)
		}
	}
	return made, nil
}

// claimOne takes one value. A claim that the document has already is not new; it is written all the
// same, so that a concurrent write that is about to release it leaves it alone.
func (s *Service) claimOne(ctx context.Context, id tenant.ID, e *schema.Entity, document string, v claimed) (claim storage.Record, isNew bool, err error) {
	body, err := bson.Marshal(claimRecord{Document: document, Taken: s.now().UTC()})
	if err != nil {
		return claim, false, fmt.Errorf("profile: encode claim: %w", err)
	}
	claim = storage.Record{ID: v.entry, Rev: rand.Text(), Body: body}
	for {
		err := s.store.Insert(ctx, claims(id, e), claim)
		if err == nil {
			return claim, true, nil
		}
		if !errors.Is(err, storage.ErrExists) {
			return claim, false, fmt.Errorf("profile: claim: %w", err)
		}
		there, c, err := s.readClaim(ctx, id, e, v.entry)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return claim, false, err
		}
		if c.Document != document {
			valid, err := s.valid(ctx, id, e, v.entry, c)
			if err != nil {
				return claim, false, err
			}
			if valid {
				return claim, false, &NotUniqueError{Field: v.field}
			}
		}
		switch err := s.store.Replace(ctx, claims(id, e), claim, there.Rev); {
		case err == nil:
			return claim, c.Document != document, nil
		case !errors.Is(err, storage.ErrConflict) && !errors.Is(err, storage.ErrNotFound):
			return claim, false, fmt.Errorf("profile: claim: %w", err)
		}
	}
}

func (s *Service) readClaim(ctx context.Context, id tenant.ID, e *schema.Entity, entry string) (storage.Record, claimRecord, error) {
	var c claimRecord
	r, err := s.store.Get(ctx, claims(id, e), entry)
	if err != nil {
		return r, c, fmt.Errorf("profile: read claim: %w", err)
	}
	if c.decode(r.Body) != nil {
		return r, c, fmt.Errorf("profile: claim of %s/%s cannot be read: %w", id, e.Name, vault.ErrCorrupt)
	}
	return r, c, nil
}

// valid reports whether a claim stands: its document has the value, or may be about to.
func (s *Service) valid(ctx context.Context, id tenant.ID, e *schema.Entity, entry string, c claimRecord) (bool, error) {
	if s.now().Sub(c.Taken) < claimGrace {
		// A write that is under way cannot be told from one that was given up.
		return true, nil
	}
	return s.has(ctx, id, e, c.Document, entry)
}

// has reports whether a document is there and has a value.
func (s *Service) has(ctx context.Context, id tenant.ID, e *schema.Entity, document, entry string) (bool, error) {
	found, err := s.records(ctx, id, e, []string{document}, nil)
	if err != nil {
		return false, err
	}
	damaged := found[0].ID != "" && found[0].Body == nil // nobody knows what it has
	return damaged || slices.Contains(found[0].Keys, entry), nil
}

// held returns a document's claims to values.
func (s *Service) held(ctx context.Context, id tenant.ID, e *schema.Entity, document string, values []claimed) ([]storage.Record, error) {
	var list []storage.Record
	for _, v := range values {
		r, c, err := s.readClaim(ctx, id, e, v.entry)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if c.Document == document {
			list = append(list, r)
		}
	}
	return list, nil
}

// without returns the claims to values that others lack.
func without(list, others []claimed) []claimed {
	return slices.DeleteFunc(slices.Clone(list), func(v claimed) bool {
		return slices.ContainsFunc(others, func(o claimed) bool { return o.entry == v.entry })
	})
}

// release gives up claims, unless they were taken anew since.
func (s *Service) release(ctx context.Context, id tenant.ID, e *schema.Entity, list []storage.Record) {
	for _, r := range list {
		err := s.store.Delete(ctx, claims(id, e), r.ID, r.Rev)
		if err != nil && !errors.Is(err, storage.ErrNotFound) && !errors.Is(err, storage.ErrConflict) {
			s.log.WarnContext(ctx, "claim will be cleared later", "account", id, "entity", e.Name, "error", err)
		}
	}
}

// dropClaim removes a deleted document's claim to a value, if it has one, and unless a new document of its id has the value.
func (s *Service) dropClaim(ctx context.Context, id tenant.ID, e *schema.Entity, entry, document string) error {
	r, c, err := s.readClaim(ctx, id, e, entry)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil || c.Document != document {
		return err
	}
	if again, err := s.has(ctx, id, e, document, entry); err != nil || again {
		return err
	}
	err = s.store.Delete(ctx, claims(id, e), r.ID, r.Rev)
	if errors.Is(err, storage.ErrNotFound) || errors.Is(err, storage.ErrConflict) {
		return nil
	}
	return err
}

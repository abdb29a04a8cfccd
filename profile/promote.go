package profile

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
)

// promoted says which lists of a prospect become documents that the profile owns.
var promoted = []struct{ property, entity string }{
	{"availableAddresses", "Address"},
	{"contacts", "Contact"},
}

// Promote makes a profile of a prospect. The profile has the prospect's id, so tokens that other
// systems keep stay good; what the prospect holds under a name that profiles have too goes over,
// with patch applied to it; its addresses and contacts become documents that the profile owns. A
// promotion that was interrupted is finished by the next one; one that was done already is answered
// with the profile and changes nothing, or fails with ErrPromoted if its patch would have made another profile. What
// the prospect protects is not stored in clear: then it fails. Who changes or deletes the prospect meanwhile was there
// before, or is told that it is gone.
func (s *Service) Promote(ctx context.Context, p *auth.Principal, set *schema.Set, id string, patch map[string]any, v View) (Document, error) {
	if err := p.Check(auth.Write); err != nil {
		return Document{}, err
	}
	profiles := set.Entity("Profile")
	for looks := 0; ; looks++ {
		r, c, err := s.find(ctx, p, set.Entity("Prospect"), id)
		if errors.Is(err, ErrNotFound) {
			return s.promotedTo(ctx, p, profiles, id, patch, v)
		}
		if err != nil {
			return Document{}, err
		}
		if looks < promotionLooks && s.reserved(c) { // somebody is at it; who takes longer was interrupted
			if err := wait(ctx, promotionPause); err != nil {
				return Document{}, err
			}
			continue
		}
		d, err := s.promote(ctx, p, set, r, c, patch, v)
		if errors.Is(err, storage.ErrConflict) { // somebody else was faster
			continue
		}
		return d, err
	}
}

// promote makes a profile of the prospect r, which holds c.
func (s *Service) promote(ctx context.Context, p *auth.Principal, set *schema.Set, r storage.Record, c content, patch map[string]any, v View) (Document, error) {
	prospects, profiles, id := set.Entity("Prospect"), set.Entity("Profile"), r.ID
	from, err := s.clear(ctx, p.Account, prospects, r, c.Doc)
	if err != nil {
		return Document{}, err
	}
	prospects.Prune(from)
	owned, err := s.ownedByPromotion(set, id, from)
	if err != nil {
		return Document{}, err
	}
	if err := s.uncovered(ctx, p.Account, set, r, c, owned, patch); err != nil {
		return Document{}, err
	}
	if held, err := s.onHold(ctx, p.Account, id); err != nil || held {
		return Document{}, cmp.Or(err, ErrHeld) // the prospect's versions would be gone
	}
	doc := map[string]any{}
	for _, f := range profiles.Type.Fields {
		if value, ok := from[f.Property]; ok && value != nil {
			doc[f.Property] = value
		}
	}
	merge(doc, patch, profiles.Type)
	release, err := s.reserve(ctx, p.Account, prospects, r, c)
	if err != nil {
		return Document{}, err
	}
	d, err := s.create(ctx, p, profiles, storage.Record{ID: id}, content{Promoted: true}, time.Time{}, doc, nil, v)
	// An erasure may have looked for the profile before it was there, and the key be known here from before.
	if gone, failed := s.eraseAgain(context.WithoutCancel(ctx), p.Account, set, id); failed != nil || gone {
		return Document{}, cmp.Or(failed, ErrNotFound)
	}
	if errors.Is(err, ErrExists) {
		d, err = s.promotedTo(ctx, p, profiles, id, patch, v)
	}
	if err != nil {
		if decided(err) {
			release()
		}
		return Document{}, err
	}
	for _, o := range owned {
		_, err := s.createOwned(ctx, p, set, o.entity, storage.Record{ID: o.id, Owner: id}, d.Expires, o.doc, nil, View{})
		if err != nil && !errors.Is(err, ErrExists) {
			return Document{}, err
		}
	}
	r.Rev = "" // it is reserved: nobody has changed it
	if err := s.remove(ctx, p.Account, set, prospects, r); err != nil && !errors.Is(err, storage.ErrNotFound) {
		return Document{}, fmt.Errorf("profile: promote: %w", err)
	}
	return d, nil
}

// reserve keeps others from changing or deleting a prospect from the moment on that a promotion has read it: neither
// what they write may be lost, nor a profile come of what they have deleted. Release lets them again; it does nothing
// where the reservation is of somebody else, who may still be at it.
func (s *Service) reserve(ctx context.Context, id tenant.ID, prospects *schema.Entity, r storage.Record, c content) (release func(), err error) {
	first, was := !s.reserved(c), r
	if first {
		c.Reserved = s.now().UTC().Truncate(time.Millisecond)
	}
	next := r
	next.Rev, next.Body = rand.Text(), c.encode()
	if err := s.store.Replace(ctx, documents(id, prospects), next, r.Rev); errors.Is(err, storage.ErrNotFound) {
		return nil, storage.ErrConflict
	} else if err != nil {
		return nil, fmt.Errorf("profile: reserve: %w", err)
	}
	return func() {
		if !first {
			return
		}
		was.Rev = rand.Text()
		err := s.store.Replace(context.WithoutCancel(ctx), documents(id, prospects), was, next.Rev)
		if err != nil && !errors.Is(err, storage.ErrNotFound) && !errors.Is(err, storage.ErrConflict) {
			s.log.WarnContext(ctx, "a prospect cannot be changed for a while", "account", id, "id", r.ID, "error", err)
		}
	}, nil
}

// reserved reports whether a prospect is being promoted, as far as is known.
func (s *Service) reserved(c content) bool {
	return !c.Reserved.IsZero() && s.now().Sub(c.Reserved) < claimGrace
}

// yield lets a promotion of the document r go first. Then it fails with ErrNotFound if that has made a profile, and else
// with a storage.ErrConflict, for which the caller reads the document again.
func (s *Service) yield(ctx context.Context, id tenant.ID, set *schema.Set, r storage.Record, c content) error {
	if !s.reserved(c) {
		return nil
	}
	found, err := s.records(ctx, id, set.Entity("Profile"), []string{r.ID}, nil)
	if err != nil {
		return err
	}
	if found[0].ID != "" {
		return ErrNotFound
	}
	if err := wait(ctx, promotionPause); err != nil {
		return err
	}
	return storage.ErrConflict
}

// decided reports whether an error of a promotion says for sure that it made no profile.
func decided(err error) bool {
	invalid, twice := (*InvalidError)(nil), (*NotUniqueError)(nil)
	return errors.As(err, &invalid) || errors.As(err, &twice) || errors.Is(err, ErrTooLarge) || errors.Is(err, ErrTooMany) ||
		errors.Is(err, ErrPromoted) || errors.Is(err, ErrNotFound)
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// promotedTo returns the profile that a prospect has become already, if patch says nothing else than what it began
// with. Whether it does tells what a masked value is not, so patches that do count as look-ups that found nothing.
func (s *Service) promotedTo(ctx context.Context, p *auth.Principal, profiles *schema.Entity, id string, patch map[string]any, v View) (Document, error) {
	r, c, err := s.find(ctx, p, profiles, id)
	if err != nil {
		return Document{}, err
	}
	if !c.Promoted {
		return Document{}, ErrNotFound
	}
	if !s.misses.allow(p.Actor, s.now()) {
		return Document{}, ErrTooMany
	}
	first, err := s.firstVersion(ctx, p.Account, profiles, r, c)
	if err != nil {
		return Document{}, err
	}
	same, err := s.saysNothingNew(ctx, p.Account, profiles, r, first, patch)
	if err != nil {
		return Document{}, err
	}
	if !same {
		s.misses.missed(p.Actor, s.now(), 1)
		return Document{}, ErrPromoted
	}
	return s.showWritten(ctx, p, profiles, r, v)
}

// firstVersion returns what a document began with; c is the newest version of the record r.
func (s *Service) firstVersion(ctx context.Context, id tenant.ID, e *schema.Entity, r storage.Record, c content) (content, error) {
	if c.Number == 1 {
		return c, nil
	}
	old, err := s.store.Get(ctx, versions(id, e), oldID(r.ID, c.Created, 1))
	if errors.Is(err, storage.ErrNotFound) {
		return content{}, fmt.Errorf("profile: the first version of %s/%s/%s is lost: %w", id, e.Name, r.ID, vault.ErrCorrupt)
	}
	if err != nil {
		return content{}, fmt.Errorf("profile: version: %w", err)
	}
	k := decoded(id, e, &old)
	return k.content, k.broken
}

// saysNothingNew reports whether a document would have become what it is with a patch too.
func (s *Service) saysNothingNew(ctx context.Context, id tenant.ID, e *schema.Entity, r storage.Record, c content, patch map[string]any) (bool, error) {
	doc, err := s.clear(ctx, id, e, r, c.Doc)
	if err != nil {
		return false, err
	}
	e.Prune(doc)
	e.Defaults(doc)
	e.Complete(doc)
	before, err := e.Encode(doc)
	if err != nil {
		return false, fmt.Errorf("profile: encode: %w", err)
	}
	merge(doc, patch, e.Type)
	e.Defaults(doc)
	e.Complete(doc)
	after, err := e.Encode(doc) // what cannot be stored was not stored then
	return err == nil && bytes.Equal(before, after), nil
}

type ownedDocument struct {
	entity *schema.Entity
	id     string
	doc    map[string]any

	property string // of the prospect: the list that it comes from
	index    int    // in that list
	held     bson.Raw
}

// ownedByPromotion returns the documents that a prospect's lists become. Their ids follow from the
// prospect's, so that doing it twice makes no second ones.
func (s *Service) ownedByPromotion(set *schema.Set, id string, from map[string]any) ([]ownedDocument, error) {
	var list []ownedDocument
	for _, rule := range promoted {
		e := set.Entity(rule.entity)
		items, _ := from[rule.property].([]any)
		if e == nil {
			continue
		}
		for i, item := range items {
			doc, ok := item.(map[string]any)
			if !ok {
				continue
			}
			e.Prune(doc)
			held, err := e.Encode(doc)
			if err != nil {
				return nil, fmt.Errorf("profile: encode: %w", err)
			}
			e.Defaults(doc)
			e.Complete(doc)
			if violations := e.Validate(doc); len(violations) > 0 {
				for n := range violations {
					violations[n].Path = strings.TrimSuffix(fmt.Sprintf("%s.%d.%s", rule.property, i, violations[n].Path), ".")
				}
				return nil, &InvalidError{Violations: violations}
			}
			name := uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%s/%s/%d", id, rule.property, i))
			list = append(list, ownedDocument{entity: e, id: name.String(), doc: doc, property: rule.property, index: i, held: held})
		}
	}
	return list, nil
}

// uncovered tells, in the form of violations, what a promotion would store in clear though the prospect
// protects it: two entities may declare the same property differently. C is what the prospect's
// record r holds, owned what its lists become, and patch takes the place of properties.
func (s *Service) uncovered(ctx context.Context, id tenant.ID, set *schema.Set, r storage.Record, c content, owned []ownedDocument, patch map[string]any) error {
	prospects, profiles := set.Entity("Prospect"), set.Entity("Profile")
	sealed, _, err := s.vault.Reseal(ctx, c.placed(id, prospects, &r), prospects, c.Doc) // something may have become sensitive since
	if err != nil {
		return err
	}
	var found []schema.Violation
	tell := func(e *schema.Entity, within string, copied func(property string) bool) func(property, _, place string) {
		return func(property, _, place string) {
			if !copied(property) {
				return
			}
			found = append(found, schema.Violation{Path: within + place, Rule: "sensitive",
				Message: fmt.Sprintf("is protected on %s and would be stored in clear on %s: declare it alike on both", prospects.Name, e.Name)})
		}
	}
	vault.Exposed(profiles, sealed, tell(profiles, "", func(name string) bool {
		_, merged := patch[name].(map[string]any)
		_, patched := patch[name]
		return (merged || !patched) && slices.ContainsFunc(profiles.Type.Fields, func(f *schema.Field) bool { return f != profiles.Type.Extra && f.Property == name })
	}))
	for _, o := range owned {
		item, err := s.protected(ctx, id, r.ID, sealed, o)
		if err != nil {
			return err
		}
		vault.Exposed(o.entity, item, tell(o.entity, fmt.Sprintf("%s.%d.", o.property, o.index), func(string) bool { return true }))
	}
	if len(found) > 0 {
		return &InvalidError{Violations: found}
	}
	return nil
}

// protected returns what a list of a prospect holds for a document that is to be owned, with what is to stay
// protected sealed. Where the list is sealed as a whole that is what the built-in schema says of such
// documents, and whatever it does not know.
func (s *Service) protected(ctx context.Context, id tenant.ID, profile string, prospect bson.Raw, o ownedDocument) (bson.Raw, error) {
	if item, ok := bsoncore.Document(prospect).Lookup(o.property, strconv.Itoa(o.index)).DocumentOK(); ok {
		return bson.Raw(item), nil
	}
	entities := schema.Defaults()
	builtin := entities[slices.IndexFunc(entities, func(e *schema.Entity) bool { return e.Name == o.entity.Name })]
	return s.vault.Seal(ctx, place(id, builtin, &storage.Record{ID: o.id, Owner: profile}), builtin, o.held)
}

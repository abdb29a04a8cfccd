package profile

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
)

// Create writes a new document. Owner is the id of the document that owns it, if the entity has an
// owner. Input is taken over and may be changed.
func (s *Service) Create(ctx context.Context, p *auth.Principal, set *schema.Set, e *schema.Entity, owner string, input map[string]any, ttlDays *int, v View) (Document, error) {
	if err := p.Check(auth.Write); err != nil {
		return Document{}, err
	}
	if p.Confined() && e.Owner == "" {
		return Document{}, fmt.Errorf("%w: a shopper's credential cannot create a %s", auth.ErrDenied, e.Name)
	}
	r := storage.Record{Owner: owner}
	if e.Owner == "" {
		return s.create(ctx, p, e, r, content{}, time.Time{}, input, ttlDays, v)
	}
	of, _, err := s.find(ctx, p, set.Entity(e.Owner), owner)
	if errors.Is(err, ErrNotFound) {
		return Document{}, ErrOwnerNotFound
	} else if err != nil {
		return Document{}, err
	}
	if !e.Many {
		r.ID = owner // so that insert-if-absent keeps it the only one
	}
	return s.createOwned(ctx, p, set, e, r, of.Expires, input, ttlDays, v)
}

// createOwned is create for a document with an owner. That may be deleted or get another end meanwhile, by somebody
// who does not see the new document yet.
func (s *Service) createOwned(ctx context.Context, p *auth.Principal, set *schema.Set, e *schema.Entity, r storage.Record, ownersEnd time.Time, input map[string]any, ttlDays *int, v View) (Document, error) {
	d, failed := s.create(ctx, p, e, r, content{}, ownersEnd, input, ttlDays, v)
	if d.ID == "" {
		return Document{}, failed
	}
	ctx = context.WithoutCancel(ctx)
	ends, err := s.ownersEnd(ctx, p.Account, set, e, r.Owner)
	gone := errors.Is(err, ErrNotFound)
	if err == nil && ends.Equal(ownersEnd) {
		return d, failed
	}
	if err == nil || gone {
		err = s.catchUp(ctx, p.Account, set, e, d.ID, ends, gone)
	}
	if err != nil {
		s.log.WarnContext(ctx, "a new document will be made to end with its owner later", "account", p.Account, "entity", e.Name, "id", d.ID, "error", err)
	}
	if gone {
		return Document{}, ErrOwnerNotFound
	}
	return d, failed
}

// create writes the first version of a document. R says its owner, and its id unless it is to have a new one,
// and c what else is to be known of it. It ends with the owner. The document has its id also when it was written
// but cannot be shown.
func (s *Service) create(ctx context.Context, p *auth.Principal, e *schema.Entity, r storage.Record, c content, ownersEnd time.Time, input map[string]any, ttlDays *int, v View) (Document, error) {
	ttl := e.TTLDays
	if ttlDays != nil {
		if ttl = *ttlDays; ttl < 1 || ttl > maxTTLDays {
			return Document{}, ErrTTL
		}
	}
	reused := r.ID != "" // there may have been documents of this id before
	if !reused {
		r.ID = newID()
	} else if found, err := s.records(ctx, p.Account, e, []string{r.ID}, nil); err != nil {
		return Document{}, err
	} else if found[0].ID != "" {
		return Document{}, ErrExists // before it takes values over that are the other's
	}
	e.Defaults(input)
	e.Complete(input)
	doc, err := s.seal(ctx, p.Account, e, r, nil, input, v)
	if err != nil {
		return Document{}, err
	}
	now := s.now().UTC().Truncate(time.Millisecond)
	c.Version, c.Number, c.Schema, c.Author = newVersion(1), 1, int32(e.Version), p.Actor
	c.Created, c.Updated, c.Doc = now, now, doc
	var own time.Time
	if ttl > 0 {
		own = now.AddDate(0, 0, ttl)
	}
	c.end(&r, own, ownersEnd)
	r.Rev, r.Body = rand.Text(), c.encode()
	keys, err := s.keys(ctx, p.Account, e, input)
	if err != nil {
		return Document{}, err
	}
	r.Keys = keys.entries
	made, err := s.claimFor(ctx, p, e, r.ID, keys.unique)
	if err != nil {
		return Document{}, err
	}
	switch err := s.store.Insert(ctx, documents(p.Account, e), r); {
	case errors.Is(err, storage.ErrExists):
		s.release(ctx, p.Account, e, made)
		return Document{}, ErrExists
	case errors.Is(err, storage.ErrTooLarge):
		s.release(ctx, p.Account, e, made)
		return Document{}, ErrTooLarge
	case err != nil:
		// The document may be there, so the claims stay. Without it they are void in time.
		return Document{}, fmt.Errorf("profile: create: %w", err)
	}
	if reused {
		if err := s.confirm(ctx, p.Account, e, r, keys.unique); err != nil {
			return Document{}, err
		}
	}
	d, err := s.showWritten(ctx, p, e, r, v)
	d.ID = r.ID
	return d, err
}

// confirm takes the values of a new document once more: who deletes another one that had the same id may have given up
// our claims with its own. If somebody else has a value by now, the new document is taken back.
func (s *Service) confirm(ctx context.Context, id tenant.ID, e *schema.Entity, r storage.Record, values []claimed) error {
	_, err := s.claim(ctx, id, e, r.ID, values)
	if twice := (*NotUniqueError)(nil); !errors.As(err, &twice) {
		return err
	}
	gone := s.store.Delete(ctx, documents(id, e), r.ID, r.Rev)
	if gone != nil && !errors.Is(gone, storage.ErrNotFound) && !errors.Is(gone, storage.ErrConflict) {
		return fmt.Errorf("profile: take back: %w", gone)
	}
	for _, v := range values {
		if err := s.dropClaim(ctx, id, e, v.entry, r.ID); err != nil {
			s.log.WarnContext(ctx, "claim will be cleared later", "account", id, "entity", e.Name, "error", err)
		}
	}
	return err
}

// seal validates a document and gives the form in which the record r keeps it; before is what that
// kept until then, nil for a new one.
func (s *Service) seal(ctx context.Context, id tenant.ID, e *schema.Entity, r storage.Record, before *content, doc map[string]any, v View) (bson.Raw, error) {
	if violations := e.Validate(doc); len(violations) > 0 {
		return nil, &InvalidError{Violations: violations}
	}
	if err := s.inspect(ctx, id, e, doc, v); err != nil {
		return nil, err
	}
	raw, err := e.Encode(doc)
	if err != nil {
		return nil, fmt.Errorf("profile: encode: %w", err)
	}
	if before == nil {
		return s.vault.Seal(ctx, place(id, e, &r), e, raw)
	}
	return s.vault.SealAfter(ctx, before.placed(id, e, &r), e, before.Doc, raw)
}

// Update changes a document by a merge patch (RFC 7396): null removes, what is absent stays; a union is
// replaced whole, as a list is. The patch is by JSON property. IfVersion, unless empty, is the version that the document must be at.
func (s *Service) Update(ctx context.Context, p *auth.Principal, set *schema.Set, e *schema.Entity, id string, patch map[string]any, ifVersion string, ttlDays *int, v View) (Document, error) {
	if err := p.Check(auth.Write); err != nil {
		return Document{}, err
	}
	if ttlDays != nil && (*ttlDays < 1 || *ttlDays > maxTTLDays) {
		return Document{}, ErrTTL
	}
	for {
		d, err := s.update(ctx, p, set, e, id, patch, ifVersion, ttlDays, v)
		if errors.Is(err, storage.ErrConflict) { // somebody else was faster
			continue
		}
		return d, err
	}
}

func (s *Service) update(ctx context.Context, p *auth.Principal, set *schema.Set, e *schema.Entity, id string, patch map[string]any, ifVersion string, ttlDays *int, v View) (Document, error) {
	old, c, err := s.find(ctx, p, e, id)
	if err != nil {
		return Document{}, err
	}
	if err := s.yield(ctx, p.Account, set, old, c); err != nil {
		return Document{}, err
	}
	if ifVersion != "" && ifVersion != c.Version {
		return Document{}, &VersionError{Current: c.Version}
	}
	doc, err := s.clear(ctx, p.Account, e, old, c.Doc)
	if err != nil {
		return Document{}, err
	}
	before, err := s.keys(ctx, p.Account, e, doc)
	if invalid := (*InvalidError)(nil); err != nil && !errors.As(err, &invalid) {
		return Document{}, err // a value written before it was a key may be of no use as one
	}
	e.Prune(doc)
	merge(doc, patch, e.Type)
	e.Complete(doc)
	raw, err := s.seal(ctx, p.Account, e, old, &c, doc, v)
	if err != nil {
		return Document{}, err
	}
	keys, err := s.keys(ctx, p.Account, e, doc)
	if err != nil {
		return Document{}, err
	}
	now := s.now().UTC().Truncate(time.Millisecond)
	next := content{Version: newVersion(c.Number + 1), Number: c.Number + 1, Schema: int32(e.Version), Author: p.Actor,
		Created: c.Created, Updated: now, Promoted: c.Promoted, Bound: c.Bound, Ends: c.Ends, Doc: raw}
	r := storage.Record{ID: id, Rev: rand.Text(), Owner: old.Owner, Keys: keys.entries, Expires: old.Expires}
	if ttlDays != nil {
		owners, err := s.ownersEnd(ctx, p.Account, set, e, old.Owner)
		if err != nil {
			return Document{}, err
		}
		next.end(&r, now.AddDate(0, 0, *ttlDays), owners)
		if sooner(r.Expires, old.Expires) { // it would be a deletion
			if held, err := s.onHold(ctx, p.Account, root(e, &old)); err != nil || held {
				return Document{}, cmp.Or(err, ErrHeld)
			}
		}
	}
	r.Body = next.encode()
	dropped, err := s.held(ctx, p.Account, e, id, without(before.unique, keys.unique))
	if err != nil {
		return Document{}, err
	}
	made, err := s.claimFor(ctx, p, e, id, without(keys.unique, before.unique))
	if err != nil {
		return Document{}, err
	}
	if err := s.archive(ctx, p.Account, e, old, c); err != nil {
		return Document{}, err
	}
	if sooner(old.Expires, r.Expires) {
		if err := s.endOwned(ctx, p.Account, set, e, r); err != nil {
			return Document{}, err
		}
	}
	err = s.store.Replace(ctx, documents(p.Account, e), r, old.Rev)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		s.unarchive(ctx, p.Account, e, old, c)
		err = ErrNotFound
	case errors.Is(err, storage.ErrTooLarge):
		err = ErrTooLarge
	case err != nil && !errors.Is(err, storage.ErrConflict):
		return Document{}, fmt.Errorf("profile: update: %w", err) // it may have happened: all claims stay
	}
	if err != nil {
		s.release(ctx, p.Account, e, made)
		return Document{}, err
	}
	s.release(ctx, p.Account, e, dropped)
	if !r.Expires.Equal(old.Expires) { // those that came meanwhile, too
		if err := s.endOwned(ctx, p.Account, set, e, r); err != nil {
			s.log.WarnContext(ctx, "what a document owns will be made to end with it later", "account", p.Account, "entity", e.Name, "id", id, "error", err)
		}
	}
	return s.showWritten(ctx, p, e, r, v)
}

// archive copies the newest version of a document among its old ones.
func (s *Service) archive(ctx context.Context, id tenant.ID, e *schema.Entity, r storage.Record, c content) error {
	old := storage.Record{ID: oldID(r.ID, c.Created, c.Number), Rev: r.Rev, Owner: r.Owner, Body: r.Body}
	if err := s.store.Insert(ctx, versions(id, e), old); err != nil && !errors.Is(err, storage.ErrExists) {
		return fmt.Errorf("profile: keep version: %w", err)
	}
	return nil
}

// unarchive removes what archive kept of a document that was deleted meanwhile, by somebody who did not see it any more.
func (s *Service) unarchive(ctx context.Context, id tenant.ID, e *schema.Entity, r storage.Record, c content) {
	err := s.store.Delete(ctx, versions(id, e), oldID(r.ID, c.Created, c.Number), "")
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		s.log.WarnContext(ctx, "an old version of a deleted document will be cleared later", "account", id, "entity", e.Name, "id", r.ID, "error", err)
	}
}

// merge applies a merge patch. A required property that may be null becomes null, where RFC 7396
// would remove it: that is what a client who writes null means. What comes into being has the defaults
// that a creation would give it.
func merge(object, patch map[string]any, t *schema.Type) {
	for name, value := range patch {
		var f *schema.Field
		if t != nil {
			if i := slices.IndexFunc(t.Fields, func(f *schema.Field) bool { return f.Property == name }); i >= 0 {
				f = t.Fields[i]
			}
		}
		inner, isObject := value.(map[string]any)
		switch {
		case value == nil && f != nil && f.Required && f.Nullable:
			object[name] = nil
		case value == nil:
			delete(object, name)
		case isObject && (f == nil || f.Type.Kind != schema.Union):
			var innerType *schema.Type
			if f != nil && f.Type.Kind == schema.Object {
				innerType = f.Type
			}
			target, ok := object[name].(map[string]any)
			if !ok {
				target = map[string]any{}
				if innerType != nil {
					inner, _ = innerType.Filled(stated(inner, innerType)).(map[string]any)
				}
			}
			merge(target, inner, innerType)
			object[name] = target
		case f != nil:
			object[name] = f.Type.Filled(value)
		default:
			object[name] = value
		}
	}
}

// stated is what a patch gives an object that comes into being: null says something only of what may be null.
func stated(object map[string]any, t *schema.Type) map[string]any {
	object = maps.Clone(object)
	for _, f := range t.Fields {
		if v, there := object[f.Property]; there && v == nil && !f.Nullable {
			delete(object, f.Property)
		}
	}
	return object
}

// Delete removes a document with all its versions and everything it owns. That it does is on the
// record first. It fails with [ErrHeld] while the data subject is on legal hold.
func (s *Service) Delete(ctx context.Context, p *auth.Principal, set *schema.Set, e *schema.Entity, id, ifVersion string) error {
	if err := p.Check(auth.Delete); err != nil {
		return err
	}
	for {
		r, c, err := s.find(ctx, p, e, id)
		if unreadable(err) && (ifVersion == "" || c.Version != "") {
			err = nil // what cannot be read any more can still be deleted
		}
		if err != nil {
			return err
		}
		if err := s.yield(ctx, p.Account, set, r, c); errors.Is(err, storage.ErrConflict) {
			continue
		} else if err != nil {
			return err
		}
		if ifVersion != "" && ifVersion != c.Version {
			return &VersionError{Current: c.Version}
		}
		if held, err := s.onHold(ctx, p.Account, root(e, &r)); err != nil || held {
			return cmp.Or(err, ErrHeld)
		}
		if err := s.auth.NoteDeletion(ctx, p, auth.Disclosure{Entity: e.Name, ID: r.ID, Subject: root(e, &r), Version: c.Version}); err != nil {
			return err
		}
		switch err := s.remove(ctx, p.Account, set, e, r); {
		case errors.Is(err, storage.ErrConflict):
			continue
		case errors.Is(err, storage.ErrNotFound):
			return ErrNotFound
		case err != nil:
			return fmt.Errorf("profile: delete: %w", err)
		}
		return nil
	}
}

// remove deletes a document at the revision given, and then what hung on it.
func (s *Service) remove(ctx context.Context, id tenant.ID, set *schema.Set, e *schema.Entity, r storage.Record) error {
	if err := s.store.Delete(ctx, documents(id, e), r.ID, r.Rev); err != nil {
		return err
	}
	// From here on the document is gone; what fails is done by the next Mend.
	if err := s.purge(ctx, id, set, e, r); err != nil {
		s.log.WarnContext(ctx, "remains of a deleted document will be cleared later", "account", id, "entity", e.Name, "id", r.ID, "error", err)
	}
	return nil
}

// purge clears away what hung on a document that is gone.
func (s *Service) purge(ctx context.Context, id tenant.ID, set *schema.Set, e *schema.Entity, r storage.Record) error {
	if err := s.dropVersions(ctx, id, e, r); err != nil {
		return err
	}
	for _, key := range r.Keys {
		if err := s.dropClaim(ctx, id, e, key, r.ID); err != nil {
			return err
		}
	}
	return s.eachOwned(ctx, id, set, e, r.ID, func(owned *schema.Entity, one storage.Record) error {
		// Before the document: by it they are found again, should this fail.
		if err := s.dropVersions(ctx, id, owned, one); err != nil {
			return err
		}
		// At whatever revision: nobody can save it by a change.
		if err := s.store.Delete(ctx, documents(id, owned), one.ID, ""); err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		return s.purge(ctx, id, set, owned, one)
	})
}

// dropVersions removes the old versions of a document.
func (s *Service) dropVersions(ctx context.Context, id tenant.ID, e *schema.Entity, r storage.Record) error {
	prefix := r.ID + "/"
	var c content
	if c.decode(r.Body) == nil { // a new document of the same id may have versions already
		prefix = oldPrefix(r.ID, c.Created)
	}
	for {
		old, err := s.store.Scan(ctx, versions(id, e), storage.Page{Prefix: prefix, Limit: 500})
		if err != nil {
			return err
		}
		for _, v := range old {
			if err := s.store.Delete(ctx, versions(id, e), v.ID, ""); err != nil && !errors.Is(err, storage.ErrNotFound) {
				return err
			}
		}
		if len(old) < 500 {
			return nil
		}
	}
}

// keySet holds the entries under which a document can be looked up.
type keySet struct {
	entries []string
	unique  []claimed
}

type claimed struct {
	field *schema.Field
	entry string
}

func (s *Service) keys(ctx context.Context, id tenant.ID, e *schema.Entity, doc map[string]any) (keySet, error) {
	var k keySet
	for _, key := range e.Keys {
		entries, err := s.vault.Entries(ctx, id, e.Name, key.Field, doc[key.Field.Property])
		if errors.Is(err, vault.ErrValue) {
			return k, &InvalidError{Violations: []schema.Violation{{Path: key.Field.Property, Rule: "v-indexed",
				Message: "cannot be normalised for look-up as " + key.Field.Normalize}}}
		}
		if err != nil {
			return k, err
		}
		k.entries = append(k.entries, entries...)
		if key.Unique {
			for _, entry := range entries {
				k.unique = append(k.unique, claimed{key.Field, entry})
			}
		}
	}
	return k, nil
}

func newID() string {
	id, err := uuid.NewV7() // ordered by time: neighbours in storage are written together
	if err != nil {
		panic("profile: impossible: no randomness")
	}
	return id.String()
}

// newer reports whether a document was created after newID gave the other id. Of ids that follow from
// others it cannot tell, and says no.
func newer(id, other string) bool {
	const versionAt = 14 // 7: made by newID
	return len(id) == len(other) && id[versionAt] == other[versionAt] && id > other
}

func newVersion(number int32) string {
	return fmt.Sprintf("%d-%s", number, strings.ToLower(rand.Text()[:12]))
}

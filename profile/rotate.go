package profile

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
)

// The rotations there are.
const (
	RotateKEK     = "KEK"     // the account's key is wrapped anew, by the newest version of its KEK or by another KEK
	RotateAccount = "ACCOUNT" // a new account key; all other keys are wrapped under it
	RotateDEK     = "DEK"     // a new key for each data subject; all that is sealed is sealed anew
	RotateIndex   = "INDEX"   // a new key for each look-up field; all documents are indexed anew
)

// Rotations lists the rotations there are.
var Rotations = []string{RotateKEK, RotateAccount, RotateDEK, RotateIndex}

// Rotation is a replacement of keys that is under way. Old keys serve until nothing needs them, so
// no request fails because of it; it takes minutes even where there is little to do. It is kept in
// the store: whoever sweeps goes on with it, after a crash too.
type Rotation struct {
	Step  string
	Began time.Time
	// Done is how many documents and old versions it has gone through, of All that there were when it began
	// to; All is 0 where it goes through none, and before it has counted them. When it is through, it
	// waits until nothing needs the old keys.
	Done, All int
}

type rotationRecord struct {
	Began time.Time `bson:"began"`
	KEK   string    `bson:"kek,omitempty"`
	Keyed bool      `bson:"keyed,omitempty"` // of RotateIndex: the new keys are there
	Done  int       `bson:"done,omitempty"`
	All   int       `bson:"all,omitempty"`
}

// rotations is where they are kept: one record for each account and step.
var rotations = storage.Space{Account: storage.System, Collection: storage.Accounts, Part: "rotation"}

// ErrRotation says that there is no such rotation.
var ErrRotation = fmt.Errorf("profile: a rotation is one of %s", strings.Join(Rotations, ", "))

// ErrKEK says that an account can have no KEK of such a name.
var ErrKEK = errors.New("profile: the name of a KEK is 1 to 128 letters, digits, '.', '_' and '-', begins with a letter or digit, and not with profilegraph-, as those of other accounts do")

// Rotate begins a rotation for p's account, unless it is under way already. Kek names another KEK
// for the account, with RotateKEK only; the one named last holds, since one that cannot be used
// would be tried for ever.
func (s *Service) Rotate(ctx context.Context, p *auth.Principal, step, kek string) error {
	if err := p.Check(auth.Account); err != nil {
		return err
	}
	if !slices.Contains(Rotations, step) || kek != "" && step != RotateKEK {
		return ErrRotation
	}
	details := map[string]string{"step": step}
	if kek != "" {
		if !vault.ValidKEK(p.Account, kek) {
			return ErrKEK
		}
		details["kek"] = kek
	}
	if err := s.auth.Note(ctx, p, "RotateKeys", details); err != nil {
		return err
	}
	body, err := bson.Marshal(rotationRecord{Began: s.now().UTC(), KEK: kek})
	if err != nil {
		return fmt.Errorf("profile: rotate: %w", err)
	}
	r := storage.Record{ID: string(p.Account) + "/" + step, Rev: rand.Text(), Body: body}
	err = s.store.Insert(ctx, rotations, r)
	if errors.Is(err, storage.ErrExists) && step == RotateKEK {
		err = s.replaceRotation(ctx, r)
	}
	if err != nil && !errors.Is(err, storage.ErrExists) {
		return fmt.Errorf("profile: rotate: %w", err)
	}
	s.wake()
	return nil
}

// replaceRotation puts a rotation in the place of one that is under way, or was until now.
func (s *Service) replaceRotation(ctx context.Context, r storage.Record) error {
	err := s.store.Delete(ctx, rotations, r.ID, "")
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	return s.store.Insert(ctx, rotations, r)
}

// Keys tells which keys p's account has, and which rotations are under way.
func (s *Service) Keys(ctx context.Context, p *auth.Principal) (vault.Status, []Rotation, error) {
	if err := p.Check(auth.Account); err != nil {
		return vault.Status{}, nil, err
	}
	status, err := s.vault.Status(ctx, p.Account)
	if err != nil {
		return status, nil, err
	}
	found, err := s.store.Scan(ctx, rotations, storage.Page{Prefix: string(p.Account) + "/", Limit: len(Rotations)})
	if err != nil {
		return status, nil, fmt.Errorf("profile: rotations: %w", err)
	}
	var list []Rotation
	for _, r := range found {
		var rec rotationRecord
		if err := bson.Unmarshal(r.Body, &rec); err != nil {
			return status, nil, fmt.Errorf("profile: rotation cannot be read: %w", err)
		}
		_, step, _ := strings.Cut(r.ID, "/")
		list = append(list, Rotation{step, rec.Began.UTC(), rec.Done, rec.All})
	}
	return status, list, nil
}

// AdvanceRotations takes every rotation that is under way a step on, and ends those that are done.
func (s *Service) AdvanceRotations(ctx context.Context, set func(context.Context, tenant.ID) (*schema.Set, error)) error {
	var failed []error
	err := s.each(ctx, rotations, func(list []storage.Record) error {
		for _, r := range list {
			if err := s.advance(ctx, r, set); err != nil {
				failed = append(failed, fmt.Errorf("profile: rotation %s: %w", r.ID, err))
			}
		}
		return nil
	})
	return errors.Join(append(failed, err)...)
}

func (s *Service) advance(ctx context.Context, r storage.Record, set func(context.Context, tenant.ID) (*schema.Set, error)) error {
	account, step, _ := strings.Cut(r.ID, "/")
	id := tenant.ID(account)
	var rec rotationRecord
	if err := bson.Unmarshal(r.Body, &rec); err != nil {
		return err
	}
	schemas, err := set(ctx, id)
	if err != nil {
		return err
	}
	var done bool
	switch step {
	case RotateKEK:
		done, err = true, s.vault.RewrapKEK(ctx, id, rec.KEK)
	case RotateAccount:
		done, err = s.rotateAccount(ctx, id)
	case RotateDEK:
		done, err = s.rotateDEKs(ctx, id, schemas, &tally{s: s, record: &r, rotation: rec})
	case RotateIndex:
		if !rec.Keyed {
			return s.keyIndexes(ctx, id, schemas, r, rec)
		}
		done, err = s.retireIndexes(ctx, id, schemas, &tally{s: s, record: &r, rotation: rec})
	}
	if err != nil || !done {
		return err
	}
	err = s.store.Delete(ctx, rotations, r.ID, r.Rev)
	if errors.Is(err, storage.ErrNotFound) || errors.Is(err, storage.ErrConflict) {
		return nil
	}
	return err
}

func (s *Service) rotateAccount(ctx context.Context, id tenant.ID) (done bool, err error) {
	if status, err := s.vault.Status(ctx, id); err != nil || status.KEK == "" {
		return err == nil, err // an account that has no key yet gets a new one anyway
	}
	return s.vault.RotateAccountKey(ctx, id, nil)
}

// tally keeps how far a rotation is in its first pass over documents; those that follow find little left to do.
type tally struct {
	s        *Service
	record   *storage.Record
	rotation rotationRecord
	silent   bool
}

// begin counts what the pass has before it.
func (t *tally) begin(ctx context.Context, in ...storage.Space) error {
	if t.rotation.All > 0 && t.rotation.Done >= t.rotation.All {
		t.silent = true
		return nil
	}
	t.rotation.Done, t.rotation.All = 0, 0
	for _, space := range in {
		err := t.s.each(ctx, space, func(list []storage.Record) error {
			t.rotation.All += len(list)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return t.keep(ctx)
}

// through counts a batch of records that the pass has behind it.
func (t *tally) through(ctx context.Context) func(records int) {
	return func(records int) {
		t.rotation.Done = max(0, min(t.rotation.Done+records, t.rotation.All-1)) // others may have been added meanwhile
		if err := t.keep(ctx); err != nil {                                      // the pass is worth more than to know how far it is
			t.s.log.WarnContext(ctx, "progress of a rotation not kept", "rotation", t.record.ID, "error", err)
		}
	}
}

// end says that the pass has gone through everything.
func (t *tally) end(ctx context.Context) error {
	t.rotation.Done = t.rotation.All
	return t.keep(ctx)
}

func (t *tally) keep(ctx context.Context) error {
	if t.silent {
		return nil
	}
	body, err := bson.Marshal(t.rotation)
	if err != nil {
		return err
	}
	next := storage.Record{ID: t.record.ID, Rev: rand.Text(), Body: body}
	switch err := t.s.store.Replace(ctx, rotations, next, t.record.Rev); {
	case errors.Is(err, storage.ErrConflict), errors.Is(err, storage.ErrNotFound):
		t.silent = true // another process goes through them too, and tells
		return nil
	case err != nil:
		return err
	}
	*t.record = next
	return nil
}

func (s *Service) rotateDEKs(ctx context.Context, id tenant.ID, set *schema.Set, t *tally) (done bool, err error) {
	if err := s.vault.RotateDEKs(ctx, id, t.rotation.Began, nil); err != nil {
		return false, err
	}
	pass := s.now()
	var all []storage.Space
	for _, e := range set.Entities {
		all = append(all, documents(id, e), versions(id, e))
	}
	if err := t.begin(ctx, all...); err != nil {
		return false, err
	}
	for _, e := range set.Entities {
		if err := s.reseal(ctx, id, e, t.through(ctx)); err != nil {
			return false, err
		}
	}
	if err := t.end(ctx); err != nil {
		return false, err
	}
	if err := s.vault.RetireDEKs(ctx, id, pass, nil); err != nil {
		return false, err
	}
	status, err := s.vault.Status(ctx, id)
	return err == nil && status.Rotating == 0, err
}

// keyIndexes makes the new keys, once: a second time would begin another rotation.
func (s *Service) keyIndexes(ctx context.Context, id tenant.ID, set *schema.Set, r storage.Record, rec rotationRecord) error {
	for _, e := range set.Entities {
		for _, k := range e.Keys {
			if err := s.vault.RotateIndexKey(ctx, id, e.Name, k.Field.Property); err != nil {
				return err
			}
		}
	}
	rec.Keyed = true
	body, err := bson.Marshal(rec)
	if err != nil {
		return err
	}
	next := storage.Record{ID: r.ID, Rev: rand.Text(), Body: body}
	if err := s.store.Replace(ctx, rotations, next, r.Rev); err != nil && !errors.Is(err, storage.ErrConflict) {
		return err
	}
	return nil
}

func (s *Service) retireIndexes(ctx context.Context, id tenant.ID, set *schema.Set, t *tally) (done bool, err error) {
	pass := s.now()
	var all []storage.Space
	for _, e := range set.Entities {
		if len(e.Keys) > 0 {
			all = append(all, documents(id, e))
		}
	}
	if err := t.begin(ctx, all...); err != nil {
		return false, err
	}
	for _, e := range set.Entities {
		if err := s.reindex(ctx, id, e, t.through(ctx)); err != nil {
			return false, err
		}
	}
	if err := t.end(ctx); err != nil {
		return false, err
	}
	status, err := s.vault.Status(ctx, id)
	if err != nil {
		return false, err
	}
	done = true
	for _, index := range status.Indexes {
		if index.Versions < 2 {
			continue
		}
		retired, err := s.vault.RetireIndexKey(ctx, id, index.Entity, index.Property, pass)
		if err != nil {
			return false, err
		}
		done = done && retired
	}
	return done, nil
}

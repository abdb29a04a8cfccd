package privacy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

// Erasure is that of everything about a data subject.
//
// First its key is destroyed: from then on nobody can read what was sealed under it, in no backup either that does
// not hold the key. Then the documents, their versions and their look-up entries are removed, and the API keys that
// were confined to the subject revoked. Every step may be repeated. One that a crash or a fault cut short is finished by
// [Service.Resume] or the next [Service.Erase].
type Erasure struct {
	Subject     string
	Reference   string // of the request, as whoever asked for it gave it; may be empty
	Requested   time.Time
	RequestedBy string
	Finished    time.Time // zero: it is under way
	// Documents and Versions are how many there were.
	Documents, Versions int
	// Certificate is a proof, see [audit.OpenProof], of the entry of the record which says that it is done.
	Certificate json.RawMessage
}

// What erasures are called on the record, and by their events.
const (
	erasureAction = "ProfileSystemUserRightsDelete"
	erasureEvent  = "subject.erased"
)

// onHold is why an erasure was refused, on the record.
const onHold = "LEGAL_HOLD"

type erasureRecord struct {
	Reference   string    `bson:"reference,omitempty"`
	Requested   time.Time `bson:"requested"`
	RequestedBy string    `bson:"requestedBy"`
	Begun       bool      `bson:"begun,omitempty"` // no hold stops it any more
	Finished    time.Time `bson:"finished,omitempty"`
	Documents   int       `bson:"documents"`
	Versions    int       `bson:"versions"`
	Certificate []byte    `bson:"certificate,omitempty"`
}

// erasureSpace has a record for each data subject that was erased, or is to be. It is kept for ever: by it what a
// restored backup brings back is erased again.
func erasureSpace(id tenant.ID) storage.Space {
	return storage.Space{Account: id, Collection: storage.Accounts, Part: "erasure"}
}

// underWay is the index entry of erasures that are not finished.
const underWay = "under way"

// finishTimeout is how long an erasure may take before it is left to [Service.Resume].
const finishTimeout = time.Minute

// Erase erases a data subject, and returns when that is done. One that was erased already is not erased again. It
// fails with [ErrHeld] while the subject is on hold. After any other error, once the erasure can be found, it is
// finished later.
func (s *Service) Erase(ctx context.Context, p *auth.Principal, subject, reference string) (Erasure, error) {
	if err := p.Check(auth.Privacy); err != nil {
		return Erasure{}, err
	}
	if reference != "" && !validReference.MatchString(reference) {
		return Erasure{}, ErrReference
	}
	_, err := s.erasure(ctx, p.Account, subject)
	if errors.Is(err, ErrNotFound) {
		err = s.begin(ctx, p, subject, reference)
	}
	if err != nil {
		return Erasure{}, err
	}
	// Half of an erasure is worse than none: who asked for it may have gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	return s.finish(ctx, p.Account, subject)
}

// begin writes down that a data subject is to be erased.
func (s *Service) begin(ctx context.Context, p *auth.Principal, subject, reference string) error {
	n, err := s.checkSubject(ctx, p.Account, subject)
	if err != nil {
		return err
	}
	rec := erasureRecord{Reference: reference, Requested: s.Now().UTC().Truncate(time.Millisecond), RequestedBy: p.Actor, Documents: n.Documents, Versions: n.Versions}
	if held, err := s.Held(ctx, p.Account, subject); err != nil {
		return err
	} else if held {
		return s.refuse(ctx, p.Account, subject, rec)
	}
	if _, err := s.note(ctx, p.Account, p.Actor, erasureAction, audit.Allowed, subject, map[string]string{"reference": reference}); err != nil {
		return err
	}
	r, err := encode(subject, rec)
	if err != nil {
		return err
	}
	r.Keys = []string{underWay}
	if err := s.Store.Insert(ctx, erasureSpace(p.Account), r); err != nil && !errors.Is(err, storage.ErrExists) {
		return fmt.Errorf("privacy: erase: %w", err)
	}
	return nil
}

// refuse says on the record that somebody on hold is not erased.
func (s *Service) refuse(ctx context.Context, id tenant.ID, subject string, rec erasureRecord) error {
	details := map[string]string{"reference": rec.Reference, "refusal": onHold}
	if _, err := s.note(ctx, id, rec.RequestedBy, erasureAction, audit.Denied, subject, details); err != nil {
		return err
	}
	return ErrHeld
}

// settle decides whether an erasure that is written down is done: from then on there are no holds (see PlaceHold), or
// it gives way to one. It returns the erasure's record as it is then.
func (s *Service) settle(ctx context.Context, id tenant.ID, r storage.Record, rec erasureRecord) (storage.Record, error) {
	held, err := s.Held(ctx, id, r.ID)
	if err != nil {
		return r, err
	}
	rec.Begun = true
	next, err := encode(r.ID, rec)
	if err != nil {
		return r, err
	}
	next.Keys = []string{underWay}
	if held {
		err = s.Store.Delete(ctx, erasureSpace(id), r.ID, r.Rev)
	} else {
		err = s.Store.Replace(ctx, erasureSpace(id), next, r.Rev)
	}
	switch {
	case errors.Is(err, storage.ErrConflict): // it was settled by another
		if r, err = s.erasure(ctx, id, r.ID); errors.Is(err, ErrNotFound) {
			err = ErrHeld
		}
		return r, err
	case held && err == nil, errors.Is(err, storage.ErrNotFound):
		return r, s.refuse(ctx, id, r.ID, rec)
	case err != nil:
		return r, fmt.Errorf("privacy: erase: %w", err)
	}
	return next, nil
}

// finish does what is left of an erasure, once for all who ask for it at the same time.
func (s *Service) finish(ctx context.Context, id tenant.ID, subject string) (Erasure, error) {
	e, err, _ := s.finishing.Do(string(id)+"/"+subject, func() (any, error) { return s.finishOne(ctx, id, subject) })
	return e.(Erasure), err
}

func (s *Service) finishOne(ctx context.Context, id tenant.ID, subject string) (Erasure, error) {
	r, err := s.erasure(ctx, id, subject)
	if errors.Is(err, ErrNotFound) { // it gave way
		err = ErrHeld
	}
	if err != nil {
		return Erasure{}, err
	}
	var rec erasureRecord
	if err := decode(r, &rec); err != nil {
		return Erasure{}, err
	}
	if !rec.Finished.IsZero() {
		return describe(r.ID, rec), nil
	}
	if !rec.Begun {
		if r, err = s.settle(ctx, id, r, rec); err != nil {
			return Erasure{}, err
		}
		if err := decode(r, &rec); err != nil || !rec.Finished.IsZero() {
			return describe(r.ID, rec), err
		}
	}
	if err := s.remove(ctx, id, r.ID, rec.RequestedBy); err != nil {
		return Erasure{}, err
	}
	details := map[string]string{"reference": rec.Reference, "documents": strconv.Itoa(rec.Documents), "versions": strconv.Itoa(rec.Versions)}
	receipt, err := s.note(ctx, id, rec.RequestedBy, erasureAction, audit.Done, r.ID, details)
	if err != nil {
		return Erasure{}, err
	}
	proof, err := s.Record.Prove(ctx, receipt)
	if err != nil {
		return Erasure{}, fmt.Errorf("privacy: erase: %w", err)
	}
	if rec.Certificate, err = json.Marshal(proof); err != nil {
		return Erasure{}, fmt.Errorf("privacy: erase: %w", err)
	}
	rec.Finished = s.Now().UTC().Truncate(time.Millisecond)
	if err := s.Outbox.Add(ctx, id, erasureEvent, references+r.ID, map[string]any{"account": id, "subject": r.ID}); err != nil {
		return Erasure{}, fmt.Errorf("privacy: erase: %w", err)
	}
	next, err := encode(r.ID, rec)
	if err != nil {
		return Erasure{}, err
	}
	switch err := s.Store.Replace(ctx, erasureSpace(id), next, r.Rev); {
	case errors.Is(err, storage.ErrConflict): // another process was faster
		if r, err = s.erasure(ctx, id, r.ID); err == nil {
			err = decode(r, &rec)
		}
		return describe(r.ID, rec), err
	case err != nil:
		return Erasure{}, fmt.Errorf("privacy: erase: %w", err)
	}
	s.Outbox.Wake()
	return describe(r.ID, rec), nil
}

// remove destroys the key of a data subject and removes all that there is of it.
func (s *Service) remove(ctx context.Context, id tenant.ID, subject, by string) error {
	if err := s.Keys.Destroy(ctx, id, subject); err != nil {
		return err
	}
	set, err := s.Set(ctx, id)
	if err != nil {
		return err
	}
	// Nothing else sees what has ended by itself. It may fail by another account's.
	if _, err := s.Documents.Expire(ctx, s.Set); err != nil {
		s.Log.WarnContext(ctx, "documents of whom is erased that have ended by themselves are left to the sweep", "account", id, "subject", subject, "error", err)
	}
	if err := s.Documents.Erase(ctx, id, set, subject); err != nil {
		return err
	}
	// Last: nobody is given a key from now on, since there is no document.
	return s.APIKeys.RevokeOf(ctx, id, subject, by)
}

// references begins the references of this package's events.
const references = "erasure/"

// Happened reports whether what an event tells of has happened, by its reference. Ours is whether the reference is one
// of this package.
func (s *Service) Happened(ctx context.Context, id tenant.ID, reference string) (happened, ours bool, err error) {
	subject, ours := strings.CutPrefix(reference, references)
	if !ours {
		return false, false, nil
	}
	r, err := s.erasure(ctx, id, subject)
	if errors.Is(err, ErrNotFound) {
		return false, true, nil
	}
	var rec erasureRecord
	if err == nil {
		err = decode(r, &rec)
	}
	return !rec.Finished.IsZero(), true, err
}

// Erasure returns that of a data subject.
func (s *Service) Erasure(ctx context.Context, p *auth.Principal, subject string) (Erasure, error) {
	if err := p.Check(auth.Privacy); err != nil {
		return Erasure{}, err
	}
	r, err := s.erasure(ctx, p.Account, subject)
	if err != nil {
		return Erasure{}, err
	}
	var rec erasureRecord
	err = decode(r, &rec)
	return describe(subject, rec), err
}

// Erasures returns those of p's account in order of subject, at most first of those behind after.
func (s *Service) Erasures(ctx context.Context, p *auth.Principal, first int, after string) ([]Erasure, error) {
	if err := p.Check(auth.Privacy); err != nil {
		return nil, err
	}
	if !validAfter.MatchString(after) {
		return nil, ErrAfter
	}
	found, err := s.Store.Scan(ctx, erasureSpace(p.Account), storage.Page{After: after, Limit: first})
	if err != nil {
		return nil, fmt.Errorf("privacy: erasures: %w", err)
	}
	list := make([]Erasure, len(found))
	for i, r := range found {
		var rec erasureRecord
		if err := decode(r, &rec); err != nil {
			return nil, err
		}
		list[i] = describe(r.ID, rec)
	}
	return list, nil
}

func (s *Service) erasure(ctx context.Context, id tenant.ID, subject string) (storage.Record, error) {
	if !validSubject.MatchString(subject) {
		return storage.Record{}, ErrNotFound
	}
	r, err := s.Store.Get(ctx, erasureSpace(id), subject)
	if errors.Is(err, storage.ErrNotFound) {
		return r, ErrNotFound
	}
	if err != nil {
		return r, fmt.Errorf("privacy: read erasure: %w", err)
	}
	return r, nil
}

func describe(subject string, rec erasureRecord) Erasure {
	e := Erasure{Subject: subject, Reference: rec.Reference, Requested: rec.Requested.UTC(), RequestedBy: rec.RequestedBy,
		Documents: rec.Documents, Versions: rec.Versions, Certificate: rec.Certificate}
	if !rec.Finished.IsZero() {
		e.Finished = rec.Finished.UTC()
	}
	return e
}

// Resume finishes the erasures of an account that were cut short.
func (s *Service) Resume(ctx context.Context, id tenant.ID) error {
	open, err := s.Store.Find(ctx, erasureSpace(id), []string{underWay}, 1_000)
	if err != nil {
		return fmt.Errorf("privacy: resume: %w", err)
	}
	var failed []error
	for _, r := range open[0] {
		var rec erasureRecord
		err := decode(r, &rec)
		if err == nil && s.Now().Sub(rec.Requested) < finishTimeout {
			continue // whoever began it is at it
		}
		if err == nil {
			_, err = s.finish(ctx, id, r.ID)
		}
		if err != nil && !errors.Is(err, ErrHeld) { // one that cannot be finished does not keep the others
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// Reapply erases again what a backup has brought back of data subjects that were erased: of those whose key is
// back, of those of whom there are documents, and of those whose erasure the backup does not know.
func (s *Service) Reapply(ctx context.Context, id tenant.ID) error {
	// Before the erasures are read: of whom is erased just now there is one.
	list, err := s.Keys.Destroyed(ctx, id)
	if err != nil {
		return err
	}
	unknown := map[string]bool{}
	for _, subject := range list {
		unknown[subject] = true
	}
	set, err := s.Set(ctx, id)
	if err != nil {
		return err
	}
	var destroyed []string
	for page := (storage.Page{Limit: 500}); ; {
		found, err := s.Store.Scan(ctx, erasureSpace(id), page)
		if err != nil {
			return fmt.Errorf("privacy: reapply: %w", err)
		}
		for _, r := range found {
			page.After = r.ID
			switch done := len(r.Keys) == 0; {
			case done && unknown[r.ID]:
				destroyed = append(destroyed, r.ID)
			case done:
				if err := s.again(ctx, id, set, r.ID); err != nil {
					return err
				}
			}
			delete(unknown, r.ID)
		}
		if len(found) < 500 {
			break
		}
	}
	for some := range slices.Chunk(slices.AppendSeq(destroyed, maps.Keys(unknown)), 500) {
		there, err := s.Documents.Present(ctx, id, set, some)
		if err != nil {
			return err
		}
		for _, subject := range there {
			if err := s.again(ctx, id, set, subject); err != nil {
				return err
			}
		}
	}
	return nil
}

// system is the actor of what nobody asked for just now.
const system = "system"

// again erases what a backup has brought back of a data subject.
func (s *Service) again(ctx context.Context, id tenant.ID, set *schema.Set, subject string) error {
	_, destroyed, err := s.Keys.Known(ctx, id, subject)
	if err != nil {
		return err
	}
	n, err := s.Documents.Holdings(ctx, id, set, subject)
	if err != nil || destroyed && n.Documents == 0 {
		return err
	}
	s.Log.WarnContext(ctx, "a backup brought back what was erased; it is erased again", "account", id, "subject", subject)
	details := map[string]string{"restored": "true", "documents": strconv.Itoa(n.Documents), "versions": strconv.Itoa(n.Versions)}
	if _, err := s.note(ctx, id, system, erasureAction, audit.Allowed, subject, details); err != nil {
		return err
	}
	return s.remove(ctx, id, subject, system)
}

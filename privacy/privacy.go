// Package privacy does for data subjects what the law lets them, or a court, ask of an account: everything about one
// is exported, erased, or held.
//
// A data subject is whoever a document without an owner is about, such as a profile or a prospect; the id of that
// document is the subject's. What the document owns is about the subject, too.
package privacy

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/singleflight"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/profile"
	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
)

var (
	// ErrNoSubject says that an account knows nothing of a data subject.
	ErrNoSubject = errors.New("privacy: no such data subject")
	// ErrHeld says that a data subject must not be erased: it is on legal hold.
	ErrHeld = errors.New("privacy: the data subject is on legal hold")
	// ErrErased says that there is nothing left to hold: the data subject was erased.
	ErrErased = errors.New("privacy: the data subject was erased")
	// ErrNotFound says that the account has no such hold or erasure.
	ErrNotFound = errors.New("privacy: no such hold or erasure")
	// ErrAfter says that a place to go on behind is none that was given.
	ErrAfter = errors.New("privacy: no such place")
	// ErrReference says that a reference is none.
	ErrReference = errors.New("privacy: a reference is 1 to 64 letters, digits and . _ / # : -, such as the number of a ticket; no personal data")
)

// Record is the audit record as this package uses it.
type Record interface {
	auth.Recorder
	Prove(ctx context.Context, r audit.Receipt) (audit.Proof, error)
	Query(ctx context.Context, account tenant.ID, f audit.Filter) ([]audit.Entry, bool, error)
}

// Outbox keeps events for other systems. *[event.Service] is one.
type Outbox interface {
	// Add keeps an event that is about to happen; Reference is how [Service.Happened] knows it.
	Add(ctx context.Context, account tenant.ID, kind, reference string, data any) error
	// Wake says that what was added has happened.
	Wake()
}

// Options say what a Service works with.
type Options struct {
	Store     storage.Store
	Documents *profile.Service
	Keys      *vault.Vault
	APIKeys   *auth.APIKeys
	Record    Record
	Outbox    Outbox
	// Set returns the schemas of an account.
	Set func(ctx context.Context, id tenant.ID) (*schema.Set, error)
	Now func() time.Time
	Log *slog.Logger
}

// Service exports, erases and holds.
type Service struct {
	Options
	finishing singleflight.Group
}

// New returns the service.
func New(o Options) *Service { return &Service{Options: o} }

var validReference = regexp.MustCompile(`^[A-Za-z0-9._/#:-]{1,64}$`)

// checkSubject returns nil if an account has a data subject, or had one whose key is left.
func (s *Service) checkSubject(ctx context.Context, id tenant.ID, subject string) (profile.Holdings, error) {
	if !validSubject.MatchString(subject) {
		return profile.Holdings{}, ErrNoSubject
	}
	set, err := s.Set(ctx, id)
	if err != nil {
		return profile.Holdings{}, err
	}
	n, err := s.Documents.Holdings(ctx, id, set, subject)
	if err != nil || n.Documents > 0 {
		return n, err
	}
	known, _, err := s.Keys.Known(ctx, id, subject)
	if err == nil && !known {
		err = ErrNoSubject
	}
	return n, err
}

// validSubject is what ids of documents look like; see profile.
var validSubject = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

// validAfter is what ids of holds and of subjects look like, and the beginning.
var validAfter = regexp.MustCompile(`^[0-9A-Za-z_/-]{0,91}$`)

// Hold keeps a data subject from being erased, and the documents about it from being deleted.
type Hold struct {
	ID        string
	Subject   string
	Reference string // of the matter that it is for
	Created   time.Time
	CreatedBy string
}

type holdRecord struct {
	Reference string    `bson:"reference"`
	Created   time.Time `bson:"created"`
	CreatedBy string    `bson:"createdBy"`
}

// holdSpace has a record for each hold; its id is the subject's, a '/' and something random.
func holdSpace(id tenant.ID) storage.Space {
	return storage.Space{Account: id, Collection: storage.Accounts, Part: "hold"}
}

// PlaceHold puts a data subject on hold, for as long as the hold is not released. A subject may be on several.
func (s *Service) PlaceHold(ctx context.Context, p *auth.Principal, subject, reference string) (Hold, error) {
	if err := p.Check(auth.Privacy); err != nil {
		return Hold{}, err
	}
	if !validReference.MatchString(reference) {
		return Hold{}, ErrReference
	}
	n, err := s.checkSubject(ctx, p.Account, subject)
	if err != nil {
		return Hold{}, err
	}
	if n.Documents == 0 { // a restored backup of the documents does not know of all erasures
		if _, destroyed, err := s.Keys.Known(ctx, p.Account, subject); err != nil || destroyed {
			return Hold{}, cmp.Or(err, ErrErased)
		}
	}
	rec := holdRecord{reference, s.Now().UTC().Truncate(time.Millisecond), p.Actor}
	r, err := encode(subject+"/"+strings.ToLower(rand.Text()), rec)
	if err != nil {
		return Hold{}, err
	}
	if _, err := s.note(ctx, p.Account, p.Actor, "PlaceLegalHold", audit.Allowed, subject, map[string]string{"reference": reference}); err != nil {
		return Hold{}, err
	}
	if err := s.Store.Insert(ctx, holdSpace(p.Account), r); err != nil {
		return Hold{}, fmt.Errorf("privacy: place hold: %w", err)
	}
	// An erasure looks for holds once it can be found here: one of the two sees the other, or both.
	switch _, err := s.erasure(ctx, p.Account, subject); {
	case errors.Is(err, ErrNotFound):
		set, err := s.Set(ctx, p.Account)
		if err != nil {
			return Hold{}, err
		}
		// Whoever looked for holds before this one was there has deleted already, or does not any more.
		if err := s.Documents.Touch(ctx, p.Account, set, subject); err != nil {
			return Hold{}, err
		}
		return describeHold(r.ID, rec), nil
	case err != nil:
		return Hold{}, err
	}
	if err := s.Store.Delete(ctx, holdSpace(p.Account), r.ID, r.Rev); err != nil && !errors.Is(err, storage.ErrNotFound) {
		return Hold{}, fmt.Errorf("privacy: place hold: %w", err)
	}
	return Hold{}, ErrErased
}

// ReleaseHold ends a hold.
func (s *Service) ReleaseHold(ctx context.Context, p *auth.Principal, id string) (Hold, error) {
	if err := p.Check(auth.Privacy); err != nil {
		return Hold{}, err
	}
	subject, rest, _ := strings.Cut(id, "/")
	if !validSubject.MatchString(subject) || !validSubject.MatchString(rest) {
		return Hold{}, ErrNotFound
	}
	r, err := s.Store.Get(ctx, holdSpace(p.Account), id)
	if errors.Is(err, storage.ErrNotFound) {
		return Hold{}, ErrNotFound
	}
	if err != nil {
		return Hold{}, fmt.Errorf("privacy: release hold: %w", err)
	}
	var rec holdRecord
	if err := decode(r, &rec); err != nil {
		return Hold{}, err
	}
	if _, err := s.note(ctx, p.Account, p.Actor, "ReleaseLegalHold", audit.Allowed, subject, map[string]string{"reference": rec.Reference}); err != nil {
		return Hold{}, err
	}
	if err := s.Store.Delete(ctx, holdSpace(p.Account), id, ""); err != nil && !errors.Is(err, storage.ErrNotFound) {
		return Hold{}, fmt.Errorf("privacy: release hold: %w", err)
	}
	return describeHold(id, rec), nil
}

// Holds returns the holds of p's account in order of subject, at most first of those behind after; of one subject,
// unless that is empty.
func (s *Service) Holds(ctx context.Context, p *auth.Principal, subject string, first int, after string) ([]Hold, error) {
	if err := p.Check(auth.Privacy); err != nil {
		return nil, err
	}
	if subject != "" && !validSubject.MatchString(subject) {
		return nil, nil
	}
	if !validAfter.MatchString(after) {
		return nil, ErrAfter
	}
	page := storage.Page{After: after, Limit: first}
	if subject != "" {
		page.Prefix = subject + "/"
	}
	found, err := s.Store.Scan(ctx, holdSpace(p.Account), page)
	if err != nil {
		return nil, fmt.Errorf("privacy: holds: %w", err)
	}
	list := make([]Hold, len(found))
	for i, r := range found {
		var rec holdRecord
		if err := decode(r, &rec); err != nil {
			return nil, err
		}
		list[i] = describeHold(r.ID, rec)
	}
	return list, nil
}

// Held reports whether a data subject is on hold.
func (s *Service) Held(ctx context.Context, id tenant.ID, subject string) (bool, error) {
	found, err := s.Store.Scan(ctx, holdSpace(id), storage.Page{Prefix: subject + "/", Limit: 1})
	if err != nil {
		return false, fmt.Errorf("privacy: holds: %w", err)
	}
	return len(found) > 0, nil
}

func describeHold(id string, rec holdRecord) Hold {
	subject, _, _ := strings.Cut(id, "/")
	return Hold{id, subject, rec.Reference, rec.Created.UTC(), rec.CreatedBy}
}

// note writes to the record what is about to happen to a data subject, was refused, or is done. Details that are empty
// are left out.
func (s *Service) note(ctx context.Context, id tenant.ID, actor, action, outcome, subject string, details map[string]string) (audit.Receipt, error) {
	maps.DeleteFunc(details, func(_, value string) bool { return value == "" })
	receipts, err := s.Record.Append(ctx, audit.Entry{Account: id, Actor: actor, Action: action, Outcome: outcome, Subject: subject, Details: details})
	if err != nil {
		return audit.Receipt{}, fmt.Errorf("privacy: %s: %w", action, err)
	}
	return receipts[0], nil
}

func encode(id string, v any) (storage.Record, error) {
	body, err := bson.Marshal(v)
	if err != nil {
		return storage.Record{}, fmt.Errorf("privacy: encode: %w", err)
	}
	return storage.Record{ID: id, Rev: rand.Text(), Body: body}, nil
}

func decode(r storage.Record, v any) error {
	if err := bson.Unmarshal(r.Body, v); err != nil {
		return fmt.Errorf("privacy: record %s cannot be read: %w", r.ID, err)
	}
	return nil
}

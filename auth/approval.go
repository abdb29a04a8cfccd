package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

// How long a wish waits for a second person, and how long the approval then holds.
const (
	approvalWaits = 24 * time.Hour
	approvalHolds = time.Hour
)

// maxWishes bounds what one requester may have waiting or approved: those who decide must find the others'.
const maxWishes = 100

// ErrSelfApproval says that nobody can approve a wish of their own.
var ErrSelfApproval = errors.New("auth: a second person must approve")

// Approval is a requester's wish to see one data subject's data for a purpose that needs a second
// person, and that person's leave.
type Approval struct {
	ID          string
	Requester   string // actor
	Purpose     string
	Subject     string
	Requested   time.Time
	ApprovedBy  string // actor, or empty
	Expires     time.Time
	ReasonGiven string // in clear, for the one who is to decide; empty where it cannot be read, since its subject was erased
}

type approvalRecord struct {
	Requester  string    `bson:"requester"`
	Purpose    string    `bson:"purpose"`
	Subject    string    `bson:"subject"`
	Requested  time.Time `bson:"requested"`
	ApprovedBy string    `bson:"approvedBy,omitempty"`
	Reason     []byte    `bson:"reason"`
}

func approvalSpace(id tenant.ID) storage.Space {
	return storage.Space{Account: id, Collection: storage.Accounts, Part: "approval"}
}

// approvalKey finds the approvals of one requester, purpose and subject.
func approvalKey(requester, purpose, subject string) string {
	return requester + " " + purpose + " " + subject
}

// RequestApproval asks that a second person lets p see a data subject's data for a purpose.
func (a *Authorizer) RequestApproval(ctx context.Context, p *Principal, purpose, subject, reason string) (Approval, error) {
	if err := p.Check(Unmask); err != nil {
		return Approval{}, err
	}
	if !isReason(reason) {
		return Approval{}, fmt.Errorf("%w: a reason is 10 to 1,000 characters", ErrInvalid)
	}
	if !isID(subject) {
		return Approval{}, fmt.Errorf("%w: subject is the id of a profile or prospect", ErrInvalid)
	}
	policy, _, err := a.policies.load(ctx, p.Account)
	if err != nil {
		return Approval{}, err
	}
	known, refusal := policy.judge(p, "", nil, purpose, a.now())
	if refusal != "" {
		return Approval{}, &RefusedError{Refusal: refusal}
	}
	if known == nil || !known.Approval {
		return Approval{}, fmt.Errorf("%w: this purpose needs no approval", ErrInvalid)
	}
	there, err := a.store.Find(ctx, approvalSpace(p.Account), []string{p.Actor}, maxWishes)
	if err != nil {
		return Approval{}, fmt.Errorf("auth: request approval: %w", err)
	}
	if len(there[0]) >= maxWishes {
		return Approval{}, fmt.Errorf("%w: %d of your wishes wait, or were approved: withdraw some (declineApproval)", ErrInvalid, maxWishes)
	}
	sealed, err := a.sealer.SealText(ctx, p.Account, subject, reason)
	if err != nil {
		return Approval{}, fmt.Errorf("auth: request approval: %w", err)
	}
	now := a.now().UTC().Truncate(time.Millisecond)
	rec := approvalRecord{Requester: p.Actor, Purpose: purpose, Subject: subject, Requested: now, Reason: sealed}
	id := strings.ToLower(rand.Text())
	r, err := encodeApproval(id, rec, now.Add(approvalWaits))
	if err != nil {
		return Approval{}, err
	}
	_, err = a.record.Append(ctx, audit.Entry{Account: p.Account, Actor: p.Actor, Action: "RequestApproval", Outcome: audit.Allowed,
		Subject: subject, Purpose: purpose, Reason: sealed, Details: map[string]string{"approval": id}})
	if err != nil {
		return Approval{}, fmt.Errorf("auth: request approval: %w", err)
	}
	if err := a.store.Insert(ctx, approvalSpace(p.Account), r); err != nil {
		return Approval{}, fmt.Errorf("auth: request approval: %w", err)
	}
	return a.approval(ctx, p.Account, r)
}

// Approvals lists the wishes that wait, and the approvals that hold, at most 1,000: all of the account
// to those who decide on them, and to those who may only ask their own.
func (a *Authorizer) Approvals(ctx context.Context, p *Principal) ([]Approval, error) {
	if !p.May(Privacy) {
		if err := p.Check(Unmask); err != nil {
			return nil, err
		}
	}
	found, err := a.store.Scan(ctx, approvalSpace(p.Account), storage.Page{Limit: 1_000})
	if err != nil {
		return nil, fmt.Errorf("auth: approvals: %w", err)
	}
	list := make([]Approval, 0, len(found))
	for _, r := range found {
		one, err := a.approval(ctx, p.Account, r)
		if err != nil {
			return nil, err
		}
		if p.May(Privacy) || one.Requester == p.Actor {
			list = append(list, one)
		}
	}
	return list, nil
}

// Approve lets a requester see what they asked for, for an hour. It takes the permission Privacy
// and another person than the requester: neither the same credential, nor one that the requester made.
func (a *Authorizer) Approve(ctx context.Context, p *Principal, id string) (Approval, error) {
	if err := p.Check(Privacy); err != nil {
		return Approval{}, err
	}
	old, rec, err := a.wish(ctx, p.Account, id)
	if err != nil {
		return Approval{}, err
	}
	own, err := a.speaksFor(ctx, p.Account, p.Actor, rec.Requester)
	if err != nil {
		return Approval{}, err
	}
	if own {
		return Approval{}, ErrSelfApproval
	}
	if rec.ApprovedBy != "" {
		return a.approval(ctx, p.Account, old)
	}
	rec.ApprovedBy = p.Actor
	r, err := encodeApproval(id, rec, a.now().UTC().Truncate(time.Millisecond).Add(approvalHolds))
	if err != nil {
		return Approval{}, err
	}
	_, err = a.record.Append(ctx, audit.Entry{Account: p.Account, Actor: p.Actor, OnBehalfOf: rec.Requester, Action: "Approve", Outcome: audit.Allowed,
		Subject: rec.Subject, Purpose: rec.Purpose, Details: map[string]string{"approval": id}})
	if err != nil {
		return Approval{}, fmt.Errorf("auth: approve: %w", err)
	}
	switch err := a.store.Replace(ctx, approvalSpace(p.Account), r, old.Rev); {
	case errors.Is(err, storage.ErrConflict): // somebody else approved at the same moment
		return a.Approve(ctx, p, id)
	case errors.Is(err, storage.ErrNotFound):
		return Approval{}, ErrNotFound
	case err != nil:
		return Approval{}, fmt.Errorf("auth: approve: %w", err)
	}
	return a.approval(ctx, p.Account, r)
}

// speaksFor reports whether a credential is a requester's own: the very one, or one that the requester made,
// be it by others in between.
func (a *Authorizer) speaksFor(ctx context.Context, account tenant.ID, actor, requester string) (bool, error) {
	for actor != requester {
		id, isKey := strings.CutPrefix(actor, actorKey)
		if !isKey {
			return false, nil
		}
		r, err := a.store.Get(ctx, credentials, id)
		if errors.Is(err, storage.ErrNotFound) || err == nil && r.Owner != string(account) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("auth: approve: %w", err)
		}
		rec, err := decodeKey(r)
		if err != nil {
			return false, err
		}
		actor = rec.CreatedBy // older than what it made, so this ends
	}
	return true, nil
}

// Decline turns down a wish, or takes back an approval. It takes the permission Privacy; whoever made
// the wish may withdraw it.
func (a *Authorizer) Decline(ctx context.Context, p *Principal, id string) (Approval, error) {
	old, rec, err := a.wish(ctx, p.Account, id)
	if !p.May(Privacy) && (err != nil || rec.Requester != p.Actor) {
		if err := p.Check(Unmask); err != nil {
			return Approval{}, err
		}
		return Approval{}, ErrNotFound // as for what is not there
	}
	if err != nil {
		return Approval{}, err
	}
	_, err = a.record.Append(ctx, audit.Entry{Account: p.Account, Actor: p.Actor, OnBehalfOf: rec.Requester, Action: "DeclineApproval", Outcome: audit.Allowed,
		Subject: rec.Subject, Purpose: rec.Purpose, Details: map[string]string{"approval": id}})
	if err != nil {
		return Approval{}, fmt.Errorf("auth: decline approval: %w", err)
	}
	if err := a.store.Delete(ctx, approvalSpace(p.Account), id, ""); err != nil && !errors.Is(err, storage.ErrNotFound) {
		return Approval{}, fmt.Errorf("auth: decline approval: %w", err)
	}
	return a.approval(ctx, p.Account, old)
}

// wish returns a stored wish, or ErrNotFound.
func (a *Authorizer) wish(ctx context.Context, id tenant.ID, wish string) (storage.Record, approvalRecord, error) {
	var rec approvalRecord
	if !isID(wish) {
		return storage.Record{}, rec, ErrNotFound
	}
	r, err := a.store.Get(ctx, approvalSpace(id), wish)
	if errors.Is(err, storage.ErrNotFound) {
		return r, rec, ErrNotFound
	}
	if err != nil {
		return r, rec, fmt.Errorf("auth: approval: %w", err)
	}
	if err := bson.Unmarshal(r.Body, &rec); err != nil {
		return r, rec, fmt.Errorf("auth: approval cannot be read: %w", err)
	}
	return r, rec, nil
}

// approved reports whether somebody lets p see a subject's data for a purpose now.
func (a *Authorizer) approved(ctx context.Context, p *Principal, purpose, subject string) (bool, error) {
	found, err := a.store.Find(ctx, approvalSpace(p.Account), []string{approvalKey(p.Actor, purpose, subject)}, maxWishes)
	if err != nil {
		return false, fmt.Errorf("auth: approval: %w", err)
	}
	for _, r := range found[0] {
		var rec approvalRecord
		if err := bson.Unmarshal(r.Body, &rec); err != nil {
			return false, fmt.Errorf("auth: approval cannot be read: %w", err)
		}
		if rec.ApprovedBy != "" {
			return true, nil
		}
	}
	return false, nil
}

// approval describes a stored approval.
func (a *Authorizer) approval(ctx context.Context, id tenant.ID, r storage.Record) (Approval, error) {
	var rec approvalRecord
	if err := bson.Unmarshal(r.Body, &rec); err != nil {
		return Approval{}, fmt.Errorf("auth: approval cannot be read: %w", err)
	}
	// Whoever decides sees that a reason cannot be read; it does not hide the other wishes.
	reason, err := a.sealer.OpenText(ctx, id, rec.Subject, rec.Reason)
	if err != nil {
		reason = ""
	}
	return Approval{ID: r.ID, Requester: rec.Requester, Purpose: rec.Purpose, Subject: rec.Subject, Requested: rec.Requested.UTC(),
		ApprovedBy: rec.ApprovedBy, Expires: r.Expires, ReasonGiven: reason}, nil
}

func encodeApproval(id string, rec approvalRecord, expires time.Time) (storage.Record, error) {
	body, err := bson.Marshal(rec)
	if err != nil {
		return storage.Record{}, fmt.Errorf("auth: encode approval: %w", err)
	}
	keys := []string{rec.Requester, approvalKey(rec.Requester, rec.Purpose, rec.Subject)}
	return storage.Record{ID: id, Rev: rand.Text(), Keys: keys, Expires: expires, Body: body}, nil
}

// isID reports whether a client's text can be the id of something stored.
func isID(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") == ""
}

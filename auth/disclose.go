package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

// Policy returns the account's policy. Whoever may see clear values, or looks after those who do,
// may read it.
func (a *Authorizer) Policy(ctx context.Context, p *Principal) (Policy, error) {
	if !p.May(Unmask) && !p.May(Audit) {
		if err := p.Check(Privacy); err != nil {
			return Policy{}, err
		}
	}
	policy, _, err := a.policies.load(ctx, p.Account)
	return policy, err
}

// RefusesMisplaced reports whether an account refuses what looks like personal data in fields that
// are not declared sensitive.
func (a *Authorizer) RefusesMisplaced(ctx context.Context, id tenant.ID) (bool, error) {
	policy, _, err := a.policies.load(ctx, id)
	return policy.RefuseMisplaced, err
}

// TestPolicy tells whether the account's policy would let a credential with the given roles see
// fields of an entity; "" is yes. Budgets and approvals are left out of account.
func (a *Authorizer) TestPolicy(ctx context.Context, p *Principal, roles []string, entity string, fields []string, purpose string) (Refusal, error) {
	policy, err := a.Policy(ctx, p)
	if err != nil {
		return "", err
	}
	who, err := newPrincipal(p.Account, "", "", roles)
	if err != nil {
		return "", err
	}
	_, refusal := policy.judge(who, entity, fields, purpose, a.now())
	return refusal, nil
}

// SetPolicy puts a policy in the place of the account's. What is another in it is on the record.
func (a *Authorizer) SetPolicy(ctx context.Context, p *Principal, policy Policy) error {
	if err := p.Check(Privacy); err != nil {
		return err
	}
	if err := policy.Check(); err != nil {
		return err
	}
	for {
		old, rev, err := a.policies.load(ctx, p.Account)
		if err != nil {
			return err
		}
		if err := note(ctx, a.record, p.Account, p.Actor, "PutPolicy", policy.since(old)); err != nil {
			return err
		}
		err = a.policies.save(ctx, p.Account, policy, rev)
		if !errors.Is(err, storage.ErrConflict) && !errors.Is(err, storage.ErrExists) {
			return err
		}
		// Somebody else was faster, so what is another is so too.
	}
}

// Recorded is an entry of the record as an auditor reads it.
type Recorded struct {
	audit.Entry
	// Reason is the requester's text; empty where none was given, or where it cannot be read any
	// more since its data subject was erased.
	Reason string
}

// Log is the audit record as it is read. *[audit.Log] is one.
type Log interface {
	Recorder
	Query(ctx context.Context, account tenant.ID, f audit.Filter) ([]audit.Entry, bool, error)
	Checkpoint(ctx context.Context, account tenant.ID) (string, error)
	Export(ctx context.Context, account tenant.ID, w io.Writer) error
	CheckPart(ctx context.Context, account tenant.ID, after string, limit int64, known ...string) (report audit.Report, next string, err error)
	Prune(ctx context.Context, account tenant.ID, before time.Time, by string) (int64, error)
	PublicKey() string
}

// Query returns what the account's record tells, and whether there is more.
func (a *Authorizer) Query(ctx context.Context, p *Principal, f audit.Filter) ([]Recorded, bool, error) {
	if err := p.Check(Audit); err != nil {
		return nil, false, err
	}
	if f.Outcome != "" && f.Outcome != audit.Allowed && f.Outcome != audit.Denied && f.Outcome != audit.Done {
		return nil, false, fmt.Errorf("%w: outcome is %s, %s or %s", ErrInvalid, audit.Allowed, audit.Denied, audit.Done)
	}
	entries, more, err := a.record.Query(ctx, p.Account, f)
	if err != nil {
		return nil, false, fmt.Errorf("auth: query the record: %w", err)
	}
	list := make([]Recorded, len(entries))
	for i, e := range entries {
		list[i].Entry = e
		if len(e.Reason) == 0 {
			continue
		}
		// A reason that cannot be read leaves the entry as good as it was.
		if text, err := a.sealer.OpenText(ctx, p.Account, e.Subject, e.Reason); err == nil {
			list[i].Reason = text
		}
	}
	return list, more, nil
}

// Checkpoint returns a signed checkpoint of the account's record, and the public key to check it with.
func (a *Authorizer) Checkpoint(ctx context.Context, p *Principal) (checkpoint, publicKey string, err error) {
	if err := p.Check(Audit); err != nil {
		return "", "", err
	}
	checkpoint, err = a.record.Checkpoint(ctx, p.Account)
	if err != nil {
		return "", "", fmt.Errorf("auth: checkpoint: %w", err)
	}
	return checkpoint, a.record.PublicKey(), nil
}

// verifyTimeout bounds how long a record is verified while somebody waits.
const verifyTimeout = 8 * time.Second

// ErrLongRecord says that a record is too long to be verified while somebody waits.
var ErrLongRecord = errors.New("auth: the record is too long to be verified in one request")

// Verification is what was found of a record.
type Verification struct {
	audit.Report
	// Checkpoint was signed just before, if the record let one be; it continues it unless there are problems.
	Checkpoint, PublicKey string
	Next                  string // where to go on; empty: that was all
}

// Verify verifies the account's record, by the code that verifies exports: behind after, a Next of before, or
// from the beginning. What takes too long is ErrLongRecord, unless parts will do; a limit, unless 0, is about how
// many entries a part has.
func (a *Authorizer) Verify(ctx context.Context, p *Principal, after string, parts bool, limit int) (Verification, error) {
	var v Verification
	if err := p.Check(Audit); err != nil {
		return v, err
	}
	if limit < 0 || limit > 0 && !parts {
		return v, fmt.Errorf("%w: limit is how many entries a part has, so it takes parts, and is not negative", ErrInvalid)
	}
	ctx, cancel := context.WithTimeout(ctx, verifyTimeout)
	defer cancel()
	v.PublicKey = a.record.PublicKey()
	var known []string
	var err error
	if v.Checkpoint, err = a.record.Checkpoint(ctx, p.Account); err == nil {
		known = append(known, v.Checkpoint)
	}
	if err == nil || errors.Is(err, audit.ErrTampered) {
		v.Report, v.Next, err = a.record.CheckPart(ctx, p.Account, after, int64(limit), known...)
	}
	switch {
	case err == nil && v.Next != "" && !parts:
		return v, ErrLongRecord
	case err == nil:
	case errors.Is(err, audit.ErrInvalid):
		return v, fmt.Errorf("%w: after is the next of a verification before", ErrInvalid)
	case errors.Is(err, context.DeadlineExceeded):
		return v, ErrLongRecord
	case !errors.Is(err, audit.ErrTampered):
		return v, fmt.Errorf("auth: verify the record: %w", err)
	case len(v.Problems) == 0: // so much that it cannot even be exported
		problem := audit.Problem{Text: "the record cannot be read from its beginning to its end"}
		if named, ok := errors.AsType[*audit.TamperedError](err); ok {
			problem = named.Problem
		}
		v.Problems = []audit.Problem{problem}
	}
	return v, nil
}

// Export writes the account's whole record, for audit.Verify and for people. That it was exported is
// on the record too.
func (a *Authorizer) Export(ctx context.Context, p *Principal, w io.Writer) error {
	if err := p.Check(Audit); err != nil {
		return err
	}
	if err := note(ctx, a.record, p.Account, p.Actor, "ExportAudit", nil); err != nil {
		return err
	}
	return a.record.Export(ctx, p.Account, w)
}

// Retain drops those entries of an account's record that are older than its policy keeps them.
func (a *Authorizer) Retain(ctx context.Context, id tenant.ID) error {
	policy, _, err := a.policies.load(ctx, id)
	if err != nil || policy.AuditDays == 0 {
		return err
	}
	if _, err := a.record.Prune(ctx, id, a.now().AddDate(0, 0, -policy.AuditDays), "retention"); err != nil {
		return fmt.Errorf("auth: retention of the record: %w", err)
	}
	return nil
}

// Note writes an administrative act of a principal to the record, before it is done.
func (a *Authorizer) Note(ctx context.Context, p *Principal, action string, details map[string]string) error {
	return note(ctx, a.record, p.Account, p.Actor, action, details)
}

// NoteDeletion writes to the record that a principal deletes a document, before it is done.
func (a *Authorizer) NoteDeletion(ctx context.Context, p *Principal, d Disclosure) error {
	_, err := a.record.Append(ctx, audit.Entry{Account: p.Account, Actor: p.Actor, Action: "Delete" + d.Entity, Outcome: audit.Allowed,
		Entity: d.Entity, ID: d.ID, Subject: d.Subject, Version: d.Version})
	if err != nil {
		return fmt.Errorf("auth: delete: %w", err)
	}
	return nil
}

// note writes an administrative act to the record, before it is done.
func note(ctx context.Context, record Recorder, account tenant.ID, actor, action string, details map[string]string) error {
	_, err := record.Append(ctx, audit.Entry{Account: account, Actor: actor, Action: action, Outcome: audit.Allowed, Details: details})
	if err != nil {
		return fmt.Errorf("auth: %s: %w", action, err)
	}
	return nil
}

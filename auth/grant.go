package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

// Reason is why somebody wants to see sensitive values in clear.
type Reason struct {
	Text       string // 10 to 1,000 characters; not needed of a shopper who sees the own data
	Purpose    string // code of one of the account's purposes, once it has declared any
	OnBehalfOf string // for whom, if it is for somebody else; at most 200 characters
}

// Disclosure is one document of which sensitive fields are to be seen.
type Disclosure struct {
	Entity  string
	ID      string
	Subject string // id of the profile or prospect that the document is about
	Version string
	Pinned  bool     // whether that version was asked for, rather than the newest
	Fields  []string // GraphQL names joined by '.'
}

// Grant is leave to see certain fields of certain documents in clear. Only [Authorizer.Grant] makes
// one that covers anything, after it is on the record.
type Grant struct {
	covers map[granted]bool
	// Receipts prove that the disclosures are on the record, in the order in which they were asked for.
	Receipts []audit.Receipt
}

type granted struct {
	account          tenant.ID
	entity, id, path string
}

// Covers reports whether a field of a document may be seen in clear.
func (g Grant) Covers(account tenant.ID, entity, id, path string) bool {
	return g.covers[granted{account, entity, id, path}]
}

// RefusedError says that a disclosure was refused. The refusal is on the record, unless it is [TooManyRefused].
type RefusedError struct{ Refusal Refusal }

func (e *RefusedError) Error() string { return "auth: disclosure refused: " + string(e.Refusal) }

// Sealer encrypts what people write for the record: they type personal data into it.
type Sealer interface {
	SealText(ctx context.Context, account tenant.ID, subject, text string) ([]byte, error)
	OpenText(ctx context.Context, account tenant.ID, subject string, sealed []byte) (string, error)
}

// Recorder is the audit record. *[audit.Log] is one.
type Recorder interface {
	Append(ctx context.Context, entries ...audit.Entry) ([]audit.Receipt, error)
}

// Authorizer decides on disclosures and puts them on the record.
type Authorizer struct {
	record   Log
	sealer   Sealer
	store    storage.Store
	policies policies
	refused  limits[string] // by actor
	now      func() time.Time
}

// How many refused disclosures of one credential go on the record in a row, and how often one more does: whoever
// may see nothing must not be able to fill the disk.
const (
	refusedBurst = 1_000
	refusedEvery = time.Second
)

// NewAuthorizer returns an authorizer.
func NewAuthorizer(record Log, sealer Sealer, store storage.Store, now func() time.Time) *Authorizer {
	return &Authorizer{record: record, sealer: sealer, store: store, policies: policies{store}, refused: newLimits[string](refusedEvery, refusedBurst), now: now}
}

// Grant decides whether p may see what is asked, and writes the decision to the record. It returns
// a grant only after the record of every disclosure is durable. When one disclosure is refused all
// are, with a *RefusedError; the attempt is on the record too, but for one of very many. Any other error
// means that nothing is granted.
func (a *Authorizer) Grant(ctx context.Context, p *Principal, asked []Disclosure, why Reason) (Grant, error) {
	return a.grant(ctx, p, nil, asked, why)
}

// GrantExport is Grant for all that is handed out of a data subject together. The record tells of that first, by an entry
// with the details, whose receipt is the first one. Of a refusal it tells by that entry alone, however much was asked for.
func (a *Authorizer) GrantExport(ctx context.Context, p *Principal, subject string, details map[string]string, asked []Disclosure, why Reason) (Grant, error) {
	return a.grant(ctx, p, &audit.Entry{Action: "ExportSubject", Subject: subject, Details: details}, asked, why)
}

// grant is Grant for what is asked as part of an act, unless that is nil.
func (a *Authorizer) grant(ctx context.Context, p *Principal, act *audit.Entry, asked []Disclosure, why Reason) (Grant, error) {
	purpose, refusal, err := a.decide(ctx, p, asked, why)
	if err != nil {
		return Grant{}, err
	}
	entries := make([]audit.Entry, 0, 1+len(asked))
	if act != nil {
		entries = append(entries, *act)
	}
	if act == nil || refusal == "" {
		for _, d := range asked {
			entries = append(entries, audit.Entry{Action: action(d), Entity: d.Entity, ID: d.ID, Subject: d.Subject, Version: d.Version, Fields: d.Fields})
		}
	}
	if refusal != "" && !a.refused.allow(p.Actor, a.now(), len(entries)) {
		return Grant{}, &RefusedError{Refusal: TooManyRefused}
	}
	if !why.inBounds() { // what is out of bounds is not kept
		why.Text, why.OnBehalfOf = "", ""
	}
	for i := range entries {
		e := &entries[i]
		e.Account, e.Actor, e.OnBehalfOf, e.Outcome = p.Account, p.Actor, why.OnBehalfOf, audit.Allowed
		if refusal != "" {
			e.Outcome, e.Details = audit.Denied, with(e.Details, "refusal", string(refusal))
		}
		if purpose != nil { // a code that means nothing here is a client's text, and not kept either
			e.Purpose = purpose.Code
		}
		if why.Text != "" {
			if e.Reason, err = a.sealer.SealText(ctx, p.Account, e.Subject, why.Text); err != nil {
				return Grant{}, fmt.Errorf("auth: grant: %w", err)
			}
		}
	}
	var receipts []audit.Receipt
	for list := range slices.Chunk(entries, atOnce(entries)) {
		some, err := a.record.Append(ctx, list...)
		if err != nil {
			return Grant{}, fmt.Errorf("auth: grant: %w", err)
		}
		receipts = append(receipts, some...)
	}
	if refusal != "" {
		return Grant{}, &RefusedError{Refusal: refusal}
	}
	g := Grant{covers: map[granted]bool{}, Receipts: receipts}
	for _, d := range asked {
		for _, path := range d.Fields {
			g.covers[granted{p.Account, d.Entity, d.ID, path}] = true
		}
	}
	return g, nil
}

// with returns a copy of details that has one more.
func with(details map[string]string, name, value string) map[string]string {
	more := map[string]string{name: value}
	maps.Copy(more, details)
	return more
}

// inBounds reports whether a reason is one, by its length.
func (r Reason) inBounds() bool {
	return isReason(r.Text) && utf8.RuneCountInString(r.OnBehalfOf) <= 200
}

// isReason reports whether a text has 10 to 1,000 characters. Those that nobody sees do not make one.
func isReason(text string) bool {
	seen := 0
	for _, r := range strings.TrimSpace(text) {
		if unicode.IsGraphic(r) {
			seen++
		}
	}
	return seen >= 10 && utf8.RuneCountInString(text) <= 1_000
}

// atOnce returns how many of the entries the record takes in one call, whichever they are.
func atOnce(entries []audit.Entry) int {
	largest := 0
	for _, e := range entries {
		size := 1<<10 + 2*len(e.Reason) + 6*len(e.OnBehalfOf) // in base64, and with JSON escapes
		for _, f := range e.Fields {
			size += 6 * len(f)
		}
		largest = max(largest, size)
	}
	return max(1, min(audit.MaxEntries, audit.MaxBytes/max(1, largest)))
}

// action names a disclosure as the published audit events do.
func action(d Disclosure) string {
	if d.Pinned {
		return "Get" + d.Entity + "VersionUnmasked"
	}
	return "Get" + d.Entity + "Unmasked"
}

// decide judges all disclosures of one request; "" is yes. The purpose is the one that was named, if
// the account has it.
func (a *Authorizer) decide(ctx context.Context, p *Principal, asked []Disclosure, why Reason) (*Purpose, Refusal, error) {
	own := p.Confined()
	for _, d := range asked {
		own = own && p.Reaches(d.Subject)
	}
	if own { // a shopper may always see the own data
		return nil, "", nil
	}
	if !p.May(Unmask) {
		return nil, NoPermission, nil
	}
	if !why.inBounds() {
		return nil, NoReason, nil
	}
	policy, _, err := a.policies.load(ctx, p.Account)
	if err != nil {
		return nil, "", err
	}
	var purpose *Purpose
	for _, d := range asked {
		var refusal Refusal
		if purpose, refusal = policy.judge(p, d.Entity, d.Fields, why.Purpose, a.now()); refusal != "" {
			return purpose, refusal, nil
		}
	}
	if purpose == nil {
		return nil, "", nil
	}
	if purpose.Approval {
		for i, d := range asked {
			if i > 0 && d.Subject == asked[i-1].Subject { // as nearly always
				continue
			}
			ok, err := a.approved(ctx, p, purpose.Code, d.Subject)
			if err != nil || !ok {
				return purpose, ApprovalMissing, err
			}
		}
	}
	if purpose.BudgetPerHour > 0 {
		ok, err := a.spend(ctx, p, *purpose, len(asked))
		if err != nil || !ok {
			return purpose, BudgetExhausted, err
		}
	}
	return purpose, "", nil
}

// budgetSpace holds what requesters have seen: a counter for each requester, purpose and hour.
func budgetSpace(id tenant.ID) storage.Space {
	return storage.Space{Account: id, Collection: storage.Accounts, Part: "budget"}
}

// spend counts disclosures against the budget of the running hour, and reports whether they fit.
func (a *Authorizer) spend(ctx context.Context, p *Principal, purpose Purpose, n int) (bool, error) {
	hour := a.now().UTC().Truncate(time.Hour)
	id := fmt.Sprintf("%s/%s/%d", p.Actor, purpose.Code, hour.Unix())
	for {
		spent, rev := 0, ""
		r, err := a.store.Get(ctx, budgetSpace(p.Account), id)
		switch {
		case err == nil:
			var c struct{ Spent int }
			if err := bson.Unmarshal(r.Body, &c); err != nil {
				return false, fmt.Errorf("auth: budget cannot be read: %w", err)
			}
			spent, rev = c.Spent, r.Rev
		case !errors.Is(err, storage.ErrNotFound):
			return false, fmt.Errorf("auth: budget: %w", err)
		}
		if spent+n > purpose.BudgetPerHour {
			return false, nil
		}
		body, err := bson.Marshal(struct{ Spent int }{spent + n})
		if err != nil {
			return false, fmt.Errorf("auth: budget: %w", err)
		}
		next := storage.Record{ID: id, Rev: rand.Text(), Expires: hour.Add(2 * time.Hour), Body: body}
		if rev == "" {
			err = a.store.Insert(ctx, budgetSpace(p.Account), next)
		} else {
			err = a.store.Replace(ctx, budgetSpace(p.Account), next, rev)
		}
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, storage.ErrExists), errors.Is(err, storage.ErrConflict), errors.Is(err, storage.ErrNotFound):
		default:
			return false, fmt.Errorf("auth: budget: %w", err)
		}
	}
}

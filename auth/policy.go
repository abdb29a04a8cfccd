package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

// Purpose is one reason for which an account lets sensitive values be seen. As soon as an account
// has declared a purpose, every disclosure must name one.
type Purpose struct {
	Code        string `json:"code" bson:"code"`
	Description string `json:"description,omitempty" bson:"description,omitempty"`
	// LegalBasis is for the record: what makes the processing lawful.
	LegalBasis string `json:"legalBasis" bson:"legalBasis"`
	// Fields that may be seen: "Profile.email", "Address.*" or "*". A path covers what is below it.
	Fields []string `json:"fields" bson:"fields"`
	// Roles that may use the purpose; the permission Unmask is needed all the same.
	Roles []string `json:"roles" bson:"roles"`
	// BudgetPerHour is how many documents one requester may see in an hour; 0: any number.
	BudgetPerHour int `json:"budgetPerHour,omitempty" bson:"budgetPerHour,omitempty"`
	// Expires ends the purpose; zero: never.
	Expires time.Time `json:"expires,omitzero" bson:"expires,omitempty"`
	// Approval says that a second person must agree for each data subject first (break-glass).
	Approval bool `json:"approval,omitempty" bson:"approval,omitempty"`
}

// Policy is what an account declares about disclosures. The zero Policy lets whoever has the
// permission Unmask see any field for any reason.
type Policy struct {
	Purposes []Purpose `json:"purposes" bson:"purposes"`
	// RefuseMisplaced refuses values that look like personal data in fields that are not declared
	// sensitive; else they are taken with a warning.
	RefuseMisplaced bool `json:"refuseMisplaced,omitempty" bson:"refuseMisplaced,omitempty"`
	// AuditDays is how long entries of the audit record are kept; 0: for ever. What proves that
	// nothing else was dropped stays.
	AuditDays int `json:"auditDays,omitempty" bson:"auditDays,omitempty"`
}

var (
	purposeCode  = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	purposeField = regexp.MustCompile(`^(\*|[A-Z][A-Za-z0-9]*\.(\*|[A-Za-z_][A-Za-z0-9_.]*))$`)
)

// Check says what is wrong with a policy, wrapping ErrInvalid.
func (p Policy) Check() error {
	if p.AuditDays < 0 || p.AuditDays > 36_500 {
		return fmt.Errorf("%w: auditDays is 0 (for ever) to 36,500", ErrInvalid)
	}
	if len(p.Purposes) > 100 {
		return fmt.Errorf("%w: a policy has at most 100 purposes", ErrInvalid)
	}
	seen := map[string]bool{}
	for i, one := range p.Purposes {
		var problem string
		switch {
		case !purposeCode.MatchString(one.Code):
			problem = "code is 1 to 63 lower-case letters, digits and hyphens, a letter first"
		case seen[one.Code]:
			problem = "code is used twice"
		case strings.TrimSpace(one.LegalBasis) == "":
			problem = "legalBasis is missing"
		case len(one.Fields) == 0:
			problem = `fields is missing: name fields as "Profile.email", "Address.*" or "*"`
		case slices.ContainsFunc(one.Fields, func(f string) bool { return !purposeField.MatchString(f) }):
			problem = `fields are written as "Profile.email", "Address.*" or "*"`
		case len(one.Roles) == 0:
			problem = "roles is missing"
		case slices.ContainsFunc(one.Roles, func(r string) bool { return !isRole(r) }):
			problem = "roles may hold " + roleNames()
		case one.BudgetPerHour < 0:
			problem = "budgetPerHour is 0 (any number) or more"
		case utf8.RuneCountInString(one.Description)+utf8.RuneCountInString(one.LegalBasis) > 2_000:
			problem = "description and legalBasis are at most 2,000 characters"
		}
		if problem != "" {
			return fmt.Errorf("%w: purpose %d: %s", ErrInvalid, i+1, problem)
		}
		seen[one.Code] = true
	}
	return nil
}

func isRole(name string) bool {
	return slices.ContainsFunc(Roles, func(r Role) bool { return r.Name == name })
}

// Refusal says why a disclosure is refused. It is shown to the requester and, but for [TooManyRefused], written to
// the record.
type Refusal string

// The reasons for a refusal.
const (
	NoPermission    Refusal = "NO_PERMISSION"    // the principal lacks the permission Unmask
	NoReason        Refusal = "REASON_REQUIRED"  // the reason is missing, too short or too long
	NoPurpose       Refusal = "PURPOSE_REQUIRED" // the account has declared purposes, and none is named
	UnknownPurpose  Refusal = "PURPOSE_UNKNOWN"  // no such purpose, or it has ended
	PurposeRole     Refusal = "PURPOSE_ROLE"     // none of the principal's roles may use the purpose
	PurposeField    Refusal = "PURPOSE_FIELD"    // a field is not among the purpose's
	BudgetExhausted Refusal = "BUDGET_EXHAUSTED" // the requester has seen as many as the hour allows
	ApprovalMissing Refusal = "APPROVAL_MISSING" // nobody has agreed for this data subject
	TooManyRefused  Refusal = "RATE_LIMITED"     // and very many others of this requester were refused just now
)

// since tells what is another than in an old policy, for the record.
func (p Policy) since(old Policy) map[string]string {
	details := map[string]string{"purposes": strconv.Itoa(len(p.Purposes))}
	if p.AuditDays != old.AuditDays {
		details["auditDays"] = strconv.Itoa(p.AuditDays)
	}
	if p.RefuseMisplaced != old.RefuseMisplaced {
		details["refuseMisplaced"] = strconv.FormatBool(p.RefuseMisplaced)
	}
	was := make(map[string]Purpose, len(old.Purposes))
	for _, one := range old.Purposes {
		was[one.Code] = one
	}
	tell := func(what, code string) { details[what] = strings.TrimSpace(details[what] + " " + code) }
	for _, one := range p.Purposes {
		before, known := was[one.Code]
		delete(was, one.Code)
		switch {
		case !known:
			tell("added", one.Code)
		case !one.equal(before):
			tell("changed", one.Code)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(was)) {
		tell("removed", code)
	}
	return details
}

func (p Purpose) equal(q Purpose) bool {
	if p.Expires.UnixMilli() != q.Expires.UnixMilli() { // what a store keeps of it
		return false
	}
	q.Expires = p.Expires
	return reflect.DeepEqual(p, q)
}

// judge decides on all that the policy alone can tell: whether a principal may see fields of an
// entity ("" is yes), and under which purpose. Budget and approval are up to the caller.
func (p Policy) judge(principal *Principal, entity string, fields []string, code string, now time.Time) (*Purpose, Refusal) {
	if !principal.May(Unmask) {
		return nil, NoPermission
	}
	if len(p.Purposes) == 0 && code == "" {
		return nil, ""
	}
	if code == "" {
		return nil, NoPurpose
	}
	i := slices.IndexFunc(p.Purposes, func(one Purpose) bool { return one.Code == code })
	if i < 0 || !p.Purposes[i].Expires.IsZero() && !now.Before(p.Purposes[i].Expires) {
		return nil, UnknownPurpose
	}
	purpose := &p.Purposes[i]
	if !slices.ContainsFunc(principal.Roles, func(r string) bool { return slices.Contains(purpose.Roles, r) }) {
		return purpose, PurposeRole
	}
	for _, f := range fields {
		if !slices.ContainsFunc(purpose.Fields, func(pattern string) bool { return matches(pattern, entity+"."+f) }) {
			return purpose, PurposeField
		}
	}
	return purpose, ""
}

func matches(pattern, field string) bool {
	if pattern == "*" || pattern == field {
		return true
	}
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(field, prefix)
	}
	return strings.HasPrefix(field, pattern+".")
}

// policies keeps the accounts' policies, one record each.
type policies struct{ store storage.Store }

func policySpace(id tenant.ID) storage.Space {
	return storage.Space{Account: id, Collection: storage.Accounts, Part: "policy"}
}

const policyID = "current"

func (s policies) load(ctx context.Context, id tenant.ID) (Policy, string, error) {
	var p Policy
	r, err := s.store.Get(ctx, policySpace(id), policyID)
	if errors.Is(err, storage.ErrNotFound) {
		return p, "", nil
	}
	if err != nil {
		return p, "", fmt.Errorf("auth: policy: %w", err)
	}
	if err := bson.Unmarshal(r.Body, &p); err != nil {
		return p, "", fmt.Errorf("auth: policy cannot be read: %w", err)
	}
	return p, r.Rev, nil
}

func (s policies) save(ctx context.Context, id tenant.ID, p Policy, prev string) error {
	body, err := bson.Marshal(p)
	if err != nil {
		return fmt.Errorf("auth: encode policy: %w", err)
	}
	r := storage.Record{ID: policyID, Rev: rand.Text(), Body: body}
	if prev == "" {
		err = s.store.Insert(ctx, policySpace(id), r)
	} else {
		err = s.store.Replace(ctx, policySpace(id), r, prev)
	}
	if err != nil {
		return fmt.Errorf("auth: save policy: %w", err)
	}
	return nil
}

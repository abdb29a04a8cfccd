package resolvers

import (
	"context"
	"encoding/json"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/graph/generated"
	"github.com/profilegraph/profilegraph/graph/scalar"
	"github.com/profilegraph/profilegraph/profile"
	"github.com/profilegraph/profilegraph/vault"
)

func purposeOf(in *generated.PurposeInput) auth.Purpose {
	p := auth.Purpose{Code: in.Code, Description: in.Description, LegalBasis: in.LegalBasis, Fields: in.Fields, Roles: in.Roles,
		BudgetPerHour: value(in.BudgetPerHour.Value()), Approval: in.Approval}
	if t := in.ExpirationDate.Value(); t != nil {
		p.Expires = t.UTC()
	}
	return p
}

func policyView(p auth.Policy) *generated.Policy {
	return &generated.Policy{RefuseMisplaced: p.RefuseMisplaced, AuditDays: optional(p.AuditDays), Purposes: each(p.Purposes, func(one auth.Purpose) *generated.Purpose {
		return &generated.Purpose{Code: one.Code, Description: one.Description, LegalBasis: one.LegalBasis, Fields: one.Fields, Roles: one.Roles,
			BudgetPerHour: optional(one.BudgetPerHour), ExpirationDate: optionalTime(one.Expires), Approval: one.Approval}
	})}
}

// approval is what p is to see of one.
func (r *Resolver) approval(ctx context.Context, p *auth.Principal, a auth.Approval) (*generated.Approval, error) {
	subject, err := r.token(ctx, p, a.Subject)
	if err != nil {
		return nil, err
	}
	return &generated.Approval{ID: a.ID, Requester: a.Requester, Purpose: a.Purpose, Subject: subject, Reason: a.ReasonGiven,
		RequestDate: a.Requested, ApprovedBy: optional(a.ApprovedBy), ExpirationDate: a.Expires.UTC()}, nil
}

func auditFilter(in *generated.AuditFilter) audit.Filter {
	var f audit.Filter
	if in == nil {
		return f
	}
	if t := in.From.Value(); t != nil {
		f.From = *t
	}
	if t := in.To.Value(); t != nil {
		f.To = *t
	}
	f.Actor, f.OnBehalfOf = value(in.Actor.Value()), value(in.OnBehalfOf.Value())
	f.Action, f.Outcome = value(in.Action.Value()), value(in.Outcome.Value())
	f.Entity, f.ID, f.Subject = value(in.Entity.Value()), value(in.ID.Value()), value(in.Subject.Value())
	f.Field, f.RequestID = value(in.Field.Value()), value(in.RequestID.Value())
	return f
}

func auditEntry(e auth.Recorded) *generated.AuditEntry {
	out := &generated.AuditEntry{Index: int(e.Index), Time: e.Time, Action: e.Action, Outcome: e.Outcome, Actor: e.Actor,
		OnBehalfOf: optional(e.OnBehalfOf), Entity: optional(e.Entity), ID: optional(e.ID), Subject: optional(e.Subject), Version: optional(e.Version),
		Fields: each(e.Fields, func(f string) string { return f }), Purpose: optional(e.Purpose), Reason: optional(e.Reason), RequestID: optional(e.RequestID)}
	if len(e.Details) > 0 {
		if text, err := json.Marshal(e.Details); err == nil { // strings always have a JSON form
			out.Details = scalar.JSON(text)
		}
	}
	return out
}

func (r *Resolver) keyStatus(ctx context.Context) (*generated.KeyStatus, error) {
	status, rotations, err := r.use.Documents.Keys(ctx, principal(ctx))
	if err != nil {
		return nil, err
	}
	return &generated.KeyStatus{Kek: optional(status.KEK), Subjects: status.Subjects, SubjectsRotating: status.Rotating, SubjectsErased: status.Destroyed,
		AccountKeys: each(status.Account, func(k vault.KeyVersion) *generated.AccountKey {
			return &generated.AccountKey{Number: int(k.Number), CreationDate: k.Created, KekVersion: optional(k.KEKVersion), Wraps: k.Wraps}
		}),
		IndexKeys: each(status.Indexes, func(i vault.IndexStatus) *generated.IndexKey {
			return &generated.IndexKey{Entity: i.Entity, Property: i.Property, Versions: i.Versions}
		}),
		Rotations: each(rotations, func(one profile.Rotation) *generated.KeyRotation {
			return &generated.KeyRotation{Step: generated.KeyRotationStep(one.Step), BeginDate: one.Began, Done: one.Done, All: one.All}
		})}, nil
}

package resolvers

import (
	"time"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/graph"
	"github.com/profilegraph/profilegraph/graph/generated"
	"github.com/profilegraph/profilegraph/graph/scalar"
	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/schemastore"
	"github.com/profilegraph/profilegraph/tenant"
)

// each converts a list; the result is never nil, as GraphQL wants it.
func each[A, B any](list []A, convert func(A) B) []B {
	out := make([]B, len(list))
	for i, one := range list {
		out[i] = convert(one)
	}
	return out
}

// value returns what an optional argument points at, or the zero value.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// optional returns nil for the zero value.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func optionalTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func checkFirst(first int) error {
	if first < 1 || first > 200 {
		return &graph.Error{Code: BadInput, Message: "`first` is 1 to 200."}
	}
	return nil
}

func account(a *tenant.Account) *generated.Account {
	return &generated.Account{ID: string(a.ID), Name: a.Name, CreationDate: a.Created, Suspended: a.Suspended}
}

func apiKey(k auth.APIKey) *generated.APIKey {
	return &generated.APIKey{ID: k.ID, Name: k.Name, Roles: k.Roles, Subject: optional(k.Subject), CreationDate: k.Created,
		CreatedBy: k.CreatedBy, ExpirationDate: optionalTime(k.Expires), RevocationDate: optionalTime(k.Revoked), LastUse: optionalTime(k.LastUse)}
}

func role(r auth.Role) *generated.Role {
	out := &generated.Role{Name: r.Name, Description: r.Description}
	for _, p := range auth.Permissions {
		if r.Permissions&p != 0 {
			out.Permissions = append(out.Permissions, generated.Permission(p.String()))
		}
	}
	return out
}

func schemaVersion(v schemastore.Version) *generated.SchemaVersion {
	return &generated.SchemaVersion{Entity: v.Entity.Name, Version: v.Number, Current: v.Current, Schema: scalar.JSON(v.Entity.Source),
		Author: optional(v.Author), CreationDate: optionalTime(v.Created), Note: optional(v.Note),
		Changes: changes(v.Changes), Warnings: warnings(v.Warnings)}
}

func changes(list []schema.Change) []*generated.SchemaChange {
	return each(list, func(c schema.Change) *generated.SchemaChange {
		return &generated.SchemaChange{Kind: string(c.Kind), Path: c.Path, From: optional(c.From), To: optional(c.To)}
	})
}

func findings(list []schema.Finding) []*generated.SchemaFinding {
	return each(list, func(f schema.Finding) *generated.SchemaFinding {
		return &generated.SchemaFinding{Rule: f.Rule, Path: f.Path, Message: f.Message, Fix: f.Fix, Breaking: f.Breaking}
	})
}

func problems(list []schema.Problem) []*generated.SchemaProblem {
	return each(list, func(p schema.Problem) *generated.SchemaProblem {
		return &generated.SchemaProblem{Pointer: p.Pointer, Keyword: p.Keyword, Message: p.Message, Fix: p.Fix}
	})
}

func warnings(list []schema.Warning) []*generated.SchemaProblem {
	return each(list, func(w schema.Warning) *generated.SchemaProblem {
		return &generated.SchemaProblem{Pointer: w.Pointer, Keyword: w.Keyword, Message: w.Message}
	})
}

// schemaCheck converts a report; engine is nil when the schema has problems.
func schemaCheck(r *schemastore.Report, engine *graph.Engine) *generated.SchemaCheck {
	c := &generated.SchemaCheck{Ok: r.OK(), Problems: problems(r.Problems), Warnings: warnings(r.Warnings), Changes: changes(r.Changes),
		Findings: findings(r.Findings), DocumentsChecked: r.Checked, DocumentsFailing: r.Failing, CurrentVersion: r.Current}
	if engine != nil {
		source, sdl := scalar.JSON(r.Entity.Source), engine.SDL(graph.Client)
		c.Schema, c.Sdl = source, &sdl
	}
	return c
}

// Published is what doors that are not GraphQL answer to a publish.
func Published(v schemastore.Version) any {
	return struct {
		Entity   string                     `json:"entity"`
		Version  int                        `json:"version"`
		Changes  []*generated.SchemaChange  `json:"changes"`
		Warnings []*generated.SchemaProblem `json:"warnings"`
	}{v.Entity.Name, v.Number, changes(v.Changes), warnings(v.Warnings)}
}

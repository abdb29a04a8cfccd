package resolvers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/event"
	"github.com/profilegraph/profilegraph/graph"
	"github.com/profilegraph/profilegraph/graph/generated"
	"github.com/profilegraph/profilegraph/graph/scalar"
	"github.com/profilegraph/profilegraph/privacy"
	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/schemastore"
	"github.com/profilegraph/profilegraph/supergraph"
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

func checkFirst(first int) error { return checkRange("first", first, 200) }

func checkRange(argument string, n, most int) error {
	if n < 1 || n > most {
		return &graph.Error{Code: BadInput, Message: fmt.Sprintf("`%s` is 1 to %d.", argument, most)}
	}
	return nil
}

func account(a *tenant.Account) *generated.Account {
	return &generated.Account{ID: string(a.ID), Name: a.Name, CreationDate: a.Created, Suspended: a.Suspended}
}

func apiKey(k auth.APIKey) *generated.APIKey {
	return &generated.APIKey{ID: k.ID, Name: k.Name, Roles: k.Roles, Subject: optional(k.Subject), Consumer: optional(k.Consumer), CreationDate: k.Created,
		CreatedBy: k.CreatedBy, ExpirationDate: optionalTime(k.Expires), RevocationDate: optionalTime(k.Revoked), LastUse: optionalTime(k.LastUse)}
}

func erasure(e privacy.Erasure) *generated.Erasure {
	return &generated.Erasure{Subject: e.Subject, Reference: optional(e.Reference), RequestDate: e.Requested, RequestedBy: e.RequestedBy, CompletionDate: optionalTime(e.Finished),
		Documents: e.Documents, Versions: e.Versions, Certificate: scalar.JSON(e.Certificate)}
}

func subjectExport(e privacy.Export) *generated.SubjectExport {
	r := newReceipt(e.Receipts)
	return &generated.SubjectExport{Subject: e.Subject, ExportDate: e.Time, Documents: e.Documents, Versions: e.Versions, Content: scalar.JSON(e.Content), File: string(e.Content),
		Receipt: generated.DisclosureReceipt{Checkpoint: r.Checkpoint, Entries: each(r.Entries, func(i int64) int { return int(i) })}}
}

func legalHold(h privacy.Hold) *generated.LegalHold {
	return &generated.LegalHold{ID: h.ID, Subject: h.Subject, Reference: h.Reference, CreationDate: h.Created, CreatedBy: h.CreatedBy}
}

func consumer(c auth.Consumer) *generated.Consumer {
	return &generated.Consumer{ID: c.ID, CreationDate: c.Created, CreatedBy: c.CreatedBy, RevocationDate: optionalTime(c.Revoked)}
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
	return &generated.SchemaVersion{Entity: v.Entity.Name, Version: v.Number, Current: v.Current, Schema: scalar.JSON(v.Entity.Source), Text: indented(v.Entity.Source),
		Fields: schemaFields(v.Entity), Author: optional(v.Author), CreationDate: optionalTime(v.Created), Note: optional(v.Note),
		Changes: changes(v.Changes), Warnings: warnings(v.Warnings)}
}

// indented returns JSON as people read it.
func indented(text []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, text, "", "  ") != nil {
		return string(text)
	}
	return b.String()
}

func schemaFields(e *schema.Entity) []*generated.SchemaField {
	keys := map[*schema.Field]schema.Key{}
	for _, k := range e.Keys {
		keys[k.Field] = k
	}
	list := []*generated.SchemaField{}
	for path, f := range e.Fields() {
		key, indexed := keys[f]
		out := &generated.SchemaField{Path: path, Name: f.Name, Type: f.Type.String(), Sensitive: f.Sensitive, Pii: f.PII, Indexed: indexed, Unique: key.Unique,
			Required: f.Required, ReadOnly: f.ReadOnly, Deprecated: optional(f.Deprecated), Title: optional(f.Title), Description: optional(f.Description), Examples: []scalar.JSON{}}
		if f.Sensitive {
			out.Mask = optional(f.Strategy())
		}
		for _, example := range f.Examples {
			if text, err := json.Marshal(example); err == nil { // it was JSON before
				out.Examples = append(out.Examples, scalar.JSON(text))
			}
		}
		list = append(list, out)
	}
	return list
}

func session(s auth.Session) *generated.Session {
	return &generated.Session{ID: s.ID, Actor: s.Actor, Roles: s.Roles, Subject: optional(s.Subject), Issuer: optional(s.Issuer),
		CreationDate: s.Created, LastUse: s.LastUse, ExpirationDate: s.Expires, Current: s.Current}
}

func subgraph(s supergraph.Subgraph) *generated.Subgraph {
	return &generated.Subgraph{Name: s.Name, URL: s.URL, Sdl: s.SDL, Author: s.Author, LastUpdate: s.Changed}
}

func webhook(w event.Webhook) *generated.Webhook {
	return &generated.Webhook{ID: w.ID, URL: w.URL, Description: optional(w.Description), CreationDate: w.Created, CreatedBy: w.CreatedBy,
		LastSuccess: optionalTime(w.Delivered), LastFailure: optionalTime(w.Failed), Failure: optional(w.Failure)}
}

func changes(list []schema.Change) []*generated.SchemaChange {
	return each(list, func(c schema.Change) *generated.SchemaChange {
		return &generated.SchemaChange{Kind: string(c.Kind), Path: c.Path, From: optional(c.From), To: optional(c.To)}
	})
}

func findings(list []schema.Finding) []*generated.SchemaFinding {
	return each(list, func(f schema.Finding) *generated.SchemaFinding {
		return &generated.SchemaFinding{Rule: f.Rule, Kind: string(f.Kind), Path: f.Path, From: optional(f.From), To: optional(f.To), Message: f.Message, Fix: f.Fix, Breaking: f.Breaking}
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
		Findings: findings(r.Findings), DocumentsChecked: r.Checked, DocumentsFailing: r.Failing,
		Composition: each(r.Composition, func(m string) string { return m }), CurrentVersion: r.Current}
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

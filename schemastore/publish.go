package schemastore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/supergraph"
	"github.com/profilegraph/profilegraph/tenant"
)

// Upload is a schema that somebody wants in force.
type Upload struct {
	Entity string
	Schema []byte
	// Replace puts the schema in the place of the current one; else it is merged into it.
	Replace bool
	// Expected is the version that the change was made for; nil: whichever is in force.
	Expected *int
	Allow    []string // names of rules that may be broken
	Note     string
}

// forbids reports whether a finding stands in the way of the upload.
func (u Upload) forbids(f schema.Finding) bool {
	return f.Absolute() || !slices.Contains(u.Allow, f.Rule)
}

// Report is what publishing an upload would do.
type Report struct {
	Problems []schema.Problem // why the schema cannot be used at all; then there are warnings besides, and nothing else
	Warnings []schema.Warning
	Changes  []schema.Change
	Findings []schema.Finding
	// Checked is how many documents were read, Failing how many would not satisfy the schema.
	Checked, Failing int
	// Composition is why the account's federated graph would not compose, in the composer's words.
	Composition []string
	Current     int            // the version in force
	Entity      *schema.Entity // the schema as it would apply
}

// OK reports whether the upload can be published without allowing anything.
func (r *Report) OK() bool {
	return len(r.Problems) == 0 && len(r.Composition) == 0 && !slices.ContainsFunc(r.Findings, func(f schema.Finding) bool { return f.Breaking })
}

// Check tells what publishing would do, and what it would compile to, without doing it. Without
// documents none are read: findings that depend on them are told as if they stood in the way, and
// [Store.CheckDocuments] tells the rest. Both look at protected values only for somebody who may see
// them, and on the record.
func (s *Store[E]) Check(ctx context.Context, p *auth.Principal, u Upload, documents bool) (*Report, E, error) {
	var none E
	if err := p.Check(auth.Schema); err != nil {
		return nil, none, err
	}
	d, err := s.prepare(ctx, p.Account, u)
	if err == nil && documents {
		var blind bool
		if blind, err = s.blind(ctx, p, d); err == nil {
			err = s.examine(ctx, p.Account, &d, blind)
		}
	}
	if invalid := (*schema.Invalid)(nil); errors.As(err, &invalid) {
		return &Report{Problems: invalid.Problems, Warnings: invalid.Warnings, Current: d.current}, none, nil
	}
	if err != nil {
		return nil, none, err
	}
	err = s.gate(ctx, p.Account, d.engine)
	if failed := (*supergraph.FailedError)(nil); errors.As(err, &failed) {
		d.Composition, err = failed.Messages, nil
	}
	if err != nil {
		return nil, none, err
	}
	return &d.Report, d.engine, nil
}

// DocumentsPage is how some of the stored documents stand to an upload.
type DocumentsPage struct {
	Checked, Failing int
	Next             string // the place to go on behind; empty: that was all
	Total            *int   // of all documents, with the first page; nil: they were not counted
}

// CheckDocuments tells how many stored documents would not satisfy an upload, page by page: those
// behind after, at most limit. Nothing is read where the upload changes nothing that a document
// could stand in the way of. Whether documents repeat a value is seen within a page only.
func (s *Store[E]) CheckDocuments(ctx context.Context, p *auth.Principal, u Upload, after string, limit int) (DocumentsPage, error) {
	var page DocumentsPage
	if err := p.Check(auth.Schema); err != nil {
		return page, err
	}
	if len(after) > 64 || strings.Trim(after, "0123456789abcdefghijklmnopqrstuvwxyz-") != "" {
		return page, ErrAfter
	}
	d, err := s.prepare(ctx, p.Account, u)
	if err != nil {
		return page, err
	}
	if after == "" {
		page.Total = new(int)
	}
	if d.base == nil || !d.needsData() {
		return page, nil
	}
	if after == "" {
		n, known, err := s.docs.Count(ctx, p.Account, d.base)
		if err != nil {
			return page, err
		}
		if page.Total = &n; !known {
			page.Total = nil
		}
	}
	blind, err := s.blind(ctx, p, d)
	if err != nil {
		return page, err
	}
	x, next, err := s.docs.ExaminePage(ctx, p.Account, d.base, d.Entity, d.Findings, blind, after, limit)
	page.Checked, page.Failing, page.Next = x.Checked, x.Failing, next
	return page, err
}

// Publish puts a schema in force and returns its version. The request that comes next sees it.
//
// It fails with a *[schema.Invalid], a [*BreakingError], a [*ConflictError] or a
// *[supergraph.FailedError]; then nothing has changed. Publishing what is in force already changes nothing and is no error.
func (s *Store[E]) Publish(ctx context.Context, p *auth.Principal, u Upload) (Version, error) {
	if err := p.Check(auth.Schema); err != nil {
		return Version{}, err
	}
	if utf8.RuneCountInString(u.Note) > 2_000 {
		return Version{}, ErrNote
	}
	for _, name := range u.Allow {
		if !slices.ContainsFunc(schema.Rules(), func(r schema.Rule) bool { return r.ID == name }) {
			return Version{}, ErrRule
		}
	}
	for {
		v, err := s.publish(ctx, p, u)
		// Somebody else published meanwhile. Without an expected version the upload was not made
		// for a certain one, so it is tried on the new one.
		if errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrExists) {
			continue
		}
		return v, err
	}
}

func (s *Store[E]) publish(ctx context.Context, p *auth.Principal, u Upload) (Version, error) {
	blind := p.Check(auth.Unmask) != nil
	d, err := s.prepare(ctx, p.Account, u)
	asked := d.Findings
	if invalid := (*schema.Invalid)(nil); u.Expected != nil && *u.Expected != d.current && (err == nil || errors.As(err, &invalid)) {
		return Version{}, s.conflict(ctx, p.Account, u, d)
	}
	if err == nil {
		err = s.examine(ctx, p.Account, &d, blind)
	}
	if err != nil {
		return Version{}, err
	}
	if d.base != nil && len(d.Changes) == 0 && string(d.base.Source) == string(d.Entity.Source) {
		return s.get(ctx, p.Account, u.Entity, nil)
	}
	var refused []schema.Finding
	for _, f := range d.Findings {
		if f.Breaking && u.forbids(f) {
			refused = append(refused, f)
		}
	}
	if len(refused) > 0 {
		// Protected values may have decided on it, and so the refusal tells of them.
		if !blind && slices.ContainsFunc(refused, func(f schema.Finding) bool { return f.NeedsData }) {
			if err := s.put(ctx, p, d, audit.Entry{Action: "PutSchema", Outcome: audit.Denied}, u.Allow); err != nil {
				return Version{}, err
			}
		}
		return Version{}, &BreakingError{Findings: refused, Warnings: d.Warnings}
	}
	if slices.ContainsFunc(d.Findings, schema.Finding.LowersProtection) {
		if err := p.Check(auth.Sensitivity); err != nil {
			return Version{}, err
		}
	}
	if slices.ContainsFunc(d.Findings, schema.Finding.Uncovers) {
		d.Entity.Lowered = d.Entity.Version
	}
	if err := s.gate(ctx, p.Account, d.engine); err != nil {
		return Version{}, err
	}
	if d.base != nil {
		if err := s.docs.Reindex(ctx, p.Account, d.base, d.Entity); err != nil {
			return Version{}, err
		}
	}
	v := versionRecord{Number: d.current + 1, Previous: d.head.Entities[u.Entity], Author: p.Actor,
		Created: s.now().UTC().Truncate(time.Millisecond), Note: u.Note, Allow: u.Allow, Lowered: d.Entity.Lowered, Source: string(d.Entity.Source)}
	if err := s.put(ctx, p, d, audit.Entry{Action: "PutSchema", Outcome: audit.Allowed}, v.Allow); err != nil {
		return Version{}, err
	}
	if err := s.enforce(ctx, p.Account, d, v); err != nil {
		return Version{}, err
	}
	binding := slices.DeleteFunc(slices.Clone(asked), func(f schema.Finding) bool { return !f.Binds() })
	if slices.ContainsFunc(binding, u.forbids) {
		err := s.stand(ctx, p, d, binding, u, blind)
		if breaking := (*BreakingError)(nil); err != nil && !errors.As(err, &breaking) {
			s.log.ErrorContext(ctx, "a schema is in force, and it is not known whether documents written meanwhile comply", "account", p.Account, "entity", d.Entity.Name,
				"version", v.Number, "error", err)
		}
		if err != nil {
			return Version{}, err
		}
	}
	return Version{Entity: d.Entity, Number: v.Number, Current: true, Author: v.Author, Created: v.Created, Note: v.Note,
		Changes: d.Changes, Warnings: d.Warnings}, nil
}

// enforce puts a version in force, and brings stored documents up to it.
func (s *Store[E]) enforce(ctx context.Context, id tenant.ID, d draft[E], v versionRecord) error {
	snap, err := s.commit(ctx, id, d, v)
	if err != nil {
		return err
	}
	s.install(id, snap)
	if s.outbox != nil {
		s.outbox.Wake()
	}
	if d.base != nil {
		s.adapt(ctx, id, d)
		s.adaptLater(ctx, id, d)
	}
	return nil
}

// standTimeout is how long a publish may take to see whether it stands.
const standTimeout = time.Minute

// stand sees to it that a version in force holds of those documents too that were written under the schema
// before while the others were examined. Where it does not, that schema is put in force again, as a version of
// its own, and stand fails with a [*BreakingError]. Asked are the findings that documents decide on, those that the
// upload allows among them: what one is about, documents do not fail another for.
func (s *Store[E]) stand(ctx context.Context, p *auth.Principal, d draft[E], asked []schema.Finding, u Upload, blind bool) error {
	// It is in force: who asked for it may have gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), standTimeout)
	defer cancel()
	if err := s.quiet(ctx); err != nil {
		return err
	}
	// What is written from here on knows the new keys; what was written before is made known to them.
	if err := s.docs.Reindex(ctx, p.Account, d.base, d.Entity); err != nil {
		return err
	}
	x, err := s.docs.Examine(ctx, p.Account, d.base, d.Entity, asked, blind)
	if err != nil {
		return err
	}
	refused := slices.DeleteFunc(schema.Settle(asked, x), func(f schema.Finding) bool { return !u.forbids(f) })
	if len(refused) == 0 {
		return nil
	}
	back, err := s.prepare(ctx, p.Account, Upload{Entity: d.Entity.Name, Schema: d.base.Source, Replace: true})
	if err != nil {
		return err
	}
	if back.current != d.Entity.Version {
		s.log.ErrorContext(ctx, "documents do not comply with a schema that another was published on", "account", p.Account, "entity", d.Entity.Name, "version", d.Entity.Version)
		return &BreakingError{Findings: refused, Warnings: d.Warnings}
	}
	v := versionRecord{Number: back.current + 1, Previous: back.head.Entities[d.Entity.Name], Author: p.Actor, Created: s.now().UTC().Truncate(time.Millisecond),
		Note: "Taken back: documents that were written meanwhile stand in the way.", Lowered: back.Entity.Lowered, Source: string(back.Entity.Source)}
	if err := s.put(ctx, p, back, audit.Entry{Action: "PutSchema", Outcome: audit.Allowed}, nil); err != nil {
		return err
	}
	if err := s.enforce(ctx, p.Account, back, v); err != nil {
		return err
	}
	return &BreakingError{Findings: refused, Warnings: d.Warnings}
}

// quiet returns when nothing is written any more under the schemas that were in force before: by this
// process, and by others but for what takes them longer than a second.
func (s *Store[E]) quiet(ctx context.Context) error {
	if s.shared {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(staleAfter + time.Second):
		}
	}
	return s.grace.wait(ctx)
}

// adaptLater adapts what is still written under the schema before: by other processes until they
// look at the head, and by requests that were under way, of which none takes more than a minute.
func (s *Store[E]) adaptLater(ctx context.Context, id tenant.ID, d draft[E]) {
	for _, wait := range []time.Duration{staleAfter + time.Second, staleAfter + time.Minute} {
		time.AfterFunc(wait, func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
			defer cancel()
			now, err := s.Current(ctx, id)
			if err != nil {
				s.log.WarnContext(ctx, "documents not adapted after a publish; the sweep will do it", "account", id, "entity", d.Entity.Name, "error", err)
				return
			}
			if e := now.Set.Entity(d.Entity.Name); e != nil {
				again := d // both timers have the same draft
				again.Entity = e
				s.adapt(ctx, id, again)
			}
		})
	}
}

// adapt brings stored documents up to a schema that is in force now. What fails is done by the
// sweep; until then a field that has become sensitive is masked all the same.
func (s *Store[E]) adapt(ctx context.Context, id tenant.ID, d draft[E]) {
	// Documents written between the first pass and the swap know nothing of new keys.
	err := s.docs.Reindex(ctx, id, d.base, d.Entity)
	if slices.ContainsFunc(d.Findings, schema.Finding.Uncovers) || slices.ContainsFunc(d.Changes, func(c schema.Change) bool {
		return c.Kind == schema.SensitivityRaised
	}) {
		err = errors.Join(err, s.docs.Reseal(ctx, id, d.Entity))
	}
	if err != nil {
		s.log.ErrorContext(ctx, "documents not adapted after a publish; the sweep will do it", "account", id, "entity", d.Entity.Name, "error", err)
	}
}

// put writes to the record what is about to be done with a schema, or that it was refused.
func (s *Store[E]) put(ctx context.Context, p *auth.Principal, d draft[E], e audit.Entry, allow []string) error {
	e.Account, e.Actor, e.Entity, e.Version = p.Account, p.Actor, d.Entity.Name, strconv.Itoa(d.Entity.Version)
	e.Details = map[string]string{"allow": strings.Join(allow, " ")}
	if _, err := s.record.Append(ctx, e); err != nil {
		return fmt.Errorf("schemastore: record: %w", err)
	}
	return nil
}

// commit announces and writes the version, then switches the head to it.
func (s *Store[E]) commit(ctx context.Context, id tenant.ID, d draft[E], v versionRecord) (*Snapshot[E], error) {
	body, err := encode(v)
	if err != nil {
		return nil, err
	}
	record := newRecordID(v.Number)
	if s.outbox != nil {
		err := s.outbox.Add(ctx, id, Publication[E]{Entity: d.Entity.Name, Number: v.Number, Engine: d.engine, Reference: d.Entity.Name + "/" + record})
		if err != nil {
			return nil, fmt.Errorf("schemastore: announce: %w", err)
		}
	}
	err = s.store.Insert(ctx, versionSpace(id, d.Entity.Name), storage.Record{ID: record, Rev: record, Body: body})
	if err != nil {
		return nil, fmt.Errorf("schemastore: write version: %w", err)
	}
	d.head.Entities[d.Entity.Name] = record
	rev, err := s.turn(ctx, id, d.head, d.rev)
	if err != nil {
		return nil, err
	}
	return &Snapshot[E]{Set: d.set, Engine: d.engine, rev: rev}, nil
}

// turn puts a head in the place of the one with a revision, and returns its own.
func (s *Store[E]) turn(ctx context.Context, id tenant.ID, h headRecord, rev string) (string, error) {
	body, err := encode(h)
	if err != nil {
		return "", err
	}
	next := storage.Record{ID: headID, Rev: rand.Text(), Body: body}
	if rev == "" {
		err = s.store.Insert(ctx, headSpace(id), next)
	} else {
		err = s.store.Replace(ctx, headSpace(id), next, rev)
	}
	if err != nil {
		return "", fmt.Errorf("schemastore: switch: %w", err)
	}
	return next.Rev, nil
}

// Rollback puts an older schema in force again, as a new version. The rules are the same as for
// Publish.
func (s *Store[E]) Rollback(ctx context.Context, p *auth.Principal, entity string, to int, expected *int, allow []string, note string) (Version, error) {
	if err := p.Check(auth.Schema); err != nil {
		return Version{}, err
	}
	old, err := s.get(ctx, p.Account, entity, &to)
	if err != nil {
		return Version{}, err
	}
	return s.Publish(ctx, p, Upload{Entity: entity, Schema: old.Entity.Source, Replace: true, Expected: expected, Allow: allow, Note: note})
}

// draft is an upload, prepared against the head that it would follow.
type draft[E any] struct {
	Report
	base    *schema.Entity // in force, or nil
	set     *schema.Set
	engine  E
	head    headRecord
	rev     string
	current int
}

// prepare prepares an upload: parse, compile, compare, judge. The returned draft's current is set
// even with an error that comes from the upload.
func (s *Store[E]) prepare(ctx context.Context, id tenant.ID, u Upload) (draft[E], error) {
	var d draft[E]
	var err error
	if d.head, d.rev, err = s.head(ctx, id); err != nil {
		return d, err
	}
	before, err := s.load(ctx, id, d.head)
	if err != nil {
		return d, err
	}
	source := u.Schema
	if d.base = before.Entity(u.Entity); d.base != nil {
		d.current = d.base.Version
		if !u.Replace {
			if source, err = schema.Merge(d.base.Source, u.Schema); err != nil {
				return d, err
			}
		}
	}
	d.Report.Current = d.current
	if d.Entity, d.Warnings, err = schema.Parse(u.Entity, source, schema.Limits{}); err != nil {
		return d, err
	}
	d.Entity.Version = d.current + 1
	if d.set, err = before.With(d.Entity); err != nil {
		if invalid, ok := errors.AsType[*schema.Invalid](err); ok {
			invalid.Warnings = d.Warnings
		}
		return d, err
	}
	if d.engine, err = s.compile(ctx, id, d.set); err != nil {
		return d, fmt.Errorf("schemastore: compile: %w", err)
	}
	if err = s.check(d.engine); err != nil {
		return d, fmt.Errorf("schemastore: check: %w", err)
	}
	if d.base == nil {
		return d, nil
	}
	d.Entity.Lowered = d.base.Lowered
	d.Changes = schema.Diff(d.base, d.Entity)
	d.Findings = append(schema.Check(d.Changes), schema.CheckSealed(d.base, d.Entity)...)
	return d, nil
}

// needsData reports whether stored documents decide on a finding.
func (d *draft[E]) needsData() bool {
	return slices.ContainsFunc(d.Findings, func(f schema.Finding) bool { return f.NeedsData })
}

// blind reports whether a check is not to look at protected values: p may not see them, or they decide on
// nothing. Else it is on the record that it looks.
func (s *Store[E]) blind(ctx context.Context, p *auth.Principal, d draft[E]) (bool, error) {
	x := schema.Examine(d.Findings)
	if p.Check(auth.Unmask) != nil || d.base == nil || !x.Opens(d.base) {
		return true, nil
	}
	return false, s.put(ctx, p, d, audit.Entry{Action: "CheckSchema", Outcome: audit.Allowed}, nil)
}

// examine settles the findings that stored documents decide on; see [Documents] for blind.
func (s *Store[E]) examine(ctx context.Context, id tenant.ID, d *draft[E], blind bool) error {
	if !d.needsData() {
		return nil
	}
	x, err := s.docs.Examine(ctx, id, d.base, d.Entity, d.Findings, blind)
	if err != nil {
		return err
	}
	d.Checked, d.Failing = x.Checked, x.Failing
	d.Findings = schema.Settle(d.Findings, x)
	return nil
}

func (s *Store[E]) conflict(ctx context.Context, id tenant.ID, u Upload, d draft[E]) error {
	c := &ConflictError{Entity: u.Entity, Current: d.current}
	expected, err := s.get(ctx, id, u.Entity, u.Expected)
	if err == nil && d.base != nil {
		c.Changes = schema.Diff(expected.Entity, d.base)
	} else if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return c
}

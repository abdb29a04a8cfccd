package profile

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
)

// Get returns documents by id, in the order of ids; absent ones are zero. An id may be pinned to a
// version: see Pin.
func (s *Service) Get(ctx context.Context, p *auth.Principal, e *schema.Entity, ids []string, v View) ([]Document, error) {
	if err := p.Check(auth.Read); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(ids, isPin) {
		return s.getPinned(ctx, p, e, ids, v)
	}
	memory := s.memory.Get().(*storage.Memory) // what is shown is a copy
	defer s.memory.Put(memory)
	found, err := s.records(ctx, p.Account, e, ids, memory)
	if err != nil {
		return nil, err
	}
	return s.show(ctx, p, e, found, v, false)
}

// records reads the newest versions of documents; absent ones are zero records. Memory, unless nil, is
// lent for their bodies.
func (s *Service) records(ctx context.Context, id tenant.ID, e *schema.Entity, ids []string, m *storage.Memory) ([]storage.Record, error) {
	for _, one := range ids {
		if !plausible(one) {
			return s.someRecords(ctx, id, e, ids, m)
		}
	}
	found, err := s.store.GetMany(ctx, documents(id, e), ids, m)
	if err != nil {
		return nil, fmt.Errorf("profile: read: %w", err)
	}
	return found, nil
}

// someRecords is records for ids of which some cannot be any document's.
func (s *Service) someRecords(ctx context.Context, id tenant.ID, e *schema.Entity, ids []string, m *storage.Memory) ([]storage.Record, error) {
	found := make([]storage.Record, len(ids))
	var good []string
	for _, one := range ids {
		if plausible(one) {
			good = append(good, one)
		}
	}
	if len(good) == 0 {
		return found, nil
	}
	records, err := s.records(ctx, id, e, good, m)
	if err != nil {
		return nil, err
	}
	for i, one := range ids {
		if plausible(one) {
			found[i], records = records[0], records[1:]
		}
	}
	return found, nil
}

// plausible reports whether a client's text can be the id of a document.
func plausible(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// findAtOnce is how many index entries a store looks up at once. While an index key is rotated, each
// value has two.
const findAtOnce = 1_000

// Lookup returns, for each value, the first document (by id) whose key has it; absent ones are zero.
func (s *Service) Lookup(ctx context.Context, p *auth.Principal, e *schema.Entity, key *schema.Field, values []any, v View) ([]Document, error) {
	if err := p.Check(auth.Read); err != nil {
		return nil, err
	}
	if !s.misses.allow(p.Actor, s.now()) {
		return nil, ErrTooMany
	}
	entries := make([]string, 0, len(values))
	at := make([]int, 0, len(values)) // the value that each entry belongs to
	index := s.vault.Index(p.Account, e.Name, key)
	for i, value := range values {
		var err error
		entries, err = index.Append(ctx, entries, value)
		if err != nil && !errors.Is(err, vault.ErrValue) { // no document has a value that is none
			return nil, err
		}
		for len(at) < len(entries) {
			at = append(at, i)
		}
	}
	records := make([]storage.Record, len(values))
	if len(entries) == 0 {
		return s.show(ctx, p, e, records, v, false)
	}
	// A shopper's own document may stand behind others that are out of reach.
	limit := 1
	if p.Confined() {
		limit = 1_000
	}
	found := make([][]storage.Record, 0, len(entries))
	for some := range slices.Chunk(entries, findAtOnce) {
		list, err := s.store.Find(ctx, documents(p.Account, e), some, limit)
		if err != nil {
			return nil, fmt.Errorf("profile: look up: %w", err)
		}
		found = append(found, list...)
	}
	for n, list := range found {
		for _, r := range list {
			if first := &records[at[n]]; p.Reaches(root(e, &r)) && (first.ID == "" || r.ID < first.ID) {
				*first = r
			}
		}
	}
	missed := 0
	for _, r := range records {
		missed += count(r.ID == "")
	}
	if missed > 0 {
		s.misses.missed(p.Actor, s.now(), missed)
	}
	return s.show(ctx, p, e, records, v, false)
}

// List returns documents in order of id, which is the order of their creation: at most first, those
// behind the cursor after.
func (s *Service) List(ctx context.Context, p *auth.Principal, e *schema.Entity, first int, after string, v View) (Page, error) {
	if err := p.Check(auth.Read); err != nil {
		return Page{}, err
	}
	if after != "" && !plausible(after) {
		return Page{}, ErrCursor
	}
	switch {
	case p.Confined() && e.Owner == "":
		if after >= p.Subject {
			return Page{}, nil
		}
		docs, err := s.Get(ctx, p, e, []string{p.Subject}, v)
		if err != nil || docs[0].ID == "" {
			return Page{}, err
		}
		return Page{Documents: docs}, nil
	case p.Confined():
		pages, err := s.Owned(ctx, p, e, []string{p.Subject}, first, after, v)
		if err != nil {
			return Page{}, err
		}
		return pages[0], nil
	}
	memory := s.memory.Get().(*storage.Memory) // what is shown is a copy
	defer s.memory.Put(memory)
	found, err := s.store.Scan(ctx, documents(p.Account, e), storage.Page{After: after, Limit: first + 1, Memory: memory})
	if err != nil {
		return Page{}, fmt.Errorf("profile: list: %w", err)
	}
	return s.page(ctx, p, e, found, first, v, false)
}

// page presents records of which there may be one too many.
func (s *Service) page(ctx context.Context, p *auth.Principal, e *schema.Entity, found []storage.Record, first int, v View, pinned bool) (Page, error) {
	more := len(found) > first
	if more {
		found = found[:first]
	}
	docs, err := s.show(ctx, p, e, found, v, pinned)
	return Page{Documents: docs, More: more}, err
}

// Owned returns, for each owner, a page of the documents of e that it owns, in order of id.
func (s *Service) Owned(ctx context.Context, p *auth.Principal, e *schema.Entity, owners []string, first int, after string, v View) ([]Page, error) {
	if err := p.Check(auth.Read); err != nil {
		return nil, err
	}
	if after != "" && !plausible(after) {
		return nil, ErrCursor
	}
	if slices.ContainsFunc(owners, isPin) { // what a document owns is not pinned with it
		owners = slices.Clone(owners)
		for i := range owners {
			owners[i] = parsePin(owners[i]).id
		}
	}
	pages := make([]Page, len(owners))
	if slices.ContainsFunc(owners, func(o string) bool { return !p.Reaches(o) }) {
		if !slices.Contains(owners, p.Subject) {
			return pages, nil
		}
		own, err := s.Owned(ctx, p, e, []string{p.Subject}, first, after, v)
		if err != nil {
			return nil, err
		}
		for i, o := range owners {
			if o == p.Subject {
				pages[i] = own[0]
			}
		}
		return pages, nil
	}
	memory := s.memory.Get().(*storage.Memory) // what is shown is a copy
	defer s.memory.Put(memory)
	found, err := s.store.Owned(ctx, documents(p.Account, e), owners, storage.Page{After: after, Limit: first + 1, Memory: memory})
	if err != nil {
		return nil, fmt.Errorf("profile: list owned: %w", err)
	}
	// All of them together, so that what is disclosed is one write to the record.
	var all []storage.Record
	for i, records := range found {
		if pages[i].More = len(records) > first; pages[i].More {
			found[i] = records[:first]
		}
		all = append(all, found[i]...)
	}
	docs, err := s.show(ctx, p, e, all, v, false)
	if err != nil {
		return nil, err
	}
	for i, records := range found {
		pages[i].Documents, docs = docs[:len(records):len(records)], docs[len(records):]
	}
	return pages, nil
}

// Versions returns the versions of a document, newest first: at most first, those behind the
// cursor after. An absent document has none.
func (s *Service) Versions(ctx context.Context, p *auth.Principal, e *schema.Entity, id string, first int, after string, v View) (Page, error) {
	current, c, err := s.reach(ctx, p, e, id)
	if errors.Is(err, ErrNotFound) {
		return Page{}, nil
	}
	if err != nil {
		return Page{}, err
	}
	below := c.Number
	list, cursors := []storage.Record{current}, []string{strconv.Itoa(int(c.Number))}
	if after != "" {
		n, err := strconv.ParseInt(after, 10, 32)
		if err != nil || n < 1 {
			return Page{}, ErrCursor
		}
		below = min(int32(n), c.Number)
		if int32(n) <= c.Number {
			list, cursors = nil, nil
		}
	}
	if need := first + 1 - len(list); need > 0 {
		prefix := oldPrefix(id, c.Created)
		old, err := s.store.Scan(ctx, versions(p.Account, e), storage.Page{Prefix: prefix, After: oldID(id, c.Created, below), Desc: true, Limit: need})
		if err != nil {
			return Page{}, fmt.Errorf("profile: versions: %w", err)
		}
		for _, r := range old {
			cursors = append(cursors, strings.TrimLeft(strings.TrimPrefix(r.ID, prefix), "0"))
			r.ID, r.Owner = id, current.Owner
			list = append(list, r)
		}
	}
	page, err := s.page(ctx, p, e, list, first, v, true)
	if err != nil {
		return Page{}, err
	}
	for i := range page.Documents {
		page.Documents[i].Cursor = cursors[i]
	}
	return page, nil
}

// Version returns one version of a document, or a zero Document.
func (s *Service) Version(ctx context.Context, p *auth.Principal, e *schema.Entity, id, version string, v View) (Document, error) {
	r, err := s.versionRecord(ctx, p, e, id, version)
	if errors.Is(err, ErrNotFound) {
		return Document{}, nil
	}
	if err != nil {
		return Document{}, err
	}
	docs, err := s.show(ctx, p, e, []storage.Record{r}, v, true)
	if err != nil {
		return Document{}, err
	}
	return docs[0], nil
}

// versionRecord returns the record of one version, with the id of its document.
func (s *Service) versionRecord(ctx context.Context, p *auth.Principal, e *schema.Entity, id, version string) (storage.Record, error) {
	if err := p.Check(auth.Read); err != nil {
		return storage.Record{}, err
	}
	found, err := s.versionRecords(ctx, p, e, []pin{{id, version}})
	if err != nil {
		return storage.Record{}, err
	}
	if found[0].ID == "" {
		return storage.Record{}, ErrNotFound
	}
	return found[0], nil
}

// versionRecords returns the records of versions, with the ids of their documents; those that are
// absent, or out of p's reach, are zero.
func (s *Service) versionRecords(ctx context.Context, p *auth.Principal, e *schema.Entity, pins []pin) ([]storage.Record, error) {
	ids := make([]string, len(pins))
	for i, one := range pins {
		ids[i] = one.id
	}
	found, err := s.records(ctx, p.Account, e, ids, nil)
	if err != nil {
		return nil, err
	}
	var old []string // the ids of those that are not the newest ones
	var at []int
	for i, r := range found {
		if r.ID == "" || !p.Reaches(root(e, &r)) {
			found[i] = storage.Record{}
			continue
		}
		c := decoded(p.Account, e, &found[i])
		if c.Version == "" || c.Version == pins[i].version {
			continue // what cannot be read is shown so
		}
		if n := number(pins[i].version); n >= 1 && n < c.Number {
			old, at = append(old, oldID(r.ID, c.Created, n)), append(at, i)
		} else {
			found[i] = storage.Record{}
		}
	}
	if len(old) == 0 {
		return found, nil
	}
	records, err := s.store.GetMany(ctx, versions(p.Account, e), old, nil)
	if err != nil {
		return nil, fmt.Errorf("profile: version: %w", err)
	}
	for n, r := range records {
		i := at[n]
		id, owner := found[i].ID, found[i].Owner
		found[i] = storage.Record{}
		if r.ID == "" {
			continue
		}
		if was := decoded(p.Account, e, &records[n]); was.Version == "" || was.Version == pins[i].version {
			r.ID, r.Owner = id, owner
			found[i] = r
		}
	}
	return found, nil
}

// reach returns the newest version of a document that p may read, or ErrNotFound.
func (s *Service) reach(ctx context.Context, p *auth.Principal, e *schema.Entity, id string) (storage.Record, content, error) {
	if err := p.Check(auth.Read); err != nil {
		return storage.Record{}, content{}, err
	}
	return s.find(ctx, p, e, id)
}

// find returns the newest version of a document within p's reach, or ErrNotFound. It asks for no
// permission.
func (s *Service) find(ctx context.Context, p *auth.Principal, e *schema.Entity, id string) (storage.Record, content, error) {
	found, err := s.records(ctx, p.Account, e, []string{id}, nil)
	if err != nil {
		return storage.Record{}, content{}, err
	}
	r := found[0]
	if r.ID == "" || !p.Reaches(root(e, &r)) {
		return storage.Record{}, content{}, ErrNotFound
	}
	k := decoded(p.Account, e, &r)
	return r, k.content, k.broken
}

// HasSubject reports whether an account has a profile or a prospect with an id.
func (s *Service) HasSubject(ctx context.Context, account tenant.ID, id string) (bool, error) {
	for _, name := range []string{"Profile", "Prospect"} {
		found, err := s.records(ctx, account, &schema.Entity{Name: name}, []string{id}, nil)
		if err != nil || found[0].ID != "" {
			return err == nil, err
		}
	}
	return false, nil
}

// Version ids begin with the number of the version, so that one look-up finds it; the rest is
// random, so that nobody takes one for another.

func number(version string) int32 {
	head, _, ok := strings.Cut(version, "-")
	n, err := strconv.ParseInt(head, 10, 32)
	if !ok || err != nil {
		return 0
	}
	return int32(n)
}

// Old versions of a document begin with its id and the time of its creation: a document may come
// after one that had the same id, and does not inherit its versions.

func oldPrefix(id string, created time.Time) string {
	return fmt.Sprintf("%s/%d/", id, created.UnixMilli())
}

func oldID(id string, created time.Time, number int32) string {
	return fmt.Sprintf("%s%010d", oldPrefix(id, created), number)
}

// Diff tells what differs between two versions of a document. It fails with ErrNotFound if either
// is absent.
//
// Whoever wrote one of them learns of a masked value in the other that it is not theirs. So those
// that differ count as look-ups that found nothing, and guessing is as slow as by looking up.
func (s *Service) Diff(ctx context.Context, p *auth.Principal, e *schema.Entity, id, from, to string) ([]Change, error) {
	if !s.misses.allow(p.Actor, s.now()) {
		return nil, ErrTooMany
	}
	var clear, masked [2]map[string]any
	for i, version := range []string{from, to} {
		r, err := s.versionRecord(ctx, p, e, id, version)
		if err != nil {
			return nil, err
		}
		var c content
		if err := c.decode(r.Body); err != nil {
			return nil, err
		}
		if clear[i], err = s.clear(ctx, p.Account, e, r, c.Doc); err != nil {
			return nil, err
		}
		all := schema.FieldSet{}
		for _, f := range e.Type.Fields {
			all.Add(f.Slot)
		}
		body, _, err := s.vault.Mask(ctx, c.placed(p.Account, e, &r), e, c.Doc, all)
		if err != nil {
			return nil, err
		}
		if masked[i], err = e.Decode(body); err != nil {
			return nil, err
		}
	}
	missed := 0
	list := diff(nil, e.Type, "", clear, masked, &missed)
	if missed > 0 {
		s.misses.missed(p.Actor, s.now(), missed)
	}
	return list, nil
}

// diff compares two objects of type t and appends their differences, with values as masked has them. It
// counts as hidden the values that differ and are masked.
func diff(list []Change, t *schema.Type, path string, clear, masked [2]map[string]any, hidden *int) []Change {
	for _, f := range t.Fields {
		name := f.Name
		if path != "" {
			name = path + "." + f.Name
		}
		a, b := member(t, f, clear[0]), member(t, f, clear[1])
		if reflect.DeepEqual(a, b) {
			continue
		}
		seenA, seenB := member(t, f, masked[0]), member(t, f, masked[1])
		objA, okA := a.(map[string]any)
		objB, okB := b.(map[string]any)
		if okA && okB && f.Type.Kind == schema.Object && !f.Sensitive {
			maskA, _ := seenA.(map[string]any)
			maskB, _ := seenB.(map[string]any)
			list = diff(list, f.Type, name, [2]map[string]any{objA, objB}, [2]map[string]any{maskA, maskB}, hidden)
			continue
		}
		kind := "CHANGED"
		if a == nil {
			kind = "ADDED"
		} else if b == nil {
			kind = "REMOVED"
		}
		*hidden += count(kind == "CHANGED" && !(reflect.DeepEqual(a, seenA) && reflect.DeepEqual(b, seenB)))
		list = append(list, Change{Path: name, Kind: kind, From: seenA, To: seenB})
	}
	return list
}

// member returns the value of a field in an object, nil when absent; for the field of undeclared
// properties, an object of those.
func member(t *schema.Type, f *schema.Field, object map[string]any) any {
	if f != t.Extra {
		return object[f.Property]
	}
	rest := map[string]any{}
	for key, value := range object {
		if !slices.ContainsFunc(t.Fields, func(f *schema.Field) bool { return f != t.Extra && f.Property == key }) {
			rest[key] = value
		}
	}
	if len(rest) == 0 {
		return nil
	}
	return rest
}

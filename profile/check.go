package profile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
)

// Damage is something that is wrong with a stored document.
type Damage struct {
	Entity, ID string
	Version    string // of an old version; empty: the newest
	Err        error
}

// Check looks at everything that an account stores of documents, and reports what readers cannot read, would be
// shown wrongly or would not find. It returns how many documents and old versions there are. It changes nothing.
func (s *Service) Check(ctx context.Context, id tenant.ID, set *schema.Set, report func(Damage)) (checked int, err error) {
	for _, e := range set.Entities {
		c := checkup{s, id, set, e}
		for _, pass := range []struct {
			in    storage.Space
			look  func(context.Context, storage.Record) ([]Damage, error)
			count int
		}{{documents(id, e), c.document, 1}, {versions(id, e), c.version, 1}, {claims(id, e), c.claim, 0}} {
			n, err := c.pass(ctx, pass.in, pass.look, report)
			checked += n * pass.count
			if err != nil {
				return checked, err
			}
		}
	}
	return checked, nil
}

// checkup looks at what an account stores of one entity.
type checkup struct {
	s   *Service
	id  tenant.ID
	set *schema.Set
	e   *schema.Entity
}

// pass looks at every record of a space. At what seems wrong it looks again in the end: others may have been in the
// middle of a change.
func (c *checkup) pass(ctx context.Context, in storage.Space, look func(context.Context, storage.Record) ([]Damage, error), report func(Damage)) (n int, err error) {
	var suspects []string
	err = c.s.each(ctx, in, func(list []storage.Record) error {
		for _, r := range list {
			n++
			found, err := look(ctx, r)
			if err != nil {
				return err
			}
			if len(found) > 0 {
				suspects = append(suspects, r.ID)
			}
		}
		return nil
	})
	if err != nil {
		return n, err
	}
	for _, one := range suspects {
		r, err := c.s.store.Get(ctx, in, one)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return n, fmt.Errorf("profile: check: %w", err)
		}
		found, err := look(ctx, r)
		if err != nil {
			return n, err
		}
		for _, d := range found {
			report(d)
		}
	}
	return n, nil
}

// document looks at the newest version of a document, and at what hangs on it.
func (c *checkup) document(ctx context.Context, r storage.Record) ([]Damage, error) {
	var found []Damage
	note := func(err error) { found = append(found, Damage{Entity: c.e.Name, ID: r.ID, Err: err}) }
	now, doc, err := c.open(ctx, r)
	if err != nil {
		note(err)
	}
	if c.e.Owner != "" && r.Body != nil {
		owners, err := c.s.records(ctx, c.id, c.set.Entity(c.e.Owner), []string{r.Owner}, nil)
		if err != nil {
			return nil, err
		}
		if owners[0].ID == "" {
			note(errors.New("its owner is not there; the hourly sweep removes what is left of it"))
		}
	}
	if now.Version != "" {
		lost, err := c.lost(ctx, r.ID, now)
		if err != nil {
			return nil, err
		}
		for _, number := range lost {
			note(fmt.Errorf("version %d of it is lost", number))
		}
	}
	if doc == nil {
		return found, nil
	}
	if err := c.keys(ctx, r, doc, note); err != nil {
		return nil, err
	}
	return found, nil
}

// open returns what a record holds, in stored form and in clear, and an error if readers cannot read it or will find
// that it does not fit.
func (c *checkup) open(ctx context.Context, r storage.Record) (content, map[string]any, error) {
	k := decoded(c.id, c.e, &r)
	if k.broken != nil {
		return k.content, nil, k.broken
	}
	doc, err := c.s.clear(ctx, c.id, c.e, r, k.Doc)
	if err != nil {
		return k.content, nil, err
	}
	if int(k.Schema) == c.e.Version { // what was written under another schema may have fitted that
		for _, v := range c.e.Validate(doc) {
			if v.Rule == "type" {
				return k.content, doc, fmt.Errorf("%w: %s %s", vault.ErrCorrupt, v.Path, v.Message)
			}
		}
	}
	return k.content, doc, nil
}

// lost returns the numbers of the old versions that a document lacks.
func (c *checkup) lost(ctx context.Context, id string, now content) ([]int32, error) {
	var lost []int32
	next := int32(1)
	prefix := oldPrefix(id, now.Created)
	for page := (storage.Page{Prefix: prefix, Limit: batch}); next < now.Number; {
		list, err := c.s.store.Scan(ctx, versions(c.id, c.e), page)
		if err != nil {
			return nil, fmt.Errorf("profile: check: %w", err)
		}
		for _, r := range list {
			n, err := strconv.ParseInt(strings.TrimPrefix(r.ID, prefix), 10, 32)
			if err != nil {
				continue
			}
			for ; next < min(int32(n), now.Number); next++ {
				lost = append(lost, next)
			}
			next = max(next, int32(n)+1)
			page.After = r.ID
		}
		if len(list) < batch {
			for ; next < now.Number; next++ {
				lost = append(lost, next)
			}
		}
	}
	return lost, nil
}

// keys tells whether a document is found by what it holds, by nothing else, and has its unique values to itself.
func (c *checkup) keys(ctx context.Context, r storage.Record, doc map[string]any, note func(error)) error {
	var all []string
	for _, key := range c.e.Keys {
		entries, err := c.s.vault.Entries(ctx, c.id, c.e.Name, key.Field, doc[key.Field.Property])
		if errors.Is(err, vault.ErrValue) {
			continue // it was written before it was a key, and cannot be looked up
		}
		if err != nil {
			return err
		}
		all = append(all, entries...)
		if len(entries) > 0 && !slices.ContainsFunc(entries, func(one string) bool { return slices.Contains(r.Keys, one) }) {
			note(fmt.Errorf("it is not found by its %s; the hourly sweep mends that", key.Field.Name))
			continue
		}
		if !key.Unique {
			continue
		}
		for _, entry := range entries {
			if err := c.reserved(ctx, r, key.Field, entry, note); err != nil {
				return err
			}
		}
	}
	if slices.ContainsFunc(r.Keys, func(one string) bool { return !slices.Contains(all, one) }) {
		note(errors.New("it is found by a value that it does not have; the hourly sweep mends that"))
	}
	return nil
}

// reserved tells whether a document's unique value is claimed for it, or for another that may repeat it.
func (c *checkup) reserved(ctx context.Context, r storage.Record, f *schema.Field, entry string, note func(error)) error {
	_, claim, err := c.s.readClaim(ctx, c.id, c.e, entry)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		note(fmt.Errorf("its %s, which is unique, is not reserved for it; the hourly sweep mends that", f.Name))
		return nil
	case errors.Is(err, vault.ErrCorrupt):
		return nil // see claim
	case err != nil:
		return err
	case claim.Document == r.ID:
		return nil
	}
	holder, err := c.s.records(ctx, c.id, c.e, []string{claim.Document}, nil)
	if err == nil && !slices.Contains(holder[0].Keys, entry) {
		note(fmt.Errorf("its %s, which is unique, is reserved for %s, which does not have it", f.Name, claim.Document))
	}
	return err
}

// version looks at an old version.
func (c *checkup) version(ctx context.Context, r storage.Record) ([]Damage, error) {
	place := strings.Split(r.ID, "/") // see oldID
	if len(place) != 3 {
		return []Damage{{Entity: c.e.Name, ID: r.ID, Err: errors.New("it is no version of anything")}}, nil
	}
	d := Damage{Entity: c.e.Name, ID: place[0], Version: strings.TrimLeft(place[2], "0")}
	in := r
	in.ID = d.ID
	was, _, err := c.open(ctx, in)
	if err == nil && oldID(d.ID, was.Created, was.Number) != r.ID {
		err = fmt.Errorf("%w: it is another version", vault.ErrCorrupt)
	}
	if err != nil {
		d.Err = err
		return []Damage{d}, nil
	}
	found, err := c.s.records(ctx, c.id, c.e, []string{d.ID}, nil)
	if err != nil {
		return nil, err
	}
	if found[0].ID == "" {
		d.Err = errors.New("its document is not there; the hourly sweep removes what is left of it")
		return []Damage{d}, nil
	}
	return nil, nil
}

// claim looks at the claim to a unique value.
func (c *checkup) claim(ctx context.Context, r storage.Record) ([]Damage, error) {
	d := Damage{Entity: c.e.Name}
	var claim claimRecord
	if claim.decode(r.Body) != nil {
		d.ID, d.Err = r.ID, errors.New("whose unique value this is cannot be read; the hourly sweep mends that")
		return []Damage{d}, nil
	}
	valid, err := c.s.valid(ctx, c.id, c.e, r.ID, claim)
	if err != nil || valid {
		return nil, err
	}
	d.ID, d.Err = claim.Document, errors.New("a unique value is reserved for it that it does not have, or it is not there; the hourly sweep mends that")
	return []Damage{d}, nil
}

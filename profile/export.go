package profile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
)

// ErrExportTooLarge says that more is held of a data subject than is handed out at once.
var ErrExportTooLarge = errors.New("profile: too much for one export")

// The limits of an export: each version is an entry of the record, and all of them are in memory.
const (
	maxExported      = 5_000    // documents and versions
	maxExportedBytes = 16 << 20 // as they are stored
)

// Exported is a document as it is handed to whom it is about.
type Exported struct {
	Entity   string            `json:"entity"`
	ID       string            `json:"id"`
	Owner    string            `json:"owner,omitempty"`
	Created  time.Time         `json:"creationDate"`
	Expires  time.Time         `json:"expirationDate,omitzero"`
	Versions []ExportedVersion `json:"versions"` // newest first
}

// ExportedVersion is one version of it, with everything in it in clear.
type ExportedVersion struct {
	Version string         `json:"version"`
	Author  string         `json:"author"`
	Updated time.Time      `json:"lastUpdate"`
	Schema  int32          `json:"schema"` // version of the schema that it was written under
	Content map[string]any `json:"content"`
}

// Export returns in clear all that p's account has stored of a data subject: the document with its id, then what that owns, in
// order of entity and id; older versions only if they are asked for. The record tells of it, with the details, before anything
// is opened. What is refused for one document is refused for all, and what cannot be read keeps the rest back: nobody takes a
// part for the whole.
//
// It fails with ErrNotFound where there is nothing, with [ErrExportTooLarge] where there is too much, and with an *auth.RefusedError.
func (s *Service) Export(ctx context.Context, p *auth.Principal, set *schema.Set, subject string, older bool, why auth.Reason, details map[string]string) ([]Exported, []audit.Receipt, error) {
	if err := p.Check(auth.Read); err != nil {
		return nil, nil, err
	}
	if !p.Reaches(subject) {
		return nil, nil, ErrNotFound
	}
	found, err := s.gather(ctx, p.Account, set, subject, older)
	if err != nil {
		return nil, nil, err
	}
	if len(found) == 0 {
		return nil, nil, ErrNotFound
	}
	var asked []auth.Disclosure
	for _, h := range found {
		for i, k := range h.versions {
			fields, err := vault.Secrets(h.entity, k.Doc)
			if err != nil {
				return nil, nil, fmt.Errorf("profile: export %s/%s/%s: %w", p.Account, h.entity.Name, k.ID, err)
			}
			asked = append(asked, auth.Disclosure{Entity: h.entity.Name, ID: k.ID, Subject: subject, Version: k.Version, Pinned: i > 0, Fields: fields})
		}
	}
	told := map[string]string{"documents": strconv.Itoa(len(found)), "versions": strconv.Itoa(len(asked))}
	maps.Copy(told, details)
	grant, err := s.auth.GrantExport(ctx, p, subject, told, asked, why)
	if err != nil {
		return nil, nil, err
	}
	list := make([]Exported, len(found))
	for i, h := range found {
		if list[i], err = s.disclose(ctx, p.Account, h, grant); err != nil {
			return nil, nil, err
		}
	}
	return list, grant.Receipts, nil
}

// held is a document of a data subject as it is stored, with its versions, newest first.
type held struct {
	entity   *schema.Entity
	versions []kept
}

// gather reads what is stored of a data subject. Nothing is opened.
func (s *Service) gather(ctx context.Context, id tenant.ID, set *schema.Set, subject string, older bool) (list []held, err error) {
	count, size := 0, 0
	room := func(r storage.Record) error {
		if count, size = count+1, size+len(r.Body); count > maxExported || size > maxExportedBytes {
			return ErrExportTooLarge
		}
		return nil
	}
	add := func(e *schema.Entity, r storage.Record) error {
		newest := decoded(id, e, &r)
		err := cmp.Or(newest.broken, room(r))
		h := held{e, []kept{newest}}
		if err == nil && older {
			h.versions, err = s.appendOlder(ctx, id, e, h.versions, room)
		}
		list = append(list, h)
		return err
	}
	for _, e := range set.Entities {
		if e.Owner != "" {
			continue
		}
		r, err := s.store.Get(ctx, documents(id, e), subject)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err == nil {
			err = add(e, r)
		}
		if err == nil {
			err = s.eachOwned(ctx, id, set, e, subject, add)
		}
		if err != nil {
			return nil, fmt.Errorf("profile: export: %w", err)
		}
	}
	return list, nil
}

// appendOlder appends the versions before a document's newest one, which is there, as long as there is room.
func (s *Service) appendOlder(ctx context.Context, id tenant.ID, e *schema.Entity, list []kept, room func(storage.Record) error) ([]kept, error) {
	newest := list[0]
	page := storage.Page{Prefix: oldPrefix(newest.ID, newest.Created), After: oldID(newest.ID, newest.Created, newest.Number), Desc: true, Limit: batch}
	for {
		old, err := s.store.Scan(ctx, versions(id, e), page)
		if err != nil {
			return nil, err
		}
		for i := range old {
			r := &old[i]
			page.After = r.ID
			r.ID, r.Owner = newest.ID, newest.Owner
			k := decoded(id, e, r)
			if err := cmp.Or(k.broken, room(*r)); err != nil {
				return nil, err
			}
			list = append(list, k)
		}
		if len(old) < batch {
			return list, nil
		}
	}
}

// disclose opens a document with its versions.
func (s *Service) disclose(ctx context.Context, id tenant.ID, h held, grant auth.Grant) (Exported, error) {
	newest := h.versions[0]
	x := Exported{Entity: h.entity.Name, ID: newest.ID, Owner: newest.Owner, Created: newest.Created, Expires: newest.Expires}
	for i := range h.versions {
		k := &h.versions[i]
		if err := ctx.Err(); err != nil {
			return x, fmt.Errorf("profile: export: %w", err)
		}
		raw, err := s.vault.Disclose(ctx, grant, k.placed(id, h.entity, k.Record), h.entity, k.Doc)
		if err != nil {
			return x, err
		}
		content, err := h.entity.Decode(raw)
		if err != nil {
			return x, fmt.Errorf("profile: export %s/%s/%s: %w: %w", id, h.entity.Name, k.ID, vault.ErrCorrupt, err)
		}
		x.Versions = append(x.Versions, ExportedVersion{k.Version, k.Author, k.Updated, k.Schema, content})
	}
	return x, nil
}

package profile

import (
	"context"
	"strings"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/schema"
)

// pin names a version of a document.
type pin struct{ id, version string }

// pinned parts the two in text. Neither holds it: see plausible.
const pinMark = "~"

// Pin is the document's id, pinned to its version: Get takes it in the place of an id, and the document
// found has it as its id.
func (d *Document) Pin() string {
	return pin{parsePin(d.ID).id, d.Version}.String()
}

func (p pin) String() string { return p.id + pinMark + p.version }

func isPin(id string) bool { return strings.Contains(id, pinMark) }

// parsePin takes a pin apart; of a plain id it leaves the version empty.
func parsePin(id string) pin {
	id, version, _ := strings.Cut(id, pinMark)
	return pin{id, version}
}

// getPinned is Get where some ids are pinned.
func (s *Service) getPinned(ctx context.Context, p *auth.Principal, e *schema.Entity, ids []string, v View) ([]Document, error) {
	docs := make([]Document, len(ids))
	var plain []string
	var pins []pin
	for _, id := range ids {
		if isPin(id) {
			pins = append(pins, parsePin(id))
		} else {
			plain = append(plain, id)
		}
	}
	records, err := s.versionRecords(ctx, p, e, pins)
	if err != nil {
		return nil, err
	}
	old, err := s.show(ctx, p, e, records, v, true)
	if err != nil {
		return nil, err
	}
	var current []Document
	if len(plain) > 0 {
		if current, err = s.Get(ctx, p, e, plain, v); err != nil {
			return nil, err
		}
	}
	for i, id := range ids {
		if !isPin(id) {
			docs[i], current = current[0], current[1:]
			continue
		}
		docs[i], old = old[0], old[1:]
		if docs[i].ID != "" {
			docs[i].ID, docs[i].Kept = id, nil // what is kept of it has its own id
		}
	}
	return docs, nil
}

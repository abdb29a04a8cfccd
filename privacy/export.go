package privacy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/profile"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
)

// How much of the record an export tells, and how long it looks for that: the rest of the request needs time, too.
const (
	maxAccesses   = 10_000
	accessTimeout = 5 * time.Second
)

// ExportRequest says what is to be exported of whom, and why.
type ExportRequest struct {
	Subject string
	auth.Reason
	Reference string // of the request, as that of an [Erasure]; may be empty
	// Versions says that older versions are wanted too, Record that it is told who has seen the data.
	Versions, Record bool
}

// Export is all that is held of a data subject, in clear.
type Export struct {
	Subject             string
	Time                time.Time
	Documents, Versions int
	Content             json.RawMessage // for the data subject, as people read it
	// Receipts prove that it is on the record: that of the export, and then one for each version.
	Receipts []audit.Receipt
}

// exportFormat names the form of what an export holds. Members may be added to it.
const exportFormat = "profilegraph.subject-export.v1"

// exported is what an export holds.
type exported struct {
	Format    string             `json:"format"`
	Account   tenant.ID          `json:"account"`
	Subject   string             `json:"subject"`
	Time      time.Time          `json:"time"`
	Schemas   map[string]int     `json:"schemas"` // versions in force, by entity
	Documents []profile.Exported `json:"documents"`
	Record    []access           `json:"record,omitzero"` // nil: not asked for
}

// access is an entry of the record as its data subject may see it. What people wrote for each other is left out, reasons
// and on whose behalf: it may be about somebody else. So are legal holds, see [tellsOfHold].
type access struct {
	Index   int64     `json:"index"`
	Time    time.Time `json:"time"`
	Action  string    `json:"action"`
	Outcome string    `json:"outcome"`
	Actor   string    `json:"actor"`
	Entity  string    `json:"entity,omitempty"`
	ID      string    `json:"id,omitempty"`
	Version string    `json:"version,omitempty"`
	Purpose string    `json:"purpose,omitempty"`
	Fields  []string  `json:"fields,omitempty"`
}

// Export hands out all that p's account holds of a data subject: every document with its content in clear, and who has seen
// it before. It takes the permissions Privacy and Unmask, and the account's policy binds it like every disclosure, see
// [auth.Authorizer.Grant]; each document is on the record before it is opened. It is whole, or fails: with
// [profile.ErrExportTooLarge] where there is too much. A legal hold does not hinder it.
func (s *Service) Export(ctx context.Context, p *auth.Principal, r ExportRequest) (Export, error) {
	if err := p.Check(auth.Privacy); err != nil {
		return Export{}, err
	}
	if r.Reference != "" && !validReference.MatchString(r.Reference) {
		return Export{}, ErrReference
	}
	if !validSubject.MatchString(r.Subject) {
		return Export{}, ErrNoSubject
	}
	set, err := s.Set(ctx, p.Account)
	if err != nil {
		return Export{}, err
	}
	// Of whom is erased nothing may be there but what a backup has brought back.
	if _, destroyed, err := s.Keys.Known(ctx, p.Account, r.Subject); err != nil {
		return Export{}, err
	} else if destroyed {
		return Export{}, ErrNoSubject
	}
	if there, err := s.Documents.Present(ctx, p.Account, set, []string{r.Subject}); err != nil {
		return Export{}, err
	} else if len(there) == 0 {
		return Export{}, ErrNoSubject
	}
	x := exported{Format: exportFormat, Account: p.Account, Subject: r.Subject, Schemas: map[string]int{}}
	if r.Record { // before this export is on it
		if x.Record, err = s.accesses(ctx, p.Account, r.Subject); err != nil {
			return Export{}, err
		}
	}
	details := map[string]string{}
	if r.Reference != "" {
		details["reference"] = r.Reference
	}
	var receipts []audit.Receipt
	x.Documents, receipts, err = s.Documents.Export(ctx, p, set, r.Subject, r.Versions, r.Reason, details)
	switch {
	case errors.Is(err, profile.ErrNotFound), errors.Is(err, vault.ErrShredded): // it went meanwhile
		return Export{}, ErrNoSubject
	case err != nil:
		if errors.Is(err, vault.ErrCorrupt) || errors.Is(err, vault.ErrKeyUnavailable) {
			s.Log.ErrorContext(ctx, "an export failed: data or keys need looking into", "account", p.Account, "subject", r.Subject, "error", err)
		}
		return Export{}, err
	}
	x.Time = s.Now().UTC().Truncate(time.Millisecond)
	e := Export{Subject: r.Subject, Time: x.Time, Documents: len(x.Documents), Receipts: receipts}
	for _, d := range x.Documents {
		x.Schemas[d.Entity] = set.Entity(d.Entity).Version
		e.Versions += len(d.Versions)
	}
	var text bytes.Buffer
	out := json.NewEncoder(&text)
	out.SetEscapeHTML(false) // it is no part of a page
	out.SetIndent("", "  ")
	if err := out.Encode(x); err != nil {
		return Export{}, fmt.Errorf("privacy: export: %w", err)
	}
	e.Content = text.Bytes()
	return e, nil
}

// accesses are the entries of the record about a data subject, oldest first.
func (s *Service) accesses(ctx context.Context, id tenant.ID, subject string) ([]access, error) {
	within, cancel := context.WithTimeout(ctx, accessTimeout)
	defer cancel()
	list := []access{}
	for f := (audit.Filter{Subject: subject, Limit: 1_000}); ; {
		entries, more, err := s.Record.Query(within, id, f)
		switch {
		case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
			return nil, profile.ErrExportTooLarge
		case err != nil:
			return nil, fmt.Errorf("privacy: export: %w", err)
		case len(list)+len(entries) > maxAccesses:
			return nil, profile.ErrExportTooLarge
		}
		for _, e := range entries {
			if f.After = &e.Index; tellsOfHold(e) {
				continue
			}
			list = append(list, access{e.Index, e.Time, e.Action, e.Outcome, e.Actor, e.Entity, e.ID, e.Version, e.Purpose, e.Fields})
		}
		if !more {
			return list, nil
		}
	}
}

// tellsOfHold reports whether an entry tells that somebody is on hold, or was. Whether the data subject may know
// is for the account to say: it may be the other side in court.
func tellsOfHold(e audit.Entry) bool {
	return strings.HasSuffix(e.Action, "LegalHold") || e.Details["refusal"] == onHold
}

// Package audit keeps the record of who saw and did what, in a form that nobody can quietly change.
//
// Every account has a log of its own: a Merkle tree (RFC 6962) over the exact bytes of its entries,
// whose head is signed at every write. An entry is durable before [Log.Append] returns, so whoever
// appends first and acts afterwards can act only on the record. [Verify] checks an export without
// the server, from the entries, the signed checkpoints and a public key alone.
//
// The log is kept in files of its own or over the storage port; see [Options].
//
// # What an entry may hold
//
// Ids, names of fields and rules, and a reason that the caller has sealed; never a value of a
// person's data. What is written here cannot be taken back, only dropped with its whole period.
package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/profilegraph/profilegraph/tenant"
)

var (
	// ErrUnavailable says that entries could not be made durable, or that nobody knows whether
	// they are. The caller must not do what they announce.
	ErrUnavailable = errors.New("audit: the record cannot be written")
	// ErrTampered says that what is stored is not what was written. Where it is known which entry, the
	// error is a [TamperedError].
	ErrTampered = errors.New("audit: the record does not verify")
	// ErrInvalid says that a call breaks a rule of this package and never succeeds.
	ErrInvalid = errors.New("audit: invalid")
	// ErrClosed says that the log has been closed.
	ErrClosed = errors.New("audit: closed")
	// ErrPruned says that entries were dropped by retention while they were being exported.
	ErrPruned = errors.New("audit: entries were pruned meanwhile")
)

// Outcomes of what an entry tells of.
const (
	Allowed = "ALLOWED" // may be done, and is about to be
	Denied  = "DENIED"
	Done    = "DONE"
	Failed  = "FAILED"
)

// Pruned is the action of the entry by which a log records that older entries were dropped. Its
// details hold "size": how many entries, from the first, are gone.
const Pruned = "AuditPruned"

// The limits of one call of [Log.Append].
const (
	MaxEntry   = 64 << 10 // bytes of one entry, encoded
	MaxEntries = 1000
	MaxBytes   = 1 << 20 // bytes of all entries, encoded
)

// Entry tells of one act. Texts that are not UTF-8 are recorded with U+FFFD in place of what is not.
type Entry struct {
	// Index is the entry's place in the account's log, from 0 and without gaps. The log gives it.
	Index int64 `json:"index"`
	// Time is when the entry was handed over, in microseconds. The log gives it.
	Time time.Time `json:"time"`
	// Account is whose log the entry belongs to.
	Account tenant.ID `json:"account"`
	// Action is the name of the event: GetProfileUnmasked, PutSchema ...
	Action  string `json:"action"`
	Outcome string `json:"outcome,omitempty"`
	// Actor is the credential or subject that acts, OnBehalfOf the person it says it acts for.
	Actor      string `json:"actor,omitempty"`
	OnBehalfOf string `json:"onBehalfOf,omitempty"`
	// Entity, ID and Version name the document; Subject is the person whom it is about.
	Entity  string `json:"entity,omitempty"`
	ID      string `json:"id,omitempty"`
	Version string `json:"version,omitempty"`
	Subject string `json:"subject,omitempty"`
	// Fields are the paths of the fields disclosed or changed.
	Fields  []string `json:"fields,omitempty"`
	Purpose string   `json:"purpose,omitempty"`
	// Reason is text that the caller has sealed; it is opaque here.
	Reason    []byte `json:"reason,omitempty"`
	RequestID string `json:"requestId,omitempty"`
	// Details are ids, counts and names of rules.
	Details map[string]string `json:"details,omitempty"`
}

// TamperedError names an entry that is not stored as it was written. It wraps [ErrTampered].
type TamperedError struct{ Problem }

func (e *TamperedError) Error() string { return ErrTampered.Error() + ": " + e.String() }

func (e *TamperedError) Unwrap() error { return ErrTampered }

// Receipt shows that an entry is on the record.
type Receipt struct {
	Account tenant.ID
	Index   int64
	// Checkpoint is a signed note over a tree that holds the entry; see [OpenCheckpoint].
	Checkpoint string
}

// Filter selects entries; a zero field selects all.
type Filter struct {
	From, To time.Time // From inclusive, To exclusive

	Actor, OnBehalfOf, Action, Outcome    string
	Entity, ID, Subject, Field, RequestID string

	// After is the index of the last entry seen; nil begins at the start that the order implies.
	After *int64
	// Newest gives the newest entries first.
	Newest bool
	// Limit bounds the answer; 0 means 100, and 1,000 is the most.
	Limit int
}

// Hash returns the entry's leaf hash in the tree of its account.
func (e Entry) Hash() (tlog.Hash, error) {
	tail, err := e.encodeTail()
	if err != nil {
		return tlog.Hash{}, err
	}
	return tlog.RecordHash(encodeAt(e.Index, tail)), nil
}

func decodeEntry(text []byte) (Entry, error) {
	var e Entry
	if err := json.Unmarshal(text, &e); err != nil {
		return Entry{}, fmt.Errorf("entry cannot be read: %w", err)
	}
	return e, nil
}

// needles are what the encoding of every entry that f selects contains. Most entries that f does
// not select lack one, and need not be decoded.
func (f *Filter) needles() ([][]byte, error) {
	var list [][]byte
	for _, text := range []string{f.Actor, f.OnBehalfOf, f.Action, f.Outcome, f.Entity, f.ID, f.Subject, f.Field, f.RequestID} {
		if text == "" {
			continue
		}
		needle, err := json.Marshal(text)
		if err != nil {
			return nil, fmt.Errorf("%w: filter: %w", ErrInvalid, err)
		}
		list = append(list, needle)
	}
	return list, nil
}

func containsAll(text []byte, needles [][]byte) bool {
	for _, needle := range needles {
		if !bytes.Contains(text, needle) {
			return false
		}
	}
	return true
}

func (f *Filter) selects(e *Entry) bool {
	is := func(want, have string) bool { return want == "" || want == have }
	return (f.From.IsZero() || !e.Time.Before(f.From)) && (f.To.IsZero() || e.Time.Before(f.To)) &&
		is(f.Actor, e.Actor) && is(f.OnBehalfOf, e.OnBehalfOf) && is(f.Action, e.Action) && is(f.Outcome, e.Outcome) &&
		is(f.Entity, e.Entity) && is(f.ID, e.ID) && is(f.Subject, e.Subject) && is(f.RequestID, e.RequestID) &&
		(f.Field == "" || slices.Contains(e.Fields, f.Field))
}

package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"golang.org/x/mod/sumdb/tlog"
)

// Proof shows that an entry is on the record, to whoever has the public key and nothing else. It encodes as JSON.
type Proof struct {
	Entry Entry `json:"entry"`
	// Checkpoint is a signed note over a tree that holds the entry.
	Checkpoint string `json:"checkpoint"`
	// Path is the audit path from the entry to the root of that tree (RFC 6962, section 2.1.1).
	Path tlog.RecordProof `json:"path"`
}

// Prove makes a proof of what a receipt says. It fails with [ErrPruned] when the entry was dropped.
func (l *Log) Prove(ctx context.Context, r Receipt) (Proof, error) {
	c, err := OpenCheckpoint(r.Checkpoint, l.key.public)
	if err != nil {
		return Proof{}, err
	}
	before := r.Index - 1
	found, _, err := l.Query(ctx, r.Account, Filter{After: &before, Limit: 1})
	if err != nil {
		return Proof{}, err
	}
	if len(found) == 0 || found[0].Index != r.Index {
		return Proof{}, fmt.Errorf("%w: entry %d", ErrPruned, r.Index)
	}
	path, err := l.Inclusion(ctx, r.Account, r.Index, c.Size)
	return Proof{found[0], r.Checkpoint, path}, err
}

// OpenProof reads a proof and checks it. The error wraps [ErrInvalid] if it is none, and [ErrTampered] if it
// does not hold.
func OpenProof(text []byte, publicKey string) (Proof, error) {
	var p Proof
	if err := json.Unmarshal(text, &p); err != nil {
		return p, fmt.Errorf("%w: this is no proof: %w", ErrInvalid, err)
	}
	// Whoever reads the text should find nothing there that was not looked at: no further members, and none in other letters.
	var given, read any
	again, err := json.Marshal(p)
	if err := errors.Join(err, json.Unmarshal(text, &given), json.Unmarshal(again, &read)); err != nil || !reflect.DeepEqual(given, read) {
		return p, fmt.Errorf("%w: this holds more than a proof, or less", ErrInvalid)
	}
	return p, VerifyInclusion(publicKey, p.Checkpoint, p.Entry, p.Path)
}

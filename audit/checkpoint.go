package audit

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/profilegraph/profilegraph/tenant"
)

// Checkpoint is what a signed note says: this account's log had this size and this root.
type Checkpoint struct {
	Account tenant.ID
	Size    int64
	Root    tlog.Hash
	Time    time.Time
}

// OpenCheckpoint checks a note's signature and returns what it says. publicKey is what
// [Log.PublicKey] returns; several keys, of which any may have signed, are separated by spaces or
// line ends.
func OpenCheckpoint(text, publicKey string) (Checkpoint, error) {
	keys, err := parseKeys(publicKey)
	if err != nil {
		return Checkpoint{}, err
	}
	return openCheckpoint(text, keys)
}

// VerifyInclusion checks that e is on the record that the checkpoint signs. proof is what
// [Log.Inclusion] returns for the entry's index and the checkpoint's size.
func VerifyInclusion(publicKey, checkpoint string, e Entry, proof tlog.RecordProof) error {
	c, err := OpenCheckpoint(checkpoint, publicKey)
	if err != nil {
		return err
	}
	hash, err := e.Hash()
	if err != nil {
		return err
	}
	if e.Account != c.Account || e.Index < 0 || e.Index >= c.Size {
		return fmt.Errorf("%w: the checkpoint does not cover entry %d", ErrTampered, e.Index)
	}
	if err := tlog.CheckRecord(proof, c.Size, c.Root, e.Index, hash); err != nil {
		return fmt.Errorf("%w: entry %d: %w", ErrTampered, e.Index, err)
	}
	return nil
}

// VerifyConsistency checks that the log of one checkpoint continues that of an older one. proof is
// what [Log.Consistency] returns for their sizes.
func VerifyConsistency(publicKey, older, newer string, proof tlog.TreeProof) error {
	o, err := OpenCheckpoint(older, publicKey)
	if err != nil {
		return err
	}
	n, err := OpenCheckpoint(newer, publicKey)
	if err != nil {
		return err
	}
	if o.Account != n.Account || o.Size > n.Size {
		return fmt.Errorf("%w: the checkpoints are not an older and a newer one of one log", ErrTampered)
	}
	if o.Size == 0 {
		return nil
	}
	if err := tlog.CheckTree(proof, n.Size, n.Root, o.Size, o.Root); err != nil {
		return fmt.Errorf("%w: size %d is not a continuation of size %d: %w", ErrTampered, n.Size, o.Size, err)
	}
	return nil
}

// text is the body of the note: origin, size, root and, as an extension line, the time.
func (c Checkpoint) text(name string) string {
	return fmt.Sprintf("%s/%s\n%d\n%s\ntime %s\n", name, c.Account, c.Size, c.Root, c.Time.UTC().Format(time.RFC3339Nano))
}

func (c Checkpoint) sign(key note.Signer) (string, error) {
	text, err := note.Sign(&note.Note{Text: c.text(key.Name())}, key)
	if err != nil {
		return "", fmt.Errorf("sign checkpoint: %w", err)
	}
	return string(text), nil
}

func openCheckpoint(text string, keys note.Verifiers) (Checkpoint, error) {
	n, err := note.Open([]byte(text), keys)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: checkpoint is not signed by a known key: %w", ErrTampered, err)
	}
	broken := fmt.Errorf("%w: checkpoint is malformed", ErrTampered)
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 5 {
		return Checkpoint{}, broken
	}
	name, account, ok := strings.Cut(lines[0], "/")
	if !ok || name != n.Sigs[0].Name {
		return Checkpoint{}, broken
	}
	c := Checkpoint{Account: tenant.ID(account)}
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.Size < 0 {
		return Checkpoint{}, broken
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return Checkpoint{}, broken
	}
	c.Root = tlog.Hash(root)
	if c.Time, err = time.Parse("time "+time.RFC3339Nano, lines[3]); err != nil || c.text(name) != n.Text {
		return Checkpoint{}, broken
	}
	return c, nil
}

func parseKeys(publicKey string) (note.Verifiers, error) {
	var list []note.Verifier
	for _, text := range strings.Fields(publicKey) {
		v, err := note.NewVerifier(text)
		if err != nil {
			return nil, fmt.Errorf("%w: public key: %w", ErrInvalid, err)
		}
		list = append(list, v)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%w: no public key", ErrInvalid)
	}
	return note.VerifierList(list...), nil
}

package audit

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"
	"strconv"

	"golang.org/x/mod/sumdb/note"

	"github.com/profilegraph/profilegraph/tenant"
)

// Report is what [Verify] found.
type Report struct {
	Account tenant.ID
	// Size is how many entries the log had when it was exported.
	Size int64
	// Entries are those whose bytes are in the export, Pruned those of which only hashes are left.
	Entries, Pruned int64
	// Checkpoints are those that were checked, stored and known ones.
	Checkpoints int64
	// Newest is the newest checkpoint that the entries were found to agree with.
	Newest Checkpoint
	// Problems are what is wrong, in the order in which it was found; at most 100.
	Problems []Problem
}

// Problem is one thing that is wrong. First and Last are the entries that it is about.
type Problem struct {
	First, Last int64
	Text        string
}

func (p Problem) String() string {
	if p.First == p.Last {
		return fmt.Sprintf("entry %d: %s", p.First, p.Text)
	}
	return fmt.Sprintf("entries %d to %d: %s", p.First, p.Last, p.Text)
}

// maxProblems bounds a report: behind one false hash there may be a million.
const maxProblems = 100

// maxLine bounds a line of an export.
const maxLine = 2 * MaxEntry

// Verify checks an export by itself: that every entry has the hash that is stated for it, that the
// hashes form the tree whose roots are signed by the key, that no entry is missing, added or out of
// place, and that the known checkpoints, for instance those of receipts, are of this very log. It
// is how a log that was cut back together with its checkpoints is found out.
//
// If anything is wrong the error wraps [ErrTampered] and the report tells what. publicKey is as for
// [OpenCheckpoint].
func Verify(r io.Reader, publicKey string, known ...string) (Report, error) {
	v, err := newVerifier(publicKey, known)
	if err != nil {
		return Report{}, err
	}
	return v.conclude(v.run(r))
}

func newVerifier(publicKey string, known []string) (*verifier, error) {
	keys, err := parseKeys(publicKey)
	if err != nil {
		return nil, err
	}
	v := &verifier{keys: keys}
	for i, text := range known {
		c, err := openCheckpoint(text, keys)
		if err != nil {
			return nil, fmt.Errorf("known checkpoint %d: %w", i+1, err)
		}
		v.known = append(v.known, c)
	}
	slices.SortStableFunc(v.known, func(a, b Checkpoint) int { return int(min(1, max(-1, a.Size-b.Size))) })
	return v, nil
}

// conclude returns what was found; err is what ended the reading.
func (v *verifier) conclude(err error) (Report, error) {
	if err != nil {
		return v.report, fmt.Errorf("audit: verify: %w", err)
	}
	if len(v.report.Problems) > 0 {
		return v.report, fmt.Errorf("%w: %s", ErrTampered, v.report.Problems[0])
	}
	return v.report, nil
}

// verifier reads an export once, from front to back. It shares no code with what builds the trees.
type verifier struct {
	keys   note.Verifiers
	known  []Checkpoint // by size; those not reached yet
	report Report
	enough int64 // where to end, at the next place that is good to go on from; 0: at the end

	next    int64    // the index that the next entry must have
	roots   rootHash // of the stated hashes so far
	lost    bool     // entries are missing or out of place: roots mean nothing from here on
	covered int64    // the size of the last checkpoint that was found good
	pruned  int64    // the greatest size that entries say was pruned
	shown   bool     // an entry's bytes were there
	reached progress // the last place that is good to go on from
}

func (v *verifier) problem(first, last int64, format string, args ...any) {
	if len(v.report.Problems) < maxProblems {
		v.report.Problems = append(v.report.Problems, Problem{first, max(first, last), fmt.Sprintf(format, args...)})
	}
}

func (v *verifier) run(r io.Reader) error {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 64<<10), maxLine)
	before := 0 // problems before the present line
	for n := 0; in.Scan(); n++ {
		before = len(v.report.Problems)
		l, err := parseLine(in.Bytes())
		switch {
		case n == 0 && (err != nil || l.Format != exportFormat || l.Size == nil || *l.Size < 0):
			return fmt.Errorf("%w: not an export in the format %s", ErrInvalid, exportFormat)
		case n == 0:
			v.report.Account, v.report.Size = l.Account, *l.Size
			v.meetKnown()
		case err != nil:
			v.problem(v.next, v.next, "line %d of the export cannot be read", n+1)
			v.next++
			v.lost = true
		case l.Leaf != nil:
			v.leaf(l)
		case l.Checkpoint != "":
			v.checkpoint(l.Checkpoint)
		default:
			v.problem(v.next, v.next, "line %d of the export is neither an entry nor a checkpoint", n+1)
		}
		if v.enough > 0 && v.reached.Size >= v.enough && v.next < v.report.Size {
			return errEnough
		}
	}
	if errors.Is(in.Err(), bufio.ErrTooLong) {
		v.problem(v.next, v.next, "its line is longer than any entry")
		return nil
	}
	if in.Err() != nil {
		v.report.Problems = v.report.Problems[:before] // the last line may have been cut
		return in.Err()
	}
	if v.report.Account == "" {
		return fmt.Errorf("%w: not an export in the format %s", ErrInvalid, exportFormat)
	}
	v.finish()
	return nil
}

// parseLine takes a line only as it was written, to the byte: what could be written otherwise, with
// a name twice for instance, others might read otherwise.
func parseLine(text []byte) (line, error) {
	broken := errors.New("not a line of an export")
	var l line
	if rest, ok := bytes.CutPrefix(text, []byte(`{"leaf":"`)); ok {
		code, rest, _ := bytes.Cut(rest, []byte(`"`))
		leaf, err := base64.StdEncoding.Strict().DecodeString(string(code))
		if err != nil || len(leaf) != sha256.Size {
			return line{}, broken
		}
		l.Leaf = leaf
		if string(rest) == "}" {
			return l, nil
		}
		rest, begins := bytes.CutPrefix(rest, []byte(`,"entry":`))
		entry, ends := bytes.CutSuffix(rest, []byte("}"))
		if !begins || !ends {
			return line{}, broken
		}
		l.Entry = entry // anything; it must have the stated hash
		return l, nil
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return line{}, broken
	}
	if again, err := json.Marshal(l); err != nil || !bytes.Equal(again, text) {
		return line{}, broken
	}
	return l, nil
}

func (v *verifier) leaf(l line) {
	leaf := hash(l.Leaf)
	at := v.next
	if l.Entry == nil {
		if v.shown {
			v.problem(at, at, "withheld, though entries before it are not")
		}
		v.report.Pruned++
	} else {
		v.shown = true
		v.report.Entries++
		at = v.entry(l.Entry, leaf)
	}
	if at < v.next { // out of place; it takes nobody's
		return
	}
	v.next = at + 1
	if !v.lost {
		v.roots.add(leaf)
		v.meetKnown()
	}
}

// entry checks an entry's bytes and place, and returns its index.
func (v *verifier) entry(text []byte, leaf hash) int64 {
	e, err := decodeEntry(text)
	if err != nil {
		v.problem(v.next, v.next, "changed: it is not an entry any more")
		return v.next
	}
	switch {
	case e.Index > v.next:
		v.problem(v.next, e.Index-1, "missing; entry %d stands in that place", e.Index)
		v.lost = true
	case e.Index < v.next:
		v.problem(e.Index, e.Index, "added or out of place: it stands where entry %d belongs", v.next)
		v.lost = true
	}
	if leafHash(text) != leaf {
		v.problem(e.Index, e.Index, "changed: its bytes do not have the hash that is stated for it")
	}
	if e.Account != v.report.Account {
		v.problem(e.Index, e.Index, "of another account")
	}
	if e.Action == Pruned {
		if size, err := strconv.ParseInt(e.Details["size"], 10, 64); err == nil {
			v.pruned = max(v.pruned, size)
		}
	}
	return e.Index
}

// checkpoint checks one that stands in the export.
func (v *verifier) checkpoint(text string) {
	last := max(0, v.next-1)
	c, err := openCheckpoint(text, v.keys)
	switch {
	case err != nil:
		v.problem(last, last, "the checkpoint behind it is not one signed by the key")
	case c.Account != v.report.Account:
		v.problem(last, last, "the checkpoint behind it is of another account")
	case v.lost: // said already
	case c.Size > v.next:
		v.problem(v.next, c.Size-1, "missing: a signed checkpoint covers them")
		v.lost = true
	case c.Size < v.next:
		v.problem(c.Size, v.next-1, "added or out of place: the checkpoint behind covers %d entries", c.Size)
		v.lost = true
	default:
		v.compare(c)
	}
}

// meetKnown compares the known checkpoints of the size reached.
func (v *verifier) meetKnown() {
	for len(v.known) > 0 && v.known[0].Size == v.next && !v.lost {
		if v.known[0].Account == v.report.Account {
			v.compare(v.known[0])
		} else {
			v.problem(0, 0, "the export is of another account than a known checkpoint")
		}
		v.known = v.known[1:]
	}
}

// compare checks that the entries so far have a checkpoint's root.
func (v *verifier) compare(c Checkpoint) {
	v.report.Checkpoints++
	if v.roots.root() != hash(c.Root) {
		v.problem(min(v.covered, max(0, c.Size-1)), c.Size-1, "one of these was changed, added or exchanged together with its hash: the signed root of size %d is another", c.Size)
		v.lost = true
		return
	}
	v.covered = c.Size
	v.reach()
	if c.Size >= v.report.Newest.Size {
		v.report.Newest = c
	}
}

// finish finds what is missing at the end.
func (v *verifier) finish() {
	if v.report.Size > v.next {
		v.problem(v.next, v.report.Size-1, "missing at the end: the export says that it has %d", v.report.Size)
	} else if v.report.Size < v.next {
		v.problem(v.report.Size, v.next-1, "added at the end: the export says that it has %d", v.report.Size)
	}
	if n := len(v.known); n > 0 && v.known[n-1].Size > max(v.next, v.report.Size) {
		v.problem(v.next, v.known[n-1].Size-1, "missing: a known checkpoint covers them")
	}
	if !v.lost && v.covered < v.next {
		v.problem(v.covered, v.next-1, "under no signed checkpoint")
	} else if v.next == 0 && v.report.Checkpoints == 0 {
		v.problem(0, 0, "there is no signed checkpoint")
	}
	if v.report.Pruned > v.pruned {
		v.problem(v.pruned, v.report.Pruned-1, "withheld, and no entry says that they were pruned")
	}
}

// hash is a node of an RFC 6962 tree.
type hash [sha256.Size]byte

func leafHash(text []byte) hash {
	return sha256.Sum256(slices.Concat([]byte{0}, text))
}

func nodeHash(left, right hash) hash {
	return sha256.Sum256(slices.Concat([]byte{1}, left[:], right[:]))
}

// rootHash grows a tree leaf by leaf and keeps one node for each bit of its size.
type rootHash struct {
	size  uint64
	nodes []hash // roots of complete subtrees, the largest first
}

func (r *rootHash) add(leaf hash) {
	for range bits.TrailingZeros64(^r.size) { // every trailing 1 is a subtree that becomes complete
		top := len(r.nodes) - 1
		leaf = nodeHash(r.nodes[top], leaf)
		r.nodes = r.nodes[:top]
	}
	r.nodes = append(r.nodes, leaf)
	r.size++
}

func (r *rootHash) root() hash {
	if r.size == 0 {
		return sha256.Sum256(nil)
	}
	root := r.nodes[len(r.nodes)-1]
	for _, node := range slices.Backward(r.nodes[:len(r.nodes)-1]) {
		root = nodeHash(node, root)
	}
	return root
}

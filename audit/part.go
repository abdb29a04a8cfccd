package audit

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/profilegraph/profilegraph/tenant"
)

// progress is how far a verification in parts has come: to a signed checkpoint. Whoever keeps it may as
// well change it: from a tree that is not this log's no signed root is reached, and to say that entries were
// verified which were not deceives nobody but the one who says it.
type progress struct {
	Account tenant.ID `json:"account"`
	Size    int64     `json:"size"`
	Nodes   [][]byte  `json:"nodes"` // see rootHash
	Entries int64     `json:"entries"`
	Pruned  int64     `json:"pruned"`
	Said    int64     `json:"said"` // see verifier.pruned
	Checks  int64     `json:"checks"`
}

// reach remembers the present place.
func (v *verifier) reach() {
	p := progress{Account: v.report.Account, Size: v.next, Entries: v.report.Entries, Pruned: v.report.Pruned, Said: v.pruned, Checks: v.report.Checkpoints}
	for _, n := range v.roots.nodes {
		p.Nodes = append(p.Nodes, n[:])
	}
	v.reached = p
}

// resume goes on from a place.
func (v *verifier) resume(p progress) {
	v.next, v.covered, v.pruned = p.Size, p.Size, p.Said
	v.report.Account, v.report.Entries, v.report.Pruned, v.report.Checkpoints = p.Account, p.Entries, p.Pruned, p.Checks
	v.roots = rootHash{size: uint64(p.Size)}
	for _, n := range p.Nodes {
		v.roots.nodes = append(v.roots.nodes, hash(n))
	}
	v.known = slices.DeleteFunc(v.known, func(c Checkpoint) bool { return c.Size < p.Size })
	v.reached = p
}

func (p progress) String() string {
	text, err := json.Marshal(p)
	if err != nil { // numbers and bytes always have a JSON form
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func parseProgress(text string) (progress, error) {
	var p progress
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(decoded, &p)
	}
	ones := 0
	for n := p.Size; n > 0; n &= n - 1 {
		ones++
	}
	if err != nil || p.Size < 0 || len(p.Nodes) != ones || slices.ContainsFunc(p.Nodes, func(n []byte) bool { return len(n) != len(hash{}) }) {
		return p, fmt.Errorf("%w: no place to go on from", ErrInvalid)
	}
	return p, nil
}

// errEnough ends a part.
var errEnough = errors.New("audit: as much as was asked for")

// CheckPart is Check of at least limit entries (0: of all), as far as ctx lasts. When one of them ends before
// the log does, and what was verified until then is good, next says where another call goes on; an empty after
// begins at the beginning. The report is of all parts so far. An error that wraps ErrInvalid says that after is no
// such place of this account's.
func (l *Log) CheckPart(ctx context.Context, account tenant.ID, after string, limit int64, known ...string) (report Report, next string, err error) {
	v, err := newVerifier(l.keys, known)
	if err != nil {
		return Report{}, "", err
	}
	if after != "" {
		p, err := parseProgress(after)
		if err == nil && p.Account != account {
			err = fmt.Errorf("%w: of another account", ErrInvalid)
		}
		if err != nil {
			return Report{}, "", err
		}
		v.resume(p)
	}
	from := v.next
	if limit > 0 {
		v.enough = from + limit
	}
	r, w := io.Pipe()
	go func() { w.CloseWithError(l.exportFrom(ctx, account, from, w)) }()
	err = v.run(r)
	r.CloseWithError(io.ErrClosedPipe) // the export ends even if the verifier gave up
	ended := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errEnough)
	if ended && len(v.report.Problems) == 0 && v.reached.Size > from {
		v.report.Entries, v.report.Pruned, v.report.Checkpoints = v.reached.Entries, v.reached.Pruned, v.reached.Checks
		return v.report, v.reached.String(), nil
	}
	report, err = v.conclude(err)
	return report, "", err
}

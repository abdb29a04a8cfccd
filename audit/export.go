package audit

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/profilegraph/profilegraph/tenant"
)

// noteEvery is how many entries there are at most, but for one batch, between two checkpoints of an
// export. To check a signature takes longer than to check some entries.
const noteEvery = 16

// exportFormat names the format in an export's first line.
const exportFormat = "profilegraph-audit-1"

// line is any line of an export. The first has format, account and size. Then there is one for each
// entry, in order: its leaf hash and its exact bytes, or the hash alone if the entry was pruned.
// A checkpoint stands behind the last entry that it covers; the last line is one that covers all.
type line struct {
	Format  string    `json:"format,omitempty"`
	Account tenant.ID `json:"account,omitempty"`
	Size    *int64    `json:"size,omitempty"`

	Leaf  []byte          `json:"leaf,omitempty"`
	Entry json.RawMessage `json:"entry,omitempty"`

	Checkpoint string `json:"checkpoint,omitempty"`
}

// Export writes the account's log as it is now, for [Verify] and for people: a JSON object a line.
// After an error what has been written is of no use.
func (l *Log) Export(ctx context.Context, account tenant.ID, w io.Writer) error {
	return l.exportFrom(ctx, account, 0, w)
}

// exportFrom leaves out the entries before one that begins a batch.
func (l *Log) exportFrom(ctx context.Context, account tenant.ID, from int64, w io.Writer) error {
	c, err := l.acquire(account)
	if err != nil {
		return err
	}
	defer l.release(c)
	out := bufio.NewWriterSize(w, 64<<10)
	if err := c.export(ctx, from, out); err != nil {
		return fmt.Errorf("audit: export: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("audit: export: %w", err)
	}
	return nil
}

func (c *chain) export(ctx context.Context, from int64, w *bufio.Writer) error {
	// That entries are pruned is on record before they go. So what is seen to be gone now is
	// accounted for by the log that the checkpoint covers, which is taken after.
	var gone int64
	err := c.ledger.ascend(ctx, 0, func(b *batch) (bool, error) {
		if b.pruned() {
			gone = b.end()
		}
		return b.pruned(), nil
	})
	if err != nil {
		return err
	}
	checkpoint, size, err := c.checkpoint(ctx)
	if err != nil {
		return err
	}
	out := json.NewEncoder(w)
	if err := out.Encode(line{Format: exportFormat, Account: c.account, Size: &size}); err != nil {
		return err
	}
	last := ""
	err = c.ledger.ascend(ctx, from, func(b *batch) (bool, error) {
		if b.first >= size {
			return false, nil
		}
		if b.pruned() && b.end() > gone {
			return false, ErrPruned
		}
		if err := writeBatch(w, b); err != nil {
			return false, err
		}
		if b.first/noteEvery == b.end()/noteEvery {
			return true, nil
		}
		last = b.note
		return true, errors.Join(out.Encode(line{Checkpoint: last}), ctx.Err())
	})
	if err != nil || last == checkpoint {
		return err
	}
	return out.Encode(line{Checkpoint: checkpoint})
}

// writeBatch writes its lines by hand: the bytes of an entry must come out as they are.
func writeBatch(w *bufio.Writer, b *batch) error {
	for i := range b.count {
		fmt.Fprintf(w, `{"leaf":"%s"`, b.leaf(i))
		if !b.pruned() {
			fmt.Fprintf(w, `,"entry":%s`, b.entries[i])
		}
		if _, err := w.WriteString("}\n"); err != nil {
			return err
		}
	}
	return nil
}

// Check exports the account's log to [Verify], with the log's own key. It finds what was done to
// the log where it is kept.
func (l *Log) Check(ctx context.Context, account tenant.ID, known ...string) (Report, error) {
	r, w := io.Pipe()
	go func() { w.CloseWithError(l.Export(ctx, account, w)) }()
	report, err := Verify(r, l.keys, known...)
	r.CloseWithError(io.ErrClosedPipe) // Export ends even if Verify gave up
	return report, err
}

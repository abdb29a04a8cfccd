package audit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/profilegraph/profilegraph/tenant"
)

// noteEvery is how many entries there are at most, but for one batch, between two checkpoints that
// are stored. More often would cost more than the entries; a receipt's checkpoint need not be
// stored, since its tree can be proved to lie within any later one.
const noteEvery = 16

// chain appends to the log of one account.
type chain struct {
	log     *Log
	account tenant.ID
	ledger  ledger
	users   int // guarded by Log.mu

	mu      sync.Mutex // guards what waits
	waiting []*request
	writing bool

	head   sync.Mutex // guards what is known of the log's end; held while a batch is written
	known  bool
	tree   tree
	signed string // checkpoint of tree, or empty
}

// request is one call of Append.
type request struct {
	at    time.Time
	tails [][]byte
	bytes int

	done     chan struct{} // closed when receipts or err is set
	receipts []Receipt
	err      error
}

// append queues a request and waits for its outcome. Whoever finds no writer at work starts one;
// what queues up while that one writes goes into its next batch.
func (c *chain) append(ctx context.Context, r *request) ([]Receipt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.waiting = append(c.waiting, r)
	if !c.writing {
		c.writing = true
		// The writer outlives this call, if others wait: it must keep the chain open by itself.
		c.log.retain(c)
		go c.write()
	}
	c.mu.Unlock()
	select {
	case <-r.done:
		return r.receipts, r.err
	case <-ctx.Done():
	}
	c.mu.Lock()
	i := slices.Index(c.waiting, r)
	if i >= 0 {
		c.waiting = slices.Delete(c.waiting, i, i+1)
	}
	c.mu.Unlock()
	if i >= 0 {
		return nil, ctx.Err()
	}
	return nil, fmt.Errorf("%w: outcome unknown: %w", ErrUnavailable, ctx.Err())
}

// write commits what waits, group by group, until nothing does.
func (c *chain) write() {
	defer c.log.release(c)
	for {
		c.mu.Lock()
		n, entries, bytes := 0, 0, 0
		for _, r := range c.waiting {
			entries += len(r.tails)
			bytes += r.bytes
			if n > 0 && (entries > MaxEntries || bytes > MaxBytes) {
				break
			}
			n++
		}
		group := slices.Clone(c.waiting[:n])
		c.waiting = slices.Delete(c.waiting, 0, n)
		if n == 0 {
			c.writing = false
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		c.commit(group)
	}
}

// commit writes one group and tells its callers.
func (c *chain) commit(group []*request) {
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	first, text, err := c.commitBatch(ctx, group)
	for _, r := range group {
		if err != nil {
			r.err = err
		} else {
			r.receipts = make([]Receipt, len(r.tails))
			for i := range r.receipts {
				r.receipts[i] = Receipt{Account: c.account, Index: first, Checkpoint: text}
				first++
			}
		}
		close(r.done)
	}
}

func (c *chain) commitBatch(ctx context.Context, group []*request) (first int64, text string, err error) {
	c.head.Lock()
	defer c.head.Unlock()
	for try := 0; ; try++ {
		if !c.known || try > 0 {
			if err := c.refresh(ctx); err != nil {
				return 0, "", fmt.Errorf("%w: %w", ErrUnavailable, err)
			}
		}
		text, b, grown, err := c.writeBatch(ctx, group)
		if errors.Is(err, errBehind) {
			if err := pause(ctx, try); err != nil {
				return 0, "", fmt.Errorf("%w: %w", ErrUnavailable, err)
			}
			continue
		}
		if err != nil {
			c.known = false
			return 0, "", fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		c.tree, c.signed = grown, text
		if err := c.log.deliver(ctx, c, b); err != nil {
			return 0, "", fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		return b.first, text, nil
	}
}

// pause waits a little, at random, so that writers that compete for one log get their turns.
func pause(ctx context.Context, try int) error {
	most := time.Millisecond << min(try, 6)
	select {
	case <-time.After(rand.N(most)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// writeBatch makes one batch of a group and appends it to the ledger.
func (c *chain) writeBatch(ctx context.Context, group []*request) (text string, b *batch, grown tree, err error) {
	b, grown, err = c.build(group)
	if err != nil {
		return "", nil, tree{}, err
	}
	root, err := grown.root()
	if err != nil {
		return "", nil, tree{}, err
	}
	checkpoint := Checkpoint{Account: c.account, Size: grown.size, Root: root, Time: b.to}
	if b.first/noteEvery != b.end()/noteEvery {
		if b.note, err = checkpoint.sign(c.log.key); err != nil {
			return "", nil, tree{}, err
		}
		return b.note, b, grown, c.ledger.append(ctx, b)
	}
	// A checkpoint that is not stored is signed while the disk works.
	signing := make(chan error, 1)
	go func() {
		var err error
		text, err = checkpoint.sign(c.log.key)
		signing <- err
	}()
	err = c.ledger.append(ctx, b)
	if signErr := <-signing; err == nil {
		err = signErr
	}
	return text, b, grown, err
}

func (c *chain) build(group []*request) (*batch, tree, error) {
	b := &batch{first: c.tree.size, from: group[0].at, to: group[0].at}
	grown := c.tree.clone()
	for _, r := range group {
		if r.at.Before(b.from) {
			b.from = r.at
		}
		if r.at.After(b.to) {
			b.to = r.at
		}
		for _, tail := range r.tails {
			text := encodeAt(grown.size, tail)
			hashes, err := grown.add(tlog.RecordHash(text))
			if err != nil {
				return nil, tree{}, err
			}
			b.entries = append(b.entries, text)
			b.hashes = append(b.hashes, hashes...)
			b.count++
		}
	}
	return b, grown, nil
}

// checkpoint returns a signed note over the log as it is stored now, and its size.
func (c *chain) checkpoint(ctx context.Context) (string, int64, error) {
	c.head.Lock()
	defer c.head.Unlock()
	if err := c.refresh(ctx); err != nil {
		return "", 0, err
	}
	if c.signed == "" {
		root, err := c.tree.root()
		if err != nil {
			return "", 0, err
		}
		c.signed, err = Checkpoint{Account: c.account, Size: c.tree.size, Root: root, Time: c.log.now()}.sign(c.log.key)
		if err != nil {
			return "", 0, err
		}
	}
	return c.signed, c.tree.size, nil
}

// refresh brings what is known of the log's end up to what is stored. It starts from the newest
// stored checkpoint, so what this process will sign always continues what was signed before.
func (c *chain) refresh(ctx context.Context) error {
	if !c.known {
		if err := c.load(ctx); err != nil {
			return err
		}
	}
	// On a copy: what fails half-way must not be built upon.
	t := c.tree.clone()
	err := c.ledger.ascend(ctx, t.size, func(b *batch) (bool, error) { return true, fold(&t, b) })
	if err != nil {
		return err
	}
	if t.size != c.tree.size {
		c.tree, c.signed = t, ""
	}
	c.known = true
	return nil
}

// load reads the tree as of the newest stored checkpoint.
func (c *chain) load(ctx context.Context) error {
	c.tree, c.signed = tree{}, ""
	var newest *batch
	err := c.ledger.descend(ctx, math.MaxInt64, func(b *batch) (bool, error) {
		if b.note != "" {
			newest = b
		}
		return newest == nil, nil
	})
	if err != nil || newest == nil {
		return err
	}
	signed, err := openCheckpoint(newest.note, c.log.verifier)
	if errNote := new(note.UnverifiedNoteError); errors.As(err, &errNote) {
		return fmt.Errorf("%w: checkpoint of size %d was signed by another key than this log's", ErrTampered, newest.end())
	}
	if err != nil {
		return err
	}
	if signed.Account != c.account || signed.Size != newest.end() {
		return tampered(newest.end()-1, "the checkpoint stored with it is of another log or size")
	}
	indexes, levels := edgeIndexes(signed.Size)
	hashes, err := c.ledger.hashes(ctx, indexes)
	if err != nil {
		return err
	}
	t := treeFrom(signed.Size, levels, hashes)
	if root, err := t.root(); err != nil {
		return err
	} else if root != signed.Root {
		return tampered(signed.Size-1, "the stored hashes up to it do not have the root that was signed")
	}
	c.tree, c.signed = t, newest.note
	return nil
}

// fold grows a tree by a stored batch, and checks the batch against it.
func fold(t *tree, b *batch) error {
	if b.first != t.size {
		return tampered(t.size, "missing; the next stored is %d", b.first)
	}
	rest := b.hashes
	for i := range b.count {
		leaf := b.leaf(i)
		if !b.pruned() && tlog.RecordHash(b.entries[i]) != leaf {
			return tampered(t.size, "its bytes do not have the hash that was stored with it")
		}
		index := t.size
		hashes, err := t.add(leaf)
		if err != nil {
			return err
		}
		if !slices.Equal(hashes, rest[:len(hashes)]) {
			return tampered(index, "the hashes stored with it do not follow from those before")
		}
		rest = rest[len(hashes):]
	}
	return nil
}

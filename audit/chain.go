package audit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/profilegraph/profilegraph/tenant"
)

// chain appends to the log of one account.
type chain struct {
	log     *Log
	account tenant.ID
	ledger  ledger
	users   int // guarded by Log.mu

	mu      sync.Mutex // guards what waits
	waiting []*request

	wake    chan struct{} // holds one when there may be somebody waiting
	stopped chan struct{} // closed when the writer has ended

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

func newChain(l *Log, account tenant.ID, led ledger) *chain {
	c := &chain{log: l, account: account, ledger: led, wake: make(chan struct{}, 1), stopped: make(chan struct{})}
	go c.write()
	return c
}

// close ends the writer, who has nothing left to do, and closes the ledger.
func (c *chain) close() error {
	close(c.wake)
	<-c.stopped
	return c.ledger.close()
}

// append queues a request and waits for its outcome. What queues up while the writer is at work
// goes into its next batch.
func (c *chain) append(ctx context.Context, r *request) ([]Receipt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.waiting = append(c.waiting, r)
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default: // the writer will look anyway
	}
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
	c.log.retain(c) // it must not be closed while its writer is at work
	go func() {
		<-r.done
		c.log.release(c)
	}()
	return nil, fmt.Errorf("%w: outcome unknown: %w", ErrUnavailable, ctx.Err())
}

// write commits what waits, group by group, as long as the chain is open.
func (c *chain) write() {
	defer close(c.stopped)
	for range c.wake {
		for group := c.next(); len(group) > 0; group = c.next() {
			c.commit(group)
		}
	}
}

// next takes the next group from those that wait.
func (c *chain) next() []*request {
	c.gather()
	c.mu.Lock()
	defer c.mu.Unlock()
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
	return group
}

// gather lets those run who can, for as long as that brings requests: one that joins the next group does
// without a signature and a write of its own.
func (c *chain) gather() {
	for before, now := 0, c.queued(); now > before; before, now = now, c.queued() {
		runtime.Gosched()
	}
}

func (c *chain) queued() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.waiting)
}

// commit writes one group and tells its callers.
func (c *chain) commit(group []*request) {
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	b, err := c.commitBatch(ctx, group)
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	next := int64(0)
	for _, r := range group {
		r.err = err
		if err == nil {
			r.receipts = make([]Receipt, len(r.tails))
			for i := range r.receipts {
				r.receipts[i] = Receipt{Account: c.account, Index: b.first + next, Checkpoint: b.note}
				next++
			}
		}
		close(r.done)
	}
}

func (c *chain) commitBatch(ctx context.Context, group []*request) (*batch, error) {
	c.head.Lock()
	defer c.head.Unlock()
	for try := 0; ; try++ {
		if !c.known || try > 0 {
			if err := c.refresh(ctx); err != nil {
				return nil, err
			}
		}
		b, grown, err := c.writeBatch(ctx, group)
		if errors.Is(err, errBehind) {
			if err := pause(ctx, try); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			c.known = false
			return nil, err
		}
		c.tree, c.signed = grown, b.note
		return b, c.log.deliver(ctx, c, b)
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

// writeBatch makes one batch of a group, signs the tree that it ends, and appends it to the ledger.
// A signature that is not stored in the end has been shown to nobody.
func (c *chain) writeBatch(ctx context.Context, group []*request) (*batch, tree, error) {
	b, grown, err := c.build(group)
	if err != nil {
		return nil, tree{}, err
	}
	root, err := grown.root()
	if err != nil {
		return nil, tree{}, err
	}
	b.note, err = Checkpoint{Account: c.account, Size: grown.size, Root: root, Time: b.to}.sign(c.log.key)
	if err != nil {
		return nil, tree{}, err
	}
	return b, grown, c.ledger.append(ctx, b)
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

// refresh brings what is known of the log's end up to what is stored.
func (c *chain) refresh(ctx context.Context) error {
	if !c.known {
		if err := c.load(ctx); err != nil {
			return err
		}
	}
	// On a copy: what fails half-way must not be built upon.
	t := c.tree.clone()
	var newest *batch
	err := c.ledger.ascend(ctx, t.size, func(b *batch) (bool, error) {
		newest = b
		return true, fold(&t, b)
	})
	if err != nil {
		return err
	}
	if newest != nil {
		if err := c.attest(newest, &t); err != nil {
			return err
		}
		c.tree, c.signed = t, newest.note
	}
	c.known = true
	return nil
}

// load reads the tree's edge, and takes it only with the signature that the last batch holds. So
// what this process will sign always continues what was signed before.
func (c *chain) load(ctx context.Context) error {
	c.tree, c.signed = tree{}, ""
	var newest *batch
	err := c.ledger.descend(ctx, math.MaxInt64, func(b *batch) (bool, error) {
		newest = b
		return false, nil
	})
	if err != nil || newest == nil {
		return err
	}
	indexes, levels := edgeIndexes(newest.end())
	hashes, err := c.ledger.hashes(ctx, indexes)
	if err != nil {
		return err
	}
	t := treeFrom(newest.end(), levels, hashes)
	if err := c.attest(newest, &t); err != nil {
		return err
	}
	c.tree, c.signed = t, newest.note
	return nil
}

// attest checks that a batch's checkpoint is signed, and signs the tree that ends with the batch.
func (c *chain) attest(b *batch, t *tree) error {
	signed, err := openCheckpoint(b.note, c.log.verifier)
	if unknown := new(note.UnverifiedNoteError); errors.As(err, &unknown) {
		return tampered(t.size-1, "its checkpoint was signed by another key than this log's")
	}
	if err != nil {
		return err
	}
	if signed.Account != c.account || signed.Size != t.size {
		return tampered(t.size-1, "the checkpoint stored with it is of another log or size")
	}
	root, err := t.root()
	if err == nil && root != signed.Root {
		err = tampered(t.size-1, "the stored hashes up to it do not have the root that was signed")
	}
	return err
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

package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

// Options say where a log is kept. Exactly one of Dir and Store must be given.
type Options struct {
	// Dir keeps the log in files of its own under this folder, which one process at a time may open.
	Dir string
	// Store keeps the log in [storage.Audit]. Any number of processes may append to it at once, if
	// they have the same signing key.
	Store storage.Store

	// KeyFile holds the key that signs checkpoints. It is made, with mode 0600, if it is not there.
	KeyFile string
	// Name is the name of a key that is made; empty means "profilegraph".
	Name string
	// EarlierKeys are public keys whose checkpoints are accepted too: those of replaced key files.
	EarlierKeys []string

	// Sinks get every entry after it is durable in the log. A sink that fails gets what it missed
	// before anything else, as long as the process lives; every failure is logged. One that does not
	// return holds up one write for a few seconds, and is passed over until it does.
	Sinks []Sink
	// AllSinks makes the failure of a sink a failure of Append. The log itself still holds the entry.
	AllSinks bool

	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger is told of failing sinks and mended files; nil means slog.Default().
	Logger *slog.Logger
}

// commitTimeout bounds one durable write, however patient its callers are.
const commitTimeout = 15 * time.Second

// maxChains bounds the accounts whose logs are held open (two files each) while nobody uses them.
const maxChains = 128

// Log is the record of all accounts. Its methods are safe for concurrent use.
type Log struct {
	key      signer
	verifier note.Verifiers
	keys     string // the public keys, as Verify takes them
	backend  backend
	sinks    []*sinkState
	allSinks bool
	now      func() time.Time
	logger   *slog.Logger

	mu     sync.Mutex
	closed bool
	chains map[tenant.ID]*chain
	idle   []*chain // those without users, the longest idle first
	users  sync.WaitGroup
}

// backend opens the stored logs of accounts.
type backend interface {
	open(account tenant.ID) (ledger, error)
	close() error
}

// ledger stores the log of one account, batch by batch.
type ledger interface {
	// append makes a batch durable. errBehind says that the log does not end where b begins. After
	// any other error the batch may be stored or not, and the caller must look before it goes on.
	append(ctx context.Context, b *batch) error
	// ascend calls fn with the stored batches from the one that holds entry index on, in order,
	// until there are no more or fn returns false. It calls with none if the log is shorter.
	ascend(ctx context.Context, index int64, fn func(*batch) (bool, error)) error
	// descend likewise goes down, from the last batch that begins before entry index.
	descend(ctx context.Context, index int64, fn func(*batch) (bool, error)) error
	// hashes returns stored hashes by their index in tlog's order.
	hashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error)
	// prune drops the entries of the batches that end at or before size.
	prune(ctx context.Context, size int64) error
	close() error
}

// errBehind says that a log has grown past the place for which a batch was built.
var errBehind = errors.New("audit: log has grown meanwhile")

// Open opens a log. It does not touch any account's part; that happens when it is first used.
func Open(o Options) (*Log, error) {
	if (o.Dir == "") == (o.Store == nil) || o.KeyFile == "" {
		return nil, fmt.Errorf("%w: a log needs a key file, and either a folder or a store", ErrInvalid)
	}
	l := &Log{allSinks: o.AllSinks, now: o.Now, logger: o.Logger, chains: map[tenant.ID]*chain{}}
	if l.now == nil {
		l.now = time.Now
	}
	if l.logger == nil {
		l.logger = slog.Default()
	}
	if o.Name == "" {
		o.Name = "profilegraph"
	}
	var err error
	if l.key, err = openKey(o.KeyFile, o.Name); err != nil {
		return nil, err
	}
	l.keys = l.key.public
	for _, key := range o.EarlierKeys {
		l.keys += "\n" + key
	}
	if l.verifier, err = parseKeys(l.keys); err != nil {
		return nil, err
	}
	for _, s := range o.Sinks {
		l.sinks = append(l.sinks, &sinkState{sink: s, missing: map[tenant.ID]int64{}})
	}
	if o.Store != nil {
		l.backend = stored{o.Store}
	} else if l.backend, err = openFiles(o.Dir, l.logger); err != nil {
		return nil, err
	}
	return l, nil
}

// PublicKey returns the key that checks this log's checkpoints, in the form that [Verify] takes.
func (l *Log) PublicKey() string { return l.key.public }

// Append puts entries of one account on the record. When it returns nil they are durable, in their
// order and next to each other, and the receipts are theirs. After an error nothing may be done
// that they announce: most often they are not on the record, but when the error is ErrUnavailable
// they may be. Calls at the same time share one durable write.
func (l *Log) Append(ctx context.Context, entries ...Entry) ([]Receipt, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	if len(entries) > MaxEntries {
		return nil, fmt.Errorf("%w: more than %d entries at once", ErrInvalid, MaxEntries)
	}
	at := l.now().UTC().Truncate(time.Microsecond)
	r := &request{at: at, tails: make([][]byte, len(entries)), done: make(chan struct{})}
	for i, e := range entries {
		if e.Account != entries[0].Account || e.Action == "" {
			return nil, fmt.Errorf("%w: entries of one call must have an action, and one account", ErrInvalid)
		}
		e.Time = at
		tail, err := e.encodeTail()
		if err != nil {
			return nil, err
		}
		r.tails[i] = tail
		r.bytes += len(tail)
	}
	if r.bytes > MaxBytes {
		return nil, fmt.Errorf("%w: entries of more than %d bytes at once", ErrInvalid, MaxBytes)
	}
	c, err := l.acquire(entries[0].Account)
	if err != nil {
		return nil, err
	}
	defer l.release(c)
	return c.append(ctx, r)
}

// Query returns entries that the filter selects, and whether there may be more behind them.
func (l *Log) Query(ctx context.Context, account tenant.ID, f Filter) (entries []Entry, more bool, err error) {
	c, err := l.acquire(account)
	if err != nil {
		return nil, false, err
	}
	defer l.release(c)
	if f.Limit <= 0 {
		f.Limit = 100
	}
	f.Limit = min(f.Limit, 1000)
	needles, err := f.needles()
	if err != nil {
		return nil, false, err
	}
	visit := func(b *batch) (bool, error) {
		if b.pruned() || !f.From.IsZero() && b.to.Before(f.From) || !f.To.IsZero() && !b.from.Before(f.To) {
			return true, ctx.Err()
		}
		for i := range b.entries {
			if f.Newest {
				i = b.count - 1 - i
			}
			index := b.first + int64(i)
			if f.After != nil && (!f.Newest && index <= *f.After || f.Newest && index >= *f.After) {
				continue
			}
			if !containsAll(b.entries[i], needles) {
				continue
			}
			e, err := decodeEntry(b.entries[i])
			if err != nil || e.Index != index {
				return false, tampered(index, "its bytes are not an entry with this index")
			}
			if !f.selects(&e) {
				continue
			}
			if len(entries) == f.Limit {
				more = true
				return false, nil
			}
			entries = append(entries, e)
		}
		return true, ctx.Err()
	}
	switch {
	case f.Newest && f.After != nil:
		err = c.ledger.descend(ctx, *f.After, visit)
	case f.Newest:
		err = c.ledger.descend(ctx, math.MaxInt64, visit)
	case f.After != nil:
		err = c.ledger.ascend(ctx, *f.After+1, visit)
	default:
		err = c.ledger.ascend(ctx, 0, visit)
	}
	if err != nil {
		return nil, false, fmt.Errorf("audit: query: %w", err)
	}
	return entries, more, nil
}

// Checkpoint returns a signed note over the account's log as it is now.
func (l *Log) Checkpoint(ctx context.Context, account tenant.ID) (string, error) {
	c, err := l.acquire(account)
	if err != nil {
		return "", err
	}
	defer l.release(c)
	text, _, err := c.checkpoint(ctx)
	return text, err
}

// Inclusion proves that entry index is in the tree of the given size.
func (l *Log) Inclusion(ctx context.Context, account tenant.ID, index, size int64) (tlog.RecordProof, error) {
	return prove(ctx, l, account, index, size, func(r tlog.HashReader) (tlog.RecordProof, error) {
		return tlog.ProveRecord(size, index, r)
	})
}

// Consistency proves that the tree of size continues that of size old.
func (l *Log) Consistency(ctx context.Context, account tenant.ID, old, size int64) (tlog.TreeProof, error) {
	return prove(ctx, l, account, old-1, size, func(r tlog.HashReader) (tlog.TreeProof, error) {
		return tlog.ProveTree(size, old, r)
	})
}

func prove[P any](ctx context.Context, l *Log, account tenant.ID, index, size int64, proof func(tlog.HashReader) (P, error)) (P, error) {
	var none P
	c, err := l.acquire(account)
	if err != nil {
		return none, err
	}
	defer l.release(c)
	_, have, err := c.checkpoint(ctx)
	if err != nil {
		return none, err
	}
	if index < 0 || index >= size || size > have {
		return none, fmt.Errorf("%w: nothing to prove about entry %d in a tree of size %d, the log has %d", ErrInvalid, index, size, have)
	}
	p, err := proof(tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) { return c.ledger.hashes(ctx, indexes) }))
	if err != nil {
		return none, fmt.Errorf("audit: prove: %w", err)
	}
	return p, nil
}

// Prune drops the entries from the log's beginning on that are older than before, and says how many
// are gone by now. It keeps their hashes and checkpoints, and first puts on record that it does so,
// and by whom. Batches go as a whole, so entries of one durable write stay or go together.
func (l *Log) Prune(ctx context.Context, account tenant.ID, before time.Time, by string) (int64, error) {
	c, err := l.acquire(account)
	if err != nil {
		return 0, err
	}
	defer l.release(c)
	var size, gone int64
	err = c.ledger.ascend(ctx, 0, func(b *batch) (bool, error) {
		if b.pruned() {
			gone = b.end()
		} else if !b.to.Before(before) {
			return false, nil
		}
		size = b.end()
		return true, ctx.Err()
	})
	if err != nil {
		return 0, fmt.Errorf("audit: prune: %w", err)
	}
	if size == gone {
		return gone, nil
	}
	_, err = l.Append(ctx, Entry{Account: account, Action: Pruned, Outcome: Allowed, Actor: by, Details: map[string]string{
		"size": fmt.Sprint(size), "before": before.UTC().Format(time.RFC3339Nano),
	}})
	if err != nil {
		return 0, err
	}
	if err := c.ledger.prune(ctx, size); err != nil {
		return 0, fmt.Errorf("audit: prune: %w", err)
	}
	return size, nil
}

// Close waits for calls under way and releases the log.
func (l *Log) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	l.mu.Unlock()
	l.users.Wait()

	var errs []error
	for _, c := range l.chains {
		errs = append(errs, c.close())
	}
	errs = append(errs, l.backend.close())
	for _, s := range l.sinks {
		errs = append(errs, s.close())
	}
	return errors.Join(errs...)
}

// acquire returns the account's chain, which stays open until it is released.
func (l *Log) acquire(account tenant.ID) (*chain, error) {
	if err := (storage.Space{Account: account, Collection: storage.Audit}).Check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, ErrClosed)
	}
	c := l.chains[account]
	if c == nil {
		if len(l.idle) >= maxChains {
			oldest := l.idle[0]
			l.idle = l.idle[1:]
			delete(l.chains, oldest.account)
			if err := oldest.close(); err != nil {
				l.logger.Error("audit: close an idle log", "account", oldest.account, "error", err)
			}
		}
		led, err := l.backend.open(account)
		if err != nil {
			return nil, fmt.Errorf("audit: open: %w", err)
		}
		c = newChain(l, account, led)
		l.chains[account] = c
	} else if c.users == 0 {
		l.idle = slices.DeleteFunc(l.idle, func(i *chain) bool { return i == c })
	}
	c.users++
	l.users.Add(1)
	return c, nil
}

// retain adds a user to a chain that has one.
func (l *Log) retain(c *chain) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c.users++
	l.users.Add(1)
}

func (l *Log) release(c *chain) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.users--; c.users == 0 {
		l.idle = append(l.idle, c)
	}
	l.users.Done()
}

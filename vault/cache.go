package vault

import (
	"context"
	"fmt"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"
)

// loadTimeout bounds how long the KMS and the key store may take for one key.
const loadTimeout = 10 * time.Second

// cache remembers what load returned, until the time that load returned with it; a zero time is
// not remembered at all. Many who ask for one key at a time wait for one load.
type cache[T any] struct {
	now   func() time.Time
	load  func(context.Context, keyName) (T, time.Time, error)
	gone  func(T)
	loads singleflight.Group

	mu      sync.Mutex // held when entries are added or dropped
	entries *lru.Cache[keyName, entry[T]]
	drops   int
}

type entry[T any] struct {
	value T
	err   error
	until time.Time
}

// newCache returns a cache of so many entries. It tells gone of each value that it does not hold any
// more, or never did.
func newCache[T any](size int, now func() time.Time, load func(context.Context, keyName) (T, time.Time, error), gone func(T)) *cache[T] {
	entries, err := lru.NewWithEvict(max(size, 1), func(_ keyName, e entry[T]) { gone(e.value) })
	if err != nil {
		panic("vault: impossible: a cache of positive size")
	}
	return &cache[T]{now: now, load: load, gone: gone, entries: entries}
}

func (c *cache[T]) get(ctx context.Context, n keyName) (T, error) {
	if e, ok := c.remembered(n, c.now()); ok {
		return e.value, e.err
	}
	// The load is for everybody who waits, so it does not end with the first one's request.
	loading := c.loads.DoChan(n.path(), func() (any, error) {
		if e, ok := c.remembered(n, c.now()); ok { // by a load that has just ended
			return e.value, e.err
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
		defer cancel()
		c.mu.Lock()
		drops := c.drops
		c.mu.Unlock()
		value, until, err := c.load(ctx, n)
		c.mu.Lock()
		defer c.mu.Unlock()
		if drops == c.drops && !until.IsZero() {
			c.entries.Add(n, entry[T]{value, err, until})
		} else {
			c.gone(value)
		}
		return value, err
	})
	var none T
	select {
	case <-ctx.Done():
		return none, fmt.Errorf("%w: %w", ErrKeyUnavailable, ctx.Err())
	case r := <-loading:
		if r.Err != nil {
			return none, r.Err
		}
		return r.Val.(T), nil
	}
}

func (c *cache[T]) remembered(n keyName, now time.Time) (entry[T], bool) {
	e, ok := c.entries.Get(n)
	return e, ok && now.Before(e.until)
}

// drop forgets an entry. What is being loaded meanwhile is not remembered either.
func (c *cache[T]) drop(n keyName) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops++
	c.loads.Forget(n.path())
	c.entries.Remove(n)
}

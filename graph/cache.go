package graph

import (
	"container/list"
	"sync"
	"sync/atomic"
)

// Cache holds what the engines of a process share: prepared operations, of which it keeps the
// most recently used within a bound of bytes, and the definitions that accounts have in common.
// It is safe for concurrent use.
type Cache struct {
	library library
	engines atomic.Uint64 // number of engines so far
	views   atomic.Uint64 // number of views planned so far
	runs    sync.Pool     // of *run

	mu      sync.Mutex
	max     int
	size    int
	entries map[cacheKey]*list.Element // of *cacheEntry
	recent  *list.List                 // front: used last
}

// defaultCacheSize holds some 10,000 operations.
const defaultCacheSize = 64 << 20

// NewCache returns a cache that keeps about so many bytes at most; 64 MiB if max is not positive.
func NewCache(max int) *Cache {
	if max <= 0 {
		max = defaultCacheSize
	}
	return &Cache{max: max, entries: make(map[cacheKey]*list.Element), recent: list.New()}
}

// Size returns the estimated number of bytes that the cache holds at present.
func (c *Cache) Size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.size
}

// cacheKey names an operation of an engine, or something derived from one: a plan for a choice of
// @skip and @include, the answer to an introspection field.
type cacheKey struct {
	engine    uint64
	query     string
	operation string
	derived   string
}

type cacheEntry struct {
	key   cacheKey
	value any
	size  int
}

// get returns the value under key, or nil.
func (c *Cache) get(key cacheKey) any {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok {
		return nil
	}
	c.recent.MoveToFront(e)
	return e.Value.(*cacheEntry).value
}

// put keeps a value of about size bytes, unless it is too large for the cache. If there is one
// under the key already, that one stays.
func (c *Cache) put(key cacheKey, value any, size int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.entries[key]; ok || size > c.max/4 {
		return
	}
	c.entries[key] = c.recent.PushFront(&cacheEntry{key, value, size})
	c.size += size
	for c.size > c.max {
		last := c.recent.Back()
		old := c.recent.Remove(last).(*cacheEntry)
		delete(c.entries, old.key)
		c.size -= old.size
	}
}

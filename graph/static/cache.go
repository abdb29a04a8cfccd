package static

import (
	"container/list"
	"sync"

	"github.com/profilegraph/profilegraph/graph/guard"
)

// cache keeps operations by the text they were parsed from, least recently used out first.
type cache struct {
	maxEntries, maxBytes int // bytes of text; what is parsed from it takes some ten times as much

	mu      sync.Mutex
	bytes   int
	recent  list.List // of *cached, most recently used first
	entries map[cacheKey]*list.Element
}

type cacheKey struct{ query, operation string }

type cached struct {
	key       cacheKey
	operation *guard.Operation
}

func newCache(maxEntries, maxBytes int) *cache {
	return &cache{maxEntries: maxEntries, maxBytes: maxBytes, entries: make(map[cacheKey]*list.Element)}
}

func (c *cache) get(key cacheKey) (*guard.Operation, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.entries[key]
	if !ok {
		return nil, false
	}
	c.recent.MoveToFront(element)
	return element.Value.(*cached).operation, true
}

func (c *cache) put(key cacheKey, operation *guard.Operation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.entries[key]; ok { // parsed twice at the same time
		return
	}
	c.entries[key] = c.recent.PushFront(&cached{key, operation})
	c.bytes += len(key.query)
	for len(c.entries) > c.maxEntries || c.bytes > c.maxBytes {
		oldest := c.recent.Remove(c.recent.Back()).(*cached)
		delete(c.entries, oldest.key)
		c.bytes -= len(oldest.key.query)
	}
}

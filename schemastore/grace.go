package schemastore

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// grace knows which requests began before a moment, as the grace periods of read-copy-update do: those
// after it are counted by the other of two counters.
type grace struct {
	moment sync.Mutex // one at a time
	now    atomic.Uint32
	held   [2]atomic.Int64
}

// Hold is of a request that is under way.
type Hold struct{ in *atomic.Int64 }

// End ends it.
func (h Hold) End() { h.in.Add(-1) }

func (g *grace) hold() Hold {
	for {
		now := g.now.Load()
		in := &g.held[now%2]
		in.Add(1)
		if g.now.Load() == now {
			return Hold{in}
		}
		in.Add(-1) // it may have been waited for already
	}
}

// wait returns when all that is held has ended, but not later than ctx.
func (g *grace) wait(ctx context.Context) error {
	g.moment.Lock()
	defer g.moment.Unlock()
	for range 2 { // a wait that was given up has left some in the other
		old := &g.held[g.now.Load()%2]
		g.now.Add(1)
		for old.Load() > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Millisecond):
			}
		}
	}
	return nil
}

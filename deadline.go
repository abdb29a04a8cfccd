package main

import (
	"context"
	"sync"
	"time"
)

// deadline is a context that ends with its parent or after a time. Few requests ever wait for
// anything, so it starts a timer only when somebody does.
type deadline struct {
	context.Context // the parent
	at              time.Time
	now             func() time.Time

	mu     sync.Mutex
	timed  context.Context // nil until somebody waits
	cancel context.CancelFunc
}

var _ context.Context = (*deadline)(nil)

// waited returns what those who wait, wait for.
func (d *deadline) waited() context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timed == nil {
		d.timed, d.cancel = context.WithTimeout(d.Context, d.at.Sub(d.now()))
	}
	return d.timed
}

// end lets go of the timer, if there is one. Who still waits then waits in vain.
func (d *deadline) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cancel != nil {
		d.cancel()
	}
}

// present returns what the context is at present: its parent, as long as nobody has waited.
func (d *deadline) present() (c context.Context, timed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timed == nil {
		return d.Context, false
	}
	return d.timed, true
}

func (d *deadline) Deadline() (time.Time, bool) { return d.waited().Deadline() }

func (d *deadline) Done() <-chan struct{} { return d.waited().Done() }

func (d *deadline) Err() error {
	c, timed := d.present()
	if err := c.Err(); err != nil || timed {
		return err
	}
	if !d.now().Before(d.at) {
		return context.DeadlineExceeded
	}
	return nil
}

// Value also answers the contexts derived from this one, which look for the one that cancels them.
func (d *deadline) Value(key any) any {
	c, _ := d.present()
	return c.Value(key)
}

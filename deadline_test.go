package main

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/profilegraph/profilegraph/graph/transport"
)

func TestDeadlineContext(t *testing.T) {
	parent := func() (context.Context, context.CancelFunc) {
		return context.WithCancel(transport.WithRequestID(t.Context(), "abc"))
	}
	within := func(ctx context.Context, d time.Duration) *deadline {
		return &deadline{Context: ctx, at: time.Now().Add(d), now: time.Now}
	}
	t.Run("its time has come", func(t *testing.T) {
		for _, wait := range []bool{false, true} {
			ctx, cancel := parent()
			defer cancel()
			d := within(ctx, -time.Second)
			if wait {
				<-d.Done()
			}
			if err := d.Err(); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("waited %v: got %v", wait, err)
			}
		}
	})
	t.Run("its parent ends", func(t *testing.T) {
		for _, wait := range []bool{false, true} {
			ctx, cancel := parent()
			d := within(ctx, time.Hour)
			if err := d.Err(); err != nil {
				t.Fatal(err)
			}
			var done <-chan struct{}
			if wait {
				done = d.Done()
			}
			cancel()
			if wait {
				<-done
			}
			if err := d.Err(); !errors.Is(err, context.Canceled) {
				t.Errorf("waited %v: got %v", wait, err)
			}
		}
	})
	t.Run("it ends", func(t *testing.T) {
		ctx, cancel := parent()
		defer cancel()
		d := within(ctx, time.Hour)
		done := d.Done()
		d.end()
		<-done
		if err := d.Err(); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("contexts derived from it", func(t *testing.T) {
		ctx, cancel := parent()
		defer cancel()
		d := within(ctx, time.Hour)
		before := runtime.NumGoroutine()
		child, stop := context.WithTimeout(d, 2*time.Hour)
		defer stop()
		if n := runtime.NumGoroutine(); n > before {
			t.Errorf("a goroutine waits for the end of the parent")
		}
		if at, ok := child.Deadline(); !ok || time.Until(at) > time.Hour {
			t.Errorf("the child's deadline is %v, %v", at, ok)
		}
		if id := transport.RequestID(child); id != "abc" {
			t.Errorf("got the request id %q", id)
		}
		d.end()
		<-child.Done()
	})
}

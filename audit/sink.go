package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/profilegraph/profilegraph/tenant"
)

// Sink takes a copy of the record elsewhere. Calls come one at a time.
type Sink interface {
	// Write stores entries of one account: their exact bytes, JSON without line end, in order. It
	// returns nil only if it has stored all. After an error it gets the same entries again.
	Write(ctx context.Context, account tenant.ID, entries [][]byte) error
	Close() error
}

// NewWriterSink writes entries to w, a line each.
func NewWriterSink(w io.Writer) Sink { return writerSink{w} }

type writerSink struct{ w io.Writer }

func (s writerSink) Write(_ context.Context, _ tenant.ID, entries [][]byte) error {
	_, err := s.w.Write(append(bytes.Join(entries, []byte("\n")), '\n'))
	return err
}

func (s writerSink) Close() error { return nil }

// NewFileSink appends entries to a file, a line each, and syncs it at every write.
func NewFileSink(path string) (Sink, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("audit: open sink: %w", err)
	}
	return fileSink{writerSink{f}, f}, nil
}

type fileSink struct {
	writerSink
	f *os.File
}

func (s fileSink) Write(ctx context.Context, account tenant.ID, entries [][]byte) error {
	info, err := s.f.Stat()
	if err != nil {
		return err
	}
	if err := s.writerSink.Write(ctx, account, entries); err != nil {
		// What follows must not be glued to half a line.
		return errors.Join(err, s.f.Truncate(info.Size()))
	}
	return syncData(s.f)
}

func (s fileSink) Close() error { return s.f.Close() }

// sinkTimeout bounds how long a batch waits for one sink.
const sinkTimeout = 4 * time.Second

// errHangs says that a sink took too long, with these entries or with earlier ones.
var errHangs = errors.New("it does not take what is written to it")

// sinkState knows from which entry on a sink lacks an account's entries.
type sinkState struct {
	mu      sync.Mutex
	sink    Sink
	missing map[tenant.ID]int64
	hanging *hanging
}

// hanging is a write that did not end in time. Until it does the sink gets nothing else.
type hanging struct {
	account tenant.ID
	end     int64 // behind its last entry
	done    <-chan error
}

// deliver gives the sinks a batch that the log holds, after what they missed before.
func (l *Log) deliver(ctx context.Context, c *chain, b *batch) error {
	var errs []error
	for _, s := range l.sinks {
		if from, err := s.deliver(ctx, c, b); err != nil {
			l.logger.Error("audit: a sink fails; it will get what it lacks", "account", c.account, "from", from, "to", b.end()-1, "error", err)
			errs = append(errs, fmt.Errorf("sink: %w", err))
		}
	}
	if l.allSinks {
		return errors.Join(errs...)
	}
	return nil
}

// deliver returns, with an error, the first entry that the sink lacks.
func (s *sinkState) deliver(ctx context.Context, c *chain, b *batch) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ready := s.ready()
	from, behind := s.missing[c.account]
	if !behind {
		from = b.first
	}
	write := func(b *batch) (bool, error) {
		if !b.pruned() {
			if err := s.write(ctx, c.account, b, from); err != nil {
				return false, err
			}
		}
		from = b.end()
		return true, nil
	}
	var err error
	switch {
	case !ready:
		err = errHangs
	case behind:
		err = c.ledger.ascend(ctx, from, write)
	default:
		_, err = write(b)
	}
	if err != nil {
		s.missing[c.account] = from
		return from, err
	}
	delete(s.missing, c.account)
	return from, nil
}

// ready reports whether the sink can take anything now.
func (s *sinkState) ready() bool {
	if s.hanging == nil {
		return true
	}
	select {
	case err := <-s.hanging.done:
		if err == nil { // it has them after all
			s.missing[s.hanging.account] = s.hanging.end
		}
		s.hanging = nil
		return true
	default:
		return false
	}
}

// write gives the sink the entries of a batch from one on. It waits no longer than sinkTimeout: a pipe that
// nobody reads takes for ever.
func (s *sinkState) write(ctx context.Context, account tenant.ID, b *batch, from int64) error {
	ctx, cancel := context.WithTimeout(ctx, sinkTimeout)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- s.sink.Write(ctx, account, b.entries[from-b.first:]) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		s.hanging = &hanging{account, b.end(), done}
		return errHangs
	}
}

// close does not close a sink that would make it wait.
func (s *sinkState) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ready() {
		return fmt.Errorf("sink: %w", errHangs)
	}
	return s.sink.Close()
}

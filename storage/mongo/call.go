package mongo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/profilegraph/profilegraph/storage"
)

const (
	retryWindow    = 5 * time.Second // after the first failure no attempt begins later than this
	attemptTimeout = 8 * time.Second // for a server that takes the connection and does not answer
	firstPause     = 10 * time.Millisecond
	longestPause   = 500 * time.Millisecond
)

var (
	// errAgain makes call try again though the server has answered.
	errAgain = errors.New("the record is being changed")
	// errUnknown says that an earlier attempt may have succeeded and been overwritten since.
	errUnknown = errors.New("the connection failed and the record has been changed since")
)

// call runs f until it succeeds, fails for good, or the retry window or ctx ends. f learns whether
// an earlier attempt may have taken effect.
func (s *Store) call(ctx context.Context, op string, f func(ctx context.Context, uncertain bool) error) error {
	return s.callWithin(ctx, retryWindow, op, f)
}

func (s *Store) callWithin(ctx context.Context, window time.Duration, op string, f func(ctx context.Context, uncertain bool) error) error {
	s.closing.RLock()
	defer s.closing.RUnlock()
	if s.closed {
		return fmt.Errorf("%s: %w: the store is closed", op, storage.ErrUnavailable)
	}
	var giveUp time.Time
	uncertain := false
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("%s: %w", op, err)
		}
		err := attempt(ctx, uncertain, f)
		if err == nil {
			return nil
		}
		if !transient(err) {
			return fmt.Errorf("%s: %w", op, sentinel(err))
		}
		uncertain = uncertain || !errors.Is(err, errAgain)
		if giveUp.IsZero() {
			giveUp = time.Now().Add(window)
		}
		wait := pause/2 + rand.N(pause)
		if time.Now().Add(wait).After(giveUp) {
			return fmt.Errorf("%s: %w: %w", op, storage.ErrUnavailable, err)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

func attempt(ctx context.Context, uncertain bool, f func(context.Context, bool) error) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	return f(ctx, uncertain)
}

// Codes of the server, by what they mean to a caller.
var (
	// transientCodes come from servers that start, stop, hand over or lost sight of each other.
	transientCodes = slices.Concat(
		[]int{6, 7, 89, 9001},   // network
		[]int{50, 64, 202, 262}, // time limits, also of a majority's acknowledgement
		[]int{91, 189, 10058, 10107, 11600, 11602, 13435, 13436}, // shutdown, change of primary
		[]int{63, 133, 134, 150, 234, 13388},                     // routing in a sharded cluster
	)
	tooLargeCodes = []int{10334, 17419, 17420}
	// invalidCodes are refusals of a document, for instance since it is nested too deeply.
	invalidCodes = []int{2, 9, 14, 15, 16, 22, 52, 55, 56, 57}
)

// transient reports whether it makes sense to try again: the server could not be reached, or said
// so itself. Whether the operation took effect is not known then.
func transient(err error) bool {
	switch {
	case errors.Is(err, errAgain):
		return true
	case errors.Is(err, mongo.ErrClientDisconnected), final(err):
		return false
	}
	answer := answerIn(err)
	if answer == nil {
		return !errors.As(err, &mongo.MarshalError{}) // the connection, or a deadline
	}
	return answer.HasErrorLabel("NetworkError") || answer.HasErrorLabel("RetryableWriteError") ||
		answer.HasErrorLabel("RetryableError") || hasCode(answer, transientCodes)
}

// answerIn returns what the server answered, or nil if err is not an answer. The driver dresses up
// some failures of connections as answers without a code.
func answerIn(err error) mongo.ServerError {
	var answer mongo.ServerError
	if errors.As(err, &answer) && slices.ContainsFunc(answer.ErrorCodes(), func(code int) bool { return code != 0 }) {
		return answer
	}
	return nil
}

// final reports whether err is already what the caller is to see.
func final(err error) bool {
	return slices.ContainsFunc([]error{
		storage.ErrNotFound, storage.ErrExists, storage.ErrConflict, storage.ErrUnavailable,
		storage.ErrTooLarge, storage.ErrNewer, storage.ErrInvalid, errCorrupt,
	}, func(target error) bool { return errors.Is(err, target) })
}

func hasCode(err mongo.ServerError, codes []int) bool {
	return slices.ContainsFunc(err.ErrorCodes(), func(code int) bool { return slices.Contains(codes, code) })
}

// sentinel makes an error that is not transient one of package storage's. What a server says may
// quote the data, so only the error's code is passed on.
func sentinel(err error) error {
	if final(err) {
		return err
	}
	answer := answerIn(err)
	if answer == nil {
		return fmt.Errorf("%w: %w", storage.ErrUnavailable, err)
	}
	meaning := storage.ErrUnavailable
	switch {
	case hasCode(answer, tooLargeCodes):
		meaning = storage.ErrTooLarge
	case hasCode(answer, invalidCodes):
		meaning = storage.ErrInvalid
	}
	var named mongo.CommandError
	if errors.As(err, &named) && named.Name != "" {
		return fmt.Errorf("%w: the server answered with error %d (%s)", meaning, named.Code, named.Name)
	}
	return fmt.Errorf("%w: the server answered with error %v", meaning, answer.ErrorCodes())
}

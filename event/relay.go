package event

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

// A delivery is one event on its way to one webhook. It is kept until it succeeds, or was tried as
// often as it may be.
type delivery struct {
	Webhook   string    `bson:"webhook"`
	Event     string    `bson:"event"` // webhook-id
	Body      []byte    `bson:"body"`
	Reference string    `bson:"reference"` // see Options.Happened
	Added     time.Time `bson:"added"`
	Happened  bool      `bson:"happened,omitempty"`
	Attempts  int       `bson:"attempts"`
	Next      time.Time `bson:"next"` // not tried before
}

// deliveries is where they are kept, of all accounts: their ids begin with the account's and the webhook's.
var deliveries = storage.Space{Account: storage.System, Collection: storage.Accounts, Part: "delivery"}

// pauses are how long a delivery waits after each attempt that failed; after the last it is given up.
var pauses = []time.Duration{5 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 24 * time.Hour}

const (
	// relayEvery is how often is looked for deliveries that are due, unless the service is woken.
	relayEvery = 10 * time.Second
	// unhappened is after how long an event whose cause did not happen is dropped: longer than any
	// request takes.
	unhappened = 5 * time.Minute
	// lease is how long a delivery under way is left alone by others.
	lease = 30 * time.Second
	// How many webhooks are served at the same time, and for how long one is until all others had
	// their turn.
	atOnce = 16
	turn   = 20 * time.Second
)

// Add keeps an event that is about to happen, for every webhook of the account. Reference is how
// Options.Happened will know it; it tells events of the account apart. After an error it must not happen.
func (s *Service) Add(ctx context.Context, account tenant.ID, kind, reference string, data any) error {
	hooks, err := s.webhooks(ctx, account)
	if err != nil || len(hooks) == 0 {
		return err
	}
	now := s.Now().UTC().Truncate(time.Millisecond)
	body, err := payload(kind, now, data)
	if err != nil {
		return err
	}
	id, err := newID()
	if err != nil {
		return err
	}
	for _, hook := range hooks {
		r, err := encodeDelivery(string(account)+"/"+hook.ID+"/"+id, account, delivery{Webhook: hook.ID, Event: id, Body: body, Reference: reference, Added: now, Next: now})
		if err != nil {
			return err
		}
		if err := s.Store.Insert(ctx, deliveries, r); err != nil {
			return fmt.Errorf("event: add: %w", err)
		}
	}
	return nil
}

// Wake makes Run look for deliveries now: something that was added has happened.
func (s *Service) Wake() {
	select {
	case s.wake <- struct{}{}:
	default: // it is going to
	}
}

// Run delivers events until ctx ends.
func (s *Service) Run(ctx context.Context) {
	tick := time.NewTicker(relayEvery)
	defer tick.Stop()
	for {
		if err := s.Relay(ctx); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "events not delivered; the next pass goes on", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-tick.C:
		}
	}
}

// Relay delivers what is due, once. Events of one webhook go in the order in which they were added,
// until one fails; webhooks neither wait for each other, nor fail with each other.
func (s *Service) Relay(ctx context.Context) error {
	var work errgroup.Group // without a context: what is wrong with one must not end the others
	work.SetLimit(atOnce)
	var list []storage.Record // of one webhook
	flush := func() {
		if len(list) > 0 {
			due := list
			list = nil
			work.Go(func() error { return s.relay(ctx, due) })
		}
	}
	after := ""
	for {
		page, err := s.Store.Scan(ctx, deliveries, storage.Page{After: after, Limit: 500})
		if err != nil {
			return errors.Join(fmt.Errorf("event: deliveries: %w", err), work.Wait())
		}
		for _, r := range page {
			after = r.ID
			if len(list) > 0 && hookOf(list[0]) != hookOf(r) {
				flush()
			}
			list = append(list, r)
		}
		if len(page) < 500 {
			flush()
			return work.Wait()
		}
	}
}

// hookOf is the part of a delivery's id that names its account and webhook.
func hookOf(r storage.Record) string { return r.ID[:strings.LastIndexByte(r.ID, '/')] }

// relay takes the deliveries of one webhook on.
func (s *Service) relay(ctx context.Context, list []storage.Record) error {
	account := tenant.ID(list[0].Owner)
	if _, err := s.Tenants.Active(ctx, account); err != nil {
		if errors.Is(err, tenant.ErrSuspended) {
			return nil
		}
		return err
	}
	ends := time.Now().Add(turn)
	for _, r := range list {
		if time.Now().After(ends) {
			s.Wake()
			return nil
		}
		ok, err := s.advance(ctx, account, r)
		if err != nil {
			return fmt.Errorf("event: delivery %s: %w", r.ID, err)
		}
		if !ok {
			return nil
		}
	}
	return nil
}

// advance takes one delivery on. It reports whether those behind it may follow.
func (s *Service) advance(ctx context.Context, account tenant.ID, r storage.Record) (bool, error) {
	var d delivery
	if err := bson.Unmarshal(r.Body, &d); err != nil {
		return false, err
	}
	now := s.Now().UTC().Truncate(time.Millisecond)
	if now.Before(d.Next) {
		return false, nil
	}
	if !d.Happened {
		happened, err := s.Happened(ctx, account, d.Reference)
		if err != nil {
			return false, err
		}
		switch {
		case !happened && now.Sub(d.Added) < unhappened: // it may never; others need not wait for it
			return true, nil
		case !happened:
			return true, s.drop(ctx, r)
		}
	}
	hook, w, err := s.get(ctx, account, d.Webhook)
	if errors.Is(err, ErrNotFound) {
		return true, s.drop(ctx, r)
	}
	if err != nil {
		return false, err
	}
	signer, err := s.signer(ctx, account, hook.ID, w)
	if err != nil {
		return false, err
	}
	// The attempt is noted before it is made: no other process makes it too, and a crash does not make it
	// one of an endless number.
	d.Happened = true
	d.Attempts++
	d.Next = now.Add(lease)
	next, err := encodeDelivery(r.ID, account, d)
	if err != nil {
		return false, err
	}
	switch err := s.Store.Replace(ctx, deliveries, next, r.Rev); {
	case errors.Is(err, storage.ErrConflict), errors.Is(err, storage.ErrNotFound):
		return false, nil // another process has it
	case err != nil:
		return false, err
	}
	failure := s.send(ctx, signer, w.URL, d.Event, d.Body)
	s.remember(ctx, account, hook, w, failure)
	if failure == "" {
		s.Delivered("ok")
		return true, s.drop(ctx, next)
	}
	s.Log.WarnContext(ctx, "webhook not delivered", "account", account, "webhook", d.Webhook, "event", d.Event, "attempt", d.Attempts, "reason", failure)
	if d.Attempts > len(pauses) {
		s.Delivered("given_up")
		s.Log.ErrorContext(ctx, "webhook given up", "account", account, "webhook", d.Webhook, "event", d.Event)
		return true, s.drop(ctx, next)
	}
	s.Delivered("failed")
	d.Next = s.Now().UTC().Truncate(time.Millisecond).Add(pauses[d.Attempts-1])
	again, err := encodeDelivery(r.ID, account, d)
	if err != nil {
		return false, err
	}
	if err := s.Store.Replace(ctx, deliveries, again, next.Rev); err != nil && !errors.Is(err, storage.ErrConflict) && !errors.Is(err, storage.ErrNotFound) {
		return false, err
	}
	return false, nil
}

func (s *Service) drop(ctx context.Context, r storage.Record) error {
	if err := s.Store.Delete(ctx, deliveries, r.ID, ""); err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	return nil
}

// newID returns the id of an event. Ids are in the order in which they were made.
func newID() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("event: id: %w", err)
	}
	return "msg_" + strings.ReplaceAll(id.String(), "-", ""), nil
}

func encodeDelivery(id string, account tenant.ID, d delivery) (storage.Record, error) {
	body, err := bson.Marshal(d)
	if err != nil {
		return storage.Record{}, fmt.Errorf("event: encode delivery: %w", err)
	}
	return storage.Record{ID: id, Rev: rand.Text(), Owner: string(account), Body: body}, nil
}

package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

// ErrConsumer says that a consumer cannot be made or used as asked; the text says why.
var ErrConsumer = errors.New("auth: consumer")

// ErrNoConsumer says that the account has no such consumer.
var ErrNoConsumer = errors.New("auth: no such consumer")

// Consumer is a system that keeps tokens of the account's documents. The credentials that are bound to
// it see tokens of its own in the place of ids, so that what it keeps cannot be joined with what another
// consumer keeps.
type Consumer struct {
	ID        string
	Created   time.Time
	CreatedBy string
	Revoked   time.Time // zero: it is not
}

// TokenKeys keeps the keys under which consumers' tokens are made.
type TokenKeys interface {
	CreateTokens(ctx context.Context, account tenant.ID, consumer string) error
	DestroyTokens(ctx context.Context, account tenant.ID, consumer string) error
}

// Consumers manages the consumers of accounts. The record is told of every change before it takes
// effect.
type Consumers struct {
	store  storage.Store
	keys   TokenKeys
	record Recorder
	now    func() time.Time
}

// NewConsumers returns the consumers of a store.
func NewConsumers(store storage.Store, keys TokenKeys, record Recorder, now func() time.Time) *Consumers {
	return &Consumers{store, keys, record, now}
}

type consumerRecord struct {
	Created   time.Time `bson:"created"`
	CreatedBy string    `bson:"createdBy"`
	Revoked   time.Time `bson:"revoked,omitempty"`
}

func consumerSpace(id tenant.ID) storage.Space {
	return storage.Space{Account: id, Collection: storage.Accounts, Part: "consumer"}
}

var consumerID = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

// Create adds a consumer to p's account. The id of one that was revoked is not used again.
func (c *Consumers) Create(ctx context.Context, p *Principal, id string) (Consumer, error) {
	if err := p.Check(Account); err != nil {
		return Consumer{}, err
	}
	if !consumerID.MatchString(id) {
		return Consumer{}, fmt.Errorf("%w: an id is 1 to 63 lower-case letters, digits and hyphens, the first a letter", ErrConsumer)
	}
	if _, err := c.store.Get(ctx, consumerSpace(p.Account), id); err == nil {
		return Consumer{}, errConsumerExists
	} else if !errors.Is(err, storage.ErrNotFound) {
		return Consumer{}, fmt.Errorf("auth: create consumer: %w", err)
	}
	rec := consumerRecord{Created: c.now().UTC().Truncate(time.Millisecond), CreatedBy: p.Actor}
	r, err := encodeConsumer(id, rec)
	if err != nil {
		return Consumer{}, err
	}
	if err := note(ctx, c.record, p.Account, p.Actor, "CreateConsumer", map[string]string{"consumer": id}); err != nil {
		return Consumer{}, err
	}
	if err := c.keys.CreateTokens(ctx, p.Account, id); err != nil {
		return Consumer{}, err
	}
	switch err := c.store.Insert(ctx, consumerSpace(p.Account), r); {
	case errors.Is(err, storage.ErrExists):
		return Consumer{}, errConsumerExists
	case err != nil:
		return Consumer{}, fmt.Errorf("auth: create consumer: %w", err)
	}
	return describeConsumer(id, rec), nil
}

var errConsumerExists = fmt.Errorf("%w: there is, or was, one with this id", ErrConsumer)

// List returns the consumers of p's account, revoked ones too, in order of id within 10,000.
func (c *Consumers) List(ctx context.Context, p *Principal) ([]Consumer, error) {
	if err := p.Check(Account); err != nil {
		return nil, err
	}
	found, err := c.store.Scan(ctx, consumerSpace(p.Account), storage.Page{Limit: 10_000})
	if err != nil {
		return nil, fmt.Errorf("auth: list consumers: %w", err)
	}
	list := make([]Consumer, len(found))
	for i, r := range found {
		rec, err := decodeConsumer(r)
		if err != nil {
			return nil, err
		}
		list[i] = describeConsumer(r.ID, rec)
	}
	return list, nil
}

// Revoke destroys the key of a consumer's tokens, which stand for nothing then, whoever has them, and
// ends what its credentials can do. Revoking twice changes nothing.
func (c *Consumers) Revoke(ctx context.Context, p *Principal, id string) (Consumer, error) {
	if err := p.Check(Account); err != nil {
		return Consumer{}, err
	}
	if !consumerID.MatchString(id) {
		return Consumer{}, ErrNoConsumer
	}
	if _, err := findConsumer(ctx, c.store, p.Account, id); err != nil {
		return Consumer{}, err
	}
	if err := note(ctx, c.record, p.Account, p.Actor, "RevokeConsumer", map[string]string{"consumer": id}); err != nil {
		return Consumer{}, err
	}
	// The key goes last: should anything fail before, revoking again finishes it.
	for {
		r, err := findConsumer(ctx, c.store, p.Account, id)
		if err != nil {
			return Consumer{}, err
		}
		rec, err := decodeConsumer(r)
		if err != nil {
			return Consumer{}, err
		}
		if rec.Revoked.IsZero() {
			rec.Revoked = c.now().UTC().Truncate(time.Millisecond)
			next, err := encodeConsumer(id, rec)
			if err != nil {
				return Consumer{}, err
			}
			if err := c.store.Replace(ctx, consumerSpace(p.Account), next, r.Rev); errors.Is(err, storage.ErrConflict) {
				continue
			} else if err != nil {
				return Consumer{}, fmt.Errorf("auth: revoke consumer: %w", err)
			}
		}
		return describeConsumer(id, rec), c.keys.DestroyTokens(ctx, p.Account, id)
	}
}

func findConsumer(ctx context.Context, store storage.Store, account tenant.ID, id string) (storage.Record, error) {
	r, err := store.Get(ctx, consumerSpace(account), id)
	if errors.Is(err, storage.ErrNotFound) {
		return r, ErrNoConsumer
	}
	if err != nil {
		return r, fmt.Errorf("auth: read consumer: %w", err)
	}
	return r, nil
}

// bindable returns nil if credentials can be bound to a consumer of an account.
func bindable(ctx context.Context, store storage.Store, account tenant.ID, id string) error {
	if !consumerID.MatchString(id) {
		return ErrNoConsumer
	}
	r, err := findConsumer(ctx, store, account, id)
	if err != nil {
		return err
	}
	rec, err := decodeConsumer(r)
	if err == nil && !rec.Revoked.IsZero() {
		err = fmt.Errorf("%w: it was revoked", ErrConsumer)
	}
	return err
}

// bind makes a principal one of a consumer's. What a consumer can do is work with documents: everything
// else, such as the record, names documents by their ids.
func (p *Principal) bind(consumer string) error {
	if consumer == "" {
		return nil
	}
	if p.permissions&^(Read|Write|Delete|Unmask) != 0 {
		return fmt.Errorf("%w: its credentials work with documents only; the roles are reader, editor, support and %s", ErrConsumer, Shopper)
	}
	p.Consumer = consumer
	return nil
}

func describeConsumer(id string, rec consumerRecord) Consumer {
	return Consumer{ID: id, Created: rec.Created.UTC(), CreatedBy: rec.CreatedBy, Revoked: rec.Revoked}
}

func encodeConsumer(id string, rec consumerRecord) (storage.Record, error) {
	body, err := bson.Marshal(rec)
	if err != nil {
		return storage.Record{}, fmt.Errorf("auth: encode consumer: %w", err)
	}
	return storage.Record{ID: id, Rev: rand.Text(), Body: body}, nil
}

func decodeConsumer(r storage.Record) (consumerRecord, error) {
	var rec consumerRecord
	if err := bson.Unmarshal(r.Body, &rec); err != nil {
		return rec, fmt.Errorf("auth: consumer %q cannot be read: %w", r.ID, err)
	}
	return rec, nil
}

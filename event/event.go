// Package event tells an account's other systems what has happened, by webhooks: HTTP requests that
// are signed as Standard Webhooks (standardwebhooks.com) says. An event holds references, never data of a
// person.
//
// # What may be relied on
//
// An event is kept before what it tells of happens, and delivered once that has happened, so a crash
// between the two loses none and makes none up. It is delivered at least once to every webhook there
// was then; all deliveries of an event have one webhook-id. A receiver that does not answer with 2xx is
// tried again, for about 40 hours. Redirects are not followed. Requests go to public addresses only,
// which is decided when a connection is made, by the address that it is made to.
package event

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

var (
	// ErrInvalid says that a webhook cannot be made as asked; the text says why.
	ErrInvalid = errors.New("event: invalid webhook")
	// ErrNotFound says that the account has no such webhook.
	ErrNotFound = errors.New("event: no such webhook")
)

// maxWebhooks bounds the webhooks of an account.
const maxWebhooks = 20

// Webhook is an address of an account's that is told of its events.
type Webhook struct {
	ID          string
	URL         string
	Description string
	Created     time.Time
	CreatedBy   string
	// Delivered is when the last delivery succeeded, Failed when the last one failed and Failure why. Zero: none did.
	Delivered, Failed time.Time
	Failure           string
}

type webhookRecord struct {
	URL         string    `bson:"url"`
	Description string    `bson:"description,omitempty"`
	Secret      []byte    `bson:"secret"` // sealed
	Created     time.Time `bson:"created"`
	CreatedBy   string    `bson:"createdBy"`
	Delivered   time.Time `bson:"delivered,omitempty"`
	Failed      time.Time `bson:"failed,omitempty"`
	Failure     string    `bson:"failure,omitempty"`
}

func webhookSpace(id tenant.ID) storage.Space {
	return storage.Space{Account: id, Collection: storage.Accounts, Part: "webhook"}
}

// Sealer keeps the secrets of webhooks. *vault.Vault is one.
type Sealer interface {
	SealSecret(ctx context.Context, account tenant.ID, what, name string, secret []byte) ([]byte, error)
	OpenSecret(ctx context.Context, account tenant.ID, what, name string, sealed []byte) ([]byte, error)
}

// Options configure a Service.
type Options struct {
	Store   storage.Store
	Tenants *tenant.Registry
	Sealer  Sealer
	Record  auth.Recorder
	// Happened reports whether what an event tells of has happened, by the reference that Add was given.
	Happened func(ctx context.Context, account tenant.ID, reference string) (bool, error)
	Now      func() time.Time
	Log      *slog.Logger
	// Delivered, unless nil, counts attempts to deliver an event, by outcome: "ok", "failed" or "given_up".
	Delivered func(outcome string)
	// Private lets webhooks lead into private networks and to this machine, by plain HTTP too.
	Private bool
}

// Service keeps webhooks and delivers events to them.
type Service struct {
	Options
	client *http.Client
	wake   chan struct{}
}

// New returns a service. It delivers nothing until Run is called.
func New(o Options) *Service {
	if o.Delivered == nil {
		o.Delivered = func(string) {}
	}
	return &Service{Options: o, client: newClient(o.Private), wake: make(chan struct{}, 1)}
}

// Create adds a webhook to p's account, and returns it with the secret by which its receiver knows that
// requests are genuine. The secret cannot be shown again.
func (s *Service) Create(ctx context.Context, p *auth.Principal, address, description string) (Webhook, string, error) {
	if err := p.Check(auth.Account); err != nil {
		return Webhook{}, "", err
	}
	if err := s.check(address); err != nil {
		return Webhook{}, "", err
	}
	if utf8.RuneCountInString(description) > 200 {
		return Webhook{}, "", fmt.Errorf("%w: a description is at most 200 characters", ErrInvalid)
	}
	there, err := s.webhooks(ctx, p.Account)
	if err != nil {
		return Webhook{}, "", err
	}
	if len(there) >= maxWebhooks {
		return Webhook{}, "", fmt.Errorf("%w: an account has at most %d webhooks", ErrInvalid, maxWebhooks)
	}
	id := strings.ToLower(rand.Text()[:16])
	key := make([]byte, 32)
	rand.Read(key)
	secret := "whsec_" + base64.StdEncoding.EncodeToString(key)
	sealed, err := s.Sealer.SealSecret(ctx, p.Account, "webhook", id, []byte(secret))
	if err != nil {
		return Webhook{}, "", fmt.Errorf("event: create webhook: %w", err)
	}
	w := webhookRecord{URL: address, Description: description, Secret: sealed, Created: s.Now().UTC().Truncate(time.Millisecond), CreatedBy: p.Actor}
	r, err := encode(id, w)
	if err != nil {
		return Webhook{}, "", err
	}
	if err := s.note(ctx, p, "CreateWebhook", id); err != nil {
		return Webhook{}, "", err
	}
	if err := s.Store.Insert(ctx, webhookSpace(p.Account), r); err != nil {
		return Webhook{}, "", fmt.Errorf("event: create webhook: %w", err)
	}
	return describe(id, w), secret, nil
}

// check says what is wrong with an address. Where its name leads is looked at when it is used.
func (s *Service) check(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil, u.Host == "", len(address) > 2048, !utf8.ValidString(address):
		return fmt.Errorf("%w: the address is a URL of at most 2,048 bytes", ErrInvalid)
	case u.Scheme != "https" && (u.Scheme != "http" || !s.Private):
		return fmt.Errorf("%w: the address must be https", ErrInvalid)
	case u.User != nil, u.Fragment != "":
		return fmt.Errorf("%w: the address has no user and no fragment; requests are signed", ErrInvalid)
	}
	return nil
}

// List returns the webhooks of p's account, oldest first.
func (s *Service) List(ctx context.Context, p *auth.Principal) ([]Webhook, error) {
	if err := p.Check(auth.Account); err != nil {
		return nil, err
	}
	found, err := s.webhooks(ctx, p.Account)
	if err != nil {
		return nil, err
	}
	list := make([]Webhook, len(found))
	for i, r := range found {
		w, err := decode(r)
		if err != nil {
			return nil, err
		}
		list[i] = describe(r.ID, w)
	}
	slices.SortFunc(list, func(a, b Webhook) int { return a.Created.Compare(b.Created) })
	return list, nil
}

// Delete removes a webhook of p's account. What was not delivered to it will not be.
func (s *Service) Delete(ctx context.Context, p *auth.Principal, id string) error {
	if err := p.Check(auth.Account); err != nil {
		return err
	}
	if _, _, err := s.get(ctx, p.Account, id); err != nil {
		return err
	}
	if err := s.note(ctx, p, "DeleteWebhook", id); err != nil {
		return err
	}
	if err := s.Store.Delete(ctx, webhookSpace(p.Account), id, ""); err != nil && !errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("event: delete webhook: %w", err)
	}
	return nil
}

// Test delivers an event of the type webhook.test now, once, and returns why that failed, or "".
func (s *Service) Test(ctx context.Context, p *auth.Principal, id string) (failure string, err error) {
	if err := p.Check(auth.Account); err != nil {
		return "", err
	}
	r, w, err := s.get(ctx, p.Account, id)
	if err != nil {
		return "", err
	}
	if err := s.note(ctx, p, "TestWebhook", id); err != nil {
		return "", err
	}
	event, err := newID()
	if err != nil {
		return "", err
	}
	body, err := payload("webhook.test", s.Now(), map[string]any{"account": p.Account})
	if err != nil {
		return "", err
	}
	signer, err := s.signer(ctx, p.Account, id, w)
	if err != nil {
		return "", err
	}
	failure = s.send(ctx, signer, w.URL, event, body)
	s.remember(ctx, p.Account, r, w, failure)
	return failure, nil
}

// payload is the body of a request, in the form that Standard Webhooks recommends.
func payload(kind string, at time.Time, data any) ([]byte, error) {
	body, err := json.Marshal(map[string]any{"type": kind, "timestamp": at.UTC().Truncate(time.Millisecond), "data": data})
	if err != nil {
		return nil, fmt.Errorf("event: encode: %w", err)
	}
	return body, nil
}

func (s *Service) note(ctx context.Context, p *auth.Principal, action, webhook string) error {
	_, err := s.Record.Append(ctx, audit.Entry{Account: p.Account, Actor: p.Actor, Action: action, Outcome: audit.Allowed, Details: map[string]string{"webhook": webhook}})
	if err != nil {
		return fmt.Errorf("event: %s: %w", action, err)
	}
	return nil
}

func (s *Service) webhooks(ctx context.Context, id tenant.ID) ([]storage.Record, error) {
	found, err := s.Store.Scan(ctx, webhookSpace(id), storage.Page{Limit: 2 * maxWebhooks})
	if err != nil {
		return nil, fmt.Errorf("event: webhooks: %w", err)
	}
	return found, nil
}

func (s *Service) get(ctx context.Context, account tenant.ID, id string) (storage.Record, webhookRecord, error) {
	if id == "" || len(id) > 64 || strings.Trim(id, "0123456789abcdefghijklmnopqrstuvwxyz") != "" {
		return storage.Record{}, webhookRecord{}, ErrNotFound
	}
	r, err := s.Store.Get(ctx, webhookSpace(account), id)
	if errors.Is(err, storage.ErrNotFound) {
		return r, webhookRecord{}, ErrNotFound
	}
	if err != nil {
		return r, webhookRecord{}, fmt.Errorf("event: webhook: %w", err)
	}
	w, err := decode(r)
	return r, w, err
}

func describe(id string, w webhookRecord) Webhook {
	return Webhook{ID: id, URL: w.URL, Description: w.Description, Created: w.Created.UTC(), CreatedBy: w.CreatedBy,
		Delivered: w.Delivered, Failed: w.Failed, Failure: w.Failure}
}

func encode(id string, w webhookRecord) (storage.Record, error) {
	body, err := bson.Marshal(w)
	if err != nil {
		return storage.Record{}, fmt.Errorf("event: encode webhook: %w", err)
	}
	return storage.Record{ID: id, Rev: rand.Text(), Body: body}, nil
}

func decode(r storage.Record) (webhookRecord, error) {
	var w webhookRecord
	if err := bson.Unmarshal(r.Body, &w); err != nil {
		return w, fmt.Errorf("event: webhook %q cannot be read: %w", r.ID, err)
	}
	return w, nil
}

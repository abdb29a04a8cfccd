// Package tenant keeps the accounts: who there is, and what belongs to the account as a whole.
package tenant

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/hashicorp/golang-lru/v2/expirable"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/storage"
)

// ID names an account: 1 to 63 lower-case letters, digits and hyphens, a letter first, no hyphen last.
type ID = storage.Account

var (
	// ErrNotFound says that there is no such account.
	ErrNotFound = errors.New("tenant: no such account")
	// ErrExists says that the id is taken.
	ErrExists = errors.New("tenant: account exists")
	// ErrSuspended says that the account refuses all requests for now.
	ErrSuspended = errors.New("tenant: account suspended")
	// ErrInvalid says that an account's id or name cannot be used; the text says why.
	ErrInvalid = errors.New("tenant: invalid account")
)

// Account is what the installation knows of a tenant.
type Account struct {
	ID        ID
	Name      string
	Created   time.Time
	Suspended bool
}

// Changes says what Update changes; nil leaves a property as it is.
type Changes struct {
	Name      *string
	Suspended *bool
}

// Registry reads and writes accounts. It remembers what it read for [Staleness].
type Registry struct {
	store storage.Store
	now   func() time.Time
	cache *expirable.LRU[ID, *Account]
}

// Staleness is how long a change made by another process may go unseen.
const Staleness = 2 * time.Second

// accounts is where they are kept: one record each, its id the account's.
var accounts = storage.Space{Account: storage.System, Collection: storage.Accounts}

// New returns a registry over a store.
func New(store storage.Store, now func() time.Time) *Registry {
	return &Registry{store: store, now: now, cache: expirable.NewLRU[ID, *Account](10_000, nil, Staleness)}
}

type record struct {
	Name      string    `bson:"name"`
	Created   time.Time `bson:"created"`
	Suspended bool      `bson:"suspended"`
}

var validID = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// CheckID tells whether an id can be an account's, by an error that wraps ErrInvalid.
func CheckID(id ID) error {
	if !validID.MatchString(string(id)) {
		return fmt.Errorf("%w: an id is 1 to 63 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen", ErrInvalid)
	}
	return nil
}

// Create adds an account. The id must be new.
func (r *Registry) Create(ctx context.Context, id ID, name string) (*Account, error) {
	if err := CheckID(id); err != nil {
		return nil, err
	}
	if name == "" {
		name = string(id)
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	a := &Account{ID: id, Name: name, Created: r.now().UTC().Truncate(time.Millisecond)}
	rec, err := encode(a)
	if err != nil {
		return nil, err
	}
	if err := r.store.Insert(ctx, accounts, rec); errors.Is(err, storage.ErrExists) {
		return nil, ErrExists
	} else if err != nil {
		return nil, fmt.Errorf("tenant: create: %w", err)
	}
	return a, nil
}

// Get returns an account, suspended or not. The caller must not change it.
func (r *Registry) Get(ctx context.Context, id ID) (*Account, error) {
	if a, ok := r.cache.Get(id); ok {
		return a, nil
	}
	a, _, err := r.load(ctx, id)
	if err != nil {
		return nil, err
	}
	r.cache.Add(id, a)
	return a, nil
}

// Active returns an account that may be worked with, or ErrSuspended.
func (r *Registry) Active(ctx context.Context, id ID) (*Account, error) {
	a, err := r.Get(ctx, id)
	if err == nil && a.Suspended {
		return nil, ErrSuspended
	}
	return a, err
}

// List returns accounts in order of id, those behind after, at most limit.
func (r *Registry) List(ctx context.Context, after ID, limit int) ([]*Account, error) {
	recs, err := r.store.Scan(ctx, accounts, storage.Page{After: string(after), Limit: limit})
	if err != nil {
		return nil, fmt.Errorf("tenant: list: %w", err)
	}
	list := make([]*Account, len(recs))
	for i, rec := range recs {
		if list[i], err = decode(rec); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Update changes an account. It starts anew when somebody else changes it meanwhile.
func (r *Registry) Update(ctx context.Context, id ID, c Changes) (*Account, error) {
	if c.Name != nil {
		if err := checkName(*c.Name); err != nil {
			return nil, err
		}
	}
	for {
		a, rev, err := r.load(ctx, id)
		if err != nil {
			return nil, err
		}
		if c.Name != nil {
			a.Name = *c.Name
		}
		if c.Suspended != nil {
			a.Suspended = *c.Suspended
		}
		rec, err := encode(a)
		if err != nil {
			return nil, err
		}
		err = r.store.Replace(ctx, accounts, rec, rev)
		if errors.Is(err, storage.ErrConflict) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("tenant: update: %w", err)
		}
		r.cache.Add(id, a)
		return a, nil
	}
}

func (r *Registry) load(ctx context.Context, id ID) (*Account, string, error) {
	if !validID.MatchString(string(id)) {
		return nil, "", ErrNotFound
	}
	rec, err := r.store.Get(ctx, accounts, string(id))
	if errors.Is(err, storage.ErrNotFound) {
		return nil, "", ErrNotFound
	}
	if err != nil {
		return nil, "", fmt.Errorf("tenant: read: %w", err)
	}
	a, err := decode(rec)
	return a, rec.Rev, err
}

func checkName(name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > 200 || !utf8.ValidString(name) {
		return fmt.Errorf("%w: a name is 1 to 200 characters", ErrInvalid)
	}
	return nil
}

func encode(a *Account) (storage.Record, error) {
	body, err := bson.Marshal(record{Name: a.Name, Created: a.Created, Suspended: a.Suspended})
	if err != nil {
		return storage.Record{}, fmt.Errorf("tenant: encode: %w", err)
	}
	return storage.Record{ID: string(a.ID), Rev: rand.Text(), Body: body}, nil
}

func decode(rec storage.Record) (*Account, error) {
	var v record
	if err := bson.Unmarshal(rec.Body, &v); err != nil {
		return nil, fmt.Errorf("tenant: account record %q cannot be read: %w", rec.ID, err)
	}
	return &Account{ID: ID(rec.ID), Name: v.Name, Created: v.Created.UTC(), Suspended: v.Suspended}, nil
}

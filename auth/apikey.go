package auth

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/hashicorp/golang-lru/v2/expirable"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

// keyPrefix begins every API key, so that secret scanners can tell one.
const keyPrefix = "pg_"

// actorKey begins the names by which records call those who come with an API key.
const actorKey = "key:"

// Staleness is how long a revocation made by another process may go unseen.
const Staleness = 2 * time.Second

// lastUseEvery bounds how often the time of a key's last use is written.
const lastUseEvery = time.Minute

// APIKey describes an API key. The secret is not kept.
type APIKey struct {
	ID        string
	Account   tenant.ID
	Name      string
	Roles     []string
	Subject   string
	Consumer  string // that it is bound to, or empty
	Created   time.Time
	CreatedBy string
	Expires   time.Time // zero: never
	Revoked   time.Time // zero: it is not
	LastUse   time.Time // to the minute; zero: never
}

// NewKey says what key to make.
type NewKey struct {
	Name     string
	Roles    []string
	Subject  string
	Consumer string // the id of one, to bind the key to it
	Expires  time.Time
}

// APIKeys makes, lists, revokes and recognises API keys.
//
// A key is "pg_" + id + "_" + secret. The secret has 256 random bits, so its SHA-256 is kept: a
// slow hash would add nothing against guessing.
type APIKeys struct {
	store    storage.Store
	tenants  *tenant.Registry
	subjects Subjects
	record   Recorder
	now      func() time.Time
	log      *slog.Logger
	cache    *expirable.LRU[[32]byte, *known]
	revoked  atomic.Int64 // counts revocations here
}

// Subjects reports whether an id is that of a profile or prospect which an account has.
type Subjects func(ctx context.Context, account tenant.ID, id string) (bool, error)

// known is a recognised key. It is kept under the hash of the whole token.
type known struct {
	id        string
	principal *Principal
	expires   time.Time
}

func (c *known) ended(now time.Time) bool { return !c.expires.IsZero() && !now.Before(c.expires) }

var credentials = storage.Space{Account: storage.System, Collection: storage.Credentials}

// NewAPIKeys returns the API keys of a store. The record is told of every change before it takes
// effect.
func NewAPIKeys(store storage.Store, tenants *tenant.Registry, subjects Subjects, record Recorder, now func() time.Time, log *slog.Logger) *APIKeys {
	return &APIKeys{store: store, tenants: tenants, subjects: subjects, record: record, now: now, log: log,
		cache: expirable.NewLRU[[32]byte, *known](10_000, nil, Staleness)}
}

type keyRecord struct {
	Name      string    `bson:"name"`
	Hash      []byte    `bson:"hash"`
	Roles     []string  `bson:"roles"`
	Subject   string    `bson:"subject,omitempty"`
	Consumer  string    `bson:"consumer,omitempty"`
	Created   time.Time `bson:"created"`
	CreatedBy string    `bson:"createdBy"`
	Expires   time.Time `bson:"expires,omitempty"`
	Revoked   time.Time `bson:"revoked,omitempty"`
	LastUse   time.Time `bson:"lastUse,omitempty"`
}

// Create makes a key for by's account and returns it with its secret. Nobody can hand out a
// permission that is not theirs, nor confine a key to somebody whom the account does not have.
func (k *APIKeys) Create(ctx context.Context, by *Principal, n NewKey) (APIKey, string, error) {
	if err := by.Check(Account); err != nil {
		return APIKey{}, "", err
	}
	p, err := newPrincipal(by.Account, "", n.Subject, n.Roles)
	if err != nil {
		return APIKey{}, "", err
	}
	if extra := p.permissions &^ by.permissions; extra != 0 {
		return APIKey{}, "", fmt.Errorf("%w: a key cannot have permissions that its maker lacks", ErrDenied)
	}
	if p.Confined() {
		known, err := k.subjects(ctx, by.Account, p.Subject)
		if err != nil {
			return APIKey{}, "", fmt.Errorf("auth: create key: %w", err)
		}
		if !known {
			return APIKey{}, "", ErrNoSubject
		}
	}
	if n.Consumer != "" {
		if err := bindable(ctx, k.store, by.Account, n.Consumer); err != nil {
			return APIKey{}, "", err
		}
		if err := p.bind(n.Consumer); err != nil {
			return APIKey{}, "", err
		}
	}
	made, token, err := k.create(ctx, by.Account, by.Actor, n)
	if err != nil || !p.Confined() {
		return made, token, err
	}
	// An erasure revokes the keys that it finds after the data subject is gone. This one it may not have found.
	known, err := k.subjects(ctx, by.Account, p.Subject)
	if err == nil && !known {
		err = cmp.Or(k.RevokeOf(ctx, by.Account, p.Subject, by.Actor), ErrNoSubject)
	}
	if err != nil {
		return APIKey{}, "", fmt.Errorf("auth: create key: %w", err)
	}
	return made, token, nil
}

// Bootstrap makes the first key of an account, before anybody could ask for it.
func (k *APIKeys) Bootstrap(ctx context.Context, account tenant.ID, by string, n NewKey) (APIKey, string, error) {
	return k.create(ctx, account, by, n)
}

func (k *APIKeys) create(ctx context.Context, account tenant.ID, by string, n NewKey) (APIKey, string, error) {
	if l := utf8.RuneCountInString(n.Name); l < 1 || l > 200 || !utf8.ValidString(n.Name) {
		return APIKey{}, "", fmt.Errorf("%w: a name is 1 to 200 characters", ErrInvalid)
	}
	if len(n.Roles) == 0 {
		return APIKey{}, "", fmt.Errorf("%w: a key needs a role; the roles are %s", ErrInvalid, roleNames())
	}
	if _, err := newPrincipal(account, "", n.Subject, n.Roles); err != nil {
		return APIKey{}, "", err
	}
	now := k.now().UTC().Truncate(time.Millisecond)
	if !n.Expires.IsZero() && !n.Expires.After(now) {
		return APIKey{}, "", fmt.Errorf("%w: the expiry is in the past", ErrInvalid)
	}
	id := strings.ToLower(rand.Text()[:16])
	secret := make([]byte, 32)
	rand.Read(secret)
	token := keyPrefix + id + "_" + base64.RawURLEncoding.EncodeToString(secret)
	hash := sha256.Sum256([]byte(token))
	rec := keyRecord{Name: n.Name, Hash: hash[:], Roles: n.Roles, Subject: n.Subject, Consumer: n.Consumer, Created: now, CreatedBy: by,
		Expires: n.Expires.UTC().Truncate(time.Millisecond)}
	r, err := encodeKey(id, account, rec)
	if err != nil {
		return APIKey{}, "", err
	}
	details := map[string]string{"key": id, "roles": strings.Join(n.Roles, " ")}
	if n.Consumer != "" {
		details["consumer"] = n.Consumer
	}
	if !rec.Expires.IsZero() {
		details["expires"] = rec.Expires.Format(time.RFC3339)
	}
	if err := k.note(ctx, account, by, "CreateApiKey", n.Subject, details); err != nil {
		return APIKey{}, "", err
	}
	if err := k.store.Insert(ctx, credentials, r); err != nil {
		return APIKey{}, "", fmt.Errorf("auth: create key: %w", err)
	}
	return describe(id, account, rec), token, nil
}

// List returns the keys of p's account, revoked and expired ones too, oldest first within 10,000.
func (k *APIKeys) List(ctx context.Context, p *Principal) ([]APIKey, error) {
	if err := p.Check(Account); err != nil {
		return nil, err
	}
	found, err := k.store.Owned(ctx, credentials, []string{string(p.Account)}, storage.Page{Limit: 10_000})
	if err != nil {
		return nil, fmt.Errorf("auth: list keys: %w", err)
	}
	list := make([]APIKey, 0, len(found[0]))
	for _, r := range found[0] {
		rec, err := decodeKey(r)
		if err != nil {
			return nil, err
		}
		list = append(list, describe(r.ID, p.Account, rec))
	}
	slices.SortFunc(list, func(a, b APIKey) int { return a.Created.Compare(b.Created) })
	return list, nil
}

// Revoke ends a key of p's account: here at once, in other processes within [Staleness]. Revoking
// twice changes nothing.
func (k *APIKeys) Revoke(ctx context.Context, p *Principal, id string) (APIKey, error) {
	if err := p.Check(Account); err != nil {
		return APIKey{}, err
	}
	r, err := k.get(ctx, id)
	if err != nil || r.Owner != string(p.Account) {
		return APIKey{}, cmp.Or(err, ErrNotFound)
	}
	rec, err := decodeKey(r)
	if err != nil {
		return APIKey{}, err
	}
	if err := k.note(ctx, p.Account, p.Actor, "RevokeApiKey", rec.Subject, map[string]string{"key": id}); err != nil {
		return APIKey{}, err
	}
	if rec, err = k.revoke(ctx, id, p.Account); err != nil {
		return APIKey{}, err
	}
	return describe(id, p.Account, rec), nil
}

func (k *APIKeys) revoke(ctx context.Context, id string, account tenant.ID) (keyRecord, error) {
	rec, err := k.change(ctx, id, account, func(r *keyRecord) bool {
		if !r.Revoked.IsZero() {
			return false
		}
		r.Revoked = k.now().UTC().Truncate(time.Millisecond)
		return true
	})
	if err != nil {
		return rec, err
	}
	k.revoked.Add(1)
	for _, token := range k.cache.Keys() {
		if c, ok := k.cache.Peek(token); ok && c.id == id {
			k.cache.Remove(token)
		}
	}
	return rec, nil
}

// RevokeOf revokes the keys that are confined to a data subject, in by's name.
func (k *APIKeys) RevokeOf(ctx context.Context, account tenant.ID, subject, by string) error {
	for page := (storage.Page{Limit: 500}); ; {
		found, err := k.store.Owned(ctx, credentials, []string{string(account)}, page)
		if err != nil {
			return fmt.Errorf("auth: revoke keys: %w", err)
		}
		for _, r := range found[0] {
			page.After = r.ID
			rec, err := decodeKey(r)
			if err != nil {
				return err
			}
			if rec.Subject != subject || !rec.Revoked.IsZero() {
				continue
			}
			if err := k.note(ctx, account, by, "RevokeApiKey", subject, map[string]string{"key": r.ID}); err != nil {
				return err
			}
			if _, err := k.revoke(ctx, r.ID, account); err != nil {
				return err
			}
		}
		if len(found[0]) < 500 {
			return nil
		}
	}
}

// note writes to the record what is about to happen to a key, and whose data it opens.
func (k *APIKeys) note(ctx context.Context, account tenant.ID, by, action, subject string, details map[string]string) error {
	_, err := k.record.Append(ctx, audit.Entry{Account: account, Actor: by, Action: action, Outcome: audit.Allowed, Subject: subject, Details: details})
	if err != nil {
		return fmt.Errorf("auth: %s: %w", action, err)
	}
	return nil
}

// change rewrites a key's record until nobody interferes; edit reports whether there is a change.
func (k *APIKeys) change(ctx context.Context, id string, account tenant.ID, edit func(*keyRecord) bool) (keyRecord, error) {
	for {
		r, err := k.get(ctx, id)
		if err != nil {
			return keyRecord{}, err
		}
		if r.Owner != string(account) {
			return keyRecord{}, ErrNotFound
		}
		rec, err := decodeKey(r)
		if err != nil || !edit(&rec) {
			return rec, err
		}
		next, err := encodeKey(id, account, rec)
		if err != nil {
			return rec, err
		}
		switch err := k.store.Replace(ctx, credentials, next, r.Rev); {
		case errors.Is(err, storage.ErrConflict):
		case err != nil:
			return rec, fmt.Errorf("auth: change key: %w", err)
		default:
			return rec, nil
		}
	}
}

// Authenticate recognises an API key.
func (k *APIKeys) Authenticate(ctx context.Context, token string) (*Principal, error) {
	hash := sha256.Sum256(append(make([]byte, 0, 128), token...)) // of that size it needs no heap
	c, ok := k.cache.Get(hash)
	if !ok {
		before := k.revoked.Load()
		var err error
		if c, err = k.recognise(ctx, token, hash); err != nil {
			return nil, err
		}
		k.cache.Add(hash, c)
		if k.revoked.Load() != before { // perhaps of this key, after it was read
			k.cache.Remove(hash)
		}
	}
	if c.ended(k.now()) {
		return nil, ErrUnauthenticated
	}
	if _, err := k.tenants.Active(ctx, c.principal.Account); err != nil {
		return nil, err
	}
	return c.principal, nil
}

func (k *APIKeys) recognise(ctx context.Context, token string, hash [32]byte) (*known, error) {
	return k.holder(ctx, keyID(token), func(rec keyRecord) bool { return subtle.ConstantTimeCompare(rec.Hash, hash[:]) == 1 })
}

// keyID returns the part of a key that may be shown, or "".
func keyID(token string) string {
	rest, ok := strings.CutPrefix(token, keyPrefix)
	id, _, parted := strings.Cut(rest, "_")
	if !ok || !parted || len(id) != 16 {
		return ""
	}
	return id
}

// holder returns whom a key speaks for, if it is not revoked and proven takes it for the one that
// was shown. It may have expired.
func (k *APIKeys) holder(ctx context.Context, id string, proven func(keyRecord) bool) (*known, error) {
	r, err := k.get(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil, ErrUnauthenticated
	}
	if err != nil {
		return nil, err
	}
	rec, err := decodeKey(r)
	if err != nil {
		return nil, err
	}
	if !proven(rec) || !rec.Revoked.IsZero() {
		return nil, ErrUnauthenticated
	}
	p, err := newPrincipal(tenant.ID(r.Owner), actorKey+id, rec.Subject, rec.Roles)
	if err == nil {
		err = p.bind(rec.Consumer)
	}
	if err != nil {
		return nil, err
	}
	k.used(ctx, id, p.Account, rec)
	return &known{id: id, principal: p, expires: rec.Expires}, nil
}

// used notes that a key was used. Failing to is logged and no reason to refuse the request.
func (k *APIKeys) used(ctx context.Context, id string, account tenant.ID, rec keyRecord) {
	now := k.now().UTC().Truncate(time.Minute)
	if now.Sub(rec.LastUse) < lastUseEvery {
		return
	}
	_, err := k.change(ctx, id, account, func(r *keyRecord) bool {
		changed := now.After(r.LastUse)
		r.LastUse = now
		return changed
	})
	if err != nil {
		k.log.WarnContext(ctx, "last use of a key not written", "key", id, "error", err)
	}
}

func (k *APIKeys) get(ctx context.Context, id string) (storage.Record, error) {
	for _, c := range []byte(id) {
		if c < '0' || c > 'z' {
			return storage.Record{}, ErrNotFound
		}
	}
	if id == "" || len(id) > 64 {
		return storage.Record{}, ErrNotFound
	}
	r, err := k.store.Get(ctx, credentials, id)
	if errors.Is(err, storage.ErrNotFound) {
		return storage.Record{}, ErrNotFound
	}
	if err != nil {
		return storage.Record{}, fmt.Errorf("auth: read key: %w", err)
	}
	return r, nil
}

func describe(id string, account tenant.ID, r keyRecord) APIKey {
	return APIKey{ID: id, Account: account, Name: r.Name, Roles: r.Roles, Subject: r.Subject, Consumer: r.Consumer, Created: r.Created.UTC(),
		CreatedBy: r.CreatedBy, Expires: r.Expires, Revoked: r.Revoked, LastUse: r.LastUse}
}

func encodeKey(id string, account tenant.ID, rec keyRecord) (storage.Record, error) {
	body, err := bson.Marshal(rec)
	if err != nil {
		return storage.Record{}, fmt.Errorf("auth: encode key: %w", err)
	}
	return storage.Record{ID: id, Rev: rand.Text(), Owner: string(account), Body: body}, nil
}

func decodeKey(r storage.Record) (keyRecord, error) {
	var rec keyRecord
	if err := bson.Unmarshal(r.Body, &rec); err != nil {
		return rec, fmt.Errorf("auth: key record %q cannot be read: %w", r.ID, err)
	}
	return rec, nil
}

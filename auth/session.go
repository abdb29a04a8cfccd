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
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

// sessionLife is how long a session lasts, however busy it is.
const sessionLife = 12 * time.Hour

// How many refused sign-ins of one account go on its record in a row, and how often one more does.
const (
	refusalBurst = 20
	refusalEvery = 10 * time.Second
)

// ErrTooManySignIns says that too many sign-ins to an account were refused just now. Whoever has a
// good credential still gets in.
var ErrTooManySignIns = errors.New("auth: too many sign-ins were refused")

// Session is somebody signed in with a browser.
type Session struct {
	ID      string
	Actor   string
	Roles   []string
	Subject string
	// Issuer is the identity provider that was signed in with; empty: an API key was.
	Issuer  string
	Created time.Time
	LastUse time.Time // to the minute
	Expires time.Time // unless it is used before
	Current bool      // whether whoever asks for it speaks in it
}

// Sessions lets people work with a browser, which must not hold an API key: they sign in with one, or
// with an identity provider, and get the token of a session instead. A session stands for what it
// was made with. It can do no more, and ends with it.
//
// A token is id + "." + secret; like that of an API key, its SHA-256 is kept. Sessions are read anew for
// every request: people are few and slow, and what ends a session ends it everywhere at once.
type Sessions struct {
	store   storage.Store
	keys    *APIKeys
	jwts    *JWTs
	tenants *tenant.Registry
	record  Recorder
	idle    time.Duration
	now     func() time.Time
	log     *slog.Logger
	refused limits[tenant.ID]
}

var _ Authenticator = (*Sessions)(nil)

// NewSessions returns the sessions of a store. One that is not used for the time of idle ends.
// jwts may be nil.
func NewSessions(keys *APIKeys, jwts *JWTs, idle time.Duration) (*Sessions, error) {
	if jwts == nil {
		jwts = &JWTs{}
	}
	for _, p := range jwts.providers {
		if p.Console == nil {
			continue
		}
		if _, err := p.Console.secret(); err != nil {
			return nil, err
		}
	}
	return &Sessions{store: keys.store, keys: keys, jwts: jwts, tenants: keys.tenants, record: keys.record, idle: idle, now: keys.now, log: keys.log,
		refused: newLimits[tenant.ID](refusalEvery, refusalBurst)}, nil
}

type sessionRecord struct {
	Hash    []byte    `bson:"hash"`
	Key     string    `bson:"key,omitempty"`    // id of the API key that it stands for
	Issuer  string    `bson:"issuer,omitempty"` // or the provider whose token said who it is:
	Actor   string    `bson:"actor,omitempty"`
	Roles   []string  `bson:"roles,omitempty"`
	Subject string    `bson:"subject,omitempty"`
	Created time.Time `bson:"created"`
	LastUse time.Time `bson:"lastUse"`
}

var sessions = storage.Space{Account: storage.System, Collection: storage.Credentials, Part: "session"}

// SignIn begins a session that stands for an API key, and returns its token.
func (s *Sessions) SignIn(ctx context.Context, key string) (string, error) {
	if !strings.HasPrefix(key, keyPrefix) {
		return "", ErrUnauthenticated
	}
	p, err := s.keys.Authenticate(ctx, key)
	switch {
	case errors.Is(err, ErrUnauthenticated), errors.Is(err, tenant.ErrSuspended):
		// A key that nobody has concerns no account.
		if r, e := s.keys.get(ctx, keyID(key)); e == nil {
			return "", s.refuse(ctx, tenant.ID(r.Owner), actorKey+r.ID, err)
		}
		return "", err
	case err != nil:
		return "", err
	}
	return s.begin(ctx, p, sessionRecord{Key: keyID(key)})
}

// refuse puts a refused sign-in on the account's record, and returns why it was refused. Anybody can
// be refused as often as they like; the record does not grow with it.
func (s *Sessions) refuse(ctx context.Context, account tenant.ID, actor string, why error) error {
	if !s.refused.allow(account, s.now(), 1) {
		return ErrTooManySignIns
	}
	_, err := s.record.Append(ctx, audit.Entry{Account: account, Actor: actor, Action: "SignIn", Outcome: audit.Denied})
	if err != nil {
		return fmt.Errorf("auth: sign in: %w", err)
	}
	return why
}

// begin makes a session and returns its token.
func (s *Sessions) begin(ctx context.Context, p *Principal, rec sessionRecord) (string, error) {
	if p.Consumer != "" {
		return "", s.refuse(ctx, p.Account, p.Actor, fmt.Errorf("%w: a consumer's credential is for a program", ErrDenied))
	}
	id := strings.ToLower(rand.Text()[:16])
	secret := make([]byte, 32)
	rand.Read(secret)
	token := id + "." + base64.RawURLEncoding.EncodeToString(secret)
	hash := sha256.Sum256([]byte(token))
	rec.Hash, rec.Created = hash[:], s.now().UTC().Truncate(time.Millisecond)
	rec.LastUse = rec.Created
	r, err := s.encode(id, p.Account, rec)
	if err != nil {
		return "", err
	}
	details := map[string]string{"session": id}
	if rec.Issuer != "" {
		details["issuer"] = rec.Issuer
	}
	if err := note(ctx, s.record, p.Account, p.Actor, "SignIn", details); err != nil {
		return "", err
	}
	if err := s.store.Insert(ctx, sessions, r); err != nil {
		return "", fmt.Errorf("auth: sign in: %w", err)
	}
	return token, nil
}

// Authenticate recognises the token of a session. That it is used puts off its end.
func (s *Sessions) Authenticate(ctx context.Context, token string) (*Principal, error) {
	r, rec, err := s.find(ctx, token)
	if err != nil {
		return nil, err
	}
	p, err := s.principal(ctx, r, rec)
	if err != nil {
		return nil, err
	}
	now := s.now().UTC().Truncate(time.Millisecond)
	if now.Sub(rec.LastUse) >= min(lastUseEvery, s.idle/10) {
		rec.LastUse = now
		next, err := s.encode(r.ID, p.Account, rec)
		if err != nil {
			return nil, err
		}
		// Another request may have put it off, or ended it, at the same moment.
		err = s.store.Replace(ctx, sessions, next, r.Rev)
		if err != nil && !errors.Is(err, storage.ErrConflict) && !errors.Is(err, storage.ErrNotFound) {
			s.log.WarnContext(ctx, "use of a session not written", "session", r.ID, "error", err)
		}
	}
	return p, nil
}

// Look returns whose session a token is, and what is known of it, without putting off its end.
func (s *Sessions) Look(ctx context.Context, token string) (*Principal, Session, error) {
	r, rec, err := s.find(ctx, token)
	if err != nil {
		return nil, Session{}, err
	}
	p, err := s.principal(ctx, r, rec)
	if err != nil {
		return nil, Session{}, err
	}
	return p, describeSession(r, rec, p), nil
}

// find returns the session of a token. A store that finds it says that it has not expired.
func (s *Sessions) find(ctx context.Context, token string) (storage.Record, sessionRecord, error) {
	id, _, ok := strings.Cut(token, ".")
	if !ok || !isID(id) {
		return storage.Record{}, sessionRecord{}, ErrUnauthenticated
	}
	r, rec, err := s.get(ctx, id)
	if errors.Is(err, ErrNotFound) {
		err = ErrUnauthenticated
	}
	if err != nil {
		return r, rec, err
	}
	hash := sha256.Sum256([]byte(token))
	if subtle.ConstantTimeCompare(rec.Hash, hash[:]) != 1 {
		return r, rec, ErrUnauthenticated
	}
	return r, rec, nil
}

func (s *Sessions) get(ctx context.Context, id string) (storage.Record, sessionRecord, error) {
	var rec sessionRecord
	r, err := s.store.Get(ctx, sessions, id)
	if errors.Is(err, storage.ErrNotFound) {
		return r, rec, ErrNotFound
	}
	if err != nil {
		return r, rec, fmt.Errorf("auth: read session: %w", err)
	}
	if err := bson.Unmarshal(r.Body, &rec); err != nil {
		return r, rec, fmt.Errorf("auth: session %q cannot be read: %w", id, err)
	}
	return r, rec, nil
}

// principal returns whom a session speaks for now: its key may have ended, its account may be suspended.
func (s *Sessions) principal(ctx context.Context, r storage.Record, rec sessionRecord) (*Principal, error) {
	holder, err := s.holder(ctx, r, rec)
	if err != nil {
		return nil, err
	}
	p := *holder // a key's is shared
	p.Session = r.ID
	switch _, err := s.tenants.Active(ctx, p.Account); {
	case errors.Is(err, tenant.ErrNotFound):
		return nil, ErrUnauthenticated
	case err != nil:
		return nil, err
	}
	return &p, nil
}

func (s *Sessions) holder(ctx context.Context, r storage.Record, rec sessionRecord) (*Principal, error) {
	if rec.Key == "" {
		return newPrincipal(tenant.ID(r.Owner), rec.Actor, rec.Subject, rec.Roles)
	}
	k, err := s.keys.holder(ctx, rec.Key, func(keyRecord) bool { return true }) // it was, at sign-in
	if err == nil && k.ended(s.now()) {
		err = ErrUnauthenticated
	}
	if err != nil {
		return nil, err
	}
	return k.principal, nil
}

// SignOut ends the session of a token.
func (s *Sessions) SignOut(ctx context.Context, token string) error {
	r, rec, err := s.find(ctx, token)
	if err != nil {
		return err
	}
	actor := rec.Actor
	if rec.Key != "" {
		actor = actorKey + rec.Key
	}
	return s.end(ctx, tenant.ID(r.Owner), actor, r.ID)
}

// List returns the sessions of p's account that have not ended, oldest first within 10,000.
func (s *Sessions) List(ctx context.Context, p *Principal) ([]Session, error) {
	if err := p.Check(Account); err != nil {
		return nil, err
	}
	found, err := s.store.Owned(ctx, sessions, []string{string(p.Account)}, storage.Page{Limit: 10_000})
	if err != nil {
		return nil, fmt.Errorf("auth: list sessions: %w", err)
	}
	list := make([]Session, 0, len(found[0]))
	for _, r := range found[0] {
		var rec sessionRecord
		if err := bson.Unmarshal(r.Body, &rec); err != nil {
			return nil, fmt.Errorf("auth: session %q cannot be read: %w", r.ID, err)
		}
		holder, err := s.holder(ctx, r, rec)
		if errors.Is(err, ErrUnauthenticated) { // it ended with its key
			continue
		}
		if err != nil {
			return nil, err
		}
		one := describeSession(r, rec, holder)
		one.Current = r.ID == p.Session
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b Session) int { return a.Created.Compare(b.Created) })
	return list, nil
}

// End ends a session of p's account.
func (s *Sessions) End(ctx context.Context, p *Principal, id string) error {
	if err := p.Check(Account); err != nil {
		return err
	}
	if !isID(id) {
		return ErrNotFound
	}
	if r, _, err := s.get(ctx, id); err != nil || r.Owner != string(p.Account) {
		return cmp.Or(err, ErrNotFound)
	}
	return s.end(ctx, p.Account, p.Actor, id)
}

func (s *Sessions) end(ctx context.Context, account tenant.ID, by, id string) error {
	if err := note(ctx, s.record, account, by, "SignOut", map[string]string{"session": id}); err != nil {
		return err
	}
	if err := s.store.Delete(ctx, sessions, id, ""); err != nil && !errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("auth: end session: %w", err)
	}
	return nil
}

// endAll ends the sessions of an account that was suspended just now, so that none can begin.
func (s *Sessions) endAll(ctx context.Context, account tenant.ID) error {
	for {
		found, err := s.store.Owned(ctx, sessions, []string{string(account)}, storage.Page{Limit: 1_000})
		if err != nil {
			return fmt.Errorf("auth: end sessions: %w", err)
		}
		for _, r := range found[0] {
			if err := s.store.Delete(ctx, sessions, r.ID, ""); err != nil && !errors.Is(err, storage.ErrNotFound) {
				return fmt.Errorf("auth: end sessions: %w", err)
			}
		}
		if len(found[0]) < 1_000 {
			return nil
		}
	}
}

func describeSession(r storage.Record, rec sessionRecord, p *Principal) Session {
	return Session{ID: r.ID, Actor: p.Actor, Roles: p.Roles, Subject: p.Subject, Issuer: rec.Issuer,
		Created: rec.Created.UTC(), LastUse: rec.LastUse.UTC(), Expires: r.Expires.UTC()}
}

func (s *Sessions) encode(id string, account tenant.ID, rec sessionRecord) (storage.Record, error) {
	body, err := bson.Marshal(rec)
	if err != nil {
		return storage.Record{}, fmt.Errorf("auth: encode session: %w", err)
	}
	expires := rec.LastUse.Add(s.idle)
	if last := rec.Created.Add(sessionLife); last.Before(expires) {
		expires = last
	}
	return storage.Record{ID: id, Rev: rand.Text(), Owner: string(account), Expires: expires, Body: body}, nil
}

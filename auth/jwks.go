package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/MicahParks/keyfunc/v3"
)

// How often the keys of a provider are read. A reading may take readTimeout; the requests that
// need it wait for it, and while the provider is down all others are refused without waiting.
const (
	readTimeout = 4 * time.Second
	readEvery   = 10 * time.Minute
	readPause   = 5 * time.Second // between two readings, whatever asks for the second
)

// keySource reads the keys of an identity provider: when they are first needed, when they have
// grown old, and when a token names a key that is not among them. Those that it has stay good while
// the provider is down.
type keySource struct {
	ctx     context.Context // ends readings
	issuer  string
	jwksURL string // empty: found by discovery
	client  *http.Client
	now     func() time.Time
	log     *slog.Logger

	mu      sync.Mutex
	keys    *keySet       // the newest; nil: never read
	next    time.Time     // no reading before
	reading chan struct{} // closed when the reading under way has ended; nil: there is none

	self     discovered // what the provider says of itself; zero: not known
	selfNext time.Time  // not asked for before
}

// keySet is a provider's keys at one time.
type keySet struct {
	keyfunc.Keyfunc
	read time.Time
}

// newer returns the provider's keys: any if old is nil, else others than old. It returns old if
// there are none, and fails with ErrUnavailable if there never were.
func (k *keySource) newer(ctx context.Context, old *keySet) (*keySet, error) {
	keys, reading := k.ask(old)
	if keys == old && reading != nil {
		select {
		case <-reading:
			keys, _ = k.ask(keys)
		case <-ctx.Done():
			return nil, ErrUnavailable
		}
	}
	if keys == nil {
		return nil, ErrUnavailable
	}
	return keys, nil
}

// ask returns the newest keys, and what ends with the reading under way. It begins one if it is time.
func (k *keySource) ask(old *keySet) (*keySet, <-chan struct{}) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	wanted := k.keys == old || now.Sub(k.keys.read) > readEvery
	if wanted && k.reading == nil && !now.Before(k.next) {
		k.reading = make(chan struct{})
		go k.read()
	}
	return k.keys, k.reading
}

// read reads the keys anew.
func (k *keySource) read() {
	ctx, cancel := context.WithTimeout(k.ctx, readTimeout)
	defer cancel()
	keys, err := k.fetch(ctx)
	if err != nil {
		k.log.ErrorContext(ctx, "keys of identity provider not read", "issuer", k.issuer, "error", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if err == nil {
		k.keys = &keySet{keys, now}
	}
	k.next = now.Add(readPause)
	close(k.reading)
	k.reading = nil
}

func (k *keySource) fetch(ctx context.Context) (keyfunc.Keyfunc, error) {
	at := k.jwksURL
	if at == "" {
		doc, err := k.discover(ctx)
		if err != nil {
			return nil, err
		}
		if !secure(doc.JWKSURI) {
			return nil, errors.New("discovery: the document names no https address of keys")
		}
		at = doc.JWKSURI
	}
	text, err := k.get(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("key set: %w", err)
	}
	keys, err := keyfunc.NewJWKSetJSON(text)
	if err != nil {
		return nil, fmt.Errorf("key set: %w", err)
	}
	return keys, nil
}

// discovered is what a provider says of itself (OpenID Connect Discovery 1.0, section 4).
type discovered struct {
	Issuer                string `json:"issuer"`
	JWKSURI               string `json:"jwks_uri"`
	AuthorizationEndpoint string `json:"authorization_endpoint"`
	TokenEndpoint         string `json:"token_endpoint"`
}

// endpoints returns what the provider says of itself, from where people sign in. It is remembered as
// long as keys are, and so is, for a moment, that the provider cannot be reached.
func (k *keySource) endpoints(ctx context.Context) (discovered, error) {
	k.mu.Lock()
	known, fresh := k.self, k.now().Before(k.selfNext)
	k.mu.Unlock()
	if fresh && known.Issuer == "" {
		return known, errors.New("discovery: failed a moment ago")
	}
	if fresh {
		return known, nil
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	doc, err := k.discover(ctx)
	if err == nil && (!secure(doc.AuthorizationEndpoint) || !secure(doc.TokenEndpoint)) {
		err = errors.New("discovery: the document names no https addresses to sign in at")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		k.selfNext = k.now().Add(readPause)
		return discovered{}, err
	}
	k.self, k.selfNext = doc, k.now().Add(readEvery)
	return doc, nil
}

func (k *keySource) discover(ctx context.Context) (discovered, error) {
	var doc discovered
	text, err := k.get(ctx, strings.TrimSuffix(k.issuer, "/")+"/.well-known/openid-configuration")
	if err != nil {
		return doc, fmt.Errorf("discovery: %w", err)
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return doc, fmt.Errorf("discovery: %w", err)
	}
	if doc.Issuer != k.issuer {
		return doc, errors.New("discovery: the document is for another issuer")
	}
	return doc, nil
}

func (k *keySource) get(ctx context.Context, at string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil, err
	}
	res, err := k.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the provider answered %s", res.Status)
	}
	return io.ReadAll(io.LimitReader(res.Body, 1<<20))
}

package vault

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/tink-crypto/tink-go/v2/daead/subtle"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

// system is the account whose key the installation itself uses.
const system = storage.System

const (
	keySize = 32
	// maxAccounts bounds how many accounts' keys are held, maxIndexes how many look-up fields'.
	maxAccounts = 10_000
	maxIndexes  = 10_000
	// maxConsumers bounds how many consumers' keys are held.
	maxConsumers = 10_000
	// retryAfter is for how long a KMS that failed is not asked again for the same account, so that
	// requests for a dark account fail at once instead of queueing up.
	retryAfter = time.Second
)

// errNoKey says that the key store has no such key.
var errNoKey = fmt.Errorf("%w: not in the key store", ErrKeyUnavailable)

// errAccount says that it is the account's own key that cannot be had.
var errAccount = errors.New("account key")

// errUnder says that a key is wrapped under an account key that is gone or not yet known here.
var errUnder = fmt.Errorf("%w: wrapped under an unknown account key", ErrCorrupt)

// ring holds the usable versions of one key. A new value is made by the primary one, an old one is
// read by whichever made it.
type ring[T any] struct {
	versions []version[T] // oldest first; the last is the primary one
	*hold
}

// hold is for how long a key may be used. It outlives the key where masks are remembered that were
// made with it.
type hold struct {
	until time.Time   // when the key must be asked for anew
	ended atomic.Bool // it was dropped before
}

// end says that a key is not held any more. There is none where the KMS failed.
func (r *ring[T]) end() {
	if r != nil {
		r.ended.Store(true)
	}
}

type version[T any] struct {
	number uint32
	key    T
}

func (r *ring[T]) primary() version[T] { return r.versions[len(r.versions)-1] }

func (r *ring[T]) find(number uint32) (key T, ok bool) {
	for i := len(r.versions) - 1; i >= 0; i-- {
		if r.versions[i].number == number {
			return r.versions[i].key, true
		}
	}
	return key, false
}

// hierarchy finds keys and makes them: account keys under a KEK of the KMS, all others under the
// key of their account. Raw keys are wiped as soon as a cipher or a hash is made of them; those
// keep their own copies, which Go gives no means to wipe.
type hierarchy struct {
	Config
	accounts  *cache[*ring[cipher.AEAD]]
	subjects  *cache[*ring[cipher.AEAD]]
	indexes   *cache[*ring[*mac]]
	consumers *cache[*ring[*subtle.AESSIV]]
}

func newHierarchy(c Config) *hierarchy {
	h := &hierarchy{Config: c}
	h.accounts = newCache(maxAccounts, c.Now, h.loadAccount, (*ring[cipher.AEAD]).end)
	h.subjects = newCache(c.Subjects, c.Now, loader(h, newCipher), (*ring[cipher.AEAD]).end)
	h.indexes = newCache(maxIndexes, c.Now, loader(h, newMAC), (*ring[*mac]).end)
	h.consumers = newCache(maxConsumers, c.Now, loader(h, newSIV), (*ring[*subtle.AESSIV]).end)
	return h
}

// account returns an account's key; create makes it where there is none.
func (h *hierarchy) account(ctx context.Context, id tenant.ID, create bool) (*ring[cipher.AEAD], error) {
	return demand(ctx, h, h.accounts, keyName{account: id, kind: accountKey}, create)
}

// subject returns the key of a data subject.
func (h *hierarchy) subject(ctx context.Context, account tenant.ID, id string, create bool) (*ring[cipher.AEAD], error) {
	return demand(ctx, h, h.subjects, keyName{account: account, kind: subjectKey, id: id}, create)
}

// index returns the key under which the values of a look-up field are hashed.
func (h *hierarchy) index(ctx context.Context, account tenant.ID, entity, property string) (*ring[*mac], error) {
	return demand(ctx, h, h.indexes, keyName{account: account, kind: indexKey, entity: entity, id: property}, true)
}

func demand[T any](ctx context.Context, h *hierarchy, c *cache[T], n keyName, create bool) (T, error) {
	key, err := c.get(ctx, n)
	if !create || !errors.Is(err, errNoKey) {
		return key, err
	}
	if err := h.create(ctx, n); err != nil {
		var none T
		return none, err
	}
	// The load that is joined may have begun before the key was there, and so may the one of the key
	// above it. When such a load has ended the next one begins after, so each costs one attempt.
	for range 3 {
		if key, err = c.get(ctx, n); !errors.Is(err, errNoKey) {
			break
		}
	}
	return key, err
}

// create stores a new key, unless somebody else was faster. That of a data subject's texts comes with
// that of its documents, or the first disclosure would have another durable write to wait for.
func (h *hierarchy) create(ctx context.Context, n keyName) error {
	if h.Keys == nil {
		return errNoStore
	}
	names := []keyName{n}
	if n.kind == subjectKey {
		names = append(names, keyName{account: n.account, kind: textKey, id: n.id})
	}
	records := make([]StoredKey, len(names))
	for i, n := range names {
		r := keyRecord{}
		switch n.kind {
		case accountKey:
			r.KEK = defaultKEK(n.account)
		case indexKey:
			r.Entity, r.Property = n.entity, n.id
		}
		err := h.extend(ctx, n, &r)
		if err != nil {
			return err
		}
		if records[i], err = n.stored(r); err != nil {
			return err
		}
	}
	if err := h.Keys.Create(ctx, n.account, records); err != nil {
		return unavailable(err)
	}
	return nil
}

// extend adds a new version to a key, which becomes the primary one.
func (h *hierarchy) extend(ctx context.Context, n keyName, r *keyRecord) error {
	key := make([]byte, keySize)
	defer clear(key)
	rand.Read(key)
	number := uint32(1)
	if last := len(r.Versions) - 1; last >= 0 {
		number = r.Versions[last].Number + 1
	}
	w := wrappedKey{Number: number, Created: h.Now().UTC().Truncate(time.Millisecond)}
	if err := h.wrap(ctx, n, r.KEK, &w, key); err != nil {
		return err
	}
	r.Versions = append(slices.Clone(r.Versions), w)
	return nil
}

// wrap wraps a key under what is above it in the hierarchy.
func (h *hierarchy) wrap(ctx context.Context, n keyName, kek string, w *wrappedKey, key []byte) error {
	aad := n.aad(w.Number)
	if n.kind == accountKey {
		if h.KMS == nil {
			return fmt.Errorf("%w: there is no KMS", ErrKeyUnavailable)
		}
		wrapped, err := h.KMS.Wrap(ctx, kek, key, aad)
		if err != nil {
			return unavailable(err)
		}
		w.Wrapped, w.KEKVersion = wrapped, h.kekVersion(wrapped)
		return nil
	}
	above, err := h.account(ctx, n.account, true)
	if err != nil {
		return err
	}
	p := above.primary()
	w.Under, w.Wrapped = p.number, p.key.Seal(nil, nil, key, aad)
	return nil
}

// unwrap undoes wrap. The caller wipes the key.
func (h *hierarchy) unwrap(ctx context.Context, n keyName, kek string, w wrappedKey, above *ring[cipher.AEAD]) ([]byte, error) {
	var key []byte
	var err error
	if n.kind == accountKey {
		if h.KMS == nil {
			return nil, fmt.Errorf("%w: there is no KMS", ErrKeyUnavailable)
		}
		if key, err = h.KMS.Unwrap(ctx, kek, w.Wrapped, n.aad(w.Number)); err != nil {
			return nil, unavailable(err)
		}
	} else {
		with, ok := above.find(w.Under)
		if !ok {
			return nil, errUnder
		}
		if key, err = with.Open(nil, nil, w.Wrapped, n.aad(w.Number)); err != nil {
			return nil, fmt.Errorf("%w: the wrapped key does not open", ErrCorrupt)
		}
	}
	if len(key) != keySize {
		clear(key)
		return nil, fmt.Errorf("%w: the wrapped key has the wrong length", ErrCorrupt)
	}
	return key, nil
}

// unavailable makes ErrKeyUnavailable of an error that says neither that nor ErrCorrupt.
func unavailable(err error) error {
	if errors.Is(err, ErrKeyUnavailable) || errors.Is(err, ErrCorrupt) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrKeyUnavailable, err)
}

func (h *hierarchy) kekVersion(wrapped []byte) string {
	if v, ok := h.KMS.(interface{ KeyVersion(wrapped []byte) string }); ok {
		return v.KeyVersion(wrapped)
	}
	return ""
}

// loadAccount asks the KMS for an account's key. The time counts from before the question, so
// that an answer that took long is not good for longer.
func (h *hierarchy) loadAccount(ctx context.Context, n keyName) (*ring[cipher.AEAD], time.Time, error) {
	asked := h.Now()
	keys, err := unwrapAll(ctx, h, n, nil, newCipher)
	if err != nil {
		if errors.Is(err, ErrKeyUnavailable) && !errors.Is(err, errNoKey) {
			return nil, asked.Add(retryAfter), err
		}
		return nil, time.Time{}, err
	}
	keys.until = asked.Add(h.KeyTTL)
	return keys, keys.until, nil
}

// loader returns what loads keys that are wrapped under their account's. They are held no longer
// than that one, or a withdrawn KEK would take twice as long to show.
func loader[T any](h *hierarchy, use func(key []byte) (T, error)) func(context.Context, keyName) (*ring[T], time.Time, error) {
	return func(ctx context.Context, n keyName) (*ring[T], time.Time, error) {
		above, err := h.account(ctx, n.account, false)
		if err != nil {
			return nil, time.Time{}, fmt.Errorf("%w: %w", errAccount, err)
		}
		keys, err := unwrapAll(ctx, h, n, above, use)
		if errors.Is(err, errUnder) { // another process may have rotated the account's key
			h.accounts.drop(keyName{account: n.account, kind: accountKey})
			if above, err = h.account(ctx, n.account, false); err != nil {
				return nil, time.Time{}, fmt.Errorf("%w: %w", errAccount, err)
			}
			keys, err = unwrapAll(ctx, h, n, above, use)
		}
		if errors.Is(err, errNoKey) {
			err = fmt.Errorf("%w: %w", ErrKeyLost, err)
		}
		if err != nil {
			return nil, time.Time{}, err
		}
		keys.until = above.until
		return keys, keys.until, nil
	}
}

func unwrapAll[T any](ctx context.Context, h *hierarchy, n keyName, above *ring[cipher.AEAD], use func(key []byte) (T, error)) (*ring[T], error) {
	r, _, err := h.read(ctx, n)
	if err != nil {
		return nil, err
	}
	if r.Destroyed {
		return nil, ErrShredded
	}
	if len(r.Versions) == 0 {
		return nil, fmt.Errorf("%w: a key without versions", ErrCorrupt)
	}
	keys := &ring[T]{versions: make([]version[T], len(r.Versions)), hold: new(hold)}
	for i, w := range r.Versions {
		raw, err := h.unwrap(ctx, n, r.KEK, w, above)
		if err != nil {
			return nil, err
		}
		key, err := use(raw)
		clear(raw)
		if err != nil {
			return nil, err
		}
		keys.versions[i] = version[T]{w.Number, key}
	}
	return keys, nil
}

// destroy shreds keys.
func (h *hierarchy) destroy(ctx context.Context, names ...keyName) error {
	for _, n := range names {
		if err := h.entomb(ctx, n); err != nil {
			return err
		}
	}
	return h.scrub(ctx) // also when they were destroyed already: that may have been cut short here
}

// entomb puts a tombstone in the place of a key, of one too that there never was.
func (h *hierarchy) entomb(ctx context.Context, n keyName) error {
	for {
		r, body, err := h.read(ctx, n)
		if err != nil && !errors.Is(err, errNoKey) {
			return err
		}
		if !r.Destroyed {
			gone := keyRecord{Destroyed: true, Changed: h.Now().UTC().Truncate(time.Millisecond)}
			if err := h.write(ctx, n, gone, body); overtaken(err) {
				continue
			} else if err != nil {
				return err
			}
		}
		h.forget(n)
		return nil
	}
}

// newCipher makes a cipher of a key. A key may seal 2^32 values, far more than a data subject has.
func newCipher(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// appendPart appends a part of which a sequence is to be told apart from any other sequence.
func appendPart[S ~string | ~[]byte](b []byte, part S) []byte {
	b = binary.AppendUvarint(b, uint64(len(part)))
	return append(b, part...)
}

package vault

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

// KeyStore keeps wrapped keys, one small record for each. Errors wrap those of package storage.
type KeyStore interface {
	// Get returns a record, or storage.ErrNotFound.
	Get(ctx context.Context, account tenant.ID, name string) (bson.Raw, error)
	// Put writes a record in place of prev, durably. A nil prev means that there must be none:
	// storage.ErrExists otherwise. If the record is not prev it fails with storage.ErrConflict.
	Put(ctx context.Context, account tenant.ID, name string, body, prev bson.Raw) error
	// Create writes records durably, at once if it can: each that has none in its place yet.
	Create(ctx context.Context, account tenant.ID, records []StoredKey) error
	// Scrub makes sure that when it returns, nothing is left in the store of what records held before
	// they were last replaced: not in free pages, not in earlier files.
	Scrub(ctx context.Context) error
	// List returns at most limit records of an account whose names begin with prefix, in order of
	// name, those behind after.
	List(ctx context.Context, account tenant.ID, prefix, after string, limit int) ([]StoredKey, error)
}

// StoredKey is a record of a KeyStore.
type StoredKey struct {
	Name string
	Body bson.Raw
}

type keyKind byte

const (
	accountKey keyKind = iota + 1
	subjectKey
	indexKey
	consumerKey
	secretKey
	textKey
)

// keyName says which key is meant.
type keyName struct {
	account tenant.ID
	kind    keyKind
	entity  string // of an index key
	id      string // of the subject (of its text key too) or consumer; of an index key the property; of a secret key what for
}

const (
	subjectPrefix  = "subject/"
	indexPrefix    = "index/"
	consumerPrefix = "consumer/"
	secretPrefix   = "secret/"
	textPrefix     = "text/"
)

// wrappedPrefixes are those of all keys that are wrapped under their account's.
var wrappedPrefixes = []string{subjectPrefix, indexPrefix, consumerPrefix, secretPrefix, textPrefix}

// record is the name of the key's record within its account.
func (n keyName) record() string {
	switch n.kind {
	case subjectKey:
		return subjectPrefix + n.id
	case consumerKey:
		return consumerPrefix + n.id
	case indexKey:
		// A property may hold anything and be long; records name it in full.
		sum := sha256.Sum256([]byte(n.id))
		return indexPrefix + n.entity + "/" + hex.EncodeToString(sum[:16])
	case secretKey:
		return secretPrefix + n.id
	case textKey:
		return textPrefix + n.id
	}
	return "account"
}

// path tells keys of all accounts apart.
func (n keyName) path() string { return string(n.account) + "/" + n.record() }

// aad binds a wrapped key to its name and version.
func (n keyName) aad(number uint32) []byte {
	b := append(make([]byte, 0, 96), "profilegraph key 1\x00"...)
	b = appendPart(b, n.account)
	b = append(b, byte(n.kind))
	b = appendPart(b, n.entity)
	b = appendPart(b, n.id)
	return append(b, byte(number>>24), byte(number>>16), byte(number>>8), byte(number))
}

// keyRecord is what the key store holds of one key.
type keyRecord struct {
	Destroyed bool         `bson:"destroyed,omitempty"`
	Changed   time.Time    `bson:"changed,omitempty"`  // when it was destroyed
	KEK       string       `bson:"kek,omitempty"`      // of an account key
	Entity    string       `bson:"entity,omitempty"`   // of an index key
	Property  string       `bson:"property,omitempty"` // of an index key
	Versions  []wrappedKey `bson:"versions,omitempty"` // oldest first; the last is the primary one
}

type wrappedKey struct {
	Number     uint32    `bson:"number"`
	Created    time.Time `bson:"created"`
	Under      uint32    `bson:"under,omitempty"`      // version of the account key that wraps it
	KEKVersion string    `bson:"kekVersion,omitempty"` // of an account key, where the KMS tells
	Wrapped    []byte    `bson:"wrapped"`
}

// ownKEKs begins the names of the KEKs of accounts that named none of their own, and of the installation.
const ownKEKs = "profilegraph-"

// defaultKEK is the KEK of an account that named none of its own.
func defaultKEK(account tenant.ID) string { return ownKEKs + string(account) }

// read returns a key's record, decoded and as it is stored.
func (h *hierarchy) read(ctx context.Context, n keyName) (keyRecord, bson.Raw, error) {
	if h.Keys == nil {
		return keyRecord{}, nil, errNoStore
	}
	body, err := h.Keys.Get(ctx, n.account, n.record())
	if errors.Is(err, storage.ErrNotFound) {
		return keyRecord{}, nil, errNoKey
	}
	if err != nil {
		return keyRecord{}, nil, unavailable(err)
	}
	r, err := decodeKey(body)
	return r, body, err
}

func decodeKey(body bson.Raw) (keyRecord, error) {
	var r keyRecord
	if err := bson.Unmarshal(body, &r); err != nil {
		return keyRecord{}, fmt.Errorf("%w: the key's record cannot be read", ErrCorrupt)
	}
	return r, nil
}

func (n keyName) stored(r keyRecord) (StoredKey, error) {
	body, err := bson.Marshal(r)
	if err != nil {
		return StoredKey{}, fmt.Errorf("encode key: %w", err)
	}
	return StoredKey{n.record(), body}, nil
}

func (h *hierarchy) write(ctx context.Context, n keyName, r keyRecord, prev bson.Raw) error {
	k, err := n.stored(r)
	if err != nil {
		return err
	}
	err = h.Keys.Put(ctx, n.account, k.Name, k.Body, prev)
	if err != nil && !overtaken(err) {
		return unavailable(err)
	}
	return err
}

// overtaken reports whether a write failed because somebody else wrote first.
func overtaken(err error) bool {
	return errors.Is(err, storage.ErrExists) || errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrNotFound)
}

// update changes a record; change reports whether there is anything to write. It starts anew when
// somebody else changes the record meanwhile.
func (h *hierarchy) update(ctx context.Context, n keyName, change func(*keyRecord) (bool, error)) (changed bool, err error) {
	for {
		r, body, err := h.read(ctx, n)
		if err != nil {
			return false, err
		}
		if changed, err := change(&r); err != nil || !changed {
			return false, err
		}
		if err := h.write(ctx, n, r, body); overtaken(err) {
			continue
		} else if err != nil {
			return false, err
		}
		return true, nil
	}
}

// visit visits the keys of an account whose records' names begin with prefix. It goes on behind
// records that are corrupt, and ends with an error that names them.
func (h *hierarchy) visit(ctx context.Context, account tenant.ID, prefix string, visit func(keyName, keyRecord) error) error {
	const page = 500
	if h.Keys == nil {
		return errNoStore
	}
	after := ""
	var corrupt []error
	for {
		list, err := h.Keys.List(ctx, account, prefix, after, page)
		if err != nil {
			return unavailable(err)
		}
		for _, one := range list {
			r, err := decodeKey(one.Body)
			if err == nil {
				n := keyName{account: account, kind: indexKey, entity: r.Entity, id: r.Property}
				if id, ok := strings.CutPrefix(one.Name, subjectPrefix); ok {
					n = keyName{account: account, kind: subjectKey, id: id}
				} else if id, ok := strings.CutPrefix(one.Name, consumerPrefix); ok {
					n = keyName{account: account, kind: consumerKey, id: id}
				} else if id, ok := strings.CutPrefix(one.Name, secretPrefix); ok {
					n = keyName{account: account, kind: secretKey, id: id}
				} else if id, ok := strings.CutPrefix(one.Name, textPrefix); ok {
					n = keyName{account: account, kind: textKey, id: id}
				}
				err = visit(n, r)
			}
			if err != nil {
				err = fmt.Errorf("%s: %w", one.Name, err)
			}
			if err != nil && !errors.Is(err, ErrCorrupt) {
				return err
			} else if err != nil && len(corrupt) < maxCorrupt {
				corrupt = append(corrupt, err)
			}
			after = one.Name
		}
		if len(list) < page {
			return errors.Join(corrupt...)
		}
	}
}

// maxCorrupt bounds how many corrupt records one error names.
const maxCorrupt = 20

func (h *hierarchy) scrub(ctx context.Context) error {
	if err := h.Keys.Scrub(ctx); err != nil {
		return fmt.Errorf("replaced keys are still in the key store: %w", err)
	}
	return nil
}

var errNoStore = fmt.Errorf("%w: there is no key store", ErrKeyUnavailable)

// StoreKeys returns a KeyStore over a storage driver, for keys in a database of their own on a
// server. Scrub does nothing: when the server itself lets go of the bytes of a replaced record is up
// to it (its journal, its replicas and its backups keep them for a while).
func StoreKeys(s storage.Store) KeyStore { return storedKeys{s} }

type storedKeys struct{ store storage.Store }

func keySpace(account tenant.ID) storage.Space {
	return storage.Space{Account: account, Collection: storage.Keys}
}

// revision of a record follows from its content, which differs between any two writes: it holds
// freshly wrapped keys.
func revision(body bson.Raw) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

func (s storedKeys) Get(ctx context.Context, account tenant.ID, name string) (bson.Raw, error) {
	r, err := s.store.Get(ctx, keySpace(account), name)
	return r.Body, err
}

func (s storedKeys) Put(ctx context.Context, account tenant.ID, name string, body, prev bson.Raw) error {
	r := storage.Record{ID: name, Rev: revision(body), Body: body}
	if prev == nil {
		return s.store.Insert(ctx, keySpace(account), r)
	}
	return s.store.Replace(ctx, keySpace(account), r, revision(prev))
}

func (s storedKeys) Create(ctx context.Context, account tenant.ID, records []StoredKey) error {
	all, ctx := errgroup.WithContext(ctx)
	for _, r := range records {
		all.Go(func() error {
			err := s.Put(ctx, account, r.Name, r.Body, nil)
			if errors.Is(err, storage.ErrExists) {
				return nil
			}
			return err
		})
	}
	return all.Wait()
}

func (s storedKeys) Scrub(context.Context) error { return nil }

func (s storedKeys) List(ctx context.Context, account tenant.ID, prefix, after string, limit int) ([]StoredKey, error) {
	found, err := s.store.Scan(ctx, keySpace(account), storage.Page{Prefix: prefix, After: after, Limit: limit})
	if err != nil {
		return nil, err
	}
	list := make([]StoredKey, len(found))
	for i, r := range found {
		list[i] = StoredKey{r.ID, r.Body}
	}
	return list, nil
}

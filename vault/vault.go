// Package vault stands between stored documents and everybody else: what goes in is sealed, what
// comes out is masked, and clear text needs a [Grant].
//
// # What to use
//
// [Vault.Seal] gives the form in which a document is stored: each value of a sensitive or pii field,
// and whatever the schema does not declare, encrypted for its place. [Vault.Mask] gives what
// everybody may see of it, [Vault.Reveal] what a grant discloses, and [Vault.Disclose] all of it, whatever the schema
// shows, for a grant of all that is secret in it. [Vault.Open] gives all of it in
// clear, for the server's own work and never for an answer. [Vault.Entries] turns a look-up key into
// the entries under which storage finds it. [Vault.Destroy] makes everything about one person
// unreadable for good.
//
// # Keys
//
// A KEK per account, which never leaves the [KMS], wraps the account's key; this wraps a DEK for
// each data subject and an index key for each look-up field. Wrapped keys lie in a [KeyStore] of
// their own, apart from the documents and their backups. Unwrapped ones are held for at most
// [Staleness], so an account whose KEK is withdrawn goes dark within that time, and no other does.
//
// # Compatibility
//
// A sealed value begins with the number of its format, and testdata/vectors holds examples of each
// format there has been: all of them stay readable.
package vault

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/profilegraph/profilegraph/tenant"
)

var (
	// ErrKeyUnavailable says that a key cannot be had at present: the KMS or the key store cannot
	// be reached, the KEK was withdrawn, or the key store is not the one that the document was
	// sealed with. It may succeed later.
	ErrKeyUnavailable = errors.New("vault: key unavailable")
	// ErrKeyLost says that the key store has no key for the data subject, though the account's own key can
	// be had: the document was moved here from elsewhere, or the key store is older than it. It is an
	// [ErrKeyUnavailable] too.
	ErrKeyLost = fmt.Errorf("%w: the data subject has none", ErrKeyUnavailable)
	// ErrShredded says that the data subject's key was destroyed: nothing sealed under it can be
	// read again.
	ErrShredded = errors.New("vault: shredded")
	// ErrCorrupt says that what is stored is not what was sealed at this place: it was damaged,
	// forged, or moved here from elsewhere.
	ErrCorrupt = errors.New("vault: corrupt")
	// ErrValue says that a value cannot be a look-up key of its field.
	ErrValue = errors.New("vault: value cannot be looked up")
)

// Staleness is how long an unwrapped key may be used after it was asked for.
const Staleness = time.Minute

// KMS keeps the key encryption keys and lends their use. Errors wrap [ErrKeyUnavailable] when the
// service or the key cannot be used now, and [ErrCorrupt] when wrapped was not wrapped by that kek
// with that aad.
//
// A driver may also have a method KeyVersion(wrapped []byte) string that tells which version of
// the kek wrapped a key; [Vault.Status] shows it.
type KMS interface {
	Wrap(ctx context.Context, kek string, plaintext, aad []byte) ([]byte, error)
	Unwrap(ctx context.Context, kek string, wrapped, aad []byte) ([]byte, error)
}

// Grant says what may be disclosed. Path is a field's GraphQL names joined by '.', list indexes
// left out.
type Grant interface {
	Covers(account tenant.ID, entity, id, path string) bool
}

// Place says where a document is. What is sealed at one place does not open at another.
type Place struct {
	Account tenant.ID
	Subject string // id of the profile or prospect that the document is about: itself, or its owner
	Entity  string
	ID      string
	// Lowered says that what the document holds sealed may be opened where its schema shows it in clear:
	// somebody has lowered its protection since. Else that stays sealed, and is masked.
	Lowered bool
}

// explain wraps an error with an operation and the ids of its place.
func (at Place) explain(op string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("vault: %s %s/%s/%s: %w", op, at.Account, at.Entity, at.ID, err)
}

// Config says what a vault is made of.
type Config struct {
	KMS  KMS      // nil: every key is unavailable
	Keys KeyStore // nil: every key is unavailable
	Now  func() time.Time
	// KeyTTL is how long unwrapped keys are held; zero, and whatever is longer than Staleness,
	// means Staleness.
	KeyTTL time.Duration
	// Subjects is how many data subjects' keys are held at once; zero means 10,000.
	Subjects int
}

// Vault seals and masks documents and hashes look-up keys. It is safe for concurrent use.
type Vault struct {
	keys *hierarchy
}

// New returns a vault. It asks for no key before one is needed.
func New(c Config) *Vault {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.KeyTTL <= 0 || c.KeyTTL > Staleness {
		c.KeyTTL = Staleness
	}
	c.Subjects = cmp.Or(c.Subjects, 10_000)
	return &Vault{keys: newHierarchy(c)}
}

// Ready reports whether keys can be had: it asks the KMS to unwrap a key of the installation's
// own, at most once per Staleness.
func (v *Vault) Ready(ctx context.Context) error {
	if _, err := v.keys.account(ctx, system, true); err != nil {
		return fmt.Errorf("vault: ready: %w", err)
	}
	return nil
}

// Destroy shreds a data subject: its keys are gone from the key store for good when Destroy returns,
// and none is ever made for it again. Everything sealed under it answers [ErrShredded], in other
// processes within Staleness. Destroying twice is harmless.
func (v *Vault) Destroy(ctx context.Context, account tenant.ID, subject string) error {
	err := v.keys.destroy(ctx, keyName{account: account, kind: subjectKey, id: subject}, keyName{account: account, kind: textKey, id: subject})
	if err != nil {
		return fmt.Errorf("vault: destroy %s/%s: %w", account, subject, err)
	}
	return nil
}

// Known reports whether a data subject has, or had, a key, and whether that was destroyed.
func (v *Vault) Known(ctx context.Context, account tenant.ID, subject string) (known, destroyed bool, err error) {
	r, _, err := v.keys.read(ctx, keyName{account: account, kind: subjectKey, id: subject})
	if errors.Is(err, errNoKey) { // nothing about it was sealed but texts
		r, _, err = v.keys.read(ctx, keyName{account: account, kind: textKey, id: subject})
	}
	if errors.Is(err, errNoKey) {
		return false, false, nil
	}
	if err != nil {
		return false, false, fmt.Errorf("vault: key of %s/%s: %w", account, subject, err)
	}
	return true, r.Destroyed, nil
}

// Destroyed returns the data subjects of an account whose keys were destroyed.
func (v *Vault) Destroyed(ctx context.Context, account tenant.ID) (subjects []string, err error) {
	err = v.keys.visit(ctx, account, subjectPrefix, func(n keyName, r keyRecord) error {
		if r.Destroyed {
			subjects = append(subjects, n.id)
		}
		return nil
	})
	if err != nil && !errors.Is(err, ErrCorrupt) { // of a damaged one nobody knows
		return nil, fmt.Errorf("vault: destroyed keys of %s: %w", account, err)
	}
	return subjects, nil
}

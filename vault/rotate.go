package vault

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/profilegraph/profilegraph/tenant"
)

// Grace is how long after a new version of a key every process uses it: caches have forgotten the
// old one and writes that began with it have ended.
const Grace = 2 * Staleness

// Progress is what a rotation tells while it runs.
type Progress struct {
	Visited int // keys looked at
	Changed int // of these, changed
}

var validKEK = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)

// ValidKEK reports whether an account can hang its key on a KEK with a name: not on one that is another
// account's, or the installation's.
func ValidKEK(account tenant.ID, name string) bool {
	return validKEK.MatchString(name) && (name == defaultKEK(account) || !strings.HasPrefix(strings.ToLower(name), ownKEKs))
}

// RewrapKEK wraps an account's keys anew with the current version of its KEK, and with another KEK
// if one is named: this is also how an account brings its own, before its first document or later.
// The old KEK must still be usable. Doing it twice is harmless.
func (v *Vault) RewrapKEK(ctx context.Context, account tenant.ID, kek string) error {
	if kek != "" && !ValidKEK(account, kek) {
		return fmt.Errorf("vault: rewrap %s: it cannot have a KEK of this name", account)
	}
	h, n := v.keys, keyName{account: account, kind: accountKey}
	err := h.rewrap(ctx, n, kek)
	if errors.Is(err, errNoKey) {
		if err = h.create(ctx, n); err == nil && kek != "" {
			err = h.rewrap(ctx, n, kek)
		}
	}
	if err != nil {
		return fmt.Errorf("vault: rewrap %s: %w", account, err)
	}
	return nil
}

func (h *hierarchy) rewrap(ctx context.Context, n keyName, kek string) error {
	_, err := h.update(ctx, n, func(r *keyRecord) (bool, error) {
		from := r.KEK
		if kek != "" {
			r.KEK = kek
		}
		for i, w := range r.Versions {
			key, err := h.unwrap(ctx, n, from, w, nil)
			if err != nil {
				return false, err
			}
			err = h.wrap(ctx, n, r.KEK, &r.Versions[i], key)
			clear(key)
			if err != nil {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	h.accounts.drop(n)
	return h.scrub(ctx)
}

// RotateAccountKey makes a new account key and wraps all keys of the account under it. The old one
// is kept until no process can use it any more, so one call is not enough: while it returns false,
// call it again, a Grace later at best. What was cut short goes on where it stopped.
func (v *Vault) RotateAccountKey(ctx context.Context, account tenant.ID, report func(Progress)) (done bool, err error) {
	done, err = v.keys.rotateAccount(ctx, keyName{account: account, kind: accountKey}, report)
	if err != nil {
		return false, fmt.Errorf("vault: rotate account key of %s: %w", account, err)
	}
	return done, nil
}

func (h *hierarchy) rotateAccount(ctx context.Context, n keyName, report func(Progress)) (done bool, err error) {
	_, err = h.update(ctx, n, func(r *keyRecord) (bool, error) {
		if len(r.Versions) > 1 {
			return false, nil // under way
		}
		return true, h.extend(ctx, n, r)
	})
	if err != nil {
		return false, err
	}
	h.accounts.drop(n)
	began := h.Now()
	above, err := h.account(ctx, n.account, false)
	if err != nil {
		return false, err
	}
	err = h.sweep(ctx, n.account, wrappedPrefixes, report, func(k keyName, r *keyRecord) (changed bool, err error) {
		for i, w := range r.Versions {
			if w.Under == above.primary().number {
				continue
			}
			key, err := h.unwrap(ctx, k, "", w, above)
			if err != nil {
				return false, err
			}
			err = h.wrap(ctx, k, "", &r.Versions[i], key)
			clear(key)
			if err != nil {
				return false, err
			}
			changed = true
		}
		return changed, nil
	})
	if err != nil {
		return false, err
	}
	return h.retire(ctx, n, began)
}

// RotateDEKs gives every data subject whose key was made before a time a new one. What is sealed
// under the old keys stays readable; [Vault.Reseal] moves it, and [Vault.RetireDEKs] then drops
// the old keys. To go on with what was cut short, give the same time again.
func (v *Vault) RotateDEKs(ctx context.Context, account tenant.ID, before time.Time, report func(Progress)) error {
	err := v.keys.sweep(ctx, account, []string{subjectPrefix}, report, func(n keyName, r *keyRecord) (bool, error) {
		if r.Destroyed || !r.primary().Created.Before(before) {
			return false, nil
		}
		return true, v.keys.extend(ctx, n, r)
	})
	if err != nil {
		return fmt.Errorf("vault: rotate subject keys of %s: %w", account, err)
	}
	return nil
}

// RetireDEKs drops the old keys of data subjects once nothing is sealed under them: those that were
// replaced a Grace before resealed, when a pass of Reseal over all documents and versions of the
// account began that ended without error.
func (v *Vault) RetireDEKs(ctx context.Context, account tenant.ID, resealed time.Time, report func(Progress)) error {
	err := v.keys.sweep(ctx, account, []string{subjectPrefix}, report, func(_ keyName, r *keyRecord) (bool, error) {
		return r.retire(resealed), nil
	})
	if err == nil {
		err = v.keys.scrub(ctx)
	}
	if err != nil {
		return fmt.Errorf("vault: retire subject keys of %s: %w", account, err)
	}
	return nil
}

// RotateIndexKey gives a look-up field a new key. From now on [Vault.Index] returns two entries for
// each of its values. Once all documents are stored under both, [Vault.RetireIndexKey] drops the
// old one. A rotation that is under way is left as it is.
func (v *Vault) RotateIndexKey(ctx context.Context, account tenant.ID, entity, property string) error {
	h, n := v.keys, keyName{account: account, kind: indexKey, entity: entity, id: property}
	_, err := h.update(ctx, n, func(r *keyRecord) (bool, error) {
		if len(r.Versions) > 1 {
			return false, nil
		}
		return true, h.extend(ctx, n, r)
	})
	if errors.Is(err, errNoKey) {
		return nil // no value was ever looked up or stored
	}
	if err != nil {
		return fmt.Errorf("vault: rotate index key of %s/%s: %w", account, entity, err)
	}
	h.indexes.drop(n)
	return nil
}

// RetireIndexKey drops the old key of a look-up field, if it was replaced a Grace before indexed:
// when a pass began that stored every document under the entries of both keys.
func (v *Vault) RetireIndexKey(ctx context.Context, account tenant.ID, entity, property string, indexed time.Time) (done bool, err error) {
	done, err = v.keys.retire(ctx, keyName{account: account, kind: indexKey, entity: entity, id: property}, indexed)
	if err != nil {
		return false, fmt.Errorf("vault: retire index key of %s/%s: %w", account, entity, err)
	}
	return done, nil
}

// retire drops the old versions of one key if nothing can need them, and reports whether there are
// none left.
func (h *hierarchy) retire(ctx context.Context, n keyName, began time.Time) (done bool, err error) {
	_, err = h.update(ctx, n, func(r *keyRecord) (bool, error) {
		changed := r.retire(began)
		done = len(r.Versions) <= 1
		return changed, nil
	})
	if err != nil || !done {
		return false, err
	}
	h.forget(n)
	return true, h.scrub(ctx)
}

func (h *hierarchy) forget(n keyName) {
	switch n.kind {
	case accountKey:
		h.accounts.drop(n)
	case subjectKey, secretKey, textKey:
		h.subjects.drop(n)
	case indexKey:
		h.indexes.drop(n)
	case consumerKey:
		h.consumers.drop(n)
	}
}

// sweep changes the keys of an account whose names begin with one of the prefixes. It goes on behind those
// that are corrupt, and ends with an error that names them.
func (h *hierarchy) sweep(ctx context.Context, account tenant.ID, prefixes []string, report func(Progress), change func(keyName, *keyRecord) (bool, error)) error {
	var p Progress
	var corrupt error
	for _, prefix := range prefixes {
		err := h.visit(ctx, account, prefix, func(n keyName, _ keyRecord) error {
			changed, err := h.update(ctx, n, func(r *keyRecord) (bool, error) { return change(n, r) })
			if err != nil {
				return err
			}
			if p.Visited++; changed {
				p.Changed++
				h.forget(n)
			}
			if report != nil {
				report(p)
			}
			return nil
		})
		if err != nil && !errors.Is(err, ErrCorrupt) {
			return err
		}
		corrupt = errors.Join(corrupt, err)
	}
	return corrupt
}

func (r *keyRecord) primary() wrappedKey {
	if len(r.Versions) == 0 {
		return wrappedKey{}
	}
	return r.Versions[len(r.Versions)-1]
}

// retire drops versions that were replaced a Grace before a time.
func (r *keyRecord) retire(before time.Time) bool {
	for i := len(r.Versions) - 1; i > 0; i-- {
		if !r.Versions[i].Created.Add(Grace).After(before) {
			r.Versions = slices.Delete(r.Versions, 0, i)
			return true
		}
	}
	return false
}

// Status tells which keys an account has.
type Status struct {
	KEK       string       // empty: the account has no key yet
	Account   []KeyVersion // oldest first
	Subjects  int          // data subjects with a key
	Rotating  int          // of these, with an old version that is not dropped yet
	Destroyed int          // data subjects whose key was destroyed
	Indexes   []IndexStatus
}

// KeyVersion is one version of an account's key.
type KeyVersion struct {
	Number     uint32
	Created    time.Time
	KEKVersion string // version of the KEK that wraps it, where the KMS tells
	Wraps      int    // versions of other keys that it wraps
}

// IndexStatus tells of one look-up field's key.
type IndexStatus struct {
	Entity, Property string
	Versions         int // 2 while it is being rotated
}

// Status reads all key records of an account. It needs no KMS. With ErrCorrupt it tells what can be
// told without the records that the error names.
func (v *Vault) Status(ctx context.Context, account tenant.ID) (Status, error) {
	s, err := v.keys.status(ctx, account)
	if err != nil {
		return s, fmt.Errorf("vault: status of %s: %w", account, err)
	}
	return s, nil
}

func (h *hierarchy) status(ctx context.Context, account tenant.ID) (Status, error) {
	var s Status
	own, _, err := h.read(ctx, keyName{account: account, kind: accountKey})
	if errors.Is(err, errNoKey) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.KEK = own.KEK
	wraps := map[uint32]int{}
	var corrupt error
	for _, prefix := range wrappedPrefixes {
		err := h.visit(ctx, account, prefix, func(n keyName, r keyRecord) error {
			for _, w := range r.Versions {
				wraps[w.Under]++
			}
			switch {
			case n.kind == indexKey:
				s.Indexes = append(s.Indexes, IndexStatus{r.Entity, r.Property, len(r.Versions)})
			case n.kind == consumerKey, n.kind == secretKey, n.kind == textKey:
			case r.Destroyed:
				s.Destroyed++
			default:
				s.Subjects++
				if len(r.Versions) > 1 {
					s.Rotating++
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, ErrCorrupt) {
			return s, err
		}
		corrupt = errors.Join(corrupt, err)
	}
	for _, w := range own.Versions {
		s.Account = append(s.Account, KeyVersion{w.Number, w.Created, w.KEKVersion, wraps[w.Number]})
	}
	return s, corrupt
}

package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// MaxBody is the greatest length of a record's Body in bytes. It leaves room for the rest of the
// record in the 16 MiB that MongoDB allows a document.
const MaxBody = 15 << 20

// The limits of one call.
const (
	MaxRecords  = 10_000 // ids of a GetMany, owners of an Owned, Limit of a Page
	MaxFindKeys = 1_000  // keys of a Find
)

const (
	maxAccount = 63
	maxID      = 256
	maxKeys    = 64
)

// ErrInvalid says that a call breaks a rule of this package, for instance with an id that is too
// long. Such a call changes nothing and never succeeds later.
var ErrInvalid = errors.New("storage: invalid")

// Check reports whether s is well formed. Drivers call it before anything else: with a separator
// inside an account's name, one account could reach the records of another.
func (s Space) Check() error {
	if len(s.Account) == 0 || len(s.Account) > maxAccount {
		return fmt.Errorf("%w: length of the account", ErrInvalid)
	}
	for i := range len(s.Account) {
		if c := s.Account[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return fmt.Errorf("%w: character in the account", ErrInvalid)
		}
	}
	if err := s.Collection.Check(); err != nil {
		return err
	}
	if len(s.Part) > maxID || !printable(s.Part) || strings.Contains(s.Part, "/") {
		return fmt.Errorf("%w: part of the space", ErrInvalid)
	}
	return nil
}

// Check reports whether c is one of Collections.
func (c Collection) Check() error {
	for _, known := range Collections {
		if c == known {
			return nil
		}
	}
	return fmt.Errorf("%w: unknown collection", ErrInvalid)
}

// Check reports whether a driver can take r.
func (r Record) Check() error {
	switch {
	case !ValidID(r.ID):
		return fmt.Errorf("%w: id of the record", ErrInvalid)
	case !ValidID(r.Rev):
		return fmt.Errorf("%w: revision of the record", ErrInvalid)
	case r.Owner != "" && !ValidID(r.Owner):
		return fmt.Errorf("%w: owner of the record", ErrInvalid)
	case len(r.Keys) > maxKeys:
		return fmt.Errorf("%w: more than %d keys", ErrInvalid, maxKeys)
	case len(r.Body) > MaxBody:
		return fmt.Errorf("%w: a body of %d bytes", ErrTooLarge, len(r.Body))
	}
	for _, key := range r.Keys {
		if !ValidID(key) {
			return fmt.Errorf("%w: key of the record", ErrInvalid)
		}
	}
	if err := r.Body.Validate(); err != nil || int(binary.LittleEndian.Uint32(r.Body)) != len(r.Body) {
		return fmt.Errorf("%w: the body is not one BSON document", ErrInvalid)
	}
	return nil
}

// Check reports whether p is well formed.
func (p Page) Check() error {
	switch {
	case p.Limit < 1 || p.Limit > MaxRecords:
		return fmt.Errorf("%w: limit of the page", ErrInvalid)
	case p.Prefix != "" && !ValidID(p.Prefix), p.After != "" && !ValidID(p.After):
		return fmt.Errorf("%w: bound of the page", ErrInvalid)
	}
	return nil
}

// AtMost reports whether a call asks for no more than limit of something.
func AtMost(n, limit int) error {
	if n > limit {
		return fmt.Errorf("%w: more than %d at once", ErrInvalid, limit)
	}
	return nil
}

// ValidID reports whether a record can have the id: nothing is stored under any other.
func ValidID(id string) bool {
	return len(id) > 0 && len(id) <= maxID && printable(id)
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

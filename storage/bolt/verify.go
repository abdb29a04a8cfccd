package bolt

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/profilegraph/profilegraph/storage"
)

var _ storage.Verifier = (*Store)(nil)

// Verify implements storage.Verifier. Writes go on meanwhile; what is looked at stands as it was at the beginning.
func (s *Store) Verify(ctx context.Context, report func(storage.Located, string)) error {
	return s.read(ctx, "verify", func(r *reader) error {
		whole := true
		damaged := func(err error) {
			whole = false
			report(storage.Located{}, "the file is damaged: "+err.Error())
		}
		// Every page is looked at here first: the database's own check ends the process where one is none.
		if err := sound(func() error { return r.tx.ForEach(everything) }); err != nil {
			damaged(err)
		} else {
			for err := range r.tx.Check() {
				damaged(err)
			}
		}
		if !whole { // what it leads to need not be there
			return nil
		}
		for _, c := range storage.Collections {
			if err := verify(ctx, r.tx, c, report); err != nil {
				return err
			}
		}
		return nil
	})
}

func everything(_ []byte, b *bbolt.Bucket) error {
	return b.ForEach(func(_, _ []byte) error { return nil })
}

var listNames = map[kind]string{keys: "look-up", owners: "list of owners", expiry: "list of what expires"}

// verify compares the records of a collection with what they are listed under.
func verify(ctx context.Context, tx *bbolt.Tx, c storage.Collection, report func(storage.Located, string)) error {
	all := tx.Bucket(bucketName(c, records))
	err := all.ForEach(func(key, value []byte) error {
		at := place(c, key)
		list, err := listings(at.Space, at.ID, open(value))
		if err != nil {
			report(at, "what is stored of it cannot be read")
		}
		for _, l := range list {
			if tx.Bucket(bucketName(c, l.in)).Get(l.entry) == nil {
				report(at, "it is missing from the "+listNames[l.in])
			}
		}
		return ctx.Err()
	})
	for _, in := range []kind{keys, owners, expiry} {
		if err != nil {
			break
		}
		err = tx.Bucket(bucketName(c, in)).ForEach(func(entry, _ []byte) error {
			key := listed(in, entry)
			at, value := place(c, key), all.Get(key)
			if value == nil {
				report(at, "the "+listNames[in]+" leads to it, but it is not there")
				return ctx.Err()
			}
			list, err := listings(at.Space, at.ID, open(value))
			if err == nil && !slices.ContainsFunc(list, func(l listing) bool { return l.in == in && bytes.Equal(l.entry, entry) }) {
				report(at, "the "+listNames[in]+" leads to it by what it does not have")
			}
			return ctx.Err()
		})
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c, err)
	}
	return nil
}

// place takes the key of a record apart.
func place(c storage.Collection, key []byte) storage.Located {
	account, rest, _ := strings.Cut(string(key), "\x00")
	part, id, _ := strings.Cut(rest, "\x00")
	return storage.Located{Space: storage.Space{Account: storage.Account(account), Collection: c, Part: part}, ID: id}
}

package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"go.etcd.io/bbolt"

	"github.com/profilegraph/profilegraph/storage"
)

var _ storage.Scrubber = (*Store)(nil)

// calmWithin is how long Scrub holds up new reads while it waits for those under way.
const calmWithin = 250 * time.Millisecond

// Scrub implements storage.Scrubber. Writes wait until it has ended. While a backup is being made it
// fails: the backup reads what is to be overwritten.
func (s *Store) Scrub(ctx context.Context) error {
	return s.submit("scrub", &write{ctx: ctx, scrub: true})
}

// scrub overwrites all pages that nothing uses any more.
func (s *Store) scrub(ctx context.Context) (err error) {
	tx, err := s.beginCalm(ctx)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(s.db.Path(), os.O_RDWR, 0)
	if err == nil {
		err = errors.Join(wipe(ctx, tx, file, s.db.Info().PageSize), file.Sync(), file.Close())
	}
	return errors.Join(err, tx.Rollback())
}

// beginCalm begins a write transaction at a moment without any other. What earlier ones let go of is
// free then: the database keeps it for reads that began before.
func (s *Store) beginCalm(ctx context.Context) (*bbolt.Tx, error) {
	s.readers.stop()
	defer s.readers.start()
	for end := time.Now().Add(calmWithin); s.db.Stats().OpenTxN > 0; time.Sleep(time.Millisecond) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if time.Now().After(end) {
			return nil, fmt.Errorf("%w: a read takes too long to be waited for", storage.ErrUnavailable)
		}
	}
	tx, err := s.db.Begin(true)
	if err != nil {
		return nil, unavailable(err)
	}
	return tx, nil
}

// wipe writes zeros over the free pages of a file that are not zero already.
func wipe(ctx context.Context, tx *bbolt.Tx, file *os.File, pageSize int) error {
	page, zeros := make([]byte, pageSize), make([]byte, pageSize)
	for id := 0; ; id++ {
		info, err := tx.Page(id)
		switch {
		case err != nil:
			return err
		case info == nil:
			return ctx.Err()
		case info.Type != "free":
			id += info.OverflowCount
			continue
		}
		at := int64(id) * int64(pageSize)
		if _, err := file.ReadAt(page, at); err != nil {
			return err
		}
		if string(page) == string(zeros) {
			continue
		}
		if _, err := file.WriteAt(zeros, at); err != nil {
			return err
		}
		if id%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

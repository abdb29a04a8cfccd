// Package bolt is the embedded storage driver: one file, no service, on go.etcd.io/bbolt.
//
// Concurrent writers share transactions: all writes that wait while one transaction is being
// synced go into the next, so 16 writers cost little more than one, and one writer never waits for
// company. Reads see every write that was acknowledged before they began.
//
// The file never shrinks, and bytes of a deleted record stay in it until their page is used again, or
// until [Store.Scrub].
// A page cannot be used again while a read that began before its release is under way: reads in
// this package are short, except for Backup.
package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/profilegraph/profilegraph/storage"
)

// formatVersion is the layout of the file. A file with a greater one is refused.
const formatVersion = 1

// lockTimeout is how long Open waits for another process to let go of the file.
const lockTimeout = 500 * time.Millisecond

var (
	metaBucket = []byte("meta")
	formatKey  = []byte("format")
)

// Options says what to open.
type Options struct {
	Path string           // the file; created, readable by the owner only, if there is none
	Now  func() time.Time // by which records expire; nil is time.Now
}

// Store is a storage.Store in one file.
type Store struct {
	db      *bbolt.DB
	file    os.FileInfo // which file it is
	now     func() time.Time
	readers readers

	closing sync.RWMutex // held shared while a write is handed over to commit
	closed  bool
	writes  chan *write
	done    chan struct{} // closed when commit has ended
}

var _ storage.Store = (*Store)(nil)

// Open opens the store, or creates it. It fails with storage.ErrInUse when another process has
// the file open and with storage.ErrNewer when a newer release wrote it.
func Open(o Options) (*Store, error) {
	var db *bbolt.DB
	err := sound(func() (err error) {
		db, err = bbolt.Open(o.Path, 0o600, &bbolt.Options{
			Timeout:      lockTimeout,
			FreelistType: bbolt.FreelistMapType,
		})
		return err
	})
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, fmt.Errorf("open store: %w", storage.ErrInUse)
	}
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if err := sound(func() error { return db.Update(prepare) }); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), db.Close())
	}
	file, err := os.Stat(o.Path)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), db.Close())
	}
	s := &Store{
		db:      db,
		file:    file,
		now:     o.Now,
		readers: readers{db: db},
		writes:  make(chan *write, maxBatch),
		done:    make(chan struct{}),
	}
	if s.now == nil {
		s.now = time.Now
	}
	go s.commit()
	return s, nil
}

// prepare creates what is missing in a file, or refuses it.
func prepare(tx *bbolt.Tx) error {
	meta := tx.Bucket(metaBucket)
	if meta == nil {
		if k, _ := tx.Cursor().First(); k != nil {
			return errors.New("the file is a database of another program")
		}
		var err error
		if meta, err = tx.CreateBucket(metaBucket); err != nil {
			return err
		}
		if err := meta.Put(formatKey, []byte{formatVersion}); err != nil {
			return err
		}
	}
	switch found := meta.Get(formatKey); {
	case len(found) != 1 || found[0] == 0:
		return errors.New("the file's format version is unreadable")
	case found[0] > formatVersion:
		return fmt.Errorf("format %d, known up to %d: %w", found[0], formatVersion, storage.ErrNewer)
	}
	for _, c := range storage.Collections {
		for _, kind := range kinds {
			if _, err := tx.CreateBucketIfNotExists(bucketName(c, kind)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Ping implements storage.Store.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.inPlace(); err != nil {
		return fmt.Errorf("ping: %w", unavailable(err))
	}
	return s.read(ctx, "ping", func(*reader) error { return nil })
}

// inPlace fails when the file is not any more where it was opened: it can still be written, but nobody would find it again.
func (s *Store) inPlace() error {
	now, err := os.Stat(s.db.Path())
	if err == nil && !os.SameFile(s.file, now) {
		err = errors.New("another file is in the place of the store's")
	}
	return err
}

// Backup implements storage.Store. The copy is the whole file as of one moment. Until it is
// written, pages that writers release are not used again, so the file grows by what is written
// meanwhile: give it a fast w.
func (s *Store) Backup(ctx context.Context, w io.Writer) error {
	tx, err := s.db.Begin(false)
	if err != nil {
		return fmt.Errorf("backup: %w", unavailable(err))
	}
	_, err = tx.WriteTo(&cancellable{ctx, w})
	if err != nil {
		err = errors.Join(err, ctx.Err()) // the database does not wrap the writer's error everywhere
	}
	if err := errors.Join(err, tx.Rollback()); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return nil
}

// cancellable is a writer that fails once its context has ended.
type cancellable struct {
	ctx context.Context
	w   io.Writer
}

func (c *cancellable) Write(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.w.Write(p)
}

// Close implements storage.Store. Closing twice is harmless.
func (s *Store) Close() error {
	s.closing.Lock()
	if !s.closed {
		s.closed = true
		close(s.writes)
	}
	s.closing.Unlock()
	<-s.done
	s.readers.pause()
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// unavailable makes an error of the database one of this package: whatever it is (the disk is
// full, the file cannot be written, the store is closed), the store cannot serve the call now.
func unavailable(err error) error {
	return fmt.Errorf("%w: %w", storage.ErrUnavailable, err)
}

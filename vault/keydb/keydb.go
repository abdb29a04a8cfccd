// Package keydb keeps wrapped keys in one small file, on go.etcd.io/bbolt, apart from the documents.
//
// A database file keeps the bytes of what was deleted or replaced until their pages are used again.
// [DB.Scrub] copies what is left to a new file, puts that in place of the old one, and overwrites
// the old one before it is removed. Whatever moment the process dies at, either the old file or the
// new one is in place, whole, and the next Open finishes the work. What a file system or a drive
// copies behind the back of programs (snapshots, journals of data, wear levelling) is beyond its
// reach.
package keydb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
)

const (
	// formatVersion is the layout of the file. A file with a greater one is refused.
	formatVersion = 1
	lockTimeout   = 500 * time.Millisecond
)

var (
	metaBucket = []byte("meta")
	keysBucket = []byte("keys") // account 0 name -> record
	formatKey  = []byte("format")
	// dirtyKey is there while the file may hold what records held before.
	dirtyKey = []byte("dirty")
)

// DB is a vault.KeyStore in one file. It is safe for concurrent use.
type DB struct {
	path string

	exchange sync.RWMutex // held shared while a read begins, exclusively while db is exchanged
	db       *bbolt.DB

	queue   sync.Mutex // guards pending
	pending []*put

	write    sync.Mutex   // held while a transaction is written, and while the file is copied
	file     os.FileInfo  // which file db is; guarded by write
	replaced atomic.Int64 // counts the writes that left something behind
	scrub    sync.Mutex   // held by Scrub and Close
	scrubbed int64        // value of replaced up to which nothing is left behind
}

var _ vault.KeyStore = (*DB)(nil)

// Open opens the file, or creates it, readable by the owner only, if there is none. It fails with
// storage.ErrInUse when another process has it open and with storage.ErrNewer when a newer release
// wrote it.
func Open(path string) (*DB, error) {
	db, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("keydb: open: %w", err)
	}
	d := &DB{path: path, db: db}
	if d.file, err = os.Stat(path); err == nil {
		err = d.recover()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("keydb: open: %w", err), d.Close())
	}
	return d, nil
}

func open(path string) (*bbolt.DB, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockTimeout, FreelistType: bbolt.FreelistMapType})
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, storage.ErrInUse
	}
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
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
		_, err := tx.CreateBucketIfNotExists(keysBucket)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// recover finishes a Scrub that the process did not live to finish.
func (d *DB) recover() error {
	if err := shred(d.path + newSuffix); err != nil { // it was never in place
		return err
	}
	if err := d.dropOld(); err != nil {
		return err
	}
	dirty := false
	err := d.db.View(func(tx *bbolt.Tx) error {
		dirty = tx.Bucket(metaBucket).Get(dirtyKey) != nil
		return nil
	})
	if err != nil || !dirty {
		return err
	}
	d.replaced.Add(1)
	return d.Scrub(context.Background())
}

// dropOld gets rid of the file that was exchanged. It may still be the one in place, under a
// second name.
func (d *DB) dropOld() error {
	old, err := os.Stat(d.path + oldSuffix)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	inPlace, err := os.Stat(d.path)
	if err != nil {
		return err
	}
	if os.SameFile(old, inPlace) {
		return os.Remove(d.path + oldSuffix)
	}
	return shred(d.path + oldSuffix)
}

func key(account tenant.ID, name string) []byte {
	return append(append([]byte(account), 0), name...)
}

// Get implements vault.KeyStore.
func (d *DB) Get(ctx context.Context, account tenant.ID, name string) (body bson.Raw, err error) {
	err = d.view(ctx, func(keys *bbolt.Bucket) error {
		body = bytes.Clone(keys.Get(key(account, name)))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("keydb: get: %w", err)
	}
	if body == nil {
		return nil, storage.ErrNotFound
	}
	return body, nil
}

// List implements vault.KeyStore.
func (d *DB) List(ctx context.Context, account tenant.ID, prefix, after string, limit int) (list []vault.StoredKey, err error) {
	err = d.view(ctx, func(keys *bbolt.Bucket) error {
		begin, from := key(account, prefix), key(account, max(prefix, after))
		c := keys.Cursor()
		for k, v := c.Seek(from); bytes.HasPrefix(k, begin) && len(list) < limit; k, v = c.Next() {
			if name := string(k[len(account)+1:]); name > after || after == "" {
				list = append(list, vault.StoredKey{Name: name, Body: bytes.Clone(v)})
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("keydb: list: %w", err)
	}
	return list, nil
}

func (d *DB) view(ctx context.Context, read func(keys *bbolt.Bucket) error) error {
	tx, err := d.begin(ctx)
	if err != nil {
		return err
	}
	return errors.Join(read(tx.Bucket(keysBucket)), tx.Rollback())
}

func (d *DB) begin(ctx context.Context) (*bbolt.Tx, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d.exchange.RLock()
	defer d.exchange.RUnlock()
	tx, err := d.db.Begin(false)
	if err != nil {
		return nil, unavailable(err)
	}
	return tx, nil
}

// put is a write that waits for its transaction.
type put struct {
	key        []byte
	body, prev bson.Raw
	done       bool // guarded by DB.write
	err        error
}

// Put implements vault.KeyStore. The write is synced to the disk before Put returns.
func (d *DB) Put(ctx context.Context, account tenant.ID, name string, body, prev bson.Raw) error {
	p := &put{key: key(account, name), body: body, prev: prev}
	if account == "" || name == "" || len(body) == 0 {
		p.err = storage.ErrInvalid
	} else if err := d.put(ctx, p); err != nil {
		p.err = err
	}
	if p.err != nil {
		return fmt.Errorf("keydb: put: %w", p.err)
	}
	return nil
}

// Create implements vault.KeyStore, by one transaction.
func (d *DB) Create(ctx context.Context, account tenant.ID, records []vault.StoredKey) error {
	list := make([]*put, len(records))
	for i, r := range records {
		if account == "" || r.Name == "" || len(r.Body) == 0 {
			return fmt.Errorf("keydb: create: %w", storage.ErrInvalid)
		}
		list[i] = &put{key: key(account, r.Name), body: r.Body}
	}
	if err := d.put(ctx, list...); err != nil {
		return fmt.Errorf("keydb: create: %w", err)
	}
	for _, p := range list {
		if p.err != nil && !errors.Is(p.err, storage.ErrExists) {
			return fmt.Errorf("keydb: create: %w", p.err)
		}
	}
	return nil
}

// put makes writes in one transaction, and leaves its error in each. All writes that wait while one
// transaction is synced go into the next.
func (d *DB) put(ctx context.Context, list ...*put) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d.queue.Lock()
	d.pending = append(d.pending, list...)
	d.queue.Unlock()

	d.write.Lock()
	defer d.write.Unlock()
	if len(list) > 0 && !list[0].done {
		d.queue.Lock()
		batch := d.pending
		d.pending = nil
		d.queue.Unlock()
		d.commit(batch)
	}
	return nil
}

// inPlace fails when the file is not any more where it was opened: it can still be written, but nobody would find the
// keys again. Another one in its place is somebody else's, perhaps a backup.
func (d *DB) inPlace() error {
	now, err := os.Stat(d.path)
	if err == nil && !os.SameFile(d.file, now) {
		err = errors.New("another file is in the place of the keys'")
	}
	return err
}

// commit writes a batch in one transaction.
func (d *DB) commit(batch []*put) {
	err := d.inPlace()
	if err == nil {
		err = d.apply(batch)
	}
	for _, p := range batch {
		p.done = true
		if err != nil {
			p.err = unavailable(err)
		} else if p.err == nil && p.prev != nil {
			d.replaced.Add(1)
		}
	}
}

func (d *DB) apply(batch []*put) error {
	return d.db.Update(func(tx *bbolt.Tx) error {
		for _, p := range batch {
			if p.err = p.check(tx); p.err != nil {
				continue
			}
			if p.prev != nil {
				if err := tx.Bucket(metaBucket).Put(dirtyKey, []byte{1}); err != nil {
					return err
				}
			}
			if err := tx.Bucket(keysBucket).Put(p.key, p.body); err != nil {
				return err
			}
		}
		return nil
	})
}

// check reports why a write cannot be made.
func (p *put) check(tx *bbolt.Tx) error {
	switch found := tx.Bucket(keysBucket).Get(p.key); {
	case p.prev == nil && found != nil:
		return storage.ErrExists
	case p.prev != nil && found == nil:
		return storage.ErrNotFound
	case !bytes.Equal(found, p.prev):
		return storage.ErrConflict
	}
	return nil
}

// Backup writes a consistent copy of the file, which Open can open again. Keep it apart from
// backups of documents, and not for long: a copy that outlives an erasure undoes it.
func (d *DB) Backup(ctx context.Context, w io.Writer) error {
	tx, err := d.begin(ctx)
	if err != nil {
		return fmt.Errorf("keydb: backup: %w", err)
	}
	_, err = tx.WriteTo(w)
	if err := errors.Join(err, tx.Rollback()); err != nil {
		return fmt.Errorf("keydb: backup: %w", err)
	}
	return nil
}

// Close releases the file. Calls under way finish first.
func (d *DB) Close() error {
	d.scrub.Lock()
	defer d.scrub.Unlock()
	d.write.Lock()
	defer d.write.Unlock()
	if err := d.db.Close(); err != nil {
		return fmt.Errorf("keydb: close: %w", err)
	}
	return nil
}

// unavailable makes an error of the database one of package storage.
func unavailable(err error) error {
	return fmt.Errorf("%w: %w", storage.ErrUnavailable, err)
}

// syncDir syncs the directory of a file, so that its name is durable.
func syncDir(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

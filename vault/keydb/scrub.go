package keydb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"go.etcd.io/bbolt"
)

// Beside the file there may be, while it is scrubbed or after a crash:
const (
	newSuffix = ".new" // the copy, before it is in place
	oldSuffix = ".old" // the file that was in place, until it is overwritten
)

// copyBatch is how many bytes one transaction of a copy writes.
const copyBatch = 4 << 20

// Scrub implements vault.KeyStore. It takes as long as it takes to copy the file; reads go on
// meanwhile and writes wait. Concurrent calls share one copy.
func (d *DB) Scrub(ctx context.Context) error {
	want := d.replaced.Load()
	d.scrub.Lock()
	defer d.scrub.Unlock()
	if d.scrubbed >= want {
		return nil // nothing was replaced, or it is gone since
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("keydb: scrub: %w", err)
	}
	old, covers, err := d.renew()
	if err != nil {
		return fmt.Errorf("keydb: scrub: %w", err)
	}
	// Close waits for the reads that still use the old file.
	if err := errors.Join(old.Close(), d.dropOld()); err != nil {
		return fmt.Errorf("keydb: scrub: %w", err)
	}
	d.scrubbed = covers
	return nil
}

// renew puts a copy in the place of the file. Reads that have begun go on in the old one, which has
// another name from then on.
func (d *DB) renew() (old *bbolt.DB, covers int64, err error) {
	d.write.Lock()
	defer d.write.Unlock()
	covers = d.replaced.Load()
	if err := d.inPlace(); err != nil {
		return nil, 0, unavailable(err)
	}
	if err := d.dropOld(); err != nil { // of a call that failed
		return nil, 0, err
	}
	fresh, err := d.copy()
	if err != nil {
		return nil, 0, errors.Join(err, shred(d.path+newSuffix))
	}
	file, err := os.Stat(d.path + newSuffix)
	if err != nil {
		return nil, 0, errors.Join(err, fresh.Close(), shred(d.path+newSuffix))
	}
	// The copy is open, and so locked, before it is in place: no other process can slip in.
	if err := os.Link(d.path, d.path+oldSuffix); err != nil {
		return nil, 0, errors.Join(err, fresh.Close(), shred(d.path+newSuffix))
	}
	if err := os.Rename(d.path+newSuffix, d.path); err != nil {
		return nil, 0, errors.Join(err, fresh.Close(), shred(d.path+newSuffix), d.dropOld())
	}
	d.exchange.Lock()
	old, d.db = d.db, fresh
	d.exchange.Unlock()
	d.file = file
	if err := syncDir(d.path); err != nil {
		return nil, 0, errors.Join(err, old.Close())
	}
	return old, covers, nil
}

// copy returns a copy, open and synced, without what is no record any more.
func (d *DB) copy() (*bbolt.DB, error) {
	if err := shred(d.path + newSuffix); err != nil {
		return nil, err
	}
	fresh, err := bbolt.Open(d.path+newSuffix, 0o600, &bbolt.Options{Timeout: lockTimeout, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return nil, err
	}
	err = bbolt.Compact(fresh, d.db, copyBatch)
	if err == nil {
		err = fresh.Update(func(tx *bbolt.Tx) error { return tx.Bucket(metaBucket).Delete(dirtyKey) })
	}
	if err != nil {
		return nil, errors.Join(err, fresh.Close())
	}
	return fresh, nil
}

// shred overwrites a file, if there is one, and removes it.
func shred(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	err = overwrite(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return syncDir(path)
}

func overwrite(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	zeros := make([]byte, 1<<20)
	for left := info.Size(); left > 0; {
		n, err := f.Write(zeros[:min(left, int64(len(zeros)))])
		if err != nil {
			return err
		}
		if n == 0 {
			return io.ErrShortWrite
		}
		left -= int64(n)
	}
	return f.Sync()
}

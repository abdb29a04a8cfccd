//go:build unix

package audit

import (
	"errors"
	"io"
	"os"
	"syscall"

	"github.com/profilegraph/profilegraph/storage"
)

// lockFile takes a lock that ends with the process at the latest.
func lockFile(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = storage.ErrInUse
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return locked{f}, nil
}

// locked is a file with a lock.
type locked struct{ *os.File }

// Close lets go of the lock. To close the file alone does not, while a program that is just being
// started has it too, as all files until its start is complete.
func (l locked) Close() error {
	err := os.NewSyscallError("flock", syscall.Flock(int(l.Fd()), syscall.LOCK_UN))
	return errors.Join(err, l.File.Close())
}

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

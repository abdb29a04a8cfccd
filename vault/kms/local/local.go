// Package local is the KMS without a service: a key file beside the installation.
//
// The file holds root keys. The KEK of an account is derived from a root key and the KEK's name
// (HKDF-SHA-256), so the file changes only when its operator changes it, and a copy made at the
// first start is good for every account that comes later.
//
// The file is read at each call, which is once per account and minute: a root key or a withdrawal
// added by another process counts from then on, and the keys stay in memory no longer than needed.
package local

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"

	"github.com/profilegraph/profilegraph/vault"
)

// wrappedFormat begins each wrapped key; the id of the root key follows, then nonce, ciphertext and
// tag of AES-256-GCM.
const wrappedFormat = 1

// KMS is a vault.KMS on a key file. It is safe for concurrent use.
type KMS struct{ path string }

var _ vault.KMS = (*KMS)(nil)

// Create makes a key file, readable by its owner only. It fails with os.ErrExist rather than touch
// a file that is there. The notice tells the operator what the file means and must be shown.
func Create(path string) (notice string, err error) {
	root, err := newRoot()
	if err != nil {
		return "", fmt.Errorf("key file: %w", err)
	}
	f := file{roots: []rootKey{root}}
	defer f.wipe()
	if err := f.create(path); err != nil {
		return "", fmt.Errorf("key file: %w", err)
	}
	return fmt.Sprintf(noticeText, path, path), nil
}

const noticeText = `
  ***  A NEW KEY FILE WAS MADE: %s

  All personal data will be encrypted under the keys in this file.
  IF THE FILE IS LOST, THE DATA IS LOST: nobody can recover it, and no backup of the database helps.
  WHOEVER HAS THE FILE, the key store and the database can read everything.

  Now:    copy it to a place of its own, offline, and not where backups of the database go:
              cp -p %s /media/offline/
  Later:  copy it again whenever its keys are rotated. Old copies stay useful for old backups.
  A restored file must be readable by its owner only (chmod 600), or it is refused.

`

// Open returns the KMS on a key file. The file is checked now, and the error says what is wrong
// with it; the KMS can be used all the same and answers vault.ErrKeyUnavailable until the file is
// mended.
func Open(path string) (*KMS, error) {
	k := &KMS{path}
	f, err := read(path)
	f.wipe()
	if err != nil {
		return k, fmt.Errorf("key file: %w", err)
	}
	return k, nil
}

// Wrap implements vault.KMS, with the newest root key.
func (k *KMS) Wrap(_ context.Context, kek string, plaintext, aad []byte) ([]byte, error) {
	f, err := k.read(kek)
	defer f.wipe()
	if err != nil {
		return nil, err
	}
	root := f.roots[len(f.roots)-1]
	key, err := root.derive(kek)
	if err != nil {
		return nil, err
	}
	header := append([]byte{wrappedFormat}, root.id[:]...)
	return key.Seal(header, nil, plaintext, append(header[:len(header):len(header)], aad...)), nil
}

// Unwrap implements vault.KMS.
func (k *KMS) Unwrap(_ context.Context, kek string, wrapped, aad []byte) ([]byte, error) {
	f, err := k.read(kek)
	defer f.wipe()
	if err != nil {
		return nil, err
	}
	const header = 1 + idSize
	if len(wrapped) < header || wrapped[0] != wrappedFormat {
		return nil, fmt.Errorf("key file: %w: not a wrapped key", vault.ErrCorrupt)
	}
	for _, root := range f.roots {
		if root.id != [idSize]byte(wrapped[1:header]) {
			continue
		}
		key, err := root.derive(kek)
		if err != nil {
			return nil, err
		}
		plain, err := key.Open(nil, nil, wrapped[header:], append(wrapped[:header:header], aad...))
		if err != nil {
			return nil, fmt.Errorf("key file: %w: the key was wrapped for another account, or damaged", vault.ErrCorrupt)
		}
		return plain, nil
	}
	return nil, fmt.Errorf("key file: %w: wrapped under a root key that the file does not hold", vault.ErrKeyUnavailable)
}

// KeyVersion returns the id of the root key that wrapped a key.
func (k *KMS) KeyVersion(wrapped []byte) string {
	if len(wrapped) < 1+idSize {
		return ""
	}
	return fmt.Sprintf("%x", wrapped[1:1+idSize])
}

// Rotate adds a root key. What is wrapped from now on is wrapped under it. The file must be copied
// to a safe place again.
func (k *KMS) Rotate() error {
	return k.change(func(f *file) error {
		root, err := newRoot()
		f.roots = append(f.roots, root)
		return err
	})
}

// Withdraw makes a KEK unusable, and so its account dark; Restore undoes it.
func (k *KMS) Withdraw(kek string) error {
	return k.change(func(f *file) error { return f.withdraw(kek) })
}

// Restore makes a KEK usable again.
func (k *KMS) Restore(kek string) error {
	return k.change(func(f *file) error {
		f.restore(kek)
		return nil
	})
}

func (k *KMS) change(change func(*file) error) error {
	f, err := read(k.path)
	defer f.wipe()
	if err == nil {
		err = change(&f)
	}
	if err == nil {
		err = f.replace(k.path)
	}
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	return nil
}

// read returns the file's content, provided that it lends the KEK.
func (k *KMS) read(kek string) (file, error) {
	f, err := read(k.path)
	if err != nil {
		return f, fmt.Errorf("key file: %w: %w", vault.ErrKeyUnavailable, err)
	}
	if f.withdrawn[kek] {
		return f, fmt.Errorf("key file: %w: the key was withdrawn", vault.ErrKeyUnavailable)
	}
	return f, nil
}

const (
	rootSize = 32
	idSize   = 4
)

// rootKey is a root key. Its id follows from it, so that a file whose text was damaged is noticed.
type rootKey struct {
	id  [idSize]byte
	key []byte
}

func newRoot() (rootKey, error) {
	key := make([]byte, rootSize)
	if _, err := rand.Read(key); err != nil {
		return rootKey{}, err
	}
	return rootOf(key), nil
}

func rootOf(key []byte) rootKey {
	h := sha256.New()
	h.Write([]byte("profilegraph root key id\x00"))
	h.Write(key)
	sum := h.Sum(nil)
	return rootKey{[idSize]byte(sum[:idSize]), key}
}

// derive returns the KEK of a name.
func (r rootKey) derive(kek string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, r.key, nil, "profilegraph kek 1\x00"+kek, 32)
	if err != nil {
		return nil, fmt.Errorf("key file: derive: %w", err)
	}
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("key file: derive: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

var errFormat = errors.New("not a key file, or damaged")

// checkMode refuses a file that others than its owner may read or change.
func checkMode(info os.FileInfo) error {
	if !info.Mode().IsRegular() {
		return errFormat
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("others than its owner have access (mode %04o): chmod 600 it, and change its keys if they may have been read", info.Mode().Perm())
	}
	return nil
}

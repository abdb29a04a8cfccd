package audit

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// signer is the key that signs checkpoints, with its public half in printable form.
type signer struct {
	note.Signer
	public string
}

// openKey reads the key file, or makes it if there is none. Of several processes that start at once
// with one file, one makes the key and the others read it.
func openKey(path, name string) (signer, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := createKey(path, name); err != nil {
			return signer{}, fmt.Errorf("audit: make the signing key: %w", err)
		}
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return signer{}, fmt.Errorf("audit: read the signing key: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return signer{}, fmt.Errorf("audit: read the signing key: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return signer{}, fmt.Errorf("%w: the signing key can be read by others; its mode must be 0600", ErrInvalid)
	}
	return parseKey(strings.TrimSpace(string(text)))
}

func createKey(path, name string) error {
	secret, _, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	// Written whole under another name and then linked: nobody ever reads half a key, and a key
	// that appeared meanwhile stays.
	temp, err := os.CreateTemp(dir, ".signing-key-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.WriteString(secret + "\n")
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if err := os.Link(temp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(dir)
}

// parseKey derives the public key, which the file does not hold.
func parseKey(secret string) (signer, error) {
	broken := fmt.Errorf("%w: the signing key cannot be read", ErrInvalid)
	s, err := note.NewSigner(secret)
	if err != nil {
		return signer{}, broken
	}
	// PRIVATE+KEY+name+hash+base64(algorithm, seed)
	parts := strings.SplitN(secret, "+", 5)
	if len(parts) != 5 {
		return signer{}, broken
	}
	seed, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(seed) != 1+ed25519.SeedSize {
		return signer{}, broken
	}
	public := ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey)
	text, err := note.NewEd25519VerifierKey(s.Name(), public)
	if err != nil {
		return signer{}, broken
	}
	return signer{Signer: s, public: text}, nil
}

package vault

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"

	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/tenant"
)

// Entries returns the entries under which documents whose field has a value are stored and found:
// keyed hashes (HMAC-SHA-256, RFC 2104) of the normalised value, different for each account,
// entity and field. There is one, or two while the field's key is being rotated; the first is made
// by the newer key. Whoever writes stores all of them, whoever looks up tries all of them, and a
// unique value is claimed under all of them: so writers that know of the new key and such that do
// not yet meet at one entry at least.
//
// It fails with ErrValue when the value cannot be normalised, and returns none for null.
func (v *Vault) Entries(ctx context.Context, account tenant.ID, entity string, f *schema.Field, value any) ([]string, error) {
	text, err := normalize(f, value)
	if err != nil || text == "" {
		return nil, err
	}
	keys, err := v.keys.index(ctx, account, entity, f.Property)
	if err != nil {
		return nil, fmt.Errorf("vault: index %s/%s: %w", account, entity, err)
	}
	// The normal form is part of the hash, so that a field that changes it does not find entries of
	// the old one by accident.
	input := make([]byte, 0, 128)
	for _, part := range []string{string(account), entity, f.Property, f.Normalize, text} {
		input = appendPart(input, part)
	}
	entries := make([]string, len(keys.versions))
	for i, one := range keys.versions {
		if entries[len(entries)-1-i], err = one.key.entry(input); err != nil {
			return nil, fmt.Errorf("vault: index %s/%s: %w", account, entity, err)
		}
	}
	clear(input)
	return entries, nil
}

// normalize returns the text that is hashed of a value, empty where there is nothing to look up.
func normalize(f *schema.Field, value any) (string, error) {
	if value == nil {
		return "", nil
	}
	text, err := schema.Normalize(f.Normalize, value)
	if err != nil {
		return "", ErrValue
	}
	return text, nil
}

// mac is HMAC-SHA-256 under one key, ready to be copied: to key it costs four times as much as to
// use it.
type mac struct{ keyed hash.Cloner }

func newMAC(key []byte) (*mac, error) {
	keyed, ok := hmac.New(sha256.New, key).(hash.Cloner)
	if !ok {
		return nil, fmt.Errorf("HMAC-SHA-256 cannot be copied")
	}
	return &mac{keyed}, nil
}

func (m *mac) entry(input []byte) (string, error) {
	h, err := m.keyed.Clone()
	if err != nil {
		return "", err
	}
	h.Write(input)
	var sum [sha256.Size]byte
	return base64.RawURLEncoding.EncodeToString(h.Sum(sum[:0])), nil
}

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

// Index makes the entries of one look-up field's values. It is for one goroutine, and for one request:
// it keeps the keys that it began with.
type Index struct {
	vault   *Vault
	account tenant.ID
	entity  string
	field   *schema.Field
	hashes  []hash.Hash // newest key first; none before the first value
	input   []byte
	sum     [sha256.Size]byte
	encoded [base64Size]byte
}

const base64Size = (sha256.Size*8 + 5) / 6

// Index returns what makes the entries of a field's values.
func (v *Vault) Index(account tenant.ID, entity string, f *schema.Field) *Index {
	return &Index{vault: v, account: account, entity: entity, field: f}
}

// Entries returns the entries of one value. See [Index.Append].
func (v *Vault) Entries(ctx context.Context, account tenant.ID, entity string, f *schema.Field, value any) ([]string, error) {
	return v.Index(account, entity, f).Append(ctx, nil, value)
}

// Append appends the entries under which documents whose field has a value are stored and found:
// keyed hashes (HMAC-SHA-256, RFC 2104) of the normalised value, different for each account,
// entity and field. There is one, or two while the field's key is being rotated; the first is made
// by the newer key. Whoever writes stores all of them, whoever looks up tries all of them, and a
// unique value is claimed under all of them: so writers that know of the new key and such that do
// not yet meet at one entry at least.
//
// It fails with ErrValue when the value cannot be normalised, and appends none for null.
func (x *Index) Append(ctx context.Context, entries []string, value any) ([]string, error) {
	text, err := normalize(x.field, value)
	if err != nil || text == "" {
		return entries, err
	}
	if x.hashes == nil {
		if err := x.load(ctx); err != nil {
			return entries, fmt.Errorf("vault: index %s/%s: %w", x.account, x.entity, err)
		}
	}
	// The normal form is part of the hash, so that a field that changes it does not find entries of
	// the old one by accident.
	x.input = x.input[:0]
	for _, part := range []string{string(x.account), x.entity, x.field.Property, x.field.Normalize, text} {
		x.input = appendPart(x.input, part)
	}
	for _, h := range x.hashes {
		h.Reset()
		h.Write(x.input)
		base64.RawURLEncoding.Encode(x.encoded[:], h.Sum(x.sum[:0]))
		entries = append(entries, string(x.encoded[:]))
	}
	clear(x.input)
	return entries, nil
}

func (x *Index) load(ctx context.Context) error {
	keys, err := x.vault.keys.index(ctx, x.account, x.entity, x.field.Property)
	if err != nil {
		return err
	}
	hashes := make([]hash.Hash, len(keys.versions))
	for i, one := range keys.versions {
		if hashes[len(hashes)-1-i], err = one.key.Clone(); err != nil {
			return err
		}
	}
	x.hashes, x.input = hashes, make([]byte, 0, 128)
	return nil
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
type mac struct{ hash.Cloner }

func newMAC(key []byte) (*mac, error) {
	keyed, ok := hmac.New(sha256.New, key).(hash.Cloner)
	if !ok {
		return nil, fmt.Errorf("HMAC-SHA-256 cannot be copied")
	}
	keyed.Reset() // once done, what the key makes of the hash is kept, for the copies too
	return &mac{keyed}, nil
}

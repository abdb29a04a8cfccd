// Package vault stands between stored documents and everybody else: what leaves it is masked.
//
// [Vault.Mask] gives a document with each sensitive value replaced by its mask, and [Vault.Index]
// turns the value of a look-up key into the entry under which storage finds it.
package vault

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/tenant"
)

// ErrValue says that a value cannot be a look-up key of its field.
var ErrValue = errors.New("vault: value cannot be looked up")

// Vault masks documents and hashes look-up keys.
type Vault struct {
	tenants *tenant.Registry
}

// New returns a vault for the accounts of a registry.
func New(tenants *tenant.Registry) *Vault { return &Vault{tenants: tenants} }

// Index returns the entry under which documents whose field has a value are found: a keyed hash
// (HMAC-SHA-256, RFC 2104) of the normalised value, different for each account, entity and field.
// It fails with ErrValue when the value cannot be normalised, and returns "" for null.
func (v *Vault) Index(ctx context.Context, account tenant.ID, entity string, f *schema.Field, value any) (string, error) {
	if value == nil {
		return "", nil
	}
	text, err := schema.Normalize(f.Normalize, value)
	if err != nil {
		return "", ErrValue
	}
	if text == "" {
		return "", nil
	}
	a, err := v.tenants.Get(ctx, account)
	if err != nil {
		return "", fmt.Errorf("vault: index: %w", err)
	}
	// Lengths keep neighbours apart; the normal form is part of the hash, so that a field that
	// changes it does not find entries of the old one by accident.
	mac := hmac.New(sha256.New, a.IndexKey)
	for _, part := range []string{entity, f.Property, f.Normalize, text} {
		fmt.Fprintf(mac, "%d:%s", len(part), part)
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), nil
}

package vault

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/tink-crypto/tink-go/v2/daead/subtle"

	"github.com/profilegraph/profilegraph/tenant"
)

// ErrNoTokens says that there is no such consumer, or that its key was destroyed.
var ErrNoTokens = errors.New("vault: no tokens for this consumer")

// Tokens turns ids into the tokens of one consumer, and back. One id has one token for a consumer,
// and another for every other: without the consumer's key nobody can tell that the two are one.
//
// A token is the id encrypted deterministically and with authentication (AES-SIV, RFC 5297, with keys of
// 256 bits), bound to account and consumer, in base64url.
type Tokens struct {
	siv    *subtle.AESSIV
	holder []byte // the associated data: whose tokens they are
}

// CreateTokens makes the key of a consumer, unless there is one.
func (v *Vault) CreateTokens(ctx context.Context, account tenant.ID, consumer string) error {
	if err := v.keys.create(ctx, keyName{account: account, kind: consumerKey, id: consumer}); err != nil {
		return fmt.Errorf("vault: create tokens of %s/%s: %w", account, consumer, err)
	}
	return nil
}

// DestroyTokens destroys the key of a consumer for good: its tokens stand for nothing from then on, in
// other processes within [Staleness]. Destroying twice is harmless.
func (v *Vault) DestroyTokens(ctx context.Context, account tenant.ID, consumer string) error {
	if err := v.keys.destroy(ctx, keyName{account: account, kind: consumerKey, id: consumer}); err != nil {
		return fmt.Errorf("vault: destroy tokens of %s/%s: %w", account, consumer, err)
	}
	return nil
}

// Tokens returns the tokens of a consumer. It fails with ErrNoTokens where there is none.
func (v *Vault) Tokens(ctx context.Context, account tenant.ID, consumer string) (*Tokens, error) {
	keys, err := v.keys.consumers.get(ctx, keyName{account: account, kind: consumerKey, id: consumer})
	if errors.Is(err, errNoKey) || errors.Is(err, ErrShredded) {
		return nil, ErrNoTokens
	}
	if err != nil {
		return nil, fmt.Errorf("vault: tokens of %s/%s: %w", account, consumer, err)
	}
	return &Tokens{keys.primary().key, appendPart(appendPart(nil, account), consumer)}, nil
}

func newSIV(key []byte) (*subtle.AESSIV, error) {
	both, err := hkdf.Expand(sha256.New, key, "profilegraph token 1", subtle.AESSIVKeySize)
	if err != nil {
		return nil, err
	}
	return subtle.NewAESSIV(both)
}

// The first byte of what is encrypted says whether the id begins with a UUID, which takes 16 bytes then.
const (
	tokenText byte = iota
	tokenUUID
)

const uuidText = 36

// Token returns the token of an id.
func (t *Tokens) Token(id string) string {
	plain := make([]byte, 1, 1+len(id))
	if u, ok := leadingUUID(id); ok {
		plain[0] = tokenUUID
		plain = append(append(plain, u[:]...), id[uuidText:]...)
	} else {
		plain = append(plain, id...)
	}
	sealed, err := t.siv.EncryptDeterministically(plain, t.holder)
	if err != nil {
		panic("vault: impossible: an id that is too long to be encrypted")
	}
	return base64.RawURLEncoding.EncodeToString(sealed)
}

// leadingUUID returns the UUID that an id begins with, if it is spelt as the server spells one.
func leadingUUID(id string) (uuid.UUID, bool) {
	if len(id) < uuidText {
		return uuid.UUID{}, false
	}
	u, err := uuid.Parse(id[:uuidText])
	return u, err == nil && u.String() == id[:uuidText]
}

// maxToken bounds the work for what is no token. An id has at most 64 characters, a pinned one more.
const maxToken = 512

// ID returns the id of a token, if it is one of this consumer's.
func (t *Tokens) ID(token string) (string, bool) {
	if len(token) > maxToken || strings.ContainsAny(token, "\r\n") { // which the decoder would skip
		return "", false
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return "", false
	}
	plain, err := t.siv.DecryptDeterministically(sealed, t.holder)
	if err != nil || len(plain) == 0 {
		return "", false
	}
	if plain[0] == tokenUUID {
		u, err := uuid.FromBytes(plain[1:min(17, len(plain))])
		if err != nil {
			return "", false
		}
		return u.String() + string(plain[17:]), true
	}
	return string(plain[1:]), true
}

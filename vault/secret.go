package vault

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/profilegraph/profilegraph/tenant"
)

// What is not part of a document is sealed as a whole: the version of its key, 4 bytes, and what AES-256-GCM
// makes of it under a random nonce. The additional data is a label, then account and names, each after its
// length, and the version. Such a key is wrapped by the account's like all others, but not replaced
// when those of data subjects are, since nobody passes over what is sealed under it.

func (v *Vault) sealWhole(ctx context.Context, n keyName, place, plain []byte) ([]byte, error) {
	keys, err := demand(ctx, v.keys, v.keys.subjects, n, true)
	if err != nil {
		return nil, err
	}
	p := keys.primary()
	number := binary.BigEndian.AppendUint32(nil, p.number)
	return p.key.Seal(number, nil, plain, append(place, number...)), nil
}

func (v *Vault) openWhole(ctx context.Context, n keyName, place, sealed []byte) ([]byte, error) {
	if len(sealed) < 4 {
		return nil, errSealed
	}
	keys, err := demand(ctx, v.keys, v.keys.subjects, n, false)
	if err != nil {
		return nil, err
	}
	key, ok := keys.find(binary.BigEndian.Uint32(sealed))
	if !ok {
		return nil, errSealed
	}
	plain, err := key.Open(nil, nil, sealed[4:], append(place, sealed[:4]...))
	if err != nil {
		return nil, errSealed
	}
	return plain, nil
}

// wholePlace begins the additional data of what is sealed whole.
func wholePlace(label string, account tenant.ID, names ...string) []byte {
	b := append(make([]byte, 0, 128), label...)
	b = append(b, 0)
	b = appendPart(b, account)
	for _, name := range names {
		b = appendPart(b, name)
	}
	return b
}

// SealSecret seals a secret of an account that is about no person, such as that of a webhook: what says
// which kind, name which one. It does not open under another name.
func (v *Vault) SealSecret(ctx context.Context, account tenant.ID, what, name string, secret []byte) ([]byte, error) {
	sealed, err := v.sealWhole(ctx, keyName{account: account, kind: secretKey, id: what}, secretPlace(account, what, name), secret)
	if err != nil {
		return nil, fmt.Errorf("vault: seal secret: %w", err)
	}
	return sealed, nil
}

// OpenSecret returns a secret that SealSecret sealed.
func (v *Vault) OpenSecret(ctx context.Context, account tenant.ID, what, name string, sealed []byte) ([]byte, error) {
	secret, err := v.openWhole(ctx, keyName{account: account, kind: secretKey, id: what}, secretPlace(account, what, name), sealed)
	if err != nil {
		return nil, fmt.Errorf("vault: open secret: %w", err)
	}
	return secret, nil
}

func secretPlace(account tenant.ID, what, name string) []byte {
	return wholePlace("profilegraph secret 1", account, what, name)
}

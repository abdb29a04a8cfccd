package vault

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/profilegraph/profilegraph/tenant"
)

// A sealed secret is the version of its key, 4 bytes, and what AES-256-GCM makes of the secret under a random
// nonce. The additional data is a label, then account, kind and name, each after its length, and the version.

// SealSecret seals a secret of an account that is about no person, such as that of a webhook: what says
// which kind, name which one. It does not open under another name. The key of a kind is wrapped like
// those of data subjects; it is not replaced when theirs are.
func (v *Vault) SealSecret(ctx context.Context, account tenant.ID, what, name string, secret []byte) ([]byte, error) {
	keys, err := v.keys.secrets(ctx, account, what, true)
	if err != nil {
		return nil, fmt.Errorf("vault: seal secret: %w", err)
	}
	p := keys.primary()
	number := binary.BigEndian.AppendUint32(nil, p.number)
	return p.key.Seal(number, nil, secret, secretPlace(account, what, name, number)), nil
}

// OpenSecret returns a secret that SealSecret sealed.
func (v *Vault) OpenSecret(ctx context.Context, account tenant.ID, what, name string, sealed []byte) ([]byte, error) {
	if len(sealed) < 4 {
		return nil, fmt.Errorf("vault: open secret: %w", errSealed)
	}
	keys, err := v.keys.secrets(ctx, account, what, false)
	if err != nil {
		return nil, fmt.Errorf("vault: open secret: %w", err)
	}
	key, ok := keys.find(binary.BigEndian.Uint32(sealed))
	if !ok {
		return nil, fmt.Errorf("vault: open secret: %w", errSealed)
	}
	secret, err := key.Open(nil, nil, sealed[4:], secretPlace(account, what, name, sealed[:4]))
	if err != nil {
		return nil, fmt.Errorf("vault: open secret: %w", errSealed)
	}
	return secret, nil
}

func secretPlace(account tenant.ID, what, name string, number []byte) []byte {
	b := append(make([]byte, 0, 96), "profilegraph secret 1\x00"...)
	b = appendPart(b, account)
	b = appendPart(b, what)
	b = appendPart(b, name)
	return append(b, number...)
}

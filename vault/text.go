package vault

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/profilegraph/profilegraph/tenant"
)

// SealText seals a text about a data subject that belongs to no document, such as the reason of a
// disclosure: people type personal data into it. It is shredded with the subject. Its key is another
// one than that of the subject's documents: a text may lie where it cannot be sealed anew, on the audit
// record for instance, and is to be read when the documents' key was replaced long ago.
func (v *Vault) SealText(ctx context.Context, account tenant.ID, subject, text string) ([]byte, error) {
	plain := make([]byte, bucket(4+len(text))) // so that its length does not show
	binary.BigEndian.PutUint32(plain, uint32(len(text)))
	copy(plain[4:], text)
	sealed, err := v.sealWhole(ctx, keyName{account: account, kind: textKey, id: subject}, textPlace(account, subject), plain)
	if err != nil {
		return nil, fmt.Errorf("vault: seal text: %w", err)
	}
	return sealed, nil
}

// OpenText returns a text that SealText sealed.
func (v *Vault) OpenText(ctx context.Context, account tenant.ID, subject string, sealed []byte) (string, error) {
	plain, err := v.openWhole(ctx, keyName{account: account, kind: textKey, id: subject}, textPlace(account, subject), sealed)
	if err != nil {
		return "", fmt.Errorf("vault: open text: %w", err)
	}
	if len(plain) < 4 || int64(binary.BigEndian.Uint32(plain)) > int64(len(plain)-4) {
		return "", fmt.Errorf("vault: open text: %w", errSealed)
	}
	return string(plain[4:][:binary.BigEndian.Uint32(plain)]), nil
}

func textPlace(account tenant.ID, subject string) []byte {
	return wholePlace("profilegraph text 1", account, subject)
}

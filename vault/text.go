package vault

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/tenant"
)

// textPlace is where texts about a data subject are sealed: at no document of any entity, since the
// names of entities begin with a capital.
func textPlace(account tenant.ID, subject string) Place {
	return Place{Account: account, Subject: subject, Entity: "text", ID: subject}
}

// textShape declares nothing, so everything in it is sealed.
var textShape = &schema.Entity{Name: "text", Type: &schema.Type{Kind: schema.Object, Name: "text"}}

// SealText seals a text about a data subject that belongs to no document, such as the reason of a
// disclosure: people type personal data into it. It is shredded with the subject.
func (v *Vault) SealText(ctx context.Context, account tenant.ID, subject, text string) ([]byte, error) {
	doc, err := bson.Marshal(bson.D{{Key: "text", Value: text}})
	if err != nil {
		return nil, fmt.Errorf("vault: seal text: %w", err)
	}
	return v.Seal(ctx, textPlace(account, subject), textShape, doc)
}

// OpenText returns a text that SealText sealed.
func (v *Vault) OpenText(ctx context.Context, account tenant.ID, subject string, sealed []byte) (string, error) {
	doc, err := v.Open(ctx, textPlace(account, subject), sealed)
	if err != nil {
		return "", err
	}
	text, ok := doc.Lookup("text").StringValueOK()
	if !ok {
		return "", fmt.Errorf("vault: open text: %w", ErrCorrupt)
	}
	return text, nil
}

package profile

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
)

// uncovered tells, in the form of violations, what a promotion would store in clear though the prospect
// protects it: two entities may declare the same property differently. C is what the prospect's
// record r holds, owned what its lists become, and patch takes the place of properties.
func (s *Service) uncovered(ctx context.Context, id tenant.ID, set *schema.Set, r storage.Record, c content, owned []ownedDocument, patch map[string]any) error {
	prospects, profiles := set.Entity("Prospect"), set.Entity("Profile")
	sealed, _, err := s.vault.Reseal(ctx, c.placed(id, prospects, &r), prospects, c.Doc) // something may have become sensitive since
	if err != nil {
		return err
	}
	var found []schema.Violation
	tell := func(e *schema.Entity, within string, copied func(property string) bool) func(property, _, place string) {
		return func(property, _, place string) {
			if !copied(property) {
				return
			}
			found = append(found, schema.Violation{Path: within + place, Rule: "sensitive",
				Message: fmt.Sprintf("is protected on %s and would be stored in clear on %s: declare it alike on both", prospects.Name, e.Name)})
		}
	}
	vault.Exposed(profiles, sealed, tell(profiles, "", func(name string) bool {
		_, merged := patch[name].(map[string]any)
		_, patched := patch[name]
		return (merged || !patched) && slices.ContainsFunc(profiles.Type.Fields, func(f *schema.Field) bool { return f != profiles.Type.Extra && f.Property == name })
	}))
	for _, o := range owned {
		item, err := s.protected(ctx, id, r.ID, sealed, o)
		if err != nil {
			return err
		}
		vault.Exposed(o.entity, item, tell(o.entity, fmt.Sprintf("%s.%d.", o.property, o.index), func(string) bool { return true }))
	}
	if len(found) > 0 {
		return &InvalidError{Violations: found}
	}
	return nil
}

// protected returns what a list of a prospect holds for a document that is to be owned, with what is to stay
// protected sealed. Where the list is sealed as a whole that is what the built-in schema says of such
// documents, and whatever it does not know.
func (s *Service) protected(ctx context.Context, id tenant.ID, profile string, prospect bson.Raw, o ownedDocument) (bson.Raw, error) {
	if item, ok := bsoncore.Document(prospect).Lookup(o.property, strconv.Itoa(o.index)).DocumentOK(); ok {
		return bson.Raw(item), nil
	}
	entities := schema.Defaults()
	builtin := entities[slices.IndexFunc(entities, func(e *schema.Entity) bool { return e.Name == o.entity.Name })]
	return s.vault.Seal(ctx, place(id, builtin, &storage.Record{ID: o.id, Owner: profile}), builtin, o.held)
}

package vault_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/vault"
)

// TestMasksAreNotRememberedTooLong masks a document that was masked before, and expects of it what a
// vault says that sees it for the first time.
func TestMasksAreNotRememberedTooLong(t *testing.T) {
	e := parse(t, "Person", personSchema)
	clear := encode(t, e, ada)
	open := parse(t, "Person", `{"additionalProperties": true, "properties": {"name": {"type": "string"}}}`)
	var name schema.FieldSet
	name.Add(field(t, e, "name").Slot)
	elsewhere := person
	elsewhere.ID = "p2"
	for _, test := range []struct {
		name   string
		entity *schema.Entity
		want   schema.FieldSet
		at     vault.Place
		change func(t *testing.T, w *world, v *vault.Vault, sealed []byte)
		err    error
	}{
		{"nothing changed", e, all(e), person, nil, nil},
		{"other fields", e, name, person, nil, nil},
		{"another schema", open, all(open), person, nil, nil},
		{"another place", e, all(e), elsewhere, nil, vault.ErrCorrupt},
		{"damaged", e, all(e), person, func(_ *testing.T, _ *world, _ *vault.Vault, sealed []byte) {
			sealed[bytes.Index(sealed, []byte("email"))+30] ^= 1
		}, vault.ErrCorrupt},
		{"destroyed", e, all(e), person, func(t *testing.T, _ *world, v *vault.Vault, _ []byte) {
			if err := v.Destroy(t.Context(), person.Account, person.Subject); err != nil {
				t.Fatal(err)
			}
		}, vault.ErrShredded},
		{"destroyed by another process", e, all(e), person, func(t *testing.T, w *world, _ *vault.Vault, _ []byte) {
			if err := w.vault().Destroy(t.Context(), person.Account, person.Subject); err != nil {
				t.Fatal(err)
			}
			w.wait(vault.Staleness)
		}, vault.ErrShredded},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			v := w.vault()
			sealed := must(v.Seal(t.Context(), person, e, clear))(t)
			for range 2 {
				if _, _, err := v.Mask(t.Context(), person, e, sealed, all(e)); err != nil {
					t.Fatal(err)
				}
			}
			if test.change != nil {
				test.change(t, w, v, sealed)
			}
			got, paths, err := v.Mask(t.Context(), test.at, test.entity, sealed, test.want)
			want, wantPaths, wantErr := w.vault().Mask(t.Context(), test.at, test.entity, sealed, test.want)
			if !errors.Is(err, test.err) || !errors.Is(wantErr, test.err) {
				t.Fatalf("got the error %v, a new vault %v, want %v", err, wantErr, test.err)
			}
			if !bytes.Equal(got, want) || len(paths) != len(wantPaths) {
				t.Errorf("got %v, %v; a new vault says %v, %v", got, paths, want, wantPaths)
			}
		})
	}
}

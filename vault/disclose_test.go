package vault_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
)

// exactly is a grant for paths as they are written.
type exactly []string

func (g exactly) Covers(account tenant.ID, entity, id, path string) bool {
	return account == person.Account && entity == person.Entity && id == person.ID && slices.Contains(g, path)
}

// What is disclosed is all of a document, for a grant of all that is secret in it and no less.
func TestDisclose(t *testing.T) {
	w := newWorld(t)
	v := w.vault()
	const a = `{"properties": {"a": {"type": "string", "sensitive": true}}}`
	for _, c := range []struct{ name, before, after, doc, secrets string }{
		{"every kind", personSchema, personSchema, ada, "name email document birthdate note hidden score level active gender codes vault anything home.street home.additionalProperties contacts.phone payment.holder additionalProperties"},
		{"nothing secret", personSchema, personSchema, `{"tier": "gold", "name": null, "tags": ["vip"]}`, ""},
		{"sealed where it would be in clear", a, `{"properties": {"a": {"type": "string"}}}`, `{"a": "x"}`, "a"},
		{"not sealed yet", `{"properties": {"a": {"type": "string"}}}`, a, `{"a": "x"}`, "a"},
		{"removed", a, `{"properties": {"b": {"type": "string"}}}`, `{"a": "x"}`, "*"},
		{"removed within an object", `{"properties": {"o": {"type": "object", "properties": {"a": {"type": "string"}}}}}`,
			`{"properties": {"o": {"type": "object", "properties": {"b": {"type": "string"}}}}}`, `{"o": {"a": "x"}}`, "o.*"},
		{"of another type", `{"properties": {"o": {"type": "string"}}}`, `{"properties": {"o": {"type": "object", "properties": {"b": {"type": "string"}}}}}`, `{"o": "x"}`, "o"},
		{"no list any more", `{"properties": {"o": {"type": "array", "items": {"type": "object", "properties": {"b": {"type": "string", "sensitive": true}}}}}}`,
			`{"properties": {"o": {"type": "object", "properties": {"b": {"type": "string"}}}}}`, `{"o": [{"b": "x"}]}`, "o"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, after := parse(t, "Person", c.before), parse(t, "Person", c.after)
			clear := encode(t, before, c.doc)
			sealed := must(v.Seal(t.Context(), person, before, clear))(t)
			asked := w.asked.Load()
			paths := must(vault.Secrets(after, sealed))(t)
			if want := strings.Fields(c.secrets); !slices.Equal(slices.Sorted(slices.Values(paths)), slices.Sorted(slices.Values(want))) {
				t.Errorf("secrets: %q, want %q", paths, want)
			}
			if w.asked.Load() != asked {
				t.Error("a key was asked for")
			}
			if got, err := v.Disclose(t.Context(), exactly(paths), person, after, sealed); err != nil || !bytes.Equal(got, clear) {
				t.Errorf("%v %s", err, show(t, got))
			}
			for i := range paths {
				if got, err := v.Disclose(t.Context(), exactly(slices.Delete(slices.Clone(paths), i, i+1)), person, after, sealed); err == nil || got != nil {
					t.Errorf("without leave to see %s: %s", paths[i], show(t, got))
				}
			}
			if got, err := v.Disclose(t.Context(), nil, person, after, sealed); len(paths) > 0 && (err == nil || got != nil) {
				t.Errorf("without leave: %s", show(t, got))
			}
		})
	}
	// What a mask hides is secret.
	e := parse(t, "Person", personSchema)
	sealed := must(v.Seal(t.Context(), person, e, encode(t, e, ada)))(t)
	_, masked, err := v.Mask(t.Context(), person, e, sealed, all(e))
	if paths := must(vault.Secrets(e, sealed))(t); err != nil || !slices.Equal(slices.Sorted(slices.Values(masked)), slices.Sorted(slices.Values(paths))) {
		t.Errorf("%v: %q is masked, %q secret", err, masked, paths)
	}
	if _, err := vault.Secrets(e, sealed[:len(sealed)-3]); err == nil {
		t.Error("a document that was cut has secrets")
	}
}

package vault_test

import (
	"testing"

	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/vault"
)

// BenchmarkVault works on a document of eight fields, five of them sealed and four of these with a
// mask that follows from the value, with warm keys.
func BenchmarkVault(b *testing.B) {
	v := newWorld(b).vault()
	e := parse(b, "Person", `{"additionalProperties": false, "properties": {
		"firstName": {"type": "string", "sensitive": true, "pii": true}, "lastName": {"type": "string", "sensitive": true, "pii": true},
		"email": {"type": "string", "format": "email", "sensitive": true, "pii": true}, "document": {"type": "string", "sensitive": true, "pii": true},
		"birthdate": {"type": "string", "format": "date", "sensitive": true, "pii": true},
		"tier": {"type": "string"}, "country": {"type": "string"}, "visits": {"type": "integer"}}}`)
	clear := encode(b, e, `{"firstName": "Ada", "lastName": "Lovelace", "email": "ada.lovelace@example.com", "document": "12345678911",
		"birthdate": "1815-12-10", "tier": "gold", "country": "GB", "visits": 12}`)
	sealed := must(v.Seal(b.Context(), person, e, clear))(b)
	want := all(e)
	email := &schema.Field{Property: "email", Normalize: "exact"}
	grant := covers{"acme", []string{"email"}}
	for _, bench := range []struct {
		name string
		run  func() error
	}{
		{"seal", func() error { return second(v.Seal(b.Context(), person, e, clear)) }},
		{"open", func() error { return second(v.Open(b.Context(), person, sealed)) }},
		{"mask", func() error { return third(v.Mask(b.Context(), person, e, sealed, want)) }},
		{"mask unsealed", func() error { return third(v.Mask(b.Context(), person, e, clear, want)) }},
		{"reveal one", func() error { return third(v.Reveal(b.Context(), grant, person, e, sealed, want)) }},
		{"index", func() error { return second(v.Entries(b.Context(), "acme", "Person", email, "ada@example.com")) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := bench.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("first key of a subject", func(b *testing.B) {
		at := vault.Place{Account: "acme", Entity: "Person", ID: "x"}
		for i := 0; b.Loop(); i++ {
			at.Subject = string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676%26)) + string(rune('a'+i/17576%26))
			if _, err := v.Seal(b.Context(), at, e, clear); err != nil {
				b.Fatal(err)
			}
		}
	})
}

package vault_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/vault"
)

func TestSealHidesSecretsOnly(t *testing.T) {
	v, e := newWorld(t).vault(), parse(t, "Person", personSchema)
	clear := encode(t, e, ada)
	sealed := must(v.Seal(t.Context(), person, e, clear))(t)
	for _, secret := range secrets {
		if bytes.Contains(sealed, []byte(secret)) {
			t.Errorf("%s is in the sealed document", secret)
		}
	}
	secret := map[string]bool{}
	var visit func(path string, doc bson.Raw)
	visit = func(path string, doc bson.Raw) {
		for _, el := range must(doc.Elements())(t) {
			at := strings.TrimPrefix(path+"."+el.Key(), ".")
			switch el.Value().Type {
			case bson.TypeBinary:
				secret[at] = true
			case bson.TypeEmbeddedDocument, bson.TypeArray:
				visit(at, el.Value().Value)
			}
		}
	}
	visit("", sealed)
	want := map[string]bool{}
	for _, path := range strings.Fields(`name email document birthdate note hidden score level active gender codes vault
		anything home.street home.door contacts.0.phone contacts.1.phone payment.holder nick`) {
		want[path] = true
	}
	if diff := cmp.Diff(want, secret); diff != "" {
		t.Errorf("sealed paths (-want +got):\n%s", diff)
	}
	if got := must(v.Open(t.Context(), person, sealed))(t); !bytes.Equal(got, clear) {
		t.Errorf("opened: %s", show(t, got))
	}
}

// TestSealIsRandomized seals one document twice: no two ciphertexts are equal, so equal values of
// fields that are not indexed cannot be told.
func TestSealIsRandomized(t *testing.T) {
	v, e := newWorld(t).vault(), parse(t, "Person", personSchema)
	doc := encode(t, e, `{"name": "a", "email": "a"}`)
	seen := map[string]bool{}
	for range 50 {
		sealed := must(v.Seal(t.Context(), person, e, doc))(t)
		for _, f := range []string{"name", "email"} {
			if box := string(sealed.Lookup(f).Value); seen[box] {
				t.Fatal("two equal ciphertexts")
			} else {
				seen[box] = true
			}
		}
	}
}

func TestPaddingHidesLengths(t *testing.T) {
	v, e := newWorld(t).vault(), parse(t, "Person", personSchema)
	size := func(value any) int {
		raw, err := bson.Marshal(bson.D{{Key: "anything", Value: value}})
		if err != nil {
			t.Fatal(err)
		}
		return len(must(v.Seal(t.Context(), person, e, raw))(t).Lookup("anything").Value)
	}
	short := size("")
	for n := range 27 {
		if got := size(strings.Repeat("a", n)); got != short {
			t.Errorf("%d letters: %d bytes, an empty text: %d", n, got, short)
		}
	}
	for _, value := range []any{true, int64(1), 2.5, bson.A{}, bson.D{}, bson.D{{Key: "a", Value: "b"}}} {
		if got := size(value); got != short {
			t.Errorf("%T: %d bytes, an empty text: %d", value, got, short)
		}
	}
	sizes := map[int]bool{}
	for n := range 5_000 {
		sizes[size(strings.Repeat("a", n))] = true
	}
	if len(sizes) != 9 { // 32, 64, ... 8192
		t.Errorf("%d sizes for texts of up to 5,000 letters", len(sizes))
	}
	if got, most := size(strings.Repeat("a", 1<<20)), 1<<20+64<<10+64; got > most {
		t.Errorf("a megabyte takes %d bytes", got)
	}
}

// TestMaskIsTheSameSealedOrNot masks a document before and after it was sealed.
func TestMaskIsTheSameSealedOrNot(t *testing.T) {
	v, e := newWorld(t).vault(), parse(t, "Person", personSchema)
	clear := encode(t, e, ada)
	sealed := must(v.Seal(t.Context(), person, e, clear))(t)
	want, wantPaths, err := v.Mask(t.Context(), person, e, clear, all(e))
	if err != nil {
		t.Fatal(err)
	}
	got, gotPaths, err := v.Mask(t.Context(), person, e, sealed, all(e))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(show(t, want), show(t, got)); diff != "" {
		t.Errorf("masked (-clear +sealed):\n%s", diff)
	}
	if diff := cmp.Diff(wantPaths, gotPaths); diff != "" {
		t.Errorf("paths (-clear +sealed):\n%s", diff)
	}
	for _, secret := range secrets {
		if strings.Contains(show(t, got), secret[1:]) {
			t.Errorf("%s shows through", secret)
		}
	}
	for _, mask := range []string{"z**************", "z****@e******.c**", "*******6789", "1815-01-01", "*****"} {
		if !strings.Contains(show(t, got), `"`+mask+`"`) {
			t.Errorf("no mask %s in %s", mask, show(t, got))
		}
	}
}

// TestMaskAsksForAKeyOnlyIfItMust masks with a vault that has no key at all.
func TestMaskAsksForAKeyOnlyIfItMust(t *testing.T) {
	w, e := newWorld(t), parse(t, "Person", personSchema)
	sealed := must(w.vault().Seal(t.Context(), person, e, encode(t, e, ada)))(t)
	keyless := vault.New(vault.Config{})
	for _, f := range e.Type.Fields {
		var want schema.FieldSet
		want.Add(f.Slot)
		_, _, err := keyless.Mask(t.Context(), person, e, sealed, want)
		needs := strings.Contains(" name email document birthdate home contacts payment ", " "+f.Property+" ") && f != e.Type.Extra
		if f.Property == "payment" { // its mask is made of the holder's name
			needs = true
		}
		if needs != errors.Is(err, vault.ErrKeyUnavailable) {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}

func TestReveal(t *testing.T) {
	v, e := newWorld(t).vault(), parse(t, "Person", personSchema)
	clear := encode(t, e, ada)
	sealed := must(v.Seal(t.Context(), person, e, clear))(t)
	extra := e.Type.Extra.Name
	for _, c := range []struct {
		name         string
		grant        vault.Grant
		shows, hides []string
	}{
		{"nothing", covers{}, nil, secrets},
		{"no grant", nil, nil, secrets},
		{"another account's", covers{"other", []string{"*"}}, nil, secrets},
		{"one field", covers{"acme", []string{"email"}}, []string{"zqada@example.com"}, []string{"zqName", "zqnote", "zqnick"}},
		{"nested", covers{"acme", []string{"contacts.phone", "home.street"}}, []string{"zq555-1", "zq555-2", "zqStreet 1"}, []string{"zqdoor", "zqName"}},
		{"an object with all in it", covers{"acme", []string{"vault"}}, []string{"zqpin", "zqinner"}, []string{"zqName"}},
		{"undeclared", covers{"acme", []string{extra}}, []string{"zqnick"}, []string{"zqName", "zqdoor"}},
		{"all", covers{"acme", []string{"*"}}, []string{"zqName", "zqada", "zq123456789", "1815-12-10", "zqnote", "zqhidden", "12.5", "zqcode2", "zqany", "zqdoor", "zqholder"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			for form, doc := range map[string]bson.Raw{"sealed": sealed, "clear": clear} {
				got, masked, err := v.Reveal(t.Context(), c.grant, person, e, doc, all(e))
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range c.shows {
					if !strings.Contains(show(t, got), s) {
						t.Errorf("%s: %s is not shown", form, s)
					}
				}
				for _, s := range c.hides {
					if strings.Contains(show(t, got), s) {
						t.Errorf("%s: %s is shown", form, s)
					}
				}
				if g, ok := c.grant.(covers); ok && g.account == "acme" {
					for _, path := range masked {
						if g.Covers("acme", "", "", path) {
							t.Errorf("%s: %s is said to be masked", form, path)
						}
					}
				}
			}
		})
	}
}

// TestSchemaChanges reads documents that were sealed under an older schema. What they hold sealed is shown
// only where somebody has lowered its protection, and stays sealed else.
func TestSchemaChanges(t *testing.T) {
	v := newWorld(t).vault()
	lowered := person
	lowered.Lowered = true
	for _, c := range []struct {
		name, before, after, doc, want string
		exposed                        string
	}{
		{"a field is no secret any more", `{"properties": {"a": {"type": "string", "sensitive": true}}}`,
			`{"properties": {"a": {"type": "string"}}}`, `{"a": "x"}`, `{"a":"x"}`, "a"},
		{"a field becomes a secret", `{"properties": {"a": {"type": "string"}}}`,
			`{"properties": {"a": {"type": "string", "sensitive": true}}}`, `{"a": "xyz"}`, `{"a":"x**"}`, ""},
		{"an undeclared property is declared", `{"additionalProperties": true, "properties": {"b": {"type": "string"}}}`,
			`{"additionalProperties": false, "properties": {"a": {"type": "string"}}}`, `{"a": "x"}`, `{"a":"x"}`, "a"},
		{"a field is removed", `{"properties": {"a": {"type": "string", "sensitive": true}}}`,
			`{"additionalProperties": false, "properties": {"b": {"type": "string"}}}`, `{"a": "x"}`, `{}`, ""},
		{"a secret object opens up", `{"properties": {"o": {"type": "object", "sensitive": true, "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}}}`,
			`{"properties": {"o": {"type": "object", "properties": {"a": {"type": "string", "sensitive": true}, "b": {"type": "string"}}}}}`,
			`{"o": {"a": "xyz", "b": "c"}}`, `{"o":{"a":"x**","b":"c"}}`, "o"},
		{"an object with secrets becomes any value", `{"properties": {"o": {"type": "object", "properties": {"a": {"type": "string", "sensitive": true}}}}}`,
			`{"properties": {"o": {"sensitive": false, "pii": false}}}`, `{"o": {"a": "xyz"}}`, `{"o":{"a":"xyz"}}`, "o"},
		{"an object with secrets becomes secret", `{"properties": {"o": {"type": "object", "properties": {"a": {"type": "string", "sensitive": true}}}}}`,
			`{"properties": {"o": {"type": "object", "sensitive": true, "properties": {"a": {"type": "string"}}}}}`, `{"o": {"a": "xyz"}}`, `{"o":null}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, after := parse(t, "Person", c.before), parse(t, "Person", c.after)
			clear := encode(t, before, c.doc)
			sealed := must(v.Seal(t.Context(), person, before, clear))(t)
			check := func(form string, doc bson.Raw) {
				t.Helper()
				got, _, err := v.Mask(t.Context(), lowered, after, doc, all(after))
				if err != nil {
					t.Fatal(err)
				}
				if show(t, got) != c.want {
					t.Errorf("%s: %s, want %s", form, show(t, got), c.want)
				}
				if got := must(v.Open(t.Context(), person, doc))(t); !bytes.Equal(got, clear) {
					t.Errorf("%s opened: %s", form, show(t, got))
				}
			}
			check("as it is", sealed)
			var exposed []string
			vault.Exposed(after, sealed, func(property, _, _ string) { exposed = append(exposed, property) })
			kept, _, err := v.Reseal(t.Context(), person, after, sealed)
			if err != nil {
				t.Fatal(err)
			}
			for form, doc := range map[string]bson.Raw{"as it is": sealed, "kept": kept, "after itself": must(v.SealAfter(t.Context(), person, after, sealed, clear))(t)} {
				got, masked, err := v.Mask(t.Context(), person, after, doc, all(after))
				if err != nil {
					t.Fatal(err)
				}
				for _, property := range exposed {
					if !got.Lookup(property).IsZero() && got.Lookup(property).Type != bson.TypeNull || !slices.Contains(masked, property) {
						t.Errorf("%s, not lowered: %s shows, and says %v is masked", form, show(t, got), masked)
					}
				}
			}
			if c.exposed != strings.Join(exposed, " ") {
				t.Errorf("exposed: %v", exposed)
			}
			resealed, changed, err := v.Reseal(t.Context(), lowered, after, sealed)
			if err != nil {
				t.Fatal(err)
			}
			check("resealed", resealed)
			again, twice, err := v.Reseal(t.Context(), lowered, after, resealed)
			if err != nil || twice || !bytes.Equal(again, resealed) {
				t.Errorf("resealing twice: changed %v, %v", twice, err)
			}
			if !changed && !bytes.Equal(sealed, resealed) {
				t.Error("changed, and says no")
			}
		})
	}
}

// TestRoundTrip seals, opens and masks random documents of the built-in entities and of every kind
// of type there is.
func TestRoundTrip(t *testing.T) {
	v := newWorld(t).vault()
	entities := append(schema.Defaults(), parse(t, "Person", personSchema))
	files, err := filepath.Glob("../schema/testdata/types/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no schemas", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		e, _, err := schema.Parse("Sample", text, schema.Limits{})
		if err != nil {
			continue // some samples are there to be refused
		}
		entities = append(entities, e)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, e := range entities {
		for i := range 30 {
			at := vault.Place{Account: "acme", Subject: "s", Entity: e.Name, ID: strconv.Itoa(i), Lowered: true} // some values do not fit, and so are sealed
			clear, err := e.Encode(randomObject(r, e.Type, 3))
			if err != nil {
				t.Fatalf("%s: %v", e.Name, err)
			}
			sealed, err := v.Seal(t.Context(), at, e, clear)
			if err != nil {
				t.Fatalf("%s: %v", e.Name, err)
			}
			if opened := must(v.Open(t.Context(), at, sealed))(t); !bytes.Equal(opened, clear) {
				t.Fatalf("%s: opened\n%s, want\n%s", e.Name, show(t, opened), show(t, clear))
			}
			want, _, err := v.Mask(t.Context(), at, e, clear, all(e))
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := v.Mask(t.Context(), at, e, sealed, all(e))
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%s: masked %v\n%s, want\n%s", e.Name, err, show(t, got), show(t, want))
			}
			again, changed, err := v.Reseal(t.Context(), at, e, sealed)
			if err != nil || changed || !bytes.Equal(again, sealed) {
				t.Fatalf("%s: resealed: %v %v", e.Name, changed, err)
			}
		}
	}
}

func randomObject(r *rand.Rand, t *schema.Type, depth int) map[string]any {
	doc := map[string]any{}
	for _, f := range t.Fields {
		if f != t.Extra && r.IntN(4) > 0 {
			doc[f.Property] = randomValue(r, f.Type, depth)
		}
	}
	for range r.IntN(3) {
		doc[fmt.Sprint("undeclared", r.IntN(9))] = randomValue(r, nil, depth)
	}
	return doc
}

func randomValue(r *rand.Rand, t *schema.Type, depth int) any {
	if r.IntN(8) == 0 || depth < 0 {
		return nil
	}
	if t == nil || r.IntN(20) == 0 { // anything, also what does not fit
		return []any{"text", true, []any{}, map[string]any{"k": "v", "n": nil}, []any{map[string]any{"a": []any{"b"}}}}[r.IntN(5)]
	}
	switch t.Kind {
	case schema.Enum:
		if s, ok := t.Values[r.IntN(len(t.Values))].Value.(string); ok {
			return s
		}
		return true
	case schema.Object:
		return randomObject(r, t, depth-1)
	case schema.Union:
		m := t.Members[r.IntN(len(t.Members))]
		doc := randomObject(r, m, depth-1)
		doc[t.Discriminator] = m.Tags[r.IntN(len(m.Tags))]
		return doc
	case schema.List:
		list := make([]any, r.IntN(4))
		for i := range list {
			list[i] = randomValue(r, t.Elem, depth-1)
		}
		return list
	}
	if t.Name == schema.JSON {
		return randomValue(r, nil, depth)
	}
	return strings.Repeat("ä", r.IntN(70))
}

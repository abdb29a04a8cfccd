package vault_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
)

// replaceValue puts a value in the place of another within a document.
func replaceValue(t *testing.T, doc bson.Raw, path string, with bson.RawValue) bson.Raw {
	t.Helper()
	head, rest, deeper := strings.Cut(path, ".")
	out := bson.D{}
	found := false
	for _, el := range must(doc.Elements())(t) {
		v := el.Value()
		if el.Key() == head {
			found = true
			if !deeper {
				v = with
			} else {
				v.Value = replaceValue(t, v.Value, rest, with)
			}
		}
		out = append(out, bson.E{Key: el.Key(), Value: v})
	}
	if !found {
		t.Fatalf("no %s", path)
	}
	raw, err := bson.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func lookup(doc bson.Raw, path string) bson.RawValue { return doc.Lookup(strings.Split(path, ".")...) }

// refuses checks that no door opens a document, with an error that tells nothing of its content.
func refuses(t *testing.T, v *vault.Vault, at vault.Place, doc bson.Raw) {
	t.Helper()
	e := parse(t, "Person", personSchema)
	_, err := v.Open(t.Context(), at, doc)
	if !errors.Is(err, vault.ErrCorrupt) && !errors.Is(err, vault.ErrKeyUnavailable) {
		t.Errorf("opened: %v", err)
	} else if strings.Contains(err.Error(), "zq") {
		t.Errorf("the error tells: %v", err)
	}
	_, _, err = v.Reveal(t.Context(), covers{at.Account, []string{"*"}}, at, e, doc, all(e))
	if !errors.Is(err, vault.ErrCorrupt) && !errors.Is(err, vault.ErrKeyUnavailable) {
		t.Errorf("revealed: %v", err)
	}
}

// TestSwaps moves sealed values to every kind of place that is not theirs.
func TestSwaps(t *testing.T) {
	w, e := newWorld(t), parse(t, "Person", personSchema)
	v := w.vault()
	seal := func(at vault.Place, text string) bson.Raw {
		return must(v.Seal(t.Context(), at, e, encode(t, e, text)))(t)
	}
	doc := seal(person, ada)
	other := person
	with := func(change func(*vault.Place)) vault.Place {
		at := person
		change(&at)
		seal(at, ada) // the place has keys of its own
		return at
	}

	for name, move := range map[string][2]string{
		"to another field":                  {"name", "email"},
		"to a field of the same mask":       {"email", "note"},
		"to another element of a list":      {"contacts.0.phone", "contacts.1.phone"},
		"out of an object":                  {"home.street", "name"},
		"into an object":                    {"name", "home.street"},
		"to an undeclared property":         {"name", "nick"},
		"from an undeclared property":       {"nick", "name"},
		"from an object to one in a list":   {"home.street", "contacts.0.phone"},
		"from one in a list to an object":   {"contacts.0.phone", "home.street"},
		"of an undeclared one in an object": {"home.door", "nick"},
	} {
		t.Run(name, func(t *testing.T) {
			refuses(t, v, person, replaceValue(t, doc, move[1], lookup(doc, move[0])))
		})
	}
	for name, at := range map[string]vault.Place{
		"to another document of the subject": with(func(p *vault.Place) { p.ID = "p2" }),
		"to another entity":                  with(func(p *vault.Place) { p.Entity = "Contact" }),
		"to another subject":                 with(func(p *vault.Place) { p.Subject = "p2" }),
		"to another account":                 with(func(p *vault.Place) { p.Account = "other" }),
		"to a neighbouring name":             with(func(p *vault.Place) { p.Entity, p.ID = "Personp", "1" }),
	} {
		t.Run(name, func(t *testing.T) {
			refuses(t, v, at, doc)
			mine := seal(at, ada)
			refuses(t, v, at, replaceValue(t, mine, "email", lookup(doc, "email")))
			refuses(t, v, other, replaceValue(t, doc, "email", lookup(mine, "email")))
		})
	}
	t.Run("to another version of the key", func(t *testing.T) {
		if err := v.RotateDEKs(t.Context(), "acme", w.Now().Add(1), nil); err != nil {
			t.Fatal(err)
		}
		sealed := lookup(doc, "email")
		for _, version := range []byte{0, 2, 3, 255} {
			moved := bytes.Clone(sealed.Value)
			moved[9] = version
			refuses(t, v, person, replaceValue(t, doc, "email", bson.RawValue{Type: sealed.Type, Value: moved}))
		}
		must(v.Open(t.Context(), person, doc))(t) // as it is it opens
	})
	t.Run("of a wrapped key to another subject", func(t *testing.T) {
		swapKeys(t, w, "acme", "subject/p1", "acme", "subject/p2")
		refuses(t, w.vault(), person, doc)
	})
	t.Run("of a wrapped key to another account", func(t *testing.T) {
		swapKeys(t, w, "acme", "account", "other", "account")
		refuses(t, w.vault(), person, doc)
	})
}

// swapKeys exchanges two records of the key store.
func swapKeys(t *testing.T, w *world, account tenant.ID, name string, account2 tenant.ID, name2 string) {
	t.Helper()
	a := must(w.keys.Get(t.Context(), account, name))(t)
	b := must(w.keys.Get(t.Context(), account2, name2))(t)
	for _, err := range []error{w.keys.Put(t.Context(), account, name, b, a), w.keys.Put(t.Context(), account2, name2, a, b)} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestDamage flips every bit of a sealed value and cuts it off at every byte.
func TestDamage(t *testing.T) {
	v, e := newWorld(t).vault(), parse(t, "Person", `{"properties": {"a": {"type": "string", "sensitive": true}}}`)
	doc := must(v.Seal(t.Context(), person, e, encode(t, e, `{"a": "zq"}`)))(t)
	_, sealed, ok := doc.Lookup("a").BinaryOK()
	if !ok {
		t.Fatal("not sealed")
	}
	try := func(what string, i int, data []byte) {
		t.Helper()
		at, b := bsoncore.AppendDocumentStart(nil)
		b = bsoncore.AppendBinaryElement(b, "a", 0x80, data)
		b, err := bsoncore.AppendDocumentEnd(b, at)
		if err != nil {
			t.Fatal(err)
		}
		_, err = v.Open(t.Context(), person, b)
		if !errors.Is(err, vault.ErrCorrupt) {
			t.Fatalf("%s %d: %v", what, i, err)
		}
		if _, _, err := v.Mask(t.Context(), person, e, b, all(e)); !errors.Is(err, vault.ErrCorrupt) {
			t.Fatalf("%s %d: masked: %v", what, i, err)
		}
	}
	for i := range 8 * len(sealed) {
		flipped := bytes.Clone(sealed)
		flipped[i/8] ^= 1 << (i % 8)
		try("bit", i, flipped)
	}
	for n := range sealed {
		try("cut at", n, sealed[:n])
	}
	try("longer", 1, append(bytes.Clone(sealed), 0))
	try("longer", 32, append(bytes.Clone(sealed), make([]byte, 32)...))
	for n := range doc { // the document itself
		if _, err := v.Open(t.Context(), person, doc[:n]); !errors.Is(err, vault.ErrCorrupt) {
			t.Errorf("document cut at %d: %v", n, err)
		}
	}
}

// TestDepth opens a document that nests so deep that no client can have sent it.
func TestDepth(t *testing.T) {
	v, e := newWorld(t).vault(), parse(t, "Person", personSchema)
	nested := func(depth int) bson.Raw {
		size := 5 + 8*depth
		doc := make([]byte, 0, size)
		for i := range depth {
			doc = binary.LittleEndian.AppendUint32(doc, uint32(size-8*i))
			doc = append(doc, byte(bson.TypeEmbeddedDocument), 'f', 0)
		}
		doc = append(doc, 5, 0, 0, 0)
		return append(doc, make([]byte, depth+1)...)
	}
	for depth, want := range map[int]error{9_000: nil, 1_000_000: vault.ErrCorrupt} {
		doc := nested(depth)
		for _, err := range []error{
			second(v.Open(t.Context(), person, doc)),
			second(v.Seal(t.Context(), person, e, doc)),
			third(v.Reveal(t.Context(), covers{"acme", []string{"*"}}, person, e, doc, all(e))),
		} {
			if !errors.Is(err, want) {
				t.Errorf("%d deep: %v", depth, err)
			}
		}
	}
}

// FuzzOpen opens whatever there may be in the place of a sealed value, and whatever there may be in
// the place of a document.
func FuzzOpen(f *testing.F) {
	w := newWorld(f)
	v, e := w.vault(), parse(f, "Person", personSchema)
	whole := must(v.Seal(f.Context(), person, e, encode(f, e, ada)))(f)
	_, genuine := whole.Lookup("email").Binary()
	f.Add([]byte(whole), genuine)
	f.Add([]byte{5, 0, 0, 0, 0}, []byte{})
	f.Add([]byte(whole[:len(whole)-7]), genuine[:5])
	f.Add([]byte{}, append([]byte{1, 0, 0, 0, 1}, make([]byte, 60)...))
	f.Fuzz(func(t *testing.T, doc, data []byte) {
		at, b := bsoncore.AppendDocumentStart(nil)
		b = bsoncore.AppendBinaryElement(b, "email", 0x80, data)
		b, err := bsoncore.AppendDocumentEnd(b, at)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Open(t.Context(), person, b); (err == nil) != bytes.Equal(data, genuine) {
			t.Errorf("opened: %v", err)
		}
		// Of a document only what was sealed there may come out, and nothing may break.
		for _, err := range []error{
			second(v.Open(t.Context(), person, doc)),
			second(v.Seal(t.Context(), person, e, doc)),
			third(v.Mask(t.Context(), person, e, doc, all(e))),
			third(v.Reveal(t.Context(), covers{"acme", []string{"*"}}, person, e, doc, all(e))),
		} {
			if err != nil && !errors.Is(err, vault.ErrCorrupt) {
				t.Errorf("error: %v", err)
			}
		}
	})
}

func second[T any](_ T, err error) error        { return err }
func third[T, U any](_ T, _ U, err error) error { return err }

// TestMaskerSpares: what does not open costs itself, and a key that the whole account lacks costs all.
func TestMaskerSpares(t *testing.T) {
	w, e := newWorld(t), parse(t, "Person", personSchema)
	v := w.vault()
	other, strange, gone := person, person, person
	other.ID = "p2" // of the same subject, so it has the key of the one before
	strange.Subject, gone.Subject = "nobody", "p3"
	sound := must(v.Seal(t.Context(), person, e, encode(t, e, ada)))(t)
	second := must(v.Seal(t.Context(), other, e, encode(t, e, ada)))(t)
	shredded := must(v.Seal(t.Context(), gone, e, encode(t, e, ada)))(t)
	if err := v.Destroy(t.Context(), "acme", "p3"); err != nil {
		t.Fatal(err)
	}
	damaged := replaceValue(t, sound, "contacts.1.phone", lookup(sound, "name"))
	for _, grant := range []vault.Grant{nil, covers{"acme", []string{"*"}}} {
		m := v.Masker(t.Context(), grant, e, all(e))
		defer m.Close()
		for _, c := range []struct {
			name    string
			at      vault.Place
			doc     bson.Raw
			fault   error
			unread  []string
			nothing bool
		}{
			{"sound", person, sound, nil, nil, false},
			{"one value moved", person, damaged, vault.ErrCorrupt, []string{"contacts.1.phone"}, false},
			{"the document behind it", other, second, nil, nil, false},
			{"no such key", strange, second, vault.ErrKeyLost, []string{"name", "home.street", "contacts.0.phone", "contacts.1.phone", "payment.holder"}, false},
			{"a destroyed key", gone, shredded, vault.ErrShredded, []string{"name", "home.street", "contacts.0.phone", "contacts.1.phone", "payment.holder"}, false},
			{"no document", person, sound[:20], vault.ErrCorrupt, nil, true},
			{"sound again", person, sound, nil, nil, false},
		} {
			got, masked, err := m.Mask(c.at, c.doc)
			if err != nil || !errors.Is(m.Fault(), c.fault) || (m.Fault() != nil) != (c.fault != nil) || (got == nil) != c.nothing {
				t.Fatalf("%s: %v, %v", c.name, m.Fault(), err)
			}
			if c.nothing {
				continue
			}
			for _, path := range c.unread {
				if kind := lookup(got, path).Type; kind != bson.TypeUndefined {
					t.Errorf("%s: %s is of type %s", c.name, path, kind)
				}
			}
			if c.fault == nil && strings.Contains(got.String(), "$undefined") {
				t.Errorf("%s: %s", c.name, got)
			}
			if lookup(got, "tier").StringValue() != "gold" || lookup(got, "home.city").StringValue() != "London" {
				t.Errorf("%s: what is in clear is lost: %s", c.name, got)
			}
			if c.fault != nil && m.Lease().Holds(w.Now()) {
				t.Errorf("%s: to be shown again", c.name)
			}
			if grant == nil && strings.Contains(got.String(), "zq") {
				t.Errorf("%s: not masked: %s, %v", c.name, got, masked)
			}
		}
	}

	// The account's own key opens nothing more.
	must(v.Seal(t.Context(), vault.Place{Account: "other", Subject: "p1", Entity: "Person", ID: "p1"}, e, encode(t, e, ada)))(t)
	swapKeys(t, w, "acme", "account", "other", "account")
	m := w.vault().Masker(t.Context(), nil, e, all(e))
	defer m.Close()
	if got, _, err := m.Mask(person, sound); !errors.Is(err, vault.ErrCorrupt) || got != nil {
		t.Errorf("with another account's key: %s, %v", got, err)
	}
}

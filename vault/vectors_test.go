package vault_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
)

var update = flag.Bool("update", false, "write the vectors of the present format, if there are none")

// vector is an example of the stored format with what must become of it.
type vector struct {
	Name    string
	Place   vault.Place
	Doc     []byte // as it is stored
	Outcome string // opens, corrupt, shredded or key unavailable
	Want    string // the opened document as extended JSON
}

// installation holds the keys of vectors.
type installation struct {
	KeyFile string
	Records map[tenant.ID]map[string][]byte
}

type vectors struct {
	Installation installation
	Vectors      []vector
}

var outcomes = map[string]error{"opens": nil, "corrupt": vault.ErrCorrupt, "shredded": vault.ErrShredded, "key unavailable": vault.ErrKeyUnavailable}

// TestVectors opens what earlier releases stored. Vectors are never changed; a new format gets new ones.
func TestVectors(t *testing.T) {
	if *update {
		writeVectors(t, "testdata/vectors/format1.json")
	}
	files, err := filepath.Glob("testdata/vectors/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no vectors", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var set vectors
		if err := json.Unmarshal(text, &set); err != nil {
			t.Fatal(file, err)
		}
		w := newWorld(t)
		if err := os.WriteFile(filepath.Join(w.dir, "key"), []byte(set.Installation.KeyFile), 0o600); err != nil {
			t.Fatal(err)
		}
		for account, records := range set.Installation.Records {
			for name, body := range records {
				if err := w.keys.Put(t.Context(), account, name, body, nil); err != nil {
					t.Fatal(err)
				}
			}
		}
		v := w.vault()
		for _, c := range set.Vectors {
			t.Run(filepath.Base(file)+"/"+c.Name, func(t *testing.T) {
				want, known := outcomes[c.Outcome]
				if !known {
					t.Fatalf("there is no outcome %q", c.Outcome)
				}
				got, err := v.Open(t.Context(), c.Place, c.Doc)
				if !errors.Is(err, want) {
					t.Fatalf("%v, want %s", err, c.Outcome)
				}
				if err == nil && show(t, got) != c.Want {
					t.Errorf("%s, want %s", show(t, got), c.Want)
				}
			})
		}
	}
}

// writeVectors makes vectors of what this release stores.
func writeVectors(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); err == nil {
		return
	}
	w, e := newWorld(t), parse(t, "Person", personSchema)
	v := w.vault()
	clear := encode(t, e, ada)
	want := show(t, clear)
	gone, unknown := person, person
	gone.Subject, unknown.Subject = "p2", "p3"
	first := must(v.Seal(t.Context(), person, e, clear))(t)
	shredded := must(v.Seal(t.Context(), gone, e, clear))(t)
	if err := errors.Join(v.Destroy(t.Context(), "acme", "p2"), v.RotateDEKs(t.Context(), "acme", w.Now().Add(1), nil)); err != nil {
		t.Fatal(err)
	}
	must(v.RotateAccountKey(t.Context(), "acme", nil))(t)
	second := must(v.Seal(t.Context(), person, e, clear))(t)
	change := func(property string, change func([]byte) []byte) bson.Raw {
		sealed := lookup(second, property)
		return replaceValue(t, second, property, bson.RawValue{Type: sealed.Type, Value: change(bytes.Clone(sealed.Value))})
	}
	elsewhere := person
	elsewhere.ID = "p9"
	set := vectors{Vectors: []vector{
		{"every kind of value", person, second, "opens", want},
		{"under an older key", person, first, "opens", want},
		{"never sealed", person, clear, "opens", want},
		{"empty", person, bson.Raw{5, 0, 0, 0, 0}, "opens", "{}"},
		{"at another document", elsewhere, second, "corrupt", ""},
		{"another subject's", unknown, second, "key unavailable", ""},
		{"destroyed", gone, shredded, "shredded", ""},
		{"moved to another field", person, replaceValue(t, second, "email", lookup(second, "name")), "corrupt", ""},
		{"moved within a list", person, replaceValue(t, second, "contacts.0.phone", lookup(second, "contacts.1.phone")), "corrupt", ""},
		{"another format", person, change("email", func(b []byte) []byte { b[5]++; return b }), "corrupt", ""},
		{"another key version", person, change("email", func(b []byte) []byte { b[9]--; return b }), "corrupt", ""},
		{"an unknown key version", person, change("email", func(b []byte) []byte { b[9]++; return b }), "corrupt", ""},
		{"a flipped bit of the nonce", person, change("email", func(b []byte) []byte { b[10] ^= 1; return b }), "corrupt", ""},
		{"a flipped bit of the ciphertext", person, change("email", func(b []byte) []byte { b[30] ^= 128; return b }), "corrupt", ""},
		{"a flipped bit of the tag", person, change("email", func(b []byte) []byte { b[len(b)-1] ^= 1; return b }), "corrupt", ""},
		{"a document cut short", person, second[:len(second)-9], "corrupt", ""},
	}}
	set.Installation.Records = map[tenant.ID]map[string][]byte{"acme": {}}
	for _, k := range must(w.keys.List(t.Context(), "acme", "", "", 100))(t) {
		set.Installation.Records["acme"][k.Name] = k.Body
	}
	set.Installation.KeyFile = string(must(os.ReadFile(filepath.Join(w.dir, "key")))(t))
	text, err := json.MarshalIndent(set, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, append(text, '\n'), 0o644)); err != nil {
		t.Fatal(err)
	}
}

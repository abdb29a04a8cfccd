package vault_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
	"github.com/profilegraph/profilegraph/vault/keydb"
	"github.com/profilegraph/profilegraph/vault/kms/local"
)

// personSchema has a sensitive field of every kind, nested ones, and room for undeclared properties.
const personSchema = `{
	"type": "object",
	"additionalProperties": true,
	"properties": {
		"name":      {"type": "string", "sensitive": true, "pii": true, "x-normalize": "name"},
		"email":     {"type": "string", "format": "email", "sensitive": true, "pii": true},
		"document":  {"type": "string", "sensitive": true, "pii": true, "x-mask": "last4", "x-normalize": "digits"},
		"birthdate": {"type": "string", "format": "date", "sensitive": true, "x-mask": "year"},
		"note":      {"type": "string", "sensitive": true, "x-mask": "fixed"},
		"hidden":    {"type": "string", "sensitive": true, "x-mask": "null"},
		"score":     {"type": "number", "sensitive": true},
		"level":     {"type": "integer", "sensitive": true},
		"active":    {"type": "boolean", "sensitive": true},
		"gender":    {"enum": ["female", "male", "other"], "sensitive": true},
		"codes":     {"type": "array", "items": {"type": "string"}, "sensitive": true},
		"vault":     {"type": "object", "sensitive": true, "properties": {"pin": {"type": "string"}}},
		"anything":  {"sensitive": true},
		"tags":      {"type": "array", "items": {"type": "string"}},
		"free":      {"sensitive": false, "pii": false},
		"tier":      {"type": "string"},
		"home":      {"type": "object", "additionalProperties": true, "properties": {
			"street": {"type": "string", "sensitive": true, "pii": true},
			"city":   {"type": "string"}}},
		"contacts":  {"type": "array", "items": {"type": "object", "properties": {
			"phone": {"type": "string", "sensitive": true, "pii": true},
			"kind":  {"type": "string"}}}},
		"payment":   {"oneOf": [
			{"type": "object", "required": ["type"], "properties": {"type": {"enum": ["card"]}, "holder": {"type": "string", "sensitive": true}}},
			{"type": "object", "required": ["type"], "properties": {"type": {"enum": ["slip"]}, "number": {"type": "string"}}}]}
	},
	"v-indexed": ["email", "document"]
}`

// secrets must not be seen in the sealed or masked form of ada.
var secrets = []string{"zqName", "zqada", "zq12345", "1815-12-10", "zqnote", "zqhidden", "zqcode", "zqpin", "zqinner", "zqkey", "zqany",
	"zqStreet", "zqdoor", "zq555", "zqholder", "zqnick"}

// ada is a person with every field.
const ada = `{
	"name": "zqName Lovelace", "email": "zqada@example.com", "document": "zq123456789", "birthdate": "1815-12-10",
	"note": "zqnote", "hidden": "zqhidden", "score": 12.5, "level": 7, "active": true, "gender": "female",
	"codes": ["zqcode1", "zqcode2"], "vault": {"pin": "zqpin", "undeclared": "zqinner"}, "anything": {"zqkey": [1, "zqany"]},
	"tags": ["vip", "new"], "free": {"a": [1, {"b": null}]}, "tier": "gold",
	"home": {"street": "zqStreet 1", "city": "London", "door": "zqdoor"},
	"contacts": [{"phone": "zq555-1", "kind": "work"}, {"phone": "zq555-2", "kind": "home"}],
	"payment": {"type": "card", "holder": "zqholder"},
	"nick": "zqnick", "nothing": null
}`

func parse(t testing.TB, name, text string) *schema.Entity {
	t.Helper()
	e, _, err := schema.Parse(name, []byte(text), schema.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func encode(t testing.TB, e *schema.Entity, text string) bson.Raw {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var doc map[string]any
	if err := d.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	raw, err := e.Encode(doc)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func show(t testing.TB, raw bson.Raw) string {
	t.Helper()
	text, err := bson.MarshalExtJSON(raw, false, false)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func field(t testing.TB, e *schema.Entity, property string) *schema.Field {
	t.Helper()
	for _, f := range e.Type.Fields {
		if f.Property == property && f != e.Type.Extra {
			return f
		}
	}
	t.Fatalf("no field %s", property)
	return nil
}

func all(e *schema.Entity) schema.FieldSet {
	var s schema.FieldSet
	for _, f := range e.Type.Fields {
		s.Add(f.Slot)
	}
	return s
}

// world is an installation: a key file, a key database and a clock, of which any number of vaults
// can be made as if in several processes.
type world struct {
	t     testing.TB
	dir   string
	kms   *local.KMS
	keys  *keydb.DB
	asked atomic.Int64 // how often the KMS was asked to unwrap

	mu  sync.Mutex
	now time.Time
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
	path := filepath.Join(w.dir, "key")
	if _, err := local.Create(path); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.kms, err = local.Open(path); err != nil {
		t.Fatal(err)
	}
	if w.keys, err = keydb.Open(filepath.Join(w.dir, "keys.db")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.keys.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) wait(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) vault() *vault.Vault {
	return vault.New(vault.Config{KMS: counted{w.kms, &w.asked}, Keys: w.keys, Now: w.Now})
}

type counted struct {
	*local.KMS
	asked *atomic.Int64
}

func (c counted) Unwrap(ctx context.Context, kek string, wrapped, aad []byte) ([]byte, error) {
	c.asked.Add(1)
	return c.KMS.Unwrap(ctx, kek, wrapped, aad)
}

// files returns the content of all files of the world, and of their names.
func (w *world) files() []byte {
	w.t.Helper()
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	var content bytes.Buffer
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(w.dir, e.Name()))
		if err != nil {
			w.t.Fatal(err)
		}
		content.WriteString(e.Name())
		content.Write(b)
	}
	return content.Bytes()
}

var person = vault.Place{Account: "acme", Subject: "p1", Entity: "Person", ID: "p1"}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// covers is a grant for paths of one account.
type covers struct {
	account tenant.ID
	paths   []string
}

func (c covers) Covers(account tenant.ID, _, _, path string) bool {
	if account != c.account {
		return false
	}
	for _, p := range c.paths {
		if p == path || p == "*" {
			return true
		}
	}
	return false
}

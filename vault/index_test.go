package vault_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/storage/bolt"
	"github.com/profilegraph/profilegraph/tenant"
	"github.com/profilegraph/profilegraph/vault"
)

func TestEntries(t *testing.T) {
	w := newWorld(t)
	v := w.vault()
	entry := func(account tenant.ID, entity, property, normalize string, value any) string {
		t.Helper()
		list := must(v.Entries(t.Context(), account, entity, &schema.Field{Property: property, Normalize: normalize}, value))(t)
		if len(list) != 1 || !storage.ValidID(list[0]) {
			t.Fatalf("entries %v", list)
		}
		return list[0]
	}
	base := entry("acme", "Person", "email", "email", "ada@example.com")
	if same := entry("acme", "Person", "email", "email", " Ada@EXAMPLE.com"); same != base {
		t.Error("another spelling has another entry")
	}
	for name, other := range map[string]string{
		"account":  entry("other", "Person", "email", "email", "ada@example.com"),
		"entity":   entry("acme", "Prospect", "email", "email", "ada@example.com"),
		"field":    entry("acme", "Person", "mail", "email", "ada@example.com"),
		"value":    entry("acme", "Person", "email", "email", "bob@example.com"),
		"spelling": entry("acme", "Person", "email", "exact", "ada@example.com"),
	} {
		if other == base {
			t.Errorf("another %s has the same entry", name)
		}
	}
	email := &schema.Field{Property: "email"}
	if list, err := v.Entries(t.Context(), "acme", "Person", email, nil); err != nil || list != nil {
		t.Errorf("null: %v %v", list, err)
	}
	if _, err := v.Entries(t.Context(), "acme", "Person", email, map[string]any{}); !errors.Is(err, vault.ErrValue) {
		t.Errorf("an object: %v", err)
	}
	again := must(w.vault().Entries(t.Context(), "acme", "Person", &schema.Field{Property: "email", Normalize: "email"}, "ada@example.com"))(t)
	if again[0] != base {
		t.Error("another process has another entry")
	}
	if long := entry("acme", "Person", strings.Repeat("ü", 5000), "", "x"); long == "" {
		t.Error("no entry for a field of a long name")
	}
}

// TestStolenDocuments is a thief with the file of documents, a disk full of patience and no key
// store: of national ids, few enough to try them all, none is found, by any unkeyed hash or by one
// keyed with whatever the file holds.
func TestStolenDocuments(t *testing.T) {
	w, e := newWorld(t), parse(t, "Person", personSchema)
	v := w.vault()
	path := filepath.Join(t.TempDir(), "store")
	store, err := bolt.Open(bolt.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	const people, possible = 50, 5_000
	document := field(t, e, "document")
	id := func(n int) string { return fmt.Sprintf("%09d", n*7919) }
	for i := range people {
		text := fmt.Sprintf(`{"name": "N%d", "document": %q}`, i, id(i*91))
		at := vault.Place{Account: "acme", Subject: fmt.Sprint(i), Entity: "Person", ID: fmt.Sprint(i)}
		sealed := must(v.Seal(t.Context(), at, e, encode(t, e, text)))(t)
		entries := must(v.Entries(t.Context(), "acme", "Person", document, id(i*91)))(t)
		err := store.Insert(t.Context(), storage.Space{Account: "acme", Collection: storage.Documents, Part: "Person"},
			storage.Record{ID: at.ID, Rev: "1", Keys: entries, Body: sealed})
		if err != nil {
			t.Fatal(err)
		}
	}
	known := must(v.Entries(t.Context(), "acme", "Person", document, id(0)))(t)[0]
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	file := must(os.ReadFile(path))(t)
	if !bytes.Contains(file, []byte(known)) {
		t.Fatal("the search finds no entry that is there")
	}

	// Every piece of the file as it may be searched for.
	pieces := map[[8]byte]bool{}
	for i := 0; i+8 <= len(file); i++ {
		pieces[[8]byte(file[i:])] = true
	}
	found := func(sum []byte) bool {
		text := base64.RawURLEncoding.EncodeToString(sum)
		hex := fmt.Sprintf("%x", sum)
		return pieces[[8]byte(sum)] || pieces[[8]byte([]byte(text))] || pieces[[8]byte([]byte(hex))]
	}
	salts := []string{"", "acme", "Person", "document", "acmePersondocument", "profilegraph-acme"}
	for n := range possible {
		text := id(n)
		for _, form := range []string{text, "digits" + text, "acme/Person/document/" + text, lengths("acme", "Person", "document", "digits", text)} {
			md := md5.Sum([]byte(form))
			if found(md[:]) || found([]byte(form)[:8]) && form == text {
				t.Fatalf("candidate %d is found", n)
			}
			for _, salt := range salts {
				plain := sha256.Sum256([]byte(salt + form))
				keyed := hmac.New(sha256.New, []byte(salt))
				keyed.Write([]byte(form))
				if found(plain[:]) || found(keyed.Sum(nil)) {
					t.Fatalf("candidate %d is found with a known salt", n)
				}
			}
		}
	}
}

// lengths joins parts as the index does.
func lengths(parts ...string) string {
	var b []byte
	for _, p := range parts {
		b = append(binary.AppendUvarint(b, uint64(len(p))), p...)
	}
	return string(b)
}

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/profilegraph/profilegraph/profile"
)

// discard is a response that nobody reads.
type discard struct {
	header http.Header
	status int
	begin  []byte // of the body
}

func (d *discard) Header() http.Header { return d.header }

func (d *discard) WriteHeader(status int) { d.status = status }

func (d *discard) Write(b []byte) (int, error) {
	d.begin = append(d.begin, b[:min(len(b), 16-len(d.begin))]...)
	return len(b), nil
}

// BenchmarkHandler measures what the server does for a request beside net/http and the network.
func BenchmarkHandler(b *testing.B) {
	c := defaults(b)
	c.LogLevel = logLevel(slog.LevelInfo)
	s, err := wire(context.Background(), c, time.Now, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		b.Fatal(err)
	}
	defer s.close()
	key, err := s.bootstrap(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	h := s.handler()
	send := func(query string) *discard {
		r, err := http.NewRequest(http.MethodPost, "/graphql", bytes.NewReader([]byte(query)))
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+key)
		r.Header.Set("Content-Type", "application/json")
		w := &discard{header: http.Header{}}
		h.ServeHTTP(w, r)
		return w
	}
	for i := range 50 {
		send(fmt.Sprintf(`{"query":"mutation { createProfile(input: {email: \"shopper%d@example.com\", firstName: \"John\", lastName: \"Doe\", document: \"1234567%04d\", documentType: \"CPF\", birthdate: \"1988-04-12\", cellPhone: \"+5511999990001\", gender: \"m\"}) { id } }"}`, i, i))
	}
	set, err := s.currentSet(b.Context(), firstAccount)
	if err != nil {
		b.Fatal(err)
	}
	p, err := s.auth.Authenticate(b.Context(), key)
	if err != nil {
		b.Fatal(err)
	}
	page, err := s.docs.List(b.Context(), p, set.Entity("Profile"), 50, "", profile.View{})
	if err != nil {
		b.Fatal(err)
	}
	const fields = `id firstName lastName email document documentType birthdate cellPhone`
	var byID, byKey []string
	for i, d := range page.Documents {
		byID = append(byID, fmt.Sprintf(`{"__typename":"Profile","id":"%s"}`, d.ID))
		byKey = append(byKey, fmt.Sprintf(`{"__typename":"Profile","email":"shopper%d@example.com"}`, i))
	}
	entities := func(representations []string) string {
		return fmt.Sprintf(`{"query":"query($r: [_Any!]!) { _entities(representations: $r) { ... on Profile { %s } } }","variables":{"r":[%s]}}`, fields, strings.Join(representations, ","))
	}
	for _, kind := range []struct{ name, body string }{
		{"by id", fmt.Sprintf(`{"query":"query($id: ID) { profile(id: $id) { %s } }","variables":{"id":"%s"}}`, fields, page.Documents[0].ID)},
		{"by key", fmt.Sprintf(`{"query":"query($e: EmailAddress!) { profile(by: {email: $e}) { %s } }","variables":{"e":"shopper7@example.com"}}`, fields)},
		{"list 50", fmt.Sprintf(`{"query":"{ profiles(first: 50) { nodes { %s } } }"}`, fields)},
		{"50 entities by id", entities(byID)},
		{"50 entities by key", entities(byKey)},
		{"unmask", fmt.Sprintf(`{"query":"query($id: ID) { profile(id: $id, unmask: {reason: \"the customer called\"}) { %s } }","variables":{"id":"%s"}}`, fields, page.Documents[0].ID)},
	} {
		b.Run(kind.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if w := send(kind.body); w.status != http.StatusOK || !bytes.HasPrefix(w.begin, []byte(`{"data":{"profil`)) && !bytes.Equal(w.begin, []byte(`{"data":{"_entit`)) {
					b.Fatalf("%d %s", w.status, w.begin)
				}
			}
		})
	}
}

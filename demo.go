package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/profile"
	"github.com/profilegraph/profilegraph/schemastore"
	"github.com/profilegraph/profilegraph/tenant"
)

// demos are accounts to look at: for each, the fields that it adds to Profile and its shoppers.
//
//go:embed demo
var demos embed.FS

var demoAccounts = []struct {
	id   tenant.ID
	name string
}{
	{"fashion", "A fashion store"},
	{"grocer", "A grocer"},
}

// demo adds the sample accounts that are not there yet, and prints a key for each that it adds.
func (s *server) demo(ctx context.Context, out io.Writer) error {
	for _, d := range demoAccounts {
		_, err := s.tenants.Create(ctx, d.id, d.name)
		if errors.Is(err, tenant.ErrExists) {
			continue
		}
		if err != nil {
			return err
		}
		_, key, err := s.keys.Bootstrap(ctx, d.id, "demo", auth.NewKey{Name: "Demo admin key", Roles: []string{"admin"}})
		if err != nil {
			return err
		}
		if err := s.fill(ctx, d.id, key); err != nil {
			return fmt.Errorf("demo account %s: %w", d.id, err)
		}
		fmt.Fprintf(out, "Demo account %q (%s), admin key:\n\n  %s\n\n", d.id, d.name, key)
	}
	return nil
}

// shopper is a sample: a profile, and what it owns by entity.
type shopper struct {
	Profile map[string]any
	Owned   map[string][]map[string]any
}

// fill publishes the account's schema and creates its shoppers, as its admin would.
func (s *server) fill(ctx context.Context, id tenant.ID, key string) error {
	p, err := s.auth.Authenticate(ctx, key)
	if err != nil {
		return err
	}
	source, err := demos.ReadFile("demo/" + string(id) + ".schema.json")
	if err != nil {
		return err
	}
	if _, err := s.schemas.Publish(ctx, p, schemastore.Upload{Entity: "Profile", Schema: source, Note: "Demo"}); err != nil {
		return err
	}
	set, err := s.currentSet(ctx, id)
	if err != nil {
		return err
	}
	text, err := demos.ReadFile("demo/" + string(id) + ".shoppers.json")
	if err != nil {
		return err
	}
	var shoppers []shopper
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&shoppers); err != nil {
		return err
	}
	for _, one := range shoppers {
		doc, err := s.docs.Create(ctx, p, set, set.Entity("Profile"), "", one.Profile, nil, profile.View{})
		if err != nil {
			return err
		}
		for entity, list := range one.Owned {
			for _, input := range list {
				if _, err := s.docs.Create(ctx, p, set, set.Entity(entity), doc.ID, input, nil, profile.View{}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

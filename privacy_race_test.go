package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/profile"
	"github.com/profilegraph/profilegraph/storage"
)

// meddled is a store in which something happens at the moment before or after the first call that a test waits for.
type meddled struct {
	storage.Store
	part          string // of the space
	before, after func()
	fail          error // of the insertion, once it is done
}

func (m *meddled) once(part string, what *func()) {
	if do := *what; do != nil && part == m.part {
		*what = nil
		do()
	}
}

func (m *meddled) Insert(ctx context.Context, in storage.Space, r storage.Record) error {
	m.once(in.Part, &m.before)
	err := m.Store.Insert(ctx, in, r)
	m.once(in.Part, &m.after)
	if in.Part == m.part {
		err = errors.Join(err, m.fail)
	}
	return err
}

func (m *meddled) Delete(ctx context.Context, in storage.Space, id, prev string) error {
	err := m.Store.Delete(ctx, in, id, prev)
	m.once(in.Part, &m.after)
	return err
}

func (m *meddled) Scan(ctx context.Context, in storage.Space, p storage.Page) ([]storage.Record, error) {
	list, err := m.Store.Scan(ctx, in, p)
	m.once(in.Part, &m.after)
	return list, err
}

// Whoever was told that a data subject is on hold finds it there, whatever erasures began before.
func TestHoldBesideErasure(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		hold := func(id string) func() {
			return func() { in.managed(placeHold, vars{"s": id, "r": "case-1"}) }
		}
		refused := func(id string) {
			t.Helper()
			if r := in.manage(eraseSubject, vars{"s": id}); r.code() != "LEGAL_HOLD" {
				t.Error(r.Text)
			}
		}
		kept := func(id string) {
			t.Helper()
			in.clock.move(2 * time.Minute)
			if err := in.privacy.Resume(t.Context(), firstAccount); err != nil {
				t.Error(err)
			}
			if r := in.do(`query($p: ID!) { profile(id: $p) { id } }`, vars{"p": id}); r.str("profile.id") == "" {
				t.Error(r.Text)
			}
			if r := in.managed(`query($s: ID) { legalHolds(subject: $s) { id } }`, vars{"s": id}); r.str("legalHolds.0.id") == "" {
				t.Error(r.Text)
			}
			if r := r0(t, in.client, id); r != nil {
				t.Error(r)
			}
		}
		made := in.profile

		one := made("one@example.com") // the second erasure finds the first, which has not looked for holds again
		in.privacy.Store = &meddled{Store: in.store, part: "erasure", before: hold(one), after: func() { refused(one) }}
		refused(one)
		kept(one)

		two := made("two@example.com") // the first one dies before it looks again
		in.privacy.Store = &meddled{Store: in.store, part: "erasure", before: hold(two), fail: storage.ErrUnavailable}
		if r := in.manage(eraseSubject, vars{"s": two}); r.code() != "UNAVAILABLE" {
			t.Error(r.Text)
		}
		in.privacy.Store = in.store
		kept(two)
	})
}

// A hold keeps also what somebody is about to remove who has looked for holds already, in all ways in which it could go.
func TestHoldBesideDeletion(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		profile := in.profile("held@example.com")
		address := in.do(`mutation($p: ID!) { createAddress(profileId: $p, input: {route: "Main"}) { id } }`, vars{"p": profile}).str("createAddress.id")
		prospect := in.do(`mutation { createProspect(input: {email: "maybe@example.com"}) { id } }`).str("createProspect.id")
		for _, way := range []struct{ subject, id, query string }{
			{profile, profile, `mutation($i: ID!) { deleteProfile(id: $i) }`},
			{profile, address, `mutation($i: ID!) { deleteAddress(id: $i) }`},
			{profile, profile, `mutation($i: ID!) { updateProfile(id: $i, patch: {}, ttlDays: 1) { id } }`},
			{prospect, prospect, `mutation($i: ID!) { deleteProspect(id: $i) }`},
			{prospect, prospect, `mutation($i: ID!) { promoteProspect(id: $i, input: {}) { id } }`},
		} {
			var hold string
			in.privacy.Store = &meddled{Store: in.store, part: "hold", after: func() {
				hold = in.managed(placeHold, vars{"s": way.subject, "r": "case-1"}).str("placeLegalHold.id")
			}}
			r := in.ask(way.query, vars{"i": way.id})
			in.privacy.Store = in.store
			if r.code() != "LEGAL_HOLD" {
				t.Errorf("%s: %s", way.query, r.Text)
			}
			if r := in.ask(way.query, vars{"i": way.id}); r.code() != "LEGAL_HOLD" {
				t.Errorf("%s again: %s", way.query, r.Text)
			}
			in.managed(releaseHold, vars{"i": hold})
		}
		in.do(`mutation($p: ID!) { promoteProspect(id: $p, input: {}) { id } }`, vars{"p": prospect})
		r := in.do(`query($p: ID!, $a: ID!) { profile(id: $p) { id meta { expirationDate } } address(id: $a) { id } }`, vars{"p": profile, "a": address})
		if r.str("profile.id") == "" || r.at("profile.meta.expirationDate") != nil || r.str("address.id") == "" {
			t.Error(r.Text)
		}
	})
}

// What is written at the moment at which its data subject is erased goes at once, and not with the next sweep.
func TestErasureBesideWrites(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		p, err := in.auth.Authenticate(t.Context(), in.key)
		if err != nil {
			t.Fatal(err)
		}
		set, err := in.currentSet(t.Context(), firstAccount)
		if err != nil {
			t.Fatal(err)
		}
		// docs is the use cases on a store where somebody is erased just before a document is there.
		docs := func(entity, subject string) *profile.Service {
			return profile.New(profile.Options{Vault: in.vault, Auth: in.grants, Now: in.clock.now, Log: in.log, Held: in.privacy.Held,
				Store: &meddled{Store: in.store, part: entity, before: func() { in.managed(eraseSubject, vars{"s": subject}) }}})
		}
		owner := in.profile("gone@example.com")
		_, err = docs("Address", owner).Create(t.Context(), p, set, set.Entity("Address"), owner, map[string]any{"route": "Main Street"}, nil, profile.View{})
		if !errors.Is(err, profile.ErrOwnerNotFound) {
			t.Error(err)
		}
		prospect := in.do(`mutation { createProspect(input: {email: "maybe@example.com", availableAddresses: [{locality: "Rio"}]}) { id } }`).str("createProspect.id")
		if _, err := docs("Profile", prospect).Promote(t.Context(), p, set, prospect, map[string]any{}, profile.View{}); !errors.Is(err, profile.ErrNotFound) {
			t.Error(err)
		}
		wantJSON(t, in.do(`{ profiles(first: 5) { nodes { id } } prospects(first: 5) { nodes { id } } addresses(first: 5) { nodes { id } } }`).Data,
			`{"profiles": {"nodes": []}, "prospects": {"nodes": []}, "addresses": {"nodes": []}}`)
		in.profile("maybe@example.com") // the unique value is free
	})
}

// A key that is made for a data subject at the moment at which it is erased is not handed out, and does not work.
func TestErasureBesideKeys(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		p, err := in.auth.Authenticate(t.Context(), in.key)
		if err != nil {
			t.Fatal(err)
		}
		id := in.profile("gone@example.com")
		keys := auth.NewAPIKeys(&meddled{Store: in.store, before: func() { in.managed(eraseSubject, vars{"s": id}) }}, in.tenants, in.docs.HasSubject, recorder{in.record, in.log}, in.clock.now, in.log)
		if _, secret, err := keys.Create(t.Context(), p, auth.NewKey{Name: "late", Roles: []string{"shopper"}, Subject: id}); !errors.Is(err, auth.ErrNoSubject) || secret != "" {
			t.Error(err)
		}
		for _, key := range in.managed(`{ apiKeys { subject revocationDate } }`).at("apiKeys").([]any) {
			if key := key.(map[string]any); key["subject"] == id && key["revocationDate"] == nil {
				t.Error("a key of whom was erased is not revoked")
			}
		}
	})
}

// An erasure that was cut short after any deletion leaves no unique value reserved once it is finished.
func TestErasureCutShort(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		in.publish("Card", `{"type": "object", "x-entity": {"owner": "Profile", "cardinality": "many"}, "v-unique": ["code"], "v-indexed": ["code"], "properties": {"code": {"type": "string"}}}`)
		set, err := in.currentSet(t.Context(), firstAccount)
		if err != nil {
			t.Fatal(err)
		}
		const card = `mutation($p: ID!) { createCard(profileId: $p, input: {code: "once"}) { id } }`
		for _, entity := range []string{"Profile", "Card", "Profile"} {
			id := in.profile("gone@example.com")
			in.do(card, vars{"p": id})
			ctx, cancel := context.WithCancel(t.Context())
			docs := profile.New(profile.Options{Vault: in.vault, Auth: in.grants, Now: in.clock.now, Log: in.log, Held: in.privacy.Held,
				Store: &meddled{Store: in.store, part: entity, after: cancel}})
			if err := docs.Erase(ctx, firstAccount, set, id); !errors.Is(err, context.Canceled) {
				t.Errorf("cut short at %s: %v", entity, err)
			}
			in.managed(eraseSubject, vars{"s": id})
		}
		in.do(card, vars{"p": in.profile("gone@example.com")})
	})
}

package main

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/profilegraph/profilegraph/storage"
)

// Who changes or deletes a prospect while it is promoted was there before, or is told that it is gone.
func TestPromotionBesideWrites(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		main := in.account(t, string(accountOf(t)))
		for round := range 20 {
			id := main.do(`mutation { createProspect(input: {corporateName: "Before", availableAddresses: [{locality: "Rio"}]}) { id } }`).str("createProspect.id")
			var all sync.WaitGroup
			send := func(code *string, query string) {
				all.Go(func() {
					r, err := main.post("/graphql", query, vars{"id": id, "e": fmt.Sprintf("p%d@example.com", round)})
					if err != nil {
						t.Error(err)
						return
					}
					*code = r.code()
				})
			}
			var updated, deleted string
			promoted := make([]string, 2)
			for i := range promoted {
				send(&promoted[i], `mutation($id: ID!, $e: EmailAddress) { promoteProspect(id: $id, input: {email: $e}) { id } }`)
			}
			send(&updated, `mutation($id: ID!) { updateProspect(id: $id, patch: {corporateName: "After"}) { id } }`)
			if deleted = "NOT_FOUND"; round%2 == 0 {
				send(&deleted, `mutation($id: ID!) { deleteProspect(id: $id) }`)
			}
			all.Wait()
			got := fmt.Sprint(main.do(`query($id: ID!) { prospect(id: $id) { id } profile(id: $id) { corporateName addresses { nodes { locality } } } }`, vars{"id": id}).Data)
			for _, code := range promoted {
				want := "map[profile:map[addresses:map[nodes:[map[locality:Rio]]] corporateName:Before] prospect:<nil>]"
				switch {
				case code == "NOT_FOUND" && deleted == "":
					want = "map[profile:<nil> prospect:<nil>]"
				case code != "" || deleted != "NOT_FOUND":
					t.Errorf("promoted %q, updated %q, deleted %q", promoted, updated, deleted)
				case updated == "":
					want = "map[profile:map[addresses:map[nodes:[map[locality:Rio]]] corporateName:After] prospect:<nil>]"
				}
				if got != want {
					t.Errorf("promoted %q, updated %q, deleted %q: there is %s", promoted, updated, deleted, got)
				}
			}
			// What came of the update is in the profile; a key that nobody could be given is free.
			if deleted == "" {
				main.profile(fmt.Sprintf("p%d@example.com", round))
			}
		}
	})
}

// A prospect that cannot be promoted can be changed at once.
func TestRefusedPromotionHoldsNothing(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		main := in.account(t, string(accountOf(t)))
		main.profile("taken@example.com")
		id := main.do(`mutation { createProspect(input: {email: "taken@example.com"}) { id meta { version } } }`).str("createProspect.id")
		for _, refused := range []struct{ code, input string }{{"NOT_UNIQUE", `{}`}, {"VALIDATION_FAILED", `{email: null}`}} {
			main.refused(refused.code, `mutation($id: ID!) { promoteProspect(id: $id, input: `+refused.input+`) { id } }`, vars{"id": id})
			main.do(`mutation($id: ID!) { updateProspect(id: $id, patch: {corporateName: "Acme"}) { id } }`, vars{"id": id})
		}
		if got := main.do(`query($id: ID!) { prospectVersions(id: $id) { nodes { id } } }`, vars{"id": id}); len(got.at("prospectVersions.nodes").([]any)) != 3 {
			t.Errorf("versions %s", got.Text)
		}
		main.do(`mutation($id: ID!) { deleteProspect(id: $id) }`, vars{"id": id})
	})
}

// The one document that an owner may have comes again under the id of the one before. Its unique value is not given
// away by whoever still clears up behind that.
func TestUniqueValueOfTheOnlyDocument(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		main := in.account(t, string(accountOf(t)))
		main.publish("Card", `{"type": "object", "x-entity": {"owner": "Profile", "cardinality": "one"}, "v-unique": ["code"], "v-indexed": ["code"], "properties": {"code": {"type": "string"}}}`)
		// For each document, when it was there for sure: from the answer to its creation to the request of its deletion.
		type stay struct{ from, to time.Time }
		var mu sync.Mutex
		stays := map[string]stay{}
		note := func(version string, change func(*stay)) {
			mu.Lock()
			defer mu.Unlock()
			s := stays[version]
			change(&s)
			stays[version] = s
		}
		rounds := 150
		if c.MongodbURI != "" { // other servers are waited for
			rounds = 15
		}
		var all sync.WaitGroup
		for i := range 8 {
			id := main.profile(fmt.Sprintf("p%d@example.com", i))
			if i >= 3 {
				id = main.do(`{ profiles(first: 3) { nodes { id } } }`).str(fmt.Sprintf("profiles.nodes.%d.id", i%3))
			}
			all.Go(func() {
				for range rounds {
					r, err := main.post("/graphql", `mutation($id: ID!) { createCard(profileId: $id, input: {code: "once"}) { meta { version } } }`, vars{"id": id})
					if err != nil || r.code() != "" && r.code() != "NOT_UNIQUE" && r.code() != "ALREADY_EXISTS" {
						t.Errorf("%v %+v", err, r)
						return
					}
					if r.code() == "" {
						note(r.str("createCard.meta.version"), func(s *stay) { s.from = time.Now() })
					}
					if r, err = main.post("/graphql", `query($id: ID!) { card(id: $id) { meta { version } } }`, vars{"id": id}); err != nil {
						t.Error(err)
						return
					}
					if version := r.str("card.meta.version"); version != "" {
						note(version, func(s *stay) {
							if s.to.IsZero() {
								s.to = time.Now()
							}
						})
						if _, err := main.post("/graphql", `mutation($id: ID!, $v: ID) { deleteCard(id: $id, ifVersion: $v) }`, vars{"id": id, "v": version}); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		all.Wait()
		for a, one := range stays {
			for b, other := range stays {
				if a < b && !one.from.IsZero() && !other.from.IsZero() && one.from.Before(other.to) && other.from.Before(one.to) && one.from.Before(one.to) && other.from.Before(other.to) {
					t.Errorf("two documents have the value at once: %s, %s", a, b)
				}
			}
		}
	})
}

// A version that is kept while its document is deleted is not left behind.
func TestNoVersionStaysOfWhatIsDeleted(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		account := accountOf(t)
		main := in.account(t, string(account))
		for round := range 30 {
			id := main.profile(fmt.Sprintf("p%d@example.com", round))
			var all sync.WaitGroup
			for i := range 4 {
				all.Go(func() {
					query := `mutation($id: ID!) { updateProfile(id: $id, patch: {corporateName: "Acme"}) { id } }`
					if i == 3 {
						query = `mutation($id: ID!) { deleteProfile(id: $id) }`
					}
					if r, err := main.post("/graphql", query, vars{"id": id}); err != nil || r.code() != "" && r.code() != "NOT_FOUND" {
						t.Errorf("%v %+v", err, r)
					}
				})
			}
			all.Wait()
		}
		left, err := in.store.Scan(t.Context(), storage.Space{Account: account, Collection: storage.Versions, Part: "Profile"}, storage.Page{Limit: 100})
		if err != nil || len(left) > 0 {
			t.Errorf("%d are left; %v", len(left), err)
		}
	})
}

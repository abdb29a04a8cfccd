package main

import (
	"fmt"
	"sync"
	"testing"
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

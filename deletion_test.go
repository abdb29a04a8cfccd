package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/profilegraph/profilegraph/storage"
)

// holding returns in which collections of the account there is a record that has a text in it, as its
// id, its owner, a key or in its body.
func (in *instance) holding(t *testing.T, text string, parts ...string) []string {
	t.Helper()
	var found []string
	for _, c := range []storage.Collection{storage.Documents, storage.Versions, storage.Claims} {
		for _, part := range parts {
			after := ""
			for {
				list, err := in.store.Scan(t.Context(), storage.Space{Account: firstAccount, Collection: c, Part: part}, storage.Page{After: after, Limit: 100})
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range list {
					after = r.ID
					if strings.Contains(r.ID+" "+r.Owner+" "+strings.Join(r.Keys, " "), text) || bytes.Contains(r.Body, []byte(text)) {
						found = append(found, string(c)+"/"+part)
					}
				}
				if len(list) < 100 {
					break
				}
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// A deletion is on the record, and then nothing is left of the document, its versions, what it
// owned and the claims of all that.
func TestDeletion(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		in.publish("Seat", `{"type": "object", "x-entity": {"owner": "Profile", "cardinality": "many"}, "v-indexed": ["code"], "v-unique": ["code"], "properties": {"code": {"type": "string"}}}`)
		parts := []string{"Profile", "Address", "PurchaseInfo", "Seat", "Prospect"}
		fill := func(mail string) (id, version, address string) {
			id = in.profile(mail)
			r := in.do(`mutation($id: ID!, $c: String!) { createAddress(profileId: $id, input: {route: "Main"}) { id } createPurchaseInfo(profileId: $id, input: {isToSavePersonalData: true}) { id }
				createSeat(profileId: $id, input: {code: $c}) { id } updateProfile(id: $id, patch: {firstName: "Ann"}) { meta { version } } }`, vars{"id": id, "c": mail})
			in.do(`mutation($id: ID!) { updateAddress(id: $id, patch: {route: "Elm"}) { id } }`, vars{"id": r.str("createAddress.id")})
			return id, r.str("updateProfile.meta.version"), r.str("createAddress.id")
		}
		id, version, _ := fill("gone@example.com")
		kept, _, address := fill("kept@example.com")
		if got := in.holding(t, id, parts...); len(got) < 7 {
			t.Fatalf("before, it is in %v", got)
		}
		mark := in.mark()
		in.refused("VERSION_CONFLICT", `mutation($id: ID!) { deleteProfile(id: $id, ifVersion: "1-x") }`, vars{"id": id})
		in.refused("NOT_FOUND", `mutation { deleteProfile(id: "none") }`)
		in.newKey([]string{"reader"}, "").refused("FORBIDDEN", `mutation($id: ID!) { deleteProfile(id: $id) }`, vars{"id": id})
		r := in.do(`mutation($id: ID!) { deleteProfile(id: $id) }`, vars{"id": id})
		in.do(`mutation($id: ID!) { deleteAddress(id: $id) }`, vars{"id": address})
		var deleted []entry
		for _, e := range in.recorded(mark) {
			if strings.HasPrefix(e.Action, "Delete") {
				deleted = append(deleted, e)
			}
		}
		if len(deleted) != 2 || deleted[0].Action != "DeleteProfile" || deleted[0].Entity != "Profile" || deleted[0].ID != id || deleted[0].Subject != id || deleted[0].Version != version ||
			deleted[0].RequestID != r.Header.Get("X-Request-Id") || !strings.HasPrefix(deleted[0].Actor, "key:") || deleted[0].Outcome != "ALLOWED" ||
			deleted[1].Action != "DeleteAddress" || deleted[1].ID != address || deleted[1].Subject != kept {
			t.Errorf("recorded %+v", deleted)
		}
		if got := in.holding(t, id, parts...); len(got) > 0 {
			t.Errorf("left in %v", got)
		}
		if got := in.holding(t, address, parts...); len(got) > 0 {
			t.Errorf("of the address left in %v", got)
		}
		if got := in.holding(t, kept, parts...); len(got) < 5 {
			t.Errorf("of the other profile there is only %v", got)
		}
		fill("gone@example.com") // its unique values are free again
		// What a time to live ends is not on the record.
		in.do(`mutation { createProfile(input: {email: "short@example.com"}, ttlDays: 1) { id } }`)
		mark = in.mark()
		in.clock.move(25 * time.Hour)
		if n, err := in.docs.Expire(t.Context(), in.currentSet); n != 1 || err != nil {
			t.Errorf("%d expired: %v", n, err)
		}
		if got := in.recorded(mark); len(got) > 0 {
			t.Errorf("recorded %+v", got)
		}
		// Without a record nothing is deleted.
		if err := in.record.Close(); err != nil {
			t.Fatal(err)
		}
		in.refused("AUDIT_UNAVAILABLE", `mutation($id: ID!) { deleteProfile(id: $id) }`, vars{"id": kept})
		if in.do(`query($id: ID!) { profile(id: $id) { id } }`, vars{"id": kept}).str("profile.id") != kept {
			t.Error("deleted all the same")
		}
	})
}

// What is created or changed while its owner is deleted is not left behind.
func TestNothingStaysOfWhoIsDeleted(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		main := in.account(t, string(accountOf(t)))
		for round := range 30 {
			p := main.profile(fmt.Sprintf("p%d@example.com", round))
			a := main.do(`mutation($p: ID!) { createAddress(profileId: $p, input: {locality: "Rio"}) { id } }`, vars{"p": p}).str("createAddress.id")
			var all sync.WaitGroup
			for range 2 {
				all.Go(func() {
					for range 9 {
						r, err := main.post("/graphql", `mutation($a: ID!) { updateAddress(id: $a, patch: {locality: "Natal"}) { id } }`, vars{"a": a})
						if err != nil || r.code() != "" && r.code() != "NOT_FOUND" {
							t.Errorf("%v %+v", err, r)
						}
					}
				})
			}
			for i := range 8 {
				all.Go(func() {
					for range 3 {
						r, err := main.post("/graphql", `mutation($p: ID!) { createAddress(profileId: $p, input: {locality: "Rio"}) { id } }`, vars{"p": p})
						if err != nil || r.code() != "" && r.code() != "NOT_FOUND" {
							t.Errorf("%v %+v", err, r)
						}
					}
				})
				if i == round%8 {
					all.Go(func() {
						if r, err := main.post("/graphql", `mutation($p: ID!) { deleteProfile(id: $p) }`, vars{"p": p}); err != nil || r.code() != "" {
							t.Errorf("%v %+v", err, r)
						}
					})
				}
			}
			all.Wait()
		}
		if left := main.do(`{ addresses { nodes { id } } }`).at("addresses.nodes").([]any); len(left) > 0 {
			t.Errorf("%d are left", len(left))
		}
	})
}

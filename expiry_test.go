package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/profilegraph/profilegraph/storage"
)

// What a document owns is gone with it in the same moment, by whatever door it is asked for, and ends by itself where
// that is sooner.
func TestOwnedDocumentsEndWithTheirOwner(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		account := accountOf(t)
		main := in.account(t, string(account))
		main.publish("Pet", `{"type": "object", "x-entity": {"owner": "Profile", "cardinality": "many"}, "properties": {"name": {"type": "string"}}, "documentTTL": 30}`)
		const day = 24 * time.Hour
		ends := func(at any) int { // in so many days; 0: never
			t.Helper()
			if at == nil {
				return 0
			}
			moment, err := time.Parse(time.RFC3339, at.(string))
			if err != nil {
				t.Fatal(err)
			}
			return int(moment.Sub(in.clock.now()).Round(time.Hour) / day)
		}
		profile := func(email string, ttl any) string {
			return main.do(`mutation($e: EmailAddress!, $t: Int) { createProfile(input: {email: $e}, ttlDays: $t) { id } }`, vars{"e": email, "t": ttl}).str("createProfile.id")
		}
		owned := func(p string, ttl any) string {
			return main.do(`mutation($p: ID!, $t: Int) { createAddress(profileId: $p, input: {locality: "Rio"}, ttlDays: $t) { id } }`, vars{"p": p, "t": ttl}).str("createAddress.id")
		}
		prolong := func(p string, ttl int) {
			main.do(`mutation($p: ID!, $t: Int) { updateProfile(id: $p, patch: {}, ttlDays: $t) { id } }`, vars{"p": p, "t": ttl})
		}

		p := profile("a@example.com", 10)
		never, three, fifty := owned(p, nil), owned(p, 3), owned(p, 50)
		pet := main.do(`mutation($p: ID!) { createPet(profileId: $p, input: {name: "Rex"}) { id } }`, vars{"p": p}).str("createPet.id")
		main.do(`mutation($p: ID!) { createPurchaseInfo(profileId: $p, input: {}) { id } }`, vars{"p": p})
		ids := vars{"p": p, "never": never, "three": three, "fifty": fifty, "pet": pet}
		const about = `query($p: ID!, $never: ID!, $three: ID!, $fifty: ID!, $pet: ID!) { p: profile(id: $p) { meta { e: expirationDate } } never: address(id: $never) { meta { e: expirationDate version } }
			three: address(id: $three) { meta { e: expirationDate version } } fifty: address(id: $fifty) { meta { e: expirationDate version } } pet: pet(id: $pet) { meta { e: expirationDate version } } one: purchaseInfo(id: $p) { meta { e: expirationDate version } } }`
		first := main.do(about, ids)
		want := func(after string, p, never, three, fifty, pet, one int) {
			t.Helper()
			r := main.do(about, ids)
			for name, days := range map[string]int{"p": p, "never": never, "three": three, "fifty": fifty, "pet": pet, "one": one} {
				if got := ends(r.at(name + ".meta.e")); got != days {
					t.Errorf("after %s, %s ends in %d days, not %d", after, name, got, days)
				}
				if name != "p" && r.str(name+".meta.version") != first.str(name+".meta.version") {
					t.Errorf("after %s, %s is another version", after, name)
				}
			}
		}
		want("creation", 10, 10, 3, 10, 10, 10)
		prolong(p, 5)
		want("the owner's end came nearer", 5, 5, 3, 5, 5, 5)
		prolong(p, 2)
		want("it came before all", 2, 2, 2, 2, 2, 2)
		prolong(p, 20)
		want("it was put off", 20, 20, 3, 20, 20, 20)
		prolong(p, 100)
		want("it was put off behind all", 100, 100, 3, 50, 30, 100)
		for ttl, wanted := range map[int]int{200: 100, 7: 7} { // of its own
			r := main.do(`mutation($id: ID!, $t: Int) { updateAddress(id: $id, patch: {}, ttlDays: $t) { id meta { expirationDate } } }`, vars{"id": owned(p, nil), "t": ttl})
			if got := ends(r.at("updateAddress.meta.expirationDate")); got != wanted {
				t.Errorf("a change to %d days ends in %d", ttl, got)
			}
		}
		other := profile("b@example.com", nil)
		ids = vars{"p": other, "never": owned(other, nil), "three": owned(other, 3), "fifty": owned(other, 50), "pet": pet}
		main.do(`mutation($p: ID!) { createPurchaseInfo(profileId: $p, input: {}) { id } }`, vars{"p": other})
		first = main.do(about, ids)
		want("creation under one that stays", 0, 0, 3, 50, 30, 0)
		prolong(other, 8)
		want("that came to an end", 8, 8, 3, 8, 30, 8)

		// The process died between the two; the sweep goes on.
		for _, days := range []int{4, 40} {
			s := in.stored(t, account, storage.Documents, "Profile", other)
			s.Expires = in.clock.now().Add(time.Duration(days) * day).Truncate(time.Millisecond)
			s.write()
			if err := in.mend(t.Context()); err != nil {
				t.Error(err)
			}
			want(fmt.Sprintf("a crash with %d", days), days, days, 3, days, 30, days)
		}

		// At the end none is there, by any door.
		prolong(p, 1)
		pin := main.do(`query($id: ID!) { address(id: $id) { meta { pin version } } }`, vars{"id": fifty})
		in.clock.move(day + time.Second)
		r := main.do(`query($p: ID!, $a: ID!, $pin: ID!, $v: ID!, $pet: ID!) { profile(id: $p) { id } a: address(id: $a) { id profile { id } } b: address(id: $pin) { id } c: addressVersion(id: $a, version: $v) { id } pet(id: $pet) { id }
			addressVersions(id: $a) { nodes { id } } purchaseInfo(id: $p) { id } pets { nodes { id } } _entities(representations: [{__typename: "Address", id: $a}, {__typename: "Pet", id: $pet}]) { __typename } }`,
			vars{"p": p, "a": fifty, "pin": pin.str("address.meta.pin"), "v": pin.str("address.meta.version"), "pet": pet})
		wantJSON(t, r.Data, `{"profile": null, "a": null, "b": null, "c": null, "pet": null, "addressVersions": {"nodes": []}, "purchaseInfo": null, "pets": {"nodes": []}, "_entities": [null, null]}`)
		for _, node := range main.do(`{ addresses { nodes { profileId } } }`).at("addresses.nodes").([]any) {
			if at(node, "profileId") == p {
				t.Error("an address of who is gone is listed")
			}
		}
		main.refused("NOT_FOUND", `mutation($id: ID!) { updateAddress(id: $id, patch: {}, ttlDays: 9) { id } }`, vars{"id": fifty})
		main.refused("NOT_FOUND", `mutation($id: ID!) { createAddress(profileId: $id, input: {}) { id } }`, vars{"id": p})
		if _, err := in.docs.Expire(t.Context(), in.currentSet); err != nil {
			t.Error(err)
		}
		for _, collection := range []storage.Collection{storage.Documents, storage.Versions} {
			for _, entity := range []string{"Profile", "Address", "Pet", "PurchaseInfo"} {
				left, err := in.store.Scan(t.Context(), storage.Space{Account: account, Collection: collection, Part: entity}, storage.Page{Limit: 100})
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range left {
					if r.Owner == p || r.ID == p {
						t.Errorf("of %s %s the sweep leaves %s", collection, entity, r.ID)
					}
				}
			}
		}

		// What a promotion makes ends with its profile.
		main.publish("Profile", `{"documentTTL": 60}`, "?allow=TTL_NO_SHORTEN")
		id := main.do(`mutation { createProspect(input: {email: "p@example.com", availableAddresses: [{locality: "Rio"}]}) { id } }`).str("createProspect.id")
		r = main.do(`mutation($id: ID!) { promoteProspect(id: $id) { meta { expirationDate } addresses { nodes { meta { expirationDate } } } } }`, vars{"id": id})
		if a, b := ends(r.at("promoteProspect.meta.expirationDate")), ends(r.at("promoteProspect.addresses.nodes.0.meta.expirationDate")); a != 60 || b != 60 {
			t.Errorf("a profile ends in %d days, its address in %d", a, b)
		}
	})
}

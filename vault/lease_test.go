package vault_test

import (
	"testing"

	"github.com/profilegraph/profilegraph/schema"
	"github.com/profilegraph/profilegraph/vault"
)

// TestLease masks a document and expects that the mask may be shown again as long as the key is held,
// and no longer.
func TestLease(t *testing.T) {
	e := parse(t, "Person", personSchema)
	clear := encode(t, e, ada)
	var tier schema.FieldSet
	tier.Add(field(t, e, "tier").Slot)
	for _, test := range []struct {
		name  string
		grant vault.Grant
		want  schema.FieldSet
		then  func(t *testing.T, w *world, v *vault.Vault)
		holds bool
	}{
		{"nothing happened", nil, all(e), nil, true},
		{"no key was needed", nil, tier, func(_ *testing.T, w *world, _ *vault.Vault) { w.wait(vault.Staleness) }, true},
		{"clear values", covers{person.Account, []string{"*"}}, all(e), nil, false},
		{"the key is stale", nil, all(e), func(_ *testing.T, w *world, _ *vault.Vault) { w.wait(vault.Staleness) }, false},
		{"the key was destroyed", nil, all(e), func(t *testing.T, _ *world, v *vault.Vault) {
			if err := v.Destroy(t.Context(), person.Account, person.Subject); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"the key made room for another", nil, all(e), func(t *testing.T, _ *world, v *vault.Vault) {
			other := person
			other.Subject, other.ID = "p2", "p2"
			must(v.Seal(t.Context(), other, e, clear))(t)
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			v := vault.New(vault.Config{KMS: w.kms, Keys: w.keys, Now: w.Now, Subjects: 1})
			sealed := must(v.Seal(t.Context(), person, e, clear))(t)
			m := v.Masker(t.Context(), test.grant, e, test.want)
			defer m.Close()
			if m.Lease().Holds(w.Now()) {
				t.Error("there is a lease before there is a mask")
			}
			if _, _, err := m.Mask(person, sealed); err != nil {
				t.Fatal(err)
			}
			lease := m.Lease()
			if test.then != nil {
				test.then(t, w, v)
			}
			if got := lease.Holds(w.Now()); got != test.holds {
				t.Errorf("the lease holds: %v", got)
			}
		})
	}
	if (vault.Lease{}).Holds(newWorld(t).Now()) {
		t.Error("the zero lease holds")
	}
}

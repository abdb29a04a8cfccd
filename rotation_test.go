package main

import (
	"fmt"
	"testing"

	"github.com/profilegraph/profilegraph/vault"
)

// A rotation tells how far it is, until nothing needs the old keys.
func TestRotationTellsHowFar(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		const shoppers = 7
		id := ""
		for i := range shoppers {
			id = in.profile(fmt.Sprintf("shopper%d@example.com", i))
		}
		in.do(`mutation($id: ID!) { updateProfile(id: $id, patch: {firstName: "Ann"}) { id } }`, vars{"id": id})
		const status = `{ keyStatus { subjects subjectsRotating rotations { step done all } } }`
		for step, records := range map[string]float64{"DEK": shoppers + 1, "INDEX": shoppers} { // with DEK old versions too
			if r := in.managed(`mutation { rotateKeys(step: ` + step + `) { rotations { step done all } } }`); r.str("rotateKeys.rotations.0.step") != step {
				t.Fatal(r.Text)
			}
			through, passes := false, 0
			for ; ; passes++ {
				if err := in.docs.AdvanceRotations(t.Context(), in.currentSet); err != nil || passes > 10 {
					t.Fatalf("%s, %d passes: %v", step, passes, err)
				}
				r := in.managed(status)
				if len(r.at("keyStatus.rotations").([]any)) == 0 {
					break
				}
				switch done, all := r.at("keyStatus.rotations.0.done"), r.at("keyStatus.rotations.0.all"); {
				case all == records && done == records:
					through = true
				case all == records && !through: // the server's own sweep is on its way
				case through || all != 0.0 || done != 0.0:
					t.Errorf("%s: %s", step, r.Text)
				}
				in.clock.move(vault.Grace / 2)
			}
			if !through || passes < 1 {
				t.Errorf("%s ended after %d passes without telling", step, passes)
			}
		}
		if r := in.managed(status); r.at("keyStatus.subjectsRotating") != 0.0 || r.at("keyStatus.subjects") != float64(shoppers) {
			t.Error(r.Text)
		}
	})
}

package main

import (
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Once an account has declared purposes, one of them has to fit.
func TestPurposes(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		id := in.profile("john.doe@example.com")
		support, officer, reader := in.newKey([]string{"support"}, ""), in.newKey([]string{"privacy-officer"}, ""), in.newKey([]string{"reader"}, "")
		ask := func(c *client, purpose string) *reply {
			w := vars{"reason": "customer asked by phone"}
			if purpose != "" {
				w["purpose"] = purpose
			}
			return c.ask(`query($id: ID!, $w: Unmask) { profile(id: $id) { email(unmask: $w) meta { masked } } }`, vars{"id": id, "w": w})
		}
		last := func() entry {
			all := in.recorded(0)
			return all[len(all)-1]
		}
		if r := ask(support, ""); r.str("profile.email") != "john.doe@example.com" {
			t.Errorf("without a policy: %s", r.Text)
		}
		wantMasked(t, ask(support, "support"), "PURPOSE_UNKNOWN")
		expires := in.clock.now().Add(48 * time.Hour).UTC().Format(time.RFC3339)
		in.managed(`mutation($e: DateTime) { putPolicy(purposes: [
			{code: "support", legalBasis: "contract", fields: ["Profile.email", "Address.*"], roles: ["support"]},
			{code: "fraud", legalBasis: "legitimate interest", fields: ["*"], roles: ["privacy-officer"], expirationDate: $e},
			{code: "names", legalBasis: "contract", fields: ["Profile.firstName"], roles: ["support", "reader"]}]) { purposes { code } } }`, vars{"e": expires})
		for _, test := range []struct {
			name, purpose string
			who           *client
			code          string
		}{
			{"none named", "", support, "PURPOSE_REQUIRED"},
			{"unknown", "marketing", support, "PURPOSE_UNKNOWN"},
			{"not for this role", "fraud", support, "PURPOSE_ROLE"},
			{"not for this field", "names", support, "PURPOSE_FIELD"},
			{"no permission", "names", reader, "FORBIDDEN"},
			{"fits", "support", support, ""},
			{"fits another", "fraud", officer, ""},
		} {
			r := ask(test.who, test.purpose)
			e := last()
			if test.code == "" {
				if r.str("profile.email") != "john.doe@example.com" || fmt.Sprint(r.at("profile.meta.masked")) != "[]" || e.Outcome != "ALLOWED" || e.Purpose != test.purpose {
					t.Errorf("%s: %s\n%+v", test.name, r.Text, e)
				}
				continue
			}
			wantMasked(t, r, test.code)
			if e.Outcome != "DENIED" || e.Reason != "customer asked by phone" || test.code == "PURPOSE_UNKNOWN" && e.Purpose != "" {
				t.Errorf("%s: the record has %+v", test.name, e)
			}
		}
		// A text that is no code of a purpose may be anything, and has no place on the record.
		for _, w := range []vars{{"reason": "customer asked by phone", "purpose": "Ann 11 99999 8888"}, {"reason": "short", "purpose": "Ann 11 99999 8888"}} {
			for _, who := range []*client{support, reader} {
				who.ask(`query($id: ID!, $w: Unmask) { profile(id: $id, unmask: $w) { email } }`, vars{"id": id, "w": w})
				if e := last(); e.Outcome != "DENIED" || e.Purpose != "" {
					t.Errorf("the record has the client's text as purpose: %+v", e)
				}
			}
		}
		in.clock.move(49 * time.Hour)
		wantMasked(t, ask(officer, "fraud"), "PURPOSE_UNKNOWN")
		in.managed(`mutation { putPolicy(purposes: []) { purposes { code } } }`)
		if r := ask(support, ""); r.str("profile.email") != "john.doe@example.com" {
			t.Errorf("after the policy was taken back: %s", r.Text)
		}
	})
}

// A budget is spent to the last document and no further, by however many at once.
func TestBudget(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		in.clock.move(in.clock.now().Truncate(time.Hour).Add(65 * time.Minute).Sub(in.clock.now())) // so that no hour ends meanwhile
		const budget, requests = 10, 32
		id := in.profile("john.doe@example.com")
		in.managed(fmt.Sprintf(`mutation { putPolicy(purposes: [{code: "support", legalBasis: "contract", fields: ["*"], roles: ["support"], budgetPerHour: %d}]) { purposes { code } } }`, budget))
		query := `query($id: ID!) { profile(id: $id) { email(unmask: {reason: "customer asked by phone", purpose: "support"}) meta { masked } } }`
		one, two := in.newKey([]string{"support"}, ""), in.newKey([]string{"support"}, "")
		spend := func(who *client) (seen int) {
			var clear atomic.Int64
			var all sync.WaitGroup
			for range requests {
				all.Go(func() {
					r, err := who.post("/graphql", query, vars{"id": id})
					switch {
					case err != nil:
						t.Error(err)
					case r.str("profile.email") == "john.doe@example.com":
						clear.Add(1)
					default:
						wantMasked(t, r, "BUDGET_EXHAUSTED")
					}
				})
			}
			all.Wait()
			return int(clear.Load())
		}
		for range 2 {
			mark := in.mark()
			if n := spend(one); n != budget {
				t.Errorf("%d of %d requests were answered in clear, want %d", n, requests, budget)
			}
			outcomes := map[string]int{}
			for _, e := range in.recorded(mark) {
				outcomes[e.Outcome]++
			}
			if outcomes["ALLOWED"] != budget || outcomes["DENIED"] != requests-budget {
				t.Errorf("the record has %v", outcomes)
			}
			in.clock.move(time.Hour)
		}
		if n := spend(two); n != budget {
			t.Errorf("another requester has %d", n)
		}
		in.clock.move(time.Hour)
		for i := range 11 {
			in.profile(fmt.Sprintf("more%d@example.com", i))
		}
		list := `query($n: Int!) { profiles(first: $n) { nodes { email(unmask: {reason: "customer asked by phone", purpose: "support"}) } } }`
		if r := one.ask(list, vars{"n": 11}); r.code() != "BUDGET_EXHAUSTED" || strings.Contains(r.Text, "@example.com") {
			t.Errorf("a list beyond the budget: %s", r.Text)
		}
		if r := one.ask(list, vars{"n": 10}); strings.Count(r.Text, "@example.com") != 10 {
			t.Errorf("a list within the budget: %s", r.Text)
		}
	})
}

// The record tells what is another in a policy, also where several are set at once.
func TestPolicyOnRecord(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		set := `mutation($p: [PurposeInput!]!, $m: Boolean!, $d: Int) { putPolicy(purposes: $p, refuseMisplaced: $m, auditDays: $d) { purposes { code } } }`
		purpose := func(code string, more vars) vars {
			v := vars{"code": code, "legalBasis": "contract", "fields": []string{"Profile.email"}, "roles": []string{"support"}, "expirationDate": "2099-12-31T00:00:00.123456Z"}
			for name, value := range more {
				v[name] = value
			}
			return v
		}
		for _, step := range []struct {
			policy vars
			want   map[string]string
		}{
			{vars{"p": []vars{purpose("a", nil), purpose("b", nil)}, "m": false}, map[string]string{"purposes": "2", "added": "a b"}},
			{vars{"p": []vars{purpose("a", nil), purpose("b", nil)}, "m": false}, map[string]string{"purposes": "2"}},
			{vars{"p": []vars{purpose("c", nil), purpose("b", vars{"budgetPerHour": 5})}, "m": true, "d": 30},
				map[string]string{"purposes": "2", "added": "c", "changed": "b", "removed": "a", "auditDays": "30", "refuseMisplaced": "true"}},
			{vars{"p": []vars{}, "m": false}, map[string]string{"purposes": "0", "removed": "b c", "auditDays": "0", "refuseMisplaced": "false"}},
		} {
			mark := in.mark()
			in.managed(set, step.policy)
			if all := in.recorded(mark); len(all) != 1 || all[0].Action != "PutPolicy" || !maps.Equal(all[0].Details, step.want) {
				t.Errorf("the record has %+v, not %v", all, step.want)
			}
		}
		var together sync.WaitGroup
		for range 8 {
			together.Go(func() {
				if r := in.manage(set, vars{"p": []vars{purpose("a", nil)}, "m": false}); len(r.Errors) > 0 {
					t.Errorf("at the same time: %s", r.Text)
				}
			})
		}
		together.Wait()
	})
}

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/profilegraph/profilegraph/vault"
)

// A purpose that wants it opens when another person has agreed, for the subject asked for and an hour.
func TestApproval(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		id, other := in.profile("john.doe@example.com"), in.profile("jane.doe@example.com")
		in.managed(`mutation { putPolicy(purposes: [{code: "emergency", legalBasis: "vital interests", fields: ["*"], roles: ["privacy-officer", "support", "admin"], approval: true},
			{code: "plain", legalBasis: "contract", fields: ["*"], roles: ["support"]}]) { purposes { code } } }`)
		asker, second, support := in.newKey([]string{"privacy-officer"}, ""), in.newKey([]string{"privacy-officer"}, ""), in.newKey([]string{"support"}, "")
		ask := func(c *client, id string) *reply {
			return c.ask(`query($id: ID!) { profile(id: $id) { email(unmask: {reason: "customer lies unconscious", purpose: "emergency"}) meta { masked } } }`, vars{"id": id})
		}
		wantMasked(t, ask(asker, id), "APPROVAL_MISSING")
		request := `mutation($s: ID!, $p: String!) { requestApproval(purpose: $p, subject: $s, reason: "customer lies unconscious") { id requester approvedBy } }`
		made := asker.managed(request, vars{"s": id, "p": "emergency"})
		wish := made.str("requestApproval.id")
		wantMasked(t, ask(asker, id), "APPROVAL_MISSING")
		if r := asker.manage(request, vars{"s": id, "p": "plain"}); r.code() == "" {
			t.Errorf("an approval that is not needed: %s", r.Text)
		}
		approve := `mutation($id: ID!) { approve(id: $id) { approvedBy expirationDate reason } }`
		if r := asker.manage(approve, vars{"id": wish}); r.code() != "FORBIDDEN" {
			t.Errorf("self-approval: %s", r.Text)
		}
		own := in.managed(request, vars{"s": id, "p": "emergency"}).str("requestApproval.id")
		another := in.newKey([]string{"admin"}, "")
		for name, c := range map[string]*client{"a key that I made": another, "one that it made": another.newKey([]string{"privacy-officer"}, "")} {
			if r := c.manage(approve, vars{"id": own}); r.code() != "FORBIDDEN" {
				t.Errorf("self-approval by %s: %s", name, r.Text)
			}
		}
		in.managed(`mutation($id: ID!) { declineApproval(id: $id) { id } }`, vars{"id": own})
		if r := support.manage(approve, vars{"id": wish}); r.code() != "FORBIDDEN" {
			t.Errorf("approval without the permission: %s", r.Text)
		}
		if r := in.account(t, "strangers").manage(approve, vars{"id": wish}); r.code() != "NOT_FOUND" {
			t.Errorf("approval from another account: %s", r.Text)
		}
		wantMasked(t, ask(asker, id), "APPROVAL_MISSING")
		list := second.managed(`{ approvals { id requester purpose subject reason approvedBy } }`)
		if list.str("approvals.0.id") != wish || list.str("approvals.0.reason") != "customer lies unconscious" || list.str("approvals.0.subject") != id {
			t.Errorf("what waits: %s", list.Text)
		}
		mark := in.mark()
		given := second.managed(approve, vars{"id": wish})
		if given.str("approve.approvedBy") == "" || given.str("approve.approvedBy") == made.str("requestApproval.requester") {
			t.Errorf("approved: %s", given.Text)
		}
		if all := in.recorded(mark); len(all) != 1 || all[0].Action != "Approve" || all[0].Subject != id || all[0].OnBehalfOf != made.str("requestApproval.requester") {
			t.Errorf("the record has %+v", all)
		}
		if r := ask(asker, id); r.str("profile.email") != "john.doe@example.com" || len(r.Errors) > 0 {
			t.Errorf("approved, and answered %s", r.Text)
		}
		wantMasked(t, ask(second, id), "APPROVAL_MISSING")
		wantMasked(t, ask(support, id), "APPROVAL_MISSING")
		if r := ask(asker, other); r.code() != "APPROVAL_MISSING" || strings.Contains(r.Text, "jane") {
			t.Errorf("another subject: %s", r.Text)
		}
		second.managed(approve, vars{"id": wish}) // twice is harmless, and gives no second hour
		in.clock.move(59 * time.Minute)
		if r := ask(asker, id); r.str("profile.email") != "john.doe@example.com" {
			t.Errorf("within the hour: %s", r.Text)
		}
		in.clock.move(2 * time.Minute)
		wantMasked(t, ask(asker, id), "APPROVAL_MISSING")
		declining(t, in, id, request, approve, ask)

		// A wish that nobody answers ends, and both ways are on the record.
		wish = asker.managed(request, vars{"s": id, "p": "emergency"}).str("requestApproval.id")
		in.clock.move(25 * time.Hour)
		if r := second.manage(approve, vars{"id": wish}); r.code() != "NOT_FOUND" {
			t.Errorf("an old wish: %s", r.Text)
		}
		// Who is erased leaves no text behind, and nobody else waits in vain.
		asker.managed(request, vars{"s": other, "p": "emergency"})
		asker.managed(request, vars{"s": id, "p": "emergency"})
		if err := in.vault.Destroy(t.Context(), firstAccount, other); err != nil {
			t.Fatal(err)
		}
		if r := second.manage(`{ approvals { subject reason } }`); len(r.Errors) > 0 || !strings.Contains(r.Text, "unconscious") {
			t.Errorf("after an erasure what waits is %s", r.Text)
		}
	})
}

// declining turns wishes down, before and after they were approved.
func declining(t *testing.T, in *instance, id, request, approve string, ask func(*client, string) *reply) {
	t.Helper()
	officer, support, other := in.newKey([]string{"privacy-officer"}, ""), in.newKey([]string{"support"}, ""), in.newKey([]string{"support"}, "")
	decline := `mutation($id: ID!) { declineApproval(id: $id) { id requester reason } }`
	wish := func() string {
		return support.managed(request, vars{"s": id, "p": "emergency"}).str("requestApproval.id")
	}
	first, second, third := wish(), wish(), wish()
	for name, c := range map[string]*client{"another requester": other, "another account": in.account(t, "decliners")} {
		if r := c.manage(decline, vars{"id": first}); r.code() != "NOT_FOUND" {
			t.Errorf("%s declines: %s", name, r.Text)
		}
	}
	if r := in.newKey([]string{"reader"}, "").manage(decline, vars{"id": first}); r.code() != "FORBIDDEN" {
		t.Errorf("a reader declines: %s", r.Text)
	}
	if mine, others := support.managed(`{ approvals { id } }`), other.managed(`{ approvals { id } }`); len(mine.at("approvals").([]any)) != 3 || len(others.at("approvals").([]any)) != 0 {
		t.Errorf("requesters see %s and %s", mine.Text, others.Text)
	}
	mark := in.mark()
	if r := officer.managed(decline, vars{"id": first}); r.str("declineApproval.reason") != "customer lies unconscious" {
		t.Error(r.Text)
	}
	if all := in.recorded(mark); len(all) != 1 || all[0].Action != "DeclineApproval" || all[0].Subject != id || all[0].OnBehalfOf == "" || all[0].Details["approval"] != first {
		t.Errorf("the record has %+v", all)
	}
	if r := officer.manage(approve, vars{"id": first}); r.code() != "NOT_FOUND" {
		t.Errorf("declined, and approved: %s", r.Text)
	}
	support.managed(decline, vars{"id": second}) // withdrawn
	for n := 1; n < 100; n++ {                   // those of one requester do not hide the others'
		wish()
	}
	if r := support.manage(request, vars{"s": id, "p": "emergency"}); r.code() != "BAD_USER_INPUT" {
		t.Errorf("the 101st wish of one requester: %s", r.Text)
	}
	other.managed(request, vars{"s": id, "p": "emergency"})
	officer.managed(approve, vars{"id": third})
	if r := ask(support, id); r.str("profile.email") != "john.doe@example.com" {
		t.Errorf("approved, and answered %s", r.Text)
	}
	officer.managed(decline, vars{"id": third})
	wantMasked(t, ask(support, id), "APPROVAL_MISSING")
	for _, gone := range []string{third, "none", "../x"} {
		if r := officer.manage(decline, vars{"id": gone}); r.code() != "NOT_FOUND" {
			t.Errorf("%s: %s", gone, r.Text)
		}
	}
}

// What people wrote is readable when the keys of documents were replaced.
func TestReasonsOutliveRotation(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	id := in.profile("john.doe@example.com")
	in.do(`query($id: ID!) { profile(id: $id, unmask: {reason: "customer asked by phone"}) { email } }`, vars{"id": id})
	in.managed(`mutation { rotateKeys(step: DEK) { kek } }`)
	for begin := time.Now(); len(in.managed(`{ keyStatus { rotations { step } } }`).at("keyStatus.rotations").([]any)) > 0; {
		in.clock.move(2 * vault.Grace)
		if err := in.docs.AdvanceRotations(t.Context(), in.currentSet); err != nil || time.Since(begin) > 20*time.Second {
			t.Fatal("the rotation does not end: ", err)
		}
	}
	if r := in.managed(`{ audit(filter: {action: "GetProfileUnmasked"}) { entries { reason } } }`); r.str("audit.entries.0.reason") != "customer asked by phone" {
		t.Error(r.Text)
	}
}

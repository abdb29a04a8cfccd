package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// named finds the shopper's name, and not the same letters within a random id.
var named = regexp.MustCompile(`(^|[^0-9a-z])john([^0-9a-z]|$)`)

// What administers an account is on its record before it takes effect, and does not take effect
// while the record cannot be written.
func TestRecordComesFirst(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		c.WebhookPrivate = true
		in := boot(t, composing(t, c, picky))
		id := in.profile("john.doe@example.com")
		in.managed(`mutation { putPolicy(purposes: [{code: "emergency", legalBasis: "vital interests", fields: ["*"], roles: ["privacy-officer"], approval: true}]) { purposes { code } } }`)
		officer := in.newKey([]string{"privacy-officer"}, "")
		wish := func() string {
			return officer.managed(`mutation($s: ID!) { requestApproval(purpose: "emergency", subject: $s, reason: "customer lies unconscious") { id } }`, vars{"s": id}).str("requestApproval.id")
		}
		wishes := map[string]string{"one": wish(), "two": wish()}
		unwanted := map[string]string{"one": wish(), "two": wish()}
		told := newReceiver(t, nil)
		hooks := map[string]string{}
		for _, name := range []string{"test", "one", "two"} {
			hooks[name], _ = in.webhook(told.URL)
		}
		for _, round := range []string{"one", "two"} {
			in.managed(putSubgraph, vars{"n": "old" + round, "s": "type Query { x: ID }"})
		}
		in.signedIn()
		in.signedIn()
		sessions := in.managed(`{ sessions { id } }`)
		ended := map[string]any{"one": sessions.at("sessions.0.id"), "two": sessions.at("sessions.1.id")}
		spare := map[string]string{}
		for _, round := range []string{"one", "two"} {
			spare[round] = in.managed(`mutation { createApiKey(name: "spare", roles: ["reader"]) { apiKey { id } } }`).str("createApiKey.apiKey.id")
		}
		operations := []struct {
			action string
			run    func(round string) *reply
			effect func() any // something that the operation changes
		}{
			{"PutSchema", func(round string) *reply {
				return in.upload("Profile", `{"properties": {"`+round+`": {"type": "string"}}}`)
			}, func() any { return in.managed(`{ schema(entity: "Profile") { version } }`).at("schema.version") }},
			{"CreateApiKey", func(round string) *reply {
				return in.manage(`mutation($n: String!) { createApiKey(name: $n, roles: ["reader"]) { secret } }`, vars{"n": round})
			}, func() any { return len(in.managed(`{ apiKeys { id } }`).at("apiKeys").([]any)) }},
			{"RevokeApiKey", func(round string) *reply {
				return in.manage(`mutation($id: ID!) { revokeApiKey(id: $id) { id } }`, vars{"id": spare[round]})
			}, func() any {
				revoked := 0
				for _, key := range in.managed(`{ apiKeys { revocationDate } }`).at("apiKeys").([]any) {
					if at(key, "revocationDate") != nil {
						revoked++
					}
				}
				return revoked
			}},
			{"CreateAccount", func(round string) *reply {
				return in.manage(`mutation($id: ID!) { createAccount(id: $id) { account { id } } }`, vars{"id": round})
			}, func() any { return len(in.managed(`{ accounts { id } }`).at("accounts").([]any)) }},
			{"UpdateAccount", func(round string) *reply {
				return in.manage(`mutation($n: String) { updateAccount(id: "one", name: $n) { id } }`, vars{"n": "Shop " + round})
			}, func() any { return in.managed(`{ accounts { name } }`).Text }},
			{"PutPolicy", func(round string) *reply {
				return in.manage(`mutation($c: String!) { putPolicy(purposes: [{code: $c, legalBasis: "contract", fields: ["*"], roles: ["support"]},
					{code: "emergency", legalBasis: "vital interests", fields: ["*"], roles: ["privacy-officer"], approval: true}]) { purposes { code } } }`, vars{"c": round})
			}, func() any { return in.managed(`{ policy { purposes { code } } }`).Text }},
			{"RequestApproval", func(string) *reply {
				return officer.manage(`mutation($s: ID!) { requestApproval(purpose: "emergency", subject: $s, reason: "customer lies unconscious") { id } }`, vars{"s": id})
			}, func() any { return len(in.managed(`{ approvals { id } }`).at("approvals").([]any)) }},
			{"Approve", func(round string) *reply {
				return in.manage(`mutation($id: ID!) { approve(id: $id) { approvedBy } }`, vars{"id": wishes[round]})
			}, func() any { return strings.Count(in.managed(`{ approvals { approvedBy } }`).Text, "null") }},
			{"DeclineApproval", func(round string) *reply {
				return in.manage(`mutation($id: ID!) { declineApproval(id: $id) { id } }`, vars{"id": unwanted[round]})
			}, func() any { return len(in.managed(`{ approvals { id } }`).at("approvals").([]any)) }},
			{"CreateWebhook", func(string) *reply {
				return in.manage(`mutation { createWebhook(url: "https://example.com/hook") { secret } }`)
			}, func() any { return len(in.managed(`{ webhooks { id } }`).at("webhooks").([]any)) }},
			{"TestWebhook", func(string) *reply {
				return in.manage(`mutation($id: ID!) { testWebhook(id: $id) { delivered } }`, vars{"id": hooks["test"]})
			}, func() any { return len(told.all()) }},
			{"DeleteWebhook", func(round string) *reply {
				return in.manage(`mutation($id: ID!) { deleteWebhook(id: $id) }`, vars{"id": hooks[round]})
			}, func() any { return len(in.managed(`{ webhooks { id } }`).at("webhooks").([]any)) }},
			{"PutSubgraph", func(round string) *reply {
				return in.manage(putSubgraph, vars{"n": "s" + round, "s": "type Query { x: ID }"})
			}, func() any { return len(in.managed(`{ subgraphs { name } }`).at("subgraphs").([]any)) }},
			{"RemoveSubgraph", func(round string) *reply {
				return in.manage(`mutation($n: String!) { removeSubgraph(name: $n) }`, vars{"n": "old" + round})
			}, func() any { return len(in.managed(`{ subgraphs { name } }`).at("subgraphs").([]any)) }},
			{"SignIn", func(string) *reply {
				return in.as(t, "").send("POST", "/console/session", strings.NewReader(`{"key": "`+in.key+`"}`), "Content-Type", "application/json")
			}, func() any { return len(in.managed(`{ sessions { id } }`).at("sessions").([]any)) }},
			{"SignOut", func(round string) *reply {
				return in.manage(`mutation($id: ID!) { endSession(id: $id) }`, vars{"id": ended[round]})
			}, func() any { return len(in.managed(`{ sessions { id } }`).at("sessions").([]any)) }},
		}
		for _, op := range operations {
			mark, before := in.mark(), op.effect()
			r := op.run("one")
			if r.Status >= 300 || len(r.Errors) > 0 || op.effect() == before {
				t.Errorf("%s is answered %d %s", op.action, r.Status, r.Text)
			}
			i := slices.IndexFunc(in.recorded(mark), func(e entry) bool { return e.Action == op.action })
			if i < 0 {
				t.Errorf("%s is not on the record", op.action)
				continue
			}
			if e := in.recorded(mark)[i]; e.Outcome != "ALLOWED" || e.Actor == "" || e.RequestID != r.Header.Get("X-Request-Id") {
				t.Errorf("%s is recorded as %+v", op.action, e)
			}
		}
		mark := in.mark()
		in.export()
		if all := in.recorded(mark); len(all) != 1 || all[0].Action != "ExportAudit" || all[0].RequestID == "" {
			t.Errorf("an export is recorded as %+v", all)
		}
		if text := fmt.Sprint(in.recorded(0)); named.MatchString(text) || strings.Contains(text, "pg_") {
			t.Error("the record holds what it should not")
		}

		if err := in.record.Close(); err != nil {
			t.Fatal(err)
		}
		for _, op := range operations {
			before := op.effect()
			if r := op.run("two"); r.code() != "AUDIT_UNAVAILABLE" {
				t.Errorf("%s without a record is answered %d %s", op.action, r.Status, r.Text)
			}
			if after := op.effect(); after != before {
				t.Errorf("%s without a record took effect: %v, was %v", op.action, after, before)
			}
		}
		if r := in.send("GET", "/audit/export", nil); r.Status != 503 || r.code() != "AUDIT_UNAVAILABLE" {
			t.Errorf("an export without a record is answered %d %s", r.Status, r.Text)
		}
		if logs := in.logs.String(); !strings.Contains(logs, "the audit record was not written") || named.MatchString(logs) {
			t.Error("nothing in the log says why")
		}
	})
}

package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/profilegraph/profilegraph/storage"
)

// A promotion stores nothing in clear that the prospect protects, whatever the profile's schema says of it.
func TestPromotionKeepsProtection(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	admin, editor := in.newKey([]string{"schema-admin"}, ""), in.newKey([]string{"editor"}, "")
	list := `{"type": ["array", "null"], "pii": true, "items": {"type": "object", "properties": {"locality": {"type": "string"}, "documentType": {"type": "string"}, "x": {"type": "string"}}}}`
	in.publish("Prospect", `{"properties": {"tip": {"type": "string", "pii": true}, "availableAddresses": `+list+`, "contacts": `+list+`,
		"note": {"type": "object", "properties": {"in": {"type": "string", "pii": true}, "out": {"type": "string"}}}}}`, "?allow=FIELD_SAME_TYPE&allow=FIELD_NO_DELETE&allow=FIELD_NULLABLE_NO_NARROW&allow=CONSTRAINT_NO_NARROW")
	free := `{"type": ["string", "null"], "sensitive": false, "pii": false}`
	tests := []struct{ name, input, entity, properties, path, patch string }{
		{"declared", `tip: "canary"`, "Profile", `"tip": ` + free, "tip", `tip: "new"`},
		{"undeclared", `additionalProperties: {zzz: "canary"}`, "Profile", `"zzz": ` + free, "zzz", `zzz: null`},
		{"built in", `paymentData: [{accountId: "canary"}]`, "Profile", `"paymentData": {"type": ["array", "null"], "items": {"type": "object", "properties": {"accountId": {"type": "string"}}}}`, "paymentData", `paymentData: null`},
		{"as JSON", `paymentData: [{accountId: "canary"}]`, "Profile", `"paymentData": {"x-graphql": "JSON", "sensitive": false, "pii": false}`, "paymentData", `paymentData: null`},
		{"within an object", `note: {in: "canary", out: "o"}`, "Profile", `"note": {"type": "object", "properties": {"in": {"type": "string"}, "out": {"type": "string"}}}`, "note.in", ``},
		{"in an address", `availableAddresses: [{locality: "Rio"}, {locality: "Rio", x: "canary"}]`, "Address", `"x": ` + free, "availableAddresses.1.x", ``},
		{"in a contact", `contacts: [{documentType: "cpf", x: "canary"}]`, "Contact", `"x": ` + free, "contacts.0.x", ``},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			id := in.do(fmt.Sprintf(`mutation { createProspect(input: {email: "p%d@example.com", %s}) { id } }`, i, test.input)).str("createProspect.id")
			admin.publish(test.entity, `{"properties": {`+test.properties+`}}`, "?allow=CONSTRAINT_NO_NARROW&allow=FIELD_SAME_TYPE")
			r := editor.refused("VALIDATION_FAILED", `mutation($id: ID!) { promoteProspect(id: $id) { id } }`, vars{"id": id})
			if !strings.Contains(r.Text, `"path":"`+test.path+`"`) || strings.Contains(r.Text, "canary") {
				t.Errorf("the refusal says %s", r.Text)
			}
			got := editor.do(`query($id: ID!) { prospect(id: $id) { id } profile(id: $id) { id } addresses { nodes { id } } }`, vars{"id": id})
			wantJSON(t, got.Data, fmt.Sprintf(`{"prospect": {"id": %q}, "profile": null, "addresses": {"nodes": []}}`, id))
			if test.patch != "" { // what takes its place is the caller's own
				editor.do(fmt.Sprintf(`mutation($id: ID!) { promoteProspect(id: $id, input: {%s}) { id } }`, test.patch), vars{"id": id})
			}
		})
	}
}

// The same promotion again gives the same profile. Another one does not pass for it, and what never was a prospect is none.
func TestPromotionsAreRepeated(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		account := accountOf(t)
		main := in.account(t, string(account))
		made := func(email string) string {
			return main.do(`mutation($e: EmailAddress) { createProspect(input: {email: $e, firstName: "Ann", tags: ["t"]}) { id } }`, vars{"e": email}).str("createProspect.id")
		}
		const promote = `mutation($id: ID!, $in: ProfilePatch) { promoteProspect(id: $id, input: $in) { id fancyName firstName tags } }`
		id := made("a@example.com")
		prospect, err := in.store.Get(t.Context(), storage.Space{Account: account, Collection: storage.Documents, Part: "Prospect"}, id)
		if err != nil {
			t.Fatal(err)
		}
		first := vars{"fancyName": "Acme", "tags": nil}
		want := fmt.Sprintf(`{"id": %q, "fancyName": "Acme", "firstName": "A**", "tags": null}`, id)
		repeated := func(want string, inputs ...any) {
			t.Helper()
			for _, input := range inputs {
				wantJSON(t, main.do(promote, vars{"id": id, "in": input}).at("promoteProspect"), want)
			}
		}
		others := func() {
			t.Helper()
			for _, other := range []vars{{"fancyName": "Other"}, {"fancyName": nil}, {"tags": []string{"t"}}, {"fancyName": "Acme", "email": "b@example.com"}, {"firstName": "Bob"}} {
				main.refused("ALREADY_EXISTS", promote, vars{"id": id, "in": other})
			}
		}
		repeated(want, first)
		repeated(want, first, nil, vars{}, vars{"fancyName": "Acme"}, vars{"email": "a@example.com", "firstName": "Ann"})
		others()
		// It has changed since, and again.
		for _, name := range []string{"Two", "Three"} {
			main.do(`mutation($id: ID!, $n: String) { updateProfile(id: $id, patch: {fancyName: $n}) { id } }`, vars{"id": id, "n": name})
			repeated(strings.Replace(want, "Acme", name, 1), first, nil)
			main.refused("ALREADY_EXISTS", promote, vars{"id": id, "in": vars{"fancyName": name}})
		}
		// The process died before the prospect was removed.
		if err := in.store.Insert(t.Context(), storage.Space{Account: account, Collection: storage.Documents, Part: "Prospect"}, prospect); err != nil {
			t.Fatal(err)
		}
		others()
		repeated(strings.Replace(want, "Acme", "Three", 1), first)
		wantJSON(t, main.do(`query($id: ID!) { prospect(id: $id) { id } profile(id: $id) { fancyName } }`, vars{"id": id}).Data, `{"prospect": null, "profile": {"fancyName": "Three"}}`)

		// What never was one, is not there any more or is out of reach is absent, whatever is said of it.
		never, deleted := main.profile("never@example.com"), made("deleted@example.com")
		main.do(promote, vars{"id": deleted})
		main.do(`mutation($id: ID!) { deleteProfile(id: $id) }`, vars{"id": deleted})
		strange := in.account(t, string(account)+"-2")
		absent := strange.ask(promote, vars{"id": "none"}).Text
		for _, input := range []vars{nil, {"fancyName": "Acme"}, {"fancyName": "Other"}} {
			for _, one := range []string{never, deleted, "none"} {
				main.refused("NOT_FOUND", promote, vars{"id": one, "in": input})
			}
			for _, who := range []*client{strange, main.newKey([]string{"shopper"}, never)} {
				if r := who.ask(promote, vars{"id": id, "in": input}); r.Text != absent {
					t.Errorf("of what is out of reach one hears %s", r.Text)
				}
			}
		}

		// Of two at once that differ, one is done.
		id = made("race@example.com")
		var all sync.WaitGroup
		codes := make([]string, 6)
		for i := range codes {
			all.Go(func() {
				r, err := main.post("/graphql", promote, vars{"id": id, "in": vars{"fancyName": fmt.Sprint("N", i)}})
				if err != nil {
					t.Error(err)
					return
				}
				codes[i] = r.code()
			})
		}
		all.Wait()
		var name string
		for i, code := range codes {
			switch {
			case code == "" && name == "":
				name = fmt.Sprint("N", i)
			case code != "ALREADY_EXISTS":
				t.Errorf("codes %q", codes)
			}
		}
		if got := main.do(`query($id: ID!) { profile(id: $id) { fancyName } }`, vars{"id": id}).str("profile.fancyName"); got != name {
			t.Errorf("%q was promoted, and is %q", name, got)
		}
	})
}

// Whoever does not see a value cannot try out what it is.
func TestPromotionsAreNotForGuessing(t *testing.T) {
	t.Parallel()
	c := defaults(t)
	c.LookupMisses = 0.5 // five at once
	in := boot(t, c)
	in.clock.stop()
	id := in.do(`mutation { createProspect(input: {email: "a@example.com", document: "1234"}) { id } }`).str("createProspect.id")
	editor := in.newKey([]string{"editor"}, "")
	guess := func(document string) string {
		return editor.ask(`mutation($id: ID!, $d: String) { promoteProspect(id: $id, input: {document: $d}) { id } }`, vars{"id": id, "d": document}).code()
	}
	in.do(`mutation($id: ID!) { promoteProspect(id: $id) { id } }`, vars{"id": id})
	for range 5 {
		if code := guess("0000"); code != "ALREADY_EXISTS" {
			t.Errorf("a wrong guess is answered %q", code)
		}
	}
	for _, document := range []string{"0000", "1234"} {
		if code := guess(document); code != "RATE_LIMITED" {
			t.Errorf("after many, a guess is answered %q", code)
		}
	}
}

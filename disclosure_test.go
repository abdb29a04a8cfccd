package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/profilegraph/profilegraph/audit"
)

const deep = `{"type": "object", "additionalProperties": true, "properties": {
	"home": {"type": "object", "properties": {"street": {"type": "string", "sensitive": true}, "city": {"type": "string"},
		"geo": {"type": "object", "properties": {"lat": {"type": "number", "sensitive": true}, "zone": {"type": "string"}}}}},
	"people": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string", "sensitive": true}, "age": {"type": "integer", "sensitive": true}, "role": {"type": "string"}}}},
	"payments": {"type": "array", "items": {"oneOf": [{"$ref": "#/$defs/card"}, {"$ref": "#/$defs/cash"}]}},
	"codes": {"type": "array", "sensitive": true, "items": {"type": "string"}},
	"safe": {"type": "object", "sensitive": true, "properties": {"inner": {"type": "string"}, "number": {"type": "integer"}}},
	"half": {"type": "object", "additionalProperties": true, "properties": {"known": {"type": "string"}}}},
	"$defs": {
		"card": {"type": "object", "required": ["method"], "properties": {"method": {"const": "card"}, "number": {"type": "string", "sensitive": true}, "brand": {"type": "string"}}},
		"cash": {"type": "object", "required": ["method"], "properties": {"method": {"const": "cash"}, "amount": {"type": "integer", "sensitive": true}}}}}`

// people are documents of one account, by the names that tests give their ids.
type people map[string]string

// populate makes a profile of two versions with what belongs to it, a prospect, and a document with
// sensitive fields at every depth.
func populate(t *testing.T, c *client) people {
	t.Helper()
	c.publish("Deep", deep)
	r := c.do(`mutation { createProfile(input: {email: "john.doe@example.com", firstName: "John", lastName: "Doe", tags: ["vip"],
		additionalProperties: {shoe: "large"}}) { id meta { version } } }`)
	ids := people{"profile": r.str("createProfile.id"), "version": r.str("createProfile.meta.version")}
	r = c.do(`mutation($p: ID!) {
		updateProfile(id: $p, patch: {firstName: "Johnny"}) { id }
		createAddress(profileId: $p, input: {route: "Main Street", locality: "Rio"}) { id meta { version } }
		createPurchaseInfo(profileId: $p, input: {paymentData: [{bin: "411111", accountId: "acc-1"}], lastUserPurchases: [{orderId: "o-1"}],
			clientPreferences: {locale: "pt-BR", additionalProperties: {size: "xl"}}}) { id }
		createProspect(input: {email: "maybe@example.com", firstName: "May"}) { id }
	}`, vars{"p": ids["profile"]})
	ids["address"], ids["addressVersion"] = r.str("createAddress.id"), r.str("createAddress.meta.version")
	ids["prospect"] = r.str("createProspect.id")
	ids["deep"] = c.do(`mutation($i: DeepInput!) { createDeep(input: $i) { id } }`, vars{"i": object(t, `{
		"home": {"street": "Main", "city": "Rio", "geo": {"lat": 1.5, "zone": "z"}},
		"people": [{"name": "Ann", "age": 30, "role": "a"}, {"name": "Bob", "role": "b"}],
		"payments": [{"deepCard": {"number": "4111", "brand": "Visa"}}, {"deepCash": {"amount": 5}}],
		"codes": ["x", "y"], "safe": {"inner": "gold", "number": 7},
		"half": {"known": "k", "additionalProperties": {"hidden": "h"}}, "additionalProperties": {"undeclared": "u"}}`)}).str("createDeep.id")
	return ids
}

// asVariables gives a query the ids that it declares, and more.
func (p people) asVariables(query string, more vars) vars {
	all := vars{}
	for name, id := range p {
		if strings.Contains(query, "$"+name+":") {
			all[name] = id
		}
	}
	maps.Copy(all, more)
	return all
}

// entry is an entry of the record as the control plane shows it.
type entry struct {
	Index                                                            int64
	Action, Outcome, Actor, OnBehalfOf, Entity, ID, Subject, Version string
	Purpose, Reason, RequestID                                       string
	Fields                                                           []string
	Details                                                          map[string]string
}

const entryFields = `{ index action outcome actor onBehalfOf entity id subject version purpose reason requestId fields details }`

// recorded returns the account's record from an index on, oldest first.
func (c *client) recorded(from int64) []entry {
	c.t.Helper()
	var all []entry
	for {
		v := vars{}
		if from > 0 {
			v["after"] = from - 1
		}
		r := c.managed(`query($after: Int) { audit(newest: false, first: 100, after: $after) { hasNextPage entries `+entryFields+` } }`, v)
		var answer struct {
			Data struct {
				Audit struct {
					HasNextPage bool
					Entries     []entry
				}
			}
		}
		if err := json.Unmarshal([]byte(r.Text), &answer); err != nil {
			c.t.Fatal(err)
		}
		all = append(all, answer.Data.Audit.Entries...)
		if !answer.Data.Audit.HasNextPage {
			return all
		}
		from = all[len(all)-1].Index + 1
	}
}

// mark is the index that the next entry will have.
func (c *client) mark() int64 {
	c.t.Helper()
	all := c.recorded(0)
	return all[len(all)-1].Index + 1
}

// in words: action, whose document, and the fields in order of name.
func (e entry) in(p people) string {
	who := "new"
	for name, id := range p {
		if id == e.ID && !strings.HasSuffix(strings.ToLower(name), "version") {
			who = name
		}
	}
	fields := slices.Sorted(slices.Values(e.Fields))
	return e.Action + " " + who + " " + strings.Join(fields, ",")
}

// receipts are what the answer says of its disclosures.
func (r *reply) receipts(t testing.TB) (entries []int64, checkpoint string) {
	t.Helper()
	var answer struct {
		Extensions struct {
			Audit struct {
				Entries    []int64
				Checkpoint string
			}
		}
	}
	if err := json.Unmarshal([]byte(r.Text), &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Extensions.Audit.Entries, answer.Extensions.Audit.Checkpoint
}

// export returns the account's record as an auditor gets it, and the key that it is signed with.
func (c *client) export() (text, key string) {
	c.t.Helper()
	r := c.send("GET", "/audit/export", nil)
	if r.Status != 200 {
		c.t.Fatalf("export: %d %s", r.Status, r.Text)
	}
	return r.Text, c.managed(`{ auditCheckpoint { publicKey } }`).str("auditCheckpoint.publicKey")
}

// verified checks the record offline, with checkpoints that were kept from before.
func (c *client) verified(known ...string) audit.Report {
	c.t.Helper()
	text, key := c.export()
	report, err := audit.Verify(strings.NewReader(text), key, known...)
	if err != nil {
		c.t.Errorf("the record: %v %v", err, report.Problems)
	}
	return report
}

// Wherever documents come from, an argument discloses the fields that are selected, and the record
// has exactly those.
func TestUnmask(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		query, at, want string
		entries         []string
	}{
		"a document": {
			query: `query($profile: ID!, $w: Unmask) { profile(id: $profile, unmask: $w) { email firstName tags meta { masked } } }`, at: "profile",
			want: `{"email": "john.doe@example.com", "firstName": "Johnny", "tags": ["vip"], "meta": {"masked": []}}`, entries: []string{"GetProfileUnmasked profile email,firstName"}},
		"one field": {
			query: `query($profile: ID!, $w: Unmask) { profile(id: $profile) { email firstName(unmask: $w) meta { masked } } }`, at: "profile",
			want: `{"email": "j***.d**@e******.c**", "firstName": "Johnny", "meta": {"masked": ["email"]}}`, entries: []string{"GetProfileUnmasked profile firstName"}},
		"what is not sensitive": {
			query: `query($profile: ID!, $w: Unmask) { profile(id: $profile, unmask: $w) { id tags } }`, at: "profile.tags", want: `["vip"]`},
		"by key": {
			query: `query($w: Unmask) { profile(by: {email: "JOHN.DOE@example.com"}, unmask: $w) { email meta { masked } } }`, at: "profile",
			want: `{"email": "john.doe@example.com", "meta": {"masked": []}}`, entries: []string{"GetProfileUnmasked profile email"}},
		"a list": {
			query: `query($w: Unmask) { profiles(unmask: $w) { nodes { firstName } edges { node { email meta { masked } } } } }`, at: "profiles",
			want:    `{"nodes": [{"firstName": "Johnny"}], "edges": [{"node": {"email": "john.doe@example.com", "meta": {"masked": []}}}]}`,
			entries: []string{"GetProfileUnmasked profile email,firstName"}},
		"a field of a list": {
			query: `query($w: Unmask) { profiles { nodes { firstName(unmask: $w) lastName meta { masked } } } }`, at: "profiles.nodes",
			want: `[{"firstName": "Johnny", "lastName": "D**", "meta": {"masked": ["lastName"]}}]`, entries: []string{"GetProfileUnmasked profile firstName"}},
		"versions": {
			query: `query($profile: ID!, $w: Unmask) { profileVersions(id: $profile, unmask: $w) { nodes { firstName meta { masked } } } }`, at: "profileVersions.nodes",
			want:    `[{"firstName": "Johnny", "meta": {"masked": []}}, {"firstName": "John", "meta": {"masked": []}}]`,
			entries: []string{"GetProfileVersionUnmasked profile firstName", "GetProfileVersionUnmasked profile firstName"}},
		"an old version": {
			query: `query($profile: ID!, $version: ID!, $w: Unmask) { profileVersion(id: $profile, version: $version, unmask: $w) { firstName lastName(unmask: null) } }`, at: "profileVersion",
			want: `{"firstName": "John", "lastName": "D**"}`, entries: []string{"GetProfileVersionUnmasked profile firstName"}},
		"a field of the newest version": {
			query: `query($address: ID!, $addressVersion: ID!, $w: Unmask) { addressVersion(id: $address, version: $addressVersion) { route(unmask: $w) } }`, at: "addressVersion",
			want: `{"route": "Main Street"}`, entries: []string{"GetAddressVersionUnmasked address route"}},
		"owned documents": {
			query: `query($profile: ID!, $w: Unmask) { profile(id: $profile) { email addresses(unmask: $w) { nodes { route locality } } } }`, at: "profile",
			want: `{"email": "j***.d**@e******.c**", "addresses": {"nodes": [{"route": "Main Street", "locality": "Rio"}]}}`, entries: []string{"GetAddressUnmasked address route"}},
		"the one owned document": {
			query: `query($profile: ID!, $w: Unmask) { profile(id: $profile) { purchaseInfo(unmask: $w) { paymentData { bin } lastUserPurchases { orderId }
				clientPreferences { locale additionalProperties } meta { masked } } } }`, at: "profile.purchaseInfo",
			want:    `{"paymentData": [{"bin": "411111"}], "lastUserPurchases": [{"orderId": "o-1"}], "clientPreferences": {"locale": "pt-BR", "additionalProperties": {"size": "xl"}}, "meta": {"masked": []}}`,
			entries: []string{"GetPurchaseInfoUnmasked profile clientPreferences.additionalProperties,lastUserPurchases,paymentData"}},
		"the owner": {
			query: `query($address: ID!, $w: Unmask) { address(id: $address) { route profile(unmask: $w) { email } } }`, at: "address",
			want: `{"route": "M**********", "profile": {"email": "john.doe@example.com"}}`, entries: []string{"GetProfileUnmasked profile email"}},
		"inherited by links": {
			query: `query($profile: ID!, $w: Unmask) { profile(id: $profile, unmask: $w) { email addresses { nodes { route profile { lastName } } } } }`, at: "profile",
			want:    `{"email": "john.doe@example.com", "addresses": {"nodes": [{"route": "Main Street", "profile": {"lastName": "Doe"}}]}}`,
			entries: []string{"GetProfileUnmasked profile email", "GetAddressUnmasked address route", "GetProfileUnmasked profile lastName"}},
		"ended by null": {
			query: `query($profile: ID!, $w: Unmask) { profile(id: $profile, unmask: $w) { email firstName(unmask: null) addresses(unmask: null) { nodes { route } } meta { masked } } }`, at: "profile",
			want:    `{"email": "john.doe@example.com", "firstName": "J*****", "addresses": {"nodes": [{"route": "M**********"}]}, "meta": {"masked": ["firstName"]}}`,
			entries: []string{"GetProfileUnmasked profile email"}},
		"created": {
			query: `mutation($profile: ID!, $w: Unmask) { createAddress(profileId: $profile, input: {route: "Elm", nickname: "home"}, unmask: $w) { route meta { masked } } }`, at: "createAddress",
			want: `{"route": "Elm", "meta": {"masked": []}}`, entries: []string{"GetAddressUnmasked new route"}},
		"updated": {
			query: `mutation($profile: ID!, $w: Unmask) { updateProfile(id: $profile, patch: {firstName: "Jane"}) { firstName(unmask: $w) lastName } }`, at: "updateProfile",
			want: `{"firstName": "Jane", "lastName": "D**"}`, entries: []string{"GetProfileUnmasked profile firstName"}},
		"promoted": {
			query: `mutation($prospect: ID!, $w: Unmask) { promoteProspect(id: $prospect, unmask: $w) { email firstName } }`, at: "promoteProspect",
			want: `{"email": "maybe@example.com", "firstName": "May"}`, entries: []string{"GetProfileUnmasked prospect email,firstName"}},
		"undeclared properties": {
			query: `query($profile: ID!, $w: Unmask) { profile(id: $profile) { additionalProperties(unmask: $w) email } }`, at: "profile",
			want: `{"additionalProperties": {"shoe": "large"}, "email": "j***.d**@e******.c**"}`, entries: []string{"GetProfileUnmasked profile additionalProperties"}},
		"all depths": {
			query: `query($deep: ID!, $w: Unmask) { deep(id: $deep, unmask: $w) { home { street city geo { lat zone } } people { name age role }
				payments { __typename ... on DeepCard { number brand } ... on DeepCash { amount } } codes safe { inner number } half { known additionalProperties } additionalProperties meta { masked } } }`, at: "deep",
			want: `{"home": {"street": "Main", "city": "Rio", "geo": {"lat": 1.5, "zone": "z"}}, "people": [{"name": "Ann", "age": 30, "role": "a"}, {"name": "Bob", "age": null, "role": "b"}],
				"payments": [{"__typename": "DeepCard", "number": "4111", "brand": "Visa"}, {"__typename": "DeepCash", "amount": 5}], "codes": ["x", "y"], "safe": {"inner": "gold", "number": 7},
				"half": {"known": "k", "additionalProperties": {"hidden": "h"}}, "additionalProperties": {"undeclared": "u"}, "meta": {"masked": []}}`,
			entries: []string{"GetDeepUnmasked deep additionalProperties,codes,half.additionalProperties,home.geo.lat,home.street,payments.amount,payments.number,people.age,people.name,safe"}},
		"one field at each depth": {
			query: `query($deep: ID!, $w: Unmask) { deep(id: $deep) { home { street(unmask: $w) geo { lat } } people { name age(unmask: $w) }
				payments { ... on DeepCard { number(unmask: $w) } ... on DeepCash { amount } } codes half { additionalProperties(unmask: $w) } additionalProperties safe(unmask: $w) { inner } } }`, at: "deep",
			want: `{"home": {"street": "Main", "geo": {"lat": null}}, "people": [{"name": "A**", "age": 30}, {"name": "B**", "age": null}],
				"payments": [{"number": "4111"}, {"amount": null}], "codes": null, "half": {"additionalProperties": {"hidden": "h"}}, "additionalProperties": null, "safe": {"inner": "gold"}}`,
			entries: []string{"GetDeepUnmasked deep half.additionalProperties,home.street,payments.number,people.age,safe"}},
		"aliases": {
			query: `query($profile: ID!, $w: Unmask) { one: profile(id: $profile, unmask: $w) { mail: email again: email } two: profile(id: $profile) { email } }`, at: "",
			want:    `{"one": {"mail": "john.doe@example.com", "again": "john.doe@example.com"}, "two": {"email": "j***.d**@e******.c**"}}`,
			entries: []string{"GetProfileUnmasked profile email"}},
		"fragments": {
			query: `query($profile: ID!, $w: Unmask) { profile(id: $profile, unmask: $w) { ...names ... @include(if: false) { document } ... on Document { id @skip(if: true) } } } fragment names on Profile { firstName lastName @skip(if: true) }`,
			at:    "profile", want: `{"firstName": "Johnny"}`, entries: []string{"GetProfileUnmasked profile firstName"}},
		"two reasons": {
			query: `query($profile: ID!, $w: Unmask) { profile(id: $profile) { email(unmask: $w) firstName(unmask: {reason: "quite another reason"}) } }`, at: "profile",
			want:    `{"email": "john.doe@example.com", "firstName": "Johnny"}`,
			entries: []string{"GetProfileUnmasked profile email", "GetProfileUnmasked profile firstName"}},
		"nothing there": {query: `query($w: Unmask) { profile(id: "none", unmask: $w) { email } profileVersions(id: "none", unmask: $w) { nodes { email } } }`, at: "profile", want: `null`},
	}
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				admin := in.account(t, string(accountOf(t)))
				ids := populate(t, admin)
				mark := admin.mark()
				reason := vars{"reason": "customer asked by phone", "onBehalfOf": "agent 7"}
				r := admin.do(test.query, ids.asVariables(test.query, vars{"w": reason}))
				got := any(r.Data)
				if test.at != "" {
					got = r.at(test.at)
				}
				wantJSON(t, got, test.want)

				var entries []string
				all := admin.recorded(mark)
				for _, e := range all {
					entries = append(entries, e.in(ids))
					if e.Outcome != "ALLOWED" || !strings.HasPrefix(e.Actor, "key:") || e.Entity == "" || e.Subject == "" || e.Version == "" || e.RequestID != r.Header.Get("X-Request-Id") {
						t.Errorf("the entry lacks something: %+v", e)
					}
					if e.Reason == "customer asked by phone" != (e.OnBehalfOf == "agent 7") || e.Reason == "" {
						t.Errorf("the reason is %q for %q", e.Reason, e.OnBehalfOf)
					}
				}
				if !slices.Equal(entries, test.entries) {
					t.Errorf("the record has\n%q, want\n%q", entries, test.entries)
				}
				indexes, checkpoint := r.receipts(t)
				var want []int64
				for _, e := range all {
					want = append(want, e.Index)
				}
				if !slices.Equal(indexes, want) {
					t.Errorf("receipts for entries %v, want %v", indexes, want)
				}
				if len(want) > 0 {
					if report := admin.verified(checkpoint); report.Entries <= want[len(want)-1] {
						t.Errorf("%d entries are exported", report.Entries)
					}
				}

				// The same question without the wish.
				for _, none := range []vars{{"w": nil}, {}} {
					if strings.HasPrefix(test.query, "mutation") || name == "two reasons" {
						continue
					}
					before := admin.mark()
					r := admin.do(test.query, ids.asVariables(test.query, none))
					if admin.mark() != before || strings.Contains(r.Text, `"audit"`) || strings.Contains(r.Text, "Johnny") || strings.Contains(r.Text, "doe@") {
						t.Errorf("something was disclosed without a reason: %s", r.Text)
					}
				}
			})
		}
	})
}

// A receipt proves that its entry lies within the tree that the checkpoint signs.
func TestReceiptsProve(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		ids := populate(t, in.client)
		query := `query($profile: ID!) { profile(id: $profile, unmask: {reason: "customer asked by phone"}) { email addresses { nodes { route } } } }`
		var first string
		for range 20 {
			r := in.do(query, ids.asVariables(query, nil))
			indexes, checkpoint := r.receipts(t)
			key := in.record.PublicKey()
			head, err := audit.OpenCheckpoint(checkpoint, key)
			if err != nil || len(indexes) != 2 || head.Account != firstAccount {
				t.Fatalf("%v: receipts %v under a checkpoint of %s", err, indexes, head.Account)
			}
			for _, index := range indexes {
				after := index - 1
				found, _, err := in.record.Query(t.Context(), firstAccount, audit.Filter{After: &after, Limit: 1})
				if err != nil || len(found) != 1 || found[0].Index != index || !strings.HasSuffix(found[0].Action, "Unmasked") {
					t.Fatalf("entry %d is %+v, %v", index, found, err)
				}
				proof, err := in.record.Inclusion(t.Context(), firstAccount, index, head.Size)
				if err != nil {
					t.Fatal(err)
				}
				if err := audit.VerifyInclusion(key, checkpoint, found[0], proof); err != nil {
					t.Error(err)
				}
				found[0].Fields = append(found[0].Fields, "document")
				if audit.VerifyInclusion(key, checkpoint, found[0], proof) == nil {
					t.Error("another entry is proved by the same receipt")
				}
			}
			if first == "" {
				first = checkpoint
			}
			in.verified(first, checkpoint)
		}
	})
}

// A reason has its length, and comes by POST.
func TestReasons(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		id := in.profile("john.doe@example.com")
		reader := in.newKey([]string{"reader"}, "")
		query := `query($id: ID!, $w: Unmask) { profile(id: $id) { email(unmask: $w) meta { masked } } }`
		for _, test := range []struct {
			name, reason, onBehalfOf string
			fine                     bool
		}{
			{"none", "", "", false},
			{"9 characters", "123456789", "", false},
			{"10 characters", "1234567890", "", true},
			{"10 characters of 4 bytes", strings.Repeat("😀", 10), "", true},
			{"9 characters of 4 bytes", strings.Repeat("😀", 9), "", false},
			{"blanks", strings.Repeat(" ", 50), "", false},
			{"blanks around", "     12345678    ", "", false},
			{"1,000 characters", strings.Repeat("ö", 1_000), "", true},
			{"1,001 characters", strings.Repeat("ö", 1_001), "", false},
			{"a book", strings.Repeat("x", 200_000), "", false},
			{"nothing to see", strings.Repeat("\u200b", 12), "", false},
			{"for somebody of 200", "customer asked", strings.Repeat("ö", 200), true},
			{"for somebody of 201", "customer asked", strings.Repeat("ö", 201), false},
			{"for a nation", "customer asked", strings.Repeat("x", 200_000), false},
		} {
			for role, c := range map[string]*client{"admin": in.client, "reader": reader} {
				name := role + ", " + test.name
				mark := in.mark()
				r := c.ask(query, vars{"id": id, "w": vars{"reason": test.reason, "onBehalfOf": test.onBehalfOf}})
				all := in.recorded(mark)
				if len(all) != 1 {
					t.Errorf("%s: %d entries, answered %s", name, len(all), r.Text)
					continue
				}
				e := all[0]
				if test.fine && role == "admin" {
					if r.str("profile.email") != "john.doe@example.com" || len(r.Errors) > 0 || e.Outcome != "ALLOWED" || e.Reason != test.reason || e.OnBehalfOf != test.onBehalfOf {
						t.Errorf("%s: %s\n%+v", name, r.Text, e)
					}
					continue
				}
				code, refusal := "REASON_REQUIRED", "REASON_REQUIRED"
				if role == "reader" {
					code, refusal = "FORBIDDEN", "NO_PERMISSION"
				}
				wantMasked(t, r, code)
				if e.Outcome != "DENIED" || e.Details["refusal"] != refusal {
					t.Errorf("%s: the record has %+v", name, e)
				}
				if !test.fine && (e.Reason != "" || e.OnBehalfOf != "") {
					t.Errorf("%s: what is out of bounds was kept", name)
				}
			}
		}

		mark := in.mark()
		for _, q := range []string{
			`{profile(id:"` + id + `",unmask:{reason:"customer asked by phone"}){email}}`,
			`{profile(id:"` + id + `"){email(unmask:{reason:"customer asked by phone"})}}`,
			`{profiles(unmask:{reason:"customer asked by phone"}){nodes{email}}}`,
			`{profile(by:{email:"john.doe@example.com"}){id}}`, // addresses are logged
		} {
			r := in.send("GET", "/graphql?query="+url.QueryEscape(q), nil)
			if r.code() != "BAD_USER_INPUT" || strings.Contains(r.Text, "john") || strings.Contains(r.Text, id) || len(in.recorded(mark)) > 0 {
				t.Errorf("GET is answered %s", r.Text)
			}
		}
		if r := in.send("GET", "/graphql?query="+url.QueryEscape(`{_entities(representations:[{__typename:"Profile",email:"john.doe@example.com"}]){...on Profile{id}}}`), nil); r.code() != "BAD_REPRESENTATION" || strings.Contains(r.Text, id) {
			t.Errorf("GET is answered %s", r.Text)
		}
		if r := in.send("GET", "/graphql?query="+url.QueryEscape(`{profile(id:"`+id+`",unmask:null){email}}`), nil); r.str("profile.email") != "j***.d**@e******.c**" {
			t.Errorf("a masked read by GET: %s", r.Text)
		}
		in.refused("GRAPHQL_VALIDATION_FAILED", `query($id: ID!) { profile(id: $id, unmask: {purpose: "support"}) { email } }`, vars{"id": id})
		in.refused("BAD_USER_INPUT", query, vars{"id": id, "w": vars{"purpose": "support"}})
		in.refused("BAD_USER_INPUT", query, vars{"id": id, "w": vars{"reason": "customer asked", "extra": "x"}})
	})
}

// wantMasked expects the answer {profile {email meta {masked}}} with the e-mail masked and a reason.
func wantMasked(t testing.TB, r *reply, code string) {
	t.Helper()
	if r.code() != code || r.str("profile.email") != "j***.d**@e******.c**" || fmt.Sprint(r.at("profile.meta.masked")) != "[email]" || strings.Contains(r.Text, `"audit"`) {
		t.Errorf("want it masked with code %q: %d %s", code, r.Status, r.Text)
	}
}

// However much is asked for at once, all of it is on the record.
func TestUnmaskInBulk(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	const profiles, addresses = 3, 100
	var all sync.WaitGroup
	for i := range profiles {
		id := in.profile(fmt.Sprintf("p%d@example.com", i))
		for range 4 {
			all.Go(func() {
				for j := range addresses / 4 {
					_, err := in.post("/graphql", `mutation($p: ID!, $r: String) { createAddress(profileId: $p, input: {route: $r}) { id } }`, vars{"p": id, "r": fmt.Sprintf("Street %d", j)})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	all.Wait()
	mark := in.mark()
	r := in.ask(`query($w: Unmask) { profiles(first: 3, unmask: $w) { nodes { email addresses(first: 100) { nodes { route nickname receiverName complement } } } } }`,
		vars{"w": vars{"reason": strings.Repeat("😀", 1_000), "onBehalfOf": strings.Repeat("😀", 200)}})
	clear := strings.Count(r.Text, "@example.com") + strings.Count(r.Text, "Street ")
	if all := in.recorded(mark); clear != profiles*(1+addresses) || len(all) != clear || len(r.Errors) > 0 {
		t.Errorf("%d values in clear, %d entries, code %q", clear, len(all), r.code())
	}
}

// Whoever may not see clear values sees masks, and the attempt is on the record. What else was asked
// for is answered.
func TestUnmaskDenied(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		ids := populate(t, in.client)
		editor := in.newKey([]string{"editor"}, "")
		mark := in.mark()
		r := editor.ask(`query($p: ID!) { profile(id: $p) { email firstName(unmask: {reason: "customer asked by phone"}) tags addresses { nodes { locality route(unmask: {reason: "customer asked by phone"}) } } meta { masked } } }`,
			vars{"p": ids["profile"]})
		wantJSON(t, r.Data, `{"profile": {"email": "j***.d**@e******.c**", "firstName": "J*****", "tags": ["vip"], "addresses": {"nodes": [{"locality": "Rio", "route": "M**********"}]},
			"meta": {"masked": ["firstName", "email"]}}}`)
		if len(r.Errors) != 2 || r.code() != "FORBIDDEN" || r.Status != 200 {
			t.Errorf("answered %d %s", r.Status, r.Text)
		}
		if want := []string{"GetProfileUnmasked profile firstName", "GetAddressUnmasked address route"}; !slices.Equal(denied(t, in.recorded(mark), ids), want) {
			t.Errorf("the record has %v", in.recorded(mark))
		}

		// A write stands, whatever becomes of the wish to see its result.
		mark = in.mark()
		r = editor.ask(`mutation($p: ID!) { updateProfile(id: $p, patch: {firstName: "Jim"}, unmask: {reason: "customer asked by phone"}) { firstName tags } }`, vars{"p": ids["profile"]})
		wantJSON(t, r.Data, `{"updateProfile": {"firstName": "J**", "tags": ["vip"]}}`)
		if r.code() != "FORBIDDEN" || len(denied(t, in.recorded(mark), ids)) != 1 {
			t.Error(r.Text)
		}
		if got := in.do(`query($p: ID!) { profile(id: $p, unmask: {reason: "customer asked by phone"}) { firstName } }`, vars{"p": ids["profile"]}).str("profile.firstName"); got != "Jim" {
			t.Errorf("the name is %q", got)
		}

		// Another account's administrator finds nothing to see.
		mark = in.mark()
		stranger := in.account(t, "strangers")
		r = stranger.do(`query($p: ID!) { profile(id: $p, unmask: {reason: "customer asked by phone"}) { email } }`, vars{"p": ids["profile"]})
		wantJSON(t, r.Data, `{"profile": null}`)
		if len(in.recorded(mark)) > 0 || len(stranger.recorded(0)) != 1 {
			t.Error("an attempt that reached nothing is on a record")
		}
	})
}

// denied describes entries, all of which must be refusals for lack of permission.
func denied(t testing.TB, all []entry, ids people) (list []string) {
	t.Helper()
	for _, e := range all {
		if e.Outcome != "DENIED" || e.Details["refusal"] != "NO_PERMISSION" || e.Reason != "customer asked by phone" {
			t.Errorf("not a denial: %+v", e)
		}
		list = append(list, e.in(ids))
	}
	return list
}

// Whoever may see nothing cannot fill the record, nor keep others from it.
func TestRefusalsAreLimited(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	in.clock.stop()
	for i := range 25 {
		in.profile(fmt.Sprintf("shopper%d@example.com", i))
	}
	reader := in.newKey([]string{"reader"}, "")
	const all = `{ profiles(first: 25, unmask: {reason: "customer asked by phone"}) { nodes { email } } }`
	mark := in.mark()
	for i := range 42 {
		r, want := reader.ask(all), "FORBIDDEN"
		if i >= 40 {
			want = "RATE_LIMITED"
		}
		if r.code() != want || len(r.Errors) == 0 || !strings.Contains(r.Errors[0].Message, "stay masked") || r.str("profiles.nodes.24.email") != "s********@e******.c**" {
			t.Fatalf("%d: %s", i, r.Text)
		}
	}
	if n := len(in.recorded(mark)); n != 1_000 {
		t.Errorf("%d entries", n)
	}
	if r := in.do(all); !strings.Contains(r.Text, "@example.com") {
		t.Errorf("another is shown %s", r.Text)
	}
	in.clock.move(24 * time.Second)
	if r := reader.ask(all); r.code() != "RATE_LIMITED" {
		t.Error(r.Text)
	}
	in.clock.move(time.Second)
	if r := reader.ask(all); r.code() != "FORBIDDEN" {
		t.Errorf("later: %s", r.Text)
	}
}

// Shoppers see their own data in clear without saying why, on the record, and nothing of others.
func TestShopperSeesOwn(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		ids := populate(t, in.client)
		other := in.do(`mutation { createProfile(input: {email: "other@example.com", firstName: "Olga"}) { id } }`).str("createProfile.id")
		foreign := in.do(`mutation($p: ID!) { createAddress(profileId: $p, input: {route: "Elsewhere"}) { id } }`, vars{"p": other}).str("createAddress.id")
		shopper := in.newKey([]string{"shopper"}, ids["profile"])
		for _, w := range []any{nil, vars{"reason": ""}, vars{"reason": "x", "purpose": "nonsense"}} {
			mark := in.mark()
			r := shopper.do(`query($p: ID!, $o: ID!, $f: ID!, $w: Unmask) { profile(id: $p, unmask: $w) { email tags addresses { nodes { route } } meta { masked } }
				profiles { nodes { firstName } } profileVersions(id: $p) { nodes { firstName } }
				other: profile(id: $o, unmask: $w) { email } byKey: profile(by: {email: "other@example.com"}) { email } address(id: $f) { route } addresses { nodes { route } } }`,
				vars{"p": ids["profile"], "o": other, "f": foreign, "w": w})
			wantJSON(t, r.Data, `{"profile": {"email": "john.doe@example.com", "tags": ["vip"], "addresses": {"nodes": [{"route": "Main Street"}]}, "meta": {"masked": []}},
				"profiles": {"nodes": [{"firstName": "Johnny"}]}, "profileVersions": {"nodes": [{"firstName": "Johnny"}, {"firstName": "John"}]},
				"other": null, "byKey": null, "address": null, "addresses": {"nodes": [{"route": "Main Street"}]}}`)
			var got []string
			for _, e := range in.recorded(mark) {
				if e.Outcome != "ALLOWED" || e.Subject != ids["profile"] || e.Reason != "" || e.Purpose != "" {
					t.Errorf("the record has %+v", e)
				}
				got = append(got, e.in(ids))
			}
			slices.Sort(got)
			want := []string{"GetAddressUnmasked address route", "GetAddressUnmasked address route", "GetProfileUnmasked profile email", "GetProfileUnmasked profile firstName",
				"GetProfileVersionUnmasked profile firstName", "GetProfileVersionUnmasked profile firstName"}
			if !slices.Equal(got, want) {
				t.Errorf("the record has %q", got)
			}
			if indexes, _ := r.receipts(t); len(indexes) != len(want) {
				t.Errorf("%d receipts", len(indexes))
			}
		}
		r := shopper.do(`mutation($p: ID!) { updateProfile(id: $p, patch: {lastName: "Dow"}) { lastName meta { masked } } }`, vars{"p": ids["profile"]})
		wantJSON(t, r.at("updateProfile"), `{"lastName": "Dow", "meta": {"masked": []}}`)
		// A purpose that the account declares does not bind shoppers.
		in.managed(`mutation { putPolicy(purposes: [{code: "support", legalBasis: "contract", fields: ["*"], roles: ["support"]}]) { purposes { code } } }`)
		if got := shopper.do(`query($p: ID!) { profile(id: $p) { email } }`, vars{"p": ids["profile"]}).str("profile.email"); got != "john.doe@example.com" {
			t.Errorf("with a policy a shopper sees %q", got)
		}
	})
}

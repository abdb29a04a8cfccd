package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

// failures lists the errors of an answer: each one's path, and its code.
func (r *reply) failures() string {
	var list []string
	for _, e := range r.Errors {
		path := strings.Trim(strings.ReplaceAll(fmt.Sprint(e.Path), " ", "."), "[]")
		list = append(list, fmt.Sprint(path, " ", e.Extensions["code"]))
	}
	return strings.Join(list, ", ")
}

// A value that was damaged fails at its own place. What stands beside it, in its document, in a batch, in a
// list, under another alias, is answered as if nothing had happened.
func TestDamagedValuesFailAlone(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		account, main := accountOf(t), in.account(t, string(accountOf(t)))
		main.publish("Deep", deep)
		made := func(email, first string) string {
			return main.do(`mutation($e: EmailAddress!, $f: String) { createProfile(input: {email: $e, firstName: $f, lastName: "Doe", tags: ["vip"], additionalProperties: {shoe: "large"}}) { id } }`,
				vars{"e": email, "f": first}).str("createProfile.id")
		}
		ids := vars{"zero": made("zero@example.com", "Zoe"), "one": made("one@example.com", "Ann"), "two": made("two@example.com", "Bob"), "why": vars{"reason": "customer asked by phone"}}
		r := main.do(`mutation($p: ID!) { a: createAddress(profileId: $p, input: {route: "Main"}) { id } b: createAddress(profileId: $p, input: {route: "Side"}) { id }
			u: updateProfile(id: $p, patch: {lastName: "Roe"}) { meta { version pin } } }`, vars{"p": ids["one"]})
		ids["a"], ids["b"], ids["pin"] = r.str("a.id"), r.str("b.id"), r.str("u.meta.pin")
		ids["deep"] = main.do(`mutation($i: DeepInput!) { createDeep(input: $i) { id } }`, vars{"i": object(t, `{
			"people": [{"name": "Ann", "role": "a"}, {"name": "Bob", "role": "b"}], "payments": [{"deepCard": {"number": "4111", "brand": "Visa"}}, {"deepCash": {"amount": 5}}],
			"codes": ["x", "y"], "safe": {"inner": "gold"}}`)}).str("createDeep.id")

		document := func(entity, id string) *stored {
			return in.stored(t, account, storage.Documents, entity, ids[id].(string))
		}
		one := document("Profile", "one")
		whole := one.Body
		one.set(document("Profile", "two").field("firstName"), "firstName")
		b := document("Address", "b")
		b.set(document("Address", "a").field("route"), "route")
		d := document("Deep", "deep")
		d.set(d.field("people", "0", "name"), "people", "1", "name")
		d.set(d.field("safe"), "codes")
		d.set(d.field("safe"), "payments", "0", "number")

		const representations = `representations: [{__typename: "Profile", id: $zero}, {__typename: "Profile", id: $one}, {__typename: "Address", id: $a}, {__typename: "Profile", email: "two@example.com"}]`
		const none = ""
		ask := func(c *client, query, want, fails string) {
			t.Helper()
			declare, v := "", vars{}
			for name, value := range ids {
				switch {
				case !regexp.MustCompile(`\$` + name + `\b`).MatchString(query):
					continue
				case name == "why":
					declare += "$why: Unmask "
				default:
					declare += "$" + name + ": ID! "
				}
				v[name] = value
			}
			if declare != "" {
				declare = "(" + declare + ")"
			}
			for range 2 { // documents that are read again may be remembered
				r := c.ask(`query `+declare+`{ `+query+` }`, v)
				if got := r.failures(); got != fails {
					t.Errorf("of %s fails %q, not %q", query, got, fails)
				}
				wantJSON(t, r.Data, want)
			}
		}

		// In a batch, masked and in clear.
		ask(main, `_entities(`+representations+`) { ... on Profile { firstName lastName tags } ... on Address { route } }`,
			`{"_entities": [{"firstName": "Z**", "lastName": "D**", "tags": ["vip"]}, {"firstName": null, "lastName": "R**", "tags": ["vip"]}, {"route": "M***"}, {"firstName": "B**", "lastName": "D**", "tags": ["vip"]}]}`,
			"_entities.1.firstName DATA_CORRUPT")
		ask(main, `_entities(`+representations+`) { ... on Profile { firstName(unmask: $why) lastName } }`,
			`{"_entities": [{"firstName": "Zoe", "lastName": "D**"}, {"firstName": null, "lastName": "R**"}, {}, {"firstName": "Bob", "lastName": "D**"}]}`,
			"_entities.1.firstName DATA_CORRUPT")
		// Under aliases, and in one document asked for in two ways.
		ask(main, `a: profile(id: $zero) { firstName } b: profile(id: $one) { x: firstName lastName meta { masked } } c: profile(by: {email: "one@example.com"}) { lastName }`,
			`{"a": {"firstName": "Z**"}, "b": {"x": null, "lastName": "R**", "meta": {"masked": ["lastName"]}}, "c": {"lastName": "R**"}}`, "b.x DATA_CORRUPT")
		ask(main, `profile(id: $one) { a: firstName b: firstName(unmask: $why) c: lastName(unmask: $why) d: lastName }`,
			`{"profile": {"a": null, "b": null, "c": "Roe", "d": "R**"}}`, "profile.a DATA_CORRUPT, profile.b DATA_CORRUPT")
		// In lists, and in lists of what is owned.
		ask(main, `profiles { nodes { firstName tags } edges { node { firstName } } }`,
			`{"profiles": {"nodes": [{"firstName": "Z**", "tags": ["vip"]}, {"firstName": null, "tags": ["vip"]}, {"firstName": "B**", "tags": ["vip"]}],
				"edges": [{"node": {"firstName": "Z**"}}, {"node": {"firstName": null}}, {"node": {"firstName": "B**"}}]}}`,
			"profiles.nodes.1.firstName DATA_CORRUPT, profiles.edges.1.node.firstName DATA_CORRUPT")
		ask(main, `profiles { nodes { tags addresses { nodes { route } } } }`,
			`{"profiles": {"nodes": [{"tags": ["vip"], "addresses": {"nodes": []}}, {"tags": ["vip"], "addresses": {"nodes": [{"route": "M***"}, {"route": null}]}}, {"tags": ["vip"], "addresses": {"nodes": []}}]}}`,
			"profiles.nodes.1.addresses.nodes.1.route DATA_CORRUPT")
		ask(main, `profiles(unmask: $why) { nodes { firstName lastName } }`,
			`{"profiles": {"nodes": [{"firstName": "Zoe", "lastName": "Doe"}, {"firstName": null, "lastName": "Roe"}, {"firstName": "Bob", "lastName": "Doe"}]}}`, "profiles.nodes.1.firstName DATA_CORRUPT")
		// Among versions, and in what is pinned to one.
		ask(main, `profileVersions(id: $one) { nodes { firstName lastName } }`,
			`{"profileVersions": {"nodes": [{"firstName": null, "lastName": "R**"}, {"firstName": "A**", "lastName": "D**"}]}}`, "profileVersions.nodes.0.firstName DATA_CORRUPT")
		ask(main, `a: profile(id: $pin) { firstName } b: profile(id: $zero) { firstName }`, `{"a": {"firstName": null}, "b": {"firstName": "Z**"}}`, "a.firstName DATA_CORRUPT")
		// Deep inside, where an element may not be null, and where all of a field is one value.
		ask(main, `deep(id: $deep) { people { name role } payments { ... on DeepCard { number brand } ... on DeepCash { amount } } codes safe { inner } }`,
			`{"deep": {"people": [{"name": "A**", "role": "a"}, {"name": null, "role": "b"}], "payments": [{"number": null, "brand": "Visa"}, {"amount": null}], "codes": null, "safe": null}}`,
			"deep.people.1.name DATA_CORRUPT, deep.payments.0.number DATA_CORRUPT")
		ask(main, `deep(id: $deep, unmask: $why) { codes safe { inner } people { name } }`,
			`{"deep": {"codes": null, "safe": {"inner": "gold"}, "people": [{"name": "Ann"}, {"name": null}]}}`, "deep.codes DATA_CORRUPT, deep.people.1.name DATA_CORRUPT")
		// Among undeclared values, which are one field.
		zero := document("Profile", "zero")
		zero.set(zero.field("lastName"), "shoe")
		ask(main, `a: profile(id: $zero, unmask: $why) { firstName additionalProperties } b: profile(id: $two, unmask: $why) { additionalProperties }`,
			`{"a": {"firstName": "Zoe", "additionalProperties": null}, "b": {"additionalProperties": {"shoe": "large"}}}`, "a.additionalProperties DATA_CORRUPT")
		// For the shopper.
		ask(main.newKey([]string{"shopper"}, ids["one"].(string)), `profiles { nodes { firstName lastName } } addresses { nodes { route } }`,
			`{"profiles": {"nodes": [{"firstName": null, "lastName": "Roe"}]}, "addresses": {"nodes": [{"route": "Main"}, {"route": null}]}}`,
			"profiles.nodes.0.firstName DATA_CORRUPT, addresses.nodes.1.route DATA_CORRUPT")
		// What does not ask for it does not notice.
		ask(main, `profiles { nodes { tags lastName meta { version: masked } } }`, `{"profiles": {"nodes": [{"tags": ["vip"], "lastName": "D**", "meta": {"version": ["lastName"]}},
			{"tags": ["vip"], "lastName": "R**", "meta": {"version": ["lastName"]}}, {"tags": ["vip"], "lastName": "D**", "meta": {"version": ["lastName"]}}]}}`, none)
		if !strings.Contains(in.logs.String(), fmt.Sprintf("%s/Profile/%s", account, ids["one"])) {
			t.Error("the log does not name the document")
		}

		// Mended, it is as it was.
		one = document("Profile", "one")
		one.Body = whole
		one.write()
		ask(main, `profile(id: $one) { firstName lastName }`, `{"profile": {"firstName": "A**", "lastName": "R**"}}`, none)
	})
}

// Documents of which nothing can be read, and those that come from elsewhere, spoil no others either.
func TestDamagedDocumentsFailAlone(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		account := accountOf(t)
		ours, theirs := in.account(t, string(account)), in.account(t, string(account)+"-2")
		made := func(c *client, name string) string {
			return c.do(`mutation($e: EmailAddress!, $f: String) { createProfile(input: {email: $e, firstName: $f, tags: ["vip"]}) { id } }`, vars{"e": name + "@example.com", "f": name}).str("createProfile.id")
		}
		good, bad := made(ours, "Good"), made(ours, "Bad")
		first := ours.do(`query($id: ID!) { profile(id: $id) { meta { pin } } }`, vars{"id": bad}).str("profile.meta.pin")
		version := ours.do(`mutation($id: ID!) { updateProfile(id: $id, patch: {tags: ["new"]}) { meta { pin } } }`, vars{"id": bad}).str("updateProfile.meta.pin")
		strange := made(theirs, "Strange")

		// A whole document moves to another account, where no one has its key.
		moved := in.stored(t, tenant.ID(string(account)+"-2"), storage.Documents, "Profile", strange)
		if err := in.store.Insert(t.Context(), storage.Space{Account: account, Collection: storage.Documents, Part: "Profile"}, moved.Record); err != nil {
			t.Fatal(err)
		}
		wantList := func(c *client, want, fails string) {
			t.Helper()
			r := c.ask(`{ profiles { nodes { id firstName tags } } }`)
			if got := r.failures(); got != fails {
				t.Errorf("of the list fails %q, not %q", got, fails)
			}
			wantJSON(t, r.at("profiles"), want)
		}
		wantList(ours, fmt.Sprintf(`{"nodes": [{"id": %q, "firstName": "G***", "tags": ["vip"]}, {"id": %q, "firstName": "B**", "tags": ["new"]}, {"id": %q, "firstName": null, "tags": ["vip"]}]}`,
			good, bad, strange), "profiles.nodes.2.firstName DATA_CORRUPT")
		wantList(theirs, fmt.Sprintf(`{"nodes": [{"id": %q, "firstName": "S******", "tags": ["vip"]}]}`, strange), "")

		// Of another one nothing is left that can be read.
		another, err := bson.Marshal(bson.D{{Key: "version", Value: "7-x"}, {Key: "number", Value: "none"}})
		if err != nil {
			t.Fatal(err)
		}
		for name, body := range map[string]bson.Raw{"empty": {5, 0, 0, 0, 0}, "another": another} {
			t.Run(name, func(t *testing.T) {
				s := in.stored(t, account, storage.Documents, "Profile", bad)
				before := s.Body
				s.Body = body
				s.write()
				v := vars{"good": good, "bad": bad, "why": vars{"reason": "customer asked by phone"}}
				wantList(ours, fmt.Sprintf(`{"nodes": [{"id": %q, "firstName": "G***", "tags": ["vip"]}, {"id": %q, "firstName": null, "tags": null}, {"id": %q, "firstName": null, "tags": ["vip"]}]}`,
					good, bad, strange), "profiles.nodes.1.firstName DATA_CORRUPT, profiles.nodes.1.tags DATA_CORRUPT, profiles.nodes.2.firstName DATA_CORRUPT")
				r := ours.ask(`query($good: ID!, $bad: ID!) { _entities(representations: [{__typename: "Profile", id: $good}, {__typename: "Profile", id: $bad}]) { ... on Profile { tags meta { author } additionalProperties } } }`, v)
				wantJSON(t, r.Data, fmt.Sprintf(`{"_entities": [{"tags": ["vip"], "meta": {"author": %q}, "additionalProperties": null}, {"tags": null, "meta": null, "additionalProperties": null}]}`, r.str("_entities.0.meta.author")))
				if got := r.failures(); got != "_entities.1.tags DATA_CORRUPT, _entities.1.meta DATA_CORRUPT, _entities.1.additionalProperties DATA_CORRUPT" {
					t.Errorf("fails %q", got)
				}
				r = ours.ask(`{ profiles(first: 2) { nodes { meta { number: masked } } edges { node { tags meta { version pin creationDate } } } } }`)
				wantJSON(t, r.at("profiles.nodes"), `[{"meta": {"number": []}}, {"meta": null}]`)
				wantJSON(t, r.at("profiles.edges.1.node"), `{"tags": null, "meta": null}`)
				if got := r.failures(); r.str("profiles.edges.0.node.meta.version") == "" ||
					got != "profiles.nodes.1.meta DATA_CORRUPT, profiles.edges.1.node.tags DATA_CORRUPT, profiles.edges.1.node.meta DATA_CORRUPT" {
					t.Errorf("fails %q", got)
				}
				r = ours.ask(`query($good: ID!, $bad: ID!, $why: Unmask) { a: profile(id: $bad, unmask: $why) { firstName additionalProperties } b: profile(id: $good, unmask: $why) { firstName } }`, v)
				wantJSON(t, r.Data, `{"a": {"firstName": null, "additionalProperties": null}, "b": {"firstName": "Good"}}`)
				if got := r.failures(); got != "a.firstName DATA_CORRUPT, a.additionalProperties DATA_CORRUPT" {
					t.Errorf("fails %q", got)
				}
				// Versions, pins and changes hang on it, and say so.
				r = ours.ask(`query($good: ID!, $bad: ID!, $pin: ID!) { profileVersions(id: $bad) { nodes { tags } } a: profile(id: $pin) { tags } b: profile(id: $good) { tags } }`, vars{"good": good, "bad": bad, "pin": version})
				wantJSON(t, r.Data, `{"profileVersions": null, "a": {"tags": null}, "b": {"tags": ["vip"]}}`)
				if got := r.failures(); got != "profileVersions DATA_CORRUPT, a.tags DATA_CORRUPT" {
					t.Errorf("fails %q", got)
				}
				ours.refused("DATA_CORRUPT", `mutation($bad: ID!) { updateProfile(id: $bad, patch: {tags: []}) { tags } }`, vars{"bad": bad})
				s.Body = before
				s.write()
			})
		}

		// It can be deleted nevertheless.
		gone := made(ours, "Gone")
		s := in.stored(t, account, storage.Documents, "Profile", gone)
		s.Body = bson.Raw{5, 0, 0, 0, 0}
		s.write()
		ours.refused("DATA_CORRUPT", `mutation($id: ID!) { deleteProfile(id: $id, ifVersion: "1-x") }`, vars{"id": gone})
		ours.do(`mutation($id: ID!) { deleteProfile(id: $id) }`, vars{"id": gone})
		if got := ours.do(`query($id: ID!) { profile(id: $id) { id } }`, vars{"id": gone}).at("profile"); got != nil {
			t.Errorf("what was deleted is %v", got)
		}
		if got := made(ours, "Gone"); got == "" {
			t.Error("its key is still taken")
		}

		// What the server itself knows of it may be left, and old versions then are.
		s = in.stored(t, account, storage.Documents, "Profile", bad)
		before := s.Body
		var body bson.D
		if err := bson.Unmarshal(s.Body, &body); err != nil {
			t.Fatal(err)
		}
		put(t, body, []string{"doc"}, s.Body.Lookup("version"))
		if s.Body, err = bson.Marshal(body); err != nil {
			t.Fatal(err)
		}
		s.write()
		r := ours.ask(`query($pin: ID!) { profiles(first: 2) { nodes { tags meta { version } } } profile(id: $pin) { tags } }`, vars{"pin": first})
		wantJSON(t, r.Data, fmt.Sprintf(`{"profiles": {"nodes": [{"tags": ["vip"], "meta": {"version": %q}}, {"tags": null, "meta": {"version": %q}}]}, "profile": {"tags": ["vip"]}}`,
			r.str("profiles.nodes.0.meta.version"), strings.Split(version, "~")[1]))
		if got := r.failures(); got != "profiles.nodes.1.tags DATA_CORRUPT" {
			t.Errorf("fails %q", got)
		}
		s.Body = before
		s.write()

		// An old version of which nothing is left leaves the others alone.
		old, err := in.store.Scan(t.Context(), storage.Space{Account: account, Collection: storage.Versions, Part: "Profile"}, storage.Page{Prefix: bad, Limit: 10})
		if err != nil || len(old) != 1 {
			t.Fatalf("%d old versions: %v", len(old), err)
		}
		s = in.stored(t, account, storage.Versions, "Profile", old[0].ID)
		s.Body = bson.Raw{5, 0, 0, 0, 0}
		s.write()
		r = ours.ask(`query($bad: ID!) { profileVersions(id: $bad) { nodes { tags } pageInfo { endCursor } } }`, vars{"bad": bad})
		wantJSON(t, r.at("profileVersions.nodes"), `[{"tags": ["new"]}, {"tags": null}]`)
		if got := r.failures(); got != "profileVersions.nodes.1.tags DATA_CORRUPT" {
			t.Errorf("fails %q", got)
		}
		after := r.str("profileVersions.pageInfo.endCursor")
		ours.do(`query($bad: ID!, $after: String) { profileVersions(id: $bad, after: $after) { nodes { tags } } }`, vars{"bad": bad, "after": after})
	})
}

package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// agreeable is a composer to which everything composes.
const agreeable = `echo '{"errors": []}'`

// greets is another subgraph, which requires what is sensitive here.
const greets = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@external", "@requires"])
	type Query { order(id: ID!): Order }
	type Order @key(fields: "id") { id: ID! buyer: Profile }
	type Profile @key(fields: "id") {
		id: ID!
		firstName(unmask: Unmask): String @external
		addresses: AddressConnection @external
		greeting: String @requires(fields: "firstName")
		far: Boolean @requires(fields: "addresses { nodes { ... on Address { route } } }")
	}
	type AddressConnection { nodes: [Address!]! @external }
	type Address @key(fields: "id") { id: ID! postalCode: String @external zone: String @requires(fields: "postalCode") }
	input Unmask { reason: String! purpose: String onBehalfOf: String }`

// graphed is a server whose account has registered another subgraph, with a shopper in it.
func graphed(t *testing.T, c Config, sdl string) (in *instance, ana string) {
	t.Helper()
	in = boot(t, composing(t, c, agreeable))
	ana = in.do(`mutation { createProfile(input: {email: "ana@example.com", firstName: "Ana", lastName: "Dias"}) { id } }`).str("createProfile.id")
	in.do(`mutation($id: ID!) { createAddress(profileId: $id, input: {route: "Rua A", postalCode: "1000-001", streetNumber: "7"}) { id } }`, vars{"id": ana})
	if sdl != "" {
		in.managed(putSubgraph, vars{"n": "orders", "s": sdl})
	}
	return in, ana
}

var because = vars{"reason": "Ticket 4711: the parcel came back"}

// TestRequiredInClear: a value in clear is not given under a name that another subgraph requires, in an
// object of which a gateway can make a representation. The queries are what gateways make of their clients'.
func TestRequiredInClear(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in, ana := graphed(t, c, greets)
		address := in.do(`query($id: ID!) { profile(id: $id) { addresses { nodes { id } } } }`, vars{"id": ana}).str("profile.addresses.nodes.0.id")
		v := vars{"id": ana, "why": because, "none": nil, "r": []any{of("Profile", "id", ana)}, "a": []any{of("Address", "id", address)}}
		types := map[string]string{"$id": "ID!", "$why": "Unmask", "$none": "Unmask", "$absent": "Unmask", "$r": "[_Any!]!", "$a": "[_Any!]!", "$on": "Boolean! = true"}
		ask := func(query string) *reply { // declares the variables in it
			kind, rest, _ := strings.Cut(query, " ")
			declared := "("
			for name, typ := range types {
				if regexp.MustCompile(`\` + name + `\b`).MatchString(rest) {
					declared += name + ": " + typ + " "
				}
			}
			return in.ask(kind+declared+")"+rest, v)
		}
		mark := in.mark()
		for _, query := range []string{
			`query { profile(id: $id) { __typename id firstName(unmask: $why) } }`,
			`query { profile(id: $id) { __typename firstName(unmask: {reason: "the parcel came back"}) } }`,
			`query { profile(id: $id, unmask: $why) { __typename id firstName } }`,
			`query { profile(id: $id, unmask: $why) { __typename id name: firstName firstName } }`,
			`query { profile(id: $id) { t: __typename id firstName: lastName(unmask: $why) } }`,
			`query { profile(id: $id) { ...A ... on Profile { firstName(unmask: $why) } } } fragment A on Document { id __typename }`,
			`query { profile(id: $id) { ...A } } fragment A on Profile { ...B firstName(unmask: $why) } fragment B on Profile { __typename @include(if: $on) }`,
			`query { profile(id: $id) { id: firstName(unmask: $why) __typename } }`,
			`query { profiles(unmask: $why) { nodes { __typename id firstName } } }`,
			`query { profiles { edges { node { __typename firstName(unmask: $why) } } } }`,
			`query { profile(id: $id) { __typename id addresses(unmask: $why) { nodes { route } } } }`,
			`query { profile(id: $id) { __typename id addresses { nodes { route(unmask: $why) } } } }`,
			`query { profile(id: $id, unmask: $why) { addresses { nodes { __typename id postalCode } } } }`,
			`query { address: profile(id: $id) { addresses { nodes { profile(unmask: $why) { __typename firstName } } } } }`,
			`query { _entities(representations: $r) { ... on Profile { firstName(unmask: $why) } } }`,
			`query { _entities(representations: $r) { ... on Profile { addresses(unmask: $why) { nodes { route } } } } }`,
			`query { _entities(representations: $a) { ... on Address { postalCode(unmask: $why) } } }`,
			// What stands where a scalar is required is handed on whatever it is.
			`query { profile(id: $id) { __typename firstName: addresses(unmask: $why) { nodes { streetNumber } } } }`,
			`query { profile(id: $id) { addresses { nodes { __typename postalCode: profile { last: lastName(unmask: $why) } } } } }`,
			`mutation { updateProfile(id: $id, patch: {lastName: "Changed"}, unmask: $why) { __typename id firstName } }`,
		} {
			r := ask(query)
			if r.code() != "ALIAS_NEEDED" || r.Data != nil || !strings.Contains(r.Text, "alias") || strings.Contains(r.Text, "Ana") || strings.Contains(r.Text, "4711") {
				t.Errorf("%s\nanswered %s", query, r.Text)
			}
		}
		if list := in.recorded(mark); len(list) > 0 {
			t.Errorf("refused, and on the record: %+v", list)
		}
		for query, want := range map[string]string{
			`query { profile(id: $id) { __typename name: firstName(unmask: $why) firstName } }`:                             `{"profile": {"__typename": "Profile", "name": "Ana", "firstName": "A**"}}`,
			`query { profile(id: $id) { __typename lastName(unmask: $why) firstName } }`:                                    `{"profile": {"__typename": "Profile", "lastName": "Dias", "firstName": "A**"}}`,
			`query { profile(id: $id) { id firstName(unmask: $why) } }`:                                                     fmt.Sprintf(`{"profile": {"id": %q, "firstName": "Ana"}}`, ana),
			`query { profile(id: $id, unmask: $why) { firstName addresses { nodes { route postalCode } } } }`:               `{"profile": {"firstName": "Ana", "addresses": {"nodes": [{"route": "Rua A", "postalCode": "1000-001"}]}}}`,
			`query { profile(id: $id, unmask: $none) { __typename firstName lastName(unmask: $absent) } }`:                  `{"profile": {"__typename": "Profile", "firstName": "A**", "lastName": "D***"}}`,
			`query { profile(id: $id, unmask: $why) { __typename lastName firstName(unmask: null) } }`:                      `{"profile": {"__typename": "Profile", "lastName": "Dias", "firstName": "A**"}}`,
			`query { profile(id: $id) { __typename @skip(if: $on) firstName(unmask: $why) } }`:                              `{"profile": {"firstName": "Ana"}}`,
			`query { profile(id: $id) { __typename addresses(unmask: $why) { nodes { postalCode streetNumber } } } }`:       `{"profile": {"__typename": "Profile", "addresses": {"nodes": [{"postalCode": "1000-001", "streetNumber": "7"}]}}}`,
			`query { profile(id: $id) { __typename addresses { nodes { r: route(unmask: $why) route } } } }`:                `{"profile": {"__typename": "Profile", "addresses": {"nodes": [{"r": "Rua A", "route": "R****"}]}}}`,
			`query { _entities(representations: $r) { ... on Profile { name: firstName(unmask: $why) firstName email } } }`: `{"_entities": [{"name": "Ana", "firstName": "A**", "email": "a**@e******.c**"}]}`,
		} {
			r := ask(query)
			if len(r.Errors) > 0 {
				t.Errorf("%s\nanswered %s", query, r.Text)
				continue
			}
			wantJSON(t, r.Data, want)
		}
		if got := in.do(`query($id: ID!) { profile(id: $id) { lastName(unmask: {reason: "the parcel came back"}) } }`, vars{"id": ana}).str("profile.lastName"); got != "Dias" {
			t.Errorf("a mutation that was refused has changed the name to %s", got)
		}
	})
}

// TestRequiredOfShoppers: a shopper sees the own data in clear without asking for it. What goes to another
// subgraph is masked all the same, and in clear under another name.
func TestRequiredOfShoppers(t *testing.T) {
	t.Parallel()
	in, ana := graphed(t, defaults(t), greets)
	shopper := in.newKey([]string{"shopper"}, ana)
	v := vars{"id": ana, "none": nil, "r": []any{of("Profile", "id", ana)}}
	for query, want := range map[string]string{
		`query($id: ID!) { profile(id: $id) { firstName lastName } }`:                                                         `{"profile": {"firstName": "Ana", "lastName": "Dias"}}`,
		`query($id: ID!) { profile(id: $id) { __typename firstName lastName meta { masked } } }`:                              `{"profile": {"__typename": "Profile", "firstName": "A**", "lastName": "Dias", "meta": {"masked": ["firstName"]}}}`,
		`query($id: ID!) { profile(id: $id) { __typename name: firstName firstName lastName } }`:                              `{"profile": {"__typename": "Profile", "name": "Ana", "firstName": "A**", "lastName": "Dias"}}`,
		`query($id: ID!, $none: Unmask) { profile(id: $id) { __typename firstName name: firstName(unmask: $none) } }`:         `{"profile": {"__typename": "Profile", "name": "Ana", "firstName": "A**"}}`,
		`query($id: ID!) { profile(id: $id) { __typename firstName: lastName last: lastName } }`:                              `{"profile": {"__typename": "Profile", "firstName": "D***", "last": "Dias"}}`,
		`query($id: ID!) { profile(id: $id) { __typename addresses { nodes { route r: route postalCode } } } }`:               `{"profile": {"__typename": "Profile", "addresses": {"nodes": [{"route": "R****", "r": "Rua A", "postalCode": "1000-001"}]}}}`,
		`query($id: ID!) { profile(id: $id) { __typename firstName: addresses { nodes { route } } lastName } }`:               `{"profile": {"__typename": "Profile", "firstName": {"nodes": [{"route": "R****"}]}, "lastName": "Dias"}}`,
		`query($r: [_Any!]!) { _entities(representations: $r) { ... on Profile { firstName lastName } } }`:                    `{"_entities": [{"firstName": "A**", "lastName": "Dias"}]}`,
		`query($r: [_Any!]!) { _entities(representations: $r) { ... on Profile { firstName n: firstName } } }`:                `{"_entities": [{"firstName": "A**", "n": "Ana"}]}`,
		`mutation($id: ID!) { updateProfile(id: $id, patch: {gender: "f"}) { __typename firstName name: firstName gender } }`: `{"updateProfile": {"__typename": "Profile", "firstName": "A**", "name": "Ana", "gender": "f"}}`,
	} {
		wantJSON(t, shopper.do(query, used(query, v)).Data, want)
	}
	shopper.refused("ALIAS_NEEDED", `query($id: ID!, $why: Unmask) { profile(id: $id) { __typename firstName(unmask: $why) } }`, vars{"id": ana, "why": because})
	in.managed(`mutation { removeSubgraph(name: "orders") }`)
	wantJSON(t, shopper.do(`query($id: ID!) { profile(id: $id) { __typename firstName } }`, vars{"id": ana}).Data, `{"profile": {"__typename": "Profile", "firstName": "Ana"}}`)
}

// used returns the variables that a query uses.
func used(query string, all vars) vars {
	some := vars{}
	for name, value := range all {
		if strings.Contains(query, "$"+name) {
			some[name] = value
		}
	}
	return some
}

// TestRequiredWhole: a field that is masked or clear as a whole, of which another subgraph requires a part.
func TestRequiredWhole(t *testing.T) {
	t.Parallel()
	in, ana := graphed(t, defaults(t), "")
	in.publish("Profile", `{"properties": {
		"home": {"type": "object", "sensitive": true, "properties": {"street": {"type": "string"}, "city": {"type": "string", "sensitive": true}}},
		"work": {"type": "object", "properties": {"street": {"type": "string", "sensitive": true}, "city": {"type": "string", "sensitive": true}}}}}`)
	in.do(`mutation($id: ID!) { updateProfile(id: $id, patch: {home: {street: "Rua A", city: "Lisboa"}, work: {street: "Rua B", city: "Porto"}}) { id } }`, vars{"id": ana})
	in.managed(putSubgraph, vars{"n": "orders", "s": `type Profile @key(fields: "id") { id: ID! near: String @requires(fields: "home { street } work { street }") }`})
	shopper := in.newKey([]string{"shopper"}, ana)
	const head = `query($id: ID!, $why: Unmask) { profile(id: $id) { __typename `
	for _, query := range []string{`home(unmask: $why) { city street } } }`, `home(unmask: $why) { city } } }`, `work { street(unmask: $why) } } }`, `work { street: city(unmask: $why) } } }`} {
		in.refused("ALIAS_NEEDED", head+query, vars{"id": ana, "why": because})
	}
	r := in.do(head+`home { street } h: home(unmask: $why) { street city } work { street c: city(unmask: $why) } } }`, vars{"id": ana, "why": because})
	wantJSON(t, r.at("profile.h"), `{"street": "Rua A", "city": "Lisboa"}`)
	wantJSON(t, r.at("profile.work"), `{"street": "R****", "c": "Porto"}`)
	if r.at("profile.home") != nil && r.str("profile.home.street") == "Rua A" {
		t.Error(r.Text)
	}
	r = shopper.do(`query($id: ID!) { profile(id: $id) { __typename home { street } h: home { city } work { street city } w: work { street } } }`, vars{"id": ana})
	wantJSON(t, r.at("profile"), `{"__typename": "Profile", "home": null, "h": {"city": "Lisboa"}, "work": {"street": "R****", "city": "Porto"}, "w": {"street": "Rua B"}}`)
	// Nor by the reason around it, where the object itself is to stay masked.
	r = in.ask(`query($id: ID!, $why: Unmask) { profile(id: $id, unmask: $why) { __typename home(unmask: null) { street city(unmask: $why) } } }`, vars{"id": ana, "why": because})
	wantJSON(t, r.at("profile"), `{"__typename": "Profile", "home": null}`)
	// Within one object nothing is shown in two ways; what is withheld stays so.
	r = shopper.do(`query($id: ID!) { profile(id: $id) { __typename work { street s: street city } } }`, vars{"id": ana})
	wantJSON(t, r.at("profile.work"), `{"street": "R****", "s": "R****", "city": "Porto"}`)
	for _, test := range []struct {
		who         *client
		query, want string
	}{
		{shopper, `work { street c: city(unmask: $why) }`, `{"work": {"street": "R****", "c": "Porto"}}`},
		{shopper, `work { street c: city(unmask: $why) } w: work { street }`, `{"work": {"street": "R****", "c": "Porto"}, "w": {"street": "Rua B"}}`},
		{in.client, `work { street } w: work { street c: city(unmask: $why) }`, `{"work": {"street": "R****"}, "w": {"street": "R****", "c": "Porto"}}`},
		{in.client, `home { city(unmask: $why) }`, `{"home": null}`},
		{shopper, `home { city(unmask: $why) }`, `{"home": null}`},
		{shopper, `home { city } work { city(unmask: $why) }`, `{"home": null, "work": {"city": "Porto"}}`},
	} {
		wantJSON(t, test.who.ask(head+test.query+` } }`, vars{"id": ana, "why": because}).at("profile"), strings.Replace(test.want, "{", `{"__typename": "Profile", `, 1))
	}
}

// TestRequiredIsRead: whatever a subgraph calls its directives, and however it writes what they select.
func TestRequiredIsRead(t *testing.T) {
	t.Parallel()
	for name, sdl := range map[string]string{
		"renamed":     `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: [{name: "@requires", as: "@provides"}]) type Profile { a: ID @provides(fields: "firstName") }`,
		"namespaced":  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3") type Profile { a: ID @federation__requires(fields: "firstName") }`,
		"extension":   `extend type Profile @key(fields: "id") { a: ID @requires(fields: "  { lastName firstName }") }`,
		"block":       "type Profile { a: ID @requires(fields: \"\"\"\n  firstName\n\"\"\") }",
		"comment":     `type Profile { a: ID @requires(fields: "firstName # ours\n") }`,
		"comments":    "type Profile { a: ID @requires(fields: \"\"\"\n  # first\n  firstName # ours\n\"\"\") }",
		"list":        `type Profile { a: ID @requires(fields: ["lastName", "firstName"]) }`,
		"key":         `type Profile @key(fields: "id") @key(fields: "firstName") { id: ID! firstName: String @external }`,
		"arguments":   `type Profile { a: ID @requires(fields: "firstName(unmask2: 1)") }`,
		"fragment":    `type Profile { a: ID @requires(fields: "... on Profile { firstName }") }`,
		"context":     `type Order { id: ID! a(name: String @fromContext(field: "$who { firstName }")): ID } type Profile @context(name: "who") { orders: [Order] }`,
		"by type":     `type Order { id: ID! a(name: String @fromContext(field: "$who ... on Profile { firstName }")): ID }`,
		"two schemas": `type Profile { a: ID @requires(fields: "lastName") } extend type Profile { b: ID @requires(fields: "firstName") }`,
	} {
		in, ana := graphed(t, defaults(t), sdl)
		if r := in.ask(`query($id: ID!, $why: Unmask) { profile(id: $id) { __typename id firstName(unmask: $why) } }`, vars{"id": ana, "why": because}); r.code() != "ALIAS_NEEDED" {
			t.Errorf("%s: %s", name, r.Text)
		}
	}
	in, ana := graphed(t, defaults(t), `type Order @key(fields: "firstName") { firstName: ID } type Profile @key(fields: "id") { id: ID! a: ID @requires(fields: "email") }`)
	wantJSON(t, in.do(`query($id: ID!, $why: Unmask) { profile(id: $id, unmask: $why) { __typename firstName lastName } }`, vars{"id": ana, "why": because}).at("profile"), `{"__typename": "Profile", "firstName": "Ana", "lastName": "Dias"}`)
}

// TestSubgraphAsksInClear: no subgraph gets values in clear by a reason of its own.
func TestSubgraphAsksInClear(t *testing.T) {
	t.Parallel()
	in, ana := graphed(t, defaults(t), "")
	mark := in.mark()
	for sdl, where := range map[string]string{
		`type Profile { greeting: ID @requires(fields: "firstName(unmask: {reason: \"because I can\"})") }`:                       "Profile.greeting",
		`type Profile { far: ID @needs(fields: "id addresses { nodes { ... on Address { route(unmask: {reason: \"x\"}) } } }") }`: "Profile.far",
		`extend type Profile @key(fields: "firstName(unmask: null)") { id: ID }`:                                                  "Profile",
		`type Order { a(b: ID @fromContext(field: "$c { firstName(unmask: {reason: \"x\"}) }")): ID }`:                            "Order.a",
		"type Profile {\n\nid: ID": "line 3",
		// What is not understood here may be elsewhere.
		`type Profile { a: ID @requires(fields: "lastName(") }`:                                             "Profile.a",
		`type Profile { a: ID @requires(fields: "...F } fragment F on Profile { firstName") }`:              "Profile.a",
		`type Profile { a: ID @requires(fields: "id } query Q { firstName") }`:                              "Profile.a",
		`type Profile { a: ID @requires(fields: ["id", "addresses { ...F }"]) }`:                            "Profile.a",
		`type Profile { a: ID @requires(fields: "firstName(unmask: {reason: \"because I can\"}) # it\n") }`: "Profile.a",
		`type Profile { a: ID @requires(fields: "` + strings.Repeat("id ", 30_000) + `") }`:                 "64 KiB",
	} {
		for _, check := range []bool{true, false} {
			r := in.manage(putSubgraph, vars{"n": "orders", "s": sdl, "c": check})
			if r.code() != "BAD_USER_INPUT" || !strings.Contains(r.Errors[0].Message, where) || strings.Contains(r.Text, "because") || len(r.Text) > 1_000 {
				t.Errorf("%.100s\nanswered %.1000s", sdl, r.Text)
			}
		}
	}
	wantJSON(t, in.managed(`{ subgraphs { name } }`).Data, `{"subgraphs": []}`)
	if list := in.recorded(mark); len(list) > 0 {
		t.Errorf("on the record: %+v", list)
	}
	in.do(`query($id: ID!, $why: Unmask) { profile(id: $id) { __typename firstName(unmask: $why) } }`, vars{"id": ana, "why": because})
}

// TestRequiredChanges: what is registered counts at once, for queries that were planned before too, in other
// processes within two seconds, and after a publish or a restart.
func TestRequiredChanges(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in, ana := graphed(t, c, "")
		asked := func(in *instance, code string) {
			t.Helper()
			r := in.ask(`query($id: ID!, $why: Unmask) { profile(id: $id) { __typename firstName(unmask: $why) } }`, vars{"id": ana, "why": because})
			if r.code() != code || code == "" && r.str("profile.firstName") != "Ana" {
				t.Errorf("answered %s, want code %q", r.Text, code)
			}
		}
		other := in
		if c.MongodbURI != "" {
			other = boot(t, composing(t, c, agreeable))
			other.key = in.key
		}
		later := func() {
			if other != in {
				other.clock.move(3 * time.Second)
			}
		}
		asked(in, "")
		asked(other, "")
		in.managed(putSubgraph, vars{"n": "orders", "s": greets})
		asked(in, "ALIAS_NEEDED")
		later()
		asked(other, "ALIAS_NEEDED")
		if in.publish("Profile", `{"properties": {"shoeSize": {"type": "integer"}}}`).Status != 200 {
			t.Error("not published")
		}
		asked(in, "ALIAS_NEEDED")
		in.managed(putSubgraph, vars{"n": "stock", "s": `type Profile { a: ID @requires(fields: "firstName") }`})
		in.managed(putSubgraph, vars{"n": "orders", "s": strings.ReplaceAll(greets, `"firstName"`, `"lastName"`)})
		asked(in, "ALIAS_NEEDED")
		in.managed(`mutation { removeSubgraph(name: "stock") }`)
		asked(in, "")
		later()
		asked(other, "")
		in.managed(putSubgraph, vars{"n": "orders", "s": greets})
		if c.MongodbURI == "" {
			key := in.key
			in.stop()
			in = boot(t, c)
			in.key = key
			asked(in, "ALIAS_NEEDED")
		}
	})
}

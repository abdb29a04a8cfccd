package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// consumer makes a consumer, and a client that is bound to it.
func (c *client) consumer(id string, roles ...string) *client {
	c.t.Helper()
	c.managed(`mutation($id: ID!) { createConsumer(id: $id) { id } }`, vars{"id": id})
	return c.bound(id, "", roles...)
}

func (c *client) bound(consumer, subject string, roles ...string) *client {
	c.t.Helper()
	v := vars{"consumer": consumer, "roles": roles}
	if subject != "" {
		v["subject"] = subject
	}
	r := c.managed(`mutation($consumer: ID!, $roles: [String!]!, $subject: ID) { createApiKey(name: "test", roles: $roles, consumer: $consumer, subject: $subject) { secret } }`, v)
	return c.as(c.t, r.str("createApiKey.secret"))
}

// TestConsumers: no id crosses the door to a consumer, in either direction and by whatever way.
func TestConsumers(t *testing.T) {
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		orders, mail := in.consumer("orders", "editor"), in.consumer("mail", "reader")
		var heard strings.Builder // all that the consumers were ever answered
		ask := func(c *client, query string, v vars) *reply {
			t.Helper()
			r := c.do(query, v)
			heard.WriteString(r.Text)
			return r
		}
		// What a consumer creates it knows by tokens from the start.
		ana := ask(orders, `mutation { createProfile(input: {email: "ana@example.com", firstName: "Ana"}) { id meta { version pin } } }`, nil)
		token, version := ana.str("createProfile.id"), ana.str("createProfile.meta.version")
		real := in.do(`{ profile(by: {email: "ana@example.com"}) { id meta { version } } }`)
		id, realVersion := real.str("profile.id"), real.str("profile.meta.version")
		if token == id || token == "" {
			t.Fatalf("the consumer was given the id: %s", ana.Text)
		}
		address := ask(orders, `mutation($id: ID!) { createAddress(profileId: $id, input: {locality: "Lisboa"}) { id profileId profile { id } meta { pin } } }`, vars{"id": token})
		if address.str("createAddress.profileId") != token || address.str("createAddress.profile.id") != token {
			t.Errorf("the owner is not the profile's token: %s", address.Text)
		}
		seen := ask(mail, `{ profile(by: {email: "ana@example.com"}) { id meta { version pin } addresses { nodes { id profileId meta { pin } } pageInfo { endCursor } } }
			profiles { edges { cursor node { id } } } addresses { edges { cursor node { id } } } }`, nil)
		for _, path := range []string{"createProfile.id", "createProfile.meta.version", "createProfile.meta.pin"} {
			if ours, theirs := ana.str(path), seen.str(strings.Replace(path, "createProfile", "profile", 1)); ours == "" || theirs == "" || ours == theirs {
				t.Errorf("%s is %q for one and %q for the other", path, ours, theirs)
			}
		}
		if ours, theirs := address.str("createAddress.id"), seen.str("profile.addresses.nodes.0.id"); ours == "" || theirs == "" || ours == theirs {
			t.Errorf("the address is %q for one and %q for the other", ours, theirs)
		}

		// Every way back in.
		pin := address.str("createAddress.meta.pin")
		r := ask(orders, `query($id: ID!, $v: ID!) { profile(id: $id) { id } profileVersion(id: $id, version: $v) { id meta { version } } profileVersions(id: $id, first: 1) { edges { cursor node { id } } pageInfo { endCursor } } }`, vars{"id": token, "v": version})
		if r.str("profile.id") != token || r.str("profileVersion.id") != token || r.str("profileVersion.meta.version") != version || r.str("profileVersions.edges.0.node.id") != token {
			t.Errorf("not what was asked for: %s", r.Text)
		}
		changed := ask(orders, `mutation($id: ID!, $v: ID!) { updateProfile(id: $id, patch: {tags: ["a"]}, ifVersion: $v) { id meta { version } } }`, vars{"id": token, "v": version})
		next := changed.str("updateProfile.meta.version")
		ask(orders, `mutation($id: ID!) { updateAddress(id: $id, patch: {locality: "Porto"}) { id } }`, vars{"id": address.str("createAddress.id")})
		r = ask(orders, `query($r: [_Any!]!) { _entities(representations: $r) { ... on Profile { id } ... on Address { id locality } } }`, vars{"r": []any{of("Profile", "id", token), of("Address", "id", pin), of("Profile", "email", "ana@example.com")}})
		wantJSON(t, r.at("_entities"), fmt.Sprintf(`[{"id": %q}, {"id": %q, "locality": "Lisboa"}, {"id": %q}]`, token, pin, token))
		r = ask(orders, `query($id: ID!, $a: ID!, $b: ID!) { profileVersionDiff(id: $id, from: $a, to: $b) { path } }`, vars{"id": token, "a": version, "b": next})
		wantJSON(t, r.at("profileVersionDiff"), `[{"path": "tags"}]`)
		ask(orders, `mutation { createProfile(input: {email: "bo@example.com"}) { id } }`, nil)
		first := ask(orders, `{ profiles(first: 1) { nodes { id } pageInfo { endCursor } } }`, nil)
		second := ask(orders, `query($c: String) { profiles(first: 1, after: $c) { nodes { id } pageInfo { hasNextPage } } }`, vars{"c": first.str("profiles.pageInfo.endCursor")})
		if a, b := first.str("profiles.nodes.0.id"), second.str("profiles.nodes.0.id"); a != token || b == "" || b == a || second.at("profiles.pageInfo.hasNextPage") != false {
			t.Errorf("pages: %s %s", first.Text, second.Text)
		}
		r = orders.refused("VERSION_CONFLICT", `mutation($id: ID!, $v: ID!) { updateProfile(id: $id, patch: {tags: ["b"]}, ifVersion: $v) { id } }`, vars{"id": token, "v": version})
		heard.WriteString(r.Text)
		if r.Errors[0].Extensions["currentVersion"] != next {
			t.Errorf("the current version: %s", r.Text)
		}

		// Ids, and other consumers' tokens, are as unknown as what nobody has.
		other := seen.str("profile.id")
		r = orders.entities(`... on Profile { id } ... on Address { id }`, of("Profile", "id", id), of("Profile", "id", other), of("Profile", "id", "nobody"), of("Profile", "id", id+"~"+realVersion), of("Address", "id", seen.str("profile.addresses.nodes.0.meta.pin")))
		wantJSON(t, r.at("_entities"), `[null, null, null, null, null]`)
		if len(r.Errors) > 0 {
			t.Error(r.Text)
		}
		for _, unknown := range []string{id, other, "nobody", ""} {
			v := vars{"id": unknown, "v": version}
			wantJSON(t, ask(orders, `query($id: ID!, $v: ID!) { profile(id: $id) { id } profileVersion(id: $id, version: $v) { id } profileVersions(id: $id) { nodes { id } } }`, v).Data,
				`{"profile": null, "profileVersion": null, "profileVersions": {"nodes": []}}`)
			orders.refused("NOT_FOUND", `mutation($id: ID!) { updateProfile(id: $id, patch: {tags: []}) { id } }`, v)
			orders.refused("NOT_FOUND", `mutation($id: ID!) { deleteProfile(id: $id) }`, v)
			orders.refused("NOT_FOUND", `mutation($id: ID!) { createAddress(profileId: $id, input: {}) { id } }`, v)
		}
		orders.refused("VERSION_CONFLICT", `mutation($id: ID!, $v: ID!) { updateProfile(id: $id, patch: {tags: []}, ifVersion: $v) { id } }`, vars{"id": token, "v": realVersion})
		orders.refused("BAD_USER_INPUT", `query($c: String) { profiles(after: $c) { nodes { id } } }`, vars{"c": in.do(`{ profiles(first: 1) { pageInfo { endCursor } } }`).str("profiles.pageInfo.endCursor")})

		if real := in.do(`{ addresses { nodes { id meta { version } } } }`); strings.Contains(heard.String(), id) || strings.Contains(heard.String(), realVersion) ||
			strings.Contains(heard.String(), real.str("addresses.nodes.0.id")) || strings.Contains(heard.String(), real.str("addresses.nodes.0.meta.version")) {
			t.Error("a consumer was told an id")
		}
		if got := ask(orders, `mutation($id: ID!) { deleteProfile(id: $id) }`, vars{"id": token}).str("deleteProfile"); got != token {
			t.Errorf("deleted %q", got)
		}
	})
}

// TestConsumerCredentials: what a consumer's credential can be, and what becomes of it.
func TestConsumerCredentials(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	orders := in.consumer("orders", "reader")
	id := in.profile("ana@example.com")
	find := `{ profile(by: {email: "ana@example.com"}) { id } }`
	token := orders.do(find).str("profile.id")

	// What the server remembers of documents that are read again and again has the ids of whoever reads.
	for i := range 20 {
		for c, want := range map[*client]string{in.client: id, orders: token} {
			if got := c.do(find).str("profile.id"); got != want {
				t.Fatalf("read %d: %q, want %q", i, got, want)
			}
		}
	}

	// A shopper's credential works too, and the control plane tells it tokens.
	shopper := in.bound("orders", id, "shopper")
	if got := shopper.do(`{ profiles { nodes { id email } } }`); got.str("profiles.nodes.0.id") != token || got.str("profiles.nodes.0.email") != "ana@example.com" {
		t.Error(got.Text)
	}
	wantJSON(t, shopper.managed(`{ viewer { subject consumer } }`).at("viewer"), fmt.Sprintf(`{"subject": %q, "consumer": "orders"}`, token))

	// Nothing but work with documents can be bound to a consumer, and to none but the account's.
	for _, role := range []string{"auditor", "schema-admin", "privacy-officer", "admin"} {
		if r := in.manage(`mutation($role: String!) { createApiKey(name: "x", roles: [$role], consumer: "orders") { secret } }`, vars{"role": role}); r.code() != "BAD_USER_INPUT" {
			t.Errorf("%s: %s", role, r.Text)
		}
	}
	elsewhere := in.account(t, "other")
	if r := elsewhere.manage(`mutation { createApiKey(name: "x", roles: ["reader"], consumer: "orders") { secret } }`); r.code() != "NOT_FOUND" {
		t.Error("another account's consumer:", r.Text)
	}
	if theirs := elsewhere.consumer("orders", "reader"); theirs.entities(`__typename`, of("Profile", "id", token)).at("_entities.0") != nil {
		t.Error("another account's consumer of the same name knows the token")
	}
	if r := orders.manage(`mutation { createConsumer(id: "mine") { id } }`); r.code() != "FORBIDDEN" {
		t.Error(r.Text)
	}
	if r := in.manage(`mutation { createConsumer(id: "No name") { id } }`); r.code() != "BAD_USER_INPUT" {
		t.Error(r.Text)
	}

	// Approvals are asked for by tokens.
	in.managed(`mutation { putPolicy(purposes: [{code: "fraud", description: "d", legalBasis: "l", roles: ["support"], fields: ["*"], approval: true}]) { purposes { code } } }`)
	support := in.bound("orders", "", "support")
	r := support.managed(`mutation($id: ID!) { requestApproval(purpose: "fraud", subject: $id, reason: "the parcel came back") { subject } }`, vars{"id": token})
	if r.str("requestApproval.subject") != token {
		t.Error(r.Text)
	}
	wantJSON(t, in.managed(`{ approvals { subject } }`).at("approvals"), fmt.Sprintf(`[{"subject": %q}]`, id))
	mine := support.managed(`{ approvals { id subject } }`)
	if mine.str("approvals.0.subject") != token {
		t.Error(mine.Text)
	}
	if gone := support.managed(`mutation($id: ID!) { declineApproval(id: $id) { subject } }`, vars{"id": mine.str("approvals.0.id")}); gone.str("declineApproval.subject") != token {
		t.Error(gone.Text)
	}
	// They are programs', and no person signs in with them.
	if r := in.as(t, "").send("POST", "/console/session", strings.NewReader(`{"key": "`+support.key+`"}`), "Content-Type", "application/json"); r.Status != 403 || r.code() != "FORBIDDEN" {
		t.Error(r.Status, r.Text)
	}

	// Revoked, its credentials are refused, and its tokens stand for nothing.
	in.managed(`mutation { revokeConsumer(id: "orders") { revocationDate } }`)
	for _, c := range []*client{orders, shopper, support} {
		c.refused("FORBIDDEN", find)
		c.refused("FORBIDDEN", `mutation { createProfile(input: {email: "x@example.com"}) { id } }`)
	}
	wantJSON(t, in.entities(`__typename`, of("Profile", "id", token)).at("_entities"), `[null]`)
	if r := in.manage(`mutation { createConsumer(id: "orders") { id } }`); r.code() != "BAD_USER_INPUT" {
		t.Error("made again:", r.Text)
	}
	var actions []string
	for _, e := range in.managed(`{ audit(first: 50, newest: false) { entries { action details } } }`).at("audit.entries").([]any) {
		if details, ok := at(e, "details").(map[string]any); ok && details["consumer"] == "orders" {
			actions = append(actions, at(e, "action").(string))
		}
	}
	if want := []string{"CreateConsumer", "CreateApiKey", "CreateApiKey", "CreateApiKey", "RevokeConsumer"}; !slices.Equal(actions, want) {
		t.Errorf("on the record: %v, want %v", actions, want)
	}
}

// TestConsumerOfTokens: where a provider says whose its tokens are, one that does not say so is refused.
func TestConsumerOfTokens(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p.set(map[string]crypto.PublicKey{"one": &key.PublicKey}, nil)
	c := p.config(t)
	var file struct{ Providers []vars }
	text, err := os.ReadFile(c.AuthConfig)
	if err == nil {
		err = json.Unmarshal(text, &file)
	}
	if err != nil {
		t.Fatal(err)
	}
	file.Providers[0]["consumer"] = vars{"claim": "azp"}
	if text, err = json.Marshal(vars{"providers": file.Providers}); err == nil {
		err = os.WriteFile(c.AuthConfig, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	in := boot(t, c)
	id := in.profile("ana@example.com")
	token := in.consumer("orders", "reader").do(`{ profiles { nodes { id } } }`).str("profiles.nodes.0.id")
	for _, test := range []struct {
		azp  any
		role string
		code string
	}{
		{"orders", "staff", ""},
		{"nobody", "staff", "FORBIDDEN"},
		{nil, "staff", "UNAUTHENTICATED"},
		{"", "staff", "UNAUTHENTICATED"},
		{"two words", "staff", "UNAUTHENTICATED"},
		{[]string{"orders", "mail"}, "staff", "UNAUTHENTICATED"},
		{"../orders", "staff", "UNAUTHENTICATED"},
		{"orders", "boss", "UNAUTHENTICATED"}, // who may do more than work with documents
	} {
		claims := jwt.MapClaims{"iss": p.URL, "aud": "profilegraph", "sub": "ann", "exp": time.Now().Add(time.Hour).Unix(),
			"shop": "main", "realm": vars{"roles": []string{test.role}}, "azp": test.azp}
		unsigned := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
		unsigned.Header["kid"] = "one"
		signed, err := unsigned.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		r := in.as(t, signed).ask(`{ profiles { nodes { id } } }`)
		if r.code() != test.code || strings.Contains(r.Text, id) || test.code == "" && r.str("profiles.nodes.0.id") != token {
			t.Errorf("%v as %s: %s", test.azp, test.role, r.Text)
		}
	}
}

// TestConsumersDoNotSignIn: a session would not know that it is a consumer's.
func TestConsumersDoNotSignIn(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	orders := in.consumer("orders", "reader")
	body, err := json.Marshal(vars{"key": orders.key})
	if err != nil {
		t.Fatal(err)
	}
	r := in.as(t, "").send("POST", "/console/session", strings.NewReader(string(body)), "Content-Type", "application/json", "Sec-Fetch-Site", "same-origin")
	if r.Status != 403 || r.code() != "FORBIDDEN" || !strings.Contains(r.Text, "for a program") || r.Header.Get("Set-Cookie") != "" {
		t.Errorf("%d %s", r.Status, r.Text)
	}
}

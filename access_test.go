package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/profilegraph/profilegraph/auth"
	"github.com/profilegraph/profilegraph/tenant"
)

func TestCredentials(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	expiring := in.managed(`mutation($at: DateTime) { createApiKey(name: "short", roles: ["reader"], expiresAt: $at) { secret apiKey { id expirationDate lastUse } } }`,
		vars{"at": in.clock.now().Add(time.Hour).Format(time.RFC3339)})
	revoked := in.managed(`mutation { createApiKey(name: "gone", roles: ["reader"]) { secret apiKey { id } } }`)
	read := `{ profiles { nodes { id } } }`
	for _, r := range []*reply{expiring, revoked} {
		in.as(t, r.str("createApiKey.secret")).do(read)
	}
	in.managed(`mutation($id: ID!) { revokeApiKey(id: $id) { revocationDate } }`, vars{"id": revoked.str("createApiKey.apiKey.id")})
	in.managed(`mutation($id: ID!) { revokeApiKey(id: $id) { revocationDate } }`, vars{"id": revoked.str("createApiKey.apiKey.id")})
	in.clock.move(time.Hour + time.Second)

	tampered := []byte(in.key)
	tampered[len(tampered)-2] ^= 1
	bad := map[string]string{
		"missing": "", "no key": "hello", "unknown": "pg_aaaaaaaaaaaaaaaa_" + strings.Repeat("A", 43), "tampered": string(tampered), "cut": in.key[:len(in.key)-1],
		"longer": in.key + "A", "expired": expiring.str("createApiKey.secret"), "revoked": revoked.str("createApiKey.secret"), "huge": strings.Repeat("x", 20<<10),
		"no id": "pg__" + strings.Repeat("A", 43), "a JWT": "eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0.",
	}
	var first string
	for name, key := range bad {
		for _, path := range []string{"/graphql", "/control/graphql", "/sdl", "/schemas/Profile"} {
			c := in.as(t, key)
			r := c.send("GET", path, nil)
			if strings.HasSuffix(path, "graphql") {
				r = c.send("POST", path, strings.NewReader(`{"query": "{ __typename }"}`), "Content-Type", "application/json")
			}
			if r.Status != 401 || r.code() != "UNAUTHENTICATED" || !strings.HasPrefix(r.Header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("%s: %s answers %d %s", name, path, r.Status, r.Text)
			}
			if first == "" {
				first = r.Text
			}
			if r.Text != first {
				t.Errorf("%s: the answer tells why: %s", name, r.Text)
			}
		}
	}
	for _, header := range []string{"bearer ", "BEARER  "} {
		if r := in.as(t, "").send("GET", "/sdl", nil, "Authorization", header+in.key); r.Status != 200 {
			t.Errorf("%q answers %d", header, r.Status)
		}
	}
	if r := in.as(t, "").send("GET", "/sdl", nil, "Authorization", "Basic "+in.key); r.Status != 401 {
		t.Errorf("Basic answers %d", r.Status)
	}
	list := in.managed(`{ apiKeys { id name roles createdBy expirationDate revocationDate lastUse } }`)
	if n := len(list.at("apiKeys").([]any)); n != 3 {
		t.Fatalf("%d keys", n)
	}
	for i, want := range []string{"First admin key", "short", "gone"} {
		k := list.at(fmt.Sprintf("apiKeys.%d", i))
		if at(k, "name") != want || at(k, "lastUse") == nil || (at(k, "revocationDate") != nil) != (want == "gone") || (at(k, "expirationDate") != nil) != (want == "short") {
			t.Errorf("key %v", k)
		}
	}
}

// A key for a shopper shows that shopper's data without a reason. So the record tells whose they are, of the
// key that is made, used and revoked.
func TestKeysOfShoppersOnRecord(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	id, other := in.profile("john.doe@example.com"), in.profile("jane.doe@example.com")
	mark := in.mark()
	made := in.managed(`mutation($s: ID!) { createApiKey(name: "phone", roles: ["shopper"], subject: $s, expiresAt: "2099-01-01T00:00:00Z") { apiKey { id } secret } }`, vars{"s": id})
	in.as(t, made.str("createApiKey.secret")).do(`{ profiles { nodes { email } } }`)
	in.managed(`mutation($id: ID!) { revokeApiKey(id: $id) { id } }`, vars{"id": made.str("createApiKey.apiKey.id")})
	var got []string
	for _, e := range in.recorded(mark) {
		got = append(got, e.Action)
		if e.Subject != id || e.Action == "CreateApiKey" && e.Details["expires"] != "2099-01-01T00:00:00Z" {
			t.Errorf("the record has %+v", e)
		}
	}
	if want := []string{"CreateApiKey", "GetProfileUnmasked", "RevokeApiKey"}; !slices.Equal(got, want) {
		t.Errorf("the record has %v, not %v", got, want)
	}
	for subject, want := range map[string]int{id: 3, other: 0} {
		if r := in.managed(`query($s: ID) { audit(filter: {subject: $s}) { entries { index } } }`, vars{"s": subject}); len(r.at("audit.entries").([]any)) != want {
			t.Errorf("of %s the record has %s", subject, r.Text)
		}
	}
}

// A revoked key is of no use from the moment the revocation is answered, however busy it was.
func TestRevocationIsAtOnce(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	for range 15 {
		made := in.managed(`mutation { createApiKey(name: "busy", roles: ["reader"]) { secret apiKey { id } } }`)
		busy := in.as(t, made.str("createApiKey.secret"))
		var users sync.WaitGroup
		var ended atomic.Bool
		for range 3 {
			users.Go(func() {
				for !ended.Load() {
					if _, err := busy.post("/graphql", `{ __typename }`); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		in.managed(`mutation($id: ID!) { revokeApiKey(id: $id) { id } }`, vars{"id": made.str("createApiKey.apiKey.id")})
		for range 5 {
			if r := busy.ask(`{ __typename }`); r.Status != 401 {
				t.Errorf("a revoked key is answered %d", r.Status)
			}
		}
		ended.Store(true)
		users.Wait()
	}
}

func TestKeysAreMadeWithinOnesOwnPermissions(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	admin := in.account(t, "shop")
	id := admin.profile("a@example.com")
	prospect := admin.do(`mutation { createProspect(input: {email: "b@example.com"}) { id } }`).str("createProspect.id")
	address := admin.do(`mutation($id: ID!) { createAddress(profileId: $id, input: {postalCode: "1"}) { id } }`, vars{"id": id}).str("createAddress.id")
	create := `mutation($roles: [String!]!, $subject: ID, $name: String! = "k", $at: DateTime) { createApiKey(name: $name, roles: $roles, subject: $subject, expiresAt: $at) { secret } }`
	for name, test := range map[string]struct {
		by   *client
		v    vars
		code string
	}{
		"operator by admin":     {admin, vars{"roles": []string{"operator"}}, "FORBIDDEN"},
		"both by admin":         {admin, vars{"roles": []string{"admin", "operator"}}, "FORBIDDEN"},
		"operator by operator":  {in.client, vars{"roles": []string{"operator"}}, ""},
		"admin by admin":        {admin, vars{"roles": []string{"admin"}}, ""},
		"shopper":               {admin, vars{"roles": []string{"shopper"}, "subject": id}, ""},
		"shopper without one":   {admin, vars{"roles": []string{"shopper"}}, "BAD_USER_INPUT"},
		"shopper and more":      {admin, vars{"roles": []string{"shopper", "reader"}, "subject": id}, "BAD_USER_INPUT"},
		"reader with a subject": {admin, vars{"roles": []string{"reader"}, "subject": id}, "BAD_USER_INPUT"},
		"unknown subject":       {admin, vars{"roles": []string{"shopper"}, "subject": "0190a6f2-0000-7000-8000-000000000000"}, "NOT_FOUND"},
		"odd subject":           {admin, vars{"roles": []string{"shopper"}, "subject": "a/b"}, "NOT_FOUND"},
		"another's subject":     {in.client, vars{"roles": []string{"shopper"}, "subject": id}, "NOT_FOUND"},
		"prospect":              {admin, vars{"roles": []string{"shopper"}, "subject": prospect}, ""},
		"what a profile owns":   {admin, vars{"roles": []string{"shopper"}, "subject": address}, "NOT_FOUND"},
		"unknown role":          {admin, vars{"roles": []string{"god"}}, "BAD_USER_INPUT"},
		"no role":               {admin, vars{"roles": []string{}}, "BAD_USER_INPUT"},
		"no name":               {admin, vars{"roles": []string{"reader"}, "name": ""}, "BAD_USER_INPUT"},
		"until a small z":       {admin, vars{"roles": []string{"reader"}, "at": "2099-01-01t00:00:00z"}, ""},
		"until a leap second":   {admin, vars{"roles": []string{"reader"}, "at": "2098-12-31T23:59:60.5Z"}, ""},
		"until a blank":         {admin, vars{"roles": []string{"reader"}, "at": "2099-01-01 00:00:00Z"}, "BAD_USER_INPUT"},
		"until a day":           {admin, vars{"roles": []string{"reader"}, "at": "2099-01-01"}, "BAD_USER_INPUT"},
		"in the past":           {admin, vars{"roles": []string{"reader"}, "at": "2001-01-01T00:00:00Z"}, "BAD_USER_INPUT"},
	} {
		if r := test.by.manage(create, test.v); r.code() != test.code {
			t.Errorf("%s: code %q, want %q: %s", name, r.code(), test.code, r.Text)
		}
	}
	// Keys of another account cannot be seen or ended.
	own := in.managed(`{ apiKeys { id } }`)
	if r := admin.manage(`mutation($id: ID!) { revokeApiKey(id: $id) { id } }`, vars{"id": own.str("apiKeys.0.id")}); r.code() != "NOT_FOUND" {
		t.Error(r.Text)
	}
	if r := admin.managed(`{ apiKeys { name } }`); strings.Contains(r.Text, "First admin key") {
		t.Error(r.Text)
	}
	in.managed(`{ viewer { actor } }`)
}

// Every operation there is, with the permission that it needs.
func TestRoles(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		id := in.profile("a@example.com")
		in.publish("Seat", seats)
		data := func(query string) func(*client) *reply {
			return func(c *client) *reply { return c.ask(query, vars{"id": id}) }
		}
		control := func(query string) func(*client) *reply {
			return func(c *client) *reply { return c.manage(query) }
		}
		operations := []struct {
			name  string
			needs auth.Permission
			run   func(*client) *reply
		}{
			{"read by id", auth.Read, data(`query($id: ID!) { profile(id: $id) { id } }`)},
			{"read by key", auth.Read, data(`{ profile(by: {email: "a@example.com"}) { id } }`)},
			{"list", auth.Read, data(`{ profiles { nodes { id } } }`)},
			{"list owned", auth.Read, data(`{ addresses { nodes { id } } }`)},
			{"one owned", auth.Read, data(`query($id: ID!) { purchaseInfo(id: $id) { id } }`)},
			{"versions", auth.Read, data(`query($id: ID!) { profileVersions(id: $id) { nodes { id } } }`)},
			{"version", auth.Read, data(`query($id: ID!) { profileVersion(id: $id, version: "1-x") { id } }`)},
			{"diff", auth.Read, data(`query($id: ID!) { profileVersionDiff(id: $id, from: "1-x", to: "1-y") { path } }`)},
			{"SDL", auth.Read, func(c *client) *reply { return c.send("GET", "/sdl", nil) }},
			{"create", auth.Write, data(`mutation { createSeat(input: {code: "x", note: "12345678901234567890123456789012345678901"}) { id } }`)},
			{"create owned", auth.Write, data(`mutation { createAddress(profileId: "none", input: {locality: "x"}) { id } }`)},
			{"update", auth.Write, data(`mutation { updateProfile(id: "none", patch: {firstName: "x"}) { id } }`)},
			{"promote", auth.Write, data(`mutation { promoteProspect(id: "none") { id } }`)},
			{"delete", auth.Delete, data(`mutation { deleteProfile(id: "none") }`)},
			{"check", auth.Schema, control(`{ checkSchema(entity: "Seat", schema: {}) { ok } }`)},
			{"publish", auth.Schema, control(`mutation { publishSchema(entity: "Seat", schema: {}) { version } }`)},
			{"roll back", auth.Schema, control(`mutation { rollbackSchema(entity: "Seat", to: 1) { version } }`)},
			{"PUT", auth.Schema, func(c *client) *reply { return c.upload("Seat", `{}`) }},
			{"check documents", auth.Schema, control(`{ checkDocuments(entity: "Seat", schema: {}) { checked } }`)},
			{"list subgraphs", auth.Schema, control(`{ subgraphs { name } }`)},
			{"register subgraphs", auth.Schema, control(`mutation { putSubgraph(name: "x", url: "x", sdl: "x") { name } }`)},
			{"forget subgraphs", auth.Schema, control(`mutation { removeSubgraph(name: "none") }`)},
			{"list webhooks", auth.Account, control(`{ webhooks { id } }`)},
			{"add webhooks", auth.Account, control(`mutation { createWebhook(url: "x") { secret } }`)},
			{"remove webhooks", auth.Account, control(`mutation { deleteWebhook(id: "none") }`)},
			{"test webhooks", auth.Account, control(`mutation { testWebhook(id: "none") { delivered } }`)},
			{"list sessions", auth.Account, control(`{ sessions { id } }`)},
			{"end sessions", auth.Account, control(`mutation { endSession(id: "none") }`)},
			{"verify the record", auth.Audit, control(`{ auditVerification { ok } }`)},
			{"list keys", auth.Account, control(`{ apiKeys { id } }`)},
			{"make keys", auth.Account, control(`mutation { createApiKey(name: "", roles: []) { secret } }`)},
			{"revoke keys", auth.Account, control(`mutation { revokeApiKey(id: "none") { id } }`)},
			{"list accounts", auth.Platform, control(`{ accounts { id } }`)},
			{"add accounts", auth.Platform, control(`mutation { createAccount(id: "-") { account { id } } }`)},
			{"change accounts", auth.Platform, control(`mutation { updateAccount(id: "none", suspended: true) { id } }`)},
			{"see itself", 0, control(`{ viewer { roles actor permissions account { id } } account { name } roles { name } schemaRules { name } schemaVocabulary }`)},
		}
		reads := []func(*client) *reply{control(`{ schemas { entity } }`), control(`{ schema(entity: "Seat") { version } }`), control(`{ schemaHistory(entity: "Seat") { version } }`),
			control(`{ schemaDiff(entity: "Seat", from: 1) { kind } }`), control(`mutation { previewMask(property: {type: "string", pii: true}, values: ["x"]) }`), func(c *client) *reply { return c.send("GET", "/schemas/Seat", nil) }}
		for _, role := range auth.Roles {
			subject := ""
			if role.Name == auth.Shopper {
				subject = id
			}
			c := in.newKey([]string{role.Name}, subject)
			for _, op := range operations {
				if op.name == "create" && role.Name == auth.Shopper {
					continue // a shopper writes what belongs to it, and no more
				}
				allowed := role.Permissions&op.needs == op.needs
				if r := op.run(c); (r.code() == "FORBIDDEN") == allowed || r.code() == "INTERNAL" {
					t.Errorf("%s, %s: code %q: %s", role.Name, op.name, r.code(), r.Text)
				}
			}
			for i, run := range reads {
				allowed := role.Permissions&(auth.Read|auth.Schema) != 0
				if r := run(c); (r.code() == "FORBIDDEN") == allowed {
					t.Errorf("%s, schemas %d: %s", role.Name, i, r.Text)
				}
			}
		}
	})
}

// What is out of a principal's reach is answered, byte for byte, as what is not there.
func TestOutOfReachIsAbsent(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		in.publish("Seat", `{"type": "object", "x-entity": {"owner": "Profile", "cardinality": "many"}, "v-indexed": ["code"], "v-unique": ["code"], "properties": {"code": {"type": "string"}}}`)
		fill := func(mail string) vars {
			r := in.do(`mutation($mail: EmailAddress!) { createProfile(input: {email: $mail, document: "11122233344"}) { id meta { version } } }`, vars{"mail": mail})
			id := r.str("createProfile.id")
			v := vars{"id": id, "v1": r.str("createProfile.meta.version"), "mail": mail}
			v["v2"] = in.do(`mutation($id: ID!) { updateProfile(id: $id, patch: {firstName: "x"}) { meta { version } } }`, vars{"id": id}).str("updateProfile.meta.version")
			r = in.do(`mutation($id: ID!, $code: String!) { createAddress(profileId: $id, input: {locality: "Rio"}) { id meta { version } }
				createPurchaseInfo(profileId: $id, input: {isToSavePersonalData: true}) { id } createSeat(profileId: $id, input: {code: $code}) { id } }`, vars{"id": id, "code": mail})
			v["owned"], v["ov"], v["seat"], v["code"] = r.str("createAddress.id"), r.str("createAddress.meta.version"), r.str("createSeat.id"), mail
			return v
		}
		own, foreign := fill("own@example.com"), fill("foreign@example.com")
		prospect := in.do(`mutation { createProspect(input: {firstName: "x"}) { id } }`).str("createProspect.id")
		foreign["prospect"], own["prospect"] = prospect, uuid.NewString()
		absent := vars{"id": uuid.NewString(), "owned": uuid.NewString(), "seat": uuid.NewString(), "mail": "nobody@example.com", "code": "nobody", "prospect": uuid.NewString(),
			"v1": foreign["v1"], "v2": foreign["v2"], "ov": foreign["ov"]}
		const declared = `($id: ID!, $owned: ID!, $seat: ID!, $mail: EmailAddress!, $code: String!, $prospect: ID!, $v1: ID!, $v2: ID!, $ov: ID!)`
		operations := []string{
			`query%s { profile(id: $id) { id email meta { version } addresses { nodes { id } } purchaseInfo { id } } }`,
			`query%s { profile(by: {email: $mail}) { id } }`,
			`query%s { profileVersions(id: $id) { nodes { id } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
			`query%s { profileVersion(id: $id, version: $v1) { id } }`,
			`query%s { profileVersionDiff(id: $id, from: $v1, to: $v2) { path } }`,
			`query%s { prospect(id: $prospect) { id } prospectVersions(id: $prospect) { nodes { id } } }`,
			`query%s { address(id: $owned) { id profileId profile { id } } }`,
			`query%s { seat(id: $seat) { id } }`,
			`query%s { seat(by: {code: $code}) { id } }`,
			`query%s { addressVersions(id: $owned) { nodes { id } } addressVersion(id: $owned, version: $ov) { id } addressVersionDiff(id: $owned, from: $ov, to: $ov) { path } }`,
			`query%s { purchaseInfo(id: $id) { id } purchaseInfoVersions(id: $id) { nodes { id } } }`,
			`mutation%s { updateProfile(id: $id, patch: {firstName: "x"}) { id } }`,
			`mutation%s { updateProfile(id: $id, patch: {firstName: "x"}, ifVersion: $v1) { id } }`,
			`mutation%s { updateProfile(id: $id, patch: {tags: ["12345678901234567890123456789012345678901234567890123"]}) { id } }`,
			`mutation%s { updateProfile(id: $id, patch: {firstName: "x"}, ttlDays: -1) { id } }`,
			`mutation%s { updateAddress(id: $owned, patch: {locality: "x"}) { id } }`,
			`mutation%s { updateAddress(id: $owned, patch: {countryCode: "XX"}) { id } }`,
			`mutation%s { updatePurchaseInfo(id: $id, patch: {isToSavePersonalData: false}) { id } }`,
			`mutation%s { createAddress(profileId: $id, input: {locality: "x"}) { id } }`,
			`mutation%s { createAddress(profileId: $id, input: {countryCode: "XX"}) { id } }`,
			`mutation%s { createPurchaseInfo(profileId: $id, input: {isToSavePersonalData: true}) { id } }`,
			`mutation%s { promoteProspect(id: $prospect) { id } }`,
			`mutation%s { promoteProspect(id: $id) { id } }`,
			`mutation%s { updateProspect(id: $prospect, patch: {firstName: "x"}) { id } deleteProspect(id: $prospect) }`,
			`mutation%s { deleteProfile(id: $id, ifVersion: $v1) }`,
			`mutation%s { deleteProfile(id: $id) }`,
			`mutation%s { deleteAddress(id: $owned) }`,
			`mutation%s { deletePurchaseInfo(id: $id) }`,
		}
		shopper := in.newKey([]string{auth.Shopper}, own["id"].(string))
		stranger := in.account(t, "stranger")
		stranger.publish("Seat", `{"type": "object", "x-entity": {"owner": "Profile", "cardinality": "many"}, "v-indexed": ["code"], "v-unique": ["code"], "properties": {"code": {"type": "string"}}}`)
		for who, c := range map[string]*client{"shopper": shopper, "another account": stranger} {
			for _, op := range operations {
				var used strings.Builder // only variables that are used may be declared
				for d := range strings.SplitSeq(strings.Trim(declared, "()"), ", ") {
					if name, _, _ := strings.Cut(d, ":"); strings.Contains(op, name+",") || strings.Contains(op, name+")") || strings.Contains(op, name+"}") {
						fmt.Fprint(&used, d, " ")
					}
				}
				query := fmt.Sprintf(op, "("+used.String()+")")
				there, missing := c.ask(query, foreign), c.ask(query, absent)
				if there.Text != missing.Text || there.Status != missing.Status {
					t.Errorf("%s can tell apart\n%s\n%s\n%s", who, query, there.Text, missing.Text)
				}
				if missing.code() == "INTERNAL" || strings.HasPrefix(missing.code(), "GRAPHQL_") {
					t.Errorf("%s: %s", query, missing.Text)
				}
			}
		}
		// Nothing has happened to the foreign documents.
		r := in.do(`query($id: ID!, $owned: ID!) { profile(id: $id) { meta { version } purchaseInfo { isToSavePersonalData } addresses { nodes { id } } } address(id: $owned) { locality } prospects { nodes { id } } }`,
			vars{"id": foreign["id"], "owned": foreign["owned"]})
		wantJSON(t, r.Data, fmt.Sprintf(`{"profile": {"meta": {"version": %q}, "purchaseInfo": {"isToSavePersonalData": true}, "addresses": {"nodes": [{"id": %q}]}}, "address": {"locality": "Rio"},
			"prospects": {"nodes": [{"id": %q}]}}`, foreign["v2"], foreign["owned"], prospect))

		// A shopper has what is its own, and lists hold nothing else.
		r = shopper.do(`query($id: ID!, $mail: EmailAddress!) { profile(id: $id) { id } by: profile(by: {email: $mail}) { id } byDocument: profile(by: {document: "11122233344"}) { id }
			profiles { nodes { id } pageInfo { hasNextPage } } prospects { nodes { id } } addresses { nodes { id profile { id } } } purchaseInfos { nodes { id } } seats { nodes { id } }
			profileVersions(id: $id) { nodes { id } } }`, vars{"id": own["id"], "mail": own["mail"]})
		wantJSON(t, r.Data, strings.NewReplacer("ID", fmt.Sprintf("{%q: %q}", "id", own["id"]), "OWNED", fmt.Sprintf(`{"id": %q, "profile": {"id": %q}}`, own["owned"], own["id"]), "SEAT", fmt.Sprintf("{%q: %q}", "id", own["seat"])).
			Replace(`{"profile": ID, "by": ID, "byDocument": ID, "profiles": {"nodes": [ID], "pageInfo": {"hasNextPage": false}}, "prospects": {"nodes": []},
			"addresses": {"nodes": [OWNED]}, "purchaseInfos": {"nodes": [ID]}, "seats": {"nodes": [SEAT]}, "profileVersions": {"nodes": [ID, ID]}}`))
		shopper.refused("FORBIDDEN", `mutation { createProfile(input: {email: "new@example.com"}) { id } }`)
		shopper.refused("FORBIDDEN", `mutation { createProspect(input: {firstName: "x"}) { id } }`)
		mine := shopper.do(`mutation($id: ID!) { updateProfile(id: $id, patch: {firstName: "Ann"}) { id } createAddress(profileId: $id, input: {locality: "Natal"}) { id } }`, vars{"id": own["id"]})
		shopper.do(`mutation($a: ID!) { deleteAddress(id: $a) }`, vars{"a": mine.str("createAddress.id")})
		shopper.do(`mutation($id: ID!) { deleteProfile(id: $id) }`, vars{"id": own["id"]})
		wantJSON(t, shopper.do(`{ profiles { nodes { id } } }`).Data, `{"profiles": {"nodes": []}}`)
		// Unique values are the account's own.
		stranger.profile("foreign@example.com")
	})
}

func TestSuspendedAccount(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	made := in.managed(`mutation { createAccount(id: "shop", name: "A shop") { account { id name suspended } adminKey { secret apiKey { roles } } } }`)
	wantJSON(t, made.at("createAccount.account"), `{"id": "shop", "name": "A shop", "suspended": false}`)
	shop := in.as(t, made.str("createAccount.adminKey.secret"))
	id := shop.profile("a@example.com")
	for id, code := range map[string]string{"shop": "ALREADY_EXISTS", "-x": "BAD_USER_INPUT", "": "BAD_USER_INPUT", "Shop": "BAD_USER_INPUT", strings.Repeat("a", 64): "BAD_USER_INPUT", "a/b": "BAD_USER_INPUT"} {
		if r := in.manage(`mutation($id: ID!) { createAccount(id: $id) { account { id } } }`, vars{"id": id}); r.code() != code {
			t.Errorf("account %q: %s", id, r.Text)
		}
	}
	update := `mutation($s: Boolean!, $n: String) { updateAccount(id: "shop", suspended: $s, name: $n) { suspended name } }`
	wantJSON(t, in.managed(update, vars{"s": true, "n": "The shop"}).at("updateAccount"), `{"suspended": true, "name": "The shop"}`)
	for _, r := range []*reply{shop.ask(`{ profiles { nodes { id } } }`), shop.manage(`{ viewer { actor } }`), shop.send("GET", "/sdl", nil)} {
		if r.Status != 403 || r.code() != "FORBIDDEN" {
			t.Errorf("%d %s", r.Status, r.Text)
		}
	}
	if r := in.manage(`mutation { updateAccount(id: "main", suspended: true) { id } }`); r.code() != "BAD_USER_INPUT" {
		t.Errorf("an account suspends itself: %s", r.Text) // and nobody could resume it
	}
	in.managed(update, vars{"s": false})
	if got := shop.do(`{ profiles { nodes { id } } }`).str("profiles.nodes.0.id"); got != id {
		t.Errorf("got %q", got)
	}
	list := in.managed(`{ accounts(first: 1) { id } rest: accounts(after: "main") { id name } }`)
	wantJSON(t, list.Data, `{"accounts": [{"id": "main"}], "rest": [{"id": "shop", "name": "The shop"}]}`)
	if r := in.manage(`{ accounts(first: 1000) { id } }`); r.code() != "BAD_USER_INPUT" {
		t.Error(r.Text)
	}
	if r := in.manage(`mutation { updateAccount(id: "none", name: "x") { id } }`); r.code() != "NOT_FOUND" {
		t.Error(r.Text)
	}
	all, err := in.tenants.List(t.Context(), "", 10)
	if err != nil || !slices.ContainsFunc(all, func(a *tenant.Account) bool { return a.ID == "shop" && a.Name == "The shop" }) {
		t.Errorf("%v %v", all, err)
	}
}

package main

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/profilegraph/profilegraph/profile"
	"github.com/profilegraph/profilegraph/storage"
)

// entities asks for representations as a gateway does.
func (c *client) entities(selection string, representations ...vars) *reply {
	c.t.Helper()
	return c.ask(`query($r: [_Any!]!) { _entities(representations: $r) { `+selection+` } }`, vars{"r": representations})
}

// of is a representation of a document.
func of(entity string, key ...string) vars {
	v := vars{"__typename": entity}
	for i := 0; i < len(key); i += 2 {
		v[key[i]] = key[i+1]
	}
	return v
}

func TestEntities(t *testing.T) {
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		ana, bo := in.profile("ana@example.com"), in.profile("bo@example.com")
		address := in.do(`mutation($id: ID!) { createAddress(profileId: $id, input: {locality: "Lisboa", route: "Rua A"}) { id } }`, vars{"id": ana}).str("createAddress.id")
		short := in.do(`mutation { createProfile(input: {email: "short@example.com"}, ttlDays: 1) { id } }`).str("createProfile.id")
		foreign := in.account(t, "other").profile("far@example.com")
		in.clock.move(25 * time.Hour)

		r := in.entities(`__typename ... on Profile { id email } ... on Address { locality route profile { id } }`,
			of("Profile", "id", bo), of("Address", "id", address), of("Profile", "email", "ANA@example.com"),
			of("Profile", "id", short), of("Profile", "id", foreign), of("Profile", "email", "far@example.com"), of("Profile", "id", "no such id"), of("Address", "id", ana),
			of("Profile", "id", ana, "email", "bo@example.com"))
		if len(r.Errors) > 0 {
			t.Fatal(r.Text)
		}
		wantJSON(t, r.at("_entities"), fmt.Sprintf(`[
			{"__typename": "Profile", "id": %q, "email": "b*@e******.c**"},
			{"__typename": "Address", "locality": "Lisboa", "route": "R****", "profile": {"id": %q}},
			{"__typename": "Profile", "id": %q, "email": "a**@e******.c**"},
			null, null, null, null, null,
			{"__typename": "Profile", "id": %q, "email": "a**@e******.c**"}]`, bo, ana, ana, ana))

		// One bad item spoils no other, and an error names no value.
		hostile := []vars{of("Profile", "id", bo), of("Nobody", "id", "s3cret"), {"__typename": "Profile", "id": vars{"$ne": "s3cret"}},
			{"__typename": []any{"Profile"}, "id": bo}, {"id": bo}, of("Profile", "email", "s3cret"), of("Profile", "document", "s3cret"),
			{"__typename": "Profile", "email": []any{"s3cret"}}, of("Profile", "id", strings.Repeat("s3cret", 10_000)), of("Profile", "id", "../../s3cret\x00"), of("Profile", "id", ana)}
		r = in.entities(`... on Profile { id }`, hostile...)
		wantJSON(t, r.at("_entities"), fmt.Sprintf(`[{"id": %q}, null, null, null, null, null, null, null, null, null, {"id": %q}]`, bo, ana))
		if len(r.Errors) != 7 || strings.Contains(r.Text, "s3cret") || strings.Contains(in.logs.String(), "s3cret") {
			t.Errorf("%d errors: %s", len(r.Errors), r.Text)
		}
		for _, e := range r.Errors {
			if e.Extensions["code"] != "BAD_REPRESENTATION" || len(e.Path) != 2 || e.Path[0] != "_entities" {
				t.Errorf("%+v", e)
			}
		}

		// A shopper reaches the own documents, in clear; all else is absent.
		r = in.newKey([]string{"shopper"}, ana).entities(`... on Profile { email } ... on Address { route }`, of("Profile", "id", bo), of("Profile", "id", ana), of("Address", "id", address), of("Profile", "email", "bo@example.com"))
		wantJSON(t, r.at("_entities"), `[null, {"email": "ana@example.com"}, {"route": "Rua A"}, null]`)
		if r = in.newKey([]string{"auditor"}, "").entities(`__typename`, of("Profile", "id", ana), of("Profile", "id", "none")); len(r.Errors) != 2 || r.code() != "FORBIDDEN" {
			t.Errorf("without READ: %s", r.Text)
		}
	})
}

// TestEntitiesUnmasked: what another subgraph requires is masked; what is asked for with a reason is in
// clear, once it is on the record; and who may not gets masks.
func TestEntitiesUnmasked(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	id := in.do(`mutation { createProfile(input: {email: "ana@example.com", firstName: "Ana", lastName: "Dias"}) { id } }`).str("createProfile.id")
	query := `query($r: [_Any!]!, $why: Unmask) { _entities(representations: $r) { ... on Profile { lastName firstName(unmask: $why) } } }`
	why := vars{"r": []any{of("Profile", "id", id)}, "why": vars{"reason": "Ticket 4711: the parcel came back"}}
	r := in.do(query, why)
	wantJSON(t, r.at("_entities"), `[{"lastName": "D***", "firstName": "Ana"}]`)
	entry := in.managed(`{ audit(first: 1, filter: {action: "GetProfileUnmasked"}) { entries { action outcome id fields } } }`).at("audit.entries.0")
	wantJSON(t, entry, fmt.Sprintf(`{"action": "GetProfileUnmasked", "outcome": "ALLOWED", "id": %q, "fields": ["firstName"]}`, id))
	r = in.newKey([]string{"reader"}, "").ask(query, why)
	wantJSON(t, r.at("_entities"), `[{"lastName": "D***", "firstName": "A**"}]`)
	if r.code() != "FORBIDDEN" || fmt.Sprint(r.Errors[0].Path) != "[_entities 0]" {
		t.Errorf("refused: %s", r.Text)
	}
}

// TestEntityLookupsAreLimited: guessing keys is as slow for a gateway as it is for anybody.
func TestEntityLookupsAreLimited(t *testing.T) {
	t.Parallel()
	c := defaults(t)
	c.LookupMisses = 1
	in := boot(t, c)
	in.clock.stop()
	ana := in.profile("ana@example.com")
	var guesses []vars
	for i := range 20 {
		guesses = append(guesses, of("Profile", "email", fmt.Sprintf("guess%d@example.com", i)))
	}
	if r := in.entities(`... on Profile { id }`, guesses...); len(r.Errors) > 0 {
		t.Fatal(r.Text)
	}
	r := in.entities(`... on Profile { id }`, of("Profile", "email", "ana@example.com"), of("Profile", "id", ana))
	wantJSON(t, r.at("_entities"), fmt.Sprintf(`[null, {"id": %q}]`, ana))
	if r.code() != "RATE_LIMITED" {
		t.Error(r.Text)
	}
}

// counted counts the look-ups that reach a store.
type counted struct {
	storage.Store
	mu    sync.Mutex
	calls map[string]int
}

func (c *counted) count(kind string, in storage.Space) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[kind+" "+in.Part]++
}

func (c *counted) Get(ctx context.Context, in storage.Space, id string) (storage.Record, error) {
	c.count("get", in)
	return c.Store.Get(ctx, in, id)
}

func (c *counted) GetMany(ctx context.Context, in storage.Space, ids []string, m *storage.Memory) ([]storage.Record, error) {
	c.count("get", in)
	return c.Store.GetMany(ctx, in, ids, m)
}

func (c *counted) Find(ctx context.Context, in storage.Space, keys []string, limit int) ([][]storage.Record, error) {
	c.count("find", in)
	return c.Store.Find(ctx, in, keys, limit)
}

func (c *counted) Owned(ctx context.Context, in storage.Space, owners []string, p storage.Page) ([][]storage.Record, error) {
	c.count("owned", in)
	return c.Store.Owned(ctx, in, owners, p)
}

func (c *counted) Scan(ctx context.Context, in storage.Space, p storage.Page) ([]storage.Record, error) {
	c.count("scan", in)
	return c.Store.Scan(ctx, in, p)
}

// TestEntityLookups counts what a batch costs at the storage port: one look-up for each entity and key,
// however many representations there are, and one for each entity below them.
func TestEntityLookups(t *testing.T) {
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		var byID, byKey []vars
		for i := range 50 {
			email := fmt.Sprintf("p%d@example.com", i)
			id := in.profile(email)
			in.do(`mutation($id: ID!) { a: createAddress(profileId: $id, input: {locality: "Lisboa"}) { id } createPurchaseInfo(profileId: $id, input: {}) { id } }`, vars{"id": id})
			byID, byKey = append(byID, of("Profile", "id", id)), append(byKey, of("Profile", "email", email))
		}
		store := &counted{Store: in.store, calls: map[string]int{}}
		in.docs = profile.New(profile.Options{Store: store, Vault: in.vault, Auth: in.grants, Now: in.now, Log: in.log})
		const nested = `... on Profile { email addresses(first: 5) { nodes { locality } } purchaseInfo { id } }`
		for _, test := range []struct {
			what            string
			representations []vars
			selection       string
			want            map[string]int
		}{
			{"50 by id", byID, nested, map[string]int{"get Profile": 1, "owned Address": 1, "owned PurchaseInfo": 1}},
			{"50 by key", byKey, nested, map[string]int{"find Profile": 1, "owned Address": 1, "owned PurchaseInfo": 1}},
			{"both", slices.Concat(byID, byKey), `... on Profile { email }`, map[string]int{"get Profile": 1, "find Profile": 1}},
		} {
			clear(store.calls)
			r := in.entities(test.selection, test.representations...)
			if list := r.at("_entities").([]any); len(r.Errors) > 0 || len(list) != len(test.representations) || slices.Contains(list, nil) {
				t.Fatal(test.what, r.Text)
			}
			if !maps.Equal(store.calls, test.want) {
				t.Errorf("%s: %v, want %v", test.what, store.calls, test.want)
			}
		}
	})
}

func TestServedSDL(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	seen := map[string]string{}
	for _, variant := range []string{"", "?variant=client", "?variant=federation", "?variant=public"} {
		r := in.send("GET", "/sdl"+variant, nil)
		if r.Status != 200 || r.Header.Get("ETag") == "" {
			t.Fatalf("%s: %d %.200s", variant, r.Status, r.Text)
		}
		if again := in.send("GET", "/sdl"+variant, nil, "If-None-Match", r.Header.Get("ETag")); again.Status != 304 {
			t.Errorf("%s: with its ETag %d", variant, again.Status)
		}
		seen[variant] = r.Text
	}
	if seen[""] != seen["?variant=client"] || strings.Contains(seen[""], "@key") || strings.Contains(seen[""], "_entities") {
		t.Error("clients are shown what is there for gateways")
	}
	if got := in.do(`{ _service { sdl } }`).str("_service.sdl"); got != seen["?variant=federation"] {
		t.Error("_service has another SDL than the federation variant")
	}
	if strings.Contains(seen["?variant=public"], "email") {
		t.Error("the public variant has sensitive fields")
	}
	if r := in.send("GET", "/sdl?variant=private", nil); r.Status != 400 || r.code() != "BAD_USER_INPUT" {
		t.Errorf("an unknown variant: %d %s", r.Status, r.Text)
	}
	in.publish("Profile", `{"properties": {"shoeSize": {"type": ["number", "null"]}}}`)
	if got := in.do(`{ _service { sdl } }`).str("_service.sdl"); !strings.Contains(got, "shoeSize") {
		t.Error("a published field is not in the subgraph at once")
	}
}

// TestPins: a pinned id gives the document as it was, by every way that takes an id to read.
func TestPins(t *testing.T) {
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		ana := in.profile("ana@example.com")
		made := in.do(`mutation($id: ID!) { createAddress(profileId: $id, input: {locality: "Lisboa", route: "Rua A"}) { id meta { version pin } } }`, vars{"id": ana})
		id, version, shipped := made.str("createAddress.id"), made.str("createAddress.meta.version"), made.str("createAddress.meta.pin")
		if shipped == id || shipped == "" {
			t.Fatal(made.Text)
		}
		moved := in.do(`mutation($id: ID!) { updateAddress(id: $id, patch: {locality: "Porto"}) { meta { pin } } }`, vars{"id": id}).str("updateAddress.meta.pin")
		query := `query($pin: ID!, $id: ID!) { old: address(id: $pin) { id profileId locality profile { id } meta { version pin } } new: address(id: $id) { id locality meta { pin } } }`
		r := in.do(query, vars{"pin": shipped, "id": id})
		wantJSON(t, r.Data, fmt.Sprintf(`{"old": {"id": %q, "profileId": %q, "locality": "Lisboa", "profile": {"id": %q}, "meta": {"version": %q, "pin": %q}},
			"new": {"id": %q, "locality": "Porto", "meta": {"pin": %q}}}`, shipped, ana, ana, version, shipped, id, moved))

		store := &counted{Store: in.store, calls: map[string]int{}}
		in.docs = profile.New(profile.Options{Store: store, Vault: in.vault, Auth: in.grants, Now: in.now, Log: in.log})
		r = in.entities(`... on Address { id locality }`, of("Address", "id", shipped), of("Address", "id", id), of("Address", "id", moved), of("Address", "id", shipped),
			of("Address", "id", id+"~"), of("Address", "id", id+"~1-none"), of("Address", "id", id+"~99-none"), of("Address", "id", "~"+version), of("Address", "id", "none~"+version),
			of("Address", "id", shipped+"~"), of("Profile", "id", shipped))
		wantJSON(t, r.at("_entities"), fmt.Sprintf(`[{"id": %q, "locality": "Lisboa"}, {"id": %q, "locality": "Porto"}, {"id": %q, "locality": "Porto"}, {"id": %q, "locality": "Lisboa"},
			null, null, null, null, null, null, null]`, shipped, id, moved, shipped))
		if want := map[string]int{"get Address": 3, "get Profile": 1}; len(r.Errors) > 0 || !maps.Equal(store.calls, want) {
			t.Errorf("look-ups %v, want %v: %s", store.calls, want, r.Text)
		}

		// What the profile owns is not pinned with it; another's eyes see no more than without.
		pin := in.do(`query($id: ID!) { profile(id: $id) { meta { pin } } }`, vars{"id": ana}).str("profile.meta.pin")
		r = in.do(`query($id: ID!) { profile(id: $id) { addresses { nodes { locality } } } }`, vars{"id": pin})
		wantJSON(t, r.at("profile"), `{"addresses": {"nodes": [{"locality": "Porto"}]}}`)
		bo := in.newKey([]string{"shopper"}, in.profile("bo@example.com"))
		wantJSON(t, bo.entities(`__typename`, of("Profile", "id", pin), of("Address", "id", shipped)).at("_entities"), `[null, null]`)

		// Seen in clear, it is on the record which version that was.
		in.do(`query($r: [_Any!]!) { _entities(representations: $r) { ... on Address { route(unmask: {reason: "the parcel came back"}) } } }`, vars{"r": []any{of("Address", "id", shipped)}})
		entry := in.managed(`{ audit(first: 1) { entries { action id version } } }`).at("audit.entries.0")
		wantJSON(t, entry, fmt.Sprintf(`{"action": "GetAddressVersionUnmasked", "id": %q, "version": %q}`, id, version))

		// A pin is no id to write by, and ends with the document.
		in.refused("NOT_FOUND", `mutation($id: ID!) { updateAddress(id: $id, patch: {locality: "Faro"}) { id } }`, vars{"id": shipped})
		in.refused("NOT_FOUND", `mutation($id: ID!) { deleteAddress(id: $id) }`, vars{"id": shipped})
		in.do(`mutation($id: ID!) { deleteAddress(id: $id) }`, vars{"id": id})
		wantJSON(t, in.entities(`__typename`, of("Address", "id", shipped)).at("_entities"), `[null]`)
	})
}

// TestFederatedTrace: whoever asks gets a trace, beside what else the extensions hold.
func TestFederatedTrace(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	in.profile("ana@example.com")
	const query = `{"query": "{ profiles(unmask: {reason: \"the parcel came back\"}) { nodes { email } } }"}`
	ask := func(header ...string) map[string]any {
		t.Helper()
		r := in.send("POST", "/graphql", strings.NewReader(query), append(header, "Content-Type", "application/json")...)
		var answer struct{ Extensions map[string]any }
		if err := json.Unmarshal([]byte(r.Text), &answer); err != nil || r.Status != 200 || answer.Extensions["audit"] == nil {
			t.Fatal(err, r.Text)
		}
		return answer.Extensions
	}
	text, _ := ask("apollo-federation-include-trace", "ftv1")["ftv1"].(string)
	if b, err := base64.StdEncoding.DecodeString(text); err != nil || !strings.Contains(string(b), "EmailAddress") || strings.Contains(string(b), "ana") || strings.Contains(string(b), "parcel") {
		t.Errorf("%v %q", err, b)
	}
	for _, header := range [][]string{nil, {"apollo-federation-include-trace", "ftv2"}} {
		if ask(header...)["ftv1"] != nil {
			t.Errorf("%v: a trace that nobody asked for", header)
		}
	}
}

// TestTraceContext: the span of a request goes on with the caller's trace (W3C Trace Context).
func TestTraceContext(t *testing.T) {
	t.Parallel()
	var exported journal
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(&exported, r.Body)
	}))
	defer collector.Close()
	c := defaults(t)
	c.TraceEndpoint = collector.URL
	in := boot(t, c)
	trace, parent := "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	in.send("POST", "/graphql", strings.NewReader(`{"query": "{ __typename }"}`), "Content-Type", "application/json", "traceparent", "00-"+trace+"-"+parent+"-01")
	in.stop()
	for _, id := range []string{trace, parent} {
		raw, err := hex.DecodeString(id)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(exported.String(), string(raw)) {
			t.Errorf("no span has %s", id)
		}
	}
}

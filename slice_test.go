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
)

// The main job, end to end: upload a schema, and the very next requests create and read documents
// of a type that did not exist.
func TestUploadCreateRead(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		create := `mutation($input: ProfileInput!) { createProfile(input: $input) { id shoeSize favouriteColour loyaltyCard { number level } } }`
		input := vars{"input": vars{"email": "john.doe@example.com", "firstName": "John", "lastName": "Doe", "document": "12345678911",
			"birthdate": "1990-05-17", "shoeSize": 42, "favouriteColour": "BLUE", "loyaltyCard": vars{"number": "77120023", "level": 3}}}
		in.refused("GRAPHQL_VALIDATION_FAILED", create, input)
		in.publish("Profile", `{"properties": {
			"shoeSize": {"type": "integer"},
			"favouriteColour": {"enum": ["RED", "BLUE"]},
			"loyaltyCard": {"type": "object", "additionalProperties": false, "properties": {
				"number": {"type": "string", "sensitive": true, "pii": true, "x-mask": "last4"},
				"level": {"type": "integer", "sensitive": true}}}}}`)
		made := in.do(create, input)
		wantJSON(t, made.at("createProfile.loyaltyCard"), `{"number": "****0023", "level": null}`)
		read := in.do(`query($id: ID!) { profile(id: $id) { firstName lastName email document birthdate shoeSize favouriteColour
			loyaltyCard { number level } meta { author expirationDate masked } } }`, vars{"id": made.str("createProfile.id")})
		author := read.str("profile.meta.author")
		if !strings.HasPrefix(author, "key:") {
			t.Errorf("the author is %q", author)
		}
		wantJSON(t, read.Data, `{"profile": {"firstName": "J***", "lastName": "D**", "email": "j***.d**@e******.c**", "document": "1**********",
			"birthdate": null, "shoeSize": 42, "favouriteColour": "BLUE", "loyaltyCard": {"number": "****0023", "level": null},
			"meta": {"author": "`+author+`", "expirationDate": null, "masked": ["firstName", "lastName", "email", "document", "birthdate",
			"loyaltyCard.number", "loyaltyCard.level"]}}}`)
	})
}

// While schemas are published no request fails, each sees the schema before or the one after, and
// one that begins after a publish sees what was published.
func TestPublishUnderLoad(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		in.account(t, "bystander")
		before, err := in.schemas.Current(t.Context(), "bystander")
		if err != nil {
			t.Fatal(err)
		}
		const publishes = 12
		id := in.profile("first@example.com")
		var published, beginning, requests atomic.Int64
		var stop atomic.Bool
		var load sync.WaitGroup
		for n := range 8 {
			load.Go(func() {
				for !stop.Load() {
					atLeast := published.Load()
					query, v := `query($id: ID!) { profile(id: $id) { id email } __type(name: "Profile") { fields { name } } }`, vars{"id": id}
					if n%4 == 0 {
						query, v = `mutation($e: EmailAddress!) { createProfile(input: {email: $e, tags: ["a"]}) { id email tags } }`, vars{"e": uuid.NewString() + "@example.com"}
					}
					r, err := in.post("/graphql", query, v)
					if err != nil || r.Status != 200 || len(r.Errors) > 0 {
						t.Errorf("a request failed: %v %+v", err, r)
						return
					}
					requests.Add(1)
					if n%4 == 0 {
						continue
					}
					fields, _ := r.at("__type.fields").([]any)
					seen := 0
					for _, f := range fields {
						if strings.HasPrefix(f.(map[string]any)["name"].(string), "added") {
							seen++
						}
					}
					if most := beginning.Load(); int64(seen) < atLeast || int64(seen) > most {
						t.Errorf("%d added fields are seen, want %d to %d", seen, atLeast, most)
					}
				}
			})
		}
		for n := range publishes {
			beginning.Store(int64(n + 1))
			in.publish("Profile", fmt.Sprintf(`{"properties": {"added%d": {"type": "string"}}}`, n))
			published.Store(int64(n + 1))
			time.Sleep(10 * time.Millisecond)
		}
		stop.Store(true)
		load.Wait()
		if requests.Load() < publishes {
			t.Errorf("only %d requests", requests.Load())
		}
		after, err := in.schemas.Current(t.Context(), "bystander")
		if err != nil || after.Engine != before.Engine {
			t.Errorf("another account was compiled anew (%v)", err)
		}
	})
}

// Documents that are created while a look-up key is published can be found by it, those of requests
// that began before included.
func TestIndexUnderLoad(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		in.publish("Thing", `{"type": "object", "properties": {"note": {"type": "string"}}}`)
		var made sync.Map
		var n atomic.Int64
		var stop atomic.Bool
		var load sync.WaitGroup
		for range 8 {
			load.Go(func() {
				for !stop.Load() {
					note := fmt.Sprint("n", n.Add(1))
					r, err := in.post("/graphql", `mutation($n: String) { createThing(input: {note: $n}) { id } }`, vars{"n": note})
					if err != nil || r.code() != "" {
						t.Errorf("%v %+v", err, r)
						return
					}
					made.Store(note, r.str("createThing.id"))
				}
			})
		}
		time.Sleep(20 * time.Millisecond)
		in.publish("Thing", `{"v-indexed": ["note"], "v-unique": ["note"]}`)
		time.Sleep(20 * time.Millisecond)
		stop.Store(true)
		load.Wait()
		for begin := time.Now(); ; time.Sleep(100 * time.Millisecond) {
			lost := 0
			made.Range(func(note, id any) bool {
				if in.do(`query($n: String!) { thing(by: {note: $n}) { id } }`, vars{"n": note}).str("thing.id") != id {
					lost++
				}
				return true
			})
			if lost == 0 {
				break
			}
			if time.Since(begin) > 15*time.Second {
				t.Fatalf("%d of %d documents cannot be found", lost, n.Load())
			}
		}
		made.Range(func(note, _ any) bool {
			in.refused("NOT_UNIQUE", `mutation($n: String) { createThing(input: {note: $n}) { id } }`, vars{"n": note})
			return false
		})
	})
}

// Publishes of different people at the same time all take effect, one after the other.
func TestPublishesAtOnce(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		var all sync.WaitGroup
		for n := range 6 {
			all.Go(func() {
				r, err := in.try("PUT", "/schemas/Profile", strings.NewReader(fmt.Sprintf(`{"properties": {"by%d": {"type": "string"}}}`, n)))
				if err != nil || r.Status != 200 {
					t.Errorf("publish: %v %+v", err, r)
				}
			})
		}
		all.Wait()
		r := in.do(`{ __type(name: "Profile") { fields { name } } }`)
		var names []string
		for _, f := range r.at("__type.fields").([]any) {
			names = append(names, f.(map[string]any)["name"].(string))
		}
		for n := range 6 {
			if !slices.Contains(names, fmt.Sprintf("by%d", n)) {
				t.Errorf("what publisher %d added is lost", n)
			}
		}
		if got := in.managed(`{ schema(entity: "Profile") { version } }`).at("schema.version"); got != 6.0 {
			t.Errorf("the schema is at version %v", got)
		}
	})
}

// Another process on the same MongoDB follows a publish and a revocation within two seconds.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		if c.MongodbURI == "" {
			t.Skip("the embedded store has one process")
		}
		a, b := boot(t, c), boot(t, c)
		b.key = a.key
		reader := a.newKey([]string{"reader"}, "")
		query := `{ profiles { nodes { id } } __type(name: "Profile") { fields { name } } }`
		sees := func() bool { return strings.Contains(b.ask(query).Text, `"news"`) }
		if sees() {
			t.Fatal("the field is there before it was published")
		}
		other := reader.as(t, reader.key)
		other.url = b.url
		other.do(query)
		a.publish("Profile", `{"properties": {"news": {"type": "string"}}}`)
		keys := a.managed(`{ apiKeys { id roles } }`)
		for _, k := range keys.at("apiKeys").([]any) {
			if at(k, "roles.0") == "reader" {
				a.managed(`mutation($id: ID!) { revokeApiKey(id: $id) { id } }`, vars{"id": at(k, "id")})
			}
		}
		time.Sleep(2100 * time.Millisecond)
		if !sees() {
			t.Error("the other process does not see the publish after 2 s")
		}
		if r := other.ask(query); r.Status != 401 {
			t.Errorf("a key revoked by the other process is answered %d", r.Status)
		}
	})
}

// A level of a query is answered by one batch for each kind of thing in it, however many documents
// there are.
func TestReadsAreBatched(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		const profiles = 12
		for n := range profiles {
			id := in.profile(fmt.Sprintf("p%d@example.com", n))
			in.do(`mutation($id: ID!) { a: createAddress(profileId: $id, input: {locality: "Rio"}) { id } b: createAddress(profileId: $id, input: {locality: "Natal"}) { id }
				createPurchaseInfo(profileId: $id, input: {isToSavePersonalData: true}) { id } }`, vars{"id": id})
		}
		count := func(name string) (n float64) {
			for line := range strings.SplitSeq(in.send("GET", "/metrics", nil).Text, "\n") {
				if value, ok := strings.CutPrefix(line, name+" "); ok {
					if _, err := fmt.Sscan(value, &n); err != nil {
						t.Fatal(err)
					}
				}
			}
			return n
		}
		reads, batches := count("profilegraph_reads_total"), count("profilegraph_read_batches_total")
		r := in.do(`{ profiles { nodes { id addresses { nodes { id locality profile { id } } } purchaseInfo { isToSavePersonalData } } } }`)
		reads, batches = count("profilegraph_reads_total")-reads, count("profilegraph_read_batches_total")-batches
		if reads < 2*profiles || batches > 4 {
			t.Errorf("%v reads were answered by %v batches", reads, batches)
		}
		nodes := r.at("profiles.nodes").([]any)
		if len(nodes) != profiles {
			t.Fatalf("%d profiles", len(nodes))
		}
		for i, node := range nodes {
			id := at(node, "id")
			if at(node, "addresses.nodes.0.locality") != "Rio" || at(node, "addresses.nodes.1.locality") != "Natal" || at(node, "addresses.nodes.1.profile.id") != id || at(node, "purchaseInfo.isToSavePersonalData") != true {
				t.Errorf("profile %d: %v", i, node)
			}
		}
	})
}

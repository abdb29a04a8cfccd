package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// A key that becomes unique is so for the documents too that are written while the others are looked at; else
// nothing has come of it.
func TestUniqueBesideWrites(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		in := boot(t, c)
		rounds := 12
		if c.MongodbURI != "" { // other servers are waited for
			rounds = 3
		}
		refused := 0
		for round := range rounds {
			entity := fmt.Sprintf("Code%c", 'A'+round)
			in.publish(entity, fmt.Sprintf(codeSchema, ""))
			create := fmt.Sprintf(`mutation($c: String) { create%s(input: {code: $c}) { id } }`, entity)
			for i := range 40 {
				in.do(create, vars{"c": fmt.Sprint(i)})
			}
			var writers sync.WaitGroup
			for range 2 {
				writers.Go(func() {
					time.Sleep(time.Duration(round) * 3 * time.Millisecond) // into the publish, hopefully
					in.ask(create, vars{"c": "twice"})
				})
			}
			published := in.upload(entity, fmt.Sprintf(codeSchema, `, "v-unique": ["code"]`))
			writers.Wait()
			if published.Status != 200 {
				refused++
			}
			in.uniqueOrRefused(entity, published)
		}
		t.Logf("%d of %d were refused", refused, rounds)
	})
}

// Other servers notice a publish within two seconds, and go on under the schema before until then.
func TestUniqueBesideAnotherServer(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, c Config) {
		if c.MongodbURI == "" {
			t.Skip("an embedded store has one server")
		}
		here := boot(t, c)
		here.publish("Code", fmt.Sprintf(codeSchema, ""))
		there := boot(t, c)
		there.client.key = here.key
		create := `mutation($c: String) { createCode(input: {code: $c}) { id } }`
		there.do(create, vars{"c": "once"})
		inForce := func() any { return here.managed(`{ schema(entity: "Code") { version } }`).at("schema.version") }
		published := make(chan *reply)
		go func() { published <- here.upload("Code", fmt.Sprintf(codeSchema, `, "v-unique": ["code"]`)) }()
		for inForce() != 2.0 {
			time.Sleep(5 * time.Millisecond)
		}
		for range 2 {
			there.do(create, vars{"c": "twice"})
		}
		if r := <-published; r.Status == 200 {
			t.Error("published")
		} else {
			here.uniqueOrRefused("Code", r)
		}
		if got := inForce(); got != 3.0 {
			t.Errorf("version %v is in force", got)
		}
	})
}

const codeSchema = `{"type": "object", "properties": {"code": {"type": "string"}}, "v-indexed": ["code"]%s}`

// uniqueOrRefused reports whether code is unique after a publish that wanted it so, unless that was refused.
func (c *client) uniqueOrRefused(entity string, published *reply) {
	c.t.Helper()
	create := fmt.Sprintf(`mutation { create%s(input: {code: "twice"}) { id } }`, entity)
	if published.Status != 200 {
		if published.code() != "SCHEMA_BREAKING" || published.rules() != "UNIQUE_NO_ADD" {
			c.t.Error(published.Text)
		}
		c.do(create) // nothing is unique
		return
	}
	page := c.do(fmt.Sprintf(`{ c: code%ss(first: 100) { nodes { code } } }`, entity[len("Code"):]))
	if n := strings.Count(page.Text, `"twice"`); n > 1 {
		c.t.Errorf("%s: the key is unique, and %d documents have one value", entity, n)
	}
}

// What is allowed stays so when a schema is in force: documents that lack a property do not count against a constraint
// that came with it.
func TestAllowedStands(t *testing.T) {
	t.Parallel()
	in := boot(t, defaults(t))
	in.publish("Thing", `{"type": "object", "x-entity": {}, "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "additionalProperties": false}`)
	in.do(`mutation { createThing(input: {a: "x"}) { id } }`)
	in.publish("Thing", `{"properties": {"a": {"type": "string", "pattern": "^x"}}, "required": ["b"]}`, "?allow=REQUIRED_NO_ADD")
	if r := in.managed(`{ schema(entity: "Thing") { version } }`); r.at("schema.version") != 2.0 {
		t.Errorf("in force: %s", r.Text)
	}
}

package graph_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/profilegraph/profilegraph/graph"
	"github.com/profilegraph/profilegraph/schema"
)

// usable compiles and checks what the schema language accepts; accepted is false for all else.
func usable(t testing.TB, cache *graph.Cache, doc []byte) (accepted bool) {
	t.Helper()
	e, _, err := schema.Parse("Thing", doc, schema.Limits{})
	if err != nil {
		return false
	}
	entities := []*schema.Entity{e}
	if e.Owner != "" {
		entities = append(entities, schema.Defaults()...)
	}
	set, err := schema.NewSet(entities)
	if err != nil {
		return false
	}
	engine, err := graph.Compile(set, graph.Options{Cache: cache})
	if err == nil {
		err = engine.Check()
	}
	if err != nil {
		t.Errorf("accepted, but not to be used: %v\n%s", err, doc)
	}
	return true
}

// FuzzCompile: whatever the schema language accepts, there is a GraphQL schema of it.
func FuzzCompile(f *testing.F) {
	for _, pattern := range []string{"types/*.json", "real/*.json", "rules/*/*.json"} {
		files, err := filepath.Glob(filepath.Join("..", "schema", "testdata", pattern))
		if err != nil || len(files) == 0 {
			f.Fatal(pattern, err)
		}
		for _, file := range files {
			doc, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(doc)
		}
	}
	for seed := range uint64(20) {
		f.Add(tangle(seed))
	}
	cache := graph.NewCache(0)
	f.Fuzz(func(t *testing.T, doc []byte) { usable(t, cache, doc) })
}

// TestTangles compiles schemas whose definitions refer to each other in all ways there are.
func TestTangles(t *testing.T) {
	cache := graph.NewCache(0)
	accepted := 0
	const all = 600
	for seed := range uint64(all) {
		if usable(t, cache, tangle(seed)) {
			accepted++
		}
	}
	if accepted < all/10 || accepted > all*9/10 {
		t.Errorf("the test has lost its teeth: %d of %d accepted", accepted, all)
	}
}

// tangle makes a schema with a few definitions that refer to each other.
func tangle(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 4))
	type object = map[string]any
	names := []string{"A", "B", "C"}
	ref := func() object { return object{"$ref": "#/$defs/" + names[r.IntN(len(names))]} }
	property := func() any {
		switch r.IntN(12) {
		case 0:
			return object{"anyOf": []any{ref(), object{"type": "null"}}}
		case 1:
			return object{"type": "array", "items": ref()}
		case 2:
			return object{"type": "object", "additionalProperties": ref()}
		case 3:
			return object{"allOf": []any{ref(), object{"description": "More of it."}}}
		case 4:
			return object{"type": "object", "required": []any{"in"}, "properties": object{"in": ref()}}
		case 5:
			return object{"$ref": ref()["$ref"], "readOnly": true}
		case 6:
			return object{"$ref": ref()["$ref"], "nullable": true}
		case 7, 8:
			return object{"type": "string"}
		}
		return ref()
	}
	fields := func(kind string) object {
		properties, required := object{}, []any{}
		if kind != "" {
			properties["kind"], required = object{"const": kind}, append(required, "kind")
		}
		for i := range 1 + r.IntN(3) {
			name := fmt.Sprint("p", i)
			properties[name] = property()
			if r.IntN(2) == 0 {
				required = append(required, name)
			}
		}
		return object{"type": "object", "properties": properties, "required": required, "additionalProperties": r.IntN(3) == 0}
	}
	definitions := object{}
	for _, name := range names {
		if r.IntN(4) == 0 {
			definitions[name] = object{"oneOf": []any{fields("x"), fields("y")}}
		} else {
			definitions[name] = fields("")
		}
	}
	root := fields("")
	root["$defs"] = definitions
	if r.IntN(4) == 0 {
		root["properties"].(object)["self"] = object{"$ref": "#"}
	}
	doc, err := json.Marshal(root)
	if err != nil {
		panic(err)
	}
	return doc
}

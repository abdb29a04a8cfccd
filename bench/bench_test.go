package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/profilegraph/profilegraph/bench"
	"github.com/profilegraph/profilegraph/graph"
	"github.com/profilegraph/profilegraph/graph/generated"
	"github.com/profilegraph/profilegraph/schema"
)

// mongodbEnv names a MongoDB-compatible server, as for the other tests.
const mongodbEnv = "PROFILEGRAPH_TEST_MONGODB_URI"

const eightFields = "id firstName lastName email document documentType cellPhone priceTable"

// onEachStore runs a benchmark against the built program on each store there is, with 200 profiles.
func onEachStore(b *testing.B, f func(b *testing.B, s *server)) {
	dir := b.TempDir()
	binary := filepath.Join(dir, "profilegraph")
	if out, err := exec.Command("go", "build", "-o", binary, "..").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	run := func(b *testing.B, mongodb string) {
		process, err := bench.StartProfilegraph(bench.AnyProcessor, binary, filepath.Join(b.TempDir(), "data"), mongodb)
		if err != nil {
			b.Fatal(err)
		}
		s := &server{Server: process}
		defer func() {
			if err := process.Stop(); err != nil {
				b.Error(err)
			}
		}()
		for range 200 {
			s.ids = append(s.ids, s.create(b))
		}
		f(b, s)
	}
	b.Run("embedded", func(b *testing.B) { run(b, "") })
	b.Run("mongodb", func(b *testing.B) {
		uri := os.Getenv(mongodbEnv)
		if uri == "" {
			b.Skipf("%s names no MongoDB-compatible server", mongodbEnv)
		}
		own, drop, err := bench.Database(uri)
		if err != nil {
			b.Fatal(err)
		}
		defer func() {
			if err := drop(); err != nil {
				b.Error(err)
			}
		}()
		run(b, own)
	})
}

// server is the program, running.
type server struct {
	*bench.Server
	ids  []string
	next atomic.Int64
}

// query sends a GraphQL request and returns the answer, which must begin so.
func (s *server) query(b *testing.B, begins, query string, variables map[string]any) []byte {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		b.Fatal(err)
	}
	answer, err := s.Send(context.Background(), "POST", "/graphql", body)
	if err != nil {
		b.Fatal(err)
	}
	if !bytes.HasPrefix(answer, []byte(begins)) {
		b.Fatalf("unexpected answer: %.500s", answer)
	}
	return answer
}

func (s *server) create(b *testing.B) (id string) {
	n := s.next.Add(1)
	answer := s.query(b, `{"data":{"createProfile":{"id":"`, `mutation($input: ProfileInput!) { createProfile(input: $input) { id } }`, map[string]any{"input": map[string]any{
		"email": fmt.Sprintf("shopper.%08d@shop.example", n), "firstName": "Maria", "lastName": "Fernández", "document": fmt.Sprintf("%011d", n),
		"documentType": "cpf", "cellPhone": fmt.Sprintf("+5511%09d", n), "birthdate": "1985-06-17", "gender": "female", "priceTable": "gold"}})
	var created struct {
		Data struct{ CreateProfile struct{ ID string } }
	}
	if err := json.Unmarshal(answer, &created); err != nil {
		b.Fatal(err)
	}
	return created.Data.CreateProfile.ID
}

// BenchmarkDocuments takes the time of one request over HTTP, client and all.
func BenchmarkDocuments(b *testing.B) {
	onEachStore(b, func(b *testing.B, s *server) {
		b.Run("read by id", func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				s.query(b, `{"data":{"profile":{"id":"`, `query($id: ID!) { profile(id: $id) { `+eightFields+` } }`, map[string]any{"id": s.ids[i%len(s.ids)]})
			}
		})
		b.Run("read by key", func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				s.query(b, `{"data":{"profile":{"id":"`, `query($by: ProfileBy!) { profile(by: $by) { `+eightFields+` } }`,
					map[string]any{"by": map[string]any{"email": fmt.Sprintf("shopper.%08d@shop.example", 1+i%len(s.ids))}})
			}
		})
		b.Run("list of 50", func(b *testing.B) {
			for b.Loop() {
				s.query(b, `{"data":{"profiles":{"nodes":[{"id":"`, `{ profiles(first: 50) { nodes { `+eightFields+` } } }`, nil)
			}
		})
		b.Run("create", func(b *testing.B) {
			for b.Loop() {
				s.create(b)
			}
		})
		b.Run("create, 16 at a time", func(b *testing.B) {
			b.SetParallelism((16 + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0))
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					s.create(b)
				}
			})
		})
		b.Run("update", func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				s.query(b, `{"data":{"updateProfile":{"id":"`, `mutation($id: ID!, $patch: ProfilePatch!) { updateProfile(id: $id, patch: $patch) { id } }`,
					map[string]any{"id": s.ids[i%len(s.ids)], "patch": map[string]any{"firstName": fmt.Sprintf("Maria %d", i)}})
			}
		})
	})
}

// BenchmarkPublish adds a fiftieth field to a schema of 49 and takes the time until the next request
// has been answered by means of it.
func BenchmarkPublish(b *testing.B) {
	onEachStore(b, func(b *testing.B, s *server) {
		send := func(method, path string, body []byte) []byte {
			answer, err := s.Send(context.Background(), method, path, body)
			if err != nil {
				b.Fatal(err)
			}
			return answer
		}
		send("PUT", "/schemas/Profile", bench.OwnFields())
		base := send("GET", "/schemas/Profile", nil)
		n := 0
		b.Run("until visible", func(b *testing.B) {
			for b.Loop() {
				n++
				name := fmt.Sprintf("newest%d", n)
				send("PUT", "/schemas/Profile", bench.OneField(name))
				s.query(b, `{"data":{"profile":{"id":"`, `query($id: ID!) { profile(id: $id) { id `+name+` } }`, map[string]any{"id": s.ids[0]})
				b.StopTimer()
				send("PUT", "/schemas/Profile?mode=replace&allow=FIELD_NO_DELETE", base)
				b.StartTimer()
			}
		})
	})
}

// BenchmarkCompile compiles the schemas of an account whose profile has 50 fields, and reports what an
// account keeps in memory for as long as it is in use: the engine alone, and with the parsed schema.
// The built-in entities are the same for all accounts.
func BenchmarkCompile(b *testing.B) {
	options := graph.Options{Cache: graph.NewCache(0), Introspect: func(of *ast.Schema) graphql.ExecutableSchema {
		return generated.NewExecutableSchema(generated.Config{Schema: of})
	}}
	i := slices.IndexFunc(schema.Defaults(), func(e *schema.Entity) bool { return e.Name == "Profile" })
	base, err := schema.Merge(schema.Defaults()[i].Source, bench.OwnFields())
	if err != nil {
		b.Fatal(err)
	}
	set := func(n int) *schema.Set {
		source, err := schema.Merge(base, bench.OneField(fmt.Sprintf("newest%d", n)))
		if err != nil {
			b.Fatal(err)
		}
		profile, _, err := schema.Parse("Profile", source, schema.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		entities := schema.Defaults()
		entities[i] = profile
		s, err := schema.NewSet(entities)
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	compile := func(s *schema.Set) *graph.Engine {
		e, err := graph.Compile(s, options)
		if err != nil {
			b.Fatal(err)
		}
		return e
	}
	const accounts = 100
	sets, engines := make([]*schema.Set, accounts), make([]*graph.Engine, accounts)
	compile(set(accounts)) // what accounts have in common
	empty := inUse()
	for n := range sets {
		sets[n] = set(n)
	}
	parsed := inUse()
	for n, s := range sets {
		engines[n] = compile(s)
	}
	compiled := inUse()
	one := sets[0]
	b.ReportAllocs()
	for b.Loop() {
		compile(one)
	}
	b.ReportMetric(float64(compiled-parsed)/accounts/1024, "KiB/engine")
	b.ReportMetric(float64(compiled-empty)/accounts/1024, "KiB/account")
	runtime.KeepAlive(sets)
	runtime.KeepAlive(engines)
}

// inUse is the size of what lives on the heap.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

package graph_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/profilegraph/profilegraph/graph"
	"github.com/profilegraph/profilegraph/schema"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; rewrite with -update):\n%s", path, diff)
	}
}

func TestSDL(t *testing.T) {
	sets := map[string]func(testing.TB) *schema.Set{
		"shop":     func(t testing.TB) *schema.Set { return loadSet(t, "shop") },
		"defaults": func(t testing.TB) *schema.Set { return newSet(t, schema.Defaults()...) },
	}
	for name, set := range sets {
		t.Run(name, func(t *testing.T) {
			e := compile(t, set(t), graph.Options{})
			sdl := e.SDL(graph.Client)
			golden(t, name+".graphql", sdl)
			if err := e.Check(); err != nil {
				t.Errorf("the SDL does not load: %v", err)
			}
			cache := graph.NewCache(0)
			for range 3 {
				if again := compile(t, set(t), graph.Options{Cache: cache}).SDL(graph.Client); again != sdl {
					t.Errorf("compiled again it differs:\n%s", cmp.Diff(sdl, again))
				}
			}
		})
	}
}

func TestCompileRefuses(t *testing.T) {
	object := func(name string, fields ...*schema.Field) *schema.Type {
		for i, f := range fields {
			f.Slot = i
		}
		return &schema.Type{Kind: schema.Object, Name: name, Fields: fields}
	}
	text := func(name string) *schema.Field {
		return &schema.Field{Name: name, Property: name, Type: &schema.Type{Kind: schema.Scalar, Name: schema.String}}
	}
	entity := func(name, plural, owner string, fields ...*schema.Field) *schema.Entity {
		return &schema.Entity{Name: name, Plural: plural, Owner: owner, Many: true, Version: 1, Type: object(name, fields...)}
	}
	tests := []struct {
		name     string
		entities []*schema.Entity
		want     string
	}{
		{"nothing", nil, "no entities"},
		{"owner missing", []*schema.Entity{entity("A", "as", "B", text("x"))}, "B, which does not exist"},
		{"reserved", []*schema.Entity{entity("PageInfo", "pages", "", text("x"))}, "PageInfo"},
		{"field id", []*schema.Entity{entity("A", "as", "", text("id"))}, "A.id"},
		{"link", []*schema.Entity{entity("A", "as", "", text("bs")), entity("B", "bs", "A", text("x"))}, "A.bs"},
		{"root fields", []*schema.Entity{entity("A", "as", "", text("x")), entity("As", "ass", "", text("x"))}, "as"},
		{"types", []*schema.Entity{entity("A", "as", "", text("x")), entity("AEdge", "edges", "", text("x"))}, "AEdge"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := graph.Compile(&schema.Set{Entities: test.entities}, graph.Options{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

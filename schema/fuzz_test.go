package schema_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/profilegraph/profilegraph/schema"
)

// FuzzParse: whatever is uploaded, the answer is an entity or an *Invalid, and an entity holds what
// the package promises of it.
func FuzzParse(f *testing.F) {
	for _, doc := range hostile {
		if len(doc) < 10_000 {
			f.Add([]byte(doc))
		}
	}
	for _, pattern := range []string{"testdata/types/*.json", "testdata/rules/*/*.json", "default/*.json"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			doc, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(doc)
		}
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		e, _, err := schema.Parse("Thing", doc, schema.Limits{Size: 1 << 16})
		if err != nil {
			var invalid *schema.Invalid
			if !errors.As(err, &invalid) || len(invalid.Problems) == 0 {
				t.Fatal(err)
			}
			return
		}
		again, _, err := schema.Parse("Thing", e.Source, schema.Limits{})
		if err != nil {
			t.Fatalf("Source is refused: %v", err)
		}
		if changes := schema.Diff(e, again); len(changes) > 0 {
			t.Fatalf("Source differs: %v", changes)
		}
		e.Validate(map[string]any{})
		e.Validate(map[string]any{"a": "x", "b": []any{nil, true}, "c": map[string]any{"d": "e"}})
	})
}

package schema_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/profilegraph/profilegraph/schema"
)

var update = flag.Bool("update", false, "rewrite golden files")

// golden compares got with a file, or writes it.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// TestRules has one folder for each rule, with a pair of schemas that breaks it.
func TestRules(t *testing.T) {
	covered := make(map[string]bool)
	dirs, err := filepath.Glob("testdata/rules/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		rule := filepath.Base(dir)
		covered[rule] = true
		t.Run(rule, func(t *testing.T) {
			var versions [2]*schema.Entity
			for i, name := range []string{"old.json", "new.json"} {
				doc, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				versions[i] = parse(t, "Thing", string(doc))
			}
			var b strings.Builder
			found := false
			for _, c := range schema.Diff(versions[0], versions[1]) {
				fmt.Fprintf(&b, "%s %q %q %q\n", c.Kind, c.Path, c.From, c.To)
				for _, f := range schema.Check([]schema.Change{c}) {
					fmt.Fprintf(&b, "\t%s: %s (%s)", f.Rule, f.Message, f.Fix)
					if f.NeedsData {
						b.WriteString(" if stored documents do not comply")
					}
					b.WriteString("\n")
					found = found || f.Rule == rule
				}
			}
			if !found {
				t.Errorf("no finding of %s", rule)
			}
			golden(t, filepath.Join(dir, "expected.txt"), b.String())
			if same := schema.Diff(versions[1], versions[1]); len(same) > 0 {
				t.Errorf("a schema differs from itself: %v", same)
			}
		})
	}
	for _, r := range schema.Rules() {
		if !covered[r.ID] {
			t.Errorf("no folder for %s", r.ID)
		}
		if r.Purpose == "" {
			t.Errorf("%s has no purpose", r.ID)
		}
	}
}

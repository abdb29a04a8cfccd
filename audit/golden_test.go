package audit_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/profilegraph/profilegraph/audit"
)

var update = flag.Bool("update", false, "write the golden files")

// testKey signs what is in testdata, and nothing else.
const testKey = "PRIVATE+KEY+profilegraph+bfea21ad+AdZk7h6JSfl42LNmFvOXDLmGIoDLhY7lAM+WE2Zf7Fol"

// TestGoldenExport holds the format: exports of this release must be verified by later ones.
func TestGoldenExport(t *testing.T) {
	eachKind(t, func(t *testing.T, k kind) {
		dir := t.TempDir()
		key := filepath.Join(dir, "audit.key")
		if err := os.WriteFile(key, []byte(testKey), 0o600); err != nil {
			t.Fatal(err)
		}
		l := openLog(t, k, dir, audit.Options{Now: clock()})
		fill(t, l, "acme", 3)
		one(t, l, "acme", 17)
		before := all(t, l, "acme")[3].Time
		if _, err := l.Prune(t.Context(), "acme", before, "officer"); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Append(t.Context(), audit.Entry{Account: "acme", Action: "Bare"}); err != nil {
			t.Fatal(err)
		}
		golden(t, "export.ndjson", export(t, l, "acme"))
		golden(t, "public.key", l.PublicKey())
	})
	text, err := os.Open(filepath.Join("testdata", "export.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	key, err := os.ReadFile(filepath.Join("testdata", "public.key"))
	if err != nil {
		t.Fatal(err)
	}
	if report, err := audit.Verify(text, string(key)); err != nil || report.Entries != 19 || report.Pruned != 3 {
		t.Errorf("%+v, %v", report, err)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
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
		t.Error(diff)
	}
}

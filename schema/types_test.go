package schema_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/profilegraph/profilegraph/schema"
)

// TestTypes parses each schema of testdata/types and compares the types with a golden dump.
func TestTypes(t *testing.T) {
	files, err := filepath.Glob("testdata/types/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no test schemas", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			doc, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			e, warnings, err := schema.Parse("Thing", doc, schema.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := schema.NewSet([]*schema.Entity{e}); err != nil && e.Owner == "" {
				t.Error(err)
			}
			golden(t, strings.TrimSuffix(file, ".json")+".txt", dump(e, warnings))
			again := parse(t, "Thing", string(e.Source))
			if dump(again, nil) != dump(e, nil) || string(again.Source) != string(e.Source) {
				t.Error("Source does not parse into the same entity")
			}
			merged, err := schema.Merge(e.Source, doc)
			if err != nil || string(merged) != string(e.Source) {
				t.Errorf("merging a schema into itself changes it: %v\n%s\n%s", err, e.Source, merged)
			}
		})
	}
}

// TestRealSchemas shows what becomes of schemas that were not written for this server: the types,
// or why not. Where only the API's own names or a dialect are in the way, these are changed to see the rest.
func TestRealSchemas(t *testing.T) {
	files, err := filepath.Glob("testdata/real/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no test schemas", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			doc, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			e, warnings, err := schema.Parse("Thing", doc, schema.Limits{})
			var invalid *schema.Invalid
			if errors.As(err, &invalid) {
				for _, p := range invalid.Problems {
					fmt.Fprintf(&b, "problem %s\n", p)
				}
				renamed := strings.NewReplacer(`http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#`, `http://json-schema.org/draft-04/schema#`,
					`"id":`, `"theId":`, `"meta":`, `"theMeta":`, `"id",`, `"theId",`, `"meta",`, `"theMeta",`, `/definitions/id"`, `/definitions/theId"`).Replace(string(doc))
				e, warnings, err = schema.Parse("Thing", []byte(renamed), schema.Limits{})
			}
			if err == nil {
				b.WriteString(dump(e, warnings))
			}
			golden(t, strings.TrimSuffix(file, ".json")+".txt", b.String())
		})
	}
}

func TestDefaultTypes(t *testing.T) {
	var b strings.Builder
	for _, e := range schema.Defaults() {
		b.WriteString(dump(e, nil))
	}
	golden(t, "testdata/defaults.txt", b.String())
}

// dump writes an entity as text to be read.
func dump(e *schema.Entity, warnings []schema.Warning) string {
	d := &dumper{seen: map[*schema.Type]bool{}}
	fmt.Fprintf(d, "entity %s plural=%s", e.Name, e.Plural)
	if e.Owner != "" {
		fmt.Fprintf(d, " owner=%s many=%v", e.Owner, e.Many)
	}
	if e.TTLDays > 0 {
		fmt.Fprintf(d, " ttl=%d", e.TTLDays)
	}
	for _, k := range e.Keys {
		fmt.Fprintf(d, " key=%s", k.Field.Name)
		if k.Unique {
			d.WriteString("!")
		}
	}
	d.WriteString("\n")
	d.typ(e.Type)
	for i := 0; i < len(d.queue); i++ {
		d.typ(d.queue[i])
	}
	for _, w := range warnings {
		fmt.Fprintf(d, "warning %q %s: %s\n", w.Pointer, w.Keyword, w.Message)
	}
	return d.String() + "\n"
}

type dumper struct {
	strings.Builder
	seen  map[*schema.Type]bool
	queue []*schema.Type
}

func (d *dumper) name(t *schema.Type) string {
	if t.Kind == schema.List {
		if t.ElemNullable {
			return "[" + d.name(t.Elem) + "]"
		}
		return "[" + d.name(t.Elem) + "!]"
	}
	if t.Kind != schema.Scalar && !d.seen[t] {
		d.seen[t] = true
		d.queue = append(d.queue, t)
	}
	if t.Numeric {
		return t.Name + "(number)"
	}
	return t.Name
}

func (d *dumper) typ(t *schema.Type) {
	d.seen[t] = true
	describe := func(s string) {
		if s != "" {
			fmt.Fprintf(d, "  %q", s)
		}
		d.WriteString("\n")
	}
	switch t.Kind {
	case schema.Enum:
		fmt.Fprintf(d, "enum %s", t.Name)
		describe(t.Description)
		for _, v := range t.Values {
			fmt.Fprintf(d, "  %s = %#v", v.Name, v.Value)
			if v.Deprecated != "" {
				fmt.Fprintf(d, " deprecated=%q", v.Deprecated)
			}
			describe(v.Description)
		}
	case schema.Union:
		fmt.Fprintf(d, "union %s by %s", t.Name, t.Discriminator)
		describe(t.Description)
		for _, m := range t.Members {
			fmt.Fprintf(d, "  %s %q\n", d.name(m), m.Tags)
		}
	case schema.Object:
		fmt.Fprintf(d, "type %s", t.Name)
		describe(t.Description)
		for _, f := range t.Fields {
			fmt.Fprintf(d, "  %s: %s", f.Name, d.name(f.Type))
			if !f.Nullable {
				d.WriteString("!")
			}
			if f == t.Extra {
				d.WriteString(" extra")
			} else if f.Property != f.Name {
				fmt.Fprintf(d, " property=%q", f.Property)
			}
			d.flags(f)
			d.WriteString("\n")
		}
	}
}

func (d *dumper) flags(f *schema.Field) {
	for _, flag := range []struct {
		on   bool
		name string
	}{{f.Required, "required"}, {f.ReadOnly, "readOnly"}, {f.PII, "pii"}, {f.Sensitive && !f.PII, "sensitive"}} {
		if flag.on {
			d.WriteString(" " + flag.name)
		}
	}
	for _, text := range []struct{ name, value string }{{"mask", f.Mask}, {"format", f.Format}, {"normalize", f.Normalize},
		{"deprecated", f.Deprecated}, {"title", f.Title}, {"description", f.Description}} {
		if text.value != "" && text.value != "exact" {
			fmt.Fprintf(d, " %s=%q", text.name, text.value)
		}
	}
	for _, v := range []struct {
		name  string
		value any
	}{{"const", f.Const}, {"default", f.Default}, {"examples", f.Examples}} {
		if list, isList := v.value.([]any); v.value != nil && (!isList || len(list) > 0) {
			b, err := json.Marshal(v.value)
			fmt.Fprintf(d, " %s=%s", v.name, b)
			if err != nil {
				fmt.Fprint(d, err)
			}
		}
	}
}

package audit_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/storage"
)

// entryLine returns the place of an entry's line in an export without pruned entries.
func entryLine(t *testing.T, lines []string, entry int) int {
	t.Helper()
	for i, l := range lines {
		if strings.HasPrefix(l, `{"leaf":`) {
			if entry == 0 {
				return i
			}
			entry--
		}
	}
	t.Fatal("no such line")
	return 0
}

// entryWithLeaf is a line as a forger makes it: with the hash that belongs to the entry.
func entryWithLeaf(entry string) string {
	leaf := sha256.Sum256([]byte("\x00" + entry))
	return `{"leaf":"` + base64.StdEncoding.EncodeToString(leaf[:]) + `","entry":` + entry + "}"
}

func entryOf(line string) string {
	_, entry, _ := strings.Cut(strings.TrimSuffix(line, "}"), `"entry":`)
	return entry
}

// TestTamperedExport changes an export of 40 entries, with checkpoints behind 16, 32 and 40.
func TestTamperedExport(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, kinds[0], dir, audit.Options{Now: clock()})
	receipts := one(t, l, "acme", 20)
	early := export(t, l, "acme")
	receipts = append(receipts, one(t, l, "acme", 20)...)
	good := strings.Split(strings.TrimSuffix(export(t, l, "acme"), "\n"), "\n")

	forger := openLog(t, kinds[0], t.TempDir(), audit.Options{Now: clock()})
	one(t, forger, "acme", 40)
	other := openLog(t, kinds[0], dir+"-other", audit.Options{Now: clock(), KeyFile: filepath.Join(dir, "audit.key")})
	foreign := one(t, other, "other", 40)

	edit := func(old, new string) func(string) string {
		return func(line string) string { return strings.Replace(line, old, new, 1) }
	}
	forge := func(old, new string) func(string) string {
		return func(line string) string { return entryWithLeaf(edit(old, new)(entryOf(line))) }
	}
	at := func(entry int, change func(string) string) func([]string) []string {
		return func(lines []string) []string {
			i := entryLine(t, lines, entry)
			lines[i] = change(lines[i])
			return lines
		}
	}
	// first sets the size that the first line states.
	first := func(size string, lines []string) []string {
		lines[0] = strings.Replace(lines[0], `"size":40`, `"size":`+size, 1)
		return lines
	}
	tests := []struct {
		name   string
		change func([]string) []string
		entry  int64 // that must be named
		only   int   // the most entries that may be named with it; 0: exactly it
		known  []string
	}{
		{name: "a text edited", change: at(7, edit(`"actor":"key-7"`, `"actor":"key-8"`)), entry: 7},
		{name: "a field left out", change: at(39, edit(`"document"`, `"phone"`)), entry: 39},
		{name: "a space added", change: at(0, edit(`"entry":{`, `"entry":{ `)), entry: 0},
		{name: "a time edited", change: at(12, edit(`2026-01-02`, `2026-01-03`)), entry: 12},
		{name: "the index edited", change: at(12, edit(`"index":12`, `"index":13`)), entry: 12},
		{name: "a name twice", change: at(12, edit(`,"entry":`, `,"entry":{},"entry":`)), entry: 12},
		{name: "not JSON any more", change: at(12, edit(`,"entry":{`, `,"entry":`)), entry: 12},
		{name: "the account edited", change: at(3, edit(`"account":"acme"`, `"account":"ecma"`)), entry: 3},
		{name: "edited, with its hash", change: at(20, forge("key-7", "key-8")), entry: 20, only: 16},
		{name: "the last edited, with its hash", change: at(39, forge("key-7", "key-8")), entry: 39, only: 8},
		{name: "the hash alone", change: at(7, func(line string) string {
			return `{"leaf":"` + base64.StdEncoding.EncodeToString(make([]byte, 32)) + `","entry":` + entryOf(line) + "}"
		}), entry: 7},
		{name: "one deleted", change: func(lines []string) []string {
			i := entryLine(t, lines, 9)
			return slices.Delete(lines, i, i+1)
		}, entry: 9},
		{name: "the first deleted", change: func(lines []string) []string { return slices.Delete(lines, 1, 2) }, entry: 0},
		{name: "several deleted, the size too", change: func(lines []string) []string {
			i := entryLine(t, lines, 20)
			return first("35", slices.Delete(lines, i, i+5))
		}, entry: 22, only: 5},
		{name: "one withheld as if pruned", change: at(9, func(line string) string {
			line, _, _ = strings.Cut(line, ",")
			return line + "}"
		}), entry: 9},
		{name: "the first withheld as if pruned", change: at(0, func(line string) string {
			line, _, _ = strings.Cut(line, ",")
			return line + "}"
		}), entry: 0},
		{name: "one twice", change: func(lines []string) []string {
			i := entryLine(t, lines, 9)
			return slices.Insert(lines, i, lines[i])
		}, entry: 9},
		{name: "one inserted, its hash right", change: func(lines []string) []string {
			i := entryLine(t, lines, 9)
			return slices.Insert(lines, i, forge("key-7", "key-8")(lines[i]))
		}, entry: 9},
		{name: "one added at the end", change: func(lines []string) []string {
			return slices.Insert(lines, len(lines)-1, forge(`"index":39`, `"index":40`)(lines[len(lines)-2]))
		}, entry: 40},
		{name: "one added behind the last checkpoint", change: func(lines []string) []string {
			return first("41", append(lines, forge(`"index":39`, `"index":40`)(lines[len(lines)-2])))
		}, entry: 40},
		{name: "two swapped", change: func(lines []string) []string {
			i := entryLine(t, lines, 9)
			lines[i], lines[i+1] = lines[i+1], lines[i]
			return lines
		}, entry: 9},
		{name: "two swapped, with their indexes", change: func(lines []string) []string {
			i := entryLine(t, lines, 9)
			lines[i], lines[i+1] = forge(`"index":10`, `"index":9`)(lines[i+1]), forge(`"index":9`, `"index":10`)(lines[i])
			return lines
		}, entry: 9, only: 16},
		{name: "cut", change: func(lines []string) []string { return lines[:entryLine(t, lines, 30)] }, entry: 30, only: 10},
		{name: "cut, the size too", change: func(lines []string) []string {
			return first("30", lines[:entryLine(t, lines, 30)])
		}, entry: 29, only: 16},
		{name: "the newest checkpoint left out", change: func(lines []string) []string { return lines[:len(lines)-1] }, entry: 39, only: 8},
		{name: "a checkpoint moved", change: func(lines []string) []string {
			i := entryLine(t, lines, 16)
			lines[i], lines[i-1] = lines[i-1], lines[i]
			return lines
		}, entry: 16},
		{name: "an older state", change: func([]string) []string { return strings.Split(strings.TrimSpace(early), "\n") },
			entry: 20, only: 20, known: []string{receipts[39].Checkpoint}},
		{name: "cut at a checkpoint", change: func(lines []string) []string {
			return first("32", lines[:entryLine(t, lines, 32)])
		}, entry: 32, only: 8, known: []string{receipts[3].Checkpoint, receipts[39].Checkpoint}},
		{name: "the log of another account", change: func([]string) []string {
			return strings.Split(strings.TrimSpace(export(t, other, "other")), "\n")
		}, entry: 0, known: []string{receipts[39].Checkpoint}},
		{name: "an account's name exchanged", change: func([]string) []string {
			return strings.Split(strings.TrimSpace(strings.ReplaceAll(export(t, other, "other"), "other", "acme")), "\n")
		}, entry: 0},
		{name: "a checkpoint of another account", change: func(lines []string) []string {
			lines[len(lines)-1] = strings.Replace(lines[len(lines)-1], lines[len(lines)-1], checkpointLine(foreign[39].Checkpoint), 1)
			return lines
		}, entry: 39},
		{name: "all forged, with another key", change: func([]string) []string {
			return strings.Split(strings.TrimSpace(strings.ReplaceAll(export(t, forger, "acme"), "key-7", "key-8")), "\n")
		}, entry: 15},
		{name: "signed anew with another key", change: func([]string) []string {
			return strings.Split(strings.TrimSpace(export(t, forger, "acme")), "\n")
		}, entry: 39},
	}
	if report, err := audit.Verify(strings.NewReader(strings.Join(good, "\n")), l.PublicKey(), receipts[3].Checkpoint, receipts[39].Checkpoint); err != nil || report.Checkpoints != 5 {
		t.Fatalf("the export as it is: %+v, %v", report, err)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Join(test.change(slices.Clone(good)), "\n") + "\n"
			report, err := audit.Verify(strings.NewReader(text), l.PublicKey(), test.known...)
			if !errors.Is(err, audit.ErrTampered) {
				t.Fatalf("not found: %v", err)
			}
			ok := slices.ContainsFunc(report.Problems, func(p audit.Problem) bool {
				return p.First <= test.entry && test.entry <= p.Last && p.Last-p.First < int64(max(1, test.only))
			})
			if !ok {
				t.Errorf("entry %d is not named: %v", test.entry, report.Problems)
			}
		})
	}
}

func checkpointLine(note string) string {
	return `{"checkpoint":"` + strings.ReplaceAll(note, "\n", `\n`) + `"}`
}

// TestNotAnExport wants an error, not a report.
func TestNotAnExport(t *testing.T) {
	l := openLog(t, kinds[0], t.TempDir(), audit.Options{})
	good := export(t, l, "acme")
	if _, err := audit.Verify(strings.NewReader(good), l.PublicKey()); err != nil {
		t.Errorf("an empty log: %v", err)
	}
	for name, text := range map[string]string{
		"nothing": "", "blank": "\n", "text": "hello\n", "other format": `{"format":"x","account":"acme","size":0}`,
		"no size": `{"format":"profilegraph-audit-1","account":"acme"}`,
	} {
		if _, err := audit.Verify(strings.NewReader(text), l.PublicKey()); !errors.Is(err, audit.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, key := range []string{"", "nonsense", l.PublicKey() + "x"} {
		if _, err := audit.Verify(strings.NewReader(good), key); !errors.Is(err, audit.ErrInvalid) {
			t.Errorf("key %q: %v", key, err)
		}
	}
	if _, err := audit.Verify(strings.NewReader(good), l.PublicKey(), "nonsense"); !errors.Is(err, audit.ErrTampered) {
		t.Errorf("known checkpoint: %v", err)
	}
}

// frames cuts a segment into its frames.
func frames(t *testing.T, data []byte) [][]byte {
	t.Helper()
	var list [][]byte
	for len(data) > 0 {
		n := 8 + binary.LittleEndian.Uint32(data)
		list = append(list, data[:n:n])
		data = data[n:]
	}
	return list
}

// reframe makes a changed frame look whole.
func reframe(frame []byte) []byte {
	binary.LittleEndian.PutUint32(frame, uint32(len(frame)-8))
	binary.LittleEndian.PutUint32(frame[4:], crc32.Checksum(frame[8:], crc32.MakeTable(crc32.Castagnoli)))
	return frame
}

// TestTamperedFiles changes the files of a log of 40 entries, a frame each, while it is closed.
func TestTamperedFiles(t *testing.T) {
	change := func(edit func([][]byte) [][]byte) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			path := filepath.Join(dir, "audit", "acme", "00000000000000000000.log")
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, bytes.Join(edit(frames(t, data)), nil), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	replace := func(frame []byte) []byte { return bytes.Replace(frame, []byte("key-7"), []byte("key-8"), 1) }
	drop := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "audit", "acme", name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name  string
		do    []func(*testing.T, string)
		entry string // as the error names it
		known bool   // it takes a known checkpoint to find it
	}{
		{"edited", []func(*testing.T, string){change(func(f [][]byte) [][]byte { f[5] = replace(f[5]); return f })}, "entry 5:", false},
		{"edited, the sum too", []func(*testing.T, string){change(func(f [][]byte) [][]byte { f[5] = reframe(replace(f[5])); return f })}, "entry 5:", false},
		{"the last edited", []func(*testing.T, string){change(func(f [][]byte) [][]byte { f[39] = replace(f[39]); return f })}, "entry 39:", false},
		{"the last edited, the sum too", []func(*testing.T, string){change(func(f [][]byte) [][]byte { f[39] = reframe(replace(f[39])); return f })}, "entry 39:", false},
		{"the last edited, its hash and the sum too", []func(*testing.T, string){change(func(f [][]byte) [][]byte {
			// The 39th entry completes no subtree, so its leaf is all that has to be forged.
			old := f[38][bytes.Index(f[38], []byte(`{"index":38`)):]
			was, is := sha256.Sum256(append([]byte{0}, old...)), sha256.Sum256(append([]byte{0}, replace(old)...))
			f[38] = reframe(bytes.Replace(replace(f[38]), was[:], is[:], 1))
			return f[:39]
		}), drop("hashes")}, "entry 38:", false},
		{"deleted", []func(*testing.T, string){change(func(f [][]byte) [][]byte { return slices.Delete(f, 5, 6) })}, "entry 5:", false},
		{"the first deleted", []func(*testing.T, string){change(func(f [][]byte) [][]byte { return f[1:] })}, "entry 0:", false},
		{"inserted", []func(*testing.T, string){change(func(f [][]byte) [][]byte { return slices.Insert(f, 6, f[5]) })}, "entry 6:", false},
		{"swapped", []func(*testing.T, string){change(func(f [][]byte) [][]byte { f[5], f[6] = f[6], f[5]; return f })}, "entry 5:", false},
		{"cut", []func(*testing.T, string){change(func(f [][]byte) [][]byte { return f[:37] })}, "entry 37:", false},
		{"cut within a frame", []func(*testing.T, string){change(func(f [][]byte) [][]byte { f[39] = f[39][:50]; return f })}, "entry 39:", false},
		{"zeroed", []func(*testing.T, string){change(func(f [][]byte) [][]byte { clear(f[5]); return f })}, "entry 5:", false},
		{"the last zeroed", []func(*testing.T, string){change(func(f [][]byte) [][]byte { clear(f[39]); return f })}, "entry 39:", false},
		{"emptied", []func(*testing.T, string){change(func([][]byte) [][]byte { return nil })}, "entry 0:", false},
		{"segment removed", []func(*testing.T, string){drop("00000000000000000000.log")}, "entry 0:", false},
		{"cut, the hashes too", []func(*testing.T, string){change(func(f [][]byte) [][]byte { return f[:37] }), drop("hashes")}, "entries 37 to 39:", true},
		{"all removed", []func(*testing.T, string){drop("00000000000000000000.log"), drop("hashes")}, "entries 0 to 39:", true},
		{"exchanged for that of another key", []func(*testing.T, string){func(t *testing.T, dir string) {
			forged := t.TempDir()
			l := openLog(t, kinds[0], forged, audit.Options{})
			one(t, l, "acme", 40)
			acme := filepath.Join("audit", "acme")
			if err := errors.Join(l.Close(), os.RemoveAll(filepath.Join(dir, acme)),
				os.CopyFS(filepath.Join(dir, acme), os.DirFS(filepath.Join(forged, acme)))); err != nil {
				t.Fatal(err)
			}
		}}, "signed by another key", false},
	}
	whole := t.TempDir()
	l := openLog(t, kinds[0], whole, audit.Options{})
	receipts := one(t, l, "acme", 40)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := copyLog(t, whole)
			for _, do := range test.do {
				do(t, dir)
			}
			l := openLog(t, kinds[0], dir, audit.Options{})
			var known []string
			if test.known {
				known = []string{receipts[39].Checkpoint}
			}
			if _, err := l.Check(t.Context(), "acme", known...); !errors.Is(err, audit.ErrTampered) || !strings.Contains(err.Error(), test.entry) {
				t.Errorf("found %v, not %q", err, test.entry)
			}
		})
	}
}

// TestTamperedStore changes records of a log of 40 entries, a record each.
func TestTamperedStore(t *testing.T) {
	space := storage.Space{Account: "acme", Collection: storage.Audit}
	id := func(n int) string {
		return "0000000000000000000000"[:18] + string([]byte{'0' + byte(n/10), '0' + byte(n%10)})
	}
	edit := func(t *testing.T, s storage.Store, n int, change func([]byte) []byte) {
		t.Helper()
		rec, err := s.Get(t.Context(), space, id(n))
		if err != nil {
			t.Fatal(err)
		}
		var body struct {
			Batch []byte `bson:"batch"`
		}
		if err := bson.Unmarshal(rec.Body, &body); err != nil {
			t.Fatal(err)
		}
		body.Batch = change(body.Batch)
		if rec.Body, err = bson.Marshal(body); err != nil {
			t.Fatal(err)
		}
		prev := rec.Rev
		rec.Rev = "forged"
		if err := s.Replace(t.Context(), space, rec, prev); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(t *testing.T, s storage.Store, n int) {
		if err := s.Delete(t.Context(), space, id(n), ""); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name  string
		do    func(*testing.T, storage.Store)
		entry string
		known bool
	}{
		{"edited", func(t *testing.T, s storage.Store) {
			edit(t, s, 5, func(b []byte) []byte { return bytes.Replace(b, []byte("key-7"), []byte("key-8"), 1) })
		}, "entry 5:", false},
		{"the last edited", func(t *testing.T, s storage.Store) {
			edit(t, s, 39, func(b []byte) []byte { return bytes.Replace(b, []byte("key-7"), []byte("key-8"), 1) })
		}, "entry 39:", false},
		{"spoilt", func(t *testing.T, s storage.Store) { edit(t, s, 5, func(b []byte) []byte { return b[:40] }) }, "entry 5:", false},
		{"deleted", func(t *testing.T, s storage.Store) { remove(t, s, 5) }, "entry 5:", false},
		{"the first deleted", func(t *testing.T, s storage.Store) { remove(t, s, 0) }, "entry 0:", false},
		{"exchanged", func(t *testing.T, s storage.Store) {
			var other []byte
			edit(t, s, 6, func(b []byte) []byte { other = b; return b })
			edit(t, s, 5, func([]byte) []byte { return other })
		}, "entry 5:", false},
		{"cut", func(t *testing.T, s storage.Store) { remove(t, s, 39); remove(t, s, 38) }, "entries 38 to 39:", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			l := openLog(t, kinds[1], dir, audit.Options{})
			receipts := one(t, l, "acme", 40)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			test.do(t, openStore(t, dir))
			l = openLog(t, kinds[1], dir, audit.Options{})
			var known []string
			if test.known {
				known = []string{receipts[39].Checkpoint}
			}
			if _, err := l.Check(context.Background(), "acme", known...); !errors.Is(err, audit.ErrTampered) || !strings.Contains(err.Error(), test.entry) {
				t.Errorf("found %v, not %q", err, test.entry)
			}
		})
	}
}

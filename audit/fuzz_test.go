package audit_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/profilegraph/profilegraph/audit"
	"github.com/profilegraph/profilegraph/tenant"
)

// FuzzVerify wants every export with other entries to be refused, and none to break the reader.
func FuzzVerify(f *testing.F) {
	good, err := os.ReadFile(filepath.Join("testdata", "export.ndjson"))
	if err != nil {
		f.Fatal(err)
	}
	key, err := os.ReadFile(filepath.Join("testdata", "public.key"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(good))
	f.Add("")
	f.Add(`{"format":"profilegraph-audit-1","account":"acme","size":9000000000000000000}`)
	f.Add(`{"format":"profilegraph-audit-1","account":"acme","size":0}` + "\n" + `{"checkpoint":"x"}`)
	f.Fuzz(func(t *testing.T, text string) {
		report, err := audit.Verify(strings.NewReader(text), string(key))
		if err == nil && entryLines(text) != entryLines(string(good)) {
			t.Errorf("taken for good: %+v", report)
		}
	})
}

func entryLines(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, `{"leaf"`) {
			b.WriteString(strings.TrimRight(line, "\r\n") + "\n")
		}
	}
	return b.String()
}

// FuzzSegment opens a log whose file holds anything at all.
func FuzzSegment(f *testing.F) {
	whole := f.TempDir()
	l := openLog(f, kinds[0], whole, audit.Options{})
	one(f, l, "acme", 2)
	if _, err := l.Append(f.Context(), disclosure("acme", "a"), disclosure("acme", "b")); err != nil {
		f.Fatal(err)
	}
	if err := l.Close(); err != nil {
		f.Fatal(err)
	}
	segment := filepath.Join("audit", "acme", "00000000000000000000.log")
	data, err := os.ReadFile(filepath.Join(whole, segment))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data, true)
	f.Add(data[:len(data)-5], false)
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0}, true)
	f.Fuzz(func(t *testing.T, data []byte, sums bool) {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, "audit", "acme"), 0o700); err != nil {
			t.Fatal(err)
		}
		if sums && len(data) > 8 {
			data = reframe(data) // or the decoder would see no changed batch at all
		}
		if err := os.WriteFile(filepath.Join(dir, segment), data, 0o600); err != nil {
			t.Fatal(err)
		}
		l := openLog(t, kinds[0], dir, audit.Options{KeyFile: filepath.Join(whole, "audit.key"), Logger: slog.New(slog.DiscardHandler)})
		_, err := l.Append(t.Context(), disclosure("acme", "x"))
		if err != nil && !errors.Is(err, audit.ErrTampered) {
			t.Error(err)
		}
		if _, checked := l.Check(t.Context(), "acme"); err == nil && checked != nil {
			// A forged first batch without a checkpoint is found only here; it must not panic.
			if !errors.Is(checked, audit.ErrTampered) {
				t.Error(checked)
			}
		}
	})
}

// FuzzEntry compares the encoding of entries with that of encoding/json.
func FuzzEntry(f *testing.F) {
	f.Add("acme", "GetProfileUnmasked", "firstName", "r\xff<&>\u2028\"\\\n", []byte{0, 255}, "until", int64(1_700_000_000_123_456))
	f.Add("acme", "Bare", "", "", []byte(nil), "", int64(0))
	f.Fuzz(func(t *testing.T, account, action, field, text string, reason []byte, detail string, at int64) {
		e := audit.Entry{Index: 7, Time: time.UnixMicro(at).UTC(), Account: tenant.ID(account), Action: action, Outcome: text, Actor: field,
			OnBehalfOf: text, Entity: action, ID: detail, Version: text, Subject: account, Purpose: field, Reason: reason, RequestID: text}
		if field != "" {
			e.Fields = []string{field, text}
		}
		if detail != "" {
			e.Details = map[string]string{detail: text, "a": "b", "z\x00": ""}
		}
		want, err := json.Marshal(e)
		if len(want) > audit.MaxEntry-100 {
			return // refused, or about to be
		}
		hash, herr := e.Hash()
		if err != nil || herr != nil {
			if err == nil || herr == nil {
				t.Fatalf("encoding/json: %v, here: %v", err, herr)
			}
			return
		}
		if hash != tlog.RecordHash(want) {
			t.Errorf("not encoded as %s", want)
		}
	})
}

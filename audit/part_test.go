package audit_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/profilegraph/profilegraph/audit"
)

// ending is a context that ends when it was asked a number of times.
type ending struct {
	context.Context
	left int
}

func (e *ending) Err() error {
	if e.left--; e.left < 0 {
		return context.DeadlineExceeded
	}
	return e.Context.Err()
}

// A record that is verified in parts is found as good, and as bad, as in one.
func TestCheckPart(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			l := openLog(t, k, t.TempDir(), audit.Options{})
			const all = 3_000
			for i := range all / 30 {
				var some []audit.Entry
				for range 30 {
					some = append(some, audit.Entry{Account: "acme", Action: "GetProfileUnmasked", ID: fmt.Sprint("p", i)})
				}
				if _, err := l.Append(t.Context(), some...); err != nil {
					t.Fatal(err)
				}
			}
			whole, err := l.Check(t.Context(), "acme")
			if err != nil {
				t.Fatal(err)
			}
			known, err := l.Checkpoint(t.Context(), "acme")
			if err != nil {
				t.Fatal(err)
			}
			parts, at := 0, ""
			var places []string
			for {
				report, next, err := l.CheckPart(&ending{t.Context(), 40}, "acme", at, 0, known)
				if err != nil {
					t.Fatalf("part %d: %v %v", parts, err, report.Problems)
				}
				parts++
				if next == "" {
					if report.Entries != whole.Entries || report.Newest.Size != all || report.Checkpoints < all/30 {
						t.Errorf("in %d parts %+v, in one %+v", parts, report, whole)
					}
					break
				}
				if report.Entries < 1 || report.Entries >= all || parts > 100 {
					t.Fatalf("part %d: %d entries", parts, report.Entries)
				}
				at = next
				places = append(places, next)
			}
			if parts < 3 {
				t.Errorf("%d parts", parts)
			}
			// Parts of a limited size are about that large, and say how far they are.
			for at, parts := "", 0; ; parts++ {
				report, next, err := l.CheckPart(t.Context(), "acme", at, 1_000, known)
				if err != nil || report.Size != all || next != "" && (report.Entries < int64(parts+1)*1_000 || report.Entries > int64(parts+1)*1_100) {
					t.Fatalf("part %d: %+v %v", parts, report, err)
				}
				if at = next; at == "" {
					if parts != 2 || report.Entries != all {
						t.Errorf("%d parts, then %+v", parts, report)
					}
					break
				}
			}
			// Entries that come in between are verified too.
			if _, err := l.Append(t.Context(), audit.Entry{Account: "acme", Action: "PutSchema"}); err != nil {
				t.Fatal(err)
			}
			if report, next, err := l.CheckPart(t.Context(), "acme", at, 0); err != nil || next != "" || report.Entries != all+1 {
				t.Errorf("%+v %q %v", report, next, err)
			}
			if _, err := l.Append(t.Context(), audit.Entry{Account: "other", Action: "PutSchema"}); err != nil {
				t.Fatal(err)
			}
			for _, wrong := range []string{"x", "e30x", at[:len(at)-8]} {
				if _, _, err := l.CheckPart(t.Context(), "acme", wrong, 0); !errors.Is(err, audit.ErrInvalid) {
					t.Errorf("%.10q: %v", wrong, err)
				}
			}
			if _, _, err := l.CheckPart(t.Context(), "other", at, 0); !errors.Is(err, audit.ErrInvalid) {
				t.Error("another account's place:", err)
			}
			// The tree of another place leads to no signed root.
			if report, _, err := l.CheckPart(t.Context(), "acme", forged(t, places[0], places[1]), 0); !errors.Is(err, audit.ErrTampered) {
				t.Errorf("%+v %v", report, err)
			}
			if _, _, err := l.CheckPart(&ending{t.Context(), 0}, "acme", "", 0); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		})
	}
}

// forged is a place with the first node of another one.
func forged(t *testing.T, place, other string) string {
	t.Helper()
	decode := func(text string) (v map[string]any) {
		plain, err := base64.RawURLEncoding.DecodeString(text)
		if err == nil {
			err = json.Unmarshal(plain, &v)
		}
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	a, b := decode(place), decode(other)
	a["nodes"].([]any)[0] = b["nodes"].([]any)[len(b["nodes"].([]any))-1]
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

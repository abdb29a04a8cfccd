package schema_test

import (
	"encoding/json"
	"testing"

	"github.com/profilegraph/profilegraph/schema"
)

func TestNormalize(t *testing.T) {
	for _, c := range []struct {
		kind string
		in   any
		want string
	}{
		{"email", " John.DOE@Example.COM ", "john.doe@example.com"},
		{"email", "x@BÜCHER.example", "x@xn--bcher-kva.example"},
		{"email", "no at", "no at"},
		{"name", "  José  DA\tSilva ", "josé da silva"},
		{"name", "STRASSE", "strasse"},
		{"name", "Straße", "strasse"},
		{"name", "Jose\u0301", "josé"},
		{"phone", "+55 (11) 99999-8888", "+5511999998888"},
		{"phone", "0055 11 999998888", "+5511999998888"},
		{"phone", "(11) 99999-8888", "11999998888"},
		{"phone", "+٥٥ 11", "+5511"},
		{"digits", "123.456.789-01", "12345678901"},
		{"digits", "12.abc.345/0001-x", "12ABC3450001X"},
		{"exact", " Jose\u0301 X ", "José X"},
		{"", "x", "x"},
		{"exact", json.Number("1.50e1"), "15"},
		{"exact", json.Number("15"), "15"},
		{"exact", json.Number("-0"), "0"},
		{"exact", json.Number("0.10"), "0.1"},
		{"exact", json.Number("1e-3"), "0.001"},
		{"exact", json.Number("12e300"), "12e300"},
		{"exact", true, "true"},
	} {
		got, err := schema.Normalize(c.kind, c.in)
		if err != nil || got != c.want {
			t.Errorf("%s %v: %q, %v; want %q", c.kind, c.in, got, err, c.want)
		}
	}
	for _, bad := range []struct {
		kind string
		in   any
	}{{"soundex", "x"}, {"exact", nil}, {"exact", []any{}}, {"exact", m{}}, {"exact", json.Number("x")}, {"exact", json.Number("1e10000000")}} {
		if got, err := schema.Normalize(bad.kind, bad.in); err == nil {
			t.Errorf("%v became %q", bad, got)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	for _, s := range []string{" John.DOE@Example.COM ", "Stra\u0323ße", "+٥٥ 11", "12.abc", "x@xn--", "\u1100\u1161-\u11a8", "\xff", "İ@İ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, kind := range []string{"email", "name", "phone", "digits", "exact"} {
			once, err := schema.Normalize(kind, s)
			if err != nil {
				t.Fatal(err)
			}
			if twice, err := schema.Normalize(kind, once); err != nil || twice != once {
				t.Errorf("%s of %q: %q, then %q, %v", kind, s, once, twice, err)
			}
		}
	})
}

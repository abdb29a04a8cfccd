package schema_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/profilegraph/profilegraph/schema"
)

// A text has an unpaired surrogate exactly if encoding/json puts another character in its place.
func FuzzUnpairedSurrogate(f *testing.F) {
	for _, text := range []string{`"a"`, `"\ud800"`, `"\ud83d\ude00"`, `"\\ud800"`, `"\\\ud800"`, `"\ud83d\ud83d\ude00"`, `"\udc00\ud800"`, `"\uD83dx\uDE00"`, `{"\ud800": ["\u0000"]}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(strings.ToLower(text), "fffd") || strings.ContainsRune(text, utf8.RuneError) {
			return // it may be meant
		}
		var v any
		if json.Unmarshal([]byte(text), &v) != nil {
			return
		}
		decoded, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := schema.UnpairedSurrogate([]byte(text)) >= 0, strings.ContainsRune(string(decoded), utf8.RuneError); got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
	})
}

var sink int

func BenchmarkUnpairedSurrogate(b *testing.B) {
	for name, body := range map[string]string{
		"one line":  `{"query":"query($id: ID!) { profile(id: $id) { id firstName lastName email document tags meta { version masked } } }","variables":{"id":"0199a8a0-7e1a-7c7a-b0c1-0123456789ab"}}`,
		"ten lines": `{"query":"query($id: ID!) {\n  profile(id: $id) {\n    id\n    firstName\n    lastName\n    email\n    document\n    tags\n    meta { version masked }\n  }\n}","variables":{"id":"0199a8a0-7e1a-7c7a-b0c1-0123456789ab"}}`,
	} {
		text := []byte(body)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				sink += schema.UnpairedSurrogate(text)
			}
		})
	}
}

package audit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/profilegraph/profilegraph/audit"
)

// BenchmarkAppend is what a disclosure waits for: one entry, durable.
func BenchmarkAppend(b *testing.B) {
	for _, kind := range kinds {
		for _, writers := range []int{1, 16} {
			b.Run(fmt.Sprintf("%s/writers=%d", kind.name, writers), func(b *testing.B) {
				l := openLog(b, kind, b.TempDir(), audit.Options{})
				share(b, writers, b.N, func(int) error {
					_, err := l.Append(b.Context(), disclosure("acme", "profile-1"))
					return err
				})
			})
		}
	}
}

// BenchmarkQuery finds one entry in 50,000 by its subject.
func BenchmarkQuery(b *testing.B) {
	for _, kind := range kinds {
		b.Run(kind.name, func(b *testing.B) {
			l := openLog(b, kind, b.TempDir(), audit.Options{})
			fill(b, l, "acme", 50_000)
			for b.Loop() {
				entries, _, err := l.Query(b.Context(), "acme", audit.Filter{Subject: "profile-100"})
				if err != nil || len(entries) != 1 {
					b.Fatal(len(entries), err)
				}
			}
		})
	}
}

// BenchmarkVerify checks an export of 50,000 entries.
func BenchmarkVerify(b *testing.B) {
	l := openLog(b, kinds[0], b.TempDir(), audit.Options{})
	fill(b, l, "acme", 50_000)
	text := export(b, l, "acme")
	for b.Loop() {
		if _, err := audit.Verify(strings.NewReader(text), l.PublicKey()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReopen opens a log of 50,000 entries and appends one.
func BenchmarkReopen(b *testing.B) {
	for _, kind := range kinds {
		b.Run(kind.name, func(b *testing.B) {
			dir := b.TempDir()
			l := openLog(b, kind, dir, audit.Options{})
			fill(b, l, "acme", 50_000)
			for b.Loop() {
				if err := l.Close(); err != nil {
					b.Fatal(err)
				}
				l = openLog(b, kind, dir, audit.Options{})
				if _, err := l.Append(b.Context(), disclosure("acme", "profile-1")); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

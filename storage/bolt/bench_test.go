package bolt_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/storage/bolt"
)

// filled returns a store of 100,000 records of a kilobyte.
func filled(b *testing.B) (s *bolt.Store, id func(i int) string) {
	const n = 100_000
	s = open(b, bolt.Options{})
	id = func(i int) string { return fmt.Sprintf("id-%08d", i*7919%n) }
	fill(b, s, n, func(i int) storage.Record { return record(b, id(i), 1000) })
	return s, id
}

func BenchmarkRead(b *testing.B) {
	s, id := filled(b)
	b.Run("get", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, err := s.Get(b.Context(), profiles, id(i)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("get one again", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Get(b.Context(), profiles, "id-00000000"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("get 50", func(b *testing.B) {
		b.ReportAllocs()
		ids := make([]string, 50)
		for i := 0; b.Loop(); i++ {
			for j := range ids {
				ids[j] = id(i*50 + j)
			}
			if _, err := s.GetMany(b.Context(), profiles, ids, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkInsert(b *testing.B) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprint("writers ", writers), func(b *testing.B) {
			s := open(b, bolt.Options{})
			var next atomic.Int64
			b.SetParallelism(writers)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := s.Insert(b.Context(), profiles, record(b, fmt.Sprintf("id-%08d", next.Add(1)), 1000)); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

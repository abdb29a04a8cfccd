package mongo_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/storage/mongo"
)

func BenchmarkRead(b *testing.B) {
	const n = 5_000
	uri, db := database(b)
	s := open(b, mongo.Options{URI: uri, Database: db.Name()})
	id := func(i int) string { return fmt.Sprintf("id-%08d", i*7919%n) }
	fill(b, s, n, func(i int) storage.Record { return record(id(i), "r1") })
	b.Run("get", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, err := s.Get(b.Context(), profiles, id(i)); err != nil {
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
	for _, writers := range []int{1, 16} {
		b.Run(fmt.Sprint("writers ", writers), func(b *testing.B) {
			uri, db := database(b)
			s := open(b, mongo.Options{URI: uri, Database: db.Name()})
			var next atomic.Int64
			b.SetParallelism(writers)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := s.Insert(b.Context(), profiles, record(fmt.Sprintf("id-%08d", next.Add(1)), "r1")); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

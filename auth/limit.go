package auth

import (
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// limits bounds for each key how often something may happen: burst times in a row, and once more after every
// period. Those that have not been heard of for longest are forgotten.
type limits[K comparable] struct {
	every time.Duration
	burst int
	known *lru.Cache[K, *rate.Limiter]
}

func newLimits[K comparable](every time.Duration, burst int) limits[K] {
	known, err := lru.New[K, *rate.Limiter](10_000)
	if err != nil {
		panic("auth: impossible: the size is positive")
	}
	return limits[K]{every, burst, known}
}

// allow reports whether it may happen n times more, and counts them; more than burst count as burst.
func (l limits[K]) allow(key K, now time.Time, n int) bool {
	limiter, ok := l.known.Get(key)
	if !ok {
		limiter = rate.NewLimiter(rate.Every(l.every), l.burst)
		if known, found, _ := l.known.PeekOrAdd(key, limiter); found {
			limiter = known
		}
	}
	return limiter.AllowN(now, min(n, l.burst))
}

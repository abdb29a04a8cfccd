package profile

import (
	"errors"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// ErrTooMany says that a credential has looked up too many values that nobody has, or compared too
// many that differ: who knows a value finds it, and who guesses does not.
var ErrTooMany = errors.New("profile: too many look-ups that found nothing")

// missLimits bounds, for each credential, how many look-ups may find nothing: a national identity
// number has so few possible values that a fast enough client could try them all.
type missLimits struct {
	perSecond float64
	known     *lru.Cache[string, *rate.Limiter]
}

// missBurst is how many seconds' worth of misses a credential may have at once.
const missBurst = 10

func newMissLimits(perSecond float64) missLimits {
	known, err := lru.New[string, *rate.Limiter](10_000)
	if err != nil {
		panic("profile: impossible: the size is positive")
	}
	return missLimits{perSecond, known}
}

func (l missLimits) of(actor string) *rate.Limiter {
	if limiter, ok := l.known.Get(actor); ok {
		return limiter
	}
	limiter := rate.NewLimiter(rate.Limit(l.perSecond), max(1, int(l.perSecond*missBurst)))
	if known, ok, _ := l.known.PeekOrAdd(actor, limiter); ok {
		return known
	}
	return limiter
}

// allow reports whether a credential may look up at all now.
func (l missLimits) allow(actor string, now time.Time) bool {
	return l.of(actor).TokensAt(now) >= 1
}

// missed counts values that nobody has. A batch is paid for in full, however large: else the largest one
// would be the cheapest way to guess.
func (l missLimits) missed(actor string, now time.Time, n int) {
	limiter := l.of(actor)
	for most := limiter.Burst(); n > 0; n -= most {
		limiter.ReserveN(now, min(n, most))
	}
}

package profile

import (
	"testing"
	"time"
)

func TestMissLimits(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	l := newMissLimits(5)
	for i := range 50 {
		if !l.allow("a", now) {
			t.Fatalf("refused after %d misses, of which 50 may come at once", i)
		}
		l.missed("a", now, 1)
	}
	if l.allow("a", now) {
		t.Error("a 51st look-up was let through")
	}
	if !l.allow("b", now) {
		t.Error("another credential pays for it")
	}
	if now = now.Add(time.Second); !l.allow("a", now) {
		t.Error("refused a second later, when there is room for five")
	}
	l.missed("a", now, 1000) // 200 seconds' worth, though no more than 10 may come at once
	if now = now.Add(190 * time.Second); l.allow("a", now) {
		t.Error("a large batch is cheaper than small ones")
	}
	if now = now.Add(11 * time.Second); !l.allow("a", now) {
		t.Error("a large batch costs more than small ones")
	}
}

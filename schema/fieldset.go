package schema

import "maps"

// FieldSet is a set of field slots.
type FieldSet struct {
	low  uint64
	high map[int]struct{}
}

// Add puts a slot into the set.
func (s *FieldSet) Add(slot int) {
	if slot < 64 {
		s.low |= 1 << slot
		return
	}
	if s.high == nil {
		s.high = make(map[int]struct{})
	}
	s.high[slot] = struct{}{}
}

// Has reports whether a slot is in the set.
func (s FieldSet) Has(slot int) bool {
	if slot < 64 {
		return s.low&(1<<slot) != 0
	}
	_, ok := s.high[slot]
	return ok
}

// Equal reports whether two sets hold the same slots.
func (s FieldSet) Equal(o FieldSet) bool {
	return s.low == o.low && maps.Equal(s.high, o.high)
}

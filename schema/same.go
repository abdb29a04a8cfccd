package schema

import "slices"

// same tells whether two schemas say the same, references followed.
func same(a, b *node, seen map[[2]*node]bool) bool {
	if seen == nil {
		seen = map[[2]*node]bool{}
	}
	pair := [2]*node{a, b}
	if seen[pair] {
		return true // equal unless a difference is found elsewhere
	}
	seen[pair] = true
	if a.obj == nil || b.obj == nil {
		return a.obj == nil && b.obj == nil && a.never == b.never
	}
	if (a.draft < 2019) != (b.draft < 2019) || a.draft != b.draft && (a.draft == 4 || b.draft == 4) {
		return false
	}
	for _, n := range []*node{a, b} {
		for _, k := range n.obj.keys {
			if k == "nullable" && isTrue(a, k) != isTrue(b, k) {
				return false
			}
			if !notes[k] && k != "$ref" && isStandard(k) && !framing[k] && !sameKeyword(a, b, k, seen) {
				return false
			}
		}
	}
	if (a.ref == nil) != (b.ref == nil) || a.ref != nil && !same(a.ref, b.ref, seen) {
		return false
	}
	return sameKeyword(a, b, "allOf", seen)
}

// sameKeyword tells whether two schemas say the same by one keyword.
func sameKeyword(a, b *node, keyword string, seen map[[2]*node]bool) bool {
	x, okX := a.obj.get(keyword)
	y, okY := b.obj.get(keyword)
	if okX != okY {
		return false
	}
	if !okX {
		return true
	}
	if k, l := a.kid(keyword), b.kid(keyword); k != nil || l != nil {
		return k != nil && l != nil && same(k, l, seen)
	}
	if list, ok := x.([]any); ok && slices.Contains(listKeywords, keyword) {
		other, _ := y.([]any)
		left, right := a.list(keyword), b.list(keyword)
		if len(list) != len(other) || len(left) != len(right) {
			return false
		}
		for i := range left {
			if !same(left[i], right[i], seen) {
				return false
			}
		}
		return true
	}
	if o, ok := x.(*object); ok && slices.Contains(mapKeywords, keyword) {
		other, _ := y.(*object)
		if other == nil || len(o.keys) != len(other.keys) {
			return false
		}
		for _, name := range o.keys {
			k, l := a.kids[keyword+"/"+name], b.kids[keyword+"/"+name]
			if k != nil && l != nil {
				if !same(k, l, seen) {
					return false
				}
			} else if k != nil || l != nil || !other.has(name) || valueKey(o.vals[name]) != valueKey(other.vals[name]) {
				return false
			}
		}
		return true
	}
	return valueKey(x) == valueKey(y)
}

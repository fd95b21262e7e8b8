package javaregex

import (
	"slices"
	"unicode"
)

// span is a range of code points, both ends included.
type span struct{ lo, hi rune }

// set is a set of code points as ordered spans that neither overlap nor touch. Sets are never changed once made.
type set []span

// full holds every code point.
var full = set{{0, unicode.MaxRune}}

// runes is the set of the given code points.
func runes(rs ...rune) set {
	var s set
	for _, r := range rs {
		s = append(s, span{r, r})
	}
	return normal(s)
}

// spans is the set of the ranges given as pairs of first and last code points.
func spans(pairs ...rune) set {
	var s set
	for i := 0; i+1 < len(pairs); i += 2 {
		s = append(s, span{pairs[i], pairs[i+1]})
	}
	return normal(s)
}

// tables is the set of the code points of any of the tables.
func tables(ts ...*unicode.RangeTable) set {
	var s set
	add := func(lo, hi, stride rune) {
		if stride == 1 {
			s = append(s, span{lo, hi})
			return
		}
		for r := lo; r <= hi; r += stride {
			s = append(s, span{r, r})
		}
	}
	for _, t := range ts {
		for _, r := range t.R16 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
	return normal(s)
}

// normal orders the spans of s in place and joins those that overlap or touch.
func normal(s set) set {
	slices.SortFunc(s, func(a, b span) int { return int(a.lo - b.lo) })
	out := s[:0]
	for _, r := range s {
		if n := len(out); n > 0 && r.lo <= out[n-1].hi+1 {
			out[n-1].hi = max(out[n-1].hi, r.hi)
			continue
		}
		out = append(out, r)
	}
	return out
}

func (s set) union(t set) set { return normal(slices.Concat(s, t)) }

func (s set) negate() set {
	var out set
	next := rune(0)
	for _, r := range s {
		if r.lo > next {
			out = append(out, span{next, r.lo - 1})
		}
		next = r.hi + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, span{next, unicode.MaxRune})
	}
	return out
}

func (s set) intersect(t set) set { return s.negate().union(t.negate()).negate() }

// folded adds what differs from a member in case only: letters of ASCII, or all letters when wide is set.
func (s set) folded(wide bool) set {
	var more set
	for _, r := range s {
		if !wide {
			for c := max(r.lo, 'A'); c <= min(r.hi, 'z'); c++ {
				if o := c ^ 0x20; c >= 'a' || c <= 'Z' {
					more = append(more, span{o, o})
				}
			}
			continue
		}
		for c := r.lo; c <= r.hi && c <= lastCased; c++ {
			for o := unicode.SimpleFold(c); o != c; o = unicode.SimpleFold(o) {
				more = append(more, span{o, o})
			}
		}
	}
	return s.union(more)
}

// lastCased is the end of the planes that have letters with case.
const lastCased = 0x1FFFF

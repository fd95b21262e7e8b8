package aggregate

import (
	"bytes"

	"skep/dialect/types"
	"skep/engine/vector"
)

func newMin(args []*types.Type, _ *types.Type) (Function, error) { return newExtreme(args, false) }
func newMax(args []*types.Type, _ *types.Type) (Function, error) { return newExtreme(args, true) }

func newExtreme(args []*types.Type, largest bool) (Function, error) {
	if len(args) != 1 {
		return nil, badArgs(args)
	}
	t := args[0]
	var states func() States
	switch t.Physical() {
	case types.I64:
		states = func() States { return &intExtremes{largest: largest} }
	case types.F64:
		states = func() States { return &floatExtremes{largest: largest} }
	case types.I128:
		states = func() States { return &wideExtremes{largest: largest} }
	case types.Bytes:
		states = func() States { return &bytesExtremes{largest: largest} }
	case types.Nothing:
		states = func() States { return &voidStates{} }
	default:
		states = func() States { return &nestedExtremes{values: vector.New(t, 0), largest: largest} }
	}
	return &fn{[]*types.Type{t}, states}, nil
}

type extreme[T any] struct {
	v    T
	seen bool
}

// intExtremes keeps the smallest or largest int64.
type intExtremes struct {
	s       []extreme[int64]
	largest bool
}

func (s *intExtremes) Resize(n int) { s.s = resize(s.s, n) }

func (s *intExtremes) Update(groups []uint32, args []*vector.Vector) {
	vals, nulls, st := args[0].I64[:len(groups)], args[0].Nulls, s.s
	if s.largest {
		for k, g := range groups {
			if p := &st[g]; (nulls == nil || !nulls[k]) && (!p.seen || vals[k] > p.v) {
				p.v, p.seen = vals[k], true
			}
		}
		return
	}
	for k, g := range groups {
		if p := &st[g]; (nulls == nil || !nulls[k]) && (!p.seen || vals[k] < p.v) {
			p.v, p.seen = vals[k], true
		}
	}
}

// UpdateTotal implements Total.
func (s *intExtremes) UpdateTotal(args []*vector.Vector, n int) {
	p := &s.s[0]
	nulls := args[0].Nulls
	for k, v := range args[0].I64[:n] {
		if nulls != nil && nulls[k] {
			continue
		}
		if !p.seen {
			p.v, p.seen = v, true
		}
		if s.largest {
			p.v = max(p.v, v)
		} else {
			p.v = min(p.v, v)
		}
	}
}

func (s *intExtremes) Merge(groups []uint32, partial []*vector.Vector) { s.Update(groups, partial) }
func (s *intExtremes) Partial(dst []*vector.Vector, from, to int)      { s.Final(dst[0], from, to) }

func (s *intExtremes) Final(dst *vector.Vector, from, to int) {
	for _, x := range s.s[from:to] {
		appendNull(dst, len(dst.I64), !x.seen)
		dst.I64 = append(dst.I64, x.v)
	}
}

func (s *intExtremes) Bytes() int64 { return int64(cap(s.s)) * 16 }

// floatExtremes keeps the smallest or largest float64; NaN is above everything.
type floatExtremes struct {
	s       []extreme[float64]
	largest bool
}

func (s *floatExtremes) Resize(n int) { s.s = resize(s.s, n) }

func (s *floatExtremes) Update(groups []uint32, args []*vector.Vector) {
	vals, nulls := args[0].F64[:len(groups)], args[0].Nulls
	for k, g := range groups {
		if nulls != nil && nulls[k] {
			continue
		}
		p, v := &s.s[g], vals[k]
		if !p.seen || s.largest && floatLess(p.v, v) || !s.largest && floatLess(v, p.v) {
			p.v, p.seen = v, true
		}
	}
}

func floatLess(a, b float64) bool { return a < b || a == a && b != b }

func (s *floatExtremes) Merge(groups []uint32, partial []*vector.Vector) { s.Update(groups, partial) }
func (s *floatExtremes) Partial(dst []*vector.Vector, from, to int)      { s.Final(dst[0], from, to) }

func (s *floatExtremes) Final(dst *vector.Vector, from, to int) {
	for _, x := range s.s[from:to] {
		appendNull(dst, len(dst.F64), !x.seen)
		dst.F64 = append(dst.F64, x.v)
	}
}

func (s *floatExtremes) Bytes() int64 { return int64(cap(s.s)) * 16 }

// wideExtremes keeps the smallest or largest 128-bit value.
type wideExtremes struct {
	s       []extreme[types.Int128]
	largest bool
}

func (s *wideExtremes) Resize(n int) { s.s = resize(s.s, n) }

func (s *wideExtremes) Update(groups []uint32, args []*vector.Vector) {
	vals, nulls := args[0].W[:len(groups)], args[0].Nulls
	for k, g := range groups {
		if nulls != nil && nulls[k] {
			continue
		}
		p, v := &s.s[g], vals[k]
		if !p.seen || s.largest && p.v.Less(v) || !s.largest && v.Less(p.v) {
			p.v, p.seen = v, true
		}
	}
}

func (s *wideExtremes) Merge(groups []uint32, partial []*vector.Vector) { s.Update(groups, partial) }
func (s *wideExtremes) Partial(dst []*vector.Vector, from, to int)      { s.Final(dst[0], from, to) }

func (s *wideExtremes) Final(dst *vector.Vector, from, to int) {
	for _, x := range s.s[from:to] {
		appendNull(dst, len(dst.W), !x.seen)
		dst.W = append(dst.W, x.v)
	}
}

func (s *wideExtremes) Bytes() int64 { return int64(cap(s.s)) * 32 }

// bytesExtremes keeps the smallest or largest byte string in an arena. A value replaces its predecessor in place when it fits.
type bytesExtremes struct {
	s       []extreme[vector.Ref]
	arena   []byte
	dead    int // bytes of the arena that belong to no group any more
	largest bool
}

func (s *bytesExtremes) Resize(n int) {
	s.s = resize(s.s, n)
	if n == 0 {
		s.arena, s.dead = s.arena[:0], 0
	}
}

func (s *bytesExtremes) Update(groups []uint32, args []*vector.Vector) {
	a := args[0]
	for k, g := range groups {
		if a.Nulls != nil && a.Nulls[k] {
			continue
		}
		r := a.Refs[k]
		v := a.Data[r.Off : r.Off+r.Len]
		p := &s.s[g]
		if p.seen {
			c := bytes.Compare(v, s.arena[p.v.Off:p.v.Off+p.v.Len])
			if c == 0 || (c > 0) != s.largest {
				continue
			}
		}
		if len(v) <= int(p.v.Len) {
			s.dead += int(p.v.Len) - len(v)
			p.v.Len = uint32(copy(s.arena[p.v.Off:], v))
		} else {
			s.dead += int(p.v.Len)
			p.v = vector.Ref{Off: uint32(len(s.arena)), Len: uint32(len(v))}
			s.arena = append(s.arena, v...)
		}
		p.seen = true
	}
	if s.dead > 1<<16 && s.dead > len(s.arena)/2 {
		s.compact()
	}
}

func (s *bytesExtremes) compact() {
	arena := make([]byte, 0, len(s.arena)-s.dead+1<<12)
	for i := range s.s {
		p := &s.s[i]
		off := uint32(len(arena))
		arena = append(arena, s.arena[p.v.Off:p.v.Off+p.v.Len]...)
		p.v.Off = off
	}
	s.arena, s.dead = arena, 0
}

func (s *bytesExtremes) Merge(groups []uint32, partial []*vector.Vector) { s.Update(groups, partial) }
func (s *bytesExtremes) Partial(dst []*vector.Vector, from, to int)      { s.Final(dst[0], from, to) }

func (s *bytesExtremes) Final(dst *vector.Vector, from, to int) {
	for _, x := range s.s[from:to] {
		appendNull(dst, len(dst.Refs), !x.seen)
		dst.Refs = append(dst.Refs, vector.Ref{Off: uint32(len(dst.Data)), Len: x.v.Len})
		dst.Data = append(dst.Data, s.arena[x.v.Off:x.v.Off+x.v.Len]...)
	}
}

func (s *bytesExtremes) Bytes() int64 { return int64(cap(s.s))*12 + int64(cap(s.arena)) }

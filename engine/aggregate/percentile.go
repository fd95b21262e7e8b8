package aggregate

import (
	"math"
	"slices"

	"skep/dialect/types"
	"skep/engine/vector"
)

// quantileFunc computes one percentile of sorted values, of which there is at least one.
type quantileFunc func(sorted []valueCount, total int64, p float64) float64

// valueCount is a value and how often it came.
type valueCount struct {
	v float64
	n int64
}

// at returns the value at a position, counted from 0, of the values written out.
func at(sorted []valueCount, position int64) float64 {
	for _, c := range sorted {
		if position < c.n {
			return c.v
		}
		position -= c.n
	}
	return sorted[len(sorted)-1].v
}

// interpolated is the percentile between two neighbours.
func interpolated(sorted []valueCount, total int64, p float64) float64 {
	position := float64(total-1) * p
	low, high := math.Floor(position), math.Ceil(position)
	if low == high {
		return at(sorted, int64(low))
	}
	x, y := at(sorted, int64(low)), at(sorted, int64(high))
	if x == y {
		return x
	}
	return (high-position)*x + (position-low)*y
}

// discrete is the percentile without interpolation: the upper neighbour.
func discrete(sorted []valueCount, total int64, p float64) float64 {
	return at(sorted, int64(math.Ceil(float64(total-1)*p)))
}

// newPercentile makes percentile functions that keep all values. The second argument is a fraction or an array of them.
func newPercentile(f quantileFunc) constructor {
	return func(args []*types.Type, result *types.Type) (Function, error) {
		if len(args) != 2 || !numeric(args[0]) {
			return nil, badArgs(args)
		}
		d := types.NewArray(types.DoubleType)
		return &fn{[]*types.Type{d, types.NewArray(types.BigIntType), d}, func() States {
			return &percentileStates{quantile: f, many: result.Kind == types.Array}
		}}, nil
	}
}

type percentileState struct {
	values map[float64]int64
	ps     []float64
}

type percentileStates struct {
	s        []percentileState
	quantile quantileFunc
	many     bool // the result is an array
	entries  int64
}

func (s *percentileStates) Resize(n int) {
	clear(s.s[min(n, len(s.s)):])
	s.s = resize(s.s, n)
	if n == 0 {
		s.entries = 0
	}
}

func (s *percentileStates) add(g uint32, v float64, n int64) {
	x := &s.s[g]
	if x.values == nil {
		x.values = map[float64]int64{}
	}
	before := len(x.values)
	x.values[v] += n
	s.entries += int64(len(x.values) - before)
}

func (s *percentileStates) Update(groups []uint32, args []*vector.Vector) {
	vals := floats(args[0], len(groups), nil)
	for k, g := range groups {
		if s.s[g].ps == nil {
			s.s[g].ps = fractions(args[1], k)
		}
		if args[0].Nulls == nil || !args[0].Nulls[k] {
			s.add(g, vals[k], 1)
		}
	}
}

// fractions reads the percentile argument; nil for NULL. Fractions outside of 0..1 have no percentile.
func fractions(v *vector.Vector, row int) []float64 {
	if v.IsNull(row) {
		return nil
	}
	if v.Type.Kind != types.Array {
		return []float64{v.F64[row]}
	}
	r := v.Refs[row]
	out := make([]float64, 0, r.Len)
	for k := range r.Len {
		if c := v.Children[0]; c.IsNull(int(r.Off + k)) {
			out = append(out, math.NaN())
		} else {
			out = append(out, c.F64[r.Off+k])
		}
	}
	return out
}

func (s *percentileStates) Merge(groups []uint32, p []*vector.Vector) {
	for k, g := range groups {
		r := p[0].Refs[k]
		for i := r.Off; i < r.Off+r.Len; i++ {
			s.add(g, p[0].Children[0].F64[i], p[1].Children[0].I64[p[1].Refs[k].Off+i-r.Off])
		}
		if s.s[g].ps == nil {
			s.s[g].ps = fractions(p[2], k)
		}
	}
}

func (x *percentileState) sorted() (out []valueCount, total int64) {
	for v, n := range x.values {
		out = append(out, valueCount{v, n})
		total += n
	}
	slices.SortFunc(out, func(a, b valueCount) int {
		switch {
		case a.v < b.v:
			return -1
		case a.v > b.v:
			return 1
		}
		return 0
	})
	return out, total
}

// appendFloats appends an array of doubles.
func appendFloats(dst *vector.Vector, vals []float64) {
	c := child(dst, 0)
	dst.Refs = append(dst.Refs, vector.Ref{Off: uint32(len(c.F64)), Len: uint32(len(vals))})
	c.F64 = append(c.F64, vals...)
}

// child returns a child column of a list column, which may not have been made yet.
func child(dst *vector.Vector, i int) *vector.Vector {
	if dst.Children == nil {
		dst.Resize(dst.Len())
	}
	return dst.Children[i]
}

func (s *percentileStates) Partial(dst []*vector.Vector, from, to int) {
	for i := range s.s[from:to] {
		x := &s.s[from+i]
		sorted, _ := x.sorted()
		vals := make([]float64, len(sorted))
		counts := child(dst[1], 0)
		dst[1].Refs = append(dst[1].Refs, vector.Ref{Off: uint32(len(counts.I64)), Len: uint32(len(sorted))})
		for k, c := range sorted {
			vals[k] = c.v
			counts.I64 = append(counts.I64, c.n)
		}
		appendFloats(dst[0], vals)
		appendNull(dst[2], len(dst[2].Refs), x.ps == nil)
		appendFloats(dst[2], x.ps)
	}
}

func (s *percentileStates) Final(dst *vector.Vector, from, to int) {
	for i := range s.s[from:to] {
		x := &s.s[from+i]
		sorted, total := x.sorted()
		emitQuantiles(dst, s.many, total == 0, x.ps, func(p float64) float64 { return s.quantile(sorted, total, p) })
	}
}

// emitQuantiles appends a number or an array of them, NULL for no values or a NULL for the fractions.
func emitQuantiles(dst *vector.Vector, many, empty bool, ps []float64, quantile func(p float64) float64) {
	null := empty || ps == nil
	var out []float64
	for _, p := range ps {
		if !(p >= 0 && p <= 1) {
			null = true
		}
		if null {
			break
		}
		out = append(out, quantile(p))
	}
	if many {
		appendNull(dst, len(dst.Refs), null)
		if null {
			out = nil
		}
		appendFloats(dst, out)
		return
	}
	appendNull(dst, len(dst.F64), null)
	if null {
		out = []float64{0}
	}
	dst.F64 = append(dst.F64, out[0])
}

func (s *percentileStates) Bytes() int64 { return int64(cap(s.s))*32 + s.entries*40 }

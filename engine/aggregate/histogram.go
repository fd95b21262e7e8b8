package aggregate

import (
	"slices"

	"skep/dialect/types"
	"skep/engine/function"
	"skep/engine/vector"
)

// bin is one bar of a histogram.
type bin struct{ x, y float64 }

// histogram is a streaming histogram of a bounded number of bins: the closest two become one when there are too many (Y. Ben-Haim
// and E. Tom-Tov, "A streaming parallel decision tree algorithm"). Like Hive's it breaks ties by Java's generator.
type histogram struct {
	bins   []bin
	limit  int
	random function.JavaRandom
	seeded bool
}

func (h *histogram) add(v float64) {
	i, found := slices.BinarySearchFunc(h.bins, v, func(b bin, v float64) int {
		switch {
		case b.x < v:
			return -1
		case b.x > v:
			return 1
		}
		return 0
	})
	if found {
		h.bins[i].y++
		return
	}
	h.bins = slices.Insert(h.bins, i, bin{v, 1})
	h.trim()
}

func (h *histogram) merge(other []bin) {
	h.bins = append(h.bins, other...)
	slices.SortStableFunc(h.bins, func(a, b bin) int {
		switch {
		case a.x < b.x:
			return -1
		case a.x > b.x:
			return 1
		}
		return 0
	})
	h.trim()
}

const histogramSeed = 31183

func (h *histogram) trim() {
	for len(h.bins) > h.limit && len(h.bins) > 1 {
		if !h.seeded {
			h.random, h.seeded = function.NewJavaRandom(histogramSeed), true
		}
		least, at, ties := h.bins[1].x-h.bins[0].x, 0, 1
		for i := 1; i < len(h.bins)-1; i++ {
			switch d := h.bins[i+1].x - h.bins[i].x; {
			case d < least:
				least, at, ties = d, i, 1
			case d == least:
				ties++
				if h.random.Double() <= 1/float64(ties) {
					at = i
				}
			}
		}
		a, b := &h.bins[at], h.bins[at+1]
		total := a.y + b.y
		a.x *= a.y / total
		a.x += b.x / total * b.y
		a.y = total
		h.bins = slices.Delete(h.bins, at+1, at+2)
	}
}

// quantile interpolates between bins.
func (h *histogram) quantile(q float64) float64 {
	total := 0.0
	for _, b := range h.bins {
		total += b.y
	}
	sum := 0.0
	for i, b := range h.bins {
		sum += b.y
		if sum/total < q {
			continue
		}
		if i == 0 {
			return b.x
		}
		sum -= b.y
		before := h.bins[i-1].x
		return before + (q*total-sum)*(b.x-before)/b.y
	}
	return h.bins[len(h.bins)-1].x
}

const defaultBins = 10000

// newPercentileApprox is percentile_approx(x, p [, bins]).
func newPercentileApprox(args []*types.Type, result *types.Type) (Function, error) {
	if len(args) < 2 || !numeric(args[0]) {
		return nil, badArgs(args)
	}
	return newHistogramFunction(func() *histogramStates {
		s := &histogramStates{limitArg: -1, fractions: true, many: result.Kind == types.Array}
		if len(args) > 2 {
			s.limitArg = 2
		}
		return s
	}), nil
}

// newHistogramNumeric is histogram_numeric(x, bins).
func newHistogramNumeric(args []*types.Type, result *types.Type) (Function, error) {
	if len(args) != 2 || !numeric(args[0]) || result.Kind != types.Array {
		return nil, badArgs(args)
	}
	return newHistogramFunction(func() *histogramStates { return &histogramStates{limitArg: 1} }), nil
}

func newHistogramFunction(states func() *histogramStates) Function {
	d := types.NewArray(types.DoubleType)
	return &fn{[]*types.Type{d, d, d, types.BigIntType}, func() States { return states() }}
}

type histogramState struct {
	histogram
	ps []float64
}

type histogramStates struct {
	s         []histogramState
	limitArg  int
	fractions bool // percentile_approx
	many      bool
}

func (s *histogramStates) Resize(n int) {
	clear(s.s[min(n, len(s.s)):])
	s.s = resize(s.s, n)
}

func (s *histogramStates) Update(groups []uint32, args []*vector.Vector) {
	vals := floats(args[0], len(groups), nil)
	for k, g := range groups {
		x := &s.s[g]
		if x.limit == 0 {
			x.limit = defaultBins
			if s.limitArg >= 0 && !args[s.limitArg].IsNull(k) {
				x.limit = int(max(args[s.limitArg].I64[k], 1))
			}
			if s.fractions {
				x.ps = fractions(args[1], k)
			}
		}
		if args[0].Nulls == nil || !args[0].Nulls[k] {
			x.add(vals[k])
		}
	}
}

func (s *histogramStates) Merge(groups []uint32, p []*vector.Vector) {
	for k, g := range groups {
		x := &s.s[g]
		if p[3].I64[k] == 0 {
			continue
		}
		if x.limit == 0 {
			x.limit = int(p[3].I64[k])
			x.ps = fractions(p[2], k)
		}
		r := p[0].Refs[k]
		other := make([]bin, r.Len)
		for i := range other {
			other[i] = bin{p[0].Children[0].F64[int(r.Off)+i], p[1].Children[0].F64[int(p[1].Refs[k].Off)+i]}
		}
		x.merge(other)
	}
}

func (s *histogramStates) Partial(dst []*vector.Vector, from, to int) {
	for i := range s.s[from:to] {
		x := &s.s[from+i]
		xs, ys := make([]float64, len(x.bins)), make([]float64, len(x.bins))
		for k, b := range x.bins {
			xs[k], ys[k] = b.x, b.y
		}
		appendFloats(dst[0], xs)
		appendFloats(dst[1], ys)
		appendNull(dst[2], len(dst[2].Refs), x.ps == nil)
		appendFloats(dst[2], x.ps)
		dst[3].I64 = append(dst[3].I64, int64(x.limit))
	}
}

func (s *histogramStates) Final(dst *vector.Vector, from, to int) {
	for i := range s.s[from:to] {
		x := &s.s[from+i]
		if s.fractions {
			emitQuantiles(dst, s.many, len(x.bins) == 0, x.ps, x.quantile)
			continue
		}
		bars := child(dst, 0)
		appendNull(dst, len(dst.Refs), len(x.bins) == 0)
		dst.Refs = append(dst.Refs, vector.Ref{Off: uint32(bars.Len()), Len: uint32(len(x.bins))})
		for _, b := range x.bins {
			bars.AppendDatum(types.Datum{Elems: []types.Datum{{F: b.x}, {F: b.y}}})
		}
	}
}

func (s *histogramStates) Bytes() int64 {
	n := int64(cap(s.s)) * 80
	for i := range s.s {
		n += int64(cap(s.s[i].bins)) * 16
	}
	return n
}

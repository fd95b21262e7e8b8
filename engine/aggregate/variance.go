package aggregate

import (
	"math"

	"skep/dialect/types"
	"skep/engine/vector"
)

// moments are count, sum and sum of squared deviations, kept with the recurrences that Hive uses, so that results agree to the
// last digit (Chan, Golub and LeVeque's updating and pairwise formulas).
type moments struct {
	n        int64
	sum, dev float64
}

func (m *moments) add(v float64) {
	m.n++
	m.sum += v
	if m.n > 1 {
		t := float64(m.n)*v - m.sum
		m.dev += t * t / (float64(m.n) * float64(m.n-1))
	}
}

func (m *moments) merge(o moments) {
	switch {
	case o.n == 0:
	case m.n == 0:
		*m = o
	default:
		na, nb := float64(m.n), float64(o.n)
		t := nb/na*m.sum - o.sum
		m.dev += o.dev + (na/nb)/(na+nb)*t*t
		m.n += o.n
		m.sum += o.sum
	}
}

func varPop(m *moments) (float64, bool)  { return m.dev / float64(m.n), m.n > 0 }
func varSamp(m *moments) (float64, bool) { return m.dev / float64(m.n-1), m.n > 1 }

func stddevPop(m *moments) (float64, bool) {
	v, ok := varPop(m)
	return math.Sqrt(v), ok
}

func stddevSamp(m *moments) (float64, bool) {
	v, ok := varSamp(m)
	return math.Sqrt(v), ok
}

// Windowed returns the name by which New has the form of a function that Hive computes over windows. Variances are updated value by value
// there; everywhere else Hive's cost-based optimizer makes them of sums of values and squares, cancellation and the NaN of a
// negative difference's root included.
func Windowed(name string) string {
	if _, ok := functions[name+windowed]; ok {
		return name + windowed
	}
	return name
}

const windowed = " over a window"

// newVariance makes the constructor of a function of the moments.
func newVariance(final func(*moments) (float64, bool), bySums bool) constructor {
	return func(args []*types.Type, _ *types.Type) (Function, error) {
		if len(args) != 1 || !numeric(args[0]) {
			return nil, badArgs(args)
		}
		return &fn{[]*types.Type{types.BigIntType, types.DoubleType, types.DoubleType}, func() States {
			return &varianceStates{final: final, bySums: bySums}
		}}, nil
	}
}

func numeric(t *types.Type) bool { return t.IsNumeric() || t.Kind == types.Void }

type varianceStates struct {
	s     []moments
	final func(*moments) (float64, bool)
	// bySums keeps sums of squares in dev.
	bySums bool
	buf    []float64
}

// floats returns the numbers of v as float64, decimals scaled, in buf or v's own storage.
func floats(v *vector.Vector, n int, buf []float64) []float64 {
	if v.Type.Physical() == types.F64 {
		return v.F64[:n]
	}
	buf = resize(buf[:0], n)
	scale := 1.0
	if v.Type.Kind == types.Decimal {
		scale = math.Pow10(v.Type.Scale)
	}
	switch v.Type.Physical() {
	case types.I64:
		for k, x := range v.I64[:n] {
			buf[k] = float64(x) / scale
		}
	case types.I128:
		for k, x := range v.W[:n] {
			buf[k] = (float64(x.Hi)*0x1p64 + float64(x.Lo)) / scale
		}
	}
	return buf
}

func (s *varianceStates) Resize(n int) { s.s = resize(s.s, n) }

func (s *varianceStates) Update(groups []uint32, args []*vector.Vector) {
	vals, nulls := floats(args[0], len(groups), s.buf), args[0].Nulls
	for k, g := range groups {
		if nulls != nil && nulls[k] {
			continue
		}
		if m, v := &s.s[g], vals[k]; s.bySums {
			*m = moments{m.n + 1, m.sum + v, m.dev + v*v}
		} else {
			m.add(v)
		}
	}
	if args[0].Type.Physical() != types.F64 {
		s.buf = vals
	}
}

func (s *varianceStates) Merge(groups []uint32, p []*vector.Vector) {
	for k, g := range groups {
		m, o := &s.s[g], moments{p[0].I64[k], p[1].F64[k], p[2].F64[k]}
		if s.bySums {
			*m = moments{m.n + o.n, m.sum + o.sum, m.dev + o.dev}
		} else {
			m.merge(o)
		}
	}
}

func (s *varianceStates) Partial(dst []*vector.Vector, from, to int) {
	for _, x := range s.s[from:to] {
		dst[0].I64 = append(dst[0].I64, x.n)
		dst[1].F64 = append(dst[1].F64, x.sum)
		dst[2].F64 = append(dst[2].F64, x.dev)
	}
}

func (s *varianceStates) Final(dst *vector.Vector, from, to int) {
	for i := range s.s[from:to] {
		m := s.s[from+i]
		if s.bySums {
			m.dev -= m.sum * m.sum / float64(m.n)
		}
		v, ok := s.final(&m)
		appendNull(dst, len(dst.F64), !ok)
		dst.F64 = append(dst.F64, v)
	}
}

func (s *varianceStates) Bytes() int64 { return int64(cap(s.s)) * 24 }

package aggregate

import (
	"math"

	"skep/dialect/types"
	"skep/engine/vector"
)

// comoments are count, means, sum of products of deviations and sums of squared deviations of pairs (Pébay's one-pass formulas,
// which Hive uses too).
type comoments struct {
	n                int64
	x, y, xy, xx, yy float64
}

func (c *comoments) add(x, y float64) {
	c.n++
	n := float64(c.n)
	dx, dy := x-c.x, y-c.y
	c.x += dx / n
	c.y += dy / n
	c.xy += dx * (y - c.y)
	c.xx += dx * (x - c.x)
	c.yy += dy * (y - c.y)
}

func (c *comoments) merge(o comoments) {
	switch {
	case o.n == 0:
	case c.n == 0:
		*c = o
	default:
		na, nb := float64(c.n), float64(o.n)
		n := na + nb
		dx, dy := c.x-o.x, c.y-o.y
		c.xy += o.xy + dx*dy*na*nb/n
		c.xx += o.xx + dx*dx*na*nb/n
		c.yy += o.yy + dy*dy*na*nb/n
		c.x = (c.x*na + o.x*nb) / n
		c.y = (c.y*na + o.y*nb) / n
		c.n += o.n
	}
}

func covarPop(c *comoments) (float64, bool)  { return c.xy / float64(c.n), c.n > 0 }
func covarSamp(c *comoments) (float64, bool) { return c.xy / float64(c.n-1), c.n > 1 }

// corr has no value where a variance is zero.
func corr(c *comoments) (float64, bool) {
	return c.xy / math.Sqrt(c.xx) / math.Sqrt(c.yy), c.n > 1 && c.xx != 0 && c.yy != 0
}

// newCovariance makes the constructor of a function of the comoments.
func newCovariance(final func(*comoments) (float64, bool)) constructor {
	return func(args []*types.Type, _ *types.Type) (Function, error) {
		if len(args) != 2 || !numeric(args[0]) || !numeric(args[1]) {
			return nil, badArgs(args)
		}
		d := types.DoubleType
		return &fn{[]*types.Type{types.BigIntType, d, d, d, d, d}, func() States {
			return &covarianceStates{final: final}
		}}, nil
	}
}

type covarianceStates struct {
	s     []comoments
	final func(*comoments) (float64, bool)
}

func (s *covarianceStates) Resize(n int) { s.s = resize(s.s, n) }

func (s *covarianceStates) Update(groups []uint32, args []*vector.Vector) {
	x, y := floats(args[0], len(groups), nil), floats(args[1], len(groups), nil)
	checked := anyNulls(args)
	for k, g := range groups {
		if !checked || !nullRow(args, k) {
			s.s[g].add(x[k], y[k])
		}
	}
}

func (s *covarianceStates) Merge(groups []uint32, p []*vector.Vector) {
	for k, g := range groups {
		s.s[g].merge(comoments{p[0].I64[k], p[1].F64[k], p[2].F64[k], p[3].F64[k], p[4].F64[k], p[5].F64[k]})
	}
}

func (s *covarianceStates) Partial(dst []*vector.Vector, from, to int) {
	for _, c := range s.s[from:to] {
		dst[0].I64 = append(dst[0].I64, c.n)
		for i, f := range [...]float64{c.x, c.y, c.xy, c.xx, c.yy} {
			dst[i+1].F64 = append(dst[i+1].F64, f)
		}
	}
}

func (s *covarianceStates) Final(dst *vector.Vector, from, to int) {
	for i := range s.s[from:to] {
		v, ok := s.final(&s.s[from+i])
		appendNull(dst, len(dst.F64), !ok)
		dst.F64 = append(dst.F64, v)
	}
}

func (s *covarianceStates) Bytes() int64 { return int64(cap(s.s)) * 48 }

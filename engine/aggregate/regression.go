package aggregate

import (
	"skep/dialect/types"
	"skep/engine/vector"
)

// The functions of the least-squares line of y (first argument) over x (second). In the comoments the first argument is x.

func regrCount(c *comoments) (float64, bool) { return float64(c.n), true }
func regrAvgX(c *comoments) (float64, bool)  { return c.y, c.n > 0 }
func regrAvgY(c *comoments) (float64, bool)  { return c.x, c.n > 0 }
func regrSXX(c *comoments) (float64, bool)   { return c.yy, c.n > 0 }
func regrSYY(c *comoments) (float64, bool)   { return c.xx, c.n > 0 }
func regrSXY(c *comoments) (float64, bool)   { return c.xy, c.n > 0 }

func regrSlope(c *comoments) (float64, bool) { return c.xy / c.yy, c.n > 1 && c.yy != 0 }

func regrIntercept(c *comoments) (float64, bool) {
	slope, ok := regrSlope(c)
	return c.x - slope*c.y, ok
}

func regrR2(c *comoments) (float64, bool) {
	switch {
	case c.n < 2 || c.yy == 0:
		return 0, false
	case c.xx == 0:
		return 1, true
	}
	return c.xy * c.xy / (c.xx * c.yy), true
}

// newRegrCount counts pairs without NULL; its result is an integer.
func newRegrCount(args []*types.Type, result *types.Type) (Function, error) {
	f, err := newCovariance(regrCount)(args, types.DoubleType)
	if err != nil {
		return nil, err
	}
	return &asInteger{f}, nil
}

// asInteger turns a double result into a bigint.
type asInteger struct{ Function }

func (f *asInteger) States() States { return &integerStates{f.Function.States()} }

type integerStates struct{ States }

func (s *integerStates) Final(dst *vector.Vector, from, to int) {
	v := vector.New(types.DoubleType, 0)
	s.States.Final(v, from, to)
	for _, f := range v.F64 {
		appendNull(dst, len(dst.I64), false)
		dst.I64 = append(dst.I64, int64(f))
	}
}

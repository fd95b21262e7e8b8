package function

import (
	"math/bits"

	"skep/dialect/types"
	"skep/engine/decimal"
	"skep/engine/kernel"
	"skep/engine/vector"
)

// addDecimals adds or subtracts decimals of any scales.
func addDecimals(call *Call, minus bool) Kernel {
	a, b, r := call.Args[0], call.Args[1], call.Result
	if a.Kind != types.Decimal || b.Kind != types.Decimal {
		return nil
	}
	scale := max(a.Scale, b.Scale)
	if r.Physical() == types.I64 && scale == r.Scale {
		return addNarrow(call, minus)
	}
	capped := r.Scale != scale || r.Precision == types.MaxPrecision
	if a.Physical() == types.I64 && b.Physical() == types.I64 && !capped {
		// Both products and their sum are far from 128 bits.
		fa, fb := decimal.Pow64[scale-a.Scale], decimal.Pow64[scale-b.Scale]
		if minus {
			fb = -fb
		}
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			x, y := ints(args[0]), ints(args[1])
			rows.Each(func(i int) { out.W[i] = types.MulInt64(x.at(i), fa).Add(types.MulInt64(y.at(i), fb)) })
			return nil
		}
	}
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		x, y := decimalsOf(args[0]), decimalsOf(args[1])
		rows.Each(func(i int) {
			u, ok1 := decimal.Rescale(x.at(i), a.Scale, scale)
			v, ok2 := decimal.Rescale(y.at(i), b.Scale, scale)
			if minus {
				v = v.Neg()
			}
			sum := u.Add(v)
			if ok1 && ok2 && r.Scale != scale {
				sum, ok1 = decimal.Rescale(sum, scale, r.Scale)
			}
			if !ok1 || !ok2 || !decimal.Fits(sum, r.Precision) {
				out.Null(i)
				return
			}
			out.setDecimal(i, sum)
		})
		return nil
	}
}

// addNarrow adds decimals whose sum has at most 18 digits, so nothing can overflow.
func addNarrow(call *Call, minus bool) Kernel {
	scale := call.Result.Scale
	fa, fb := decimal.Pow64[scale-call.Args[0].Scale], decimal.Pow64[scale-call.Args[1].Scale]
	if fa == 1 && fb == 1 {
		if minus {
			return intLoop(types.BigIntType, shaped(kernel.Sub[int64], subConst[int64], kernel.ConstSub[int64]))
		}
		return intLoop(types.BigIntType, shaped(kernel.Add[int64], kernel.AddConst[int64], nil))
	}
	if minus {
		fb = -fb
	}
	var a, b operand[int64]
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a.load(args[0], args[0].Base().I64, rows)
		b.load(args[1], args[1].Base().I64, rows)
		switch {
		case a.konst && b.konst:
			kernel.Fill(out.I64, a.vals[0]*fa+b.vals[0]*fb, rows.Sel)
		case a.konst:
			kernel.MulConst(out.I64, b.vals, fb, rows.Sel)
			kernel.AddConst(out.I64, out.I64, a.vals[0]*fa, rows.Sel)
		case b.konst:
			kernel.MulConst(out.I64, a.vals, fa, rows.Sel)
			kernel.AddConst(out.I64, out.I64, b.vals[0]*fb, rows.Sel)
		default:
			kernel.AddScaled(out.I64, a.vals, b.vals, fa, fb, rows.Sel)
		}
		return nil
	}
}

func multiplyDecimals(call *Call) Kernel {
	a, b, r := call.Args[0], call.Args[1], call.Result
	if a.Kind != types.Decimal || b.Kind != types.Decimal {
		return nil
	}
	drop := a.Scale + b.Scale - r.Scale
	narrow := a.Physical() == types.I64 && b.Physical() == types.I64
	switch {
	case narrow && drop == 0 && r.Physical() == types.I64:
		return intLoop(types.BigIntType, shaped(kernel.Mul[int64], kernel.MulConst[int64], nil))
	case narrow && drop == 0:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			x, y := ints(args[0]), ints(args[1])
			if rows.Sel == nil && args[0].Form == vector.Flat && args[1].Form == vector.Flat {
				u, v := args[0].I64[:rows.N], args[1].I64[:rows.N]
				for i := range out.W {
					out.W[i] = types.MulInt64(u[i], v[i])
				}
				return nil
			}
			rows.Each(func(i int) { out.W[i] = types.MulInt64(x.at(i), y.at(i)) })
			return nil
		}
	}
	// The product of two 64-bit numbers has at most 38 digits.
	quick := drop == 0 && r.Precision == types.MaxPrecision
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		x, y := decimalsOf(args[0]), decimalsOf(args[1])
		rows.Each(func(i int) {
			u, v := x.at(i), y.at(i)
			if quick && u.IsInt64() && v.IsInt64() {
				out.W[i] = types.MulInt64(int64(u.Lo), int64(v.Lo))
				return
			}
			p, ok := decimal.Mul(u, v, drop)
			if !ok || !decimal.Fits(p, r.Precision) {
				out.Null(i)
				return
			}
			out.setDecimal(i, p)
		})
		return nil
	}
}

func divideDecimals(call *Call) Kernel {
	a, b, r := call.Args[0], call.Args[1], call.Result
	if a.Kind != types.Decimal || b.Kind != types.Decimal {
		return nil
	}
	shift := r.Scale - a.Scale + b.Scale
	quick := shift >= 0 && shift <= types.MaxInt64Precision
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		x, y := decimalsOf(args[0]), decimalsOf(args[1])
		rows.Each(func(i int) {
			u, v := x.at(i), y.at(i)
			var q types.Int128
			ok := false
			if quick && u.IsInt64() && v.IsInt64() {
				q, ok = divideQuick(int64(u.Lo), int64(v.Lo), decimal.Pow64[shift])
			}
			if !ok {
				q, ok = decimal.Div(u, v, shift)
			}
			if !ok || !decimal.Fits(q, r.Precision) {
				out.Null(i)
				return
			}
			out.setDecimal(i, q)
		})
		return nil
	}
}

// divideQuick returns a·f/b, rounded half up, by one hardware division when the quotient fits 63 bits.
func divideQuick(a, b, f int64) (types.Int128, bool) {
	ua, ub := uint64(a), uint64(b)
	if a < 0 {
		ua = -ua
	}
	if b < 0 {
		ub = -ub
	}
	hi, lo := bits.Mul64(ua, uint64(f))
	if hi >= ub>>1 { // also when b is 0
		return types.Int128{}, false
	}
	q, rem := bits.Div64(hi, lo, ub)
	if rem >= ub-rem {
		q++
	}
	if (a < 0) != (b < 0) {
		return types.Int128Of(-int64(q)), true
	}
	return types.Int128Of(int64(q)), true
}

func remainderDecimals(call *Call, positive bool) Kernel {
	a, b, r := call.Args[0], call.Args[1], call.Result
	if a.Kind != types.Decimal || b.Kind != types.Decimal {
		return nil
	}
	scale := max(a.Scale, b.Scale)
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		x, y := decimalsOf(args[0]), decimalsOf(args[1])
		rows.Each(func(i int) {
			u, ok1 := decimal.Rescale(x.at(i), a.Scale, scale)
			v, ok2 := decimal.Rescale(y.at(i), b.Scale, scale)
			if !ok1 || !ok2 || v == (types.Int128{}) {
				out.Null(i)
				return
			}
			m := decimal.Rem(u, v)
			if positive {
				m = decimal.Rem(m.Add(v), v)
			}
			m, ok := decimal.Rescale(m, scale, r.Scale)
			if !ok || !decimal.Fits(m, r.Precision) {
				out.Null(i)
				return
			}
			out.setDecimal(i, m)
		})
		return nil
	}
}

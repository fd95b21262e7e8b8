package function

import (
	"math"
	"math/big"
	"strconv"

	"skep/dialect/types"
	"skep/engine/decimal"
	"skep/engine/vector"
)

// truncNumber cuts numbers to decimal places. What is left, as an integer of the last place kept, goes through 64 bits and wraps
// there, as in Hive.
func truncNumber(call *Call) Kernel {
	t := call.Args[0]
	digits := 0
	each := func(args []*vector.Vector, rows Rows, out *Result, f func(i int)) error {
		rows.Each(func(i int) {
			if len(args) > 1 && !isNull(args[1], i) {
				d := ints(args[1])
				digits = int(d.at(i))
			}
			if isNull(args[0], i) {
				out.Null(i)
				return
			}
			f(i)
		})
		return nil
	}
	switch {
	case t.IsInteger():
		bits := width(t)
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := ints(args[0])
			return each(args, rows, out, func(i int) {
				v := a.at(i)
				if -digits > types.MaxInt64Precision {
					v = 0
				} else if digits < 0 {
					v -= v % decimal.Pow64[-digits]
				}
				out.I64[i] = wrap(v, bits)
			})
		}
	case t.Kind == types.Decimal:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := decimalsOf(args[0])
			return each(args, rows, out, func(i int) {
				x := new(big.Rat).SetFrac(bigOf(a.at(i)), pow10(t.Scale))
				x.Mul(truncated(x, digits), new(big.Rat).SetInt(pow10(call.Result.Scale)))
				v, ok := int128Of(new(big.Int).Quo(x.Num(), x.Denom()))
				if !ok || !decimal.Fits(v, call.Result.Precision) {
					out.Null(i)
					return
				}
				out.setDecimal(i, v)
			})
		}
	case t.Physical() == types.F64:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := floats(args[0])
			return each(args, rows, out, func(i int) {
				switch f := a.at(i); {
				case math.IsNaN(f) || math.IsInf(f, 0):
					out.F64[i] = f
				case digits == 0 && math.Abs(f) < 1<<62:
					out.F64[i] = float64(int64(f))
				case t.Kind == types.Float:
					x, _ := new(big.Rat).SetString(strconv.FormatFloat(f, 'e', -1, 64)) // of its decimal text
					out.F64[i], _ = truncated(x, digits).Float64()
				default:
					out.F64[i], _ = truncated(new(big.Rat).SetFloat64(f), digits).Float64()
				}
				if t.Kind == types.Float {
					out.F64[i] = float64(float32(out.F64[i]))
				}
			})
		}
	}
	return nil
}

// maxPlaces bounds the decimal places: with more, every number is a multiple of 2^64 of the last place, or none.
const maxPlaces = 1200

// truncated cuts x to digits decimal places, by way of a 64-bit integer.
func truncated(x *big.Rat, digits int) *big.Rat {
	digits = min(max(digits, -maxPlaces), maxPlaces)
	unit := new(big.Rat).SetInt(pow10(max(digits, -digits)))
	if digits < 0 {
		unit.Inv(unit)
	}
	y := new(big.Rat).Mul(x, unit)
	whole := new(big.Int).Quo(y.Num(), y.Denom())
	low := new(big.Int).And(whole, new(big.Int).SetUint64(math.MaxUint64)) // of the two's complement
	return y.Quo(new(big.Rat).SetInt64(int64(low.Uint64())), unit)
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

func bigOf(v types.Int128) *big.Int {
	b := new(big.Int).Lsh(big.NewInt(v.Hi), 64)
	return b.Add(b, new(big.Int).SetUint64(v.Lo))
}

// int128Of is the number as 128 bits; false when it has more.
func int128Of(b *big.Int) (types.Int128, bool) {
	if b.BitLen() > 126 {
		return types.Int128{}, false
	}
	low := new(big.Int).And(b, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
	return types.Int128{Hi: new(big.Int).Rsh(b, 64).Int64(), Lo: low}, true
}

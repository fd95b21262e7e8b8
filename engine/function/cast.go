package function

import (
	"math"

	"skep/dialect/types"
	"skep/engine/decimal"
	"skep/engine/vector"
)

var castTable = map[string]entry{
	"cast": {build: buildCast, nulls: Strict, costly: true},
}

// buildCast makes CAST(Args[0] AS Result). Values that the target cannot hold become NULL.
func buildCast(env *Env, call *Call) Kernel {
	from, to := call.Args[0], call.Result
	if from.Physical() == types.F64 && to.Kind == types.Int && len(call.Consts) > 0 && call.Consts[0] != nil {
		return doubleToInteger(width(to), true)
	}
	return castKernel(env, from, to)
}

// doubleToInteger cuts fractions off. Hive's vectorised code, which runs over columns, goes by way of long for an int and wraps; the
// code that folds constants saturates. Smaller integers go by way of int, which saturates, in both.
func doubleToInteger(bits int, constant bool) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := floats(args[0])
		rows.Each(func(i int) {
			v := types.FloatToInt(a.at(i))
			if bits < 32 || bits == 32 && constant {
				v = min(max(v, math.MinInt32), math.MaxInt32)
			}
			out.I64[i] = wrap(v, bits)
		})
		return nil
	}
}

// CastIsNoop reports whether values of type from are, as stored, values of type to.
func CastIsNoop(from, to *types.Type) bool {
	switch {
	case from.Equal(to):
		return true
	case from.Kind == types.Decimal && to.Kind == types.Decimal:
		return from.Scale == to.Scale && from.Precision <= to.Precision && from.Physical() == to.Physical()
	case from.IsString() && to.Kind == types.String:
		return true
	case from.Kind == types.Varchar && to.Kind == types.Varchar:
		return from.Length <= to.Length
	case from.Kind == types.Char && (to.Kind == types.Char || to.Kind == types.Varchar):
		return from.Length <= to.Length
	case from.IsInteger() && to.IsInteger():
		return from.Kind <= to.Kind
	case from.Kind == types.Float && to.Kind == types.Double:
		return true
	case from.IsString() && from.Kind != types.Char && to.Kind == types.Binary, from.Kind == types.Binary && to.Kind == types.String:
		return true
	}
	return false
}

func castKernel(env *Env, from, to *types.Type) Kernel {
	switch {
	case from.Kind == types.Void:
		return allNull
	case CastIsNoop(from, to) && from.IsPrimitive():
		return identity(env, &Call{Result: to, Args: []*types.Type{from}})
	case !to.IsPrimitive():
		return castNested(env, from, to)
	}
	switch to.Kind {
	case types.Boolean:
		return castToBoolean(env, from)
	case types.TinyInt, types.SmallInt, types.Int, types.BigInt:
		return castToInteger(env, from, to)
	case types.Float, types.Double:
		return castToFloat(env, from, to)
	case types.Decimal:
		return castToDecimal(env, from, to)
	case types.String, types.Varchar, types.Char:
		return castToText(env, from, to)
	case types.Binary:
		if from.Kind != types.Char {
			return nil // other string types convert without change
		}
		return mapText(func(dst, s []byte) []byte { return append(dst, padded(from, s)...) })(nil, &Call{Args: []*types.Type{from}, Result: to})
	}
	return castToTime(env, from, to)
}

func allNull(_ []*vector.Vector, rows Rows, out *Result) error {
	rows.Each(out.Null)
	return nil
}

func castToBoolean(env *Env, from *types.Type) Kernel {
	switch from.Physical() {
	case types.I64:
		if from.Kind == types.Date {
			return allNull
		}
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := ints(args[0])
			rows.Each(func(i int) { out.SetBool(i, a.at(i) != 0) })
			return nil
		}
	case types.F64:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := floats(args[0])
			rows.Each(func(i int) { out.SetBool(i, a.at(i) != 0) })
			return nil
		}
	case types.I128:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := wides(args[0])
			rows.Each(func(i int) { out.SetBool(i, a.at(i) != types.Int128{}) })
			return nil
		}
	case types.Bytes:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := textsOf(args[0])
			rows.Each(func(i int) { out.SetBool(i, !falseText(a.at(i))) })
			return nil
		}
	}
	return nil
}

// falseText reports whether a string casts to false: empty, "false", "no", "off" or "0", in any case.
func falseText(s []byte) bool {
	switch len(s) {
	case 0:
		return true
	case 1:
		return s[0] == '0'
	case 2:
		return s[0]|0x20 == 'n' && s[1]|0x20 == 'o'
	case 3:
		return s[0]|0x20 == 'o' && s[1]|0x20 == 'f' && s[2]|0x20 == 'f'
	case 5:
		return s[0]|0x20 == 'f' && s[1]|0x20 == 'a' && s[2]|0x20 == 'l' && s[3]|0x20 == 's' && s[4]|0x20 == 'e'
	}
	return false
}

// inRange reports whether v is a value of an integer type of the given bits.
func inRange(v int64, bits int) bool { return wrap(v, bits) == v }

func castToInteger(env *Env, from, to *types.Type) Kernel {
	bits := width(to)
	switch {
	case from.Kind == types.Date:
		return allNull
	case from.IsInteger() || from.Kind == types.Boolean:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := ints(args[0])
			rows.Each(func(i int) { out.I64[i] = wrap(a.at(i), bits) })
			return nil
		}
	case from.Physical() == types.F64:
		return doubleToInteger(bits, env.Converting || !env.Vectorized && !env.Hive3())
	case from.Kind == types.Decimal:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := decimalsOf(args[0])
			rows.Each(func(i int) {
				v := decimal.Quo(a.at(i), decimal.Pow128[from.Scale])
				if !v.IsInt64() || !inRange(int64(v.Lo), bits) {
					out.Null(i)
					return
				}
				out.I64[i] = int64(v.Lo)
			})
			return nil
		}
	case from.Physical() == types.Bytes && from.Kind != types.Binary:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := textsOf(args[0])
			rows.Each(func(i int) {
				s := a.at(i)
				v, ok := ParseInteger(s)
				if env.Vectorized && len(s) > 0 && (s[0] <= ' ' || s[len(s)-1] <= ' ') {
					ok = false // Hive does not trim there
				}
				if !ok || !inRange(v, bits) {
					out.Null(i)
					return
				}
				out.I64[i] = v
			})
			return nil
		}
	case from.Kind == types.Timestamp || from.Kind == types.TimestampLTZ:
		seconds := epochSeconds(env, from)
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := wides(args[0])
			rows.Each(func(i int) {
				v := seconds(a.at(i))
				if !inRange(v, bits) && !env.Converting {
					out.Null(i)
					return
				}
				out.I64[i] = wrap(v, bits)
			})
			return nil
		}
	}
	return nil
}

// epochSeconds converts a timestamp to the seconds that a number of it shows: 4.0 takes zone-less timestamps as local time.
func epochSeconds(env *Env, from *types.Type) func(types.Int128) int64 {
	if from.Kind == types.TimestampLTZ || env.Hive3() {
		return func(t types.Int128) int64 { return t.Hi }
	}
	zone := env.Zone()
	return func(t types.Int128) int64 { return zone.Instant(t.Hi) }
}

func castToFloat(env *Env, from, to *types.Type) Kernel {
	single := to.Kind == types.Float
	store := func(out *Result, i int, v float64) {
		if single {
			v = float64(float32(v))
		}
		out.F64[i] = v
	}
	switch {
	case from.Kind == types.Date:
		return allNull
	case from.IsInteger() || from.Kind == types.Boolean:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := ints(args[0])
			if single {
				rows.Each(func(i int) { out.F64[i] = float64(float32(a.at(i))) })
				return nil
			}
			rows.Each(func(i int) { out.F64[i] = float64(a.at(i)) })
			return nil
		}
	case from.Physical() == types.F64:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := floats(args[0])
			rows.Each(func(i int) { store(out, i, a.at(i)) })
			return nil
		}
	case from.Kind == types.Decimal:
		if from.Physical() == types.I64 {
			return func(args []*vector.Vector, rows Rows, out *Result) error {
				a := ints(args[0])
				rows.Each(func(i int) { store(out, i, decimal.Float64Of(a.at(i), from.Scale)) })
				return nil
			}
		}
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := wides(args[0])
			rows.Each(func(i int) { store(out, i, decimal.Float64(a.at(i), from.Scale)) })
			return nil
		}
	case from.Physical() == types.Bytes && from.Kind != types.Binary:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := textsOf(args[0])
			rows.Each(func(i int) {
				v, ok := ParseDouble(a.at(i))
				if !ok {
					out.Null(i)
					return
				}
				store(out, i, v)
			})
			return nil
		}
	case from.Kind == types.Timestamp || from.Kind == types.TimestampLTZ:
		seconds := epochSeconds(env, from)
		fraction := env.Hive3() || env.Vectorized // other code of 4.0 loses it
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := wides(args[0])
			rows.Each(func(i int) {
				t := a.at(i)
				v := float64(seconds(t))
				if fraction {
					v += float64(t.Lo) / 1e9
				}
				store(out, i, v)
			})
			return nil
		}
	}
	return nil
}

func castToDecimal(env *Env, from, to *types.Type) Kernel {
	p, s := to.Precision, to.Scale
	put := func(out *Result, i int, v types.Int128, ok bool) {
		if !ok || !decimal.Fits(v, p) {
			out.Null(i)
			return
		}
		out.setDecimal(i, v)
	}
	switch {
	case from.IsInteger() || from.Kind == types.Boolean:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := ints(args[0])
			rows.Each(func(i int) {
				v, ok := decimal.Rescale(types.Int128Of(a.at(i)), 0, s)
				put(out, i, v, ok)
			})
			return nil
		}
	case from.Kind == types.Decimal && from.Physical() == types.I64 && to.Physical() == types.I64:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := ints(args[0])
			rows.Each(func(i int) {
				v, ok := decimal.Rescale64(a.at(i), from.Scale, s)
				if !ok || !decimal.Fits64(v, p) {
					out.Null(i)
					return
				}
				out.I64[i] = v
			})
			return nil
		}
	case from.Kind == types.Decimal:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := decimalsOf(args[0])
			rows.Each(func(i int) {
				v, ok := decimal.Rescale(a.at(i), from.Scale, s)
				put(out, i, v, ok)
			})
			return nil
		}
	case from.Physical() == types.F64:
		parse := decimal.FromFloat64
		if from.Kind == types.Float {
			parse = decimal.FromFloat32
		}
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := floats(args[0])
			rows.Each(func(i int) {
				v, ok := parse(a.at(i), p, s)
				put(out, i, v, ok)
			})
			return nil
		}
	case from.Physical() == types.Bytes && from.Kind != types.Binary:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := textsOf(args[0])
			rows.Each(func(i int) {
				v, ok := decimal.Parse(trim(a.at(i)), p, s)
				put(out, i, v, ok)
			})
			return nil
		}
	case from.Kind == types.Timestamp || from.Kind == types.TimestampLTZ:
		seconds := epochSeconds(env, from)
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := wides(args[0])
			rows.Each(func(i int) {
				t := a.at(i)
				// By way of a double, as in Hive: nanoseconds get lost.
				v, ok := decimal.FromFloat64(float64(seconds(t))+float64(t.Lo)/1e9, p, s)
				put(out, i, v, ok)
			})
			return nil
		}
	}
	return nil
}

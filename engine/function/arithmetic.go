package function

import (
	"math"

	"skep/dialect/types"
	"skep/engine/kernel"
	"skep/engine/vector"
)

var arithmeticTable = map[string]entry{
	"+":                  {build: plusMinus("+"), nulls: Total},
	"-":                  {build: plusMinus("-"), nulls: Total},
	"*":                  {build: times, nulls: Total},
	"/":                  {build: divide, nulls: Total},
	"%":                  {build: remainder, nulls: Total},
	"pmod":               {build: remainder, nulls: Total},
	"div":                {build: integerDivide, nulls: Strict, fallible: true},
	"&":                  {build: bitwise(func(a, b int64) int64 { return a & b }), nulls: Total},
	"|":                  {build: bitwise(func(a, b int64) int64 { return a | b }), nulls: Total},
	"^":                  {build: bitwise(func(a, b int64) int64 { return a ^ b }), nulls: Total},
	"~":                  {build: complement, nulls: Total},
	"shiftleft":          {build: shift(func(a int64, n uint) int64 { return a << n }, func(a int32, n uint) int32 { return a << n }), nulls: Total},
	"shiftright":         {build: shift(func(a int64, n uint) int64 { return a >> n }, func(a int32, n uint) int32 { return a >> n }), nulls: Total},
	"shiftrightunsigned": {build: shift(func(a int64, n uint) int64 { return int64(uint64(a) >> n) }, func(a int32, n uint) int32 { return int32(uint32(a) >> n) }), nulls: Total},
	"negative":           {build: negate, nulls: Total},
	"positive":           {build: identity, nulls: Total},
}

// width is the number of bits of an integer type.
func width(t *types.Type) int {
	switch t.Kind {
	case types.TinyInt:
		return 8
	case types.SmallInt:
		return 16
	case types.Int:
		return 32
	}
	return 64
}

// wrap is two's complement overflow to an integer type.
func wrap(v int64, bits int) int64 {
	switch bits {
	case 8:
		return int64(int8(v))
	case 16:
		return int64(int16(v))
	case 32:
		return int64(int32(v))
	}
	return v
}

// operand is an argument of a loop: a column of values, or one value for all rows.
type operand[T any] struct {
	vals  []T
	buf   []T
	konst bool
}

// load prepares the values of v; dictionaries are gathered.
func (o *operand[T]) load(v *vector.Vector, vals []T, rows Rows) {
	o.konst = v.Form == vector.Const
	o.vals = vals
	if v.Form == vector.Dict {
		if cap(o.buf) < rows.N {
			o.buf = make([]T, max(rows.N, vector.BatchSize))
		}
		o.vals = o.buf[:rows.N]
		if len(vals) > 0 {
			kernel.Gather(o.vals, vals, v.Codes, rows.Sel)
		}
	}
}

// shaped runs the loop that suits the operands' shapes; commutative operators leave constCol nil.
func shaped[T kernel.Number](colCol func(dst, a, b []T, sel []uint16), colConst func(dst, a []T, c T, sel []uint16),
	constCol func(dst []T, c T, a []T, sel []uint16)) func(dst []T, a, b *operand[T], rows Rows) {
	return func(dst []T, a, b *operand[T], rows Rows) {
		switch {
		case a.konst && b.konst:
			// Both are the same for all rows; the caller usually computes one row only.
			x := b.vals[0]
			kernel.Fill(dst, a.vals[0], rows.Sel)
			colConst(dst, dst, x, rows.Sel)
		case b.konst:
			colConst(dst, a.vals, b.vals[0], rows.Sel)
		case a.konst && constCol == nil:
			colConst(dst, b.vals, a.vals[0], rows.Sel)
		case a.konst:
			constCol(dst, a.vals[0], b.vals, rows.Sel)
		default:
			colCol(dst, a.vals, b.vals, rows.Sel)
		}
	}
}

func subConst[T kernel.Number](dst, a []T, c T, sel []uint16) { kernel.AddConst(dst, a, -c, sel) }

func intLoop(t *types.Type, loop func(dst []int64, a, b *operand[int64], rows Rows)) Kernel {
	var a, b operand[int64]
	bits := width(t)
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a.load(args[0], args[0].Base().I64, rows)
		b.load(args[1], args[1].Base().I64, rows)
		loop(out.I64, &a, &b, rows)
		if bits < 64 {
			kernel.Wrap(out.I64, bits, rows.Sel)
		}
		return nil
	}
}

func floatLoop(t *types.Type, loop func(dst []float64, a, b *operand[float64], rows Rows)) Kernel {
	var a, b operand[float64]
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a.load(args[0], args[0].Base().F64, rows)
		b.load(args[1], args[1].Base().F64, rows)
		loop(out.F64, &a, &b, rows)
		if t.Kind == types.Float {
			kernel.Single(out.F64, rows.Sel)
		}
		return nil
	}
}

func plusMinus(op string) Builder {
	return func(env *Env, call *Call) Kernel {
		t := call.Result
		switch {
		case t.IsInteger() && op == "+":
			return intLoop(t, shaped(kernel.Add[int64], kernel.AddConst[int64], nil))
		case t.IsInteger():
			return intLoop(t, shaped(kernel.Sub[int64], subConst[int64], kernel.ConstSub[int64]))
		case t.Kind == types.Decimal:
			return addDecimals(call, op == "-")
		case t.Physical() == types.F64 && op == "+":
			return floatLoop(t, shaped(kernel.Add[float64], kernel.AddConst[float64], nil))
		case t.Physical() == types.F64:
			return floatLoop(t, shaped(kernel.Sub[float64], subConst[float64], kernel.ConstSub[float64]))
		}
		return addTime(env, call, op == "-")
	}
}

func times(_ *Env, call *Call) Kernel {
	switch t := call.Result; {
	case t.IsInteger():
		return intLoop(t, shaped(kernel.Mul[int64], kernel.MulConst[int64], nil))
	case t.Kind == types.Decimal:
		return multiplyDecimals(call)
	case t.Physical() == types.F64:
		return floatLoop(t, shaped(kernel.Mul[float64], kernel.MulConst[float64], nil))
	}
	return nil
}

func divide(_ *Env, call *Call) Kernel {
	switch {
	case call.Result.Kind == types.Decimal:
		return divideDecimals(call)
	case call.Result.Physical() != types.F64:
		return nil
	}
	single := call.Result.Kind == types.Float
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, b := floats(args[0]), floats(args[1])
		rows.Each(func(i int) {
			d := b.at(i)
			if d == 0 {
				out.Null(i)
				return
			}
			q := a.at(i) / d
			if single {
				q = float64(float32(q))
			}
			out.F64[i] = q
		})
		return nil
	}
}

// remainder computes % and pmod; a zero divisor gives NULL.
func remainder(_ *Env, call *Call) Kernel {
	positive := call.Name == "pmod"
	t := call.Result
	switch {
	case t.IsInteger():
		bits := width(t)
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a, b := ints(args[0]), ints(args[1])
			rows.Each(func(i int) {
				d := b.at(i)
				if d == 0 {
					out.Null(i)
					return
				}
				r := a.at(i) % d
				if positive {
					r = wrap(r+d, bits) % d
				}
				out.I64[i] = r
			})
			return nil
		}
	case t.Kind == types.Decimal:
		return remainderDecimals(call, positive)
	case t.Physical() != types.F64:
		return nil
	}
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, b := floats(args[0]), floats(args[1])
		rows.Each(func(i int) {
			d := b.at(i)
			if d == 0 {
				out.Null(i)
				return
			}
			r := math.Mod(a.at(i), d)
			if positive {
				r = math.Mod(r+d, d)
			}
			if t.Kind == types.Float {
				r = float64(float32(r))
			}
			out.F64[i] = r
		})
		return nil
	}
}

var errDivideByZero = errorf("/ by zero")

func integerDivide(_ *Env, call *Call) Kernel {
	if !call.Result.IsInteger() {
		return nil
	}
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, b := ints(args[0]), ints(args[1])
		return rows.Try(func(i int) error {
			d := b.at(i)
			if d == 0 {
				return errDivideByZero
			}
			out.I64[i] = a.at(i) / d
			return nil
		})
	}
}

func bitwise(f func(a, b int64) int64) Builder {
	return func(_ *Env, call *Call) Kernel {
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a, b := ints(args[0]), ints(args[1])
			rows.Each(func(i int) { out.I64[i] = f(a.at(i), b.at(i)) })
			return nil
		}
	}
}

func complement(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := ints(args[0])
		rows.Each(func(i int) { out.I64[i] = ^a.at(i) })
		return nil
	}
}

// shift uses the low 5 or 6 bits of the distance, as Java does.
func shift(long func(a int64, n uint) int64, short func(a int32, n uint) int32) Builder {
	return func(_ *Env, call *Call) Kernel {
		wide := call.Result.Kind == types.BigInt
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a, n := ints(args[0]), ints(args[1])
			rows.Each(func(i int) {
				if wide {
					out.I64[i] = long(a.at(i), uint(n.at(i))&63)
				} else {
					out.I64[i] = int64(short(int32(a.at(i)), uint(n.at(i))&31))
				}
			})
			return nil
		}
	}
}

func negate(_ *Env, call *Call) Kernel {
	t := call.Result
	switch t.Physical() {
	case types.I64:
		bits := width(t)
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := ints(args[0])
			rows.Each(func(i int) { out.I64[i] = wrap(-a.at(i), bits) })
			return nil
		}
	case types.F64:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := floats(args[0])
			rows.Each(func(i int) { out.F64[i] = -a.at(i) })
			return nil
		}
	case types.I128:
		interval := t.IsInterval()
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := wides(args[0])
			rows.Each(func(i int) {
				if interval {
					out.W[i] = negateTime(a.at(i))
				} else {
					out.W[i] = a.at(i).Neg()
				}
			})
			return nil
		}
	}
	return nil
}

// identity copies its argument.
func identity(_ *Env, call *Call) Kernel {
	if !call.Result.IsPrimitive() || call.Result.Physical() == types.Nothing {
		return nil
	}
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		switch call.Result.Physical() {
		case types.I64:
			a := ints(args[0])
			rows.Each(func(i int) { out.I64[i] = a.at(i) })
		case types.F64:
			a := floats(args[0])
			rows.Each(func(i int) { out.F64[i] = a.at(i) })
		case types.I128:
			a := wides(args[0])
			rows.Each(func(i int) { out.W[i] = a.at(i) })
		case types.Bytes:
			a := textsOf(args[0])
			out.Borrow(a.data)
			rows.Each(func(i int) { out.Refs[i] = a.refs.at(i) })
		}
		return nil
	}
}

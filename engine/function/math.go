package function

import (
	"math"
	"strconv"

	"skep/dialect/types"
	"skep/engine/decimal"
	"skep/engine/strictmath"
	"skep/engine/vector"
	"skep/engine/vector/valuetext"
)

var mathTable = map[string]entry{
	"round":        {build: round(false), nulls: Strict},
	"bround":       {build: round(true), nulls: Strict},
	"floor":        {build: floorCeil(math.Floor, decimal.Floor), nulls: Strict},
	"ceil":         {build: floorCeil(math.Ceil, decimal.Ceil), nulls: Strict},
	"abs":          {build: absolute, nulls: Total},
	"sqrt":         {build: real(func(x float64) (float64, bool) { return math.Sqrt(x), !(x < 0) }), nulls: Strict},
	"cbrt":         {build: real(always(strictmath.Cbrt)), nulls: Strict},
	"exp":          {build: real(always(strictmath.Exp)), nulls: Strict},
	"ln":           {build: real(positive(math.Log)), nulls: Strict},
	"log2":         {build: real(positive(func(x float64) float64 { return math.Log(x) / math.Ln2 })), nulls: Strict},
	"log10":        {build: real(positive(strictmath.Log10)), nulls: Strict},
	"log":          {build: logarithm, nulls: Strict},
	"pow":          {build: power, nulls: Strict},
	"sign":         {build: signOf, nulls: Strict},
	"sin":          {build: real(always(strictmath.Sin)), nulls: Strict},
	"asin":         {build: real(arc(strictmath.Asin)), nulls: Strict},
	"cos":          {build: real(always(strictmath.Cos)), nulls: Strict},
	"acos":         {build: real(arc(strictmath.Acos)), nulls: Strict},
	"tan":          {build: real(always(strictmath.Tan)), nulls: Strict},
	"atan":         {build: real(always(math.Atan)), nulls: Strict},
	"sinh":         {build: real(always(math.Sinh)), nulls: Strict},
	"cosh":         {build: real(always(math.Cosh)), nulls: Strict},
	"tanh":         {build: real(always(math.Tanh)), nulls: Strict},
	"degrees":      {build: real(always(func(x float64) float64 { return x * (180 / math.Pi) })), nulls: Strict},
	"radians":      {build: real(always(func(x float64) float64 { return x * (math.Pi / 180) })), nulls: Strict},
	"pi":           {build: number(math.Pi), nulls: Aware},
	"e":            {build: number(math.E), nulls: Aware},
	"factorial":    {build: factorial, nulls: Strict},
	"greatest":     {build: extreme(1), nulls: Strict},
	"least":        {build: extreme(-1), nulls: Strict},
	"width_bucket": {build: widthBucket, nulls: Strict, fallible: true},
	"rand":         {build: random, nulls: Aware, random: true},
}

func always(f func(float64) float64) func(float64) (float64, bool) {
	return func(x float64) (float64, bool) { return f(x), true }
}

// arc functions are NULL beyond -1 and 1.
func arc(f func(float64) float64) func(float64) (float64, bool) {
	return func(x float64) (float64, bool) { return f(x), !(x < -1 || x > 1) }
}

// positive functions are NULL for x ≤ 0.
func positive(f func(float64) float64) func(float64) (float64, bool) {
	return func(x float64) (float64, bool) { return f(x), !(x <= 0) }
}

// real makes a kernel of a function of a double; ok false is NULL.
func real(f func(x float64) (y float64, ok bool)) Builder {
	return func(_ *Env, call *Call) Kernel {
		if call.Args[0].Physical() != types.F64 {
			return nil
		}
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := floats(args[0])
			rows.Each(func(i int) {
				y, ok := f(a.at(i))
				if !ok {
					out.Null(i)
					return
				}
				out.F64[i] = y
			})
			return nil
		}
	}
}

func number(v float64) Builder {
	return func(*Env, *Call) Kernel {
		return func(_ []*vector.Vector, rows Rows, out *Result) error {
			rows.Each(func(i int) { out.F64[i] = v })
			return nil
		}
	}
}

// logarithm is log(x) or log(base, x).
func logarithm(_ *Env, call *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		x := floats(args[len(args)-1])
		base := floats(args[0])
		rows.Each(func(i int) {
			v := x.at(i)
			if v <= 0 || len(args) > 1 && base.at(i) <= 1 {
				out.Null(i)
				return
			}
			out.F64[i] = math.Log(v)
			if len(args) > 1 {
				out.F64[i] /= math.Log(base.at(i))
			}
		})
		return nil
	}
}

func power(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, b := floats(args[0]), floats(args[1])
		rows.Each(func(i int) {
			x, y := a.at(i), b.at(i)
			// Java differs from C: 1 to the power of NaN or infinity is NaN, and so is -1 to that of infinity.
			if y != y || math.Abs(x) == 1 && math.IsInf(y, 0) {
				out.F64[i] = math.NaN()
				return
			}
			out.F64[i] = math.Pow(x, y)
		})
		return nil
	}
}

func signOf(_ *Env, call *Call) Kernel {
	switch {
	case call.Args[0].Physical() == types.F64:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := floats(args[0])
			rows.Each(func(i int) {
				switch x := a.at(i); {
				case x > 0:
					out.F64[i] = 1
				case x == 0:
					out.F64[i] = 0
				default: // NaN, too
					out.F64[i] = -1
				}
			})
			return nil
		}
	case call.Args[0].Kind == types.Decimal:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := decimalsOf(args[0])
			rows.Each(func(i int) { out.I64[i] = int64(a.at(i).Sign()) })
			return nil
		}
	}
	return nil
}

// absolute wraps for the smallest integer, as Java does.
func absolute(_ *Env, call *Call) Kernel {
	t := call.Args[0]
	switch t.Physical() {
	case types.I64:
		bits := width(t)
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := ints(args[0])
			rows.Each(func(i int) {
				v := a.at(i)
				if v < 0 {
					v = wrap(-v, bits)
				}
				out.I64[i] = v
			})
			return nil
		}
	case types.F64:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := floats(args[0])
			rows.Each(func(i int) { out.F64[i] = math.Abs(a.at(i)) })
			return nil
		}
	case types.I128:
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a := wides(args[0])
			rows.Each(func(i int) {
				v := a.at(i)
				if v.Sign() < 0 {
					v = v.Neg()
				}
				out.W[i] = v
			})
			return nil
		}
	}
	return nil
}

func floorCeil(f func(float64) float64, d func(types.Int128, int) types.Int128) Builder {
	return func(_ *Env, call *Call) Kernel {
		t := call.Args[0]
		switch {
		case t.IsInteger():
			return identity(nil, &Call{Result: call.Result})
		case t.Kind == types.Decimal:
			return func(args []*vector.Vector, rows Rows, out *Result) error {
				a := decimalsOf(args[0])
				rows.Each(func(i int) { out.setDecimal(i, d(a.at(i), t.Scale)) })
				return nil
			}
		case t.Physical() == types.F64:
			return func(args []*vector.Vector, rows Rows, out *Result) error {
				a := floats(args[0])
				rows.Each(func(i int) { out.I64[i] = types.FloatToInt(f(a.at(i))) })
				return nil
			}
		}
		return nil
	}
}

// round rounds to a constant number of digits: half up, or half even.
func round(even bool) Builder {
	return func(_ *Env, call *Call) Kernel {
		digits := 0
		if len(call.Args) > 1 {
			d, ok := call.Const(1)
			if !ok {
				return nil
			}
			if d.Null {
				return allNull
			}
			digits = int(d.I)
		}
		t := call.Args[0]
		switch {
		case t.IsInteger():
			bits := width(t)
			return func(args []*vector.Vector, rows Rows, out *Result) error {
				a := ints(args[0])
				rows.Each(func(i int) { out.I64[i] = wrap(roundInt(a.at(i), digits, even), bits) })
				return nil
			}
		case t.Kind == types.Decimal:
			return func(args []*vector.Vector, rows Rows, out *Result) error {
				a := decimalsOf(args[0])
				rows.Each(func(i int) {
					v, ok := decimal.Round(a.at(i), t.Scale, digits, even)
					if ok {
						v, ok = decimal.Rescale(v, t.Scale, call.Result.Scale)
					} else if digits == call.Result.Scale {
						// Rounded up to a number that does not fit at the old scale, which is no tie.
						v, ok = decimal.Rescale(a.at(i), t.Scale, digits)
					} else if digits < 0 && t.Scale-digits <= types.MaxPrecision {
						if v, ok = decimal.Rescale(a.at(i), t.Scale-digits, 0); ok {
							v, ok = decimal.Rescale(v, 0, -digits)
						}
					}
					if !ok || !decimal.Fits(v, call.Result.Precision) {
						out.Null(i)
						return
					}
					out.setDecimal(i, v)
				})
				return nil
			}
		case t.Physical() == types.F64:
			single := t.Kind == types.Float
			return func(args []*vector.Vector, rows Rows, out *Result) error {
				a := floats(args[0])
				rows.Each(func(i int) {
					r := roundFloat(a.at(i), digits, even)
					if single {
						r = float64(float32(r))
					}
					out.F64[i] = r
				})
				return nil
			}
		}
		return nil
	}
}

func roundInt(v int64, digits int, even bool) int64 {
	if digits >= 0 {
		return v
	}
	r, ok := decimal.Round(types.Int128Of(v), 0, digits, even)
	if !ok {
		return 0
	}
	return int64(r.Lo)
}

// roundFloat rounds the decimal text of a double, as Java's BigDecimal does, so that 1.005 at two digits is 1.01.
func roundFloat(f float64, digits int, even bool) float64 {
	if f != f || math.IsInf(f, 0) {
		return f
	}
	if f == 0 {
		return 0 // BigDecimal has no negative zero
	}
	var buf [400]byte
	text := strconv.AppendFloat(buf[:0], f, 'e', -1, 64)
	// d.dddde±x: with the point gone, the number is mantissa · 10^exponent.
	mantissa, exponent, count := int64(0), 0, 0
	at := 0
	negative := text[0] == '-'
	if negative {
		at++
	}
	for ; text[at] != 'e'; at++ {
		if text[at] == '.' {
			continue
		}
		mantissa = mantissa*10 + int64(text[at]-'0')
		count++
	}
	e, err := strconv.Atoi(string(text[at+1:]))
	if err != nil {
		return f
	}
	exponent = e - (count - 1)
	drop := -exponent - digits
	if drop <= 0 {
		return f
	}
	var v types.Int128
	if drop <= types.MaxPrecision {
		v, _ = decimal.Round(types.Int128Of(mantissa), 0, -drop, even)
	}
	r, err := strconv.ParseFloat(strconv.FormatInt(int64(v.Lo), 10)+"e"+strconv.Itoa(exponent), 64)
	if err != nil {
		return f
	}
	if negative && r != 0 {
		r = -r
	}
	return r
}

func factorial(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := ints(args[0])
		rows.Each(func(i int) {
			n := a.at(i)
			if n < 0 || n > 20 {
				out.Null(i)
				return
			}
			f := int64(1)
			for k := int64(2); k <= n; k++ {
				f *= k
			}
			out.I64[i] = f
		})
		return nil
	}
}

// extreme is the largest (sign 1) or smallest (sign -1) argument.
func extreme(sign int) Builder {
	return func(_ *Env, call *Call) Kernel {
		copyRow := rowCopier(call.Result)
		if copyRow == nil {
			return nil
		}
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			rows.Each(func(i int) {
				best := args[0]
				for _, v := range args[1:] {
					if vector.Compare(v, i, best, i)*sign > 0 {
						best = v
					}
				}
				copyRow(out, i, best, i)
			})
			return nil
		}
	}
}

// rowCopier copies single primitive values that are not NULL; nil for nested types.
func rowCopier(t *types.Type) func(out *Result, i int, v *vector.Vector, j int) {
	switch t.Physical() {
	case types.I64:
		return func(out *Result, i int, v *vector.Vector, j int) { out.I64[i] = v.Base().I64[v.At(j)] }
	case types.F64:
		return func(out *Result, i int, v *vector.Vector, j int) { out.F64[i] = v.Base().F64[v.At(j)] }
	case types.I128:
		return func(out *Result, i int, v *vector.Vector, j int) { out.W[i] = v.Base().W[v.At(j)] }
	case types.Bytes:
		return func(out *Result, i int, v *vector.Vector, j int) { out.SetBytes(i, v.Bytes(j)) }
	}
	return nil
}

// widthBucket numbers n equal buckets between two bounds from 1; 0 and n+1 are outside. Bounds in falling order count down.
func widthBucket(env *Env, call *Call) Kernel {
	toDouble := castKernel(env, call.Args[0], types.DoubleType)
	if toDouble == nil {
		return nil
	}
	var results [3]Result
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		var cols [3]column[float64]
		for k := range cols {
			n := rows.N
			results[k].Reset(types.DoubleType, n)
			if err := toDouble(args[k:k+1], rows, &results[k]); err != nil {
				return err
			}
			cols[k] = floats(results[k].Vector)
		}
		n := ints(args[3])
		return rows.Try(func(i int) error {
			x, low, high, count := cols[0].at(i), cols[1].at(i), cols[2].at(i), n.at(i)
			if count <= 0 {
				return errorf("numBuckets in width_bucket function must be above 0, but got %d", count)
			}
			if low == high {
				return errorf("minValue in width_bucket function cannot be equal to maxValue")
			}
			if low > high {
				x, low, high = -x, -low, -high
			}
			switch {
			case x < low || x != x:
				out.I64[i] = 0
			case x >= high:
				out.I64[i] = count + 1
			default:
				out.I64[i] = int64(math.Floor(float64(count)*(x-low)/(high-low))) + 1
			}
			return nil
		})
	}
}

// decimalText is the text of a decimal at row.
func decimalText(dst []byte, v *vector.Vector, row int) []byte {
	d := decimalsOf(v)
	return valuetext.AppendDecimal128(dst, d.at(row), v.Type.Scale)
}

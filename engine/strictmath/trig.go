package strictmath

import (
	"math"
	"math/big"
)

// quarter is the largest argument, π/4, that needs no reduction.
const quarter = 7.85398163397448278999e-01

// reduce returns n and a pair of doubles with x = n·π/2 + high + low; π/2 is subtracted in up to three parts, as many as
// cancellation asks for, and by exact arithmetic for |x| beyond 2^19·π/2. ok is false for numbers too large even for that.
func reduce(x float64) (n int, high, low float64, ok bool) {
	const (
		inv          = 6.36619772367581382433e-01
		part1, tail1 = 1.57079632673412561417e+00, 6.07710050650619224932e-11
		part2, tail2 = 6.07710050630396597660e-11, 2.02226624879595063154e-21
		part3, tail3 = 2.02226624871116645580e-21, 8.47842766036889956997e-32
	)
	a := math.Abs(x)
	if a > 1<<19*halfPi {
		return reduceExactly(x)
	}
	n = int(a*inv + 0.5)
	k := float64(n)
	exponent := func(f float64) int { return int(math.Float64bits(f) >> 52 & 0x7ff) }
	r := a - k*part1
	w := k * tail1
	high = r - w
	if exponent(a)-exponent(high) > 16 {
		t := r
		w = k * part2
		r = t - w
		w = k*tail2 - ((t - r) - w)
		high = r - w
		if exponent(a)-exponent(high) > 49 {
			t = r
			w = k * part3
			r = t - w
			w = k*tail3 - ((t - r) - w)
			high = r - w
		}
	}
	low = (r - high) - w
	if x < 0 {
		return -n, -high, -low, true
	}
	return n, high, low, true
}

// halfPiExact is π/2 to 600 bits.
var halfPiExact = func() *big.Float {
	pi, _, err := big.ParseFloat("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798214808651328230664709"+
		"38446095505822317253594081284811174502841027019385211055596446229489549303819", 10, 600, big.ToNearestEven)
	if err != nil {
		panic("strictmath: " + err.Error())
	}
	return pi.Quo(pi, big.NewFloat(2))
}()

// reduceExactly is reduce for large numbers.
func reduceExactly(x float64) (n int, high, low float64, ok bool) {
	if !(math.Abs(x) < 1<<400) {
		return 0, 0, 0, false
	}
	exact := new(big.Float).SetPrec(1100).SetFloat64(x)
	quotient := new(big.Float).SetPrec(1100).Quo(exact, halfPiExact)
	k, _ := quotient.Add(quotient, big.NewFloat(math.Copysign(0.5, x))).Int(nil)
	rest := exact.Sub(exact, new(big.Float).SetPrec(1100).Mul(new(big.Float).SetInt(k), halfPiExact))
	high, _ = rest.Float64()
	low, _ = rest.Sub(rest, new(big.Float).SetFloat64(high)).Float64()
	return int(new(big.Int).And(k, big.NewInt(3)).Int64()), high, low, true
}

// sinKernel is the sine of x + tail for |x| ≤ π/4.
func sinKernel(x, tail float64, exact bool) float64 {
	if math.Abs(x) < 1.0/(1<<27) {
		return x
	}
	z := x * x
	v := z * x
	r := 8.33333333332248946124e-03 + z*(-1.98412698298579493134e-04+z*(2.75573137070700676789e-06+z*(-2.50507602534068634195e-08+z*1.58969099521155010221e-10)))
	const s1 = -1.66666666666666324348e-01
	if exact {
		return x + v*(s1+z*r)
	}
	return x - ((z*(0.5*tail-v*r) - tail) - v*s1)
}

// cosKernel is the cosine of x + tail for |x| ≤ π/4.
func cosKernel(x, tail float64) float64 {
	a := math.Abs(x)
	if a < 1.0/(1<<27) {
		return 1
	}
	z := x * x
	r := z * (4.16666666666666019037e-02 + z*(-1.38888888888741095749e-03+z*(2.48015872894767294178e-05+z*(-2.75573143513906633035e-07+z*(2.08757232129817482790e-09+z*-1.13596475577881948265e-11)))))
	if a < 0.3 {
		return 1 - (0.5*z - (z*r - x*tail))
	}
	q := 0.28125
	if a <= 0.78125 {
		q = math.Float64frombits((math.Float64bits(a)>>32 - 0x00200000) << 32) // about |x|/4
	}
	h := 0.5*z - q
	return (1 - q) - (h - (z*r - x*tail))
}

// tanCoefficients are of the odd powers from x³ on.
var tanCoefficients = [...]float64{
	3.33333333333334091986e-01, 1.33333333333201242699e-01, 5.39682539762260521377e-02, 2.18694882948595424599e-02, 8.86323982359930005737e-03,
	3.59207910759131235356e-03, 1.45620945432529025516e-03, 5.88041240820264096874e-04, 2.46463134818469906812e-04, 7.81794442939557092300e-05,
	7.14072491382608190305e-05, -1.85586374855275456654e-05, 2.59073051863633712884e-05,
}

// tanKernel is the tangent of x + tail for |x| ≤ π/4, or minus its reciprocal.
func tanKernel(x, tail float64, reciprocal bool) float64 {
	const piQuarterLow = 3.06161699786838301793e-17
	a := math.Abs(x)
	if a < 1.0/(1<<28) {
		if reciprocal {
			return -1 / x
		}
		return x
	}
	large := a >= 0.6744
	negative := x < 0
	if large {
		if negative {
			x, tail = -x, -tail
		}
		x = (quarter - x) + (piQuarterLow - tail)
		tail = 0
	}
	t := &tanCoefficients
	z := x * x
	w := z * z
	odd := t[1] + w*(t[3]+w*(t[5]+w*(t[7]+w*(t[9]+w*t[11]))))
	even := z * (t[2] + w*(t[4]+w*(t[6]+w*(t[8]+w*(t[10]+w*t[12])))))
	s := z * x
	r := tail + z*(s*(odd+even)+tail)
	r += t[0] * s
	w = x + r
	if large {
		v := 1.0
		if reciprocal {
			v = -1
		}
		y := v - 2*(x-(w*w/(w+v)-r))
		if negative {
			return -y
		}
		return y
	}
	if !reciprocal {
		return w
	}
	// -1/(x+r) with more digits than one division gives.
	h := highWord(w)
	v := r - (h - x)
	q := -1 / w
	g := highWord(q)
	return g + q*(1+g*h+g*v)
}

// Sin returns the sine of x radians.
func Sin(x float64) float64 {
	if math.Abs(x) <= quarter {
		return sinKernel(x, 0, true)
	}
	n, high, low, ok := reduce(x)
	if !ok {
		return math.Sin(x)
	}
	switch n & 3 {
	case 0:
		return sinKernel(high, low, false)
	case 1:
		return cosKernel(high, low)
	case 2:
		return -sinKernel(high, low, false)
	}
	return -cosKernel(high, low)
}

// Cos returns the cosine of x radians.
func Cos(x float64) float64 {
	if math.Abs(x) <= quarter {
		return cosKernel(x, 0)
	}
	n, high, low, ok := reduce(x)
	if !ok {
		return math.Cos(x)
	}
	switch n & 3 {
	case 0:
		return cosKernel(high, low)
	case 1:
		return -sinKernel(high, low, false)
	case 2:
		return -cosKernel(high, low)
	}
	return sinKernel(high, low, false)
}

// Tan returns the tangent of x radians.
func Tan(x float64) float64 {
	if math.Abs(x) <= quarter {
		return tanKernel(x, 0, false)
	}
	n, high, low, ok := reduce(x)
	if !ok {
		return math.Tan(x)
	}
	return tanKernel(high, low, n&1 == 1)
}

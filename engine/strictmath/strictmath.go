// Package strictmath computes elementary functions with the algorithms that Java's StrictMath prescribes (those of the freely
// distributable math library by K. C. Ng and others, Sun Microsystems: argument reduction and minimax polynomials), so that results
// agree with Hive's to the last digit. Package math uses other ones for these functions.
package strictmath

import "math"

// pairs of constants add up to ln 2, π/2 and their like with more digits than one double has.
const (
	ln2High  = 6.93147180369123816490e-01
	ln2Low   = 1.90821492927058770002e-10
	invLn2   = 1.44269504088896338700e+00
	halfPi   = 1.57079632679489655800e+00
	halfPiLo = 6.12323399573676603587e-17
)

// Exp returns e^x: x = k·ln2 + r, and e^r from a rational approximation on |r| ≤ ln2/2.
func Exp(x float64) float64 {
	const overflow, underflow = 7.09782712893383973096e+02, -7.45133219101941108420e+02
	switch {
	case x != x || math.IsInf(x, 1):
		return x
	case x > overflow:
		return math.Inf(1)
	case x < underflow:
		return 0
	}
	k := 0
	high, low := x, 0.0
	switch a := math.Abs(x); {
	case a > 1.5*math.Ln2:
		k = int(invLn2*x + math.Copysign(0.5, x))
		high, low = x-float64(k)*ln2High, float64(k)*ln2Low
	case a > 0.5*math.Ln2:
		k = 1
		if x < 0 {
			k = -1
		}
		high, low = x-float64(k)*ln2High, float64(k)*ln2Low
	case a < 1.0/(1<<28):
		return 1 + x
	}
	r := high - low
	t := r * r
	c := r - t*(1.66666666666666019037e-01+t*(-2.77777777770155933842e-03+t*(6.61375632143793436117e-05+t*(-1.65339022054652515390e-06+t*4.13813679705723846039e-08))))
	if k == 0 {
		return 1 - ((r*c)/(c-2) - r)
	}
	return math.Ldexp(1-((low-(r*c)/(2-c))-high), k)
}

// Log10 returns the logarithm to base 10: the power of two is taken out first.
func Log10(x float64) float64 {
	const perLn, log2High, log2Low = 4.34294481903251816668e-01, 3.01029995663611771306e-01, 3.69423907715893078616e-13
	switch {
	case x != x || x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	case math.IsInf(x, 1):
		return x
	}
	f, e := math.Frexp(x) // 0.5 ≤ f < 1
	f, e = f*2, e-1
	if e < 0 {
		f, e = f/2, e+1
	}
	k := float64(e)
	return (k*log2Low + perLn*math.Log(f)) + k*log2High
}

// arcRatio is the rational approximation behind arc sine and cosine, of t = x².
func arcRatio(t float64) float64 {
	p := t * (1.66666666666666657415e-01 + t*(-3.25565818622400915405e-01+t*(2.01212532134862925881e-01+t*(-4.00555345006794114027e-02+t*(7.91534994289814532176e-04+t*3.47933107596021167570e-05)))))
	q := 1 + t*(-2.40339491173441421878e+00+t*(2.02094576023350569471e+00+t*(-6.88283971605453293030e-01+t*7.70381505559019352791e-02)))
	return p / q
}

// highWord clears the lower half of a double's bits.
func highWord(x float64) float64 { return math.Float64frombits(math.Float64bits(x) &^ 0xffffffff) }

// Asin returns the arc sine.
func Asin(x float64) float64 {
	a := math.Abs(x)
	switch {
	case !(a <= 1):
		return math.NaN()
	case a == 1:
		return x*halfPi + x*halfPiLo
	case a < 1.0/(1<<27):
		return x
	case a < 0.5:
		return x + x*arcRatio(x*x)
	}
	t := (1 - a) * 0.5
	r := arcRatio(t)
	s := math.Sqrt(t)
	if a > 0.975 {
		t = halfPi - (2*(s+s*r) - halfPiLo)
	} else {
		w := highWord(s)
		c := (t - w*w) / (s + w)
		p := 2*s*r - (halfPiLo - 2*c)
		q := halfPi/2 - 2*w
		t = halfPi/2 - (p - q)
	}
	return math.Copysign(t, x)
}

// Acos returns the arc cosine.
func Acos(x float64) float64 {
	a := math.Abs(x)
	switch {
	case !(a <= 1):
		return math.NaN()
	case x == 1:
		return 0
	case x == -1:
		return math.Pi + 2*halfPiLo
	case a < 0.5:
		if a <= 1.0/(1<<57) {
			return halfPi + halfPiLo
		}
		return halfPi - (x - (halfPiLo - x*arcRatio(x*x)))
	case x < 0:
		z := (1 + x) * 0.5
		s := math.Sqrt(z)
		w := arcRatio(z)*s - halfPiLo
		return math.Pi - 2*(s+w)
	}
	z := (1 - x) * 0.5
	s := math.Sqrt(z)
	d := highWord(s)
	c := (z - d*d) / (s + d)
	w := arcRatio(z)*s + c
	return 2 * (d + w)
}

// Cbrt returns the cube root: a guess from the bits, one rational step and one of Newton's.
func Cbrt(x float64) float64 {
	if x != x || math.IsInf(x, 0) || x == 0 {
		return x
	}
	a := math.Abs(x)
	var t float64
	if a < 0x1p-1022 {
		t = a * (1 << 54)
		t = math.Float64frombits(uint64(uint32(math.Float64bits(t)>>32)/3+696219795) << 32)
	} else {
		t = math.Float64frombits(uint64(uint32(math.Float64bits(a)>>32)/3+715094163) << 32)
	}
	r := t * t / a
	s := 5.42857142857142815906e-01 + r*t
	t *= 3.57142857142857150787e-01 + 1.60714285714285720630e+00/(s+1.41428571428571436819e+00+-7.05306122448979611050e-01/s)
	t = math.Float64frombits((math.Float64bits(t)>>32 + 1) << 32) // 20 bits, rounded up
	s = t * t
	r = a / s
	w := t + t
	t += t * ((r - t) / (w + r))
	return math.Copysign(t, x)
}

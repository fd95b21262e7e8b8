// Package decimal is exact arithmetic on decimals as the engine stores them: an unscaled integer of at most 38 digits in 64 or
// 128 bits, whose scale belongs to the type. Intermediate results have 256 bits, rounding is half away from zero, as in Hive.
package decimal

import (
	"math/bits"

	"skep/dialect/types"
)

// Int128 is the unscaled value of a wide decimal.
type Int128 = types.Int128

// Pow64 holds 10^0 … 10^18.
var Pow64 = func() (p [types.MaxInt64Precision + 1]int64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

// Pow128 holds 10^0 … 10^38.
var Pow128 = func() (p [types.MaxPrecision + 1]Int128) {
	p[0] = Int128{Lo: 1}
	for i := 1; i < len(p); i++ {
		q := p[i-1]
		d := q.Add(q)
		e := d.Add(d)
		p[i] = e.Add(e).Add(d) // 8q + 2q
	}
	return p
}()

// Fits64 reports whether v has at most precision digits.
func Fits64(v int64, precision int) bool {
	if precision > types.MaxInt64Precision {
		return true
	}
	limit := Pow64[precision]
	return v < limit && v > -limit
}

// Fits reports whether v has at most precision digits.
func Fits(v Int128, precision int) bool {
	hi, lo := magnitude(v)
	p := Pow128[precision]
	return hi < uint64(p.Hi) || hi == uint64(p.Hi) && lo < p.Lo
}

// magnitude returns |v| as an unsigned 128-bit number.
func magnitude(v Int128) (hi, lo uint64) {
	if v.Hi < 0 {
		v = v.Neg()
	}
	return uint64(v.Hi), v.Lo
}

// signed returns ±(hi, lo); ok is false when it does not fit.
func signed(hi, lo uint64, negative bool) (Int128, bool) {
	if hi>>63 != 0 {
		return Int128{}, false
	}
	v := Int128{Hi: int64(hi), Lo: lo}
	if negative {
		v = v.Neg()
	}
	return v, true
}

// Rescale64 changes the scale of v, rounding half up; ok is false when the result has more than 18 digits.
func Rescale64(v int64, from, to int) (r int64, ok bool) {
	switch {
	case to == from:
		return v, true
	case to > from:
		k := to - from
		if k > types.MaxInt64Precision {
			return 0, v == 0
		}
		hi, lo := bits.Mul64(abs64(v), uint64(Pow64[k]))
		if hi != 0 || lo > 999_999_999_999_999_999 {
			return 0, false
		}
		if v < 0 {
			return -int64(lo), true
		}
		return int64(lo), true
	}
	k := from - to
	if k > types.MaxInt64Precision {
		return 0, true
	}
	return DivRound64(v, Pow64[k]), true
}

func abs64(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

// DivRound64 returns v/d for d > 0, rounded half away from zero.
func DivRound64(v, d int64) int64 {
	q, r := v/d, v%d
	if r < 0 {
		r = -r
	}
	if r >= d-r {
		if v < 0 {
			return q - 1
		}
		return q + 1
	}
	return q
}

// Rescale changes the scale of v, rounding half up; ok is false when the result does not fit 38 digits.
func Rescale(v Int128, from, to int) (r Int128, ok bool) {
	if to == from || v == (Int128{}) {
		return v, true
	}
	negative := v.Hi < 0
	hi, lo := magnitude(v)
	if to > from {
		k := to - from
		if k > types.MaxPrecision {
			return Int128{}, false
		}
		p := mul128(hi, lo, uint64(Pow128[k].Hi), Pow128[k].Lo)
		if p[2]|p[3] != 0 {
			return Int128{}, false
		}
		r, ok = signed(p[1], p[0], negative)
		return r, ok && Fits(r, types.MaxPrecision)
	}
	k := from - to
	if k > types.MaxPrecision {
		return Int128{}, true
	}
	q, ok := divRound(wide{lo, hi}, uint64(Pow128[k].Hi), Pow128[k].Lo)
	if !ok {
		return Int128{}, false
	}
	return signed(q[1], q[0], negative)
}

// Trim drops the zeros at the end of v's fraction, as Hive's writers of binary formats do.
func Trim(v Int128, scale int) (Int128, int) {
	hi, lo := magnitude(v)
	for ; scale > 0 && lo&1 == 0; scale-- {
		high, rest := hi/10, hi%10
		low, rest := bits.Div64(rest, lo, 10)
		if rest != 0 {
			break
		}
		hi, lo = high, low
	}
	r := Int128{Hi: int64(hi), Lo: lo}
	if v.Sign() < 0 {
		r = r.Neg()
	}
	return r, scale
}

// Mul returns a·b·10^-drop, rounded half up (drop ≥ 0); ok is false when it does not fit 38 digits.
func Mul(a, b Int128, drop int) (r Int128, ok bool) {
	negative := (a.Hi < 0) != (b.Hi < 0)
	ah, al := magnitude(a)
	bh, bl := magnitude(b)
	p := mul128(ah, al, bh, bl)
	for drop > 0 {
		// More than 38 digits go in two steps. Truncating first does not change the rounding, which looks at one digit only.
		k := min(drop, types.MaxPrecision)
		drop -= k
		d := Pow128[k]
		var fits bool
		if drop > 0 {
			p, _, _ = divMod(p, uint64(d.Hi), d.Lo)
			continue
		}
		if p, fits = divRound(p, uint64(d.Hi), d.Lo); !fits {
			return Int128{}, false
		}
	}
	if p[2]|p[3] != 0 {
		return Int128{}, false
	}
	r, ok = signed(p[1], p[0], negative)
	return r, ok && Fits(r, types.MaxPrecision)
}

// Div returns a·10^shift / b, rounded half up; ok is false when b is 0 or the result does not fit 38 digits.
func Div(a, b Int128, shift int) (r Int128, ok bool) {
	if b == (Int128{}) {
		return Int128{}, false
	}
	negative := (a.Hi < 0) != (b.Hi < 0)
	hi, lo := magnitude(a)
	n := wide{lo, hi}
	for shift > 0 {
		k := min(shift, types.MaxPrecision)
		shift -= k
		var fits bool
		if n, fits = mulWide(n, Pow128[k]); !fits {
			return Int128{}, false // the quotient is beyond 38 digits
		}
	}
	bh, bl := magnitude(b)
	for shift < 0 {
		k := min(-shift, types.MaxPrecision)
		shift += k
		p := mul128(bh, bl, uint64(Pow128[k].Hi), Pow128[k].Lo)
		if p[2]|p[3] != 0 {
			return Int128{}, true // the divisor outweighs any dividend
		}
		bh, bl = p[1], p[0]
	}
	q, ok := divRound(n, bh, bl)
	if !ok || q[2]|q[3] != 0 {
		return Int128{}, false
	}
	r, ok = signed(q[1], q[0], negative)
	return r, ok && Fits(r, types.MaxPrecision)
}

// Rem returns the remainder of a/b with the sign of a; b must not be 0. Both have the same scale.
func Rem(a, b Int128) Int128 {
	ah, al := magnitude(a)
	bh, bl := magnitude(b)
	_, rh, rl := divMod(wide{al, ah}, bh, bl)
	r, _ := signed(rh, rl, a.Hi < 0)
	return r
}

// Quo returns a/b truncated towards zero; b must not be 0.
func Quo(a, b Int128) Int128 {
	ah, al := magnitude(a)
	bh, bl := magnitude(b)
	q, _, _ := divMod(wide{al, ah}, bh, bl)
	r, _ := signed(q[1], q[0], (a.Hi < 0) != (b.Hi < 0))
	return r
}

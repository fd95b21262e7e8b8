package decimal

import (
	"math"
	"strconv"

	"skep/dialect/types"
	"skep/engine/vector/valuetext"
)

// Parse reads a number (sign, digits, point, exponent; no blanks) as a decimal of the given scale, rounding half up. ok is
// false when the text is not a number or has more than precision digits.
func Parse(s []byte, precision, scale int) (v Int128, ok bool) {
	negative := false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		s = s[1:]
	}
	mantissa, exponent, ok := splitExponent(s)
	if !ok {
		return Int128{}, false
	}
	digits, point := 0, -1
	for i, c := range mantissa {
		switch {
		case c == '.' && point < 0:
			point = i
		case c >= '0' && c <= '9':
			digits++
		default:
			return Int128{}, false
		}
	}
	if digits == 0 {
		return Int128{}, false
	}
	whole := len(mantissa)
	if point >= 0 {
		whole = point
	}
	// keep is the number of digits, counted from the first, that the result has; the next one decides on rounding.
	keep := whole + exponent + scale
	var acc Int128
	seen, any := 0, false
	for _, c := range mantissa {
		if c == '.' {
			continue
		}
		if seen >= keep {
			if seen == keep && c >= '5' {
				acc = acc.Add(Int128{Lo: 1})
			}
			seen = keep + 1
			break
		}
		seen++
		if c != '0' {
			any = true
		}
		if any {
			if !Fits(acc, types.MaxPrecision-1) {
				return Int128{}, false
			}
			acc = times10(acc).Add(Int128{Lo: uint64(c - '0')})
		}
	}
	for ; seen < keep && acc != (Int128{}); seen++ {
		if !Fits(acc, types.MaxPrecision-1) {
			return Int128{}, false
		}
		acc = times10(acc)
	}
	if !Fits(acc, precision) {
		return Int128{}, false
	}
	if negative {
		acc = acc.Neg()
	}
	return acc, true
}

func times10(v Int128) Int128 {
	d := v.Add(v)
	e := d.Add(d)
	return e.Add(e).Add(d)
}

// splitExponent cuts "e±n" off; exponents beyond any decimal are clamped.
func splitExponent(s []byte) (mantissa []byte, exponent int, ok bool) {
	for i, c := range s {
		if c != 'e' && c != 'E' {
			continue
		}
		e := s[i+1:]
		negative := false
		if len(e) > 0 && (e[0] == '-' || e[0] == '+') {
			negative = e[0] == '-'
			e = e[1:]
		}
		if len(e) == 0 {
			return nil, 0, false
		}
		for _, d := range e {
			if d < '0' || d > '9' {
				return nil, 0, false
			}
			exponent = min(exponent*10+int(d-'0'), 1_000_000)
		}
		if exponent > 99 { // HiveDecimal reads two digits
			return nil, 0, false
		}
		if negative {
			exponent = -exponent
		}
		return s[:i], exponent, true
	}
	return s, 0, true
}

// FromFloat64 converts the shortest decimal text of f (Java's Double.toString) to the given scale; ok is false for NaN,
// infinities and numbers of more than precision digits.
func FromFloat64(f float64, precision, scale int) (Int128, bool) {
	return fromFloat(f, 64, precision, scale)
}

// FromFloat32 is FromFloat64 for a value of Hive's float.
func FromFloat32(f float64, precision, scale int) (Int128, bool) {
	return fromFloat(f, 32, precision, scale)
}

func fromFloat(f float64, size, precision, scale int) (Int128, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Int128{}, false
	}
	var buf [32]byte
	if size == 32 && math.Abs(f) >= 1<<24 { // Java keeps more digits than identify the value
		return Parse(valuetext.AppendFloat(buf[:0], f), precision, scale)
	}
	return Parse(strconv.AppendFloat(buf[:0], f, 'e', -1, size), precision, scale)
}

// exactFloat holds the powers of ten that a float64 holds exactly.
var exactFloat = func() (p [23]float64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

const maxExact = 1 << 53

// Float64 returns the double nearest to v·10^-scale.
func Float64(v Int128, scale int) float64 {
	if v.IsInt64() {
		if n := int64(v.Lo); n <= maxExact && n >= -maxExact && scale < len(exactFloat) {
			return float64(n) / exactFloat[scale]
		}
	}
	var buf [64]byte
	f, err := strconv.ParseFloat(string(valuetext.AppendDecimal128(buf[:0], v, scale)), 64)
	if err != nil {
		return math.NaN() // unreachable: the text is a number of 38 digits
	}
	return f
}

// Float64Of is Float64 for a narrow decimal.
func Float64Of(v int64, scale int) float64 {
	if v <= maxExact && v >= -maxExact {
		return float64(v) / exactFloat[scale]
	}
	return Float64(types.Int128Of(v), scale)
}

// Round changes v of the given scale to have no digits below 10^-digits, keeping its scale when digits is larger. even rounds
// half to even, otherwise half up.
func Round(v Int128, scale, digits int, even bool) (Int128, bool) {
	k := scale - digits
	if k <= 0 {
		return v, true
	}
	if k > types.MaxPrecision {
		return Int128{}, true
	}
	unit := Pow128[k]
	q := Quo(v, unit)
	r := Rem(v, unit)
	if r.Sign() < 0 {
		r = r.Neg()
	}
	up := false
	switch c := r.Cmp(unit.Sub(r)); {
	case c > 0:
		up = true
	case c == 0:
		up = !even || q.Lo&1 == 1
	}
	if up {
		one := Int128{Lo: 1}
		if v.Sign() < 0 {
			one = one.Neg()
		}
		q = q.Add(one)
	}
	r, ok := Mul(q, unit, 0)
	return r, ok
}

// Floor returns the largest integer (scale 0) not above v; Ceil the smallest not below.
func Floor(v Int128, scale int) Int128 {
	unit := Pow128[scale]
	q := Quo(v, unit)
	if v.Sign() < 0 && Rem(v, unit) != (Int128{}) {
		q = q.Sub(Int128{Lo: 1})
	}
	return q
}

// Ceil returns the smallest integer (scale 0) not below v.
func Ceil(v Int128, scale int) Int128 { return Floor(v.Neg(), scale).Neg() }

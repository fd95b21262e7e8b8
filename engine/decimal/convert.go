package decimal

import (
	"math"
	"math/bits"
	"strconv"

	"skep/dialect/types"
	"skep/engine/vector/valuetext"
)

// Parse reads a number (sign, digits, point, exponent; no blanks) as decimal(precision, scale), rounding half up twice as HiveDecimal
// does: to the digits that it holds, then to the scale. ok is false when the text is not a number or has more than precision digits.
func Parse(s []byte, precision, scale int) (v Int128, ok bool) {
	const maxDigits = types.MaxPrecision
	var none Int128
	negative := false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		s = s[1:]
	}
	// Significant digits without leading zeros; the value is 0.d1d2d3… × 10^point. One digit beyond what rounding looks at
	// is enough.
	var digits [maxDigits + 2]byte
	count, point, seen := 0, 0, 0
	i, fraction := 0, false
	for ; i < len(s); i++ {
		c := s[i]
		if c == '.' && !fraction {
			fraction = true
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		seen++
		if count == 0 && c == '0' {
			if fraction {
				point--
			}
			continue
		}
		if count < len(digits) {
			digits[count] = c - '0'
			count++
		}
		if !fraction {
			point++
		}
	}
	if seen == 0 {
		return none, false
	}
	if i < len(s) {
		e, ok := decimalExponent(s[i:])
		if !ok {
			return none, false
		}
		point += e
	}
	if count == 0 {
		return none, true
	}
	if point > maxDigits {
		return none, false
	}
	keep := maxDigits
	if point < 0 {
		keep += point
	}
	count, point = roundDigits(digits[:], count, point, keep)
	if point > maxDigits {
		return none, false
	}
	count, point = roundDigits(digits[:], count, point, point+scale)
	if point > precision-scale && count > 0 {
		return none, false
	}
	for k := range point + scale {
		d := byte(0)
		if k < count {
			d = digits[k]
		}
		v = timesTenPlus(v, d)
	}
	if negative {
		v = v.Neg()
	}
	return v, true
}

// roundDigits rounds 0.d1d2… × 10^point half up to its first keep digits and returns the new count and point.
func roundDigits(digits []byte, count, point, keep int) (int, int) {
	if count <= keep {
		return count, point
	}
	if keep < 0 {
		return 0, point
	}
	up := digits[keep] >= 5
	for k := keep - 1; up && k >= 0; k-- {
		if digits[k] < 9 {
			digits[k]++
			up = false
		} else {
			digits[k] = 0
		}
	}
	if up { // all nines: 0.99 becomes 0.100 × 10
		copy(digits[1:keep+1], digits[:keep])
		digits[0] = 1
		return keep + 1, point + 1
	}
	return keep, point
}

// decimalExponent reads "e±n".
func decimalExponent(s []byte) (int, bool) {
	if s[0]|0x20 != 'e' {
		return 0, false
	}
	s = s[1:]
	negative := false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		s = s[1:]
	}
	if len(s) == 0 {
		return 0, false
	}
	e := 0
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
		if e = e*10 + int(c-'0'); e > 99 { // HiveDecimal reads two digits
			return 0, false
		}
	}
	if negative {
		e = -e
	}
	return e, true
}

func timesTenPlus(v Int128, d byte) Int128 {
	hi, lo := bits.Mul64(v.Lo, 10)
	lo, carry := bits.Add64(lo, uint64(d), 0)
	return Int128{Hi: v.Hi*10 + int64(hi+carry), Lo: lo}
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

package valuetext

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"
)

// AppendDouble appends Java's Double.toString(v): plain notation for 1e-3 ≤ |v| < 1e7 and computerised scientific notation
// otherwise, with at least one digit after the point.
//
// The digits are those of the Java releases Hive runs on (before 19), which are the shortest that identify the value but for
// three cases: integers from 2^53 (float: 2^24) to 2^63 keep most of their digits, powers of two are told apart with twice the
// precision, and a decimal exactly between two floating-point numbers identifies neither (1e23 prints as 9.999999999999999E22).
func AppendDouble(dst []byte, v float64) []byte { return appendFloat(dst, v, 64) }

// AppendFloat appends Java's Float.toString of v, a double that equals a float32 exactly. See AppendDouble.
func AppendFloat(dst []byte, v float64) []byte { return appendFloat(dst, v, 32) }

// digits is a decimal 0.d1d2d3…·10^exp.
type digits struct {
	text []byte
	exp  int
}

func appendFloat(dst []byte, v float64, size int) []byte {
	a := math.Abs(v)
	switch {
	case v != v:
		return append(dst, "NaN"...)
	case math.Signbit(v):
		dst = append(dst, '-')
	}
	switch {
	case a > math.MaxFloat64:
		return append(dst, "Infinity"...)
	case a == 0:
		return append(dst, "0.0"...)
	case a < 1<<63 && a == math.Trunc(a):
		if a < 1e7 {
			return append(strconv.AppendUint(dst, uint64(a), 10), ".0"...)
		}
		var buf [24]byte
		return appendDigits(dst, integerDigits(buf[:0], uint64(a), size))
	}
	var buf [32]byte
	if a >= 1<<63 || isSmallPowerOfTwo(a, size) {
		return appendDigits(dst, exactDigits(buf[:0], a, size))
	}
	return appendDigits(dst, shortestDigits(buf[:0], a, size))
}

// significant is the number of bits of the significand, the hidden one included.
func significant(size int) int {
	if size == 32 {
		return 24
	}
	return 53
}

// integerDigits returns the digits of an integer below 2^63. Beyond the precision of the type, the digits that the distance to
// the neighbours makes meaningless are rounded away; the estimate of their number is conservative.
func integerDigits(buf []byte, u uint64, size int) digits {
	drop := 0
	// The exponent of 2 by which neighbours are apart, halved: digits below it mean nothing.
	if p := bits.Len64(u) - 1 - significant(size) - 1; p > 1 {
		drop = p * 30103 / 100000 // ⌊p·log10(2)⌋
	}
	if drop > 0 {
		power := uint64(1)
		for range drop {
			power *= 10
		}
		rest := u % power
		u /= power
		if rest >= power/2 {
			u++
		}
	}
	text := strconv.AppendUint(buf, u, 10)
	exp := len(text) + drop
	for len(text) > 1 && text[len(text)-1] == '0' {
		text = text[:len(text)-1]
	}
	return digits{text, exp}
}

// isSmallPowerOfTwo reports whether a is a power of two below one with too many digits to be printed in full.
func isSmallPowerOfTwo(a float64, size int) bool {
	fraction, exponent := math.Frexp(a) // a = fraction·2^exponent
	if fraction != 0.5 {
		return false
	}
	if size == 32 {
		return exponent < -8
	}
	return exponent < -20
}

// shortestDigits returns the shortest digits that identify a, and of those the closest.
func shortestDigits(buf []byte, a float64, size int) digits {
	text := strconv.AppendFloat(buf, a, 'e', -1, size)
	if text[1] == 'e' && (a < 1e-3 || a >= 1e7) {
		text = strconv.AppendFloat(buf, a, 'e', 1, size) // never less than two digits in scientific notation
	}
	end := 1
	for text[end] != 'e' {
		end++
	}
	exp := 0
	for _, c := range text[end+2:] {
		exp = exp*10 + int(c-'0')
	}
	if text[end+1] == '-' {
		exp = -exp
	}
	if end > 2 {
		text[1] = text[0] // over the point
		text = text[1:end]
	} else {
		text = text[:1]
	}
	return digits{trimZeros(text), exp + 1}
}

func trimZeros(text []byte) []byte {
	for len(text) > 1 && text[len(text)-1] == '0' {
		text = text[:len(text)-1]
	}
	return text
}

// exactDigits generates digits with exact arithmetic until the rest is closer than half the distance to the next number (free-format
// generation of Steele and White, 1990), a quarter for powers of two. It serves the rare cases and allocates.
func exactDigits(buf []byte, a float64, size int) digits {
	mantissa, exponent := math.Frexp(a)
	precision := significant(size)
	// Subnormal numbers have fewer bits.
	if least := map[int]int{32: -125, 64: -1021}[size]; exponent < least {
		precision -= least - exponent
	}
	// a = m·2^e with m of precision bits; all of value, margin and unit are scaled by the same factor.
	m := int64(math.Ldexp(mantissa, precision))
	e := exponent - precision
	value, margin, unit := big.NewInt(m), big.NewInt(1), big.NewInt(1)
	value.Lsh(value, 2)
	unit.Lsh(unit, 2)
	if margin.Lsh(margin, 1); mantissa == 0.5 {
		margin.SetInt64(1)
	}
	if e > 0 {
		value.Lsh(value, uint(e))
		margin.Lsh(margin, uint(e))
	} else {
		unit.Lsh(unit, uint(-e))
	}
	exp := int(math.Floor(math.Log10(a))) + 1
	ten := big.NewInt(10)
	if exp > 0 {
		unit.Mul(unit, new(big.Int).Exp(ten, big.NewInt(int64(exp)), nil))
	} else {
		scale := new(big.Int).Exp(ten, big.NewInt(int64(-exp)), nil)
		value.Mul(value, scale)
		margin.Mul(margin, scale)
	}
	for value.Cmp(unit) >= 0 { // the logarithm was rounded down
		unit.Mul(unit, ten)
		exp++
	}
	for new(big.Int).Mul(value, ten).Cmp(unit) < 0 {
		value.Mul(value, ten)
		margin.Mul(margin, ten)
		exp--
	}
	text := buf
	quotient, sum := new(big.Int), new(big.Int)
	for {
		value.Mul(value, ten)
		margin.Mul(margin, ten)
		quotient.QuoRem(value, unit, value)
		text = append(text, byte('0'+quotient.Int64()))
		low := value.Cmp(margin) < 0
		high := sum.Add(value, margin).Cmp(unit) > 0
		if len(text) == 1 && (exp <= -3 || exp > 8) || !low && !high {
			continue
		}
		if high && low {
			switch sum.Lsh(value, 1).Cmp(unit) {
			case -1:
				high = false
			case 0:
				high = quotient.Int64()%2 == 1
			}
		}
		if high {
			text, exp = roundUp(text, exp)
		}
		return digits{trimZeros(text), exp}
	}
}

// roundUp adds one to the last digit.
func roundUp(text []byte, exp int) ([]byte, int) {
	for i := len(text) - 1; i >= 0; i-- {
		if text[i] != '9' {
			text[i]++
			return text[:i+1], exp
		}
	}
	text[0] = '1'
	return text[:1], exp + 1
}

// appendDigits lays a decimal out as Java does.
func appendDigits(dst []byte, d digits) []byte {
	n := len(d.text)
	switch {
	case d.exp > 0 && d.exp < 8:
		if n <= d.exp {
			dst = append(dst, d.text...)
			for ; n < d.exp; n++ {
				dst = append(dst, '0')
			}
			return append(dst, ".0"...)
		}
		dst = append(append(dst, d.text[:d.exp]...), '.')
		return append(dst, d.text[d.exp:]...)
	case d.exp <= 0 && d.exp > -3:
		dst = append(dst, "0."...)
		for range -d.exp {
			dst = append(dst, '0')
		}
		return append(dst, d.text...)
	}
	dst = append(dst, d.text[0], '.')
	if n > 1 {
		dst = append(dst, d.text[1:]...)
	} else {
		dst = append(dst, '0')
	}
	dst = append(dst, 'E')
	return strconv.AppendInt(dst, int64(d.exp-1), 10)
}

package text

import (
	"math/bits"

	"skep/dialect/types"
)

var int64Pow10 = [...]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// parseDecimal64 reads a field as decimal(precision, scale) with precision ≤ 18, rounding half up; a value with too many
// integer digits is not ok.
func parseDecimal64(buf []byte, off, n, precision, scale int) (int64, bool) {
	// The usual field has exactly scale fraction digits.
	if point := off + n - scale - 1; n > scale+1 && n <= scale+9 && scale <= 8 && scale > 0 && buf[point] == '.' {
		start, negative := off, false
		if buf[off] == '-' {
			start, negative = off+1, true
		}
		if start < point {
			whole, ok1 := eightDigits(buf, start, point-start)
			part, ok2 := eightDigits(buf, point+1, scale)
			if ok1 && ok2 {
				v := int64(whole)*int64Pow10[scale] + int64(part)
				if v >= int64Pow10[precision] {
					return 0, false
				}
				if negative {
					v = -v
				}
				return v, true
			}
		}
	}
	v, ok := parseDecimal(buf[off:off+n], precision, scale)
	return int64(v.Lo), ok
}

// maxDigits is the number of digits HiveDecimal holds; longer fractions are rounded to it before the column's scale applies.
const maxDigits = 38

// parseDecimal reads blanks, sign, digits[.digits][e[sign]digits] as decimal(precision, scale).
func parseDecimal(s []byte, precision, scale int) (types.Int128, bool) {
	var none types.Int128
	for len(s) > 0 && isBlank(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isBlank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
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
		if !isDigit(c) {
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
	var v types.Int128
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
		if !isDigit(c) {
			return 0, false
		}
		e = min(e*10+int(c-'0'), 1<<20)
	}
	if negative {
		e = -e
	}
	return e, true
}

func timesTenPlus(v types.Int128, d byte) types.Int128 {
	hi, lo := bits.Mul64(v.Lo, 10)
	lo, carry := bits.Add64(lo, uint64(d), 0)
	return types.Int128{Hi: v.Hi*10 + int64(hi+carry), Lo: lo}
}

// isBlank is Java's Character.isWhitespace for ASCII.
func isBlank(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' || b >= 0x1c && b <= 0x1f }

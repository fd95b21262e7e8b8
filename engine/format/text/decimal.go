package text

import (
	"skep/dialect/types"
	"skep/engine/decimal"
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

// parseDecimal reads a field, which may stand between blanks, as decimal(precision, scale).
func parseDecimal(s []byte, precision, scale int) (types.Int128, bool) {
	for len(s) > 0 && isBlank(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isBlank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return decimal.Parse(s, precision, scale)
}

// isBlank is Java's Character.isWhitespace for ASCII.
func isBlank(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' || b >= 0x1c && b <= 0x1f }

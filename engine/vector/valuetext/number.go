// Package valuetext prints the engine's values as Hive prints them in HiveServer2 results and in casts to string. All
// functions append to a byte slice and allocate nothing beyond its growth.
package valuetext

import (
	"math/bits"
	"strconv"

	"skep/dialect/types"
)

// AppendDecimal64 appends unscaled·10^-scale in plain notation with exactly scale fraction digits.
func AppendDecimal64(dst []byte, unscaled int64, scale int) []byte {
	u := uint64(unscaled)
	if unscaled < 0 {
		dst = append(dst, '-')
		u = -u
	}
	var buf [24]byte
	return appendPoint(dst, strconv.AppendUint(buf[:0], u, 10), scale)
}

// AppendDecimal128 is AppendDecimal64 for wide decimals.
func AppendDecimal128(dst []byte, unscaled types.Int128, scale int) []byte {
	if unscaled.IsInt64() {
		return AppendDecimal64(dst, int64(unscaled.Lo), scale)
	}
	if unscaled.Hi < 0 {
		dst = append(dst, '-')
		unscaled = unscaled.Neg()
	}
	// Split into groups of 19 digits; two divisions cover all 39 digits.
	const group = 1e19
	hi, lo := uint64(unscaled.Hi), unscaled.Lo
	q1, r := hi/group, hi%group
	q0, low := bits.Div64(r, lo, group)
	top, middle := bits.Div64(q1, q0, group)
	var buf [64]byte
	digits := buf[:0]
	if top != 0 {
		digits = strconv.AppendUint(digits, top, 10)
		digits = appendPadded(digits, middle, 19)
	} else if middle != 0 {
		digits = strconv.AppendUint(digits, middle, 10)
	} else {
		return appendPoint(dst, strconv.AppendUint(digits, low, 10), scale)
	}
	return appendPoint(dst, appendPadded(digits, low, 19), scale)
}

// appendPoint appends digits with a point before the last scale of them.
func appendPoint(dst, digits []byte, scale int) []byte {
	if scale <= 0 {
		return append(dst, digits...)
	}
	whole := len(digits) - scale
	if whole > 0 {
		dst = append(dst, digits[:whole]...)
		dst = append(dst, '.')
		return append(dst, digits[whole:]...)
	}
	dst = append(dst, '0', '.')
	for ; whole < 0; whole++ {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}

// TrimDecimal removes trailing zeros of the fraction, and the point with the last of them, from the decimal text in
// dst[start:]. Hive prints decimals so inside nested values and in casts of unpadded values.
func TrimDecimal(dst []byte, start int) []byte {
	point := -1
	for i := start; i < len(dst); i++ {
		if dst[i] == '.' {
			point = i
			break
		}
	}
	if point < 0 {
		return dst
	}
	end := len(dst)
	for end > point+1 && dst[end-1] == '0' {
		end--
	}
	if end == point+1 {
		end = point
	}
	return dst[:end]
}

// appendPadded appends n with leading zeros to at least width digits.
func appendPadded(dst []byte, n uint64, width int) []byte {
	var buf [20]byte
	text := strconv.AppendUint(buf[:0], n, 10)
	for i := len(text); i < width; i++ {
		dst = append(dst, '0')
	}
	return append(dst, text...)
}

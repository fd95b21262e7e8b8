package text

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
	"unsafe"
)

// The parsers of this package take a field as buf[off:off+n] where buf has at least 8 readable bytes past the field, so that
// digits are loaded a word at a time.

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// eightDigits returns the value of the n ≤ 8 decimal digits at buf[off:], and whether all are digits; n = 0 gives 0. It adds
// neighbouring digits, pairs and quads within one word (the method of D. Lemire and others).
func eightDigits(buf []byte, off, n int) (uint64, bool) {
	if n == 0 {
		return 0, true
	}
	w := binary.LittleEndian.Uint64(buf[off:]) ^ ('0' * ones)
	w <<= (8 - uint(n)) * 8
	if ((w+0x7676767676767676)|w)&highs != 0 {
		return 0, false
	}
	w = w*10 + w>>8
	w = ((w&0x000000ff000000ff)*(100+1000000<<32) + ((w>>16)&0x000000ff000000ff)*(1+10000<<32)) >> 32
	return w & 0xffffffff, true
}

// parseInteger reads an optional sign and digits with an optional fraction that is cut off, in a two's-complement integer of
// the given width in bits; anything else, or overflow, is not ok. No blanks are allowed.
func parseInteger(buf []byte, off, n int, width uint) (int64, bool) {
	if n <= 8 {
		if v, ok := eightDigits(buf, off, n); ok && n > 0 {
			return int64(v), width >= 32 || v <= 1<<(width-1)-1
		}
	}
	return parseIntegerSlow(buf[off:off+n], width)
}

func parseIntegerSlow(s []byte, width uint) (int64, bool) {
	if len(s) == 0 || len(s) == 1 && (s[0] < '0' || s[0] > '9') {
		return 0, false
	}
	if len(s) == 2 && !isDigit(s[0]) && !isDigit(s[1]) {
		return 0, false // "-." is not a number although "-.0" is
	}
	negative := s[0] == '-'
	i := 0
	if negative || s[0] == '+' {
		i++
	}
	limit := uint64(1)<<(width-1) - 1
	if negative {
		limit++
	}
	var v uint64
	for ; i < len(s) && s[i] != '.'; i++ {
		d := uint64(s[i] - '0')
		if d > 9 || v > (limit-d)/10 {
			return 0, false
		}
		v = v*10 + d
	}
	for i++; i < len(s); i++ {
		if !isDigit(s[i]) {
			return 0, false
		}
	}
	if negative {
		return -int64(v), true
	}
	return int64(v), true
}

func isDigit(b byte) bool { return b-'0' <= 9 }

// numberMaybe is Hive's quick test of a floating-point field; it rejects some texts that Java would parse.
func numberMaybe(s []byte) bool {
	switch len(s) {
	case 0:
		return false
	case 1:
		return isDigit(s[0])
	case 2:
		return isDigit(s[0]) || isDigit(s[1])
	case 4:
		return s[0] != 'N' && s[0] != 'n'
	}
	return true
}

// parseFloat reads a field as Java's Double.parseDouble (width 64) or Float.parseFloat (32) does.
func parseFloat(s []byte, width int) (float64, bool) {
	if !numberMaybe(s) {
		return 0, false
	}
	if v, ok := parseSimpleFloat(s); ok && width == 64 {
		return v, true
	}
	return parseJavaFloat(s, width)
}

// parseSimpleFloat reads [-]digits[.digits] with at most 15 digits, whose quotient by a power of ten is exact to the last bit.
func parseSimpleFloat(s []byte) (float64, bool) {
	i := 0
	if s[0] == '-' {
		i++
	}
	if len(s)-i > 16 || i == len(s) {
		return 0, false
	}
	var m uint64
	point := -1
	for ; i < len(s); i++ {
		d := s[i] - '0'
		if d > 9 {
			if s[i] != '.' || point >= 0 {
				return 0, false
			}
			point = i
			continue
		}
		m = m*10 + uint64(d)
	}
	if m >= 1<<53 {
		return 0, false
	}
	v := float64(m)
	if point >= 0 {
		if len(s) == 1 || point == 1 && len(s) == 2 && s[0] == '-' {
			return 0, false
		}
		v /= pow10[len(s)-point-1]
	}
	if s[0] == '-' {
		v = -v
	}
	return v, true
}

var pow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16}

// parseJavaFloat implements the grammar of Java's floating-point strings: blanks around, sign, NaN, Infinity, decimal or
// hexadecimal significand, and an optional suffix of f, F, d or D.
func parseJavaFloat(s []byte, width int) (float64, bool) {
	for len(s) > 0 && s[0] <= ' ' {
		s = s[1:]
	}
	for len(s) > 0 && s[len(s)-1] <= ' ' {
		s = s[:len(s)-1]
	}
	body := s
	negative := false
	if len(body) > 0 && (body[0] == '-' || body[0] == '+') {
		negative = body[0] == '-'
		body = body[1:]
	}
	switch string(body) {
	case "NaN":
		return math.NaN(), true
	case "Infinity":
		if negative {
			return math.Inf(-1), true
		}
		return math.Inf(1), true
	}
	if len(body) > 2 && body[0] == '0' && (body[1] == 'x' || body[1] == 'X') {
		if !hexFloat(body[2:]) {
			return 0, false
		}
	} else if !decimalFloat(body) {
		return 0, false
	}
	switch s[len(s)-1] {
	case 'f', 'F', 'd', 'D':
		s = s[:len(s)-1]
	}
	v, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(s), len(s)), width)
	if err != nil && !math.IsInf(v, 0) {
		return 0, false
	}
	return v, true
}

// decimalFloat reports whether s is digits[.digits][e[sign]digits][suffix] with at least one digit before the exponent.
func decimalFloat(s []byte) bool {
	i, digits := 0, 0
	for ; i < len(s) && isDigit(s[i]); i++ {
		digits++
	}
	if i < len(s) && s[i] == '.' {
		for i++; i < len(s) && isDigit(s[i]); i++ {
			digits++
		}
	}
	if digits == 0 {
		return false
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		return exponent(s[i+1:])
	}
	return suffix(s[i:])
}

// hexFloat is decimalFloat for what follows 0x; the exponent is required.
func hexFloat(s []byte) bool {
	isHex := func(b byte) bool { return isDigit(b) || (b|0x20)-'a' < 6 }
	i, digits := 0, 0
	for ; i < len(s) && isHex(s[i]); i++ {
		digits++
	}
	if i < len(s) && s[i] == '.' {
		for i++; i < len(s) && isHex(s[i]); i++ {
			digits++
		}
	}
	return digits > 0 && i < len(s) && s[i]|0x20 == 'p' && exponent(s[i+1:])
}

func exponent(s []byte) bool {
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	i := 0
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i > 0 && suffix(s[i:])
}

func suffix(s []byte) bool {
	return len(s) == 0 || len(s) == 1 && (s[0]|0x20 == 'f' || s[0]|0x20 == 'd')
}

// matches returns a word with bit 7 set in every byte of w that is equal to the byte repeated in pattern.
func matches(w, pattern uint64) uint64 {
	w ^= pattern
	return ^((w&^highs + ^uint64(highs)) | w | ^uint64(highs))
}

// firstMatch returns the index of the lowest byte marked by matches.
func firstMatch(m uint64) int { return bits.TrailingZeros64(m) >> 3 }

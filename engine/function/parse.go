package function

import (
	"math"
	"strconv"
)

// trim removes bytes up to blank at both ends, as Java's String.trim.
func trim(s []byte) []byte {
	for len(s) > 0 && s[0] <= ' ' {
		s = s[1:]
	}
	for len(s) > 0 && s[len(s)-1] <= ' ' {
		s = s[:len(s)-1]
	}
	return s
}

// ParseInteger reads a string as CAST to an integer type does: blanks around, a sign, digits, and a fraction that is cut off.
// ok is false for anything else and for numbers beyond 64 bits.
func ParseInteger(s []byte) (v int64, ok bool) {
	s = trim(s)
	negative := false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		s = s[1:]
	}
	if len(s) == 0 || len(s) == 1 && s[0] == '.' {
		return 0, false
	}
	// Digits accumulate on the negative side, which reaches one further.
	const limit = math.MinInt64 / 10
	for i, c := range s {
		if c == '.' {
			for _, d := range s[i+1:] {
				if d < '0' || d > '9' {
					return 0, false
				}
			}
			break
		}
		if c < '0' || c > '9' || v < limit {
			return 0, false
		}
		d := int64(c - '0')
		if v*10 < math.MinInt64+d {
			return 0, false
		}
		v = v*10 - d
	}
	if !negative {
		if v == math.MinInt64 {
			return 0, false
		}
		v = -v
	}
	return v, true
}

// ParseDouble reads a string as Java's Double.parseDouble does.
func ParseDouble(s []byte) (float64, bool) {
	s = trim(s)
	body := s
	if len(body) > 0 && (body[0] == '-' || body[0] == '+') {
		body = body[1:]
	}
	if len(body) == 0 {
		return 0, false
	}
	hex := len(body) > 2 && body[0] == '0' && body[1]|0x20 == 'x'
	switch string(body) {
	case "NaN":
		return math.NaN(), true
	case "Infinity":
		if s[0] == '-' {
			return math.Inf(-1), true
		}
		return math.Inf(1), true
	}
	// A suffix of Java's literals.
	switch last := body[len(body)-1] | 0x20; {
	case last == 'd' && !hex, last == 'f' && !hex:
		s = s[:len(s)-1]
		body = body[:len(body)-1]
	}
	for _, c := range body {
		switch {
		case c >= '0' && c <= '9', c == '.', c|0x20 == 'e', c == '-', c == '+':
		case hex && (c|0x20 == 'x' || c|0x20 == 'p' || c|0x20 >= 'a' && c|0x20 <= 'f'):
		default:
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(string(s), 64)
	if err != nil && !math.IsInf(v, 0) {
		return 0, false
	}
	return v, true
}

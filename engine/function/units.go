package function

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// Java's strings are made of UTF-16 units: a character beyond U+FFFF counts as two, may be cut in half, and a half is written as '?'.

// supplementary reports whether s has characters that are two units.
func supplementary(s []byte) bool {
	for _, c := range s {
		if c >= 0xf0 {
			return true
		}
	}
	return false
}

func unitsOf(s []byte) []uint16 { return utf16.Encode(bytes.Runes(s)) }

// unitLength is Java's length of s.
func unitLength(s []byte) int {
	n := 0
	for _, c := range s {
		if c&0xc0 != 0x80 {
			n++
		}
		if c >= 0xf0 {
			n++
		}
	}
	return n
}

// appendUnits appends the text of units.
func appendUnits(dst []byte, units []uint16) []byte {
	for i := 0; i < len(units); i++ {
		switch u := rune(units[i]); {
		case !utf16.IsSurrogate(u):
			dst = utf8.AppendRune(dst, u)
		case i+1 < len(units) && utf16.DecodeRune(u, rune(units[i+1])) != utf8.RuneError:
			dst = utf8.AppendRune(dst, utf16.DecodeRune(u, rune(units[i+1])))
			i++
		default:
			dst = append(dst, '?')
		}
	}
	return dst
}

// padUnits is LPAD or RPAD of texts with characters of two units. fill is not empty.
func padUnits(dst, s, fill []byte, size int, left bool) []byte {
	text := unitsOf(s)
	if len(text) >= size {
		return appendUnits(dst, text[:size])
	}
	var padding []uint16
	for one := unitsOf(fill); len(padding) < size-len(text); {
		padding = append(padding, one...)
	}
	padding = padding[:size-len(text)]
	if left {
		return appendUnits(dst, append(padding, text...))
	}
	return appendUnits(dst, append(text, padding...))
}

// substrUnits is SUBSTR by units.
func substrUnits(dst, s []byte, at, length int64) []byte {
	units := unitsOf(s)
	n := int64(len(units))
	if at > n || -at > n || length <= 0 {
		return dst
	}
	start := max(at-1, 0)
	if at < 0 {
		start = n + at
	}
	return appendUnits(dst, units[start:start+min(length, n-start)])
}

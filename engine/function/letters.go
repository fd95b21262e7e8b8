package function

import (
	"unicode"
	"unicode/utf8"

	"skep/engine/vector"
)

func appendUpper(dst, s []byte) []byte {
	start := len(dst)
	dst = append(dst, s...)
	for i, c := range dst[start:] {
		if c >= utf8.RuneSelf {
			return appendMapped(dst[:start], s, unicode.ToUpper, upperSpecial)
		}
		if c >= 'a' && c <= 'z' {
			dst[start+i] = c - 32
		}
	}
	return dst
}

func appendLower(dst, s []byte) []byte {
	start := len(dst)
	dst = append(dst, s...)
	for i, c := range dst[start:] {
		if c >= utf8.RuneSelf {
			return appendMapped(dst[:start], s, unicode.ToLower, nil)
		}
		if c >= 'A' && c <= 'Z' {
			dst[start+i] = c + 32
		}
	}
	return dst
}

// upperSpecial are the characters whose upper case is more than one (those of Latin script).
var upperSpecial = map[rune]string{'ß': "SS", 'ŉ': "ʼN", 'ǰ': "J̌", 'ﬀ': "FF", 'ﬁ': "FI", 'ﬂ': "FL", 'ﬃ': "FFI", 'ﬄ': "FFL", 'ﬅ': "ST", 'ﬆ': "ST"}

func appendMapped(dst, s []byte, f func(rune) rune, special map[rune]string) []byte {
	for _, c := range string(s) {
		if t, ok := special[c]; ok {
			dst = append(dst, t...)
			continue
		}
		dst = utf8.AppendRune(dst, f(c))
	}
	return dst
}

// appendInitCap makes the first letter of each word upper case and the others lower case; words end at white space.
func appendInitCap(dst, s []byte) []byte {
	first := true
	for _, c := range string(s) {
		switch {
		case c == ' ' || c >= '\t' && c <= '\r' || c >= 0x1c && c <= 0x1f:
			first = true
		case first:
			c = unicode.ToTitle(c)
			first = false
		default:
			c = unicode.ToLower(c)
		}
		dst = utf8.AppendRune(dst, c)
	}
	return dst
}

func appendReverse(dst, s []byte) []byte {
	for len(s) > 0 {
		_, n := utf8.DecodeLastRune(s)
		dst = append(dst, s[len(s)-n:]...)
		s = s[:len(s)-n]
	}
	return dst
}

// appendQuoted puts s in single quotes.
func appendQuoted(dst, s []byte) []byte {
	dst = append(dst, '\'')
	for _, c := range s {
		if c == '\'' {
			dst = append(dst, '\\')
		}
		dst = append(dst, c)
	}
	return append(dst, '\'')
}

// soundexCode maps A … Z to digits; '0' is not coded, '-' (H and W) does not separate equal codes.
const soundexCode = "01230120022455012623010202"

// soundexOf makes the four-character American soundex code of ASCII text, skipping what is no letter; other text has none.
func soundexOf(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := textsOf(args[0])
		rows.Each(func(i int) {
			if !isASCII(a.at(i)) {
				out.Null(i)
				return
			}
			data := out.Extend()
			out.Set(i, len(data), appendSoundex(data, a.at(i)))
		})
		return nil
	}
}

func appendSoundex(dst, s []byte) []byte {
	start := len(dst)
	var last byte
	for _, c := range s {
		if c >= 'a' && c <= 'z' {
			c -= 32
		}
		if c < 'A' || c > 'Z' {
			continue
		}
		code := soundexCode[c-'A']
		if len(dst) == start {
			dst = append(dst, c)
			last = code
			continue
		}
		if c == 'H' || c == 'W' {
			continue
		}
		if code != '0' && code != last {
			dst = append(dst, code)
		}
		last = code
		if len(dst)-start == 4 {
			break
		}
	}
	for len(dst) > start && len(dst)-start < 4 {
		dst = append(dst, '0')
	}
	return dst
}

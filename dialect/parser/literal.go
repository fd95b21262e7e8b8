package parser

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// unquote resolves the escapes of a string token, which may be several adjacent strings. Escapes are Hive's: \0 \' \" \b
// \n \r \t \Z \\, \% and \_ keep the backslash, \uXXXX, octal \ooo with a first digit 0 or 1; any other \c is c.
func unquote(text string) string {
	if len(text) >= 2 && strings.IndexByte(text, '\\') < 0 && strings.IndexByte(text[1:len(text)-1], text[0]) < 0 {
		return text[1 : len(text)-1]
	}
	var b strings.Builder
	b.Grow(len(text))
	var quote byte
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote == 0:
			quote = c
		case c == quote:
			quote = 0
		case c != '\\' || i+1 >= len(text):
			b.WriteByte(c)
		default:
			i += unescape(&b, text[i+1:])
		}
	}
	return b.String()
}

// unescape writes the character for the escape whose text after the backslash is s and returns the bytes of s it used.
func unescape(b *strings.Builder, s string) int {
	if s[0] == 'u' && len(s) >= 5 {
		if v, err := strconv.ParseUint(s[1:5], 16, 16); err == nil {
			n := 5
			if v >= 0xD800 && v < 0xDC00 && len(s) >= 11 && s[5] == '\\' && s[6] == 'u' { // surrogate pair
				if w, err := strconv.ParseUint(s[7:11], 16, 16); err == nil && w >= 0xDC00 && w < 0xE000 {
					v = 0x10000 + (v-0xD800)<<10 + (w - 0xDC00)
					n = 11
				}
			}
			b.WriteRune(rune(v))
			return n
		}
	}
	if len(s) >= 3 && (s[0] == '0' || s[0] == '1') && isOctal(s[1]) && isOctal(s[2]) {
		b.WriteRune(rune(s[0]-'0')<<6 | rune(s[1]-'0')<<3 | rune(s[2]-'0'))
		return 3
	}
	switch s[0] {
	case '0':
		b.WriteByte(0)
	case 'b':
		b.WriteByte('\b')
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case 't':
		b.WriteByte('\t')
	case 'Z':
		b.WriteByte(0x1A)
	case '%', '_':
		b.WriteByte('\\')
		b.WriteByte(s[0])
	default:
		_, n := utf8.DecodeRuneInString(s)
		b.WriteString(s[:n])
		return n
	}
	return 1
}

func isOctal(c byte) bool { return '0' <= c && c <= '7' }

// identText returns the name an identifier token stands for.
func identText(text string, quoted bool) string {
	if !quoted {
		return text
	}
	q := text[:1]
	return strings.ReplaceAll(text[1:len(text)-1], q+q, q)
}

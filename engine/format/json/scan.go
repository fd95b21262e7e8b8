package json

import (
	"bytes"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds the nesting of values.
const maxDepth = 1000

// scanner checks JSON text and finds where its values end.
type scanner struct {
	buf []byte
	at  int
	key []byte // of the last field, when it has escapes
}

func (s *scanner) errorf(format string, args ...any) error {
	return fmt.Errorf("JSON is malformed: "+format, args...)
}

func (s *scanner) blanks() {
	for s.at < len(s.buf) {
		switch s.buf[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// peek returns the next byte that is not blank; 0 at the end.
func (s *scanner) peek() byte {
	s.blanks()
	if s.at == len(s.buf) {
		return 0
	}
	return s.buf[s.at]
}

func (s *scanner) word(w string) error {
	if !bytes.HasPrefix(s.buf[s.at:], []byte(w)) {
		return s.errorf("%s expected", w)
	}
	s.at += len(w)
	return nil
}

// object passes the object at s.at, calling field with each name and where its value is.
func (s *scanner) object(depth int, field func(key []byte, from, to int) error) error {
	if s.peek() != '{' {
		return s.errorf("no object")
	}
	s.at++
	if s.peek() == '}' {
		s.at++
		return nil
	}
	for {
		if s.peek() != '"' {
			return s.errorf("the name of a field is missing")
		}
		from := s.at
		escaped, err := s.text()
		if err != nil {
			return err
		}
		key := s.buf[from+1 : s.at-1]
		if escaped {
			s.key = unescape(s.key[:0], key)
			key = s.key
		}
		if s.peek() != ':' {
			return s.errorf("no : after the field %q", key)
		}
		s.at++
		s.blanks()
		start := s.at
		if escaped {
			key = append([]byte(nil), key...) // the value may hold such names too
		}
		if err := s.value(depth + 1); err != nil {
			return err
		}
		if field != nil {
			if err := field(key, start, s.at); err != nil {
				return err
			}
		}
		switch s.peek() {
		case ',':
			s.at++
		case '}':
			s.at++
			return nil
		default:
			return s.errorf("neither , nor } after the field %q", key)
		}
	}
}

// array passes the array at s.at, calling element with where each value is.
func (s *scanner) array(depth int, element func(from, to int) error) error {
	s.at++
	if s.peek() == ']' {
		s.at++
		return nil
	}
	for {
		s.blanks()
		start := s.at
		if err := s.value(depth + 1); err != nil {
			return err
		}
		if element != nil {
			if err := element(start, s.at); err != nil {
				return err
			}
		}
		switch s.peek() {
		case ',':
			s.at++
		case ']':
			s.at++
			return nil
		default:
			return s.errorf("neither , nor ] after a value of an array")
		}
	}
}

// value passes any value.
func (s *scanner) value(depth int) error {
	if depth > maxDepth {
		return s.errorf("nested deeper than %d", maxDepth)
	}
	if s.at == len(s.buf) {
		return s.errorf("a value is missing at the end")
	}
	switch c := s.buf[s.at]; {
	case c == '"':
		_, err := s.text()
		return err
	case c == '{':
		return s.object(depth, nil)
	case c == '[':
		return s.array(depth, nil)
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == 'n':
		return s.word("null")
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	default:
		return s.errorf("a value cannot start with %q", c)
	}
}

// text passes the string at s.at and reports whether it has escapes.
func (s *scanner) text() (escaped bool, err error) {
	for i := s.at + 1; i < len(s.buf); i++ {
		switch c := s.buf[i]; {
		case c == '"':
			s.at = i + 1
			return escaped, nil
		case c < ' ':
			return false, s.errorf("control character %#x in a string", c)
		case c == '\\':
			escaped = true
			i++
			if i == len(s.buf) {
				return false, s.errorf("a string does not end")
			}
			switch s.buf[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				if i+4 >= len(s.buf) || !isHex(s.buf[i+1:i+5]) {
					return false, s.errorf(`\u without four hexadecimal digits`)
				}
				i += 4
			default:
				return false, s.errorf("unknown escape %q", s.buf[i])
			}
		}
	}
	return false, s.errorf("a string does not end")
}

func isHex(s []byte) bool {
	for _, c := range s {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
			return false
		}
	}
	return true
}

func (s *scanner) number() error {
	digits := func() int {
		n := 0
		for s.at < len(s.buf) && s.buf[s.at] >= '0' && s.buf[s.at] <= '9' {
			s.at++
			n++
		}
		return n
	}
	accept := func(set string) bool {
		if s.at < len(s.buf) && bytes.IndexByte([]byte(set), s.buf[s.at]) >= 0 {
			s.at++
			return true
		}
		return false
	}
	accept("-")
	first := s.at
	n := digits()
	if n == 0 || n > 1 && s.buf[first] == '0' {
		return s.errorf("bad number")
	}
	if accept(".") && digits() == 0 {
		return s.errorf("bad number")
	}
	if accept("eE") {
		accept("+-")
		if digits() == 0 {
			return s.errorf("bad number")
		}
	}
	if s.at < len(s.buf) {
		switch s.buf[s.at] {
		case ',', '}', ']', ' ', '\t', '\n', '\r':
		default:
			return s.errorf("bad number")
		}
	}
	return nil
}

// unescape appends the text of a checked string's inside.
func unescape(dst, s []byte) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			dst = append(dst, s[i])
			continue
		}
		i++
		switch s[i] {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r := hex4(s[i+1:])
			i += 4
			if utf16.IsSurrogate(r) && i+6 < len(s) && s[i+1] == '\\' && s[i+2] == 'u' {
				if pair := utf16.DecodeRune(r, hex4(s[i+3:])); pair != utf8.RuneError {
					r = pair
					i += 6
				}
			}
			if utf16.IsSurrogate(r) {
				dst = append(dst, '?') // as Java encodes half a pair
				continue
			}
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, s[i])
		}
	}
	return dst
}

func hex4(s []byte) rune {
	var r rune
	for _, c := range s[:4] {
		switch {
		case c >= 'a':
			c -= 'a' - 10
		case c >= 'A':
			c -= 'A' - 10
		default:
			c -= '0'
		}
		r = r<<4 | rune(c)
	}
	return r
}

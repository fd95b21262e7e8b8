package function

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"

	"skep/dialect/function"
	"skep/engine/vector"
)

// unmappable and malformed are what Java's coders throw. n is the length of what they could not read: in UTF-16 units of the text, or in bytes.
func unmappable(n int) error {
	return errorf("java.nio.charset.UnmappableCharacterException: Input length = %d", n)
}

func malformed(n int) error {
	return errorf("java.nio.charset.MalformedInputException: Input length = %d", n)
}

func encode(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, set := textsOf(args[0]), textsOf(args[1])
		return rows.Try(func(i int) error {
			data := out.Extend()
			start := len(data)
			s := a.at(i)
			switch name := function.Charset(string(set.at(i))); name {
			case "UTF-8":
				data = append(data, s...)
			case "US-ASCII", "ISO-8859-1":
				limit := rune(128)
				if name == "ISO-8859-1" {
					limit = 256
				}
				for _, r := range string(s) {
					if r >= limit {
						return unmappable(utf16.RuneLen(r))
					}
					data = append(data, byte(r))
				}
			case "UTF-16", "UTF-16BE", "UTF-16LE":
				if name == "UTF-16" && len(s) > 0 {
					data = append(data, 0xfe, 0xff)
				}
				for _, u := range unitsOf(s) {
					if name == "UTF-16LE" {
						data = binary.LittleEndian.AppendUint16(data, u)
					} else {
						data = binary.BigEndian.AppendUint16(data, u)
					}
				}
			default:
				return errorf("%s", set.at(i))
			}
			out.Set(i, start, data)
			return nil
		})
	}
}

func decode(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, set := textsOf(args[0]), textsOf(args[1])
		return rows.Try(func(i int) error {
			data := out.Extend()
			start := len(data)
			s := a.at(i)
			switch name := function.Charset(string(set.at(i))); name {
			case "UTF-8":
				for at := 0; at < len(s); {
					r, n := utf8.DecodeRune(s[at:])
					if r == utf8.RuneError && n == 1 {
						return malformed(1)
					}
					at += n
				}
				data = append(data, s...)
			case "US-ASCII", "ISO-8859-1":
				for _, c := range s {
					if name == "US-ASCII" && c >= 128 {
						return malformed(1)
					}
					data = utf8.AppendRune(data, rune(c))
				}
			case "UTF-16", "UTF-16BE", "UTF-16LE":
				var order binary.ByteOrder = binary.BigEndian
				if name == "UTF-16LE" {
					order = binary.LittleEndian
				}
				if name == "UTF-16" && len(s) >= 2 {
					switch binary.BigEndian.Uint16(s) {
					case 0xfffe:
						order, s = binary.LittleEndian, s[2:]
					case 0xfeff:
						s = s[2:]
					}
				}
				for at := 0; at < len(s); at += 2 {
					if at+2 > len(s) {
						return malformed(1)
					}
					u := rune(order.Uint16(s[at:]))
					if !utf16.IsSurrogate(u) {
						data = utf8.AppendRune(data, u)
						continue
					}
					if at+4 > len(s) {
						return malformed(2)
					}
					if u = utf16.DecodeRune(u, rune(order.Uint16(s[at+2:]))); u == utf8.RuneError {
						return malformed(2)
					}
					data = utf8.AppendRune(data, u)
					at += 2
				}
			default:
				return errorf("%s", set.at(i))
			}
			out.Set(i, start, data)
			return nil
		})
	}
}

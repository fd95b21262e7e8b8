package function

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"skep/dialect/types"
	"skep/engine/calendar"
	"skep/engine/vector"
)

var maskTable = map[string]entry{
	"mask":              {build: firstStrict(mask(maskAll, 0)), nulls: Aware, costly: true},
	"mask_first_n":      {build: firstStrict(mask(maskFirst, 1)), nulls: Aware, costly: true},
	"mask_last_n":       {build: firstStrict(mask(maskLast, 1)), nulls: Aware, costly: true},
	"mask_show_first_n": {build: firstStrict(mask(showFirst, 1)), nulls: Aware, costly: true},
	"mask_show_last_n":  {build: firstStrict(mask(showLast, 1)), nulls: Aware, costly: true},
	"mask_hash":         {build: maskHash, nulls: Strict, costly: true},
}

// firstStrict gives NULL where the first argument is; NULL among the others stands for what they are by default.
func firstStrict(b Builder) Builder {
	return func(env *Env, call *Call) Kernel {
		kernel := b(env, call)
		if kernel == nil {
			return nil
		}
		present := []uint16{} // never nil, which would be all rows
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			present = present[:0]
			rows.Each(func(i int) {
				if isNull(args[0], i) {
					out.Null(i)
				} else {
					present = append(present, uint16(i))
				}
			})
			return kernel(args, Rows{Sel: present, N: rows.N}, out)
		}
	}
}

// maskRange says which characters of size are masked: from … to-1.
type maskRange func(n, size int) (from, to int)

func maskAll(_, size int) (int, int)   { return 0, size }
func maskFirst(n, size int) (int, int) { return 0, min(max(n, 0), size) }
func maskLast(n, size int) (int, int)  { return size - min(max(n, 0), size), size }
func showFirst(n, size int) (int, int) { return min(max(n, 0), size), size }
func showLast(n, size int) (int, int)  { return 0, size - min(max(n, 0), size) }

// masks are the replacements: runes for classes of characters, -1 keeping them, and a digit for numbers.
type masks struct {
	upper, lower, digit, other rune
	number                     int64
	day, month, year           int64 // -1 keeps the part
}

// maskRune reads a replacement argument: the first character of text, or a code; -1 keeps the character.
func maskRune(call *Call, i int, def rune) rune {
	d, ok := call.Const(i)
	if !ok || d.Null {
		return def
	}
	if call.Args[i].Physical() == types.Bytes {
		if d.S == "" {
			return def
		}
		if d.S == "-1" {
			return -1
		}
		r, _ := utf8.DecodeRuneInString(d.S)
		return r
	}
	if d.I == -1 {
		return -1
	}
	return rune(d.I)
}

func maskNumber(call *Call, i int, def, low, high int64) int64 {
	d, ok := call.Const(i)
	if !ok || d.Null {
		return def
	}
	v := d.I
	if call.Args[i].Physical() == types.Bytes {
		n, ok := ParseInteger([]byte(d.S))
		if !ok {
			return def
		}
		v = n
	}
	if v == -1 {
		return -1
	}
	if v < low || v > high {
		return def
	}
	return v
}

// mask takes its replacements from constant arguments, after the count of characters where there is one.
func mask(chosen maskRange, counts int) Builder {
	return func(env *Env, call *Call) Kernel {
		n := 4
		if d, ok := call.Const(1); counts == 1 && ok && !d.Null {
			n = int(d.I)
		}
		at := 1 + counts
		m := masks{upper: maskRune(call, at, 'X'), lower: maskRune(call, at+1, 'x'), digit: maskRune(call, at+2, 'n'), other: maskRune(call, at+3, -1),
			number: maskNumber(call, at+4, 1, 0, 9), day: maskNumber(call, at+5, 1, 1, 31), month: maskNumber(call, at+6, 0, 0, 11),
			year: maskNumber(call, at+7, 0, 0, 1<<31)}
		switch t := call.Args[0]; {
		case t.IsString():
			return func(args []*vector.Vector, rows Rows, out *Result) error {
				a := textsOf(args[0])
				rows.Each(func(i int) {
					data := out.Extend()
					start := len(data)
					data = m.text(data, padded(call.Args[0], a.at(i)), n, chosen)
					if call.Result.Kind == types.Char {
						data = data[:start+len(bytes.TrimRight(data[start:], " "))]
					}
					out.Set(i, start, data)
				})
				return nil
			}
		case t.IsInteger():
			bits := width(t)
			return func(args []*vector.Vector, rows Rows, out *Result) error {
				a := ints(args[0])
				rows.Each(func(i int) { out.I64[i] = m.integer(a.at(i), n, chosen, bits) })
				return nil
			}
		case t.Kind == types.Date:
			return func(args []*vector.Vector, rows Rows, out *Result) error {
				a := ints(args[0])
				rows.Each(func(i int) {
					y, mo, d := calendar.Civil(a.at(i))
					if m.year != -1 {
						y = m.year
					}
					if y == 0 && env.Hive3() { // 3.1 prints years of their era
						y = 1
					}
					if m.month != -1 {
						mo = m.month + 1
					}
					if m.day != -1 {
						d = m.day
					}
					out.I64[i] = calendar.Days(y, mo, d)
				})
				return nil
			}
		}
		return allNull
	}
}

func (m *masks) text(dst, s []byte, n int, chosen maskRange) []byte {
	size := 0 // in UTF-16, like Java
	for _, c := range string(s) {
		size += utf16.RuneLen(c)
	}
	from, to := chosen(n, size)
	k := 0
	for _, c := range string(s) {
		r := rune(-1)
		if k >= from && k < to {
			switch {
			case unicode.IsUpper(c):
				r = m.upper
			case unicode.IsLower(c):
				r = m.lower
			case unicode.IsDigit(c):
				r = m.digit
			default:
				r = m.other
			}
		}
		if r < 0 {
			r = c
		}
		dst = utf8.AppendRune(dst, r)
		k += utf16.RuneLen(c)
	}
	return dst
}

// integer masks the digits of an integer of the given bits. Arithmetic wraps in that width, so that the digits of the smallest number,
// which has no positive counterpart, are negative.
func (m *masks) integer(v int64, n int, chosen maskRange, bits int) int64 {
	if m.number == -1 {
		return v
	}
	u := v
	if v < 0 {
		u = wrap(-v, bits)
	}
	size := 1
	for x := u / 10; x != 0; x /= 10 {
		size++
	}
	from, to := chosen(n, size)
	var out, unit int64 = 0, 1
	for k := size - 1; k >= 0; k-- {
		digit := u % 10
		u /= 10
		if k >= from && k < to {
			digit = m.number
		}
		out += digit * unit
		unit *= 10
	}
	if v < 0 {
		out = -out
	}
	return wrap(out, bits)
}

// padded is text of type t as Hive's functions on char see it when they ask for the padded value.
func padded(t *types.Type, s []byte) []byte {
	missing := t.Length - runes(s)
	if t.Kind != types.Char || missing <= 0 {
		return s
	}
	return append(bytes.Clone(s), bytes.Repeat([]byte{' '}, missing)...)
}

// maskHash is SHA-256 of strings; other types become NULL.
func maskHash(_ *Env, call *Call) Kernel {
	if !call.Args[0].IsString() {
		return allNull
	}
	return mapText(func(dst, s []byte) []byte {
		d := sha256.Sum256(padded(call.Args[0], s))
		return hex.AppendEncode(dst, d[:])
	})(nil, call)
}

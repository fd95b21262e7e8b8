package function

import (
	"strconv"
	"unicode/utf8"

	"skep/dialect/types"
	"skep/engine/vector"
	"skep/engine/vector/valuetext"
)

// castToText prints values; char and varchar cut what is too long.
func castToText(env *Env, from, to *types.Type) Kernel {
	if from.Physical() == types.Bytes {
		return fitText(to)
	}
	format := textFormat(env, from)
	if format == nil {
		return nil
	}
	var scratch []byte
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		write := format(args[0])
		rows.Each(func(i int) {
			if to.Kind == types.String {
				data := out.Extend()
				out.Set(i, len(data), write(data, i))
				return
			}
			scratch = write(scratch[:0], i)
			out.SetBytes(i, FitText(scratch, to))
		})
		return nil
	}
}

// textFormat returns the printer for values of a type, nil for types without text.
func textFormat(env *Env, from *types.Type) func(v *vector.Vector) func(dst []byte, row int) []byte {
	loc := env.Zone().Location()
	switch from.Kind {
	case types.Boolean:
		return func(v *vector.Vector) func([]byte, int) []byte {
			a := ints(v)
			return func(dst []byte, row int) []byte {
				if a.at(row) != 0 {
					return append(dst, "TRUE"...)
				}
				return append(dst, "FALSE"...)
			}
		}
	case types.TinyInt, types.SmallInt, types.Int, types.BigInt:
		return func(v *vector.Vector) func([]byte, int) []byte {
			a := ints(v)
			return func(dst []byte, row int) []byte { return strconv.AppendInt(dst, a.at(row), 10) }
		}
	case types.Date:
		return func(v *vector.Vector) func([]byte, int) []byte {
			a := ints(v)
			return func(dst []byte, row int) []byte { return valuetext.AppendDate(dst, a.at(row)) }
		}
	}
	return func(v *vector.Vector) func([]byte, int) []byte {
		return func(dst []byte, row int) []byte { return valuetext.AppendValue(dst, v, row, loc) }
	}
}

// FitText cuts s to the length of a char or varchar and drops the trailing blanks of a char.
func FitText(s []byte, to *types.Type) []byte {
	if to.Kind != types.Char && to.Kind != types.Varchar {
		return s
	}
	if len(s) > to.Length {
		s = s[:prefix(s, to.Length)]
	}
	if to.Kind == types.Char {
		for len(s) > 0 && s[len(s)-1] == ' ' {
			s = s[:len(s)-1]
		}
	}
	return s
}

// prefix returns the number of bytes of the first n characters of s.
func prefix(s []byte, n int) int {
	at := 0
	for ; n > 0 && at < len(s); n-- {
		if s[at] < utf8.RuneSelf {
			at++
			continue
		}
		_, size := utf8.DecodeRune(s[at:])
		at += size
	}
	return at
}

// fitText cuts strings without copying them.
func fitText(to *types.Type) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := textsOf(args[0])
		out.Borrow(a.data)
		rows.Each(func(i int) {
			r := a.refs.at(i)
			r.Len = uint32(len(FitText(a.data[r.Off:r.Off+r.Len], to)))
			out.Refs[i] = r
		})
		return nil
	}
}

package valuetext

import (
	"strconv"
	"time"
	"unicode/utf8"

	"skep/dialect/types"
	"skep/engine/vector"
)

// AppendValue appends the text of a value that is not NULL as HiveServer2 returns it in a string column: decimals padded to
// their scale, char padded to its length, nested values as JSON. loc prints timestamps with local time zone; nil is UTC.
func AppendValue(dst []byte, v *vector.Vector, row int, loc *time.Location) []byte {
	b, at := v.Base(), v.At(row)
	switch t := v.Type; t.Kind {
	case types.Char:
		return AppendChar(dst, bytesAt(b, at), t.Length)
	case types.String, types.Varchar:
		return AppendUTF8(dst, bytesAt(b, at))
	case types.Binary:
		return append(dst, bytesAt(b, at)...)
	case types.Array, types.Map, types.Struct, types.Union:
		return AppendJSON(dst, v, row, loc)
	default:
		return appendScalar(dst, t, b, at, loc)
	}
}

// appendScalar appends numbers, booleans, dates and intervals; at indexes the stored values of b.
func appendScalar(dst []byte, t *types.Type, b *vector.Vector, at int, loc *time.Location) []byte {
	switch t.Kind {
	case types.Boolean:
		return strconv.AppendBool(dst, b.I64[at] != 0)
	case types.TinyInt, types.SmallInt, types.Int, types.BigInt:
		return strconv.AppendInt(dst, b.I64[at], 10)
	case types.Decimal:
		if t.Physical() == types.I64 {
			return AppendDecimal64(dst, b.I64[at], t.Scale)
		}
		return AppendDecimal128(dst, b.W[at], t.Scale)
	case types.Float:
		return AppendFloat(dst, b.F64[at])
	case types.Double:
		return AppendDouble(dst, b.F64[at])
	case types.Date:
		return AppendDate(dst, b.I64[at])
	case types.Timestamp:
		return AppendTimestamp(dst, b.W[at])
	case types.TimestampLTZ:
		return AppendTimestampLTZ(dst, b.W[at], loc)
	case types.IntervalYearMonth:
		return AppendIntervalYearMonth(dst, b.I64[at])
	case types.IntervalDayTime:
		return AppendIntervalDayTime(dst, b.W[at])
	}
	return dst
}

func bytesAt(b *vector.Vector, at int) []byte {
	r := b.Refs[at]
	return b.Data[r.Off : r.Off+r.Len]
}

// AppendJSON appends the value of row, which may be NULL, in the JSON-like form Hive gives nested values: no blanks; strings,
// dates and timestamps quoted; numbers, booleans, decimals (without trailing zeros) and intervals bare; binary as text without
// quotes; map keys as their type prints; unions as {tag:value}.
func AppendJSON(dst []byte, v *vector.Vector, row int, loc *time.Location) []byte {
	if v.Type.Kind == types.Void || v.IsNull(row) {
		return append(dst, "null"...)
	}
	b, at := v.Base(), v.At(row)
	switch t := v.Type; t.Kind {
	case types.String, types.Varchar:
		dst = append(dst, '"')
		dst = AppendEscaped(dst, bytesAt(b, at))
		return append(dst, '"')
	case types.Char:
		s := bytesAt(b, at)
		dst = append(dst, '"')
		dst = appendPadding(AppendEscaped(dst, s), s, t.Length)
		return append(dst, '"')
	case types.Binary:
		return AppendUTF8(dst, bytesAt(b, at))
	case types.Date, types.Timestamp, types.TimestampLTZ:
		dst = append(dst, '"')
		dst = appendScalar(dst, t, b, at, loc)
		return append(dst, '"')
	case types.Decimal:
		return TrimDecimal(appendScalar(dst, t, b, at, loc), len(dst))
	case types.Array:
		r := b.Refs[at]
		dst = append(dst, '[')
		for k := range r.Len {
			if k > 0 {
				dst = append(dst, ',')
			}
			dst = AppendJSON(dst, b.Children[0], int(r.Off+k), loc)
		}
		return append(dst, ']')
	case types.Map:
		r := b.Refs[at]
		dst = append(dst, '{')
		for k := range r.Len {
			if k > 0 {
				dst = append(dst, ',')
			}
			dst = append(AppendJSON(dst, b.Children[0], int(r.Off+k), loc), ':')
			dst = AppendJSON(dst, b.Children[1], int(r.Off+k), loc)
		}
		return append(dst, '}')
	case types.Struct:
		dst = append(dst, '{')
		for i, f := range t.Fields {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(append(dst, '"'), f.Shown()...)
			dst = AppendJSON(append(dst, '"', ':'), b.Children[i], at, loc)
		}
		return append(dst, '}')
	case types.Union:
		tag := b.I64[at]
		dst = append(strconv.AppendInt(append(dst, '{'), tag, 10), ':')
		if tag >= 0 && int(tag) < len(b.Children) {
			dst = AppendJSON(dst, b.Children[tag], at, loc)
		} else {
			dst = append(dst, "null"...)
		}
		return append(dst, '}')
	default:
		return appendScalar(dst, t, b, at, loc)
	}
}

// AppendChar appends s padded with blanks to length characters.
func AppendChar(dst, s []byte, length int) []byte {
	return appendPadding(AppendUTF8(dst, s), s, length)
}

func appendPadding(dst, s []byte, length int) []byte {
	for n := utf8.RuneCount(s); n < length; n++ {
		dst = append(dst, ' ')
	}
	return dst
}

const hexDigits = "0123456789abcdef"

// AppendEscaped appends s with the escapes of a JSON string as Hive makes them (no escape for '/' or for characters above
// U+001F).
func AppendEscaped(dst, s []byte) []byte {
	if !utf8.Valid(s) {
		return appendEscapedRunes(dst, s)
	}
	start := 0
	for i, c := range s {
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = appendEscape(append(dst, s[start:i]...), c)
		start = i + 1
	}
	return append(dst, s[start:]...)
}

func appendEscapedRunes(dst, s []byte) []byte {
	at := len(dst)
	dst = AppendUTF8(dst, s)
	clean := append([]byte(nil), dst[at:]...) // malformed text only: rare enough to copy
	return AppendEscaped(dst[:at], clean)
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// AppendUTF8 appends s with U+FFFD in place of each maximal malformed part, as Java decodes. Clients reject malformed text.
func AppendUTF8(dst, s []byte) []byte {
	if utf8.Valid(s) {
		return append(dst, s...)
	}
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		if r == utf8.RuneError && n <= 1 {
			n = malformed(s)
			dst = append(dst, "\uFFFD"...)
		} else {
			dst = append(dst, s[:n]...)
		}
		s = s[n:]
	}
	return dst
}

// malformed returns the length of the maximal subpart of an ill-formed sequence at the start of s (Unicode standard, section
// 3.9, table 3-7).
func malformed(s []byte) int {
	need, low, high := 0, byte(0x80), byte(0xbf)
	switch c := s[0]; {
	case c >= 0xc2 && c <= 0xdf:
		need = 1
	case c >= 0xe0 && c <= 0xef:
		need = 2
		if c == 0xe0 {
			low = 0xa0
		} else if c == 0xed {
			high = 0x9f
		}
	case c >= 0xf0 && c <= 0xf4:
		need = 3
		if c == 0xf0 {
			low = 0x90
		} else if c == 0xf4 {
			high = 0x8f
		}
	}
	n := 1
	for n < len(s) && n <= need && s[n] >= low && s[n] <= high {
		low, high = 0x80, 0xbf
		n++
	}
	return n
}

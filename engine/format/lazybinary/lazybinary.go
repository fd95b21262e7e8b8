// Package lazybinary encodes and decodes values in the form of Hive's LazyBinarySerDe, as LazyBinaryColumnarSerDe stores them:
// numbers in variable or fixed length, most significant byte first; nested values with bits for what is not NULL.
package lazybinary

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"skep/dialect/types"
	"skep/engine/decimal"
	"skep/engine/format/writable"
	"skep/engine/vector"
)

var errShort = errors.New("a value ends too early")

// Append appends the value of s, which is all of s, to the flat vector v.
func Append(v *vector.Vector, s []byte) error {
	_, err := appendValue(v, s, true)
	return err
}

// appendValue appends the value at the start of s and returns what follows it. A whole value takes all of s and has no length
// of its own.
func appendValue(v *vector.Vector, s []byte, whole bool) (rest []byte, err error) {
	row := v.Len()
	t := v.Type
	switch t.Kind {
	case types.Boolean, types.TinyInt:
		if len(s) < 1 {
			return nil, errShort
		}
		x := int64(int8(s[0]))
		if t.Kind == types.Boolean && x != 0 {
			x = 1
		}
		v.I64, rest = append(v.I64, x), s[1:]
	case types.SmallInt:
		if len(s) < 2 {
			return nil, errShort
		}
		v.I64, rest = append(v.I64, int64(int16(binary.BigEndian.Uint16(s)))), s[2:]
	case types.Int, types.BigInt, types.Date, types.IntervalYearMonth:
		x, n := writable.VLong(s)
		if n == 0 {
			return nil, errShort
		}
		if t.Kind != types.BigInt {
			x = int64(int32(x))
		}
		v.I64, rest = append(v.I64, x), s[n:]
	case types.Float:
		if len(s) < 4 {
			return nil, errShort
		}
		v.F64, rest = append(v.F64, float64(math.Float32frombits(binary.BigEndian.Uint32(s)))), s[4:]
	case types.Double:
		if len(s) < 8 {
			return nil, errShort
		}
		v.F64, rest = append(v.F64, math.Float64frombits(binary.BigEndian.Uint64(s))), s[8:]
	case types.String, types.Varchar, types.Char, types.Binary:
		if !whole {
			if s, rest, err = counted(s); err != nil {
				return nil, err
			}
		}
		if t.Kind == types.Char {
			for len(s) > 0 && s[len(s)-1] == ' ' {
				s = s[:len(s)-1]
			}
		}
		v.Refs = append(v.Refs, vector.Ref{Off: uint32(len(v.Data)), Len: uint32(len(s))})
		v.Data = append(v.Data, s...)
	case types.Decimal:
		var ok bool
		if rest, ok, err = appendDecimal(v, s); err != nil {
			return nil, err
		}
		if !ok {
			v.MakeNulls(row + 1)[row] = true
		}
	case types.Timestamp, types.TimestampLTZ:
		var x types.Int128
		if x, rest, err = readTimestamp(s); err != nil {
			return nil, err
		}
		v.W = append(v.W, x)
	case types.IntervalDayTime:
		seconds, n := writable.VLong(s)
		if n == 0 {
			return nil, errShort
		}
		nanos, m := writable.VLong(s[n:])
		if m == 0 {
			return nil, errShort
		}
		if nanos < 0 {
			seconds, nanos = seconds-1, nanos+1e9
		}
		v.W, rest = append(v.W, types.Int128{Hi: seconds, Lo: uint64(nanos)}), s[n+m:]
	case types.Array, types.Map, types.Struct, types.Union:
		if !whole {
			if len(s) < 4 {
				return nil, errShort
			}
			n := int(int32(binary.BigEndian.Uint32(s)))
			if n < 0 || n > len(s)-4 {
				return nil, errShort
			}
			s, rest = s[4:4+n], s[4+n:]
		}
		if err := appendNested(v, s); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("values of type %s are not supported", t)
	}
	if v.Nulls != nil {
		v.MakeNulls(row + 1)
	}
	return rest, nil
}

// counted divides s into the bytes whose number leads it and the rest.
func counted(s []byte) (value, rest []byte, err error) {
	n, size := writable.VLong(s)
	if size == 0 || n < 0 || n > int64(len(s)-size) {
		return nil, nil, errShort
	}
	return s[size : size+int(n)], s[size+int(n):], nil
}

func appendDecimal(v *vector.Vector, s []byte) (rest []byte, ok bool, err error) {
	scale, n := writable.VLong(s)
	if n == 0 {
		return nil, false, errShort
	}
	digits, rest, err := counted(s[n:])
	if err != nil {
		return nil, false, err
	}
	var x types.Int128
	if len(digits) > 16 || scale < 0 || scale > types.MaxPrecision {
		return nil, false, fmt.Errorf("a decimal of scale %d has %d bytes", scale, len(digits))
	}
	if len(digits) > 0 && digits[0] >= 0x80 {
		x = types.Int128{Hi: -1, Lo: math.MaxUint64}
	}
	for _, b := range digits {
		x = types.Int128{Hi: x.Hi<<8 | int64(x.Lo>>56), Lo: x.Lo<<8 | uint64(b)}
	}
	x, ok = decimal.Rescale(x, int(scale), v.Type.Scale)
	ok = ok && decimal.Fits(x, v.Type.Precision)
	if !ok {
		x = types.Int128{}
	}
	if v.Type.Physical() == types.I64 {
		v.I64 = append(v.I64, int64(x.Lo))
	} else {
		v.W = append(v.W, x)
	}
	return rest, ok, nil
}

// readTimestamp reads the low 31 bits of the seconds, with a flag for more: the decimal digits of the nanoseconds in reverse
// and, when that is negative, the remaining bits of the seconds.
func readTimestamp(s []byte) (x types.Int128, rest []byte, err error) {
	if len(s) < 4 {
		return x, nil, errShort
	}
	first := binary.BigEndian.Uint32(s)
	rest = s[4:]
	x.Hi = int64(first & 0x7fffffff)
	if first&0x80000000 == 0 {
		return x, rest, nil
	}
	digits, n := writable.VLong(rest)
	if n == 0 {
		return x, nil, errShort
	}
	rest = rest[n:]
	more := digits < 0
	if more {
		digits = -digits - 1
	}
	nanos := int64(0)
	for range 9 {
		nanos = nanos*10 + digits%10
		digits /= 10
	}
	x.Lo = uint64(nanos)
	if more {
		high, n := writable.VLong(rest)
		if n == 0 {
			return x, nil, errShort
		}
		rest = rest[n:]
		x.Hi |= high << 31
	}
	return x, rest, nil
}

// appendNested appends the nested value that s is.
func appendNested(v *vector.Vector, s []byte) error {
	switch v.Type.Kind {
	case types.Array:
		return appendElements(v, s, 1)
	case types.Map:
		return appendElements(v, s, 2)
	case types.Union:
		if len(s) < 1 || int(s[0]) >= len(v.Children) {
			return errShort
		}
		tag := int(s[0])
		v.I64 = append(v.I64, int64(tag))
		for i, c := range v.Children {
			if i != tag || len(s) == 1 {
				c.AppendDatum(types.NullDatum)
			} else if _, err := appendValue(c, s[1:], false); err != nil {
				return err
			}
		}
		return nil
	}
	var present byte
	for i, c := range v.Children {
		if i%8 == 0 {
			if len(s) == 0 { // written when the struct had fewer fields
				present = 0
			} else {
				present, s = s[0], s[1:]
			}
		}
		if present&(1<<(i%8)) == 0 {
			c.AppendDatum(types.NullDatum)
			continue
		}
		var err error
		if s, err = appendValue(c, s, false); err != nil {
			return err
		}
	}
	if len(v.Children) == 0 {
		v.Nulls = append(v.Nulls, false)
	}
	return nil
}

// appendElements appends a list, or a map with two values for each entry.
func appendElements(v *vector.Vector, s []byte, width int) error {
	count, n := writable.VLong(s)
	if n == 0 || count < 0 || count > int64(len(s))*8 {
		return errShort
	}
	total := int(count) * width
	s = s[n:]
	if len(s) < (total+7)/8 {
		return errShort
	}
	present, s := s[:(total+7)/8], s[(total+7)/8:]
	start := v.Children[0].Len()
	for i := range total {
		c := v.Children[i%width]
		if present[i/8]&(1<<(i%8)) == 0 {
			c.AppendDatum(types.NullDatum)
			continue
		}
		var err error
		if s, err = appendValue(c, s, false); err != nil {
			return err
		}
	}
	v.Refs = append(v.Refs, vector.Ref{Off: uint32(start), Len: uint32(count)})
	return nil
}

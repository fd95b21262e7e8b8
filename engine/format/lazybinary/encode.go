package lazybinary

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"

	"skep/dialect/types"
	"skep/engine/decimal"
	"skep/engine/format/writable"
	"skep/engine/vector"
	"skep/engine/vector/valuetext"
)

// AppendBytes appends the encoding of the value of a row, which is not NULL, to dst, without its length.
func AppendBytes(dst []byte, v *vector.Vector, row int) ([]byte, error) {
	return appendBytes(dst, v, row, true)
}

func appendBytes(dst []byte, v *vector.Vector, row int, whole bool) ([]byte, error) {
	b, at := v.Base(), v.At(row)
	switch t := v.Type; t.Kind {
	case types.Boolean, types.TinyInt:
		return append(dst, byte(b.I64[at])), nil
	case types.SmallInt:
		return binary.BigEndian.AppendUint16(dst, uint16(b.I64[at])), nil
	case types.Int, types.BigInt, types.Date, types.IntervalYearMonth:
		return writable.AppendVLong(dst, b.I64[at]), nil
	case types.Float:
		return binary.BigEndian.AppendUint32(dst, math.Float32bits(float32(b.F64[at]))), nil
	case types.Double:
		return binary.BigEndian.AppendUint64(dst, math.Float64bits(b.F64[at])), nil
	case types.String, types.Varchar, types.Char, types.Binary:
		s := v.Bytes(row)
		if t.Kind == types.Char {
			s = valuetext.AppendChar(nil, s, t.Length)
		}
		if !whole {
			dst = writable.AppendVLong(dst, int64(len(s)))
		}
		return append(dst, s...), nil
	case types.Decimal:
		x := types.Int128{}
		if t.Physical() == types.I64 {
			x = types.Int128Of(b.I64[at])
		} else {
			x = b.W[at]
		}
		x, scale := decimal.Trim(x, t.Scale)
		return appendUnscaled(writable.AppendVLong(dst, int64(scale)), x), nil
	case types.Timestamp, types.TimestampLTZ:
		return appendTimestamp(dst, b.W[at]), nil
	case types.IntervalDayTime:
		return writable.AppendVLong(writable.AppendVLong(dst, b.W[at].Hi), int64(b.W[at].Lo)), nil
	case types.Array, types.Map, types.Struct, types.Union:
		if whole {
			return appendContents(dst, b, at)
		}
		start := len(dst)
		dst, err := appendContents(append(dst, 0, 0, 0, 0), b, at)
		if err != nil {
			return dst, err
		}
		binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
		return dst, nil
	default:
		return dst, fmt.Errorf("values of type %s are not supported", t)
	}
}

// appendUnscaled appends the length of x and x in as few bytes as its two's complement needs.
func appendUnscaled(dst []byte, x types.Int128) []byte {
	hi, lo := x.Hi, x.Lo
	if hi < 0 {
		hi, lo = ^hi, ^lo
	}
	n := bits.Len64(lo) // bits of the magnitude
	if hi != 0 {
		n = 64 + bits.Len64(uint64(hi))
	}
	size := n/8 + 1
	dst = writable.AppendVLong(dst, int64(size))
	for i := size - 1; i >= 0; i-- {
		if i >= 8 {
			dst = append(dst, byte(x.Hi>>(8*(i-8))))
		} else {
			dst = append(dst, byte(x.Lo>>(8*i)))
		}
	}
	return dst
}

func appendTimestamp(dst []byte, x types.Int128) []byte {
	more := x.Hi < 0 || x.Hi > math.MaxInt32
	first := uint32(x.Hi) & 0x7fffffff
	if x.Lo == 0 && !more {
		return binary.BigEndian.AppendUint32(dst, first)
	}
	dst = binary.BigEndian.AppendUint32(dst, first|0x80000000)
	digits := int64(0)
	for nanos, k := x.Lo, 0; k < 9; k++ {
		digits = digits*10 + int64(nanos%10)
		nanos /= 10
	}
	if !more {
		return writable.AppendVLong(dst, digits)
	}
	return writable.AppendVLong(writable.AppendVLong(dst, -digits-1), x.Hi>>31)
}

// appendContents appends a nested value without its size; b is flat.
func appendContents(dst []byte, b *vector.Vector, at int) (_ []byte, err error) {
	switch b.Type.Kind {
	case types.Union:
		tag := b.I64[at]
		dst = append(dst, byte(tag))
		if c := b.Children[tag]; !c.IsNull(at) {
			return appendBytes(dst, c, at, false)
		}
		return dst, nil
	case types.Struct:
		for i, c := range b.Children {
			if i%8 == 0 {
				var present byte
				for k := i; k < min(i+8, len(b.Children)); k++ {
					if !b.Children[k].IsNull(at) {
						present |= 1 << (k - i)
					}
				}
				dst = append(dst, present)
			}
			if !c.IsNull(at) {
				if dst, err = appendBytes(dst, c, at, false); err != nil {
					return dst, err
				}
			}
		}
		return dst, nil
	}
	ref := b.Refs[at]
	width := len(b.Children)
	dst = writable.AppendVLong(dst, int64(ref.Len))
	total := int(ref.Len) * width
	start := len(dst)
	dst = append(dst, make([]byte, (total+7)/8)...)
	for i := range total {
		c, row := b.Children[i%width], int(ref.Off)+i/width
		if c.IsNull(row) {
			continue
		}
		dst[start+i/8] |= 1 << (i % 8)
		if dst, err = appendBytes(dst, c, row, false); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

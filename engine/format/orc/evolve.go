package orc

import (
	"bytes"
	"encoding/hex"
	"math"
	"strconv"

	"skep/dialect/types"
	"skep/engine/calendar"
	"skep/engine/function"
	"skep/engine/vector"
	"skep/engine/vector/valuetext"
)

// ORC's own conversions between the types of file and table are stricter than CAST in places, and looser in others: numbers that
// do not fit are NULL instead of wrapped, texts must be numbers or dates through and through, integers are seconds.

// keeps says which values the cast that follows may see; the others become NULL.
type keeps func(src *vector.Vector, at int) bool

// computes converts one value itself; false makes it NULL.
type computes func(src *vector.Vector, at int, out *function.Result, row int) bool

// rules returns how a conversion deviates from a cast: nil functions when it does not; ok is false when there is no conversion.
func rules(from, to *types.Type) (keep keeps, compute computes, ok bool) {
	floating := from.Kind == types.Float || from.Kind == types.Double
	switch {
	case to.Kind == types.Boolean:
		switch {
		case floating:
			return nil, func(src *vector.Vector, at int, out *function.Result, row int) bool {
				out.SetBool(row, math.Trunc(src.F64[at]) != 0)
				return inRange(src.F64[at], types.BigIntType)
			}, true
		case from.IsString():
			return nil, func(src *vector.Vector, at int, out *function.Result, row int) bool {
				v, ok := long(src.Bytes(at))
				out.SetBool(row, v != 0)
				return ok
			}, true
		case from.Kind == types.Date, from.Kind == types.Binary:
			return nil, nil, false
		}
	case to.IsInteger():
		switch {
		case floating:
			return func(src *vector.Vector, at int) bool { return inRange(src.F64[at], to) }, nil, true
		case from.IsInteger():
			shift := 64 - bitsOf(to)
			return func(src *vector.Vector, at int) bool {
				v := src.I64[at]
				return v<<shift>>shift == v
			}, nil, true
		case from.IsString():
			return func(src *vector.Vector, at int) bool {
				_, ok := long(src.Bytes(at))
				return ok
			}, nil, true
		}
	case to.Kind == types.Float, to.Kind == types.Double:
		if from.Kind == types.Timestamp {
			return nil, func(src *vector.Vector, at int, out *function.Result, row int) bool {
				out.F64[row] = float64(src.W[at].Hi) + float64(src.W[at].Lo)/1e9
				if to.Kind == types.Float {
					out.F64[row] = float64(float32(out.F64[row]))
				}
				return true
			}, true
		}
	case to.Kind == types.Timestamp:
		switch {
		case from.IsInteger(), from.Kind == types.Boolean:
			return nil, func(src *vector.Vector, at int, out *function.Result, row int) bool {
				out.W[row] = calendar.OfMillis(src.I64[at] * 1000) // which wraps, as Hive's does
				return true
			}, true
		case floating:
			return nil, func(src *vector.Vector, at int, out *function.Result, row int) bool {
				millis := math.Round(src.F64[at] * 1000)
				out.W[row] = calendar.OfMillis(int64(millis))
				return inRange(millis, types.BigIntType)
			}, true
		case from.IsString():
			return func(src *vector.Vector, at int) bool { return bytes.ContainsAny(bytes.TrimSpace(src.Bytes(at)), " T") }, nil, true
		}
	case to.Kind == types.Date:
		if from.IsString() {
			return func(src *vector.Vector, at int) bool { return !bytes.ContainsAny(bytes.TrimSpace(src.Bytes(at)), " T") }, nil, true
		}
	case to.IsString():
		switch {
		case floating:
			return func(src *vector.Vector, at int) bool { return !math.IsNaN(src.F64[at]) }, nil, true
		case from.Kind == types.Decimal:
			return nil, text(to, func(dst []byte, src *vector.Vector, at int) []byte {
				x := types.Int128{}
				if from.Physical() == types.I64 {
					x = types.Int128Of(src.I64[at])
				} else {
					x = src.W[at]
				}
				return valuetext.TrimDecimal(valuetext.AppendDecimal128(dst, x, from.Scale), len(dst))
			}), true
		case from.Kind == types.Binary:
			return nil, text(to, func(dst []byte, src *vector.Vector, at int) []byte {
				for i, b := range src.Bytes(at) {
					if i > 0 {
						dst = append(dst, ' ')
					}
					dst = hex.AppendEncode(dst, []byte{b})
				}
				return dst
			}), true
		}
	}
	return nil, nil, true
}

// text makes a conversion to a text of at most the declared length.
func text(to *types.Type, appendText func(dst []byte, src *vector.Vector, at int) []byte) computes {
	return func(src *vector.Vector, at int, out *function.Result, row int) bool {
		dst := out.Extend()
		start := len(dst)
		dst = appendText(dst, src, at)
		dst = dst[:start+len(function.FitText(dst[start:], to))]
		out.Set(row, start, dst)
		return true
	}
}

// long reads a text that is an integer of 64 bits and nothing else.
func long(s []byte) (int64, bool) {
	v, err := strconv.ParseInt(string(s), 10, 64)
	return v, err == nil
}

func bitsOf(t *types.Type) int { return 8 << (t.Kind - types.TinyInt) }

// inRange reports whether v, cut to an integer, fits the type.
func inRange(v float64, t *types.Type) bool {
	limit := math.Ldexp(1, bitsOf(t)-1)
	v = math.Trunc(v)
	return v >= -limit && v < limit
}

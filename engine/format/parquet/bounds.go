package parquet

import (
	"bytes"
	"math"
	"unicode/utf8"

	"skep/dialect/types"
	"skep/engine/vector"
)

// bounds are the least and greatest value of a page or chunk; NaN does not count.
type bounds struct {
	some     bool
	min, max types.Datum
	lo, hi   []byte // of byte strings
}

func (b *bounds) reset() {
	b.some = false
	b.lo, b.hi = b.lo[:0], b.hi[:0]
}

func (b *bounds) int64s(values []int64) {
	if len(values) == 0 {
		return
	}
	lo, hi := values[0], values[0]
	for _, v := range values {
		lo, hi = min(lo, v), max(hi, v)
	}
	if b.some {
		lo, hi = min(lo, b.min.I), max(hi, b.max.I)
	}
	b.min.I, b.max.I, b.some = lo, hi, true
}

func (b *bounds) float64s(values []float64) {
	for _, v := range values {
		switch {
		case math.IsNaN(v):
		case !b.some:
			b.min.F, b.max.F, b.some = v, v, true
		case v < b.min.F:
			b.min.F = v
		case v > b.max.F:
			b.max.F = v
		}
	}
}

func (b *bounds) int128s(values []types.Int128) {
	for _, v := range values {
		switch {
		case !b.some:
			b.min.W, b.max.W, b.some = v, v, true
		case v.Less(b.min.W):
			b.min.W = v
		case b.max.W.Less(v):
			b.max.W = v
		}
	}
}

func (b *bounds) bytes(s []byte) {
	switch {
	case !b.some:
		b.lo, b.hi, b.some = append(b.lo[:0], s...), append(b.hi[:0], s...), true
	case bytes.Compare(s, b.lo) < 0:
		b.lo = append(b.lo[:0], s...)
	case bytes.Compare(s, b.hi) > 0:
		b.hi = append(b.hi[:0], s...)
	}
}

// values extends the bounds by rows from..to-1 of a flat vector.
func (b *bounds) values(v *vector.Vector, from, to int) {
	switch v.Type.Physical() {
	case types.I64:
		b.int64s(v.I64[from:to])
	case types.F64:
		b.float64s(v.F64[from:to])
	case types.I128:
		b.int128s(v.W[from:to])
	default:
		for _, r := range v.Refs[from:to] {
			b.bytes(v.Data[r.Off : r.Off+r.Len])
		}
	}
}

// add extends the bounds by those of o.
func (b *bounds) add(o *bounds, class types.Physical) {
	if !o.some {
		return
	}
	switch class {
	case types.I64:
		b.int64s([]int64{o.min.I, o.max.I})
	case types.F64:
		b.float64s([]float64{o.min.F, o.max.F})
	case types.I128:
		b.int128s([]types.Int128{o.min.W, o.max.W})
	default:
		b.bytes(o.lo)
		b.bytes(o.hi)
	}
}

// maxIndexBytes is the length to which byte strings in the page index are cut.
const maxIndexBytes = 64

// cutLow returns a lower bound of s of limited length.
func cutLow(s []byte, text bool) []byte {
	if len(s) <= maxIndexBytes {
		return s
	}
	n := maxIndexBytes
	for text && n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// cutHigh returns an upper bound of s, of limited length where there is one: the prefix with its last character (of text) or
// byte incremented.
func cutHigh(s []byte, text bool) []byte {
	if len(s) <= maxIndexBytes {
		return s
	}
	p := append([]byte(nil), cutLow(s, text)...)
	for len(p) > 0 {
		if !text || !utf8.Valid(p) {
			if last := len(p) - 1; p[last] < 0xff {
				p[last]++
				return p
			}
			p = p[:len(p)-1]
			continue
		}
		r, size := utf8.DecodeLastRune(p)
		p = p[:len(p)-size]
		if next := r + 1; utf8.ValidRune(next) && utf8.RuneLen(next) == size {
			return utf8.AppendRune(p, next)
		}
	}
	return s
}

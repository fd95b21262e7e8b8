package buffer

import (
	"skep/dialect/types"
	"skep/engine/vector"
)

// appendRows is vector.AppendRows with a short way for flat numbers and for codes: with many partitions it is called for few rows at a
// time, so that what a call costs counts as much as the rows. Where src is coded, dst is empty or coded by the same dictionary.
func appendRows[I uint16 | uint32](dst, src *vector.Vector, rows []I, coded bool) {
	var n0 int
	switch {
	case coded:
		n0 = len(dst.Codes)
		dst.Form, dst.DictOf, dst.DictID = vector.Dict, src.DictOf, src.DictID
		dst.Codes = gather(dst.Codes, src.Codes, rows)
	case src.Form != vector.Flat:
		vector.AppendRows(dst, src, rows)
		return
	default:
		switch dst.Type.Physical() {
		case types.I64:
			n0 = len(dst.I64)
			dst.I64 = gather(dst.I64, src.I64, rows)
		case types.F64:
			n0 = len(dst.F64)
			dst.F64 = gather(dst.F64, src.F64, rows)
		case types.I128:
			n0 = len(dst.W)
			dst.W = gather(dst.W, src.W, rows)
		default:
			vector.AppendRows(dst, src, rows)
			return
		}
	}
	if src.Nulls != nil {
		dst.Nulls = gather(falseUpTo(dst.Nulls, n0), src.Nulls, rows)
	} else if dst.Nulls != nil {
		dst.Nulls = falseUpTo(dst.Nulls, n0+len(rows))
	}
}

// extended makes dst n elements longer. It grows twofold, as columns are long and copying them is what costs.
func extended[T any](dst []T, n int) []T {
	n += len(dst)
	if cap(dst) < n {
		dst = append(make([]T, 0, max(n, 2*cap(dst))), dst...)
	}
	return dst[:n]
}

// run appends src.
func run[T any](dst, src []T) []T {
	n0 := len(dst)
	dst = extended(dst, len(src))
	copy(dst[n0:], src)
	return dst
}

// gather appends src's elements at rows.
func gather[T any, I uint16 | uint32](dst, src []T, rows []I) []T {
	n0 := len(dst)
	dst = extended(dst, len(rows))
	out := dst[n0:]
	for i, r := range rows {
		out[i] = src[r]
	}
	return dst
}

// falseUpTo makes nulls have n entries, new ones false.
func falseUpTo(nulls []bool, n int) []bool {
	at := len(nulls)
	if cap(nulls) < n {
		nulls = append(make([]bool, 0, max(n, 2*cap(nulls))), nulls...)
	}
	nulls = nulls[:n]
	clear(nulls[min(at, n):])
	return nulls
}

// appendRange appends rows from..to-1 of the selection of a batch.
func (b *Buffer) appendRange(dst, src *vector.Batch, from, to int) {
	for c, d := range dst.Cols {
		if src.Sel != nil {
			appendRows(d, src.Cols[c], src.Sel[from:to], b.coders[c].on())
		} else {
			appendDense(d, src.Cols[c], from, to, b.coders[c].on())
		}
	}
	dst.N += to - from
}

func appendDense(dst, src *vector.Vector, from, to int, coded bool) {
	var n0 int
	switch {
	case coded:
		n0 = len(dst.Codes)
		dst.Form, dst.DictOf, dst.DictID = vector.Dict, src.DictOf, src.DictID
		dst.Codes = run(dst.Codes, src.Codes[from:to])
	case src.Form != vector.Flat:
		vector.AppendRows(dst, src, sequence(from, to))
		return
	default:
		switch dst.Type.Physical() {
		case types.I64:
			n0 = len(dst.I64)
			dst.I64 = run(dst.I64, src.I64[from:to])
		case types.F64:
			n0 = len(dst.F64)
			dst.F64 = run(dst.F64, src.F64[from:to])
		case types.I128:
			n0 = len(dst.W)
			dst.W = run(dst.W, src.W[from:to])
		default:
			vector.AppendRows(dst, src, sequence(from, to))
			return
		}
	}
	if src.Nulls != nil {
		dst.Nulls = run(falseUpTo(dst.Nulls, n0), src.Nulls[from:to])
	} else if dst.Nulls != nil {
		dst.Nulls = falseUpTo(dst.Nulls, n0+to-from)
	}
}

func sequence(from, to int) []uint32 { return vector.Sequence(to)[from:to] }

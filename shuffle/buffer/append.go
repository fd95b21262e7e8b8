package buffer

import (
	"skep/dialect/types"
	"skep/engine/vector"
)

// appendRows is vector.AppendRows with a short way for flat numbers: with many partitions it is called for few rows at a time, so that what
// a call costs counts as much as the rows.
func appendRows(dst, src *vector.Vector, rows []uint32) {
	if src.Form != vector.Flat {
		vector.AppendRows(dst, src, rows)
		return
	}
	var n0 int
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
	if src.Nulls != nil {
		dst.Nulls = gather(falseUpTo(dst.Nulls, n0), src.Nulls, rows)
	} else if dst.Nulls != nil {
		dst.Nulls = falseUpTo(dst.Nulls, n0+len(rows))
	}
}

// gather appends src's elements at rows.
func gather[T any](dst, src []T, rows []uint32) []T {
	n0 := len(dst)
	n := n0 + len(rows)
	if cap(dst) < n {
		dst = append(make([]T, 0, max(n, 2*cap(dst))), dst...)
	}
	dst = dst[:n]
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
func appendRange(dst, src *vector.Batch, from, to int) {
	if src.Sel != nil {
		dst.AppendRange(src, from, to)
		return
	}
	for c, d := range dst.Cols {
		appendDense(d, src.Cols[c], from, to)
	}
	dst.N += to - from
}

func appendDense(dst, src *vector.Vector, from, to int) {
	if src.Form != vector.Flat {
		vector.AppendRows(dst, src, sequence(from, to))
		return
	}
	var n0 int
	switch dst.Type.Physical() {
	case types.I64:
		n0 = len(dst.I64)
		dst.I64 = append(dst.I64, src.I64[from:to]...)
	case types.F64:
		n0 = len(dst.F64)
		dst.F64 = append(dst.F64, src.F64[from:to]...)
	case types.I128:
		n0 = len(dst.W)
		dst.W = append(dst.W, src.W[from:to]...)
	default:
		vector.AppendRows(dst, src, sequence(from, to))
		return
	}
	if src.Nulls != nil {
		dst.Nulls = append(falseUpTo(dst.Nulls, n0), src.Nulls[from:to]...)
	} else if dst.Nulls != nil {
		dst.Nulls = falseUpTo(dst.Nulls, n0+to-from)
	}
}

func sequence(from, to int) []uint32 { return vector.Sequence(to)[from:to] }

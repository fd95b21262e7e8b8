package operator

import (
	"skep/dialect/types"
	"skep/engine/vector"
)

// gather makes dst the given rows of src, flat. dst shares src's arena and children, and keeps its own storage from call to
// call, which it must not have shared with anyone who still uses it.
func gather[I uint16 | uint32](dst, src *vector.Vector, rows []I) {
	switch dst.Type.Physical() {
	case types.I64, types.F64, types.I128, types.Bytes:
	default:
		vector.GatherView(dst, src, rows)
		return
	}
	base := src.Base()
	dst.Form, dst.DictOf, dst.DictID = vector.Flat, nil, 0
	if src.Form == vector.Const {
		fill(dst, base, len(rows))
		dst.Nulls = nil
		if src.IsNull(0) {
			dst.Nulls = make([]bool, len(rows))
			for i := range dst.Nulls {
				dst.Nulls[i] = true
			}
		}
		return
	}
	dst.Nulls = gatherNulls(dst.Nulls, src.Nulls, rows)
	if src.Form == vector.Dict {
		if base.Len() == 0 {
			// All rows are NULL.
			vector.GatherView(dst, src, rows)
			return
		}
		codes := src.Codes
		switch dst.Type.Physical() {
		case types.I64:
			dst.I64 = gatherCoded(dst.I64, base.I64, codes, rows)
		case types.F64:
			dst.F64 = gatherCoded(dst.F64, base.F64, codes, rows)
		case types.I128:
			dst.W = gatherCoded(dst.W, base.W, codes, rows)
		case types.Bytes:
			dst.Refs, dst.Data = gatherCoded(dst.Refs, base.Refs, codes, rows), base.Data
		}
		return
	}
	switch dst.Type.Physical() {
	case types.I64:
		dst.I64 = gatherValues(dst.I64, base.I64, rows)
	case types.F64:
		dst.F64 = gatherValues(dst.F64, base.F64, rows)
	case types.I128:
		dst.W = gatherValues(dst.W, base.W, rows)
	case types.Bytes:
		dst.Refs, dst.Data = gatherValues(dst.Refs, base.Refs, rows), base.Data
	}
}

func gatherValues[T any, I uint16 | uint32](dst, src []T, rows []I) []T {
	dst = grow(dst, len(rows))
	for i, r := range rows {
		dst[i] = src[r]
	}
	return dst
}

func gatherCoded[T any, I uint16 | uint32](dst, src []T, codes []uint32, rows []I) []T {
	dst = grow(dst, len(rows))
	for i, r := range rows {
		dst[i] = src[codes[r]]
	}
	return dst
}

// fill makes dst n times the first value of base.
func fill(dst, base *vector.Vector, n int) {
	switch dst.Type.Physical() {
	case types.I64:
		dst.I64 = fillValues(dst.I64, base.I64[0], n)
	case types.F64:
		dst.F64 = fillValues(dst.F64, base.F64[0], n)
	case types.I128:
		dst.W = fillValues(dst.W, base.W[0], n)
	case types.Bytes:
		dst.Refs, dst.Data = fillValues(dst.Refs, base.Refs[0], n), base.Data
	}
}

func fillValues[T any](dst []T, v T, n int) []T {
	dst = grow(dst, n)
	for i := range dst {
		dst[i] = v
	}
	return dst
}

// gatherNulls returns the entries of src for rows in dst's storage; nil for nil.
func gatherNulls[I uint16 | uint32](dst, src []bool, rows []I) []bool {
	if src == nil {
		return nil
	}
	dst = grow(dst, len(rows))
	for i, r := range rows {
		dst[i] = src[r]
	}
	return dst
}

package hashtable

import (
	"bytes"

	"skep/dialect/types"
	"skep/engine/vector"
)

// equalValue reports whether two rows of flat vectors of one type are the same key: NULLs equal each other, NaN equals NaN.
func equalValue(a *vector.Vector, i int, b *vector.Vector, j int) bool {
	an, bn := a.IsNull(i), b.IsNull(j)
	if an || bn {
		return an && bn
	}
	x, y := a.Base(), b.Base()
	i2, j2 := a.At(i), b.At(j)
	switch a.Type.Physical() {
	case types.I64:
		return x.I64[i2] == y.I64[j2]
	case types.F64:
		return floatBits(x.F64[i2]) == floatBits(y.F64[j2])
	case types.I128:
		return x.W[i2] == y.W[j2]
	case types.Bytes:
		return bytes.Equal(a.Bytes(i), b.Bytes(j))
	case types.Nothing:
		return true
	case types.List, types.MapOf:
		r, s := x.Refs[i2], y.Refs[j2]
		if r.Len != s.Len {
			return false
		}
		for c := range x.Children {
			for k := uint32(0); k < r.Len; k++ {
				if !equalValue(x.Children[c], int(r.Off+k), y.Children[c], int(s.Off+k)) {
					return false
				}
			}
		}
		return true
	case types.Record:
		for c := range x.Children {
			if !equalValue(x.Children[c], i2, y.Children[c], j2) {
				return false
			}
		}
		return true
	default:
		tag := x.I64[i2]
		return tag == y.I64[j2] && equalValue(x.Children[tag], i2, y.Children[tag], j2)
	}
}

func equalRows(a []*vector.Vector, i int, b []*vector.Vector, j int) bool {
	for c := range a {
		if !equalValue(a[c], i, b[c], j) {
			return false
		}
	}
	return true
}

// pair is a row of a batch and the stored row with which it may agree.
type pair struct{ row, stored uint32 }

// match splits pairs by whether their keys agree: equal ones stay in the returned prefix, others are appended to differ.
func match(stored, batch []*vector.Vector, pairs, differ []pair) (equal, unequal []pair) {
	for c := range stored {
		pairs, differ = matchColumn(stored[c], batch[c], pairs, differ)
	}
	return pairs, differ
}

func matchColumn(s, b *vector.Vector, pairs, differ []pair) (equal, unequal []pair) {
	out := pairs[:0]
	switch s.Type.Physical() {
	case types.I64:
		sv, bv := s.I64, b.I64
		if s.Nulls == nil && b.Nulls == nil {
			for _, p := range pairs {
				if sv[p.stored] == bv[p.row] {
					out = append(out, p)
				} else {
					differ = append(differ, p)
				}
			}
			return out, differ
		}
		for _, p := range pairs {
			sn, bn := s.Nulls != nil && s.Nulls[p.stored], b.Nulls != nil && b.Nulls[p.row]
			if sn == bn && (sn || sv[p.stored] == bv[p.row]) {
				out = append(out, p)
			} else {
				differ = append(differ, p)
			}
		}
		return out, differ
	case types.Bytes:
		for _, p := range pairs {
			sn, bn := s.Nulls != nil && s.Nulls[p.stored], b.Nulls != nil && b.Nulls[p.row]
			r, q := s.Refs[p.stored], b.Refs[p.row]
			if sn == bn && (sn || r.Len == q.Len && string(s.Data[r.Off:r.Off+r.Len]) == string(b.Data[q.Off:q.Off+q.Len])) {
				out = append(out, p)
			} else {
				differ = append(differ, p)
			}
		}
		return out, differ
	}
	for _, p := range pairs {
		if equalValue(s, int(p.stored), b, int(p.row)) {
			out = append(out, p)
		} else {
			differ = append(differ, p)
		}
	}
	return out, differ
}

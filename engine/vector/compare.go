package vector

import (
	"bytes"
	"cmp"
	"slices"

	"skep/dialect/types"
)

// Compare orders row i of a and row j of b, two values of one type that are not NULL, in any forms. Inside nested values NULL
// comes first. Maps and unions have an order too, so that equality and sorting work.
func Compare(a *Vector, i int, b *Vector, j int) int {
	x, y := a.Base(), b.Base()
	i, j = a.At(i), b.At(j)
	switch a.Type.Physical() {
	case types.I64:
		return cmp.Compare(x.I64[i], y.I64[j])
	case types.F64:
		return types.CompareFloats(x.F64[i], y.F64[j])
	case types.I128:
		return x.W[i].Cmp(y.W[j])
	case types.Bytes:
		r, s := x.Refs[i], y.Refs[j]
		return bytes.Compare(x.Data[r.Off:r.Off+r.Len], y.Data[s.Off:s.Off+s.Len])
	case types.MapOf:
		return compareMaps(x, x.Refs[i], y, y.Refs[j])
	case types.List:
		r, s := x.Refs[i], y.Refs[j]
		for k := range min(r.Len, s.Len) {
			for c := range x.Children {
				if d := CompareMembers(x.Children[c], int(r.Off+k), y.Children[c], int(s.Off+k)); d != 0 {
					return d
				}
			}
		}
		return cmp.Compare(r.Len, s.Len)
	case types.Record:
		for c := range x.Children {
			if d := CompareMembers(x.Children[c], i, y.Children[c], j); d != 0 {
				return d
			}
		}
	case types.Tagged:
		if d := cmp.Compare(x.I64[i], y.I64[j]); d != 0 {
			return d
		}
		tag := x.I64[i]
		return CompareMembers(x.Children[tag], i, y.Children[tag], j)
	}
	return 0
}

// compareMaps orders maps by size, then by their keys in order, each with its value.
func compareMaps(x *Vector, r Ref, y *Vector, s Ref) int {
	if r.Len != s.Len {
		return cmp.Compare(r.Len, s.Len)
	}
	a, b := keyOrder(x, r), keyOrder(y, s)
	for k := range a {
		for c := range x.Children {
			if d := CompareMembers(x.Children[c], a[k], y.Children[c], b[k]); d != 0 {
				return d
			}
		}
	}
	return 0
}

// keyOrder lists the entries of a map by their keys.
func keyOrder(m *Vector, r Ref) []int {
	out := make([]int, r.Len)
	for k := range out {
		out[k] = int(r.Off) + k
	}
	keys := m.Children[0]
	slices.SortStableFunc(out, func(a, b int) int { return CompareMembers(keys, a, keys, b) })
	return out
}

// CompareMembers is Compare for members of nested values: NULL comes first.
func CompareMembers(a *Vector, i int, b *Vector, j int) int {
	m, n := a.IsNull(i), b.IsNull(j)
	switch {
	case m && n:
		return 0
	case m:
		return -1
	case n:
		return 1
	}
	return Compare(a, i, b, j)
}

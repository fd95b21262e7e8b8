// Package sort orders rows of columns: keys are normalised to 64-bit words whose unsigned order is the wanted order and sorted by
// radix; rows whose words are equal go on with the next word.
package sort

import (
	"bytes"

	"skep/dialect/types"
	"skep/engine/vector"
)

// Key orders rows by one flat column.
type Key struct {
	Column     *vector.Vector
	Desc       bool
	NullsFirst bool
}

// Compare orders rows i of a and j of b by their values: NULLs as the key says, NaN above all numbers, strings by bytes,
// nested values element by element.
func (k Key) Compare(a *vector.Vector, i int, b *vector.Vector, j int) int {
	an, bn := a.IsNull(i), b.IsNull(j)
	switch {
	case an && bn:
		return 0
	case an != bn:
		if an == k.NullsFirst {
			return -1
		}
		return 1
	}
	c := compareValue(a, i, b, j)
	if k.Desc {
		return -c
	}
	return c
}

// compareValue compares two values that are not NULL.
func compareValue(a *vector.Vector, i int, b *vector.Vector, j int) int {
	x, y := a.Base(), b.Base()
	i2, j2 := a.At(i), b.At(j)
	switch a.Type.Physical() {
	case types.I64:
		return compareInts(x.I64[i2], y.I64[j2])
	case types.F64:
		return CompareFloats(x.F64[i2], y.F64[j2])
	case types.I128:
		return x.W[i2].Cmp(y.W[j2])
	case types.Bytes:
		return bytes.Compare(a.Bytes(i), b.Bytes(j))
	case types.List, types.MapOf:
		r, s := x.Refs[i2], y.Refs[j2]
		for k := uint32(0); k < r.Len && k < s.Len; k++ {
			for c := range x.Children {
				if d := compareNested(x.Children[c], int(r.Off+k), y.Children[c], int(s.Off+k)); d != 0 {
					return d
				}
			}
		}
		return compareInts(int64(r.Len), int64(s.Len))
	case types.Record:
		for c := range x.Children {
			if d := compareNested(x.Children[c], i2, y.Children[c], j2); d != 0 {
				return d
			}
		}
	case types.Tagged:
		if d := compareInts(x.I64[i2], y.I64[j2]); d != 0 {
			return d
		}
		tag := x.I64[i2]
		return compareNested(x.Children[tag], i2, y.Children[tag], j2)
	}
	return 0
}

func compareNested(a *vector.Vector, i int, b *vector.Vector, j int) int {
	an, bn := a.IsNull(i), b.IsNull(j)
	switch {
	case an && bn:
		return 0
	case an:
		return -1
	case bn:
		return 1
	}
	return compareValue(a, i, b, j)
}

func compareInts(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// CompareFloats orders float64 values as Hive does: NaN equals itself and is above everything.
func CompareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	case a != a && b != b:
		return 0
	case a != a:
		return 1
	}
	return -1
}

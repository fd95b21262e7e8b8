// Package sort orders rows of columns: keys are normalised to 64-bit words whose unsigned order is the wanted order and sorted by
// radix; rows whose words are equal go on with the next word.
package sort

import (
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
	c := vector.Compare(a, i, b, j)
	if k.Desc {
		return -c
	}
	return c
}

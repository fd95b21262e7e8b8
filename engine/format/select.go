package format

import "skep/engine/vector"

// SelectRows applies the predicates one after the other to rows 0..n-1 and returns the rows that satisfy all of them, or nil
// when every row does; an empty result is not nil. Before each predicate it asks column for the vector of the predicate's
// column, whose rows in sel (all when nil) must hold values: a reader may decode it only then, and only for those rows. buf
// has capacity for n and backs the result.
func SelectRows(predicates []Predicate, n int, buf []uint16, column func(column int, sel []uint16) (*vector.Vector, error)) ([]uint16, error) {
	var sel []uint16
	for _, p := range predicates {
		v, err := column(p.Column(), sel)
		if err != nil {
			return nil, err
		}
		sel = p.Select(v, sel, n, buf[:0])
		if len(sel) == 0 {
			return buf[:0], nil
		}
		if len(sel) == n {
			sel = nil
		}
	}
	return sel, nil
}

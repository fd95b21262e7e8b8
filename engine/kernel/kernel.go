// Package kernel holds the engine's innermost loops over column slices. All take the rows to work on as a selection, nil
// meaning rows 0..n-1, and write results at the same rows, so that columns stay aligned. Values at NULL rows are computed like
// any other; NULLs are the caller's business.
package kernel

//go:generate go run ./kernelgen

// Op is a comparison operator.
type Op uint8

// The comparison operators.
const (
	Eq Op = iota
	Ne
	Lt
	Le
	Gt
	Ge
)

// Swapped is the operator with its operands exchanged: a op b = b op.Swapped() a.
func (o Op) Swapped() Op { return [...]Op{Eq, Ne, Gt, Ge, Lt, Le}[o] }

// Negated is the operator that holds when o does not (and neither operand is NULL).
func (o Op) Negated() Op { return [...]Op{Ne, Eq, Ge, Gt, Le, Lt}[o] }

// Holds reports whether the result cmp of a three-way comparison satisfies o.
func (o Op) Holds(cmp int) bool {
	switch o {
	case Eq:
		return cmp == 0
	case Ne:
		return cmp != 0
	case Lt:
		return cmp < 0
	case Le:
		return cmp <= 0
	case Gt:
		return cmp > 0
	}
	return cmp >= 0
}

// bit is 1 for true; the compiler makes it a flag move without a jump.
func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// WithoutNulls appends to out[:0] the rows of sel (0..n-1 when nil) that nulls does not mark; out may alias sel.
func WithoutNulls(nulls []bool, sel []uint16, n int, out []uint16) []uint16 {
	k := 0
	if sel == nil {
		out = out[:n]
		for i, null := range nulls[:n] {
			out[k] = uint16(i)
			k += bit(!null)
		}
		return out[:k]
	}
	out = out[:len(sel)]
	for _, i := range sel {
		out[k] = i
		k += bit(!nulls[i])
	}
	return out[:k]
}

// OnlyNulls is the opposite of WithoutNulls.
func OnlyNulls(nulls []bool, sel []uint16, n int, out []uint16) []uint16 {
	k := 0
	if sel == nil {
		out = out[:n]
		for i, null := range nulls[:n] {
			out[k] = uint16(i)
			k += bit(null)
		}
		return out[:k]
	}
	out = out[:len(sel)]
	for _, i := range sel {
		out[k] = i
		k += bit(nulls[i])
	}
	return out[:k]
}

// Difference appends to out[:0] the rows of all (0..n-1 when nil) that are not in some, a subset of it in the same order. out
// must not alias some, it may alias all.
func Difference(all, some []uint16, n int, out []uint16) []uint16 {
	k, j := 0, 0
	if all == nil {
		out = out[:n]
		for i := range n {
			if j < len(some) && int(some[j]) == i {
				j++
				continue
			}
			out[k] = uint16(i)
			k++
		}
		return out[:k]
	}
	out = out[:len(all)]
	for _, i := range all {
		if j < len(some) && some[j] == i {
			j++
			continue
		}
		out[k] = i
		k++
	}
	return out[:k]
}

// Union merges two disjoint ascending selections into out[:0], which must alias neither.
func Union(a, b, out []uint16) []uint16 {
	out = out[:0]
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		if a[i] < b[j] {
			out = append(out, a[i])
			i++
		} else {
			out = append(out, b[j])
			j++
		}
	}
	out = append(out, a[i:]...)
	return append(out, b[j:]...)
}

// All appends the rows 0..n-1 to out[:0].
func All(n int, out []uint16) []uint16 {
	out = out[:n]
	for i := range out {
		out[i] = uint16(i)
	}
	return out
}

// InRange selects the rows with lo ≤ value ≤ hi by one comparison.
func InRange(col []int64, lo, hi int64, sel []uint16, n int, out []uint16) []uint16 {
	if lo > hi {
		return out[:0]
	}
	width := uint64(hi) - uint64(lo)
	k := 0
	if sel == nil {
		out = out[:n]
		for i, a := range col[:n] {
			out[k] = uint16(i)
			k += bit(uint64(a)-uint64(lo) <= width)
		}
		return out[:k]
	}
	out = out[:len(sel)]
	for _, i := range sel {
		out[k] = i
		k += bit(uint64(col[i])-uint64(lo) <= width)
	}
	return out[:k]
}

package aggregate

import (
	"skep/dialect/types"
	"skep/engine/vector"
)

// newCount is count(*) without arguments; with arguments it counts the rows in which none is NULL.
func newCount([]*types.Type, *types.Type) (Function, error) {
	return &fn{[]*types.Type{types.BigIntType}, func() States { return &countStates{} }}, nil
}

type countStates struct{ n []int64 }

func (s *countStates) Resize(n int) { s.n = resize(s.n, n) }

func (s *countStates) Update(groups []uint32, args []*vector.Vector) {
	n := s.n
	if !anyNulls(args) {
		for _, g := range groups {
			n[g]++
		}
		return
	}
	for k, g := range groups {
		if !nullRow(args, k) {
			n[g]++
		}
	}
}

// UpdateTotal implements Total.
func (s *countStates) UpdateTotal(args []*vector.Vector, n int) {
	s.n[0] += int64(n)
	if anyNulls(args) {
		for k := range n {
			if nullRow(args, k) {
				s.n[0]--
			}
		}
	}
}

func (s *countStates) Merge(groups []uint32, partial []*vector.Vector) {
	for k, g := range groups {
		s.n[g] += partial[0].I64[k]
	}
}

func (s *countStates) Partial(dst []*vector.Vector, from, to int) { s.Final(dst[0], from, to) }

func (s *countStates) Final(dst *vector.Vector, from, to int) {
	dst.I64 = append(dst.I64, s.n[from:to]...)
	if dst.Nulls != nil {
		dst.Nulls = append(dst.Nulls, make([]bool, to-from)...)
	}
}

func (s *countStates) Bytes() int64 { return int64(cap(s.n)) * 8 }

func anyNulls(args []*vector.Vector) bool {
	for _, a := range args {
		if a.Nulls != nil {
			return true
		}
	}
	return false
}

func nullRow(args []*vector.Vector, k int) bool {
	for _, a := range args {
		if a.Nulls != nil && a.Nulls[k] {
			return true
		}
	}
	return false
}

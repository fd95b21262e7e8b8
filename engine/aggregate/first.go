package aggregate

import (
	"skep/dialect/types"
	"skep/engine/vector"
)

func newFirst(args []*types.Type, _ *types.Type) (Function, error) { return newEdge(args, false) }
func newLast(args []*types.Type, _ *types.Type) (Function, error)  { return newEdge(args, true) }

// newEdge makes first and last: the first or last row's value in order of arrival, NULL included. With several workers the order
// of arrival is arbitrary; first serves as "any value".
func newEdge(args []*types.Type, last bool) (Function, error) {
	if len(args) != 1 {
		return nil, badArgs(args)
	}
	t := args[0]
	return &fn{[]*types.Type{t, types.BooleanType}, func() States {
		return &edgeStates{last: last, values: vector.New(t, 0)}
	}}, nil
}

// edgeStates keeps for each group the row of its value in values, which is compacted when mostly unused.
type edgeStates struct {
	last   bool
	at     []uint32 // row + 1; 0 = no row yet
	values *vector.Vector
	used   int // groups with a value
	rows   []uint32
}

func (s *edgeStates) Resize(n int) {
	s.at = resize(s.at, n)
	if n == 0 {
		s.values.Reset()
		s.used = 0
	}
}

func (s *edgeStates) Update(groups []uint32, args []*vector.Vector) { s.add(groups, args[0], nil) }

func (s *edgeStates) Merge(groups []uint32, partial []*vector.Vector) {
	s.add(groups, partial[0], partial[1].I64)
}

// add takes the rows of v, or with a non-nil seen those with seen[k] ≠ 0.
func (s *edgeStates) add(groups []uint32, v *vector.Vector, seen []int64) {
	rows := s.rows[:0]
	next := uint32(s.values.Len())
	for k, g := range groups {
		if seen != nil && seen[k] == 0 || s.at[g] != 0 && !s.last {
			continue
		}
		if s.at[g] == 0 {
			s.used++
		}
		rows = append(rows, uint32(k))
		s.at[g] = next + uint32(len(rows))
	}
	vector.AppendRows(s.values, v, rows)
	s.rows = rows
	if n := s.values.Len(); n > 1<<14 && n > 4*s.used {
		s.compact()
	}
}

func (s *edgeStates) compact() {
	var rows []uint32
	for g, at := range s.at {
		if at != 0 {
			rows = append(rows, at-1)
			s.at[g] = uint32(len(rows))
		}
	}
	fresh := vector.New(s.values.Type, 0)
	vector.AppendRows(fresh, s.values, rows)
	s.values = fresh
}

func (s *edgeStates) Partial(dst []*vector.Vector, from, to int) {
	s.Final(dst[0], from, to)
	for _, at := range s.at[from:to] {
		dst[1].I64 = append(dst[1].I64, b2i(at != 0))
	}
}

func (s *edgeStates) Final(dst *vector.Vector, from, to int) {
	for _, at := range s.at[from:to] {
		if at == 0 {
			dst.AppendDatum(types.NullDatum)
		} else {
			vector.AppendRows(dst, s.values, []uint32{at - 1})
		}
	}
}

func (s *edgeStates) Bytes() int64 { return int64(cap(s.at)*4) + s.values.MemoryBytes() }

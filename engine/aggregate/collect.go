package aggregate

import (
	"skep/dialect/types"
	"skep/engine/hashtable"
	"skep/engine/vector"
)

func newCollectList(args []*types.Type, result *types.Type) (Function, error) {
	return newCollect(args, result, false)
}

func newCollectSet(args []*types.Type, result *types.Type) (Function, error) {
	return newCollect(args, result, true)
}

func newCollect(args []*types.Type, result *types.Type, distinct bool) (Function, error) {
	if len(args) != 1 || result.Kind != types.Array {
		return nil, badArgs(args)
	}
	return &fn{[]*types.Type{result}, func() States {
		s := &collectStates{elem: args[0], values: vector.New(args[0], 0)}
		if distinct {
			s.set = hashtable.NewGroupTable([]*types.Type{types.BigIntType, args[0]})
		}
		return s
	}}, nil
}

// collectStates keeps the values of all groups in one column in order of arrival, each group's as a linked list of its rows.
// NULLs are skipped. For sets, a table of (group, value) tells which values are new.
type collectStates struct {
	elem   *types.Type
	lists  []list
	values *vector.Vector // unless set: then the second key column of the table
	next   []uint32       // by value: row of the group's next value + 1
	set    *hashtable.GroupTable

	rows  []uint32
	group *vector.Vector
	dense *vector.Vector
	found []uint32
	// linked tells which of the values that are new in a batch have been put into their lists.
	linked []bool
}

type list struct{ head, tail, n uint32 } // rows + 1

func (s *collectStates) Resize(n int) {
	s.lists = resize(s.lists, n)
	if n == 0 {
		s.next = s.next[:0]
		s.values.Reset()
		if s.set != nil {
			s.set.Reset()
		}
	}
}

func (s *collectStates) Update(groups []uint32, args []*vector.Vector) {
	s.rows = s.rows[:0]
	for k := range groups {
		if args[0].Nulls == nil || !args[0].Nulls[k] {
			s.rows = append(s.rows, uint32(k))
		}
	}
	s.add(groups, s.rows, args[0], s.rows)
}

// add appends values[at[i]] to the group of row rows[i].
func (s *collectStates) add(groups []uint32, rows []uint32, values *vector.Vector, at []uint32) {
	if s.set == nil {
		vector.AppendRows(s.values, values, at)
		at := len(s.next)
		s.next = resize(s.next, at+len(rows))
		for i, r := range rows {
			s.link(groups[r], uint32(at+i))
		}
		return
	}
	if s.group == nil {
		s.group, s.dense = vector.New(types.BigIntType, 0), vector.New(s.elem, 0)
	}
	s.group.Resize(len(rows))
	for i, r := range rows {
		s.group.I64[i] = int64(groups[r])
	}
	vector.GatherView(s.dense, values, at)
	s.found = resize(s.found[:0], len(rows))
	before := s.set.Len()
	s.set.Find([]*vector.Vector{s.group, s.dense}, len(rows), s.found)
	s.next = resize(s.next, s.set.Len())
	s.linked = resize(s.linked[:0], s.set.Len()-before)
	for i, f := range s.found {
		if int(f) >= before && !s.linked[int(f)-before] {
			s.linked[int(f)-before] = true
			s.link(groups[rows[i]], f)
		}
	}
}

// link appends value number at to the list of group g.
func (s *collectStates) link(g, at uint32) {
	l := &s.lists[g]
	if l.n == 0 {
		l.head = at + 1
	} else {
		s.next[l.tail-1] = at + 1
	}
	l.tail = at + 1
	l.n++
}

func (s *collectStates) Merge(groups []uint32, partial []*vector.Vector) {
	var rows, at []uint32
	for k, r := range partial[0].Refs[:len(groups)] {
		for i := range r.Len {
			rows, at = append(rows, uint32(k)), append(at, r.Off+i)
		}
	}
	s.add(groups, rows, partial[0].Children[0], at)
}

func (s *collectStates) Partial(dst []*vector.Vector, from, to int) { s.Final(dst[0], from, to) }

func (s *collectStates) Final(dst *vector.Vector, from, to int) {
	values := s.values
	if s.set != nil {
		values = s.set.Keys()[1]
	}
	rows := s.rows[:0]
	base := 0
	if len(dst.Children) > 0 {
		base = dst.Children[0].Len()
	}
	for _, l := range s.lists[from:to] {
		dst.Refs = append(dst.Refs, vector.Ref{Off: uint32(base + len(rows)), Len: l.n})
		for at := l.head; at != 0; at = s.next[at-1] {
			rows = append(rows, at-1)
		}
	}
	if dst.Nulls != nil {
		dst.Nulls = append(dst.Nulls, make([]bool, to-from)...)
	}
	if len(dst.Children) == 0 {
		dst.Children = []*vector.Vector{vector.New(s.elem, 0)}
	}
	vector.AppendRows(dst.Children[0], values, rows)
	s.rows = rows
}

func (s *collectStates) Bytes() int64 {
	n := int64(cap(s.lists)*12+cap(s.next)*4) + s.values.MemoryBytes()
	if s.set != nil {
		n += s.set.Bytes()
	}
	return n
}

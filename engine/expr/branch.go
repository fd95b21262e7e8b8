package expr

import (
	"skep/dialect/types"
	"skep/engine/function"
	"skep/engine/kernel"
	"skep/engine/vector"
)

// merger collects values of branches, each for some of the rows, in one column.
type merger struct {
	out  *function.Result
	rows function.Rows
	// Nested values are appended to a side column and ordered at the end.
	side *vector.Vector
	at   []uint32
}

func (m *machine) merge(st *state, t *types.Type, rows function.Rows) *merger {
	st.out.Reset(t, rows.N)
	g := &merger{out: &st.out, rows: rows}
	switch t.Physical() {
	case types.List, types.MapOf, types.Record, types.Tagged:
		g.side = vector.New(t, 0)
		g.at = make([]uint32, rows.N)
	}
	return g
}

// add takes the values of v for the rows sel (all when nil).
func (g *merger) add(v *vector.Vector, sel []uint16) {
	out := g.out
	if constNull(v) {
		if out.Type.Physical() == types.Nothing {
			return
		}
		(function.Rows{Sel: sel, N: g.rows.N}).Each(out.Null)
		if g.side != nil && g.side.Len() == 0 {
			g.side.AppendDatum(types.NullDatum)
		}
		return
	}
	rows := function.Rows{Sel: sel, N: g.rows.N}
	if g.side != nil {
		start := g.side.Len()
		vector.AppendAll(g.side, v, sel, g.rows.N)
		k := uint32(start)
		rows.Each(func(i int) { g.at[i] = k; k++ })
	} else {
		copyFixed(out, v, rows)
	}
	if v.Nulls != nil && v.Form != vector.Const {
		rows.Each(func(i int) {
			if v.Nulls[i] {
				out.Null(i)
			}
		})
	}
}

// copyFixed copies values of primitive types; strings go to out's arena.
func copyFixed(out *function.Result, v *vector.Vector, rows function.Rows) {
	b := v.Base()
	switch out.Type.Physical() {
	case types.I64:
		copyValues(out.I64, b.I64, v, rows)
	case types.F64:
		copyValues(out.F64, b.F64, v, rows)
	case types.I128:
		copyValues(out.W, b.W, v, rows)
	case types.Bytes:
		if v.Form == vector.Const {
			r := vector.Ref{Off: uint32(len(out.Data)), Len: b.Refs[0].Len}
			out.Data = append(out.Data, v.Bytes(0)...)
			kernel.Fill(out.Refs, r, rows.Sel)
			return
		}
		rows.Each(func(i int) {
			if v.Nulls == nil || !v.Nulls[i] {
				out.SetBytes(i, v.Bytes(i))
			}
		})
	}
}

func copyValues[T any](dst, src []T, v *vector.Vector, rows function.Rows) {
	switch v.Form {
	case vector.Const:
		kernel.Fill(dst, src[0], rows.Sel)
	case vector.Dict:
		if len(src) > 0 {
			kernel.Gather(dst, src, v.Codes, rows.Sel)
		}
	default:
		kernel.Copy(dst, src, rows.Sel)
	}
}

// finish returns the column.
func (g *merger) finish() *vector.Vector {
	if g.side != nil && g.side.Len() > 0 {
		nulls := g.out.Nulls
		vector.Gather(g.out.Vector, g.side, g.at)
		for i, null := range nulls {
			if null {
				g.out.Vector.SetNull(i, g.rows.N)
			}
		}
	}
	return g.out.Vector
}

// caseVector evaluates a searched CASE: each value only for the rows whose condition is the first to be true.
func (m *machine) caseVector(n *node, st *state, sc *scope) (*vector.Vector, error) {
	rows := sc.rows
	left, found := m.selection(rows.N), m.selection(rows.N)
	defer func() { m.release(left); m.release(found) }()
	open := allRows(rows, left)
	total := len(open)
	g := m.merge(st, n.typ, rows)
	for i := 0; i+1 < len(n.args) && len(open) > 0; i += 2 {
		s := sc
		if i > 0 {
			s = m.within(sc, open)
		}
		hits, err := m.choose(n.args[i], s, found)
		if i > 0 {
			m.leave()
		}
		if err != nil {
			return nil, err
		}
		if len(hits) == 0 {
			continue
		}
		if len(hits) == total {
			return m.eval(n.args[i+1], sc) // all rows take this branch
		}
		v, err := m.eval(n.args[i+1], m.within(sc, hits))
		m.leave()
		if err != nil {
			return nil, err
		}
		g.add(v, hits)
		open = kernel.Difference(open, hits, rows.N, open[:cap(open)])
	}
	if len(open) > 0 {
		s := sc
		if len(open) < total {
			s = m.within(sc, open)
			defer m.leave()
		}
		v, err := m.eval(n.args[len(n.args)-1], s)
		if err != nil {
			return nil, err
		}
		if s == sc {
			return v, nil
		}
		g.add(v, open)
	}
	return g.finish(), nil
}

// coalesceVector takes for each row the first operand that is not NULL.
func (m *machine) coalesceVector(n *node, st *state, sc *scope) (*vector.Vector, error) {
	first, err := m.eval(n.args[0], sc)
	if err != nil {
		return nil, err
	}
	rows := sc.rows
	left, found := m.selection(rows.N), m.selection(rows.N)
	defer func() { m.release(left); m.release(found) }()
	open := chooseNulls(first, true, rows, left)
	if len(open) == 0 {
		return first, nil
	}
	if len(open) == rows.Count() && len(n.args) == 2 {
		return m.eval(n.args[1], sc)
	}
	g := m.merge(st, n.typ, rows)
	if len(open) < rows.Count() {
		g.add(first, kernel.Difference(rows.Sel, open, rows.N, found))
	}
	for i, a := range n.args[1:] {
		v, err := m.eval(a, m.within(sc, open))
		m.leave()
		if err != nil {
			return nil, err
		}
		if i == len(n.args)-2 {
			g.add(v, open)
			break
		}
		set := chooseNulls(v, false, function.Rows{Sel: open, N: rows.N}, found)
		g.add(v, set)
		if open = kernel.Difference(open, set, rows.N, open[:cap(open)]); len(open) == 0 {
			break
		}
	}
	return g.finish(), nil
}

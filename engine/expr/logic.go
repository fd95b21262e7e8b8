package expr

import (
	"skep/engine/function"
	"skep/engine/kernel"
	"skep/engine/vector"
)

// choose appends to out[:0] the rows of sc for which n is true. out has room for all rows of the batch and does not alias the
// scope's selection.
func (m *machine) choose(n *node, sc *scope, out []uint16) ([]uint16, error) {
	st := &m.state[n.id]
	switch n.op {
	case opCompare:
		a, b, err := m.operands(n, sc)
		if err != nil {
			return nil, err
		}
		return m.compare(n, st, n.cmp, a, b, sc.rows, out), nil
	case opRange:
		v, err := m.eval(n.args[0], sc)
		if err != nil {
			return nil, err
		}
		return m.chooseRange(n, st, v, sc.rows, out), nil
	case opNullSafe:
		return m.nullSafe(n, st, sc, out)
	case opAnd:
		return m.chooseAll(n, sc, out)
	case opOr:
		return m.chooseAny(n, sc, out)
	case opNot:
		v, err := m.eval(n.args[0], sc)
		if err != nil {
			return nil, err
		}
		return m.chooseValue(st, v, 0, sc.rows, out), nil
	case opIsNull, opNotNull:
		v, err := m.eval(n.args[0], sc)
		if err != nil {
			return nil, err
		}
		return chooseNulls(v, n.op == opIsNull, sc.rows, out), nil
	case opIs:
		return m.chooseIs(n, sc, out)
	case opIn:
		v, err := m.eval(n.args[0], sc)
		if err != nil {
			return nil, err
		}
		return m.chooseIn(n, st, v, sc.rows, out), nil
	}
	v, err := m.eval(n, sc)
	if err != nil {
		return nil, err
	}
	return m.chooseValue(st, v, 1, sc.rows, out), nil
}

// chooseValue selects the rows of a boolean column that are want (0 or 1).
func (m *machine) chooseValue(st *state, v *vector.Vector, want int64, rows function.Rows, out []uint16) []uint16 {
	if constNull(v) {
		return out[:0]
	}
	if v.Form == vector.Const {
		if v.I64[0] == want {
			return allRows(rows, out)
		}
		return out[:0]
	}
	x := spread(&st.flat[0].i64, v.Base().I64, v, rows)
	out = kernel.I64Const[kernel.Eq](x, want, rows.Sel, rows.N, out)
	if v.Nulls != nil {
		out = kernel.WithoutNulls(v.Nulls, out, rows.N, out)
	}
	return out
}

// chooseRange selects the rows of an integer column within bounds.
func (m *machine) chooseRange(n *node, st *state, v *vector.Vector, rows function.Rows, out []uint16) []uint16 {
	if constNull(v) {
		return out[:0]
	}
	if v.Form == vector.Const {
		if v.I64[0] >= n.low && v.I64[0] <= n.high {
			return allRows(rows, out)
		}
		return out[:0]
	}
	out = kernel.InRange(spread(&st.flat[0].i64, v.Base().I64, v, rows), n.low, n.high, rows.Sel, rows.N, out)
	if v.Nulls != nil {
		out = kernel.WithoutNulls(v.Nulls, out, rows.N, out)
	}
	return out
}

func chooseNulls(v *vector.Vector, want bool, rows function.Rows, out []uint16) []uint16 {
	switch {
	case v.Form == vector.Const || v.Nulls == nil:
		if v.IsNull(0) == want {
			return allRows(rows, out)
		}
		return out[:0]
	case want:
		return kernel.OnlyNulls(v.Nulls, rows.Sel, rows.N, out)
	}
	return kernel.WithoutNulls(v.Nulls, rows.Sel, rows.N, out)
}

// chooseAll narrows the selection by one operand after the other.
func (m *machine) chooseAll(n *node, sc *scope, out []uint16) ([]uint16, error) {
	cur, err := m.choose(n.args[0], sc, out)
	if err != nil {
		return nil, err
	}
	if len(n.args) == 1 {
		return cur, nil
	}
	other := m.selection(sc.rows.N)
	mine := out[:cap(out)]
	spare := other
	for _, a := range n.args[1:] {
		if len(cur) == 0 {
			break
		}
		next, err := m.choose(a, m.within(sc, cur), spare)
		m.leave()
		if err != nil {
			return nil, err
		}
		// The buffers change roles: the next operand reads this selection and writes over the previous one.
		cur, spare, mine = next, mine, spare
	}
	// mine is now the buffer that holds cur.
	if len(cur) > 0 && &mine[0] == &other[0] {
		cur = out[:copy(out[:len(cur)], cur)]
	}
	m.release(other)
	return cur, nil
}

// chooseAny joins the selections of the operands; each sees only the rows that none before it took.
func (m *machine) chooseAny(n *node, sc *scope, out []uint16) ([]uint16, error) {
	size := sc.rows.N
	rest, found, merged := m.selection(size), m.selection(size), m.selection(size)
	defer func() { m.release(rest); m.release(found); m.release(merged) }()
	left := allRows(sc.rows, rest)
	result := out[:0]
	for i, a := range n.args {
		if len(left) == 0 {
			break
		}
		s := sc
		if i > 0 {
			s = m.within(sc, left)
		}
		hits, err := m.choose(a, s, found)
		if i > 0 {
			m.leave()
		}
		if err != nil {
			return nil, err
		}
		if len(hits) == 0 {
			continue
		}
		if len(result) == 0 {
			result = out[:copy(out[:len(hits)], hits)]
		} else {
			u := kernel.Union(result, hits, merged)
			result = out[:copy(out[:len(u)], u)]
		}
		if i < len(n.args)-1 {
			left = kernel.Difference(left, hits, size, left[:cap(left)])
		}
	}
	return result, nil
}

// chooseIs evaluates IS [NOT] TRUE and IS [NOT] FALSE.
func (m *machine) chooseIs(n *node, sc *scope, out []uint16) ([]uint16, error) {
	v, err := m.eval(n.args[0], sc)
	if err != nil {
		return nil, err
	}
	want := int64(0)
	if n.want {
		want = 1
	}
	st := &m.state[n.id]
	if !n.negated {
		return m.chooseValue(st, v, want, sc.rows, out), nil
	}
	buf := m.selection(sc.rows.N)
	defer m.release(buf)
	hits := m.chooseValue(st, v, want, sc.rows, buf)
	return kernel.Difference(sc.rows.Sel, hits, sc.rows.N, out), nil
}

// logicVector is AND or OR as a three-valued column. An operand is evaluated only for the rows that are not decided yet.
func (m *machine) logicVector(n *node, st *state, sc *scope) (*vector.Vector, error) {
	decisive := int64(0) // the value that decides: false for AND
	if n.op == opOr {
		decisive = 1
	}
	rows := sc.rows
	left, decided, next := m.selection(rows.N), m.selection(rows.N), m.selection(rows.N)
	defer func() { m.release(left); m.release(decided); m.release(next) }()
	open := allRows(rows, left)
	st.out.Reset(n.typ, rows.N)
	kernel.Fill(st.out.I64, 1-decisive, rows.Sel)
	for i, a := range n.args {
		if len(open) == 0 {
			break
		}
		s := sc
		if i > 0 {
			s = m.within(sc, open)
		}
		v, err := m.eval(a, s)
		if i > 0 {
			m.leave()
		}
		if err != nil {
			return nil, err
		}
		part := function.Rows{Sel: open, N: rows.N}
		if v.Nulls != nil || constNull(v) {
			for _, r := range chooseNulls(v, true, part, next) {
				st.out.NullMask()[r] = true
			}
		}
		hits := m.chooseValue(&m.state[a.id], v, decisive, part, decided)
		for _, r := range hits {
			st.out.I64[r] = decisive
			if st.out.Nulls != nil {
				st.out.Nulls[r] = false
			}
		}
		open = kernel.Difference(open, hits, rows.N, open[:cap(open)])
	}
	return st.out.Vector, nil
}

// predicateVector is a predicate over one argument as a three-valued column: choose, given a buffer, selects the rows for which it is
// true; a NULL argument gives NULL.
func (m *machine) predicateVector(n *node, st *state, sc *scope, choose func(v *vector.Vector, out []uint16) []uint16) (*vector.Vector, error) {
	v, err := m.eval(n.args[0], sc)
	if err != nil {
		return nil, err
	}
	if constNull(v) {
		return m.nullOf(n, st), nil
	}
	buf := m.selection(sc.rows.N)
	defer m.release(buf)
	r := m.booleans(n, st, sc, choose(v, buf))
	if v.Nulls != nil && v.Form != vector.Const {
		copy(st.out.NullMask(), v.Nulls[:sc.rows.N])
	}
	return r, nil
}

func (m *machine) notVector(n *node, st *state, sc *scope) (*vector.Vector, error) {
	return m.predicateVector(n, st, sc, func(v *vector.Vector, out []uint16) []uint16 { return m.chooseValue(st, v, 0, sc.rows, out) })
}

func (m *machine) rangeVector(n *node, st *state, sc *scope) (*vector.Vector, error) {
	return m.predicateVector(n, st, sc, func(v *vector.Vector, out []uint16) []uint16 { return m.chooseRange(n, st, v, sc.rows, out) })
}

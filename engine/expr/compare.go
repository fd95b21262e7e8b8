package expr

import (
	"bytes"

	"skep/dialect/types"
	"skep/engine/function"
	"skep/engine/kernel"
	"skep/engine/vector"
)

// flattened is a buffer for the values of a dictionary column.
type flattened struct {
	i64 []int64
	f64 []float64
	w   []types.Int128
}

func spread[T any](buf *[]T, vals []T, v *vector.Vector, rows function.Rows) []T {
	if v.Form != vector.Dict {
		return vals
	}
	if cap(*buf) < rows.N {
		*buf = make([]T, max(rows.N, vector.BatchSize))
	}
	out := (*buf)[:rows.N]
	if len(vals) > 0 {
		kernel.Gather(out, vals, v.Codes, rows.Sel)
	}
	return out
}

// compareVector is a comparison as a three-valued column.
func (m *machine) compareVector(n *node, st *state, sc *scope) (*vector.Vector, error) {
	a, b, err := m.operands(n, sc)
	if err != nil {
		return nil, err
	}
	if constNull(a) || constNull(b) {
		return m.nullOf(n, st), nil
	}
	buf := m.selection(sc.rows.N)
	defer m.release(buf)
	v := m.booleans(n, st, sc, m.compare(n, st, n.cmp, a, b, sc.rows, buf))
	st.argv = append(st.argv[:0], a, b)
	m.mergeNulls(st, sc.rows.N)
	return v, nil
}

func constNull(v *vector.Vector) bool {
	return v.Form == vector.Const && v.IsNull(0) || v.Type.Kind == types.Void
}

func (m *machine) operands(n *node, sc *scope) (a, b *vector.Vector, err error) {
	if a, err = m.eval(n.args[0], sc); err != nil {
		return nil, nil, err
	}
	b, err = m.eval(n.args[1], sc)
	return a, b, err
}

// compare appends to out[:0] the rows for which "a cmp b" is true.
func (m *machine) compare(n *node, st *state, cmp kernel.Op, a, b *vector.Vector, rows function.Rows, out []uint16) []uint16 {
	if constNull(a) || constNull(b) {
		return out[:0]
	}
	if a.Form == vector.Const {
		a, b, cmp = b, a, cmp.Swapped()
	}
	if a.Form == vector.Const {
		// Both are constants.
		if cmp.Holds(compareValues(a, 0, b, 0)) {
			return allRows(rows, out)
		}
		return out[:0]
	}
	switch a.Type.Physical() {
	case types.I64:
		x := spread(&st.flat[0].i64, a.Base().I64, a, rows)
		if b.Form == vector.Const {
			out = kernel.I64Const[cmp](x, b.I64[0], rows.Sel, rows.N, out)
		} else {
			out = kernel.I64Cols[cmp](x, spread(&st.flat[1].i64, b.Base().I64, b, rows), rows.Sel, rows.N, out)
		}
	case types.F64:
		x := spread(&st.flat[0].f64, a.Base().F64, a, rows)
		if b.Form == vector.Const && b.F64[0] == b.F64[0] {
			out = kernel.F64Const[cmp](x, b.F64[0], rows.Sel, rows.N, out)
			break
		}
		y := st.flat[1].f64
		if b.Form == vector.Const {
			if cap(y) < rows.N {
				y = make([]float64, max(rows.N, vector.BatchSize))
			}
			y = y[:rows.N]
			kernel.Fill(y, b.F64[0], rows.Sel)
			st.flat[1].f64 = y
		} else {
			y = spread(&st.flat[1].f64, b.Base().F64, b, rows)
		}
		out = kernel.F64Cols[cmp](x, y, rows.Sel, rows.N, out)
	case types.I128:
		x := spread(&st.flat[0].w, a.Base().W, a, rows)
		if b.Form == vector.Const {
			out = kernel.I128Const[cmp](x, b.W[0], rows.Sel, rows.N, out)
		} else {
			out = kernel.I128Cols[cmp](x, spread(&st.flat[1].w, b.Base().W, b, rows), rows.Sel, rows.N, out)
		}
	case types.Bytes:
		if b.Form == vector.Const {
			out = m.compareText(st, cmp, a, b.Bytes(0), rows, out)
		} else {
			out = chooseRows(rows, out, func(i int) bool {
				return !a.IsNull(i) && !b.IsNull(i) && holdsText(cmp, a.Bytes(i), b.Bytes(i))
			})
		}
	default:
		out = chooseRows(rows, out, func(i int) bool {
			return !a.IsNull(i) && !b.IsNull(i) && cmp.Holds(compareValues(a, i, b, i))
		})
	}
	if a.Nulls != nil {
		out = kernel.WithoutNulls(a.Nulls, out, rows.N, out)
	}
	if b.Nulls != nil && b.Form != vector.Const {
		out = kernel.WithoutNulls(b.Nulls, out, rows.N, out)
	}
	return out
}

func holdsText(cmp kernel.Op, a, b []byte) bool {
	switch cmp {
	case kernel.Eq:
		return bytes.Equal(a, b)
	case kernel.Ne:
		return !bytes.Equal(a, b)
	}
	return cmp.Holds(bytes.Compare(a, b))
}

// compareText compares a string column with a constant, once per entry for dictionaries.
func (m *machine) compareText(st *state, cmp kernel.Op, a *vector.Vector, c []byte, rows function.Rows, out []uint16) []uint16 {
	if a.Form == vector.Dict {
		// A constant operand may be the value of another batch's constant column, so it is part of the cache's key.
		return m.chooseByEntry(st, a, c, rows, out, func(i int) bool {
			r := a.DictOf.Refs[i]
			return holdsText(cmp, a.DictOf.Data[r.Off:r.Off+r.Len], c)
		})
	}
	refs, data := a.Refs, a.Data
	if cmp == kernel.Eq {
		return equalText(refs, data, c, rows, out)
	}
	return chooseRows(rows, out, func(i int) bool {
		r := refs[i]
		return holdsText(cmp, data[r.Off:r.Off+r.Len], c)
	})
}

// equalText selects the strings equal to c; most differ in length.
func equalText(refs []vector.Ref, data, c []byte, rows function.Rows, out []uint16) []uint16 {
	k := 0
	if rows.Sel == nil {
		out = out[:rows.N]
		for i, r := range refs[:rows.N] {
			if int(r.Len) == len(c) && string(data[r.Off:r.Off+r.Len]) == string(c) {
				out[k] = uint16(i)
				k++
			}
		}
		return out[:k]
	}
	out = out[:len(rows.Sel)]
	for _, i := range rows.Sel {
		r := refs[i]
		if int(r.Len) == len(c) && string(data[r.Off:r.Off+r.Len]) == string(c) {
			out[k] = i
			k++
		}
	}
	return out[:k]
}

// chooseRows appends to out[:0] the rows for which f is true.
func chooseRows(rows function.Rows, out []uint16, f func(i int) bool) []uint16 {
	k := 0
	if rows.Sel == nil {
		out = out[:rows.N]
		for i := range rows.N {
			out[k] = uint16(i)
			if f(i) {
				k++
			}
		}
		return out[:k]
	}
	out = out[:len(rows.Sel)]
	for _, i := range rows.Sel {
		out[k] = i
		if f(int(i)) {
			k++
		}
	}
	return out[:k]
}

func allRows(rows function.Rows, out []uint16) []uint16 {
	if rows.Sel == nil {
		return kernel.All(rows.N, out)
	}
	return out[:copy(out[:len(rows.Sel)], rows.Sel)]
}

// chooseByEntry selects the rows of a dictionary column by a test of its entries. The outcome is kept per dictionary while the
// constant key stays the same. NULL rows are left in.
func (m *machine) chooseByEntry(st *state, v *vector.Vector, key []byte, rows function.Rows, out []uint16, test func(entry int) bool) []uint16 {
	size := v.DictOf.Len()
	e := &st.entry
	if size == 0 {
		return out[:0]
	}
	if !e.valid || v.DictID == 0 || e.source != v.DictID || !bytes.Equal(e.key, key) {
		if v.DictID == 0 && size > rows.Count() {
			return chooseRows(rows, out, func(i int) bool { return test(int(v.Codes[i])) })
		}
		if cap(e.hits) < size {
			e.hits = make([]bool, size)
		}
		e.hits = e.hits[:size]
		for i := range e.hits {
			e.hits[i] = test(i)
		}
		e.valid, e.source, e.key = true, v.DictID, append(e.key[:0], key...)
	}
	hits, codes := e.hits, v.Codes
	k := 0
	if rows.Sel == nil {
		out = out[:rows.N]
		for i, c := range codes[:rows.N] {
			out[k] = uint16(i)
			if hits[c] {
				k++
			}
		}
		return out[:k]
	}
	out = out[:len(rows.Sel)]
	for _, i := range rows.Sel {
		out[k] = i
		if hits[codes[i]] {
			k++
		}
	}
	return out[:k]
}

// nullSafe selects the rows where a <=> b.
func (m *machine) nullSafe(n *node, st *state, sc *scope, out []uint16) ([]uint16, error) {
	a, b, err := m.operands(n, sc)
	if err != nil {
		return nil, err
	}
	if a.Type.Kind == types.Void || b.Type.Kind == types.Void {
		return chooseRows(sc.rows, out, func(i int) bool {
			return (a.Type.Kind == types.Void || a.IsNull(i)) == (b.Type.Kind == types.Void || b.IsNull(i)) && (a.Type.Kind == types.Void || a.IsNull(i))
		}), nil
	}
	if a.Nulls == nil || b.Nulls == nil {
		return m.compare(n, st, kernel.Eq, a, b, sc.rows, out), nil
	}
	return chooseRows(sc.rows, out, func(i int) bool {
		x, y := a.IsNull(i), b.IsNull(i)
		return x && y || !x && !y && compareValues(a, i, b, i) == 0
	}), nil
}

// compareValues orders two values of one type that are not NULL.
func compareValues(a *vector.Vector, i int, b *vector.Vector, j int) int {
	return vector.Compare(a, i, b, j)
}

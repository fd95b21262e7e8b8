package expr

import (
	"skep/dialect/types"
	"skep/engine/function"
	"skep/engine/kernel"
	"skep/engine/vector"
)

// scope is a set of rows for which nodes are evaluated: the batch's selection, or a part of it for a lazily evaluated branch.
type scope struct {
	id     uint64
	parent *scope
	rows   function.Rows
}

// state is a node's scratch space in one machine.
type state struct {
	vec   *vector.Vector // result
	scope uint64         // the scope for which vec was computed

	out    function.Result
	kernel function.Kernel
	argv   []*vector.Vector
	view   vector.Vector   // header of a result that shares storage
	mask   function.Result // only its NULL mask is used
	entry  entries
	flat   [2]flattened
	null   *vector.Vector
}

// machine evaluates the nodes of one graph.
type machine struct {
	graph *graph
	state []state
	batch *vector.Batch
	root  scope
	last  uint64 // last scope id
	spare [][]uint16
	// scopes are reused by depth.
	scopes []*scope
	depth  int
}

func newMachine(g *graph) *machine {
	m := &machine{graph: g, state: make([]state, len(g.nodes))}
	for i, n := range g.nodes {
		if n.op == opCall {
			m.state[i].kernel = n.code.New()
		}
		m.state[i].argv = make([]*vector.Vector, len(n.args))
	}
	return m
}

// begin starts a batch.
func (m *machine) begin(b *vector.Batch) *scope {
	m.batch = b
	m.last++
	m.depth = 0
	m.root = scope{id: m.last, rows: function.Rows{Sel: b.Sel, N: b.N}}
	return &m.root
}

// within opens a scope for some rows of sc; leave closes it.
func (m *machine) within(sc *scope, sel []uint16) *scope {
	if m.depth == len(m.scopes) {
		m.scopes = append(m.scopes, new(scope))
	}
	s := m.scopes[m.depth]
	m.depth++
	m.last++
	*s = scope{id: m.last, parent: sc, rows: function.Rows{Sel: sel, N: sc.rows.N}}
	return s
}

func (m *machine) leave() { m.depth-- }

// selection returns a buffer for a selection of n rows; release gives it back.
func (m *machine) selection(n int) []uint16 {
	if k := len(m.spare); k > 0 {
		s := m.spare[k-1]
		m.spare = m.spare[:k-1]
		if cap(s) >= n {
			return s[:cap(s)]
		}
	}
	return make([]uint16, max(n, vector.BatchSize))
}

func (m *machine) release(s []uint16) { m.spare = append(m.spare, s[:cap(s)]) }

// eval returns the values of n, valid at the rows of sc.
func (m *machine) eval(n *node, sc *scope) (*vector.Vector, error) {
	switch n.op {
	case opColumn:
		return m.batch.Cols[n.col], nil
	case opConst:
		return n.value, nil
	}
	st := &m.state[n.id]
	if n.stable && st.scope != 0 {
		for s := sc; s != nil; s = s.parent {
			if s.id == st.scope {
				return st.vec, nil
			}
		}
	}
	v, err := m.compute(n, st, sc)
	if err != nil {
		st.scope = 0
		return nil, err
	}
	st.vec, st.scope = v, sc.id
	return v, nil
}

func (m *machine) compute(n *node, st *state, sc *scope) (*vector.Vector, error) {
	switch n.op {
	case opCall:
		return m.call(n, st, sc)
	case opCompare:
		return m.compareVector(n, st, sc)
	case opRange:
		return m.rangeVector(n, st, sc)
	case opAnd, opOr:
		return m.logicVector(n, st, sc)
	case opNot:
		return m.notVector(n, st, sc)
	case opIn:
		return m.inVector(n, st, sc)
	case opInCols:
		return m.inColsVector(n, st, sc)
	case opCase:
		return m.caseVector(n, st, sc)
	case opCoalesce:
		return m.coalesceVector(n, st, sc)
	case opField:
		return m.fieldVector(n, st, sc)
	case opRetype:
		v, err := m.eval(n.args[0], sc)
		if err != nil {
			return nil, err
		}
		st.view = *v
		st.view.Type = n.typ
		return &st.view, nil
	}
	// The remaining predicates are never NULL.
	return m.twoValued(n, st, sc)
}

// twoValued makes a boolean column of the rows that n chooses.
func (m *machine) twoValued(n *node, st *state, sc *scope) (*vector.Vector, error) {
	buf := m.selection(sc.rows.N)
	defer m.release(buf)
	rows, err := m.choose(n, sc, buf)
	if err != nil {
		return nil, err
	}
	return m.booleans(n, st, sc, rows), nil
}

// booleans is a column that is true at the rows given.
func (m *machine) booleans(n *node, st *state, sc *scope, rows []uint16) *vector.Vector {
	st.out.Reset(n.typ, sc.rows.N)
	clear(st.out.I64)
	for _, i := range rows {
		st.out.I64[i] = 1
	}
	return st.out.Vector
}

// call evaluates a function.
func (m *machine) call(n *node, st *state, sc *scope) (*vector.Vector, error) {
	constant := n.stable
	dict := -1
	for i, a := range n.args {
		v, err := m.eval(a, sc)
		if err != nil {
			return nil, err
		}
		st.argv[i] = v
		switch v.Form {
		case vector.Flat:
			constant = false
			dict = -2
		case vector.Dict:
			constant = false
			if dict == -1 {
				dict = i
			} else {
				dict = -2
			}
		}
	}
	if len(n.args) == 0 {
		constant = false
	}
	if n.code.Nulls != function.Aware {
		for _, v := range st.argv {
			if v.Form == vector.Const && v.IsNull(0) || v.Type.Kind == types.Void || v.Form == vector.Dict && v.DictOf.Len() == 0 {
				return m.nullOf(n, st), nil // an empty dictionary has codes of NULL rows only, which are no indexes
			}
		}
	}
	if constant && n.typ.Physical() != types.Nothing {
		st.out.Reset(n.typ, 1)
		if err := st.kernel(st.argv, function.Rows{N: 1}, &st.out); err != nil {
			return nil, err
		}
		st.out.Form = vector.Const
		return st.out.Vector, nil
	}
	if dict >= 0 && n.stable && n.code.Costly && n.code.Nulls != function.Aware {
		if v := m.callByEntry(n, st, sc, dict); v != nil {
			return v, nil
		}
	}
	return m.callByRow(n, st, sc)
}

func (m *machine) nullOf(n *node, st *state) *vector.Vector {
	if st.null == nil {
		st.null = vector.NewNull(n.typ)
	}
	return st.null
}

func (m *machine) callByRow(n *node, st *state, sc *scope) (*vector.Vector, error) {
	rows := sc.rows
	st.out.Reset(n.typ, rows.N)
	if n.code.Nulls != function.Aware && m.mergeNulls(st, rows.N) {
		if n.code.Nulls == function.Strict {
			buf := m.selection(rows.N)
			defer m.release(buf)
			rows.Sel = kernel.WithoutNulls(st.out.Nulls, rows.Sel, rows.N, buf)
		}
		if st.out.Refs != nil {
			for i, null := range st.out.Nulls {
				if null {
					st.out.Refs[i] = vector.Ref{}
				}
			}
		}
	}
	if err := st.kernel(st.argv, rows, &st.out); err != nil {
		return nil, err
	}
	return st.out.Vector, nil
}

// mergeNulls marks the rows of st.out for which an argument is NULL; false when there is none.
func (m *machine) mergeNulls(st *state, n int) bool {
	marked := false
	for _, v := range st.argv {
		if v.Nulls == nil || v.Form == vector.Const {
			continue
		}
		mask := st.out.NullMask()
		if !marked {
			copy(mask, v.Nulls[:n])
			marked = true
			continue
		}
		for i, null := range v.Nulls[:n] {
			mask[i] = mask[i] || null
		}
	}
	return marked
}

// entries caches the results of a function per dictionary entry.
type entries struct {
	source uint64 // DictID of the dictionary they are for
	id     uint64 // DictID of the results
	out    function.Result
	values vector.Vector // out without NULLs
	valid  bool
	argv   []*vector.Vector
	// Tests of entries keep their outcomes here.
	hits []bool
	key  []byte
}

// maxEntries bounds the dictionaries whose entries are all evaluated whether needed or not.
const maxEntries = 1 << 16

// callByEntry evaluates a function of one dictionary column once per entry; nil when that does not pay or an entry fails. The results are
// kept from batch to batch when the other arguments are constants of the expression: columns that are constant within a batch, such as
// those of partitions, differ in the next.
func (m *machine) callByEntry(n *node, st *state, sc *scope, arg int) *vector.Vector {
	v := st.argv[arg]
	size := v.DictOf.Len()
	e := &st.entry
	source := v.DictID
	for i, a := range n.args {
		if i != arg && !a.isConst() {
			source = 0
		}
	}
	if !e.valid || source == 0 || e.source != source {
		if size == 0 || size > maxEntries || source == 0 && size > sc.rows.Count() {
			return nil
		}
		e.valid = false
		e.argv = append(e.argv[:0], st.argv...)
		e.argv[arg] = v.DictOf
		e.out.Reset(n.typ, size)
		if st.kernel(e.argv, function.Rows{N: size}, &e.out) != nil {
			return nil // the failing entry may belong to no row
		}
		e.valid, e.source, e.id = true, source, 0
		if source != 0 {
			e.id = vector.NewDictID()
		}
		e.values = *e.out.Vector
		e.values.Nulls = nil
	}
	if n.typ.Physical() == types.Bytes {
		st.view = vector.Vector{Type: n.typ, Form: vector.Dict, Codes: v.Codes, DictOf: &e.values, DictID: e.id, Nulls: v.Nulls}
		if e.out.Nulls != nil {
			st.mask.Reset(types.BooleanType, sc.rows.N)
			mask := st.mask.NullMask()
			gatherNulls(mask, e.out.Nulls, v, sc.rows)
			st.view.Nulls = mask
		}
		return &st.view
	}
	st.out.Reset(n.typ, sc.rows.N)
	gatherEntries(&st.out, &e.values, v.Codes, sc.rows)
	if e.out.Nulls != nil {
		gatherNulls(st.out.NullMask(), e.out.Nulls, v, sc.rows)
	} else if v.Nulls != nil {
		copy(st.out.NullMask(), v.Nulls[:sc.rows.N])
	}
	return st.out.Vector
}

func gatherNulls(mask, entries []bool, v *vector.Vector, rows function.Rows) {
	rows.Each(func(i int) {
		mask[i] = v.Nulls != nil && v.Nulls[i] || entries[v.Codes[i]]
	})
}

// gatherEntries spreads values that are stored per dictionary entry over the rows.
func gatherEntries(out *function.Result, values *vector.Vector, codes []uint32, rows function.Rows) {
	switch values.Type.Physical() {
	case types.I64:
		kernel.Gather(out.I64, values.I64, codes, rows.Sel)
	case types.F64:
		kernel.Gather(out.F64, values.F64, codes, rows.Sel)
	case types.I128:
		kernel.Gather(out.W, values.W, codes, rows.Sel)
	default:
		source := &vector.Vector{Type: values.Type, Form: vector.Dict, DictOf: values, Codes: codes}
		at := make([]uint16, rows.N)
		rows.Each(func(i int) { at[i] = uint16(i) })
		vector.Gather(out.Vector, source, at)
	}
}

// fieldVector is a field of a struct, or the array of the field's values of an array of structs.
func (m *machine) fieldVector(n *node, st *state, sc *scope) (*vector.Vector, error) {
	v, err := m.eval(n.args[0], sc)
	if err != nil {
		return nil, err
	}
	base := v.Base()
	if v.Type.Kind == types.Array {
		st.view = *v
		st.view.Type = n.typ
		st.view.Children = []*vector.Vector{structField(base.Children[0], n.col)}
		return &st.view, nil
	}
	field := base.Children[n.col]
	switch v.Form {
	case vector.Const:
		if v.IsNull(0) {
			return m.nullOf(n, st), nil
		}
		return vector.NewConst(n.typ, field.Datum(0)), nil
	case vector.Dict:
		st.out.Reset(n.typ, 0)
		at := make([]uint32, sc.rows.N)
		sc.rows.Each(func(i int) { at[i] = v.Codes[i] })
		vector.Gather(st.out.Vector, field, at)
		if v.Nulls != nil {
			st.view = *st.out.Vector
			st.view.Nulls = orNulls(field.Nulls, v.Nulls, sc.rows.N)
			return &st.view, nil
		}
		return st.out.Vector, nil
	}
	if v.Nulls == nil {
		return field, nil
	}
	st.view = *field
	st.mask.Reset(types.BooleanType, sc.rows.N)
	mask := st.mask.NullMask()
	copy(mask, v.Nulls[:sc.rows.N])
	if field.Nulls != nil {
		for i, null := range field.Nulls[:sc.rows.N] {
			mask[i] = mask[i] || null
		}
	}
	st.view.Nulls = mask
	return &st.view, nil
}

// structField is the column of a field of a flat struct column, NULL where the struct is.
func structField(v *vector.Vector, field int) *vector.Vector {
	f := v.Children[field]
	if v.Nulls == nil {
		return f
	}
	view := *f
	view.Nulls = orNulls(f.Nulls, v.Nulls, len(v.Nulls))
	return &view
}

func orNulls(a, b []bool, n int) []bool {
	mask := make([]bool, n)
	copy(mask, b[:n])
	for i := range min(n, len(a)) {
		mask[i] = mask[i] || a[i]
	}
	return mask
}

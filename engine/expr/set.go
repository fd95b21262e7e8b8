package expr

import (
	"math"

	"skep/dialect/types"
	"skep/engine/function"
	"skep/engine/kernel"
	"skep/engine/vector"
)

// set is the list of an IN with constants: the values without NULLs, by storage class.
type set struct {
	null   bool // the list has a NULL
	ints   intSet
	floats intSet // bits
	wide   map[types.Int128]struct{}
	texts  map[string]struct{}
	others []*vector.Vector
	values []*vector.Vector // all of them, as constants
}

// intSet is a set of integers: open addressing with linear probing at most half full. Zero, which marks free slots, is apart.
type intSet struct {
	min, max int64
	zero     bool
	slots    []int64
	shift    uint
}

func newIntSet(vals []int64) intSet {
	s := intSet{min: math.MaxInt64, max: math.MinInt64, shift: 62}
	size := 4
	for size < 2*len(vals) {
		size *= 2
		s.shift--
	}
	s.slots = make([]int64, size)
	for _, v := range vals {
		s.min, s.max = min(s.min, v), max(s.max, v)
		if v == 0 {
			s.zero = true
			continue
		}
		i := s.slot(v)
		for s.slots[i] != 0 && s.slots[i] != v {
			i = (i + 1) & uint64(size-1)
		}
		s.slots[i] = v
	}
	return s
}

func (s *intSet) slot(v int64) uint64 { return uint64(v) * 0x9e3779b97f4a7c15 >> s.shift }

func (s *intSet) has(v int64) bool {
	if v < s.min || v > s.max {
		return false
	}
	if v == 0 {
		return s.zero
	}
	for i := s.slot(v); ; i = (i + 1) & uint64(len(s.slots)-1) {
		if x := s.slots[i]; x == v {
			return true
		} else if x == 0 {
			return false
		}
	}
}

// floatBits makes equal doubles have equal bits.
func floatBits(f float64) int64 {
	switch {
	case f != f:
		return math.MaxInt64
	case f == 0:
		return 0
	}
	return int64(math.Float64bits(f))
}

func newSet(t *types.Type, list []*vector.Vector) *set {
	s := &set{}
	var ints []int64
	for _, v := range list {
		if constNull(v) {
			s.null = true
			continue
		}
		s.values = append(s.values, v)
		switch t.Physical() {
		case types.I64:
			ints = append(ints, v.I64[0])
		case types.F64:
			ints = append(ints, floatBits(v.F64[0]))
		case types.I128:
			if s.wide == nil {
				s.wide = map[types.Int128]struct{}{}
			}
			s.wide[v.W[0]] = struct{}{}
		case types.Bytes:
			if s.texts == nil {
				s.texts = map[string]struct{}{}
			}
			s.texts[string(v.Bytes(0))] = struct{}{}
		default:
			s.others = append(s.others, v)
		}
	}
	if t.Physical() == types.I64 {
		s.ints = newIntSet(ints)
	} else {
		s.floats = newIntSet(ints)
	}
	return s
}

// members appends to out[:0] the rows whose value is in the set; NULL rows are left out.
func (m *machine) members(s *set, st *state, v *vector.Vector, rows function.Rows, out []uint16) []uint16 {
	if constNull(v) {
		return out[:0]
	}
	if v.Form == vector.Const {
		if s.has(v, 0) {
			return allRows(rows, out)
		}
		return out[:0]
	}
	if v.Form == vector.Dict {
		out = m.chooseByEntry(st, v, nil, rows, out, func(i int) bool { return s.has(v.DictOf, i) })
	} else if v.Type.Physical() == types.I64 {
		col := v.I64
		out = chooseRows(rows, out, func(i int) bool { return s.ints.has(col[i]) })
	} else {
		out = chooseRows(rows, out, func(i int) bool { return s.has(v, i) })
	}
	if v.Nulls != nil {
		out = kernel.WithoutNulls(v.Nulls, out, rows.N, out)
	}
	return out
}

// has reports whether the value stored at i of a flat or constant vector is in the set.
func (s *set) has(v *vector.Vector, i int) bool {
	switch v.Type.Physical() {
	case types.I64:
		return s.ints.has(v.I64[i])
	case types.F64:
		return s.floats.has(floatBits(v.F64[i]))
	case types.I128:
		_, ok := s.wide[v.W[i]]
		return ok
	case types.Bytes:
		r := v.Refs[i]
		_, ok := s.texts[string(v.Data[r.Off:r.Off+r.Len])]
		return ok
	}
	for _, o := range s.others {
		if !v.IsNull(i) && compareValues(v, i, o, 0) == 0 {
			return true
		}
	}
	return false
}

// chooseIn selects the rows for which IN (or NOT IN) is true.
func (m *machine) chooseIn(n *node, st *state, v *vector.Vector, rows function.Rows, out []uint16) []uint16 {
	if !n.negated {
		return m.members(n.set, st, v, rows, out)
	}
	if n.set.null || constNull(v) {
		return out[:0]
	}
	buf := m.selection(rows.N)
	defer m.release(buf)
	hits := m.members(n.set, st, v, rows, buf)
	out = kernel.Difference(rows.Sel, hits, rows.N, out)
	if v.Nulls != nil && v.Form != vector.Const {
		out = kernel.WithoutNulls(v.Nulls, out, rows.N, out)
	}
	return out
}

// inVector is IN as a three-valued column: NULL for a NULL value, and for a value that is not found when the list has a NULL.
func (m *machine) inVector(n *node, st *state, sc *scope) (*vector.Vector, error) {
	v, err := m.eval(n.args[0], sc)
	if err != nil {
		return nil, err
	}
	if constNull(v) {
		return m.nullOf(n, st), nil
	}
	buf := m.selection(sc.rows.N)
	defer m.release(buf)
	hits := m.members(n.set, st, v, sc.rows, buf)
	m.booleans(n, st, sc, hits)
	if n.negated {
		for i := range st.out.I64 {
			st.out.I64[i] ^= 1
		}
	}
	switch {
	case n.set.null:
		mask := st.out.NullMask()
		for i := range mask {
			mask[i] = true
		}
		for _, i := range hits {
			mask[i] = false
		}
	case v.Nulls != nil && v.Form != vector.Const:
		copy(st.out.NullMask(), v.Nulls[:sc.rows.N])
	}
	return st.out.Vector, nil
}

// inColsVector is IN over a list with columns, or of structs, which are equal field by field: NULL in a field leaves open whether
// the structs are equal unless other fields differ.
func (m *machine) inColsVector(n *node, st *state, sc *scope) (*vector.Vector, error) {
	for i, a := range n.args {
		v, err := m.eval(a, sc)
		if err != nil {
			return nil, err
		}
		st.argv[i] = v
	}
	st.out.Reset(n.typ, sc.rows.N)
	x := st.argv[0]
	sc.rows.Each(func(i int) {
		st.out.I64[i] = 0
		if constNull(x) || x.IsNull(i) {
			st.out.Null(i)
			return
		}
		null := false
		for _, y := range st.argv[1:] {
			switch {
			case constNull(y) || y.IsNull(i):
				null = true
			case n.args[0].typ.Kind == types.Struct:
				switch equalStructs(x, i, y, i) {
				case isTrue:
					st.out.I64[i] = 1
					return
				case isUnknown:
					null = true
				}
			case compareValues(x, i, y, i) == 0:
				st.out.I64[i] = 1
				return
			}
		}
		if null {
			st.out.Null(i)
		}
	})
	return st.out.Vector, nil
}

// truth is a value of three-valued logic.
type truth uint8

const (
	isFalse truth = iota
	isUnknown
	isTrue
)

// equalStructs compares two structs that are not NULL field by field.
func equalStructs(a *vector.Vector, i int, b *vector.Vector, j int) truth {
	x, y := a.Base(), b.Base()
	i, j = a.At(i), b.At(j)
	equal := isTrue
	for c := range x.Children {
		f, g := x.Children[c], y.Children[c]
		field := isFalse
		switch {
		case f.IsNull(i) || g.IsNull(j):
			field = isUnknown
		case f.Type.Kind == types.Struct:
			field = equalStructs(f, i, g, j)
		case compareValues(f, i, g, j) == 0:
			field = isTrue
		}
		if equal = min(equal, field); equal == isFalse {
			break
		}
	}
	return equal
}

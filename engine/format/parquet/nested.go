package parquet

import (
	"fmt"

	"skep/dialect/types"
	"skep/engine/vector"
)

// nestedColumn reads a column of lists, maps and structs: it collects the levels and values of all leaves for the rows and then
// builds the vectors from the leaves up. (The levels are those of the Dremel paper: a repetition level says in which of the
// repeated ancestors an entry starts anew, a definition level how many optional or repeated ancestors are present.)
type nestedColumn struct {
	root    *part
	leaves  []*leafColumn
	pending int
}

// maxNestedPage bounds the entries of a page, whose levels are decoded at once.
const maxNestedPage = 1 << 24

// leafColumn collects the entries of one leaf.
type leafColumn struct {
	chunk   chunkReader
	target  *types.Type
	convert *conversion
	unused  bool // read for its levels only
	// Levels of the current page, from pos on not consumed yet.
	pageDefs, pageReps []uint32
	pos                int
	// Entries and values of the rows read.
	defs, reps []uint32
	values     vector.Vector // flat, without NULLs
	codes      []uint32
	v          vector.Vector // built: a row per slot
	nulls      []bool
}

// part is a node of the type being read. Its slots are the places where it may have a value: the rows of a top-level column,
// the elements of a list, and for a struct's field the struct's slots, NULL or not. In terms of a leaf's entries, they are
// those with repetition level ≤ rep and definition level ≥ slot; the value is present when the definition level is ≥ def.
type part struct {
	typ            *types.Type
	rep, slot, def uint32
	leaf           *leafColumn // of the part itself, or any below it: where its levels come from
	children       []*part     // a nil child is a field the file does not have
	fromList       bool        // a map that is a list of structs in the file
	v              vector.Vector
	nulls          []bool
	absent         []*vector.Vector // vectors for nil children
}

func (c *nestedColumn) start(g *rowGroup, id uint64) error {
	c.pending = 0
	for _, l := range c.leaves {
		l.pageDefs, l.pageReps, l.pos = l.pageDefs[:0], l.pageReps[:0], 0
		l.chunk.dict.id = id + uint64(l.chunk.leaf.leaf)*2 + 1
		if err := l.chunk.reset(&g.columns[l.chunk.leaf.leaf]); err != nil {
			return err
		}
	}
	return nil
}

func (c *nestedColumn) willSkip(*rowGroup) error { return nil }

func (c *nestedColumn) skip(n int) { c.pending += n }

func (c *nestedColumn) release() {
	for _, l := range c.leaves {
		l.chunk.release()
	}
}

func (c *nestedColumn) read(n int) (*vector.Vector, error) {
	for _, l := range c.leaves {
		if err := l.rows(c.pending, true); err != nil {
			return nil, err
		}
		if err := l.rows(n, false); err != nil {
			return nil, err
		}
	}
	c.pending = 0
	return c.root.build()
}

// rows collects the entries of the next n rows, or drops them.
func (l *leafColumn) rows(n int, drop bool) error {
	l.defs, l.reps = l.defs[:0], l.reps[:0]
	class := l.chunk.values.class()
	v := &l.values
	v.Type, v.Form, v.Nulls = l.chunk.values.typ, vector.Flat, nil
	v.I64, v.F64, v.W, v.Refs, v.Data = v.I64[:0], v.F64[:0], v.W[:0], v.Refs[:0], v.Data[:0]
	repeats := l.chunk.leaf.maxRep > 0
	for rows := 0; ; {
		if l.pos == len(l.pageDefs) {
			if l.chunk.entries == 0 || rows == n && !repeats {
				if rows < n {
					return l.chunk.fail(errPage)
				}
				return nil
			}
			if err := l.nextPage(); err != nil {
				return err
			}
		}
		from := l.pos
		if repeats {
			for ; l.pos < len(l.pageReps); l.pos++ {
				if l.pageReps[l.pos] == 0 {
					if rows == n {
						break
					}
					rows++
				}
			}
		} else {
			k := min(n-rows, len(l.pageDefs)-from)
			l.pos, rows = from+k, rows+k
		}
		if err := l.take(class, from, drop); err != nil {
			return l.chunk.fail(err)
		}
		if l.pos < len(l.pageDefs) {
			return nil
		}
	}
}

// nextPage opens the next page and decodes its levels.
func (l *leafColumn) nextPage() error {
	c := &l.chunk
	if err := c.nextHeader(); err != nil {
		return err
	}
	if err := c.open(); err != nil {
		return err
	}
	n := c.left
	c.left = 0
	if n > maxNestedPage {
		return c.fail(fmt.Errorf("page of %d values", n))
	}
	l.pos = 0
	l.pageDefs = resize(l.pageDefs, n)
	if c.leaf.maxDef == 0 {
		clear(l.pageDefs)
	} else if err := c.defs.decode(l.pageDefs); err != nil {
		return c.fail(err)
	}
	for _, d := range l.pageDefs {
		if int(d) > c.leaf.maxDef {
			return c.fail(errPage)
		}
	}
	if c.leaf.maxRep > 0 {
		l.pageReps = resize(l.pageReps, n)
		if err := c.reps.decode(l.pageReps); err != nil {
			return c.fail(err)
		}
		for _, r := range l.pageReps {
			if int(r) > c.leaf.maxRep {
				return c.fail(errPage)
			}
		}
	}
	return nil
}

// take consumes the page's entries from..pos-1.
func (l *leafColumn) take(class types.Physical, from int, drop bool) error {
	defs := l.pageDefs[from:l.pos]
	m := 0
	for _, d := range defs {
		if int(d) == l.chunk.leaf.maxDef {
			m++
		}
	}
	if drop {
		return l.chunk.values.skip(m)
	}
	l.defs = append(l.defs, defs...)
	if l.chunk.leaf.maxRep > 0 {
		l.reps = append(l.reps, l.pageReps[from:l.pos]...)
	}
	if l.unused {
		return l.chunk.values.skip(m)
	}
	v := &l.values
	switch class {
	case types.I64:
		at := len(v.I64)
		v.I64 = extend(v.I64, m)
		return l.chunk.fixed(v, class, at, m, &l.codes)
	case types.F64:
		at := len(v.F64)
		v.F64 = extend(v.F64, m)
		return l.chunk.fixed(v, class, at, m, &l.codes)
	case types.I128:
		at := len(v.W)
		v.W = extend(v.W, m)
		return l.chunk.fixed(v, class, at, m, &l.codes)
	}
	return l.takeBytes(m)
}

// takeBytes copies the next m strings to the values' arena.
func (l *leafColumn) takeBytes(m int) error {
	v, d := &l.values, &l.chunk.values
	at := len(v.Refs)
	v.Refs = extend(v.Refs, m)
	refs := v.Refs[at:]
	var data []byte
	if d.mode == modeDict {
		l.codes = resize(l.codes, m)
		if err := d.dictCodes(l.codes); err != nil {
			return err
		}
		gather(refs, l.chunk.dict.vec.Refs, l.codes)
		data = l.chunk.dict.vec.Data
	} else {
		if err := d.byteRefs(refs); err != nil {
			return err
		}
		data = d.b
	}
	v.Data = copyRefs(refs, data, v.Data)
	return nil
}

// extend lengthens s by n elements.
func extend[T any](s []T, n int) []T {
	if cap(s) >= len(s)+n {
		return s[:len(s)+n]
	}
	return append(s, make([]T, n)...)
}

// slots calls f with the definition level of every slot, in order.
func (p *part) slots(f func(slot int, def uint32)) int {
	l, n := p.leaf, 0
	for i, d := range l.defs {
		if d < p.slot || len(l.reps) > 0 && l.reps[i] > p.rep {
			continue
		}
		f(n, d)
		n++
	}
	return n
}

// build makes the vector of the part's slots.
func (p *part) build() (*vector.Vector, error) {
	switch p.typ.Kind {
	case types.Struct:
		return p.buildStruct()
	case types.Array, types.Map:
		return p.buildList()
	}
	return p.leaf.build(p)
}

// markNulls sets v.Nulls from the definition levels and returns the number of slots.
func (p *part) markNulls(v *vector.Vector, nulls *[]bool) int {
	*nulls = (*nulls)[:0]
	some := false
	n := p.slots(func(_ int, d uint32) {
		*nulls = append(*nulls, d < p.def)
		some = some || d < p.def
	})
	v.Nulls = nil
	if some {
		v.Nulls = *nulls
	}
	return n
}

func (p *part) buildStruct() (*vector.Vector, error) {
	v := &p.v
	v.Type = p.typ
	n := p.markNulls(v, &p.nulls)
	if len(v.Children) != len(p.children) {
		v.Children = make([]*vector.Vector, len(p.children))
		p.absent = make([]*vector.Vector, len(p.children))
	}
	for i, c := range p.children {
		if c == nil {
			v.Children[i] = p.absentField(i, n)
			continue
		}
		child, err := c.build()
		if err != nil {
			return nil, err
		}
		if child.Len() != n {
			return nil, fmt.Errorf("columns of %s have %d and %d values: %w", p.typ, n, child.Len(), errPage)
		}
		v.Children[i] = child
	}
	return v, nil
}

// absentField returns n NULLs for field i.
func (p *part) absentField(i, n int) *vector.Vector {
	if p.absent[i] == nil {
		p.absent[i] = vector.New(p.typ.Fields[i].Type, 0)
	}
	a := p.absent[i]
	if a.Len() != n {
		a.Reset()
		for range n {
			a.AppendDatum(types.NullDatum)
		}
	}
	return a
}

func (p *part) buildList() (*vector.Vector, error) {
	v := &p.v
	v.Type = p.typ
	n := p.markNulls(v, &p.nulls)
	v.Refs = resize(v.Refs, n)
	clear(v.Refs)
	// A slot's elements are the entries from its own on that reach the element's definition level and start one.
	l := p.leaf
	rep, present := p.rep+1, p.children[0].slot
	slot, elements := -1, uint32(0)
	for i, d := range l.defs {
		if d < p.slot || l.reps[i] > rep {
			continue
		}
		if l.reps[i] <= p.rep {
			slot++
			v.Refs[slot].Off = elements
		}
		if d >= present && slot >= 0 {
			v.Refs[slot].Len++
			elements++
		}
	}
	for i := range v.Refs {
		if v.Refs[i].Len == 0 {
			v.Refs[i] = vector.Ref{}
		}
	}
	if len(v.Children) != len(p.children) {
		v.Children = make([]*vector.Vector, len(p.children))
		p.absent = make([]*vector.Vector, len(p.children))
	}
	for i, c := range p.children {
		child, err := c.build()
		if err != nil {
			return nil, err
		}
		if child.Len() != int(elements) {
			return nil, fmt.Errorf("columns of %s have %d and %d elements: %w", p.typ, elements, child.Len(), errPage)
		}
		v.Children[i] = child
	}
	if p.fromList {
		distinctKeys(v)
	}
	return v, nil
}

// build spreads the leaf's values over the part's slots.
func (l *leafColumn) build(p *part) (*vector.Vector, error) {
	v := &l.v
	values := &l.values
	v.Type, v.Form, v.Data = values.Type, vector.Flat, values.Data
	n := p.markNulls(v, &l.nulls)
	class := l.chunk.values.class()
	switch class {
	case types.I64:
		v.I64 = spreadTo(v.I64, values.I64, v.Nulls, n)
	case types.F64:
		v.F64 = spreadTo(v.F64, values.F64, v.Nulls, n)
	case types.I128:
		v.W = spreadTo(v.W, values.W, v.Nulls, n)
	case types.Bytes:
		v.Refs = spreadTo(v.Refs, values.Refs, v.Nulls, n)
	}
	if l.convert != nil {
		return l.convert.apply(v, n)
	}
	v.Type = l.target
	return v, nil
}

// spreadTo copies the values to the places of n that are not NULL.
func spreadTo[T any](dst, values []T, nulls []bool, n int) []T {
	dst = resize(dst, n)
	copy(dst, values)
	if nulls != nil {
		spread(dst, nulls, len(values))
	}
	return dst
}

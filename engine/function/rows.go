package function

import (
	"skep/dialect/types"
	"skep/engine/vector"
)

// Rows are the rows to compute: Sel when not nil, otherwise 0..N-1. Columns of results have N rows.
type Rows struct {
	Sel []uint16
	N   int
}

// Count returns the number of rows.
func (r Rows) Count() int {
	if r.Sel != nil {
		return len(r.Sel)
	}
	return r.N
}

// Each calls f for every row.
func (r Rows) Each(f func(row int)) {
	if r.Sel == nil {
		for i := range r.N {
			f(i)
		}
		return
	}
	for _, i := range r.Sel {
		f(int(i))
	}
}

// Try calls f for every row until it fails.
func (r Rows) Try(f func(row int) error) error {
	if r.Sel == nil {
		for i := range r.N {
			if err := f(i); err != nil {
				return err
			}
		}
		return nil
	}
	for _, i := range r.Sel {
		if err := f(int(i)); err != nil {
			return err
		}
	}
	return nil
}

// Result is the vector to fill: flat, of the call's type, with N rows. Rows that are not asked for may be left as they are. It
// owns its buffers and is used again for every batch.
type Result struct {
	*vector.Vector
	n     int
	nulls []bool // buffer behind Nulls
	arena []byte // buffer behind Data while that is borrowed
	lent  bool
	// children are the own children while others' are borrowed.
	children     []*vector.Vector
	childrenLent bool
}

// Reset makes r a flat vector of t with n rows and no NULLs for another use.
func (r *Result) Reset(t *types.Type, n int) {
	if r.Vector == nil {
		r.Vector = &vector.Vector{Type: t}
	}
	v := r.Vector
	if r.lent {
		v.Data, r.lent = r.arena, false
	}
	v.Data = v.Data[:0]
	if r.childrenLent {
		v.Children, r.childrenLent = r.children, false
	}
	for _, c := range v.Children {
		c.Reset()
	}
	v.Resize(n)
	if len(v.Type.Fields) > 0 {
		clearRefs(v.Children) // which NULL rows keep: they must not point into what earlier batches stored
	}
	r.n = n
}

func clearRefs(children []*vector.Vector) {
	for _, c := range children {
		clear(c.Refs)
		if len(c.Type.Fields) > 0 {
			clearRefs(c.Children)
		}
	}
}

// Len returns the number of rows.
func (r *Result) Len() int { return r.n }

// NullMask makes Nulls present, all false where it was absent, and returns it.
func (r *Result) NullMask() []bool {
	if r.Nulls == nil {
		if cap(r.nulls) < r.n {
			r.nulls = make([]bool, max(r.n, vector.BatchSize))
		}
		r.Nulls = r.nulls[:r.n]
		clear(r.Nulls)
	}
	return r.Nulls
}

// Null makes row NULL.
func (r *Result) Null(row int) {
	r.NullMask()[row] = true
	if r.Refs != nil {
		r.Refs[row] = vector.Ref{}
	}
}

// Borrow makes the rows' Refs point into data, which belongs to an argument, instead of r's own arena.
func (r *Result) Borrow(data []byte) {
	if !r.lent {
		r.arena, r.lent = r.Data, true
	}
	r.Data = data
}

// BorrowChildren makes the rows' Refs point into children that belong to an argument.
func (r *Result) BorrowChildren(children []*vector.Vector) {
	if !r.childrenLent {
		r.children, r.childrenLent = r.Children, true
	}
	r.Children = children
}

// Extend starts a byte string at the end of the arena: the caller appends to the returned slice and passes it to Set.
func (r *Result) Extend() []byte { return r.Data }

// Set ends the byte string of row that Extend started; start is the length of the slice that Extend returned.
func (r *Result) Set(row, start int, data []byte) {
	r.Data = data
	r.Refs[row] = vector.Ref{Off: uint32(start), Len: uint32(len(data) - start)}
}

// SetBool stores a boolean.
func (r *Result) SetBool(row int, v bool) {
	r.I64[row] = 0
	if v {
		r.I64[row] = 1
	}
}

// column reads the values of a vector of any form by row number.
type column[T any] struct {
	vals  []T
	codes []uint32
	mask  int // 0 for a constant, otherwise all ones
}

func (c *column[T]) at(row int) T {
	if c.codes != nil {
		return c.vals[c.codes[row]]
	}
	return c.vals[row&c.mask]
}

func columnOf[T any](v *vector.Vector, vals []T) column[T] {
	c := column[T]{vals: vals, mask: -1}
	switch v.Form {
	case vector.Dict:
		c.codes = v.Codes
	case vector.Const:
		c.mask = 0
	}
	return c
}

func ints(v *vector.Vector) column[int64]         { return columnOf(v, v.Base().I64) }
func floats(v *vector.Vector) column[float64]     { return columnOf(v, v.Base().F64) }
func wides(v *vector.Vector) column[types.Int128] { return columnOf(v, v.Base().W) }

// texts reads byte strings by row number.
type texts struct {
	refs column[vector.Ref]
	data []byte
}

func textsOf(v *vector.Vector) texts { return texts{columnOf(v, v.Base().Refs), v.Base().Data} }

func (t *texts) at(row int) []byte {
	r := t.refs.at(row)
	return t.data[r.Off : r.Off+r.Len : r.Off+r.Len]
}

// decimals reads decimals of either width as 128 bits.
type decimals struct {
	narrow column[int64]
	wide   column[types.Int128]
	isWide bool
}

func decimalsOf(v *vector.Vector) decimals {
	if v.Type.Physical() == types.I128 {
		return decimals{wide: wides(v), isWide: true}
	}
	return decimals{narrow: ints(v)}
}

func (d *decimals) at(row int) types.Int128 {
	if d.isWide {
		return d.wide.at(row)
	}
	return types.Int128Of(d.narrow.at(row))
}

// setDecimal stores a decimal in either width.
func (r *Result) setDecimal(row int, v types.Int128) {
	if r.W != nil {
		r.W[row] = v
		return
	}
	r.I64[row] = int64(v.Lo)
}

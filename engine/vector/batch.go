package vector

import "skep/dialect/types"

// Batch is a set of row-aligned columns. N is the number of rows the columns hold; Sel, when not nil, lists the rows that
// count, in ascending order. A batch without columns still has N rows.
type Batch struct {
	N    int
	Sel  []uint16
	Cols []*Vector
}

// NewBatch returns an empty batch with flat columns of the given types.
func NewBatch(ts []*types.Type) *Batch {
	b := &Batch{Cols: make([]*Vector, len(ts))}
	for i, t := range ts {
		b.Cols[i] = New(t, 0)
	}
	return b
}

// Rows returns the number of rows that count.
func (b *Batch) Rows() int {
	if b.Sel != nil {
		return len(b.Sel)
	}
	return b.N
}

// Reset empties all columns and the selection, keeping capacity.
func (b *Batch) Reset() {
	b.N, b.Sel = 0, nil
	for _, c := range b.Cols {
		c.Reset()
	}
}

// Append copies the selected rows of src to the end of b, which must have flat columns of the same types, no selection, and
// own its arenas.
func (b *Batch) Append(src *Batch) {
	for i, c := range b.Cols {
		AppendAll(c, src.Cols[i], src.Sel, src.N)
	}
	b.N += src.Rows()
}

// AppendRange copies the selected rows from..to-1 (counted within the selection) of src to the end of b.
func (b *Batch) AppendRange(src *Batch, from, to int) {
	if src.Sel != nil {
		sel := src.Sel[from:to]
		for i, c := range b.Cols {
			AppendRows(c, src.Cols[i], sel)
		}
	} else {
		rows := Sequence(to)[from:to]
		for i, c := range b.Cols {
			AppendRows(c, src.Cols[i], rows)
		}
	}
	b.N += to - from
}

// Bytes returns the approximate memory held by the batch's own slices, for budgets.
func (b *Batch) Bytes() int64 {
	var n int64
	for _, c := range b.Cols {
		n += c.MemoryBytes()
	}
	return n
}

// MemoryBytes returns the approximate memory behind v, shared arenas counted in full.
func (v *Vector) MemoryBytes() int64 {
	n := int64(cap(v.I64)*8 + cap(v.F64)*8 + cap(v.W)*16 + cap(v.Refs)*8 + cap(v.Data) + cap(v.Codes)*4 + cap(v.Nulls))
	if v.DictOf != nil {
		n += v.DictOf.MemoryBytes()
	}
	for _, c := range v.Children {
		n += c.MemoryBytes()
	}
	return n
}

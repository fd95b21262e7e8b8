package operator

import (
	"skep/dialect/types"
	"skep/engine/vector"
)

// keptRows collects rows of batches, copying everything but dictionaries that last: what was worked out once per entry of such
// a dictionary stays worth remembering, and strings are not copied.
type keptRows struct {
	n    int
	cols []*vector.Vector // of dictionary form only with lasting dictionaries
}

func newKeptRows(ts []*types.Type) *keptRows {
	k := &keptRows{cols: make([]*vector.Vector, len(ts))}
	for i, t := range ts {
		k.cols[i] = vector.New(t, 0)
	}
	return k
}

// append copies the selected rows of b.
func (k *keptRows) append(b *vector.Batch) {
	for i, v := range b.Cols {
		k.appendColumn(i, b, v)
	}
	k.n += b.Rows()
}

func (k *keptRows) appendColumn(i int, b *vector.Batch, v *vector.Vector) {
	dst := k.cols[i]
	if v.Keepable() {
		if k.n == 0 {
			dst.Form, dst.Codes, dst.Nulls = vector.Dict, dst.Codes[:0], nil
			dst.DictOf, dst.DictID = v.DictOf, v.DictID
		}
		if dst.Form == vector.Dict && dst.DictID == v.DictID {
			appendCodes(dst, b, v, k.n)
			return
		}
	}
	if dst.Form == vector.Dict {
		flat := vector.New(dst.Type, 0)
		vector.AppendRows(flat, dst, vector.Sequence(k.n))
		dst = flat
		k.cols[i] = flat
	}
	vector.AppendAll(dst, v, b.Sel, b.N)
}

// appendCodes appends the selected rows of v to dst, which has the same dictionary and n rows.
func appendCodes(dst *vector.Vector, b *vector.Batch, v *vector.Vector, n int) {
	if b.Sel == nil {
		dst.Codes = append(dst.Codes, v.Codes[:b.N]...)
	} else {
		for _, r := range b.Sel {
			dst.Codes = append(dst.Codes, v.Codes[r])
		}
	}
	if v.Nulls == nil {
		if dst.Nulls != nil {
			dst.MakeNulls(len(dst.Codes))
		}
		return
	}
	nulls := dst.MakeNulls(len(dst.Codes))
	for k := range b.Rows() {
		nulls[n+k] = v.Nulls[row(b, k)]
	}
}

// batch returns the rows; they are k's until reset.
func (k *keptRows) batch() *vector.Batch { return &vector.Batch{N: k.n, Cols: k.cols} }

// reset forgets the rows, keeping storage.
func (k *keptRows) reset() {
	k.n = 0
	for _, v := range k.cols {
		v.Reset()
	}
}

// keptBytes is the memory of columns apart from dictionaries, which belong to somebody else.
func keptBytes(cols []*vector.Vector) int64 {
	var n int64
	for _, v := range cols {
		n += v.MemoryBytes()
		if v.DictOf != nil {
			n -= v.DictOf.MemoryBytes()
		}
	}
	return n
}

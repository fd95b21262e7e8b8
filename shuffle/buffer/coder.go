package buffer

import (
	"math"

	"skep/dialect/types"
	"skep/engine/vector"
)

const (
	// Once a column has codedRows rows, and rowsPerCode of them to an entry of the largest dictionary that came, it must have rowsPerEntry
	// rows to an entry of its own dictionary to stay coded.
	codedRows    = 4096
	rowsPerCode  = 4
	rowsPerEntry = 2
	// maxEntries bounds the entries of a column's dictionary, maxKnown those of the dictionaries that it was made of.
	maxEntries = 1 << 17
	maxKnown   = 1 << 20
	// maxConstants bounds the constants that are looked up by their bytes.
	maxConstants = 16
	// coderShare is the part of the budget that the dictionary of a column may take.
	coderShare = 16
)

// coder keeps a column of strings coded: as long as strings come with known dictionaries (or as constants), each entry in use becomes an
// entry of a dictionary of the buffer's own, and rows are codes. So strings are neither copied nor hashed row by row, here and by those
// who read the rows in this process.
type coder struct {
	entries    *vector.Vector      // nil when the column is not coded
	id         uint64              // of entries
	known      map[uint64][]uint32 // by the identity of a dictionary that came: 1 + own code, by code; 0 when not in use yet
	constants  map[string]uint32
	remembered int // entries of known
	largest    int // dictionary that came
	rows       int
	out        vector.Vector // of the current batch
}

func newCoder(t *types.Type) *coder {
	if t.Physical() != types.Bytes {
		return &coder{}
	}
	c := &coder{entries: vector.New(t, 0), id: vector.NewDictID(), known: map[uint64][]uint32{}, constants: map[string]uint32{}}
	c.entries.Lasting = true
	return c
}

// on reports whether the column is coded.
func (c *coder) on() bool { return c.known != nil }

// bytes is roughly the memory that the coder keeps.
func (c *coder) bytes() int64 {
	if c.entries == nil {
		return 0
	}
	return int64(4*c.remembered + 8*cap(c.entries.Refs) + cap(c.entries.Data))
}

// translate returns v, a column of in, by codes of the own dictionary; false when the column cannot be coded any more. The result is valid
// until the next call; rows that are not selected have no meaning.
func (c *coder) translate(in *vector.Batch, v *vector.Vector) (*vector.Vector, bool) {
	o := &c.out
	o.Type, o.Form, o.DictOf, o.DictID = v.Type, vector.Dict, c.entries, c.id
	o.Nulls = v.Nulls
	ok := true
	switch {
	case v.Form == vector.Const:
		code := uint32(0)
		if v.IsNull(0) {
			o.Nulls = make([]bool, in.N)
			for i := range o.Nulls {
				o.Nulls[i] = true
			}
		} else {
			o.Nulls = nil
			code, ok = c.constant(v)
		}
		o.Codes = sized(o.Codes, in.N)
		for i := range o.Codes {
			o.Codes[i] = code
		}
	case v.Form == vector.Dict && v.DictID != 0:
		o.Codes = sized(o.Codes, in.N)
		ok = c.codes(in, v)
	default:
		return nil, false
	}
	c.rows += in.Rows()
	n := len(c.entries.Refs)
	return o, ok && n <= maxEntries && len(c.entries.Data) <= math.MaxUint32/2 && (c.rows < max(codedRows, rowsPerCode*c.largest) || n*rowsPerEntry <= c.rows)
}

func sized(s []uint32, n int) []uint32 {
	if cap(s) < n {
		return make([]uint32, n, max(n, vector.BatchSize))
	}
	return s[:n]
}

func (c *coder) constant(v *vector.Vector) (code uint32, ok bool) {
	s := v.Bytes(0)
	code, ok = c.constants[string(s)]
	if !ok && len(c.constants) < maxConstants {
		code, ok = c.add(s), true
		c.constants[string(s)] = code
	}
	return code, ok
}

func (c *coder) add(s []byte) uint32 {
	e := c.entries
	e.Refs = append(e.Refs, vector.Ref{Off: uint32(len(e.Data)), Len: uint32(len(s))})
	e.Data = append(e.Data, s...)
	return uint32(len(e.Refs) - 1)
}

// codes fills in the codes of the selected rows of v; false when too much would have to be remembered.
func (c *coder) codes(in *vector.Batch, v *vector.Vector) bool {
	known := c.known[v.DictID]
	if size := v.DictOf.Len(); len(known) < size {
		if c.remembered += size - len(known); c.remembered > maxKnown {
			return false
		}
		c.largest = max(c.largest, size)
		known = append(known, make([]uint32, size-len(known))...)
		c.known[v.DictID] = known
	}
	out := c.out.Codes
	if in.Sel == nil && v.Nulls == nil {
		for i, code := range v.Codes[:in.N] {
			k := known[code]
			if k == 0 {
				k = c.learn(known, v.DictOf, code)
			}
			out[i] = k - 1
		}
		return true
	}
	for k := range in.Rows() {
		i := k
		if in.Sel != nil {
			i = int(in.Sel[k])
		}
		if v.Nulls != nil && v.Nulls[i] {
			out[i] = 0
			continue
		}
		code := v.Codes[i]
		own := known[code]
		if own == 0 {
			own = c.learn(known, v.DictOf, code)
		}
		out[i] = own - 1
	}
	return true
}

// learn makes an entry of a dictionary one of the own dictionary and returns 1 + its code.
func (c *coder) learn(known []uint32, from *vector.Vector, code uint32) uint32 {
	r := from.Refs[code]
	known[code] = c.add(from.Data[r.Off:r.Off+r.Len]) + 1
	return known[code]
}

// coded returns a batch with those of its columns by codes that can be.
func (b *Buffer) coded(in *vector.Batch) *vector.Batch {
	b.in.N, b.in.Sel, b.in.Cols = in.N, in.Sel, append(b.in.Cols[:0], in.Cols...)
	most := b.cfg.Budget / coderShare
	for i, c := range b.coders {
		if !c.on() {
			continue
		}
		v, ok := c.translate(in, in.Cols[i])
		if ok && c.bytes() <= most {
			b.in.Cols[i] = v
		} else {
			b.decode(i)
		}
	}
	return &b.in
}

// decode gives up the codes of a column. What was handed on keeps them.
func (b *Buffer) decode(column int) {
	c := b.coders[column]
	b.stageBytes += flatten(b.stage.Cols[column])
	for _, h := range b.hash {
		if h != nil {
			b.hashBytes += flatten(h.Cols[column])
		}
	}
	c.known, c.constants, c.out, c.remembered = nil, nil, vector.Vector{}, 0
	if !b.Keep {
		c.entries = nil
	}
}

// flatten makes a column have its strings and returns the bytes by which it has grown.
func flatten(v *vector.Vector) int64 {
	if v.Form != vector.Dict {
		return 0
	}
	flat := vector.New(v.Type, 0)
	vector.AppendRows(flat, v, vector.Sequence(len(v.Codes)))
	*v = *flat
	return int64(len(v.Data))
}

// dictionaryBytes is roughly the memory of the dictionaries of coded columns.
func (b *Buffer) dictionaryBytes() int64 {
	var n int64
	for _, c := range b.coders {
		n += c.bytes()
	}
	return n
}

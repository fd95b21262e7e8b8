package operator

import (
	"skep/dialect/types"
	"skep/engine/vector"
)

// maxCodes bounds the combinations of codes for which groups are looked up directly.
const maxCodes = 1 << 16

// codedKeys finds groups without hashing while the keys of each row can be numbered cheaply: by the codes of known
// dictionaries, or as integers in a small range. The combined number indexes an array of groups, which is filled as
// combinations first appear.
type codedKeys struct {
	off     bool // the keys are not of that kind
	fields  []codedField
	changes int
	groups  []uint32 // group + 1 by code
	epoch   int      // of the table's groups
	code    []uint32
	found   []uint32
	miss    []uint32 // rows whose code is new
	rows    []uint16
	keys    []*vector.Vector
	encoder *keyEncoder // nil when the table's keys are never packed
}

// codedField is the numbering of one key: 0 is NULL, then come the dictionary's codes or the values from lo.
type codedField struct {
	dict   uint64 // DictID, 0 for integers
	lo, hi int64  // range of the integers, with some room
	size   int    // codes, NULL included
}

// maxChanges is the number of times that ranges may grow before the keys are taken to be of another kind.
const maxChanges = 16

// reset forgets all groups: the table is another one.
func (c *codedKeys) reset() { *c = codedKeys{off: c.off, encoder: c.encoder} }

// find returns the group of each selected row, or nil when the keys cannot be numbered.
func (c *codedKeys) find(t *aggregateTable, b *vector.Batch, keys []*vector.Vector) []uint32 {
	if c.off {
		return nil
	}
	n := b.Rows()
	c.code, c.found = grow(c.code, n), grow(c.found, n)
	if !c.lookUp(t, b, keys) {
		if !c.prepare(t, b, keys) {
			c.off = true
			return nil
		}
		for i, f := range c.fields {
			f.number(b, keys[i], c.code, i == 0)
		}
		miss, groups := c.miss[:0], c.groups
		for k, x := range c.code {
			g := groups[x]
			if g == 0 {
				miss = append(miss, uint32(k))
			}
			c.found[k] = g - 1
		}
		c.miss = miss
	}
	if len(c.miss) > 0 && !c.resolve(t, b, keys) {
		c.off = true
		return nil
	}
	return c.found
}

// lookUp is the whole of numbering in one pass for a single integer key without NULLs; false when the key is of another kind or beyond
// the range known.
func (c *codedKeys) lookUp(t *aggregateTable, b *vector.Batch, keys []*vector.Vector) bool {
	v := keys[0]
	if len(keys) != 1 || c.groups == nil || c.epoch != t.epoch || c.fields[0].dict != 0 ||
		b.Sel != nil || v.Form != vector.Flat || v.Nulls != nil || v.Type.Physical() != types.I64 {
		return false
	}
	lo, groups := c.fields[0].lo, c.groups[1:]
	code, found, miss := c.code, c.found[:len(c.code)], c.miss[:0]
	for k, x := range v.I64[:len(code)] {
		at := uint64(x - lo)
		if at >= uint64(len(groups)) {
			return false
		}
		g := groups[at]
		code[k], found[k] = uint32(at)+1, g-1
		if g == 0 {
			miss = append(miss, uint32(k))
		}
	}
	c.miss = miss
	return true
}

// prepare makes the numbering fit the batch, starting anew when dictionaries or ranges have changed.
func (c *codedKeys) prepare(t *aggregateTable, b *vector.Batch, keys []*vector.Vector) bool {
	if c.fields == nil {
		c.fields = make([]codedField, len(keys))
	}
	fresh := c.epoch != t.epoch || c.groups == nil
	c.epoch = t.epoch
	product := 1
	for i, v := range keys {
		f := &c.fields[i]
		switch {
		case v.Form == vector.Dict && v.DictID != 0:
			if size := v.DictOf.Len() + 1; f.dict != v.DictID || f.size != size {
				*f = codedField{dict: v.DictID, size: size}
				fresh = true
			}
		case v.Form == vector.Flat && v.Type.Physical() == types.I64:
			lo, hi := valueRange(v, b)
			if f.dict == 0 && f.size > 0 {
				if lo >= f.lo && hi <= f.hi {
					break
				}
				lo, hi = min(lo, f.lo), max(hi, f.hi)
				c.changes++
			}
			if uint64(hi)-uint64(lo) >= maxCodes || c.changes > maxChanges {
				return false
			}
			// A little room for what is to come.
			lo, hi = lo&^15, hi|15
			*f = codedField{lo: lo, hi: hi, size: int(hi-lo) + 2}
			fresh = true
		default:
			return false
		}
		if product *= f.size; product > maxCodes {
			return false
		}
	}
	if fresh {
		c.groups = grow(c.groups, product)
		clear(c.groups)
	}
	return true
}

// valueRange returns the bounds of the selected values of a flat integer column; 0 and 0 without any.
func valueRange(v *vector.Vector, b *vector.Batch) (lo, hi int64) {
	lo, hi = 1<<63-1, -1<<63
	if b.Sel == nil && v.Nulls == nil {
		for _, x := range v.I64[:b.N] {
			lo, hi = min(lo, x), max(hi, x)
		}
	} else {
		for k := range b.Rows() {
			r := row(b, k)
			if v.Nulls == nil || !v.Nulls[r] {
				lo, hi = min(lo, v.I64[r]), max(hi, v.I64[r])
			}
		}
	}
	if lo > hi {
		return 0, 0
	}
	return lo, hi
}

// number folds the field into the codes of the selected rows.
func (f codedField) number(b *vector.Batch, v *vector.Vector, code []uint32, first bool) {
	size := uint32(f.size)
	if first {
		clear(code)
	}
	dict := f.dict != 0
	if b.Sel == nil && v.Nulls == nil {
		if dict {
			for k, x := range v.Codes[:len(code)] {
				code[k] = code[k]*size + x + 1
			}
			return
		}
		lo := f.lo - 1
		for k, x := range v.I64[:len(code)] {
			code[k] = code[k]*size + uint32(x-lo)
		}
		return
	}
	for k := range code {
		r := k
		if b.Sel != nil {
			r = int(b.Sel[k])
		}
		var x uint32
		switch {
		case v.Nulls != nil && v.Nulls[r]:
		case dict:
			x = v.Codes[r] + 1
		default:
			x = uint32(v.I64[r]-f.lo) + 1
		}
		code[k] = code[k]*size + x
	}
}

// resolve finds the groups of the rows with new codes by their keys; false when strings cannot be numbered.
func (c *codedKeys) resolve(t *aggregateTable, b *vector.Batch, keys []*vector.Vector) bool {
	c.rows = c.rows[:0]
	kept := c.miss[:0]
	for _, k := range c.miss {
		// The first row with a code stands for the others.
		if x := c.code[k]; c.groups[x] == 0 {
			c.groups[x] = ^uint32(0)
			c.rows = append(c.rows, row(b, int(k)))
			kept = append(kept, k)
		}
	}
	if c.keys == nil {
		for _, v := range keys {
			c.keys = append(c.keys, &vector.Vector{Type: v.Type})
		}
	}
	for i, v := range keys {
		vector.GatherView(c.keys[i], v, c.rows)
	}
	own := c.keys
	if t.packed {
		if !c.encoder.encodeFlat(c.keys, len(c.rows)) {
			return false
		}
		own = c.encoder.columns(c.keys)
	}
	for i, g := range t.find(own, len(c.rows)) {
		c.groups[c.code[kept[i]]] = g + 1
	}
	for k, g := range c.found {
		if g == ^uint32(0) {
			c.found[k] = c.groups[c.code[k]] - 1
		}
	}
	return true
}

// Package colstats gathers column statistics of the rows that pass by, for ANALYZE and for the statistics that writing
// a table leaves behind: NULLs, bounds, distinct values (estimated), lengths.
package colstats

import (
	"bytes"
	"math"

	"skep/dialect/types"
	"skep/engine/decimal"
	"skep/engine/vector"
)

// Column accumulates the statistics of one column. The zero value is not usable: see NewColumn. One goroutine at a time.
type Column struct {
	Type     *types.Type
	Rows     int64
	Nulls    int64
	TotalLen int64 // Bytes columns: sum of lengths
	MaxLen   int64
	Trues    int64 // boolean
	seen     bool
	min, max types.Datum
	distinct sketch
	lastDict uint64 // dictionary of which hashed says what is in the sketch already
	hashed   []bool
}

// NewColumn starts the statistics of a column of type t. Nested types count rows and NULLs only.
func NewColumn(t *types.Type) *Column { return &Column{Type: t, distinct: newSketch()} }

// Distinct returns the estimated number of distinct values other than NULL, at least 1 when there are rows, as Hive has it.
func (c *Column) Distinct() int64 {
	if c.Rows == 0 {
		return 0
	}
	return c.distinct.estimate()
}

// Bounds returns the smallest and largest value; ok is false without any value or order.
func (c *Column) Bounds() (lo, hi types.Datum, ok bool) { return c.min, c.max, c.seen }

// AvgLen returns the average length in bytes of the values of a Bytes column.
func (c *Column) AvgLen() float64 {
	if c.Rows == c.Nulls {
		return 0
	}
	return float64(c.TotalLen) / float64(c.Rows-c.Nulls)
}

// Add accounts for the rows of v that sel selects (all of 0..n-1 when nil). It keeps nothing of v.
func (c *Column) Add(v *vector.Vector, sel []uint16, n int) {
	count := n
	if sel != nil {
		count = len(sel)
	}
	if count == 0 {
		return
	}
	c.Rows += int64(count)
	if v.Type.Physical() == types.Nothing {
		c.Nulls += int64(count)
		return
	}
	at := func(k int) int {
		if sel != nil {
			return int(sel[k])
		}
		return k
	}
	if v.Form == vector.Const {
		if v.IsNull(0) {
			c.Nulls += int64(count)
			return
		}
		c.value(v, 0)
		c.lengths(v, func(int) int { return 0 }, count)
		if v.Type.Kind == types.Boolean && v.I64[0] != 0 {
			c.Trues += int64(count)
		}
		return
	}
	if v.Nulls != nil {
		for k := range count {
			if v.Nulls[at(k)] {
				c.Nulls++
			}
		}
	}
	switch v.Type.Physical() {
	case types.I64:
		c.addInts(v, at, count)
	case types.F64:
		c.addFloats(v, at, count)
	case types.I128:
		for k := range count {
			if row := at(k); !v.IsNull(row) {
				c.value(v, row)
			}
		}
	case types.Bytes:
		c.addBytes(v, at, count)
	}
}

func (c *Column) addInts(v *vector.Vector, at func(int) int, count int) {
	base := v.Base()
	lo, hi, seen := c.min.I, c.max.I, c.seen
	for k := range count {
		row := at(k)
		if v.Nulls != nil && v.Nulls[row] {
			continue
		}
		x := base.I64[v.At(row)]
		if !seen {
			lo, hi, seen = x, x, true
		}
		lo, hi = min(lo, x), max(hi, x)
		c.distinct.add(hashLong(c.long(x)))
		if x != 0 && v.Type.Kind == types.Boolean {
			c.Trues++
		}
	}
	c.min.I, c.max.I, c.seen = lo, hi, seen
}

func (c *Column) addFloats(v *vector.Vector, at func(int) int, count int) {
	base := v.Base()
	for k := range count {
		row := at(k)
		if v.Nulls != nil && v.Nulls[row] {
			continue
		}
		x := base.F64[v.At(row)]
		c.distinct.add(hashLong(math.Float64bits(x)))
		if math.IsNaN(x) {
			continue
		}
		if !c.seen {
			c.min.F, c.max.F, c.seen = x, x, true
		}
		c.min.F, c.max.F = min(c.min.F, x), max(c.max.F, x)
	}
}

func (c *Column) addBytes(v *vector.Vector, at func(int) int, count int) {
	c.lengths(v, at, count)
	base := v.Base()
	if v.Form == vector.Dict && v.DictID != 0 {
		// each entry is hashed once instead of once per row
		if v.DictID != c.lastDict || len(c.hashed) < len(base.Refs) {
			c.lastDict, c.hashed = v.DictID, make([]bool, len(base.Refs))
		}
		for k := range count {
			row := at(k)
			if v.Nulls != nil && v.Nulls[row] {
				continue
			}
			if i := v.At(row); !c.hashed[i] && !base.IsNull(i) {
				c.hashed[i] = true
				c.value(base, i)
			}
		}
		return
	}
	for k := range count {
		if row := at(k); v.Nulls == nil || !v.Nulls[row] {
			c.value(v, row)
		}
	}
}

func (c *Column) lengths(v *vector.Vector, at func(int) int, count int) {
	if v.Type.Physical() != types.Bytes {
		return
	}
	base := v.Base()
	for k := range count {
		row := at(k)
		if v.IsNull(row) {
			continue
		}
		n := int64(base.Refs[v.At(row)].Len)
		c.TotalLen += n
		c.MaxLen = max(c.MaxLen, n)
	}
}

// value takes one value, not NULL, into bounds and distinct count.
func (c *Column) value(v *vector.Vector, row int) {
	b, i := v.Base(), v.At(row)
	switch v.Type.Physical() {
	case types.I64:
		x := b.I64[i]
		c.distinct.add(hashLong(c.long(x)))
		if !c.seen {
			c.min.I, c.max.I, c.seen = x, x, true
		}
		c.min.I, c.max.I = min(c.min.I, x), max(c.max.I, x)
	case types.F64:
		c.addFloats(b, func(int) int { return i }, 1)
	case types.I128:
		x := b.W[i]
		c.distinct.add(hashLong(c.wide(x)))
		if !c.seen {
			c.min.W, c.max.W, c.seen = x, x, true
		}
		if x.Less(c.min.W) {
			c.min.W = x
		}
		if c.max.W.Less(x) {
			c.max.W = x
		}
	case types.Bytes:
		r := b.Refs[i]
		s := b.Data[r.Off : r.Off+r.Len]
		c.distinct.add(hashBytes(s))
		if !c.seen {
			c.min.S, c.max.S, c.seen = string(s), string(s), true
			return
		}
		if bytes.Compare(s, []byte(c.min.S)) < 0 {
			c.min.S = string(s)
		}
		if bytes.Compare(s, []byte(c.max.S)) > 0 {
			c.max.S = string(s)
		}
	}
}

// Merge adds the statistics of o, of the same type, to c.
func (c *Column) Merge(o *Column) {
	c.Rows += o.Rows
	c.Nulls += o.Nulls
	c.TotalLen += o.TotalLen
	c.MaxLen = max(c.MaxLen, o.MaxLen)
	c.Trues += o.Trues
	c.distinct.merge(o.distinct)
	if !o.seen {
		return
	}
	if !c.seen {
		c.min, c.max, c.seen = o.min, o.max, true
		return
	}
	switch c.Type.Physical() {
	case types.I64:
		c.min.I, c.max.I = min(c.min.I, o.min.I), max(c.max.I, o.max.I)
	case types.F64:
		c.min.F, c.max.F = min(c.min.F, o.min.F), max(c.max.F, o.max.F)
	case types.I128:
		if o.min.W.Less(c.min.W) {
			c.min.W = o.min.W
		}
		if c.max.W.Less(o.max.W) {
			c.max.W = o.max.W
		}
	case types.Bytes:
		c.min.S, c.max.S = min(c.min.S, o.min.S), max(c.max.S, o.max.S)
	}
}

// long gives the bits that Hive hashes of a value held as an integer: decimals count as doubles.
func (c *Column) long(x int64) uint64 {
	if c.Type.Kind != types.Decimal {
		return uint64(x)
	}
	return math.Float64bits(decimal.Float64Of(x, c.Type.Scale))
}

// wide gives the bits that Hive hashes of a value held in 128 bits: decimals count as doubles, timestamps as seconds.
func (c *Column) wide(x types.Int128) uint64 {
	if c.Type.Kind != types.Decimal {
		return uint64(x.Hi)
	}
	return math.Float64bits(decimal.Float64(x, c.Type.Scale))
}

// Sketch returns the sketch of distinct values, to be kept with the statistics; nil when there were no rows.
func (c *Column) Sketch() []byte {
	if c.Rows == 0 {
		return nil
	}
	return c.distinct.encode()
}

// Union merges two sketches; ok is false when they are not of this package's form.
func Union(a, b []byte) (merged []byte, distinct int64, ok bool) {
	s, ok1 := decode(a)
	o, ok2 := decode(b)
	if !ok1 || !ok2 {
		return nil, 0, false
	}
	s.merge(o)
	return s.encode(), s.estimate(), true
}

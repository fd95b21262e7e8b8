// Package colstats gathers column statistics of the rows that pass by, for ANALYZE and for the statistics that writing
// a table leaves behind: NULLs, bounds, distinct values (estimated), lengths.
package colstats

import (
	"math"

	"skep/dialect/types"
	"skep/engine/decimal"
	"skep/engine/sketch"
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
	distinct sketch.HLL
	lastDict uint64 // dictionary of which hashed says what is in the sketch already
	hashed   []bool
	recent   *recentInts // nil as long as there are few rows
}

// NewColumn starts the statistics of a column of type t. Nested types count rows and NULLs only.
func NewColumn(t *types.Type) *Column { return &Column{Type: t, distinct: sketch.NewHLL()} }

// Distinct returns the estimated number of distinct values other than NULL, at least 1 when there are rows, as Hive has it.
func (c *Column) Distinct() int64 {
	if c.Rows == 0 {
		return 0
	}
	return c.distinct.Estimate()
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
	if v.Form == vector.Const {
		if v.IsNull(0) {
			c.Nulls += int64(count)
			return
		}
		c.value(v, 0)
		if v.Type.Physical() == types.Bytes {
			n := int64(v.Refs[0].Len)
			c.TotalLen, c.MaxLen = c.TotalLen+n*int64(count), max(c.MaxLen, n)
		}
		if v.Type.Kind == types.Boolean && v.I64[0] != 0 {
			c.Trues += int64(count) - 1 // value has counted one
		}
		return
	}
	if v.Form == vector.Flat && sel == nil && v.Type.Physical() == types.I64 {
		c.addFlatInts(v.I64[:n], v.Nulls)
		return
	}
	if v.Nulls != nil {
		c.countNulls(v.Nulls, sel, n)
	}
	at := func(k int) int {
		if sel != nil {
			return int(sel[k])
		}
		return k
	}
	switch v.Type.Physical() {
	case types.I64:
		base := v.Base()
		for k := range count {
			if row := at(k); v.Nulls == nil || !v.Nulls[row] {
				c.int(base.I64[v.At(row)])
			}
		}
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

func (c *Column) countNulls(nulls []bool, sel []uint16, n int) {
	if sel != nil {
		for _, r := range sel {
			if nulls[r] {
				c.Nulls++
			}
		}
		return
	}
	for _, null := range nulls[:n] {
		if null {
			c.Nulls++
		}
	}
}

// recentInts remembers by a few bits of the value the last one hashed, since most columns hold the same values again and again.
type recentInts [1 << recentBits]int64

const (
	recentBits = 9
	// recentRows is the number of rows from which the memory of recentInts is well spent.
	recentRows = 1 << 13
)

func newRecentInts() *recentInts {
	r := &recentInts{}
	r[0] = 1 // zero, which the others hold, has place 0
	return r
}

// seen reports whether x is remembered, and remembers it.
func (r *recentInts) seen(x int64) bool {
	p := &r[uint64(x)*0x9e3779b97f4a7c15>>(64-recentBits)]
	if *p == x {
		return true
	}
	*p = x
	return false
}

func (c *Column) addFlatInts(vals []int64, nulls []bool) {
	if c.recent == nil && c.Rows >= recentRows {
		c.recent = newRecentInts()
	}
	recent := c.recent
	if recent == nil || c.Type.Kind == types.Boolean {
		for k, x := range vals {
			if nulls != nil && nulls[k] {
				c.Nulls++
			} else {
				c.int(x)
			}
		}
		return
	}
	lo, hi, seen := c.min.I, c.max.I, c.seen
	for k, x := range vals {
		if nulls != nil && nulls[k] {
			c.Nulls++
			continue
		}
		if recent.seen(x) {
			continue
		}
		if !seen {
			lo, hi, seen = x, x, true
		}
		lo, hi = min(lo, x), max(hi, x)
		c.distinct.Add(sketch.HashLong(c.long(x)))
	}
	c.min.I, c.max.I, c.seen = lo, hi, seen
}

// int takes one value of the int64 class.
func (c *Column) int(x int64) {
	if !c.seen {
		c.min.I, c.max.I, c.seen = x, x, true
	}
	c.min.I, c.max.I = min(c.min.I, x), max(c.max.I, x)
	c.distinct.Add(sketch.HashLong(c.long(x)))
	if x != 0 && c.Type.Kind == types.Boolean {
		c.Trues++
	}
}

func (c *Column) addFloats(v *vector.Vector, at func(int) int, count int) {
	base := v.Base()
	for k := range count {
		row := at(k)
		if v.Nulls != nil && v.Nulls[row] {
			continue
		}
		x := base.F64[v.At(row)]
		c.distinct.Add(sketch.HashLong(math.Float64bits(x)))
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
			i := v.Codes[row]
			c.length(base.Refs[i])
			if !c.hashed[i] {
				c.hashed[i] = true
				c.text(base.Refs[i], base.Data)
			}
		}
		return
	}
	for k := range count {
		if row := at(k); v.Nulls == nil || !v.Nulls[row] {
			r := base.Refs[v.At(row)]
			c.length(r)
			c.text(r, base.Data)
		}
	}
}

func (c *Column) length(r vector.Ref) {
	c.TotalLen += int64(r.Len)
	c.MaxLen = max(c.MaxLen, int64(r.Len))
}

// text takes one byte string.
func (c *Column) text(r vector.Ref, data []byte) {
	s := data[r.Off : r.Off+r.Len]
	c.distinct.Add(sketch.HashBytes(s))
	switch {
	case !c.seen:
		c.min.S, c.max.S, c.seen = string(s), string(s), true
	case string(s) < c.min.S:
		c.min.S = string(s)
	case string(s) > c.max.S:
		c.max.S = string(s)
	}
}

// value takes one value, not NULL, into bounds and distinct count.
func (c *Column) value(v *vector.Vector, row int) {
	b, i := v.Base(), v.At(row)
	switch v.Type.Physical() {
	case types.I64:
		c.int(b.I64[i])
	case types.F64:
		c.addFloats(b, func(int) int { return i }, 1)
	case types.I128:
		x := b.W[i]
		c.distinct.Add(sketch.HashLong(c.wide(x)))
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
		c.text(b.Refs[i], b.Data)
	}
}

// Merge adds the statistics of o, of the same type, to c.
func (c *Column) Merge(o *Column) {
	c.Rows += o.Rows
	c.Nulls += o.Nulls
	c.TotalLen += o.TotalLen
	c.MaxLen = max(c.MaxLen, o.MaxLen)
	c.Trues += o.Trues
	c.distinct.Merge(o.distinct)
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
	return c.distinct.Encode()
}

// Union merges two sketches; ok is false when they are not of this package's form.
func Union(a, b []byte) (merged []byte, distinct int64, ok bool) {
	s, ok1 := sketch.DecodeHLL(a)
	o, ok2 := sketch.DecodeHLL(b)
	if !ok1 || !ok2 {
		return nil, 0, false
	}
	s.Merge(o)
	return s.Encode(), s.Estimate(), true
}

// Package rowset encodes query results as TRowSet structures of the Thrift binary protocol straight from the engine's vectors:
// column by column for protocol versions from V6, row by row below. Nothing is boxed and nothing is allocated per value.
package rowset

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"time"
	"unsafe"

	"github.com/apache/thrift/lib/go/thrift"

	"skep/dialect/types"
	"skep/engine/vector"
	"skep/engine/vector/valuetext"
)

// Builder collects batches and encodes them as one row set. It is reusable after Reset and used by one goroutine.
type Builder struct {
	loc     *time.Location
	columns []column
	rows    int
	perRow  bool   // row-based form
	rowData []byte // encoded TRow structures of the row-based form
	index   []uint32
}

// column is the encoded form of one result column so far.
type column struct {
	typ    *types.Type
	wire   wire
	values []byte // encoded list elements
	nulls  []byte // bitmap, least significant bit first, up to the highest NULL
}

// wire says how a type travels: the field of the TColumn and TColumnValue unions and the Thrift type of the elements.
type wire struct {
	field int16
	elem  thrift.TType
}

func wireOf(t *types.Type) wire {
	switch t.Kind {
	case types.Boolean:
		return wire{1, thrift.BOOL}
	case types.TinyInt:
		return wire{2, thrift.BYTE}
	case types.SmallInt:
		return wire{3, thrift.I16}
	case types.Int:
		return wire{4, thrift.I32}
	case types.BigInt:
		return wire{5, thrift.I64}
	case types.Float, types.Double:
		return wire{6, thrift.DOUBLE}
	case types.Binary:
		return wire{8, thrift.STRING}
	default:
		return wire{7, thrift.STRING}
	}
}

// NewBuilder returns a builder for columns of the given types. columnar is the form of protocol V6 and later. loc prints
// timestamps with local time zone; nil is UTC.
func NewBuilder(columns []*types.Type, columnar bool, loc *time.Location) *Builder {
	b := &Builder{loc: loc, perRow: !columnar, columns: make([]column, len(columns))}
	for i, t := range columns {
		w := wireOf(t)
		if b.perRow && t.Kind == types.Binary {
			w.field = 7 // TColumnValue has no binary member
		}
		b.columns[i] = column{typ: t, wire: w}
	}
	return b
}

// Rows returns the number of rows collected.
func (b *Builder) Rows() int { return b.rows }

// Columnar reports whether the builder makes the columnar form.
func (b *Builder) Columnar() bool { return !b.perRow }

// Bytes returns the approximate size of the encoded row set.
func (b *Builder) Bytes() int {
	n := len(b.rowData)
	for i := range b.columns {
		n += len(b.columns[i].values) + len(b.columns[i].nulls)
	}
	return n
}

// Reset drops the collected rows and keeps the buffers.
func (b *Builder) Reset() {
	b.rows, b.rowData = 0, b.rowData[:0]
	for i := range b.columns {
		c := &b.columns[i]
		c.values, c.nulls = c.values[:0], c.nulls[:0]
	}
}

// Append encodes the rows of batch, whose columns have the builder's types.
func (b *Builder) Append(batch *vector.Batch) {
	n := batch.Rows()
	if n == 0 {
		return
	}
	if b.perRow {
		b.appendRows(batch)
	} else {
		for i := range b.columns {
			b.appendColumn(&b.columns[i], batch.Cols[i], batch.Sel, n)
		}
	}
	b.rows += n
}

// stored fills b.index with the positions of the selected rows' values in v.Base().
func (b *Builder) stored(v *vector.Vector, sel []uint16, n int) []uint32 {
	if v.Form == vector.Flat && sel == nil {
		return vector.Sequence(n)
	}
	b.index = slices.Grow(b.index[:0], n)[:n]
	switch {
	case v.Form == vector.Const:
		clear(b.index)
	case v.Form == vector.Dict && sel == nil:
		copy(b.index, v.Codes[:n])
	case v.Form == vector.Dict:
		for i, r := range sel {
			b.index[i] = v.Codes[r]
		}
	default:
		for i, r := range sel {
			b.index[i] = uint32(r)
		}
	}
	return b.index
}

func (b *Builder) appendColumn(c *column, v *vector.Vector, sel []uint16, n int) {
	start := len(c.values)
	anyNull := c.markNulls(v, sel, b.rows, n)
	base := v.Base()
	if c.typ.Kind == types.Void || v.Form == vector.Dict && base.Len() == 0 {
		c.values = appendZeros(c.values, n*elemSize(c.wire.elem))
		return
	}
	at := b.stored(v, sel, n)
	switch c.wire.elem {
	case thrift.BOOL, thrift.BYTE:
		c.values = slices.Grow(c.values, n)[:start+n]
		out := c.values[start:]
		for i, p := range at {
			out[i] = byte(base.I64[p])
		}
		if anyNull {
			zeroNulls(out, 1, c.nulls, b.rows)
		}
	case thrift.I16:
		c.values = slices.Grow(c.values, 2*n)[:start+2*n]
		out := c.values[start:]
		for i, p := range at {
			binary.BigEndian.PutUint16(out[2*i:], uint16(base.I64[p]))
		}
		if anyNull {
			zeroNulls(out, 2, c.nulls, b.rows)
		}
	case thrift.I32:
		c.values = slices.Grow(c.values, 4*n)[:start+4*n]
		out := c.values[start:]
		for i, p := range at {
			binary.BigEndian.PutUint32(out[4*i:], uint32(base.I64[p]))
		}
		if anyNull {
			zeroNulls(out, 4, c.nulls, b.rows)
		}
	case thrift.I64:
		c.values = slices.Grow(c.values, 8*n)[:start+8*n]
		out := c.values[start:]
		for i, p := range at {
			binary.BigEndian.PutUint64(out[8*i:], uint64(base.I64[p]))
		}
		if anyNull {
			zeroNulls(out, 8, c.nulls, b.rows)
		}
	case thrift.DOUBLE:
		c.values = slices.Grow(c.values, 8*n)[:start+8*n]
		out := c.values[start:]
		if c.typ.Kind == types.Float {
			for i, p := range at {
				binary.BigEndian.PutUint64(out[8*i:], math.Float64bits(shortestDouble(base.F64[p])))
			}
		} else {
			for i, p := range at {
				binary.BigEndian.PutUint64(out[8*i:], math.Float64bits(base.F64[p]))
			}
		}
		if anyNull {
			zeroNulls(out, 8, c.nulls, b.rows)
		}
	default:
		c.values = b.appendTexts(c, v, base, at, anyNull)
	}
}

// appendTexts encodes length-prefixed strings.
func (b *Builder) appendTexts(c *column, v, base *vector.Vector, at []uint32, anyNull bool) []byte {
	dst := c.values
	plain := c.typ.Kind == types.String || c.typ.Kind == types.Varchar
	for i, p := range at {
		if anyNull && isSet(c.nulls, b.rows+i) {
			dst = append(dst, 0, 0, 0, 0)
			continue
		}
		start := len(dst)
		dst = append(dst, 0, 0, 0, 0)
		if plain {
			r := base.Refs[p]
			dst = valuetext.AppendUTF8(dst, base.Data[r.Off:r.Off+r.Len])
		} else {
			dst = valuetext.AppendValue(dst, base, int(p), b.loc)
		}
		binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	}
	return dst
}

// markNulls sets the bits of the selected rows of v that are NULL, counting from row first, and reports whether there are any.
func (c *column) markNulls(v *vector.Vector, sel []uint16, first, n int) bool {
	if v.Nulls == nil && c.typ.Kind != types.Void {
		return false
	}
	if v.Form == vector.Const || c.typ.Kind == types.Void {
		if c.typ.Kind != types.Void && !v.Nulls[0] {
			return false
		}
		for i := range n {
			c.setNull(first + i)
		}
		return true
	}
	found := false
	if sel == nil {
		for i, null := range v.Nulls[:n] {
			if null {
				found = true
				c.setNull(first + i)
			}
		}
		return found
	}
	for i, r := range sel {
		if v.Nulls[r] {
			found = true
			c.setNull(first + i)
		}
	}
	return found
}

func (c *column) setNull(row int) {
	for row/8 >= len(c.nulls) {
		c.nulls = append(c.nulls, 0)
	}
	c.nulls[row/8] |= 1 << (row % 8)
}

func isSet(bits []byte, i int) bool { return i/8 < len(bits) && bits[i/8]&(1<<(i%8)) != 0 }

// zeroNulls overwrites the elements of NULL rows: the bytes behind a NULL are not the client's business.
func zeroNulls(out []byte, size int, nulls []byte, first int) {
	for i := range len(out) / size {
		if isSet(nulls, first+i) {
			clear(out[i*size : (i+1)*size])
		}
	}
}

func appendZeros(dst []byte, n int) []byte {
	dst = slices.Grow(dst, n)
	clear(dst[len(dst) : len(dst)+n])
	return dst[:len(dst)+n]
}

func elemSize(t thrift.TType) int {
	switch t {
	case thrift.BOOL, thrift.BYTE:
		return 1
	case thrift.I16:
		return 2
	case thrift.I32, thrift.STRING:
		return 4
	default:
		return 8
	}
}

// shortestDouble returns the double nearest to the decimal text of the float32 value v: Hive sends floats that way, so that 1.1f
// arrives as 1.1.
func shortestDouble(v float64) float64 {
	if math.Abs(v) < 1<<24 && v == math.Trunc(v) || v-v != 0 {
		return v
	}
	var buf [32]byte
	text := valuetext.AppendFloat(buf[:0], v)
	d, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(text), len(text)), 64)
	if err != nil {
		return v
	}
	return d
}

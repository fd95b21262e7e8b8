package rowset

import (
	"encoding/binary"
	"math"

	"github.com/apache/thrift/lib/go/thrift"

	"skep/dialect/types"
	"skep/engine/vector"
	"skep/engine/vector/valuetext"
)

// Fields of TRowSet.
const (
	rowSetStart   = 1
	rowSetRows    = 2
	rowSetColumns = 3
)

// AppendTo appends the TRowSet structure (fields and stop byte) to dst. The start offset is always zero, as Hive's is.
func (b *Builder) AppendTo(dst []byte) []byte {
	dst = appendField(dst, thrift.I64, rowSetStart)
	dst = binary.BigEndian.AppendUint64(dst, 0)
	dst = appendField(dst, thrift.LIST, rowSetRows)
	if b.perRow {
		dst = appendList(dst, thrift.STRUCT, b.rows)
		dst = append(dst, b.rowData...)
		return append(dst, thrift.STOP)
	}
	dst = appendList(dst, thrift.STRUCT, 0)
	dst = appendField(dst, thrift.LIST, rowSetColumns)
	dst = appendList(dst, thrift.STRUCT, len(b.columns))
	for i := range b.columns {
		c := &b.columns[i]
		dst = appendField(dst, thrift.STRUCT, c.wire.field)
		dst = appendField(dst, thrift.LIST, 1)
		dst = appendList(dst, c.wire.elem, b.rows)
		dst = append(dst, c.values...)
		dst = appendField(dst, thrift.STRING, 2)
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(c.nulls)))
		dst = append(dst, c.nulls...)
		dst = append(dst, thrift.STOP, thrift.STOP)
	}
	return append(dst, thrift.STOP)
}

// appendRows encodes TRow structures: a list of TColumnValue, each a structure that lacks its value when NULL.
func (b *Builder) appendRows(batch *vector.Batch) {
	dst := b.rowData
	for i := range batch.Rows() {
		row := i
		if batch.Sel != nil {
			row = int(batch.Sel[i])
		}
		dst = appendField(dst, thrift.LIST, 1)
		dst = appendList(dst, thrift.STRUCT, len(b.columns))
		for k := range b.columns {
			c := &b.columns[k]
			dst = appendField(dst, thrift.STRUCT, c.wire.field)
			if v := batch.Cols[k]; c.typ.Kind != types.Void && !v.IsNull(row) {
				dst = appendField(dst, c.wire.elem, 1)
				dst = b.appendElement(dst, c, v, row)
			}
			dst = append(dst, thrift.STOP, thrift.STOP)
		}
		dst = append(dst, thrift.STOP)
	}
	b.rowData = dst
}

func (b *Builder) appendElement(dst []byte, c *column, v *vector.Vector, row int) []byte {
	base, at := v.Base(), v.At(row)
	switch c.wire.elem {
	case thrift.BOOL, thrift.BYTE:
		return append(dst, byte(base.I64[at]))
	case thrift.I16:
		return binary.BigEndian.AppendUint16(dst, uint16(base.I64[at]))
	case thrift.I32:
		return binary.BigEndian.AppendUint32(dst, uint32(base.I64[at]))
	case thrift.I64:
		return binary.BigEndian.AppendUint64(dst, uint64(base.I64[at]))
	case thrift.DOUBLE:
		d := base.F64[at]
		if c.typ.Kind == types.Float {
			d = shortestDouble(d)
		}
		return binary.BigEndian.AppendUint64(dst, math.Float64bits(d))
	}
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	if c.typ.Kind == types.Binary {
		dst = valuetext.AppendUTF8(dst, v.Bytes(row)) // travels as a string here
	} else {
		dst = valuetext.AppendValue(dst, v, row, b.loc)
	}
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst
}

func appendField(dst []byte, t thrift.TType, id int16) []byte {
	return append(dst, byte(t), byte(id>>8), byte(id))
}

func appendList(dst []byte, elem thrift.TType, n int) []byte {
	return binary.BigEndian.AppendUint32(append(dst, byte(elem)), uint32(n))
}

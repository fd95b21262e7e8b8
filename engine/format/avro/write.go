package avro

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/twmb/avro"

	"skep/dialect/types"
	"skep/engine/compress"
	"skep/engine/format"
	"skep/engine/vector"
	"skep/engine/vector/valuetext"
)

// blockBytes is the size of a block before it is compressed.
const blockBytes = 64_000

// NewWriter implements format.Format: compressed by avro.output.codec (deflate) when the session asks for compressed output.
// Timestamps are kept as if their local time were that of UTC, and the file says so.
func (Format) NewWriter(w io.Writer, opts *format.WriteOptions) (format.Writer, error) {
	s, text, err := readerSchema(opts.Schema, opts.Properties)
	if err != nil {
		return nil, fmt.Errorf("writing Avro: %w", err)
	}
	out := &writer{w: w, schema: s}
	for i := range s.root.Fields {
		f := &s.root.Fields[i]
		at := slices.IndexFunc(opts.Schema, func(c format.Column) bool { return strings.EqualFold(c.Name, f.Name) })
		if at < 0 {
			return nil, fmt.Errorf("writing Avro: the table has no column for the field %s of its schema", f.Name)
		}
		out.columns = append(out.columns, at)
	}
	name := "null"
	if conf := opts.Session.Conf; conf != nil && strings.EqualFold(conf("hive.exec.compress.output"), "true") {
		if name = conf("avro.output.codec"); name == "" {
			name = "deflate"
		}
	}
	codec, ok := codecs[name]
	if !ok {
		return nil, fmt.Errorf("writing Avro: the codec %s is not supported", name)
	}
	out.codec = codec
	if _, err := rand.Read(out.sync[:]); err != nil {
		return nil, fmt.Errorf("making a sync marker: %w", err)
	}
	head := []byte(magic)
	meta := [][2]string{
		{"avro.schema", text}, {"avro.codec", name}, {"writer.time.zone", "UTC"}, {"writer.proleptic", "true"},
		{"writer.zone.conversion.legacy", "false"},
	}
	head = appendLong(head, int64(len(meta)))
	for _, m := range meta {
		head = appendString(appendString(head, m[0]), m[1])
	}
	return out, out.put(append(append(head, 0), out.sync[:]...))
}

func appendLong(dst []byte, v int64) []byte {
	return binary.AppendUvarint(dst, uint64(v<<1)^uint64(v>>63))
}

func appendString[T string | []byte](dst []byte, s T) []byte {
	return append(appendLong(dst, int64(len(s))), s...)
}

type writer struct {
	w       io.Writer
	schema  *schema
	columns []int // of the schema's fields
	codec   compress.Block
	sync    [syncBytes]byte
	encoder compress.Encoder
	buf     []byte
	packed  []byte
	rows    int64
	stats   format.FileStats
}

func (w *writer) put(s []byte) error {
	n, err := w.w.Write(s)
	w.stats.Bytes += int64(n)
	if err != nil {
		return fmt.Errorf("writing Avro: %w", err)
	}
	return nil
}

// Write implements format.Writer.
func (w *writer) Write(b *vector.Batch) error {
	for k := range b.Rows() {
		row := k
		if b.Sel != nil {
			row = int(b.Sel[k])
		}
		for i, at := range w.columns {
			f := &w.schema.root.Fields[i]
			var err error
			if w.buf, err = w.value(w.buf, &f.Type, b.Cols[at], row); err != nil {
				return fmt.Errorf("writing Avro: field %s: %w", f.Name, err)
			}
		}
		w.rows++
		if len(w.buf) >= blockBytes {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// flush writes a block.
func (w *writer) flush() error {
	if w.rows == 0 {
		return nil
	}
	packed, err := w.encoder.Encode(w.codec, w.packed, w.buf)
	if err != nil {
		return fmt.Errorf("writing Avro: %w", err)
	}
	if w.codec != compress.BlockNone {
		w.packed = packed
	}
	if w.codec == compress.BlockSnappy {
		packed = binary.BigEndian.AppendUint32(packed, crc32.ChecksumIEEE(w.buf))
		w.packed = packed
	}
	out := appendLong(nil, w.rows)
	out = appendString(out, packed)
	out = append(out, w.sync[:]...)
	w.stats.Rows += w.rows
	w.buf, w.rows = w.buf[:0], 0
	return w.put(out)
}

// Close implements format.Writer.
func (w *writer) Close() (format.FileStats, error) {
	err := w.flush()
	return w.stats, err
}

// value appends the value of a row under a schema.
func (w *writer) value(dst []byte, n *avro.SchemaNode, v *vector.Vector, row int) ([]byte, error) {
	n = w.schema.node(n)
	isNull := v.Type.Kind == types.Void || v.IsNull(row)
	if n.Type == "union" {
		return w.union(dst, n, v, row, isNull)
	}
	if isNull {
		if n.Type == "null" {
			return dst, nil
		}
		return dst, fmt.Errorf("NULL is not a value of the Avro type %s", n.Type)
	}
	b, at := v.Base(), v.At(row)
	t := v.Type
	switch n.Type {
	case "boolean":
		if t.Kind == types.Boolean {
			return append(dst, byte(b.I64[at])), nil
		}
	case "int", "long":
		switch {
		case t.IsInteger() || t.Kind == types.Date:
			return appendLong(dst, b.I64[at]), nil
		case t.Kind == types.Timestamp:
			x := b.W[at]
			return appendLong(dst, x.Hi*1000+int64(x.Lo/1e6)), nil
		}
	case "float":
		if t.Physical() == types.F64 {
			return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(b.F64[at]))), nil
		}
	case "double":
		if t.Physical() == types.F64 {
			return binary.LittleEndian.AppendUint64(dst, math.Float64bits(b.F64[at])), nil
		}
	case "string", "bytes":
		switch {
		case t.Kind == types.Decimal:
			return appendDecimalBytes(dst, b, at), nil
		case t.Kind == types.Char:
			return appendString(dst, valuetext.AppendChar(nil, v.Bytes(row), t.Length)), nil
		case t.Physical() == types.Bytes:
			return appendString(dst, v.Bytes(row)), nil
		}
	case "fixed":
		if t.Physical() == types.Bytes {
			if s := v.Bytes(row); len(s) == n.Size {
				return append(dst, s...), nil
			}
			return dst, fmt.Errorf("a value of %d bytes for a fixed of %d", len(v.Bytes(row)), n.Size)
		}
	case "enum":
		if t.Physical() == types.Bytes {
			if i := slices.Index(n.Symbols, string(v.Bytes(row))); i >= 0 {
				return appendLong(dst, int64(i)), nil
			}
			return dst, fmt.Errorf("%q is not a symbol of the enum %s", v.Bytes(row), n.Name)
		}
	case "array", "map":
		if t.Kind == types.Array && n.Type == "array" || t.Kind == types.Map && n.Type == "map" {
			return w.collection(dst, n, b, b.Refs[at])
		}
	case "record", "error":
		if t.Kind == types.Struct {
			return w.record(dst, n, b, at)
		}
	}
	return dst, fmt.Errorf("type %s cannot be written as the Avro type %s", t, n.Type)
}

func (w *writer) union(dst []byte, n *avro.SchemaNode, v *vector.Vector, row int, isNull bool) ([]byte, error) {
	tag, b, at := int64(0), v.Base(), 0
	if !isNull {
		at = v.At(row)
		if v.Type.Kind == types.Union {
			tag = b.I64[at]
		}
	}
	for i := range n.Branches {
		branch := w.schema.node(&n.Branches[i])
		if (branch.Type == "null") != isNull {
			continue
		}
		if isNull {
			return appendLong(dst, int64(i)), nil
		}
		if tag > 0 {
			tag--
			continue
		}
		dst = appendLong(dst, int64(i))
		if v.Type.Kind == types.Union {
			return w.value(dst, branch, b.Children[b.I64[at]], at)
		}
		return w.value(dst, branch, v, row)
	}
	return dst, fmt.Errorf("a value of type %s has no branch in the union", v.Type)
}

func (w *writer) collection(dst []byte, n *avro.SchemaNode, b *vector.Vector, ref vector.Ref) (_ []byte, err error) {
	if ref.Len > 0 {
		dst = appendLong(dst, int64(ref.Len))
	}
	for k := ref.Off; k < ref.Off+ref.Len; k++ {
		if n.Type == "array" {
			dst, err = w.value(dst, n.Items, b.Children[0], int(k))
		} else {
			keys := b.Children[0]
			if keys.Type.Physical() != types.Bytes || keys.IsNull(int(k)) {
				return dst, fmt.Errorf("keys of maps must be strings")
			}
			dst, err = w.value(appendString(dst, keys.Bytes(int(k))), n.Values, b.Children[1], int(k))
		}
		if err != nil {
			return dst, err
		}
	}
	return append(dst, 0), nil
}

func (w *writer) record(dst []byte, n *avro.SchemaNode, b *vector.Vector, at int) (_ []byte, err error) {
	for i := range n.Fields {
		f := &n.Fields[i]
		k := b.Type.FieldIndex(strings.ToLower(f.Name))
		if k < 0 {
			return dst, fmt.Errorf("%s has no field %s", b.Type, f.Name)
		}
		if dst, err = w.value(dst, &f.Type, b.Children[k], at); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// appendDecimalBytes appends the unscaled value in as few bytes as its two's complement needs, after their number.
func appendDecimalBytes(dst []byte, b *vector.Vector, at int) []byte {
	var x types.Int128
	if b.Type.Physical() == types.I64 {
		x = types.Int128Of(b.I64[at])
	} else {
		x = b.W[at]
	}
	hi, lo := x.Hi, x.Lo
	if hi < 0 {
		hi, lo = ^hi, ^lo
	}
	n := bits.Len64(lo)
	if hi != 0 {
		n = 64 + bits.Len64(uint64(hi))
	}
	size := n/8 + 1
	dst = appendLong(dst, int64(size))
	for i := size - 1; i >= 0; i-- {
		if i >= 8 {
			dst = append(dst, byte(x.Hi>>(8*(i-8))))
		} else {
			dst = append(dst, byte(x.Lo>>(8*i)))
		}
	}
	return dst
}

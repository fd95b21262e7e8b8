package avro

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/twmb/avro"

	"skep/dialect/types"
	"skep/engine/decimal"
	"skep/engine/vector"
)

var errShort = errors.New("data ends amid a value")

// data is what is left of a block.
type data struct{ s []byte }

func (d *data) long() (int64, error) {
	u, n := binary.Uvarint(d.s)
	if n <= 0 {
		return 0, errShort
	}
	d.s = d.s[n:]
	return int64(u>>1) ^ -int64(u&1), nil
}

func (d *data) take(n int64) ([]byte, error) {
	if n < 0 || n > int64(len(d.s)) {
		return nil, errShort
	}
	s := d.s[:n]
	d.s = d.s[n:]
	return s, nil
}

func (d *data) bytes() ([]byte, error) {
	n, err := d.long()
	if err != nil {
		return nil, err
	}
	return d.take(n)
}

// decoder appends the next value to a flat vector, or passes it when v is nil.
type decoder func(d *data, v *vector.Vector) error

// resolver makes decoders for values that one schema wrote and another reads.
type resolver struct {
	writer, reader *schema
	zone           *time.Location // of timestamps without a time zone
}

func null(v *vector.Vector) {
	if v != nil {
		v.AppendDatum(types.NullDatum)
	}
}

// settle makes Nulls, if there are any, as long as v.
func settle(v *vector.Vector) {
	if v.Nulls != nil {
		v.MakeNulls(v.Len())
	}
}

// decoder returns the decoder of w's values; without a reader's node and type, one that passes them.
func (r *resolver) decoder(w, rd *avro.SchemaNode, t *types.Type, depth int) (decoder, error) {
	if depth > maxDepth {
		return nil, errors.New("the schema is nested too deeply or recursive")
	}
	w = r.writer.node(w)
	if w.Type == "union" {
		branches := make([]decoder, len(w.Branches))
		for i := range w.Branches {
			var err error
			if branches[i], err = r.decoder(&w.Branches[i], rd, t, depth+1); err != nil {
				return nil, err
			}
		}
		return func(d *data, v *vector.Vector) error {
			i, err := d.long()
			if err != nil {
				return err
			}
			if i < 0 || int(i) >= len(branches) {
				return fmt.Errorf("a union of %d branches has no number %d", len(branches), i)
			}
			return branches[i](d, v)
		}, nil
	}
	if w.Type == "null" {
		return func(_ *data, v *vector.Vector) error { null(v); return nil }, nil
	}
	if t == nil {
		return r.value(w, nil, nil, depth)
	}
	rd = r.reader.node(rd)
	if rd.Type != "union" {
		return r.value(w, rd, t, depth)
	}
	branches := r.reader.nonNull(rd)
	if len(branches) == 0 {
		return nil, mismatch(w, t)
	}
	if t.Kind != types.Union {
		return r.value(w, branches[0], t, depth)
	}
	tag := r.branch(w, branches)
	if tag < 0 || tag >= len(t.Fields) {
		return nil, mismatch(w, t)
	}
	inner, err := r.value(w, branches[tag], t.Fields[tag].Type, depth)
	if err != nil {
		return nil, err
	}
	return func(d *data, v *vector.Vector) error {
		if v == nil {
			return inner(d, nil)
		}
		v.I64 = append(v.I64, int64(tag))
		for i, c := range v.Children {
			if i != tag {
				null(c)
			} else if err := inner(d, c); err != nil {
				return err
			}
		}
		settle(v)
		return nil
	}, nil
}

// branch returns the first of a reader's branches that can take what w writes: the same type, or one that it is promoted to.
func (r *resolver) branch(w *avro.SchemaNode, branches []*avro.SchemaNode) int {
	for i, b := range branches {
		if b.Type == w.Type && (b.Name == "" || b.Name == w.Name) {
			return i
		}
	}
	promotions := map[string]string{"int": "long float double", "long": "float double", "float": "double", "string": "bytes", "bytes": "string"}
	for i, b := range branches {
		if strings.Contains(" "+promotions[w.Type]+" ", " "+b.Type+" ") {
			return i
		}
	}
	return -1
}

func mismatch(w *avro.SchemaNode, t *types.Type) error {
	return fmt.Errorf("values of the Avro type %s cannot be read as %s", w.Type, t)
}

// value returns the decoder of a type that is neither a union nor null.
func (r *resolver) value(w, rd *avro.SchemaNode, t *types.Type, depth int) (decoder, error) {
	switch w.Type {
	case "array", "map":
		return r.collection(w, rd, t, depth)
	case "record", "error":
		return r.record(w, rd, t, depth)
	}
	if t == nil {
		return skip(w)
	}
	switch w.Type {
	case "boolean":
		if t.Kind != types.Boolean {
			return nil, mismatch(w, t)
		}
		return func(d *data, v *vector.Vector) error {
			s, err := d.take(1)
			if err != nil || v == nil {
				return err
			}
			v.I64 = append(v.I64, int64(s[0]&1))
			settle(v)
			return nil
		}, nil
	case "int", "long":
		return r.integer(w, t)
	case "float", "double":
		if t.Kind != types.Float && t.Kind != types.Double {
			return nil, mismatch(w, t)
		}
		size := map[string]int64{"float": 4, "double": 8}[w.Type]
		return func(d *data, v *vector.Vector) error {
			s, err := d.take(size)
			if err != nil || v == nil {
				return err
			}
			if size == 4 {
				v.F64 = append(v.F64, float64(math.Float32frombits(binary.LittleEndian.Uint32(s))))
			} else {
				v.F64 = append(v.F64, math.Float64frombits(binary.LittleEndian.Uint64(s)))
			}
			settle(v)
			return nil
		}, nil
	case "string", "bytes", "fixed", "enum":
		return byteString(w, t)
	}
	return nil, mismatch(w, t)
}

func (r *resolver) integer(w *avro.SchemaNode, t *types.Type) (decoder, error) {
	var add func(v *vector.Vector, x int64)
	switch t.Kind {
	case types.TinyInt, types.SmallInt, types.Int, types.BigInt, types.Date:
		if w.Type == "long" && t.Kind != types.BigInt {
			return nil, mismatch(w, t)
		}
		switch t.Kind {
		case types.TinyInt:
			add = func(v *vector.Vector, x int64) { v.I64 = append(v.I64, int64(int8(x))) }
		case types.SmallInt:
			add = func(v *vector.Vector, x int64) { v.I64 = append(v.I64, int64(int16(x))) }
		default:
			add = func(v *vector.Vector, x int64) { v.I64 = append(v.I64, x) }
		}
	case types.Float, types.Double:
		add = func(v *vector.Vector, x int64) { v.F64 = append(v.F64, float64(x)) }
	case types.Timestamp:
		unit := int64(1000)
		if strings.HasSuffix(w.LogicalType, "micros") {
			unit = 1_000_000
		}
		zone := r.zone
		add = func(v *vector.Vector, x int64) {
			seconds := x / unit
			if x%unit < 0 {
				seconds--
			}
			rest := x - seconds*unit
			if zone != nil && zone != time.UTC {
				_, offset := time.Unix(seconds, 0).In(zone).Zone()
				seconds += int64(offset)
			}
			v.W = append(v.W, types.Int128{Hi: seconds, Lo: uint64(rest * (1e9 / unit))})
		}
	default:
		return nil, mismatch(w, t)
	}
	return func(d *data, v *vector.Vector) error {
		x, err := d.long()
		if err != nil || v == nil {
			return err
		}
		add(v, x)
		settle(v)
		return nil
	}, nil
}

// byteString returns the decoder of strings, bytes, fixed and enums.
func byteString(w *avro.SchemaNode, t *types.Type) (decoder, error) {
	read := (*data).bytes
	switch w.Type {
	case "fixed":
		size := int64(w.Size)
		read = func(d *data) ([]byte, error) { return d.take(size) }
	case "enum":
		symbols := w.Symbols
		read = func(d *data) ([]byte, error) {
			i, err := d.long()
			if err != nil {
				return nil, err
			}
			if i < 0 || int(i) >= len(symbols) {
				return nil, fmt.Errorf("an enum of %d symbols has no number %d", len(symbols), i)
			}
			return []byte(symbols[i]), nil
		}
	}
	switch {
	case t.Kind == types.Decimal && (w.Type == "bytes" || w.Type == "fixed"):
		scale := w.Scale
		return func(d *data, v *vector.Vector) error {
			s, err := read(d)
			if err != nil || v == nil {
				return err
			}
			return appendDecimal(v, s, scale)
		}, nil
	case t.Physical() == types.Bytes:
		return func(d *data, v *vector.Vector) error {
			s, err := read(d)
			if err != nil || v == nil {
				return err
			}
			s = fit(t, s)
			v.Refs = append(v.Refs, vector.Ref{Off: uint32(len(v.Data)), Len: uint32(len(s))})
			v.Data = append(v.Data, s...)
			settle(v)
			return nil
		}, nil
	}
	return nil, mismatch(w, t)
}

// fit cuts text to the length of a char or varchar, and a char's trailing blanks.
func fit(t *types.Type, s []byte) []byte {
	if t.Kind != types.Char && t.Kind != types.Varchar {
		return s
	}
	n := 0
	for i := range string(s) {
		if n == t.Length {
			s = s[:i]
			break
		}
		n++
	}
	for t.Kind == types.Char && len(s) > 0 && s[len(s)-1] == ' ' {
		s = s[:len(s)-1]
	}
	return s
}

// appendDecimal appends a big-endian two's complement number; what does not fit is NULL.
func appendDecimal(v *vector.Vector, s []byte, scale int) error {
	row := v.Len()
	var x types.Int128
	ok := len(s) <= 16
	if len(s) > 0 && s[0] >= 0x80 {
		x = types.Int128{Hi: -1, Lo: math.MaxUint64}
	}
	for _, b := range s {
		x = types.Int128{Hi: x.Hi<<8 | int64(x.Lo>>56), Lo: x.Lo<<8 | uint64(b)}
	}
	if ok {
		x, ok = decimal.Rescale(x, scale, v.Type.Scale)
		ok = ok && decimal.Fits(x, v.Type.Precision)
	}
	if !ok {
		x = types.Int128{}
	}
	if v.Type.Physical() == types.I64 {
		v.I64 = append(v.I64, int64(x.Lo))
	} else {
		v.W = append(v.W, x)
	}
	if !ok {
		v.MakeNulls(row + 1)[row] = true
	}
	settle(v)
	return nil
}

// skip returns a decoder that passes values of a scalar type.
func skip(w *avro.SchemaNode) (decoder, error) {
	fixed := func(n int64) decoder {
		return func(d *data, _ *vector.Vector) error { _, err := d.take(n); return err }
	}
	switch w.Type {
	case "boolean":
		return fixed(1), nil
	case "float":
		return fixed(4), nil
	case "double":
		return fixed(8), nil
	case "fixed":
		return fixed(int64(w.Size)), nil
	case "int", "long", "enum":
		return func(d *data, _ *vector.Vector) error { _, err := d.long(); return err }, nil
	case "string", "bytes":
		return func(d *data, _ *vector.Vector) error { _, err := d.bytes(); return err }, nil
	}
	return nil, fmt.Errorf("the Avro type %s is not supported", w.Type)
}

// Package csv reads and writes rows in Hive's OpenCSVSerde form: all columns are strings; separator, quote and escape are
// single characters. The parser follows opencsv 2.3, on which Hive builds, in its leniency.
package csv

import (
	"fmt"
	"unicode/utf8"

	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/format/record"
	"skep/engine/vector"
	"skep/engine/vector/valuetext"
)

// SerDe is Hive's OpenCSVSerde.
type SerDe struct{}

var _ record.SerDe = SerDe{}

// params are the characters of a table. Those beyond ASCII are compared byte by byte.
type params struct {
	separator, quote, escape []byte
	escapeSet                bool // escape is another than the writer's default, the quote
}

func newParams(properties map[string]string) params {
	p := params{separator: []byte(","), quote: []byte(`"`), escape: []byte(`"`)}
	set := func(key string, to *[]byte) {
		if s := properties[key]; s != "" {
			_, n := utf8.DecodeRuneInString(s)
			*to = []byte(s[:n])
		}
	}
	set("separatorChar", &p.separator)
	set("quoteChar", &p.quote)
	set("escapeChar", &p.escape)
	p.escapeSet = string(p.escape) != `"`
	return p
}

// NewDeserializer implements record.SerDe.
func (SerDe) NewDeserializer(opts *format.ReadOptions) (record.Deserializer, error) {
	p := newParams(opts.Properties)
	if !p.escapeSet {
		p.escape = []byte(`\`) // the reader's default
	}
	for _, pair := range [][2][]byte{{p.separator, p.quote}, {p.separator, p.escape}, {p.quote, p.escape}} {
		if string(pair[0]) == string(pair[1]) {
			return nil, fmt.Errorf("the separator, quote, and escape characters must be different")
		}
	}
	d := &deserializer{params: p, columns: make([]*column, len(opts.Schema))}
	if len(p.separator) == 1 && len(p.quote) == 1 && len(p.escape) == 1 {
		for _, c := range []byte{p.separator[0], p.quote[0], p.escape[0]} {
			d.special[c] = true
		}
	} else {
		for i := range d.special {
			d.special[i] = true
		}
	}
	for _, i := range record.Wanted(opts) {
		if k := opts.Schema[i].Type; k.Physical() != types.Bytes {
			return nil, fmt.Errorf("column %s is of type %s; columns of OpenCSVSerde are strings", opts.Schema[i].Name, k)
		}
		d.columns[i] = &column{v: vector.New(opts.Schema[i].Type, 0), nulls: make([]bool, vector.BatchSize)}
		d.last = max(d.last, i+1)
	}
	return d, nil
}

// deserializer parses whole rows.
type deserializer struct {
	params  params
	special [256]bool // bytes that are not simply part of a field
	columns []*column // by index into the schema; nil when not wanted
	last    int       // fields that need to be located
	field   []byte
}

type column struct {
	v     *vector.Vector
	nulls []bool
}

// Load implements record.Deserializer.
func (d *deserializer) Load(rows *record.Rows) error {
	n := len(rows.At)
	for _, c := range d.columns {
		if c == nil {
			continue
		}
		c.v.Reset()
		c.v.Resize(n)
		for i := range n {
			c.nulls[i] = true
			c.v.Refs[i] = vector.Ref{}
		}
		c.v.Nulls = c.nulls[:n]
	}
	if d.last == 0 {
		return nil
	}
	for i := range n {
		d.parse(i, rows.Row(i))
	}
	return nil
}

func (d *deserializer) set(row, field int, value []byte) {
	if field >= len(d.columns) || d.columns[field] == nil {
		return
	}
	c := d.columns[field]
	c.v.SetBytes(row, value)
	c.nulls[row] = false
}

// parse divides a row into fields. A field whose quote does not end is lost, as are all of an empty row.
func (d *deserializer) parse(row int, s []byte) {
	if len(s) == 0 {
		return
	}
	field := 0
	quoted, inField := false, false
	b := d.field[:0]
	p := &d.params
	for i := 0; i < len(s); {
		if c := s[i]; !d.special[c] {
			b = append(b, c)
			inField = true
			i++
			continue
		}
		rest := s[i:]
		switch {
		case has(rest, p.escape):
			next := rest[len(p.escape):]
			i += len(p.escape)
			// Outside of quotes an escape is dropped; before a quote or another escape it makes that ordinary.
			if quoted || inField {
				for _, e := range [][]byte{p.quote, p.escape} {
					if has(next, e) {
						b = append(b, e...)
						i += len(e)
						break
					}
				}
			}
		case has(rest, p.quote):
			next := rest[len(p.quote):]
			if (quoted || inField) && has(next, p.quote) {
				b = append(b, p.quote...)
				i += 2 * len(p.quote)
				break
			}
			// A quote amid a field is part of it.
			if i > 2*1 && !endsWith(s[:i], p.separator) && len(next) > 0 && !has(next, p.separator) {
				if len(b) > 0 && allBlank(b) {
					b = b[:0]
				} else {
					b = append(b, p.quote...)
				}
			}
			quoted = !quoted
			inField = !inField
			i += len(p.quote)
		case has(rest, p.separator) && !quoted:
			d.set(row, field, b)
			b = b[:0]
			field++
			inField = false
			i += len(p.separator)
			if field == d.last {
				d.field = b
				return
			}
		default:
			b = append(b, s[i])
			inField = true
			i++
		}
	}
	if !quoted {
		d.set(row, field, b)
	}
	d.field = b
}

func has(s, prefix []byte) bool {
	return len(s) >= len(prefix) && string(s[:len(prefix)]) == string(prefix)
}

func endsWith(s, suffix []byte) bool {
	return len(s) >= len(suffix) && string(s[len(s)-len(suffix):]) == string(suffix)
}

func allBlank(s []byte) bool {
	for _, c := range s {
		if c != ' ' && (c < '\t' || c > '\r') {
			return false
		}
	}
	return true
}

// Column implements record.Deserializer.
func (d *deserializer) Column(i int, _ []uint16) (*vector.Vector, error) { return d.columns[i].v, nil }

// NewSerializer implements record.SerDe.
func (SerDe) NewSerializer(opts *format.WriteOptions) (record.Serializer, error) {
	for _, c := range opts.Schema {
		if !c.Type.IsPrimitive() {
			return nil, fmt.Errorf("Column type of %s is not supported with OpenCSVSerde", c.Type)
		}
	}
	return &serializer{params: newParams(opts.Properties)}, nil
}

type serializer struct {
	params  params
	scratch []byte // a value that is no text
}

// text is the text of a value. Columns of tables are strings; those of a directory may be of any primitive type.
func (s *serializer) text(c *vector.Vector, row int) []byte {
	if c.Type.Physical() == types.Bytes {
		return c.Bytes(row)
	}
	s.scratch = valuetext.AppendValue(s.scratch[:0], c, row, nil)
	if c.Type.Kind == types.Decimal {
		s.scratch = valuetext.TrimDecimal(s.scratch, 0)
	}
	return s.scratch
}

// Append implements record.Serializer: every field is quoted, NULL is nothing.
func (s *serializer) Append(dst []byte, ends []int, b *vector.Batch, terminator string) ([]byte, []int, error) {
	p := &s.params
	for k := range b.Rows() {
		row := k
		if b.Sel != nil {
			row = int(b.Sel[k])
		}
		for i, c := range b.Cols {
			if i > 0 {
				dst = append(dst, p.separator...)
			}
			if c.IsNull(row) {
				continue
			}
			dst = append(dst, p.quote...)
			for v := s.text(c, row); len(v) > 0; {
				switch {
				case has(v, p.quote):
					dst = append(append(dst, p.escape...), p.quote...)
					v = v[len(p.quote):]
				case has(v, p.escape):
					dst = append(append(dst, p.escape...), p.escape...)
					v = v[len(p.escape):]
				default:
					dst = append(dst, v[0])
					v = v[1:]
				}
			}
			dst = append(dst, p.quote...)
		}
		ends = append(ends, len(dst))
		dst = append(dst, terminator...)
	}
	return dst, ends, nil
}

package text

import (
	"bytes"
	"encoding/binary"
	"errors"

	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/format/record"
	"skep/engine/vector"
)

// SerDe is Hive's LazySimpleSerDe.
type SerDe struct {
	// JSON writes nested and binary values as JSON, as DelimitedJSONSerDe does for the input of scripts.
	JSON bool
	// MultiDelimit takes field.delim as a string of any length, as MultiDelimitSerDe does; binary values are not base64 there
	// when written.
	MultiDelimit bool
}

var _ record.SerDe = SerDe{}

// deserializer locates fields row by row and then parses them column by column.
type deserializer struct {
	params     *params
	cells      cells
	delimiters uint64    // the field delimiter in every byte
	delimiter  []byte    // of several bytes, for MultiDelimit
	takesRest  bool      // the last located field extends to the end of the line
	columns    []*column // by index into the schema; nil when not wanted
	n          int
}

// column is one wanted column and its buffers.
type column struct {
	field int
	typ   *types.Type
	v     *vector.Vector
	nulls []bool
	arena []byte // strings that are not plain slices of the file
	rows  int    // rows parsed for the current batch; -1 when none
}

// NewDeserializer implements record.SerDe.
func (s SerDe) NewDeserializer(opts *format.ReadOptions) (record.Deserializer, error) {
	p, err := newParams(opts.Properties, &opts.Session)
	if err != nil {
		return nil, err
	}
	d := &deserializer{params: p, columns: make([]*column, len(opts.Schema)), delimiters: uint64(p.separators[0]) * ones}
	last := -1
	for _, i := range record.Wanted(opts) {
		t := opts.Schema[i].Type
		if err := p.checkDepth(opts.Schema[i]); err != nil {
			return nil, err
		}
		d.columns[i] = &column{field: i, typ: t, v: vector.New(t, 0), nulls: make([]bool, vector.BatchSize), rows: -1}
		last = max(last, i)
	}
	if last >= 0 {
		d.cells.stride = last + 2
		d.cells.at = make([]uint32, vector.BatchSize*d.cells.stride)
	}
	d.cells.gap = 1
	if s.MultiDelimit {
		if d.delimiter, err = multiDelimiter(opts.Properties); err != nil {
			return nil, err
		}
		d.cells.gap = len(d.delimiter)
	}
	d.takesRest = p.lastTakesRest && last == len(opts.Schema)-1
	return d, nil
}

// Load implements record.Deserializer.
func (d *deserializer) Load(rows *record.Rows) error {
	d.n = len(rows.At)
	for _, c := range d.columns {
		if c != nil {
			c.rows = -1
		}
	}
	c := &d.cells
	c.buf = rows.Buf
	stride := c.stride
	switch {
	case stride == 0:
	case d.delimiter != nil:
		for i, at := range rows.At {
			d.splitMulti(c.at[i*stride:(i+1)*stride], rows.Buf, int(at.Off), int(at.Off+at.Len))
		}
	case d.params.escaped:
		for i, at := range rows.At {
			d.splitEscaped(c.at[i*stride:(i+1)*stride], rows.Buf, int(at.Off), int(at.Off+at.Len))
		}
	default:
		for i, at := range rows.At {
			splitFields(c.at[i*stride:(i+1)*stride], rows.Buf, int(at.Off), int(at.Off+at.Len), d.delimiters, d.takesRest)
		}
	}
	return nil
}

// Column implements record.Deserializer.
func (d *deserializer) Column(i int, sel []uint16) (*vector.Vector, error) {
	c := d.columns[i]
	if c.rows < 0 {
		c.parse(d.params, &d.cells, d.n, sel)
		c.rows = d.n
	}
	return c.v, nil
}

// cells are the field positions of the rows of a batch within buf. Field f of row r starts at at[r*stride+f] and its length is
// at[r*stride+f+1] - start - gap; a field missing from its line has a negative length. gap is the length of the delimiter.
type cells struct {
	buf    []byte
	at     []uint32
	stride int
	gap    int
}

func (c *cells) field(row, field int) (off, n int) {
	k := row*c.stride + field
	off = int(c.at[k])
	return off, int(c.at[k+1]) - off - c.gap
}

// splitFields records the field starts of the line buf[from:end] in out, whose last entry is one past the end of the last
// field plus one. When rest is set, the last field extends to the end of the line.
func splitFields(out []uint32, buf []byte, from, end int, pattern uint64, rest bool) {
	out[0] = uint32(from)
	f, last := 1, len(out)
	if rest {
		last--
	}
	for p := from; p < end && f < last; p += 8 {
		m := matches(binary.LittleEndian.Uint64(buf[p:]), pattern)
		for m != 0 {
			q := p + firstMatch(m)
			if q >= end {
				p = end
				break
			}
			out[f] = uint32(q + 1)
			if f++; f == last {
				break
			}
			m &= m - 1
		}
	}
	for ; f < len(out); f++ {
		out[f] = uint32(end + 1)
	}
}

// splitEscaped is splitFields where an escape character makes the next byte ordinary.
func (d *deserializer) splitEscaped(out []uint32, buf []byte, from, end int) {
	separator, escape := d.params.separators[0], d.params.escape
	out[0] = uint32(from)
	f, last := 1, len(out)
	if d.takesRest {
		last--
	}
	for p := from; p < end && f < last; p++ {
		switch buf[p] {
		case separator:
			out[f] = uint32(p + 1)
			f++
		case escape:
			if p+1 < end {
				p++
			}
		}
	}
	for ; f < len(out); f++ {
		out[f] = uint32(end + 1)
	}
}

// multiDelimiter returns the delimiter of MultiDelimitSerDe.
func multiDelimiter(properties map[string]string) ([]byte, error) {
	d := properties["field.delim"]
	if d == "" {
		return nil, errors.New(`This table does not have serde property "field.delim"!`)
	}
	return []byte(d), nil
}

// splitMulti is splitFields for a delimiter of any length.
func (d *deserializer) splitMulti(out []uint32, buf []byte, from, end int) {
	gap := uint32(d.cells.gap)
	out[0] = uint32(from)
	f := 1
	for p := from; f < len(out); f++ {
		k := bytes.Index(buf[p:end], d.delimiter)
		if k < 0 {
			break
		}
		p += k + len(d.delimiter)
		out[f] = uint32(p)
	}
	for ; f < len(out); f++ {
		out[f] = uint32(end) + gap
	}
}

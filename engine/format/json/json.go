// Package json reads and writes rows that are JSON objects, as Hive's JsonSerDe does: fields are found by name in any case,
// unknown ones are skipped, and numbers, booleans and strings are converted to each other as leniently as its JSON library
// does. Malformed rows are errors.
package json

import (
	"bytes"
	"fmt"
	"strings"

	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/format/record"
	"skep/engine/format/text"
	"skep/engine/vector"
)

// SerDe is Hive's JsonSerDe, of both packages that have one.
type SerDe struct{}

var _ record.SerDe = SerDe{}

// deserializer notes where in each row the fields of wanted columns are, and parses them column by column.
type deserializer struct {
	rows      *record.Rows
	columns   fields
	wanted    []*column // by index into the schema; nil when not wanted
	parts     []vector.Ref
	stride    int
	values    values
	nullEmpty bool
	strict    bool // unknown fields are errors
}

type column struct {
	at   int // among the parts of a row
	v    *vector.Vector
	done bool
}

// NewDeserializer implements record.SerDe.
func (SerDe) NewDeserializer(opts *format.ReadOptions) (record.Deserializer, error) {
	parser, err := text.NewValueParser(opts.Properties, &opts.Session)
	if err != nil {
		return nil, err
	}
	d := &deserializer{
		wanted:    make([]*column, len(opts.Schema)),
		nullEmpty: isTrue(opts.Properties["text.null.empty.line"]),
		strict:    isFalse(opts.Properties["text.ignore.extra.fields"]),
		values: values{
			whole: isFalse(opts.Properties["json.stringify.complex.fields"]), parser: parser, raw: strings.EqualFold(opts.Properties["json.binary.format"], "rawstring"), known: map[*types.Type]*fields{}},
	}
	names := make([]string, len(opts.Schema))
	for i, c := range opts.Schema {
		names[i] = c.Name
	}
	d.columns = newFields(names)
	for _, i := range record.Wanted(opts) {
		d.wanted[i] = &column{at: d.stride, v: vector.New(opts.Schema[i].Type, 0)}
		d.stride++
	}
	d.parts = make([]vector.Ref, vector.BatchSize*d.stride)
	return d, nil
}

func isTrue(s string) bool  { return strings.EqualFold(s, "true") }
func isFalse(s string) bool { return s != "" && !isTrue(s) }

// Load implements record.Deserializer.
func (d *deserializer) Load(rows *record.Rows) error {
	d.rows = rows
	for _, c := range d.wanted {
		if c != nil {
			c.done = false
		}
	}
	clear(d.parts)
	for i, at := range rows.At {
		if at.Len == 0 && d.nullEmpty {
			continue
		}
		if err := d.locate(rows.Buf[:at.Off+at.Len], int(at.Off), d.parts[i*d.stride:(i+1)*d.stride]); err != nil {
			return fmt.Errorf("row %s: %w", shown(rows.Row(i)), err)
		}
	}
	return nil
}

// shown is a row as errors quote it.
func shown(row []byte) string {
	const most = 120
	if len(row) > most {
		return fmt.Sprintf("%q…", row[:most])
	}
	return fmt.Sprintf("%q", row)
}

// locate checks the object at buf[at:] and notes its wanted fields; of repeated ones the last counts.
func (d *deserializer) locate(buf []byte, at int, parts []vector.Ref) error {
	s := scanner{buf: buf, at: at}
	s.blanks()
	if s.at == len(buf) {
		return fmt.Errorf("there is no JSON in it")
	}
	if buf[s.at] == 'n' {
		return s.word("null") // all columns are NULL
	}
	return s.object(0, func(key []byte, from, to int) error {
		if i := d.columns.find(key); i >= 0 {
			if c := d.wanted[i]; c != nil {
				parts[c.at] = vector.Ref{Off: uint32(from), Len: uint32(to - from)}
			}
		} else if d.strict {
			return fmt.Errorf("the table has no field %q", key)
		}
		return nil
	})
}

// Column implements record.Deserializer.
func (d *deserializer) Column(i int, sel []uint16) (*vector.Vector, error) {
	c := d.wanted[i]
	if c.done {
		return c.v, nil
	}
	c.v.Reset()
	next := 0
	for row := range d.rows.At {
		part := d.parts[row*d.stride+c.at]
		if sel != nil {
			if next == len(sel) || int(sel[next]) != row {
				part.Len = 0
			} else {
				next++
			}
		}
		if part.Len == 0 {
			c.v.AppendDatum(types.NullDatum)
			continue
		}
		if err := d.values.append(c.v, d.rows.Buf[part.Off:part.Off+part.Len]); err != nil {
			return nil, fmt.Errorf("row %s: %w", shown(d.rows.Row(row)), err)
		}
	}
	c.done = true
	return c.v, nil
}

// fields finds the fields of a struct by name, which is compared without regard to case; _colN is the field number N.
type fields struct {
	index map[string]int
	count int
	names [][]byte // lower-case
	next  int      // the field after the one found last, which objects usually have next
	lower []byte
}

func newFields(names []string) fields {
	f := fields{index: make(map[string]int, len(names)), count: len(names)}
	for i, n := range names {
		n = strings.ToLower(n)
		f.names = append(f.names, []byte(n))
		f.index[n] = i
	}
	return f
}

// find returns the number of a field, -1 when there is none of this name.
func (f *fields) find(key []byte) int {
	if f.next < f.count && bytes.Equal(f.names[f.next], key) {
		f.next++
		return f.next - 1
	}
	f.lower = append(f.lower[:0], key...)
	for i, b := range f.lower {
		if b >= 'A' && b <= 'Z' {
			f.lower[i] = b + 'a' - 'A'
		} else if b >= 0x80 {
			f.lower = append(f.lower[:0], bytes.ToLower(key)...)
			break
		}
	}
	i, ok := f.index[string(f.lower)]
	if !ok {
		i = f.numbered(key)
	}
	if i >= 0 {
		f.next = i + 1
	}
	return i
}

func (f *fields) numbered(key []byte) int {
	digits, ok := bytes.CutPrefix(key, []byte("_col"))
	if !ok || len(digits) == 0 || len(digits) > 6 {
		return -1
	}
	n := 0
	for _, b := range digits {
		if b < '0' || b > '9' {
			return -1
		}
		n = n*10 + int(b-'0')
	}
	if n >= f.count {
		return -1
	}
	return n
}

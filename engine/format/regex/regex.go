// Package regex reads rows by a regular expression whose groups are the columns, as Hive's RegexSerDe does. It does not write.
package regex

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"skep/dialect/javaregex"
	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/format/record"
	"skep/engine/format/text"
	"skep/engine/vector"
)

// SerDe is Hive's RegexSerDe.
type SerDe struct{}

var _ record.SerDe = SerDe{}

type deserializer struct {
	pattern *javaregex.Pattern
	columns []*vector.Vector // by index into the schema; nil when not wanted
	parser  *text.ValueParser
}

// NewDeserializer implements record.SerDe.
func (SerDe) NewDeserializer(opts *format.ReadOptions) (record.Deserializer, error) {
	source, ok := opts.Properties["input.regex"]
	if !ok {
		return nil, errors.New(`This table does not have serde property "input.regex"!`)
	}
	// The property's name notwithstanding, "true" makes case not matter.
	flags := javaregex.DotAll
	if strings.EqualFold(opts.Properties["input.regex.case.insensitive"], "true") {
		flags |= javaregex.CaseInsensitive
	}
	pattern, err := javaregex.CompileWhole(source, flags)
	if err != nil {
		return nil, fmt.Errorf("input.regex: %w", err)
	}
	d := &deserializer{pattern: pattern, columns: make([]*vector.Vector, len(opts.Schema))}
	for _, c := range opts.Schema {
		if !c.Type.IsPrimitive() {
			return nil, fmt.Errorf("RegexSerDe doesn't allow column %s with type %s", c.Name, c.Type)
		}
	}
	if pattern.Groups() != len(opts.Schema) {
		return nil, errors.New("Number of matching groups doesn't match the number of columns")
	}
	if d.parser, err = text.NewValueParser(opts.Properties, &opts.Session); err != nil {
		return nil, err
	}
	for _, i := range record.Wanted(opts) {
		d.columns[i] = vector.New(opts.Schema[i].Type, 0)
	}
	return d, nil
}

// Load implements record.Deserializer. A row that does not match has NULLs only.
func (d *deserializer) Load(rows *record.Rows) error {
	for _, v := range d.columns {
		if v != nil {
			v.Reset()
		}
	}
	for i := range rows.At {
		row := rows.Row(i)
		loc, err := d.pattern.Find(row)
		if err != nil {
			return err
		}
		for c, v := range d.columns {
			switch {
			case v == nil:
			case loc == nil:
				v.AppendDatum(types.NullDatum)
			case v.Type.Kind == types.Boolean:
				d.boolean(v, row, loc[2*c+2], loc[2*c+3])
			case loc[2*c+2] < 0:
				v.AppendDatum(types.NullDatum)
			default:
				d.value(v, row[loc[2*c+2]:loc[2*c+3]])
			}
		}
	}
	return nil
}

// boolean appends whether the group is "true"; a group that took no part is not.
func (d *deserializer) boolean(v *vector.Vector, row []byte, from, to int) {
	t := int64(0)
	if from >= 0 && bytes.EqualFold(row[from:to], []byte("true")) {
		t = 1
	}
	v.AppendDatum(types.Datum{I: t})
}

// value appends the value of a group. Integers have no fraction here.
func (d *deserializer) value(v *vector.Vector, s []byte) {
	if v.Type.IsInteger() && bytes.IndexByte(s, '.') >= 0 {
		v.AppendDatum(types.NullDatum)
		return
	}
	d.parser.Append(v, s)
}

// Column implements record.Deserializer.
func (d *deserializer) Column(i int, _ []uint16) (*vector.Vector, error) { return d.columns[i], nil }

// NewSerializer implements record.SerDe.
func (SerDe) NewSerializer(*format.WriteOptions) (record.Serializer, error) {
	return nil, errors.New("Regex SerDe doesn't support the serialize() method")
}

package lazybinary

import (
	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/format/record"
	"skep/engine/vector"
)

// SerDe is Hive's LazyBinarySerDe: a row is a struct of the columns. A row must not contain the container's terminator, so lines of
// text hold only what happens to have none, as in Hive.
type SerDe struct{}

var _ record.SerDe = SerDe{}

func rowType(columns []format.Column) *types.Type {
	fields := make([]types.Field, len(columns))
	for i, c := range columns {
		fields[i] = types.Field{Name: c.Name, Type: c.Type}
	}
	return types.NewStruct(fields...)
}

type deserializer struct{ rows *vector.Vector }

// NewDeserializer implements record.SerDe.
func (SerDe) NewDeserializer(opts *format.ReadOptions) (record.Deserializer, error) {
	return &deserializer{rows: vector.New(rowType(opts.Schema), 0)}, nil
}

// Load implements record.Deserializer.
func (d *deserializer) Load(rows *record.Rows) error {
	d.rows.Reset()
	for i := range rows.At {
		if err := appendNested(d.rows, rows.Row(i)); err != nil {
			return err
		}
	}
	return nil
}

// Column implements record.Deserializer.
func (d *deserializer) Column(i int, _ []uint16) (*vector.Vector, error) {
	return d.rows.Children[i], nil
}

type serializer struct {
	row  vector.Vector
	flat []vector.Vector
}

// NewSerializer implements record.SerDe.
func (SerDe) NewSerializer(opts *format.WriteOptions) (record.Serializer, error) {
	n := len(opts.Schema)
	return &serializer{row: vector.Vector{Type: rowType(opts.Schema), Children: make([]*vector.Vector, n)}, flat: make([]vector.Vector, n)}, nil
}

// Append implements record.Serializer.
func (s *serializer) Append(dst []byte, ends []int, b *vector.Batch, terminator string) ([]byte, []int, error) {
	for i, c := range b.Cols {
		s.flat[i].Type = c.Type
		s.row.Children[i] = vector.Flatten(c, &s.flat[i], b.N)
	}
	for k := range b.Rows() {
		at := k
		if b.Sel != nil {
			at = int(b.Sel[k])
		}
		var err error
		if dst, err = appendContents(dst, &s.row, at); err != nil {
			return dst, ends, err
		}
		ends = append(ends, len(dst))
		dst = append(dst, terminator...)
	}
	return dst, ends, nil
}

package text

import (
	"fmt"

	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/vector"
)

// ColumnParser parses the values of one column that lie one behind the other, as ColumnarSerDe keeps them in the form of
// LazySimpleSerDe. It is for one goroutine.
type ColumnParser struct {
	params *params
	column column
}

// NewColumnParser returns a parser for a column.
func NewColumnParser(c format.Column, properties map[string]string, session *format.Session) (*ColumnParser, error) {
	p, err := newParams(properties, session)
	if err != nil {
		return nil, err
	}
	if err := p.checkDepth(c); err != nil {
		return nil, err
	}
	return &ColumnParser{params: p, column: column{typ: c.Type, v: vector.New(c.Type, 0), nulls: make([]bool, vector.BatchSize)}}, nil
}

// Parse returns the values of up to vector.BatchSize rows: value i is buf[at[i]:at[i+1]], and buf has record.Padding more
// bytes. Only the rows of sel (all when nil) need hold values. The vector is valid until the next call.
func (p *ColumnParser) Parse(buf []byte, at []uint32, sel []uint16) *vector.Vector {
	p.column.parse(p.params, &cells{buf: buf, at: at, stride: 1}, len(at)-1, sel)
	return p.column.v
}

// ValueWriter writes single values in the form of LazySimpleSerDe.
type ValueWriter struct{ params *params }

// NewValueWriter returns a writer for values of the schema's columns.
func NewValueWriter(opts *format.WriteOptions) (*ValueWriter, error) {
	p, err := newParams(opts.Properties, &opts.Session)
	if err != nil {
		return nil, err
	}
	for _, c := range opts.Schema {
		if err := p.checkDepth(c); err != nil {
			return nil, err
		}
	}
	return &ValueWriter{p}, nil
}

// Append appends the value of a row.
func (w *ValueWriter) Append(dst []byte, v *vector.Vector, row int) []byte {
	return w.params.appendText(dst, v, row, 1)
}

// checkDepth reports columns that nest deeper than there are separators.
func (p *params) checkDepth(c format.Column) error {
	if depth(c.Type) >= len(p.separators) {
		return fmt.Errorf("column %s of type %s nests deeper than the %d levels of separators", c.Name, c.Type, len(p.separators))
	}
	return nil
}

// depth returns how many levels of separators a type needs below the fields' own.
func depth(t *types.Type) int {
	d := 0
	switch t.Kind {
	case types.Array:
		return 1 + depth(t.Elem)
	case types.Map:
		return 2 + max(depth(t.Key), depth(t.Elem))
	case types.Struct, types.Union:
		for _, f := range t.Fields {
			d = max(d, depth(f.Type))
		}
		return 1 + d
	}
	return 0
}

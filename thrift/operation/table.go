package operation

import (
	"context"

	"skep/dialect/types"
	"skep/engine/vector"
	"skep/thrift/backend"
)

// table is a metadata call's result: small batches in memory, and the cursor over them.
type table struct {
	columns []backend.Column
	batches []*vector.Batch
	next    int // batch to read from
	offset  int // row in it
	view    vector.Batch
	sel     []uint16
}

func newTable(columns []backend.Column) *table { return &table{columns: columns} }

// add appends a row. The values are string, *string, int, bool or nil, matching the columns.
func (t *table) add(values ...any) {
	if n := len(t.batches); n == 0 || t.batches[n-1].N == vector.BatchSize {
		ts := make([]*types.Type, len(t.columns))
		for i, c := range t.columns {
			ts[i] = c.Type
		}
		t.batches = append(t.batches, vector.NewBatch(ts))
	}
	b := t.batches[len(t.batches)-1]
	for i, c := range b.Cols {
		c.AppendDatum(datum(values[i]))
	}
	b.N++
}

func datum(value any) types.Datum {
	switch v := value.(type) {
	case string:
		return types.Datum{S: v}
	case *string:
		if v != nil {
			return types.Datum{S: *v}
		}
	case int:
		return types.Datum{I: int64(v)}
	case bool:
		if v {
			return types.Datum{I: 1}
		}
		return types.Datum{}
	}
	return types.NullDatum
}

// Next returns a view of up to maxRows rows of one batch.
func (t *table) Next(_ context.Context, maxRows int) (*vector.Batch, error) {
	if t.next >= len(t.batches) {
		return nil, nil
	}
	b := t.batches[t.next]
	end := min(b.N, t.offset+maxRows)
	t.sel = t.sel[:0]
	for r := t.offset; r < end; r++ {
		t.sel = append(t.sel, uint16(r))
	}
	t.offset = end
	if end == b.N {
		t.next, t.offset = t.next+1, 0
	}
	t.view = vector.Batch{N: b.N, Sel: t.sel, Cols: b.Cols}
	return &t.view, nil
}

// Rewind goes back to the first row.
func (t *table) Rewind() error {
	t.next, t.offset = 0, 0
	return nil
}

// Close does nothing: the rows are garbage once the operation is.
func (t *table) Close() error { return nil }

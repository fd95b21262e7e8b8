package stage

import (
	"context"
	"sync/atomic"

	"skep/engine/format"
	"skep/engine/operator"
	"skep/engine/vector"
)

// Progress is what is known of a task while it runs and afterwards.
type Progress struct {
	Rows   atomic.Int64 // read from tables and exchanges so far
	Report *Report      // set when the task has ended well
}

// countedTable counts the rows that are read of a table.
type countedTable struct {
	operator.Table
	progress *Progress
}

// Constant implements operator.ConstantColumns.
func (t countedTable) Constant(split, column int) *vector.Vector {
	if c, ok := t.Table.(operator.ConstantColumns); ok {
		return c.Constant(split, column)
	}
	return nil
}

// Open implements operator.Table.
func (t countedTable) Open(ctx context.Context, split int, filters []format.Predicate) (format.Reader, error) {
	r, err := t.Table.Open(ctx, split, filters)
	if err != nil {
		return nil, err
	}
	return countedReader{r, t.progress}, nil
}

type countedReader struct {
	format.Reader
	progress *Progress
}

// Next implements format.Reader.
func (r countedReader) Next() (*vector.Batch, error) {
	b, err := r.Reader.Next()
	if b != nil {
		r.progress.Rows.Add(int64(b.Rows()))
	}
	return b, err
}

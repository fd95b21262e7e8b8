package stage

import (
	"context"
	"sync/atomic"

	"skep/engine/format"
	"skep/engine/operator"
	"skep/engine/pipeline"
	"skep/engine/vector"
)

// Progress is what is known of a task while it runs and afterwards.
type Progress struct {
	Rows atomic.Int64 // read from tables and exchanges so far
	// Bytes are those of splits and exchanges that have been read so far, as their sizes are given: of splits by the rows that were
	// read of theirs, where it is known how many there are, and otherwise when they end.
	Bytes  atomic.Int64
	Report *Report // set when the task has ended well

	query atomic.Pointer[pipeline.Query] // being run
	polls atomic.Int64                   // of queries before
}

// Work is a number that grows as long as the task gets on, whether or not it reads: 0 before it has begun.
func (p *Progress) Work() int64 {
	n := p.polls.Load() + p.Rows.Load()
	if q := p.query.Load(); q != nil {
		n += q.Polls()
	}
	return n
}

// run runs a query and lets its progress be seen.
func (p *Progress) run(ctx context.Context, q *pipeline.Query) error {
	p.query.Store(q)
	err := q.Run(ctx)
	p.polls.Add(q.Polls())
	p.query.Store(nil)
	return err
}

// countedTable counts the rows that are read of a table.
type countedTable struct {
	operator.Table
	splits   []Split // those of the table; nil where it leaves out some
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
	c := &countedReader{Reader: r, progress: t.progress}
	if split < len(t.splits) {
		c.length, c.expected = t.splits[split].Length, t.splits[split].Rows
	}
	return c, nil
}

// countedReader counts what is read of a split.
type countedReader struct {
	format.Reader
	progress         *Progress
	length, expected int64 // bytes and rows of the split; unknown rows are negative
	rows, bytes      int64 // so far
}

// Next implements format.Reader.
func (r *countedReader) Next() (*vector.Batch, error) {
	b, err := r.Reader.Next()
	if b == nil {
		if err == nil {
			r.read(r.length)
		}
		return b, err
	}
	r.progress.Rows.Add(int64(b.Rows()))
	if r.expected > 0 {
		r.rows += int64(b.N)
		r.read(int64(float64(r.length) * min(1, float64(r.rows)/float64(r.expected))))
	}
	return b, nil
}

// read says that so many bytes of the split have been read.
func (r *countedReader) read(bytes int64) {
	r.progress.Bytes.Add(bytes - r.bytes)
	r.bytes = bytes
}

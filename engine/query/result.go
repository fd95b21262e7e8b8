package query

import (
	"fmt"
	"sync"

	"skep/dialect/types"
	"skep/engine/vector"
)

// Result keeps the rows of a statement until they have been fetched. Batches are appended in order; what does not fit in
// memory goes to a file.
type Result struct {
	types  []*types.Type
	engine *Engine

	mu      sync.Mutex
	batches []*vector.Batch
	rows    int64
}

func (e *Engine) newResult(ts []*types.Type) *Result { return &Result{types: ts, engine: e} }

// AppendBatch appends a copy of the selected rows of b.
func (r *Result) AppendBatch(b *vector.Batch) error {
	if len(b.Cols) != len(r.types) {
		return fmt.Errorf("a result of %d columns was given a batch of %d", len(r.types), len(b.Cols))
	}
	c := vector.NewBatch(r.types)
	c.Append(b)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.batches = append(r.batches, c)
	r.rows += int64(c.N)
	return nil
}

// Rows returns the number of rows.
func (r *Result) Rows() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rows
}

// Close releases the rows.
func (r *Result) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.batches = nil
	return nil
}

// Cursor returns a reader at the first row.
func (r *Result) Cursor() *Cursor { return &Cursor{result: r} }

// Cursor reads a complete result. One goroutine at a time.
type Cursor struct {
	result *Result
	batch  int
	row    int
	view   vector.Batch
	sel    []uint16
}

// Next returns up to maxRows further rows, or nil at the end. The batch is valid until the next call and must not be changed.
func (c *Cursor) Next(maxRows int) (*vector.Batch, error) {
	c.result.mu.Lock()
	defer c.result.mu.Unlock()
	for c.batch < len(c.result.batches) {
		b := c.result.batches[c.batch]
		if c.row >= b.N {
			c.batch, c.row = c.batch+1, 0
			continue
		}
		n := min(maxRows, b.N-c.row)
		if n == b.N {
			c.row += n
			return b, nil
		}
		c.sel = c.sel[:0]
		for i := range n {
			c.sel = append(c.sel, uint16(c.row+i))
		}
		c.row += n
		c.view = vector.Batch{N: b.N, Sel: c.sel, Cols: b.Cols}
		return &c.view, nil
	}
	return nil, nil
}

// Rewind goes back to the first row.
func (c *Cursor) Rewind() error {
	c.batch, c.row = 0, 0
	return nil
}

// Close releases the cursor; the result stays.
func (c *Cursor) Close() error { return nil }

package query

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"skep/dialect/types"
	"skep/engine/spill"
	"skep/engine/vector"
)

// resultMemory is how many bytes of a result stay in memory; later batches go to a file.
const resultMemory = 16 << 20

// Result keeps the rows of a statement until they have been fetched. Batches are kept in the order in which they are appended:
// the first ones in memory, the others in a spill file.
type Result struct {
	types []*types.Type
	dir   string
	texts []int // columns whose values go throughText

	mu      sync.Mutex
	batches []*vector.Batch
	bytes   int64
	file    *spill.File
	rows    int64
	kept    string // file that is to go when the client begins to fetch; see keep.go
}

func (e *Engine) newResult(ts []*types.Type) *Result { return &Result{types: ts, dir: e.scratch} }

// AppendBatch appends a copy of the selected rows of b. It is safe for concurrent use.
func (r *Result) AppendBatch(b *vector.Batch) error {
	if len(b.Cols) != len(r.types) {
		return fmt.Errorf("a result of %d columns was given a batch of %d", len(r.types), len(b.Cols))
	}
	c := vector.NewBatch(r.types)
	c.Append(b)
	throughText(c, r.texts)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows += int64(c.N)
	if r.file == nil && r.bytes < resultMemory {
		r.batches = append(r.batches, c)
		r.bytes += c.Bytes()
		return nil
	}
	if r.file == nil {
		f, err := spill.Create(r.dir, r.types)
		if err != nil {
			return err
		}
		r.file = f
	}
	return r.file.Write(0, c.Cols, c.N)
}

// end is called when all rows have been appended.
func (r *Result) end() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return nil
	}
	return r.file.Flush()
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
	err := r.unkeep()
	if r.file != nil {
		err = errors.Join(err, r.file.Close())
		r.file = nil
	}
	return err
}

// unkeep removes the kept rows. The lock is held.
func (r *Result) unkeep() error {
	if r.kept == "" {
		return nil
	}
	path := r.kept
	r.kept = ""
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("removing a kept result: %w", err)
	}
	return nil
}

// Cursor returns a reader at the first row of a complete result.
func (r *Result) Cursor() *Cursor { return &Cursor{result: r} }

// Cursor reads a complete result. One goroutine at a time.
type Cursor struct {
	result *Result
	next   int // batch in memory
	file   *spill.Reader
	batch  *vector.Batch // being read
	row    int           // in it
	view   vector.Batch
	sel    []uint16
}

// Next returns up to maxRows further rows, or nil at the end. The batch is valid until the next call and must not be changed.
func (c *Cursor) Next(maxRows int) (*vector.Batch, error) {
	for c.batch == nil || c.row >= c.batch.N {
		b, err := c.advance()
		if b == nil || err != nil {
			return nil, err
		}
		c.batch, c.row = b, 0
	}
	n := min(maxRows, c.batch.N-c.row)
	if n == c.batch.N {
		c.row = n
		return c.batch, nil
	}
	c.sel = c.sel[:0]
	for i := range n {
		c.sel = append(c.sel, uint16(c.row+i))
	}
	c.row += n
	c.view = vector.Batch{N: c.batch.N, Sel: c.sel, Cols: c.batch.Cols}
	return &c.view, nil
}

// advance returns the next batch.
func (c *Cursor) advance() (*vector.Batch, error) {
	r := c.result
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.unkeep(); err != nil {
		return nil, err
	}
	if c.next < len(r.batches) {
		c.next++
		return r.batches[c.next-1], nil
	}
	if r.file == nil {
		return nil, nil
	}
	if c.file == nil {
		c.file = r.file.Read(0)
	}
	b, err := c.file.Next()
	if err != nil {
		return nil, errors.Join(errors.New("reading the rows of a result back"), err)
	}
	return b, nil
}

// Rewind goes back to the first row.
func (c *Cursor) Rewind() error {
	c.next, c.file, c.batch, c.row = 0, nil, nil, 0
	return nil
}

// Close releases the cursor; the result stays.
func (c *Cursor) Close() error { return nil }

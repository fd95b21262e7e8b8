package operator

import (
	"skep/dialect/types"
	"skep/engine/pipeline"
	"skep/engine/vector"
)

const (
	// sparse batches, of fewer rows than this, and filled to less than 1/sparseShare, are worth copying together.
	sparseRows  = 256
	sparseShare = 8
)

// compactor joins sparse batches into full ones before it hands them on. Order of rows is kept.
type compactor struct {
	next pipeline.Processor
	held *keptRows
}

// push hands b on, now or later.
func (c *compactor) push(b *vector.Batch) error {
	n := b.Rows()
	if n == 0 {
		return nil
	}
	sparse := n < sparseRows && n*sparseShare < b.N
	if !sparse && (c.held == nil || c.held.n == 0) {
		return c.next.Push(b)
	}
	if c.held == nil {
		ts := make([]*types.Type, len(b.Cols))
		for i, v := range b.Cols {
			ts[i] = v.Type
		}
		c.held = newKeptRows(ts)
	}
	if !sparse {
		// The collected rows go first; b itself is full enough.
		if err := c.flush(); err != nil {
			return err
		}
		return c.next.Push(b)
	}
	c.held.append(b)
	if c.held.n >= vector.BatchSize-sparseRows {
		return c.flush()
	}
	return nil
}

// flush hands on what was held back.
func (c *compactor) flush() error {
	if c.held == nil || c.held.n == 0 {
		return nil
	}
	err := c.next.Push(c.held.batch())
	c.held.reset()
	return err
}

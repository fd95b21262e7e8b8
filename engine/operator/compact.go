package operator

import (
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
	held *vector.Batch
}

// push hands b on, now or later.
func (c *compactor) push(b *vector.Batch) error {
	n := b.Rows()
	if n == 0 {
		return nil
	}
	sparse := n < sparseRows && n*sparseShare < b.N
	if !sparse && (c.held == nil || c.held.N == 0) {
		return c.next.Push(b)
	}
	if c.held == nil {
		c.held = &vector.Batch{Cols: make([]*vector.Vector, len(b.Cols))}
		for i, v := range b.Cols {
			c.held.Cols[i] = vector.New(v.Type, 0)
		}
	}
	if !sparse {
		// The collected rows go first; b itself is full enough.
		if err := c.flush(); err != nil {
			return err
		}
		return c.next.Push(b)
	}
	c.held.Append(b)
	if c.held.N >= vector.BatchSize-sparseRows {
		return c.flush()
	}
	return nil
}

// flush hands on what was held back.
func (c *compactor) flush() error {
	if c.held == nil || c.held.N == 0 {
		return nil
	}
	err := c.next.Push(c.held)
	c.held.Reset()
	return err
}

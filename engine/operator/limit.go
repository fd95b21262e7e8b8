package operator

import (
	"sync/atomic"

	"skep/engine/pipeline"
	"skep/engine/vector"
)

// Limit passes n rows after skipping the first ones, over all workers together, and then ends the pipelines it is in.
type Limit struct {
	offset, n int64
	taken     atomic.Int64 // rows seen, including the skipped ones
}

var (
	_ pipeline.Operator = (*Limit)(nil)
	_ pipeline.Stopper  = (*Limit)(nil)
)

// NewLimit returns the operator that passes n rows after offset.
func NewLimit(n, offset int64) *Limit { return &Limit{offset: offset, n: n} }

// Stopped implements pipeline.Stopper.
func (l *Limit) Stopped() bool { return l.taken.Load() >= l.offset+l.n }

// Processor implements pipeline.Operator.
func (l *Limit) Processor(_ *pipeline.Worker, next pipeline.Processor) (pipeline.Processor, error) {
	return &limitProcessor{l, next}, nil
}

type limitProcessor struct {
	limit *Limit
	next  pipeline.Processor
}

func (p *limitProcessor) Push(b *vector.Batch) error {
	l, n := p.limit, int64(b.Rows())
	end := l.taken.Add(n)
	start := end - n
	from, to := max(l.offset-start, 0), min(l.offset+l.n-start, n)
	if from < to {
		if from == 0 && to == n {
			if err := p.next.Push(b); err != nil {
				return err
			}
		} else if err := p.next.Push(part(b, int(from), int(to))); err != nil {
			return err
		}
	}
	if end >= l.offset+l.n {
		return pipeline.ErrDone
	}
	return nil
}

func (p *limitProcessor) Finish() error { return nil }

// part returns rows from..to-1, counted within the selection, of b.
func part(b *vector.Batch, from, to int) *vector.Batch {
	if b.Sel != nil {
		return &vector.Batch{N: b.N, Sel: b.Sel[from:to], Cols: b.Cols}
	}
	sel := make([]uint16, to-from)
	for i := range sel {
		sel[i] = uint16(from + i)
	}
	return &vector.Batch{N: b.N, Sel: sel, Cols: b.Cols}
}

package operator

import (
	"context"
	"sync"
	"sync/atomic"

	"skep/dialect/types"
	"skep/engine/memory"
	"skep/engine/pipeline"
	"skep/engine/vector"
)

// Rows is a sink that materialises its input, to be read by any number of sources.
type Rows struct {
	ts      []*types.Type
	account *memory.Account

	mu      sync.Mutex
	batches []*vector.Batch
	bytes   int64
}

var _ pipeline.Sink = (*Rows)(nil)

// NewRows returns an empty collection of rows of the given types.
func NewRows(name string, ts []*types.Type, r *Resources) *Rows {
	return &Rows{ts: ts, account: r.Pool.NewAccount(name, false)}
}

// Processor implements pipeline.Sink.
func (r *Rows) Processor(*pipeline.Worker) (pipeline.Processor, error) {
	return &rowsProcessor{rows: r}, nil
}

// Finish implements pipeline.Sink.
func (r *Rows) Finish(context.Context) error { return nil }

// Close implements pipeline.Closer.
func (r *Rows) Close() error {
	r.account.Close()
	return nil
}

func (r *Rows) add(b *vector.Batch) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.batches = append(r.batches, b)
	r.bytes += b.Bytes()
	if !r.account.Set(r.bytes) {
		return r.account.Exceeded()
	}
	return nil
}

type rowsProcessor struct {
	rows *Rows
	cur  *vector.Batch
}

func (p *rowsProcessor) Push(b *vector.Batch) error {
	if p.cur != nil && p.cur.N+b.Rows() > vector.MaxBatchSize {
		if err := p.Finish(); err != nil {
			return err
		}
	}
	if p.cur == nil {
		p.cur = vector.NewBatch(p.rows.ts)
	}
	p.cur.Append(b)
	if p.cur.N >= vector.BatchSize {
		return p.Finish()
	}
	return nil
}

func (p *rowsProcessor) Finish() error {
	if p.cur == nil || p.cur.N == 0 {
		return nil
	}
	b := p.cur
	p.cur = nil
	return p.rows.add(b)
}

// Source returns a source of the collected rows.
func (r *Rows) Source() pipeline.Source {
	return &batchSource{batches: func() []*vector.Batch { return r.batches }}
}

// NewBatches returns a source of the given batches.
func NewBatches(bs ...*vector.Batch) pipeline.Source {
	return &batchSource{batches: func() []*vector.Batch { return bs }}
}

// batchSource hands out batches one by one.
type batchSource struct {
	batches func() []*vector.Batch
	next    atomic.Int64
}

func (s *batchSource) Workers() int { return len(s.batches()) }

func (s *batchSource) Reader(*pipeline.Worker) (pipeline.Reader, error) {
	return &batchReader{s, s.batches()}, nil
}

type batchReader struct {
	source  *batchSource
	batches []*vector.Batch
}

func (r *batchReader) Next() (*vector.Batch, error) {
	for {
		i := int(r.source.next.Add(1)) - 1
		if i >= len(r.batches) {
			return nil, nil
		}
		if b := r.batches[i]; b.Rows() > 0 {
			return b, nil
		}
	}
}

func (r *batchReader) Close() error { return nil }

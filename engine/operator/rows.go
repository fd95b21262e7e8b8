package operator

import (
	"context"
	"sync"
	"sync/atomic"

	"skep/dialect/types"
	"skep/engine/memory"
	"skep/engine/pipeline"
	"skep/engine/spill"
	"skep/engine/vector"
)

// Rows is a sink that materialises its input, to be read by any number of sources. What does not fit memory is on disk.
type Rows struct {
	ts      []*types.Type
	account *memory.Account
	files   spillFiles

	mu      sync.Mutex
	batches []*vector.Batch
	bytes   int64
	file    *spill.File
	spilled int // batches in file
}

// spilledMorsel is the number of spilled batches that a reader takes at once.
const spilledMorsel = 16

var _ pipeline.Sink = (*Rows)(nil)

// NewRows returns an empty collection of rows of the given types.
func NewRows(name string, ts []*types.Type, r *Resources) *Rows {
	return &Rows{ts: ts, account: r.Pool.NewAccount(name, true), files: spillFiles{res: r}}
}

// Processor implements pipeline.Sink.
func (r *Rows) Processor(*pipeline.Worker) (pipeline.Processor, error) {
	return &rowsProcessor{rows: r}, nil
}

// Finish implements pipeline.Sink.
func (r *Rows) Finish(context.Context) error {
	if r.file == nil {
		return nil
	}
	return r.file.Flush()
}

// Close implements pipeline.Closer.
func (r *Rows) Close() error {
	r.account.Close()
	return r.files.close()
}

func (r *Rows) add(b *vector.Batch) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.batches = append(r.batches, b)
	r.bytes += keptBytes(b.Cols)
	if r.account.Set(r.bytes) && !r.account.Asked() || r.bytes < r.files.res.minSpill() {
		return nil
	}
	if r.file == nil {
		f, err := r.files.create(r.ts)
		if err != nil {
			return err
		}
		r.file = f
	}
	for _, b := range r.batches {
		var flat dense
		if err := r.file.Write(r.spilled/spilledMorsel, flat.columns(b, b.Cols), b.N); err != nil {
			return err
		}
		r.spilled++
	}
	r.batches, r.bytes = nil, 0
	r.account.Set(0)
	return nil
}

type rowsProcessor struct {
	rows *Rows
	cur  *keptRows
}

func (p *rowsProcessor) Push(b *vector.Batch) error {
	if p.cur != nil && p.cur.n+b.Rows() > vector.MaxBatchSize {
		if err := p.Finish(); err != nil {
			return err
		}
	}
	if p.cur == nil {
		p.cur = newKeptRows(p.rows.ts)
	}
	p.cur.append(b)
	if p.cur.n >= vector.BatchSize {
		return p.Finish()
	}
	return nil
}

func (p *rowsProcessor) Finish() error {
	if p.cur == nil || p.cur.n == 0 {
		return nil
	}
	b := p.cur.batch()
	p.cur = nil
	return p.rows.add(b)
}

// Source returns a source of the collected rows.
func (r *Rows) Source() pipeline.Source { return &rowsSource{rows: r} }

// NewBatches returns a source of the given batches.
func NewBatches(bs ...*vector.Batch) pipeline.Source { return &rowsSource{rows: &Rows{batches: bs}} }

// rowsSource hands out first the batches in memory, then morsels of those on disk.
type rowsSource struct {
	rows *Rows
	next atomic.Int64
}

func (s *rowsSource) Workers() int {
	return len(s.rows.batches) + (s.rows.spilled+spilledMorsel-1)/spilledMorsel
}

func (s *rowsSource) Reader(*pipeline.Worker) (pipeline.Reader, error) {
	return &rowsReader{source: s}, nil
}

type rowsReader struct {
	source *rowsSource
	morsel *spill.Reader
}

func (r *rowsReader) Next() (*vector.Batch, error) {
	rows := r.source.rows
	for {
		if r.morsel != nil {
			b, err := r.morsel.Next()
			if err != nil || b != nil {
				return b, err
			}
			r.morsel = nil
		}
		i := int(r.source.next.Add(1)) - 1
		if i >= r.source.Workers() {
			return nil, nil
		}
		if i < len(rows.batches) {
			if b := rows.batches[i]; b.Rows() > 0 {
				return b, nil
			}
			continue
		}
		r.morsel = rows.file.Read(i - len(rows.batches))
	}
}

func (r *rowsReader) Close() error { return nil }

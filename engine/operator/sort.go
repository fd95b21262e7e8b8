package operator

import (
	"context"
	"sync"
	"sync/atomic"

	"skep/dialect/types"
	"skep/engine/memory"
	"skep/engine/pipeline"
	"skep/engine/sort"
	"skep/engine/spill"
	"skep/engine/vector"
)

// SortKey orders by a column of the sort's input program.
type SortKey struct {
	Column           int
	Desc, NullsFirst bool
}

// SortSpec describes a sort or top-N.
type SortSpec struct {
	Name string
	// Types are the columns that the program computes; the first Out of them are the output.
	Types []*types.Type
	Out   int
	Keys  []SortKey
	// Limit rows after Offset are kept; -1 keeps all.
	Limit, Offset int64
}

// Sort orders its whole input. With a limit, workers keep only what may be among the first rows.
//
// A worker that runs out of memory orders what it has and writes it to disk as a run; reading then merges the runs:
//
//	worker 1: rows ─► run, run, … ┐
//	                               ├─ merge ─► output
//	worker 2: rows ─► run, run, … ┘
//
// Many rows in memory are divided into ranges by their keys, which the workers order at the same time (see Parallel).
type Sort struct {
	spec  SortSpec
	res   *Resources
	files spillFiles

	mu       sync.Mutex
	accounts []*memory.Account
	rows     chunks // of workers that have ended
	runs     []spilledRun
	order    []uint32 // of rows, after Finish
	detached []*vector.Vector
	divided  *sort.Divided

	parallel bool // Parallel was called

	// bound is, with a limit, a prefix of the first key that no row wanted exceeds: some worker has enough rows up to it.
	bound atomic.Uint64
}

// spilledRun is a part of a spill file.
type spilledRun struct {
	file *spill.File
	part int
}

var _ pipeline.Sink = (*sortInput)(nil)

// NewSort returns a sort.
func NewSort(spec SortSpec, r *Resources) *Sort {
	s := &Sort{spec: spec, res: r, files: spillFiles{res: r}, rows: chunks{ts: spec.Types}}
	s.bound.Store(^uint64(0))
	return s
}

// Close implements pipeline.Closer.
func (s *Sort) Close() error {
	for _, a := range s.accounts {
		a.Close()
	}
	return s.files.close()
}

// Input returns the sink of the rows; program computes spec.Types.
func (s *Sort) Input(program Program) pipeline.Sink { return &sortInput{s, program} }

type sortInput struct {
	sort    *Sort
	program Program
}

// Processor implements pipeline.Sink.
func (in *sortInput) Processor(*pipeline.Worker) (pipeline.Processor, error) {
	s := in.sort
	p := &sortProcessor{
		sort: s, evaluator: in.program(), rows: chunks{ts: s.spec.Types}, keep: -1, account: s.res.Pool.NewAccount(s.spec.Name, true),
	}
	s.mu.Lock()
	s.accounts = append(s.accounts, p.account)
	s.mu.Unlock()
	if s.spec.Limit >= 0 {
		p.keep = s.spec.Limit + s.spec.Offset
		p.prune = max(2*p.keep, 1<<12)
	}
	return p, nil
}

// Finish implements pipeline.Sink.
func (in *sortInput) Finish(ctx context.Context) error {
	s := in.sort
	if !s.parallel || !s.many() {
		return s.finish(ctx)
	}
	// The tasks that follow do it.
	if s.rows.joinable() {
		s.detached = make([]*vector.Vector, len(s.spec.Types))
	}
	return nil
}

type sortProcessor struct {
	sort        *Sort
	evaluator   Evaluator
	rows        chunks
	keep, prune int64 // rows to keep, or -1, whenever there are prune rows
	sorter      sort.Sorter
	account     *memory.Account
	file        *spill.File
	runs        int

	dense dense
	used  []bool
	words []uint64
	sel   []uint16
}

func (p *sortProcessor) Push(b *vector.Batch) error {
	cols, err := p.evaluator.Run(b)
	if err != nil {
		return err
	}
	b = &vector.Batch{N: b.N, Sel: b.Sel, Cols: cols}
	if bound := p.sort.bound.Load(); bound != ^uint64(0) {
		if b = p.within(b, bound); b == nil {
			return nil
		}
	}
	p.rows.append(b)
	if p.keep >= 0 && int64(p.rows.rows()) >= p.prune {
		p.cut()
		p.lowerBound()
	}
	// Ordering takes another 48 bytes per row.
	n := p.rows.bytes() + 48*int64(p.rows.rows())
	if p.account.Set(n) && !p.account.Asked() || n < p.sort.res.minSpill() {
		return nil
	}
	return p.spill()
}

// spill writes the rows to disk as a run.
func (p *sortProcessor) spill() error {
	s := p.sort
	if p.file == nil {
		f, err := s.files.create(s.spec.Types)
		if err != nil {
			return err
		}
		p.file = f
	}
	order := p.sorter.Order(s.keys(&p.rows), p.rows.rows())
	if p.keep >= 0 {
		order = order[:min(int64(len(order)), p.keep)]
	}
	buf := vector.NewBatch(s.spec.Types)
	for len(order) > 0 {
		n := min(len(order), vector.BatchSize)
		for i, c := range buf.Cols {
			p.rows.gather(c, i, order[:n])
		}
		if err := p.file.Write(p.runs, buf.Cols, n); err != nil {
			return err
		}
		order = order[n:]
	}
	s.mu.Lock()
	s.runs = append(s.runs, spilledRun{p.file, p.runs})
	s.mu.Unlock()
	p.runs++
	p.rows = chunks{ts: s.spec.Types}
	p.sorter = sort.Sorter{}
	p.account.Set(0)
	return nil
}

// within returns the rows of b that are not beyond the bound, or nil.
func (p *sortProcessor) within(b *vector.Batch, bound uint64) *vector.Batch {
	first := p.sort.spec.Keys[0]
	p.used = grow(p.used, first.Column+1)
	p.used[first.Column] = true
	n := b.Rows()
	p.words = grow(p.words, n)
	column := p.dense.only(b, b.Cols, p.used)[first.Column]
	sort.Prefix(sort.Key{Column: column, Desc: first.Desc, NullsFirst: first.NullsFirst}, n, p.words)
	sel := grow(p.sel, n)[:0]
	for k, w := range p.words {
		if w <= bound {
			sel = append(sel, row(b, k))
		}
	}
	p.sel = sel
	if len(sel) == 0 {
		return nil
	}
	return &vector.Batch{N: b.N, Sel: sel, Cols: b.Cols}
}

// lowerBound makes the bound that of the worker's last row, if that is lower.
func (p *sortProcessor) lowerBound() {
	s := p.sort
	last := p.rows.rows() - 1
	if last < 0 || len(s.spec.Keys) == 0 {
		return
	}
	k := s.spec.Keys[0]
	v := vector.New(s.spec.Types[k.Column], 0)
	p.rows.gather(v, k.Column, []uint32{uint32(last)})
	var w [1]uint64
	sort.Prefix(sort.Key{Column: v, Desc: k.Desc, NullsFirst: k.NullsFirst}, 1, w[:])
	for {
		old := s.bound.Load()
		if w[0] >= old || s.bound.CompareAndSwap(old, w[0]) {
			return
		}
	}
}

// cut keeps the first rows only.
func (p *sortProcessor) cut() {
	s := p.sort
	order := p.sorter.Order(s.keys(&p.rows), p.rows.rows())
	p.rows.keep(order[:min(int64(len(order)), p.keep)])
}

func (p *sortProcessor) Finish() error {
	if p.keep >= 0 && int64(p.rows.rows()) > p.keep {
		p.cut()
	}
	s := p.sort
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows.take(&p.rows)
	if p.file != nil {
		return p.file.Flush()
	}
	return nil
}

// keys returns the sort keys over rows.
func (s *Sort) keys(rows *chunks) []sort.Key {
	keys := make([]sort.Key, len(s.spec.Keys))
	if len(rows.list) == 0 {
		return nil
	}
	for i, k := range s.spec.Keys {
		keys[i] = sort.Key{Column: rows.column(k.Column), Desc: k.Desc, NullsFirst: k.NullsFirst}
	}
	return keys
}

// finish orders the rows in memory, or makes them the last run.
func (s *Sort) finish(ctx context.Context) error {
	if len(s.runs) > 0 {
		if s.rows.rows() == 0 {
			return nil
		}
		p := &sortProcessor{sort: s, rows: s.rows, keep: -1, account: s.accounts[0]}
		s.rows = chunks{ts: s.spec.Types}
		if err := p.spill(); err != nil {
			return err
		}
		return p.file.Flush()
	}
	s.rows.join()
	sorter := sort.Sorter{Stopped: stopped(ctx)}
	s.order = sorter.Order(s.keys(&s.rows), s.rows.rows())
	if err := ctx.Err(); err != nil {
		return err
	}
	s.order = s.order[min(s.spec.Offset, int64(len(s.order))):]
	if s.spec.Limit >= 0 {
		s.order = s.order[:min(s.spec.Limit, int64(len(s.order)))]
	}
	return nil
}

// manyRows is the number of rows from which on several workers order them.
const manyRows = 1 << 16

func (s *Sort) many() bool { return len(s.runs) == 0 && s.rows.rows() >= manyRows }

// Parallel adds the tasks that order many rows by all workers and returns the last one, after which the source may be read; end
// is the end of the input. It is called before the query runs.
func (s *Sort) Parallel(q *pipeline.Query, end *pipeline.Task) *pipeline.Task {
	if q.Workers() < 2 || s.spec.Limit >= 0 || len(s.spec.Keys) == 0 {
		return end
	}
	s.parallel = true
	columns := q.AddParallel(s.spec.Name+" columns", func() int { return len(s.detached) }, func(_ context.Context, i int) error {
		s.detached[i] = s.rows.detach(i)
		return nil
	})
	columns.After(end)
	divide := q.AddTask(s.spec.Name+" ranges", func(ctx context.Context) error {
		if s.detached != nil {
			s.rows.joined(s.detached)
		}
		if s.many() {
			// More ranges than workers, so that none waits for long.
			s.divided = sort.Divide(s.keys(&s.rows), s.rows.rows(), 4*q.Workers(), stopped(ctx))
		}
		return ctx.Err()
	})
	divide.After(columns)
	ranges := q.AddParallel(s.spec.Name+" order", func() int {
		if s.divided == nil {
			return 0
		}
		return s.divided.Ranges()
	}, func(ctx context.Context, i int) error {
		s.divided.OrderRange(i, stopped(ctx))
		return ctx.Err()
	})
	ranges.After(divide)
	last := q.AddTask(s.spec.Name+" ordered", func(context.Context) error {
		if s.divided != nil {
			s.order = s.divided.Order()
			s.order = s.order[min(s.spec.Offset, int64(len(s.order))):]
			s.divided = nil
		}
		return nil
	})
	last.After(ranges)
	return last
}

// stopped is what long computations ask.
func stopped(ctx context.Context) func() bool { return func() bool { return ctx.Err() != nil } }

// Source returns the source of the ordered rows. It serves one worker, to keep the order.
func (s *Sort) Source() pipeline.Source { return &sortSource{s} }

type sortSource struct{ sort *Sort }

// Workers implements pipeline.Source.
func (s *sortSource) Workers() int { return 1 }

// Reader implements pipeline.Source.
func (s *sortSource) Reader(*pipeline.Worker) (pipeline.Reader, error) {
	if len(s.sort.runs) > 0 {
		return newMergeReader(s.sort)
	}
	r := &sortReader{sort: s.sort}
	for _, t := range s.sort.spec.Types[:s.sort.spec.Out] {
		r.batch.Cols = append(r.batch.Cols, &vector.Vector{Type: t})
	}
	return r, nil
}

type sortReader struct {
	sort  *Sort
	at    int
	batch vector.Batch
}

// Next implements pipeline.Reader.
func (r *sortReader) Next() (*vector.Batch, error) {
	n := min(vector.BatchSize, len(r.sort.order)-r.at)
	if n == 0 {
		return nil, nil
	}
	rows := r.sort.order[r.at : r.at+n]
	r.at += n
	for i, c := range r.batch.Cols {
		r.sort.rows.gather(c, i, rows)
	}
	r.batch.N = n
	return &r.batch, nil
}

// Close implements pipeline.Reader.
func (r *sortReader) Close() error { return nil }

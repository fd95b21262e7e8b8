package operator

import (
	"errors"
	"sync/atomic"

	"skep/engine/memory"
	"skep/engine/pipeline"
	"skep/engine/sort"
	"skep/engine/vector"
)

// Source returns the source of the input's columns and the calls' results.
func (o *PartitionedWindow) Source() pipeline.Source { return &windowSource{window: o} }

type windowSource struct {
	window *PartitionedWindow
	next   atomic.Int64
}

// Workers implements pipeline.Source.
func (s *windowSource) Workers() int {
	if len(s.window.parts) > 0 {
		return partitions
	}
	return 1
}

// Reader implements pipeline.Source.
func (s *windowSource) Reader(w *pipeline.Worker) (pipeline.Reader, error) {
	o := s.window
	c, err := newWindowComputer(&o.spec, w)
	if err != nil {
		return nil, err
	}
	r := &windowReader{source: s, worker: w, computer: c, account: o.res.Pool.NewAccount("window", false)}
	o.mu.Lock()
	o.accounts = append(o.accounts, r.account)
	o.mu.Unlock()
	return r, nil
}

// windowReader computes partitions one by one.
type windowReader struct {
	source   *windowSource
	worker   *pipeline.Worker
	computer *windowComputer
	account  *memory.Account
	sorter   sort.Sorter
	sorted   []*vector.Vector
}

var _ pipeline.Pusher = (*windowReader)(nil)

// Next implements pipeline.Reader; PushTo is called instead.
func (r *windowReader) Next() (*vector.Batch, error) { return nil, nil }

// Close implements pipeline.Reader.
func (r *windowReader) Close() error { return nil }

// PushTo implements pipeline.Pusher.
func (r *windowReader) PushTo(next pipeline.Processor) error {
	o := r.source.window
	for {
		i := int(r.source.next.Add(1)) - 1
		if len(o.parts) == 0 {
			if i > 0 || o.staged.rows() == 0 {
				return nil
			}
			cols := make([]*vector.Vector, len(o.spec.Types))
			for c := range cols {
				cols[c] = o.staged.column(c)
			}
			return r.compute(cols, o.staged.rows(), next)
		}
		if i >= partitions {
			return nil
		}
		if err := r.partition(i, next); err != nil {
			return err
		}
	}
}

// sortedBytes is the memory for ordering, by row: two copies of the item and the order.
const sortedBytes = 40

// partition computes partition i in memory if it fits there.
func (r *windowReader) partition(i int, next pipeline.Processor) error {
	o := r.source.window
	rows := vector.NewBatch(o.divided)
	var outside pipeline.Processor // where rows go that do not fit
	var sorted *Sort
	add := func(b *vector.Batch) error {
		if err := r.worker.Context.Err(); err != nil {
			return err
		}
		if outside != nil {
			return outside.Push(&vector.Batch{N: b.N, Cols: b.Cols[:len(o.spec.Types)]})
		}
		rows.Append(b)
		// The ordered rows are a second copy.
		n := rows.Bytes()
		if n < maxWindowArena && r.account.Set(2*n+sortedBytes*int64(rows.N)) {
			return nil
		}
		sorted = NewSort(o.sortSpec(), o.res)
		var err error
		if outside, err = sorted.Input(AllColumns).Processor(r.worker); err != nil {
			return err
		}
		for from := 0; from < rows.N; from += vector.BatchSize {
			to := min(from+vector.BatchSize, rows.N)
			part := &vector.Batch{N: to - from}
			for _, v := range rows.Cols[:len(o.spec.Types)] {
				part.Cols = append(part.Cols, slice(v, from, to))
			}
			if err := outside.Push(part); err != nil {
				return err
			}
		}
		rows = nil
		r.account.Set(0)
		return nil
	}
	err := r.read(i, add)
	switch {
	case err != nil:
	case outside != nil:
		err = r.stream(sorted, outside, next)
	case rows.N > 0:
		err = r.compute(rows.Cols, rows.N, next)
	}
	r.account.Set(0)
	if sorted != nil {
		err = errors.Join(err, sorted.Close())
	}
	return err
}

// maxWindowArena bounds the partitions that are computed in memory: the strings of a column are in one piece there.
const maxWindowArena = 1 << 31

// read hands over the rows of partition i of all workers and gives their memory back.
func (r *windowReader) read(i int, f func(*vector.Batch) error) error {
	o := r.source.window
	for _, p := range o.parts {
		var held int64
		for _, b := range p.parts[i] {
			held += b.Bytes()
		}
		if err := p.read(i, f); err != nil {
			return err
		}
		o.mu.Lock()
		p.account.Set(max(0, p.account.Held()-held))
		o.mu.Unlock()
	}
	return nil
}

// compute sorts n rows of flat columns, those of the spec and maybe the hash of the partition keys, and computes the calls over them.
func (r *windowReader) compute(cols []*vector.Vector, n int, next pipeline.Processor) error {
	o := r.source.window
	keys := windowKeys(&o.spec, func(i int) *vector.Vector { return cols[i] })
	if r.sorted == nil {
		for _, t := range o.divided {
			r.sorted = append(r.sorted, &vector.Vector{Type: t})
		}
	}
	r.computer.partition = nil
	if len(cols) > len(o.spec.Types) {
		// Partitions need no order among each other.
		byHash := append([]sort.Key{{Column: cols[len(o.spec.Types)]}}, keys[len(o.spec.Partition):]...)
		if err := r.sort(cols, byHash, n); err != nil {
			return err
		}
		if hash := r.sorted[len(o.spec.Types)]; r.tellsPartitions(hash, n) {
			r.computer.partition = hash
			return r.computer.compute(r.sorted[:len(o.spec.Types)], n, &segment{}, next)
		}
	}
	if err := r.sort(cols, keys, n); err != nil {
		return err
	}
	return r.computer.compute(r.sorted[:len(o.spec.Types)], n, &segment{}, next)
}

// sort makes r.sorted the n rows of cols in order of keys.
func (r *windowReader) sort(cols []*vector.Vector, keys []sort.Key, n int) error {
	r.sorter.Stopped = stopped(r.worker.Context)
	order := r.sorter.Order(keys, n)
	if err := r.worker.Context.Err(); err != nil {
		return err
	}
	for i, v := range cols {
		gather(r.sorted[i], v, order)
	}
	return nil
}

// tellsPartitions reports whether rows of r.sorted, ordered by the hash, with equal hashes have equal partition keys.
func (r *windowReader) tellsPartitions(hash *vector.Vector, n int) bool {
	for _, c := range r.source.window.spec.Partition {
		key := sort.Key{Column: r.sorted[c]}
		for i := 1; i < n; i++ {
			if hash.I64[i] == hash.I64[i-1] && key.Compare(key.Column, i-1, key.Column, i) != 0 {
				return false
			}
		}
	}
	return true
}

// sortSpec describes the sorting of a partition outside memory.
func (o *PartitionedWindow) sortSpec() SortSpec {
	s := SortSpec{Name: "window", Types: o.spec.Types, Out: len(o.spec.Types), Limit: -1}
	for _, c := range o.spec.Partition {
		s.Keys = append(s.Keys, SortKey{Column: c, NullsFirst: true})
	}
	s.Keys = append(s.Keys, o.spec.Order...)
	return s
}

// stream computes the calls over rows that were sorted outside memory.
func (r *windowReader) stream(s *Sort, input, next pipeline.Processor) (err error) {
	if err := input.Finish(); err != nil {
		return err
	}
	if err := s.finish(r.worker.Context); err != nil {
		return err
	}
	rows, err := s.Source().Reader(r.worker)
	if err != nil {
		return err
	}
	o := r.source.window
	op := NewWindow(o.spec, AllColumns, o.res)
	defer func() { err = errors.Join(err, op.Close()) }()
	window, err := op.Processor(r.worker, next)
	if err != nil {
		return err
	}
	for {
		if err := r.worker.Context.Err(); err != nil {
			return err
		}
		b, err := rows.Next()
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		if err := window.Push(b); err != nil {
			return err
		}
	}
	if err := rows.Close(); err != nil {
		return err
	}
	return window.Finish()
}

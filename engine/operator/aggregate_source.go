package operator

import (
	"sync/atomic"

	"skep/engine/pipeline"
	"skep/engine/vector"
)

// Source returns the source of the groups: key columns, then results.
func (h *HashAggregate) Source() pipeline.Source { return &aggregateSource{h: h} }

// PartialSource returns the source of the groups with partial instead of final results, to be merged elsewhere.
func (h *HashAggregate) PartialSource() pipeline.Source { return &aggregateSource{h: h, partial: true} }

// aggregateSource hands out partitions, or the only table.
type aggregateSource struct {
	h       *HashAggregate
	partial bool
	next    atomic.Int64
}

// Workers implements pipeline.Source.
func (s *aggregateSource) Workers() int {
	if s.h.result != nil {
		return 1
	}
	return partitions
}

// Reader implements pipeline.Source.
func (s *aggregateSource) Reader(*pipeline.Worker) (pipeline.Reader, error) {
	return &aggregateReader{source: s}, nil
}

// aggregateReader merges partitions one by one. A partition whose groups do not fit memory is partitioned again, and its
// parts are put on a stack.
type aggregateReader struct {
	source  *aggregateSource
	table   *aggregateTable    // whose groups are being handed out, or nil
	merged  [2]*aggregateTable // reused from partition to partition; the second one has packed keys
	at      int
	pending []pendingPartition
	batch   vector.Batch
	results []*vector.Vector
	keys    []*vector.Vector // unpacked
}

// pendingPartition is a partition of the scatters of one or more tables.
type pendingPartition struct {
	from []tableParts
	i    int
}

// tableParts are the partitions of a table, whose keys may be packed.
type tableParts struct {
	*scatter
	packed bool
}

// Next implements pipeline.Reader.
func (r *aggregateReader) Next() (*vector.Batch, error) {
	for {
		if r.table != nil {
			if b := r.emit(); b != nil {
				return b, nil
			}
			r.table = nil
		}
		if n := len(r.pending); n > 0 {
			p := r.pending[n-1]
			r.pending = r.pending[:n-1]
			if err := r.merge(p); err != nil {
				return nil, err
			}
			continue
		}
		i := int(r.source.next.Add(1)) - 1
		h := r.source.h
		if h.result != nil {
			if i > 0 {
				return nil, nil
			}
			r.table, r.at = h.result, 0
			continue
		}
		if i >= partitions {
			return nil, nil
		}
		p := pendingPartition{i: i}
		for _, l := range h.locals {
			if l.scatter != nil && l.scatter.count[i] > 0 {
				p.from = append(p.from, tableParts{l.scatter, l.packed})
			}
		}
		r.pending = append(r.pending, p)
	}
}

// emit returns the next groups of the table, or nil.
func (r *aggregateReader) emit() *vector.Batch {
	t, h := r.table, r.source.h
	n := t.groups.Len()
	if len(h.spec.Keys) == 0 {
		n = 1
	}
	if r.at >= n {
		return nil
	}
	from, to := r.at, min(r.at+vector.BatchSize, n)
	r.at = to
	r.batch.N = to - from
	r.batch.Cols = r.batch.Cols[:0]
	r.batch.Cols = append(r.batch.Cols, r.emitKeys(from, to)...)
	if r.source.partial {
		r.batch.Cols = append(r.batch.Cols, t.partials(from, to)...)
		return &r.batch
	}
	if r.results == nil {
		for _, t := range h.spec.Results {
			r.results = append(r.results, vector.New(t, 0))
		}
	}
	for i, s := range t.states {
		r.results[i].Reset()
		s.Final(r.results[i], from, to)
	}
	r.batch.Cols = append(r.batch.Cols, r.results...)
	return &r.batch
}

// emitKeys returns the keys of groups from..to-1 of the table.
func (r *aggregateReader) emitKeys(from, to int) []*vector.Vector {
	var cols []*vector.Vector
	for _, k := range r.table.groups.Keys() {
		cols = append(cols, slice(k, from, to))
	}
	if !r.table.packed {
		return cols
	}
	return r.source.h.layout.unpack(cols, to-from, &r.keys)
}

// merge groups a partition. Afterwards either r.table holds its groups, or they have been divided among pending partitions.
func (r *aggregateReader) merge(p pendingPartition) error {
	if len(p.from) == 0 {
		return nil
	}
	h := r.source.h
	level := p.from[0].level + 1
	packed := 1
	for _, s := range p.from {
		if !s.packed {
			packed = 0
		}
	}
	if r.merged[packed] == nil {
		r.merged[packed] = newAggregateTable(h, level, packed == 1)
	}
	t := r.merged[packed]
	t.level = level
	t.groups.Reset()
	t.resize(0)
	results := len(h.partial) - len(h.spec.Keys)
	for _, s := range p.from {
		err := s.read(p.i, func(b *vector.Batch) error {
			keys, partials := b.Cols[:len(b.Cols)-results], b.Cols[len(b.Cols)-results:]
			if s.packed && !t.packed {
				keys = h.layout.values(keys, b.N)
			}
			groups := t.find(keys, b.N)
			t.mergePartials(partials, groups)
			return t.fit()
		})
		if err != nil {
			return err
		}
	}
	if t.scatter == nil {
		r.table, r.at = t, 0
		return nil
	}
	t.flush()
	if err := t.fit(); err != nil {
		return err
	}
	for i, n := range t.scatter.count {
		if n > 0 {
			r.pending = append(r.pending, pendingPartition{[]tableParts{{t.scatter, t.packed}}, i})
		}
	}
	t.scatter = nil
	return nil
}

// Close implements pipeline.Reader.
func (r *aggregateReader) Close() error { return nil }

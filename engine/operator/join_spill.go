package operator

import (
	"sync/atomic"

	"skep/engine/hashtable"
	"skep/engine/pipeline"
	"skep/engine/vector"
)

// divide sends the rows whose partition is on disk there and returns the others.
func (p *joinProbeProcessor) divide(b *vector.Batch, keys []*vector.Vector) (*vector.Batch, error) {
	j := p.join
	n := b.Rows()
	p.hash = grow(p.hash, n)
	hashtable.Hash(keys, n, p.hash)
	here, away := grow(p.here, n)[:0], p.away[:0]
	for k, h := range p.hash {
		if j.resident[hashtable.Partition(h, j.level, partitionBits)] {
			here = append(here, row(b, k))
		} else {
			away = append(away, uint32(k))
		}
	}
	p.here, p.away = here, away
	if len(away) > 0 {
		if p.parts == nil {
			p.parts = newScatter(j.spec.ProbeTypes, j.level, j.files)
			p.account = j.newAccount(true)
		}
		cols := make([]*vector.Vector, len(b.Cols))
		rows := make([]uint16, len(away))
		hashes := make([]uint64, len(away))
		for i, k := range away {
			rows[i], hashes[i] = row(b, int(k)), p.hash[k]
		}
		for i, c := range b.Cols {
			cols[i] = &vector.Vector{Type: c.Type}
			vector.GatherView(cols[i], c, rows)
		}
		p.parts.add(cols, hashes)
		if (!p.account.Set(p.parts.bytes) || p.account.Asked()) && p.parts.bytes >= j.res.minSpill() {
			if err := p.parts.spill(); err != nil {
				return nil, err
			}
			p.account.Set(0)
		}
	}
	return &vector.Batch{N: b.N, Sel: here, Cols: b.Cols}, nil
}

// finishParts hands the probe rows on disk over to the join.
func (p *joinProbeProcessor) finishParts() error {
	if p.parts == nil {
		return nil
	}
	if err := p.parts.spill(); err != nil {
		return err
	}
	p.account.Set(0)
	j := p.join
	j.mu.Lock()
	defer j.mu.Unlock()
	j.probeParts = append(j.probeParts, p.parts)
	return nil
}

// SpilledSource returns the source that joins the partitions on disk. It is to run after all probing.
func (j *HashJoin) SpilledSource() pipeline.Source { return &spilledJoin{join: j} }

type spilledJoin struct {
	join *HashJoin
	next atomic.Int64
}

// Workers implements pipeline.Source.
func (s *spilledJoin) Workers() int {
	if !s.join.partitioned.Load() {
		return 0
	}
	return partitions
}

// Reader implements pipeline.Source.
func (s *spilledJoin) Reader(w *pipeline.Worker) (pipeline.Reader, error) {
	return &spilledReader{s, w}, nil
}

type spilledReader struct {
	source *spilledJoin
	worker *pipeline.Worker
}

var _ pipeline.Pusher = (*spilledReader)(nil)

// Next implements pipeline.Reader; PushTo is called instead.
func (r *spilledReader) Next() (*vector.Batch, error) { return nil, nil }

// Close implements pipeline.Reader.
func (r *spilledReader) Close() error { return nil }

// PushTo implements pipeline.Pusher.
func (r *spilledReader) PushTo(next pipeline.Processor) error {
	for {
		i := int(r.source.next.Add(1)) - 1
		if i >= partitions {
			return nil
		}
		if err := r.source.join.joinPartition(r.worker, i, next); err != nil {
			return err
		}
	}
}

// joinPartition joins partition i of both sides as a join of its own.
func (j *HashJoin) joinPartition(w *pipeline.Worker, i int, next pipeline.Processor) error {
	if j.resident[i] {
		return nil
	}
	sub := newHashJoin(j.spec, j.res, j.level+1, j.files)
	defer sub.release()
	builder := sub.newBuilder(AllColumns())
	feed := func(parts []*scatter, to pipeline.Processor) error {
		for _, s := range parts {
			err := s.read(i, func(b *vector.Batch) error {
				if err := w.Context.Err(); err != nil {
					return err
				}
				return to.Push(b)
			})
			if err != nil {
				return err
			}
		}
		return to.Finish()
	}
	if err := feed(j.buildParts, builder); err != nil {
		return err
	}
	if err := sub.finishBuild(); err != nil {
		return err
	}
	// NULLs concern the whole build side.
	sub.total, sub.nullKey = j.total, j.nullKey
	probe, err := sub.Probe().Processor(w, next)
	if err != nil {
		return err
	}
	if err := feed(j.probeParts, probe); err != nil {
		return err
	}
	if j.spec.Kind.emitsBuild() {
		rows := &joinBuildReader{source: &joinBuildSource{join: sub}}
		for {
			b, err := rows.Next()
			if err != nil {
				return err
			}
			if b == nil {
				break
			}
			if err := next.Push(b); err != nil {
				return err
			}
		}
	}
	if sub.partitioned.Load() {
		for k := range partitions {
			if err := sub.joinPartition(w, k, next); err != nil {
				return err
			}
		}
	}
	return nil
}

package operator

import (
	"skep/dialect/types"
	"skep/engine/hashtable"
	"skep/engine/vector"
)

const (
	partitionBits = 6
	partitions    = 1 << partitionBits
)

// scatter divides rows by the hash of their keys among partitions. It is used by one worker.
type scatter struct {
	ts    []*types.Type
	level int
	parts [partitions]partition
	rows  [partitions][]uint32
	bytes int64
}

// partition is the rows of one worker in one partition, as batches of which the last is not full.
type partition struct {
	batches []*vector.Batch
	rows    int
}

func newScatter(ts []*types.Type, level int) *scatter { return &scatter{ts: ts, level: level} }

// add copies n rows of flat columns to the partitions given by their hashes.
func (s *scatter) add(cols []*vector.Vector, hashes []uint64) {
	for i := range s.rows {
		s.rows[i] = s.rows[i][:0]
	}
	for k, h := range hashes {
		p := hashtable.Partition(h, s.level, partitionBits)
		s.rows[p] = append(s.rows[p], uint32(k))
	}
	for i := range s.parts {
		s.append(&s.parts[i], cols, s.rows[i])
	}
}

func (s *scatter) append(p *partition, cols []*vector.Vector, rows []uint32) {
	for len(rows) > 0 {
		var b *vector.Batch
		if n := len(p.batches); n > 0 && p.batches[n-1].N < vector.BatchSize {
			b = p.batches[n-1]
		} else {
			b = vector.NewBatch(s.ts)
			p.batches = append(p.batches, b)
		}
		n := min(len(rows), vector.BatchSize-b.N)
		before := b.Bytes()
		for c, v := range cols {
			vector.AppendRows(b.Cols[c], v, rows[:n])
		}
		b.N += n
		p.rows += n
		s.bytes += b.Bytes() - before
		rows = rows[n:]
	}
}

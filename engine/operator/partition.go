package operator

import (
	"skep/dialect/types"
	"skep/engine/hashtable"
	"skep/engine/spill"
	"skep/engine/vector"
)

const (
	partitionBits = 6
	partitions    = 1 << partitionBits
	// maxLevel is the deepest level of partitioning partitions again; what is then still too large has mostly equal keys.
	maxLevel = 4
)

// scatter divides rows by the hash of their keys among partitions, in memory and, once spill has been called, in a file. It is
// filled by one worker; afterwards its partitions may be read by several.
type scatter struct {
	ts    []*types.Type
	level int
	files *spillFiles
	file  *spill.File
	parts [partitions][]*vector.Batch // the last batch of a partition is not full
	count [partitions]int64           // rows, spilled ones included
	rows  [partitions][]uint32
	bytes int64 // in memory
}

func newScatter(ts []*types.Type, level int, files *spillFiles) *scatter {
	return &scatter{ts: ts, level: level, files: files}
}

// add copies n rows of flat columns to the partitions given by their hashes.
func (s *scatter) add(cols []*vector.Vector, hashes []uint64) {
	for i := range s.rows {
		s.rows[i] = s.rows[i][:0]
	}
	for k, h := range hashes {
		p := hashtable.Partition(h, s.level, partitionBits)
		s.rows[p] = append(s.rows[p], uint32(k))
	}
	for i, rows := range s.rows {
		s.count[i] += int64(len(rows))
		s.append(i, cols, rows)
	}
}

func (s *scatter) append(i int, cols []*vector.Vector, rows []uint32) {
	for len(rows) > 0 {
		var b *vector.Batch
		if n := len(s.parts[i]); n > 0 && s.parts[i][n-1].N < vector.BatchSize {
			b = s.parts[i][n-1]
		} else {
			b = vector.NewBatch(s.ts)
			s.parts[i] = append(s.parts[i], b)
		}
		n := min(len(rows), vector.BatchSize-b.N)
		before := b.Bytes()
		for c, v := range cols {
			vector.AppendRows(b.Cols[c], v, rows[:n])
		}
		b.N += n
		s.bytes += b.Bytes() - before
		rows = rows[n:]
	}
}

// spill moves all rows to the file.
func (s *scatter) spill() error {
	if s.file == nil {
		f, err := s.files.create(s.ts)
		if err != nil {
			return err
		}
		s.file = f
	}
	for i, list := range s.parts {
		for _, b := range list {
			if err := s.file.Write(i, b.Cols, b.N); err != nil {
				return err
			}
		}
		s.parts[i] = nil
	}
	s.bytes = 0
	return s.file.Flush()
}

// read calls f for the batches of partition i and forgets them. Batches are valid during the call.
func (s *scatter) read(i int, f func(b *vector.Batch) error) error {
	if s.file != nil {
		r := s.file.Read(i)
		for {
			b, err := r.Next()
			if err != nil {
				return err
			}
			if b == nil {
				break
			}
			if err := f(b); err != nil {
				return err
			}
		}
	}
	list := s.parts[i]
	s.parts[i] = nil
	for k, b := range list {
		list[k] = nil
		if err := f(b); err != nil {
			return err
		}
	}
	return nil
}

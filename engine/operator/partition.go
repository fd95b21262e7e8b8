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
	parts [partitions][]*vector.Batch // the last batch of a partition has room
	room  [partitions]int             // rows for which the last batch has room in all
	count [partitions]int64           // rows, spilled ones included
	bytes int64                       // in memory

	part []uint8  // by row of a chunk: its partition
	at   []uint32 // and its row there
	rows [partitions][]uint32
}

func newScatter(ts []*types.Type, level int, files *spillFiles) *scatter {
	return &scatter{ts: ts, level: level, files: files, part: make([]uint8, vector.BatchSize), at: make([]uint32, vector.BatchSize)}
}

// add copies n rows of flat columns to the partitions given by their hashes.
func (s *scatter) add(cols []*vector.Vector, hashes []uint64) {
	for from := 0; from < len(hashes); from += vector.BatchSize {
		to := min(from+vector.BatchSize, len(hashes))
		s.place(hashes[from:to])
		for c := range s.ts {
			s.scatterColumn(c, cols[c], from, to)
		}
	}
}

// place finds the partition and row of each hash's row and makes room there.
func (s *scatter) place(hashes []uint64) {
	var count [partitions]int
	part := s.part[:len(hashes)]
	for k, h := range hashes {
		p := hashtable.Partition(h, s.level, partitionBits)
		part[k] = uint8(p)
		count[p&(partitions-1)]++
	}
	var next [partitions]uint32
	for p, n := range count {
		if n > 0 {
			next[p] = uint32(s.grow(p, n))
		}
	}
	at := s.at[:len(hashes)]
	for k, p := range part {
		p &= partitions - 1
		at[k] = next[p]
		next[p]++
	}
}

// grow adds n rows to the last batch of a partition, or to a new one, and returns the first.
func (s *scatter) grow(p, n int) int {
	s.count[p] += int64(n)
	k := len(s.parts[p])
	if k > 0 {
		if b := s.parts[p][k-1]; b.N+n <= s.room[p] {
			b.N += n
			return b.N - n
		}
	}
	// Batches grow with the partition.
	s.room[p] = max(n, min(2*vector.BatchSize, 256<<k))
	b := &vector.Batch{N: n}
	for _, t := range s.ts {
		v := &vector.Vector{Type: t}
		switch t.Physical() {
		case types.I64:
			v.I64 = make([]int64, 0, s.room[p])
		case types.F64:
			v.F64 = make([]float64, 0, s.room[p])
		case types.I128:
			v.W = make([]types.Int128, 0, s.room[p])
		default:
			v = vector.New(t, 0)
		}
		b.Cols = append(b.Cols, v)
		s.bytes += v.MemoryBytes()
	}
	s.parts[p] = append(s.parts[p], b)
	return 0
}

// scatterColumn copies rows from..to-1 of a column to where place has put them.
func (s *scatter) scatterColumn(c int, v *vector.Vector, from, to int) {
	part, at := s.part[:to-from], s.at[:to-from]
	switch v.Type.Physical() {
	case types.I64:
		scatterValues(s, c, v.I64[from:to], func(v *vector.Vector) *[]int64 { return &v.I64 })
	case types.F64:
		scatterValues(s, c, v.F64[from:to], func(v *vector.Vector) *[]float64 { return &v.F64 })
	case types.I128:
		scatterValues(s, c, v.W[from:to], func(v *vector.Vector) *[]types.Int128 { return &v.W })
	default:
		s.appendColumn(c, v, from, part)
		return
	}
	if v.Nulls == nil {
		// Batches with NULLs from before need entries for the new rows.
		for p := range s.parts {
			if n := len(s.parts[p]); n > 0 {
				if b := s.parts[p][n-1]; b.Cols[c].Nulls != nil {
					b.Cols[c].MakeNulls(b.N)
				}
			}
		}
		return
	}
	for k, null := range v.Nulls[from:to] {
		b := s.last(int(part[k]))
		if nulls := b.Cols[c].Nulls; null || nulls != nil {
			b.Cols[c].MakeNulls(b.N)[at[k]] = null
		}
	}
}

func (s *scatter) last(p int) *vector.Batch { return s.parts[p][len(s.parts[p])-1] }

// scatterValues copies the values of a chunk of a column.
func scatterValues[T any](s *scatter, c int, vals []T, field func(*vector.Vector) *[]T) {
	var tails [partitions][]T
	for p := range s.parts {
		if n := len(s.parts[p]); n > 0 {
			b := s.parts[p][n-1]
			f := field(b.Cols[c])
			*f = (*f)[:b.N]
			tails[p] = *f
		}
	}
	part, at := s.part[:len(vals)], s.at[:len(vals)]
	for k, v := range vals {
		tails[part[k]&(partitions-1)][at[k]] = v
	}
}

// appendColumn is scatterColumn for types without a fixed width.
func (s *scatter) appendColumn(c int, v *vector.Vector, from int, part []uint8) {
	for p := range s.rows {
		s.rows[p] = s.rows[p][:0]
	}
	for k, p := range part {
		s.rows[p] = append(s.rows[p], uint32(from+k))
	}
	for p, rows := range s.rows {
		if len(rows) > 0 {
			dst := s.last(p).Cols[c]
			s.bytes -= dst.MemoryBytes()
			vector.AppendRows(dst, v, rows)
			s.bytes += dst.MemoryBytes()
		}
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

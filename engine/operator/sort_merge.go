package operator

import (
	"skep/engine/sort"
	"skep/engine/spill"
	"skep/engine/vector"
)

// sortRun is a sequence of sorted batches in a spill file.
type sortRun struct {
	file *spill.Reader

	cols  []*vector.Vector // of the current batch
	n, at int
	keys  []sort.Key
	words []uint64 // prefixes of the first key by row
}

// load makes the next rows current; false at the end.
func (r *sortRun) load(s *Sort) (bool, error) {
	b, err := r.file.Next()
	if err != nil || b == nil {
		return false, err
	}
	r.cols, r.n, r.at = b.Cols, b.N, 0
	r.keys = r.keys[:0]
	for _, k := range s.spec.Keys {
		r.keys = append(r.keys, sort.Key{Column: b.Cols[k.Column], Desc: k.Desc, NullsFirst: k.NullsFirst})
	}
	if len(r.keys) > 0 {
		r.words = grow(r.words, r.n)
		sort.Prefix(r.keys[0], r.n, r.words)
	}
	return true, nil
}

// before reports whether the current row of r comes before that of o.
func (r *sortRun) before(o *sortRun) bool {
	if len(r.keys) == 0 {
		return false
	}
	i, j := r.at, o.at
	if a, b := r.words[i], o.words[j]; a != b {
		return a < b
	}
	for k, key := range r.keys {
		if c := key.Compare(key.Column, i, o.keys[k].Column, j); c != 0 {
			return c < 0
		}
	}
	return false
}

// loserTree finds the least of k runs with log k comparisons per row (Knuth, volume 3, 5.4.1). Runs that have ended are nil.
type loserTree struct {
	runs   []*sortRun
	losers []int // by inner node; losers[0] is the winner
}

func newLoserTree(runs []*sortRun) *loserTree {
	t := &loserTree{runs: runs, losers: make([]int, len(runs))}
	for i := range t.losers {
		t.losers[i] = -1
	}
	for i := len(runs) - 1; i >= 0; i-- {
		t.replay(i)
	}
	return t
}

// less reports whether run i comes before run j.
func (t *loserTree) less(i, j int) bool {
	if t.runs[i] == nil || t.runs[j] == nil {
		return t.runs[i] != nil
	}
	return t.runs[i].before(t.runs[j])
}

// replay plays run i's matches up to the root after its row has changed.
func (t *loserTree) replay(i int) {
	k := len(t.runs)
	for node := (i + k) / 2; node > 0; node /= 2 {
		o := t.losers[node]
		if o < 0 {
			// The first of the two to come waits for the other.
			t.losers[node] = i
			return
		}
		if t.less(o, i) {
			t.losers[node], i = i, o
		}
	}
	t.losers[0] = i
}

// winner returns the run with the least row, or nil when all have ended.
func (t *loserTree) winner() (int, *sortRun) { return t.losers[0], t.runs[t.losers[0]] }

// mergeReader merges runs.
type mergeReader struct {
	sort *Sort
	tree *loserTree
	skip int64
	left int64 // rows still wanted, or -1
	out  *vector.Batch
	rows []uint32
}

func newMergeReader(s *Sort) (*mergeReader, error) {
	m := &mergeReader{sort: s, skip: s.spec.Offset, left: s.spec.Limit, out: vector.NewBatch(s.spec.Types[:s.spec.Out])}
	var runs []*sortRun
	for _, f := range s.runs {
		runs = append(runs, &sortRun{file: f.file.Read(f.part)})
	}
	for i, r := range runs {
		ok, err := r.load(s)
		if err != nil {
			return nil, err
		}
		if !ok {
			runs[i] = nil
		}
	}
	m.tree = newLoserTree(runs)
	return m, nil
}

// Next implements pipeline.Reader.
func (m *mergeReader) Next() (*vector.Batch, error) {
	m.out.Reset()
	for m.out.N < vector.BatchSize && m.left != 0 {
		i, r := m.tree.winner()
		if r == nil {
			break
		}
		// Rows that come from one batch in a row are copied together.
		m.rows = m.rows[:0]
		limit := vector.BatchSize - m.out.N
		ended := false
		for len(m.rows) < limit && m.left != 0 {
			if m.skip > 0 {
				m.skip--
			} else {
				m.rows = append(m.rows, uint32(r.at))
				if m.left > 0 {
					m.left--
				}
			}
			if r.at++; r.at == r.n {
				ended = true
				break
			}
			m.tree.replay(i)
			if m.tree.losers[0] != i {
				break
			}
		}
		for c, v := range m.out.Cols {
			vector.AppendRows(v, r.cols[c], m.rows)
		}
		m.out.N += len(m.rows)
		if ended {
			ok, err := r.load(m.sort)
			if err != nil {
				return nil, err
			}
			if !ok {
				m.tree.runs[i] = nil
			}
			m.tree.replay(i)
		}
	}
	if m.out.N == 0 {
		return nil, nil
	}
	return m.out, nil
}

// Close implements pipeline.Reader.
func (m *mergeReader) Close() error { return nil }

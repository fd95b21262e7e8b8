package operator

import (
	"math"
	"sort"

	enginesort "skep/engine/sort"
	"skep/engine/vector"
)

// RangeKey is an inequality between a value of the probe side and one of the build side, of one primitive type.
type RangeKey struct {
	Probe int  // among the results of JoinSpec.RangeProbes
	Build int  // among JoinSpec.BuildTypes
	Below bool // the build value is at most the probe's; at least otherwise
}

// CanRange reports whether the probe side looks up build rows by ranges for joins of kind k: those that must know about rows for
// which the condition is NULL cannot.
func (k JoinKind) CanRange() bool { return k != JoinNullAwareAnti && k != JoinNullAwareMark }

// rangeIndex finds the build rows that satisfy one or two inequalities with given values (a superset of them: values are known
// by words that keep their order, see sort.Prefix). Rows are ordered by the first value, so that a probe's candidates are a run of
// them; the second inequality either narrows the run, when it is about the same value, or searches the run by the maxima of blocks
// of rows, of blocks of blocks and so on:
//
//	rows by first value:   w0 w1 w2 … | … | …      candidates: a run
//	second values:         s0 s1 s2 … | … | …      looked at only in blocks
//	maxima of blocks:      m0         | m1| m2     whose maximum is large enough
type rangeIndex struct {
	keys   []RangeKey
	words  []uint64   // of the first value, ascending
	rows   []uint32   // build row by position
	levels [][]uint64 // second values by position, then maxima of blocks; nil without, or with one of the same value
}

// rangeBlock is the number of entries under one maximum.
const rangeBlock = 64

// newRangeIndex indexes n build rows. Rows with NULL in the first value are left out.
func newRangeIndex(keys []RangeKey, cols []*vector.Vector, n int) *rangeIndex {
	x := &rangeIndex{keys: keys}
	first := enginesort.Key{Column: cols[keys[0].Build]}
	var sorter enginesort.Sorter
	order := sorter.Order([]enginesort.Key{first}, n)
	for len(order) > 0 && first.Column.IsNull(int(order[len(order)-1])) { // NULLs are last
		order = order[:len(order)-1]
	}
	x.rows = order
	words := make([]uint64, n)
	enginesort.Prefix(first, n, words)
	x.words = make([]uint64, len(order))
	for i, r := range order {
		x.words[i] = words[r]
	}
	if len(keys) < 2 || x.sameValue() {
		return x
	}
	enginesort.Prefix(enginesort.Key{Column: cols[keys[1].Build]}, n, words)
	level := make([]uint64, len(order))
	for i, r := range order {
		level[i] = x.second(words[r])
	}
	x.levels = [][]uint64{level}
	for len(level) > rangeBlock {
		above := make([]uint64, (len(level)+rangeBlock-1)/rangeBlock)
		for i, w := range level {
			above[i/rangeBlock] = max(above[i/rangeBlock], w)
		}
		x.levels = append(x.levels, above)
		level = above
	}
	return x
}

// sameValue reports whether both inequalities bound one value, from two sides.
func (x *rangeIndex) sameValue() bool {
	return x.keys[0].Build == x.keys[1].Build && x.keys[0].Below != x.keys[1].Below
}

// second turns a word of the second value, of either side, into one for which build ≥ probe is wanted. NULLs come out lowest on
// the build side.
func (x *rangeIndex) second(w uint64) uint64 {
	switch {
	case w == nullWord:
		return 0
	case x.keys[1].Below:
		return ^w
	}
	return w
}

// nullWord is what sort.Prefix gives for NULL with NULLs last: above all values.
const nullWord = 1 << 63

func (x *rangeIndex) bytes() int64 {
	n := int64(len(x.words)*8 + cap(x.rows)*4)
	for _, l := range x.levels {
		n += int64(len(l)) * 8
	}
	return n
}

// run returns the positions whose first value satisfies an inequality with w.
func (x *rangeIndex) run(k RangeKey, w uint64) (from, to int) {
	if k.Below {
		return 0, sort.Search(len(x.words), func(i int) bool { return x.words[i] > w })
	}
	return sort.Search(len(x.words), func(i int) bool { return x.words[i] >= w }), len(x.words)
}

// find calls f for the build rows that satisfy the inequalities with the probe values' words.
func (x *rangeIndex) find(first, second uint64, f func(row uint32) error) error {
	if first == nullWord || len(x.keys) > 1 && second == nullWord {
		return nil
	}
	from, to := x.run(x.keys[0], first)
	switch {
	case len(x.keys) == 1:
	case x.levels == nil:
		a, b := x.run(x.keys[1], second)
		from, to = max(from, a), min(to, b)
	default:
		return x.search(0, from, to, x.second(second), f)
	}
	for i := from; i < to; i++ {
		if err := f(x.rows[i]); err != nil {
			return err
		}
	}
	return nil
}

// search calls f for the rows under entries from..to-1 of a level whose second value is at least w.
func (x *rangeIndex) search(level, from, to int, w uint64, f func(row uint32) error) error {
	if level+1 < len(x.levels) && to-from > 2*rangeBlock {
		lo, hi := (from+rangeBlock-1)/rangeBlock, to/rangeBlock
		if err := x.search(level, from, lo*rangeBlock, w, f); err != nil {
			return err
		}
		if err := x.search(level+1, lo, hi, w, f); err != nil {
			return err
		}
		return x.search(level, hi*rangeBlock, to, w, f)
	}
	for i := from; i < to; i++ {
		if x.levels[level][i] < w {
			continue
		}
		var err error
		if level == 0 {
			err = f(x.rows[i])
		} else {
			err = x.search(level-1, i*rangeBlock, min((i+1)*rangeBlock, len(x.levels[level-1])), w, f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pushRanges combines the rows of the batch with the build rows in their ranges, which the residual then decides on.
func (p *joinProbeProcessor) pushRanges(b *vector.Batch, n int) error {
	j := p.join
	if j.rows == 0 {
		return nil
	}
	cols, err := p.ranges.Run(b)
	if err != nil {
		return err
	}
	cols = p.rangeDense.columns(b, cols)
	for i, k := range j.ranges.keys {
		p.rangeWords[i] = grow(p.rangeWords[i], n)
		enginesort.Prefix(enginesort.Key{Column: cols[k.Probe]}, n, p.rangeWords[i])
	}
	p.pairs.reset()
	for k := range n {
		at := row(b, k)
		second := uint64(math.MaxUint64)
		if len(j.ranges.keys) > 1 {
			second = p.rangeWords[1][k]
		}
		err := j.ranges.find(p.rangeWords[0][k], second, func(r uint32) error {
			p.pairs.add(k, at, r)
			if len(p.pairs.k) == vector.BatchSize {
				return p.flushPairs(b)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return p.flushPairs(b)
}

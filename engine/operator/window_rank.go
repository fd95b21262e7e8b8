package operator

import (
	"skep/dialect/types"
	"skep/engine/hashtable"
	"skep/engine/sort"
	"skep/engine/vector"
)

const (
	// firstCut is the number of rows at which rows beyond a rank limit are first looked for.
	firstCut = 1 << 14
	// largeRanked is the number of rows within a rank limit beyond which a worker no longer sorts them out.
	largeRanked = 1 << 19
	// maxBounded is the number of window partitions up to which incoming rows are compared with what is known of theirs.
	maxBounded = 1 << 12
)

// rankedRows finds, for one worker, the rows of each window partition that may be within a rank limit: from time to time it sorts
// all and drops those that are not. For a partition that has enough, it knows a bound of the first order key, so that most of the
// later rows are dropped as they come.
type rankedRows struct {
	spec   *WindowSpec
	next   int // rows at which to cut
	sorter sort.Sorter
	kept   []uint32

	table  *hashtable.GroupTable // window partitions; nil without bounds
	bounds []uint64              // by partition: prefixes of the first order key that no row within the limit exceeds
	dense  dense
	used   []bool
	groups []uint32
	words  []uint64
	sel    []uint16
}

func newRankedRows(spec *WindowSpec) *rankedRows {
	r := &rankedRows{spec: spec, next: firstCut, used: make([]bool, len(spec.Types))}
	for _, c := range spec.Partition {
		r.used[c] = true
	}
	if len(spec.Order) > 0 {
		r.used[spec.Order[0].Column] = true
	}
	return r
}

// within returns the rows of b that are not beyond the bound of their partition, or nil.
func (r *rankedRows) within(b *vector.Batch) *vector.Batch {
	if len(r.bounds) == 0 {
		return b
	}
	n := b.Rows()
	cols := r.dense.only(b, b.Cols, r.used)
	first := r.spec.Order[0]
	r.words = grow(r.words, n)
	sort.Prefix(sort.Key{Column: cols[first.Column], Desc: first.Desc, NullsFirst: first.NullsFirst}, n, r.words)
	sel := grow(r.sel, n)[:0]
	if len(r.spec.Partition) == 0 {
		bound := r.bounds[0]
		for k, w := range r.words {
			if w <= bound {
				sel = append(sel, row(b, k))
			}
		}
	} else {
		keys := make([]*vector.Vector, len(r.spec.Partition))
		for i, c := range r.spec.Partition {
			keys[i] = cols[c]
		}
		r.groups = grow(r.groups, n)
		r.table.Find(keys, n, r.groups)
		for len(r.bounds) < r.table.Len() {
			r.bounds = append(r.bounds, ^uint64(0))
		}
		for k, w := range r.words {
			if w <= r.bounds[r.groups[k]] {
				sel = append(sel, row(b, k))
			}
		}
	}
	r.sel = sel
	if len(sel) == 0 {
		return nil
	}
	if len(r.bounds) > maxBounded {
		r.table, r.bounds = nil, nil
	}
	return &vector.Batch{N: b.N, Sel: sel, Cols: b.Cols}
}

// cut drops rows beyond the limit when there are many.
func (r *rankedRows) cut(rows *chunks) {
	if rows.rows() < r.next {
		return
	}
	r.finish(rows)
	r.next = max(firstCut, 2*rows.rows())
}

// finish drops the rows beyond the limit.
func (r *rankedRows) finish(rows *chunks) {
	n := rows.rows()
	if n == 0 {
		return
	}
	keys := windowKeys(r.spec, rows.column)
	order := r.sorter.Order(keys, n)
	by, within := keys[:len(r.spec.Partition)], keys[len(r.spec.Partition):]
	kept := r.kept[:0]
	var ends []uint32 // of the window partitions, in kept
	var full []bool   // by window partition: further rows behind its last one are beyond the limit
	var number, rank, dense int64
	beyond := false
	for i, x := range order {
		if i == 0 || !equalKeys(by, order[i-1], x) {
			if i > 0 {
				ends = append(ends, uint32(len(kept)-1))
				full = append(full, r.enough(number, dense))
			}
			number, dense, beyond = 1, 1, false
			rank = 1
		} else {
			if beyond {
				continue
			}
			number++
			if !equalKeys(within, order[i-1], x) {
				rank = number
				dense++
			}
		}
		value := rank
		switch r.spec.Limit.Func {
		case "row_number":
			value = number
		case "dense_rank":
			value = dense
		}
		if beyond = value > r.spec.Limit.N; !beyond {
			kept = append(kept, x)
		}
	}
	ends = append(ends, uint32(len(kept)-1))
	full = append(full, r.enough(number, dense))
	r.kept = kept
	rows.keep(kept)
	r.bind(rows, ends, full)
}

// enough reports whether a row behind all those of a partition counted so far is beyond the limit.
func (r *rankedRows) enough(number, dense int64) bool {
	if r.spec.Limit.Func == "dense_rank" {
		return dense >= r.spec.Limit.N
	}
	return number >= r.spec.Limit.N
}

// bind makes the bounds those of the partitions whose last rows are given.
func (r *rankedRows) bind(rows *chunks, ends []uint32, full []bool) {
	r.table, r.bounds = nil, nil
	if len(r.spec.Order) == 0 || len(ends) > maxBounded {
		return
	}
	first := r.spec.Order[0]
	v := vector.New(r.spec.Types[first.Column], 0)
	rows.gather(v, first.Column, ends)
	words := make([]uint64, len(ends))
	sort.Prefix(sort.Key{Column: v, Desc: first.Desc, NullsFirst: first.NullsFirst}, len(ends), words)
	groups := []uint32{0}
	if len(r.spec.Partition) > 0 {
		var ts []*types.Type
		var keys []*vector.Vector
		for _, c := range r.spec.Partition {
			k := vector.New(r.spec.Types[c], 0)
			rows.gather(k, c, ends)
			ts, keys = append(ts, k.Type), append(keys, k)
		}
		groups = make([]uint32, len(ends))
		r.table = hashtable.NewGroupTable(ts)
		r.table.Find(keys, len(ends), groups)
	}
	r.bounds = make([]uint64, len(ends))
	for i, g := range groups {
		if r.bounds[g] = ^uint64(0); full[i] {
			r.bounds[g] = words[i]
		}
	}
}

// windowKeys returns the sort keys of a window: first those of the partitions, then the order in them.
func windowKeys(spec *WindowSpec, column func(i int) *vector.Vector) []sort.Key {
	var keys []sort.Key
	for _, c := range spec.Partition {
		keys = append(keys, sort.Key{Column: column(c), NullsFirst: true})
	}
	for _, k := range spec.Order {
		keys = append(keys, sort.Key{Column: column(k.Column), Desc: k.Desc, NullsFirst: k.NullsFirst})
	}
	return keys
}

// equalKeys reports whether two rows agree in all keys.
func equalKeys(keys []sort.Key, a, b uint32) bool {
	for _, k := range keys {
		if k.Compare(k.Column, int(a), k.Column, int(b)) != 0 {
			return false
		}
	}
	return true
}

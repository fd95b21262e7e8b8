package operator

import (
	"math/bits"
	"sync/atomic"

	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/hashtable"
	"skep/engine/vector"
)

// keyFilter is what a join's build side knows of one integer key: it rules out probe rows where they are read. Rows that it
// lets pass may still find no match.
type keyFilter struct {
	lo, hi int64    // empty when lo > hi
	exact  []uint64 // a bit per value from lo, when the range is small
	bloom  []uint64 // otherwise: a blocked Bloom filter, four bits of one word per key; nil means bounds only
	full   bool     // every value of the range occurs
}

const (
	// exactBits bounds the range for which an exact bitmap is kept, whatever the number of keys.
	exactBits = 1 << 20
	// bloomKeys is the number of keys beyond which a Bloom filter leaves the caches and is not worth its probes.
	bloomKeys = 1 << 21
)

// newKeyFilter makes the filter of n rows of a flat integer column.
func newKeyFilter(key *vector.Vector, n int) *keyFilter {
	f := &keyFilter{lo: 1<<63 - 1, hi: -1 << 63}
	count := 0
	for r, v := range key.I64[:n] {
		if key.Nulls == nil || !key.Nulls[r] {
			f.lo, f.hi = min(f.lo, v), max(f.hi, v)
			count++
		}
	}
	if count == 0 {
		return f
	}
	span := uint64(f.hi) - uint64(f.lo)
	switch {
	case span < max(exactBits, 16*uint64(count)) && span < 1<<40:
		f.exact = make([]uint64, span/64+1)
		for r, v := range key.I64[:n] {
			if key.Nulls == nil || !key.Nulls[r] {
				at := uint64(v) - uint64(f.lo)
				f.exact[at/64] |= 1 << (at % 64)
			}
		}
		set := 0
		for _, w := range f.exact {
			set += bits.OnesCount64(w)
		}
		f.full = uint64(set) == span+1
	case count <= bloomKeys:
		f.bloom = make([]uint64, 1<<bits.Len(uint(count/4)))
		for r, v := range key.I64[:n] {
			if key.Nulls == nil || !key.Nulls[r] {
				at, mask := bloomSlot(v, len(f.bloom))
				f.bloom[at] |= mask
			}
		}
	}
	return f
}

// bloomSlot returns the word of a key and its four bits.
func bloomSlot(v int64, n int) (at uint64, mask uint64) {
	h := hashtable.HashInt(v)
	mask = 1<<(h&63) | 1<<(h>>6&63) | 1<<(h>>12&63) | 1<<(h>>18&63)
	return h >> 24 & uint64(n-1), mask
}

// mayHave reports whether a row with the value may match.
func (f *keyFilter) mayHave(v int64) bool {
	switch {
	case v < f.lo || v > f.hi:
		return false
	case f.exact != nil:
		at := uint64(v) - uint64(f.lo)
		return f.exact[at/64]>>(at%64)&1 != 0
	case f.bloom != nil:
		at, mask := bloomSlot(v, len(f.bloom))
		return f.bloom[at]&mask == mask
	}
	return true
}

// RuntimeFilter lets the rows of a scan pass that may match a join's build side. It is known once the join is built.
type RuntimeFilter struct {
	join   *HashJoin
	key    int // among the join's keys
	column int // among the scan's columns
	schema int // index into the table's data columns, or -1 for other columns

	seen, kept atomic.Int64
}

// RuntimeFilter returns the filter of a key for a column of a scan that is that key of the probe side; nil when the key's type or the
// kind of the join rule it out.
func (j *HashJoin) RuntimeFilter(key, column, schema int) *RuntimeFilter {
	switch j.spec.Kind {
	case JoinInner, JoinBuildOuter, JoinProbeSemi, JoinBuildSemi, JoinBuildAnti:
	default:
		return nil
	}
	if j.spec.NullSafe[key] || j.spec.BuildTypes[j.spec.BuildKeys[key]].Physical() != types.I64 {
		return nil
	}
	j.wanted = append(j.wanted, key)
	return &RuntimeFilter{join: j, key: key, column: column, schema: schema}
}

// predicate returns the filter for readers, or nil when it is of no use.
func (f *RuntimeFilter) predicate() format.Predicate {
	if f.join.filters[f.key] == nil || f.schema < 0 {
		return nil
	}
	return filterPredicate{f, f.join.filters[f.key]}
}

// excludes reports whether a column of one value lets no row pass.
func (f *RuntimeFilter) excludes(constant *vector.Vector) bool {
	k := f.join.filters[f.key]
	return k != nil && (constant.IsNull(0) || !k.mayHave(constant.I64[0]))
}

// filterPredicate is a runtime filter as readers see it.
type filterPredicate struct {
	filter *RuntimeFilter
	key    *keyFilter
}

var _ format.Predicate = filterPredicate{}

// Column implements format.Predicate.
func (p filterPredicate) Column() int { return p.filter.schema }

// MayMatch implements format.Predicate.
func (p filterPredicate) MayMatch(s *format.ColumnStats) bool {
	if s.Rows >= 0 && s.Nulls == s.Rows || p.key.lo > p.key.hi {
		return false
	}
	return !s.HasMinMax || s.Type != nil && s.Type.Physical() != types.I64 || s.Min.I <= p.key.hi && s.Max.I >= p.key.lo
}

// BloomValue implements format.Predicate.
func (p filterPredicate) BloomValue() (types.Datum, bool) {
	if p.key.lo == p.key.hi {
		return types.Datum{I: p.key.lo}, true
	}
	return types.Datum{}, false
}

// probation is the number of rows after which a filter that keeps nearly everything is given up.
const probation = 1 << 15

// Select implements format.Predicate.
func (p filterPredicate) Select(v *vector.Vector, sel []uint16, n int, out []uint16) []uint16 {
	seen := p.filter.seen.Load()
	if seen > probation && p.filter.kept.Load() > seen-seen/16 {
		return passAll(sel, n, out)
	}
	rows := n
	if sel != nil {
		rows = len(sel)
	}
	out = p.choose(v, sel, n, out)
	p.filter.seen.Add(int64(rows))
	p.filter.kept.Add(int64(len(out)))
	return out
}

func passAll(sel []uint16, n int, out []uint16) []uint16 {
	if sel != nil {
		return append(out[:0], sel...)
	}
	out = out[:n]
	for i := range out {
		out[i] = uint16(i)
	}
	return out
}

// choose evaluates the filter. Storing every row number and advancing only past those kept avoids mispredicted branches.
func (p filterPredicate) choose(v *vector.Vector, sel []uint16, n int, out []uint16) []uint16 {
	if v.Form != vector.Flat || v.Type.Physical() != types.I64 {
		return p.chooseSlowly(v, sel, n, out)
	}
	k := p.key
	if sel == nil {
		out = out[:n]
	} else {
		n = len(sel)
		out = out[:n]
	}
	if k.lo > k.hi {
		return out[:0]
	}
	vals, lo, span := v.I64, uint64(k.lo), uint64(k.hi)-uint64(k.lo)
	at := 0
	for i := range n {
		r := uint16(i)
		if sel != nil {
			r = sel[i]
		}
		x := vals[r]
		d := uint64(x) - lo
		var keep uint64
		if d <= span {
			switch {
			case k.full:
				keep = 1
			case k.exact != nil:
				keep = k.exact[d/64] >> (d % 64) & 1
			case k.bloom != nil:
				slot, mask := bloomSlot(x, len(k.bloom))
				if k.bloom[slot]&mask == mask {
					keep = 1
				}
			default:
				keep = 1
			}
		}
		out[at] = r
		at += int(keep)
	}
	out = out[:at]
	if v.Nulls == nil {
		return out
	}
	kept := out[:0]
	for _, r := range out {
		if !v.Nulls[r] {
			kept = append(kept, r)
		}
	}
	return kept
}

func (p filterPredicate) chooseSlowly(v *vector.Vector, sel []uint16, n int, out []uint16) []uint16 {
	if sel == nil {
		sel = passAll(nil, n, out)
	}
	out = out[:0]
	b := v.Base()
	for _, r := range sel {
		if !v.IsNull(int(r)) && v.Type.Physical() == types.I64 && p.key.mayHave(b.I64[v.At(int(r))]) {
			out = append(out, r)
		}
	}
	return out
}

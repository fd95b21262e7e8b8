// Package sort orders rows of columns: keys are normalised to 64-bit words whose unsigned order is the wanted order, sorted by
// radix, and ties that the words do not decide are broken by comparing values.
package sort

import (
	"math"
	"math/bits"
	"slices"

	"skep/dialect/types"
	"skep/engine/vector"
)

// Key orders rows by one flat column.
type Key struct {
	Column     *vector.Vector
	Desc       bool
	NullsFirst bool
}

// Compare orders rows i of a and j of b by their values: NULLs as the key says, NaN above all numbers, strings by bytes,
// nested values element by element.
func (k Key) Compare(a *vector.Vector, i int, b *vector.Vector, j int) int {
	an, bn := a.IsNull(i), b.IsNull(j)
	switch {
	case an && bn:
		return 0
	case an != bn:
		if an == k.NullsFirst {
			return -1
		}
		return 1
	}
	c := compareValue(a, i, b, j)
	if k.Desc {
		return -c
	}
	return c
}

// compareValue compares two values that are not NULL.
func compareValue(a *vector.Vector, i int, b *vector.Vector, j int) int {
	x, y := a.Base(), b.Base()
	i2, j2 := a.At(i), b.At(j)
	switch a.Type.Physical() {
	case types.I64:
		return compareInts(x.I64[i2], y.I64[j2])
	case types.F64:
		return CompareFloats(x.F64[i2], y.F64[j2])
	case types.I128:
		return x.W[i2].Cmp(y.W[j2])
	case types.Bytes:
		return slices.Compare(a.Bytes(i), b.Bytes(j))
	case types.List, types.MapOf:
		r, s := x.Refs[i2], y.Refs[j2]
		for k := uint32(0); k < r.Len && k < s.Len; k++ {
			for c := range x.Children {
				if d := compareNested(x.Children[c], int(r.Off+k), y.Children[c], int(s.Off+k)); d != 0 {
					return d
				}
			}
		}
		return compareInts(int64(r.Len), int64(s.Len))
	case types.Record:
		for c := range x.Children {
			if d := compareNested(x.Children[c], i2, y.Children[c], j2); d != 0 {
				return d
			}
		}
	case types.Tagged:
		if d := compareInts(x.I64[i2], y.I64[j2]); d != 0 {
			return d
		}
		tag := x.I64[i2]
		return compareNested(x.Children[tag], i2, y.Children[tag], j2)
	}
	return 0
}

func compareNested(a *vector.Vector, i int, b *vector.Vector, j int) int {
	an, bn := a.IsNull(i), b.IsNull(j)
	switch {
	case an && bn:
		return 0
	case an:
		return -1
	case bn:
		return 1
	}
	return compareValue(a, i, b, j)
}

func compareInts(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// CompareFloats orders float64 values as Hive does: NaN equals itself and is above everything.
func CompareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	case a != a && b != b:
		return 0
	case a != a:
		return 1
	}
	return -1
}

// item is a row with its normalised key.
type item struct {
	word uint64
	row  uint32
}

// Sorter orders the rows of a set of key columns; it keeps its buffers for further calls. It is used by one goroutine.
type Sorter struct {
	items, spare []item
	order        []uint32
}

// Order returns rows 0..n-1 of the key columns in order; rows with equal keys stay in row order. It is valid until the next call.
func (s *Sorter) Order(keys []Key, n int) []uint32 {
	s.items = slices.Grow(s.items[:0], n)[:n]
	for i := range s.items {
		s.items[i] = item{row: uint32(i)}
	}
	s.sort(s.items, keys)
	s.order = slices.Grow(s.order[:0], n)[:n]
	for i, it := range s.items {
		s.order[i] = it.row
	}
	return s.order
}

// sort orders items, whose words are zero, by keys.
func (s *Sorter) sort(items []item, keys []Key) {
	if len(keys) == 0 || len(items) < 2 {
		return
	}
	exact := fillWords(items, keys)
	s.radix(items)
	if exact == len(keys) {
		return
	}
	rest := keys[exact:]
	for from := 0; from < len(items); {
		to := from + 1
		for to < len(items) && items[to].word == items[from].word {
			to++
		}
		if to-from > 1 {
			s.breakTies(items[from:to], rest)
		}
		from = to
	}
}

// breakTies orders items of one word by the keys that the word did not decide.
func (s *Sorter) breakTies(items []item, rest []Key) {
	if p := rest[0].Column.Type.Physical(); len(items) > 1<<12 && (p == types.I64 || p == types.F64) {
		// A new word is sure to decide the first of the remaining keys.
		for i := range items {
			items[i].word = 0
		}
		s.sort(items, rest)
		return
	}
	slices.SortFunc(items, func(a, b item) int {
		for _, k := range rest {
			if c := k.Compare(k.Column, int(a.row), k.Column, int(b.row)); c != 0 {
				return c
			}
		}
		return int(a.row) - int(b.row)
	})
}

// fillWords packs as many keys as fit into the items' words, by the ranges observed, and returns how many are wholly decided
// by the words. The key after these may be partly in the word.
func fillWords(items []item, keys []Key) (exact int) {
	free := 64
	for i, k := range keys {
		p := measure(items, k)
		if p.bits > free {
			if p.bits-free < p.bits { // some leading bits still help
				p.fill(items, k, free)
			}
			return i
		}
		free -= p.bits
		p.fill(items, k, p.bits)
		if !p.exact {
			for j := range items {
				items[j].word <<= uint(free)
			}
			return i
		}
	}
	for j := range items {
		items[j].word <<= uint(free) % 64
	}
	return len(keys)
}

// packing says how a key becomes bits: the value's order-preserving word minus base, below a bit for NULL if there are NULLs.
type packing struct {
	bits  int
	base  uint64
	top   uint64 // largest value after subtracting base
	nulls bool
	exact bool
}

func measure(items []item, k Key) packing {
	p := packing{exact: true}
	lo, hi := uint64(math.MaxUint64), uint64(0)
	switch k.Column.Type.Physical() {
	case types.I64, types.F64:
	case types.Nothing:
		return packing{exact: true}
	default:
		p.exact = false
	}
	for _, it := range items {
		if k.Column.IsNull(int(it.row)) {
			p.nulls = true
			continue
		}
		w := ordered(k.Column, it.row)
		lo, hi = min(lo, w), max(hi, w)
	}
	if lo > hi {
		lo, hi = 0, 0
	}
	p.base, p.top = lo, hi-lo
	p.bits = bits.Len64(p.top)
	if p.nulls {
		if p.bits == 64 {
			// NULL takes the place of the lowest bit.
			p.base, p.bits, p.exact = lo, 65, true
		} else {
			p.bits++
		}
	}
	return p
}

// ordered maps a value that is not NULL to a word of the same (ascending) order; for 128-bit numbers and strings to the leading 64 bits.
func ordered(v *vector.Vector, row uint32) uint64 {
	switch v.Type.Physical() {
	case types.I64:
		return uint64(v.I64[row]) ^ 1<<63
	case types.F64:
		return orderedFloat(v.F64[row])
	case types.I128:
		return uint64(v.W[row].Hi) ^ 1<<63
	case types.Bytes:
		r := v.Refs[row]
		return leading(v.Data[r.Off : r.Off+r.Len])
	}
	return 0
}

func orderedFloat(f float64) uint64 {
	if f == 0 {
		f = 0
	}
	if f != f {
		return math.MaxUint64
	}
	w := math.Float64bits(f)
	if w>>63 != 0 {
		return ^w
	}
	return w | 1<<63
}

// leading returns the first eight bytes of s, big-endian, padded with zeros.
func leading(s []byte) uint64 {
	if len(s) >= 8 {
		return uint64(s[0])<<56 | uint64(s[1])<<48 | uint64(s[2])<<40 | uint64(s[3])<<32 |
			uint64(s[4])<<24 | uint64(s[5])<<16 | uint64(s[6])<<8 | uint64(s[7])
	}
	var w uint64
	for i, c := range s {
		w |= uint64(c) << (56 - 8*i)
	}
	return w
}

// fill appends the leading width of the key's bits to the words.
func (p packing) fill(items []item, k Key, width int) {
	value := p.bits // bits of the value without the NULL bit
	if p.nulls {
		value--
	}
	drop := uint(p.bits - width)
	for i := range items {
		it := &items[i]
		var w uint64 // at most 65 bits wide in thought: flag, then value
		var flag uint64
		if k.Column.IsNull(int(it.row)) {
			if !k.NullsFirst {
				flag = 1
			}
		} else {
			w = ordered(k.Column, it.row) - p.base
			if k.Desc {
				w = p.top - w
			}
			if k.NullsFirst {
				flag = 1
			}
		}
		w >>= drop
		if p.nulls {
			w |= flag << (uint(value) - drop)
		}
		if width < 64 {
			it.word = it.word<<uint(width) | w
		} else {
			it.word = w
		}
	}
}

// radix sorts items by word, least significant byte first, skipping bytes that are the same everywhere. The order of equal
// words is kept.
func (s *Sorter) radix(items []item) {
	n := len(items)
	if n < 256 {
		slices.SortStableFunc(items, func(a, b item) int {
			switch {
			case a.word < b.word:
				return -1
			case a.word > b.word:
				return 1
			}
			return 0
		})
		return
	}
	var counts [8][256]uint32
	for i := range items {
		w := items[i].word
		for b := range counts {
			counts[b][byte(w>>(8*b))]++
		}
	}
	spare := slices.Grow(s.spare[:0], n)[:n]
	from, to := items, spare
	for b := range counts {
		c := &counts[b]
		if c[byte(items[0].word>>(8*b))] == uint32(n) {
			continue
		}
		var sum uint32
		for i := range c {
			sum, c[i] = sum+c[i], sum
		}
		shift := uint(8 * b)
		for i := range from {
			d := byte(from[i].word >> shift)
			to[c[d]] = from[i]
			c[d]++
		}
		from, to = to, from
	}
	if &from[0] != &items[0] {
		copy(items, from)
	}
	s.spare = spare
}

package sort

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"skep/dialect/types"
	"skep/engine/vector"
)

// item is a row with its normalised key.
type item struct {
	word uint64
	row  uint32
}

// Sorter orders the rows of a set of key columns; it keeps its buffers for further calls. It is used by one goroutine.
type Sorter struct {
	// Stopped, when not nil, is asked from time to time; once it reports true, Order returns soon, with the rows in any order.
	Stopped func() bool

	items, spare []item
	order        []uint32
}

// Order returns rows 0..n-1 of the key columns in order; rows with equal keys stay in row order. It is valid until the next call.
func (s *Sorter) Order(keys []Key, n int) []uint32 {
	s.items = slices.Grow(s.items[:0], n)[:n]
	for i := range s.items {
		s.items[i] = item{row: uint32(i)}
	}
	s.sort(s.items, keys, field{})
	s.order = slices.Grow(s.order[:0], n)[:n]
	for i, it := range s.items {
		s.order[i] = it.row
	}
	return s.order
}

// field is a piece of a key that fits a word: a whole number, a half of a 128-bit one, or seven bytes of a string with the
// number of bytes left (at most eight).
type field struct{ key, part int }

// stringPart is the number of bytes of a string in a field.
const stringPart = 7

// few is the number of items up to which comparing is cheaper than making words.
const few = 24

// sort orders items, which agree in all fields before start, by the fields from start on.
func (s *Sorter) sort(items []item, keys []Key, start field) {
	if start.key >= len(keys) || len(items) < 2 || len(items) > few && s.stopped() {
		return
	}
	if len(items) <= few || !hasFields(keys[start.key].Column.Type) {
		compareSort(items, keys[start.key:])
		return
	}
	s.byWords(items, keys, s.fillWords(items, keys, start))
}

// byWords orders items by their words, and those with equal words by the fields from next on.
func (s *Sorter) byWords(items []item, keys []Key, next field) {
	if len(items) < 2 {
		return
	}
	s.radix(items)
	if next.key == len(keys) {
		return
	}
	for from := 0; from < len(items); {
		to := from + 1
		for to < len(items) && items[to].word == items[from].word {
			to++
		}
		if to-from > 1 {
			s.sort(items[from:to], keys, next)
		}
		from = to
	}
}

func (s *Sorter) stopped() bool { return s.Stopped != nil && s.Stopped() }

func hasFields(t *types.Type) bool {
	switch t.Physical() {
	case types.I64, types.F64, types.I128, types.Bytes, types.Nothing:
		return true
	}
	return false
}

// compareSort orders items by comparing values.
func compareSort(items []item, keys []Key) {
	slices.SortFunc(items, func(a, b item) int {
		for _, k := range keys {
			if c := k.Compare(k.Column, int(a.row), k.Column, int(b.row)); c != 0 {
				return c
			}
		}
		return int(a.row) - int(b.row)
	})
}

// fillWords packs as many fields from start on as fit into the items' words, by the ranges observed, and returns the first
// that is not wholly there.
func (s *Sorter) fillWords(items []item, keys []Key, start field) field {
	for i := range items {
		items[i].word = 0
	}
	free := 64
	at := start
	for at.key < len(keys) && hasFields(keys[at.key].Column.Type) {
		if s.stopped() {
			return at
		}
		k := keys[at.key]
		p := measure(items, k, at.part)
		if p.bits > free {
			// Some leading bits still help.
			p.fill(items, k, at.part, free)
			return at
		}
		free -= p.bits
		p.fill(items, k, at.part, p.bits)
		if p.more {
			at.part++
		} else {
			at = field{key: at.key + 1}
		}
		if free == 0 {
			return at
		}
	}
	for i := range items {
		items[i].word <<= uint(free) & 63
	}
	return at
}

// packing says how a field becomes bits: its order-preserving word minus base, below a bit for NULL if there are NULLs.
type packing struct {
	bits  int
	base  uint64
	top   uint64 // largest value after subtracting base
	nulls bool
	more  bool // the key has further fields
}

func measure(items []item, k Key, part int) packing {
	var p packing
	v := k.Column
	if v.Type.Physical() == types.Nothing {
		return p
	}
	p.more = v.Type.Physical() == types.I128 && part == 0
	text := v.Type.Physical() == types.Bytes
	lo, hi := uint64(math.MaxUint64), uint64(0)
	for _, it := range items {
		if v.Nulls != nil && v.Nulls[it.row] {
			p.nulls = true
			continue
		}
		w := ordered(v, it.row, part)
		lo, hi = min(lo, w), max(hi, w)
		if text && byte(w) > stringPart {
			p.more = true
		}
	}
	if lo > hi {
		lo, hi = 0, 0
	}
	p.base, p.top = lo, hi-lo
	p.bits = bits.Len64(p.top)
	// The NULLs of later parts were told apart by the first one.
	p.nulls = p.nulls && part == 0
	if p.nulls {
		p.bits++
	}
	return p
}

// ordered maps a part of a value that is not NULL to a word of the same (ascending) order.
func ordered(v *vector.Vector, row uint32, part int) uint64 {
	switch v.Type.Physical() {
	case types.I64:
		return uint64(v.I64[row]) ^ 1<<63
	case types.F64:
		return orderedFloat(v.F64[row])
	case types.I128:
		if part > 0 {
			return v.W[row].Lo
		}
		return uint64(v.W[row].Hi) ^ 1<<63
	case types.Bytes:
		r := v.Refs[row]
		s := v.Data[r.Off : r.Off+r.Len]
		return leading(s[min(part*stringPart, len(s)):])
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

// leading returns the first seven bytes of s, big-endian, padded with zeros, and then the length up to eight: of two strings
// with equal words, either both are longer or they are equal.
func leading(s []byte) uint64 {
	if len(s) > stringPart {
		return binary.BigEndian.Uint64(s)&^0xff | (stringPart + 1)
	}
	w := uint64(len(s))
	for i, c := range s {
		w |= uint64(c) << (56 - 8*i)
	}
	return w
}

// fill appends the leading width of the field's bits to the words.
func (p packing) fill(items []item, k Key, part, width int) {
	value := p.bits // bits of the value without the NULL bit
	if p.nulls {
		value--
	}
	drop := uint(p.bits - width)
	v := k.Column
	for i := range items {
		it := &items[i]
		var w, flag uint64
		if v.Nulls != nil && v.Nulls[it.row] || v.Type.Physical() == types.Nothing {
			if !k.NullsFirst {
				flag = 1
			}
		} else {
			w = ordered(v, it.row, part) - p.base
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
		if s.stopped() {
			break
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

package operator

import (
	"math"

	"skep/dialect/types"
	"skep/engine/hashtable"
	"skep/engine/memory"
	"skep/engine/vector"
)

// keyLayout says how a table packs keys some of which are strings: their symbols, and integers of at most 32 bits, share words of 64
// bits; other keys are columns of their own behind the words.
type keyLayout struct {
	keys  []packedKey
	types []*types.Type // of the columns
	words int
}

type packedKey struct {
	typ     *types.Type
	column  int
	bits    uint // 0: the column is the key's own
	shift   uint
	min     int64    // of an integer: field 0 is NULL, 1 is min
	symbols *symbols // of a string
}

// newKeyLayout returns nil when no key is a string.
func newKeyLayout(keys []*types.Type, pool *memory.Pool) *keyLayout {
	l := &keyLayout{}
	var used []uint // bits by word
	strings := false
	for _, t := range keys {
		k := packedKey{typ: t}
		if t.Physical() == types.Bytes {
			k.bits, strings = symbolBits, true
		} else {
			k.bits, k.min = integerBits(t)
		}
		if k.bits > 0 {
			for k.column < len(used) && used[k.column]+k.bits > 64 {
				k.column++
			}
			if k.column == len(used) {
				used = append(used, 0)
			}
			k.shift = used[k.column]
			used[k.column] += k.bits
		}
		l.keys = append(l.keys, k)
	}
	if !strings {
		return nil
	}
	l.words = len(used)
	for range l.words {
		l.types = append(l.types, types.BigIntType)
	}
	for i := range l.keys {
		switch k := &l.keys[i]; {
		case k.bits == 0:
			k.column = len(l.types)
			l.types = append(l.types, k.typ)
		case k.typ.Physical() == types.Bytes:
			k.symbols = newSymbols(k.typ, pool)
		}
	}
	return l
}

// integerBits returns the bits that the values of t and NULL need and the least value; 0 for types that are not packed.
func integerBits(t *types.Type) (bits uint, least int64) {
	switch t.Kind {
	case types.Boolean:
		return 2, 0
	case types.TinyInt:
		return 9, math.MinInt8
	case types.SmallInt:
		return 17, math.MinInt16
	case types.Int, types.Date, types.IntervalYearMonth:
		return 33, math.MinInt32
	}
	return 0, 0
}

func (l *keyLayout) close() {
	for _, k := range l.keys {
		if k.symbols != nil {
			k.symbols.account.Close()
		}
	}
}

// field returns the key's field of a word: 0 for NULL.
func (k *packedKey) field(word int64) uint64 { return uint64(word) >> k.shift & (1<<k.bits - 1) }

// hash computes the hashes of the keys' values in n rows of columns, the same as hashtable.Hash of the keys; dicts keeps the hashes of
// symbols by key from call to call.
func (l *keyLayout) hash(cols []*vector.Vector, n int, dicts [][]uint64, out []uint64) {
	out = out[:n]
	for i := range l.keys {
		k := &l.keys[i]
		more := i > 0
		if k.bits == 0 {
			hashtable.HashColumn(cols[k.column], out, more)
			continue
		}
		var d []uint64
		if k.symbols != nil {
			dicts[i] = k.symbols.hashes(dicts[i])
			d = dicts[i]
		}
		for r, w := range cols[k.column].I64[:n] {
			f := k.field(w)
			var h uint64
			switch {
			case d != nil:
				h = d[f]
			case f == 0:
				h = hashtable.NullHash
			default:
				h = hashtable.HashInt(int64(f) - 1 + k.min)
			}
			if more {
				h = hashtable.Combine(out[r], h)
			}
			out[r] = h
		}
	}
}

// values returns the keys of n rows of columns, flat; strings share the symbols' storage. All input must have ended.
func (l *keyLayout) values(cols []*vector.Vector, n int) []*vector.Vector {
	out := make([]*vector.Vector, len(l.keys))
	for i := range l.keys {
		k := &l.keys[i]
		if k.bits == 0 {
			out[i] = cols[k.column]
			continue
		}
		if k.symbols == nil {
			out[i] = k.integers(cols[k.column], n, &vector.Vector{Type: k.typ})
			continue
		}
		all := k.symbols.values()
		v := &vector.Vector{Type: k.typ, Data: all.Data, Refs: make([]vector.Ref, n)}
		for r, w := range cols[k.column].I64[:n] {
			if f := k.field(w); f == 0 {
				v.MakeNulls(n)[r] = true
			} else {
				v.Refs[r] = all.Refs[f-1]
			}
		}
		out[i] = v
	}
	return out
}

// integers unpacks n values into dst.
func (k *packedKey) integers(words *vector.Vector, n int, dst *vector.Vector) *vector.Vector {
	dst.I64, dst.Nulls = grow(dst.I64, n), nil
	for r, w := range words.I64[:n] {
		f := k.field(w)
		dst.I64[r] = int64(f) - 1 + k.min
		if f == 0 {
			dst.I64[r] = 0
			dst.MakeNulls(n)[r] = true
		}
	}
	return dst
}

// dictionary unpacks n strings into dst, with the symbols as dictionary.
func (k *packedKey) dictionary(words *vector.Vector, n int, dst *vector.Vector) *vector.Vector {
	dst.Form, dst.DictOf, dst.DictID = vector.Dict, k.symbols.values(), k.symbols.id
	dst.Codes, dst.Nulls = grow(dst.Codes, n), nil
	for r, w := range words.I64[:n] {
		if f := k.field(w); f != 0 {
			dst.Codes[r] = uint32(f - 1)
		} else {
			dst.Codes[r] = 0
			dst.MakeNulls(n)[r] = true
		}
	}
	return dst
}

// keyEncoder packs keys for one worker.
type keyEncoder struct {
	layout  *keyLayout
	strings []*symbolEncoder // by key; nil for others
	words   []*vector.Vector
	cols    []*vector.Vector
}

func newKeyEncoder(l *keyLayout) *keyEncoder {
	e := &keyEncoder{layout: l, strings: make([]*symbolEncoder, len(l.keys))}
	for i, k := range l.keys {
		if k.symbols != nil {
			e.strings[i] = &symbolEncoder{symbols: k.symbols, shift: k.shift, dicts: map[uint64][]uint32{}}
		}
	}
	for range l.words {
		e.words = append(e.words, &vector.Vector{Type: types.BigIntType})
	}
	return e
}

func (e *keyEncoder) begin(n int) {
	for _, w := range e.words {
		w.I64 = grow(w.I64, n)
		clear(w.I64)
	}
}

// encode packs the selected rows of keys, which are aligned with b, into words. It reports false when strings come without a
// dictionary or are too many.
func (e *keyEncoder) encode(b *vector.Batch, keys []*vector.Vector) bool {
	e.begin(b.Rows())
	for i := range e.layout.keys {
		k := &e.layout.keys[i]
		if k.bits == 0 {
			continue
		}
		words := e.words[k.column].I64
		if s := e.strings[i]; s != nil {
			if !s.encode(b, keys[i], words) {
				return false
			}
		} else if !k.packIntegers(b, keys[i], words) {
			return false
		}
	}
	return true
}

// encodeFlat is encode for n rows of flat keys, with or without dictionaries before.
func (e *keyEncoder) encodeFlat(keys []*vector.Vector, n int) bool {
	e.begin(n)
	all := vector.Batch{N: n}
	for i := range e.layout.keys {
		k := &e.layout.keys[i]
		if k.bits == 0 {
			continue
		}
		words := e.words[k.column].I64
		if s := e.strings[i]; s != nil {
			if !s.flat(keys[i], words) {
				return false
			}
		} else if !k.packIntegers(&all, keys[i], words) {
			return false
		}
	}
	return true
}

// columns returns the words and, from dense keys, the columns behind them.
func (e *keyEncoder) columns(keys []*vector.Vector) []*vector.Vector {
	e.cols = append(e.cols[:0], e.words...)
	for i := range e.layout.keys {
		if e.layout.keys[i].bits == 0 {
			e.cols = append(e.cols, keys[i])
		}
	}
	return e.cols
}

// packIntegers adds the fields of the selected rows of v, in any form, to words; false when a value is beyond its type.
func (k *packedKey) packIntegers(b *vector.Batch, v *vector.Vector, words []int64) bool {
	var all uint64
	if b.Sel == nil && v.Form == vector.Flat && v.Nulls == nil {
		for r, x := range v.I64[:len(words)] {
			f := uint64(x-k.min) + 1
			all |= f
			words[r] |= int64(f << k.shift)
		}
	} else {
		base := v.Base()
		for r := range words {
			at := int(row(b, r))
			if v.IsNull(at) {
				continue
			}
			f := uint64(base.I64[v.At(at)]-k.min) + 1
			all |= f
			words[r] |= int64(f << k.shift)
		}
	}
	return all>>k.bits == 0
}

// unpack returns the keys of n rows of columns: strings with the symbols as dictionary, everything else flat. into keeps storage from
// call to call, by which the result is valid.
func (l *keyLayout) unpack(cols []*vector.Vector, n int, into *[]*vector.Vector) []*vector.Vector {
	if *into == nil {
		for _, k := range l.keys {
			*into = append(*into, &vector.Vector{Type: k.typ})
		}
	}
	out := make([]*vector.Vector, len(l.keys))
	for i := range l.keys {
		switch k := &l.keys[i]; {
		case k.bits == 0:
			out[i] = cols[k.column]
		case k.symbols != nil:
			out[i] = k.dictionary(cols[k.column], n, (*into)[i])
		default:
			out[i] = k.integers(cols[k.column], n, (*into)[i])
		}
	}
	return out
}

// groupedInput makes what a table needs of the rows that a worker groups.
type groupedInput struct {
	dense   dense
	coded   codedKeys
	used    []bool      // by column: it is an argument
	needed  []bool      // by column: it is an argument, or a key that is not packed
	encoder *keyEncoder // nil when there is nothing to pack
}

func newGroupedInput(h *HashAggregate, calls []AggregateCall) groupedInput {
	var g groupedInput
	if h.layout != nil {
		g.encoder = newKeyEncoder(h.layout)
		g.coded.encoder = g.encoder
	}
	for _, c := range calls {
		for _, a := range c.Args {
			for len(g.used) <= a {
				g.used = append(g.used, false)
			}
			g.used[a] = true
		}
	}
	g.needed = append(g.needed, g.used...)
	for i := range h.spec.Keys {
		if i == len(g.needed) {
			g.needed = append(g.needed, false)
		}
		g.needed[i] = g.needed[i] || h.layout == nil || h.layout.keys[i].bits == 0
	}
	return g
}

// own returns the columns, dense, and the keys as the table has them; false when the table packs keys and the batch has strings that
// cannot be numbered cheaply.
func (g *groupedInput) own(t *aggregateTable, b *vector.Batch, cols []*vector.Vector) (flat, keys []*vector.Vector, ok bool) {
	n := len(t.h.spec.Keys)
	if !t.packed {
		flat = g.dense.columns(b, cols)
		return flat, flat[:n], true
	}
	if !g.encoder.encode(b, cols[:n]) {
		return nil, nil, false
	}
	flat = g.dense.only(b, cols, g.needed)
	return flat, g.encoder.columns(flat), true
}

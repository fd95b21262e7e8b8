package operator

import (
	"sync"

	"skep/dialect/types"
	"skep/engine/hashtable"
	"skep/engine/memory"
	"skep/engine/vector"
)

// symbols numbers the strings of a key column from 1, for all tables of an aggregation: as long as keys come with known dictionaries,
// groups are found, divided and merged by small integers, and strings are neither hashed nor copied again. 0 is NULL.
type symbols struct {
	mu      sync.Mutex
	table   *hashtable.GroupTable // whose group is the symbol less 1
	account *memory.Account
	id      uint64 // of the strings as a dictionary
}

const (
	symbolBits = 17
	// maxSymbols bounds the strings of a column that are numbered.
	maxSymbols = 1<<symbolBits - 1
	// maxRemembered bounds the entries of dictionaries whose symbols a worker remembers, by column.
	maxRemembered = 1 << 20
)

func newSymbols(t *types.Type, pool *memory.Pool) *symbols {
	s := &symbols{table: hashtable.NewGroupTable([]*types.Type{t}), account: pool.NewAccount("aggregate keys", false), id: vector.NewDictID()}
	s.values().Lasting = true
	return s
}

// number sets out to the symbols of n flat strings without NULLs; false when there are too many.
func (s *symbols) number(v *vector.Vector, n int, out []uint32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.table.Len()+n > maxSymbols {
		return false
	}
	s.table.Find([]*vector.Vector{v}, n, out)
	for k := range out[:n] {
		out[k]++
	}
	return s.account.Set(s.table.Bytes())
}

// hashes extends known, the hashes of NULL and the first symbols, to all.
func (s *symbols) hashes(known []uint64) []uint64 {
	if len(known) == 0 {
		known = append(known, hashtable.NullHash)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if from, to := len(known)-1, s.table.Len(); from < to {
		known = append(known, make([]uint64, to-from)...)
		s.table.Hashes(from, to, known[from+1:])
	}
	return known
}

// values are the strings in the order of their symbols. They must not be read as long as strings are being numbered.
func (s *symbols) values() *vector.Vector { return s.table.Keys()[0] }

// symbolEncoder finds the symbols of one column for one worker.
type symbolEncoder struct {
	symbols    *symbols
	shift      uint
	dicts      map[uint64][]uint32 // by DictID: symbol by code, 0 when not known yet
	remembered int                 // entries of dicts
	missing    []uint32            // rows without a known symbol
	codes      []uint32
	added      []uint32
	unknown    vector.Vector
}

// encode adds the symbols of the selected rows to words; false when the column has no dictionary or too many strings.
func (e *symbolEncoder) encode(b *vector.Batch, v *vector.Vector, words []int64) bool {
	switch {
	case v.Form == vector.Const:
		return v.IsNull(0) || e.constant(v, words)
	case v.Form == vector.Dict && v.DictID != 0:
		return e.coded(b, v, words)
	}
	return false
}

func (e *symbolEncoder) constant(v *vector.Vector, words []int64) bool {
	var at [1]uint32
	if !e.symbols.number(&vector.Vector{Type: v.Type, Refs: v.Refs[:1], Data: v.Data}, 1, at[:]) {
		return false
	}
	for k := range words {
		words[k] |= int64(at[0]) << e.shift
	}
	return true
}

func (e *symbolEncoder) coded(b *vector.Batch, v *vector.Vector, words []int64) bool {
	known := e.dicts[v.DictID]
	if size := v.DictOf.Len(); len(known) < size {
		if e.remembered += size - len(known); e.remembered > maxRemembered {
			clear(e.dicts)
			known, e.remembered = nil, size
		}
		known = append(known, make([]uint32, size-len(known))...)
		e.dicts[v.DictID] = known
	}
	missing, shift := e.missing[:0], e.shift
	if b.Sel == nil && v.Nulls == nil {
		for k, code := range v.Codes[:len(words)] {
			s := known[code]
			words[k] |= int64(s) << shift
			if s == 0 {
				missing = append(missing, uint32(k))
			}
		}
	} else {
		for k := range words {
			r := row(b, k)
			if v.Nulls != nil && v.Nulls[r] {
				continue
			}
			s := known[v.Codes[r]]
			words[k] |= int64(s) << shift
			if s == 0 {
				missing = append(missing, uint32(k))
			}
		}
	}
	e.missing = missing
	if len(missing) == 0 {
		return true
	}
	if !e.learn(b, v, known) {
		return false
	}
	for _, k := range missing {
		words[k] |= int64(known[v.Codes[row(b, int(k))]]) << shift
	}
	return true
}

// learn numbers the strings of the missing rows.
func (e *symbolEncoder) learn(b *vector.Batch, v *vector.Vector, known []uint32) bool {
	const taken = ^uint32(0)
	once, refs := e.codes[:0], e.unknown.Refs[:0]
	for _, k := range e.missing {
		if code := v.Codes[row(b, int(k))]; known[code] == 0 {
			known[code] = taken
			once, refs = append(once, code), append(refs, v.DictOf.Refs[code])
		}
	}
	e.codes, e.unknown = once, vector.Vector{Type: v.Type, Data: v.DictOf.Data, Refs: refs}
	e.added = grow(e.added, len(once))
	ok := e.symbols.number(&e.unknown, len(once), e.added)
	for i, code := range once {
		if known[code] = 0; ok {
			known[code] = e.added[i]
		}
	}
	return ok
}

// flat is encode for n rows of a flat column, looking each string up.
func (e *symbolEncoder) flat(v *vector.Vector, words []int64) bool {
	n := len(words)
	// NULLs take part as whatever is stored for them.
	e.added = grow(e.added, n)
	view := vector.Vector{Type: v.Type, Refs: v.Refs[:n], Data: v.Data}
	if !e.symbols.number(&view, n, e.added) {
		return false
	}
	for k, s := range e.added[:n] {
		if v.Nulls == nil || !v.Nulls[k] {
			words[k] |= int64(s) << e.shift
		}
	}
	return true
}

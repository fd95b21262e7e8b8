package operator

import (
	"sync"

	"skep/dialect/types"
	"skep/engine/hashtable"
	"skep/engine/memory"
	"skep/engine/vector"
)

// symbols numbers the strings of a key column, for all tables of an aggregation: as long as keys come with known dictionaries,
// groups are found, divided and merged by small integers, and strings are neither hashed nor copied again.
type symbols struct {
	mu      sync.Mutex
	table   *hashtable.GroupTable
	account *memory.Account
	id      uint64 // of the symbols as a dictionary
}

const (
	// maxSymbols bounds the strings of a column that are numbered.
	maxSymbols = 1 << 17
	// maxDictionaries bounds the dictionaries whose symbols a worker remembers.
	maxDictionaries = 64
)

// newSymbols returns the symbols by key column; nil for those that are no strings, and nil when there are none.
func newSymbols(keys []*types.Type, pool *memory.Pool) []*symbols {
	var out []*symbols
	for i, t := range keys {
		if t.Physical() != types.Bytes {
			continue
		}
		if out == nil {
			out = make([]*symbols, len(keys))
		}
		s := &symbols{table: hashtable.NewGroupTable([]*types.Type{t}), account: pool.NewAccount("aggregate keys", false), id: vector.NewDictID()}
		s.values().Lasting = true
		out[i] = s
	}
	return out
}

// number sets out to the symbols of n flat strings without NULLs; false, with nothing done, when there would be too many.
func (s *symbols) number(v *vector.Vector, n int, out []uint32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.table.Len()+n > maxSymbols {
		return false
	}
	s.table.Find([]*vector.Vector{v}, n, out)
	return s.account.Set(s.table.Bytes())
}

// hashes extends known, the hashes of the first symbols, to all.
func (s *symbols) hashes(known []uint64) []uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, to := len(known), s.table.Len()
	if from == to {
		return known
	}
	known = append(known, make([]uint64, to-from)...)
	s.table.Hashes(from, to, known[from:])
	return known
}

// values are the strings by symbol. It must not be called as long as strings are being numbered.
func (s *symbols) values() *vector.Vector { return s.table.Keys()[0] }

// keyEncoder turns key columns into symbols, for one worker.
type keyEncoder struct {
	columns []columnEncoder
	out     []*vector.Vector
}

func newKeyEncoder(of []*symbols) *keyEncoder {
	e := &keyEncoder{columns: make([]columnEncoder, len(of)), out: make([]*vector.Vector, len(of))}
	for i, s := range of {
		if s != nil {
			e.columns[i] = columnEncoder{symbols: s, dicts: map[uint64][]uint32{}, out: &vector.Vector{Type: types.BigIntType}}
		}
	}
	return e
}

// encode returns, for the string columns among keys, the symbols of the selected rows as integers; other entries are nil. It
// reports false when a column has no dictionary or too many strings.
func (e *keyEncoder) encode(b *vector.Batch, keys []*vector.Vector) ([]*vector.Vector, bool) {
	for i := range e.columns {
		c := &e.columns[i]
		if c.symbols == nil {
			continue
		}
		if !c.encode(b, keys[i]) {
			return nil, false
		}
		e.out[i] = c.out
	}
	return e.out, true
}

type columnEncoder struct {
	symbols *symbols
	dicts   map[uint64][]uint32 // by DictID: symbol + 1 by code, 0 when not known yet
	out     *vector.Vector
	missing []uint32
	added   []uint32
}

func (c *columnEncoder) encode(b *vector.Batch, v *vector.Vector) bool {
	n := b.Rows()
	c.out.I64 = grow(c.out.I64, n)
	c.out.Nulls = nil
	switch {
	case v.Form == vector.Const:
		return c.constant(v, n)
	case v.Form == vector.Dict && v.DictID != 0:
		return c.coded(b, v)
	}
	return false
}

func (c *columnEncoder) constant(v *vector.Vector, n int) bool {
	if v.IsNull(0) {
		clear(c.out.I64)
		nulls := c.out.MakeNulls(n)
		for k := range nulls {
			nulls[k] = true
		}
		return true
	}
	var at [1]uint32
	if !c.symbols.number(&vector.Vector{Type: v.Type, Refs: v.Refs[:1], Data: v.Data}, 1, at[:]) {
		return false
	}
	for k := range c.out.I64 {
		c.out.I64[k] = int64(at[0])
	}
	return true
}

func (c *columnEncoder) coded(b *vector.Batch, v *vector.Vector) bool {
	known := c.dicts[v.DictID]
	if size := v.DictOf.Len(); len(known) < size {
		if len(c.dicts) >= maxDictionaries {
			clear(c.dicts)
		}
		known = append(known, make([]uint32, size-len(known))...)
		c.dicts[v.DictID] = known
	}
	missing := c.missing[:0]
	out := c.out.I64
	if b.Sel == nil && v.Nulls == nil {
		for k, code := range v.Codes[:len(out)] {
			s := known[code]
			if s == 0 {
				missing = append(missing, code)
			}
			out[k] = int64(s) - 1
		}
	} else {
		for k := range out {
			r := row(b, k)
			if v.Nulls != nil && v.Nulls[r] {
				c.out.MakeNulls(len(out))[k] = true
				out[k] = 0
				continue
			}
			s := known[v.Codes[r]]
			if s == 0 {
				missing = append(missing, v.Codes[r])
			}
			out[k] = int64(s) - 1
		}
	}
	c.missing = missing
	if len(missing) == 0 {
		return true
	}
	if !c.learn(v, known) {
		return false
	}
	for k, x := range out {
		if x < 0 {
			out[k] = int64(known[v.Codes[row(b, k)]]) - 1
		}
	}
	return true
}

// learn numbers the strings of the missing codes.
func (c *columnEncoder) learn(v *vector.Vector, known []uint32) bool {
	once := c.missing[:0]
	for _, code := range c.missing {
		if known[code] == 0 {
			known[code] = ^uint32(0)
			once = append(once, code)
		}
	}
	strings := &vector.Vector{Type: v.Type, Data: v.DictOf.Data, Refs: make([]vector.Ref, len(once))}
	for i, code := range once {
		strings.Refs[i] = v.DictOf.Refs[code]
	}
	c.added = grow(c.added, len(once))
	ok := c.symbols.number(strings, len(once), c.added)
	for i, code := range once {
		if known[code] = 0; ok {
			known[code] = c.added[i] + 1
		}
	}
	return ok
}

// number returns flat keys with strings replaced by symbols; false when there are too many.
func (h *HashAggregate) number(keys []*vector.Vector, n int) ([]*vector.Vector, bool) {
	out := append([]*vector.Vector(nil), keys...)
	for i, s := range h.symbols {
		if s == nil {
			continue
		}
		// NULLs take part as empty strings; their rows stay marked.
		at := make([]uint32, n)
		if !s.number(&vector.Vector{Type: keys[i].Type, Refs: keys[i].Refs, Data: keys[i].Data}, n, at) {
			return nil, false
		}
		v := &vector.Vector{Type: types.BigIntType, I64: make([]int64, n), Nulls: keys[i].Nulls}
		for k, x := range at {
			v.I64[k] = int64(x)
		}
		out[i] = v
	}
	return out, true
}

// strings returns keys with symbols replaced by the strings, in the symbols' own storage. All input must have ended.
func (h *HashAggregate) strings(keys []*vector.Vector) []*vector.Vector {
	out := append([]*vector.Vector(nil), keys...)
	for i, s := range h.symbols {
		if s == nil {
			continue
		}
		values := s.values()
		v := &vector.Vector{Type: values.Type, Data: values.Data, Nulls: keys[i].Nulls, Refs: make([]vector.Ref, len(keys[i].I64))}
		for k, x := range keys[i].I64 {
			if v.Nulls == nil || !v.Nulls[k] {
				v.Refs[k] = values.Refs[x]
			}
		}
		out[i] = v
	}
	return out
}

// dictionary returns a column of symbols as strings with the symbols as their dictionary; codes is its storage.
func (s *symbols) dictionary(key *vector.Vector, codes []uint32) *vector.Vector {
	for k, x := range key.I64 {
		codes[k] = uint32(x)
	}
	values := s.values()
	return &vector.Vector{Type: values.Type, Form: vector.Dict, Codes: codes, DictOf: values, DictID: s.id, Nulls: key.Nulls}
}

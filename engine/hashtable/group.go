package hashtable

import (
	"skep/dialect/types"
	"skep/engine/vector"
)

const (
	rowBits  = 48
	rowMask  = 1<<rowBits - 1
	minSlots = 1 << 10
)

// GroupTable numbers distinct keys 0, 1, …; those that a batch adds get the next numbers, mostly but not always in order of
// rows. NULLs are equal to each other.
type GroupTable struct {
	types []*types.Type
	keys  []*vector.Vector // key columns by group
	n     int
	slots []uint64 // salt<<48 | group+1; 0 is free
	// single is set for one key of the int64 class: it is compared within the probing loop.
	single bool
	null   int      // single: group of NULL, or -1
	hashes []uint64 // hash by group, unless single

	hash   []uint64
	pairs  []pair
	differ []pair
	added  []uint32
}

// NewGroupTable returns an empty table for keys of the given types.
func NewGroupTable(ts []*types.Type) *GroupTable {
	t := &GroupTable{types: ts, null: -1}
	t.single = len(ts) == 1 && ts[0].Physical() == types.I64
	for _, k := range ts {
		t.keys = append(t.keys, vector.New(k, 0))
	}
	t.slots = make([]uint64, minSlots)
	return t
}

// Len returns the number of groups.
func (t *GroupTable) Len() int { return t.n }

// Bytes returns the memory held.
func (t *GroupTable) Bytes() int64 {
	n := int64(cap(t.slots)*8 + cap(t.hashes)*8)
	for _, k := range t.keys {
		n += k.MemoryBytes()
	}
	return n
}

// Reset forgets all groups, keeping memory for about as many.
func (t *GroupTable) Reset() {
	clear(t.slots)
	t.n, t.null, t.hashes = 0, -1, t.hashes[:0]
	for _, k := range t.keys {
		k.Reset()
	}
}

// Keys returns the key columns by group. They are valid until the table changes.
func (t *GroupTable) Keys() []*vector.Vector { return t.keys }

// Hashes fills out with the hashes of groups from..to-1.
func (t *GroupTable) Hashes(from, to int, out []uint64) {
	if !t.single {
		copy(out, t.hashes[from:to])
		return
	}
	vals := t.keys[0].I64[from:to]
	for i, x := range vals {
		out[i] = vector.MixWord(uint64(x))
	}
	if t.null >= from && t.null < to {
		out[t.null-from] = NullHash
	}
}

// Find sets groups[k] to the group of row k of n rows of keys (flat vectors of at least n rows), adding groups as needed.
func (t *GroupTable) Find(keys []*vector.Vector, n int, groups []uint32) {
	t.reserve(n)
	if t.single {
		t.findSingle(keys[0], n, groups)
		return
	}
	if cap(t.hash) < n {
		t.hash = make([]uint64, n)
	}
	hash := t.hash[:n]
	Hash(keys, n, hash)
	t.find(keys, hash, groups)
}

// reserve makes room for n more groups at a load of at most 2/3.
func (t *GroupTable) reserve(n int) {
	need := (t.n + n) * 3 / 2
	if need <= len(t.slots) {
		return
	}
	size := len(t.slots)
	for size < need {
		size *= 2
	}
	t.slots = make([]uint64, size)
	mask := uint64(size - 1)
	for g := range t.n {
		var h uint64
		switch {
		case !t.single:
			h = t.hashes[g]
		case g == t.null:
			continue
		default:
			h = vector.MixWord(uint64(t.keys[0].I64[g]))
		}
		at := h & mask
		for t.slots[at] != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = h>>rowBits<<rowBits | uint64(g+1)
	}
}

func (t *GroupTable) findSingle(key *vector.Vector, n int, groups []uint32) {
	slots, mask := t.slots, uint64(len(t.slots)-1)
	store := t.keys[0]
	stored := store.I64
	nulls := key.Nulls
	groups = groups[:n]
	for k, x := range key.I64[:n] {
		if nulls != nil && nulls[k] {
			if t.null < 0 {
				t.null = len(stored)
				stored = append(stored, 0)
			}
			groups[k] = uint32(t.null)
			continue
		}
		h := vector.MixWord(uint64(x))
		salt := h >> rowBits
		at := h & mask
		for {
			s := slots[at]
			if s == 0 {
				g := len(stored)
				slots[at] = salt<<rowBits | uint64(g+1)
				stored = append(stored, x)
				groups[k] = uint32(g)
				break
			}
			if s>>rowBits == salt {
				g := s&rowMask - 1
				if stored[g] == x {
					groups[k] = uint32(g)
					break
				}
			}
			at = (at + 1) & mask
		}
	}
	store.I64 = stored
	t.n = len(stored)
	if t.null >= 0 {
		store.MakeNulls(t.n)[t.null] = true
	}
}

// find probes in three steps: the slots of all rows (adding groups at free slots), then a comparison column by column with
// the candidates found by salt, then one by one the few rows whose candidate was another key.
func (t *GroupTable) find(keys []*vector.Vector, hash []uint64, groups []uint32) {
	slots, mask := t.slots, uint64(len(t.slots)-1)
	pairs, added := t.pairs[:0], t.added[:0]
	next := t.n
	for k, h := range hash {
		salt := h >> rowBits
		at := h & mask
		for {
			s := slots[at]
			if s == 0 {
				slots[at] = salt<<rowBits | uint64(next+1)
				groups[k] = uint32(next)
				next++
				added = append(added, uint32(k))
				break
			}
			if s>>rowBits == salt {
				g := uint32(s&rowMask - 1)
				groups[k] = g
				pairs = append(pairs, pair{uint32(k), g})
				break
			}
			at = (at + 1) & mask
		}
	}
	t.add(keys, hash, added)
	pairs, differ := match(t.keys, keys, pairs, t.differ[:0])
	for _, p := range differ {
		groups[p.row] = t.findRow(keys, hash, p)
	}
	t.pairs, t.differ, t.added = pairs[:0], differ[:0], added[:0]
}

// add appends the keys of the given rows as new groups.
func (t *GroupTable) add(keys []*vector.Vector, hash []uint64, rows []uint32) {
	if len(rows) == 0 {
		return
	}
	for c, k := range keys {
		vector.AppendRows(t.keys[c], k, rows)
	}
	for _, r := range rows {
		t.hashes = append(t.hashes, hash[r])
	}
	t.n += len(rows)
}

// findRow continues the search of one row behind a candidate that was another key.
func (t *GroupTable) findRow(keys []*vector.Vector, hash []uint64, p pair) uint32 {
	h := hash[p.row]
	mask := uint64(len(t.slots) - 1)
	at := h & mask
	for {
		s := t.slots[at]
		if s == 0 {
			t.slots[at] = h>>rowBits<<rowBits | uint64(t.n+1)
			t.add(keys, hash, []uint32{p.row})
			return uint32(t.n - 1)
		}
		if s>>rowBits == h>>rowBits {
			if g := uint32(s&rowMask - 1); equalRows(t.keys, int(g), keys, int(p.row)) {
				return g
			}
		}
		at = (at + 1) & mask
	}
}

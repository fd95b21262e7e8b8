package hashtable

import "skep/engine/vector"

// EntryHashes remembers the hashes of the strings of a dictionary, as far as they were asked for. The zero value is ready; it is for
// one goroutine.
type EntryHashes struct {
	dictionary uint64
	hashes     []uint64 // 0: not known
}

// Column is HashColumn for the selected rows (all when sel is nil) of a column of strings with a dictionary whose identity is known.
func (e *EntryHashes) Column(v *vector.Vector, sel []uint16, out []uint64, more bool) {
	if e.dictionary != v.DictID {
		e.dictionary = v.DictID
		clear(e.hashes)
	}
	if n := v.DictOf.Len(); len(e.hashes) < n {
		e.hashes = append(e.hashes, make([]uint64, n-len(e.hashes))...)
	}
	for k := range out {
		r := k
		if sel != nil {
			r = int(sel[k])
		}
		h := uint64(NullHash)
		if v.Nulls == nil || !v.Nulls[r] {
			code := v.Codes[r]
			if h = e.hashes[code]; h == 0 {
				ref := v.DictOf.Refs[code]
				h = vector.HashBytes(v.DictOf.Data[ref.Off : ref.Off+ref.Len])
				e.hashes[code] = h
			}
		}
		if more {
			h = Combine(out[k], h)
		}
		out[k] = h
	}
}

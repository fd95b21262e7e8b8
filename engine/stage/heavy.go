package stage

import (
	"slices"
	"strings"

	"skep/engine/vector"
	"skep/engine/vector/valuetext"
)

const (
	// heavyKeys is how many keys are followed at a time: any key of more than one in heavyKeys+1 rows is among them at the end.
	heavyKeys = 16
	// heavySample is how many rows there are to one that is looked at.
	heavySample = 8
	// heavySeen is how often a key has to be met before its text is kept.
	heavySeen = 4
)

// HeavyKey is a key of many rows of an exchange.
type HeavyKey struct {
	Key  string // the values, separated by commas
	Rows int64  // at least so many of the sampled rows
}

// heavy finds the keys that many rows have, by their hashes (Misra and Gries, "Finding repeated elements").
type heavy struct {
	sampled int64
	keys    [heavyKeys]heavyCandidate
	next    int // the row of the next batch that is looked at
}

type heavyCandidate struct {
	hash  uint64
	count int64 // 0: free
	text  string
}

// see looks at some of the selected rows of key columns (all when sel is nil), whose hashes are given.
func (h *heavy) see(keys []*vector.Vector, sel []uint16, hashes []uint64) {
	r := h.next
	for ; r < len(hashes); r += heavySample {
		h.sampled++
		at := r
		if sel != nil {
			at = int(sel[r])
		}
		h.count(keys, hashes[r], at)
	}
	h.next = r - len(hashes)
}

func (h *heavy) count(keys []*vector.Vector, hash uint64, row int) {
	free := -1
	for i := range h.keys {
		switch k := &h.keys[i]; {
		case k.count == 0:
			free = i
		case k.hash == hash:
			if k.count++; k.count >= heavySeen && k.text == "" {
				k.text = keyText(keys, row)
			}
			return
		}
	}
	if free >= 0 {
		h.keys[free] = heavyCandidate{hash: hash, count: 1}
		return
	}
	for i := range h.keys {
		h.keys[i].count--
	}
}

func keyText(keys []*vector.Vector, row int) string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		if k.IsNull(row) {
			parts[i] = "NULL"
		} else {
			parts[i] = string(valuetext.AppendValue(nil, k, row, nil))
		}
	}
	return strings.Join(parts, ", ")
}

// list returns the keys that were met often, in the order of their texts.
func (h *heavy) list() []HeavyKey {
	var out []HeavyKey
	for _, k := range h.keys {
		if k.count > 0 && k.text != "" {
			out = append(out, HeavyKey{k.text, k.count})
		}
	}
	slices.SortFunc(out, func(a, b HeavyKey) int { return strings.Compare(a.Key, b.Key) })
	return out
}

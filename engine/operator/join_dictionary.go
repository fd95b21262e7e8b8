package operator

import (
	"skep/dialect/types"
	"skep/engine/hashtable"
	"skep/engine/vector"
)

// buildDict is a string column of the build side as a dictionary. Nothing is copied for columns that nobody looks at, and those
// who do can work once per entry instead of once per match.
type buildDict struct {
	entries *vector.Vector // nil: the column is not used as a dictionary
	id      uint64
	codes   []uint32 // by build row; nil: the entries are the build rows themselves
}

const (
	// maxDictionary is the number of build rows up to which their strings are dictionaries worth remembering work for.
	maxDictionary = 1 << 16
	// maxEntries is the number of distinct strings up to which a real dictionary is made, and sampleRows the number of rows whose
	// strings decide whether to try.
	maxEntries = 1 << 10
	sampleRows = vector.BatchSize
)

// makeDictionaries prepares the string columns.
func (j *HashJoin) makeDictionaries() {
	j.dicts = make([]buildDict, len(j.spec.BuildOut))
	for i, at := range j.spec.BuildOut {
		c := j.cols[at]
		if c.Type.Physical() != types.Bytes || j.rows == 0 {
			continue
		}
		d := &j.dicts[i]
		d.entries = &vector.Vector{Type: c.Type, Refs: c.Refs, Data: c.Data}
		if j.rows > maxDictionary {
			continue
		}
		d.id = vector.NewDictID()
		if codes, entries := distinct(c, j.rows); codes != nil {
			d.codes, d.entries = codes, entries
		}
		d.entries.Lasting = true
	}
}

// distinct numbers the strings of a flat column by a dictionary; nil when there are too many to be worth it.
func distinct(c *vector.Vector, n int) (codes []uint32, entries *vector.Vector) {
	if n < 64 {
		return nil, nil
	}
	t := hashtable.NewGroupTable([]*types.Type{c.Type})
	codes = make([]uint32, n)
	view := &vector.Vector{Type: c.Type, Data: c.Data}
	for from := 0; from < n; from += sampleRows {
		to := min(from+sampleRows, n)
		// NULLs take part as empty strings; their rows stay marked.
		view.Refs = c.Refs[from:to]
		t.Find([]*vector.Vector{view}, to-from, codes[from:to])
		if t.Len() > maxEntries || t.Len() > max(to/4, 16) {
			return nil, nil
		}
	}
	return codes, t.Keys()[0]
}

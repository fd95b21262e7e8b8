package format

import (
	"math"
	"math/bits"

	"skep/dialect/types"
	"skep/engine/vector"
	"skep/shuffle"
)

// Digester computes digests of rows. A row's hash is a sum over its columns of value times odd constant (multilinear hashing: one
// multiplication per value, which is less than the hash of grouping keys costs), finished by a bijection; it does not depend on the form of
// the columns. It is for one goroutine; the zero value is ready.
type Digester struct {
	hash, entries []uint64
	known         []knownEntries // by column
}

// knownEntries are the values of the first entries of a dictionary that lasts.
type knownEntries struct {
	dictionary uint64
	values     []uint64
}

// Digest returns the digest of rows from..from+n-1 of the columns.
func (d *Digester) Digest(cols []*vector.Vector, from, n int) shuffle.Digest {
	if cap(d.hash) < n {
		d.hash, d.entries = make([]uint64, n), make([]uint64, n)
	}
	hash := d.hash[:n]
	for i := range hash {
		hash[i] = start // so that a row of zeros is not nothing
	}
	for c, v := range cols {
		if v.Keepable() {
			addCoded(hash, v, from, factor(c), d.valuesOf(c, v))
			continue
		}
		d.add(hash, v, from, factor(c))
	}
	out := shuffle.Digest{Rows: uint64(n)}
	for _, h := range hash {
		h = vector.MixWord(h)
		out.Sum += h
		out.Xor ^= h
	}
	return out
}

const (
	nullValue = 0x7c6f1e9ab35d2c41
	start     = 0xa0761d6478bd642f
)

// factor returns the odd constant of a column.
func factor(column int) uint64 { return vector.MixWord(uint64(column)+0x9e3779b97f4a7c15) | 1 }

// add adds a column's values times k to the hashes.
func (d *Digester) add(hash []uint64, v *vector.Vector, from int, k uint64) {
	n := len(hash)
	t := v.Type.Physical()
	if t == types.Nothing {
		return
	}
	if v.Form == vector.Const {
		x := uint64(nullValue)
		if v.Nulls == nil || !v.Nulls[0] {
			x = value(v, 0)
		}
		for i := range hash {
			hash[i] += x * k
		}
		return
	}
	if v.Form == vector.Flat {
		switch t {
		case types.I64:
			addInts(hash, v.I64[from:from+n], v.Nulls, from, k)
			return
		case types.F64:
			if v.Nulls == nil {
				for i, x := range v.F64[from : from+n] {
					hash[i] += math.Float64bits(x) * k
				}
				return
			}
		case types.I128:
			if v.Nulls == nil {
				for i, x := range v.W[from : from+n] {
					hash[i] += wideValue(x) * k
				}
				return
			}
		case types.Bytes:
			if v.Nulls == nil {
				for i, r := range v.Refs[from : from+n] {
					hash[i] += vector.FoldBytes(v.Data[r.Off:r.Off+r.Len]) * k
				}
				return
			}
		}
	}
	if v.Form == vector.Dict && v.DictOf.Len() <= n {
		entries := d.entries[:v.DictOf.Len()] // once per entry
		for i := range entries {
			entries[i] = value(v.DictOf, i)
		}
		addCoded(hash, v, from, k, entries)
		return
	}
	for i := range hash {
		x := uint64(nullValue)
		if v.Nulls == nil || !v.Nulls[from+i] {
			x = value(v.Base(), v.At(from+i))
		}
		hash[i] += x * k
	}
}

// valuesOf returns the values of the entries of the dictionary of a column, which are computed once.
func (d *Digester) valuesOf(column int, v *vector.Vector) []uint64 {
	for len(d.known) <= column {
		d.known = append(d.known, knownEntries{})
	}
	k := &d.known[column]
	if k.dictionary != v.DictID {
		k.dictionary, k.values = v.DictID, k.values[:0]
	}
	for i := len(k.values); i < v.DictOf.Len(); i++ {
		k.values = append(k.values, value(v.DictOf, i))
	}
	return k.values
}

// addCoded adds the values of codes times k to the hashes. NULL rows of an empty dictionary have no entry.
func addCoded(hash []uint64, v *vector.Vector, from int, k uint64, entries []uint64) {
	codes := v.Codes[from : from+len(hash)]
	if v.Nulls == nil {
		for i, c := range codes {
			hash[i] += entries[c] * k
		}
		return
	}
	for i, c := range codes {
		x := uint64(nullValue)
		if !v.Nulls[from+i] {
			x = entries[c]
		}
		hash[i] += x * k
	}
}

func addInts(hash []uint64, vals []int64, nulls []bool, from int, k uint64) {
	vals = vals[:len(hash)]
	if nulls == nil {
		for i, x := range vals {
			hash[i] += uint64(x) * k
		}
		return
	}
	nulls = nulls[from : from+len(hash)]
	for i, x := range vals {
		y := uint64(x)
		if nulls[i] {
			y = nullValue
		}
		hash[i] += y * k
	}
}

// value returns what a stored, non-NULL value of a flat or constant vector is multiplied with.
func value(v *vector.Vector, i int) uint64 {
	switch v.Type.Physical() {
	case types.I64:
		return uint64(v.I64[i])
	case types.F64:
		return math.Float64bits(v.F64[i])
	case types.I128:
		return wideValue(v.W[i])
	case types.Bytes:
		r := v.Refs[i]
		return vector.FoldBytes(v.Data[r.Off : r.Off+r.Len])
	}
	return nestedValue(v, i)
}

func wideValue(x types.Int128) uint64 { return x.Lo + uint64(x.Hi)*0xbf58476d1ce4e5b9 }

func nestedValue(v *vector.Vector, i int) uint64 {
	h := uint64(0xd6e8feb86659fd93)
	child := func(c *vector.Vector, row int) {
		x := uint64(nullValue)
		if c.Type.Physical() != types.Nothing && !c.IsNull(row) {
			x = value(c.Base(), c.At(row))
		}
		h = vector.MixWord(bits.RotateLeft64(h, 23) + x)
	}
	switch v.Type.Physical() {
	case types.List, types.MapOf:
		r := v.Refs[i]
		h += uint64(r.Len)
		for _, c := range v.Children {
			for k := r.Off; k < r.Off+r.Len; k++ {
				child(c, int(k))
			}
		}
	case types.Record:
		for _, c := range v.Children {
			child(c, i)
		}
	case types.Tagged:
		h += uint64(v.I64[i])
		child(v.Children[v.I64[i]], i)
	}
	return h
}

// Package hashtable holds the hash tables of grouping and joining over columnar keys: open addressing with linear probing over
// 64-bit slots of 16 bits of the hash (salt) and the row number, keys in separate pointer-free columns, work done a batch at
// a time.
//
// Keys arrive as dense, flat vectors. The hash of a key is the same in every process and for every table, so that partitions
// by hash agree everywhere; tables use its low bits for the slot and its top 16 bits as salt, partitioning uses Partition.
package hashtable

import (
	"math"
	"math/bits"

	"skep/dialect/types"
	"skep/engine/vector"
)

const (
	// spread sets the hashes of the columns before a further one apart from it.
	spread = 0xbf58476d1ce4e5b9
	// NullHash is the hash of NULL.
	NullHash = 0x7c6f1e9ab35d2c41
)

// HashInt is the hash of an integer key.
func HashInt(v int64) uint64 { return vector.MixWord(uint64(v)) }

// Combine folds the hash of a further column into h.
func Combine(h, x uint64) uint64 { return vector.MixWord(bits.RotateLeft64(h, 23)*spread ^ x) }

// floatBits maps floats that are equal in SQL (0.0 and -0.0, all NaNs) to equal words.
func floatBits(f float64) uint64 {
	if f == 0 {
		return 0
	}
	if f != f {
		return 0x7ff8000000000001
	}
	return math.Float64bits(f)
}

// Hash computes the hashes of n rows of keys. Nested values hash by content.
func Hash(keys []*vector.Vector, n int, out []uint64) {
	out = out[:n]
	if len(keys) == 0 {
		for k := range out {
			out[k] = NullHash
		}
		return
	}
	for i, v := range keys {
		HashColumn(v, out, i > 0)
	}
}

// HashColumn makes out, one entry per row, the hashes of a flat column or, with more set, combines those of earlier columns with
// them: the columns of Hash one by one.
func HashColumn(v *vector.Vector, out []uint64, more bool) {
	n := len(out)
	nulls := v.Nulls
	if nulls != nil {
		nulls = nulls[:n]
	}
	// Every column is hashed on its own; NULLs are put in and the columns combined afterwards, in loops without branches.
	var buf [256]uint64
	for from := 0; from < n; from += len(buf) {
		to := min(from+len(buf), n)
		h := buf[:to-from]
		hashValues(v, from, h)
		if nulls != nil {
			for k, null := range nulls[from:to] {
				if null {
					h[k] = NullHash
				}
			}
		}
		if more {
			o := out[from:to]
			for k, x := range h {
				o[k] = Combine(o[k], x)
			}
		} else {
			copy(out[from:to], h)
		}
	}
}

// hashValues hashes rows from.. of a flat vector, whatever is stored for NULLs.
func hashValues(v *vector.Vector, from int, out []uint64) {
	to := from + len(out)
	switch v.Type.Physical() {
	case types.I64:
		for k, x := range v.I64[from:to] {
			out[k] = vector.MixWord(uint64(x))
		}
	case types.F64:
		for k, x := range v.F64[from:to] {
			out[k] = vector.MixWord(floatBits(x))
		}
	case types.I128:
		for k, x := range v.W[from:to] {
			out[k] = Combine(vector.MixWord(uint64(x.Hi)), x.Lo)
		}
	case types.Bytes:
		for k, r := range v.Refs[from:to] {
			out[k] = vector.HashBytes(v.Data[r.Off : r.Off+r.Len])
		}
	case types.Nothing:
		for k := range out {
			out[k] = NullHash
		}
	default:
		for k := range out {
			if v.Nulls == nil || !v.Nulls[from+k] {
				out[k] = hashNested(v, from+k)
			}
		}
	}
}

// hashNested hashes one non-NULL value of a nested type.
func hashNested(v *vector.Vector, row int) uint64 {
	value := func(c *vector.Vector, r int) uint64 {
		if c.IsNull(r) {
			return NullHash
		}
		switch b, i := c.Base(), c.At(r); c.Type.Physical() {
		case types.I64:
			return vector.MixWord(uint64(b.I64[i]))
		case types.F64:
			return vector.MixWord(floatBits(b.F64[i]))
		case types.I128:
			return Combine(vector.MixWord(uint64(b.W[i].Hi)), b.W[i].Lo)
		case types.Bytes:
			return vector.HashBytes(c.Bytes(r))
		case types.Nothing:
			return NullHash
		}
		return hashNested(c, r)
	}
	b, i := v.Base(), v.At(row)
	h := uint64(spread)
	switch v.Type.Physical() {
	case types.List, types.MapOf:
		r := b.Refs[i]
		h = vector.MixWord(uint64(r.Len))
		for _, c := range b.Children {
			for k := r.Off; k < r.Off+r.Len; k++ {
				h = Combine(h, value(c, int(k)))
			}
		}
	case types.Record:
		for _, c := range b.Children {
			h = Combine(h, value(c, i))
		}
	case types.Tagged:
		tag := b.I64[i]
		h = Combine(vector.MixWord(uint64(tag)), value(b.Children[tag], i))
	}
	return h
}

// Partition returns the number of the partition, of 1<<bitCount, to which a hash belongs at a level of repeated
// partitioning. Levels use different bits, none of which select slots of small tables or salts.
func Partition(h uint64, level, bitCount int) int {
	return int(h >> (48 - (level+1)*bitCount) & (1<<bitCount - 1))
}

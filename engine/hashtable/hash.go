// Package hashtable holds the hash tables of grouping and joining over columnar keys: open addressing with linear probing over
// 64-bit slots of 16 bits of the hash (salt) and the row number, keys in separate pointer-free columns, work done a batch at
// a time.
//
// Keys arrive as dense, flat vectors. The hash of a key is the same in every process and for every table, so that partitions
// by hash agree everywhere; tables use its low bits for the slot and its top 16 bits as salt, partitioning uses Partition.
package hashtable

import (
	"encoding/binary"
	"math"
	"math/bits"

	"skep/dialect/types"
	"skep/engine/vector"
)

const (
	mix1 = 0x9e3779b97f4a7c15
	mix2 = 0xbf58476d1ce4e5b9
	mix3 = 0xd6e8feb86659fd93

	// NullHash is the hash of NULL.
	NullHash = 0x7c6f1e9ab35d2c41
)

// hashWord is a multiply-xorshift finaliser of 64 bits.
func hashWord(x uint64) uint64 {
	x ^= x >> 32
	x *= mix3
	x ^= x >> 29
	x *= mix1
	return x ^ x>>32
}

// HashInt is the hash of an integer key.
func HashInt(v int64) uint64 { return hashWord(uint64(v)) }

// Combine folds the hash of a further column into h.
func Combine(h, x uint64) uint64 { return hashWord(bits.RotateLeft64(h, 23)*mix2 ^ x) }

// hashBytes hashes a byte string by folded 64×64-bit multiplications (after wyhash).
func hashBytes(s []byte) uint64 {
	n := len(s)
	h := uint64(n) * mix1
	for len(s) > 16 {
		h = fold(binary.LittleEndian.Uint64(s)^mix2, binary.LittleEndian.Uint64(s[8:])^h)
		s = s[16:]
	}
	var a, b uint64
	switch {
	case len(s) >= 8:
		a, b = binary.LittleEndian.Uint64(s), binary.LittleEndian.Uint64(s[len(s)-8:])
	case len(s) >= 4:
		a, b = uint64(binary.LittleEndian.Uint32(s)), uint64(binary.LittleEndian.Uint32(s[len(s)-4:]))
	case len(s) > 0:
		a = uint64(s[0])<<16 | uint64(s[len(s)>>1])<<8 | uint64(s[len(s)-1])
	}
	return hashWord(fold(a^mix2, b^h^mix3))
}

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

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
			out[k] = hashWord(uint64(x))
		}
	case types.F64:
		for k, x := range v.F64[from:to] {
			out[k] = hashWord(floatBits(x))
		}
	case types.I128:
		for k, x := range v.W[from:to] {
			out[k] = Combine(hashWord(uint64(x.Hi)), x.Lo)
		}
	case types.Bytes:
		for k, r := range v.Refs[from:to] {
			out[k] = hashBytes(v.Data[r.Off : r.Off+r.Len])
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
			return hashWord(uint64(b.I64[i]))
		case types.F64:
			return hashWord(floatBits(b.F64[i]))
		case types.I128:
			return Combine(hashWord(uint64(b.W[i].Hi)), b.W[i].Lo)
		case types.Bytes:
			return hashBytes(c.Bytes(r))
		case types.Nothing:
			return NullHash
		}
		return hashNested(c, r)
	}
	b, i := v.Base(), v.At(row)
	h := uint64(mix2)
	switch v.Type.Physical() {
	case types.List, types.MapOf:
		r := b.Refs[i]
		h = hashWord(uint64(r.Len))
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
		h = Combine(hashWord(uint64(tag)), value(b.Children[tag], i))
	}
	return h
}

// Partition returns the number of the partition, of 1<<bitCount, to which a hash belongs at a level of repeated
// partitioning. Levels use different bits, none of which select slots of small tables or salts.
func Partition(h uint64, level, bitCount int) int {
	return int(h >> (48 - (level+1)*bitCount) & (1<<bitCount - 1))
}

package orc

import (
	"encoding/binary"
	"math"
	"math/bits"

	"skep/dialect/types"
	"skep/engine/calendar"
	"skep/engine/vector"
)

// bloomFilter is ORC's bloom filter (specification, "Bloom Filter Index"): bits set at positions derived from one 64-bit hash.
type bloomFilter struct {
	hashes int
	words  []uint64
}

func (b *bloomFilter) positions(hash uint64, visit func(word int, bit uint64) bool) {
	h1, h2 := int32(hash), int32(hash>>32)
	n := len(b.words) * 64
	for i := int32(1); i <= int32(b.hashes); i++ {
		h := h1 + i*h2
		if h < 0 {
			h = ^h
		}
		at := int(h) % n
		if !visit(at>>6, 1<<(at&63)) {
			return
		}
	}
}

func (b *bloomFilter) add(hash uint64) {
	b.positions(hash, func(word int, bit uint64) bool {
		b.words[word] |= bit
		return true
	})
}

// has reports whether a value with the hash may have been added.
func (b *bloomFilter) has(hash uint64) bool {
	found := true
	b.positions(hash, func(word int, bit uint64) bool {
		found = b.words[word]&bit != 0
		return found
	})
	return found
}

// newBloomFilter sizes a filter for n values at a rate of false positives, as Hive's class does.
func newBloomFilter(n int, rate float64) *bloomFilter {
	m := -float64(n) * math.Log(rate) / (math.Ln2 * math.Ln2)
	size := int(m)
	size += 64 - size%64
	return &bloomFilter{hashes: max(1, int(math.Round(float64(size)/float64(n)*math.Ln2))), words: make([]uint64, size/64)}
}

func (b *bloomFilter) encode() []byte {
	var m builder
	m.uint(1, uint64(b.hashes))
	var p []byte
	for _, w := range b.words {
		p = binary.LittleEndian.AppendUint64(p, w)
	}
	m.bytes(3, p)
	return m.b
}

// parseBloomFilters reads the filters of a column's row groups.
func parseBloomFilters(data []byte) ([]bloomFilter, error) {
	var out []bloomFilter
	err := each(data, func(m *message) error {
		if m.field != 1 {
			return nil
		}
		var b bloomFilter
		err := each(m.bytes, func(m *message) error {
			switch m.field {
			case 1:
				b.hashes = int(min(m.num, 1<<10))
			case 3:
				for p := m.bytes; len(p) >= 8; p = p[8:] {
					b.words = append(b.words, binary.LittleEndian.Uint64(p))
				}
			}
			return nil
		})
		out = append(out, b)
		return err
	})
	return out, err
}

// bloom drops the row groups whose bloom filter does not have the value that a predicate asks for; keep[0] is group first.
func (s *stripe) bloom(r *reader, p predicate, first int, keep []bool) error {
	value, ok := p.BloomValue()
	if !ok {
		return nil
	}
	file := &r.tail.types[p.file]
	hash, ok := bloomHash(value, file, p.typ.Type)
	if !ok || file.kind == kindDate && r.tail.julian && value.I < calendar.GregorianStart {
		return nil
	}
	data, err := s.metadata(r, p.file, streamBloomUTF8)
	if err != nil || data == nil {
		return err
	}
	filters, err := parseBloomFilters(data)
	if err != nil {
		return err
	}
	for i := range keep {
		if g := first + i; keep[i] && g < len(filters) && len(filters[g].words) > 0 {
			keep[i] = filters[g].has(hash)
		}
	}
	return nil
}

// bloomHash hashes a value as writers of the file's type do; ok is false when that is not known.
func bloomHash(d types.Datum, file *orcType, t *types.Type) (uint64, bool) {
	if d.Null {
		return 0, false
	}
	switch file.kind {
	case kindByte, kindShort, kindInt, kindLong, kindDate:
		return longHash(d.I), t.Physical() == types.I64 && (t.IsInteger() || t.Kind == types.Date)
	case kindFloat, kindDouble:
		return longHash(int64(math.Float64bits(d.F))), t.Physical() == types.F64 && d.F != 0
	case kindString, kindVarchar:
		return murmur64([]byte(d.S)), t.Kind == types.String || t.Kind == types.Varchar
	}
	return 0, false
}

// hashable reports whether values of the column can be added to a bloom filter.
func (c *columnWriter) hashable() bool {
	switch c.kind {
	case kindByte, kindShort, kindInt, kindLong, kindDate, kindFloat, kindDouble, kindString, kindVarchar:
		return true
	}
	return false
}

// addBloom adds the values at the given places of a flat vector to the row group's bloom filter.
func (c *columnWriter) addBloom(b *vector.Vector, at []uint32) {
	switch b.Type.Physical() {
	case types.I64:
		for _, i := range at {
			c.bloom.add(longHash(b.I64[i]))
		}
	case types.F64:
		for _, i := range at {
			c.bloom.add(longHash(int64(math.Float64bits(b.F64[i]))))
		}
	default:
		for _, i := range at {
			r := b.Refs[i]
			c.bloom.add(murmur64(b.Data[r.Off : r.Off+r.Len]))
		}
	}
}

// longHash is Thomas Wang's hash of a 64-bit integer.
func longHash(v int64) uint64 {
	k := ^v + v<<21
	k ^= k >> 24
	k = k + k<<3 + k<<8
	k ^= k >> 14
	k = k + k<<2 + k<<4
	k ^= k >> 28
	return uint64(k + k<<31)
}

// murmur64 is the 64-bit variant of MurmurHash3 that Hive uses.
func murmur64(s []byte) uint64 {
	const c1, c2 = 0x87c37b91114253d5, 0x4cf5ad432745937f
	h, n := uint64(104729), uint64(len(s))
	for ; len(s) >= 8; s = s[8:] {
		k := bits.RotateLeft64(binary.LittleEndian.Uint64(s)*c1, 31) * c2
		h = bits.RotateLeft64(h^k, 27)*5 + 0x52dce729
	}
	if len(s) > 0 {
		k := uint64(0)
		for i, b := range s {
			k |= uint64(b) << (8 * i)
		}
		h ^= bits.RotateLeft64(k*c1, 31) * c2
	}
	h ^= n
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

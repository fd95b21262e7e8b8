package parquet

import (
	"bytes"
	"hash/maphash"

	"skep/dialect/types"
	"skep/engine/vector"
)

// maxDictionary bounds the plain size of a dictionary, as parquet-mr's default does.
const maxDictionary = 1 << 20

// dictionaryWriter numbers the distinct values of a column chunk in order of appearance. The values are kept in entries; slots
// is an open-addressed table of codes plus one.
type dictionaryWriter struct {
	entries *vector.Vector
	n       int
	bytes   int // plain size of the entries
	slots   []uint32
	shift   uint
	seen    []uint32 // by code: the page it was last counted in
	// While all integers lie within directRange from base, direct holds their codes plus one, as far as it reaches, and slots is
	// not in use.
	direct []uint32
	base   int64
	near   bool
	// known are the codes plus one of the entries of the dictionary with identity given, as far as they have been written.
	given uint64
	known []uint32
}

// directRange is the range of integers that are looked up directly.
const directRange = 1 << 18

// directBelow is how far below the first value the range starts when it does not start at 0.
const directBelow = 1 << 12

func (d *dictionaryWriter) reset(t *types.Type) {
	if d.entries == nil {
		d.entries = &vector.Vector{Type: t}
	}
	d.entries.Reset()
	d.n, d.bytes, d.seen = 0, 0, d.seen[:0]
	d.near = t.Physical() == types.I64
	d.given = 0
	// Start small even when the storage is large: most columns have few values, and a small table stays in the cache.
	d.resize(10)
}

// knownOf returns what is known of v's dictionary.
func (d *dictionaryWriter) knownOf(v *vector.Vector) []uint32 {
	if n := len(v.DictOf.Refs); d.given != v.DictID || len(d.known) != n {
		d.given, d.known = v.DictID, resize(d.known, n)
		clear(d.known)
	}
	return d.known
}

// resize makes the table 1<<bits empty slots.
func (d *dictionaryWriter) resize(bits uint) {
	if cap(d.slots) < 1<<bits {
		d.slots = make([]uint32, 1<<bits)
	} else {
		d.slots = d.slots[:1<<bits]
		clear(d.slots)
	}
	d.shift = 64 - bits
}

// grow doubles the table when it is half full; hash gives the hash of an entry.
func (d *dictionaryWriter) grow(hash func(code int) uint64) {
	if d.n*2 < len(d.slots) {
		return
	}
	d.resize(64 - d.shift + 1)
	for code := range d.n {
		d.insert(hash(code), uint32(code))
	}
}

func (d *dictionaryWriter) insert(h uint64, code uint32) {
	for i := h >> d.shift; ; i = (i + 1) & uint64(len(d.slots)-1) {
		if d.slots[i] == 0 {
			d.slots[i] = code + 1
			return
		}
	}
}

// codesInt appends the codes of integers.
func (d *dictionaryWriter) codesInt(values []int64, size int, codes []uint32) []uint32 {
	if d.near && len(values) > 0 {
		if d.n == 0 {
			d.startDirect(values[0])
		}
		for i, v := range values {
			at := uint64(v - d.base)
			if at >= directRange {
				d.leaveDirect()
				return d.codesInt(values[i:], size, codes)
			}
			if at >= uint64(len(d.direct)) {
				d.direct = append(d.direct, make([]uint32, max(int(at)+1-len(d.direct), len(d.direct)))...)
			}
			s := d.direct[at]
			if s == 0 {
				d.entries.I64 = append(d.entries.I64, v)
				d.seen = append(d.seen, 0)
				d.n++
				d.bytes += size
				s = uint32(d.n)
				d.direct[at] = s
			}
			codes = append(codes, s-1)
		}
		return codes
	}
	return codes64(d, &d.entries.I64, values, func(x int64) uint64 { return uint64(x) }, size, codes)
}

// startDirect chooses the range around the first value: from 0 when that covers it.
func (d *dictionaryWriter) startDirect(first int64) {
	if d.direct = d.direct[:0]; cap(d.direct) == 0 {
		d.direct = make([]uint32, 0, 2*directBelow)
	}
	if d.base = 0; first < 0 || first >= directRange {
		d.base = first - directBelow
	}
}

// leaveDirect moves the codes to the hash table.
func (d *dictionaryWriter) leaveDirect() {
	d.near = false
	bits := uint(10)
	for d.n*2 >= 1<<bits {
		bits++
	}
	d.resize(bits)
	for code, v := range d.entries.I64 {
		d.insert(hash64(uint64(v)), uint32(code))
	}
}

func hash64(v uint64) uint64 {
	v *= 0x9e3779b97f4a7c15
	return (v ^ v>>29) * 0xbf58476d1ce4e5b9
}

// codes64 appends the codes of 64-bit values, given as their bits.
func codes64[T int64 | float64](d *dictionaryWriter, entries *[]T, values []T, key func(T) uint64, size int, codes []uint32) []uint32 {
	mask := uint64(len(d.slots) - 1)
	var last T
	lastCode, have := uint32(0), false
	for _, v := range values {
		k := key(v)
		if have && k == key(last) {
			codes = append(codes, lastCode)
			continue
		}
		i := hash64(k) >> d.shift
		var code uint32
		for {
			s := d.slots[i]
			if s == 0 {
				code = uint32(d.n)
				d.slots[i] = code + 1
				*entries = append(*entries, v)
				d.seen = append(d.seen, 0)
				d.n++
				d.bytes += size
				d.grow(func(c int) uint64 { return hash64(key((*entries)[c])) })
				mask = uint64(len(d.slots) - 1)
				break
			}
			if key((*entries)[s-1]) == k {
				code = s - 1
				break
			}
			i = (i + 1) & mask
		}
		codes = append(codes, code)
		last, lastCode, have = v, code, true
	}
	return codes
}

// codes128 appends the codes of 128-bit values.
func (d *dictionaryWriter) codes128(values []types.Int128, size int, codes []uint32) []uint32 {
	hash := func(v types.Int128) uint64 { return hash64(uint64(v.Hi)*31 ^ hash64(v.Lo)) }
	for _, v := range values {
		i := hash(v) >> d.shift
		for {
			s := d.slots[i]
			if s == 0 {
				d.slots[i] = uint32(d.n) + 1
				d.entries.W = append(d.entries.W, v)
				d.seen = append(d.seen, 0)
				codes = append(codes, uint32(d.n))
				d.n++
				d.bytes += size
				d.grow(func(c int) uint64 { return hash(d.entries.W[c]) })
				break
			}
			if d.entries.W[s-1] == v {
				codes = append(codes, s-1)
				break
			}
			i = (i + 1) & uint64(len(d.slots)-1)
		}
	}
	return codes
}

// codesBytes appends the codes of byte strings.
func (d *dictionaryWriter) codesBytes(refs []vector.Ref, data []byte, codes []uint32) []uint32 {
	for _, r := range refs {
		codes = append(codes, d.codeOf(data[r.Off:r.Off+r.Len]))
	}
	return codes
}

func (d *dictionaryWriter) codeOf(s []byte) uint32 {
	e := d.entries
	for i := maphash.Bytes(idSeed, s) >> d.shift; ; i = (i + 1) & uint64(len(d.slots)-1) {
		slot := d.slots[i]
		if slot == 0 {
			code := uint32(d.n)
			d.slots[i] = code + 1
			e.Refs = append(e.Refs, vector.Ref{Off: uint32(len(e.Data)), Len: uint32(len(s))})
			e.Data = append(e.Data, s...)
			d.seen = append(d.seen, 0)
			d.n++
			d.bytes += len(s) + 4
			d.grow(func(c int) uint64 {
				r := e.Refs[c]
				return maphash.Bytes(idSeed, e.Data[r.Off:r.Off+r.Len])
			})
			return code
		}
		if r := e.Refs[slot-1]; bytes.Equal(e.Data[r.Off:r.Off+r.Len], s) {
			return slot - 1
		}
	}
}

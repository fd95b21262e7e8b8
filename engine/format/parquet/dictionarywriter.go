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
}

func (d *dictionaryWriter) reset(t *types.Type) {
	if d.entries == nil {
		d.entries = &vector.Vector{Type: t}
	}
	d.entries.Reset()
	d.n, d.bytes, d.seen = 0, 0, d.seen[:0]
	if len(d.slots) == 0 {
		d.slots, d.shift = make([]uint32, 1<<10), 64-10
		return
	}
	clear(d.slots)
}

// grow doubles the table when it is half full and calls place to reinsert every code.
func (d *dictionaryWriter) grow(hash func(code int) uint64) {
	if d.n*2 < len(d.slots) {
		return
	}
	d.slots = make([]uint32, 2*len(d.slots))
	d.shift--
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

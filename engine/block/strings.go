package block

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"skep/engine/vector"
)

const (
	// maxEntries is the largest dictionary that is made of flat strings. Those of columns that come with one may be larger.
	maxEntries = 1024
	// minEntryRows is the number of rows per entry from which on a dictionary is made or kept.
	minEntryRows = 2
)

// strings encodes a column of bytes, flat or with a dictionary; flags is where its flags are in dst.
func (e *Encoder) strings(dst []byte, flags int, v *vector.Vector, from, n int, nulls []bool, column int) []byte {
	if v.Form == vector.Dict {
		return e.codes(dst, flags, v.DictOf, v.Codes[from:from+n], nulls, column)
	}
	refs := v.Refs[from : from+n]
	if n >= 2*sampleSize && nulls == nil {
		if codes, ok := e.strs.build(refs, v.Data); ok {
			dst[flags] |= flagDictionary
			dst = e.dictionary(dst, e.strs.refs, v.Data, column)
			vals := e.get(n)
			for i, c := range codes {
				vals[i] = int64(c)
			}
			dst = e.integers(dst, vals, -1)
			e.put(vals)
			return dst
		}
	}
	return e.plain(dst, refs, v.Data, nulls, column)
}

// plain appends lengths and bytes.
func (e *Encoder) plain(dst []byte, refs []vector.Ref, data []byte, nulls []bool, column int) []byte {
	dst, lengths, start, total, together := e.lengths(dst, refs, nulls)
	if together {
		dst = e.section(dst, data[start:start+total], column)
	} else {
		raw := e.raw[:0]
		for i, r := range refs {
			raw = append(raw, data[r.Off:int(r.Off)+int(lengths[i])]...)
		}
		e.raw = raw
		dst = e.section(dst, raw, column)
	}
	e.put(lengths)
	return dst
}

// dictionary appends entries.
func (e *Encoder) dictionary(dst []byte, refs []vector.Ref, data []byte, column int) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(refs)))
	lengths := e.get(len(refs))
	raw := e.raw[:0]
	for i, r := range refs {
		lengths[i] = int64(r.Len)
		raw = append(raw, data[r.Off:r.Off+r.Len]...)
	}
	e.raw = raw
	dst = e.integers(dst, lengths, -1)
	e.put(lengths)
	return e.section(dst, raw, column)
}

// codes encodes a column that has a dictionary: by the entries in use, or flat when these are many.
func (e *Encoder) codes(dst []byte, flags int, entries *vector.Vector, codes []uint32, nulls []bool, column int) []byte {
	n := len(codes)
	size := entries.Len()
	if len(e.used) < size {
		e.used = make([]uint32, size+size/2)
	}
	vals := e.get(n)
	refs := e.strs.refs[:0]
	for i, c := range codes {
		if nulls != nil && nulls[i] {
			vals[i] = 0
			continue
		}
		k := e.used[c]
		if k == 0 {
			refs = append(refs, entries.Refs[c])
			k = uint32(len(refs))
			e.used[c] = k
		}
		vals[i] = int64(k - 1)
	}
	for i, c := range codes {
		if nulls == nil || !nulls[i] {
			e.used[c] = 0
		}
	}
	e.strs.refs = refs
	if len(refs)*minEntryRows <= n {
		dst[flags] |= flagDictionary
		dst = e.dictionary(dst, refs, entries.Data, column)
		dst = e.integers(dst, vals, -1)
		e.put(vals)
		return dst
	}
	flat := make([]vector.Ref, n)
	for i, k := range vals {
		if nulls == nil || !nulls[i] {
			flat[i] = refs[k]
		}
	}
	e.put(vals)
	return e.plain(dst, flat, entries.Data, nulls, column)
}

// stringTable finds the distinct strings of a column.
type stringTable struct {
	slots [4 * maxEntries]uint16 // 1 + entry
	hash  [maxEntries]uint64
	refs  []vector.Ref // of the entries
	codes []uint32
}

// build gives each row the code of its string, when a sample suggests that there are few. refs are the entries afterwards.
func (t *stringTable) build(rows []vector.Ref, data []byte) (codes []uint32, ok bool) {
	t.refs = t.refs[:0]
	clear(t.slots[:])
	sample := sampleSize
	if len(rows) >= 4*bigSample {
		sample = bigSample
	}
	for i := range sample {
		t.find(rows[i*len(rows)/sample], data)
	}
	if len(t.refs) > maxDistinct(sample) {
		return nil, false
	}
	limit := min(maxEntries, len(rows)/minEntryRows)
	if cap(t.codes) < len(rows) {
		t.codes = make([]uint32, len(rows), max(len(rows), vector.BatchSize))
	}
	codes = t.codes[:len(rows)]
	for i, r := range rows {
		codes[i] = t.find(r, data)
		if len(t.refs) >= limit {
			return nil, false
		}
	}
	return codes, true
}

// find returns the entry of a string, a new one if need be; there must be room.
func (t *stringTable) find(r vector.Ref, data []byte) uint32 {
	s := data[r.Off : r.Off+r.Len]
	h := hashBytes(s)
	for at := h >> 52; ; at++ {
		slot := &t.slots[at&uint64(len(t.slots)-1)]
		if *slot == 0 {
			k := len(t.refs)
			t.refs = append(t.refs, r)
			t.hash[k] = h
			*slot = uint16(k + 1)
			return uint32(k)
		}
		k := *slot - 1
		if t.hash[k] == h {
			o := t.refs[k]
			if bytes.Equal(data[o.Off:o.Off+o.Len], s) {
				return uint32(k)
			}
		}
	}
}

// hashBytes is for the table above only: words folded by multiplication.
func hashBytes(s []byte) uint64 {
	h := uint64(len(s)) * 0x9e3779b97f4a7c15
	for len(s) >= 8 {
		hi, lo := bits.Mul64(binary.LittleEndian.Uint64(s)^h, 0xd6e8feb86659fd93)
		h, s = hi^lo, s[8:]
	}
	var last uint64
	for i, c := range s {
		last |= uint64(c) << (8 * i)
	}
	hi, lo := bits.Mul64(last^h^0xbf58476d1ce4e5b9, 0x9e3779b97f4a7c15)
	return hi ^ lo
}

// strings reads a column of bytes; nullable ones have NULLs that are set later.
func (d *Decoder) strings(v *vector.Vector, n int, dictionary, nullable bool) {
	if !dictionary {
		v.Refs = sized(v.Refs, n)
		v.Data = d.bytes(v.Refs)
		return
	}
	count := d.uvarint()
	if count > vector.MaxBatchSize || d.err != nil {
		d.fail("%d entries of a dictionary", count)
		return
	}
	if d.dict == len(d.dicts) {
		d.dicts = append(d.dicts, &vector.Vector{})
	}
	entries := d.dicts[d.dict]
	d.dict++
	entries.Type = v.Type
	entries.Refs = sized(entries.Refs, int(count))
	entries.Data = d.bytes(entries.Refs)
	d.ints = sized(d.ints, n)
	constant := d.integers(d.ints)
	if d.err != nil {
		return
	}
	if constant && !nullable && !d.Flat && n > 1 && uint64(d.ints[0]) < count {
		v.Form, v.Refs, v.Data = vector.Const, append(v.Refs[:0], entries.Refs[d.ints[0]]), entries.Data
		return
	}
	if d.Flat {
		v.Refs, v.Data = sized(v.Refs, n), entries.Data
		for i, c := range d.ints {
			if uint64(c) >= count {
				d.fail("code %d of %d entries", c, count)
				return
			}
			v.Refs[i] = entries.Refs[c]
		}
		return
	}
	v.Form, v.DictOf, v.Codes = vector.Dict, entries, sized(v.Codes, n)
	for i, c := range d.ints {
		if uint64(c) >= count {
			d.fail("code %d of %d entries", c, count)
			return
		}
		v.Codes[i] = uint32(c)
	}
}

// bytes reads lengths and bytes: refs are set, the bytes they refer to are returned.
func (d *Decoder) bytes(refs []vector.Ref) []byte {
	raw := d.section(d.lengths(refs))
	return raw[:len(raw):len(raw)]
}

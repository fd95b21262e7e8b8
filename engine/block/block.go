// Package block turns batches into bytes and back, for everything the engine writes for itself: spilled rows and the shuffle.
//
// Every column of a block is encoded by what is in it: constants, frames of reference packed to the bits needed, differences,
// run lengths, dictionaries; bytes and wide numbers go through LZ4 on top where that pays. The encodings are chosen anew for each
// block, from one pass over the values, so that sorted, sparse and repetitive data shrink without settings.
//
// A block has no types and no checksum: readers know the types, and files that leave the process add checksums (shuffle/format).
// Decoding checks every length, so that a damaged block gives an error or wrong values, never a panic.
//
//	block:   rows uint32, columns
//	column:  flags byte (see flag…), NULL bits, one per row, when flagNulls, then by class
//	  int64, float64:  integers (of the bits of floats)
//	  128 bits:        byte 0 and the integers, when all fit 64 bits; byte 1 and the integers of the upper, then of the lower halves
//	  bytes:           integers of the lengths, section of all bytes;
//	                   with flagDictionary: entries uvarint, their lengths and bytes likewise, integers of the codes
//	  lists, maps:     integers of the lengths, children's columns
//	  structs:         children's columns; unions: integers of the tags, children's columns
//	integers: see ints.go
//	section:  length uvarint·2, the bytes; or length uvarint·2+1, length uvarint of the LZ4 block, the LZ4 block
//
// All numbers are little-endian.
package block

import (
	"encoding/binary"
	"math"

	"skep/dialect/types"
	"skep/engine/compress"
	"skep/engine/vector"
)

const (
	flagNulls      = 1 << iota // some rows are NULL, as the bits say
	flagAllNull                // all rows are NULL; nothing follows
	flagConst                  // all rows are equal; a column of one row follows
	flagDictionary             // bytes by codes
)

// Slack is the number of bytes beyond a block that unpacking in wide steps may read. A block with so much capacity behind it is decoded in
// place, others are copied first.
const Slack = 32

// Encoder writes blocks, keeping scratch memory and what it learnt of columns from one to the next. It is for one goroutine and,
// best, for one set of columns. The zero value is ready.
type Encoder struct {
	// LZ4 lets bytes and wide numbers be compressed where that saves an eighth or more.
	LZ4 bool

	lz      compress.Encoder
	lzBuf   []byte
	raw     []byte
	inRuns  bool
	columns []columnState
	column  int // being encoded, nested ones counted
	free    [][]int64
	used    []uint32 // by dictionary entry: 1 + its code in the block
	strs    stringTable
}

// columnState is what is remembered of a column.
type columnState struct {
	skipLZ4 int // blocks for which LZ4 is not tried again
}

// Encode appends the block of rows from..from+n-1 of the columns, in any form, to dst. n is at most vector.MaxBatchSize.
func (e *Encoder) Encode(dst []byte, cols []*vector.Vector, from, n int) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(n))
	e.column = 0
	for _, c := range cols {
		dst = e.encode(dst, c, from, n)
	}
	return dst
}

func (e *Encoder) encode(dst []byte, v *vector.Vector, from, n int) []byte {
	column := e.column
	e.column++
	if column == len(e.columns) {
		e.columns = append(e.columns, columnState{})
	}
	t := v.Type.Physical()
	switch {
	case t == types.Nothing:
		return append(dst, flagAllNull)
	case v.Form == vector.Const && n > 0:
		if v.Nulls != nil && v.Nulls[0] {
			return append(dst, flagAllNull)
		}
		one := *v
		one.Form, one.Nulls = vector.Flat, nil
		e.column--
		return e.encode(append(dst, flagConst), &one, 0, 1)
	case v.Form == vector.Dict && t != types.Bytes:
		flat := vector.New(v.Type, 0)
		rows := make([]uint32, n)
		for i := range rows {
			rows[i] = uint32(from + i)
		}
		vector.AppendRows(flat, v, rows)
		e.column--
		return e.encode(dst, flat, 0, n)
	}
	var nulls []bool
	if v.Nulls != nil {
		nulls = v.Nulls[from : from+n]
		count := 0
		for _, null := range nulls {
			if null {
				count++
			}
		}
		switch count {
		case 0:
			nulls = nil
		case n:
			return append(dst, flagAllNull)
		}
	}
	flags := len(dst)
	dst = append(dst, 0)
	if nulls != nil {
		dst[flags] |= flagNulls
		dst = appendBits(dst, nulls)
	}
	switch t {
	case types.I64:
		dst = e.values(dst, v.I64[from:from+n], nulls, column)
	case types.F64:
		bits := e.get(n)
		for i, f := range v.F64[from : from+n] {
			bits[i] = int64(math.Float64bits(f))
		}
		dst = e.values(dst, bits, nulls, column)
		e.put(bits)
	case types.I128:
		dst = e.wide(dst, v.W[from:from+n], nulls, column)
	case types.Bytes:
		dst = e.strings(dst, flags, v, from, n, nulls, column)
	case types.List, types.MapOf:
		dst = e.lists(dst, v, v.Refs[from:from+n], nulls)
	case types.Record:
		for _, c := range v.Children {
			dst = e.encode(dst, c, from, n)
		}
	case types.Tagged:
		dst = e.values(dst, v.I64[from:from+n], nil, column)
		for _, c := range v.Children {
			dst = e.encode(dst, c, from, n)
		}
	}
	return dst
}

// values encodes integers of which those of NULL rows do not count: they repeat the one before, so that they cost little.
func (e *Encoder) values(dst []byte, vals []int64, nulls []bool, column int) []byte {
	if nulls == nil {
		return e.integers(dst, vals, column)
	}
	clean := e.get(len(vals))
	var last int64
	for i, null := range nulls {
		if !null {
			last = vals[i]
			break
		}
	}
	for i, x := range vals {
		if !nulls[i] {
			last = x
		}
		clean[i] = last
	}
	dst = e.integers(dst, clean, column)
	e.put(clean)
	return dst
}

func (e *Encoder) wide(dst []byte, vals []types.Int128, nulls []bool, column int) []byte {
	narrow := true
	half := e.get(len(vals))
	for i, w := range vals {
		half[i] = int64(w.Lo)
		narrow = narrow && (w.IsInt64() || nulls != nil && nulls[i])
	}
	if narrow {
		dst = e.values(append(dst, 0), half, nulls, column)
	} else {
		upper := e.get(len(vals))
		for i, w := range vals {
			upper[i] = w.Hi
		}
		dst = e.values(append(dst, 1), upper, nulls, column)
		e.put(upper)
		dst = e.values(dst, half, nulls, column)
	}
	e.put(half)
	return dst
}

// lengths encodes the lengths of refs, 0 for NULL ones. It returns them, to be put back, their sum, and whether the refs, those of
// length 0 aside, follow each other without gaps from start on.
func (e *Encoder) lengths(dst []byte, refs []vector.Ref, nulls []bool) (_ []byte, lengths []int64, start, total int, together bool) {
	lengths, together = e.get(len(refs)), true
	for i, r := range refs {
		lengths[i] = 0
		if r.Len == 0 || nulls != nil && nulls[i] {
			continue
		}
		lengths[i] = int64(r.Len)
		if total == 0 {
			start = int(r.Off)
		}
		together = together && int(r.Off) == start+total
		total += int(r.Len)
	}
	return e.integers(dst, lengths, -1), lengths, start, total, together
}

// lists encodes the lengths of runs, and the runs one after the other.
func (e *Encoder) lists(dst []byte, v *vector.Vector, refs []vector.Ref, nulls []bool) []byte {
	dst, lengths, start, total, together := e.lengths(dst, refs, nulls)
	if together {
		for _, c := range v.Children {
			dst = e.encode(dst, c, start, total)
		}
	} else {
		rows := make([]uint32, 0, total)
		for i, r := range refs {
			for k := range uint32(lengths[i]) {
				rows = append(rows, r.Off+k)
			}
		}
		for _, c := range v.Children {
			flat := vector.New(c.Type, 0)
			vector.AppendRows(flat, c, rows)
			dst = e.encode(dst, flat, 0, total)
		}
	}
	e.put(lengths)
	return dst
}

// minLZ4 is the size below which LZ4 is not tried, as clearing its table costs more than it can save.
const minLZ4 = 512

// section appends bytes, compressed if that is allowed and pays.
func (e *Encoder) section(dst, raw []byte, column int) []byte {
	if e.LZ4 && column >= 0 && len(raw) >= minLZ4 {
		state := &e.columns[column]
		if state.skipLZ4 > 0 {
			state.skipLZ4--
		} else {
			out, err := e.lz.Encode(compress.BlockLZ4, e.lzBuf, raw)
			if err == nil && len(out) > 0 {
				e.lzBuf = out
				if len(out) <= len(raw)-len(raw)/8 {
					dst = binary.AppendUvarint(dst, uint64(len(raw))<<1|1)
					dst = binary.AppendUvarint(dst, uint64(len(out)))
					return append(dst, out...)
				}
			}
			state.skipLZ4 = 15
		}
	}
	dst = binary.AppendUvarint(dst, uint64(len(raw))<<1)
	return append(dst, raw...)
}

// get returns scratch memory for n integers.
func (e *Encoder) get(n int) []int64 {
	if k := len(e.free); k > 0 {
		s := e.free[k-1]
		e.free = e.free[:k-1]
		if cap(s) >= n {
			return s[:n]
		}
	}
	return make([]int64, n, max(n, vector.BatchSize))
}

func (e *Encoder) put(s []int64) { e.free = append(e.free, s) }

func appendBits(dst []byte, set []bool) []byte {
	var bits byte
	for i, b := range set {
		if b {
			bits |= 1 << (i & 7)
		}
		if i&7 == 7 || i == len(set)-1 {
			dst = append(dst, bits)
			bits = 0
		}
	}
	return dst
}

package spill

import (
	"encoding/binary"
	"fmt"
	"math"

	"skep/dialect/types"
	"skep/engine/vector"
)

// A block is one batch of flat columns:
//
//	rows uint32, then per column:
//	  byte 0/1: NULLs follow as a bit per row
//	  int64 class:   integers
//	  float64 class: 8 bytes each
//	  128-bit class: integers of the upper halves, then of the lower ones
//	  bytes class:   integers of the lengths, then all bytes
//	  lists, maps:   integers of the lengths, then the children's columns without a row count
//	  structs:       the children; unions: integers of the tags, then the children
//
//	integers: byte width (0, 1, 2, 4, 8), int64 minimum, value-minimum in width bytes each (frame of reference)
//
// All numbers are little-endian.

// encode appends the block of a batch without selection.
func encode(buf []byte, cols []*vector.Vector, n int) []byte {
	buf = binary.LittleEndian.AppendUint32(buf, uint32(n))
	for _, c := range cols {
		buf = encodeColumn(buf, c, 0, n)
	}
	return buf
}

func encodeColumn(buf []byte, v *vector.Vector, from, n int) []byte {
	if v.Nulls == nil {
		buf = append(buf, 0)
	} else {
		buf = append(buf, 1)
		var bits byte
		for i, null := range v.Nulls[from : from+n] {
			if null {
				bits |= 1 << (i & 7)
			}
			if i&7 == 7 || i == n-1 {
				buf = append(buf, bits)
				bits = 0
			}
		}
	}
	switch v.Type.Physical() {
	case types.I64:
		buf = encodeInts(buf, v.I64[from:from+n])
	case types.F64:
		for _, f := range v.F64[from : from+n] {
			buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(f))
		}
	case types.I128:
		ints := make([]int64, n)
		for i, w := range v.W[from : from+n] {
			ints[i] = w.Hi
		}
		buf = encodeInts(buf, ints)
		for i, w := range v.W[from : from+n] {
			ints[i] = int64(w.Lo)
		}
		buf = encodeInts(buf, ints)
	case types.Bytes:
		buf = encodeLengths(buf, v.Refs[from:from+n])
		for _, r := range v.Refs[from : from+n] {
			buf = append(buf, v.Data[r.Off:r.Off+r.Len]...)
		}
	case types.List, types.MapOf:
		buf = encodeLengths(buf, v.Refs[from:from+n])
		total := 0
		var rows []uint32
		for _, r := range v.Refs[from : from+n] {
			for k := range r.Len {
				rows = append(rows, r.Off+k)
			}
			total += int(r.Len)
		}
		for _, c := range v.Children {
			run := vector.New(c.Type, 0)
			vector.AppendRows(run, c, rows)
			buf = encodeColumn(buf, run, 0, total)
		}
	case types.Tagged:
		buf = encodeInts(buf, v.I64[from:from+n])
		for _, c := range v.Children {
			buf = encodeColumn(buf, c, from, n)
		}
	case types.Record:
		for _, c := range v.Children {
			buf = encodeColumn(buf, c, from, n)
		}
	}
	return buf
}

func encodeLengths(buf []byte, refs []vector.Ref) []byte {
	ints := make([]int64, len(refs))
	for i, r := range refs {
		ints[i] = int64(r.Len)
	}
	return encodeInts(buf, ints)
}

func encodeInts(buf []byte, vals []int64) []byte {
	if len(vals) == 0 {
		return append(buf, make([]byte, 9)...)
	}
	lo, hi := vals[0], vals[0]
	for _, v := range vals {
		lo, hi = min(lo, v), max(hi, v)
	}
	width := 8
	switch span := uint64(hi) - uint64(lo); {
	case span == 0:
		width = 0
	case span < 1<<8:
		width = 1
	case span < 1<<16:
		width = 2
	case span < 1<<32:
		width = 4
	}
	buf = append(buf, byte(width))
	buf = binary.LittleEndian.AppendUint64(buf, uint64(lo))
	at := len(buf)
	buf = append(buf, make([]byte, width*len(vals))...)
	out := buf[at:]
	switch width {
	case 1:
		for i, v := range vals {
			out[i] = byte(v - lo)
		}
	case 2:
		for i, v := range vals {
			binary.LittleEndian.PutUint16(out[2*i:], uint16(v-lo))
		}
	case 4:
		for i, v := range vals {
			binary.LittleEndian.PutUint32(out[4*i:], uint32(v-lo))
		}
	case 8:
		for i, v := range vals {
			binary.LittleEndian.PutUint64(out[8*i:], uint64(v-lo))
		}
	}
	return buf
}

// decoder reads a block. Errors are kept until the end.
type decoder struct {
	buf []byte
	err error
}

// take returns the next n bytes, or nil after an error.
func (d *decoder) take(n int) []byte {
	if d.err == nil && (n < 0 || n > len(d.buf)) {
		d.err = fmt.Errorf("spilled block is cut short: %d of %d bytes", len(d.buf), n)
	}
	if d.err != nil {
		return nil
	}
	out := d.buf[:n]
	d.buf = d.buf[n:]
	return out
}

// decode fills b, whose columns are reset, with the block's rows.
func decode(block []byte, b *vector.Batch) error {
	d := &decoder{buf: block}
	head := d.take(4)
	if d.err != nil {
		return d.err
	}
	n := int(binary.LittleEndian.Uint32(head))
	if n > vector.MaxBatchSize {
		return fmt.Errorf("spilled block has %d rows", n)
	}
	b.N, b.Sel = n, nil
	for _, c := range b.Cols {
		d.column(c, n)
		if d.err != nil {
			return d.err
		}
	}
	if len(d.buf) != 0 {
		return fmt.Errorf("spilled block has %d bytes too many", len(d.buf))
	}
	return nil
}

func (d *decoder) column(v *vector.Vector, n int) {
	if d.err != nil {
		return
	}
	v.Resize(n)
	flag := d.take(1)
	if d.err == nil && flag[0] != 0 {
		bits := d.take((n + 7) / 8)
		if d.err != nil {
			return
		}
		v.Nulls = make([]bool, n)
		for i := range v.Nulls {
			v.Nulls[i] = bits[i>>3]>>(i&7)&1 != 0
		}
	}
	switch v.Type.Physical() {
	case types.I64:
		d.ints(v.I64)
	case types.F64:
		raw := d.take(8 * n)
		if d.err != nil {
			return
		}
		for i := range v.F64 {
			v.F64[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
		}
	case types.I128:
		ints := make([]int64, n)
		d.ints(ints)
		for i, x := range ints {
			v.W[i].Hi = x
		}
		d.ints(ints)
		for i, x := range ints {
			v.W[i].Lo = uint64(x)
		}
	case types.Bytes:
		total := d.lengths(v.Refs)
		v.Data = append(v.Data[:0], d.take(total)...)
	case types.List, types.MapOf:
		total := d.lengths(v.Refs)
		for _, c := range v.Children {
			d.column(c, total)
		}
	case types.Tagged:
		d.ints(v.I64)
		for _, c := range v.Children {
			d.column(c, n)
		}
	case types.Record:
		for _, c := range v.Children {
			d.column(c, n)
		}
	}
}

// maxNested bounds the bytes or elements of the values of one block.
const maxNested = 1 << 31

// lengths fills refs with consecutive runs and returns their sum.
func (d *decoder) lengths(refs []vector.Ref) int {
	ints := make([]int64, len(refs))
	d.ints(ints)
	at := int64(0)
	for i, n := range ints {
		if n < 0 || n > maxNested-at {
			if d.err == nil {
				d.err = fmt.Errorf("spilled block has a value of %d bytes", n)
			}
			return 0
		}
		refs[i] = vector.Ref{Off: uint32(at), Len: uint32(n)}
		at += n
	}
	return int(at)
}

func (d *decoder) ints(out []int64) {
	head := d.take(9)
	if d.err != nil {
		return
	}
	width, lo := int(head[0]), int64(binary.LittleEndian.Uint64(head[1:]))
	raw := d.take(width * len(out))
	if d.err != nil {
		return
	}
	switch width {
	case 0:
		for i := range out {
			out[i] = lo
		}
	case 1:
		for i := range out {
			out[i] = lo + int64(raw[i])
		}
	case 2:
		for i := range out {
			out[i] = lo + int64(binary.LittleEndian.Uint16(raw[2*i:]))
		}
	case 4:
		for i := range out {
			out[i] = lo + int64(binary.LittleEndian.Uint32(raw[4*i:]))
		}
	case 8:
		for i := range out {
			out[i] = lo + int64(binary.LittleEndian.Uint64(raw[8*i:]))
		}
	default:
		if d.err == nil {
			d.err = fmt.Errorf("spilled block has integers of %d bytes", width)
		}
	}
}

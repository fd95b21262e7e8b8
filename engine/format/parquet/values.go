package parquet

import (
	"encoding/binary"
	"fmt"
	"math"

	"skep/dialect/types"
	"skep/engine/calendar"
	"skep/engine/vector"
)

// valueMode is how the values of a page are stored.
type valueMode uint8

const (
	modePlain valueMode = iota
	modeDict            // codes into the chunk's dictionary
	modeDelta           // delta-encoded integers
	modeRefs            // byte strings located when the page was opened
	modeBits            // booleans in the RLE hybrid
)

// maxRebuilt bounds the strings that a page of shared prefixes may grow to.
const maxRebuilt = 256 << 20

// valueDecoder decodes the non-NULL values of a column chunk's pages.
type valueDecoder struct {
	leafType
	mode  valueMode
	b     []byte // values of the page; of byte strings the arena that refs point into
	pos   int    // of the next value in plain mode; bit position for booleans
	codes hybrid
	delta deltaDecoder
	refs  []vector.Ref
	next  int // in refs
	ints  []int64
	owned []byte // storage for rebuilt values
	limit uint32 // entries of the dictionary
}

// reset prepares the values of a page with n entries, NULLs included.
func (d *valueDecoder) reset(b []byte, encoding int32, n int, dict *dictionary) error {
	d.b, d.pos = b, 0
	switch encoding {
	case encPlain:
		d.mode = modePlain
		return nil
	case encPlainDictionary, encRLEDictionary:
		if dict.size < 0 {
			return fmt.Errorf("page with dictionary codes in a column chunk without dictionary")
		}
		d.mode, d.limit = modeDict, uint32(dict.size)
		if len(b) == 0 { // a page of NULLs only
			d.codes.reset(nil, 32)
			return nil
		}
		if b[0] > 32 {
			return errPage
		}
		d.codes.reset(b[1:], uint(b[0]))
		return nil
	case encRLE:
		if d.kind != kindBool {
			break
		}
		if len(b) < 4 || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-4) {
			return errPage
		}
		d.mode = modeBits
		d.codes.reset(b[4:4+binary.LittleEndian.Uint32(b)], 1)
		return nil
	case encDeltaBinaryPacked:
		if d.size != 4 && d.size != 8 || d.class() == types.F64 || d.kind == kindFixed || d.kind == kindFixedDecimal64 {
			break
		}
		d.mode = modeDelta
		return d.delta.reset(b)
	case encDeltaLengthByteArray:
		if d.size != 0 || d.kind == kindBool {
			break
		}
		return d.deltaLengths(b, n)
	case encDeltaByteArray:
		if d.kind == kindBool || d.size != 0 && d.kind < kindFixed && d.kind != kindFixedDecimal64 && d.kind != kindFixedDecimal128 && d.kind != kindFloat16 {
			break
		}
		return d.deltaStrings(b, n)
	case encByteStreamSplit:
		if d.size == 0 {
			break
		}
		d.unsplit(b)
		return nil
	}
	return fmt.Errorf("%s values in encoding %d are not supported", d.typ, encoding)
}

func (d *valueDecoder) class() types.Physical { return d.kind.class() }

// deltaLengths locates the strings of a DELTA_LENGTH_BYTE_ARRAY page.
func (d *valueDecoder) deltaLengths(b []byte, n int) (err error) {
	if err = d.delta.reset(b); err != nil {
		return err
	}
	if d.ints, err = d.delta.decodeAll(d.ints, n); err != nil {
		return err
	}
	d.refs, d.next = d.refs[:0], 0
	at := int64(d.delta.end())
	for _, size := range d.ints {
		if size < 0 || size > int64(len(b))-at {
			return errPage
		}
		d.refs = append(d.refs, vector.Ref{Off: uint32(at), Len: uint32(size)})
		at += size
	}
	d.mode = modeRefs
	return nil
}

// deltaStrings rebuilds the strings of a DELTA_BYTE_ARRAY page: each shares a prefix with the one before. Strings of fixed
// size end up as plain values.
func (d *valueDecoder) deltaStrings(b []byte, n int) error {
	if err := d.delta.reset(b); err != nil {
		return err
	}
	prefixes, err := d.delta.decodeAll(nil, n)
	if err != nil {
		return err
	}
	suffixes := b[d.delta.end():]
	if err := d.deltaLengths(suffixes, n); err != nil {
		return err
	}
	if len(prefixes) != len(d.refs) {
		return errPage
	}
	out := d.owned[:0]
	last := 0 // where the string before starts
	for i, r := range d.refs {
		at, k := len(out), prefixes[i]
		if k < 0 || k > int64(at-last) || int64(r.Len)+int64(at)+k > maxRebuilt {
			return errPage
		}
		out = append(out, out[last:last+int(k)]...)
		out = append(out, suffixes[r.Off:r.Off+r.Len]...)
		last = at
		d.refs[i] = vector.Ref{Off: uint32(at), Len: uint32(len(out) - at)}
		if d.size > 0 && len(out)-at != d.size {
			return errPage
		}
	}
	d.owned = append(out, make([]byte, pagePadding)...)
	d.b, d.pos = d.owned[:len(out)], 0
	if d.size > 0 {
		d.mode = modePlain
	}
	return nil
}

// unsplit undoes BYTE_STREAM_SPLIT: the k-th bytes of all values are together.
func (d *valueDecoder) unsplit(b []byte) {
	n := len(b) / d.size
	d.owned = grown(d.owned, n*d.size)
	for k := range d.size {
		stream := b[k*n : (k+1)*n]
		for i, v := range stream {
			d.owned[i*d.size+k] = v
		}
	}
	d.b, d.mode = d.owned, modePlain
}

// int64s decodes the next len(dst) values of class I64.
func (d *valueDecoder) int64s(dst []int64) error {
	n := len(dst)
	switch d.mode {
	case modeBits:
		return d.bits(dst)
	case modeDelta:
		if err := d.delta.decode(dst, d.size == 4); err != nil {
			return err
		}
		d.fixDates(dst)
		return nil
	}
	if d.kind == kindBool {
		return d.plainBits(dst)
	}
	if d.size == 0 {
		return d.eachBytes(n, func(i int, s []byte) error {
			if len(s) > 8 {
				return fmt.Errorf("decimal of %d bytes where %s fits 8", len(s), d.typ)
			}
			dst[i] = bigEndian64(s)
			return nil
		})
	}
	b, err := d.plain(n)
	if err != nil {
		return err
	}
	switch d.kind {
	case kindInt32:
		for i := range dst {
			dst[i] = int64(int32(binary.LittleEndian.Uint32(b[4*i:])))
		}
		d.fixDates(dst)
	case kindInt64:
		for i := range dst {
			dst[i] = int64(binary.LittleEndian.Uint64(b[8*i:]))
		}
	case kindFixedDecimal64:
		d.fixedDecimals(dst, b)
	}
	return nil
}

// fixedDecimals decodes big-endian integers of the same size ≤ 8; the loads may reach into the page's padding.
func (d *valueDecoder) fixedDecimals(dst []int64, b []byte) {
	size := d.size
	shift := uint(64 - 8*size)
	b = b[:len(b)+8]
	for i := range dst {
		dst[i] = int64(binary.BigEndian.Uint64(b[i*size:])) >> shift
	}
}

// fixDates converts dates before the Gregorian change where the file has them in the Julian calendar.
func (d *valueDecoder) fixDates(dst []int64) {
	if !d.hybrid {
		return
	}
	for i, v := range dst {
		if v < calendar.GregorianStart {
			dst[i] = calendar.JulianToProleptic(v)
		}
	}
}

// plain takes the bytes of n plain values of fixed size.
func (d *valueDecoder) plain(n int) ([]byte, error) {
	if d.mode != modePlain || n*d.size > len(d.b)-d.pos {
		return nil, errPage
	}
	b := d.b[d.pos : d.pos+n*d.size]
	d.pos += n * d.size
	return b, nil
}

func (d *valueDecoder) plainBits(dst []int64) error {
	if d.mode != modePlain || d.pos+len(dst) > 8*len(d.b) {
		return errPage
	}
	for i := range dst {
		bit := d.pos + i
		dst[i] = int64(d.b[bit>>3] >> (bit & 7) & 1)
	}
	d.pos += len(dst)
	return nil
}

func (d *valueDecoder) bits(dst []int64) error {
	var chunk [256]uint32
	for len(dst) > 0 {
		n := min(len(dst), len(chunk))
		if err := d.codes.decode(chunk[:n]); err != nil {
			return err
		}
		for i, v := range chunk[:n] {
			dst[i] = int64(v)
		}
		dst = dst[n:]
	}
	return nil
}

// float64s decodes the next len(dst) values of class F64.
func (d *valueDecoder) float64s(dst []float64) error {
	b, err := d.plain(len(dst))
	if err != nil {
		return err
	}
	switch d.kind {
	case kindFloat:
		for i := range dst {
			dst[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
		}
	case kindDouble:
		for i := range dst {
			dst[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
		}
	case kindFloat16:
		for i := range dst {
			dst[i] = float16(binary.LittleEndian.Uint16(b[2*i:]))
		}
	}
	return nil
}

// int128s decodes the next len(dst) values of class I128.
func (d *valueDecoder) int128s(dst []types.Int128) error {
	if d.mode == modeDelta {
		var chunk [256]int64
		for len(dst) > 0 {
			n := min(len(dst), len(chunk))
			if err := d.delta.decode(chunk[:n], d.size == 4); err != nil {
				return err
			}
			for i, v := range chunk[:n] {
				dst[i] = d.wide(v)
			}
			dst = dst[n:]
		}
		return nil
	}
	if d.size == 0 {
		return d.eachBytes(len(dst), func(i int, s []byte) error {
			if len(s) > 16 {
				return fmt.Errorf("decimal of %d bytes", len(s))
			}
			dst[i] = bigEndian128(s)
			return nil
		})
	}
	b, err := d.plain(len(dst))
	if err != nil {
		return err
	}
	switch d.kind {
	case kindInt96:
		for i := range dst {
			dst[i] = d.int96(b[12*i : 12*i+12])
		}
	case kindInt32Decimal128:
		for i := range dst {
			dst[i] = types.Int128Of(int64(int32(binary.LittleEndian.Uint32(b[4*i:]))))
		}
	case kindFixedDecimal128:
		for i := range dst {
			dst[i] = bigEndian128(b[d.size*i : d.size*i+d.size])
		}
	default:
		for i := range dst {
			dst[i] = d.wide(int64(binary.LittleEndian.Uint64(b[8*i:])))
		}
	}
	return nil
}

// byteRefs decodes the next len(dst) byte strings as references into d.b.
func (d *valueDecoder) byteRefs(dst []vector.Ref) error {
	if d.mode == modeRefs {
		if len(dst) > len(d.refs)-d.next {
			return errPage
		}
		d.next += copy(dst, d.refs[d.next:])
		return nil
	}
	if d.mode != modePlain {
		return errPage
	}
	b, pos := d.b, d.pos
	if d.size > 0 {
		if len(dst)*d.size > len(b)-pos {
			return errPage
		}
		for i := range dst {
			dst[i] = vector.Ref{Off: uint32(pos), Len: uint32(d.size)}
			pos += d.size
		}
		d.pos = pos
		return nil
	}
	for i := range dst {
		if pos > len(b)-4 {
			return errPage
		}
		n := binary.LittleEndian.Uint32(b[pos:])
		pos += 4
		if uint64(n) > uint64(len(b)-pos) {
			return errPage
		}
		dst[i] = vector.Ref{Off: uint32(pos), Len: n}
		pos += int(n)
	}
	d.pos = pos
	return nil
}

// eachBytes calls f with the next n byte strings.
func (d *valueDecoder) eachBytes(n int, f func(i int, s []byte) error) error {
	var chunk [64]vector.Ref
	for i := 0; i < n; {
		k := min(n-i, len(chunk))
		if err := d.byteRefs(chunk[:k]); err != nil {
			return err
		}
		for j, r := range chunk[:k] {
			if err := f(i+j, d.b[r.Off:r.Off+r.Len]); err != nil {
				return err
			}
		}
		i += k
	}
	return nil
}

// dictCodes decodes the next len(dst) dictionary codes, which it checks against the dictionary's size.
func (d *valueDecoder) dictCodes(dst []uint32) error {
	if err := d.codes.decode(dst); err != nil {
		return err
	}
	if d.codes.width < 32 && 1<<d.codes.width <= d.limit {
		return nil // no code of this width can be too large
	}
	var highest uint32
	for _, c := range dst {
		highest = max(highest, c)
	}
	if len(dst) > 0 && highest >= d.limit {
		return fmt.Errorf("dictionary code %d, the dictionary has %d entries", highest, d.limit)
	}
	return nil
}

// skip drops n values.
func (d *valueDecoder) skip(n int) error {
	switch d.mode {
	case modeDict, modeBits:
		return d.codes.skip(n)
	case modeRefs:
		if n > len(d.refs)-d.next {
			return errPage
		}
		d.next += n
		return nil
	case modeDelta:
		var chunk [256]int64
		for n > 0 {
			k := min(n, len(chunk))
			if err := d.delta.decode(chunk[:k], false); err != nil {
				return err
			}
			n -= k
		}
		return nil
	}
	switch {
	case d.kind == kindBool:
		if d.pos+n > 8*len(d.b) {
			return errPage
		}
		d.pos += n
	case d.size > 0:
		_, err := d.plain(n)
		return err
	default:
		return d.eachBytes(n, func(int, []byte) error { return nil })
	}
	return nil
}

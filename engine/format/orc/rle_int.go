package orc

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// maxRun is the longest run of either version.
const maxRun = 512

// intReader decodes integer run-length encoding, version 1 or 2 (ORC specification, "Run Length Encoding"). Runs that fit what
// is asked for are decoded in place; others wait in run. Runs of constant difference are never stored.
type intReader struct {
	s           stream
	v2          bool
	signed      bool
	left        int  // values left in the current run
	linear      bool // the run is value, value+step, …; otherwise run[pos:pos+left]
	value, step int64
	pos         int
	run         []int64
}

// start forgets the current run.
func (r *intReader) start(v2, signed bool) { r.v2, r.signed, r.left = v2, signed, 0 }

// read fills dst.
func (r *intReader) read(dst []int64) error {
	for len(dst) > 0 {
		if r.left == 0 {
			n, err := r.nextRun(dst, 0)
			if err != nil {
				return err
			}
			dst = dst[n:]
			continue
		}
		k := min(len(dst), r.left)
		if r.linear {
			v, step := r.value, r.step
			for i := range dst[:k] {
				dst[i] = v
				v += step
			}
			r.value = v
		} else {
			copy(dst[:k], r.run[r.pos:])
			r.pos += k
		}
		dst, r.left = dst[k:], r.left-k
	}
	return nil
}

// repeated consumes up to n equal values when a run of equal values is next, and returns how many those were; 0 when values of
// other kinds follow.
func (r *intReader) repeated(n int) (value int64, count int, err error) {
	if r.left == 0 {
		if _, err := r.nextRun(nil, 0); err != nil {
			return 0, 0, err
		}
	}
	if !r.linear || r.step != 0 {
		return 0, 0, nil
	}
	k := min(n, r.left)
	r.left -= k
	return r.value, k, nil
}

// discard passes over n values; runs that are left out completely are not decoded.
func (r *intReader) discard(n int) error {
	for n > 0 {
		if r.left == 0 {
			k, err := r.nextRun(nil, n)
			if err != nil {
				return err
			}
			n -= k
			continue
		}
		k := min(n, r.left)
		if r.linear {
			r.value += int64(k) * r.step
		} else {
			r.pos += k
		}
		r.left, n = r.left-k, n-k
	}
	return nil
}

func (r *intReader) seek(positions []uint64) ([]uint64, error) {
	positions, err := r.s.seek(positions)
	if err != nil {
		return nil, err
	}
	r.left = 0
	if len(positions) == 0 {
		return nil, errProto
	}
	return positions[1:], r.discard(int(min(positions[0], 1<<20)))
}

// nextRun reads the next run. When it fits dst it is decoded there, and when it has at most drop values it is left out; the
// result is how many values that took care of. Otherwise the result is 0 and the run becomes the current one.
func (r *intReader) nextRun(dst []int64, drop int) (int, error) {
	if err := r.s.must(2); err != nil {
		return 0, err
	}
	if !r.v2 {
		return r.version1(dst, drop)
	}
	switch r.s.buf[r.s.pos] >> 6 {
	case 0:
		return 0, r.shortRepeat()
	case 1:
		return r.direct(dst, drop)
	case 2:
		return r.patched(dst, drop)
	}
	return r.delta(dst, drop)
}

// place returns where to decode a run of n values.
func (r *intReader) place(dst []int64, n int) (out []int64, inPlace bool) {
	if n <= len(dst) {
		return dst[:n], true
	}
	if r.run == nil {
		r.run = make([]int64, maxRun)
	}
	return r.run[:n], false
}

// done makes the decoded values the current run unless they are in their place.
func (r *intReader) done(n int, inPlace bool) (int, error) {
	if inPlace {
		return n, nil
	}
	r.left, r.pos, r.linear = n, 0, false
	return 0, nil
}

func (r *intReader) varint(signed bool) (int64, error) {
	if r.s.end-r.s.pos < binary.MaxVarintLen64 {
		if _, err := r.s.need(binary.MaxVarintLen64); err != nil {
			return 0, err
		}
	}
	v, n := binary.Uvarint(r.s.buf[r.s.pos:r.s.end])
	if n <= 0 {
		return 0, errTruncated
	}
	r.s.pos += n
	if signed {
		return unzigzag(v), nil
	}
	return int64(v), nil
}

func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

func (r *intReader) version1(dst []int64, drop int) (int, error) {
	c := r.s.buf[r.s.pos]
	r.s.pos++
	if c < 0x80 {
		step := int64(int8(r.s.buf[r.s.pos]))
		r.s.pos++
		v, err := r.varint(r.signed)
		r.left, r.linear, r.value, r.step = int(c)+3, true, v, step
		return 0, err
	}
	n := 256 - int(c)
	if n <= drop {
		return n, r.s.skipVarints(n)
	}
	out, inPlace := r.place(dst, n)
	for i := range out {
		v, err := r.varint(r.signed)
		if err != nil {
			return 0, err
		}
		out[i] = v
	}
	return r.done(n, inPlace)
}

// bigEndian reads a big-endian integer of n bytes that are available.
func (r *intReader) bigEndian(n int) uint64 {
	var v uint64
	for _, b := range r.s.buf[r.s.pos : r.s.pos+n] {
		v = v<<8 | uint64(b)
	}
	r.s.pos += n
	return v
}

func (r *intReader) shortRepeat() error {
	h := r.s.buf[r.s.pos]
	width := int(h>>3&7) + 1
	if err := r.s.must(1 + width); err != nil {
		return err
	}
	r.s.pos++
	u := r.bigEndian(width)
	r.left, r.linear, r.value, r.step = int(h&7)+3, true, int64(u), 0
	if r.signed {
		r.value = unzigzag(u)
	}
	return nil
}

// widths maps a 5-bit width code to bits.
var widths = [32]int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 26, 28, 30, 32, 40, 48, 56, 64}

// header reads the two bytes that begin a direct, patched or delta run.
func (r *intReader) header() (code, n int) {
	a, b := r.s.buf[r.s.pos], r.s.buf[r.s.pos+1]
	r.s.pos += 2
	return int(a >> 1 & 31), int(a&1)<<8 | int(b) + 1
}

func (r *intReader) direct(dst []int64, drop int) (int, error) {
	code, n := r.header()
	width := widths[code]
	if n <= drop {
		return n, r.s.skip(int64((n*width + 7) / 8))
	}
	out, inPlace := r.place(dst, n)
	if err := r.unpack(out, width, r.signed); err != nil {
		return 0, err
	}
	return r.done(n, inPlace)
}

// unpack reads len(dst) values of width bits each, the most significant bit first, ending at a byte.
func (r *intReader) unpack(dst []int64, width int, signed bool) error {
	size := (len(dst)*width + 7) / 8
	if err := r.s.must(size); err != nil {
		return err
	}
	if len(dst) == 0 {
		return nil
	}
	// The padding makes every word that starts in the run readable.
	buf := r.s.buf[r.s.pos : r.s.pos+size+padding]
	r.s.pos += size
	unpackBits(dst, buf, width)
	if signed {
		for i, v := range dst {
			dst[i] = unzigzag(uint64(v))
		}
	}
	return nil
}

// unpackBits unpacks values of width bits from src, which has at least 8 bytes behind the last value's first byte.
func unpackBits(dst []int64, src []byte, width int) {
	base := unsafe.Pointer(unsafe.SliceData(src))
	switch width {
	case 8:
		for i, b := range src[:len(dst)] {
			dst[i] = int64(b)
		}
		return
	case 16:
		for i := range dst {
			dst[i] = int64(bits.ReverseBytes16(*(*uint16)(unsafe.Add(base, 2*i))))
		}
		return
	case 32:
		for i := range dst {
			dst[i] = int64(bits.ReverseBytes32(*(*uint32)(unsafe.Add(base, 4*i))))
		}
		return
	case 64:
		for i := range dst {
			dst[i] = int64(bits.ReverseBytes64(*(*uint64)(unsafe.Add(base, 8*i))))
		}
		return
	}
	// Up to 57 bits fit one 64-bit load at any bit offset; the widths above 56 other than 64 do not exist.
	shift := uint(64-width) & 63
	bit := uint(0)
	for i := range dst {
		dst[i] = int64(bits.ReverseBytes64(*(*uint64)(unsafe.Add(base, bit>>3))) << (bit & 7) >> shift)
		bit += uint(width)
	}
}

func (r *intReader) patched(dst []int64, drop int) (int, error) {
	if err := r.s.must(4); err != nil {
		return 0, err
	}
	code, n := r.header()
	c, d := r.s.buf[r.s.pos], r.s.buf[r.s.pos+1]
	r.s.pos += 2
	baseWidth := int(c>>5) + 1
	width, patchWidth := widths[code], widths[c&31]
	gapWidth := int(d>>5) + 1
	patches := int(d & 31)
	if patchWidth+gapWidth > 64 {
		return 0, errProto
	}
	listWidth := roundWidth(patchWidth + gapWidth)
	if n <= drop {
		return n, r.s.skip(int64(baseWidth + (n*width+7)/8 + (patches*listWidth+7)/8))
	}
	if err := r.s.must(baseWidth); err != nil {
		return 0, err
	}
	base := int64(r.bigEndian(baseWidth))
	// The base is sign and magnitude: its highest bit is the sign.
	if sign := int64(1) << (8*baseWidth - 1); base&sign != 0 {
		base = -(base &^ sign)
	}
	out, inPlace := r.place(dst, n)
	if err := r.unpack(out, width, false); err != nil {
		return 0, err
	}
	var list [32]int64
	if err := r.unpack(list[:patches], listWidth, false); err != nil {
		return 0, err
	}
	at := 0
	for _, p := range list[:patches] {
		at += int(uint64(p) >> uint(patchWidth))
		if uint(at) >= uint(n) {
			return 0, errProto
		}
		out[at] |= (p & (1<<uint(patchWidth) - 1)) << uint(width)
	}
	for i := range out {
		out[i] += base
	}
	return r.done(n, inPlace)
}

// roundWidth returns the smallest width with a code that holds w bits.
func roundWidth(w int) int {
	return widths[codeOfBits[min(w, 64)]]
}

func (r *intReader) delta(dst []int64, drop int) (int, error) {
	code, n := r.header()
	first, err := r.varint(r.signed)
	if err != nil {
		return 0, err
	}
	step, err := r.varint(true)
	if err != nil {
		return 0, err
	}
	if code == 0 || n <= 2 { // a fixed difference; the width code 0 stands for no bits here
		r.left, r.linear, r.value, r.step = n, true, first, step
		return 0, nil
	}
	width := widths[code]
	if n <= drop {
		return n, r.s.skip(int64(((n-2)*width + 7) / 8))
	}
	out, inPlace := r.place(dst, n)
	if err := r.unpack(out[2:], width, false); err != nil {
		return 0, err
	}
	v := first + step
	out[0], out[1] = first, v
	if step < 0 {
		for i, d := range out[2:] {
			v -= d
			out[2+i] = v
		}
	} else {
		for i, d := range out[2:] {
			v += d
			out[2+i] = v
		}
	}
	return r.done(n, inPlace)
}

package orc

import (
	"encoding/binary"
	"math/bits"
)

// maxRun is the longest run of either version.
const maxRun = 512

// intReader decodes integer run-length encoding, version 1 or 2 (ORC specification, "Run Length Encoding").
type intReader struct {
	s      stream
	v2     bool
	signed bool
	run    [maxRun]int64 // the current run
	pos, n int
}

// read fills dst.
func (r *intReader) read(dst []int64) error {
	for len(dst) > 0 {
		if r.pos == r.n {
			if err := r.nextRun(); err != nil {
				return err
			}
		}
		k := copy(dst, r.run[r.pos:r.n])
		r.pos += k
		dst = dst[k:]
	}
	return nil
}

// discard passes over n values.
func (r *intReader) discard(n int) error {
	for n > 0 {
		if r.pos == r.n {
			if err := r.nextRun(); err != nil {
				return err
			}
		}
		k := min(n, r.n-r.pos)
		r.pos, n = r.pos+k, n-k
	}
	return nil
}

func (r *intReader) seek(positions []uint64) ([]uint64, error) {
	positions, err := r.s.seek(positions)
	if err != nil {
		return nil, err
	}
	r.pos, r.n = 0, 0
	if len(positions) == 0 {
		return nil, errProto
	}
	return positions[1:], r.discard(int(min(positions[0], 1<<20)))
}

func (r *intReader) nextRun() error {
	r.pos = 0
	r.n = 0
	if err := r.s.must(2); err != nil {
		return err
	}
	var n int
	var err error
	if r.v2 {
		switch r.s.buf[r.s.pos] >> 6 {
		case 0:
			n, err = r.shortRepeat()
		case 1:
			n, err = r.direct()
		case 2:
			n, err = r.patched()
		default:
			n, err = r.delta()
		}
	} else {
		n, err = r.version1()
	}
	if err == nil {
		r.n = n
	}
	return err
}

func (r *intReader) varint(signed bool) (int64, error) {
	if _, err := r.s.need(binary.MaxVarintLen64); err != nil {
		return 0, err
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

func (r *intReader) version1() (int, error) {
	c := r.s.buf[r.s.pos]
	r.s.pos++
	if c < 0x80 {
		n := int(c) + 3
		delta := int64(int8(r.s.buf[r.s.pos]))
		r.s.pos++
		v, err := r.varint(r.signed)
		if err != nil {
			return 0, err
		}
		for i := range n {
			r.run[i] = v
			v += delta
		}
		return n, nil
	}
	n := 256 - int(c)
	for i := range n {
		v, err := r.varint(r.signed)
		if err != nil {
			return 0, err
		}
		r.run[i] = v
	}
	return n, nil
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

func (r *intReader) shortRepeat() (int, error) {
	h := r.s.buf[r.s.pos]
	width := int(h>>3&7) + 1
	n := int(h&7) + 3
	if err := r.s.must(1 + width); err != nil {
		return 0, err
	}
	r.s.pos++
	u := r.bigEndian(width)
	v := int64(u)
	if r.signed {
		v = unzigzag(u)
	}
	for i := range n {
		r.run[i] = v
	}
	return n, nil
}

// widths maps a 5-bit width code to bits.
var widths = [32]int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 26, 28, 30, 32, 40, 48, 56, 64}

// header reads the two bytes that begin a direct, patched or delta run.
func (r *intReader) header() (code, n int) {
	a, b := r.s.buf[r.s.pos], r.s.buf[r.s.pos+1]
	r.s.pos += 2
	return int(a >> 1 & 31), int(a&1)<<8 | int(b) + 1
}

func (r *intReader) direct() (int, error) {
	code, n := r.header()
	width := widths[code]
	if err := r.unpack(r.run[:n], width); err != nil {
		return 0, err
	}
	if r.signed {
		for i, v := range r.run[:n] {
			r.run[i] = unzigzag(uint64(v))
		}
	}
	return n, nil
}

// unpack reads len(dst) values of width bits each, the most significant bit first, ending at a byte.
func (r *intReader) unpack(dst []int64, width int) error {
	size := (len(dst)*width + 7) / 8
	if err := r.s.must(size); err != nil {
		return err
	}
	buf := r.s.buf[r.s.pos : r.s.pos+size+padding]
	r.s.pos += size
	switch width {
	case 8:
		for i := range dst {
			dst[i] = int64(buf[i])
		}
		return nil
	case 16:
		for i := range dst {
			dst[i] = int64(binary.BigEndian.Uint16(buf[2*i:]))
		}
		return nil
	case 32:
		for i := range dst {
			dst[i] = int64(binary.BigEndian.Uint32(buf[4*i:]))
		}
		return nil
	case 64:
		for i := range dst {
			dst[i] = int64(binary.BigEndian.Uint64(buf[8*i:]))
		}
		return nil
	}
	// Up to 57 bits fit one 64-bit load at any bit offset; the widths above 56 other than 64 do not exist.
	shift := 64 - uint(width)
	bit := 0
	for i := range dst {
		dst[i] = int64(binary.BigEndian.Uint64(buf[bit>>3:]) << uint(bit&7) >> shift)
		bit += width
	}
	return nil
}

func (r *intReader) patched() (int, error) {
	if err := r.s.must(4); err != nil {
		return 0, err
	}
	code, n := r.header()
	c, d := r.s.buf[r.s.pos], r.s.buf[r.s.pos+1]
	r.s.pos += 2
	baseWidth := int(c>>5) + 1
	patchWidth := widths[c&31]
	gapWidth := int(d>>5) + 1
	patches := int(d & 31)
	if err := r.s.must(baseWidth); err != nil {
		return 0, err
	}
	base := int64(r.bigEndian(baseWidth))
	// The base is sign and magnitude: its highest bit is the sign.
	if sign := int64(1) << (8*baseWidth - 1); base&sign != 0 {
		base = -(base &^ sign)
	}
	width := widths[code]
	if err := r.unpack(r.run[:n], width); err != nil {
		return 0, err
	}
	if patchWidth+gapWidth > 64 {
		return 0, errProto
	}
	var list [32]int64
	if err := r.unpack(list[:patches], roundWidth(patchWidth+gapWidth)); err != nil {
		return 0, err
	}
	at := 0
	for _, p := range list[:patches] {
		at += int(uint64(p) >> uint(patchWidth))
		if at >= n {
			return 0, errProto
		}
		r.run[at] |= (p & (1<<uint(patchWidth) - 1)) << uint(width)
	}
	for i := range n {
		r.run[i] += base
	}
	return n, nil
}

// roundWidth returns the smallest width with a code that holds w bits.
func roundWidth(w int) int {
	for _, x := range widths {
		if x >= w {
			return x
		}
	}
	return 64
}

func (r *intReader) delta() (int, error) {
	code, n := r.header()
	width := widths[code]
	if code == 0 {
		width = 0
	}
	first, err := r.varint(r.signed)
	if err != nil {
		return 0, err
	}
	step, err := r.varint(true)
	if err != nil {
		return 0, err
	}
	r.run[0] = first
	if n == 1 {
		return 1, nil
	}
	if width == 0 {
		for i := 1; i < n; i++ {
			r.run[i] = r.run[i-1] + step
		}
		return n, nil
	}
	if err := r.unpack(r.run[2:n:maxRun][:max(0, n-2)], width); err != nil {
		return 0, err
	}
	r.run[1] = first + step
	v := r.run[1]
	if step < 0 {
		for i := 2; i < n; i++ {
			v -= r.run[i]
			r.run[i] = v
		}
	} else {
		for i := 2; i < n; i++ {
			v += r.run[i]
			r.run[i] = v
		}
	}
	return n, nil
}

// intWriter encodes integers in version 2 of the run-length encoding: repeats, fixed and monotonic deltas, and direct runs.
type intWriter struct {
	signed  bool
	out     *chunkWriter
	pending [maxRun]int64
	n       int
}

func (w *intWriter) write(v int64) {
	w.pending[w.n] = v
	if w.n++; w.n == maxRun {
		w.flush()
	}
}

// position appends the writer's place to a row index entry.
func (w *intWriter) position(dst []uint64) []uint64 { return append(w.out.position(dst), uint64(w.n)) }

func (w *intWriter) flush() {
	vs := w.pending[:w.n]
	w.n = 0
	for len(vs) > 0 {
		k := w.segment(vs)
		vs = vs[k:]
	}
}

// segment encodes the longest good run at the start of vs and returns its length.
func (w *intWriter) segment(vs []int64) int {
	same := 1
	for same < len(vs) && vs[same] == vs[0] {
		same++
	}
	if same >= 3 {
		if same <= 10 {
			w.shortRepeat(vs[0], same)
		} else {
			w.deltaHeader(0, same, vs[0], 0)
		}
		return same
	}
	if k := w.fixedDelta(vs); k >= 4 {
		w.deltaHeader(0, k, vs[0], vs[1]-vs[0])
		return k
	}
	// A direct run ends where a long enough repeat begins.
	end := len(vs)
	for i := 1; i+4 < len(vs); i++ {
		if vs[i] == vs[i+1] && vs[i] == vs[i+2] && vs[i] == vs[i+3] && vs[i] == vs[i+4] {
			end = i
			break
		}
	}
	w.direct(vs[:end])
	return end
}

// fixedDelta returns how many values at the start of vs have one difference (without overflow).
func (w *intWriter) fixedDelta(vs []int64) int {
	if len(vs) < 4 {
		return 0
	}
	d := vs[1] - vs[0]
	if (d > 0) != (vs[1] > vs[0]) {
		return 0
	}
	k := 2
	for k < len(vs) && vs[k]-vs[k-1] == d && (d > 0) == (vs[k] > vs[k-1]) {
		k++
	}
	return k
}

func (w *intWriter) zigzag(v int64) uint64 {
	if w.signed {
		return uint64(v)<<1 ^ uint64(v>>63)
	}
	return uint64(v)
}

func (w *intWriter) shortRepeat(v int64, n int) {
	u := w.zigzag(v)
	width := max(1, (bits.Len64(u)+7)/8)
	w.out.byte(byte((width-1)<<3 | (n - 3)))
	for i := width - 1; i >= 0; i-- {
		w.out.byte(byte(u >> (8 * i)))
	}
}

func (w *intWriter) deltaHeader(code, n int, first, step int64) {
	w.out.byte(byte(0xc0 | code<<1 | (n-1)>>8))
	w.out.byte(byte(n - 1))
	w.out.uvarint(w.zigzag(first))
	w.out.uvarint(uint64(step)<<1 ^ uint64(step>>63))
}

func (w *intWriter) direct(vs []int64) {
	var or uint64
	for _, v := range vs {
		or |= w.zigzag(v)
	}
	width := roundWidth(max(1, bits.Len64(or)))
	code := 0
	for widths[code] != width {
		code++
	}
	n := len(vs)
	w.out.byte(byte(0x40 | code<<1 | (n-1)>>8))
	w.out.byte(byte(n - 1))
	var acc uint64
	have := 0
	for _, v := range vs {
		u := w.zigzag(v)
		if width > 32 {
			// Two halves, so that the accumulator never overflows.
			acc, have = w.put(acc, have, u>>32, width-32)
			acc, have = w.put(acc, have, u&(1<<32-1), 32)
			continue
		}
		acc, have = w.put(acc, have, u, width)
	}
	if have > 0 {
		w.out.byte(byte(acc << (8 - have)))
	}
}

// put appends the width (≤ 32) low bits of u to acc, which holds have (< 8) bits, and writes out whole bytes.
func (w *intWriter) put(acc uint64, have int, u uint64, width int) (uint64, int) {
	acc = acc<<width | u
	have += width
	for have >= 8 {
		have -= 8
		w.out.byte(byte(acc >> have))
	}
	return acc & (1<<have - 1), have
}

package orc

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// byteReader decodes byte run-length encoding.
type byteReader struct {
	s       stream
	left    int // values left in the current run
	literal bool
	value   byte
}

// read fills dst.
func (r *byteReader) read(dst []byte) error {
	for len(dst) > 0 {
		if r.left == 0 {
			if err := r.header(); err != nil {
				return err
			}
		}
		n := min(len(dst), r.left)
		if r.literal {
			if err := r.s.must(n); err != nil {
				return err
			}
			copy(dst[:n], r.s.buf[r.s.pos:])
			r.s.pos += n
		} else {
			for i := range dst[:n] {
				dst[i] = r.value
			}
		}
		dst, r.left = dst[n:], r.left-n
	}
	return nil
}

func (r *byteReader) header() error {
	if err := r.s.must(2); err != nil {
		return err
	}
	c := r.s.buf[r.s.pos]
	r.s.pos++
	if r.literal = c >= 0x80; r.literal {
		r.left = 256 - int(c)
		return nil
	}
	r.left = int(c) + 3
	r.value = r.s.buf[r.s.pos]
	r.s.pos++
	return nil
}

func (r *byteReader) seek(positions []uint64) ([]uint64, error) {
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

func (r *byteReader) discard(n int) error {
	for n > 0 {
		if r.left == 0 {
			if err := r.header(); err != nil {
				return err
			}
		}
		k := min(n, r.left)
		if r.literal {
			if err := r.s.skip(int64(k)); err != nil {
				return err
			}
		}
		r.left, n = r.left-k, n-k
	}
	return nil
}

// boolReader decodes bits, the most significant one of a byte first.
type boolReader struct {
	bytes byteReader
	bits  byte // what is left of the current byte, shifted to the top
	left  int  // bits left in it
	buf   []byte
}

// cleared holds for every byte its bits, the first one in the lowest byte of the word, 1 where the bit is 0.
var cleared = func() (t [256]uint64) {
	for b := range t {
		for i := range 8 {
			if b&(0x80>>i) == 0 {
				t[b] |= 1 << (8 * i)
			}
		}
	}
	return t
}()

// zeros sets dst to which of the next bits are 0 and returns how many are 1. It may write up to 7 elements beyond dst, within
// its capacity, which must be there.
func (r *boolReader) zeros(dst []bool) (ones int, err error) {
	n := len(dst)
	i := 0
	for ; i < n && r.left > 0; i++ {
		bit := r.bits >> 7
		dst[i] = bit == 0
		ones += int(bit)
		r.bits <<= 1
		r.left--
	}
	size := (n - i + 7) / 8
	if size == 0 {
		return ones, nil
	}
	if err := r.load(size); err != nil {
		return 0, err
	}
	words := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(dst))), i+8*size)[i:]
	for k, b := range r.buf {
		binary.LittleEndian.PutUint64(words[8*k:], cleared[b])
		ones += bits.OnesCount8(b)
	}
	if rest := (n - i) & 7; rest > 0 { // the last byte is not used up
		last := r.buf[size-1]
		r.bits, r.left = last<<rest, 8-rest
		ones -= bits.OnesCount8(r.bits)
	}
	return ones, nil
}

// load reads size bytes into buf.
func (r *boolReader) load(size int) error {
	if cap(r.buf) < size {
		r.buf = make([]byte, max(size, 256))
	}
	r.buf = r.buf[:size]
	return r.bytes.read(r.buf)
}

// count passes over n bits and returns how many are 1.
func (r *boolReader) count(n int) (ones int, err error) {
	for n > 0 {
		if r.left > 0 {
			k := min(n, r.left)
			ones += bits.OnesCount8(r.bits >> (8 - k))
			r.bits <<= k
			r.left, n = r.left-k, n-k
			continue
		}
		if size := min(n/8, 1024); size > 0 {
			if err := r.load(size); err != nil {
				return 0, err
			}
			for _, b := range r.buf {
				ones += bits.OnesCount8(b)
			}
			n -= 8 * size
			continue
		}
		if err := r.load(1); err != nil {
			return 0, err
		}
		r.bits, r.left = r.buf[0], 8
	}
	return ones, nil
}

func (r *boolReader) seek(positions []uint64) ([]uint64, error) {
	positions, err := r.bytes.seek(positions)
	if err != nil {
		return nil, err
	}
	if len(positions) == 0 || positions[0] > 8 {
		return nil, errProto
	}
	r.left = 0
	_, err = r.count(int(positions[0]))
	return positions[1:], err
}

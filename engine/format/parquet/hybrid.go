package parquet

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"unsafe"

	"github.com/parquet-go/bitpack"
)

// pagePadding is what page buffers have in capacity beyond their length, for decoders that load whole words or vectors.
const pagePadding = 64

var errPage = errors.New("page data ends early or is corrupt")

// hybrid decodes the RLE / bit-packing hybrid of levels and dictionary codes.
type hybrid struct {
	b     []byte // capacity extends pagePadding beyond length
	pos   int
	width uint
	// The current run: left values remain; a repeated run has value, a packed one continues at pos, where its values are on
	// a byte boundary but for those already unpacked into tail.
	left    int
	packed  bool
	value   uint32
	tail    [8]uint32
	tailPos int // tail[tailPos:tailLen] are unpacked values still to deliver
	tailLen int
}

// reset starts decoding b, whose values are width bits wide.
func (h *hybrid) reset(b []byte, width uint) {
	*h = hybrid{b: b, width: width}
}

// run reads the header of the next run.
func (h *hybrid) run() error {
	if h.pos > len(h.b) { // behind a packed run that was cut
		return errPage
	}
	v, n := binary.Uvarint(h.b[h.pos:])
	if n <= 0 || v > 1<<34 {
		return errPage
	}
	h.pos += n
	if v&1 != 0 {
		groups := int(v >> 1)
		if groups == 0 {
			return errPage
		}
		// The last run of a page may be cut after the bytes its values need.
		if bytes := groups * int(h.width); bytes > len(h.b)-h.pos && h.width > 0 {
			groups = (len(h.b) - h.pos + int(h.width) - 1) / int(h.width)
			if groups == 0 {
				return errPage
			}
		}
		h.packed, h.left = true, groups*8
		return nil
	}
	size := int(h.width+7) / 8
	if size > len(h.b)-h.pos || v>>1 == 0 {
		return errPage
	}
	h.value = 0
	for i := range size {
		h.value |= uint32(h.b[h.pos+i]) << (8 * i)
	}
	if uint64(h.value)>>h.width != 0 {
		return errPage
	}
	h.pos += size
	h.packed, h.left = false, int(v>>1)
	return nil
}

// decode fills dst.
func (h *hybrid) decode(dst []uint32) error {
	if h.width == 0 {
		clear(dst)
		return nil
	}
	for len(dst) > 0 {
		if h.left == 0 {
			if err := h.run(); err != nil {
				return err
			}
		}
		n := min(h.left, len(dst))
		if !h.packed {
			v := h.value
			for i := range dst[:n] {
				dst[i] = v
			}
		} else {
			h.unpack(dst[:n])
		}
		h.left -= n
		dst = dst[n:]
	}
	return nil
}

// unpack delivers the next values of a packed run, which has enough.
func (h *hybrid) unpack(dst []uint32) {
	if h.tailPos < h.tailLen {
		n := copy(dst, h.tail[h.tailPos:h.tailLen])
		h.tailPos += n
		dst = dst[n:]
	}
	if n := len(dst) &^ 7; n > 0 {
		bitpack.Unpack(dst[:n], h.source(), h.width)
		h.pos += n / 8 * int(h.width)
		dst = dst[n:]
	}
	if len(dst) > 0 {
		bitpack.Unpack(h.tail[:], h.source(), h.width)
		h.pos += int(h.width)
		h.tailPos, h.tailLen = copy(dst, h.tail[:]), 8
	}
}

// source returns the packed bytes at pos with all the capacity behind them, which unpacking may read.
func (h *hybrid) source() []byte {
	pos := min(h.pos, len(h.b))
	return h.b[pos:cap(h.b)]
}

// bitBytes holds, for every byte, its bits as eight booleans, inverted: what definition levels of one bit make of NULLs.
var bitBytes = func() (t [256]uint64) {
	for b := range t {
		for i := range 8 {
			if b>>i&1 == 0 {
				t[b] |= 1 << (8 * i)
			}
		}
	}
	return t
}()

// nulls decodes levels of one bit: dst gets true where the level is 0. It returns how many are 1.
func (h *hybrid) nulls(dst []bool) (present int, err error) {
	for len(dst) > 0 {
		if h.left == 0 {
			if err := h.run(); err != nil {
				return 0, err
			}
		}
		n := min(h.left, len(dst))
		switch {
		case !h.packed:
			null := h.value == 0
			for i := range dst[:n] {
				dst[i] = null
			}
			if !null {
				present += n
			}
		case h.tailPos < h.tailLen || n < 8:
			n = min(n, 8)
			var levels [8]uint32
			h.unpack(levels[:n])
			for i, l := range levels[:n] {
				dst[i] = l == 0
				present += int(l)
			}
		default:
			n &^= 7
			if h.pos+n/8 > len(h.b) { // a cut run's last byte may be missing
				return 0, errPage
			}
			out := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(dst))), n)
			for i, b := range h.b[h.pos : h.pos+n/8] {
				binary.LittleEndian.PutUint64(out[8*i:], bitBytes[b])
				present += bits.OnesCount8(b)
			}
			h.pos += n / 8
		}
		h.left -= n
		dst = dst[n:]
	}
	return present, nil
}

// skip drops n values.
func (h *hybrid) skip(n int) error {
	if h.width == 0 {
		return nil
	}
	for n > 0 {
		if h.left == 0 {
			if err := h.run(); err != nil {
				return err
			}
		}
		k := min(h.left, n)
		if h.packed {
			h.skipPacked(k)
		}
		h.left -= k
		n -= k
	}
	return nil
}

func (h *hybrid) skipPacked(k int) {
	if t := min(k, h.tailLen-h.tailPos); t > 0 {
		h.tailPos += t
		k -= t
	}
	h.pos += k / 8 * int(h.width)
	if k %= 8; k > 0 {
		bitpack.Unpack(h.tail[:], h.source(), h.width)
		h.pos += int(h.width)
		h.tailPos, h.tailLen = k, 8
	}
}

// all reports whether the next n values are one run of v, and drops them if so.
func (h *hybrid) all(v uint32, n int) bool {
	if h.width == 0 {
		return v == 0
	}
	if h.left == 0 && n > 0 && h.run() != nil {
		return false
	}
	if h.packed || h.left < n || h.value != v {
		return false
	}
	h.left -= n
	return true
}

// bitPackedLevels converts levels in the deprecated BIT_PACKED encoding (most significant bit first) to the hybrid form, as one
// packed run, and returns the bytes of the original.
func bitPackedLevels(b []byte, values int, width uint) (converted []byte, used int, err error) {
	used = (values*int(width) + 7) / 8
	if used > len(b) {
		return nil, 0, errPage
	}
	groups := (values + 7) / 8
	converted = binary.AppendUvarint(make([]byte, 0, groups*int(width)+pagePadding+10), uint64(groups)<<1|1)
	start := len(converted)
	converted = converted[:start+groups*int(width)]
	for i := range values {
		var v uint32
		for k := range int(width) {
			bit := i*int(width) + k
			v = v<<1 | uint32(b[bit>>3]>>(7-bit&7)&1)
		}
		for k := range int(width) {
			bit := i*int(width) + k
			converted[start+bit>>3] |= byte(v>>k&1) << (bit & 7)
		}
	}
	return converted, used, nil
}

package orc

import (
	"encoding/binary"
	"math/bits"
	"unsafe"

	"skep/dialect/types"
)

// highBits are the bits that say that another byte follows.
const highBits = 0x8080808080808080

// compact turns the little-endian 7-bit groups in the bytes of w, whose high bits are clear, into a number.
func compact(w uint64) uint64 {
	w = w&0x007f007f007f007f | w&0x7f007f007f007f00>>1
	w = w&0x00003fff00003fff | w&0x3fff00003fff0000>>2
	return w&0x0fffffff | w>>4&0x00fffffff0000000
}

// varints decodes zigzag varints of up to 64 bits to dst (longer ones are cut). Varints of up to
// eight bytes are read by one load.
func (s *stream) varints(dst []int64) error {
	for len(dst) > 0 {
		if s.end-s.pos < 64 {
			if _, err := s.need(64); err != nil {
				return err
			}
		}
		// Every varint that starts 10 bytes before the end is whole.
		base, pos, last := unsafe.Pointer(unsafe.SliceData(s.buf)), s.pos, s.end-binary.MaxVarintLen64
		i := 0
		for i < len(dst) && pos <= last {
			w := *(*uint64)(unsafe.Add(base, pos))
			stop := ^w & highBits
			if stop == 0 {
				break
			}
			// The bits up to the first stop bit.
			w &= stop ^ (stop - 1)
			pos += bits.TrailingZeros64(stop)>>3 + 1
			dst[i] = unzigzag(compact(w &^ highBits))
			i++
		}
		s.pos, dst = pos, dst[i:]
		if len(dst) > 0 && i == 0 {
			x, err := s.varint128()
			if err != nil {
				return err
			}
			dst[0] = int64(x.Lo)
			dst = dst[1:]
		}
	}
	return nil
}

// varints128 is varints for 128 bits.
func (s *stream) varints128(dst []types.Int128) error {
	for len(dst) > 0 {
		if s.end-s.pos < 64 {
			if _, err := s.need(64); err != nil {
				return err
			}
		}
		base, pos, last := unsafe.Pointer(unsafe.SliceData(s.buf)), s.pos, s.end-binary.MaxVarintLen64
		i := 0
		for i < len(dst) && pos <= last {
			w := *(*uint64)(unsafe.Add(base, pos))
			stop := ^w & highBits
			if stop == 0 {
				break
			}
			w &= stop ^ (stop - 1)
			pos += bits.TrailingZeros64(stop)>>3 + 1
			dst[i] = types.Int128Of(unzigzag(compact(w &^ highBits)))
			i++
		}
		s.pos, dst = pos, dst[i:]
		if len(dst) > 0 && i == 0 {
			x, err := s.varint128()
			if err != nil {
				return err
			}
			dst[0], dst = x, dst[1:]
		}
	}
	return nil
}

// varint128 reads a zigzag varint of up to 128 bits.
func (s *stream) varint128() (types.Int128, error) {
	if s.end-s.pos < 19 {
		if _, err := s.need(19); err != nil {
			return types.Int128{}, err
		}
	}
	var lo, hi uint64
	for shift := uint(0); shift < 133; shift += 7 {
		if s.pos == s.end {
			return types.Int128{}, errTruncated
		}
		b := s.buf[s.pos]
		s.pos++
		x := uint64(b & 0x7f)
		if shift < 64 {
			lo |= x << shift
			if shift > 57 {
				hi |= x >> (64 - shift)
			}
		} else {
			hi |= x << (shift - 64)
		}
		if b < 0x80 {
			neg := -(lo & 1)
			lo = lo>>1 | hi<<63
			return types.Int128{Hi: int64(hi>>1 ^ neg), Lo: lo ^ neg}, nil
		}
	}
	return types.Int128{}, errProto
}

// skipVarints passes over n varints of any length.
func (s *stream) skipVarints(n int) error {
	for n > 0 {
		if s.pos == s.end {
			if s.next >= s.to {
				return errTruncated
			}
			if err := s.fill(); err != nil {
				return err
			}
			continue
		}
		buf := s.buf[s.pos:s.end]
		k := 0
		for n > 8 && k+8 <= len(buf) {
			n -= bits.OnesCount64(^binary.LittleEndian.Uint64(buf[k:]) & highBits)
			k += 8
		}
		for ; n > 0 && k < len(buf); k++ {
			if buf[k] < 0x80 {
				n--
			}
		}
		s.pos += k
	}
	return nil
}

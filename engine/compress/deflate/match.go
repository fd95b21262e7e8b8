package deflate

import (
	"encoding/binary"
	"math/bits"
)

// longest follows the chain from at for a match that is longer than best, and returns the longest one's length and start; it is
// best and start when there is none. Lengths end with what has been read.
func (e *Encoder) longest(at, best, start int) (int, int) {
	src, pos := e.src, e.pos
	ahead := e.filled - pos
	chain, nice := e.effort.chain, min(e.effort.nice, ahead)
	if best >= e.effort.good {
		chain >>= 2
	}
	if best >= ahead {
		return ahead, start
	}
	limit := max(pos-maxDistance, e.base)
	end := pos + min(maxMatch, ahead)
	tail := binary.LittleEndian.Uint16(src[pos+best-1:])
	first := binary.LittleEndian.Uint16(src[pos:])
	for {
		if binary.LittleEndian.Uint16(src[at+best-1:]) == tail && binary.LittleEndian.Uint16(src[at:]) == first {
			if n := common(src[at:], src[pos:end]); n > best {
				best, start = n, at
				if n >= nice {
					break
				}
				tail = binary.LittleEndian.Uint16(src[pos+best-1:])
			}
		}
		at = int(e.prev[(at+e.origin)&windowMask]) - e.origin
		if chain--; at <= limit || chain == 0 {
			break
		}
	}
	return min(best, ahead), start
}

// common returns how many bytes a and b have in common; a is at least as long as b.
func common(a, b []byte) int {
	n := 0
	for len(b)-n >= 8 {
		if x := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); x != 0 {
			return n + bits.TrailingZeros64(x)/8
		}
		n += 8
	}
	for n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

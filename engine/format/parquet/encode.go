package parquet

import (
	"encoding/binary"
	"math/bits"

	"github.com/parquet-go/bitpack"
)

// appendHybrid appends values of the given width in the RLE / bit-packing hybrid. Runs of at least runLength equal values
// become repeated runs.
func appendHybrid(dst []byte, values []uint32, width uint) []byte {
	if width == 0 {
		return dst
	}
	// packed is the start of values waiting to be bit-packed.
	packed := 0
	for i := 0; i < len(values); {
		n := 1
		for v := values[i]; i+n < len(values) && values[i+n] == v; {
			n++
		}
		// A packed run holds whole groups of eight: values of this run fill up the last one.
		fill := -(i - packed) & 7
		if n-fill < runLength {
			i += n
			continue
		}
		i += fill
		n -= fill
		dst = appendPacked(dst, values[packed:i], width)
		dst = binary.AppendUvarint(dst, uint64(n)<<1)
		for k := uint(0); k < width; k += 8 {
			dst = append(dst, byte(values[i]>>k))
		}
		i += n
		packed = i
	}
	return appendPacked(dst, values[packed:], width)
}

// runLength is from how many repetitions on a run beats bit-packing; scanning restarts cost more than it saves below.
const runLength = 24

func appendPacked(dst []byte, values []uint32, width uint) []byte {
	if len(values) == 0 {
		return dst
	}
	groups := (len(values) + 7) / 8
	dst = binary.AppendUvarint(dst, uint64(groups)<<1|1)
	at, size := len(dst), groups*int(width)
	dst = append(dst, make([]byte, size)...)
	whole := len(values) &^ 7
	bitpack.Pack(dst[at:at+whole/8*int(width)], values[:whole], width)
	if rest := values[whole:]; len(rest) > 0 {
		var group [8]uint32
		copy(group[:], rest)
		bitpack.Pack(dst[at+whole/8*int(width):at+size], group[:], width)
	}
	return dst
}

// appendLevels appends a version 1 page's levels: a length and the hybrid.
func appendLevels(dst []byte, levels []uint32, maximum int) []byte {
	if maximum == 0 {
		return dst
	}
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	dst = appendHybrid(dst, levels, levelWidth(maximum))
	binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}

// codeWidth returns the bits that codes of a dictionary of n entries take.
func codeWidth(n int) uint { return uint(bits.Len(uint(max(n-1, 0)))) }

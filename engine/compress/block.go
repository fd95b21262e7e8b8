package compress

import (
	"errors"

	"github.com/klauspost/compress/s2"
	"github.com/pierrec/lz4/v4"
)

// Block is a codec of single blocks, as pages of Parquet and chunks of ORC use them.
type Block uint8

// The block codecs.
const (
	BlockNone Block = iota
	BlockSnappy
	BlockLZ4 // one raw LZ4 block
)

var errTooLong = errors.New("decompressed data exceeds the declared size")

// sized returns dst with length n, reallocating when its capacity is too small. The contents are unspecified.
func sized(dst []byte, n int) []byte {
	if cap(dst) < n {
		return make([]byte, n)
	}
	return dst[:n]
}

// decodeChunk decodes one raw snappy or lz4 block into dst.
func decodeChunk(b Block, dst, src []byte, limit int) ([]byte, error) {
	if b == BlockSnappy {
		n, err := s2.DecodedLen(src)
		if err != nil {
			return nil, err
		}
		if n > limit {
			return nil, errTooLong
		}
		return s2.Decode(sized(dst, n), src)
	}
	if len(src) == 0 {
		return dst[:0], nil
	}
	// One byte of input gives at most 255 of output.
	dst = sized(dst, min(limit, 255*len(src)+64))
	n, err := lz4.UncompressBlock(src, dst)
	if err != nil {
		return nil, err
	}
	return dst[:n], nil
}


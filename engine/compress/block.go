package compress

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// Block is a codec of single blocks, as pages of Parquet and chunks of ORC use them.
type Block uint8

// The block codecs.
const (
	BlockNone Block = iota
	BlockSnappy
	BlockLZ4       // one raw LZ4 block
	BlockLZ4Hadoop // Hadoop's framing around LZ4 blocks (Parquet's deprecated LZ4), tolerating raw blocks as other readers do
	BlockZstd
	BlockGzip    // a gzip stream
	BlockDeflate // raw deflate, as ORC's ZLIB
	BlockBrotli  // reading only
	BlockLZO     // raw LZO1X; reading only
)

var blockNames = [...]string{"none", "snappy", "lz4_raw", "lz4", "zstd", "gzip", "deflate", "brotli", "lzo"}

// String returns the codec's name.
func (b Block) String() string { return blockNames[b] }

var (
	errCorrupt = errors.New("corrupt data")
	errTooLong = errors.New("decompressed data exceeds the declared size")
)

// Decoder decompresses blocks, reusing its state. It is for one goroutine; the zero value is ready.
type Decoder struct {
	inflate Inflater
	zstd    *zstd.Decoder
	brotli  *brotli.Reader
}

// Decode decompresses src into dst's storage (dst[:0], grown when needed) and returns the result, which has at most limit
// bytes; more is an error. With BlockNone it returns src itself. dst and src must not overlap.
func (d *Decoder) Decode(b Block, dst, src []byte, limit int) ([]byte, error) {
	out, err := d.decode(b, dst[:0], src, limit)
	if err != nil {
		return nil, fmt.Errorf("decompressing a %s block of %d bytes: %w", b, len(src), err)
	}
	return out, nil
}

func (d *Decoder) decode(b Block, dst, src []byte, limit int) ([]byte, error) {
	switch b {
	case BlockNone:
		if len(src) > limit {
			return nil, errTooLong
		}
		return src, nil
	case BlockSnappy, BlockLZ4:
		return decodeChunk(b, dst, src, limit)
	case BlockLZ4Hadoop:
		return decodeHadoopLZ4(dst, src, limit)
	case BlockLZO:
		return decodeLZO(dst, src, limit)
	case BlockDeflate:
		return d.inflate.Inflate(dst, src, limit)
	case BlockGzip:
		return d.inflate.InflateGzip(dst, src, limit)
	case BlockZstd:
		if d.zstd == nil {
			z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<31), zstd.WithDecodeAllCapLimit(true))
			if err != nil {
				return nil, err
			}
			d.zstd = z
		}
		// The capacity bounds the output, so a block that lies about its size cannot allocate more.
		out, err := d.zstd.DecodeAll(src, sized(dst, limit)[:0:limit])
		if errors.Is(err, zstd.ErrDecoderSizeExceeded) {
			return nil, errTooLong
		}
		return out, err
	case BlockBrotli:
		if d.brotli == nil {
			d.brotli = brotli.NewReader(bytes.NewReader(src))
		} else if err := d.brotli.Reset(bytes.NewReader(src)); err != nil {
			return nil, err
		}
		return readLimited(d.brotli, dst, limit)
	}
	return nil, fmt.Errorf("block codec %d is not known", b)
}

// Close releases background state. The Decoder may be used again.
func (d *Decoder) Close() {
	if d.zstd != nil {
		d.zstd.Close()
		d.zstd = nil
	}
}

// sized returns dst with length n, reallocating when its capacity is too small. The contents are unspecified.
func sized(dst []byte, n int) []byte {
	if cap(dst) < n {
		return make([]byte, n)
	}
	return dst[:n]
}

// readLimited appends all of r to dst, at most limit bytes.
func readLimited(r io.Reader, dst []byte, limit int) ([]byte, error) {
	dst = sized(dst, limit)
	n, err := io.ReadFull(r, dst)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return dst[:n], nil
	}
	if err != nil {
		return nil, err
	}
	var more [1]byte
	if k, _ := io.ReadFull(r, more[:]); k > 0 {
		return nil, errTooLong
	}
	return dst, nil
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

func decodeHadoopLZ4(dst, src []byte, limit int) ([]byte, error) {
	out, err := unframeLZ4(dst, src, limit)
	if err != nil {
		return decodeChunk(BlockLZ4, dst, src, limit)
	}
	return out, nil
}

func unframeLZ4(dst, src []byte, limit int) ([]byte, error) {
	dst = sized(dst, limit)
	at := 0
	for len(src) > 0 {
		if len(src) < 8 {
			return nil, errCorrupt
		}
		left := int(binary.BigEndian.Uint32(src))
		src = src[4:]
		if left > limit-at {
			return nil, errTooLong
		}
		for left > 0 {
			if len(src) < 4 {
				return nil, errCorrupt
			}
			n := int(binary.BigEndian.Uint32(src))
			if n > len(src)-4 {
				return nil, errCorrupt
			}
			k, err := lz4.UncompressBlock(src[4:4+n], dst[at:at+left])
			if err != nil {
				return nil, err
			}
			if k == 0 {
				return nil, errCorrupt
			}
			src, at, left = src[4+n:], at+k, left-k
		}
	}
	return dst[:at], nil
}

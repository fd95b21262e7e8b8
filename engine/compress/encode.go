package compress

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// Encoder compresses blocks, reusing its state. It is for one goroutine; the zero value is ready.
type Encoder struct {
	lz4   lz4.Compressor
	zstd  *zstd.Encoder
	gzip  *gzip.Writer
	flate *flate.Writer
	buf   bytes.Buffer
}

// Encode compresses src into dst's storage (dst[:0], grown when needed) and returns the result. With BlockNone it returns src
// itself. dst and src must not overlap.
func (e *Encoder) Encode(b Block, dst, src []byte) ([]byte, error) {
	out, err := e.encode(b, dst[:0], src)
	if err != nil {
		return nil, fmt.Errorf("compressing a %s block: %w", b, err)
	}
	return out, nil
}

func (e *Encoder) encode(b Block, dst, src []byte) ([]byte, error) {
	switch b {
	case BlockNone:
		return src, nil
	case BlockSnappy:
		return s2.EncodeSnappy(dst[:cap(dst)], src), nil
	case BlockLZ4:
		dst = sized(dst, lz4.CompressBlockBound(len(src)))
		n, err := e.lz4.CompressBlock(src, dst)
		return dst[:n], err
	case BlockLZ4Hadoop:
		if len(src) == 0 {
			return dst, nil
		}
		dst = sized(dst, 8+lz4.CompressBlockBound(len(src)))
		n, err := e.lz4.CompressBlock(src, dst[8:])
		binary.BigEndian.PutUint32(dst, uint32(len(src)))
		binary.BigEndian.PutUint32(dst[4:], uint32(n))
		return dst[:8+n], err
	case BlockZstd:
		if e.zstd == nil {
			z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithZeroFrames(true))
			if err != nil {
				return nil, err
			}
			e.zstd = z
		}
		return e.zstd.EncodeAll(src, dst), nil
	case BlockGzip:
		return e.encodeGzip(dst, src)
	case BlockDeflate:
		return e.encodeDeflate(dst, src)
	}
	return nil, fmt.Errorf("writing %s is not supported", b)
}

func (e *Encoder) encodeGzip(dst, src []byte) ([]byte, error) {
	e.buf.Reset()
	if e.gzip == nil {
		e.gzip = gzip.NewWriter(&e.buf)
	} else {
		e.gzip.Reset(&e.buf)
	}
	if _, err := e.gzip.Write(src); err != nil {
		return nil, err
	}
	if err := e.gzip.Close(); err != nil {
		return nil, err
	}
	return append(dst, e.buf.Bytes()...), nil
}

func (e *Encoder) encodeDeflate(dst, src []byte) ([]byte, error) {
	e.buf.Reset()
	if e.flate == nil {
		// ORC's own writer, whose strategy is speed unless told otherwise, uses the two fastest levels, too.
		w, err := flate.NewWriter(&e.buf, flate.BestSpeed)
		if err != nil {
			return nil, err
		}
		e.flate = w
	} else {
		e.flate.Reset(&e.buf)
	}
	if _, err := e.flate.Write(src); err != nil {
		return nil, err
	}
	if err := e.flate.Close(); err != nil {
		return nil, err
	}
	return append(dst, e.buf.Bytes()...), nil
}

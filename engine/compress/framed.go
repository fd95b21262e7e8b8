package compress

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/snappy"
	"github.com/pierrec/lz4/v4"
)

// Hadoop's block framing (BlockCompressorStream): a block is the 4-byte big-endian length of its uncompressed bytes followed by
// chunks, each a 4-byte big-endian compressed length and that many bytes, until the uncompressed length is reached.

// maxFrame bounds lengths read from a stream, so that corrupt input cannot ask for huge buffers.
const maxFrame = 256 << 20

// frameBytes is how much a writer puts into a block; Hadoop's default buffer is 256 KiB.
const frameBytes = 256<<10 - 64

type framedReader struct {
	r     io.Reader
	codec Codec
	left  int // uncompressed bytes of the current block not yet decoded
	in    []byte
	out   []byte
	pos   int
	err   error
}

func newFramedReader(r io.Reader, c Codec) *framedReader { return &framedReader{r: r, codec: c} }

func (f *framedReader) Close() error { return nil }

func (f *framedReader) Read(p []byte) (int, error) {
	for f.pos == len(f.out) {
		if f.err != nil {
			return 0, f.err
		}
		f.err = f.chunk()
	}
	n := copy(p, f.out[f.pos:])
	f.pos += n
	return n, nil
}

func (f *framedReader) length() (int, error) {
	var b [4]byte
	if _, err := io.ReadFull(f.r, b[:]); err != nil {
		return 0, err
	}
	n := binary.BigEndian.Uint32(b[:])
	if n > maxFrame {
		return 0, fmt.Errorf("%s block of %d bytes is too large: corrupt stream", f.codec, n)
	}
	return int(n), nil
}

// chunk decodes the next chunk into f.out.
func (f *framedReader) chunk() error {
	f.out, f.pos = f.out[:0], 0
	for f.left == 0 {
		n, err := f.length()
		if err != nil {
			return err // io.EOF between blocks ends the stream
		}
		f.left = n
	}
	n, err := f.length()
	if err != nil {
		return unexpected(err)
	}
	if f.in, err = readExactly(f.r, f.in[:0], n); err != nil {
		return fmt.Errorf("reading a %s chunk: %w", f.codec, unexpected(err))
	}
	block := BlockSnappy
	if f.codec == LZ4 {
		block = BlockLZ4
	}
	f.out, err = decodeChunk(block, f.out, f.in, f.left)
	if err != nil {
		f.out = f.out[:0]
		return err
	}
	if len(f.out) == 0 {
		return fmt.Errorf("%s chunk without data: corrupt stream", f.codec)
	}
	f.left -= len(f.out)
	return nil
}

// readExactly appends n bytes of r to dst, growing as data arrives rather than trusting n.
func readExactly(r io.Reader, dst []byte, n int) ([]byte, error) {
	const step = 1 << 20
	for n > 0 {
		k := min(n, step)
		at := len(dst)
		if cap(dst) < at+k {
			dst = append(make([]byte, 0, max(2*cap(dst), at+k)), dst...)
		}
		dst = dst[:at+k]
		if _, err := io.ReadFull(r, dst[at:]); err != nil {
			return dst[:at], err
		}
		n -= k
	}
	return dst, nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

type framedWriter struct {
	w       io.Writer
	codec   Codec
	pending []byte
	out     []byte
	lz      lz4.Compressor
}

func newFramedWriter(w io.Writer, c Codec) *framedWriter {
	return &framedWriter{w: w, codec: c, pending: make([]byte, 0, frameBytes)}
}

func (f *framedWriter) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		k := min(len(p), frameBytes-len(f.pending))
		f.pending = append(f.pending, p[:k]...)
		p = p[k:]
		if len(f.pending) == frameBytes {
			if err := f.flush(); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

func (f *framedWriter) flush() error {
	if len(f.pending) == 0 {
		return nil
	}
	bound := max(snappy.MaxEncodedLen(len(f.pending)), lz4.CompressBlockBound(len(f.pending)))
	if cap(f.out) < bound+8 {
		f.out = make([]byte, bound+8)
	}
	body := f.out[8 : bound+8]
	if f.codec == Snappy {
		body = snappy.Encode(body, f.pending)
	} else {
		n, err := f.lz.CompressBlock(f.pending, body)
		if err != nil {
			return fmt.Errorf("compressing an lz4 block: %w", err)
		}
		body = body[:n]
	}
	head := f.out[:8]
	binary.BigEndian.PutUint32(head, uint32(len(f.pending)))
	binary.BigEndian.PutUint32(head[4:], uint32(len(body)))
	f.pending = f.pending[:0]
	_, err := f.w.Write(f.out[:8+len(body)])
	return err
}

func (f *framedWriter) Close() error { return f.flush() }

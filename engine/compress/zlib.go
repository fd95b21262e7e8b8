package compress

import (
	"encoding/binary"
	"hash/adler32"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"

	"skep/engine/compress/deflate"
)

// zlibExact is the longest stream that is compressed as zlib itself does it, so that the sizes of small files and of the parts of larger
// ones are those of Hadoop's codecs. Longer ones take an encoder that is several times as fast.
const zlibExact = 1 << 20

// zlibWriter writes one stream of gzip or zlib.
type zlibWriter struct {
	w       io.Writer
	codec   Codec
	pending []byte
	out     []byte
	exact   deflate.Encoder
	fast    io.WriteCloser // once the stream is long
	closed  bool
}

func newZlibWriter(w io.Writer, c Codec) *zlibWriter { return &zlibWriter{w: w, codec: c} }

// Reset begins another stream.
func (z *zlibWriter) Reset(w io.Writer) {
	z.w, z.pending, z.fast, z.closed = w, z.pending[:0], nil, false
}

func (z *zlibWriter) Write(p []byte) (int, error) {
	if z.fast != nil {
		return z.fast.Write(p)
	}
	z.pending = append(z.pending, p...)
	if len(z.pending) <= zlibExact {
		return len(p), nil
	}
	if z.codec == Gzip {
		z.fast = gzip.NewWriter(z.w)
	} else {
		z.fast = zlib.NewWriter(z.w)
	}
	if _, err := z.fast.Write(z.pending); err != nil {
		return 0, err
	}
	z.pending = nil
	return len(p), nil
}

// Close finishes the stream.
func (z *zlibWriter) Close() error {
	if z.closed {
		return nil
	}
	z.closed = true
	if z.fast != nil {
		return z.fast.Close()
	}
	body := z.exact.Encode(z.out, z.pending, deflate.Default)
	z.out = body[:0]
	var head, tail []byte
	if z.codec == Gzip {
		head = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0}
		tail = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(z.pending)), uint32(len(z.pending)))
	} else {
		head = []byte{0x78, 0x9c}
		tail = binary.BigEndian.AppendUint32(nil, adler32.Checksum(z.pending))
	}
	for _, part := range [][]byte{head, body, tail} {
		if _, err := z.w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

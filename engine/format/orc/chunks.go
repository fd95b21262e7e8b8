package orc

import (
	"encoding/binary"

	"skep/engine/compress"
)

// chunkWriter collects the bytes of one stream and compresses them in chunks of the file's block size.
type chunkWriter struct {
	codec compress.Block
	size  int
	enc   *compress.Encoder
	out   []byte // finished chunks
	cur   []byte // the chunk being filled
	tmp   []byte
	err   error
}

func (w *chunkWriter) reset() { w.out, w.cur = w.out[:0], w.cur[:0] }

func (w *chunkWriter) byte(b byte) {
	w.cur = append(w.cur, b)
	if len(w.cur) >= w.size {
		w.flush()
	}
}

func (w *chunkWriter) write(p []byte) {
	for len(p) > 0 {
		k := min(len(p), w.size-len(w.cur))
		w.cur = append(w.cur, p[:k]...)
		p = p[k:]
		if len(w.cur) >= w.size {
			w.flush()
		}
	}
}

func (w *chunkWriter) uvarint(v uint64) {
	for v >= 0x80 {
		w.byte(byte(v) | 0x80)
		v >>= 7
	}
	w.byte(byte(v))
}

func (w *chunkWriter) uint64(v uint64) {
	w.cur = binary.LittleEndian.AppendUint64(w.cur, v)
	w.spill()
}

func (w *chunkWriter) uint32(v uint32) {
	w.cur = binary.LittleEndian.AppendUint32(w.cur, v)
	w.spill()
}

// spill keeps chunks within the block size after an append of a few bytes.
func (w *chunkWriter) spill() {
	if len(w.cur) < w.size {
		return
	}
	var rest [8]byte
	n := copy(rest[:], w.cur[w.size:])
	w.cur = w.cur[:w.size]
	w.flush()
	w.cur = append(w.cur, rest[:n]...)
}

// flush finishes the current chunk.
func (w *chunkWriter) flush() {
	if len(w.cur) == 0 {
		return
	}
	if w.codec == compress.BlockNone {
		w.out = append(w.out, w.cur...)
		w.cur = w.cur[:0]
		return
	}
	data, err := w.enc.Encode(w.codec, w.tmp, w.cur)
	if err != nil && w.err == nil {
		w.err = err
	}
	head := len(data) << 1
	if err != nil || len(data) == 0 || len(data) >= len(w.cur) { // stored as it is
		head = len(w.cur)<<1 | 1
	} else {
		w.tmp = data[:0]
	}
	w.out = append(w.out, byte(head), byte(head>>8), byte(head>>16))
	if head&1 == 1 {
		w.out = append(w.out, w.cur...)
	} else {
		w.out = append(w.out, data...)
	}
	w.cur = w.cur[:0]
}

// position appends where the next byte will be: offset of the chunk and offset in it, or one offset without compression.
func (w *chunkWriter) position(dst []uint64) []uint64 {
	if w.codec == compress.BlockNone {
		return append(dst, uint64(len(w.out)+len(w.cur)))
	}
	return append(dst, uint64(len(w.out)), uint64(len(w.cur)))
}

// bytes returns the whole stream; the writer must be reset afterwards.
func (w *chunkWriter) bytes() []byte {
	w.flush()
	return w.out
}

// buffered is the memory and later file size of the stream, roughly.
func (w *chunkWriter) buffered() int { return len(w.out) + len(w.cur) }

// byteWriter encodes byte run-length encoding. Values wait in pending and are divided into runs when it is full.
type byteWriter struct {
	out     *chunkWriter
	pending [512]byte
	n       int
}

func (w *byteWriter) write(b byte) {
	w.pending[w.n] = b
	if w.n++; w.n == len(w.pending) {
		w.flush()
	}
}

// flush writes out what is pending: repeats of 3 to 130 equal bytes, and up to 128 literals between them.
func (w *byteWriter) flush() {
	vs := w.pending[:w.n]
	w.n = 0
	start := 0 // of the literals not yet written
	literals := func(end int) {
		for start < end {
			k := min(128, end-start)
			w.out.byte(byte(256 - k))
			w.out.write(vs[start : start+k])
			start += k
		}
	}
	for i := 0; i < len(vs); {
		k := 1
		for i+k < len(vs) && vs[i+k] == vs[i] && k < 130 {
			k++
		}
		if k >= 3 {
			literals(i)
			w.out.byte(byte(k - 3))
			w.out.byte(vs[i])
			start = i + k
		}
		i += k
	}
	literals(len(vs))
}

func (w *byteWriter) position(dst []uint64) []uint64 { return append(w.out.position(dst), uint64(w.n)) }

// boolWriter encodes bits.
type boolWriter struct {
	bytes byteWriter
	cur   byte
	n     int
}

func (w *boolWriter) write(b bool) {
	w.cur <<= 1
	if b {
		w.cur |= 1
	}
	if w.n++; w.n == 8 {
		w.bytes.write(w.cur)
		w.cur, w.n = 0, 0
	}
}

func (w *boolWriter) flush() {
	if w.n > 0 {
		w.bytes.write(w.cur << (8 - w.n))
		w.cur, w.n = 0, 0
	}
	w.bytes.flush()
}

func (w *boolWriter) position(dst []uint64) []uint64 {
	return append(w.bytes.position(dst), uint64(w.n))
}

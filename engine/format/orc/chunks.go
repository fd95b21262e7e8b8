package orc

import (
	"encoding/binary"

	"skep/engine/compress"
)

// chunkWriter collects the bytes of one stream and compresses them in chunks of the file's block size.
type chunkWriter struct {
	codec compress.Block
	size  int
	level int // of zlib
	enc   *chunkEncoder
	out   []byte // finished chunks
	cur   []byte // the chunk being filled
	tmp   []byte
	tail  [8]byte
	err   error
}

func (w *chunkWriter) reset() { w.out, w.cur = w.out[:0], w.cur[:0] }

// A full chunk is compressed when another byte comes, so that positions are what the writer in Java gives.

func (w *chunkWriter) byte(b byte) {
	if len(w.cur) == w.size {
		w.flush()
	}
	w.cur = append(w.cur, b)
}

func (w *chunkWriter) write(p []byte) {
	for len(p) > 0 {
		if len(w.cur) == w.size {
			w.flush()
		}
		k := min(len(p), w.size-len(w.cur))
		w.cur = append(w.cur, p[:k]...)
		p = p[k:]
	}
}

func (w *chunkWriter) uint64(v uint64) {
	if w.size-len(w.cur) < 8 {
		w.write(binary.LittleEndian.AppendUint64(w.tail[:0], v))
		return
	}
	w.cur = binary.LittleEndian.AppendUint64(w.cur, v)
}

func (w *chunkWriter) uint32(v uint32) {
	if w.size-len(w.cur) < 4 {
		w.write(binary.LittleEndian.AppendUint32(w.tail[:0], v))
		return
	}
	w.cur = binary.LittleEndian.AppendUint32(w.cur, v)
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
	data, err := w.enc.compress(w.codec, w.tmp, w.cur, w.level)
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

// Runs of bytes.
const (
	minByteRepeat = 3
	maxByteRepeat = 130
	maxLiterals   = 128
)

// byteWriter encodes byte run-length encoding: repeats of 3 to 130 equal bytes, and up to 128 literals between them.
type byteWriter struct {
	out    *chunkWriter
	run    [maxLiterals]byte // literals, or in the first place what repeats
	n      int               // of the current run
	repeat bool
	same   int // equal literals at the end
}

func (w *byteWriter) write(b byte) {
	switch {
	case w.n == 0:
		w.run[0], w.n, w.same = b, 1, 1
	case w.repeat:
		if b != w.run[0] {
			w.flush()
			w.run[0], w.n, w.same = b, 1, 1
			return
		}
		if w.n++; w.n == maxByteRepeat {
			w.flush()
		}
	default:
		if b == w.run[w.n-1] {
			w.same++
		} else {
			w.same = 1
		}
		if w.same < minByteRepeat {
			w.run[w.n] = b
			if w.n++; w.n == maxLiterals {
				w.flush()
			}
			return
		}
		// The repeat begins a run of its own, without the literals before it.
		if w.n -= minByteRepeat - 1; w.n > 0 {
			w.flush()
		}
		w.run[0], w.n, w.repeat = b, minByteRepeat, true
	}
}

// flush writes out the current run.
func (w *byteWriter) flush() {
	switch {
	case w.n == 0:
	case w.repeat:
		w.out.byte(byte(w.n - minByteRepeat))
		w.out.byte(w.run[0])
	default:
		w.out.byte(byte(-w.n))
		w.out.write(w.run[:w.n])
	}
	w.n, w.repeat, w.same = 0, false, 0
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

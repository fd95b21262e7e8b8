// Package writable holds what Hadoop's binary container formats share: the encodings of integers and strings of
// org.apache.hadoop.io, and buffered reading of a file from some position on.
package writable

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"skep/engine/format"
	"skep/engine/format/record"
)

// ErrShort is returned for data that ends amid a value.
var ErrShort = errors.New("data ends too early")

// AppendVLong appends v in the variable-length form of WritableUtils: one byte for -112..127, otherwise a byte that tells sign
// and length, and the magnitude, most significant byte first.
func AppendVLong(dst []byte, v int64) []byte {
	if v >= -112 && v <= 127 {
		return append(dst, byte(v))
	}
	first := -112
	if v < 0 {
		v = ^v
		first = -120
	}
	n := 0
	for u := v; u != 0; u >>= 8 {
		n++
	}
	dst = append(dst, byte(first-n))
	for i := n - 1; i >= 0; i-- {
		dst = append(dst, byte(v>>(8*i)))
	}
	return dst
}

// VLongSize returns the length of a variable-length integer by its first byte.
func VLongSize(first byte) int {
	switch b := int8(first); {
	case b >= -112:
		return 1
	case b >= -120:
		return -111 - int(b)
	default:
		return -119 - int(b)
	}
}

// VLong reads a variable-length integer and returns its length, 0 when s is too short.
func VLong(s []byte) (v int64, n int) {
	if len(s) == 0 {
		return 0, 0
	}
	n = VLongSize(s[0])
	if n == 1 {
		return int64(int8(s[0])), 1
	}
	if len(s) < n {
		return 0, 0
	}
	for _, b := range s[1:n] {
		v = v<<8 | int64(b)
	}
	if int8(s[0]) < -120 {
		v = ^v
	}
	return v, n
}

// AppendText appends s as Text.writeString does: its length and its bytes.
func AppendText(dst []byte, s string) []byte {
	return append(AppendVLong(dst, int64(len(s))), s...)
}

// Window reads a file from a position on: Buf[Pos:End] has been read and not consumed yet, and is followed by at least
// record.Padding readable bytes.
type Window struct {
	Buf      []byte
	Pos, End int
	path     string
	input    format.Input
	base     int64 // position of Buf[0] in the file
}

// NewWindow returns a window that starts at offset.
func NewWindow(path string, input format.Input, offset int64) *Window {
	return &Window{path: path, input: input, base: offset}
}

// Offset is the position in the file of what comes next.
func (w *Window) Offset() int64 { return w.base + int64(w.Pos) }

// Has reports whether n bytes are there without reading.
func (w *Window) Has(n int) bool { return w.End-w.Pos >= n }

// AtEnd reports whether everything is consumed.
func (w *Window) AtEnd() bool { return w.Offset() >= w.input.Size() }

// chunkBytes is the least that is read at once.
const chunkBytes = 256 << 10

// Need makes n bytes available at Buf[Pos:], moving what is there. It fails when the file has fewer.
func (w *Window) Need(n int) error {
	if n < 0 {
		return w.Errorf("the file is corrupt: a length of %d", n)
	}
	if w.Has(n) {
		return nil
	}
	if int64(n) > w.input.Size()-w.Offset() {
		return w.Errorf("%w", ErrShort)
	}
	rest := w.End - w.Pos
	size := max(n, chunkBytes)
	if len(w.Buf) < size+record.Padding {
		grown := make([]byte, size+record.Padding)
		copy(grown, w.Buf[w.Pos:w.End])
		w.Buf = grown
	} else {
		copy(w.Buf, w.Buf[w.Pos:w.End])
	}
	w.base += int64(w.Pos)
	w.Pos, w.End = 0, rest
	space := w.Buf[rest : len(w.Buf)-record.Padding]
	k, err := w.input.ReadAt(space, w.base+int64(rest))
	w.End += k
	if !w.Has(n) {
		if err == nil || err == io.EOF {
			err = ErrShort
		}
		return w.Errorf("%w", err)
	}
	return nil
}

// Take consumes n bytes, valid until the next Need or Take.
func (w *Window) Take(n int) ([]byte, error) {
	if err := w.Need(n); err != nil {
		return nil, err
	}
	s := w.Buf[w.Pos : w.Pos+n : w.Pos+n]
	w.Pos += n
	return s, nil
}

// Byte consumes one byte.
func (w *Window) Byte() (byte, error) {
	s, err := w.Take(1)
	if err != nil {
		return 0, err
	}
	return s[0], nil
}

// Int consumes a four-byte integer.
func (w *Window) Int() (int, error) {
	s, err := w.Take(4)
	if err != nil {
		return 0, err
	}
	return int(int32(uint32(s[0])<<24 | uint32(s[1])<<16 | uint32(s[2])<<8 | uint32(s[3]))), nil
}

// VInt consumes a variable-length integer.
func (w *Window) VInt() (int, error) {
	if err := w.Need(1); err != nil {
		return 0, err
	}
	s, err := w.Take(VLongSize(w.Buf[w.Pos]))
	if err != nil {
		return 0, err
	}
	v, _ := VLong(s)
	return int(v), nil
}

// Text consumes a string.
func (w *Window) Text() (string, error) {
	n, err := w.VInt()
	if err != nil {
		return "", err
	}
	s, err := w.Take(n)
	return string(s), err
}

// Errorf makes an error that names the file and the position.
func (w *Window) Errorf(msg string, args ...any) error {
	return fmt.Errorf("reading %s at offset %d: %w", w.path, w.Offset(), fmt.Errorf(msg, args...))
}

// Find looks for pattern from the current position on and moves there; at the end of the file it returns false.
func (w *Window) Find(pattern []byte) (bool, error) {
	for {
		if !w.Has(len(pattern)) {
			if w.input.Size()-w.Offset() < int64(len(pattern)) {
				return false, nil
			}
			if err := w.Need(len(pattern)); err != nil {
				return false, err
			}
		}
		if k := bytes.Index(w.Buf[w.Pos:w.End], pattern); k >= 0 {
			w.Pos += k
			return true, nil
		}
		w.Pos = w.End - len(pattern) + 1
	}
}

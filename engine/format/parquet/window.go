package parquet

import (
	"fmt"
	"io"

	"skep/engine/format"
)

// grown returns b with length n and at least pagePadding bytes of capacity beyond; contents are unspecified.
func grown(b []byte, n int) []byte {
	if cap(b) < n+pagePadding {
		format.GiveBuffer(b)
		b = format.TakeBuffer(n + n/4 + pagePadding)
	}
	return b[:n]
}

// readAhead is how much of a column chunk one read asks for.
const readAhead = 256 << 10

// window gives access to byte ranges of a file, read in larger pieces.
type window struct {
	input format.Input
	buf   []byte
	off   int64 // position of buf[0] in the file
}

// bytes returns the n bytes at off, with pagePadding bytes of capacity behind them. It reads ahead, but not beyond end. The
// result is valid until the next call.
func (w *window) bytes(off int64, n int, end int64) ([]byte, error) {
	if off >= w.off && off+int64(n) <= w.off+int64(len(w.buf)) {
		at := int(off - w.off)
		return w.buf[at : at+n], nil
	}
	if off < 0 || off+int64(n) > w.input.Size() {
		return nil, fmt.Errorf("%d bytes at offset %d are beyond the file's %d bytes", n, off, w.input.Size())
	}
	want := int(min(max(int64(n), readAhead), max(end-off, int64(n)), w.input.Size()-off))
	// Keep what the window holds already of the range.
	keep := 0
	if off >= w.off && off < w.off+int64(len(w.buf)) {
		keep = len(w.buf) - int(off-w.off)
	}
	if cap(w.buf) < want+pagePadding {
		b := format.TakeBuffer(max(want, readAhead) + pagePadding)
		copy(b[:keep], w.buf[len(w.buf)-keep:])
		format.GiveBuffer(w.buf)
		w.buf = b
	} else {
		copy(w.buf[:keep], w.buf[len(w.buf)-keep:])
	}
	w.buf, w.off = w.buf[:want], off
	k, err := w.input.ReadAt(w.buf[keep:], off+int64(keep))
	if k < want-keep {
		w.buf = w.buf[:0]
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("reading %d bytes at offset %d: %w", want, off, err)
	}
	return w.buf[:n], nil
}

func (w *window) release() {
	format.GiveBuffer(w.buf)
	w.buf = nil
}

// Package sequencefile reads and writes Hadoop's sequence files as containers of rows: the values of their records, the keys
// being ignored. All of their forms are read and written: plain, records compressed one by one, and blocks of records.
package sequencefile

import (
	"bytes"
	"fmt"

	"skep/engine/compress"
	"skep/engine/format/writable"
)

// The classes of values.
const (
	textClass  = "org.apache.hadoop.io.Text"
	bytesClass = "org.apache.hadoop.io.BytesWritable"
)

const (
	version     = 6
	syncBytes   = 16
	escapeBytes = 4 // a record length of -1 announces a sync marker
	// maxSize bounds what one record or block may say its size is.
	maxSize = 1 << 31
)

// header is the start of a file.
type header struct {
	valueClass string
	compressed bool
	blocks     bool
	codec      compress.Codec
	// mark is the escape and sync marker that divide a file.
	mark []byte
	size int64
}

func readHeader(w *writable.Window) (*header, error) {
	magic, err := w.Take(4)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(magic, []byte("SEQ")) {
		return nil, w.Errorf("not a sequence file: it starts with %q", magic)
	}
	if magic[3] != version {
		return nil, w.Errorf("version %d of sequence files is not supported", magic[3])
	}
	h := &header{}
	if _, err := w.Text(); err != nil { // the class of keys
		return nil, err
	}
	if h.valueClass, err = w.Text(); err != nil {
		return nil, err
	}
	flags, err := w.Take(2)
	if err != nil {
		return nil, err
	}
	h.compressed, h.blocks = flags[0] != 0, flags[1] != 0
	if h.compressed {
		class, err := w.Text()
		if err != nil {
			return nil, err
		}
		if h.codec, err = compress.ByClass(class); err != nil {
			return nil, w.Errorf("%w", err)
		}
	}
	entries, err := w.Int()
	if err != nil {
		return nil, err
	}
	for range 2 * max(entries, 0) {
		if _, err := w.Text(); err != nil {
			return nil, err
		}
	}
	sync, err := w.Take(syncBytes)
	if err != nil {
		return nil, err
	}
	h.mark = append([]byte{0xff, 0xff, 0xff, 0xff}, sync...)
	h.size = w.Offset()
	switch h.valueClass {
	case textClass, bytesClass:
		return h, nil
	}
	return nil, w.Errorf("values of class %s are not supported", h.valueClass)
}

// value returns where in a serialised value its bytes are.
func (h *header) value(s []byte) (from, n int, err error) {
	if h.valueClass == bytesClass {
		if len(s) < 4 {
			return 0, 0, writable.ErrShort
		}
		n = int(uint32(s[0])<<24 | uint32(s[1])<<16 | uint32(s[2])<<8 | uint32(s[3]))
		from = 4
	} else {
		v, size := writable.VLong(s)
		if size == 0 {
			return 0, 0, writable.ErrShort
		}
		n, from = int(v), size
	}
	if n < 0 || n > len(s)-from {
		return 0, 0, fmt.Errorf("a value says it has %d bytes where there are %d", n, len(s)-from)
	}
	return from, n, nil
}

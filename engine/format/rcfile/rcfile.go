// Package rcfile reads and writes Hive's RCFile: groups of rows whose columns lie one behind the other, each compressed by
// itself, with values in the text form of ColumnarSerDe or the binary one of LazyBinaryColumnarSerDe.
package rcfile

import (
	"bytes"
	"context"
	"strconv"

	"skep/engine/compress"
	"skep/engine/format"
	"skep/engine/format/sequencefile"
	"skep/engine/format/writable"
)

// Format is the RCFile format.
type Format struct {
	// Binary says that values are in the form of LazyBinaryColumnarSerDe.
	Binary bool
}

var _ format.Positioner = Format{}

// Positions implements format.Positioner: offsets are those of groups.
func (Format) Positions() {}

const (
	syncBytes   = 16
	escapeBytes = 4
	columnsKey  = "hive.io.rcfile.column.number"
)

// header is the start of a file.
type header struct {
	compressed bool
	codec      compress.Codec
	columns    int
	mark       []byte // the escape and sync marker between groups
	size       int64
}

func readHeader(w *writable.Window) (*header, error) {
	magic, err := w.Take(4)
	if err != nil {
		return nil, err
	}
	h := &header{}
	old := bytes.Equal(magic, []byte("SEQ\x06"))
	if old {
		// The first versions of Hive wrote the header of a sequence file.
		for range 2 {
			class, err := w.Text()
			if err != nil {
				return nil, err
			}
			if !bytes.Contains([]byte(class), []byte("RCFile$")) {
				return nil, w.Errorf("not an RCFile but a sequence file of %s", class)
			}
		}
	} else if !bytes.Equal(magic, []byte("RCF\x01")) {
		return nil, w.Errorf("not an RCFile: it starts with %q", magic)
	}
	flag, err := w.Byte()
	if err != nil {
		return nil, err
	}
	h.compressed = flag != 0
	if old {
		if flag, err = w.Byte(); err != nil {
			return nil, err
		}
		if flag != 0 {
			return nil, w.Errorf("not an RCFile: it is compressed in blocks")
		}
	}
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
	h.columns = -1
	for range max(entries, 0) {
		key, err := w.Text()
		if err != nil {
			return nil, err
		}
		value, err := w.Text()
		if err != nil {
			return nil, err
		}
		if key == columnsKey {
			if h.columns, err = strconv.Atoi(value); err != nil || h.columns < 0 || h.columns > 1<<20 {
				return nil, w.Errorf("%s is %q", columnsKey, value)
			}
		}
	}
	if h.columns < 0 {
		return nil, w.Errorf("the file does not say how many columns it has")
	}
	sync, err := w.Take(syncBytes)
	if err != nil {
		return nil, err
	}
	h.mark = append([]byte{0xff, 0xff, 0xff, 0xff}, sync...)
	h.size = w.Offset()
	return h, nil
}

// Splits implements format.Format: a split has the groups behind the sync markers that lie in it.
func (Format) Splits(ctx context.Context, path string, opts *format.ReadOptions, target int64) ([]format.Split, error) {
	input, err := opts.Open.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer input.Close()
	return sequencefile.Divide(path, input.Size(), target), nil
}

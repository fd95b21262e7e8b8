package rcfile

import (
	"bytes"
	"fmt"
	"io"

	"skep/dialect/types"
	"skep/engine/compress"
	"skep/engine/format"
	"skep/engine/format/lazybinary"
	"skep/engine/format/text"
	"skep/engine/format/writable"
	"skep/engine/vector"
)

const (
	// groupBytes is how many bytes of values make a group, as hive.io.rcfile.record.buffer.size has it.
	groupBytes = 4 << 20
	// syncInterval is about how many bytes lie between sync markers.
	syncInterval = 2000
)

type writer struct {
	w        io.Writer
	codec    compress.Codec
	values   *text.ValueWriter // nil: binary values
	columns  []columnWriter
	mark     []byte
	rows     int
	bytes    int
	written  int64
	lastSync int64
	scratch  bytes.Buffer
	stream   io.WriteCloser // kept for its state, where it can be reset
	stats    format.FileStats
}

// columnWriter collects a group's values of a column. Lengths are run-length encoded: a length, and the complement of how
// often it is repeated.
type columnWriter struct {
	data    []byte
	lengths []byte
	last    int // -1: none yet
	run     int
}

func (c *columnWriter) add(n int) {
	if n == c.last {
		c.run++
		return
	}
	c.endRun()
	c.last = n
	c.lengths = writable.AppendVLong(c.lengths, int64(n))
}

func (c *columnWriter) endRun() {
	if c.run > 0 {
		c.lengths = writable.AppendVLong(c.lengths, int64(^c.run))
	}
	c.last, c.run = -1, 0
}

// NewWriter implements format.Format: compressed when the session asks for compressed output.
func (f Format) NewWriter(w io.Writer, opts *format.WriteOptions) (format.Writer, error) {
	codec, err := text.OutputCodec(&opts.Session)
	if err != nil {
		return nil, fmt.Errorf("writing an RCFile: %w", err)
	}
	out := &writer{w: w, codec: codec, columns: make([]columnWriter, len(opts.Schema))}
	for i := range out.columns {
		out.columns[i].last = -1
	}
	if !f.Binary {
		if out.values, err = text.NewValueWriter(opts); err != nil {
			return nil, fmt.Errorf("writing an RCFile: %w", err)
		}
	}
	return out, out.start()
}

func (w *writer) put(s []byte) error {
	n, err := w.w.Write(s)
	w.written += int64(n)
	if err != nil {
		return fmt.Errorf("writing an RCFile: %w", err)
	}
	return nil
}

// Write implements format.Writer.
func (w *writer) Write(b *vector.Batch) error {
	if len(b.Cols) != len(w.columns) {
		return fmt.Errorf("writing an RCFile: rows have %d columns, the table %d", len(b.Cols), len(w.columns))
	}
	for i := range w.columns {
		if err := w.column(&w.columns[i], b.Cols[i], b); err != nil {
			return fmt.Errorf("writing an RCFile: %w", err)
		}
	}
	w.rows += b.Rows()
	w.stats.Rows += int64(b.Rows())
	if w.bytes+2*w.rows*len(w.columns) >= groupBytes {
		return w.flush()
	}
	return nil
}

func (w *writer) column(c *columnWriter, v *vector.Vector, b *vector.Batch) (err error) {
	before := len(c.data)
	for k := range b.Rows() {
		row := k
		if b.Sel != nil {
			row = int(b.Sel[k])
		}
		start := len(c.data)
		switch {
		case w.values != nil:
			c.data = w.values.Append(c.data, v, row)
		case v.Type.Kind == types.Void || v.IsNull(row):
		default:
			if c.data, err = lazybinary.AppendBytes(c.data, v, row); err != nil {
				return err
			}
			if len(c.data) == start && v.Type.Kind == types.String {
				c.data = append(c.data, emptyString)
			}
		}
		c.add(len(c.data) - start)
	}
	w.bytes += len(c.data) - before
	return nil
}

// flush writes a group.
func (w *writer) flush() error {
	if w.rows == 0 {
		return nil
	}
	key := writable.AppendVLong(nil, int64(w.rows))
	var values []byte
	for i := range w.columns {
		c := &w.columns[i]
		c.endRun()
		stored, err := w.deflate(c.data)
		if err != nil {
			return fmt.Errorf("writing an RCFile: %w", err)
		}
		values = append(values, stored...)
		key = writable.AppendVLong(key, int64(len(stored)))
		key = writable.AppendVLong(key, int64(len(c.data)))
		key = append(writable.AppendVLong(key, int64(len(c.lengths))), c.lengths...)
		w.stats.RawBytes += int64(len(c.data))
		c.data, c.lengths = c.data[:0], c.lengths[:0]
	}
	w.rows, w.bytes = 0, 0
	return w.putGroup(key, values)
}

// deflate compresses s when the file is compressed; the result is valid until the next call.
func (w *writer) deflate(s []byte) ([]byte, error) {
	if w.codec == compress.None {
		return s, nil
	}
	w.scratch.Reset()
	if z, ok := w.stream.(interface{ Reset(io.Writer) }); ok {
		z.Reset(&w.scratch)
	} else {
		var err error
		if w.stream, err = w.codec.NewWriter(&w.scratch); err != nil {
			return nil, err
		}
	}
	if _, err := w.stream.Write(s); err != nil {
		return nil, err
	}
	if err := w.stream.Close(); err != nil {
		return nil, err
	}
	return w.scratch.Bytes(), nil
}

// Close implements format.Writer.
func (w *writer) Close() (format.FileStats, error) {
	if err := w.flush(); err != nil {
		return format.FileStats{}, err
	}
	w.stats.Bytes = w.written
	return w.stats, nil
}

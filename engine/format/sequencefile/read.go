package sequencefile

import (
	"bytes"
	"context"
	"io"

	"skep/engine/format"
	"skep/engine/format/record"
	"skep/engine/format/writable"
	"skep/engine/vector"
)

// Container is the container of the values of sequence files.
type Container struct{}

var _ record.Container = Container{}

// Terminator implements record.Container.
func (Container) Terminator() string { return "" }

// Splits implements record.Container: a split has the records behind the sync markers that lie in it.
func (Container) Splits(ctx context.Context, path string, opts *format.ReadOptions, target int64) ([]format.Split, error) {
	input, err := opts.Open.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer input.Close()
	return Divide(path, input.Size(), target), nil
}

// Divide cuts a file with sync markers into splits of about target bytes.
func Divide(path string, size, target int64) []format.Split {
	var out []format.Split
	target = max(target, 1<<16)
	for start := int64(0); start < size; {
		s := format.Split{Path: path, FileSize: size, Start: start, Length: target, Rows: -1}
		if size-start < target+target/10 { // no tiny last split
			s.Length = size - start
		}
		out = append(out, s)
		start += s.Length
	}
	return out
}

// reader reads the records of a split.
type reader struct {
	window  *writable.Window
	header  *header
	input   io.Closer
	end     int64 // sync markers here or later belong to the next split
	done    bool
	at      []vector.Ref
	offsets []int64
	stream  io.ReadCloser // kept for its state, where it can be reset
	// Values that were compressed.
	values  []byte
	lengths []int // of the rest of a block's values
	next    int   // where in values the next one of a block is
	block   int64 // where the block is
}

// Open implements record.Container.
func (Container) Open(ctx context.Context, s format.Split, opts *format.ReadOptions) (_ record.Reader, err error) {
	input, err := opts.Open.Open(ctx, s.Path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			input.Close()
		}
	}()
	r := &reader{window: writable.NewWindow(s.Path, input, 0), input: input, end: s.Start + s.Length}
	if r.header, err = readHeader(r.window); err != nil {
		return nil, err
	}
	if opts.Offsets {
		r.offsets = make([]int64, 0, vector.BatchSize)
	}
	if s.Start > 0 {
		r.window = writable.NewWindow(s.Path, input, max(s.Start, r.header.size))
		found, err := r.window.Find(r.header.mark)
		if err != nil {
			return nil, err
		}
		r.done = !found || r.window.Offset() >= r.end
	}
	return r, nil
}

// Close implements record.Reader.
func (r *reader) Close() error {
	if r.stream != nil {
		r.stream.Close()
	}
	return r.input.Close()
}

// Next implements record.Reader.
func (r *reader) Next(limit int) (record.Rows, error) {
	r.at, r.offsets = r.at[:0], r.offsets[:0]
	var err error
	switch {
	case r.header.blocks:
		err = r.fromBlocks(limit)
		return record.Rows{Buf: r.values, At: r.at, Offsets: r.offsets}, err
	case r.header.compressed:
		err = r.compressed(limit)
		return record.Rows{Buf: r.values, At: r.at, Offsets: r.offsets}, err
	}
	err = r.plain(limit)
	return record.Rows{Buf: r.window.Buf, At: r.at, Offsets: r.offsets}, err
}

func (r *reader) add(off, n int, offset int64) {
	r.at = append(r.at, vector.Ref{Off: uint32(off), Len: uint32(n)})
	if r.offsets != nil {
		r.offsets = append(r.offsets, offset)
	}
}

// passSync consumes a sync marker, whose escape has been consumed, and reports whether what follows belongs to the split.
func (r *reader) passSync() (bool, error) {
	at := r.window.Offset() - escapeBytes
	sync, err := r.window.Take(syncBytes)
	if err != nil {
		return false, err
	}
	if !bytes.Equal(sync, r.header.mark[escapeBytes:]) {
		return false, r.window.Errorf("the file is corrupt: a sync marker is wrong")
	}
	r.done = at >= r.end
	return !r.done, nil
}

// record moves to the next record and returns its length and the length of its key, which comes next; ok is false at the end
// of the split, and when rows that lie in the window would have to move.
func (r *reader) record() (length, key int, ok bool, err error) {
	const prefix = escapeBytes + syncBytes + 8
	for {
		if r.done || r.window.AtEnd() {
			r.done = true
			return 0, 0, false, nil
		}
		if !r.header.compressed && len(r.at) > 0 && !r.window.Has(prefix) {
			return 0, 0, false, nil
		}
		if length, err = r.window.Int(); err != nil {
			return 0, 0, false, err
		}
		if length == -1 {
			more, err := r.passSync()
			if err != nil || !more {
				return 0, 0, false, err
			}
			continue
		}
		if key, err = r.window.Int(); err != nil {
			return 0, 0, false, err
		}
		if length < 0 || key < 0 || key > length {
			return 0, 0, false, r.window.Errorf("the file is corrupt: a record of %d bytes has a key of %d", length, key)
		}
		return length, key, true, nil
	}
}

// plain finds the values of uncompressed records in the window itself. Rows end where more has to be read, which would move
// them.
func (r *reader) plain(limit int) error {
	w := r.window
	for len(r.at) < limit {
		start, pos := w.Offset(), w.Pos
		length, key, ok, err := r.record()
		if err != nil || !ok {
			return err
		}
		if !w.Has(length) {
			if len(r.at) > 0 {
				w.Pos = pos // for the next call
				return nil
			}
			if err := w.Need(length); err != nil {
				return err
			}
		}
		from, n, err := r.header.value(w.Buf[w.Pos+key : w.Pos+length])
		if err != nil {
			return w.Errorf("%w", err)
		}
		r.add(w.Pos+key+from, n, start)
		w.Pos += length
	}
	return nil
}

// compressed decompresses the values of records one by one.
func (r *reader) compressed(limit int) error {
	r.values = r.values[:0]
	const enough = 1 << 20
	for len(r.at) < limit && len(r.values) < enough {
		start := r.window.Offset()
		length, key, ok, err := r.record()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		s, err := r.window.Take(length)
		if err != nil {
			return err
		}
		from := len(r.values)
		if r.values, err = r.inflate(r.values, s[key:]); err != nil {
			return err
		}
		off, n, err := r.header.value(r.values[from:])
		if err != nil {
			return r.window.Errorf("%w", err)
		}
		r.add(from+off, n, start)
	}
	r.values = append(r.values, make([]byte, record.Padding)...)
	return nil
}

// inflate appends what s decompresses to.
func (r *reader) inflate(dst, s []byte) ([]byte, error) {
	var err error
	if z, ok := r.stream.(interface {
		Reset(r io.Reader, dict []byte) error
	}); ok {
		err = z.Reset(bytes.NewReader(s), nil)
	} else {
		if r.stream != nil {
			r.stream.Close()
		}
		r.stream, err = r.header.codec.NewReader(bytes.NewReader(s))
	}
	if err != nil {
		return dst, r.window.Errorf("decompressing: %w", err)
	}
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := r.stream.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if err == io.EOF {
			return dst, nil
		}
		if err != nil {
			return dst, r.window.Errorf("decompressing: %w", err)
		}
		if len(dst) > maxSize {
			return dst, r.window.Errorf("a value or block is larger than %d bytes", maxSize)
		}
	}
}

// fromBlocks hands out the values of a block, and reads the next one when there are no more.
func (r *reader) fromBlocks(limit int) error {
	for len(r.lengths) == 0 {
		if r.done || r.window.AtEnd() {
			return nil
		}
		if err := r.readBlock(); err != nil {
			return err
		}
	}
	n := min(limit, len(r.lengths))
	for _, length := range r.lengths[:n] {
		if length < 0 || length > len(r.values)-record.Padding-r.next {
			return r.window.Errorf("the file is corrupt: a value of %d bytes in a block of %d", length, len(r.values)-record.Padding)
		}
		off, size, err := r.header.value(r.values[r.next : r.next+length])
		if err != nil {
			return r.window.Errorf("%w", err)
		}
		r.add(r.next+off, size, r.block)
		r.next += length
	}
	r.lengths = r.lengths[n:]
	return nil
}

// readBlock reads a block of records: a sync marker, their number, and the lengths and bytes of keys and of values, each
// compressed.
func (r *reader) readBlock() error {
	w := r.window
	r.block = w.Offset()
	escape, err := w.Int()
	if err != nil {
		return err
	}
	if escape != -1 {
		return w.Errorf("the file is corrupt: no sync marker before a block")
	}
	if more, err := r.passSync(); err != nil || !more {
		return err
	}
	count, err := w.VInt()
	if err != nil {
		return err
	}
	var lengths []byte
	for part := range 4 { // lengths of keys, keys, lengths of values, values
		size, err := w.VInt()
		if err != nil {
			return err
		}
		s, err := w.Take(size)
		if err != nil {
			return err
		}
		switch part {
		case 2:
			lengths, err = r.inflate(nil, s)
		case 3:
			r.values, err = r.inflate(r.values[:0], s)
		}
		if err != nil {
			return err
		}
	}
	r.lengths = r.lengths[:0]
	for range count {
		v, n := writable.VLong(lengths)
		if n == 0 {
			return w.Errorf("the file is corrupt: %d records in a block, %d lengths", count, len(r.lengths))
		}
		r.lengths = append(r.lengths, int(v))
		lengths = lengths[n:]
	}
	r.next = 0
	r.values = append(r.values, make([]byte, record.Padding)...)
	return nil
}

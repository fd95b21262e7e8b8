package rcfile

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/format/lazybinary"
	"skep/engine/format/record"
	"skep/engine/format/text"
	"skep/engine/format/writable"
	"skep/engine/vector"
)

// reader reads the groups of a split, only the columns that are wanted.
type reader struct {
	path    string
	binary  bool
	window  *writable.Window
	header  *header
	input   io.Closer
	opts    *format.ReadOptions
	end     int64 // sync markers here or later belong to the next split
	done    bool
	columns []*column // by index into the schema; nil when not wanted
	// The group being read.
	group   int64 // where it is
	rows    int
	next    int
	key     []byte
	offsets *vector.Vector
	batch   vector.Batch
	sel     []uint16
}

// column is a wanted column.
type column struct {
	parser  *text.ColumnParser // of text values
	v       *vector.Vector     // of binary values, or the NULLs of a column that the file lacks
	missing bool
	lengths []byte   // of the group's values, as stored
	packed  []byte   // the group's values as stored
	plain   []byte   // decompressed and padded
	at      []uint32 // where each of the group's values starts, and the last one ends
	loaded  bool     // plain and at are of this group
	done    bool     // the current batch's vector is made
	out     *vector.Vector
}

// OpenSplit implements format.Format.
func (f Format) OpenSplit(ctx context.Context, s format.Split, opts *format.ReadOptions) (_ format.Reader, err error) {
	input, err := opts.Open.Open(ctx, s.Path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			input.Close()
		}
	}()
	r := &reader{
		path: s.Path, binary: f.Binary, window: writable.NewWindow(s.Path, input, 0), input: input, opts: opts, end: s.Start + s.Length,
		columns: make([]*column, len(opts.Schema)), sel: make([]uint16, vector.BatchSize),
	}
	if r.header, err = readHeader(r.window); err != nil {
		return nil, err
	}
	for _, i := range record.Wanted(opts) {
		c := &column{missing: i >= r.header.columns}
		switch {
		case c.missing:
			c.out = vector.NewNull(opts.Schema[i].Type)
		case f.Binary:
			c.v = vector.New(opts.Schema[i].Type, 0)
		default:
			if c.parser, err = text.NewColumnParser(opts.Schema[i], opts.Properties, &opts.Session); err != nil {
				return nil, fmt.Errorf("opening %s: %w", s.Path, err)
			}
		}
		r.columns[i] = c
	}
	if opts.Offsets {
		r.offsets = vector.New(types.BigIntType, 0)
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

// Close implements format.Reader.
func (r *reader) Close() error { return r.input.Close() }

// Next implements format.Reader.
func (r *reader) Next() (*vector.Batch, error) {
	for {
		for r.next == r.rows {
			more, err := r.nextGroup()
			if err != nil || !more {
				return nil, err
			}
		}
		n := min(r.rows-r.next, vector.BatchSize)
		for _, c := range r.columns {
			if c != nil {
				c.done = false
			}
		}
		sel, err := format.SelectRows(r.opts.Predicates, n, r.sel, func(i int, sel []uint16) (*vector.Vector, error) {
			return r.column(i, n, sel)
		})
		if err != nil {
			return nil, err
		}
		if sel != nil && len(sel) == 0 {
			r.next += n
			continue
		}
		r.batch.N, r.batch.Sel, r.batch.Cols = n, sel, r.batch.Cols[:0]
		for _, i := range r.opts.Projection {
			v, err := r.column(i, n, sel)
			if err != nil {
				return nil, err
			}
			r.batch.Cols = append(r.batch.Cols, v)
		}
		if r.offsets != nil {
			r.offsets.Resize(n)
			for i := range n {
				r.offsets.I64[i] = r.group
			}
			r.batch.Cols = append(r.batch.Cols, r.offsets)
		}
		r.next += n
		return &r.batch, nil
	}
}

// nextGroup reads the next group's lengths and the bytes of wanted columns.
func (r *reader) nextGroup() (bool, error) {
	w := r.window
	more, err := r.groupKey()
	if err != nil || !more {
		return false, err
	}
	sizes, err := r.readKey(func(i int, lengths []byte) {
		if i < len(r.columns) && r.columns[i] != nil {
			r.columns[i].lengths = lengths
		}
	})
	if err != nil {
		return false, err
	}
	for i, size := range sizes {
		if i >= len(r.columns) || r.columns[i] == nil {
			if err := r.skip(size[0]); err != nil {
				return false, err
			}
			continue
		}
		s, err := w.Take(size[0])
		if err != nil {
			return false, err
		}
		c := r.columns[i]
		c.packed = append(c.packed[:0], s...)
		if c.plain = c.plain[:0]; size[1] >= 0 && cap(c.plain) < size[1]+record.Padding {
			c.plain = make([]byte, 0, min(size[1], 1<<26)+record.Padding)
		}
		c.loaded = false
	}
	r.next = 0
	return true, nil
}

// skip passes n bytes.
func (r *reader) skip(n int) error {
	const step = 128 << 10
	for n > 0 {
		k := min(n, step)
		if _, err := r.window.Take(k); err != nil {
			return err
		}
		n -= k
	}
	return nil
}

// readKey reads the number of rows, and gives the lengths of the values of each column to keep; it returns the stored and the
// decompressed size of each column.
func (r *reader) readKey(keep func(i int, lengths []byte)) ([][2]int, error) {
	s := r.key
	bad := false
	number := func() int {
		v, n := writable.VLong(s)
		if n == 0 || v < 0 || v > 1<<31-1 {
			bad = true
			return 0
		}
		s = s[n:]
		return int(v)
	}
	r.rows = number()
	sizes := make([][2]int, r.header.columns)
	for i := range sizes {
		sizes[i] = [2]int{number(), number()}
		n := number()
		if bad || n > len(s) {
			return nil, r.window.Errorf("the file is corrupt: the lengths of a group end early")
		}
		keep(i, s[:n])
		s = s[n:]
	}
	if bad {
		return nil, r.window.Errorf("the file is corrupt: a group without a number of rows")
	}
	return sizes, nil
}

// inflate appends what s decompresses to, about size bytes.
func (r *reader) inflate(dst, s []byte, size int) ([]byte, error) {
	z, err := r.header.codec.NewReader(bytes.NewReader(s))
	if err != nil {
		return dst, r.window.Errorf("decompressing: %w", err)
	}
	defer z.Close()
	b := bytes.NewBuffer(dst)
	if _, err := io.Copy(b, io.LimitReader(z, int64(size)+1)); err != nil {
		return dst, r.window.Errorf("decompressing: %w", err)
	}
	return b.Bytes(), nil
}

// load decompresses a column of the group and finds its values.
func (r *reader) load(c *column) error {
	if r.header.compressed && len(c.packed) > 0 {
		var err error
		if c.plain, err = r.inflate(c.plain[:0], c.packed, 1<<31); err != nil {
			return err
		}
	} else {
		c.plain = append(c.plain[:0], c.packed...)
	}
	size := len(c.plain)
	c.plain = append(c.plain, make([]byte, record.Padding)...)
	c.at = append(c.at[:0], 0)
	s, end, last := c.lengths, uint64(0), int64(0)
	for len(c.at) <= r.rows {
		v, n := writable.VLong(s)
		if n == 0 {
			return r.window.Errorf("the file is corrupt: %d rows, %d lengths", r.rows, len(c.at)-1)
		}
		s = s[n:]
		repeat := int64(1)
		if v < 0 {
			repeat = ^v // as often as before
		} else {
			last = v
		}
		if repeat > int64(r.rows-len(c.at)+1) {
			return r.window.Errorf("the file is corrupt: %d rows, more lengths", r.rows)
		}
		for range repeat {
			end += uint64(last)
			if end > uint64(size) {
				return r.window.Errorf("the file is corrupt: the values of a column are longer than its %d bytes", size)
			}
			c.at = append(c.at, uint32(end))
		}
	}
	c.loaded = true
	return nil
}

// column returns the vector of a column for the next n rows.
func (r *reader) column(i, n int, sel []uint16) (*vector.Vector, error) {
	c := r.columns[i]
	if c.done || c.missing {
		return c.out, nil
	}
	if !c.loaded && len(c.lengths) > 0 {
		if err := r.load(c); err != nil {
			return nil, err
		}
	}
	c.done = true
	if len(c.lengths) == 0 { // TRUNCATE TABLE … COLUMNS has taken the values away
		c.out = vector.NewNull(r.opts.Schema[i].Type)
		return c.out, nil
	}
	at := c.at[r.next : r.next+n+1]
	if !r.binary {
		c.out = c.parser.Parse(c.plain, at, sel)
		return c.out, nil
	}
	c.v.Reset()
	c.out = c.v
	next := 0
	for row := range n {
		s := c.plain[at[row]:at[row+1]]
		if sel != nil {
			if next == len(sel) || int(sel[next]) != row {
				s = nil
			} else {
				next++
			}
		}
		switch {
		case len(s) == 0:
			c.v.AppendDatum(types.NullDatum)
			continue
		case len(s) == 1 && s[0] == emptyString && c.v.Type.Kind == types.String:
			s = s[:0]
		}
		if err := lazybinary.Append(c.v, s); err != nil {
			return nil, r.wrap(err, i)
		}
	}
	return c.out, nil
}

// emptyString is the one byte, never valid UTF-8, that stands for the empty string, as no byte at all is NULL.
const emptyString = 0xbf

func (r *reader) wrap(err error, i int) error {
	return fmt.Errorf("reading %s: column %s of the group at offset %d: %w", r.path, r.opts.Schema[i].Name, r.group, err)
}

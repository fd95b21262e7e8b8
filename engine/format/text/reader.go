package text

import (
	"context"
	"fmt"
	"io"
	"slices"

	"skep/dialect/types"
	"skep/engine/compress"
	"skep/engine/format"
	"skep/engine/vector"
)

// reader reads one split. Fields are located row by row and then parsed column by column, predicate columns first and the
// others only for the rows that remain.
type reader struct {
	params     *params
	source     source
	cells      cells
	delimiters uint64 // the field delimiter in every byte
	takesRest  bool   // the last located field extends to the end of the line
	limit      int64  // lines that start here or later belong to the next split; -1 without limit
	opts       *format.ReadOptions
	columns    []*column      // by index into the schema; nil when not wanted
	offsets    *vector.Vector // of the rows, when asked for
	batch      vector.Batch
	sel        []uint16
	closers    []io.Closer
}

// column is one wanted column and its buffers.
type column struct {
	field   int
	typ     *types.Type
	v       *vector.Vector
	nulls   []bool
	arena   []byte // strings that are not plain slices of the file
	scratch []byte
	rows    int // rows parsed for the current batch; -1 when none
}

func newReader(ctx context.Context, s format.Split, opts *format.ReadOptions) (_ *reader, err error) {
	p, err := newParams(opts.Properties, &opts.Session)
	if err != nil {
		return nil, fmt.Errorf("opening text file %s: %w", s.Path, err)
	}
	r := &reader{params: p, opts: opts, limit: -1, columns: make([]*column, len(opts.Schema)), sel: make([]uint16, vector.BatchSize)}
	if err := r.setColumns(); err != nil {
		return nil, fmt.Errorf("opening text file %s: %w", s.Path, err)
	}
	input, err := opts.Open.Open(ctx, s.Path)
	if err != nil {
		return nil, err
	}
	r.closers = append(r.closers, input)
	defer func() {
		if err != nil {
			err = fmt.Errorf("opening text file %s: %w", s.Path, err)
			r.Close()
		}
	}()
	r.source = source{path: s.Path, input: input}
	if codec := compress.ByPath(s.Path); codec != compress.None {
		return r, r.openStream(codec)
	}
	r.limit = s.Start + s.Length
	if s.Start > 0 {
		// The line that covers the byte before the split belongs to the split before.
		r.source.offset, r.source.base = s.Start-1, s.Start-1
		_, err := r.source.skipLine()
		return r, err
	}
	return r, r.source.skipMark()
}

func (r *reader) openStream(codec compress.Codec) error {
	stream, err := codec.NewReader(io.NewSectionReader(r.source.input, 0, r.source.input.Size()))
	if err != nil {
		return err
	}
	r.closers = append(r.closers, stream)
	r.source.stream = stream
	if r.params.footer > 0 {
		r.source.stream = &footerTrimmer{r: stream, lines: r.params.footer}
	}
	if err := r.source.skipMark(); err != nil {
		return err
	}
	for range r.params.header {
		if more, err := r.source.skipLine(); err != nil || !more {
			return err
		}
	}
	return nil
}

func (r *reader) setColumns() error {
	last := -1
	want := func(i int) error {
		if r.columns[i] != nil {
			return nil
		}
		t := r.opts.Schema[i].Type
		if d := depth(t); d >= len(r.params.separators) {
			return fmt.Errorf("column %s of type %s nests deeper than the %d levels of separators", r.opts.Schema[i].Name, t,
				len(r.params.separators))
		}
		r.columns[i] = &column{field: i, typ: t, v: vector.New(t, 0), nulls: make([]bool, vector.BatchSize), rows: -1}
		last = max(last, i)
		return nil
	}
	for _, i := range r.opts.Projection {
		if err := want(i); err != nil {
			return err
		}
	}
	for _, p := range r.opts.Predicates {
		if err := want(p.Column()); err != nil {
			return err
		}
	}
	for _, i := range r.opts.Projection {
		r.batch.Cols = append(r.batch.Cols, r.columns[i].v)
	}
	if r.opts.Offsets {
		r.offsets = vector.New(types.BigIntType, vector.BatchSize)
		r.batch.Cols = append(r.batch.Cols, r.offsets)
	}
	if last >= 0 {
		r.cells.stride = last + 2
		r.cells.at = make([]uint32, vector.BatchSize*r.cells.stride)
	}
	r.takesRest = r.params.lastTakesRest && last == len(r.opts.Schema)-1
	r.delimiters = uint64(r.params.separators[0]) * ones
	return nil
}

// depth returns how many levels of separators a type needs below the fields' own.
func depth(t *types.Type) int {
	d := 0
	switch t.Kind {
	case types.Array:
		return 1 + depth(t.Elem)
	case types.Map:
		return 2 + max(depth(t.Key), depth(t.Elem))
	case types.Struct, types.Union:
		for _, f := range t.Fields {
			d = max(d, depth(f.Type))
		}
		return 1 + d
	}
	return 0
}

func (r *reader) Next() (*vector.Batch, error) {
	for {
		n, err := r.scanRows(vector.BatchSize)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return nil, nil
		}
		for _, c := range r.columns {
			if c != nil {
				c.rows = -1
			}
		}
		sel, err := format.SelectRows(r.opts.Predicates, n, r.sel, func(i int, sel []uint16) (*vector.Vector, error) {
			return r.column(i, n, sel), nil
		})
		if err != nil {
			return nil, r.wrap(err)
		}
		if sel != nil && len(sel) == 0 {
			continue
		}
		for _, i := range r.opts.Projection {
			r.column(i, n, sel)
		}
		r.batch.N, r.batch.Sel = n, sel
		return &r.batch, nil
	}
}

// column parses column i of the batch's n rows where sel says so, unless it is parsed already.
func (r *reader) column(i, n int, sel []uint16) *vector.Vector {
	c := r.columns[i]
	if c.rows < 0 {
		c.parse(r.params, &r.cells, n, sel)
		c.rows = n
	}
	return c.v
}

func (r *reader) Close() error {
	var first error
	for _, c := range slices.Backward(r.closers) {
		if err := c.Close(); err != nil && first == nil {
			first = err
		}
	}
	r.closers = nil
	return first
}

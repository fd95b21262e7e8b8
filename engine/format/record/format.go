package record

import (
	"context"
	"fmt"
	"io"

	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/vector"
)

// Format is the storage format of a container whose rows are in a SerDe's form.
type Format struct {
	Container Container
	SerDe     SerDe
}

var _ format.Positioner = Format{}

// Positions implements format.Positioner.
func (Format) Positions() {}

// Splits implements format.Format.
func (f Format) Splits(ctx context.Context, path string, opts *format.ReadOptions, target int64) ([]format.Split, error) {
	return f.Container.Splits(ctx, path, opts, target)
}

// OpenSplit implements format.Format.
func (f Format) OpenSplit(ctx context.Context, s format.Split, opts *format.ReadOptions) (format.Reader, error) {
	d, err := f.SerDe.NewDeserializer(opts)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", s.Path, err)
	}
	rows, err := f.Container.Open(ctx, s, opts)
	if err != nil {
		return nil, err
	}
	r := &reader{path: s.Path, rows: rows, deserializer: d, opts: opts, sel: make([]uint16, vector.BatchSize)}
	if opts.Offsets {
		r.offsets = vector.New(types.BigIntType, 0)
	}
	return r, nil
}

// reader makes batches of rows: predicate columns first, the others only for the rows that remain.
type reader struct {
	path         string
	rows         Reader
	deserializer Deserializer
	opts         *format.ReadOptions
	offsets      *vector.Vector
	batch        vector.Batch
	sel          []uint16
}

func (r *reader) Next() (*vector.Batch, error) {
	for {
		rows, err := r.rows.Next(vector.BatchSize)
		if err != nil {
			return nil, err
		}
		n := len(rows.At)
		if n == 0 {
			return nil, nil
		}
		if err := r.deserializer.Load(&rows); err != nil {
			return nil, r.wrap(err)
		}
		sel, err := format.SelectRows(r.opts.Predicates, n, r.sel, r.deserializer.Column)
		if err != nil {
			return nil, r.wrap(err)
		}
		if sel != nil && len(sel) == 0 {
			continue
		}
		r.batch.N, r.batch.Sel, r.batch.Cols = n, sel, r.batch.Cols[:0]
		for _, i := range r.opts.Projection {
			v, err := r.deserializer.Column(i, sel)
			if err != nil {
				return nil, r.wrap(err)
			}
			r.batch.Cols = append(r.batch.Cols, v)
		}
		if r.offsets != nil {
			r.offsets.Resize(n)
			copy(r.offsets.I64, rows.Offsets)
			r.batch.Cols = append(r.batch.Cols, r.offsets)
		}
		return &r.batch, nil
	}
}

func (r *reader) wrap(err error) error { return fmt.Errorf("reading %s: %w", r.path, err) }

func (r *reader) Close() error { return r.rows.Close() }

// flushBytes is how much is collected before it goes to the container.
const flushBytes = 256 << 10

// NewWriter implements format.Format.
func (f Format) NewWriter(w io.Writer, opts *format.WriteOptions) (format.Writer, error) {
	s, err := f.SerDe.NewSerializer(opts)
	if err != nil {
		return nil, err
	}
	rows, err := f.Container.NewWriter(w, opts)
	if err != nil {
		return nil, err
	}
	return &writer{serializer: s, rows: rows, terminator: f.Container.Terminator()}, nil
}

type writer struct {
	serializer Serializer
	rows       Writer
	terminator string
	buf        []byte
	ends       []int
	stats      format.FileStats
}

func (w *writer) Write(b *vector.Batch) error {
	var err error
	if w.buf, w.ends, err = w.serializer.Append(w.buf, w.ends, b, w.terminator); err != nil {
		return err
	}
	if len(w.buf) >= flushBytes {
		return w.flush()
	}
	return nil
}

func (w *writer) flush() error {
	n := len(w.ends)
	w.stats.Rows += int64(n)
	w.stats.RawBytes += int64(len(w.buf) - n*len(w.terminator))
	if err := w.rows.Write(w.buf, w.ends); err != nil {
		return err
	}
	w.buf, w.ends = w.buf[:0], w.ends[:0]
	return nil
}

func (w *writer) Close() (format.FileStats, error) {
	if err := w.flush(); err != nil {
		return format.FileStats{}, err
	}
	var err error
	w.stats.Bytes, err = w.rows.Close()
	return w.stats, err
}

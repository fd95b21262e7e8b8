package operator

import (
	"context"
	"fmt"
	"sync/atomic"

	"skep/engine/format"
	"skep/engine/pipeline"
	"skep/engine/vector"
)

// Table is what a scan reads: splits of files, numbered. It is safe for concurrent use.
type Table interface {
	// Splits returns the number of splits.
	Splits() int
	// Open opens a split. Its batches have the scan's columns in order; constant ones may be in constant form. Rows that fail one of
	// filters, further predicates over the same schema as those given when the table was prepared, are left out.
	Open(ctx context.Context, split int, filters []format.Predicate) (format.Reader, error)
}

// Progress counts the splits of a query for its user.
type Progress struct{ Total, Done atomic.Int64 }

// Scan is the source of a table's rows.
type Scan struct {
	table    Table
	name     string
	progress *Progress
	filters  []*RuntimeFilter
	next     atomic.Int64
}

// ConstantColumns is implemented by tables with columns that have one value throughout a split, such as partition keys.
type ConstantColumns interface {
	// Constant returns the constant vector of a column of the scan in a split, or nil.
	Constant(split, column int) *vector.Vector
}

var _ pipeline.Source = (*Scan)(nil)

// NewScan returns a scan.
func NewScan(name string, t Table, p *Progress) *Scan {
	p.Total.Add(int64(t.Splits()))
	return &Scan{table: t, name: name, progress: p}
}

// AddFilter makes the scan leave out rows that fail f, as far as its readers can. The join of f must be built before the scan
// starts.
func (s *Scan) AddFilter(f *RuntimeFilter) { s.filters = append(s.filters, f) }

// runtime returns the predicates for a split, or that it has no row for them.
func (s *Scan) runtime(split int) (filters []format.Predicate, skip bool) {
	constants, _ := s.table.(ConstantColumns)
	for _, f := range s.filters {
		if constants != nil {
			if c := constants.Constant(split, f.column); c != nil {
				if f.excludes(c) {
					return nil, true
				}
				continue
			}
		}
		if p := f.predicate(); p != nil {
			filters = append(filters, p)
		}
	}
	return filters, false
}

// Workers implements pipeline.Source.
func (s *Scan) Workers() int { return s.table.Splits() }

// Reader implements pipeline.Source.
func (s *Scan) Reader(w *pipeline.Worker) (pipeline.Reader, error) {
	return &scanReader{scan: s, ctx: w.Context}, nil
}

type scanReader struct {
	scan *Scan
	ctx  context.Context
	cur  format.Reader
}

// Next implements pipeline.Reader.
func (r *scanReader) Next() (*vector.Batch, error) {
	s := r.scan
	for {
		if r.cur != nil {
			b, err := r.cur.Next()
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", s.name, err)
			}
			if b != nil {
				if b.Rows() == 0 {
					if err := r.ctx.Err(); err != nil {
						return nil, err
					}
					continue
				}
				return b, nil
			}
			if err := r.Close(); err != nil {
				return nil, err
			}
			s.progress.Done.Add(1)
		}
		i := int(s.next.Add(1)) - 1
		if i >= s.table.Splits() {
			return nil, nil
		}
		filters, skip := s.runtime(i)
		if skip {
			s.progress.Done.Add(1)
			continue
		}
		var err error
		if r.cur, err = s.table.Open(r.ctx, i, filters); err != nil {
			return nil, fmt.Errorf("opening %s: %w", s.name, err)
		}
	}
}

// Close implements pipeline.Reader.
func (r *scanReader) Close() error {
	if r.cur == nil {
		return nil
	}
	err := r.cur.Close()
	r.cur = nil
	if err != nil {
		return fmt.Errorf("closing %s: %w", r.scan.name, err)
	}
	return nil
}

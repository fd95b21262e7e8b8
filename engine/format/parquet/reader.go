package parquet

import (
	"fmt"
	"hash/maphash"

	"skep/engine/compress"
	"skep/engine/format"
	"skep/engine/vector"
)

// reader reads the row groups of a split.
type reader struct {
	path    string
	input   format.Input
	footer  *footer
	opts    *format.ReadOptions
	pruner  *pruner
	decoder compress.Decoder
	columns []column // by index into the schema; nil when not wanted
	read    []*vector.Vector
	groups  []*rowGroup // still to read
	left    int64       // rows of the current row group
	ranges  []rowRange  // of the current row group's rows that may match; nil for all
	at      int64       // next row of the current row group
	fileID  uint64
	batch   vector.Batch
	sel     []uint16
}

// idSeed makes dictionary identities; they mean nothing outside the process.
var idSeed = maphash.MakeSeed()

func newReader(input format.Input, foot *footer, rules *zoneRules, s format.Split, opts *format.ReadOptions) (*reader, error) {
	r := &reader{path: s.Path, input: input, footer: foot, opts: opts, pruner: newPruner(foot, rules, opts),
		columns: make([]column, len(opts.Schema)), read: make([]*vector.Vector, len(opts.Schema)),
		sel: make([]uint16, vector.BatchSize)}
	r.fileID = maphash.String(idSeed, fmt.Sprint(s.Path, input.Size(), s.ModTime.UnixNano(), rules.proleptic))
	b := &builder{footer: foot, rules: rules, input: input, decoder: &r.decoder, byIndex: indexAccess(opts)}
	want := func(i int) (err error) {
		if r.columns[i] == nil {
			if r.columns[i], err = b.column(opts.Schema[i], i); err != nil {
				return r.wrap(err)
			}
		}
		return nil
	}
	for _, i := range opts.Projection {
		if err := want(i); err != nil {
			return nil, err
		}
	}
	for _, p := range opts.Predicates {
		if err := want(p.Column()); err != nil {
			return nil, err
		}
	}
	r.batch.Cols = make([]*vector.Vector, len(opts.Projection))
	for i := range foot.groups {
		g := &foot.groups[i]
		if start, _ := g.extent(); g.rows > 0 && start >= s.Start && start < s.Start+s.Length {
			r.groups = append(r.groups, g)
		}
	}
	return r, nil
}

func (r *reader) wrap(err error) error { return fmt.Errorf("Parquet file %s: %w", r.path, err) }

// nextGroup positions all columns at the next row group that may have matching rows; false at the end.
func (r *reader) nextGroup() (bool, error) {
	for len(r.groups) > 0 {
		g := r.groups[0]
		r.groups = r.groups[1:]
		match, err := r.pruner.read(r.input, g)
		if err != nil {
			return false, r.wrap(err)
		}
		if !match.group {
			continue
		}
		start, _ := g.extent()
		for _, c := range r.columns {
			if c != nil {
				if err := c.start(g, r.dictionaries(start)); err != nil {
					return false, r.wrap(err)
				}
				if match.ranges != nil {
					if err := c.willSkip(g); err != nil {
						return false, r.wrap(err)
					}
				}
			}
		}
		r.left, r.at, r.ranges = g.rows, 0, match.ranges
		return true, nil
	}
	return false, nil
}

// dictionaries returns the number from which the identities of the dictionaries of the row group at an offset count; they stay
// below those of vector.NewDictID.
func (r *reader) dictionaries(start int64) uint64 {
	return (r.fileID + uint64(start)*0x9e3779b97f4a7c15) >> 2
}

// rows returns how many rows the next batch has, after skipping those that cannot match; 0 at the end of the row group.
func (r *reader) rows() int {
	if r.ranges == nil {
		return int(min(r.left, vector.BatchSize))
	}
	for len(r.ranges) > 0 && r.ranges[0].to <= r.at {
		r.ranges = r.ranges[1:]
	}
	if len(r.ranges) == 0 {
		r.left = 0
		return 0
	}
	if from := r.ranges[0].from; from > r.at {
		r.skip(int(from - r.at))
	}
	return int(min(r.ranges[0].to-r.at, vector.BatchSize))
}

func (r *reader) skip(n int) {
	for _, c := range r.columns {
		if c != nil {
			c.skip(n)
		}
	}
	r.at += int64(n)
	r.left -= int64(n)
}

func (r *reader) Next() (*vector.Batch, error) {
	for {
		if r.left == 0 {
			more, err := r.nextGroup()
			if err != nil || !more {
				return nil, err
			}
		}
		n := r.rows()
		if n == 0 {
			continue
		}
		r.at += int64(n)
		r.left -= int64(n)
		clear(r.read)
		sel, err := format.SelectRows(r.opts.Predicates, n, r.sel, func(i int, _ []uint16) (*vector.Vector, error) {
			return r.column(i, n)
		})
		if err != nil {
			return nil, r.wrap(err)
		}
		if sel != nil && len(sel) == 0 {
			for i, c := range r.columns {
				if c != nil && r.read[i] == nil {
					c.skip(n)
				}
			}
			continue
		}
		for k, i := range r.opts.Projection {
			if r.batch.Cols[k], err = r.column(i, n); err != nil {
				return nil, r.wrap(err)
			}
		}
		r.batch.N, r.batch.Sel = n, sel
		return &r.batch, nil
	}
}

// column reads the batch's n rows of column i, once.
func (r *reader) column(i, n int) (v *vector.Vector, err error) {
	if r.read[i] == nil {
		if r.read[i], err = r.columns[i].read(n); err != nil {
			return nil, err
		}
	}
	return r.read[i], nil
}

func (r *reader) Close() error {
	for _, c := range r.columns {
		if c != nil {
			c.release()
		}
	}
	r.decoder.Close()
	r.groups, r.left = nil, 0
	return r.input.Close()
}

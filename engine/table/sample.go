package table

import (
	"context"

	"skep/dialect/plan"
	"skep/engine/format"
	"skep/engine/operator"
	"skep/engine/stage"
	"skep/engine/vector"
)

// Sample reduces the splits of a table to a sample of n PERCENT or nM.
func Sample(splits []stage.Split, s *plan.Sample) []stage.Split {
	if s == nil || s.OutOf > 0 || s.Percent == 0 && s.Bytes == 0 {
		return splits
	}
	size := s.Bytes
	if s.Percent > 0 {
		var total int64
		for _, x := range splits {
			total += x.Length
		}
		size = int64(float64(total) * s.Percent / 100)
	}
	// As in Hive whole splits are taken, the last one cut to what is left; of a split with any bytes some rows are read.
	for i := range splits {
		x := &splits[i]
		if size <= x.Length {
			x.Length = max(size, 1)
			return splits[:i+1]
		}
		size -= x.Length
	}
	return splits
}

// sampled reduces a table to its first rows when n ROWS are asked for. Samples of buckets are conditions, which the planner
// evaluates.
func sampled(t *scanTable, s *plan.Sample) operator.Table {
	if s == nil || s.OutOf > 0 || s.Percent > 0 || s.Bytes > 0 {
		return t
	}
	return &firstRows{table: t, limit: s.Rows}
}

// firstRows reads the first rows of a table: all splits in order, as one.
type firstRows struct {
	table *scanTable
	limit int64
}

// Splits implements operator.Table.
func (t *firstRows) Splits() int { return min(t.table.Splits(), 1) }

// Open implements operator.Table. Filters would apply to the sample, not to what it is taken from; they are only an
// optimisation for the caller, who checks the rows again.
func (t *firstRows) Open(ctx context.Context, _ int, _ []format.Predicate) (format.Reader, error) {
	return &firstReader{table: t.table, ctx: ctx, left: t.limit}, nil
}

type firstReader struct {
	table *scanTable
	ctx   context.Context // of Open, for opening the splits one by one
	next  int
	cur   format.Reader
	left  int64
	batch vector.Batch
}

// Next implements format.Reader.
func (r *firstReader) Next() (*vector.Batch, error) {
	for r.left > 0 {
		if r.cur == nil {
			if r.next == r.table.Splits() {
				return nil, nil
			}
			var err error
			if r.cur, err = r.table.Open(r.ctx, r.next, nil); err != nil {
				return nil, err
			}
			r.next++
		}
		b, err := r.cur.Next()
		if err != nil {
			return nil, err
		}
		if b == nil {
			if err := r.Close(); err != nil {
				return nil, err
			}
			continue
		}
		rows := int64(b.Rows())
		if rows <= r.left {
			r.left -= rows
			return b, nil
		}
		r.batch = vector.Batch{N: b.N, Sel: b.Sel, Cols: b.Cols}
		if b.Sel == nil {
			for i := range r.left {
				r.batch.Sel = append(r.batch.Sel, uint16(i))
			}
		} else {
			r.batch.Sel = b.Sel[:r.left]
		}
		r.left = 0
		return &r.batch, nil
	}
	return nil, nil
}

// Close implements format.Reader.
func (r *firstReader) Close() error {
	if r.cur == nil {
		return nil
	}
	err := r.cur.Close()
	r.cur = nil
	return err
}

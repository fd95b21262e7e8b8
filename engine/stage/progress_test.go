package stage

import (
	"context"
	"testing"

	"skep/engine/format"
	"skep/engine/operator"
	"skep/engine/pipeline"
	"skep/engine/vector"
)

// tenths is a table of splits of ten batches of ten rows, of which one row passes the filters.
type tenths struct{ operator.Table }

func (tenths) Open(context.Context, int, []format.Predicate) (format.Reader, error) {
	return &tenthsReader{}, nil
}

type tenthsReader struct{ batches int }

func (r *tenthsReader) Next() (*vector.Batch, error) {
	if r.batches++; r.batches > 10 {
		return nil, nil
	}
	return &vector.Batch{N: 10, Sel: []uint16{3}}, nil
}

func (*tenthsReader) Close() error { return nil }

func TestBytesOfSplitsAreCountedAsTheyAreRead(t *testing.T) {
	var p Progress
	table := countedTable{tenths{}, []Split{{Split: format.Split{Length: 1000, Rows: 100}}, {Split: format.Split{Length: 500, Rows: -1}}}, &p}
	for split, want := range [][]int64{{100, 200, 300}, {1000, 1000, 1000}} {
		r, err := table.Open(t.Context(), split, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range want {
			if _, err := r.Next(); err != nil || p.Bytes.Load() != w {
				t.Errorf("split %d, batch %d: %d bytes, %v, want %d", split, i, p.Bytes.Load(), err, w)
			}
		}
		for {
			if b, err := r.Next(); err != nil || b == nil {
				break
			}
		}
	}
	if p.Bytes.Load() != 1500 || p.Rows.Load() != 20 {
		t.Errorf("%d bytes and %d rows", p.Bytes.Load(), p.Rows.Load())
	}
}

// TestWorkGrowsWithoutInput looks at a query that computes without reading.
func TestWorkGrowsWithoutInput(t *testing.T) {
	var p Progress
	if p.Work() != 0 {
		t.Error("there is work before there is a query")
	}
	q := pipeline.NewQuery(pipeline.NewSlots(1), 1)
	var seen []int64
	q.AddTask("computing", func(ctx context.Context) error {
		for range 3 {
			if err := ctx.Err(); err != nil {
				return err
			}
			seen = append(seen, p.Work())
		}
		return nil
	})
	if err := p.run(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 3 || seen[0] < 1 || seen[1] <= seen[0] || seen[2] <= seen[1] || p.Work() < seen[2] {
		t.Errorf("work %v, at the end %d", seen, p.Work())
	}
}

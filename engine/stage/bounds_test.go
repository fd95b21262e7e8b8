package stage

import (
	"fmt"
	"slices"
	"testing"

	"skep/dialect/types"
	"skep/engine/vector"
)

// TestRangesKeepTheOrderOfRows divides rows by a sample of them, as several tasks do: concatenated, the ranges hold what a stable sort
// of all rows gives, and no range is much larger than the others, whatever share of the rows one key has.
func TestRangesKeepTheOrderOfRows(t *testing.T) {
	type row struct {
		null      bool
		key, task int
	}
	const n, ranges, tasks = 20_000, 16, 8
	for share := 0; share <= 100; share += 10 {
		for _, order := range []Order{{}, {Desc: true}, {NullsFirst: true}, {Desc: true, NullsFirst: true}} {
			var rows []row
			for i := range n {
				r := row{key: (i * 7919) % 5000, task: i * tasks / n}
				switch {
				case i%100 < share:
					r.key = 2500
				case i%17 == 0:
					r.null = true
				}
				rows = append(rows, r)
			}
			column := func(rows []row) *vector.Vector {
				v := vector.New(types.IntType, 0)
				for _, r := range rows {
					v.AppendDatum(types.Datum{Null: r.null, I: int64(r.key)})
				}
				return v
			}
			compare := func(a, b row) int {
				switch {
				case a.null || b.null:
					if a.null == b.null {
						return 0
					}
					if a.null == order.NullsFirst {
						return -1
					}
					return 1
				case order.Desc:
					return b.key - a.key
				}
				return a.key - b.key
			}
			var sample []row
			for i := 0; i < n; i += 13 {
				sample = append(sample, rows[i])
			}
			slices.SortStableFunc(sample, compare)
			got := make([][]row, ranges)
			for task := range tasks {
				own := rows[task*n/tasks : (task+1)*n/tasks]
				b := &bounds{order: []Order{order}, at: task, of: tasks}
				b.choose([]*vector.Vector{column(sample)}, len(sample), ranges)
				parts := make([]uint32, len(own))
				b.divide([]*vector.Vector{column(own)}, len(own), make([]uint64, len(own)), parts)
				for i, p := range parts {
					got[p] = append(got[p], own[i])
				}
			}
			var all []row
			for i, r := range got {
				slices.SortStableFunc(r, compare)
				all = append(all, r...)
				if len(r) > 3*n/ranges {
					t.Errorf("%d %% under one key, %+v: %d rows in range %d", share, order, len(r), i)
				}
			}
			want := slices.Clone(rows)
			slices.SortStableFunc(want, compare)
			if !slices.Equal(all, want) {
				t.Errorf("%d %% under one key, %+v: the ranges in order are not the sorted rows", share, order)
			}
		}
	}
}

func TestNoSampleGivesOneRange(t *testing.T) {
	b := &bounds{order: []Order{{}}, of: 1}
	b.choose([]*vector.Vector{vector.New(types.StringType, 0)}, 0, 4)
	v := vector.New(types.StringType, 0)
	v.AppendDatum(types.Datum{S: "x"})
	parts := []uint32{9}
	b.divide([]*vector.Vector{v}, 1, make([]uint64, 1), parts)
	if parts[0] != 0 {
		t.Error(fmt.Sprint("range ", parts[0]))
	}
}

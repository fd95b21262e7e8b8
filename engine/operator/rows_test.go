package operator

import (
	"fmt"
	"math/rand"
	"testing"
)

func TestRowsAreReadManyTimes(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for _, limit := range []int64{0, 1 << 18} {
		for _, n := range []int{0, 10, 30000} {
			t.Run(fmt.Sprint(limit, n), func(t *testing.T) {
				rel := randomRelation(r, keyTypes, n, 1000)
				g := newGraph(t, 4, limit)
				rows := NewRows("rows", rel.ts, g.r)
				g.q.AddCloser(rows)
				end := g.end(rel.source(r, 1000), nil, rows)
				var a, b collector
				g.end(rows.Source(), nil, &a, end)
				g.end(rows.Source(), nil, &b, end)
				g.run()
				var want []string
				for _, row := range rel.rows {
					want = append(want, textRow(row))
				}
				sameRows(t, "first", a.rows, want)
				sameRows(t, "second", b.rows, want)
				if spilled := g.r.Pool.Spilled() > 0; spilled != (limit > 0 && n > 1000) {
					t.Errorf("spilled: %v", spilled)
				}
			})
		}
	}
}

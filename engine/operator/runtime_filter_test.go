package operator

import (
	"math/rand"
	"testing"

	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/vector"
)

func TestKeyFilterKeepsAllKeys(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for _, c := range []struct {
		keys, probes int
		spread       int64
	}{{0, 100, 10}, {1, 100, 1}, {50, 5000, 50}, {1000, 5000, 1 << 19}, {20000, 60000, 1 << 45}, {300, 5000, 1 << 62}} {
		ts := []*types.Type{types.BigIntType}
		draw := func(n int) *relation {
			rel := &relation{ts: ts}
			for range n {
				rel.rows = append(rel.rows, []types.Datum{{Null: r.Intn(10) == 0, I: r.Int63n(c.spread) - c.spread/2}})
			}
			return rel
		}
		build := draw(c.keys)
		keys := vector.New(ts[0], 0)
		present := map[int64]bool{}
		for _, row := range build.rows {
			keys.AppendDatum(row[0])
			if !row[0].Null {
				present[row[0].I] = true
			}
		}
		p := filterPredicate{&RuntimeFilter{schema: 3}, newKeyFilter(keys, c.keys)}
		probe := draw(c.probes)
		for i := range probe.rows {
			if c.keys > 0 && r.Intn(3) == 0 {
				probe.rows[i] = build.rows[r.Intn(c.keys)]
			}
		}
		passed, wrong := 0, 0
		for _, b := range probe.batches(r, 2000) {
			got := map[uint16]bool{}
			for _, row := range p.Select(b.Cols[0], b.Sel, b.N, make([]uint16, 0, b.N)) {
				got[row] = true
			}
			for k := range b.Rows() {
				d := b.Cols[0].Datum(int(row(b, k)))
				has := !d.Null && present[d.I]
				if has && !got[row(b, k)] {
					t.Fatalf("%d keys: %d is filtered out", c.keys, d.I)
				}
				if got[row(b, k)] {
					passed++
					if !has {
						wrong++
					}
				}
			}
		}
		if wrong > c.probes/10 {
			t.Errorf("%d keys: %d of %d passing rows match nothing", c.keys, wrong, passed)
		}
		k := p.key
		if p.MayMatch(&format.ColumnStats{HasMinMax: true, Min: types.Datum{I: k.hi + 1}, Max: types.Datum{I: k.hi + 5}, Nulls: -1, Rows: -1}) {
			t.Error("values above the range cannot match")
		}
		if c.keys > 0 && !p.MayMatch(&format.ColumnStats{HasMinMax: true, Min: types.Datum{I: k.hi}, Max: types.Datum{I: k.hi}, Nulls: 0, Rows: 1}) {
			t.Error("the largest key can match")
		}
	}
}

package operator

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/sort"
	"skep/engine/vector"
)

func TestSortAgainstModel(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for round := range 60 {
		var ts []*types.Type
		keys := 1 + r.Intn(3)
		for range keys {
			ts = append(ts, keyTypes[r.Intn(len(keyTypes))])
		}
		ts = append(ts, types.BigIntType)
		rel := randomRelation(r, ts, []int{0, 1, 100, 5000, 20000}[r.Intn(5)], []int{3, 1000, 1 << 40}[r.Intn(3)])
		for i, row := range rel.rows {
			row[keys] = types.Datum{I: int64(i)} // makes rows distinct
		}
		spec := SortSpec{Name: "sort", Types: ts, Out: len(ts), Limit: -1}
		for i := range keys + 1 {
			spec.Keys = append(spec.Keys, SortKey{i, r.Intn(2) == 0, r.Intn(2) == 0})
		}
		if r.Intn(2) == 0 {
			spec.Limit, spec.Offset = int64(r.Intn(50)), int64(r.Intn(3)*r.Intn(20))
		}
		workers := []int{1, 4}[r.Intn(2)]
		limit := []int64{0, 1 << 19}[r.Intn(2)]
		t.Run(fmt.Sprintf("%d-%v-%d-%d-%d-%d", round, ts, len(rel.rows), spec.Limit, workers, limit), func(t *testing.T) {
			testSort(t, r, rel, spec, workers, limit)
		})
	}
}

// TestSortByAllWorkers sorts so many rows that workers order ranges of them, by keys with few and many values and by none.
func TestSortByAllWorkers(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for _, values := range []int64{1, 2, 1 << 40} {
		n := manyRows + 1000
		in := vector.NewBatch([]*types.Type{types.BigIntType, types.StringType, types.BigIntType})
		for i := range n {
			in.Cols[0].AppendDatum(types.Datum{I: r.Int63n(values), Null: r.Intn(50) == 0})
			in.Cols[1].AppendDatum(types.Datum{S: fmt.Sprint(r.Intn(1000))})
			in.Cols[2].AppendDatum(types.Datum{I: int64(i)})
		}
		in.N = n
		spec := SortSpec{Name: "sort", Types: plan.Types([]plan.Column{{Type: types.BigIntType}, {Type: types.StringType}, {Type: types.BigIntType}}), Out: 3,
			Limit: -1, Offset: 7, Keys: []SortKey{{Column: 0, Desc: true}, {Column: 1, NullsFirst: true}}}
		g := newGraph(t, 3, 0)
		s := NewSort(spec, g.r)
		g.q.AddCloser(s)
		end := s.Parallel(g.q, g.end(NewBatches(in), nil, s.Input(refs(0, 1, 2))))
		var out collector
		g.end(s.Source(), nil, &out, end)
		g.run()
		var sorter sort.Sorter
		want := sorter.Order([]sort.Key{{Column: in.Cols[0], Desc: true}, {Column: in.Cols[1], NullsFirst: true}}, n)[7:]
		if len(out.rows) != len(want) {
			t.Fatalf("%d values: %d rows instead of %d", values, len(out.rows), len(want))
		}
		for i, row := range out.rows {
			at := int(want[i])
			if expected := textRow([]types.Datum{in.Cols[0].Datum(at), in.Cols[1].Datum(at), in.Cols[2].Datum(at)}); row != expected {
				t.Fatalf("%d values: row %d is %s instead of %s", values, i, row, expected)
			}
		}
	}
}

func testSort(t *testing.T, r *rand.Rand, rel *relation, spec SortSpec, workers int, limit int64) {
	all := make([]int, len(rel.ts))
	for i := range all {
		all[i] = i
	}
	g := newGraph(t, workers, limit)
	s := NewSort(spec, g.r)
	g.q.AddCloser(s)
	in := s.Parallel(g.q, g.end(rel.source(r, 1000), nil, s.Input(refs(all...))))
	var out collector
	g.end(s.Source(), nil, &out, in)
	g.run()
	if limit > 0 && len(rel.rows) > 15000 && spec.Limit < 0 && g.r.Pool.Spilled() == 0 {
		t.Error("nothing was spilled")
	}

	cols := vector.NewBatch(rel.ts).Cols
	order := make([]int, len(rel.rows))
	for i, row := range rel.rows {
		order[i] = i
		for c, d := range row {
			cols[c].AppendDatum(d)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		for _, k := range spec.Keys {
			key := sort.Key{Desc: k.Desc, NullsFirst: k.NullsFirst}
			if c := key.Compare(cols[k.Column], a, cols[k.Column], b); c != 0 {
				return c
			}
		}
		return 0
	})
	order = order[min(int(spec.Offset), len(order)):]
	if spec.Limit >= 0 {
		order = order[:min(int(spec.Limit), len(order))]
	}
	if len(out.rows) != len(order) {
		t.Fatalf("%d rows, want %d", len(out.rows), len(order))
	}
	for i, at := range order {
		if want := textRow(rel.rows[at]); out.rows[i] != want {
			t.Fatalf("row %d\ngot  %s\nwant %s", i, out.rows[i], want)
		}
	}
}

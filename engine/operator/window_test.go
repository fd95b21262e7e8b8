package operator

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/memory"
	"skep/engine/pipeline"
	"skep/engine/sort"
	"skep/engine/vector"
)

func TestPartitionedWindowAgainstModel(t *testing.T) {
	r := rand.New(rand.NewSource(7))
	for round := range 40 {
		// Partition keys, an order key, a number that makes rows distinct, a value.
		var ts []*types.Type
		parts := r.Intn(3)
		for range parts {
			ts = append(ts, keyTypes[r.Intn(len(keyTypes))])
		}
		ts = append(ts, keyTypes[r.Intn(len(keyTypes))], types.BigIntType, types.BigIntType)
		rows := []int{0, 1, 200, 2000, 3000, 36000}[r.Intn(6)]
		rel := randomRelation(r, ts, rows, []int{2, 30, 1 << 30}[r.Intn(3)])
		for i, row := range rel.rows {
			row[parts+1] = types.Datum{I: int64(i)}
		}
		spec := WindowSpec{Types: ts, Out: len(ts)}
		for i := range parts {
			spec.Partition = append(spec.Partition, i)
		}
		if r.Intn(8) > 0 {
			spec.Order = append(spec.Order, SortKey{parts, r.Intn(2) == 0, r.Intn(2) == 0})
		}
		if r.Intn(2) == 0 {
			spec.Order = append(spec.Order, SortKey{parts + 1, r.Intn(2) == 0, r.Intn(2) == 0})
		}
		spec.Calls = []WindowCall{
			{Func: "rank", Result: types.IntType},
			{Func: "dense_rank", Result: types.IntType},
			{Func: "count", Args: []int{parts + 2}, Result: types.BigIntType, Frame: plan.Frame{
				Start: plan.Bound{Kind: plan.UnboundedPreceding}, End: plan.Bound{Kind: plan.UnboundedFollowing}}},
			{Func: "sum", Args: []int{parts + 2}, Result: types.BigIntType, Frame: plan.Frame{
				Start: plan.Bound{Kind: plan.UnboundedPreceding}, End: plan.Bound{Kind: plan.CurrentRow}}},
		}
		if k := len(spec.Order); k > 0 && spec.Order[k-1].Column == parts+1 { // rows have one order
			spec.Calls = append(spec.Calls,
				WindowCall{Func: "row_number", Result: types.BigIntType},
				WindowCall{Func: "lag", Args: []int{parts + 2}, Result: types.BigIntType},
				WindowCall{Func: "lead", Args: []int{parts + 2}, Result: types.BigIntType},
				WindowCall{Func: "sum", Args: []int{parts + 2}, Result: types.BigIntType, Frame: aroundFrame()},
			)
			if r.Intn(2) == 0 { // none of them has to know the whole partition
				spec.Calls = append(spec.Calls[:2], spec.Calls[3:]...)
			}
		}
		if r.Intn(3) == 0 {
			spec.Calls = spec.Calls[:2]
			spec.Limit = &RankLimit{[]string{"row_number", "rank", "dense_rank"}[r.Intn(3)], int64(1 + r.Intn(5)*r.Intn(20))}
		}
		workers := []int{1, 3}[r.Intn(2)]
		limit := []int64{0, 1 << 20}[r.Intn(2)]
		t.Run(fmt.Sprintf("%d-%v-%d-%d-%d-%v", round, ts, rows, workers, limit, spec.Limit), func(t *testing.T) {
			testPartitionedWindow(t, r, rel, spec, parts, workers, limit)
		})
	}
}

func testPartitionedWindow(t *testing.T, r *rand.Rand, rel *relation, spec WindowSpec, parts, workers int, limit int64) {
	g := newGraph(t, workers, limit)
	all := make([]int, len(rel.ts))
	for i := range all {
		all[i] = i
	}
	w := NewPartitionedWindow(spec, g.r)
	g.q.AddCloser(w)
	in := g.end(rel.source(r, 1000), nil, w.Input(refs(all...)))
	var out collector
	g.end(w.Source(), nil, &out, in)
	unique := len(spec.Order) > 0 && spec.Order[len(spec.Order)-1].Column == parts+1
	if limit > 0 && !unique {
		if err := g.q.Run(context.Background()); errors.Is(err, memory.ErrExceeded) {
			return // too many peers
		} else if err != nil {
			t.Fatal(err)
		}
	} else {
		g.run()
	}
	if limit > 0 && len(rel.rows) > 15000 && spec.Limit == nil && g.r.Pool.Spilled() == 0 {
		t.Error("nothing was spilled")
	}

	want := naiveWindow(rel, spec, parts)
	if spec.Limit != nil && spec.Limit.Func == "row_number" && !unique {
		// Any of the rows that tie may be the ones that are kept.
		if len(out.rows) < len(want) {
			t.Fatalf("%d rows, want at least %d", len(out.rows), len(want))
		}
		return
	}
	if spec.Limit != nil {
		// Rows beyond the limit may be there or not; with what is kept of their partition their values may be anything.
		out.rows = within(out.rows, want)
	}
	sameRows(t, "window", out.rows, want)
}

// TestWindowOverCollidingHashes computes rows whose hashes tell some partitions, or all, from each other, or none.
func TestWindowOverCollidingHashes(t *testing.T) {
	r := rand.New(rand.NewSource(5))
	ts := []*types.Type{types.StringType, types.IntType, types.BigIntType, types.BigIntType}
	rel := randomRelation(r, ts, 3000, 30)
	for i, row := range rel.rows {
		row[2] = types.Datum{I: int64(i)}
	}
	spec := WindowSpec{Types: ts, Out: len(ts), Partition: []int{0}, Order: []SortKey{{1, false, true}, {2, true, true}},
		Calls: []WindowCall{{Func: "rank", Result: types.IntType}, {Func: "row_number", Result: types.BigIntType}}}
	numbers := map[string]int64{}
	for _, kinds := range []int64{1, 7, 1 << 20} {
		g := newGraph(t, 1, 0)
		w := NewPartitionedWindow(spec, g.r)
		reader, err := w.Source().Reader(&pipeline.Worker{Context: t.Context()})
		if err != nil {
			t.Fatal(err)
		}
		b := vector.NewBatch(w.divided)
		for _, row := range rel.rows {
			for c, d := range row {
				b.Cols[c].AppendDatum(d)
			}
			k := text(row[0])
			if _, ok := numbers[k]; !ok {
				numbers[k] = int64(len(numbers))
			}
			b.Cols[len(ts)].AppendDatum(types.Datum{I: numbers[k] % kinds})
		}
		var out collector
		if err := reader.(*windowReader).compute(b.Cols, len(rel.rows), collectorPart{&out}); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		sameRows(t, fmt.Sprint(kinds), out.rows, naiveWindow(rel, spec, 1))
	}
}

// within returns those of rows that are in want.
func within(rows, want []string) []string {
	set := map[string]bool{}
	for _, w := range want {
		set[w] = true
	}
	var out []string
	for _, r := range rows {
		if set[r] {
			out = append(out, r)
		}
	}
	return out
}

// naiveWindow computes the calls of the test's spec row by row; with a limit, for the rows within it only.
func naiveWindow(rel *relation, spec WindowSpec, parts int) []string {
	cols := vector.NewBatch(rel.ts).Cols
	groups := map[string][]int{}
	for i, row := range rel.rows {
		for c, d := range row {
			cols[c].AppendDatum(d)
		}
		k := textRow(row[:parts])
		groups[k] = append(groups[k], i)
	}
	compare := func(a, b int) int {
		for _, k := range spec.Order {
			key := sort.Key{Desc: k.Desc, NullsFirst: k.NullsFirst}
			if c := key.Compare(cols[k.Column], a, cols[k.Column], b); c != 0 {
				return c
			}
		}
		return 0
	}
	var out []string
	for _, rows := range groups {
		slices.SortStableFunc(rows, compare)
		var total, count int64
		for _, i := range rows {
			if !rel.rows[i][parts+2].Null {
				count++
			}
		}
		rank, dense, end := 0, 0, 0
		sum := types.NullDatum
		for k, i := range rows {
			if k == 0 || compare(rows[k-1], i) != 0 {
				rank, dense = k+1, dense+1
			}
			for ; end < len(rows) && compare(rows[end], i) <= 0; end++ {
				if d := rel.rows[rows[end]][parts+2]; !d.Null {
					total += d.I
					sum = types.Datum{I: total}
				}
			}
			if l := spec.Limit; l != nil {
				if v := map[string]int{"row_number": k + 1, "rank": rank, "dense_rank": dense}[l.Func]; int64(v) > l.N {
					continue
				}
			}
			row := slices.Clone(rel.rows[i])
			for _, c := range spec.Calls {
				near := func(from, to int) types.Datum {
					out := types.NullDatum
					for _, j := range rows[max(0, from):max(0, from, min(to+1, len(rows)))] {
						if d := rel.rows[j][parts+2]; !d.Null {
							out = types.Datum{I: out.I + d.I}
						}
					}
					return out
				}
				switch {
				case c.Func == "rank":
					row = append(row, types.Datum{I: int64(rank)})
				case c.Func == "dense_rank":
					row = append(row, types.Datum{I: int64(dense)})
				case c.Func == "row_number":
					row = append(row, types.Datum{I: int64(k + 1)})
				case c.Func == "count":
					row = append(row, types.Datum{I: count})
				case c.Func == "lag":
					row = append(row, near(k-1, k-1))
				case c.Func == "lead":
					row = append(row, near(min(k+1, len(rows)), k+1))
				case c.Frame.Rows:
					row = append(row, near(k-3, k+2))
				default:
					row = append(row, sum)
				}
			}
			out = append(out, textRow(row))
		}
	}
	return out
}

// aroundFrame is ROWS BETWEEN 3 PRECEDING AND 2 FOLLOWING.
func aroundFrame() plan.Frame {
	bound := func(k plan.BoundKind, n int64) plan.Bound {
		return plan.Bound{Kind: k, Offset: &plan.Literal{Value: types.Datum{I: n}, T: types.IntType}}
	}
	return plan.Frame{Rows: true, Start: bound(plan.Preceding, 3), End: bound(plan.Following, 2)}
}

// TestLongPartitions streams partitions that are longer than segments, or than memory.
func TestLongPartitions(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	ts := []*types.Type{types.IntType, types.IntType, types.BigIntType, types.BigIntType}
	rel := &relation{ts: ts}
	for part, n := range []int{10, 70000, 3, 40000, 500} {
		for i := range n {
			d := types.Datum{I: int64(r.Intn(100))}
			if r.Intn(10) == 0 {
				d = types.NullDatum
			}
			rel.rows = append(rel.rows, []types.Datum{{I: int64(part)}, {I: 0}, {I: int64(i)}, d})
		}
	}
	unbounded, current := plan.Bound{Kind: plan.UnboundedPreceding}, plan.Bound{Kind: plan.CurrentRow}
	local := []WindowCall{
		{Func: "row_number", Result: types.BigIntType},
		{Func: "lag", Args: []int{3}, Result: types.BigIntType},
		{Func: "lead", Args: []int{3}, Result: types.BigIntType},
		{Func: "sum", Args: []int{3}, Result: types.BigIntType, Frame: aroundFrame()},
		{Func: "sum", Args: []int{3}, Result: types.BigIntType, Frame: plan.Frame{Start: unbounded, End: current}},
	}
	ranks := []WindowCall{{Func: "rank", Result: types.IntType}, {Func: "dense_rank", Result: types.IntType}}
	whole := WindowCall{Func: "count", Args: []int{3}, Result: types.BigIntType,
		Frame: plan.Frame{Start: unbounded, End: plan.Bound{Kind: plan.UnboundedFollowing}}}
	for name, calls := range map[string][]WindowCall{
		"local": local, "ranks": ranks, "whole": {whole}, "mixed": append(append([]WindowCall{whole}, ranks...), local...),
	} {
		t.Run(name, func(t *testing.T) {
			spec := WindowSpec{Types: ts, Out: 4, Partition: []int{0}, Order: []SortKey{{Column: 2}}, Calls: calls}
			if name == "whole" {
				spec.Order = nil
			}
			g := newGraph(t, 1, 1<<20)
			var out collector
			g.end(rel.source(r, 1500), []pipeline.Operator{NewWindow(spec, refs(0, 1, 2, 3), g.r)}, &out)
			g.run()
			sameRows(t, "window", out.rows, naiveWindow(rel, spec, 1))
		})
	}
}

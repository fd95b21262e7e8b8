package operator

import (
	"fmt"
	"math/rand"
	"testing"

	"skep/dialect/types"
	"skep/engine/aggregate"
	"skep/engine/pipeline"
)

func TestHashAggregateAgainstModel(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for round := range 90 {
		var ts []*types.Type
		keys := r.Intn(4)
		for range keys {
			ts = append(ts, keyTypes[r.Intn(len(keyTypes))])
			if round%3 == 0 {
				ts[len(ts)-1] = []*types.Type{types.StringType, types.StringType, types.BigIntType, types.IntType, types.SmallIntType, types.BooleanType, types.DateType}[r.Intn(7)]
			}
		}
		ts = append(ts, types.BigIntType, types.StringType)
		n := []int{0, 1, 100, 3000, 3000, 24000}[r.Intn(6)]
		distinct := []int{2, 50, 100000}[r.Intn(3)]
		rel := randomRelation(r, ts, n, distinct)
		rel.coded = round%3 == 0
		workers := []int{1, 4}[r.Intn(2)]
		limit := []int64{0, 1 << 20}[r.Intn(2)]
		if keys == 0 {
			limit = 0
		}
		t.Run(fmt.Sprintf("%d-%v-%d-%d-%d-%d", round, ts, n, distinct, workers, limit), func(t *testing.T) {
			testAggregate(t, r, rel, keys, workers, limit)
		})
	}
}

func testAggregate(t *testing.T, r *rand.Rand, rel *relation, keys, workers int, limit int64) {
	spec := AggregateSpec{Keys: rel.ts[:keys]}
	var calls []AggregateCall
	add := func(name string, result *types.Type, args ...int) {
		var ts []*types.Type
		for _, a := range args {
			ts = append(ts, rel.ts[a])
		}
		f, err := aggregate.New(name, ts, result)
		if err != nil {
			t.Fatal(err)
		}
		calls = append(calls, AggregateCall{Function: len(spec.Functions), Args: args})
		spec.Functions = append(spec.Functions, f)
		spec.Results = append(spec.Results, result)
	}
	add("count", types.BigIntType)
	add("sum", types.BigIntType, keys)
	add("count", types.BigIntType, keys+1)
	add("max", types.StringType, keys+1)

	var cols []int
	for i := range rel.ts {
		cols = append(cols, i)
	}
	g := newGraph(t, workers, limit)
	h := NewHashAggregate(spec, g.r)
	g.q.AddCloser(h)
	in := g.end(rel.source(r, 1500), nil, h.Input(refs(cols...), calls))
	var out collector
	g.end(h.Source(), nil, &out, in)
	g.run()
	if limit > 0 && len(out.rows) > 20000 && g.r.Pool.Spilled() == 0 {
		t.Error("nothing was spilled")
	}

	type state struct {
		key            []types.Datum
		n, sum, count  int64
		seen, seenText bool
		most           string
	}
	groups := map[string]*state{}
	var order []*state
	if keys == 0 {
		s := &state{}
		groups[""] = s
		order = append(order, s)
	}
	for _, row := range rel.rows {
		k := textRow(row[:keys])
		s := groups[k]
		if s == nil {
			s = &state{key: row[:keys]}
			groups[k] = s
			order = append(order, s)
		}
		s.n++
		if !row[keys].Null {
			s.sum += row[keys].I
			s.seen = true
		}
		if d := row[keys+1]; !d.Null {
			s.count++
			if !s.seenText || d.S > s.most {
				s.most, s.seenText = d.S, true
			}
		}
	}
	var want []string
	for _, s := range order {
		row := append(append([]types.Datum(nil), s.key...), types.Datum{I: s.n}, types.Datum{Null: !s.seen, I: s.sum},
			types.Datum{I: s.count}, types.Datum{Null: !s.seenText, S: s.most})
		want = append(want, textRow(row))
	}
	sameRows(t, "groups", out.rows, want)
}

func TestExpandAndEmptyGroup(t *testing.T) {
	g := newGraph(t, 1, 0)
	sets := []GroupingSet{{Null: []bool{false}, ID: 0}, {Null: []bool{true}, ID: 1}}
	count, err := aggregate.New("count", nil, types.BigIntType)
	if err != nil {
		t.Fatal(err)
	}
	spec := AggregateSpec{
		Keys: []*types.Type{types.IntType, types.BigIntType}, Functions: []aggregate.Function{count},
		Results: []*types.Type{types.BigIntType}, Empty: []types.Datum{types.NullDatum, {I: 1}},
	}
	for _, rel := range []*relation{
		{ts: []*types.Type{types.IntType}, rows: [][]types.Datum{{{I: 7}}, {types.NullDatum}, {{I: 7}}}},
		{ts: []*types.Type{types.IntType}},
	} {
		h := NewHashAggregate(spec, g.r)
		g.q.AddCloser(h)
		in := g.end(rel.source(rand.New(rand.NewSource(1)), 9), []pipeline.Operator{NewExpand(spec.Keys[:1], sets)},
			h.Input(refs(0, 1), []AggregateCall{{Function: 0}}))
		var out collector
		g.end(h.Source(), nil, &out, in)
		g.run()
		want := []string{textRow([]types.Datum{types.NullDatum, {I: 1}, {I: 0}})}
		if len(rel.rows) > 0 {
			want = []string{
				textRow([]types.Datum{types.NullDatum, {I: 1}, {I: 3}}), textRow([]types.Datum{types.NullDatum, {I: 0}, {I: 1}}),
				textRow([]types.Datum{{I: 7}, {I: 0}, {I: 2}}),
			}
		}
		sameRows(t, "groups", out.rows, want)
		g = newGraph(t, 1, 0)
	}
}

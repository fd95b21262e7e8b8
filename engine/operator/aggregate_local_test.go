package operator

import (
	"fmt"
	"math/rand"
	"testing"

	"skep/dialect/types"
	"skep/engine/aggregate"
	"skep/engine/pipeline"
	"skep/engine/vector"
)

// What a local aggregation hands on has, grouped again, the groups of its input. It is hardly more rows than these when keys are few, and
// the rows are not grouped in vain when keys are all different. Each kind of table, of strings and of their symbols, may hand its groups on.
func TestLocalAggregateAgainstModel(t *testing.T) {
	r := rand.New(rand.NewSource(4))
	for round, c := range []struct {
		rows, distinct int
		least, most    int // rows handed on, when there is memory
	}{{0, 1, 0, 0}, {3000, 10, 1, 22}, {60000, 40, 1, 82}, {60000, 1 << 40, 50000, 60000}, {90000, 30000, 30000, 90000}} {
		for _, limit := range []int64{0, 1 << 20} {
			t.Run(fmt.Sprint(round, limit), func(t *testing.T) { testLocalAggregate(t, r, c.rows, c.distinct, c.least, c.most, limit) })
		}
	}
}

func testLocalAggregate(t *testing.T, r *rand.Rand, rows, distinct, least, most int, limit int64) {
	rel := &relation{ts: []*types.Type{types.BigIntType, types.StringType, types.BigIntType}}
	for range rows {
		k := r.Intn(distinct)
		rel.rows = append(rel.rows, []types.Datum{{I: int64(k), Null: k%8 == 7}, {S: fmt.Sprint("key ", k)}, {I: r.Int63n(1000)}})
	}
	var spec AggregateSpec
	for _, name := range []string{"sum", "count"} {
		f, err := aggregate.New(name, rel.ts[2:], types.BigIntType)
		if err != nil {
			t.Fatal(err)
		}
		spec.Functions = append(spec.Functions, f)
		spec.Results = append(spec.Results, types.BigIntType)
	}
	spec.Keys = rel.ts[:2]
	calls := []AggregateCall{{Function: 0, Args: []int{2}}, {Function: 1, Args: []int{2}}}
	g := newGraph(t, 1, limit)
	l, h := NewLocalAggregate(spec, refs(0, 1, 2), calls, g.r), NewHashAggregate(spec, g.r)
	g.q.AddCloser(l)
	g.q.AddCloser(h)
	passed := &rowCounter{}
	merge := []AggregateCall{{Function: 0, Merge: true, Args: []int{2}}, {Function: 1, Merge: true, Args: []int{3}}}
	in := g.end(NewBatches(rel.batches(r, 1500)...), []pipeline.Operator{l, passed}, h.Input(refs(0, 1, 2, 3), merge))
	var out collector
	g.end(h.Source(), nil, &out, in)
	g.run()
	if limit == 0 && (passed.rows < least || passed.rows > most) {
		t.Errorf("%d rows were handed on, not %d to %d", passed.rows, least, most)
	}
	type group struct{ sum, count int64 }
	groups := map[string]*group{}
	for _, row := range rel.rows {
		k := textRow(row[:2])
		if groups[k] == nil {
			groups[k] = &group{}
		}
		groups[k].sum += row[2].I
		groups[k].count++
	}
	var want []string
	for _, row := range rel.rows {
		if x := groups[textRow(row[:2])]; x != nil {
			want = append(want, textRow([]types.Datum{row[0], row[1], {I: x.sum}, {I: x.count}}))
			delete(groups, textRow(row[:2]))
		}
	}
	sameRows(t, "groups", out.rows, want)
}

// rowCounter counts the rows that pass by.
type rowCounter struct{ rows int }

func (c *rowCounter) Processor(_ *pipeline.Worker, next pipeline.Processor) (pipeline.Processor, error) {
	return &countingProcessor{c, next}, nil
}

type countingProcessor struct {
	counter *rowCounter
	pipeline.Processor
}

func (p *countingProcessor) Push(b *vector.Batch) error {
	p.counter.rows += b.Rows()
	return p.Processor.Push(b)
}

func (p *countingProcessor) Finish() error { return nil }

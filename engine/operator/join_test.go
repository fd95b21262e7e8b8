package operator

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"testing"

	"skep/dialect/types"
	"skep/engine/memory"
	"skep/engine/pipeline"
	"skep/engine/sort"
	"skep/engine/vector"
)

// truth of a three-valued condition.
type truth int8

const (
	isFalse truth = iota
	isNull
	isTrue
)

// joinCase is a random join: keys are the leading columns of both sides; a residual compares the last ones.
type joinCase struct {
	kind         JoinKind
	probe, build *relation
	keys         int
	nullSafe     []bool
	residual     bool
	ranges       []rangeCond // for joins without keys
}

// rangeCond compares column at of both sides.
type rangeCond struct {
	at            int
	below, strict bool // the build value is below the probe's; they must not be equal
}

func (c rangeCond) truth(t *types.Type, p, b types.Datum) truth {
	if p.Null || b.Null {
		return isNull
	}
	x, y := vector.New(t, 0), vector.New(t, 0)
	x.AppendDatum(p)
	y.AppendDatum(b)
	d := sort.Key{}.Compare(y, 0, x, 0)
	if !c.below {
		d = -d
	}
	if d < 0 || d == 0 && !c.strict {
		return isTrue
	}
	return isFalse
}

func (c *joinCase) cond(p, b []types.Datum) truth {
	out := isTrue
	for i := range c.keys {
		var t truth
		switch {
		case c.nullSafe[i]:
			if text(p[i]) == text(b[i]) {
				t = isTrue
			}
		case p[i].Null || b[i].Null:
			t = isNull
		case text(p[i]) == text(b[i]):
			t = isTrue
		}
		out = min(out, t)
	}
	if c.residual {
		out = min(out, residualTruth(p[len(p)-1], b[len(b)-1]))
	}
	for _, r := range c.ranges {
		out = min(out, r.truth(c.probe.ts[r.at], p[r.at], b[r.at]))
	}
	return out
}

func residualTruth(p, b types.Datum) truth {
	switch {
	case p.Null || b.Null:
		return isNull
	case p.I < b.I:
		return isTrue
	}
	return isFalse
}

// model computes the join row by row; tooMany says that a single join must fail.
func (c *joinCase) model() (want []string, tooMany bool) {
	matched := make([]bool, len(c.build.rows))
	nulls := func(ts []*types.Type) []types.Datum {
		out := make([]types.Datum, len(ts))
		for i := range out {
			out[i] = types.NullDatum
		}
		return out
	}
	join := func(p, b []types.Datum) string { return textRow(append(append([]types.Datum(nil), p...), b...)) }
	for _, p := range c.probe.rows {
		best, hits := isFalse, 0
		for i, b := range c.build.rows {
			t := c.cond(p, b)
			best = max(best, t)
			if t != isTrue {
				continue
			}
			hits++
			matched[i] = true
			if c.kind.pairsOut() {
				want = append(want, join(p, b))
			}
		}
		switch c.kind {
		case JoinProbeOuter, JoinFullOuter, JoinSingle:
			if hits == 0 {
				want = append(want, join(p, nulls(c.build.ts)))
			}
			tooMany = tooMany || hits > 1
		case JoinProbeSemi:
			if hits > 0 {
				want = append(want, textRow(p))
			}
		case JoinProbeAnti:
			if hits == 0 {
				want = append(want, textRow(p))
			}
		case JoinNullAwareAnti:
			if best == isFalse {
				want = append(want, textRow(p))
			}
		case JoinMark:
			want = append(want, join(p, []types.Datum{{I: int64(min(hits, 1))}}))
		case JoinNullAwareMark:
			want = append(want, join(p, []types.Datum{{Null: best == isNull, I: int64(best / 2)}}))
		}
	}
	for i, b := range c.build.rows {
		switch {
		case c.kind == JoinBuildSemi && matched[i], c.kind == JoinBuildAnti && !matched[i]:
			want = append(want, textRow(b))
		case (c.kind == JoinBuildOuter || c.kind == JoinFullOuter) && !matched[i]:
			want = append(want, join(nulls(c.probe.ts), b))
		}
	}
	return want, tooMany && c.kind == JoinSingle
}

// exactCondition computes the case's condition over probe and build columns.
type exactCondition struct{ c *joinCase }

func (e exactCondition) Run(b *vector.Batch) ([]*vector.Vector, error) {
	v := vector.New(types.BooleanType, 0)
	for i := range b.N {
		row := make([]types.Datum, len(b.Cols))
		for k, c := range b.Cols {
			row[k] = c.Datum(i)
		}
		n := len(e.c.probe.ts)
		t := e.c.cond(row[:n], row[n:])
		v.AppendDatum(types.Datum{Null: t == isNull, I: int64(t / 2)})
	}
	return []*vector.Vector{v}, nil
}

func TestHashJoinAgainstModel(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	spilled := 0
	for round := range 150 {
		c := &joinCase{kind: JoinKind(r.Intn(int(JoinSingle) + 1)), keys: r.Intn(4), residual: r.Intn(3) == 0}
		var ts []*types.Type
		integers := r.Intn(2) == 0
		for range c.keys {
			kt := keyTypes[r.Intn(len(keyTypes))]
			if integers {
				kt = types.BigIntType
			}
			ts = append(ts, kt)
			c.nullSafe = append(c.nullSafe, r.Intn(6) == 0)
		}
		ts = append(ts, types.StringType, types.IntType)
		distinct := []int{3, 30, 1000, 1 << 40}[r.Intn(4)]
		size := []int{0, 1, 20, 400}
		c.probe = randomRelation(r, ts, size[r.Intn(4)], distinct)
		c.build = randomRelation(r, ts, size[r.Intn(4)], distinct)
		if distinct > 1000 {
			// Wide ranges, but matches.
			for _, b := range c.build.rows {
				if len(c.probe.rows) > 0 && r.Intn(2) == 0 {
					copy(b, c.probe.rows[r.Intn(len(c.probe.rows))][:c.keys])
				}
			}
		}
		workers := []int{1, 4}[r.Intn(2)]
		limit := int64(0)
		if r.Intn(2) == 0 && c.keys > 0 && !c.wantsExact() {
			limit = 1 << 14
		}
		t.Run(fmt.Sprintf("%d-kind%d-%v-%d-%d-%d", round, c.kind, ts, len(c.probe.rows), len(c.build.rows), limit), func(t *testing.T) {
			if testJoin(t, r, c, workers, limit) {
				spilled++
			}
		})
	}
	if spilled < 5 {
		t.Errorf("only %d joins spilled", spilled)
	}
}

func TestRangeJoinAgainstModel(t *testing.T) {
	r := rand.New(rand.NewSource(5))
	kinds := []JoinKind{JoinInner, JoinInner, JoinProbeOuter, JoinBuildOuter, JoinFullOuter, JoinProbeSemi, JoinProbeAnti, JoinBuildSemi,
		JoinBuildAnti, JoinMark, JoinSingle}
	for round := range 120 {
		c := &joinCase{kind: kinds[r.Intn(len(kinds))]}
		var ts []*types.Type
		for range 3 {
			ts = append(ts, []*types.Type{
				types.IntType, types.BigIntType, types.DoubleType, types.StringType, types.NewDecimal(30, 2), types.TimestampType,
			}[r.Intn(6)])
		}
		distinct := []int{3, 100, 1 << 40}[r.Intn(3)]
		size := []int{0, 1, 20, 300}
		c.probe = randomRelation(r, ts, size[r.Intn(4)], distinct)
		c.build = randomRelation(r, ts, []int{0, 1, 20, 300, 1000}[r.Intn(5)], distinct)
		for range 1 + r.Intn(3) {
			c.ranges = append(c.ranges, rangeCond{at: r.Intn(3), below: r.Intn(2) == 0, strict: r.Intn(2) == 0})
		}
		if r.Intn(3) == 0 { // two bounds of one value
			a := c.ranges[0]
			c.ranges = append([]rangeCond{{at: a.at, below: !a.below}}, c.ranges...)
		}
		workers := []int{1, 4}[r.Intn(2)]
		t.Run(fmt.Sprintf("%d-kind%d-%v-%d-%d-%v", round, c.kind, ts, len(c.probe.rows), len(c.build.rows), c.ranges), func(t *testing.T) {
			testJoin(t, r, c, workers, 0)
		})
	}
}

// wantsExact reports whether null-aware kinds need the whole condition.
func (c *joinCase) wantsExact() bool {
	return (c.kind == JoinNullAwareAnti || c.kind == JoinNullAwareMark) && (c.keys != 1 || c.residual || c.nullSafe[0])
}

func testJoin(t *testing.T, r *rand.Rand, c *joinCase, workers int, limit int64) (spilled bool) {
	spec := JoinSpec{Name: "join", Kind: c.kind, BuildTypes: c.build.ts, ProbeTypes: c.probe.ts, NullSafe: c.nullSafe}
	var all []int
	for i := range c.build.ts {
		all = append(all, i)
	}
	spec.BuildOut, spec.BuildKeys = all, all[:c.keys]
	spec.ProbeKeys = refs(all[:c.keys]...)
	if c.residual {
		n := len(c.probe.ts)
		spec.Residual = rowCondition(func(row []types.Datum) bool {
			return residualTruth(row[n-1], row[len(row)-1]) == isTrue
		})
	}
	if len(c.ranges) > 0 {
		var probes []int
		for i, k := range c.ranges[:min(2, len(c.ranges))] {
			spec.Ranges = append(spec.Ranges, RangeKey{Probe: i, Build: k.at, Below: k.below})
			probes = append(probes, k.at)
		}
		spec.RangeProbes = refs(probes...)
		n := len(c.probe.ts)
		spec.Residual = rowCondition(func(row []types.Datum) bool { return c.cond(row[:n], row[n:]) == isTrue })
	}
	if c.wantsExact() {
		spec.Exact = func() Evaluator { return exactCondition{c} }
	}
	g := newGraph(t, workers, limit)
	j := NewHashJoin(spec, g.r)
	g.r.MinSpill = 1 << 10
	g.q.AddCloser(j)
	built := g.end(c.build.source(r, 50), nil, j.Build(refs(all...)))
	var out collector
	probed := g.end(c.probe.source(r, 100), []pipeline.Operator{j.Probe()}, &out, built)
	if c.kind.emitsBuild() {
		g.end(j.BuildSource(), nil, &out, probed)
	}
	g.end(j.SpilledSource(), nil, &out, probed)
	want, tooMany := c.model()
	if tooMany {
		if err := g.q.Run(context.Background()); !errors.Is(err, ErrMoreThanOneRow) {
			t.Fatalf("got error %v, want too many rows", err)
		}
		return false
	}
	if err := g.q.Run(context.Background()); errors.Is(err, memory.ErrExceeded) && limit > 0 {
		return false // many equal keys cannot be divided
	} else if err != nil {
		t.Fatal(err)
	}
	sameRows(t, "join", out.rows, want)
	return g.r.Pool.Spilled() > 0
}

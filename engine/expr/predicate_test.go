package expr

import (
	"math/rand"
	"testing"

	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/function"
	"skep/engine/vector"
)

// statistics describe the rows of a column like a file's footer; bounds leave NaN out.
func statistics(v *vector.Vector, n int) *format.ColumnStats {
	s := &format.ColumnStats{Type: v.Type, Rows: int64(n)}
	for i := range n {
		d := v.Datum(i)
		switch {
		case d.Null:
			s.Nulls++
			continue
		case d.F != d.F:
			continue
		}
		if !s.HasMinMax || order(v.Type, d, s.Min) < 0 {
			s.Min = d
		}
		if !s.HasMinMax || order(v.Type, d, s.Max) > 0 {
			s.Max = d
		}
		s.HasMinMax = true
	}
	return s
}

// TestPredicates checks that a reader's predicate selects what the filter does, and never denies that a run of rows with some
// selected row may match.
func TestPredicates(t *testing.T) {
	r := rand.New(rand.NewSource(11))
	g := &generator{r: r, cols: columns()}
	pruned := 0
	for range 4000 {
		col := g.cols[r.Intn(len(g.cols))]
		ref := plan.NewColumnRef(col)
		var cond plan.Expr
		comparison := func() plan.Expr {
			return call(g.pick("=", "<>", "<", "<=", ">", ">="), types.BooleanType, ref, g.literal(col.Type))
		}
		switch r.Intn(6) {
		case 0:
			cond = call("in", types.BooleanType, ref, g.literal(col.Type), g.literal(col.Type))
		case 1:
			cond = call(g.pick("isnull", "isnotnull"), types.BooleanType, ref)
		case 2:
			cond = call("and", types.BooleanType, comparison(), comparison())
		case 3:
			cond = call("or", types.BooleanType, comparison(), comparison())
		case 4:
			cond = call("not", types.BooleanType, comparison())
		default:
			cond = comparison()
		}
		refs := plan.ColumnSet{}
		plan.Refs(cond, refs)
		p, ok := CompilePredicate(testEnv, cond, col.ID, 3)
		if !ok {
			t.Fatalf("%v makes no predicate", cond)
		}
		if p.Column() != 3 {
			t.Fatal("wrong column")
		}
		n := 1 + r.Intn(20)
		v := randomVector(r, col.Type, n)
		got := p.Select(v, nil, n, make([]uint16, n))
		f, err := CompileFilter(testEnv, cond, Layout{col.ID: 0})
		if err != nil {
			t.Fatal(err)
		}
		want, err := f.NewEvaluator().Select(&vector.Batch{N: n, Cols: []*vector.Vector{v}})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Fatalf("%v: predicate selects %v, filter %v", cond, got, want)
		}
		rows := vector.New(col.Type, 0)
		(function.Rows{N: n}).Each(func(i int) { rows.AppendDatum(v.Datum(i)) })
		may := p.MayMatch(statistics(rows, n))
		if !may && len(want) > 0 {
			t.Fatalf("%v: denied for rows of which %d match", cond, len(want))
		}
		if !may {
			pruned++
		}
		if d, ok := p.BloomValue(); ok {
			for _, i := range got {
				if order(col.Type, v.Datum(int(i)), d) != 0 {
					t.Fatalf("%v: selects a value other than %v", cond, d)
				}
			}
		}
	}
	if pruned < 100 {
		t.Errorf("only %d of 4000 predicates excluded their rows", pruned)
	}
}

package optimizer

import (
	"fmt"
	"math/bits"
	"slices"

	"skep/dialect/plan"
	"skep/dialect/types"
)

// preaggregate computes grouping sets from each other instead of from the rows: the rows are grouped by all keys once, and
// every set is grouped from the smallest set computed before that has its keys (Gray et al. 1997, "Data Cube"). It applies
// when every aggregate can be put together from partial ones.
func (o *optimizer) preaggregate(n plan.Node) (plan.Node, error) {
	return rewriteNodes(n, func(n plan.Node) (plan.Node, error) {
		a, ok := n.(*plan.Aggregate)
		if !ok || len(a.GroupingSets) < 2 || len(a.Keys) == 0 || len(a.Keys) > 63 {
			return n, nil
		}
		d := o.divide(a.Aggs)
		if d == nil || repeated(a.GroupingSets) {
			return n, nil
		}
		return o.cube(a, d), nil
	})
}

func keyMask(set []int) (m uint64) {
	for _, k := range set {
		m |= 1 << k
	}
	return m
}

func repeated(sets [][]int) bool {
	seen := map[uint64]bool{}
	for _, s := range sets {
		if seen[keyMask(s)] {
			return true
		}
		seen[keyMask(s)] = true
	}
	return false
}

// level is one grouping set as a shared subplan: a column per key of the set, then the partial aggregates.
type level struct {
	mask uint64
	def  *plan.SharedDef
}

// cube returns the union of the sets of a.
func (o *optimizer) cube(a *plan.Aggregate, d *division) plan.Node {
	inner := &plan.Aggregate{Input: a.Input, Aggs: d.partial}
	for _, k := range a.Keys {
		inner.Keys = append(inner.Keys, plan.Assign{Column: o.newColumn(k.Column.Name, k.Column.Type), Expr: k.Expr})
	}
	all := uint64(1)<<len(a.Keys) - 1
	levels := []level{{all, o.newShared("groups", inner)}}
	order := append([][]int(nil), a.GroupingSets...)
	slices.SortStableFunc(order, func(x, y []int) int { return len(y) - len(x) })
	u := &plan.Union{}
	for _, k := range a.Keys {
		u.Cols = append(u.Cols, k.Column)
	}
	if a.GroupingID.ID != 0 {
		u.Cols = append(u.Cols, a.GroupingID)
	}
	// The union's aggregate columns are the second step's results, which the final expressions use.
	for _, c := range d.combine {
		u.Cols = append(u.Cols, c.Column)
	}
	for _, set := range order {
		mask := keyMask(set)
		l := levels[0]
		if mask != all {
			l = level{mask, o.newShared("groups", o.coarser(a, d, smallestParent(levels, mask), mask))}
			levels = append(levels, l)
		}
		p, ids := o.unionBranch(a, d, l)
		u.All = append(u.All, p)
		u.Sources = append(u.Sources, ids)
	}
	p := &plan.Project{Input: u}
	for _, c := range u.Cols[:len(u.Cols)-len(d.combine)] {
		p.Exprs = append(p.Exprs, plan.Assign{Column: c, Expr: plan.NewColumnRef(c)})
	}
	p.Exprs = append(p.Exprs, d.final...)
	return p
}

func (o *optimizer) newShared(name string, n plan.Node) *plan.SharedDef {
	o.nextShared++
	return &plan.SharedDef{ID: o.nextShared, Name: fmt.Sprint(name, o.nextShared), Plan: n}
}

// smallestParent returns the level with the fewest keys that has all keys of mask.
func smallestParent(levels []level, mask uint64) level {
	best := levels[0]
	for _, l := range levels {
		if l.mask&mask == mask && bits.OnesCount64(l.mask) < bits.OnesCount64(best.mask) {
			best = l
		}
	}
	return best
}

// refer makes a reference to a level with columns of its own.
func (o *optimizer) refer(l level) *plan.Shared {
	s := &plan.Shared{Def: l.def}
	for _, c := range l.def.Plan.Columns() {
		s.Cols = append(s.Cols, o.newColumn(c.Name, c.Type))
	}
	return s
}

// coarser groups a level by the keys of mask. The grand total has a row even for no input, as in Hive.
func (o *optimizer) coarser(a *plan.Aggregate, d *division, from level, mask uint64) plan.Node {
	s := o.refer(from)
	g := &plan.Aggregate{Input: s}
	at := 0
	for k := range a.Keys {
		if from.mask&(1<<k) == 0 {
			continue
		}
		if c := s.Cols[at]; mask&(1<<k) != 0 {
			g.Keys = append(g.Keys, plan.Assign{Column: o.newColumn(c.Name, c.Type), Expr: plan.NewColumnRef(c)})
		}
		at++
	}
	values := s.Cols[len(s.Cols)-len(d.combine):]
	for i, c := range d.combine {
		g.Aggs = append(g.Aggs, plan.AggCall{
			Column: o.newColumn(c.Column.Name, c.Column.Type), Func: c.Func, Args: []plan.Expr{plan.NewColumnRef(values[i])},
		})
	}
	return g
}

// unionBranch gives a level the columns of the union: NULL for the keys that it lacks.
func (o *optimizer) unionBranch(a *plan.Aggregate, d *division, l level) (plan.Node, []plan.ColumnID) {
	s := o.refer(l)
	p := &plan.Project{Input: s}
	var ids []plan.ColumnID
	add := func(name string, t *types.Type, e plan.Expr) {
		c := o.newColumn(name, t)
		p.Exprs = append(p.Exprs, plan.Assign{Column: c, Expr: e})
		ids = append(ids, c.ID)
	}
	at, id := 0, int64(0)
	for k, key := range a.Keys {
		var e plan.Expr = &plan.Literal{Value: types.NullDatum, T: key.Column.Type}
		if l.mask&(1<<k) != 0 {
			e = plan.NewColumnRef(s.Cols[at])
			at++
		} else {
			id |= 1 << (len(a.Keys) - 1 - k)
		}
		add(key.Column.Name, key.Column.Type, e)
	}
	if a.GroupingID.ID != 0 {
		add(a.GroupingID.Name, a.GroupingID.Type, &plan.Literal{Value: types.Datum{I: id}, T: a.GroupingID.Type})
	}
	for _, c := range s.Cols[len(s.Cols)-len(d.combine):] {
		add(c.Name, c.Type, plan.NewColumnRef(c))
	}
	return p, ids
}

// finalProject computes the columns of a from the second step.
func finalProject(a, outer *plan.Aggregate, d *division) plan.Node {
	p := &plan.Project{Input: outer}
	for _, k := range a.Keys {
		p.Exprs = append(p.Exprs, plan.Assign{Column: k.Column, Expr: plan.NewColumnRef(k.Column)})
	}
	if a.GroupingID.ID != 0 {
		p.Exprs = append(p.Exprs, plan.Assign{Column: a.GroupingID, Expr: plan.NewColumnRef(a.GroupingID)})
	}
	p.Exprs = append(p.Exprs, d.final...)
	return p
}

// division is a list of aggregates in two steps: partial ones over the rows, those that combine partial results, and the
// expressions that give the original values.
type division struct {
	partial, combine []plan.AggCall
	final            []plan.Assign
}

// divide returns the division of aggregates, or nil when one of them cannot be put together from partial results.
func (o *optimizer) divide(aggs []plan.AggCall) *division {
	d := &division{}
	// two adds an aggregate to the first step and one that combines its results to the second.
	two := func(name string, t *types.Type, args []plan.Expr, combine string) plan.Column {
		c := o.newColumn(name, t)
		d.partial = append(d.partial, plan.AggCall{Column: c, Func: name, Args: args})
		r := o.newColumn(name, t)
		d.combine = append(d.combine, plan.AggCall{Column: r, Func: combine, Args: []plan.Expr{plan.NewColumnRef(c)}})
		return r
	}
	for _, g := range aggs {
		if g.Distinct {
			return nil
		}
		var e plan.Expr
		switch g.Func {
		case "sum", "min", "max":
			if g.Func == "sum" && g.Column.Type.Physical() == types.F64 {
				return nil // floating-point sums depend on the order of additions
			}
			e = plan.NewColumnRef(two(g.Func, g.Column.Type, g.Args, g.Func))
		case "count":
			e = countOf(two("count", types.BigIntType, g.Args, "sum"))
		case "avg":
			if e = o.average(g, two); e == nil {
				return nil
			}
		default:
			return nil
		}
		d.final = append(d.final, plan.Assign{Column: g.Column, Expr: e})
	}
	return d
}

// countOf is the sum of counts; no rows at all count 0.
func countOf(c plan.Column) plan.Expr {
	zero := &plan.Literal{Value: types.Datum{}, T: types.BigIntType}
	return &plan.Call{Func: "coalesce", Args: []plan.Expr{plan.NewColumnRef(c), zero}, T: types.BigIntType}
}

// average divides the sum by the count, with one rounding to the type of the average; nil when the argument is of another
// type than integers and decimals, whose sums do not depend on the order of the rows. Sums of bigints could overflow where an
// average does not.
func (o *optimizer) average(g plan.AggCall, two func(string, *types.Type, []plan.Expr, string) plan.Column) plan.Expr {
	args := g.Args
	if c, ok := args[0].(*plan.Call); ok && c.Func == "cast" && c.T.Kind == types.BigInt && c.Args[0].Type().IsInteger() {
		args = c.Args // averages of integers are asked for as averages of bigints
	}
	arg := args[0].Type()
	cast := func(e plan.Expr, t *types.Type) plan.Expr {
		return &plan.Call{Func: "cast", Args: []plan.Expr{e}, T: t}
	}
	switch {
	case arg.IsInteger() && arg.Kind != types.BigInt && g.Column.Type.Kind == types.Double:
		sum := plan.NewColumnRef(two("sum", types.BigIntType, args, "sum"))
		count := plan.NewColumnRef(two("count", types.BigIntType, args, "sum"))
		return &plan.Call{Func: "/", Args: []plan.Expr{cast(sum, types.DoubleType), cast(count, types.DoubleType)}, T: types.DoubleType}
	case arg.Kind == types.Decimal && g.Column.Type.Kind == types.Decimal:
		t := types.NewDecimal(min(types.MaxPrecision, arg.Precision+10), arg.Scale)
		sum := plan.NewColumnRef(two("sum", t, args, "sum"))
		count := plan.NewColumnRef(two("count", types.BigIntType, args, "sum"))
		return &plan.Call{Func: "/", Args: []plan.Expr{sum, cast(count, types.NewDecimal(19, 0))}, T: g.Column.Type}
	}
	return nil
}

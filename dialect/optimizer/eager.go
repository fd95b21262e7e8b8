package optimizer

import "skep/dialect/plan"

// minReduction is how many rows a group must stand for on average before grouping below a join pays.
const minReduction = 3

// eagerAggregate groups the rows of a join's large side before it is joined to tables that only supply grouping columns
// (Yan and Larson 1995, "eager group-by"): the large side is grouped by its join columns, few integers, and only the groups are
// joined and grouped again by the long names that the query asks for.
func (o *optimizer) eagerAggregate(n plan.Node) (plan.Node, error) {
	return rewriteNodes(n, func(n plan.Node) (plan.Node, error) {
		a, ok := n.(*plan.Aggregate)
		if !ok || len(a.GroupingSets) > 0 || len(a.Keys) == 0 {
			return n, nil
		}
		if j, ok := a.Input.(*plan.Join); !ok || j.Kind != plan.InnerJoin {
			return n, nil
		}
		if r := o.aggregateEarly(a); r != nil {
			return r, nil
		}
		return n, nil
	})
}

// innerGroup is a tree of inner joins taken apart.
type innerGroup struct {
	leaves []plan.Node
	sets   []plan.ColumnSet
	conds  []plan.Expr
}

func (g *innerGroup) take(n plan.Node) {
	if j, ok := n.(*plan.Join); ok && j.Kind == plan.InnerJoin {
		g.conds = append(g.conds, joinCondition(j)...)
		g.take(j.Left)
		g.take(j.Right)
		return
	}
	g.leaves = append(g.leaves, n)
	g.sets = append(g.sets, plan.OutputSet(n))
}

// aggregateEarly returns the aggregation in two steps with the best choice of tables to be joined between them, or nil.
func (o *optimizer) aggregateEarly(a *plan.Aggregate) plan.Node {
	g := &innerGroup{}
	g.take(a.Input)
	if len(g.leaves) < 2 || len(g.leaves) > maxExhaustive {
		return nil
	}
	args, keys := plan.ColumnSet{}, plan.ColumnSet{}
	for _, c := range a.Aggs {
		for _, e := range c.Args {
			if !o.deterministic(e) { // it would be evaluated for other rows
				return nil
			}
		}
		if cond := conditionalOf(c); cond != nil {
			for _, e := range cond.conds {
				plan.Refs(e, keys)
			}
			for _, e := range cond.values {
				plan.Refs(e, args)
			}
			continue
		}
		for _, e := range c.Args {
			plan.Refs(e, args)
		}
	}
	for _, c := range g.conds {
		if !o.deterministic(c) {
			return nil
		}
	}
	for _, k := range a.Keys {
		if !o.deterministic(k.Expr) {
			return nil
		}
		plan.Refs(k.Expr, keys)
	}
	var late uint64 // tables that supply grouping columns and nothing else, and do not thin out the rows
	for i, leaf := range g.leaves {
		s, isScan := leaf.(*plan.Scan)
		if isScan && len(s.Filter) == 0 && intersects(keys, g.sets[i]) && !intersects(args, g.sets[i]) {
			late |= 1 << i
		}
	}
	if late == 0 || late == 1<<len(g.leaves)-1 {
		return nil
	}
	choices := []uint64{late}
	for i := range g.leaves {
		if late&(1<<i) != 0 && late != 1<<i {
			choices = append(choices, 1<<i)
		}
	}
	var best plan.Node
	bestGain := 0.0
	for _, c := range choices {
		node, gain := o.splitAt(a, g, c)
		if node != nil && gain > bestGain {
			best, bestGain = node, gain
		}
	}
	return best
}

func intersects(a, b plan.ColumnSet) bool {
	for id := range a {
		if b.Has(id) {
			return true
		}
	}
	return false
}

// splitAt builds the two-step form in which the leaves in late are joined after the first step. The gain is the number of rows
// that the second step and its joins are spared.
func (o *optimizer) splitAt(a *plan.Aggregate, g *innerGroup, late uint64) (plan.Node, float64) {
	lateCols := plan.ColumnSet{}
	for i, set := range g.sets {
		if late&(1<<i) != 0 {
			for id := range set {
				lateCols.Add(id)
			}
		}
	}
	pass := plan.ColumnSet{} // columns of the first step that are needed later
	for _, k := range a.Keys {
		plan.Refs(k.Expr, pass)
	}
	var within, after []plan.Expr
	for _, c := range g.conds {
		if refersAny(c, lateCols) {
			after = append(after, c)
			plan.Refs(c, pass)
		} else {
			within = append(within, c)
		}
	}
	var core plan.Node
	for i, leaf := range g.leaves {
		if late&(1<<i) != 0 {
			continue
		}
		if core == nil {
			core = leaf
			continue
		}
		core = &plan.Join{Kind: plan.InnerJoin, Left: core, Right: leaf}
	}
	core = filtered(core, within)
	// The joins in a good order, for the estimate and for good.
	core = o.reorder(o.push(core, nil))
	d := o.divideAt(a.Aggs, lateCols)
	if d == nil {
		return nil, 0
	}
	inner := &plan.Aggregate{Input: core, Aggs: d.partial}
	for _, c := range core.Columns() {
		if pass.Has(c.ID) {
			inner.Keys = append(inner.Keys, plan.Assign{Column: c, Expr: plan.NewColumnRef(c)})
		}
	}
	if len(inner.Keys) == 0 {
		return nil, 0 // without keys there is a group even for no rows
	}
	rows, groups := o.estimate(core).rows, o.estimate(inner).rows
	if groups*minReduction > rows {
		return nil, 0
	}
	var joined plan.Node = inner
	for i, leaf := range g.leaves {
		if late&(1<<i) != 0 {
			joined = &plan.Join{Kind: plan.InnerJoin, Left: joined, Right: leaf}
		}
	}
	top := joined.(*plan.Join)
	top.Residual = plan.And(after...)
	outer := &plan.Aggregate{Input: o.push(top, nil), Keys: a.Keys, Aggs: d.combine}
	return finalProject(a, outer, d), rows - groups
}

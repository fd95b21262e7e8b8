package optimizer

import (
	"math"
	"math/bits"

	"skep/dialect/plan"
)

// maxExhaustive is the largest number of relations for which all bushy orders are considered; beyond it a greedy order
// (smallest intermediate result first) is taken. 3^10 = 59,049 pairs cost about 10 ms.
const maxExhaustive = 10

// orderJoins reorders each maximal group of inner joins by cost: dynamic programming over connected subsets (DPsub, Moerkotte
// and Neumann), cross products only where the join graph is not connected. Left joins inside a group are applied after it.
func (o *optimizer) orderJoins(n plan.Node) (plan.Node, error) { return o.reorder(n), nil }

func (o *optimizer) reorder(n plan.Node) plan.Node {
	if j, ok := n.(*plan.Join); ok && (j.Kind == plan.InnerJoin || j.Kind == plan.LeftJoin) {
		g := &joinGraph{o: o}
		g.flatten(n)
		if len(g.leaves) > 1 || len(g.postponed) > 0 {
			return g.build()
		}
	}
	in := n.Inputs()
	out := make([]plan.Node, len(in))
	for i, x := range in {
		out[i] = o.reorder(x)
	}
	return plan.WithInputs(n, out)
}

// joinGraph is a group of inner-joined relations and the conjuncts over them.
type joinGraph struct {
	o         *optimizer
	leaves    []plan.Node
	sets      []plan.ColumnSet
	conds     []plan.Expr
	masks     []uint64 // the leaves each conjunct refers to
	postponed []*plan.Join
	best      map[uint64]*candidate
}

// candidate is the best plan found for a set of leaves.
type candidate struct {
	node plan.Node
	rel  *relation
	cost float64
}

// flatten collects the leaves of the inner joins at n. The preserved side of a left join belongs to the group when no
// conjunct of the group needs the other side's columns; the left join itself is applied on top.
func (g *joinGraph) flatten(n plan.Node) {
	j, ok := n.(*plan.Join)
	switch {
	case ok && j.Kind == plan.InnerJoin:
		g.conds = append(g.conds, joinCondition(j)...)
		g.flatten(j.Left)
		g.flatten(j.Right)
		return
	case ok && j.Kind == plan.LeftJoin && !g.needs(j.Right):
		c := *j
		c.Right = g.o.reorder(j.Right)
		g.postponed = append(g.postponed, &c)
		g.flatten(j.Left)
		return
	}
	leaf := g.o.reorder(n)
	g.leaves = append(g.leaves, leaf)
	g.sets = append(g.sets, plan.OutputSet(leaf))
}

func (g *joinGraph) needs(right plan.Node) bool {
	set := plan.OutputSet(right)
	for _, c := range g.conds {
		if refersAny(c, set) {
			return true
		}
	}
	for _, p := range g.postponed {
		for _, c := range joinCondition(p) {
			if refersAny(c, set) {
				return true
			}
		}
	}
	return false
}

func (g *joinGraph) build() plan.Node {
	g.best = map[uint64]*candidate{}
	for _, c := range g.conds {
		g.masks = append(g.masks, g.mask(c))
	}
	var loose []plan.Expr // conjuncts over no leaf
	for i, c := range g.conds {
		if g.masks[i] == 0 {
			loose = append(loose, c)
		}
	}
	for i, leaf := range g.leaves {
		rel := g.o.estimate(leaf)
		g.best[1<<i] = &candidate{node: leaf, rel: rel, cost: rel.rows}
	}
	full := uint64(1)<<len(g.leaves) - 1
	if len(g.leaves) <= maxExhaustive {
		g.exhaustive(full)
	}
	if g.best[full] == nil {
		g.greedy(full)
	}
	n := filtered(g.best[full].node, loose)
	for i := len(g.postponed) - 1; i >= 0; i-- {
		c := *g.postponed[i]
		c.Left = n
		n = &c
	}
	return n
}

func (g *joinGraph) mask(e plan.Expr) uint64 {
	refs := plan.ColumnSet{}
	plan.Refs(e, refs)
	var m uint64
	for i, s := range g.sets {
		for id := range refs {
			if s.Has(id) {
				m |= 1 << i
			}
		}
	}
	return m
}

// connected reports whether some conjunct spans a and b and nothing else.
func (g *joinGraph) connected(a, b uint64) bool {
	for _, m := range g.masks {
		if m&a != 0 && m&b != 0 && m&^(a|b) == 0 {
			return true
		}
	}
	return false
}

func (g *joinGraph) exhaustive(full uint64) {
	for set := uint64(1); set <= full; set++ {
		if bits.OnesCount64(set) < 2 {
			continue
		}
		for sub := (set - 1) & set; sub != 0; sub = (sub - 1) & set {
			other := set &^ sub
			if sub < other {
				continue // each unordered pair once; join decides the sides
			}
			a, b := g.best[sub], g.best[other]
			if a == nil || b == nil || !g.connected(sub, other) {
				continue
			}
			g.consider(set, sub, other, a, b)
		}
	}
}

// greedy joins the pair with the smallest result until one relation is left; unconnected pairs only when nothing else is.
func (g *joinGraph) greedy(full uint64) {
	var parts []uint64
	for i := range g.leaves {
		parts = append(parts, 1<<i)
	}
	for len(parts) > 1 {
		bi, bj, best := -1, -1, math.Inf(1)
		for pass := 0; pass < 2 && bi < 0; pass++ {
			for i := range parts {
				for j := range i {
					if pass == 0 && !g.connected(parts[i], parts[j]) {
						continue
					}
					set := parts[i] | parts[j]
					g.consider(set, parts[i], parts[j], g.best[parts[i]], g.best[parts[j]])
					if rows := g.best[set].rel.rows; rows < best {
						bi, bj, best = i, j, rows
					}
				}
			}
		}
		parts[bj] |= parts[bi]
		parts = append(parts[:bi], parts[bi+1:]...)
	}
	_ = full
}

// consider offers the join of two candidates as the plan of set.
func (g *joinGraph) consider(set, left, right uint64, a, b *candidate) {
	if a.rel.rows < b.rel.rows { // the larger side probes
		a, b, left, right = b, a, right, left
	}
	j := &plan.Join{Kind: plan.InnerJoin, Left: a.node, Right: b.node}
	var conds []plan.Expr
	for i, m := range g.masks {
		if m != 0 && m&^set == 0 && m&^left != 0 && m&^right != 0 {
			conds = append(conds, g.conds[i])
		}
	}
	if bits.OnesCount64(set) == 2 || bits.OnesCount64(left) == 1 || bits.OnesCount64(right) == 1 {
		// Conjuncts over a single leaf were pushed down before; any left over applies at that leaf's first join.
		for i, m := range g.masks {
			if m != 0 && bits.OnesCount64(m) == 1 && (m == left || m == right) {
				conds = append(conds, g.conds[i])
			}
		}
	}
	setCondition(j, conds, g.o)
	rel := joinEstimate(plan.InnerJoin, a.rel, b.rel, j.Keys, plan.Conjuncts(j.Residual), plan.Column{})
	if rel.rows < 1 {
		rel.rows = 1
	}
	cost := a.cost + b.cost + a.rel.rows*0.5 + 2*b.rel.rows + rel.rows
	if len(j.Keys) == 0 {
		cost += a.rel.rows * b.rel.rows
	}
	if old := g.best[set]; old == nil || cost < old.cost {
		g.best[set] = &candidate{node: j, rel: rel, cost: cost}
		g.o.stats[j] = rel
	}
}

// smallSemi says how much smaller than the rows that it filters the right side of a semi join must be to be pushed down.
const smallSemi = 4

// pushSemiJoins moves semi and anti joins below inner joins to the input that supplies their left columns: they only remove
// rows, and few inner joins are cheaper than one with a small right side.
func (o *optimizer) pushSemiJoins(n plan.Node) (plan.Node, error) {
	return rewriteNodes(n, func(n plan.Node) (plan.Node, error) {
		j, ok := n.(*plan.Join)
		if !ok || j.Kind != plan.SemiJoin && j.Kind != plan.AntiJoin {
			return n, nil
		}
		return o.sinkSemi(j), nil
	})
}

func (o *optimizer) sinkSemi(semi *plan.Join) plan.Node {
	in, ok := semi.Left.(*plan.Join)
	if !ok {
		return semi
	}
	needed := plan.ColumnSet{}
	right := plan.OutputSet(semi.Right)
	for _, e := range joinCondition(semi) {
		plan.Refs(e, needed)
	}
	inside := func(side plan.Node) bool {
		set := plan.OutputSet(side)
		for id := range needed {
			if !right.Has(id) && !set.Has(id) {
				return false
			}
		}
		return true
	}
	sink := func(side plan.Node) plan.Node {
		c := *semi
		c.Left = side
		return o.sinkSemi(&c)
	}
	c := *in
	if side := in.Left; in.Kind == plan.InnerJoin {
		if !inside(side) {
			side = in.Right
		}
		// A large right side costs more than the inner joins that might leave few rows to look up in it.
		if o.estimate(semi.Right).rows*smallSemi > o.estimate(side).rows {
			return semi
		}
	}
	switch {
	case (in.Kind == plan.InnerJoin || in.Kind == plan.LeftJoin || in.Kind == plan.SemiJoin || in.Kind == plan.SingleJoin) && inside(in.Left):
		c.Left = sink(in.Left)
	case (in.Kind == plan.InnerJoin || in.Kind == plan.RightJoin) && inside(in.Right):
		c.Right = sink(in.Right)
	default:
		return semi
	}
	return &c
}

// chooseBuildSides marks the joins whose left input is the smaller one.
func (o *optimizer) chooseBuildSides(n plan.Node) (plan.Node, error) {
	return rewriteNodes(n, func(n plan.Node) (plan.Node, error) {
		j, ok := n.(*plan.Join)
		if !ok || len(j.Keys) == 0 || j.Kind == plan.NullAwareAntiJoin || j.Kind == plan.MarkJoin || j.Kind == plan.SingleJoin {
			return n, nil
		}
		l, r := o.estimate(j.Left).rows, o.estimate(j.Right).rows
		// Building on the left of an outer or semi join also has to track matches: it must pay clearly.
		margin := 1.0
		if j.Kind != plan.InnerJoin {
			margin = 3
		}
		if build := l*margin < r; build != j.BuildLeft {
			c := *j
			c.BuildLeft = build
			return &c, nil
		}
		return n, nil
	})
}

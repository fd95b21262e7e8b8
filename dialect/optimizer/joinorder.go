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

// maxGroup is the largest number of inner joins that are ordered together: sets of relations are bits of a word.
const maxGroup = 60

// joinGraph is a group of inner-joined relations and the conjuncts over them.
type joinGraph struct {
	o         *optimizer
	joins     int
	leaves    []plan.Node
	sets      []plan.ColumnSet
	conds     []plan.Expr
	edges     []edge // parallels conds
	postponed []*plan.Join
	best      map[uint64]*candidate
}

// edge is a conjunct as seen by the join graph.
type edge struct {
	cond plan.Expr
	mask uint64 // the leaves that it refers to
	// An equality that can be a join key has its operands and their leaves.
	isKey       bool
	key         plan.EquiKey
	left, right uint64
}

// candidate is the best plan found for a set of leaves: a leaf, or the join of the best plans of two smaller sets.
type candidate struct {
	node        plan.Node
	rel         *relation
	cost        float64
	left, right uint64
	keys        []plan.EquiKey
	residual    []plan.Expr
}

// flatten collects the leaves of the inner joins at n. The preserved side of a left join belongs to the group when no
// conjunct of the group needs the other side's columns; the left join itself is applied on top.
func (g *joinGraph) flatten(n plan.Node) {
	j, ok := n.(*plan.Join)
	switch {
	case ok && j.Kind == plan.InnerJoin && g.joins < maxGroup:
		g.joins++
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
	var loose []plan.Expr // conjuncts over no leaf
	for _, c := range g.conds {
		e := g.edge(c)
		if e.mask == 0 {
			loose = append(loose, c)
			continue
		}
		g.edges = append(g.edges, e)
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
		g.greedy()
	}
	n := filtered(g.best[full].node, loose)
	for i := len(g.postponed) - 1; i >= 0; i-- {
		c := *g.postponed[i]
		c.Left = n
		n = &c
	}
	return n
}

func (g *joinGraph) edge(cond plan.Expr) edge {
	e := edge{cond: cond, mask: g.mask(cond)}
	if k, ok := g.o.equality(cond); ok {
		e.key, e.left, e.right = k, g.mask(k.Left), g.mask(k.Right)
		e.isKey = e.left != 0 && e.right != 0 && e.left&e.right == 0
	}
	return e
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
	for i := range g.edges {
		if m := g.edges[i].mask; m&a != 0 && m&b != 0 && m&^(a|b) == 0 {
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
				continue // each unordered pair once; consider decides the sides
			}
			if g.best[sub] != nil && g.best[other] != nil && g.connected(sub, other) {
				g.consider(sub, other)
			}
		}
		g.finish(set)
	}
}

// greedy joins the pair with the smallest result until one relation is left; unconnected pairs only when nothing else is.
func (g *joinGraph) greedy() {
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
					if g.best[set] == nil {
						g.consider(parts[i], parts[j])
						g.finish(set)
					}
					if rows := g.best[set].rel.rows; rows < best || bi < 0 {
						bi, bj, best = i, j, rows
					}
				}
			}
		}
		parts[bj] |= parts[bi]
		parts = append(parts[:bi], parts[bi+1:]...)
	}
}

// consider offers the join of the best plans of two sets as the plan of both.
func (g *joinGraph) consider(left, right uint64) {
	a, b := g.best[left], g.best[right]
	if a.rel.rows < b.rel.rows { // the larger side probes
		a, b, left, right = b, a, right, left
	}
	c := &candidate{left: left, right: right}
	set := left | right
	for i := range g.edges {
		e := &g.edges[i]
		switch {
		case e.mask&^set != 0:
		case e.isKey && e.left&^left == 0 && e.right&^right == 0:
			c.keys = append(c.keys, e.key)
		case e.isKey && e.left&^right == 0 && e.right&^left == 0:
			c.keys = append(c.keys, plan.EquiKey{Left: e.key.Right, Right: e.key.Left, NullSafe: e.key.NullSafe})
		case e.mask&left != 0 && e.mask&right != 0, e.mask == left, e.mask == right:
			// Conjuncts over a single leaf were pushed down before; any left over applies at that leaf's first join.
			if bits.OnesCount64(e.mask) == 1 || e.mask&left != 0 && e.mask&right != 0 {
				c.residual = append(c.residual, e.cond)
			}
		}
	}
	rows := math.Max(1, innerRows(a.rel, b.rel, c.keys, c.residual))
	c.cost = a.cost + b.cost + a.rel.rows*0.5 + 2*b.rel.rows + rows
	if len(c.keys) == 0 {
		c.cost += a.rel.rows * b.rel.rows
	}
	if old := g.best[set]; old == nil || c.cost < old.cost {
		g.best[set] = c
	}
}

// finish builds the join that was found best for set, if any.
func (g *joinGraph) finish(set uint64) {
	c := g.best[set]
	if c == nil || c.node != nil {
		return
	}
	a, b := g.best[c.left], g.best[c.right]
	j := &plan.Join{Kind: plan.InnerJoin, Left: a.node, Right: b.node, Keys: c.keys, Residual: plan.And(c.residual...)}
	c.node, c.rel = j, joinEstimate(plan.InnerJoin, a.rel, b.rel, j.Keys, c.residual, plan.Column{})
	c.rel.rows = math.Max(1, c.rel.rows)
	g.o.stats[j] = c.rel
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

package optimizer

import (
	"slices"

	"skep/dialect/plan"
)

// shareEqual computes equal subplans once: where several places aggregate, join or otherwise work on the same rows, the rows
// are kept and read again when that costs less by estimate. The places may need different columns of them. It runs when filters
// are where they belong, so that subplans which are narrowed differently stay apart, and column ids and projections do not matter
// (compare Zhou et al. 2007, "Efficient exploitation of similar subexpressions for query processing").
func (o *optimizer) shareEqual(roots []plan.Node) error {
	c := &numbering{o: o, ids: map[string]int{}, terms: make([]term, 1), nodes: map[plan.Node]*subplan{}, tables: map[string]int{}}
	s := &sharer{numbering: c, roots: roots, refused: map[int]bool{}}
	repeated := false
	s.walk(func(n plan.Node) {
		switch n := n.(type) {
		case *plan.Scan:
			c.tables[tableKey(n)]++
			repeated = repeated || c.tables[tableKey(n)] > 1
		case *plan.Shared:
			repeated = true
		}
	})
	for repeated && s.step() {
	}
	return nil
}

type sharer struct {
	*numbering
	roots   []plan.Node
	refused map[int]bool // classes that are cheaper to compute again
}

// walk calls f for all nodes of the plans, shared definitions once, in a fixed order, parents first.
func (s *sharer) walk(f func(plan.Node)) {
	for _, n := range s.roots {
		visitNodes(n, f)
	}
	for _, d := range sharedOrder(s.roots) {
		visitNodes(d.Plan, f)
	}
}

// step shares the largest subplan that several places compute; false when there is none left.
func (s *sharer) step() bool {
	places := map[int][]plan.Node{}
	var order []int // classes as they are met
	s.walk(func(n plan.Node) {
		if !computes(n) {
			return
		}
		if p := s.of(n); p != nil && !s.refused[p.class] {
			if places[p.class] == nil {
				order = append(order, p.class)
			}
			places[p.class] = append(places[p.class], n)
		}
	})
	slices.SortStableFunc(order, func(a, b int) int { return s.of(places[b][0]).size - s.of(places[a][0]).size })
	for _, class := range order {
		nodes := places[class]
		if len(nodes) < 2 {
			continue
		}
		uses := s.uses()
		needed := map[plan.Node][]plan.Column{}
		most := 0
		for _, n := range nodes {
			needed[n] = neededOf(n, uses)
			most = max(most, len(needed[n]))
		}
		if !s.pays(nodes[0], len(nodes), most) {
			s.refused[class] = true
			continue
		}
		s.share(nodes, needed)
		return true
	}
	return false
}

// uses counts the references to columns in all plans.
func (s *sharer) uses() map[plan.ColumnID]int {
	uses := map[plan.ColumnID]int{}
	s.walk(func(n plan.Node) { countUses(n, uses) })
	output := func(n plan.Node) {
		for _, c := range n.Columns() {
			uses[c.ID]++
		}
	}
	for _, n := range s.roots {
		output(n)
	}
	for _, d := range sharedOrder(s.roots) {
		output(d.Plan)
	}
	return uses
}

func countUses(n plan.Node, uses map[plan.ColumnID]int) {
	for _, e := range plan.Exprs(n) {
		plan.Visit(e, func(x plan.Expr) bool {
			if r, ok := x.(*plan.ColumnRef); ok {
				uses[r.ID]++
			}
			return true
		})
	}
	if u, ok := n.(*plan.Union); ok {
		for _, ids := range u.Sources {
			for _, id := range ids {
				uses[id]++
			}
		}
	}
}

// neededOf returns the columns of n that are used elsewhere than below it; one at least, to have rows of something.
func neededOf(n plan.Node, uses map[plan.ColumnID]int) []plan.Column {
	inside := map[plan.ColumnID]int{}
	visitNodes(n, func(x plan.Node) { countUses(x, inside) })
	cols := n.Columns()
	var out []plan.Column
	for _, c := range cols {
		if uses[c.ID] > inside[c.ID] {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		out = cols[:min(1, len(cols))]
	}
	return out
}

// computes reports whether a subplan with n on top may be worth sharing. The order in which rows come is lost in sharing them.
func computes(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Aggregate, *plan.Join, *plan.Generate, *plan.Window:
		return true
	case *plan.Filter:
		return computes(below(n.Input))
	case *plan.Union:
		return true
	}
	return false
}

// below skips projections.
func below(n plan.Node) plan.Node {
	for {
		p, ok := n.(*plan.Project)
		if !ok {
			return n
		}
		n = p.Input
	}
}

// What operators cost, in nanoseconds per row unless it says otherwise. Only their proportions matter.
const (
	costScanColumn  = 3
	costFilter      = 3
	costProbe       = 20
	costBuild       = 50
	costJoined      = 5
	costAggregate   = 40
	costSorted      = 150
	costGenerated   = 50
	costKeep        = 10     // a row to be read again, once
	costKeepColumn  = 5      // a column of it
	costShared      = 50_000 // a pipeline more
	minSharedSaving = 0.3    // of what is spared must be left
	joinedAgain     = 4      // how many times fewer rows than it reads a join must give to be kept
)

// pays reports whether computing n once for the given number of places, that many columns of it, costs less than for each of them.
func (s *sharer) pays(n plan.Node, places, columns int) bool {
	rows := s.o.estimate(n).rows
	spared := float64(places-1) * s.cost(n)
	keep := rows * (costKeep + costKeepColumn*float64(columns))
	if _, ok := n.(*plan.Aggregate); !ok && rows*joinedAgain > s.largest(n) {
		// Rows that are not kept may be ruled out where they are read by what they are joined with above.
		return false
	}
	return spared*(1-minSharedSaving) > costShared+keep*(1+0.5*float64(places))
}

// largest is the number of rows of the largest table below n.
func (s *sharer) largest(n plan.Node) float64 {
	rows := 0.0
	visitNodes(n, func(x plan.Node) {
		if len(x.Inputs()) == 0 {
			rows = max(rows, s.read(x))
		}
	})
	return rows
}

// read is the number of rows that a leaf goes through.
func (s *sharer) read(n plan.Node) float64 {
	if scan, ok := n.(*plan.Scan); ok {
		c := *scan
		c.Filter = nil
		return s.o.scanRelation(&c).rows
	}
	return s.o.estimate(n).rows
}

// cost estimates what computing n costs.
func (s *sharer) cost(n plan.Node) float64 {
	sum := 0.0
	for _, in := range n.Inputs() {
		sum += s.cost(in)
	}
	rows := func(x plan.Node) float64 { return s.o.estimate(x).rows }
	switch n := n.(type) {
	case *plan.Scan:
		sum += s.read(n) * costScanColumn * float64(1+len(n.Cols))
	case *plan.Shared:
		sum += rows(n) * costKeepColumn
	case *plan.Filter:
		sum += rows(n.Input) * costFilter
	case *plan.Join:
		l, r := rows(n.Left), rows(n.Right)
		sum += max(l, r)*costProbe + min(l, r)*costBuild + rows(n)*costJoined
	case *plan.Aggregate:
		sum += rows(n.Input) * costAggregate * float64(max(1, len(n.GroupingSets)))
	case *plan.Window, *plan.Sort:
		sum += rows(n.Inputs()[0]) * costSorted
	case *plan.Generate:
		sum += rows(n) * costGenerated
	}
	return sum
}

// share makes one definition of equal subplans, of which the given columns are needed, and references of them.
func (s *sharer) share(nodes []plan.Node, needed map[plan.Node][]plan.Column) {
	var want []int
	for _, n := range nodes {
		for _, col := range needed[n] {
			if t := s.of(n).terms[col.ID]; !slices.Contains(want, t) {
				want = append(want, t)
			}
		}
	}
	def, have := s.extend(nodes[0], want)
	cols := make([]plan.Column, len(want))
	for i, t := range want {
		cols[i] = have[t]
	}
	shared := s.o.newShared("common", s.o.keepColumns(def, cols))
	instead := map[plan.Node]plan.Node{}
	for _, n := range nodes {
		instead[n] = s.reference(n, needed[n], shared, want)
	}
	s.replace(func(n plan.Node) plan.Node { return instead[n] }, shared)
	s.dropAliases()
}

// reference makes a reference that has the given columns of n. Column i of the definition is the term want[i].
func (s *sharer) reference(n plan.Node, cols []plan.Column, def *plan.SharedDef, want []int) plan.Node {
	ref := &plan.Shared{Def: def}
	own := map[int]plan.Column{}
	terms := s.of(n).terms
	for _, col := range cols {
		if _, ok := own[terms[col.ID]]; !ok {
			own[terms[col.ID]] = col
		}
	}
	for i, col := range def.Plan.Columns() {
		c, ok := own[want[i]]
		if !ok {
			c = s.o.newColumn(col.Name, col.Type)
		}
		ref.Cols = append(ref.Cols, c)
	}
	p := &plan.Project{Input: ref}
	same := true
	for _, col := range cols {
		from := own[terms[col.ID]]
		same = same && from.ID == col.ID
		p.Exprs = append(p.Exprs, plan.Assign{Column: col, Expr: plan.NewColumnRef(from)})
	}
	if same {
		return ref
	}
	return p
}

// replace puts what instead gives in the place of nodes, in all plans but one definition's.
func (s *sharer) replace(instead func(plan.Node) plan.Node, except *plan.SharedDef) {
	var rewrite func(n plan.Node) plan.Node
	rewrite = func(n plan.Node) plan.Node {
		if r := instead(n); r != nil {
			return r
		}
		in := n.Inputs()
		if len(in) == 0 {
			return n
		}
		out := make([]plan.Node, len(in))
		for i, x := range in {
			out[i] = rewrite(x)
		}
		return plan.WithInputs(n, out)
	}
	for _, d := range sharedOrder(s.roots) {
		if d != except {
			d.Plan = s.o.keepColumns(rewrite(d.Plan), d.Plan.Columns())
		}
	}
	for i, n := range s.roots {
		s.roots[i] = s.o.keepColumns(rewrite(n), n.Columns())
	}
}

// dropAliases makes references to definitions that only rename the columns of another one refer to that.
func (s *sharer) dropAliases() {
	for _, d := range sharedOrder(s.roots) {
		target, from := alias(d.Plan)
		if target == nil {
			continue
		}
		s.replace(func(n plan.Node) plan.Node {
			ref, ok := n.(*plan.Shared)
			if !ok || ref.Def != d {
				return nil
			}
			to := &plan.Shared{Def: target.Def}
			for _, col := range target.Cols {
				to.Cols = append(to.Cols, s.o.newColumn(col.Name, col.Type))
			}
			p := &plan.Project{Input: to}
			for i, col := range ref.Cols {
				e := from[i]
				if r, ok := e.(*plan.ColumnRef); ok {
					at := slices.IndexFunc(target.Cols, func(c plan.Column) bool { return c.ID == r.ID })
					e = plan.NewColumnRef(to.Cols[at])
				}
				p.Exprs = append(p.Exprs, plan.Assign{Column: col, Expr: e})
			}
			return p
		}, d)
	}
}

// alias returns the reference that n renames, and n's columns as columns of it or literals; nil when n does more.
func alias(n plan.Node) (*plan.Shared, []plan.Expr) {
	var exprs []plan.Expr
	for _, c := range n.Columns() {
		exprs = append(exprs, plan.NewColumnRef(c))
	}
	for {
		switch x := n.(type) {
		case *plan.Shared:
			return x, exprs
		case *plan.Project:
			m := map[plan.ColumnID]plan.Expr{}
			for _, a := range x.Exprs {
				switch a.Expr.(type) {
				case *plan.ColumnRef, *plan.Literal:
					m[a.Column.ID] = a.Expr
				default:
					return nil, nil
				}
			}
			for i, e := range exprs {
				exprs[i] = plan.Substitute(e, m)
			}
			n = x.Input
		default:
			return nil, nil
		}
	}
}

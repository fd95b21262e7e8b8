package stage

import "skep/dialect/plan"

// Freedom says what may be done with a hashed exchange that a stage reads, besides giving each task some of its partitions.
type Freedom struct {
	// Copy: all tasks may read all of it, each with some of the rows of the other exchange, in any division.
	Copy bool
	// Split: a partition may be divided among tasks that each read the whole partition of the other exchange.
	Split bool
}

// freedoms finds them for the exchanges of a fragment, by number. There are some when the fragment joins two exchanges and what is
// above the join works on any division of the join's rows.
func (g *Graph) freedoms(root plan.Node) map[int]Freedom {
	j := loneJoin(root)
	if j == nil || j.Broadcast || len(j.Keys) == 0 {
		return nil
	}
	left, lok := j.Left.(*plan.RemoteSource)
	right, rok := j.Right.(*plan.RemoteSource)
	if !lok || !rok || left.Exchange == right.Exchange || timesRead(root, left.Exchange, right.Exchange) != 2 ||
		g.Exchanges[left.Exchange].Distribution != Hash || g.Exchanges[right.Exchange].Distribution != Hash {
		return nil
	}
	var l, r Freedom
	switch j.Kind {
	case plan.InnerJoin:
		l, r = Freedom{Copy: true, Split: true}, Freedom{Copy: true, Split: true}
	case plan.LeftJoin, plan.SemiJoin, plan.AntiJoin, plan.MarkJoin, plan.SingleJoin:
		l, r = Freedom{Split: true}, Freedom{Copy: true}
	case plan.RightJoin:
		l, r = Freedom{Copy: true}, Freedom{Split: true}
	default:
		return nil
	}
	return map[int]Freedom{left.Exchange: l, right.Exchange: r}
}

// loneJoin returns the join of exchanges below root, when nothing above it needs rows to be where the join's keys put them.
func loneJoin(n plan.Node) *plan.Join {
	switch n := n.(type) {
	case *plan.Filter, *plan.Project, *plan.Generate:
		return loneJoin(n.Inputs()[0])
	case *plan.Limit: // of a task's rows; another limit follows
		return loneJoin(n.Input)
	case *plan.Sort: // likewise, or SORT BY
		return loneJoin(n.Input)
	case *plan.Aggregate:
		for _, a := range n.Aggs {
			if !a.Mode.GivesPartial() {
				return nil
			}
		}
		if len(n.Aggs) == 0 && !n.Local { // removes duplicates for good
			return nil
		}
		return loneJoin(n.Input)
	case *plan.Join:
		if !n.Broadcast {
			return n
		}
		if n.BuildLeft {
			return loneJoin(n.Right)
		}
		return loneJoin(n.Left)
	}
	return nil
}

// timesRead counts how often a fragment reads two exchanges.
func timesRead(n plan.Node, a, b int) int {
	count := 0
	if r, ok := n.(*plan.RemoteSource); ok && (r.Exchange == a || r.Exchange == b) {
		count++
	}
	for _, in := range n.Inputs() {
		count += timesRead(in, a, b)
	}
	return count
}

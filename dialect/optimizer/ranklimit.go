package optimizer

import (
	"math"

	"skep/dialect/plan"
	"skep/dialect/types"
)

// limitRanks lets windows leave out rows that a filter above them rejects for their rank: each partition then takes no more than
// its first rows. The filter stays.
func (o *optimizer) limitRanks(n plan.Node) (plan.Node, error) {
	return rewriteNodes(n, func(n plan.Node) (plan.Node, error) {
		f, ok := n.(*plan.Filter)
		if !ok {
			return n, nil
		}
		w, ok := f.Input.(*plan.Window)
		if !ok || w.Limit != nil {
			return n, nil
		}
		for _, c := range w.Calls {
			if !ranks(c.Func) {
				return n, nil
			}
		}
		var limit *plan.RankLimit
		for _, p := range plan.Conjuncts(f.Cond) {
			if l := rankLimit(w, p); l != nil && (limit == nil || l.N < limit.N) {
				limit = l
			}
		}
		if limit == nil {
			return n, nil
		}
		c := *w
		c.Limit = limit
		return &plan.Filter{Input: &c, Cond: f.Cond}, nil
	})
}

// ranks reports whether a window function depends on no row behind the current one's peers, nor on the size of the partition.
func ranks(name string) bool { return name == "row_number" || name == "rank" || name == "dense_rank" }

// rankLimit returns the limit that conjunct p, an upper bound of a rank, sets to w; nil if it is none.
func rankLimit(w *plan.Window, p plan.Expr) *plan.RankLimit {
	c, ok := p.(*plan.Call)
	if !ok || len(c.Args) != 2 {
		return nil
	}
	op, a, b := c.Func, c.Args[0], c.Args[1]
	if _, ok := a.(*plan.Literal); ok {
		mirror, known := map[string]string{"=": "=", ">": "<", ">=": "<="}[op]
		if !known {
			return nil
		}
		op, a, b = mirror, b, a
	}
	ref, isRef := a.(*plan.ColumnRef)
	lit, isLit := b.(*plan.Literal)
	if !isRef || !isLit || lit.Value.Null || !lit.T.IsInteger() || lit.T.Physical() != types.I64 {
		return nil
	}
	n := lit.Value.I
	switch op {
	case "=", "<=":
	case "<":
		if n == math.MinInt64 {
			return nil
		}
		n--
	default:
		return nil
	}
	if n < 1 {
		return nil
	}
	for _, call := range w.Calls {
		if call.Column.ID == ref.ID {
			return &plan.RankLimit{Func: call.Func, N: n}
		}
	}
	return nil
}

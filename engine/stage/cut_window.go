package stage

import "skep/dialect/plan"

func (c *cutter) window(n *plan.Window, need plan.ColumnSet) (part, error) {
	inner := need.With(plan.Exprs(n)...)
	p, err := c.cut(n.Input, inner)
	if err != nil {
		return part{}, err
	}
	if len(n.PartitionBy) == 0 {
		if !p.single {
			p = c.ranked(n, p)
		}
		return over(n, c.gather(p, inner, n.Input)), nil
	}
	if !p.together(n.PartitionBy) {
		p = c.ranked(n, p)
		var cols []plan.Column
		p, cols = c.exchange(p, Hash, n.PartitionBy, inner, n.Input)
		w := *n
		w.PartitionBy = references(cols)
		n = &w
	}
	return over(n, p), nil
}

// rankShare is the share of the rows that are expected within a rank limit up to which each task looks for its own before they are sent.
const rankShare = 0.25

// ranked makes each task leave out the rows that are beyond the rank limit of a window among its own rows already, where that is expected
// to leave out most: a row has no lower rank among more rows.
func (c *cutter) ranked(n *plan.Window, p part) part {
	if n.Limit == nil {
		return p
	}
	partitions := 1.0
	if len(n.PartitionBy) > 0 {
		each := &plan.Aggregate{Input: n.Input}
		for _, e := range n.PartitionBy {
			each.Keys = append(each.Keys, plan.Assign{Column: c.newColumn("partition", e.Type()), Expr: e})
		}
		partitions = c.rows(each)
	}
	if rows := c.rows(n.Input); partitions < 0 || rows < fewRows || partitions*float64(n.Limit.N) > rankShare*rows {
		return p
	}
	w := *n
	w.Calls = append([]plan.WindowCall(nil), n.Calls...)
	for i := range w.Calls {
		w.Calls[i].Column = c.newColumn("rank", w.Calls[i].Column.Type)
	}
	return over(&w, p)
}

// fewRows is the number of rows below which handling them twice is in vain.
const fewRows = 10_000

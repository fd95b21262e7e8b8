package stage

import (
	"skep/dialect/plan"
)

// Order is how a column of keys is ordered.
type Order struct{ Desc, NullsFirst bool }

const (
	// wantedSample is about how many rows decide where ranges end.
	wantedSample = 20_000
	// rarest is the largest number of rows of which one is sampled.
	rarest = 1024
)

// sort sorts in one task, what each task has sorted and cut itself when only the first rows are wanted; many rows by ranges.
func (c *cutter) sort(n *plan.Sort, need plan.ColumnSet) (part, error) {
	var keys []plan.Expr
	for _, k := range n.Keys {
		keys = append(keys, k.Expr)
	}
	inner := need.With(keys...)
	p, err := c.cut(n.Input, inner)
	if err != nil {
		return part{}, err
	}
	if p.single || n.Partial && n.Limit < 0 {
		return over(n, p), nil
	}
	if n.Limit >= 0 {
		first := *n
		first.Limit, first.Offset = n.Limit+n.Offset, 0
		p = over(&first, p)
	} else if c.options.Ranges >= 0 && len(n.Keys) > 0 && c.bytes(n, needed(p.node, inner)) >= c.options.Ranges {
		return c.sortRanges(n, p, inner), nil
	}
	return over(n, c.gather(p, inner, n)), nil
}

// sortRanges sorts in several tasks, each the rows of a range of keys. A sample of the rows tells where ranges end:
//
//	rows ─► exchange as they are ─┬─────────────────────────► exchange by range ─► sort ─► in the order of tasks
//	                              └► sample: sort ─► broadcast ─┘
//
// The rows wait in the first exchange until the sample is there. Rows of equal keys stay in their order, so the result is that of
// sorting in one task: tasks of each step read what consecutive tasks wrote, in order. A key of more rows than a range should have
// gets several ranges, of which each dividing task uses one (see bounds).
func (c *cutter) sortRanges(n *plan.Sort, p part, inner plan.ColumnSet) part {
	var keys []plan.Expr
	var order []Order
	for i, k := range n.Keys {
		again := false
		for _, o := range n.Keys[:i] {
			again = again || plan.Equal(o.Expr, k.Expr)
		}
		if !again {
			keys, order = append(keys, k.Expr), append(order, Order{k.Desc, k.NullsFirst})
		}
	}
	rows, cols := c.exchange(p, Pass, keys, inner, n)
	x := c.graph.Exchanges[rows.node.(*plan.RemoteSource).Exchange]
	x.Keys, x.Partitions = nil, 2
	x.Every = max(1, min(rarest, int(x.Rows/wantedSample)))
	sent := rows.node.Columns()

	project := &plan.Project{Input: &plan.RemoteSource{Exchange: x.ID, Cols: sent}}
	sample, sorted := &plan.Sort{Input: project, Limit: -1}, &plan.Sort{Limit: -1}
	for i, col := range cols {
		project.Exprs = append(project.Exprs, plan.Assign{Column: col, Expr: plan.NewColumnRef(col)})
		sample.Keys = append(sample.Keys, plan.SortKey{Expr: plan.NewColumnRef(col), Desc: order[i].Desc, NullsFirst: order[i].NullsFirst})
	}
	b, _ := c.write(part{node: sample, single: true}, Broadcast, nil, cols, n)
	b.Rows, b.Bytes = wantedSample, 0
	c.graph.Stages[b.Producer].Samples = true

	e, _ := c.write(rows, Range, references(cols), sent, n)
	e.Order, e.Bounds = order, b.ID
	dividing := c.graph.Stages[e.Producer]
	dividing.Reads = append(dividing.Reads, b.ID)
	sorted.Input, sorted.Keys = &plan.RemoteSource{Exchange: e.ID, Cols: sent}, sample.Keys
	return part{node: sorted}
}

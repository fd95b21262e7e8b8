package decorrelate

import "skep/dialect/plan"

// refresher copies plans under new column numbers.
type refresher struct {
	cols    Columns
	renamed map[plan.ColumnID]plan.Column
}

// refresh returns a copy of n that computes the same rows in columns of its own, and those columns in the order of n's.
func (r *rewriter) refresh(n plan.Node) (plan.Node, []plan.Column) {
	f := &refresher{cols: r.cols, renamed: map[plan.ColumnID]plan.Column{}}
	c := f.node(n)
	cols := make([]plan.Column, 0, len(n.Columns()))
	for _, old := range n.Columns() {
		cols = append(cols, f.column(old))
	}
	return c, cols
}

// column is the new column for c. A column that passes through several operators keeps one number.
func (f *refresher) column(c plan.Column) plan.Column {
	if c.ID == 0 {
		return c
	}
	n, ok := f.renamed[c.ID]
	if !ok {
		n = f.cols.NewColumn(c.Name, c.Type)
		f.renamed[c.ID] = n
	}
	n.Name = c.Name
	return n
}

func (f *refresher) columns(cols []plan.Column) []plan.Column {
	out := make([]plan.Column, len(cols))
	for i, c := range cols {
		out[i] = f.column(c)
	}
	return out
}

func (f *refresher) assigns(as []plan.Assign) []plan.Assign {
	out := make([]plan.Assign, len(as))
	for i, a := range as {
		out[i] = plan.Assign{Column: f.column(a.Column), Expr: a.Expr}
	}
	return out
}

// expr follows the new numbers; columns from outside keep theirs.
func (f *refresher) expr(e plan.Expr) plan.Expr {
	return plan.Rewrite(e, func(x plan.Expr) plan.Expr {
		c, ok := x.(*plan.ColumnRef)
		if !ok {
			return x
		}
		if n, ok := f.renamed[c.ID]; ok {
			return &plan.ColumnRef{ID: n.ID, Name: c.Name, T: c.T}
		}
		return x
	})
}

// node copies inputs first, so that all columns below have their numbers when n's expressions are copied.
func (f *refresher) node(n plan.Node) plan.Node {
	in := n.Inputs()
	inputs := make([]plan.Node, len(in))
	for i := range in {
		inputs[i] = f.node(in[i])
	}
	n = plan.WithInputs(n, inputs)
	if s, ok := n.(*plan.Scan); ok {
		c := *s
		c.Cols = f.columns(s.Cols)
		return plan.MapExprs(&c, f.expr)
	}
	n = plan.MapExprs(n, f.expr)
	switch n := n.(type) {
	case *plan.Values:
		c := *n
		c.Cols = f.columns(n.Cols)
		return &c
	case *plan.Project:
		return &plan.Project{Input: n.Input, Exprs: f.assigns(n.Exprs)}
	case *plan.Aggregate:
		c := *n
		c.Keys = f.assigns(n.Keys)
		c.GroupingID = f.column(n.GroupingID)
		c.Aggs = append([]plan.AggCall(nil), n.Aggs...)
		for i := range c.Aggs {
			c.Aggs[i].Column = f.column(c.Aggs[i].Column)
		}
		return &c
	case *plan.Window:
		c := *n
		c.Calls = append([]plan.WindowCall(nil), n.Calls...)
		for i := range c.Calls {
			c.Calls[i].Column = f.column(c.Calls[i].Column)
		}
		return &c
	case *plan.Join:
		c := *n
		c.Mark = f.column(n.Mark)
		return &c
	case *plan.Generate:
		c := *n
		c.Outputs = f.columns(n.Outputs)
		return &c
	case *plan.Script:
		c := *n
		c.Outputs = f.columns(n.Outputs)
		return &c
	case *plan.Shared:
		return &plan.Shared{Def: n.Def, Cols: f.columns(n.Cols)}
	case *plan.Union:
		c := *n
		c.Sources = make([][]plan.ColumnID, len(n.Sources))
		for k, ids := range n.Sources {
			for _, id := range ids {
				c.Sources[k] = append(c.Sources[k], f.renamed[id].ID)
			}
		}
		c.Cols = f.columns(n.Cols)
		return &c
	}
	return n
}

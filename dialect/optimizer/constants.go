package optimizer

import (
	"skep/dialect/plan"
	"skep/dialect/types"
)

// constantKeys gives grouping keys that the filters below fix to one value that value in every grouping set, also in those
// that aggregate the key away. Hive does so: it folds such a key to a literal before it expands the sets, and a literal is
// never set to NULL (observed with Hive 4.0.1: select a, b … where b = 'x' group by rollup(a, b) has no NULL in b).
func (o *optimizer) constantKeys(n plan.Node) (plan.Node, error) {
	return rewriteNodes(n, func(n plan.Node) (plan.Node, error) {
		a, ok := n.(*plan.Aggregate)
		if !ok || len(a.GroupingSets) == 0 {
			return n, nil
		}
		known := o.constants(a.Input)
		c := *a
		c.Keys = append([]plan.Assign(nil), a.Keys...)
		p := &plan.Project{Input: &c}
		found := false
		for i, k := range a.Keys {
			l, ok := o.simplify(plan.Substitute(k.Expr, known)).(*plan.Literal)
			if !ok || l.Value.Null {
				continue
			}
			found = true
			c.Keys[i].Column = o.newColumn(k.Column.Name, k.Column.Type)
			p.Exprs = append(p.Exprs, plan.Assign{Column: k.Column, Expr: l})
		}
		if !found {
			return n, nil
		}
		have := plan.OutputSet(&c)
		for _, col := range a.Columns() {
			if have.Has(col.ID) {
				p.Exprs = append(p.Exprs, plan.Assign{Column: col, Expr: plan.NewColumnRef(col)})
			}
		}
		return p, nil
	})
}

// constants returns the columns of n that have the same value in every row, by the filters below.
func (o *optimizer) constants(n plan.Node) map[plan.ColumnID]plan.Expr {
	known := map[plan.ColumnID]plan.Expr{}
	switch n := n.(type) {
	case *plan.Scan:
		noteConstants(n.Filter, known)
	case *plan.Filter:
		known = o.constants(n.Input)
		noteConstants(plan.Conjuncts(n.Cond), known)
	case *plan.Project:
		below := o.constants(n.Input)
		for _, a := range n.Exprs {
			if l, ok := o.simplify(plan.Substitute(a.Expr, below)).(*plan.Literal); ok {
				known[a.Column.ID] = l
			}
		}
	case *plan.Join:
		switch n.Kind {
		case plan.FullJoin, plan.RightJoin:
			return known
		}
		known = o.constants(n.Left)
		if n.Kind == plan.InnerJoin {
			for id, l := range o.constants(n.Right) {
				known[id] = l
			}
			noteConstants(plan.Conjuncts(n.Residual), known)
		}
	case *plan.Aggregate:
		if len(n.GroupingSets) > 0 {
			return known
		}
		below := o.constants(n.Input)
		for _, k := range n.Keys {
			if l, ok := o.simplify(plan.Substitute(k.Expr, below)).(*plan.Literal); ok {
				known[k.Column.ID] = l
			}
		}
	case *plan.Sort, *plan.Limit, *plan.Distribute, *plan.Window, *plan.Generate:
		return o.constants(n.Inputs()[0])
	}
	return known
}

// noteConstants adds the columns that conjuncts "column = literal" fix.
func noteConstants(conds []plan.Expr, known map[plan.ColumnID]plan.Expr) {
	for _, p := range conds {
		c, ok := p.(*plan.Call)
		if !ok || c.Func != "=" {
			continue
		}
		ref, okRef := c.Args[0].(*plan.ColumnRef)
		lit, okLit := c.Args[1].(*plan.Literal)
		// Floating-point equality holds for both zeros, and char values lose blanks: those are not one value as text.
		if okRef && okLit && !lit.Value.Null && lit.T.Equal(ref.T) && ref.T.Physical() != types.F64 {
			known[ref.ID] = lit
		}
	}
}

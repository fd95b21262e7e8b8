package decorrelate

import (
	"skep/dialect/plan"
	"skep/dialect/types"
)

// domain makes sub independent in the general way: the input becomes a shared plan, its distinct combinations of the outer
// columns are joined into sub, and the predicates returned equate the combination with the outer row's columns.
//
//	     join on d <=> outer                 input  (shared)
//	    /        \                             |
//	input     sub over domain ── … ──┐   Aggregate: distinct outer columns = domain (shared)
//	                              Join(domain, what sub reads)
func (a *attacher) domain(sub plan.Node, outer plan.ColumnSet) (plan.Node, []plan.Expr, error) {
	d := &dependency{rewriter: a.rewriter, input: a.input}
	for _, c := range a.input.Columns() {
		if outer.Has(c.ID) {
			d.outer = append(d.outer, c)
		}
	}
	var whole *plan.SharedDef
	if len(free(a.input)) == 0 {
		whole = a.cols.NewShared("_outer", a.input)
		source, at := a.reference(whole)
		d.def = a.cols.NewShared("_domain", d.combinations(source, at))
	}
	n, cols, err := d.push(sub)
	if err != nil {
		return nil, nil, err
	}
	if whole != nil {
		// The input is now a reference to the shared plan under the columns that the rest of the query knows.
		again, at := a.reference(whole)
		p := &plan.Project{Input: again}
		for _, c := range a.input.Columns() {
			p.Exprs = append(p.Exprs, plan.Assign{Column: c, Expr: plan.NewColumnRef(at[c.ID])})
		}
		a.input = p
	}
	preds := make([]plan.Expr, len(cols))
	for i, c := range cols {
		preds[i] = compare("<=>", plan.NewColumnRef(d.outer[i]), plan.NewColumnRef(c))
	}
	return n, preds, nil
}

// combinations are the distinct values of the outer columns, which at maps to those of source.
func (d *dependency) combinations(source plan.Node, at map[plan.ColumnID]plan.Column) *plan.Aggregate {
	a := &plan.Aggregate{Input: source}
	for _, c := range d.outer {
		a.Keys = append(a.Keys, plan.Assign{Column: d.cols.NewColumn(c.Name, c.Type), Expr: plan.NewColumnRef(at[c.ID])})
	}
	return a
}

// reference makes a reference to def and maps def's columns to the reference's.
func (r *rewriter) reference(def *plan.SharedDef) (*plan.Shared, map[plan.ColumnID]plan.Column) {
	s := &plan.Shared{Def: def}
	m := map[plan.ColumnID]plan.Column{}
	for _, c := range def.Plan.Columns() {
		n := r.cols.NewColumn(c.Name, c.Type)
		s.Cols = append(s.Cols, n)
		m[c.ID] = n
	}
	return s, m
}

// dependency pushes the domain of outer columns into a subquery.
type dependency struct {
	*rewriter
	outer []plan.Column
	input plan.Node
	// def is the shared domain; nil when the input itself depends on a query around it, so that each instance of the
	// domain computes it anew.
	def *plan.SharedDef
}

// instance gives the domain once more; its columns parallel outer.
func (d *dependency) instance() (plan.Node, []plan.Column) {
	if d.def != nil {
		s, _ := d.reference(d.def)
		return s, s.Cols
	}
	source, cols := d.refresh(d.input)
	at := map[plan.ColumnID]plan.Column{}
	for i, c := range d.input.Columns() {
		at[c.ID] = cols[i]
	}
	a := d.combinations(source, at)
	return a, a.Columns()
}

func (d *dependency) set() plan.ColumnSet {
	s := plan.ColumnSet{}
	for _, c := range d.outer {
		s.Add(c.ID)
	}
	return s
}

// correlated reports whether n uses outer columns.
func (d *dependency) correlated(n plan.Node) bool { return meets(free(n), d.set()) }

// bind replaces outer columns by the domain's.
func (d *dependency) bind(e plan.Expr, cols []plan.Column) plan.Expr {
	if e == nil {
		return nil
	}
	m := map[plan.ColumnID]plan.Expr{}
	for i, c := range d.outer {
		m[c.ID] = plan.NewColumnRef(cols[i])
	}
	return plan.Substitute(e, m)
}

// bindNode binds n's own expressions.
func (d *dependency) bindNode(n plan.Node, cols []plan.Column) plan.Node {
	return plan.MapExprs(n, func(e plan.Expr) plan.Expr { return d.bind(e, cols) })
}

// equal equates two instances of the domain.
func equal(a, b []plan.Column) []plan.Expr {
	out := make([]plan.Expr, len(a))
	for i := range a {
		out[i] = compare("<=>", plan.NewColumnRef(a[i]), plan.NewColumnRef(b[i]))
	}
	return out
}

func columnRefs(cols []plan.Column) []plan.Expr {
	out := make([]plan.Expr, len(cols))
	for i, c := range cols {
		out[i] = plan.NewColumnRef(c)
	}
	return out
}

func pass(cols []plan.Column) []plan.Assign {
	out := make([]plan.Assign, len(cols))
	for i, c := range cols {
		out[i] = plan.Assign{Column: c, Expr: plan.NewColumnRef(c)}
	}
	return out
}

// push returns n evaluated for every combination of the domain: n's columns and the domain's, which are returned too.
func (d *dependency) push(n plan.Node) (plan.Node, []plan.Column, error) {
	if !d.correlated(n) {
		dom, cols := d.instance()
		return &plan.Join{Kind: plan.InnerJoin, Left: dom, Right: n}, cols, nil
	}
	switch n := n.(type) {
	case *plan.Filter, *plan.Generate, *plan.Distribute:
		in, cols, err := d.push(n.Inputs()[0])
		if err != nil {
			return nil, nil, err
		}
		return d.bindNode(plan.WithInputs(n, []plan.Node{in}), cols), cols, nil
	case *plan.Project:
		in, cols, err := d.push(n.Input)
		if err != nil {
			return nil, nil, err
		}
		p := d.bindNode(&plan.Project{Input: in, Exprs: n.Exprs}, cols).(*plan.Project)
		return &plan.Project{Input: in, Exprs: append(p.Exprs[:len(p.Exprs):len(p.Exprs)], pass(cols)...)}, cols, nil
	case *plan.Aggregate:
		return d.aggregate(n)
	case *plan.Join:
		return d.join(n)
	case *plan.Window:
		in, cols, err := d.push(n.Input)
		if err != nil {
			return nil, nil, err
		}
		w := d.bindNode(&plan.Window{Input: in, PartitionBy: n.PartitionBy, OrderBy: n.OrderBy, Calls: n.Calls}, cols).(*plan.Window)
		c := *w
		c.PartitionBy = append(columnRefs(cols), w.PartitionBy...)
		return &c, cols, nil
	case *plan.Sort:
		return d.limit(n.Input, n.Keys, n.Limit, n.Offset)
	case *plan.Limit:
		return d.limit(n.Input, nil, n.N, n.Offset)
	case *plan.Union:
		return d.union(n)
	}
	return nil, nil, unsupported("that refer to an outer query this way")
}

// aggregate groups by the domain as well. Without other keys a combination without rows still has its one row, which a left
// join with the domain adds.
func (d *dependency) aggregate(n *plan.Aggregate) (plan.Node, []plan.Column, error) {
	in, cols, err := d.push(n.Input)
	if err != nil {
		return nil, nil, err
	}
	a := d.bindNode(&plan.Aggregate{Input: in, Keys: n.Keys, GroupingSets: n.GroupingSets, GroupingID: n.GroupingID, Aggs: n.Aggs}, cols).(*plan.Aggregate)
	c := *a
	own := len(n.Keys)
	c.Keys = a.Keys[:own:own]
	keys := make([]plan.Column, len(cols))
	for i, col := range cols {
		keys[i] = d.cols.NewColumn(col.Name, col.Type)
	}
	// The domain's keys go first, so that GROUPING__ID, which counts from the last key, keeps its value.
	lead := make([]plan.Assign, len(cols))
	for i, col := range cols {
		lead[i] = plan.Assign{Column: keys[i], Expr: plan.NewColumnRef(col)}
	}
	c.Keys = append(lead, c.Keys...)
	if len(n.GroupingSets) > 0 {
		c.GroupingSets = make([][]int, len(n.GroupingSets))
		for i, set := range n.GroupingSets {
			if len(set) == 0 {
				return nil, nil, unsupported("with a grand total that refer to an outer query")
			}
			for k := range cols {
				c.GroupingSets[i] = append(c.GroupingSets[i], k)
			}
			for _, k := range set {
				c.GroupingSets[i] = append(c.GroupingSets[i], k+len(cols))
			}
		}
		return &c, keys, nil
	}
	if own > 0 {
		return &c, keys, nil
	}
	dom, all := d.instance()
	j := &plan.Join{Kind: plan.LeftJoin, Left: dom, Right: &c, Residual: plan.And(equal(all, keys)...)}
	defaults := emptyValues(n.Aggs)
	p := &plan.Project{Input: j}
	for _, agg := range n.Aggs {
		e, ok := defaults[agg.Column.ID]
		if !ok {
			e = plan.NewColumnRef(agg.Column)
		}
		p.Exprs = append(p.Exprs, plan.Assign{Column: agg.Column, Expr: e})
	}
	p.Exprs = append(p.Exprs, pass(all)...)
	return p, all, nil
}

func (d *dependency) join(n *plan.Join) (plan.Node, []plan.Column, error) {
	if len(n.Keys) > 0 {
		return nil, nil, unsupported("over optimized joins")
	}
	c := *n
	leftUses, rightUses := d.correlated(n.Left), d.correlated(n.Right)
	if n.Kind == plan.InnerJoin && rightUses != leftUses {
		var err error
		var cols []plan.Column
		if leftUses {
			c.Left, cols, err = d.push(n.Left)
		} else {
			c.Right, cols, err = d.push(n.Right)
		}
		if err != nil {
			return nil, nil, err
		}
		c.Residual = d.bind(n.Residual, cols)
		return &c, cols, nil
	}
	left, lcols, err := d.push(n.Left)
	if err != nil {
		return nil, nil, err
	}
	c.Left = left
	outward := lcols
	if rightUses || n.Kind == plan.RightJoin || n.Kind == plan.FullJoin {
		right, rcols, err := d.push(n.Right)
		if err != nil {
			return nil, nil, err
		}
		c.Right = right
		conds := equal(lcols, rcols)
		if n.Residual != nil {
			conds = append(conds, d.bind(n.Residual, lcols))
		}
		c.Residual = plan.And(conds...)
		switch n.Kind {
		case plan.RightJoin:
			outward = rcols
		case plan.FullJoin:
			return d.full(&c, lcols, rcols)
		}
		return &c, outward, nil
	}
	c.Residual = d.bind(n.Residual, lcols)
	return &c, outward, nil
}

// full merges the domain columns of both sides of a full join.
func (d *dependency) full(j *plan.Join, l, r []plan.Column) (plan.Node, []plan.Column, error) {
	p := &plan.Project{Input: j, Exprs: pass(j.Columns())}
	cols := make([]plan.Column, len(l))
	// An unmatched row has NULL in the other side's columns; a matched one has equal values.
	for i := range l {
		cols[i] = d.cols.NewColumn(l[i].Name, l[i].Type)
		p.Exprs = append(p.Exprs, plan.Assign{Column: cols[i], Expr: &plan.Call{Func: "coalesce", T: l[i].Type,
			Args: []plan.Expr{plan.NewColumnRef(l[i]), plan.NewColumnRef(r[i])}}})
	}
	return p, cols, nil
}

// limit keeps the first rows of every combination.
func (d *dependency) limit(input plan.Node, keys []plan.SortKey, limit, offset int64) (plan.Node, []plan.Column, error) {
	in, cols, err := d.push(input)
	if err != nil {
		return nil, nil, err
	}
	if limit < 0 && offset == 0 {
		return in, cols, nil
	}
	whole := plan.Frame{Rows: true, Start: plan.Bound{Kind: plan.UnboundedPreceding}, End: plan.Bound{Kind: plan.UnboundedFollowing}}
	rn := d.cols.NewColumn("_row", types.IntType)
	w := &plan.Window{Input: in, PartitionBy: columnRefs(cols), Calls: []plan.WindowCall{{Column: rn, Func: "row_number", Frame: whole}}}
	for _, k := range keys {
		w.OrderBy = append(w.OrderBy, plan.SortKey{Expr: d.bind(k.Expr, cols), Desc: k.Desc, NullsFirst: k.NullsFirst})
	}
	number := &plan.Call{Func: "cast", Args: []plan.Expr{plan.NewColumnRef(rn)}, T: types.BigIntType}
	bound := func(v int64) plan.Expr { return &plan.Literal{Value: types.Datum{I: v}, T: types.BigIntType} }
	var conds []plan.Expr
	if offset > 0 {
		conds = append(conds, compare(">", number, bound(offset)))
	}
	if limit >= 0 {
		conds = append(conds, compare("<=", number, bound(offset+limit)))
	}
	return &plan.Filter{Input: w, Cond: plan.And(conds...)}, cols, nil
}

func (d *dependency) union(n *plan.Union) (plan.Node, []plan.Column, error) {
	u := &plan.Union{Cols: n.Cols[:len(n.Cols):len(n.Cols)]}
	cols := make([]plan.Column, len(d.outer))
	for i, c := range d.outer {
		cols[i] = d.cols.NewColumn(c.Name, c.Type)
	}
	u.Cols = append(u.Cols, cols...)
	for k, in := range n.All {
		branch, bcols, err := d.push(in)
		if err != nil {
			return nil, nil, err
		}
		src := n.Sources[k][:len(n.Sources[k]):len(n.Sources[k])]
		for _, c := range bcols {
			src = append(src, c.ID)
		}
		u.All = append(u.All, branch)
		u.Sources = append(u.Sources, src)
	}
	return u, cols, nil
}

package optimizer

import (
	"slices"

	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/dialect/types"
)

// prune returns n with at least the columns of need; n's own columns keep their ids.
func (o *optimizer) prune(n plan.Node, need plan.ColumnSet) plan.Node {
	below := plan.ColumnSet{}
	for id := range need {
		below.Add(id)
	}
	switch n := n.(type) {
	case *plan.Scan:
		c := *n
		for _, f := range n.Filter {
			plan.Refs(f, below)
		}
		if n.Sample != nil {
			for _, e := range n.Sample.On {
				plan.Refs(e, below)
			}
		}
		c.Cols, c.Source = nil, nil
		for i, col := range n.Cols {
			if below.Has(col.ID) {
				c.Cols, c.Source = append(c.Cols, col), append(c.Source, n.Source[i])
			}
		}
		return &c
	case *plan.Project:
		c := *n
		c.Exprs = nil
		inner := plan.ColumnSet{}
		for _, a := range n.Exprs {
			if need.Has(a.Column.ID) {
				c.Exprs = append(c.Exprs, a)
				plan.Refs(a.Expr, inner)
			}
		}
		c.Input = o.prune(n.Input, inner)
		return &c
	case *plan.Aggregate:
		c := *n
		c.Aggs = nil
		inner := plan.ColumnSet{}
		for _, k := range n.Keys {
			plan.Refs(k.Expr, inner)
		}
		for _, a := range n.Aggs {
			if need.Has(a.Column.ID) {
				c.Aggs = append(c.Aggs, a)
				for _, e := range a.Args {
					plan.Refs(e, inner)
				}
			}
		}
		c.Input = o.prune(n.Input, inner)
		return &c
	case *plan.Window:
		c := *n
		c.Calls = nil
		for _, w := range n.Calls {
			if need.Has(w.Column.ID) {
				c.Calls = append(c.Calls, w)
			}
		}
		if len(c.Calls) == 0 {
			return o.prune(n.Input, need)
		}
		for _, e := range plan.Exprs(&c) {
			plan.Refs(e, below)
		}
		c.Input = o.prune(n.Input, below)
		return &c
	case *plan.Union:
		return o.pruneUnion(n, need)
	case *plan.Values:
		c := *n
		c.Cols, c.Rows = nil, make([][]plan.Expr, len(n.Rows))
		for i, col := range n.Cols {
			if need.Has(col.ID) {
				c.Cols = append(c.Cols, col)
				for r := range n.Rows {
					c.Rows[r] = append(c.Rows[r], n.Rows[r][i])
				}
			}
		}
		return &c
	case *plan.Shared:
		needShared(o.needed, n, need)
		return n
	case *plan.Script:
		below = plan.ColumnSet{}
	}
	for _, e := range plan.Exprs(n) {
		plan.Refs(e, below)
	}
	in := n.Inputs()
	out := make([]plan.Node, len(in))
	for i, x := range in {
		out[i] = o.prune(x, below)
	}
	return plan.WithInputs(n, out)
}

func (o *optimizer) pruneUnion(n *plan.Union, need plan.ColumnSet) plan.Node {
	c := *n
	c.Cols, c.All, c.Sources = nil, make([]plan.Node, len(n.All)), make([][]plan.ColumnID, len(n.All))
	inner := make([]plan.ColumnSet, len(n.All))
	for k := range inner {
		inner[k] = plan.ColumnSet{}
	}
	for i, col := range n.Cols {
		if !need.Has(col.ID) {
			continue
		}
		c.Cols = append(c.Cols, col)
		for k := range n.All {
			c.Sources[k] = append(c.Sources[k], n.Sources[k][i])
			inner[k].Add(n.Sources[k][i])
		}
	}
	for k, x := range n.All {
		c.All[k] = o.prune(x, inner[k])
	}
	return &c
}

// prunePartitions asks the catalog for the partitions that each scan of a partitioned table needs.
func (o *optimizer) prunePartitions(n plan.Node) (plan.Node, error) {
	return rewriteNodes(n, func(n plan.Node) (plan.Node, error) {
		s, ok := n.(*plan.Scan)
		if !ok || s.Pruned || len(s.Table.PartitionKeys) == 0 {
			return n, nil
		}
		keyOf := map[plan.ColumnID]int{}
		keys := plan.ColumnSet{}
		for i, c := range s.Cols {
			if s.Source[i] >= len(s.Table.Columns) {
				keyOf[c.ID] = s.Source[i] - len(s.Table.Columns)
				keys.Add(c.ID)
			}
		}
		conds, _ := o.split(s.Filter, keys)
		var filters []*catalog.PartitionFilter
		var rest []plan.Expr // what the catalog cannot evaluate
		for _, c := range conds {
			if f := partitionFilter(c, keyOf, s.Table.PartitionKeys); f != nil {
				filters = append(filters, f)
			} else {
				rest = append(rest, c)
			}
		}
		var filter *catalog.PartitionFilter
		if len(filters) > 0 {
			filter = &catalog.PartitionFilter{Op: catalog.And, Args: filters}
		}
		// The filter may be weaker than the conjuncts; they are applied again to the rows, so only what it lacks is tested here.
		keep := func(values []types.Datum) (bool, error) {
			m := map[plan.ColumnID]plan.Expr{}
			for id, k := range keyOf {
				m[id] = &plan.Literal{Value: values[k], T: s.Table.PartitionKeys[k].Type}
			}
			for _, c := range rest {
				v, null, ok := literalBool(o.simplify(plan.Substitute(c, m)))
				if ok && (!v || null) {
					return false, nil
				}
			}
			return true, nil
		}
		parts, err := o.env.Catalog.Partitions(o.ctx, s.Table, filter, keep)
		if err != nil {
			return nil, err
		}
		c := *s
		c.Partitions, c.Pruned = parts, true
		return &c, nil
	})
}

var filterOps = map[string]catalog.FilterOp{
	"=": catalog.Equal, "<>": catalog.NotEqual, "<": catalog.Less, "<=": catalog.LessOrEqual, ">": catalog.Greater,
	">=": catalog.GreaterOrEqual, "in": catalog.In, "isnull": catalog.IsNull, "isnotnull": catalog.IsNotNull,
	"and": catalog.And, "or": catalog.Or,
}

// partitionFilter translates a predicate over partition keys, or returns nil.
func partitionFilter(e plan.Expr, keyOf map[plan.ColumnID]int, keys []catalog.Column) *catalog.PartitionFilter {
	c, ok := e.(*plan.Call)
	if !ok {
		return nil
	}
	op, ok := filterOps[c.Func]
	if !ok {
		return nil
	}
	f := &catalog.PartitionFilter{Op: op}
	if op == catalog.And || op == catalog.Or {
		for _, a := range c.Args {
			x := partitionFilter(a, keyOf, keys)
			if x == nil {
				return nil
			}
			f.Args = append(f.Args, x)
		}
		return f
	}
	ref, ok := c.Args[0].(*plan.ColumnRef)
	if !ok {
		return nil
	}
	f.Column = keyOf[ref.ID]
	for _, a := range c.Args[1:] {
		l, ok := a.(*plan.Literal)
		if !ok || l.Value.Null || !l.T.Equal(keys[f.Column].Type) {
			return nil
		}
		f.Values = append(f.Values, l.Value)
	}
	return f
}

// pushLimits makes a limit over a sort a top-N and moves limits below projections and into unions.
func (o *optimizer) pushLimits(n plan.Node) (plan.Node, error) {
	return rewriteNodes(n, func(n plan.Node) (plan.Node, error) {
		if l, ok := n.(*plan.Limit); ok {
			return o.sinkLimit(l), nil
		}
		return n, nil
	})
}

func (o *optimizer) sinkLimit(l *plan.Limit) plan.Node {
	if l.N == 0 {
		return &plan.Values{Cols: l.Columns()}
	}
	switch in := l.Input.(type) {
	case *plan.Sort:
		if in.Limit < 0 && in.Offset == 0 && !in.Partial {
			c := *in
			if c.Keys = o.varying(in); len(c.Keys) == 0 {
				return o.sinkLimit(&plan.Limit{Input: in.Input, N: l.N, Offset: l.Offset})
			}
			c.Limit, c.Offset = l.N, l.Offset
			return &c
		}
	case *plan.Project:
		c := *l
		c.Input = in.Input
		return plan.WithInputs(in, []plan.Node{o.sinkLimit(&c)})
	case *plan.Union:
		parts := make([]plan.Node, len(in.All))
		for i, x := range in.All {
			parts[i] = o.sinkLimit(&plan.Limit{Input: x, N: l.N + l.Offset})
		}
		if l.N+l.Offset <= maxTakeTurns {
			return o.takeTurns(l, in, parts)
		}
		c := *l
		c.Input = plan.WithInputs(in, parts)
		return &c
	case *plan.Aggregate:
		if n := l.N + l.Offset; n <= maxTakeTurns && len(in.Keys) > 0 && len(in.GroupingSets) == 0 {
			// Groups leave Hive's reducer in the order of their keys, which come in the order of the table's columns.
			s := &plan.Sort{Input: in, Limit: l.N, Offset: l.Offset}
			keys := slices.Clone(in.Keys)
			slices.SortStableFunc(keys, func(a, b plan.Assign) int {
				x, ok1 := a.Expr.(*plan.ColumnRef)
				y, ok2 := b.Expr.(*plan.ColumnRef)
				if !ok1 || !ok2 {
					return 0
				}
				return int(x.ID) - int(y.ID)
			})
			for _, k := range keys {
				if !k.Column.Type.IsPrimitive() {
					return l
				}
				s.Keys = append(s.Keys, plan.SortKey{Expr: plan.NewColumnRef(k.Column), NullsFirst: o.env.Hive3})
			}
			return s
		}
	case *plan.Limit:
		if in.Offset == 0 && l.Offset == 0 {
			return &plan.Limit{Input: in.Input, N: min(l.N, in.N)}
		}
	}
	return l
}

// varying are the keys of a sort that are not the same in all rows.
func (o *optimizer) varying(s *plan.Sort) []plan.SortKey {
	known := o.constants(s.Input)
	var keys []plan.SortKey
	for _, k := range s.Keys {
		if _, ok := o.simplify(plan.Substitute(k.Expr, known)).(*plan.Literal); !ok {
			keys = append(keys, k)
		}
	}
	return keys
}

// maxTakeTurns is the most rows that a limit over a union orders.
const maxTakeTurns = 1000

// takeTurns is a limit over a union of limited inputs that does not depend on which of them is read first: one after the other at
// level 4.0, in turns at 3.1, where the reducer merges the rows of its mappers so.
func (o *optimizer) takeTurns(l *plan.Limit, u *plan.Union, parts []plan.Node) plan.Node {
	turn, input := o.newColumn("turn", types.IntType), o.newColumn("input", types.IntType)
	ordered := &plan.Union{Cols: append(slices.Clone(u.Cols), turn, input)}
	for k, part := range parts {
		number, order := o.newColumn("row_number", types.IntType), o.newColumn("input", types.IntType)
		w := &plan.Window{Input: part, Calls: []plan.WindowCall{{Column: number, Func: "row_number",
			Frame: plan.Frame{Start: plan.Bound{Kind: plan.UnboundedPreceding}, End: plan.Bound{Kind: plan.UnboundedFollowing}}}}}
		p := &plan.Project{Input: w}
		for _, c := range w.Columns() {
			p.Exprs = append(p.Exprs, plan.Assign{Column: c, Expr: plan.NewColumnRef(c)})
		}
		p.Exprs = append(p.Exprs, plan.Assign{Column: order, Expr: &plan.Literal{Value: types.Datum{I: int64(k)}, T: types.IntType}})
		ordered.All = append(ordered.All, p)
		ordered.Sources = append(ordered.Sources, append(slices.Clone(u.Sources[k]), number.ID, order.ID))
	}
	keys := []plan.SortKey{{Expr: plan.NewColumnRef(input)}, {Expr: plan.NewColumnRef(turn)}}
	if o.env.Hive3 {
		slices.Reverse(keys)
	}
	sorted := &plan.Sort{Input: ordered, Limit: l.N, Offset: l.Offset, Keys: keys}
	out := &plan.Project{Input: sorted}
	for _, c := range u.Cols {
		out.Exprs = append(out.Exprs, plan.Assign{Column: c, Expr: plan.NewColumnRef(c)})
	}
	return out
}

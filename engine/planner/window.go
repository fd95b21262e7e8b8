package planner

import (
	"skep/dialect/plan"
	"skep/engine/expr"
	"skep/engine/operator"
)

// topWindow returns the window whose order of rows is that of n's rows, or nil, also when it is partitioned by something that has
// to be computed first.
func topWindow(n plan.Node) *plan.Window {
	for {
		switch x := n.(type) {
		case *plan.Project:
			n = x.Input
		case *plan.Filter:
			n = x.Input
		case *plan.Limit:
			n = x.Input
		case *plan.Window:
			for _, e := range x.PartitionBy {
				if _, ok := e.(*plan.ColumnRef); !ok {
					return nil
				}
			}
			return x
		default:
			return nil
		}
	}
}

// window computes window functions: partition by partition, or over the sorted input when all rows are one partition or are
// wanted in order.
func (b *builder) window(n *plan.Window, need plan.ColumnSet) (*stream, error) {
	inner := need.With(plan.Exprs(n)...)
	// With a limit few rows are left, and few rows come in order.
	partitioned := len(n.PartitionBy) > 0 && n != b.inOrder || n.Limit != nil
	var keys []plan.SortKey
	for _, e := range n.PartitionBy {
		keys = append(keys, plan.SortKey{Expr: e, NullsFirst: true})
	}
	keys = append(keys, n.OrderBy...)
	var s *stream
	var err error
	switch {
	case partitioned:
		s, err = b.compile(n.Input, inner)
	case len(keys) > 0:
		s, err = b.sort(&plan.Sort{Input: n.Input, Limit: -1, Keys: keys}, inner)
	default:
		// One partition without an order: any order will do, but one worker has to see all rows.
		s, err = b.gather(n.Input, inner)
	}
	if err != nil {
		return nil, err
	}
	spec, exprs, out := windowSpec(n, need)
	spec.WholeSeconds = !b.env.Expr.Hive3()
	program, err := b.program(s, exprs)
	if err != nil {
		return nil, err
	}
	if partitioned {
		op := operator.NewPartitionedWindow(spec, b.resources)
		b.query.AddCloser(op)
		end := b.sink(s, op.Input(program), n, "window input")
		return newStream(op.Source(), n, "window", out, end), nil
	}
	s.append(operator.NewWindow(spec, program, b.resources), n, "window")
	s.layout, s.types, s.scans = expr.LayoutOf(out), plan.Types(out), nil
	return s, nil
}

// windowSpec describes n to the operator, with the expressions that it works on and the columns that it gives.
func windowSpec(n *plan.Window, need plan.ColumnSet) (operator.WindowSpec, []plan.Expr, []plan.Column) {
	c := newComputed()
	spec := operator.WindowSpec{}
	var out []plan.Column
	for _, col := range n.Input.Columns() {
		if !need.Has(col.ID) {
			continue
		}
		if at := c.add(plan.NewColumnRef(col)); at == len(out) { // not seen before
			out = append(out, col)
		}
	}
	spec.Out = len(c.exprs)
	for _, e := range n.PartitionBy {
		spec.Partition = append(spec.Partition, c.add(e))
	}
	for _, k := range n.OrderBy {
		spec.Order = append(spec.Order, operator.SortKey{Column: c.add(k.Expr), Desc: k.Desc, NullsFirst: k.NullsFirst})
	}
	for _, w := range n.Calls {
		call := operator.WindowCall{
			Func: w.Func, Distinct: w.Distinct, IgnoreNulls: w.IgnoreNulls, Frame: w.Frame, Result: w.Column.Type,
		}
		for _, a := range w.Args {
			call.Args = append(call.Args, c.add(a))
		}
		spec.Calls = append(spec.Calls, call)
		out = append(out, w.Column)
	}
	if l := n.Limit; l != nil {
		spec.Limit = &operator.RankLimit{Func: l.Func, N: l.N}
	}
	spec.Types = c.types()
	return spec, c.exprs, out
}

// gather collects the rows of n for one worker.
func (b *builder) gather(n plan.Node, need plan.ColumnSet) (*stream, error) {
	return b.sort(&plan.Sort{Input: n, Limit: -1}, need)
}

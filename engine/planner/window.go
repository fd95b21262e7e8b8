package planner

import (
	"skep/dialect/plan"
	"skep/engine/expr"
	"skep/engine/operator"
)

// window computes window functions: partition by partition, or, when all rows are one partition, over the sorted input.
func (b *builder) window(n *plan.Window, need plan.ColumnSet) (*stream, error) {
	inner := need.With(plan.Exprs(n)...)
	partitioned := len(n.PartitionBy) > 0 || n.Limit != nil
	var s *stream
	var err error
	switch {
	case partitioned:
		s, err = b.compile(n.Input, inner)
	case len(n.OrderBy) > 0:
		s, err = b.sort(&plan.Sort{Input: n.Input, Limit: -1, Keys: n.OrderBy}, inner)
	default:
		// One partition without an order: any order will do, but one worker has to see all rows.
		s, err = b.gather(n.Input, inner)
	}
	if err != nil {
		return nil, err
	}
	spec, exprs, out := windowSpec(n, need)
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

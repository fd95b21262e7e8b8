package planner

import (
	"skep/dialect/plan"
	"skep/engine/expr"
	"skep/engine/operator"
)

// window sorts the input by partition and order keys and computes the calls over the sorted stream.
func (b *builder) window(n *plan.Window, need plan.ColumnSet) (*stream, error) {
	var exprs []plan.Expr
	exprs = append(exprs, plan.Exprs(n)...)
	inner := with(need, exprs...)
	sorted := &plan.Sort{Input: n.Input, Limit: -1}
	for _, e := range n.PartitionBy {
		sorted.Keys = append(sorted.Keys, plan.SortKey{Expr: e, NullsFirst: true})
	}
	sorted.Keys = append(sorted.Keys, n.OrderBy...)
	var s *stream
	var err error
	if len(sorted.Keys) > 0 {
		s, err = b.sort(sorted, inner)
	} else {
		// One partition without an order: any order will do, but one worker has to see all rows.
		s, err = b.gather(n.Input, inner)
	}
	if err != nil {
		return nil, err
	}
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
	spec.Types = c.types()
	program, err := b.program(s, c.exprs)
	if err != nil {
		return nil, err
	}
	s.append(operator.NewWindow(spec, program, b.resources), n, "window")
	s.layout, s.types, s.scans = expr.LayoutOf(out), plan.Types(out), nil
	return s, nil
}

// gather collects the rows of n for one worker.
func (b *builder) gather(n plan.Node, need plan.ColumnSet) (*stream, error) {
	return b.sort(&plan.Sort{Input: n, Limit: -1}, need)
}

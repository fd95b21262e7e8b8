package optimizer

import (
	"skep/dialect/plan"
	"skep/dialect/types"
)

// preaggregate computes grouping sets in two steps: the rows are grouped by all keys first, and only those groups, usually
// far fewer than rows, are repeated for each set. It applies when every aggregate can be put together from partial ones.
func (o *optimizer) preaggregate(n plan.Node) (plan.Node, error) {
	return rewriteNodes(n, func(n plan.Node) (plan.Node, error) {
		a, ok := n.(*plan.Aggregate)
		if !ok || len(a.GroupingSets) < 2 || len(a.Keys) == 0 {
			return n, nil
		}
		if inner, ok := a.Input.(*plan.Aggregate); ok && len(inner.GroupingSets) == 0 && len(inner.Keys) == len(a.Keys) {
			return n, nil // done before
		}
		return o.splitAggregate(a), nil
	})
}

// splitAggregate returns a in two steps, or a itself when an aggregate cannot be divided.
func (o *optimizer) splitAggregate(a *plan.Aggregate) plan.Node {
	d := o.divide(a.Aggs)
	if d == nil {
		return a
	}
	inner := &plan.Aggregate{Input: a.Input, Aggs: d.partial}
	outer := &plan.Aggregate{Input: inner, Aggs: d.combine, GroupingSets: a.GroupingSets, GroupingID: a.GroupingID}
	for _, k := range a.Keys {
		c := o.newColumn(k.Column.Name, k.Column.Type)
		inner.Keys = append(inner.Keys, plan.Assign{Column: c, Expr: k.Expr})
		outer.Keys = append(outer.Keys, plan.Assign{Column: k.Column, Expr: plan.NewColumnRef(c)})
	}
	return finalProject(a, outer, d)
}

// finalProject computes the columns of a from the second step.
func finalProject(a, outer *plan.Aggregate, d *division) plan.Node {
	p := &plan.Project{Input: outer}
	for _, k := range a.Keys {
		p.Exprs = append(p.Exprs, plan.Assign{Column: k.Column, Expr: plan.NewColumnRef(k.Column)})
	}
	if a.GroupingID.ID != 0 {
		p.Exprs = append(p.Exprs, plan.Assign{Column: a.GroupingID, Expr: plan.NewColumnRef(a.GroupingID)})
	}
	p.Exprs = append(p.Exprs, d.final...)
	return p
}

// division is a list of aggregates in two steps: partial ones over the rows, those that combine partial results, and the
// expressions that give the original values.
type division struct {
	partial, combine []plan.AggCall
	final            []plan.Assign
}

// divide returns the division of aggregates, or nil when one of them cannot be put together from partial results.
func (o *optimizer) divide(aggs []plan.AggCall) *division {
	d := &division{}
	// two adds an aggregate to the first step and one that combines its results to the second.
	two := func(name string, t *types.Type, args []plan.Expr, combine string) plan.Column {
		c := o.newColumn(name, t)
		d.partial = append(d.partial, plan.AggCall{Column: c, Func: name, Args: args})
		r := o.newColumn(name, t)
		d.combine = append(d.combine, plan.AggCall{Column: r, Func: combine, Args: []plan.Expr{plan.NewColumnRef(c)}})
		return r
	}
	for _, g := range aggs {
		if g.Distinct {
			return nil
		}
		var e plan.Expr
		switch g.Func {
		case "sum", "min", "max":
			e = plan.NewColumnRef(two(g.Func, g.Column.Type, g.Args, g.Func))
		case "count":
			e = countOf(two("count", types.BigIntType, g.Args, "sum"))
		case "avg":
			if e = o.average(g, two); e == nil {
				return nil
			}
		default:
			return nil
		}
		d.final = append(d.final, plan.Assign{Column: g.Column, Expr: e})
	}
	return d
}

// countOf is the sum of counts; no rows at all count 0.
func countOf(c plan.Column) plan.Expr {
	zero := &plan.Literal{Value: types.Datum{}, T: types.BigIntType}
	return &plan.Call{Func: "coalesce", Args: []plan.Expr{plan.NewColumnRef(c), zero}, T: types.BigIntType}
}

// average divides the sum by the count, with one rounding to the type of the average; nil when the argument is of another
// type than integers and decimals, whose sums do not depend on the order of the rows.
func (o *optimizer) average(g plan.AggCall, two func(string, *types.Type, []plan.Expr, string) plan.Column) plan.Expr {
	args := g.Args
	if c, ok := args[0].(*plan.Call); ok && c.Func == "cast" && c.T.Kind == types.Double && c.Args[0].Type().IsInteger() {
		args = c.Args // averages of integers are asked for as averages of doubles
	}
	arg := args[0].Type()
	cast := func(e plan.Expr, t *types.Type) plan.Expr {
		return &plan.Call{Func: "cast", Args: []plan.Expr{e}, T: t}
	}
	switch {
	case arg.IsInteger() && g.Column.Type.Kind == types.Double:
		sum := plan.NewColumnRef(two("sum", types.BigIntType, args, "sum"))
		count := plan.NewColumnRef(two("count", types.BigIntType, args, "sum"))
		return &plan.Call{Func: "/", Args: []plan.Expr{cast(sum, types.DoubleType), cast(count, types.DoubleType)}, T: types.DoubleType}
	case arg.Kind == types.Decimal && g.Column.Type.Kind == types.Decimal:
		t := types.NewDecimal(min(types.MaxPrecision, arg.Precision+10), arg.Scale)
		sum := plan.NewColumnRef(two("sum", t, args, "sum"))
		count := plan.NewColumnRef(two("count", types.BigIntType, args, "sum"))
		return &plan.Call{Func: "/", Args: []plan.Expr{sum, cast(count, types.NewDecimal(19, 0))}, T: g.Column.Type}
	}
	return nil
}

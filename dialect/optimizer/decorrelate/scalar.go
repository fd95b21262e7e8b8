package decorrelate

import (
	"skep/dialect/plan"
	"skep/dialect/types"
)

// scalar joins a scalar subquery and returns its value.
func (a *attacher) scalar(sub plan.Node) (plan.Expr, error) {
	outer := free(sub)
	col := sub.Columns()[0]
	here := len(outer) > 0 && meets(outer, plan.OutputSet(a.input))
	switch {
	case !here && oneRow(sub):
		a.input = &plan.Join{Kind: plan.InnerJoin, Left: a.input, Right: sub}
		return plan.NewColumnRef(col), nil
	case len(outer) == 0:
		// The value is found once, before and whether or not there are rows that need it: Hive fails when it is not single even
		// for no rows. An inner join with one row lets conditions on the value become join keys and move to where they belong.
		value := &plan.Join{Kind: plan.SingleJoin, Left: &plan.Values{Rows: [][]plan.Expr{{}}}, Right: sub}
		a.input = &plan.Join{Kind: plan.InnerJoin, Left: a.input, Right: value}
		return plan.NewColumnRef(col), nil
	case !here:
		a.input = &plan.Join{Kind: plan.SingleJoin, Left: a.input, Right: sub}
		return plan.NewColumnRef(col), nil
	}
	if v, ok := a.aggregated(sub, outer); ok {
		return v, nil
	}
	right, preds, err := a.independent(sub, single)
	if err != nil {
		return nil, err
	}
	a.input = &plan.Join{Kind: plan.SingleJoin, Left: a.input, Right: right, Residual: plan.And(preds...)}
	return plan.NewColumnRef(col), nil
}

// aggregated handles the usual correlated subquery, an aggregation without GROUP BY over rows that equal outer values: the
// aggregation is grouped by the inner sides of the equalities and left-joined. An outer row without a group gets what the
// aggregates give for no rows. What stands above the aggregation (select list, HAVING) is computed above the join.
func (a *attacher) aggregated(sub plan.Node, outer plan.ColumnSet) (plan.Expr, bool) {
	value := plan.Expr(plan.NewColumnRef(sub.Columns()[0]))
	var conds []plan.Expr
	n := sub
	for {
		switch x := n.(type) {
		case *plan.Project:
			m := map[plan.ColumnID]plan.Expr{}
			for _, as := range x.Exprs {
				m[as.Column.ID] = as.Expr
			}
			value = plan.Substitute(value, m)
			for i := range conds {
				conds[i] = plan.Substitute(conds[i], m)
			}
			n = x.Input
			continue
		case *plan.Filter:
			conds = append(conds, x.Cond)
			n = x.Input
			continue
		case *plan.Sort:
			if x.Limit >= 0 || x.Offset > 0 {
				return nil, false
			}
			n = x.Input
			continue
		}
		break
	}
	agg, ok := n.(*plan.Aggregate)
	if !ok || len(agg.Keys) > 0 || len(agg.GroupingSets) > 0 {
		return nil, false
	}
	for _, c := range agg.Aggs {
		for _, arg := range c.Args {
			if meets(refs(arg), outer) {
				return nil, false
			}
		}
	}
	p := &puller{outer: outer, mode: single}
	input, ok := p.pull(agg.Input)
	if !ok {
		return nil, false
	}
	grouped := &plan.Aggregate{Input: input, Aggs: agg.Aggs}
	var on []plan.Expr
	for _, pred := range p.preds {
		inner, rest, ok := p.equality(pred)
		if !ok {
			return nil, false
		}
		var key plan.Column
		for _, k := range grouped.Keys {
			if plan.Equal(k.Expr, inner) {
				key = k.Column
			}
		}
		if key.ID == 0 {
			key = a.cols.NewColumn("_key", inner.Type())
			grouped.Keys = append(grouped.Keys, plan.Assign{Column: key, Expr: inner})
		}
		on = append(on, compare(pred.(*plan.Call).Func, rest, plan.NewColumnRef(key)))
	}
	a.input = &plan.Join{Kind: plan.LeftJoin, Left: a.input, Right: grouped, Residual: plan.And(on...)}
	defaults := emptyValues(agg.Aggs)
	value = plan.Substitute(value, defaults)
	if len(conds) > 0 {
		for i := range conds {
			conds[i] = plan.Substitute(conds[i], defaults)
		}
		null := &plan.Literal{Value: types.NullDatum, T: value.Type()}
		value = &plan.Call{Func: "if", Args: []plan.Expr{plan.And(conds...), value, null}, T: value.Type()}
	}
	return value, true
}

// emptyValues maps the aggregates that are not NULL for no rows to expressions that are right where a left join found nothing.
func emptyValues(aggs []plan.AggCall) map[plan.ColumnID]plan.Expr {
	m := map[plan.ColumnID]plan.Expr{}
	for _, a := range aggs {
		var empty plan.Expr
		switch a.Func {
		case "count", "regr_count", "$sum0":
			empty = &plan.Literal{T: a.Column.Type}
		case "collect_list", "collect_set":
			empty = &plan.Call{Func: "array", T: a.Column.Type}
		default:
			continue
		}
		m[a.Column.ID] = &plan.Call{Func: "coalesce", Args: []plan.Expr{plan.NewColumnRef(a.Column), empty}, T: a.Column.Type}
	}
	return m
}

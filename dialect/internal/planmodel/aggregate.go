package planmodel

import "skep/dialect/plan"

func (m *Model) aggregate(n *plan.Aggregate, outer Row) []Row {
	in := m.rows(n.Input, outer)
	if len(n.GroupingSets) == 0 {
		all := make([]int, len(n.Keys))
		for i := range all {
			all[i] = i
		}
		return m.groups(n, all, in, outer)
	}
	var out []Row
	for _, set := range n.GroupingSets {
		out = append(out, m.groups(n, set, in, outer)...)
	}
	return out
}

// groups groups the rows by the keys of set; the other keys are NULL.
func (m *Model) groups(n *plan.Aggregate, set []int, in []Row, outer Row) []Row {
	var keys []plan.Expr
	id := int64(1)<<len(n.Keys) - 1
	for _, k := range set {
		keys = append(keys, n.Keys[k].Expr)
		id &^= 1 << (len(n.Keys) - 1 - k)
	}
	groups := map[string][]Row{}
	var order []string
	for _, r := range in {
		k := m.key(keys, merge(outer, r))
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], r)
	}
	if len(keys) == 0 && len(order) == 0 {
		order = append(order, "")
	}
	var out []Row
	for _, k := range order {
		o := Row{}
		for _, a := range n.Keys {
			o[a.Column.ID] = Value{Null: true}
		}
		for _, i := range set {
			o[n.Keys[i].Column.ID] = m.eval(n.Keys[i].Expr, merge(outer, groups[k][0]))
		}
		if n.GroupingID.ID != 0 {
			o[n.GroupingID.ID] = Value{N: id}
		}
		for _, a := range n.Aggs {
			o[a.Column.ID] = m.fold(a, groups[k], outer)
		}
		out = append(out, o)
	}
	return out
}

// fold computes an aggregate over rows.
func (m *Model) fold(a plan.AggCall, rows []Row, outer Row) Value {
	acc := Value{Null: a.Func != "count"}
	seen := map[Value]bool{}
	sum, n := int64(0), int64(0)
	for _, r := range rows {
		v := Value{N: 1}
		if len(a.Args) > 0 {
			v = m.eval(a.Args[0], merge(outer, r))
		}
		if v.Null || a.Distinct && seen[v] {
			continue
		}
		seen[v] = true
		sum, n = sum+v.N, n+1
		switch {
		case a.Func == "count":
			acc.N++
		case acc.Null:
			acc = v
		case a.Func == "sum":
			acc.N += v.N
		case a.Func == "max":
			acc.N = max(acc.N, v.N)
		case a.Func == "min":
			acc.N = min(acc.N, v.N)
		case a.Func == "avg":
		default:
			panic("model: " + a.Func)
		}
	}
	if a.Func == "avg" && n > 0 {
		return Value{N: sum / n} // division of the model's integers, here and in expressions
	}
	return acc
}

func (m *Model) join(n *plan.Join, outer Row) []Row {
	left, right := m.rows(n.Left, outer), m.rows(n.Right, outer)
	nulls := func(cols []plan.Column) Row {
		o := Row{}
		for _, c := range cols {
			o[c.ID] = Value{Null: true}
		}
		return o
	}
	var out []Row
	matchedRight := make([]bool, len(right))
	for _, l := range left {
		matches, unknown := 0, false
		for i, r := range right {
			c := m.condition(n, merge(outer, merge(l, r)))
			unknown = unknown || c.Null
			if c.Null || c.N == 0 {
				continue
			}
			matches++
			matchedRight[i] = true
			switch n.Kind {
			case plan.InnerJoin, plan.LeftJoin, plan.RightJoin, plan.FullJoin, plan.SingleJoin:
				out = append(out, merge(l, r))
			}
		}
		switch n.Kind {
		case plan.LeftJoin, plan.FullJoin, plan.SingleJoin:
			if matches == 0 {
				out = append(out, merge(l, nulls(n.Right.Columns())))
			}
			if n.Kind == plan.SingleJoin && matches > 1 {
				panic(failure{"more than one row"})
			}
		case plan.SemiJoin:
			if matches > 0 {
				out = append(out, l)
			}
		case plan.AntiJoin:
			if matches == 0 {
				out = append(out, l)
			}
		case plan.NullAwareAntiJoin:
			if matches == 0 && !unknown {
				out = append(out, l)
			}
		case plan.MarkJoin:
			v := Value{}
			if matches > 0 {
				v.N = 1
			} else if n.NullAware && unknown {
				v.Null = true
			}
			out = append(out, merge(l, Row{n.Mark.ID: v}))
		}
	}
	if n.Kind == plan.RightJoin || n.Kind == plan.FullJoin {
		for i, r := range right {
			if !matchedRight[i] {
				out = append(out, merge(nulls(n.Left.Columns()), r))
			}
		}
	}
	return out
}

// condition is the three-valued conjunction of a join's keys and residual.
func (m *Model) condition(n *plan.Join, env Row) Value {
	out := Value{N: 1}
	and := func(v Value) {
		switch {
		case !v.Null && v.N == 0:
			out = v
		case v.Null && (out.Null || out.N != 0):
			out = v
		}
	}
	for _, k := range n.Keys {
		op := "="
		if k.NullSafe {
			op = "<=>"
		}
		and(binary(op, m.eval(k.Left, env), m.eval(k.Right, env)))
	}
	if n.Residual != nil {
		and(m.eval(n.Residual, env))
	}
	return out
}

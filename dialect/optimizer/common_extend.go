package optimizer

import (
	"maps"
	"slices"

	"skep/dialect/plan"
)

// extend returns n with columns for all terms of want, which are terms of n's class, and these columns.
func (c *numbering) extend(n plan.Node, want []int) (plan.Node, map[int]plan.Column) {
	have := c.columns(n)
	var missing []int
	for _, t := range want {
		if _, ok := have[t]; !ok && !slices.Contains(missing, t) {
			missing = append(missing, t)
		}
	}
	if len(missing) == 0 {
		return n, have
	}
	p, isProject := n.(*plan.Project)
	if !isProject {
		computed := slices.ContainsFunc(missing, func(t int) bool { return c.terms[t].kind == termExpr })
		if !computed {
			return c.widen(n, missing, have)
		}
		// What is computed from columns is computed above n.
		p = &plan.Project{Input: n}
		for _, col := range n.Columns() {
			p.Exprs = append(p.Exprs, plan.Assign{Column: col, Expr: plan.NewColumnRef(col)})
		}
	}
	in, below := c.extend(p.Input, c.operands(missing, c.columns(p.Input)))
	out := &plan.Project{Input: in, Exprs: slices.Clone(p.Exprs)}
	for _, t := range missing {
		col := c.fresh(t)
		out.Exprs = append(out.Exprs, plan.Assign{Column: col, Expr: c.rebuild(t, below)})
		have[t] = col
	}
	return out, have
}

// columns returns the columns of n by term.
func (c *numbering) columns(n plan.Node) map[int]plan.Column {
	s := c.of(n)
	have := map[int]plan.Column{}
	for _, col := range n.Columns() {
		if _, ok := have[s.terms[col.ID]]; !ok {
			have[s.terms[col.ID]] = col
		}
	}
	return have
}

// fresh makes a column for a term.
func (c *numbering) fresh(t int) plan.Column {
	return c.o.newColumn(c.terms[t].column.Name, c.terms[t].column.Type)
}

// operands returns the terms from which those of ts can be computed: themselves where a column has them.
func (c *numbering) operands(ts []int, have map[int]plan.Column) []int {
	var out []int
	for _, t := range ts {
		if _, ok := have[t]; !ok && c.terms[t].kind == termExpr {
			out = append(out, c.operands(c.terms[t].parts, have)...)
			continue
		}
		out = append(out, t)
	}
	return out
}

// rebuild returns the expression of a term over columns of other terms.
func (c *numbering) rebuild(t int, cols map[int]plan.Column) plan.Expr {
	if col, ok := cols[t]; ok {
		return plan.NewColumnRef(col)
	}
	call, ok := c.terms[t].expr.(*plan.Call)
	if !ok {
		return c.terms[t].expr
	}
	out := *call
	out.Args = c.rebuildAll(c.terms[t].parts, cols)
	return &out
}

func (c *numbering) rebuildAll(ts []int, cols map[int]plan.Column) []plan.Expr {
	var out []plan.Expr
	for _, t := range ts {
		out = append(out, c.rebuild(t, cols))
	}
	return out
}

// widen adds columns for terms that are no expressions to a node that is no projection. have are the columns that it has.
func (c *numbering) widen(n plan.Node, missing []int, have map[int]plan.Column) (plan.Node, map[int]plan.Column) {
	have = maps.Clone(have)
	switch n := n.(type) {
	case *plan.Scan:
		w := *n
		w.Cols, w.Source = slices.Clone(n.Cols), slices.Clone(n.Source)
		for _, t := range missing {
			have[t] = c.fresh(t)
			w.Cols, w.Source = append(w.Cols, have[t]), append(w.Source, c.terms[t].source)
		}
		return &w, have
	case *plan.Values:
		w := *n
		w.Cols, w.Rows = slices.Clone(n.Cols), slices.Clone(n.Rows)
		for _, t := range missing {
			have[t] = c.fresh(t)
			w.Cols = append(w.Cols, have[t])
			for i := range w.Rows {
				w.Rows[i] = append(slices.Clone(w.Rows[i]), c.terms[t].rows[i])
			}
		}
		return &w, have
	case *plan.Join:
		w := *n
		for _, kind := range []termKind{termLeft, termRight} {
			var parts, of []int
			for _, t := range missing {
				if c.terms[t].kind == kind {
					parts, of = append(parts, c.terms[t].parts[0]), append(of, t)
				}
			}
			side := &w.Left
			if kind == termRight {
				side = &w.Right
			}
			out, cols := c.extend(*side, parts)
			*side = out
			for i, t := range of {
				have[t] = cols[parts[i]]
			}
		}
		return &w, have
	case *plan.Aggregate:
		w := *n
		w.Aggs = slices.Clone(n.Aggs)
		in, cols := c.extend(n.Input, c.arguments(missing, n.Input))
		for _, t := range missing {
			have[t] = c.fresh(t)
			call := c.terms[t].agg
			call.Column, call.Args = have[t], c.rebuildAll(c.terms[t].parts, cols)
			w.Aggs = append(w.Aggs, call)
		}
		w.Input = in
		return &w, have
	case *plan.Window:
		w := *n
		w.Calls = slices.Clone(n.Calls)
		class := c.of(n).class
		var own, passed []int
		for _, t := range missing {
			if c.terms[t].kind == termWindow && c.terms[t].class == class {
				own = append(own, t)
			} else {
				passed = append(passed, t)
			}
		}
		in, cols := c.extend(n.Input, append(c.arguments(own, n.Input), passed...))
		for _, t := range passed {
			have[t] = cols[t]
		}
		for _, t := range own {
			have[t] = c.fresh(t)
			call := c.terms[t].call
			call.Column, call.Args = have[t], c.rebuildAll(c.terms[t].parts, cols)
			w.Calls = append(w.Calls, call)
		}
		w.Input = in
		return &w, have
	case *plan.Union:
		w := *n
		w.Cols, w.All, w.Sources = slices.Clone(n.Cols), slices.Clone(n.All), slices.Clone(n.Sources)
		for _, t := range missing {
			have[t] = c.fresh(t)
			w.Cols = append(w.Cols, have[t])
		}
		for k, x := range n.All {
			parts := make([]int, len(missing))
			for i, t := range missing {
				parts[i] = c.terms[t].parts[k]
			}
			in, cols := c.extend(x, parts)
			w.All[k], w.Sources[k] = in, slices.Clone(w.Sources[k])
			for _, t := range parts {
				w.Sources[k] = append(w.Sources[k], cols[t].ID)
			}
		}
		return &w, have
	}
	// The others pass the columns of their input on.
	in, cols := c.extend(n.Inputs()[0], missing)
	for _, t := range missing {
		have[t] = cols[t]
	}
	return plan.WithInputs(n, []plan.Node{in}), have
}

// arguments returns the terms that the input of a node needs so that calls can be added to it.
func (c *numbering) arguments(calls []int, in plan.Node) []int {
	have := c.columns(in)
	var out []int
	for _, t := range calls {
		out = append(out, c.operands(c.terms[t].parts, have)...)
	}
	return out
}

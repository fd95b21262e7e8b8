package analyzer

import (
	"fmt"
	"sort"
	"strings"

	"skep/dialect/plan"
)

// value is NULL or an integer; booleans are 0 and 1.
type value struct {
	null bool
	n    int64
}

type row map[plan.ColumnID]value

// model evaluates plans row by row, subquery expressions included: a slow reference for rewritten plans. It knows integers
// only.
type model struct {
	tables map[string][][]value
}

// moreThanOne is the error of a scalar subquery.
type moreThanOne struct{}

func (m *model) rows(n plan.Node, outer row) []row {
	switch n := n.(type) {
	case *plan.Scan:
		var out []row
		for _, r := range m.tables[n.Table.Name] {
			o := row{}
			for i, c := range n.Cols {
				o[c.ID] = r[n.Source[i]]
			}
			out = append(out, o)
		}
		return out
	case *plan.Values:
		var out []row
		for _, r := range n.Rows {
			o := row{}
			for i, c := range n.Cols {
				o[c.ID] = m.eval(r[i], outer)
			}
			out = append(out, o)
		}
		return out
	case *plan.Filter:
		var out []row
		for _, r := range m.rows(n.Input, outer) {
			if m.holds(n.Cond, merge(outer, r)) {
				out = append(out, r)
			}
		}
		return out
	case *plan.Project:
		var out []row
		for _, r := range m.rows(n.Input, outer) {
			o := row{}
			env := merge(outer, r)
			for _, a := range n.Exprs {
				o[a.Column.ID] = m.eval(a.Expr, env)
			}
			out = append(out, o)
		}
		return out
	case *plan.Aggregate:
		return m.aggregate(n, outer)
	case *plan.Join:
		return m.join(n, outer)
	case *plan.Sort:
		out := m.rows(n.Input, outer)
		m.order(out, n.Keys, outer)
		return cut(out, n.Limit, n.Offset)
	case *plan.Limit:
		return cut(m.rows(n.Input, outer), n.N, n.Offset)
	case *plan.Window:
		return m.window(n, outer)
	case *plan.Union:
		var out []row
		for k, in := range n.All {
			for _, r := range m.rows(in, outer) {
				o := row{}
				for i, c := range n.Cols {
					o[c.ID] = r[n.Sources[k][i]]
				}
				out = append(out, o)
			}
		}
		return out
	case *plan.Shared:
		var out []row
		for _, r := range m.rows(n.Def.Plan, row{}) {
			o := row{}
			for i, c := range n.Def.Plan.Columns() {
				o[n.Cols[i].ID] = r[c.ID]
			}
			out = append(out, o)
		}
		return out
	}
	panic(fmt.Sprintf("model: %T", n))
}

func cut(rows []row, limit, offset int64) []row {
	rows = rows[min(int(offset), len(rows)):]
	if limit >= 0 {
		rows = rows[:min(int(limit), len(rows))]
	}
	return rows
}

func merge(a, b row) row {
	o := make(row, len(a)+len(b))
	for k, v := range a {
		o[k] = v
	}
	for k, v := range b {
		o[k] = v
	}
	return o
}

// order sorts by the keys; ties are broken by the whole row so that limits are deterministic.
func (m *model) order(rows []row, keys []plan.SortKey, outer row) {
	less := func(a, b value, desc, nullsFirst bool) int {
		switch {
		case a.null && b.null:
			return 0
		case a.null != b.null:
			if a.null == nullsFirst {
				return -1
			}
			return 1
		case a.n == b.n:
			return 0
		case (a.n < b.n) != desc:
			return -1
		}
		return 1
	}
	sort.SliceStable(rows, func(i, j int) bool {
		for _, k := range keys {
			if c := less(m.eval(k.Expr, merge(outer, rows[i])), m.eval(k.Expr, merge(outer, rows[j])), k.Desc, k.NullsFirst); c != 0 {
				return c < 0
			}
		}
		return false
	})
}

func (m *model) key(es []plan.Expr, env row) string {
	var b strings.Builder
	for _, e := range es {
		fmt.Fprint(&b, m.eval(e, env), ";")
	}
	return b.String()
}

func (m *model) aggregate(n *plan.Aggregate, outer row) []row {
	if len(n.GroupingSets) > 0 {
		panic("model: grouping sets")
	}
	var keys []plan.Expr
	for _, k := range n.Keys {
		keys = append(keys, k.Expr)
	}
	groups := map[string][]row{}
	var order []string
	for _, r := range m.rows(n.Input, outer) {
		k := m.key(keys, merge(outer, r))
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], r)
	}
	if len(keys) == 0 && len(order) == 0 {
		order = append(order, "")
	}
	var out []row
	for _, k := range order {
		o := row{}
		for _, a := range n.Keys {
			o[a.Column.ID] = m.eval(a.Expr, merge(outer, groups[k][0]))
		}
		for _, a := range n.Aggs {
			o[a.Column.ID] = m.fold(a, groups[k], outer)
		}
		out = append(out, o)
	}
	return out
}

func (m *model) fold(a plan.AggCall, rows []row, outer row) value {
	acc := value{null: a.Func != "count"}
	seen := map[value]bool{}
	for _, r := range rows {
		v := value{n: 1}
		if len(a.Args) > 0 {
			v = m.eval(a.Args[0], merge(outer, r))
		}
		if v.null || a.Distinct && seen[v] {
			continue
		}
		seen[v] = true
		switch {
		case a.Func == "count":
			acc.n++
		case acc.null:
			acc = v
		case a.Func == "sum":
			acc.n += v.n
		case a.Func == "max":
			acc.n = max(acc.n, v.n)
		case a.Func == "min":
			acc.n = min(acc.n, v.n)
		default:
			panic("model: " + a.Func)
		}
	}
	return acc
}

func (m *model) window(n *plan.Window, outer row) []row {
	parts := map[string][]row{}
	var order []string
	for _, r := range m.rows(n.Input, outer) {
		k := m.key(n.PartitionBy, merge(outer, r))
		if parts[k] == nil {
			order = append(order, k)
		}
		parts[k] = append(parts[k], r)
	}
	var out []row
	for _, k := range order {
		m.order(parts[k], n.OrderBy, outer)
		for i, r := range parts[k] {
			o := merge(r, nil)
			for _, c := range n.Calls {
				switch c.Func {
				case "row_number":
					o[c.Column.ID] = value{n: int64(i + 1)}
				case "count":
					o[c.Column.ID] = value{n: int64(len(parts[k]))}
				default:
					panic("model: " + c.Func)
				}
			}
			out = append(out, o)
		}
	}
	return out
}

func (m *model) join(n *plan.Join, outer row) []row {
	left, right := m.rows(n.Left, outer), m.rows(n.Right, outer)
	nulls := func(cols []plan.Column) row {
		o := row{}
		for _, c := range cols {
			o[c.ID] = value{null: true}
		}
		return o
	}
	var out []row
	matchedRight := make([]bool, len(right))
	for _, l := range left {
		matches, unknown := 0, false
		for i, r := range right {
			c := value{n: 1}
			if n.Residual != nil {
				c = m.eval(n.Residual, merge(outer, merge(l, r)))
			}
			unknown = unknown || c.null
			if c.null || c.n == 0 {
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
				panic(moreThanOne{})
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
			v := value{}
			if matches > 0 {
				v.n = 1
			} else if n.NullAware && unknown {
				v.null = true
			}
			out = append(out, merge(l, row{n.Mark.ID: v}))
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

func (m *model) holds(e plan.Expr, env row) bool {
	v := m.eval(e, env)
	return !v.null && v.n != 0
}

func boolean(b bool) value {
	if b {
		return value{n: 1}
	}
	return value{}
}

func (m *model) eval(e plan.Expr, env row) value {
	switch e := e.(type) {
	case *plan.ColumnRef:
		v, ok := env[e.ID]
		if !ok {
			panic("model: no column " + e.String())
		}
		return v
	case *plan.Literal:
		return value{e.Value.Null, e.Value.I}
	case *plan.Subquery:
		return m.subquery(e, env)
	case *plan.Call:
		return m.call(e, env)
	}
	panic(fmt.Sprintf("model: %T", e))
}

func (m *model) call(e *plan.Call, env row) value {
	arg := func(i int) value { return m.eval(e.Args[i], env) }
	switch e.Func {
	case "and", "or":
		stop := e.Func == "or"
		out := boolean(!stop)
		for i := range e.Args {
			v := arg(i)
			if !v.null && (v.n != 0) == stop {
				return boolean(stop)
			}
			if v.null {
				out = v
			}
		}
		return out
	case "not":
		v := arg(0)
		v.n = 1 - v.n
		return v
	case "isnull":
		return boolean(arg(0).null)
	case "isnotnull":
		return boolean(!arg(0).null)
	case "istrue":
		v := arg(0)
		return boolean(!v.null && v.n != 0)
	case "cast":
		return arg(0)
	case "coalesce":
		for i := range e.Args {
			if v := arg(i); !v.null {
				return v
			}
		}
		return value{null: true}
	case "if":
		if m.holds(e.Args[0], env) {
			return arg(1)
		}
		return arg(2)
	case "case":
		for i := 0; i+1 < len(e.Args); i += 2 {
			if m.holds(e.Args[i], env) {
				return arg(i + 1)
			}
		}
		if len(e.Args)%2 == 1 {
			return arg(len(e.Args) - 1)
		}
		return value{null: true}
	case "in":
		x, unknown := arg(0), false
		for i := range e.Args[1:] {
			v := binary("=", x, arg(i+1))
			unknown = unknown || v.null
			if !v.null && v.n != 0 {
				return v
			}
		}
		return value{null: unknown}
	}
	return binary(e.Func, arg(0), arg(1))
}

func binary(op string, a, b value) value {
	if op == "<=>" {
		return boolean(a.null == b.null && (a.null || a.n == b.n))
	}
	if a.null || b.null {
		return value{null: true}
	}
	switch op {
	case "=":
		return boolean(a.n == b.n)
	case "<>":
		return boolean(a.n != b.n)
	case "<":
		return boolean(a.n < b.n)
	case "<=":
		return boolean(a.n <= b.n)
	case ">":
		return boolean(a.n > b.n)
	case ">=":
		return boolean(a.n >= b.n)
	case "+":
		return value{n: a.n + b.n}
	case "-":
		return value{n: a.n - b.n}
	case "*":
		return value{n: a.n * b.n}
	}
	panic("model: " + op)
}

func (m *model) subquery(s *plan.Subquery, env row) value {
	rows := m.rows(s.Plan, env)
	col := s.Plan.Columns()[0].ID
	switch s.Kind {
	case plan.ExistsSubquery:
		return boolean(len(rows) > 0)
	case plan.ScalarSubquery:
		if len(rows) > 1 {
			panic(moreThanOne{})
		}
		if len(rows) == 0 {
			return value{null: true}
		}
		return rows[0][col]
	}
	op, all := s.Op, s.Kind == plan.AllSubquery
	if s.Kind == plan.InSubquery {
		op = "="
	}
	x, unknown := m.eval(s.Arg, env), false
	for _, r := range rows {
		v := binary(op, x, r[col])
		unknown = unknown || v.null
		if !v.null && (v.n != 0) != all {
			return boolean(!all)
		}
	}
	if unknown {
		return value{null: true}
	}
	return boolean(all)
}

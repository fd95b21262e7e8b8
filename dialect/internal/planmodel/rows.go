// Package planmodel evaluates logical plans row by row, in the most direct way, over small tables of integers. It is the
// reference that tests compare rewritten plans with; the product does not use it.
package planmodel

import (
	"fmt"
	"sort"
	"strings"

	"skep/dialect/plan"
)

// Value is NULL or an integer; booleans are 0 and 1.
type Value struct {
	Null bool
	N    int64
}

// Row holds the values of columns.
type Row map[plan.ColumnID]Value

// Model evaluates plans, subquery expressions included. Tables maps the name of a table to its rows, a value per column. It
// knows columns of integers and booleans only, and panics about anything else.
type Model struct {
	Tables map[string][][]Value
}

// failure is what a statement fails with: a scalar subquery with several rows, assert_true of something else.
type failure struct{ reason string }

// Evaluate renders the rows of n in an order of their own; "error" when the statement fails.
func (m *Model) Evaluate(n plan.Node) (text string) {
	defer func() {
		if e := recover(); e != nil {
			if _, ok := e.(failure); !ok {
				panic(e)
			}
			text = "error"
		}
	}()
	var lines []string
	for _, r := range m.rows(n, Row{}) {
		var b strings.Builder
		for _, c := range n.Columns() {
			if v := r[c.ID]; v.Null {
				b.WriteString("- ")
			} else {
				fmt.Fprint(&b, v.N, " ")
			}
		}
		lines = append(lines, "("+strings.TrimSpace(b.String())+")")
	}
	sort.Strings(lines)
	return strings.Join(lines, " ")
}

func (m *Model) rows(n plan.Node, outer Row) []Row {
	switch n := n.(type) {
	case *plan.Scan:
		return m.scan(n, outer)
	case *plan.Values:
		var out []Row
		for _, r := range n.Rows {
			o := Row{}
			for i, c := range n.Cols {
				o[c.ID] = m.eval(r[i], outer)
			}
			out = append(out, o)
		}
		return out
	case *plan.Filter:
		var out []Row
		for _, r := range m.rows(n.Input, outer) {
			if m.holds(n.Cond, merge(outer, r)) {
				out = append(out, r)
			}
		}
		return out
	case *plan.Project:
		var out []Row
		for _, r := range m.rows(n.Input, outer) {
			o := Row{}
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
	case *plan.Distribute:
		return m.rows(n.Input, outer)
	case *plan.Window:
		return m.window(n, outer)
	case *plan.Generate:
		return m.generate(n, outer)
	case *plan.Union:
		var out []Row
		for k, in := range n.All {
			for _, r := range m.rows(in, outer) {
				o := Row{}
				for i, c := range n.Cols {
					o[c.ID] = r[n.Sources[k][i]]
				}
				out = append(out, o)
			}
		}
		return out
	case *plan.Shared:
		var out []Row
		for _, r := range m.rows(n.Def.Plan, Row{}) {
			o := Row{}
			for i, c := range n.Def.Plan.Columns() {
				o[n.Cols[i].ID] = r[c.ID]
			}
			out = append(out, o)
		}
		return out
	}
	panic(fmt.Sprintf("model: %T", n))
}

func (m *Model) scan(n *plan.Scan, outer Row) []Row {
	var out []Row
	for _, r := range m.Tables[n.Table.Name] {
		o := Row{}
		for i, c := range n.Cols {
			o[c.ID] = r[n.Source[i]]
		}
		keep := true
		for _, f := range n.Filter {
			keep = keep && m.holds(f, merge(outer, o))
		}
		if keep {
			out = append(out, o)
		}
	}
	return out
}

func cut(rows []Row, limit, offset int64) []Row {
	rows = rows[min(int(offset), len(rows)):]
	if limit >= 0 {
		rows = rows[:min(int(limit), len(rows))]
	}
	return rows
}

func merge(a, b Row) Row {
	o := make(Row, len(a)+len(b))
	for k, v := range a {
		o[k] = v
	}
	for k, v := range b {
		o[k] = v
	}
	return o
}

func compareKeys(a, b Value, desc, nullsFirst bool) int {
	switch {
	case a.Null && b.Null:
		return 0
	case a.Null != b.Null:
		if a.Null == nullsFirst {
			return -1
		}
		return 1
	case a.N == b.N:
		return 0
	case (a.N < b.N) != desc:
		return -1
	}
	return 1
}

// order sorts by the keys and leaves ties as they are: limits are only told apart under keys that decide everything.
func (m *Model) order(rows []Row, keys []plan.SortKey, outer Row) {
	sort.SliceStable(rows, func(i, j int) bool {
		for _, k := range keys {
			a, b := m.eval(k.Expr, merge(outer, rows[i])), m.eval(k.Expr, merge(outer, rows[j]))
			if c := compareKeys(a, b, k.Desc, k.NullsFirst); c != 0 {
				return c < 0
			}
		}
		return false
	})
}

func (m *Model) key(es []plan.Expr, env Row) string {
	var b strings.Builder
	for _, e := range es {
		fmt.Fprint(&b, m.eval(e, env), ";")
	}
	return b.String()
}

func (m *Model) window(n *plan.Window, outer Row) []Row {
	parts := map[string][]Row{}
	var order []string
	for _, r := range m.rows(n.Input, outer) {
		k := m.key(n.PartitionBy, merge(outer, r))
		if parts[k] == nil {
			order = append(order, k)
		}
		parts[k] = append(parts[k], r)
	}
	var out []Row
	for _, k := range order {
		m.order(parts[k], n.OrderBy, outer)
		rank, dense := 0, 0
		for i, r := range parts[k] {
			if i > 0 && m.key(keyExprs(n.OrderBy), merge(outer, parts[k][i-1])) != m.key(keyExprs(n.OrderBy), merge(outer, r)) {
				rank = i
				dense++
			}
			ranks := map[string]int{"row_number": i + 1, "rank": rank + 1, "dense_rank": dense + 1}
			if l := n.Limit; l != nil && int64(ranks[l.Func]) > l.N {
				continue
			}
			o := merge(r, nil)
			for _, c := range n.Calls {
				switch c.Func {
				case "row_number", "rank", "dense_rank":
					o[c.Column.ID] = Value{N: int64(ranks[c.Func])}
				case "count", "sum", "max", "min": // over the whole partition
					o[c.Column.ID] = m.fold(plan.AggCall{Func: c.Func, Args: c.Args}, parts[k], outer)
				default:
					panic("model: " + c.Func)
				}
			}
			out = append(out, o)
		}
	}
	return out
}

func keyExprs(keys []plan.SortKey) []plan.Expr {
	es := make([]plan.Expr, len(keys))
	for i, k := range keys {
		es[i] = k.Expr
	}
	return es
}

// generate knows one table function: "series" gives the numbers below its argument.
func (m *Model) generate(n *plan.Generate, outer Row) []Row {
	var out []Row
	for _, r := range m.rows(n.Input, outer) {
		v := m.eval(n.Args[0], merge(outer, r))
		if v.Null {
			v.N = 0
		}
		for i := range v.N {
			out = append(out, merge(r, Row{n.Outputs[0].ID: {N: i}}))
		}
		if v.N <= 0 && n.Outer {
			out = append(out, merge(r, Row{n.Outputs[0].ID: {Null: true}}))
		}
	}
	return out
}

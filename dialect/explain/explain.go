// Package explain prints logical plans as indented text, one operator per line.
package explain

import (
	"fmt"
	"strconv"
	"strings"

	"skep/dialect/plan"
)

// Options choose what is printed besides operators, columns and conditions.
type Options struct {
	// Rows gives an operator's estimated number of output rows; negative means unknown. nil prints none.
	Rows func(plan.Node) float64
	// Actual gives the number of rows that an operator gave when the plan ran, likewise.
	Actual func(plan.Node) int64
	// Types adds the types of columns.
	Types bool
}

// Plan prints n. Shared definitions follow once, after the plan that refers to them.
func Plan(n plan.Node, opts Options) string {
	p := &printer{opts: opts, printed: map[*plan.SharedDef]bool{}}
	p.node(n, 0)
	p.definitions()
	return p.b.String()
}

// Query prints a query: its result columns, then its plan.
func Query(q *plan.Query, opts Options) string {
	p := &printer{opts: opts, printed: map[*plan.SharedDef]bool{}}
	cols := q.Root.Columns()
	names := make([]string, len(q.Names))
	for i, name := range q.Names {
		names[i] = name + " " + cols[i].Type.String()
	}
	p.b.WriteString("Result: " + strings.Join(names, ", ") + "\n")
	p.node(q.Root, 0)
	p.definitions()
	return p.b.String()
}

// Insert prints the branches of an insert.
func Insert(in *plan.Insert, opts Options) string {
	p := &printer{opts: opts, printed: map[*plan.SharedDef]bool{}}
	for i := range in.Branches {
		p.b.WriteString(branchLine(&in.Branches[i]) + "\n")
		p.node(in.Branches[i].Root, 1)
	}
	p.definitions()
	return p.b.String()
}

func branchLine(br *plan.InsertBranch) string {
	verb := "Insert into "
	if br.Overwrite {
		verb = "Insert overwrite "
	}
	switch {
	case br.Table != nil:
		s := verb + br.Table.DB + "." + br.Table.Name
		if keys := br.Table.PartitionKeys; len(keys) > 0 {
			parts := make([]string, len(keys))
			for i, k := range keys {
				parts[i] = k.Name
				if i < len(br.Static) {
					parts[i] += "=" + strconv.Quote(br.Static[i])
				}
			}
			s += " partition(" + strings.Join(parts, ", ") + ")"
		}
		if br.IfNotExists {
			s += " if not exists"
		}
		return s
	case br.Directory != nil && br.Directory.Local:
		return verb + "local directory " + strconv.Quote(br.Directory.Path)
	case br.Directory != nil:
		return verb + "directory " + strconv.Quote(br.Directory.Path)
	}
	return verb + "new table"
}

type printer struct {
	b       strings.Builder
	opts    Options
	pending []*plan.SharedDef
	printed map[*plan.SharedDef]bool
}

func (p *printer) definitions() {
	for len(p.pending) > 0 {
		d := p.pending[0]
		p.pending = p.pending[1:]
		fmt.Fprintf(&p.b, "Shared %d %s:\n", d.ID, d.Name)
		p.node(d.Plan, 1)
	}
}

func (p *printer) node(n plan.Node, depth int) {
	p.b.WriteString(strings.Repeat("  ", depth))
	p.b.WriteString(p.describe(n))
	if p.opts.Rows != nil {
		if rows := p.opts.Rows(n); rows >= 0 {
			fmt.Fprintf(&p.b, " rows=%.0f", rows)
		}
	}
	if p.opts.Actual != nil {
		if rows := p.opts.Actual(n); rows >= 0 {
			fmt.Fprintf(&p.b, " actual=%d", rows)
		}
	}
	p.b.WriteByte('\n')
	for _, e := range plan.Exprs(n) {
		plan.Visit(e, func(x plan.Expr) bool {
			if s, ok := x.(*plan.Subquery); ok {
				p.b.WriteString(strings.Repeat("  ", depth+2) + s.String() + ":\n")
				p.node(s.Plan, depth+3)
			}
			return true
		})
	}
	for _, in := range n.Inputs() {
		p.node(in, depth+1)
	}
}

// describe is the operator's line without indentation.
func (p *printer) describe(n plan.Node) string {
	switch n := n.(type) {
	case *plan.Scan:
		return p.scan(n)
	case *plan.Values:
		rows := make([]string, len(n.Rows))
		for i, r := range n.Rows {
			rows[i] = "(" + list(r) + ")"
		}
		return strings.TrimRight("Values "+p.columns(n.Cols)+" "+strings.Join(rows, ", "), " ")
	case *plan.Filter:
		return "Filter " + n.Cond.String()
	case *plan.Project:
		return "Project " + p.assigns(n.Exprs)
	case *plan.Aggregate:
		return p.aggregate(n)
	case *plan.Join:
		return p.join(n)
	case *plan.Window:
		return p.window(n)
	case *plan.Sort:
		s := "Sort " + sortKeys(n.Keys)
		if n.Partial {
			s = "SortPartial " + sortKeys(n.Keys)
		}
		if n.Limit >= 0 {
			s += " limit=" + strconv.FormatInt(n.Limit, 10)
		}
		if n.Offset > 0 {
			s += " offset=" + strconv.FormatInt(n.Offset, 10)
		}
		return s
	case *plan.Limit:
		s := "Limit " + strconv.FormatInt(n.N, 10)
		if n.Offset > 0 {
			s += " offset=" + strconv.FormatInt(n.Offset, 10)
		}
		return s
	case *plan.Union:
		return "Union " + p.columns(n.Cols)
	case *plan.Generate:
		s := "Generate "
		if n.Outer {
			s += "outer "
		}
		return s + n.Func + "(" + list(n.Args) + ") -> " + p.columns(n.Outputs)
	case *plan.Script:
		return "Script " + strconv.Quote(n.Command) + "(" + list(n.Args) + ") -> " + p.columns(n.Outputs)
	case *plan.Distribute:
		return "Distribute " + list(n.By)
	case *plan.Shared:
		if !p.printed[n.Def] {
			p.printed[n.Def] = true
			p.pending = append(p.pending, n.Def)
		}
		return fmt.Sprintf("SharedRef %d %s %s", n.Def.ID, n.Def.Name, p.columns(n.Cols))
	}
	return fmt.Sprintf("%T", n)
}

func (p *printer) scan(n *plan.Scan) string {
	s := "Scan " + n.Table.DB + "." + n.Table.Name
	if n.Alias != n.Table.Name {
		s += " " + n.Alias
	}
	s += " " + p.columns(n.Cols)
	if len(n.Filter) > 0 {
		s += " filter=[" + list(n.Filter) + "]"
	}
	if n.Pruned {
		names := make([]string, len(n.Partitions))
		for i, pt := range n.Partitions {
			names[i] = strings.Join(pt.Names, "/")
		}
		s += " partitions=[" + strings.Join(names, ", ") + "]"
	}
	if m := n.Sample; m != nil {
		switch {
		case m.OutOf > 0:
			s += fmt.Sprintf(" sample=bucket %d out of %d on [%s]", m.Bucket, m.OutOf, list(m.On))
		case m.Rows > 0:
			s += fmt.Sprintf(" sample=%d rows", m.Rows)
		case m.Bytes > 0:
			s += fmt.Sprintf(" sample=%d bytes", m.Bytes)
		default:
			s += fmt.Sprintf(" sample=%g percent", m.Percent)
		}
	}
	return s
}

func (p *printer) aggregate(n *plan.Aggregate) string {
	s := "Aggregate keys=" + p.assigns(n.Keys)
	if len(n.GroupingSets) > 0 {
		sets := make([]string, len(n.GroupingSets))
		for i, set := range n.GroupingSets {
			sets[i] = strings.ReplaceAll(strings.Trim(fmt.Sprint(set), "[]"), " ", ",")
			sets[i] = "(" + sets[i] + ")"
		}
		s += " sets=" + strings.Join(sets, "")
	}
	if n.GroupingID.ID != 0 {
		s += " id=" + p.column(n.GroupingID)
	}
	aggs := make([]string, len(n.Aggs))
	for i, a := range n.Aggs {
		args := list(a.Args)
		if a.Func == "count" && len(a.Args) == 0 {
			args = "*"
		}
		if a.Distinct {
			args = "distinct " + args
		}
		aggs[i] = p.column(a.Column) + "=" + a.Func + "(" + args + ")"
	}
	return s + " aggs=[" + strings.Join(aggs, ", ") + "]"
}

var joinNames = [...]string{"InnerJoin", "LeftJoin", "RightJoin", "FullJoin", "SemiJoin", "AntiJoin", "NullAwareAntiJoin", "MarkJoin", "SingleJoin"}

func (p *printer) join(n *plan.Join) string {
	s := joinNames[n.Kind]
	if n.Kind == plan.MarkJoin {
		s += " -> " + p.column(n.Mark)
		if n.NullAware {
			s += " null-aware"
		}
	}
	keys := make([]string, len(n.Keys))
	for i, k := range n.Keys {
		op := " = "
		if k.NullSafe {
			op = " <=> "
		}
		keys[i] = k.Left.String() + op + k.Right.String()
	}
	if len(keys) > 0 {
		s += " on " + strings.Join(keys, ", ")
	}
	if n.Residual != nil {
		s += " where " + n.Residual.String()
	}
	if n.BuildLeft {
		s += " build=left"
	}
	if n.Broadcast {
		s += " broadcast"
	}
	return s
}

func (p *printer) window(n *plan.Window) string {
	calls := make([]string, len(n.Calls))
	for i, c := range n.Calls {
		args := list(c.Args)
		if c.Distinct {
			args = "distinct " + args
		}
		calls[i] = p.column(c.Column) + "=" + c.Func + "(" + args + ") " + frame(c.Frame)
		if c.IgnoreNulls {
			calls[i] += " ignore nulls"
		}
	}
	s := "Window " + strings.Join(calls, ", ")
	if len(n.PartitionBy) > 0 {
		s += " partition by " + list(n.PartitionBy)
	}
	if len(n.OrderBy) > 0 {
		s += " order by " + sortKeys(n.OrderBy)
	}
	if n.Limit != nil {
		s += fmt.Sprintf(" %s limit=%d", n.Limit.Func, n.Limit.N)
	}
	return s
}

func frame(f plan.Frame) string {
	unit := "range"
	if f.Rows {
		unit = "rows"
	}
	bound := func(b plan.Bound) string {
		name := [...]string{"unbounded preceding", "preceding", "current row", "following", "unbounded following"}[b.Kind]
		if b.Offset != nil {
			return b.Offset.String() + " " + name
		}
		return name
	}
	return unit + " " + bound(f.Start) + ".." + bound(f.End)
}

func sortKeys(keys []plan.SortKey) string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = k.Expr.String()
		if k.Desc {
			out[i] += " desc"
		}
		if k.NullsFirst {
			out[i] += " nulls first"
		}
	}
	return strings.Join(out, ", ")
}

func list(es []plan.Expr) string {
	out := make([]string, len(es))
	for i, e := range es {
		out[i] = e.String()
	}
	return strings.Join(out, ", ")
}

func (p *printer) column(c plan.Column) string {
	s := c.Name + "#" + strconv.Itoa(int(c.ID))
	if p.opts.Types {
		s += ":" + c.Type.String()
	}
	return s
}

func (p *printer) columns(cols []plan.Column) string {
	out := make([]string, len(cols))
	for i, c := range cols {
		out[i] = p.column(c)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// assigns prints computed columns; a column that passes through is printed once.
func (p *printer) assigns(as []plan.Assign) string {
	out := make([]string, len(as))
	for i, a := range as {
		out[i] = p.column(a.Column)
		if r, ok := a.Expr.(*plan.ColumnRef); !ok || r.ID != a.Column.ID {
			out[i] += "=" + a.Expr.String()
		}
	}
	return "[" + strings.Join(out, ", ") + "]"
}

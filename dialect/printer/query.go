package printer

import (
	"strings"

	"skep/dialect/ast"
)

func (p *printer) with(ctes []*ast.CTE) {
	if len(ctes) == 0 {
		return
	}
	p.word("WITH")
	list(p, ctes, func(c *ast.CTE) {
		p.ident(c.Name)
		if c.Columns != nil {
			p.idents(c.Columns)
		}
		p.word("AS")
		p.subquery(c.Query)
	})
}

func (p *printer) query(q *ast.Query) {
	p.with(q.With)
	p.body(q.Body)
	p.queryClauses(q)
}

func (p *printer) queryClauses(q *ast.Query) {
	if q.OrderBy != nil {
		p.words("ORDER", "BY")
		list(p, q.OrderBy, p.sortItem)
	}
	if q.ClusterBy != nil {
		p.words("CLUSTER", "BY")
		p.keys(q.ClusterBy)
	}
	if q.DistributeBy != nil {
		p.words("DISTRIBUTE", "BY")
		p.keys(q.DistributeBy)
	}
	if q.SortBy != nil {
		p.words("SORT", "BY")
		parens(p, q.SortBy, p.sortItem)
	}
	p.limit(q.Limit)
}

// keys writes the keys of CLUSTER BY and the like in parentheses, so that a key that begins with one is not mistaken for
// the whole list.
func (p *printer) keys(exprs []ast.Expr) { parens(p, exprs, p.item) }

func (p *printer) limit(l *ast.Limit) {
	if l == nil {
		return
	}
	p.word("LIMIT")
	p.expr(l.Count, precPrimary)
	if l.Offset != nil {
		p.word("OFFSET")
		p.expr(l.Offset, precPrimary)
	}
}

func (p *printer) sortItem(s *ast.SortItem) {
	p.expr(s.Expr, precLowest)
	p.when(s.Order != "", string(s.Order))
	p.when(s.Nulls != "", string(s.Nulls))
}

func (p *printer) body(b ast.QueryBody) {
	switch b := b.(type) {
	case *ast.Select:
		p.selectBlock(b)
	case *ast.Values:
		p.values(b)
	case *ast.SetOp:
		p.body(b.Left)
		p.word(string(b.Op))
		p.when(b.All, "ALL")
		if right, ok := b.Right.(*ast.SetOp); ok { // only a rewritten tree groups to the right
			p.open()
			p.body(right)
			p.end()
			return
		}
		p.body(b.Right)
	case *ast.Query:
		p.subquery(b)
	}
}

func (p *printer) selectBlock(s *ast.Select) {
	p.selectHead(s)
	if s.From != nil {
		p.word("FROM")
		p.from(s.From)
	}
	p.blockClauses(s)
}

func (p *printer) selectHead(s *ast.Select) {
	if s.Transform != nil {
		p.transform(s)
		return
	}
	p.word("SELECT")
	p.when(s.HintText != "", "/*+"+s.HintText+"*/")
	p.when(s.Distinct, "DISTINCT")
	list(p, s.Items, func(it *ast.SelectItem) {
		p.expr(it.Expr, precLowest)
		switch len(it.Aliases) {
		case 0:
		case 1:
			p.word("AS")
			p.ident(it.Aliases[0])
		default:
			p.word("AS")
			p.idents(it.Aliases)
		}
	})
}

func (p *printer) transform(s *ast.Select) {
	t := s.Transform
	if t.Keyword == "TRANSFORM" {
		p.word("SELECT")
		p.when(s.HintText != "", "/*+"+s.HintText+"*/")
		p.word("TRANSFORM")
		parens(p, t.Args, p.item)
	} else {
		p.word(t.Keyword)
		list(p, t.Args, p.item)
	}
	p.rowFormat(t.InFormat)
	p.optStr(t.RecordWriter, "RECORDWRITER")
	p.optStr(t.Script, "USING")
	if t.HasAs {
		p.word("AS")
		parens(p, t.Columns, p.column)
	}
	p.rowFormat(t.OutFormat)
	p.optStr(t.RecordReader, "RECORDREADER")
}

func (p *printer) blockClauses(s *ast.Select) {
	p.where(s.Where)
	if s.GroupBy != nil {
		p.groupBy(s.GroupBy)
	}
	if s.Having != nil {
		p.word("HAVING")
		p.expr(s.Having, precLowest)
	}
	if s.Windows != nil {
		p.word("WINDOW")
		list(p, s.Windows, func(w *ast.WindowDef) {
			p.ident(w.Name)
			p.word("AS")
			p.window(w.Spec)
		})
	}
	if s.Qualify != nil {
		p.word("QUALIFY")
		p.expr(s.Qualify, precLowest)
	}
}

func (p *printer) where(e ast.Expr) {
	if e != nil {
		p.word("WHERE")
		p.expr(e, precLowest)
	}
}

func (p *printer) groupBy(g *ast.GroupBy) {
	p.words("GROUP", "BY")
	switch {
	case len(g.Exprs) == 0:
		p.word("()")
	case g.Kind == ast.GroupRollup, g.Kind == ast.GroupCube:
		p.word(string(g.Kind))
		parens(p, g.Exprs, p.item)
	default:
		list(p, g.Exprs, p.item)
		if g.Kind == ast.GroupSets {
			p.words("GROUPING", "SETS")
			parens(p, g.Sets, func(s *ast.GroupingSet) { parens(p, s.Exprs, p.item) })
		}
	}
}

func (p *printer) values(v *ast.Values) {
	p.word("VALUES")
	list(p, v.Rows, p.row)
}

func (p *printer) row(r *ast.Row) {
	p.open()
	for i, e := range r.Items {
		if i > 0 {
			p.comma()
		}
		p.item(e)
		if i < len(r.Names) {
			p.alias(r.Names[i])
		}
	}
	p.end()
}

func (p *printer) window(w *ast.WindowSpec) {
	if !w.Parens {
		p.ident(w.Name)
		return
	}
	p.open()
	p.ident(w.Name)
	p.partitioning(w.Partitioning)
	if f := w.Frame; f != nil {
		p.word(string(f.Unit))
		p.when(f.End != nil, "BETWEEN")
		p.bound(f.Start)
		if f.End != nil {
			p.word("AND")
			p.bound(f.End)
		}
	}
	p.end()
}

func (p *printer) bound(b *ast.FrameBound) {
	if b.Value != nil {
		p.num(b.Value)
	}
	p.word(string(b.Kind))
}

func (p *printer) partitioning(n *ast.Partitioning) {
	if n == nil {
		return
	}
	if n.PartitionBy != nil {
		if n.DistributeBy {
			p.words("DISTRIBUTE", "BY")
		} else {
			p.words("PARTITION", "BY")
		}
		p.keys(n.PartitionBy)
	}
	if n.ClusterBy != nil {
		p.words("CLUSTER", "BY")
		p.keys(n.ClusterBy)
	}
	if n.OrderBy != nil {
		if n.SortBy {
			p.words("SORT", "BY")
			parens(p, n.OrderBy, p.sortItem)
			return
		}
		p.words("ORDER", "BY")
		list(p, n.OrderBy, p.sortItem)
	}
}

func (p *printer) alias(id *ast.Ident) {
	if id != nil {
		p.word("AS")
		p.ident(id)
	}
}

func (p *printer) from(f ast.FromItem) {
	switch f := f.(type) {
	case *ast.TableRef:
		p.tableRef(f)
	case *ast.SubqueryRef:
		p.subquery(f.Query)
		p.alias(f.Alias)
		if f.Columns != nil {
			p.idents(f.Columns)
		}
	case *ast.Join:
		p.join(f)
	case *ast.LateralView:
		if f.Source != nil {
			p.joinOperand(f.Source, false)
		}
		p.lateralView(f)
	case *ast.PTFRef:
		p.tableFunction(f)
	case *ast.ValuesRef:
		p.word("TABLE")
		p.open()
		p.values(f.Values)
		p.end()
		p.ident(f.Alias)
		if f.Columns != nil {
			p.idents(f.Columns)
		}
	case *ast.UniqueJoin:
		p.word("UNIQUEJOIN")
		list(p, f.Sources, func(s *ast.UniqueJoinSource) {
			p.when(s.Preserve, "PRESERVE")
			p.tableRef(s.Table)
			parens(p, s.Keys, p.item)
		})
	}
}

// joinOperand writes an operand of a join or lateral view: a join in parentheses, except a left one of a join.
func (p *printer) joinOperand(f ast.FromItem, left bool) {
	if _, ok := f.(*ast.Join); ok && !left {
		p.open()
		p.from(f)
		p.end()
		return
	}
	p.from(f)
}

func (p *printer) join(j *ast.Join) {
	p.joinOperand(j.Left, true)
	if j.Kind == ast.CommaJoin {
		p.comma()
	} else {
		p.word(string(j.Kind))
	}
	p.joinOperand(j.Right, false)
	if j.On != nil {
		p.word("ON")
		p.expr(j.On, precLowest)
	}
	if j.Using != nil {
		p.word("USING")
		p.idents(j.Using)
	}
}

func (p *printer) lateralView(f *ast.LateralView) {
	p.word("LATERAL")
	if f.Values != nil {
		p.word("TABLE")
		p.open()
		p.values(f.Values)
		p.end()
		p.ident(f.Alias)
		if f.Columns != nil {
			p.idents(f.Columns)
		}
		return
	}
	p.word("VIEW")
	p.when(f.Outer, "OUTER")
	p.call(f.Call)
	p.ident(f.Alias)
	if f.Columns != nil {
		p.word("AS")
		list(p, f.Columns, p.ident)
	}
}

func (p *printer) tableRef(f *ast.TableRef) {
	p.table(f.Name)
	if a := f.AsOf; a != nil {
		p.words("FOR", a.Kind)
		if a.From != nil {
			p.word("FROM")
			p.expr(a.From, precBitOr)
			p.word("TO")
		} else {
			p.words("AS", "OF")
		}
		p.expr(a.Expr, precLowest)
	}
	p.optProperties(f.Properties)
	if s := f.Sample; s != nil {
		p.word("TABLESAMPLE")
		p.open()
		switch s.Kind {
		case ast.SampleBucket:
			p.word("BUCKET")
			p.num(s.Value)
			p.words("OUT", "OF")
			p.num(s.OutOf)
			if s.On != nil {
				p.word("ON")
				list(p, s.On, p.item)
			}
		case ast.SampleBytes:
			p.num(s.Value)
		default:
			p.num(s.Value)
			p.word(string(s.Kind))
		}
		p.end()
	}
	p.alias(f.Alias)
}

func (p *printer) tableFunction(f *ast.PTFRef) {
	p.ident(f.Name)
	p.tight("(")
	p.word("ON")
	p.from(f.Input)
	p.partitioning(f.Partitioning)
	list(p, f.Args, func(a *ast.PTFArg) {
		p.ident(a.Name)
		parens(p, []ast.Expr{a.Expr}, p.item)
	})
	p.end()
	p.ident(f.Alias)
}

// keyword writes a keyword in upper case.
func (p *printer) keyword(s string) { p.word(strings.ToUpper(s)) }

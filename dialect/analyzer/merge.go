package analyzer

import (
	"context"
	"fmt"
	"slices"

	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/dialect/printer"
	"skep/dialect/sqlerr"
)

// AnalyzeMerge analyses MERGE: one join of target and source, of which each WHEN takes its rows. text is the statement, for messages.
func (a *Analyzer) AnalyzeMerge(ctx context.Context, s *ast.Merge, text string) (*plan.Insert, error) {
	b := a.newBuilder(ctx)
	alias := s.Alias
	if alias == nil {
		alias = s.Target.Name
	}
	m, err := b.modification(s.Target, alias)
	if err != nil {
		return nil, err
	}
	g := &merge{modification: m, ast: s}
	if err := g.check(text); err != nil {
		return nil, err
	}
	if err := m.full(); err != nil {
		return nil, err
	}
	if err := g.join(); err != nil {
		return nil, err
	}
	var branches []plan.InsertBranch
	for _, c := range s.Clauses {
		more, err := g.clause(c)
		if err != nil {
			return nil, err
		}
		branches = append(branches, more...)
	}
	if i := slices.IndexFunc(branches, func(x plan.InsertBranch) bool { return x.Deletes }); i >= 0 && b.env.Conf.Bool("hive.merge.cardinality.check") {
		if branches[i].Root, err = g.matchedOnce(branches[i].Root); err != nil {
			return nil, err
		}
	}
	return b.finishInsert(branches)
}

// merge is the analysis of a MERGE.
type merge struct {
	*modification
	ast   *ast.Merge
	def   *plan.SharedDef // the join
	src   *source
	first ast.Expr // condition of the first WHEN MATCHED that has been analysed
	seen  bool     // there has been one
}

// check applies the rules about clauses.
func (g *merge) check(text string) error {
	var matched []*ast.MergeClause
	count := map[ast.MergeAction]int{}
	for _, c := range g.ast.Clauses {
		if count[c.Action]++; c.Matched {
			matched = append(matched, c)
		}
		switch {
		case c.Action == ast.MergeInsert:
			if err := g.target(); err != nil {
				return err
			}
			if c.Columns != nil && len(c.Columns) != len(c.Values.Items) {
				return sqlerr.Semanticf("Column schema must have the same length as values (%d vs %d)", len(c.Columns), len(c.Values.Items))
			}
		case c.Action == ast.MergeUpdate:
			if _, err := g.assigned(c.Set); err != nil {
				return err
			}
		}
		switch {
		case count[ast.MergeDelete] > 1:
			return sqlerr.New(sqlerr.MergeTooManyDelete, text)
		case count[ast.MergeUpdate] > 1:
			return sqlerr.New(sqlerr.MergeTooManyUpdate, text)
		}
	}
	if len(matched) == 2 && matched[0].Cond == nil {
		return sqlerr.New(sqlerr.MergePrediacteRequired, text)
	}
	return nil
}

// target demands that an equality of ON speaks of the target.
func (g *merge) target() error {
	found := false
	var walk func(e ast.Expr)
	walk = func(e ast.Expr) {
		x, ok := e.(*ast.Binary)
		switch {
		case !ok:
		case x.Op == ast.OpAnd:
			walk(x.Left)
			walk(x.Right)
		case x.Op == ast.OpEq:
			for _, side := range []ast.Expr{x.Left, x.Right} {
				ast.Inspect(side, func(n ast.Node) bool {
					switch c := n.(type) {
					case *ast.FieldRef:
						base, ok := c.Base.(*ast.ColumnRef)
						found = found || ok && lower(base.Name) == lower(g.alias)
						return !ok
					case *ast.ColumnRef:
						is := func(k catalog.Column) bool { return k.Name == lower(c.Name) }
						found = found || slices.ContainsFunc(g.table.Columns, is) || slices.ContainsFunc(g.table.PartitionKeys, is)
					}
					return true
				})
			}
		}
	}
	if walk(g.ast.On); !found {
		return sqlerr.New(sqlerr.InvalidTableInOnClauseOfMerge, g.alias.Name, printer.Expr(g.ast.On))
	}
	return nil
}

// join analyses the join of target and source.
func (g *merge) join() error {
	kind := ast.InnerJoin
	if slices.ContainsFunc(g.ast.Clauses, func(c *ast.MergeClause) bool { return !c.Matched }) {
		kind = ast.RightJoin
	}
	var err error
	g.src, err = g.b.from(&ast.Join{
		Pos: g.ast.Pos, Kind: kind, Left: &ast.TableRef{Pos: g.ast.Target.Pos, Name: g.ast.Target, Alias: g.ast.Alias}, Right: g.ast.Source, On: g.ast.On,
	}, nil)
	if err != nil {
		return err
	}
	target := g.src.rels[0]
	id := g.b.virtual(target, "row__id")
	if id == nil {
		return fmt.Errorf("the target of MERGE, %s, has no %s", g.table.Name, rowID)
	}
	target.cols = append(target.cols, scopeColumn{col: id.col, name: id.name, hidden: true})
	g.def = g.b.newShared("_merge", g.src.node)
	g.b.order = append(g.b.order, g.def)
	return nil
}

// rows selects from the join.
func (g *merge) rows(s *ast.Select) (*ast.Query, *result, error) {
	q := &ast.Query{Pos: g.ast.Pos, Body: s}
	in := g.b.again(g.def, g.src)
	blk := g.b.newBlock(nil)
	blk.scope.rels = in.rels
	r, err := g.b.selectOver(q, s, blk, in.node, true)
	return q, r, err
}

// matching is the condition of the rows of a clause.
func (g *merge) matching(c *ast.MergeClause) ast.Expr {
	cond := ast.Expr(&ast.Is{Pos: c.Pos, Expr: g.column(rowID), Kind: ast.IsNull, Not: c.Matched})
	and := func(e ast.Expr) { cond = &ast.Binary{Pos: c.Pos, Op: ast.OpAnd, Left: cond, Right: e} }
	if c.Cond != nil {
		and(c.Cond)
	}
	if !c.Matched {
		return cond
	}
	if g.seen && g.first != nil {
		and(&ast.Unary{Pos: c.Pos, Op: ast.OpNot, Expr: g.first})
	}
	if !g.seen {
		g.seen, g.first = true, c.Cond
	}
	return cond
}

func (g *merge) clause(c *ast.MergeClause) ([]plan.InsertBranch, error) {
	s := &ast.Select{Pos: c.Pos, Where: g.matching(c)}
	switch c.Action {
	case ast.MergeDelete:
		s.Items = g.deleted()
		_, r, err := g.rows(s)
		if err != nil {
			return nil, err
		}
		return []plan.InsertBranch{g.deletes(r)}, nil
	case ast.MergeUpdate:
		set, err := g.assigned(c.Set)
		if err != nil {
			return nil, err
		}
		if s.Items, err = g.updated(set); err != nil {
			return nil, err
		}
		_, r, err := g.rows(s)
		if err != nil {
			return nil, err
		}
		return g.update(r)
	}
	var columns []string
	for _, id := range c.Columns {
		columns = append(columns, lower(id))
	}
	all := slices.Concat(g.table.Columns, g.table.PartitionKeys)
	for i, e := range c.Values.Items {
		if d, ok := e.(*ast.DefaultValue); ok {
			k := i
			if columns != nil {
				k = slices.IndexFunc(all, func(x catalog.Column) bool { return x.Name == columns[i] })
			}
			var column catalog.Column
			if k >= 0 && k < len(all) {
				column = all[k]
			}
			var err error
			if e, err = g.defaultValue(d, column); err != nil {
				return nil, err
			}
		}
		s.Items = append(s.Items, &ast.SelectItem{Pos: e.Position(), Expr: e})
	}
	q, r, err := g.rows(s)
	if err != nil {
		return nil, err
	}
	br, err := g.inserts(q, r, columns)
	if err != nil {
		return nil, err
	}
	return []plan.InsertBranch{*br}, nil
}

// matchedOnce adds to the deletes of root, as rows that never come, a query that fails when a row of the target matches several of the source.
func (g *merge) matchedOnce(root plan.Node) (plan.Node, error) {
	pos := g.ast.Pos
	call := func(name string, args ...ast.Expr) *ast.Call {
		return &ast.Call{Pos: pos, Name: &ast.FunctionName{Pos: pos, Name: &ast.Ident{Pos: pos, Name: name}}, Args: args}
	}
	number := func(text string) ast.Expr {
		return &ast.Literal{Pos: pos, Kind: ast.LitInteger, Value: text, Text: text}
	}
	count := call("count")
	count.Star = true
	items := g.deleted()
	group := &ast.GroupBy{Pos: pos, Kind: ast.GroupPlain}
	for _, it := range items {
		group.Exprs = append(group.Exprs, it.Expr)
	}
	_, r, err := g.rows(&ast.Select{
		Pos: pos, Items: items, Where: &ast.Is{Pos: pos, Expr: g.column(rowID), Kind: ast.IsNull, Not: true}, GroupBy: group,
		Having: &ast.Binary{Pos: pos, Op: ast.OpEq, Right: number("1"), Left: call("if",
			&ast.Binary{Pos: pos, Op: ast.OpGreater, Left: count, Right: number("1")}, call("cardinality_violation", g.column(rowID)), number("0"))},
	})
	if err != nil {
		return nil, err
	}
	u := &plan.Union{All: []plan.Node{root, trim(r)}, Sources: make([][]plan.ColumnID, 2)}
	for i, c := range root.Columns() {
		u.Cols = append(u.Cols, g.b.column(c.Name, c.Type))
		u.Sources[0] = append(u.Sources[0], c.ID)
		u.Sources[1] = append(u.Sources[1], r.cols[i].col.ID)
	}
	return u, nil
}

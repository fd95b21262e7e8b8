package analyzer

import (
	"slices"

	"skep/dialect/ast"
	"skep/dialect/function"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
)

// selection puts a block's clauses together: its expressions are built over FROM, then moved over the aggregation where there
// is one, then over the select list.
type selection struct {
	*block
	items    []item
	distinct bool
	having   plan.Expr
	qualify  plan.Expr
	tail     tailSpec
	top      bool
	outputs  []output
	hidden   []plan.Assign // sort keys that are not selected
}

// build builds HAVING, QUALIFY and the ordering clauses over FROM.
func (s *selection) build(q *ast.Query, sel *ast.Select, top bool) error {
	if sel.Having != nil {
		s.inHaving = true
		err := s.buildHaving(sel)
		if s.inHaving = false; err != nil {
			return err
		}
	}
	if sel.Qualify != nil {
		x := s.exprs(aggregates | windows | subqueries)
		x.alias = s.alias
		v, err := x.expr(sel.Qualify)
		if err != nil {
			return err
		}
		if s.qualify, err = x.condition(v); err != nil {
			return err
		}
	}
	x := s.exprs(aggregates | windows)
	x.alias, x.aliasFirst, x.items = s.alias, true, s.items
	build := func(e ast.Expr) (plan.Expr, error) {
		v, err := x.expr(e)
		if err != nil {
			return nil, s.unknownOutput(err)
		}
		return v, nil
	}
	position := func(i int) plan.Expr { return s.items[i].expr }
	return s.b.orderKeys(q, &s.tail, len(s.items), position, build, top)
}

// buildRouting builds SORT BY, DISTRIBUTE BY and CLUSTER BY, which see the output columns only, under the names that the
// select list gives them.
func (s *selection) buildRouting(q *ast.Query, top bool) error {
	blk := s.b.newBlock(nil)
	for _, o := range s.outputs {
		r := blk.scope.relation(o.table)
		if o.table == "" || r == nil {
			r = &relation{alias: o.table}
			blk.scope.rels = append(blk.scope.rels, r)
		}
		if r.find(o.name) == nil {
			r.cols = append(r.cols, scopeColumn{col: o.col, name: o.name})
		}
	}
	x := blk.exprs(0)
	saved := s.b.trace
	s.b.trace = nil // Hive leaves these clauses of a view as they are written
	defer func() { s.b.trace = saved }()
	return s.b.routingKeys(q, &s.tail, func(e ast.Expr) (plan.Expr, error) { return x.expr(e) }, top)
}

// buildHaving builds HAVING. It may name group keys, select aliases and aggregates.
func (s *selection) buildHaving(sel *ast.Select) error {
	if sel.GroupBy == nil && !s.namesAggregate(sel.Having) {
		return sqlerr.Semanticf("HAVING specified without GROUP BY")
	}
	x := s.exprs(aggregates | subqueries)
	x.alias = s.alias
	v, err := x.expr(sel.Having)
	if err != nil {
		return err
	}
	s.having, err = x.condition(v)
	return err
}

// namesAggregate reports whether e calls an aggregate function, itself or by the alias of a select item.
func (s *selection) namesAggregate(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			f, ok := function.Lookup(lower(n.Name.Name))
			found = found || ok && n.Over == nil && f.Kind&function.Aggregate != 0
		case *ast.ColumnRef:
			if v := s.alias(lower(n.Name)); v != nil {
				refs := plan.ColumnSet{}
				plan.Refs(v, refs)
				for id := range refs {
					found = found || s.isAgg.Has(id)
				}
			}
		}
		return !found
	})
	return found
}

// alias finds the select item of that name; nil when there is none or several.
func (s *selection) alias(name string) plan.Expr {
	var found plan.Expr
	for _, it := range s.items {
		if it.name == name && (!it.unnamed || found == nil) {
			if found != nil && !plan.Equal(found, it.expr) {
				return nil
			}
			found = it.expr
		}
	}
	return found
}

// unknownOutput replaces an unknown name's suggestions by the output columns, which is what ordering clauses see.
func (s *selection) unknownOutput(err error) error {
	se, ok := sqlerr.As(err)
	if !ok || se.Code != sqlerr.InvalidTableOrColumn {
		return err
	}
	names := make([]string, len(s.items))
	for i, it := range s.items {
		names[i] = it.name
	}
	return sqlerr.AtReason(se.Code, locator{se}, possibleNames(names))
}

// locator reuses the place of another error.
type locator struct{ e *sqlerr.Error }

// Where implements sqlerr.Locator.
func (l locator) Where() (line, col int, token string) { return l.e.Line, l.e.Col, l.e.Token }

// plan composes the block over n.
func (s *selection) plan(q *ast.Query, n plan.Node) (*result, error) {
	if s.grouped {
		if err := s.moveOverGroups(); err != nil {
			return nil, err
		}
		if err := s.aggregable(); err != nil {
			return nil, err
		}
		n = s.aggregateNode(n)
	}
	if s.having != nil {
		n = &plan.Filter{Input: n, Cond: s.having}
	}
	n = addWindows(n, s.windows)
	if s.qualify != nil {
		n = &plan.Filter{Input: n, Cond: s.qualify}
	}
	p := &plan.Project{Input: n}
	taken := plan.ColumnSet{}
	for _, it := range s.items {
		c := s.b.outputColumn(it.expr, it.name, taken)
		p.Exprs = append(p.Exprs, plan.Assign{Column: c, Expr: it.expr})
		s.outputs = append(s.outputs, output{col: c, name: it.name, table: it.table, origin: it.origin, star: it.star, folded: it.folded})
	}
	if err := s.moveOverOutputs(); err != nil {
		return nil, err
	}
	s.nameWindows()
	if err := s.buildRouting(q, s.top); err != nil {
		return nil, err
	}
	for i, it := range s.items {
		if it.result != "" {
			s.outputs[i].name, s.outputs[i].table = it.result, ""
		}
	}
	p.Exprs = append(p.Exprs, s.hidden...)
	n = p
	if s.distinct {
		n = s.b.distinct(n, s.outputs)
	}
	n, err := s.b.tailNodes(q, &s.tail, n, s.exprs(0))
	if err != nil {
		return nil, err
	}
	r := &result{node: n, cols: s.outputs}
	if len(s.hidden) > 0 {
		r.node = trim(r)
	}
	return r, nil
}

// nameWindows renames unnamed window functions: at the top of a statement, the functions of the last window are f_window_N.
// That is what remains in Hive when its optimizer merges projections.
func (s *selection) nameWindows() {
	if !s.top || s.distinct || s.qualify != nil || len(s.hidden) > 0 || len(s.windows) == 0 {
		return
	}
	last := s.windows[0]
	for i, w := range s.windows {
		first := !slices.ContainsFunc(s.windows[:i], w.sameWindow)
		if first {
			last = w
		}
	}
	named := plan.ColumnSet{}
	for i, it := range s.items {
		if s.nothing { // the plan has no windows then
			break
		}
		c, ok := it.expr.(*plan.ColumnRef)
		if !ok || it.window == "" || named.Has(c.ID) {
			continue
		}
		named.Add(c.ID)
		for _, w := range s.windows {
			if w.call.Column.ID == c.ID && w.sameWindow(last) {
				s.outputs[i].name = it.window
			}
		}
	}
}

// outputColumn gives an item its column: a plain reference keeps the column it refers to, unless that is taken.
func (b *builder) outputColumn(e plan.Expr, name string, taken plan.ColumnSet) plan.Column {
	if c, ok := e.(*plan.ColumnRef); ok && !taken.Has(c.ID) {
		taken.Add(c.ID)
		return plan.Column{ID: c.ID, Name: name, Type: c.T}
	}
	return b.column(name, e.Type())
}

// distinct removes duplicates; the outputs become the columns of the aggregation.
func (b *builder) distinct(n plan.Node, outputs []output) plan.Node {
	a := &plan.Aggregate{Input: n}
	for _, o := range outputs {
		a.Keys = append(a.Keys, plan.Assign{Column: o.col, Expr: plan.NewColumnRef(o.col)})
	}
	return a
}

// moveOverGroups rewrites all expressions above the aggregation.
func (s *selection) moveOverGroups() error {
	move := func(e *plan.Expr) error {
		if *e == nil {
			return nil
		}
		v, err := s.overGroups(*e)
		if err == nil {
			*e = v
		}
		return err
	}
	for i := range s.items {
		if err := move(&s.items[i].expr); err != nil {
			return err
		}
	}
	if err := move(&s.having); err != nil {
		return err
	}
	if err := move(&s.qualify); err != nil {
		return err
	}
	for _, w := range s.windows {
		for i := range w.partitionBy {
			if err := move(&w.partitionBy[i]); err != nil {
				return noWindowGroup(err)
			}
		}
		for i := range w.orderBy {
			if err := move(&w.orderBy[i].Expr); err != nil {
				return noWindowGroup(err)
			}
		}
		for i := range w.call.Args {
			if err := move(&w.call.Args[i]); err != nil {
				return noWindowGroup(err)
			}
		}
	}
	for i := range s.tail.order {
		e := &s.tail.order[i].Expr
		err := move(e)
		if se, ok := sqlerr.As(err); ok && se.Code == sqlerr.NonKeyExprInGroupby {
			return s.notSelected(*e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// noWindowGroup is what Hive makes of errors in a window function over groups.
func noWindowGroup(err error) error {
	text := err.Error()
	if se, ok := sqlerr.As(err); ok {
		text = "org.apache.hadoop.hive.ql.parse.SemanticException: " + se.Msg
	}
	return sqlerr.Semanticf("%s", windowGroupsText+text)
}

const windowGroupsText = "Failed to breakup Windowing invocations into Groups. At least 1 group must only depend on input columns. " +
	"Also check for circular dependencies.\nUnderlying error: "

// moveOverOutputs rewrites ORDER BY over the select list. What it needs beyond that is computed in hidden columns, except with
// DISTINCT.
func (s *selection) moveOverOutputs() error {
	for i := range s.tail.order {
		e := &s.tail.order[i].Expr
		v, complete := s.overOutputs(*e)
		if !complete {
			if s.distinct {
				return s.notSelected(*e)
			}
			c := s.b.column("_s", (*e).Type())
			s.hidden = append(s.hidden, plan.Assign{Column: c, Expr: *e})
			v = plan.NewColumnRef(c)
		}
		*e = v
	}
	return nil
}

// overOutputs replaces what the select list computes by references to it; complete is false when columns from below remain.
func (s *selection) overOutputs(e plan.Expr) (moved plan.Expr, complete bool) {
	for i := range s.items {
		if plan.Equal(s.items[i].expr, e) {
			return plan.NewColumnRef(s.outputs[i].col), true
		}
	}
	if _, ok := e.(*plan.ColumnRef); ok {
		return e, false
	}
	complete = true
	moved = plan.WithArgs(e, func(a plan.Expr) plan.Expr {
		v, ok := s.overOutputs(a)
		complete = complete && ok
		return v
	})
	return moved, complete
}

// notSelected is the error for an ordering expression over columns that are not selected.
func (s *selection) notSelected(e plan.Expr) error {
	names := make([]string, len(s.items))
	for i, it := range s.items {
		names[i] = it.name
	}
	var at ast.Node
	plan.Visit(e, func(n plan.Expr) bool {
		if c, ok := n.(*plan.ColumnRef); ok && at == nil {
			at = s.places[c].at
		}
		return at == nil
	})
	if at == nil {
		return sqlerr.Semanticf("%s %s", sqlerr.Text(sqlerr.InvalidTableOrColumn), possibleNames(names))
	}
	return sqlerr.AtReason(sqlerr.InvalidTableOrColumn, at.Position(), possibleNames(names))
}

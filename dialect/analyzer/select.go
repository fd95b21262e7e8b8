package analyzer

import (
	"fmt"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/function"
	"skep/dialect/javaregex"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

// item is one element of an expanded select list. For a table function call, expr is nil.
type item struct {
	expr    plan.Expr
	name    string
	table   string
	unnamed bool
	origin  string
	result  string // Hive's name for a column of * over groups where the select list is done
	cast    bool   // is named like the column that it casts
	folded  bool   // and becomes a cast or a column only when it is simplified
	star    bool
	column  string // of a view's text: the column as the item is written, when it has no alias
	window  string // Hive's name for an unnamed window function of the last window
}

// selectBlock analyses one SELECT with the clauses that follow it.
func (b *builder) selectBlock(q *ast.Query, s *ast.Select, outer *block, top bool) (*result, error) {
	if err := b.checkMapJoin(s); err != nil {
		return nil, err
	}
	blk := b.newBlock(outer)
	var n plan.Node = oneRow()
	if s.From != nil {
		src, err := b.from(s.From, outer)
		if err != nil {
			return nil, err
		}
		n, blk.scope.rels = src.node, src.rels
	}
	return b.selectOver(q, s, blk, n, top)
}

// oneRow is the relation of SELECT without FROM.
func oneRow() plan.Node { return &plan.Values{Rows: [][]plan.Expr{{}}} }

// selectOver analyses SELECT over an analysed FROM.
func (b *builder) selectOver(q *ast.Query, s *ast.Select, blk *block, n plan.Node, top bool) (*result, error) {
	if err := b.checkTail(q); err != nil {
		return nil, err
	}
	for _, w := range s.Windows {
		name := lower(w.Name)
		if blk.windowDef[name] != nil {
			return nil, sqlerr.Semanticf("%s", generated(w.Name, "Duplicate definition of window "+name+" is not allowed"))
		}
		blk.windowDef[name] = w.Spec
	}
	if s.Where != nil {
		x := blk.exprs(subqueries)
		v, err := x.expr(s.Where)
		if err != nil {
			return nil, err
		}
		if v, err = x.condition(v); err != nil {
			return nil, err
		}
		blk.whereJoins = hasSubquery(v)
		blk.nothing = !b.hive3() && neverTrue(v)
		blk.empty = blk.nothing || !b.hive3() && x.neverHolds(v)
		n = &plan.Filter{Input: n, Cond: tested(v)}
	}
	if s.Transform != nil {
		return b.transform(q, s, blk, n, top)
	}
	if s.GroupBy != nil {
		if err := blk.groupBy(s.GroupBy, s.Items); err != nil {
			return nil, err
		}
	}
	if call := tableFunctionCall(s); call != nil {
		var err error
		if n, s, err = b.selectTableFunction(q, s, blk, n, call); err != nil {
			return nil, err
		}
	}
	if s.Having != nil {
		blk.named = namedAggregates(s.Items)
	}
	items, err := blk.items(s, top)
	if err != nil {
		return nil, err
	}
	if top && b.hive3() {
		blk.trimDecimals(items)
	}
	sel := &selection{block: blk, items: items, distinct: s.Distinct, top: top}
	if err := sel.build(q, s, top); err != nil {
		return nil, err
	}
	return sel.plan(q, n)
}

// namedAggregates are the aggregates and columns of a select list that have aliases.
func namedAggregates(items []*ast.SelectItem) map[string]ast.Expr {
	named := map[string]ast.Expr{}
	for _, it := range items {
		if len(it.Aliases) != 1 {
			continue
		}
		switch e := it.Expr.(type) {
		case *ast.Call:
			if f, ok := function.Lookup(lower(e.Name.Name)); ok && e.Over == nil && f.Kind&function.Aggregate != 0 {
				named[lower(it.Aliases[0])] = e
			}
		case *ast.ColumnRef, *ast.FieldRef:
			named[lower(it.Aliases[0])] = e
		}
	}
	return named
}

// items builds the select list; top says whether its names are those of the statement's result.
func (blk *block) items(s *ast.Select, top bool) ([]item, error) {
	x := blk.exprs(aggregates | windows | subqueries)
	x.distinct = s.Distinct
	var out []item
	hints := min(len(s.Hints), 1) // in the numbering of unnamed columns they count as one
	for index, it := range s.Items {
		if star, ok := it.Expr.(*ast.Star); ok {
			cols, err := x.starColumns(star)
			if err != nil {
				return nil, err
			}
			if len(cols) == 0 {
				return nil, sqlerr.At(sqlerr.InvalidColumn, star.Position())
			}
			for _, c := range cols {
				blk.b.trace.star(star, c)
				it := item{expr: x.reference(c.col.col, star, nil), name: c.col.name, table: c.rel.alias, star: true, column: quoteColumn(c.rel, c.col)}
				if s.GroupBy != nil && !top {
					it.result = fmt.Sprintf("_col%d", len(out))
				} else {
					it.result = keyText(s, c)
				}
				out = append(out, it)
			}
			blk.b.trace.endStar(star)
			continue
		}
		if cols, ok, err := x.columnRegex(it.Expr); err != nil {
			return nil, err
		} else if ok {
			for _, c := range cols {
				out = append(out, item{expr: x.reference(c.col.col, it, nil), name: c.col.name, table: c.rel.alias})
			}
			continue
		}
		overs := blk.numOver
		v, err := x.expr(it.Expr)
		if err != nil {
			return nil, err
		}
		o := item{expr: v}
		switch len(it.Aliases) {
		case 0:
			o.name, o.table, o.unnamed = x.defaultName(x.shown(it.Expr), index+hints)
			if c, ok := it.Expr.(*ast.Call); ok && c.Over != nil {
				o.window = fmt.Sprintf("%s_window_%d", blk.windowName(v), overs)
			}
			if n := x.castName(s, o, out); n != "" && !callsNvl(it.Expr) {
				o.name, o.cast, o.folded = n, true, !castsColumn(it.Expr)
			}
			o.column = x.b.trace.written(x.shown(it.Expr))
		case 1:
			o.name = lower(it.Aliases[0])
			if s.GroupBy == nil && strings.HasPrefix(o.name, "_c") { // Hive takes such an alias of a column for none
				if name, table, unnamed := x.defaultName(x.shown(it.Expr), index+hints); !unnamed {
					o.name, o.table = name, table
				}
			}
			blk.b.trace.alias(it.Aliases[0])
		default:
			return nil, sqlerr.Semanticf("%s", generated(it, sqlerr.Text(sqlerr.InvalidAs)))
		}
		out = append(out, o)
	}
	for i := range out {
		if out[i].cast && (len(blk.windows) > 0 || blk.b.unplanned || blk.empty && out[i].folded) {
			out[i].folded = false
			out[i].name = fmt.Sprintf("_c%d", i+hints)
		}
		out[i].origin = x.origin(s, out[i].expr)
	}
	return out, nil
}

// keyText is the syntax tree of the group key that a column of * is, which Hive takes for its name; "" without one.
func keyText(s *ast.Select, c starColumn) string {
	if s.GroupBy == nil {
		return ""
	}
	for _, k := range s.GroupBy.Exprs {
		switch e := k.(type) {
		case *ast.ColumnRef:
			if lower(e.Name) == c.col.name {
				return "(tok_table_or_col " + c.col.name + ")"
			}
		case *ast.FieldRef:
			if base, ok := e.Base.(*ast.ColumnRef); ok && lower(base.Name) == c.rel.alias && lower(e.Name) == c.col.name {
				return "(. (tok_table_or_col " + c.rel.alias + ") " + c.col.name + ")"
			}
		}
	}
	return ""
}

// origin is the table column that e passes through; only plain selections from one source keep it.
func (x *exprs) origin(s *ast.Select, e plan.Expr) string {
	c, ok := e.(*plan.ColumnRef)
	if !ok || len(x.scope.rels) != 1 || s.GroupBy != nil || s.Distinct || x.grouped {
		return ""
	}
	for _, sc := range x.scope.rels[0].cols {
		if sc.col.ID == c.ID {
			return sc.origin
		}
	}
	return ""
}

// castName is Hive 4's name for the unnamed cast of a column, or what its planner makes one of: the column's, unless an item before has
// that name without its table's.
func (x *exprs) castName(s *ast.Select, o item, before []item) string {
	if !o.unnamed || x.hive3() || x.joined(s) {
		return ""
	}
	name := x.origin(s, simplified(o.expr))
	for _, b := range before {
		if b.name == name && b.table == "" {
			return ""
		}
	}
	return name
}

// castsColumn reports whether e is written as a column or a cast of one.
func castsColumn(e ast.Expr) bool {
	if c, ok := e.(*ast.Cast); ok {
		e = c.Expr
	}
	switch e.(type) {
	case *ast.ColumnRef, *ast.FieldRef:
		return true
	}
	return false
}

// callsNvl reports whether e is an NVL or a cast of one: the planner simplifies COALESCE alone.
func callsNvl(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Cast:
		return callsNvl(e.Expr)
	case *ast.Call:
		return len(e.Args) > 1 && lower(e.Name.Name) == "nvl"
	}
	return false
}

// simplified is what Hive 4's planner makes of an expression that is a column's value or a cast of it in disguise.
func simplified(e plan.Expr) plan.Expr {
	c, ok := e.(*plan.Call)
	if !ok {
		return e
	}
	same := func(args []plan.Expr) plan.Expr {
		first, ok := simplified(args[0]).(*plan.ColumnRef)
		for _, a := range args[1:] {
			other, is := simplified(a).(*plan.ColumnRef)
			ok = ok && is && other.ID == first.ID
		}
		if !ok {
			return e
		}
		return first
	}
	isBool := func(e plan.Expr, v int64) bool {
		l, ok := e.(*plan.Literal)
		return ok && !l.Value.Null && l.T.Kind == types.Boolean && l.Value.I == v
	}
	switch c.Func {
	case "cast":
		inner, ok := c.Args[0].(*plan.Call)
		if ok && inner.Func == "cast" && (!lossless(inner.Args[0].Type(), inner.T) || inner.T.Kind == types.String && c.T.IsDateGroup()) {
			return e
		}
		if v := simplified(c.Args[0]); !ok || inner.Func == "cast" || v.Type().Equal(inner.T) {
			return v
		}
	case "and", "or":
		neutral := int64(0)
		if c.Func == "and" {
			neutral = 1
		}
		var args []plan.Expr
		for _, a := range c.Args {
			if !isBool(a, neutral) {
				args = append(args, simplified(a))
			}
		}
		if len(args) > 0 {
			return same(args)
		}
	case "=", "in":
		if len(c.Args) == 2 && isBool(c.Args[1], 1) {
			return c.Args[0]
		}
		if c.Func == "=" && isBool(c.Args[0], 1) {
			return c.Args[1]
		}
	case "<>":
		if isBool(c.Args[1], 0) {
			return c.Args[0]
		}
	case "coalesce":
		var args []plan.Expr
		for _, a := range c.Args {
			if l, ok := a.(*plan.Literal); !ok || !l.Value.Null {
				args = append(args, simplified(a))
			}
		}
		if len(args) > 0 {
			return same(args)
		}
	case "if":
		if l, ok := c.Args[0].(*plan.Literal); ok {
			if isBool(l, 1) {
				return simplified(c.Args[1])
			}
			return simplified(c.Args[2])
		}
		return same(c.Args[1:])
	case "case":
		if len(c.Args)%2 == 1 {
			var values []plan.Expr
			for i := 1; i < len(c.Args); i += 2 {
				values = append(values, c.Args[i])
			}
			return same(append(values, c.Args[len(c.Args)-1]))
		}
	}
	return e
}

// lossless reports whether the planner leaves out a cast below another.
func lossless(from, to *types.Type) bool {
	switch {
	case from.IsInteger() && to.IsInteger():
		return from.Kind <= to.Kind
	case from.Kind == types.Decimal && to.Kind == types.Decimal:
		return to.Precision == 38 && to.Scale == 18 // that of function.CastVia
	}
	return from.IsNumeric() && to.Kind == types.String
}

// joined reports whether the query joins: in FROM, or a derived table with a subquery in WHERE.
func (x *exprs) joined(s *ast.Select) bool {
	switch s.From.(type) {
	case *ast.Join:
		return true
	case *ast.TableRef:
		return false
	}
	return x.whereJoins
}

// neverTrue reports whether Hive 4's planner sees that a condition is true for no row.
func neverTrue(e plan.Expr) bool {
	null := func(e plan.Expr) bool { l, ok := e.(*plan.Literal); return ok && l.Value.Null }
	switch e := e.(type) {
	case *plan.Literal:
		return !e.Value.Null && e.T.Kind == types.Boolean && e.Value.I == 0
	case *plan.Call:
		switch e.Func {
		case "and":
			return slices.ContainsFunc(e.Args, neverTrue)
		case "or":
			return !slices.ContainsFunc(e.Args, func(a plan.Expr) bool { return !neverTrue(a) })
		case "<", ">", "<>":
			return plan.Equal(e.Args[0], e.Args[1]) || slices.ContainsFunc(e.Args, null)
		case "=", "<=", ">=":
			return slices.ContainsFunc(e.Args, null)
		case "in":
			return !slices.ContainsFunc(e.Args[1:], func(a plan.Expr) bool { return !null(a) })
		}
	}
	return false
}

// neverHolds reports whether a conjunct of a condition is a constant other than true.
func (x *exprs) neverHolds(e plan.Expr) bool {
	if c, ok := e.(*plan.Call); ok && c.Func == "and" {
		return slices.ContainsFunc(c.Args, x.neverHolds)
	}
	if !isConstant(e) {
		return false
	}
	v := x.constant(e)
	return v != nil && (v.Null || v.I == 0)
}

func hasSubquery(e plan.Expr) (found bool) {
	plan.Visit(e, func(e plan.Expr) bool {
		_, is := e.(*plan.Subquery)
		found = found || is
		return !found
	})
	return found
}

// shown is an expression as a view's text has it.
func (x *exprs) shown(e ast.Expr) ast.Expr {
	if c, ok := e.(*ast.Cast); ok && x.b.trace != nil && x.b.trace.dropped[c] {
		return x.shown(c.Expr)
	}
	return e
}

// defaultName is the name of an item without AS: a column's own name, or _cN with its position in the select list.
func (x *exprs) defaultName(e ast.Expr, position int) (name, table string, unnamed bool) {
	switch e := e.(type) {
	case *ast.ColumnRef:
		return lower(e.Name), "", false
	case *ast.FieldRef:
		if t, ok := e.Base.(*ast.ColumnRef); ok && x.sees(lower(t.Name)) {
			return lower(e.Name), lower(t.Name), false
		}
		return lower(e.Name), "", false
	}
	return fmt.Sprintf("_c%d", position), "", true
}

// columnRegex expands a back-quoted regular expression over column names.
func (x *exprs) columnRegex(e ast.Expr) ([]starColumn, bool, error) {
	var id *ast.Ident
	star := &ast.Star{Pos: e.Position()}
	switch e := e.(type) {
	case *ast.ColumnRef:
		id = e.Name
	case *ast.FieldRef:
		t, ok := e.Base.(*ast.ColumnRef)
		if !ok {
			return nil, false, nil
		}
		id = e.Name
		star.Table = &ast.TableName{Pos: t.Pos, Name: t.Name}
	}
	if id == nil || !id.Regex {
		return nil, false, nil
	}
	re, err := javaregex.CompileWhole(id.Name, javaregex.CaseInsensitive)
	if err != nil {
		return nil, false, sqlerr.AtReason(sqlerr.InvalidColumn, e.Position(), err.Error())
	}
	all, err := x.starColumns(star)
	if err != nil {
		return nil, false, err
	}
	var out []starColumn
	for _, c := range all {
		if ok, err := re.Match([]byte(c.col.name)); err != nil {
			return nil, false, err
		} else if ok {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return nil, false, sqlerr.At(sqlerr.InvalidColumn, e.Position())
	}
	return out, true, nil
}

// tableFunctionCall returns the select list's table function call, or nil.
func tableFunctionCall(s *ast.Select) *ast.Call {
	for _, it := range s.Items {
		if c, ok := it.Expr.(*ast.Call); ok && c.Over == nil && c.Name.DB == nil {
			if f, ok := function.Lookup(lower(c.Name.Name)); ok && f.Kind&function.Table != 0 && f.Kind&function.Scalar == 0 {
				return c
			}
		}
	}
	return nil
}

// selectTableFunction turns SELECT f(…) AS (…) into a lateral view with the select list of its columns.
func (b *builder) selectTableFunction(q *ast.Query, s *ast.Select, blk *block, n plan.Node, call *ast.Call) (plan.Node, *ast.Select, error) {
	if len(s.Items) != 1 && s.Distinct {
		return nil, nil, sqlerr.New(sqlerr.UDTFInvalidLocation)
	}
	if len(s.Items) != 1 {
		other := s.Items[0]
		if other.Expr == ast.Expr(call) {
			other = s.Items[1]
		}
		return nil, nil, sqlerr.Semanticf("%s", generated(other, sqlerr.Text(sqlerr.UDTFMultipleExpr)))
	}
	switch {
	case s.GroupBy != nil:
		return nil, nil, sqlerr.New(sqlerr.UDTFNoGroupBy)
	case len(q.SortBy) > 0:
		return nil, nil, sqlerr.New(sqlerr.UDTFNoSortBy)
	case len(q.ClusterBy) > 0:
		return nil, nil, sqlerr.New(sqlerr.UDTFNoClusterBy)
	case len(q.DistributeBy) > 0:
		return nil, nil, sqlerr.New(sqlerr.UDTFNoDistributeBy)
	}
	x := blk.exprs(subqueries)
	name, args, fields, err := x.tableFunction(call)
	if err != nil {
		return nil, nil, err
	}
	aliases := s.Items[0].Aliases
	if len(aliases) > 0 && len(aliases) != len(fields) {
		return nil, nil, aliasMismatch(len(fields), len(aliases))
	}
	g := &plan.Generate{Input: n, Func: name, Args: args}
	rel := &relation{}
	c := *s
	c.Items = nil
	for i, f := range fields {
		id := &ast.Ident{Pos: call.Pos, Name: f.Name, Quoted: true}
		if len(aliases) > 0 {
			id = aliases[i]
		}
		col := b.column(lower(id), f.Type)
		g.Outputs = append(g.Outputs, col)
		rel.cols = append(rel.cols, scopeColumn{col: col, name: col.Name})
		c.Items = append(c.Items, &ast.SelectItem{Pos: call.Pos, Expr: &ast.ColumnRef{Pos: id.Pos, Name: id}})
	}
	blk.scope.rels = []*relation{rel}
	return g, &c, nil
}

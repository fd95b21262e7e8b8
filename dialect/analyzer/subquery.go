package analyzer

import (
	"math"
	"strconv"

	"skep/dialect/ast"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

// subqueryException is the kind of Hive's errors about subqueries.
const subqueryException = "CalciteSubquerySemanticException"

// sub analyses a subquery expression's query within the block.
func (x *exprs) sub(at ast.Node, q *ast.Query) (*result, error) {
	if x.allow&subqueries == 0 && !x.inOn {
		return nil, x.unsupportedSubquery("  Currently SubQuery expressions are only allowed as Where and Having Clause predicates")
	}
	if x.allow&subqueries == 0 {
		return nil, x.subqueryError(generated(at, sqlerr.Text(sqlerr.UnsupportedSubqueryExpression)+
			" Currently SubQuery expressions are only allowed as Where and Having Clause predicates"))
	}
	if x.distinct {
		return nil, x.unsupportedSubquery(" Invalid subquery. Subquery with DISTINCT clause is not supported!")
	}
	r, err := x.b.query(q, x.block, false)
	if e, ok := sqlerr.As(err); ok && e.Kind == sqlerr.SemanticException && (e.Code == sqlerr.InvalidColumn || e.Code == sqlerr.InvalidTableOrColumn ||
		e.Code == sqlerr.InvalidTable) {
		if !x.hive3() {
			c := *e
			c.Kind = subqueryException
			return nil, &c
		}
	}
	return r, err
}

func (x *exprs) unsupportedSubquery(reason string) error {
	if x.hive3() {
		return x.subqueryError(sqlerr.Text(sqlerr.UnsupportedSubqueryExpression) + reason)
	}
	return &sqlerr.Error{Code: sqlerr.UnsupportedSubqueryExpression, SQLState: sqlerr.State(sqlerr.UnsupportedSubqueryExpression),
		Kind: subqueryException, Msg: sqlerr.Text(sqlerr.UnsupportedSubqueryExpression) + reason}
}

// subqueryError has the generic code; Hive 3.1 wraps the exception.
func (x *exprs) subqueryError(text string) error {
	if x.hive3() {
		return sqlerr.Semanticf("org.apache.hadoop.hive.ql.optimizer.calcite.CalciteSubquerySemanticException: %s", text)
	}
	return sqlerr.Plain(subqueryException, text)
}

// oneColumn checks that a subquery gives one value per row.
func (x *exprs) oneColumn(at ast.Node, q *ast.Query, r *result) error {
	if len(r.cols) == 1 {
		return nil
	}
	p := queryPlace{q}
	line, col, token := p.Where()
	kind := subqueryException
	if x.hive3() {
		kind = sqlerr.SemanticException
	}
	return sqlerr.Plain(kind, "Line "+strconv.Itoa(line)+":"+strconv.Itoa(col)+" "+
		sqlerr.Text(sqlerr.InvalidSubqueryExpression)+" '"+token+"' in definition of SubQuery sq_1 [\n"+x.predicateText(at, q)+
		"\n] used as sq_1 at Line 0:-1: SubQuery can contain only 1 item in Select List.")
}

// queryPlace is where Hive reports errors of a subquery: its FROM, with the text of the last part of the block.
type queryPlace struct{ q *ast.Query }

// Where implements sqlerr.Locator.
func (p queryPlace) Where() (line, col int, token string) {
	s, ok := p.q.Body.(*ast.Select)
	if !ok {
		return p.q.Where()
	}
	var last ast.Node = p.q
	if n := len(s.Items); n > 0 {
		last = s.Items[n-1]
	}
	if s.Where != nil {
		last = s.Where
	}
	if s.GroupBy != nil {
		last = s.GroupBy
	}
	if s.Having != nil {
		last = s.Having
	}
	first := last
	if s.From != nil {
		first = s.From
	}
	f := first.Position()
	return f.Line, f.Col, last.Position().Token
}

// predicateText is the text of a subquery predicate: from its first operand to the closing parenthesis.
func (x *exprs) predicateText(at ast.Node, q *ast.Query) string {
	text := x.b.env.Text
	start, end := q.Span.Start, q.Span.End
	if start < 0 || end > len(text) {
		return ""
	}
	for start > 0 && text[start] != '(' {
		start--
	}
	for end < len(text) && text[end-1] != ')' {
		end++
	}
	if in, ok := at.(*ast.In); ok {
		start = in.Expr.Position().Offset
		if _, row := in.Expr.(*ast.RowExpr); row {
			for start > 0 && text[start] != '(' {
				start--
			}
		}
	}
	return text[start:end]
}

// exists builds EXISTS (query).
func (x *exprs) exists(e *ast.Exists) (plan.Expr, error) {
	r, err := x.sub(e, e.Query)
	if err != nil {
		return nil, err
	}
	if x.hive3() && grandTotal(r.node) {
		p := queryPlace{e.Query}
		line, col, token := p.Where()
		return nil, sqlerr.CodedSemanticf(sqlerr.InvalidSubqueryExpression, "org.apache.hadoop.hive.ql.optimizer.calcite."+
			"CalciteSubquerySemanticException: Line %d:%d %s '%s': A predicate on EXISTS/NOT EXISTS SubQuery with implicit "+
			"Aggregation(no Group By clause) cannot be rewritten.", line, col, sqlerr.Text(sqlerr.InvalidSubqueryExpression), token)
	}
	return &plan.Subquery{Kind: plan.ExistsSubquery, Plan: r.node, T: types.BooleanType}, nil
}

// scalarSubquery builds (query) as a value.
func (x *exprs) scalarSubquery(e *ast.Subquery) (plan.Expr, error) {
	r, err := x.sub(e, e.Query)
	if err != nil {
		return nil, err
	}
	if err := x.oneColumn(e, e.Query, r); err != nil {
		return nil, err
	}
	return &plan.Subquery{Kind: plan.ScalarSubquery, Plan: trim(r), T: r.cols[0].col.Type}, nil
}

// inQuery builds x [NOT] IN (query).
func (x *exprs) inQuery(e *ast.In) (plan.Expr, error) {
	in, err := x.membership(e, e.Expr, e.Query)
	if err != nil || !e.Not {
		return in, err
	}
	return negate(in), nil
}

// grandTotal reports whether a correlated subquery is an aggregation without GROUP BY.
func grandTotal(n plan.Node) bool {
	outer := plan.ColumnSet{}
	plan.FreeColumns(n, outer)
	p, ok := n.(*plan.Project)
	if !ok || len(outer) == 0 {
		return false
	}
	a, ok := p.Input.(*plan.Aggregate)
	return ok && len(a.Keys) == 0 && len(a.GroupingSets) == 0
}

func (x *exprs) membership(at ast.Node, left ast.Expr, q *ast.Query) (plan.Expr, error) {
	if _, ok := left.(*ast.Subquery); ok {
		_, _, token := queryPlace{q}.Where()
		reason := "SubQuery on left hand side is not supported."
		if x.hive3() {
			reason = "IN/NOT IN subqueries are not allowed in LHS"
		}
		return nil, x.subqueryError("Line 0:-1 " + sqlerr.Text(sqlerr.UnsupportedSubqueryExpression) + " '" + token + "': " + reason)
	}
	v, err := x.under(at).expr(left)
	if err != nil {
		return nil, err
	}
	r, err := x.sub(at, q)
	if err != nil {
		return nil, err
	}
	if err := x.oneColumn(at, q, r); err != nil {
		return nil, err
	}
	s := &plan.Subquery{Kind: plan.InSubquery, T: types.BooleanType}
	if s.Arg, s.Plan, err = x.meet(at, v, r, asNumber); err != nil {
		return nil, err
	}
	return s, nil
}

// asNumber casts an operand of [NOT] IN (query). Hive looks for NULL before it converts: text that is no number equals nothing, but it is not
// NULL. It becomes NaN here.
func asNumber(e plan.Expr, t *types.Type) plan.Expr {
	c := castTo(e, t)
	if t.Kind != types.Double || !e.Type().IsString() {
		return c
	}
	nan := newLiteral(t, types.Datum{F: math.NaN()})
	return &plan.Call{Func: "coalesce", T: t, Args: []plan.Expr{c, &plan.Call{Func: "if", T: t, Args: []plan.Expr{isNull(e), nullLiteral(t), nan}}}}
}

// meet casts a value and a subquery's column to their common type of comparisons.
func (x *exprs) meet(at ast.Node, v plan.Expr, r *result, cast func(plan.Expr, *types.Type) plan.Expr) (plan.Expr, plan.Node, error) {
	c := r.cols[0].col
	n := trim(r)
	t := types.CommonComparison(v.Type(), c.Type)
	if t == nil {
		if !v.Type().IsPrimitive() || !c.Type.IsPrimitive() {
			return nil, nil, sqlerr.AtReason(sqlerr.InvalidArgument, at.Position(),
				"The arguments for IN should be the same type! Types are: {"+v.Type().String()+" IN ("+c.Type.String()+")}")
		}
		t = types.DoubleType
	}
	if !c.Type.Equal(t) {
		n = &plan.Project{Input: n, Exprs: []plan.Assign{{Column: x.b.column(c.Name, t), Expr: cast(plan.NewColumnRef(c), t)}}}
	}
	return cast(v, t), n, nil
}

// quantified builds x op ANY|ALL (query); = ANY and <> ALL are IN and NOT IN.
func (x *exprs) quantified(e *ast.Quantified) (plan.Expr, error) {
	var out plan.Expr
	var err error
	switch {
	case e.Op == ast.OpEq && e.Quantifier == ast.Any:
		out, err = x.membership(e, e.Left, e.Query)
	case e.Op == ast.OpNotEq && e.Quantifier == ast.All:
		if out, err = x.membership(e, e.Left, e.Query); err == nil {
			out = negate(out)
		}
	default:
		v, err := x.under(e).expr(e.Left)
		if err != nil {
			return nil, err
		}
		r, err := x.sub(e, e.Query)
		if err != nil {
			return nil, err
		}
		if err := x.oneColumn(e, e.Query, r); err != nil {
			return nil, err
		}
		s := &plan.Subquery{Kind: plan.AnySubquery, Op: string(e.Op), T: types.BooleanType}
		if e.Quantifier == ast.All {
			s.Kind = plan.AllSubquery
		}
		if s.Arg, s.Plan, err = x.meet(e, v, r, castTo); err != nil {
			return nil, err
		}
		out = s
	}
	if err != nil {
		return nil, err
	}
	if e.Not {
		return negate(out), nil
	}
	return out, nil
}

package analyzer

import (
	"fmt"
	"strconv"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

// query analyses a query expression. outer is the block around a subquery expression; top tells that the rows leave the
// statement in their order, so ORDER BY without LIMIT matters.
func (b *builder) query(q *ast.Query, outer *block, top bool) (*result, error) {
	if len(q.With) > 0 {
		saved := b.ctes
		defer func() { b.ctes = saved }()
		if err := b.with(q.With); err != nil {
			return nil, err
		}
	}
	if s, ok := q.Body.(*ast.Select); ok {
		return b.selectBlock(q, s, outer, top)
	}
	r, err := b.body(q.Body, outer, top && !hasTail(q))
	if err != nil {
		return nil, err
	}
	return b.tail(q, r, outer, top)
}

func hasTail(q *ast.Query) bool {
	return len(q.OrderBy)+len(q.SortBy)+len(q.ClusterBy)+len(q.DistributeBy) > 0 || q.Limit != nil
}

func (b *builder) body(body ast.QueryBody, outer *block, top bool) (*result, error) {
	switch body := body.(type) {
	case *ast.Query:
		return b.query(body, outer, top)
	case *ast.Select:
		return b.selectBlock(&ast.Query{Pos: body.Pos, Body: body}, body, outer, top)
	case *ast.SetOp:
		return b.setOp(body, outer)
	case *ast.Values:
		return b.values(body, outer)
	}
	return nil, sqlerr.Semanticf("unsupported query %T", body)
}

// tail applies ORDER BY and the like to a query that is not a single block; they see its output columns only.
func (b *builder) tail(q *ast.Query, r *result, outer *block, top bool) (*result, error) {
	if !hasTail(q) {
		return r, nil
	}
	blk := b.newBlock(outer)
	blk.scope.rels = []*relation{b.asRelation(r, "")}
	x := blk.exprs(0)
	t := &tailSpec{}
	if err := b.checkTail(q); err != nil {
		return nil, err
	}
	position := func(n int) plan.Expr { return plan.NewColumnRef(r.cols[n].col) }
	build := func(e ast.Expr) (plan.Expr, error) { return x.expr(e) }
	if err := b.orderKeys(q, t, len(r.cols), position, build, top); err != nil {
		return nil, err
	}
	if err := b.routingKeys(q, t, build, top); err != nil {
		return nil, err
	}
	n, err := b.tailNodes(q, t, r.node, x)
	if err != nil {
		return nil, err
	}
	return &result{node: n, cols: r.cols}, nil
}

// tailSpec are the built clauses that follow a query body.
type tailSpec struct {
	order      []plan.SortKey
	sort       []plan.SortKey
	distribute []plan.Expr
}

// checkTail refuses combinations of ordering clauses.
func (b *builder) checkTail(q *ast.Query) error {
	cluster, distribute, order, sort := len(q.ClusterBy) > 0, len(q.DistributeBy) > 0, len(q.OrderBy) > 0, len(q.SortBy) > 0
	switch {
	case cluster && distribute:
		return conflict(sqlerr.ClusterbyDistributebyConflict, q.DistributeBy)
	case order && distribute:
		return conflict(sqlerr.OrderbyDistributebyConflict, q.DistributeBy)
	case cluster && sort:
		return conflict(sqlerr.ClusterbySortbyConflict, q.SortBy)
	case order && sort:
		return conflict(sqlerr.OrderbySortbyConflict, q.SortBy)
	case cluster && order && b.hive3():
		return conflict(sqlerr.ClusterbyOrderbyConflict, q.ClusterBy)
	}
	return nil
}

// conflict reports a clause at its first key with the text of its last.
func conflict[N ast.Node](code sqlerr.Code, clause []N) error {
	first, last := clause[0].Position(), clause[len(clause)-1].Position()
	return sqlerr.Semanticf("%d:%d %s. Error encountered near token '%s'", first.Line, first.Col, sqlerr.Text(code), last.Token)
}

// keepsOrder reports whether the order of a query's rows is looked at: Hive drops ORDER BY and SORT BY without LIMIT in subqueries.
func (b *builder) keepsOrder(q *ast.Query, top bool) bool {
	return top || q.Limit != nil || !b.env.Conf.Bool("hive.remove.orderby.in.subquery")
}

// orderKeys builds ORDER BY. Numbers select one of n output columns.
func (b *builder) orderKeys(q *ast.Query, t *tailSpec, n int, position func(int) plan.Expr, build func(ast.Expr) (plan.Expr, error),
	top bool) error {
	conf := b.env.Conf
	keep := b.keepsOrder(q, top)
	byPosition := conf.Bool("hive.orderby.position.alias") || conf.Bool("hive.groupby.orderby.position.alias")
	if err := b.checkOrderBy(q); err != nil {
		return err
	}
	for _, it := range q.OrderBy {
		var v plan.Expr
		if l, ok := it.Expr.(*ast.Literal); ok && l.Kind == ast.LitInteger {
			if !byPosition {
				continue
			}
			i, err := strconv.Atoi(l.Value)
			if err != nil || i < 1 || i > n {
				return sqlerr.CodedSemanticf(sqlerr.InvalidPositionAliasInOrderby,
					"%s Position alias: %s does not exist\nThe Select List is indexed from 1 to %d",
					sqlerr.Text(sqlerr.InvalidPositionAliasInOrderby), l.Value, n)
			}
			v = position(i - 1)
		} else {
			var err error
			if v, err = build(it.Expr); err != nil {
				return err
			}
		}
		if keep {
			t.order = append(t.order, b.sortKey(v, it))
		}
	}
	return nil
}

// routingKeys builds SORT BY, DISTRIBUTE BY and CLUSTER BY.
func (b *builder) routingKeys(q *ast.Query, t *tailSpec, build func(ast.Expr) (plan.Expr, error), top bool) error {
	keep := b.keepsOrder(q, top)
	for _, it := range q.SortBy {
		v, err := build(it.Expr)
		if err != nil {
			return err
		}
		if keep || len(q.DistributeBy) > 0 {
			t.sort = append(t.sort, b.sortKey(v, it))
		}
	}
	for _, e := range q.DistributeBy {
		v, err := build(e)
		if err != nil {
			return err
		}
		t.distribute = append(t.distribute, v)
	}
	for _, e := range q.ClusterBy {
		v, err := build(e)
		if err != nil {
			return err
		}
		t.distribute = append(t.distribute, v)
		t.sort = append(t.sort, b.sortKey(v, &ast.SortItem{Nulls: ast.NullsFirst})) // whatever hive.default.nulls.last says
	}
	return nil
}

// checkOrderBy applies the strict mode's demand for LIMIT.
func (b *builder) checkOrderBy(q *ast.Query) error {
	if len(q.OrderBy) == 0 || q.Limit != nil || !b.strict("hive.strict.checks.orderby.no.limit") {
		return nil
	}
	return sqlerr.Semanticf("%s", generated(q.OrderBy[0].Expr, "Order by-s without limit are disabled for safety reasons. If you know what "+
		"you are doing, please set hive.strict.checks.orderby.no.limit to false and make sure that hive.mapred.mode is not set to 'strict' to "+
		"proceed. Note that you may get errors or incorrect results if you make a mistake while using some of the unsafe features."))
}

// strict reports whether a strict check is on: hive.mapred.mode, when set, decides for all of them.
func (b *builder) strict(check string) bool {
	if mode := strings.ToLower(b.env.Conf.Get("hive.mapred.mode")); mode != "" {
		return mode == "strict"
	}
	return b.env.Conf.Bool(check)
}

// tailNodes puts the clauses on n.
func (b *builder) tailNodes(q *ast.Query, t *tailSpec, n plan.Node, x *exprs) (plan.Node, error) {
	limit, offset := int64(-1), int64(0)
	if q.Limit != nil {
		var err error
		if limit, err = x.count(q.Limit.Count); err != nil {
			return nil, err
		}
		if q.Limit.Offset != nil {
			if offset, err = x.count(q.Limit.Offset); err != nil {
				return nil, err
			}
		}
	}
	if len(t.distribute) > 0 {
		n = &plan.Distribute{Input: n, By: t.distribute}
	}
	if len(t.sort) > 0 {
		n = &plan.Sort{Input: n, Keys: t.sort, Limit: -1, Partial: true}
	}
	switch {
	case len(t.order) > 0:
		return &plan.Sort{Input: n, Keys: t.order, Limit: limit, Offset: offset}, nil
	case q.Limit != nil:
		return &plan.Limit{Input: n, N: limit, Offset: offset}, nil
	}
	return n, nil
}

// count evaluates the number of LIMIT or OFFSET.
func (x *exprs) count(e ast.Expr) (int64, error) {
	v, err := x.expr(e)
	if err != nil {
		return 0, err
	}
	d, err := x.fold(castTo(v, types.BigIntType))
	if err != nil {
		return 0, err
	}
	if d == nil || d.Null || d.I < 0 {
		return 0, sqlerr.Semanticf("%s", generated(e, "LIMIT and OFFSET must be constants not below zero"))
	}
	return d.I, nil
}

// values analyses VALUES: columns col1, col2, … of the types common to their rows.
func (b *builder) values(v *ast.Values, outer *block) (*result, error) {
	blk := b.newBlock(outer)
	x := blk.exprs(0)
	rows := make([][]plan.Expr, len(v.Rows))
	var ts []*types.Type
	for i, row := range v.Rows {
		es, err := x.list(row.Items, nil)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			for _, e := range es {
				ts = append(ts, e.Type())
			}
		}
		if len(es) != len(ts) {
			return nil, sqlerr.Semanticf("%s", generated(row, "Expected "+strconv.Itoa(len(ts))+" values but got "+strconv.Itoa(len(es))))
		}
		for k, e := range es {
			t := types.Common(ts[k], e.Type())
			if t == nil {
				return nil, sqlerr.AtReason(sqlerr.InvalidArgumentType, row.Position(), fmt.Sprintf(
					"Argument type \"%s\" is different from preceding arguments. Previous type was \"%s\"", e.Type(), ts[k]))
			}
			ts[k] = t
		}
		rows[i] = es
	}
	n := &plan.Values{Rows: rows}
	r := &result{node: n}
	for k, t := range ts {
		c := b.column("col"+strconv.Itoa(k+1), t)
		n.Cols = append(n.Cols, c)
		r.cols = append(r.cols, output{col: c, name: c.Name})
		for i := range rows {
			rows[i][k] = castTo(rows[i][k], t)
		}
	}
	return r, nil
}

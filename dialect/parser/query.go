package parser

import "skep/dialect/ast"

// withClause parses an optional WITH.
func (p *parser) withClause() []*ast.CTE {
	if !p.accept(kwWith) {
		return nil
	}
	var list []*ast.CTE
	for {
		name := p.ident()
		c := &ast.CTE{Pos: name.Pos, Name: name}
		if p.is(tokLParen) {
			c.Columns = p.parenColumnNames()
		}
		p.expect(kwAs)
		p.expect(tokLParen)
		c.Query = p.sourceQuery()
		p.expect(tokRParen)
		list = append(list, c)
		if !p.accept(tokComma) {
			return list
		}
	}
}

// queryWithCTE parses [WITH] select, the form of views, CTAS and subquery expressions.
func (p *parser) queryWithCTE() *ast.Query {
	start := p.here()
	with := p.withClause()
	if !p.isAny(kwSelect, kwMap, kwReduce, kwValues, tokLParen) {
		p.noViable(0)
	}
	q := p.selectStatement()
	q.With = append(with, q.With...)
	q.Pos = start
	q.Span.Start = start.Offset
	return q
}

// sourceQuery parses a query in FROM or WITH, where the FROM-first form is allowed.
func (p *parser) sourceQuery() *ast.Query {
	start := p.here()
	with := p.withClause()
	var q *ast.Query
	if p.is(kwFrom) {
		f := p.fromStatement()
		if f.query == nil {
			p.fail(failure{at: p.pos, text: "Cannot insert in a subquery"})
		}
		q = f.query
	} else {
		q = p.selectStatement()
	}
	q.With = append(with, q.With...)
	q.Pos = start
	q.Span = ast.Span{Start: start.Offset, End: p.prevEnd()}
	return q
}

// selectStatement parses a query without WITH.
func (p *parser) selectStatement() *ast.Query {
	start := p.here()
	return p.selectTail(start, p.selectAtom())
}

// queryFrom continues a query whose first operand is the parenthesised query q that began at byte offset start.
func (p *parser) queryFrom(q *ast.Query, start int) *ast.Query {
	pos := q.Pos
	pos.Offset = start
	return p.selectTail(pos, simplify(q))
}

// selectTail parses the set operations and trailing clauses behind the first operand.
func (p *parser) selectTail(start ast.Pos, body ast.QueryBody) *ast.Query {
	body = p.setOperations(body)
	q := &ast.Query{Pos: start, Body: body}
	p.queryClauses(q)
	if inner, ok := body.(*ast.Query); ok && len(q.OrderBy)+len(q.ClusterBy)+len(q.DistributeBy)+len(q.SortBy) == 0 && q.Limit == nil {
		q = inner
		q.Pos = start
	}
	q.Span = ast.Span{Start: start.Offset, End: p.prevEnd()}
	return q
}

// simplify returns the body of a query that has no clauses of its own.
func simplify(q *ast.Query) ast.QueryBody {
	if len(q.With)+len(q.OrderBy)+len(q.ClusterBy)+len(q.DistributeBy)+len(q.SortBy) == 0 && q.Limit == nil {
		if _, ok := q.Body.(*ast.SetOp); !ok {
			return q.Body
		}
	}
	return q
}

func (p *parser) setOperations(body ast.QueryBody) ast.QueryBody {
	for {
		op, all, ok := p.setOperator()
		if !ok {
			return body
		}
		right := p.selectAtom()
		body = &ast.SetOp{Pos: body.Position(), Op: op, All: all, Left: body, Right: right}
	}
}

func (p *parser) setOperator() (op ast.SetOperator, all, ok bool) {
	switch p.kind() {
	case kwUnion:
		op = ast.Union
	case kwIntersect:
		op = ast.Intersect
	case kwExcept, kwMinus:
		op = ast.Except
	default:
		return "", false, false
	}
	p.enter("set operator")
	n := 1
	if all = p.peek(1) == kwAll; all || p.peek(1) == kwDistinct {
		n = 2
	}
	if p.peek(n) != tokEOF && !p.isAnyAt(n, kwSelect, kwMap, kwReduce, tokLParen, kwValues, kwFrom) {
		p.noViable(n)
	}
	p.pos += n
	p.leave()
	return op, all, true
}

// selectAtom parses one SELECT block, VALUES, or a parenthesised query.
func (p *parser) selectAtom() ast.QueryBody {
	switch {
	case p.is(tokLParen):
		p.nest()
		p.pos++
		q := p.queryWithCTE()
		p.expect(tokRParen)
		p.depth--
		return simplify(q)
	case p.is(kwValues):
		return p.values()
	}
	s := p.selectClause()
	if p.is(kwFrom) {
		s.From = p.fromClause()
	}
	p.blockClauses(s)
	return s
}

// blockClauses parses WHERE, GROUP BY, HAVING, WINDOW and QUALIFY.
func (p *parser) blockClauses(s *ast.Select) {
	s.Where = p.whereClause()
	if p.is(kwGroup) {
		s.GroupBy = p.groupBy()
	}
	if p.is(kwHaving) {
		p.enter("having clause")
		p.pos++
		p.enter("having condition")
		s.Having = p.expression()
		p.leave()
		p.leave()
	}
	if p.is(kwWindow) {
		p.enter("window_clause")
		p.pos++
		for {
			p.enter("window_defn")
			name := p.ident()
			p.expect(kwAs)
			spec := p.windowSpec()
			s.Windows = append(s.Windows, &ast.WindowDef{Pos: name.Pos, Name: name, Spec: spec})
			p.leave()
			if !p.accept(tokComma) {
				break
			}
		}
		p.leave()
	}
	if p.is(kwQualify) {
		p.enter("qualify clause")
		p.pos++
		s.Qualify = p.expression()
		p.leave()
	}
}

func (p *parser) whereClause() ast.Expr {
	if !p.is(kwWhere) {
		return nil
	}
	p.enter("where clause")
	p.pos++
	p.enter("search condition")
	e := p.expression()
	p.leave()
	p.leave()
	return e
}

// queryClauses parses ORDER BY, CLUSTER BY, DISTRIBUTE BY, SORT BY and LIMIT, in this order.
func (p *parser) queryClauses(q *ast.Query) {
	if p.is(kwOrder) {
		q.OrderBy = p.orderBy()
	}
	if p.isSeq(kwCluster, kwBy) {
		p.enter("cluster by clause")
		p.pos += 2
		q.ClusterBy = p.keyList()
		p.leave()
	}
	if p.isSeq(kwDistribute, kwBy) {
		p.enter("distribute by clause")
		p.pos += 2
		q.DistributeBy = p.keyList()
		p.leave()
	}
	if p.isSeq(kwSort, kwBy) {
		q.SortBy = p.sortBy()
	}
	if p.is(kwLimit) {
		q.Limit = p.limit()
	}
}

func (p *parser) orderBy() []*ast.SortItem {
	p.enter("order by clause")
	p.expect(kwOrder)
	p.expectBeforeExpr(kwBy)
	list := p.sortItems()
	p.leave()
	return list
}

func (p *parser) sortItems() []*ast.SortItem {
	list := []*ast.SortItem{p.sortItem()}
	for p.accept(tokComma) {
		list = append(list, p.sortItem())
	}
	return list
}

func (p *parser) sortItem() *ast.SortItem {
	p.enter("column order")
	e := p.expression()
	p.leave()
	return p.sortItemOf(e)
}

func (p *parser) sortItemOf(e ast.Expr) *ast.SortItem {
	n := &ast.SortItem{Pos: e.Position(), Expr: e}
	n.Order, n.Nulls = p.sortDirection()
	return n
}

func (p *parser) sortDirection() (order ast.SortOrder, nulls ast.NullOrder) {
	switch {
	case p.accept(kwAsc):
		order = ast.SortAsc
	case p.accept(kwDesc):
		order = ast.SortDesc
	}
	if p.is(kwNulls) {
		p.enter("nulls ordering")
		switch p.peek(1) {
		case kwFirst:
			nulls = ast.NullsFirst
		case kwLast:
			nulls = ast.NullsLast
		default:
			p.noViable(1)
		}
		p.pos += 2
		p.leave()
	}
	return order, nulls
}

// keyList parses the keys of CLUSTER BY, DISTRIBUTE BY and PARTITION BY: expressions, possibly in one pair of
// parentheses, which then do not make a struct.
func (p *parser) keyList() []ast.Expr {
	if p.parensAreList() {
		p.pos++
		list := p.expressions()
		p.expect(tokRParen)
		return list
	}
	return p.expressions()
}

// parensAreList reports whether a parenthesis opens here whose closing one ends a list of keys, rather than being the
// start of a longer expression such as (a + b) * 2.
func (p *parser) parensAreList() bool {
	if !p.is(tokLParen) || p.startsQuery() {
		return false
	}
	depth := 0
	for n := 0; ; n++ {
		switch p.peek(n) {
		case tokLParen:
			depth++
		case tokRParen:
			if depth--; depth == 0 {
				switch p.peek(n + 1) {
				case tokEOF, tokRParen, tokSemicolon, kwOrder, kwSort, kwCluster, kwDistribute, kwLimit, kwRows, kwRange, kwUnion,
					kwIntersect, kwExcept, kwMinus, kwInsert, kwSelect, kwMap, kwReduce:
					return true
				case tokIdent: // an argument of a partitioned table function
					return p.peek(n+2) == tokLParen
				}
				return false
			}
		case tokEOF:
			return false
		}
	}
}

func (p *parser) sortBy() []*ast.SortItem {
	p.enter("sort by clause")
	p.expectSeq(kwSort, kwBy)
	if !p.startsExpr() {
		p.noViable(0)
	}
	var list []*ast.SortItem
	if p.sortParensAreList() {
		p.pos++
		list = p.sortItems()
		p.expect(tokRParen)
	} else {
		list = p.sortItems()
	}
	p.leave()
	return list
}

// sortParensAreList is parensAreList for SORT BY, where Hive takes any parenthesis for that of the list.
func (p *parser) sortParensAreList() bool { return p.is(tokLParen) && !p.startsQuery() }

func (p *parser) limit() *ast.Limit {
	p.enter("limit clause")
	if p.peek(1) != tokNumber && p.peek(1) != tokQuestion {
		p.noViable(1)
	}
	n := &ast.Limit{Pos: p.posOf(p.next())}
	n.Count = p.limitValue()
	switch {
	case p.accept(tokComma):
		n.Offset = n.Count
		n.Count = p.limitValue()
	case p.isSeq(kwOffset, tokNumber), p.isSeq(kwOffset, tokQuestion):
		p.pos++
		n.Offset = p.limitValue()
	}
	p.leave()
	return n
}

func (p *parser) limitValue() ast.Expr {
	if p.is(tokQuestion) {
		return p.primary()
	}
	if !p.is(tokNumber) {
		p.noViable(0)
	}
	return p.simpleLiteral()
}

func (p *parser) groupBy() *ast.GroupBy {
	p.enter("group by clause")
	n := &ast.GroupBy{Pos: p.posOf(p.next())}
	p.expectBeforeExpr(kwBy)
	switch {
	case p.isAny(kwRollup, kwCube):
		p.enter("standard rollup syntax")
		n.Kind = ast.GroupRollup
		if p.next().kind == kwCube {
			n.Kind = ast.GroupCube
		}
		p.expect(tokLParen)
		n.Exprs = p.expressions()
		p.expect(tokRParen)
		p.leave()
	case p.isSeq(tokLParen, tokRParen):
		p.pos += 2
	case !p.startsExpr():
		p.noViable(0)
	default:
		p.enter("rollup old syntax")
		n.Exprs = p.expressions()
		switch {
		case p.acceptSeq(kwWith, kwRollup):
			n.Kind = ast.GroupRollup
		case p.acceptSeq(kwWith, kwCube):
			n.Kind = ast.GroupCube
		}
		if p.isSeq(kwGrouping, kwSets) {
			p.pos += 2
			sets := p.groupingSets()
			if n.Kind == ast.GroupPlain { // ROLLUP and CUBE win over GROUPING SETS, as in Hive
				n.Kind, n.Sets = ast.GroupSets, sets
			}
		}
		p.leave()
	}
	p.leave()
	return n
}

func (p *parser) groupingSets() []*ast.GroupingSet {
	var sets []*ast.GroupingSet
	p.expect(tokLParen)
	for {
		p.enter("grouping set expression")
		s := &ast.GroupingSet{Pos: p.here()}
		if p.is(tokLParen) && !p.startsQuery() {
			p.enter("grouping set part expression")
			p.pos++
			if !p.is(tokRParen) {
				s.Exprs = p.expressions()
			}
			p.expect(tokRParen)
			p.leave()
		} else {
			p.enter("groupingExpression expression")
			s.Exprs = []ast.Expr{p.expression()}
			p.leave()
		}
		sets = append(sets, s)
		p.leave()
		if !p.accept(tokComma) {
			break
		}
	}
	p.expect(tokRParen)
	return sets
}

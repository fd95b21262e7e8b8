package parser

import (
	"strings"

	"skep/dialect/ast"
)

func (p *parser) fromClause() ast.FromItem {
	p.enter("from clause")
	p.expect(kwFrom)
	p.enter("join source")
	if !p.isIdent(0) && !p.isAny(tokLParen, kwTable, kwUniquejoin) {
		p.noViable(0)
	}
	var f ast.FromItem
	if p.is(kwUniquejoin) {
		f = p.uniqueJoin()
	} else {
		f = p.joinSource(nil)
	}
	p.leave()
	p.leave()
	return f
}

// joinSource parses table expressions combined by joins and commas, all grouping to the left. left is the first one when
// it has been parsed already.
func (p *parser) joinSource(left ast.FromItem) ast.FromItem {
	p.nest()
	defer func() { p.depth-- }()
	if left == nil {
		left = p.joinOperand()
	}
	left = p.lateralViews(left)
	for {
		kind, ok := p.joinKind()
		if !ok {
			return left
		}
		j := &ast.Join{Kind: kind, Left: left}
		p.enter("joinSourcePart")
		j.Right = p.lateralViews(p.joinPart())
		p.leave()
		j.Pos = join(left.Position(), j.Right.Position())
		if kind != ast.CommaJoin {
			switch {
			case p.accept(kwOn):
				j.On = p.expression()
				j.Token = j.On.Position().Token
			case p.accept(kwUsing):
				p.enter("column parentheses list")
				j.Using = p.parenColumnNames()
				p.leave()
			}
		} else if p.isAny(kwOn, kwUsing) {
			p.commaCondition()
		}
		left = j
	}
}

func (p *parser) joinKind() (ast.JoinKind, bool) {
	outer := func(k ast.JoinKind) (ast.JoinKind, bool) {
		p.enter("join type specifier")
		if k == ast.LeftJoin && p.peek(1) != kwOuter && p.peek(1) != kwJoin {
			p.noViable(1)
		}
		p.pos++
		p.accept(kwOuter)
		p.expect(kwJoin)
		p.leave()
		return k, true
	}
	switch p.kind() {
	case kwJoin:
		p.pos++
		return ast.InnerJoin, true
	case kwInner:
		p.pos++
		p.expect(kwJoin)
		return ast.InnerJoin, true
	case tokComma:
		p.pos++
		return ast.CommaJoin, true
	case kwCross:
		p.pos++
		p.expect(kwJoin)
		return ast.CrossJoin, true
	case kwLeft:
		if p.peek(1) == kwSemi || p.peek(1) == kwAnti {
			k := ast.LeftSemiJoin
			if p.peek(1) == kwAnti {
				k = ast.LeftAntiJoin
			}
			p.pos += 2
			p.expect(kwJoin)
			return k, true
		}
		return outer(ast.LeftJoin)
	case kwRight:
		return outer(ast.RightJoin)
	case kwFull:
		return outer(ast.FullJoin)
	}
	return "", false
}

// commaCondition refuses ON and USING behind a comma, which Hive does only after reading the condition.
func (p *parser) commaCondition() {
	if p.next().kind == kwOn {
		p.expression()
	} else {
		p.parenColumnNames()
	}
	p.fail(failure{kind: failPredicate, at: p.pos, text: "joinSource"})
}

// joinOperand parses the first table expression of a join source, without the lateral views behind it.
func (p *parser) joinOperand() ast.FromItem {
	p.enter("joinSource")
	var f ast.FromItem
	if p.is(tokLParen) {
		f = p.parenSource()
	} else {
		if k := p.peek(1); p.isIdent(0) && (k == kwOn || k == kwUsing || k == kwPartition) {
			p.noViable(1)
		}
		f = p.plainSource()
	}
	p.leave()
	return f
}

// joinPart parses the right side of a join, where parentheses can only hold a query.
func (p *parser) joinPart() ast.FromItem {
	if !p.is(tokLParen) {
		return p.plainSource()
	}
	p.enter("subquery source")
	open := p.posOf(p.next())
	q := p.sourceQuery()
	p.closeSource()
	p.leave()
	return p.subqueryAlias(open, q)
}

// closeSource consumes the ) of a derived table, behind which its alias stands.
func (p *parser) closeSource() {
	if p.is(kwAs) {
		p.expectBefore(tokRParen, kwAs)
	} else {
		p.expectBeforeIdent(tokRParen)
	}
}

func (p *parser) plainSource() ast.FromItem {
	switch {
	case p.is(kwTable) && p.peek(1) == tokLParen:
		return p.valuesTable()
	case p.isIdent(0) && p.peek(1) == tokLParen && p.peek(2) == kwOn:
		return p.tableFunction()
	case p.isIdent(0):
		if k := p.peek(1); notAfterTable.has(k) || notAfterSource.has(k) {
			p.noViable(1)
		}
		return p.tableSource()
	}
	p.noViable(0)
	return nil
}

// parenSource parses (query) alias or (join source).
func (p *parser) parenSource() ast.FromItem {
	p.nest()
	defer func() { p.depth-- }()
	if !p.startsQuery() {
		if p.peek(1) == kwInsert {
			p.noViable(3)
		}
		p.pos++
		f := p.joinSource(nil)
		p.expect(tokRParen)
		return f
	}
	p.enter("subquery source")
	open := p.posOf(p.next())
	q, f := p.parenSourceBody()
	if f != nil {
		p.expect(tokRParen)
		p.leave()
		return f
	}
	p.closeSource()
	p.leave()
	return p.subqueryAlias(open, q)
}

// parenSourceBody parses what stands behind a parenthesis in FROM when startsQuery holds: a query, or a join source that
// begins with a derived table, as in ((select 1) a join b).
func (p *parser) parenSourceBody() (*ast.Query, ast.FromItem) {
	if !p.is(tokLParen) {
		return p.sourceQuery(), nil
	}
	p.nest()
	defer func() { p.depth-- }()
	open := p.posOf(p.next())
	q, f := p.parenSourceBody()
	p.expect(tokRParen)
	if q != nil {
		if p.continuesQuery() {
			return p.queryFrom(q, open.Offset), nil
		}
		f = p.subqueryAlias(open, q)
	}
	return nil, p.joinSource(f)
}

func (p *parser) subqueryAlias(open ast.Pos, q *ast.Query) ast.FromItem {
	p.enter("subquery source")
	s := &ast.SubqueryRef{Pos: open, Query: q}
	if p.accept(kwAs) {
		s.Alias = p.ident()
	} else if p.isIdent(0) && !p.startsClause() {
		s.Alias = p.ident()
	} else {
		p.noViable(0)
	}
	if p.is(tokLParen) && p.opts.Version == V31 {
		s.Columns = p.parenColumnNames()
	}
	s.Pos = join(q.Pos, s.Alias.Pos)
	p.leave()
	return s
}

// alias parses an optional [AS] alias.
func (p *parser) alias() *ast.Ident {
	if p.accept(kwAs) {
		return p.ident()
	}
	if p.isIdent(0) && !p.startsClause() {
		return p.ident()
	}
	return nil
}

func (p *parser) tableSource() *ast.TableRef {
	p.enter("table source")
	name := p.tableName()
	n := &ast.TableRef{Pos: name.Pos, Name: name}
	if p.is(kwFor) {
		n.AsOf = p.asOf()
	}
	if p.is(tokLParen) && p.peek(1) == tokString {
		n.Properties = p.properties()
	}
	if p.is(kwTablesample) {
		n.Sample = p.sample()
	}
	if p.isIdent(0) && !p.startsClause() && !afterAlias.has(p.peek(1)) {
		p.noViable(1)
	}
	n.Alias = p.alias()
	p.leave()
	return n
}

// asOf parses FOR SYSTEM_TIME|SYSTEM_VERSION AS OF x, and FOR SYSTEM_VERSION FROM x TO y.
func (p *parser) asOf() *ast.AsOf {
	p.enter("asOfClause for table")
	n := &ast.AsOf{Pos: p.posOf(p.next())}
	if !p.isAny(kwSystemTime, kwSystemVersion) {
		p.noViable(0)
	}
	n.Kind = strings.ToUpper(p.text(p.next()))
	if p.accept(kwFrom) {
		n.From = p.operation(0)
		p.expect(kwTo)
	} else {
		p.expectSeq(kwAs, kwOf)
	}
	n.Expr = p.expression()
	p.leave()
	return n
}

func (p *parser) sample() *ast.Sample {
	p.enter("table sample specification")
	n := &ast.Sample{Pos: p.posOf(p.next())}
	p.expect(tokLParen)
	switch {
	case p.accept(kwBucket):
		n.Kind = ast.SampleBucket
		n.Value = p.numberLit()
		p.expectSeq(kwOut, kwOf)
		n.OutOf = p.numberLit()
		if p.accept(kwOn) {
			n.On = p.expressions()
		}
	case p.is(tokByteLength):
		pos := p.posOf(p.next())
		n.Kind = ast.SampleBytes
		n.Value = &ast.NumberLit{Pos: pos, Text: pos.Token}
	default:
		p.enter("table split sample specification")
		n.Value = p.numberLit()
		switch {
		case p.accept(kwPercent):
			n.Kind = ast.SamplePercent
		case p.accept(kwRows):
			n.Kind = ast.SampleRows
		default:
			p.noViable(0)
		}
		p.leave()
	}
	p.expect(tokRParen)
	p.leave()
	return n
}

// lateralViews parses the LATERAL VIEWs behind a table expression.
func (p *parser) lateralViews(f ast.FromItem) ast.FromItem {
	for p.is(kwLateral) || p.isSeq(tokComma, kwLateral) {
		v := p.lateralView()
		v.Source = f
		v.Pos = join(f.Position(), v.Pos)
		f = v
	}
	return f
}

func (p *parser) lateralView() *ast.LateralView {
	p.enter("lateral view")
	p.accept(tokComma)
	n := &ast.LateralView{Pos: p.posOf(p.expect(kwLateral))}
	if p.accept(kwTable) {
		p.expect(tokLParen)
		n.Values = p.values()
		p.expect(tokRParen)
		p.accept(kwAs)
		n.Alias = p.tableAlias()
		if p.accept(tokLParen) {
			n.Columns = p.idents()
			p.expect(tokRParen)
		}
		p.leave()
		return n
	}
	p.expect(kwView)
	n.Outer = p.accept(kwOuter)
	n.Call = p.call()
	n.Alias = p.tableAlias()
	if p.accept(kwAs) {
		n.Columns = []*ast.Ident{p.ident()}
		for p.is(tokComma) && p.isIdent(1) {
			p.pos++
			n.Columns = append(n.Columns, p.ident())
		}
	}
	p.leave()
	return n
}

func (p *parser) tableAlias() *ast.Ident {
	p.enter("table alias")
	id := p.ident()
	p.leave()
	return id
}

// valuesTable parses TABLE(VALUES ..) [AS] alias (columns).
func (p *parser) valuesTable() ast.FromItem {
	p.enter("virtual table source")
	n := &ast.ValuesRef{Pos: p.posOf(p.next())}
	p.expect(tokLParen)
	n.Values = p.values()
	p.expect(tokRParen)
	p.accept(kwAs)
	n.Alias = p.tableAlias()
	if p.accept(tokLParen) {
		n.Columns = p.idents()
		p.expect(tokRParen)
	}
	p.leave()
	return n
}

// tableFunction parses name(ON input partitioning args) alias.
func (p *parser) tableFunction() *ast.PTFRef {
	p.enter("ptf clause")
	p.nest()
	name := p.ident()
	n := &ast.PTFRef{Pos: name.Pos, Name: name}
	p.expectSeq(tokLParen, kwOn)
	p.enter("partitionTableFunctionSource clause")
	switch {
	case p.is(tokLParen):
		n.Input = p.parenSource()
	case p.isIdent(0) && p.peek(1) == tokLParen && p.peek(2) == kwOn:
		n.Input = p.tableFunction()
	default:
		n.Input = p.tableSource()
	}
	p.leave()
	n.Partitioning = p.partitioning()
	if p.is(tokIdent) && p.peek(1) == tokLParen {
		for {
			arg := p.ident()
			p.expect(tokLParen)
			e := p.expression()
			p.expect(tokRParen)
			n.Args = append(n.Args, &ast.PTFArg{Pos: arg.Pos, Name: arg, Expr: e})
			if !p.accept(tokComma) {
				break
			}
		}
	}
	p.expect(tokRParen)
	if p.is(tokIdent) {
		n.Alias = p.ident()
	}
	p.depth--
	p.leave()
	return n
}

// partitioning parses the PARTITION BY/ORDER BY (or DISTRIBUTE, SORT, CLUSTER BY) of a window or table function, or
// returns nil.
func (p *parser) partitioning() *ast.Partitioning {
	n := &ast.Partitioning{Pos: p.here()}
	p.enter("partitioningSpec clause")
	switch {
	case p.is(kwPartition):
		p.enter("partition by clause")
		p.expect(kwPartition)
		p.expectBeforeExpr(kwBy)
		n.PartitionBy = p.keyList()
		p.leave()
		if p.is(kwOrder) {
			n.OrderBy = p.orderBy()
		}
	case p.is(kwOrder):
		n.OrderBy = p.orderBy()
	case p.isSeq(kwDistribute, kwBy):
		p.enter("distribute by clause")
		p.pos += 2
		n.DistributeBy = true
		n.PartitionBy = p.keyList()
		p.leave()
		if p.isSeq(kwSort, kwBy) {
			n.SortBy = true
			n.OrderBy = p.sortBy()
		}
	case p.isSeq(kwSort, kwBy):
		n.SortBy = true
		n.OrderBy = p.sortBy()
	case p.isSeq(kwCluster, kwBy):
		p.enter("cluster by clause")
		p.pos += 2
		n.ClusterBy = p.keyList()
		p.leave()
	default:
		n = nil
	}
	p.leave()
	return n
}

// windowSpec parses what follows OVER, or the definition in a WINDOW clause.
func (p *parser) windowSpec() *ast.WindowSpec {
	p.enter("window_specification")
	n := &ast.WindowSpec{Pos: p.here()}
	if !p.is(tokLParen) {
		n.Name = p.ident()
		p.leave()
		return n
	}
	p.pos++
	n.Parens = true
	if p.isIdent(0) && !(p.isAny(kwSort, kwCluster, kwDistribute) && p.peek(1) == kwBy) {
		n.Name = p.ident()
	}
	n.Partitioning = p.partitioning()
	if p.isAny(kwRows, kwRange) {
		n.Frame = p.windowFrame()
	}
	p.expect(tokRParen)
	p.leave()
	return n
}

func (p *parser) windowFrame() *ast.WindowFrame {
	n := &ast.WindowFrame{Pos: p.here(), Unit: ast.FrameRows}
	rule := "window_range_expression"
	if p.is(kwRange) {
		n.Unit = ast.FrameRange
		rule = "window_value_expression"
	}
	p.enter(rule)
	p.pos++
	if p.accept(kwBetween) {
		n.Start = p.frameBound("windowframeboundary", true)
		p.expect(kwAnd)
		n.End = p.frameBound("windowframeboundary", true)
	} else {
		n.Start = p.frameBound("windowframestartboundary", false)
	}
	p.leave()
	return n
}

// frameBound parses one end of a frame; FOLLOWING is allowed only in the BETWEEN form.
func (p *parser) frameBound(rule string, following bool) *ast.FrameBound {
	p.enter(rule)
	n := &ast.FrameBound{Pos: p.here()}
	switch p.kind() {
	case kwUnbounded:
		p.pos++
		if following && p.accept(kwFollowing) {
			n.Kind = ast.UnboundedFollowing
		} else {
			p.expect(kwPreceding)
			n.Kind = ast.UnboundedPreceding
		}
	case kwCurrent:
		p.pos++
		p.expect(kwRow)
		n.Kind = ast.CurrentRow
	case tokNumber:
		n.Value = p.numberLit()
		if following && p.accept(kwFollowing) {
			n.Kind = ast.Following
		} else {
			p.expect(kwPreceding)
			n.Kind = ast.Preceding
		}
	default:
		p.noViable(0)
	}
	p.leave()
	return n
}

func (p *parser) uniqueJoin() ast.FromItem {
	n := &ast.UniqueJoin{Pos: p.posOf(p.next())}
	for {
		p.enter("unique join source")
		s := &ast.UniqueJoinSource{Pos: p.here(), Preserve: p.accept(kwPreserve)}
		p.enter("unique join table source")
		name := p.tableName()
		s.Table = &ast.TableRef{Pos: name.Pos, Name: name}
		if p.is(kwTablesample) {
			s.Table.Sample = p.sample()
		}
		s.Table.Alias = p.alias()
		p.leave()
		p.enter("unique join expression list")
		p.expect(tokLParen)
		s.Keys = p.expressions()
		p.expect(tokRParen)
		p.leave()
		n.Sources = append(n.Sources, s)
		p.leave()
		if !p.accept(tokComma) {
			break
		}
	}
	return n
}

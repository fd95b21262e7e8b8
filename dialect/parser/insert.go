package parser

import "skep/dialect/ast"

// queryStatement parses [WITH] followed by a query, INSERT, or the FROM-first forms.
func (p *parser) queryStatement() ast.Statement {
	start := p.here()
	with := p.withClause()
	switch {
	case p.is(kwFrom):
		f := p.fromStatement()
		switch {
		case f.query != nil:
			f.query.With = with
			f.query.Pos = start
			f.query.Span = ast.Span{Start: start.Offset, End: p.prevEnd()}
			return &ast.QueryStatement{Pos: start, Query: f.query}
		case f.insert != nil:
			f.insert.With = with
			f.insert.Pos = start
			return f.insert
		}
		f.multi.With = with
		f.multi.Pos = start
		return f.multi
	case p.is(kwInsert):
		n := &ast.Insert{Pos: start, With: with, Target: p.insertClause()}
		n.Query = p.queryWithCTE()
		return n
	}
	q := p.selectStatement()
	q.With = append(with, q.With...)
	q.Pos = start
	q.Span.Start = start.Offset
	return &ast.QueryStatement{Pos: start, Query: q}
}

// fromStatement is the result of a FROM-first statement: exactly one field is set.
type fromStatement struct {
	query  *ast.Query
	insert *ast.Insert
	multi  *ast.MultiInsert
}

func (p *parser) fromStatement() fromStatement {
	start := p.here()
	f := p.singleFrom()
	if f.query == nil {
		return f
	}
	for p.isAny(kwUnion, kwIntersect, kwExcept, kwMinus) {
		op, all, _ := p.setOperator()
		if !p.is(kwFrom) {
			p.mismatch(kwFrom)
		}
		right := p.singleFrom()
		if right.query == nil {
			p.fail(failure{at: p.pos, text: "Cannot insert in a set operation"})
		}
		body := &ast.SetOp{Pos: start, Op: op, All: all, Left: simplify(f.query), Right: simplify(right.query)}
		f.query = &ast.Query{Pos: start, Body: body, Span: ast.Span{Start: start.Offset, End: p.prevEnd()}}
	}
	return f
}

// singleFrom parses FROM source and one or more branches.
func (p *parser) singleFrom() fromStatement {
	start := p.here()
	from := p.fromClause()
	if !p.isAny(kwInsert, kwSelect, kwMap, kwReduce) {
		p.fail(failure{kind: failEarlyExit, at: p.pos})
	}
	branches := []*ast.InsertBranch{p.branch()}
	for p.isAny(kwInsert, kwSelect, kwMap, kwReduce) {
		branches = append(branches, p.branch())
	}
	if len(branches) > 1 {
		return fromStatement{multi: &ast.MultiInsert{Pos: start, From: from, Branches: branches}}
	}
	b := branches[0]
	if v := b.LateralView; v != nil {
		v.Source = from
		from = v
	}
	b.Query.Body.(*ast.Select).From = from
	b.Query.Pos = start
	b.Query.Span = ast.Span{Start: start.Offset, End: p.prevEnd()}
	if b.Target == nil {
		return fromStatement{query: b.Query}
	}
	return fromStatement{insert: &ast.Insert{Pos: start, Target: b.Target, Query: b.Query}}
}

// branch parses [INSERT target] SELECT ... of a FROM-first statement.
func (p *parser) branch() *ast.InsertBranch {
	b := &ast.InsertBranch{Pos: p.here()}
	if p.is(kwInsert) {
		b.Target = p.insertClause()
	}
	start := p.here()
	s := p.selectClause()
	if p.is(kwLateral) || p.isSeq(tokComma, kwLateral) {
		b.LateralView = p.lateralView()
	}
	p.blockClauses(s)
	b.Query = &ast.Query{Pos: start, Body: s}
	p.queryClauses(b.Query)
	b.Query.Span = ast.Span{Start: start.Offset, End: p.prevEnd()}
	return b
}

// insertClause parses INSERT OVERWRITE|INTO target.
func (p *parser) insertClause() *ast.InsertTarget {
	p.enter("insert clause")
	if p.peek(1) != kwOverwrite && p.peek(1) != kwInto {
		p.noViable(1)
	}
	n := &ast.InsertTarget{Pos: p.posOf(p.expect(kwInsert))}
	switch {
	case p.accept(kwOverwrite):
		n.Overwrite = true
		p.enter("destination specification")
		if p.is(kwLocal) || p.is(kwDirectory) {
			n.Directory = p.directory()
		} else {
			if !p.is(kwTable) {
				p.noViable(0)
			}
			p.pos++
			p.insertTable(n)
		}
		p.leave()
		n.IfNotExists = p.ifNotExists()
	default:
		p.expect(kwInto)
		p.accept(kwTable)
		p.insertTable(n)
		if p.is(tokLParen) && p.isIdent(1) && (p.peek(2) == tokComma || p.peek(2) == tokRParen) {
			p.pos++
			n.Columns = p.columnNames()
			p.expectBefore(tokRParen, kwSelect, kwValues, kwWith, tokLParen)
		}
	}
	p.leave()
	return n
}

func (p *parser) insertTable(n *ast.InsertTarget) {
	t := p.tableOrPartition()
	n.Table, n.Partition = t.Table, t.Partition
	n.Pos = t.Pos
}

func (p *parser) directory() *ast.DirectoryTarget {
	d := &ast.DirectoryTarget{Pos: p.here(), Local: p.accept(kwLocal)}
	p.expect(kwDirectory)
	d.Path = p.stringLit()
	d.Pos = d.Path.Pos
	d.RowFormat = p.rowFormat()
	d.FileFormat = p.fileFormat()
	return d
}

// delete parses DELETE FROM t [WHERE].
func (p *parser) deleteStatement() ast.Statement {
	p.enter("delete statement")
	n := &ast.Delete{Pos: p.posOf(p.next())}
	p.expect(kwFrom)
	n.Table = p.tableName()
	n.Where = p.whereClause()
	p.leave()
	return n
}

func (p *parser) updateStatement() ast.Statement {
	p.enter("update statement")
	n := &ast.Update{Pos: p.posOf(p.next())}
	n.Table = p.tableName()
	n.Set = p.setClause()
	n.Where = p.whereClause()
	p.leave()
	return n
}

// setClause parses SET column = value, ...; values bind tighter than comparisons.
func (p *parser) setClause() []*ast.Assignment {
	p.expectBeforeIdent(kwSet)
	var list []*ast.Assignment
	for {
		p.enter("table or column identifier")
		name := p.ident()
		p.leave()
		p.expect(tokEq)
		a := &ast.Assignment{Pos: name.Pos, Column: name}
		if p.is(kwDefault) && p.peek(1) != tokDot && p.peek(1) != tokLParen {
			a.Value = &ast.DefaultValue{Pos: p.posOf(p.next())}
		} else {
			a.Value = p.operation(infixOp(tokConcat).prec)
		}
		a.Pos = join(name.Pos, a.Value.Position())
		list = append(list, a)
		if !p.accept(tokComma) {
			return list
		}
	}
}

func (p *parser) mergeStatement() ast.Statement {
	p.enter("MERGE statement")
	n := &ast.Merge{Pos: p.posOf(p.next())}
	if p.is(tokHint) {
		n.HintText, n.Hints = p.hint()
	}
	p.expect(kwInto)
	n.Target = p.tableName()
	n.Alias = p.alias()
	p.expect(kwUsing)
	p.enter("joinSourcePart")
	n.Source = p.lateralViews(p.joinPart())
	p.leave()
	p.expect(kwOn)
	n.On = p.expression()
	for p.is(kwWhen) {
		n.Clauses = append(n.Clauses, p.mergeClause())
	}
	p.leave()
	return n
}

func (p *parser) mergeClause() *ast.MergeClause {
	c := &ast.MergeClause{Pos: p.posOf(p.next()), Matched: !p.accept(kwNot)}
	switch {
	case !c.Matched:
		p.enter("WHEN NOT MATCHED clause")
	case p.peek(1) == kwAnd:
		p.enter("WHEN MATCHED AND clause")
	default:
		p.enter("WHEN MATCHED THEN clause")
	}
	p.expect(kwMatched)
	if p.accept(kwAnd) {
		c.Cond = p.expression()
	}
	p.expect(kwThen)
	switch {
	case !c.Matched:
		p.expect(kwInsert)
		c.Action = ast.MergeInsert
		if p.is(tokLParen) {
			c.Columns = p.parenColumnNames()
		}
		p.expect(kwValues)
		c.Values = p.valueRow("value row constructor")
	case p.accept(kwUpdate):
		c.Action = ast.MergeUpdate
		c.Set = p.setClause()
	case p.accept(kwDelete):
		c.Action = ast.MergeDelete
	default:
		p.noViable(0)
	}
	p.leave()
	return c
}

package parser

import "skep/dialect/ast"

func (p *parser) describe() ast.Statement {
	p.enter("describe statement")
	pos := p.posOf(p.next())
	var s ast.Statement
	switch p.kind() {
	case kwDatabase, kwSchema:
		p.pos++
		s = &ast.DescribeDatabase{Pos: pos, Extended: p.accept(kwExtended), Name: p.ident()}
	case kwDataconnector:
		p.pos++
		s = &ast.DescribeConnector{Pos: pos, Extended: p.accept(kwExtended), Name: p.ident()}
	case kwFunction:
		p.pos++
		s = &ast.DescribeFunction{Pos: pos, Extended: p.accept(kwExtended), Name: p.describedFunction()}
	default:
		n := &ast.DescribeTable{Pos: pos}
		if !p.isIdent(0) && !p.is(kwExtended) {
			p.noViable(0)
		}
		switch {
		case p.accept(kwExtended):
			n.Option = "EXTENDED"
		case p.accept(kwFormatted):
			n.Option = "FORMATTED"
		}
		p.enter("specifying table partitions columnName")
		n.Table = p.tableName()
		n.Partition = p.optPartitionSpec()
		if p.isIdent(0) {
			n.Column = []*ast.Ident{p.ident()}
			for p.accept(tokDot) {
				n.Column = append(n.Column, p.ident())
			}
		}
		p.leave()
		s = n
	}
	p.leave()
	return s
}

// describedFunction parses a function's name as DESCRIBE FUNCTION takes it: also operators, strings and reserved words.
func (p *parser) describedFunction() *ast.FunctionName {
	switch k := p.kind(); k {
	case tokString:
		lit := p.stringLit()
		id := &ast.Ident{Pos: lit.Pos, Name: lit.Value, Quoted: true}
		return &ast.FunctionName{Pos: lit.Pos, Name: id}
	case kwAnd, kwOr, kwNot, kwLike, kwIf, kwCase, kwWhen, kwFloor, kwSmallint, kwInt, kwBigint, kwFloat, kwReal, kwDouble,
		kwBoolean, kwBinary, kwArray, kwMap, kwRlike, kwRegexp, kwIn, kwBetween, kwDiv, tokEq, tokNullSafeEq, tokNotEq, tokLessEq,
		tokLess, tokGreaterEq, tokGreater, tokSlash, tokPlus, tokMinus, tokStar, tokPercent, tokAmp, tokTilde, tokBar, tokCaret:
		pos := p.posOf(p.next())
		return &ast.FunctionName{Pos: pos, Name: &ast.Ident{Pos: pos, Name: pos.Token}}
	}
	return p.functionName()
}

func (p *parser) show() ast.Statement {
	n := &ast.Show{Pos: p.here()}
	k := p.peek(1)
	rule := "show statement"
	switch k {
	case kwRole:
		rule = "show role grants"
	case kwRoles:
		rule = "show roles"
	case kwCurrent:
		rule = "show current role"
	case kwPrincipals:
		rule = "show role principals"
	case kwGrant:
		rule = "show grants"
	}
	p.enter(rule)
	p.pos++
	switch k {
	case kwDatabases, kwSchemas:
		p.pos++
		n.Kind = ast.ShowDatabases
		if p.is(kwLike) {
			n.Pattern = p.showPattern(false)
		}
	case kwTables:
		p.pos++
		p.showTables(n)
	case kwExtended:
		p.pos++
		n.Extended = true
		p.expect(kwTables)
		p.showTables(n)
	case kwViews:
		p.pos++
		n.Kind = ast.ShowViews
		p.showIn(n)
	case kwMaterialized:
		p.pos++
		p.expect(kwViews)
		n.Kind = ast.ShowMaterializedViews
		p.showIn(n)
	case kwColumns, kwSorted:
		n.Sorted = p.accept(kwSorted)
		p.expect(kwColumns)
		n.Kind = ast.ShowColumns
		if !p.accept(kwFrom) {
			p.expect(kwIn)
		}
		n.Table = p.tableName()
		p.showIn(n)
	case kwFunctions:
		p.pos++
		n.Kind = ast.ShowFunctions
		if p.is(kwLike) || p.opts.Version == V31 && (p.is(tokString) || p.isIdent(0)) {
			n.Pattern = p.showPattern(true)
		}
	case kwPartitions:
		p.pos++
		n.Kind = ast.ShowPartitions
		n.Table = p.tableName()
		n.Partition = p.optPartitionSpec()
		n.Where = p.whereClause()
		p.showOrder(n)
	case kwCreate:
		p.pos++
		if p.accept(kwDatabase) || p.accept(kwSchema) {
			n.Kind = ast.ShowCreateDatabase
			n.Database = p.ident()
		} else {
			n.Kind = ast.ShowCreateTable
			if !p.is(kwTable) {
				p.noViable(0)
			}
			p.pos++
			n.Table = p.tableName()
		}
	case kwTable:
		p.pos++
		p.expect(kwExtended)
		n.Kind = ast.ShowTableExtended
		if p.accept(kwFrom) || p.accept(kwIn) {
			n.Database = p.ident()
		}
		if !p.is(kwLike) {
			p.mismatch(kwLike)
		}
		n.Pattern = p.showPattern(false)
		n.Partition = p.optPartitionSpec()
	case kwTblproperties:
		p.pos++
		n.Kind = ast.ShowTblProperties
		n.Table = p.tableName()
		if p.accept(tokLParen) {
			n.Key = p.stringLit()
			p.expect(tokRParen)
		}
	case kwLocks:
		p.pos++
		n.Kind = ast.ShowLocks
		if p.accept(kwDatabase) || p.accept(kwSchema) {
			n.Database = p.ident()
		} else if p.isIdent(0) {
			n.Table = p.qualifiedName()
			n.Partition = p.optPartitionSpec()
		}
		n.Extended = p.accept(kwExtended)
	case kwCompactions:
		p.pos++
		p.showCompactions(n)
	case kwTransactions:
		p.pos++
		n.Kind = ast.ShowTransactions
	case kwConf:
		p.pos++
		n.Kind = ast.ShowConf
		n.Key = p.stringLit()
	case kwResource:
		p.pos++
		if p.accept(kwPlans) {
			n.Kind = ast.ShowResourcePlans
		} else {
			p.expect(kwPlan)
			n.Kind = ast.ShowResourcePlan
			n.Name = p.ident()
		}
	case kwDataconnectors:
		p.pos++
		n.Kind = ast.ShowConnectors
	case kwRoles:
		p.pos++
		n.Kind = ast.ShowRoles
	case kwCurrent:
		p.pos++
		p.expect(kwRoles)
		n.Kind = ast.ShowCurrentRoles
	case kwRole:
		p.pos++
		p.expect(kwGrant)
		n.Kind = ast.ShowRoleGrant
		n.Principal = p.principal()
	case kwPrincipals:
		p.pos++
		n.Kind = ast.ShowPrincipals
		n.Name = p.ident()
	case kwGrant:
		p.pos++
		n.Kind = ast.ShowGrant
		if p.isAny(kwUser, kwGroup, kwRole) {
			n.Principal = p.principal()
		}
		if p.accept(kwOn) {
			p.enter("privilege object including columns")
			if p.is(kwAll) {
				n.Object = &ast.PrivilegeObject{Pos: p.posOf(p.next()), Kind: ast.ObjectAll}
			} else {
				n.Object = p.privilegeObject(true)
			}
			p.leave()
		}
	default:
		p.pos--
		p.rules[len(p.rules)-1] = "ddl statement"
		p.noViable(1)
	}
	p.leave()
	return n
}

func (p *parser) showTables(n *ast.Show) {
	n.Kind = ast.ShowTables
	if p.accept(kwFrom) || p.accept(kwIn) {
		n.Database = p.ident()
	}
	if p.accept(kwWhere) {
		n.WhereColumn = p.ident()
		p.expect(tokEq)
		n.WhereValue = p.stringLit()
		return
	}
	p.showRest(n)
}

// showIn parses [FROM|IN db] [[LIKE] pattern].
func (p *parser) showIn(n *ast.Show) {
	if p.accept(kwFrom) || p.accept(kwIn) {
		n.Database = p.ident()
	}
	p.showRest(n)
}

func (p *parser) showRest(n *ast.Show) {
	if p.is(kwLike) || p.is(tokString) || p.isIdent(0) {
		n.Pattern = p.showPattern(false)
	}
}

// showPattern parses [LIKE] identifier|string; a function pattern may be qualified.
func (p *parser) showPattern(function bool) *ast.ShowPattern {
	n := &ast.ShowPattern{Pos: p.here(), Like: p.accept(kwLike)}
	rule := "identifier for show statement"
	if function {
		rule = "identifier for show function statement"
	}
	p.enter(rule)
	switch {
	case p.is(tokString):
		s := p.stringLit()
		n.Text, n.Quoted = s.Value, true
	case function:
		f := p.functionName()
		n.Text = f.Name.Name
		if f.DB != nil {
			n.Text = f.DB.Name + "." + n.Text
		}
	default:
		n.Text = p.ident().Name
	}
	p.leave()
	return n
}

// qualifiedName parses [db.]table where more words may follow than behind an ordinary table name.
func (p *parser) qualifiedName() *ast.TableName {
	first := p.ident()
	n := &ast.TableName{Pos: first.Pos, Name: first}
	if p.accept(tokDot) {
		n.DB, n.Name = first, p.ident()
		n.Pos = join(first.Pos, n.Name.Pos)
	}
	return n
}

func (p *parser) showOrder(n *ast.Show) {
	if p.is(kwOrder) {
		n.OrderBy = p.orderBy()
	}
	if p.is(kwLimit) {
		n.Limit = p.limit()
	}
}

// showCompactions parses the 4.0 filters of SHOW COMPACTIONS.
func (p *parser) showCompactions(n *ast.Show) {
	n.Kind = ast.ShowCompactions
	if p.accept(kwCompactId) {
		p.expect(tokEq)
		n.ID = p.numberLit()
		return
	}
	if p.accept(kwDatabase) || p.accept(kwSchema) {
		n.Database = p.ident()
	} else if p.isIdent(0) && !(p.isAny(kwPool, kwType, kwStatus) && p.peek(1) == tokString) {
		n.Table = p.qualifiedName()
		n.Partition = p.optPartitionSpec()
	}
	for p.isAny(kwPool, kwType, kwStatus) && p.peek(1) == tokString {
		key := p.posOf(p.next())
		n.Options = append(n.Options, &ast.Property{
			Pos: key, Key: &ast.StringLit{Pos: key, Value: compactionKey(key.Token)}, Value: p.stringLit(),
		})
	}
	p.showOrder(n)
}

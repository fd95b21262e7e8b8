package parser

import (
	"strings"

	"skep/dialect/ast"
)

func (p *parser) createTable() ast.Statement {
	p.enter("create table statement")
	n := &ast.CreateTable{Pos: p.posOf(p.next())}
	for {
		switch {
		case p.accept(kwTemporary):
			n.Temporary = true
			continue
		case p.accept(kwTransactional):
			n.Transactional = true
			continue
		case p.accept(kwExternal):
			n.External = true
			continue
		case p.accept(kwManaged):
			n.Managed = true
			continue
		}
		break
	}
	p.expect(kwTable)
	n.IfNotExists = p.ifNotExists()
	n.Name = p.tableName()
	if !p.isAny(tokLParen, kwLike, kwComment, kwPartitioned, kwClustered, kwSkewed, kwRow, kwStored, kwLocation, kwTblproperties,
		kwAs, tokEOF) {
		p.noViable(0)
	}
	switch {
	case p.isSeq(kwLike, kwFile) && p.isIdent(2) && p.peek(3) == tokString:
		p.pos += 2
		n.LikeFile = p.ident()
		n.LikeFileAt = p.stringLit()
		if p.is(kwPartitioned) {
			p.partitionedBy(n)
		}
	case p.accept(kwLike):
		n.Like = p.tableName()
		if p.is(kwPartitioned) {
			p.partitionedBy(n)
		}
	default:
		if p.accept(tokLParen) {
			p.columnsAndConstraints(n)
			p.expect(tokRParen)
		}
		n.Comment = p.tableComment()
		if p.is(kwPartitioned) {
			p.partitionedBy(n)
		}
		if p.is(kwClustered) {
			n.Buckets = p.buckets()
		}
		if p.is(kwSkewed) {
			n.Skewed = p.skewed()
		}
	}
	n.RowFormat = p.rowFormat()
	n.FileFormat = p.fileFormat()
	n.Location = p.tableLocation()
	n.Properties = p.tblProperties()
	if n.Like == nil && n.LikeFile == nil && p.accept(kwAs) {
		n.Query = p.queryWithCTE()
	}
	p.leave()
	return n
}

func (p *parser) tableComment() *ast.StringLit {
	p.enter("table's comment")
	c := p.optString(kwComment)
	p.leave()
	return c
}

func (p *parser) tableLocation() *ast.StringLit {
	p.enter("table location specification")
	c := p.optString(kwLocation)
	p.leave()
	return c
}

func (p *parser) tblProperties() []*ast.Property {
	p.enter("table properties with prefix")
	list := p.optProperties(kwTblproperties)
	p.leave()
	return list
}

func (p *parser) columnsAndConstraints(n *ast.CreateTable) {
	p.enter("column name type and constraints list")
	for {
		p.enter("column name or constraint")
		if p.startsTableConstraint() {
			p.enter("table constraint")
			n.Constraints = append(n.Constraints, p.tableConstraint())
			p.leave()
		} else {
			if !p.isIdent(0) {
				p.noViable(0)
			}
			n.Columns = append(n.Columns, p.column())
		}
		p.leave()
		if !p.accept(tokComma) {
			break
		}
	}
	p.leave()
}

// startsTableConstraint tells a table constraint from a column; only CHECK can also be a column's name.
func (p *parser) startsTableConstraint() bool {
	switch p.kind() {
	case kwConstraint, kwPrimary, kwForeign, kwUnique:
		return true
	case kwCheck:
		return !p.startsType(1)
	}
	return false
}

// column parses name type [constraint] [COMMENT 'c'].
func (p *parser) column() *ast.ColumnDef {
	p.enter("column specification")
	c := p.columnNameType()
	if p.startsColumnConstraint() {
		c.Constraint = p.columnConstraint()
	}
	c.Comment = p.optString(kwComment)
	p.leave()
	return c
}

// columnNameType parses name type and refuses names with . or :, which Hive forbids.
func (p *parser) columnNameType() *ast.ColumnDef {
	name := p.ident()
	c := &ast.ColumnDef{Pos: name.Pos, Name: name}
	p.enter("column type")
	c.Type = p.typeName()
	p.leave()
	if strings.ContainsAny(name.Name, ".:") {
		p.fail(failure{kind: failPredicate, at: p.pos, text: "[., :] can not be used in column name in create table statement."})
	}
	return c
}

// columnList parses name type [COMMENT 'c'], ... as in ADD COLUMNS.
func (p *parser) columnList() []*ast.ColumnDef {
	p.enter("column name type list")
	var list []*ast.ColumnDef
	for {
		p.enter("column specification")
		c := p.columnNameType()
		c.Comment = p.optString(kwComment)
		list = append(list, c)
		p.leave()
		if !p.accept(tokComma) {
			break
		}
	}
	p.leave()
	return list
}

func (p *parser) startsColumnConstraint() bool {
	switch p.kind() {
	case kwConstraint, kwReferences, kwPrimary, kwUnique, kwCheck, kwDefault:
		return true
	case kwNot:
		return true
	}
	return false
}

func (p *parser) columnConstraint() *ast.Constraint {
	p.enter("column constraint")
	n := &ast.Constraint{Pos: p.here()}
	if p.accept(kwConstraint) {
		n.Name = p.ident()
	}
	switch {
	case p.accept(kwReferences):
		n.Kind = ast.ForeignKey
		n.References = p.tableName()
		p.expect(tokLParen)
		p.enter("column name")
		n.RefColumns = []*ast.Ident{p.ident()}
		p.leave()
		p.expect(tokRParen)
	case p.accept(kwNot):
		p.expect(kwNull)
		n.Kind = ast.NotNullConstraint
	case p.accept(kwDefault):
		n.Kind = ast.DefaultConstraint
		start := p.here().Offset
		n.Expr = p.defaultValue()
		n.ExprSpan = ast.Span{Start: start, End: p.prevEnd()}
	case p.is(kwCheck):
		p.check(n)
	case p.accept(kwPrimary):
		p.expect(kwKey)
		n.Kind = ast.PrimaryKey
	case p.accept(kwUnique):
		n.Kind = ast.UniqueConstraint
	default:
		p.noViable(0)
	}
	p.constraintOptions(n)
	p.leave()
	return n
}

// defaultValue parses a constant, a call or a CAST.
func (p *parser) defaultValue() ast.Expr {
	switch p.kind() {
	case kwCast:
		return p.cast()
	case tokNumber, tokString, tokIntegral, tokNumberLit, tokCharsetName, kwTrue, kwFalse, kwNull:
		return p.constant()
	case kwDate, kwTimestamp, kwTimestamplocaltz:
		if p.peek(1) == tokString {
			return p.constant()
		}
	case kwCurrentDate, kwCurrentTimestamp:
		if p.peek(1) != tokLParen {
			return p.constant()
		}
	}
	if p.peek(1) != tokLParen && p.peek(1) != tokDot {
		p.noViable(0)
	}
	return p.call()
}

func (p *parser) check(n *ast.Constraint) {
	p.enter("CHECK constraint")
	p.pos++
	n.Kind = ast.CheckConstraint
	start := p.here().Offset
	n.Expr = p.expression()
	n.ExprSpan = ast.Span{Start: start, End: p.prevEnd()}
	p.leave()
}

func (p *parser) tableConstraint() *ast.Constraint {
	n := &ast.Constraint{Pos: p.here()}
	if p.accept(kwConstraint) {
		n.Name = p.ident()
	}
	switch {
	case p.is(kwForeign):
		p.enter("foreign key")
		p.pos++
		p.expect(kwKey)
		n.Kind = ast.ForeignKey
		n.Columns = p.parenColumnNames()
		p.expect(kwReferences)
		n.References = p.tableName()
		n.RefColumns = p.parenColumnNames()
		p.leave()
	case p.is(kwCheck):
		p.check(n)
	case p.isAny(kwPrimary, kwUnique):
		p.enter("pk or uk table level constraint")
		n.Kind = ast.UniqueConstraint
		if p.next().kind == kwPrimary {
			p.expect(kwKey)
			n.Kind = ast.PrimaryKey
		}
		p.enter("column parentheses list")
		n.Columns = p.parenColumnNames()
		p.leave()
		p.leave()
	default:
		p.noViable(0)
	}
	p.constraintOptions(n)
	return n
}

// constraintOptions parses ENABLE|DISABLE [VALIDATE|NOVALIDATE] [RELY|NORELY], with ENFORCED and NOT ENFORCED for the first.
func (p *parser) constraintOptions(n *ast.Constraint) {
	switch {
	case p.accept(kwEnable):
		n.Enable = "ENABLE"
	case p.accept(kwDisable):
		n.Enable = "DISABLE"
	case p.accept(kwEnforced):
		n.Enable = "ENABLE"
	case p.acceptSeq(kwNot, kwEnforced):
		n.Enable = "DISABLE"
	default:
		return
	}
	switch {
	case p.accept(kwValidate):
		n.Validate = "VALIDATE"
	case p.accept(kwNovalidate):
		n.Validate = "NOVALIDATE"
	}
	switch {
	case p.accept(kwRely):
		n.Rely = "RELY"
	case p.accept(kwNorely):
		n.Rely = "NORELY"
	}
}

// partitionedBy parses PARTITIONED BY (columns) or PARTITIONED BY SPEC (transforms).
func (p *parser) partitionedBy(n *ast.CreateTable) {
	p.enter("table partition specification")
	p.pos++
	p.expect(kwBy)
	if p.is(kwSpec) && p.peek(1) == tokLParen {
		p.pos++
		n.PartitionTransforms = p.partitionTransforms()
		p.leave()
		return
	}
	p.expect(tokLParen)
	for {
		if p.isIdent(0) && (p.peek(1) == tokComma || p.peek(1) == tokRParen) { // CTAS: names only
			name := p.ident()
			n.PartitionColumns = append(n.PartitionColumns, &ast.ColumnDef{Pos: name.Pos, Name: name})
		} else {
			n.PartitionColumns = append(n.PartitionColumns, p.column())
		}
		if !p.accept(tokComma) {
			break
		}
	}
	p.expect(tokRParen)
	p.leave()
}

// partitionTransforms parses (transform, ...): col, year(col), truncate(n, col), bucket(n, col), ...
func (p *parser) partitionTransforms() []*ast.PartitionTransform {
	var list []*ast.PartitionTransform
	p.expect(tokLParen)
	for {
		t := &ast.PartitionTransform{Pos: p.here()}
		if p.peek(1) == tokLParen {
			switch p.kind() {
			case kwYear:
				t.Transform = "YEAR"
			case kwMonth:
				t.Transform = "MONTH"
			case kwDay:
				t.Transform = "DAY"
			case kwHour:
				t.Transform = "HOUR"
			case kwTruncate:
				t.Transform = "TRUNCATE"
			case kwBucket:
				t.Transform = "BUCKET"
			default:
				p.noViable(1)
			}
			k := p.next().kind
			p.pos++
			if k == kwTruncate || k == kwBucket {
				t.Arg = p.numberLit()
				p.expect(tokComma)
			}
			t.Column = p.ident()
			p.expect(tokRParen)
		} else {
			t.Column = p.ident()
		}
		list = append(list, t)
		if !p.accept(tokComma) {
			break
		}
	}
	p.expect(tokRParen)
	return list
}

func (p *parser) buckets() *ast.Buckets {
	p.enter("table buckets specification")
	n := &ast.Buckets{Pos: p.posOf(p.next())}
	p.expect(kwBy)
	n.Columns = p.parenColumnNames()
	if p.accept(kwSorted) {
		p.expectSeq(kwBy, tokLParen)
		p.enter("column name order list")
		for {
			name := p.ident()
			c := &ast.SortColumn{Pos: name.Pos, Name: name}
			c.Order, c.Nulls = p.sortDirection()
			n.Sorted = append(n.Sorted, c)
			if !p.accept(tokComma) {
				break
			}
		}
		p.leave()
		p.expect(tokRParen)
	}
	p.expect(kwInto)
	n.Count = p.numberLit()
	p.expect(kwBuckets)
	p.leave()
	return n
}

func (p *parser) skewed() *ast.Skewed {
	p.enter("table skewed specification")
	n := &ast.Skewed{Pos: p.posOf(p.next())}
	p.expect(kwBy)
	n.Columns = p.parenColumnNames()
	p.expectSeq(kwOn, tokLParen)
	for {
		n.Values = append(n.Values, p.skewedValue())
		if !p.accept(tokComma) {
			break
		}
	}
	p.expect(tokRParen)
	if p.isSeq(kwStored, kwAs, kwDirectories) {
		p.pos += 3
		n.Directories = true
	}
	p.leave()
	return n
}

func (p *parser) skewedValue() *ast.SkewedValue {
	v := &ast.SkewedValue{Pos: p.here()}
	if !p.accept(tokLParen) {
		v.Values = []ast.Expr{p.constant()}
		return v
	}
	v.Tuple = true
	for {
		v.Values = append(v.Values, p.constant())
		if !p.accept(tokComma) {
			break
		}
	}
	p.expect(tokRParen)
	return v
}

// rowFormat parses an optional ROW FORMAT.
func (p *parser) rowFormat() *ast.RowFormat {
	if !p.is(kwRow) {
		return nil
	}
	p.enter("table row format specification")
	n := &ast.RowFormat{Pos: p.posOf(p.next())}
	p.expect(kwFormat)
	switch {
	case p.accept(kwSerde):
		n.SerDe = p.stringLit()
		if p.isSeq(kwWith, kwSerdeproperties) {
			p.pos += 2
			n.SerDeProperties = p.properties()
		}
	case p.accept(kwDelimited):
		if p.accept(kwFields) {
			p.expectSeq(kwTerminated, kwBy)
			n.Fields = p.stringLit()
			if p.accept(kwEscaped) {
				p.expect(kwBy)
				n.Escaped = p.stringLit()
			}
		}
		if p.accept(kwCollection) {
			p.expectSeq(kwItems, kwTerminated, kwBy)
			n.CollectionItems = p.stringLit()
		}
		if p.isSeq(kwMap, kwKeys) {
			p.pos += 2
			p.expectSeq(kwTerminated, kwBy)
			n.MapKeys = p.stringLit()
		}
		if p.accept(kwLines) {
			p.expectSeq(kwTerminated, kwBy)
			n.Lines = p.stringLit()
		}
		if p.accept(kwNull) {
			p.expectSeq(kwDefined, kwAs)
			n.NullDefined = p.stringLit()
		}
	default:
		p.noViable(0)
	}
	p.leave()
	return n
}

// fileFormat parses an optional STORED AS or STORED BY.
func (p *parser) fileFormat() *ast.FileFormat {
	if !p.is(kwStored) {
		return nil
	}
	p.enter("table file format specification")
	switch {
	case p.peek(1) != kwAs && p.peek(1) != kwBy:
		p.noViable(1)
	case !p.isIdent(2) && !(p.peek(1) == kwBy && p.peek(2) == tokString):
		p.noViable(2)
	}
	n := &ast.FileFormat{Pos: p.posOf(p.next())}
	if p.accept(kwBy) {
		if p.is(tokString) {
			n.Handler = p.stringLit()
		} else {
			n.HandlerName = p.ident()
		}
		if p.isSeq(kwWith, kwSerdeproperties) {
			p.pos += 2
			n.HandlerProperties = p.properties()
		}
		if p.acceptSeq(kwStored, kwAs) {
			n.Name = p.ident()
		}
	} else {
		p.expect(kwAs)
		if p.is(kwInputformat) && p.peek(1) == tokString {
			p.pos++
			n.InputFormat = p.stringLit()
			p.expect(kwOutputformat)
			n.OutputFormat = p.stringLit()
			p.drivers(n)
		} else {
			n.Name = p.ident()
		}
	}
	p.leave()
	return n
}

func (p *parser) drivers(n *ast.FileFormat) {
	if p.accept(kwInputdriver) {
		n.InputDriver = p.stringLit()
		p.expect(kwOutputdriver)
		n.OutputDriver = p.stringLit()
	}
}

package parser

import (
	"strings"

	"skep/dialect/ast"
)

// primary parses an operand: constant, name, call, CASE, CAST, parenthesised expression or query.
func (p *parser) primary() ast.Expr {
	if e := p.pending; e != nil {
		p.pending = nil
		return e
	}
	switch k := p.kind(); k {
	case tokLParen:
		return p.parenExpr()
	case kwCase:
		return p.caseExpr()
	case kwCast:
		return p.cast()
	case kwExtract:
		return p.extract()
	case kwFloor:
		return p.floor()
	case kwTrim:
		if p.peek(1) == tokLParen {
			return p.trim()
		}
	case kwInterval:
		return p.interval()
	case tokQuestion:
		p.params++
		return &ast.Param{Pos: p.posOf(p.next()), Index: p.params}
	case kwDate, kwTimestamp, kwTimestamplocaltz:
		if p.peek(1) == tokString {
			return p.constant()
		}
		if p.peek(1) != tokLParen {
			p.noViable(1)
		}
	case kwCurrentDate, kwCurrentTimestamp:
		if p.peek(1) != tokLParen {
			return p.constant()
		}
	case tokNumber, tokString, tokIntegral, tokNumberLit, tokCharsetName, kwTrue, kwFalse, kwNull:
		return p.constant()
	}
	if p.isIdent(0) {
		if p.peek(1) == tokLParen || p.peek(1) == tokDot && p.isIdent(2) && p.peek(3) == tokLParen {
			return p.call()
		}
		switch {
		case notAfterExpr.has(p.peek(1)):
			p.noViable(1)
		case p.peek(1) == tokDot && !p.isIdent(2):
			p.noViable(2)
		}
		name := p.ident()
		return &ast.ColumnRef{Pos: name.Pos, Name: name}
	}
	if p.peek(1) == tokLParen && reservedFunction(p.kind()) {
		return p.call()
	}
	p.noViable(0)
	return nil
}

// reservedFunction reports whether a reserved word is also the name of a function.
func reservedFunction(k Kind) bool {
	switch k {
	case kwIf, kwArray, kwMap, kwBigint, kwBinary, kwBoolean, kwCurrentDate, kwCurrentTimestamp, kwDate, kwDouble, kwFloat,
		kwReal, kwGrouping, kwInt, kwSmallint, kwTimestamp:
		return true
	}
	return false
}

func (p *parser) parenExpr() ast.Expr {
	p.nest()
	defer func() { p.depth-- }()
	// (3) days
	if (p.peek(1) == tokNumber || p.peek(1) == tokString) && p.peek(2) == tokRParen && isIntervalUnit(p.peek(3)) {
		p.pos++
		v := p.simpleLiteral()
		p.pos++
		return p.intervalOf(v)
	}
	if !p.startsItem(1) && p.peek(1) != kwSelect && p.peek(1) != kwWith && p.peek(1) != kwValues && p.peek(1) != kwReduce ||
		p.peek(1) == tokStar {
		p.noViable(1)
	}
	p.pos++
	var items []ast.Expr
	if p.startsQuery() {
		q, e := p.parenthesized()
		if q != nil {
			p.expect(tokRParen)
			return &ast.Subquery{Pos: q.Pos, Query: q}
		}
		items = append(items, e)
	} else {
		items = append(items, p.expression())
	}
	for p.accept(tokComma) {
		items = append(items, p.expression())
	}
	p.expect(tokRParen)
	return rowOrSingle(items)
}

// constant parses a literal, an interval literal, or CURRENT_DATE and CURRENT_TIMESTAMP without parentheses.
func (p *parser) constant() ast.Expr {
	p.enter("constant")
	e := p.constantBody()
	p.leave()
	return e
}

func (p *parser) constantBody() ast.Expr {
	switch p.kind() {
	case tokNumber, tokString:
		if k := p.peek(1); k == tokLParen || notAfterExpr.has(k) && !(k == tokString && p.is(tokString)) {
			p.noViable(1)
		}
		lit := p.simpleLiteral()
		if isIntervalUnit(p.kind()) {
			return p.intervalOf(lit)
		}
		for lit.Kind == ast.LitString && p.is(tokString) { // 'a' 'b'
			t := p.next()
			more := p.src[t.off:t.end]
			lit.Value += unquote(more)
			lit.Text = p.src[lit.Offset:t.end]
			lit.Token = more
		}
		return lit
	case tokIntegral, tokNumberLit:
		return p.suffixedNumber()
	case tokCharsetName:
		return p.charsetLiteral()
	case kwTrue, kwFalse:
		pos := p.posOf(p.next())
		return &ast.Literal{Pos: pos, Kind: ast.LitBool, Value: strings.ToLower(pos.Token), Text: pos.Token}
	case kwNull:
		pos := p.posOf(p.next()).Placeless()
		n := &ast.Literal{Pos: pos, Kind: ast.LitNull, Text: pos.Token}
		n.Token = "TOK_NULL"
		return n
	case kwDate, kwTimestamp, kwTimestamplocaltz:
		kind := ast.LitDate
		switch p.kind() {
		case kwTimestamp:
			kind = ast.LitTimestamp
		case kwTimestamplocaltz:
			kind = ast.LitTimestampLTZ
		}
		if p.peek(1) != tokString {
			p.noViable(1)
		}
		pos := p.posOf(p.next())
		s := p.stringLit()
		return &ast.Literal{Pos: join(pos, s.Pos).Placeless(), Kind: kind, Value: s.Value, Text: s.Text}
	case kwCurrentDate, kwCurrentTimestamp:
		id := p.identFrom(p.next())
		return &ast.Call{Pos: id.Pos, Name: &ast.FunctionName{Pos: id.Pos, Name: id}, NoParens: true}
	}
	p.noViable(0)
	return nil
}

// simpleLiteral parses a number without suffix or a string token.
func (p *parser) simpleLiteral() *ast.Literal {
	t := p.next()
	pos := p.posOf(t)
	if t.kind == tokString {
		return &ast.Literal{Pos: pos, Kind: ast.LitString, Value: unquote(pos.Token), Text: pos.Token}
	}
	kind := ast.LitInteger
	if strings.ContainsAny(pos.Token, "eE") {
		kind = ast.LitDouble
	} else if strings.IndexByte(pos.Token, '.') >= 0 {
		kind = ast.LitDecimal
	}
	return &ast.Literal{Pos: pos, Kind: kind, Value: pos.Token, Text: pos.Token}
}

func (p *parser) suffixedNumber() ast.Expr {
	pos := p.posOf(p.next())
	s := pos.Token
	n := &ast.Literal{Pos: pos, Text: s, Value: s[:len(s)-1]}
	switch s[len(s)-1] | 0x20 {
	case 'l':
		n.Kind = ast.LitBigInt
	case 's':
		n.Kind = ast.LitSmallInt
	case 'y':
		n.Kind = ast.LitTinyInt
	default:
		n.Kind = ast.LitDouble
		if b := s[len(s)-2] | 0x20; b == 'b' {
			n.Kind = ast.LitDecimal
			n.Value = s[:len(s)-2]
		}
	}
	return n
}

func (p *parser) charsetLiteral() ast.Expr {
	p.enter("character string literal")
	pos := p.posOf(p.next())
	if !p.is(tokCharsetHex) && !p.is(tokString) {
		p.mismatch(tokCharsetHex)
	}
	v := p.posOf(p.next())
	p.leave()
	return &ast.Literal{Pos: join(pos, v), Kind: ast.LitCharset, Value: v.Token, Text: v.Token, Charset: pos.Token[1:]}
}

func isIntervalUnit(k Kind) bool {
	switch k {
	case kwYear, kwMonth, kwDay, kwHour, kwMinute, kwSecond:
		return true
	}
	return false
}

// intervalUnit parses an interval qualifier.
func (p *parser) intervalUnit() ast.IntervalUnit {
	switch p.kind() {
	case kwYear:
		p.pos++
		if p.accept(kwTo) {
			p.expect(kwMonth)
			return ast.UnitYearToMonth
		}
		return ast.UnitYear
	case kwMonth:
		p.pos++
		return ast.UnitMonth
	case kwDay:
		p.pos++
		if p.accept(kwTo) {
			p.expect(kwSecond)
			return ast.UnitDayToSecond
		}
		return ast.UnitDay
	case kwHour:
		p.pos++
		return ast.UnitHour
	case kwMinute:
		p.pos++
		return ast.UnitMinute
	case kwSecond:
		p.pos++
		return ast.UnitSecond
	}
	p.noViable(0)
	return ""
}

func (p *parser) intervalOf(v ast.Expr) ast.Expr {
	return &ast.Interval{Pos: v.Position().Placeless(), Value: v, Unit: p.intervalUnit()}
}

func (p *parser) interval() ast.Expr {
	start := p.pos
	p.pos++
	var v ast.Expr
	switch p.kind() {
	case tokLParen:
		p.pos++
		v = p.expression()
		p.expect(tokRParen)
	case tokNumber, tokString:
		v = p.simpleLiteral()
	case tokQuestion:
		v = p.primary()
	}
	if v == nil || !isIntervalUnit(p.kind()) {
		if p.opts.Version != V31 {
			p.pos = start // the word may be a name: Hive looks ahead, and points at it
		}
		p.noViable(0)
	}
	return p.intervalOf(v)
}

func (p *parser) caseExpr() ast.Expr {
	p.enter("case expression")
	n := &ast.Case{Pos: p.posOf(p.next())}
	if !p.is(kwWhen) {
		n.Operand = p.expression()
	}
	for {
		p.expect(kwWhen)
		cond := p.expression()
		p.expect(kwThen)
		result := p.expression()
		n.Whens = append(n.Whens, &ast.When{Pos: join(cond.Position(), result.Position()), Cond: cond, Result: result})
		n.Token = result.Position().Token
		if !p.is(kwWhen) {
			break
		}
	}
	if p.accept(kwElse) {
		n.Else = p.expression()
		n.Token = n.Else.Position().Token
	}
	p.expectBefore(kwEnd, kwFrom, tokComma, tokRParen, kwAs)
	p.leave()
	return n
}

func (p *parser) cast() ast.Expr {
	p.enter("cast expression")
	p.pos++
	p.expect(tokLParen)
	e := p.expression()
	p.expect(kwAs)
	// The type is the first child of Hive's node, the operand the last.
	start := p.pos
	n := &ast.Cast{Expr: e}
	switch k := p.kind(); {
	case p.opts.Version == V31 || primitiveNames[k] != "":
		n.Type = p.primitiveType()
	case k == kwArray || k == kwMap || k == kwStruct:
		n.Type = p.typeName()
	default:
		p.noViable(0)
	}
	n.Pos = join(n.Type.Pos.Placeless(), e.Position())
	if len(n.Type.Args) > 0 {
		n.Pos = join(p.posOf(&p.toks[start+2]), e.Position()) // of what stands in the parentheses
	}
	if p.accept(kwFormat) {
		n.Format = p.stringLit()
	}
	p.expect(tokRParen)
	p.leave()
	return n
}

func (p *parser) extract() ast.Expr {
	pos := p.posOf(p.next())
	p.expect(tokLParen)
	var unit string
	switch p.kind() {
	case kwYear:
		unit = "YEAR"
	case kwQuarter:
		unit = "QUARTER"
	case kwMonth:
		unit = "MONTH"
	case kwWeek:
		unit = "WEEK"
	case kwDay:
		unit = "DAY"
	case kwDow:
		unit = "DAYOFWEEK"
	case kwHour:
		unit = "HOUR"
	case kwMinute:
		unit = "MINUTE"
	case kwSecond:
		unit = "SECOND"
	default:
		p.noViable(0)
	}
	p.pos++
	p.expect(kwFrom)
	e := p.expression()
	p.expect(tokRParen)
	return &ast.Extract{Pos: join(pos, e.Position()).Placeless(), Unit: unit, Expr: e}
}

func (p *parser) floor() ast.Expr {
	pos := p.posOf(p.next())
	p.expect(tokLParen)
	n := &ast.FloorTo{Expr: p.expression()}
	n.Pos = join(pos, n.Expr.Position())
	if p.accept(kwTo) {
		switch p.kind() {
		case kwYear:
			n.Unit = "YEAR"
		case kwQuarter:
			n.Unit = "QUARTER"
		case kwMonth:
			n.Unit = "MONTH"
		case kwWeek:
			n.Unit = "WEEK"
		case kwDay:
			n.Unit = "DAY"
		case kwHour:
			n.Unit = "HOUR"
		case kwMinute:
			n.Unit = "MINUTE"
		case kwSecond:
			n.Unit = "SECOND"
		default:
			p.noViable(0)
		}
		n.Pos = n.Pos.Placeless()
		p.pos++
	}
	p.expect(tokRParen)
	return n
}

// trim parses TRIM([LEADING|TRAILING|BOTH] [chars] FROM s), which Hive reads as ltrim, rtrim or trim(s[, chars]), and the
// ordinary call.
func (p *parser) trim() ast.Expr {
	special := p.peek(2) == kwLeading || p.peek(2) == kwTrailing || p.peek(2) == kwBoth
	t := p.next()
	name := p.identFrom(t)
	if !special {
		p.pos-- // an ordinary call unless FROM follows the first argument
		return p.call()
	}
	p.pos++
	switch p.next().kind {
	case kwLeading:
		name.Name = "ltrim"
	case kwTrailing:
		name.Name = "rtrim"
	}
	n := &ast.Call{Name: &ast.FunctionName{Pos: name.Pos, Name: name}}
	var chars ast.Expr
	if !p.is(kwFrom) {
		chars = p.expression()
	}
	p.expect(kwFrom)
	n.Args = []ast.Expr{p.expression()}
	if chars != nil {
		n.Args = append(n.Args, chars)
	}
	p.expect(tokRParen)
	n.Pos = join(name.Pos, n.Args[len(n.Args)-1].Position())
	return n
}

// call parses a function call; the current token is the name, which may be a reserved word.
func (p *parser) call() *ast.Call {
	p.enter("function specification")
	var name *ast.FunctionName
	if p.isIdent(0) {
		name = p.functionName()
	} else {
		if !reservedFunction(p.kind()) {
			p.enter("function name")
			p.noViable(0)
		}
		id := p.identFrom(p.next())
		name = &ast.FunctionName{Pos: id.Pos, Name: id}
	}
	n := &ast.Call{Pos: name.Pos, Name: name}
	p.expect(tokLParen)
	switch {
	case p.is(tokStar):
		p.pos++
		n.Star = true
	default:
		switch {
		case p.accept(kwDistinct):
			n.Distinct = true
		case p.is(kwAll):
			p.pos++
		}
		if !p.is(tokRParen) {
			if !p.startsExpr() {
				p.noViable(0)
			}
			n.Args = p.selectExpressions()
			n.Token = n.Args[len(n.Args)-1].Position().Token
			if strings.EqualFold(name.Name.Name, "trim") && len(n.Args) == 1 && p.accept(kwFrom) {
				n.Args = []ast.Expr{p.expression(), n.Args[0]}
			}
		}
	}
	n.Nulls = p.nullTreatment()
	if !p.is(tokRParen) && p.opts.Version != V31 {
		p.noViable(0)
	}
	p.expectBefore(tokRParen, kwFrom, tokComma, kwAs)
	if n.Nulls == ast.NullTreatmentDefault {
		n.Nulls = p.nullTreatment()
	}
	switch {
	case p.accept(kwOver):
		n.Over = p.windowSpec()
	case p.isSeq(kwWithin, kwGroup):
		p.pos += 2
		p.expect(tokLParen)
		p.enter("order by clause")
		p.expectSeq(kwOrder, kwBy)
		n.WithinGroup = p.sortItems()
		p.leave()
		p.expect(tokRParen)
	default:
		if k := p.kind(); k == tokLParen || notAfterExpr.has(k) {
			p.pos--
			p.noViable(1)
		}
	}
	p.leave()
	return n
}

// nullTreatment parses RESPECT NULLS or IGNORE NULLS.
func (p *parser) nullTreatment() ast.NullTreatment {
	switch {
	case p.acceptSeq(kwRespect, kwNulls):
		return ast.RespectNulls
	case p.acceptSeq(kwIgnore, kwNulls):
		return ast.IgnoreNulls
	}
	return ast.NullTreatmentDefault
}

// selectExpressions parses expressions and table stars separated by commas.
func (p *parser) selectExpressions() []ast.Expr {
	list := []ast.Expr{p.selectExpression()}
	for p.accept(tokComma) {
		list = append(list, p.selectExpression())
	}
	return list
}

func (p *parser) selectExpression() ast.Expr {
	p.enter("select expression")
	switch {
	case p.isIdent(0) && !afterArg.has(p.peek(1)):
		p.noViable(1)
	case !p.startsExpr() && !p.is(tokStar):
		p.noViable(0)
	}
	e := p.starOrExpr()
	p.leave()
	return e
}

// starOrExpr parses *, t.*, db.t.* or an expression.
func (p *parser) starOrExpr() ast.Expr {
	if p.is(tokStar) {
		return &ast.Star{Pos: p.posOf(p.next())}
	}
	parts := 0 // names in front of .*
	for n := 0; n < 3 && p.isIdent(2*n) && p.peek(2*n+1) == tokDot; n++ {
		if p.peek(2*n+2) == tokStar {
			parts = n + 1
		}
	}
	if parts == 0 || parts == 3 && p.opts.Version == V31 {
		return p.expression()
	}
	first := p.ident()
	p.pos++
	t := &ast.TableName{Pos: first.Pos, Name: first}
	if parts > 1 {
		t.DB, t.Name = first, p.ident()
		t.Pos = join(first.Pos, t.Name.Pos)
		p.pos++
	}
	if parts > 2 {
		t.Meta = p.ident()
		t.Pos = join(first.Pos, t.Meta.Pos)
		p.pos++
	}
	p.pos++
	return &ast.Star{Pos: t.Pos, Table: t}
}

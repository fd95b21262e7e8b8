package parser

import (
	"skep/dialect/ast"
)

// expression parses an expression. From loosest to tightest binding: OR, AND, NOT, IS tests (4.0), equality, comparison and the other
// predicates, | & || (+ -) (* / % DIV) ^, IS tests (3.1), unary + - ~, field and index access.
func (p *parser) expression() ast.Expr {
	p.nest()
	p.enter("expression specification")
	e := p.orExpr()
	p.leave()
	p.depth--
	return e
}

func (p *parser) expressions() []ast.Expr {
	list := []ast.Expr{p.expression()}
	for p.accept(tokComma) {
		list = append(list, p.expression())
	}
	return list
}

func binary(op ast.BinaryOp, l, r ast.Expr) ast.Expr {
	pos := join(l.Position(), r.Position())
	if op == ast.OpConcat {
		pos = pos.Placeless()
	}
	return &ast.Binary{Pos: pos, Op: op, Left: l, Right: r}
}

func (p *parser) orExpr() ast.Expr {
	l := p.andExpr()
	for p.accept(kwOr) {
		l = binary(ast.OpOr, l, p.andExpr())
	}
	return l
}

func (p *parser) andExpr() ast.Expr {
	l := p.notExpr()
	for p.accept(kwAnd) {
		l = binary(ast.OpAnd, l, p.notExpr())
	}
	return l
}

func (p *parser) notExpr() ast.Expr {
	if p.pending != nil || !p.is(kwNot) {
		e := p.equalExpr()
		if p.opts.Version != V31 {
			e = p.isTest(e)
		}
		return e
	}
	p.nest()
	p.pos++
	e := p.notExpr()
	p.depth--
	return &ast.Unary{Pos: e.Position(), Op: ast.OpNot, Expr: e}
}

func (p *parser) equalExpr() ast.Expr {
	l := p.predicate()
	for {
		switch p.kind() {
		case tokEq, tokNotEq, tokNullSafeEq:
			op := comparisonOps[p.kind()]
			if q := p.quantifier(1); q != ast.NoQuantifier {
				l = p.quantified(l, op, q, false)
				continue
			}
			if op != ast.OpNullSafe {
				p.needOperand()
			}
			p.pos++
			l = binary(op, l, p.predicate())
		case kwIs:
			not := p.peek(1) == kwNot
			n := 1
			if not {
				n = 2
			}
			if p.peek(n) != kwDistinct {
				if p.opts.Version != V31 && isKinds[p.peek(n)] != "" {
					return l
				}
				p.noViable(n)
			}
			p.pos += n + 1
			p.expect(kwFrom)
			r := p.predicate()
			l = &ast.IsDistinct{Pos: join(l.Position(), r.Position()), Left: l, Not: not, Right: r}
		default:
			return l
		}
	}
}

// needOperand refuses a comparison whose right side is missing before the operator is consumed: 4.0 looks ahead here,
// because a quantified subquery may follow.
func (p *parser) needOperand() {
	if p.opts.Version == V31 {
		return
	}
	if k := p.peek(1); k == tokStar || k != kwNot && !p.startsItem(1) {
		p.noViable(1)
	}
}

var comparisonOps = map[Kind]ast.BinaryOp{
	tokEq: ast.OpEq, tokNotEq: ast.OpNotEq, tokNullSafeEq: ast.OpNullSafe,
	tokLess: ast.OpLess, tokLessEq: ast.OpLessEq, tokGreater: ast.OpGreater, tokGreaterEq: ast.OpGreaterEq,
}

// quantifier looks for ANY ( or ALL ( at n tokens ahead, before a quantified subquery.
func (p *parser) quantifier(n int) ast.Quantifier {
	if p.peek(n+1) != tokLParen {
		return ast.NoQuantifier
	}
	switch p.peek(n) {
	case kwAny, kwSome:
		return ast.Any
	case kwAll:
		return ast.All
	}
	return ast.NoQuantifier
}

// quantified parses the rest of l op ANY|ALL (query), at the operator.
func (p *parser) quantified(l ast.Expr, op ast.BinaryOp, q ast.Quantifier, not bool) ast.Expr {
	p.pos += 2
	query := p.subqueryExpr()
	return &ast.Quantified{Pos: join(l.Position(), query.Pos), Left: l, Not: not, Op: op, Quantifier: q, Query: query}
}

// subqueryExpr parses ( query ).
func (p *parser) subqueryExpr() *ast.Query {
	p.expect(tokLParen)
	q := p.queryWithCTE()
	p.expect(tokRParen)
	return q
}

// predicate parses at most one of: comparison, LIKE, IN, BETWEEN; or EXISTS.
func (p *parser) predicate() ast.Expr {
	if p.pending == nil && p.is(kwExists) {
		pos := p.posOf(p.next())
		q := p.subqueryExpr()
		return &ast.Exists{Pos: join(pos, q.Pos), Query: q}
	}
	l := p.operation(0)
	switch p.kind() {
	case tokLess, tokLessEq, tokGreater, tokGreaterEq:
		op := comparisonOps[p.kind()]
		if q := p.quantifier(1); q != ast.NoQuantifier {
			return p.quantified(l, op, q, false)
		}
		p.needOperand()
		p.pos++
		return binary(op, l, p.operation(0))
	case kwNot:
		switch p.peek(1) {
		case kwLike, kwRlike, kwRegexp, kwIn, kwBetween:
			p.pos++
			return p.predicateTail(l, true)
		case tokEq, tokNotEq, tokLess, tokLessEq, tokGreater, tokGreaterEq:
			if q := p.quantifier(2); q != ast.NoQuantifier {
				p.pos++
				return p.quantified(l, comparisonOps[p.kind()], q, true)
			}
		}
		return l
	case kwLike, kwRlike, kwRegexp, kwIn, kwBetween:
		if p.is(kwLike) && !p.isAnyAt(1, kwAny, kwAll) {
			p.needOperand()
		}
		return p.predicateTail(l, false)
	}
	return l
}

func (p *parser) predicateTail(l ast.Expr, not bool) ast.Expr {
	switch k := p.next().kind; k {
	case kwIn:
		return p.inTail(l, not)
	case kwBetween:
		low := p.operation(0)
		p.expect(kwAnd)
		high := p.operation(0)
		return &ast.Between{Pos: join(l.Position(), high.Position()).Placeless(), Expr: l, Not: not, Low: low, High: high}
	default:
		n := &ast.Like{Op: ast.OpLike, Expr: l, Not: not}
		switch k {
		case kwRlike:
			n.Op = ast.OpRLike
		case kwRegexp:
			n.Op = ast.OpRegexp
		}
		if k == kwLike && p.isAny(kwAny, kwAll) && p.peek(1) == tokLParen {
			n.Quantifier = ast.Any
			if p.next().kind == kwAll {
				n.Quantifier = ast.All
			}
			p.expect(tokLParen)
			n.Patterns = p.expressions()
			p.expect(tokRParen)
		} else {
			n.Patterns = []ast.Expr{p.operation(0)}
		}
		n.Pos = join(l.Position(), n.Patterns[len(n.Patterns)-1].Position())
		return n
	}
}

func (p *parser) inTail(l ast.Expr, not bool) ast.Expr {
	if p.is(tokLParen) && !p.startsQuery() && !p.startsItem(1) {
		p.noViable(1)
	}
	p.expect(tokLParen)
	n := &ast.In{Expr: l, Not: not}
	if p.startsQuery() {
		q, e := p.parenthesized()
		if q != nil {
			p.expect(tokRParen)
			n.Query = q
			n.Pos = join(l.Position(), q.Pos)
			p.afterIn()
			return n
		}
		n.List = []ast.Expr{e}
	} else {
		n.List = []ast.Expr{p.expression()}
	}
	for p.accept(tokComma) {
		n.List = append(n.List, p.expression())
	}
	p.expect(tokRParen)
	n.Pos = join(l.Position(), n.List[len(n.List)-1].Position())
	p.afterIn()
	return n
}

// afterIn refuses what cannot stand behind IN (..).
func (p *parser) afterIn() {
	if k := p.kind(); notAfterIn.has(k) || notAfterExpr.has(k) {
		p.noViable(0)
	}
}

type infix struct {
	prec int
	op   ast.BinaryOp
}

func infixOp(k Kind) infix {
	switch k {
	case tokBar:
		return infix{1, ast.OpBitOr}
	case tokAmp:
		return infix{2, ast.OpBitAnd}
	case tokConcat:
		return infix{3, ast.OpConcat}
	case tokPlus:
		return infix{4, ast.OpAdd}
	case tokMinus:
		return infix{4, ast.OpSub}
	case tokStar:
		return infix{5, ast.OpMul}
	case tokSlash:
		return infix{5, ast.OpDiv}
	case tokPercent:
		return infix{5, ast.OpMod}
	case kwDiv:
		return infix{5, ast.OpIntDiv}
	case tokCaret:
		return infix{6, ast.OpBitXor}
	}
	return infix{}
}

// operation parses arithmetic and bit operators that bind tighter than outer, all grouping to the left.
func (p *parser) operation(outer int) ast.Expr {
	l := p.unary()
	if p.opts.Version == V31 {
		l = p.isTest(l)
	}
	for {
		op := infixOp(p.kind())
		if op.prec <= outer {
			return l
		}
		p.pos++
		l = binary(op.op, l, p.operation(op.prec))
	}
}

var isKinds = map[Kind]ast.IsKind{kwNull: ast.IsNull, kwTrue: ast.IsTrue, kwFalse: ast.IsFalse, kwUnknown: ast.IsNull}

// isTest parses an optional IS [NOT] NULL|TRUE|FALSE|UNKNOWN behind e. In 3.1 it binds tighter than arithmetic, in 4.0 looser than
// comparisons.
func (p *parser) isTest(e ast.Expr) ast.Expr {
	if !p.is(kwIs) {
		return e
	}
	n := 1
	if p.peek(1) == kwNot {
		n = 2
	}
	kind := isKinds[p.peek(n)]
	if kind == "" {
		return e
	}
	p.pos += n + 1
	return &ast.Is{Pos: e.Position(), Expr: e, Not: n == 2, Kind: kind}
}

func (p *parser) unary() ast.Expr {
	if p.pending == nil {
		var op ast.UnaryOp
		switch p.kind() {
		case tokMinus:
			op = ast.OpNegate
		case tokPlus:
			op = ast.OpPlus
		case tokTilde:
			op = ast.OpBitNot
		}
		if op != "" {
			p.nest()
			p.pos++
			e := p.unary()
			p.depth--
			return &ast.Unary{Pos: e.Position(), Op: op, Expr: e}
		}
	}
	e := p.primary()
	for {
		switch {
		case p.is(tokDot) && p.isIdent(1):
			p.pos++
			name := p.ident()
			e = &ast.FieldRef{Pos: join(e.Position(), name.Pos), Base: e, Name: name}
		case p.is(tokDot):
			p.pos++
			p.ident() // fails
		case p.is(tokLSquare):
			p.pos++
			i := p.expression()
			p.expectBefore(tokRSquare, kwFrom, tokComma, kwAs)
			e = &ast.IndexRef{Pos: join(e.Position(), i.Position()), Base: e, Index: i}
		default:
			if notAfterExpr.has(p.kind()) {
				p.noViable(0)
			}
			return e
		}
	}
}

// startsQuery reports whether a query begins here, possibly behind opening parentheses.
func (p *parser) startsQuery() bool {
	n := 0
	for p.peek(n) == tokLParen {
		n++
	}
	switch p.peek(n) {
	case kwSelect, kwWith:
		return true
	case kwMap, kwReduce: // MAP x USING, but map(...) is a function
		return p.peek(n+1) != tokLParen
	case kwFrom:
		return true
	case kwValues:
		return p.peek(n+1) == tokLParen
	}
	return false
}

// parenthesized parses what stands behind an opening parenthesis when startsQuery holds: either a query, up to its
// closing parenthesis, or an expression that begins with a parenthesised query, as in ((select 1) + 2).
func (p *parser) parenthesized() (*ast.Query, ast.Expr) {
	if !p.is(tokLParen) {
		return p.queryWithCTE(), nil
	}
	p.nest()
	defer func() { p.depth-- }()
	open := p.pos
	p.pos++
	q, e := p.parenthesized()
	if q != nil {
		p.expect(tokRParen)
		if p.continuesQuery() {
			return p.queryFrom(q, int(p.toks[open].off)), nil
		}
		p.pending = &ast.Subquery{Pos: q.Pos, Query: q}
		return nil, p.expression()
	}
	items := []ast.Expr{e}
	for p.accept(tokComma) {
		items = append(items, p.expression())
	}
	p.expect(tokRParen)
	p.pending = rowOrSingle(items)
	return nil, p.expression()
}

// continuesQuery reports whether the text goes on as a query behind a parenthesised one: it ends there, or a set
// operator or a clause of the whole query follows.
func (p *parser) continuesQuery() bool {
	switch p.kind() {
	case tokRParen, tokEOF, kwUnion, kwIntersect, kwExcept, kwMinus, kwOrder, tokSemicolon:
		return true
	case kwSort, kwCluster, kwDistribute:
		return p.peek(1) == kwBy
	case kwLimit:
		return p.peek(1) == tokNumber || p.peek(1) == tokQuestion
	}
	return false
}

func rowOrSingle(items []ast.Expr) ast.Expr {
	if len(items) == 1 {
		return items[0]
	}
	return &ast.RowExpr{Pos: join(items[0].Position(), items[len(items)-1].Position()), Items: items}
}

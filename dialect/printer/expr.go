package printer

import (
	"strconv"
	"strings"

	"skep/dialect/ast"
)

// Binding strengths of Hive's expression grammar, loosest first.
const (
	precLowest = iota
	precOr
	precAnd
	precNot
	precIs        // IS NULL behind an operand: as loose as in 4.0, its operand as tight as in 3.1; does not chain
	precEqual     // = <=> <> IS DISTINCT FROM
	precPredicate // < LIKE IN BETWEEN EXISTS; does not chain
	precBitOr
	precBitAnd
	precConcat
	precAdd
	precMul
	precBitXor
	precUnary
	precPrimary
)

func itoa(n int) string { return strconv.Itoa(n) }

func binaryPrec(op ast.BinaryOp) int {
	switch op {
	case ast.OpOr:
		return precOr
	case ast.OpAnd:
		return precAnd
	case ast.OpEq, ast.OpNotEq, ast.OpNullSafe:
		return precEqual
	case ast.OpLess, ast.OpLessEq, ast.OpGreater, ast.OpGreaterEq:
		return precPredicate
	case ast.OpBitOr:
		return precBitOr
	case ast.OpBitAnd:
		return precBitAnd
	case ast.OpConcat:
		return precConcat
	case ast.OpAdd, ast.OpSub:
		return precAdd
	case ast.OpMul, ast.OpDiv, ast.OpMod, ast.OpIntDiv:
		return precMul
	}
	return precBitXor
}

func exprPrec(e ast.Expr) int {
	switch e := e.(type) {
	case *ast.Binary:
		return binaryPrec(e.Op)
	case *ast.Unary:
		if e.Op == ast.OpNot {
			return precNot
		}
		return precUnary
	case *ast.IsDistinct:
		return precEqual
	case *ast.Quantified:
		if binaryPrec(e.Op) == precEqual && !e.Not {
			return precEqual
		}
		return precPredicate
	case *ast.Between, *ast.In, *ast.Like, *ast.Exists:
		return precPredicate
	case *ast.Is:
		return precIs
	}
	return precPrimary
}

// expr writes e, in parentheses when it binds looser than outer.
func (p *printer) expr(e ast.Expr, outer int) {
	if exprPrec(e) < outer {
		p.open()
		p.expr(e, precLowest)
		p.end()
		return
	}
	switch e := e.(type) {
	case *ast.Literal:
		p.literal(e)
	case *ast.ColumnRef:
		p.ident(e.Name)
	case *ast.FieldRef:
		if lit, ok := e.Base.(*ast.Literal); ok { // 1.x would read as the number 1.
			parens(p, []ast.Expr{lit}, p.item)
		} else {
			p.expr(e.Base, precPrimary)
		}
		p.tight(".")
		p.ident(e.Name)
	case *ast.IndexRef:
		p.expr(e.Base, precPrimary)
		p.tight("[")
		p.expr(e.Index, precLowest)
		p.WriteByte(']')
		p.glue = false
	case *ast.Star:
		if e.Table == nil {
			p.word("*")
			return
		}
		p.table(e.Table)
		p.WriteString(".*")
	case *ast.Call:
		p.call(e)
	case *ast.Cast:
		p.word("CAST(")
		p.glue = true
		p.expr(e.Expr, precLowest)
		p.word("AS")
		p.typeName(e.Type)
		p.optStr(e.Format, "FORMAT")
		p.end()
	case *ast.Extract:
		p.words("EXTRACT("+e.Unit, "FROM")
		p.expr(e.Expr, precLowest)
		p.end()
	case *ast.FloorTo:
		p.word("FLOOR(")
		p.glue = true
		p.expr(e.Expr, precLowest)
		p.when(e.Unit != "", "TO", e.Unit)
		p.end()
	case *ast.Case:
		p.caseExpr(e)
	case *ast.Interval:
		p.interval(e)
	case *ast.Unary:
		p.unary(e)
	case *ast.Binary:
		p.binary(e)
	case *ast.RowExpr:
		parens(p, e.Items, p.item)
	case *ast.Subquery:
		p.subquery(e.Query)
	case *ast.DefaultValue:
		p.word("DEFAULT")
	case *ast.Param:
		p.word("?")
	default:
		p.predicate(e)
	}
}

// item writes an element of a list.
func (p *printer) item(e ast.Expr) { p.expr(e, precLowest) }

func (p *printer) subquery(q *ast.Query) {
	p.open()
	p.query(q)
	p.end()
}

func (p *printer) literal(e *ast.Literal) {
	switch e.Kind {
	case ast.LitNull:
		p.word("NULL")
	case ast.LitBool:
		p.word(strings.ToUpper(e.Value))
	case ast.LitString:
		p.word(Quote(e.Value))
	case ast.LitTinyInt:
		p.word(e.Value + "Y")
	case ast.LitSmallInt:
		p.word(e.Value + "S")
	case ast.LitBigInt:
		p.word(e.Value + "L")
	case ast.LitDecimal:
		if strings.IndexByte(e.Value, '.') < 0 || strings.ContainsAny(e.Value, "eE") {
			p.word(e.Value + "BD")
			return
		}
		p.word(e.Value)
	case ast.LitDouble:
		if !strings.ContainsAny(e.Value, "eE") {
			p.word(e.Value + "D")
			return
		}
		p.word(e.Value)
	case ast.LitDate:
		p.words("DATE", Quote(e.Value))
	case ast.LitTimestamp:
		p.words("TIMESTAMP", Quote(e.Value))
	case ast.LitTimestampLTZ:
		p.words("TIMESTAMPLOCALTZ", Quote(e.Value))
	case ast.LitCharset:
		p.words("_"+e.Charset, e.Value)
	default:
		p.word(e.Value)
	}
}

func (p *printer) call(e *ast.Call) {
	p.function(e.Name)
	if e.NoParens {
		return
	}
	p.tight("(")
	p.when(e.Distinct, "DISTINCT")
	if e.Star {
		p.word("*")
	}
	list(p, e.Args, p.item)
	p.end()
	p.when(e.Nulls != "", string(e.Nulls))
	if e.WithinGroup != nil {
		p.words("WITHIN", "GROUP", "(ORDER", "BY")
		list(p, e.WithinGroup, p.sortItem)
		p.end()
	}
	if e.Over != nil {
		p.word("OVER")
		p.window(e.Over)
	}
}

func (p *printer) caseExpr(e *ast.Case) {
	p.word("CASE")
	if e.Operand != nil {
		p.expr(e.Operand, precLowest)
	}
	for _, w := range e.Whens {
		p.word("WHEN")
		p.expr(w.Cond, precLowest)
		p.word("THEN")
		p.expr(w.Result, precLowest)
	}
	if e.Else != nil {
		p.word("ELSE")
		p.expr(e.Else, precLowest)
	}
	p.word("END")
}

func (p *printer) interval(e *ast.Interval) {
	p.word("INTERVAL")
	if l, ok := e.Value.(*ast.Literal); ok && (l.Kind == ast.LitString || l.Kind == ast.LitInteger || l.Kind == ast.LitDecimal ||
		l.Kind == ast.LitDouble) {
		p.literal(l)
	} else {
		p.open()
		p.expr(e.Value, precLowest)
		p.end()
	}
	p.word(string(e.Unit))
}

func (p *printer) unary(e *ast.Unary) {
	p.word(string(e.Op))
	if e.Op == ast.OpNot {
		p.expr(e.Expr, precNot)
		return
	}
	if inner, ok := e.Expr.(*ast.Unary); ok && inner.Op != ast.OpNot {
		p.expr(e.Expr, precUnary) // a blank between the signs: -- starts a comment
		return
	}
	p.glue = true
	p.expr(e.Expr, precUnary)
}

func (p *printer) binary(e *ast.Binary) {
	prec := binaryPrec(e.Op)
	left := prec
	if prec == precPredicate { // comparisons do not chain
		left++
	}
	p.expr(e.Left, left)
	p.word(string(e.Op))
	p.expr(e.Right, prec+1)
}

func (p *printer) predicate(e ast.Expr) {
	not := func(n bool) { p.when(n, "NOT") }
	switch e := e.(type) {
	case *ast.Is:
		p.expr(e.Expr, precUnary)
		p.word("IS")
		not(e.Not)
		p.word(string(e.Kind))
	case *ast.IsDistinct:
		p.expr(e.Left, precEqual)
		p.word("IS")
		not(e.Not)
		p.words("DISTINCT", "FROM")
		p.expr(e.Right, precPredicate)
	case *ast.Between:
		p.expr(e.Expr, precBitOr)
		not(e.Not)
		p.word("BETWEEN")
		p.expr(e.Low, precBitOr)
		p.word("AND")
		p.expr(e.High, precBitOr)
	case *ast.In:
		p.expr(e.Expr, precBitOr)
		not(e.Not)
		p.word("IN")
		if e.Query != nil {
			p.subquery(e.Query)
			return
		}
		parens(p, e.List, p.item)
	case *ast.Like:
		p.expr(e.Expr, precBitOr)
		not(e.Not)
		p.word(string(e.Op))
		if e.Quantifier == ast.NoQuantifier {
			p.expr(e.Patterns[0], precBitOr)
			return
		}
		p.word(string(e.Quantifier))
		parens(p, e.Patterns, p.item)
	case *ast.Exists:
		p.word("EXISTS")
		p.subquery(e.Query)
	case *ast.Quantified:
		left := precBitOr
		if exprPrec(e) == precEqual {
			left = precEqual
		}
		p.expr(e.Left, left)
		not(e.Not)
		p.words(string(e.Op), string(e.Quantifier))
		p.subquery(e.Query)
	}
}

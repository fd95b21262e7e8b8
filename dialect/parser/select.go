package parser

import (
	"strings"

	"skep/dialect/ast"
)

// selectClause parses SELECT ... up to FROM, or MAP/REDUCE ... USING.
func (p *parser) selectClause() *ast.Select {
	p.enter("select clause")
	s := &ast.Select{Pos: p.here()}
	switch p.kind() {
	case kwSelect:
		p.pos++
		if p.is(tokHint) {
			s.HintText, s.Hints = p.hint()
		}
		switch {
		case p.is(kwTransform) && p.peek(1) == tokLParen:
			s.Transform = p.transform()
		default:
			given := p.isAny(kwDistinct, kwAll)
			if p.accept(kwDistinct) {
				s.Distinct = true
			} else {
				p.accept(kwAll)
			}
			if given && !p.startsItem(0) {
				p.enter("selection target")
				p.noViable(0)
			}
			p.selectList(s)
		}
	case kwMap, kwReduce:
		s.Transform = p.transform()
	default:
		p.leave()
		p.noViable(0)
	}
	p.leave()
	return s
}

func (p *parser) selectList(s *ast.Select) {
	if !p.startsExpr() && !p.is(tokStar) {
		p.noViable(0)
	}
	p.enter("select list")
	s.Items = append(s.Items, p.selectItem())
	for p.is(tokComma) && p.startsItem(1) {
		p.pos++
		s.Items = append(s.Items, p.selectItem())
	}
	p.leave()
}

// startsItem reports whether the token n ahead can begin an item of a select list.
func (p *parser) startsItem(n int) bool {
	p.pos += n
	ok := p.is(tokStar) || p.startsExpr()
	p.pos -= n
	return ok
}

// startsExpr reports whether the current token can begin an expression.
func (p *parser) startsExpr() bool {
	switch k := p.kind(); k {
	case tokLParen, kwCase, kwCast, kwExtract, kwFloor, kwInterval, tokQuestion, kwDate, kwTimestamp, kwTimestamplocaltz,
		kwCurrentDate, kwCurrentTimestamp, tokNumber, tokString, tokIntegral, tokNumberLit, tokCharsetName, kwTrue, kwFalse,
		kwNull, kwNot, kwExists, tokPlus, tokMinus, tokTilde, kwTrim:
		return true
	default:
		return p.isIdent(0) || reservedFunction(k)
	}
}

func (p *parser) selectItem() *ast.SelectItem {
	p.enter("selection target")
	if p.isIdent(0) {
		if k := p.peek(1); notAfterExpr.has(k) || notAfterItem.has(k) {
			p.noViable(1)
		}
		if p.peek(1) == tokDot && !p.isIdent(2) && p.peek(2) != tokStar {
			p.noViable(2)
		}
	}
	e := p.starOrExpr()
	n := &ast.SelectItem{Pos: e.Position(), Expr: e}
	if _, ok := e.(*ast.Star); !ok {
		switch {
		case notAfterItem.has(p.kind()):
			p.noViable(0)
		case p.is(kwAs):
			if !p.isIdent(1) && p.peek(1) != tokLParen {
				p.noViable(1)
			}
			p.pos++
			if p.accept(tokLParen) {
				n.Aliases = p.idents()
				p.expect(tokRParen)
			} else {
				n.Aliases = []*ast.Ident{p.ident()}
			}
		case p.isIdent(0) && !p.startsClause():
			n.Aliases = []*ast.Ident{p.ident()}
		}
	}
	p.leave()
	return n
}

// startsClause reports whether a word that could be an alias is in fact the start of the next clause.
func (p *parser) startsClause() bool {
	switch p.kind() {
	case kwLimit:
		return p.peek(1) == tokNumber || p.peek(1) == tokQuestion
	case kwSort, kwCluster, kwDistribute:
		return p.peek(1) == kwBy
	}
	return false
}

// hint parses the hint token.
func (p *parser) hint() (text string, hints []*ast.Hint) {
	t := p.next()
	pos := p.posOf(t)
	text = pos.Token
	for rest := text; ; {
		rest = strings.TrimLeft(rest, " \t\r\n,")
		if rest == "" {
			return text, hints
		}
		end := strings.IndexAny(rest, "( \t\r\n,")
		if end < 0 {
			end = len(rest)
		}
		h := &ast.Hint{Pos: pos, Name: strings.ToUpper(rest[:end])}
		rest = strings.TrimLeft(rest[end:], " \t\r\n")
		if strings.HasPrefix(rest, "(") {
			args, tail, _ := strings.Cut(rest[1:], ")")
			rest = tail
			for a := range strings.SplitSeq(args, ",") {
				if a = strings.TrimSpace(a); a != "" {
					h.Args = append(h.Args, a)
				}
			}
		}
		hints = append(hints, h)
	}
}

// transform parses TRANSFORM(..), MAP or REDUCE with its script.
func (p *parser) transform() *ast.Transform {
	p.enter("transform clause")
	t := p.next()
	n := &ast.Transform{Pos: p.posOf(t), Keyword: strings.ToUpper(p.text(t))}
	paren := t.kind == kwTransform
	if paren {
		p.expect(tokLParen)
	}
	p.enter("select expression list")
	n.Args = p.selectExpressions()
	p.leave()
	if paren {
		p.expect(tokRParen)
	}
	n.InFormat = p.rowFormat()
	n.RecordWriter = p.optString(kwRecordwriter)
	p.expect(kwUsing)
	n.Script = p.stringLit()
	if p.accept(kwAs) {
		n.HasAs = true
		paren := p.accept(tokLParen)
		for {
			name := p.ident()
			c := &ast.ColumnDef{Pos: name.Pos, Name: name}
			// all columns have types, or none has
			if p.startsType(0) && (len(n.Columns) == 0 || n.Columns[0].Type != nil) {
				c.Type = p.typeName()
				c.Comment = p.optString(kwComment)
			}
			n.Columns = append(n.Columns, c)
			if !p.accept(tokComma) {
				break
			}
		}
		if paren {
			p.expect(tokRParen)
		}
	}
	n.OutFormat = p.rowFormat()
	n.RecordReader = p.optString(kwRecordreader)
	p.leave()
	return n
}

// values parses VALUES (..), (..).
func (p *parser) values() *ast.Values {
	p.enter("values clause")
	n := &ast.Values{Pos: p.posOf(p.expect(kwValues))}
	p.enter("values table constructor")
	if !p.is(tokLParen) {
		p.noViable(0)
	}
	if !p.startsItem(1) {
		p.noViable(1)
	}
	first := "first value row constructor"
	if p.opts.Version == V31 {
		first = "value row constructor"
	}
	n.Rows = append(n.Rows, p.valueRow(first))
	for p.accept(tokComma) {
		n.Rows = append(n.Rows, p.valueRow("value row constructor"))
	}
	p.leave()
	p.leave()
	return n
}

// valueRow parses (value [[AS] name], ...); names are for the first row of VALUES and ignored by INSERT.
func (p *parser) valueRow(rule string) *ast.Row {
	p.enter(rule)
	r := &ast.Row{}
	p.expectBeforeExpr(tokLParen)
	for {
		r.Items = append(r.Items, p.valueOrDefault())
		if p.isIdent(0) || p.is(kwAs) && p.isIdent(1) {
			for len(r.Names) < len(r.Items)-1 {
				r.Names = append(r.Names, nil)
			}
			r.Names = append(r.Names, p.alias())
		}
		if !p.accept(tokComma) {
			break
		}
	}
	p.expect(tokRParen)
	r.Pos = join(r.Items[0].Position(), r.Items[len(r.Items)-1].Position())
	p.leave()
	return r
}

// valueOrDefault parses an expression, or DEFAULT on its own.
func (p *parser) valueOrDefault() ast.Expr {
	if p.is(kwDefault) && !p.isSeq(kwDefault, tokDot) && !p.isSeq(kwDefault, tokLParen) {
		return &ast.DefaultValue{Pos: p.posOf(p.next())}
	}
	return p.expression()
}

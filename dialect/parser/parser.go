// Package parser turns Hive SQL text into syntax trees: a hand-written lexer and a recursive-descent parser with
// precedence climbing for expressions. It follows the grammars of Hive 3.1 and 4.0 and reports errors in their words.
package parser

import (
	"strconv"

	"skep/dialect/ast"
)

// Version selects keywords and, where the two disagree, meanings. Syntax that only one version has is accepted in both
// unless that would change how a text valid in the other is read.
type Version uint8

// The versions.
const (
	V40 Version = iota
	V31
)

// QuotedIdentifiers is hive.support.quoted.identifiers.
type QuotedIdentifiers uint8

// The quoting modes.
const (
	QuoteColumn   QuotedIdentifiers = iota // `any text`
	QuoteNone                              // `regex` selects columns by pattern
	QuoteStandard                          // also "any text"; double quotes are not strings
)

// Options are the settings that change how text is read. The zero value is Hive 4.0 with its defaults.
type Options struct {
	Version Version
	Quoting QuotedIdentifiers
	// MaxDepth limits how deep expressions, queries and joins may nest; 0 means DefaultMaxDepth.
	MaxDepth int
}

// DefaultMaxDepth is the nesting limit when Options does not give one.
const DefaultMaxDepth = 2000

// Parse reads one statement. Trailing semicolons are ignored. The error is a *sqlerr.Error.
func Parse(sql string, opts Options) (ast.Statement, error) {
	return run(sql, opts, func(p *parser) ast.Statement {
		s := p.statement()
		p.expectEOF()
		return s
	})
}

// ParseExpr reads one expression, for texts such as stored defaults, checks and partition filters.
func ParseExpr(text string, opts Options) (ast.Expr, error) {
	return run(text, opts, func(p *parser) ast.Expr {
		e := p.expression()
		p.expectEOF()
		return e
	})
}

// ParseQuery reads one query, for the stored text of a view.
func ParseQuery(text string, opts Options) (*ast.Query, error) {
	return run(text, opts, func(p *parser) *ast.Query {
		q := p.queryWithCTE()
		p.expectEOF()
		return q
	})
}

// Empty reports whether the text holds nothing but blanks, comments and semicolons.
func Empty(sql string) bool {
	l := lexer{src: sql, words: wordsByVersion[V40]}
	if err := l.run(); err != nil {
		return false
	}
	for _, t := range l.toks {
		if t.kind != tokSemicolon && t.kind != tokEOF {
			return false
		}
	}
	return true
}

func run[T any](sql string, opts Options, f func(*parser) T) (result T, err error) {
	l := lexer{src: sql, words: wordsByVersion[opts.Version], quoting: opts.Quoting, toks: make([]token, 0, len(sql)/4+8)}
	if err := l.run(); err != nil {
		return result, err
	}
	if n := len(l.toks); n > 2 { // trailing semicolons
		eof := l.toks[n-1]
		for n > 2 && l.toks[n-2].kind == tokSemicolon {
			n--
		}
		l.toks = append(l.toks[:n-1], eof)
	}
	p := &parser{src: sql, toks: l.toks, words: l.words, opts: opts, maxDepth: opts.MaxDepth}
	if p.maxDepth == 0 {
		p.maxDepth = DefaultMaxDepth
	}
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(bailout); !ok {
				panic(r)
			}
			var none T
			result, err = none, p.failure()
		}
	}()
	result = f(p)
	if len(p.failures) > 0 {
		var none T
		return none, p.failure()
	}
	return result, nil
}

// parser holds the state of one parse. Rules return nodes; a syntax error unwinds by panic(bailout{}), which run catches.
type parser struct {
	src      string
	toks     []token // ends with tokEOF
	pos      int
	words    *words
	opts     Options
	rules    []string // descriptions of the rules being parsed, for error texts
	failures []failure
	depth    int
	maxDepth int
	params   int
	// pending is a parsed parenthesised query that the next primary expression consists of; see parenthesized.
	pending ast.Expr
}

// bailout unwinds the parser after an error has been recorded.
type bailout struct{}

// peek returns the kind of the token n after the current one.
func (p *parser) peek(n int) Kind {
	if i := p.pos + n; i < len(p.toks) {
		return p.toks[i].kind
	}
	return tokEOF
}

func (p *parser) kind() Kind { return p.toks[p.pos].kind }

func (p *parser) is(k Kind) bool { return p.toks[p.pos].kind == k }

func (p *parser) isSeq(kinds ...Kind) bool {
	for i, k := range kinds {
		if p.peek(i) != k {
			return false
		}
	}
	return true
}

func (p *parser) isAny(kinds ...Kind) bool {
	k := p.kind()
	for _, x := range kinds {
		if k == x {
			return true
		}
	}
	return false
}

// next consumes the current token; the end of text is never consumed.
func (p *parser) next() *token {
	t := &p.toks[p.pos]
	if t.kind != tokEOF {
		p.pos++
	}
	return t
}

// accept consumes the current token if it has kind k.
func (p *parser) accept(k Kind) bool {
	if p.toks[p.pos].kind == k && k != tokEOF {
		p.pos++
		return true
	}
	return false
}

// acceptSeq consumes the given tokens if all of them are next.
func (p *parser) acceptSeq(kinds ...Kind) bool {
	if !p.isSeq(kinds...) {
		return false
	}
	p.pos += len(kinds)
	return true
}

// expect consumes a token of kind k or fails.
func (p *parser) expect(k Kind) *token {
	if t := &p.toks[p.pos]; t.kind == k {
		return p.next()
	}
	return p.mismatch(k)
}

// expectSeq requires several tokens in a row; a missing one is noticed when its successor stands in its place.
func (p *parser) expectSeq(kinds ...Kind) {
	for i, k := range kinds {
		if i+1 < len(kinds) {
			p.expectBefore(k, kinds[i+1])
		} else {
			p.expect(k)
		}
	}
}

// expectBefore is expect for a token that one of the given ones follows. When the token is missing and its successor
// stands here, the error says so and, as in Hive, the parse goes on.
func (p *parser) expectBefore(k Kind, followers ...Kind) {
	if !p.is(k) && p.peek(1) != k && p.isAny(followers...) && !p.recovering() {
		p.missing(k)
		return
	}
	p.expect(k)
}

// expectBeforeIdent is expectBefore for a token that an identifier follows.
func (p *parser) expectBeforeIdent(k Kind) {
	if !p.is(k) && p.peek(1) != k && p.isIdent(0) && !p.recovering() {
		p.missing(k)
		return
	}
	p.expect(k)
}

// expectBeforeExpr is expectBefore for a token that an expression follows.
func (p *parser) expectBeforeExpr(k Kind) {
	if !p.is(k) && p.peek(1) != k && p.startsExpr() && !p.recovering() {
		p.missing(k)
		return
	}
	p.expect(k)
}

// stringBefore is stringLit for a string that one of the given tokens follows.
func (p *parser) stringBefore(followers ...Kind) *ast.StringLit {
	if !p.is(tokString) && p.peek(1) != tokString && p.isAny(followers...) && !p.recovering() {
		p.missing(tokString)
		return &ast.StringLit{Pos: p.here()}
	}
	return p.stringLit()
}

// enter notes that a rule is being parsed; leave undoes it. After an error the innermost rule is named in the text.
func (p *parser) enter(rule string) { p.rules = append(p.rules, rule) }

func (p *parser) leave() { p.rules = p.rules[:len(p.rules)-1] }

// nest guards against unbounded recursion; every call is matched by p.depth--.
func (p *parser) nest() {
	p.depth++
	if p.depth > p.maxDepth {
		p.fail(failure{at: p.pos, text: "statement is nested too deeply (more than " + strconv.Itoa(p.maxDepth) + " levels)"})
	}
}

// text returns a token's text as Hive keeps it: quoted identifiers without their quotes, hints without their marks.
func (p *parser) text(t *token) string {
	s := p.src[t.off:t.end]
	switch {
	case t.quoted && p.opts.Quoting != QuoteNone:
		return identText(s, true)
	case t.kind == tokHint:
		return s[3 : len(s)-2]
	case t.kind == tokEOF:
		return "<EOF>"
	}
	return s
}

func (p *parser) posOf(t *token) ast.Pos {
	return ast.Pos{Offset: int(t.off), Line: int(t.line), Col: int(t.col), Token: p.text(t)}
}

// here is the position of the current token.
func (p *parser) here() ast.Pos { return p.posOf(&p.toks[p.pos]) }

// prevEnd is the byte offset behind the last consumed token.
func (p *parser) prevEnd() int {
	if p.pos == 0 {
		return 0
	}
	return int(p.toks[p.pos-1].end)
}

// join is the position Hive gives a composite node: the place of its first leaf and the text of its last one.
func join(first, last ast.Pos) ast.Pos {
	first.Token = last.Token
	return first
}

// isIdent reports whether the token n ahead can be an identifier.
func (p *parser) isIdent(n int) bool {
	k := p.peek(n)
	return k == tokIdent || k >= firstKeyword && !p.words.reserved[k-firstKeyword]
}

// ident parses an identifier: an ordinary word or a keyword that is not reserved.
func (p *parser) ident() *ast.Ident {
	if !p.isIdent(0) {
		p.noViable(0)
	}
	return p.identFrom(p.next())
}

func (p *parser) identFrom(t *token) *ast.Ident {
	pos := p.posOf(t)
	id := &ast.Ident{Pos: pos, Name: pos.Token, Quoted: t.quoted}
	if t.quoted && p.opts.Quoting == QuoteNone {
		id.Name = pos.Token[1 : len(pos.Token)-1]
		for i := 0; i < len(id.Name); i++ {
			if class[id.Name[i]]&clsIdent == 0 {
				id.Regex = true
			}
		}
	}
	return id
}

// idents parses a comma-separated list of identifiers.
func (p *parser) idents() []*ast.Ident {
	list := []*ast.Ident{p.ident()}
	for p.accept(tokComma) {
		list = append(list, p.ident())
	}
	return list
}

// columnNames parses identifiers in a place Hive calls a column name list.
func (p *parser) columnNames() []*ast.Ident {
	p.enter("column name list")
	var list []*ast.Ident
	for {
		p.enter("column name")
		list = append(list, p.ident())
		p.leave()
		if !p.accept(tokComma) {
			break
		}
	}
	p.leave()
	return list
}

// parenColumnNames parses ( column, ... ).
func (p *parser) parenColumnNames() []*ast.Ident {
	p.expect(tokLParen)
	list := p.columnNames()
	p.expect(tokRParen)
	return list
}

func (p *parser) stringLit() *ast.StringLit { return p.stringFrom(p.expect(tokString)) }

func (p *parser) stringFrom(t *token) *ast.StringLit {
	pos := p.posOf(t)
	return &ast.StringLit{Pos: pos, Value: unquote(pos.Token), Text: pos.Token}
}

func (p *parser) optString(k Kind) *ast.StringLit {
	if p.accept(k) {
		return p.stringLit()
	}
	return nil
}

func (p *parser) numberLit() *ast.NumberLit {
	pos := p.posOf(p.expect(tokNumber))
	return &ast.NumberLit{Pos: pos, Text: pos.Token}
}

// tableName parses [db.]table, and in 4.0 [db.]table.meta.
func (p *parser) tableName() *ast.TableName {
	p.enter("table name")
	if p.isIdent(0) && notAfterTable.has(p.peek(1)) {
		p.noViable(1)
	}
	first := p.ident()
	n := &ast.TableName{Pos: first.Pos, Name: first}
	if p.is(tokDot) && p.isIdent(1) {
		p.pos++
		n.DB, n.Name = first, p.ident()
		n.Pos = join(first.Pos, n.Name.Pos)
		if p.opts.Version != V31 && p.is(tokDot) && p.isIdent(1) {
			p.pos++
			n.Meta = p.ident()
			n.Pos = join(first.Pos, n.Meta.Pos)
		}
		if notAfterTable.has(p.kind()) {
			p.noViable(0)
		}
	}
	p.leave()
	return n
}

func (p *parser) functionName() *ast.FunctionName {
	p.enter("function identifier")
	first := p.ident()
	n := &ast.FunctionName{Pos: first.Pos, Name: first}
	if p.accept(tokDot) {
		n.DB, n.Name = first, p.ident()
		n.Pos = join(first.Pos, n.Name.Pos)
	}
	p.leave()
	return n
}

func (p *parser) ifExists() bool {
	if !p.is(kwIf) {
		return false
	}
	p.enter("if exists clause")
	p.expectSeq(kwIf, kwExists)
	p.leave()
	return true
}

func (p *parser) ifNotExists() bool {
	if !p.is(kwIf) {
		return false
	}
	p.enter("if not exists clause")
	p.expectSeq(kwIf, kwNot, kwExists)
	p.leave()
	return true
}

// partitionSpec parses PARTITION (col [op constant], ...). Comparison operators other than = appear in DROP PARTITION.
func (p *parser) partitionSpec() *ast.PartitionSpec {
	spec := &ast.PartitionSpec{Pos: p.posOf(p.expect(kwPartition))}
	p.expect(tokLParen)
	for {
		name := p.ident()
		v := &ast.PartitionValue{Pos: name.Pos, Name: name}
		if op, ok := partitionOps[p.kind()]; ok {
			p.pos++
			v.Op = op
			v.Value = p.constant()
			v.Pos = join(name.Pos, v.Value.Position())
		}
		spec.Values = append(spec.Values, v)
		if !p.accept(tokComma) {
			break
		}
	}
	p.expect(tokRParen)
	spec.Pos = join(spec.Values[0].Pos, spec.Values[len(spec.Values)-1].Pos)
	return spec
}

var partitionOps = map[Kind]string{
	tokEq: "=", tokNotEq: "<>", tokLess: "<", tokLessEq: "<=", tokGreater: ">", tokGreaterEq: ">=", kwLike: "LIKE",
}

func (p *parser) optPartitionSpec() *ast.PartitionSpec {
	if p.is(kwPartition) {
		return p.partitionSpec()
	}
	return nil
}

func (p *parser) tableOrPartition() *ast.TableOrPartition {
	t := p.tableName()
	n := &ast.TableOrPartition{Pos: t.Pos, Table: t}
	if n.Partition = p.optPartitionSpec(); n.Partition != nil {
		n.Pos = join(t.Pos, n.Partition.Pos)
	}
	return n
}

// properties parses ('key'='value', ...) or, in UNSET, ('key', ...).
func (p *parser) properties() []*ast.Property {
	p.enter("table properties")
	p.expect(tokLParen)
	p.enter("table properties list")
	list := p.propertyList()
	p.leave()
	p.expect(tokRParen)
	p.leave()
	return list
}

func (p *parser) propertyList() []*ast.Property {
	var list []*ast.Property
	for {
		p.enter("specifying key/value property")
		key := p.stringLit()
		prop := &ast.Property{Pos: key.Pos, Key: key}
		switch { // either all have values or none has
		case p.is(tokEq) && (len(list) == 0 || list[0].Value != nil):
			p.pos++
			prop.Value = p.stringBefore(tokComma, tokRParen)
			prop.Pos = join(key.Pos, prop.Value.Pos)
		case len(list) > 0 && list[0].Value != nil:
			p.expect(tokEq) // fails
		}
		list = append(list, prop)
		p.leave()
		if !p.accept(tokComma) {
			return list
		}
	}
}

func (p *parser) optProperties(k Kind) []*ast.Property {
	if p.accept(k) {
		return p.properties()
	}
	return nil
}

// behavior parses an optional CASCADE or RESTRICT.
func (p *parser) behavior() string {
	switch {
	case p.accept(kwCascade):
		return "CASCADE"
	case p.accept(kwRestrict):
		return "RESTRICT"
	}
	return ""
}

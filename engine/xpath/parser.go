package xpath

import (
	"fmt"
	"strconv"
	"strings"
)

// Expr is a compiled expression. It is immutable.
type Expr struct {
	e expr
	// Variables tells of references to variables. There are none, so evaluating is an error.
	Variables bool
}

// Compile parses an expression.
func Compile(text string) (*Expr, error) {
	p := &parser{s: text}
	p.next()
	e, err := p.or()
	if err == nil && p.tok.kind != tokEnd {
		err = fmt.Errorf("unexpected %q", p.tok.text)
	}
	if err != nil {
		return nil, fmt.Errorf("parsing XPath %q: %w", text, err)
	}
	return &Expr{e, p.variables}, nil
}

type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokName
	tokNumber
	tokText
	tokSymbol
)

type token struct {
	kind tokenKind
	text string
}

type parser struct {
	s   string
	at  int
	tok token
	// operand says that the previous token ended an operand, so that * and names like "and" are operators.
	operand bool
	depth   int
	// variables tells of a $name.
	variables bool
}

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.' || c >= 0x80
}

func (p *parser) next() {
	p.operand = p.tok.kind == tokName && !isOperator(p.tok.text) || p.tok.kind == tokNumber || p.tok.kind == tokText ||
		p.tok.text == ")" || p.tok.text == "]" || p.tok.text == "." || p.tok.text == ".." || p.tok.kind == tokSymbol && p.tok.text == "*" && !p.operand
	for p.at < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.at]) >= 0 {
		p.at++
	}
	if p.at >= len(p.s) {
		p.tok = token{kind: tokEnd}
		return
	}
	start := p.at
	c := p.s[p.at]
	switch {
	case c == '"' || c == '\'':
		end := strings.IndexByte(p.s[p.at+1:], c)
		if end < 0 {
			p.at = len(p.s)
			p.tok = token{tokSymbol, p.s[start:]}
			return
		}
		p.at += end + 2
		p.tok = token{tokText, p.s[start+1 : p.at-1]}
		return
	case c >= '0' && c <= '9' || c == '.' && p.at+1 < len(p.s) && p.s[p.at+1] >= '0' && p.s[p.at+1] <= '9':
		for p.at < len(p.s) && (p.s[p.at] >= '0' && p.s[p.at] <= '9' || p.s[p.at] == '.') {
			p.at++
		}
		p.tok = token{tokNumber, p.s[start:p.at]}
		return
	case isNameByte(c) && c != '-' && c != '.':
		for p.at < len(p.s) && isNameByte(p.s[p.at]) {
			p.at++
		}
		if p.at+1 < len(p.s) && p.s[p.at] == ':' && p.s[p.at+1] != ':' && isNameByte(p.s[p.at+1]) {
			p.at++
			for p.at < len(p.s) && isNameByte(p.s[p.at]) {
				p.at++
			}
		}
		p.tok = token{tokName, p.s[start:p.at]}
		return
	}
	for _, two := range []string{"//", "..", "::", "!=", "<=", ">="} {
		if strings.HasPrefix(p.s[p.at:], two) {
			p.at += 2
			p.tok = token{tokSymbol, two}
			return
		}
	}
	p.at++
	p.tok = token{tokSymbol, p.s[start:p.at]}
}

func isOperator(name string) bool {
	return name == "and" || name == "or" || name == "div" || name == "mod"
}

func (p *parser) accept(symbol string) bool {
	if p.tok.kind == tokSymbol && p.tok.text == symbol {
		p.next()
		return true
	}
	return false
}

func (p *parser) expect(symbol string) error {
	if !p.accept(symbol) {
		return fmt.Errorf("expected %q, found %q", symbol, p.tok.text)
	}
	return nil
}

// levels are the binary operators from the loosest to the tightest.
var levels = [][]string{{"or"}, {"and"}, {"=", "!="}, {"<=", "<", ">=", ">"}, {"+", "-"}, {"*", "div", "mod"}}

func (p *parser) or() (expr, error) { return p.binary(0) }

// maxExprDepth bounds the nesting of expressions.
const maxExprDepth = 200

func (p *parser) binary(level int) (expr, error) {
	if level == len(levels) {
		return p.unary()
	}
	if p.depth++; p.depth > maxExprDepth*len(levels) {
		return nil, fmt.Errorf("nested too deeply")
	}
	defer func() { p.depth-- }()
	left, err := p.binary(level + 1)
	if err != nil {
		return nil, err
	}
	for {
		op := ""
		for _, o := range levels[level] {
			word := o[0] >= 'a' && o[0] <= 'z'
			if p.tok.text == o && (!word && p.tok.kind == tokSymbol || word && p.tok.kind == tokName) {
				op = o
			}
		}
		if op == "" {
			return left, nil
		}
		p.next()
		right, err := p.binary(level + 1)
		if err != nil {
			return nil, err
		}
		left = &binaryExpr{op, left, right}
	}
}

func (p *parser) unary() (expr, error) {
	if p.accept("-") {
		e, err := p.union()
		return &negation{e}, err
	}
	return p.union()
}

func (p *parser) union() (expr, error) {
	left, err := p.path()
	if err != nil {
		return nil, err
	}
	for p.accept("|") {
		right, err := p.path()
		if err != nil {
			return nil, err
		}
		left = &union{left, right}
	}
	return left, nil
}

// nodeTypes are the node tests that look like calls.
var nodeTypes = map[string]bool{"text": true, "node": true, "comment": true, "processing-instruction": true}

func (p *parser) path() (expr, error) {
	loc := &location{}
	switch {
	case p.tok.kind == tokText:
		e := literal{p.tok.text}
		p.next()
		return p.filtered(e)
	case p.tok.kind == tokNumber:
		f, err := strconv.ParseFloat(p.tok.text, 64)
		p.next()
		return p.filteredNumber(f, err)
	case p.tok.kind == tokSymbol && p.tok.text == "$":
		p.next()
		if p.tok.kind != tokName {
			return nil, fmt.Errorf("expected the name of a variable, found %q", p.tok.text)
		}
		p.next()
		p.variables = true
		return p.filtered(literal{})
	case p.tok.kind == tokSymbol && p.tok.text == "(":
		p.next()
		e, err := p.or()
		if err == nil {
			err = p.expect(")")
		}
		if err != nil {
			return nil, err
		}
		return p.filtered(e)
	case p.tok.kind == tokName && p.peek() == '(' && !nodeTypes[p.tok.text]:
		e, err := p.call()
		if err != nil {
			return nil, err
		}
		return p.filtered(e)
	case p.tok.kind == tokSymbol && p.tok.text == "//":
		p.next()
		loc.absolute = true
		loc.steps = append(loc.steps, descendants)
	case p.tok.kind == tokSymbol && p.tok.text == "/":
		p.next()
		loc.absolute = true
		if !p.startsStep() {
			return loc, nil
		}
	}
	if err := p.steps(loc); err != nil {
		return nil, err
	}
	// Java looks //name up by types of nodes, which are by names as written.
	if last := len(loc.steps) - 1; loc.absolute && last == 1 && loc.steps[0].axis == descendants.axis && loc.steps[1].axis == "child" && len(loc.steps[1].predicates) == 0 {
		loc.steps[1].qualified = true
	}
	return loc, nil
}

func (p *parser) filteredNumber(f float64, err error) (expr, error) {
	if err != nil {
		return nil, err
	}
	return number{f}, nil
}

// peek returns the next byte that is not blank.
func (p *parser) peek() byte {
	for i := p.at; i < len(p.s); i++ {
		if strings.IndexByte(" \t\r\n", p.s[i]) < 0 {
			return p.s[i]
		}
	}
	return 0
}

func (p *parser) startsStep() bool {
	return p.tok.kind == tokName || p.tok.kind == tokSymbol && strings.Contains(" . .. @ * ", " "+p.tok.text+" ")
}

// filtered parses what may follow a primary expression: predicates and further steps.
func (p *parser) filtered(e expr) (expr, error) {
	loc := &location{from: e}
	preds, err := p.predicates()
	if err != nil {
		return nil, err
	}
	loc.fromPredicates = preds
	switch {
	case p.accept("//"):
		loc.steps = append(loc.steps, descendants)
		return loc, p.steps(loc)
	case p.accept("/"):
		return loc, p.steps(loc)
	case len(preds) == 0:
		return e, nil
	}
	return loc, nil
}

func (p *parser) steps(loc *location) error {
	for {
		s, err := p.step()
		if err != nil {
			return err
		}
		loc.steps = append(loc.steps, s)
		switch {
		case p.accept("//"):
			loc.steps = append(loc.steps, descendants)
		case p.accept("/"):
		default:
			return nil
		}
	}
}

func (p *parser) step() (step, error) {
	s := step{axis: "child"}
	switch {
	case p.accept("."):
		s.axis, s.test = "self", "node()"
		return s, nil
	case p.accept(".."):
		s.axis, s.test = "parent", "node()"
		return s, nil
	case p.accept("@"):
		s.axis = "attribute"
	case p.tok.kind == tokName && strings.HasPrefix(strings.TrimLeft(p.s[p.at:], " "), "::"):
		s.axis = p.tok.text
		if _, ok := axes[s.axis]; !ok {
			return s, fmt.Errorf("unknown axis %q", s.axis)
		}
		p.next()
		p.next()
	}
	switch {
	case p.accept("*"):
		s.test = "*"
	case p.tok.kind == tokName:
		s.test = p.tok.text
		p.next()
		if p.tok.kind == tokSymbol && p.tok.text == ":" { // n:*
			s.test += ":*"
			p.next()
			if err := p.expect("*"); err != nil {
				return s, err
			}
			break
		}
		if nodeTypes[s.test] && p.accept("(") {
			if p.tok.kind == tokText {
				p.next()
			}
			s.test += "()"
			if err := p.expect(")"); err != nil {
				return s, err
			}
		}
	default:
		return s, fmt.Errorf("expected a step, found %q", p.tok.text)
	}
	var err error
	s.predicates, err = p.predicates()
	return s, err
}

func (p *parser) predicates() ([]expr, error) {
	var out []expr
	for p.accept("[") {
		e, err := p.or()
		if err == nil {
			err = p.expect("]")
		}
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

func (p *parser) call() (expr, error) {
	c := &callExpr{name: p.tok.text}
	f, ok := functions[c.name]
	if !ok {
		return nil, fmt.Errorf("unknown function %q", c.name)
	}
	p.next()
	if err := p.expect("("); err != nil {
		return nil, err
	}
	for !p.accept(")") {
		if len(c.args) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		e, err := p.or()
		if err != nil {
			return nil, err
		}
		c.args = append(c.args, e)
	}
	if len(c.args) < f.low || f.high >= 0 && len(c.args) > f.high {
		return nil, fmt.Errorf("%s takes another number of arguments than %d", c.name, len(c.args))
	}
	c.f = f.eval
	return c, nil
}

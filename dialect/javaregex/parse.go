package javaregex

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// SyntaxError is a refused expression, in the words of java.util.regex.PatternSyntaxException.
type SyntaxError struct {
	Reason  string
	Index   int // of the code point that parsing stopped at
	Pattern string
}

// Error is Java's message: reason, place, the expression and a mark below the place.
func (e *SyntaxError) Error() string {
	var b strings.Builder
	b.WriteString(e.Reason)
	if e.Index >= 0 {
		b.WriteString(" near index " + strconv.Itoa(e.Index))
	}
	b.WriteString("\n" + e.Pattern)
	if e.Index >= 0 && e.Index < utf8.RuneCountInString(e.Pattern) {
		b.WriteByte('\n')
		for i, r := range []rune(e.Pattern) {
			if i == e.Index {
				break
			}
			if r != '\t' {
				r = ' '
			}
			b.WriteRune(r)
		}
		b.WriteByte('^')
	}
	return b.String()
}

// Flags are those of Java's Pattern that are set from outside an expression.
type Flags uint8

// The flags (?i), (?s), (?m), (?d), (?u), (?x) and (?U).
const (
	CaseInsensitive Flags = 1 << iota
	DotAll
	multiline
	unixLines
	unicodeCase
	comments
	unicodeClass
)

// nodeKind tells what a node matches.
type nodeKind uint8

const (
	nodeEmpty      nodeKind = iota
	nodeSet                 // a character of set
	nodeSeq                 // nodes one after another
	nodeAlt                 // one of nodes
	nodeCapture             // nodes[0], remembered as group n
	nodeRepeat              // nodes[0], low to high times
	nodeAtomic              // nodes[0] without going back into it
	nodeAhead               // nodes[0] follows
	nodeNotAhead            // nodes[0] does not follow
	nodeBehind              // nodes[0] comes before
	nodeNotBehind           // nodes[0] does not come before
	nodeBackRef             // what group n matched
	nodeBegin               // \A
	nodeEnd                 // \z
	nodeCaret               // ^ of lines
	nodeDollar              // $ or \Z
	nodeLineDollar          // $ of lines
	nodeBoundary            // \b
	nodeNoBoundary          // \B
	nodeLastMatch           // \G
	nodeLineBreak           // \R
	nodeGrapheme            // \X
)

type node struct {
	kind  nodeKind
	set   set
	nodes []*node
	n     int
	low   int
	high  int  // -1: without end
	mode  byte // of a repeat: 0, '?' or '+'
	flags Flags
}

// parser reads an expression as Java's Pattern does: code points with a cursor, from left to right, without looking back, so that
// what it refuses and where are the same.
type parser struct {
	source string
	text   []rune
	cursor int
	flags  Flags
	groups int // capturing groups begun
	names  map[string]int
}

// parse fails with a *SyntaxError.
func parse(source string, flags Flags) (root *node, p *parser, err error) {
	p = &parser{source: source, text: unquote([]rune(source)), flags: flags, names: map[string]int{}}
	defer func() {
		if r := recover(); r != nil {
			refused, ok := r.(*SyntaxError)
			if !ok {
				panic(r)
			}
			err = refused
		}
	}()
	root = p.expr()
	if p.cursor != len(p.text) {
		if p.peek() == ')' {
			p.fail("Unmatched closing ')'")
		}
		p.fail("Unexpected internal error")
	}
	return root, p, nil
}

// unquote replaces what stands between \Q and \E by escaped characters.
func unquote(s []rune) []rune {
	var out []rune
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 >= len(s) {
			out = append(out, s[i])
			continue
		}
		i++
		if s[i] != 'Q' {
			out = append(out, '\\', s[i])
			continue
		}
		for first := true; ; first = false {
			i++
			if i >= len(s) || s[i] == '\\' && i+1 < len(s) && s[i+1] == 'E' {
				i++
				break
			}
			switch c := s[i]; {
			case c >= utf8.RuneSelf || isAlpha(c):
				out = append(out, c)
			case isDigit(c):
				if first { // it must not continue a group's number
					out = append(out, '\\', 'x', '3')
				}
				out = append(out, c)
			default:
				out = append(out, '\\', c)
			}
		}
	}
	return out
}

func (p *parser) fail(reason string) {
	panic(&SyntaxError{Reason: reason, Index: p.cursor - 1, Pattern: p.source})
}

func (p *parser) has(f Flags) bool { return p.flags&f != 0 }

func (p *parser) at(i int) rune {
	if i >= 0 && i < len(p.text) {
		return p.text[i]
	}
	return 0
}

func (p *parser) peek() rune { return p.pastBlanks() }

// next moves one on and returns what stands there.
func (p *parser) next() rune {
	p.cursor++
	return p.pastBlanks()
}

// read returns what stands at the cursor and moves one on.
func (p *parser) read() rune {
	c := p.pastBlanks()
	p.cursor++
	return c
}

// skip returns what stands after the cursor and moves past it.
func (p *parser) skip() rune {
	c := p.at(p.cursor + 1)
	p.cursor += 2
	return c
}

func (p *parser) nextEscaped() rune {
	p.cursor++
	return p.at(p.cursor)
}

func (p *parser) unread() { p.cursor-- }

// pastBlanks returns what stands at the cursor, in (?x) after blanks and comments.
func (p *parser) pastBlanks() rune {
	for p.has(comments) && p.cursor < len(p.text) {
		switch c := p.at(p.cursor); {
		case c == ' ' || c >= '\t' && c <= '\r':
			p.cursor++
		case c == '#':
			for p.cursor < len(p.text) && !p.endsLine(p.at(p.cursor)) {
				p.cursor++
			}
		default:
			return c
		}
	}
	return p.at(p.cursor)
}

func (p *parser) endsLine(c rune) bool {
	if p.has(unixLines) {
		return c == '\n'
	}
	return c == '\n' || c == '\r' || c|1 == 0x2029 || c == 0x85
}

func (p *parser) expr() *node {
	var alts []*node
	for {
		alts = append(alts, p.sequence())
		if p.peek() != '|' {
			break
		}
		p.next()
	}
	if len(alts) == 1 {
		return alts[0]
	}
	return &node{kind: nodeAlt, nodes: alts}
}

func (p *parser) sequence() *node {
	seq := &node{kind: nodeSeq}
	for {
		var n *node
		switch c := p.peek(); c {
		case '(':
			if g := p.group(); g != nil {
				seq.nodes = append(seq.nodes, g)
			}
			continue
		case '[':
			n = &node{kind: nodeSet, set: p.class(true)}
		case '\\':
			if c := p.nextEscaped(); c == 'p' || c == 'P' {
				n = &node{kind: nodeSet, set: p.escapedFamily(c)}
			} else {
				p.unread()
				n = p.atom()
			}
		case '^':
			p.next()
			if n = (&node{kind: nodeBegin}); p.has(multiline) {
				n = &node{kind: nodeCaret, flags: p.flags}
			}
		case '$':
			p.next()
			if n = (&node{kind: nodeDollar, flags: p.flags}); p.has(multiline) {
				n.kind = nodeLineDollar
			}
		case '.':
			p.next()
			switch {
			case p.has(DotAll):
				n = &node{kind: nodeSet, set: full}
			case p.has(unixLines):
				n = &node{kind: nodeSet, set: runes('\n').negate()}
			default:
				n = &node{kind: nodeSet, set: lineEnds.negate()}
			}
		case '|', ')':
			return seq
		case '?', '*', '+':
			p.next()
			p.fail("Dangling meta character '" + string(c) + "'")
		case 0:
			if p.cursor >= len(p.text) {
				return seq
			}
			n = p.atom()
		default:
			n = p.atom()
		}
		seq.nodes = append(seq.nodes, p.closure(n))
	}
}

// atom reads a run of literal characters, or an escape that is none. A quantifier after a run is for its last character alone.
func (p *parser) atom() *node {
	seq := &node{kind: nodeSeq}
	previous := -1
	for {
		switch c := p.peek(); c {
		case '*', '+', '?', '{':
			if len(seq.nodes) > 1 {
				p.cursor = previous
				seq.nodes = seq.nodes[:len(seq.nodes)-1]
			}
			return seq.only()
		case '$', '.', '^', '(', '[', '|', ')':
			return seq.only()
		case '\\':
			if e := p.nextEscaped(); e == 'p' || e == 'P' {
				if len(seq.nodes) > 0 {
					p.unread()
					return seq.only()
				}
				return &node{kind: nodeSet, set: p.escapedFamily(e)}
			}
			p.unread()
			previous = p.cursor
			lit, n := p.escape(false, false)
			if n != nil {
				if len(seq.nodes) == 0 {
					return n
				}
				p.cursor = previous
				return seq.only()
			}
			seq.nodes = append(seq.nodes, p.literal(lit))
		default:
			if c == 0 && p.cursor >= len(p.text) {
				return seq.only()
			}
			previous = p.cursor
			seq.nodes = append(seq.nodes, p.literal(c))
			p.next()
		}
	}
}

// only is the node of a sequence of one.
func (n *node) only() *node {
	if len(n.nodes) == 1 {
		return n.nodes[0]
	}
	return n
}

func (p *parser) literal(c rune) *node { return &node{kind: nodeSet, set: p.single(c)} }

// single is the set of a character and, without regard to case, of those like it.
func (p *parser) single(c rune) set {
	s := runes(c)
	if p.has(CaseInsensitive) {
		s = s.folded(p.has(unicodeCase))
	}
	return s
}

// group reads what begins with a parenthesis; flags alone give nil.
func (p *parser) group() *node {
	save := p.flags
	var n *node
	if c := p.next(); c == '?' {
		switch c = p.skip(); c {
		case ':':
			n = p.expr()
		case '=':
			n = &node{kind: nodeAhead, nodes: []*node{p.expr()}}
		case '!':
			n = &node{kind: nodeNotAhead, nodes: []*node{p.expr()}}
		case '>':
			n = &node{kind: nodeAtomic, nodes: []*node{p.expr()}}
		case '<':
			c = p.read()
			if c != '=' && c != '!' {
				name := p.groupName(c)
				if _, ok := p.names[name]; ok {
					p.fail("Named capturing group <" + name + "> is already defined")
				}
				p.groups++
				p.names[name] = p.groups
				n = &node{kind: nodeCapture, n: p.groups}
				n.nodes = []*node{p.expr()}
				break
			}
			if n = (&node{kind: nodeBehind}); c == '!' {
				n.kind = nodeNotBehind
			}
			n.nodes = []*node{p.expr()}
			if !n.nodes[0].bounded() {
				p.fail("Look-behind group does not have an obvious maximum length")
			}
		case '$', '@':
			p.fail("Unknown group type")
		default:
			p.unread()
			p.addFlags()
			if c = p.read(); c == ')' {
				return nil
			}
			if c != ':' {
				p.fail("Unknown inline modifier")
			}
			n = p.expr()
		}
	} else {
		p.groups++
		n = &node{kind: nodeCapture, n: p.groups}
		n.nodes = []*node{p.expr()}
	}
	if p.read() != ')' {
		p.fail("Unclosed group")
	}
	p.flags = save
	return p.closure(n)
}

func (p *parser) groupName(c rune) string {
	if !isAlpha(c) {
		p.fail("capturing group name does not start with a Latin letter")
	}
	var b strings.Builder
	for ; isAlpha(c) || isDigit(c); c = p.read() {
		b.WriteRune(c)
	}
	if c != '>' {
		p.fail("named capturing group is missing trailing '>'")
	}
	return b.String()
}

// addFlags reads the letters of (?idmsuxU-idmsuxU).
func (p *parser) addFlags() {
	off := false
	for c := p.peek(); ; c = p.next() {
		var f Flags
		switch c {
		case 'i':
			f = CaseInsensitive
		case 'm':
			f = multiline
		case 's':
			f = DotAll
		case 'd':
			f = unixLines
		case 'u':
			f = unicodeCase
		case 'x':
			f = comments
		case 'U':
			f = unicodeClass | unicodeCase
		case '-':
			if off {
				return
			}
			off = true
			continue
		default:
			return
		}
		if off {
			p.flags &^= f
		} else {
			p.flags |= f
		}
	}
}

// closure reads the quantifier of n.
func (p *parser) closure(n *node) *node {
	low, high := 0, -1
	switch p.peek() {
	case '?':
		high = 1
	case '*':
	case '+':
		low = 1
	case '{':
		c := p.skip()
		if !isDigit(c) {
			p.fail("Illegal repetition")
		}
		low, c = p.count(c)
		if high = low; c == ',' {
			if c = p.read(); c == '}' {
				high = -1
			} else if isDigit(c) {
				high, c = p.count(c)
			}
		}
		if c != '}' {
			p.fail("Unclosed counted closure")
		}
		if high >= 0 && high < low {
			p.fail("Illegal repetition range")
		}
		p.unread()
	default:
		return n
	}
	r := &node{kind: nodeRepeat, nodes: []*node{n}, low: low, high: high}
	if c := p.next(); c == '?' || c == '+' {
		r.mode = byte(c)
		p.next()
	}
	return r
}

// count reads a number from its first digit, and what follows it.
func (p *parser) count(c rune) (n int, after rune) {
	for ; isDigit(c); c = p.read() {
		if n = n*10 + int(c-'0'); n > 1<<31-1 {
			p.fail("Illegal repetition range")
		}
	}
	return n, c
}

// bounded reports whether Java finds a greatest length of what n matches. It takes a repeated character for one that has.
func (n *node) bounded() bool {
	if n.kind == nodeBackRef || n.kind == nodeGrapheme {
		return false
	}
	if n.kind == nodeRepeat && n.high < 0 && (n.mode != 0 || n.nodes[0].kind != nodeSet) {
		return false
	}
	for _, c := range n.nodes {
		if !c.bounded() {
			return false
		}
	}
	return true
}

func isDigit(c rune) bool { return c >= '0' && c <= '9' }
func isAlpha(c rune) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

package javaregex

import (
	"fmt"
	"strings"
	"unicode"
)

// emitter writes a parsed expression for one of the two engines.
type emitter struct {
	strings.Builder
	backtracking bool // for regexp2; otherwise for package regexp
	groups       int
	impossible   bool // package regexp has no means for something
	dollar       bool // a $ was written as the end of the text: wrong for texts that end with a line end
	ascii        bool // a \b was written as that of ASCII: wrong for other texts
}

func (e *emitter) node(n *node) {
	switch n.kind {
	case nodeEmpty:
	case nodeSet:
		e.set(n.set)
	case nodeSeq:
		for _, c := range n.nodes {
			e.node(c)
		}
	case nodeAlt:
		e.WriteString("(?:")
		for i, c := range n.nodes {
			if i > 0 {
				e.WriteByte('|')
			}
			e.node(c)
		}
		e.WriteByte(')')
	case nodeCapture:
		e.group("(", n)
	case nodeRepeat:
		e.repeat(n)
	case nodeBegin:
		e.WriteString(`\A`)
	case nodeEnd:
		e.WriteString(`\z`)
	case nodeDollar:
		if !e.backtracking {
			e.dollar = true
			e.WriteString(`\z`)
			return
		}
		if n.flags&unixLines != 0 {
			e.WriteString(`(?=\n?\z)`)
			return
		}
		e.WriteString(`(?:\z|(?=\r\n\z)|(?=[\r\u0085\u2028\u2029]\z)|(?<!\r)(?=\n\z))`)
	case nodeBoundary, nodeNoBoundary:
		e.boundary(n)
	case nodeLineBreak:
		e.WriteString(`(?:\r\n|[\n\x0B\f\r\x{85}\x{2028}\x{2029}])`)
	default:
		if !e.backtracking {
			e.impossible = true
			return
		}
		e.backtrackingOnly(n)
	}
}

// backtrackingOnly writes what package regexp knows nothing of.
func (e *emitter) backtrackingOnly(n *node) {
	switch n.kind {
	case nodeAtomic:
		e.group("(?>", n)
	case nodeAhead:
		e.group("(?=", n)
	case nodeNotAhead:
		e.group("(?!", n)
	case nodeBehind:
		e.group("(?<=", n)
	case nodeNotBehind:
		e.group("(?<!", n)
	case nodeBackRef:
		switch {
		case n.n > e.groups:
			e.WriteString(`(?!)`)
		case n.flags&CaseInsensitive != 0:
			fmt.Fprintf(e, `(?i:\%d)`, n.n)
		default:
			fmt.Fprintf(e, `(?:\%d)`, n.n)
		}
	case nodeCaret:
		if n.flags&unixLines != 0 {
			e.WriteString(`(?:(?!\z)(?:\A|(?<=\n)))`)
			return
		}
		e.WriteString(`(?:(?!\z)(?:\A|(?<=[\n\u0085\u2028\u2029])|(?<=\r)(?!\n)))`)
	case nodeLineDollar:
		if n.flags&unixLines != 0 {
			e.WriteString(`(?=\n|\z)`)
			return
		}
		e.WriteString(`(?:\z|(?=[\r\u0085\u2028\u2029])|(?<!\r)(?=\n))`)
	case nodeLastMatch:
		e.WriteString(`\G`)
	case nodeGrapheme:
		e.WriteString(`(?>\r\n|(?s:.)[\p{M}\u200C\u200D]*)`)
	}
}

func (e *emitter) group(open string, n *node) {
	e.WriteString(open)
	e.node(n.nodes[0])
	e.WriteByte(')')
}

func (e *emitter) repeat(n *node) {
	if n.mode == '+' {
		if !e.backtracking {
			e.impossible = true
			return
		}
		e.WriteString("(?>")
	}
	switch n.nodes[0].kind {
	case nodeSet, nodeCapture:
		e.node(n.nodes[0])
	default:
		e.group("(?:", n)
	}
	switch {
	case n.low == 0 && n.high < 0:
		e.WriteByte('*')
	case n.low == 1 && n.high < 0:
		e.WriteByte('+')
	case n.low == 0 && n.high == 1:
		e.WriteByte('?')
	case n.high < 0:
		fmt.Fprintf(e, "{%d,}", n.low)
	default:
		fmt.Fprintf(e, "{%d,%d}", n.low, n.high)
	}
	switch n.mode {
	case '?':
		e.WriteByte('?')
	case '+':
		e.WriteByte(')')
	}
}

func (e *emitter) boundary(n *node) {
	negated := n.kind == nodeNoBoundary
	if !e.backtracking {
		if n.flags&unicodeClass != 0 {
			e.impossible = true
		}
		e.ascii = true
		if negated {
			e.WriteString(`\B`)
		} else {
			e.WriteString(`\b`)
		}
		return
	}
	s := boundaryWords()
	if n.flags&unicodeClass != 0 {
		s = unicodeWords()
	}
	w := emitter{backtracking: true}
	w.set(s)
	before, after := "(?<="+w.String()+")", "(?="+w.String()+")"
	notBefore, notAfter := "(?<!"+w.String()+")", "(?!"+w.String()+")"
	if negated {
		after, notAfter = notAfter, after
	}
	e.WriteString("(?:" + before + notAfter + "|" + notBefore + after + ")")
}

// set writes a class by its ranges.
func (e *emitter) set(s set) {
	switch {
	case len(s) == 0 && e.backtracking:
		e.WriteString(`(?!)`)
		return
	case len(s) == 0:
		e.WriteString(`[^\x00-\x{10FFFF}]`)
		return
	case len(s) == 1 && s[0].lo == s[0].hi:
		e.rune(s[0].lo)
		return
	case len(s) == 1 && s[0] == full[0]:
		e.WriteString(`(?s:.)`)
		return
	}
	e.WriteByte('[')
	// The complement is written when it is shorter.
	if s[0].lo == 0 && s[len(s)-1].hi == unicode.MaxRune {
		e.WriteByte('^')
		s = s.negate()
	}
	for _, r := range s {
		e.rune(r.lo)
		if r.hi > r.lo {
			if r.hi > r.lo+1 {
				e.WriteByte('-')
			}
			e.rune(r.hi)
		}
	}
	e.WriteByte(']')
}

// rune writes a literal character.
func (e *emitter) rune(c rune) {
	if isAlpha(c) || isDigit(c) {
		e.WriteRune(c)
		return
	}
	fmt.Fprintf(e, `\x{%X}`, c)
}

package javaregex

import (
	"strconv"
	"unicode"
	"unicode/utf16"
)

// escape reads what begins with the backslash at the cursor: a character, or a node. In a class (\v before a hyphen is one
// character there) only characters and sets are allowed.
func (p *parser) escape(inClass, ranged bool) (c rune, n *node) {
	anchor := func(kind nodeKind) (rune, *node) {
		if inClass {
			p.fail("Illegal/unsupported escape sequence")
		}
		return 0, &node{kind: kind, flags: p.flags}
	}
	members := func(s set) (rune, *node) { return 0, &node{kind: nodeSet, set: s} }
	negatable := func(upper bool, s set) (rune, *node) {
		if upper {
			s = s.negate()
		}
		return members(s)
	}
	switch c = p.skip(); c {
	case '0':
		return p.octal(), nil
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		_, n = anchor(nodeBackRef)
		n.n = p.groupNumber(c)
		return 0, n
	case 'A':
		return anchor(nodeBegin)
	case 'B':
		return anchor(nodeNoBoundary)
	case 'b':
		_, n = anchor(nodeBoundary)
		if p.peek() == '{' {
			if p.skip() != 'g' || p.read() != '}' {
				p.fail("Illegal/unsupported escape sequence")
			}
			n = &node{kind: nodeEmpty}
		}
		return 0, n
	case 'd', 'D':
		if p.has(unicodeClass) {
			return negatable(c == 'D', tables(unicode.Nd))
		}
		return negatable(c == 'D', digits)
	case 'w', 'W':
		if p.has(unicodeClass) {
			return negatable(c == 'W', unicodeWords())
		}
		return negatable(c == 'W', words)
	case 's', 'S':
		if p.has(unicodeClass) {
			return negatable(c == 'S', tables(unicode.White_Space))
		}
		return negatable(c == 'S', spaces)
	case 'h', 'H':
		return negatable(c == 'H', horizontal)
	case 'v', 'V':
		if c == 'v' && ranged {
			return '\v', nil
		}
		return negatable(c == 'V', vertical)
	case 'G':
		return anchor(nodeLastMatch)
	case 'R':
		return anchor(nodeLineBreak)
	case 'X':
		return anchor(nodeGrapheme)
	case 'Z':
		return anchor(nodeDollar)
	case 'z':
		return anchor(nodeEnd)
	case 'k':
		_, n = anchor(nodeBackRef)
		if p.read() != '<' {
			p.fail(`\k is not followed by '<' for named capturing group`)
		}
		name := p.groupName(p.read())
		group, ok := p.names[name]
		if !ok {
			p.fail("named capturing group <" + name + "> does not exist")
		}
		n.n = group
		return 0, n
	case 'a':
		return '\a', nil
	case 'c':
		if p.cursor >= len(p.text) {
			p.fail("Illegal control escape sequence")
		}
		return p.read() ^ 64, nil
	case 'e':
		return 0x1B, nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		return p.unicodeEscape(), nil
	case 'x':
		return p.hexadecimal(), nil
	}
	if isAlpha(c) {
		p.fail("Illegal/unsupported escape sequence")
	}
	return c, nil
}

// groupNumber reads the digits after the first of a reference, while such a group has begun.
func (p *parser) groupNumber(c rune) int {
	n := int(c - '0')
	for isDigit(p.peek()) {
		more := n*10 + int(p.peek()-'0')
		if p.groups < more {
			break
		}
		n = more
		p.read()
	}
	return n
}

func isOctal(c rune) bool { return c >= '0' && c <= '7' }

func hexDigit(c rune) (int, bool) {
	if c >= 0x80 {
		return 0, false
	}
	v, err := strconv.ParseUint(string(c), 16, 8)
	return int(v), err == nil
}

func (p *parser) octal() rune {
	n := p.read()
	if !isOctal(n) {
		p.fail("Illegal octal escape sequence")
	}
	v := n - '0'
	m := p.read()
	if !isOctal(m) {
		p.unread()
		return v
	}
	v = v*8 + m - '0'
	o := p.read()
	if !isOctal(o) || n > '3' {
		p.unread()
		return v
	}
	return v*8 + o - '0'
}

func (p *parser) hexadecimal() rune {
	c := p.read()
	if hi, ok := hexDigit(c); ok {
		if lo, ok := hexDigit(p.read()); ok {
			return rune(hi*16 + lo)
		}
	} else if _, ok := hexDigit(p.peek()); c == '{' && ok {
		v := 0
		for {
			c = p.read()
			d, ok := hexDigit(c)
			if !ok {
				break
			}
			if v = v*16 + d; v > unicode.MaxRune {
				p.fail("Hexadecimal codepoint is too big")
			}
		}
		if c != '}' {
			p.fail("Unclosed hexadecimal escape sequence")
		}
		return rune(v)
	}
	p.fail("Illegal hexadecimal escape sequence")
	return 0
}

// unicodeEscape reads the four digits after \u, and of a surrogate its other half when it follows.
func (p *parser) unicodeEscape() rune {
	unit := func() rune {
		v := 0
		for range 4 {
			d, ok := hexDigit(p.read())
			if !ok {
				p.fail("Illegal Unicode escape sequence")
			}
			v = v*16 + d
		}
		return rune(v)
	}
	c := unit()
	if c >= 0xD800 && c < 0xDC00 {
		at := p.cursor
		if p.read() == '\\' && p.read() == 'u' {
			if low := unit(); low >= 0xDC00 && low < 0xE000 {
				return utf16.DecodeRune(c, low)
			}
		}
		p.cursor = at
	}
	return c
}

package javaregex

import "strings"

// class reads a character class from its bracket; consume tells whether the closing bracket belongs to it. Classes may contain
// classes, which are united with them, and && for intersections. A class is negated as a whole.
//
// As in Java single characters below 256 are gathered apart from the other members, and what && intersects depends on that.
func (p *parser) class(consume bool) set {
	var prev, curr, bits set
	hasPrev, hasBits, negated := false, false, false
	unite := func(s set) {
		curr = s
		if hasPrev {
			s = prev.union(s)
		}
		prev, hasPrev = s, true
	}
	for c := p.next(); ; c = p.peek() {
		switch c {
		case '^':
			if p.at(p.cursor-1) == '[' {
				p.cursor++ // the loop's peek reads on
				negated = true
				continue
			}
		case '[':
			unite(p.class(true))
			continue
		case '&':
			if c = p.next(); c != '&' {
				p.unread()
				break
			}
			var right set
			hasRight := false
			for c = p.next(); c != ']' && c != '&'; c = p.peek() {
				if c != '[' {
					p.unread()
				}
				right, hasRight = right.union(p.class(c == '[')), true
			}
			if hasBits {
				if !hasPrev {
					curr = bits
				}
				prev, hasPrev = prev.union(bits), true
				bits, hasBits = nil, false
			}
			if hasRight {
				curr = right
			}
			switch {
			case hasPrev:
				prev = prev.intersect(curr)
			case hasRight:
				prev, hasPrev = right, true
			default:
				p.fail("Bad class syntax")
			}
			continue
		case 0:
			if p.cursor >= len(p.text) {
				p.fail("Unclosed character class")
			}
		case ']':
			if hasPrev || hasBits {
				if consume {
					p.next()
				}
				prev = prev.union(bits)
				if negated {
					return prev.negate()
				}
				return prev
			}
		}
		if s, single := p.members(); single {
			bits, hasBits = bits.union(s), true
		} else {
			unite(s)
		}
	}
}

// members reads a character, range or escape of a class; single is for what Java keeps as single characters.
func (p *parser) members() (s set, single bool) {
	c := p.peek()
	if c == '\\' {
		if c = p.nextEscaped(); c == 'p' || c == 'P' {
			return p.escapedFamily(c), false
		}
		ranged := p.at(p.cursor+1) == '-'
		p.unread()
		lit, n := p.escape(true, ranged)
		if n != nil {
			return n.set, false
		}
		c = lit
	} else {
		p.next()
	}
	if p.peek() == '-' {
		end := p.at(p.cursor + 1)
		if end != '[' && end != ']' {
			p.next()
			m := p.peek()
			if m == '\\' {
				var n *node
				if m, n = p.escape(true, true); n != nil {
					m = -1
				}
			} else {
				p.next()
			}
			if m < c {
				p.fail("Illegal character range")
			}
			s = spans(c, m)
			if p.has(CaseInsensitive) {
				s = s.folded(p.has(unicodeCase))
			}
			return s, false
		}
	}
	return p.single(c), c < 256
}

// escapedFamily reads the property after \p or \P, which is what stands at the cursor.
func (p *parser) escapedFamily(kind rune) set {
	oneLetter := p.next() != '{'
	if oneLetter {
		p.unread()
	}
	s := p.family(oneLetter)
	if kind == 'P' {
		s = s.negate()
	}
	return s
}

func (p *parser) family(oneLetter bool) set {
	p.next()
	var name string
	if oneLetter {
		name = string(p.at(p.cursor))
		p.read()
	} else {
		from := p.cursor
		for p.read() != '}' {
			if p.cursor > len(p.text) {
				p.cursor = len(p.text) + 1
				p.fail("Unclosed character family")
			}
		}
		if from+1 >= p.cursor {
			p.fail("Empty character family")
		}
		name = string(p.text[from : p.cursor-1])
	}
	fold := p.has(CaseInsensitive)
	if key, value, ok := strings.Cut(name, "="); ok {
		key = strings.ToLower(key)
		var s set
		known := false
		switch key {
		case "sc", "script":
			s, known = script(value)
		case "blk", "block":
			s, known = block(value)
		case "gc", "general_category":
			s, known = property(value, fold)
		}
		if !known {
			p.fail("Unknown Unicode property {name=<" + key + ">, value=<" + value + ">}")
		}
		return s
	}
	var s set
	known := false
	switch {
	case strings.HasPrefix(name, "In"):
		s, known = block(name[2:])
	case strings.HasPrefix(name, "Is"):
		if s, known = unicodeProperty(name[2:], fold); !known {
			if s, known = property(name[2:], fold); !known {
				s, known = script(name[2:])
			}
		}
	default:
		if p.has(unicodeClass) {
			s, known = posix(name, fold)
		}
		if !known {
			s, known = property(name, fold)
		}
	}
	if !known {
		p.fail("Unknown character property name {" + name + "}")
	}
	return s
}

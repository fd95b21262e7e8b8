// Package javaregex matches texts against expressions of java.util.regex, as Hive's functions and statements do. An expression is
// parsed by rules of Java's own (which also decide what is refused, and where), and run as a program of package regexp when that
// can mean the same; otherwise, for look-around, back references, possessive quantifiers and the like, by backtracking.
package javaregex

import (
	"fmt"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
)

// Pattern is a compiled expression. It is for one goroutine.
type Pattern struct {
	source string
	groups int
	names  map[string]int
	root   *node

	fast   *regexp.Regexp  // nil when backtracking is needed for every text
	slow   *regexp2.Regexp // compiled when a text needs it
	dollar bool            // fast is wrong for texts that end with a line end
	ascii  bool            // fast is wrong for texts with other characters than ASCII's
	empty  bool            // matches nothing at all: where that is found next to other matches differs between engines
	loc    []int
}

// backtrackTimeout bounds one match of a backtracking expression.
const backtrackTimeout = 30 * time.Second

// Compile parses an expression to be found within texts. It fails with a *SyntaxError.
func Compile(source string, flags Flags) (*Pattern, error) { return compile(source, flags, false) }

// CompileWhole parses an expression to be matched against whole texts. It fails with a *SyntaxError.
func CompileWhole(source string, flags Flags) (*Pattern, error) { return compile(source, flags, true) }

func compile(source string, flags Flags, whole bool) (*Pattern, error) {
	root, parsed, err := parse(source, flags)
	if err != nil {
		return nil, err
	}
	if whole {
		root = &node{kind: nodeSeq, nodes: []*node{{kind: nodeBegin}, root, {kind: nodeEnd}}}
	}
	p := &Pattern{source: source, groups: parsed.groups, names: parsed.names, root: root}
	e := emitter{groups: p.groups}
	e.node(root)
	if !e.impossible {
		// What it refuses is too large for it: counts of more than a thousand.
		if p.fast, err = regexp.Compile(e.String()); err == nil {
			p.dollar, p.ascii = e.dollar, e.ascii
			p.empty = p.fast.MatchString("")
			return p, nil
		}
	}
	return p, p.compileSlow()
}

func (p *Pattern) compileSlow() error {
	e := emitter{backtracking: true, groups: p.groups}
	e.node(p.root)
	re, err := regexp2.Compile(e.String(), regexp2.None)
	if err != nil {
		return fmt.Errorf("regular expression %q: %w", p.source, err)
	}
	re.MatchTimeout = backtrackTimeout
	p.slow = re
	if ok, err := re.MatchString(""); err == nil {
		p.empty = ok
	}
	return nil
}

// Groups returns the number of capturing groups.
func (p *Pattern) Groups() int { return p.groups }

// Group returns the number of a named group.
func (p *Pattern) Group(name string) (int, bool) {
	n, ok := p.names[name]
	return n, ok
}

// backtracks reports whether s must go to the backtracking engine, and makes it ready.
func (p *Pattern) backtracks(s []byte) (bool, error) {
	if p.fast != nil && !(p.dollar && endsLine(s)) && !(p.ascii && !isASCII(s)) {
		return false, nil
	}
	if p.slow == nil {
		if err := p.compileSlow(); err != nil {
			return true, err
		}
	}
	return true, nil
}

func endsLine(s []byte) bool {
	r, _ := utf8.DecodeLastRune(s)
	return r == '\n' || r == '\r' || r == 0x85 || r == 0x2028 || r == 0x2029
}

func isASCII(s []byte) bool {
	for _, c := range s {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Match reports whether a part of s matches.
func (p *Pattern) Match(s []byte) (bool, error) {
	slow, err := p.backtracks(s)
	if err != nil {
		return false, err
	}
	if !slow {
		return p.fast.Match(s), nil
	}
	ok, err := p.slow.MatchString(string(s))
	if err != nil {
		return false, fmt.Errorf("regular expression %q: %w", p.source, err)
	}
	return ok, nil
}

// Find returns the positions in bytes of the groups of the first match in s, from group 0, with -1 for groups that took no part; nil
// when there is none. The result is valid until the next call.
func (p *Pattern) Find(s []byte) ([]int, error) {
	slow, err := p.backtracks(s)
	if err != nil {
		return nil, err
	}
	if !slow {
		return p.fast.FindSubmatchIndex(s), nil
	}
	p.loc = p.loc[:0]
	found := false
	err = p.Each(s, func(loc []int) bool {
		found = true
		p.loc = append(p.loc, loc...)
		return false
	})
	if !found || err != nil {
		return nil, err
	}
	return p.loc, nil
}

// Each calls f for the matches in s, in order, with the positions as of Find, until f returns false. Java looks for the next
// match behind an empty one in units of UTF-16, so an expression that matches nothing also does within a character of two units:
// such a match is reported within its bytes, as two behind its first.
func (p *Pattern) Each(s []byte, f func(loc []int) bool) error {
	slow, err := p.backtracks(s)
	if err != nil {
		return err
	}
	if !slow && !p.empty {
		for _, loc := range p.fast.FindAllSubmatchIndex(s, -1) {
			if !f(loc) {
				return nil
			}
		}
		return nil
	}
	if p.slow == nil {
		if err := p.compileSlow(); err != nil {
			return err
		}
	}
	text := string(s)
	// Positions are in runes there.
	var offsets []int
	for i := range text {
		offsets = append(offsets, i)
	}
	offsets = append(offsets, len(text))
	m, err := p.slow.FindStringMatch(text)
	for ; m != nil && err == nil; m, err = p.slow.FindNextMatch(m) {
		loc := make([]int, 0, 2*(p.groups+1))
		for _, g := range m.Groups() {
			if len(g.Captures) == 0 {
				loc = append(loc, -1, -1)
			} else {
				loc = append(loc, offsets[g.Index], offsets[g.Index+g.Length])
			}
		}
		if !f(loc) {
			return nil
		}
		if loc[0] != loc[1] || !p.empty {
			continue
		}
		if _, size := utf8.DecodeRune(s[loc[1]:]); size == 4 {
			within := make([]int, len(loc))
			for i, at := range loc {
				if within[i] = at; at == loc[0] {
					within[i] += 2
				}
			}
			if !f(within) {
				return nil
			}
		}
	}
	if err != nil {
		return fmt.Errorf("regular expression %q: %w", p.source, err)
	}
	return nil
}

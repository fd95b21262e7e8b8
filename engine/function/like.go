package function

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"skep/engine/vector"
)

var patternTable = map[string]entry{
	"like":           {build: like, nulls: Strict, costly: true},
	"likeany":        {build: likeList(true), nulls: Aware},
	"likeall":        {build: likeList(false), nulls: Aware},
	"rlike":          {build: rlike, nulls: Strict, costly: true, fallible: true},
	"regexp_replace": {build: regexpReplace, nulls: Strict, costly: true, fallible: true},
	"regexp_extract": {build: regexpExtract, nulls: Strict, costly: true, fallible: true},
	"split":          {build: split, nulls: Strict, fallible: true},
}

// likePattern is a compiled LIKE pattern: literal pieces between % signs; inside a piece _ stands for one character.
type likePattern struct {
	pieces []likePiece
	// anchored says that the text starts with the first piece, or ends with the last one: no % there.
	start, end bool
	// oneLine patterns are Hive 3.1's of the complex kind: % and _ do not match line ends.
	oneLine bool
}

// likePiece is a run without %; wild marks the bytes of text that are _.
type likePiece struct {
	text []byte
	wild []bool // nil without _
}

func compileLike(pattern string, env *Env) *likePattern {
	p := &likePattern{start: true, end: true}
	var cur likePiece
	inner := 0 // % signs that are neither first nor last
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		if c == '\\' && i+1 < len(pattern) && (pattern[i+1] == '_' || pattern[i+1] == '%') {
			i++
			cur.add(pattern[i], false)
			continue
		}
		switch c {
		case '%':
			if i == 0 {
				p.start = false
			}
			if i == len(pattern)-1 {
				p.end = false
			}
			if i > 0 && i < len(pattern)-1 {
				inner++
			}
			if i > 0 {
				p.pieces = append(p.pieces, cur)
				cur = likePiece{}
			}
		case '_':
			cur.add(c, true)
		default:
			cur.add(c, false)
		}
	}
	if p.end {
		p.pieces = append(p.pieces, cur)
	}
	wild := false
	for _, piece := range p.pieces {
		wild = wild || piece.wild != nil
	}
	p.oneLine = env.Hive3() && (inner > 0 || wild)
	return p
}

func (p *likePiece) add(c byte, wild bool) {
	if wild && p.wild == nil {
		p.wild = make([]bool, len(p.text))
	}
	p.text = append(p.text, c)
	if p.wild != nil {
		p.wild = append(p.wild, wild)
	}
}

// Match reports whether the whole of s fits the pattern.
func (p *likePattern) Match(s []byte) bool {
	if p.oneLine && bytes.ContainsAny(s, "\n\r\u0085\u2028\u2029") {
		return p.matchLine(s)
	}
	pieces := p.pieces
	if p.start && p.end && len(pieces) == 1 {
		n, ok := pieces[0].at(s)
		return ok && n == len(s)
	}
	if p.start && len(pieces) > 0 {
		n, ok := pieces[0].at(s)
		if !ok {
			return false
		}
		s, pieces = s[n:], pieces[1:]
	}
	last := len(pieces)
	if p.end {
		last--
	}
	for _, piece := range pieces[:max(last, 0)] {
		from, to := piece.find(s)
		if from < 0 {
			return false
		}
		s = s[to:]
	}
	if p.end {
		return pieces[last].suffix(s)
	}
	return true
}

// at matches the piece at the start of s and returns its length there.
func (p *likePiece) at(s []byte) (int, bool) {
	if p.wild == nil {
		return len(p.text), bytes.HasPrefix(s, p.text)
	}
	n := 0
	for i, c := range p.text {
		if n >= len(s) {
			return 0, false
		}
		if p.wild[i] {
			n++
			for n < len(s) && !utf8.RuneStart(s[n]) {
				n++
			}
			continue
		}
		if s[n] != c {
			return 0, false
		}
		n++
	}
	return n, true
}

// find returns where the piece first occurs in s; from is -1 when it does not.
func (p *likePiece) find(s []byte) (from, to int) {
	if p.wild == nil {
		k := bytes.Index(s, p.text)
		return k, k + len(p.text)
	}
	for from = range len(s) + 1 {
		if from < len(s) && !utf8.RuneStart(s[from]) {
			continue
		}
		if n, ok := p.at(s[from:]); ok {
			return from, from + n
		}
	}
	return -1, -1
}

// suffix reports whether s ends with the piece.
func (p *likePiece) suffix(s []byte) bool {
	if p.wild == nil {
		return bytes.HasSuffix(s, p.text)
	}
	for from := range len(s) + 1 {
		if n, ok := p.at(s[from:]); ok && from+n == len(s) && (from == len(s) || utf8.RuneStart(s[from])) {
			return true
		}
	}
	return false
}

// matchLine is Match for texts with line ends, which % and _ do not match.
func (p *likePattern) matchLine(s []byte) bool {
	var tokens []int32 // characters; -1 is _, -2 is %
	for i, piece := range p.pieces {
		if i > 0 || !p.start {
			tokens = append(tokens, -2)
		}
		for k := 0; k < len(piece.text); {
			if piece.wild != nil && piece.wild[k] {
				tokens = append(tokens, -1)
				k++
				continue
			}
			r, n := utf8.DecodeRune(piece.text[k:])
			tokens = append(tokens, r)
			k += n
		}
	}
	if !p.end {
		tokens = append(tokens, -2)
	}
	text := []rune(string(s))
	lineEnd := func(r rune) bool { return r == '\n' || r == '\r' || r == 0x85 || r == 0x2028 || r == 0x2029 }
	// reach[j]: the tokens so far match the first j characters.
	reach := make([]bool, len(text)+1)
	reach[0] = true
	for _, t := range tokens {
		next := make([]bool, len(text)+1)
		for j := range reach {
			switch {
			case t == -2:
				next[j] = reach[j] || j > 0 && next[j-1] && !lineEnd(text[j-1])
			case j > 0 && reach[j-1]:
				next[j] = t == -1 && !lineEnd(text[j-1]) || t == text[j-1]
			}
		}
		reach = next
	}
	return reach[len(text)]
}

// likeCache compiles patterns that are not constant; it keeps the last one.
type likeCache struct {
	text    []byte
	pattern *likePattern
	env     *Env
}

func (c *likeCache) get(pattern []byte) *likePattern {
	if c.pattern == nil || !bytes.Equal(c.text, pattern) {
		c.text = append(c.text[:0], pattern...)
		c.pattern = compileLike(string(pattern), c.env)
	}
	return c.pattern
}

func like(env *Env, call *Call) Kernel {
	if !allTexts(call.Args) {
		return nil
	}
	cache := likeCache{env: env}
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, p := textsOf(args[0]), textsOf(args[1])
		if args[1].Form == vector.Const {
			pattern := cache.get(p.at(0))
			rows.Each(func(i int) { out.SetBool(i, pattern.Match(a.at(i))) })
			return nil
		}
		rows.Each(func(i int) { out.SetBool(i, cache.get(p.at(i)).Match(a.at(i))) })
		return nil
	}
}

// likeList is LIKE ANY (any true) or LIKE ALL (all true), three-valued.
func likeList(any bool) Builder {
	return func(env *Env, call *Call) Kernel {
		caches := make([]likeCache, len(call.Args))
		for i := range caches {
			caches[i].env = env
		}
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			rows.Each(func(i int) {
				out.SetBool(i, !any)
				null := isNull(args[0], i)
				if env.Hive3() && slices.ContainsFunc(args, func(v *vector.Vector) bool { return isNull(v, i) }) {
					out.Null(i) // in 3.1 also when the patterns that are not NULL decide
					return
				}
				for k, v := range args[1:] {
					if isNull(args[0], i) {
						break
					}
					if isNull(v, i) {
						null = true
						continue
					}
					if caches[k].get(v.Bytes(i)).Match(args[0].Bytes(i)) == any {
						out.SetBool(i, any)
						return
					}
				}
				if null {
					out.Null(i)
				}
			})
			return nil
		}
	}
}

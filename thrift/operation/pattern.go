package operation

import (
	"slices"
	"strings"

	"skep/thrift/backend"
)

// everything matches any name.
func everything(string) bool { return true }

// namePattern makes a Match of a JDBC search pattern: % is any text, _ any character, a backslash escapes either. A missing
// pattern matches everything. Impyla and Hive's own tools also send regular expressions; of those ".*" and "*" count as any
// text, and "|" parts alternatives. Names compare without regard to case.
func namePattern(text *string) backend.Match {
	if text == nil || *text == "" || *text == "%" {
		return everything
	}
	var alternatives []pattern
	for text := range strings.SplitSeq(strings.ToLower(*text), "|") {
		alternatives = append(alternatives, compilePattern(text))
	}
	return func(name string) bool {
		r := []rune(name)
		return slices.ContainsFunc(alternatives, func(p pattern) bool { return p.match(r) })
	}
}

// token is a character, or one of the wildcards.
type token rune

const (
	anyText      token = -1
	anyCharacter token = -2
)

type pattern []token

func compilePattern(text string) pattern {
	var p pattern
	r := []rune(text)
	for i := 0; i < len(r); i++ {
		switch c := r[i]; {
		case c == '\\' && i+1 < len(r):
			i++
			p = append(p, token(r[i]))
		case c == '%', c == '*':
			p = append(p, anyText)
		case c == '.' && i+1 < len(r) && r[i+1] == '*':
			i++
			p = append(p, anyText)
		case c == '_':
			p = append(p, anyCharacter)
		default:
			p = append(p, token(c))
		}
	}
	return p
}

// match runs in time O(len(p)·len(name)): on a mismatch it goes back to the last "any text" only.
func (p pattern) match(name []rune) bool {
	i, j, star, mark := 0, 0, -1, 0
	for j < len(name) {
		switch {
		case i < len(p) && p[i] == anyText:
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == anyCharacter || p[i] == token(name[j])):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == anyText {
		i++
	}
	return i == len(p)
}

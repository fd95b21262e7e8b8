package model

import (
	"strings"
	"unicode/utf8"
)

// NamePattern returns a matcher for Hive's SHOW patterns: alternatives separated by '|', '*' for any characters,
// case ignored, everything else literal. An empty pattern matches everything.
func NamePattern(pattern string) func(name string) bool {
	if pattern == "" || pattern == "*" {
		return func(string) bool { return true }
	}
	alternatives := strings.Split(strings.ToLower(strings.TrimSpace(pattern)), "|")
	for i := range alternatives {
		alternatives[i] = strings.TrimSpace(alternatives[i])
	}
	return func(name string) bool {
		name = strings.ToLower(name)
		for _, a := range alternatives {
			if glob(a, name, '*', 0, 0) {
				return true
			}
		}
		return false
	}
}

// LikePattern returns a matcher for JDBC metadata patterns: '%' for any characters, '_' for one, '\' as escape, case
// ignored. An empty pattern matches everything.
func LikePattern(pattern string) func(name string) bool {
	if pattern == "" || pattern == "%" {
		return func(string) bool { return true }
	}
	pattern = strings.ToLower(pattern)
	return func(name string) bool { return glob(pattern, strings.ToLower(name), '%', '_', '\\') }
}

// glob matches s against a pattern in which many stands for any run of characters, one for a single character and escape
// takes the next character literally (0: the pattern language has none). It backtracks only to the last run, so it is
// linear times the number of runs.
func glob(p, s string, many, one, escape rune) bool {
	backP, backS := -1, 0
	pi, si := 0, 0
	for si < len(s) {
		sr, sw := utf8.DecodeRuneInString(s[si:])
		if pi < len(p) {
			pr, pw := utf8.DecodeRuneInString(p[pi:])
			if pr == many {
				pi += pw
				backP, backS = pi, si
				continue
			}
			if one != 0 && pr == one {
				pi, si = pi+pw, si+sw
				continue
			}
			if escape != 0 && pr == escape && pi+pw < len(p) {
				var w int
				pr, w = utf8.DecodeRuneInString(p[pi+pw:])
				pw += w
			}
			if pr == sr {
				pi, si = pi+pw, si+sw
				continue
			}
		}
		if backP < 0 {
			return false
		}
		_, w := utf8.DecodeRuneInString(s[backS:])
		backS += w
		pi, si = backP, backS
	}
	for pi < len(p) {
		r, w := utf8.DecodeRuneInString(p[pi:])
		if r != many {
			return false
		}
		pi += w
	}
	return true
}

package javaregex

import (
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	for _, c := range []struct{ pattern, text, want string }{
		{`[a-z&&[^b]]+`, "bacb", "ac"},
		{`[[:alpha:]]`, "z:p", ":"},
		{`[^a[bc]]`, "abcd", "d"},
		{`a*+a`, "aaa", "<none>"},
		{`(?<x>a)(b)\k<x>\2`, "abab", "abab"},
		{`\p{IsGreek}+`, "abγδ", "γδ"},
		{`(?i)É`, "é", "<none>"},
		{`(?iu)É`, "é", "é"},
		{`\bé`, "é", "é"},
		{`\Qa.b\E+`, "a.bb", "a.bb"},
		{`a$`, "a\r\n", "a"},
		{`(?m)^b`, "a\nb", "b"},
		{`(?x) a b # c`, "ab", "ab"},
		{`\u0041\x42\0103\x{44}`, "ABCD", "ABCD"},
		{`(?<=a{1,2})b`, "ab", "b"},
		{`\1(a)`, "aa", "<none>"},
		{`x{1001}`, strings.Repeat("x", 1001), strings.Repeat("x", 1001)},
	} {
		p, err := Compile(c.pattern, 0)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		loc, err := p.Find([]byte(c.text))
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		got := "<none>"
		if loc != nil {
			got = c.text[loc[0]:loc[1]]
		}
		if got != c.want {
			t.Errorf("%s in %q: %q, want %q", c.pattern, c.text, got, c.want)
		}
	}
}

func TestRefused(t *testing.T) {
	for pattern, want := range map[string]string{
		`a**`:        "Dangling meta character '*' near index 2\na**\n  ^",
		`(a`:         "Unclosed group near index 2\n(a",
		"a\t[z-a]":   "Illegal character range near index 5\na\t[z-a]\n \t   ^",
		`(?<a*>b)`:   "named capturing group is missing trailing '>' near index 4\n(?<a*>b)\n    ^",
		`\p{Nosuch}`: "Unknown character property name {Nosuch} near index 9\n\\p{Nosuch}\n         ^",
	} {
		if _, err := Compile(pattern, 0); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", pattern, err, want)
		}
	}
}

func TestWhole(t *testing.T) {
	p, err := CompileWhole(`(ds|hr)?+.+`, CaseInsensitive)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"key": true, "ds": false, "DS": false, "dsx": true} {
		if got, err := p.Match([]byte(name)); err != nil || got != want {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
}

func TestEmptyMatchWithinPair(t *testing.T) {
	p, err := Compile("", 0)
	if err != nil {
		t.Fatal(err)
	}
	var at []int
	if err := p.Each([]byte("😀x"), func(loc []int) bool { at = append(at, loc[0]); return true }); err != nil {
		t.Fatal(err)
	}
	if len(at) != 4 || at[0] != 0 || at[1] != 2 || at[2] != 4 || at[3] != 5 {
		t.Errorf("matches at %v", at)
	}
}

// FuzzCompile: what is accepted compiles for both engines, and they agree on the first match in ASCII texts.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{`[a-z&&[^b]]+x?`, `(a|b)*c{2,3}?`, `\p{L}\d\s`, `a*+(?=b)`, `[\]\[^-]`} {
		f.Add(s, "abc xyz")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 60 || len(text) > 60 || strings.ContainsAny(pattern, "{") {
			return
		}
		p, err := Compile(pattern, 0)
		if err != nil {
			return
		}
		if p.slow == nil {
			if err := p.compileSlow(); err != nil {
				t.Fatalf("%q: %v", pattern, err)
			}
		}
		if p.fast == nil || p.ascii || !isASCII([]byte(text)) || strings.ContainsAny(text, "\r\n") {
			return
		}
		ok, err := p.slow.MatchString(text)
		if err == nil && ok != p.fast.MatchString(text) {
			t.Errorf("%q in %q: backtracking %v", pattern, text, ok)
		}
	})
}

package xpath

import (
	"strings"
	"testing"
)

func TestString(t *testing.T) {
	const doc = `<?xml version="1.0"?><a><b id="1" class="odd">b1</b><b id="2">b2<!-- c --></b><c><d>4</d><d>5</d></c><x-y>z</x-y></a>`
	root, err := Parse(doc)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"a/b": "b1", "/a/b[2]": "b2", "//d[last()]": "5", "a/b[@id='2']": "b2", "a/b[@id=2]/text()": "b2", "sum(a/c/d)": "9", "count(//b)": "2",
		"a/c/d[. > 4]": "5", "concat(a/b, '-', a/b[2])": "b1-b2", "a/*[3]/d": "4", "a/b/@class": "odd", "a/x-y": "z", "string-length(a/b)": "2",
		"a/b = 'b2'": "true", "not(a/q)": "true", "a/c/d[1] + 1": "5", "a/c/d * 2": "8", "7 mod 4": "3", "8 div 2 - 1": "3", "-(1)": "-1",
		"a/b[position() < 2]": "b1", "(//b)[2]": "b2", "a/c/d/..": "45", "//d/ancestor::a/b": "b1", "a/b[2]/preceding-sibling::b": "b1",
		"a/b | a/c": "b1", "a/b[@class and @id]": "b1", "normalize-space('  x  y ')": "x y", "name(a/*[1])": "b", "contains(a/b, '1')": "true",
		"substring('12345', 2, 3)": "234", "translate('abc', 'ab', 'x')": "xc", "a/q": "", "2 > 1 and 1 > 2": "false",
	} {
		e, err := Compile(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		} else if got := e.String(root); got != want {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}
	e, err := Compile("a/b/text() | //@id | a/c")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(mustValues(t, e, root), ","); got != "1,b1,2,b2" {
		t.Errorf("values %q", got)
	}
}

func TestErrors(t *testing.T) {
	for _, path := range []string{"", "a/", "a[", "f(1)", "a b", "'x", "concat('a')", "a/b]", strings.Repeat("(", 100000)} {
		if _, err := Compile(path); err == nil {
			t.Errorf("Compile(%.20q) must fail", path)
		}
	}
	for _, doc := range []string{"", "x", "<a>", "<a></b>", "<a", strings.Repeat("<a>", 5000)} {
		if _, err := Parse(doc); err == nil {
			t.Errorf("Parse(%.20q) must fail", doc)
		}
	}
}

func FuzzXPath(f *testing.F) {
	f.Add("<a><b>1</b></a>", "a/b[1] | //c")
	f.Fuzz(func(_ *testing.T, doc, path string) {
		root, err := Parse(doc)
		if err != nil {
			return
		}
		if e, err := Compile(path); err == nil {
			e.String(root)
		}
	})
}

func mustValues(t *testing.T, e *Expr, root *Node) []string {
	t.Helper()
	values, err := e.Values(root)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

package printer

import (
	"os"
	"strings"
	"testing"

	"skep/dialect/ast"
	"skep/dialect/parser"
)

func statements(t testing.TB) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/roundtrip.sql")
	if err != nil {
		t.Fatal(err)
	}
	paragraphs := strings.Split(strings.TrimSpace(string(data)), "\n\n")
	if len(paragraphs) < 100 {
		t.Fatalf("only %d statements", len(paragraphs))
	}
	return paragraphs
}

func TestRoundTrip(t *testing.T) {
	for _, sql := range statements(t) {
		first, err := parser.Parse(sql, parser.Options{})
		if err != nil {
			t.Errorf("%s\n%v", sql, err)
			continue
		}
		text := Statement(first)
		second, err := parser.Parse(text, parser.Options{})
		if err != nil {
			t.Errorf("%s\nprinted as %s\n%v", sql, text, err)
			continue
		}
		if !ast.Equal(first, second) {
			t.Errorf("%s\nprinted as %s\nwhich reads as %s", sql, text, Statement(second))
		}
		if again := Statement(second); again != text {
			t.Errorf("%s\nprints as %s\nand then as %s", sql, text, again)
		}
	}
}

func TestEqualSeesDifferences(t *testing.T) {
	list := statements(t)
	trees := make([]ast.Statement, 0, len(list))
	for _, sql := range list {
		s, err := parser.Parse(sql, parser.Options{})
		if err != nil {
			continue // reported by TestRoundTrip
		}
		trees = append(trees, s)
	}
	for i, a := range trees {
		if !ast.Equal(a, ast.CloneNode(a)) {
			t.Errorf("clone of %s differs", Statement(a))
		}
		for _, b := range trees[i+1:] {
			if ast.Equal(a, b) && Statement(a) != Statement(b) {
				t.Errorf("%s equals %s", Statement(a), Statement(b))
			}
		}
	}
}

func TestExactText(t *testing.T) {
	for in, want := range map[string]string{
		"select  a+b*c ,d from t x where a=1":              "SELECT a + b * c, d FROM t AS x WHERE a = 1",
		"select - -1, -a, ~b, not (a and b)":               "SELECT - -1, -a, ~b, NOT (a AND b)",
		"select `a b`, t.`c``d`":                           "SELECT `a b`, t.`c``d`",
		"insert into t values (1,default)":                 "INSERT INTO TABLE t VALUES (1, DEFAULT)",
		"select * from a,b join c on a.x=c.x":              "SELECT * FROM a, b JOIN c ON a.x = c.x",
		"create table t(a array<int>,b decimal(5,2))":      "CREATE TABLE t (a array<int>, b decimal(5,2))",
		"select count(*),sum(distinct x) over(order by y)": "SELECT count(*), sum(DISTINCT x) OVER (ORDER BY y)",
	} {
		s, err := parser.Parse(in, parser.Options{})
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := Statement(s); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

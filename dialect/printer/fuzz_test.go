package printer

import (
	"testing"

	"skep/dialect/ast"
	"skep/dialect/parser"
	"skep/dialect/sqlerr"
)

// FuzzParse checks that any text is either refused with a proper error or survives printing and parsing again.
func FuzzParse(f *testing.F) {
	for _, sql := range statements(f) {
		f.Add(sql, false)
	}
	f.Add("select `a`, \"b\", _x'y', 0xAF, 1e+5, /*+ h(a) */ /* /* n */ */ -- c\n$KEY$", true)
	f.Fuzz(func(t *testing.T, sql string, old bool) {
		o := parser.Options{MaxDepth: 200}
		if old {
			o.Version = parser.V31
		}
		parser.ParseCommand(sql)
		parser.Empty(sql)
		first, err := parser.Parse(sql, o)
		if err != nil {
			if _, ok := sqlerr.As(err); !ok {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		ast.Inspect(first, func(n ast.Node) bool {
			if p := n.Position(); p.Offset < 0 || p.Offset > len(sql) {
				t.Fatalf("%T at offset %d of %d", n, p.Offset, len(sql))
			}
			return true
		})
		o.MaxDepth = 1000 // printing adds parentheses
		text := Statement(first)
		second, err := parser.Parse(text, o)
		if err != nil {
			t.Fatalf("printed as %s: %v", text, err)
		}
		if !ast.Equal(first, second) {
			t.Fatalf("printed as %s, which reads as %s", text, Statement(second))
		}
	})
}

package analyzer_test

import (
	"context"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"skep/dialect/ast"
	"skep/dialect/internal/planmodel"
	"skep/dialect/parser"
)

// TestTPCDS analyses the TPC-DS queries found in $SKEP_TPCDS_DIR (DDL in text.hql, queries in queries/).
func TestTPCDS(t *testing.T) {
	dir := os.Getenv("SKEP_TPCDS_DIR")
	if dir == "" {
		t.Skip("SKEP_TPCDS_DIR is not set")
	}
	cat := newCatalog()
	ddl, err := os.ReadFile(filepath.Join(dir, "text.hql"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range splitStatements(strings.ReplaceAll(string(ddl), "${hivevar:DB}", "default")) {
		s, err := parser.Parse(text, parser.Options{})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if c, ok := s.(*ast.CreateTable); ok {
			cat.create(t, c)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "queries", "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no queries in %s: %v", dir, err)
	}
	sort.Strings(files)
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, st := range splitStatements(string(text)) {
				s, err := parser.Parse(st, parser.Options{})
				if err != nil {
					t.Fatal(err)
				}
				q, ok := s.(*ast.QueryStatement)
				if !ok {
					continue
				}
				out, err := newAnalyzer(cat, nil, st).AnalyzeQuery(context.Background(), q.Query)
				if err != nil {
					t.Fatal(err)
				}
				if err := planmodel.Check(out.Root); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// splitStatements splits at semicolons outside quotes and comments.
func splitStatements(text string) []string {
	var out []string
	var b strings.Builder
	var quote byte
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0:
			if c == '\\' && i+1 < len(text) {
				b.WriteByte(c)
				i++
				c = text[i]
			} else if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"' || c == '`':
			quote = c
		case c == '-' && strings.HasPrefix(text[i:], "--"):
			for i < len(text) && text[i] != '\n' {
				i++
			}
			c = '\n'
		case c == ';':
			out = append(out, b.String())
			b.Reset()
			continue
		}
		b.WriteByte(c)
	}
	out = append(out, b.String())
	var full []string
	for _, s := range out {
		if strings.TrimSpace(s) != "" {
			full = append(full, s)
		}
	}
	return full
}

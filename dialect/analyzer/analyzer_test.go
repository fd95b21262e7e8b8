package analyzer_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/explain"
	"skep/dialect/internal/planmodel"
	"skep/dialect/parser"
	"skep/dialect/plan"
	"skep/dialect/types"
)

var rewrite = flag.Bool("rewrite", false, "write what the analyzer gives into testdata")

// TestFiles runs testdata/*.q. A file is a list of blocks separated by blank lines: a statement ending in a semicolon, then
// the expected text after a line of dashes. CREATE TABLE, CREATE VIEW, CREATE TEMPORARY MACRO and SET prepare; queries print
// result columns and plan, or the error. A statement starting with "names" prints the result columns only.
func TestFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.q")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".q"), func(t *testing.T) { runFile(t, f) })
	}
}

type session struct {
	cat      *memoryCatalog
	settings map[string]string
}

func runFile(t *testing.T, path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{cat: newCatalog(), settings: map[string]string{}}
	var out strings.Builder
	for _, block := range strings.Split(strings.TrimSpace(string(data)), "\n\n") {
		stmt, want, _ := strings.Cut(block, "\n----\n")
		if strings.HasPrefix(stmt, "--") {
			out.WriteString(stmt + "\n\n")
			continue
		}
		got := strings.TrimRight(s.run(t, strings.TrimSuffix(strings.TrimSpace(stmt), ";")), "\n")
		if got != strings.TrimRight(want, "\n") && !*rewrite {
			t.Errorf("%s\ngot:\n%s\nwant:\n%s", stmt, got, want)
		}
		out.WriteString(stmt + "\n")
		if got != "" {
			out.WriteString("----\n" + got + "\n")
		}
		out.WriteString("\n")
	}
	if *rewrite {
		if err := os.WriteFile(path, []byte(strings.TrimSpace(out.String())+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *session) run(t *testing.T, text string) string {
	if key, value, ok := strings.Cut(strings.TrimPrefix(text, "set "), "="); ok && strings.HasPrefix(text, "set ") {
		s.settings[key] = value
		return ""
	}
	text, namesOnly := strings.CutPrefix(text, "names ")
	st, err := parser.Parse(text, parser.Options{})
	if err != nil {
		return "ERROR " + err.Error()
	}
	ctx := context.Background()
	a := newAnalyzer(s.cat, s.settings, text)
	switch st := st.(type) {
	case *ast.CreateTable:
		if st.Query == nil {
			s.cat.create(t, st)
			return ""
		}
		q, err := a.AnalyzeCTAS(ctx, st.Name.Name.Name, st.Query)
		return query(q, err, true)
	case *ast.CreateView:
		text, cols, err := a.ExpandView(ctx, st.Name.Name.Name, st.Query, st.Columns)
		if err != nil {
			return "ERROR " + err.Error()
		}
		name := strings.ToLower(st.Name.Name.Name)
		s.cat.tables["default."+name] = &catalog.Table{DB: "default", Name: name, Kind: catalog.View, ViewText: text, ViewDB: "default", Columns: cols}
		return text
	case *ast.CreateMacro:
		m := &catalog.Macro{Name: strings.ToLower(st.Name.Name), Body: st.BodySpan.Text(text)}
		for _, p := range st.Params {
			ty, err := types.Parse(p.Type.Name)
			if err != nil {
				t.Fatal(err)
			}
			m.Params = append(m.Params, catalog.Column{Name: strings.ToLower(p.Name.Name), Type: ty})
		}
		s.cat.macros[m.Name] = m
		return ""
	case *ast.Insert:
		return insert(a.AnalyzeInsert(ctx, st))
	case *ast.MultiInsert:
		return insert(a.AnalyzeMultiInsert(ctx, st))
	case *ast.QueryStatement:
		q, err := a.AnalyzeQuery(ctx, st.Query)
		return query(q, err, namesOnly)
	}
	return fmt.Sprintf("unexpected statement %T", st)
}

func query(q *plan.Query, err error, namesOnly bool) string {
	if err != nil {
		return "ERROR " + err.Error()
	}
	text := explain.Query(q, explain.Options{})
	if namesOnly {
		text, _, _ = strings.Cut(text, "\n")
	}
	if err := planmodel.Check(q.Root); err != nil {
		text += "\nINVALID " + err.Error()
	}
	return text
}

func insert(in *plan.Insert, err error) string {
	if err != nil {
		return "ERROR " + err.Error()
	}
	text := explain.Insert(in, explain.Options{})
	for _, b := range in.Branches {
		if err := planmodel.Check(b.Root); err != nil {
			text += "\nINVALID " + err.Error()
		}
	}
	return text
}

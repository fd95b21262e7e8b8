package analyzer_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"skep/dialect/analyzer"
	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/conf"
	"skep/dialect/parser"
	"skep/dialect/types"
)

// memoryCatalog is a catalog of tables made from DDL.
type memoryCatalog struct {
	tables map[string]*catalog.Table
	macros map[string]*catalog.Macro
}

func newCatalog() *memoryCatalog {
	return &memoryCatalog{tables: map[string]*catalog.Table{}, macros: map[string]*catalog.Macro{}}
}

func (c *memoryCatalog) Table(_ context.Context, db, name string) (*catalog.Table, error) {
	if t := c.tables[db+"."+name]; t != nil {
		return t, nil
	}
	return nil, catalog.ErrNotFound
}

func (c *memoryCatalog) HasDatabase(_ context.Context, db string) (bool, error) {
	return db == "default", nil
}

func (c *memoryCatalog) Partitions(context.Context, *catalog.Table, *catalog.PartitionFilter, func([]types.Datum) (bool, error)) ([]*catalog.Partition, error) {
	return nil, nil
}

func (c *memoryCatalog) Macro(name string) *catalog.Macro { return c.macros[name] }

func typeText(b *strings.Builder, t *ast.TypeName) {
	b.WriteString(t.Name)
	for i, a := range t.Args {
		fmt.Fprintf(b, "%c%d", "(,"[min(i, 1)], a)
	}
	if len(t.Args) > 0 {
		b.WriteByte(')')
	}
	if len(t.Params)+len(t.Fields) == 0 {
		return
	}
	b.WriteByte('<')
	for i, p := range t.Params {
		if i > 0 {
			b.WriteByte(',')
		}
		typeText(b, p)
	}
	for i, f := range t.Fields {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(f.Name.Name + ":")
		typeText(b, f.Type)
	}
	b.WriteByte('>')
}

func (c *memoryCatalog) create(t testing.TB, s *ast.CreateTable) {
	t.Helper()
	tb := &catalog.Table{DB: "default", Name: strings.ToLower(s.Name.Name.Name)}
	if s.Name.DB != nil {
		tb.DB = strings.ToLower(s.Name.DB.Name)
	}
	columns := func(defs []*ast.ColumnDef) []catalog.Column {
		var out []catalog.Column
		for _, d := range defs {
			var b strings.Builder
			typeText(&b, d.Type)
			ty, err := types.Parse(b.String())
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, catalog.Column{Name: strings.ToLower(d.Name.Name), Type: ty})
		}
		return out
	}
	tb.Columns, tb.PartitionKeys = columns(s.Columns), columns(s.PartitionColumns)
	c.tables[tb.DB+"."+tb.Name] = tb
}

func newAnalyzer(cat catalog.Catalog, settings map[string]string, text string) *analyzer.Analyzer {
	c := conf.New(nil)
	for k, v := range settings {
		c.Set(k, v)
	}
	return analyzer.New(analyzer.Env{
		Catalog: cat, Conf: c, User: "tester", Now: time.Date(2024, 3, 1, 12, 30, 15, 0, time.UTC), Text: text,
		ParseQuery: func(text string) (*ast.Query, error) { return parser.ParseQuery(text, parser.Options{}) },
	})
}

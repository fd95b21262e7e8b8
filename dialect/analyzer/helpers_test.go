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
	"skep/dialect/plan"
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

// checkPlan verifies that every column used is produced below, that no subquery expression is left, and that operands have the
// types of the columns they refer to.
func checkPlan(n plan.Node) error {
	return checkNode(n, map[*plan.SharedDef]bool{})
}

func checkNode(n plan.Node, seen map[*plan.SharedDef]bool) error {
	have := map[plan.ColumnID]*types.Type{}
	for _, in := range n.Inputs() {
		if err := checkNode(in, seen); err != nil {
			return err
		}
		for _, c := range in.Columns() {
			if _, dup := have[c.ID]; dup {
				return fmt.Errorf("%T: column %s#%d comes from two inputs", n, c.Name, c.ID)
			}
			have[c.ID] = c.Type
		}
	}
	if s, ok := n.(*plan.Scan); ok {
		for _, c := range s.Cols {
			have[c.ID] = c.Type
		}
	}
	if s, ok := n.(*plan.Shared); ok {
		if len(s.Cols) != len(s.Def.Plan.Columns()) {
			return fmt.Errorf("shared %s: %d columns for %d", s.Def.Name, len(s.Cols), len(s.Def.Plan.Columns()))
		}
		for i, c := range s.Def.Plan.Columns() {
			if !c.Type.Equal(s.Cols[i].Type) {
				return fmt.Errorf("shared %s: column %s is %v, not %v", s.Def.Name, c.Name, c.Type, s.Cols[i].Type)
			}
		}
		if !seen[s.Def] {
			seen[s.Def] = true
			if err := checkNode(s.Def.Plan, seen); err != nil {
				return err
			}
		}
	}
	if u, ok := n.(*plan.Union); ok {
		for k, in := range u.All {
			cols := plan.OutputSet(in)
			for i, id := range u.Sources[k] {
				if !cols.Has(id) {
					return fmt.Errorf("union: column #%d is missing in branch %d", id, k)
				}
				for _, c := range in.Columns() {
					if c.ID == id && !c.Type.Equal(u.Cols[i].Type) {
						return fmt.Errorf("union: branch %d column %s is %v, not %v", k, c.Name, c.Type, u.Cols[i].Type)
					}
				}
			}
		}
	}
	var err error
	for _, e := range plan.Exprs(n) {
		plan.Visit(e, func(x plan.Expr) bool {
			switch x := x.(type) {
			case *plan.ColumnRef:
				t, ok := have[x.ID]
				if !ok && err == nil {
					err = fmt.Errorf("%T: column %v is not produced below", n, x)
				} else if ok && !t.Equal(x.T) && err == nil {
					err = fmt.Errorf("%T: column %v is %v, used as %v", n, x, t, x.T)
				}
			case *plan.Subquery:
				err = fmt.Errorf("%T: a subquery expression is left", n)
			}
			return err == nil
		})
	}
	outs := plan.ColumnSet{}
	for _, c := range n.Columns() {
		if outs.Has(c.ID) {
			return fmt.Errorf("%T: column %s#%d is output twice", n, c.Name, c.ID)
		}
		outs.Add(c.ID)
		if c.Type == nil {
			return fmt.Errorf("%T: column %s#%d has no type", n, c.Name, c.ID)
		}
	}
	return err
}

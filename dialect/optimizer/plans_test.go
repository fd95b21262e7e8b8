package optimizer_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"skep/dialect/analyzer"
	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/conf"
	"skep/dialect/explain"
	"skep/dialect/function"
	"skep/dialect/internal/planmodel"
	"skep/dialect/optimizer"
	"skep/dialect/parser"
	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/expr"
)

var rewrite = flag.Bool("rewrite", false, "write what the optimizer gives into testdata")

// TestPlans runs testdata/*.txt. A file is a list of blocks separated by blank lines; a block that starts with "--" is a remark.
// The others are one of
//
//	table NAME rows=N, then a line per column: name type [distinct=N] [nulls=N] [min=N max=N] [partition=V,V,…]
//	disable RULE,RULE — for the queries that follow; "disable" alone ends it
//	rows on — queries print estimated rows from here on; "rows off" ends it
//	a query, then a line of dashes, then its optimised plan
func TestPlans(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) { runPlans(t, f) })
	}
}

func runPlans(t *testing.T, path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c := &tables{byName: map[string]*catalog.Table{}, parts: map[string][]*catalog.Partition{}}
	disabled, rows := "", false
	var out strings.Builder
	for _, block := range strings.Split(strings.TrimSpace(string(data)), "\n\n") {
		stmt, want, _ := strings.Cut(block, "\n----\n")
		out.WriteString(stmt + "\n")
		word, rest, _ := strings.Cut(stmt, " ")
		switch word {
		case "--":
		case "table":
			if err := c.add(rest); err != nil {
				t.Fatalf("%s: %v", stmt, err)
			}
		case "disable", "disable\n":
			disabled = rest
		case "rows":
			rows = rest == "on"
		default:
			got := strings.TrimRight(c.optimised(stmt, disabled, rows), "\n")
			if got != strings.TrimRight(want, "\n") && !*rewrite {
				t.Errorf("%s\ngot:\n%s\nwant:\n%s", stmt, got, want)
			}
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

// tables is a catalog in memory.
type tables struct {
	byName map[string]*catalog.Table
	parts  map[string][]*catalog.Partition
}

func (c *tables) add(text string) error {
	lines := strings.Split(text, "\n")
	head := strings.Fields(lines[0])
	t := &catalog.Table{DB: "default", Name: head[0]}
	stats := &catalog.Stats{Rows: -1, Columns: map[string]*catalog.ColumnStats{}}
	if len(head) > 1 {
		n, err := strconv.ParseInt(strings.TrimPrefix(head[1], "rows="), 10, 64)
		if err != nil {
			return err
		}
		stats.Rows = n
		t.Stats = stats
	}
	for _, l := range lines[1:] {
		f := strings.Fields(l)
		ty, err := types.Parse(f[1])
		if err != nil {
			return err
		}
		col := catalog.Column{Name: f[0], Type: ty}
		s := &catalog.ColumnStats{Distinct: -1, Nulls: -1}
		partition := false
		for _, opt := range f[2:] {
			key, v, _ := strings.Cut(opt, "=")
			if key == "partition" {
				partition = true
				for _, name := range strings.Split(v, ",") {
					n, err := strconv.ParseInt(name, 10, 64)
					if err != nil {
						return err
					}
					c.parts[t.Name] = append(c.parts[t.Name], &catalog.Partition{Values: []types.Datum{{I: n}}, Names: []string{name}, Stats: stats})
				}
				continue
			}
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil {
				return err
			}
			switch key {
			case "distinct":
				s.Distinct = n
			case "nulls":
				s.Nulls = n
			case "min":
				s.HasMinMax, s.Min = true, types.Datum{I: n}
			case "max":
				s.Max = types.Datum{I: n}
			default:
				return fmt.Errorf("unknown option %s", key)
			}
		}
		if partition {
			t.PartitionKeys = append(t.PartitionKeys, col)
			continue
		}
		t.Columns = append(t.Columns, col)
		stats.Columns[col.Name] = s
	}
	c.byName[t.Name] = t
	return nil
}

func (c *tables) Table(_ context.Context, _, name string) (*catalog.Table, error) {
	if t := c.byName[name]; t != nil {
		return t, nil
	}
	return nil, catalog.ErrNotFound
}

func (c *tables) HasDatabase(context.Context, string) (bool, error) { return true, nil }

func (c *tables) Partitions(_ context.Context, t *catalog.Table, filter *catalog.PartitionFilter, keep func([]types.Datum) (bool, error)) ([]*catalog.Partition, error) {
	var out []*catalog.Partition
	for _, p := range c.parts[t.Name] {
		ok, err := keep(p.Values)
		if err != nil {
			return nil, err
		}
		if ok && equalities(filter, p.Values) {
			out = append(out, p)
		}
	}
	return out, nil
}

// equalities tests the equalities of a conjunction; the rest of it may be taken as true.
func equalities(f *catalog.PartitionFilter, values []types.Datum) bool {
	if f == nil {
		return true
	}
	switch f.Op {
	case catalog.And:
		for _, a := range f.Args {
			if !equalities(a, values) {
				return false
			}
		}
	case catalog.Equal:
		return values[f.Column].I == f.Values[0].I
	}
	return true
}

func (c *tables) Macro(string) *catalog.Macro { return nil }

type folder struct{ env *expr.Env }

func (f folder) Fold(e plan.Expr) (types.Datum, error) { return expr.Fold(f.env, e) }

func (c *tables) optimised(sql, disabled string, rows bool) string {
	now := time.Date(2024, 3, 1, 12, 30, 15, 0, time.UTC)
	settings := conf.New(nil)
	f := folder{&expr.Env{HiveVersion: settings.HiveVersion(), Location: time.UTC, Now: now, Conf: settings.Get}}
	parse := func(text string) (*ast.Query, error) { return parser.ParseQuery(text, parser.Options{}) }
	q, err := parse(sql)
	if err != nil {
		return "ERROR " + err.Error()
	}
	a := analyzer.New(analyzer.Env{Catalog: c, Conf: settings, Now: now, Location: time.UTC, Folder: f, Text: sql, ParseQuery: parse})
	analysed, err := a.AnalyzeQuery(context.Background(), q)
	if err != nil {
		return "ERROR " + err.Error()
	}
	env := &optimizer.Env{Catalog: c, Folder: f, Disabled: disabled, Deterministic: func(name string) bool {
		f, ok := function.Lookup(name)
		return !ok || f.Deterministic && !f.Stateful
	}}
	n, err := optimizer.Optimize(context.Background(), env, analysed.Root)
	if err != nil {
		return "ERROR " + err.Error()
	}
	if err := planmodel.Check(n); err != nil {
		return "INVALID " + err.Error()
	}
	opts := explain.Options{}
	if rows {
		opts.Rows = optimizer.Estimator(env)
	}
	return explain.Plan(n, opts)
}

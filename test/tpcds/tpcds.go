// Package tpcds loads TPC-DS into a HiveServer2 endpoint and compares what its
// queries answer with the answers recorded from a real Hive. Queries, table
// definitions and answers are read from a directory outside the repository.
package tpcds

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"skep/test/hs2"
	"skep/test/qfile"
)

// Query is one query file with the answer recorded for it.
type Query struct {
	Name     string // "q1", "q14a", "ss_max"
	SQL      string // without the final ';'
	Expected Answer
}

// Answer is what Hive answered: all rows as text, or the first 2,000 of Count.
type Answer struct {
	Columns []string    `json:"columns"`
	Types   []string    `json:"types"`
	Count   int         `json:"count"`
	Rows    [][]*string `json:"rows"`
}

// Queries reads the query files below dir and their answers at the scale
// factor ("0.01", "1"), in the order of their numbers.
func Queries(dir, scale string) ([]Query, error) {
	path := filepath.Join(dir, "expected", "hive4.0.1-sf"+strings.ReplaceAll(scale, ".", "")+".json")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("recorded answers: %w", err)
	}
	var expected map[string]Answer
	if err := json.Unmarshal(text, &expected); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	out, err := Texts(dir)
	if err != nil {
		return nil, err
	}
	for i := range out {
		answer, ok := expected[out[i].Name]
		if !ok {
			return nil, fmt.Errorf("%s has no answer for %s", path, out[i].Name)
		}
		out[i].Expected = answer
	}
	return out, nil
}

// Texts reads the query files alone, in the same order, for scales without recorded answers.
func Texts(dir string) ([]Query, error) {
	files, err := filepath.Glob(filepath.Join(dir, "queries", "*.sql"))
	if err != nil {
		return nil, err
	}
	var out []Query
	for _, f := range files {
		sql, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		out = append(out, Query{Name: strings.TrimSuffix(filepath.Base(f), ".sql"), SQL: strings.TrimRight(strings.TrimSpace(string(sql)), "; \n")})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no query files in %s", dir)
	}
	slices.SortFunc(out, func(a, b Query) int {
		if n, m := number(a.Name), number(b.Name); n != m {
			return n - m
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out, nil
}

func number(name string) int {
	n, err := strconv.Atoi(strings.Trim(name, "qab"))
	if err != nil {
		return 1000
	}
	return n
}

// Script reads an HQL script of dir and replaces its ${hivevar:…} variables.
func Script(dir, name string, vars map[string]string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	s := regexp.MustCompile(`\$\{hivevar:(\w+)\}`).ReplaceAllStringFunc(string(text), func(v string) string {
		key := v[len("${hivevar:") : len(v)-1]
		if value, ok := vars[key]; ok {
			return value
		}
		return v
	})
	stmts, err := qfile.ParseStatements(s)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", name, err)
	}
	var out []string
	for _, st := range stmts {
		out = append(out, st.SQL)
	}
	return out, nil
}

// Database is the name of the database holding a scale factor in a format.
func Database(scale, format string) string {
	return "tpcds_" + strings.ReplaceAll(scale, ".", "") + "_" + format
}

// Load creates the database of one format: "text" declares tables over data,
// any other format copies those of text into tables of its own. progress is
// told each statement before it runs.
func Load(ctx context.Context, client *hs2.Client, dir, data, scale, format string, progress func(sql string)) error {
	db, text := Database(scale, format), Database(scale, "text")
	script, vars := "load.hql", map[string]string{"DB": db, "SRC": text, "FORMAT": format}
	if format == "text" {
		abs, err := filepath.Abs(data)
		if err != nil {
			return err
		}
		script, vars = "text.hql", map[string]string{"DB": db, "DATA": "file://" + abs}
	}
	stmts, err := Script(dir, script, vars)
	if err != nil {
		return err
	}
	for _, sql := range append([]string{"drop database if exists " + db + " cascade"}, stmts...) {
		progress(sql)
		if _, err := client.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", strings.Join(strings.Fields(sql), " "), err)
		}
	}
	return nil
}

// Verdict of a query: pass when the rows equal the recorded ones.
type Verdict struct {
	Pass bool
	Ties bool   // passes, but rows tied at the LIMIT differ
	Diff string // why it fails
}

// Compare judges a result: rows as multisets, doubles within 1e-4 relative,
// everything else exactly; the ORDER BY columns that are in the output must
// come in the recorded sequence; among rows tied at the LIMIT any may be there.
func Compare(q Query, got *hs2.Result) Verdict {
	if len(got.Columns) != len(q.Expected.Columns) {
		return Verdict{Diff: fmt.Sprintf("%d columns, want %d", len(got.Columns), len(q.Expected.Columns))}
	}
	if len(got.Rows) != q.Expected.Count {
		return Verdict{Diff: fmt.Sprintf("%d rows, want %d", len(got.Rows), q.Expected.Count)}
	}
	want := make([][]hs2.Value, len(q.Expected.Rows))
	for i, row := range q.Expected.Rows {
		for _, c := range row {
			if c == nil {
				want[i] = append(want[i], hs2.Value{Null: true})
			} else {
				want[i] = append(want[i], hs2.Value{Text: *c})
			}
		}
	}
	c := comparison{types: q.Expected.Types}
	onlyWant, onlyGot := c.difference(want, got.Rows)
	complete := len(want) == q.Expected.Count
	keys := orderKeys(q.SQL, q.Expected.Columns)
	if len(onlyWant) == 0 && (!complete || len(onlyGot) == 0) {
		if i := c.sequenceDiffers(keys, want, got.Rows); i >= 0 {
			return Verdict{Diff: fmt.Sprintf("order differs from row %d: %s, want %s", i+1, show(got.Rows[i]), show(want[i]))}
		}
		return Verdict{Pass: true}
	}
	if limit := limitOf(q.SQL); complete && limit == len(want) && len(keys) > 0 && c.sequenceDiffers(keys, want, got.Rows) < 0 {
		last := want[len(want)-1]
		tied := func(row []hs2.Value) bool { return c.equalAt(keys, row, last) }
		if all(onlyWant, tied) && all(onlyGot, tied) {
			return Verdict{Pass: true, Ties: true}
		}
	}
	d := fmt.Sprintf("%d of %d rows differ", len(onlyWant), len(want))
	for i := 0; i < 3 && i < len(onlyWant); i++ {
		d += "\n      want " + show(onlyWant[i])
	}
	for i := 0; i < 3 && i < len(onlyGot) && complete; i++ {
		d += "\n      got  " + show(onlyGot[i])
	}
	return Verdict{Diff: d}
}

func all(rows [][]hs2.Value, f func([]hs2.Value) bool) bool {
	return !slices.ContainsFunc(rows, func(r []hs2.Value) bool { return !f(r) })
}

func show(row []hs2.Value) string {
	var s []string
	for _, v := range row {
		if v.Null {
			s = append(s, "NULL")
		} else {
			s = append(s, v.Text)
		}
	}
	return strings.Join(s, " | ")
}

// Names are the names of the queries, for messages.
func Names(qs []Query) string {
	var s []string
	for _, q := range qs {
		s = append(s, q.Name)
	}
	sort.Strings(s)
	return strings.Join(s, " ")
}

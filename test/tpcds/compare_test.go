package tpcds

import (
	"slices"
	"strings"
	"testing"

	"skep/test/hs2"
)

func rows(text string) (out [][]hs2.Value) {
	for line := range strings.FieldsSeq(text) {
		var row []hs2.Value
		for cell := range strings.SplitSeq(line, ",") {
			row = append(row, hs2.Value{Text: cell, Null: cell == "NULL"})
		}
		out = append(out, row)
	}
	return out
}

func answer(types, text string) Answer {
	a := Answer{Types: strings.Split(types, ","), Columns: []string{"a", "b"}}
	for _, r := range rows(text) {
		var row []*string
		for i := range r {
			if r[i].Null {
				row = append(row, nil)
			} else {
				row = append(row, &r[i].Text)
			}
		}
		a.Rows = append(a.Rows, row)
	}
	a.Count = len(a.Rows)
	return a
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		name, sql, types, want, got string
		verdict                     string
	}{
		{"equal", "select a,b from t", "INT,INT", "1,2 3,4", "3,4 1,2", "pass"},
		{"cell", "select a,b from t", "INT,INT", "1,2 3,4", "3,4 1,3", "1 of 2 rows differ"},
		{"null", "select a,b from t", "INT,INT", "1,NULL", "1,0", "1 of 1 rows differ"},
		{"duplicate", "select a,b from t", "INT,INT", "1,1 1,1 2,2", "1,1 2,2 2,2", "1 of 3 rows differ"},
		{"missing row", "select a,b from t", "INT,INT", "1,1 1,1", "1,1", "1 rows, want 2"},
		{"close doubles", "select a,b from t", "INT,DOUBLE", "1,100.0", "1,100.005", "pass"},
		{"far doubles", "select a,b from t", "INT,DOUBLE", "1,100.0", "1,100.05", "differ"},
		{"decimals are exact", "select a,b from t", "INT,DECIMAL", "1,100.00", "1,100.01", "differ"},
		{"decimals in another notation", "select a,b from t", "INT,DECIMAL", "1,0E-17 2,1.50", "1,0.00000000000000000 2,1.5", "pass"},
		{"order", "select a,b from t order by a", "INT,INT", "1,2 3,4", "3,4 1,2", "order differs"},
		{"order by position", "select a,b from t order by 2 desc", "INT,INT", "3,4 1,2", "1,2 3,4", "order differs"},
		{"order among ties is free", "select a,b from t order by a", "INT,INT", "1,2 1,3", "1,3 1,2", "pass"},
		{"ties at the limit", "select a,b from t order by a limit 2", "INT,INT", "1,2 2,3", "1,2 2,9", "ties"},
		{"not a tie", "select a,b from t order by a limit 2", "INT,INT", "1,2 2,3", "1,9 2,3", "differ"},
		{"no limit, no ties", "select a,b from t order by a", "INT,INT", "1,2 2,3", "1,2 2,9", "differ"},
		{"limit not reached", "select a,b from t order by a limit 3", "INT,INT", "1,2 2,3", "1,2 2,9", "differ"},
	} {
		q := Query{SQL: c.sql, Expected: answer(c.types, c.want)}
		got := &hs2.Result{Columns: make([]hs2.Column, 2), Rows: rows(c.got)}
		v := Compare(q, got)
		text := v.Diff
		if v.Pass {
			text = "pass"
		}
		if v.Ties {
			text = "ties"
		}
		if !strings.Contains(text, c.verdict) {
			t.Errorf("%s: %q, want %q", c.name, text, c.verdict)
		}
	}
}

func TestOrderKeys(t *testing.T) {
	cols := []string{"a", "t.b", "c"}
	for sql, want := range map[string][]int{
		"select a from t order by a, b desc nulls last limit 10":          {0, 1},
		"select a from (select 1 order by c) x order by x.b, c":           {1, 2},
		"select a from t order by a, case when b = 1 then c end, c":       {0},
		"select rank() over (order by a) from t":                          nil,
		"select 'order by a' from t -- order by b\n order by c limit 100": {2},
	} {
		if got := orderKeys(sql, cols); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", sql, got, want)
		}
	}
}

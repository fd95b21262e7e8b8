package qfile

import (
	"strings"
	"testing"

	"skep/test/hs2"
)

func TestParseStatements(t *testing.T) {
	text := `-- a comment; with a semicolon
select 'a;b', "c--d" /* ; */ from t; select /*+ hint */ 1
  -- inside
  ;
--! sort
--! mask \d+
show tables;
`
	stmts, err := ParseStatements(text)
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		sql  string
		line int
	}{{`select 'a;b', "c--d" /* ; */ from t`, 2}, {"select /*+ hint */ 1", 2}, {"show tables", 7}}
	if len(stmts) != len(want) {
		t.Fatalf("%d statements: %+v", len(stmts), stmts)
	}
	for i, w := range want {
		if stmts[i].SQL != w.sql || stmts[i].Line != w.line {
			t.Errorf("statement %d: %q at line %d, want %q at %d", i, stmts[i].SQL, stmts[i].Line, w.sql, w.line)
		}
	}
	if stmts[2].Order != OrderFree || len(stmts[2].Masks) != 1 {
		t.Errorf("directives: %+v", stmts[2])
	}
	for _, bad := range []string{"select 1", "--! nonsense\nselect 1;"} {
		if _, err := ParseStatements(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestOrdered(t *testing.T) {
	for sql, want := range map[string]bool{
		"select a from t":                                              false,
		"select a from t order by a":                                   true,
		"select a from (select b from u order by b) t":                 false,
		"select rank() over (order by a) from t":                       false,
		"with x as (select 1 order by 1) select * from x":              false,
		"(select 1) union all (select 2)":                              false,
		"show tables":                                                  true,
		"select 'order by' from t":                                     false,
		"select a from t ORDER\n BY a limit 3":                         true,
		"insert into t select 1":                                       true,
		"select border, bye from t":                                    false,
		"from t select a order by a":                                   true,
		"select `order` , by1 from t where x in (select y order by z)": false,
	} {
		if got := (&Statement{SQL: sql}).Ordered(); got != want {
			t.Errorf("%s: ordered %v", sql, got)
		}
	}
}

func TestExpectationsRoundTrip(t *testing.T) {
	in := []Expectation{
		{SQL: "use x", Outcome: Outcome{Result: &hs2.Result{}}},
		{SQL: "select\n  1\n\nfrom t", Outcome: Outcome{Result: &hs2.Result{HasRows: true,
			Columns: []hs2.Column{{Name: "a b", Type: "int"}, {Name: "c", Type: "decimal(3,1)"}},
			Rows:    [][]hs2.Value{{{Text: ""}, {Null: true}}, {{Text: "tab\tnew\nback\\n"}, {Text: `\N`}}}}}},
		{SQL: "select x", Outcome: Outcome{Err: &hs2.Error{Code: 10004, SQLState: "42000", Message: "Line 1:7 no"}}},
		{SQL: "select y", Outcome: Outcome{Err: &hs2.Error{Code: 0, Message: "*"}}},
	}
	var b strings.Builder
	if err := WriteExpectations(&b, in); err != nil {
		t.Fatal(err)
	}
	out, err := parseExpectations(strings.NewReader(b.String()))
	if err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	if len(out) != len(in) {
		t.Fatalf("%d blocks, want %d", len(out), len(in))
	}
	for i := range in {
		if out[i].SQL != in[i].SQL {
			t.Errorf("block %d: %q, want %q", i, out[i].SQL, in[i].SQL)
		}
		if d := Compare(&Statement{SQL: "show x"}, in[i].Outcome, out[i].Outcome); d != "" {
			t.Errorf("block %d: %s", i, d)
		}
	}
}

func result(types string, rows ...string) Outcome {
	r := &hs2.Result{HasRows: true}
	for _, t := range strings.Fields(types) {
		r.Columns = append(r.Columns, hs2.Column{Name: "c", Type: t})
	}
	for _, row := range rows {
		var cells []hs2.Value
		for _, c := range strings.Fields(row) {
			cells = append(cells, hs2.Value{Text: c, Null: c == "NULL"})
		}
		r.Rows = append(r.Rows, cells)
	}
	return Outcome{Result: r}
}

func failure(code int, state, text string) Outcome {
	return Outcome{Err: &hs2.Error{Code: code, SQLState: state, Message: text}}
}

func TestCompare(t *testing.T) {
	ordered, free := &Statement{Order: OrderExact}, &Statement{Order: OrderFree}
	masked, err := ParseStatements("--! mask \\d+\nselect x order by x;")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		stmt      *Statement
		want, got Outcome
		differs   string // "" when equal
	}{
		{"equal", ordered, result("int", "1", "2"), result("int", "1", "2"), ""},
		{"order", ordered, result("int", "1", "2"), result("int", "2", "1"), "rows differ"},
		{"multiset", free, result("int", "1", "2", "2"), result("int", "2", "1", "2"), ""},
		{"multiset counts", free, result("int", "1", "2", "2"), result("int", "1", "1", "2"), "rows differ"},
		{"null is not a text", ordered, result("string", "NULL"), Outcome{Result: &hs2.Result{HasRows: true,
			Columns: []hs2.Column{{Name: "c", Type: "string"}}, Rows: [][]hs2.Value{{{Text: "NULL"}}}}}, "rows differ"},
		{"type", ordered, result("int", "1"), result("bigint", "1"), "columns"},
		{"nested types by their kind", ordered, result("array", "[1]"), result("array<int>", "[1]"), ""},
		{"decimal scale", ordered, result("decimal(3,1)", "1.0"), result("decimal(3,2)", "1.0"), "columns"},
		{"last digit of a double", free, result("double", "0.30000000000000004", "7.0"), result("double", "7.0", "0.3"), ""},
		{"doubles", ordered, result("double", "0.3"), result("double", "0.30001"), "rows differ"},
		{"strings are exact", ordered, result("string", "0.30000000000000004"), result("string", "0.3"), "rows differ"},
		{"missing row", free, result("int", "1", "2"), result("int", "1"), "1 rows, want 2"},
		{"error expected", ordered, failure(10001, "42S02", "x"), result("int"), "succeeded"},
		{"error unexpected", ordered, result("int"), failure(10001, "42S02", "x"), "failed"},
		{"error code", ordered, failure(10001, "42S02", "x"), failure(10002, "42S02", "x"), "error 10002"},
		{"error state", ordered, failure(10001, "42S02", "x"), failure(10001, "42000", "x"), "42000"},
		{"error wording", ordered, failure(10001, "42S02", "Line 1:7 x"), failure(10001, "42S02", "Line 1:7 y"), ""},
		{"error position", ordered, failure(10001, "42S02", "Line 1:7 x"), failure(10001, "42S02", "Line 1:8 x"), "position"},
		{"any error", ordered, failure(2, "08S01", "*"), failure(1, "", "y"), ""},
		{"no result set", ordered, Outcome{Result: &hs2.Result{}}, result("int"), "has a result set"},
		{"mask", &masked[0], result("string", "a1b"), result("string", "a22b"), ""},
		{"mask keeps the rest", &masked[0], result("string", "a1b"), result("string", "a22c"), "rows differ"},
		{"any", &Statement{Any: true}, Outcome{Result: &hs2.Result{}}, result("int", "1"), ""},
		{"any must succeed", &Statement{Any: true}, Outcome{Result: &hs2.Result{}}, failure(1, "", "y"), "failed"},
		{"fails", &Statement{Fails: true}, failure(1, "x", "y"), result("int"), "succeeded"},
	} {
		if d := Compare(c.stmt, c.want, c.got); (d == "") != (c.differs == "") || !strings.Contains(d, c.differs) {
			t.Errorf("%s: %q, want %q", c.name, d, c.differs)
		}
	}
}

package parser

import (
	"os"
	"strings"
	"testing"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
)

// TestErrorTexts compares with what Hive says; see testdata/errors.txt.
func TestErrorTexts(t *testing.T) {
	data, err := os.ReadFile("testdata/errors.txt")
	if err != nil {
		t.Fatal(err)
	}
	unescape := strings.NewReplacer(`\n`, "\n")
	cases := 0
	for _, block := range strings.Split(strings.TrimSpace(string(data)), "\n\n") {
		if strings.HasPrefix(block, "#") {
			continue
		}
		sql, want, ok := strings.Cut(block, "\n")
		if !ok {
			t.Fatalf("no error text in %q", block)
		}
		cases++
		_, err := Parse(unescape.Replace(sql), Options{})
		e, isErr := sqlerr.As(err)
		if !isErr {
			t.Errorf("%s: accepted", sql)
			continue
		}
		if e.Msg != unescape.Replace(want) {
			t.Errorf("%s\n got %s\nwant %s", sql, e.Msg, want)
		}
		if e.Kind != sqlerr.ParseException || e.SQLState != "42000" || e.Code != sqlerr.GenericError {
			t.Errorf("%s: %+v", sql, e)
		}
	}
	if cases < 90 {
		t.Fatalf("only %d cases", cases)
	}
}

func mustParse(t testing.TB, sql string, o Options) ast.Statement {
	t.Helper()
	s, err := Parse(sql, o)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return s
}

func selectOf(t testing.TB, sql string, o Options) *ast.Select {
	t.Helper()
	return mustParse(t, sql, o).(*ast.QueryStatement).Query.Body.(*ast.Select)
}

func TestPositions(t *testing.T) {
	const sql = "select a,\n  tbl.col + f(x, 'y')\nfrom `ü` tbl join u on 1 = 2 where é = 1"
	s, err := Parse(strings.ReplaceAll(sql, "é", "`é`"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	sel := s.(*ast.QueryStatement).Query.Body.(*ast.Select)
	check := func(n ast.Node, line, col int, token string) {
		t.Helper()
		if p := n.Position(); p.Line != line || p.Col != col || p.Token != token {
			t.Errorf("%T at %d:%d %q, want %d:%d %q", n, p.Line, p.Col, p.Token, line, col, token)
		}
	}
	check(sel.Items[0].Expr, 1, 7, "a")
	sum := sel.Items[1].Expr.(*ast.Binary)
	check(sum, 2, 2, "'y'")
	check(sum.Left, 2, 2, "col")
	check(sum.Right, 2, 12, "'y'")
	check(sum.Right.(*ast.Call).Args[0], 2, 14, "x")
	join := sel.From.(*ast.Join)
	check(join.Left.(*ast.TableRef).Name, 3, 5, "ü")
	check(join.Right, 3, 18, "u") // columns count characters, not bytes
	check(sel.Where, 3, 35, "1")
	if got := sel.Where.(*ast.Binary).Left.Position().Offset; sql[got-1:got] != " " {
		t.Errorf("offset %d is not where the condition starts", got)
	}
}

func TestPrecedence(t *testing.T) {
	level := Options{}
	op := func(sql string) ast.Expr { return selectOf(t, "select "+sql, level).Items[0].Expr }
	if e := op("a or b and not c = d").(*ast.Binary); e.Op != ast.OpOr || e.Right.(*ast.Binary).Op != ast.OpAnd {
		t.Error("AND binds tighter than OR")
	}
	if e := op("a + b || c").(*ast.Binary); e.Op != ast.OpConcat {
		t.Error("+ binds tighter than ||")
	}
	if e := op("a * b ^ c").(*ast.Binary); e.Op != ast.OpMul {
		t.Error("^ binds tighter than *")
	}
	if e := op("a = b < c").(*ast.Binary); e.Op != ast.OpEq {
		t.Error("< binds tighter than =")
	}
	if e, ok := op("a = b + c is null").(*ast.Is); !ok || e.Kind != ast.IsNull {
		t.Error("IS NULL belongs to the comparison before it")
	}
	if e, ok := op("not a is true and b").(*ast.Binary).Left.(*ast.Unary); !ok || e.Expr.(*ast.Is).Kind != ast.IsTrue {
		t.Error("IS TRUE binds tighter than NOT")
	}
	if e := op("a - b - c").(*ast.Binary); e.Left.(*ast.Binary).Op != ast.OpSub {
		t.Error("- groups to the left")
	}
	if e := op("not a in (1)").(*ast.Unary); e.Op != ast.OpNot {
		t.Error("NOT applies to the whole predicate")
	}
	level.Version = V31
	if e, ok := op("a + b is null").(*ast.Binary); !ok || e.Right.(*ast.Is).Kind != ast.IsNull {
		t.Error("IS NULL belongs to the operand before it in 3.1")
	}
}

func TestStrings(t *testing.T) {
	for text, want := range map[string]string{
		`'plain'`: "plain", `"dq"`: "dq", `'a''b'`: "ab", `'a' 'b'`: "ab", `'it\'s'`: "it's", `'a\nb\tc'`: "a\nb\tc",
		`'\\'`: `\`, `'\%\_'`: `\%\_`, `'\Z'`: "\x1a", `'\0'`: "\x00", `'\101'`: "A", `'\u0041\u00e9'`: "Aé",
		`'\ud83d\ude00'`: "😀", `'\q'`: "q", `'x"y'`: `x"y`, "'\\u12'": "u12",
	} {
		lit, ok := selectOf(t, "select "+text, Options{}).Items[0].Expr.(*ast.Literal)
		if !ok || lit.Kind != ast.LitString || lit.Value != want {
			t.Errorf("%s reads as %+v, want %q", text, lit, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for text, want := range map[string]ast.LiteralKind{
		"1": ast.LitInteger, "1L": ast.LitBigInt, "1s": ast.LitSmallInt, "1Y": ast.LitTinyInt, "1.5": ast.LitDecimal,
		"1.": ast.LitDecimal, "1e5": ast.LitDouble, "1.5E-3": ast.LitDouble, "1D": ast.LitDouble, "1.5bd": ast.LitDecimal,
		"10BD": ast.LitDecimal,
	} {
		lit, ok := selectOf(t, "select "+text, Options{}).Items[0].Expr.(*ast.Literal)
		if !ok || lit.Kind != want || lit.Text != text {
			t.Errorf("%s reads as %+v, want %s", text, lit, want)
		}
	}
	for _, name := range []string{"1abc", "2019_tbl", "1e", "0x", "1st"} {
		if _, ok := selectOf(t, "select "+name+" from t", Options{}).Items[0].Expr.(*ast.ColumnRef); !ok {
			t.Errorf("%s is not read as a name", name)
		}
	}
}

func TestQuotingModes(t *testing.T) {
	id := selectOf(t, "select `a``b c` from t", Options{}).Items[0].Expr.(*ast.ColumnRef).Name
	if id.Name != "a`b c" || !id.Quoted || id.Regex {
		t.Errorf("column mode: %+v", id)
	}
	id = selectOf(t, "select `(ds|hr)?+.+` from t", Options{Quoting: QuoteNone}).Items[0].Expr.(*ast.ColumnRef).Name
	if id.Name != "(ds|hr)?+.+" || !id.Regex {
		t.Errorf("none mode: %+v", id)
	}
	id = selectOf(t, `select "a b" from "t"`, Options{Quoting: QuoteStandard}).Items[0].Expr.(*ast.ColumnRef).Name
	if id.Name != "a b" || !id.Quoted {
		t.Errorf("standard mode: %+v", id)
	}
}

func TestVersions(t *testing.T) {
	for _, c := range []struct {
		sql        string
		in31, in40 bool
	}{
		{"select qualify from t", true, false},
		{"select a from t qualify row_number() over (order by a) = 1", false, true},
		{"select real from t", true, false},
		{"select any from t", false, false},
		{"truncate t", false, true},
		{"create table some (a int)", true, false},
		{"explain cbo select 1", true, true},
		{"values (1)", true, true},
	} {
		for _, v := range []Version{V31, V40} {
			_, err := Parse(c.sql, Options{Version: v})
			want := c.in40
			if v == V31 {
				want = c.in31
			}
			if (err == nil) != want {
				t.Errorf("version %d: %s: %v", v, c.sql, err)
			}
		}
	}
}

func TestQueryShapes(t *testing.T) {
	q := mustParse(t, "(select 1 limit 1) union all (select 2) order by 1", Options{}).(*ast.QueryStatement).Query
	op := q.Body.(*ast.SetOp)
	if left, ok := op.Left.(*ast.Query); !ok || left.Limit == nil {
		t.Error("the limit belongs to the left branch")
	}
	if _, ok := op.Right.(*ast.Select); !ok || q.OrderBy == nil {
		t.Error("the order belongs to the whole union")
	}
	if _, ok := mustParse(t, "from t select a", Options{}).(*ast.QueryStatement); !ok {
		t.Error("FROM-first select is a query")
	}
	if n, ok := mustParse(t, "from t insert into u select a where b", Options{}).(*ast.Insert); !ok || n.Query.Body.(*ast.Select).From == nil {
		t.Error("FROM-first single insert is an insert")
	}
	if n, ok := mustParse(t, "from t insert into u select a insert into v select b", Options{}).(*ast.MultiInsert); !ok || len(n.Branches) != 2 {
		t.Error("two branches make a multi-insert")
	}
	const view = "create view v as /* c */ with q as (select 1) select * from q  ;"
	if got := mustParse(t, view, Options{}).(*ast.CreateView).Query.Span.Text(view); got != "with q as (select 1) select * from q" {
		t.Errorf("view text %q", got)
	}
}

func TestDepthLimit(t *testing.T) {
	for name, sql := range map[string]string{
		"parentheses": "select " + strings.Repeat("(", 50000) + "1" + strings.Repeat(")", 50000),
		"not":         "select " + strings.Repeat("not ", 50000) + "a",
		"minus":       "select " + strings.Repeat("- ", 50000) + "a",
		"subqueries":  strings.Repeat("select * from (", 50000) + "select 1" + strings.Repeat(") a", 50000),
		"queries":     strings.Repeat("(", 50000) + "select 1" + strings.Repeat(")", 50000),
		"types":       "create table t (a " + strings.Repeat("array<", 50000) + "int" + strings.Repeat(">", 50000) + ")",
		"case":        "select " + strings.Repeat("case when ", 50000),
		"calls":       "select " + strings.Repeat("f(", 50000),
		"explain":     strings.Repeat("explain ", 50000) + "select 1",
	} {
		_, err := Parse(sql, Options{})
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	long := "select " + strings.Repeat("a + ", 100000) + "a"
	mustParse(t, long, Options{})
	mustParse(t, strings.Repeat("select 1 union all ", 20000)+"select 1", Options{})
	mustParse(t, "select * from t where "+strings.Repeat("a = 1 or ", 20000)+"b = 2", Options{})
}

func TestEmptyAndSemicolons(t *testing.T) {
	for _, sql := range []string{"", " \n", "-- c", "/* c */;", ";;"} {
		if !Empty(sql) {
			t.Errorf("%q is empty", sql)
		}
		if _, err := Parse(sql, Options{}); err == nil {
			t.Errorf("%q is no statement", sql)
		}
	}
	if Empty("select 1") || Empty("'") {
		t.Error("a statement is not empty")
	}
	mustParse(t, "-- c\nselect 1 -- x\n;;", Options{})
}

func TestCommands(t *testing.T) {
	for sql, want := range map[string]string{
		"set a=b": "set|a=b", " SET  x = y z ": "set|x = y z", "set": "set|", "-- c\nadd jar /x.jar": "add|jar /x.jar",
		"/* c */ dfs -ls /": "dfs|-ls /", "reset -d a": "reset|-d a", "list jars": "list|jars", "delete jar x": "delete|jar x",
		"select 1": "", "set autocommit true": "", "": "", "settle": "", "compile `x` as groovy named y": "compile|`x` as groovy named y",
		"set a=b;": "set|a=b",
	} {
		got := ""
		if c := ParseCommand(sql); c != nil {
			got = c.Name + "|" + c.Args
		}
		if got != want {
			t.Errorf("%q: %q, want %q", sql, got, want)
		}
	}
}

func TestDefaultsInValues(t *testing.T) {
	n := mustParse(t, "insert into t values (default, `default`, 1)", Options{}).(*ast.Insert)
	row := n.Query.Body.(*ast.Values).Rows[0].Items
	if _, ok := row[0].(*ast.DefaultValue); !ok {
		t.Errorf("%T", row[0])
	}
	if _, ok := row[2].(*ast.Literal); !ok {
		t.Errorf("%T", row[2])
	}
}

const benchQuery = `
with ss as (
  select i_manufact_id, sum(ss_ext_sales_price * (1 - ss_discount) / nullif(ss_quantity, 0)) as total_sales,
         case when d_moy between 1 and 6 then 'first' when d_moy > 6 then 'second' else null end as half,
         rank() over (partition by i_category, i_class order by sum(ss_sales_price) desc nulls last) as rk
  from store_sales s join date_dim d on s.ss_sold_date_sk = d.d_date_sk and d.d_year = 1999
       left outer join item on ss_item_sk = i_item_sk
  where i_manufact_id in (select i_manufact_id from item where i_category in ('Electronics', 'Music'))
    and d_moy = 3 and ca_gmt_offset = -6.0 and cast(c_birth_year as int) >= 1950
    and not exists (select * from web_sales where ws_bill_customer_sk = c_customer_sk)
  group by i_manufact_id, i_category, i_class having count(distinct ss_ticket_number) > 2)
select i_manufact_id, sum(total_sales) total from ss group by i_manufact_id
`

func BenchmarkParse200Lines(b *testing.B) {
	sql := strings.Repeat("select * from (\n"+strings.TrimSpace(strings.ReplaceAll(benchQuery, "with ss as", "with ss as"))+"\n) q\nunion all\n", 13) + "select 1"
	b.SetBytes(int64(len(sql)))
	b.ReportMetric(float64(strings.Count(sql, "\n")), "lines")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(sql, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

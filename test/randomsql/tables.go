package randomsql

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// column of a table: its class is the name of its type without parameters, or
// one of the short names of nested types (ints, texts, map, struct, structs).
type column struct{ name, class, typ string }

type table struct {
	name    string
	columns []column
	parts   int    // the last so many columns are those of partitions
	layout  string // further clauses of CREATE TABLE
	format  string // unless all tables get the same
	rows    int
}

func columns(spec string) (out []column) {
	for f := range strings.SplitSeq(spec, ", ") {
		name, typ, _ := strings.Cut(f, " ")
		class, _, _ := strings.Cut(typ, "(")
		switch typ {
		case "array<int>":
			class = "ints"
		case "array<string>":
			class = "texts"
		case "map<string,int>":
			class = "map"
		case "struct<x:int,y:string>":
			class = "struct"
		case "array<struct<x:int,y:double>>":
			class = "structs"
		case "timestamp with local time zone":
			class = "tz"
		}
		out = append(out, column{name, class, typ})
	}
	return out
}

var tables = []table{
	{name: "rn", columns: columns("id int, ti tinyint, si smallint, i int, bi bigint, f float, d double, m decimal(10,2), w decimal(38,18), s string, b boolean"), format: "textfile", rows: 26},
	{name: "rt", columns: columns("id int, s string, vc varchar(8), c char(6), bin binary, dt date, ts timestamp, k int, b boolean"), format: "parquet", rows: 24},
	{name: "rp", columns: columns("id int, k int, v bigint, x double, m decimal(7,3), dt date, p string, q int"), parts: 2, format: "orc", rows: 22},
	{name: "rb", columns: columns("id int, k int, s string, si smallint, d double, ts timestamp, c char(4)"), layout: " clustered by (k) into 3 buckets", format: "orc", rows: 18},
	{name: "rx", columns: columns("id int, a array<int>, sa array<string>, mp map<string,int>, st struct<x:int,y:string>, ast array<struct<x:int,y:double>>, k int"), format: "orc", rows: 10},
	{name: "rz", columns: columns("id int, tz timestamp with local time zone, ts timestamp, dt date, l bigint, vc varchar(4)"), format: "textfile", rows: 10},
}

// pools are the values of columns by class, as literals of strings without quotes; many rows share them.
var pools = map[string][]string{
	"tinyint":   {"0", "1", "2", "3", "-1", "127", "-128", "10"},
	"smallint":  {"0", "1", "2", "3", "-5", "32767", "-32768", "10", "100"},
	"int":       {"0", "1", "2", "3", "4", "5", "-7", "10", "2147483647", "-2147483648"},
	"bigint":    {"0", "1", "2", "3", "10", "-20", "9223372036854775807", "-9223372036854775808", "5000000000"},
	"float":     {"0", "1", "1.5", "-2.25", "0.1", "3", "10", "1e10", "-3"},
	"double":    {"0", "1", "1.5", "-2.25", "0.1", "3", "10", "1e10", "-3", "2.5"},
	"decimal":   {"0", "1", "1.5", "-2.25", "0.1", "3", "10", "999.99", "-100", "2.50"},
	"string":    {"a", "b", "A", "", "a ", " a", "ä", "10", "1", "abc", "日本", "b%_", "2020-01-01", "1.5", "true"},
	"varchar":   {"a", "b", "", "a ", "äö", "10", "1", "abc", "日本"},
	"char":      {"a", "b", "", "a", "äö", "10", "1", "abc", "日本"},
	"binary":    {"a", "", "abc", "ä", "10"},
	"boolean":   {"true", "false"},
	"date":      {"2020-01-01", "2020-01-31", "2020-02-29", "1970-01-01", "1999-12-31", "2021-06-15", "1900-01-01", "9999-12-31"},
	"timestamp": {"2020-01-01 00:00:00", "2020-01-01 10:00:00", "2020-02-29 23:59:59.999999999", "1970-01-01 00:00:00", "1999-12-31 12:34:56.789", "2021-06-15 06:07:08.123456", "1969-12-31 23:59:58.5"},
	"tz":        {"2020-01-01 00:00:00 UTC", "2020-01-01 10:00:00 Europe/Berlin", "2020-07-01 10:00:00 America/New_York", "1999-12-31 23:59:59.5 UTC"},
}

// nested are the values of the columns of nested types.
var nested = map[string][]string{
	"ints":    {"array(1,2,3)", "array(3,cast(null as int),1)", "array(5)", "array(2,2)", "if(false, array(1), null)"},
	"texts":   {"array('a','b')", "array('b',cast(null as string))", "array('')", "array('ä','a','a')"},
	"map":     {"map('a',1,'b',2)", "map('a',cast(null as int))", "map('z',0)", "map('b',2,'a',1)"},
	"struct":  {"named_struct('x',1,'y','a')", "named_struct('x',cast(null as int),'y','b')", "named_struct('x',2,'y',cast(null as string))"},
	"structs": {"array(named_struct('x',1,'y',1.5D))", "array(named_struct('x',2,'y',cast(null as double)),named_struct('x',cast(null as int),'y',0.0D))"},
}

// Setup are the statements that make and fill the tables in the current
// database. A format ("orc") replaces those the tables have of themselves.
func Setup(format string) (out []string) {
	r := rand.New(rand.NewPCG(7, 7))
	for _, t := range tables {
		stored := t.format
		if format != "" {
			stored = format
		}
		if stored == "parquet" && t.name == "rz" || stored == "textfile" && t.name == "rx" {
			stored = "orc" // Parquet stores no timestamps with local time zone, text no arrays of an empty text
		}
		data := t.columns[:len(t.columns)-t.parts]
		out = append(out, fmt.Sprintf("create table %s (%s)%s%s stored as %s", t.name, declare(data), partitioned(t), t.layout, stored))
		var rows []string
		raw := make([]string, len(t.columns)) // names of the columns of texts
		for i := range raw {
			raw[i] = fmt.Sprintf("c%d string", i)
		}
		for id := 1; id <= t.rows; id++ {
			cells := make([]string, len(t.columns))
			for i, c := range t.columns {
				cells[i] = cell(r, c, id)
			}
			rows = append(rows, "("+strings.Join(cells, ", ")+")")
		}
		if t.name == "rx" {
			for i, row := range rows {
				rows[i] = "select " + row[1:len(row)-1]
			}
			out = append(out, "insert into rx select * from ("+strings.Join(rows, " union all ")+") u")
			continue
		}
		out = append(out, fmt.Sprintf("create table %s_raw (%s)", t.name, strings.Join(raw, ", ")),
			fmt.Sprintf("insert into %s_raw values %s", t.name, strings.Join(rows, ", ")))
		casts := make([]string, len(t.columns))
		for i, c := range t.columns {
			casts[i] = fmt.Sprintf("cast(c%d as %s)", i, c.typ)
		}
		spec := ""
		if t.parts > 0 {
			out = append(out, "set hive.exec.dynamic.partition.mode=nonstrict")
			spec = " partition (p, q)"
		}
		out = append(out, fmt.Sprintf("insert into %s%s select %s from %s_raw", t.name, spec, strings.Join(casts, ", "), t.name), "drop table "+t.name+"_raw")
	}
	return out
}

func declare(cols []column) string {
	out := make([]string, len(cols))
	for i, c := range cols {
		out[i] = c.name + " " + c.typ
	}
	return strings.Join(out, ", ")
}

func partitioned(t table) string {
	if t.parts == 0 {
		return ""
	}
	return " partitioned by (" + declare(t.columns[len(t.columns)-t.parts:]) + ")"
}

func cell(r *rand.Rand, c column, id int) string {
	if c.name == "id" {
		return fmt.Sprintf("%d", id)
	}
	if pool := nested[c.class]; pool != nil {
		return pool[r.IntN(len(pool))]
	}
	switch c.name { // what joins
	case "k":
		if r.IntN(6) == 0 {
			return "null"
		}
		return fmt.Sprintf("'%d'", r.IntN(6))
	case "p":
		return fmt.Sprintf("'%s'", []string{"a", "b", "A b"}[r.IntN(3)])
	case "q":
		return fmt.Sprintf("'%d'", 1+r.IntN(2))
	}
	if r.IntN(6) == 0 {
		return "null"
	}
	pool := pools[c.class]
	v := pool[r.IntN(len(pool))]
	if c.typ == "decimal(38,18)" && r.IntN(4) == 0 {
		v = []string{"99999999999999999999.999999999999999999", "0.000000000000000001", "-12345678901234567890.5"}[r.IntN(3)]
	}
	if c.typ == "double" && c.name == "x" && r.IntN(10) == 0 {
		v = "NaN"
	}
	return "'" + v + "'"
}

package ddl

import (
	"testing"

	"skep/metastore/model"
	"skep/metastore/partition"
)

func TestReportRows(t *testing.T) {
	var r report
	r.cells("a", "int", "")
	r.line("")
	r.title("Heading")
	r.pair("Name:", "one\ntwo")
	r.cells("tab\there", `quote"`)
	r.line("a\t \tc\td")
	want := [][]string{
		{"a", "int", ""}, {"", "NULL", "NULL"}, {"", "NULL", "NULL"}, {"# Heading", "NULL", "NULL"},
		{"Name:               ", "one                 ", "NULL"}, {"", "                    ", "two                 "},
		{`tab\there`, `quote\"`, "NULL"}, {"a", "NULL", "c"},
	}
	rows := r.rows(3)
	if len(rows) != len(want) {
		t.Fatalf("%d rows, want %d", len(rows), len(want))
	}
	for i, row := range rows {
		for k, cell := range row {
			got := "NULL"
			if cell != nil {
				got = *cell
			}
			if got != want[i][k] {
				t.Errorf("row %d column %d: %q, want %q", i, k, got, want[i][k])
			}
		}
	}
	var none report
	if none.rows(1) != nil {
		t.Error("an empty report has rows")
	}
}

func TestEscapes(t *testing.T) {
	const s = "a'b;c\\d\n\té\x01\""
	for _, c := range []struct{ name, got, want string }{
		{"text", escapeText(s), "a'b;c\\\\d\\n\\té\x01\\\""},
		{"ASCII", escapeASCII(s), `a'b;c\\d\n\t` + `\u00E9\u0001\"`},
		{"command", quoteCommand(s), "a\\'b\\;c\\\\d\\n\\té\x01\""},
		{"controls", escapeControls("é\x01😀"), `\u00E9\u0001\uD83D\uDE00`},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

func TestCanBecome(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"int", "bigint", true}, {"bigint", "int", false}, {"int", "string", true}, {"string", "int", false}, {"float", "double", true},
		{"decimal(10,2)", "decimal(12,2)", true}, {"int", "decimal(10,0)", true}, {"varchar(10)", "varchar(20)", true},
		{"array<int>", "array<int>", true}, {"array<int>", "array<bigint>", false}, {"date", "string", true}, {"array<int>", "string", false},
	} {
		if got := canBecome(c.from, c.to, true); got != c.want {
			t.Errorf("%s to %s: %v", c.from, c.to, got)
		}
	}
}

func TestSpec(t *testing.T) {
	table := &model.Table{PartitionKeys: []model.Column{{Name: "ds", Type: "string"}, {Name: "hr", Type: "int"}}}
	s := spec{{key: "hr", value: "1", given: true}, {key: "ds"}}
	if got := s.String(); got != "{hr=1, ds=null}" {
		t.Errorf("text %s", got)
	}
	if _, ok := s.values(table); ok {
		t.Error("a spec without a value is not full")
	}
	p, err := partition.Bind(s.filter(table), []partition.Key{{Name: "ds", Type: partition.TypeOf("string")}, {Name: "hr", Type: partition.TypeOf("int")}})
	if err != nil {
		t.Fatal(err)
	}
	for hr, want := range map[int64]partition.Truth{1: partition.True, 2: partition.False} {
		if got := p.Match([]partition.Value{partition.StringValue("x"), partition.IntValue(hr)}); got != want {
			t.Errorf("hr=%d: %v", hr, got)
		}
	}
	if mirrored("<=") != ">=" || mirrored(">") != "<" || mirrored("<>") != "<>" || mirrored("=") != "=" {
		t.Error("mirrored operators")
	}
}

func TestThriftType(t *testing.T) {
	for text, want := range map[string]string{
		"int": "i32", "array<bigint>": "list<i64>", "map<string,boolean>": "map<string,bool>", "struct<a:smallint,b:array<int>>": "struct<a:i16,b:list<i32>>",
		"decimal(5,2)": "decimal(5,2)", "tinyint": "byte",
	} {
		if got := thriftType(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if got, want := quotedType("struct<a:int,b:map<int,struct<c:string>>>"), "struct<`a`:int, `b`:map<int,struct<`c`:string>>>"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

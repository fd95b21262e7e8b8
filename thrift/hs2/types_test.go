package hs2_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/beltran/gohive/hiveserver"
)

// wantTypes is what the three rows of "all types" (values, NULLs, extremes) look like to a client: type id with qualifiers, the
// TColumn member, and the texts.
var wantTypes = []struct{ typ, member, value, edge string }{
	{"BOOLEAN", "bool", "true", "false"},
	{"TINYINT", "byte", "1", "-128"},
	{"SMALLINT", "i16", "2", "-32768"},
	{"INT", "i32", "3", "-2147483648"},
	{"BIGINT", "i64", "4", "-9223372036854775808"},
	{"FLOAT", "double", "1.1", "3.4028235e+38"},
	{"DOUBLE", "double", "2.5", "1e+300"},
	{"DECIMAL precision=10 scale=2", "string", "1.50", "-0.05"},
	{"DECIMAL precision=38 scale=10", "string", "1.5000000000", "-10000000000000000001775934452.2308878335"},
	{"STRING", "string", "höhe\ttab", ""},
	{"VARCHAR characterMaximumLength=5", "string", "vc", ""},
	{"CHAR characterMaximumLength=5", "string", "ch   ", "     "},
	{"BINARY", "binary", "\x00\xffb", ""},
	{"DATE", "string", "2020-01-02", "0001-01-01"},
	{"TIMESTAMP", "string", "2020-01-02 03:04:05.12", "2020-01-02 03:04:05"},
	{"TIMESTAMPLOCALTZ", "string", "2020-01-01 22:04:05.5 America/New_York", "2020-06-24 08:00:00.0 America/New_York"},
	{"INTERVAL_YEAR_MONTH", "string", "1-2", "-1-2"},
	{"INTERVAL_DAY_TIME", "string", "1 02:03:04.500000000", "-1 02:03:04.500000000"},
	{"ARRAY", "string", "[1,null,3]", "[]"},
	{"MAP", "string", `{"a":1.0,"b\"q":null}`, "{}"},
	{"STRUCT", "string", `{"a":7,"b":"x"}`, `{"a":null,"b":null}`},
	{"UNION", "string", `{1:"u"}`, "{0:9}"},
	{"ARRAY", "string", "[1.5,1]", "[null]"},
	{"NULL", "string", "", ""},
}

// Traps 11, 12 and 13.
func TestEveryTypeColumnar(t *testing.T) {
	l := start(t, nil).dial(t)
	o := l.run(l.session(), "all types")
	m, err := l.GetResultSetMetadata(t.Context(), &hiveserver.TGetResultSetMetadataReq{OperationHandle: o})
	if err != nil {
		t.Fatal(err)
	}
	r := l.fetch(o, next, 100, 0)
	if len(r.Results.Columns) != len(wantTypes) {
		t.Fatalf("%d columns", len(r.Results.Columns))
	}
	for i, want := range wantTypes {
		d := m.Schema.Columns[i]
		if d.Position != int32(i+1) || len(d.TypeDesc.Types) != 1 || d.TypeDesc.Types[0].PrimitiveEntry == nil {
			t.Fatalf("column %d: position %d, type %v", i, d.Position, d.TypeDesc)
		}
		if got := typeText(d.TypeDesc.Types[0].PrimitiveEntry); got != want.typ {
			t.Errorf("column %d has type %q, want %q", i, got, want.typ)
		}
		member, texts, nulls := cells(r.Results.Columns[i])
		wantNulls := byte(0b010)
		if want.typ == "NULL" {
			wantNulls = 0b111
		}
		if member != want.member || len(texts) != 3 || texts[0] != want.value || texts[2] != want.edge {
			t.Errorf("column %d (%s): %s %q, want %s %q, %q", i, want.typ, member, texts, want.member, want.value, want.edge)
		}
		if len(nulls) != 1 || nulls[0] != wantNulls {
			t.Errorf("column %d: bitmap %08b, want %08b", i, nulls, wantNulls)
		}
		if placeholder := map[string]string{"bool": "false", "string": "", "binary": ""}[member]; len(texts) == 3 && texts[1] != placeholder && texts[1] != "0" {
			t.Errorf("column %d: %q stands for NULL", i, texts[1])
		}
	}
}

func typeText(e *hiveserver.TPrimitiveTypeEntry) string {
	text := strings.TrimSuffix(e.Type.String(), "_TYPE")
	if e.TypeQualifiers != nil {
		for _, name := range []string{"characterMaximumLength", "precision", "scale"} {
			if q := e.TypeQualifiers.Qualifiers[name]; q != nil {
				text += fmt.Sprintf(" %s=%d", name, q.GetI32Value())
			}
		}
	}
	return text
}

func cells(c *hiveserver.TColumn) (member string, texts []string, nulls []byte) {
	switch {
	case c.BoolVal != nil:
		return "bool", list(c.BoolVal.Values, strconv.FormatBool), c.BoolVal.Nulls
	case c.ByteVal != nil:
		return "byte", list(c.ByteVal.Values, number[int8]), c.ByteVal.Nulls
	case c.I16Val != nil:
		return "i16", list(c.I16Val.Values, number[int16]), c.I16Val.Nulls
	case c.I32Val != nil:
		return "i32", list(c.I32Val.Values, number[int32]), c.I32Val.Nulls
	case c.I64Val != nil:
		return "i64", list(c.I64Val.Values, number[int64]), c.I64Val.Nulls
	case c.DoubleVal != nil:
		return "double", list(c.DoubleVal.Values, func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }), c.DoubleVal.Nulls
	case c.StringVal != nil:
		return "string", c.StringVal.Values, c.StringVal.Nulls
	case c.BinaryVal != nil:
		return "binary", list(c.BinaryVal.Values, func(v []byte) string { return string(v) }), c.BinaryVal.Nulls
	}
	return "", nil, nil
}

func list[T any](values []T, text func(T) string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = text(v)
	}
	return out
}

func number[T int8 | int16 | int32 | int64](v T) string { return strconv.FormatInt(int64(v), 10) }

// Below V6 results travel row by row, NULL as a value that is not set, binary as a string.
func TestEveryTypeByRow(t *testing.T) {
	l := start(t, nil).dial(t)
	o := l.run(l.open(v5, nil).SessionHandle, "all types")
	r := l.fetch(o, next, 100, 0)
	if len(r.Results.Rows) != 3 || r.Results.Columns != nil {
		t.Fatalf("%d rows, columns %v", len(r.Results.Rows), r.Results.Columns)
	}
	for i, want := range wantTypes {
		if want.typ == "BINARY" {
			want.member, want.value = "string", "\x00\uFFFDb"
		}
		for row, text := range []string{want.value, "", want.edge} {
			null := row == 1 || want.typ == "NULL"
			member, got, set := rowCell(r.Results.Rows[row].ColVals[i])
			if member != want.member || set == null || set && got != text {
				t.Errorf("column %d row %d: %s %q (set %v), want %s %q", i, row, member, got, set, want.member, text)
			}
		}
	}
	if r := l.fetch(o, next, 100, 0); len(r.Results.Rows) != 0 {
		t.Errorf("%d rows after the end", len(r.Results.Rows))
	}
	if r := l.fetch(o, first, 2, 0); len(r.Results.Rows) != 2 {
		t.Errorf("%d rows after FETCH_FIRST", len(r.Results.Rows))
	}
}

func rowCell(v *hiveserver.TColumnValue) (member, text string, set bool) {
	switch {
	case v.BoolVal != nil:
		return "bool", strconv.FormatBool(v.BoolVal.GetValue()), v.BoolVal.Value != nil
	case v.ByteVal != nil:
		return "byte", number(v.ByteVal.GetValue()), v.ByteVal.Value != nil
	case v.I16Val != nil:
		return "i16", number(v.I16Val.GetValue()), v.I16Val.Value != nil
	case v.I32Val != nil:
		return "i32", number(v.I32Val.GetValue()), v.I32Val.Value != nil
	case v.I64Val != nil:
		return "i64", number(v.I64Val.GetValue()), v.I64Val.Value != nil
	case v.DoubleVal != nil:
		return "double", strconv.FormatFloat(v.DoubleVal.GetValue(), 'g', -1, 64), v.DoubleVal.Value != nil
	case v.StringVal != nil:
		return "string", v.StringVal.GetValue(), v.StringVal.Value != nil
	}
	return "", "", false
}

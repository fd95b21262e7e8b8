package hs2

import (
	"math"
	"testing"

	"github.com/beltran/gohive/hiveserver"
)

func TestFormatDouble(t *testing.T) {
	for _, c := range []struct {
		in   float64
		want string
	}{
		{0, "0.0"}, {math.Copysign(0, -1), "-0.0"}, {1, "1.0"}, {0.1, "0.1"}, {-2.5, "-2.5"}, {0.001, "0.001"}, {0.0001, "1.0E-4"},
		{9999999, "9999999.0"}, {1e7, "1.0E7"}, {123456789.25, "1.2345678925E8"}, {1e100, "1.0E100"}, {math.NaN(), "NaN"},
		{math.Inf(1), "Infinity"}, {math.Inf(-1), "-Infinity"}, {math.MaxFloat64, "1.7976931348623157E308"},
	} {
		if got := FormatDouble(c.in); got != c.want {
			t.Errorf("FormatDouble(%v) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestDecode(t *testing.T) {
	rs := &hiveserver.TRowSet{Columns: []*hiveserver.TColumn{
		{I32Val: &hiveserver.TI32Column{Values: []int32{1, 0, 3}, Nulls: []byte{2}}},
		{StringVal: &hiveserver.TStringColumn{Values: []string{"a", "b", ""}, Nulls: nil}},
	}}
	rows, err := decode(rs, make([]Column, 2))
	if err != nil {
		t.Fatal(err)
	}
	want := [][]Value{{{Text: "1"}, {Text: "a"}}, {{Null: true}, {Text: "b"}}, {{Text: "3"}, {}}}
	for i := range want {
		for j := range want[i] {
			if rows[i][j] != want[i][j] {
				t.Errorf("row %d column %d: %+v, want %+v", i, j, rows[i][j], want[i][j])
			}
		}
	}
	rs.Columns[1].StringVal.Values = []string{"a"}
	if _, err := decode(rs, make([]Column, 2)); err == nil {
		t.Error("columns of unequal length were accepted")
	}
}

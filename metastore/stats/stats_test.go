package stats

import (
	"reflect"
	"testing"

	"skep/metastore/model"
)

func TestParameters(t *testing.T) {
	p := map[string]string{"comment": "c"}
	if err := Replace(p, Files{2, 100}, Rows{10, 50}, []string{"b", "a"}); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"comment": "c", "numFiles": "2", "totalSize": "100", "numRows": "10", "rawDataSize": "50",
		"COLUMN_STATS_ACCURATE": `{"BASIC_STATS":"true","COLUMN_STATS":{"a":"true","b":"true"}}`}
	if !reflect.DeepEqual(p, want) {
		t.Fatalf("after Replace: %v", p)
	}
	if err := Append(p, Files{3, 150}, Rows{5, 20}, []string{"a", "c"}); err != nil {
		t.Fatal(err)
	}
	want["numFiles"], want["totalSize"], want["numRows"], want["rawDataSize"] = "3", "150", "15", "70"
	want["COLUMN_STATS_ACCURATE"] = `{"BASIC_STATS":"true","COLUMN_STATS":{"a":"true"}}`
	if !reflect.DeepEqual(p, want) || !Accurate(p) || !reflect.DeepEqual(AccurateColumns(p), []string{"a"}) {
		t.Fatalf("after Append: %v", p)
	}
	delete(p, "COLUMN_STATS_ACCURATE") // e.g. files were loaded
	if err := Append(p, Files{4, 160}, Rows{5, 20}, []string{"a"}); err != nil {
		t.Fatal(err)
	}
	delete(want, "COLUMN_STATS_ACCURATE")
	want["numFiles"], want["totalSize"] = "4", "160"
	if !reflect.DeepEqual(p, want) || Accurate(p) {
		t.Fatalf("after Append to unknown: %v", p)
	}
}

func TestMerge(t *testing.T) {
	a := model.ColumnStatistics{Column: "c", Type: "int", Kind: model.LongStatistics, Nulls: 1, Distinct: 5, Low: "9", High: "10", BitVector: []byte{1}}
	b := model.ColumnStatistics{Column: "c", Type: "int", Kind: model.LongStatistics, Nulls: 2, Distinct: 7, Low: "-3", High: "9", BitVector: []byte{2}}
	union := func(x, y []byte) ([]byte, int64, bool) { return []byte{x[0] | y[0]}, 11, true }
	want := a
	want.Nulls, want.Distinct, want.Low, want.High, want.BitVector = 3, 11, "-3", "10", []byte{3}
	if got := (Merger{Union: union}).Merge(a, b); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := (Merger{}).Merge(a, b); got.Distinct != 7 || got.BitVector != nil {
		t.Errorf("without union: %+v", got)
	}
	none := model.ColumnStatistics{Type: "int", Nulls: 4} // all NULL
	if got := (Merger{}).Merge(none, b); got.Low != "-3" || got.High != "9" || got.Nulls != 6 {
		t.Errorf("with NULLs only: %+v", got)
	}
	none.Kind = model.LongStatistics
	if got := (Merger{ZeroBounds: true}).Merge(none, b); got.Low != "-3" || got.High != "9" {
		t.Errorf("with zero for no bounds: %+v", got)
	}
	if got := (Merger{ZeroBounds: true}).Merge(a, none); got.Low != "0" || got.High != "10" {
		t.Errorf("with zero for no bounds: %+v", got)
	}
	unknown := model.ColumnStatistics{Type: "int", Nulls: -1, Distinct: 3}
	if got := (Merger{}).Merge(unknown, b); got.Low != "" || got.High != "" || got.Nulls != -1 {
		t.Errorf("with unknown bounds: %+v", got)
	}
	s := model.ColumnStatistics{Type: "string", AvgLength: 4, MaxLength: 9}
	if got := (Merger{}).Merge(s, model.ColumnStatistics{Type: "string", AvgLength: 1, MaxLength: 2}); got.AvgLength != 4 || got.MaxLength != 9 {
		t.Errorf("lengths: %+v", got)
	}
}

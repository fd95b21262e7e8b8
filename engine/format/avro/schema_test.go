package avro

import "testing"

// Schemas of old writers give the numbers of decimals as texts; Hive reads them (the recorded avro_decimal_old).
func TestNumbersAsTexts(t *testing.T) {
	columns, _, err := Columns(`{"type":"record","name":"r","fields":[{"name":"v","type":["null",{"type":"bytes","logicalType":"decimal","precision":"4","scale":"1"}]}]}`)
	if err != nil || len(columns) != 1 || columns[0].Type.String() != "decimal(4,1)" {
		t.Errorf("%v, %v", columns, err)
	}
	if _, _, err := Columns(`{"type":"record","name":"r","fields":[{"name":"v","type":{"type":"bytes","logicalType":"decimal","precision":"many"}}]}`); err == nil {
		t.Error("a precision that is no number is accepted")
	}
}

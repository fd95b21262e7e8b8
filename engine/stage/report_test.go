package stage

import (
	"reflect"
	"testing"

	"skep/dialect/types"
	"skep/engine/hashtable"
	"skep/engine/vector"
)

func TestReportsAreReadAsWritten(t *testing.T) {
	r := &Report{Parts: []PartReport{{1, "scan", "db.t", 10, 20}, {1, "output", "", 5, 7}}, Heavy: []HeavyKey{{"7", 3}}, Sampled: 9}
	b, err := EncodeReport(r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeReport(b)
	if err != nil || !reflect.DeepEqual(got, r) {
		t.Errorf("%v, %v", got, err)
	}
	for n := range b {
		if _, err := DecodeReport(b[:n]); err == nil {
			t.Errorf("%d of %d bytes were read", n, len(b))
		}
	}
}

func TestHeavyKeysOfTasksAreAdded(t *testing.T) {
	total := &Report{}
	for task := range 3 {
		var h heavy
		for batch := range 20 {
			key := vector.New(types.BigIntType, 0)
			for i := range 1000 {
				v := int64(i + 1000*batch + 100_000*task)
				if i%7 < 2 {
					v = 7
				}
				key.AppendDatum(types.Datum{I: v})
			}
			hashes := make([]uint64, 1000)
			hashtable.Hash([]*vector.Vector{key}, 1000, hashes)
			h.see([]*vector.Vector{key}, nil, hashes)
		}
		total.Add(&Report{Heavy: h.list(), Sampled: h.sampled})
	}
	if len(total.Heavy) != 1 || total.Heavy[0].Key != "7" {
		t.Fatalf("%v", total.Heavy)
	}
	if share := float64(total.Heavy[0].Rows) / float64(total.Sampled); share < 0.18 || share > 0.3 {
		t.Errorf("a key of 29 %% has %.2f", share)
	}
}

package hashtable

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"skep/dialect/types"
	"skep/engine/vector"
)

// Hashes by entries are those of the strings, also when the dictionary is another one or has grown.
func TestEntryHashes(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	var known EntryHashes
	dict, id := vector.New(types.StringType, 0), vector.NewDictID()
	for round := range 50 {
		if round%10 == 9 {
			dict, id = vector.New(types.StringType, 0), vector.NewDictID()
		}
		for range 1 + r.Intn(5) {
			dict.AppendDatum(types.Datum{S: fmt.Sprint("entry ", r.Intn(100))})
		}
		const n = 100
		v := &vector.Vector{Type: types.StringType, Form: vector.Dict, DictOf: dict, DictID: id, Codes: make([]uint32, n)}
		nulls := v.MakeNulls(n)
		for i := range n {
			v.Codes[i], nulls[i] = uint32(r.Intn(dict.Len())), r.Intn(4) == 0
		}
		var sel []uint16
		if round%2 == 0 {
			for i := range uint16(n) {
				if r.Intn(2) == 0 {
					sel = append(sel, i)
				}
			}
		}
		flat := vector.New(types.StringType, 0)
		vector.AppendAll(flat, v, sel, n)
		numbers := vector.New(types.BigIntType, flat.Len())
		want, got := make([]uint64, flat.Len()), make([]uint64, flat.Len())
		for _, more := range []bool{false, true} {
			if more {
				HashColumn(numbers, want, false)
				HashColumn(numbers, got, false)
			}
			HashColumn(flat, want, more)
			known.Column(v, sel, got, more)
			if !slices.Equal(got, want) {
				t.Fatalf("round %d, more %v: other hashes than those of the strings", round, more)
			}
		}
	}
}

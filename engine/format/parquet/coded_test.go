package parquet

import (
	"bytes"
	"fmt"
	"math/rand"
	"testing"

	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/vector"
)

// TestCodedStringsAreWrittenAsOthers compares files of strings that come with dictionaries, one after the other, with files of the same
// strings without, over several pages and row groups.
func TestCodedStringsAreWrittenAsOthers(t *testing.T) {
	for _, typ := range []*types.Type{types.StringType, types.NewChar(6), types.NewVarchar(9)} {
		for _, distinct := range []int{3, 700, 11000} {
			t.Run(fmt.Sprint(typ, distinct), func(t *testing.T) {
				coded, flat := writeStrings(t, typ, distinct, true), writeStrings(t, typ, distinct, false)
				if !bytes.Equal(coded, flat) {
					t.Errorf("files of %d and %d bytes differ", len(coded), len(flat))
				}
			})
		}
	}
}

func writeStrings(t *testing.T, typ *types.Type, distinct int, coded bool) []byte {
	r := rand.New(rand.NewSource(1))
	var buf bytes.Buffer
	w, err := Format{}.NewWriter(&buf, &format.WriteOptions{Schema: []format.Column{{Name: "s", Type: typ}},
		Properties: map[string]string{"parquet.block.size": "20000", "parquet.enable.dictionary": "true"}})
	if err != nil {
		t.Fatal(err)
	}
	for d := range 3 {
		dict := vector.New(typ, 0)
		for i := range distinct {
			dict.AppendDatum(types.Datum{S: fmt.Sprint("x", i*(d+1)%7919)})
		}
		v := &vector.Vector{Type: typ, Form: vector.Dict, DictOf: dict, DictID: uint64(d + 1)}
		for range 10 {
			v.Codes, v.Nulls = v.Codes[:0], nil
			for i := range 1500 {
				v.Codes = append(v.Codes, uint32(r.Intn(distinct)))
				if r.Intn(9) == 0 {
					v.Codes[i] = 0
					v.MakeNulls(1500)[i] = true
				}
			}
			col := v
			if !coded {
				col = vector.Flatten(v, nil, 1500)
			}
			if err := w.Write(&vector.Batch{N: 1500, Cols: []*vector.Vector{col}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

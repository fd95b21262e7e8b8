package vector

import (
	"math/rand"
	"reflect"
	"testing"

	"skep/dialect/types"
)

// randomDatum draws a value of t, NULL one time in five.
func randomDatum(r *rand.Rand, t *types.Type) types.Datum {
	if r.Intn(5) == 0 || t.Kind == types.Void {
		return types.NullDatum
	}
	switch t.Physical() {
	case types.I64:
		return types.Datum{I: r.Int63n(100)}
	case types.F64:
		return types.Datum{F: r.Float64()}
	case types.I128:
		return types.Datum{W: types.Int128{Hi: r.Int63(), Lo: r.Uint64()}}
	case types.Bytes:
		return types.Datum{S: "s"[:r.Intn(2)] + "xyz"[:r.Intn(4)]}
	case types.Tagged:
		tag := r.Intn(len(t.Fields))
		return types.Datum{I: int64(tag), Elems: []types.Datum{randomDatum(r, t.Fields[tag].Type)}}
	case types.Record:
		var d types.Datum
		for _, f := range t.Fields {
			d.Elems = append(d.Elems, randomDatum(r, f.Type))
		}
		return d
	}
	var d types.Datum
	for range r.Intn(4) {
		if t.Kind == types.Map {
			d.Elems = append(d.Elems, types.Datum{I: r.Int63n(9)})
		}
		d.Elems = append(d.Elems, randomDatum(r, t.Elem))
	}
	return d
}

func TestGatherKeepsValuesInEveryForm(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for _, text := range []string{"int", "double", "decimal(30,2)", "string", "array<string>", "map<int,array<int>>",
		"struct<a:int,b:string>", "uniontype<int,string>", "void", "array<struct<a:array<int>>>"} {
		typ, err := types.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		var want []types.Datum
		flat := New(typ, 0)
		for range 200 {
			d := randomDatum(r, typ)
			want = append(want, d)
			flat.AppendDatum(d)
		}
		entries := New(typ, 0)
		var kept []types.Datum
		for _, d := range want {
			if !d.Null {
				entries.AppendDatum(d)
				kept = append(kept, d)
			}
		}
		forms := map[string]*Vector{"flat": flat, "const": NewConst(typ, want[3])}
		if len(kept) > 0 {
			dict := &Vector{Type: typ, Form: Dict, DictOf: entries}
			for range 200 {
				dict.Codes = append(dict.Codes, uint32(r.Intn(len(kept))))
			}
			dict.MakeNulls(200)[7] = true
			forms["dict"] = dict
		}
		for name, v := range forms {
			var rows []uint16
			for range 300 {
				rows = append(rows, uint16(r.Intn(200)))
			}
			got, view := New(typ, 0), New(typ, 0)
			Gather(got, v, rows)
			GatherView(view, v, rows)
			for i, row := range rows {
				if w := v.Datum(int(row)); !reflect.DeepEqual(got.Datum(i), w) || !reflect.DeepEqual(view.Datum(i), w) {
					t.Fatalf("%s %s: row %d: got %v, view %v, want %v", text, name, i, got.Datum(i), view.Datum(i), w)
				}
			}
		}
		for i, d := range want {
			if !reflect.DeepEqual(flat.Datum(i), d) {
				t.Fatalf("%s: Datum(%d) = %v, want %v", text, i, flat.Datum(i), d)
			}
		}
	}
}

func TestResizeReuses(t *testing.T) {
	v := New(types.BigIntType, BatchSize)
	first := &v.I64[0]
	v.SetNull(3, BatchSize)
	v.Resize(BatchSize)
	if &v.I64[0] != first || v.Nulls != nil {
		t.Error("Resize must reuse storage and drop NULLs")
	}
}

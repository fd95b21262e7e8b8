package spill

import (
	"fmt"
	"math/rand"
	"os"
	"reflect"
	"testing"

	"skep/dialect/types"
	"skep/engine/vector"
)

func randomDatum(r *rand.Rand, t *types.Type) types.Datum {
	if r.Intn(5) == 0 || t.Kind == types.Void {
		return types.NullDatum
	}
	switch t.Physical() {
	case types.I64:
		return types.Datum{I: r.Int63n(1<<(1+r.Intn(62))) - r.Int63n(1000)}
	case types.F64:
		return types.Datum{F: r.NormFloat64()}
	case types.I128:
		return types.Datum{W: types.Int128{Hi: r.Int63n(3) - 1, Lo: r.Uint64()}}
	case types.Bytes:
		return types.Datum{S: fmt.Sprint(r.Intn(1 << (1 + r.Intn(20))))}
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

func TestWhatIsWrittenIsRead(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	var ts []*types.Type
	for _, s := range []string{"int", "boolean", "double", "decimal(30,2)", "string", "array<string>", "map<int,array<int>>",
		"struct<a:int,b:string>", "uniontype<int,string>", "void", "array<struct<a:array<int>>>"} {
		x, err := types.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		ts = append(ts, x)
	}
	dir := t.TempDir()
	f, err := Create(dir, ts)
	if err != nil {
		t.Fatal(err)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 0 {
		t.Errorf("the file must have no name: %v %v", list, err)
	}
	type written struct{ rows [][]types.Datum }
	var parts [3][]written
	for range 60 {
		n := []int{1, 8, 9, 300}[r.Intn(4)]
		b := vector.NewBatch(ts)
		var w written
		for range n {
			row := make([]types.Datum, len(ts))
			for i, x := range ts {
				row[i] = randomDatum(r, x)
				b.Cols[i].AppendDatum(row[i])
			}
			w.rows = append(w.rows, row)
		}
		p := r.Intn(3)
		parts[p] = append(parts[p], w)
		if err := f.Write(p, b.Cols, n); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Flush(); err != nil {
		t.Fatal(err)
	}
	if f.Bytes() != f.PartBytes(0)+f.PartBytes(1)+f.PartBytes(2) || f.PartBytes(9) != 0 {
		t.Error("sizes do not add up")
	}
	for p, list := range parts {
		rd := f.Read(p)
		for _, w := range list {
			b, err := rd.Next()
			if err != nil || b == nil || b.N != len(w.rows) {
				t.Fatalf("batch %v, error %v", b, err)
			}
			for i, row := range w.rows {
				for c, d := range row {
					if got := b.Cols[c].Datum(i); !reflect.DeepEqual(got, d) {
						t.Fatalf("%v: got %v, want %v", ts[c], got, d)
					}
				}
			}
		}
		if b, err := rd.Next(); b != nil || err != nil {
			t.Errorf("after the end: %v %v", b, err)
		}
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

package tablesink

import (
	"bytes"
	"fmt"
	"reflect"
	"testing"

	"skep/dialect/types"
	"skep/engine/colstats"
	"skep/engine/format"
	"skep/engine/vector"
)

func fullSpec() *Spec {
	return &Spec{
		InputFormat: "org.In", SerDe: "org.SerDe", Dir: "/w/t/.hive-staging_1", Extension: ".gz", Statistics: true,
		Columns:    []format.Column{{Name: "a", Type: types.NewDecimal(20, 3)}, {Name: "b", Type: &types.Type{Kind: types.Array, Elem: types.StringType}}},
		Properties: map[string]string{"field.delim": "\x01", "x": ""}, Keys: []string{"d", "e"}, Static: []string{"2020-01-01"},
		DefaultPartition: "__none__", MaxPartitions: 10_000, PartitionLimit: 1000, Task: 3, Tasks: 10, Buckets: 4,
		Events: Events{Kind: format.Inserts, WriteID: 12, Statement: 3},
	}
}

func TestSpecAsBytes(t *testing.T) {
	for _, s := range []*Spec{fullSpec(), {}} {
		b, err := EncodeSpec(s)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeSpec(b)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, s) {
			t.Errorf("%+v became %+v", s, got)
		}
	}
	if _, err := EncodeSpec(&Spec{Static: []string{"more static values than keys"}}); err == nil {
		t.Error("a spec with more values than keys was taken")
	}
}

// someOutputs have statistics of all kinds of columns, of few and of many values.
func someOutputs(t testing.TB) []*Output {
	t.Helper()
	all := []*types.Type{
		types.BigIntType, types.DoubleType, types.StringType, types.BooleanType, types.NewDecimal(10, 2), types.NewDecimal(38, 5),
		types.TimestampType, types.DateType, {Kind: types.Array, Elem: types.IntType},
	}
	var outputs []*Output
	for i, rows := range []int{0, 1, 5, 3000} {
		o := &Output{
			Partition: fmt.Sprintf("d=%d", i), Values: []string{fmt.Sprint(i)}, Rows: int64(rows), Bytes: 10, RawBytes: 20,
			Files: []File{{Path: fmt.Sprintf("d=%d/000000_0", i), Rows: int64(rows), Bytes: 10}},
		}
		for _, ty := range all {
			v := vector.New(ty, 0)
			for r := range rows {
				d := types.Datum{Null: r%7 == 3}
				switch x := int64(r*r - 50); ty.Physical() {
				case types.I64:
					d.I = x
					if ty.Kind == types.Boolean {
						d.I = int64(r % 2)
					}
				case types.F64:
					d.F = float64(x) / 3
				case types.I128:
					d.W = types.Int128{Hi: x >> 63, Lo: uint64(x)}
				case types.Bytes:
					d.S = fmt.Sprint("value ", x)
				default:
					d.Elems = []types.Datum{{I: x}}
				}
				v.AppendDatum(d)
			}
			c := colstats.NewColumn(ty)
			c.Add(v, nil, rows)
			o.Columns = append(o.Columns, c)
		}
		outputs = append(outputs, o)
	}
	return append(outputs, &Output{Partition: "without statistics"})
}

// facts are everything that is asked of statistics, also after merging.
func facts(outputs []*Output) string {
	var b bytes.Buffer
	for _, o := range outputs {
		fmt.Fprintln(&b, o.Partition, o.Values, o.Files, o.Rows, o.Bytes, o.RawBytes)
		for _, c := range o.Columns {
			lo, hi, ok := c.Bounds()
			fmt.Fprintln(&b, c.Type, c.Rows, c.Nulls, c.TotalLen, c.MaxLen, c.Trues, c.Distinct(), lo, hi, ok, c.Sketch())
		}
	}
	return b.String()
}

func TestOutputsAsBytes(t *testing.T) {
	outputs := someOutputs(t)
	before := facts(outputs)
	b, err := EncodeOutputs(outputs)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeOutputs(b)
	if err != nil {
		t.Fatal(err)
	}
	if x := facts(got); x != before || facts(outputs) != before {
		t.Errorf("%s\nbecame\n%s", before, x)
	}
	// What was read can be merged, and gives what merging the originals gives.
	for i := 1; i < 4; i++ {
		outputs[i-1].Merge(outputs[i])
		got[i-1].Merge(got[i])
	}
	if facts(got) != facts(outputs) {
		t.Error("statistics merge in another way after encoding")
	}
	if _, err := EncodeOutputs([]*Output{{Files: []File{{Path: "../elsewhere"}}}}); err == nil {
		t.Error("a file outside of the staging directory was taken")
	}
}

// TestDamagedBytes checks that every cut and every changed byte is refused or gives something of the same form, without a panic.
func TestDamagedBytes(t *testing.T) {
	manifest, err := EncodeOutputs(someOutputs(t)[:3])
	if err != nil {
		t.Fatal(err)
	}
	spec, err := EncodeSpec(fullSpec())
	if err != nil {
		t.Fatal(err)
	}
	for n := range manifest {
		if _, err := DecodeOutputs(manifest[:n]); err == nil {
			t.Fatalf("a manifest of %d bytes was read from %d", len(manifest), n)
		}
	}
	for n := range spec {
		if _, err := DecodeSpec(spec[:n]); err == nil {
			t.Fatalf("a spec of %d bytes was read from %d", len(spec), n)
		}
	}
	for i := range manifest {
		for _, x := range []byte{1, 0x80, 0xff} {
			b := bytes.Clone(manifest)
			b[i] ^= x
			decodeAgain(t, b)
		}
	}
}

// decodeAgain checks that what can be read can be written and read again, and be merged.
func decodeAgain(t *testing.T, b []byte) {
	outputs, err := DecodeOutputs(b)
	if err != nil {
		return
	}
	again, err := EncodeOutputs(outputs)
	if err != nil {
		t.Fatalf("what was read cannot be written: %v", err)
	}
	got, err := DecodeOutputs(again)
	if err != nil || facts(got) != facts(outputs) {
		t.Fatalf("read again, it differs: %v", err)
	}
	for i, o := range got {
		o.Merge(outputs[i])
	}
}

func FuzzDecode(f *testing.F) {
	manifest, err := EncodeOutputs(someOutputs(f)[:3])
	if err != nil {
		f.Fatal(err)
	}
	spec, err := EncodeSpec(fullSpec())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(manifest)
	f.Add(spec)
	f.Fuzz(func(t *testing.T, b []byte) {
		decodeAgain(t, b)
		s, err := DecodeSpec(b)
		if err != nil {
			return
		}
		if _, err := EncodeSpec(s); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
	})
}

package orc

import (
	"bytes"
	"testing"

	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/vector"
)

func TestConversions(t *testing.T) {
	d := func(v int64) types.Datum { return types.Datum{I: v} }
	s := func(v string) types.Datum { return types.Datum{S: v} }
	f := func(v float64) types.Datum { return types.Datum{F: v} }
	null := types.NullDatum
	// The results are Hive's.
	for _, c := range []struct {
		from, to string
		in, want []types.Datum
	}{
		{"int", "tinyint", []types.Datum{d(1), d(128), d(-128), d(-129), null}, []types.Datum{d(1), null, d(-128), null, null}},
		{"bigint", "int", []types.Datum{d(1 << 31), d(1<<31 - 1)}, []types.Datum{null, d(1<<31 - 1)}},
		{"int", "bigint", []types.Datum{d(-5), null}, []types.Datum{d(-5), null}},
		{"double", "int", []types.Datum{f(2.5), f(-2.5), f(-1e10)}, []types.Datum{d(2), d(-2), null}},
		{"double", "boolean", []types.Datum{f(0.1), f(1.5), f(1e300)}, []types.Datum{d(0), d(1), null}},
		{"string", "int", []types.Datum{s("1"), s("1.5"), s(" 12 "), s("-7"), s("99999999999"), null}, []types.Datum{d(1), null, null, d(-7), null, null}},
		{"string", "boolean", []types.Datum{s("1"), s("true"), s("0")}, []types.Datum{d(1), null, d(0)}},
		{"string", "date", []types.Datum{s("2020-02-29"), s("2020-02-29 12:34:56")}, []types.Datum{d(18321), null}},
		{"string", "varchar(3)", []types.Datum{s("abcdef"), s("é1234")}, []types.Datum{s("abc"), s("é12")}},
		{"int", "string", []types.Datum{d(-12), null}, []types.Datum{s("-12"), null}},
		{"float", "string", []types.Datum{f(float64(float32(0.1)))}, []types.Datum{s("0.10000000149011612")}},
		{"decimal(10,2)", "string", []types.Datum{d(150), d(0), d(-12850)}, []types.Datum{s("1.5"), s("0"), s("-128.5")}},
		{"decimal(10,2)", "decimal(5,1)", []types.Datum{d(155), d(1234567)}, []types.Datum{d(16), null}},
		{"binary", "string", []types.Datum{s("abc")}, []types.Datum{s("61 62 63")}},
		{"char(4)", "binary", []types.Datum{s("ab")}, []types.Datum{s("ab  ")}},
		{"int", "timestamp", []types.Datum{d(86401)}, []types.Datum{{W: types.Int128{Hi: 86401}}}},
		{"struct<a:int,b:string>", "struct<b:string,a:string,c:int>", []types.Datum{{Elems: []types.Datum{d(7), s("x")}}},
			[]types.Datum{{Elems: []types.Datum{s("x"), s("7"), null}}}},
		{"array<int>", "array<double>", []types.Datum{{Elems: []types.Datum{d(7), null}}}, []types.Datum{{Elems: []types.Datum{f(7), null}}}},
	} {
		from, to := schemaOf(t, []string{c.from}), schemaOf(t, []string{c.to})
		var buf bytes.Buffer
		w, err := New().NewWriter(&buf, &format.WriteOptions{Schema: from})
		if err != nil {
			t.Fatal(err)
		}
		v := vector.New(from[0].Type, 0)
		for _, x := range c.in {
			v.AppendDatum(x)
		}
		if err := w.Write(&vector.Batch{N: len(c.in), Cols: []*vector.Vector{v}}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Close(); err != nil {
			t.Fatal(err)
		}
		rows, err := readAll(buf.Bytes(), &format.ReadOptions{Schema: to, Projection: []int{0}}, func(_ *vector.Batch, _, row int, got types.Datum) {
			if !equal(got, c.want[row]) {
				t.Errorf("%s as %s, row %d: %+v, want %+v", c.from, c.to, row, got, c.want[row])
			}
		})
		if err != nil || rows != len(c.in) {
			t.Errorf("%s as %s: %d rows, %v", c.from, c.to, rows, err)
		}
	}
}

func equal(a, b types.Datum) bool {
	if a.Null || b.Null {
		return a.Null == b.Null
	}
	if a.I != b.I || a.F != b.F || a.S != b.S || a.W != b.W || len(a.Elems) != len(b.Elems) {
		return false
	}
	for i := range a.Elems {
		if !equal(a.Elems[i], b.Elems[i]) {
			return false
		}
	}
	return true
}

// equals asks for one value.
type equals struct {
	column int
	value  types.Datum
}

func (p equals) Column() int                       { return p.column }
func (p equals) MayMatch(*format.ColumnStats) bool { return true }
func (p equals) BloomValue() (types.Datum, bool)   { return p.value, true }
func (p equals) Select(v *vector.Vector, sel []uint16, n int, out []uint16) []uint16 {
	if sel == nil {
		for i := range n {
			sel = append(sel, uint16(i))
		}
	}
	for _, i := range sel {
		if d := v.Datum(int(i)); equal(d, p.value) {
			out = append(out, i)
		}
	}
	return out
}

func TestBloomFilters(t *testing.T) {
	names := []string{"int", "bigint", "double", "string", "date", "varchar(20)"}
	schema := schemaOf(t, names)
	props := map[string]string{"orc.bloom.filter.columns": "c0, C1,c2,c3,c4,c5,nosuch", "orc.row.index.stride": "1000"}
	file, want := writeFile(t, schema, 5000, 5, props, 3)
	for col := range schema {
		for _, row := range []int{1, 1777, 4999} {
			value := want[col][row]
			if value.Null {
				continue
			}
			expect := 0
			for _, d := range want[col] {
				if equal(d, value) {
					expect++
				}
			}
			opts := &format.ReadOptions{Schema: schema, Projection: []int{col}, Predicates: []format.Predicate{equals{col, value}}}
			rows, err := readAll(file, opts, func(*vector.Batch, int, int, types.Datum) {})
			if err != nil || rows != expect {
				t.Errorf("%s: %d rows of %+v, want %d, %v", names[col], rows, value, expect, err)
			}
		}
	}
	opts := &format.ReadOptions{Schema: schema, Projection: []int{0}, Predicates: []format.Predicate{equals{3, types.Datum{S: "never written"}}}}
	opts.Open = memory{"f": file}
	r, err := New().OpenSplit(t.Context(), format.Split{Path: "f", Length: int64(len(file))}, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s, err := r.(*reader).openStripe(part{stripe: 0, from: 0, to: -1})
	if err != nil || s != nil {
		t.Errorf("the filters keep row groups without the value: %v, %v", s, err)
	}
}

func TestSplitsDivideStripes(t *testing.T) {
	schema := schemaOf(t, testSchema)
	file, want := writeFile(t, schema, 23_500, 4, map[string]string{"orc.row.index.stride": "1000"}, 9)
	proj := make([]int, len(schema))
	for i := range proj {
		proj[i] = i
	}
	opts := &format.ReadOptions{Schema: schema, Projection: proj, Open: memory{"f": file}}
	for _, target := range []int64{1, 50_000, int64(len(file)) / 2, 1 << 30} {
		splits, err := New().Splits(t.Context(), "f", opts, target)
		if err != nil {
			t.Fatal(err)
		}
		rows := int64(0)
		for i, s := range splits {
			if i > 0 && s.Start != splits[i-1].Start+splits[i-1].Length {
				t.Errorf("target %d: split %d starts at %d", target, i, s.Start)
			}
			r, err := New().OpenSplit(t.Context(), s, opts)
			if err != nil {
				t.Fatal(err)
			}
			first := rows
			for {
				b, err := r.Next()
				if err != nil {
					t.Fatal(err)
				}
				if b == nil {
					break
				}
				for c, v := range b.Cols {
					for k := range b.N {
						if d := v.Datum(k); !equal(d, want[c][rows+int64(k)]) {
							t.Fatalf("target %d, column %s, row %d: %+v, want %+v", target, testSchema[c], rows+int64(k), d, want[c][rows+int64(k)])
						}
					}
				}
				rows += int64(b.N)
			}
			if rows-first != s.Rows {
				t.Errorf("target %d, split %d has %d rows, said %d", target, i, rows-first, s.Rows)
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if rows != int64(len(want[0])) || (target == 1) != (len(splits) == 6) && target == 1 {
			t.Errorf("target %d: %d splits with %d rows", target, len(splits), rows)
		}
	}
}

// TestSkippedBatches reads columns of all types only where a selective predicate leaves rows.
func TestSkippedBatches(t *testing.T) {
	for _, props := range []map[string]string{{"orc.row.index.stride": "1000"}, {"orc.create.index": "false"}} {
		schema := schemaOf(t, testSchema)
		file, want := writeFile(t, schema, 12_000, 5, props, 21)
		proj := make([]int, len(schema))
		for i := range proj {
			proj[i] = i
		}
		for _, at := range []int{5, 4321, 11_990} {
			var expect []int
			for row, d := range want[3] {
				if !d.Null && d.I >= int64(at*3) && d.I < int64(at*3+20) {
					expect = append(expect, row)
				}
			}
			opts := &format.ReadOptions{Schema: schema, Projection: proj, Predicates: []format.Predicate{between{3, int64(at * 3), int64(at*3 + 20)}}}
			rows, err := readAll(file, opts, func(_ *vector.Batch, col, row int, d types.Datum) {
				if !equal(d, want[col][expect[row]]) {
					t.Fatalf("column %s row %d: %+v, want %+v", testSchema[col], expect[row], d, want[col][expect[row]])
				}
			})
			if err != nil || rows != len(expect) {
				t.Errorf("%d rows, want %d, %v", rows, len(expect), err)
			}
		}
	}
}

package parquet

import (
	"bytes"
	"context"
	"fmt"
	"math/rand"
	"reflect"
	"strings"
	"testing"
	"time"

	"skep/dialect/types"
	"skep/engine/calendar"
	"skep/engine/format"
	"skep/engine/vector"
)

// memory is an Opener of files held in memory.
type memory map[string][]byte

type memoryInput struct{ *bytes.Reader }

func (memoryInput) Close() error { return nil }

func (m memoryInput) Size() int64 { return m.Reader.Size() }

func (m memory) Open(_ context.Context, path string) (format.Input, error) {
	b, ok := m[path]
	if !ok {
		return nil, fmt.Errorf("no file %s", path)
	}
	return memoryInput{bytes.NewReader(b)}, nil
}

// schemaOf builds columns c0, c1, … of the types.
func schemaOf(t testing.TB, texts ...string) []format.Column {
	t.Helper()
	var out []format.Column
	for i, s := range texts {
		typ, err := types.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, format.Column{Name: fmt.Sprint("c", i), Type: typ})
	}
	return out
}

func all(n int) (p []int) {
	for i := range n {
		p = append(p, i)
	}
	return p
}

// readAll returns the selected rows of a file as datums.
func readAll(file []byte, opts *format.ReadOptions) ([][]types.Datum, error) {
	ctx := context.Background()
	opts.Open = memory{"f": file}
	splits, err := Format{}.Splits(ctx, "f", opts, 1<<20)
	if err != nil {
		return nil, err
	}
	var out [][]types.Datum
	for _, s := range splits {
		r, err := Format{}.OpenSplit(ctx, s, opts)
		if err != nil {
			return nil, err
		}
		defer r.Close()
		for {
			b, err := r.Next()
			if err != nil {
				return nil, err
			}
			if b == nil {
				break
			}
			sel := b.Sel
			if sel == nil {
				for i := range b.N {
					sel = append(sel, uint16(i))
				}
			}
			for _, row := range sel {
				var d []types.Datum
				for _, c := range b.Cols {
					d = append(d, c.Datum(int(row)))
				}
				out = append(out, d)
			}
		}
	}
	return out, nil
}

// randomDatum draws a value; few distinct ones when few is set.
func randomDatum(r *rand.Rand, t *types.Type, nulls, few bool) types.Datum {
	if nulls && r.Intn(6) == 0 {
		return types.NullDatum
	}
	n := int64(r.Uint64() >> 1)
	if few {
		n %= 10
	}
	if r.Intn(2) == 0 {
		n = -n
	}
	switch t.Kind {
	case types.Boolean:
		return types.Datum{I: n & 1}
	case types.TinyInt:
		return types.Datum{I: int64(int8(n))}
	case types.SmallInt:
		return types.Datum{I: int64(int16(n))}
	case types.Int:
		return types.Datum{I: int64(int32(n))}
	case types.BigInt:
		return types.Datum{I: n}
	case types.Date:
		return types.Datum{I: n % 1_000_000}
	case types.Decimal:
		if t.Physical() == types.I64 {
			limit := int64(1)
			for range t.Precision {
				limit *= 10
			}
			return types.Datum{I: n % limit}
		}
		return types.Datum{W: types.MulInt64(n%1e18, 99)}
	case types.Float:
		return types.Datum{F: float64(float32(n) / 7)}
	case types.Double:
		return types.Datum{F: float64(n) / 7}
	case types.Timestamp:
		return types.Datum{W: types.Int128{Hi: n % 4_000_000_000, Lo: uint64(n) % 1e9}}
	case types.String, types.Binary, types.Varchar:
		s := fmt.Sprint("v", n)
		return types.Datum{S: s[:min(len(s), 20)]}
	case types.Char:
		return types.Datum{S: fmt.Sprint("c", n&0xff)}
	}
	var d types.Datum
	switch t.Kind {
	case types.Array:
		for range r.Intn(4) {
			d.Elems = append(d.Elems, randomDatum(r, t.Elem, nulls, few))
		}
	case types.Map:
		for k := range r.Intn(4) {
			d.Elems = append(d.Elems, types.Datum{S: fmt.Sprint("k", k)}, randomDatum(r, t.Elem, nulls, few))
		}
	case types.Struct:
		for _, f := range t.Fields {
			d.Elems = append(d.Elems, randomDatum(r, f.Type, nulls, few))
		}
	}
	return d
}

var everyType = []string{"boolean", "tinyint", "smallint", "int", "bigint", "decimal(2,1)", "decimal(9,2)", "decimal(18,4)", "decimal(38,6)",
	"float", "double", "date", "timestamp", "string", "varchar(20)", "char(6)", "binary", "array<int>", "map<string,bigint>",
	"struct<a:int,b:string>", "array<array<string>>", "map<string,array<struct<x:double,y:map<string,date>>>>",
	"struct<p:struct<q:array<decimal(20,3)>>,r:boolean>", "array<boolean>"}

// writeRandom writes rows in several batches and returns the file with the rows.
func writeRandom(t testing.TB, r *rand.Rand, schema []format.Column, rows int, nulls, few bool, opts *format.WriteOptions) ([]byte, [][]types.Datum) {
	t.Helper()
	opts.Schema = schema
	var file bytes.Buffer
	w, err := Format{}.NewWriter(&file, opts)
	if err != nil {
		t.Fatal(err)
	}
	var ts []*types.Type
	for _, c := range schema {
		ts = append(ts, c.Type)
	}
	var want [][]types.Datum
	for len(want) < rows {
		b := vector.NewBatch(ts)
		for row := range min(vector.BatchSize, rows-len(want)) * 3 / 2 {
			var datums []types.Datum
			for i, typ := range ts {
				d := randomDatum(r, typ, nulls, few)
				b.Cols[i].AppendDatum(d)
				datums = append(datums, d)
			}
			b.N++
			if row%3 > 0 || row == 0 {
				b.Sel = append(b.Sel, uint16(row))
				want = append(want, datums)
			}
		}
		if err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	stats, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	if stats.Rows != int64(len(want)) || stats.Bytes != int64(file.Len()) {
		t.Fatalf("stats %+v for %d rows in %d bytes", stats, len(want), file.Len())
	}
	return file.Bytes(), want
}

func TestWrittenFilesReadBack(t *testing.T) {
	schema := schemaOf(t, everyType...)
	paris, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		rows       int
		nulls, few bool
		properties map[string]string
	}{
		{0, false, false, nil},
		{1, true, false, nil},
		{5000, true, true, map[string]string{"parquet.compression": "SNAPPY"}},
		{6000, true, false, map[string]string{"parquet.compression": "gzip", "parquet.block.size": "300000"}},
		{3000, false, true, map[string]string{"parquet.compression": "ZSTD", "parquet.enable.dictionary": "false"}},
		{25000, false, true, map[string]string{"parquet.compression": "LZ4"}},
		{3000, false, false, map[string]string{"parquet.compression": "LZ4_RAW"}},
	} {
		columns := schema
		if c.rows > 10000 {
			columns = schema[:17] // several pages per chunk
		}
		r := rand.New(rand.NewSource(int64(i)))
		session := format.Session{HiveVersion: "4.0"}
		if i%2 == 1 {
			session.Location = paris
		}
		file, want := writeRandom(t, r, columns, c.rows, c.nulls, c.few, &format.WriteOptions{Properties: c.properties, Session: session})
		got, err := readAll(file, &format.ReadOptions{Schema: columns, Projection: all(len(columns)), Session: session})
		if err != nil {
			t.Fatalf("case %d: %v", i, err)
		}
		if len(got) != len(want) {
			t.Fatalf("case %d: %d rows, want %d", i, len(got), len(want))
		}
		for row := range want {
			for k := range columns {
				if !reflect.DeepEqual(got[row][k], want[row][k]) {
					t.Fatalf("case %d row %d column %s: got %v, want %v", i, row, columns[k].Type, got[row][k], want[row][k])
				}
			}
		}
	}
}

// between is the predicate lo ≤ column ≤ hi on integers.
type between struct {
	column int
	lo, hi int64
	asked  *int // counts tests of statistics that excluded something
}

func (p between) Column() int { return p.column }

func (p between) MayMatch(s *format.ColumnStats) bool {
	if s.Nulls == s.Rows || s.HasMinMax && (s.Max.I < p.lo || s.Min.I > p.hi) {
		*p.asked++
		return false
	}
	return true
}

func (p between) BloomValue() (d types.Datum, ok bool) { return d, false }

func (p between) Select(v *vector.Vector, sel []uint16, n int, out []uint16) []uint16 {
	keep := func(row uint16) {
		if !v.IsNull(int(row)) {
			if x := v.Base().I64[v.At(int(row))]; x >= p.lo && x <= p.hi {
				out = append(out, row)
			}
		}
	}
	if sel != nil {
		for _, row := range sel {
			keep(row)
		}
		return out
	}
	for row := range n {
		keep(uint16(row))
	}
	return out
}

// TestPredicatesSkip checks that predicates give exactly the matching rows while pages and row groups are skipped.
func TestPredicatesSkip(t *testing.T) {
	schema := schemaOf(t, "int", "string", "bigint", "array<int>", "decimal(20,2)")
	r := rand.New(rand.NewSource(9))
	var file bytes.Buffer
	w, err := Format{}.NewWriter(&file, &format.WriteOptions{Schema: schema, Properties: map[string]string{"parquet.block.size": "2000000"}})
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]types.Datum
	for range 60 {
		b := vector.NewBatch([]*types.Type{schema[0].Type, schema[1].Type, schema[2].Type, schema[3].Type, schema[4].Type})
		for range vector.BatchSize {
			d := []types.Datum{{I: int64(len(rows) / 2)}, {S: fmt.Sprint("s", r.Intn(5000))}, {I: r.Int63n(100)},
				randomDatum(r, schema[3].Type, true, true), {W: types.Int128Of(int64(len(rows)))}}
			if r.Intn(10) == 0 {
				d[1] = types.NullDatum
			}
			for i := range d {
				b.Cols[i].AppendDatum(d[i])
			}
			rows = append(rows, d)
			b.N++
		}
		if err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for range 30 {
		lo := r.Int63n(60_000)
		hi := lo + r.Int63n(3000)
		asked := 0
		preds := []format.Predicate{between{0, lo, hi, &asked}}
		second := int64(100)
		if r.Intn(2) == 0 {
			second = r.Int63n(30)
			preds = append(preds, between{2, 0, second, new(int)})
		}
		got, err := readAll(file.Bytes(), &format.ReadOptions{Schema: schema, Projection: []int{1, 3, 0, 4}, Predicates: preds})
		if err != nil {
			t.Fatal(err)
		}
		var want [][]types.Datum
		for _, d := range rows {
			if d[0].I >= lo && d[0].I <= hi && d[2].I <= second {
				want = append(want, []types.Datum{d[1], d[3], d[0], d[4]})
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("between %d and %d: %d rows, want %d", lo, hi, len(got), len(want))
		}
		if asked == 0 {
			t.Error("statistics excluded nothing")
		}
	}
}

func TestSchemaEvolution(t *testing.T) {
	r := rand.New(rand.NewSource(5))
	written := []format.Column{{Name: "Id", Type: types.IntType}, {Name: "name", Type: types.StringType},
		{Name: "s", Type: types.NewStruct(types.Field{Name: "a", Type: types.IntType}, types.Field{Name: "b", Type: types.StringType})},
		{Name: "d", Type: types.NewDecimal(7, 2)}, {Name: "big", Type: types.BigIntType}}
	file, want := writeRandom(t, r, written, 3000, true, false, &format.WriteOptions{})
	read := []format.Column{{Name: "id", Type: types.BigIntType}, {Name: "added", Type: types.StringType}, {Name: "name", Type: types.NewVarchar(5)},
		{Name: "s", Type: types.NewStruct(types.Field{Name: "B", Type: types.StringType}, types.Field{Name: "new", Type: types.DoubleType})},
		{Name: "d", Type: types.NewDecimal(20, 4)}, {Name: "big", Type: types.SmallIntType}}
	got, err := readAll(file, &format.ReadOptions{Schema: read, Projection: all(len(read))})
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range want {
		expect := []types.Datum{row[0], types.NullDatum, row[1], row[2], row[3], types.NullDatum}
		if !row[1].Null {
			expect[2].S = row[1].S[:min(5, len(row[1].S))]
		}
		if !row[2].Null {
			expect[3] = types.Datum{Elems: []types.Datum{row[2].Elems[1], types.NullDatum}}
		}
		if !row[3].Null {
			expect[4] = types.Datum{W: types.Int128Of(row[3].I * 100)}
		}
		if v := row[4].I; !row[4].Null && v == int64(int16(v)) {
			expect[5] = row[4]
		}
		if !reflect.DeepEqual(got[i], expect) {
			t.Fatalf("row %d: got %v, want %v", i, got[i], expect)
		}
	}
	byIndex := &format.ReadOptions{Schema: []format.Column{{Name: "x", Type: types.IntType}, {Name: "y", Type: types.StringType}}, Projection: []int{1},
		Properties: map[string]string{"parquet.column.index.access": "true"}}
	if got, err = readAll(file, byIndex); err != nil || !reflect.DeepEqual(got[7][0], want[7][1]) {
		t.Fatalf("by index: %v, %v, want %v", got[7], err, want[7][1])
	}
	if _, err := readAll(file, &format.ReadOptions{Schema: []format.Column{{Name: "name", Type: types.IntType}}, Projection: []int{0}}); err == nil ||
		!strings.Contains(err.Error(), "cannot be read as int") {
		t.Errorf("a string column as int: %v", err)
	}
}

func TestCalendarsAndHybrid(t *testing.T) {
	for day := int64(-800_000); day < 0; day += 37 {
		if got := calendar.JulianToProleptic(calendar.ProlepticToJulian(day)); got != day {
			t.Fatalf("day %d comes back as %d", day, got)
		}
	}
	// 1582-10-04 of the Julian calendar is the day before 1582-10-15 of the Gregorian.
	if got := calendar.JulianToProleptic(calendar.GregorianStart - 1); got != calendar.GregorianStart-11 {
		t.Errorf("the last Julian day is %d, want %d", got, calendar.GregorianStart-11)
	}
	r := rand.New(rand.NewSource(6))
	for range 200 {
		width := uint(1 + r.Intn(20))
		var values []uint32
		for len(values) < 3000 {
			v, n := r.Uint32()>>(32-width), 1
			if r.Intn(3) == 0 {
				n = r.Intn(100)
			}
			for range n {
				values = append(values, v)
			}
		}
		b := appendHybrid(nil, values, width)
		b = append(b, make([]byte, pagePadding)...)[:len(b)]
		var h hybrid
		h.reset(b, width)
		for at := 0; at < len(values); {
			n := min(1+r.Intn(700), len(values)-at)
			if r.Intn(3) == 0 {
				if err := h.skip(n); err != nil {
					t.Fatal(err)
				}
			} else {
				got := make([]uint32, n)
				if err := h.decode(got); err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(got, values[at:at+n]) {
					t.Fatalf("width %d: values %d..%d differ", width, at, at+n)
				}
			}
			at += n
		}
	}
}

// TestListOfStructsAsMap reads the first two fields of structs as the entries of a map; the last value of a key counts, in the place of the
// first, as in the recorded parquet_array_of_multi_field_struct of Hive.
func TestListOfStructsAsMap(t *testing.T) {
	entry := func(k, v int64) types.Datum {
		return types.Datum{Elems: []types.Datum{{I: k}, {I: v}, {I: 9}}}
	}
	column := vector.New(schemaOf(t, "array<struct<k:int,v:int,w:int>>")[0].Type, 0)
	column.AppendDatum(types.Datum{Elems: []types.Datum{entry(1, 10), entry(2, 20), entry(1, 30)}})
	column.AppendDatum(types.NullDatum)
	column.AppendDatum(types.Datum{Elems: []types.Datum{entry(1, 40)}})
	var file bytes.Buffer
	w, err := Format{}.NewWriter(&file, &format.WriteOptions{Schema: schemaOf(t, "array<struct<k:int,v:int,w:int>>")})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(&vector.Batch{N: 3, Cols: []*vector.Vector{column}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := readAll(file.Bytes(), &format.ReadOptions{Schema: schemaOf(t, "map<int,bigint>"), Projection: all(1)})
	want := [][]types.Datum{
		{{Elems: []types.Datum{{I: 1}, {I: 30}, {I: 2}, {I: 20}}}}, {types.NullDatum}, {{Elems: []types.Datum{{I: 1}, {I: 40}}}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
}

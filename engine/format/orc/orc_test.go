package orc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/vector"
)

// memory opens files held in memory.
type memory map[string][]byte

type memoryFile struct{ *bytes.Reader }

func (m memoryFile) Close() error { return nil }

func (m memory) Open(_ context.Context, path string) (format.Input, error) {
	b, ok := m[path]
	if !ok {
		return nil, os.ErrNotExist
	}
	return memoryFile{bytes.NewReader(b)}, nil
}

var testSchema = []string{
	"boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal(10,2)", "decimal(38,10)", "string", "varchar(20)",
	"char(5)", "binary", "date", "timestamp", "array<int>", "map<string,bigint>", "struct<a:int,b:string>", "uniontype<int,string>",
	"array<struct<x:array<string>>>", "string",
}

func schemaOf(t testing.TB, texts []string) []format.Column {
	var out []format.Column
	for i, s := range texts {
		typ, err := types.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, format.Column{Name: fmt.Sprintf("c%d", i), Type: typ})
	}
	return out
}

func datum(r *rand.Rand, t *types.Type, nulls int, row int) types.Datum {
	if nulls > 0 && r.Intn(nulls) == 0 {
		return types.NullDatum
	}
	switch t.Kind {
	case types.Boolean:
		return types.Datum{I: int64(r.Intn(2))}
	case types.TinyInt:
		return types.Datum{I: int64(int8(r.Intn(256) * r.Intn(2)))}
	case types.SmallInt, types.Int:
		return types.Datum{I: int64(int16(row * 3))}
	case types.BigInt:
		switch r.Intn(4) {
		case 0:
			return types.Datum{I: math.MinInt64 + int64(r.Intn(3))}
		case 1:
			return types.Datum{I: int64(row)}
		}
		return types.Datum{I: r.Int63() >> uint(r.Intn(63))}
	case types.Date:
		return types.Datum{I: int64(row/50) - 300}
	case types.Float:
		return types.Datum{F: float64(float32(r.NormFloat64()))}
	case types.Double:
		return types.Datum{F: r.NormFloat64() * 1e100}
	case types.Decimal:
		if t.Physical() == types.I64 {
			return types.Datum{I: r.Int63n(1e10) - 5e9}
		}
		return types.Datum{W: types.MulInt64(r.Int63()-1<<62, r.Int63n(1e15))}
	case types.Timestamp:
		return types.Datum{W: types.Int128{Hi: r.Int63n(4e9) - 2e9, Lo: []uint64{0, 5, 120_000_000, 1000, 999_999_999, 1_000_000}[r.Intn(6)]}}
	case types.Char:
		return types.Datum{S: strings.Repeat("x", r.Intn(6))}
	case types.String, types.Varchar, types.Binary:
		if row%2 == 0 {
			return types.Datum{S: fmt.Sprint("v", r.Intn(5))}
		}
		return types.Datum{S: strings.Repeat("é", r.Intn(3)) + fmt.Sprint(r.Int63n(1e6))}
	case types.Union:
		tag := r.Intn(len(t.Fields))
		return types.Datum{I: int64(tag), Elems: []types.Datum{datum(r, t.Fields[tag].Type, nulls, row)}}
	case types.Struct:
		var d types.Datum
		for _, f := range t.Fields {
			d.Elems = append(d.Elems, datum(r, f.Type, nulls, row))
		}
		return d
	}
	var d types.Datum
	for range r.Intn(4) {
		if t.Kind == types.Map {
			d.Elems = append(d.Elems, datum(r, t.Key, 0, row))
		}
		d.Elems = append(d.Elems, datum(r, t.Elem, nulls, row))
	}
	return d
}

// writeFile writes rows of random values and returns the file and the values by column.
func writeFile(t testing.TB, schema []format.Column, rows, nulls int, props map[string]string, seed int64) ([]byte, [][]types.Datum) {
	var buf bytes.Buffer
	w, err := New().NewWriter(&buf, &format.WriteOptions{Schema: schema, Properties: props})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewSource(seed))
	want := make([][]types.Datum, len(schema))
	for done := 0; done < rows; {
		n := min(rows-done, 1+r.Intn(3000))
		b := &vector.Batch{N: n}
		for i, c := range schema {
			v := vector.New(c.Type, 0)
			for k := range n {
				d := datum(r, c.Type, nulls, done+k)
				want[i] = append(want[i], d)
				v.AppendDatum(d)
			}
			b.Cols = append(b.Cols, v)
		}
		if err := w.Write(b); err != nil {
			t.Fatal(err)
		}
		done += n
	}
	stats, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	if stats.Rows != int64(rows) || stats.Bytes != int64(buf.Len()) {
		t.Errorf("statistics %+v, want %d rows and %d bytes", stats, rows, buf.Len())
	}
	return buf.Bytes(), want
}

func readAll(file []byte, opts *format.ReadOptions, visit func(b *vector.Batch, col int, row int, d types.Datum)) (int, error) {
	opts.Open = memory{"f": file}
	f := New()
	splits, err := f.Splits(context.Background(), "f", opts, 1)
	if err != nil {
		return 0, err
	}
	rows := 0
	for _, s := range splits {
		r, err := f.OpenSplit(context.Background(), s, opts)
		if err != nil {
			return rows, err
		}
		for {
			b, err := r.Next()
			if err != nil {
				return rows, errors.Join(err, r.Close())
			}
			if b == nil {
				break
			}
			for k := range b.Rows() {
				row := k
				if b.Sel != nil {
					row = int(b.Sel[k])
				}
				for i, c := range b.Cols {
					visit(b, i, rows+k, c.Datum(row))
				}
			}
			rows += b.Rows()
		}
		if err := r.Close(); err != nil {
			return rows, err
		}
	}
	return rows, nil
}

func TestRoundTrip(t *testing.T) {
	schema := schemaOf(t, testSchema)
	all := make([]int, len(schema))
	for i := range all {
		all[i] = i
	}
	for _, codec := range []string{"NONE", "ZLIB", "SNAPPY", "LZ4", "ZSTD"} {
		for _, nulls := range []int{0, 4} {
			props := map[string]string{"orc.compress": codec, "orc.stripe.size": "300000", "orc.compress.size": "4096"}
			file, want := writeFile(t, schema, 11_000, nulls, props, 7)
			rows, err := readAll(file, &format.ReadOptions{Schema: schema, Projection: all}, func(_ *vector.Batch, col, row int, d types.Datum) {
				if !reflect.DeepEqual(d, want[col][row]) {
					t.Fatalf("%s, nulls 1/%d: column %s row %d: %+v, want %+v", codec, nulls, testSchema[col], row, d, want[col][row])
				}
			})
			if err != nil || rows != 11_000 {
				t.Fatalf("%s: %d rows, %v", codec, rows, err)
			}
		}
	}
}

// between keeps low ≤ value < high of an I64 column.
type between struct {
	column    int
	low, high int64
}

func (p between) Column() int { return p.column }
func (p between) MayMatch(s *format.ColumnStats) bool {
	return !s.HasMinMax || s.Max.I >= p.low && s.Min.I < p.high
}
func (p between) BloomValue() (types.Datum, bool) { return types.Datum{}, false }
func (p between) Select(v *vector.Vector, sel []uint16, n int, out []uint16) []uint16 {
	if sel == nil {
		for i := range n {
			if x := v.Datum(i); !x.Null && x.I >= p.low && x.I < p.high {
				out = append(out, uint16(i))
			}
		}
		return out
	}
	for _, i := range sel {
		if x := v.Datum(int(i)); !x.Null && x.I >= p.low && x.I < p.high {
			out = append(out, i)
		}
	}
	return out
}

func TestPredicatesSkipRowGroups(t *testing.T) {
	schema := schemaOf(t, testSchema)
	props := map[string]string{"orc.stripe.size": "100000000", "orc.compress.size": "8192"}
	for _, nulls := range []int{0, 7} {
		file, want := writeFile(t, schema, 32_000, nulls, props, 11)
		var expect [][]types.Datum
		for row := range want[13] {
			if d := want[13][row]; !d.Null && d.I >= 100 && d.I < 105 {
				var r []types.Datum
				for i := range schema {
					r = append(r, want[i][row])
				}
				expect = append(expect, r)
			}
		}
		proj := make([]int, len(schema))
		for i := range proj {
			proj[i] = len(schema) - 1 - i
		}
		opts := &format.ReadOptions{Schema: schema, Projection: proj, Predicates: []format.Predicate{between{13, 100, 105}}}
		rows, err := readAll(file, opts, func(_ *vector.Batch, col, row int, d types.Datum) {
			if !reflect.DeepEqual(d, expect[row][proj[col]]) {
				t.Fatalf("column %s row %d: %+v, want %+v", testSchema[proj[col]], row, d, expect[row][proj[col]])
			}
		})
		if err != nil || rows != len(expect) {
			t.Fatalf("%d rows, want %d, %v", rows, len(expect), err)
		}
	}
}

func TestMissingAndWidenedColumns(t *testing.T) {
	file, want := writeFile(t, schemaOf(t, []string{"int", "string", "decimal(10,2)"}), 100, 3, nil, 3)
	schema := schemaOf(t, []string{"bigint", "string", "decimal(12,3)", "date"})
	_, err := readAll(file, &format.ReadOptions{Schema: schema, Projection: []int{3, 0, 2}}, func(_ *vector.Batch, col, row int, d types.Datum) {
		w := types.NullDatum
		switch col {
		case 1:
			w = want[0][row]
		case 2:
			if w = want[2][row]; !w.Null {
				w.I *= 10
			}
		}
		if !reflect.DeepEqual(d, w) {
			t.Fatalf("column %d row %d: %+v, want %+v", col, row, d, w)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDamagedFilesGiveErrors(t *testing.T) {
	schema := schemaOf(t, testSchema)
	all := make([]int, len(schema))
	for i := range all {
		all[i] = i
	}
	file, _ := writeFile(t, schema, 2000, 4, map[string]string{"orc.compress": "SNAPPY"}, 5)
	r := rand.New(rand.NewSource(1))
	ignore := func(*vector.Batch, int, int, types.Datum) {}
	for range 300 {
		bad := append([]byte(nil), file...)
		if r.Intn(3) == 0 {
			bad = bad[:r.Intn(len(bad))]
		} else {
			for range 1 + r.Intn(5) {
				bad[r.Intn(len(bad))] ^= byte(1 << r.Intn(8))
			}
		}
		// Any outcome but a panic will do: a flipped bit may only change a value.
		if _, err := readAll(bad, &format.ReadOptions{Schema: schema, Projection: all}, ignore); err != nil && !strings.Contains(err.Error(), "f") {
			t.Errorf("the error does not name the file: %v", err)
		}
	}
}

func FuzzReader(f *testing.F) {
	schema := schemaOf(f, testSchema)
	file, _ := writeFile(f, schema, 50, 4, nil, 5)
	f.Add(file)
	all := make([]int, len(schema))
	for i := range all {
		all[i] = i
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		_, _ = readAll(file, &format.ReadOptions{Schema: schema, Projection: all}, func(*vector.Batch, int, int, types.Datum) {})
	})
}

// TestWriteSample leaves a file for other readers when SKEP_ORC_SAMPLE names a directory.
func TestWriteSample(t *testing.T) {
	dir := os.Getenv("SKEP_ORC_SAMPLE")
	if dir == "" {
		t.Skip("SKEP_ORC_SAMPLE names no directory to leave a sample file in")
	}
	for _, codec := range []string{"NONE", "ZLIB", "SNAPPY", "LZ4", "ZSTD"} {
		file, _ := writeFile(t, schemaOf(t, testSchema), 11_000, 4, map[string]string{"orc.compress": codec, "orc.stripe.size": "300000"}, 7)
		if err := os.WriteFile(filepath.Join(dir, strings.ToLower(codec)+".orc"), file, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

package record_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand"
	"reflect"
	"strings"
	"testing"

	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/format/avro"
	"skep/engine/format/csv"
	"skep/engine/format/json"
	"skep/engine/format/lazybinary"
	"skep/engine/format/rcfile"
	"skep/engine/format/record"
	"skep/engine/format/sequencefile"
	"skep/engine/format/text"
	"skep/engine/vector"
)

// memory is a file system of files in memory.
type memory map[string][]byte

func (m memory) Open(_ context.Context, path string) (format.Input, error) {
	data, ok := m[path]
	if !ok {
		return nil, fmt.Errorf("%s does not exist", path)
	}
	return file{bytes.NewReader(data)}, nil
}

type file struct{ *bytes.Reader }

func (f file) Size() int64 { return f.Reader.Size() }
func (file) Close() error  { return nil }

// formats are the formats made of byte strings, and those that share their helpers.
var formats = map[string]struct {
	format.Format
	types string // columns that it can write and read back
}{
	"json lines":      {record.Format{Container: text.Lines{}, SerDe: json.SerDe{}}, jsonTypes},
	"csv lines":       {record.Format{Container: text.Lines{}, SerDe: csv.SerDe{}}, "string;string;string"},
	"multi delimiter": {record.Format{Container: text.Lines{}, SerDe: text.SerDe{MultiDelimit: true}}, flat},
	"sequence text":   {record.Format{Container: sequencefile.Container{}, SerDe: text.SerDe{}}, flat},
	"sequence json":   {record.Format{Container: sequencefile.Container{}, SerDe: json.SerDe{}}, jsonTypes},
	"sequence binary": {record.Format{Container: sequencefile.Container{}, SerDe: lazybinary.SerDe{}}, everything},
	"rcfile text":     {rcfile.Format{}, flat},
	"rcfile binary":   {rcfile.Format{Binary: true}, everything},
	"avro":            {avro.Format{}, everything},
}

const (
	// Numbers of JSON are doubles, as in Hive, so that large decimals do not keep their digits.
	jsonTypes  = "int;tinyint;bigint;double;boolean;string;decimal(9,2);date;smallint;float;timestamp;varchar(6);" + nested
	nested     = "array<int>;map<string,bigint>;struct<a:int,b:struct<c:string,d:array<double>>>"
	flat       = "int;tinyint;bigint;double;boolean;string;decimal(9,2);decimal(30,4);date"
	everything = flat + ";smallint;float;timestamp;varchar(6);" + nested
)

func columns(t testing.TB, list string) []format.Column {
	var out []format.Column
	for i, s := range strings.Split(list, ";") {
		typ, err := types.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, format.Column{Name: fmt.Sprint("c", i), Type: typ})
	}
	return out
}

// value draws a value of t that every format keeps.
func value(r *rand.Rand, t *types.Type, depth int) types.Datum {
	if r.Intn(6) == 0 && depth < 2 {
		return types.NullDatum
	}
	x := int64(r.Intn(20000)-10000) << (r.Intn(4) * 12)
	word := strings.Repeat(string([]rune("aé,\"\t日x")[r.Intn(7)]), 1+r.Intn(4))
	switch t.Kind {
	case types.Boolean:
		return types.Datum{I: x >> 3 & 1}
	case types.TinyInt:
		return types.Datum{I: int64(int8(x))}
	case types.SmallInt:
		return types.Datum{I: int64(int16(x))}
	case types.Int:
		return types.Datum{I: int64(int32(x))}
	case types.BigInt:
		return types.Datum{I: x}
	case types.Date:
		return types.Datum{I: int64(r.Intn(40000) - 10000)}
	case types.Decimal:
		if t.Physical() == types.I64 {
			return types.Datum{I: x % 1e9}
		}
		return types.Datum{W: types.MulInt64(x, 1e9+7)}
	case types.Float, types.Double:
		return types.Datum{F: float64(x%4096) / 4}
	case types.Timestamp:
		return types.Datum{W: types.Int128{Hi: x % 1e9, Lo: uint64(r.Intn(1000)) * 1e6}}
	case types.Array:
		d := types.Datum{Elems: []types.Datum{}}
		for range r.Intn(4) {
			d.Elems = append(d.Elems, value(r, t.Elem, depth+1))
		}
		return d
	case types.Map:
		d := types.Datum{Elems: []types.Datum{}}
		for k := range r.Intn(3) {
			d.Elems = append(d.Elems, types.Datum{S: fmt.Sprint("k", k)}, value(r, t.Elem, depth+1))
		}
		return d
	case types.Struct:
		d := types.Datum{}
		for _, f := range t.Fields {
			d.Elems = append(d.Elems, value(r, f.Type, depth+1))
		}
		return d
	}
	return types.Datum{S: word}
}

func batchOf(cols []format.Column, rows [][]types.Datum) *vector.Batch {
	b := &vector.Batch{N: len(rows)}
	for i, c := range cols {
		v := vector.New(c.Type, 0)
		for _, row := range rows {
			v.AppendDatum(row[i])
		}
		b.Cols = append(b.Cols, v)
	}
	return b
}

// write makes a file of rows.
func write(t testing.TB, f format.Format, cols []format.Column, rows [][]types.Datum, conf map[string]string) []byte {
	var out bytes.Buffer
	w, err := f.NewWriter(&out, &format.WriteOptions{
		Schema: cols, Properties: properties, Session: format.Session{HiveVersion: "4.0", Conf: func(k string) string { return conf[k] }},
	})
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(rows); at += 1000 {
		if err := w.Write(batchOf(cols, rows[at:min(at+1000, len(rows))])); err != nil {
			t.Fatal(err)
		}
	}
	stats, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	if stats.Rows != int64(len(rows)) || stats.Bytes != int64(out.Len()) {
		t.Errorf("%d rows in %d bytes are said to be %d in %d", len(rows), out.Len(), stats.Rows, stats.Bytes)
	}
	return out.Bytes()
}

var properties = map[string]string{"field.delim": "||"}

// read returns the rows of all splits.
func read(f format.Format, path string, opts *format.ReadOptions, target int64) ([][]types.Datum, error) {
	ctx := context.Background()
	splits, err := f.Splits(ctx, path, opts, target)
	if err != nil {
		return nil, err
	}
	var out [][]types.Datum
	for _, s := range splits {
		r, err := f.OpenSplit(ctx, s, opts)
		if err != nil {
			return out, err
		}
		for {
			b, err := r.Next()
			if err != nil {
				r.Close()
				return out, err
			}
			if b == nil {
				break
			}
			for k := range b.Rows() {
				row := k
				if b.Sel != nil {
					row = int(b.Sel[k])
				}
				var d []types.Datum
				for _, c := range b.Cols {
					d = append(d, c.Datum(row))
				}
				out = append(out, d)
			}
			if len(out) > 1<<20 {
				r.Close()
				return out, nil
			}
		}
		if err := r.Close(); err != nil {
			return out, err
		}
	}
	return out, nil
}

// positive is a predicate that the first column's integer is at least at.
type positive struct{ at int64 }

func (positive) Column() int                       { return 0 }
func (positive) MayMatch(*format.ColumnStats) bool { return true }
func (positive) BloomValue() (types.Datum, bool)   { return types.Datum{}, false }

func (p positive) Select(v *vector.Vector, sel []uint16, n int, out []uint16) []uint16 {
	out = out[:0]
	for i := range n {
		if sel == nil && !v.IsNull(i) && v.I64[v.At(i)] >= p.at {
			out = append(out, uint16(i))
		}
	}
	return out
}

func TestRoundTrip(t *testing.T) {
	compressed := map[string]string{"hive.exec.compress.output": "true"}
	confs := map[string]map[string]string{
		"plain": nil, "compressed": compressed,
		"blocks": {"hive.exec.compress.output": "true", "mapreduce.output.fileoutputformat.compress.type": "BLOCK", "avro.output.codec": "snappy"},
	}
	for name, f := range formats {
		cols := columns(t, f.types)
		r := rand.New(rand.NewSource(7))
		rows := make([][]types.Datum, 4500)
		for i := range rows {
			for _, c := range cols {
				d := value(r, c.Type, 0)
				if name == "csv lines" {
					d.Null = false // reads as the empty string
				}
				rows[i] = append(rows[i], d)
			}
		}
		for kind, conf := range confs {
			t.Run(name+"/"+kind, func(t *testing.T) {
				path := "f"
				if record, ok := f.Format.(record.Format); ok && conf != nil {
					if _, lines := record.Container.(text.Lines); lines {
						path = "f.deflate"
					}
				}
				files := memory{path: write(t, f, cols, rows, conf)}
				opts := &format.ReadOptions{Open: files, Schema: cols, Properties: properties, Session: format.Session{HiveVersion: "4.0"}}
				for i := range cols {
					opts.Projection = append(opts.Projection, i)
				}
				for _, target := range []int64{1 << 30, 1 << 16} {
					got, err := read(f, path, opts, target)
					if err != nil {
						t.Fatal(err)
					}
					compare(t, cols, got, rows)
				}
				if cols[0].Type.Kind != types.Int {
					return
				}
				// Fewer columns, in another order, and a predicate on one that is not among them.
				some := *opts
				some.Projection, some.Predicates = []int{5, 2}, []format.Predicate{positive{100}}
				var want [][]types.Datum
				for _, row := range rows {
					if !row[0].Null && row[0].I >= 100 {
						want = append(want, []types.Datum{row[5], row[2]})
					}
				}
				got, err := read(f, path, &some, 1<<20)
				if err != nil {
					t.Fatal(err)
				}
				compare(t, []format.Column{cols[5], cols[2]}, got, want)
			})
		}
	}
}

func compare(t *testing.T, cols []format.Column, got, want [][]types.Datum) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d rows of %d came back", len(got), len(want))
	}
	for i := range want {
		for k, c := range cols {
			// Compared as they are stored, without what a NULL holds.
			w, g := batchOf(cols[k:k+1], [][]types.Datum{{want[i][k]}}).Cols[0].Datum(0), got[i][k]
			if w.Null && g.Null {
				continue
			}
			if !reflect.DeepEqual(clean(w), clean(g)) {
				t.Fatalf("row %d, column %s %s: %+v, want %+v", i, c.Name, c.Type, g, w)
			}
		}
	}
}

// clean makes datums comparable: NULLs hold nothing, no elements are an empty list.
func clean(d types.Datum) types.Datum {
	if d.Null {
		return types.NullDatum
	}
	var elems []types.Datum
	for _, e := range d.Elems {
		elems = append(elems, clean(e))
	}
	d.Elems = elems
	return d
}

// FuzzFormats reads damaged files: errors are fine, panics and endless loops are not.
func FuzzFormats(f *testing.F) {
	var names []string
	for name := range formats {
		names = append(names, name)
	}
	for i, name := range names {
		x := formats[name]
		cols := columns(f, x.types)
		r := rand.New(rand.NewSource(1))
		var rows [][]types.Datum
		for range 5 {
			var row []types.Datum
			for _, c := range cols {
				row = append(row, value(r, c.Type, 0))
			}
			rows = append(rows, row)
		}
		f.Add(write(f, x, cols, rows, nil), byte(i))
		f.Add(write(f, x, cols, rows, map[string]string{"hive.exec.compress.output": "true"}), byte(i))
	}
	f.Fuzz(func(t *testing.T, data []byte, _ byte) {
		for _, x := range formats {
			cols := columns(t, x.types)
			opts := &format.ReadOptions{Open: memory{"f": data}, Schema: cols, Properties: properties, Session: format.Session{HiveVersion: "4.0"}}
			for i := range cols {
				opts.Projection = append(opts.Projection, i)
			}
			if _, err := read(x, "f", opts, 1<<16); err != nil && err != io.EOF {
				continue
			}
		}
	})
}

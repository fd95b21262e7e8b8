package parquet

import (
	"bytes"
	"fmt"
	"math/rand"
	"reflect"
	"testing"
	"time"

	"skep/dialect/types"
	"skep/engine/format"

	oracle "github.com/parquet-go/parquet-go"
)

// inner and record cover the encodings and shapes that our own writer does not produce.
type inner struct {
	A int32    `parquet:"a"`
	B *string  `parquet:"b,optional"`
	C []string `parquet:"c,list"`
}

type record struct {
	Bool     bool              `parquet:"bool"`
	Plain32  int32             `parquet:"plain32,plain"`
	Delta32  int32             `parquet:"delta32,delta"`
	Delta64  int64             `parquet:"delta64,delta"`
	Dict64   int64             `parquet:"dict64,dict"`
	Split32  float32           `parquet:"split32,split"`
	Split64  float64           `parquet:"split64,split"`
	Optional *int64            `parquet:"optional,optional"`
	DeltaLen string            `parquet:"deltalen,delta"`
	DictStr  *string           `parquet:"dictstr,optional,dict"`
	Snappy   string            `parquet:"snappy,snappy"`
	Zstd     string            `parquet:"zstd,zstd"`
	Brotli   string            `parquet:"brotli,brotli"`
	Gzip     int64             `parquet:"gzip,gzip"`
	LZ4      int64             `parquet:"lz4,lz4"`
	Date     int32             `parquet:"date,date"`
	Time     time.Time         `parquet:"time,timestamp(microsecond)"`
	Decimal  int64             `parquet:"decimal,decimal(2:18)"`
	Repeated []int32           `parquet:"repeated"`
	List     []*inner          `parquet:"list,list"`
	Map      map[string]int32  `parquet:"map"`
	Inner    *inner            `parquet:"inner,optional"`
	Deep     map[string][]bool `parquet:"deep"`
}

var recordTypes = []string{"boolean", "int", "int", "bigint", "bigint", "float", "double", "bigint", "string", "string", "string", "string", "string",
	"bigint", "bigint", "date", "timestamp", "decimal(18,2)", "array<int>", "array<struct<a:int,b:string,c:array<string>>>", "map<string,int>",
	"struct<a:int,b:string,c:array<string>>", "map<string,array<boolean>>"}

var recordNames = []string{"bool", "plain32", "delta32", "delta64", "dict64", "split32", "split64", "optional", "deltalen", "dictstr", "snappy", "zstd",
	"brotli", "gzip", "lz4", "date", "time", "decimal", "repeated", "list", "map", "inner", "deep"}

func randomInner(r *rand.Rand) *inner {
	in := &inner{A: r.Int31()}
	if r.Intn(2) == 0 {
		s := fmt.Sprint("b", r.Intn(100))
		in.B = &s
	}
	for range r.Intn(3) {
		in.C = append(in.C, fmt.Sprint("c", r.Intn(9)))
	}
	return in
}

func randomRecord(r *rand.Rand) record {
	s := func() string { return fmt.Sprint("text ", r.Intn(300)) }
	rec := record{Bool: r.Intn(2) == 0, Plain32: int32(r.Uint32()), Delta32: int32(r.Uint32()), Delta64: int64(r.Uint64()), Dict64: r.Int63n(20),
		Split32: float32(r.NormFloat64()), Split64: r.NormFloat64(), DeltaLen: s(), Snappy: s(), Zstd: s(), Brotli: s(), Gzip: r.Int63n(1000),
		LZ4: r.Int63(), Date: r.Int31n(20000), Time: time.Unix(r.Int63n(2e9), r.Int63n(1e6)*1000).UTC(), Decimal: r.Int63n(1e15)}
	if r.Intn(3) > 0 {
		v := r.Int63n(1 << 40)
		rec.Optional = &v
		d := s()
		rec.DictStr = &d
	}
	for range r.Intn(4) {
		rec.Repeated = append(rec.Repeated, r.Int31n(50))
		rec.List = append(rec.List, randomInner(r))
	}
	if r.Intn(3) > 0 {
		rec.Inner = randomInner(r)
		rec.Map, rec.Deep = map[string]int32{"k": r.Int31()}, map[string][]bool{"d": {true, false, r.Intn(2) == 0}}
	}
	return rec
}

func text(s *string) types.Datum {
	if s == nil {
		return types.NullDatum
	}
	return types.Datum{S: *s}
}

func (in *inner) datum() types.Datum {
	if in == nil {
		return types.NullDatum
	}
	var c types.Datum
	for _, s := range in.C {
		c.Elems = append(c.Elems, types.Datum{S: s})
	}
	return types.Datum{Elems: []types.Datum{{I: int64(in.A)}, text(in.B), c}}
}

func (rec *record) datums() []types.Datum {
	i := func(v int64) types.Datum { return types.Datum{I: v} }
	d := make([]types.Datum, 0, len(recordTypes))
	d = append(d, types.Datum{}, i(int64(rec.Plain32)), i(int64(rec.Delta32)), i(rec.Delta64), i(rec.Dict64), types.Datum{F: float64(rec.Split32)},
		types.Datum{F: rec.Split64}, types.NullDatum, types.Datum{S: rec.DeltaLen}, text(rec.DictStr), types.Datum{S: rec.Snappy},
		types.Datum{S: rec.Zstd}, types.Datum{S: rec.Brotli}, i(rec.Gzip), i(rec.LZ4), i(int64(rec.Date)),
		types.Datum{W: types.Int128{Hi: rec.Time.Unix(), Lo: uint64(rec.Time.Nanosecond())}}, i(rec.Decimal), types.Datum{}, types.Datum{}, types.Datum{},
		rec.Inner.datum(), types.Datum{})
	if rec.Bool {
		d[0].I = 1
	}
	if rec.Optional != nil {
		d[7] = i(*rec.Optional)
	}
	for _, v := range rec.Repeated {
		d[18].Elems = append(d[18].Elems, i(int64(v)))
	}
	for _, v := range rec.List {
		d[19].Elems = append(d[19].Elems, v.datum())
	}
	for k, v := range rec.Map {
		d[20].Elems = append(d[20].Elems, types.Datum{S: k}, i(int64(v)))
	}
	for k, v := range rec.Deep {
		var list types.Datum
		for _, b := range v {
			e := types.Datum{}
			if b {
				e.I = 1
			}
			list.Elems = append(list.Elems, e)
		}
		d[22].Elems = append(d[22].Elems, types.Datum{S: k}, list)
	}
	return d
}

// oracleFile writes records with another implementation.
func oracleFile(t testing.TB, records []record, options ...oracle.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w := oracle.NewGenericWriter[record](&b, options...)
	if _, err := w.Write(records); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func recordSchema(t testing.TB) []format.Column {
	schema := schemaOf(t, recordTypes...)
	for i := range schema {
		schema[i].Name = recordNames[i]
	}
	return schema
}

func TestReadsOtherWriters(t *testing.T) {
	schema := recordSchema(t)
	for seed, options := range [][]oracle.WriterOption{
		{oracle.DataPageVersion(1)},
		{oracle.DataPageVersion(2), oracle.PageBufferSize(2000)},
		{oracle.DataPageVersion(2), oracle.MaxRowsPerRowGroup(700), oracle.DataPageStatistics(true)},
		{oracle.DataPageVersion(1), oracle.PageBufferSize(500)},
	} {
		r := rand.New(rand.NewSource(int64(seed)))
		records := make([]record, 5000)
		for i := range records {
			records[i] = randomRecord(r)
		}
		got, err := readAll(oracleFile(t, records, options...), &format.ReadOptions{Schema: schema, Projection: all(len(schema))})
		if err != nil {
			t.Fatalf("case %d: %v", seed, err)
		}
		if len(got) != len(records) {
			t.Fatalf("case %d: %d rows, want %d", seed, len(got), len(records))
		}
		for i := range records {
			for k, want := range records[i].datums() {
				if !reflect.DeepEqual(got[i][k], want) {
					t.Fatalf("case %d row %d column %s: got %v, want %v", seed, i, schema[k].Name, got[i][k], want)
				}
			}
		}
	}
}

// TestOthersReadOurs reads our files with the other implementation.
func TestOthersReadOurs(t *testing.T) {
	type row struct {
		C0 *int32            `parquet:"c0,optional"`
		C1 *string           `parquet:"c1,optional"`
		C2 *float64          `parquet:"c2,optional"`
		C3 *int64            `parquet:"c3,optional"`
		C4 *bool             `parquet:"c4,optional"`
		C5 map[string]*int32 `parquet:"c5,optional"`
	}
	schema := schemaOf(t, "int", "string", "double", "bigint", "boolean", "map<string,int>")
	r := rand.New(rand.NewSource(8))
	file, want := writeRandom(t, r, schema, 4000, true, false, &format.WriteOptions{Properties: map[string]string{"parquet.compression": "SNAPPY"}})
	got, err := oracle.Read[row](bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range want {
		g := got[i]
		same := (g.C0 == nil) == w[0].Null && (g.C0 == nil || int64(*g.C0) == w[0].I) &&
			(g.C1 == nil) == w[1].Null && (g.C1 == nil || *g.C1 == w[1].S) &&
			(g.C2 == nil) == w[2].Null && (g.C2 == nil || *g.C2 == w[2].F) &&
			(g.C3 == nil) == w[3].Null && (g.C3 == nil || *g.C3 == w[3].I) &&
			(g.C4 == nil) == w[4].Null && (g.C4 == nil || *g.C4 == (w[4].I == 1)) && len(g.C5)*2 == len(w[5].Elems)
		if !same {
			t.Fatalf("row %d: got %+v, want %v", i, g, w)
		}
	}
	f, err := oracle.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(f.ColumnIndexes()); n == 0 {
		t.Error("the file has no column indexes")
	}
}

package text

import (
	"bytes"
	"math/rand"
	"reflect"
	"testing"

	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/vector"
)

// randomDatum draws a value that text can represent; NULL one time in eight.
func randomDatum(r *rand.Rand, t *types.Type, nulls bool) types.Datum {
	if nulls && r.Intn(8) == 0 {
		return types.NullDatum
	}
	switch t.Kind {
	case types.Boolean:
		return types.Datum{I: r.Int63n(2)}
	case types.TinyInt:
		return types.Datum{I: int64(int8(r.Uint32()))}
	case types.BigInt:
		return types.Datum{I: int64(r.Uint64())}
	case types.Int:
		return types.Datum{I: int64(int32(r.Uint32()))}
	case types.Date:
		return types.Datum{I: r.Int63n(700_000) - 350_000}
	case types.Decimal:
		if t.Physical() == types.I64 {
			return types.Datum{I: r.Int63n(2*int64Pow10[t.Precision]) - int64Pow10[t.Precision] + 1}
		}
		v := types.MulInt64(r.Int63(), r.Int63())
		if r.Intn(2) == 0 {
			v = v.Neg()
		}
		return types.Datum{W: v}
	case types.Float:
		return types.Datum{F: float64(float32(r.NormFloat64()))}
	case types.Double:
		return types.Datum{F: r.NormFloat64() * 1e5}
	case types.Timestamp, types.TimestampLTZ:
		return types.Datum{W: types.Int128{Hi: r.Int63n(4e9) - 1e9, Lo: uint64(r.Intn(1e9))}}
	case types.IntervalYearMonth:
		return types.Datum{I: r.Int63n(1000) - 500}
	case types.IntervalDayTime:
		return types.Datum{W: types.Int128{Hi: r.Int63n(1e7) - 5e6, Lo: uint64(r.Intn(1e9))}}
	case types.String, types.Varchar, types.Char, types.Binary:
		s := make([]byte, 1+r.Intn(8))
		for i := range s {
			s[i] = "ab\\|,:\r\n\x01\x04é"[r.Intn(10)]
		}
		s[len(s)-1] = 'z'
		return types.Datum{S: string(s)}
	}
	var d types.Datum
	switch t.Kind {
	case types.Array:
		for range 2 + r.Intn(3) { // a single NULL element is the NULL text itself
			d.Elems = append(d.Elems, randomDatum(r, t.Elem, nulls))
		}
	case types.Map:
		for k := range 1 + r.Intn(3) {
			d.Elems = append(d.Elems, types.Datum{I: int64(k)}, randomDatum(r, t.Elem, nulls))
		}
	case types.Struct:
		for _, f := range t.Fields {
			d.Elems = append(d.Elems, randomDatum(r, f.Type, nulls))
		}
	case types.Union:
		d.I = r.Int63n(int64(len(t.Fields)))
		d.Elems = []types.Datum{randomDatum(r, t.Fields[d.I].Type, nulls)}
	}
	return d
}

// TestWrittenTextReadsBack writes random values in several dialects and reads them again.
func TestWrittenTextReadsBack(t *testing.T) {
	schema := schemaOf(t, "boolean", "tinyint", "int", "bigint", "decimal(9,3)", "decimal(38,4)", "float", "double", "date", "timestamp",
		"timestamp with local time zone", "interval_year_month", "interval_day_time", "string", "varchar(20)", "char(10)", "binary",
		"array<string>", "map<int,array<double>>", "struct<a:int,b:struct<c:string,d:array<date>>>", "uniontype<int,string>")
	for name, properties := range map[string]map[string]string{
		"escaped": {"field.delim": "|", "escape.delim": "\\", "collection.delim": ",", "mapkey.delim": ":", "serialization.escape.crlf": "true"},
		"null":    {"escape.delim": "\\", "serialization.null.format": "(null)", "serialization.escape.crlf": "true"},
	} {
		for _, codec := range []string{"", "org.apache.hadoop.io.compress.GzipCodec", "org.apache.hadoop.io.compress.SnappyCodec"} {
			conf := func(key string) string {
				switch {
				case key == "hive.exec.compress.output" && codec != "":
					return "true"
				case key == "mapreduce.output.fileoutputformat.compress.codec":
					return codec
				}
				return ""
			}
			session := format.Session{HiveVersion: "4.0", Conf: conf}
			c, err := OutputCodec(&session)
			if err != nil {
				t.Fatal(err)
			}
			r := rand.New(rand.NewSource(4))
			var ts []*types.Type
			for _, col := range schema {
				ts = append(ts, col.Type)
			}
			var file bytes.Buffer
			w, err := New().NewWriter(&file, &format.WriteOptions{Schema: schema, Properties: properties, Session: session})
			if err != nil {
				t.Fatal(err)
			}
			var want [][]types.Datum
			for range 3 {
				b := vector.NewBatch(ts)
				for row := range 500 {
					var datums []types.Datum
					for i, typ := range ts {
						d := randomDatum(r, typ, true)
						b.Cols[i].AppendDatum(d)
						datums = append(datums, d)
					}
					b.N++
					if row%3 > 0 {
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
			if stats.Rows != int64(len(want)) || stats.Bytes != int64(file.Len()) || codec == "" && stats.RawBytes != stats.Bytes-stats.Rows {
				t.Errorf("stats %+v for %d rows, %d bytes", stats, len(want), file.Len())
			}
			path := "f" + c.Extension()
			got := read(t, path, &format.ReadOptions{Open: memory{path: file.Bytes()}, Schema: schema, Projection: all(len(schema)),
				Properties: properties, Session: session}, 1<<20)
			if len(got) != len(want) {
				t.Fatalf("%s %s: %d rows, want %d", name, codec, len(got), len(want))
			}
			for i := range want {
				for k, typ := range ts {

					if g, w := show(typ, got[i][k]), show(typ, want[i][k]); g != w && !reflect.DeepEqual(got[i][k], want[i][k]) {
						t.Fatalf("%s %s row %d column %s: got %s, want %s", name, codec, i, typ, g, w)
					}
				}
			}
		}
	}
}

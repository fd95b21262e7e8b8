package rowset

import (
	"bytes"
	"context"
	"math"
	"math/rand"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/beltran/gohive/hiveserver"

	"skep/dialect/types"
	"skep/engine/vector"
	"skep/engine/vector/valuetext"
)

// randomVector returns n values of t in a random form.
func randomVector(r *rand.Rand, t *types.Type, n int) *vector.Vector {
	value := func() types.Datum {
		switch t.Physical() {
		case types.I64:
			return types.Datum{I: r.Int63n(250) - 125}
		case types.F64:
			return types.Datum{F: float64(float32(r.NormFloat64()))}
		case types.I128:
			return types.Datum{W: types.Int128{Hi: r.Int63n(1 << 33), Lo: uint64(r.Int63n(1e9))}}
		default:
			return types.Datum{S: []string{"", "a", "höhe", "\xff", "longer text with blanks"}[r.Intn(5)]}
		}
	}
	if t.Kind == types.Boolean {
		value = func() types.Datum { return types.Datum{I: r.Int63n(2)} }
	}
	switch r.Intn(4) {
	case 0:
		if r.Intn(2) == 0 {
			return vector.NewNull(t)
		}
		return vector.NewConst(t, value())
	case 1:
		entries := vector.New(t, 0)
		for range r.Intn(4) {
			entries.AppendDatum(value())
		}
		v := &vector.Vector{Type: t, Form: vector.Dict, DictOf: entries, Codes: make([]uint32, n)}
		for i := range v.Codes {
			if entries.Len() == 0 || r.Intn(4) == 0 {
				v.MakeNulls(n)[i] = true
			} else {
				v.Codes[i] = uint32(r.Intn(entries.Len()))
			}
		}
		return v
	}
	v := vector.New(t, 0)
	for range n {
		if r.Intn(3) == 0 {
			v.AppendDatum(types.NullDatum)
		} else {
			v.AppendDatum(value())
		}
	}
	return v
}

func decode(t *testing.T, b *Builder) *hiveserver.TRowSet {
	t.Helper()
	data := b.AppendTo(nil)
	buf := thrift.NewTMemoryBuffer()
	buf.Buffer = bytes.NewBuffer(data)
	rs := hiveserver.NewTRowSet()
	if err := rs.Read(context.Background(), thrift.NewTBinaryProtocolConf(buf, &thrift.TConfiguration{})); err != nil {
		t.Fatalf("decode: %v", err)
	}
	if buf.Len() != 0 {
		t.Fatalf("%d bytes follow the row set", buf.Len())
	}
	return rs
}

// TestRandomBatches compares both encodings, read by the generated code, with one value at a time.
func TestRandomBatches(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	kinds := []*types.Type{
		types.BooleanType, types.TinyIntType, types.SmallIntType, types.IntType, types.BigIntType, types.FloatType, types.DoubleType,
		types.StringType, types.NewChar(4), types.BinaryType, types.NewDecimal(7, 2), types.NewDecimal(30, 3), types.DateType,
		types.TimestampType, types.IntervalYearMonthType, types.VoidType,
	}
	columnar, byRow := NewBuilder(kinds, true, nil), NewBuilder(kinds, false, nil)
	for range 60 {
		columnar.Reset()
		byRow.Reset()
		var batches []*vector.Batch
		rows := 0
		for range r.Intn(4) {
			n := 1 + r.Intn(30)
			b := &vector.Batch{N: n}
			for _, k := range kinds {
				b.Cols = append(b.Cols, randomVector(r, k, n))
			}
			if r.Intn(2) == 0 {
				b.Sel = []uint16{}
				for i := range n {
					if r.Intn(2) == 0 {
						b.Sel = append(b.Sel, uint16(i))
					}
				}
			}
			columnar.Append(b)
			byRow.Append(b)
			batches = append(batches, b)
			rows += b.Rows()
		}
		if columnar.Rows() != rows || byRow.Rows() != rows {
			t.Fatalf("%d and %d rows, want %d", columnar.Rows(), byRow.Rows(), rows)
		}
		cs, rs := decode(t, columnar), decode(t, byRow)
		if len(rs.Rows) != rows || len(cs.Columns) != len(kinds) || cs.Rows == nil {
			t.Fatalf("%d rows, %d columns", len(rs.Rows), len(cs.Columns))
		}
		for c, k := range kinds {
			at := 0
			for _, b := range batches {
				for i := range b.Rows() {
					row := i
					if b.Sel != nil {
						row = int(b.Sel[i])
					}
					check(t, k, b.Cols[c], row, cs.Columns[c], at, rs.Rows[at].ColVals[c])
					at++
				}
			}
			if n := len(nulls(cs.Columns[c])); n > (rows+7)/8 {
				t.Fatalf("bitmap of %d bytes for %d rows", n, rows)
			}
		}
	}
}

func nulls(c *hiveserver.TColumn) []byte {
	switch {
	case c.BoolVal != nil:
		return c.BoolVal.Nulls
	case c.ByteVal != nil:
		return c.ByteVal.Nulls
	case c.I16Val != nil:
		return c.I16Val.Nulls
	case c.I32Val != nil:
		return c.I32Val.Nulls
	case c.I64Val != nil:
		return c.I64Val.Nulls
	case c.DoubleVal != nil:
		return c.DoubleVal.Nulls
	case c.StringVal != nil:
		return c.StringVal.Nulls
	default:
		return c.BinaryVal.Nulls
	}
}

func check(t *testing.T, k *types.Type, v *vector.Vector, row int, c *hiveserver.TColumn, at int, cell *hiveserver.TColumnValue) {
	t.Helper()
	null := k.Kind == types.Void || v.IsNull(row)
	if isSet(nulls(c), at) != null {
		t.Fatalf("%s row %d: null bit %v, want %v", k, at, !null, null)
	}
	var d types.Datum
	if !null {
		d = v.Datum(row)
	}
	ok := false
	switch {
	case c.BoolVal != nil:
		ok = c.BoolVal.Values[at] == (d.I != 0) && (cell.BoolVal.Value == nil) == null && cell.BoolVal.GetValue() == (d.I != 0)
	case c.ByteVal != nil:
		ok = c.ByteVal.Values[at] == int8(d.I) && (cell.ByteVal.Value == nil) == null && cell.ByteVal.GetValue() == int8(d.I)
	case c.I16Val != nil:
		ok = c.I16Val.Values[at] == int16(d.I) && (cell.I16Val.Value == nil) == null && cell.I16Val.GetValue() == int16(d.I)
	case c.I32Val != nil:
		ok = c.I32Val.Values[at] == int32(d.I) && (cell.I32Val.Value == nil) == null && cell.I32Val.GetValue() == int32(d.I)
	case c.I64Val != nil:
		ok = c.I64Val.Values[at] == d.I && (cell.I64Val.Value == nil) == null && cell.I64Val.GetValue() == d.I
	case c.DoubleVal != nil:
		want := d.F
		if k.Kind == types.Float {
			want = shortestDouble(d.F)
		}
		ok = c.DoubleVal.Values[at] == want && (cell.DoubleVal.Value == nil) == null && cell.DoubleVal.GetValue() == want
	case c.StringVal != nil:
		want := ""
		if !null {
			want = string(valuetext.AppendValue(nil, v, row, nil))
		}
		ok = c.StringVal.Values[at] == want && (cell.StringVal.Value == nil) == null && cell.StringVal.GetValue() == want
	case c.BinaryVal != nil:
		ok = string(c.BinaryVal.Values[at]) == d.S && (cell.StringVal.Value == nil) == null &&
			cell.StringVal.GetValue() == string(valuetext.AppendUTF8(nil, []byte(d.S)))
	}
	if !ok {
		t.Fatalf("%s row %d: want %+v (null %v)", k, at, d, null)
	}
}

func TestShortestDouble(t *testing.T) {
	for _, c := range []struct {
		in   float32
		want float64
	}{{1.1, 1.1}, {0.1, 0.1}, {16777216, 16777216}, {33554432, 33554432}, {-102936432, -102936432}, {1e-45, 1.4e-45}, {-3.4028235e38, -3.4028235e38}, {0, 0}} {
		if got := shortestDouble(float64(c.in)); got != c.want {
			t.Errorf("%v: %v, want %v", c.in, got, c.want)
		}
	}
	if !math.IsInf(shortestDouble(math.Inf(1)), 1) || !math.IsNaN(shortestDouble(math.NaN())) {
		t.Error("infinity and NaN must stay")
	}
}

func TestNoAllocationPerValue(t *testing.T) {
	kinds := []*types.Type{types.BigIntType, types.FloatType, types.DoubleType, types.StringType, types.NewDecimal(7, 2), types.DateType, types.TimestampType, types.NewChar(9)}
	batch := benchmarkBatch(kinds)
	b := NewBuilder(kinds, true, nil)
	dst := make([]byte, 0, 1<<21)
	encode := func() {
		b.Reset()
		b.Append(batch)
		dst = b.AppendTo(dst[:0])
	}
	encode()
	if n := testing.AllocsPerRun(10, encode); n > 8 {
		t.Errorf("%v allocations for %d rows", n, batch.N)
	}
}

func benchmarkBatch(kinds []*types.Type) *vector.Batch {
	batch := &vector.Batch{N: vector.BatchSize}
	r := rand.New(rand.NewSource(3))
	for _, k := range kinds {
		v := vector.New(k, 0)
		for range batch.N {
			v.AppendDatum(types.Datum{I: r.Int63n(1e6), F: r.NormFloat64(), W: types.Int128{Hi: r.Int63n(1 << 31)}, S: "value of 20 letters!"})
		}
		batch.Cols = append(batch.Cols, v)
	}
	return batch
}

func BenchmarkEncode(b *testing.B) {
	kinds := []*types.Type{types.BigIntType, types.DoubleType, types.StringType, types.NewDecimal(7, 2), types.DateType, types.TimestampType, types.FloatType}
	for _, k := range kinds {
		b.Run(k.String(), func(b *testing.B) {
			batch := benchmarkBatch([]*types.Type{k})
			builder := NewBuilder([]*types.Type{k}, true, nil)
			var dst []byte
			for b.Loop() {
				builder.Reset()
				builder.Append(batch)
				dst = builder.AppendTo(dst[:0])
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/vector.BatchSize, "ns/value")
		})
	}
}

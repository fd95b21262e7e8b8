package fakebackend

import (
	"fmt"
	"strings"

	"skep/dialect/types"
	"skep/engine/vector"
	"skep/thrift/backend"
)

// constant is a result of one value.
func constant(t *types.Type, d types.Datum) []*vector.Batch {
	return []*vector.Batch{{N: 1, Cols: []*vector.Vector{vector.NewConst(t, d)}}}
}

// rowTypes are the column types of "rows", repeated.
func rowTypes() []*types.Type {
	return []*types.Type{
		types.BigIntType, types.IntType, types.NewDecimal(7, 2), types.StringType, types.DoubleType, types.DateType, types.TimestampType,
		types.NewVarchar(20), types.NewChar(10), types.BooleanType,
	}
}

// manyRows repeats one batch of vectors in mixed forms, so that sending rows is what takes the time.
func manyRows(n, width int) ([]backend.Column, []*vector.Batch) {
	kinds := rowTypes()
	columns := make([]backend.Column, width)
	block := &vector.Batch{N: vector.BatchSize}
	for i := range columns {
		t := kinds[i%len(kinds)]
		columns[i] = backend.Column{Name: fmt.Sprintf("t.c%d", i), Type: t}
		v := vector.New(t, 0)
		for r := range vector.BatchSize {
			v.AppendDatum(rowValue(t, r, i))
		}
		block.Cols = append(block.Cols, v)
	}
	batches := make([]*vector.Batch, 0, n/vector.BatchSize+1)
	for ; n > vector.BatchSize; n -= vector.BatchSize {
		batches = append(batches, block)
	}
	sel := make([]uint16, n)
	for i := range sel {
		sel[i] = uint16(i)
	}
	return columns, append(batches, &vector.Batch{N: block.N, Cols: block.Cols, Sel: sel})
}

func rowValue(t *types.Type, row, column int) types.Datum {
	if (row+column)%17 == 0 {
		return types.NullDatum
	}
	switch t.Kind {
	case types.Boolean:
		return types.Datum{I: int64(row % 2)}
	case types.Double:
		return types.Datum{F: float64(row) * 1.25}
	case types.Timestamp:
		return types.Datum{W: types.Int128{Hi: 1_700_000_000 + int64(row)*61}}
	case types.Date:
		return types.Datum{I: 18_000 + int64(row)}
	case types.String, types.Varchar, types.Char:
		return types.Datum{S: fmt.Sprintf("v%d", row*7919%100000)}
	default:
		return types.Datum{I: int64(row * 37)}
	}
}

// allTypes is a result with every type: values, NULLs, extremes.
func allTypes() ([]backend.Column, []*vector.Batch) {
	i := func(v int64) types.Datum { return types.Datum{I: v} }
	s := func(v string) types.Datum { return types.Datum{S: v} }
	f := func(v float64) types.Datum { return types.Datum{F: v} }
	w := func(hi int64, lo uint64) types.Datum { return types.Datum{W: types.Int128{Hi: hi, Lo: lo}} }
	list := func(v ...types.Datum) types.Datum { return types.Datum{Elems: v} }
	null := types.NullDatum
	cells := []struct {
		typ         string
		value, edge types.Datum
	}{
		{"boolean", i(1), i(0)},
		{"tinyint", i(1), i(-128)},
		{"smallint", i(2), i(-32768)},
		{"int", i(3), i(-2147483648)},
		{"bigint", i(4), i(-9223372036854775808)},
		{"float", f(float64(float32(1.1))), f(float64(float32(3.4028235e38)))},
		{"double", f(2.5), f(1e300)},
		{"decimal(10,2)", i(150), i(-5)},
		{"decimal(38,10)", types.Datum{W: types.Int128Of(15_000_000_000)}, types.Datum{W: types.Int128{Hi: -5421010862427522171, Lo: 1}}},
		{"string", s("höhe\ttab"), s("")},
		{"varchar(5)", s("vc"), s("")},
		{"char(5)", s("ch"), s("")},
		{"binary", s("\x00\xffb"), s("")},
		{"date", i(18263), i(-719162)},
		{"timestamp", w(1577934245, 120_000_000), w(1577934245, 0)},
		{"timestamp with local time zone", w(1577934245, 500_000_000), w(1593000000, 0)},
		{"interval_year_month", i(14), i(-14)},
		{"interval_day_time", w(93784, 500_000_000), w(-93785, 500_000_000)},
		{"array<int>", list(i(1), null, i(3)), list()},
		{"map<string,double>", list(s("a"), f(1), s("b\"q"), null), list()},
		{"struct<a:int,b:string>", list(i(7), s("x")), list(null, null)},
		{"uniontype<int,string>", types.Datum{I: 1, Elems: []types.Datum{s("u")}}, types.Datum{I: 0, Elems: []types.Datum{i(9)}}},
		{"array<decimal(5,2)>", list(i(150), i(100)), list(null)},
		{"void", null, null},
	}
	var columns []backend.Column
	block := &vector.Batch{N: 3}
	for _, c := range cells {
		t, err := types.Parse(c.typ)
		if err != nil {
			panic(err)
		}
		name, _, _ := strings.Cut(c.typ, "(")
		name, _, _ = strings.Cut(name, "<")
		columns = append(columns, backend.Column{Name: strings.ReplaceAll(name, " ", "_") + fmt.Sprint(len(columns)), Type: t})
		v := vector.New(t, 0)
		v.AppendDatum(c.value)
		v.AppendDatum(null)
		v.AppendDatum(c.edge)
		block.Cols = append(block.Cols, v)
	}
	return columns, []*vector.Batch{block}
}

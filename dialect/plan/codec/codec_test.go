package codec

import (
	"bytes"
	"reflect"
	"testing"

	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/dialect/types"
)

var (
	decimal  = types.NewDecimal(20, 3)
	nested   = types.NewStruct(types.Field{Name: "a", Label: "Shown", Type: types.NewMap(types.StringType, types.NewArray(decimal)), Comment: "c"})
	variants = types.NewUnion(types.IntType, types.NewVarchar(3), types.NewChar(2))
)

func column(id plan.ColumnID, t *types.Type) plan.Column {
	return plan.Column{ID: id, Name: "c", Type: t}
}

// sample is a plan in which every field of every kind of node is set somewhere.
func sample() plan.Node {
	table := &catalog.Table{
		DB: "d", Name: "t", Kind: catalog.External, Temporary: true, ViewText: "v", ViewDB: "w", Location: "/x", InputFormat: "i", OutputFormat: "o",
		SerDe: "s", SerDeProps: map[string]string{"a": "b", "c": "d"}, Params: map[string]string{}, Transactional: true, WriteIDs: &catalog.WriteIDs{High: 7, Open: []int64{3, 5}}, Checks: []string{"x > 0"}, Version: 1 << 40,
		Columns:       []catalog.Column{{Name: "x", Type: types.IntType, Comment: "no", NotNull: true, Default: "1"}},
		PartitionKeys: []catalog.Column{{Name: "p", Type: types.StringType}},
		Buckets:       catalog.Buckets{Count: 4, Columns: []string{"x"}, Sort: []catalog.SortColumn{{Name: "x", Desc: true}}, Version: 2},
		Lists:         &catalog.ListBuckets{Columns: []string{"x"}, Values: [][]string{{"1"}}}, Nested: true,
		Stats: &catalog.Stats{Rows: 7, Bytes: -1, Columns: map[string]*catalog.ColumnStats{"x": {
			Distinct: 1, Nulls: 2, AvgLen: 1.5, MaxLen: 3, HasMinMax: true, Min: types.Datum{I: -5}, Max: types.NullDatum,
		}}},
	}
	part := &catalog.Partition{
		Values: []types.Datum{{S: "a"}}, Names: []string{"a"}, Location: "/x/a", Columns: table.Columns, InputFormat: "i", OutputFormat: "o", SerDe: "s",
		SerDeProps: map[string]string{"a": "b"}, Params: map[string]string{"q": ""}, Nested: true, Stats: &catalog.Stats{Rows: 1, Bytes: 1, Columns: map[string]*catalog.ColumnStats{}},
	}
	x, p := column(1, types.IntType), column(2, types.StringType)
	ref := plan.NewColumnRef(x)
	lit := &plan.Literal{T: nested, Value: types.Datum{Elems: []types.Datum{{Elems: []types.Datum{{S: "k"}, {Elems: []types.Datum{{W: types.Int128{Hi: -1, Lo: 2}}, types.NullDatum}}}}}}}
	half := &plan.Literal{T: types.DoubleType, Value: types.Datum{F: 0.5}}
	call := &plan.Call{Func: "field", Args: []plan.Expr{lit, ref}, T: types.BooleanType, Index: 2}
	scan := &plan.Scan{
		Table: table, Alias: "a", Cols: []plan.Column{x, p, column(3, variants)}, Source: []int{0, 1, plan.VirtualInputFileName},
		Filter: []plan.Expr{call, call}, Partitions: []*catalog.Partition{part, part}, Pruned: true, Whole: true,
		Sample: &plan.Sample{Bucket: 1, OutOf: 2, On: []plan.Expr{ref}, Percent: 3, Bytes: 4, Rows: 5},
	}
	var n plan.Node = &plan.Filter{Input: scan, Cond: call}
	n = &plan.Project{Input: n, Exprs: []plan.Assign{{Column: column(4, types.BooleanType), Expr: call}}}
	n = &plan.Generate{Input: n, Func: "explode", Args: []plan.Expr{lit}, Outputs: []plan.Column{column(5, types.DateType)}, Outer: true}
	n = &plan.Aggregate{
		Input: n, Keys: []plan.Assign{{Column: column(6, types.IntType), Expr: ref}}, GroupingSets: [][]int{{0}, {}, nil}, GroupingID: column(7, types.BigIntType), Fixed: 1, Local: true,
		Aggs: []plan.AggCall{{
			Column: column(8, types.BigIntType), Func: "sum", Args: []plan.Expr{ref}, Distinct: true, Mode: plan.AggMerge, ArgTypes: []*types.Type{decimal},
			Partial: []plan.Column{column(9, decimal)},
		}},
	}
	n = &plan.Window{
		Input: n, PartitionBy: []plan.Expr{ref}, OrderBy: []plan.SortKey{{Expr: ref, Desc: true, NullsFirst: true}}, Limit: &plan.RankLimit{Func: "rank", N: 3},
		Calls: []plan.WindowCall{{
			Column: column(10, types.DoubleType), Func: "lag", Args: []plan.Expr{half}, Distinct: true, IgnoreNulls: true,
			Frame: plan.Frame{Rows: true, Start: plan.Bound{Kind: plan.Preceding, Offset: half}, End: plan.Bound{Kind: plan.UnboundedFollowing}},
		}},
	}
	n = &plan.Sort{Input: n, Keys: []plan.SortKey{{Expr: half}}, Limit: -1, Offset: 2, Partial: true}
	n = &plan.Limit{Input: n, N: 10, Offset: 1}
	n = &plan.Distribute{Input: n, By: []plan.Expr{ref}}
	n = &plan.Script{
		Input: n, Args: []plan.Expr{ref}, Command: "cat", Outputs: []plan.Column{column(11, types.StringType)}, KeyValue: true, OutputTypesSet: true,
		InputFormat:  plan.ScriptFormat{SerDe: "s", Properties: map[string]string{"field.delim": "\t"}},
		OutputFormat: plan.ScriptFormat{Properties: map[string]string{}},
	}
	def := &plan.SharedDef{ID: 3, Name: "cte", Plan: &plan.Values{Cols: []plan.Column{column(12, types.IntType)}, Rows: [][]plan.Expr{{&plan.Literal{T: types.IntType, Value: types.NullDatum}}}}}
	again := &plan.Shared{Def: def, Cols: []plan.Column{column(13, types.IntType)}}
	n = &plan.Join{
		Kind: plan.MarkJoin, Left: n, Right: &plan.Shared{Def: def, Cols: []plan.Column{column(14, types.IntType)}},
		Keys: []plan.EquiKey{{Left: ref, Right: ref, NullSafe: true}}, Residual: call, Mark: column(15, types.BooleanType), NullAware: true, BuildLeft: true, Broadcast: true, Hint: true,
	}
	remote := &plan.RemoteSource{Exchange: 4, Cols: []plan.Column{column(16, types.IntType)}}
	return &plan.Union{
		All: []plan.Node{n, again, remote}, Cols: []plan.Column{column(17, types.IntType)}, Sources: [][]plan.ColumnID{{11}, {13}, {16}},
	}
}

func encode(t testing.TB, n plan.Node) []byte {
	c := NewWriter()
	c.Node(&n)
	b, err := c.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decode(b []byte) (plan.Node, error) {
	c := NewReader(b)
	var n plan.Node
	c.Node(&n)
	return n, c.End()
}

func TestPlansAreReadAsWritten(t *testing.T) {
	n := sample()
	set := map[string]bool{}
	fields(reflect.ValueOf(n), set, map[any]bool{})
	for name, ok := range set {
		if !ok {
			t.Errorf("the sample does not set %s", name)
		}
	}
	b := encode(t, n)
	got, err := decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(n, got) {
		t.Errorf("read %#v", got)
	}
	u := got.(*plan.Union)
	def := u.All[1].(*plan.Shared).Def
	if u.All[0].(*plan.Join).Right.(*plan.Shared).Def != def {
		t.Error("a shared plan was read twice")
	}
	if again := encode(t, got); !bytes.Equal(b, again) {
		t.Error("what was read is written differently")
	}
	t.Logf("%d bytes", len(b))
}

// fields notes for every field of the structs below v whether it is set anywhere.
func fields(v reflect.Value, set map[string]bool, seen map[any]bool) {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			fields(v.Elem(), set, seen)
		}
	case reflect.Pointer:
		if !v.IsNil() && !seen[v.Interface()] {
			seen[v.Interface()] = true
			fields(v.Elem(), set, seen)
		}
	case reflect.Slice:
		for i := range v.Len() {
			fields(v.Index(i), set, seen)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			fields(v.MapIndex(k), set, seen)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).Kind() == reflect.Func {
				continue // the analyzer replaces a table that has one by its rows
			}
			name := v.Type().String() + "." + v.Type().Field(i).Name
			set[name] = set[name] || !v.Field(i).IsZero()
			fields(v.Field(i), set, seen)
		}
	}
}

func TestSharedExpressionsStaySmall(t *testing.T) {
	// Each level refers to the one below twice: as a tree it would have 2^60 leaves.
	var e plan.Expr = &plan.ColumnRef{ID: 1, Name: "x", T: types.IntType}
	for range 60 {
		e = &plan.Call{Func: "+", Args: []plan.Expr{e, e}, T: types.IntType}
	}
	b := encode(t, &plan.Filter{Input: &plan.Values{}, Cond: e})
	if len(b) > 2000 {
		t.Errorf("%d bytes", len(b))
	}
	if _, err := decode(b); err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeReadIsRefused(t *testing.T) {
	b := encode(t, sample())
	for i := range b {
		if _, err := decode(b[:i]); err == nil {
			t.Fatalf("%d of %d bytes are read without an error", i, len(b))
		}
	}
	if _, err := decode(append([]byte{2 * (Version + 1)}, b[1:]...)); err == nil {
		t.Error("another version is read")
	}
	if _, err := decode(append(b[:len(b):len(b)], 0)); err == nil {
		t.Error("further bytes are ignored")
	}
	c := NewWriter()
	var n plan.Node = &plan.Filter{Input: &plan.Values{}, Cond: &plan.Subquery{T: types.IntType}}
	c.Node(&n)
	if _, err := c.Bytes(); err == nil {
		t.Error("a subquery is written")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(f, sample()))
	f.Add(encode(f, &plan.Limit{Input: &plan.Values{Cols: []plan.Column{}, Rows: [][]plan.Expr{{}, nil}}, N: 1}))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := decode(b)
		if err != nil {
			return
		}
		first := encode(t, n)
		again, err := decode(first)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, encode(t, again)) {
			t.Error("what was read is written differently")
		}
	})
}

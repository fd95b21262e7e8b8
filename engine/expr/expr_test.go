package expr

import (
	"fmt"
	"math"
	"math/rand"
	"reflect"
	"testing"

	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/function"
	"skep/engine/vector"
)

var testEnv = &Env{HiveVersion: "4.0"}

// columnTypes are the columns of random batches: two of each storage class.
var columnTypes = []*types.Type{
	types.IntType, types.IntType, types.BigIntType, types.BigIntType, types.DoubleType, types.DoubleType, types.NewDecimal(10, 2), types.NewDecimal(8, 3),
	types.NewDecimal(30, 4), types.NewDecimal(25, 0), types.StringType, types.StringType, types.BooleanType, types.BooleanType, types.DateType,
	types.TimestampType, types.NewArray(types.IntType), types.NewStruct(types.Field{Name: "a", Type: types.IntType}, types.Field{Name: "b", Type: types.StringType}),
	types.NewVarchar(4), types.NewChar(3),
}

func columns() []plan.Column {
	cols := make([]plan.Column, len(columnTypes))
	for i, t := range columnTypes {
		cols[i] = plan.Column{ID: plan.ColumnID(i + 1), Name: fmt.Sprintf("c%d", i), Type: t}
	}
	return cols
}

func randomValue(r *rand.Rand, t *types.Type) types.Datum {
	switch t.Kind {
	case types.Boolean:
		return types.Datum{I: r.Int63n(2)}
	case types.Date:
		return types.Datum{I: r.Int63n(40000) - 10000}
	case types.Timestamp:
		return types.Datum{W: types.Int128{Hi: r.Int63n(4e9) - 1e9, Lo: uint64(r.Intn(3)) * 5e8}}
	case types.Double:
		return types.Datum{F: []float64{0, math.Copysign(0, -1), 1, -1.5, 2.5, 3, math.NaN(), math.Inf(1), 1e300}[r.Intn(9)]}
	case types.String, types.Varchar, types.Char:
		return types.Datum{S: []string{"", "a", "ab", "abc", "b", "1", "2", "12", "é", "x"}[r.Intn(10)]}
	case types.Array:
		d := types.Datum{}
		for range r.Intn(4) {
			d.Elems = append(d.Elems, randomDatum(r, t.Elem))
		}
		return d
	case types.Struct:
		d := types.Datum{}
		for _, f := range t.Fields {
			d.Elems = append(d.Elems, randomDatum(r, f.Type))
		}
		return d
	}
	small := r.Int63n(7) - 3
	if r.Intn(10) == 0 {
		small = r.Int63n(99999999) - 44444444
	}
	if t.Physical() == types.I128 {
		return types.Datum{W: types.MulInt64(small, 1000003)}
	}
	return types.Datum{I: small}
}

func randomDatum(r *rand.Rand, t *types.Type) types.Datum {
	if r.Intn(5) == 0 {
		return types.NullDatum
	}
	return randomValue(r, t)
}

// randomVector makes a column of n rows in a random form.
func randomVector(r *rand.Rand, t *types.Type, n int) *vector.Vector {
	nulls := r.Intn(3) > 0
	draw := func() types.Datum {
		if nulls {
			return randomDatum(r, t)
		}
		return randomValue(r, t)
	}
	switch r.Intn(5) {
	case 0:
		return vector.NewConst(t, draw())
	case 4:
		if t.Physical() != types.Bytes || r.Intn(2) == 0 {
			break
		}
		// What a reader makes of a column chunk without values: NULLs only, and a dictionary without entries.
		v := &vector.Vector{Type: t, Form: vector.Dict, DictOf: vector.New(t, 0), Codes: make([]uint32, n)}
		for i := range v.MakeNulls(n) {
			v.Nulls[i] = true
		}
		return v
	case 1:
		dict := vector.New(t, 0)
		for range 1 + r.Intn(12) {
			dict.AppendDatum(randomValue(r, t))
		}
		v := &vector.Vector{Type: t, Form: vector.Dict, DictOf: dict}
		if r.Intn(2) == 0 {
			v.DictID = vector.NewDictID()
		}
		for range n {
			v.Codes = append(v.Codes, uint32(r.Intn(dict.Len())))
		}
		if nulls {
			for i := range v.MakeNulls(n) {
				v.Nulls[i] = r.Intn(5) == 0
			}
		}
		return v
	}
	v := vector.New(t, 0)
	for range n {
		v.AppendDatum(draw())
	}
	return v
}

func randomBatch(r *rand.Rand) *vector.Batch {
	b := &vector.Batch{N: 1 + r.Intn(60)}
	for _, t := range columnTypes {
		b.Cols = append(b.Cols, randomVector(r, t, b.N))
	}
	if r.Intn(2) == 0 {
		b.Sel = []uint16{}
		for i := range b.N {
			if r.Intn(3) > 0 {
				b.Sel = append(b.Sel, uint16(i))
			}
		}
	}
	return b
}

// generator draws random typed expressions.
type generator struct {
	r    *rand.Rand
	cols []plan.Column
}

func (g *generator) leaf(t *types.Type) plan.Expr {
	if g.r.Intn(4) > 0 {
		var fit []plan.Column
		for _, c := range g.cols {
			if c.Type.Equal(t) {
				fit = append(fit, c)
			}
		}
		if len(fit) > 0 {
			return plan.NewColumnRef(fit[g.r.Intn(len(fit))])
		}
	}
	d := randomDatum(g.r, t)
	return &plan.Literal{Value: d, T: t}
}

func call(name string, t *types.Type, args ...plan.Expr) plan.Expr {
	return &plan.Call{Func: name, Args: args, T: t}
}

func (g *generator) pick(names ...string) string { return names[g.r.Intn(len(names))] }

// anyType draws a column type.
func (g *generator) anyType() *types.Type { return columnTypes[g.r.Intn(len(columnTypes))] }

func (g *generator) expr(t *types.Type, depth int) plan.Expr {
	if depth == 0 {
		return g.leaf(t)
	}
	sub := func(t *types.Type) plan.Expr { return g.expr(t, depth-1) }
	switch g.r.Intn(6) {
	case 0:
		return call("if", t, sub(types.BooleanType), sub(t), sub(t))
	case 1:
		return call("case", t, sub(types.BooleanType), sub(t), sub(types.BooleanType), sub(t))
	case 2:
		return call("coalesce", t, sub(t), sub(t), sub(t))
	}
	switch {
	case t.Kind == types.Boolean:
		u := g.anyType()
		switch g.r.Intn(8) {
		case 0:
			return call("and", t, sub(t), sub(t), sub(t))
		case 1:
			return call("or", t, sub(t), sub(t), sub(t))
		case 2:
			return call("not", t, sub(t))
		case 3:
			return call(g.pick("isnull", "isnotnull"), t, sub(u))
		case 4:
			return call(g.pick("istrue", "isnottrue", "isfalse", "isnotfalse"), t, sub(t))
		case 5:
			return call("in", t, sub(u), g.literal(u), g.literal(u), g.literal(u))
		case 6:
			return call("<=>", t, sub(u), sub(u))
		}
		return call(g.pick("=", "<>", "<", "<=", ">", ">="), t, sub(u), sub(u))
	case t.IsInteger() || t.Kind == types.Double:
		if g.r.Intn(3) == 0 {
			return call("cast", t, sub(columnTypes[g.r.Intn(12)]))
		}
		return call(g.pick("+", "-", "*", "%", "pmod"), t, sub(t), sub(t))
	case t.Kind == types.Decimal:
		return call("cast", t, sub(columnTypes[g.r.Intn(12)]))
	case t.Kind == types.String:
		return call("cast", t, sub(columnTypes[g.r.Intn(16)]))
	}
	return g.leaf(t)
}

func (g *generator) literal(t *types.Type) plan.Expr {
	return &plan.Literal{Value: randomDatum(g.r, t), T: t}
}

// same compares datums; NaN equals NaN.
func same(a, b types.Datum) bool {
	if a.F != a.F && b.F != b.F {
		a.F, b.F = 0, 0
	}
	if len(a.Elems) > 0 && len(a.Elems) == len(b.Elems) {
		for i := range a.Elems {
			if !same(a.Elems[i], b.Elems[i]) {
				return false
			}
		}
		a.Elems, b.Elems = nil, nil
	}
	return reflect.DeepEqual(a, b)
}

// TestFormsAgree checks that an expression gives for a row of any batch, in any form of columns and with any selection, what it gives
// for a batch of that row alone, in flat columns.
func TestFormsAgree(t *testing.T) {
	r := rand.New(rand.NewSource(7))
	g := &generator{r: r, cols: columns()}
	layout := LayoutOf(g.cols)
	for round := range 1500 {
		var exprs []plan.Expr
		for range 1 + r.Intn(3) {
			exprs = append(exprs, g.expr(g.anyType(), 1+r.Intn(3)))
		}
		cond := g.expr(types.BooleanType, 1+r.Intn(3))
		p, err := Compile(testEnv, append(exprs, cond), layout)
		if err != nil {
			t.Fatal(err)
		}
		f, err := CompileFilter(testEnv, cond, layout)
		if err != nil {
			t.Fatal(err)
		}
		whole, single, filter := p.NewEvaluator(), p.NewEvaluator(), f.NewEvaluator()
		for range 4 {
			b := randomBatch(r)
			got, err := whole.Run(b)
			if err != nil {
				t.Fatal(err)
			}
			chosen, err := filter.Select(b)
			if err != nil {
				t.Fatal(err)
			}
			hit := map[int]bool{}
			for _, i := range chosen {
				hit[int(i)] = true
			}
			(function.Rows{Sel: b.Sel, N: b.N}).Each(func(i int) {
				one := &vector.Batch{N: 1}
				for _, c := range b.Cols {
					v := vector.New(c.Type, 0)
					v.AppendDatum(c.Datum(i))
					one.Cols = append(one.Cols, v)
				}
				want, err := single.Run(one)
				if err != nil {
					t.Fatal(err)
				}
				for k := range want {
					if x, y := got[k].Datum(i), want[k].Datum(0); !same(x, y) {
						t.Fatalf("round %d row %d: %v\n got %v, alone %v", round, i, append(exprs, cond)[k], x, y)
					}
				}
				d := want[len(want)-1].Datum(0)
				if hit[i] != (!d.Null && d.I != 0) {
					t.Fatalf("round %d row %d: filter %v: got %v, value %v", round, i, cond, hit[i], d)
				}
				delete(hit, i)
			})
			if len(hit) > 0 {
				t.Fatalf("round %d: filter chose rows outside the selection", round)
			}
		}
	}
}

// TestAgainstModel checks logic, comparison and branches against a plain interpreter of one row.
func TestAgainstModel(t *testing.T) {
	r := rand.New(rand.NewSource(8))
	g := &generator{r: r, cols: columns()}
	layout := LayoutOf(g.cols)
	for range 3000 {
		e := g.expr(types.BooleanType, 3)
		if !modelled(e) {
			continue
		}
		p, err := Compile(testEnv, []plan.Expr{e}, layout)
		if err != nil {
			t.Fatal(err)
		}
		ev := p.NewEvaluator()
		b := randomBatch(r)
		got, err := ev.Run(b)
		if err != nil {
			t.Fatal(err)
		}
		(function.Rows{Sel: b.Sel, N: b.N}).Each(func(i int) {
			if x, y := got[0].Datum(i), model(e, b, i); !same(x, y) {
				t.Fatalf("row %d: %v\n got %v, want %v", i, e, x, y)
			}
		})
	}
}

// modelled reports whether the interpreter knows all calls of e.
func modelled(e plan.Expr) bool {
	ok := true
	plan.Visit(e, func(x plan.Expr) bool {
		if c, is := x.(*plan.Call); is {
			switch c.Func {
			case "cast", "%", "pmod", "*":
				ok = false
			case "+", "-":
				ok = ok && c.T.Kind == types.BigInt
			case "in":
				ok = ok && c.Args[0].Type().Kind != types.Struct // equal field by field, unlike the order of structs
			}
		}
		return ok
	})
	return ok
}

func boolDatum(b bool) types.Datum {
	if b {
		return types.Datum{I: 1}
	}
	return types.Datum{}
}

func order(t *types.Type, a, b types.Datum) int {
	return vector.Compare(vector.NewConst(t, a), 0, vector.NewConst(t, b), 0)
}

func model(e plan.Expr, b *vector.Batch, row int) types.Datum {
	switch e := e.(type) {
	case *plan.ColumnRef:
		return b.Cols[e.ID-1].Datum(row)
	case *plan.Literal:
		return e.Value
	case *plan.Call:
		return modelCall(e, func(k int) types.Datum { return model(e.Args[k], b, row) })
	}
	panic("model")
}

func modelCall(e *plan.Call, arg func(int) types.Datum) types.Datum {
	isTrue := func(d types.Datum) bool { return !d.Null && d.I != 0 }
	isFalse := func(d types.Datum) bool { return !d.Null && d.I == 0 }
	switch e.Func {
	case "and", "or":
		decided, null := isFalse, false
		if e.Func == "or" {
			decided = isTrue
		}
		for k := range e.Args {
			d := arg(k)
			if decided(d) {
				return boolDatum(e.Func == "or")
			}
			null = null || d.Null
		}
		if null {
			return types.NullDatum
		}
		return boolDatum(e.Func == "and")
	case "not":
		if d := arg(0); d.Null {
			return d
		} else {
			return boolDatum(d.I == 0)
		}
	case "isnull":
		return boolDatum(arg(0).Null)
	case "isnotnull":
		return boolDatum(!arg(0).Null)
	case "istrue":
		return boolDatum(isTrue(arg(0)))
	case "isnottrue":
		return boolDatum(!isTrue(arg(0)))
	case "isfalse":
		return boolDatum(isFalse(arg(0)))
	case "isnotfalse":
		return boolDatum(!isFalse(arg(0)))
	case "if", "case":
		for k := 0; k+1 < len(e.Args); k += 2 {
			if isTrue(arg(k)) {
				return arg(k + 1)
			}
		}
		if len(e.Args)%2 == 1 {
			return arg(len(e.Args) - 1)
		}
		return types.NullDatum
	case "coalesce":
		for k := range e.Args {
			if d := arg(k); !d.Null {
				return d
			}
		}
		return types.NullDatum
	case "in":
		x, null := arg(0), false
		if x.Null {
			return x
		}
		for k := 1; k < len(e.Args); k++ {
			switch y := arg(k); {
			case y.Null:
				null = true
			case order(e.Args[0].Type(), x, y) == 0:
				return boolDatum(true)
			}
		}
		if null {
			return types.NullDatum
		}
		return boolDatum(false)
	}
	x, y := arg(0), arg(1)
	if e.Func == "<=>" {
		return boolDatum(x.Null && y.Null || !x.Null && !y.Null && order(e.Args[0].Type(), x, y) == 0)
	}
	if x.Null || y.Null {
		return types.NullDatum
	}
	switch e.Func {
	case "+":
		return types.Datum{I: x.I + y.I}
	case "-":
		return types.Datum{I: x.I - y.I}
	}
	return boolDatum(comparisons[e.Func].Holds(order(e.Args[0].Type(), x, y)))
}

// TestBranchesAreLazy checks that a branch which fails is evaluated only for its own rows.
func TestBranchesAreLazy(t *testing.T) {
	x := plan.NewColumnRef(plan.Column{ID: 1, Name: "x", Type: types.BigIntType})
	zero := &plan.Literal{T: types.BigIntType}
	div := call("div", types.BigIntType, &plan.Literal{T: types.BigIntType, Value: types.Datum{I: 10}}, x)
	nonzero := call("<>", types.BooleanType, x, zero)
	b := vector.NewBatch([]*types.Type{types.BigIntType})
	for _, v := range []int64{0, 2, 5} {
		b.Cols[0].AppendDatum(types.Datum{I: v})
		b.N++
	}
	for _, e := range []plan.Expr{
		call("if", types.BigIntType, nonzero, div, zero),
		call("case", types.BigIntType, nonzero, div),
		call("and", types.BooleanType, nonzero, call("=", types.BooleanType, div, zero)),
		call("or", types.BooleanType, call("=", types.BooleanType, x, zero), call("=", types.BooleanType, div, zero)),
	} {
		p, err := Compile(testEnv, []plan.Expr{e}, Layout{1: 0})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.NewEvaluator().Run(b); err != nil {
			t.Errorf("%v: %v", e, err)
		}
		if e.Type().Kind == types.Boolean {
			f, err := CompileFilter(testEnv, e, Layout{1: 0})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.NewEvaluator().Select(b); err != nil {
				t.Errorf("filter %v: %v", e, err)
			}
		}
	}
	p, err := Compile(testEnv, []plan.Expr{div}, Layout{1: 0})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.NewEvaluator().Run(b); err == nil {
		t.Error("10 div 0 must fail")
	}
}

func TestCommonSubexpressionsAreShared(t *testing.T) {
	x := plan.NewColumnRef(plan.Column{ID: 1, Name: "x", Type: types.BigIntType})
	sum := func() plan.Expr { return call("+", types.BigIntType, x, x) }
	p, err := Compile(testEnv, []plan.Expr{sum(), call("*", types.BigIntType, sum(), sum())}, Layout{1: 0})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.graph.nodes) != 3 {
		t.Errorf("%d nodes, want column, sum and product", len(p.graph.nodes))
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	g := &generator{r: r, cols: columns()}
	layout := LayoutOf(g.cols)
	var b *vector.Batch
	for b == nil || b.N < 20 {
		b = randomBatch(r)
	}
	col := func(i int) plan.Expr { return plan.NewColumnRef(g.cols[i]) }
	exprs := []plan.Expr{
		call("+", types.BigIntType, col(2), col(3)),
		call("if", types.StringType, call("<", types.BooleanType, col(0), col(1)), col(10), col(11)),
		call("*", types.NewDecimal(19, 5), col(6), col(7)),
		call("and", types.BooleanType, call("<", types.BooleanType, col(4), col(5)), call("=", types.BooleanType, col(10), col(11))),
	}
	p, err := Compile(testEnv, exprs, layout)
	if err != nil {
		t.Fatal(err)
	}
	ev := p.NewEvaluator()
	run := func() {
		if _, err := ev.Run(b); err != nil {
			t.Fatal(err)
		}
	}
	run()
	// A merger and the closures of a few loops are per batch, not per row.
	if n := testing.AllocsPerRun(100, run); n > 12 {
		t.Errorf("%v allocations per batch", n)
	}
}

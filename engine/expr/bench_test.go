package expr

import (
	"fmt"
	"math/rand"
	"syscall"
	"testing"

	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/vector"
)

var money = types.NewDecimal(15, 2)

// lineitem makes a batch shaped like TPC-H's lineitem: quantity, extendedprice, discount, tax, shipdate, returnflag (dictionary), comment.
func lineitem() ([]plan.Column, *vector.Batch) {
	r := rand.New(rand.NewSource(1))
	ts := []*types.Type{money, money, money, money, types.DateType, types.StringType, types.StringType}
	cols := make([]plan.Column, len(ts))
	b := vector.NewBatch(ts)
	for i, t := range ts {
		cols[i] = plan.Column{ID: plan.ColumnID(i + 1), Name: fmt.Sprintf("c%d", i), Type: t}
	}
	flags := vector.New(types.StringType, 0)
	for _, s := range []string{"A", "N", "R"} {
		flags.AppendDatum(types.Datum{S: s})
	}
	dict := &vector.Vector{Type: types.StringType, Form: vector.Dict, DictOf: flags, DictID: vector.NewDictID()}
	words := []string{"special", "requests", "furiously", "even", "deposits", "sleep"}
	for range vector.BatchSize {
		for c, v := range []int64{100 * (1 + r.Int63n(50)), 90000 + r.Int63n(10000000), r.Int63n(11), r.Int63n(9), 8035 + r.Int63n(2500)} {
			b.Cols[c].I64 = append(b.Cols[c].I64, v)
		}
		dict.Codes = append(dict.Codes, uint32(r.Intn(3)))
		s := ""
		for range 4 {
			s += words[r.Intn(len(words))] + " "
		}
		b.Cols[6].AppendDatum(types.Datum{S: s})
	}
	b.Cols[5] = dict
	b.N = vector.BatchSize
	return cols, b
}

func lit(t *types.Type, v int64) plan.Expr {
	return &plan.Literal{T: t, Value: types.Datum{I: v}}
}

// measure reports the processor time per row, which a busy machine disturbs less than the elapsed time.
func measure(b *testing.B, run func() error) {
	processor := func() int64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return u.Utime.Nano()
	}
	b.ReportAllocs()
	b.ResetTimer()
	start := processor()
	for range b.N {
		if err := run(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(processor()-start)/float64(b.N)/vector.BatchSize, "cpu-ns/row")
}

func benchmarkFilter(b *testing.B, cond func(c []plan.Column) plan.Expr) {
	cols, batch := lineitem()
	p, err := CompileFilter(testEnv, cond(cols), LayoutOf(cols))
	if err != nil {
		b.Fatal(err)
	}
	e := p.NewEvaluator()
	measure(b, func() error {
		_, err := e.Select(batch)
		return err
	})
}

func benchmarkRun(b *testing.B, exprs func(c []plan.Column) []plan.Expr) {
	cols, batch := lineitem()
	p, err := Compile(testEnv, exprs(cols), LayoutOf(cols))
	if err != nil {
		b.Fatal(err)
	}
	e := p.NewEvaluator()
	measure(b, func() error {
		_, err := e.Run(batch)
		return err
	})
}

// BenchmarkFilterQ6 is the condition of TPC-H query 6.
func BenchmarkFilterQ6(b *testing.B) {
	benchmarkFilter(b, func(c []plan.Column) plan.Expr {
		ref := func(i int) plan.Expr { return plan.NewColumnRef(c[i]) }
		is := func(op string, l, r plan.Expr) plan.Expr { return call(op, types.BooleanType, l, r) }
		return call("and", types.BooleanType,
			is(">=", ref(4), lit(types.DateType, 8766)), is("<", ref(4), lit(types.DateType, 9131)),
			is(">=", ref(2), lit(money, 5)), is("<=", ref(2), lit(money, 7)), is("<", ref(0), lit(money, 2400)))
	})
}

// BenchmarkArithmeticQ1 computes the sums' arguments of TPC-H query 1.
func BenchmarkArithmeticQ1(b *testing.B) {
	benchmarkRun(b, func(c []plan.Column) []plan.Expr {
		ref := func(i int) plan.Expr { return plan.NewColumnRef(c[i]) }
		one := lit(types.NewDecimal(1, 0), 1)
		net := call("*", types.NewDecimal(32, 4), ref(1), call("-", types.NewDecimal(16, 2), one, ref(2)))
		return []plan.Expr{ref(0), ref(1), net, call("*", types.NewDecimal(38, 6), net, call("+", types.NewDecimal(16, 2), one, ref(3)))}
	})
}

func BenchmarkFilterDictionary(b *testing.B) {
	benchmarkFilter(b, func(c []plan.Column) plan.Expr {
		return call("=", types.BooleanType, plan.NewColumnRef(c[5]), &plan.Literal{T: types.StringType, Value: types.Datum{S: "R"}})
	})
}

func BenchmarkFilterLike(b *testing.B) {
	benchmarkFilter(b, func(c []plan.Column) plan.Expr {
		return call("like", types.BooleanType, plan.NewColumnRef(c[6]), &plan.Literal{T: types.StringType, Value: types.Datum{S: "%special%requests%"}})
	})
}

func BenchmarkFilterIn(b *testing.B) {
	benchmarkFilter(b, func(c []plan.Column) plan.Expr {
		args := []plan.Expr{plan.NewColumnRef(c[4])}
		for i := range int64(20) {
			args = append(args, lit(types.DateType, 8100+i*97))
		}
		return call("in", types.BooleanType, args...)
	})
}

func BenchmarkCase(b *testing.B) {
	benchmarkRun(b, func(c []plan.Column) []plan.Expr {
		flag := call("=", types.BooleanType, plan.NewColumnRef(c[5]), &plan.Literal{T: types.StringType, Value: types.Datum{S: "R"}})
		return []plan.Expr{call("case", money, flag, plan.NewColumnRef(c[1]), lit(money, 0))}
	})
}

func BenchmarkSubstr(b *testing.B) {
	benchmarkRun(b, func(c []plan.Column) []plan.Expr {
		return []plan.Expr{call("substr", types.StringType, plan.NewColumnRef(c[6]), lit(types.IntType, 1), lit(types.IntType, 5))}
	})
}

package aggregate

import (
	"fmt"
	"math"
	"math/big"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"skep/dialect/types"
	"skep/engine/vector"
)

// aggCase is a function with its naive model over the rows of one group, which have at least one argument each.
type aggCase struct {
	name   string
	args   []string
	result string
	model  func(rows [][]types.Datum) types.Datum
}

func notNull(rows [][]types.Datum) [][]types.Datum {
	var out [][]types.Datum
	for _, row := range rows {
		null := false
		for _, d := range row {
			null = null || d.Null
		}
		if !null {
			out = append(out, row)
		}
	}
	return out
}

func bigOf(w types.Int128) *big.Int {
	x := new(big.Int).Lsh(big.NewInt(w.Hi), 64)
	return x.Add(x, new(big.Int).SetUint64(w.Lo))
}

func int128Of(x *big.Int) types.Int128 {
	lo := new(big.Int).And(x, new(big.Int).SetUint64(math.MaxUint64))
	return types.Int128{Hi: new(big.Int).Rsh(x, 64).Int64(), Lo: lo.Uint64()}
}

// sumModel adds in arbitrary precision; wide says whether values and result are 128-bit.
func sumModel(wideIn, wideOut bool) func([][]types.Datum) types.Datum {
	return func(rows [][]types.Datum) types.Datum {
		rows = notNull(rows)
		if len(rows) == 0 {
			return types.NullDatum
		}
		sum := new(big.Int)
		for _, r := range rows {
			if wideIn {
				sum.Add(sum, bigOf(r[0].W))
			} else {
				sum.Add(sum, big.NewInt(r[0].I))
			}
		}
		if wideOut {
			return types.Datum{W: int128Of(sum)}
		}
		return types.Datum{I: sum.Int64()}
	}
}

func extremeModel(largest bool, cmp func(a, b types.Datum) int) func([][]types.Datum) types.Datum {
	return func(rows [][]types.Datum) types.Datum {
		rows = notNull(rows)
		if len(rows) == 0 {
			return types.NullDatum
		}
		best := rows[0][0]
		for _, r := range rows {
			if c := cmp(r[0], best); c != 0 && (c > 0) == largest {
				best = r[0]
			}
		}
		return best
	}
}

func compareInt(a, b types.Datum) int  { return int(min(max(a.I-b.I, -1), 1)) }
func compareText(a, b types.Datum) int { return strings.Compare(a.S, b.S) }
func compareWide(a, b types.Datum) int { return a.W.Cmp(b.W) }

func compareFloat(a, b types.Datum) int {
	switch {
	case floatLess(a.F, b.F):
		return -1
	case floatLess(b.F, a.F):
		return 1
	}
	return 0
}

// momentModel computes variance-like results in two passes.
func momentModel(sample, root bool) func([][]types.Datum) types.Datum {
	return func(rows [][]types.Datum) types.Datum {
		rows = notNull(rows)
		n := float64(len(rows))
		if n == 0 || sample && n == 1 {
			return types.NullDatum
		}
		var sum, dev float64
		for _, r := range rows {
			sum += r[0].F
		}
		for _, r := range rows {
			dev += (r[0].F - sum/n) * (r[0].F - sum/n)
		}
		if sample {
			n--
		}
		if root {
			return types.Datum{F: math.Sqrt(dev / n)}
		}
		return types.Datum{F: dev / n}
	}
}

func covarianceModel(kind string) func([][]types.Datum) types.Datum {
	return func(rows [][]types.Datum) types.Datum {
		rows = notNull(rows)
		n := float64(len(rows))
		if n == 0 || kind != "pop" && n == 1 {
			return types.NullDatum
		}
		var sx, sy, xy, xx, yy float64
		for _, r := range rows {
			sx, sy = sx+r[0].F, sy+r[1].F
		}
		for _, r := range rows {
			dx, dy := r[0].F-sx/n, r[1].F-sy/n
			xy, xx, yy = xy+dx*dy, xx+dx*dx, yy+dy*dy
		}
		switch kind {
		case "samp":
			return types.Datum{F: xy / (n - 1)}
		case "corr":
			return types.Datum{F: xy / math.Sqrt(xx) / math.Sqrt(yy)}
		}
		return types.Datum{F: xy / n}
	}
}

var cases = []aggCase{
	{"count", nil, "bigint", func(rows [][]types.Datum) types.Datum { return types.Datum{I: int64(len(rows))} }},
	{"count", []string{"string"}, "bigint", func(rows [][]types.Datum) types.Datum { return types.Datum{I: int64(len(notNull(rows)))} }},
	{"count", []string{"int", "string"}, "bigint", func(rows [][]types.Datum) types.Datum { return types.Datum{I: int64(len(notNull(rows)))} }},
	{"sum", []string{"bigint"}, "bigint", sumModel(false, false)},
	{"sum", []string{"double"}, "double", func(rows [][]types.Datum) types.Datum {
		var d types.Datum
		rows = notNull(rows)
		for _, r := range rows {
			d.F += r[0].F
		}
		d.Null = len(rows) == 0
		return d
	}},
	{"sum", []string{"decimal(7,2)"}, "decimal(17,2)", sumModel(false, false)},
	{"sum", []string{"decimal(15,2)"}, "decimal(25,2)", sumModel(false, true)},
	{"sum", []string{"decimal(30,2)"}, "decimal(38,2)", sumModel(true, true)},
	{"avg", []string{"double"}, "double", func(rows [][]types.Datum) types.Datum {
		var d types.Datum
		rows = notNull(rows)
		for _, r := range rows {
			d.F += r[0].F / float64(len(rows))
		}
		d.Null = len(rows) == 0
		return d
	}},
	{"avg", []string{"decimal(7,2)"}, "decimal(11,6)", func(rows [][]types.Datum) types.Datum {
		rows = notNull(rows)
		if len(rows) == 0 {
			return types.NullDatum
		}
		sum := new(big.Int)
		for _, r := range rows {
			sum.Add(sum, big.NewInt(r[0].I))
		}
		sum.Mul(sum, big.NewInt(10000))
		q := new(big.Rat).SetFrac(sum, big.NewInt(int64(len(rows))))
		var x big.Int
		fmt.Sscan(q.FloatString(0), &x) // rounds half away from zero
		return types.Datum{I: x.Int64()}
	}},
	{"min", []string{"int"}, "int", extremeModel(false, compareInt)},
	{"max", []string{"int"}, "int", extremeModel(true, compareInt)},
	{"min", []string{"double"}, "double", extremeModel(false, compareFloat)},
	{"max", []string{"double"}, "double", extremeModel(true, compareFloat)},
	{"min", []string{"timestamp"}, "timestamp", extremeModel(false, compareWide)},
	{"max", []string{"decimal(30,2)"}, "decimal(30,2)", extremeModel(true, compareWide)},
	{"min", []string{"string"}, "string", extremeModel(false, compareText)},
	{"max", []string{"string"}, "string", extremeModel(true, compareText)},
	{"stddev_pop", []string{"double"}, "double", momentModel(false, true)},
	{"stddev_samp", []string{"double"}, "double", momentModel(true, true)},
	{"var_pop", []string{"double"}, "double", momentModel(false, false)},
	{"var_samp", []string{"double"}, "double", momentModel(true, false)},
	{"covar_pop", []string{"double", "double"}, "double", covarianceModel("pop")},
	{"covar_samp", []string{"double", "double"}, "double", covarianceModel("samp")},
	{"corr", []string{"double", "double"}, "double", covarianceModel("corr")},
	{"collect_list", []string{"string"}, "array<string>", func(rows [][]types.Datum) types.Datum {
		var d types.Datum
		for _, r := range notNull(rows) {
			d.Elems = append(d.Elems, r[0])
		}
		return d
	}},
	{"collect_set", []string{"int"}, "array<int>", func(rows [][]types.Datum) types.Datum {
		var d types.Datum
		for _, r := range notNull(rows) {
			if !slices.ContainsFunc(d.Elems, func(e types.Datum) bool { return e.I == r[0].I }) {
				d.Elems = append(d.Elems, r[0])
			}
		}
		return d
	}},
	{"first", []string{"string"}, "string", func(rows [][]types.Datum) types.Datum {
		if len(rows) == 0 {
			return types.NullDatum
		}
		return rows[0][0]
	}},
	{"last", []string{"int"}, "int", func(rows [][]types.Datum) types.Datum {
		if len(rows) == 0 {
			return types.NullDatum
		}
		return rows[len(rows)-1][0]
	}},
}

func mustParse(t *testing.T, s string) *types.Type {
	x, err := types.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func randomDatum(r *rand.Rand, t *types.Type) types.Datum {
	if r.Intn(5) == 0 {
		return types.NullDatum
	}
	x := int64(r.Intn(200) - 100)
	switch t.Physical() {
	case types.I64:
		return types.Datum{I: x}
	case types.F64:
		return types.Datum{F: float64(x) / 4}
	case types.Bytes:
		return types.Datum{S: strings.Repeat("z", r.Intn(4)) + fmt.Sprint(x)}
	}
	if t.Kind == types.Decimal {
		return types.Datum{W: int128Of(new(big.Int).Mul(big.NewInt(x), new(big.Int).Exp(big.NewInt(10), big.NewInt(26), nil)))}
	}
	return types.Datum{W: types.Int128{Hi: x, Lo: uint64(r.Intn(1000))}}
}

// close compares results: floats to 1e-9, others exactly.
func closeTo(a, b types.Datum) bool {
	if a.Null || b.Null {
		return a.Null == b.Null
	}
	if a.F != b.F && !(math.Abs(a.F-b.F) <= 1e-9*max(1, math.Abs(a.F))) && !(a.F != a.F && b.F != b.F) {
		return false
	}
	a.F, b.F = 0, 0
	return fmt.Sprint(a) == fmt.Sprint(b)
}

func TestFunctionsAgainstModels(t *testing.T) {
	for _, c := range cases {
		t.Run(fmt.Sprint(c.name, c.args), func(t *testing.T) {
			r := rand.New(rand.NewSource(1))
			var args []*types.Type
			for _, a := range c.args {
				args = append(args, mustParse(t, a))
			}
			result := mustParse(t, c.result)
			f, err := New(c.name, args, result)
			if err != nil {
				t.Fatal(err)
			}
			for range 20 {
				testFunction(t, r, c, f, args, result)
			}
		})
	}
}

// testFunction adds random rows to two sets of states in pieces, merges the second into the first by way of partial results,
// and compares with the model. Rows of the second set come after those of the first.
func testFunction(t *testing.T, r *rand.Rand, c aggCase, f Function, args []*types.Type, result *types.Type) {
	groups := 1 + r.Intn(20)
	rows := make([][][]types.Datum, groups)
	sets := []States{f.States(), f.States()}
	for _, s := range sets {
		// Used before, so that Resize(0) has something to forget.
		s.Resize(groups)
		feed(r, s, args, groups, nil)
		s.Resize(0)
		s.Resize(groups)
		for range r.Intn(4) {
			feed(r, s, args, groups, rows)
		}
	}
	partial := vector.NewBatch(f.Partial()).Cols
	sets[1].Partial(partial, 0, groups/2)
	sets[1].Partial(partial, groups/2, groups)
	at := make([]uint32, groups)
	for g := range at {
		at[g] = uint32(g)
	}
	sets[0].Merge(at, partial)
	out := vector.New(result, 0)
	sets[0].Final(out, 0, groups/3)
	sets[0].Final(out, groups/3, groups)
	for g := range groups {
		if got, want := out.Datum(g), c.model(rows[g]); !closeTo(got, want) {
			t.Fatalf("group %d of %d rows: got %.300v, want %.300v", g, len(rows[g]), fmt.Sprint(got), fmt.Sprint(want))
		}
	}
	if sets[0].Bytes() <= 0 {
		t.Error("states hold memory")
	}
}

func feed(r *rand.Rand, s States, args []*types.Type, groups int, rows [][][]types.Datum) {
	n := r.Intn(100)
	cols := vector.NewBatch(args).Cols
	at := make([]uint32, n)
	total := groups == 1 && r.Intn(2) == 0
	for k := range n {
		g := r.Intn(groups)
		at[k] = uint32(g)
		row := make([]types.Datum, len(args))
		for i, a := range args {
			row[i] = randomDatum(r, a)
			cols[i].AppendDatum(row[i])
		}
		if rows != nil {
			rows[g] = append(rows[g], row)
		}
	}
	if x, ok := s.(Total); ok && total {
		x.UpdateTotal(cols, n)
		return
	}
	s.Update(at, cols)
}

func TestSumOverflow(t *testing.T) {
	wide := types.NewDecimal(38, 0)
	f, err := New("sum", []*types.Type{wide}, wide)
	if err != nil {
		t.Fatal(err)
	}
	s := f.States()
	s.Resize(2)
	v := vector.New(wide, 0)
	big := pow10(37)
	for range 12 {
		v.W = append(v.W, big)
	}
	v.W = append(v.W, big)
	s.Update([]uint32{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, []*vector.Vector{v})
	out := vector.New(wide, 0)
	s.Final(out, 0, 2)
	if !out.IsNull(0) || out.IsNull(1) || out.W[1] != big {
		t.Errorf("got %v, %v", out.Datum(0), out.Datum(1))
	}
	// Integers wrap.
	f, err = New("sum", []*types.Type{types.BigIntType}, types.BigIntType)
	if err != nil {
		t.Fatal(err)
	}
	s = f.States()
	s.Resize(1)
	s.Update([]uint32{0, 0}, []*vector.Vector{{Type: types.BigIntType, I64: []int64{math.MaxInt64, 1}}})
	out = vector.New(types.BigIntType, 0)
	s.Final(out, 0, 1)
	if out.I64[0] != math.MinInt64 {
		t.Errorf("got %d", out.I64[0])
	}
}

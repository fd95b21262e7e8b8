package planner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/expr"
	"skep/engine/format"
	"skep/engine/memory"
	"skep/engine/operator"
	"skep/engine/pipeline"
	"skep/engine/vector"
)

// tables is a ScanProvider over rows in memory; each split has a few rows.
type tables map[string][][]types.Datum

func (t tables) Scan(_ context.Context, n *plan.Scan, predicates []format.Predicate) (operator.Table, error) {
	rows, ok := t[n.Table.Name]
	if !ok {
		return nil, errors.New("no such table")
	}
	return &memoryTable{n, rows, predicates}, nil
}

const splitRows = 3

type memoryTable struct {
	scan       *plan.Scan
	rows       [][]types.Datum
	predicates []format.Predicate
}

func (t *memoryTable) Splits() int { return (len(t.rows) + splitRows - 1) / splitRows }

// Constant implements operator.ConstantColumns: columns behind the table's own are partition keys, of which a split has one
// value.
func (t *memoryTable) Constant(split, column int) *vector.Vector {
	s := t.scan.Source[column]
	if s < len(t.scan.Table.Columns) {
		return nil
	}
	return vector.NewConst(types.BigIntType, t.rows[split*splitRows][s])
}

func (t *memoryTable) Open(_ context.Context, split int, filters []format.Predicate) (format.Reader, error) {
	rows := t.rows[split*splitRows : min((split+1)*splitRows, len(t.rows))]
	cols := make([]*vector.Vector, len(t.scan.Table.Columns))
	for i, c := range t.scan.Table.Columns {
		cols[i] = vector.New(c.Type, 0)
		for _, row := range rows {
			cols[i].AppendDatum(row[i])
		}
	}
	b := &vector.Batch{N: len(rows)}
	for _, p := range append(slices.Clone(t.predicates), filters...) {
		b.Sel = p.Select(cols[p.Column()], b.Sel, b.N, make([]uint16, 0, b.N))
	}
	for i, s := range t.scan.Source {
		if c := t.Constant(split, i); c != nil {
			b.Cols = append(b.Cols, c)
		} else {
			b.Cols = append(b.Cols, cols[s])
		}
	}
	return &memoryReader{b}, nil
}

type memoryReader struct{ b *vector.Batch }

func (r *memoryReader) Close() error { return nil }

func (r *memoryReader) Next() (*vector.Batch, error) {
	b := r.b
	r.b = nil
	if b != nil && b.Rows() == 0 {
		return nil, nil
	}
	return b, nil
}

// rows is a sink that keeps texts of rows.
type rows struct {
	mu   sync.Mutex
	text []string
}

func (r *rows) Processor(*pipeline.Worker) (pipeline.Processor, error) { return r, nil }
func (r *rows) Finish() error                                          { return nil }

type rowsSink struct{ *rows }

func (rowsSink) Finish(context.Context) error { return nil }

func (r *rows) Push(b *vector.Batch) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for k := range b.Rows() {
		at := k
		if b.Sel != nil {
			at = int(b.Sel[k])
		}
		var parts []string
		for _, c := range b.Cols {
			d := c.Datum(at)
			switch {
			case d.Null:
				parts = append(parts, "NULL")
			case c.Type.Physical() == types.Bytes:
				parts = append(parts, d.S)
			default:
				parts = append(parts, fmt.Sprint(d.I))
			}
		}
		r.text = append(r.text, strings.Join(parts, " "))
	}
	return nil
}

// testPlans makes plans over tables of bigint and string columns.
type testPlans struct {
	next plan.ColumnID
	data tables
	cat  map[string]*catalog.Table

	profile *Profile // of the last run
}

func newPlans() *testPlans { return &testPlans{data: tables{}, cat: map[string]*catalog.Table{}} }

func (p *testPlans) column(name string, t *types.Type) plan.Column {
	p.next++
	return plan.Column{ID: p.next, Name: name, Type: t}
}

// table defines a table of bigints; "-" is NULL.
func (p *testPlans) table(name string, cols int, lines ...string) {
	t := &catalog.Table{Name: name}
	for i := range cols {
		t.Columns = append(t.Columns, catalog.Column{Name: fmt.Sprint("c", i), Type: types.BigIntType})
	}
	p.cat[name] = t
	p.data[name] = nil
	for _, l := range lines {
		var row []types.Datum
		for _, f := range strings.Fields(l) {
			var d types.Datum
			if f == "-" {
				d.Null = true
			} else if _, err := fmt.Sscan(f, &d.I); err != nil {
				panic(err)
			}
			row = append(row, d)
		}
		p.data[name] = append(p.data[name], row)
	}
}

func (p *testPlans) scan(name string) *plan.Scan {
	s := &plan.Scan{Table: p.cat[name], Alias: name}
	for i, c := range s.Table.Columns {
		s.Cols = append(s.Cols, p.column(c.Name, c.Type))
		s.Source = append(s.Source, i)
	}
	return s
}

func ref(n plan.Node, i int) plan.Expr { return plan.NewColumnRef(n.Columns()[i]) }

func number(i int64) plan.Expr {
	return &plan.Literal{Value: types.Datum{I: i}, T: types.BigIntType}
}

func call(f string, t *types.Type, args ...plan.Expr) plan.Expr {
	return &plan.Call{Func: f, Args: args, T: t}
}

func (p *testPlans) run(t *testing.T, root plan.Node) []string {
	t.Helper()
	var out []string
	for _, threads := range []int{1, 4} {
		got := p.runOn(t, root, threads)
		if threads > 1 {
			a, b := slices.Clone(out), slices.Clone(got)
			sort.Strings(a)
			sort.Strings(b)
			if !slices.Equal(a, b) {
				t.Fatalf("with %d threads %q, with one %q", threads, b, a)
			}
		}
		out = got
	}
	return out
}

func (p *testPlans) runOn(t *testing.T, root plan.Node, threads int) []string {
	t.Helper()
	env := &Env{
		Expr: &expr.Env{HiveVersion: "3.1", Location: time.UTC, Conf: func(string) string { return "" }}, Slots: pipeline.NewSlots(threads),
		Threads: threads, Pool: memory.NewPool("test", 0), SpillDir: t.TempDir(), Scans: p.data, Profile: &Profile{},
	}
	p.profile = env.Profile
	var out rows
	q, err := Build(context.Background(), env, Output{Root: root, Sink: rowsSink{&out}, InOrder: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Run(context.Background()); err != nil {
		var p *pipeline.PanicError
		if errors.As(err, &p) {
			t.Logf("%s", p.Stack)
		}
		t.Fatal(err)
	}
	if env.Pool.Used() != 0 {
		t.Errorf("%d bytes still recorded", env.Pool.Used())
	}
	return out.text
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	sort.Strings(got)
	sort.Strings(want)
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestScanFilterProjectSortLimit(t *testing.T) {
	p := newPlans()
	p.table("t", 2, "1 10", "2 20", "3 -", "4 40", "5 50", "6 60", "7 70")
	s := p.scan("t")
	s.Filter = []plan.Expr{call(">", types.BooleanType, ref(s, 0), number(1))}
	f := &plan.Filter{Input: s, Cond: call("isnotnull", types.BooleanType, ref(s, 1))}
	sum := p.column("sum", types.BigIntType)
	pr := &plan.Project{Input: f, Exprs: []plan.Assign{{Column: sum, Expr: call("+", types.BigIntType, ref(s, 0), ref(s, 1))},
		{Column: p.column("a", types.BigIntType), Expr: ref(s, 0)}}}
	so := &plan.Sort{Input: pr, Keys: []plan.SortKey{{Expr: ref(pr, 0), Desc: true}}, Limit: -1}
	if got, want := p.run(t, &plan.Limit{Input: so, N: 3, Offset: 1}), []string{"66 6", "55 5", "44 4"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	so.Limit, so.Offset = 2, 3
	if got, want := p.run(t, so), []string{"44 4", "22 2"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestWindowRowsInOrder asks for more rows of a window than one worker would order without being asked.
func TestWindowRowsInOrder(t *testing.T) {
	p := newPlans()
	p.table("t", 2)
	n := 1<<15 + 5000
	for i := range n {
		p.data["t"] = append(p.data["t"], []types.Datum{{I: int64(i * 7919 % 13)}, {I: int64(n - i)}})
	}
	s := p.scan("t")
	w := &plan.Window{Input: s, PartitionBy: []plan.Expr{ref(s, 0)}, OrderBy: []plan.SortKey{{Expr: ref(s, 1)}}, Calls: []plan.WindowCall{{
		Column: p.column("r", types.IntType), Func: "row_number",
		Frame: plan.Frame{Rows: true, Start: plan.Bound{Kind: plan.UnboundedPreceding}, End: plan.Bound{Kind: plan.UnboundedFollowing}}}}}
	out := &plan.Project{Input: &plan.Filter{Input: w, Cond: call("<>", types.BooleanType, ref(s, 1), number(1))}}
	for _, c := range w.Columns() {
		out.Exprs = append(out.Exprs, plan.Assign{Column: c, Expr: plan.NewColumnRef(c)})
	}
	got := p.runOn(t, out, 4)
	if len(got) != n-1 {
		t.Fatalf("%d rows instead of %d", len(got), n-1)
	}
	last, number := [2]int{-1, 0}, 0
	for i, text := range got {
		var row [2]int
		if _, err := fmt.Sscan(text, &row[0], &row[1], &number); err != nil {
			t.Fatal(err)
		}
		if row[0] < last[0] || row[0] == last[0] && row[1] <= last[1] {
			t.Fatalf("row %d is %v after %v", i, row, last)
		}
		last = row
	}
}

func TestProfileCountsRowsOfNodes(t *testing.T) {
	p := newPlans()
	p.table("l", 2, "1 10", "2 20", "2 21", "3 30", "4 40")
	p.table("r", 1, "2", "3", "3", "5")
	l, r := p.scan("l"), p.scan("r")
	l.Filter = []plan.Expr{call(">", types.BooleanType, ref(l, 0), number(1))}
	j := &plan.Join{Kind: plan.InnerJoin, Left: l, Right: r, Keys: []plan.EquiKey{{Left: ref(l, 0), Right: ref(r, 0)}}}
	f := &plan.Filter{Input: j, Cond: call("<", types.BooleanType, ref(l, 1), number(30))}
	a := &plan.Aggregate{Input: f, Keys: []plan.Assign{{Column: p.column("k", types.BigIntType), Expr: ref(l, 0)}}}
	once := p.scan("r")
	u := &plan.Union{All: []plan.Node{a, once}, Cols: []plan.Column{p.column("u", types.BigIntType)},
		Sources: [][]plan.ColumnID{{a.Keys[0].Column.ID}, {once.Cols[0].ID}}}
	p.runOn(t, u, 1)
	rows := p.profile.Rows()
	for _, x := range []struct {
		name string
		node plan.Node
		want int64
	}{{"right scan", r, 4}, {"join", j, 4}, {"filter", f, 2}, {"input of a union", once, -1}, {"union", u, -1}} {
		if got := rows(x.node); got != x.want {
			t.Errorf("%s: %d rows instead of %d", x.name, got, x.want)
		}
	}
}

func aggCall(c plan.Column, f string, distinct bool, args ...plan.Expr) plan.AggCall {
	return plan.AggCall{Column: c, Func: f, Args: args, Distinct: distinct}
}

func TestAggregates(t *testing.T) {
	p := newPlans()
	p.table("t", 3, "1 10 1", "1 10 2", "1 20 2", "2 - 3", "2 30 3", "- 30 -", "- 30 4")
	s := p.scan("t")
	big := types.BigIntType
	a := &plan.Aggregate{Input: s, Keys: []plan.Assign{{Column: p.column("k", big), Expr: ref(s, 0)}}, Aggs: []plan.AggCall{
		aggCall(p.column("n", big), "count", false),
		aggCall(p.column("s", big), "sum", false, ref(s, 1)),
	}}
	expect(t, p.run(t, a), "1 3 40", "2 2 30", "NULL 2 60")
	// DISTINCT over two lists of arguments, one of them a key, beside plain aggregates.
	a.Aggs = append(a.Aggs, aggCall(p.column("d1", big), "count", true, ref(s, 1)), aggCall(p.column("d2", big), "sum", true, ref(s, 1)),
		aggCall(p.column("d3", big), "count", true, ref(s, 0), ref(s, 2)))
	expect(t, p.run(t, a), "1 3 40 2 30 2", "2 2 30 1 30 1", "NULL 2 60 1 30 0")
	a.Keys = nil
	expect(t, p.run(t, a), "7 130 3 60 3")
	s.Filter = []plan.Expr{call("=", types.BooleanType, ref(s, 0), number(99))}
	expect(t, p.run(t, a), "0 NULL 0 NULL 0")
	s.Filter = nil
	// All DISTINCT.
	a.Aggs = a.Aggs[2:4]
	expect(t, p.run(t, a), "3 60")
}

func TestGroupingSets(t *testing.T) {
	p := newPlans()
	p.table("t", 3, "1 10 5", "1 20 6", "2 10 7")
	s := p.scan("t")
	big := types.BigIntType
	a := &plan.Aggregate{Input: s, Keys: []plan.Assign{{Column: p.column("a", big), Expr: ref(s, 0)}, {Column: p.column("b", big), Expr: ref(s, 1)}},
		GroupingSets: [][]int{{0, 1}, {0}, {}}, GroupingID: p.column("id", big), Aggs: []plan.AggCall{
			aggCall(p.column("s", big), "sum", false, ref(s, 2)), aggCall(p.column("k", big), "sum", false, ref(s, 0)),
		}}
	want := []string{"1 10 0 5 1", "1 20 0 6 1", "2 10 0 7 2", "1 NULL 1 11 2", "2 NULL 1 7 2", "NULL NULL 3 18 4"}
	expect(t, p.run(t, a), slices.Clone(want)...)
	a.Aggs = append(a.Aggs, aggCall(p.column("d", big), "count", true, ref(s, 1)))
	for i, d := range []string{"1", "1", "1", "2", "1", "2"} {
		want[i] += " " + d
	}
	expect(t, p.run(t, a), want...)
	s.Filter = []plan.Expr{call("=", types.BooleanType, ref(s, 0), number(99))}
	expect(t, p.run(t, a), "NULL NULL 3 NULL NULL 0")
}

func TestJoins(t *testing.T) {
	p := newPlans()
	p.table("l", 2, "1 10", "2 20", "3 30", "- 40", "2 50")
	p.table("r", 2, "2 1", "2 2", "3 3", "4 4", "- 5")
	cases := []struct {
		kind plan.JoinKind
		want []string
	}{
		{plan.InnerJoin, []string{"2 20 2 1", "2 20 2 2", "2 50 2 1", "2 50 2 2", "3 30 3 3"}},
		{plan.LeftJoin, []string{"2 20 2 1", "2 20 2 2", "2 50 2 1", "2 50 2 2", "3 30 3 3", "1 10 NULL NULL", "NULL 40 NULL NULL"}},
		{plan.RightJoin, []string{"2 20 2 1", "2 20 2 2", "2 50 2 1", "2 50 2 2", "3 30 3 3", "NULL NULL 4 4", "NULL NULL NULL 5"}},
		{plan.FullJoin, []string{"2 20 2 1", "2 20 2 2", "2 50 2 1", "2 50 2 2", "3 30 3 3", "1 10 NULL NULL", "NULL 40 NULL NULL",
			"NULL NULL 4 4", "NULL NULL NULL 5"}},
		{plan.SemiJoin, []string{"2 20", "3 30", "2 50"}},
		{plan.AntiJoin, []string{"1 10", "NULL 40"}},
		{plan.NullAwareAntiJoin, nil},
		{plan.MarkJoin, []string{"1 10 0", "2 20 1", "3 30 1", "NULL 40 0", "2 50 1"}},
	}
	for _, c := range cases {
		for _, buildLeft := range []bool{false, true} {
			l, r := p.scan("l"), p.scan("r")
			j := &plan.Join{Kind: c.kind, Left: l, Right: r, Keys: []plan.EquiKey{{Left: ref(l, 0), Right: ref(r, 0)}}, BuildLeft: buildLeft}
			if c.kind == plan.MarkJoin {
				j.Mark = p.column("mark", types.BooleanType)
			}
			t.Run(fmt.Sprint(c.kind, buildLeft), func(t *testing.T) {
				expect(t, p.run(t, j), c.want...)
				// The same by a residual condition only.
				j.Residual, j.Keys = call("=", types.BooleanType, ref(l, 0), ref(r, 0)), nil
				expect(t, p.run(t, j), c.want...)
			})
		}
	}
	// A join over joins: full rows of the second join come from both its sides.
	l, r, x := p.scan("l"), p.scan("r"), p.scan("r")
	inner := &plan.Join{Kind: plan.FullJoin, Left: l, Right: r, Keys: []plan.EquiKey{{Left: ref(l, 0), Right: ref(r, 0)}}}
	outer := &plan.Join{Kind: plan.FullJoin, Left: inner, Right: x, Keys: []plan.EquiKey{{Left: ref(r, 1), Right: ref(x, 1)}},
		Residual: call("<", types.BooleanType, ref(l, 1), number(50))}
	expect(t, p.run(t, outer), "2 20 2 1 2 1", "2 20 2 2 2 2", "3 30 3 3 3 3", "2 50 2 1 NULL NULL", "2 50 2 2 NULL NULL",
		"1 10 NULL NULL NULL NULL", "NULL 40 NULL NULL NULL NULL", "NULL NULL 4 4 NULL NULL", "NULL NULL NULL 5 NULL NULL",
		"NULL NULL NULL NULL 4 4", "NULL NULL NULL NULL NULL 5")
}

func TestRuntimeFiltersReachScans(t *testing.T) {
	p := newPlans()
	var lines []string
	for i := range 300 {
		lines = append(lines, fmt.Sprint(i, " ", i%7))
	}
	p.table("fact", 2, lines...)
	p.table("dim", 2, "10 1", "20 1", "30 2", "- 1")
	fact, dim, seven := p.scan("fact"), p.scan("dim"), p.scan("dim")
	j := &plan.Join{Kind: plan.InnerJoin, Left: fact, Right: dim, Keys: []plan.EquiKey{{Left: ref(fact, 0), Right: ref(dim, 0)}}}
	both := &plan.Join{Kind: plan.SemiJoin, Left: j, Right: seven, Keys: []plan.EquiKey{{Left: ref(fact, 1), Right: ref(seven, 1)}}}
	expect(t, p.run(t, j), "10 3 10 1", "20 6 20 1", "30 2 30 2")
	expect(t, p.run(t, both), "30 2 30 2")
	for _, part := range p.profile.Parts {
		if part.Name == "scan" && part.Node == plan.Node(fact) && part.Stats.Rows.Load() != 1 {
			t.Errorf("the scan gives %d rows, want 1", part.Stats.Rows.Load())
		}
	}
	// Splits of other partitions are not opened.
	p.table("parts", 1, "1 7", "2 7", "3 7", "4 8", "5 8", "6 8", "7 20")
	parts := p.scan("parts")
	parts.Cols, parts.Source = append(parts.Cols, p.column("key", types.BigIntType)), append(parts.Source, 1)
	pruned := &plan.Join{Kind: plan.InnerJoin, Left: parts, Right: dim, Keys: []plan.EquiKey{{Left: ref(parts, 1), Right: ref(dim, 0)}}}
	expect(t, p.run(t, pruned), "7 20 20 1")
	for _, part := range p.profile.Parts {
		if part.Name == "scan" && part.Node == plan.Node(parts) && part.Stats.Rows.Load() != 1 {
			t.Errorf("the scan of partitions gives %d rows, want 1", part.Stats.Rows.Load())
		}
	}
	// Not below a limit.
	limited := &plan.Join{Kind: plan.SemiJoin, Left: &plan.Limit{Input: fact, N: 5}, Right: dim, Keys: j.Keys}
	if got := p.runOn(t, limited, 1); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}

func TestUnionSharedValues(t *testing.T) {
	p := newPlans()
	p.table("t", 2, "1 10", "2 20", "3 30", "4 40")
	big := types.BigIntType
	def := &plan.SharedDef{ID: 1, Name: "cte", Plan: p.scan("t")}
	shared := func() *plan.Shared {
		return &plan.Shared{Def: def, Cols: []plan.Column{p.column("a", big), p.column("b", big)}}
	}
	x, y := shared(), shared()
	v := &plan.Values{Cols: []plan.Column{p.column("v", big), p.column("w", big)}, Rows: [][]plan.Expr{{number(7), number(8)}}}
	u := &plan.Union{All: []plan.Node{x, v}, Cols: []plan.Column{p.column("u", big), p.column("w", big)},
		Sources: [][]plan.ColumnID{{x.Cols[1].ID, x.Cols[0].ID}, {v.Cols[0].ID, v.Cols[1].ID}}}
	expect(t, p.run(t, u), "10 1", "20 2", "30 3", "40 4", "7 8")
	j := &plan.Join{Kind: plan.LeftJoin, Left: u, Right: y, Keys: []plan.EquiKey{{Left: ref(u, 1), Right: ref(y, 0)}}}
	expect(t, p.run(t, j), "10 1 1 10", "20 2 2 20", "30 3 3 30", "40 4 4 40", "7 8 NULL NULL")
	one := &plan.Values{Rows: [][]plan.Expr{{}}}
	pr := &plan.Project{Input: one, Exprs: []plan.Assign{{Column: p.column("x", big), Expr: number(5)}}}
	expect(t, p.run(t, pr), "5")
}

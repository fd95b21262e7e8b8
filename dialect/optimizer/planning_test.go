package optimizer

import (
	"context"
	"fmt"
	"math/rand"
	"testing"

	"skep/dialect/catalog"
	"skep/dialect/internal/planmodel"
	"skep/dialect/plan"
	"skep/dialect/types"
)

// Plans whose optimisation must not take long.
var largePlans = []struct {
	name string
	make func(g *generator) plan.Node
}{
	{"join-star-20", func(g *generator) plan.Node { return g.joins(20, func(i int) int { return 0 }) }},
	{"join-chain-20", func(g *generator) plan.Node { return g.joins(20, func(i int) int { return i - 1 }) }},
	{"join-star-10", func(g *generator) plan.Node { return g.joins(10, func(i int) int { return 0 }) }},
	{"join-clique-10", func(g *generator) plan.Node {
		n := g.joins(10, func(i int) int { return i - 1 })
		cols := n.Columns()
		var conds []plan.Expr
		for i := range 10 {
			for j := range i {
				conds = append(conds, boolean("=", plan.NewColumnRef(cols[3*i]), plan.NewColumnRef(cols[3*j])))
			}
		}
		return &plan.Filter{Input: n, Cond: plan.And(conds...)}
	}},
	{"join-100", func(g *generator) plan.Node { return g.joins(100, func(i int) int { return i / 2 }) }},
	{"union-300", func(g *generator) plan.Node {
		u := &plan.Union{Cols: []plan.Column{g.column("x"), g.column("y")}}
		for range 300 {
			in := g.table("r")
			u.All = append(u.All, &plan.Filter{Input: in, Cond: boolean("=", plan.NewColumnRef(in.Cols[2]), g.literal())})
			u.Sources = append(u.Sources, []plan.ColumnID{in.Cols[0].ID, in.Cols[1].ID})
		}
		a := &plan.Aggregate{Input: u, Keys: []plan.Assign{{Column: g.column("k"), Expr: plan.NewColumnRef(u.Cols[0])}}}
		return &plan.Filter{Input: a, Cond: boolean(">", plan.NewColumnRef(a.Keys[0].Column), g.literal())}
	}},
	{"in-1000", func(g *generator) plan.Node {
		in := g.table("r")
		args := []plan.Expr{plan.NewColumnRef(in.Cols[0])}
		for i := range 1000 {
			args = append(args, &plan.Literal{Value: types.Datum{I: int64(i)}, T: types.BigIntType})
		}
		j := &plan.Join{Left: in, Right: g.table("s")}
		j.Residual = boolean("=", args[0], plan.NewColumnRef(j.Right.Columns()[0]))
		return &plan.Filter{Input: j, Cond: boolean("in", args...)}
	}},
	{"or-1000", func(g *generator) plan.Node {
		in := g.table("r")
		var args []plan.Expr
		for i := range 1000 {
			l := &plan.Literal{Value: types.Datum{I: int64(i)}, T: types.BigIntType}
			args = append(args, boolean("and", boolean("=", plan.NewColumnRef(in.Cols[0]), l), boolean("<", plan.NewColumnRef(in.Cols[1]), l)))
		}
		return &plan.Filter{Input: in, Cond: boolean("or", args...)}
	}},
	{"nested-100", func(g *generator) plan.Node {
		var n plan.Node = g.table("r")
		for range 100 {
			p := &plan.Project{Input: n}
			for _, c := range n.Columns() {
				p.Exprs = append(p.Exprs, plan.Assign{Column: g.column("p"), Expr: boolean("+", plan.NewColumnRef(c), g.literal())})
				p.Exprs[len(p.Exprs)-1].Expr.(*plan.Call).T = types.BigIntType
			}
			n = &plan.Filter{Input: p, Cond: boolean(">", plan.NewColumnRef(p.Exprs[0].Column), g.literal())}
		}
		return n
	}},
	{"doubling-30", func(g *generator) plan.Node { // every view uses the column below twice
		var n plan.Node = g.table("r")
		for range 30 {
			c := plan.NewColumnRef(n.Columns()[0])
			sum := &plan.Call{Func: "+", Args: []plan.Expr{c, c}, T: types.BigIntType}
			n = &plan.Project{Input: n, Exprs: []plan.Assign{{Column: g.column("p"), Expr: sum}}}
		}
		return &plan.Filter{Input: n, Cond: boolean(">", plan.NewColumnRef(n.Columns()[0]), g.literal())}
	}},
	{"shared-40", func(g *generator) plan.Node { // every view reads the one below twice
		var n plan.Node = g.table("r")
		for i := range 40 {
			d := &plan.SharedDef{ID: i + 1, Name: "w", Plan: n}
			l, r := g.refer(d), g.refer(d)
			j := &plan.Join{Left: l, Right: r, Residual: boolean("=", plan.NewColumnRef(l.Cols[0]), plan.NewColumnRef(r.Cols[0]))}
			n = &plan.Project{Input: j, Exprs: []plan.Assign{{Column: g.column("p"), Expr: plan.NewColumnRef(l.Cols[0])}}}
		}
		return &plan.Filter{Input: n, Cond: boolean(">", plan.NewColumnRef(n.Columns()[0]), g.literal())}
	}},
}

func (g *generator) refer(d *plan.SharedDef) *plan.Shared {
	s := &plan.Shared{Def: d}
	for _, c := range d.Plan.Columns() {
		s.Cols = append(s.Cols, g.column(c.Name))
	}
	return s
}

func (g *generator) table(name string) *plan.Scan {
	t := &catalog.Table{DB: "default", Name: name, Columns: g.tables["r"].Columns}
	t.Stats = &catalog.Stats{Rows: int64(100 + g.Intn(1_000_000)), Columns: map[string]*catalog.ColumnStats{}}
	s := &plan.Scan{Table: t, Alias: name}
	for i, c := range t.Columns {
		t.Stats.Columns[c.Name] = &catalog.ColumnStats{Distinct: 1 + int64(g.Intn(int(t.Stats.Rows)))}
		s.Cols = append(s.Cols, g.column(fmt.Sprint(name, c.Name)))
		s.Source = append(s.Source, i)
	}
	return s
}

// joins joins n tables; table i to table to(i) by columns a and b.
func (g *generator) joins(n int, to func(i int) int) plan.Node {
	tables := []*plan.Scan{g.table("t0")}
	var out plan.Node = tables[0]
	for i := 1; i < n; i++ {
		t := g.table(fmt.Sprint("t", i))
		other := tables[to(i)]
		out = &plan.Join{Left: out, Right: t, Residual: plan.And(
			boolean("=", plan.NewColumnRef(other.Cols[i%3]), plan.NewColumnRef(t.Cols[0])),
			boolean("=", plan.NewColumnRef(other.Cols[(i+1)%3]), plan.NewColumnRef(t.Cols[1])))}
		tables = append(tables, t)
	}
	return out
}

func BenchmarkOptimize(b *testing.B) {
	for _, l := range largePlans {
		b.Run(l.name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				n := l.make(newGenerator(rand.New(rand.NewSource(1))))
				b.StartTimer()
				if _, err := optimizeLarge(n); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func optimizeLarge(n plan.Node) (plan.Node, error) {
	return Optimize(context.Background(), &Env{Catalog: noPartitions{}, Folder: &planmodel.Model{}, Deterministic: deterministicTest}, n)
}

// TestLargePlans optimises plans that rules could blow up, and limits the size of what becomes of them.
func TestLargePlans(t *testing.T) {
	for _, l := range largePlans {
		n, err := optimizeLarge(l.make(newGenerator(rand.New(rand.NewSource(1)))))
		if err != nil {
			t.Fatalf("%s: %v", l.name, err)
		}
		if err := planmodel.Check(n); err != nil {
			t.Errorf("%s: %v", l.name, err)
		}
		operands, nodes := 0, 0
		count := func(n plan.Node) {
			visitNodes(n, func(x plan.Node) {
				nodes++
				for _, e := range plan.Exprs(x) {
					operands += exprSize(e)
				}
			})
		}
		count(n)
		for _, d := range sharedOrder([]plan.Node{n}) {
			count(d.Plan)
		}
		if nodes > 1000 || operands > 50_000 {
			t.Errorf("%s: %d nodes, %d operands", l.name, nodes, operands)
		}
	}
}

package optimizer

import (
	"math/rand"

	"skep/dialect/catalog"
	"skep/dialect/internal/planmodel"
	"skep/dialect/plan"
	"skep/dialect/types"
)

// generator makes random plans over the tables r, s and u, of three integer columns each.
type generator struct {
	*rand.Rand
	tables map[string]*catalog.Table
	next   plan.ColumnID
	shared []*plan.SharedDef
}

func newGenerator(rng *rand.Rand) *generator {
	g := &generator{Rand: rng, tables: map[string]*catalog.Table{}, next: 1}
	for _, name := range []string{"r", "s", "u"} {
		t := &catalog.Table{DB: "default", Name: name}
		for _, c := range []string{"a", "b", "c"} {
			t.Columns = append(t.Columns, catalog.Column{Name: c, Type: types.BigIntType})
		}
		// Statistics only steer: any must do.
		if g.Intn(4) > 0 {
			t.Stats = &catalog.Stats{Rows: int64(1) << g.Intn(20), Columns: map[string]*catalog.ColumnStats{}}
			for _, c := range t.Columns {
				s := &catalog.ColumnStats{Distinct: int64(1) << g.Intn(12), Nulls: int64(g.Intn(3))}
				if g.Intn(2) == 0 {
					s.HasMinMax, s.Max = true, types.Datum{I: int64(g.Intn(100))}
				}
				t.Stats.Columns[c.Name] = s
			}
		}
		g.tables[name] = t
	}
	return g
}

// model fills the tables.
func (g *generator) model() *planmodel.Model {
	m := &planmodel.Model{Tables: map[string][][]planmodel.Value{}}
	for name := range g.tables {
		rows := [][]planmodel.Value{}
		for range g.Intn(6) {
			r := make([]planmodel.Value, 3)
			for i := range r {
				r[i] = planmodel.Value{N: int64(g.Intn(4))}
				if g.Intn(5) == 0 {
					r[i] = planmodel.Value{Null: true}
				}
			}
			rows = append(rows, r)
		}
		m.Tables[name] = rows
	}
	return m
}

func (g *generator) column(name string) plan.Column {
	g.next++
	return plan.Column{ID: g.next, Name: name, Type: types.BigIntType}
}

func pick[T any](g *generator, of ...T) T { return of[g.Intn(len(of))] }

// node returns a random plan of at most the given depth.
func (g *generator) node(depth int) plan.Node {
	if depth <= 0 {
		return g.leaf()
	}
	switch g.Intn(22) {
	case 20, 21:
		return g.twins(depth)
	case 0, 1, 2:
		in := g.node(depth - 1)
		return &plan.Filter{Input: in, Cond: g.predicate(in.Columns(), 2)}
	case 3, 4:
		return g.project(g.node(depth - 1))
	case 5, 6, 7:
		return g.aggregate(g.node(depth - 1))
	case 8:
		return g.union(depth)
	case 9:
		return g.window(g.node(depth - 1))
	case 10:
		return g.sort(g.node(depth - 1))
	case 11:
		in := g.node(depth - 1)
		return &plan.Distribute{Input: in, By: []plan.Expr{g.scalar(in.Columns(), 1)}}
	case 12, 13:
		return g.sharedRef(depth)
	case 14:
		in := g.project(g.node(depth - 1)) // few columns, small numbers
		arg := &plan.Call{Func: "if", T: types.BigIntType, Args: []plan.Expr{g.predicate(in.Columns(), 1), g.literal(), g.literal()}}
		return &plan.Generate{Input: in, Func: "series", Args: []plan.Expr{arg}, Outputs: []plan.Column{g.column("x")}, Outer: g.Intn(2) == 0}
	}
	return g.join(depth)
}

func (g *generator) leaf() plan.Node {
	if g.Intn(12) == 0 {
		v := &plan.Values{Cols: []plan.Column{g.column("v"), g.column("w")}}
		for range g.Intn(4) {
			v.Rows = append(v.Rows, []plan.Expr{g.literal(), g.literal()})
		}
		return v
	}
	t := g.tables[pick(g, "r", "s", "u")]
	s := &plan.Scan{Table: t, Alias: t.Name}
	for i, c := range t.Columns {
		s.Cols = append(s.Cols, g.column(t.Name+c.Name))
		s.Source = append(s.Source, i)
	}
	return s
}

func (g *generator) literal() *plan.Literal {
	if g.Intn(10) == 0 {
		return &plan.Literal{Value: types.NullDatum, T: types.BigIntType}
	}
	return &plan.Literal{Value: types.Datum{I: int64(g.Intn(4))}, T: types.BigIntType}
}

func (g *generator) ref(cols []plan.Column) plan.Expr {
	if len(cols) == 0 {
		return g.literal()
	}
	return plan.NewColumnRef(cols[g.Intn(len(cols))])
}

// scalar returns an expression of integer type.
func (g *generator) scalar(cols []plan.Column, depth int) plan.Expr {
	if depth == 0 || g.Intn(3) > 0 {
		if g.Intn(6) == 0 {
			return g.literal()
		}
		return g.ref(cols)
	}
	switch g.Intn(4) {
	case 0:
		return &plan.Call{Func: "coalesce", T: types.BigIntType, Args: []plan.Expr{g.scalar(cols, depth-1), g.scalar(cols, depth-1)}}
	case 1:
		return &plan.Call{Func: "if", T: types.BigIntType, Args: []plan.Expr{g.predicate(cols, 1), g.scalar(cols, depth-1), g.scalar(cols, depth-1)}}
	}
	return &plan.Call{Func: pick(g, "+", "-", "*"), T: types.BigIntType, Args: []plan.Expr{g.scalar(cols, depth-1), g.scalar(cols, depth-1)}}
}

func boolean(name string, args ...plan.Expr) plan.Expr {
	return &plan.Call{Func: name, Args: args, T: types.BooleanType}
}

func (g *generator) predicate(cols []plan.Column, depth int) plan.Expr {
	if depth > 0 && g.Intn(2) == 0 {
		switch g.Intn(5) {
		case 0:
			return boolean("not", g.predicate(cols, depth-1))
		case 1, 2:
			return boolean("or", g.predicate(cols, depth-1), g.predicate(cols, depth-1))
		}
		return boolean("and", g.predicate(cols, depth-1), g.predicate(cols, depth-1))
	}
	switch g.Intn(12) {
	case 0:
		return boolean(pick(g, "isnull", "isnotnull"), g.scalar(cols, 1))
	case 1:
		return boolean("in", g.scalar(cols, 1), g.literal(), g.literal(), g.literal())
	case 2:
		return boolean("<=>", g.ref(cols), g.scalar(cols, 1))
	case 3, 4, 5:
		return boolean(pick(g, "=", "<>", "<", ">="), g.ref(cols), g.literal())
	case 6:
		return boolean(pick(g, "=", ">"), g.literal(), g.ref(cols))
	}
	return boolean(pick(g, "=", "=", "<>", "<", "<=", ">"), g.ref(cols), g.scalar(cols, 1))
}

func (g *generator) project(in plan.Node) plan.Node {
	p := &plan.Project{Input: in}
	for range 1 + g.Intn(3) {
		p.Exprs = append(p.Exprs, plan.Assign{Column: g.column("p"), Expr: g.scalar(in.Columns(), 1)})
	}
	if cols := in.Columns(); g.Intn(3) == 0 && len(cols) > 0 { // a column that keeps its id
		c := cols[g.Intn(len(cols))]
		p.Exprs = append(p.Exprs, plan.Assign{Column: c, Expr: plan.NewColumnRef(c)})
	}
	return p
}

func (g *generator) aggregate(in plan.Node) plan.Node {
	if g.Intn(4) == 0 { // tables that may be joined after a first grouping
		left, right := g.leaf(), g.leaf()
		in = &plan.Join{Kind: plan.InnerJoin, Left: left, Right: right, Residual: boolean("=", g.ref(left.Columns()), g.ref(right.Columns()))}
	}
	a := &plan.Aggregate{Input: in}
	for range g.Intn(4) {
		e := g.ref(in.Columns())
		if g.Intn(4) == 0 {
			e = g.scalar(in.Columns(), 1)
		}
		a.Keys = append(a.Keys, plan.Assign{Column: g.column("k"), Expr: e})
	}
	for range g.Intn(3) {
		c := plan.AggCall{Column: g.column("g"), Func: pick(g, "sum", "min", "max", "count", "count", "sum")}
		if c.Func != "count" || g.Intn(2) == 0 {
			c.Args = []plan.Expr{g.scalar(in.Columns(), 1)}
			c.Distinct = g.Intn(6) == 0
			if g.Intn(4) == 0 {
				c.Args = []plan.Expr{&plan.Call{Func: "if", T: types.BigIntType, Args: []plan.Expr{
					boolean(pick(g, "=", "<"), g.ref(in.Columns()), g.literal()), g.ref(in.Columns()), g.literal()}}}
			}
		}
		a.Aggs = append(a.Aggs, c)
	}
	if len(a.Keys) > 0 && g.Intn(4) == 0 {
		for range 1 + g.Intn(3) {
			var set []int
			for k := range a.Keys {
				if g.Intn(2) == 0 {
					set = append(set, k)
				}
			}
			a.GroupingSets = append(a.GroupingSets, set)
		}
		if g.Intn(2) == 0 {
			a.GroupingID = g.column("id")
		}
	}
	if len(a.Columns()) == 0 {
		a.Aggs = append(a.Aggs, plan.AggCall{Column: g.column("g"), Func: "count"})
	}
	return a
}

func (g *generator) union(depth int) plan.Node {
	u := &plan.Union{}
	width := 1 + g.Intn(3)
	for range width {
		u.Cols = append(u.Cols, g.column("u"))
	}
	for range 2 + g.Intn(2) {
		in := g.node(depth - 1)
		if len(in.Columns()) == 0 {
			in = g.leaf()
		}
		var ids []plan.ColumnID
		for range width {
			cols := in.Columns()
			ids = append(ids, cols[g.Intn(len(cols))].ID)
		}
		u.All, u.Sources = append(u.All, in), append(u.Sources, ids)
	}
	return u
}

func (g *generator) window(in plan.Node) plan.Node {
	w := &plan.Window{Input: in}
	for range g.Intn(3) {
		w.PartitionBy = append(w.PartitionBy, g.scalar(in.Columns(), g.Intn(2)))
	}
	whole := plan.Frame{Start: plan.Bound{Kind: plan.UnboundedPreceding}, End: plan.Bound{Kind: plan.UnboundedFollowing}}
	if g.Intn(2) == 0 {
		for _, c := range in.Columns() {
			w.OrderBy = append(w.OrderBy, plan.SortKey{Expr: plan.NewColumnRef(c), Desc: g.Intn(2) == 0, NullsFirst: g.Intn(2) == 0})
		}
		whole.End.Kind = plan.CurrentRow
		n := g.column("n")
		w.Calls = append(w.Calls, plan.WindowCall{Column: n, Func: pick(g, "row_number", "rank", "dense_rank"), Frame: whole})
		if g.Intn(2) == 0 {
			limit := boolean(pick(g, "<=", "<", "=", "<"), plan.NewColumnRef(n), g.literal())
			if g.Intn(3) == 0 {
				limit = boolean(pick(g, ">=", ">"), g.literal(), plan.NewColumnRef(n))
			}
			return &plan.Filter{Input: w, Cond: plan.And(limit, g.predicate(w.Columns(), 1))}
		}
		return w
	}
	w.Calls = append(w.Calls, plan.WindowCall{
		Column: g.column("n"), Func: pick(g, "sum", "max", "count"), Args: []plan.Expr{g.ref(in.Columns())}, Frame: whole,
	})
	return w
}

// sort orders by all columns, so that a limit takes the same rows from any order of the input.
func (g *generator) sort(in plan.Node) plan.Node {
	s := &plan.Sort{Input: in, Limit: -1}
	for _, c := range in.Columns() {
		s.Keys = append(s.Keys, plan.SortKey{Expr: plan.NewColumnRef(c), Desc: g.Intn(2) == 0, NullsFirst: g.Intn(2) == 0})
	}
	switch g.Intn(4) {
	case 0:
		s.Limit = int64(g.Intn(4))
	case 1:
		s.Limit, s.Offset = int64(g.Intn(4)), int64(g.Intn(3))
	case 2:
		return &plan.Limit{Input: s, N: int64(g.Intn(4)), Offset: int64(g.Intn(2))}
	}
	return s
}

func (g *generator) sharedRef(depth int) plan.Node {
	if len(g.shared) == 0 || g.Intn(4) == 0 {
		d := &plan.SharedDef{Name: "w", Plan: g.node(depth - 1)}
		d.ID = len(g.shared) + 1
		g.shared = append(g.shared, d)
	}
	s := &plan.Shared{Def: g.shared[g.Intn(len(g.shared))]}
	for _, c := range s.Def.Plan.Columns() {
		s.Cols = append(s.Cols, g.column(c.Name))
	}
	if g.Intn(2) == 0 {
		return &plan.Filter{Input: s, Cond: g.predicate(s.Cols, 1)}
	}
	return s
}

func (g *generator) join(depth int) plan.Node {
	kinds := []plan.JoinKind{
		plan.InnerJoin, plan.InnerJoin, plan.InnerJoin, plan.InnerJoin, plan.InnerJoin, plan.LeftJoin, plan.LeftJoin, plan.LeftJoin,
		plan.RightJoin, plan.FullJoin, plan.SemiJoin, plan.SemiJoin, plan.AntiJoin, plan.NullAwareAntiJoin, plan.MarkJoin, plan.SingleJoin,
	}
	j := &plan.Join{Kind: pick(g, kinds...), Left: g.node(depth - 1), Right: g.node(depth - 1 - g.Intn(2))}
	if disjoint := plan.OutputSet(j.Left); intersects(disjoint, plan.OutputSet(j.Right)) {
		j.Right = g.leaf()
	}
	if j.Kind == plan.SingleJoin { // at most one match, most of the time
		r := j.Right
		j.Right = &plan.Aggregate{Input: r, Aggs: []plan.AggCall{{Column: g.column("one"), Func: "count"}}}
		if g.Intn(2) == 0 && len(r.Columns()) > 0 {
			j.Right = &plan.Aggregate{Input: r, Keys: []plan.Assign{{Column: g.column("k"), Expr: g.ref(r.Columns())}}}
		}
	}
	left, right := j.Left.Columns(), j.Right.Columns()
	both := append(append([]plan.Column(nil), left...), right...)
	var conds []plan.Expr
	for range g.Intn(3) {
		conds = append(conds, boolean(pick(g, "=", "=", "=", "<=>"), g.ref(left), g.ref(right)))
	}
	if g.Intn(3) == 0 {
		conds = append(conds, g.predicate(pick(g, left, right, both), 1))
	}
	if j.Kind == plan.InnerJoin && g.Intn(8) == 0 {
		conds = nil
	}
	j.Residual = plan.And(conds...)
	if j.Kind == plan.MarkJoin {
		j.Mark, j.NullAware = g.column("m"), g.Intn(2) == 0
		j.Mark.Type = types.BooleanType
		// Numbers only above.
		p := &plan.Project{Input: j}
		for _, c := range left {
			p.Exprs = append(p.Exprs, plan.Assign{Column: c, Expr: plan.NewColumnRef(c)})
		}
		yes, no := g.literal(), g.literal()
		p.Exprs = append(p.Exprs, plan.Assign{Column: g.column("m"), Expr: &plan.Call{
			Func: "if", T: types.BigIntType, Args: []plan.Expr{plan.NewColumnRef(j.Mark), yes, no},
		}})
		return p
	}
	if j.Kind == plan.LeftJoin && g.Intn(3) == 0 {
		return &plan.Filter{Input: j, Cond: boolean("isnull", g.ref(right))}
	}
	return j
}

// twins returns a plan in which a subplan occurs twice, in columns of its own each time, of which not all may be used.
func (g *generator) twins(depth int) plan.Node {
	first := g.node(depth - 1)
	if g.Intn(2) == 0 {
		first = g.aggregate(first)
	}
	second := g.copyOf(first, map[plan.ColumnID]plan.Column{})
	left, right := first, second
	for _, side := range []*plan.Node{&left, &right} {
		switch g.Intn(4) {
		case 0:
			*side = g.project(*side)
		case 1:
			*side = &plan.Filter{Input: *side, Cond: g.predicate((*side).Columns(), 1)}
		}
	}
	if len(left.Columns()) == 0 || len(right.Columns()) == 0 {
		return left
	}
	if g.Intn(2) == 0 {
		u := &plan.Union{All: []plan.Node{left, right}, Sources: make([][]plan.ColumnID, 2)}
		for range 1 + g.Intn(3) {
			u.Cols = append(u.Cols, g.column("u"))
			for k, in := range u.All {
				u.Sources[k] = append(u.Sources[k], in.Columns()[g.Intn(len(in.Columns()))].ID)
			}
		}
		return u
	}
	return &plan.Join{Kind: pick(g, plan.InnerJoin, plan.InnerJoin, plan.LeftJoin, plan.SemiJoin, plan.AntiJoin), Left: left, Right: right,
		Residual: boolean("=", g.ref(left.Columns()), g.ref(right.Columns()))}
}

// copyOf returns a copy of n in columns of its own.
func (g *generator) copyOf(n plan.Node, renamed map[plan.ColumnID]plan.Column) plan.Node {
	col := func(c plan.Column) plan.Column {
		if c.ID == 0 {
			return c
		}
		r, ok := renamed[c.ID]
		if !ok {
			r = g.column(c.Name)
			r.Type = c.Type
			renamed[c.ID] = r
		}
		return r
	}
	cols := func(cs []plan.Column) []plan.Column {
		out := make([]plan.Column, len(cs))
		for i, c := range cs {
			out[i] = col(c)
		}
		return out
	}
	var in []plan.Node
	for _, x := range n.Inputs() {
		in = append(in, g.copyOf(x, renamed))
	}
	switch x := n.(type) { // leaves have columns before expressions over them
	case *plan.Scan:
		c := *x
		c.Cols = cols(x.Cols)
		n = &c
	case *plan.Values:
		c := *x
		c.Cols = cols(x.Cols)
		n = &c
	case *plan.Shared:
		return &plan.Shared{Def: x.Def, Cols: cols(x.Cols)}
	}
	n = plan.MapExprs(plan.WithInputs(n, in), func(e plan.Expr) plan.Expr {
		return plan.Rewrite(e, func(e plan.Expr) plan.Expr {
			if r, ok := e.(*plan.ColumnRef); ok {
				return plan.NewColumnRef(renamed[r.ID])
			}
			return e
		})
	})
	switch x := n.(type) {
	case *plan.Project:
		c := *x
		c.Exprs = nil
		for _, a := range x.Exprs {
			c.Exprs = append(c.Exprs, plan.Assign{Column: col(a.Column), Expr: a.Expr})
		}
		return &c
	case *plan.Aggregate:
		c := *x
		c.Keys, c.Aggs, c.GroupingID = nil, nil, col(x.GroupingID)
		for _, k := range x.Keys {
			c.Keys = append(c.Keys, plan.Assign{Column: col(k.Column), Expr: k.Expr})
		}
		for _, a := range x.Aggs {
			a.Column = col(a.Column)
			c.Aggs = append(c.Aggs, a)
		}
		return &c
	case *plan.Join:
		c := *x
		c.Mark = col(x.Mark)
		return &c
	case *plan.Window:
		c := *x
		c.Calls = nil
		for _, w := range x.Calls {
			w.Column = col(w.Column)
			c.Calls = append(c.Calls, w)
		}
		return &c
	case *plan.Union:
		c := *x
		c.Cols, c.Sources = cols(x.Cols), nil
		for _, ids := range x.Sources {
			var now []plan.ColumnID
			for _, id := range ids {
				now = append(now, renamed[id].ID)
			}
			c.Sources = append(c.Sources, now)
		}
		return &c
	case *plan.Generate:
		c := *x
		c.Outputs = cols(x.Outputs)
		return &c
	}
	return n
}

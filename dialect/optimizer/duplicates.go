package optimizer

import (
	"skep/dialect/plan"
	"skep/dialect/types"
)

// reduceToSemi makes inner joins semi joins where nothing above tells how often a row occurs and only one side's columns are
// needed: below the right side of a semi join, below DISTINCT, below minima and maxima. The pairs of a join on a column with
// many equal values, all of them useless, are then never made.
func (o *optimizer) reduceToSemi(roots []plan.Node) error {
	d := &duplicates{o: o, needed: map[*plan.SharedDef]plan.ColumnSet{}, counted: map[*plan.SharedDef]bool{}}
	for i, n := range roots {
		roots[i] = o.keepColumns(d.rewrite(n, plan.OutputSet(n), false), n.Columns())
	}
	for _, def := range sharedOrder(roots) {
		if d.needed[def] == nil {
			continue
		}
		cols := def.Plan.Columns()
		need := d.needed[def]
		n := d.rewrite(def.Plan, need, !d.counted[def])
		// References address the columns by position: those of a side that is gone become NULL.
		have := plan.OutputSet(n)
		missing := false
		p := &plan.Project{Input: n}
		for _, c := range cols {
			var e plan.Expr = plan.NewColumnRef(c)
			if !have.Has(c.ID) {
				missing = true
				e = nullOf(c)
			}
			p.Exprs = append(p.Exprs, plan.Assign{Column: c, Expr: e})
		}
		if def.Plan = n; missing {
			def.Plan = p
		} else {
			def.Plan = o.keepColumns(n, cols)
		}
	}
	return nil
}

type duplicates struct {
	o       *optimizer
	needed  map[*plan.SharedDef]plan.ColumnSet
	counted map[*plan.SharedDef]bool // some reference tells how often a row occurs
}

// rewrite returns n with the columns of need at least; with free, rows may occur more or less often, as long as they occur.
func (d *duplicates) rewrite(n plan.Node, need plan.ColumnSet, free bool) plan.Node {
	below := plan.ColumnSet{}
	add := func(e plan.Expr) { plan.Refs(e, below) }
	for id := range need {
		below.Add(id)
	}
	switch n := n.(type) {
	case *plan.Shared:
		d.note(n, need, free)
		return n
	case *plan.Join:
		return d.join(n, need, free)
	case *plan.Project:
		below = plan.ColumnSet{}
		c := *n
		c.Exprs = nil
		for _, a := range n.Exprs {
			if need.Has(a.Column.ID) || !d.o.deterministic(a.Expr) {
				c.Exprs = append(c.Exprs, a)
				add(a.Expr)
				free = free && d.o.deterministic(a.Expr)
			}
		}
		c.Input = d.rewrite(n.Input, below, free)
		return &c
	case *plan.Aggregate:
		below = plan.ColumnSet{}
		for _, e := range plan.Exprs(n) {
			add(e)
		}
		return plan.WithInputs(n, []plan.Node{d.rewrite(n.Input, below, d.ignores(n))})
	case *plan.Union:
		in := make([]plan.Node, len(n.All))
		for k, x := range n.All {
			mine := plan.ColumnSet{}
			for _, id := range n.Sources[k] {
				mine.Add(id)
			}
			in[k] = d.rewrite(x, mine, free)
		}
		return plan.WithInputs(n, in)
	case *plan.Filter:
		free = free && d.o.deterministic(n.Cond)
	case *plan.Distribute:
	case *plan.Sort:
		free = free && n.Limit < 0 && n.Offset == 0
	default:
		free = false
	}
	if len(n.Inputs()) == 0 {
		return n
	}
	for _, e := range plan.Exprs(n) {
		add(e)
	}
	if _, ok := n.(*plan.Script); ok { // it reads its arguments only
		below = plan.ColumnSet{}
		for _, e := range plan.Exprs(n) {
			add(e)
		}
	}
	return plan.WithInputs(n, []plan.Node{d.rewrite(n.Inputs()[0], below, free)})
}

// ignores reports whether the result of an aggregation does not depend on how often a row of its input occurs.
func (d *duplicates) ignores(n *plan.Aggregate) bool {
	for _, a := range n.Aggs {
		if a.Func != "min" && a.Func != "max" && !(a.Distinct && (a.Func == "count" || a.Func == "sum")) {
			return false
		}
	}
	for _, e := range plan.Exprs(n) {
		if !d.o.deterministic(e) {
			return false
		}
	}
	return true
}

func (d *duplicates) join(n *plan.Join, need plan.ColumnSet, free bool) plan.Node {
	left, right := plan.OutputSet(n.Left), plan.OutputSet(n.Right)
	below := plan.ColumnSet{}
	for id := range need {
		below.Add(id)
	}
	for _, e := range plan.Exprs(n) {
		plan.Refs(e, below)
		free = free && d.o.deterministic(e)
	}
	c := *n
	if n.Kind == plan.InnerJoin && free && len(n.Keys) > 0 {
		switch {
		case !intersects(need, right):
			c.Kind = plan.SemiJoin
		case !intersects(need, left):
			c.Kind = plan.SemiJoin
			c.Left, c.Right = n.Right, n.Left
			c.Keys = make([]plan.EquiKey, len(n.Keys))
			for i, k := range n.Keys {
				c.Keys[i] = plan.EquiKey{Left: k.Right, Right: k.Left, NullSafe: k.NullSafe}
			}
		}
	}
	freeLeft, freeRight := free, free
	switch c.Kind {
	case plan.SemiJoin, plan.AntiJoin, plan.NullAwareAntiJoin, plan.MarkJoin:
		freeRight = true
		for _, e := range plan.Exprs(n) {
			freeRight = freeRight && d.o.deterministic(e)
		}
	case plan.SingleJoin:
		freeRight = false
	}
	c.Left, c.Right = d.rewrite(c.Left, below, freeLeft), d.rewrite(c.Right, below, freeRight)
	return &c
}

// note records what a reference needs of its definition.
func (d *duplicates) note(s *plan.Shared, need plan.ColumnSet, free bool) {
	needShared(d.needed, s, need)
	if !free {
		d.counted[s.Def] = true
	}
}

func nullOf(c plan.Column) plan.Expr { return &plan.Literal{Value: types.NullDatum, T: c.Type} }

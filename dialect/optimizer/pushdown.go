package optimizer

import (
	"skep/dialect/plan"
	"skep/dialect/types"
)

// pushDown moves filter conjuncts as close to the scans as they may go, turns outer joins into inner ones where a filter
// rejects the NULL-extended rows, and copies column-literal conjuncts across join equalities.
func (o *optimizer) pushDown(n plan.Node) (plan.Node, error) { return o.push(n, nil), nil }

// push returns n with preds (conjuncts over n's columns) applied to its rows.
func (o *optimizer) push(n plan.Node, preds []plan.Expr) plan.Node {
	switch n := n.(type) {
	case *plan.Filter:
		conds := plan.Conjuncts(n.Cond)
		for _, p := range preds {
			if !containsExpr(conds, p) {
				conds = append(conds[:len(conds):len(conds)], p)
			}
		}
		return o.push(n.Input, conds)
	case *plan.Project:
		return o.pushProject(n, preds)
	case *plan.Join:
		return o.pushJoin(n, preds)
	case *plan.Aggregate:
		return o.pushAggregate(n, preds)
	case *plan.Scan:
		var here, above []plan.Expr
		for _, p := range preds {
			if o.deterministic(p) && n.Sample == nil && !refersVirtual(n, p) {
				if !containsExpr(n.Filter, p) && !containsExpr(here, p) {
					here = append(here, p)
				}
			} else {
				above = append(above, p)
			}
		}
		if len(here) > 0 {
			c := *n
			c.Filter = append(append([]plan.Expr(nil), n.Filter...), here...)
			n = &c
		}
		return filtered(n, above)
	case *plan.Sort:
		if n.Limit < 0 && n.Offset == 0 {
			return plan.WithInputs(n, []plan.Node{o.push(n.Input, preds)})
		}
	case *plan.Distribute:
		return plan.WithInputs(n, []plan.Node{o.push(n.Input, preds)})
	case *plan.Union:
		return o.pushUnion(n, preds)
	case *plan.Window:
		keys := plan.ColumnSet{}
		for _, e := range n.PartitionBy {
			if c, ok := e.(*plan.ColumnRef); ok {
				keys.Add(c.ID)
			}
		}
		below, above := o.split(preds, keys)
		return filtered(plan.WithInputs(n, []plan.Node{o.push(n.Input, below)}), above)
	case *plan.Generate:
		below, above := o.split(preds, plan.OutputSet(n.Input))
		return filtered(plan.WithInputs(n, []plan.Node{o.push(n.Input, below)}), above)
	}
	in := n.Inputs()
	out := make([]plan.Node, len(in))
	for i, x := range in {
		out[i] = o.push(x, nil)
	}
	return filtered(plan.WithInputs(n, out), preds)
}

func refersVirtual(n *plan.Scan, e plan.Expr) bool {
	virtual := plan.ColumnSet{}
	for i, c := range n.Cols {
		if n.Source[i] < 0 {
			virtual.Add(c.ID)
		}
	}
	return len(virtual) > 0 && refersAny(e, virtual)
}

// split divides preds into the deterministic ones over cols and the rest.
func (o *optimizer) split(preds []plan.Expr, cols plan.ColumnSet) (inside, outside []plan.Expr) {
	for _, p := range preds {
		if refersOnly(p, cols) && o.deterministic(p) {
			inside = append(inside, p)
		} else {
			outside = append(outside, p)
		}
	}
	return inside, outside
}

func (o *optimizer) pushProject(n *plan.Project, preds []plan.Expr) plan.Node {
	m := map[plan.ColumnID]plan.Expr{}
	movable := plan.ColumnSet{}
	for _, a := range n.Exprs {
		if o.deterministic(a.Expr) {
			m[a.Column.ID] = a.Expr
			movable.Add(a.Column.ID)
		}
	}
	inside, above := o.split(preds, movable)
	var below []plan.Expr
	for _, p := range inside {
		if size := substitutedSize(p, m); size > maxSubstituted && size > exprSize(p) {
			above = append(above, p)
			continue
		}
		below = append(below, o.simplify(plan.Substitute(p, m)))
	}
	return filtered(plan.WithInputs(n, []plan.Node{o.push(n.Input, below)}), above)
}

// maxSubstituted is the number of operands from which a predicate stays above a projection rather than grow: through a chain
// of projections that use a column twice each it would grow without bounds.
const maxSubstituted = 1000

func exprSize(e plan.Expr) int { return substitutedSize(e, nil) }

// substitutedSize is the number of operands of e once the columns in m are replaced.
func substitutedSize(e plan.Expr, m map[plan.ColumnID]plan.Expr) int {
	size := 0
	plan.Visit(e, func(x plan.Expr) bool {
		size++
		if c, ok := x.(*plan.ColumnRef); ok && m[c.ID] != nil {
			size += exprSize(m[c.ID]) - 1
		}
		return true
	})
	return size
}

func (o *optimizer) pushUnion(n *plan.Union, preds []plan.Expr) plan.Node {
	below, above := o.split(preds, plan.OutputSet(n))
	in := make([]plan.Node, len(n.All))
	for k, x := range n.All {
		m := map[plan.ColumnID]plan.Expr{}
		byID := map[plan.ColumnID]plan.Column{}
		for _, c := range x.Columns() {
			byID[c.ID] = c
		}
		for i, c := range n.Cols {
			m[c.ID] = plan.NewColumnRef(byID[n.Sources[k][i]])
		}
		mine := make([]plan.Expr, len(below))
		for i, p := range below {
			mine[i] = plan.Substitute(p, m)
		}
		in[k] = o.push(x, mine)
	}
	return filtered(plan.WithInputs(n, in), above)
}

// pushAggregate pushes conjuncts over grouping keys below the aggregation. A global aggregate gives a row even for no input,
// so nothing may pass it; with grouping sets only keys of all sets qualify.
func (o *optimizer) pushAggregate(n *plan.Aggregate, preds []plan.Expr) plan.Node {
	m := map[plan.ColumnID]plan.Expr{}
	movable := plan.ColumnSet{}
	for i, k := range n.Keys {
		everywhere := true
		for _, set := range n.GroupingSets {
			has := false
			for _, j := range set {
				has = has || j == i
			}
			everywhere = everywhere && has
		}
		if everywhere && o.deterministic(k.Expr) {
			m[k.Column.ID] = k.Expr
			movable.Add(k.Column.ID)
		}
	}
	var below, above []plan.Expr
	for _, p := range preds {
		refs := plan.ColumnSet{}
		plan.Refs(p, refs)
		if len(refs) > 0 && refersOnly(p, movable) && o.deterministic(p) {
			below = append(below, o.simplify(plan.Substitute(p, m)))
		} else {
			above = append(above, p)
			if w := o.implied(p, movable); w != nil {
				below = append(below, o.simplify(plan.Substitute(w, m)))
			}
		}
	}
	return filtered(plan.WithInputs(n, []plan.Node{o.push(n.Input, below)}), above)
}

func (o *optimizer) pushJoin(n *plan.Join, preds []plan.Expr) plan.Node {
	left, right := plan.OutputSet(n.Left), plan.OutputSet(n.Right)
	c := *n
	c.Kind = strengthen(n.Kind, preds, left, right, o)
	cond := joinCondition(&c)
	if anti := o.outerToAnti(&c, cond, preds); anti != nil {
		return anti
	}
	c.Keys, c.Residual = nil, nil
	var toLeft, toRight, here, above []plan.Expr
	switch c.Kind {
	case plan.InnerJoin:
		for _, p := range o.impliedBySides(append(cond, preds...), left, right) {
			switch {
			case !o.deterministic(p):
				above = append(above, p)
			case refersOnly(p, left):
				toLeft = append(toLeft, p)
			case refersOnly(p, right):
				toRight = append(toRight, p)
			default:
				here = append(here, p)
			}
		}
	case plan.RightJoin:
		toRight, above = o.split(preds, right)
		toLeft, here = o.split(cond, left)
	case plan.FullJoin:
		above, here = preds, cond
	default:
		// Left, semi, anti, mark and single joins: filters over the left side pass; conditions over the right side alone narrow
		// the right input. A null-aware join must see right rows whose condition is NULL, so its conditions stay.
		toLeft, above = o.split(preds, left)
		here = cond
		if c.Kind != plan.NullAwareAntiJoin && !(c.Kind == plan.MarkJoin && c.NullAware) {
			toRight, here = o.split(cond, right)
		}
		if c.Kind == plan.SemiJoin {
			var l []plan.Expr
			l, here = o.split(here, left)
			toLeft = append(toLeft, l...)
		}
	}
	if !o.disabled["transitive"] {
		o.transitive(&c, here, left, right, &toLeft, &toRight)
	}
	below, belowRight := n.Left, n.Right
	switch c.Kind { // a side whose rows need a match never needs those with NULL in the condition's columns
	case plan.InnerJoin, plan.SemiJoin:
		below, belowRight = o.strengthenBelow(below, here), o.strengthenBelow(belowRight, here)
	case plan.LeftJoin, plan.AntiJoin:
		belowRight = o.strengthenBelow(belowRight, here)
	case plan.RightJoin:
		below = o.strengthenBelow(below, here)
	}
	c.Left, c.Right = o.push(below, toLeft), o.push(belowRight, toRight)
	setCondition(&c, here, o)
	return filtered(&c, above)
}

// outerToAnti makes a left join an anti join when a filter keeps only the left rows without a match, by asking for NULL in a
// column that the condition needs not to be NULL. The right columns are then NULL. It returns nil when that does not apply.
func (o *optimizer) outerToAnti(n *plan.Join, cond, preds []plan.Expr) plan.Node {
	if n.Kind != plan.LeftJoin || o.disabled["outer-to-anti"] {
		return nil
	}
	right := plan.OutputSet(n.Right)
	found := -1
	for i, p := range preds {
		c, ok := p.(*plan.Call)
		if !ok || c.Func != "isnull" {
			continue
		}
		ref, ok := c.Args[0].(*plan.ColumnRef)
		if ok && right.Has(ref.ID) && o.rejectsNull(boolCall("and", cond), plan.ColumnSet{ref.ID: {}}) {
			found = i
		}
	}
	if found < 0 {
		return nil
	}
	anti := &plan.Join{Kind: plan.AntiJoin, Left: n.Left, Right: n.Right, Residual: plan.And(cond...)}
	p := &plan.Project{Input: anti}
	for _, c := range n.Left.Columns() {
		p.Exprs = append(p.Exprs, plan.Assign{Column: c, Expr: plan.NewColumnRef(c)})
	}
	for _, c := range n.Right.Columns() {
		p.Exprs = append(p.Exprs, plan.Assign{Column: c, Expr: nullOf(c)})
	}
	rest := append(append([]plan.Expr(nil), preds[:found]...), preds[found+1:]...)
	return o.push(p, rest)
}

// impliedBySides adds, for each OR over both sides whose every branch restricts one side, the weaker OR over that side alone:
// (l.a=1 and r.b=2) or (l.a=3 and r.b=4) implies l.a=1 or l.a=3.
func (o *optimizer) impliedBySides(preds []plan.Expr, left, right plan.ColumnSet) []plan.Expr {
	out := preds
	for _, p := range preds {
		if refersOnly(p, left) || refersOnly(p, right) {
			continue
		}
		for _, side := range []plan.ColumnSet{left, right} {
			if implied := o.implied(p, side); implied != nil && !containsExpr(out, implied) {
				out = append(out[:len(out):len(out)], implied)
			}
		}
	}
	return out
}

// implied returns what an OR says about the columns of set alone, when each of its branches says something; nil otherwise.
func (o *optimizer) implied(p plan.Expr, set plan.ColumnSet) plan.Expr {
	c, ok := p.(*plan.Call)
	if !ok || c.Func != "or" {
		return nil
	}
	var branches []plan.Expr
	for _, b := range c.Args {
		mine, _ := o.split(plan.Conjuncts(b), set)
		if len(mine) == 0 {
			return nil
		}
		branches = append(branches, plan.And(mine...))
	}
	return o.simplifyCall(&plan.Call{Func: "or", Args: branches, T: types.BooleanType})
}

// transitive copies conjuncts "column op literal" from one side of an equality to the other.
func (o *optimizer) transitive(c *plan.Join, cond []plan.Expr, left, right plan.ColumnSet, toLeft, toRight *[]plan.Expr) {
	intoLeft := c.Kind == plan.InnerJoin || c.Kind == plan.RightJoin || c.Kind == plan.SemiJoin
	intoRight := c.Kind == plan.InnerJoin || c.Kind == plan.LeftJoin || c.Kind == plan.SemiJoin || c.Kind == plan.AntiJoin
	for _, p := range cond {
		eq, ok := p.(*plan.Call)
		if !ok || eq.Func != "=" {
			continue
		}
		a, okA := eq.Args[0].(*plan.ColumnRef)
		b, okB := eq.Args[1].(*plan.ColumnRef)
		if !okA || !okB || !a.T.Equal(b.T) {
			continue
		}
		if right.Has(a.ID) {
			a, b = b, a
		}
		if !left.Has(a.ID) || !right.Has(b.ID) {
			continue
		}
		if intoRight {
			copyConjuncts(*toLeft, a, b, toRight)
		}
		if intoLeft {
			copyConjuncts(*toRight, b, a, toLeft)
		}
	}
}

func copyConjuncts(from []plan.Expr, a, b *plan.ColumnRef, to *[]plan.Expr) {
	if a.T.Physical() == types.F64 {
		return // the zeros are equal, but not in every expression
	}
	for _, p := range from {
		refs := plan.ColumnSet{}
		plan.Refs(p, refs)
		if len(refs) != 1 || !refs.Has(a.ID) {
			continue
		}
		q := plan.Substitute(p, map[plan.ColumnID]plan.Expr{a.ID: b})
		if !containsExpr(*to, q) {
			*to = append(*to, q)
		}
	}
}

// strengthen weakens the outerness of a join whose NULL-extended rows the predicates above reject anyway.
func strengthen(k plan.JoinKind, preds []plan.Expr, left, right plan.ColumnSet, o *optimizer) plan.JoinKind {
	if o.disabled["outer-to-inner"] {
		return k
	}
	rejects := func(side plan.ColumnSet) bool {
		for _, p := range preds {
			if o.rejectsNull(p, side) {
				return true
			}
		}
		return false
	}
	switch k {
	case plan.LeftJoin:
		if rejects(right) {
			return plan.InnerJoin
		}
	case plan.RightJoin:
		if rejects(left) {
			return plan.InnerJoin
		}
	case plan.FullJoin:
		switch l, r := rejects(left), rejects(right); {
		case l && r:
			return plan.InnerJoin
		case l:
			return plan.LeftJoin
		case r:
			return plan.RightJoin
		}
	}
	return k
}

// strengthenBelow weakens the outerness of the joins at n, whose rows are only used when conds are true.
func (o *optimizer) strengthenBelow(n plan.Node, conds []plan.Expr) plan.Node {
	if len(conds) == 0 {
		return n
	}
	switch n := n.(type) {
	case *plan.Filter:
		return plan.WithInputs(n, []plan.Node{o.strengthenBelow(n.Input, conds)})
	case *plan.Join:
		c := *n
		switch n.Kind {
		case plan.LeftJoin, plan.RightJoin, plan.FullJoin:
			c.Kind = strengthen(n.Kind, conds, plan.OutputSet(n.Left), plan.OutputSet(n.Right), o)
		case plan.InnerJoin:
		default:
			return n
		}
		if c.Kind == plan.InnerJoin || c.Kind == plan.LeftJoin {
			c.Left = o.strengthenBelow(n.Left, conds)
		}
		if c.Kind == plan.InnerJoin || c.Kind == plan.RightJoin {
			c.Right = o.strengthenBelow(n.Right, conds)
		}
		if c.Kind == n.Kind && c.Left == n.Left && c.Right == n.Right {
			return n
		}
		return &c
	}
	return n
}

// rejectsNull reports whether p cannot be true when all columns of side are NULL. It knows strict operators only.
func (o *optimizer) rejectsNull(p plan.Expr, side plan.ColumnSet) bool {
	c, ok := p.(*plan.Call)
	if !ok {
		r, isRef := p.(*plan.ColumnRef)
		return isRef && side.Has(r.ID)
	}
	switch c.Func {
	case "and":
		for _, a := range c.Args {
			if o.rejectsNull(a, side) {
				return true
			}
		}
		return false
	case "or":
		for _, a := range c.Args {
			if !o.rejectsNull(a, side) {
				return false
			}
		}
		return true
	case "=", "<>", "<", "<=", ">", ">=", "like", "rlike", "isnotnull":
		for _, a := range c.Args {
			if strictIn(a, side) {
				return true
			}
		}
	case "in", "not":
		return strictIn(c.Args[0], side)
	}
	return false
}

// strictIn reports whether e is NULL whenever the columns of side are.
func strictIn(e plan.Expr, side plan.ColumnSet) bool {
	switch e := e.(type) {
	case *plan.ColumnRef:
		return side.Has(e.ID)
	case *plan.Call:
		switch e.Func {
		case "cast", "+", "-", "*", "/", "%", "=", "<>", "<", "<=", ">", ">=", "like", "substr", "upper", "lower", "year", "month":
			for _, a := range e.Args {
				if strictIn(a, side) {
					return true
				}
			}
		}
	}
	return false
}

// joinCondition lists the conjuncts of a join's condition.
func joinCondition(n *plan.Join) []plan.Expr {
	var out []plan.Expr
	for _, k := range n.Keys {
		f := "="
		if k.NullSafe {
			f = "<=>"
		}
		out = append(out, &plan.Call{Func: f, Args: []plan.Expr{k.Left, k.Right}, T: types.BooleanType})
	}
	return append(out, plan.Conjuncts(n.Residual)...)
}

// setCondition makes conds the condition of n: equalities between the sides become keys.
func setCondition(n *plan.Join, conds []plan.Expr, o *optimizer) {
	left, right := plan.OutputSet(n.Left), plan.OutputSet(n.Right)
	n.Keys, n.Residual = nil, nil
	var rest []plan.Expr
	for _, p := range conds {
		if k, ok := o.equality(p); ok {
			if sided(k.Left, right) && sided(k.Right, left) {
				k.Left, k.Right = k.Right, k.Left
			}
			if sided(k.Left, left) && sided(k.Right, right) {
				n.Keys = append(n.Keys, k)
				continue
			}
		}
		rest = append(rest, p)
	}
	n.Residual = plan.And(rest...)
}

// equality takes an equality apart that can be a join key between inputs that supply its operands.
func (o *optimizer) equality(p plan.Expr) (plan.EquiKey, bool) {
	c, ok := p.(*plan.Call)
	if !ok || c.Func != "=" && c.Func != "<=>" || len(c.Args) != 2 || !o.deterministic(p) {
		return plan.EquiKey{}, false
	}
	a, b := c.Args[0], c.Args[1]
	return plan.EquiKey{Left: a, Right: b, NullSafe: c.Func == "<=>"}, a.Type().Equal(b.Type()) && a.Type().IsPrimitive()
}

// sided reports whether e refers to at least one column and only to columns of set.
func sided(e plan.Expr, set plan.ColumnSet) bool {
	refs := plan.ColumnSet{}
	plan.Refs(e, refs)
	return len(refs) > 0 && refersOnly(e, set)
}

// joinKeys brings every join condition into the form that the engine runs.
func (o *optimizer) joinKeys(n plan.Node) (plan.Node, error) {
	return rewriteNodes(n, func(n plan.Node) (plan.Node, error) {
		j, ok := n.(*plan.Join)
		if !ok || j.Residual == nil {
			return n, nil
		}
		c := *j
		setCondition(&c, joinCondition(j), o)
		return &c, nil
	})
}

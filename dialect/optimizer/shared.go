package optimizer

import (
	"skep/dialect/plan"
	"skep/dialect/types"
)

// sharedOrder lists the shared definitions below roots, each before the definitions that it refers to itself.
func sharedOrder(roots []plan.Node) []*plan.SharedDef {
	var order []*plan.SharedDef
	seen := map[*plan.SharedDef]bool{}
	var visit func(n plan.Node)
	visit = func(n plan.Node) {
		visitNodes(n, func(x plan.Node) {
			if s, ok := x.(*plan.Shared); ok && !seen[s.Def] {
				seen[s.Def] = true
				visit(s.Def.Plan)
				order = append(order, s.Def)
			}
		})
	}
	for _, n := range roots {
		visit(n)
	}
	for i, j := 0, len(order)-1; i < j; i, j = i+1, j-1 {
		order[i], order[j] = order[j], order[i]
	}
	return order
}

// filterShared narrows shared subplans: when every reference is filtered, the disjunction of the filters is applied inside
// the definition. The references keep their own filters.
func (o *optimizer) filterShared(roots []plan.Node) error {
	filters := map[*plan.SharedDef][]plan.Expr{} // one conjunction per reference, over the definition's columns
	unfiltered := map[*plan.SharedDef]bool{}
	note := func(root plan.Node) {
		covered := map[*plan.Shared]bool{}
		visitNodes(root, func(n plan.Node) {
			switch n := n.(type) {
			case *plan.Filter:
				if s, ok := n.Input.(*plan.Shared); ok {
					if c := o.overDefinition(s, n.Cond); c != nil {
						filters[s.Def] = append(filters[s.Def], c)
						covered[s] = true
					}
				}
			case *plan.Shared:
				if !covered[n] {
					unfiltered[n.Def] = true
				}
			}
		})
	}
	for _, n := range roots {
		note(n)
	}
	for _, def := range sharedOrder(roots) {
		if fs := filters[def]; len(fs) > 0 && !unfiltered[def] {
			cond := fs[0]
			if len(fs) > 1 {
				cond = o.simplifyCall(&plan.Call{Func: "or", Args: fs, T: types.BooleanType})
			}
			def.Plan = o.keepColumns(o.push(def.Plan, plan.Conjuncts(cond)), def.Plan.Columns())
		}
		note(def.Plan)
	}
	return nil
}

// overDefinition returns the deterministic conjuncts of a filter over reference s in terms of the definition's columns, or nil.
func (o *optimizer) overDefinition(s *plan.Shared, cond plan.Expr) plan.Expr {
	m := map[plan.ColumnID]plan.Expr{}
	own := s.Def.Plan.Columns()
	for i, c := range s.Cols {
		m[c.ID] = plan.NewColumnRef(own[i])
	}
	inside, _ := o.split(plan.Conjuncts(cond), plan.OutputSet(s))
	for i, p := range inside {
		inside[i] = plan.Substitute(p, m)
	}
	return plan.And(inside...)
}

// pruneColumns drops columns and computations that nothing above needs. A shared definition keeps its shape, since
// references address its columns by position: what no reference needs becomes NULL there.
func (o *optimizer) pruneColumns(roots []plan.Node) error {
	o.needed = map[*plan.SharedDef]plan.ColumnSet{}
	for i, n := range roots {
		roots[i] = o.keepColumns(o.prune(n, plan.OutputSet(n)), n.Columns())
	}
	for _, def := range sharedOrder(roots) {
		need := o.needed[def]
		cols := def.Plan.Columns()
		p := &plan.Project{Input: o.prune(def.Plan, need)}
		for _, c := range cols {
			var e plan.Expr = plan.NewColumnRef(c)
			if !need.Has(c.ID) {
				e = &plan.Literal{Value: types.NullDatum, T: c.Type}
				c.ID = o.newColumn(c.Name, c.Type).ID
			}
			p.Exprs = append(p.Exprs, plan.Assign{Column: c, Expr: e})
		}
		def.Plan = o.keepColumns(p, p.Columns())
	}
	return nil
}

// needShared notes in needs which columns of its definition reference s needs.
func needShared(needs map[*plan.SharedDef]plan.ColumnSet, s *plan.Shared, need plan.ColumnSet) {
	set := needs[s.Def]
	if set == nil {
		set = plan.ColumnSet{}
		needs[s.Def] = set
	}
	own := s.Def.Plan.Columns()
	for i, c := range s.Cols {
		if need.Has(c.ID) {
			set.Add(own[i].ID)
		}
	}
}

package analyzer

import (
	"fmt"

	"skep/dialect/plan"
	"skep/dialect/sqlerr"
)

// strictChecks are the session's checks of whole plans.
type strictChecks struct {
	cartesian  bool
	partitions bool
	seen       map[*plan.SharedDef]bool
}

const (
	cartesianText = "Cartesian products are disabled for safety reasons. If you know what you are doing, please set " +
		"hive.strict.checks.cartesian.product to false and make sure that hive.mapred.mode is not set to 'strict' to proceed. Note that you " +
		"may get errors or incorrect results if you make a mistake while using some of the unsafe features."
)

// checkStrict applies the checks for products and for partitioned tables read without a partition filter.
func (b *builder) checkStrict(n plan.Node) error {
	s := &strictChecks{
		cartesian:  b.strict("hive.strict.checks.cartesian.product"),
		partitions: b.strict("hive.strict.checks.no.partition.filter"),
		seen:       map[*plan.SharedDef]bool{},
	}
	if !s.cartesian && !s.partitions {
		return nil
	}
	return s.node(n, nil)
}

// node checks n under the conditions that its rows must meet further up.
func (s *strictChecks) node(n plan.Node, conds []plan.Expr) error {
	switch n := n.(type) {
	case *plan.Filter:
		return s.node(n.Input, append(conds[:len(conds):len(conds)], plan.Conjuncts(n.Cond)...))
	case *plan.Project:
		m := map[plan.ColumnID]plan.Expr{}
		for _, a := range n.Exprs {
			m[a.Column.ID] = a.Expr
		}
		below := make([]plan.Expr, len(conds))
		for i, c := range conds {
			below[i] = plan.Substitute(c, m)
		}
		return s.node(n.Input, below)
	case *plan.Join:
		return s.join(n, conds)
	case *plan.Scan:
		return s.scan(n, conds)
	case *plan.Shared:
		if s.seen[n.Def] {
			return nil
		}
		s.seen[n.Def] = true
		return s.node(n.Def.Plan, nil)
	}
	for _, in := range n.Inputs() {
		if err := s.node(in, nil); err != nil {
			return err
		}
	}
	return nil
}

// join checks a tree of inner joins as a whole: equalities must connect all its inputs. Other joins need one of their own.
func (s *strictChecks) join(n *plan.Join, conds []plan.Expr) error {
	var leaves []plan.Node
	var flatten func(plan.Node)
	all := conds[:len(conds):len(conds)]
	flatten = func(x plan.Node) {
		if j, ok := x.(*plan.Join); ok && j.Kind == plan.InnerJoin {
			all = append(all, plan.Conjuncts(j.Residual)...)
			flatten(j.Left)
			flatten(j.Right)
			return
		}
		leaves = append(leaves, x)
	}
	if n.Kind == plan.InnerJoin {
		flatten(n)
	} else {
		leaves = []plan.Node{n.Left, n.Right}
		all = append(all, plan.Conjuncts(n.Residual)...)
	}
	if s.cartesian && n.Kind <= plan.FullJoin && !connected(leaves, all) {
		return sqlerr.Semanticf("%s", cartesianText)
	}
	for _, l := range leaves {
		if err := s.node(l, all); err != nil {
			return err
		}
	}
	return nil
}

// connected reports whether equalities among conds connect all leaves.
func connected(leaves []plan.Node, conds []plan.Expr) bool {
	group := make([]int, len(leaves))
	sets := make([]plan.ColumnSet, len(leaves))
	for i, l := range leaves {
		group[i] = i
		sets[i] = plan.OutputSet(l)
	}
	for _, c := range conds {
		eq, ok := c.(*plan.Call)
		if !ok || eq.Func != "=" && eq.Func != "<=>" {
			continue
		}
		used := plan.ColumnSet{}
		plan.Refs(c, used)
		first := -1
		for i := range leaves {
			touched := false
			for id := range used {
				touched = touched || sets[i].Has(id)
			}
			if !touched {
				continue
			}
			if first < 0 {
				first = i
				continue
			}
			from, to := group[i], group[first]
			for k := range group {
				if group[k] == from {
					group[k] = to
				}
			}
		}
	}
	for _, g := range group {
		if g != group[0] {
			return false
		}
	}
	return true
}

func (s *strictChecks) scan(n *plan.Scan, conds []plan.Expr) error {
	if !s.partitions || len(n.Table.PartitionKeys) == 0 {
		return nil
	}
	keys := plan.ColumnSet{}
	for i, src := range n.Source {
		if src >= len(n.Table.Columns) {
			keys.Add(n.Cols[i].ID)
		}
	}
	for _, c := range conds {
		used := plan.ColumnSet{}
		plan.Refs(c, used)
		for id := range used {
			if keys.Has(id) {
				return nil
			}
		}
	}
	return sqlerr.CodedSemanticf(sqlerr.NoValidPartn, "%s", sqlerr.Text(sqlerr.NoValidPartn)+
		fmt.Sprintf(" No partition predicate for Alias \"%s\" Table \"%s\"", n.Alias, n.Table.Name))
}

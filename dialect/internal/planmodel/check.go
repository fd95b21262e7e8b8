package planmodel

import (
	"fmt"

	"skep/dialect/plan"
	"skep/dialect/types"
)

// Check verifies that every column used is produced below, that no subquery expression is left, and that operands have the
// types of the columns they refer to.
func Check(n plan.Node) error {
	return checkNode(n, map[*plan.SharedDef]bool{})
}

func checkNode(n plan.Node, seen map[*plan.SharedDef]bool) error {
	have := map[plan.ColumnID]*types.Type{}
	for _, in := range n.Inputs() {
		if err := checkNode(in, seen); err != nil {
			return err
		}
		for _, c := range in.Columns() {
			if _, dup := have[c.ID]; dup {
				return fmt.Errorf("%T: column %s#%d comes from two inputs", n, c.Name, c.ID)
			}
			have[c.ID] = c.Type
		}
	}
	if s, ok := n.(*plan.Scan); ok {
		for _, c := range s.Cols {
			have[c.ID] = c.Type
		}
	}
	if s, ok := n.(*plan.Shared); ok {
		if len(s.Cols) != len(s.Def.Plan.Columns()) {
			return fmt.Errorf("shared %s: %d columns for %d", s.Def.Name, len(s.Cols), len(s.Def.Plan.Columns()))
		}
		for i, c := range s.Def.Plan.Columns() {
			if !c.Type.Equal(s.Cols[i].Type) {
				return fmt.Errorf("shared %s: column %s is %v, not %v", s.Def.Name, c.Name, c.Type, s.Cols[i].Type)
			}
		}
		if !seen[s.Def] {
			seen[s.Def] = true
			if err := checkNode(s.Def.Plan, seen); err != nil {
				return err
			}
		}
	}
	if u, ok := n.(*plan.Union); ok {
		for k, in := range u.All {
			cols := plan.OutputSet(in)
			for i, id := range u.Sources[k] {
				if !cols.Has(id) {
					return fmt.Errorf("union: column #%d is missing in branch %d", id, k)
				}
				for _, c := range in.Columns() {
					if c.ID == id && !c.Type.Equal(u.Cols[i].Type) {
						return fmt.Errorf("union: branch %d column %s is %v, not %v", k, c.Name, c.Type, u.Cols[i].Type)
					}
				}
			}
		}
	}
	var err error
	for _, e := range plan.Exprs(n) {
		plan.Visit(e, func(x plan.Expr) bool {
			switch x := x.(type) {
			case *plan.ColumnRef:
				t, ok := have[x.ID]
				if !ok && err == nil {
					err = fmt.Errorf("%T: column %v is not produced below", n, x)
				} else if ok && !t.Equal(x.T) && err == nil {
					err = fmt.Errorf("%T: column %v is %v, used as %v", n, x, t, x.T)
				}
			case *plan.Subquery:
				err = fmt.Errorf("%T: a subquery expression is left", n)
			}
			return err == nil
		})
	}
	outs := plan.ColumnSet{}
	for _, c := range n.Columns() {
		if outs.Has(c.ID) {
			return fmt.Errorf("%T: column %s#%d is output twice", n, c.Name, c.ID)
		}
		outs.Add(c.ID)
		if c.Type == nil {
			return fmt.Errorf("%T: column %s#%d has no type", n, c.Name, c.ID)
		}
	}
	return err
}

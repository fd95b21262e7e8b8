package stage

import (
	"slices"

	"skep/dialect/plan"
)

const (
	// maxWants bounds what is remembered of the nodes above one, the nearest first.
	maxWants = 8
	// wantedGroups is the estimated number of values of wanted columns from which rows may be divided by these alone: there are enough
	// for tasks of the same size.
	wantedGroups = 10_000
)

// want is a list of columns by which some node wants rows to be together.
type want []plan.ColumnID

// wants finds out, top-down, by which columns the nodes above each aggregation want its rows to be together, so that it can divide them in
// a way that serves these, too.
type wants struct {
	of      map[*plan.Aggregate][]want
	pending map[*plan.SharedDef]*sharedWants
}

// sharedWants are those of the references to a subplan that were seen, by positions of its columns.
type sharedWants struct {
	references int // that were not
	wants      []want
}

func findWants(roots []plan.Node) map[*plan.Aggregate][]want {
	w := &wants{of: map[*plan.Aggregate][]want{}, pending: map[*plan.SharedDef]*sharedWants{}}
	for _, r := range roots {
		w.count(r)
	}
	for _, r := range roots {
		w.visit(r, nil)
	}
	return w.of
}

// count counts the references to subplans.
func (w *wants) count(n plan.Node) {
	if s, ok := n.(*plan.Shared); ok {
		if w.pending[s.Def] == nil {
			w.pending[s.Def] = &sharedWants{}
			w.count(s.Def.Plan)
		}
		w.pending[s.Def].references++
	}
	for _, in := range n.Inputs() {
		w.count(in)
	}
}

// visit notes what is wanted of n, and goes on with what is wanted of its inputs: what n wants itself and, as far as their columns are
// its input's, what is wanted of n.
func (w *wants) visit(n plan.Node, all []want) {
	if len(all) > maxWants {
		all = all[:maxWants]
	}
	switch n := n.(type) {
	case *plan.Shared:
		p := w.pending[n.Def]
		for _, x := range all {
			if x, ok := renumbered(x, n.Cols, nil); ok {
				p.wants = append(p.wants, x)
			}
		}
		if p.references--; p.references == 0 {
			cols := n.Def.Plan.Columns()
			var inner []want
			for _, x := range p.wants {
				ids := make(want, len(x))
				for i, at := range x {
					ids[i] = cols[at].ID
				}
				inner = append(inner, ids)
			}
			w.visit(n.Def.Plan, inner)
		}
	case *plan.Aggregate:
		var inner []want
		if len(n.GroupingSets) == 0 {
			w.of[n] = all
			if own := wanted(expressions(n.Keys)); own != nil {
				inner = append(inner, own)
			}
		}
		w.visit(n.Input, append(inner, assignedFrom(all, n.Keys)...))
	case *plan.Project:
		w.visit(n.Input, assignedFrom(all, n.Exprs))
	case *plan.Window:
		inner := within(all, n.Input)
		if own := wanted(n.PartitionBy); own != nil {
			inner = append([]want{own}, inner...)
		}
		w.visit(n.Input, inner)
	case *plan.Join:
		for i, keys := range [][]plan.Expr{leftKeys(n.Keys), rightKeys(n.Keys)} {
			in := n.Inputs()[i]
			inner := within(all, in)
			if own := wanted(keys); own != nil {
				inner = append([]want{own}, inner...)
			}
			w.visit(in, inner)
		}
	case *plan.Union:
		for i, in := range n.All {
			var inner []want
			for _, x := range all {
				if x, ok := renumbered(x, n.Cols, n.Sources[i]); ok {
					inner = append(inner, x)
				}
			}
			w.visit(in, inner)
		}
	default:
		for _, in := range n.Inputs() {
			w.visit(in, within(all, in))
		}
	}
}

func expressions(as []plan.Assign) []plan.Expr {
	es := make([]plan.Expr, len(as))
	for i, a := range as {
		es[i] = a.Expr
	}
	return es
}

// wanted returns the columns that es are; nil when they are none, or something else.
func wanted(es []plan.Expr) want {
	var x want
	for _, e := range es {
		r, ok := e.(*plan.ColumnRef)
		if !ok {
			return nil
		}
		x = append(x, r.ID)
	}
	return x
}

// within returns those of all whose columns n has.
func within(all []want, n plan.Node) []want {
	have := plan.OutputSet(n)
	var out []want
	for _, x := range all {
		if !slices.ContainsFunc(x, func(id plan.ColumnID) bool { return !have.Has(id) }) {
			out = append(out, x)
		}
	}
	return out
}

// assignedFrom returns those of all whose columns are assigned columns, in terms of these.
func assignedFrom(all []want, as []plan.Assign) []want {
	var cols []plan.Column
	var from []plan.ColumnID
	for _, a := range as {
		if r, ok := a.Expr.(*plan.ColumnRef); ok {
			cols, from = append(cols, a.Column), append(from, r.ID)
		}
	}
	var out []want
	for _, x := range all {
		if x, ok := renumbered(x, cols, from); ok {
			out = append(out, x)
		}
	}
	return out
}

// renumbered replaces the columns of x, which are among cols, by those at the same positions of to, or by the positions where to is nil.
func renumbered(x want, cols []plan.Column, to []plan.ColumnID) (want, bool) {
	out := make(want, len(x))
	for i, id := range x {
		at := slices.IndexFunc(cols, func(c plan.Column) bool { return c.ID == id })
		switch {
		case at < 0:
			return nil, false
		case to == nil:
			out[i] = plan.ColumnID(at)
		default:
			out[i] = to[at]
		}
	}
	return out, true
}

// divider returns the columns by which to divide the groups of n: the fewest of its keys that are wanted, since rows divided by them are
// together by more columns, too, as long as they have enough values; or else all keys.
func (c *cutter) divider(n *plan.Aggregate) []plan.Column {
	best := assigned(n.Keys)
	for _, x := range c.wants[n] {
		if len(x) >= len(best) {
			continue
		}
		groups := &plan.Aggregate{Input: n.Input}
		var cols []plan.Column
		for _, id := range x {
			at := slices.IndexFunc(n.Keys, func(k plan.Assign) bool { return k.Column.ID == id })
			if at < 0 {
				break
			}
			cols, groups.Keys = append(cols, n.Keys[at].Column), append(groups.Keys, n.Keys[at])
		}
		if len(cols) == len(x) && c.rows(groups) >= wantedGroups {
			best = cols
		}
	}
	return best
}

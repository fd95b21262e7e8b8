package stage

import (
	"skep/dialect/plan"
	"skep/dialect/types"
)

// Bounds of filters across stages (the reference design's): the filtered side has to wait for the other one, whose keys go to each of
// its tasks.
const (
	// filterKeys is the estimated number of rows of the filtering side up to which it may be one.
	filterKeys = 1 << 20
	// filterTimes is how many times the rows of the filtering side those of the other one must be.
	filterTimes = 8
	// filterShare is the estimated share of rows that pass up to which a filter is worth its while.
	filterShare = 0.5
)

// filteredSide returns which side of a join that is divided by hash is to be filtered, where it is scanned, by the keys of the other
// one: a side whose rows without a match vanish, when it is large and much larger than the other.
func (c *cutter) filteredSide(n *plan.Join, left, right part) side {
	l, r := c.rows(n.Left), c.rows(n.Right)
	if c.options.Filter < 0 || l < 0 || r < 0 {
		return neither
	}
	worth := func(many, few float64, big plan.Node, p part) bool {
		scans, _ := leaves(p.node)
		return divided(scans) && few <= filterKeys && many >= filterTimes*few && c.rows(n) <= filterShare*many &&
			c.bytes(big, needed(p.node, plan.OutputSet(p.node))) >= c.options.Filter
	}
	switch n.Kind {
	case plan.InnerJoin, plan.SemiJoin, plan.RightJoin:
		if worth(l, r, n.Left, left) {
			return buildLeft
		}
	}
	switch n.Kind {
	case plan.InnerJoin, plan.SemiJoin, plan.LeftJoin, plan.AntiJoin:
		if worth(r, l, n.Right, right) {
			return buildRight
		}
	}
	return neither
}

// filtered tells the scans of a part which rows can have a match in another part, which has been sent already. keys are those of the join;
// isLeft says that the part is their left side.
//
//	filtering side ──► exchange by hash ──┬──► join
//	                                      └──► keys ──► copied ──► scan of the filtered side ──► exchange by hash ──► join
func (c *cutter) filtered(p, by part, keys []plan.EquiKey, isLeft bool, origin plan.Node) part {
	distinct := &plan.Aggregate{Input: by.node, Local: true}
	hint := &plan.Join{Kind: plan.SemiJoin, Broadcast: true, Hint: true}
	for _, k := range keys {
		mine, other := k.Left, k.Right
		if !isLeft {
			mine, other = other, mine
		}
		// Scans take filters of their own columns, and of integers only.
		if r, ok := mine.(*plan.ColumnRef); !ok || k.NullSafe || other.Type().Physical() != types.I64 || !scanned(p.node, r.ID) {
			continue
		}
		col := c.newColumn("filter", other.Type())
		distinct.Keys = append(distinct.Keys, plan.Assign{Column: col, Expr: other})
		hint.Keys = append(hint.Keys, plan.EquiKey{Left: mine, Right: plan.NewColumnRef(col)})
	}
	if len(hint.Keys) == 0 {
		return p
	}
	copied, _ := c.exchange(part{node: distinct, single: by.single}, Broadcast, nil, plan.OutputSet(distinct), origin)
	hint.Left, hint.Right = p.node, copied.node
	p.node = hint
	return p
}

// scanned reports whether a column comes unchanged from a scan of the fragment.
func scanned(n plan.Node, id plan.ColumnID) bool {
	switch n := n.(type) {
	case *plan.Scan:
		return plan.OutputSet(n).Has(id)
	case *plan.Project:
		for _, a := range n.Exprs {
			if r, ok := a.Expr.(*plan.ColumnRef); ok && a.Column.ID == id {
				return scanned(n.Input, r.ID)
			}
		}
	case *plan.Filter:
		return scanned(n.Input, id)
	case *plan.Join:
		return scanned(n.Left, id) || scanned(n.Right, id)
	}
	return false
}

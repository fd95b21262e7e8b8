package optimizer

import (
	"math"

	"skep/dialect/plan"
)

func (o *optimizer) joinRelation(n *plan.Join) *relation {
	l, r := o.estimate(n.Left), o.estimate(n.Right)
	return joinEstimate(n.Kind, l, r, n.Keys, plan.Conjuncts(n.Residual), n.Mark)
}

func joinEstimate(kind plan.JoinKind, l, r *relation, keys []plan.EquiKey, residual []plan.Expr, mark plan.Column) *relation {
	out := &relation{cols: make(map[plan.ColumnID]column, len(l.cols)+len(r.cols))}
	for id, c := range l.cols {
		out.cols[id] = c
	}
	switch kind {
	case plan.SemiJoin, plan.AntiJoin, plan.NullAwareAntiJoin, plan.MarkJoin:
		share := 1.0
		for _, k := range keys {
			dl, dr := exprColumn(l, k.Left).distinct, exprColumn(r, k.Right).distinct
			if dl > 0 && dr > 0 {
				share = math.Min(share, dr/dl)
			} else if dl > 0 {
				share = math.Min(share, r.rows/dl)
			} else {
				share = math.Min(share, 0.5)
			}
		}
		// No more left rows match than there are pairs.
		share = math.Min(share, innerRows(l, r, keys, residual)/math.Max(1, l.rows))
		share = math.Min(share, 1)
		switch kind {
		case plan.SemiJoin:
			out.rows = l.rows * share
		case plan.MarkJoin:
			out.rows = l.rows
			out.cols[mark.ID] = column{distinct: 2, width: 1}
		default:
			out.rows = l.rows * math.Max(0.1, 1-share)
		}
		out.capDistinct()
		return out
	}
	for id, c := range r.cols {
		out.cols[id] = c
	}
	out.rows = innerRows(l, r, keys, residual)
	for _, k := range keys {
		lr, okL := k.Left.(*plan.ColumnRef)
		rr, okR := k.Right.(*plan.ColumnRef)
		if okL && okR && kind == plan.InnerJoin {
			a, b := out.cols[lr.ID], out.cols[rr.ID]
			if a.distinct > 0 && b.distinct > 0 {
				d := math.Min(a.distinct, b.distinct)
				a.distinct, b.distinct = d, d
				a.base, b.base = math.Min(a.base, b.base), math.Min(a.base, b.base)
				out.cols[lr.ID], out.cols[rr.ID] = a, b
			}
		}
	}
	inner := out.rows
	switch kind {
	case plan.SingleJoin: // one row for each
		out.rows = l.rows
		out.extend(r, inner, l.rows)
	case plan.LeftJoin:
		out.rows = math.Max(out.rows, l.rows)
		out.extend(r, inner, l.rows)
	case plan.RightJoin:
		out.rows = math.Max(out.rows, r.rows)
		out.extend(l, inner, r.rows)
	case plan.FullJoin:
		out.rows = math.Max(out.rows, l.rows+r.rows)
	}
	out.capDistinct()
	return out
}

// extend notes that the columns of side are NULL in the rows that found no match: pairs of preserved rows did.
func (r *relation) extend(side *relation, pairs, preserved float64) {
	miss := 1 - math.Min(1, pairs/math.Max(1, preserved))
	for id := range side.cols {
		c := r.cols[id]
		c.nulls += (1 - c.nulls) * miss
		r.cols[id] = c
	}
}

// innerRows estimates the rows of an inner join.
func innerRows(l, r *relation, keys []plan.EquiKey, residual []plan.Expr) float64 {
	rows := l.rows * r.rows * keySelectivity(l, r, keys)
	for _, p := range residual {
		rows *= pairSelectivity(p)
	}
	return rows
}

// pairSelectivity estimates the share of pairs of rows for which a condition over both sides is true, by its form.
func pairSelectivity(p plan.Expr) float64 {
	c, ok := p.(*plan.Call)
	if !ok {
		return rangeSelectivity
	}
	switch c.Func {
	case "=", "<=>":
		return equalitySelect
	case "<>":
		return 1 - equalitySelect
	case "not":
		return 1 - pairSelectivity(c.Args[0])
	}
	return rangeSelectivity // also an OR: what it implies for one side was applied there
}

// matchShare estimates the probability that the values of two join columns are equal: one over the number of values that the
// side with more of them has in the range that both share, NULLs apart. A side with more values than it has in that range
// matches with as many of them only.
func matchShare(l, r *relation, a, b column) float64 {
	values := func(c, other column) (shared, inside float64) {
		d := math.Max(c.distinct, c.base)
		if d <= 0 {
			return math.Min(l.rows, r.rows), 1
		}
		if c.hasBounds && other.hasBounds && c.max > c.min {
			width := math.Min(c.max, other.max) - math.Max(c.min, other.min)
			d *= math.Max(0, math.Min(1, (width+1)/(c.max-c.min+1)))
		}
		d = math.Max(1, d)
		return d, math.Min(1, d/math.Max(1, c.distinct))
	}
	da, insideA := values(a, b)
	db, insideB := values(b, a)
	return insideA * insideB / math.Max(da, db) * (1 - a.nulls) * (1 - b.nulls)
}

// keySelectivity estimates the share of the cross product that equal keys keep: 1/max(distinct) per key, further keys
// counting less because keys of one join are usually correlated.
func keySelectivity(l, r *relation, keys []plan.EquiKey) float64 {
	if len(keys) == 0 {
		return 1
	}
	s, exponent := 1.0, 1.0
	best := 1.0
	var rest []float64
	for _, k := range keys {
		one := matchShare(l, r, exprColumn(l, k.Left), exprColumn(r, k.Right))
		if one < best {
			best, one = one, best
		}
		rest = append(rest, one)
	}
	s = best
	for _, one := range rest {
		exponent /= 2
		s *= math.Pow(one, exponent)
	}
	return math.Max(s, 1/math.Max(1, l.rows*r.rows))
}

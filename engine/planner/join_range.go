package planner

import (
	"skep/dialect/function"
	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/operator"
)

// maxRanges is the number of inequalities by which a join looks up rows.
const maxRanges = 2

// rangeKeys finds inequalities between the two sides among the conjuncts of a join's condition. Values of the build side are added to
// its computed columns; those of the probe side are returned.
func rangeKeys(cond plan.Expr, probe, build plan.ColumnSet, computed *computed) ([]operator.RangeKey, []plan.Expr) {
	var found []inequality
	for _, p := range plan.Conjuncts(cond) {
		c, ok := p.(*plan.Call)
		if !ok || len(c.Args) != 2 {
			continue
		}
		a, b := c.Args[0], c.Args[1]
		below := c.Func == ">" || c.Func == ">=" // with the build side on the right
		if !below && c.Func != "<" && c.Func != "<=" {
			continue
		}
		if !ordered(a.Type()) || !a.Type().Equal(b.Type()) {
			continue
		}
		switch {
		case over(a, probe) && over(b, build):
			found = append(found, inequality{a, b, below})
		case over(b, probe) && over(a, build):
			found = append(found, inequality{b, a, !below})
		}
	}
	found = bestRanges(found)
	var keys []operator.RangeKey
	var values []plan.Expr
	for _, f := range found {
		keys = append(keys, operator.RangeKey{Probe: len(values), Build: computed.add(f.build), Below: f.below})
		values = append(values, f.probe)
	}
	return keys, values
}

// inequality is a conjunct between the two sides of a join: the build side's value is below or above the probe side's.
type inequality struct {
	probe, build plan.Expr
	below        bool
}

// bestRanges chooses the inequalities to look up by: two bounds of one value, which leave a short run of rows, or the first ones.
func bestRanges(found []inequality) []inequality {
	for i, a := range found {
		for _, b := range found[:i] {
			if plan.Equal(a.build, b.build) && a.below != b.below {
				return []inequality{b, a}
			}
		}
	}
	return found[:min(len(found), maxRanges)]
}

// ordered reports whether values of t are ordered as the words that stand for them in a range join.
func ordered(t *types.Type) bool {
	switch t.Physical() {
	case types.I64, types.F64, types.I128:
		return true
	case types.Bytes:
		return t.Kind == types.String || t.Kind == types.Varchar
	}
	return false
}

// over reports whether e depends on columns of set only, on one at least, and may be evaluated for any row at any time.
func over(e plan.Expr, set plan.ColumnSet) bool {
	refs := plan.ColumnSet{}
	plan.Refs(e, refs)
	for id := range refs {
		if !set.Has(id) {
			return false
		}
	}
	ok := len(refs) > 0
	plan.Visit(e, func(x plan.Expr) bool {
		if c, isCall := x.(*plan.Call); isCall {
			f, known := function.Lookup(c.Func)
			ok = ok && (!known || f.Deterministic && !f.Stateful)
		}
		return ok
	})
	return ok
}

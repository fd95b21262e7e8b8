package stage

import (
	"slices"

	"skep/dialect/plan"
	"skep/dialect/types"
)

// maxKeys is the number of keys that the number of a grouping set has bits for.
const maxKeys = 62

// list is a list of DISTINCT arguments.
type list struct {
	args []int // positions of its columns among split.args; the others of them are keys
	of   []int // the calls over it
	id   int64 // of its grouping set
}

// lists finds the different lists of DISTINCT arguments.
func (s *split) lists() []list {
	var out []list
	for _, i := range s.distinct {
		var args []int
		for _, col := range s.argCols[i] {
			at := slices.IndexFunc(s.args, func(a plan.Assign) bool { return a.Column.ID == col.ID })
			if at >= 0 && !slices.Contains(args, at) {
				args = append(args, at)
			}
		}
		slices.Sort(args)
		k := slices.IndexFunc(out, func(l list) bool { return slices.Equal(l.args, args) })
		if k < 0 {
			k = len(out)
			out = append(out, list{args: args})
		}
		out[k].of = append(out[k].of, i)
	}
	keys := len(s.args) + len(s.node.Keys)
	for k := range out {
		for i := range s.args {
			if !slices.Contains(out[k].args, i) && keys <= maxKeys {
				out[k].id |= 1 << (keys - 1 - i)
			}
		}
	}
	return out
}

// spreads reports whether duplicates are to be removed by tasks that share out the arguments: where all of them would meet in one
// task, or in the few tasks that have groups, or where the user says that groups are of unequal sizes. One task is cheaper, as it need
// not handle rows once for each list, as long as it is not the one that all wait for: that takes many rows.
func (s *split) spreads(lists []list) bool {
	n := s.node
	if len(lists) == 0 || len(n.GroupingSets) > 0 || len(lists) > 1 && !s.separable() {
		return false
	}
	groups, many := s.rows(n), s.options.Distinct >= 0 && s.rows(n.Input) >= s.options.Distinct
	switch {
	case len(s.args) == 0: // nothing but keys
		return false
	case len(n.Keys) == 0:
		return len(lists) == 1 || many
	case s.options.UnequalGroups:
		return true
	}
	return many && groups >= 0 && groups <= float64(s.options.MinPartitions)
}

// separable reports whether rows of several lists may be put below each other: calls leave out arguments that are NULL, and partial
// results can say that there was nothing.
func (s *split) separable() bool {
	if len(s.args)+len(s.node.Keys) > maxKeys {
		return false
	}
	for i, call := range s.node.Aggs {
		switch {
		case isDistinct(call):
			if call.Func != "count" && call.Func != "sum" && call.Func != "avg" {
				return false
			}
		case call.Func == "sum" || call.Func == "min" || call.Func == "max":
			if len(s.partial[i]) != 1 {
				return false
			}
		case call.Func != "count":
			return false
		}
	}
	return true
}

// byArguments groups by arguments and keys, which removes duplicates, in tasks that share out the arguments, each of which then makes a
// partial result of what it has left:
//
//	group by arguments, keys: partial ─► exchange by arguments, keys ─► group by arguments, keys: merge
//	  ─► group by keys: partial ─► exchange by keys ─► group by keys: final
//
// Several lists of arguments are grouping sets of the first step, so a row comes once for each, with the arguments of the others
// NULL. The number of the set says in the following steps whose arguments they are; what the calls without DISTINCT count is that
// of the first one. (The rewriting that Hive and others know as expanding distinct aggregates.)
func (s *split) byArguments(p part, lists []list) part {
	n := s.node
	several := len(lists) > 1
	first := s.first(p)
	by := append(references(assigned(s.args)), references(assigned(n.Keys))...)
	if several {
		s.groupingID = s.newColumn("list", types.BigIntType)
		a := first.node.(*plan.Aggregate)
		a.GroupingID = s.groupingID
		for _, l := range lists {
			set := slices.Clone(l.args)
			for k := range n.Keys {
				set = append(set, len(s.args)+k)
			}
			a.GroupingSets = append(a.GroupingSets, set)
		}
		by = append(by, plan.NewColumnRef(s.groupingID))
	}
	spread, _ := s.exchange(first, Hash, by, plan.OutputSet(first.node), n)
	partial := s.partialOf(spread, lists)
	if len(n.Keys) == 0 {
		return over(s.last(s.partial), s.gather(partial, plan.OutputSet(partial.node), n))
	}
	last, _ := s.exchange(partial, Hash, references(assigned(n.Keys)), plan.OutputSet(partial.node), n)
	return over(s.last(s.partial), last)
}

// partialOf removes the duplicates that several tasks have sent and makes partial results by keys of what a task has.
func (s *split) partialOf(p part, lists []list) part {
	n := s.node
	merged, sum := &plan.Aggregate{Input: p.node}, &plan.Aggregate{}
	project := &plan.Project{Input: merged}
	for _, col := range append(assigned(s.args), assigned(n.Keys)...) {
		merged.Keys = append(merged.Keys, plan.Assign{Column: col, Expr: plan.NewColumnRef(col)})
	}
	for _, col := range assigned(n.Keys) {
		project.Exprs = append(project.Exprs, plan.Assign{Column: col, Expr: plan.NewColumnRef(col)})
		sum.Keys = append(sum.Keys, plan.Assign{Column: col, Expr: plan.NewColumnRef(col)})
	}
	if len(lists) > 1 {
		merged.Keys = append(merged.Keys, plan.Assign{Column: s.groupingID, Expr: plan.NewColumnRef(s.groupingID)})
	}
	// of is a column of the rows of a list, and otherwise what counts for nothing.
	of := func(l list, col plan.Column, nothing types.Datum) plan.Column {
		out := s.newColumn(col.Name, col.Type)
		value := plan.Expr(plan.NewColumnRef(col))
		if len(lists) > 1 {
			value = &plan.Call{Func: "if", T: col.Type, Args: []plan.Expr{
				&plan.Call{Func: "=", T: types.BooleanType, Args: []plan.Expr{
					plan.NewColumnRef(s.groupingID), &plan.Literal{Value: types.Datum{I: l.id}, T: types.BigIntType},
				}},
				value, &plan.Literal{Value: nothing, T: col.Type},
			}}
		}
		project.Exprs = append(project.Exprs, plan.Assign{Column: out, Expr: value})
		return out
	}
	for i, call := range n.Aggs {
		if isDistinct(call) {
			continue
		}
		nothing := types.NullDatum
		if call.Func == "count" {
			nothing = types.Datum{}
		}
		again, args := make([]plan.Column, len(s.partial[i])), make([]plan.Column, len(s.partial[i]))
		for k, col := range s.partial[i] {
			again[k] = s.newColumn(col.Name, col.Type)
			args[k] = of(lists[0], again[k], nothing)
		}
		merged.Aggs = append(merged.Aggs, plan.AggCall{
			Column: call.Column, Func: call.Func, Args: references(s.partial[i]), ArgTypes: s.argTypes[i], Mode: plan.AggMerge, Partial: again,
		})
		s.partial[i] = make([]plan.Column, len(again))
		for k, col := range again {
			s.partial[i][k] = s.newColumn(col.Name, col.Type)
		}
		sum.Aggs = append(sum.Aggs, plan.AggCall{
			Column: call.Column, Func: call.Func, Args: references(args), ArgTypes: s.argTypes[i], Mode: plan.AggMerge, Partial: s.partial[i],
		})
	}
	for _, l := range lists {
		for _, i := range l.of {
			call, args := n.Aggs[i], make([]plan.Column, len(s.argCols[i]))
			for k, col := range s.argCols[i] {
				args[k] = of(l, col, types.NullDatum)
			}
			sum.Aggs = append(sum.Aggs, plan.AggCall{Column: call.Column, Func: call.Func, Args: references(args), Mode: plan.AggPartial, Partial: s.partial[i]})
		}
	}
	sum.Input = project
	return part{node: sum, single: p.single}
}

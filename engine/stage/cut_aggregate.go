package stage

import (
	"fmt"

	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/aggregate"
)

// aggregate groups in two steps: each task what it has, to partial results, and after an exchange by the keys the partial
// results to results. With DISTINCT the first step groups by the arguments, too, which removes duplicates; the calls over them are
// computed in the last step:
//
//	group by arguments, keys: partial ─► exchange by keys ─► group by keys: final of the others, complete over DISTINCT arguments
//
// Where few tasks would have all arguments, without keys above all, there is a step more: see byArguments. Grouping sets are taken in the first step; their number is a key of what follows.
func (c *cutter) aggregate(n *plan.Aggregate) (part, error) {
	p, err := c.cut(n.Input, plan.ColumnSet(nil).With(plan.Exprs(n)...))
	if err != nil {
		return part{}, err
	}
	keys := make([]plan.Expr, len(n.Keys))
	for i, k := range n.Keys {
		keys[i] = k.Expr
	}
	sets := len(n.GroupingSets) > 0
	if p.single || !sets && p.together(keys) {
		out := over(n, p)
		out.hash = renamed(p.hash, n.Keys)
		return out, nil
	}
	s := &split{cutter: c, node: n, groupingID: n.GroupingID}
	if sets && s.groupingID.ID == 0 {
		s.groupingID = c.newColumn("grouping", types.BigIntType)
	}
	if err := s.calls(); err != nil {
		return part{}, err
	}
	if len(s.distinct) == 0 && !sets && len(keys) > 0 && c.options.NoLocalAggregation && columns(keys) {
		p, _ = c.exchange(p, Hash, keys, plan.ColumnSet(nil).With(plan.Exprs(n)...), n.Input)
		out := over(n, p)
		out.hash = renamed(p.hash, n.Keys)
		return out, nil
	}
	if lists := s.lists(); s.spreads(lists) {
		return s.byArguments(p, lists), nil
	}
	first := s.first(p)
	need := plan.OutputSet(first.node)
	if len(keys) == 0 && !sets {
		return over(s.last(nil), c.gather(first, need, n)), nil
	}
	var by []plan.Expr
	if sets {
		by = append(references(assigned(n.Keys)), plan.NewColumnRef(s.groupingID))
	} else {
		by = references(c.divider(n))
	}
	second, _ := c.exchange(first, Hash, by, need, n)
	return over(s.last(nil), second), nil
}

// split is an aggregation being divided into steps.
type split struct {
	*cutter
	node       *plan.Aggregate
	groupingID plan.Column
	partial    [][]plan.Column // columns of partial results, by call
	argTypes   [][]*types.Type // likewise, for all
	distinct   []int           // calls over DISTINCT arguments
	args       []plan.Assign   // those arguments, without repetitions and without those that are keys
	argCols    [][]plan.Column // by call over DISTINCT
}

func assigned(as []plan.Assign) []plan.Column {
	cols := make([]plan.Column, len(as))
	for i, a := range as {
		cols[i] = a.Column
	}
	return cols
}

// isDistinct reports whether duplicates matter to a call.
func isDistinct(a plan.AggCall) bool {
	return a.Distinct && a.Func != "min" && a.Func != "max" && len(a.Args) > 0
}

// calls makes the columns of partial results and of DISTINCT arguments.
func (s *split) calls() error {
	n := s.node
	s.partial, s.argTypes, s.argCols = make([][]plan.Column, len(n.Aggs)), make([][]*types.Type, len(n.Aggs)), make([][]plan.Column, len(n.Aggs))
	for i, a := range n.Aggs {
		for _, e := range a.Args {
			s.argTypes[i] = append(s.argTypes[i], e.Type())
		}
		if isDistinct(a) {
			s.distinct = append(s.distinct, i)
			for _, e := range a.Args {
				s.argCols[i] = append(s.argCols[i], s.argument(e))
			}
		}
		f, err := aggregate.New(a.Func, s.argTypes[i], a.Column.Type)
		if err != nil {
			return fmt.Errorf("dividing an aggregation: %w", err)
		}
		for _, t := range f.Partial() {
			s.partial[i] = append(s.partial[i], s.newColumn(a.Func, t))
		}
	}
	return nil
}

// argument returns the column of a DISTINCT argument.
func (s *split) argument(e plan.Expr) plan.Column {
	if len(s.node.GroupingSets) == 0 { // they set keys to NULL, but not arguments
		for _, k := range s.node.Keys {
			if plan.Equal(k.Expr, e) {
				return k.Column
			}
		}
	}
	for _, a := range s.args {
		if plan.Equal(a.Expr, e) {
			return a.Column
		}
	}
	col := s.newColumn("distinct", e.Type())
	s.args = append(s.args, plan.Assign{Column: col, Expr: e})
	return col
}

// columns reports whether expressions are columns, which have the same values wherever they are computed.
func columns(es []plan.Expr) bool {
	for _, e := range es {
		if _, ok := e.(*plan.ColumnRef); !ok {
			return false
		}
	}
	return true
}

// first is the step before the exchange.
func (s *split) first(p part) part {
	n := s.node
	a := &plan.Aggregate{Input: p.node, Fixed: len(s.args), Local: true}
	a.Keys = append(append(a.Keys, s.args...), n.Keys...)
	for _, set := range n.GroupingSets {
		// Arguments come first, so that the numbers of the sets are those of the keys alone.
		shifted := make([]int, 0, len(s.args)+len(set))
		for i := range s.args {
			shifted = append(shifted, i)
		}
		for _, k := range set {
			shifted = append(shifted, len(s.args)+k)
		}
		a.GroupingSets = append(a.GroupingSets, shifted)
	}
	if len(n.GroupingSets) > 0 {
		a.GroupingID = s.groupingID
	} else {
		a.Fixed = 0
	}
	for i, call := range n.Aggs {
		if !isDistinct(call) {
			a.Aggs = append(a.Aggs, plan.AggCall{
				Column: call.Column, Func: call.Func, Args: call.Args, Mode: plan.AggPartial, Partial: s.partial[i],
			})
		}
	}
	return part{node: a, single: p.single}
}

// last is the step after the exchange; its input is left open. distinct, when not nil, are the columns of partial results of the
// calls over DISTINCT arguments, by call; otherwise these are computed from the arguments.
func (s *split) last(distinct [][]plan.Column) *plan.Aggregate {
	n := s.node
	a := &plan.Aggregate{}
	for _, k := range n.Keys {
		a.Keys = append(a.Keys, plan.Assign{Column: k.Column, Expr: plan.NewColumnRef(k.Column)})
	}
	if len(n.GroupingSets) > 0 {
		a.Keys = append(a.Keys, plan.Assign{Column: s.groupingID, Expr: plan.NewColumnRef(s.groupingID)})
	}
	for i, call := range n.Aggs {
		out := plan.AggCall{Column: call.Column, Func: call.Func}
		switch {
		case isDistinct(call) && distinct == nil:
			out.Distinct, out.Args = true, references(s.argCols[i])
		case isDistinct(call):
			out.Mode, out.Args, out.ArgTypes = plan.AggFinal, references(distinct[i]), s.argTypes[i]
		default:
			out.Mode, out.Args, out.ArgTypes = plan.AggFinal, references(s.partial[i]), s.argTypes[i]
		}
		a.Aggs = append(a.Aggs, out)
	}
	return a
}

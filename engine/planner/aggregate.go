package planner

import (
	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/aggregate"
	"skep/engine/expr"
	"skep/engine/operator"
	"skep/engine/pipeline"
)

// aggregate compiles grouping. The input is first reduced to keys and arguments (and repeated for grouping sets). Aggregates
// over DISTINCT arguments take a second step:
//
//	              ┌─► group by keys: the other aggregates, partial results ──► merge ┐
//	keys, args ─► tee                                                                ├─► group by keys
//	              └─► group by keys and arguments: one per argument list ──► update ─┘
func (b *builder) aggregate(n *plan.Aggregate) (*stream, error) {
	var needed []plan.Expr
	for _, k := range n.Keys {
		needed = append(needed, k.Expr)
	}
	for _, a := range n.Aggs {
		needed = append(needed, a.Args...)
	}
	s, err := b.compile(n.Input, plan.ColumnSet(nil).With(needed...))
	if err != nil {
		return nil, err
	}
	g := &grouping{node: n}
	for _, k := range n.Keys {
		g.keys = append(g.keys, k.Expr)
	}
	g.spec.Keys = typesOf(g.keys)
	if len(n.GroupingSets) > 0 {
		if err := b.expand(s, g); err != nil {
			return nil, err
		}
	} else {
		g.layout = s.layout
	}
	if err := b.calls(g); err != nil {
		return nil, err
	}
	if n.Local && g.passes() {
		return b.localAggregate(s, g)
	}
	op := operator.NewHashAggregate(g.spec, b.resources)
	b.query.AddCloser(op)
	end := b.query.AddTask("aggregate", op.Finish)
	if len(g.distinct) == 0 {
		err = b.groupInto(s, g, op, end)
	} else {
		err = b.groupDistinct(s, g, op, end)
	}
	if err != nil {
		return nil, err
	}
	partial := false
	for _, a := range n.Aggs {
		partial = partial || a.Mode.GivesPartial()
	}
	source := op.Source()
	if partial {
		source = op.PartialSource()
	}
	out := newStream(source, n, "groups", nil, end)
	out.grouped(g, partial)
	return out, nil
}

// grouped makes the batches of s be keys and results.
func (s *stream) grouped(g *grouping, partial bool) {
	n := g.node
	s.layout, s.types, s.scans = expr.Layout{}, append([]*types.Type(nil), g.spec.Keys...), nil
	for i, k := range n.Keys {
		s.layout[k.Column.ID] = i
	}
	if len(n.GroupingSets) > 0 && n.GroupingID.ID != 0 {
		s.layout[n.GroupingID.ID] = len(n.Keys)
	}
	for _, a := range n.Aggs {
		cols := []plan.Column{a.Column}
		if partial {
			cols = a.Partial
		}
		for _, c := range cols {
			s.layout[c.ID] = len(s.types)
			s.types = append(s.types, c.Type)
		}
	}
}

// passes reports whether the rows are grouped as they pass by. Grouping sets make many rows of one, which are worth grouping well.
func (g *grouping) passes() bool { return len(g.keys) > 0 && len(g.node.GroupingSets) == 0 }

// localAggregate compiles grouping before an exchange, which takes place as rows pass by.
func (b *builder) localAggregate(s *stream, g *grouping) (*stream, error) {
	program, calls, err := b.groupingProgram(g, g.keys, g.plain, false)
	if err != nil {
		return nil, err
	}
	op := operator.NewLocalAggregate(g.spec, program, calls, b.resources)
	b.query.AddCloser(op)
	s.append(op, g.node, "local aggregate")
	s.grouped(g, true)
	return s, nil
}

// grouping is an aggregation being compiled.
type grouping struct {
	node     *plan.Aggregate
	layout   expr.Layout // of the rows to be grouped
	keys     []plan.Expr
	args     [][]plan.Expr // by aggregate
	spec     operator.AggregateSpec
	distinct []distinctSet
	plain    []int // aggregates without DISTINCT
}

// distinctSet are the aggregates over one list of DISTINCT arguments.
type distinctSet struct {
	args []plan.Expr
	aggs []int
}

func typesOf(es []plan.Expr) []*types.Type {
	ts := make([]*types.Type, len(es))
	for i, e := range es {
		ts[i] = e.Type()
	}
	return ts
}

// expand projects s to keys and arguments and repeats it for the grouping sets; the set's number becomes the last key.
func (b *builder) expand(s *stream, g *grouping) error {
	n := g.node
	// Keys are positions of their own, even when equal: sets set them to NULL one by one.
	exprs := append([]plan.Expr(nil), g.keys...)
	c := newComputed()
	for _, a := range n.Aggs {
		var args []plan.Expr
		for _, e := range a.Args {
			if _, ok := e.(*plan.Literal); ok {
				args = append(args, e)
				continue
			}
			// The columns after the keys get ids that no expression of the plan has.
			args = append(args, &plan.ColumnRef{ID: plan.ColumnID(-1 - len(g.keys) - c.add(e)), Name: "arg", T: e.Type()})
		}
		g.args = append(g.args, args)
	}
	program, err := b.program(s, append(exprs, c.exprs...))
	if err != nil {
		return err
	}
	s.append(operator.NewProject(program), n, "project")
	var sets []operator.GroupingSet
	seen := map[int64]bool{}
	for _, set := range n.GroupingSets {
		gs := operator.GroupingSet{Null: make([]bool, len(g.keys))}
		for i := range gs.Null {
			gs.Null[i] = true
		}
		for _, i := range set {
			gs.Null[i] = false
		}
		for i, null := range gs.Null {
			if null {
				gs.ID |= 1 << (len(g.keys) - 1 - i)
			}
		}
		if !seen[gs.ID] {
			seen[gs.ID] = true
			sets = append(sets, gs)
		}
		if len(set) == n.Fixed {
			// The grand total appears even without input.
			for range g.keys {
				g.spec.Empty = append(g.spec.Empty, types.NullDatum)
			}
			g.spec.Empty = append(g.spec.Empty, types.Datum{I: gs.ID})
		}
	}
	s.append(operator.NewExpand(typesOf(g.keys), sets), n, "expand")
	g.layout = expr.Layout{}
	s.types = nil
	for i, e := range exprs {
		id := plan.ColumnID(-1 - i)
		g.layout[id] = i
		g.keys[i] = &plan.ColumnRef{ID: id, Name: "key", T: e.Type()}
		s.types = append(s.types, e.Type())
	}
	for i, e := range c.exprs {
		g.layout[plan.ColumnID(-1-len(exprs)-i)] = len(exprs) + i
		s.types = append(s.types, e.Type())
	}
	id := plan.ColumnID(-1 - len(s.types))
	g.layout[id] = len(s.types)
	g.keys = append(g.keys, &plan.ColumnRef{ID: id, Name: "grouping", T: types.BigIntType})
	s.types = append(s.types, types.BigIntType)
	s.layout, s.scans = g.layout, nil
	g.spec.Keys = typesOf(g.keys)
	return nil
}

// calls resolves the aggregate functions and divides them by DISTINCT.
func (b *builder) calls(g *grouping) error {
	for i, a := range g.node.Aggs {
		if len(g.node.GroupingSets) == 0 {
			g.args = append(g.args, a.Args)
		}
		args := g.args[i]
		argTypes := a.ArgTypes
		if !a.Mode.ReadsPartial() {
			argTypes = typesOf(args)
		}
		f, err := aggregate.New(a.Func, argTypes, a.Column.Type)
		if err != nil {
			return err
		}
		g.spec.Functions = append(g.spec.Functions, f)
		g.spec.Results = append(g.spec.Results, a.Column.Type)
		if !a.Distinct || a.Func == "min" || a.Func == "max" || len(args) == 0 {
			g.plain = append(g.plain, i)
			continue
		}
		g.addDistinct(args, i)
	}
	return nil
}

func (g *grouping) addDistinct(args []plan.Expr, agg int) {
	for i, d := range g.distinct {
		same := len(d.args) == len(args)
		for k := range args {
			same = same && plan.Equal(d.args[k], args[k])
		}
		if same {
			g.distinct[i].aggs = append(d.aggs, agg)
			return
		}
	}
	g.distinct = append(g.distinct, distinctSet{args, []int{agg}})
}

// input makes the sink of rows of g's layout that groups by keys (further ones than g's included) and updates the given
// aggregates, which are numbered anew in op when renumber is set.
func (b *builder) input(g *grouping, keys []plan.Expr, op *operator.HashAggregate, aggs []int, renumber bool) (pipeline.Sink, error) {
	program, calls, err := b.groupingProgram(g, keys, aggs, renumber)
	if err != nil {
		return nil, err
	}
	return op.Input(program, calls), nil
}

// groupingProgram computes keys and arguments, and says how the calls use them.
func (b *builder) groupingProgram(
	g *grouping, keys []plan.Expr, aggs []int, renumber bool,
) (_ operator.Program, calls []operator.AggregateCall, err error) {
	exprs := append([]plan.Expr(nil), keys...)
	for i, a := range aggs {
		call := operator.AggregateCall{Function: a, Merge: g.node.Aggs[a].Mode.ReadsPartial()}
		if renumber {
			call.Function = i
		}
		for _, e := range g.args[a] {
			at := -1
			for k, x := range exprs {
				if plan.Equal(x, e) {
					at = k
				}
			}
			if at < 0 {
				at = len(exprs)
				exprs = append(exprs, e)
			}
			call.Args = append(call.Args, at)
		}
		calls = append(calls, call)
	}
	program, err := b.programOver(g.layout, exprs)
	return program, calls, err
}

// groupInto feeds s to an aggregation without DISTINCT.
func (b *builder) groupInto(s *stream, g *grouping, op *operator.HashAggregate, end *pipeline.Task) error {
	sink, err := b.input(g, g.keys, op, g.plain, false)
	if err != nil {
		return err
	}
	b.feed(s, sink, g.node, "aggregate", end)
	return nil
}

// groupDistinct feeds s to an aggregation with DISTINCT, by way of tables of distinct arguments.
func (b *builder) groupDistinct(s *stream, g *grouping, op *operator.HashAggregate, end *pipeline.Task) error {
	var sinks []pipeline.Sink
	var seconds []func(first *pipeline.Task) error // steps after the first grouping
	if len(g.plain) > 0 {
		spec := operator.AggregateSpec{Keys: g.spec.Keys}
		var merge []operator.AggregateCall
		at := len(g.keys)
		for _, i := range g.plain {
			f := g.spec.Functions[i]
			spec.Functions = append(spec.Functions, f)
			spec.Results = append(spec.Results, g.spec.Results[i])
			call := operator.AggregateCall{Function: i, Merge: true}
			for range f.Partial() {
				call.Args = append(call.Args, at)
				at++
			}
			merge = append(merge, call)
		}
		first := operator.NewHashAggregate(spec, b.resources)
		b.query.AddCloser(first)
		sink, err := b.input(g, g.keys, first, g.plain, true)
		if err != nil {
			return err
		}
		sinks = append(sinks, sink)
		seconds = append(seconds, func(t *pipeline.Task) error {
			in := newStream(first.PartialSource(), g.node, "partial groups", nil, t)
			b.feed(in, op.Input(operator.AllColumns, merge), g.node, "merge", end)
			return nil
		})
	}
	for _, d := range g.distinct {
		// Arguments that are keys need no column of their own.
		keys := append([]plan.Expr(nil), g.keys...)
		position := make([]int, len(d.args))
		for i, e := range d.args {
			position[i] = -1
			for k, x := range keys {
				if plan.Equal(x, e) {
					position[i] = k
				}
			}
			if position[i] < 0 {
				position[i] = len(keys)
				keys = append(keys, e)
			}
		}
		first := operator.NewHashAggregate(operator.AggregateSpec{Keys: typesOf(keys)}, b.resources)
		b.query.AddCloser(first)
		sink, err := b.input(g, keys, first, nil, false)
		if err != nil {
			return err
		}
		sinks = append(sinks, sink)
		var update []operator.AggregateCall
		for _, a := range d.aggs {
			update = append(update, operator.AggregateCall{Function: a, Args: position})
		}
		seconds = append(seconds, func(t *pipeline.Task) error {
			in := newStream(first.Source(), g.node, "distinct", nil, t)
			b.feed(in, op.Input(operator.AllColumns, update), g.node, "aggregate", end)
			return nil
		})
	}
	t := b.sink(s, operator.NewTee(sinks...), g.node, "aggregate")
	for _, f := range seconds {
		if err := f(t); err != nil {
			return err
		}
	}
	return nil
}

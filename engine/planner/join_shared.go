package planner

import (
	"context"

	"skep/dialect/function"
	"skep/dialect/plan"
	"skep/engine/operator"
	"skep/engine/pipeline"
)

// JoinTables lets the tasks of a stage that run in one process share the tables of joins.
type JoinTables interface {
	// Table returns the join that build has built: now, or before for another task of the stage for which the same exchanges had the
	// same contents. number tells the joins of a fragment apart; reads are what is read. build gets resources that outlive the task, and
	// returns nil when there cannot be one table for all, which Table then returns, too. The join is the provider's, which does not
	// close it before the task has ended. An error of build concerns this task only.
	Table(ctx context.Context, number int, reads []*plan.RemoteSource, build func(*operator.Resources) (*operator.HashJoin, error)) (*operator.HashJoin, error)
}

// sharedReads lists what a build side reads if it is the same in all tasks that read the same: it depends on nothing but exchanges and tables that each
// of them reads as a whole.
func sharedReads(n plan.Node) (reads []*plan.RemoteSource, ok bool) {
	switch n := n.(type) {
	case *plan.RemoteSource:
		return []*plan.RemoteSource{n}, true
	case *plan.Scan:
		if !n.Whole {
			return nil, false
		}
	case *plan.Project, *plan.Filter, *plan.Aggregate, *plan.Join:
	default:
		return nil, false
	}
	if !Stable(n) {
		return nil, false
	}
	for _, in := range n.Inputs() {
		of, ok := sharedReads(in)
		if !ok {
			return nil, false
		}
		reads = append(reads, of...)
	}
	return reads, true
}

// Stable reports whether the expressions of a node, its inputs' apart, have the same values for the same rows wherever they are computed.
func Stable(n plan.Node) bool {
	stable := true
	for _, e := range plan.Exprs(n) {
		plan.Visit(e, func(x plan.Expr) bool {
			if c, isCall := x.(*plan.Call); isCall {
				f, known := function.Lookup(c.Func)
				stable = stable && known && f.Deterministic && !f.Stateful
			}
			return stable
		})
	}
	return stable
}

// joinBuild is the build side of a join to be compiled.
type joinBuild struct {
	node  *plan.Join
	input plan.Node
	need  plan.ColumnSet // of input
	exprs []plan.Expr    // the columns of the table
}

// into compiles the build side for op and returns the task that ends with the table.
func (b *builder) into(op *operator.HashJoin, j joinBuild) (*pipeline.Task, error) {
	s, err := b.compile(j.input, j.need)
	if err != nil {
		return nil, err
	}
	program, err := b.program(s, j.exprs)
	if err != nil {
		return nil, err
	}
	return b.sink(s, op.Build(program), j.node, "join build"), nil
}

// table adds the task that gives op the table of its build side, which it shares with other tasks of the stage if it may.
func (b *builder) table(op *operator.HashJoin, j joinBuild) (*pipeline.Task, error) {
	var reads []*plan.RemoteSource
	shared := b.env.JoinTables != nil && j.node.Broadcast && op.MayAdopt()
	if shared {
		reads, shared = sharedReads(j.input)
	}
	if !shared {
		return b.into(op, j)
	}
	number := b.joins
	b.joins++
	return b.query.AddWaiting("join table", func(ctx context.Context) error {
		other, err := b.env.JoinTables.Table(ctx, number, reads, func(r *operator.Resources) (*operator.HashJoin, error) {
			own := op.Another(r)
			err := b.buildNow(ctx, own, j)
			if err == nil && own.MayAdopt() {
				return own, nil
			}
			if e := own.Close(); err == nil {
				err = e
			}
			return nil, err
		})
		if err != nil {
			return err
		}
		if other != nil {
			op.Adopt(other)
			return nil
		}
		return b.buildNow(ctx, op, j)
	}), nil
}

// buildNow builds op's table by a query of its own.
func (b *builder) buildNow(ctx context.Context, op *operator.HashJoin, j joinBuild) error {
	env := *b.env
	env.JoinTables, env.Profile = nil, &Profile{}
	own := newBuilder(ctx, &env)
	own.progress = b.progress
	if _, err := own.into(op, j); err != nil {
		return err
	}
	err := own.query.Run(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range env.Profile.Parts {
		p.Pipeline += b.pipelines
		if b.env.Profile != nil {
			b.env.Profile.Parts = append(b.env.Profile.Parts, p)
		}
	}
	b.pipelines += own.pipelines
	return err
}

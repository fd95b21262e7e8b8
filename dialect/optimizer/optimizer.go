// Package optimizer rewrites logical plans into cheaper ones with the same rows. It is a fixed sequence of named rules; each
// can be switched off for a session (skep.optimizer.disabled = comma list of names), which the differential tests use.
package optimizer

import (
	"context"
	"fmt"
	"strings"

	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/dialect/types"
)

// Folder evaluates constant expressions with the engine's own kernels, so that folding never differs from execution.
type Folder interface {
	Fold(e plan.Expr) (types.Datum, error)
}

// Env is what the rules need besides the plan.
type Env struct {
	Catalog catalog.Catalog
	Folder  Folder
	Hive3   bool // level 3.1
	// Deterministic reports whether a function always gives the same result for the same arguments within a statement.
	Deterministic func(name string) bool
	// Disabled is the session's comma separated list of rules that must not run.
	Disabled string
	// TableRows estimates the rows of a table without statistics, from its files; nil or a negative result means unknown.
	TableRows func(t *catalog.Table, parts []*catalog.Partition) float64
}

// rule is one step. Required steps only establish a form that the engine needs and cannot be switched off.
type rule struct {
	name     string
	required bool
	apply    func(o *optimizer, n plan.Node) (plan.Node, error)
	// whole is used instead of apply by rules that look at all references of shared definitions together.
	whole func(o *optimizer, roots []plan.Node) error
}

var rules = []rule{
	{name: "fold", apply: (*optimizer).fold},
	{name: "push-down", apply: (*optimizer).pushDown},
	{name: "constant-keys", required: true, apply: (*optimizer).constantKeys},
	{name: "partition-prune", required: true, apply: (*optimizer).prunePartitions},
	{name: "shared-filter", whole: (*optimizer).filterShared},
	{name: "join-keys", required: true, apply: (*optimizer).joinKeys},
	{name: "preaggregate", apply: (*optimizer).preaggregate},
	{name: "eager-aggregate", apply: (*optimizer).eagerAggregate},
	{name: "semi-join-push", apply: (*optimizer).pushSemiJoins},
	{name: "join-order", apply: (*optimizer).orderJoins},
	{name: "push-down", apply: (*optimizer).pushDown},
	{name: "join-keys", required: true, apply: (*optimizer).joinKeys},
	{name: "fold", apply: (*optimizer).fold},
	{name: "limit", apply: (*optimizer).pushLimits},
	{name: "rank-limit", apply: (*optimizer).limitRanks},
	{name: "semi-join-reduce", whole: (*optimizer).reduceToSemi},
	{name: "column-prune", whole: (*optimizer).pruneColumns},
	{name: "common-subplan", whole: (*optimizer).shareEqual},
	{name: "build-side", apply: (*optimizer).chooseBuildSides},
}

type optimizer struct {
	env       *Env
	ctx       context.Context
	disabled  map[string]bool
	nextID    plan.ColumnID
	stats     map[plan.Node]*relation  // estimates of nodes already seen
	shared    map[*plan.SharedDef]bool // definitions already rewritten by the current rule
	needed    map[*plan.SharedDef]plan.ColumnSet
	tableRows map[scanned]float64
	// nextShared numbers the shared definitions that rules make.
	nextShared int
}

// Optimize returns an equivalent plan. Subqueries must have been decorrelated before.
func Optimize(ctx context.Context, env *Env, root plan.Node) (plan.Node, error) {
	roots, err := OptimizeAll(ctx, env, []plan.Node{root})
	if err != nil {
		return nil, err
	}
	return roots[0], nil
}

// OptimizeAll optimises several plans that may share subplans (the branches of a multi-insert). Shared definitions are
// rewritten in place: they belong to the statement.
func OptimizeAll(ctx context.Context, env *Env, roots []plan.Node) ([]plan.Node, error) {
	return apply(ctx, env, roots, rules)
}

func apply(ctx context.Context, env *Env, roots []plan.Node, rules []rule) ([]plan.Node, error) {
	o := &optimizer{env: env, ctx: ctx, disabled: map[string]bool{}, tableRows: map[scanned]float64{}}
	for _, name := range strings.Split(env.Disabled, ",") {
		o.disabled[strings.TrimSpace(name)] = true
	}
	roots = append([]plan.Node(nil), roots...)
	o.reserveIDs(roots)
	for _, r := range rules {
		if !r.required && o.disabled[r.name] {
			continue
		}
		o.stats, o.shared = map[plan.Node]*relation{}, map[*plan.SharedDef]bool{}
		if r.whole != nil {
			if err := r.whole(o, roots); err != nil {
				return nil, fmt.Errorf("optimizer rule %s: %w", r.name, err)
			}
			continue
		}
		for i, n := range roots {
			out, err := o.withShared(n, r.apply)
			if err != nil {
				return nil, fmt.Errorf("optimizer rule %s: %w", r.name, err)
			}
			roots[i] = out
		}
	}
	return roots, nil
}

// withShared applies a rule to the shared definitions below n, innermost first, and then to n.
func (o *optimizer) withShared(n plan.Node, apply func(*optimizer, plan.Node) (plan.Node, error)) (plan.Node, error) {
	var failed error
	visitNodes(n, func(x plan.Node) {
		s, ok := x.(*plan.Shared)
		if !ok || o.shared[s.Def] || failed != nil {
			return
		}
		o.shared[s.Def] = true
		out, err := o.withShared(s.Def.Plan, apply)
		if err != nil {
			failed = err
			return
		}
		s.Def.Plan = o.keepColumns(out, s.Def.Plan.Columns())
	})
	if failed != nil {
		return nil, failed
	}
	out, err := apply(o, n)
	if err != nil {
		return nil, err
	}
	return o.keepColumns(out, n.Columns()), nil
}

// keepColumns restores the column order want on n, which rules may have changed by reordering joins.
func (o *optimizer) keepColumns(n plan.Node, want []plan.Column) plan.Node {
	have := n.Columns()
	same := len(have) == len(want)
	for i := range want {
		if same && have[i].ID != want[i].ID {
			same = false
		}
	}
	if same {
		return n
	}
	p := &plan.Project{Input: n}
	for _, c := range want {
		p.Exprs = append(p.Exprs, plan.Assign{Column: c, Expr: plan.NewColumnRef(c)})
	}
	return p
}

// reserveIDs makes new columns and shared definitions differ from those of the plans.
func (o *optimizer) reserveIDs(roots []plan.Node) {
	reserve := func(n plan.Node) {
		visitNodes(n, func(x plan.Node) {
			for _, c := range x.Columns() {
				o.nextID = max(o.nextID, c.ID+1)
			}
		})
	}
	for _, n := range roots {
		reserve(n)
	}
	for _, d := range sharedOrder(roots) {
		reserve(d.Plan)
		o.nextShared = max(o.nextShared, d.ID)
	}
}

func (o *optimizer) newColumn(name string, t *types.Type) plan.Column {
	c := plan.Column{ID: o.nextID, Name: name, Type: t}
	o.nextID++
	return c
}

func (o *optimizer) deterministic(e plan.Expr) bool {
	ok := true
	plan.Visit(e, func(x plan.Expr) bool {
		if c, isCall := x.(*plan.Call); isCall && !o.env.Deterministic(c.Func) {
			ok = false
		}
		return ok
	})
	return ok
}

// visitNodes calls f for n and its inputs, parents first. Shared definitions are not entered.
func visitNodes(n plan.Node, f func(plan.Node)) {
	f(n)
	for _, in := range n.Inputs() {
		visitNodes(in, f)
	}
}

// rewriteNodes rebuilds n bottom-up by f.
func rewriteNodes(n plan.Node, f func(plan.Node) (plan.Node, error)) (plan.Node, error) {
	in := n.Inputs()
	if len(in) > 0 {
		out := make([]plan.Node, len(in))
		for i, x := range in {
			y, err := rewriteNodes(x, f)
			if err != nil {
				return nil, err
			}
			out[i] = y
		}
		n = plan.WithInputs(n, out)
	}
	return f(n)
}

// refersOnly reports whether every column of e is in set.
func refersOnly(e plan.Expr, set plan.ColumnSet) bool {
	refs := plan.ColumnSet{}
	plan.Refs(e, refs)
	for id := range refs {
		if !set.Has(id) {
			return false
		}
	}
	return true
}

// refersAny reports whether some column of e is in set.
func refersAny(e plan.Expr, set plan.ColumnSet) bool {
	refs := plan.ColumnSet{}
	plan.Refs(e, refs)
	for id := range refs {
		if set.Has(id) {
			return true
		}
	}
	return false
}

func literalBool(e plan.Expr) (value, null, ok bool) {
	l, isLit := e.(*plan.Literal)
	if !isLit {
		return false, false, false
	}
	return !l.Value.Null && l.Value.I != 0, l.Value.Null, true
}

func filtered(n plan.Node, preds []plan.Expr) plan.Node {
	if len(preds) == 0 {
		return n
	}
	return &plan.Filter{Input: n, Cond: plan.And(preds...)}
}

// Package expr compiles bound expressions to programs over column batches.
//
// A program is immutable and shared; each worker has its own evaluator, which owns the scratch vectors and reuses them from
// batch to batch. Every node of an expression is evaluated for all selected rows at once; equal subexpressions are evaluated
// once. CASE, IF, COALESCE, AND and OR evaluate their branches only for the rows that need them, so an error that a branch
// raises for other rows never shows.
package expr

import (
	"fmt"

	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/function"
	"skep/engine/vector"
)

// Layout says where in a batch a column is.
type Layout map[plan.ColumnID]int

// LayoutOf is the layout of batches whose columns are cols in order.
func LayoutOf(cols []plan.Column) Layout {
	l := make(Layout, len(cols))
	for i, c := range cols {
		l[c.ID] = i
	}
	return l
}

// Env is what expressions may know of the query and its session.
type Env = function.Env

// Program computes a list of expressions.
type Program struct {
	graph *graph
	roots []*node
}

// Compile makes a program for exprs over batches of the given layout.
func Compile(env *Env, exprs []plan.Expr, layout Layout) (*Program, error) {
	c := newCompiler(env, layout)
	p := &Program{graph: c.graph}
	for _, e := range exprs {
		n, err := c.compile(e)
		if err != nil {
			return nil, fmt.Errorf("compiling %v: %w", e, err)
		}
		p.roots = append(p.roots, n)
	}
	return p, nil
}

// NewEvaluator returns an evaluator for one worker.
func (p *Program) NewEvaluator() *Evaluator {
	return &Evaluator{machine: newMachine(p.graph), roots: p.roots, out: make([]*vector.Vector, len(p.roots))}
}

// Evaluator runs a program for one goroutine.
type Evaluator struct {
	machine *machine
	roots   []*node
	out     []*vector.Vector
}

// Run evaluates all expressions. Result i is aligned with the rows of b and valid at the selected ones only. It may be of any
// form, and may be one of b's own columns; it is valid until the next Run and must not be changed.
func (e *Evaluator) Run(b *vector.Batch) ([]*vector.Vector, error) {
	root := e.machine.begin(b)
	for i, n := range e.roots {
		v, err := e.machine.eval(n, root)
		if err != nil {
			return nil, err
		}
		e.out[i] = v
	}
	return e.out, nil
}

// FilterProgram selects rows by a condition.
type FilterProgram struct {
	graph *graph
	root  *node
}

// CompileFilter makes a filter for the rows of which cond is true.
func CompileFilter(env *Env, cond plan.Expr, layout Layout) (*FilterProgram, error) {
	c := newCompiler(env, layout)
	n, err := c.condition(cond)
	if err != nil {
		return nil, fmt.Errorf("compiling %v: %w", cond, err)
	}
	return &FilterProgram{graph: c.graph, root: n}, nil
}

// NewEvaluator returns an evaluator for one worker.
func (p *FilterProgram) NewEvaluator() *FilterEvaluator {
	return &FilterEvaluator{machine: newMachine(p.graph), root: p.root}
}

// FilterEvaluator runs a filter for one goroutine.
type FilterEvaluator struct {
	machine *machine
	root    *node
	out     []uint16
}

// Select returns the rows among b's selected ones for which the condition is true, ascending; it is valid until the next call.
func (e *FilterEvaluator) Select(b *vector.Batch) ([]uint16, error) {
	if cap(e.out) < b.N {
		e.out = make([]uint16, max(b.N, vector.BatchSize))
	}
	return e.machine.choose(e.root, e.machine.begin(b), e.out[:cap(e.out)])
}

// Fold evaluates an expression without columns.
func Fold(env *Env, e plan.Expr) (types.Datum, error) {
	p, err := Compile(env, []plan.Expr{e}, nil)
	if err != nil {
		return types.Datum{}, err
	}
	out, err := p.NewEvaluator().Run(&vector.Batch{N: 1})
	if err != nil {
		return types.Datum{}, err
	}
	return out[0].Datum(0), nil
}

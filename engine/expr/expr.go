// Package expr compiles bound expressions to programs over column batches.
//
// A program is immutable and shared; each worker has its own evaluator, which owns the scratch vectors and reuses them from
// batch to batch. Every node of an expression is evaluated for all selected rows at once; equal subexpressions are evaluated
// once. CASE, IF, COALESCE, AND and OR evaluate their branches only for the rows that need them, so an error that a branch
// raises for other rows never shows.
package expr

import (
	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/format"
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
type Program struct{}

// Compile makes a program for exprs over batches of the given layout.
func Compile(env *Env, exprs []plan.Expr, layout Layout) (*Program, error) {
	panic("expr: under construction")
}

// NewEvaluator returns an evaluator for one worker.
func (p *Program) NewEvaluator() *Evaluator { panic("expr: under construction") }

// Evaluator runs a program for one goroutine.
type Evaluator struct{}

// Run evaluates all expressions. Result i is aligned with the rows of b and valid at the selected ones only. It may be of any
// form, and may be one of b's own columns; it is valid until the next Run and must not be changed.
func (e *Evaluator) Run(b *vector.Batch) ([]*vector.Vector, error) { panic("expr: under construction") }

// FilterProgram selects rows by a condition.
type FilterProgram struct{}

// CompileFilter makes a filter for the rows of which cond is true.
func CompileFilter(env *Env, cond plan.Expr, layout Layout) (*FilterProgram, error) {
	panic("expr: under construction")
}

// NewEvaluator returns an evaluator for one worker.
func (p *FilterProgram) NewEvaluator() *FilterEvaluator { panic("expr: under construction") }

// FilterEvaluator runs a filter for one goroutine.
type FilterEvaluator struct{}

// Select returns the rows among b's selected ones for which the condition is true, ascending; it is valid until the next call.
func (e *FilterEvaluator) Select(b *vector.Batch) ([]uint16, error) {
	panic("expr: under construction")
}

// CompilePredicate makes a reader's predicate of a conjunct over the one column given, whose index in the reader's schema is
// schemaIndex; false when the conjunct is not deterministic or uses another column.
func CompilePredicate(env *Env, conjunct plan.Expr, column plan.ColumnID, schemaIndex int) (format.Predicate, bool) {
	panic("expr: under construction")
}

// Fold evaluates an expression without columns.
func Fold(env *Env, e plan.Expr) (types.Datum, error) { panic("expr: under construction") }

package analyzer

import (
	"skep/dialect/ast"
	"skep/dialect/plan"
)

// block is one query block (SELECT) under analysis. Its expressions are first built over the columns of FROM; aggregate and
// window calls are collected on the way and stand in the expressions as references to their output columns. When the block
// turns out to group, references to FROM's columns are replaced by references to the group keys.
type block struct {
	b     *builder
	outer *block
	scope *scope
	// aggs are the aggregate calls of the block, equal ones only once.
	aggs   []plan.AggCall
	isAgg  plan.ColumnSet
	keys   []plan.Assign
	groups *groupingSets // nil for plain GROUP BY
	// grouped tells that there is a GROUP BY or an aggregate call.
	grouped bool
	// windows are the window calls in order of appearance.
	windows   []*windowCall
	numOver   int // OVER clauses seen, which number the columns' default names
	isWindow  plan.ColumnSet
	windowDef map[string]*ast.WindowSpec
	// places remembers for each reference to a column of FROM where it stands, for error messages.
	places map[*plan.ColumnRef]place
	// moved are the subqueries that have been rewritten over the aggregation.
	moved map[*plan.Subquery]*plan.Subquery
	// groupingID is the column of GROUPING__ID once someone asked for it.
	groupingID plan.Column
	// whereJoins is set when WHERE has a subquery, nothing when it is false or NULL for all rows and Hive 4.0 sees that;
	// empty also when it takes evaluating a constant to see it.
	whereJoins, nothing, empty bool
	// inOn is set while a condition of ON is being built.
	inOn bool
	// onKeys are the equalities of an ON condition that join on a value of each side: Hive converts the sides by themselves, without
	// the checks of comparisons. onLeft is the number of relations on the left.
	onKeys map[ast.Node]bool
	onLeft int
	// named are, behind HAVING, the aggregates and columns of the select list by their aliases, which windows may name then.
	named map[string]ast.Expr
	// inHaving is set while HAVING is being built.
	inHaving bool
}

func (b *builder) newBlock(outer *block) *block {
	return &block{b: b, outer: outer, scope: &scope{}, isAgg: plan.ColumnSet{}, isWindow: plan.ColumnSet{},
		places: map[*plan.ColumnRef]place{}, moved: map[*plan.Subquery]*plan.Subquery{}, windowDef: map[string]*ast.WindowSpec{}}
}

// allow says what an expression may contain besides scalar functions.
type allow uint8

const (
	aggregates allow = 1 << iota
	windows
	subqueries
	// inAggregate marks the arguments of an aggregate function.
	inAggregate
)

// exprs builds expressions of one clause.
type exprs struct {
	*block
	allow allow
	// alias, when set, resolves unqualified names that stand for select items. It is asked before FROM (first true) or after.
	alias      func(name string) plan.Expr
	aliasFirst bool
	// items are the select items that alias stands for.
	items []item
	// over is the specification of the window function around: lead and lag within its arguments share it.
	over *ast.WindowSpec
	// distinct tells that the select list is that of SELECT DISTINCT, where Hive refuses subqueries.
	distinct bool
	// parent is the syntax node around the one being built; Hive's grouping errors point at it.
	parent ast.Node
}

func (blk *block) exprs(a allow) *exprs { return &exprs{block: blk, allow: a} }

// with returns a copy of x with other permissions.
func (x *exprs) with(a allow) *exprs {
	c := *x
	c.allow = a
	return &c
}

// place is where a column reference stands and the expression around it, nil at the top.
type place struct {
	at, parent ast.Node
}

// Package analyzer turns syntax trees into logical plans: it resolves names, types expressions by Hive's conversion rules,
// expands views and macros, and rewrites subqueries into joins. Its errors are *sqlerr.Error values with Hive's codes, texts
// and positions.
package analyzer

import (
	"context"
	"time"

	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/conf"
	"skep/dialect/function"
	"skep/dialect/optimizer/decorrelate"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
)

// Folder evaluates expressions without columns; the engine provides it.
type Folder interface {
	Fold(e plan.Expr) (types.Datum, error)
}

// Env is what a statement is analysed against. Catalog and Conf are required.
type Env struct {
	Catalog   catalog.Catalog
	Conf      *conf.Conf
	CurrentDB string
	User      string
	Now       time.Time      // the statement's time, for current_timestamp and the like
	Location  *time.Location // the session's zone; nil means UTC
	// Folder evaluates constant arguments; without one only literals count as constants.
	Folder Folder
	// ParseQuery parses the texts of views and macros.
	ParseQuery func(text string) (*ast.Query, error)
	// Text is the statement's text; view texts and some messages quote it.
	Text string
	// Rebuilds, when set, tells whether the statement is the INSERT OVERWRITE that fills materialized view t.
	Rebuilds func(t *catalog.Table) bool
	// Warn, when set, receives the warnings that Hive prints to the client's console.
	Warn func(text string)
}

// Analyzer analyses the statements of one session, one at a time or concurrently: it keeps no state between calls.
type Analyzer struct {
	env     Env
	resolve function.Env
}

// New returns an analyzer for env.
func New(env Env) *Analyzer {
	if env.Location == nil {
		env.Location = time.UTC
	}
	if env.CurrentDB == "" {
		env.CurrentDB = "default"
	}
	return &Analyzer{env: env, resolve: function.Env{
		HiveVersion: env.Conf.HiveVersion(), Conf: env.Conf.Get, Location: env.Location,
	}}
}

// AnalyzeQuery analyses a query whose rows go to the client.
func (a *Analyzer) AnalyzeQuery(ctx context.Context, q *ast.Query) (*plan.Query, error) {
	b, r, err := a.analysed(ctx, q)
	if err != nil {
		return nil, err
	}
	nameReplicated(q, r.cols)
	names := b.resultNames(r.cols)
	root, err := b.finish(r)
	if err != nil {
		return nil, err
	}
	return &plan.Query{Root: root, Names: names}, nil
}

// analysed builds a query, a second time when it turns out that Hive would compile it without its planner after something has been
// computed that only that planner computes so.
func (a *Analyzer) analysed(ctx context.Context, q *ast.Query) (*builder, *result, error) {
	b := a.newBuilder(ctx)
	r, err := b.query(q, nil, true)
	if err == nil && b.unplanned && b.wrapped {
		b = a.newBuilder(ctx)
		b.unplanned = true
		r, err = b.query(q, nil, true)
	}
	return b, r, err
}

// AnalyzeCTAS analyses the query of CREATE TABLE AS SELECT. The names are those of the new table's columns.
func (a *Analyzer) AnalyzeCTAS(ctx context.Context, table string, q *ast.Query) (*plan.Query, error) {
	b, r, err := a.analysed(ctx, q)
	if err != nil {
		return nil, err
	}
	if name := starDuplicate(r.cols); name != "" {
		return nil, sqlerr.New(sqlerr.AmbiguousColumn, name+" in "+table)
	}
	nameReplicated(q, r.cols)
	names := columnNames(r.cols)
	if err := checkCreatedColumns(r.cols); err != nil {
		return nil, err
	}
	root, err := b.finish(r)
	if err != nil {
		return nil, err
	}
	return &plan.Query{Root: root, Names: names}, nil
}

// builder holds the state of one statement's analysis.
type builder struct {
	a         *Analyzer
	env       *Env
	ctx       context.Context
	nextID    plan.ColumnID
	db        string // resolves unqualified table names
	ctes      *cteScope
	cteStack  []string                // definitions being analysed, to show cycles
	defs      map[*plan.SharedDef]int // references per shared definition
	numShared int
	order     []*plan.SharedDef // the definitions, used ones before their users
	views     []string          // views being expanded, to detect cycles
	unplanned bool              // Hive 4.0's planner gives up on the statement, which is then compiled without it
	wrapped   bool              // numbers have been cut as that planner does
	trace     *trace            // set while a view's text is being expanded
}

func (a *Analyzer) newBuilder(ctx context.Context) *builder {
	return &builder{a: a, env: &a.env, ctx: ctx, db: a.env.CurrentDB, defs: map[*plan.SharedDef]int{}}
}

// column makes a new plan column.
func (b *builder) column(name string, t *types.Type) plan.Column {
	b.nextID++
	return plan.Column{ID: b.nextID, Name: name, Type: t}
}

// hive3 reports whether the session wants Hive 3.1's behaviour.
func (b *builder) hive3() bool { return b.a.resolve.Hive3() }

// finish trims the plan to the visible columns, inlines definitions with one reference and removes subquery expressions.
func (b *builder) finish(r *result) (plan.Node, error) {
	roots, err := b.finishAll([]plan.Node{trim(r)})
	if err != nil {
		return nil, err
	}
	return roots[0], nil
}

// finishAll finishes several plans that share definitions.
func (b *builder) finishAll(roots []plan.Node) ([]plan.Node, error) {
	var err error
	for _, d := range b.order {
		if d.Plan, err = decorrelate.Rewrite(b.inline(d.Plan), idSource{b}); err != nil {
			return nil, err
		}
	}
	out := make([]plan.Node, len(roots))
	for i, n := range roots {
		if out[i], err = decorrelate.Rewrite(b.inline(n), idSource{b}); err != nil {
			return nil, err
		}
		if err := b.checkStrict(out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// idSource lends the statement's column numbering to later rewrites.
type idSource struct{ b *builder }

// NewColumn implements decorrelate.Columns.
func (s idSource) NewColumn(name string, t *types.Type) plan.Column { return s.b.column(name, t) }

// NewShared implements decorrelate.Columns.
func (s idSource) NewShared(name string, n plan.Node) *plan.SharedDef { return s.b.newShared(name, n) }

func (b *builder) newShared(name string, n plan.Node) *plan.SharedDef {
	b.numShared++
	return &plan.SharedDef{ID: b.numShared, Name: name, Plan: n}
}

// trim drops columns of the plan that are not part of the result.
func trim(r *result) plan.Node {
	have := r.node.Columns()
	same := len(have) == len(r.cols)
	for i := 0; same && i < len(have); i++ {
		same = have[i].ID == r.cols[i].col.ID
	}
	if same {
		return r.node
	}
	return &plan.Project{Input: r.node, Exprs: passThrough(planColumns(r.cols))}
}

// passThrough assigns columns to themselves.
func passThrough(cols []plan.Column) []plan.Assign {
	as := make([]plan.Assign, len(cols))
	for i, c := range cols {
		as[i] = plan.Assign{Column: c, Expr: plan.NewColumnRef(c)}
	}
	return as
}

package query

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"skep/dialect/analyzer"
	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/parser"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/engine/query/ddl"
	"skep/metastore/model"
)

// compileMaterializedView prepares CREATE MATERIALIZED VIEW: a table is made of the query's rows, and what they came from is noted.
func (st *Statement) compileMaterializedView(ctx context.Context, n *ast.CreateMaterializedView) error {
	env := st.ddlEnv()
	taken, err := env.MaterializedViewTaken(ctx, n)
	if err != nil {
		return err
	}
	name := lower(n.Name.Name.Name)
	full := name
	if n.Name.DB != nil {
		full = lower(n.Name.DB.Name) + "." + name
	}
	expanded, _, err := st.analysis().analyzer.ExpandView(ctx, full, n.Query, nil)
	if err != nil {
		return err
	}
	m := &model.Materialization{Time: st.now.UnixMilli()}
	var columns, keys []model.Column
	var roots []plan.Node
	err = st.reading(ctx, func(a *analysis) error {
		q, err := a.analyzer.AnalyzeCTAS(ctx, name, n.Query)
		if err != nil {
			return err
		}
		var root plan.Node
		if root, columns, keys, err = viewColumns(q, n.PartitionedOn); err != nil {
			return err
		}
		m.Sources = a.sources()
		switch {
		case !n.DisableRewrite && slices.ContainsFunc(m.Sources, func(s model.MaterializationSource) bool { return s.Snapshot == "" }):
			return ddl.ErrRewriteUnsafe()
		case len(m.Sources) == 0:
			return sqlerr.Semanticf("Materialized view must have a table defined.")
		}
		m.Incremental = incremental(root)
		roots, err = st.optimize(ctx, a, []plan.Node{root})
		return err
	})
	if err != nil {
		return err
	}
	if taken {
		st.task = func(context.Context) error { return nil }
		return nil
	}
	st.plans = roots
	if len(keys) > 0 {
		expanded = reordered(slices.Concat(columns, keys), expanded, name)
	}
	view, err := env.NewMaterializedView(ctx, n, analyzer.ViewOriginal(n.Query.Span.Text(st.sql)), expanded, columns, keys)
	if err != nil {
		return err
	}
	if f := varying(roots[0]); f != "" && view.RewriteEnabled {
		view.RewriteEnabled = false
		st.log.Logf("WARN", "Cannot enable automatic rewriting for materialized view. %s is not a deterministic function", f)
	}
	described, err := newTables(st.session).describe(ctx, view)
	if err != nil {
		return err
	}
	st.task = func(ctx context.Context) error {
		return failed(st.materialize(ctx, plan.InsertBranch{Root: asDeclared(roots[0], described), Table: described, Overwrite: true}, view, true, m))
	}
	return nil
}

// compileRebuild prepares ALTER MATERIALIZED VIEW … REBUILD: the query is run again and its rows take the place of those there are.
func (st *Statement) compileRebuild(ctx context.Context, n *ast.AlterMaterializedView) error {
	view, err := st.session.table(ctx, st.databaseOf(n.Name), lower(n.Name.Name.Name))
	if model.KindOf(err) == model.NoSuchObject {
		return sqlerr.Semanticf("org.apache.hadoop.hive.ql.metadata.InvalidTableException: Table not found %s", n.Name.Name.Name)
	}
	if err != nil {
		return err
	}
	if view.Type != model.MaterializedView {
		return sqlerr.Semanticf("org.apache.hadoop.hive.ql.parse.SemanticException: %s", sqlerr.Text(sqlerr.RebuildNoMaterializedView))
	}
	old, err := st.session.engine.store.Materialization(ctx, view.Database, view.Name)
	if err != nil {
		return err
	}
	if outdated, known, err := st.ddlEnv().Session.Outdated(ctx, old); err != nil {
		return err
	} else if known && !outdated {
		st.log.Logf("INFO", "Materialized view %s.%s is up to date. Skipping rebuild.", view.Database, view.Name)
		st.task = func(context.Context) error { return nil }
		return nil
	}
	query, err := parser.ParseQuery(view.ViewExpandedText, st.parserOptions())
	if err != nil {
		return err
	}
	m := &model.Materialization{Time: st.now.UnixMilli(), Incremental: old.Incremental}
	var branch plan.InsertBranch
	err = st.reading(ctx, func(a *analysis) error {
		a.tables.filling = view.Database + "." + view.Name
		insert, err := a.analyzer.AnalyzeInsert(ctx, &ast.Insert{Query: query, Target: &ast.InsertTarget{
			Table: &ast.TableName{DB: &ast.Ident{Name: view.Database}, Name: &ast.Ident{Name: view.Name}}, Overwrite: true,
		}})
		if err != nil {
			return err
		}
		branch = insert.Branches[0]
		st.mayLock(branch.Table, lockMode(branch))
		m.Sources = a.sources()
		roots, err := st.optimize(ctx, a, []plan.Node{branch.Root})
		if err == nil {
			branch.Root, st.plans = roots[0], roots
		}
		return err
	})
	if err != nil {
		return err
	}
	st.task = func(ctx context.Context) error { return failed(st.materialize(ctx, branch, view, false, m)) }
	return nil
}

// materialize writes the rows of a materialized view and notes what they are.
func (st *Statement) materialize(ctx context.Context, b plan.InsertBranch, view *model.Table, create bool, m *model.Materialization) error {
	o, err := ddl.OrganizationOf(view)
	if err != nil {
		return fmt.Errorf("reading the properties of materialized view %s.%s: %w", view.Database, view.Name, err)
	}
	b.Root = organized(b.Root, b.Table, o)
	st.staged = st.inStages(b.Root)
	if err := st.transact(ctx, []plan.InsertBranch{b}); err != nil {
		return err
	}
	w, err := st.newWrite(ctx, b, b.Root)
	if err != nil {
		return err
	}
	if create {
		w.create = view
	}
	w.materialization = m
	return st.runWrites(ctx, []*write{w})
}

// organized divides and sorts the rows of a materialized view as it was declared.
func organized(root plan.Node, t *catalog.Table, o ddl.Organization) plan.Node {
	cols := root.Columns()
	column := func(name string) plan.Expr {
		i := slices.IndexFunc(t.Columns, func(c catalog.Column) bool { return c.Name == name })
		return plan.NewColumnRef(cols[max(i, 0)])
	}
	if len(o.Distribute) > 0 {
		d := &plan.Distribute{Input: root}
		for _, n := range o.Distribute {
			d.By = append(d.By, column(n))
		}
		root = d
	}
	if len(o.Sort) > 0 {
		s := &plan.Sort{Input: root, Limit: -1, Partial: true}
		for _, n := range o.Sort {
			s.Keys = append(s.Keys, plan.SortKey{Expr: column(n), NullsFirst: true})
		}
		root = s
	}
	return root
}

// viewColumns divides the columns of a materialized view's query into data columns and those of PARTITIONED ON, which come last.
func viewColumns(q *plan.Query, on []*ast.Ident) (root plan.Node, columns, keys []model.Column, err error) {
	var defs []*ast.ColumnDef
	var declared []string
	for _, k := range on {
		defs = append(defs, &ast.ColumnDef{Name: k})
		declared = append(declared, lower(k.Name))
	}
	root, columns, keys = splitKeys(q, defs)
	switch {
	case len(keys) < len(defs):
		err = sqlerr.Semanticf("Table declaration contains partition columns that are not present in query result schema. "+
			"Query columns: [%s]. Partition columns: [%s]", strings.Join(q.Names, ", "), strings.Join(declared, ", "))
	case len(columns) == 0:
		err = sqlerr.Semanticf("Too many partition columns declared")
	}
	return root, columns, keys, err
}

// reordered is the text of a query that gives the columns of the query text in the order of columns.
func reordered(columns []model.Column, text, name string) string {
	quote := func(s string) string { return "`" + strings.ReplaceAll(s, "`", "``") + "`" }
	var list []string
	for _, c := range columns {
		list = append(list, quote(c.Name))
	}
	return "SELECT " + strings.Join(list, ", ") + " FROM (" + text + ") " + quote(name)
}

// sources are the tables that the statement has looked up to read them, in the state in which it reads them.
func (a *analysis) sources() []model.MaterializationSource {
	var out []model.MaterializationSource
	for _, key := range slices.Sorted(maps.Keys(a.tables.known)) {
		t := a.tables.known[key]
		if key == a.tables.filling || t.Kind != catalog.Managed && t.Kind != catalog.External {
			continue
		}
		out = append(out, model.MaterializationSource{Database: t.DB, Table: t.Name, Snapshot: stateOf(t)})
	}
	return out
}

// stateOf names the state of a table's rows by the write ids that are in it, as Hive writes their list: the highest, the first
// open one, and those up to the highest that are missing. It is "" for a table without transactions, of which no one can tell
// whether it has changed.
func stateOf(t *catalog.Table) string {
	if t.WriteIDs == nil {
		return ""
	}
	first, open := int64(math.MaxInt64), make([]string, len(t.WriteIDs.Open))
	for i, id := range t.WriteIDs.Open {
		first, open[i] = min(first, id), strconv.FormatInt(id, 10)
	}
	return fmt.Sprintf(":%d:%d:%s:", t.WriteIDs.High, first, strings.Join(open, ","))
}

// Outdated implements ddl.Session.
func (s ddlSession) Outdated(ctx context.Context, m *model.Materialization) (outdated, known bool, err error) {
	c := newTables(s.Session)
	for _, o := range m.Sources {
		t, err := c.Table(ctx, o.Database, o.Table)
		if err != nil {
			return false, false, err
		}
		state := stateOf(t)
		if state == "" || o.Snapshot == "" {
			return false, false, nil
		}
		outdated = outdated || state != o.Snapshot
	}
	return outdated, true, nil
}

// varying returns a function in a plan whose results vary from call to call or with the time; "" when there is none.
func varying(n plan.Node) (name string) {
	eachNode(n, func(n plan.Node) {
		for _, e := range plan.Exprs(n) {
			plan.Visit(e, func(e plan.Expr) bool {
				if c, ok := e.(*plan.Call); ok && name == "" && !deterministic(c.Func) {
					name = c.Func
				}
				return name == ""
			})
		}
	})
	return name
}

// eachNode calls f for all nodes of a plan.
func eachNode(n plan.Node, f func(plan.Node)) {
	f(n)
	for _, in := range n.Inputs() {
		eachNode(in, f)
	}
	if s, ok := n.(*plan.Shared); ok {
		eachNode(s.Def.Plan, f)
	}
}

// The answers to whether a rebuild could take in only what has changed, in Hive's words.
const (
	rebuildNever   = "Not available"
	rebuildInserts = "Available for insert operations only"
	rebuildAlways  = "Available"
)

// incremental tells what Hive says of a query: that a rebuild needs all rows, or only the new ones after inserts, or also after deletes
// when the query groups and counts its rows.
func incremental(n plan.Node) string {
	grouped, mode := false, rebuildAlways
	eachNode(n, func(n plan.Node) {
		for _, e := range plan.Exprs(n) {
			plan.Visit(e, func(e plan.Expr) bool {
				if _, ok := e.(*plan.Subquery); ok {
					mode = rebuildNever
				}
				return true
			})
		}
		switch n := n.(type) {
		case *plan.Scan, *plan.Filter, *plan.Project, *plan.Window, *plan.Shared:
		case *plan.Join:
			if n.Kind != plan.InnerJoin {
				mode = rebuildNever
			}
		case *plan.Aggregate:
			grouped = true
			mode = weaker(mode, incrementalGroups(n))
		default:
			mode = rebuildNever
		}
	})
	if !grouped {
		mode = weaker(mode, rebuildInserts)
	}
	return mode
}

func incrementalGroups(n *plan.Aggregate) string {
	mode := rebuildInserts
	if slices.ContainsFunc(n.Aggs, func(a plan.AggCall) bool { return a.Func == "count" && len(a.Args) == 0 }) {
		mode = rebuildAlways
	}
	for _, a := range n.Aggs {
		switch {
		case a.Distinct:
			return rebuildNever
		case slices.Contains([]string{"min", "max"}, a.Func):
			mode = rebuildInserts
		case !slices.Contains([]string{"count", "sum", "avg", "std", "stddev", "stddev_pop", "stddev_samp", "variance", "var_pop", "var_samp"}, a.Func):
			return rebuildNever
		}
	}
	return mode
}

// weaker is the lesser of two modes.
func weaker(a, b string) string {
	order := []string{rebuildNever, rebuildInserts, rebuildAlways}
	return order[min(slices.Index(order, a), slices.Index(order, b))]
}

// databaseOf is the database that a name lies in.
func (st *Statement) databaseOf(n *ast.TableName) string {
	if n.DB != nil {
		return lower(n.DB.Name)
	}
	return st.session.Database()
}

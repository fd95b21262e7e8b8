package query

import (
	"context"
	"errors"
	"slices"
	"strings"

	"skep/dialect/analyzer"
	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
	"skep/engine/planner"
	"skep/engine/query/ddl"
	"skep/metastore/model"
	"skep/metastore/warehouse"
)

// compileInsert prepares INSERT in all its forms.
func (st *Statement) compileInsert(ctx context.Context, tree ast.Statement) error {
	insert, roots, err := st.planInsert(ctx, tree)
	if err != nil {
		return err
	}
	st.mapJoin = hintsMapJoin(tree, st.conf)
	st.task = func(ctx context.Context) error { return failed(st.runInsert(ctx, insert.Branches, roots)) }
	return nil
}

// planInsert analyses and optimises an INSERT.
func (st *Statement) planInsert(ctx context.Context, tree ast.Statement) (*plan.Insert, []plan.Node, error) {
	var insert *plan.Insert
	var roots []plan.Node
	err := st.reading(ctx, func(a *analysis) (err error) {
		switch n := tree.(type) {
		case *ast.Insert:
			insert, err = a.analyzer.AnalyzeInsert(ctx, n)
		case *ast.MultiInsert:
			insert, err = a.analyzer.AnalyzeMultiInsert(ctx, n)
		case *ast.Delete:
			insert, err = a.analyzer.AnalyzeDelete(ctx, n)
		case *ast.Update:
			insert, err = a.analyzer.AnalyzeUpdate(ctx, n)
		case *ast.Merge:
			insert, err = a.analyzer.AnalyzeMerge(ctx, n, st.sql)
		default:
			err = unsupported(statementName(tree))
		}
		if err != nil {
			return err
		}
		for _, b := range insert.Branches {
			st.mayLock(b.Table, lockMode(b))
			if err := st.checkImmutable(ctx, a, b); err != nil {
				return err
			}
			roots = append(roots, b.Root)
		}
		roots, err = st.optimize(ctx, a, roots)
		return err
	})
	st.plans = roots
	return insert, roots, err
}

// checkImmutable refuses INSERT INTO a table with the property immutable that holds files already.
func (st *Statement) checkImmutable(ctx context.Context, a *analysis, b plan.InsertBranch) error {
	t := b.Table
	if t == nil || b.Overwrite || !strings.EqualFold(t.Params["immutable"], "true") {
		return nil
	}
	dir := t.Location
	if len(t.PartitionKeys) > 0 {
		if len(b.Static) < len(t.PartitionKeys) {
			return nil
		}
		p, err := a.tables.reader.Partition(ctx, t.DB, t.Name, b.Static)
		if model.KindOf(err) == model.NoSuchObject {
			return nil
		}
		if err != nil {
			return err
		}
		dir = p.Location
	}
	entries, err := st.session.engine.files.List(ctx, dir)
	if err != nil && !isMissing(err) {
		return err
	}
	for _, e := range entries {
		if !e.IsDir() && !warehouse.IsHidden(e.Name()) {
			return sqlerr.New(sqlerr.InsertIntoImmutableTable, t.Name)
		}
	}
	return nil
}

// runInsert runs the branches together and commits each.
func (st *Statement) runInsert(ctx context.Context, branches []plan.InsertBranch, roots []plan.Node) error {
	st.staged = st.inStages(roots...)
	if err := st.transact(ctx, branches); err != nil {
		return err
	}
	writes := make([]*write, 0, len(branches))
	for i, b := range branches {
		w, err := st.newWrite(ctx, b, roots[i])
		if err != nil {
			return errors.Join(err, abort(ctx, writes))
		}
		if w == nil {
			continue
		}
		if b.Table != nil && slices.ContainsFunc(branches[i+1:], func(o plan.InsertBranch) bool {
			return o.Table != nil && o.Table.DB == b.Table.DB && o.Table.Name == b.Table.Name
		}) {
			w.sink.ForgetColumns() // Hive gathers statistics of columns for the last branch into a table
			w.spec.Statistics = false
		}
		writes = append(writes, w)
	}
	return st.runWrites(ctx, writes)
}

// runWrites runs plans into tables and commits. Nothing has changed when it fails before the first commit.
func (st *Statement) runWrites(ctx context.Context, writes []*write) error {
	if len(writes) == 0 {
		return nil
	}
	st.vectorizes()
	if st.staged {
		return st.runWritesInStages(ctx, writes)
	}
	var outputs []planner.Output
	for _, w := range writes {
		outputs = append(outputs, w.targets()...)
	}
	if err := st.runPlan(ctx, outputs...); err != nil {
		return errors.Join(err, abort(ctx, writes))
	}
	return st.commit(ctx, writes)
}

func abort(ctx context.Context, writes []*write) error {
	var errs []error
	for _, w := range writes {
		if w.staging != nil { // of an earlier process that had committed it
			errs = append(errs, w.staging.Abort(context.WithoutCancel(ctx)))
		}
	}
	return errors.Join(errs...)
}

// compileCTAS prepares CREATE TABLE AS SELECT.
func (st *Statement) compileCTAS(ctx context.Context, n *ast.CreateTable) error {
	if n.Buckets != nil {
		return sqlerr.New(sqlerr.CTASParcolCoexistence)
	}
	env := st.ddlEnv()
	exists, err := env.TableExists(ctx, n)
	if err != nil {
		return err
	}
	if exists {
		if n.IfNotExists {
			st.task = func(context.Context) error { return nil }
			return nil
		}
		return env.AlreadyExists(n)
	}
	var columns, keys []model.Column
	var roots []plan.Node
	err = st.reading(ctx, func(a *analysis) error {
		q, err := a.analyzer.AnalyzeCTAS(ctx, lower(n.Name.Name.Name), n.Query)
		if err != nil {
			return err
		}
		var root plan.Node
		if root, columns, keys = splitKeys(q, n.PartitionColumns); len(keys) < len(n.PartitionColumns) {
			var declared []string
			for _, d := range n.PartitionColumns {
				declared = append(declared, lower(d.Name.Name))
			}
			return sqlerr.Semanticf("Table declaration contains partition columns that are not present in query result schema. "+
				"Query columns: [%s]. Partition columns: [%s]", strings.Join(q.Names, ", "), strings.Join(declared, ", "))
		}
		if len(columns) == 0 {
			return sqlerr.Semanticf("Too many partition columns declared")
		}
		roots, err = st.optimize(ctx, a, []plan.Node{root})
		return err
	})
	if err != nil {
		return err
	}
	st.plans = roots
	table, err := env.NewTableAs(ctx, n, columns, keys)
	if err != nil {
		return err
	}
	described, err := newTables(st.session).describe(ctx, table)
	if err != nil {
		return err
	}
	branch := plan.InsertBranch{Root: asDeclared(roots[0], described), Table: described, Overwrite: true}
	st.task = func(ctx context.Context) error {
		st.staged = st.inStages(branch.Root)
		if err := st.transact(ctx, []plan.InsertBranch{branch}); err != nil {
			return failed(err)
		}
		w, err := st.newWrite(ctx, branch, branch.Root)
		if err != nil {
			return failed(err)
		}
		w.create = table
		if n.Temporary {
			w.temporary = true
		}
		return failed(st.runWrites(ctx, []*write{w}))
	}
	return nil
}

// asDeclared makes text of those columns of a query that are only text to the SerDe of the new table.
func asDeclared(root plan.Node, t *catalog.Table) plan.Node {
	cols := root.Columns()
	if !slices.ContainsFunc(t.Columns, func(c catalog.Column) bool { return c.Type.Kind == types.String }) {
		return root
	}
	p, id, changed := &plan.Project{Input: root}, nextID(root), false
	for i, c := range cols {
		a := plan.Assign{Column: c, Expr: plan.NewColumnRef(c)}
		if i < len(t.Columns) && t.Columns[i].Type.Kind == types.String && c.Type.Kind != types.String {
			a = plan.Assign{Column: plan.Column{ID: id, Name: c.Name, Type: types.StringType}, Expr: asText(c)}
			id++
			changed = true
		}
		p.Exprs = append(p.Exprs, a)
	}
	if !changed {
		return root
	}
	return p
}

// splitKeys divides the columns of a CTAS query into data columns and partition keys, which come last.
func splitKeys(q *plan.Query, keyDefs []*ast.ColumnDef) (root plan.Node, columns, keys []model.Column) {
	cols := q.Root.Columns()
	isKey := map[string]bool{}
	for _, d := range keyDefs {
		isKey[lower(d.Name.Name)] = true
	}
	p := &plan.Project{Input: q.Root}
	add := func(i int) model.Column {
		p.Exprs = append(p.Exprs, plan.Assign{Column: cols[i], Expr: plan.NewColumnRef(cols[i])})
		return model.Column{Name: q.Names[i], Type: cols[i].Type.String()}
	}
	for i := range cols {
		if !isKey[q.Names[i]] {
			columns = append(columns, add(i))
		}
	}
	for _, d := range keyDefs {
		for i := range cols {
			if q.Names[i] == lower(d.Name.Name) {
				keys = append(keys, add(i))
			}
		}
	}
	if len(keys) == 0 {
		return q.Root, columns, nil
	}
	return p, columns, keys
}

// compileView prepares CREATE VIEW.
func (st *Statement) compileView(ctx context.Context, n *ast.CreateView) error {
	a := st.analysis()
	name := lower(n.Name.Name.Name)
	if n.Name.DB != nil {
		name = lower(n.Name.DB.Name) + "." + name
	}
	text, cols, err := a.analyzer.ExpandView(ctx, name, n.Query, n.Columns)
	if err != nil {
		return err
	}
	task, err := st.ddlEnv().CreateView(ctx, n, analyzer.ViewOriginal(n.Query.Span.Text(st.sql)), text, modelColumns(cols))
	if err != nil {
		return err
	}
	st.runs(task)
	return nil
}

// compileAlterView prepares ALTER VIEW … AS.
func (st *Statement) compileAlterView(ctx context.Context, n *ast.AlterView, query *ast.Query) error {
	a := st.analysis()
	text, cols, err := a.analyzer.ExpandView(ctx, lower(n.View.Name.Name), query, nil)
	if err != nil {
		return err
	}
	task, err := st.ddlEnv().AlterViewQuery(ctx, n.View, analyzer.ViewOriginal(query.Span.Text(st.sql)), text, modelColumns(cols))
	if err != nil {
		return err
	}
	st.runs(task)
	return nil
}

func modelColumns(cols []analyzer.ViewColumn) []model.Column {
	out := make([]model.Column, len(cols))
	for i, c := range cols {
		out[i] = model.Column{Name: c.Name, Type: c.Type.String(), Comment: c.Comment}
	}
	return out
}

// ddlEnv is the surroundings of DDL for this statement.
func (st *Statement) ddlEnv() *ddl.Env {
	e := st.session.engine
	return &ddl.Env{
		Store: e.store, Files: e.files, Warehouse: e.warehouse, Txns: e.txns, Session: ddlSession{st.session, st}, SQL: st.sql, Now: st.now,
		Merger: st.merger(),
		Admins: strings.FieldsFunc(e.conf.Get("hive.users.in.admin.role"), func(r rune) bool { return r == ',' || r == ' ' }),
	}
}

// ddlSession is the session as DDL sees it.
type ddlSession struct {
	*Session
	st *Statement
}

// UserName implements ddl.Session. With the authenticator of Hive's own tests, which only a server can be given, the setting
// user.name says who it is.
func (s ddlSession) UserName() string {
	if strings.HasSuffix(s.engine.conf.Get("hive.security.authenticator.manager"), ".SessionStateConfigUserAuthenticator") {
		if name := s.st.conf.Get("user.name"); name != "" {
			return name
		}
	}
	return s.User
}

// Use implements ddl.Session.
func (s ddlSession) Use(ctx context.Context, db string) error { return s.use(ctx, db) }

// Const implements ddl.Session.
func (s ddlSession) Const(ctx context.Context, e ast.Expr, t *types.Type) (string, bool, error) {
	d, typ, err := s.st.analysis().analyzer.AnalyzeConst(ctx, e, t)
	if err != nil || d.Null {
		return "", true, err
	}
	text, err := s.castToText(d, typ)
	if typ.Kind == types.Boolean {
		text = lower(text) // names of partitions hold Java's spelling, CAST gives SQL's
	}
	return text, false, err
}

// Table implements ddl.Session.
func (s ddlSession) Table(ctx context.Context, db, name string) (*model.Table, error) {
	return s.table(ctx, db, name)
}

// TypeOf implements ddl.Session.
func (s ddlSession) TypeOf(ctx context.Context, e ast.Expr, cols []model.Column) (*types.Type, error) {
	list, err := columns(cols, "")
	if err != nil {
		return nil, err
	}
	return s.st.analysis().analyzer.TypeOf(ctx, e, list)
}

// Describe implements ddl.Session.
func (s ddlSession) Describe(ctx context.Context, m *model.Table) (*catalog.Table, error) {
	return newTables(s.Session).describe(ctx, m)
}

// roots are the plans of writes.

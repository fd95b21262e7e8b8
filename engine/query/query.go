package query

import (
	"context"
	"fmt"

	"skep/dialect/analyzer"
	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/function"
	"skep/dialect/optimizer"
	"skep/dialect/parser"
	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/planner"
	"skep/engine/session"
	"skep/metastore"
	"skep/metastore/warehouse"
)

// analysis is what the phases of compiling one statement share.
type analysis struct {
	tables   *tables
	analyzer *analyzer.Analyzer
	folder   folder
}

func (st *Statement) analysis() *analysis {
	s := st.session
	a := &analysis{tables: newTables(s), folder: folder{s.exprEnv(st.conf, st.now, st.queryID)}}
	a.analyzer = analyzer.New(analyzer.Env{
		Catalog: a.tables, Conf: st.conf, CurrentDB: s.Database(), User: s.User, Now: st.now, Location: session.Location(st.conf), Folder: a.folder,
		Text:       st.sql,
		ParseQuery: func(text string) (*ast.Query, error) { return parser.ParseQuery(text, st.parserOptions()) },
		Rebuilds:   func(t *catalog.Table) bool { return t.DB+"."+t.Name == a.tables.filling },
		Warn:       func(text string) { st.log.Logf("WARN", "%s", text) },
	})
	return a
}

// reading runs compile on one state of catalog and files, which the statement then reads: the partitions that it knows of
// and the files that it finds in them belong together, whatever is committed in between.
func (st *Statement) reading(ctx context.Context, compile func(a *analysis) error) error {
	a := st.analysis()
	snapshot, err := st.session.engine.warehouse.Snapshot(ctx, func(r metastore.Reader) error {
		a.tables.reader = r
		return compile(a)
	})
	if err != nil {
		return err
	}
	a.tables.reader = st.session.engine.store // the snapshot's reader ends with the compilation
	st.snapshot = snapshot
	st.seen = nil
	for _, t := range a.tables.known {
		if t.WriteIDs != nil {
			st.seen = append(st.seen, t)
		}
	}
	return nil
}

// optimize runs the optimizer over plans that may share subplans.
func (st *Statement) optimize(ctx context.Context, a *analysis, roots []plan.Node) ([]plan.Node, error) {
	env := &optimizer.Env{
		Hive3:   st.conf.Hive3(),
		Catalog: a.tables, Folder: a.folder, Deterministic: deterministic, Disabled: st.conf.Get("skep.optimizer.disabled"),
		TableRows: func(t *catalog.Table, parts []*catalog.Partition) float64 { return st.estimateRows(ctx, t, parts) },
	}
	st.estimate = optimizer.Estimator(env)
	return optimizer.OptimizeAll(ctx, env, roots)
}

// specialForms are calls that no function description covers; they compute nothing of their own that could vary.
func deterministic(name string) bool {
	f, ok := function.Lookup(name)
	return !ok || f.Deterministic && !f.Stateful
}

func (st *Statement) compileQuery(ctx context.Context, q *ast.Query) error {
	var analysed *plan.Query
	var root plan.Node
	var declared []plan.Column
	fetched := false
	err := st.reading(ctx, func(a *analysis) error {
		var err error
		if analysed, err = a.analyzer.AnalyzeQuery(ctx, q); err != nil {
			return err
		}
		declared = analysed.Root.Columns()
		if fetched = st.fetched(analysed.Root); fetched && !st.conf.Hive3() {
			analysed.Root = unpadded(analysed.Root)
		}
		roots, err := st.optimize(ctx, a, []plan.Node{analysed.Root})
		if err == nil {
			root = roots[0]
		}
		return err
	})
	if err != nil {
		return err
	}
	st.root, st.plans = root, []plan.Node{root}
	cols := root.Columns()
	ts := make([]*types.Type, len(cols))
	for i, c := range cols {
		st.columns = append(st.columns, Column{Name: analysed.Names[i], Type: declared[i].Type})
		ts[i] = c.Type
	}
	if st.columns == nil {
		return fmt.Errorf("a query without columns")
	}
	st.result = st.session.engine.newResult(ts)
	fail := st.failedRows
	if !fetched {
		fail, st.result.texts = failed, st.textColumnsOf(ts)
		st.vectorizes()
	}
	st.task = func(ctx context.Context) error {
		if st.inStages(root) {
			return fail(st.runQueryInStages(ctx, root))
		}
		return fail(st.runPlan(ctx, planner.Output{Root: root, Sink: resultSink{st.result}, InOrder: true}))
	}
	return nil
}

// estimateRows guesses the rows of a table without statistics from the size of its files.
func (st *Statement) estimateRows(ctx context.Context, t *catalog.Table, parts []*catalog.Partition) float64 {
	width := 0.0
	for _, c := range t.Columns {
		switch c.Type.Physical() {
		case types.I64, types.F64:
			width += 6
		default:
			width += 14
		}
	}
	dirs := []string{t.Location}
	if len(t.PartitionKeys) > 0 {
		dirs = nil
		for _, p := range parts {
			dirs = append(dirs, p.Location)
		}
	}
	var bytes int64
	for _, d := range dirs {
		entries, err := st.session.engine.files.List(ctx, d)
		if err != nil {
			return -1
		}
		for _, f := range entries {
			if !f.IsDir() && !warehouse.IsHidden(f.Name()) {
				bytes += f.Size()
			}
		}
	}
	return float64(bytes) / (width + 1)
}

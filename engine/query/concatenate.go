package query

import (
	"context"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/plan"
	"skep/dialect/storage"
	"skep/dialect/types"
	"skep/engine/query/ddl"
	"skep/metastore/model"
	"skep/metastore/stats"
)

// compileConcatenate prepares ALTER TABLE … CONCATENATE: the rows of a table or partition are written anew, to
// fewer files; RCFiles group by group as they are stored.
func (st *Statement) compileConcatenate(ctx context.Context, n *ast.AlterTable) error {
	m, values, err := st.ddlEnv().CheckConcatenate(ctx, n)
	if err != nil {
		return err
	}
	if strings.EqualFold(m.Parameters["transactional"], "true") { // that is the business of compactions
		c := *n
		c.Action = &ast.AlterCompact{Pos: n.Pos}
		task, err := ddl.Compile(ctx, st.ddlEnv(), &c)
		if err == nil {
			st.runs(task)
		}
		return err
	}
	var p *model.Partition
	sd := m.Storage
	if values != nil {
		if p, err = st.session.engine.store.Partition(ctx, m.Database, m.Name, values); err != nil {
			return err
		}
		if p.Storage != nil {
			sd = p.Storage
		}
	}
	if sd.InputFormat == storage.RCFileInputFormat {
		r := &rewriting{st: st, table: m, partition: p, join: true, note: stats.Forget}
		st.task = func(ctx context.Context) error { return failed(r.run(ctx)) }
		return nil
	}
	var scan *plan.Scan
	var branch plan.InsertBranch
	err = st.reading(ctx, func(a *analysis) error {
		t, err := a.tables.describe(ctx, m)
		if err != nil {
			return err
		}
		scan = &plan.Scan{Table: t, Alias: t.Name, Pruned: true}
		for i, c := range t.Columns {
			scan.Cols = append(scan.Cols, plan.Column{ID: plan.ColumnID(i + 1), Name: c.Name, Type: c.Type})
			scan.Source = append(scan.Source, i)
		}
		branch = plan.InsertBranch{Root: scan, Table: t, Overwrite: true, Static: values}
		if values == nil {
			return nil
		}
		parts, err := a.tables.Partitions(ctx, t, nil, func([]types.Datum) (bool, error) { return true, nil })
		for _, p := range parts {
			if slices.Equal(p.Names, values) {
				scan.Partitions = append(scan.Partitions, p)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	st.task = func(ctx context.Context) error {
		w, err := st.newWrite(ctx, branch, scan)
		if err != nil {
			return failed(err)
		}
		w.sink.ForgetColumns() // Hive moves stripes and looks at no values
		return failed(st.runWrites(ctx, []*write{w}))
	}
	return nil
}

package query

import (
	"context"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/storage"
	"skep/engine/query/ddl"
	"skep/metastore/model"
	"skep/metastore/stats"
)

// compileConcatenate prepares ALTER TABLE … CONCATENATE: the files of a table or partition are written anew as one of
// a directory, RCFiles group by group and ORC files stripe by stripe as they are stored.
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
	r := &rewriting{st: st, table: m, partition: p, join: true, stripes: sd.InputFormat == storage.OrcInputFormat, note: stats.Forget}
	st.task = func(ctx context.Context) error { return failed(r.run(ctx)) }
	return nil
}

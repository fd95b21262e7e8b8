package ddl

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/dialect/storage"
	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/stats"
	"skep/metastore/warehouse"
)

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

var nothing = done(func(context.Context) error { return nil })

// missingIsFine reports whether DROP of something that does not exist is no error.
func (env *Env) missingIsFine(ifExists bool) bool {
	return ifExists || env.Session.Conf().Bool("hive.exec.drop.ignorenonexistent")
}

func (env *Env) dropTable(ctx context.Context, s *ast.DropTable) (*Task, error) {
	t, err := env.qualifiedTable(ctx, s.Name)
	if err != nil {
		if sqlerr.CodeOf(err) == sqlerr.InvalidTable && env.missingIsFine(s.IfExists) {
			return nothing, nil
		}
		return nil, err
	}
	if what := map[model.TableType]string{model.VirtualView: "a view", model.MaterializedView: "a materialized view"}[t.Type]; what != "" {
		if s.IfExists {
			return nothing, nil
		}
		return nil, env.failed(errors.New("Cannot drop " + what + " with DROP TABLE"))
	}
	return done(func(ctx context.Context) error {
		if env.Session.TemporaryTable(t.Database, t.Name) != nil {
			env.Session.DropTemporaryTable(t.Database, t.Name)
			return env.failed(env.Files.RemoveAll(ctx, t.Location))
		}
		return env.failed(env.remove(ctx, t))
	}), nil
}

// remove drops a table with the files that are its own.
func (env *Env) remove(ctx context.Context, t *model.Table) error {
	paths, err := env.tablePaths(ctx, t)
	if err != nil {
		return err
	}
	return env.Warehouse.Remove(ctx, paths, nil, func(ctx context.Context, tx metastore.Tx) error {
		return tx.DropTable(ctx, t.Database, t.Name)
	})
}

// tablePaths lists the directories that go when the table goes.
func (env *Env) tablePaths(ctx context.Context, t *model.Table) ([]string, error) {
	if !env.ownsFiles(t) || t.Location == "" {
		return nil, nil
	}
	paths := []string{t.Location}
	if !t.IsPartitioned() {
		return paths, nil
	}
	parts, err := env.Store.Partitions(ctx, t.Database, t.Name, metastore.PartitionQuery{WithoutParameters: true})
	for _, p := range parts {
		if !strings.HasPrefix(p.Location, t.Location+"/") {
			paths = append(paths, p.Location)
		}
	}
	return paths, err
}

func (env *Env) dropView(ctx context.Context, s *ast.DropView) (*Task, error) {
	t, err := env.qualifiedTable(ctx, s.Name)
	if err != nil {
		if sqlerr.CodeOf(err) == sqlerr.InvalidTable && env.missingIsFine(s.IfExists) {
			return nothing, nil
		}
		return nil, err
	}
	kind, command := model.VirtualView, "DROP VIEW"
	if s.Materialized {
		kind, command = model.MaterializedView, "DROP MATERIALIZED VIEW"
	}
	if t.Type != kind {
		if s.IfExists {
			return nothing, nil
		}
		what := "a base table"
		switch t.Type {
		case model.MaterializedView:
			what = "a materialized view"
		case model.VirtualView:
			what = "a view"
		}
		return nil, env.failed(errors.New("Cannot drop " + what + " with " + command))
	}
	if t.IsView() {
		return done(func(ctx context.Context) error {
			return env.update(ctx, func(tx metastore.Tx) error { return tx.DropTable(ctx, t.Database, t.Name) })
		}), nil
	}
	return done(func(ctx context.Context) error { return env.failed(env.remove(ctx, t)) }), nil
}

func (env *Env) truncate(ctx context.Context, s *ast.TruncateTable) (*Task, error) {
	t, sp, err := env.truncated(ctx, s)
	if err != nil {
		return nil, err
	}
	return done(func(ctx context.Context) error { return env.failed(env.empty(ctx, t, sp)) }), nil
}

// truncated resolves the table and partitions of a TRUNCATE.
func (env *Env) truncated(ctx context.Context, s *ast.TruncateTable) (*model.Table, spec, error) {
	var sp spec
	t, err := env.table(ctx, s.Target.Table)
	if err != nil {
		return nil, sp, err
	}
	if t.Type != model.ManagedTable && !(t.Type == model.ExternalTable && (s.Force || env.ownsFiles(t) && !env.is31())) {
		return nil, sp, sqlerr.New(sqlerr.TruncateForNonManagedTable, t.Name)
	}
	if NonNative(t) {
		return nil, sp, sqlerr.CodedSemanticf(sqlerr.TruncateForNonNativeTable, "%s", sqlerr.Text(sqlerr.TruncateForNonNativeTable, t.Name))
	}
	if s.Target.Partition != nil {
		if !t.IsPartitioned() {
			return nil, sp, sqlerr.New(sqlerr.PartspecForNonPartitionedTable, t.Name)
		}
		if sp, err = env.spec(ctx, t, s.Target.Partition, false); err != nil {
			return nil, sp, err
		}
		parts, err := env.Store.PartitionNames(ctx, t.Database, t.Name, metastore.PartitionQuery{Filter: sp.filter(t), Limit: 1})
		if err != nil {
			return nil, sp, err
		}
		if _, full := sp.values(t); full && len(parts) == 0 {
			return nil, sp, sqlerr.New(sqlerr.InvalidPartition, sp.String())
		}
	}
	return t, sp, nil
}

// CheckTruncateColumns checks TRUNCATE TABLE … COLUMNS, which the query driver carries out. It returns the table, the
// partition, nil for a table without partitions, and the indexes of the columns.
func (env *Env) CheckTruncateColumns(ctx context.Context, s *ast.TruncateTable) (*model.Table, *model.Partition, []int, error) {
	t, sp, err := env.truncated(ctx, s)
	if err != nil {
		return nil, nil, nil, err
	}
	refuse := func(code sqlerr.Code, reason string) error {
		return sqlerr.Semanticf("org.apache.hadoop.hive.ql.parse.SemanticException: %s%s", sqlerr.Text(code), reason)
	}
	sd := t.Storage
	var p *model.Partition
	if t.IsPartitioned() {
		if s.Target.Partition == nil {
			return nil, nil, nil, sqlerr.Semanticf("org.apache.hadoop.hive.ql.metadata.Table$ValidationFailureSemanticException: "+
				"%s.%s table is partitioned but partition spec is not specified", t.Database, t.Name)
		}
		if p, err = env.partition(ctx, t, sp); err != nil {
			return nil, nil, nil, err
		}
		if p.Storage != nil {
			sd = p.Storage
		}
	}
	if sd.InputFormat != storage.RCFileInputFormat {
		return nil, nil, nil, refuse(sqlerr.TruncateColumnNotRc, "")
	}
	var columns []int
	for _, c := range s.Columns {
		i := slices.IndexFunc(sd.Columns, func(k model.Column) bool { return strings.EqualFold(k.Name, c.Name) })
		is := func(name string) bool { return strings.EqualFold(name, c.Name) }
		switch {
		case i < 0:
			return nil, nil, nil, refuse(sqlerr.InvalidColumn, " "+c.Name)
		case slices.ContainsFunc(sd.BucketColumns, is):
			return nil, nil, nil, refuse(sqlerr.TruncateBucketedColumn, " "+c.Name)
		case sd.StoredAsSubDirectories && slices.ContainsFunc(sd.Skew.Columns, is):
			return nil, nil, nil, refuse(sqlerr.TruncateListBucketedColumn, " "+c.Name)
		}
		columns = append(columns, i)
	}
	return t, p, columns, nil
}

// empty removes the files of a table or of the partitions that sp selects, and makes their statistics those of no rows.
func (env *Env) empty(ctx context.Context, t *model.Table, sp spec) error {
	temporary := env.Session.TemporaryTable(t.Database, t.Name) != nil
	var c warehouse.Change
	var parts []*model.Partition
	if t.IsPartitioned() {
		var err error
		if parts, err = env.Store.Partitions(ctx, t.Database, t.Name, metastore.PartitionQuery{Filter: sp.filter(t)}); err != nil || len(parts) == 0 {
			return err
		}
		for _, p := range parts {
			c.Targets = append(c.Targets, warehouse.Target{Location: p.Location, Overwrite: true})
		}
	} else {
		c.Targets = []warehouse.Target{{Location: t.Location, Overwrite: true}}
	}
	c.Catalog = func(ctx context.Context, tx metastore.Tx, _ []warehouse.Contents) error {
		note := func(params map[string]string) error {
			delete(params, model.ParamLastDDLTime)
			return stats.Replace(params, stats.Files{}, stats.Rows{}, nil)
		}
		switch {
		case temporary:
			n := t.Clone()
			if err := note(n.Parameters); err != nil {
				return err
			}
			env.Session.PutTemporaryTable(n)
			return nil
		case !t.IsPartitioned():
			n, err := tx.Table(ctx, t.Database, t.Name)
			if err != nil {
				return err
			}
			if err := note(n.Parameters); err != nil {
				return err
			}
			if err := tx.AlterTable(ctx, t.Database, t.Name, n); err != nil {
				return err
			}
			return tx.DeleteColumnStatistics(ctx, t.Database, t.Name, "")
		}
		for _, p := range parts {
			if p.Parameters == nil {
				p.Parameters = map[string]string{}
			}
			if err := note(p.Parameters); err != nil {
				return err
			}
			if err := tx.DeleteColumnStatistics(ctx, t.Database, t.Name, partitionName(t, p)); err != nil {
				return err
			}
		}
		return tx.AlterPartitions(ctx, t.Database, t.Name, parts)
	}
	var err error
	if c.Staging, err = env.Warehouse.Stage(ctx, t.Location); err != nil {
		return err
	}
	return env.Warehouse.Commit(ctx, c)
}

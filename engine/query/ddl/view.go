package ddl

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"skep/dialect/analyzer"
	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/dialect/storage"
	"skep/metastore"
	"skep/metastore/model"
)

// CreateView prepares CREATE VIEW of an analysed query: its text as written, the text with resolved names, its columns.
func (env *Env) CreateView(ctx context.Context, s *ast.CreateView, original, expanded string, columns []model.Column) (*Task, error) {
	if s.IfNotExists && s.OrReplace {
		return nil, sqlerr.Semanticf("Can't combine IF NOT EXISTS and OR REPLACE.")
	}
	db, name := env.tableName(s.Name)
	if _, err := env.database(ctx, db); err != nil {
		return nil, err
	}
	old, err := env.Store.Table(ctx, db, name)
	if err != nil && model.KindOf(err) != model.NoSuchObject {
		return nil, err
	}
	if err == nil {
		switch {
		case s.IfNotExists:
			return done(func(context.Context) error { return nil }), nil
		case !s.OrReplace:
			return nil, env.taken(db, name)
		case old.Type == model.MaterializedView:
			return nil, sqlerr.New(sqlerr.ReplaceMaterializedWithView, name)
		case !old.IsView():
			return nil, sqlerr.CodedSemanticf(sqlerr.ExistingTableIsNotView, "%s The following is an existing table, not a view: %s.%s",
				sqlerr.Text(sqlerr.ExistingTableIsNotView), db, name)
		}
	} else {
		old = nil
	}
	if len(s.PartitionTransforms) > 0 {
		return nil, sqlerr.Semanticf("PARTITIONED ON SPEC is not supported for views")
	}
	keys, err := viewKeys(s, &columns)
	if err != nil {
		return nil, analyzer.ViewRefused(env.Session.Conf(), err)
	}
	if old != nil && old.IsPartitioned() && !slices.Equal(old.PartitionKeys, keys) {
		names, err := env.Store.PartitionNames(ctx, db, name, metastore.PartitionQuery{Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(names) > 0 {
			return nil, sqlerr.CodedSemanticf(sqlerr.ReplaceViewWithPartition, "%s The following view has partition, it could not be replaced: %s.%s",
				sqlerr.Text(sqlerr.ReplaceViewWithPartition), db, name)
		}
	}
	sd := &model.StorageDescriptor{
		Columns: columns, InputFormat: storage.TextInputFormat, OutputFormat: storage.TextOutputFormat, NumBuckets: -1,
	}
	v := &model.Table{
		Database: db, Name: name, Type: model.VirtualView, Owner: env.Session.UserName(), OwnerType: "USER", CreateTime: env.Now.Unix(),
		Storage: sd, PartitionKeys: keys, Parameters: properties(s.Properties), ViewOriginalText: original, ViewExpandedText: expanded,
	}
	if s.Comment != nil {
		v.Parameters[model.ParamComment] = s.Comment.Value
	}
	v.Parameters[model.ParamBucketingVersion] = "2"
	v.Parameters[model.ParamLastDDLTime] = strconv.FormatInt(env.Now.Unix(), 10)
	return done(func(ctx context.Context) error {
		if c := repeated(sd.Columns); c != "" {
			return env.failed(errors.New("org.apache.hadoop.hive.ql.metadata.HiveException: Duplicate column name " + c + " in the table definition."))
		}
		return env.update(ctx, func(tx metastore.Tx) error {
			switch {
			case old == nil:
				return tx.CreateTable(ctx, v)
			case slices.Equal(old.PartitionKeys, keys):
				return tx.AlterTable(ctx, db, name, v)
			}
			if err := tx.DropTable(ctx, db, name); err != nil {
				return err
			}
			return tx.CreateTable(ctx, v)
		})
	}), nil
}

// repeated returns a name that two of the columns have, "" when there is none.
func repeated(columns []model.Column) string {
	seen := map[string]bool{}
	for _, c := range columns {
		if seen[c.Name] {
			return c.Name
		}
		seen[c.Name] = true
	}
	return ""
}

// viewKeys takes the columns of PARTITIONED ON, which must be the last, from columns.
func viewKeys(s *ast.CreateView, columns *[]model.Column) ([]model.Column, error) {
	n := len(s.PartitionedOn)
	if n == 0 {
		return nil, nil
	}
	if n > len(*columns) {
		return nil, sqlerr.New(sqlerr.ViewPartitionMismatch)
	}
	keys := (*columns)[len(*columns)-n:]
	for i, k := range s.PartitionedOn {
		if strings.ToLower(k.Name) != keys[i].Name {
			return nil, sqlerr.New(sqlerr.ViewPartitionMismatch)
		}
	}
	if n == len(*columns) {
		return nil, sqlerr.New(sqlerr.ViewPartitionTotal)
	}
	*columns = (*columns)[:len(*columns)-n]
	return keys, nil
}

// taken is the failure of a task that finds the name of its new table or view in use.
func (env *Env) taken(db, name string) error {
	e := *sqlerr.Execution(env.codeOf(sqlerr.TableAlreadyExists), env.taskClass(), sqlerr.Text(sqlerr.TableAlreadyExists, db+"."+name))
	e.SQLState = "08S01" // Hive finds the code by the text alone
	return &e
}

// AlterViewQuery prepares ALTER VIEW … AS of an analysed query.
func (env *Env) AlterViewQuery(ctx context.Context, name *ast.TableName, original, expanded string, columns []model.Column) (*Task, error) {
	t, err := env.table(ctx, name)
	if sqlerr.CodeOf(err) == sqlerr.InvalidTable {
		db, view := env.tableName(name)
		return nil, sqlerr.CodedSemanticf(sqlerr.AlterViewAsSelectNotExist, "%s The following view does not exist: %s.%s",
			sqlerr.Text(sqlerr.AlterViewAsSelectNotExist), db, view)
	}
	if err != nil {
		return nil, err
	}
	if !t.IsView() {
		return nil, sqlerr.CodedSemanticf(sqlerr.ExistingTableIsNotView, "%s The following is an existing table, not a view: %s.%s",
			sqlerr.Text(sqlerr.ExistingTableIsNotView), t.Database, t.Name)
	}
	a := &alteration{env: env, t: t, table: name}
	return a.own(func(v *model.Table) error {
		v.Storage.Columns, v.ViewOriginalText, v.ViewExpandedText = columns, original, expanded
		return nil
	}), nil
}

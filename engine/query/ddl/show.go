package ddl

import (
	"context"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/metastore"
	"skep/metastore/model"
)

func (env *Env) show(ctx context.Context, s *ast.Show) (*Task, error) {
	switch s.Kind {
	case ast.ShowDatabases:
		return lines("database_name", func(ctx context.Context) ([]string, error) {
			list, err := env.Store.Databases(ctx, env.pattern(s.Pattern))
			var names []string
			for _, d := range list {
				names = append(names, d.Name)
			}
			return names, err
		}), nil
	case ast.ShowTables:
		return env.showTables(ctx, s)
	case ast.ShowViews:
		return env.showTables(ctx, s, model.VirtualView)
	case ast.ShowMaterializedViews:
		return env.showTables(ctx, s, model.MaterializedView)
	case ast.ShowPartitions:
		return env.showPartitions(ctx, s)
	}
	return nil, sqlerr.Semanticf("SHOW %s is not supported yet", s.Kind)
}

// lines is a task with one string column.
func lines(column string, run func(ctx context.Context) ([]string, error)) *Task {
	return &Task{Columns: []string{column}, Run: func(ctx context.Context) ([][]*string, error) {
		list, err := run(ctx)
		if err != nil {
			return nil, err
		}
		rows := make([][]*string, len(list))
		for i := range list {
			rows[i] = []*string{&list[i]}
		}
		return rows, nil
	}}
}

// pattern gives the match of a SHOW pattern: Hive 3's a*|b, Hive 4's % and _ as well.
func (env *Env) pattern(p *ast.ShowPattern) func(string) bool {
	if p == nil {
		return nil
	}
	text := p.Text
	if env.Session.Conf().HiveVersion() != "3.1" {
		text = strings.ReplaceAll(text, "%", "*")
	}
	return model.NamePattern(text)
}

func (env *Env) showDatabase(ctx context.Context, s *ast.Show) (string, error) {
	if s.Database == nil {
		return env.Session.Database(), nil
	}
	d, err := env.database(ctx, s.Database.Name)
	if err != nil {
		return "", err
	}
	return d.Name, nil
}

func (env *Env) showTables(ctx context.Context, s *ast.Show, kinds ...model.TableType) (*Task, error) {
	db, err := env.showDatabase(ctx, s)
	if err != nil {
		return nil, err
	}
	return lines("tab_name", func(ctx context.Context) ([]string, error) {
		match := env.pattern(s.Pattern)
		names, err := env.Store.TableNames(ctx, db, match, kinds...)
		if err != nil {
			return nil, env.failed(err)
		}
		for _, t := range env.Session.TemporaryTables(db) {
			if len(kinds) == 0 && (match == nil || match(t.Name)) && !slices.Contains(names, t.Name) {
				names = append(names, t.Name)
			}
		}
		slices.Sort(names)
		return names, nil
	}), nil
}

func (env *Env) showPartitions(ctx context.Context, s *ast.Show) (*Task, error) {
	t, err := env.table(ctx, s.Table)
	if err != nil {
		return nil, err
	}
	if !t.IsPartitioned() {
		return nil, sqlerr.Execution(env.returnCode(), env.taskClass(), "Table "+t.Name+" is not a partitioned table")
	}
	return lines("partition", func(ctx context.Context) ([]string, error) {
		names, err := env.Store.PartitionNames(ctx, t.Database, t.Name, metastore.PartitionQuery{})
		return names, env.failed(err)
	}), nil
}

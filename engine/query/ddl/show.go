package ddl

import (
	"context"
	"maps"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/function"
	"skep/dialect/javaregex"
	"skep/dialect/sqlerr"
	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/partition"
)

func (env *Env) show(ctx context.Context, s *ast.Show) (*Task, error) {
	switch s.Kind {
	case ast.ShowDatabases:
		list := func(ctx context.Context) ([]string, error) {
			list, err := env.Store.Databases(ctx, env.pattern(s.Pattern))
			var names []string
			for _, d := range list {
				names = append(names, d.Name)
			}
			return names, err
		}
		if env.asJSON() {
			return env.jsonTask([]string{"database_name"}, func(ctx context.Context) (any, error) {
				names, err := list(ctx)
				return object{{"databases", listOf(names)}}, err
			}), nil
		}
		return lines("database_name", list), nil
	case ast.ShowTables:
		return env.showTables(ctx, s)
	case ast.ShowViews:
		return env.showTables(ctx, s, model.VirtualView)
	case ast.ShowMaterializedViews:
		return env.showMaterializedViews(ctx, s)
	case ast.ShowPartitions:
		return env.showPartitions(ctx, s)
	case ast.ShowColumns:
		return env.showColumns(ctx, s)
	case ast.ShowFunctions:
		return env.showFunctions(s)
	case ast.ShowCreateTable:
		return env.showCreateTable(ctx, s)
	case ast.ShowCreateDatabase:
		return env.showCreateDatabase(ctx, s)
	case ast.ShowTblProperties:
		return env.showProperties(ctx, s)
	case ast.ShowTableExtended:
		return env.showTableStatus(ctx, s)
	}
	return env.showServer(ctx, s)
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

// pattern gives the match of a SHOW pattern: in Hive 3 a*|b, in Hive 4 that of LIKE.
func (env *Env) pattern(p *ast.ShowPattern) func(string) bool {
	switch {
	case p == nil:
		return nil
	case env.is31():
		return model.NamePattern(p.Text)
	}
	return model.LikePattern(p.Text)
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
	if s.WhereColumn != nil {
		if !strings.EqualFold(s.WhereColumn.Name, "table_type") {
			return nil, sqlerr.Semanticf("SHOW TABLES statement only allows equality filter on table_type value")
		}
		kind := model.TableType(s.WhereValue.Value)
		switch kind {
		case model.ManagedTable, model.ExternalTable, model.VirtualView, model.MaterializedView:
		default:
			return nil, sqlerr.Plain(sqlerr.IllegalArgumentException, "No enum constant org.apache.hadoop.hive.metastore.TableType."+string(kind))
		}
		kinds = []model.TableType{kind}
	}
	columns := []string{"tab_name"}
	if env.asJSON() && !s.Extended {
		return env.jsonTask(columns, func(ctx context.Context) (any, error) {
			tables, err := env.tableTypes(ctx, db, env.pattern(s.Pattern), kinds)
			return object{{"tables", listOf(slices.Sorted(maps.Keys(tables)))}}, env.failed(err)
		}), nil
	}
	if s.Extended {
		columns = append(columns, "table_type")
	}
	return &Task{Columns: columns, Run: func(ctx context.Context) ([][]*string, error) {
		tables, err := env.tableTypes(ctx, db, env.pattern(s.Pattern), kinds)
		if err != nil {
			return nil, env.failed(err)
		}
		var rows [][]*string
		if s.Extended && env.is31() && len(tables) > 0 {
			head, kind := "# Table Name", "Table Type"
			rows = append(rows, []*string{&head, &kind})
		}
		for _, name := range slices.Sorted(maps.Keys(tables)) {
			row := []*string{&name}
			if s.Extended {
				kind := string(tables[name])
				row = append(row, &kind)
			}
			rows = append(rows, row)
		}
		return rows, nil
	}}, nil
}

// tableTypes lists the tables of a database that match, temporary ones included, with their types.
func (env *Env) tableTypes(ctx context.Context, db string, match func(string) bool, kinds []model.TableType) (map[string]model.TableType, error) {
	out := map[string]model.TableType{}
	add := func(t *model.Table) error {
		if len(kinds) == 0 || slices.Contains(kinds, t.Type) {
			out[t.Name] = t.Type
		}
		return nil
	}
	q := metastore.TableQuery{MatchDatabase: func(n string) bool { return n == db }, MatchTable: match, Types: kinds}
	if err := env.Store.ScanTables(ctx, q, add); err != nil {
		return nil, err
	}
	system, err := env.Session.SystemTables(ctx, db)
	if err != nil {
		return nil, err
	}
	for _, t := range append(system, env.Session.TemporaryTables(db)...) {
		if match == nil || match(t.Name) {
			if err := add(t); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (env *Env) showColumns(ctx context.Context, s *ast.Show) (*Task, error) {
	name := *s.Table
	if s.Database != nil {
		if name.DB != nil {
			return nil, sqlerr.Semanticf("Duplicates declaration for database name")
		}
		name.DB = s.Database
	}
	t, err := env.table(ctx, &name)
	if err != nil {
		return nil, err
	}
	column := "field"
	if env.is31() {
		column = "Field"
	}
	var match *javaregex.Pattern
	if s.Pattern != nil {
		if match, err = javaregex.CompileWhole(strings.ReplaceAll(strings.ToLower(s.Pattern.Text), "*", ".*"), 0); err != nil {
			return nil, env.failed(err)
		}
	}
	return lines(column, func(context.Context) ([]string, error) {
		var names []string
		for _, c := range append(slices.Clone(t.Storage.Columns), t.PartitionKeys...) {
			if match != nil {
				if ok, err := match.Match([]byte(c.Name)); err != nil {
					return nil, err
				} else if !ok {
					continue
				}
			}
			names = append(names, c.Name)
		}
		if s.Sorted || env.is31() {
			slices.Sort(names)
		}
		return names, nil
	}), nil
}

func (env *Env) showFunctions(s *ast.Show) (*Task, error) {
	var match func(string) bool
	switch {
	case s.Pattern == nil:
		match = func(string) bool { return true }
	case env.is31() && !s.Pattern.Like: // a regular expression
		re, err := javaregex.CompileWhole(s.Pattern.Text, 0)
		if err != nil {
			return nil, env.failed(err)
		}
		match = func(name string) bool {
			ok, err := re.Match([]byte(name))
			return ok && err == nil
		}
	default: // several patterns may stand between |
		var patterns []func(string) bool
		for p := range strings.SplitSeq(s.Pattern.Text, "|") {
			patterns = append(patterns, env.pattern(&ast.ShowPattern{Text: p, Like: s.Pattern.Like}))
		}
		match = func(name string) bool {
			return slices.ContainsFunc(patterns, func(p func(string) bool) bool { return p(name) })
		}
	}
	return lines("tab_name", func(ctx context.Context) ([]string, error) {
		names := map[string]bool{}
		for _, n := range function.Names() {
			_, names[n] = function.Known(n, env.is31())
		}
		dbs, err := env.Store.Databases(ctx, nil)
		if err != nil {
			return nil, env.failed(err)
		}
		for _, d := range dbs {
			list, err := env.Store.Functions(ctx, d.Name, nil)
			if err != nil {
				return nil, env.failed(err)
			}
			for _, f := range list {
				names[f.Database+"."+f.Name] = true
			}
		}
		for _, n := range append(env.Session.MacroNames(), env.Session.FunctionNames()...) {
			names[n] = true
		}
		var out []string
		for _, n := range slices.Sorted(maps.Keys(names)) {
			if names[n] && match(n) {
				out = append(out, n)
			}
		}
		return out, nil
	}), nil
}

func (env *Env) showProperties(ctx context.Context, s *ast.Show) (*Task, error) {
	t, err := env.qualifiedTable(ctx, s.Table)
	if err != nil {
		return nil, err
	}
	return reporting([]string{"prpt_name", "prpt_value"}, func(_ context.Context, r *report) error {
		params := visible(t.Parameters)
		if s.Key != nil {
			v, ok := params[s.Key.Value]
			if !ok {
				r.line("Table " + t.Database + "." + t.Name + " does not have property: " + s.Key.Value)
				return nil
			}
			r.line(s.Key.Value + "\t" + v)
			return nil
		}
		for _, k := range slices.Sorted(maps.Keys(params)) {
			r.line(k + "\t" + params[k])
		}
		return nil
	}), nil
}

func (env *Env) showPartitions(ctx context.Context, s *ast.Show) (*Task, error) {
	t, err := env.table(ctx, s.Table)
	if err != nil {
		return nil, err
	}
	if !t.IsPartitioned() {
		return nil, env.execution(sqlerr.TableNotPartitioned, sqlerr.Text(sqlerr.TableNotPartitioned, t.Name))
	}
	var q metastore.PartitionQuery
	if s.Partition != nil {
		sp, err := env.spec(ctx, t, s.Partition, false)
		if err != nil {
			return nil, err
		}
		q.Filter = sp.filter(t)
	}
	names := func(ctx context.Context) ([]string, error) {
		list, err := env.Store.PartitionNames(ctx, t.Database, t.Name, q)
		if env.Session.Conf().Bool("hive.decode.partition.name") {
			for i := range list {
				list[i] = partition.Unescape(list[i])
			}
		}
		return list, env.failed(err)
	}
	if s.Where != nil || len(s.OrderBy) > 0 || s.Limit != nil {
		if names, err = env.selectPartitions(ctx, t, s, q); err != nil {
			return nil, err
		}
	}
	if env.asJSON() {
		return env.jsonTask([]string{"partition"}, func(ctx context.Context) (any, error) {
			list, err := names(ctx)
			if err != nil {
				return nil, err
			}
			parts, err := jsonPartitions(list)
			return object{{"partitions", parts}}, err
		}), nil
	}
	return lines("partition", names), nil
}

package ddl

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/partition"
	"skep/metastore/stats"
	"skep/metastore/warehouse"
)

func (a *alteration) addPartitions(ctx context.Context, x *ast.AlterAddPartitions) (*Task, error) {
	env, t := a.env, a.t
	var parts []*model.Partition
	seen := map[string]bool{}
	for _, p := range x.Partitions {
		s, err := env.spec(ctx, t, p.Spec, true)
		if err != nil {
			return nil, err
		}
		if err := env.reserved(s); err != nil {
			return nil, err
		}
		if err := env.allowed(s); err != nil {
			return nil, env.failed(fmt.Errorf("MetaException(message:%w)", err))
		}
		values, ok := s.values(t)
		if !ok || slices.Contains(values, "") {
			return nil, env.failed(errors.New("partition spec is invalid; field " + missingKey(t, s) + " does not exist or is empty"))
		}
		m := &model.Partition{Values: values, Parameters: env.inherited(t)}
		if !t.IsView() {
			if m.Location = warehouse.PartitionLocation(t, values); p.Location != nil {
				if m.Location = p.Location.Value; !strings.HasPrefix(m.Location, "/") && !strings.Contains(m.Location, ":") {
					m.Location = strings.TrimSuffix(t.Location, "/") + "/" + m.Location
				}
				m.Location = absolute(m.Location)
			}
		}
		if name := partition.Name(keyNames(t), values); seen[name] {
			if !x.IfNotExists {
				return nil, env.failed(errors.New("MetaException(message:Duplicate partitions in the list: " + partitionText(t, m) + ")"))
			}
		} else {
			seen[name] = true
			parts = append(parts, m)
		}
	}
	return done(func(ctx context.Context) error { return env.addPartitions(ctx, t, parts, x.IfNotExists) }), nil
}

// inherited are the table's properties that new partitions get: those that hive.metastore.partition.inherit.table.properties
// names, or all.
func (env *Env) inherited(t *model.Table) map[string]string {
	params := map[string]string{}
	for name := range strings.SplitSeq(env.Session.Conf().Get("hive.metastore.partition.inherit.table.properties"), ",") {
		name = strings.TrimSpace(name)
		for k, v := range t.Parameters {
			if k != model.ParamLastDDLTime && (name == "*" || name == k) {
				params[k] = v
			}
		}
	}
	return params
}

// missingKey names the first key without a value.
func missingKey(t *model.Table, s spec) string {
	for _, k := range t.PartitionKeys {
		if !slices.ContainsFunc(s, func(v specValue) bool {
			return v.key == k.Name && v.given && v.value != ""
		}) {
			return k.Name
		}
	}
	return ""
}

// addPartitions makes the directories of new partitions and their entries in the catalog.
func (env *Env) addPartitions(ctx context.Context, t *model.Table, parts []*model.Partition, ifNotExists bool) error {
	for _, p := range parts {
		_, err := env.Store.Partition(ctx, t.Database, t.Name, p.Values)
		switch {
		case err == nil && ifNotExists:
			continue
		case err == nil:
			return env.failed(errors.New("AlreadyExistsException(message:Partition already exists: " + partitionText(t, p) + ")"))
		case model.KindOf(err) != model.NoSuchObject:
			return env.failed(err)
		}
		if p.Location == "" { // of a view
			if err := env.firstStatistics(ctx, t, "", p.Parameters, true, true); err != nil {
				return env.failed(err)
			}
			continue
		}
		made, err := env.makeDir(ctx, p.Location)
		if err != nil {
			return env.failed(err)
		}
		own := p.Location == warehouse.PartitionLocation(t, p.Values)
		if err := env.firstStatistics(ctx, t, p.Location, p.Parameters, made, own); err != nil {
			return env.failed(err)
		}
	}
	return env.update(ctx, func(tx metastore.Tx) error {
		_, err := tx.AddPartitions(ctx, t.Database, t.Name, parts, ifNotExists)
		return err
	})
}

// makeDir makes the directory of a new table or partition; made is false when it was there already.
func (env *Env) makeDir(ctx context.Context, dir string) (made bool, err error) {
	if _, err := env.Files.Stat(ctx, dir); err == nil {
		return false, nil
	} else if !isMissing(err) {
		return false, err
	}
	return true, env.Files.MkdirAll(ctx, dir)
}

// firstStatistics notes what is known of a new table or partition. Of one that is empty, in its own place, everything is known;
// of a directory that was there before, the number and size of the files; else nothing.
func (env *Env) firstStatistics(ctx context.Context, t *model.Table, location string, params map[string]string, made, own bool) error {
	if !env.Session.Conf().Bool("hive.stats.autogather") || made && !own {
		return nil
	}
	var f stats.Files
	if location != "" {
		var err error
		if f, err = env.listFiles(ctx, location); err != nil {
			return err
		}
	}
	if !own || f.Files > 0 {
		stats.FilesOnly(params, f)
		return nil
	}
	var names []string
	for _, c := range t.Storage.Columns {
		names = append(names, c.Name)
	}
	return stats.Replace(params, f, stats.Rows{}, names)
}

// listFiles counts the visible files of a directory and those below it.
func (env *Env) listFiles(ctx context.Context, dir string) (stats.Files, error) {
	var f stats.Files
	entries, err := env.Files.List(ctx, dir)
	if err != nil {
		if isMissing(err) {
			return f, nil
		}
		return f, err
	}
	for _, e := range entries {
		switch {
		case warehouse.IsHidden(e.Name()):
		case e.IsDir():
			below, err := env.listFiles(ctx, path.Join(dir, e.Name()))
			if err != nil {
				return f, err
			}
			f.Files, f.Bytes = f.Files+below.Files, f.Bytes+below.Bytes
		default:
			f.Files, f.Bytes = f.Files+1, f.Bytes+e.Size()
		}
	}
	return f, nil
}

func (a *alteration) dropPartitions(ctx context.Context, x *ast.AlterDropPartitions) (*Task, error) {
	env, t := a.env, a.t
	var filters partition.Or
	for _, p := range x.Partitions {
		f, err := env.comparisons(ctx, t, p)
		if err != nil {
			return nil, err
		}
		if !x.IfExists && !env.Session.Conf().Bool("hive.exec.drop.ignorenonexistent") {
			names, err := env.Store.PartitionNames(ctx, t.Database, t.Name, metastore.PartitionQuery{Filter: f, Limit: 1})
			if err != nil {
				return nil, env.failed(err)
			}
			if len(names) == 0 {
				return nil, sqlerr.New(sqlerr.InvalidPartition, specText(p))
			}
		}
		filters = append(filters, f)
	}
	return done(func(ctx context.Context) error { return env.dropPartitions(ctx, t, filters) }), nil
}

// specText is a PARTITION clause with comparisons as messages show it.
func specText(p *ast.PartitionSpec) string {
	var parts []string
	for _, v := range p.Values {
		parts = append(parts, strings.ToLower(v.Name.Name)+" "+v.Op+" "+v.Value.Position().Token)
	}
	return "(" + strings.Join(parts, " and ") + ")"
}

// comparisons translates the PARTITION clause of DROP, whose values may be compared by any operator.
func (env *Env) comparisons(ctx context.Context, t *model.Table, p *ast.PartitionSpec) (partition.Filter, error) {
	var and partition.And
	for _, v := range p.Values {
		name := strings.ToLower(v.Name.Name)
		key := keyOf(t, name)
		if key == nil {
			return nil, sqlerr.Semanticf("Column %s is not a partition key", name)
		}
		if v.Value == nil {
			return nil, sqlerr.Semanticf("partition spec is invalid; field %s does not exist or is empty", name)
		}
		f, err := env.comparison(ctx, t, key, v.Op, v.Value)
		if err != nil {
			return nil, err
		}
		and = append(and, f)
	}
	return and, nil
}

var comparisonOps = map[string]partition.Op{
	"=": partition.Equal, "<>": partition.NotEqual, "!=": partition.NotEqual, "<": partition.Less, "<=": partition.LessEqual,
	">": partition.Greater, ">=": partition.GreaterEqual,
}

// dropPartitions drops what filter selects, with the files of managed tables.
func (env *Env) dropPartitions(ctx context.Context, t *model.Table, filter partition.Filter) error {
	parts, err := env.Store.Partitions(ctx, t.Database, t.Name, metastore.PartitionQuery{Filter: filter, WithoutParameters: true})
	if err != nil {
		return env.failed(err)
	}
	return env.removePartitions(ctx, t, parts)
}

// removePartitions drops partitions, with the files of managed tables.
func (env *Env) removePartitions(ctx context.Context, t *model.Table, parts []*model.Partition) error {
	if len(parts) == 0 {
		return nil
	}
	var names, paths, prune []string
	pruned := map[string]bool{}
	for _, p := range parts {
		names = append(names, partition.Name(keyNames(t), p.Values))
		if !env.ownsFiles(t) || p.Location == "" {
			continue
		}
		paths = append(paths, p.Location)
		for dir := path.Dir(p.Location); strings.HasPrefix(dir, t.Location+"/"); dir = path.Dir(dir) {
			if !pruned[dir] {
				pruned[dir] = true
				prune = append(prune, dir)
			}
		}
	}
	// the innermost directories first
	slices.SortStableFunc(prune, func(a, b string) int { return strings.Count(b, "/") - strings.Count(a, "/") })
	return env.failed(env.Warehouse.Remove(ctx, paths, prune, func(ctx context.Context, tx metastore.Tx) error {
		return tx.DropPartitions(ctx, t.Database, t.Name, names)
	}))
}

// ownsFiles reports whether dropping the table drops its files.
func (env *Env) ownsFiles(t *model.Table) bool {
	switch t.Type {
	case model.ManagedTable, model.MaterializedView:
		return true
	case model.ExternalTable:
		return strings.EqualFold(t.Parameters[purgeProperty], "true")
	}
	return false
}

func (a *alteration) renamePartition(ctx context.Context, from, to *ast.PartitionSpec) (*Task, error) {
	env, t := a.env, a.t
	oldValues, err := env.asWritten(ctx, t, from)
	if err != nil {
		return nil, err
	}
	if oldValues == nil {
		old, err := env.spec(ctx, t, from, true)
		if e, ok := sqlerr.As(err); ok && e.Kind == validationFailure && !env.is31() {
			return nil, sqlerr.Semanticf("%s", e.Msg) // the clause is analysed with the table's name
		}
		if err != nil {
			return nil, err
		}
		oldValues, _ = old.values(t)
	}
	s, err := env.spec(ctx, t, to, true)
	if err != nil {
		return nil, err
	}
	if err := env.reserved(s); err != nil {
		return nil, err
	}
	if err := env.allowed(s); err != nil {
		return nil, env.failed(fmt.Errorf("Unable to rename partition. %w", err))
	}
	values, ok := s.values(t)
	if !ok {
		return nil, env.failed(errors.New("partition spec is invalid; field " + missingKey(t, s) + " does not exist or is empty"))
	}
	return done(func(ctx context.Context) error {
		p, err := env.Store.Partition(ctx, t.Database, t.Name, oldValues)
		if model.KindOf(err) == model.NoSuchObject {
			return env.failed(fmt.Errorf("Rename partition: source partition [%s] does not exist.", partition.Name(keyNames(t), oldValues)))
		}
		if err != nil {
			return env.failed(err)
		}
		if _, err := env.Store.Partition(ctx, t.Database, t.Name, values); err == nil {
			return env.failed(fmt.Errorf("Unable to rename partition. Partition already exists:%s.%s.[%s]", t.Database, t.Name, strings.Join(values, ", ")))
		}
		var moves []warehouse.Move
		source := p.Location
		if env.ownsFiles(t) && source == warehouse.PartitionLocation(t, oldValues) {
			p.Location = warehouse.PartitionLocation(t, values)
			moves = append(moves, warehouse.Move{From: source, To: p.Location})
		}
		p.Values = values
		delete(p.Parameters, model.ParamLastDDLTime) // set anew; who renamed it is not noted
		return env.failed(env.Warehouse.Rename(ctx, moves, func(ctx context.Context, tx metastore.Tx) error {
			return tx.RenamePartition(ctx, t.Database, t.Name, oldValues, p)
		}))
	}), nil
}

// asWritten gives the values of a partition that a clause names by literals as they are written, for so a rename takes them in Hive;
// nil when there is none.
func (env *Env) asWritten(ctx context.Context, t *model.Table, p *ast.PartitionSpec) ([]string, error) {
	var raw spec
	for _, v := range p.Values {
		l, ok := v.Value.(*ast.Literal)
		if !ok || l.Kind == ast.LitNull {
			return nil, nil
		}
		raw = append(raw, specValue{key: strings.ToLower(v.Name.Name), given: true, value: l.Raw()})
	}
	values, ok := raw.values(t)
	if !ok {
		return nil, nil
	}
	_, err := env.Store.Partition(ctx, t.Database, t.Name, values)
	switch {
	case model.KindOf(err) == model.NoSuchObject:
		return nil, nil
	case err != nil:
		return nil, env.failed(err)
	}
	return values, nil
}

// exchange moves partitions of another table into this one.
func (a *alteration) exchange(ctx context.Context, x *ast.AlterExchangePartition) (*Task, error) {
	env, to := a.env, a.t
	from, err := env.table(ctx, x.Table)
	if err != nil {
		return nil, err
	}
	if strings.EqualFold(from.Parameters["transactional"], "true") || strings.EqualFold(to.Parameters["transactional"], "true") {
		return nil, sqlerr.New(sqlerr.ExchangePartitionNotAllowedWithTransactionalTables)
	}
	s, err := env.spec(ctx, from, x.Spec, false)
	if err != nil {
		return nil, err
	}
	same := func(c, d model.Column) bool { return c.Name == d.Name && c.Type == d.Type }
	if !slices.EqualFunc(from.Storage.Columns, to.Storage.Columns, same) || !slices.EqualFunc(from.PartitionKeys, to.PartitionKeys, same) {
		return nil, sqlerr.New(sqlerr.TablesIncompatibleSchemas)
	}
	parts, err := env.partitions(ctx, from, s)
	if err != nil {
		return nil, err
	}
	for i, k := range from.PartitionKeys {
		if i < len(s) && !slices.ContainsFunc(s, func(v specValue) bool { return v.key == k.Name }) {
			return nil, sqlerr.New(sqlerr.PartitionValueNotContinuous, s.String())
		}
	}
	for _, p := range parts {
		if _, err := env.Store.Partition(ctx, to.Database, to.Name, p.Values); err == nil {
			return nil, sqlerr.New(sqlerr.PartitionExists, partition.Name(keyNames(to), p.Values))
		}
	}
	return done(func(ctx context.Context) error {
		var names, locations []string
		var moves []warehouse.Move
		for _, p := range parts {
			names = append(names, partition.Name(keyNames(from), p.Values))
			target := warehouse.PartitionLocation(to, p.Values)
			locations = append(locations, target)
			moves = append(moves, warehouse.Move{From: p.Location, To: target})
		}
		return env.failed(env.Warehouse.Rename(ctx, moves, func(ctx context.Context, tx metastore.Tx) error {
			return tx.ExchangePartitions(ctx, from.Database, from.Name, to.Database, to.Name, names, locations)
		}))
	}), nil
}

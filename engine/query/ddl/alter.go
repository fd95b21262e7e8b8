package ddl

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/stats"
	"skep/metastore/warehouse"
)

// codeOf is the return code of a DDL task that fails with a numbered error; Hive 3.1 had one for all.
func (env *Env) codeOf(code sqlerr.Code) sqlerr.Code {
	if env.is31() {
		return 1
	}
	return code
}

// execution is the error of a DDL task that fails with a numbered error, with the error's SQLSTATE.
func (env *Env) execution(code sqlerr.Code, msg string) error {
	e := *sqlerr.Execution(env.codeOf(code), env.taskClass(), msg)
	e.SQLState = sqlerr.State(code)
	return &e
}

// unable is the failure of a change that the metastore rejects.
func (env *Env) unable(err error) error {
	if _, ok := sqlerr.As(err); ok || err == nil {
		return err
	}
	return sqlerr.Execution(env.codeOf(sqlerr.ReplInvalidAlterTable), env.taskClass(), "Unable to alter table. "+err.Error()).WithCause(err)
}

// notNative is the error of a change that tables of other classes than Hive's own do not take.
func (env *Env) notNative(t *model.Table) error {
	kinds := "[ADDPROPS, DROPPROPS, ADDCOLS, EXECUTE]"
	if env.is31() {
		kinds = "[ADDPROPS, DROPPROPS, ADDCOLS]"
	}
	return sqlerr.CodedSemanticf(sqlerr.AlterTableNonNative, "ALTER TABLE can only be used for %s to a non-native table  %s", kinds, t.Name)
}

func (env *Env) alterTable(ctx context.Context, s *ast.AlterTable) (*Task, error) {
	t, err := env.qualifiedTable(ctx, s.Table)
	if err != nil {
		return nil, err
	}
	if t.IsView() {
		return nil, sqlerr.New(sqlerr.AlterCommandForViews)
	}
	if NonNative(t) {
		switch x := s.Action.(type) {
		case *ast.AlterProperties, *ast.AlterAddConstraint, *ast.AlterDropConstraint, *ast.AlterUpdateStatistics:
		case *ast.AlterAddColumns:
			if x.Replace {
				return nil, env.notNative(t)
			}
		default:
			return nil, env.notNative(t)
		}
	}
	a := &alteration{env: env, t: t, table: s.Table}
	if s.Partition != nil {
		if _, rename := s.Action.(*ast.AlterRenamePartition); !rename {
			if a.spec, err = env.spec(ctx, t, s.Partition, false); err != nil {
				return nil, err
			}
			if a.parts, err = env.partitions(ctx, t, a.spec); err != nil {
				return nil, err
			}
		}
	}
	switch x := s.Action.(type) {
	case *ast.AlterRename:
		return a.rename(ctx, x.To)
	case *ast.AlterRenamePartition:
		return a.renamePartition(ctx, s.Partition, x.To)
	case *ast.AlterAddColumns:
		return a.addColumns(x)
	case *ast.AlterChangeColumn:
		return a.changeColumn(ctx, x)
	case *ast.AlterDropColumn:
		return a.dropColumn(x)
	case *ast.AlterUpdateColumns:
		return nil, env.failed(fmt.Errorf("%s has serde %s for which schema is already handled by HMS.", t.Name, t.Storage.SerDe.Library))
	case *ast.AlterPartitionColumn:
		return a.partitionColumn(x)
	case *ast.AlterAddPartitions:
		return a.addPartitions(ctx, x)
	case *ast.AlterDropPartitions:
		return a.dropPartitions(ctx, x)
	case *ast.AlterExchangePartition:
		return a.exchange(ctx, x)
	case *ast.AlterTouch:
		return a.touch(ctx, x)
	case *ast.AlterProperties:
		return a.properties(ctx, x)
	case *ast.AlterSerDe:
		return a.serde(x)
	case *ast.AlterFileFormat:
		return a.fileFormat(x)
	case *ast.AlterLocation:
		return a.location(x)
	case *ast.AlterSkewed:
		return a.skewed(ctx, x)
	case *ast.AlterSkewedLocation:
		return a.skewedLocation(ctx, x)
	case *ast.AlterBuckets:
		return a.buckets(x)
	case *ast.AlterAddConstraint:
		return a.addConstraint(ctx, x)
	case *ast.AlterDropConstraint:
		return a.dropConstraint(x)
	case *ast.AlterUpdateStatistics:
		return a.updateStatistics(ctx, x)
	case *ast.AlterOwner:
		return a.own(func(t *model.Table) error {
			t.Owner, t.OwnerType = x.Owner.Name.Name, string(x.Owner.Kind)
			return nil
		}), nil
	case *ast.AlterCompact:
		return a.compact(x)
	case *ast.AlterPartitionSpec, *ast.AlterConvert, *ast.AlterExecute, *ast.AlterSnapshotRef:
		return nil, sqlerr.Semanticf("Not an iceberg table: %s.%s (type=null)", t.Database, t.Name)
	}
	return nil, nil
}

// alteration is an ALTER TABLE or ALTER VIEW of a table or, with parts, of partitions.
type alteration struct {
	env   *Env
	t     *model.Table
	table *ast.TableName
	spec  spec
	parts []*model.Partition
}

// stamp notes who changed something when; the catalog adds the time of the change.
func (env *Env) stamp(params map[string]string) {
	params["last_modified_by"] = env.Session.UserName()
	params["last_modified_time"] = formatInt(env.Now.Unix())
	delete(params, model.ParamLastDDLTime)
}

// seed is the highest write id that a table counts as given out when it becomes transactional: more than it may have files, which are
// numbered like the statements of a transaction.
const seed = 10_000_000

// own is a task that changes the table's own description.
func (a *alteration) own(change func(t *model.Table) error) *Task {
	return done(func(ctx context.Context) error { return a.change(ctx, change, nil) })
}

// change changes the table and, in the same transaction, each of its partitions if each is not nil.
func (a *alteration) change(ctx context.Context, change func(t *model.Table) error, each func(p *model.Partition) error) error {
	env := a.env
	if temp := env.Session.TemporaryTable(a.t.Database, a.t.Name); temp != nil {
		t := temp.Clone()
		if err := change(t); err != nil {
			return err
		}
		env.stamp(t.Parameters)
		env.Session.PutTemporaryTable(t)
		return nil
	}
	return env.unable(env.Store.Update(ctx, func(tx metastore.Tx) error {
		t, err := tx.Table(ctx, a.t.Database, a.t.Name)
		if err != nil {
			return err
		}
		t = t.Clone()
		if t.Parameters == nil {
			t.Parameters = map[string]string{}
		}
		old, was := columnsOf(t.Storage), strings.EqualFold(t.Parameters["transactional"], "true")
		if err := change(t); err != nil {
			return err
		}
		if !was && t.Parameters["transactional_properties"] == "default" && t.Parameters["transactional"] == "true" {
			if err := tx.SeedWriteIDs(ctx, t.ID, seed); err != nil {
				return err
			}
		}
		if err := forgetColumns(ctx, tx, t, "", t.Parameters, old, columnsOf(t.Storage)); err != nil {
			return err
		}
		env.stamp(t.Parameters)
		if err := tx.AlterTable(ctx, a.t.Database, a.t.Name, t); err != nil || each == nil || !t.IsPartitioned() {
			return err
		}
		parts, err := tx.Partitions(ctx, t.Database, t.Name, metastore.PartitionQuery{})
		if err != nil {
			return err
		}
		return env.alterPartitions(ctx, tx, t, parts, each)
	}))
}

// alterPartitions applies a change to partitions that belong to the caller.
func (env *Env) alterPartitions(ctx context.Context, tx metastore.Tx, t *model.Table, parts []*model.Partition, each func(p *model.Partition) error) error {
	for _, p := range parts {
		if p.Storage == nil {
			p.Storage = t.Storage
		}
		p.Storage = p.Storage.Clone()
		if p.Parameters == nil {
			p.Parameters = map[string]string{}
		}
		old := columnsOf(p.Storage)
		if err := each(p); err != nil {
			return err
		}
		if err := forgetColumns(ctx, tx, t, partitionName(t, p), p.Parameters, old, columnsOf(p.Storage)); err != nil {
			return err
		}
		env.stamp(p.Parameters)
	}
	return tx.AlterPartitions(ctx, t.Database, t.Name, parts)
}

// storage is a task that changes the storage descriptor of the table or of the partitions named.
func (a *alteration) storage(change func(sd *model.StorageDescriptor) error) *Task {
	return done(func(ctx context.Context) error {
		if a.parts == nil {
			return a.change(ctx, func(t *model.Table) error { return change(t.Storage) }, nil)
		}
		return a.changePartitions(ctx, func(p *model.Partition) error { return change(p.Storage) })
	})
}

// columnsOf are the columns of a storage; of none, none.
func columnsOf(sd *model.StorageDescriptor) []model.Column {
	if sd == nil {
		return nil
	}
	return slices.Clone(sd.Columns)
}

// forgetColumns drops the statistics of the columns that are no longer what they were.
func forgetColumns(ctx context.Context, tx metastore.Tx, t *model.Table, part string, params map[string]string, old, now []model.Column) error {
	var gone []string
	for _, c := range old {
		if !slices.ContainsFunc(now, func(n model.Column) bool { return n.Name == c.Name && n.Type == c.Type }) {
			gone = append(gone, c.Name)
		}
	}
	if len(gone) == 0 || t.IsView() {
		return nil
	}
	var known []model.ColumnStatistics
	var err error
	if part == "" {
		known, err = tx.ColumnStatistics(ctx, t.Database, t.Name, gone...)
	} else {
		var parts []model.PartitionStatistics
		if parts, err = tx.PartitionStatistics(ctx, t.Database, t.Name, []string{part}, gone...); len(parts) > 0 {
			known = parts[0].Columns
		}
	}
	if err != nil || len(known) == 0 {
		return err // what a new table says of its columns stays said
	}
	gone = gone[:0]
	for _, c := range known {
		gone = append(gone, c.Column)
	}
	if err := stats.ForgetColumns(params, gone...); err != nil {
		return err
	}
	return tx.DeleteColumnStatistics(ctx, t.Database, t.Name, part, gone...)
}

func (a *alteration) changePartitions(ctx context.Context, each func(p *model.Partition) error) error {
	return a.env.unable(a.env.Store.Update(ctx, func(tx metastore.Tx) error {
		t, err := tx.Table(ctx, a.t.Database, a.t.Name)
		if err != nil {
			return err
		}
		parts, err := tx.Partitions(ctx, t.Database, t.Name, metastore.PartitionQuery{Filter: a.spec.filter(t)})
		if err != nil {
			return err
		}
		return a.env.alterPartitions(ctx, tx, t, parts, each)
	}))
}

// rename gives the table another name, and moves its directory when that is where Hive put it.
func (a *alteration) rename(ctx context.Context, to *ast.TableName) (*Task, error) {
	env, t := a.env, a.t
	db, name := env.tableName(to)
	if _, err := env.database(ctx, db); err != nil {
		return nil, err
	}
	return done(func(ctx context.Context) error {
		if temp := env.Session.TemporaryTable(t.Database, t.Name); temp != nil {
			if env.Session.TemporaryTable(db, name) != nil {
				return env.unable(fmt.Errorf("Cannot rename temporary table to %s - temporary table already exists with the same name", name))
			}
			n := temp.Clone()
			n.Database, n.Name = db, name
			env.Session.DropTemporaryTable(t.Database, t.Name)
			env.Session.PutTemporaryTable(n)
			return nil
		}
		if db == t.Database && name == t.Name {
			return nil
		}
		if _, err := env.Store.Table(ctx, db, name); err == nil {
			return env.unable(fmt.Errorf("new table %s.%s already exists", db, name))
		}
		from, err := env.Store.Database(ctx, t.Database)
		if err != nil {
			return env.failed(err)
		}
		target, err := env.Store.Database(ctx, db)
		if err != nil {
			return env.unable(err)
		}
		var moves []warehouse.Move
		location := t.Location
		if !t.IsView() && (t.Type == model.ManagedTable || translated(t)) && location == warehouse.TableLocation(from, t.Name) {
			location = warehouse.TableLocation(target, name)
			moves = append(moves, warehouse.Move{From: t.Location, To: location})
		}
		return env.unable(env.Warehouse.Rename(ctx, moves, func(ctx context.Context, tx metastore.Tx) error {
			n, err := tx.Table(ctx, t.Database, t.Name)
			if err != nil {
				return err
			}
			n = n.Clone()
			n.Database, n.Name, n.Location = db, name, location
			env.stamp(n.Parameters)
			return tx.AlterTable(ctx, t.Database, t.Name, n)
		}))
	}), nil
}

// unconstrained refuses to make a table external that has constraints which are enforced.
func (a *alteration) unconstrained(ctx context.Context, set map[string]string) error {
	external := false
	for k, v := range set {
		external = external || strings.EqualFold(k, model.ParamExternal) && strings.EqualFold(v, "true")
	}
	if !external || a.t.Type != model.ManagedTable || a.env.Session.TemporaryTable(a.t.Database, a.t.Name) != nil {
		return nil
	}
	list, err := a.env.Store.Constraints(ctx, a.t.Database, a.t.Name)
	if err != nil {
		return a.env.failed(err)
	}
	if slices.ContainsFunc(list, func(c model.Constraint) bool { return c.Enable }) {
		return badConstraint("Table: " + a.t.Database + "." + a.t.Name + " has constraints enabled.Please remove those constraints to change this property.")
	}
	return nil
}

func (a *alteration) properties(ctx context.Context, x *ast.AlterProperties) (*Task, error) {
	if !x.Unset {
		set := properties(x.Properties)
		if err := a.unconstrained(ctx, set); err != nil {
			return nil, err
		}
		if _, chosen := transactionalParameters(set); chosen && set["transactional_properties"] == "" && set["transactional"] != "true" && !a.env.is31() {
			return nil, a.env.failed(errors.New("Cannot change 'transactional' without 'transactional_properties'"))
		}
		return a.own(func(t *model.Table) error {
			old := maps.Clone(t.Parameters)
			maps.Copy(t.Parameters, set)
			if err := becomesTransactional(old, t); err != nil {
				return err
			}
			return a.kind(t)
		}), nil
	}
	if !x.IfExists {
		for _, p := range x.Properties {
			if _, ok := a.t.Parameters[p.Key.Value]; !ok {
				return nil, sqlerr.CodedSemanticf(sqlerr.AlterTblUnsetNonExistProperty, "%s The following property %s does not exist in %s",
					sqlerr.Text(sqlerr.AlterTblUnsetNonExistProperty), p.Key.Value, a.t.Name)
			}
		}
	}
	return a.own(func(t *model.Table) error {
		old := maps.Clone(t.Parameters)
		for _, p := range x.Properties {
			delete(t.Parameters, p.Key.Value)
		}
		if err := becomesTransactional(old, t); err != nil {
			return err
		}
		return a.kind(t)
	}), nil
}

// kind makes the table's type follow its EXTERNAL property.
func (a *alteration) kind(t *model.Table) error {
	switch {
	case t.Type == model.ManagedTable && strings.EqualFold(t.Parameters[model.ParamExternal], "TRUE"):
		t.Type = model.ExternalTable
	case t.Type == model.ExternalTable && !strings.EqualFold(t.Parameters[model.ParamExternal], "TRUE"):
		t.Type = model.ManagedTable
	}
	if reason := a.env.strictManaged(t); reason != "" {
		return errors.New(reason)
	}
	return nil
}

func (env *Env) alterView(ctx context.Context, s *ast.AlterView) (*Task, error) {
	t, err := env.qualifiedTable(ctx, s.View)
	if err != nil {
		return nil, err
	}
	if !t.IsView() {
		return nil, sqlerr.New(sqlerr.AlterCommandForTables)
	}
	a := &alteration{env: env, t: t, table: s.View}
	switch x := s.Action.(type) {
	case *ast.AlterRename:
		return a.rename(ctx, x.To)
	case *ast.AlterProperties:
		return a.properties(ctx, x)
	case *ast.AlterAddPartitions:
		return a.addPartitions(ctx, x)
	case *ast.AlterDropPartitions:
		return a.dropPartitions(ctx, x)
	case *ast.AlterOwner:
		return a.own(func(t *model.Table) error {
			t.Owner, t.OwnerType = x.Owner.Name.Name, string(x.Owner.Kind)
			return nil
		}), nil
	}
	return nil, sqlerr.New(sqlerr.AlterViewDisallowedOp)
}

var errPartitionMissing = errors.New("Specified partition does not exist")

// touch sets the time of the last change.
func (a *alteration) touch(ctx context.Context, x *ast.AlterTouch) (*Task, error) {
	if x.Verb != "TOUCH" {
		return a.archive(ctx, x)
	}
	if len(x.Partitions) == 0 {
		return a.own(func(*model.Table) error { return nil }), nil
	}
	var specs []spec
	for _, p := range x.Partitions {
		s, err := a.env.spec(ctx, a.t, p, true)
		if err != nil {
			return nil, err
		}
		specs = append(specs, s)
	}
	return done(func(ctx context.Context) error {
		for _, s := range specs {
			if _, err := a.env.partition(ctx, a.t, s); err != nil {
				return a.env.failed(errPartitionMissing)
			}
			b := *a
			b.spec = s
			if err := b.changePartitions(ctx, func(*model.Partition) error { return nil }); err != nil {
				return err
			}
		}
		return nil
	}), nil
}

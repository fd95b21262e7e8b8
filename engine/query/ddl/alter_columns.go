package ddl

import (
	"context"
	"errors"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/dialect/storage"
	"skep/dialect/types"
	"skep/metastore/model"
)

// columnsTask changes the column list of the table, with cascade also those of its partitions, or of the partitions named.
func (a *alteration) columnsTask(cascade bool, edit func(cols []model.Column) ([]model.Column, error)) *Task {
	changed := func(sd *model.StorageDescriptor) error {
		cols, err := edit(slices.Clone(sd.Columns))
		if err != nil {
			return err
		}
		sd.Columns = cols
		return nil
	}
	params := a.t.Parameters
	if a.t.Storage.SerDe.Library == storage.AvroSerDe && (params["avro.schema.literal"] != "" || params["avro.schema.url"] != "") {
		return done(func(context.Context) error {
			return a.env.failed(errors.New("Not allowed to alter schema of Avro stored table having external schema. " +
				"Consider removing avro.schema.literal or avro.schema.url from table properties."))
		})
	}
	return done(func(ctx context.Context) error {
		if a.parts != nil {
			return a.changePartitions(ctx, func(p *model.Partition) error { return changed(p.Storage) })
		}
		var columns []model.Column
		own := func(t *model.Table) error {
			old := t.Storage.Columns
			if err := changed(t.Storage); err != nil {
				return err
			}
			columns = t.Storage.Columns
			return a.env.compatible(old, t.Storage)
		}
		if cascade { // whatever columns a partition had, it gets the table's
			return a.change(ctx, own, func(p *model.Partition) error {
				p.Storage.Columns = slices.Clone(columns)
				return nil
			})
		}
		return a.change(ctx, own, nil)
	})
}

// compatible rejects changes of a column's type that would make existing data unreadable.
func (env *Env) compatible(old []model.Column, sd *model.StorageDescriptor) error {
	if !env.Session.Conf().Bool("hive.metastore.disallow.incompatible.col.type.changes") || sd.SerDe.Library == storage.AvroSerDe {
		return nil
	}
	var bad []string
	for i := range min(len(old), len(sd.Columns)) {
		if !canBecome(old[i].Type, sd.Columns[i].Type, env.is31()) {
			bad = append(bad, sd.Columns[i].Name)
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return errors.New("The following columns have types incompatible with the existing columns in their respective positions :\n" + strings.Join(bad, ","))
}

// widening is the order in which numeric types may be changed to wider ones.
var widening = []types.Kind{types.TinyInt, types.SmallInt, types.Int, types.BigInt, types.Decimal, types.Float, types.Double}

// canBecome reports whether a column of type from may be given the type to; old says so for Hive 3.1.
func canBecome(from, to string, old bool) bool {
	f, err := types.Parse(from)
	if err != nil {
		return from == to
	}
	t, err := types.Parse(to)
	if err != nil {
		return false
	}
	switch {
	case f.String() == t.String(), f.Kind == t.Kind && f.IsPrimitive():
		return true
	case f.IsPrimitive() && t.IsString():
		return old || f.Kind != types.Boolean && f.Kind != types.Binary
	case old && f.IsString() && (t.Kind == types.Double || t.Kind == types.Decimal):
		return true // no longer so in Hive 4
	}
	i, j := slices.Index(widening, f.Kind), slices.Index(widening, t.Kind)
	return i >= 0 && i < j
}

func (a *alteration) addColumns(x *ast.AlterAddColumns) (*Task, error) {
	seen := map[string]bool{}
	added, err := a.env.columns(x.Columns, seen)
	if x.Replace && sqlerr.CodeOf(err) == sqlerr.DuplicateColumnNames && !a.env.is31() {
		return nil, a.env.failed(errors.New("Duplicate column name " + firstRepeated(x.Columns) + " in the table definition."))
	}
	if err != nil {
		return nil, err
	}
	for _, k := range a.t.PartitionKeys {
		if seen[k.Name] {
			return nil, a.env.failed(errors.New("Partition column name " + k.Name + " conflicts with table columns."))
		}
	}
	cascade := x.Behavior == "CASCADE"
	if x.Replace {
		if err := a.replaceable(added, cascade); err != nil {
			return nil, err
		}
		return a.columnsTask(cascade, func([]model.Column) ([]model.Column, error) { return slices.Clone(added), nil }), nil
	}
	return a.columnsTask(cascade, func(cols []model.Column) ([]model.Column, error) {
		for _, c := range added {
			if hasColumn(cols, c.Name) {
				if a.parts != nil {
					continue
				}
				return nil, a.env.execution(sqlerr.DuplicateColumnNames, sqlerr.Text(sqlerr.DuplicateColumnNames, c.Name))
			}
			cols = append(cols, c)
		}
		return cols, nil
	}), nil
}

// firstRepeated is the first name that two of the definitions have.
func firstRepeated(defs []*ast.ColumnDef) string {
	seen := map[string]bool{}
	for _, d := range defs {
		name := strings.ToLower(d.Name.Name)
		if seen[name] {
			return name
		}
		seen[name] = true
	}
	return ""
}

func hasColumn(cols []model.Column, name string) bool {
	return slices.ContainsFunc(cols, func(c model.Column) bool { return c.Name == name })
}

// replaceable checks that REPLACE COLUMNS is possible with the table's storage.
func (a *alteration) replaceable(cols []model.Column, cascade bool) error {
	sd, name := a.t.Storage, a.t.Database+"."+a.t.Name
	fewer := len(cols) < len(sd.Columns)
	switch sd.SerDe.Library {
	case storage.LazySimpleSerDe, storage.ColumnarSerDe:
	case storage.OrcSerDe:
		if fewer {
			return a.env.execution(sqlerr.ReplaceCannotDropColumns, sqlerr.Text(sqlerr.ReplaceCannotDropColumns, name))
		}
	case storage.ParquetSerDe:
		if fewer && !cascade && a.t.IsPartitioned() {
			return a.env.execution(sqlerr.ReplaceCannotDropColumns, sqlerr.Text(sqlerr.ReplaceCannotDropColumns, name))
		}
	default:
		return a.env.execution(sqlerr.CannotReplaceColumns, sqlerr.Text(sqlerr.CannotReplaceColumns, name))
	}
	return nil
}

func (a *alteration) changeColumn(ctx context.Context, x *ast.AlterChangeColumn) (*Task, error) {
	from, to := strings.ToLower(x.Old.Name), strings.ToLower(x.Column.Name.Name)
	t, err := TypeOf(x.Column.Type)
	if err != nil {
		return nil, err
	}
	if keyOf(a.t, from) != nil && keyOf(a.t, to) == nil || keyOf(a.t, to) != nil && to != from {
		return nil, a.env.failed(errors.New("Partition column name " + to + " conflicts with table columns."))
	}
	if a.t.Storage.InputFormat == storage.OrcInputFormat && (x.First || x.After != nil) {
		return nil, a.env.execution(sqlerr.CannotReorderColumns, sqlerr.Text(sqlerr.CannotReorderColumns, a.t.Database+"."+a.t.Name))
	}
	if slices.Contains(a.t.Storage.Skew.Columns, from) && (from != to || t.String() != columnType(a.t, from)) {
		return nil, sqlerr.Semanticf("%s%s", from, sqlerr.Text(sqlerr.AlterTableNotAllowedRenameSkewedColumn))
	}
	edit := func(cols []model.Column) ([]model.Column, error) {
		i := slices.IndexFunc(cols, func(c model.Column) bool { return c.Name == from })
		if to != from && hasColumn(cols, to) {
			return nil, a.env.execution(sqlerr.DuplicateColumnNames, sqlerr.Text(sqlerr.DuplicateColumnNames, to))
		}
		if i < 0 {
			return nil, a.env.execution(sqlerr.InvalidColumn, sqlerr.Text(sqlerr.InvalidColumn, from))
		}
		c := cols[i]
		c.Name, c.Type = to, declaredType(x.Column.Type, t)
		if x.Column.Comment != nil {
			c.Comment = x.Column.Comment.Value
		}
		switch {
		case x.First:
			return slices.Insert(slices.Delete(cols, i, i+1), 0, c), nil
		case x.After != nil:
			after := strings.ToLower(x.After.Name)
			cols = slices.Delete(cols, i, i+1)
			k := slices.IndexFunc(cols, func(c model.Column) bool { return c.Name == after })
			if k < 0 {
				return nil, a.env.execution(sqlerr.InvalidColumn, sqlerr.Text(sqlerr.InvalidColumn, after))
			}
			return slices.Insert(cols, k+1, c), nil
		}
		cols[i] = c
		return cols, nil
	}
	task := a.columnsTask(x.Behavior == "CASCADE", edit)
	constraint := x.Column.Constraint
	if constraint != nil {
		own := model.Column{Name: to, Type: declaredType(x.Column.Type, t)}
		if err := a.env.checkConstraint(ctx, constraint, &own, append(slices.Clone(a.t.Storage.Columns), own)); err != nil {
			return nil, err
		}
		if err := a.env.checkConstraints(a.t, []model.Constraint{a.env.constraint(constraint, nil)}); err != nil {
			return nil, err
		}
	}
	return done(func(ctx context.Context) error {
		if a.parts == nil && a.env.Session.TemporaryTable(a.t.Database, a.t.Name) == nil && from != to {
			if err := a.renameBuckets(ctx, from, to); err != nil {
				return err
			}
		}
		if _, err := task.Run(ctx); err != nil || constraint == nil {
			return err
		}
		c := a.env.constraint(constraint, []string{to})
		if c.Name == "" {
			c.Name = a.env.constraintName(c.Kind, a.t.Database, a.t.Name, 0)
		}
		return a.addConstraints(ctx, []model.Constraint{c})
	}), nil
}

// renameBuckets lets bucketing and sorting follow a column's new name.
func (a *alteration) renameBuckets(ctx context.Context, from, to string) error {
	if !slices.Contains(a.t.Storage.BucketColumns, from) {
		return nil
	}
	return a.change(ctx, func(t *model.Table) error {
		for i, c := range t.Storage.BucketColumns {
			if c == from {
				t.Storage.BucketColumns[i] = to
			}
		}
		for i, c := range t.Storage.SortColumns {
			if c.Column == from {
				t.Storage.SortColumns[i].Column = to
			}
		}
		return nil
	}, nil)
}

func (a *alteration) dropColumn(x *ast.AlterDropColumn) (*Task, error) {
	name := strings.ToLower(x.Column.Name)
	if !hasColumn(a.t.Storage.Columns, name) {
		if x.IfExists {
			return done(func(context.Context) error { return nil }), nil
		}
		return nil, a.env.execution(sqlerr.InvalidColumn, sqlerr.Text(sqlerr.InvalidColumn, name))
	}
	return a.columnsTask(x.Behavior == "CASCADE", func(cols []model.Column) ([]model.Column, error) {
		return slices.DeleteFunc(cols, func(c model.Column) bool { return c.Name == name }), nil
	}), nil
}

// partitionColumn changes the type of a partition key.
func (a *alteration) partitionColumn(x *ast.AlterPartitionColumn) (*Task, error) {
	name := strings.ToLower(x.Column.Name.Name)
	if keyOf(a.t, name) == nil {
		return nil, sqlerr.New(sqlerr.InvalidColumn, name)
	}
	typ, err := TypeOf(x.Column.Type)
	if err != nil {
		return nil, err
	}
	return a.own(func(t *model.Table) error {
		keyOf(t, name).Type = typ.String()
		return nil
	}), nil
}

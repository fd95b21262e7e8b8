package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
	"skep/engine/filesystem"
	"skep/metastore"
	"skep/metastore/dump"
	"skep/metastore/model"
	"skep/metastore/partition"
	"skep/metastore/stats"
	"skep/metastore/warehouse"
)

// importing is an IMPORT statement.
type importing struct {
	st       *Statement
	from     string // the export's directory
	dump     *dump.Dump
	external bool   // EXTERNAL
	location string // LOCATION, or ""
	db, name string
	existing *model.Table // nil: the table is created
	table    *model.Table // as it is or is to be
	parts    []importPart
}

// importPart is a directory that is imported, or used where it is.
type importPart struct {
	source    string
	target    string
	partition *model.Partition // nil for an unpartitioned table
}

// compileImport prepares IMPORT: a table, or partitions of it, is made from what EXPORT has written.
func (st *Statement) compileImport(ctx context.Context, n *ast.Import) error {
	x := &importing{st: st, external: n.External, db: st.session.Database()}
	err := x.compile(ctx, n)
	if _, known := sqlerr.As(err); err != nil && !known {
		return sqlerr.New(sqlerr.ImportSemanticError).WithCause(err)
	}
	if err != nil || x.dump.Table == nil {
		return err
	}
	st.task = func(ctx context.Context) error {
		if err := x.run(ctx); err != nil {
			return sqlerr.Execution(40000, moveTask, fmt.Sprint(err)).WithCause(err)
		}
		return nil
	}
	return nil
}

func (x *importing) compile(ctx context.Context, n *ast.Import) error {
	var wanted map[string]string // the partition
	if n.Target != nil {
		x.db, x.name = x.st.eximTarget(n.Target)
		if p := n.Target.Partition; p != nil {
			wanted = map[string]string{}
			for _, v := range p.Values {
				if v.Value == nil {
					return sqlerr.New(sqlerr.InvalidPartition, " - Dynamic partitions not allowed")
				}
				text, _, err := ddlSession{x.st.session, x.st}.Const(ctx, v.Value, types.StringType)
				if err != nil {
					return err
				}
				wanted[lower(v.Name.Name)] = text
			}
		}
	}
	if n.Location != nil {
		var err error
		if x.location, err = x.st.eximPath(n.Location.Value); err != nil {
			return err
		}
	}
	if err := x.read(ctx, n.Path.Value); err != nil || x.dump.Table == nil {
		return err
	}
	if x.name == "" {
		x.name = lower(x.dump.Table.Name)
	}
	database, err := x.st.session.engine.store.Database(ctx, x.db)
	if err != nil {
		return err
	}
	if wanted != nil {
		if err := x.only(wanted); err != nil {
			return err
		}
	}
	if err := x.findTable(ctx, database); err != nil {
		return err
	}
	x.findParts()
	return x.checkEmpty(ctx)
}

// read reads the description of the export.
func (x *importing) read(ctx context.Context, raw string) error {
	var err error
	if x.from, err = x.st.eximPath(raw); err != nil {
		return err
	}
	in, err := x.st.session.engine.files.Open(ctx, x.from+"/"+dump.FileName)
	if err != nil {
		return sqlerr.New(sqlerr.InvalidPath).WithCause(err)
	}
	text, err := io.ReadAll(io.NewSectionReader(in, 0, in.Size()))
	if err = errors.Join(err, in.Close()); err != nil {
		return sqlerr.New(sqlerr.InvalidPath).WithCause(err)
	}
	x.dump, err = dump.Decode(text)
	switch {
	case errors.Is(err, dump.ErrVersion):
		return sqlerr.New(sqlerr.InvalidMetadata, strings.TrimPrefix(err.Error(), dump.ErrVersion.Error()+": ")).WithCause(err)
	case err != nil:
		return sqlerr.New(sqlerr.ErrorSerializeMetadata).WithCause(err)
	case x.dump.Replication:
		return unsupported("importing an export FOR REPLICATION")
	}
	if t := x.dump.Table; t != nil && strings.EqualFold(t.Parameters["transactional"], "true") {
		return unsupported("importing a transactional table")
	}
	return nil
}

// findTable finds the table to import into, which must fit, or describes the one to be created.
func (x *importing) findTable(ctx context.Context, d *model.Database) error {
	t, err := x.st.session.table(ctx, x.db, x.name)
	if err == nil {
		x.existing, x.table = t, t
		return x.check(t)
	}
	if model.KindOf(err) != model.NoSuchObject {
		return err
	}
	t = x.dump.Table.Clone()
	if t.Type == model.VirtualView || t.Type == model.MaterializedView {
		return fmt.Errorf("the export is of a view")
	}
	if t.Parameters == nil {
		t.Parameters = map[string]string{}
	}
	t.ID, t.Database, t.Name, t.Owner, t.OwnerType, t.CreateTime = 0, x.db, x.name, x.st.session.User, "USER", x.st.now.Unix()
	t.Type = model.ManagedTable
	delete(t.Parameters, model.ParamExternal)
	if x.external {
		t.Type = model.ExternalTable
		t.Parameters[model.ParamExternal] = "TRUE"
	} else {
		// Hive 4 had made the exported table an external one without being asked to.
		if strings.EqualFold(t.Parameters["TRANSLATED_TO_EXTERNAL"], "true") {
			delete(t.Parameters, "external.table.purge")
		}
		delete(t.Parameters, "TRANSLATED_TO_EXTERNAL")
	}
	for _, p := range []string{model.ParamStatsAccurate, model.ParamLastDDLTime, model.ParamErasureCodedFiles} {
		delete(t.Parameters, p)
	}
	switch {
	case x.location != "":
		t.Location = x.location
	case x.external && !t.IsPartitioned():
		t.Location = x.from + "/" + dump.DataDir
	default:
		t.Location = warehouse.TableLocation(d, x.name)
	}
	x.table = t
	return nil
}

// inPlace reports whether the export's files are used where they are.
func (x *importing) inPlace() bool { return x.external && x.location == "" }

// only leaves the one partition that has the given values.
func (x *importing) only(wanted map[string]string) error {
	keys := modelKeys(x.dump.Table)
	x.dump.Partitions = slices.DeleteFunc(x.dump.Partitions, func(p *model.Partition) bool {
		values := map[string]string{}
		for i, k := range keys {
			values[k] = p.Values[i]
		}
		return !maps.Equal(values, wanted)
	})
	if len(x.dump.Partitions) == 0 {
		return sqlerr.New(sqlerr.InvalidPartition, " - Specified partition not found in import directory")
	}
	return nil
}

// findParts lists what is to be imported: the table's files, or partitions.
func (x *importing) findParts() {
	t := x.table
	if !t.IsPartitioned() {
		x.parts = []importPart{{source: x.from + "/" + dump.DataDir, target: t.Location}}
		return
	}
	for _, p := range x.dump.Partitions {
		name := partition.Name(modelKeys(t), p.Values)
		part := importPart{source: x.from + "/" + name, partition: p}
		switch {
		case x.inPlace():
			part.target = part.source
		case x.location != "":
			part.target = x.location + "/" + name
		default:
			part.target = warehouse.PartitionLocation(t, p.Values)
		}
		p.Location, p.CreateTime = part.target, 0
		if p.Parameters == nil {
			p.Parameters = map[string]string{}
		}
		for _, k := range []string{model.ParamLastDDLTime, model.ParamErasureCodedFiles} {
			delete(p.Parameters, k)
		}
		x.parts = append(x.parts, part)
	}
}

// check checks that an existing table can take the import.
func (x *importing) check(t *model.Table) error {
	differs := func(what string) error { return sqlerr.New(sqlerr.IncompatibleSchema, " "+what) }
	in, sd, other := x.dump.Table, t.Storage, x.dump.Table.Storage
	if t.IsView() || t.Type == model.MaterializedView {
		return fmt.Errorf("%s.%s is a view", t.Database, t.Name)
	}
	if strings.EqualFold(t.Parameters["transactional"], "true") {
		return unsupported("importing into a transactional table")
	}
	if t.Parameters["repl.last.id"] != "" && x.st.conf.Bool("hive.exim.strict.repl.tables") {
		return sqlerr.New(sqlerr.ImportIntoStrictReplTable, "Table "+t.Name+" has repl.last.id parameter set.")
	}
	if x.external && (!t.IsPartitioned() || t.Type != model.ExternalTable) {
		return differs("External table cannot overwrite existing table. Drop existing table first.")
	}
	if x.location != "" && !t.IsPartitioned() && t.Location != x.location {
		return differs("Location does not match")
	}
	if !sameSchema(sd.Columns, other.Columns) {
		return differs("Column Schema does not match")
	}
	if !sameSchema(t.PartitionKeys, in.PartitionKeys) {
		return differs("Partition Schema does not match")
	}
	for _, k := range []string{"howl.isd", "howl.osd"} {
		if t.Parameters[k] != in.Parameters[k] {
			return differs("Table parameters do not match: Mismatch for " + k)
		}
	}
	if sd.InputFormat != other.InputFormat || sd.OutputFormat != other.OutputFormat {
		return differs("Table inputformat/outputformats do not match")
	}
	if sd.SerDe.Library != other.SerDe.Library {
		return differs("Table Serde class does not match")
	}
	const format = "serialization.format"
	imported := other.SerDe.Parameters[format]
	if imported == "" {
		imported = "1"
	}
	if old := sd.SerDe.Parameters[format]; old != imported {
		if x.st.conf.Hive3() {
			return differs("Table Serde format does not match")
		}
		return differs("Table Serde format does not match. Imported : " + imported + " existing: " + old)
	}
	if !slices.Equal(sd.BucketColumns, other.BucketColumns) {
		return differs("Table bucketing spec does not match")
	}
	if !slices.Equal(byOrder(sd.SortColumns), byOrder(other.SortColumns)) {
		return differs("Table sorting spec does not match")
	}
	return nil
}

// sameSchema compares columns without their comments.
func sameSchema(a, b []model.Column) bool {
	return slices.EqualFunc(a, b, func(a, b model.Column) bool { return a.Name == b.Name && a.Type == b.Type })
}

// byOrder sorts sort columns by their direction, as Hive does to compare them.
func byOrder(cols []model.SortColumn) []model.SortColumn {
	cols = slices.Clone(cols)
	slices.SortStableFunc(cols, func(a, b model.SortColumn) int { return a.Order - b.Order })
	return cols
}

// checkEmpty checks that nothing is where the import will go.
func (x *importing) checkEmpty(ctx context.Context) error {
	for _, p := range x.parts {
		if x.existing != nil && p.partition != nil {
			_, err := x.st.session.engine.store.Partition(ctx, x.db, x.name, p.partition.Values)
			if err == nil {
				var spec []string
				for i, k := range x.table.PartitionKeys {
					spec = append(spec, k.Name+"="+p.partition.Values[i])
				}
				return sqlerr.New(sqlerr.PartitionExists, strings.Join(spec, ","))
			}
			if model.KindOf(err) != model.NoSuchObject {
				return err
			}
		}
		if x.inPlace() {
			continue
		}
		entries, err := x.st.present(ctx, p.target)
		if err != nil && !isMissing(err) {
			return err
		}
		if len(entries) > 0 {
			return sqlerr.New(sqlerr.TableDataExists)
		}
	}
	return nil
}

// run makes the table and its partitions, as a whole or not at all.
func (x *importing) run(ctx context.Context) error {
	e := x.st.session.engine
	if x.inPlace() {
		if err := e.files.MkdirAll(ctx, x.table.Location); err != nil {
			return err
		}
		return e.store.Update(ctx, func(tx metastore.Tx) error { return x.commit(ctx, tx) })
	}
	staging, err := e.warehouse.Stage(ctx, x.table.Location)
	if err != nil {
		return err
	}
	c := warehouse.Change{Staging: staging}
	if x.table.IsPartitioned() {
		c.Targets = []warehouse.Target{{Location: x.table.Location}}
	}
	open := func(path string) (filesystem.File, error) { return e.files.Open(ctx, path) }
	for i, p := range x.parts {
		files, err := x.st.copyTree(ctx, x.st.present, open, p.source, staging.Dir()+"/"+itoa(i))
		if err != nil {
			return errors.Join(err, staging.Abort(context.WithoutCancel(ctx)))
		}
		c.Targets = append(c.Targets, warehouse.Target{Location: p.target, Files: files})
	}
	if x.existing != nil && x.st.session.TemporaryTable(x.db, x.name) != nil {
		return x.st.session.engine.warehouse.Commit(ctx, x.st.temporaryChange(warehouse.Insert{
			Staging: staging, Table: x.table, Unknown: true, Outputs: []warehouse.Output{{Files: c.Targets[0].Files}},
		}))
	}
	c.Catalog = func(ctx context.Context, tx metastore.Tx, contents []warehouse.Contents) error {
		if err := x.count(contents[len(contents)-len(x.parts):]); err != nil {
			return err
		}
		return x.commit(ctx, tx)
	}
	return e.warehouse.Commit(ctx, c)
}

// count notes how many files there are now. Counts of rows are kept as they were exported, but nothing relies on them.
func (x *importing) count(contents []warehouse.Contents) error {
	for i, p := range x.parts {
		params := x.table.Parameters
		if p.partition != nil {
			params = p.partition.Parameters
		}
		delete(params, model.ParamStatsAccurate)
		for _, k := range []string{model.ParamNumRows, model.ParamRawDataSize} {
			if _, ok := params[k]; !ok {
				params[k] = "0"
			}
		}
		if err := stats.Append(params, stats.Files{Files: contents[i].Files, Bytes: contents[i].Bytes}, stats.Rows{}, nil); err != nil {
			return err
		}
	}
	return nil
}

// commit makes the catalog's part of the change.
func (x *importing) commit(ctx context.Context, tx metastore.Tx) error {
	t := x.table
	if x.existing == nil {
		if err := tx.CreateTable(ctx, t); err != nil {
			return err
		}
	} else {
		now, err := tx.Table(ctx, t.Database, t.Name)
		if err != nil {
			return err
		}
		if now.ID != t.ID || now.IsPartitioned() != t.IsPartitioned() || now.Location != t.Location {
			return model.Errorf(model.InvalidOperation, model.TableObject, t.Database+"."+t.Name,
				"table %s.%s was changed by another session while it was being written", t.Database, t.Name)
		}
		if !t.IsPartitioned() {
			delete(t.Parameters, model.ParamLastDDLTime)
			if err := tx.DeleteColumnStatistics(ctx, t.Database, t.Name, ""); err != nil {
				return err
			}
			return tx.AlterTable(ctx, t.Database, t.Name, t)
		}
	}
	if !t.IsPartitioned() {
		return nil
	}
	var parts []*model.Partition
	for _, p := range x.parts {
		parts = append(parts, p.partition)
	}
	_, err := tx.AddPartitions(ctx, t.Database, t.Name, parts, false)
	return err
}

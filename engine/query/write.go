package query

import (
	"context"
	"errors"
	"io"
	"path"
	"strings"

	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/tablesink"
	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/partition"
	"skep/metastore/warehouse"
)

func lower(s string) string { return strings.ToLower(s) }

// write is the writing of one target: a table, a partition, several by dynamic partitioning, or a directory.
type write struct {
	st      *Statement
	branch  plan.InsertBranch
	root    plan.Node // of the branch, with partition keys as text
	sink    *tablesink.Sink
	staging *warehouse.Staging
	options *format.WriteOptions
	create  *model.Table // CTAS: the table to be created
	// temporary tables are known to the session only.
	temporary bool
}

// newWrite opens the staging directory of a branch. It returns nil when nothing is to be done (IF NOT EXISTS).
func (st *Statement) newWrite(ctx context.Context, b plan.InsertBranch, root plan.Node) (*write, error) {
	if b.Table == nil {
		return st.newDirectoryWrite(ctx, b, root)
	}
	e, t := st.session.engine, b.Table
	w := &write{st: st, branch: b, root: root, temporary: t.Temporary}
	if b.IfNotExists && len(b.Static) == len(t.PartitionKeys) {
		_, err := e.store.Partition(ctx, t.DB, t.Name, b.Static)
		if err == nil {
			return nil, nil
		}
		if model.KindOf(err) != model.NoSuchObject {
			return nil, err
		}
	}
	f, err := e.formats.find(t.InputFormat, t.SerDe)
	if err != nil {
		return nil, err
	}
	w.options = &format.WriteOptions{
		Schema: formatColumns(t.Columns), Properties: merged(t.Params, t.SerDeProps), Session: formatSession(st.conf),
	}
	spec := tablesink.Spec{
		Format: f, Options: w.options, Keys: len(t.PartitionKeys) - len(b.Static), PartitionName: w.partitionName,
		Create:        func(p string) (io.WriteCloser, error) { return e.files.Create(ctx, p) },
		MaxPartitions: int(st.conf.Int("hive.exec.max.dynamic.partitions", 1000)), TooMany: st.tooMany,
		Statistics: st.conf.Bool("hive.stats.autogather") && st.conf.Bool("hive.stats.column.autogather"),
	}
	if spec.Extension, err = textExtension(t.InputFormat, &w.options.Session); err != nil {
		return nil, err
	}
	w.root = w.keysAsText(root, len(t.Columns))
	if t.Buckets.Count > 0 {
		spec.Buckets = t.Buckets.Count
		w.root = w.bucketed(w.root)
	}
	if w.staging, err = e.warehouse.Stage(ctx, t.Location); err != nil {
		return nil, err
	}
	spec.Dir = w.staging.Dir()
	w.sink = tablesink.New(spec)
	return w, nil
}

func (st *Statement) tooMany(n int) error {
	return sqlerr.Execution(sqlerr.DynamicPartitionsTooManyPerNodeError, tezTask, sqlerr.Text(sqlerr.DynamicPartitionsTooManyPerNodeError)+
		": number of dynamic partitions "+itoa(n)+" exceeds hive.exec.max.dynamic.partitions = "+st.conf.Get("hive.exec.max.dynamic.partitions"))
}

// nextID returns a column id that n does not use.
func nextID(n plan.Node) plan.ColumnID {
	id := plan.ColumnID(0)
	for _, c := range n.Columns() {
		id = max(id, c.ID)
	}
	for _, in := range n.Inputs() {
		id = max(id, nextID(in)-1)
	}
	return id + 1
}

// keysAsText casts the dynamic partition keys, the columns behind the data columns, to strings.
func (w *write) keysAsText(root plan.Node, data int) plan.Node {
	cols := root.Columns()
	if len(cols) == data {
		return root
	}
	p := &plan.Project{Input: root}
	id := nextID(root)
	for i, c := range cols {
		if i < data || c.Type.Kind == types.String {
			p.Exprs = append(p.Exprs, plan.Assign{Column: c, Expr: plan.NewColumnRef(c)})
			continue
		}
		p.Exprs = append(p.Exprs, plan.Assign{
			Column: plan.Column{ID: id, Name: c.Name, Type: types.StringType},
			Expr:   &plan.Call{Func: "cast", Args: []plan.Expr{plan.NewColumnRef(c)}, T: types.StringType},
		})
		id++
	}
	return p
}

// bucketed adds the bucket number of each row and clusters the rows by partition, bucket and the table's sort columns.
func (w *write) bucketed(root plan.Node) plan.Node {
	t := w.branch.Table
	cols := root.Columns()
	hash := &plan.Call{Func: "murmur_hash", T: types.IntType}
	if t.Buckets.Version == 1 {
		hash.Func = "hash"
	}
	column := func(name string) plan.Expr {
		for i, c := range t.Columns {
			if c.Name == name {
				return plan.NewColumnRef(cols[i])
			}
		}
		return &plan.Literal{Value: types.NullDatum, T: types.IntType}
	}
	for _, c := range t.Buckets.Columns {
		hash.Args = append(hash.Args, column(c))
	}
	number := func(n int64) plan.Expr { return &plan.Literal{Value: types.Datum{I: n}, T: types.IntType} }
	bucket := plan.Column{ID: nextID(root), Name: "_bucket", Type: types.IntType}
	p := &plan.Project{Input: root}
	for _, c := range cols {
		p.Exprs = append(p.Exprs, plan.Assign{Column: c, Expr: plan.NewColumnRef(c)})
	}
	p.Exprs = append(p.Exprs, plan.Assign{Column: bucket, Expr: &plan.Call{Func: "%", T: types.IntType, Args: []plan.Expr{
		&plan.Call{Func: "&", T: types.IntType, Args: []plan.Expr{hash, number(1<<31 - 1)}}, number(int64(t.Buckets.Count)),
	}}})
	s := &plan.Sort{Input: p, Limit: -1}
	for _, c := range cols[len(t.Columns):] {
		s.Keys = append(s.Keys, plan.SortKey{Expr: plan.NewColumnRef(c), NullsFirst: true})
	}
	s.Keys = append(s.Keys, plan.SortKey{Expr: plan.NewColumnRef(bucket)})
	for _, c := range t.Buckets.Sort {
		s.Keys = append(s.Keys, plan.SortKey{Expr: column(c.Name), Desc: c.Desc, NullsFirst: !c.Desc})
	}
	return s
}

// values gives all partition values, as the metastore keeps them, for the dynamic ones of an output.
func (w *write) values(dynamic []*string) []string {
	out := append([]string(nil), w.branch.Static...)
	for _, v := range dynamic {
		if v == nil || *v == "" {
			out = append(out, w.st.conf.Get("hive.exec.default.partition.name"))
		} else {
			out = append(out, *v)
		}
	}
	return out
}

// partitionName is the directory of a partition below the table's.
func (w *write) partitionName(dynamic []*string) string {
	keys := make([]string, len(w.branch.Table.PartitionKeys))
	for i, k := range w.branch.Table.PartitionKeys {
		keys[i] = k.Name
	}
	return partition.Name(keys, w.values(dynamic))
}

// commit moves the files into place and records them; it returns the number of rows.
func (w *write) commit(ctx context.Context) (int64, error) {
	outputs := w.sink.Outputs()
	rows := int64(0)
	for _, o := range outputs {
		rows += o.Rows
	}
	if w.branch.Table == nil {
		return rows, w.commitDirectory(ctx, outputs)
	}
	if len(w.branch.Table.PartitionKeys) > 0 {
		return rows, w.commitPartitions(ctx, outputs)
	}
	return rows, w.commitTable(ctx, outputs)
}

// files lists the staged files of an output.
func (w *write) files(o *tablesink.Output) []string {
	var out []string
	for _, f := range o.Files {
		out = append(out, path.Join(w.staging.Dir(), f.Path))
	}
	return out
}

func (w *write) commitTable(ctx context.Context, outputs []*tablesink.Output) error {
	t := w.branch.Table
	o := &tablesink.Output{}
	if len(outputs) > 0 {
		o = outputs[0]
	}
	target := warehouse.Target{Location: t.Location, Overwrite: w.branch.Overwrite, Files: w.files(o)}
	stats, err := w.st.session.columnStatistics(w.options.Schema, o.Columns)
	if err != nil {
		return err
	}
	return w.st.session.engine.warehouse.Commit(ctx, warehouse.Change{
		Staging: w.staging, Targets: []warehouse.Target{target},
		Catalog: func(ctx context.Context, tx metastore.Tx, contents []warehouse.Contents) error {
			if w.temporary {
				return w.noteTemporary(o, contents[0], stats)
			}
			m := w.create
			if m != nil {
				if err := tx.CreateTable(ctx, m); err != nil {
					return err
				}
			} else if m, err = tx.Table(ctx, t.DB, t.Name); err != nil {
				return err
			}
			m = m.Clone()
			exact := w.note(m.Parameters, o, contents[0], stats)
			if err := tx.AlterTable(ctx, m.Database, m.Name, m); err != nil {
				return err
			}
			if !exact {
				return tx.DeleteColumnStatistics(ctx, m.Database, m.Name, "")
			}
			return tx.SetColumnStatistics(ctx, m.Database, m.Name, "", stats)
		},
	})
}

// noteTemporary records a write to a temporary table with the session.
func (w *write) noteTemporary(o *tablesink.Output, c warehouse.Contents, stats []model.ColumnStatistics) error {
	m := w.create
	if m == nil {
		if m = w.st.session.TemporaryTable(w.branch.Table.DB, w.branch.Table.Name); m == nil {
			return sqlerr.New(sqlerr.InvalidTable, w.branch.Table.Name)
		}
	}
	m = m.Clone()
	w.note(m.Parameters, o, c, stats)
	w.st.session.PutTemporaryTable(m)
	return nil
}

// note updates the statistics among the parameters of a table or partition; it reports whether column statistics cover all
// rows.
func (w *write) note(params map[string]string, o *tablesink.Output, c warehouse.Contents, stats []model.ColumnStatistics) bool {
	if !w.st.conf.Bool("hive.stats.autogather") {
		delete(params, model.ParamStatsAccurate)
		return false
	}
	known := rowStatistics(params)
	params[model.ParamLastDDLTime] = itoa(int(w.st.now.Unix()))
	switch {
	case w.branch.Overwrite || w.create != nil || known != nil && known.Rows == 0 || known == nil && c.Files == int64(len(o.Files)):
		setStatistics(params, c.Files, c.Bytes, o.Rows, o.RawBytes, stats)
		return true
	case known != nil:
		setStatistics(params, c.Files, c.Bytes, known.Rows+o.Rows, counter(params, model.ParamRawDataSize)+o.RawBytes, nil)
	default: // unknown before, unknown after
		params[model.ParamNumFiles], params[model.ParamTotalSize] = itoa(int(c.Files)), itoa(int(c.Bytes))
		delete(params, model.ParamStatsAccurate)
	}
	return false
}

func (w *write) commitPartitions(ctx context.Context, outputs []*tablesink.Output) error {
	t, e := w.branch.Table, w.st.session.engine
	if len(outputs) == 0 && len(w.branch.Static) == len(t.PartitionKeys) {
		outputs = []*tablesink.Output{{Partition: w.partitionName(nil)}}
	}
	var table *model.Table
	var err error
	if table = w.create; table == nil {
		if table, err = w.st.session.table(ctx, t.DB, t.Name); err != nil {
			return err
		}
	}
	change := warehouse.Change{Staging: w.staging}
	parts := make([]*model.Partition, len(outputs))
	stats := make([][]model.ColumnStatistics, len(outputs))
	isNew := make([]bool, len(outputs))
	for i, o := range outputs {
		values := w.values(o.Values)
		p, err := e.store.Partition(ctx, t.DB, t.Name, values)
		if model.KindOf(err) == model.NoSuchObject {
			isNew[i] = true
			p = &model.Partition{Values: values, Location: warehouse.PartitionLocation(table, values), Parameters: map[string]string{}}
		} else if err != nil {
			return err
		}
		parts[i] = p
		change.Targets = append(change.Targets, warehouse.Target{Location: p.Location, Overwrite: w.branch.Overwrite, Files: w.files(o)})
		if stats[i], err = w.st.session.columnStatistics(w.options.Schema, o.Columns); err != nil {
			return err
		}
	}
	if w.create != nil {
		change.Targets = append(change.Targets, warehouse.Target{Location: w.create.Location})
	}
	change.Catalog = func(ctx context.Context, tx metastore.Tx, contents []warehouse.Contents) error {
		if w.create != nil {
			if err := tx.CreateTable(ctx, w.create); err != nil {
				return err
			}
		}
		var added, altered []*model.Partition
		exact := make([]bool, len(parts))
		for i, p := range parts {
			exact[i] = w.note(p.Parameters, outputs[i], contents[i], stats[i])
			if isNew[i] {
				added = append(added, p)
			} else {
				altered = append(altered, p)
			}
		}
		if _, err := tx.AddPartitions(ctx, t.DB, t.Name, added, true); err != nil {
			return err
		}
		if err := tx.AlterPartitions(ctx, t.DB, t.Name, altered); err != nil {
			return err
		}
		for i, p := range parts {
			name := partition.Name(keyNames(t), p.Values)
			var err error
			if exact[i] {
				err = tx.SetColumnStatistics(ctx, t.DB, t.Name, name, stats[i])
			} else {
				err = tx.DeleteColumnStatistics(ctx, t.DB, t.Name, name)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	return e.warehouse.Commit(ctx, change)
}

func keyNames(t *catalog.Table) []string {
	out := make([]string, len(t.PartitionKeys))
	for i, k := range t.PartitionKeys {
		out[i] = k.Name
	}
	return out
}

// newDirectoryWrite prepares INSERT OVERWRITE DIRECTORY.
func (st *Statement) newDirectoryWrite(ctx context.Context, b plan.InsertBranch, root plan.Node) (*write, error) {
	e, d := st.session.engine, b.Directory
	f, err := e.formats.find(d.InputFormat, d.SerDe)
	if err != nil {
		return nil, err
	}
	w := &write{st: st, branch: b, root: root}
	w.options = &format.WriteOptions{Schema: formatColumns(d.Columns), Properties: d.Properties, Session: formatSession(st.conf)}
	if w.staging, err = e.warehouse.Stage(ctx, d.Path); err != nil {
		return nil, err
	}
	extension, err := textExtension(d.InputFormat, &w.options.Session)
	if err != nil {
		return nil, errors.Join(err, w.staging.Abort(ctx))
	}
	w.sink = tablesink.New(tablesink.Spec{
		Format: f, Options: w.options, Dir: w.staging.Dir(), Extension: extension,
		Create: func(p string) (io.WriteCloser, error) { return e.files.Create(ctx, p) },
	})
	return w, nil
}

func (w *write) commitDirectory(ctx context.Context, outputs []*tablesink.Output) error {
	target := warehouse.Target{Location: w.branch.Directory.Path, Overwrite: true}
	for _, o := range outputs {
		target.Files = append(target.Files, w.files(o)...)
	}
	return w.st.session.engine.warehouse.Commit(ctx, warehouse.Change{Staging: w.staging, Targets: []warehouse.Target{target}})
}

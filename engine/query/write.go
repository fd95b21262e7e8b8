package query

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/google/uuid"

	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/dialect/types"
	"skep/engine/acid"
	"skep/engine/format"
	"skep/engine/session"
	"skep/engine/table"
	"skep/engine/tablesink"
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
	spec    tablesink.Spec
	sink    *tablesink.Sink
	outputs []*tablesink.Output // of an execution in stages: what was granted
	staging *warehouse.Staging
	ordered bool // the rows of an execution in one piece come by partition
	// inferred describes how the files of a partition turn out to be bucketed and sorted; nil when nothing is known.
	inferred *model.StorageDescriptor
	create   *model.Table // CTAS: the table to be created
	// materialization, of a materialized view, is what it holds after the write.
	materialization *model.Materialization
	// temporary tables are known to the session only.
	temporary bool
	// directory is where, below a transactional table or its partitions, the files go; empty: not below.
	directory string
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
	spec := tablesink.Spec{
		InputFormat: t.InputFormat, SerDe: t.SerDe, Columns: table.Columns(t.Columns), Properties: table.Merged(t.Params, t.SerDeProps),
		Keys: keyNames(t), Static: b.Static, DefaultPartition: st.conf.Get("hive.exec.default.partition.name"),
		MaxPartitions: st.partitionsAtOnce(), PartitionLimit: st.maxPartitions(),
		Statistics: st.conf.Bool("hive.stats.autogather") && st.conf.Bool("hive.stats.column.autogather") && describable(t),
	}
	var err error
	if spec.Extension, err = table.TextExtension(t.InputFormat, session.Format(st.conf)); err != nil {
		return nil, err
	}
	data := len(t.Columns)
	if b.Deletes {
		data = 1 // the ROW__ID
	}
	w.root = w.keysAsText(root, data)
	if t.Lists != nil {
		w.root = w.listsAsText(w.root)
		spec.Lists, spec.ListValues = t.Lists.Columns, t.Lists.Values
	}
	if t.Transactional {
		w.transactional(&spec)
	}
	if b.Deletes {
		w.root = w.deletes(w.root)
	} else if t.Buckets.Count > 0 {
		spec.Buckets = t.Buckets.Count
		w.root = w.bucketed(w.root)
	} else if root := w.byFile(); root != nil && !st.staged && spec.Events.Kind == format.NoEvents {
		spec.ByFile, w.root = true, root
	} else {
		if spec.Buckets = w.byReducer(); spec.Buckets == 0 && !st.staged {
			w.byPartition()
		}
	}
	if w.staging, err = st.stage(ctx, t.Location); err != nil {
		return nil, err
	}
	spec.Dir = w.staging.Dir()
	return w, w.open(ctx, spec)
}

// stage opens a staging directory. That of a statement in stages may outlive this process.
func (st *Statement) stage(ctx context.Context, location string) (*warehouse.Staging, error) {
	if st.staged && st.owner == "" {
		st.owner = uuid.NewString()
	}
	return st.session.engine.warehouse.StageFor(ctx, location, st.owner)
}

// open opens the sink; when it cannot, the staging directory goes.
func (w *write) open(ctx context.Context, spec tablesink.Spec) (err error) {
	w.spec = spec
	if w.sink, err = tablesink.New(spec, w.st.sinkEnv(ctx)); err != nil {
		return errors.Join(err, w.staging.Abort(context.WithoutCancel(ctx)))
	}
	return nil
}

// sinkEnv is what sinks of the statement need of this process.
func (st *Statement) sinkEnv(ctx context.Context) tablesink.Env {
	e := st.session.engine
	return tablesink.Env{
		Format: e.formats.Find, Session: session.Format(st.conf), PartitionName: partition.Name,
		Create: func(p string) (io.WriteCloser, error) { return e.files.Create(ctx, p) },
	}
}

// maxPartitions is the largest number of partitions that a statement may write by dynamic partitioning.
func (st *Statement) maxPartitions() int {
	return int(st.conf.Int("hive.exec.max.dynamic.partitions", 1000))
}

// partitionsAtOnce is the number of partitions at which a statement is stopped while it writes: far more than it may have, or
// hive.exec.max.dynamic.partitions.pernode where that has been set. By default Hive sorts rows so that this does not matter.
func (st *Statement) partitionsAtOnce() int {
	const byDefault = 100
	if n := int(st.conf.Int("hive.exec.max.dynamic.partitions.pernode", byDefault)); n != byDefault {
		return n
	}
	return 10 * st.maxPartitions()
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
		p.Exprs = append(p.Exprs, plan.Assign{Column: plan.Column{ID: id, Name: c.Name, Type: types.StringType}, Expr: asText(c)})
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
	var keys []plan.SortKey
	for _, c := range t.Buckets.Sort {
		keys = append(keys, plan.SortKey{Expr: column(c.Name), Desc: c.Desc, NullsFirst: !c.Desc})
	}
	return w.clustered(root, hash, t.Buckets.Count, keys)
}

// clustered adds the bucket number of each row, by a hash of it, and clusters the rows by partition, bucket and sort keys.
func (w *write) clustered(root plan.Node, hash plan.Expr, count int, keys []plan.SortKey) plan.Node {
	t, cols := w.branch.Table, root.Columns()
	number := func(n int64) plan.Expr { return &plan.Literal{Value: types.Datum{I: n}, T: types.IntType} }
	bucket := plan.Column{ID: nextID(root), Name: "_bucket", Type: types.IntType}
	p := &plan.Project{Input: root}
	for _, c := range cols {
		p.Exprs = append(p.Exprs, plan.Assign{Column: c, Expr: plan.NewColumnRef(c)})
	}
	p.Exprs = append(p.Exprs, plan.Assign{Column: bucket, Expr: &plan.Call{Func: "%", T: types.IntType, Args: []plan.Expr{
		&plan.Call{Func: "&", T: types.IntType, Args: []plan.Expr{hash, number(1<<31 - 1)}}, number(int64(count)),
	}}})
	// A bucket of a partition is written by one worker of one task.
	together := &plan.Distribute{Input: p}
	s := &plan.Sort{Input: together, Limit: -1, Partial: true}
	for _, c := range cols[len(t.Columns) : len(t.Columns)+len(t.PartitionKeys)-len(w.branch.Static)] {
		together.By = append(together.By, plan.NewColumnRef(c))
		s.Keys = append(s.Keys, plan.SortKey{Expr: plan.NewColumnRef(c), NullsFirst: true})
	}
	together.By = append(together.By, plan.NewColumnRef(bucket))
	s.Keys = append(s.Keys, plan.SortKey{Expr: plan.NewColumnRef(bucket)})
	s.Keys = append(s.Keys, keys...)
	return s
}

// transactional says where the files of a transactional table go and, but for one that is insert-only, that they hold events.
func (w *write) transactional(spec *tablesink.Spec) {
	name := w.st.target(w.branch)
	if w.directory = name.String(); insertOnly(w.branch.Table.Params) {
		return
	}
	spec.Events = tablesink.Events{Kind: format.Inserts, WriteID: name.Max, Statement: max(name.Statement, 0)}
	if w.branch.Deletes {
		spec.Events.Kind = format.Deletes
	}
}

// deletes brings the deletes of rows of one bucket of a partition together.
func (w *write) deletes(root plan.Node) plan.Node {
	cols := root.Columns()
	number := func(n int64) plan.Expr { return &plan.Literal{Value: types.Datum{I: n}, T: types.IntType} }
	property := &plan.Call{Func: "field", Args: []plan.Expr{plan.NewColumnRef(cols[0])}, T: types.IntType, Index: 1}
	d := &plan.Distribute{Input: root, By: []plan.Expr{&plan.Call{Func: "&", T: types.IntType, Args: []plan.Expr{
		&plan.Call{Func: "shiftright", T: types.IntType, Args: []plan.Expr{property, number(16)}}, number(acid.MaxBucket),
	}}}}
	for _, c := range cols[1:] {
		d.By = append(d.By, plan.NewColumnRef(c))
	}
	return d
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
	d := b.Directory
	extension, err := table.TextExtension(d.InputFormat, session.Format(st.conf))
	if err != nil {
		return nil, err
	}
	w := &write{st: st, branch: b, root: root}
	if w.staging, err = st.stage(ctx, d.Path); err != nil {
		return nil, err
	}
	return w, w.open(ctx, tablesink.Spec{
		InputFormat: d.InputFormat, SerDe: d.SerDe, Columns: table.Columns(d.Columns), Properties: d.Properties,
		Dir: w.staging.Dir(), Extension: extension,
	})
}

// describable reports whether statistics of columns are collected while the table is written: Hive leaves them out when one of the columns
// has a type without statistics.
func describable(t *catalog.Table) bool {
	for _, c := range slices.Concat(t.Columns, t.PartitionKeys) {
		switch k := c.Type.Kind; {
		case !c.Type.IsPrimitive(), k == types.Void, k == types.TimestampLTZ, k == types.IntervalYearMonth, k == types.IntervalDayTime:
			return false
		}
	}
	return true
}

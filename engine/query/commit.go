package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"time"

	"skep/dialect/sqlerr"
	"skep/engine/acid"
	"skep/engine/colstats"
	"skep/engine/format"
	"skep/engine/tablesink"
	"skep/metastore"
	"skep/metastore/partition"
	"skep/metastore/stats"
	"skep/metastore/warehouse"
)

// commit puts in place what the writes of the statement have written, all of it or nothing, and counts the rows. The staging
// directories are gone afterwards in any case.
func (st *Statement) commit(ctx context.Context, writes []*write) error {
	e := st.session.engine
	start := time.Now()
	defer func() { st.commitTime = time.Since(start) }()
	if st.recovered {
		done, err := e.warehouse.Committed(ctx, st.owner)
		if done {
			st.modified = modified(writes)
		}
		if done || err != nil {
			return err
		}
	}
	var changes []warehouse.Change
	for _, w := range writes {
		c, err := w.change(ctx)
		if err != nil {
			return errors.Join(err, abort(ctx, writes))
		}
		changes = append(changes, c)
	}
	if err := st.commitChanges(ctx, changes); err != nil {
		return err
	}
	st.modified = modified(writes)
	return nil
}

// modified is the number of rows that writes have changed. The halves of an update count once.
func modified(writes []*write) int64 {
	n := int64(0)
	for _, w := range writes {
		if !w.branch.Together {
			n += w.rows()
		}
	}
	return n
}

// change is the change that puts the files of one target into place and records them.
func (w *write) change(ctx context.Context) (c warehouse.Change, err error) {
	if w.outputs == nil {
		w.outputs = w.sink.Outputs()
	}
	outputs := w.outputs
	if err := w.mergeSmall(ctx, outputs); err != nil {
		return c, err
	}
	files := 0
	for _, o := range outputs {
		files += len(o.Files)
	}
	if w.branch.Table == nil {
		t := warehouse.Target{Location: w.branch.Directory.Path, Overwrite: true}
		for _, o := range outputs {
			t.Files = append(t.Files, w.files(o)...)
		}
		return warehouse.Change{Staging: w.staging, Targets: []warehouse.Target{t}}, nil
	}
	if n, limit := len(outputs), w.st.maxPartitions(); n > limit && len(w.branch.Table.PartitionKeys) > len(w.branch.Static) {
		return c, sqlerr.Execution(sqlerr.GenericError, moveTask, fmt.Sprintf("Number of dynamic partitions created is %d, which is more than %d. "+
			"To solve this try to set hive.exec.max.dynamic.partitions to at least %d.", n, limit, n))
	}
	if limit := int(w.st.conf.Int("hive.exec.max.created.files", 100000)); files > limit {
		return c, sqlerr.Execution(2, tezTask, fmt.Sprintf("total number of created files now is %d, which exceeds %d. Killing the job.", files, limit))
	}
	return w.tableChange(ctx, outputs)
}

// rows is the number of rows that were written.
func (w *write) rows() int64 {
	n := int64(0)
	for _, o := range w.outputs {
		n += o.Rows
	}
	return n
}

// merger merges column statistics as the session's version of Hive does.
func (st *Statement) merger() stats.Merger {
	return stats.Merger{Union: colstats.Union, ZeroBounds: st.conf.Hive3()}
}

// tableChange moves the outputs into the table or its partitions.
func (w *write) tableChange(ctx context.Context, outputs []*tablesink.Output) (c warehouse.Change, err error) {
	t, e := w.branch.Table, w.st.session.engine
	if len(outputs) == 0 && len(w.branch.Static) == len(t.PartitionKeys) {
		outputs = []*tablesink.Output{{Values: w.branch.Static}} // what is overwritten by no rows becomes empty
		if w.st.conf.HiveVersion() == "3.1" && !w.st.staged && !w.st.recovered {
			// tasks of MapReduce leave a file even without rows
			if err := w.sink.Empty(); err != nil {
				return c, err
			}
			outputs = w.sink.Outputs()
		}
	}
	in := warehouse.Insert{
		Staging: w.staging, Table: w.create, Create: w.create != nil, Overwrite: w.branch.Overwrite, Directory: w.directory,
		NoStatistics: !w.st.conf.Bool("hive.stats.autogather"), Merger: w.st.merger(),
	}
	for _, o := range outputs {
		out := warehouse.Output{Files: w.files(o), Rows: stats.Rows{Rows: o.Rows, Raw: o.RawBytes}}
		if w.spec.Events.Kind != format.NoEvents { // of which Hive counts no bytes
			out.Rows.Raw = 0
		}
		if w.branch.Deletes {
			out.Rows.Rows = -o.Rows
		}
		if w.spec.Events.Kind != format.NoEvents && len(o.Files) > 0 {
			if err := w.versionFile(ctx, &out, len(in.Outputs)); err != nil {
				return c, err
			}
		}
		if out.Columns, err = w.st.session.columnStatistics(w.spec.Columns, o.Columns); err != nil {
			return c, err
		}
		if len(t.PartitionKeys) > 0 {
			out.Values = o.Values
			if w.inferred != nil && len(o.Files) == w.inferred.NumBuckets && w.branch.Overwrite {
				out.Storage = w.inferred
			}
		}
		in.Outputs = append(in.Outputs, out)
	}
	if in.Table == nil {
		if in.Table, err = w.st.session.table(ctx, t.DB, t.Name); err != nil {
			return c, err
		}
		if in.Table.ID != t.Version {
			return c, fmt.Errorf("table %s.%s was replaced by another session while it was being written", t.DB, t.Name)
		}
	}
	if w.temporary {
		c = w.st.temporaryChange(in)
	} else {
		c, err = e.warehouse.InsertChange(ctx, in)
	}
	if err == nil && w.materialization != nil {
		err = w.materialized(ctx, &c, in)
	}
	if err == nil && w.create != nil && w.directory != "" {
		w.st.created(&c, t.DB, t.Name)
	}
	return c, err
}

// versionFile adds to an output, the i-th of the write, the file that tells which version of Hive's layout its directory is in.
func (w *write) versionFile(ctx context.Context, o *warehouse.Output, i int) error {
	files, dir := w.st.session.engine.files, path.Join(w.staging.Dir(), "version", itoa(i))
	if w.st.recovered {
		if err := files.RemoveAll(ctx, dir); err != nil { // an earlier process may have come as far as here
			return fmt.Errorf("writing the version of a directory: %w", err)
		}
	}
	name := path.Join(dir, acid.VersionFile)
	f, err := files.Create(ctx, name)
	if err == nil {
		_, err = io.WriteString(f, acid.VersionText)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return fmt.Errorf("writing the version of a directory: %w", err)
	}
	o.Files = append(o.Files, name)
	return nil
}

// materialized adds to the change of a materialized view that its partitions without rows go, and what it holds then.
func (w *write) materialized(ctx context.Context, c *warehouse.Change, in warehouse.Insert) error {
	v := in.Table
	var stale []string
	if v.IsPartitioned() && !in.Create {
		parts, err := w.st.session.engine.store.Partitions(ctx, v.Database, v.Name, metastore.PartitionQuery{WithoutParameters: true})
		if err != nil {
			return err
		}
		for _, p := range parts {
			if slices.ContainsFunc(in.Outputs, func(o warehouse.Output) bool { return slices.Equal(o.Values, p.Values) }) {
				continue
			}
			stale = append(stale, partition.Name(keyNames(w.branch.Table), p.Values))
			c.Remove = append(c.Remove, p.Location)
		}
	}
	insert, m := c.Catalog, w.materialization
	c.Catalog = func(ctx context.Context, tx metastore.Tx, contents []warehouse.Contents) error {
		err := insert(ctx, tx, contents)
		if err == nil && len(stale) > 0 {
			err = tx.DropPartitions(ctx, v.Database, v.Name, stale)
		}
		if err == nil {
			err = tx.SetMaterialization(ctx, v.Database, v.Name, m)
		}
		return err
	}
	return nil
}

// temporaryChange moves an output into a temporary table, which the session knows and no metastore.
func (st *Statement) temporaryChange(in warehouse.Insert) warehouse.Change {
	t, o := in.Table, in.Outputs[0]
	return warehouse.Change{
		Staging: in.Staging, Targets: []warehouse.Target{{Location: t.Location, Overwrite: in.Overwrite, Files: o.Files, Directory: in.Directory}},
		Catalog: func(_ context.Context, _ metastore.Tx, contents []warehouse.Contents) error {
			m := t.Clone()
			if now := st.session.TemporaryTable(t.Database, t.Name); now != nil { // with what the statement has added before
				m = now.Clone()
			}
			f := stats.Files{Files: contents[0].Files, Bytes: contents[0].Bytes}
			var err error
			switch {
			case in.NoStatistics || in.Unknown:
				stats.FilesOnly(m.Parameters, f)
			case in.Overwrite:
				err = stats.Replace(m.Parameters, f, o.Rows, nil)
			default:
				err = stats.Append(m.Parameters, f, o.Rows, nil)
			}
			if err != nil {
				return err
			}
			st.session.PutTemporaryTable(m)
			return nil
		},
	}
}

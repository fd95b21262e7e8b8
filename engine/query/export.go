package query

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"skep/dialect/ast"
	"skep/dialect/sqlerr"
	"skep/engine/filesystem"
	"skep/metastore"
	"skep/metastore/dump"
	"skep/metastore/model"
	"skep/metastore/partition"
	"skep/metastore/warehouse"
)

// exportTask is the class that Hive names when EXPORT fails.
const exportTask = "org.apache.hadoop.hive.ql.exec.ExportTask"

// exporting is an EXPORT TABLE statement.
type exporting struct {
	st     *Statement
	target string
	dump   dump.Dump
}

// compileExport prepares EXPORT TABLE: the files of a table or some of its partitions are copied, as one state of the
// warehouse has them, to a directory beside a description of the table.
func (st *Statement) compileExport(ctx context.Context, n *ast.Export) error {
	if n.Replication != nil {
		return unsupported("EXPORT … FOR REPLICATION")
	}
	x := &exporting{st: st}
	if err := st.reading(ctx, func(a *analysis) error { return x.find(ctx, a.tables.reader, n.Source) }); err != nil {
		return err
	}
	var err error
	if x.target, err = st.eximPath(n.Path.Value); err != nil {
		return err
	}
	st.task = func(ctx context.Context) error {
		if err := x.run(ctx); err != nil {
			return sqlerr.Execution(1, exportTask, sqlerr.Text(sqlerr.IOError, err.Error())).WithCause(err)
		}
		return nil
	}
	return nil
}

// find looks up the table and its partitions.
func (x *exporting) find(ctx context.Context, r metastore.Reader, n *ast.TableOrPartition) error {
	db, name := x.st.eximTarget(n)
	t, err := x.st.session.lookup(ctx, r, db, name)
	if err != nil {
		if model.KindOf(err) == model.NoSuchObject {
			return sqlerr.At(sqlerr.InvalidTable, n.Table)
		}
		return err
	}
	x.dump.Table = t
	var filter partition.Filter
	if n.Partition != nil {
		if filter, err = x.st.ddlEnv().PartitionFilter(ctx, t, n.Partition); err != nil {
			return err
		}
	}
	switch {
	case t.IsView() || t.Type == model.MaterializedView:
		return sqlerr.Semanticf("Views and Materialized Views can not be exported.")
	case strings.EqualFold(t.Parameters["transactional"], "true"):
		return sqlerr.Semanticf("exporting transactional table %s.%s is not supported yet", t.Database, t.Name)
	case t.IsPartitioned():
		x.dump.Partitions, err = r.Partitions(ctx, t.Database, t.Name, metastore.PartitionQuery{Filter: filter})
	}
	return err
}

// run makes the directory, or renews it, as a whole or not at all.
func (x *exporting) run(ctx context.Context) error {
	e := x.st.session.engine
	if info, err := e.files.Stat(ctx, x.target); err == nil && !info.IsDir() {
		return fmt.Errorf("%s is not a directory", x.target)
	}
	staging, err := e.warehouse.Stage(ctx, x.target)
	if err != nil {
		return err
	}
	c := warehouse.Change{Staging: staging, Targets: []warehouse.Target{{Location: x.target}}}
	if err := x.stage(ctx, &c); err != nil {
		return errors.Join(err, staging.Abort(context.WithoutCancel(ctx)))
	}
	return e.warehouse.Commit(ctx, c)
}

// stage copies everything into the staging directory and completes the change.
func (x *exporting) stage(ctx context.Context, c *warehouse.Change) error {
	e, t, dir := x.st.session.engine, x.dump.Table, c.Staging.Dir()
	text, err := dump.Encode(&x.dump)
	if err != nil {
		return err
	}
	out, err := e.files.Create(ctx, dir+"/"+dump.FileName)
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	description := x.target + "/" + dump.FileName
	// What an earlier export left is replaced, but only that: nothing else that may be in the directory.
	_, err = e.files.Stat(ctx, description)
	again := err == nil
	c.Remove = []string{description, x.target + "/." + dump.FileName + ".crc"}
	c.Moves = []warehouse.Move{{From: dir + "/" + dump.FileName, To: description}}

	add := func(name, from string) error {
		files, err := x.st.copyTree(ctx, x.st.snapshot.List, x.open(ctx), from, dir+"/"+name)
		if err != nil {
			return err
		}
		target := warehouse.Target{Location: x.target + "/" + name, Files: files, Overwrite: again}
		c.Targets = append(c.Targets, target)
		return x.checksums(ctx, c, target.Location)
	}
	if !t.IsPartitioned() {
		return add(dump.DataDir, t.Location)
	}
	for _, p := range x.dump.Partitions {
		if err := add(partition.Name(modelKeys(t), p.Values), p.Location); err != nil {
			return err
		}
	}
	return nil
}

// checksums has Hadoop's files of checksums go, which would not fit new files of the same names.
func (x *exporting) checksums(ctx context.Context, c *warehouse.Change, dir string) error {
	entries, err := x.st.session.engine.files.List(ctx, dir)
	if err != nil {
		if isMissing(err) {
			return nil
		}
		return err
	}
	for _, e := range entries {
		if n := e.Name(); strings.HasPrefix(n, ".") && strings.HasSuffix(n, ".crc") {
			c.Remove = append(c.Remove, dir+"/"+n)
		}
	}
	return nil
}

// open opens files of the statement's snapshot, wherever later commits have moved them.
func (x *exporting) open(ctx context.Context) func(path string) (filesystem.File, error) {
	return func(path string) (in filesystem.File, err error) {
		err = x.st.snapshot.Open(path, func(now string) (err error) {
			in, err = x.st.session.engine.files.Open(ctx, now)
			return err
		})
		return in, err
	}
}

func modelKeys(t *model.Table) []string {
	out := make([]string, len(t.PartitionKeys))
	for i, k := range t.PartitionKeys {
		out[i] = k.Name
	}
	return out
}

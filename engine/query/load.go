package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"skep/dialect/analyzer"
	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/storage"
	"skep/dialect/types"
	"skep/engine/query/ddl"
	"skep/metastore/model"
	"skep/metastore/warehouse"
)

// moveTask is the class that Hive names when moving files fails.
const moveTask = "org.apache.hadoop.hive.ql.exec.MoveTask"

// loading is a LOAD DATA statement.
type loading struct {
	st     *Statement
	n      *ast.Load
	table  *model.Table
	values []string // of the partition; nil for an unpartitioned table
	files  []string
	branch plan.InsertBranch // that the load is like
}

// compileLoad prepares LOAD DATA: files are moved, or with LOCAL copied, as they are. Where rows have to be distributed,
// among partitions or buckets, the files are read as a table and inserted.
func (st *Statement) compileLoad(ctx context.Context, n *ast.Load) error {
	l := &loading{st: st, n: n}
	a := st.analysis()
	db := st.session.Database()
	var err error
	var source string
	if !st.conf.Hive3() { // the path is looked at before the table
		if source, err = l.find(); err != nil {
			return err
		}
	}
	if t := n.Target.Table; t.DB != nil {
		db = lower(t.DB.Name)
		if ok, err := a.tables.HasDatabase(ctx, db); err != nil || !ok {
			return errors.Join(err, databaseMissing(db))
		}
	}
	if l.table, err = st.session.table(ctx, db, lower(analyzer.TestTarget(st.conf, n.Target.Table).Name.Name)); err != nil {
		if model.KindOf(err) == model.NoSuchObject {
			return sqlerr.At(sqlerr.InvalidTable, n.Target.Table)
		}
		return err
	}
	t := l.table
	if t.IsView() || t.Type == model.MaterializedView {
		return sqlerr.New(sqlerr.DMLAgainstView)
	}
	if ddl.NonNative(t) {
		return sqlerr.New(sqlerr.LoadIntoNonNative)
	}
	described, err := a.tables.describe(ctx, t)
	if err != nil {
		return err
	}
	l.branch = plan.InsertBranch{Table: described, Overwrite: n.Overwrite}
	st.mayLock(described, lockMode(l.branch))
	var given map[string]string
	if n.Target.Partition != nil {
		if given, err = st.ddlEnv().PartitionValues(ctx, t, n.Target.Partition); err != nil {
			return err
		}
	}
	full := len(given) == len(t.PartitionKeys)
	if p := n.Target.Partition; p != nil && len(p.Values) < len(t.PartitionKeys) {
		return sqlerr.At(sqlerr.InvalidPartition, p.Values[len(p.Values)-1])
	}
	for _, v := range given {
		if v == "" {
			return sqlerr.At(sqlerr.InvalidPartition, ast.SpecPlace{Spec: n.Target.Partition})
		}
	}
	if st.conf.Hive3() {
		if source, err = l.find(); err != nil {
			return err
		}
	}
	if t.Storage.StoredAsSubDirectories {
		return sqlerr.New(sqlerr.LoadIntoStoredAsDir)
	}
	if t.IsPartitioned() && !full || described.Buckets.Count > 0 && st.conf.Bool("hive.strict.checks.bucketing") || l.nested() {
		return l.compileInsert(ctx, a, described, given, source)
	}
	if l.files, err = l.plain(); err != nil {
		return err
	}
	for _, k := range t.PartitionKeys {
		l.values = append(l.values, given[k.Name])
	}
	if st.conf.Bool("hive.fileformat.check") {
		if err := l.checkFormat(); err != nil {
			return err
		}
	}
	st.task = func(ctx context.Context) error {
		if err := l.run(ctx); err != nil {
			if _, ok := sqlerr.As(err); ok {
				return err
			}
			return sqlerr.Execution(40000, moveTask, fmt.Sprint(err)).WithCause(err)
		}
		return nil
	}
	return nil
}

// find resolves the path and checks that something is there; it returns the directory or file as a location.
func (l *loading) find() (string, error) {
	raw := l.n.Path.Value
	p := strings.TrimPrefix(raw, "file:")
	if strings.HasPrefix(p, "//") {
		p = "/" + strings.TrimLeft(p, "/")
	}
	if i := strings.Index(p, "://"); i > 0 {
		if l.n.Local {
			return "", sqlerr.Semanticf("%s: Source file system should be \"file\" if \"local\" is specified",
				sqlerr.At(sqlerr.IllegalPath, l.n.Path).Msg)
		}
		return "", sqlerr.Semanticf("the file system of %s is not supported", raw)
	}
	if !filepath.IsAbs(p) {
		if !l.n.Local {
			p = "/user/" + l.st.session.User + "/" + p
		} else if abs, err := filepath.Abs(p); err == nil {
			p = abs
		}
	}
	p = filepath.Clean(p)
	matches, err := filepath.Glob(p)
	if err != nil {
		return "", sqlerr.Semanticf("%s: %s", sqlerr.At(sqlerr.InvalidPath, l.n.Path).Msg, err)
	}
	for _, m := range matches {
		info, err := os.Stat(m)
		if err != nil {
			return "", fmt.Errorf("looking at %s: %w", m, err)
		}
		if !info.IsDir() {
			l.files = append(l.files, m)
			continue
		}
		entries, err := os.ReadDir(m)
		if err != nil {
			return "", fmt.Errorf("listing %s: %w", m, err)
		}
		for _, e := range entries {
			if !warehouse.IsHidden(e.Name()) {
				l.files = append(l.files, filepath.Join(m, e.Name()))
			}
		}
	}
	if len(l.files) == 0 {
		return "", sqlerr.Semanticf("%s: No files matching path file:%s", sqlerr.AtText(l.n.Path, "Invalid path").Msg, p)
	}
	return p, nil
}

// nested reports whether a directory is among the files.
func (l *loading) nested() bool {
	return slices.ContainsFunc(l.files, func(f string) bool {
		info, err := os.Stat(f)
		return err == nil && info.IsDir()
	})
}

// plain returns the files, which must not be directories.
func (l *loading) plain() ([]string, error) {
	if l.nested() {
		return nil, sqlerr.Semanticf("%s: source contains directory: %s", sqlerr.At(sqlerr.InvalidPath, l.n.Path).Msg, l.n.Path.Value)
	}
	return l.files, nil
}

// checkFormat looks whether the files begin like files of the table's format.
func (l *loading) checkFormat() error {
	input := l.table.Storage.InputFormat
	for _, f := range l.files {
		starts := map[string]bool{}
		for _, magic := range []string{"ORC", "SEQ\x06", "RCF\x01", oldRCFile} {
			ok, err := startsWith(f, magic)
			if err != nil {
				return err
			}
			starts[magic] = ok
		}
		fits := true
		switch input {
		case storage.OrcInputFormat:
			fits = starts["ORC"]
		case storage.SequenceInputFormat:
			fits = starts["SEQ\x06"]
		case storage.RCFileInputFormat:
			fits = starts["RCF\x01"] || starts[oldRCFile]
		case storage.TextInputFormat:
			fits = !starts["SEQ\x06"] && !starts["RCF\x01"]
		}
		if !fits && l.table.Type != model.ManagedTable {
			return sqlerr.Execution(sqlerr.WrongFileFormat, moveTask, sqlerr.Text(sqlerr.WrongFileFormat))
		}
		if !fits {
			return sqlerr.Semanticf("Unable to load data to destination table. Error: %s", sqlerr.Text(sqlerr.InvalidFileFormatInLoad))
		}
	}
	return nil
}

// oldRCFile begins the first RCFiles, which were sequence files with keys of a class of their own.
const oldRCFile = "SEQ\x06\x2dorg.apache.hadoop.hive.ql.io.RCFile$KeyBuffer"

func startsWith(file, magic string) (bool, error) {
	f, err := os.Open(file)
	if err != nil {
		return false, fmt.Errorf("checking the format of %s: %w", file, err)
	}
	head := make([]byte, len(magic))
	n, err := io.ReadFull(f, head)
	if err = errors.Join(ignoreShort(err), f.Close()); err != nil {
		return false, fmt.Errorf("checking the format of %s: %w", file, err)
	}
	return string(head[:n]) == magic, nil
}

func ignoreShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// run brings the files into the table's or partition's directory.
func (l *loading) run(ctx context.Context) error {
	err := l.commit(ctx, !l.n.Local)
	if errors.Is(err, syscall.EXDEV) {
		// Files of another volume cannot be moved: they are copied, and removed once the copies are in place.
		if err = l.commit(ctx, false); err == nil {
			for _, f := range l.files {
				if err := os.Remove(f); err != nil {
					return fmt.Errorf("removing the loaded file: %w", err)
				}
			}
		}
	}
	return err
}

func (l *loading) commit(ctx context.Context, move bool) error {
	e, t := l.st.session.engine, l.table
	if err := l.st.transact(ctx, []plan.InsertBranch{l.branch}); err != nil {
		return err
	}
	staging, err := e.warehouse.Stage(ctx, t.Location)
	if err != nil {
		return err
	}
	files := l.files
	if !move {
		if files, err = l.copy(ctx, staging.Dir()); err != nil {
			return errors.Join(err, staging.Abort(context.WithoutCancel(ctx)))
		}
	}
	in := warehouse.Insert{
		Staging: staging, Table: t, Overwrite: l.n.Overwrite, Unknown: true, KeepStorage: !l.n.Overwrite, NoStatistics: !l.st.conf.Bool("hive.stats.autogather"),
		Outputs: []warehouse.Output{{Values: l.values, Files: files}},
	}
	if t := l.branch.Table; t.Transactional {
		in.Directory = l.st.target(l.branch).String()
	}
	var c warehouse.Change
	if l.branch.Table.Temporary {
		c = l.st.temporaryChange(in)
	} else if c, err = e.warehouse.InsertChange(ctx, in); err != nil {
		return errors.Join(err, staging.Abort(context.WithoutCancel(ctx)))
	}
	return l.st.commitChanges(ctx, []warehouse.Change{c})
}

// copy copies the files to the staging directory.
func (l *loading) copy(ctx context.Context, dir string) ([]string, error) {
	var out []string
	taken := map[string]bool{}
	for _, f := range l.files {
		name := filepath.Base(f)
		for n := 1; taken[name]; n++ {
			name = warehouse.CopyName(filepath.Base(f), n)
		}
		taken[name] = true
		to := path.Join(dir, name)
		if err := l.copyFile(ctx, f, to); err != nil {
			return nil, fmt.Errorf("copying %s: %w", f, err)
		}
		out = append(out, to)
	}
	return out, nil
}

func (l *loading) copyFile(ctx context.Context, from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	out, err := l.st.session.engine.files.Create(ctx, to)
	if err != nil {
		return errors.Join(err, in.Close())
	}
	_, err = io.Copy(out, readerFunc(func(p []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return in.Read(p)
	}))
	return errors.Join(err, out.Close(), in.Close())
}

// readerFunc makes a function a reader.
type readerFunc func(p []byte) (int, error)

// Read implements io.Reader.
func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// compileInsert makes the load an insert: the files are a table whose last columns are the partition keys without a value.
func (l *loading) compileInsert(ctx context.Context, a *analysis, t *catalog.Table, given map[string]string, source string) error {
	st := l.st
	from := *t
	from.Name, from.Location, from.Stats, from.Kind = t.Name+"__temp_table_for_load_data__", "file:"+source, nil, catalog.External
	from.Params, from.Version, from.Buckets = nil, 0, catalog.Buckets{}
	from.Columns = slices.Clone(t.Columns)
	if l.n.InputFormat != nil {
		from.InputFormat, from.SerDe = l.n.InputFormat.Value, l.n.SerDe.Value
	}
	branch := l.branch
	for i, k := range t.PartitionKeys {
		v, ok := given[k.Name]
		switch {
		case !ok:
			from.Columns = append(from.Columns, k)
		case len(branch.Static) < i:
			return sqlerr.New(sqlerr.PartitionDynStaOrder)
		default:
			branch.Static = append(branch.Static, v)
		}
	}
	// every file is a partition of the table that is read, so that any set of files can be one
	from.PartitionKeys = []catalog.Column{{Name: "_file", Type: types.StringType}}
	scan := &plan.Scan{Table: &from, Alias: from.Name, Pruned: true}
	for i, c := range from.Columns {
		scan.Cols = append(scan.Cols, plan.Column{ID: plan.ColumnID(i + 1), Name: c.Name, Type: c.Type})
		scan.Source = append(scan.Source, i)
	}
	for _, f := range l.files {
		scan.Partitions = append(scan.Partitions, &catalog.Partition{Names: []string{f}, Values: []types.Datum{{S: f}}, Location: f})
	}
	branch.Root = scan
	files := l.files
	st.task = func(ctx context.Context) error {
		if err := st.transact(ctx, []plan.InsertBranch{branch}); err != nil {
			return failed(err)
		}
		w, err := st.newWrite(ctx, branch, scan)
		if err != nil {
			return failed(err)
		}
		if err := st.runWrites(ctx, []*write{w}); err != nil {
			return failed(err)
		}
		if !l.n.Local {
			for _, f := range files {
				if err := st.session.engine.files.RemoveAll(ctx, f); err != nil {
					return failed(fmt.Errorf("removing the loaded file: %w", err))
				}
			}
		}
		return nil
	}
	return nil
}

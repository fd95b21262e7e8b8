package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"skep/dialect/ast"
	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/storage"
	"skep/dialect/types"
	"skep/engine/colstats"
	"skep/engine/compress"
	"skep/engine/filesystem"
	"skep/engine/format"
	"skep/engine/pipeline"
	"skep/engine/planner"
	"skep/engine/query/ddl"
	"skep/engine/session"
	"skep/engine/vector"
	"skep/metastore"
	"skep/metastore/model"
	"skep/metastore/partition"
	"skep/metastore/stats"
	"skep/metastore/warehouse"
)

// statisticsOf is an ANALYZE TABLE statement.
type statisticsOf struct {
	st      *Statement
	table   *model.Table
	read    *catalog.Table
	parts   []*catalog.Partition // of a partitioned table
	columns []int                // data columns whose statistics are wanted
	written []string             // names of the columns as the statement has them
	noScan  bool
}

// compileAnalyze prepares ANALYZE TABLE … COMPUTE STATISTICS.
func (st *Statement) compileAnalyze(ctx context.Context, n *ast.Analyze) error {
	if n.CacheMetadata {
		return unsupported("ANALYZE TABLE … CACHE METADATA")
	}
	a := st.analysis()
	db := st.session.Database()
	if t := n.Target.Table; t.DB != nil {
		db = lower(t.DB.Name)
	}
	name := lower(n.Target.Table.Name.Name)
	t, err := st.session.table(ctx, db, name)
	if err != nil {
		if model.KindOf(err) == model.NoSuchObject {
			return sqlerr.New(sqlerr.InvalidTable, name)
		}
		return err
	}
	if t.IsView() {
		return sqlerr.New(sqlerr.AnalyzeView)
	}
	if n.NoScan && ddl.NonNative(t) {
		return sqlerr.New(sqlerr.AnalyzeTableNoscanNonNative, t.Name)
	}
	x := &statisticsOf{st: st, table: t, noScan: n.NoScan}
	if x.read, err = a.tables.describe(ctx, t); err != nil {
		return err
	}
	given := map[string]string{}
	if n.Target.Partition != nil && !n.ForColumns && !n.NoScan {
		if err := wholeSpec(t, n.Target.Partition); err != nil {
			return err
		}
	}
	if n.Target.Partition != nil {
		if given, err = st.ddlEnv().PartitionValues(ctx, t, n.Target.Partition); err != nil {
			return err
		}
	}
	if t.IsPartitioned() {
		x.parts, err = a.tables.Partitions(ctx, x.read, nil, func([]types.Datum) (bool, error) { return true, nil })
		if err != nil {
			return err
		}
		x.parts = slices.DeleteFunc(x.parts, func(p *catalog.Partition) bool {
			for i, k := range t.PartitionKeys {
				if v, ok := given[k.Name]; ok && v != p.Names[i] {
					return true
				}
			}
			return false
		})
		if len(x.parts) == 0 && len(given) > 0 {
			if n.ForColumns && len(given) == len(t.PartitionKeys) {
				var list []string
				for _, v := range n.Target.Partition.Values {
					list = append(list, lower(v.Name.Name)+"="+given[lower(v.Name.Name)])
				}
				return sqlerr.CodedSemanticf(sqlerr.ColumnstatscollectorInvalidPartition, "%s : {%s}",
					sqlerr.Text(sqlerr.ColumnstatscollectorInvalidPartition), strings.Join(list, ", "))
			}
			for _, v := range n.Target.Partition.Values {
				if v.Value != nil {
					return sqlerr.At(sqlerr.InvalidPartition, v)
				}
			}
		}
	}
	if n.ForColumns {
		if err := x.choose(n.Columns); err != nil {
			return err
		}
	}
	st.task = func(ctx context.Context) error { return failed(x.run(ctx)) }
	return nil
}

// choose notes the columns of FOR COLUMNS; none named means all that can have statistics.
func (x *statisticsOf) choose(names []*ast.Ident) error {
	var known []string
	for i, c := range x.read.Columns {
		known = append(known, c.Name)
		if len(names) == 0 && ddl.StatisticsKind(c.Type.String()) != "" {
			x.columns, x.written = append(x.columns, i), append(x.written, c.Name)
		}
	}
	for _, n := range names {
		i := slices.Index(known, lower(n.Name))
		if i < 0 {
			for _, k := range x.read.PartitionKeys {
				if k.Name == lower(n.Name) {
					return sqlerr.New(sqlerr.ColumnstatscollectorInvalidColumn, " ["+n.Name+"]")
				}
			}
			return sqlerr.New(sqlerr.InvalidColumn, "'"+n.Name+"' (possible columns are ["+strings.Join(known, ", ")+"])")
		}
		if ddl.StatisticsKind(x.read.Columns[i].Type.String()) != "" {
			x.columns, x.written = append(x.columns, i), append(x.written, n.Name)
		}
	}
	if len(names) > 0 && len(x.columns) == 0 {
		return sqlerr.New(sqlerr.ColumnstatscollectorParseError)
	}
	return nil
}

// gathered is what was found out about a table or partition.
type gathered struct {
	files   stats.Files
	footers *format.FileStats // what the files themselves say; nil when they do not
	unended int64             // text files whose last line has no end
	rows    int64
	columns []*colstats.Column
}

func (x *statisticsOf) run(ctx context.Context) error {
	if len(x.columns) == 0 && (x.noScan || x.counted()) {
		return x.record(ctx, nil)
	}
	sink := &statisticsSink{keys: len(x.read.PartitionKeys), groups: map[string]*gathered{}}
	scan := &plan.Scan{Table: x.read, Alias: x.read.Name, Partitions: x.parts, Pruned: true}
	add := func(c catalog.Column, source int) {
		scan.Cols = append(scan.Cols, plan.Column{ID: plan.ColumnID(len(scan.Cols) + 1), Name: c.Name, Type: c.Type})
		scan.Source = append(scan.Source, source)
	}
	for i, k := range x.read.PartitionKeys {
		add(k, len(x.read.Columns)+i)
	}
	for _, i := range x.columns {
		add(x.read.Columns[i], i)
		sink.types = append(sink.types, x.read.Columns[i].Type)
	}
	if err := x.st.runPlan(ctx, planner.Output{Root: scan, Sink: sink}); err != nil {
		return err
	}
	return x.record(ctx, sink)
}

// record writes the statistics to the catalog.
func (x *statisticsOf) record(ctx context.Context, sink *statisticsSink) error {
	s, e := x.st.session, x.st.session.engine
	schema := make([]format.Column, len(x.columns))
	for i, c := range x.columns {
		schema[i] = format.Column{Name: x.read.Columns[c].Name, Type: x.read.Columns[c].Type}
	}
	type target struct {
		name    string
		got     *gathered
		columns []model.ColumnStatistics
	}
	collect := func(name, location, input, serde string, values []types.Datum) (*target, error) {
		t := &target{name: name, got: &gathered{}}
		if sink != nil {
			t.got = sink.group(values)
		}
		if err := x.count(ctx, t.got, location, x.counter(input, serde)); err != nil {
			return nil, err
		}
		var err error
		t.columns, err = s.columnStatistics(schema, t.got.columns)
		t.columns = slices.DeleteFunc(t.columns, unbounded)
		return t, err
	}
	if !x.table.IsPartitioned() {
		t, err := collect("", x.table.Location, x.read.InputFormat, x.read.SerDe, nil)
		if err != nil {
			return err
		}
		if s.TemporaryTable(x.table.Database, x.table.Name) != nil {
			m := x.table.Clone()
			if err := x.note(m.Parameters, t.got, x.written, sink != nil); err != nil {
				return err
			}
			s.PutTemporaryTable(m)
			s.SetTemporaryStatistics(m.Database, m.Name, t.columns)
			return nil
		}
		return e.store.Update(ctx, func(tx metastore.Tx) error {
			m, err := tx.Table(ctx, x.table.Database, x.table.Name)
			if err != nil {
				return err
			}
			if err := x.note(m.Parameters, t.got, columnNames(t.columns), sink != nil); err != nil {
				return err
			}
			if err := tx.AlterTable(ctx, m.Database, m.Name, m); err != nil {
				return err
			}
			return tx.SetColumnStatistics(ctx, m.Database, m.Name, "", t.columns)
		})
	}
	targets := map[string]*target{}
	var names []string
	for _, p := range x.parts {
		name := partition.Name(keyNames(x.read), p.Names)
		t, err := collect(name, p.Location, p.InputFormat, p.SerDe, p.Values)
		if err != nil {
			return err
		}
		targets[name] = t
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil
	}
	return e.store.Update(ctx, func(tx metastore.Tx) error {
		parts, err := tx.Partitions(ctx, x.table.Database, x.table.Name, metastore.PartitionQuery{Names: names})
		if err != nil {
			return err
		}
		for _, p := range parts {
			t := targets[partition.Name(keyNames(x.read), p.Values)]
			if p.Parameters == nil {
				p.Parameters = map[string]string{}
			}
			if err := x.note(p.Parameters, t.got, columnNames(t.columns), sink != nil); err != nil {
				return err
			}
			if err := tx.SetColumnStatistics(ctx, x.table.Database, x.table.Name, t.name, t.columns); err != nil {
				return err
			}
		}
		return tx.AlterPartitions(ctx, x.table.Database, x.table.Name, parts)
	})
}

// unbounded reports whether Hive keeps no statistics of a column, because its smallest or largest value is infinite or no number.
func unbounded(c model.ColumnStatistics) bool {
	for _, v := range []string{c.Low, c.High} {
		if c.Kind == model.DoubleStatistics && (v == "Infinity" || v == "-Infinity" || v == "NaN") {
			return true
		}
	}
	return false
}

// columnNames are the columns of statistics.
func columnNames(list []model.ColumnStatistics) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = s.Column
	}
	return out
}

// note brings the parameters of a table or partition up to date; scanned says whether the rows were counted.
func (x *statisticsOf) note(params map[string]string, g *gathered, columns []string, scanned bool) error {
	delete(params, model.ParamLastDDLTime)
	raw, _ := stats.Counter(params, model.ParamRawDataSize)
	switch {
	case g.footers != nil:
		g.rows, raw = g.footers.Rows, g.footers.RawBytes
	case !scanned:
		return stats.Refresh(params, g.files)
	case x.table.Storage.InputFormat == storage.TextInputFormat:
		raw = max(g.files.Bytes-g.rows+g.unended, 0) // the lines without their ends
	}
	accurate := stats.AccurateColumns(params)
	for _, c := range columns {
		if !slices.Contains(accurate, c) {
			accurate = append(accurate, c)
		}
	}
	return stats.Replace(params, g.files, stats.Rows{Rows: g.rows, Raw: raw}, accurate)
}

// counter is the format of a table or partition if its files say how many rows they hold, else nil. Of files in a format
// that is not known at least the number can be told.
func (x *statisticsOf) counter(input, serde string) format.Counter {
	if input == "" {
		input, serde = x.read.InputFormat, x.read.SerDe
	}
	f, err := x.st.session.engine.formats.Find(input, serde)
	if err != nil {
		return nil
	}
	c, _ := f.(format.Counter)
	return c
}

// counted reports whether the files of the table and of its partitions say how many rows they hold.
func (x *statisticsOf) counted() bool {
	for _, p := range x.parts {
		if x.counter(p.InputFormat, p.SerDe) == nil {
			return false
		}
	}
	return x.counter("", "") != nil
}

// count counts the visible files of a directory and those below it, and what they say themselves.
func (x *statisticsOf) count(ctx context.Context, g *gathered, location string, f format.Counter) error {
	files := x.st.session.engine.files
	entries, err := files.List(ctx, location)
	if err != nil {
		if isMissing(err) {
			return nil
		}
		return err
	}
	if f != nil && g.footers == nil {
		g.footers = &format.FileStats{}
	}
	options := &format.ReadOptions{Open: plainOpener{files}, Session: session.Format(x.st.conf)}
	for _, e := range entries {
		path := strings.TrimSuffix(location, "/") + "/" + e.Name()
		switch {
		case warehouse.IsHidden(e.Name()):
			continue
		case e.IsDir():
			if err := x.count(ctx, g, path, f); err != nil {
				return err
			}
			continue
		}
		g.files.Files, g.files.Bytes = g.files.Files+1, g.files.Bytes+e.Size()
		if x.table.Storage.InputFormat == storage.TextInputFormat && e.Size() > 0 && compress.ByPath(path) == compress.None {
			ended, err := endsLine(ctx, files, path)
			if err != nil {
				return err
			}
			if !ended {
				g.unended++
			}
		}
		if f != nil && e.Size() > 0 {
			n, err := f.Count(ctx, path, options)
			if err != nil {
				return err
			}
			g.footers.Rows, g.footers.RawBytes = g.footers.Rows+n.Rows, g.footers.RawBytes+n.RawBytes
		}
	}
	return nil
}

// endsLine reports whether the last line of a file that is not empty has an end.
func endsLine(ctx context.Context, files filesystem.FileSystem, path string) (bool, error) {
	in, err := files.Open(ctx, path)
	if err != nil {
		return false, err
	}
	last := make([]byte, 1)
	_, err = in.ReadAt(last, in.Size()-1)
	if err == io.EOF {
		err = nil
	}
	return last[0] == '\n', errors.Join(err, in.Close())
}

// plainOpener opens files as they are now.
type plainOpener struct{ files filesystem.FileSystem }

// Open implements format.Opener.
func (o plainOpener) Open(ctx context.Context, path string) (format.Input, error) {
	return o.files.Open(ctx, path)
}

// statisticsSink gathers column statistics by partition. The first columns of its batches are the partition keys, which are
// the same in all rows of a batch because a batch is read from one file.
type statisticsSink struct {
	keys  int
	types []*types.Type

	mu     sync.Mutex
	groups map[string]*gathered
}

func (s *statisticsSink) newGroup() *gathered {
	g := &gathered{}
	for _, t := range s.types {
		g.columns = append(g.columns, colstats.NewColumn(t))
	}
	return g
}

// group returns what was gathered for the partition of these values.
func (s *statisticsSink) group(values []types.Datum) *gathered {
	if g := s.groups[groupKey(values)]; g != nil {
		return g
	}
	return s.newGroup()
}

// groupKey is a text that tells key values from others.
func groupKey(values []types.Datum) string {
	var b []byte
	for _, d := range values {
		b = fmt.Appendf(b, "%v %v %v %v %q|", d.Null, d.I, d.F, d.W, d.S)
	}
	return string(b)
}

// Processor implements pipeline.Sink.
func (s *statisticsSink) Processor(*pipeline.Worker) (pipeline.Processor, error) {
	return &statisticsWorker{sink: s, groups: map[string]*gathered{}}, nil
}

// Finish implements pipeline.Sink.
func (*statisticsSink) Finish(context.Context) error { return nil }

type statisticsWorker struct {
	sink   *statisticsSink
	groups map[string]*gathered
}

// Push implements pipeline.Processor.
func (w *statisticsWorker) Push(b *vector.Batch) error {
	first := 0
	if b.Sel != nil {
		if len(b.Sel) == 0 {
			return nil
		}
		first = int(b.Sel[0])
	}
	values := make([]types.Datum, w.sink.keys)
	for i := range values {
		values[i] = b.Cols[i].Datum(first)
	}
	key := groupKey(values)
	g := w.groups[key]
	if g == nil {
		g = w.sink.newGroup()
		w.groups[key] = g
	}
	if b.Sel != nil {
		g.rows += int64(len(b.Sel))
	} else {
		g.rows += int64(b.N)
	}
	for i, c := range g.columns {
		c.Add(b.Cols[w.sink.keys+i], b.Sel, b.N)
	}
	return nil
}

// Finish implements pipeline.Processor.
func (w *statisticsWorker) Finish() error {
	w.sink.mu.Lock()
	defer w.sink.mu.Unlock()
	for key, g := range w.groups {
		all := w.sink.groups[key]
		if all == nil {
			w.sink.groups[key] = g
			continue
		}
		all.rows += g.rows
		for i, c := range g.columns {
			all.columns[i].Merge(c)
		}
	}
	return nil
}

// wholeSpec refuses a PARTITION clause that names some of the keys only: a key without value stands for all values, but it must be named.
func wholeSpec(t *model.Table, p *ast.PartitionSpec) error {
	if len(p.Values) == 0 || len(p.Values) >= len(t.PartitionKeys) {
		return nil
	}
	last := p.Values[len(p.Values)-1]
	if last.Value == nil {
		return sqlerr.At(sqlerr.PartitionDynStaOrder, last)
	}
	return sqlerr.At(sqlerr.InvalidPartition, last)
}

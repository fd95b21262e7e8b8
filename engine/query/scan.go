package query

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/dialect/sqlerr"
	"skep/dialect/types"
	"skep/engine/format"
	"skep/engine/operator"
	"skep/engine/vector"
	"skep/metastore/warehouse"
)

// Bounds of the size of splits; within them a table is divided so that every thread gets several.
const (
	minSplit = 1 << 20
	maxSplit = 64 << 20
)

// scans opens tables for one execution of a statement, on one snapshot of the warehouse.
type scans struct {
	st       *Statement
	snapshot *warehouse.Snapshot
}

// Scan implements planner.ScanProvider.
func (s *scans) Scan(ctx context.Context, n *plan.Scan, predicates []format.Predicate) (operator.Table, error) {
	if n.Sample != nil {
		return nil, unsupported("TABLESAMPLE")
	}
	t := &scanTable{session: formatSession(s.st.conf)}
	if len(n.Table.PartitionKeys) == 0 {
		p := &catalog.Partition{
			Location: n.Table.Location, InputFormat: n.Table.InputFormat, SerDe: n.Table.SerDe, SerDeProps: n.Table.SerDeProps,
		}
		return t, s.add(ctx, t, n, []*catalog.Partition{p}, predicates)
	}
	return t, s.add(ctx, t, n, n.Partitions, predicates)
}

// add lists the files of the partitions and divides them into splits.
func (s *scans) add(ctx context.Context, t *scanTable, n *plan.Scan, parts []*catalog.Partition, predicates []format.Predicate) error {
	recursive := s.st.conf.Bool("mapred.input.dir.recursive") || s.st.conf.Bool("mapreduce.input.fileinputformat.input.dir.recursive")
	files := make([][]scanFile, len(parts))
	total := int64(0)
	for i, p := range parts {
		var err error
		if files[i], err = s.list(ctx, p.Location, recursive); err != nil {
			return fmt.Errorf("listing the files of %s.%s: %w", n.Table.DB, n.Table.Name, err)
		}
		for _, f := range files[i] {
			total += f.info.Size()
		}
	}
	target := min(max(total/int64(8*s.st.session.engine.config.Threads), minSplit), maxSplit)
	for i, p := range parts {
		if len(files[i]) == 0 {
			continue
		}
		u, err := s.unit(n, p, files[i], predicates)
		if err != nil {
			return err
		}
		t.session = u.options.Session
		for _, f := range files[i] {
			if f.info.Size() == 0 {
				continue
			}
			splits, err := u.format.Splits(ctx, f.path, u.options, target)
			if err != nil {
				return fmt.Errorf("reading %s.%s: %w", n.Table.DB, n.Table.Name, err)
			}
			for _, x := range splits {
				t.splits = append(t.splits, scanSplit{u, x})
			}
		}
	}
	return nil
}

type scanFile struct {
	path string
	info fs.FileInfo
}

// list returns the visible files of a directory; a missing directory has none.
func (s *scans) list(ctx context.Context, dir string, recursive bool) ([]scanFile, error) {
	entries, err := s.snapshot.List(ctx, dir)
	if err != nil {
		if isMissing(err) {
			return nil, nil
		}
		return nil, err
	}
	var out []scanFile
	for _, e := range entries {
		path := strings.TrimSuffix(dir, "/") + "/" + e.Name()
		if !e.IsDir() {
			out = append(out, scanFile{path, e})
			continue
		}
		if !recursive {
			continue
		}
		below, err := s.list(ctx, path, true)
		if err != nil {
			return nil, err
		}
		out = append(out, below...)
	}
	return out, nil
}

// scanUnit is a partition (or the table) as its splits are read.
type scanUnit struct {
	format  format.Format
	options *format.ReadOptions
	columns []scanOutput
}

// scanOutput says where a column of the scan comes from: a position among the reader's columns, a constant, or (file) the
// name of the file.
type scanOutput struct {
	position int
	constant *vector.Vector
	file     bool
}

func (s *scans) unit(n *plan.Scan, p *catalog.Partition, files []scanFile, predicates []format.Predicate) (*scanUnit, error) {
	input, serde, props := p.InputFormat, p.SerDe, p.SerDeProps
	if input == "" {
		input, serde, props = n.Table.InputFormat, n.Table.SerDe, n.Table.SerDeProps
	}
	f, err := s.st.session.engine.formats.find(input, serde)
	if err != nil {
		return nil, err
	}
	modified := make(map[string]time.Time, len(files))
	for _, x := range files {
		modified[x.path] = x.info.ModTime()
	}
	u := &scanUnit{format: f, options: &format.ReadOptions{
		Open: opener{s, modified}, Schema: formatColumns(n.Table.Columns), Predicates: predicates,
		Properties: merged(n.Table.Params, p.Params, props), Session: formatSession(s.st.conf),
	}}
	data := len(n.Table.Columns)
	for i, src := range n.Source {
		switch {
		case src >= data:
			u.columns = append(u.columns, scanOutput{constant: vector.NewConst(n.Cols[i].Type, p.Values[src-data])})
		case src >= 0:
			u.columns = append(u.columns, scanOutput{position: len(u.options.Projection)})
			u.options.Projection = append(u.options.Projection, src)
		case src == plan.VirtualInputFileName:
			u.columns = append(u.columns, scanOutput{file: true})
		default:
			return nil, sqlerr.Semanticf("the virtual column %s is not supported yet", n.Cols[i].Name)
		}
	}
	return u, nil
}

// opener opens files of a snapshot, wherever later commits have moved them.
type opener struct {
	scans    *scans
	modified map[string]time.Time
}

// Open implements format.Opener.
func (o opener) Open(ctx context.Context, path string) (format.Input, error) {
	var in format.Input
	err := o.scans.snapshot.Open(path, func(now string) error {
		f, err := o.scans.st.session.engine.files.Open(ctx, now)
		if err != nil {
			return err
		}
		in = snapshotFile{f, o.modified[path]}
		return nil
	})
	return in, err
}

type snapshotFile struct {
	format.Input
	modified time.Time
}

// ModTime tells caches which version of the file this is.
func (f snapshotFile) ModTime() time.Time { return f.modified }

// scanTable is a table prepared for reading; it implements operator.Table.
type scanTable struct {
	session format.Session
	splits  []scanSplit
}

type scanSplit struct {
	unit  *scanUnit
	split format.Split
}

// Splits implements operator.Table.
func (t *scanTable) Splits() int { return len(t.splits) }

// Open implements operator.Table.
func (t *scanTable) Open(ctx context.Context, split int, filters []format.Predicate) (format.Reader, error) {
	s := t.splits[split]
	options := s.unit.options
	if len(filters) > 0 {
		c := *options
		c.Predicates = append(append([]format.Predicate(nil), options.Predicates...), filters...)
		options = &c
	}
	r, err := s.unit.format.OpenSplit(ctx, s.split, options)
	if err != nil {
		return nil, err
	}
	out := &scanReader{reader: r, columns: s.unit.columns, cols: make([]*vector.Vector, len(s.unit.columns))}
	for i, c := range s.unit.columns {
		out.cols[i] = c.constant
		if c.file {
			out.cols[i] = vector.NewConst(types.StringType, types.Datum{S: qualified(s.split.Path)})
		}
	}
	return out, nil
}

// qualified is a path as Hive shows it, with a scheme.
func qualified(path string) string {
	if strings.HasPrefix(path, "/") {
		return "file:" + path
	}
	return path
}

// scanReader puts the columns of a reader and constants into the order of the scan.
type scanReader struct {
	reader  format.Reader
	columns []scanOutput
	cols    []*vector.Vector
	batch   vector.Batch
}

// Next implements format.Reader.
func (r *scanReader) Next() (*vector.Batch, error) {
	b, err := r.reader.Next()
	if err != nil || b == nil {
		return nil, err
	}
	for i, c := range r.columns {
		if c.constant == nil && !c.file {
			r.cols[i] = b.Cols[c.position]
		}
	}
	r.batch = vector.Batch{N: b.N, Sel: b.Sel, Cols: r.cols}
	return &r.batch, nil
}

// Close implements format.Reader.
func (r *scanReader) Close() error { return r.reader.Close() }

package query

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"skep/dialect/plan"
	"skep/engine/acid"
	"skep/engine/format"
	"skep/engine/operator"
	"skep/engine/stage"
	"skep/engine/table"
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
	reader   *table.Reader
}

func (st *Statement) scans(snapshot *warehouse.Snapshot) *scans {
	s := &scans{st: st, snapshot: snapshot}
	s.reader = &table.Reader{Formats: st.session.engine.formats, Session: st.surroundings(), File: s.File}
	return s
}

// Scan implements planner.ScanProvider.
func (s *scans) Scan(ctx context.Context, n *plan.Scan, predicates []format.Predicate) (operator.Table, error) {
	scan := s.reader.Scan(n, predicates)
	splits, err := s.divide(ctx, n, scan)
	if err != nil {
		return nil, err
	}
	return scan.Table(splits)
}

// Splits implements stage.Divider.
func (s *scans) Splits(ctx context.Context, n *plan.Scan, predicates []format.Predicate) ([]stage.Split, error) {
	return s.divide(ctx, n, s.reader.Scan(n, predicates))
}

// divide lists the files of the partitions of a scan and divides them into splits.
func (s *scans) divide(ctx context.Context, n *plan.Scan, scan *table.Scan) ([]stage.Split, error) {
	recursive := s.st.conf.Bool("mapred.input.dir.recursive") || s.st.conf.Bool("mapreduce.input.fileinputformat.input.dir.recursive")
	parts := table.Partitions(n)
	files := make([][]table.File, len(parts))
	states := make([]*acid.State, len(parts)) // instead of the files, of transactional tables
	total := int64(0)
	for i, p := range parts {
		var err error
		if n.Table.Transactional {
			if states[i], err = acid.ReadState(ctx, s.snapshot, p.Location, acid.Snapshot{WriteIDs: n.Table.WriteIDs}); err == nil {
				for _, f := range states[i].Files() {
					total += f.Size
				}
				continue
			}
		} else if files[i], err = s.list(ctx, p.Location, recursive || p.Nested); err == nil {
			for _, f := range files[i] {
				total += f.Size
			}
			continue
		}
		return nil, fmt.Errorf("listing the files of %s.%s: %w", n.Table.DB, n.Table.Name, err)
	}
	target := min(max(total/int64(8*s.st.session.engine.config.Threads), minSplit), maxSplit)
	if limit := s.st.conf.Int("mapreduce.input.fileinputformat.split.maxsize", 0); limit > 0 {
		target = min(target, limit)
	}
	var all []stage.Split
	for i := range parts {
		var splits []stage.Split
		var err error
		switch {
		case states[i] != nil:
			splits, err = scan.DivideState(ctx, i, states[i], target)
		case len(files[i]) > 0:
			splits, err = scan.Divide(ctx, i, files[i], target)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, splits...)
	}
	return table.Sample(all, n.Sample), nil
}

// File opens a file of the snapshot, wherever later commits have moved it.
func (s *scans) File(ctx context.Context, path string) (format.Input, error) {
	var in format.Input
	err := s.snapshot.Open(path, func(now string) error {
		f, err := s.st.session.engine.files.Open(ctx, now)
		if err != nil {
			return err
		}
		in = f
		return nil
	})
	return in, err
}

// Now returns where a file of the snapshot is at present.
func (s *scans) Now(path string) string {
	at := path
	_ = s.snapshot.Open(path, func(now string) error { // fails only if the function does
		at = now
		return nil
	})
	return at
}

// list returns the visible files of a directory; a missing directory has none.
func (s *scans) list(ctx context.Context, dir string, recursive bool) ([]table.File, error) {
	entries, err := s.snapshot.List(ctx, dir)
	if err != nil {
		if isMissing(err) {
			return nil, nil
		}
		if errors.Is(err, syscall.ENOTDIR) { // a location may be a single file
			info, err := s.st.session.engine.files.Stat(ctx, dir)
			if err != nil {
				return nil, err
			}
			return []table.File{{Path: dir, Size: info.Size(), Modified: info.ModTime()}}, nil
		}
		return nil, err
	}
	var out []table.File
	for _, e := range entries {
		path := strings.TrimSuffix(dir, "/") + "/" + e.Name()
		if !e.IsDir() {
			out = append(out, table.File{Path: path, Size: e.Size(), Modified: e.ModTime()})
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

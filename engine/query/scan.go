package query

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/engine/format"
	"skep/engine/operator"
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
	t := &scanTable{scan: n}
	parts := n.Partitions
	if len(n.Table.PartitionKeys) == 0 {
		parts = []*catalog.Partition{{
			Location: n.Table.Location, InputFormat: n.Table.InputFormat, SerDe: n.Table.SerDe, SerDeProps: n.Table.SerDeProps,
		}}
	}
	if err := s.add(ctx, t, n, parts, predicates); err != nil {
		return nil, err
	}
	return sampled(t, n.Sample), nil
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
		if errors.Is(err, syscall.ENOTDIR) { // a location may be a single file
			info, err := s.st.session.engine.files.Stat(ctx, dir)
			return []scanFile{{dir, info}}, err
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

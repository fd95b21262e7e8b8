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
	"skep/engine/stage"
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
	err := s.divide(ctx, n, predicates, func(u *scanUnit, _ int, x format.Split) { t.splits = append(t.splits, scanSplit{u, x}) })
	if err != nil {
		return nil, err
	}
	t.splits = sampleSplits(t.splits, n.Sample)
	return sampled(t, n.Sample), nil
}

// Splits implements stage.Tables.
func (s *scans) Splits(ctx context.Context, n *plan.Scan, predicates []format.Predicate) ([]stage.Split, error) {
	var all []scanSplit
	var of []int
	err := s.divide(ctx, n, predicates, func(u *scanUnit, part int, x format.Split) {
		all = append(all, scanSplit{u, x})
		of = append(of, part)
	})
	all = sampleSplits(all, n.Sample)
	out := make([]stage.Split, len(all))
	for i, x := range all {
		out[i] = stage.Split{Partition: of[i], Split: x.split}
	}
	return out, err
}

// Open implements stage.Tables.
func (s *scans) Open(_ context.Context, n *plan.Scan, predicates []format.Predicate, splits []stage.Split) (operator.Table, error) {
	t := &scanTable{scan: n}
	parts := partitionsOf(n)
	units := map[int]*scanUnit{}
	for _, x := range splits {
		u := units[x.Partition]
		if u == nil {
			if x.Partition < 0 || x.Partition >= len(parts) {
				return nil, fmt.Errorf("reading %s.%s: a split of partition %d of %d", n.Table.DB, n.Table.Name, x.Partition, len(parts))
			}
			var err error
			if u, err = s.unit(n, parts[x.Partition], predicates); err != nil {
				return nil, err
			}
			units[x.Partition] = u
		}
		u.modified[x.Path] = x.ModTime
		t.splits = append(t.splits, scanSplit{u, x.Split})
	}
	return sampled(t, n.Sample), nil
}

// partitionsOf lists what a scan reads: partitions, or the table as one.
func partitionsOf(n *plan.Scan) []*catalog.Partition {
	if len(n.Table.PartitionKeys) > 0 {
		return n.Partitions
	}
	return []*catalog.Partition{{
		Location: n.Table.Location, InputFormat: n.Table.InputFormat, SerDe: n.Table.SerDe, SerDeProps: n.Table.SerDeProps,
	}}
}

// divide lists the files of the partitions of a scan and divides them into splits.
func (s *scans) divide(ctx context.Context, n *plan.Scan, predicates []format.Predicate, add func(u *scanUnit, partition int, x format.Split)) error {
	recursive := s.st.conf.Bool("mapred.input.dir.recursive") || s.st.conf.Bool("mapreduce.input.fileinputformat.input.dir.recursive")
	parts := partitionsOf(n)
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
	if limit := s.st.conf.Int("mapreduce.input.fileinputformat.split.maxsize", 0); limit > 0 {
		target = min(target, limit)
	}
	for i, p := range parts {
		if len(files[i]) == 0 {
			continue
		}
		u, err := s.unit(n, p, predicates)
		if err != nil {
			return err
		}
		for _, f := range files[i] {
			u.modified[f.path] = f.info.ModTime()
			if f.info.Size() == 0 {
				continue
			}
			splits, err := u.format.Splits(ctx, f.path, u.options, target)
			if err != nil {
				return fmt.Errorf("reading %s.%s: %w", n.Table.DB, n.Table.Name, err)
			}
			for _, x := range splits {
				add(u, i, x)
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

package table

import (
	"context"
	"fmt"
	"time"

	"skep/dialect/catalog"
	"skep/dialect/plan"
	"skep/engine/acid"
	"skep/engine/format"
	"skep/engine/memory"
	"skep/engine/operator"
	"skep/engine/session"
	"skep/engine/stage"
)

// Reader opens tables for a statement.
type Reader struct {
	Formats *Formats
	Session *session.Session
	// File opens a file that a split or Scan.Divide names.
	File func(ctx context.Context, path string) (format.Input, error)
	// Memory is what sets of deleted rows count to; nil: they are not counted.
	Memory *memory.Pool
}

// Open implements stage.Tables.
func (r *Reader) Open(_ context.Context, n *plan.Scan, predicates []format.Predicate, splits []stage.Split) (operator.Table, error) {
	return r.Scan(n, predicates).Table(splits)
}

// Scan returns what reads the files of a scan. predicates are those of its filters that readers evaluate.
func (r *Reader) Scan(n *plan.Scan, predicates []format.Predicate) *Scan {
	return &Scan{reader: r, node: n, predicates: predicates, parts: Partitions(n), units: map[int]*unit{}}
}

// Scan reads the files of a scan. It is for one goroutine; the tables that it gives may be read by several.
type Scan struct {
	reader     *Reader
	node       *plan.Scan
	predicates []format.Predicate
	parts      []*catalog.Partition
	units      map[int]*unit // by partition
}

// Partitions lists what a scan reads: partitions, or the table as one.
func Partitions(n *plan.Scan) []*catalog.Partition {
	if len(n.Table.PartitionKeys) > 0 {
		return n.Partitions
	}
	return []*catalog.Partition{{
		Location: n.Table.Location, InputFormat: n.Table.InputFormat, SerDe: n.Table.SerDe, SerDeProps: n.Table.SerDeProps,
		Nested: n.Table.Nested,
	}}
}

func (s *Scan) unit(partition int) (*unit, error) {
	if u := s.units[partition]; u != nil {
		return u, nil
	}
	n := s.node
	if partition < 0 || partition >= len(s.parts) {
		return nil, fmt.Errorf("reading %s.%s: a split of partition %d of %d", n.Table.DB, n.Table.Name, partition, len(s.parts))
	}
	u, err := s.reader.unit(n, s.parts[partition], s.predicates)
	if err == nil {
		s.units[partition] = u
	}
	return u, err
}

// File is a file of a table.
type File struct {
	Path     string
	Size     int64
	Modified time.Time
}

// Divide divides files of a partition into splits of about target bytes.
func (s *Scan) Divide(ctx context.Context, partition int, files []File, target int64) ([]stage.Split, error) {
	u, err := s.unit(partition)
	if err != nil {
		return nil, err
	}
	var out []stage.Split
	for _, f := range files {
		u.modified[f.Path] = f.Modified
		if f.Size == 0 {
			continue
		}
		splits, err := u.format.Splits(ctx, f.Path, u.options, target)
		if err != nil {
			return nil, fmt.Errorf("reading %s.%s: %w", s.node.Table.DB, s.node.Table.Name, err)
		}
		for _, x := range splits {
			out = append(out, stage.Split{Partition: partition, Split: x})
		}
	}
	return out, nil
}

// DivideState divides the files that a statement reads of the directory of a partition of a transactional table.
func (s *Scan) DivideState(ctx context.Context, partition int, state *acid.State, target int64) ([]stage.Split, error) {
	if !acid.HasKeys(s.node.Table) {
		var files []File
		for _, f := range state.Files() {
			files = append(files, File{Path: f.Path, Size: f.Size, Modified: f.Modified})
		}
		return s.Divide(ctx, partition, files, target)
	}
	u, err := s.unit(partition)
	if err != nil {
		return nil, err
	}
	failed := func(err error) error {
		return fmt.Errorf("reading %s.%s: %w", s.node.Table.DB, s.node.Table.Name, err)
	}
	events, err := u.eventful()
	if err != nil {
		return nil, failed(err)
	}
	for _, d := range append(state.Deltas, state.DeleteDeltas...) {
		for _, f := range d.Files {
			u.modified[f.Path] = f.Modified
		}
	}
	for _, f := range state.Files() {
		u.modified[f.Path] = f.Modified
	}
	sources, err := state.Sources(ctx, events, u.options, s.node.Table.WriteIDs)
	if err != nil {
		return nil, failed(err)
	}
	var out []stage.Split
	for _, f := range sources {
		options := *u.options
		options.Events = !f.Source.Original
		splits, err := events.Splits(ctx, f.Path, &options, target)
		if err != nil {
			return nil, failed(err)
		}
		for _, x := range splits {
			out = append(out, stage.Split{Partition: partition, Split: x, Acid: f.Source})
		}
	}
	return out, nil
}

// Table prepares reading splits.
func (s *Scan) Table(splits []stage.Split) (operator.Table, error) {
	t := &scanTable{scan: s.node}
	for _, x := range splits {
		u, err := s.unit(x.Partition)
		if err != nil {
			return nil, err
		}
		u.modified[x.Path] = x.ModTime
		if x.Acid != nil {
			for _, d := range x.Acid.Deletes {
				u.modified[d.Path] = d.Modified
			}
		}
		t.splits = append(t.splits, unitSplit{u, x.Split, x.Acid})
	}
	return sampled(t, s.node.Sample), nil
}

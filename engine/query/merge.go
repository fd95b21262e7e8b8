package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"skep/dialect/plan"
	"skep/dialect/storage"
	"skep/engine/format"
	"skep/engine/format/orc"
	"skep/engine/format/rcfile"
	"skep/engine/session"
	"skep/engine/stage"
	"skep/engine/tablesink"
)

// mergeSmall joins the files of each directory that a statement has written when hive.merge.* ask for it and they are smaller than
// hive.merge.smallfiles.avgsize on average, as Hive does after a job. Files of which that size makes one from the start (see
// mergesFiles) are not concerned, nor are formats whose files cannot be joined as they are.
func (w *write) mergeSmall(ctx context.Context, outputs []*tablesink.Output) error {
	limit := w.smallFile()
	if w.st.staged || w.st.recovered || limit >= mergedFrom || !w.merges() {
		return nil
	}
	for _, o := range outputs {
		var files []tablesink.File
		for from := 0; from < len(o.Files); {
			to, size := from, int64(0)
			for to < len(o.Files) && path.Dir(o.Files[to].Path) == path.Dir(o.Files[from].Path) {
				size += o.Files[to].Bytes
				to++
			}
			group := o.Files[from:to]
			from = to
			if len(group) > 1 && size/int64(len(group)) < limit && w.spec.Extension == "" {
				one, err := w.join(ctx, group)
				if err != nil {
					return fmt.Errorf("merging files: %w", err)
				}
				group = one
			}
			files = append(files, group...)
		}
		o.Files = files
	}
	return nil
}

// merges reports whether hive.merge.* ask for files of the write to be merged when they are small.
func (w *write) merges() bool {
	root := w.root
	if w.ordered {
		root = root.Inputs()[0]
	}
	return w.branch.Table != nil && w.branch.Table.Buckets.Count == 0 && w.st.conf.Bool(w.st.mergeSetting(scanOf(root) != nil))
}

// smallFile is the average size in bytes below which files are small.
func (w *write) smallFile() int64 { return w.st.conf.Int("hive.merge.smallfiles.avgsize", 16_000_000) }

// dynamicKeys are the columns of the partition keys whose values come with the rows.
func (w *write) dynamicKeys() []plan.Column {
	t := w.branch.Table
	return w.root.Columns()[len(t.Columns) : len(t.Columns)+len(t.PartitionKeys)-len(w.branch.Static)]
}

// byPartition sorts the rows of a write in one piece by partitions, when these are expected to be more than may be open at a time.
func (w *write) byPartition() {
	keys := w.dynamicKeys()
	if len(keys) == 0 || w.st.estimate == nil {
		return
	}
	groups, s := &plan.Aggregate{Input: w.root}, &plan.Sort{Input: w.root, Limit: -1, Partial: true}
	for _, k := range keys {
		groups.Keys = append(groups.Keys, plan.Assign{Column: k, Expr: plan.NewColumnRef(k)})
		s.Keys = append(s.Keys, plan.SortKey{Expr: plan.NewColumnRef(k), NullsFirst: true})
	}
	if w.st.estimate(groups) > tablesink.MaxOpen {
		w.root, w.ordered = s, true
	}
}

// merge says how a write in stages keeps the number of its files small: see stage.Merge. nil: it need not.
func (w *write) merge() *stage.Merge {
	// The rows of buckets and of asked-for reducers, and deletes, stay where they are put.
	if w.branch.Table == nil || w.spec.Buckets > 0 || w.branch.Deletes {
		return nil
	}
	together, always := w.partitionsTogether()
	return &stage.Merge{
		Never: !together && !w.merges() || !always && w.smallFile() <= 0,
		Keys:  w.dynamicKeys(), Always: always, Open: tablesink.MaxOpen,
		Least: max(w.smallFile(), 1), Most: max(w.st.conf.Int("hive.merge.size.per.task", 256_000_000), 1),
	}
}

// partitionsTogether reports whether the rows of each dynamic partition should go to one task: Hive sorts them so that a reducer
// writes one partition after the other. always: whatever it saves.
func (w *write) partitionsTogether() (together, always bool) {
	if len(w.branch.Static) == len(w.branch.Table.PartitionKeys) {
		return false, false
	}
	if w.st.conf.HiveVersion() == "3.1" {
		on := w.st.conf.Bool("hive.optimize.sort.dynamic.partition")
		return on, on
	}
	n := w.st.conf.Int("hive.optimize.sort.dynamic.partition.threshold", 0)
	return n >= 0, n == 1
}

// join puts one file in the place of several; those of a format that does not allow it stay.
func (w *write) join(ctx context.Context, group []tablesink.File) ([]tablesink.File, error) {
	switch w.spec.InputFormat {
	case storage.RCFileInputFormat, storage.TextInputFormat, storage.OrcInputFormat:
	default:
		return group, nil
	}
	files := w.st.session.engine.files
	merged, at := group[0], path.Join(w.staging.Dir(), path.Dir(group[0].Path), "_merged")
	merged.Rows = 0
	var paths []string
	for _, f := range group {
		paths = append(paths, path.Join(w.staging.Dir(), f.Path))
		merged.Rows += f.Rows
	}
	var err error
	if merged.Bytes, err = w.copyFiles(ctx, paths, at); err != nil {
		return nil, err
	}
	for _, p := range paths {
		if err := files.Remove(ctx, p); err != nil {
			return nil, err
		}
	}
	return []tablesink.File{merged}, files.Rename(ctx, at, paths[0])
}

// copyFiles writes what files hold to a new one and returns its size.
func (w *write) copyFiles(ctx context.Context, paths []string, to string) (size int64, err error) {
	files := w.st.session.engine.files
	out, err := files.Create(ctx, to)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	switch w.spec.InputFormat {
	case storage.RCFileInputFormat:
		return rcfile.Copy(ctx, stagedFiles{w}, paths, out, nil)
	case storage.OrcInputFormat:
		s, different, err := orc.Join(ctx, stagedFiles{w}, paths, out, session.Format(w.st.conf))
		if err == nil && len(different) > 0 {
			err = fmt.Errorf("files of one statement have different layouts: %s", strings.Join(different, ", "))
		}
		return s.Bytes, err
	}
	for _, p := range paths {
		in, err := files.Open(ctx, p)
		if err != nil {
			return 0, err
		}
		n, err := io.Copy(out, io.NewSectionReader(in, 0, in.Size()))
		if err = errors.Join(err, in.Close()); err != nil {
			return 0, err
		}
		size += n
	}
	return size, nil
}

// stagedFiles opens what a write has staged.
type stagedFiles struct{ w *write }

// Open implements format.Opener.
func (s stagedFiles) Open(ctx context.Context, path string) (format.Input, error) {
	return s.w.st.session.engine.files.Open(ctx, path)
}

package acid

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"path"
	"slices"

	"skep/dialect/catalog"
	"skep/engine/format"
	"skep/engine/memory"
	"skep/engine/vector"
)

// Compaction joins what several transactions have written to the directory of a table (or partition) whose rows have keys. A major one makes
// a base of all rows that are left; a minor one joins deltas with deltas and deletes with deletes, so that statements which see a part of
// them still can.
type Compaction struct {
	Major bool
	// Txn is the transaction that the compaction is.
	Txn int64
	// State is what there is of the directory. Everything in it must have been committed: it is read by CompactorIDs.
	State  *State
	Format format.Eventful
	// Read says how files are opened; its Schema and Projection are all columns of the table. Write is how they are written.
	Read  *format.ReadOptions
	Write *format.WriteOptions
	// Create makes a file below the staging directory, into which new directories go.
	Create func(name string) (io.WriteCloser, error)
	// Memory is what the set of deleted rows counts to; it may be nil.
	Memory *memory.Account
}

// Compacted is what a compaction has made.
type Compacted struct {
	Directories []Name
	// Files are the files of the directories, relative to the staging directory.
	Files []string
	// Replaced are the directories and files that nobody needs any more once the new ones are in place.
	Replaced []string
	Rows     int64 // written
}

// CompactorIDs are the write ids that compaction of a table sees, those below the lowest open one.
func CompactorIDs(ids *catalog.WriteIDs) *catalog.WriteIDs {
	if ids == nil || len(ids.Open) == 0 {
		return ids
	}
	return &catalog.WriteIDs{High: min(ids.High, ids.Open[0]-1)}
}

// Needed reports whether the compaction would change anything.
func (c *Compaction) Needed() bool {
	s := c.State
	if c.Major {
		return len(s.Originals)+len(s.Deltas)+len(s.DeleteDeltas) > 0
	}
	return len(s.Deltas) > 1 || len(s.DeleteDeltas) > 1
}

// Directories are those whose content a compaction replaces.
func (c *Compaction) Directories() []Directory {
	out := slices.Concat(c.State.Deltas, c.State.DeleteDeltas)
	if c.Major && c.State.Base != nil {
		out = append(out, *c.State.Base)
	}
	return out
}

// Gather returns the directory of a compaction of a table whose rows have no keys, and the files that belong there as they are.
func (c *Compaction) Gather() (Name, []File) {
	if c.Major {
		return c.base(), c.State.Files()
	}
	from, to := span(c.State.Deltas)
	inserted := State{Deltas: c.State.Deltas}
	return Name{Kind: Delta, Min: from, Max: to, Statement: NoStatement, Txn: c.Txn}, inserted.Files()
}

// base is the directory that a major compaction makes.
func (c *Compaction) base() Name {
	_, high := span(c.Directories())
	if high == 0 {
		high = math.MinInt64 // originals alone: what came before the first write id
	}
	return Name{Kind: Base, Max: high, Statement: NoStatement, Txn: c.Txn}
}

// Run carries the compaction out.
func (c *Compaction) Run(ctx context.Context) (*Compacted, error) {
	r := &compactor{Compaction: c, ctx: ctx, out: &Compacted{Replaced: slices.Clone(c.State.Obsolete)}}
	for _, d := range c.Directories() {
		r.out.Replaced = append(r.out.Replaced, d.Path)
	}
	var err error
	if c.Major {
		err = r.major()
	} else {
		err = r.minor()
	}
	if err != nil {
		return nil, fmt.Errorf("compacting: %w", err)
	}
	return r.out, nil
}

type compactor struct {
	*Compaction
	ctx context.Context // of Run
	out *Compacted
}

// span is the range of the write ids of directories.
func span(all []Directory) (from, to int64) {
	for i, d := range all {
		if i == 0 || d.Min < from {
			from = d.Min
		}
		to = max(to, d.Max)
	}
	return from, to
}

func (r *compactor) major() error {
	s := r.State
	sources, err := s.Sources(r.ctx, r.Format, r.Read, nil)
	if err != nil {
		return err
	}
	var deletes *Keys
	if len(s.DeleteDeltas) > 0 {
		var files []DeleteFile
		for _, d := range s.DeleteDeltas {
			for _, f := range d.Files {
				files = append(files, DeleteFile{File: f})
			}
		}
		if deletes, err = ReadDeletes(r.ctx, r.Format, r.Read, files, nil, r.Memory); err != nil {
			return err
		}
	}
	for _, f := range s.Originals {
		r.out.Replaced = append(r.out.Replaced, f.Path)
	}
	return r.inserts(r.base(), sources, deletes)
}

// minor joins the deltas and the delete deltas, under one range of write ids: readers take the deletes that have the range of the inserts
// they take.
func (r *compactor) minor() error {
	s := r.State
	from, to := span(r.Directories())
	name := Name{Kind: Delta, Min: from, Max: to, Statement: NoStatement, Txn: r.Txn}
	inserted := *s
	inserted.Base, inserted.Originals = nil, nil
	if len(s.Deltas) > 0 {
		sources, err := inserted.Sources(r.ctx, r.Format, r.Read, nil)
		if err != nil {
			return err
		}
		if err := r.inserts(name, sources, nil); err != nil {
			return err
		}
	}
	if len(s.DeleteDeltas) == 0 {
		return nil
	}
	name.Kind = DeleteDelta
	return r.deletes(name, s.DeleteDeltas)
}

// directory begins a directory.
func (r *compactor) directory(n Name) error {
	r.out.Directories = append(r.out.Directories, n)
	w, err := r.create(n, VersionFile)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, VersionText)
	return errors.Join(err, w.Close())
}

func (r *compactor) create(n Name, file string) (io.WriteCloser, error) {
	name := path.Join(n.String(), file)
	r.out.Files = append(r.out.Files, name)
	return r.Create(name)
}

// byBucket groups files by the bucket that the keys of their rows are of, in the order of buckets.
func byBucket[T any](all []T, pathOf func(T) string) ([]int, map[int][]T) {
	groups := map[int][]T{}
	for _, x := range all {
		name := path.Base(pathOf(x))
		bucket, ok := ParseBucketFile(name)
		if !ok {
			bucket, _ = ParseOriginalFile(name) // others count as of the first bucket, see Sources
		}
		bucket %= MaxBucket + 1 // see BucketProperty
		groups[bucket] = append(groups[bucket], x)
	}
	return slices.Sorted(maps.Keys(groups)), groups
}

// inserts writes the rows of sources but for deletes. The keys of a bucket ascend from file to file, as its files are in the order in which
// they were written.
func (r *compactor) inserts(n Name, sources []SourceFile, deletes *Keys) error {
	if err := r.directory(n); err != nil {
		return err
	}
	buckets, groups := byBucket(sources, func(x SourceFile) string { return x.Path })
	for _, b := range buckets {
		if err := r.writeFile(n, b, format.Inserts, func(write func(*vector.Batch) error) error {
			for _, x := range groups[b] {
				if err := r.copy(x, deletes, write); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// copy passes the rows of a source on.
func (r *compactor) copy(x SourceFile, deletes *Keys, write func(*vector.Batch) error) (err error) {
	split := format.Split{Path: x.Path, FileSize: x.Size, ModTime: x.Modified, Length: x.Size}
	in, err := Open(r.ctx, r.Format, split, r.Read, x.Source, nil, deletes, EventKeys)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	for {
		b, err := in.Next()
		if err != nil || b == nil {
			return err
		}
		if err := write(b); err != nil {
			return err
		}
	}
}

// writeFile writes a file of events, which come by fill. It makes none without events.
func (r *compactor) writeFile(n Name, bucket int, kind format.EventKind, fill func(write func(*vector.Batch) error) error) (err error) {
	var out io.WriteCloser
	var w format.Writer
	var last rowKey
	options := *r.Write
	options.Events = kind
	err = fill(func(b *vector.Batch) (err error) {
		if w == nil {
			if out, err = r.create(n, BucketFile(bucket)); err != nil {
				return err
			}
			if w, err = r.Format.NewWriter(out, &options); err != nil {
				return err
			}
		}
		if last, err = ascends(last, b); err != nil {
			return fmt.Errorf("%s of %s: %w", BucketFile(bucket), n, err)
		}
		return w.Write(b)
	})
	if w != nil && err == nil {
		var stats format.FileStats
		stats, err = w.Close()
		r.out.Rows += stats.Rows
	}
	if out != nil {
		err = errors.Join(err, out.Close())
	}
	return err
}

// rowKey is a key of a row; its parts are in the order in which keys are sorted.
type rowKey struct {
	writeID, bucket, row int64
}

func (k rowKey) compare(o rowKey) int {
	return cmp.Or(cmp.Compare(k.writeID, o.writeID), cmp.Compare(k.bucket, o.bucket), cmp.Compare(k.row, o.row))
}

// errOrder says that a file is not sorted. What merges sorted files, Hive's readers included, would lose rows of it.
var errOrder = errors.New("the keys of rows do not ascend")

// ascends checks that the keys of events, which are the last columns of b, are in order after last, and returns the last one. Deletes may
// have equal keys.
func ascends(last rowKey, b *vector.Batch) (rowKey, error) {
	keys := b.Cols[len(b.Cols)-len(format.EventKeys()):]
	writes, buckets, rows := flat(keys[0]), flat(keys[1]), flat(keys[2])
	for i := range b.Rows() {
		row := uint16(i)
		if b.Sel != nil {
			row = b.Sel[i]
		}
		k := rowKey{writes.at(row), buckets.at(row), rows.at(row)}
		if k.compare(last) < 0 {
			return last, errOrder
		}
		last = k
	}
	return last, nil
}

// deletes merges files of deletes, each of which is sorted.
func (r *compactor) deletes(n Name, all []Directory) error {
	if err := r.directory(n); err != nil {
		return err
	}
	var files []File
	for _, d := range all {
		files = append(files, d.Files...)
	}
	buckets, groups := byBucket(files, func(x File) string { return x.Path })
	for _, b := range buckets {
		if err := r.writeFile(n, b, format.Deletes, func(write func(*vector.Batch) error) error {
			return r.mergeDeletes(groups[b], write)
		}); err != nil {
			return err
		}
	}
	return nil
}

// mergeDeletes passes the events of files on in the order of their keys.
func (r *compactor) mergeDeletes(files []File, write func(*vector.Batch) error) (err error) {
	var in []*cursor
	defer func() {
		for _, c := range in {
			err = errors.Join(err, c.reader.Close())
		}
	}()
	options := &format.ReadOptions{Open: r.Read.Open, Properties: r.Read.Properties, Session: r.Read.Session, Keys: true}
	for _, f := range files {
		reader, err := r.Format.OpenSplit(r.ctx, format.Split{Path: f.Path, FileSize: f.Size, ModTime: f.Modified, Length: f.Size}, options)
		if err != nil {
			return err
		}
		c := &cursor{reader: reader}
		in = append(in, c)
		if err := c.next(); err != nil {
			return err
		}
	}
	out := &vector.Batch{}
	for _, k := range format.EventKeys() {
		out.Cols = append(out.Cols, vector.New(k.Type, 0))
	}
	for {
		var first *cursor
		for _, c := range in { // few: the deltas since the last compaction
			if c.batch != nil && (first == nil || c.key.compare(first.key) < 0) {
				first = c
			}
		}
		if first == nil && out.N > 0 || out.N == vector.BatchSize {
			if err := write(out); err != nil {
				return err
			}
			out.Reset()
		}
		if first == nil {
			return nil
		}
		for i, v := range first.batch.Cols {
			out.Cols[i].I64 = append(out.Cols[i].I64, v.Base().I64[v.At(first.at-1)])
		}
		out.N++
		if err := first.next(); err != nil {
			return err
		}
	}
}

// cursor is at an event of a file of deletes: event at-1 of the batch, nil at the end.
type cursor struct {
	reader format.Reader
	batch  *vector.Batch
	at     int
	key    rowKey
}

func (c *cursor) next() error {
	if c.batch == nil || c.at == c.batch.N {
		b, err := c.reader.Next()
		if c.batch, c.at = b, 0; err != nil || b == nil {
			return err
		}
	}
	at := func(v *vector.Vector) int64 { return v.Base().I64[v.At(c.at)] }
	c.key = rowKey{at(c.batch.Cols[0]), at(c.batch.Cols[1]), at(c.batch.Cols[2])}
	c.at++
	return nil
}

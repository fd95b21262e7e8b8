package acid

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"
	"time"

	"skep/dialect/catalog"
	"skep/dialect/sqlerr"
)

// Lister lists directories: a file system, or a snapshot of one.
type Lister interface {
	// List returns the entries of a directory, ordered by name. That there is no directory is an error for which
	// errors.Is(err, fs.ErrNotExist) holds.
	List(ctx context.Context, dir string) ([]fs.FileInfo, error)
}

// Snapshot is what a statement sees of a table.
type Snapshot struct {
	WriteIDs *catalog.WriteIDs // nil: everything
	// Txn reports whether a transaction was committed when the snapshot was taken; nil: all were. It is asked about compactions only.
	Txn func(txn int64) bool
}

// File is a file with data.
type File struct {
	Path     string
	Size     int64
	Modified time.Time
}

// Directory is a base, delta or delete delta.
type Directory struct {
	Name
	Path  string
	Files []File // those with data, ordered by name
}

// State is what a snapshot reads of the directory of a table or partition, and what nobody with a later one reads.
type State struct {
	// Base is nil without one; Originals are read only without one.
	Base         *Directory
	Originals    []File
	Deltas       []Directory // in the order of their write ids
	DeleteDeltas []Directory
	// Obsolete are directories and originals that others have replaced.
	Obsolete []string
}

// Empty reports whether there is nothing to read.
func (s *State) Empty() bool { return s.Base == nil && len(s.Originals) == 0 && len(s.Deltas) == 0 }

// ReadState finds what a snapshot reads of a directory. A directory that does not exist is empty. Where the base that a snapshot would
// need has been replaced by a later one, the error is Hive's 10327.
func ReadState(ctx context.Context, files Lister, dir string, snapshot Snapshot) (*State, error) {
	entries, err := files.List(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return &State{}, nil
	}
	if err != nil {
		return nil, err
	}
	r := &stateReader{files: files, dir: strings.TrimSuffix(dir, "/"), snapshot: snapshot, state: &State{}}
	for _, e := range entries {
		if err := r.entry(ctx, e); err != nil {
			return nil, err
		}
	}
	s := r.state
	if s.Base == nil && r.oldest != nil && r.oldestCompacted {
		return nil, snapshot.notEnoughHistory(r.oldest.Path)
	}
	if s.Base != nil {
		for _, f := range s.Originals {
			s.Obsolete = append(s.Obsolete, f.Path)
		}
		s.Obsolete, s.Originals = append(s.Obsolete, r.originalDirs...), nil
	}
	for _, d := range r.originalDirs {
		if s.Base != nil {
			break
		}
		below, err := dataFiles(ctx, files, d)
		if err != nil {
			return nil, err
		}
		s.Originals = append(s.Originals, below...)
	}
	// Keys of originals are numbered in this order.
	slices.SortFunc(s.Originals, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	r.choose()
	return s, r.listFiles(ctx)
}

// notEnoughHistory is the error of a snapshot that sees less than what the only base has.
func (s Snapshot) notEnoughHistory(base string) error {
	high, first := int64(math.MaxInt64), "x"
	if ids := s.WriteIDs; ids != nil {
		high = ids.High
		if len(ids.Open) > 0 {
			first = fmt.Sprint(ids.Open[0])
		}
	}
	return sqlerr.New(sqlerr.ACIDNotEnoughHistory, fmt.Sprint(high), first, base)
}

// stateReader collects the state of a directory.
type stateReader struct {
	files        Lister
	dir          string
	snapshot     Snapshot
	state        *State
	originalDirs []string
	deltas       []Directory // of both kinds
	// oldest is the base with the lowest write id, whether the snapshot may read it or not.
	oldest          *Directory
	oldestCompacted bool
}

// hidden tells files and directories that are no data.
func hidden(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || strings.HasSuffix(name, "_flush_length")
}

// entry looks at an entry of the directory.
func (r *stateReader) entry(ctx context.Context, e fs.FileInfo) error {
	if hidden(e.Name()) {
		return nil
	}
	path := r.dir + "/" + e.Name()
	if !e.IsDir() {
		if e.Size() > 0 {
			r.state.Originals = append(r.state.Originals, File{path, e.Size(), e.ModTime()})
		}
		return nil
	}
	name, ok := ParseName(e.Name())
	if !ok {
		r.originalDirs = append(r.originalDirs, path)
		return nil
	}
	if name.Txn > 0 && r.snapshot.Txn != nil && !r.snapshot.Txn(name.Txn) {
		return nil
	}
	d := Directory{Name: name, Path: path}
	if name.Kind == Base {
		return r.base(ctx, d)
	}
	if seen(r.snapshot.WriteIDs, name.Min, name.Max) != none {
		r.deltas = append(r.deltas, d)
	}
	return nil
}

// base decides whether a base is a better one than those before it.
func (r *stateReader) base(ctx context.Context, d Directory) error {
	s, ids := r.state, r.snapshot.WriteIDs
	compacted := d.Txn > 0
	if !compacted {
		entries, err := r.files.List(ctx, d.Path)
		if err != nil {
			return err
		}
		compacted = slices.ContainsFunc(entries, func(e fs.FileInfo) bool { return e.Name() == compactedFile })
	}
	if r.oldest == nil || d.Max < r.oldest.Max {
		r.oldest, r.oldestCompacted = &d, compacted
	}
	better := s.Base == nil || d.Max > s.Base.Max || d.Max == s.Base.Max && compacted
	if !better {
		s.Obsolete = append(s.Obsolete, d.Path)
		return nil
	}
	// What overwrote the table is seen as any write is; what compaction made of others' writes only if all of those are decided.
	if compacted && !seesBase(ids, d.Max) || !compacted && seen(ids, d.Max, d.Max) == none {
		return nil
	}
	if s.Base != nil {
		s.Obsolete = append(s.Obsolete, s.Base.Path)
	}
	s.Base = &d
	return nil
}

// choose keeps the deltas that are not part of others or of the base: of delta_5_20, delta_5_10, delta_11_20 and delta_51_60 the first and
// the last.
func (r *stateReader) choose() {
	slices.SortFunc(r.deltas, func(a, b Directory) int {
		return cmp.Or(cmp.Compare(a.Min, b.Min), cmp.Compare(b.Max, a.Max), cmp.Compare(a.Statement, b.Statement), strings.Compare(a.Path, b.Path))
	})
	current, statement := int64(0), NoStatement
	if b := r.state.Base; b != nil {
		current = max(b.Max, 0) // less than 0 is that of originals
	}
	var last *Directory
	for i := range r.deltas {
		d := &r.deltas[i]
		switch {
		case d.Max > current:
			if seen(r.snapshot.WriteIDs, current+1, d.Max) == none {
				continue
			}
			current, statement = d.Max, d.Statement
		case d.Max == current && statement >= 0: // another statement of the same transaction
		case last != nil && d.Max == last.Max && d.Min == last.Min && d.Statement == last.Statement: // the deletes beside inserts
		default:
			r.state.Obsolete = append(r.state.Obsolete, d.Path)
			continue
		}
		last = d
		if d.Kind == DeleteDelta {
			r.state.DeleteDeltas = append(r.state.DeleteDeltas, *d)
		} else {
			r.state.Deltas = append(r.state.Deltas, *d)
		}
	}
}

// listFiles lists the files of the directories that are read.
func (r *stateReader) listFiles(ctx context.Context) (err error) {
	list := func(d *Directory) {
		if err == nil {
			d.Files, err = dataFiles(ctx, r.files, d.Path)
		}
	}
	if r.state.Base != nil {
		list(r.state.Base)
	}
	for i := range r.state.Deltas {
		list(&r.state.Deltas[i])
	}
	for i := range r.state.DeleteDeltas {
		list(&r.state.DeleteDeltas[i])
	}
	return err
}

// dataFiles lists the files with data of a directory, ordered by path.
func dataFiles(ctx context.Context, files Lister, dir string) ([]File, error) {
	entries, err := files.List(ctx, dir)
	if err != nil {
		return nil, err
	}
	var out []File
	for _, e := range entries {
		path := dir + "/" + e.Name()
		switch {
		case hidden(e.Name()):
		case e.IsDir():
			more, err := dataFiles(ctx, files, path)
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
		case e.Size() > 0:
			out = append(out, File{path, e.Size(), e.ModTime()})
		}
	}
	slices.SortFunc(out, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

package acid

import (
	"context"
	"fmt"
	"path"
	"strings"

	"skep/dialect/catalog"
	"skep/engine/format"
)

// SourceFile is a file with rows and how they are read.
type SourceFile struct {
	File
	Source *Source
}

// Files lists the files with rows, in the order in which they are read: those of the base or the originals, then those of the deltas. It is all
// there is to know of an insert-only table.
func (s *State) Files() []File {
	var out []File
	if s.Base != nil {
		out = append(out, s.Base.Files...)
	}
	out = append(out, s.Originals...)
	for _, d := range s.Deltas {
		out = append(out, d.Files...)
	}
	return out
}

// Sources lists the files with rows of a table whose rows have keys. Files without events are opened to count their rows where the
// numbers of others depend on them.
func (s *State) Sources(ctx context.Context, f format.Eventful, options *format.ReadOptions, ids *catalog.WriteIDs) ([]SourceFile, error) {
	l := &sourceLister{ctx: ctx, format: f, options: options}
	for _, d := range s.DeleteDeltas {
		check := seen(ids, d.Min, d.Max) == some
		for _, x := range d.Files {
			if _, ok := ParseBucketFile(path.Base(x.Path)); ok {
				l.deletes = append(l.deletes, DeleteFile{File: x, Check: check})
			}
		}
	}
	if s.Base != nil {
		if err := l.directory(s.Base, false); err != nil {
			return nil, err
		}
	}
	if err := l.originals(s.Originals, 0, 0); err != nil {
		return nil, err
	}
	for i := range s.Deltas {
		d := &s.Deltas[i]
		if err := l.directory(d, seen(ids, d.Min, d.Max) == some); err != nil {
			return nil, err
		}
	}
	return l.out, nil
}

type sourceLister struct {
	ctx     context.Context // of Sources
	format  format.Eventful
	options *format.ReadOptions
	deletes []DeleteFile
	out     []SourceFile
}

// directory lists the files of a base or delta. LOAD DATA puts files without events there, under the names that Hive gives to those.
func (l *sourceLister) directory(d *Directory, check bool) error {
	var originals []File
	for _, x := range d.Files {
		name := path.Base(x.Path)
		if _, plain := ParseOriginalFile(name); plain && d.Txn == 0 && (d.Kind == Base || d.Min == d.Max) {
			events, err := l.format.HasEvents(l.ctx, x.Path, l.options)
			if err != nil {
				return err
			}
			if !events {
				originals = append(originals, x)
				continue
			}
		}
		l.out = append(l.out, SourceFile{x, &Source{Check: check, Deletes: l.deletes}})
	}
	return l.originals(originals, d.Max, d.Statement)
}

// originals lists files without events, whose rows are numbered from one file of a bucket to the next. Files with other names than Hive gives
// count as of the first bucket.
func (l *sourceLister) originals(files []File, writeID int64, statement int) error {
	first := map[int]int64{}
	left := map[int]int{} // files to come, by bucket
	bucketOf := func(x File) int {
		bucket, _ := ParseOriginalFile(path.Base(x.Path))
		return bucket
	}
	for _, x := range files {
		left[bucketOf(x)]++
	}
	for _, x := range files {
		bucket := bucketOf(x)
		property, err := BucketProperty(bucket, statement)
		if err != nil {
			return fmt.Errorf("%s: %w", x.Path, err)
		}
		l.out = append(l.out, SourceFile{x, &Source{Original: true, WriteID: writeID, Bucket: property, First: first[bucket], Deletes: l.deletes}})
		if left[bucket]--; left[bucket] == 0 {
			continue
		}
		counter, ok := l.format.(format.Counter)
		if !ok {
			return fmt.Errorf("%s: the format does not say how many rows a file has", x.Path)
		}
		stats, err := counter.Count(l.ctx, x.Path, l.options)
		if err != nil {
			return err
		}
		first[bucket] += stats.Rows
	}
	return nil
}

// HasKeys reports whether the rows of a table have keys, so that they can be deleted: whether it is transactional and not for inserts alone.
func HasKeys(t *catalog.Table) bool {
	return t.Transactional && !strings.EqualFold(t.Params["transactional_properties"], "insert_only")
}
